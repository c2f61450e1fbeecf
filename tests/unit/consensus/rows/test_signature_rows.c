/* Catalogue rows about signatures, each through the connection of a block; named by their rows. */
#include "unit/consensus/rows/locked.h"

#include "consensus/script/asm.h"
#include "consensus/script/sighash.h"

#include <secp256k1_recovery.h>

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

/* The coin of a case: locked by the test key and what follows in words. */
static void begin_checksig(enum locked_form form, const char *tail, uint32_t out_count)
{
    uint8_t code[600];
    locked_begin(&l);
    l.form = form;
    struct yc_view key = locked_key(&l), rest = locked_words(&l, tail);
    code[0] = (uint8_t)key.n;
    memcpy(code + 1, key.p, key.n);
    memcpy(code + 1 + key.n, rest.p, rest.n);
    locked_by(&l, form, draft_copy(&l.d, code, 1 + key.n + rest.n), out_count);
}

static bool connects_with(struct yc_view sig)
{
    locked_item(&l, sig);
    return locked_connects(&l);
}

/* A copy of the signature with n bytes at `at` replaced by others. */
static struct yc_view spliced(struct yc_view sig, size_t at, size_t n, const void *with, size_t with_n)
{
    uint8_t out[200];
    memcpy(out, sig.p, at);
    if (with_n)
        memcpy(out + at, with, with_n);
    memcpy(out + at + with_n, sig.p + at + n, sig.n - at - n);
    return draft_copy(&l.d, out, sig.n - n + with_n);
}

/* C12: one encoding of a signature and no other, whatever a big library would read. */
static void test_c12_strict_der(void **state)
{
    (void)state;
    for (unsigned form = LOCKED_BARE; form <= LOCKED_V0; form++)
        for (int which = 0; which < 9; which++) {
            begin_checksig(form, "CHECKSIG", 1);
            struct yc_view sig = locked_sign(&l, YC_SIGHASH_ALL), bent = sig;
            uint8_t more = (uint8_t)(sig.p[1] + 1), r_more = (uint8_t)(sig.p[3] + 1);
            uint8_t long_form[2] = {0x81, sig.p[1]}, padded[2] = {r_more, 0};
            if (which == 1) /* the length in its long form */
                bent = spliced(sig, 1, 1, long_form, 2);
            else if (which == 2) { /* R with a zero too many */
                bent = spliced(sig, 3, 1, padded, 2);
                bent = spliced(bent, 1, 1, &more, 1);
            } else if (which == 3) /* a byte behind S */
                bent = spliced(sig, sig.n - 1, 0, "\0", 1);
            else if (which == 4) /* another tag */
                bent = spliced(sig, 0, 1, "\x31", 1);
            else if (which == 5) /* R of another type */
                bent = spliced(sig, 2, 1, "\x03", 1);
            else if (which == 6) /* the length one too large */
                bent = spliced(sig, 1, 1, &more, 1);
            else if (which == 7) /* an empty R */
                bent = spliced(sig, 3, 1, "\0", 1);
            else if (which == 8) /* the indefinite length */
                bent = spliced(sig, 1, 1, "\x80", 1);
            assert_int_equal(connects_with(bent), which == 0);
        }
}

/* C22: a tapscript of 999 keys, of which 998 sign: an item of 33,971 bytes and 999 below it. */
static void test_c22_998_of_999(void **state)
{
    (void)state;
    enum { KEYS = 999 };
    for (unsigned missing = 0; missing < 3; missing++) {
        locked_begin(&l);
        l.form = LOCKED_TAPSCRIPT;
        struct yc_view key = locked_key(&l);
        struct yc_buf b;
        yc_buf_init(&b, yc_heap(), 1 << 20);
        for (unsigned i = 0; i < KEYS; i++) {
            const uint8_t op = i ? YC_OP_CHECKSIGADD : YC_OP_CHECKSIG;
            yc_script_push(&b, key);
            yc_buf_append(&b, &op, 1);
        }
        yc_script_push_number(&b, KEYS - 1);
        const uint8_t equal = YC_OP_NUMEQUAL;
        yc_buf_append(&b, &equal, 1);
        assert_false(b.failed);
        assert_int_equal(b.n, KEYS * 34 + 4);
        locked_by(&l, LOCKED_TAPSCRIPT, draft_copy(&l.d, b.p, b.n), 1);
        yc_buf_release(&b);
        struct yc_view sig = locked_sign(&l, YC_SIGHASH_DEFAULT);
        for (unsigned i = 0; i < KEYS; i++)
            locked_item(&l, i < missing ? YC_VIEW_EMPTY : sig);
        assert_int_equal(locked_connects(&l), missing == 1);
    }
}

