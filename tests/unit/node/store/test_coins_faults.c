/* The coins cache with every operation of its store, and every allocation, failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/heap.h"
#include "unit/node/store/coins_rig.h"

#include <stdlib.h>

/* Up a branch, flush, down to a fork, up another branch, flush: flushes of many batches, one across a reorganisation.
 * The blocks are made beforehand; the first failure ends the run. */
static enum yc_verdict scenario(struct coins_rig *r, struct world *w, const int *path, size_t n)
{
    enum yc_verdict v = YC_VALID;
    for (size_t i = 0; i < n && v == YC_VALID; i++) {
        if (path[i] == -2)
            v = yc_coins_flush(r->cache, i % 2 == 0, &r->err);
        else if (path[i] == -3)
            v = coins_rig_disconnect(r, w, false);
        else
            v = coins_rig_connect(r, w, path[i], SIZE_MAX);
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
static bool recover(struct coins_rig *r, struct world *w)
{
    struct yc_block_hash best = yc_coins_best(r->cache), from, to;
    r->at = world_find(w, &best);
    if (!yc_coins_interrupted(r->cache, &from, &to))
        return false;
    assert_int_equal(r->at, world_find(w, &from));
    int goal = world_find(w, &to), fork = world_fork(w, r->at, goal);
    while (r->at != fork)
        assert_int_equal(coins_rig_disconnect(r, w, true), YC_VALID);
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
        struct coins_rig r;
        coins_rig_init(&r, 700);
        assert_int_equal(coins_rig_open(&r), YC_VALID);
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
        assert_int_equal(coins_rig_open(&r), YC_VALID);
        replayed += recover(&r, w);
        coins_rig_check(&r, w, false);
        if (r.at >= 0)
            coins_rig_check_store(&r, w);
        coins_rig_release(&r);
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
    unsigned runs = 0;
    for (bool cut_off = true; cut_off; runs += cut_off) {
        struct coins_rig r;
        coins_rig_init(&r, 700);
        r.fault.kinds = YC_KV_WRITE;
        assert_int_equal(coins_rig_open(&r), YC_VALID);
        assert_int_equal(scenario(&r, w, path, n - 1), YC_VALID);
        r.fault.count = 0;
        r.fault.fail_at = 2 + runs; /* the first write marks the store, the later ones change it */
        cut_off = yc_coins_flush(r.cache, false, &r.err) == YC_SYSTEM;
        yc_coins_close(r.cache);
        r.fault.fail_at = 0;
        assert_int_equal(coins_rig_open(&r), YC_VALID);
        struct yc_block_hash from, to;
        assert_int_equal(yc_coins_interrupted(r.cache, &from, &to), cut_off);
        if (!cut_off) {
            coins_rig_release(&r);
            break;
        }
        r.at = world_find(w, &from);
        int goal = world_find(w, &to), fork = world_fork(w, r.at, goal);
        while (r.at != fork)
            assert_int_equal(coins_rig_disconnect(&r, w, true), YC_VALID);
        /* Half-way, the changes are flushed: the store must stay marked. */
        assert_int_equal(yc_coins_flush(r.cache, true, &r.err), YC_VALID);
        assert_true(yc_coins_interrupted(r.cache, &from, &to));
        yc_coins_close(r.cache);
        r.fault.count = 0;
        r.fault.fail_at = 0;
        assert_int_equal(coins_rig_open(&r), YC_VALID);
        assert_true(recover(&r, w));
        assert_int_equal(r.at, goal);
        coins_rig_check(&r, w, false);
        coins_rig_check_store(&r, w);
        coins_rig_release(&r);
    }
    assert_true(runs >= 5);
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
        struct coins_rig r;
        coins_rig_init(&r, 700);
        r.heap.fail_at = fail_at;
        enum yc_verdict v = coins_rig_open(&r);
        if (v == YC_VALID)
            v = scenario(&r, w, path, n);
        failed = r.heap.failed > 0;
        failures += failed;
        if (v != YC_VALID)
            assert_int_equal(v, YC_SYSTEM);
        if (r.cache) {
            coins_rig_check(&r, w, false);
            yc_coins_close(r.cache);
            r.cache = NULL;
        }
        assert_int_equal(r.heap.used_bytes, 0);
        r.heap.fail_at = 0;
        assert_int_equal(coins_rig_open(&r), YC_VALID);
        recover(&r, w);
        coins_rig_check(&r, w, false);
        coins_rig_release(&r);
    }
    assert_true(failures > 20);
    world_release(w);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store_faults),
        cmocka_unit_test(test_interrupted_recovery),
        cmocka_unit_test(test_memory_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
