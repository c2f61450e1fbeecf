/* Tests of crypto/sigbatch/field.h and verify.h's powers, over whatever lanes are included before: each function against
 * slow arithmetic of one bit at a time, for limbs at and between all their bounds. Carries that a random number takes once
 * in 2^52 (or 2^29) are taken here. */
#ifndef YC_TESTS_FIELD_CHECKS_H
#define YC_TESTS_FIELD_CHECKS_H

#include "crypto/sigbatch/verify.h"
#include "support/unit.h"
#include "unit/crypto/sigbatch/random.h"

#include <string.h>

#define ROUNDS 3000

/* A number modulo p, the slow way. */
struct slow {
    uint64_t w[4];
};

static const struct slow prime = {{UINT64_C(0xfffffffefffffc2f), UINT64_MAX, UINT64_MAX, UINT64_MAX}};

static bool slow_less(const struct slow *a, const struct slow *b)
{
    for (unsigned i = 4; i-- > 0;) {
        if (a->w[i] != b->w[i])
            return a->w[i] < b->w[i];
    }
    return false;
}

/* a + b where the sum is less than 2^256, and a - b where a >= b, modulo 2^256. */
static struct slow slow_plus(struct slow a, const struct slow *b, bool minus)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t v = minus ? a.w[i] - b->w[i] : a.w[i] + b->w[i];
        uint64_t out = minus ? a.w[i] < b->w[i] : v < a.w[i];
        uint64_t with = minus ? v - carry : v + carry;
        out += minus ? v < carry : with < v;
        a.w[i] = with;
        carry = out;
    }
    return a;
}

static struct slow slow_add(struct slow a, struct slow b)
{
    struct slow room = slow_plus(prime, &b, true); /* a + b = a - (p - b), or that plus p */
    bool enough = !slow_less(&a, &room);
    struct slow r = slow_plus(a, &room, true);
    return enough ? r : slow_plus(r, &prime, false);
}

static struct slow slow_small(uint64_t v)
{
    return (struct slow){{v, 0, 0, 0}};
}

/* a·2^k */
static struct slow slow_shift(struct slow a, unsigned k)
{
    while (k--)
        a = slow_add(a, a);
    return a;
}

static struct slow slow_mul(struct slow a, struct slow b)
{
    struct slow r = slow_small(0);
    for (unsigned bit = 256; bit-- > 0;) {
        r = slow_add(r, r);
        if (b.w[bit / 64] >> bit % 64 & 1)
            r = slow_add(r, a);
    }
    return r;
}

static struct slow slow_negate(struct slow a)
{
    struct slow zero = slow_small(0);
    return memcmp(&a, &zero, sizeof a) == 0 ? a : slow_plus(prime, &a, true);
}

/* The number in a lane, whatever its limbs. */
static struct slow slow_of(struct fe a, unsigned lane)
{
    struct slow r = slow_small(0);
    for (unsigned i = FE_LIMBS; i-- > 0;)
        r = slow_add(slow_shift(r, FE_BITS), slow_small(lane_value(a.n[i], lane)));
    return r;
}

static void assert_value(struct fe found, unsigned lane, struct slow want)
{
    struct slow value = slow_of(found, lane);
    assert_memory_equal(&value, &want, sizeof want);
}

/* Limbs at the ends of their range, near them, at those of p, or anywhere, in every lane. */
static struct fe extreme(uint64_t *seed, uint64_t limb_max, uint64_t top_max)
{
    struct fe a;
    bool of_p = check_random(seed) % 4 == 0;
    for (unsigned i = 0; i < FE_LIMBS; i++) {
        uint64_t v[LANES], max = i < FE_TOP ? limb_max : top_max;
        for (unsigned l = 0; l < LANES; l++) {
            uint64_t dice = check_random(seed) % (of_p ? 1 : 8), any = check_random(seed);
            const uint64_t choice[8] = {
                FE_P_LIMB(i) + (of_p ? any % 8 == 0 : 0), 0, 1, max, max - 1, max, any % (max + 1), any % (max + 1)};
            v[l] = choice[dice] <= max ? choice[dice] : max;
        }
        a.n[i] = lane_from(v);
    }
    return a;
}

static struct fe tight(uint64_t *seed)
{
    return extreme(seed, FE_LIMB_MAX, FE_TIGHT_TOP_MAX);
}

static struct fe loose(uint64_t *seed)
{
    return extreme(seed, FE_LIMB_MAX, FE_LOOSE_TOP_MAX);
}

static void products(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (unsigned round = 0; round < ROUNDS / LANES; round++) {
        struct fe a = loose(&seed), b = loose(&seed), c = extreme(&seed, 10 * FE_LIMB_MAX, 10 * FE_TIGHT_TOP_MAX),
                  d = tight(&seed), e = tight(&seed);
        struct fe mul = fe_mul(a, b), mul_add = fe_mul_add(a, b, c), sqr = fe_sqr(a),
                  sqr_2 = fe_reduce(fe_wide_sqr(d, 1)),
                  twice = fe_reduce(fe_wide_times_2(fe_wide_mul(fe_wide_from(fe_zero()), d, e))),
                  thrice = fe_reduce(fe_wide_times_3(fe_wide_sqr(d, 0))),
                  both = fe_reduce(fe_wide_mul(fe_wide_sqr(d, 1), a, e)),
                  sum = fe_reduce(fe_wide_add(fe_wide_sqr(d, 0), c));
        for (unsigned l = 0; l < LANES; l++) {
            struct slow x = slow_of(a, l), y = slow_of(b, l), z = slow_of(c, l), u = slow_of(d, l), v = slow_of(e, l);
            struct slow xy = slow_mul(x, y), uu = slow_mul(u, u);
            assert_value(mul, l, xy);
            assert_value(mul_add, l, slow_add(xy, z));
            assert_value(sqr, l, slow_mul(x, x));
            assert_value(sqr_2, l, slow_shift(uu, 1));
            assert_value(twice, l, slow_shift(slow_mul(u, v), 1));
            assert_value(thrice, l, slow_add(uu, slow_shift(uu, 1)));
            assert_value(both, l, slow_add(slow_shift(uu, 1), slow_mul(x, v)));
            assert_value(sum, l, slow_add(uu, z));
        }
    }
}

