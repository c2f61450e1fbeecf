/* What lanes alone have accepted reaches no block without libsecp256k1 (catalogue C37). */
#include "twins.h"

/* C37: what lanes alone have accepted is no script that is known to pass; confirmed, it is. */
static void only_what_is_confirmed_is_known(void **state)
{
    (void)state;
    open_lying();
    struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, false)};
    prepare(raw, 2);
    assert_int_equal(lane_calls, 1);
    const struct yc_pool_entry *e[2] = {take_prepared(raw[0]), take_prepared(raw[1])};
    uint32_t flags = yc_script_flags_at(&twins.world[1].params, 107, &(struct yc_block_hash){{0}});
    assert_int_equal(lane_calls, 1);
    assert_int_equal(yc_pool_unconfirmed(twins.world[1].pool), 2);
    assert_true(e[0]->by_lanes && e[1]->by_lanes);
    assert_false(yc_pool_scripts_known(twins.world[1].pool, &e[0]->tx.wtxid, flags));
    /* One that leaves unconfirmed is not remembered. */
    struct yc_txid gone = e[1]->tx.txid;
    struct yc_wtxid gone_w = e[1]->tx.wtxid;
    yc_pool_remove(twins.world[1].pool, &gone, YC_POOL_EXPIRED);
    assert_false(yc_pool_scripts_known(twins.world[1].pool, &gone_w, flags));
    assert_int_equal(yc_pool_unconfirmed(twins.world[1].pool), 1);
    assert_false(yc_pool_confirm_step(twins.world[1].pool));
    assert_false(e[0]->by_lanes);
    assert_true(yc_pool_scripts_known(twins.world[1].pool, &e[0]->tx.wtxid, flags));
    twins.world[1].scripts_known = 0;
    mine(&twins.world[1], 1);
    assert_int_equal(twins.world[1].scripts_known, 2); /* the template's trial, and the block */
    close_worlds();
}

/* A template holds what is not confirmed yet, because its trial runs those scripts, and confirms it by that. */
static void a_template_confirms(void **state)
{
    (void)state;
    struct yc_template t;
    open_lying();
    struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, false)};
    prepare(raw, 2);
    (void)take_prepared(raw[0]);
    (void)take_prepared(raw[1]);
    twins.world[1].scripts_known = 0;
    template_of(&twins.world[1], &t);
    assert_int_equal(t.tx_count, 2);
    assert_int_equal(twins.world[1].scripts_known, 0);
    assert_int_equal(yc_pool_unconfirmed(twins.world[1].pool), 0);
    yc_template_release(&t);
    assert_null(yc_pool_check(twins.world[1].pool));
    close_worlds();
}

/* A template waits for 512 inputs at most: the rest is left to the next one, which is due when some are confirmed. */
static void a_template_leaves_the_rest(void **state)
{
    (void)state;
    struct yc_template t;
    struct yc_pool_info before, after;
    open_lying();
    struct pool_world *w = &twins.world[1];
    for (unsigned i = 0; i < 600; i += 2) {
        /* Chains of coins: each spends what one of the round before has made. */
        struct yc_view raw[2] = {payment(i, 1000, false), payment(i + 1, 1000, false)};
        prepare(raw, 2);
        (void)take_prepared(raw[0]);
        (void)take_prepared(raw[1]);
    }
    assert_int_equal(yc_pool_unconfirmed(w->pool), 600);
    template_of(w, &t);
    assert_int_equal(t.tx_count, 512);
    assert_int_equal(yc_pool_unconfirmed(w->pool), 600 - 512);
    yc_template_release(&t);
    yc_pool_info(w->pool, &before);
    (void)yc_pool_confirm_step(w->pool);
    (void)yc_pool_confirm_step(w->pool);
    yc_pool_info(w->pool, &after);
    assert_int_equal(after.sequence, before.sequence + 1);
    template_of(w, &t);
    assert_int_equal(t.tx_count, 600);
    yc_template_release(&t);
    close_worlds();
}

