/* Signature checks: BIP 340's vectors, BIP 341's tweaks, and the encodings of ECDSA signatures that Bitcoin's blocks
 * before BIP 66 need (catalogue C12). */
#include "base/hex.h"
#include "base/reader.h"
#include "crypto/secp.h"
#include "support/unit.h"
#include "support/vectors.h"

#include <json-c/json.h>

/* SHA-256("Satoshi Nakamoto") signed with the key 1 as RFC 6979 makes it. */
static const char key_hex[] = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
static const char key_x_y[] = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                              "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
static const char digest_hex[] = "a0dc65ffca799873cbea0ac274015b9526505daaaed385155425f7337704883e";
#define R      "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
#define S      "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
#define S_HIGH "dbbd3162d46e9f9bef7feb87c16dc13b4f6568a87f4e83f728e2443ba586675c"
#define ORDER  "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"

static size_t unhex(uint8_t *out, size_t cap, const char *hex)
{
    size_t n = strlen(hex) / 2;
    assert_in_range(n, 0, cap);
    assert_true(yc_hex_read(out, n, hex, strlen(hex)));
    return n;
}

static bool verifies(const char *key_text, const char *sig_text)
{
    uint8_t key[65], sig[200], digest[32];
    size_t key_n = unhex(key, sizeof key, key_text), sig_n = unhex(sig, sizeof sig, sig_text);
    unhex(digest, sizeof digest, digest_hex);
    return yc_secp_ecdsa_verify(yc_view(key, key_n), yc_view(sig, sig_n), digest);
}

static bool low_s(const char *sig_text)
{
    uint8_t sig[200];
    size_t n = unhex(sig, sizeof sig, sig_text);
    return yc_secp_sig_is_low_s(yc_view(sig, n));
}

static void self_test(void **state)
{
    (void)state;
    struct yc_error err;
    assert_int_equal(yc_secp_self_test(&err), YC_VALID);
}

struct der_row {
    const char *what, *sig;
    bool verifies, low_s;
};

static const struct der_row der_rows[] = {
    {"strict", "3045022100" R "0220" S, true, true},
    {"high S", "3046022100" R "022100" S_HIGH, true, false},
    {"long length of the whole", "308145022100" R "0220" S, true, true},
    {"long length that says nothing", "3083ffffff022100" R "0220" S, true, true},
    {"length of the whole is not looked at", "3000022100" R "0220" S, true, true},
    {"length of no bytes at all", "3080022100" R "0220" S, true, true},
    {"long length of R", "304602812100" R "0220" S, true, true},
    {"long length with zeros",
     "304a028700000000000021"
     "00" R "0220" S,
     true, true},
    {"long length of S", "3046022100" R "02820020" S, true, true},
    {"R negative", "30440220" R "0220" S, true, true},
    {"R and S padded",
     "304d0225"
     "0000000000" R "0224"
     "00000000" S,
     true, true},
    {"bytes after the end", "3045022100" R "0220" S "0102030405", true, true},
    {"R of 33 bytes", "3045022101" R "0220" S, false, true},
    {"R is the order", "3045022100" ORDER "0220" S, false, true},
    {"S is the order", "3046022100" R "022100" ORDER, false, true},
    {"R empty",
     "30240200"
     "0220" S,
     false, true},
    {"S empty", "3025022100" R "0200", false, true},
    {"R zero", "30440220" ZEROS "0220" S, false, true},
    {"nothing", "", false, false},
    {"another tag for the whole", "3145022100" R "0220" S, false, false},
    {"another tag for R", "3045032100" R "0220" S, false, false},
    {"another tag for S", "3045022100" R "0320" S, false, false},
    {"long length past the end", "30ff022100" R "0220" S, false, false},
    {"length of R in four bytes", "304902840100002100" R "0220" S, false, false},
    {"R past the end", "30450282ffff00" R "0220" S, false, false},
    {"S past the end", "3045022100" R "0221" S, false, false},
    {"indefinite length of R: an empty R, then no S", "3045028000" R "0220" S, false, false},
    {"no S", "3023022100" R, false, false},
};

static void lax_der(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof der_rows / sizeof der_rows[0]; i++) {
        const struct der_row *row = &der_rows[i];
        if (verifies(key_hex, row->sig) != row->verifies || low_s(row->sig) != row->low_s)
            fail_msg("%s: %s", row->what, row->sig);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    uint8_t sig[80], key[33], digest[32];
    size_t n = unhex(sig, sizeof sig, "304602812100" R "0220" S);
    unhex(key, sizeof key, key_hex);
    unhex(digest, sizeof digest, digest_hex);
    assert_true(yc_secp_ecdsa_verify(yc_view(key, 33), yc_view(sig, n), digest));
    for (size_t i = 0; i < n; i++) {
        uint8_t *exact = malloc(i ? i : 1); /* so that AddressSanitizer sees a read past the end */
        assert_non_null(exact);
        memcpy(exact, sig, i);
        assert_false(yc_secp_ecdsa_verify(yc_view(key, 33), yc_view(exact, i), digest));
        assert_false(yc_secp_sig_is_low_s(yc_view(exact, i)));
        free(exact);
    }
}

