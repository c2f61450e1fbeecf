/* Lanes in plain C: the product's verification for one lane at a time, on any machine and under every sanitizer. Each
 * operation asserts what it promises. */
#ifndef YC_TESTS_LANE_PLAIN_H
#define YC_TESTS_LANE_PLAIN_H

#include "base/assert.h"
#include "crypto/sigbatch/lanes.h"

#include <string.h>

__extension__ typedef unsigned __int128 plain_u128;

#define LANE      uint64_t
#define LANE_MASK bool
#define LANES     1

#ifndef LANE_FACTOR_BITS /* a test may want 32 */
#define LANE_FACTOR_BITS 52
#endif

#define LANE_OP static inline

static unsigned plain_lane; /* the lane that is computed now */

LANE_OP LANE lane_splat(uint64_t v)
{
    return v;
}
LANE_OP LANE lane_load(const uint64_t *p)
{
    return p[plain_lane];
}
LANE_OP LANE lane_add(LANE a, LANE b)
{
    YC_ASSERT(a <= UINT64_MAX - b);
    return a + b;
}
LANE_OP LANE lane_sub(LANE a, LANE b)
{
    YC_ASSERT(a >= b);
    return a - b;
}
LANE_OP LANE lane_sub_if(LANE_MASK m, LANE otherwise, LANE a, LANE b)
{
    return m ? lane_sub(a, b) : otherwise;
}
LANE_OP LANE lane_pick(LANE_MASK m, LANE if_clear, LANE if_set)
{
    return m ? if_set : if_clear;
}
LANE_OP LANE lane_shl_drop(LANE a, unsigned k)
{
    return a << k;
}
LANE_OP LANE lane_shl(LANE a, unsigned k)
{
    YC_ASSERT(a << k >> k == a);
    return a << k;
}
LANE_OP LANE lane_shr(LANE a, unsigned k)
{
    return a >> k;
}
LANE_OP LANE lane_shr_by(LANE a, unsigned k)
{
    return a >> k;
}
LANE_OP LANE lane_low(LANE a, unsigned k)
{
    return a & ((UINT64_C(1) << k) - 1);
}
LANE_OP LANE lane_or(LANE a, LANE b)
{
    return a | b;
}
LANE_OP LANE lane_xor(LANE a, LANE b)
{
    return a ^ b;
}
LANE_OP LANE lane_mul(LANE a, LANE b)
{
    YC_ASSERT(a >> 32 == 0 && b >> 32 == 0);
    return a * b;
}
LANE_OP LANE lane_mad_low(LANE acc, LANE a, LANE b)
{
    YC_ASSERT(a >> 52 == 0 && b >> 52 == 0);
    return lane_add(acc, lane_low(a * b, 52));
}
LANE_OP LANE lane_mad_high(LANE acc, LANE a, LANE b)
{
    YC_ASSERT(a >> 52 == 0 && b >> 52 == 0);
    return lane_add(acc, (uint64_t)((plain_u128)a * b >> 52));
}
LANE_OP LANE lane_cut_mad_low(LANE acc, LANE a, LANE b)
{
    return lane_mad_low(acc, lane_low(a, 52), b);
}
LANE_OP LANE lane_cut_mad_high(LANE acc, LANE a, LANE b)
{
    return lane_mad_high(acc, lane_low(a, 52), b);
}
LANE_OP LANE_MASK lane_is_zero(LANE a)
{
    return a == 0;
}
LANE_OP LANE_MASK lane_not_zero(LANE a)
{
    return a != 0;
}
LANE_OP LANE_MASK lane_is_odd(LANE a)
{
    return a & 1;
}
LANE_OP LANE_MASK lane_mask_or(LANE_MASK a, LANE_MASK b)
{
    return a || b;
}
LANE_OP LANE_MASK lane_mask_xor(LANE_MASK a, LANE_MASK b)
{
    return a != b;
}
LANE_OP LANE_MASK lane_mask_all(bool v)
{
    return v;
}
LANE_OP LANE_MASK lane_mask_from_bits(unsigned bits)
{
    return bits >> plain_lane & 1;
}
LANE_OP unsigned lane_mask_bits(LANE_MASK m)
{
    return (unsigned)m << plain_lane;
}

struct lane_table {
    uint64_t x[16][5], y[16][5], other_x[16][5];
};

LANE_OP void lane_table_put(struct lane_table *t, unsigned entry, const LANE x[5], const LANE y[5],
                            const LANE other_x[5])
{
    memcpy(t->x[entry], x, sizeof t->x[entry]);
    memcpy(t->y[entry], y, sizeof t->y[entry]);
    memcpy(t->other_x[entry], other_x, sizeof t->other_x[entry]);
}

LANE_OP void lane_table_get(const struct lane_table *t, LANE index, bool other, LANE x[5], LANE y[5])
{
    YC_ASSERT(index < 16);
    memcpy(x, other ? t->other_x[index] : t->x[index], sizeof t->x[0]);
    memcpy(y, t->y[index], sizeof t->y[0]);
}

LANE_OP void lane_rows(const uint64_t (*rows)[8], LANE index, LANE out[8])
{
    YC_ASSERT(index < YC_GTABLE_ROWS);
    memcpy(out, rows[index], sizeof rows[0]);
}

#endif
