/* What one peer is still to be told of: transactions of ours, announced at random moments so that nobody can tell from
 * the time of an announcement where a transaction began.
 *
 * Attacks it answers (catalogue): queues that grow without end (P16: each is bounded, and drains faster the longer it
 * is); telling by time or by question who has a transaction first (P34: random delays, one moment for all who connected
 * to us). Thread: the owner's. Times are monotonic microseconds. */
#ifndef YC_NET_RELAY_ANNOUNCE_H
#define YC_NET_RELAY_ANNOUNCE_H

#include "base/random.h"
#include "consensus/ids.h"
#include "net/relay/recent.h"

#define YC_ANNOUNCE_OUTBOUND_MEAN_US INT64_C(2000000)
#define YC_ANNOUNCE_INBOUND_MEAN_US  INT64_C(5000000)
#define YC_ANNOUNCE_QUEUE_MAX        50000 /* transactions; more are not announced to this peer */
#define YC_ANNOUNCE_KNOWN_MAX        5000  /* that the peer is remembered to know, twice over */
#define YC_ANNOUNCE_AT_ONCE          70    /* least number that one announcement may hold */
#define YC_ANNOUNCE_AT_ONCE_MAX      1000

struct yc_announce_item {
    struct yc_txid txid;
    struct yc_wtxid wtxid;
    uint64_t sequence; /* of arrival in the pool: parents before children */
    int64_t fee_sat_per_kvb;
};

struct yc_announcer {
    const struct yc_alloc *alloc;
    struct yc_siphash_key seed;
    struct yc_recent known; /* 8 bytes that stand for a hash */
    struct yc_announce_item *item;
    size_t count, cap;
};

/** A random duration of this mean, as between calls of a Poisson process; 0 for mean 0. */
int64_t yc_announce_delay_us(const struct yc_random *random, int64_t mean_us);

void yc_announcer_init(struct yc_announcer *a, const struct yc_alloc *alloc, struct yc_siphash_key seed);
void yc_announcer_release(struct yc_announcer *a);
/** The peer knows the transaction by this hash: it is not announced to it. */
void yc_announcer_note_known(struct yc_announcer *a, const uint8_t hash32[32]);
bool yc_announcer_knows(const struct yc_announcer *a, const uint8_t hash32[32]);
/** Announce it in time; nothing happens when the queue is full or there is no memory. */
void yc_announcer_queue(struct yc_announcer *a, const struct yc_announce_item *item);
/** Take what is to be announced now, in order of arrival, out of the queue; what the peer knows or does not want is dropped.
 *  by_wtxid  how this peer is told
 *  fee_min   its feefilter
 *  wanted    false drops an item (it left the pool)
 *  Returns how many are in out (room for YC_ANNOUNCE_AT_ONCE_MAX); they count as known to the peer. */
size_t yc_announcer_take(struct yc_announcer *a, bool by_wtxid, int64_t fee_min_sat_per_kvb,
                         bool (*wanted)(void *ctx, const struct yc_announce_item *item), void *ctx,
                         struct yc_announce_item *out);

#endif
