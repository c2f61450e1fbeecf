/* The bounds of the lane engine with nine limbs of 29 bits. */
#define LANE_FACTOR_BITS 32
#include "unit/crypto/sigbatch/bounds_checks.h"

static void checker_multiplies_exactly(void **state)
{
    (void)state;
    const struct interval most = interval(UINT32_MAX, UINT32_MAX);
    assert_true(lane_mul(most, most).hi == UINT64_C(0xfffffffe00000001));
    assert_int_equal(lane_mul(lane_splat(5), lane_splat(6)).lo, 30);
    assert_int_equal(violations, 0);
    (void)lane_mul(interval(0, UINT64_C(1) << 32), lane_splat(0));
    assert_int_equal(violations, 1);
    /* the least that is too much: what a fourth product in a column would be */
    struct fe_wide w = fe_wide_from(fe_zero());
    begin(NULL);
    for (unsigned i = 0; i < 3; i++)
        w = fe_wide_mul(w, loose(), loose());
    (void)fe_reduce(w);
    assert_proven();
    for (unsigned i = 0; i < 8; i++)
        w = fe_wide_mul(w, loose(), loose());
    assert_true(violations > 0);
}

int main(void)
{
    return run_bounds_checks(checker_multiplies_exactly);
}
