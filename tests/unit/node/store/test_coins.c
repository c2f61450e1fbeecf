/* The coins cache beside a naive model: spending, adding, failing blocks, flushing, reopening, reorganising. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/coin_codec.h"
#include "sys/heap.h"
#include "unit/node/store/coins_rig.h"

#include <stdlib.h>

static void prefetch(struct coins_rig *r, const struct world_block *b, struct world *w)
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
        struct coins_rig r;
        assert_non_null(w);
        world_init(w, seed);
        coins_rig_init(&r, seed % 2 ? 2000 : 0);
        assert_int_equal(coins_rig_open(&r), YC_VALID);
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
                    if (coins_rig_connect(&r, w, n, stop) == YC_INVALID) {
                        struct yc_coins_usage after = yc_coins_usage(r.cache);
                        assert_int_equal(before.dirty, after.dirty);
                        if (all_cached)
                            assert_int_equal(before.entries, after.entries);
                        coins_rig_check(&r, w, false);
                        assert_int_equal(coins_rig_connect(&r, w, n, SIZE_MAX), YC_VALID);
                    }
                } else {
                    assert_int_equal(coins_rig_connect(&r, w, n, SIZE_MAX), YC_VALID);
                }
            } else if (what < 8) {
                assert_int_equal(coins_rig_disconnect(&r, w, false), YC_VALID);
            } else if (what < 10) {
                assert_int_equal(yc_coins_flush(r.cache, what == 8, &r.err), YC_VALID);
                coins_rig_check_store(&r, w);
                if (what == 8)
                    assert_int_equal(yc_coins_usage(r.cache).entries, 0);
            } else if (what == 10) {
                assert_int_equal(yc_coins_flush(r.cache, false, &r.err), YC_VALID);
                yc_coins_close(r.cache);
                assert_int_equal(yc_kv_memory_power_cut(r.memory, NULL, &r.err), YC_VALID);
                assert_int_equal(coins_rig_open(&r), YC_VALID);
            } else {
                coins_rig_check(&r, w, yc_random_below(&w->random, 2));
            }
        }
        coins_rig_check(&r, w, false);
        assert_int_equal(yc_coins_flush(r.cache, true, &r.err), YC_VALID);
        coins_rig_check_store(&r, w);
        coins_rig_check(&r, w, false);
        coins_rig_release(&r);
        world_release(w);
        free(w);
    }
}

/* Blocks that are held, on one another, are undone from the newest and settled from the oldest; at every moment the coins
 * are those of the block that the cache is at. */
static void test_held_blocks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world *w = (struct world *)malloc(sizeof *w);
        struct coins_rig r;
        assert_non_null(w);
        world_init(w, seed);
        coins_rig_init(&r, 0);
        assert_int_equal(coins_rig_open(&r), YC_VALID);
        while (w->count < 200) {
            uint64_t what = yc_random_below(&w->random, 10);
            size_t held = yc_coins_held(r.cache);
            r.hold = true;
            if (what < 4 && held < YC_COINS_HELD_MAX) {
                assert_int_equal(coins_rig_connect(&r, w, world_extend(w, r.at), SIZE_MAX), YC_VALID);
                assert_int_equal(yc_coins_held(r.cache), held + 1);
            } else if (what == 4 && held < YC_COINS_HELD_MAX) {
                /* A block that fails part-way on blocks that are held. */
                int n = world_extend(w, r.at);
                if (coins_rig_connect(&r, w, n, yc_random_below(&w->random, 10)) == YC_INVALID)
                    assert_int_equal(yc_coins_held(r.cache), held);
            } else if (what < 7 && held > 0) {
                yc_coins_block_rollback(r.cache);
                r.at = w->block[r.at].parent;
            } else if (what < 9 && held > 0) {
                yc_coins_block_settle(r.cache);
            } else if (what == 9 && r.at >= 0) {
                while (yc_coins_held(r.cache) > 0)
                    yc_coins_block_settle(r.cache);
                assert_int_equal(yc_coins_flush(r.cache, seed % 2, &r.err), YC_VALID);
                coins_rig_check_store(&r, w);
            }
            struct yc_block_hash best = yc_coins_best(r.cache), at = world_hash(w, r.at);
            assert_memory_equal(best.b, at.b, 32);
            coins_rig_check(&r, w, false);
            assert_int_equal(yc_coins_usage(r.cache).bytes, r.heap.used_bytes);
        }
        while (yc_coins_held(r.cache) > 0)
            yc_coins_block_settle(r.cache);
        coins_rig_release(&r);
        world_release(w);
        free(w);
    }
}

