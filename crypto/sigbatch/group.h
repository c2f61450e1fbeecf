/* Points of y² = x³ + 7 abreast, over field.h. For crypto/sigbatch/ and its tests alone.
 *
 * Nothing here looks for exceptional cases (a point added to itself, to its opposite or to infinity). It need not: an
 * addition multiplies Z by the difference of the x-coordinates and a doubling by 2Y, so that after any exceptional step
 * Z is 0 and stays 0. Whoever uses the result looks at Z once, at the end, and leaves such a lane to libsecp256k1.
 *
 * The formulas give minus the sum: that needs two products and one reduction where the sum would need a subtraction more.
 * Callers keep account of the sign.
 *
 * Coordinates of points are tight. Source: Hankerson, Menezes, Vanstone, "Guide to Elliptic Curve Cryptography", 3.2.2. */
#ifndef YC_CRYPTO_SIGBATCH_GROUP_H
#define YC_CRYPTO_SIGBATCH_GROUP_H

#include "crypto/sigbatch/field.h"

/* (X/Z², Y/Z³) */
struct point {
    struct fe x, y, z;
};

struct affine {
    struct fe x, y;
};

/* -2a. */
INLINE struct point point_double(const struct point *a)
{
    struct point r;
    struct fe e = fe_reduce(fe_wide_times_3(fe_wide_sqr(a->x, 0))); /* 3X² */
    struct fe b = fe_reduce(fe_wide_sqr(a->y, 1));                  /* 2Y² */
    struct fe v = fe_mul(a->x, b);
    r.z = fe_reduce(fe_wide_times_2(fe_wide_mul(fe_wide_from(fe_zero()), a->y, a->z)));
    r.x = fe_reduce(fe_wide_add(fe_wide_sqr(e, 0), fe_minus(fe_zero(), v, 2, 5))); /* E² - 4V */
    struct fe d = fe_carry(fe_minus(r.x, v, 1, 3));                                /* X3 - 2V */
    r.y = fe_reduce(fe_wide_mul(fe_wide_sqr(b, 1), e, d));                         /* E(X3 - 2V) + 2B² */
    return r;
}

/* -(a + b), b on the curve where a's z is z (a->z itself, or a->z times the scale of a's curve); *h receives the factor by
 * which Z grows. b's coordinates may be loose. */
INLINE struct point point_add_at(const struct point *a, struct fe z, const struct affine *b, struct fe *h)
{
    struct point r;
    struct fe zz = fe_sqr(z);
    struct fe zzz = fe_mul(zz, z);
    *h = fe_mul_add(b->x, zz, fe_minus(fe_zero(), a->x, 0, 2));
    struct fe s = fe_mul_add(b->y, zzz, fe_minus(fe_zero(), a->y, 0, 2));
    struct fe hh = fe_sqr(*h);
    r.z = fe_mul(a->z, *h);
    struct fe hhh = fe_mul(hh, *h);
    struct fe v = fe_mul(a->x, hh);
    /* S² - H³ - 2V; 4p exceeds the limbs of the two together */
    r.x = fe_reduce(fe_wide_add(fe_wide_sqr(s, 0), fe_minus(fe_minus(fe_zero(), hhh, 0, 2), v, 1, 3)));
    struct fe d = fe_sub(r.x, v);
    r.y = fe_reduce(fe_wide_mul(fe_wide_mul(fe_wide_from(fe_zero()), s, d), a->y, hhh));
    return r;
}

INLINE struct point point_add(const struct point *a, const struct affine *b)
{
    struct fe h;
    return point_add_at(a, a->z, b, &h);
}

#endif
