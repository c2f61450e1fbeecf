/* Vectors of 16 words for crypto/sha256_lanes.h: AVX-512 (F and BW), which also rotates and combines three words in one
 * instruction each. */
#ifndef YC_CRYPTO_SHA256_VEC_AVX512_H
#define YC_CRYPTO_SHA256_VEC_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define VEC       __m512i
#define VEC_LANES 16u

static inline __m512i v_splat(uint32_t u)
{
    return _mm512_set1_epi32((int)u);
}
static inline __m512i v_add(__m512i a, __m512i b)
{
    return _mm512_add_epi32(a, b);
}
static inline __m512i v_xor3(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}
static inline __m512i v_ch(__m512i e, __m512i f, __m512i g)
{
    return _mm512_ternarylogic_epi32(e, f, g, 0xca);
}
static inline __m512i v_maj(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0xe8);
}
#define v_ror(v, n) _mm512_ror_epi32(v, n)
#define v_shr(v, n) _mm512_srli_epi32(v, n)
static inline __m512i v_swap(__m512i v)
{
    const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return _mm512_shuffle_epi8(v, _mm512_broadcast_i32x4(order));
}

#endif
