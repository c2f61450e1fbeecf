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

/* out = a·b */
static void multiply(uint64_t out[8], const uint64_t a[4], const uint64_t b[4])
{
    u128 t = 0;
    for (unsigned j = 0; j < 4; j++) {
        t += (u128)a[0] * b[j];
        out[j] = (uint64_t)t;
        t >>= 64;
    }
    out[4] = (uint64_t)t;
    for (unsigned i = 1; i < 4; i++) {
        t = 0;
        for (unsigned j = 0; j < 4; j++) {
            t += (u128)a[i] * b[j] + out[i + j];
            out[i + j] = (uint64_t)t;
            t >>= 64;
        }
        out[i + 4] = (uint64_t)t;
    }
}

/* out[0..5) += a·(2^256 - n), where that does not overflow */
static inline void add_fold(uint64_t out[5], uint64_t a)
{
    u128 t = (u128)a * fold[0] + out[0];
    out[0] = (uint64_t)t;
    t = (u128)a * fold[1] + out[1] + (uint64_t)(t >> 64);
    out[1] = (uint64_t)t;
    t = (u128)a + out[2] + (uint64_t)(t >> 64); /* fold[2] is 1 */
    out[2] = (uint64_t)t;
    t = (u128)out[3] + (uint64_t)(t >> 64);
    out[3] = (uint64_t)t;
    out[4] += (uint64_t)(t >> 64);
}

struct yc_scalar yc_scalar_mul(const struct yc_scalar *a, const struct yc_scalar *b)
{
    uint64_t wide[8];
    multiply(wide, a->w, b->w);
    /* What is above 2^256 becomes its multiple of 2^256 - n, 129 bits: 512 bits become 386, then 260, then 257 at most. */
    uint64_t second[8] = {wide[0], wide[1], wide[2], wide[3]};
    for (unsigned i = 0; i < 4; i++)
        add_fold(second + i, wide[i + 4]);
    uint64_t third[7] = {second[0], second[1], second[2], second[3]};
    for (unsigned i = 0; i < 3; i++)
        add_fold(third + i, second[i + 4]);
    struct yc_scalar r = {{third[0], third[1], third[2], third[3]}};
    uint64_t over = third[4];
    while (over) {
        uint64_t last[5] = {r.w[0], r.w[1], r.w[2], r.w[3]};
        add_fold(last, over);
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
static const uint64_t a1[3] = {UINT64_C(0xe86c90e49284eb15), UINT64_C(0x3086d221a7d46bcd), 0};
static const uint64_t b1[3] = {UINT64_C(0x6f547fa90abfe4c3), UINT64_C(0xe4437ed6010e8828), 0};
static const uint64_t a2[3] = {UINT64_C(0x57c1108d9d44cfd8), UINT64_C(0x14ca50f7a8e2f3f6), 1};
static const uint64_t round1[4] = {UINT64_C(0xe893209a45dbb031), UINT64_C(0x3daa8a1471e8ca7f),
                                   UINT64_C(0xe86c90e49284eb15), UINT64_C(0x3086d221a7d46bcd)};
static const uint64_t round2[4] = {UINT64_C(0x1571b4ae8ac47f71), UINT64_C(0x221208ac9df506c6),
                                   UINT64_C(0x6f547fa90abfe4c4), UINT64_C(0xe4437ed6010e8828)};

/* k·r / 2^384, rounded to the nearest. */
static void scaled(uint64_t out[2], const struct yc_scalar *k, const uint64_t r[4])
{
    uint64_t wide[8];
    multiply(wide, k->w, r);
    u128 c = ((u128)wide[7] << 64 | wide[6]) + (wide[5] >> 63);
    out[0] = (uint64_t)c;
    out[1] = (uint64_t)(c >> 64);
}

/* Signed numbers of 192 bits, modulo 2^192. */

/* a·b, of an a of two words and a b of three */
static inline void product(uint64_t out[3], const uint64_t a[2], const uint64_t b[3])
{
    u128 t = (u128)a[0] * b[0];
    out[0] = (uint64_t)t;
    t = (u128)a[0] * b[1] + (uint64_t)(t >> 64);
    out[1] = (uint64_t)t;
    out[2] = a[0] * b[2] + (uint64_t)(t >> 64);
    t = (u128)a[1] * b[0] + out[1];
    out[1] = (uint64_t)t;
    out[2] += a[1] * b[1] + (uint64_t)(t >> 64);
}

static inline void add(uint64_t out[3], const uint64_t a[3])
{
    u128 t = 0;
    for (unsigned i = 0; i < 3; i++) {
        t += (u128)out[i] + a[i];
        out[i] = (uint64_t)t;
        t >>= 64;
    }
}

static inline void subtract(uint64_t out[3], const uint64_t a[3])
{
    uint64_t borrow = 0;
    for (unsigned i = 0; i < 3; i++) {
        u128 t = (u128)out[i] - a[i] - borrow;
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
    uint64_t c1[2], c2[2], t[3];
    scaled(c1, k, round1);
    scaled(c2, k, round2);
    /* (k, 0) - c1·(A1, -B1) - c2·(A2, A1), modulo 2^192, which is room enough for the small difference */
    uint64_t i[3] = {k->w[0], k->w[1], k->w[2]}, j[3];
    product(t, c1, a1);
    subtract(i, t);
    product(t, c2, a2);
    subtract(i, t);
    product(j, c1, b1);
    product(t, c2, a1);
    subtract(j, t);
    /* (A1, -B1) is odd in both parts and (A2, A1) in the second alone: together they make both parts odd, at the cost of
     * at most 1.5 times their size. */
    if (!(i[0] & 1)) {
        subtract(i, a1);
        add(j, b1);
    }
    if (!(j[0] & 1)) {
        subtract(i, a2);
        subtract(j, a1);
    }
    to_windows(i, bits);
    to_windows(j, bits);
    memcpy(half[0], i, sizeof i);
    memcpy(half[1], j, sizeof j);
}
