/* Transactions whose inputs we do not know yet, kept until their parents come, by gossip or in a block. Each is kept for the
 * peers that sent or announced it, who may all be asked for its parents, and goes when the last of them does.
 *
 * Attacks it answers (catalogue): orphans that fill memory or push out those of honest peers (P07: each peer has its own
 * share of weight; when all together are too heavy or too many the peer who holds most pays, so that one who holds no more
 * than an equal part loses nothing by what others do); a parent with thousands of costly
 * children (P06: they are handed out one at a time, as the owner's time allows); an orphan that waits for ever though
 * its parent was mined (M11: yc_orphans_parent() is for both), or one
 * whose coin was spent by another.
 *
 * Thread: the owner's. Bytes are copied. */
#ifndef YC_NET_RELAY_ORPHANS_H
#define YC_NET_RELAY_ORPHANS_H

#include "base/map.h"
#include "consensus/tx.h"

#define YC_ORPHANS_PEER_WEIGHT_MAX 404000 /* of one peer: the greatest standard transaction, or package, fits */
#define YC_ORPHANS_WEIGHT_MAX      (125 * YC_ORPHANS_PEER_WEIGHT_MAX) /* of all */
/* Of all: one for each peer that an orphan is kept for, and one more for every ten inputs that it has. */
#define YC_ORPHANS_EFFORT_MAX 3000

struct yc_orphans; /* opaque */

/** alloc is borrowed for its life. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_orphans_new(struct yc_orphans **out, const struct yc_alloc *alloc,
                               struct yc_siphash_key seed) YC_MUST_USE;
void yc_orphans_free(struct yc_orphans *o);

/** Keep a copy for this peer, or the one that is kept for it too. False when it is too heavy or there is no memory. */
bool yc_orphans_add(struct yc_orphans *o, const struct yc_tx *tx, uint64_t peer);
/** The peer has announced one that is kept: it is kept for it too. False when it is not kept, is kept for this peer
 *  already, or there is no memory. */
bool yc_orphans_announced(struct yc_orphans *o, const struct yc_wtxid *wtxid, uint64_t peer);
/** The transactions whose outputs it spends, each once: borrowed until the orphans next change. How many; 0 when it is
 *  not kept. */
size_t yc_orphans_parents(const struct yc_orphans *o, const struct yc_wtxid *wtxid, const struct yc_txid **out);
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
/** Those that are kept for this peer alone go; others stay for the rest. */
void yc_orphans_drop_peer(struct yc_orphans *o, uint64_t peer);

/* One of them, as it is shown. Views until the orphans next change. */
struct yc_orphan_view {
    struct yc_view raw;
    struct yc_wtxid wtxid;
    const uint64_t *sender; /* the peers that it is kept for */
    unsigned sender_count;
};
/** The i-th < yc_orphans_count(), in no order that means anything. */
struct yc_orphan_view yc_orphans_at(const struct yc_orphans *o, size_t i);
size_t yc_orphans_count(const struct yc_orphans *o);
uint64_t yc_orphans_weight(const struct yc_orphans *o);

#endif
