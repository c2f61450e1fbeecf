/* Arithmetic modulo p = 2^256 - 2^32 - 977 on many numbers abreast, one a lane, as straight-line code over the operations of a
 * lane header, which is included before this file: lane_avx512.h in the product; in tests one that checks bounds for all
 * inputs and one in plain C. For crypto/sigbatch/ and its tests alone; nothing here is constant-time, for nothing is secret.
 *
 * A number is five limbs of 52 bits, least significant first, so n = n[0] + n[1]·2^52 + … + n[4]·2^208, modulo p. Two bounds:
 *
 *   tight   n[0..3] < 2^52, n[4] <= FE_TIGHT_TOP_MAX: what every multiplication returns. As a number, less than 2p.
 *   loose   n[0..3] < 2^52, n[4] <= FE_LOOSE_TOP_MAX: what every multiplication takes.
 *
 * The multiplier of AVX-512 IFMA reads 52 bits of each operand and would drop a 53rd in silence. lane_mad_low() and lane_mad_high()
 * therefore promise that there is none, and tests/unit/crypto/sigbatch/test_bounds.c proves it: it compiles this
 * file with intervals as lanes and runs the whole verification over the widest inputs. Where the low 52 bits alone are
 * meant, lane_cut_*() say so. A number is changed only by steps that keep its value modulo p exactly: sums that do not
 * wrap, carries that move what they cut off, and 2^256 = 2^32 + 977. */
#ifndef YC_CRYPTO_SIGBATCH_FIELD_H
#define YC_CRYPTO_SIGBATCH_FIELD_H

#define INLINE LANE_OP /* the lane header decides: always in the product, as the compiler likes in tests */

/* Spelled out so that every index is a constant and the vectors stay in registers. */
#define FOR_4(DO)  DO(0) DO(1) DO(2) DO(3)
#define FOR_5(DO)  FOR_4(DO) DO(4)
#define FOR_10(DO) FOR_5(DO) DO(5) DO(6) DO(7) DO(8) DO(9)

#define FE_TIGHT_TOP_MAX ((UINT64_C(1) << 48) + (UINT64_C(1) << 10))
#define FE_LOOSE_TOP_MAX ((UINT64_C(1) << 51) - 1)

#define FE_LIMB_MAX  ((UINT64_C(1) << 52) - 1)
#define FE_FOLD_256  UINT64_C(0x1000003d1)  /* 2^256 mod p */
#define FE_FOLD_260  UINT64_C(0x1000003d10) /* 2^260 mod p */
#define FE_P_0       UINT64_C(0xffffefffffc2f)
#define FE_P_TOP     ((UINT64_C(1) << 48) - 1)
#define FE_P_LIMB(i) ((i) == 0 ? FE_P_0 : (i) == 4 ? FE_P_TOP : FE_LIMB_MAX)

struct fe {
    LANE n[5];
};

/* A product before reduction: column i weighs 2^(52 i). */
struct fe_wide {
    LANE c[10];
};

INLINE struct fe fe_zero(void)
{
    struct fe r;
#define DO(i) r.n[i] = lane_splat(0);
    FOR_5(DO)
#undef DO
    return r;
}

INLINE struct fe fe_small(uint64_t v)
{
    struct fe r = fe_zero();
    r.n[0] = lane_splat(v);
    return r;
}

/* From 256 bits in four words, least significant first. Tight. */
INLINE struct fe fe_from_words(const LANE w[4])
{
    struct fe r;
    r.n[0] = lane_low(w[0], 52);
    r.n[1] = lane_low(lane_or(lane_shr(w[0], 52), lane_shl_drop(w[1], 12)), 52);
    r.n[2] = lane_low(lane_or(lane_shr(w[1], 40), lane_shl_drop(w[2], 24)), 52);
    r.n[3] = lane_low(lane_or(lane_shr(w[2], 28), lane_shl_drop(w[3], 36)), 52);
    r.n[4] = lane_shr(w[3], 16);
    return r;
}

/* Carry upwards; the top limb takes what comes. */
INLINE struct fe fe_carry(struct fe a)
{
#define DO(i)                                                                                                          \
    a.n[i + 1] = lane_add(a.n[i + 1], lane_shr(a.n[i], 52));                                                           \
    a.n[i] = lane_low(a.n[i], 52);
    FOR_4(DO)
#undef DO
    return a;
}

/* Bring a number of limbs up to 2^63 below 2p: tight. */
INLINE struct fe fe_fold(struct fe a)
{
    a = fe_carry(a);
    LANE over = lane_shr(a.n[4], 48);
    a.n[4] = lane_low(a.n[4], 48);
    a.n[0] = lane_mad_low(a.n[0], over, lane_splat(FE_FOLD_256));
    a.n[1] = lane_mad_high(a.n[1], over, lane_splat(FE_FOLD_256));
    return fe_carry(a);
}