/* What the cache says that it holds is what the allocator gave it, at all times. */
static void test_accounting(void **state)
{
    (void)state;
    struct world *w = (struct world *)malloc(sizeof *w);
    struct coins_rig r;
    assert_non_null(w);
    world_init(w, 77);
    coins_rig_init(&r, 3000);
    assert_int_equal(coins_rig_open(&r), YC_VALID);
    for (int i = 0; i < 150; i++) {
        assert_int_equal(coins_rig_connect(&r, w, world_extend(w, r.at), SIZE_MAX), YC_VALID);
        assert_int_equal(yc_coins_usage(r.cache).bytes, r.heap.used_bytes);
        if (i % 20 == 19) {
            assert_int_equal(yc_coins_flush(r.cache, i % 40 == 39, &r.err), YC_VALID);
            assert_int_equal(yc_coins_usage(r.cache).bytes, r.heap.used_bytes);
        }
    }
    coins_rig_release(&r);
    world_release(w);
    free(w);
}

/* A coin that is made and spent between two flushes is never written. */
static void test_short_lived_coins_stay_in_memory(void **state)
{
    (void)state;
    struct coins_rig r;
    struct yc_coin coin = {5, 1, false, {(const uint8_t *)"\x51", 1}}, got;
    struct yc_outpoint at = {{{1}}, 3};
    struct yc_block_hash hash = {{9}};
    coins_rig_init(&r, 0);
    assert_int_equal(coins_rig_open(&r), YC_VALID);
    yc_coins_block_begin(r.cache, &r.arena);
    const struct yc_coins *view = yc_coins_view(r.cache);
    assert_int_equal(view->add(view->ctx, &at, &coin), YC_VALID);
    yc_coins_block_commit(r.cache, &hash);
    yc_coins_block_begin(r.cache, &r.arena);
    assert_int_equal(view->spend(view->ctx, &at, &got), YC_VALID);
    yc_coins_block_commit(r.cache, &hash);
    assert_int_equal(yc_coins_usage(r.cache).entries, 0);
    assert_int_equal(yc_coins_usage(r.cache).dirty, 0);
    coins_rig_release(&r);
}

/* An overwritten coinbase coin (before BIP 34 two could be equal) must be deleted from the store when it is spent. */
static void test_overwritten_coinbase_is_deleted(void **state)
{
    (void)state;
    struct coins_rig r;
    struct yc_coin coin = {5, 1, true, {(const uint8_t *)"\x51", 1}}, got;
    struct yc_outpoint at = {{{1}}, 0};
    struct yc_block_hash hash = {{9}};
    coins_rig_init(&r, 0);
    assert_int_equal(coins_rig_open(&r), YC_VALID);
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
    coins_rig_release(&r);
}

static void test_disconnect_refuses_undo_data_of_another_block(void **state)
{
    (void)state;
    struct world *w = (struct world *)malloc(sizeof *w);
    struct coins_rig r;
    assert_non_null(w);
    world_init(w, 5);
    coins_rig_init(&r, 0);
    assert_int_equal(coins_rig_open(&r), YC_VALID);
    for (int i = 0; i < 20; i++)
        assert_int_equal(coins_rig_connect(&r, w, world_extend(w, r.at), SIZE_MAX), YC_VALID);
    struct world_block *b = &w->block[r.at];
    b->spent.count++;
    assert_int_equal(coins_rig_disconnect(&r, w, false), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    b->spent.count--;
    b->height++; /* the outputs then are not what this block made */
    assert_int_equal(coins_rig_disconnect(&r, w, false), YC_SYSTEM);
    assert_int_equal(r.err.which, YC_SYSTEM_CORRUPT);
    b->height--;
    coins_rig_check(&r, w, false);
    assert_int_equal(coins_rig_disconnect(&r, w, false), YC_VALID);
    coins_rig_check(&r, w, false);
    coins_rig_release(&r);
    world_release(w);
    free(w);
}

static const struct yc_coin small = {5, 1, false, {(const uint8_t *)"\x51", 1}};

static void add_many(struct coins_rig *r, uint8_t family, uint32_t n)
{
    const struct yc_coins *view = yc_coins_view(r->cache);
    struct yc_outpoint at = {{{family}}, 0};
    for (at.index = 0; at.index < n; at.index++)
        assert_int_equal(view->add(view->ctx, &at, &small), YC_VALID);
}

static void spend_many(struct coins_rig *r, uint8_t family, uint32_t n)
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
    struct coins_rig r;
    struct yc_coin coin;
    struct yc_block_hash hash = {{9}};
    coins_rig_init(&r, 0);
    assert_int_equal(coins_rig_open(&r), YC_VALID);
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
    coins_rig_release(&r);
}

