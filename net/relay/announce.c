#include "net/relay/announce.h"

#include <stdlib.h>

int64_t yc_announce_delay_us(const struct yc_random *random, int64_t mean_us)
{
    if (mean_us == 0)
        return 0;
    /* -ln(u) for u = m * 2^-k with m in 1..2: k ln 2 - ln m, the latter by the series of the inverse hyperbolic tangent. */
    uint64_t r = yc_random_u64(random) | 1;
    int k = 1;
    while (!(r >> 63)) {
        r <<= 1;
        k++;
    }
    double m = (double)r / 9223372036854775808.0, y = (m - 1) / (m + 1), y2 = y * y;
    double ln_m = 2 * y * (1 + y2 * (1.0 / 3 + y2 * (1.0 / 5 + y2 * (1.0 / 7 + y2 * (1.0 / 9)))));
    return (int64_t)((double)mean_us * (k * 0.69314718055994531 - ln_m));
}

void yc_announcer_init(struct yc_announcer *a, const struct yc_alloc *alloc, struct yc_siphash_key seed)
{
    *a = (struct yc_announcer){.alloc = alloc, .seed = seed};
    yc_recent_init(&a->known, alloc, sizeof(uint64_t), YC_ANNOUNCE_KNOWN_MAX, seed);
}

void yc_announcer_release(struct yc_announcer *a)
{
    yc_recent_release(&a->known);
    yc_alloc_free(a->alloc, a->item, a->cap * sizeof *a->item);
    a->item = NULL;
    a->count = a->cap = 0;
}

void yc_announcer_note_known(struct yc_announcer *a, const uint8_t hash32[32])
{
    uint64_t key = yc_siphash(a->seed, hash32, 32);
    yc_recent_add(&a->known, &key);
}

bool yc_announcer_knows(const struct yc_announcer *a, const uint8_t hash32[32])
{
    uint64_t key = yc_siphash(a->seed, hash32, 32);
    return yc_recent_has(&a->known, &key);
}

void yc_announcer_queue(struct yc_announcer *a, const struct yc_announce_item *item)
{
    if (a->count == YC_ANNOUNCE_QUEUE_MAX)
        return;
    if (a->count == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 16;
        struct yc_announce_item *p = yc_alloc_resize(a->alloc, a->item, a->cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return;
        a->item = p;
        a->cap = cap;
    }
    a->item[a->count++] = *item;
}

static int by_sequence(const void *a, const void *b)
{
    uint64_t x = ((const struct yc_announce_item *)a)->sequence, y = ((const struct yc_announce_item *)b)->sequence;
    return (x > y) - (x < y);
}

size_t yc_announcer_take(struct yc_announcer *a, bool by_wtxid, int64_t fee_min_sat_per_kvb,
                         bool (*wanted)(void *ctx, const struct yc_announce_item *item), void *ctx,
                         struct yc_announce_item *out)
{
    size_t n = 0, i = 0, max = YC_ANNOUNCE_AT_ONCE + a->count / 1000 * 5;
    if (max > YC_ANNOUNCE_AT_ONCE_MAX)
        max = YC_ANNOUNCE_AT_ONCE_MAX;
    if (a->count)
        qsort(a->item, a->count, sizeof *a->item, by_sequence);
    for (; i < a->count && n < max; i++) {
        const struct yc_announce_item *item = &a->item[i];
        const uint8_t *hash32 = by_wtxid ? item->wtxid.b : item->txid.b;
        if (item->fee_sat_per_kvb < fee_min_sat_per_kvb || yc_announcer_knows(a, hash32) || !wanted(ctx, item))
            continue;
        yc_announcer_note_known(a, hash32);
        out[n++] = *item;
    }
    if (i > 0)
        memmove(a->item, a->item + i, (a->count - i) * sizeof *a->item);
    a->count -= i;
    return n;
}
