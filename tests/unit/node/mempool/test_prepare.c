/* Scripts run ahead in batches: the same verdicts, reasons, events and pool as one by one, whatever comes (dependencies,
 * conflicts, replacements, bad signatures, what policy refuses, a full pool; catalogue P17, P47). */
#include "twins.h"

/* Will this coin be there when it is spent? */
static bool is_likely(size_t coin)
{
    struct pool_world *w = &twins.world[0];
    struct yc_coin out;
    struct yc_error err;
    struct yc_arena arena;
    uint8_t room[256];
    yc_arena_init_fixed(&arena, room, sizeof room);
    return coin >= twins.batch_coin || yc_pool_find(w->pool, &twins.coin[coin].at.txid) ||
           yc_chain_coin(w->chain, &twins.coin[coin].at, false, &arena, &out, &err) == YC_VALID;
}

/* A random transaction: recent coins are spent more often, so that there are chains, and twice, so that there are rivals. */
static void make_random(void)
{
    struct coin from[INPUTS_MAX];
    uint32_t in_count = 1 + (uint32_t)pick(pick(4) ? 2 : INPUTS_MAX), got = 0;
    int64_t sum_sat = 0;
    for (uint32_t tries = 0; got < in_count && tries < 50; tries++) {
        size_t recent = twins.coin_count < 60 ? twins.coin_count : 60;
        size_t at = pick(2) ? twins.coin_count - 1 - pick(recent) : pick(twins.coin_count);
        const struct coin *c = &twins.coin[at];
        bool twice = pick(20) && !is_likely(at);
        for (uint32_t i = 0; i < got; i++)
            twice = twice || yc_outpoint_equal(&from[i].at, &c->at);
        if (twice || c->value_sat < 20000)
            continue;
        sum_sat += c->value_sat;
        from[got++] = *c;
    }
    int64_t fee_sat = pick(8) ? 200 + (int64_t)pick(12000) : (int64_t)pick(60);
    if (got && sum_sat > 30000 && twins.made_count < TXS)
        make_tx(&twins.made[twins.made_count++], from, got, 1 + (uint32_t)pick(3), fee_sat,
                !twins.all_good && pick(8) == 0);
}

static bool is_same(void *ctx, const struct yc_pool_entry *e)
{
    const struct yc_pool_entry *other = yc_pool_find(ctx, &e->tx.txid);
    assert_non_null(other);
    assert_true(yc_wtxid_equal(&e->tx.wtxid, &other->tx.wtxid));
    assert_int_equal(e->fee_sat, other->fee_sat);
    assert_int_equal(e->sequence, other->sequence);
    assert_int_equal(e->slot, other->slot);
    assert_int_equal(e->double_spend, other->double_spend);
    assert_int_equal(e->time_s, other->time_s);
    return true;
}

static void compare_pools(void)
{
    struct yc_pool_info a, b;
    yc_pool_info(twins.world[0].pool, &a);
    yc_pool_info(twins.world[1].pool, &b);
    assert_int_equal(a.count, b.count);
    assert_int_equal(a.memory_bytes, b.memory_bytes);
    assert_int_equal(a.sequence, b.sequence);
    assert_int_equal(a.min_fee_sat_per_kvb, b.min_fee_sat_per_kvb);
    assert_int_equal(a.fees_sat, b.fees_sat);
    yc_pool_each(twins.world[0].pool, is_same, twins.world[1].pool);
    assert_string_equal(twins.world[0].told, twins.world[1].told);
    for (int i = 0; i < 2; i++) {
        const char *wrong = yc_pool_check(twins.world[i].pool);
        if (wrong)
            fail_msg("world %d: %s", i, wrong);
    }
    assert_int_equal(yc_pool_unconfirmed(twins.world[0].pool), 0);
    assert_null(yc_pool_failure(twins.world[1].pool));
}

static void compare_templates(void)
{
    struct yc_template t[2];
    template_of(&twins.world[0], &t[0]);
    template_of(&twins.world[1], &t[1]);
    assert_true(yc_view_equal(t[0].block, t[1].block));
    yc_template_release(&t[0]);
    yc_template_release(&t[1]);
}