/* The key for which this signature, made by another for another message, is good for the digest. */
static struct yc_view key_of(const uint8_t digest32[32], uint8_t sig_der[72], size_t *sig_n)
{
    static const uint8_t secret32[32] = {9}, message32[32] = {8};
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    secp256k1_ecdsa_recoverable_signature made;
    secp256k1_ecdsa_signature plain;
    secp256k1_pubkey key;
    uint8_t out[33];
    size_t n = sizeof out;
    *sig_n = 72;
    assert_int_equal(secp256k1_ecdsa_sign_recoverable(ctx, &made, message32, secret32, NULL, NULL), 1);
    assert_int_equal(secp256k1_ecdsa_recoverable_signature_convert(ctx, &plain, &made), 1);
    assert_int_equal(secp256k1_ecdsa_signature_serialize_der(ctx, sig_der, sig_n, &plain), 1);
    assert_int_equal(secp256k1_ecdsa_recover(ctx, &key, &made, digest32), 1);
    assert_int_equal(secp256k1_ec_pubkey_serialize(ctx, out, &n, &key, SECP256K1_EC_COMPRESSED), 1);
    secp256k1_context_destroy(ctx);
    return draft_copy(&l.d, out, n);
}

/* C23: a signature is deleted from the script that it signs where it stands as a whole push, and not where a push holds
 * more than it. */
static void test_c23_deletion_of_whole_pushes(void **state)
{
    (void)state;
    for (unsigned form = LOCKED_BARE; form <= LOCKED_V0; form++)
        for (int longer = 0; longer < 2; longer++)
            for (int signed_deleted = 0; signed_deleted < 2; signed_deleted++) {
                uint8_t sig[73], code[100], digest32[32] = {0};
                size_t n, at = 0;
                locked_begin(&l);
                (void)key_of((const uint8_t *)"01234567890123456789012345678901", sig, &n);
                sig[n++] = YC_SIGHASH_ALL;
                code[at++] = (uint8_t)(n + (longer ? 2 : 0));
                if (longer) {
                    code[at++] = 0xaa;
                    code[at++] = 0xaa;
                }
                memcpy(code + at, sig, n);
                at += n;
                code[at++] = YC_OP_DROP;
                code[at++] = YC_OP_CHECKSIG;
                locked_by(&l, form, draft_copy(&l.d, code, at), 1);
                struct yc_view what = signed_deleted ? yc_view_slice(l.code, at - 2, 2) : l.code;
                assert_true(locked_digest(&l, digest32, what, YC_SIGHASH_ALL));
                size_t der_n;
                uint8_t der[72];
                struct yc_view key = key_of(digest32, der, &der_n);
                locked_item(&l, draft_copy(&l.d, sig, n));
                locked_item(&l, key);
                /* Deleted in legacy scripts, when the push is the signature and nothing more. */
                bool is_deleted = form != LOCKED_V0 && !longer;
                assert_int_equal(locked_connects(&l), is_deleted == !!signed_deleted);
            }
}

/* C24: a legacy SINGLE without its output signs the number one; version 0 hashes zeros in the outputs' place. Code
 * separators are left out of what a legacy signature signs, and end what a version 0 one does. */
static void test_c24_details_of_digests(void **state)
{
    (void)state;
    static const uint8_t one32[32] = {1}, two32[32] = {2};
    for (unsigned form = LOCKED_BARE; form <= LOCKED_P2SH; form++)
        for (int wrong = 0; wrong < 2; wrong++) {
            begin_checksig(form, "CHECKSIG", 1);
            assert_int_equal(connects_with(locked_signed(&l, wrong ? two32 : one32, YC_SIGHASH_SINGLE)), !wrong);
        }
    for (uint32_t outs = 1; outs <= 2; outs++) {
        begin_checksig(LOCKED_V0, "CHECKSIG", outs);
        assert_true(connects_with(locked_sign(&l, YC_SIGHASH_SINGLE)));
        begin_checksig(LOCKED_V0, "CHECKSIG", outs);
        assert_false(connects_with(locked_signed(&l, one32, YC_SIGHASH_SINGLE)));
    }
    for (unsigned form = LOCKED_BARE; form <= LOCKED_V0; form++)
        for (int whole = 0; whole < 2; whole++) {
            uint8_t digest32[32];
            begin_checksig(form, "CODESEPARATOR CHECKSIG CODESEPARATOR", 1);
            struct yc_view tail = yc_view_slice(l.code, l.code.n - 2, 2);
            assert_true(locked_digest(&l, digest32, whole ? l.code : tail, YC_SIGHASH_ALL));
            assert_int_equal(connects_with(locked_signed(&l, digest32, YC_SIGHASH_ALL)), !whole);
        }
}

/* C27: signature checks in a tapscript cost 50 of 50 and the size of this input's witness; a key of unknown form is good
 * for any signature but costs the same; CHECKSIGADD too. */
