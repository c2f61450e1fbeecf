/* The check of a signature equation in lanes, over a lane header, field.h and group.h: for crypto/sigbatch/ and its tests
 * alone. What it computes is in lanes.h.
 *
 * k_g·G + k_q·Q with both scalars split in two halves each by the endomorphism λ(x, y) = (βx, y) (GLV), so that 125
 * doublings serve four scalars of 130 bits. Windows: 5 bits on Q and λQ, 12 bits on G and λG. Each digit is odd, so none
 * is zero and the running sum begins with a point. The table of Q is left with a common z rather than inverted: sums run
 * on the curve scaled by it, and points of G meet the sum at z times that scale.
 *
 * Source: Gallant, Lambert, Vanstone, "Faster Point Multiplication on Elliptic Curves with Efficient Endomorphisms". */
#ifndef YC_CRYPTO_SIGBATCH_VERIFY_H
#define YC_CRYPTO_SIGBATCH_VERIFY_H

#include "base/assert.h"
#include "crypto/sigbatch/group.h"
#include "crypto/sigbatch/lanes.h"

/* How many groups go through doublings and additions in turns: two fill the pipes that one leaves idle between
 * dependent steps, and their tables fit the first cache. */
#define ABREAST 2

/* β = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501ee */
#define BETA_WORDS                                                                                                     \
    {                                                                                                                  \
        UINT64_C(0xc1396c28719501ee), UINT64_C(0x9cf0497512f58995), UINT64_C(0x6e64479eac3434e9),                      \
            UINT64_C(0x7ae96a2b657c0710)                                                                               \
    }

static struct fe load_words(const uint64_t (*w)[YC_LANES])
{
    LANE v[4] = {lane_load(w[0]), lane_load(w[1]), lane_load(w[2]), lane_load(w[3])};
    return fe_from_words(v);
}

static struct fe beta(void)
{
    static const uint64_t w[4] = BETA_WORDS;
    LANE v[4] = {lane_splat(w[0]), lane_splat(w[1]), lane_splat(w[2]), lane_splat(w[3])};
    return fe_from_words(v);
}

/* Powers, each of count numbers at once, so that the processor has several chains to work on. */

static void all_square(struct fe *a, size_t count, unsigned times)
{
    for (unsigned t = 0; t < times; t++) {
        for (size_t i = 0; i < count; i++)
            a[i] = fe_sqr(a[i]);
    }
}

/* out = a^(2^times)·b */
static void all_step(struct fe *out, const struct fe *a, unsigned times, const struct fe *b, size_t count)
{
    struct fe t[YC_LANE_GROUPS_MAX];
    for (size_t i = 0; i < count; i++)
        t[i] = a[i];
    all_square(t, count, times);
    for (size_t i = 0; i < count; i++)
        out[i] = fe_mul(t[i], b[i]);
}

/* Both exponents below begin with 223 ones, a zero and 22 ones. ones_2 receives a^3. */
static void all_long_prefix(struct fe *out, struct fe *ones_2, const struct fe *a, size_t count)
{
    struct fe ones_22[YC_LANE_GROUPS_MAX], t[YC_LANE_GROUPS_MAX], u[YC_LANE_GROUPS_MAX], ones_3[YC_LANE_GROUPS_MAX];
    all_step(ones_2, a, 1, a, count);
    all_step(ones_3, ones_2, 1, a, count);
    all_step(t, ones_3, 3, ones_3, count);    /* 6 */
    all_step(t, t, 3, ones_3, count);         /* 9 */
    all_step(t, t, 2, ones_2, count);         /* 11 */
    all_step(ones_22, t, 11, t, count);       /* 22 */
    all_step(t, ones_22, 22, ones_22, count); /* 44 */
    all_step(u, t, 44, t, count);             /* 88 */
    all_step(u, u, 88, u, count);             /* 176 */
    all_step(u, u, 44, t, count);             /* 220 */
    all_step(u, u, 3, ones_3, count);         /* 223 */
    all_step(out, u, 23, ones_22, count);
}

/* a^((p + 1) / 4): a square root where there is one. The exponent ends in 0000 11 00. */
static void all_sqrt(struct fe *out, const struct fe *a, size_t count)
{
    struct fe ones_2[YC_LANE_GROUPS_MAX];
    all_long_prefix(out, ones_2, a, count);
    all_step(out, out, 6, ones_2, count);
    all_square(out, count, 2);
}

/* a^(p - 2): the inverse, or 0 of 0. The exponent ends in 00001 011 01. */
static struct fe invert(struct fe a)
{
    struct fe r, ones_2;
    all_long_prefix(&r, &ones_2, &a, 1);
    all_step(&r, &r, 5, &a, 1);
    all_step(&r, &r, 3, &ones_2, 1);
    all_step(&r, &r, 2, &a, 1);
    return r;
}

/* One group on its way. */
struct work {
    struct lane_table table; /* odd multiples 1..31 of Q, on the curve scaled by scale; those at odd places negated */
    struct point sum;
    struct fe scale;
};

