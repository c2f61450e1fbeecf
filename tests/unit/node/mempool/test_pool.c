/* Entries, relatives, conflicts, limits, eviction, expiry: the pool apart from reorganisations. */
#include "fixture.h"

#include <stdio.h>

/* A world with a chain of 110 blocks: coinbases 1 to 11 can be spent. */
static void ready(struct pool_world *w, const struct yc_pool_config *config)
{
    world_init(w, config);
    mine(w, 110);
}

static struct yc_outpoint coin(struct pool_world *w, uint32_t height, int64_t *value)
{
    return coinbase_at(w, height, value);
}

/* Split the coinbase of this height; *value is what it holds. */
static void split_coin(struct pool_world *w, struct tx *out, uint32_t height, int64_t *value, unsigned out_count,
                       int64_t fee_sat)
{
    struct yc_outpoint at = coin(w, height, value);
    make_split(out, at, *value, out_count, fee_sat);
}

static void a_transaction_is_taken_found_and_mined(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a;
    int64_t value;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 2, 1000);
    expect_taken(&w, &a);
    const struct yc_pool_entry *e = yc_pool_find(w.pool, &a.txid);
    assert_int_equal(e->fee_sat, 1000);
    assert_int_equal(e->vbytes, yc_tx_vbytes(&e->tx));
    assert_int_equal(e->height, 110);
    assert_int_equal(e->time_s, w.wall_s);
    assert_true(e->spends_coinbase);
    assert_ptr_equal(yc_pool_find_wtxid(w.pool, &e->tx.wtxid), e);
    assert_ptr_equal(yc_pool_spender(w.pool, &e->tx.in[0].prevout), e);
    check(&w);
    mine(&w, 1);
    assert_int_equal(pool_count(&w), 0);
    assert_string_equal(w.told, "+m");
    expect(&w, raw_of(&a), YC_POLICY, "txn-already-known");
    world_release(&w);
}

static void a_test_changes_nothing(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a;
    int64_t value;
    struct yc_pool_entry out;
    struct yc_pool_reject why;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 1, 500);
    assert_int_equal(yc_pool_submit(w.pool, raw_of(&a), true, -1, &out, &why), YC_VALID);
    assert_int_equal(out.fee_sat, 500);
    assert_true(out.vbytes > 0);
    assert_int_equal(pool_count(&w), 0);
    assert_string_equal(w.told, "");
    world_release(&w);
}

static void m14_an_absurd_fee_is_refused_when_the_caller_asks(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a;
    int64_t value;
    struct yc_pool_reject why;
    char text[192];
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 1, 1000001);
    enum yc_verdict v = yc_pool_submit(w.pool, raw_of(&a), false, 1000000, NULL, &why);
    assert_int_equal(v, YC_POLICY);
    yc_pool_reject_text(text, sizeof text, v, &why);
    assert_string_equal(text, "max-fee-exceeded");
    assert_int_equal(yc_pool_submit(w.pool, raw_of(&a), false, 1000001, NULL, &why), YC_VALID);
    world_release(&w);
}

static void missing_inputs_may_come_later(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b;
    int64_t value;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 1, 1000);
    make_split(&b, output_of(&a, 0), value - 1000, 1, 1000);
    expect(&w, raw_of(&b), YC_NOT_YET, "bad-txns-inputs-missingorspent");
    expect_taken(&w, &a);
    expect_taken(&w, &b);
    expect(&w, raw_of(&a), YC_POLICY, "txn-already-in-mempool");
    /* An output that the parent does not have. */
    struct tx c;
    make_split(&c, output_of(&a, 7), 1000, 1, 500);
    expect(&w, raw_of(&c), YC_NOT_YET, "bad-txns-inputs-missingorspent");
    check(&w);
    world_release(&w);
}

static void the_same_transaction_with_another_witness_is_known(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a;
    int64_t value;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 1, 1000);
    expect_taken(&w, &a);
    struct in in = {.at = coin(&w, 1, &value), .sequence = UINT32_MAX};
    struct yc_view items[2] = {yc_view("x", 1), yc_view("\x51", 1)};
    in.witness = items;
    in.witness_count = 2;
    struct out out = {.value_sat = value - 1000};
    make(&a, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = &out, .out_count = 1});
    expect(&w, raw_of(&a), YC_POLICY, "txn-same-nonwitness-data-in-mempool");
    world_release(&w);
}

