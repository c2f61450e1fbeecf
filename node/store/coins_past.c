#include "node/store/coins_past.h"

#include "base/bytes.h"
#include "node/store/coins_internal.h"

#define KEY_BYTES    36 /* txid, index with its highest byte first: the order of the store */
#define SORTED_BYTES 40 /* and the number of the change, highest first */
#define CHUNK_BYTES  65536

/* What became of an outpoint when a block was taken back. The last change of an outpoint is how it was before them all. */
struct coins_past_change {
    uint8_t key[SORTED_BYTES];
    uint32_t n;          /* bytes of the coin; 0: there was none */
    const uint8_t *coin; /* as yc_coin_write() writes it */
};

void yc_coins_past_init(struct yc_coins_past *p, const struct yc_alloc *alloc, size_t max_bytes)
{
    memset(p, 0, sizeof *p);
    yc_buf_init(&p->changes, alloc, max_bytes / 2);
    yc_arena_init(&p->coins, alloc, CHUNK_BYTES, max_bytes / 2);
}

void yc_coins_past_release(struct yc_coins_past *p)
{
    yc_buf_release(&p->changes);
    yc_arena_release(&p->coins);
}

/* ---- taking back ---- */

static bool note(struct yc_coins_past *p, const struct yc_txid *txid, uint32_t index, const struct yc_coin *coin)
{
    struct coins_past_change c = {.n = 0};
    memcpy(c.key, txid->b, 32);
    yc_put32be(c.key + 32, index);
    yc_put32be(c.key + KEY_BYTES, UINT32_MAX - (uint32_t)(p->changes.n / sizeof c));
    if (coin) {
        struct yc_writer w;
        yc_writer_init_count(&w);
        yc_coin_write(&w, coin);
        uint8_t *bytes = (uint8_t *)yc_arena_take(&p->coins, w.n);
        if (!bytes)
            return false;
        c.coin = bytes;
        c.n = (uint32_t)w.n;
        yc_writer_init(&w, bytes, c.n);
        yc_coin_write(&w, coin);
    }
    yc_buf_append(&p->changes, &c, sizeof c);
    return !p->changes.failed;
}

enum yc_verdict yc_coins_past_block(struct yc_coins_past *p, const struct yc_block *b,
                                    const struct yc_spent_coins *spent, struct yc_error *err)
{
    size_t at = spent->count;
    bool ok = true;
    for (uint32_t t = b->tx_count; t-- > 0 && ok;) {
        const struct yc_tx *tx = &b->tx[t];
        for (uint32_t i = 0; i < tx->out_count && ok; i++)
            ok = note(p, &tx->txid, i, NULL);
        for (uint32_t i = t ? tx->in_count : 0; i-- > 0 && ok;) {
            if (at == 0)
                return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                               "undo data has fewer coins than its block spends; restart with -reindex");
            ok = note(p, &tx->in[i].prevout.txid, tx->in[i].prevout.index, &spent->coin[--at]);
        }
    }
    if (!ok)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY,
                       "no memory to take back so many blocks: ask for the coins at a later one");
    return at == 0 ? YC_VALID
                   : yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                             "undo data has more coins than its block spends; restart with -reindex");
}

/* ---- walking ---- */

static const struct coins_past_change *change_at(const struct yc_coins_past *p, size_t i)
{
    return (const struct coins_past_change *)(const void *)p->changes.p + i;
}

/* Pass over the other changes of the same outpoint. */
static void step(struct yc_coins_past *p)
{
    const struct coins_past_change *first = change_at(p, p->next);
    size_t count = p->changes.n / sizeof *first;
    do {
        p->next++;
    } while (p->next < count && memcmp(change_at(p, p->next)->key, first->key, KEY_BYTES) == 0);
}

/* Where the next change stands to the scan's next coin: below 0 before it, 0 at it. */
static int compare(const struct yc_coins_past *p)
{
    uint8_t key[KEY_BYTES];
    memcpy(key, p->at.txid.b, 32);
    yc_put32be(key + 32, p->at.index);
    return p->waiting ? memcmp(change_at(p, p->next)->key, key, KEY_BYTES) : -1;
}

static void hand_out(const struct coins_past_change *c, struct yc_outpoint *at, struct yc_coin_short *coin)
{
    struct yc_reader r;
    memcpy(at->txid.b, c->key, 32);
    at->index = yc_get32be(c->key + 32);
    yc_reader_init(&r, yc_view(c->coin, c->n));
    yc_coin_short_read(&r, coin);
}

static enum yc_verdict look_ahead(struct yc_coins_past *p, struct yc_coins_scan *s, struct yc_error *err)
{
    if (!p->sorted)
        coins_sort(p->changes.p, p->changes.n / sizeof(struct coins_past_change), sizeof(struct coins_past_change),
                   SORTED_BYTES);
    if (!p->sorted || !p->waiting) {
        enum yc_verdict v = yc_coins_scan_next(s, &p->at, &p->coin, err);
        p->waiting = v == YC_VALID;
        p->sorted = true;
        return v == YC_NOT_YET ? YC_VALID : v;
    }
    return YC_VALID;
}

enum yc_verdict yc_coins_past_next(struct yc_coins_past *p, struct yc_coins_scan *s, struct yc_outpoint *at,
                                   struct yc_coin_short *coin, struct yc_error *err)
{
    size_t count = p->changes.n / sizeof(struct coins_past_change);
    for (;;) {
        enum yc_verdict v = look_ahead(p, s, err);
        if (v != YC_VALID)
            return v;
        int order = p->next < count ? compare(p) : 1;
        if (order > 0) {
            if (!p->waiting)
                return YC_NOT_YET;
            *at = p->at;
            *coin = p->coin;
            p->waiting = false;
            return YC_VALID;
        }
        const struct coins_past_change *c = change_at(p, p->next);
        step(p);
        if (order == 0)
            p->waiting = false; /* the change says how it was */
        if (c->n) {
            hand_out(c, at, coin);
            return YC_VALID;
        }
    }
}
