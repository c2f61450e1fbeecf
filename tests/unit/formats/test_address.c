/* Addresses: catalogue W16 (wrong network, changed and inserted characters), X14 (other networks' addresses). */
#include "base/hex.h"
#include "base/random.h"
#include "formats/address.h"
#include "support/vectors.h"
#include "unit/formats/chains.h"

#include <json.h>

static struct yc_chain_params main_chain, test_chain, regtest_chain;

static int load_chains(void **state)
{
    (void)state;
    test_chain_load(&main_chain, "main");
    test_chain_load(&test_chain, "test4");
    test_chain_load(&regtest_chain, "regtest");
    return 0;
}

static const struct yc_chain_params *chain_of(const char *name)
{
    return !strcmp(name, "main") ? &main_chain : !strcmp(name, "regtest") ? &regtest_chain : &test_chain;
}

/* The script of the text in hex, or "" when it is no address of the chain. */
static void script_hex(char out[2 * YC_ADDRESS_SCRIPT_MAX + 1], const struct yc_chain_params *params, const char *text)
{
    struct yc_address a;
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    out[0] = 0;
    if (yc_address_parse(&a, params, yc_view_text(text), NULL, NULL) == YC_VALID)
        yc_hex_write(out, script, yc_address_script(script, &a));
}

static const char *member_text(json_object *row, size_t i)
{
    return json_object_get_string(json_object_array_get_idx(row, i));
}

static bool flag(json_object *options, const char *name)
{
    json_object *value;
    return json_object_object_get_ex(options, name, &value) && json_object_get_boolean(value);
}

static void flip_case(char *text)
{
    for (; *text; text++) {
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - 32);
        else if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + 32);
    }
}

/* key_io_valid.json: text to script and back, and the text in the other case where that is an address too. */
static void published_addresses(void **state)
{
    (void)state;
    char *text = test_vectors_read("key_io_valid.json", NULL);
    json_object *rows = json_tokener_parse(text);
    size_t checked = 0;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        json_object *row = json_object_array_get_idx(rows, i), *options = json_object_array_get_idx(row, 2), *chain;
        char found[2 * YC_ADDRESS_SCRIPT_MAX + 1], printed[YC_ADDRESS_TEXT_MAX], flipped[YC_ADDRESS_TEXT_MAX + 1];
        assert_true(json_object_object_get_ex(options, "chain", &chain));
        const struct yc_chain_params *params = chain_of(json_object_get_string(chain));
        if (flag(options, "isPrivkey")) {
            script_hex(found, params, member_text(row, 0));
            assert_string_equal(found, "");
            continue;
        }
        const char *address = member_text(row, 0), *script = member_text(row, 1);
        script_hex(found, params, address);
        assert_string_equal(found, script);
        uint8_t bytes[YC_ADDRESS_SCRIPT_MAX];
        size_t n = strlen(script) / 2;
        assert_true(yc_hex_read(bytes, n, script, 2 * n));
        assert_true(yc_address_print_script(printed, params, yc_view(bytes, n)));
        assert_string_equal(printed, address);
        (void)snprintf(flipped, sizeof flipped, "%s", address);
        flip_case(flipped);
        script_hex(found, params, flipped);
        assert_string_equal(found, flag(options, "tryCaseFlip") ? script : "");
        checked++;
    }
    assert_int_equal(checked, 54);
    json_object_put(rows);
    free(text);
}

static void published_non_addresses(void **state)
{
    (void)state;
    char *text = test_vectors_read("key_io_invalid.json", NULL);
    json_object *rows = json_tokener_parse(text);
    assert_int_equal(json_object_array_length(rows), 70);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        const char *address = member_text(json_object_array_get_idx(rows, i), 0);
        char found[2 * YC_ADDRESS_SCRIPT_MAX + 1];
        script_hex(found, &main_chain, address);
        assert_string_equal(found, "");
        script_hex(found, &test_chain, address);
        assert_string_equal(found, "");
        script_hex(found, &regtest_chain, address);
        assert_string_equal(found, "");
    }
    json_object_put(rows);
    free(text);
}

