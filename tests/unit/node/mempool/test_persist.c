/* mempool.dat (catalogue M08, M16): what was saved comes back, and no file can do harm. */
#include "fixture.h"

#include "sys/fs_fault.h"

#define PATH "/data/mempool.dat"
#define TXS  12

static struct pool_world w;
static struct tx tx[TXS];

/* A chain of blocks and a pool of chains of three, with marks and deltas. */
static int set_up(void **state)
{
    (void)state;
    int64_t value;
    world_init(&w, NULL);
    mine(&w, 110);
    for (unsigned i = 0; i < TXS; i++) {
        struct yc_outpoint at = output_of(&tx[i ? i - 1 : 0], 0);
        if (i % 3 == 0)
            at = coinbase_at(&w, 1 + i / 3, &value);
        make_split(&tx[i], at, value, 1, 1000);
        value -= 1000;
        w.wall_s += 60;
        expect_taken(&w, &tx[i]);
    }
    yc_pool_set_unbroadcast(w.pool, &tx[4].txid);
    assert_true(yc_pool_prioritise(w.pool, &tx[5].txid, 700));
    assert_false(yc_pool_prioritise(w.pool, &(struct yc_txid){{9}}, -33));
    struct yc_error err;
    assert_int_equal(yc_pool_save(w.pool, yc_fs_memory_fs(w.fs), PATH, &err), YC_VALID);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_release(&w);
    return 0;
}

static size_t load(void)
{
    struct yc_error err;
    size_t taken = 99;
    w.told_n = 0;
    w.logged[0] = 0;
    world_new_pool(&w, NULL);
    assert_int_equal(yc_pool_load(w.pool, yc_fs_memory_fs(w.fs), PATH, &taken, &err), YC_VALID);
    assert_true(yc_pool_loaded(w.pool, NULL));
    assert_null(yc_pool_check(w.pool));
    return taken;
}

static struct yc_view file(void)
{
    struct yc_view v;
    struct yc_error err;
    assert_int_equal(yc_fs_read_file(yc_fs_memory_fs(w.fs), yc_heap(), PATH, 1 << 20, &v, &err), YC_VALID);
    return v;
}

static void replace(struct yc_view bytes)
{
    struct yc_error err;
    assert_int_equal(yc_fs_replace_file(yc_fs_memory_fs(w.fs), PATH, bytes, &err), YC_VALID);
}

static void count_delta(void *ctx, const struct yc_txid *txid, int64_t delta_sat, const struct yc_pool_entry *entry)
{
    int64_t *sum = ctx;
    *sum += delta_sat;
    assert_int_equal(entry != NULL, delta_sat == 700);
    (void)txid;
}

static void m16_everything_comes_back(void **state)
{
    (void)state;
    int64_t time_s = yc_pool_find(w.pool, &tx[2].txid)->time_s, sum = 0;
    w.wall_s += 3600;
    assert_int_equal(load(), TXS);
    assert_int_equal(pool_count(&w), TXS);
    assert_int_equal(yc_pool_find(w.pool, &tx[2].txid)->time_s, time_s);
    for (unsigned i = 0; i < TXS; i++) {
        assert_int_equal(yc_pool_find(w.pool, &tx[i].txid)->unbroadcast, i == 4);
        assert_int_equal(yc_pool_find(w.pool, &tx[i].txid)->fee_delta_sat, i == 5 ? 700 : 0);
    }
    yc_pool_deltas(w.pool, count_delta, &sum);
    assert_int_equal(sum, 700 - 33);
    yc_pool_set_broadcast(w.pool, &tx[4].txid);
    assert_false(yc_pool_find(w.pool, &tx[4].txid)->unbroadcast);
    check(&w);
}

static void no_file_is_an_empty_pool(void **state)
{
    (void)state;
    struct yc_error err;
    const struct yc_fs *fs = yc_fs_memory_fs(w.fs);
    assert_int_equal(fs->remove(fs->ctx, PATH, &err), YC_VALID);
    assert_int_equal(load(), 0);
    assert_string_equal(w.logged, "");
}

static void what_expired_or_was_mined_meanwhile_stays_away(void **state)
{
    (void)state;
    struct yc_view mined[1] = {raw_of(&tx[0])};
    mine_of(&w, mined, 1);
    assert_int_equal(load(), TXS - 1);
    w.wall_s += 336 * 3600;
    assert_int_equal(load(), 0);
}

/* A disk that cannot be read says nothing about a transaction: the load stops, and the file stays (catalogue S04). */
static void s04_a_coin_that_cannot_be_read_drops_no_transaction(void **state)
{
    (void)state;
    struct yc_view mined[1] = {raw_of(&tx[0])}, before = file(), after;
    struct yc_coins_scan scan;
    struct yc_error err;
    size_t taken;
    mine_of(&w, mined, 1);
    /* So that what is gone is asked of the store. */
    while (yc_chain_coins_scan(w.chain, &scan, &err) == YC_NOT_YET)
        assert_int_not_equal(yc_chain_step(w.chain, 5000), YC_STEP_FAILED);
    yc_coins_scan_close(&scan);
    world_new_pool(&w, NULL);
    w.coins_fault.kinds = YC_KV_GET;
    w.coins_fault.count = 0;
    w.coins_fault.fail_at = 1;
    w.coins_fault.which = YC_SYSTEM_IO;
    assert_int_equal(yc_pool_load(w.pool, yc_fs_memory_fs(w.fs), PATH, &taken, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_IO);
    assert_non_null(strstr(err.text, PATH));
    assert_non_null(yc_pool_failure(w.pool));
    assert_false(yc_pool_loaded(w.pool, NULL)); /* so that it is not saved over what could not be read */
    assert_false(yc_pool_load_step(w.pool, 1000));
    after = file();
    assert_true(yc_view_equal(before, after));
    yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)before.p, before.n);
    yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)after.p, after.n);
    w.coins_fault.fail_at = 0;
    assert_int_equal(load(), TXS - 1);
    assert_null(yc_pool_failure(w.pool));
}

