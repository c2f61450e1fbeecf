/* libycoin-consensus beside consensus/ itself: blocks and transactions of the bench get the same verdict from both. */
#include "consensus/public/ycoin_consensus.h"
#include "consensus/script/script.h"
#include "unit/consensus/support/bench.h"

#include <stdlib.h>

#define PARENT 300

struct state {
    struct bench *b;
    struct ycoin_context *context;
    struct ycoin_parent parent;
    struct ycoin_coins coins;
    unsigned spent, made;
    struct ycoin_reason why;
};

static int ancestor(void *user, uint32_t height, struct ycoin_ancestor *out)
{
    const struct state *s = user;
    const struct yc_ancestor *a = &s->b->ancestor[height];
    *out = (struct ycoin_ancestor){a->time, a->bits, a->version};
    return 1;
}

static int get(void *user, const uint8_t txid32[32], uint32_t index, struct ycoin_coin *out)
{
    const struct state *s = user;
    struct yc_outpoint at = {.index = index};
    memcpy(at.txid.b, txid32, 32);
    const struct yc_coin *coin = yc_map_get(&s->b->coin_map, &at);
    if (coin)
        *out = (struct ycoin_coin){coin->value_sat, coin->height, coin->coinbase, coin->script.p, coin->script.n};
    return coin ? 1 : 0;
}

static void spent(void *user, const uint8_t txid32[32], uint32_t index)
{
    (void)txid32;
    (void)index;
    ((struct state *)user)->spent++;
}

static void made(void *user, const uint8_t txid32[32], uint32_t index, const struct ycoin_coin *coin)
{
    (void)txid32;
    (void)index;
    (void)coin;
    ((struct state *)user)->made++;
}

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->b = bench_new(PARENT);
    s->context = ycoin_context_new();
    assert_non_null(s->context);
    s->parent = (struct ycoin_parent){.height = PARENT, .ancestor = ancestor, .user = s};
    s->coins = (struct ycoin_coins){get, spent, made, s};
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct state *s = *state;
    ycoin_context_free(s->context);
    bench_free(s->b);
    free(s);
    return 0;
}

/* Seal the block; the library and the bench must agree on the reason, "" for none. */
static void expect(struct state *s, const char *reject)
{
    struct bench *b = s->b;
    int64_t fees_sat = -1;
    bench_seal(b);
    s->spent = s->made = 0;
    enum ycoin_verdict verdict = ycoin_verify_block(s->context, ycoin_chain_builtin("regtest"), b->raw.p, b->raw.n,
                                                    &s->parent, b->header.time, &s->coins, &fees_sat, &s->why);
    assert_string_equal(s->why.reject, reject);
    enum yc_verdict found = bench_judge(b);
    assert_int_equal(verdict == YCOIN_VALID, found == YC_VALID);
    if (found != YC_VALID) {
        assert_string_equal(s->why.reject, yc_reject_string(b->why.code));
        assert_true(s->why.tx == b->why.tx && s->why.input == b->why.input);
        assert_true(s->spent == 0 && s->made == 0);
    } else {
        assert_int_equal(fees_sat, b->fees_sat);
    }
    bench_undo(b);
}

static void coins_made_and_spent_within_a_block(void **state)
{
    struct state *s = *state;
    struct bench_tx *first = bench_add_spend(s->b, 5000), *second = bench_add(s->b, 1, 1);
    second->in[0].prevout = (struct yc_outpoint){bench_txid(s->b, first), 0};
    second->out[0].value_sat = 4000;
    s->b->tx[0]->out[0].value_sat += 1000;
    expect(s, "");
    assert_true(s->spent == 2 && s->made == 3);
    struct bench_tx *third = bench_add(s->b, 1, 1);
    third->in[0].prevout = second->in[0].prevout;
    expect(s, "bad-txns-inputs-missingorspent");
    assert_int_equal(s->why.tx, 3);
}

static void the_first_script_that_fails_is_named(void **state)
{
    struct state *s = *state;
    for (int i = 0; i < 3; i++) {
        struct bench_tx *t = bench_add_spend(s->b, 5000);
        if (i > 0)
            t->in[0].prevout = bench_coin(s->b, 5000, 1, false, bench_fill(s->b, YC_OP_RETURN, 1));
    }
    expect(s, "block-script-verify-flag-failed");
    assert_true(s->why.tx == 2 && s->why.input == 0);
    assert_string_equal(s->why.script_error, "OP_RETURN");
}