static void test_c27_budgets_and_unknown_keys(void **state)
{
    (void)state;
    for (unsigned checks = 3; checks <= 7; checks++) {
        uint8_t code[300];
        size_t n = 0;
        locked_begin(&l);
        l.form = LOCKED_TAPSCRIPT;
        for (unsigned i = 0; i < checks; i++) {
            code[n++] = YC_OP_2DUP;
            code[n++] = YC_OP_CHECKSIGVERIFY;
        }
        code[n++] = YC_OP_2DROP;
        code[n++] = YC_OP_1;
        locked_by(&l, LOCKED_TAPSCRIPT, draft_copy(&l.d, code, n), 1);
        locked_item(&l, locked_sign(&l, YC_SIGHASH_DEFAULT));
        locked_item(&l, locked_key(&l));
        /* Count, signature, key, script, control block, each with its length. */
        size_t witness_bytes = 1 + 65 + 33 + (1 + n) + 34;
        assert_int_equal(locked_connects(&l), 50 * checks <= 50 + witness_bytes);
    }
    static const struct {
        const char *items, *code;
        bool valid;
    } rows[] = {
        {"1", "0x21 {33*0x09} CHECKSIG", true},
        {"0", "0x21 {33*0x09} CHECKSIG NOT", true},
        {"1 5", "0x21 {33*0x09} CHECKSIGADD 6 EQUAL", true},
        {"0 5", "0x21 {33*0x09} CHECKSIGADD 5 EQUAL", true},
        {"1 5", "0 CHECKSIGADD 6 EQUAL", false},
        {"0 5", "0x20 {32*0x09} CHECKSIGADD 5 EQUAL", true},
        {"1 5", "0x20 {32*0x09} CHECKSIGADD 5 EQUAL", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        locked_begin(&l);
        locked_by(&l, LOCKED_TAPSCRIPT, locked_words(&l, rows[i].code), 1);
        locked_items(&l, rows[i].items);
        assert_int_equal(locked_connects(&l), rows[i].valid);
    }
}

/* C28: a signature of 65 bytes must not end in the type that 64 bytes stand for; SINGLE needs its output; a signature that
 * is wrong fails the script and one that is not there is false. */
static void test_c28_schnorr_forms(void **state)
{
    (void)state;
    for (uint32_t outs = 1; outs <= 2; outs++) {
        begin_checksig(LOCKED_TAPSCRIPT, "CHECKSIG", outs);
        uint8_t digest32[32];
        bool has = locked_digest(&l, digest32, YC_VIEW_EMPTY, YC_SIGHASH_SINGLE);
        assert_int_equal(has, outs == 2);
        assert_int_equal(connects_with(locked_signed(&l, has ? digest32 : (const uint8_t[32]){0}, YC_SIGHASH_SINGLE)),
                         outs == 2);
    }
    static const size_t sizes[] = {0, 1, 63, 64, 65, 66};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        begin_checksig(LOCKED_TAPSCRIPT, "CHECKSIG NOT", 1);
        uint8_t sig[66] = {0};
        memcpy(sig, locked_sign(&l, YC_SIGHASH_DEFAULT).p, 64);
        sig[5] ^= 1;
        assert_int_equal(connects_with(draft_copy(&l.d, sig, sizes[i])), sizes[i] == 0);
    }
    for (int zero = 0; zero < 2; zero++) {
        begin_checksig(LOCKED_TAPSCRIPT, "CHECKSIG", 1);
        struct yc_view sig = locked_sign(&l, YC_SIGHASH_DEFAULT);
        assert_int_equal(connects_with(spliced(sig, sig.n, 0, "\0", (size_t)zero)), !zero);
    }
}

/* C29: all 256 hash types in three signature versions. Any value is committed to as it is; taproot knows seven. */
static void test_c29_every_hash_type(void **state)
{
    (void)state;
    static const enum locked_form forms[] = {LOCKED_BARE, LOCKED_V0, LOCKED_TAPSCRIPT};
    for (size_t f = 0; f < 3; f++)
        for (unsigned type = 0; type < 256; type++) {
            uint8_t digest32[32] = {0};
            begin_checksig(forms[f], "CHECKSIG", 2);
            bool defined = type <= 3 || (type >= 0x81 && type <= 0x83);
            bool has = locked_digest(&l, digest32, l.code, (uint8_t)type);
            assert_int_equal(has, forms[f] != LOCKED_TAPSCRIPT || defined);
            if (connects_with(locked_signed(&l, digest32, (uint8_t)type)) != has)
                fail_msg("form %u, type %02x: %s", (unsigned)forms[f], type, yc_reject_string(l.world.failed_code));
            /* The same signature under another type that chooses the same is another signature. */
            if (forms[f] == LOCKED_TAPSCRIPT || type < 0x40)
                continue;
            begin_checksig(forms[f], "CHECKSIG", 2);
            assert_true(locked_digest(&l, digest32, l.code, (uint8_t)type));
            assert_false(connects_with(locked_signed(&l, digest32, (uint8_t)(type ^ 0x40))));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_c12_strict_der),
        cmocka_unit_test(test_c22_998_of_999),
        cmocka_unit_test(test_c23_deletion_of_whole_pushes),
        cmocka_unit_test(test_c24_details_of_digests),
        cmocka_unit_test(test_c27_budgets_and_unknown_keys),
        cmocka_unit_test(test_c28_schnorr_forms),
        cmocka_unit_test(test_c29_every_hash_type),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
