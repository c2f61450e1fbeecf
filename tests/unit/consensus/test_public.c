/* libycoin-consensus as its header promises: verdicts and reasons, ranges, and who is blamed when a caller fails. Rules
 * themselves are tested below it. */
#include "base/hex.h"
#include "consensus/params.h"
#include "consensus/public/ycoin_consensus.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

struct sample_output {
    int64_t value_sat;
    const char *script_hex;
};

#include "example/samples.h"

#define NOW_S      1795300000
#define RAW_MAX    4096
#define OUTPUT_MAX 9

struct state {
    struct ycoin_context *context;
    const struct ycoin_chain *regtest;
    uint8_t raw[RAW_MAX];
    size_t raw_n;
    uint8_t script[OUTPUT_MAX][64];
    struct ycoin_output output[OUTPUT_MAX];
    struct ycoin_coin coin[OUTPUT_MAX];
    struct ycoin_parent parent;
    struct ycoin_coins coins;
    uint8_t coin_txid[32];
    int get_answer;        /* what get says where it knows the coin */
    uint32_t unknown_from; /* ancestors from this height up are not told */
    uint32_t unknown_at;   /* nor is this one */
    unsigned spent, made;
    struct ycoin_reason why;
};

static int ancestor(void *user, uint32_t height, struct ycoin_ancestor *out)
{
    const struct state *s = user;
    if (height >= s->unknown_from || height == s->unknown_at)
        return 0;
    *out = (struct ycoin_ancestor){1795176000 + 600 * height, 0x207fffff, 4};
    return 1;
}

static int get(void *user, const uint8_t txid32[32], uint32_t index, struct ycoin_coin *out)
{
    const struct state *s = user;
    if (index != 0 || memcmp(txid32, s->coin_txid, 32) != 0)
        return 0;
    *out = s->coin[0];
    return s->get_answer;
}

static void spent(void *user, const uint8_t txid32[32], uint32_t index)
{
    struct state *s = user;
    assert_memory_equal(txid32, s->coin_txid, 32);
    assert_int_equal(index, 0);
    s->spent++;
}

static void made(void *user, const uint8_t txid32[32], uint32_t index, const struct ycoin_coin *coin)
{
    struct state *s = user;
    (void)txid32;
    assert_in_range(index, 0, 1);
    assert_int_equal(coin->height, 102);
    assert_int_equal(coin->coinbase, s->made == 0);
    assert_int_equal(coin->script_size, 34);
    s->made++;
}

static void load(struct state *s, const char *hex)
{
    s->raw_n = strlen(hex) / 2;
    assert_in_range(s->raw_n, 1, RAW_MAX);
    assert_true(yc_hex_read(s->raw, s->raw_n, hex, 2 * s->raw_n));
}

static void load_outputs(struct state *s, const struct sample_output *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(samples[i].script_hex) / 2;
        assert_true(yc_hex_read(s->script[i], n, samples[i].script_hex, 2 * n));
        s->output[i] = (struct ycoin_output){samples[i].value_sat, s->script[i], n};
        s->coin[i] = (struct ycoin_coin){samples[i].value_sat, 50, 0, s->script[i], n};
    }
}

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->context = ycoin_context_new();
    assert_non_null(s->context);
    s->regtest = ycoin_chain_builtin("regtest");
    s->unknown_from = s->unknown_at = UINT32_MAX;
    s->get_answer = 1;
    s->parent = (struct ycoin_parent){.height = 101, .ancestor = ancestor, .user = s};
    s->coins = (struct ycoin_coins){get, spent, made, s};
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct state *s = *state;
    ycoin_context_free(s->context);
    ycoin_context_free(NULL);
    free(s);
    return 0;
}

/* Block 102 of the sample chain, and the coin that it spends. */
static void load_block(struct state *s)
{
    load(s, block_102);
    load_outputs(s, &block_1_output, 1);
    s->coin[0].height = 1;
    s->coin[0].coinbase = 1;
    assert_true(yc_hex_read(s->coin_txid, 32, block_1_txid, 64));
    assert_true(yc_hex_read(s->parent.hash, 32, block_101_hash, 64));
}