/* A store that sees in what order coins are written, and how much memory the cache holds then. */
struct watcher {
    struct yc_kv kv;
    const struct yc_kv *inner;
    struct coins_rig *rig;
    uint8_t last[YC_COIN_KEY_BYTES_MAX];
    size_t written, steps_back, bytes_max;
};

static enum yc_verdict watch(void *ctx, const struct yc_kv_batch *b, bool sync, struct yc_error *err)
{
    struct watcher *w = ctx;
    struct yc_kv_change change;
    for (size_t at = 0; yc_kv_batch_next(b, &at, &change);) {
        if (change.key.p[0] != 'C')
            continue;
        w->written++;
        w->steps_back += memcmp(w->last, change.key.p, 34) >= 0;
        memcpy(w->last, change.key.p, 34);
    }
    if (w->rig->heap.used_bytes > w->bytes_max)
        w->bytes_max = w->rig->heap.used_bytes;
    return w->inner->write(w->inner->ctx, b, sync, err);
}

#define SPREAD 150000 /* coins whose txids are spread */
#define CHOSEN 80000  /* coins whose txids somebody chose: they begin alike */

static void add_spread(struct coins_rig *r)
{
    static const uint8_t script[22] = {0, 20};
    const struct yc_coins *view = yc_coins_view(r->cache);
    struct yc_coin coin = {5000, 100, false, yc_view(script, sizeof script)};
    for (uint64_t i = 0; i < SPREAD + CHOSEN; i++) {
        struct yc_outpoint at = {{{0x80, 0, 0, 0}}, 0};
        uint64_t h = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        memcpy(at.txid.b + (i < SPREAD ? 0 : 4), &h, sizeof h);
        assert_int_equal(view->add(view->ctx, &at, &coin), YC_VALID);
    }
}

/* What is dirty is written in the order of the keys, however the txids lie, and the list of it is short. With almost no
 * memory to spare it is written all the same. */
static void test_flush_goes_through_keys_in_order(void **state)
{
    (void)state;
    struct yc_block_hash hash = {{9}};
    for (int scarce = 0; scarce < 2; scarce++) {
        struct coins_rig r;
        coins_rig_init(&r, 0);
        assert_int_equal(coins_rig_open(&r), YC_VALID);
        struct watcher w = {.kv = {.write = watch, .ctx = &w}, .inner = r.fault.inner, .rig = &r};
        yc_coins_block_begin(r.cache, &r.arena);
        add_spread(&r);
        yc_coins_block_commit(r.cache, &hash);
        size_t before = r.heap.used_bytes;
        r.fault.inner = &w.kv; /* a flush only writes */
        if (scarce)
            r.heap.fail_at = r.heap.calls + 1; /* the list's */
        assert_int_equal(yc_coins_flush(r.cache, false, &r.err), YC_VALID);
        assert_int_equal(w.written, SPREAD + CHOSEN);
        assert_true(w.bytes_max < before + (3u << 20)); /* a list of all would be 3.7 MB beside the batch */
        assert_int_equal(yc_coins_usage(r.cache).dirty, 0);
        assert_int_equal(yc_coins_usage(r.cache).entries, SPREAD + CHOSEN);
        if (!scarce)
            assert_true(w.steps_back <= 3); /* only where the chosen ones did not fit one list */
        r.fault.inner = w.inner;
        coins_rig_release(&r);
    }
}

/* Memory of coins that are gone is used again. */
static void test_memory_is_used_again(void **state)
{
    (void)state;
    struct coins_rig r;
    struct yc_block_hash hash = {{9}};
    size_t first = 0;
    coins_rig_init(&r, 0);
    assert_int_equal(coins_rig_open(&r), YC_VALID);
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
    coins_rig_release(&r);
}

/* Bytes that are no coin are the disk's fault, never a coin that is missing. */
static void test_corrupt_coin(void **state)
{
    (void)state;
    struct coins_rig r;
    struct yc_outpoint at = {{{1}}, 0};
    struct yc_coin coin;
    uint8_t key[YC_COIN_KEY_BYTES_MAX];
    struct yc_kv_batch batch;
    coins_rig_init(&r, 0);
    assert_int_equal(coins_rig_open(&r), YC_VALID);
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
    coins_rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_held_blocks),
        cmocka_unit_test(test_accounting),
        cmocka_unit_test(test_short_lived_coins_stay_in_memory),
        cmocka_unit_test(test_overwritten_coinbase_is_deleted),
        cmocka_unit_test(test_disconnect_refuses_undo_data_of_another_block),
        cmocka_unit_test(test_rollback_has_room),
        cmocka_unit_test(test_flush_goes_through_keys_in_order),
        cmocka_unit_test(test_memory_is_used_again),
        cmocka_unit_test(test_corrupt_coin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