static void a_rival_is_refused_and_remembered_once(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b, c;
    int64_t value;
    struct yc_pool_alert alerts[4];
    ready(&w, NULL);
    struct yc_outpoint at = coin(&w, 1, &value);
    make_split(&a, at, value, 1, 1000);
    make_split(&b, at, value, 1, 1001);
    make_split(&c, at, value, 1, 900);
    expect_taken(&w, &a);
    struct yc_pool_reject why;
    assert_int_equal(yc_pool_submit(w.pool, raw_of(&b), true, -1, NULL, &why), YC_POLICY);
    assert_int_equal(why.policy, YC_POLICY_REPLACEMENT_FEE);
    assert_true(yc_txid_equal(&why.conflict, &a.txid));
    assert_int_equal(yc_pool_alerts(w.pool, alerts, 4), 0);
    expect(&w, raw_of(&b), YC_POLICY, "insufficient fee");
    expect(&w, raw_of(&c), YC_POLICY, "insufficient fee");
    assert_string_equal(w.told, "+!");
    assert_true(yc_txid_equal(&w.last_rival, &b.txid));
    assert_int_equal(yc_pool_alerts(w.pool, alerts, 4), 1);
    assert_true(yc_txid_equal(&alerts[0].pooled, &a.txid));
    assert_true(yc_txid_equal(&alerts[0].rival, &b.txid));
    assert_true(yc_outpoint_equal(&alerts[0].coin, &at));
    assert_true(yc_pool_find(w.pool, &a.txid)->double_spend);
    assert_non_null(strstr(w.logged, "Double spend"));
    check(&w);
    world_release(&w);
}

static void the_last_alerts_are_kept(void **state)
{
    (void)state;
    static struct pool_world w;
    static struct tx rival[YC_POOL_ALERTS_MAX + 6];
    struct tx split[2], a;
    struct yc_pool_alert alerts[YC_POOL_ALERTS_MAX + 6];
    int64_t value;
    ready(&w, NULL);
    split_coin(&w, &split[0], 1, &value, 60, 10000);
    split_coin(&w, &split[1], 2, &value, 60, 10000);
    struct yc_view txs[2] = {raw_of(&split[0]), raw_of(&split[1])};
    mine_of(&w, txs, 2);
    int64_t part = (value - 10000) / 60;
    for (unsigned i = 0; i < YC_POOL_ALERTS_MAX + 6; i++) {
        struct yc_outpoint at = output_of(&split[i / 59], 1 + i % 59);
        make_split(&a, at, part, 1, 1000);
        make_split(&rival[i], at, part, 1, 1001);
        expect_taken(&w, &a);
        expect(&w, raw_of(&rival[i]), YC_POLICY, "insufficient fee");
    }
    assert_int_equal(yc_pool_alerts(w.pool, alerts, YC_POOL_ALERTS_MAX + 6), YC_POOL_ALERTS_MAX);
    for (unsigned i = 0; i < YC_POOL_ALERTS_MAX; i++)
        assert_true(yc_txid_equal(&alerts[i].rival, &rival[YC_POOL_ALERTS_MAX + 5 - i].txid));
    world_release(&w);
}

static void a_rival_without_the_key_raises_no_alert(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b;
    int64_t value;
    ready(&w, NULL);
    struct in in = {.at = coin(&w, 1, &value), .sequence = UINT32_MAX};
    make_split(&a, in.at, value, 1, 1000);
    expect_taken(&w, &a);
    struct yc_view wrong = yc_view("\x52", 1);
    in.witness = &wrong;
    in.witness_count = 1;
    struct out out = {.value_sat = value - 2000};
    make(&b, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = &out, .out_count = 1});
    expect(&w, raw_of(&b), YC_INVALID, "mempool-script-verify-flag-failed (Witness program hash mismatch)");
    /* Nor one that spends both the coin and what its rival made of it: no block can hold that. */
    struct in both[2] = {{.at = in.at, .sequence = UINT32_MAX}, {.at = output_of(&a, 0), .sequence = UINT32_MAX}};
    make(&b, &(struct spec){.version = 2, .in = both, .in_count = 2, .out = &out, .out_count = 1});
    expect(&w, raw_of(&b), YC_POLICY, "bad-txns-spends-conflicting-tx");
    out.value_sat = 2 * value - 1500;
    make(&b, &(struct spec){.version = 2, .in = both, .in_count = 2, .out = &out, .out_count = 1});
    expect(&w, raw_of(&b), YC_POLICY, "insufficient fee");
    assert_string_equal(w.told, "+");
    assert_false(yc_pool_find(w.pool, &a.txid)->double_spend);
    world_release(&w);
}

