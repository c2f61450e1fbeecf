/* yc_block_connect() as the authority: whatever earlier stages said, a block that breaks a rule about coins is refused
 * here. Each test bends one thing of a valid block. */
#include "unit/consensus/support/bench.h"

#include <stdlib.h>

#define PARENT 300

static int set_up(void **state)
{
    *state = bench_new(PARENT);
    return 0;
}

static int tear_down(void **state)
{
    bench_free(*state);
    return 0;
}

static void valid_spend_pays_its_fee_to_the_coinbase(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->out[0].value_sat = 4000;
    b->tx[0]->out[0].value_sat += 1000;
    bench_expect_valid(b);
    assert_int_equal(b->fees_sat, 1000);
    assert_int_equal(b->check_count, 1);
    assert_int_equal(b->spent.count, 1);
    assert_int_equal(b->spent.coin[0].value_sat, 5000);
}

/* C40 */
static void coinbase_may_claim_exactly_subsidy_and_fees(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000)->out[0].value_sat = 4000;
    b->tx[0]->out[0].value_sat += 1001;
    bench_expect(b, YC_REJ_BLOCK_CB_AMOUNT);
}

static void coinbase_may_claim_less(void **state)
{
    struct bench *b = *state;
    b->tx[0]->out[0].value_sat = 0;
    bench_expect_valid(b);
}

/* C40, C09: the second spend of a coin finds it gone, whichever transactions they are in. */
static void coin_is_spent_twice_in_a_block(void **state)
{
    struct bench *b = *state;
    struct bench_tx *first = bench_add_spend(b, 5000), *second = bench_add(b, 1, 1);
    second->in[0].prevout = first->in[0].prevout;
    second->out[0].value_sat = 1;
    bench_expect(b, YC_REJ_TX_INPUTS_MISSING);
    assert_int_equal(b->why.tx, 2);
    assert_int_equal(b->why.input, 0);
}

/* C09: even were yc_tx_check() skipped, the connection itself finds the coin gone. */
static void duplicate_input_is_found_without_the_check(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 2, 1);
    t->in[0].prevout = t->in[1].prevout = bench_coin(b, 5000, 1, false, bench_op_true());
    bench_seal(b);
    assert_int_equal(bench_connect(b), YC_INVALID);
    assert_int_equal(b->why.code, YC_REJ_TX_INPUTS_MISSING);
    assert_int_equal(b->why.input, 1);
}

static void missing_coin(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->in[0].prevout.index++;
    bench_expect(b, YC_REJ_TX_INPUTS_MISSING);
}

/* C40: made and spent in one block, in this order only. */
static void output_of_the_same_block_is_spent_later(void **state)
{
    struct bench *b = *state;
    struct bench_tx *maker = bench_add_spend(b, 5000), *spender = bench_add(b, 1, 1);
    spender->in[0].prevout.txid = bench_txid(b, maker);
    spender->in[0].prevout.index = 0;
    spender->out[0].value_sat = 5000;
    bench_expect_valid(b);
    assert_int_equal(b->spent.count, 2);
    assert_int_equal(b->spent.coin[1].height, bench_height(b));
}

static void output_of_the_same_block_is_spent_too_early(void **state)
{
    struct bench *b = *state;
    struct bench_tx *maker = bench_add_spend(b, 5000), *spender = bench_add(b, 1, 1);
    spender->in[0].prevout.txid = bench_txid(b, maker);
    spender->in[0].prevout.index = 0;
    b->tx[1] = spender;
    b->tx[2] = maker;
    bench_expect(b, YC_REJ_TX_INPUTS_MISSING);
}

static void coinbase_of_the_same_block_is_spent(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 1);
    t->in[0].prevout.txid = bench_txid(b, b->tx[0]);
    t->in[0].prevout.index = 0;
    bench_expect(b, YC_REJ_TX_PREMATURE_COINBASE);
}

/* C40: a coinbase may be spent in the hundredth block after it, not in the ninety-ninth. */
static void coinbase_matures(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 1);
    t->in[0].prevout = bench_coin(b, 5000, bench_height(b) - 99, true, bench_op_true());
    bench_expect(b, YC_REJ_TX_PREMATURE_COINBASE);
    t->in[0].prevout = bench_coin(b, 5000, bench_height(b) - 100, true, bench_op_true());
    bench_expect_valid(b);
}

