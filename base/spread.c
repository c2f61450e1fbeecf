#include "base/spread.h"

/* 0..15 us have a bucket each; from there on the top four bits of the number choose one of eight in its doubling. */
static unsigned bucket_of(int64_t us)
{
    uint64_t v = us > 0 ? (uint64_t)us : 0;
    unsigned shift = 0;
    while (v >> shift >= 16)
        shift++;
    unsigned at = shift * 8 + (unsigned)(v >> shift);
    return at < YC_SPREAD_BUCKETS ? at : YC_SPREAD_BUCKETS - 1;
}

/* The longest duration that falls into the bucket. */
static int64_t end_of(unsigned bucket)
{
    if (bucket < 16)
        return bucket;
    unsigned shift = bucket / 8 - 1;
    return (int64_t)(((uint64_t)(bucket % 8 + 8 + 1) << shift) - 1);
}

void yc_spread_add(struct yc_spread *s, int64_t took_us)
{
    int64_t us = took_us > 0 ? took_us : 0;
    s->count++;
    s->sum_us += us;
    s->longest_us = us > s->longest_us ? us : s->longest_us;
    s->bucket[bucket_of(us)]++;
}

int64_t yc_spread_at(const struct yc_spread *s, double share)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < YC_SPREAD_BUCKETS && s->count > 0; i++) {
        seen += s->bucket[i];
        if ((double)seen >= share * (double)s->count && seen > 0)
            return i < YC_SPREAD_BUCKETS - 1 && end_of(i) < s->longest_us ? end_of(i) : s->longest_us;
    }
    return s->longest_us;
}

uint64_t yc_spread_longer(const struct yc_spread *s, int64_t us)
{
    uint64_t n = 0;
    for (unsigned i = bucket_of(us) + 1; i < YC_SPREAD_BUCKETS; i++)
        n += s->bucket[i];
    return n;
}
