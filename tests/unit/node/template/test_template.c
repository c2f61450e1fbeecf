/* Templates: what they choose, how they are put together, and that they are valid (catalogue M01, N01, N02, N03, N08). */
#include "unit/node/mempool/fixture.h"

#include "consensus/script/opcodes.h"
#include "crypto/sha256.h"

static struct pool_world w;

static int set_up(void **state)
{
    (void)state;
    world_init(&w, NULL);
    mine(&w, 115);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_release(&w);
    return 0;
}

static void build(struct yc_template *t)
{
    struct yc_error err;
    if (yc_template_build(t, w.chain, w.pool, &w.clock, &w.options, &err) != YC_VALID)
        fail_msg("%s", err.text);
}

static void split_coin(struct tx *out, uint32_t height, int64_t *value, unsigned out_count, int64_t fee_sat)
{
    struct yc_outpoint at = coinbase_at(&w, height, value);
    make_split(out, at, *value, out_count, fee_sat);
}

/* The block's bytes parsed again: that they say what the template says. */
static void check_block(const struct yc_template *t)
{
    struct yc_block b;
    struct yc_reject why;
    struct yc_arena arena;
    yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
    assert_int_equal(yc_block_parse(&b, t->block, &arena, &why), YC_VALID);
    assert_int_equal(b.weight, t->weight);
    assert_int_equal(b.tx_count, t->tx_count + 1);
    assert_memory_equal(b.header.merkle_root, t->header.merkle_root, 32);
    assert_true(yc_view_equal(b.tx[0].raw, t->coinbase));
    assert_int_equal(b.tx[0].out[0].value_sat, t->coinbase_value_sat);
    int64_t fees = 0;
    for (uint32_t i = 0; i < t->tx_count; i++) {
        assert_true(yc_txid_equal(&b.tx[i + 1].txid, &t->tx[i].txid));
        assert_true(yc_wtxid_equal(&b.tx[i + 1].wtxid, &t->tx[i].wtxid));
        assert_int_equal(yc_tx_weight(&b.tx[i + 1]), t->tx[i].weight);
        fees += t->tx[i].fee_sat;
    }
    assert_int_equal(fees, t->fees_sat);
    assert_int_equal(yc_block_commitment_index(&b), b.tx[0].out_count - 1);
    assert_true(yc_view_equal(b.tx[0].out[b.tx[0].out_count - 1].script, t->commitment_script));
    /* BIP 141: the commitment is over the witness root and the nonce in the coinbase's witness. */
    uint8_t both[64] = {0}, hash[32];
    assert_true(yc_block_witness_root(both, &b, &arena));
    assert_int_equal(b.tx[0].in[0].witness_count, 1);
    assert_int_equal(b.tx[0].in[0].witness[0].n, 32);
    yc_sha256d(hash, both, 64);
    assert_memory_equal(t->commitment_script.p + 6, hash, 32);
    yc_arena_release(&arena);
}

static void an_empty_pool_makes_an_empty_block(void **state)
{
    (void)state;
    struct yc_template t;
    build(&t);
    assert_int_equal(t.tx_count, 0);
    assert_int_equal(t.height, 116);
    assert_int_equal(t.coinbase_value_sat, 50 * YC_COIN);
    check_block(&t);
    yc_template_release(&t);
    struct yc_error err;
    assert_int_equal(yc_template_build(&t, w.chain, NULL, &w.clock, &w.options, &err), YC_VALID);
    assert_int_equal(t.tx_count, 0);
    yc_template_release(&t);
}

