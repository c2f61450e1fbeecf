/* The coins cache beside a naive model: spending, adding, failing blocks, flushing, reopening, reorganising. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/coin_codec.h"
#include "node/store/coins.h"
#include "node/store/coins_scan.h"
#include "node/store/kv_fault.h"
#include "node/store/kv_memory.h"
#include "sys/heap.h"
#include "sys/heap_fault.h"
#include "unit/node/store/world.h"

#include <stdlib.h>

static const struct yc_block_hash genesis = {{7}};

struct rig {
    struct yc_kv_memory *memory;
    struct yc_kv_fault fault;
    struct yc_heap_fault heap;
    struct yc_coins_cache *cache;
    struct yc_arena arena;
    struct yc_error err;
    size_t batch_bytes;
    int at; /* the block that the cache is at */
};

static enum yc_verdict rig_open(struct rig *r)
{
    struct yc_coins_options o = {
        .alloc = &r->heap.alloc, .kv = &r->fault.kv, .seed = {1, 2}, .genesis = genesis, .batch_bytes = r->batch_bytes};
    return yc_coins_open(&r->cache, &o, &r->err);
}

static void rig_init(struct rig *r, size_t batch_bytes)
{
    memset(r, 0, sizeof *r);
    r->batch_bytes = batch_bytes;
    r->at = -1;
    assert_int_equal(yc_kv_memory_new(&r->memory, yc_heap(), "chainstate", &r->err), YC_VALID);
    yc_kv_fault_init(&r->fault, yc_kv_memory_kv(r->memory));
    yc_heap_fault_init(&r->heap, 0, false);
    yc_arena_init(&r->arena, yc_heap(), 65536, SIZE_MAX);
}

static void rig_release(struct rig *r)
{
    yc_coins_close(r->cache);
    assert_int_equal(r->heap.used_bytes, 0);
    yc_arena_release(&r->arena);
    yc_kv_memory_free(r->memory);
}

static void same_coin(const struct yc_coin *a, const struct yc_coin *b)
{
    assert_int_equal(a->value_sat, b->value_sat);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->coinbase, b->coinbase);
    assert_true(yc_view_equal(a->script, b->script));
}

/* Spend and make what the block does, up to `stop` changes. */
static enum yc_verdict apply(struct rig *r, const struct world_block *b, size_t stop)
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
            same_coin(&coin, &b->spent.coin[spent++]);
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

static enum yc_verdict connect(struct rig *r, struct world *w, int n, size_t stop)
{
    assert_int_equal(w->block[n].parent, r->at);
    yc_coins_block_begin(r->cache, &r->arena);
    enum yc_verdict v = apply(r, &w->block[n], stop);
    if (v == YC_VALID) {
        yc_coins_block_commit(r->cache, &w->block[n].block.hash);
        r->at = n;
    } else {
        yc_coins_block_rollback(r->cache);
    }
    yc_arena_clear(&r->arena);
    return v;
}

