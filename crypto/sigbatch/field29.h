/* Nine limbs of 29 bits, for lanes whose multiplier takes 32 bits of each factor and gives all 64 of the product (AVX2).
 * Included by field.h alone, which says what limbs and bounds are.
 *
 * Nine limbs have 261 bits: five more than a number, which is the room of the loose ones; and a column of nine products of
 * 58 bits leaves less than three bits: of what is added up before a reduction there can be three products, not more. */
#ifndef YC_CRYPTO_SIGBATCH_FIELD29_H
#define YC_CRYPTO_SIGBATCH_FIELD29_H

#define FE_LIMBS 9
#define FE_BITS  29

/* Spelled out so that every index is a constant and the vectors stay in registers. */
#define FOR_LOW(DO)     DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define FOR_LIMBS(DO)   FOR_LOW(DO) DO(8)
#define FOR_HIGH(DO)    DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15) DO(16)
#define FOR_COLUMNS(DO) FOR_LIMBS(DO) FOR_HIGH(DO) DO(17)

#define FE_LIMB_MAX      (UINT64_C(1) << 29) /* a reduction leaves its last carry where it is */
#define FE_TIGHT_TOP_MAX (UINT64_C(1) << 24)
#define FE_LOOSE_TOP_MAX ((UINT64_C(1) << 27) - 1)

#define FE_P_TOP     ((UINT64_C(1) << 24) - 1)
#define FE_P_LIMB(i) ((i) == 8 ? FE_P_TOP : (UINT64_C(1) << 29) - ((i) == 0 ? 977u : (i) == 1 ? 9u : 1u))

struct fe {
    LANE n[FE_LIMBS];
};

/* A product before reduction: column i weighs 2^(29 i). */
struct fe_wide {
    LANE c[2 * FE_LIMBS];
};

/* From 256 bits in four words, least significant first. Tight. */
INLINE struct fe fe_from_words(const LANE w[4])
{
    struct fe r;
    r.n[0] = lane_low(w[0], 29);
    r.n[1] = lane_low(lane_shr(w[0], 29), 29);
    r.n[2] = lane_low(lane_or(lane_shr(w[0], 58), lane_shl_drop(w[1], 6)), 29);
    r.n[3] = lane_low(lane_shr(w[1], 23), 29);
    r.n[4] = lane_low(lane_or(lane_shr(w[1], 52), lane_shl_drop(w[2], 12)), 29);
    r.n[5] = lane_low(lane_shr(w[2], 17), 29);
    r.n[6] = lane_low(lane_or(lane_shr(w[2], 46), lane_shl_drop(w[3], 18)), 29);
    r.n[7] = lane_low(lane_shr(w[3], 11), 29);
    r.n[8] = lane_shr(w[3], 40);
    return r;
}

/* Carry upwards; the top limb takes what comes. Low limbs are then below 2^29. */
INLINE struct fe fe_carry(struct fe a)
{
#define DO(i)                                                                                                          \
    a.n[(i) + 1] = lane_add(a.n[(i) + 1], lane_shr(a.n[i], 29));                                                       \
    a.n[i] = lane_low(a.n[i], 29);
    FOR_LOW(DO)
#undef DO
    return a;
}

/* Limbs as they lie in a table, in five words of 64 bits, and back. */
INLINE void fe_pack(LANE out[5], struct fe a)
{
    a = fe_carry(a);
#define DO(i) out[i] = lane_or(a.n[2 * (i)], lane_shl(a.n[2 * (i) + 1], 32));
    DO(0)
    DO(1)
    DO(2)
    DO(3)
#undef DO
    out[4] = a.n[8];
}

INLINE struct fe fe_unpack(const LANE in[5])
{
    struct fe r;
#define DO(i)                                                                                                          \
    r.n[2 * (i)] = lane_low(in[i], 29);                                                                                \
    r.n[2 * (i) + 1] = lane_shr(in[i], 32);
    DO(0)
    DO(1)
    DO(2)
    DO(3)
#undef DO
    r.n[8] = in[4];
    return r;
}

/* c + over·2^256 modulo p, over being below 2^56: 2^256 = 977 + 2^3·2^29. */
INLINE void fe_add_over(LANE c[FE_LIMBS], LANE over)
{
    LANE low = lane_low(over, 29), high = lane_shr(over, 29);
    c[0] = lane_add(c[0], lane_mul(low, lane_splat(977)));
    c[1] = lane_add(c[1], lane_add(lane_shl(low, 3), lane_mul(high, lane_splat(977))));
    c[2] = lane_add(c[2], lane_shl(high, 3));
}

/* Bring a number of limbs up to 2^63 below 2p: tight. */
INLINE struct fe fe_fold(struct fe a)
{
    a = fe_carry(a);
    LANE over = lane_shr(a.n[8], 24);
    a.n[8] = lane_low(a.n[8], 24);
    fe_add_over(a.n, over);
    return fe_carry(a);
}

