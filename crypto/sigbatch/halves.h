/* Groups of eight lanes through a back end of four, over verify.h: for crypto/sigbatch/ alone. */
#ifndef YC_CRYPTO_SIGBATCH_HALVES_H
#define YC_CRYPTO_SIGBATCH_HALVES_H

#include "crypto/sigbatch/verify.h"

#include <string.h>

#define HALF  (YC_LANES / 2)
#define LOWER ((1u << HALF) - 1) /* their bits */

/* The upper four lanes come into the lower ones' place. */
static void move_down(uint64_t (*rows)[YC_LANES], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        memcpy(rows[i], rows[i] + HALF, sizeof rows[i] / 2);
}

static void upper_half(struct yc_lane_group *out, const struct yc_lane_group *g)
{
    *out = *g;
    move_down(out->x, 4);
    move_down(out->y, 4);
    move_down(out->r, 4);
    for (unsigned i = 0; i < 2; i++) {
        move_down(out->g[i], 3);
        move_down(out->q[i], 3);
    }
    out->has_y >>= HALF;
    out->odd_y >>= HALF;
    out->even_end >>= HALF;
}

/* yc_lanes_fn */
static void verify_halves(struct yc_lane_group *groups, size_t count)
{
    struct yc_lane_group half[YC_LANE_GROUPS_MAX];
    for (size_t i = 0; i < count; i += YC_LANE_GROUPS_MAX / 2) {
        size_t now = count - i < YC_LANE_GROUPS_MAX / 2 ? count - i : YC_LANE_GROUPS_MAX / 2;
        for (size_t j = 0; j < now; j++) {
            half[2 * j] = groups[i + j];
            half[2 * j].even_end &= LOWER;
            upper_half(&half[2 * j + 1], &groups[i + j]);
        }
        verify_groups(half, 2 * now);
        for (size_t j = 0; j < now; j++)
            groups[i + j].good = (uint8_t)((half[2 * j].good & LOWER) | (half[2 * j + 1].good & LOWER) << HALF);
    }
}

#endif