static void packages_are_chosen_by_what_they_pay_together(void **state)
{
    (void)state;
    struct tx cheap, child, lone, plain;
    int64_t a, b, c;
    struct yc_template t;
    split_coin(&cheap, 1, &a, 1, 20);
    split_coin(&lone, 2, &b, 1, 2000);
    split_coin(&plain, 3, &c, 1, 400);
    make_split(&child, output_of(&cheap, 0), a - 20, 1, 9000);
    expect_taken(&w, &plain);
    expect_taken(&w, &cheap);
    expect_taken(&w, &lone);
    expect_taken(&w, &child);
    build(&t);
    assert_int_equal(t.tx_count, 4);
    assert_true(yc_txid_equal(&t.tx[0].txid, &cheap.txid));
    assert_true(yc_txid_equal(&t.tx[1].txid, &child.txid));
    assert_true(yc_txid_equal(&t.tx[2].txid, &lone.txid));
    assert_true(yc_txid_equal(&t.tx[3].txid, &plain.txid));
    assert_int_equal(t.tx[0].depend_count, 0);
    assert_int_equal(t.tx[1].depend_count, 1);
    assert_int_equal(t.tx[1].depends[0], 1);
    assert_int_equal(t.fees_sat, 20 + 9000 + 2000 + 400);
    assert_int_equal(t.coinbase_value_sat, 50 * YC_COIN + t.fees_sat);
    check_block(&t);
    yc_template_release(&t);
    /* Room for two: the package or the lone one with the plain one; then for one only. */
    w.options.weight_max = 8000 + 2 * 4 * 111;
    build(&t);
    assert_int_equal(t.tx_count, 2);
    assert_true(yc_txid_equal(&t.tx[1].txid, &child.txid));
    yc_template_release(&t);
    w.options.weight_max = 8000 + 4 * 111;
    build(&t);
    assert_int_equal(t.tx_count, 1);
    assert_true(yc_txid_equal(&t.tx[0].txid, &lone.txid));
    yc_template_release(&t);
    /* An operator's preference counts for the choice, not for the coinbase. */
    assert_true(yc_pool_prioritise(w.pool, &plain.txid, 50000));
    build(&t);
    assert_true(yc_txid_equal(&t.tx[0].txid, &plain.txid));
    assert_int_equal(t.fees_sat, 400);
    yc_template_release(&t);
    /* What pays too little is left out. */
    w.options.weight_max = YC_BLOCK_WEIGHT_MAX;
    assert_true(yc_pool_prioritise(w.pool, &plain.txid, -50000));
    w.options.min_sat_per_kvb = 5000;
    build(&t);
    assert_int_equal(t.tx_count, 3);
    yc_template_release(&t);
}

static void witnesses_wait_for_segwit(void **state)
{
    (void)state;
    struct yc_chain_params params = *yc_chain_builtin("regtest");
    static struct pool_world old;
    struct yc_template t;
    struct yc_error err;
    struct tx a;
    int64_t value;
    params.rules.segwit = params.rules.taproot = 113;
    world_init_params(&old, &params, NULL);
    mine(&old, 111);
    struct yc_outpoint at = coinbase_at(&old, 1, &value);
    make_split(&a, at, value, 1, 1000);
    expect_taken(&old, &a);
    assert_int_equal(yc_template_build(&t, old.chain, old.pool, &old.clock, &old.options, &err), YC_VALID);
    assert_int_equal(t.tx_count, 0);
    yc_template_release(&t);
    mine(&old, 1);
    assert_int_equal(yc_template_build(&t, old.chain, old.pool, &old.clock, &old.options, &err), YC_VALID);
    assert_int_equal(t.tx_count, 1);
    yc_template_release(&t);
    world_release(&old);
}

static void two_parents_are_two_depends(void **state)
{
    (void)state;
    struct tx a, b, child;
    int64_t va, vb;
    struct yc_template t;
    split_coin(&a, 1, &va, 2, 1000);
    split_coin(&b, 2, &vb, 1, 1000);
    struct in in[3] = {{.at = output_of(&a, 0), .sequence = UINT32_MAX},
                       {.at = output_of(&b, 0), .sequence = UINT32_MAX},
                       {.at = output_of(&a, 1), .sequence = UINT32_MAX}};
    struct out out = {.value_sat = va + vb - 12000};
    make(&child, &(struct spec){.version = 2, .in = in, .in_count = 3, .out = &out, .out_count = 1});
    expect_taken(&w, &a);
    expect_taken(&w, &b);
    expect_taken(&w, &child);
    build(&t);
    assert_int_equal(t.tx[2].depend_count, 2);
    assert_int_equal(t.tx[2].depends[0] + t.tx[2].depends[1], 3);
    check_block(&t);
    yc_template_release(&t);
}

/* Transactions of about 100,000 weight units each, standard: one data output each. */
static void fill_pool(unsigned count)
{
    static uint8_t bytes[110000], data[99000];
    data[0] = YC_OP_RETURN;
    data[1] = YC_OP_PUSHDATA4;
    for (unsigned i = 0; i < count; i++) {
        int64_t value;
        struct in in = {.at = coinbase_at(&w, 1 + i, &value), .sequence = UINT32_MAX};
        size_t n = 98000 - 50 * i;
        yc_put32le(data + 2, (uint32_t)(n - 6));
        struct out out[2] = {{.value_sat = value - 1000000 - i}, {.script = yc_view(data, n)}};
        n = write_spec(bytes, sizeof bytes,
                       &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = out, .out_count = 2});
        expect(&w, yc_view(bytes, n), YC_VALID, "");
    }
}

