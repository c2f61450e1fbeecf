/* Catalogue rows about scripts, each through the connection of a block; named by their rows. A spend is valid or it is
 * not: where the row is about which error, tests/unit/consensus/script says so. */
#include "unit/consensus/rows/locked.h"

#include "crypto/sha256.h"

#include <stdio.h>

#define BARE   (1u << LOCKED_BARE)
#define P2SH   (1u << LOCKED_P2SH)
#define V0     (1u << LOCKED_V0)
#define TAP    (1u << LOCKED_TAPSCRIPT)
#define ALL    (BARE | P2SH | V0 | TAP)
#define LEGACY (BARE | P2SH)

static struct locked l;

static int open_world(void **state)
{
    (void)state;
    locked_init(&l);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    locked_release(&l);
    return 0;
}

struct row {
    const char *items, *code; /* in words */
    unsigned valid, invalid;  /* forms */
};

static bool judge(enum locked_form form, const char *items, const char *code)
{
    locked_begin(&l);
    locked_by(&l, form, locked_words(&l, code), 1);
    locked_items(&l, items);
    return locked_connects(&l);
}

static void expect(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (unsigned form = 0; form < LOCKED_FORMS; form++) {
            if (!((rows[i].valid | rows[i].invalid) & 1u << form))
                continue;
            bool valid = judge(form, rows[i].items, rows[i].code);
            if (valid != !!(rows[i].valid & 1u << form))
                fail_msg("[%s] [%s], form %u: %s, %s", rows[i].items, rows[i].code, form, valid ? "valid" : "invalid",
                         yc_reject_string(l.world.failed_code));
            if (!valid)
                assert_int_equal(l.world.failed_code, YC_REJ_BLOCK_SCRIPT);
        }
}

#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof(rows)[0])

/* C02: input script and spent script run apart, and RETURN fails wherever it runs. */
static void test_c02_return_ends_nothing_well(void **state)
{
    (void)state;
    static const char *const sigs[] = {"1 RETURN", "1 1 RETURN", "1 0 IF", "1 0 IF RETURN"};
    for (size_t i = 0; i < sizeof sigs / sizeof sigs[0]; i++)
        for (unsigned form = LOCKED_BARE; form <= LOCKED_P2SH; form++) {
            locked_begin(&l);
            locked_by(&l, form, locked_words(&l, "VERIFY 0"), 1);
            l.script_sig = locked_words(&l, sigs[i]);
            assert_false(locked_connects(&l));
        }
    static const struct row rows[] = {
        {"1", "NOP RETURN", 0, ALL}, {"1", "1 RETURN", 0, ALL}, {"1", "0 IF RETURN ENDIF", ALL, 0}};
    EXPECT(rows);
}

/* C03: fifteen operations are refused even where they do not run; in a tapscript each of them means success. */
static void test_c03_disabled_operations(void **state)
{
    (void)state;
    static const uint8_t disabled[] = {0x7e, 0x7f, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86,
                                       0x8d, 0x8e, 0x95, 0x96, 0x97, 0x98, 0x99};
    assert_int_equal(sizeof disabled, 15);
    for (size_t i = 0; i < sizeof disabled; i++)
        for (int runs = 0; runs < 2; runs++)
            for (unsigned form = 0; form < LOCKED_FORMS; form++) {
                char code[64];
                (void)snprintf(code, sizeof code, "%d IF 0x%02x ENDIF", runs, disabled[i]);
                assert_int_equal(judge(form, "1", code), form == LOCKED_TAPSCRIPT);
            }
}