/* a - times·b + more·p, limb by limb without carry: the limbs of more·p must exceed those of times·b. */
INLINE struct fe fe_minus(struct fe a, struct fe b, unsigned times_log2, unsigned more)
{
    struct fe r;
#define DO(i) r.n[i] = lane_sub(lane_add(a.n[i], lane_splat(more * FE_P_LIMB(i))), lane_shl(b.n[i], times_log2));
    FOR_5(DO)
#undef DO
    return r;
}

/* a - b, loose, of tight numbers. */
INLINE struct fe fe_sub(struct fe a, struct fe b)
{
    return fe_carry(fe_minus(a, b, 0, 2));
}

/* The negative where mask says so; loose, of tight numbers. */
INLINE struct fe fe_negate_if(LANE_MASK mask, struct fe a)
{
#define DO(i) a.n[i] = lane_sub_if(mask, a.n[i], lane_splat(2 * FE_P_LIMB(i)), a.n[i]);
    FOR_5(DO)
#undef DO
    return fe_carry(a);
}

INLINE struct fe fe_pick(LANE_MASK mask, struct fe if_clear, struct fe if_set)
{
    struct fe r;
#define DO(i) r.n[i] = lane_pick(mask, if_clear.n[i], if_set.n[i]);
    FOR_5(DO)
#undef DO
    return r;
}

INLINE struct fe_wide fe_wide_from(struct fe a)
{
    struct fe_wide w;
#define DO(i)                                                                                                          \
    w.c[i] = a.n[i];                                                                                                   \
    w.c[i + 5] = lane_splat(0);
    FOR_5(DO)
#undef DO
    return w;
}

/* w + a·b, of loose numbers. */
INLINE struct fe_wide fe_wide_mul(struct fe_wide w, struct fe a, struct fe b)
{
#define DO(i)                                                                                                          \
    w.c[i] = lane_mad_low(w.c[i], a.n[i], b.n[0]);                                                                     \
    w.c[i + 1] = lane_mad_low(w.c[i + 1], a.n[i], b.n[1]);                                                             \
    w.c[i + 2] = lane_mad_low(w.c[i + 2], a.n[i], b.n[2]);                                                             \
    w.c[i + 3] = lane_mad_low(w.c[i + 3], a.n[i], b.n[3]);                                                             \
    w.c[i + 4] = lane_mad_low(w.c[i + 4], a.n[i], b.n[4]);                                                             \
    w.c[i + 1] = lane_mad_high(w.c[i + 1], a.n[i], b.n[0]);                                                            \
    w.c[i + 2] = lane_mad_high(w.c[i + 2], a.n[i], b.n[1]);                                                            \
    w.c[i + 3] = lane_mad_high(w.c[i + 3], a.n[i], b.n[2]);                                                            \
    w.c[i + 4] = lane_mad_high(w.c[i + 4], a.n[i], b.n[3]);                                                            \
    w.c[i + 5] = lane_mad_high(w.c[i + 5], a.n[i], b.n[4]);
    FOR_5(DO)
#undef DO
    return w;
}

/* w + the products of limbs i and j in their two columns. */
#define FE_PRODUCT(w, a, i, j)                                                                                         \
    (w).c[(i) + (j)] = lane_mad_low((w).c[(i) + (j)], (a).n[i], (a).n[j]);                                             \
    (w).c[(i) + (j) + 1] = lane_mad_high((w).c[(i) + (j) + 1], (a).n[i], (a).n[j]);

/* 2^times_log2 · a², of a loose number. */
INLINE struct fe_wide fe_wide_sqr(struct fe a, unsigned times_log2)
{
    struct fe_wide w = fe_wide_from(fe_zero());
    FE_PRODUCT(w, a, 0, 1)
    FE_PRODUCT(w, a, 2, 3)
    FE_PRODUCT(w, a, 0, 2)
    FE_PRODUCT(w, a, 2, 4)
    FE_PRODUCT(w, a, 0, 3)
    FE_PRODUCT(w, a, 3, 4)
    FE_PRODUCT(w, a, 1, 2)
    FE_PRODUCT(w, a, 1, 4)
    FE_PRODUCT(w, a, 1, 3)
    FE_PRODUCT(w, a, 0, 4)
#define DO(i) w.c[i] = lane_shl(w.c[i], 1);
    FOR_10(DO)
#undef DO
#define DO(i) FE_PRODUCT(w, a, i, i)
    FOR_5(DO)
#undef DO
#define DO(i) w.c[i] = lane_shl(w.c[i], times_log2);
    FOR_10(DO)
#undef DO
    return w;
}

