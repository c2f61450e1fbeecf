#include "unit/crypto/sigbatch/plain_lanes.h"

#define LANE_FACTOR_BITS 32
#include "unit/crypto/sigbatch/lane_plain.h"

#include "crypto/sigbatch/verify.h"

void plain_lanes_29(struct yc_lane_group *groups, size_t count)
{
    uint8_t good[YC_LANE_GROUPS_MAX] = {0};
    for (plain_lane = 0; plain_lane < YC_LANES; plain_lane++) {
        verify_groups(groups, count);
        for (size_t i = 0; i < count; i++)
            good[i] |= (uint8_t)(groups[i].good & 1u << plain_lane);
    }
    for (size_t i = 0; i < count; i++)
        groups[i].good = good[i];
}