/* C40, C01: more out than in. */
static void more_out_than_in(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000)->out[0].value_sat = 5001;
    bench_expect(b, YC_REJ_TX_IN_BELOWOUT);
    assert_int_equal(b->why.tx, 1);
}

/* C01, C42: sums of coins that no honest chain has. */
static void inputs_out_of_range(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 2, 1);
    t->in[0].prevout = bench_coin(b, YC_MONEY_MAX, 1, false, bench_op_true());
    t->in[1].prevout = bench_coin(b, 1, 1, false, bench_op_true());
    bench_expect(b, YC_REJ_TX_INPUTVALUES_OUTOFRANGE);
    assert_int_equal(b->why.input, 1);
}

static void fees_out_of_range(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, YC_MONEY_MAX)->out[0].value_sat = 0;
    bench_add_spend(b, 1)->out[0].value_sat = 0;
    bench_expect(b, YC_REJ_BLOCK_FEES_OUTOFRANGE);
    assert_int_equal(b->why.tx, 2);
}

/* C38: the sum of outputs is checked here too, not only by yc_tx_check(). */
static void outputs_out_of_range_without_the_check(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 2);
    t->in[0].prevout = bench_coin(b, 5000, 1, false, bench_op_true());
    t->out[0].value_sat = t->out[1].value_sat = INT64_C(0x7ffffffffff863af);
    bench_seal(b);
    assert_int_equal(bench_connect(b), YC_INVALID);
    assert_int_equal(b->why.code, YC_REJ_TX_FEE_OUTOFRANGE);
}

static void coinbase_outputs_that_wrap_do_not_pass(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = b->tx[0];
    t->out = yc_arena_take_array(&b->arena, 2, sizeof *t->out);
    t->tx.out = t->out;
    t->tx.out_count = 2;
    t->out[0] = t->out[1] = (struct yc_txout){INT64_C(0x7ffffffffff863af), bench_op_true()};
    bench_seal(b);
    assert_int_equal(bench_connect(b), YC_INVALID);
    assert_int_equal(b->why.code, YC_REJ_BLOCK_CB_AMOUNT);
}

/* C05: a coinbase whose coins are still unspent must not be made again, even where ids are unique by rule. */
static void coinbase_may_not_overwrite_a_coin(void **state)
{
    struct bench *b = *state;
    struct yc_outpoint at = {.txid = bench_txid(b, b->tx[0])};
    struct yc_coin coin = {1, 1, true, bench_op_true()};
    bench_put_coin(b, &at, &coin);
    bench_expect(b, YC_REJ_BLOCK_BIP30);
}

static void make_old_copy_of(struct bench *b, const struct bench_tx *t)
{
    struct yc_outpoint at = {.txid = bench_txid(b, t)};
    struct yc_coin coin = {1, 1, true, bench_op_true()};
    bench_put_coin(b, &at, &coin);
}

/* BIP 30 on a chain that came to know BIP 34 late: every transaction is looked up. */
static void no_transaction_may_overwrite_a_coin(void **state)
{
    struct bench *b = *state;
    b->params.rules.bip34 = 100;
    b->params.rules.bip54 = YC_NEVER;
    make_old_copy_of(b, bench_add_spend(b, 5000));
    bench_expect(b, YC_REJ_BLOCK_BIP30);
    assert_int_equal(b->why.tx, 1);
}

static void listed_block_may_overwrite(void **state)
{
    struct bench *b = *state;
    b->params.rules.bip34 = b->params.rules.bip54 = YC_NEVER;
    make_old_copy_of(b, b->tx[0]);
    bench_seal(b);
    b->params.bip30_repeat_count = 1;
    b->params.bip30_repeats[0] = (struct yc_bip30_exception){bench_height(b), b->block.hash};
    assert_int_equal(bench_judge(b), YC_VALID);
    b->params.bip30_repeats[0].height++;
    assert_int_equal(bench_judge(b), YC_INVALID);
    assert_int_equal(b->why.code, YC_REJ_BLOCK_BIP30);
}

static void unspendable_outputs_make_no_coins(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->out[0].value_sat = 0;
    t->out[0].script = bench_fill(b, 0x6a, 1);
    size_t before = b->coin_map.count;
    bench_expect_valid(b);
    /* One was spent; only the coinbase's was made. */
    assert_int_equal(b->coin_map.count, before);
    struct yc_outpoint at = {.txid = bench_txid(b, t)};
    assert_int_equal(b->coins.has(b->coins.ctx, &at), YC_NOT_YET);
}