static enum yc_verdict disconnect(struct rig *r, struct world *w, bool replay)
{
    const struct world_block *b = &w->block[r->at];
    yc_coins_block_begin(r->cache, &r->arena);
    enum yc_verdict v = yc_coins_block_disconnect(r->cache, &b->block, b->height, &b->spent, replay, &r->err);
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
static void check_coins(struct rig *r, const struct world *w, bool keep)
{
    struct world_state s = world_state_at(w, r->at);
    struct yc_coin coin;
    for (size_t i = 0; i < s.count; i++) {
        assert_int_equal(yc_coins_get(r->cache, &s.coin[i].at, keep, &r->arena, &coin, &r->err), YC_VALID);
        same_coin(&coin, &s.coin[i].coin);
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
static void check_store(struct rig *r, const struct world *w)
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

static void prefetch(struct rig *r, const struct world_block *b, struct world *w)
{
    struct yc_outpoint at[128];
    size_t n = 0;
    for (uint32_t i = 1; i < b->block.tx_count; i++)
        for (uint32_t k = 0; k < b->block.tx[i].in_count; k++) {
            at[n++] = b->block.tx[i].in[k].prevout;
            at[n++] = b->block.tx[i].in[k].prevout;
        }
    if (yc_random_below(&w->random, 2)) {
        assert_int_equal(yc_coins_prefetch(r->cache, at, n, &r->err), YC_VALID);
        return;
    }
    struct yc_coins_fetched fetched[128];
    n = yc_coins_pick_missing(r->cache, at, n);
    for (size_t i = 1; i < n; i++)
        assert_true(memcmp(&at[i - 1], &at[i], sizeof at[i]) < 0);
    assert_int_equal(yc_coins_fetch(&r->fault.kv, yc_heap(), at, n, &r->arena, fetched, &r->err), YC_VALID);
    assert_int_equal(yc_coins_keep(r->cache, fetched, n, &r->err), YC_VALID);
    yc_arena_clear(&r->arena);
}

static void test_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world *w = (struct world *)malloc(sizeof *w);
        struct rig r;
        assert_non_null(w);
        world_init(w, seed);
        rig_init(&r, seed % 2 ? 2000 : 0);
        assert_int_equal(rig_open(&r), YC_VALID);
        while (w->count < 200) {
            uint64_t what = yc_random_below(&w->random, 12);
            if (what < 6 || r.at < 0) {
                int n = world_extend(w, r.at);
                if (what & 1)
                    prefetch(&r, &w->block[n], w);
                if (what < 2) { /* part of the block, undone */
                    struct yc_coins_usage before = yc_coins_usage(r.cache);
                    bool all_cached = what == 1;
                    size_t stop = yc_random_below(&w->random, 20);
                    if (connect(&r, w, n, stop) == YC_INVALID) {
                        struct yc_coins_usage after = yc_coins_usage(r.cache);
                        assert_int_equal(before.dirty, after.dirty);
                        if (all_cached)
                            assert_int_equal(before.entries, after.entries);
                        check_coins(&r, w, false);
                        assert_int_equal(connect(&r, w, n, SIZE_MAX), YC_VALID);
                    }
                } else {
                    assert_int_equal(connect(&r, w, n, SIZE_MAX), YC_VALID);
                }
            } else if (what < 8) {
                assert_int_equal(disconnect(&r, w, false), YC_VALID);
            } else if (what < 10) {
                assert_int_equal(yc_coins_flush(r.cache, what == 8, &r.err), YC_VALID);
                check_store(&r, w);
                if (what == 8)
                    assert_int_equal(yc_coins_usage(r.cache).entries, 0);
            } else if (what == 10) {
                assert_int_equal(yc_coins_flush(r.cache, false, &r.err), YC_VALID);
                yc_coins_close(r.cache);
                assert_int_equal(yc_kv_memory_power_cut(r.memory, NULL, &r.err), YC_VALID);
                assert_int_equal(rig_open(&r), YC_VALID);
            } else {
                check_coins(&r, w, yc_random_below(&w->random, 2));
            }
        }
        check_coins(&r, w, false);
        assert_int_equal(yc_coins_flush(r.cache, true, &r.err), YC_VALID);
        check_store(&r, w);
        check_coins(&r, w, false);
        rig_release(&r);
        world_release(w);
        free(w);
    }
}

/* What the cache says that it holds is what the allocator gave it, at all times. */
static void test_accounting(void **state)
{
    (void)state;
    struct world *w = (struct world *)malloc(sizeof *w);
    struct rig r;
    assert_non_null(w);
    world_init(w, 77);
    rig_init(&r, 3000);
    assert_int_equal(rig_open(&r), YC_VALID);
    for (int i = 0; i < 150; i++) {
        assert_int_equal(connect(&r, w, world_extend(w, r.at), SIZE_MAX), YC_VALID);
        assert_int_equal(yc_coins_usage(r.cache).bytes, r.heap.used_bytes);
        if (i % 20 == 19) {
            assert_int_equal(yc_coins_flush(r.cache, i % 40 == 39, &r.err), YC_VALID);
            assert_int_equal(yc_coins_usage(r.cache).bytes, r.heap.used_bytes);
        }
    }
    rig_release(&r);
    world_release(w);
    free(w);
}

/* A coin that is made and spent between two flushes is never written. */
static void test_short_lived_coins_stay_in_memory(void **state)
{
    (void)state;
    struct rig r;
    struct yc_coin coin = {5, 1, false, {(const uint8_t *)"\x51", 1}}, got;
    struct yc_outpoint at = {{{1}}, 3};
    struct yc_block_hash hash = {{9}};
    rig_init(&r, 0);
    assert_int_equal(rig_open(&r), YC_VALID);
    yc_coins_block_begin(r.cache, &r.arena);
    const struct yc_coins *view = yc_coins_view(r.cache);
    assert_int_equal(view->add(view->ctx, &at, &coin), YC_VALID);
    yc_coins_block_commit(r.cache, &hash);
    yc_coins_block_begin(r.cache, &r.arena);
    assert_int_equal(view->spend(view->ctx, &at, &got), YC_VALID);
    yc_coins_block_commit(r.cache, &hash);
    assert_int_equal(yc_coins_usage(r.cache).entries, 0);
    assert_int_equal(yc_coins_usage(r.cache).dirty, 0);
    rig_release(&r);
}

/* An overwritten coinbase coin (before BIP 34 two could be equal) must be deleted from the store when it is spent. */
static void test_overwritten_coinbase_is_deleted(void **state)
{
    (void)state;
    struct rig r;
    struct yc_coin coin = {5, 1, true, {(const uint8_t *)"\x51", 1}}, got;
    struct yc_outpoint at = {{{1}}, 0};
    struct yc_block_hash hash = {{9}};
    rig_init(&r, 0);
    assert_int_equal(rig_open(&r), YC_VALID);
    const struct yc_coins *view = yc_coins_view(r.cache);
    yc_coins_block_begin(r.cache, &r.arena);
    assert_int_equal(view->add(view->ctx, &at, &coin), YC_VALID);
    yc_coins_block_commit(r.cache, &hash);
    assert_int_equal(yc_coins_flush(r.cache, true, &r.err), YC_VALID);
    coin.height = 2;
    yc_coins_block_begin(r.cache, &r.arena);
    assert_int_equal(view->add(view->ctx, &at, &coin), YC_VALID);
    assert_int_equal(view->spend(view->ctx, &at, &got), YC_VALID);
    assert_int_equal(got.height, 2);
    yc_coins_block_commit(r.cache, &hash);
    assert_int_equal(yc_coins_flush(r.cache, true, &r.err), YC_VALID);
    assert_int_equal(yc_coins_get(r.cache, &at, false, &r.arena, &got, &r.err), YC_NOT_YET);
    rig_release(&r);
}

static void test_disconnect_refuses_undo_data_of_another_block(void **state)
{
    (void)state;
    struct world *w = (struct world *)malloc(sizeof *w);
    struct rig r;
    assert_non_null(w);
    world_init(w, 5);
    rig_init(&r, 0);
    assert_int_equal(rig_open(&r), YC_VALID);
    for (int i = 0; i < 20; i++)
        assert_int_equal(connect(&r, w, world_extend(w, r.at), SIZE_MAX), YC_VALID);
    struct world_block *b = &w->block[r.at];
    b->spent.count++;
    assert_int_equal(disconnect(&r, w, false), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    b->spent.count--;
    b->height++; /* the outputs then are not what this block made */
    assert_int_equal(disconnect(&r, w, false), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    b->height--;
    check_coins(&r, w, false);
    assert_int_equal(disconnect(&r, w, false), YC_VALID);
    check_coins(&r, w, false);
    rig_release(&r);
    world_release(w);
    free(w);
}

static const struct yc_coin small = {5, 1, false, {(const uint8_t *)"\x51", 1}};

static void add_many(struct rig *r, uint8_t family, uint32_t n)
{
    const struct yc_coins *view = yc_coins_view(r->cache);
    struct yc_outpoint at = {{{family}}, 0};
    for (at.index = 0; at.index < n; at.index++)
        assert_int_equal(view->add(view->ctx, &at, &small), YC_VALID);
}

static void spend_many(struct rig *r, uint8_t family, uint32_t n)
{
    const struct yc_coins *view = yc_coins_view(r->cache);
    struct yc_outpoint at = {{{family}}, 0};
    struct yc_coin coin;
    for (at.index = 0; at.index < n; at.index++)
        assert_int_equal(view->spend(view->ctx, &at, &coin), YC_VALID);
}

/* A block that takes many coins out of the table while others are read into it: all of them fit when it is undone. */
static void test_rollback_has_room(void **state)
{
    (void)state;
    struct rig r;
    struct yc_coin coin;
    struct yc_block_hash hash = {{9}};
    rig_init(&r, 0);
    assert_int_equal(rig_open(&r), YC_VALID);
    yc_coins_block_begin(r.cache, &r.arena);
    add_many(&r, 1, 600);
    yc_coins_block_commit(r.cache, &hash);
    assert_int_equal(yc_coins_flush(r.cache, true, &r.err), YC_VALID);
    yc_coins_block_begin(r.cache, &r.arena);
    add_many(&r, 2, 640);
    yc_coins_block_commit(r.cache, &hash);
    yc_coins_block_begin(r.cache, &r.arena);
    spend_many(&r, 2, 640);
    struct yc_outpoint at = {{{1}}, 0};
    for (at.index = 0; at.index < 600; at.index++)
        assert_int_equal(yc_coins_get(r.cache, &at, true, &r.arena, &coin, &r.err), YC_VALID);
    yc_coins_block_rollback(r.cache);
    assert_int_equal(yc_coins_usage(r.cache).entries, 1240);
    assert_int_equal(yc_coins_usage(r.cache).dirty, 640);
    for (uint8_t family = 1; family <= 2; family++)
        for (at = (struct yc_outpoint){{{family}}, 0}; at.index < 600; at.index++)
            assert_int_equal(yc_coins_get(r.cache, &at, false, &r.arena, &coin, &r.err), YC_VALID);
    rig_release(&r);
}

/* Memory of coins that are gone is used again. */
static void test_memory_is_used_again(void **state)
{
    (void)state;
    struct rig r;
    struct yc_block_hash hash = {{9}};
    size_t first = 0;
    rig_init(&r, 0);
    assert_int_equal(rig_open(&r), YC_VALID);
    for (unsigned i = 0; i < 20; i++) {
        yc_coins_block_begin(r.cache, &r.arena);
        add_many(&r, 1, 3000);
        yc_coins_block_commit(r.cache, &hash);
        yc_coins_block_begin(r.cache, &r.arena);
        spend_many(&r, 1, 3000);
        yc_coins_block_commit(r.cache, &hash);
        yc_arena_clear(&r.arena);
        if (i == 0)
            first = yc_coins_usage(r.cache).bytes;
        assert_int_equal(yc_coins_usage(r.cache).bytes, first);
    }
    rig_release(&r);
}

/* ---- faults ---- */

/* Up a branch, flush, down to a fork, up another branch, flush: flushes of many batches, one across a reorganisation.
 * The blocks are made beforehand; the first failure ends the run. */
static enum yc_verdict scenario(struct rig *r, struct world *w, const int *path, size_t n)
{
    enum yc_verdict v = YC_VALID;
    for (size_t i = 0; i < n && v == YC_VALID; i++) {
        if (path[i] == -2)
            v = yc_coins_flush(r->cache, i % 2 == 0, &r->err);
        else if (path[i] == -3)
            v = disconnect(r, w, false);
        else
            v = connect(r, w, path[i], SIZE_MAX);
    }
    return v;
}

static size_t make_path(struct world *w, int *path)
{
    size_t n = 0;
    int tip = -1;
    for (int i = 0; i < 12; i++)
        path[n++] = tip = world_extend(w, tip);
    path[n++] = -2;
    for (int i = 0; i < 6; i++)
        path[n++] = tip = world_extend(w, tip);
    path[n++] = -2;
    for (int i = 0; i < 9; i++) {
        path[n++] = -3;
        tip = w->block[tip].parent;
    }
    for (int i = 0; i < 10; i++)
        path[n++] = tip = world_extend(w, tip);
    path[n++] = -2;
    return n;
}

/* Complete a cut-off flush as coins.h says. Returns whether there was one. */
static bool recover(struct rig *r, struct world *w)
{
    struct yc_block_hash best = yc_coins_best(r->cache), from, to;
    r->at = world_find(w, &best);
    if (!yc_coins_interrupted(r->cache, &from, &to))
        return false;
    assert_int_equal(r->at, world_find(w, &from));
    int goal = world_find(w, &to), fork = world_fork(w, r->at, goal);
    while (r->at != fork)
        assert_int_equal(disconnect(r, w, true), YC_VALID);
    while (r->at != goal) {
        int next = goal;
        while (w->block[next].parent != r->at)
            next = w->block[next].parent;
        yc_coins_block_begin(r->cache, &r->arena);
        assert_int_equal(yc_coins_block_replay(r->cache, &w->block[next].block, w->block[next].height, &r->err),
                         YC_VALID);
        yc_coins_block_commit(r->cache, &w->block[next].block.hash);
        yc_arena_clear(&r->arena);
        r->at = next;
    }
    assert_int_equal(yc_coins_flush(r->cache, true, &r->err), YC_VALID);
    assert_false(yc_coins_interrupted(r->cache, &from, &to));
    return true;
}

static void run_store_faults(bool write_anyway, bool chance)
{
    struct world *w = (struct world *)malloc(sizeof *w);
    int path[64];
    assert_non_null(w);
    world_init(w, 11);
    size_t n = make_path(w, path), replayed = 0;
    enum yc_verdict v = YC_SYSTEM;
    for (unsigned fail_at = 1; v == YC_SYSTEM; fail_at++) {
        struct rig r;
        rig_init(&r, 700);
        assert_int_equal(rig_open(&r), YC_VALID);
        r.fault.count = 0;
        r.fault.fail_at = fail_at;
        r.fault.keep_failing = fail_at % 2;
        r.fault.write_anyway = write_anyway;
        v = scenario(&r, w, path, n);
        assert_true(v == YC_SYSTEM ? r.fault.failed > 0 : v == YC_VALID && r.fault.failed == 0);
        /* The process ends, the power is cut, and the next start has a disk that works. */
        yc_coins_close(r.cache);
        r.fault.fail_at = 0;
        assert_int_equal(yc_kv_memory_power_cut(r.memory, chance ? &w->random : NULL, &r.err), YC_VALID);
        assert_int_equal(rig_open(&r), YC_VALID);
        replayed += recover(&r, w);
        check_coins(&r, w, false);
        if (r.at >= 0)
            check_store(&r, w);
        rig_release(&r);
    }
    assert_true(replayed > 10);
    world_release(w);
    free(w);
}

/* Catalogue S02, S04, S05: whatever operation fails, what the next start finds is the state after some block. */
static void test_store_faults(void **state)
{
    (void)state;
    run_store_faults(false, false);
    run_store_faults(true, false);
    run_store_faults(true, true);
}

/* A recovery that is cut off is recovered from in turn. */
static void test_interrupted_recovery(void **state)
{
    (void)state;
    struct world *w = (struct world *)malloc(sizeof *w);
    int path[64];
    assert_non_null(w);
    world_init(w, 12);
    size_t n = make_path(w, path);
    for (unsigned fail_at = 1; fail_at < 12; fail_at++) {
        struct rig r;
        rig_init(&r, 700);
        r.fault.kinds = YC_KV_WRITE;
        assert_int_equal(rig_open(&r), YC_VALID);
        assert_int_equal(scenario(&r, w, path, n - 1), YC_VALID);
        r.fault.count = 0;
        r.fault.fail_at = 4;
        assert_int_equal(yc_coins_flush(r.cache, false, &r.err), YC_SYSTEM);
        yc_coins_close(r.cache);
        r.fault.fail_at = 0;
        assert_int_equal(rig_open(&r), YC_VALID);
        /* Replay to the goal, but fail in the flush after it. */
        struct yc_block_hash from, to;
        assert_true(yc_coins_interrupted(r.cache, &from, &to));
        r.at = world_find(w, &from);
        int goal = world_find(w, &to), fork = world_fork(w, r.at, goal);
        while (r.at != fork)
            assert_int_equal(disconnect(&r, w, true), YC_VALID);
        /* Half-way, the changes are flushed: the store must stay marked. */
        assert_int_equal(yc_coins_flush(r.cache, true, &r.err), YC_VALID);
        assert_true(yc_coins_interrupted(r.cache, &from, &to));
        yc_coins_close(r.cache);
        r.fault.count = 0;
        r.fault.fail_at = 0;
        assert_int_equal(rig_open(&r), YC_VALID);
        assert_true(recover(&r, w));
        assert_int_equal(r.at, goal);
        check_coins(&r, w, false);
        check_store(&r, w);
        rig_release(&r);
    }
    world_release(w);
    free(w);
}

/* Every allocation fails once: a block that found no memory is undone exactly, and can be connected afterwards. */
static void test_memory_faults(void **state)
{
    (void)state;
    struct world *w = (struct world *)malloc(sizeof *w);
    int path[64];
    assert_non_null(w);
    world_init(w, 13);
    size_t n = make_path(w, path), failures = 0;
    bool failed = true;
    for (size_t fail_at = 1; failed; fail_at++) {
        struct rig r;
        rig_init(&r, 700);
        r.heap.fail_at = fail_at;
        enum yc_verdict v = rig_open(&r);
        if (v == YC_VALID)
            v = scenario(&r, w, path, n);
        failed = r.heap.failed > 0;
        failures += failed;
        if (v != YC_VALID)
            assert_int_equal(v, YC_SYSTEM);
        if (r.cache) {
            check_coins(&r, w, false);
            yc_coins_close(r.cache);
            r.cache = NULL;
        }
        assert_int_equal(r.heap.used_bytes, 0);
        r.heap.fail_at = 0;
        assert_int_equal(rig_open(&r), YC_VALID);
        recover(&r, w);
        check_coins(&r, w, false);
        rig_release(&r);
    }
    assert_true(failures > 20);
    world_release(w);
    free(w);
}

/* Bytes that are no coin are the disk's fault, never a coin that is missing. */
static void test_corrupt_coin(void **state)
{
    (void)state;
    struct rig r;
    struct yc_outpoint at = {{{1}}, 0};
    struct yc_coin coin;
    uint8_t key[YC_COIN_KEY_BYTES_MAX];
    struct yc_kv_batch batch;
    rig_init(&r, 0);
    assert_int_equal(rig_open(&r), YC_VALID);
    yc_kv_batch_init(&batch, yc_heap(), 1000);
    yc_kv_batch_put(&batch, yc_view(key, yc_coin_key_write(key, &at)), yc_view("\x02\xff\xff", 3));
    assert_int_equal(r.fault.kv.write(r.fault.kv.ctx, &batch, true, &r.err), YC_VALID);
    yc_kv_batch_release(&batch);
    assert_int_equal(yc_coins_get(r.cache, &at, true, &r.arena, &coin, &r.err), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    assert_non_null(strstr(r.err.text, "-reindex-chainstate"));
    assert_int_equal(yc_coins_prefetch(r.cache, &at, 1, &r.err), YC_SYSTEM);
    yc_coins_block_begin(r.cache, &r.arena);
    const struct yc_coins *view = yc_coins_view(r.cache);
    assert_int_equal(view->spend(view->ctx, &at, &coin), YC_SYSTEM);
    assert_int_equal(yc_coins_error(r.cache)->which, YC_SYSTEM_CORRUPT);
    yc_coins_block_rollback(r.cache);
    rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_accounting),
        cmocka_unit_test(test_short_lived_coins_stay_in_memory),
        cmocka_unit_test(test_overwritten_coinbase_is_deleted),
        cmocka_unit_test(test_disconnect_refuses_undo_data_of_another_block),
        cmocka_unit_test(test_rollback_has_room),
        cmocka_unit_test(test_memory_is_used_again),
        cmocka_unit_test(test_store_faults),
        cmocka_unit_test(test_interrupted_recovery),
        cmocka_unit_test(test_memory_faults),
        cmocka_unit_test(test_corrupt_coin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
