/* Sixteen nonces abreast with AVX-512, which also rotates and combines three words in one instruction each. */
#include "miner/kernel_tables.h"

#include <immintrin.h>

#define VEC   __m512i
#define LANES 16u

static inline __m512i v_splat(uint32_t u)
{
    return _mm512_set1_epi32((int)u);
}
static inline __m512i v_count(void)
{
    return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
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
static inline uint32_t v_at_most(__m512i v, uint32_t limit)
{
    return _mm512_cmple_epu32_mask(v, v_splat(limit));
}

#include "miner/kernel_lanes.h"

/* The compiler's check covers the operating system's support of the registers too. */
static bool here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

const struct yc_miner_kernel yc_miner_kernel_avx512 = {.name = "avx512", .here = here, .search = yc_lanes_search};
