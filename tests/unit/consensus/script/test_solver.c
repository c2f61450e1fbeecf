/* Scripts as bytes: standard forms, text, counting signature operations (catalogue C04, C32). */
#include "base/hex.h"
#include "consensus/script/encoding.h"
#include "consensus/script/flags.h"
#include "consensus/script/num.h"
#include "consensus/script/sighash.h"
#include "unit/consensus/script/fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY      "0x21 0x02 {32*0x01}"
#define FLAT_KEY "0x21020101010101010101010101010101010101010101010101010101010101010101"
#define LONG_KEY "0x41 0x04 {64*0x01}"

static void test_kinds(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *script, *kind;
        size_t data_bytes;
    } rows[] = {
        {KEY " CHECKSIG", "pubkey", 33},
        {LONG_KEY " CHECKSIG", "pubkey", 65},
        {"0x21 0x04 {32*0x01} CHECKSIG", "nonstandard", 0},
        {"DUP HASH160 0x14 {20*0x01} EQUALVERIFY CHECKSIG", "pubkeyhash", 20},
        {"HASH160 0x14 {20*0x01} EQUAL", "scripthash", 20},
        {"HASH160 0x4c14 {20*0x01} EQUAL", "nonstandard", 0},
        {"1 " KEY " 1 CHECKMULTISIG", "multisig", 0},
        {"2 " KEY " " LONG_KEY " 2 CHECKMULTISIG", "multisig", 0},
        {"0x0111 {17*" FLAT_KEY "} 0x0111 CHECKMULTISIG", "multisig", 0},
        {"1 {20*" FLAT_KEY "} 0x0114 CHECKMULTISIG", "multisig", 0},
        {"1 {21*" FLAT_KEY "} 0x0115 CHECKMULTISIG", "nonstandard", 0},
        {"2 " KEY " 1 CHECKMULTISIG", "nonstandard", 0},
        {"0 " KEY " 1 CHECKMULTISIG", "nonstandard", 0},
        {"1 " KEY " 2 CHECKMULTISIG", "nonstandard", 0},
        {"1 " KEY " 0x0101 CHECKMULTISIG", "nonstandard", 0}, /* not minimal */
        {"1 " KEY " 1 NOP CHECKMULTISIG", "nonstandard", 0},
        {"RETURN", "nulldata", 0},
        {"RETURN 0x03010203", "nulldata", 0},
        {"RETURN 0x0301", "nonstandard", 0},
        {"RETURN NOP", "nonstandard", 0},
        {"0 0x14 {20*0x01}", "witness_v0_keyhash", 20},
        {"0 0x20 {32*0x01}", "witness_v0_scripthash", 32},
        {"0 0x10 {16*0x01}", "nonstandard", 16},
        {"1 0x20 {32*0x01}", "witness_v1_taproot", 32},
        {"1 0x02 0x4e73", "anchor", 2},
        {"1 0x02 0x4e74", "witness_unknown", 2},
        {"16 0x28 {40*0x01}", "witness_unknown", 40},
        {"16 0x29 {41*0x01}", "nonstandard", 0},
        {"", "nonstandard", 0},
        {"1", "nonstandard", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_script_solution s;
        struct yc_view script = fixture_script(f, rows[i].script);
        enum yc_script_kind kind = yc_script_solve(script, &s);
        assert_string_equal(yc_script_kind_name(kind), rows[i].kind);
        assert_int_equal(s.data.n, rows[i].data_bytes);
        assert_int_equal(yc_script_solve(script, NULL), kind);
    }
    struct yc_script_solution s;
    yc_script_solve(fixture_script(f, "2 " KEY " " LONG_KEY " " KEY " 3 CHECKMULTISIG"), &s);
    assert_int_equal(s.required, 2);
    assert_int_equal(s.key_count, 3);
    assert_int_equal(s.keys[1].n, 65);
}

static void assert_asm(struct fixture *f, struct yc_view script, bool decode, const char *expected)
{
    struct yc_buf out;
    yc_buf_init(&out, &f->heap.alloc, 1 << 16);
    yc_script_asm(&out, script, decode);
    yc_buf_append(&out, "", 1);
    assert_false(out.failed);
    assert_string_equal((const char *)out.p, expected);
    yc_buf_release(&out);
}