static void coins_are_not_overwritten(void **state)
{
    struct state *s = *state;
    struct yc_outpoint at = {.txid = bench_txid(s->b, s->b->tx[0])};
    struct yc_coin coin = {1, 1, true, bench_op_true()};
    bench_put_coin(s->b, &at, &coin);
    expect(s, "bad-txns-BIP30");
}

/* The transaction alone, with its coins; the chain's rules hold from where they hold. */
static enum ycoin_verdict verify_tx(struct state *s, const struct bench_tx *t, const struct ycoin_chain *chain)
{
    uint8_t raw[30000];
    struct yc_writer w;
    struct ycoin_coin coins[2];
    yc_writer_init(&w, raw, sizeof raw);
    yc_tx_write(&t->tx, true, &w);
    assert_false(w.failed);
    for (uint32_t i = 0; i < t->tx.in_count; i++)
        assert_int_equal(get(s, t->in[i].prevout.txid.b, t->in[i].prevout.index, &coins[i]), 1);
    return ycoin_verify_tx(s->context, chain, raw, w.n, coins, t->tx.in_count, &s->parent, NULL, &s->why);
}

static void expect_tx(struct state *s, const struct bench_tx *t, const struct ycoin_chain *chain, const char *reject)
{
    assert_int_equal(verify_tx(s, t, chain), *reject ? YCOIN_INVALID : YCOIN_VALID);
    assert_string_equal(s->why.reject, reject);
}

static void every_rule_about_a_transaction(void **state)
{
    struct state *s = *state;
    const struct ycoin_chain *regtest = ycoin_chain_builtin("regtest");
    struct ycoin_rules rules;
    ycoin_rules_of(&rules, regtest);
    rules.bip54 = rules.csv = YCOIN_NEVER;
    struct ycoin_chain *old = ycoin_chain_new(&rules, NULL);
    assert_non_null(old);
    struct bench_tx *t = bench_add_spend(s->b, 5000);
    expect_tx(s, t, regtest, "");

    /* BIP 113: the clock is the median time past, before it the block's own time. */
    uint32_t mtp_s = (uint32_t)yc_median_time_past(&s->b->ancestors);
    t->tx.lock_time = mtp_s;
    expect_tx(s, t, regtest, "bad-txns-nonfinal");
    expect_tx(s, t, old, "");
    t->tx.lock_time = 0;

    /* BIP 68 */
    t->in[0].sequence = 0xffff;
    expect_tx(s, t, regtest, "bad-txns-nonfinal");
    expect_tx(s, t, old, "");
    t->in[0].sequence = YC_SEQUENCE_FINAL;

    /* BIP 54: 64 bytes, and 2500 operations. */
    t->in[0].script_sig = bench_fill(s->b, YC_OP_NOP, 4);
    t->out[0].script = YC_VIEW_EMPTY;
    expect_tx(s, t, regtest, "bad-txns-stripped-size-64");
    expect_tx(s, t, old, "");
    t->in[0].script_sig = YC_VIEW_EMPTY;
    t->in[0].prevout = bench_coin(s->b, 5000, 1, false, bench_fill(s->b, YC_OP_CHECKSIG, 2501));
    expect_tx(s, t, regtest, "bad-txns-legacy-sigops");
    expect_tx(s, t, old, "block-script-verify-flag-failed");
    t->out[0].script = bench_fill(s->b, YC_OP_CHECKSIG, 20001);
    expect_tx(s, t, old, "bad-blk-sigops");
    ycoin_chain_free(old);
}

/* The allocator of the process, which the linker puts in the way: allocation fail_at and all after it fail. */
static size_t allocations, fail_at;

void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__real_calloc(size_t count, size_t n);
void *__wrap_calloc(size_t count, size_t n);

static bool refused(void)
{
    return fail_at && ++allocations >= fail_at;
}