static void coin_remembers_where_it_was_made(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    bench_expect_valid(b);
    struct yc_outpoint at[2] = {{.txid = bench_txid(b, b->tx[0])}, {.txid = bench_txid(b, t)}};
    struct yc_coin coin;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(b->coins.spend(b->coins.ctx, &at[i], &coin), YC_VALID);
        assert_int_equal(coin.coinbase, i == 0);
        assert_int_equal(coin.height, bench_height(b));
    }
}

/* C39 */
static void spent_coins_are_in_input_order(void **state)
{
    struct bench *b = *state;
    struct bench_tx *a = bench_add(b, 5, 1), *c = bench_add(b, 3, 1);
    for (uint32_t i = 0; i < 5; i++)
        a->in[4 - i].prevout = bench_coin(b, 100 + i, 10 + i, false, bench_op_true());
    c->in[1].prevout = (struct yc_outpoint){bench_txid(b, a), 0};
    c->in[0].prevout = bench_coin(b, 200, 20, false, bench_op_true());
    c->in[2].prevout = bench_coin(b, 202, 22, false, bench_op_true());
    bench_expect_valid(b);
    static const int64_t expected_sat[8] = {104, 103, 102, 101, 100, 200, 0, 202};
    assert_int_equal(b->spent.count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(b->spent.coin[i].value_sat, expected_sat[i]);
    assert_int_equal(b->check_count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct yc_script_check *check = &b->check[i];
        assert_int_equal(check->tx, i < 5 ? 1 : 2);
        assert_int_equal(check->input, i < 5 ? i : i - 5);
        assert_int_equal(check->spend->spent[check->input].value_sat, expected_sat[i]);
    }
}

/* C55: without a sink scripts are skipped, and nothing else is. */
static void assumed_valid_blocks_obey_every_other_rule(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 1);
    t->in[0].prevout = bench_coin(b, 5000, 1, false, bench_fill(b, 0x00, 1));
    t->out[0].value_sat = 5000;
    b->skip_scripts = true;
    bench_expect_valid(b);
    b->skip_scripts = false;
    bench_expect(b, YC_REJ_BLOCK_SCRIPT);
    assert_int_equal(b->why.script_error, YC_SCRIPT_ERR_EVAL_FALSE);
    assert_int_equal(b->why.tx, 1);
    b->skip_scripts = true;
    t->out[0].value_sat = 5001;
    bench_expect(b, YC_REJ_TX_IN_BELOWOUT);
}

/* BIP 68 by height: a coin of height h with a lock of n may be spent in block h + n. */
static void relative_lock_by_height(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 1);
    t->in[0].prevout = bench_coin(b, 5000, bench_height(b) - 10, false, bench_op_true());
    t->in[0].sequence = 11;
    bench_expect(b, YC_REJ_BLOCK_TX_NONFINAL);
    t->in[0].sequence = 10;
    bench_expect_valid(b);
}

/* BIP 68 by time: counted from the median time past of the block before the coin's. */
static void relative_lock_by_time(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 1);
    uint32_t made_at = 100;
    int64_t passed_s = yc_median_time_past(&b->ancestors) - yc_median_time_past_at(&b->ancestors, made_at - 1);
    uint32_t units = (uint32_t)(passed_s / 512);
    t->in[0].prevout = bench_coin(b, 5000, made_at, false, bench_op_true());
    t->in[0].sequence = YC_SEQUENCE_TIME | (units + 1);
    bench_expect(b, YC_REJ_BLOCK_TX_NONFINAL);
    t->in[0].sequence = YC_SEQUENCE_TIME | units;
    bench_expect_valid(b);
}

static void relative_lock_by_time_is_exact_to_the_second(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 1);
    t->in[0].sequence = YC_SEQUENCE_TIME | 3;
    /* The median of the last eleven is block 295's; that of the eleven before block 100 is block 94's. */
    b->ancestor[295].time = b->ancestor[94].time + 3 * 512;
    for (uint32_t h = 296; h <= PARENT; h++)
        b->ancestor[h].time = b->ancestor[295].time + h;
    for (uint32_t h = 290; h < 295; h++)
        b->ancestor[h].time = b->ancestor[94].time;
    t->in[0].prevout = bench_coin(b, 5000, 100, false, bench_op_true());
    bench_expect_valid(b);
    b->ancestor[295].time--;
    bench_expect(b, YC_REJ_BLOCK_TX_NONFINAL);
}