/* Keys of the groups: *good becomes false where there is no such point. */
static void find_keys(struct affine *key, LANE_MASK *good, const struct yc_lane_group *groups, size_t count)
{
    struct fe y2[YC_LANE_GROUPS_MAX], root[YC_LANE_GROUPS_MAX];
    YC_ASSERT(count > 0 && count <= YC_LANE_GROUPS_MAX);
    for (size_t i = 0; i < count; i++) {
        key[i].x = load_words(groups[i].x);
        y2[i] = fe_mul_add(fe_sqr(key[i].x), key[i].x, fe_small(7));
    }
    all_sqrt(root, y2, count);
    for (size_t i = 0; i < count; i++) {
        LANE_MASK wrong = lane_mask_xor(fe_is_odd(root[i]), lane_mask_from_bits(groups[i].odd_y));
        struct fe found = fe_fold(fe_negate_if(wrong, root[i]));
        key[i].y = fe_pick(lane_mask_from_bits(groups[i].has_y), found, load_words(groups[i].y));
        good[i] = fe_equal(fe_sqr(key[i].y), y2[i]);
    }
}

/* Entry `entry` becomes (x, y), and (βx, y) for λ times it. */
INLINE void put_entry(struct work *w, unsigned entry, struct fe x, struct fe y)
{
    LANE packed_x[5], packed_y[5], packed_other[5];
    fe_pack(packed_x, x);
    fe_pack(packed_y, y);
    fe_pack(packed_other, fe_mul(x, beta()));
    lane_table_put(&w->table, entry, packed_x, packed_y, packed_other);
}

static void fill_table(struct work *w, const struct affine *key)
{
    struct point at[16];
    struct fe h[16];
    struct affine d[2];
    at[0] = (struct point){key->x, key->y, fe_small(1)};
    struct point twice = point_double(&at[0]); /* -2Q */
    /* On the curve scaled by twice.z, both it and Q are affine. */
    struct fe zz = fe_sqr(twice.z);
    at[0].x = fe_mul(key->x, zz);
    at[0].y = fe_mul(key->y, fe_mul(zz, twice.z));
    d[0] = (struct affine){twice.x, fe_fold(fe_minus(fe_zero(), twice.y, 0, 2))}; /* 2Q */
    d[1] = (struct affine){twice.x, twice.y};
    for (unsigned i = 1; i < 16; i++)
        at[i] = point_add_at(&at[i - 1], at[i - 1].z, &d[(i - 1) & 1], &h[i]); /* (-1)^i (2i + 1)Q */
    w->scale = fe_mul(at[15].z, twice.z);
    /* Bring all to the z of the last. */
    struct fe s = h[15];
    put_entry(w, 15, at[15].x, at[15].y);
    for (unsigned i = 15; i-- > 0;) {
        struct fe ss = fe_sqr(s);
        put_entry(w, i, fe_mul(at[i].x, ss), fe_mul(at[i].y, fe_mul(ss, s)));
        if (i > 0)
            s = fe_mul(s, h[i]);
    }
}

/* The window of so many bits at that bit. */
INLINE LANE window_at(const uint64_t (*k)[YC_LANES], unsigned at, unsigned bits)
{
    unsigned word = at / 64, shift = at % 64;
    LANE v = lane_shr_by(lane_load(k[word]), shift);
    if (shift + bits > 64 && word < 2)
        v = lane_or(v, lane_shl_drop(lane_load(k[word + 1]), 64 - shift));
    return lane_low(v, bits);
}

/* Turn a window into the place of its digit's size in a table of odd multiples; true where the digit is negative. */
INLINE LANE_MASK split_digit(LANE *index, LANE window, unsigned bits)
{
    LANE_MASK negative = lane_is_zero(lane_shr(window, bits - 1));
    LANE place = lane_low(window, bits - 1);
    *index = lane_pick(negative, place, lane_xor(place, lane_splat((UINT64_C(1) << (bits - 1)) - 1)));
    return negative;
}

/* The digit of half `half` of Q's scalar at that bit, times Q or λQ; negated if minus. */
INLINE struct affine digit_of_q(const struct work *w, const struct yc_lane_group *g, unsigned half, unsigned at,
                                bool minus)
{
    struct affine t;
    LANE index, x[5], y[5];
    LANE_MASK negative = split_digit(&index, window_at(g->q[half], at, YC_WINDOW_Q), YC_WINDOW_Q);
    lane_table_get(&w->table, index, half, x, y);
    t.x = fe_unpack(x);
    t.y = fe_unpack(y);
    negative = lane_mask_xor(negative, lane_mask_xor(lane_is_odd(index), lane_mask_all(minus)));
    t.y = fe_negate_if(negative, t.y);
    return t;
}

