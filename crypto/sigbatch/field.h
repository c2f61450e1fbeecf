/* Arithmetic modulo p = 2^256 - 2^32 - 977 on many numbers abreast, one a lane, as straight-line code over the operations of a
 * lane header, which is included before this file: lane_avx512.h and others in the product; in tests one that checks bounds
 * for all inputs and one in plain C. For crypto/sigbatch/ and its tests alone; nothing here is constant-time, for nothing is
 * secret.
 *
 * The lane header's LANE_FACTOR_BITS says how wide the factors of its multiplier are, and so how a number is cut into FE_LIMBS
 * limbs of FE_BITS bits, least significant first: field52.h or field29.h. Two bounds:
 *
 *   tight   low limbs at most FE_LIMB_MAX, the top one at most FE_TIGHT_TOP_MAX: what every multiplication returns. As a
 *           number, less than 2p.
 *   loose   low limbs likewise, the top one at most FE_LOOSE_TOP_MAX: what every multiplication takes.
 *
 * The multipliers read only so many bits of each factor and would drop the next one in silence. lane_mul(), lane_mad_low() and
 * lane_mad_high() therefore promise that there is none, and tests/unit/crypto/sigbatch/bounds_checks.h proves it: it compiles
 * this file with intervals as lanes and runs the whole verification over the widest inputs. Where the low bits alone are
 * meant, lane_cut_*() say so. A number is changed only by steps that keep its value modulo p exactly: sums that do not
 * wrap, carries that move what they cut off, and 2^256 = 2^32 + 977. */
#ifndef YC_CRYPTO_SIGBATCH_FIELD_H
#define YC_CRYPTO_SIGBATCH_FIELD_H

#define INLINE LANE_OP /* the lane header decides: always in the product, as the compiler likes in tests */

#define FE_FOLD_256 UINT64_C(0x1000003d1) /* 2^256 mod p */

#if LANE_FACTOR_BITS == 52
#include "crypto/sigbatch/field52.h"
#else
#include "crypto/sigbatch/field29.h"
#endif

#define FE_TOP      (FE_LIMBS - 1)
#define FE_TOP_BITS (256 - FE_TOP * FE_BITS) /* of a number below 2^256 */

INLINE struct fe fe_zero(void)
{
    struct fe r;
#define DO(i) r.n[i] = lane_splat(0);
    FOR_LIMBS(DO)
#undef DO
    return r;
}

INLINE struct fe fe_small(uint64_t v)
{
    struct fe r = fe_zero();
    r.n[0] = lane_splat(v);
    return r;
}

/* a - times·b + more·p, limb by limb without carry: the limbs of more·p must exceed those of times·b. */
INLINE struct fe fe_minus(struct fe a, struct fe b, unsigned times_log2, unsigned more)
{
    struct fe r;
#define DO(i) r.n[i] = lane_sub(lane_add(a.n[i], lane_splat(more * FE_P_LIMB(i))), lane_shl(b.n[i], times_log2));
    FOR_LIMBS(DO)
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
    FOR_LIMBS(DO)
#undef DO
    return fe_carry(a);
}

INLINE struct fe fe_pick(LANE_MASK mask, struct fe if_clear, struct fe if_set)
{
    struct fe r;
#define DO(i) r.n[i] = lane_pick(mask, if_clear.n[i], if_set.n[i]);
    FOR_LIMBS(DO)
#undef DO
    return r;
}

INLINE struct fe_wide fe_wide_from(struct fe a)
{
    struct fe_wide w;
#define DO(i)                                                                                                          \
    w.c[i] = a.n[i];                                                                                                   \
    w.c[(i) + FE_LIMBS] = lane_splat(0);
    FOR_LIMBS(DO)
#undef DO
    return w;
}

INLINE struct fe_wide fe_wide_add(struct fe_wide w, struct fe a)
{
#define DO(i) w.c[i] = lane_add(w.c[i], a.n[i]);
    FOR_LIMBS(DO)
#undef DO
    return w;
}

INLINE struct fe_wide fe_wide_times_3(struct fe_wide w)
{
#define DO(i) w.c[i] = lane_add(w.c[i], lane_shl(w.c[i], 1));
    FOR_COLUMNS(DO)
#undef DO
    return w;
}

INLINE struct fe_wide fe_wide_times_2(struct fe_wide w)
{
#define DO(i) w.c[i] = lane_shl(w.c[i], 1);
    FOR_COLUMNS(DO)
#undef DO
    return w;
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
    LANE zero = lane_splat(0), p = lane_splat(0);
    a = fe_carry(a); /* so that there is one way to write it */
#define DO(i)                                                                                                          \
    zero = lane_or(zero, a.n[i]);                                                                                      \
    p = lane_or(p, lane_xor(a.n[i], lane_splat(FE_P_LIMB(i))));
    FOR_LIMBS(DO)
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
    return lane_mask_xor(lane_is_odd(a.n[0]), lane_not_zero(lane_shr(t.n[FE_TOP], FE_TOP_BITS)));
}

#endif