/* w + a·b, of loose numbers. */
INLINE struct fe_wide fe_wide_mul(struct fe_wide w, struct fe a, struct fe b)
{
#define DO(i)                                                                                                          \
    w.c[i] = lane_add(w.c[i], lane_mul(a.n[i], b.n[0]));                                                               \
    w.c[(i) + 1] = lane_add(w.c[(i) + 1], lane_mul(a.n[i], b.n[1]));                                                   \
    w.c[(i) + 2] = lane_add(w.c[(i) + 2], lane_mul(a.n[i], b.n[2]));                                                   \
    w.c[(i) + 3] = lane_add(w.c[(i) + 3], lane_mul(a.n[i], b.n[3]));                                                   \
    w.c[(i) + 4] = lane_add(w.c[(i) + 4], lane_mul(a.n[i], b.n[4]));                                                   \
    w.c[(i) + 5] = lane_add(w.c[(i) + 5], lane_mul(a.n[i], b.n[5]));                                                   \
    w.c[(i) + 6] = lane_add(w.c[(i) + 6], lane_mul(a.n[i], b.n[6]));                                                   \
    w.c[(i) + 7] = lane_add(w.c[(i) + 7], lane_mul(a.n[i], b.n[7]));                                                   \
    w.c[(i) + 8] = lane_add(w.c[(i) + 8], lane_mul(a.n[i], b.n[8]));
    FOR_LIMBS(DO)
#undef DO
    return w;
}

/* 2^times_log2 · a², of a loose number; times_log2 is at most 1. */
INLINE struct fe_wide fe_wide_sqr(struct fe a, unsigned times_log2)
{
    struct fe_wide w;
    LANE d[FE_LIMBS];
#define DO(i) d[i] = lane_shl(a.n[i], 1);
    FOR_LIMBS(DO)
#undef DO
#define TWICE(i, j) lane_mul(d[i], a.n[j])
#define ONCE(i)     lane_mul(a.n[i], a.n[i])
    w.c[0] = ONCE(0);
    w.c[1] = TWICE(0, 1);
    w.c[2] = lane_add(TWICE(0, 2), ONCE(1));
    w.c[3] = lane_add(TWICE(0, 3), TWICE(1, 2));
    w.c[4] = lane_add(lane_add(TWICE(0, 4), TWICE(1, 3)), ONCE(2));
    w.c[5] = lane_add(lane_add(TWICE(0, 5), TWICE(1, 4)), TWICE(2, 3));
    w.c[6] = lane_add(lane_add(TWICE(0, 6), TWICE(1, 5)), lane_add(TWICE(2, 4), ONCE(3)));
    w.c[7] = lane_add(lane_add(TWICE(0, 7), TWICE(1, 6)), lane_add(TWICE(2, 5), TWICE(3, 4)));
    w.c[8] = lane_add(lane_add(lane_add(TWICE(0, 8), TWICE(1, 7)), lane_add(TWICE(2, 6), TWICE(3, 5))), ONCE(4));
    w.c[9] = lane_add(lane_add(TWICE(1, 8), TWICE(2, 7)), lane_add(TWICE(3, 6), TWICE(4, 5)));
    w.c[10] = lane_add(lane_add(TWICE(2, 8), TWICE(3, 7)), lane_add(TWICE(4, 6), ONCE(5)));
    w.c[11] = lane_add(lane_add(TWICE(3, 8), TWICE(4, 7)), TWICE(5, 6));
    w.c[12] = lane_add(lane_add(TWICE(4, 8), TWICE(5, 7)), ONCE(6));
    w.c[13] = lane_add(TWICE(5, 8), TWICE(6, 7));
    w.c[14] = lane_add(TWICE(6, 8), ONCE(7));
    w.c[15] = TWICE(7, 8);
    w.c[16] = ONCE(8);
    w.c[17] = lane_splat(0);
#undef TWICE
#undef ONCE
#define DO(i) w.c[i] = lane_shl(w.c[i], times_log2);
    FOR_COLUMNS(DO)
#undef DO
    return w;
}

/* Modulo p: tight. The columns may reach 2^63; columns 16 and 17 what products of loose numbers give, so that all above
 * column 8 fits the multiplier once it is carried. */
INLINE struct fe fe_reduce(struct fe_wide w)
{
    const LANE fold_261 = lane_splat(977 * 32); /* 2^261 = 977·2^5 + 2^8·2^29 */
#define DO(i)                                                                                                          \
    w.c[(i) + 1] = lane_add(w.c[(i) + 1], lane_shr(w.c[i], 29));                                                       \
    w.c[i] = lane_low(w.c[i], 29);
    FOR_HIGH(DO)
#undef DO
#define DO(i)                                                                                                          \
    w.c[i] = lane_add(w.c[i], lane_mul(w.c[(i) + 9], fold_261));                                                       \
    w.c[(i) + 1] = lane_add(w.c[(i) + 1], lane_shl(w.c[(i) + 9], 8));
    FOR_LOW(DO)
#undef DO
    w.c[8] = lane_add(w.c[8], lane_mul(w.c[17], fold_261));
    struct fe r;
#define DO(i) r.n[i] = w.c[i];
    FOR_LIMBS(DO)
#undef DO
    r = fe_carry(r);
    /* What is above 2^256 once more; column 17 has weighed 2^(29·9 + 8) since then. */
    LANE over = lane_add(lane_shr(r.n[8], 24), lane_shl(w.c[17], 13));
    r.n[8] = lane_low(r.n[8], 24);
    fe_add_over(r.n, over);
#define DO(i)                                                                                                          \
    r.n[(i) + 1] = lane_add(r.n[(i) + 1], lane_shr(r.n[i], 29));                                                       \
    r.n[i] = lane_low(r.n[i], 29);
    DO(0)
    DO(1)
    DO(2)
#undef DO
    return r;
}

#endif