static enum ycoin_verdict verify_block(struct state *s, int64_t *fees_sat)
{
    return ycoin_verify_block(s->context, s->regtest, s->raw, s->raw_n, &s->parent, NOW_S, &s->coins, fees_sat,
                              &s->why);
}

static void reasons(void **state)
{
    (void)state;
    int count = ycoin_reject_count(), invalid = 0;
    assert_true(count > 40);
    for (int code = 1; code <= count; code++) {
        assert_true(strlen(ycoin_reject_name(code)) > 3 && strlen(ycoin_reject_what(code)) > 5);
        assert_true(strlen(ycoin_reject_string(code)) > 3);
        assert_in_range(ycoin_reject_verdict(code), YCOIN_INVALID, YCOIN_NOT_YET);
        invalid += ycoin_reject_verdict(code) == YCOIN_INVALID;
    }
    assert_true(invalid > 30 && invalid < count);
    static const int none[] = {0, -1, INT32_MAX};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_true(!ycoin_reject_name(none[i]) && !ycoin_reject_string(none[i]) && !ycoin_reject_what(none[i]));
        assert_int_equal(ycoin_reject_verdict(none[i]), YCOIN_ERROR);
    }
    assert_null(ycoin_reject_name(count + 1));
    assert_string_equal(ycoin_consensus_version(), YC_VERSION);
}

static void rules_survive_the_way_through_a_chain(void **state)
{
    (void)state;
    struct ycoin_rules rules, again;
    memset(&again, 0, sizeof again);
    ycoin_rules_of(&rules, ycoin_chain_builtin("main"));
    rules.flag_exception_count = 1;
    rules.flag_exception[0].flags = YCOIN_SCRIPT_P2SH;
    memset(rules.flag_exception[0].block_hash, 7, 32);
    rules.bip30_exception_count = 1;
    rules.bip30_exception[0].height = 91842;
    memset(rules.bip30_exception[0].block_hash, 8, 32);
    rules.signet_challenge_size = 1;
    rules.signet_challenge[0] = 0x51;
    rules.bip94 = 1;
    const char *cause = NULL;
    struct ycoin_chain *chain = ycoin_chain_new(&rules, &cause);
    assert_non_null(chain);
    assert_string_equal(cause, "");
    ycoin_rules_of(&again, chain);
    assert_memory_equal(again.genesis_hash, rules.genesis_hash, 32);
    assert_true(again.pow_limit_bits == rules.pow_limit_bits && again.spacing_s == rules.spacing_s);
    assert_true(again.retarget == YCOIN_RETARGET_ASERT && again.window == rules.window && again.bip94 == 1);
    assert_true(again.half_life_s == 172800 && again.min_difficulty_after_s == 0);
    assert_true(again.subsidy_initial_sat == 5000000000 && again.subsidy_halving_interval == 210000);
    assert_true(again.bip16 == 1 && again.bip34 == 1 && again.bip65 == 1 && again.bip66 == 1 && again.csv == 1);
    assert_true(again.segwit == 1 && again.taproot == 1 && again.bip54 == 1);
    assert_true(again.flag_exception_count == 1 && again.flag_exception[0].flags == YCOIN_SCRIPT_P2SH);
    assert_memory_equal(again.flag_exception[0].block_hash, rules.flag_exception[0].block_hash, 32);
    assert_true(again.bip30_exception_count == 1 && again.bip30_exception[0].height == 91842);
    assert_memory_equal(again.bip30_exception[0].block_hash, rules.bip30_exception[0].block_hash, 32);
    assert_true(again.signet_challenge_size == 1 && again.signet_challenge[0] == 0x51);
    /* The exception takes the place of the base flags; what has a height of its own still holds. */
    assert_int_equal(ycoin_script_flags(chain, 5, rules.flag_exception[0].block_hash),
                     YCOIN_SCRIPT_ALL & ~(YCOIN_SCRIPT_WITNESS | YCOIN_SCRIPT_TAPROOT));
    assert_int_equal(ycoin_script_flags(chain, 5, rules.genesis_hash), YCOIN_SCRIPT_ALL);
    assert_int_equal(ycoin_subsidy_sat(chain, 210000), 2500000000);
    ycoin_chain_free(chain);
    ycoin_chain_free(NULL);
}