void *__wrap_realloc(void *p, size_t n)
{
    return refused() ? NULL : __real_realloc(p, n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return refused() ? NULL : __real_calloc(count, n);
}

/* Whichever allocation is the one that fails, nobody is blamed, and the next call is as good as the first. */
static void memory_may_end_at_any_allocation(void **state)
{
    struct state *s = *state;
    struct bench *b = s->b;
    unsigned failures = 0;
    for (int i = 0; i < 40; i++)
        bench_add_spend(b, 5000);
    bench_seal(b);
    for (size_t n = 1;; n++) {
        allocations = 0;
        fail_at = n;
        struct ycoin_context *context = ycoin_context_new();
        enum ycoin_verdict verdict = YCOIN_ERROR;
        if (context)
            verdict = ycoin_verify_block(context, ycoin_chain_builtin("regtest"), b->raw.p, b->raw.n, &s->parent,
                                         b->header.time, &s->coins, NULL, &s->why);
        fail_at = 0;
        if (context && verdict != YCOIN_VALID) {
            assert_int_equal(verdict, YCOIN_ERROR);
            assert_non_null(strstr(s->why.detail, "memory"));
            assert_int_equal(ycoin_verify_block(context, ycoin_chain_builtin("regtest"), b->raw.p, b->raw.n, &s->parent,
                                                b->header.time, &s->coins, NULL, &s->why),
                             YCOIN_VALID);
        }
        ycoin_context_free(context);
        if (verdict == YCOIN_VALID)
            break;
        failures++;
        assert_true(n < 100);
    }
    assert_true(failures > 4);
    struct ycoin_rules rules;
    const char *cause = NULL;
    ycoin_rules_of(&rules, ycoin_chain_builtin("main"));
    fail_at = 1;
    assert_null(ycoin_chain_new(&rules, &cause));
    fail_at = 0;
    assert_non_null(strstr(cause, "memory"));
}

/* The same for a transaction whose inputs need room. */
static void memory_may_end_in_a_transaction(void **state)
{
    struct state *s = *state;
    static struct ycoin_coin coins[4000];
    static struct ycoin_output outputs[4000];
    static uint8_t raw[200000];
    static const uint8_t op_true[] = {YC_OP_1};
    struct bench_tx *t = bench_tx(s->b, 4000, 1);
    struct yc_writer w;
    for (uint32_t i = 0; i < 4000; i++) {
        t->in[i].prevout.index = i;
        coins[i] = (struct ycoin_coin){.value_sat = 1, .height = 1, .script = op_true, .script_size = 1};
        outputs[i] = (struct ycoin_output){1, op_true, 1};
    }
    yc_writer_init(&w, raw, sizeof raw);
    yc_tx_write(&t->tx, true, &w);
    assert_false(w.failed);
    unsigned failures = 0;
    for (int what = 0; what < 2; what++) {
        enum ycoin_verdict verdict;
        size_t n = 0;
        do {
            struct ycoin_context *context = ycoin_context_new();
            assert_non_null(context);
            allocations = 0;
            fail_at = ++n;
            verdict = what ? ycoin_verify_tx(context, ycoin_chain_builtin("regtest"), raw, w.n, coins, 4000, &s->parent,
                                             NULL, &s->why)
                           : ycoin_verify_script(context, raw, w.n, 3999, outputs, 4000, YCOIN_SCRIPT_ALL, &s->why);
            fail_at = 0;
            ycoin_context_free(context);
            assert_true(verdict == YCOIN_VALID || (verdict == YCOIN_ERROR && strstr(s->why.detail, "memory")));
            failures += verdict != YCOIN_VALID;
        } while (verdict != YCOIN_VALID && n < 100);
        assert_int_equal(verdict, YCOIN_VALID);
    }
    assert_true(failures > 3);
}

/* A rule of each stage: the header, the block alone, its place, its coins. */
static void rules_of_every_stage(void **state)
{
    struct state *s = *state;
    struct bench *b = s->b;
    b->header.time = (uint32_t)yc_median_time_past(&b->ancestors);
    bench_seal(b);
    assert_int_equal(ycoin_verify_block(s->context, ycoin_chain_builtin("regtest"), b->raw.p, b->raw.n, &s->parent,
                                        2000000000, &s->coins, NULL, &s->why),
                     YCOIN_INVALID);
    assert_string_equal(s->why.reject, "time-too-old");
    bench_block(b);
    b->tx[0]->in[0].script_sig = bench_fill(b, BENCH_OP_TRUE, 101);
    expect(s, "bad-cb-length");
    bench_block(b);
    b->tx[0]->tx.lock_time--;
    expect(s, "bad-cb-locktime");
    bench_block(b);
    bench_witness(b, bench_add_spend(b, 5000), 0, bench_fill(b, 1, 1));
    expect(s, "unexpected-witness");
    bench_block(b);
    b->tx[0]->out[0].value_sat++;
    expect(s, "bad-cb-amount");
    bench_block(b);
    expect(s, "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(coins_made_and_spent_within_a_block),
        T(the_first_script_that_fails_is_named),
        T(coins_are_not_overwritten),
        T(every_rule_about_a_transaction),
        T(memory_may_end_at_any_allocation),
        T(memory_may_end_in_a_transaction),
        T(rules_of_every_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
