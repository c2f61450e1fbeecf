/* SipHash against published vectors, the seeded source and numbers below a limit. */
#include "base/bytes.h"
#include "base/hex.h"
#include "base/random.h"
#include "base/siphash.h"
#include "support/unit.h"
#include "support/vectors.h"

#include <json-c/json.h>

static uint64_t number(const char *hex16)
{
    uint8_t bytes[8];
    assert_true(yc_hex_read(bytes, 8, hex16, strlen(hex16)));
    return yc_get64be(bytes);
}

static const char *text_in(struct json_object *row, const char *list, size_t i)
{
    struct json_object *o = NULL;
    assert_true(json_object_object_get_ex(row, list, &o));
    return i < json_object_array_length(o) ? json_object_get_string(json_object_array_get_idx(o, i)) : NULL;
}

static void published_vectors(void **state)
{
    (void)state;
    char *text = test_vectors_read("siphash.json", NULL);
    struct json_object *rows = json_tokener_parse(text);
    free(text);
    assert_non_null(rows);
    size_t count = json_object_array_length(rows);
    assert_in_range(count, 100, 1000);
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i), *expected = NULL, *want = NULL;
        struct yc_siphash_key key = {number(text_in(row, "key", 0)), number(text_in(row, "key", 1))};
        uint8_t bytes[1024];
        size_t n = 0;
        const char *part;
        for (size_t j = 0; (part = text_in(row, "input", j)) != NULL; j++) {
            size_t part_n = strlen(part) / 2;
            assert_true(part_n <= sizeof bytes - n && yc_hex_read(bytes + n, part_n, part, 2 * part_n));
            n += part_n;
        }
        assert_true(json_object_object_get_ex(row, "expected", &expected));
        assert_true(json_object_object_get_ex(expected, "siphash24", &want));
        if (yc_siphash(key, bytes, n) != number(json_object_get_string(want)))
            fail_msg("row %zu", i);
    }
    json_object_put(rows);
}

static void the_authors_example(void **state)
{
    (void)state;
    uint8_t bytes[15];
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    struct yc_siphash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    assert_true(yc_siphash(key, bytes, sizeof bytes) == 0xa129ca6149be45e5);
    assert_true(yc_siphash(key, NULL, 0) == 0x726fdb47dd0e0e31);
}

static void seeded_source_repeats(void **state)
{
    (void)state;
    struct yc_random_seeded one, two, three;
    struct yc_random a, b, c;
    uint8_t x[100], y[100], z[100];
    yc_random_seed(&a, &one, 7);
    yc_random_seed(&b, &two, 7);
    yc_random_seed(&c, &three, 8);
    yc_random_fill(&a, x, sizeof x);
    yc_random_fill(&b, y, sizeof y);
    yc_random_fill(&c, z, sizeof z);
    assert_memory_equal(x, y, sizeof x);
    assert_memory_not_equal(x, z, sizeof x);
    yc_random_fill(&a, z, sizeof z);
    assert_memory_not_equal(x, z, sizeof x);
    memset(x, 0x55, 3);
    yc_random_fill(&a, x, 0);
    assert_int_equal(x[0], 0x55);
}

static void random_below_stays_below_and_reaches_all(void **state)
{
    (void)state;
    struct yc_random_seeded seeded;
    struct yc_random source;
    yc_random_seed(&source, &seeded, 9);
    unsigned seen[7] = {0};
    for (unsigned i = 0; i < 70000; i++) {
        uint64_t v = yc_random_below(&source, 7);
        assert_in_range(v, 0, 6);
        seen[v]++;
    }
    for (unsigned i = 0; i < 7; i++)
        assert_in_range(seen[i], 9500, 10500);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(yc_random_below(&source, 1), 0);
        assert_true(yc_random_below(&source, UINT64_MAX) < UINT64_MAX);
        assert_true(yc_random_below(&source, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
}

/* Gives the numbers of a list, for the values that must be thrown away. */
struct script {
    const uint64_t *next;
};

static void fill_script(void *ctx, void *out, size_t n)
{
    struct script *s = ctx;
    assert_int_equal(n, 8);
    memcpy(out, s->next++, 8);
}

static void random_below_throws_the_unfair_away(void **state)
{
    (void)state;
    /* Below 10 the last whole ten ends at 2^64 - 6: what follows would make small numbers likelier. */
    static const uint64_t list[] = {UINT64_MAX, UINT64_MAX - 3, UINT64_MAX - 6, 4};
    struct script script = {list};
    struct yc_random source = {fill_script, &script};
    assert_int_equal(yc_random_below(&source, 10), 9);
    assert_ptr_equal(script.next, list + 3);
    assert_int_equal(yc_random_below(&source, 10), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(the_authors_example),
        cmocka_unit_test(seeded_source_repeats),
        cmocka_unit_test(random_below_stays_below_and_reaches_all),
        cmocka_unit_test(random_below_throws_the_unfair_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