/* C20: versions are unsigned: 0xffffffff is under BIP 68 and 112, 0 and 1 are not. */
static void test_c20_versions_are_unsigned(void **state)
{
    (void)state;
    static const struct {
        uint32_t version, sequence;
        const char *code;
        bool valid;
    } rows[] = {
        {0xffffffff, 0, "0 CHECKSEQUENCEVERIFY", true},
        {0xffffffff, 0, "1 CHECKSEQUENCEVERIFY", false},
        {0x80000000, 0, "1 CHECKSEQUENCEVERIFY", false},
        {0x80000000, 0, "0 CHECKSEQUENCEVERIFY", true},
        {1, 0, "0 CHECKSEQUENCEVERIFY", false},
        {0, 0, "0 CHECKSEQUENCEVERIFY", false},
        {0xffffffff, 1, "1 CHECKSEQUENCEVERIFY", false},
        {0xffffffff, 1, "0 CHECKSEQUENCEVERIFY 1", false},
        {1, 1, "0 1", true},
        {2, 1, "0 1", false},
        {0x80000000, 1, "0 1", false},
        {0, 1, "0 1", true},
        {2, 0x80000001, "0 1", true},
        {2, 0x80000001, "1 CHECKSEQUENCEVERIFY 1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        locked_begin(&l);
        char code[64];
        (void)snprintf(code, sizeof code, "%s %s", rows[i].code,
                       strstr(rows[i].code, "CHECKSEQUENCEVERIFY") ? "DROP 1" : "NIP");
        locked_by(&l, LOCKED_V0, locked_words(&l, code), 1);
        l.spend->tx.version = rows[i].version;
        l.spend->in[LOCKED_INPUT].sequence = rows[i].sequence;
        if (locked_connects(&l) != rows[i].valid)
            fail_msg("version %x, sequence %x, %s: %s", (unsigned)rows[i].version, (unsigned)rows[i].sequence,
                     rows[i].code, yc_reject_string(l.world.failed_code));
    }
}

/* C21: operands of CHECKSEQUENCEVERIFY have up to five bytes; negative ones fail, bit 31 makes it do nothing. */
static void test_c21_operands_of_relative_locks(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"0", "CHECKSEQUENCEVERIFY NOT", ALL, 0},
        {"1", "CHECKSEQUENCEVERIFY", 0, ALL},
        {"-1", "CHECKSEQUENCEVERIFY", 0, ALL},
        {"-2", "CHECKSEQUENCEVERIFY", 0, ALL},
        {"-2147483648", "CHECKSEQUENCEVERIFY", 0, ALL},
        {"0x05 0x0000008000", "CHECKSEQUENCEVERIFY", ALL, 0},   /* 2^31 */
        {"0x05 0x0000000001", "CHECKSEQUENCEVERIFY", ALL, 0},   /* 2^32: the low bits are 0 */
        {"0x05 0x0100000001", "CHECKSEQUENCEVERIFY", 0, ALL},   /* 2^32 + 1 */
        {"0x05 0xffffffff7f", "CHECKSEQUENCEVERIFY", ALL, 0},   /* 2^39 - 1 */
        {"0x05 0xffffffffff", "CHECKSEQUENCEVERIFY", 0, ALL},   /* negative */
        {"0x06 0x000000000001", "CHECKSEQUENCEVERIFY", 0, ALL}, /* six bytes */
        {"0x03 0x000040", "CHECKSEQUENCEVERIFY", 0, ALL},       /* the type bit alone: 2^22 */
        {"0x04 0x00000100", "CHECKSEQUENCEVERIFY", ALL, 0},     /* bit 16 counts for nothing */
        {"", "CHECKSEQUENCEVERIFY", 0, ALL},
    };
    EXPECT(rows);
}

/* C25, C57: a taproot commitment is checked before the leaf's version is looked at. */
static void test_c25_commitment_before_version(void **state)
{
    (void)state;
    static const uint8_t versions[] = {0xc0, 0xc2, 0x66, 0x7e, 0x80, 0xfe, 0x00};
    for (size_t i = 0; i < sizeof versions; i++)
        for (int forged = 0; forged < 3; forged++) {
            locked_begin(&l);
            l.leaf_version = versions[i];
            locked_by(&l, LOCKED_TAPSCRIPT, locked_words(&l, "0"), 1);
            uint8_t control[33];
            memcpy(control, l.control.p, sizeof control);
            control[forged == 1 ? 0 : 20] ^= forged ? 1 : 0;
            l.control = draft_copy(&l.d, control, sizeof control);
            /* The script is false, so only a version without rules may pass. */
            assert_int_equal(locked_connects(&l), !forged && versions[i] != 0xc0);
        }
}