static void m08_a_time_that_cannot_be_is_now(void **state)
{
    (void)state;
    int64_t now_s = w.wall_s;
    w.wall_s = now_s - 100000; /* the clock was set back: the saved times lie ahead */
    assert_int_equal(load(), TXS);
    assert_int_equal(yc_pool_find(w.pool, &tx[2].txid)->time_s, now_s - 100000);
}

static void m08_a_file_of_something_else_is_passed_over(void **state)
{
    (void)state;
    replace(yc_view("not a pool at all", 17));
    assert_int_equal(load(), 0);
    assert_non_null(strstr(w.logged, "not a file of this version"));
    replace(YC_VIEW_EMPTY);
    assert_int_equal(load(), 0);
    replace(yc_view("ycp", 3));
    assert_int_equal(load(), 0);
}

static void m08_a_broken_record_is_passed_over(void **state)
{
    (void)state;
    struct yc_view v = file();
    uint8_t *p = (uint8_t *)(uintptr_t)v.p;
    p[8 + 8 + 17 + 5] ^= 1; /* in the first transaction: it and the two that spend from it are lost */
    replace(v);
    assert_int_equal(load(), TXS - 3);
    assert_non_null(strstr(w.logged, "could not be read"));
    yc_alloc_free(yc_heap(), p, v.n);
}

static void m08_truncation_at_every_byte_loses_only_what_is_cut_off(void **state)
{
    (void)state;
    struct yc_view v = file();
    size_t last = 0;
    for (size_t n = 0; n < v.n; n += 1 + n % 7) {
        replace(yc_view(v.p, n));
        size_t taken = load();
        assert_in_range(taken, last, TXS);
        last = taken;
    }
    assert_int_equal(last, TXS);
    yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)v.p, v.n);
}

static void m08_no_corruption_does_harm(void **state)
{
    (void)state;
    struct yc_view v = file();
    uint8_t *p = (uint8_t *)(uintptr_t)v.p;
    for (int i = 0; i < 500; i++) {
        size_t at = (size_t)yc_random_below(&w.random, v.n);
        uint8_t old = p[at];
        p[at] = (uint8_t)yc_random_u64(&w.random);
        replace(v);
        assert_in_range(load(), 0, TXS);
        p[at] = old;
    }
    /* A count of 4 GB. */
    memset(p + 8, 0xff, 4);
    replace(v);
    assert_int_equal(load(), 0);
    yc_alloc_free(yc_heap(), p, v.n);
}

static void loading_in_slices_lets_others_work(void **state)
{
    (void)state;
    struct yc_error err;
    size_t taken, slices = 0;
    world_new_pool(&w, NULL);
    assert_int_equal(yc_pool_load_begin(w.pool, yc_fs_memory_fs(w.fs), PATH, &err), YC_VALID);
    assert_false(yc_pool_loaded(w.pool, &taken));
    while (yc_pool_load_step(w.pool, 1))
        slices++;
    assert_true(slices >= TXS);
    assert_true(yc_pool_loaded(w.pool, &taken));
    assert_int_equal(taken, TXS);
}

static void a_save_that_fails_leaves_the_old_file(void **state)
{
    (void)state;
    struct yc_error err;
    struct yc_fs_fault fault;
    struct yc_view before = file(), after;
    struct tx more;
    int64_t value;
    struct yc_outpoint at = coinbase_at(&w, 9, &value);
    make_split(&more, at, value, 1, 1000);
    expect_taken(&w, &more);
    for (unsigned n = 1;; n++) {
        yc_fs_fault_init(&fault, yc_fs_memory_fs(w.fs));
        fault.kinds = YC_FS_CHANGES;
        fault.fail_at = n;
        enum yc_verdict v = yc_pool_save(w.pool, &fault.fs, PATH, &err);
        after = file();
        bool old = yc_view_equal(before, after);
        yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)after.p, after.n);
        if (v == YC_VALID) {
            assert_false(old);
            break;
        }
        assert_int_equal(v, YC_SYSTEM);
        assert_true(n < 20);
    }
    yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)before.p, before.n);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(m16_everything_comes_back),
        T(no_file_is_an_empty_pool),
        T(what_expired_or_was_mined_meanwhile_stays_away),
        T(s04_a_coin_that_cannot_be_read_drops_no_transaction),
        T(m08_a_time_that_cannot_be_is_now),
        T(m08_a_file_of_something_else_is_passed_over),
        T(m08_a_broken_record_is_passed_over),
        T(m08_truncation_at_every_byte_loses_only_what_is_cut_off),
        T(m08_no_corruption_does_harm),
        T(loading_in_slices_lets_others_work),
        T(a_save_that_fails_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
