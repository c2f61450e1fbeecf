/* 256-bit integers: known answers, and the identities of division and multiplication on random values. */
#include "base/hex.h"
#include "base/random.h"
#include "base/u256.h"
#include "support/unit.h"

static struct yc_random_seeded seeded;
static struct yc_random source;

static struct yc_u256 from_hex(const char *hex64)
{
    uint8_t bytes[32];
    assert_true(yc_hex_read(bytes, 32, hex64, strlen(hex64)));
    return yc_u256_from_be(bytes);
}

static void expect(struct yc_u256 a, const char *hex64)
{
    uint8_t bytes[32];
    char text[65];
    yc_u256_to_be(bytes, a);
    yc_hex_write(text, bytes, 32);
    assert_string_equal(text, hex64);
}

/* A random number of random length, so that short ones are common. */
static struct yc_u256 any(void)
{
    struct yc_u256 a;
    yc_random_fill(&source, &a, sizeof a);
    return yc_u256_shr(a, (unsigned)yc_random_below(&source, 257));
}

struct known {
    const char *a, *b, *sum, *difference, *quotient;
    uint64_t factor;
    const char *product; /* a * factor */
};

static const struct known known_answers[] = {
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "0000000000000000000000000000000000000000000000000000000000000001",
     "0000000000000000000000000000000000000000000000000000000000000000",
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0xffffffffffffffff,
     "ffffffffffffffffffffffffffffffffffffffffffffffff0000000000000001"},
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "0000000000000000000000000000000000000000000000000000000000000003",
     "0000000000000000000000000000000000000000000000000000000000000003",
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd",
     "0000000000000000000000000000000000000000000000000000000000000000", 0x5,
     "0000000000000000000000000000000000000000000000000000000000000000"},
    {"0000000000000000000000000000000000000000000000000000000000000001",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "0000000000000000000000000000000000000000000000000000000000000000",
     "0000000000000000000000000000000000000000000000000000000000000002",
     "0000000000000000000000000000000000000000000000000000000000000000", 0x7,
     "0000000000000000000000000000000000000000000000000000000000000007"},
    {"ffffffff0000ffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "00000000ffff0000000000000000000000000000000000000000000000000001",
     "0000000000000000000000000000000000000000000000000000000000000000",
     "fffffffe0001fffffffffffffffffffffffffffffffffffffffffffffffffffe",
     "0000000000000000000000000000000000000000000000000000000100010000", 0x127500,
     "ffed8b1274ffffffffffffffffffffffffffffffffffffffffffffffffed8b00"},
    {"d23f0824128b2f330c5c7fd0a6a3a4506513270e269e0d37f2a74de452e6b438",
     "000000000000000000000000000000009531985d5d9dc9f81818e811892f902b",
     "d23f0824128b2f330c5c7fd0a6a3a450fa44bf6b843bd7300ac035f5dc164463",
     "d23f0824128b2f330c5c7fd0a6a3a44fcfe18eb0c900433fda8e65d2c9b7240d",
     "0000000000000000000000000000000168c26406c2b0436a0924a8bddf53ca91", 0xe8e25d940ed90475,
     "29682fd5206c02758d1eaa2916c81f697cf1408d20d9fd8b9d09966f51b93d98"},
    {"bd9c172411e20b8f6b0d549b6f03675a1600a35a099950d836f675cc81e74ef5",
     "0000000000000000000000000000000000000000000000018d116ece1738f7d9",
     "bd9c172411e20b8f6b0d549b6f03675a1600a35a099950d9c407e49a992046ce",
     "bd9c172411e20b8f6b0d549b6f03675a1600a35a099950d6a9e506fe6aae571c",
     "00000000000000007a3f0afd50f098b7e054c97acc04c6ff1571973241d8a88b", 0xd3ac94af0f21ddb6,
     "8771de849766b2f52ccbe233d5d2a76f3fc1690f07ef5739844335759230a32e"},
    {"0000000000000095a09f76b5a170b33839263059f28c105d1fb17c2390c192cf",
     "000000000000007c0cb1e29c658cda1495e60af593bd04cf0fd630f1f29d0da9",
     "0000000000000111ad51595206fd8d4ccf0c3b4f8649152c2f87ad15835ea078",
     "000000000000001993ed94193be3d923a34025645ecf0b8e0fdb4b319e248526",
     "0000000000000000000000000000000000000000000000000000000000000001", 0xbecd7b03898d190,
     "f854fe00ac299000070e530554cc65e62daa95f2afa7da938a2bef8be8a59370"},
    {"000000000000000000000000000000034a23d5962217beaddbc496cb8e81973e",
     "0000000000000000000000000000000000000000000000008a6a63ec24ede6a4",
     "000000000000000000000000000000034a23d5962217beae662efab7b36f7de2",
     "000000000000000000000000000000034a23d5962217bead515a32df6993b09a",
     "000000000000000000000000000000000000000000000006158a47369b6cfdd1", 0x922766581e27a1c0,
     "0000000000000001e0ca0bf14fee8c23a8070047dce96cfa4f3db411afc16c80"},
    {"923a736994e3bf911a61dbe22e44158bae97ba94d0eda82f8f6d05584ef8aa38",
     "483d38611012f037b64ce4228c38fb2918f135d25f557203301850c5a38fd547",
     "da77abcaa4f6afc8d0aec004ba7d10b4c788f06730431a32bf85561df2887f7f",
     "49fd3b0884d0cf596414f7bfa20b1a6295a684c27198362c5f54b492ab68d4f1",
     "0000000000000000000000000000000000000000000000000000000000000002", 0x9e7769b10f4205b4,
     "dc11916e365f63f58ab8eea020179e8902dda2878f69a5c1ceee126f8c9ac760"},
    {"000000000000000000000000000000000000000000000000ff15052434b9b5df",
     "000000000000000000000000000000000000000000000000440f68b1ae2eb154",
     "00000000000000000000000000000000000000000000000143246dd5e2e86733",
     "000000000000000000000000000000000000000000000000bb059c72868b048b",
     "0000000000000000000000000000000000000000000000000000000000000003", 0xc6f877186d76b07e,
     "00000000000000000000000000000000c641d50218493d36b8008203683ad3c2"},
};

