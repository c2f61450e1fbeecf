/* The set of coins as a file, now and as it was: what is written later of an earlier block is, byte by byte, what was
 * written when that block was the tip; and a write that fails leaves no file (catalogue S02, S05). */
#include "fixture.h"

#include "crypto/sha256.h"
#include "node/store/coins_dump.h"

#include <stdio.h>

#define BLOCKS 130

static struct yc_error err;
static struct yc_reject why;

/* A chain that spends its coins, and those that came of it, within blocks and across them. */
static void grow_spending(struct chain_world *w, struct yc_txid *coin, uint32_t *next)
{
    static struct made b;
    uint8_t tx[2][128];
    struct yc_view txs[2];
    const struct yc_node *n = NULL, *tip = yc_chain_tip(w->chain);
    int64_t value_sat = yc_subsidy_sat(w->config.params, 1);
    size_t count = 0;
    struct yc_txid made;
    if (tip->height >= 101) {
        txs[0] = yc_view(tx[0], make_spend(tx[0], sizeof tx[0], &coin[*next], value_sat, 0));
        yc_sha256d(made.b, txs[0].p, txs[0].n);
        txs[1] = yc_view(tx[1], make_spend(tx[1], sizeof tx[1], &made, value_sat, 0));
        count = *next % 2 ? 2 : 1;
        ++*next;
    }
    make_block(w, &b, tip, &(struct make_options){.extra = 1, .txs = txs, .tx_count = count});
    assert_int_equal(yc_chain_submit_block(w->chain, yc_view(b.bytes, b.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
                     YC_VALID);
    coin[tip->height + 1] = b.coinbase;
    world_settle(w);
}

static enum yc_verdict dump(struct chain_world *w, const char *path, const struct yc_node *target,
                            struct yc_coins_dumped *out)
{
    struct yc_coins_scan scan;
    struct yc_coins_past past;
    enum yc_verdict v = YC_VALID;
    yc_coins_past_init(&past, yc_heap(), 1 << 24);
    for (const struct yc_node *n = yc_chain_tip(w->chain); n != target; n = n->parent) {
        struct yc_view raw;
        struct yc_arena arena;
        struct yc_block block;
        struct yc_spent_coins spent;
        assert_int_equal(yc_chain_read_block(w->chain, n, yc_heap(), &raw, &err), YC_VALID);
        yc_arena_init(&arena, yc_heap(), 4096, SIZE_MAX);
        assert_int_equal(yc_block_parse(&block, raw, &arena, &why), YC_VALID);
        assert_int_equal(yc_chain_read_spent(w->chain, n, &arena, &spent, &err), YC_VALID);
        assert_int_equal(yc_coins_past_block(&past, &block, &spent, &err), YC_VALID);
        yc_arena_release(&arena);
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
    }
    v = world_scan(w, &scan, &err);
    assert_int_equal(v, YC_VALID);
    struct yc_coins_dump d = {.alloc = yc_heap(),
                              .fs = &w->fs_fault.fs,
                              .path = path,
                              .magic = {1, 2, 3, 4},
                              .base = target->hash,
                              .scan = &scan,
                              .past = &past};
    v = yc_coins_dump(&d, out, &err);
    yc_coins_scan_close(&scan);
    yc_coins_past_release(&past);
    return v;
}

static struct yc_view file_of(struct chain_world *w, const char *path)
{
    struct yc_view out;
    assert_int_equal(yc_fs_read_file(yc_fs_memory_fs(w->fs), yc_heap(), path, 1 << 24, &out, &err), YC_VALID);
    return out;
}

static bool exists(struct chain_world *w, const char *path)
{
    const struct yc_fs *fs = yc_fs_memory_fs(w->fs);
    return fs->exists(fs->ctx, path, &err) == YC_VALID;
}

static void an_earlier_set_is_what_it_was(void **state)
{
    (void)state;
    static struct chain_world w;
    static struct yc_txid coin[BLOCKS + 2];
    static struct yc_coins_dumped before[BLOCKS + 1];
    uint32_t next = 1;
    char path[64];
    world_init(&w, 0);
    for (uint32_t height = 1; height <= BLOCKS; height++) {
        grow_spending(&w, coin, &next);
        snprintf(path, sizeof path, "/data/%u", height);
        assert_int_equal(dump(&w, path, yc_chain_tip(w.chain), &before[height]), YC_VALID);
        uint8_t hash[32];
        coins_hash(&w, hash);
        assert_memory_equal(hash, before[height].hash32, 32);
    }
    const struct yc_node *tip = yc_chain_tip(w.chain);
    for (uint32_t height = 1; height <= BLOCKS; height++) {
        struct yc_coins_dumped again;
        assert_int_equal(dump(&w, "/data/again", yc_node_ancestor(tip, height), &again), YC_VALID);
        snprintf(path, sizeof path, "/data/%u", height);
        struct yc_view a = file_of(&w, path), b = file_of(&w, "/data/again");
        assert_true(yc_view_equal(a, b));
        assert_int_equal(again.coins, before[height].coins);
        assert_memory_equal(again.hash32, before[height].hash32, 32);
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)a.p, a.n);
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)b.p, b.n);
    }
    world_release(&w);
}