static void m12_a_block_that_conflicts_takes_the_whole_subtree(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b, c, d, rival;
    int64_t value;
    ready(&w, NULL);
    struct yc_outpoint at = coin(&w, 1, &value);
    make_split(&a, at, value, 2, 1000);
    int64_t half = (value - 1000) / 2;
    make_split(&b, output_of(&a, 0), half, 1, 1000);
    make_split(&c, output_of(&b, 0), half - 1000, 1, 1000);
    make_split(&rival, at, value, 1, 3000);
    int64_t other;
    split_coin(&w, &d, 2, &other, 1, 1000);
    expect_taken(&w, &a);
    expect_taken(&w, &b);
    expect_taken(&w, &c);
    expect_taken(&w, &d);
    struct yc_view txs[1] = {raw_of(&rival)};
    mine_of(&w, txs, 1);
    assert_string_equal(w.told, "++++ccc");
    assert_true(yc_txid_equal(&w.last_removed, &a.txid));
    assert_int_equal(pool_count(&w), 1);
    check(&w);
    world_release(&w);
}

static void a_mined_parent_leaves_its_children(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b, c;
    int64_t value;
    struct yc_pool_package k;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 1, 1000);
    make_split(&b, output_of(&a, 0), value - 1000, 1, 2000);
    make_split(&c, output_of(&b, 0), value - 3000, 1, 4000);
    expect_taken(&w, &a);
    expect_taken(&w, &b);
    expect_taken(&w, &c);
    yc_pool_ancestors(w.pool, yc_pool_find(w.pool, &c.txid), &k);
    assert_int_equal(k.count, 3);
    assert_int_equal(k.fees_sat, 7000);
    yc_pool_descendants(w.pool, yc_pool_find(w.pool, &a.txid), &k);
    assert_int_equal(k.count, 3);
    struct yc_view txs[1] = {raw_of(&a)};
    mine_of(&w, txs, 1);
    assert_int_equal(pool_count(&w), 2);
    yc_pool_ancestors(w.pool, yc_pool_find(w.pool, &c.txid), &k);
    assert_int_equal(k.count, 2);
    assert_int_equal(k.fees_sat, 6000);
    assert_int_equal(yc_pool_find(w.pool, &b.txid)->coin[0].height, 111);
    check(&w);
    world_release(&w);
}

static void m04_long_chains_are_refused(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx t[65];
    int64_t value;
    ready(&w, NULL);
    struct yc_outpoint at = coin(&w, 1, &value);
    for (int i = 0; i < 65; i++) {
        make_split(&t[i], at, value, 1, 1000);
        at = output_of(&t[i], 0);
        value -= 1000;
        if (i < 64)
            expect_taken(&w, &t[i]);
    }
    expect(&w, raw_of(&t[64]), YC_POLICY, "too-large-cluster");
    check(&w);
    /* A fan: the parent and 63 children. */
    struct tx root, child[64];
    at = coin(&w, 2, &value);
    make_split(&root, at, value, 64, 10000);
    expect_taken(&w, &root);
    for (unsigned i = 0; i < 64; i++) {
        make_split(&child[i], output_of(&root, i), (value - 10000) / 64, 1, 1000);
        if (i < 63)
            expect_taken(&w, &child[i]);
    }
    expect(&w, raw_of(&child[63]), YC_POLICY, "too-large-cluster");
    check(&w);
    mine(&w, 1);
    assert_int_equal(pool_count(&w), 0);
    expect_taken(&w, &t[64]);
    expect_taken(&w, &child[63]);
    check(&w);
    world_release(&w);
}