static void n03_a_full_block_reaches_its_limit(void **state)
{
    (void)state;
    struct yc_template t;
    struct tx small;
    int64_t value;
    fill_pool(12);
    /* One small transaction whose weight is known fills what is left exactly. */
    build(&t);
    uint64_t all = t.weight, own = t.weight;
    assert_int_equal(t.tx_count, 10);
    for (uint32_t i = 0; i < t.tx_count; i++)
        own -= t.tx[i].weight;
    assert_true(all <= YC_BLOCK_WEIGHT_MAX - 8000 + own);
    check_block(&t);
    uint64_t chosen = all - own;
    yc_template_release(&t);
    split_coin(&small, 13, &value, 1, 500);
    expect_taken(&w, &small);
    uint64_t weight = yc_tx_weight(&yc_pool_find(w.pool, &small.txid)->tx);
    w.options.weight_max = 8000 + chosen + weight;
    build(&t);
    assert_int_equal(t.tx_count, 11);
    assert_int_equal(t.weight - own, chosen + weight);
    yc_template_release(&t);
    w.options.weight_max--;
    build(&t);
    assert_int_equal(t.tx_count, 10);
    yc_template_release(&t);
}

static void n02_limits_and_reserves_of_any_size(void **state)
{
    (void)state;
    struct tx a;
    int64_t value;
    const uint64_t sizes[] = {0, 1, 2000, 4000, 8000, 3999999, 4000000, 4000001, 8000000, UINT32_MAX, UINT64_MAX};
    split_coin(&a, 1, &value, 1, 1000);
    expect_taken(&w, &a);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            struct yc_template t;
            w.options.weight_max = sizes[i];
            w.options.reserved_weight = sizes[j];
            build(&t);
            assert_true(t.weight <= YC_BLOCK_WEIGHT_MAX);
            uint64_t max = sizes[i] < YC_BLOCK_WEIGHT_MAX ? sizes[i] : YC_BLOCK_WEIGHT_MAX;
            bool fits = max > 3000 && sizes[j] + 1000 < max;
            if (max > 3000 && sizes[j] <= 4000000)
                assert_int_equal(t.tx_count, fits);
            else if (max < 1000 || sizes[j] >= max)
                assert_int_equal(t.tx_count, 0);
            yc_template_release(&t);
        }
    }
}

static void a_large_coinbase_makes_its_own_room(void **state)
{
    (void)state;
    static uint8_t script[9000];
    struct yc_template t;
    fill_pool(12);
    script[0] = YC_OP_RETURN;
    w.options.coinbase_script = yc_view(script, sizeof script);
    w.options.reserved_weight = 2000;
    build(&t);
    assert_in_range(t.tx_count, 9, 10);
    assert_true(t.weight <= YC_BLOCK_WEIGHT_MAX);
    check_block(&t);
    yc_template_release(&t);
    /* And one of many signature operations. */
    memset(script, YC_OP_CHECKSIG, sizeof script);
    build(&t);
    yc_template_release(&t);
}

static void the_sigop_limit_is_kept(void **state)
{
    (void)state;
    struct yc_pool_config config;
    struct yc_template t;
    static uint8_t script[4000], bytes[5000];
    yc_pool_config_default(&config);
    config.require_standard = false;
    config.bytes_per_sigop = 1;
    world_new_pool(&w, &config);
    memset(script, YC_OP_CHECKSIG, sizeof script);
    /* 16000 each: five make 80000, but 400 are the coinbase's. */
    for (uint32_t h = 1; h <= 6; h++) {
        int64_t value;
        struct in in = {.at = coinbase_at(&w, h, &value), .sequence = UINT32_MAX};
        struct out out = {.value_sat = value - 10000 * h, .script = yc_view(script, sizeof script)};
        size_t n = write_spec(bytes, sizeof bytes,
                              &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = &out, .out_count = 1});
        expect(&w, yc_view(bytes, n), YC_VALID, "");
    }
    build(&t);
    assert_int_equal(t.tx_count, 4);
    assert_int_equal(t.sigop_cost, 64000);
    check_block(&t);
    yc_template_release(&t);
}