INLINE struct affine digit_of_g(const struct yc_lane_group *g, unsigned half, unsigned at, bool minus)
{
    struct affine t;
    LANE index, row[8];
    LANE_MASK negative = split_digit(&index, window_at(g->g[half], at, YC_WINDOW_G), YC_WINDOW_G);
    lane_rows(yc_gtable, index, row);
    t.x = fe_from_words(row);
    if (half)
        t.x = fe_mul(t.x, beta());
    t.y = fe_negate_if(lane_mask_xor(negative, lane_mask_all(minus)), fe_from_words(row + 4));
    return t;
}

static void step_double(struct work *w)
{
    w->sum = point_double(&w->sum);
}

static void step_add_q(struct work *w, const struct yc_lane_group *g, unsigned half, unsigned at, bool minus)
{
    struct affine t = digit_of_q(w, g, half, at, minus);
    w->sum = point_add(&w->sum, &t);
}

static void step_add_g(struct work *w, const struct yc_lane_group *g, unsigned half, unsigned at, bool minus)
{
    struct affine t = digit_of_g(g, half, at, minus);
    struct fe h;
    w->sum = point_add_at(&w->sum, fe_mul(w->sum.z, w->scale), &t, &h);
}

/* The sums of up to ABREAST groups; true when they are the negated ones. */
static bool run_ladder(struct work *w, const struct yc_lane_group *g, size_t count)
{
    unsigned at = YC_BITS_Q - YC_WINDOW_Q;
    bool minus = false;
    for (size_t i = 0; i < count; i++) {
        struct affine t = digit_of_q(&w[i], &g[i], 0, at, minus);
        w[i].sum = (struct point){t.x, fe_fold(t.y), fe_small(1)};
        step_add_q(&w[i], &g[i], 1, at, minus);
    }
    minus = !minus;
    while (at-- > 0) {
        for (size_t i = 0; i < count; i++)
            step_double(&w[i]);
        minus = !minus;
        for (unsigned half = 0; half < 2 && at % YC_WINDOW_Q == 0; half++) {
            for (size_t i = 0; i < count; i++)
                step_add_q(&w[i], &g[i], half, at, minus);
            minus = !minus;
        }
        for (unsigned half = 0; half < 2 && at % YC_WINDOW_G == 0; half++) {
            for (size_t i = 0; i < count; i++)
                step_add_g(&w[i], &g[i], half, at, minus);
            minus = !minus;
        }
    }
    for (size_t i = 0; i < count; i++)
        w[i].sum.z = fe_mul(w[i].sum.z, w[i].scale);
    return minus;
}

/* Where the affine y of the sums is even; one inversion for all groups. Lanes whose z is 0 are any. */
static void find_even(LANE_MASK *even, const struct point *sum, size_t count, bool minus)
{
    struct fe before[YC_LANE_GROUPS_MAX], z[YC_LANE_GROUPS_MAX], all = fe_small(1);
    for (size_t i = 0; i < count; i++) {
        z[i] = fe_pick(fe_is_zero(sum[i].z), sum[i].z, fe_small(1));
        before[i] = all;
        all = fe_mul(all, z[i]);
    }
    all = invert(all);
    for (size_t i = count; i-- > 0;) {
        struct fe one = fe_mul(all, before[i]);
        all = fe_mul(all, z[i]);
        struct fe y = fe_mul(sum[i].y, fe_mul(fe_sqr(one), one));
        even[i] = lane_mask_xor(fe_is_odd(y), lane_mask_all(!minus));
    }
}

/* yc_lanes_fn */
static void verify_groups(struct yc_lane_group *groups, size_t count)
{
    struct affine key[YC_LANE_GROUPS_MAX];
    struct point sum[YC_LANE_GROUPS_MAX];
    LANE_MASK good[YC_LANE_GROUPS_MAX], even[YC_LANE_GROUPS_MAX];
    struct work work[ABREAST];
    bool minus = false, any_even = false;
    find_keys(key, good, groups, count);
    for (size_t i = 0; i < count; i += ABREAST) {
        size_t now = count - i < ABREAST ? count - i : ABREAST;
        for (size_t j = 0; j < now; j++)
            fill_table(&work[j], &key[i + j]);
        minus = run_ladder(work, groups + i, now);
        for (size_t j = 0; j < now; j++)
            sum[i + j] = work[j].sum;
    }
    for (size_t i = 0; i < count; i++) {
        any_even = any_even || groups[i].even_end;
        even[i] = lane_mask_all(true);
    }
    if (any_even)
        find_even(even, sum, count, minus);
    for (size_t i = 0; i < count; i++) {
        const struct yc_lane_group *g = &groups[i];
        LANE_MASK same = fe_equal(fe_mul(load_words(g->r), fe_sqr(sum[i].z)), sum[i].x);
        unsigned bad = ~lane_mask_bits(good[i]) | ~lane_mask_bits(same) | lane_mask_bits(fe_is_zero(sum[i].z)) |
                       (g->even_end & ~lane_mask_bits(even[i]));
        groups[i].good = (uint8_t)~bad;
    }
}

#endif
