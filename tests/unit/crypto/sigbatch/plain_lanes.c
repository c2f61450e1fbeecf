#include "unit/crypto/sigbatch/plain_lanes.h"

#include "unit/crypto/sigbatch/lane_plain.h"

#include "crypto/sigbatch/verify.h"

void plain_lanes(struct yc_lane_group *groups, size_t count)
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

void plain_lanes_forge(struct yc_lane_group *group)
{
    for (plain_lane = 0; plain_lane < YC_LANES; plain_lane++) {
        struct affine key;
        bool good;
        struct work work;
        find_keys(&key, &good, group, 1);
        fill_table(&work, &key);
        (void)run_ladder(&work, group, 1);
        struct fe z = invert(work.sum.z), x = fe_mul(work.sum.x, fe_sqr(z));
        /* below p, as four words */
        struct fe over = x;
        over.n[0] += FE_FOLD_256;
        over = fe_carry(over);
        if (over.n[4] >> 48) {
            x = over;
            x.n[4] &= FE_P_TOP;
        }
        group->r[0][plain_lane] = x.n[0] | x.n[1] << 52;
        group->r[1][plain_lane] = x.n[1] >> 12 | x.n[2] << 40;
        group->r[2][plain_lane] = x.n[2] >> 24 | x.n[3] << 28;
        group->r[3][plain_lane] = x.n[3] >> 36 | x.n[4] << 16;
    }
}
