/* One transaction against its coins: counts of signature operations over all inputs and outputs, and locks. */
#include "consensus/connect.h"
#include "consensus/script/script.h"
#include "support/unit.h"

#include <string.h>

#define INPUTS 3

/* HASH160 <20 bytes> EQUAL, and a script sig that pushes OP_2 CHECKMULTISIG as the redeem script. */
static const uint8_t p2sh[23] = {YC_OP_HASH160, 20, [22] = YC_OP_EQUAL};
static const uint8_t redeem_of_2[] = {2, YC_OP_1 + 1, YC_OP_CHECKMULTISIG};
static const uint8_t checksig[] = {YC_OP_CHECKSIG, YC_OP_CHECKSIG};
static const uint8_t multisig_of_2[] = {YC_OP_1 + 1, YC_OP_CHECKMULTISIG};
static const uint8_t p2wpkh[22] = {YC_OP_0, 20};

static struct yc_txin in[INPUTS];
static struct yc_txout out[INPUTS];
static struct yc_coin coin[INPUTS];
static struct yc_tx tx;
static const struct yc_tx_coins coins = {&tx, coin};

static int set_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < INPUTS; i++) {
        in[i] = (struct yc_txin){.prevout.index = i, .sequence = YC_SEQUENCE_FINAL};
        out[i] = (struct yc_txout){1, YC_VIEW_EMPTY};
        coin[i] = (struct yc_coin){.value_sat = 1, .height = 1};
    }
    tx = (struct yc_tx){.version = 2, .in_count = INPUTS, .out_count = INPUTS, .in = in, .out = out};
    return 0;
}

/* Every script sig and every output script, whatever the number before a CHECKMULTISIG says. */
static void legacy_count_is_over_all_scripts(void **state)
{
    (void)state;
    assert_int_equal(yc_tx_legacy_sigops(&tx), 0);
    in[0].script_sig = in[2].script_sig = yc_view(checksig, 2);
    assert_int_equal(yc_tx_legacy_sigops(&tx), 4);
    out[1].script = yc_view(checksig, 1);
    out[2].script = yc_view(multisig_of_2, 2);
    assert_int_equal(yc_tx_legacy_sigops(&tx), 4 + 1 + 20);
    in[1].script_sig = yc_view(multisig_of_2, 2);
    assert_int_equal(yc_tx_legacy_sigops(&tx), 4 + 1 + 20 + 20);
}

/* BIP 141: four for each legacy or P2SH operation, one for each of a witness. */
static void cost_is_over_all_inputs(void **state)
{
    (void)state;
    uint32_t all = YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS;
    coin[0].script = coin[2].script = yc_view(p2sh, sizeof p2sh);
    in[0].script_sig = in[2].script_sig = yc_view(redeem_of_2, sizeof redeem_of_2);
    coin[1].script = yc_view(p2wpkh, sizeof p2wpkh);
    assert_int_equal(yc_tx_sigop_cost(&coins, all), 4 * 2 + 1 + 4 * 2);
    assert_int_equal(yc_tx_sigop_cost(&coins, YC_SCRIPT_P2SH), 4 * 2 + 4 * 2);
    assert_int_equal(yc_tx_sigop_cost(&coins, 0), 0);
    out[0].script = yc_view(checksig, 1);
    assert_int_equal(yc_tx_sigop_cost(&coins, all), 4 * 2 + 1 + 4 * 2 + 4);
    /* The coins of a coinbase are none and are not looked at. */
    tx.in_count = 1;
    in[0].prevout = (struct yc_outpoint){.index = UINT32_MAX};
    struct yc_tx_coins none = {&tx, NULL};
    assert_int_equal(yc_tx_sigop_cost(&none, all), 4);
}

