/* Base58 and Base58Check against Bitcoin's vectors, and by round trips and damaged text. */
#include "base/hex.h"
#include "base/random.h"
#include "crypto/base58.h"
#include "support/unit.h"
#include "support/vectors.h"

#include <json-c/json.h>

static struct json_object *rows_of(const char *name)
{
    char *text = test_vectors_read(name, NULL);
    struct json_object *rows = json_tokener_parse(text);
    free(text);
    assert_non_null(rows);
    assert_true(json_object_array_length(rows) > 0);
    return rows;
}

static const char *text_at(struct json_object *row, size_t i)
{
    return json_object_get_string(json_object_array_get_idx(row, i));
}

static void published_vectors(void **state)
{
    (void)state;
    struct json_object *rows = rows_of("base58_encode_decode.json");
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const char *hex = text_at(row, 0), *base58 = text_at(row, 1);
        uint8_t bytes[YC_BASE58_BYTES_MAX], back[YC_BASE58_BYTES_MAX];
        char text[400];
        size_t n = strlen(hex) / 2, back_n = 0;
        assert_true(n <= sizeof bytes && yc_hex_read(bytes, n, hex, strlen(hex)));
        assert_true(yc_base58_encode(text, sizeof text, yc_view(bytes, n)));
        assert_string_equal(text, base58);
        assert_true(yc_base58_decode(back, sizeof back, &back_n, base58, strlen(base58)));
        assert_int_equal(back_n, n);
        assert_memory_equal(back, bytes, n);
    }
    json_object_put(rows);
}

/* Addresses and keys of the old kind carry a checksum; those of the new kind are not Base58 at all. */
static void checksums_of_valid_addresses(void **state)
{
    (void)state;
    struct json_object *rows = rows_of("key_io_valid.json");
    unsigned checked = 0;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const char *text = text_at(row, 0), *hex = text_at(row, 1);
        uint8_t payload[64], want[64];
        char again[128];
        size_t n = 0, want_n = strlen(hex) / 2;
        bool segwit = strchr(text, '1') &&
                      (strncmp(text, "bc1", 3) == 0 || strncmp(text, "tb1", 3) == 0 || strncmp(text, "bcrt1", 5) == 0);
        if (yc_base58check_decode(payload, sizeof payload, &n, text, strlen(text)) == segwit)
            fail_msg("%s", text);
        if (segwit)
            continue;
        assert_true(want_n <= sizeof want && yc_hex_read(want, want_n, hex, 2 * want_n));
        /* A hash of 20 bytes lies inside the script; a secret key is the payload after its version. */
        if (n == 21)
            assert_memory_equal(payload + 1, want + (want[0] == 0x76 ? 3 : 2), 20);
        else
            assert_memory_equal(payload + 1, want, 32);
        assert_true(yc_base58check_encode(again, sizeof again, yc_view(payload, n)));
        assert_string_equal(again, text);
        checked++;
    }
    json_object_put(rows);
    assert_in_range(checked, 20, 70);
}

static void a_changed_character_is_found(void **state)
{
    (void)state;
    char text[] = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2";
    uint8_t payload[25];
    size_t n = 0;
    assert_true(yc_base58check_decode(payload, sizeof payload, &n, text, sizeof text - 1));
    assert_int_equal(n, 21);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char was = text[i];
        text[i] = was == '2' ? '3' : '2';
        assert_false(yc_base58check_decode(payload, sizeof payload, &n, text, sizeof text - 1));
        text[i] = was;
        assert_false(yc_base58check_decode(payload, sizeof payload, &n, text, i));
    }
}

static void characters_that_are_not_base58(void **state)
{
    (void)state;
    uint8_t out[64];
    for (int c = -128; c < 128; c++) {
        char text[3] = {'2', (char)c, '2'};
        size_t n = 0;
        bool in = c > 0 && strchr("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", c);
        assert_int_equal(yc_base58_decode(out, sizeof out, &n, text, 3), in);
    }
}

static void room(void **state)
{
    (void)state;
    static const uint8_t bytes[5] = {0, 0, 0x51, 0x6b, 0x6f}; /* 11WEdA */
    char text[16];
    uint8_t out[8];
    size_t n = 0;
    assert_true(yc_base58_encode(text, sizeof text, yc_view(bytes, 5)));
    size_t length = strlen(text);
    assert_true(yc_base58_encode(text, length + 1, yc_view(bytes, 5)));
    assert_false(yc_base58_encode(text, length, yc_view(bytes, 5)));
    assert_false(yc_base58_encode(text, 0, YC_VIEW_EMPTY));
    assert_true(yc_base58_encode(text, sizeof text, yc_view(bytes, 5)));
    assert_true(yc_base58_decode(out, 5, &n, text, length));
    assert_int_equal(n, 5);
    for (size_t cap = 0; cap < 5; cap++)
        assert_false(yc_base58_decode(out, cap, &n, text, length));
    assert_true(yc_base58_decode(out, 0, &n, "", 0));
    assert_int_equal(n, 0);
}

static void the_longest_and_the_too_long(void **state)
{
    (void)state;
    static uint8_t bytes[YC_BASE58_BYTES_MAX + 1], back[YC_BASE58_BYTES_MAX];
    static char text[400];
    size_t n = 0;
    memset(bytes, 0xff, sizeof bytes);
    assert_true(yc_base58_encode(text, sizeof text, yc_view(bytes, YC_BASE58_BYTES_MAX)));
    assert_true(yc_base58_decode(back, sizeof back, &n, text, strlen(text)));
    assert_int_equal(n, YC_BASE58_BYTES_MAX);
    assert_memory_equal(back, bytes, n);
    assert_false(yc_base58_encode(text, sizeof text, yc_view(bytes, YC_BASE58_BYTES_MAX + 1)));
    assert_false(yc_base58check_encode(text, sizeof text, yc_view(bytes, YC_BASE58_BYTES_MAX - 3)));
    assert_true(yc_base58check_encode(text, sizeof text, yc_view(bytes, YC_BASE58_BYTES_MAX - 4)));
    assert_true(yc_base58check_decode(back, sizeof back, &n, text, strlen(text)));
    assert_int_equal(n, YC_BASE58_BYTES_MAX - 4);
}

static void random_round_trips(void **state)
{
    (void)state;
    struct yc_random_seeded seeded;
    struct yc_random random;
    yc_random_seed(&random, &seeded, 58);
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t bytes[60], back[60];
        char text[120];
        size_t n = yc_random_below(&random, sizeof bytes + 1 - 4), zeros = yc_random_below(&random, 4), back_n = 99;
        yc_random_fill(&random, bytes, sizeof bytes);
        memset(bytes, 0, zeros);
        assert_true(yc_base58check_encode(text, sizeof text, yc_view(bytes, n)));
        assert_true(yc_base58check_decode(back, n, &back_n, text, strlen(text)));
        assert_int_equal(back_n, n);
        assert_memory_equal(back, bytes, n);
        if (n)
            assert_false(yc_base58check_decode(back, n - 1, &back_n, text, strlen(text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(checksums_of_valid_addresses),
        cmocka_unit_test(a_changed_character_is_found),
        cmocka_unit_test(characters_that_are_not_base58),
        cmocka_unit_test(room),
        cmocka_unit_test(the_longest_and_the_too_long),
        cmocka_unit_test(random_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