static void arithmetic_known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known_answers / sizeof known_answers[0]; i++) {
        const struct known *k = &known_answers[i];
        struct yc_u256 a = from_hex(k->a), b = from_hex(k->b);
        expect(yc_u256_add(a, b), k->sum);
        expect(yc_u256_sub(a, b), k->difference);
        expect(yc_u256_div(a, b), k->quotient);
        expect(yc_u256_mul64(a, k->factor), k->product);
    }
}

static void byte_orders(void **state)
{
    (void)state;
    uint8_t bytes[32], back[32];
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (uint8_t)(i + 1);
    struct yc_u256 a = yc_u256_from_le(bytes);
    assert_true(a.w[0] == 0x0807060504030201 && a.w[3] == 0x201f1e1d1c1b1a19);
    yc_u256_to_le(back, a);
    assert_memory_equal(back, bytes, 32);
    struct yc_u256 b = yc_u256_from_be(bytes);
    assert_true(b.w[3] == 0x0102030405060708 && b.w[0] == 0x191a1b1c1d1e1f20);
    yc_u256_to_be(back, b);
    assert_memory_equal(back, bytes, 32);
}

static void comparison_and_bits(void **state)
{
    (void)state;
    assert_int_equal(yc_u256_bits(YC_U256_ZERO), 0);
    assert_true(yc_u256_is_zero(YC_U256_ZERO));
    for (unsigned i = 0; i < 256; i++) {
        struct yc_u256 bit = yc_u256_shl(yc_u256_from(1), i), below = yc_u256_sub(bit, yc_u256_from(1));
        assert_int_equal(yc_u256_bits(bit), i + 1);
        assert_int_equal(yc_u256_bits(below), i);
        assert_int_equal(yc_u256_compare(bit, below), 1);
        assert_int_equal(yc_u256_compare(below, bit), -1);
        assert_int_equal(yc_u256_compare(bit, bit), 0);
        assert_false(yc_u256_is_zero(bit));
    }
}