static void sums(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct fe a = tight(&seed), b = tight(&seed), wide = extreme(&seed, UINT64_MAX / 2, UINT64_MAX / 2);
        unsigned bits = (unsigned)(check_random(&seed) & 0xff);
        struct fe sub = fe_sub(a, b), negated = fe_negate_if(lane_mask_from_bits(bits), a), fold = fe_fold(wide),
                  less_8 = fe_carry(fe_minus(a, b, 3, 9)), picked = fe_pick(lane_mask_from_bits(bits), a, b);
        for (unsigned l = 0; l < LANES; l++) {
            struct slow x = slow_of(a, l), y = slow_of(b, l);
            bool bit = bits >> l & 1;
            assert_value(sub, l, slow_add(x, slow_negate(y)));
            assert_value(negated, l, bit ? slow_negate(x) : x);
            assert_value(fold, l, slow_of(wide, l));
            assert_value(less_8, l, slow_add(x, slow_negate(slow_shift(y, 3))));
            assert_value(picked, l, bit ? y : x);
            assert_true(lane_value(fold.n[FE_TOP], l) <= FE_TIGHT_TOP_MAX);
        }
    }
}

static void comparisons(void **state)
{
    (void)state;
    uint64_t seed = 3;
    unsigned zeros = 0, equals = 0;
    const struct slow none = slow_small(0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct fe a = tight(&seed), b = tight(&seed);
        if (round % 3 == 0) /* the same number with other limbs, where it has any: a + p, folded */
            b = fe_fold(fe_minus(a, fe_zero(), 0, 1));
        unsigned zero = lane_mask_bits(fe_is_zero(a)), odd = lane_mask_bits(fe_is_odd(a)),
                 equal = lane_mask_bits(fe_equal(a, b));
        for (unsigned l = 0; l < LANES; l++) {
            struct slow x = slow_of(a, l), y = slow_of(b, l);
            assert_int_equal(zero >> l & 1, memcmp(&x, &none, sizeof x) == 0);
            assert_int_equal(odd >> l & 1, x.w[0] & 1);
            assert_int_equal(equal >> l & 1, memcmp(&x, &y, sizeof x) == 0);
            zeros += zero >> l & 1;
            equals += equal >> l & 1;
        }
    }
    assert_in_range(zeros, ROUNDS / 30, ROUNDS * LANES / 2); /* p itself among them */
    assert_in_range(equals, ROUNDS / 3, ROUNDS * LANES - 1);
}

static void words(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct slow x[LANES];
        LANE w[4];
        for (unsigned i = 0; i < 4; i++) {
            uint64_t v[LANES];
            for (unsigned l = 0; l < LANES; l++)
                x[l].w[i] = v[l] = check_random(&seed) >> check_random(&seed) % 64;
            w[i] = lane_from(v);
        }
        struct fe a = fe_from_words(w);
        for (unsigned l = 0; l < LANES; l++)
            assert_value(a, l, slow_less(&x[l], &prime) ? x[l] : slow_plus(x[l], &prime, true));
    }
}

static void packed_for_a_table(void **state)
{
    (void)state;
    uint64_t seed = 6;
    for (unsigned round = 0; round < ROUNDS / LANES; round++) {
        struct fe a = tight(&seed);
        LANE packed[5];
        fe_pack(packed, a);
        struct fe back = fe_unpack(packed);
        for (unsigned l = 0; l < LANES; l++)
            assert_value(back, l, slow_of(a, l));
    }
}

static void roots_and_inverses(void **state)
{
    (void)state;
    uint64_t seed = 5;
    struct fe a[YC_LANE_GROUPS_MAX], square[YC_LANE_GROUPS_MAX], root[YC_LANE_GROUPS_MAX];
    for (unsigned i = 0; i < YC_LANE_GROUPS_MAX; i++) {
        a[i] = tight(&seed);
        square[i] = fe_sqr(a[i]);
    }
    all_sqrt(root, square, YC_LANE_GROUPS_MAX);
    for (unsigned i = 0; i < YC_LANE_GROUPS_MAX; i++) {
        struct fe inverse = invert(a[i]);
        for (unsigned l = 0; l < LANES; l++) {
            struct slow x = slow_of(a[i], l), r = slow_of(root[i], l), none = slow_small(0), minus = slow_negate(x);
            assert_true(memcmp(&r, &x, sizeof x) == 0 || memcmp(&r, &minus, sizeof x) == 0);
            assert_value(fe_mul(inverse, a[i]), l, slow_small(memcmp(&x, &none, sizeof x) != 0));
        }
    }
}

static int run_field_checks(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),           cmocka_unit_test(sums),
        cmocka_unit_test(comparisons),        cmocka_unit_test(words),
        cmocka_unit_test(packed_for_a_table), cmocka_unit_test(roots_and_inverses),
    };
    (void)verify_groups; /* the whole is judged by test_agreement.c */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
