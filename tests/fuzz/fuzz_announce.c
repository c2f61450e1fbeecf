/* What one peer is told of, as a program of the input, beside a naive model: the whole list from its beginning, and the marks
 * of what the peer was told or told us. What is taken is what the model would take, in order, and never twice. */
#include "base/assert.h"
#include "base/reader.h"
#include "net/relay/announce.h"
#include "sys/heap.h"

#include <stdlib.h>

#define IDS   512 /* fewer than YC_ANNOUNCE_KNOWN_MAX: none that is marked may be forgotten, but by a flood */
#define STEPS 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct machine {
    struct yc_heap_capped heap;
    struct yc_news news;
    struct yc_announcer a;
    uint16_t *whole; /* ids, in order, as many as news.end */
    size_t whole_cap;
    bool known[2 * IDS]; /* by txid, and by wtxid behind them */
    bool left[IDS];      /* has left the pool */
    uint32_t flooded;
    struct yc_announce_item out[YC_ANNOUNCE_AT_ONCE_MAX];
};

static void hash_of(uint8_t hash32[32], unsigned id, bool wtxid)
{
    memset(hash32, wtxid ? 0x77 : 0x11, 32);
    hash32[0] = (uint8_t)id;
    hash32[1] = (uint8_t)(id >> 8);
}

/* One in ten pays nothing, one id is always the same transaction. */
static struct yc_announce_item item_of(unsigned id)
{
    struct yc_announce_item item = {.fee_sat_per_kvb = (int64_t)(id % 10) * 100};
    hash_of(item.txid.b, id, false);
    hash_of(item.wtxid.b, id, true);
    return item;
}

static bool find(void *ctx, const struct yc_wtxid *wtxid, struct yc_announce_item *item)
{
    const struct machine *s = ctx;
    unsigned id = wtxid->b[0] | (unsigned)wtxid->b[1] << 8;
    YC_ASSERT(id < IDS);
    *item = item_of(id);
    YC_ASSERT(memcmp(item->wtxid.b, wtxid->b, sizeof wtxid->b) == 0);
    return !s->left[id];
}

static void queue(struct machine *s, unsigned id, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct yc_announce_item item = item_of((id + i) % IDS);
        if (s->news.end == s->whole_cap) {
            s->whole_cap = s->whole_cap ? 2 * s->whole_cap : 1024;
            s->whole = realloc(s->whole, s->whole_cap * sizeof *s->whole);
            YC_ASSERT(s->whole != NULL);
        }
        s->whole[s->news.end] = (uint16_t)((id + i) % IDS);
        yc_news_add(&s->news, &item.wtxid);
        YC_ASSERT(s->news.end - s->news.first <= YC_ANNOUNCE_NEWS_MAX);
    }
}

static void take(struct machine *s, bool by_wtxid, int64_t fee_min)
{
    uint64_t at = s->a.next > s->news.first ? s->a.next : s->news.first;
    size_t before = yc_announcer_behind(&s->a, &s->news), max = YC_ANNOUNCE_AT_ONCE + before / 1000 * 5;
    size_t n = yc_announcer_take(&s->a, &s->news, by_wtxid, fee_min, find, s, s->out), seen = 0;
    YC_ASSERT(n <= YC_ANNOUNCE_AT_ONCE_MAX && n <= max && s->a.next - at <= YC_ANNOUNCE_LOOKS_MAX);
    /* It stops for no other reason. */
    YC_ASSERT(n == max || s->a.next - at == YC_ANNOUNCE_LOOKS_MAX || s->a.next == s->news.end);
    for (; at != s->a.next; at++) {
        unsigned id = s->whole[at];
        struct yc_announce_item whole = item_of(id);
        bool *known = &s->known[id + (by_wtxid ? IDS : 0)];
        if (*known || s->left[id] || whole.fee_sat_per_kvb < fee_min)
            continue;
        *known = true;
        YC_ASSERT(seen < n && memcmp(s->out[seen].wtxid.b, whole.wtxid.b, 32) == 0);
        YC_ASSERT(yc_announcer_knows(&s->a, by_wtxid ? whole.wtxid.b : whole.txid.b));
        seen++;
    }
    YC_ASSERT(seen == n);
}

/* The peer tells of a thousand others: what it was marked to know before is forgotten at last, and that alone. */
static void flood(struct machine *s)
{
    for (unsigned i = 0; i < YC_ANNOUNCE_KNOWN_MAX; i++) {
        uint8_t hash32[32] = {0};
        memcpy(hash32 + 8, &s->flooded, sizeof s->flooded);
        s->flooded++;
        yc_announcer_note_known(&s->a, hash32);
        YC_ASSERT(yc_announcer_knows(&s->a, hash32));
    }
    for (unsigned i = 0; i < 2 * IDS; i++) {
        uint8_t hash32[32];
        hash_of(hash32, i % IDS, i >= IDS);
        bool knows = yc_announcer_knows(&s->a, hash32);
        YC_ASSERT(!knows || s->known[i]);
        s->known[i] = knows;
    }
}

static void step(struct machine *s, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r);
    unsigned id = yc_reader_u16le(r) % IDS;
    uint8_t hash32[32];
    if (what < 80) {
        queue(s, id, 1 + what % 8);
    } else if (what < 100) {
        queue(s, id, (unsigned)(what - 79) * 500);
    } else if (what < 140) {
        hash_of(hash32, id, what & 1);
        yc_announcer_note_known(&s->a, hash32);
        s->known[id + (what & 1 ? IDS : 0)] = true;
    } else if (what < 180) {
        s->left[id] = what & 1;
    } else if (what < 184) {
        flood(s);
    } else {
        take(s, what & 1, (int64_t)(what & 14) * 50);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *s = calloc(1, sizeof *s);
    struct yc_reader r;
    YC_ASSERT(s != NULL);
    yc_heap_capped_init(&s->heap, SIZE_MAX);
    yc_reader_init(&r, yc_view(data, n));
    yc_news_init(&s->news, &s->heap.alloc);
    yc_announcer_init(&s->a, &s->news, (struct yc_siphash_key){3, 4});
    for (unsigned i = 0; i < STEPS && yc_reader_left(&r); i++)
        step(s, &r);
    yc_announcer_release(&s->a);
    yc_news_release(&s->news);
    free(s->whole);
    YC_ASSERT(s->heap.used_bytes == 0);
    free(s);
    return 0;
}