/* C20: version 0xffffffff is 4294967295, not -1, and so under BIP 68; versions 0 and 1 are not. */
static void relative_locks_bind_from_version_2_unsigned(void **state)
{
    static const struct {
        uint32_t version;
        bool bound;
    } cases[] = {{0, false}, {1, false}, {2, true}, {0x7fffffff, true}, {0x80000000, true}, {0xffffffff, true}};
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench_block(b);
        struct bench_tx *t = bench_add(b, 1, 1);
        t->tx.version = cases[i].version;
        t->in[0].prevout = bench_coin(b, 5000, bench_height(b) - 10, false, bench_op_true());
        t->in[0].sequence = 11;
        bench_seal(b);
        assert_int_equal(bench_judge(b), cases[i].bound ? YC_INVALID : YC_VALID);
    }
}

/* A coin of the mempool has the height of the block to come; one from beyond that cannot be judged and stays locked. */
static void relative_lock_of_an_unconfirmed_coin(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 1);
    struct yc_coin coin = {5000, bench_height(b), false, bench_op_true()};
    struct yc_tx_coins coins = {&t->tx, &coin};
    t->in[0].sequence = 0;
    assert_true(yc_tx_sequence_locks_ok(&coins, &b->ancestors));
    t->in[0].sequence = 1;
    assert_false(yc_tx_sequence_locks_ok(&coins, &b->ancestors));
    t->in[0].sequence = YC_SEQUENCE_TIME;
    assert_true(yc_tx_sequence_locks_ok(&coins, &b->ancestors));
    t->in[0].sequence = YC_SEQUENCE_TIME | 1;
    assert_false(yc_tx_sequence_locks_ok(&coins, &b->ancestors));
    coin.height++;
    t->in[0].sequence = YC_SEQUENCE_TIME;
    assert_false(yc_tx_sequence_locks_ok(&coins, &b->ancestors));
}

static void disabled_relative_lock(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->in[0].sequence = YC_SEQUENCE_DISABLE | 0xffff;
    bench_expect_valid(b);
}

static void relative_locks_wait_for_their_activation(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->in[0].sequence = 0xffff;
    b->params.rules.csv = bench_height(b) + 1;
    bench_expect_valid(b);
}

/* C04: n signature operations in the spending transaction's outputs cost 4 each. */
static void sigop_cost_is_exact(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000)->out[0].script = bench_fill(b, 0xac, 20000);
    bench_expect_valid(b);
    bench_block(b);
    bench_add_spend(b, 5000)->out[0].script = bench_fill(b, 0xac, 20001);
    bench_expect(b, YC_REJ_BLOCK_SIGOPS);
}

/* C04: P2SH operations count 4 each and are seen only when coins are known. */
static void p2sh_sigops_are_counted_on_connection(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    static const uint8_t p2sh[23] = {0xa9, 0x14, [22] = 0x87};
    b->params.rules.bip54 = YC_NEVER;
    t->out[0].script = bench_fill(b, 0xac, 19500);
    t->in[0].prevout = bench_coin(b, 5000, 1, false, bench_bytes(b, p2sh, sizeof p2sh));
    /* A redeem script of 501 operations: a push of 501 bytes. */
    uint8_t script_sig[504] = {0x4d, 0xf5, 0x01};
    memset(script_sig + 3, 0xac, 501);
    t->in[0].script_sig = bench_bytes(b, script_sig, sizeof script_sig);
    bench_seal(b);
    assert_int_equal(bench_check(b), YC_VALID);
    assert_int_equal(bench_connect(b), YC_INVALID);
    assert_int_equal(b->why.code, YC_REJ_BLOCK_SIGOPS);
}

/* C14, BIP 54: 2500 operations in one transaction's inputs are allowed. */
static void legacy_sigops_of_a_transaction(void **state)
{
    struct bench *b = *state;
    b->skip_scripts = true;
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->in[0].prevout = bench_coin(b, 5000, 1, false, bench_fill(b, 0xac, 2500));
    bench_expect_valid(b);
    t->in[0].prevout = bench_coin(b, 5000, 2, false, bench_fill(b, 0xac, 2501));
    bench_expect(b, YC_REJ_TX_LEGACY_SIGOPS);
    b->params.rules.bip54 = bench_height(b) + 1;
    bench_expect_valid(b);
}