/* What Bitcoin Core's validateaddress answers on main: rpc_validateaddress.py, rpc_invalid_address_message.py. */
static void faults_in_cores_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *core;
        int location[2]; /* -1: none */
    } rows[] = {
        {"tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
         "Invalid or unsupported Segwit (Bech32) or Base58 encoding.",
         {-1, -1}},
        {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "Invalid Bech32 checksum", {41, -1}},
        {"bc1qw508d6qejxtdg4y6r3zarvary0c5xw7kv8f3t5", "Invalid Bech32 checksum", {19, 41}},
        {"BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
         "Version 1+ witness address must use Bech32m checksum",
         {-1, -1}},
        {"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
         "Invalid Bech32 v0 address program size (16 bytes), per BIP141",
         {-1, -1}},
        {"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3t4", "Invalid character or mixed case", {40, -1}},
        {"bc1gmk9yu", "Empty Bech32 data section", {-1, -1}},
        {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "Version 0 witness address must use Bech32 checksum", {-1, -1}},
        {"bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "Invalid Base 32 character", {59, -1}},
        {"BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
         "Invalid Bech32 address witness version",
         {-1, -1}},
        {"bc1pw5dgrnzv", "Invalid Bech32 address program size (1 byte)", {-1, -1}},
        {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
         "Invalid Bech32 address program size (41 bytes)",
         {-1, -1}},
        {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
         "Invalid padding in Bech32 data section",
         {-1, -1}},
        {"17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhem2",
         "Invalid checksum or length of Base58 address (P2PKH or P2SH)",
         {-1, -1}},
        {"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "Invalid or unsupported Base58-encoded address.", {-1, -1}},
        {"asfah14i8fajz0123f", "Invalid or unsupported Segwit (Bech32) or Base58 encoding.", {-1, -1}},
        {"bcqqqqqqqq", "Missing separator", {-1, -1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_address a;
        struct yc_address_fault fault;
        struct yc_error err;
        size_t count = 0;
        while (count < 2 && rows[i].location[count] >= 0)
            count++;
        assert_int_equal(yc_address_parse(&a, &main_chain, yc_view_text(rows[i].text), &fault, &err), YC_INVALID);
        assert_string_equal(fault.core, rows[i].core);
        assert_int_equal(fault.location_count, count);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(fault.location[k], rows[i].location[k]);
        assert_non_null(strstr(err.text, rows[i].text));
    }
}

/* W16, X14: the message says whose address it is and which network this is. */
static void another_networks_address_is_named(void **state)
{
    (void)state;
    struct yc_address a;
    struct yc_error err;
    const struct yc_chain_params *own = yc_chain_builtin("regtest");
    assert_int_equal(yc_address_parse(&a, own, yc_view_text("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), NULL, &err),
                     YC_INVALID);
    assert_non_null(strstr(err.text, "is an address of Bitcoin main, and this is regtest"));
    assert_non_null(strstr(err.text, "begin with ycrt1"));
    assert_int_equal(yc_address_parse(&a, own, yc_view_text("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"), NULL, &err),
                     YC_INVALID);
    assert_non_null(strstr(err.text, "is an address of a Bitcoin test network"));
    char text[YC_ADDRESS_TEXT_MAX];
    a = (struct yc_address){.kind = YC_ADDRESS_P2PKH, .program_n = 20};
    yc_address_print(text, yc_chain_builtin("main"), &a);
    assert_int_equal(yc_address_parse(&a, &main_chain, yc_view_text(text), NULL, &err), YC_INVALID);
    assert_non_null(strstr(err.text, "is an address of YCoin main, and this is main"));
}

/* W16: one or two characters changed, or one inserted or dropped, never make another address of the chain. */
static void mistyped_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const good[] = {"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
                                       "bcrt1pmfr3p9j00pfxjh0zmgp99y8zftmd3s5pmedqhyptwy6lm87hf5ssm803es",
                                       "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r", "2NAUYAHhujozruyzpsFRP63mbrdaU5wnEpN"};
    static const char letters[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    struct yc_random random;
    struct yc_random_seeded seeded;
    yc_random_seed(&random, &seeded, 16);
    for (size_t round = 0; round < 100000; round++) {
        char text[YC_ADDRESS_TEXT_MAX + 1];
        const char *from = good[round % 4];
        size_t n = strlen(from), at = (size_t)yc_random_below(&random, n);
        char fresh = letters[yc_random_below(&random, 32)];
        (void)snprintf(text, sizeof text, "%s", from);
        if (round % 3 == 0) {
            memmove(text + at + 1, text + at, n - at + 1);
            text[at] = fresh;
        } else if (round % 3 == 1) {
            memmove(text + at, text + at + 1, n - at);
        } else {
            text[at] = fresh;
            text[yc_random_below(&random, n)] = letters[yc_random_below(&random, 32)];
        }
        if (strcmp(text, from) != 0) {
            char found[2 * YC_ADDRESS_SCRIPT_MAX + 1];
            script_hex(found, &regtest_chain, text);
            assert_string_equal(found, "");
        }
    }
}

static void scripts_without_address(void **state)
{
    (void)state;
    static const char *const scripts[] = {"", "6a0548656c6c6f", "51", "00",
                                          "210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798ac"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        uint8_t bytes[64];
        char text[YC_ADDRESS_TEXT_MAX] = "x";
        size_t n = strlen(scripts[i]) / 2;
        assert_true(yc_hex_read(bytes, n, scripts[i], 2 * n));
        assert_false(yc_address_print_script(text, &main_chain, yc_view(bytes, n)));
        assert_string_equal(text, "");
    }
}

static void control_characters_never_reach_the_message(void **state)
{
    (void)state;
    struct yc_address a;
    struct yc_error err;
    char text[300];
    memset(text, '\x1b', sizeof text);
    assert_int_equal(yc_address_parse(&a, &main_chain, yc_view(text, sizeof text), NULL, &err), YC_INVALID);
    for (const char *c = err.text; *c; c++)
        assert_true(*c >= 0x20 && *c < 0x7f);
    assert_int_equal(yc_address_parse(&a, &main_chain, YC_VIEW_EMPTY, NULL, &err), YC_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_addresses),
        cmocka_unit_test(published_non_addresses),
        cmocka_unit_test(faults_in_cores_words),
        cmocka_unit_test(another_networks_address_is_named),
        cmocka_unit_test(mistyped_addresses_are_refused),
        cmocka_unit_test(scripts_without_address),
        cmocka_unit_test(control_characters_never_reach_the_message),
    };
    return cmocka_run_group_tests(tests, load_chains, NULL);
}
