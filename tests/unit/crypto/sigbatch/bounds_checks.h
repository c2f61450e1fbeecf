/* Proof, not sample: no vector of the lane engine loses a bit, whatever the input. The product's field, group and
 * verification code is compiled here over intervals (lane_interval.h), of the LANE_FACTOR_BITS that are defined before, and
 * run from the widest inputs. */
#ifndef YC_TESTS_BOUNDS_CHECKS_H
#define YC_TESTS_BOUNDS_CHECKS_H

#include "support/unit.h"
#include "unit/crypto/sigbatch/lane_interval.h"

#include "crypto/sigbatch/verify.h"

#include <string.h>

static struct fe of_bounds(uint64_t limb_max, uint64_t top_max)
{
    struct fe a;
    for (unsigned i = 0; i < FE_LIMBS; i++)
        a.n[i] = interval(0, i < FE_TOP ? limb_max : top_max);
    return a;
}

static struct fe tight(void)
{
    return of_bounds(FE_LIMB_MAX, FE_TIGHT_TOP_MAX);
}

static struct fe loose(void)
{
    return of_bounds(FE_LIMB_MAX, FE_LOOSE_TOP_MAX);
}

static void assert_bounds(struct fe a, uint64_t top_max)
{
    for (unsigned i = 0; i < FE_LIMBS; i++)
        assert_in_range(a.n[i].hi, 0, i < FE_TOP ? FE_LIMB_MAX : top_max);
}

static void assert_tight(struct fe a)
{
    assert_bounds(a, FE_TIGHT_TOP_MAX);
}

static void assert_loose(struct fe a)
{
    assert_bounds(a, FE_LOOSE_TOP_MAX);
}

static int begin(void **state)
{
    (void)state;
    violations = 0;
    first_violation = NULL;
    return 0;
}

static void assert_proven(void)
{
    if (violations)
        fail_msg("%u violations; the first: %s", violations, first_violation);
}

static void products_of_loose_numbers_are_tight(void **state)
{
    (void)state;
    assert_tight(fe_mul(loose(), loose()));
    assert_tight(fe_sqr(loose()));
    /* an addend without carry, as wide as any of the group's formulas has it */
    assert_tight(fe_mul_add(loose(), loose(), of_bounds(10 * FE_LIMB_MAX, 10 * FE_TIGHT_TOP_MAX)));
    assert_tight(fe_reduce(fe_wide_mul(fe_wide_mul(fe_wide_from(fe_zero()), loose(), loose()), tight(), tight())));
    assert_proven();
}

static void sums_stay_within_what_products_take(void **state)
{
    (void)state;
    LANE words[4] = {lane_load(NULL), lane_load(NULL), lane_load(NULL), lane_load(NULL)};
    assert_tight(fe_from_words(words));
    assert_loose(fe_sub(tight(), tight()));
    assert_loose(fe_negate_if(true, tight()));
    assert_tight(fe_fold(loose()));
    assert_tight(fe_fold(of_bounds(UINT64_MAX / 2, UINT64_MAX / 2)));
    assert_proven();
}

static void comparisons_take_tight_numbers(void **state)
{
    (void)state;
    (void)fe_is_zero(tight());
    (void)fe_equal(tight(), tight());
    (void)fe_is_odd(tight());
    assert_proven();
    /* a tight number is less than 2p, so that 0 and p are all its zeros: its top limb is less than that of 2p */
    assert_true(FE_TIGHT_TOP_MAX < 2 * FE_P_TOP);
}

static void sums_of_points_are_tight(void **state)
{
    (void)state;
    struct point p = {tight(), tight(), tight()}, r = point_double(&p);
    assert_tight(r.x);
    assert_tight(r.y);
    assert_tight(r.z);
    struct affine b = {loose(), loose()};
    struct fe h;
    r = point_add_at(&p, tight(), &b, &h);
    assert_tight(r.x);
    assert_tight(r.y);
    assert_tight(r.z);
    assert_tight(h);
    assert_proven();
}

static void whole_verification(void **state)
{
    (void)state;
    static struct yc_lane_group groups[YC_LANE_GROUPS_MAX];
    for (size_t count = 1; count <= YC_LANE_GROUPS_MAX; count++) {
        memset(groups, 0, sizeof groups);
        for (size_t i = 0; i < count; i++)
            groups[i].even_end = 0xff;
        verify_groups(groups, count);
        assert_proven();
    }
}

/* The checker itself must see what it is for. */
static void checker_finds_what_is_too_wide(void **state)
{
    (void)state;
    struct fe wide = of_bounds(UINT64_C(1) << LANE_FACTOR_BITS, FE_LOOSE_TOP_MAX);
    (void)fe_mul(wide, loose());
    assert_true(violations > 0);
    begin(NULL);
    (void)fe_sqr(wide);
    assert_true(violations > 0);
    begin(NULL);
    (void)fe_mul(loose(), fe_minus(tight(), tight(), 3, 9)); /* not carried */
    assert_true(violations > 0);
    begin(NULL);
    (void)fe_minus(tight(), tight(), 1, 2); /* 2p does not exceed twice a number */
    assert_true(violations > 0);
    begin(NULL);
    (void)lane_add(interval(0, UINT64_MAX), interval(0, 1));
    assert_int_equal(violations, 1);
    (void)lane_shl(interval(0, UINT64_C(1) << 60), 4);
    assert_int_equal(violations, 2);
}

static int run_bounds_checks(void (*multiplies_exactly)(void **state))
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(products_of_loose_numbers_are_tight, begin),
        cmocka_unit_test_setup(sums_stay_within_what_products_take, begin),
        cmocka_unit_test_setup(comparisons_take_tight_numbers, begin),
        cmocka_unit_test_setup(sums_of_points_are_tight, begin),
        cmocka_unit_test_setup(whole_verification, begin),
        cmocka_unit_test_setup(checker_finds_what_is_too_wide, begin),
        cmocka_unit_test_setup(multiplies_exactly, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
