/* Rules of scripts that other implementations got wrong, one test a row of the catalogue. */
#include "crypto/hash.h"
#include "crypto/sha256.h"
#include "unit/consensus/script/fixture.h"

#include <stdio.h>

#define RULES YC_SCRIPT_FLAGS_CONSENSUS

/* C02: scriptSig and the spent script are two evaluations, not one text. */
static void test_return_in_script_sig(void **state)
{
    struct fixture *f = *state;
    f->script_sig = fixture_script(f, "1 RETURN");
    struct yc_view p2pkh = fixture_script(f, "DUP HASH160 0x14 {20*0x00} EQUALVERIFY CHECKSIG");
    assert_script(fixture_legacy(f, p2pkh, RULES), YC_SCRIPT_ERR_OP_RETURN);
    f->script_sig = fixture_script(f, "0 IF");
    assert_script(fixture_legacy(f, fixture_script(f, "ENDIF 1"), RULES), YC_SCRIPT_ERR_UNBALANCED_CONDITIONAL);
    /* The alt stack does not cross either. */
    f->script_sig = fixture_script(f, "1 TOALTSTACK");
    assert_script(fixture_legacy(f, fixture_script(f, "FROMALTSTACK"), RULES),
                  YC_SCRIPT_ERR_INVALID_ALTSTACK_OPERATION);
}

/* C03: a disabled opcode fails where it stands, run or not; in tapscript it makes the script succeed. */
static void test_disabled_opcodes(void **state)
{
    struct fixture *f = *state;
    static const uint8_t disabled[] = {YC_OP_CAT, YC_OP_SUBSTR, YC_OP_LEFT, YC_OP_RIGHT,  YC_OP_INVERT,
                                       YC_OP_AND, YC_OP_OR,     YC_OP_XOR,  YC_OP_2MUL,   YC_OP_2DIV,
                                       YC_OP_MUL, YC_OP_DIV,    YC_OP_MOD,  YC_OP_LSHIFT, YC_OP_RSHIFT};
    for (size_t i = 0; i < sizeof disabled; i++) {
        const uint8_t run[] = {YC_OP_1, YC_OP_1, disabled[i]};
        const uint8_t skipped[] = {YC_OP_1, YC_OP_0, YC_OP_IF, disabled[i], YC_OP_ENDIF};
        struct yc_view scripts[] = {yc_view(run, sizeof run), yc_view(skipped, sizeof skipped)};
        for (int k = 0; k < 2; k++) {
            assert_script(fixture_legacy(f, scripts[k], RULES), YC_SCRIPT_ERR_DISABLED_OPCODE);
            assert_script(fixture_v0(f, scripts[k], RULES), YC_SCRIPT_ERR_DISABLED_OPCODE);
            assert_script(fixture_tapscript(f, scripts[k], RULES), YC_SCRIPT_OK);
            assert_script(fixture_tapscript(f, scripts[k], YC_SCRIPT_FLAGS_STANDARD),
                          YC_SCRIPT_ERR_DISCOURAGE_OP_SUCCESS);
        }
    }
}

/* BIP 342 names 87 opcodes of success, and no others. */
static void test_success_opcodes(void **state)
{
    struct fixture *f = *state;
    unsigned count = 0;
    for (unsigned i = 0; i < 256; i++) {
        /* A truncated push behind it is never looked at. */
        const uint8_t script[] = {(uint8_t)i, YC_OP_PUSHDATA4};
        bool success = yc_opcode_is_success((uint8_t)i);
        count += success;
        enum yc_script_error e = fixture_tapscript(f, yc_view(script, sizeof script), RULES);
        if (success)
            assert_script(e, YC_SCRIPT_OK);
        else if (i > YC_OP_PUSHDATA4)
            assert_int_not_equal(e, YC_SCRIPT_OK);
    }
    assert_int_equal(count, 87);
    /* One that is data does not count. */
    assert_script(fixture_tapscript(f, fixture_script(f, "0x0150 DROP 0"), RULES), YC_SCRIPT_ERR_EVAL_FALSE);
}