static void expect_no_chain(const struct ycoin_rules *rules, const char *word)
{
    const char *cause = NULL;
    assert_null(ycoin_chain_new(rules, &cause));
    assert_non_null(strstr(cause, word));
    assert_null(ycoin_chain_new(rules, NULL));
}

static void numbers_out_of_range_make_no_chain(void **state)
{
    (void)state;
    struct ycoin_rules good, r;
    ycoin_rules_of(&good, ycoin_chain_builtin("test"));
#define WITH(field, value, word)                                                                                       \
    r = good;                                                                                                          \
    r.field = value;                                                                                                   \
    expect_no_chain(&r, word)
    WITH(pow_limit_bits, 0, "pow_limit_bits");
    WITH(spacing_s, 0, "spacing_s");
    WITH(spacing_s, 10001, "spacing_s");
    WITH(retarget, 3, "retarget");
    WITH(retarget, (enum ycoin_retarget) - 1, "retarget");
    WITH(window, 100001, "window");
    WITH(half_life_s, 0, "half_life_s");
    WITH(half_life_s, 0x80000000u, "half_life_s");
    WITH(subsidy_halving_interval, 0, "subsidy");
    WITH(subsidy_initial_sat, -1, "subsidy");
    WITH(flag_exception_count, 9, "exceptions");
    WITH(bip30_exception_count, 9, "exceptions");
    WITH(signet_challenge_size, 257, "signet");
#undef WITH
    r = good;
    r.flag_exception_count = 1;
    r.flag_exception[0].flags = 1u << 1;
    expect_no_chain(&r, "flags");
    r = good;
    r.retarget = YCOIN_RETARGET_WINDOW;
    r.window = 1;
    expect_no_chain(&r, "window");
    r.window = 2;
    struct ycoin_chain *chain = ycoin_chain_new(&r, NULL);
    assert_non_null(chain);
    ycoin_chain_free(chain);
    r = good;
    r.flag_exception_count = r.bip30_exception_count = 8;
    r.signet_challenge_size = 256;
    struct ycoin_chain *full = ycoin_chain_new(&r, NULL);
    assert_non_null(full);
    ycoin_chain_free(full);
    assert_null(ycoin_chain_builtin("other"));
}

static void a_script_is_judged_with_its_flags(void **state)
{
    struct state *s = *state;
    load(s, p2wpkh_tx);
    load_outputs(s, p2wpkh_spent, 2);
    for (uint32_t input = 0; input < 2; input++)
        assert_int_equal(ycoin_verify_script(s->context, s->raw, s->raw_n, input, s->output, 2, YCOIN_SCRIPT_ALL, NULL),
                         YCOIN_VALID);
    s->output[1].value_sat++;
    assert_int_equal(ycoin_verify_script(s->context, s->raw, s->raw_n, 1, s->output, 2, YCOIN_SCRIPT_ALL, &s->why),
                     YCOIN_INVALID);
    assert_string_equal(s->why.reject, "block-script-verify-flag-failed");
    assert_string_equal(s->why.script_error, "EVAL_FALSE");
    assert_int_equal(s->why.input, 1);
    assert_int_equal(s->why.tx, YCOIN_NO_INDEX);
    assert_string_equal(ycoin_reject_name(s->why.code), "BLOCK_SCRIPT");
    /* Without segwit its output is anyone's. */
    assert_int_equal(ycoin_verify_script(s->context, s->raw, s->raw_n, 1, s->output, 2, 0, &s->why), YCOIN_VALID);
    assert_true(s->why.code == 0 && !*s->why.reject && !*s->why.what && !*s->why.script_error && !*s->why.detail);
}