static void test_asm(void **state)
{
    struct fixture *f = *state;
    assert_asm(f, fixture_script(f, ""), false, "");
    assert_asm(f, fixture_script(f, "0 1 16 -1 DUP NOP10 RESERVED 0xba 0xff 0xbb"), false,
               "0 1 16 -1 OP_DUP OP_NOP10 OP_RESERVED OP_CHECKSIGADD OP_INVALIDOPCODE OP_UNKNOWN");
    assert_asm(f, fixture_script(f, "0x04ffffffff 0x0180 0x050102030405"), false, "-2147483647 0 0102030405");
    assert_asm(f, fixture_script(f, "1 0x05aa"), false, "1 [error]");
    assert_asm(f, fixture_script(f, "0x05aa"), false, "[error]");
    struct yc_view sig = fixture_script(f, "0x09300602010102010181");
    assert_asm(f, sig, false, "300602010102010181");
    assert_asm(f, sig, true, "3006020101020101[ALL|ANYONECANPAY]");
    /* What cannot be spent holds no signatures. */
    assert_asm(f, fixture_script(f, "RETURN 0x09300602010102010181"), true, "OP_RETURN 300602010102010181");
}

static void test_assemble(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {" 1  -1\t0\n16 17 ", "514f00600111"},
        {"-0", "00"},
        {"127 128 -255 4294967295", "017f028000"
                                    "02ff80"
                                    "05ffffffff00"},
        {"'abc' ''", "0361626300"},
        {"OP_ADD ADD 0XAB", NULL},
        {"0xab0102", "ab0102"},
        {"0xab0", NULL},
        {"4294967296", NULL},
        {"OP_1", NULL},
        {"NO_SUCH", NULL},
        {"RESERVED CHECKSIGVERIFY NOP10", "50adb9"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_buf out;
        struct yc_error err;
        yc_buf_init(&out, &f->heap.alloc, 1 << 16);
        enum yc_verdict verdict = yc_script_assemble(&out, yc_view_text(rows[i].text), &err);
        assert_int_equal(verdict, rows[i].hex ? YC_VALID : YC_INVALID);
        if (rows[i].hex) {
            struct yc_view want = fixture_hex(f, rows[i].hex);
            assert_int_equal(out.n, want.n);
            assert_memory_equal(out.p, want.p, want.n);
        }
        yc_buf_release(&out);
    }
    struct yc_buf small;
    yc_buf_init(&small, &f->heap.alloc, 2);
    assert_int_equal(yc_script_assemble(&small, yc_view_text("1 2 3"), NULL), YC_SYSTEM);
    yc_buf_release(&small);
    yc_buf_init(&small, &f->heap.alloc, 2);
    assert_int_equal(yc_script_assemble(&small, yc_view_text("0x010203"), NULL), YC_SYSTEM);
    yc_buf_release(&small);
}

