/* Each refusal of policy.def with Bitcoin Core's string, at its limit and just inside it; and that blocks know nothing
 * of them (catalogue C30). */
#include "draft.h"

#include "consensus/script/opcodes.h"
#include "node/mempool/feerate.h"

static void versions(void **state)
{
    (void)state;
    struct draft d;
    start(&d, 1);
    d.spec.version = 0;
    refused(&d, "version");
    d.spec.version = 4;
    refused(&d, "version");
    minable(&d);
    start(&d, 2);
    d.spec.version = 1;
    taken(&d);
}

static void a_coinbase_is_refused(void **state)
{
    (void)state;
    struct yc_view block;
    struct yc_error err;
    struct yc_template t;
    (void)block;
    assert_int_equal(yc_template_build(&t, w.chain, NULL, &w.clock, &w.options, &err), YC_VALID);
    expect(&w, t.coinbase, YC_POLICY, "coinbase");
    yc_template_release(&t);
}

static void broken_bytes_are_invalid(void **state)
{
    (void)state;
    struct draft d;
    start(&d, 1);
    struct yc_view v = raw(&d);
    expect(&w, yc_view(v.p, v.n - 1), YC_INVALID, "tx-parse");
    expect(&w, YC_VIEW_EMPTY, YC_INVALID, "tx-parse");
    d.spec.out_count = 0;
    expect(&w, raw(&d), YC_INVALID, "bad-txns-vout-empty");
    start(&d, 1);
    d.out[0].value_sat = d.value + 1;
    expect(&w, raw(&d), YC_INVALID, "bad-txns-in-belowout");
}

static void sizes(void **state)
{
    (void)state;
    struct draft d;
    static uint8_t script[100000];
    /* Weight of everything but the data script: measured once, then filled to the limit. */
    start(&d, 1);
    d.spec.out_count = 2;
    memset(script, 0, sizeof script);
    script[0] = YC_OP_RETURN;
    script[1] = YC_OP_PUSHDATA4;
    size_t n = 99700;
    for (;; n++) {
        struct yc_tx tx;
        struct yc_arena arena;
        struct yc_reject why;
        yc_put32le(script + 2, (uint32_t)(n - 6));
        d.out[1].script = yc_view(script, n);
        yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
        assert_int_equal(yc_tx_parse(&tx, raw(&d), &arena, &why), YC_VALID);
        uint64_t weight = yc_tx_weight(&tx);
        yc_arena_release(&arena);
        if (weight > 400000)
            break;
    }
    refused(&d, "tx-size");
    n--;
    yc_put32le(script + 2, (uint32_t)(n - 6));
    d.out[1].script = yc_view(script, n);
    taken(&d);
    /* So large that it is not even read. */
    static uint8_t noise[YC_BLOCK_WEIGHT_MAX + 1];
    memset(noise, 0xff, sizeof noise);
    expect(&w, yc_view(noise, sizeof noise), YC_POLICY, "tx-size");
    /* 64 bytes without witness: 10 for the frame, 41 for the input, 13 for the output. */
    start(&d, 2);
    d.out[0].script = yc_view("\x6a\x02xy", 4);
    d.out[0].value_sat = d.value - 1000000;
    refused(&d, "tx-size-small");
    d.out[0].script = yc_view("\x6a\x03xyz", 5);
    taken(&d);
}

static void input_scripts(void **state)
{
    (void)state;
    struct draft d;
    static uint8_t push[2000];
    start(&d, 1);
    for (size_t i = 0; i < 3; i++) {
        push[523 * i] = YC_OP_PUSHDATA2;
        yc_put16le(push + 523 * i + 1, 520);
    }
    push[1569] = YC_OP_PUSHDATA1;
    push[1570] = 80;
    d.in.script_sig = yc_view(push, 1651);
    refused(&d, "scriptsig-size");
    push[1570] = 79;
    d.in.script_sig = yc_view(push, 1650);
    /* Witness programs allow no scriptSig: a rule of blocks, not of policy. */
    expect(&w, raw(&d), YC_INVALID, "mempool-script-verify-flag-failed (Witness requires empty scriptSig)");
    d.in.script_sig = yc_view("\x61", 1);
    refused(&d, "scriptsig-not-pushonly");
}

