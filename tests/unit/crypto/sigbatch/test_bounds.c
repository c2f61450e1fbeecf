/* The bounds of the lane engine with five limbs of 52 bits. */
#include "unit/crypto/sigbatch/bounds_checks.h"

static void checker_multiplies_exactly(void **state)
{
    (void)state;
    const struct interval most = interval(FE_LIMB_MAX, FE_LIMB_MAX);
    /* (2^52 - 1)² = (2^52 - 2)·2^52 + 1 */
    assert_int_equal(lane_mad_high(lane_splat(0), most, most).hi, FE_LIMB_MAX - 1);
    assert_int_equal(lane_mad_high(lane_splat(7), lane_splat(UINT64_C(1) << 51), lane_splat(6)).lo, 10);
    assert_int_equal(lane_mad_low(lane_splat(7), lane_splat(5), lane_splat(6)).hi, 37);
    assert_int_equal(lane_mad_low(lane_splat(0), most, most).hi, FE_LIMB_MAX);
    assert_int_equal(violations, 0);
}

int main(void)
{
    return run_bounds_checks(checker_multiplies_exactly);
}