static void test_push_forms(void **state)
{
    struct fixture *f = *state;
    static const uint8_t zeros[70000];
    static const struct {
        size_t n, head_n;
        uint8_t head[5];
    } rows[] = {
        {0, 1, {0}},
        {75, 1, {75}},
        {76, 2, {YC_OP_PUSHDATA1, 76}},
        {255, 2, {YC_OP_PUSHDATA1, 255}},
        {256, 3, {YC_OP_PUSHDATA2, 0, 1}},
        {65535, 3, {YC_OP_PUSHDATA2, 255, 255}},
        {65536, 5, {YC_OP_PUSHDATA4, 0, 0, 1, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_buf out;
        yc_buf_init(&out, &f->heap.alloc, 1 << 20);
        yc_script_push(&out, yc_view(zeros, rows[i].n));
        assert_int_equal(out.n, rows[i].head_n + rows[i].n);
        assert_memory_equal(out.p, rows[i].head, rows[i].head_n);
        struct yc_script_op op;
        size_t at = 0;
        assert_true(yc_script_next(yc_buf_view(&out), &at, &op, NULL));
        assert_int_equal(op.data.n, rows[i].n);
        assert_true(yc_push_is_minimal(&op));
        yc_buf_release(&out);
    }
}

/* C04, C32: counts of one script; a truncated push ends the count and keeps it. */
static void test_sigops(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *script;
        uint32_t rough, accurate;
    } rows[] = {
        {"CHECKSIG CHECKSIGVERIFY", 2, 2},
        {"0 IF CHECKSIG ENDIF RETURN CHECKSIG", 2, 2},
        {"CHECKMULTISIG", 20, 20},
        {"0 CHECKMULTISIG", 20, 20},
        {"NOP CHECKMULTISIG", 20, 20}, /* the opcode behind OP_16 */
        {"RESERVED CHECKMULTISIG", 20, 20},
        {"-1 CHECKMULTISIG", 20, 20},
        {"2 CHECKMULTISIG", 20, 2},
        {"1 CHECKMULTISIG 16 CHECKMULTISIGVERIFY", 40, 17},
        {"0x0111 CHECKMULTISIG", 20, 20},
        {"CHECKSIG 0x05ac", 1, 1},
        {"CHECKSIG 0x4c", 1, 1},
        {"CHECKSIG 0x4effffffff {9*CHECKSIG}", 1, 1},
        {"0xba", 0, 0},
        {"0x01ac", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_view script = fixture_script(f, rows[i].script);
        assert_int_equal(yc_script_sigops(script, false), rows[i].rough);
        assert_int_equal(yc_script_sigops(script, true), rows[i].accurate);
    }
}

static void test_sigops_of_spends(void **state)
{
    struct fixture *f = *state;
    struct yc_view p2sh = fixture_script(f, "HASH160 0x14 {20*0x01} EQUAL"), none = YC_VIEW_EMPTY;
    struct yc_view redeem_sig = fixture_script(f, "0 0x0252ae"), not_push_only = fixture_script(f, "NOP 0x0252ae");
    assert_int_equal(yc_script_sigops_p2sh(p2sh, redeem_sig), 2);
    assert_int_equal(yc_script_sigops_p2sh(p2sh, not_push_only), 0);
    assert_int_equal(yc_script_sigops_p2sh(p2sh, none), 0);
    assert_int_equal(yc_script_sigops_p2sh(fixture_script(f, "CHECKSIG"), redeem_sig), 0);

    struct yc_view items[2] = {none, fixture_script(f, "3 CHECKMULTISIG CHECKSIG")};
    struct yc_view p2wsh = fixture_script(f, "0 0x20 {32*0x01}"), p2wpkh = fixture_script(f, "0 0x14 {20*0x01}"),
                   p2tr = fixture_script(f, "1 0x20 {32*0x01}");
    uint32_t flags = YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS;
    assert_int_equal(yc_script_sigops_witness(p2wsh, none, items, 2, flags), 4);
    assert_int_equal(yc_script_sigops_witness(p2wsh, none, NULL, 0, flags), 0);
    assert_int_equal(yc_script_sigops_witness(p2wpkh, none, NULL, 0, flags), 1);
    assert_int_equal(yc_script_sigops_witness(p2tr, none, items, 2, flags), 0);
    assert_int_equal(yc_script_sigops_witness(p2wsh, none, items, 2, YC_SCRIPT_P2SH), 0);
    assert_int_equal(yc_script_sigops_witness(p2sh, fixture_script(f, "0x22 0x0020 {32*0x01}"), items, 2, flags), 4);
}

static void test_numbers(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 1, -1, 127, 128, -128, 255, 256, -32768, 2147483647, -2147483648, 549755813887};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint8_t bytes[YC_SCRIPT_NUM_WRITE_BYTES];
        int64_t back = 42;
        size_t n = yc_script_num_write(bytes, values[i]);
        assert_true(yc_script_num_read(&back, yc_view(bytes, n), 8, true));
        assert_int_equal(back, values[i]);
        assert_int_equal(yc_script_bool(yc_view(bytes, n)), values[i] != 0);
    }
}

