/* Numbers modulo n against libsecp256k1, their halves against λ, and the table of G that the build made. */
#include "base/bytes.h"
#include "crypto/sigbatch/lanes.h"
#include "support/unit.h"
#include "unit/crypto/sigbatch/checks.h"

#include <secp256k1.h>

#define ROUNDS 2000

/* Numbers at which something could go wrong, and random ones. */
static struct yc_scalar pick(uint64_t *state)
{
    static const char *const edges[] = {
        "0",
        "1",
        "2",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd036413f",
        "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0",
        "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1",
        "5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72",
        "ac9c52b33fa3cf1f5ad9e3fd77ed9ba4a880b9fc8ec739c2e0cfc810b51283ce",
        "ffffffffffffffff",
        "10000000000000000",
        "ffffffffffffffffffffffffffffffff",
        "100000000000000000000000000000000",
        "14551231950b75fc4402da1732fc9bebf",
        "14551231950b75fc4402da1732fc9bec0",
        "ffffffffffffffff000000000000000000000000000000000000000000000000",
    };
    uint64_t which = check_random(state) % (sizeof edges / sizeof edges[0] * 2);
    if (which < sizeof edges / sizeof edges[0])
        return check_scalar(edges[which]);
    return check_random_scalar(state);
}

static void assert_scalar(const struct yc_scalar *a, const struct yc_scalar *b)
{
    assert_memory_equal(a->w, b->w, sizeof a->w);
}

static void products_and_negatives(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < ROUNDS; i++) {
        struct yc_scalar a = pick(&seed), b = pick(&seed);
        struct yc_scalar product = yc_scalar_mul(&a, &b), negative = yc_scalar_negate(&a);
        uint8_t a32[32], b32[32], got[32];
        if (yc_scalar_is_zero(&a) || yc_scalar_is_zero(&b)) {
            assert_true(yc_scalar_is_zero(&product));
            continue;
        }
        check_scalar_bytes(a32, &a);
        check_scalar_bytes(b32, &b);
        assert_true(secp256k1_ec_seckey_tweak_mul(secp256k1_context_static, a32, b32));
        check_scalar_bytes(got, &product);
        assert_memory_equal(got, a32, 32);
        check_scalar_bytes(a32, &a);
        assert_true(secp256k1_ec_seckey_negate(secp256k1_context_static, a32));
        check_scalar_bytes(got, &negative);
        assert_memory_equal(got, a32, 32);
    }
}

static void inverses(void **state)
{
    (void)state;
    uint64_t seed = 2;
    const struct yc_scalar one = {{1, 0, 0, 0}};
    struct yc_scalar a[64], inverse[64], room[64];
    for (size_t count = 1; count <= 64; count += 9) {
        for (size_t i = 0; i < count; i++) {
            do
                a[i] = pick(&seed);
            while (yc_scalar_is_zero(&a[i]));
            inverse[i] = a[i];
        }
        yc_scalar_invert_all(inverse, room, count);
        for (size_t i = 0; i < count; i++) {
            struct yc_scalar product = yc_scalar_mul(&a[i], &inverse[i]);
            assert_scalar(&product, &one);
        }
    }
}

static void bytes_at_the_order(void **state)
{
    (void)state;
    uint8_t bytes[32];
    struct yc_scalar a, last = check_scalar("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140");
    check_scalar_bytes(bytes, &last);
    assert_true(yc_scalar_from_bytes(&a, bytes));
    assert_scalar(&a, &last);
    bytes[31]++; /* n */
    assert_false(yc_scalar_from_bytes(&a, bytes));
    a = yc_scalar_reduce_bytes(bytes);
    assert_true(yc_scalar_is_zero(&a));
    memset(bytes, 0xff, sizeof bytes); /* 2^256 - 1 = n + (2^256 - n - 1) */
    assert_false(yc_scalar_from_bytes(&a, bytes));
    a = yc_scalar_reduce_bytes(bytes);
    struct yc_scalar want = check_scalar("14551231950b75fc4402da1732fc9bebe");
    assert_scalar(&a, &want);
}

/* 2t + 1 - 2^bits modulo n: what a half was before it was written as windows. */
static struct yc_scalar unwritten(const uint64_t t[3], unsigned bits)
{
    uint8_t t32[32] = {0}, less32[32] = {0};
    for (unsigned i = 0; i < 3; i++)
        yc_put64be(t32 + 24 - 8 * i, t[i]);
    less32[31 - bits / 8] = (uint8_t)(1 << bits % 8);
    struct yc_scalar half = yc_scalar_reduce_bytes(t32), two = {{2, 0, 0, 0}}, less = yc_scalar_reduce_bytes(less32);
    half = yc_scalar_mul(&half, &two);
    check_scalar_bytes(t32, &half);
    t32[31] |= 1; /* it was even */
    less = yc_scalar_negate(&less);
    check_scalar_bytes(less32, &less);
    assert_true(secp256k1_ec_seckey_tweak_add(secp256k1_context_static, t32, less32));
    return yc_scalar_reduce_bytes(t32);
}

static void halves(void **state)
{
    (void)state;
    const struct yc_scalar lambda = check_scalar("5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72");
    uint64_t seed = 3;
    for (int i = 0; i < ROUNDS; i++) {
        unsigned bits = i & 1 ? YC_BITS_G : YC_BITS_Q;
        uint64_t half[2][3];
        uint8_t sum[32], part[32];
        struct yc_scalar k = pick(&seed), second;
        yc_scalar_split(half, &k, bits);
        for (unsigned h = 0; h < 2; h++) {
            /* odd, and less than 2^129 in size: t lies within 2^128 of 2^(bits - 1) */
            uint64_t top = half[h][2], middle = UINT64_C(1) << (bits - 1 - 128);
            assert_in_range(top, middle - 1, middle);
        }
        struct yc_scalar first = unwritten(half[0], bits);
        second = unwritten(half[1], bits);
        second = yc_scalar_mul(&second, &lambda);
        check_scalar_bytes(sum, &first);
        check_scalar_bytes(part, &second);
        bool nonzero = secp256k1_ec_seckey_tweak_add(secp256k1_context_static, sum, part);
        assert_int_equal(nonzero, !yc_scalar_is_zero(&k));
        check_scalar_bytes(part, &k);
        if (nonzero)
            assert_memory_equal(sum, part, 32);
    }
}

static void table_of_g(void **state)
{
    (void)state;
    secp256k1_context *c = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    for (unsigned row = 0; row < YC_GTABLE_ROWS; row++) {
        uint8_t secret[32] = {0}, want[65], got[65] = {0x04};
        size_t n = sizeof want;
        secp256k1_pubkey point;
        yc_put32be(secret + 28, 2 * row + 1);
        assert_true(secp256k1_ec_pubkey_create(c, &point, secret));
        assert_true(secp256k1_ec_pubkey_serialize(c, want, &n, &point, SECP256K1_EC_UNCOMPRESSED));
        for (unsigned i = 0; i < 8; i++)
            yc_put64be(got + 1 + 32 * (i / 4) + 24 - 8 * (i % 4), yc_gtable[row][i]);
        assert_memory_equal(got, want, sizeof want);
    }
    secp256k1_context_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_and_negatives),
        cmocka_unit_test(inverses),
        cmocka_unit_test(bytes_at_the_order),
        cmocka_unit_test(halves),
        cmocka_unit_test(table_of_g),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