/* C26: a program of 32 bytes that is no point can never be spent. */
static void test_c26_a_program_that_is_no_point(void **state)
{
    (void)state;
    static const char *const items[] = {"", "0x40 {64*0x01}", "1 0x21 0xc0{32*0x01}", "1"};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        locked_begin(&l);
        locked_by_output(&l, locked_words(&l, "1 0x20 {32*0xff}"));
        locked_items(&l, items[i]);
        assert_false(locked_connects(&l));
        assert_int_equal(l.world.failed_code, YC_REJ_BLOCK_SCRIPT);
    }
}

/* What the spend of the case comes to under these flags. */
static enum yc_script_error verified(uint32_t flags)
{
    struct yc_script_machine *machine = yc_script_machine_new(yc_heap());
    struct yc_spent spent[2] = {{1000000, yc_view("\x51", 1)}, {1000000, l.output}};
    struct yc_spend s;
    assert_non_null(machine);
    locked_unlock(&l);
    yc_spend_init_to_sign(&s, &l.spend->tx, spent);
    enum yc_script_error e = yc_script_verify(&s, LOCKED_INPUT, flags, yc_checker_now(), machine);
    yc_script_machine_free(machine);
    return e;
}

#define KEY33   "0x21 0x02 {32*0x01} "
#define WRONG   "0x09 0x300602010102010101 "
#define HIGH_S  "0x29 0x3026020101022100 {32*0xf0} 0x01 "
#define TYPE_7F "0x09 0x30060201010201017f "

/* C30: for each flag of policy a spend that it refuses, and that a block may hold. */
static void test_c30_no_policy_in_blocks(void **state)
{
    (void)state;
    static const struct {
        uint32_t flag;
        enum locked_form form;
        uint8_t leaf_version;
        const char *items, *code; /* items are the input script as it is, of bare coins */
    } rows[] = {
        {YC_SCRIPT_STRICTENC, LOCKED_BARE, 0, TYPE_7F, KEY33 "CHECKSIG NOT"},
        {YC_SCRIPT_STRICTENC, LOCKED_BARE, 0, WRONG, "0x21 0x06 {32*0x01} CHECKSIG NOT"},
        {YC_SCRIPT_LOW_S, LOCKED_BARE, 0, HIGH_S, KEY33 "CHECKSIG NOT"},
        {YC_SCRIPT_SIGPUSHONLY, LOCKED_BARE, 0, "1 NOP", ""},
        {YC_SCRIPT_MINIMALDATA, LOCKED_BARE, 0, "0x01 0x01", ""},
        {YC_SCRIPT_MINIMALDATA, LOCKED_BARE, 0, "0x4c 0x01 0x20", ""},
        {YC_SCRIPT_MINIMALDATA, LOCKED_V0, 0, "0x02 0x0100", "1ADD"},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_NOPS, LOCKED_BARE, 0, "1", "NOP1"},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_NOPS, LOCKED_TAPSCRIPT, 0, "1", "NOP10"},
        {YC_SCRIPT_CLEANSTACK, LOCKED_BARE, 0, "1 1", ""},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM, LOCKED_P2SH, 0, "", "2 0x02 0x0101"},
        {YC_SCRIPT_MINIMALIF, LOCKED_V0, 0, "2", "IF 1 ENDIF"},
        {YC_SCRIPT_NULLFAIL, LOCKED_BARE, 0, WRONG, KEY33 "CHECKSIG NOT"},
        {YC_SCRIPT_NULLFAIL, LOCKED_V0, 0, "0 " WRONG, "1 " KEY33 "1 CHECKMULTISIG NOT"},
        {YC_SCRIPT_WITNESS_PUBKEYTYPE, LOCKED_V0, 0, "0", "0x41 0x04 {64*0x01} CHECKSIG NOT"},
        {YC_SCRIPT_CONST_SCRIPTCODE, LOCKED_BARE, 0, "1", "CODESEPARATOR"},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION, LOCKED_TAPSCRIPT, 0xc2, "", "0"},
        {YC_SCRIPT_DISCOURAGE_OP_SUCCESS, LOCKED_TAPSCRIPT, 0, "", "0x50"},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_PUBKEYTYPE, LOCKED_TAPSCRIPT, 0, "1", KEY33 "CHECKSIG"},
    };
    uint32_t left = (YC_SCRIPT_FLAGS_STANDARD & ~YC_SCRIPT_FLAGS_CONSENSUS) | YC_SCRIPT_SIGPUSHONLY;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        locked_begin(&l);
        l.leaf_version = rows[i].leaf_version ? rows[i].leaf_version : l.leaf_version;
        locked_by(&l, rows[i].form, locked_words(&l, rows[i].code), 1);
        if (rows[i].form == LOCKED_BARE)
            l.script_sig = locked_words(&l, rows[i].items);
        else
            locked_items(&l, rows[i].items);
        assert_int_equal(verified(YC_SCRIPT_FLAGS_CONSENSUS), YC_SCRIPT_OK);
        assert_int_not_equal(verified(YC_SCRIPT_FLAGS_CONSENSUS | rows[i].flag), YC_SCRIPT_OK);
        if (!locked_connects(&l))
            fail_msg("%s: %s", yc_script_flag_name(rows[i].flag), yc_reject_string(l.world.failed_code));
        left &= ~rows[i].flag;
    }
    assert_int_equal(left, 0);
}