/* BIP 66: each byte of the frame of a signature matters. */
static void test_strict_der(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "30060201010201",       /* too short */
        "310602010102010101",   /* no sequence */
        "300702010102010101",   /* its length */
        "300603010102010101",   /* no integer */
        "300602010103010101",   /* no integer */
        "300602010102020101",   /* S overruns */
        "300602018102010101",   /* negative R */
        "300602010102018101",   /* negative S */
        "30070202000102010101", /* padded R */
        "30070201010202000101", /* padded S */
        "300602000202010101",   /* empty R */
        "01",                   /* empty R */
        "30060202010102000101", /* lengths */
    };
    assert_true(yc_sig_is_strict_der(fixture_hex(f, "300602010102010101")));
    assert_true(yc_sig_is_strict_der(fixture_hex(f, "30070202008002010101")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(yc_sig_is_strict_der(fixture_hex(f, bad[i])));
    /* Whatever the lengths say, nothing behind the signature is read, which a sanitizer sees. */
    for (size_t n = 0; n <= 12; n++) {
        for (unsigned length = 0; length < 256; length++) {
            uint8_t *exact = malloc(n ? n : 1);
            const uint8_t frame[12] = {0x30, (uint8_t)(n - 3), 2, (uint8_t)length, 1, 2, 1, 2, 1, 1, 1, 1};
            assert_non_null(exact);
            memcpy(exact, frame, n);
            bool strict = yc_sig_is_strict_der(yc_view(exact, n));
            assert_int_equal(strict, (n == 9 && length == 1) || (n == 11 && length == 3));
            free(exact);
        }
    }
    /* 73 bytes at most, the hash type counted. */
    assert_true(yc_sig_is_strict_der(fixture_script(f, "0x3046022100 {32*0xff} 0x022100 {32*0xff} 0x01")));
    assert_false(yc_sig_is_strict_der(fixture_script(f, "0x3047022200 {33*0xff} 0x022100 {32*0xff} 0x01")));
}

/* Every way to be nearly one of the forms: each byte of the frame is looked at. */
static void test_near_kinds(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *script, *kind;
    } forms[] = {{"DUP HASH160 0x14 {20*0x01} EQUALVERIFY CHECKSIG", "pubkeyhash"},
                 {"HASH160 0x14 {20*0x01} EQUAL", "scripthash"}};
    for (size_t i = 0; i < 2; i++) {
        struct yc_view form = fixture_script(f, forms[i].script);
        uint8_t bytes[26];
        for (size_t at = 0; at < form.n; at++) {
            memcpy(bytes, form.p, form.n);
            bytes[at] ^= 0x80;
            bool data = bytes[at] == 0x81;
            assert_string_equal(yc_script_kind_name(yc_script_solve(yc_view(bytes, form.n), NULL)),
                                data ? forms[i].kind : "nonstandard");
        }
        memcpy(bytes, form.p, form.n);
        bytes[form.n] = YC_OP_NOP;
        assert_string_equal(yc_script_kind_name(yc_script_solve(yc_view(bytes, form.n + 1), NULL)), "nonstandard");
    }
    static const struct {
        const char *script, *kind;
    } rows[] = {
        {"0x41 0x06 {64*0x01} CHECKSIG", "pubkey"}, /* hybrid keys */
        {"0x41 0x07 {64*0x01} CHECKSIG", "pubkey"},
        {"0x41 0x05 {64*0x01} CHECKSIG", "nonstandard"},
        {"0x21 0x03 {32*0x01} CHECKSIG", "pubkey"},
        {"0x20 0x02 {31*0x01} CHECKSIG", "nonstandard"},
        {"0 CHECKSIG", "nonstandard"},
        {"16 {16*" FLAT_KEY "} 16 CHECKMULTISIG", "multisig"},
        {"1 {17*" FLAT_KEY "} 0x0111 CHECKMULTISIG", "multisig"},
        {"0x0182 " KEY " 1 CHECKMULTISIG", "nonstandard"},         /* -2 of 1 */
        {"0x0115 " KEY " 1 CHECKMULTISIG", "nonstandard"},         /* 21 of 1 */
        {"0x051122334401 " KEY " 1 CHECKMULTISIG", "nonstandard"}, /* no number */
        {"NOP " KEY " 1 CHECKMULTISIG", "nonstandard"},
        {"0x020100 " KEY " 1 CHECKMULTISIG", "nonstandard"}, /* a number that is not minimal */
        {"1 0x02ae", "nonstandard"},                         /* a push that is cut off behind CHECKMULTISIG */
        {"0x02ae", "nonstandard"},
        {"1 " KEY " CHECKMULTISIG", "nonstandard"},
        {"1 0x02 0x4f73", "witness_unknown"},
        {"2 0x02 0x4e73", "witness_unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(yc_script_kind_name(yc_script_solve(fixture_script(f, rows[i].script), NULL)),
                            rows[i].kind);
}

/* Long pushes are written in pieces; hash types by their names. */
static void test_asm_of_pushes(void **state)
{
    struct fixture *f = *state;
    for (size_t n = 60; n <= 130; n++) {
        uint8_t script[200] = {YC_OP_PUSHDATA1, (uint8_t)n};
        char expected[2 * 130 + 1];
        for (size_t i = 0; i < n; i++)
            script[2 + i] = (uint8_t)(i * 7 + 1);
        yc_hex_write(expected, script + 2, n);
        assert_asm(f, yc_view(script, n + 2), false, expected);
    }
    static const struct {
        uint8_t type;
        const char *name;
    } types[] = {{1, "[ALL]"},
                 {2, "[NONE]"},
                 {3, "[SINGLE]"},
                 {0x81, "[ALL|ANYONECANPAY]"},
                 {0x82, "[NONE|ANYONECANPAY]"},
                 {0x83, "[SINGLE|ANYONECANPAY]"}};
    for (size_t i = 0; i < 6; i++) {
        uint8_t script[] = {9, 0x30, 6, 2, 1, 1, 2, 1, 1, types[i].type};
        char expected[64];
        snprintf(expected, sizeof expected, "3006020101020101%s", types[i].name);
        assert_asm(f, yc_view(script, sizeof script), true, expected);
    }
    assert_asm(f, fixture_hex(f, "4e01000000aa4d0100aa"), false, "-42 -42");
    /* STRICTENC knows no other type: then it is data. */
    static const uint8_t other[] = {9, 0x30, 6, 2, 1, 1, 2, 1, 1, 4};
    assert_asm(f, yc_view(other, sizeof other), true, "300602010102010104");
}

static void test_words_that_are_none(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"'",  "'abc", "abc'",    "0x",          "0xzz",
                                      "-",  "OP_",  "OP_DUPX", "-4294967296", "99999999999999999999999999999",
                                      "1x", "OP_1", "x2101"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct yc_buf out;
        yc_buf_init(&out, &f->heap.alloc, 1 << 16);
        assert_int_equal(yc_script_assemble(&out, yc_view_text(bad[i]), NULL), YC_INVALID);
        yc_buf_release(&out);
    }
    static const struct {
        const char *text;
        uint8_t byte;
    } good[] = {
        {"RESERVED", YC_OP_RESERVED}, {"OP_CHECKSIGADD", YC_OP_CHECKSIGADD}, {"DUP", YC_OP_DUP}, {"16", YC_OP_16}};
    for (size_t i = 0; i < 4; i++) {
        struct yc_view script = fixture_script(f, good[i].text);
        assert_int_equal(script.n, 1);
        assert_int_equal(script.p[0], good[i].byte);
    }
    assert_int_equal(fixture_script(f, "-4294967295").n, 6);
    assert_string_equal(yc_opcode_name(YC_OP_0), "0");
    assert_string_equal(yc_opcode_name(YC_OP_1), "1");
    assert_string_equal(yc_opcode_name(YC_OP_16), "16");
    /* A long word is cut in the message, behind 80 characters. */
    char word[101] = {0};
    struct yc_error err;
    struct yc_buf out;
    memset(word, 'x', 100);
    yc_buf_init(&out, &f->heap.alloc, 1 << 16);
    assert_int_equal(yc_script_assemble(&out, yc_view_text(word), &err), YC_INVALID);
    word[80] = 0;
    const char *shown = strstr(err.text, word);
    assert_non_null(shown);
    assert_int_equal(shown[80], '\'');
    yc_buf_release(&out);
}