static void shifts_undo_each_other(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 256; n++) {
        struct yc_u256 a = any(), low = yc_u256_shr(yc_u256_shl(a, n), n);
        struct yc_u256 lost = yc_u256_shl(yc_u256_shr(a, 256 - n), 256 - n);
        assert_int_equal(yc_u256_compare(yc_u256_add(low, lost), a), 0);
    }
    struct yc_u256 ones = yc_u256_not(YC_U256_ZERO);
    assert_true(yc_u256_is_zero(yc_u256_shl(ones, 256)));
    assert_true(yc_u256_is_zero(yc_u256_shr(ones, 256)));
    assert_true(yc_u256_is_zero(yc_u256_shr(ones, UINT32_MAX)));
    expect(yc_u256_shr(ones, 255), "0000000000000000000000000000000000000000000000000000000000000001");
}

static void sums_and_differences(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        struct yc_u256 a = any(), b = any();
        assert_int_equal(yc_u256_compare(yc_u256_sub(yc_u256_add(a, b), b), a), 0);
        assert_int_equal(yc_u256_compare(yc_u256_add(a, b), yc_u256_add(b, a)), 0);
        assert_true(yc_u256_is_zero(yc_u256_add(yc_u256_add(a, yc_u256_not(a)), yc_u256_from(1))));
    }
}

/* (q * b + r) / b = q for every r < b whose sum does not overflow. */
static void division_undoes_multiplication(void **state)
{
    (void)state;
    unsigned checked = 0;
    for (unsigned i = 0; i < 20000; i++) {
        struct yc_u256 b = any();
        uint64_t q = yc_random_u64(&source) >> yc_random_below(&source, 64);
        if (yc_u256_is_zero(b) || yc_u256_bits(b) + yc_u256_bits(yc_u256_from(q)) > 255)
            continue;
        struct yc_u256 product = yc_u256_mul64(b, q), last = yc_u256_sub(b, yc_u256_from(1));
        assert_int_equal(yc_u256_compare(yc_u256_div(product, b), yc_u256_from(q)), 0);
        assert_int_equal(yc_u256_compare(yc_u256_div(yc_u256_add(product, last), b), yc_u256_from(q)), 0);
        if (q)
            assert_int_equal(yc_u256_compare(yc_u256_div(product, yc_u256_from(q)), b), 0);
        checked++;
    }
    assert_in_range(checked, 1000, 20000);
}

static void quotients_are_the_largest_that_fit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        struct yc_u256 a = any();
        uint64_t b = yc_random_u64(&source) >> yc_random_below(&source, 64);
        if (b == 0)
            continue;
        struct yc_u256 rest = yc_u256_sub(a, yc_u256_mul64(yc_u256_div(a, yc_u256_from(b)), b));
        assert_int_equal(yc_u256_compare(rest, yc_u256_from(b)), -1);
    }
}

static void floating_point(void **state)
{
    (void)state;
    assert_true(yc_u256_log2(YC_U256_ZERO) == 0);
    assert_true(yc_u256_to_double(YC_U256_ZERO) == 0);
    double power = 1;
    for (unsigned i = 0; i < 256; i++, power *= 2) {
        assert_true(yc_u256_to_double(yc_u256_shl(yc_u256_from(1), i)) == power);
        assert_true(yc_u256_log2(yc_u256_shl(yc_u256_from(1), i)) == i);
    }
    double log2_of_3 = yc_u256_log2(yc_u256_from(3)), log2_of_long;
    assert_true(log2_of_3 > 1.584962500721155 && log2_of_3 < 1.584962500721157);
    /* A number that a double does not hold exactly, against Python's math.log2. */
    log2_of_long = yc_u256_log2(from_hex("00000000000000000000000000000000000000007d7c5d3d2a8b4e91c0ffee42"));
    assert_true(log2_of_long > 94.97138028121495 && log2_of_long < 94.97138028121694);
}

int main(void)
{
    yc_random_seed(&source, &seeded, 256);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_known_answers),
        cmocka_unit_test(byte_orders),
        cmocka_unit_test(comparison_and_bits),
        cmocka_unit_test(shifts_undo_each_other),
        cmocka_unit_test(sums_and_differences),
        cmocka_unit_test(division_undoes_multiplication),
        cmocka_unit_test(quotients_are_the_largest_that_fit),
        cmocka_unit_test(floating_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