/* BIP 54: script sig, spent script and redeem script of every input; numbers before CHECKMULTISIG count, outputs do not. */
static void bip54_count_is_over_all_inputs(void **state)
{
    (void)state;
    coin[0].script = yc_view(p2sh, sizeof p2sh);
    in[0].script_sig = yc_view(redeem_of_2, sizeof redeem_of_2);
    assert_int_equal(yc_tx_legacy_sigops_bip54(&coins), 2);
    coin[1].script = yc_view(multisig_of_2, 2);
    in[1].script_sig = yc_view(checksig, 2);
    assert_int_equal(yc_tx_legacy_sigops_bip54(&coins), 2 + 2 + 2);
    coin[2].script = yc_view(checksig, 1);
    in[2].script_sig = yc_view(multisig_of_2, 2);
    assert_int_equal(yc_tx_legacy_sigops_bip54(&coins), 2 + 2 + 2 + 1 + 2);
    out[0].script = yc_view(checksig, 2);
    assert_int_equal(yc_tx_legacy_sigops_bip54(&coins), 9);
}

static struct yc_ancestor ancestor_at(void *ctx, uint32_t height)
{
    (void)ctx;
    return (struct yc_ancestor){1800000000 + 600 * height, 0x207fffff, 4};
}

/* BIP 68: the last input's lock counts like the first's, and a coin of the genesis block is as old as that. */
static void every_input_may_lock(void **state)
{
    (void)state;
    const struct yc_ancestors a = {100, ancestor_at, NULL};
    /* The parent's median time past is that of block 95; a coin made at 90 counts from block 89's, that of 84. */
    uint32_t units = 11 * 600 / 512;
    for (uint32_t i = 0; i < INPUTS; i++)
        coin[i].height = 90;
    assert_true(yc_tx_sequence_locks_ok(&coins, &a));
    for (uint32_t i = 0; i < INPUTS; i++) {
        in[i].sequence = YC_SEQUENCE_TIME | units;
        assert_true(yc_tx_sequence_locks_ok(&coins, &a));
        in[i].sequence++;
        assert_false(yc_tx_sequence_locks_ok(&coins, &a));
        in[i].sequence--;
    }
    coin[2].height = 0;
    in[2].sequence = YC_SEQUENCE_TIME | (95 * 600 / 512);
    assert_true(yc_tx_sequence_locks_ok(&coins, &a));
    in[2].sequence++;
    assert_false(yc_tx_sequence_locks_ok(&coins, &a));
    in[2].sequence = 102; /* in blocks */
    assert_false(yc_tx_sequence_locks_ok(&coins, &a));
    in[2].sequence = 101;
    assert_true(yc_tx_sequence_locks_ok(&coins, &a));
}

/* Amounts over all inputs and outputs; the input at fault is named. */
static void amounts_are_over_all(void **state)
{
    (void)state;
    struct yc_reject why;
    int64_t fee_sat = -1;
    coin[2].value_sat = 5;
    assert_int_equal(yc_tx_check_inputs(&coins, 10, &fee_sat, &why), YC_VALID);
    assert_int_equal(fee_sat, 4);
    out[2].value_sat = 6;
    assert_int_equal(yc_tx_check_inputs(&coins, 10, &fee_sat, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_IN_BELOWOUT && why.tx == YC_NO_INDEX && why.input == YC_NO_INDEX);
    coin[1].coinbase = true;
    assert_int_equal(yc_tx_check_inputs(&coins, 100, &fee_sat, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_PREMATURE_COINBASE && why.input == 1 && why.tx == YC_NO_INDEX);
    assert_int_equal(yc_tx_check_inputs(&coins, 101, &fee_sat, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_TX_IN_BELOWOUT);
    coin[1].value_sat = YC_MONEY_MAX;
    assert_int_equal(yc_tx_check_inputs(&coins, 101, &fee_sat, &why), YC_INVALID);
    assert_true(why.code == YC_REJ_TX_INPUTVALUES_OUTOFRANGE && why.input == 1 && why.tx == YC_NO_INDEX);
}

#define T(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(legacy_count_is_over_all_scripts),
        T(cost_is_over_all_inputs),
        T(bip54_count_is_over_all_inputs),
        T(every_input_may_lock),
        T(amounts_are_over_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