/* The names that published vectors use. */
static void test_flag_names(void **state)
{
    (void)state;
    static const struct {
        uint32_t flag;
        const char *name;
    } rows[] = {
        {YC_SCRIPT_P2SH, "P2SH"},
        {YC_SCRIPT_STRICTENC, "STRICTENC"},
        {YC_SCRIPT_DERSIG, "DERSIG"},
        {YC_SCRIPT_LOW_S, "LOW_S"},
        {YC_SCRIPT_NULLDUMMY, "NULLDUMMY"},
        {YC_SCRIPT_SIGPUSHONLY, "SIGPUSHONLY"},
        {YC_SCRIPT_MINIMALDATA, "MINIMALDATA"},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_NOPS, "DISCOURAGE_UPGRADABLE_NOPS"},
        {YC_SCRIPT_CLEANSTACK, "CLEANSTACK"},
        {YC_SCRIPT_CHECKLOCKTIMEVERIFY, "CHECKLOCKTIMEVERIFY"},
        {YC_SCRIPT_CHECKSEQUENCEVERIFY, "CHECKSEQUENCEVERIFY"},
        {YC_SCRIPT_WITNESS, "WITNESS"},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM, "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM"},
        {YC_SCRIPT_MINIMALIF, "MINIMALIF"},
        {YC_SCRIPT_NULLFAIL, "NULLFAIL"},
        {YC_SCRIPT_WITNESS_PUBKEYTYPE, "WITNESS_PUBKEYTYPE"},
        {YC_SCRIPT_CONST_SCRIPTCODE, "CONST_SCRIPTCODE"},
        {YC_SCRIPT_TAPROOT, "TAPROOT"},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION, "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION"},
        {YC_SCRIPT_DISCOURAGE_OP_SUCCESS, "DISCOURAGE_OP_SUCCESS"},
        {YC_SCRIPT_DISCOURAGE_UPGRADABLE_PUBKEYTYPE, "DISCOURAGE_UPGRADABLE_PUBKEYTYPE"},
    };
    uint32_t all = 0, flags = 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(yc_script_flag_name(rows[i].flag), rows[i].name);
        assert_true(yc_script_flags_parse(&flags, rows[i].name, strlen(rows[i].name)));
        assert_int_equal(flags, rows[i].flag);
        all |= rows[i].flag;
    }
    assert_int_equal(all, (1u << 21) - 1);
    assert_null(yc_script_flag_name(0));
    assert_null(yc_script_flag_name(YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS));
    assert_null(yc_script_flag_name(1u << 21));
    assert_true(yc_script_flags_parse(&flags, "P2SH,WITNESS", 12));
    assert_int_equal(flags, YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS);
    assert_true(yc_script_flags_parse(&flags, "NONE", 4) && flags == 0);
    assert_true(yc_script_flags_parse(&flags, "P2SHxxx", 0) && flags == 0);
    assert_true(yc_script_flags_parse(&flags, "NONEX", 4) && flags == 0);
    static const char *const bad[] = {"NONX",      "NON", "NONEX", "P2SH,",       ",P2SH",
                                      "P2SH,NONE", "P2S", "p2sh",  "P2SH WITNESS"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(yc_script_flags_parse(&flags, bad[i], strlen(bad[i])));
}