INLINE struct fe_wide fe_wide_add(struct fe_wide w, struct fe a)
{
#define DO(i) w.c[i] = lane_add(w.c[i], a.n[i]);
    FOR_5(DO)
#undef DO
    return w;
}

INLINE struct fe_wide fe_wide_times_3(struct fe_wide w)
{
#define DO(i) w.c[i] = lane_add(w.c[i], lane_shl(w.c[i], 1));
    FOR_10(DO)
#undef DO
    return w;
}

INLINE struct fe_wide fe_wide_times_2(struct fe_wide w)
{
#define DO(i) w.c[i] = lane_shl(w.c[i], 1);
    FOR_10(DO)
#undef DO
    return w;
}

/* Modulo p: tight. The columns may reach 2^60, column 9 may not reach 2^52 by more than the carry of column 8. */
INLINE struct fe fe_reduce(struct fe_wide w)
{
    LANE fold_260 = lane_splat(FE_FOLD_260), fold_256 = lane_splat(FE_FOLD_256);
    /* Columns 5..9 are carried into each other; what stays in a column are its low 52 bits, which is what the multiplier
     * reads of it. */
    w.c[6] = lane_add(w.c[6], lane_shr(w.c[5], 52));
    w.c[7] = lane_add(w.c[7], lane_shr(w.c[6], 52));
    w.c[8] = lane_add(w.c[8], lane_shr(w.c[7], 52));
    w.c[9] = lane_add(w.c[9], lane_shr(w.c[8], 52));
    w.c[0] = lane_cut_mad_low(w.c[0], w.c[5], fold_260);
    w.c[1] = lane_cut_mad_high(w.c[1], w.c[5], fold_260);
    w.c[1] = lane_cut_mad_low(w.c[1], w.c[6], fold_260);
    w.c[2] = lane_cut_mad_high(w.c[2], w.c[6], fold_260);
    w.c[2] = lane_cut_mad_low(w.c[2], w.c[7], fold_260);
    w.c[3] = lane_cut_mad_high(w.c[3], w.c[7], fold_260);
    w.c[3] = lane_cut_mad_low(w.c[3], w.c[8], fold_260);
    w.c[4] = lane_cut_mad_high(w.c[4], w.c[8], fold_260);
    w.c[4] = lane_mad_low(w.c[4], w.c[9], fold_260);
    LANE over_260 = lane_mad_high(lane_splat(0), w.c[9], fold_260);
    /* What is above 2^256 once more. */
    LANE over = lane_add(lane_shl(over_260, 4), lane_shr(w.c[4], 48));
    struct fe r;
    r.n[0] = lane_mad_low(w.c[0], over, fold_256);
    r.n[1] = lane_mad_high(w.c[1], over, fold_256);
    r.n[2] = w.c[2];
    r.n[3] = w.c[3];
    r.n[4] = lane_low(w.c[4], 48);
    return fe_carry(r);
}

/* Products of loose numbers, tight. */
INLINE struct fe fe_mul(struct fe a, struct fe b)
{
    return fe_reduce(fe_wide_mul(fe_wide_from(fe_zero()), a, b));
}
/* a·b + c, where c may be without carry. */
INLINE struct fe fe_mul_add(struct fe a, struct fe b, struct fe c)
{
    return fe_reduce(fe_wide_mul(fe_wide_from(c), a, b));
}
INLINE struct fe fe_sqr(struct fe a)
{
    return fe_reduce(fe_wide_sqr(a, 0));
}

/* Where a, tight, is 0 modulo p: a number below 2p is so when it is 0 or p. */
INLINE LANE_MASK fe_is_zero(struct fe a)
{
    LANE zero = lane_or(lane_or(lane_or(a.n[0], a.n[1]), lane_or(a.n[2], a.n[3])), a.n[4]);
    LANE p = lane_splat(0);
#define DO(i) p = lane_or(p, lane_xor(a.n[i], lane_splat(FE_P_LIMB(i))));
    FOR_5(DO)
#undef DO
    return lane_mask_or(lane_is_zero(zero), lane_is_zero(p));
}

/* Where a and b, both tight, are equal modulo p. */
INLINE LANE_MASK fe_equal(struct fe a, struct fe b)
{
    return fe_is_zero(fe_fold(fe_minus(a, b, 0, 2)));
}

/* Where a, tight, is odd as a number below p. */
INLINE LANE_MASK fe_is_odd(struct fe a)
{
    /* a >= p when a + 2^32 + 977 >= 2^256; p is odd, so that taking it away changes the lowest bit. */
    struct fe t = a;
    t.n[0] = lane_add(t.n[0], lane_splat(FE_FOLD_256));
    t = fe_carry(t);
    return lane_mask_xor(lane_is_odd(a.n[0]), lane_not_zero(lane_shr(t.n[4], 48)));
}

#endif
