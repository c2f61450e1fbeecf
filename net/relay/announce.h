/* What peers are still to be told of: transactions of ours, announced at random moments so that nobody can tell from
 * the time of an announcement where a transaction began. What is news lies in one list for all of them, in the order in which
 * it came; each peer has its place in it, and what it is known to know.
 *
 * Attacks it answers (catalogue): queues that grow without end, or starve the thread when they are gone through (P16: a
 * hundred listeners share one list of bounded length, a peer's part of it drains faster the longer it is, and one look at it
 * is bounded too); telling by time or by question who has a transaction first (P34: random delays, one moment for all who
 * connected to us). Thread: the owner's. Times are monotonic microseconds. */
#ifndef YC_NET_RELAY_ANNOUNCE_H
#define YC_NET_RELAY_ANNOUNCE_H

#include "base/random.h"
#include "consensus/ids.h"
#include "net/relay/recent.h"

#define YC_ANNOUNCE_OUTBOUND_MEAN_US INT64_C(2000000)
#define YC_ANNOUNCE_INBOUND_MEAN_US  INT64_C(5000000)
#define YC_ANNOUNCE_NEWS_MAX         131072 /* transactions in the list; who is farther behind never hears of the rest */
#define YC_ANNOUNCE_KNOWN_MAX        5000   /* that the peer is remembered to know, twice over */
#define YC_ANNOUNCE_AT_ONCE          70     /* least number that one announcement may hold */
#define YC_ANNOUNCE_AT_ONCE_MAX      1000
#define YC_ANNOUNCE_LOOKS_MAX        4000 /* at the list for one announcement: what a peer knows or does not want counts too */

/* The list. Number n lies at n % cap. */
struct yc_news {
    const struct yc_alloc *alloc;
    struct yc_wtxid *item;
    size_t cap;          /* a power of two, or 0 */
    uint64_t first, end; /* numbers of what is in it */
};

/** An empty list. alloc is borrowed for its life; no memory is taken yet. */
void yc_news_init(struct yc_news *n, const struct yc_alloc *alloc);
void yc_news_release(struct yc_news *n);
/** Everybody is to be told of it; the oldest of a full list makes way. Without memory nobody hears of it. */
void yc_news_add(struct yc_news *n, const struct yc_wtxid *wtxid);

/* What is announced of a transaction that is in the pool. */
struct yc_announce_item {
    struct yc_txid txid;
    struct yc_wtxid wtxid;
    int64_t fee_sat_per_kvb;
};

/* One peer. */
struct yc_announcer {
    struct yc_siphash_key seed;
    struct yc_recent known; /* 8 bytes that stand for a hash */
    uint64_t next;          /* what it was not told yet begins here */
};

/** A random duration of this mean, as between calls of a Poisson process; 0 for mean 0. */
int64_t yc_announce_delay_us(const struct yc_random *random, int64_t mean_us);

/** A peer that is told of what is new from now on. news is only looked at. */
void yc_announcer_init(struct yc_announcer *a, const struct yc_news *news, struct yc_siphash_key seed);
void yc_announcer_release(struct yc_announcer *a);
/** The peer knows the transaction by this hash: it is not announced to it. */
void yc_announcer_note_known(struct yc_announcer *a, const uint8_t hash32[32]);
bool yc_announcer_knows(const struct yc_announcer *a, const uint8_t hash32[32]);
/** How much of the list it was not told of; what it knows by itself is still among that. */
size_t yc_announcer_behind(const struct yc_announcer *a, const struct yc_news *news);
/** What is to be announced now, in the order of the list; what the peer knows or does not want is passed over.
 *  by_wtxid  how this peer is told
 *  fee_min   its feefilter
 *  find      fills in what is in the pool by this wtxid; false: nothing is any more
 *  Returns how many are in out (room for YC_ANNOUNCE_AT_ONCE_MAX); they count as known to the peer. */
size_t yc_announcer_take(struct yc_announcer *a, const struct yc_news *news, bool by_wtxid, int64_t fee_min_sat_per_kvb,
                         bool (*find)(void *ctx, const struct yc_wtxid *wtxid, struct yc_announce_item *item),
                         void *ctx, struct yc_announce_item *out);

#endif