static void submit_both(const struct yc_tx *tx)
{
    struct yc_pool_reject why[2];
    enum yc_verdict v[2];
    char text[2][192];
    for (int i = 0; i < 2; i++) {
        v[i] = i ? yc_pool_submit_tx(twins.world[i].pool, tx, NULL, &why[i])
                 : yc_pool_submit(twins.world[i].pool, tx->raw, false, -1, NULL, &why[i]);
        yc_pool_reject_text(text[i], sizeof text[i], v[i], &why[i]);
    }
    assert_int_equal(v[0], v[1]);
    assert_string_equal(text[0], text[1]);
    assert_int_equal(why[0].policy, why[1].policy);
    if (v[0] == YC_VALID) {
        twins.taken++;
        return;
    }
    twins.refused++;
    assert_string_equal(why[0].detail, why[1].detail);
    assert_int_equal(why[0].rule.code, why[1].rule.code);
    assert_int_equal(why[0].rule.input, why[1].rule.input);
    assert_int_equal(why[0].rule.script_error, why[1].rule.script_error);
    assert_true(yc_txid_equal(&why[0].conflict, &why[1].conflict));
}

/* The next transactions, and some that came before, in one batch. */
static void one_batch(void)
{
    struct yc_tx tx[YC_POOL_PREPARE_MAX];
    const struct yc_tx *list[YC_POOL_PREPARE_MAX];
    struct yc_arena arena;
    struct yc_reject why;
    size_t count = 1 + pick(pick(3) ? 12 : YC_POOL_PREPARE_MAX);
    twins.batch_coin = twins.coin_count;
    yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        make_random();
        size_t at = pick(10) == 0 ? pick(twins.made_count) : twins.made_count - 1;
        assert_int_equal(yc_tx_parse(&tx[i], yc_view(twins.made[at].bytes, twins.made[at].n), &arena, &why), YC_VALID);
        list[i] = &tx[i];
    }
    /* Not in the order in which they were made: children come before parents too. */
    if (count > 1 && pick(4) == 0) {
        size_t a = pick(count), b = pick(count);
        const struct yc_tx *t = list[a];
        list[a] = list[b];
        list[b] = t;
    }
    yc_pool_prepare(twins.world[1].pool, list, count);
    for (size_t i = 0; i < count; i++)
        submit_both(list[i]);
    yc_arena_release(&arena);
}

static void run_model(uint64_t seed, const struct yc_pool_config *config, bool lanes_trusted)
{
    keys_seed(seed);
    twins.taken = twins.refused = 0;
    twins.plain = false;
    open_worlds(config, lanes_trusted);
    make_coins();
    unsigned most = 0;
    while (twins.made_count < TXS) {
        one_batch();
        most =
            yc_pool_unconfirmed(twins.world[1].pool) > most ? (unsigned)yc_pool_unconfirmed(twins.world[1].pool) : most;
        compare_pools();
        if (pick(3) == 0)
            (void)yc_pool_confirm_step(twins.world[1].pool);
        if (pick(12) == 0) {
            compare_templates();
            mine(&twins.world[0], 1);
            follow(&twins.world[1], &twins.world[0]);
            twins.world[1].wall_s = twins.world[0].wall_s;
            compare_pools();
        }
        twins.world[0].told_n = twins.world[1].told_n = 0;
    }
    print_message("seed %llu: %u taken, %u refused, %u unconfirmed at most\n", (unsigned long long)seed, twins.taken,
                  twins.refused, most);
    assert_true(twins.taken > 50 && twins.refused > 50);
    assert_int_equal(most > 0, !lanes_trusted);
    while (yc_pool_confirm_step(twins.world[1].pool)) {
    }
    assert_int_equal(yc_pool_unconfirmed(twins.world[1].pool), 0);
    compare_pools();
    close_worlds();
}

/* ---- tests ---- */

static void same_as_one_by_one(void **state)
{
    struct yc_pool_config config;
    (void)state;
    yc_pool_config_default(&config);
    use_lanes(YC_SIG_MODE_LANES);
    for (uint64_t seed = 1; seed <= 3; seed++)
        run_model(seed, &config, false);
}

static void same_in_a_small_pool(void **state)
{
    struct yc_pool_config config;
    (void)state;
    yc_pool_config_default(&config);
    config.bytes_max = 120000;
    config.cluster_max = 5;
    use_lanes(YC_SIG_MODE_LANES);
    run_model(4, &config, false);
    use_lanes(YC_SIG_MODE_BOTH);
    run_model(5, &config, true);
}

/* P17, P47: no signature is looked at of what policy refuses, what spends the same coin as one before it, or what has no
 * inputs; and nothing is done for one alone, or without an engine. */
