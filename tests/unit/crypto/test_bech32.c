/* Bech32, Bech32m and segwit addresses: the strings of BIP 173 and BIP 350. */
#include "base/hex.h"
#include "crypto/bech32.h"
#include "support/unit.h"
#include "support/vectors.h"

#include <json-c/json.h>

static const char *const bech32_valid[] = {
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
};

static const char *const bech32m_valid[] = {
    "A1LQFN3A",
    "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
};

static const char *const neither[] = {
    /* BIP 173 */
    " 1nwldj5",
    "\x7f"
    "1axkwrx",
    "\x80"
    "1eym55h",
    "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
    "pzry9x0s0muk",
    "1pzry9x0s0muk",
    "x1b4n0q5v",
    "li1dgmt3",
    "de1lg7wt\xff",
    "A1G7SGD8",
    "10a06t8",
    "1qzzfhee",
    /* BIP 350 */
    " 1xj0phk",
    "\x7f"
    "1g6xzxy",
    "\x80"
    "1vctc34",
    "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
    "qyrz8wqd2c9m",
    "1qyrz8wqd2c9m",
    "y1b0jsk6g",
    "lt1igcx5c0",
    "in1muywd",
    "mm1crxm3i",
    "au1s5cgom",
    "M1VUXWEZ",
    "16plkw9",
    "1p2gdwpf",
    /* and */
    "a12UEL5L",
    "A12uEL5L",
    "",
    "1",
};

static void lower(char *text)
{
    for (; *text; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
    }
}

static void check_valid(const char *text, enum yc_bech32 form)
{
    char hrp[84], again[YC_BECH32_TEXT_MAX + 1], want[YC_BECH32_TEXT_MAX + 1];
    uint8_t values[84];
    size_t n = 0, text_n = strlen(text);
    if (yc_bech32_decode(hrp, values, &n, text, text_n) != form)
        fail_msg("%s", text);
    assert_true(yc_bech32_encode(again, text_n + 1, form, hrp, values, n));
    memcpy(want, text, text_n + 1);
    lower(want);
    assert_string_equal(again, want);
    assert_false(yc_bech32_encode(again, text_n, form, hrp, values, n));
}

static void valid_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bech32_valid / sizeof bech32_valid[0]; i++)
        check_valid(bech32_valid[i], YC_BECH32);
    for (size_t i = 0; i < sizeof bech32m_valid / sizeof bech32m_valid[0]; i++)
        check_valid(bech32m_valid[i], YC_BECH32M);
}

static void invalid_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof neither / sizeof neither[0]; i++) {
        char hrp[84];
        uint8_t values[84];
        size_t n = 0;
        if (yc_bech32_decode(hrp, values, &n, neither[i], strlen(neither[i])) != YC_BECH32_NONE)
            fail_msg("%s", neither[i]);
    }
}

static void encoder_refuses(void **state)
{
    (void)state;
    char out[200], hrp[86];
    uint8_t values[90] = {0};
    assert_true(yc_bech32_encode(out, sizeof out, YC_BECH32, "a", values, 82));
    assert_int_equal(strlen(out), YC_BECH32_TEXT_MAX);
    assert_false(yc_bech32_encode(out, sizeof out, YC_BECH32, "a", values, 83));
    assert_false(yc_bech32_encode(out, sizeof out, YC_BECH32, "a", values, SIZE_MAX));
    assert_false(yc_bech32_encode(out, sizeof out, YC_BECH32, "A", values, 1));
    assert_false(yc_bech32_encode(out, sizeof out, YC_BECH32, "", values, 1));
    assert_false(yc_bech32_encode(out, sizeof out, YC_BECH32, "a b", values, 1));
    assert_false(yc_bech32_encode(out, sizeof out, YC_BECH32_NONE, "a", values, 1));
    memset(hrp, 'h', sizeof hrp);
    hrp[83] = 0;
    assert_true(yc_bech32_encode(out, sizeof out, YC_BECH32M, hrp, NULL, 0));
    hrp[83] = 'h';
    hrp[84] = 0;
    assert_false(yc_bech32_encode(out, sizeof out, YC_BECH32M, hrp, NULL, 0));
    values[3] = 32;
    assert_false(yc_bech32_encode(out, sizeof out, YC_BECH32, "a", values, 5));
}

struct address {
    const char *text, *script; /* script: hexadecimal of the output script */
};

static const struct address addresses_valid[] = {
    {"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6"},
    {"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
     "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"},
    {"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
     "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6"},
    {"BC1SW50QGDZ25J", "6002751e"},
    {"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323"},
    {"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
     "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"},
    {"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
     "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"},
    {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
     "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"},
};

static const char *const addresses_invalid[] = {
    /* BIP 350 */
    "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
    "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
    "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
    "bc1pw5dgrnzv",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
    "bc1gmk9yu",
    /* BIP 173; those of version 1 and later were valid before BIP 350 */
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx",
    "BC1SW50QA3JX3S",
    "bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj",
    "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
    "BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
    "bc1rw5uspcuh",
    "bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7",
    "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv",
};

