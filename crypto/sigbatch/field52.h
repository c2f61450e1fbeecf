/* Five limbs of 52 bits, for lanes whose multiplier takes 52 bits of each factor and gives the low or the high 52 of the
 * product (AVX-512 IFMA, AVX-IFMA). Included by field.h alone, which says what limbs and bounds are. */
#ifndef YC_CRYPTO_SIGBATCH_FIELD52_H
#define YC_CRYPTO_SIGBATCH_FIELD52_H

#define FE_LIMBS 5
#define FE_BITS  52

/* Spelled out so that every index is a constant and the vectors stay in registers. */
#define FOR_LOW(DO)     DO(0) DO(1) DO(2) DO(3)
#define FOR_LIMBS(DO)   FOR_LOW(DO) DO(4)
#define FOR_COLUMNS(DO) FOR_LIMBS(DO) DO(5) DO(6) DO(7) DO(8) DO(9)

#define FE_LIMB_MAX      ((UINT64_C(1) << 52) - 1)
#define FE_TIGHT_TOP_MAX ((UINT64_C(1) << 48) + (UINT64_C(1) << 10))
#define FE_LOOSE_TOP_MAX ((UINT64_C(1) << 51) - 1)

#define FE_FOLD_260  UINT64_C(0x1000003d10) /* 2^260 mod p */
#define FE_P_TOP     ((UINT64_C(1) << 48) - 1)
#define FE_P_LIMB(i) ((i) == 0 ? UINT64_C(0xffffefffffc2f) : (i) == 4 ? FE_P_TOP : FE_LIMB_MAX)

struct fe {
    LANE n[FE_LIMBS];
};

/* A product before reduction: column i weighs 2^(52 i). */
struct fe_wide {
    LANE c[2 * FE_LIMBS];
};

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

/* Limbs as they lie in a table, in five words of 64 bits, and back. */
INLINE void fe_pack(LANE out[5], struct fe a)
{
#define DO(i) out[i] = a.n[i];
    FOR_LIMBS(DO)
#undef DO
}

INLINE struct fe fe_unpack(const LANE in[5])
{
    struct fe r;
#define DO(i) r.n[i] = in[i];
    FOR_LIMBS(DO)
#undef DO
    return r;
}

/* Carry upwards; the top limb takes what comes. */
INLINE struct fe fe_carry(struct fe a)
{
#define DO(i)                                                                                                          \
    a.n[i + 1] = lane_add(a.n[i + 1], lane_shr(a.n[i], 52));                                                           \
    a.n[i] = lane_low(a.n[i], 52);
    FOR_LOW(DO)
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
    FOR_LIMBS(DO)
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
    struct fe_wide w;
#define DO(i) w.c[i] = lane_splat(0);
    FOR_COLUMNS(DO)
#undef DO
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
    FOR_COLUMNS(DO)
#undef DO
#define DO(i) FE_PRODUCT(w, a, i, i)
    FOR_LIMBS(DO)
#undef DO
#define DO(i) w.c[i] = lane_shl(w.c[i], times_log2);
    FOR_COLUMNS(DO)
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

#endif