static void genesis_makes_no_coins(void **state)
{
    struct bench *b = *state;
    uint8_t raw[1024];
    /* As Bitcoin's: 50 coins that look as if they could be spent. */
    b->params.genesis.value_sat = 50 * YC_COIN;
    b->params.genesis.output_script[0] = BENCH_OP_TRUE;
    size_t n = yc_genesis_write(&b->params, raw, sizeof raw);
    struct yc_block genesis;
    assert_int_equal(yc_block_parse(&genesis, yc_view(raw, n), &b->arena, &b->why), YC_VALID);
    struct yc_connect c = {.params = &b->params, .hash = &genesis.hash, .coins = &b->coins, .arena = &b->arena};
    assert_int_equal(yc_block_connect(&genesis, &c, &b->spent, NULL, &b->why), YC_VALID);
    assert_int_equal(b->coin_map.count, 0);
    assert_int_equal(b->spent.count, 0);
}

static enum yc_verdict broken_spend(void *ctx, const struct yc_outpoint *at, struct yc_coin *out)
{
    (void)ctx;
    (void)at;
    (void)out;
    return YC_SYSTEM;
}

static enum yc_verdict broken_has(void *ctx, const struct yc_outpoint *at)
{
    (void)ctx;
    (void)at;
    return YC_SYSTEM;
}

static enum yc_verdict broken_add(void *ctx, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    (void)ctx;
    (void)at;
    (void)coin;
    return YC_SYSTEM;
}

static enum yc_verdict broken_take(void *ctx, const struct yc_script_check *check)
{
    (void)ctx;
    (void)check;
    return YC_SYSTEM;
}

/* C11: a failure of ours says nothing about the block. */
static void failing_coins_are_our_failure(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000);
    bench_seal(b);
    const struct yc_coins good = b->coins;
    for (int i = 0; i < 3; i++) {
        b->coins = good;
        if (i == 0)
            b->coins.spend = broken_spend;
        else if (i == 1)
            b->coins.has = broken_has;
        else
            b->coins.add = broken_add;
        assert_int_equal(bench_connect(b), YC_SYSTEM);
        assert_int_equal(b->why.code, YC_REJ_NONE);
        assert_int_not_equal(b->why.system, YC_SYSTEM_NONE);
    }
}

static void failing_sink_is_our_failure(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000);
    bench_seal(b);
    b->sink.take = broken_take;
    assert_int_equal(bench_connect(b), YC_SYSTEM);
    assert_int_equal(b->why.code, YC_REJ_NONE);
}

static void flags_follow_activation_and_exceptions(void **state)
{
    struct bench *b = *state;
    struct yc_chain_params *p = &b->params;
    struct yc_block_hash hash = {{1}}, other = {{2}};
    assert_int_equal(yc_script_flags_at(p, 1, &hash), YC_SCRIPT_FLAGS_CONSENSUS);
    assert_int_equal(yc_script_flags_at(p, 0, &hash), 0);
    p->rules.bip66 = 10;
    p->rules.bip65 = 11;
    p->rules.csv = 12;
    p->rules.segwit = 13;
    uint32_t base = YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS | YC_SCRIPT_TAPROOT;
    assert_int_equal(yc_script_flags_at(p, 9, &hash), base);
    assert_int_equal(yc_script_flags_at(p, 10, &hash), base | YC_SCRIPT_DERSIG);
    assert_int_equal(yc_script_flags_at(p, 11, &hash), base | YC_SCRIPT_DERSIG | YC_SCRIPT_CHECKLOCKTIMEVERIFY);
    assert_int_equal(yc_script_flags_at(p, 12, &hash), YC_SCRIPT_FLAGS_CONSENSUS & ~(uint32_t)YC_SCRIPT_NULLDUMMY);
    assert_int_equal(yc_script_flags_at(p, 13, &hash), YC_SCRIPT_FLAGS_CONSENSUS);
    p->flag_exception_count = 1;
    p->flag_exceptions[0] = (struct yc_flag_exception){hash, YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS};
    assert_int_equal(yc_script_flags_at(p, 9, &hash), YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS);
    assert_int_equal(yc_script_flags_at(p, 10, &hash), YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS | YC_SCRIPT_DERSIG);
    assert_int_equal(yc_script_flags_at(p, 9, &other), base);
}

