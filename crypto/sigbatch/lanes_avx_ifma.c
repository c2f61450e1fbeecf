/* The lane back end for processors with AVX-IFMA. Nothing here may run before the run-time check in back_ends.c. Its test
 * compiles it with AVX-512's encoding of the same instructions. */
#define LANE_AVX_IFMA
#include "crypto/sigbatch/lane_avx2.h"

#include "crypto/sigbatch/halves.h"

void yc_lanes_avx_ifma(struct yc_lane_group *groups, size_t count)
{
    verify_halves(groups, count);
}
