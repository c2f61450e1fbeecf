/* The table of reasons, and how a reason reads. */
#include "consensus/reject.h"
#include "support/unit.h"

#include <string.h>

static void each_reason_has_its_row(void **state)
{
    (void)state;
    static const struct {
        enum yc_rej code;
        enum yc_verdict verdict;
        const char *string;
    } rows[] = {
#define X(code, verdict, stage, string, source, what) {YC_REJ_##code, YC_##verdict, string},
#include "consensus/reject.def"
#undef X
    };
    assert_int_equal(sizeof rows / sizeof rows[0], YC_REJ_COUNT - 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_reject why;
        assert_int_equal(yc_reject_set(&why, rows[i].code, 3, 4), rows[i].verdict);
        assert_true(why.code == rows[i].code && why.tx == 3 && why.input == 4 && why.detail[0] == 0);
        assert_int_not_equal(rows[i].verdict, YC_VALID);
        assert_int_not_equal(rows[i].verdict, YC_SYSTEM);
        assert_string_equal(yc_reject_string(rows[i].code), rows[i].string);
        assert_true(strlen(yc_reject_what(rows[i].code)) > 5);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(rows[i].string, rows[k].string);
    }
}

static void no_reason(void **state)
{
    (void)state;
    assert_string_equal(yc_reject_string(YC_REJ_NONE), "");
    assert_int_equal(yc_reject_verdict(YC_REJ_NONE), YC_VALID);
}

static void our_failure_is_no_reason(void **state)
{
    (void)state;
    struct yc_reject why;
    assert_int_equal(yc_reject_system(&why, YC_SYSTEM_FULL), YC_SYSTEM);
    assert_int_equal(why.code, YC_REJ_NONE);
    assert_int_equal(why.system, YC_SYSTEM_FULL);
    assert_true(why.tx == YC_NO_INDEX && why.input == YC_NO_INDEX && why.detail[0] == 0);
}

static void texts_are_bitcoin_cores(void **state)
{
    (void)state;
    struct yc_reject why;
    char text[128];
    (void)yc_reject_set(&why, YC_REJ_BLOCK_CB_AMOUNT, 0, 0);
    yc_reject_text(text, sizeof text, &why);
    assert_string_equal(text, "bad-cb-amount");
    (void)yc_reject_set(&why, YC_REJ_BLOCK_SCRIPT, 0, 0);
    why.script_error = YC_SCRIPT_ERR_SIG_DER;
    yc_reject_text(text, sizeof text, &why);
    assert_string_equal(text, "block-script-verify-flag-failed (Non-canonical DER signature)");
    (void)yc_reject_set(&why, YC_REJ_HEADER_BAD_VERSION, 0, 0);
    memcpy(why.detail, "0x00000002", sizeof "0x00000002");
    yc_reject_text(text, sizeof text, &why);
    assert_string_equal(text, "bad-version(0x00000002)");
    yc_reject_text(text, 5, &why);
    assert_string_equal(text, "bad-");
}

static void stages(void **state)
{
    (void)state;
    assert_int_equal(yc_reject_stage(YC_REJ_TX_VIN_EMPTY), YC_STAGE_TX_CHECK);
    assert_int_equal(yc_reject_stage(YC_REJ_HEADER_TIMEWARP), YC_STAGE_HEADER);
    assert_int_equal(yc_reject_stage(YC_REJ_BLOCK_LENGTH), YC_STAGE_BLOCK_CHECK);
    assert_int_equal(yc_reject_stage(YC_REJ_BLOCK_WEIGHT), YC_STAGE_BLOCK_ACCEPT);
    assert_int_equal(yc_reject_stage(YC_REJ_BLOCK_BIP30), YC_STAGE_BLOCK_CONNECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_has_its_row),
        cmocka_unit_test(no_reason),
        cmocka_unit_test(our_failure_is_no_reason),
        cmocka_unit_test(texts_are_bitcoin_cores),
        cmocka_unit_test(stages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