/* The address under any of the three chains' parts; the one that it is under goes to *hrp. */
static bool decode_any(const char *text, const char **hrp, unsigned *version, uint8_t program[40], size_t *n)
{
    static const char *const parts[] = {"bc", "tb", "bcrt"};
    for (size_t i = 0; i < 3; i++) {
        *hrp = parts[i];
        if (yc_segwit_address_decode(version, program, n, parts[i], text, strlen(text)))
            return true;
    }
    return false;
}

static void check_address(const char *text, const char *script_hex)
{
    uint8_t script[42], program[40];
    char again[YC_BECH32_TEXT_MAX + 1], want[YC_BECH32_TEXT_MAX + 1];
    const char *hrp = NULL;
    unsigned version = 99;
    size_t n = 0, script_n = strlen(script_hex) / 2;
    assert_true(script_n <= sizeof script && yc_hex_read(script, script_n, script_hex, 2 * script_n));
    if (!decode_any(text, &hrp, &version, program, &n))
        fail_msg("%s", text);
    assert_int_equal(script[0], version ? 0x50 + version : 0);
    assert_int_equal(script[1], n);
    assert_int_equal(script_n, n + 2);
    assert_memory_equal(script + 2, program, n);
    assert_true(yc_segwit_address_encode(again, sizeof again, hrp, version, yc_view(program, n)));
    assert_true(strlen(text) < sizeof want);
    memcpy(want, text, strlen(text) + 1);
    lower(want);
    assert_string_equal(again, want);
}

static void bip350_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses_valid / sizeof addresses_valid[0]; i++)
        check_address(addresses_valid[i].text, addresses_valid[i].script);
}

static void refused_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses_invalid / sizeof addresses_invalid[0]; i++) {
        const char *hrp;
        unsigned version;
        uint8_t program[40];
        size_t n;
        if (decode_any(addresses_invalid[i], &hrp, &version, program, &n))
            fail_msg("%s", addresses_invalid[i]);
    }
}

static void wrong_chain(void **state)
{
    (void)state;
    unsigned version;
    uint8_t program[40];
    size_t n;
    const char *text = addresses_valid[0].text;
    assert_false(yc_segwit_address_decode(&version, program, &n, "tb", text, strlen(text)));
    assert_false(yc_segwit_address_decode(&version, program, &n, "b", text, strlen(text)));
    assert_false(yc_segwit_address_decode(&version, program, &n, "bcr", text, strlen(text)));
}

static void encoder_refuses_programs(void **state)
{
    (void)state;
    char out[100];
    uint8_t program[41] = {0};
    for (size_t n = 0; n <= sizeof program; n++) {
        struct yc_view v = yc_view(program, n);
        assert_int_equal(yc_segwit_address_encode(out, sizeof out, "bc", 0, v), n == 20 || n == 32);
        assert_int_equal(yc_segwit_address_encode(out, sizeof out, "bc", 1, v), n >= 2 && n <= 40);
        assert_int_equal(yc_segwit_address_encode(out, sizeof out, "bc", 16, v), n >= 2 && n <= 40);
        assert_false(yc_segwit_address_encode(out, sizeof out, "bc", 17, v));
    }
}

static struct json_object *rows_of(const char *name)
{
    char *text = test_vectors_read(name, NULL);
    struct json_object *rows = json_tokener_parse(text);
    free(text);
    assert_non_null(rows);
    return rows;
}

static const char *text_at(struct json_object *row, size_t i)
{
    return json_object_get_string(json_object_array_get_idx(row, i));
}

static void key_io_addresses(void **state)
{
    (void)state;
    struct json_object *rows = rows_of("key_io_valid.json");
    unsigned checked = 0;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const char *text = text_at(row, 0);
        if (strncmp(text, "bc1", 3) != 0 && strncmp(text, "tb1", 3) != 0 && strncmp(text, "bcrt1", 5) != 0)
            continue;
        check_address(text, text_at(row, 1));
        checked++;
    }
    json_object_put(rows);
    assert_in_range(checked, 20, 70);
}

static void key_io_refused(void **state)
{
    (void)state;
    struct json_object *rows = rows_of("key_io_invalid.json");
    assert_in_range(json_object_array_length(rows), 50, 100);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        const char *text = text_at(json_object_array_get_idx(rows, i), 0), *hrp;
        unsigned version;
        uint8_t program[40];
        size_t n;
        if (decode_any(text, &hrp, &version, program, &n))
            fail_msg("%s", text);
    }
    json_object_put(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_strings),     cmocka_unit_test(invalid_strings),
        cmocka_unit_test(encoder_refuses),   cmocka_unit_test(bip350_addresses),
        cmocka_unit_test(refused_addresses), cmocka_unit_test(wrong_chain),
        cmocka_unit_test(key_io_addresses),  cmocka_unit_test(encoder_refuses_programs),
        cmocka_unit_test(key_io_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