/* C20, C21: operands of CHECKSEQUENCEVERIFY against transaction versions and sequences. */
static void test_check_sequence(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *operand;
        uint32_t version, sequence;
        enum yc_script_error expected;
    } rows[] = {
        {"10", 2, 10, YC_SCRIPT_OK},
        {"11", 2, 10, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
        {"10", 1, 10, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
        {"10", 0xffffffff, 10, YC_SCRIPT_OK}, /* versions are not signed */
        {"10", 0x80000000, 10, YC_SCRIPT_OK},
        {"10", 2, 0x8000000a, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
        {"-1", 2, 10, YC_SCRIPT_ERR_NEGATIVE_LOCKTIME},
        {"-2", 2, 10, YC_SCRIPT_ERR_NEGATIVE_LOCKTIME},
        {"0x050000008080", 2, 10, YC_SCRIPT_ERR_NEGATIVE_LOCKTIME},        /* -2^31 */
        {"0x050000008000", 1, 0xffffffff, YC_SCRIPT_OK},                   /* 2^31: the disable bit, a NOP */
        {"0x050000008001", 1, 0xffffffff, YC_SCRIPT_OK},                   /* 2^32 + 2^31 */
        {"0x050a00000001", 2, 10, YC_SCRIPT_OK},                           /* 2^32 + 10: higher bits are masked */
        {"0x05ffffffff7f", 2, 10, YC_SCRIPT_OK},                           /* 2^39 - 1 has the disable bit */
        {"0x06ffffffffff00", 2, 10, YC_SCRIPT_ERR_SCRIPTNUM},              /* 6 bytes */
        {"0x030a0040", 2, 0x0040000a, YC_SCRIPT_OK},                       /* both in time */
        {"0x030a0040", 2, 0x0000000a, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME}, /* units differ */
        {"10", 2, 0x0040000a, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
        {"0x030a003f", 2, 10, YC_SCRIPT_OK}, /* bits 16 to 21 mean nothing */
        {"65535", 2, 0x0020fffe, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[80];
        snprintf(text, sizeof text, "%s CHECKSEQUENCEVERIFY DROP 1", rows[i].operand);
        struct yc_view script = fixture_script(f, text);
        f->version = rows[i].version;
        f->sequence = rows[i].sequence;
        assert_script(fixture_legacy(f, script, RULES), rows[i].expected);
        assert_script(fixture_v0(f, script, RULES), rows[i].expected);
        assert_script(fixture_tapscript(f, script, RULES), rows[i].expected);
        assert_script(fixture_legacy(f, script, RULES & ~(uint32_t)YC_SCRIPT_CHECKSEQUENCEVERIFY), YC_SCRIPT_OK);
    }
}

/* BIP 65 */
static void test_check_lock_time(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *operand;
        uint32_t lock_time, sequence;
        enum yc_script_error expected;
    } rows[] = {
        {"100", 100, 0, YC_SCRIPT_OK},
        {"101", 100, 0, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
        {"100", 100, YC_SEQUENCE_FINAL, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
        {"-1", 100, 0, YC_SCRIPT_ERR_NEGATIVE_LOCKTIME},
        {"499999999", 500000000, 0, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
        {"500000000", 500000000, 0, YC_SCRIPT_OK},
        {"4294967295", 0xffffffff, 0, YC_SCRIPT_OK},
        {"0x050000000001", 0xffffffff, 0, YC_SCRIPT_ERR_UNSATISFIED_LOCKTIME},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[80];
        snprintf(text, sizeof text, "%s CHECKLOCKTIMEVERIFY DROP 1", rows[i].operand);
        f->lock_time = rows[i].lock_time;
        f->sequence = rows[i].sequence;
        assert_script(fixture_legacy(f, fixture_script(f, text), RULES), rows[i].expected);
    }
}

/* C25: the commitment is checked before the leaf version means anything. */
static void test_leaf_versions(void **state)
{
    struct fixture *f = *state;
    struct yc_view script = fixture_script(f, "0");
    for (unsigned version = 0; version < 256; version += 2) {
        if (version == YC_TAPROOT_ANNEX_TAG)
            continue; /* that control block is an annex */
        enum yc_script_error expected = version == YC_TAPROOT_LEAF_TAPSCRIPT ? YC_SCRIPT_ERR_EVAL_FALSE : YC_SCRIPT_OK;
        assert_script(fixture_leaf(f, script, (uint8_t)version, false, RULES), expected);
        assert_script(fixture_leaf(f, script, (uint8_t)version, true, RULES), YC_SCRIPT_ERR_WITNESS_PROGRAM_MISMATCH);
        if (version != YC_TAPROOT_LEAF_TAPSCRIPT)
            assert_script(fixture_leaf(f, script, (uint8_t)version, false, YC_SCRIPT_FLAGS_STANDARD),
                          YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION);
    }
}

/* C26: an output key that is no point cannot be spent, by key or by script. */
static void test_output_key_is_no_point(void **state)
{
    struct fixture *f = *state;
    static uint8_t control[33] = {YC_TAPROOT_LEAF_TAPSCRIPT}, sig[64];
    struct yc_view output = fixture_script(f, "1 0x20 {32*0xff}");
    fixture_items(f, yc_view(sig, 64), 1);
    assert_script(fixture_spend(f, output, RULES), YC_SCRIPT_ERR_SCHNORR_SIG);
    fixture_clear_items(f);
    fixture_items(f, fixture_script(f, "1"), 1);
    fixture_items(f, yc_view(control, 33), 1);
    assert_script(fixture_spend(f, output, RULES), YC_SCRIPT_ERR_WITNESS_PROGRAM_MISMATCH);
    fixture_clear_items(f);
    assert_script(fixture_spend(f, output, RULES), YC_SCRIPT_ERR_WITNESS_PROGRAM_WITNESS_EMPTY);
}

/* C27: the budget is 50 and the witness of this input; unknown keys spend of it, and pass. */
static void test_tapscript_budget(void **state)
{
    struct fixture *f = *state;
    struct yc_view two = fixture_script(f, "1 0x01 0x20 CHECKSIGVERIFY 1 0x01 0x20 CHECKSIGVERIFY 1");
    /* 9 script bytes: 50 + 1 + (1+9) + (1+33) = 95, which is enough for one check. */
    assert_int_equal(two.n, 9);
    assert_script(fixture_tapscript(f, two, RULES), YC_SCRIPT_ERR_TAPSCRIPT_VALIDATION_WEIGHT);
    /* 14 bytes make it 100. */
    struct yc_view padded = fixture_script(f, "{5*NOP} 1 0x01 0x20 CHECKSIGVERIFY 1 0x01 0x20 CHECKSIGVERIFY 1");
    assert_script(fixture_tapscript(f, padded, RULES), YC_SCRIPT_OK);
    struct yc_view one_less = fixture_script(f, "{4*NOP} 1 0x01 0x20 CHECKSIGVERIFY 1 0x01 0x20 CHECKSIGVERIFY 1");
    assert_script(fixture_tapscript(f, one_less, RULES), YC_SCRIPT_ERR_TAPSCRIPT_VALIDATION_WEIGHT);
    /* The witness of another input buys nothing. */
    f->neighbour_item = fixture_script(f, "{500*NOP}");
    assert_script(fixture_tapscript(f, one_less, RULES), YC_SCRIPT_ERR_TAPSCRIPT_VALIDATION_WEIGHT);
    assert_script(fixture_tapscript(f, padded, RULES), YC_SCRIPT_OK);
    assert_script(fixture_tapscript(f, padded, YC_SCRIPT_FLAGS_STANDARD),
                  YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_PUBKEYTYPE);
    /* An empty signature costs nothing, but an empty key is no key. */
    assert_script(fixture_tapscript(f, fixture_script(f, "{9*0 0x01 0x02 CHECKSIG DROP} 1"), RULES), YC_SCRIPT_OK);
    assert_script(fixture_tapscript(f, fixture_script(f, "0 0 CHECKSIG NOT"), RULES),
                  YC_SCRIPT_ERR_TAPSCRIPT_EMPTY_PUBKEY);
}

/* C27: CHECKSIGADD with a key of unknown type passes and counts; outside tapscript it is nothing. */
static void test_checksigadd(void **state)
{
    struct fixture *f = *state;
    struct yc_view script = fixture_script(f, "1 41 0x01 0x02 0xba 42 NUMEQUAL");
    assert_script(fixture_tapscript(f, script, RULES), YC_SCRIPT_OK);
    assert_script(fixture_v0(f, script, RULES), YC_SCRIPT_ERR_BAD_OPCODE);
    assert_script(fixture_legacy(f, script, RULES), YC_SCRIPT_ERR_BAD_OPCODE);
    assert_script(fixture_tapscript(f, fixture_script(f, "0 41 0x01 0x02 0xba 41 NUMEQUAL"), RULES), YC_SCRIPT_OK);
    assert_script(fixture_tapscript(f, fixture_script(f, "1 0x05ffffffff00 0x01 0x02 0xba"), RULES),
                  YC_SCRIPT_ERR_SCRIPTNUM);
    assert_script(fixture_tapscript(f, fixture_script(f, "1 0x01 0x02 0xba"), RULES),
                  YC_SCRIPT_ERR_INVALID_STACK_OPERATION);
}

/* C28: forms of Schnorr signatures, by the key path. */
static void test_schnorr_forms(void **state)
{
    struct fixture *f = *state;
    static uint8_t sig[66];
    struct yc_view output = fixture_hex(f, "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    static const struct {
        size_t n;
        uint8_t type;
        enum yc_script_error expected;
    } rows[] = {
        {0, 0, YC_SCRIPT_ERR_SCHNORR_SIG_SIZE},
        {63, 0, YC_SCRIPT_ERR_SCHNORR_SIG_SIZE},
        {66, 1, YC_SCRIPT_ERR_SCHNORR_SIG_SIZE},
        {64, 0, YC_SCRIPT_ERR_SCHNORR_SIG},
        {65, 0, YC_SCRIPT_ERR_SCHNORR_SIG_HASHTYPE},
        {65, 1, YC_SCRIPT_ERR_SCHNORR_SIG},
        {65, 3, YC_SCRIPT_ERR_SCHNORR_SIG},
        {65, 4, YC_SCRIPT_ERR_SCHNORR_SIG_HASHTYPE},
        {65, 0x80, YC_SCRIPT_ERR_SCHNORR_SIG_HASHTYPE},
        {65, 0x83, YC_SCRIPT_ERR_SCHNORR_SIG},
        {65, 0x84, YC_SCRIPT_ERR_SCHNORR_SIG_HASHTYPE},
        {65, 0xff, YC_SCRIPT_ERR_SCHNORR_SIG_HASHTYPE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sig[64] = rows[i].type;
        fixture_clear_items(f);
        fixture_items(f, yc_view(sig, rows[i].n), 1);
        assert_script(fixture_spend(f, output, RULES), rows[i].expected);
    }
}

/* C31: the length of an operand is looked at before its value. */
static void test_number_lengths(void **state)
{
    struct fixture *f = *state;
    struct yc_view script = fixture_script(f, "0x050100000000 1ADD");
    assert_script(fixture_legacy(f, script, RULES), YC_SCRIPT_ERR_SCRIPTNUM);
    assert_script(fixture_legacy(f, fixture_script(f, "0x0401000000 1ADD"), RULES), YC_SCRIPT_OK);
    assert_script(fixture_legacy(f, fixture_script(f, "0x0401000000 1ADD"), RULES | YC_SCRIPT_MINIMALDATA),
                  YC_SCRIPT_ERR_SCRIPTNUM);
    /* Negative zero is false, and its negation is zero. */
    assert_script(fixture_legacy(f, fixture_script(f, "0x0180"), RULES), YC_SCRIPT_ERR_EVAL_FALSE);
    assert_script(fixture_legacy(f, fixture_script(f, "0x0180 NEGATE 0 EQUAL"), RULES), YC_SCRIPT_OK);
    /* Results of five bytes stand, but are no operands. */
    assert_script(fixture_legacy(f, fixture_script(f, "0x04ffffff7f DUP ADD 0x05feffffff00 EQUAL"), RULES),
                  YC_SCRIPT_OK);
    assert_script(fixture_legacy(f, fixture_script(f, "0x04ffffff7f DUP ADD 1ADD"), RULES), YC_SCRIPT_ERR_SCRIPTNUM);
}

/* C33: witnesses where none belongs, and script sigs where none belongs. */
static void test_witness_mixing(void **state)
{
    struct fixture *f = *state;
    struct yc_view one = fixture_script(f, "1");
    fixture_items(f, one, 1);
    assert_script(fixture_legacy(f, one, RULES), YC_SCRIPT_ERR_WITNESS_UNEXPECTED);
    assert_script(fixture_legacy(f, one, YC_SCRIPT_P2SH), YC_SCRIPT_OK);
    fixture_clear_items(f);
    f->script_sig = one;
    assert_script(fixture_v0(f, one, RULES), YC_SCRIPT_ERR_WITNESS_MALLEATED);
    struct yc_view program = fixture_script(f, "0 0x20 {32*0x01}");
    assert_script(fixture_p2sh(f, program, RULES), YC_SCRIPT_ERR_WITNESS_MALLEATED_P2SH);
    f->script_sig = YC_VIEW_EMPTY;
    assert_script(fixture_p2sh(f, program, RULES), YC_SCRIPT_ERR_WITNESS_PROGRAM_WITNESS_EMPTY);
}

/* C57: what a later soft fork may give a meaning succeeds in a block and is refused by policy. */
static void test_unknown_programs(void **state)
{
    struct fixture *f = *state;
    static const char *const programs[] = {"1 0x1f {31*0x01}", "1 0x21 {33*0x01}", "2 0x20 {32*0x01}",
                                           "16 0x28 {40*0x01}", "1 0x02 0x4e74"};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        struct yc_view program = fixture_script(f, programs[i]);
        assert_script(fixture_spend(f, program, RULES), YC_SCRIPT_OK);
        assert_script(fixture_spend(f, program, YC_SCRIPT_FLAGS_STANDARD),
                      YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM);
    }
    struct yc_view anchor = fixture_script(f, "1 0x02 0x4e73"), taproot = fixture_script(f, "1 0x20 {32*0x01}");
    assert_script(fixture_spend(f, anchor, YC_SCRIPT_FLAGS_STANDARD), YC_SCRIPT_OK);
    assert_script(fixture_p2sh(f, anchor, YC_SCRIPT_FLAGS_STANDARD),
                  YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM);
    assert_script(fixture_p2sh(f, taproot, RULES), YC_SCRIPT_OK);
    assert_script(fixture_spend(f, fixture_script(f, "0 0x1f {31*0x01}"), RULES),
                  YC_SCRIPT_ERR_WITNESS_PROGRAM_WRONG_LENGTH);
    /* Version 1 means nothing before taproot. */
    assert_script(fixture_spend(f, taproot, RULES & ~(uint32_t)YC_SCRIPT_TAPROOT), YC_SCRIPT_OK);
}

/* C57: an annex needs a second item; alone, what looks like one is a signature. */
static void test_annex(void **state)
{
    struct fixture *f = *state;
    static const uint8_t annex[3] = {YC_TAPROOT_ANNEX_TAG, 1, 2};
    struct yc_view output = fixture_hex(f, "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    fixture_items(f, yc_view(annex, sizeof annex), 1);
    assert_script(fixture_spend(f, output, RULES), YC_SCRIPT_ERR_SCHNORR_SIG_SIZE);
    fixture_items(f, yc_view(annex, sizeof annex), 1);
    assert_script(fixture_spend(f, output, RULES), YC_SCRIPT_ERR_SCHNORR_SIG_SIZE);
    fixture_items(f, yc_view(annex, sizeof annex), 1);
    assert_script(fixture_spend(f, output, RULES), YC_SCRIPT_ERR_TAPROOT_WRONG_CONTROL_SIZE);
}

/* A redeem script may be a number that the script sig made: one byte, which is a script that fails. */
static void test_redeem_script_of_one_byte(void **state)
{
    struct fixture *f = *state;
    static const uint8_t sixteen = 0x10, minus_one = 0x81;
    uint8_t output[23] = {YC_OP_HASH160, 20};
    output[22] = YC_OP_EQUAL;
    yc_hash160(output + 2, &sixteen, 1);
    f->script_sig = fixture_script(f, "16");
    assert_script(fixture_spend(f, yc_view(output, 23), RULES), YC_SCRIPT_ERR_BAD_OPCODE);
    yc_hash160(output + 2, &minus_one, 1);
    f->script_sig = fixture_script(f, "-1");
    assert_script(fixture_spend(f, yc_view(output, 23), RULES), YC_SCRIPT_ERR_DISABLED_OPCODE);
}

/* BIP 16: the script sig of a P2SH spend pushes and does nothing else, though the redeem script matches. */
static void test_p2sh_is_push_only(void **state)
{
    struct fixture *f = *state;
    f->script_sig = fixture_script(f, "NOP");
    assert_script(fixture_p2sh(f, fixture_script(f, "1"), RULES), YC_SCRIPT_ERR_SIG_PUSHONLY);
    assert_script(fixture_p2sh(f, fixture_script(f, "1"), YC_SCRIPT_FLAGS_NONE), YC_SCRIPT_OK);
}

/* A checker that defers what it may, and says no to the rest. */
struct asked {
    unsigned deferred, decided;
};

static enum yc_sig answer(void *ctx, bool may_defer)
{
    struct asked *a = ctx;
    if (may_defer)
        a->deferred++;
    else
        a->decided++;
    return may_defer ? YC_SIG_DEFERRED : YC_SIG_BAD;
}

static enum yc_sig asked_ecdsa(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32],
                               bool may_defer)
{
    assert_int_equal(pubkey.n, 33);
    assert_int_equal(sig.n, 8);
    (void)msg32;
    return answer(ctx, may_defer);
}

static enum yc_sig asked_schnorr(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                                 bool may_defer)
{
    (void)xonly32;
    (void)sig64;
    (void)msg32;
    return answer(ctx, may_defer);
}

#define SIG "0x09300602010102010101"
#define KEY "0x21 0x02 {32*0x01}"

/* A deferred signature counts as good; when the script then fails, it is run again with every answer given at once. */
static void test_deferred_signatures(void **state)
{
    struct fixture *f = *state;
    struct asked a = {0};
    const struct yc_checker checker = {asked_ecdsa, asked_schnorr, &a, NULL};
    f->checker = &checker;
    assert_script(fixture_legacy(f, fixture_script(f, SIG " " KEY " CHECKSIG"), RULES), YC_SCRIPT_OK);
    assert_int_equal(a.deferred, 1);
    assert_int_equal(a.decided, 0);
    /* Taken for good it fails; known to be bad it succeeds. */
    assert_script(fixture_legacy(f, fixture_script(f, SIG " " KEY " CHECKSIG NOT"), RULES), YC_SCRIPT_OK);
    assert_int_equal(a.deferred, 2);
    assert_int_equal(a.decided, 1);
    /* CHECKMULTISIG takes another way at each answer. */
    struct yc_view multisig = fixture_script(f, "0 " SIG " 1 " KEY " " KEY " 2 CHECKMULTISIG");
    assert_script(fixture_legacy(f, multisig, RULES), YC_SCRIPT_ERR_EVAL_FALSE);
    assert_int_equal(a.deferred, 2);
    assert_int_equal(a.decided, 3);
    struct yc_view tap = fixture_script(f, "0x40 {64*0x01} 0x20 {32*0x01} CHECKSIG");
    assert_script(fixture_tapscript(f, tap, RULES), YC_SCRIPT_OK);
    assert_int_equal(a.deferred, 3);
}

/* A key whose first byte does not fit its length is never asked about, nor is an empty signature. */
static void test_unusable_keys(void **state)
{
    struct fixture *f = *state;
    struct asked a = {0};
    const struct yc_checker checker = {asked_ecdsa, asked_schnorr, &a, NULL};
    f->checker = &checker;
    static const char *const scripts[] = {
        SIG " 0x21 0x04 {32*0x01} CHECKSIG NOT", SIG " 0x21 0x05 {32*0x01} CHECKSIG NOT",
        SIG " 0x41 0x02 {64*0x01} CHECKSIG NOT", SIG " 0 CHECKSIG NOT", "0 " KEY " CHECKSIG NOT"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        assert_script(fixture_legacy(f, fixture_script(f, scripts[i]), RULES), YC_SCRIPT_OK);
    assert_int_equal(a.deferred + a.decided, 0);
}

/* C30: each rule of policy, and that it is no rule of blocks. */
static void test_policy_is_not_consensus(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *script;
        uint32_t flag;
        enum yc_script_error refused;
    } rows[] = {
        {"0 IF CODESEPARATOR ENDIF 1", YC_SCRIPT_CONST_SCRIPTCODE, YC_SCRIPT_ERR_OP_CODESEPARATOR},
        {"0x0101 1", YC_SCRIPT_MINIMALDATA, YC_SCRIPT_ERR_MINIMALDATA},
        {"0x020100 1ADD", YC_SCRIPT_MINIMALDATA, YC_SCRIPT_ERR_SCRIPTNUM},
        {"NOP4 1", YC_SCRIPT_DISCOURAGE_UPGRADABLE_NOPS, YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_NOPS},
        {"1 1", YC_SCRIPT_CLEANSTACK, YC_SCRIPT_ERR_CLEANSTACK},
        {SIG " " KEY " CHECKSIG NOT", YC_SCRIPT_NULLFAIL, YC_SCRIPT_ERR_SIG_NULLFAIL},
        {"0 " SIG " 1 " KEY " 1 CHECKMULTISIG NOT", YC_SCRIPT_NULLFAIL, YC_SCRIPT_ERR_SIG_NULLFAIL},
        {"0x0930060201010201017f " KEY " CHECKSIG NOT", YC_SCRIPT_STRICTENC, YC_SCRIPT_ERR_SIG_HASHTYPE},
        {SIG " 0x21 0x06 {32*0x01} CHECKSIG NOT", YC_SCRIPT_STRICTENC, YC_SCRIPT_ERR_PUBKEYTYPE},
        {"0x29 0x3026020101022100 {32*0xf0} 0x01 " KEY " CHECKSIG NOT", YC_SCRIPT_LOW_S, YC_SCRIPT_ERR_SIG_HIGH_S},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_view script = fixture_script(f, rows[i].script);
        assert_script(fixture_legacy(f, script, RULES), YC_SCRIPT_OK);
        assert_script(fixture_legacy(f, script, RULES | rows[i].flag), rows[i].refused);
    }
    f->script_sig = fixture_script(f, "NOP");
    assert_script(fixture_legacy(f, fixture_script(f, "1"), RULES), YC_SCRIPT_OK);
    assert_script(fixture_legacy(f, fixture_script(f, "1"), RULES | YC_SCRIPT_SIGPUSHONLY), YC_SCRIPT_ERR_SIG_PUSHONLY);
    f->script_sig = YC_VIEW_EMPTY;
    struct yc_view long_key = fixture_script(f, "0 0x41 0x04 {64*0x01} CHECKSIG NOT");
    assert_script(fixture_v0(f, long_key, RULES), YC_SCRIPT_OK);
    assert_script(fixture_v0(f, long_key, RULES | YC_SCRIPT_WITNESS_PUBKEYTYPE), YC_SCRIPT_ERR_WITNESS_PUBKEYTYPE);
}

/* BIP 66 and 147 are rules, unless their forks are not active. */
static void test_forks(void **state)
{
    struct fixture *f = *state;
    struct yc_view der = fixture_script(f, "0x023001 " KEY " CHECKSIG NOT");
    assert_script(fixture_legacy(f, der, RULES), YC_SCRIPT_ERR_SIG_DER);
    assert_script(fixture_legacy(f, der, RULES & ~(uint32_t)YC_SCRIPT_DERSIG), YC_SCRIPT_OK);
    struct yc_view dummy = fixture_script(f, "1 0 0 CHECKMULTISIG");
    assert_script(fixture_legacy(f, dummy, RULES), YC_SCRIPT_ERR_SIG_NULLDUMMY);
    assert_script(fixture_legacy(f, dummy, RULES & ~(uint32_t)YC_SCRIPT_NULLDUMMY), YC_SCRIPT_OK);
}

/* What is taken from the alt stack is gone from it. */
static void test_alt_stack(void **state)
{
    struct fixture *f = *state;
    struct yc_view twice = fixture_script(f, "1 2 TOALTSTACK TOALTSTACK FROMALTSTACK FROMALTSTACK 2 EQUALVERIFY");
    assert_script(fixture_legacy(f, twice, RULES), YC_SCRIPT_OK);
    assert_script(fixture_legacy(f, fixture_script(f, "1 TOALTSTACK FROMALTSTACK FROMALTSTACK"), RULES),
                  YC_SCRIPT_ERR_INVALID_ALTSTACK_OPERATION);
}

/* WITHIN takes three elements and leaves one. */
static void test_within_leaves_one(void **state)
{
    struct fixture *f = *state;
    assert_script(fixture_legacy(f, fixture_script(f, "7 1 0 3 WITHIN VERIFY DEPTH 1 EQUALVERIFY 7 EQUAL"), RULES),
                  YC_SCRIPT_OK);
    assert_script(fixture_legacy(f, fixture_script(f, "3 0 3 WITHIN NOT"), RULES), YC_SCRIPT_OK);
    assert_script(fixture_legacy(f, fixture_script(f, "0 0 3 WITHIN"), RULES), YC_SCRIPT_OK);
}

/* Each byte of a witness program's hash counts, the last too. */
static void test_program_is_compared_whole(void **state)
{
    struct fixture *f = *state;
    static const uint8_t op_1[] = {YC_OP_1};
    uint8_t program[34] = {YC_OP_0, 32};
    fixture_items(f, yc_view(op_1, 1), 1);
    for (size_t i = 0; i < 32; i++) {
        yc_sha256_once(program + 2, op_1, 1);
        assert_script(fixture_spend(f, yc_view(program, sizeof program), RULES), YC_SCRIPT_OK);
        program[2 + i] ^= 1;
        assert_script(fixture_spend(f, yc_view(program, sizeof program), RULES),
                      YC_SCRIPT_ERR_WITNESS_PROGRAM_MISMATCH);
    }
}

/* BIP 141: the script sig of a wrapped program is one direct push of it. */
static void test_wrapped_program_is_pushed_directly(void **state)
{
    struct fixture *f = *state;
    static const uint8_t op_1[] = {YC_OP_1};
    uint8_t redeem[34] = {YC_OP_0, 32}, output[23] = {YC_OP_HASH160, 20, [22] = YC_OP_EQUAL};
    yc_sha256_once(redeem + 2, op_1, 1);
    yc_hash160(output + 2, redeem, sizeof redeem);
    fixture_items(f, yc_view(op_1, 1), 1);
    static const struct {
        size_t n;
        uint8_t head[4];
        enum yc_script_error expected;
    } rows[] = {{1, {34}, YC_SCRIPT_OK},
                {2, {YC_OP_PUSHDATA1, 34}, YC_SCRIPT_ERR_WITNESS_MALLEATED_P2SH},
                {3, {YC_OP_PUSHDATA2, 34, 0}, YC_SCRIPT_ERR_WITNESS_MALLEATED_P2SH},
                {2, {YC_OP_0, 34}, YC_SCRIPT_ERR_WITNESS_MALLEATED_P2SH},
                {4, {2, 9, 9, 34}, YC_SCRIPT_ERR_WITNESS_MALLEATED_P2SH}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t script_sig[40];
        memcpy(script_sig, rows[i].head, rows[i].n);
        memcpy(script_sig + rows[i].n, redeem, sizeof redeem);
        f->script_sig = yc_view(script_sig, rows[i].n + sizeof redeem);
        assert_script(fixture_spend(f, yc_view(output, sizeof output), RULES), rows[i].expected);
    }
}

/* BIP 341: an empty last item is no annex. */
static void test_empty_item_is_no_annex(void **state)
{
    struct fixture *f = *state;
    struct yc_view output = fixture_script(f, "1 0x20 {32*0x01}");
    fixture_items(f, fixture_script(f, "{64*0x01}"), 1);
    fixture_items(f, YC_VIEW_EMPTY, 1);
    assert_script(fixture_spend(f, output, RULES), YC_SCRIPT_ERR_TAPROOT_WRONG_CONTROL_SIZE);
}

/* BIP 141's programs that are almost another: by length, version, or a byte. */
static void test_near_programs(void **state)
{
    struct fixture *f = *state;
    uint32_t strict = RULES | YC_SCRIPT_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM;
    assert_script(fixture_spend(f, fixture_script(f, "1 0x02 0x4e73"), strict), YC_SCRIPT_OK);
    static const char *const near[] = {"1 0x02 0x4e74", "1 0x02 0x4f73", "2 0x02 0x4e73", "1 0x03 0x4e7300",
                                       "2 0x20 {32*0x01}"};
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        assert_script(fixture_spend(f, fixture_script(f, near[i]), RULES), YC_SCRIPT_OK);
        assert_script(fixture_spend(f, fixture_script(f, near[i]), strict),
                      YC_SCRIPT_ERR_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM);
    }
    /* 34 bytes that begin like taproot's program, and are none. */
    fixture_items(f, fixture_script(f, "1"), 1);
    assert_script(fixture_spend(f, fixture_script(f, "1 0x1f {31*0x01} 1"), RULES), YC_SCRIPT_ERR_WITNESS_UNEXPECTED);
}

/* BIP 341: at most 128 nodes; each length is a multiple of 32 behind the first 33. */
static void test_control_sizes(void **state)
{
    (void)state;
    static const uint8_t control[33 + 32 * 130];
    for (size_t n = 0; n <= sizeof control; n++)
        assert_int_equal(yc_taproot_control_is_sized(yc_view(control, n)),
                         n >= 33 && (n - 33) % 32 == 0 && (n - 33) / 32 <= 128);
}

/* Every error has a name, and a number that is none has that of the unknown one. */
static void test_error_names(void **state)
{
    (void)state;
    for (int e = 0; e < YC_SCRIPT_ERR_COUNT; e++) {
        assert_true(strlen(yc_script_error_name((enum yc_script_error)e)) > 1);
        assert_true(strlen(yc_script_error_text((enum yc_script_error)e)) > 1);
        for (int other = 0; other < e; other++)
            assert_string_not_equal(yc_script_error_name((enum yc_script_error)e),
                                    yc_script_error_name((enum yc_script_error)other));
    }
    assert_string_equal(yc_script_error_name(YC_SCRIPT_ERR_COUNT), "UNKNOWN_ERROR");
    assert_string_equal(yc_script_error_text(YC_SCRIPT_ERR_COUNT), yc_script_error_text(YC_SCRIPT_ERR_UNKNOWN_ERROR));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_return_in_script_sig),
        T(test_disabled_opcodes),
        T(test_success_opcodes),
        T(test_check_sequence),
        T(test_check_lock_time),
        T(test_leaf_versions),
        T(test_output_key_is_no_point),
        T(test_tapscript_budget),
        T(test_checksigadd),
        T(test_schnorr_forms),
        T(test_number_lengths),
        T(test_witness_mixing),
        T(test_unknown_programs),
        T(test_annex),
        T(test_redeem_script_of_one_byte),
        T(test_p2sh_is_push_only),
        T(test_deferred_signatures),
        T(test_unusable_keys),
        T(test_policy_is_not_consensus),
        T(test_forks),
        T(test_alt_stack),
        T(test_within_leaves_one),
        T(test_program_is_compared_whole),
        T(test_wrapped_program_is_pushed_directly),
        T(test_empty_item_is_no_annex),
        T(test_near_programs),
        T(test_control_sizes),
        T(test_error_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