static void arguments_out_of_range_blame_nobody(void **state)
{
    struct state *s = *state;
    load(s, p2wpkh_tx);
    load_outputs(s, p2wpkh_spent, 2);
    static const struct {
        uint32_t input, count, flags;
    } calls[] = {{2, 2, YCOIN_SCRIPT_ALL},     {0, 1, YCOIN_SCRIPT_ALL},
                 {0, 3, YCOIN_SCRIPT_ALL},     {0, 2, 1u << 1},
                 {0, 2, YCOIN_SCRIPT_WITNESS}, {0, 2, YCOIN_SCRIPT_P2SH | YCOIN_SCRIPT_TAPROOT}};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        assert_int_equal(ycoin_verify_script(s->context, s->raw, s->raw_n, calls[i].input, s->output, calls[i].count,
                                             calls[i].flags, &s->why),
                         YCOIN_ERROR);
        assert_true(s->why.code == 0 && !*s->why.reject && *s->why.detail);
    }
    assert_int_equal(ycoin_verify_tx(s->context, s->regtest, s->raw, s->raw_n, s->coin, 1, &s->parent, NULL, &s->why),
                     YCOIN_ERROR);
    s->parent.height = UINT32_MAX - 1;
    assert_int_equal(ycoin_verify_tx(s->context, s->regtest, s->raw, s->raw_n, s->coin, 2, &s->parent, NULL, &s->why),
                     YCOIN_ERROR);
    assert_int_equal(verify_block(s, NULL), YCOIN_ERROR);
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 1, &s->parent, NOW_S, NULL, &s->why), YCOIN_ERROR);
}

static void bytes_that_are_nothing(void **state)
{
    struct state *s = *state;
    static const uint8_t none[1];
    assert_int_equal(ycoin_check_tx(s->context, NULL, 0, NULL, &s->why), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "tx-parse");
    assert_int_equal(ycoin_verify_script(s->context, none, 1, 0, NULL, 0, 0, &s->why), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "tx-parse");
    assert_int_equal(ycoin_verify_tx(s->context, s->regtest, none, 1, NULL, 0, &s->parent, NULL, &s->why),
                     YCOIN_INVALID);
    assert_string_equal(s->why.reject, "tx-parse");
    assert_int_equal(verify_block(s, NULL), YCOIN_MUTATED);
    assert_string_equal(s->why.reject, "block-parse");
}

static enum ycoin_verdict verify_tx(struct state *s, int64_t *fee_sat)
{
    return ycoin_verify_tx(s->context, s->regtest, s->raw, s->raw_n, s->coin, 2, &s->parent, fee_sat, &s->why);
}

static void a_transaction_in_its_place(void **state)
{
    struct state *s = *state;
    int64_t fee_sat = -1;
    uint8_t txid[32];
    char text[65];
    load(s, p2wpkh_tx);
    load_outputs(s, p2wpkh_spent, 2);
    assert_int_equal(ycoin_check_tx(s->context, s->raw, s->raw_n, txid, &s->why), YCOIN_VALID);
    yc_hex_write_reversed(text, txid, 32);
    assert_string_equal(text, "e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4609");
    assert_int_equal(verify_tx(s, &fee_sat), YCOIN_VALID);
    assert_int_equal(fee_sat, 889210000);
    assert_int_equal(verify_tx(s, NULL), YCOIN_VALID);
    /* Its lock time is block 17. */
    s->parent.height = 16;
    assert_int_equal(verify_tx(s, NULL), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "bad-txns-nonfinal");
    s->parent.height = 17;
    assert_int_equal(verify_tx(s, NULL), YCOIN_VALID);
    s->parent.height = 101;
    s->coin[1].value_sat++;
    assert_int_equal(verify_tx(s, &fee_sat), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "block-script-verify-flag-failed");
    assert_int_equal(s->why.input, 1);
    s->script[0][1] ^= 1; /* the key of the first */
    assert_int_equal(verify_tx(s, &fee_sat), YCOIN_INVALID);
    assert_int_equal(s->why.input, 0);
    s->coin[1].value_sat = 1;
    s->coin[0].value_sat = 1;
    assert_int_equal(verify_tx(s, NULL), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "bad-txns-in-belowout");
    s->unknown_from = 95;
    assert_int_equal(verify_tx(s, NULL), YCOIN_ERROR);
    assert_non_null(strstr(s->why.detail, "ancestor"));
}