static void coinbase_forms(void **state)
{
    (void)state;
    static struct pool_world fresh;
    const struct {
        uint32_t height;
        size_t script_n;
        const char *script;
    } rows[] = {
        {1, 2, "\x51\x00"}, {16, 2, "\x60\x00"}, {17, 2, "\x01\x11"}, {127, 2, "\x01\x7f"}, {128, 3, "\x02\x80\x00"}};
    uint8_t tag[YC_COINBASE_TAG_MAX + 1];
    memset(tag, 'x', sizeof tag);
    world_init(&fresh, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh.extra = 0;
        mine(&fresh, rows[i].height - 1 - yc_chain_tip(fresh.chain)->height);
        for (size_t n = 0; n <= YC_COINBASE_TAG_MAX; n += n < 2 ? 1 : YC_COINBASE_TAG_MAX - 2) {
            struct yc_template t;
            struct yc_error err;
            struct yc_template_options o = fresh.options;
            o.coinbase_tag = yc_view(tag, n);
            if (yc_template_build(&t, fresh.chain, fresh.pool, &fresh.clock, &o, &err) != YC_VALID)
                fail_msg("%s", err.text);
            check_block(&t);
            struct yc_tx cb;
            struct yc_reject why;
            assert_int_equal(yc_tx_parse(&cb, t.coinbase, &t.arena, &why), YC_VALID);
            assert_int_equal(cb.in[0].script_sig.n, rows[i].script_n + n);
            assert_memory_equal(cb.in[0].script_sig.p, rows[i].script, rows[i].script_n);
            /* BIP 54: lock time one less than the height, and a sequence that lets it count. */
            assert_int_equal(cb.lock_time, rows[i].height - 1);
            assert_int_not_equal(cb.in[0].sequence, YC_SEQUENCE_FINAL);
            yc_template_release(&t);
        }
    }
    struct yc_template t;
    struct yc_error err;
    struct yc_template_options o = fresh.options;
    o.coinbase_tag = yc_view(tag, sizeof tag);
    assert_int_equal(yc_template_build(&t, fresh.chain, fresh.pool, &fresh.clock, &o, &err), YC_INVALID);
    assert_non_null(strstr(err.text, "81 bytes"));
    world_release(&fresh);
}

static void n08_the_time_is_never_below_the_least(void **state)
{
    (void)state;
    struct yc_template t;
    struct yc_ancestors a = yc_node_ancestors(yc_chain_tip(w.chain));
    int64_t least = yc_time_min(&w.params, &a);
    build(&t);
    assert_int_equal(t.header.time, w.wall_s);
    assert_int_equal(t.time_min, least);
    yc_template_set_time(&t, w.chain, 0);
    assert_int_equal(t.header.time, least);
    assert_int_equal(yc_get32le(t.block.p + 68), least);
    yc_template_set_time(&t, w.chain, (uint32_t)least + 77);
    assert_int_equal(yc_get32le(t.block.p + 68), least + 77);
    yc_template_release(&t);
    /* The clock was set back: the least time is used, as long as it is not too far ahead. */
    w.wall_s = least - 7000;
    build(&t);
    assert_int_equal(t.header.time, least);
    yc_template_release(&t);
    w.wall_s = least - 8000;
    struct yc_error err;
    assert_int_equal(yc_template_build(&t, w.chain, w.pool, &w.clock, &w.options, &err), YC_NOT_YET);
    assert_non_null(strstr(err.text, "clock"));
}

static void n08_the_first_block_of_a_period_keeps_bip54(void **state)
{
    (void)state;
    struct yc_template t;
    /* The last block of the period lies ahead of the others; the clock then goes back. */
    mine(&w, 143 - 115 - 1);
    w.wall_s += 6000;
    mine(&w, 1);
    assert_int_equal(yc_chain_tip(w.chain)->height, 143);
    uint32_t parent = yc_chain_tip(w.chain)->time;
    w.wall_s = (int64_t)parent - 7199;
    build(&t);
    assert_true(t.header.time >= parent - 7200);
    yc_template_release(&t);
    mine(&w, 1);
    assert_int_equal(yc_chain_tip(w.chain)->height, 144);
}