static void public_key_forms(void **state)
{
    (void)state;
    static const char sig[] = "3045022100" R "0220" S;
    static const struct {
        const char *head;
        size_t n;
        bool good;
    } rows[] = {
        {"02", 33, true},
        {"03", 33, false} /* the other point: valid, signs nothing here */,
        {"04", 65, true},
        {"06", 65, true},
        {"07", 65, false} /* hybrid of the wrong parity */,
        {"05", 65, false},
        {"00", 33, false},
        {"04", 33, false},
        {"02", 65, false},
        {"04", 64, false},
        {"02", 32, false},
        {"02", 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[131];
        int length = snprintf(text, sizeof text, "%s%s", rows[i].head, key_x_y);
        assert_int_equal(length, 130);
        text[2 * rows[i].n] = 0;
        assert_int_equal(verifies(text, sig), rows[i].good);
        uint8_t key[65];
        size_t n = unhex(key, sizeof key, text);
        bool other_point = i == 1;
        assert_int_equal(yc_secp_pubkey_valid(yc_view(key, n)), rows[i].good || other_point);
    }
    assert_false(yc_secp_pubkey_valid(YC_VIEW_EMPTY));
    assert_false(verifies("", sig));
}

/* The next field of a line of comma-separated values; *at moves past it. */
static struct yc_view next_field(const char **at)
{
    const char *start = *at;
    size_t n = strcspn(start, ",\r\n");
    *at = start + n + (start[n] == ',');
    return yc_view(start, n);
}

static bool hex_field(uint8_t *out, size_t n, struct yc_view field)
{
    return yc_hex_read(out, n, (const char *)field.p, field.n);
}

static void bip340_vectors(void **state)
{
    (void)state;
    char *text = test_vectors_read("bip340_test_vectors.csv", NULL);
    unsigned good = 0, bad = 0;
    for (const char *line = strchr(text, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
        const char *at = line + 1;
        uint8_t key[32], message[32], sig[64];
        (void)next_field(&at); /* index */
        (void)next_field(&at); /* secret key */
        assert_true(hex_field(key, sizeof key, next_field(&at)));
        (void)next_field(&at); /* auxiliary randomness */
        struct yc_view message_text = next_field(&at);
        assert_true(hex_field(sig, sizeof sig, next_field(&at)));
        struct yc_view result = next_field(&at);
        if (message_text.n != 64)
            continue; /* Bitcoin signs digests: other lengths are not in our interface */
        assert_true(hex_field(message, sizeof message, message_text));
        bool want = yc_view_equal(result, yc_view_text("TRUE"));
        if (yc_secp_schnorr_verify(key, sig, message) != want)
            fail_msg("row %.60s", line + 1);
        good += want;
        bad += !want;
    }
    free(text);
    assert_int_equal(good, 5);
    assert_int_equal(bad, 10);
}

static const char *text_of(struct json_object *row, const char *outer, const char *name)
{
    struct json_object *o = NULL, *v = NULL;
    assert_true(json_object_object_get_ex(row, outer, &o) && json_object_object_get_ex(o, name, &v));
    return json_object_get_string(v);
}

static void bip341_tweaks(void **state)
{
    (void)state;
    char *text = test_vectors_read("bip341_wallet_vectors.json", NULL);
    struct json_object *all = json_tokener_parse(text), *rows = NULL;
    assert_non_null(all);
    assert_true(json_object_object_get_ex(all, "scriptPubKey", &rows));
    size_t count = json_object_array_length(rows);
    assert_int_equal(count, 7);
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i), *expected = NULL, *blocks = NULL;
        uint8_t internal[32], tweak[32], want[32], output[32];
        unsigned parity;
        unhex(internal, 32, text_of(row, "given", "internalPubkey"));
        unhex(tweak, 32, text_of(row, "intermediary", "tweak"));
        unhex(want, 32, text_of(row, "intermediary", "tweakedPubkey"));
        assert_true(yc_secp_taproot_tweak(output, &parity, internal, tweak));
        assert_memory_equal(output, want, 32);
        assert_true(yc_secp_taproot_tweak_check(output, parity, internal, tweak));
        assert_false(yc_secp_taproot_tweak_check(output, parity ^ 1, internal, tweak));
        assert_false(yc_secp_taproot_tweak_check(output, parity + 2, internal, tweak));
        tweak[31] ^= 1;
        assert_false(yc_secp_taproot_tweak_check(output, parity, internal, tweak));
        assert_true(json_object_object_get_ex(row, "expected", &expected));
        if (json_object_object_get_ex(expected, "scriptPathControlBlocks", &blocks)) {
            uint8_t control[200];
            unhex(control, sizeof control, json_object_get_string(json_object_array_get_idx(blocks, 0)));
            assert_int_equal(control[0] & 1, parity);
        }
    }
    json_object_put(all);
    free(text);
}

static void out_of_range_tweaks_and_points(void **state)
{
    (void)state;
    uint8_t g[32], tweak[32] = {0}, output[32], none[32];
    unsigned parity;
    unhex(g, sizeof g, key_hex + 2);
    assert_true(yc_secp_xonly_valid(g));
    assert_true(yc_secp_taproot_tweak(output, &parity, g, tweak));
    assert_memory_equal(output, g, 32);
    unhex(tweak, sizeof tweak, ORDER);
    assert_false(yc_secp_taproot_tweak(output, &parity, g, tweak));
    tweak[31]--; /* order - 1: the sum is the point at infinity */
    assert_false(yc_secp_taproot_tweak(output, &parity, g, tweak));
    assert_false(yc_secp_taproot_tweak_check(g, 0, g, tweak));
    memset(none, 0xff, sizeof none); /* over the field's size */
    assert_false(yc_secp_xonly_valid(none));
    unhex(none, sizeof none, "eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34"); /* BIP 340, row 5 */
    assert_false(yc_secp_xonly_valid(none));
    memset(tweak, 0, sizeof tweak);
    assert_false(yc_secp_taproot_tweak(output, &parity, none, tweak));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(self_test),
        cmocka_unit_test(lax_der),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(public_key_forms),
        cmocka_unit_test(bip340_vectors),
        cmocka_unit_test(bip341_tweaks),
        cmocka_unit_test(out_of_range_tweaks_and_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