static void output_scripts(void **state)
{
    (void)state;
    struct draft d;
    struct yc_pool_config config;
    uint8_t multisig[200] = {YC_OP_1};
    size_t n = 1;
    start(&d, 1);
    d.out[0].script = yc_view("\x51", 1);
    refused(&d, "scriptpubkey");
    minable(&d);
    for (int i = 0; i < 4; i++) {
        multisig[n++] = 33;
        multisig[n] = 2;
        multisig[n + 32] = (uint8_t)(i + 1);
        n += 33;
    }
    multisig[n++] = YC_OP_4;
    multisig[n++] = YC_OP_CHECKMULTISIG;
    start(&d, 2);
    d.out[0].script = yc_view(multisig, n);
    refused(&d, "scriptpubkey");
    n = 1 + 3 * 34;
    multisig[n++] = YC_OP_3;
    multisig[n++] = YC_OP_CHECKMULTISIG;
    d.out[0].script = yc_view(multisig, n);
    taken(&d);
    yc_pool_config_default(&config);
    config.permit_bare_multisig = false;
    world_new_pool(&w, &config);
    refused(&d, "bare-multisig");
    config.require_standard = false;
    world_new_pool(&w, &config);
    taken(&d);
}

static void data_outputs(void **state)
{
    (void)state;
    struct draft d;
    struct yc_pool_config config;
    yc_pool_config_default(&config);
    config.data_carrier_bytes_max = 20;
    world_new_pool(&w, &config);
    start(&d, 1);
    d.spec.out_count = 3;
    d.out[1].script = yc_view("\x6a\x08zzzzzzzz", 10);
    d.out[2].script = yc_view("\x6a\x09zzzzzzzzz", 11);
    refused(&d, "datacarrier");
    d.out[2].script = d.out[1].script;
    taken(&d);
}

static void m07_dust(void **state)
{
    (void)state;
    static const uint8_t p2pkh[25] = {YC_OP_DUP, YC_OP_HASH160, 20, [23] = YC_OP_EQUALVERIFY, YC_OP_CHECKSIG};
    static const uint8_t p2sh[23] = {YC_OP_HASH160, 20, [22] = YC_OP_EQUAL};
    static const uint8_t p2wpkh[22] = {0, 20}, p2tr[34] = {YC_OP_1, 32};
    const struct {
        struct yc_view script;
        int64_t least_sat;
    } rows[] = {{yc_view(p2pkh, 25), 546}, {yc_view(p2sh, 23), 540},          {yc_view(p2wpkh, 22), 294},
                {yc_view(p2tr, 34), 330},  {yc_view(anyone_script, 34), 330}, {yc_view("\x51\x02\x4e\x73", 4), 240}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct draft d;
        start(&d, (uint32_t)i + 1);
        d.spec.out_count = 2;
        d.out[1] = (struct out){rows[i].least_sat - 1, rows[i].script};
        refused(&d, "dust");
        if (i == 0)
            minable(&d);
        start(&d, (uint32_t)i + 10);
        d.spec.out_count = 2;
        d.out[1] = (struct out){rows[i].least_sat, rows[i].script};
        taken(&d);
    }
    /* Without a fee the fee is what is wrong; with no minimum either, dust still is. */
    struct draft d;
    struct yc_pool_config config;
    start(&d, 8);
    d.spec.out_count = 2;
    d.out[1].value_sat = 1;
    d.out[0].value_sat = d.value - 1;
    refused(&d, "min relay fee not met");
    yc_pool_config_default(&config);
    config.min_relay_sat_per_kvb = 0;
    world_new_pool(&w, &config);
    refused(&d, "dust");
    d.spec.out_count = 3;
    d.out[0].value_sat -= 1;
    d.out[2].value_sat = 1;
    refused(&d, "dust");
}

