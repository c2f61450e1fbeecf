/* The lane back end for processors with AVX2. Nothing here may run before the run-time check in back_ends.c. */
#include "crypto/sigbatch/lane_avx2.h"

#include "crypto/sigbatch/halves.h"

void yc_lanes_avx2(struct yc_lane_group *groups, size_t count)
{
    verify_halves(groups, count);
}