static void the_relay_minimum_is_rounded_up(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a;
    int64_t value;
    struct yc_pool_entry e;
    struct yc_pool_reject why;
    ready(&w, NULL);
    struct yc_outpoint at = coin(&w, 1, &value);
    make_split(&a, at, value, 1, 1000);
    assert_int_equal(yc_pool_submit(w.pool, raw_of(&a), true, -1, &e, &why), YC_VALID);
    int64_t least = ((int64_t)e.vbytes * 100 + 999) / 1000;
    make_split(&a, at, value, 1, least - 1);
    expect(&w, raw_of(&a), YC_POLICY, "min relay fee not met");
    make_split(&a, at, value, 1, least);
    expect_taken(&w, &a);
    world_release(&w);
}

static void a_delta_lets_in_and_counts_in_packages(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b;
    int64_t value;
    struct yc_pool_package k;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 1, 0);
    make_split(&b, output_of(&a, 0), value, 1, 1000);
    expect(&w, raw_of(&a), YC_POLICY, "min relay fee not met");
    assert_false(yc_pool_prioritise(w.pool, &a.txid, 5000));
    expect_taken(&w, &a);
    expect_taken(&w, &b);
    yc_pool_ancestors(w.pool, yc_pool_find(w.pool, &b.txid), &k);
    assert_int_equal(k.fees_sat, 6000);
    assert_true(yc_pool_prioritise(w.pool, &a.txid, -5000));
    yc_pool_ancestors(w.pool, yc_pool_find(w.pool, &b.txid), &k);
    assert_int_equal(k.fees_sat, 1000);
    /* Sums stay within the money supply, whatever is added. */
    assert_true(yc_pool_prioritise(w.pool, &a.txid, INT64_MAX));
    assert_true(yc_pool_prioritise(w.pool, &a.txid, INT64_MAX));
    assert_int_equal(yc_pool_find(w.pool, &a.txid)->fee_delta_sat, YC_MONEY_MAX);
    assert_true(yc_pool_prioritise(w.pool, &a.txid, INT64_MIN));
    assert_int_equal(yc_pool_find(w.pool, &a.txid)->fee_delta_sat, -YC_MONEY_MAX);
    assert_null(yc_pool_check(w.pool));
    world_release(&w);
}

