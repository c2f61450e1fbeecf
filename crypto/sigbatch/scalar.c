#include "crypto/sigbatch/scalar.h"

#include "base/bytes.h"

#include <string.h>

__extension__ typedef unsigned __int128 u128;

/* n, and 2^256 - n */
static const uint64_t order[4] = {UINT64_C(0xbfd25e8cd0364141), UINT64_C(0xbaaedce6af48a03b),
                                  UINT64_C(0xfffffffffffffffe), UINT64_C(0xffffffffffffffff)};
static const uint64_t fold[3] = {UINT64_C(0x402da1732fc9bebf), UINT64_C(0x4551231950b75fc4), 1};

static bool below_order(const uint64_t w[4])
{
    for (unsigned i = 4; i-- > 0;) {
        if (w[i] != order[i])
            return w[i] < order[i];
    }
    return false;
}

/* a - order where a >= order */
static void reduce_once(uint64_t w[4])
{
    if (below_order(w))
        return;
    u128 t = 0;
    for (unsigned i = 0; i < 4; i++) {
        t += (u128)w[i] + (i < 3 ? fold[i] : 0); /* the carry out of 256 bits drops 2^256 */
        w[i] = (uint64_t)t;
        t >>= 64;
    }
}

bool yc_scalar_from_bytes(struct yc_scalar *out, const uint8_t bytes32[32])
{
    for (unsigned i = 0; i < 4; i++)
        out->w[i] = yc_get64be(bytes32 + 24 - 8 * i);
    return below_order(out->w);
}

struct yc_scalar yc_scalar_reduce_bytes(const uint8_t bytes32[32])
{
    struct yc_scalar r;
    if (!yc_scalar_from_bytes(&r, bytes32))
        reduce_once(r.w);
    return r;
}

bool yc_scalar_is_zero(const struct yc_scalar *a)
{
    return (a->w[0] | a->w[1] | a->w[2] | a->w[3]) == 0;
}

