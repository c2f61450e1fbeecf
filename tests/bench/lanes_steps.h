/* The steps of the lane engine over whatever lanes are included before, which say by BENCH_LANES_STEPS, _PREFIX and _ALL how the list
 * is called, how names begin and what does the whole: for tests/bench alone. */
#ifndef YC_TESTS_BENCH_LANES_STEPS_H
#define YC_TESTS_BENCH_LANES_STEPS_H

#include "crypto/sigbatch/verify.h"
#include "tests/bench/lanes.h"

#define ROUNDS 1000

/* What the steps work on; any tight numbers do. */
static struct point at[ABREAST];
static struct fe root[YC_LANE_GROUPS_MAX];

static void fill(struct fe *a, uint64_t from)
{
    for (unsigned i = 0; i < FE_LIMBS; i++) /* the top limb too is that of a tight number */
        a->n[i] = lane_splat((from * (i + 1) * UINT64_C(0x9e3779b97f4a7c15)) >>
                             (i < FE_TOP ? 64 - FE_BITS : 65 - FE_TOP_BITS));
}

static void fill_all(void)
{
    for (unsigned i = 0; i < ABREAST; i++) {
        fill(&at[i].x, 3 + i);
        fill(&at[i].y, 5 + i);
        fill(&at[i].z, 7 + i);
    }
    for (unsigned i = 0; i < YC_LANE_GROUPS_MAX; i++)
        fill(&root[i], 11 + i);
}

static void mul(void *ctx)
{
    (void)ctx;
    fill_all();
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned k = 0; k < YC_LANE_GROUPS_MAX; k++)
            root[k] = fe_mul(root[k], at[0].x);
    }
}

static void sqr(void *ctx)
{
    (void)ctx;
    fill_all();
    all_square(root, YC_LANE_GROUPS_MAX, ROUNDS);
}

static void square_root(void *ctx)
{
    (void)ctx;
    fill_all();
    for (unsigned i = 0; i < ROUNDS / 10; i++)
        all_sqrt(root, root, YC_LANE_GROUPS_MAX);
}

static void doubling(void *ctx)
{
    (void)ctx;
    fill_all();
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned k = 0; k < ABREAST; k++)
            at[k] = point_double(&at[k]);
    }
}

static void addition(void *ctx)
{
    (void)ctx;
    fill_all();
    const struct affine b = {root[0], root[1]};
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned k = 0; k < ABREAST; k++)
            at[k] = point_add(&at[k], &b);
    }
}

/* The whole of it, without what prepares the numbers: its time does not depend on them. */
static void equations(void *ctx)
{
    static struct yc_lane_group groups[YC_LANE_GROUPS_MAX];
    (void)ctx;
    for (unsigned i = 0; i < YC_LANE_GROUPS_MAX; i++)
        groups[i].even_end = 0xff;
    BENCH_LANES_ALL(groups, YC_LANE_GROUPS_MAX);
}

const struct bench_lanes_step *BENCH_LANES_STEPS(void)
{
    static const struct bench_lanes_step steps[] = {
        {BENCH_LANES_PREFIX "field-mul", ROUNDS * YC_LANE_GROUPS_MAX * LANES, mul},
        {BENCH_LANES_PREFIX "field-sqr", ROUNDS * YC_LANE_GROUPS_MAX * LANES, sqr},
        {BENCH_LANES_PREFIX "square-root", ROUNDS / 10 * YC_LANE_GROUPS_MAX * LANES, square_root},
        {BENCH_LANES_PREFIX "point-double", ROUNDS * ABREAST * LANES, doubling},
        {BENCH_LANES_PREFIX "point-add", ROUNDS * ABREAST * LANES, addition},
        {BENCH_LANES_PREFIX "equation", YC_LANE_GROUPS_MAX * YC_LANES, equations},
        {NULL, 0, NULL},
    };
    return steps;
}

#endif