/* Small transactions until memory is short: count of them, with growing fees. */
static void m05_m06_a_full_pool_evicts_the_least_and_asks_for_more(void **state)
{
    (void)state;
    static struct pool_world w;
    static struct tx t[600];
    struct yc_pool_config config;
    struct yc_pool_info info;
    int64_t value;
    yc_pool_config_default(&config);
    config.bytes_max = 200000;
    ready(&w, &config);
    unsigned count = 0;
    for (uint32_t h = 1; h <= 10; h++) {
        struct tx split;
        struct yc_outpoint at = coin(&w, h, &value);
        make_split(&split, at, value, 60, 100000);
        struct yc_view txs[1] = {raw_of(&split)};
        mine_of(&w, txs, 1);
        for (unsigned i = 0; i < 60; i++) {
            make_split(&t[count], output_of(&split, i), (value - 100000) / 60 + (i ? 0 : (value - 100000) % 60), 1,
                       200 + (int64_t)count * 10);
            count++;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        expect_taken(&w, &t[i]);
        yc_pool_info(w.pool, &info);
        assert_true(info.memory_bytes <= config.bytes_max);
        /* What the heap was really asked for is no more than what is counted (catalogue M05), scratch apart. */
    }
    check(&w);
    assert_true(info.count < count);
    assert_false(pooled(&w, &t[0]));
    assert_true(pooled(&w, &t[count - 1]));
    assert_true(info.min_fee_sat_per_kvb > 100);
    assert_non_null(strchr(w.told, 's'));
    /* The evicted cannot simply come again (M06). */
    expect(&w, raw_of(&t[0]), YC_POLICY, "mempool min fee not met");
    /* The minimum falls only after a block, by half in so many hours. */
    int64_t before = info.min_fee_sat_per_kvb;
    w.wall_s += 24 * 3600;
    yc_pool_tick(w.pool);
    yc_pool_info(w.pool, &info);
    assert_int_equal(info.min_fee_sat_per_kvb, before);
    mine_of(&w, NULL, 0);
    w.wall_s += 12 * 3600;
    yc_pool_tick(w.pool);
    yc_pool_info(w.pool, &info);
    assert_in_range(info.min_fee_sat_per_kvb, before / 2 - 1, before / 2 + 1);
    w.wall_s += 30 * 24 * 3600;
    yc_pool_tick(w.pool);
    yc_pool_info(w.pool, &info);
    assert_int_equal(info.min_fee_sat_per_kvb, 100);
    world_release(&w);
}

static void eviction_spares_a_parent_whose_child_pays(void **state)
{
    (void)state;
    static struct pool_world w;
    struct yc_pool_config config;
    struct tx cheap, child, lone;
    int64_t a, b;
    struct yc_pool_info info;
    yc_pool_config_default(&config);
    ready(&w, &config);
    split_coin(&w, &cheap, 1, &a, 1, 100);
    make_split(&child, output_of(&cheap, 0), a - 100, 1, 50000);
    split_coin(&w, &lone, 2, &b, 1, 5000);
    expect_taken(&w, &cheap);
    expect_taken(&w, &child);
    expect_taken(&w, &lone);
    yc_pool_info(w.pool, &info);
    /* A pool of the same three with room for less: the lone one leaves first. */
    config.bytes_max = info.memory_bytes - 1;
    world_new_pool(&w, &config);
    expect_taken(&w, &cheap);
    expect_taken(&w, &child);
    expect(&w, raw_of(&lone), YC_POLICY, "mempool full");
    assert_int_equal(pool_count(&w), 2);
    check(&w);
    world_release(&w);
}

static void old_transactions_expire_with_their_descendants(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b, c;
    int64_t value, other;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 1, 1000);
    expect_taken(&w, &a);
    w.wall_s += 335 * 3600;
    make_split(&b, output_of(&a, 0), value - 1000, 1, 1000);
    split_coin(&w, &c, 2, &other, 1, 1000);
    expect_taken(&w, &b);
    expect_taken(&w, &c);
    w.wall_s += 3600;
    yc_pool_tick(w.pool);
    assert_int_equal(pool_count(&w), 3);
    w.wall_s += 1;
    yc_pool_tick(w.pool);
    assert_string_equal(w.told, "+++ee");
    assert_true(pooled(&w, &c));
    assert_null(yc_pool_check(w.pool));
    world_release(&w);
}

static void c39_coins_are_in_input_order(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b;
    int64_t first, second;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &first, 1, 1000);
    expect_taken(&w, &a);
    struct yc_outpoint confirmed = coin(&w, 2, &second);
    for (int order = 0; order < 2; order++) {
        struct in in[2] = {{.at = output_of(&a, 0), .sequence = UINT32_MAX}, {.at = confirmed, .sequence = UINT32_MAX}};
        if (order) {
            struct in swap = in[0];
            in[0] = in[1];
            in[1] = swap;
        }
        struct out out = {.value_sat = first + second - 3000};
        make(&b, &(struct spec){.version = 2, .in = in, .in_count = 2, .out = &out, .out_count = 1});
        expect_taken(&w, &b);
        const struct yc_pool_entry *e = yc_pool_find(w.pool, &b.txid);
        assert_int_equal(e->coin[order].value_sat, first - 1000);
        assert_false(e->coin[order].coinbase);
        assert_int_equal(e->coin[1 - order].value_sat, second);
        assert_true(e->coin[1 - order].coinbase);
        check(&w);
        yc_pool_remove(w.pool, &b.txid, YC_POOL_UNMINEABLE);
    }
    world_release(&w);
}