/* C31: an operand's length is looked at before its value; -0 is false; results may be longer than operands. */
static void test_c31_script_numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"0x05 0x0100000000", "1ADD", 0, ALL},
        {"0x04 0x01000000", "1ADD", ALL, 0},
        {"0x05 0x0100000000", "SIZE 5 EQUAL NIP", ALL, 0},
        {"0x01 0x80", "NOT", ALL, 0},
        {"0x02 0x0080", "IF 0 ELSE 1 ENDIF", LEGACY | V0, TAP},
        {"2147483647", "1ADD SIZE 5 EQUAL NIP", ALL, 0},
        {"2147483647", "1ADD 1ADD", 0, ALL},
        {"0x04 0xffffffff", "1SUB 0x05 0x0000008080 EQUAL", ALL, 0},
    };
    EXPECT(rows);
}

/* C33: witnesses where none belongs, and input scripts beside witness programs. */
static void test_c33_witnesses_and_input_scripts(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        locked_begin(&l);
        locked_by(&l, LOCKED_V0, locked_words(&l, "1"), 1);
        l.script_sig = with ? locked_words(&l, "1") : YC_VIEW_EMPTY;
        assert_int_equal(locked_connects(&l), !with);
    }
    /* A program behind P2SH: the input script is its push and nothing else. */
    static const char *const before[] = {"", "0", "1", "NOP", "0x4c 0x00"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        locked_begin(&l);
        struct yc_view code = locked_words(&l, "1");
        uint8_t program[34] = {0, 32};
        yc_sha256_once(program + 2, code.p, code.n);
        locked_by(&l, LOCKED_P2SH, draft_copy(&l.d, program, sizeof program), 1);
        l.script_sig = locked_words(&l, before[i]);
        l.spend->in[LOCKED_INPUT].witness = &code;
        l.spend->in[LOCKED_INPUT].witness_count = 1;
        assert_int_equal(locked_connects(&l), i == 0);
    }
    for (unsigned form = LOCKED_BARE; form <= LOCKED_P2SH; form++) {
        locked_begin(&l);
        locked_by(&l, form, locked_words(&l, "1"), 1);
        struct yc_view item = yc_view("\x01", 1);
        l.spend->in[LOCKED_INPUT].witness = &item;
        l.spend->in[LOCKED_INPUT].witness_count = 1;
        assert_false(locked_connects(&l));
        assert_int_equal(l.world.failed_code, YC_REJ_BLOCK_SCRIPT);
    }
}

