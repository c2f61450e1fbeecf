#include "net/relay/announce.h"

#define NEWS_CAP_FIRST 64

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

void yc_news_init(struct yc_news *n, const struct yc_alloc *alloc)
{
    *n = (struct yc_news){.alloc = alloc};
}

void yc_news_release(struct yc_news *n)
{
    yc_alloc_free(n->alloc, n->item, n->cap * sizeof *n->item);
    n->item = NULL;
    n->cap = 0;
    n->first = n->end = 0;
}

/* Twice the room, each item at the place of its number. */
static bool grow(struct yc_news *n)
{
    size_t cap = n->cap ? 2 * n->cap : NEWS_CAP_FIRST;
    struct yc_wtxid *item = yc_alloc_new(n->alloc, cap * sizeof *item);
    if (!item)
        return false;
    for (uint64_t i = n->first; i != n->end; i++)
        item[i & (cap - 1)] = n->item[i & (n->cap - 1)];
    yc_alloc_free(n->alloc, n->item, n->cap * sizeof *n->item);
    n->item = item;
    n->cap = cap;
    return true;
}

void yc_news_add(struct yc_news *n, const struct yc_wtxid *wtxid)
{
    if (n->end - n->first == n->cap && n->cap < YC_ANNOUNCE_NEWS_MAX && !grow(n))
        return;
    n->first += n->end - n->first == n->cap;
    n->item[n->end++ & (n->cap - 1)] = *wtxid;
}

void yc_announcer_init(struct yc_announcer *a, const struct yc_news *news, struct yc_siphash_key seed)
{
    *a = (struct yc_announcer){.seed = seed, .next = news->end};
    yc_recent_init(&a->known, news->alloc, sizeof(uint64_t), YC_ANNOUNCE_KNOWN_MAX, seed);
}

void yc_announcer_release(struct yc_announcer *a)
{
    yc_recent_release(&a->known);
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

static uint64_t place_of(const struct yc_announcer *a, const struct yc_news *news)
{
    return a->next > news->first ? a->next : news->first;
}

size_t yc_announcer_behind(const struct yc_announcer *a, const struct yc_news *news)
{
    return (size_t)(news->end - place_of(a, news));
}

size_t yc_announcer_take(struct yc_announcer *a, const struct yc_news *news, bool by_wtxid, int64_t fee_min_sat_per_kvb,
                         bool (*find)(void *ctx, const struct yc_wtxid *wtxid, struct yc_announce_item *item),
                         void *ctx, struct yc_announce_item *out)
{
    size_t n = 0, looks = 0, behind = yc_announcer_behind(a, news), max = YC_ANNOUNCE_AT_ONCE + behind / 1000 * 5;
    if (max > YC_ANNOUNCE_AT_ONCE_MAX)
        max = YC_ANNOUNCE_AT_ONCE_MAX;
    for (a->next = place_of(a, news); a->next != news->end && n < max && looks < YC_ANNOUNCE_LOOKS_MAX; looks++) {
        const struct yc_wtxid *wtxid = &news->item[a->next++ & (news->cap - 1)];
        struct yc_announce_item *item = &out[n];
        if ((by_wtxid && yc_announcer_knows(a, wtxid->b)) || !find(ctx, wtxid, item) ||
            item->fee_sat_per_kvb < fee_min_sat_per_kvb || (!by_wtxid && yc_announcer_knows(a, item->txid.b)))
            continue;
        yc_announcer_note_known(a, by_wtxid ? item->wtxid.b : item->txid.b);
        n++;
    }
    return n;
}
