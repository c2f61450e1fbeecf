/* What a refusal is said to be about: the input, the transaction and the coin, in the words of Bitcoin Core's messages. */
#include "consensus/describe.h"
#include "support/unit.h"

#include <string.h>

static struct yc_txin in[2];
static struct yc_tx tx;
static struct yc_reject why;
static char text[YC_REJECT_DETAIL_MAX];

#define ID(digits)                                                                                                     \
    digits digits digits digits digits digits digits digits digits digits digits digits digits digits digits digits    \
        digits digits digits digits digits digits digits digits digits digits digits digits digits digits digits       \
            digits

static int set_up(void **state)
{
    (void)state;
    memset(in, 0, sizeof in);
    memset(in[1].prevout.txid.b, 0x33, 32);
    in[1].prevout.index = 7;
    tx = (struct yc_tx){.in_count = 2, .in = in};
    memset(tx.txid.b, 0x11, 32);
    memset(tx.wtxid.b, 0x22, 32);
    tx.txid.b[0] = 0x99; /* shown last: ids are reversed for people */
    memset(text, 'x', sizeof text);
    return 0;
}

static void a_script_names_its_input_and_coin(void **state)
{
    (void)state;
    (void)yc_reject_set(&why, YC_REJ_BLOCK_SCRIPT, 1, 1);
    yc_reject_describe(text, &why, &tx);
    char expected[YC_REJECT_DETAIL_MAX] = "input 1 of " ID("11") " (wtxid " ID("22") "), spending " ID("33") ":7";
    memcpy(expected + strlen("input 1 of ") + 62, "99", 2);
    assert_string_equal(text, expected);
    /* An input that is none names nothing. */
    why.input = 2;
    yc_reject_describe(text, &why, &tx);
    assert_string_equal(text, "");
}

static void missing_coins_name_the_transaction(void **state)
{
    (void)state;
    (void)yc_reject_set(&why, YC_REJ_TX_INPUTS_MISSING, 1, 0);
    yc_reject_describe(text, &why, &tx);
    assert_memory_equal(text, "CheckTxInputs: inputs missing/spent in transaction 1111",
                        strlen("CheckTxInputs: inputs missing/spent in transaction 1111"));
    assert_string_equal(text + strlen(text) - 4, "1199");
}

static void other_reasons_say_what_they_said(void **state)
{
    (void)state;
    (void)yc_reject_set(&why, YC_REJ_BLOCK_CB_LOCKTIME, 0, YC_NO_INDEX);
    memcpy(why.detail, "lock time 5 at height 7", sizeof "lock time 5 at height 7");
    yc_reject_describe(text, &why, &tx);
    assert_string_equal(text, "lock time 5 at height 7");
    yc_reject_describe(text, &why, NULL);
    assert_string_equal(text, "lock time 5 at height 7");
    (void)yc_reject_set(&why, YC_REJ_BLOCK_SCRIPT, 1, 1);
    yc_reject_describe(text, &why, NULL);
    assert_string_equal(text, "");
    (void)yc_reject_set(&why, YC_REJ_TX_INPUTS_MISSING, 1, 1);
    yc_reject_describe(text, &why, NULL);
    assert_string_equal(text, "");
}

static void words_of_some_reasons(void **state)
{
    (void)state;
    static const struct {
        enum yc_rej code;
        const char *detail, *expected;
    } rows[] = {{YC_REJ_BLOCK_SIGOPS, "", "out-of-bounds SigOpCount"},
                {YC_REJ_BLOCK_MERKLE_ROOT, "", "hashMerkleRoot mismatch"},
                {YC_REJ_HEADER_BAD_VERSION, "0x00000001", "rejected nVersion=0x00000001 block"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)yc_reject_set(&why, rows[i].code, YC_NO_INDEX, YC_NO_INDEX);
        memcpy(why.detail, rows[i].detail, strlen(rows[i].detail) + 1);
        yc_reject_describe(text, &why, NULL);
        assert_string_equal(text, rows[i].expected);
    }
}

#define T(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_script_names_its_input_and_coin),
        T(missing_coins_name_the_transaction),
        T(other_reasons_say_what_they_said),
        T(words_of_some_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