/* BIP 30: the exception is for one block: its height and its hash. The first transaction is looked at like the others. */
static void another_block_of_the_listed_height_may_not_overwrite(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000);
    bench_add_spend(b, 5000);
    b->params.rules.bip34 = b->params.rules.bip54 = YC_NEVER;
    bench_seal(b);
    make_old_copy_of(b, b->tx[0]);
    b->params.bip30_repeat_count = 1;
    b->params.bip30_repeats[0] = (struct yc_bip30_exception){bench_height(b), b->block.hash};
    assert_int_equal(bench_connect(b), YC_VALID);
    b->params.bip30_repeats[0].block.b[0] ^= 1;
    assert_int_equal(bench_connect(b), YC_INVALID);
    assert_true(b->why.code == YC_REJ_BLOCK_BIP30 && b->why.tx == 0);
    b->params.bip30_repeats[0] = (struct yc_bip30_exception){bench_height(b) + 1, b->block.hash};
    assert_int_equal(bench_connect(b), YC_INVALID);
}

/* C04: the coinbase's own operations are counted before any coin is made. */
static void sigops_of_the_coinbase_count(void **state)
{
    struct bench *b = *state;
    b->tx[0]->out[0].script = bench_fill(b, 0xac, 20001);
    bench_seal(b);
    assert_int_equal(bench_connect_coins(b), YC_INVALID);
    assert_true(b->why.code == YC_REJ_BLOCK_SIGOPS && b->why.tx == 0);
    assert_int_equal(b->change_count, 0);
}

/* BIP 30: every output is looked up, not the first alone; where BIP 54 holds from the start the coinbase suffices. */
static void any_output_may_be_the_one_overwritten(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 3);
    t->in[0].prevout = bench_coin(b, 5000, 1, false, bench_op_true());
    struct yc_outpoint at = {.txid = bench_txid(b, t), .index = 2};
    struct yc_coin coin = {1, 1, true, bench_op_true()};
    bench_put_coin(b, &at, &coin);
    b->params.rules.bip34 = 100;
    b->params.rules.bip54 = 100;
    bench_expect(b, YC_REJ_BLOCK_BIP30);
    assert_int_equal(b->why.tx, 1);
    b->params.rules.bip54 = 1;
    bench_expect_valid(b);
    b->params.rules.bip54 = 2;
    bench_expect(b, YC_REJ_BLOCK_BIP30);
    b->params.rules.bip34 = 1;
    bench_expect_valid(b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(valid_spend_pays_its_fee_to_the_coinbase),
        T(coinbase_may_claim_exactly_subsidy_and_fees),
        T(coinbase_may_claim_less),
        T(coin_is_spent_twice_in_a_block),
        T(duplicate_input_is_found_without_the_check),
        T(missing_coin),
        T(output_of_the_same_block_is_spent_later),
        T(output_of_the_same_block_is_spent_too_early),
        T(coinbase_of_the_same_block_is_spent),
        T(coinbase_matures),
        T(more_out_than_in),
        T(inputs_out_of_range),
        T(fees_out_of_range),
        T(outputs_out_of_range_without_the_check),
        T(coinbase_outputs_that_wrap_do_not_pass),
        T(coinbase_may_not_overwrite_a_coin),
        T(no_transaction_may_overwrite_a_coin),
        T(listed_block_may_overwrite),
        T(another_block_of_the_listed_height_may_not_overwrite),
        T(sigops_of_the_coinbase_count),
        T(unspendable_outputs_make_no_coins),
        T(coin_remembers_where_it_was_made),
        T(spent_coins_are_in_input_order),
        T(assumed_valid_blocks_obey_every_other_rule),
        T(relative_lock_by_height),
        T(relative_lock_by_time),
        T(relative_lock_by_time_is_exact_to_the_second),
        T(relative_locks_bind_from_version_2_unsigned),
        T(disabled_relative_lock),
        T(relative_lock_of_an_unconfirmed_coin),
        T(relative_locks_wait_for_their_activation),
        T(sigop_cost_is_exact),
        T(p2sh_sigops_are_counted_on_connection),
        T(legacy_sigops_of_a_transaction),
        T(genesis_makes_no_coins),
        T(failing_coins_are_our_failure),
        T(failing_sink_is_our_failure),
        T(flags_follow_activation_and_exceptions),
        T(any_output_may_be_the_one_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