static void m10_no_failure_of_memory_leaves_anything_behind(void **state)
{
    (void)state;
    static struct pool_world w;
    struct tx a, b;
    int64_t value;
    ready(&w, NULL);
    split_coin(&w, &a, 1, &value, 3, 1000);
    expect_taken(&w, &a);
    make_split(&b, output_of(&a, 1), (value - 1000) / 3, 2, 1000);
    enum yc_verdict v = YC_SYSTEM;
    for (size_t n = 1; v != YC_VALID; n++) {
        struct yc_pool_reject why;
        size_t live = w.heap.live_bytes;
        assert_true(n < 100);
        w.heap.fail_at = w.heap.calls + n;
        v = yc_pool_submit(w.pool, raw_of(&b), false, -1, NULL, &why);
        w.heap.fail_at = 0;
        assert_true(v == YC_VALID || (v == YC_SYSTEM && why.rule.system == YC_SYSTEM_MEMORY));
        if (v != YC_VALID) {
            assert_false(pooled(&w, &b));
            assert_int_equal(yc_pool_find(w.pool, &a.txid)->child_count, 0);
            (void)live;
        }
        assert_null(yc_pool_check(w.pool));
    }
    check(&w);
    world_release(&w);
}

static void nothing_is_judged_while_a_block_is_being_connected(void **state)
{
    (void)state;
    static struct pool_world w, other;
    struct tx a, b;
    int64_t value;
    struct yc_error err;
    ready(&w, NULL);
    world_init(&other, NULL);
    follow(&other, &w);
    split_coin(&w, &a, 1, &value, 1, 1000);
    split_coin(&w, &b, 2, &value, 1, 1000);
    expect_taken(&w, &a);
    assert_int_equal(yc_pool_save(w.pool, yc_fs_memory_fs(other.fs), "/data/mempool.dat", &err), YC_VALID);
    struct yc_view txs[1] = {raw_of(&a)};
    mine_of(&w, txs, 1);
    struct yc_view raw;
    struct yc_reject why;
    other.wall_s = w.wall_s;
    assert_int_equal(yc_chain_read_block(w.chain, yc_chain_tip(w.chain), yc_heap(), &raw, &err), YC_VALID);
    assert_int_equal(yc_chain_submit_block(other.chain, raw, YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why), YC_VALID);
    yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)raw.p, raw.n);
    while (yc_chain_at_rest(other.chain))
        assert_int_equal(yc_chain_step(other.chain, 0), YC_STEP_MORE);
    expect(&other, raw_of(&b), YC_POLICY, "chain-busy");
    struct yc_template t;
    assert_int_equal(yc_template_build(&t, other.chain, other.pool, &other.clock, &other.options, &err), YC_NOT_YET);
    assert_int_equal(yc_pool_load_begin(other.pool, yc_fs_memory_fs(other.fs), "/data/mempool.dat", &err), YC_VALID);
    assert_true(yc_pool_load_step(other.pool, 1000000));
    world_settle(&other);
    expect_taken(&other, &b);
    assert_false(yc_pool_load_step(other.pool, 1000000));
    assert_int_equal(pool_count(&other), 1);
    check(&other);
    world_release(&other);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_is_taken_found_and_mined),
        cmocka_unit_test(a_test_changes_nothing),
        cmocka_unit_test(m14_an_absurd_fee_is_refused_when_the_caller_asks),
        cmocka_unit_test(missing_inputs_may_come_later),
        cmocka_unit_test(the_same_transaction_with_another_witness_is_known),
        cmocka_unit_test(a_rival_is_refused_and_remembered_once),
        cmocka_unit_test(the_last_alerts_are_kept),
        cmocka_unit_test(a_rival_without_the_key_raises_no_alert),
        cmocka_unit_test(m12_a_block_that_conflicts_takes_the_whole_subtree),
        cmocka_unit_test(a_mined_parent_leaves_its_children),
        cmocka_unit_test(m04_long_chains_are_refused),
        cmocka_unit_test(the_relay_minimum_is_rounded_up),
        cmocka_unit_test(a_delta_lets_in_and_counts_in_packages),
        cmocka_unit_test(m05_m06_a_full_pool_evicts_the_least_and_asks_for_more),
        cmocka_unit_test(eviction_spares_a_parent_whose_child_pays),
        cmocka_unit_test(old_transactions_expire_with_their_descendants),
        cmocka_unit_test(c39_coins_are_in_input_order),
        cmocka_unit_test(nothing_is_judged_while_a_block_is_being_connected),
        cmocka_unit_test(m10_no_failure_of_memory_leaves_anything_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
