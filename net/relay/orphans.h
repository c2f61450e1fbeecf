/* Transactions whose inputs we do not know yet, kept until their parents come, by gossip or in a block.
 *
 * Attacks it answers (catalogue): orphans that fill memory or push out those of honest peers (P07: each peer has its own
 * share of weight, and the heaviest peer pays when all together are too many); a parent with thousands of costly
 * children (P06: they are handed out one at a time, as the owner's time allows); an orphan that waits for ever though
 * its parent was mined (M11: yc_orphans_parent() is for both), or one
 * whose coin was spent by another.
 *
 * Thread: the owner's. Bytes are copied. */
#ifndef YC_NET_RELAY_ORPHANS_H
#define YC_NET_RELAY_ORPHANS_H

#include "base/map.h"
#include "consensus/tx.h"

#define YC_ORPHANS_PEER_WEIGHT_MAX 404000  /* of one peer: one transaction of the greatest standard weight fits */
#define YC_ORPHANS_WEIGHT_MAX      8080000 /* of all */
#define YC_ORPHANS_MAX             3000
#define YC_ORPHAN_SENDERS_MAX      4 /* peers remembered to have sent the same one */

struct yc_orphans; /* opaque */

/** alloc is borrowed for its life. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_orphans_new(struct yc_orphans **out, const struct yc_alloc *alloc,
                               struct yc_siphash_key seed) YC_MUST_USE;
void yc_orphans_free(struct yc_orphans *o);

/** Keep a copy, or note one more sender. False when it is too heavy or there is no memory. */
bool yc_orphans_add(struct yc_orphans *o, const struct yc_tx *tx, uint64_t peer);
bool yc_orphans_has(const struct yc_orphans *o, const struct yc_wtxid *wtxid);
/** A transaction was taken into the pool or mined: its children wait to be tried again. */
void yc_orphans_parent(struct yc_orphans *o, const struct yc_txid *txid);
/** The next one to be tried: raw until it is forgotten. It is handed out once for each call of yc_orphans_parent(); the
 *  owner forgets it when it was taken or refused, and leaves it when inputs are still missing. */
bool yc_orphans_next(struct yc_orphans *o, struct yc_view *raw, uint64_t *peer, struct yc_wtxid *wtxid);
/** Does yc_orphans_next() have one? */
bool yc_orphans_waiting(const struct yc_orphans *o);
void yc_orphans_forget(struct yc_orphans *o, const struct yc_wtxid *wtxid);
/** A block holds these transactions: those that it holds too, or that spend a coin that it spends, go. How many went;
 *  without memory 0, and they wait in vain until they are pushed out. */
size_t yc_orphans_mined(struct yc_orphans *o, const struct yc_tx *tx, size_t count);
/** Those that only this peer sent go; others stay for those who sent them too. */
void yc_orphans_drop_peer(struct yc_orphans *o, uint64_t peer);

/* One of them, as it is shown. Views until the orphans next change. */
struct yc_orphan_view {
    struct yc_view raw;
    struct yc_wtxid wtxid;
    const uint64_t *sender; /* peers that sent it */
    unsigned sender_count;
};
/** The i-th < yc_orphans_count(), in no order that means anything. */
struct yc_orphan_view yc_orphans_at(const struct yc_orphans *o, size_t i);
size_t yc_orphans_count(const struct yc_orphans *o);
uint64_t yc_orphans_weight(const struct yc_orphans *o);

#endif
