/* Which transaction to ask of which peer. Every announcement is kept for itself, by (hash, peer), so that none can push
 * out another peer's; of one hash only one peer is asked at a time, and when it does not answer the next one is.
 *
 * Attacks it answers (catalogue): an endless inv of random hashes (P02: at most YC_TXREQ_PEER_MAX announcements of a peer); announce
 * first and withhold (P05, P40: after 60 s another announcer is asked, those that we chose to connect to before those
 * that connected to us, which also wait 2 s from the start).
 *
 * Thread: the owner's. Time is an argument. A hash is announced as a wtxid or as a txid and asked for in the same way; where a
 * txid and a wtxid are equal they are of one transaction, which has no witness, and one question. */
#ifndef YC_NET_RELAY_REQUESTS_H
#define YC_NET_RELAY_REQUESTS_H

#include "base/map.h"
#include "base/result.h"

#define YC_TXREQ_PEER_MAX      5000 /* announcements of one peer */
#define YC_TXREQ_IN_FLIGHT_MAX 100  /* asked of one peer; more wait longer */
#define YC_TXREQ_TIMEOUT_US    INT64_C(60000000)
#define YC_TXREQ_INBOUND_US    INT64_C(2000000) /* announcements of peers that connected to us wait so long */
#define YC_TXREQ_TXID_US       INT64_C(2000000) /* and so do txids, while there are peers that announce by wtxid */
#define YC_TXREQ_OVERLOADED_US INT64_C(2000000) /* and those of a peer that owes us many answers */

struct yc_txreq; /* opaque */

struct yc_txreq_key {
    uint8_t hash32[32];
    bool wtxid; /* how it was announced; it does not distinguish keys */
};

enum yc_txreq_flags {
    YC_TXREQ_PREFERRED = 1 << 0, /* a peer that we chose, or trust: its turn comes before others' */
    YC_TXREQ_UNLIMITED = 1 << 1  /* a peer that has leave to announce, and to be asked for, any number */
};

/** alloc is borrowed for its life; seed keys tables and the choice among equals. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_txreq_new(struct yc_txreq **out, const struct yc_alloc *alloc,
                             struct yc_siphash_key seed) YC_MUST_USE;
void yc_txreq_free(struct yc_txreq *t);

/** The peer announced it. flags: of yc_txreq_flags. delay_us: beyond what preference and load say (txids).
 *  False when it is ignored: already announced by this peer, or too many. */
bool yc_txreq_announced(struct yc_txreq *t, uint64_t peer, const struct yc_txreq_key *key, unsigned flags,
                        int64_t delay_us, int64_t now_us);
/** The peers that announced it and have not answered, up to cap of them: each has it, as far as we know. How many. */
size_t yc_txreq_announcers(const struct yc_txreq *t, const struct yc_txreq_key *key, uint64_t *out, size_t cap);
/** The peer answered: with the transaction, or that it has none. Others may still be asked. */
void yc_txreq_answered(struct yc_txreq *t, uint64_t peer, const struct yc_txreq_key *key);
/** We have it, or want it from nobody: forget what all peers announced. */
void yc_txreq_forget(struct yc_txreq *t, const struct yc_txreq_key *key);
void yc_txreq_drop_peer(struct yc_txreq *t, uint64_t peer);

struct yc_txreq_ask {
    uint64_t peer;
    struct yc_txreq_key key;
};
/** Questions that are due now, up to cap; they count as asked. Fewer than cap: no more are due. Those that are due since the
 *  same moment come in the order of their announcements: parents before children. */
size_t yc_txreq_due(struct yc_txreq *t, int64_t now_us, struct yc_txreq_ask *out, size_t cap);
/** Monotonic time of the next question or timeout; INT64_MAX: none. */
int64_t yc_txreq_deadline_us(const struct yc_txreq *t);

/** Announcements kept, of one peer and of all. */
size_t yc_txreq_peer_count(const struct yc_txreq *t, uint64_t peer);
size_t yc_txreq_count(const struct yc_txreq *t);

#endif
