/* Vectors of 8 words for crypto/sha256_lanes.h: AVX2. */
#ifndef YC_CRYPTO_SHA256_VEC_AVX2_H
#define YC_CRYPTO_SHA256_VEC_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define VEC       __m256i
#define VEC_LANES 8u

static inline __m256i v_splat(uint32_t u)
{
    return _mm256_set1_epi32((int)u);
}
static inline __m256i v_add(__m256i a, __m256i b)
{
    return _mm256_add_epi32(a, b);
}
static inline __m256i v_xor3(__m256i a, __m256i b, __m256i c)
{
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}
static inline __m256i v_ch(__m256i e, __m256i f, __m256i g)
{
    return _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g)));
}
static inline __m256i v_maj(__m256i a, __m256i b, __m256i c)
{
    return _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)));
}
static inline __attribute__((always_inline)) __m256i v_ror(__m256i v, int n)
{
    return _mm256_or_si256(_mm256_srli_epi32(v, n), _mm256_slli_epi32(v, 32 - n));
}
static inline __attribute__((always_inline)) __m256i v_shr(__m256i v, int n)
{
    return _mm256_srli_epi32(v, n);
}
static inline __m256i v_swap(__m256i v)
{
    const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(order));
}

#endif
