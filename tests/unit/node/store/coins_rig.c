#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/coins_scan.h"
#include "sys/heap.h"
#include "unit/node/store/coins_rig.h"

static const struct yc_block_hash genesis = {{7}};

enum yc_verdict coins_rig_open(struct coins_rig *r)
{
    struct yc_coins_options o = {
        .alloc = &r->heap.alloc, .kv = &r->fault.kv, .seed = {1, 2}, .genesis = genesis, .batch_bytes = r->batch_bytes};
    return yc_coins_open(&r->cache, &o, &r->err);
}

void coins_rig_init(struct coins_rig *r, size_t batch_bytes)
{
    memset(r, 0, sizeof *r);
    r->batch_bytes = batch_bytes;
    r->at = -1;
    assert_int_equal(yc_kv_memory_new(&r->memory, yc_heap(), "chainstate", &r->err), YC_VALID);
    yc_kv_fault_init(&r->fault, yc_kv_memory_kv(r->memory));
    yc_heap_fault_init(&r->heap, 0, false);
    yc_arena_init(&r->arena, yc_heap(), 65536, SIZE_MAX);
}

void coins_rig_release(struct coins_rig *r)
{
    yc_coins_close(r->cache);
    assert_int_equal(r->heap.used_bytes, 0);
    yc_arena_release(&r->arena);
    yc_kv_memory_free(r->memory);
}

void coins_rig_same(const struct yc_coin *a, const struct yc_coin *b)
{
    assert_int_equal(a->value_sat, b->value_sat);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->coinbase, b->coinbase);
    assert_true(yc_view_equal(a->script, b->script));
}

/* Spend and make what the block does, up to `stop` changes. */
static enum yc_verdict apply(struct coins_rig *r, const struct world_block *b, size_t stop)
{
    const struct yc_coins *view = yc_coins_view(r->cache);
    size_t spent = 0;
    for (uint32_t i = 0; i < b->block.tx_count; i++) {
        const struct yc_tx *tx = &b->block.tx[i];
        for (uint32_t k = 0; i > 0 && k < tx->in_count; k++) {
            struct yc_coin coin;
            if (stop-- == 0)
                return YC_INVALID;
            enum yc_verdict v = view->spend(view->ctx, &tx->in[k].prevout, &coin);
            if (v == YC_SYSTEM)
                return v;
            assert_int_equal(v, YC_VALID);
            coins_rig_same(&coin, &b->spent.coin[spent++]);
            v = view->spend(view->ctx, &tx->in[k].prevout, &coin);
            if (v == YC_SYSTEM)
                return v;
            assert_int_equal(v, YC_NOT_YET);
        }
        for (uint32_t k = 0; k < tx->out_count; k++) {
            struct yc_outpoint at = {tx->txid, k};
            struct yc_coin coin = {tx->out[k].value_sat, b->height, i == 0, tx->out[k].script};
            if (coin.script.n && coin.script.p[0] == 0x6a)
                continue;
            if (stop-- == 0)
                return YC_INVALID;
            enum yc_verdict v = view->has(view->ctx, &at);
            if (v == YC_NOT_YET)
                v = view->add(view->ctx, &at, &coin);
            if (v != YC_VALID)
                return v;
        }
    }
    return YC_VALID;
}

enum yc_verdict coins_rig_connect(struct coins_rig *r, struct world *w, int n, size_t stop)
{
    assert_int_equal(w->block[n].parent, r->at);
    yc_coins_block_begin(r->cache, &r->arena);
    enum yc_verdict v = apply(r, &w->block[n], stop);
    if (v == YC_VALID) {
        if (r->hold)
            yc_coins_block_hold(r->cache, &w->block[n].block.hash);
        else
            yc_coins_block_commit(r->cache, &w->block[n].block.hash);
        r->at = n;
    } else {
        yc_coins_block_rollback(r->cache);
    }
    yc_arena_clear(&r->arena);
    return v;
}

enum yc_verdict coins_rig_disconnect(struct coins_rig *r, struct world *w, bool replay)
{
    const struct world_block *b = &w->block[r->at];
    yc_coins_block_begin(r->cache, &r->arena);
    enum yc_verdict v = yc_coins_block_disconnect(r->cache, &b->block, b->height, &b->spent,
                                                  replay ? YC_COINS_UNDO_REPLAY : YC_COINS_UNDO_EXACT, &r->err);
    if (v == YC_VALID) {
        struct yc_block_hash parent = world_hash(w, b->parent);
        yc_coins_block_commit(r->cache, &parent);
        r->at = b->parent;
    } else {
        yc_coins_block_rollback(r->cache);
    }
    yc_arena_clear(&r->arena);
    return v;
}

/* Every coin of the model is there, and what the block at the tip spent is not. */
void coins_rig_check(struct coins_rig *r, const struct world *w, bool keep)
{
    struct world_state s = world_state_at(w, r->at);
    struct yc_coin coin;
    for (size_t i = 0; i < s.count; i++) {
        assert_int_equal(yc_coins_get(r->cache, &s.coin[i].at, keep, &r->arena, &coin, &r->err), YC_VALID);
        coins_rig_same(&coin, &s.coin[i].coin);
    }
    for (int n = r->at; n >= 0 && n > r->at - 3; n = w->block[n].parent)
        for (uint32_t i = 1; i < w->block[n].block.tx_count; i++)
            for (uint32_t k = 0; k < w->block[n].block.tx[i].in_count; k++)
                assert_int_equal(
                    yc_coins_get(r->cache, &w->block[n].block.tx[i].in[k].prevout, keep, &r->arena, &coin, &r->err),
                    YC_NOT_YET);
    yc_arena_clear(&r->arena);
}

/* After a flush the store holds the model's coins and not one more. */
void coins_rig_check_store(struct coins_rig *r, const struct world *w)
{
    struct yc_coins_scan scan;
    struct yc_outpoint at;
    struct yc_coin_short coin;
    size_t count = 0;
    struct yc_block_hash best = world_hash(w, r->at), stored = yc_coins_stored_best(r->cache);
    assert_memory_equal(&best, &stored, 32);
    assert_int_equal(yc_coins_scan_open(&scan, yc_kv_memory_kv(r->memory), &r->err), YC_VALID);
    assert_memory_equal(&best, &scan.best, 32);
    while (yc_coins_scan_next(&scan, &at, &coin, &r->err) == YC_VALID)
        count++;
    yc_coins_scan_close(&scan);
    assert_int_equal(count, world_state_at(w, r->at).count);
    assert_int_equal(yc_coins_usage(r->cache).dirty, 0);
    assert_true(yc_coins_usage(r->cache).entries <= count); /* nothing spent is kept */
}
