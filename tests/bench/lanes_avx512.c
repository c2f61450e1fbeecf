#include "crypto/sigbatch/lane_avx512.h"

#include "crypto/sigbatch/verify.h"
#include "tests/bench/lanes.h"

#define ROUNDS 1000

/* What the steps work on; any tight numbers do. */
static struct point at[ABREAST];
static struct fe root[YC_LANE_GROUPS_MAX];

static void fill(struct fe *a, uint64_t from)
{
    for (unsigned i = 0; i < 5; i++)
        a->n[i] = lane_splat((from * (i + 1) * UINT64_C(0x9e3779b97f4a7c15)) >> 16);
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
    verify_groups(groups, YC_LANE_GROUPS_MAX);
}

const struct bench_lanes_step *bench_lanes_steps(void)
{
    static const struct bench_lanes_step steps[] = {
        {"lanes/field-mul", ROUNDS * YC_LANE_GROUPS_MAX * LANES, mul},
        {"lanes/field-sqr", ROUNDS * YC_LANE_GROUPS_MAX * LANES, sqr},
        {"lanes/square-root", ROUNDS / 10 * YC_LANE_GROUPS_MAX * LANES, square_root},
        {"lanes/point-double", ROUNDS * ABREAST * LANES, doubling},
        {"lanes/point-add", ROUNDS * ABREAST * LANES, addition},
        {"lanes/equation", YC_LANE_GROUPS_MAX * LANES, equations},
        {NULL, 0, NULL},
    };
    return steps;
}