static void a_coinbase_stands_in_blocks_alone(void **state)
{
    struct state *s = *state;
    load(s, block_102);
    /* The first transaction, behind the header and the count. */
    size_t at = 81, n = 0;
    while (ycoin_check_tx(s->context, s->raw + at, ++n, NULL, NULL) != YCOIN_VALID)
        assert_true(at + n < s->raw_n);
    assert_int_equal(ycoin_verify_tx(s->context, s->regtest, s->raw + at, n, s->coin, 1, &s->parent, NULL, &s->why),
                     YCOIN_INVALID);
    assert_string_equal(s->why.reject, "bad-txns-prevout-null");
}

static void headers_link_to_the_parent_and_to_each_other(void **state)
{
    struct state *s = *state;
    size_t good = 9;
    load(s, block_102);
    assert_true(yc_hex_read(s->parent.hash, 32, block_101_hash, 64));
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 1, &s->parent, NOW_S, &good, &s->why), YCOIN_VALID);
    assert_int_equal(good, 1);
    /* The same header does not follow itself. */
    memcpy(s->raw + 80, s->raw, 80);
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 2, &s->parent, NOW_S, &good, &s->why), YCOIN_NOT_YET);
    assert_string_equal(s->why.reject, "prev-blk-not-found");
    assert_int_equal(good, 1);
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 0, &s->parent, NOW_S, NULL, &s->why), YCOIN_VALID);
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 1, NULL, NOW_S, &good, &s->why), YCOIN_NOT_YET);
    assert_int_equal(good, 0);
    /* Two hours and a second ahead of the clock. */
    int64_t its_time_s = 1795176000 + 600 * 102;
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 1, &s->parent, its_time_s - 7201, NULL, &s->why),
                     YCOIN_NOT_YET);
    assert_string_equal(s->why.reject, "time-too-new");
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 1, &s->parent, its_time_s - 7200, NULL, NULL),
                     YCOIN_VALID);
    s->unknown_from = 100;
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 1, &s->parent, NOW_S, &good, &s->why), YCOIN_ERROR);
    assert_int_equal(good, 0);
    /* Without one time of eleven the header would pass: it must not. */
    s->unknown_from = UINT32_MAX;
    s->unknown_at = 95;
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 1, &s->parent, NOW_S, &good, &s->why), YCOIN_ERROR);
    assert_int_equal(good, 0);
}

static void later_headers_have_the_earlier_as_ancestors(void **state)
{
    struct state *s = *state;
    struct ycoin_rules rules;
    size_t good;
    load(s, signet_headers);
    ycoin_rules_of(&rules, s->regtest);
    ycoin_header_hash(rules.genesis_hash, s->raw);
    rules.pow_limit_bits = 0x1e0377ae;
    struct ycoin_chain *chain = ycoin_chain_new(&rules, NULL);
    assert_int_equal(ycoin_verify_headers(chain, s->raw, 11, NULL, NOW_S, &good, &s->why), YCOIN_VALID);
    assert_int_equal(good, 11);
    /* The same, in two halves: the second asks the callback for the first. */
    ycoin_header_hash(s->parent.hash, s->raw + 80 * 5);
    s->parent.height = 5;
    s->unknown_from = 0;
    assert_int_equal(ycoin_verify_headers(chain, s->raw + 80 * 6, 5, &s->parent, NOW_S, &good, &s->why), YCOIN_ERROR);
    s->unknown_from = 6; /* told are those of regtest: another difficulty */
    assert_int_equal(ycoin_verify_headers(chain, s->raw + 80 * 6, 5, &s->parent, NOW_S, &good, &s->why), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "bad-diffbits");
    ycoin_chain_free(chain);
}

static void a_block_and_what_it_did(void **state)
{
    struct state *s = *state;
    int64_t fees_sat = -1;
    load_block(s);
    assert_int_equal(verify_block(s, &fees_sat), YCOIN_VALID);
    assert_int_equal(fees_sat, 1000);
    /* One coin spent; made: the coinbase's (not its commitment) and two. */
    assert_true(s->spent == 1 && s->made == 3);
    s->coins.spent = NULL;
    s->coins.made = NULL;
    assert_int_equal(verify_block(s, NULL), YCOIN_VALID);
}

