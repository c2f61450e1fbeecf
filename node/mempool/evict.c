/* What leaves when the pool is full or old. An entry is worth the better of its own fee rate and that of it with all its
 * descendants; the least worth goes first and its descendants with it. What is evicted raises the minimum fee, so that
 * nobody can push the same bytes through again for nothing (catalogue M06); with time and blocks the minimum falls. */
#include <math.h>

#include "base/assert.h"
#include "node/mempool/pool.h"

#define HALF_LIFE_S   (12 * 60 * 60)
#define DECAY_EVERY_S 10
#define WORST_FIRST   64

/* ---- the heap ---- */

static bool worth_less(const struct yc_pool_node *a, const struct yc_pool_node *b)
{
    const struct yc_pool_node *n[2] = {a, b};
    int64_t fees[2];
    uint64_t bytes[2];
    for (int i = 0; i < 2; i++) {
        int64_t own = yc_pool_modified_fee(&n[i]->e);
        bool alone = yc_fee_rate_compare(own, n[i]->e.vbytes, n[i]->down.fees_sat, n[i]->down.vbytes) > 0;
        fees[i] = alone ? own : n[i]->down.fees_sat;
        bytes[i] = alone ? n[i]->e.vbytes : n[i]->down.vbytes;
    }
    int c = yc_fee_rate_compare(fees[0], bytes[0], fees[1], bytes[1]);
    return c ? c < 0 : a->e.sequence > b->e.sequence;
}

static void put(struct yc_pool *p, uint32_t at, struct yc_pool_node *n)
{
    p->worst[at] = n;
    n->e.slot = at;
}

static void sift_up(struct yc_pool *p, uint32_t at)
{
    struct yc_pool_node *n = p->worst[at];
    for (; at > 0 && worth_less(n, p->worst[(at - 1) / 2]); at = (at - 1) / 2)
        put(p, at, p->worst[(at - 1) / 2]);
    put(p, at, n);
}

static void sift_down(struct yc_pool *p, uint32_t at)
{
    struct yc_pool_node *n = p->worst[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= p->worst_count)
            break;
        if (child + 1 < p->worst_count && worth_less(p->worst[child + 1], p->worst[child]))
            child++;
        if (!worth_less(p->worst[child], n))
            break;
        put(p, at, p->worst[child]);
        at = child;
    }
    put(p, at, n);
}

bool yc_pool_worst_reserve(struct yc_pool *p)
{
    if (p->worst_count < p->worst_cap)
        return true;
    uint32_t cap = p->worst_cap ? p->worst_cap * 2 : WORST_FIRST;
    void *bigger = yc_alloc_resize(&p->heap.alloc, p->worst, p->worst_cap * sizeof *p->worst, cap * sizeof *p->worst);
    if (!bigger)
        return false;
    p->worst = bigger;
    p->worst_cap = cap;
    return true;
}

void yc_pool_worst_add(struct yc_pool *p, struct yc_pool_node *n)
{
    YC_ASSERT(p->worst_count < p->worst_cap);
    put(p, p->worst_count++, n);
    sift_up(p, n->e.slot);
}

void yc_pool_worst_remove(struct yc_pool *p, struct yc_pool_node *n)
{
    uint32_t at = n->e.slot;
    YC_ASSERT(at < p->worst_count && p->worst[at] == n);
    struct yc_pool_node *last = p->worst[--p->worst_count];
    if (last == n)
        return;
    put(p, at, last);
    yc_pool_worst_moved(p, last);
}

void yc_pool_worst_moved(struct yc_pool *p, struct yc_pool_node *n)
{
    sift_up(p, n->e.slot);
    sift_down(p, n->e.slot);
}

/* ---- the rolling minimum ---- */

int64_t yc_pool_rolling_fee(const struct yc_pool *p)
{
    if (p->rolling_sat_per_kvb <= 0)
        return 0;
    int64_t rate = (int64_t)llround(p->rolling_sat_per_kvb);
    return rate > p->config.incremental_sat_per_kvb ? rate : p->config.incremental_sat_per_kvb;
}

void yc_pool_decay(struct yc_pool *p, int64_t now_s)
{
    if (p->rolling_sat_per_kvb <= 0 || !p->block_since_bump)
        return;
    if (now_s < p->rolling_since_s)
        p->rolling_since_s = now_s; /* the clock was set back */
    if (now_s <= p->rolling_since_s + DECAY_EVERY_S)
        return;
    double half_life_s = HALF_LIFE_S;
    if (p->heap.used < p->config.bytes_max / 4)
        half_life_s /= 4;
    else if (p->heap.used < p->config.bytes_max / 2)
        half_life_s /= 2;
    p->rolling_sat_per_kvb *= exp2(-(double)(now_s - p->rolling_since_s) / half_life_s);
    p->rolling_since_s = now_s;
    if (p->rolling_sat_per_kvb < (double)p->config.incremental_sat_per_kvb / 2)
        p->rolling_sat_per_kvb = 0;
}

/* ---- leaving ---- */

void yc_pool_trim(struct yc_pool *p)
{
    uint32_t count = 0;
    while (p->worst_count > 0 && p->heap.used > p->config.bytes_max) {
        struct yc_pool_node *n = p->worst[0];
        int64_t rate = yc_fee_rate_of(n->down.fees_sat, n->down.vbytes);
        double raised = (double)rate + (double)p->config.incremental_sat_per_kvb;
        if (raised > p->rolling_sat_per_kvb) {
            p->rolling_sat_per_kvb = raised;
            p->block_since_bump = false;
        }
        count += n->down.count;
        yc_pool_drop_all(p, n, YC_POOL_SIZE_LIMIT);
    }
    if (count > 0)
        yc_log_debug(p->config.log, YC_LOGC_MEMPOOL, "Removed %u txn, rolling minimum fee bumped to %.0f sat/kvB",
                     count, p->rolling_sat_per_kvb);
}

void yc_pool_expire(struct yc_pool *p, int64_t now_s)
{
    int64_t before_s = now_s - p->config.expiry_s;
    if (!p->oldest || p->oldest_time_s >= before_s)
        return;
    p->oldest_time_s = INT64_MAX;
    for (struct yc_pool_node *n = p->oldest, *older; n; n = older ? older->newer : p->oldest) {
        older = n;
        if (n->e.time_s < before_s) {
            /* Descendants come later in the list, so what is older stays. */
            older = n->older;
            yc_pool_drop_all(p, n, YC_POOL_EXPIRED);
        } else if (n->e.time_s < p->oldest_time_s) {
            p->oldest_time_s = n->e.time_s;
        }
    }
}
