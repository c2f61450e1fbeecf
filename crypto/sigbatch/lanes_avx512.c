/* The lane back end for processors with AVX-512 IFMA. Nothing here may run before the run-time check in back_ends.c. */
#include "crypto/sigbatch/lane_avx512.h"

#include "crypto/sigbatch/verify.h"

void yc_lanes_avx512(struct yc_lane_group *groups, size_t count)
{
    verify_groups(groups, count);
}