/* What cannot be read ends a script; the caller may ask whether it did. */
static void test_cut_off_pushes_are_told(void **state)
{
    struct fixture *f = *state;
    struct yc_script_op op;
    size_t at = 0;
    bool bad = false;
    assert_false(yc_script_next(YC_VIEW_EMPTY, &at, &op, &bad));
    assert_false(bad);
    assert_false(yc_script_next(fixture_hex(f, "02aa"), &at, &op, &bad));
    assert_true(bad && at == 0);
    struct yc_view last;
    assert_false(yc_script_last_push(YC_VIEW_EMPTY, &last));
    assert_false(yc_script_last_push(fixture_hex(f, "0102aa"), &last));
    assert_false(yc_script_last_push(fixture_hex(f, "510251"), &last));
    assert_true(yc_script_last_push(fixture_hex(f, "510251ac"), &last) && last.n == 2);
    /* P2SH-wrapped programs: a script sig that is not push-only, a redeem script that is no program. */
    struct yc_view p2sh = fixture_script(f, "HASH160 0x14 {20*0x01} EQUAL"), items[1] = {fixture_hex(f, "ac")};
    uint32_t flags = YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS;
    assert_int_equal(yc_script_sigops_witness(p2sh, fixture_script(f, "NOP"), items, 1, flags), 0);
    assert_int_equal(yc_script_sigops_witness(p2sh, fixture_hex(f, "0151"), items, 1, flags), 0);
    assert_int_equal(yc_script_sigops_witness(fixture_script(f, "0 0x10 {16*0x01}"), YC_VIEW_EMPTY, items, 1, flags),
                     0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_kinds),
        T(test_asm),
        T(test_assemble),
        T(test_push_forms),
        T(test_sigops),
        T(test_sigops_of_spends),
        T(test_numbers),
        T(test_strict_der),
        T(test_near_kinds),
        T(test_asm_of_pushes),
        T(test_words_that_are_none),
        T(test_flag_names),
        T(test_cut_off_pushes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