static void the_head_says_what_follows(void **state)
{
    (void)state;
    static struct chain_world w;
    struct yc_coins_dumped done;
    world_init(&w, 0);
    const struct yc_node *tip = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    assert_int_equal(dump(&w, "/data/set", tip, &done), YC_VALID);
    assert_int_equal(done.coins, 3);
    struct yc_view f = file_of(&w, "/data/set");
    assert_memory_equal(f.p, "utxo\xff\x02\x00\x01\x02\x03\x04", 11);
    assert_memory_equal(f.p + 11, tip->hash.b, 32);
    assert_int_equal(yc_get64le(f.p + 43), 3);
    yc_alloc_free(yc_heap(), (void *)(uintptr_t)f.p, f.n);
    assert_false(exists(&w, "/data/set.incomplete"));
    world_release(&w);
}

static void every_file_operation_fails_once(void **state)
{
    (void)state;
    static struct chain_world w;
    enum yc_verdict v = YC_SYSTEM;
    unsigned at;
    for (at = 1; v != YC_VALID; at++) {
        struct yc_coins_dumped done;
        world_init(&w, 0);
        const struct yc_node *tip = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
        struct yc_coins_scan flushed;
        assert_int_equal(world_scan(&w, &flushed, &err), YC_VALID);
        yc_coins_scan_close(&flushed);
        w.fs_fault.kinds = YC_FS_ALL & ~(unsigned)YC_FS_REMOVE;
        w.fs_fault.count = 0;
        w.fs_fault.fail_at = at;
        w.fs_fault.which = YC_SYSTEM_FULL;
        v = dump(&w, "/data/set", tip, &done);
        if (v != YC_VALID)
            assert_int_equal(err.which, YC_SYSTEM_FULL);
        assert_false(exists(&w, "/data/set.incomplete"));
        world_release(&w);
    }
    assert_true(at > 5);
}

static void undo_data_of_another_block_is_refused(void **state)
{
    (void)state;
    static struct chain_world w;
    static struct made b;
    struct yc_arena arena;
    struct yc_block block;
    struct yc_coins_past past;
    struct yc_coin coin = {.value_sat = 1};
    struct yc_spent_coins spent = {&coin, 1};
    world_init(&w, 0);
    make_block(&w, &b, yc_chain_tip(w.chain), &(struct make_options){.extra = 1});
    yc_arena_init(&arena, yc_heap(), 4096, SIZE_MAX);
    assert_int_equal(yc_block_parse(&block, yc_view(b.bytes, b.n), &arena, &why), YC_VALID);
    yc_coins_past_init(&past, yc_heap(), 1 << 20);
    assert_int_equal(yc_coins_past_block(&past, &block, &spent, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
    yc_coins_past_release(&past);
    yc_coins_past_init(&past, yc_heap(), 64); /* no room */
    spent.count = 0;
    assert_int_equal(yc_coins_past_block(&past, &block, &spent, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_MEMORY);
    yc_coins_past_release(&past);
    yc_arena_release(&arena);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_earlier_set_is_what_it_was),
        cmocka_unit_test(the_head_says_what_follows),
        cmocka_unit_test(every_file_operation_fails_once),
        cmocka_unit_test(undo_data_of_another_block_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
