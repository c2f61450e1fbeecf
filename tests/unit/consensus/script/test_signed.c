/* What signatures sign: code separators, outputs, and signatures that stand in their own script. */
#include "unit/consensus/script/fixture.h"

#define RULES YC_SCRIPT_FLAGS_CONSENSUS

/* A checker that finds every signature good and notes the digests. */
struct noted {
    uint8_t msg32[8][32];
    size_t count;
};

static void note(void *ctx, const uint8_t msg32[32])
{
    struct noted *n = ctx;
    assert_true(n->count < 8);
    memcpy(n->msg32[n->count++], msg32, 32);
}

static enum yc_sig note_ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                              bool may_defer)
{
    (void)pubkey;
    (void)sig;
    (void)may_defer;
    note(ctx, msg32);
    return YC_SIG_GOOD;
}

static enum yc_sig note_schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                                bool may_defer)
{
    (void)xonly32;
    (void)sig64;
    (void)may_defer;
    note(ctx, msg32);
    return YC_SIG_GOOD;
}

#define TAP_KEY "0x20 {32*0x02}"

/* BIP 342: a signature commits to the last code separator that ran before it. */
static void test_tapscript_code_separator(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *script;
        bool equal;
    } rows[] = {
        {TAP_KEY " CHECKSIGVERIFY CODESEPARATOR " TAP_KEY " CHECKSIG", false},
        {TAP_KEY " CHECKSIGVERIFY NOP " TAP_KEY " CHECKSIG", true},
        {TAP_KEY " CHECKSIGVERIFY 0 IF CODESEPARATOR ENDIF " TAP_KEY " CHECKSIG", true},
        {"CODESEPARATOR " TAP_KEY " CHECKSIGVERIFY CODESEPARATOR " TAP_KEY " CHECKSIG", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct noted noted = {.count = 0};
        struct yc_checker checker = {note_ecdsa, note_schnorr, &noted, NULL};
        f->checker = &checker;
        fixture_clear_items(f);
        fixture_items(f, fixture_script(f, "{64*0x01}"), 2);
        assert_script(fixture_tapscript(f, fixture_script(f, rows[i].script), RULES), YC_SCRIPT_OK);
        assert_int_equal(noted.count, 2);
        assert_int_equal(memcmp(noted.msg32[0], noted.msg32[1], 32) == 0, rows[i].equal);
    }
}

/* The hash of the input's own output is made once for all SINGLE signatures of a script, and is the same each time. */
static void test_single_signatures_share_their_output(void **state)
{
    struct fixture *f = *state;
    struct noted noted = {.count = 0};
    struct yc_checker checker = {note_ecdsa, note_schnorr, &noted, NULL};
    f->checker = &checker;
    fixture_items(f, fixture_script(f, "{64*0x01} 0x03"), 2);
    struct yc_view script = fixture_script(f, TAP_KEY " CHECKSIGVERIFY " TAP_KEY " CHECKSIG");
    assert_script(fixture_tapscript(f, script, RULES), YC_SCRIPT_OK);
    assert_int_equal(noted.count, 2);
    assert_memory_equal(noted.msg32[0], noted.msg32[1], 32);
}

/* A signature that stands in the script is deleted from what it signs, by the push that its length takes. */
static void test_signature_in_its_own_script(void **state)
{
    struct fixture *f = *state;
    static const struct {
        size_t n, head_n;
        uint8_t head[3];
    } rows[] = {{75, 1, {75}},
                {76, 2, {YC_OP_PUSHDATA1, 76}},
                {255, 2, {YC_OP_PUSHDATA1, 255}},
                {256, 3, {YC_OP_PUSHDATA2, 0, 1}},
                {520, 3, {YC_OP_PUSHDATA2, 8, 2}}};
    struct yc_view tail = fixture_script(f, "DROP 0x21 0x02 {32*0x01} CHECKSIG");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t push[600], script[700];
        size_t push_n = rows[i].head_n + rows[i].n;
        memcpy(push, rows[i].head, rows[i].head_n);
        memset(push + rows[i].head_n, 0x11, rows[i].n);
        memcpy(script, push, push_n);
        memcpy(script + push_n, tail.p, tail.n);
        struct noted noted = {.count = 0};
        struct yc_checker checker = {note_ecdsa, note_schnorr, &noted, NULL};
        f->checker = &checker;
        f->script_sig = yc_view(push, push_n);
        assert_script(fixture_legacy(f, yc_view(script, push_n + tail.n), YC_SCRIPT_CONST_SCRIPTCODE),
                      YC_SCRIPT_ERR_SIG_FINDANDDELETE);
        /* What is signed is the same as where the signature never stood. */
        assert_script(fixture_legacy(f, yc_view(script, push_n + tail.n), 0), YC_SCRIPT_OK);
        script[rows[i].head_n] ^= 1; /* another push: not deleted */
        assert_script(fixture_legacy(f, yc_view(script, push_n + tail.n), YC_SCRIPT_CONST_SCRIPTCODE), YC_SCRIPT_OK);
        assert_int_equal(noted.count, 2);
        assert_memory_not_equal(noted.msg32[0], noted.msg32[1], 32);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_tapscript_code_separator),
        T(test_single_signatures_share_their_output),
        T(test_signature_in_its_own_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