/* Lanes that accept what libsecp256k1 refuses: whoever finds out stops the node, names both and keeps the transaction. */
static void engines_that_differ_stop_the_pool(void **state)
{
    (void)state;
    for (int by_template = 0; by_template < 2; by_template++) {
        struct yc_template t;
        struct yc_error err = {.which = YC_SYSTEM_NONE};
        open_lying();
        struct pool_world *w = &twins.world[1];
        struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, true)};
        prepare(raw, 2);
        (void)take_prepared(raw[0]);
        (void)take_prepared(raw[1]);
        assert_null(yc_pool_failure(w->pool));
        if (by_template)
            assert_int_equal(yc_template_build(&t, w->chain, w->pool, &w->clock, &w->options, &err), YC_SYSTEM);
        else
            assert_false(yc_pool_confirm_step(w->pool));
        const struct yc_error *failure = yc_pool_failure(w->pool);
        assert_non_null(failure);
        assert_int_equal(failure->which, YC_SYSTEM_CORRUPT);
        assert_non_null(strstr(failure->text, "the lanes accepted every signature of transaction "));
        assert_non_null(strstr(failure->text, "-sigengine=scalar"));
        assert_non_null(strstr(w->logged, " from byte 0: 02000000"));
        assert_false(yc_pool_confirm_step(w->pool));
        close_worlds();
    }
}

/* Workers confirm on copies, while entries come and go. */
static void workers_confirm(void **state)
{
    struct yc_pool_config config;
    struct yc_workers *workers;
    struct yc_error err;
    (void)state;
    open_lying();
    struct pool_world *w = &twins.world[1];
    yc_pool_config_default(&config);
    config.sig_engine = &twins.engine;
    assert_int_equal(yc_workers_new(&workers, yc_heap(), "test", 2, &err), YC_VALID);
    config.workers = workers;
    world_new_pool(w, &config);
    for (size_t i = 0; i + 1 < 2 * SPLIT; i += 2) {
        struct yc_view raw[2] = {payment(i, 1000, false), payment(i + 1, 1000, false)};
        prepare(raw, 2);
        const struct yc_pool_entry *first = take_prepared(raw[0]);
        struct yc_txid txid = first->tx.txid;
        (void)take_prepared(raw[1]);
        (void)yc_pool_confirm_step(w->pool);
        if (i % 8 == 0)
            yc_pool_remove(w->pool, &txid, YC_POOL_EXPIRED);
        assert_null(yc_pool_check(w->pool));
    }
    while (yc_pool_confirm_step(w->pool)) {
    }
    assert_int_equal(yc_pool_unconfirmed(w->pool), 0);
    assert_null(yc_pool_check(w->pool));
    /* A pool that is freed while they work waits for them. */
    struct made *m = &twins.made[twins.made_count++];
    make_tx(m, &twins.coin[twins.coin_count - 4], 4, 1, 1000, false);
    (void)take_prepared(yc_view(m->bytes, m->n));
    assert_true(yc_pool_confirm_step(w->pool));
    world_new_pool(w, &config);
    yc_pool_free(w->pool);
    w->pool = NULL;
    yc_workers_free(workers);
    close_worlds();
}

/* Without memory for it nothing is prepared or confirmed, and nothing else changes. */
static void no_memory(void **state)
{
    (void)state;
    struct yc_pool_config config;
    open_lying();
    struct pool_world *w = &twins.world[1];
    struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, false)};
    w->heap.fail_at = w->heap.calls + 1;
    prepare(raw, 2);
    w->heap.fail_at = 0;
    (void)take_prepared(raw[0]);
    (void)take_prepared(raw[1]);
    assert_null(yc_pool_check(w->pool));
    yc_pool_config_default(&config);
    yc_pool_free(w->pool);
    w->pool = NULL;
    config.chain = w->chain;
    config.clock = &w->clock;
    config.random = &w->random;
    config.log = &w->log;
    config.sig_engine = &twins.engine;
    for (size_t fail_at = 1; fail_at <= 6; fail_at++) {
        struct test_heap heap;
        struct yc_error err;
        test_heap_init(&heap);
        heap.fail_at = fail_at;
        config.alloc = &heap.alloc;
        assert_int_equal(yc_pool_new(&w->pool, &config, (struct yc_pool_listener){NULL, NULL}, &err), YC_SYSTEM);
        assert_int_equal(err.which, YC_SYSTEM_MEMORY);
        assert_int_equal(heap.live_bytes, 0);
    }
    w->pool = NULL;
    close_worlds();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_confirmed_is_known),
        cmocka_unit_test(a_template_confirms),
        cmocka_unit_test(a_template_leaves_the_rest),
        cmocka_unit_test(engines_that_differ_stop_the_pool),
        cmocka_unit_test(workers_confirm),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, keys_set_up, keys_tear_down);
}