/* C54: every limit of the language, at it and one beyond. */
static void test_c54_limits(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "0x4d 0x0802 {520*0x01}", BARE | V0 | TAP, 0},
        {"", "0x4d 0x0902 {521*0x01}", 0, BARE | V0 | TAP},
        {"0x4d 0x0802 {520*0x01}", "", BARE, 0},
        {"0x4d 0x0802 {520*0x01}", "SIZE 520 EQUAL NIP", V0 | TAP, 0},
        {"0x4d 0x0902 {521*0x01}", "SIZE 521 EQUAL NIP", 0, BARE | V0 | TAP},
        {"", "{201*NOP} 1", ALL, 0},
        {"", "{202*NOP} 1", TAP, LEGACY | V0},
        {"", "0 IF {199*NOP} ENDIF 1", ALL, 0},
        {"", "0 IF {200*NOP} ENDIF 1", TAP, LEGACY | V0},
        {"", "{1000*1}", BARE, 0},
        {"", "{1001*1}", 0, BARE | V0 | TAP},
        {"", "{1000*1} {499*2DROP} DROP", TAP, V0},
        {"", "1 TOALTSTACK {999*1}", BARE, 0},
        {"", "1 TOALTSTACK {1000*1}", 0, BARE | TAP},
        {"0", "0 {20*1} 20 CHECKMULTISIG", BARE | V0 | P2SH, TAP},
        {"0", "0 {21*1} 21 CHECKMULTISIG", 0, ALL},
        {"1", "0 0 CHECKMULTISIG", 0, ALL},    /* NULLDUMMY is a rule */
        {"2", "IF 1 ENDIF", LEGACY | V0, TAP}, /* MINIMALIF is one in tapscripts */
        {"1 1", "", BARE, V0 | TAP},           /* so is a clean stack in witnesses */
    };
    EXPECT(rows);
    for (int more = 0; more < 2; more++) {
        locked_begin(&l);
        struct yc_view long_code = draft_fill(&l.d, 0x51, 10000 + (size_t)more);
        uint8_t *p = (uint8_t *)(uintptr_t)long_code.p;
        for (int i = 0; i < 18; i++) {
            p[i * 524] = 0x4d;
            p[i * 524 + 1] = 0x08;
            p[i * 524 + 2] = 0x02;
            p[i * 524 + 523] = 0x75;
        }
        locked_by(&l, LOCKED_BARE, long_code, 1);
        assert_int_equal(locked_connects(&l), !more);
        /* Not a script error: an output that no input can satisfy makes no coin. */
        if (more)
            assert_int_equal(l.world.failed_code, YC_REJ_TX_INPUTS_MISSING);
    }
}

/* C57: what has no rule yet is anybody's in a block: later versions, version 1 of another length or behind P2SH; and an
 * annex is one only beside another item. */
static void test_c57_what_has_no_rules(void **state)
{
    (void)state;
    static const char *const programs[] = {"2 0x20 {32*0x07}", "16 0x02 0x0102", "1 0x1f {31*0xff}",
                                           "1 0x21 {33*0xff}", "1 0x02 0x4e73",  "9 0x28 {40*0x01}"};
    static const char *const items[] = {"", "1", "0 0 0"};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        for (size_t k = 0; k < sizeof items / sizeof items[0]; k++) {
            locked_begin(&l);
            locked_by_output(&l, locked_words(&l, programs[i]));
            locked_items(&l, items[k]);
            assert_true(locked_connects(&l));
        }
    locked_begin(&l);
    locked_by(&l, LOCKED_P2SH, locked_words(&l, "1 0x20 {32*0xff}"), 1);
    assert_true(locked_connects(&l));
    /* An annex behind a tapscript's items, and the same byte where it is the only item. */
    locked_begin(&l);
    locked_by(&l, LOCKED_TAPSCRIPT, locked_words(&l, "1"), 1);
    const struct yc_view annex = yc_view("\x50zz", 3);
    locked_item(&l, l.code);
    locked_item(&l, l.control);
    locked_item(&l, annex);
    l.is_raw = true;
    assert_true(locked_connects(&l));
    locked_begin(&l);
    locked_by_output(&l, locked_words(&l, "1 0x20 {32*0x02}"));
    locked_item(&l, annex);
    assert_false(locked_connects(&l));
    assert_int_equal(l.world.failed_code, YC_REJ_BLOCK_SCRIPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_c02_return_ends_nothing_well),    cmocka_unit_test(test_c03_disabled_operations),
        cmocka_unit_test(test_c20_versions_are_unsigned),       cmocka_unit_test(test_c21_operands_of_relative_locks),
        cmocka_unit_test(test_c25_commitment_before_version),   cmocka_unit_test(test_c26_a_program_that_is_no_point),
        cmocka_unit_test(test_c30_no_policy_in_blocks),         cmocka_unit_test(test_c31_script_numbers),
        cmocka_unit_test(test_c33_witnesses_and_input_scripts), cmocka_unit_test(test_c54_limits),
        cmocka_unit_test(test_c57_what_has_no_rules),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