static void nothing_is_prepared_in_vain(void **state)
{
    (void)state;
    open_lying();
    struct yc_view good = payment(0, 1000, false), cheap = payment(1, 1, false), rival = payment(0, 2000, false);
    struct yc_view again[2] = {good, good}, low[2] = {cheap, cheap}, both[2] = {good, rival};
    prepare(low, 2);
    assert_int_equal(lane_calls, 0);
    prepare(&good, 1);
    assert_int_equal(lane_calls, 0);
    /* The second of each pair is left alone, and one signature is not worth the lanes. */
    prepare(again, 2);
    prepare(both, 2);
    assert_int_equal(lane_calls, 0);
    /* A child of what is in the batch is prepared with it, but not without. */
    struct yc_view child = payment(twins.coin_count - 3, 1000, false), family[2] = {good, child},
                   orphan[2] = {child, cheap};
    prepare(orphan, 2);
    assert_int_equal(lane_calls, 0);
    prepare(family, 2);
    assert_int_equal(lane_calls, 1);
    assert_true(take_prepared(good)->by_lanes);
    assert_true(take_prepared(child)->by_lanes);
    assert_null(yc_pool_check(twins.world[1].pool));
    close_worlds();
}

/* What lanes do not vouch for runs exactly: libsecp256k1 alone has judged it. */
static void what_lanes_leave_runs_exactly(void **state)
{
    (void)state;
    open_lying();
    twins.engine.lanes = silent_lanes;
    struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, true)};
    prepare(raw, 2);
    assert_int_equal(lane_calls, 1);
    assert_false(take_prepared(raw[0])->by_lanes);
    expect(&twins.world[1], raw[1], YC_INVALID, "mempool-script-verify-flag-failed (Invalid Schnorr signature)");
    assert_int_equal(yc_pool_unconfirmed(twins.world[1].pool), 0);
    close_worlds();
}

/* A transaction of several inputs is a batch by itself. */
static void many_inputs_are_a_batch(void **state)
{
    (void)state;
    open_lying();
    struct made *m = &twins.made[twins.made_count++];
    make_tx(m, twins.coin, INPUTS_MAX, 1, 10000, false);
    assert_true(take_prepared(yc_view(m->bytes, m->n))->by_lanes);
    assert_int_equal(lane_calls, 1);
    close_worlds();
}

/* Saved transactions are taken in by batches, in a pool that is the same as without; a block that leaves the chain gives
 * its transactions back in batches, too. */
static void loads_and_reorganisations(void **state)
{
    (void)state;
    struct yc_pool_config config;
    struct yc_error err;
    size_t taken[2];
    yc_pool_config_default(&config);
    use_lanes(YC_SIG_MODE_LANES);
    keys_seed(6);
    open_worlds(&config, false);
    make_coins();
    for (unsigned i = 0; i < 30; i++)
        one_batch();
    const struct yc_fs *fs = yc_fs_memory_fs(twins.world[0].fs);
    assert_int_equal(yc_pool_save(twins.world[0].pool, fs, "/data/mempool.dat", &err), YC_VALID);
    for (int i = 0; i < 2; i++) {
        config.sig_engine = i ? &twins.engine : NULL;
        world_new_pool(&twins.world[i], &config);
        assert_int_equal(yc_pool_load(twins.world[i].pool, fs, "/data/mempool.dat", &taken[i], &err), YC_VALID);
        twins.world[i].told_n = 0;
    }
    assert_true(taken[0] > 10);
    assert_int_equal(taken[0], taken[1]);
    assert_true(yc_pool_unconfirmed(twins.world[1].pool) > 5);
    compare_pools();
    mine(&twins.world[0], 1);
    follow(&twins.world[1], &twins.world[0]);
    struct yc_block_hash tip = yc_chain_tip(twins.world[0].chain)->hash;
    for (int i = 0; i < 2; i++) {
        config.sig_engine = i ? &twins.engine : NULL;
        world_new_pool(&twins.world[i], &config); /* which remembers nothing */
        twins.world[i].wall_s = twins.world[0].wall_s;
        assert_int_equal(yc_chain_invalidate(twins.world[i].chain, &tip, &err), YC_VALID);
        world_settle(&twins.world[i]);
        twins.world[i].told_n = 0;
    }
    assert_true(pool_count(&twins.world[1]) > 10);
    assert_true(yc_pool_unconfirmed(twins.world[1].pool) > 5);
    compare_pools();
    compare_templates();
    close_worlds();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_one_by_one),          cmocka_unit_test(same_in_a_small_pool),
        cmocka_unit_test(nothing_is_prepared_in_vain), cmocka_unit_test(what_lanes_leave_runs_exactly),
        cmocka_unit_test(many_inputs_are_a_batch),     cmocka_unit_test(loads_and_reorganisations),
    };
    return cmocka_run_group_tests(tests, keys_set_up, keys_tear_down);
}
