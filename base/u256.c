#include "base/u256.h"

#include "base/assert.h"
#include "base/bytes.h"

__extension__ typedef unsigned __int128 u128;

struct yc_u256 yc_u256_from(uint64_t v)
{
    return (struct yc_u256){{v, 0, 0, 0}};
}

struct yc_u256 yc_u256_from_le(const uint8_t bytes32[32])
{
    struct yc_u256 a;
    for (unsigned i = 0; i < 4; i++)
        a.w[i] = yc_get64le(bytes32 + 8 * i);
    return a;
}

struct yc_u256 yc_u256_from_be(const uint8_t bytes32[32])
{
    struct yc_u256 a;
    for (unsigned i = 0; i < 4; i++)
        a.w[3 - i] = yc_get64be(bytes32 + 8 * i);
    return a;
}

void yc_u256_to_le(uint8_t out32[32], struct yc_u256 a)
{
    for (unsigned i = 0; i < 4; i++)
        yc_put64le(out32 + 8 * i, a.w[i]);
}

void yc_u256_to_be(uint8_t out32[32], struct yc_u256 a)
{
    for (unsigned i = 0; i < 4; i++)
        yc_put64be(out32 + 8 * i, a.w[3 - i]);
}

bool yc_u256_is_zero(struct yc_u256 a)
{
    return (a.w[0] | a.w[1] | a.w[2] | a.w[3]) == 0;
}

int yc_u256_compare(struct yc_u256 a, struct yc_u256 b)
{
    for (unsigned i = 4; i-- > 0;) {
        if (a.w[i] != b.w[i])
            return a.w[i] < b.w[i] ? -1 : 1;
    }
    return 0;
}

unsigned yc_u256_bits(struct yc_u256 a)
{
    for (unsigned i = 4; i-- > 0;) {
        if (a.w[i])
            return 64 * i + 64 - (unsigned)__builtin_clzll(a.w[i]);
    }
    return 0;
}

struct yc_u256 yc_u256_not(struct yc_u256 a)
{
    for (unsigned i = 0; i < 4; i++)
        a.w[i] = ~a.w[i];
    return a;
}

struct yc_u256 yc_u256_add(struct yc_u256 a, struct yc_u256 b)
{
    u128 carry = 0;
    for (unsigned i = 0; i < 4; i++) {
        carry += (u128)a.w[i] + b.w[i];
        a.w[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return a;
}

struct yc_u256 yc_u256_sub(struct yc_u256 a, struct yc_u256 b)
{
    return yc_u256_add(a, yc_u256_add(yc_u256_not(b), yc_u256_from(1)));
}

struct yc_u256 yc_u256_shl(struct yc_u256 a, unsigned n)
{
    struct yc_u256 r = YC_U256_ZERO;
    if (n >= 256)
        return r;
    unsigned words = n / 64, bits = n % 64;
    for (unsigned i = words; i < 4; i++) {
        r.w[i] = a.w[i - words] << bits;
        if (bits && i > words)
            r.w[i] |= a.w[i - words - 1] >> (64 - bits);
    }
    return r;
}

struct yc_u256 yc_u256_shr(struct yc_u256 a, unsigned n)
{
    struct yc_u256 r = YC_U256_ZERO;
    if (n >= 256)
        return r;
    unsigned words = n / 64, bits = n % 64;
    for (unsigned i = 0; i + words < 4; i++) {
        r.w[i] = a.w[i + words] >> bits;
        if (bits && i + words + 1 < 4)
            r.w[i] |= a.w[i + words + 1] << (64 - bits);
    }
    return r;
}

struct yc_u256 yc_u256_mul64(struct yc_u256 a, uint64_t b)
{
    u128 carry = 0;
    for (unsigned i = 0; i < 4; i++) {
        carry += (u128)a.w[i] * b;
        a.w[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return a;
}

/* Schoolbook division, one bit a round: targets and work are divided once a block, never in a loop. */
struct yc_u256 yc_u256_div(struct yc_u256 a, struct yc_u256 b)
{
    YC_ASSERT(!yc_u256_is_zero(b));
    struct yc_u256 quotient = YC_U256_ZERO;
    unsigned bits_a = yc_u256_bits(a), bits_b = yc_u256_bits(b);
    if (bits_b > bits_a)
        return quotient;
    unsigned shift = bits_a - bits_b;
    b = yc_u256_shl(b, shift);
    for (unsigned i = shift + 1; i-- > 0;) {
        if (yc_u256_compare(a, b) >= 0) {
            a = yc_u256_sub(a, b);
            quotient.w[i / 64] |= UINT64_C(1) << (i % 64);
        }
        b = yc_u256_shr(b, 1);
    }
    return quotient;
}

double yc_u256_to_double(struct yc_u256 a)
{
    double r = 0;
    for (unsigned i = 4; i-- > 0;)
        r = r * 18446744073709551616.0 + (double)a.w[i];
    return r;
}

double yc_u256_log2(struct yc_u256 a)
{
    unsigned bits = yc_u256_bits(a);
    if (bits == 0)
        return 0;
    /* x = m * 2^(bits-1) with 1 <= m < 2; the logarithm of m by squaring, one binary digit a round. */
    double m = yc_u256_to_double(bits > 53 ? yc_u256_shr(a, bits - 53) : a);
    for (unsigned i = 1; i < (bits > 53 ? 53 : bits); i++)
        m /= 2;
    double result = (double)(bits - 1), digit = 0.5;
    for (unsigned i = 0; i < 50; i++, digit /= 2) {
        m *= m;
        if (m >= 2) {
            m /= 2;
            result += digit;
        }
    }
    return result;
}