/* out[0..out_n) += a[0..an)·b[0..bn); what goes beyond out_n is dropped. */
static void add_product(uint64_t *out, size_t out_n, const uint64_t *a, size_t an, const uint64_t *b, size_t bn)
{
    for (size_t i = 0; i < an; i++) {
        uint64_t carry = 0;
        size_t k = i;
        for (size_t j = 0; j < bn && k < out_n; j++, k++) {
            u128 t = (u128)a[i] * b[j] + out[k] + carry;
            out[k] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        for (; carry && k < out_n; k++) {
            out[k] += carry;
            carry = out[k] < carry;
        }
    }
}

struct yc_scalar yc_scalar_mul(const struct yc_scalar *a, const struct yc_scalar *b)
{
    uint64_t wide[8] = {0};
    add_product(wide, 8, a->w, 4, b->w, 4);
    /* What is above 2^256 becomes its multiple of 2^256 - n, 129 bits: 512 bits become 386, then 260, then 257 at most. */
    uint64_t second[7] = {wide[0], wide[1], wide[2], wide[3]};
    add_product(second, 7, wide + 4, 4, fold, 3);
    uint64_t third[5] = {second[0], second[1], second[2], second[3]};
    add_product(third, 5, second + 4, 3, fold, 3);
    struct yc_scalar r = {{third[0], third[1], third[2], third[3]}};
    uint64_t over = third[4];
    while (over) {
        uint64_t last[5] = {r.w[0], r.w[1], r.w[2], r.w[3]};
        add_product(last, 5, &over, 1, fold, 3);
        memcpy(r.w, last, sizeof r.w);
        over = last[4];
    }
    reduce_once(r.w);
    return r;
}

struct yc_scalar yc_scalar_negate(const struct yc_scalar *a)
{
    struct yc_scalar r;
    uint64_t borrow = 0;
    if (yc_scalar_is_zero(a))
        return *a;
    for (unsigned i = 0; i < 4; i++) {
        u128 t = (u128)order[i] - a->w[i] - borrow;
        r.w[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    return r;
}

/* a^(n - 2), four bits of the exponent at a time. */
static struct yc_scalar invert(const struct yc_scalar *a)
{
    struct yc_scalar power[16] = {{{1, 0, 0, 0}}}, r = power[0];
    uint64_t exponent[4] = {order[0] - 2, order[1], order[2], order[3]};
    for (unsigned i = 1; i < 16; i++)
        power[i] = yc_scalar_mul(&power[i - 1], a);
    for (unsigned at = 256; at > 0; at -= 4) {
        for (unsigned i = 0; i < 4; i++)
            r = yc_scalar_mul(&r, &r);
        r = yc_scalar_mul(&r, &power[exponent[(at - 4) / 64] >> (at - 4) % 64 & 15]);
    }
    return r;
}

void yc_scalar_invert_all(struct yc_scalar *a, struct yc_scalar *room, size_t count)
{
    struct yc_scalar all = {{1, 0, 0, 0}};
    for (size_t i = 0; i < count; i++) {
        room[i] = all;
        all = yc_scalar_mul(&all, &a[i]);
    }
    all = invert(&all);
    for (size_t i = count; i-- > 0;) {
        struct yc_scalar inverse = yc_scalar_mul(&all, &room[i]);
        all = yc_scalar_mul(&all, &a[i]);
        a[i] = inverse;
    }
}

/* The lattice of (i, j) with i + λj = 0 modulo n has the short basis (A1, -B1), (A2, A1); ROUND1 and ROUND2 are
 * 2^384·A1/n and 2^384·B1/n, rounded. */
static const uint64_t a1[2] = {UINT64_C(0xe86c90e49284eb15), UINT64_C(0x3086d221a7d46bcd)};
static const uint64_t b1[2] = {UINT64_C(0x6f547fa90abfe4c3), UINT64_C(0xe4437ed6010e8828)};
static const uint64_t a2[3] = {UINT64_C(0x57c1108d9d44cfd8), UINT64_C(0x14ca50f7a8e2f3f6), 1};
static const uint64_t round1[4] = {UINT64_C(0xe893209a45dbb031), UINT64_C(0x3daa8a1471e8ca7f),
                                   UINT64_C(0xe86c90e49284eb15), UINT64_C(0x3086d221a7d46bcd)};
static const uint64_t round2[4] = {UINT64_C(0x1571b4ae8ac47f71), UINT64_C(0x221208ac9df506c6),
                                   UINT64_C(0x6f547fa90abfe4c4), UINT64_C(0xe4437ed6010e8828)};

/* k·r / 2^384, rounded to the nearest. */
static void scaled(uint64_t out[2], const struct yc_scalar *k, const uint64_t r[4])
{
    uint64_t wide[8] = {0};
    add_product(wide, 8, k->w, 4, r, 4);
    u128 c = ((u128)wide[7] << 64 | wide[6]) + (wide[5] >> 63);
    out[0] = (uint64_t)c;
    out[1] = (uint64_t)(c >> 64);
}

/* Signed numbers of 192 bits, modulo 2^192. */

static void subtract_product(uint64_t out[3], const uint64_t *a, size_t an, const uint64_t *b, size_t bn)
{
    uint64_t product[3] = {0}, borrow = 0;
    add_product(product, 3, a, an, b, bn);
    for (unsigned i = 0; i < 3; i++) {
        u128 t = (u128)out[i] - product[i] - borrow;
        out[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
}

/* (k + 2^bits - 1) / 2 of an odd k of less than 2^bits in size. */
static void to_windows(uint64_t k[3], unsigned bits)
{
    u128 t = (u128)k[0] + ~UINT64_C(0); /* + 2^bits - 1: all ones below that bit */
    k[0] = (uint64_t)t;
    t = (t >> 64) + k[1] + ~UINT64_C(0);
    k[1] = (uint64_t)t;
    k[2] += (uint64_t)(t >> 64) + ((UINT64_C(1) << (bits - 128)) - 1);
    k[0] = k[0] >> 1 | k[1] << 63;
    k[1] = k[1] >> 1 | k[2] << 63;
    k[2] >>= 1;
}

void yc_scalar_split(uint64_t half[2][3], const struct yc_scalar *k, unsigned bits)
{
    static const uint64_t one = 1;
    uint64_t c1[2], c2[2];
    scaled(c1, k, round1);
    scaled(c2, k, round2);
    /* (k, 0) - c1·(A1, -B1) - c2·(A2, A1), modulo 2^192, which is room enough for the small difference */
    uint64_t i[3] = {k->w[0], k->w[1], k->w[2]}, j[3] = {0};
    subtract_product(i, c1, 2, a1, 2);
    subtract_product(i, c2, 2, a2, 3);
    add_product(j, 3, c1, 2, b1, 2);
    subtract_product(j, c2, 2, a1, 2);
    /* (A1, -B1) is odd in both parts and (A2, A1) in the second alone: together they make both parts odd, at the cost of
     * at most 1.5 times their size. */
    if (!(i[0] & 1)) {
        subtract_product(i, &one, 1, a1, 2);
        add_product(j, 3, &one, 1, b1, 2);
    }
    if (!(j[0] & 1)) {
        subtract_product(i, &one, 1, a2, 3);
        subtract_product(j, &one, 1, a1, 2);
    }
    to_windows(i, bits);
    to_windows(j, bits);
    memcpy(half[0], i, sizeof i);
    memcpy(half[1], j, sizeof j);
}