static void time_locks(void **state)
{
    (void)state;
    struct draft d;
    start(&d, 1);
    d.in.sequence = 0;
    d.spec.lock_time = 121;
    refused(&d, "non-final");
    d.spec.lock_time = 120;
    taken(&d);
    start(&d, 2);
    d.in.sequence = 0;
    struct yc_ancestors a = yc_node_ancestors(yc_chain_tip(w.chain));
    d.spec.lock_time = (uint32_t)yc_median_time_past(&a);
    refused(&d, "non-final");
    d.spec.lock_time--;
    taken(&d);
    /* Coin of block 3, spent in block 121: 118 deep. */
    start(&d, 3);
    d.in.sequence = 119;
    refused(&d, "non-BIP68-final");
    d.in.sequence = 118;
    taken(&d);
    /* A coin of the pool itself is of the block to come. */
    struct tx parent;
    start(&d, 4);
    make(&parent, &d.spec);
    expect_taken(&w, &parent);
    d.in.at = output_of(&parent, 0);
    d.in.sequence = 1;
    d.out[0].value_sat -= 100000;
    refused(&d, "non-BIP68-final");
    d.in.sequence = 0;
    taken(&d);
    check(&w);
}

static void young_coinbases(void **state)
{
    (void)state;
    struct draft d;
    start(&d, 22);
    refused(&d, "bad-txns-premature-spend-of-coinbase");
    start(&d, 21);
    taken(&d);
}

static void a_witness_may_wait_for_segwit(void **state)
{
    (void)state;
    struct yc_chain_params params = *yc_chain_builtin("regtest");
    static struct pool_world old;
    struct tx a;
    int64_t value;
    params.rules.segwit = 112;
    params.rules.taproot = 112;
    world_init_params(&old, &params, NULL);
    mine(&old, 110);
    struct yc_outpoint at = coinbase_at(&old, 1, &value);
    make_split(&a, at, value, 1, 1000);
    expect_taken(&old, &a);
    mine(&old, 1);
    check(&old);
    world_release(&old);
}

static void rates_are_compared_exactly(void **state)
{
    (void)state;
    assert_int_equal(yc_fee_rate_compare(1, 3, 2, 6), 0);
    assert_int_equal(yc_fee_rate_compare(1, 3, 333333333, 1000000000), 1);
    assert_int_equal(yc_fee_rate_compare(-1, 3, 0, 1), -1);
    assert_int_equal(yc_fee_rate_compare(-1, 3, -1, 2), 1);
    assert_int_equal(yc_fee_rate_compare(INT64_MAX, 2, INT64_MAX - 1, 2), 1);
    assert_int_equal(yc_fee_rate_compare(INT64_MAX, INT64_MAX, INT64_MAX - 1, INT64_MAX - 1), 0);
    assert_int_equal(yc_fee_rate_compare(INT64_MIN, 1, INT64_MIN + 1, 1), -1);
    assert_int_equal(yc_fee_at_rate(100, 101), 11);
    assert_int_equal(yc_fee_at_rate(0, 101), 0);
    assert_int_equal(yc_fee_at_rate(INT64_MAX, 2), INT64_MAX);
    assert_int_equal(yc_fee_rate_of(11, 101), 108);
    assert_int_equal(yc_fee_rate_of(-11, 101), 0);
}

/* Every code is one that some test above or in test_pool.c provokes, and its string is Bitcoin Core's. */
static void every_code_has_its_own_string(void **state)
{
    (void)state;
    for (int i = 1; i < YC_POLICY_COUNT; i++) {
        struct yc_pool_reject why = {.policy = (enum yc_policy)i};
        char text[192];
        yc_pool_reject_text(text, sizeof text, YC_POLICY, &why);
        assert_true(strlen(text) > 0);
        for (int j = 1; j < i; j++) {
            struct yc_pool_reject other = {.policy = (enum yc_policy)j};
            char text2[192];
            yc_pool_reject_text(text2, sizeof text2, YC_POLICY, &other);
            assert_string_not_equal(text, text2);
        }
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(versions),
        T(a_coinbase_is_refused),
        T(broken_bytes_are_invalid),
        T(sizes),
        T(input_scripts),
        T(output_scripts),
        T(data_outputs),
        T(m07_dust),
        T(time_locks),
        T(young_coinbases),
        cmocka_unit_test(a_witness_may_wait_for_segwit),
        cmocka_unit_test(rates_are_compared_exactly),
        cmocka_unit_test(every_code_has_its_own_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