static void m01_what_cannot_be_mined_is_dropped_not_the_template(void **state)
{
    (void)state;
    struct tx good, bad, child;
    int64_t a, b;
    struct yc_template t;
    split_coin(&good, 1, &a, 1, 1000);
    split_coin(&bad, 2, &b, 1, 5000);
    make_split(&child, output_of(&bad, 0), b - 5000, 1, 5000);
    expect_taken(&w, &good);
    expect_taken(&w, &bad);
    expect_taken(&w, &child);
    /* A block spends the coin and the pool does not hear of it, as by a bug of ours. */
    struct tx rival;
    struct yc_pool *deaf = w.pool;
    split_coin(&rival, 2, &b, 1, 7000);
    w.pool = NULL;
    mine_of(&w, (struct yc_view[]){raw_of(&rival)}, 1);
    w.pool = deaf;
    build(&t);
    assert_int_equal(t.tx_count, 1);
    assert_true(yc_txid_equal(&t.tx[0].txid, &good.txid));
    assert_string_equal(w.told, "+++uu");
    assert_non_null(strstr(w.logged, "cannot be mined"));
    check_block(&t);
    yc_template_release(&t);
    check(&w);
}

static void a_template_outlives_changes_of_the_pool(void **state)
{
    (void)state;
    struct tx a;
    int64_t value;
    struct yc_template t;
    split_coin(&a, 1, &value, 1, 1000);
    expect_taken(&w, &a);
    build(&t);
    yc_pool_remove(w.pool, &a.txid, YC_POOL_EXPIRED);
    assert_int_equal(t.tx[0].raw.n, a.n);
    assert_memory_equal(t.tx[0].raw.p, a.bytes, a.n);
    yc_template_release(&t);
}

static void a_list_is_taken_as_it_is_or_refused(void **state)
{
    (void)state;
    struct tx a, b;
    int64_t value;
    struct yc_template t;
    struct yc_reject why;
    struct yc_error err;
    split_coin(&a, 1, &value, 1, 1000);
    make_split(&b, output_of(&a, 0), value - 1000, 1, 0);
    struct yc_view list[2] = {raw_of(&a), raw_of(&b)};
    assert_int_equal(yc_template_build_of(&t, w.chain, &w.clock, &w.options, list, 2, &why, &err), YC_VALID);
    assert_int_equal(t.tx_count, 2);
    check_block(&t);
    yc_template_release(&t);
    struct yc_view wrong[2] = {list[1], list[0]};
    assert_int_equal(yc_template_build_of(&t, w.chain, &w.clock, &w.options, wrong, 2, &why, &err), YC_INVALID);
    assert_string_equal(err.text, "bad-txns-inputs-missingorspent");
    assert_int_equal(why.tx, 1);
    wrong[0] = yc_view("x", 1);
    assert_int_equal(yc_template_build_of(&t, w.chain, &w.clock, &w.options, wrong, 1, &why, &err), YC_INVALID);
}

static void solving_tries_no_more_than_it_may(void **state)
{
    (void)state;
    uint8_t header[80] = {0};
    uint64_t tried = 0;
    yc_put32le(header + 72, 0x1d00ffff);
    assert_false(yc_template_solve(header, 100, &tried));
    assert_int_equal(tried, 100);
    yc_put32le(header + 76, UINT32_MAX - 10);
    tried = 0;
    assert_false(yc_template_solve(header, 1000, &tried));
    assert_true(tried >= 11 && tried < 1000);
    yc_put32le(header + 72, 0x207fffff);
    yc_put32le(header + 76, 0);
    tried = 0;
    assert_true(yc_template_solve(header, 1000, &tried));
    assert_int_equal(yc_get32le(header + 76), tried - 1);
    uint8_t hash[32];
    yc_sha256d(hash, header, 80);
    assert_true(hash[31] < 0x80);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_empty_pool_makes_an_empty_block),
        T(packages_are_chosen_by_what_they_pay_together),
        cmocka_unit_test(witnesses_wait_for_segwit),
        T(two_parents_are_two_depends),
        T(n03_a_full_block_reaches_its_limit),
        T(n02_limits_and_reserves_of_any_size),
        T(a_large_coinbase_makes_its_own_room),
        T(the_sigop_limit_is_kept),
        cmocka_unit_test(coinbase_forms),
        T(n08_the_time_is_never_below_the_least),
        T(n08_the_first_block_of_a_period_keeps_bip54),
        T(m01_what_cannot_be_mined_is_dropped_not_the_template),
        T(a_template_outlives_changes_of_the_pool),
        T(a_list_is_taken_as_it_is_or_refused),
        cmocka_unit_test(solving_tries_no_more_than_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