/* No reason is asked for: the verdict is the same. */
static void reasons_may_be_left_out(void **state)
{
    struct state *s = *state;
    load_block(s);
    assert_int_equal(
        ycoin_verify_block(s->context, s->regtest, s->raw, s->raw_n - 1, &s->parent, NOW_S, &s->coins, NULL, NULL),
        YCOIN_MUTATED);
    s->get_answer = -1;
    assert_int_equal(
        ycoin_verify_block(s->context, s->regtest, s->raw, s->raw_n, &s->parent, NOW_S, &s->coins, NULL, NULL),
        YCOIN_ERROR);
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, UINT32_MAX, &s->parent, NOW_S, NULL, NULL), YCOIN_ERROR);
}

static void a_block_that_is_refused_did_nothing(void **state)
{
    struct state *s = *state;
    int64_t fees_sat = -1;
    load_block(s);
    s->coin[0].height = 3;
    assert_int_equal(verify_block(s, &fees_sat), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "bad-txns-premature-spend-of-coinbase");
    assert_int_equal(s->why.tx, 1);
    s->coin[0].height = 1;
    s->get_answer = 0;
    assert_int_equal(verify_block(s, &fees_sat), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "bad-txns-inputs-missingorspent");
    s->get_answer = 1;
    s->script[0][5] ^= 1;
    assert_int_equal(verify_block(s, &fees_sat), YCOIN_INVALID);
    assert_string_equal(s->why.reject, "block-script-verify-flag-failed");
    assert_string_equal(s->why.script_error, "WITNESS_PROGRAM_MISMATCH");
    assert_true(s->why.tx == 1 && s->why.input == 0);
    s->script[0][5] ^= 1;
    s->get_answer = -1;
    assert_int_equal(verify_block(s, &fees_sat), YCOIN_ERROR);
    assert_non_null(strstr(s->why.detail, "get"));
    s->get_answer = 1;
    s->unknown_from = 101;
    assert_int_equal(verify_block(s, &fees_sat), YCOIN_ERROR);
    assert_non_null(strstr(s->why.detail, "ancestor"));
    s->unknown_from = UINT32_MAX;
    s->raw[s->raw_n - 10]++; /* an amount: another body */
    assert_int_equal(verify_block(s, &fees_sat), YCOIN_MUTATED);
    s->parent.hash[3]++;
    assert_int_equal(verify_block(s, &fees_sat), YCOIN_NOT_YET);
    assert_string_equal(s->why.reject, "prev-blk-not-found");
    assert_true(s->spent == 0 && s->made == 0 && fees_sat == -1);
}

static void the_genesis_block_is_the_chains_and_makes_no_coin(void **state)
{
    struct state *s = *state;
    s->raw_n = yc_genesis_write(yc_chain_builtin("regtest"), s->raw, sizeof s->raw);
    assert_int_equal(
        ycoin_verify_block(s->context, s->regtest, s->raw, s->raw_n, NULL, NOW_S, &s->coins, NULL, &s->why),
        YCOIN_VALID);
    assert_true(s->spent == 0 && s->made == 0);
    assert_int_equal(ycoin_verify_headers(s->regtest, s->raw, 1, NULL, NOW_S, NULL, &s->why), YCOIN_VALID);
    load(s, block_102);
    assert_int_equal(
        ycoin_verify_block(s->context, s->regtest, s->raw, s->raw_n, NULL, NOW_S, &s->coins, NULL, &s->why),
        YCOIN_NOT_YET);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(reasons),
        TEST(rules_survive_the_way_through_a_chain),
        TEST(numbers_out_of_range_make_no_chain),
        TEST(a_script_is_judged_with_its_flags),
        TEST(arguments_out_of_range_blame_nobody),
        TEST(bytes_that_are_nothing),
        TEST(a_transaction_in_its_place),
        TEST(a_coinbase_stands_in_blocks_alone),
        TEST(headers_link_to_the_parent_and_to_each_other),
        TEST(later_headers_have_the_earlier_as_ancestors),
        TEST(a_block_and_what_it_did),
        TEST(reasons_may_be_left_out),
        TEST(a_block_that_is_refused_did_nothing),
        TEST(the_genesis_block_is_the_chains_and_makes_no_coin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
