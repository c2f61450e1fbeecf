#include "node/store/coins_internal.h"

/* How far ahead of its use the home of an outpoint is asked for, and its record: each about as long as memory takes to
 * answer. */
#define AHEAD        32
#define RECORD_AHEAD 16

size_t yc_coins_pick_missing(const struct yc_coins_cache *c, struct yc_outpoint *outpoints, size_t n)
{
    uint32_t tag[AHEAD];
    size_t kept = 0;
    for (size_t i = 0; i < n + AHEAD; i++) {
        if (i >= AHEAD) {
            const struct yc_outpoint *at = &outpoints[i - AHEAD];
            if (!coin_table_find(&c->table, &c->slabs, tag[i % AHEAD], at))
                outpoints[kept++] = *at;
        }
        if (i < n) {
            tag[i % AHEAD] = coin_tag(c->options.seed, &outpoints[i]);
            coin_table_touch(&c->table, tag[i % AHEAD]);
        }
        if (i >= AHEAD - RECORD_AHEAD && i - (AHEAD - RECORD_AHEAD) < n)
            coin_table_touch_record(&c->table, &c->slabs, tag[(i - (AHEAD - RECORD_AHEAD)) % AHEAD]);
    }
    coins_sort(outpoints, kept, sizeof outpoints[0], sizeof outpoints[0]);
    size_t distinct = 0;
    for (size_t i = 0; i < kept; i++)
        if (i == 0 || !yc_outpoint_equal(&outpoints[i], &outpoints[i - 1]))
            outpoints[distinct++] = outpoints[i];
    return distinct;
}

enum yc_verdict yc_coins_prefetch(struct yc_coins_cache *c, struct yc_outpoint *outpoints, size_t n,
                                  struct yc_error *err)
{
    n = yc_coins_pick_missing(c, outpoints, n);
    for (size_t i = 0; i < n; i++) {
        struct coin_slot *slot;
        enum yc_verdict v = coins_find(c, &outpoints[i], coin_tag(c->options.seed, &outpoints[i]), &slot, err);
        if (v == YC_SYSTEM)
            return v;
    }
    return YC_VALID;
}

void yc_coins_expect(const struct yc_coins_cache *c, const struct yc_block *b)
{
    for (uint32_t t = 0; t < b->tx_count; t++) {
        struct yc_outpoint at = {.txid = b->tx[t].txid};
        for (; at.index < b->tx[t].out_count; at.index++)
            coin_table_touch(&c->table, coin_tag(c->options.seed, &at));
    }
}

enum yc_verdict yc_coins_fetch(const struct yc_kv *kv, const struct yc_alloc *alloc,
                               const struct yc_outpoint *outpoints, size_t n, struct yc_arena *arena,
                               struct yc_coins_fetched *out, struct yc_error *err)
{
    struct yc_buf value;
    enum yc_verdict v = YC_VALID;
    yc_buf_init(&value, alloc, SIZE_MAX);
    for (size_t i = 0; i < n && v == YC_VALID; i++) {
        uint8_t key[YC_COIN_KEY_BYTES_MAX];
        struct yc_view k = {key, yc_coin_key_write(key, &outpoints[i])};
        v = kv->get(kv->ctx, k, &value, err);
        out[i] = (struct yc_coins_fetched){outpoints[i], v == YC_VALID, YC_VIEW_EMPTY};
        if (v == YC_NOT_YET) {
            v = YC_VALID;
        } else if (v == YC_VALID) {
            out[i].record = yc_arena_copy(arena, yc_buf_view(&value));
            if (value.n && !out[i].record.p)
                v = coins_no_memory(err);
        }
    }
    yc_buf_release(&value);
    return v;
}

enum yc_verdict yc_coins_keep(struct yc_coins_cache *c, const struct yc_coins_fetched *fetched, size_t n,
                              struct yc_error *err)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t tag = coin_tag(c->options.seed, &fetched[i].at);
        if (!fetched[i].found || coin_table_find(&c->table, &c->slabs, tag, &fetched[i].at))
            continue;
        enum yc_verdict v = coins_insert_stored(c, &fetched[i].at, tag, fetched[i].record, err);
        if (v != YC_VALID)
            return v;
    }
    return YC_VALID;
}
