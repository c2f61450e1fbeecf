/* SHA-256 of 32 messages abreast with AVX-512: two sets of 16. One set alone waits for its own results almost half of the
 * time. */
#include "crypto/sha256_kernels.h"
#include "crypto/sha256_vec_avx512.h"

#define SETS 2
#include "crypto/sha256_lanes.h"

#define MASK __mmask16

LANES_INLINE __mmask16 v_more(__m512i v, uint32_t limit)
{
    return _mm512_cmpgt_epu32_mask(v, v_splat(limit));
}

LANES_INLINE __m512i v_add_where(__mmask16 m, __m512i a, __m512i b)
{
    return _mm512_mask_add_epi32(a, m, a, b);
}

/* Rows to columns in both halves at once: vector i holds 8 words of message i, then 8 words of message i + 8; after it
 * vector j holds word j of messages 0..15. */
LANES_INLINE void v_transpose(__m512i r[8])
{
    const __m512i even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    __m512i pairs[8], fours[8]; /* fours[j]: words j and j + 4 of messages 0..3; fours[4 + j]: of messages 4..7 */
    for (unsigned i = 0; i < 8; i += 4) {
        pairs[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
        pairs[i + 2] = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]);
        pairs[i + 3] = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);
        fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
        fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
        fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (unsigned j = 0; j < 4; j++) {
        r[j] = _mm512_permutex2var_epi64(fours[j], even, fours[4 + j]);
        r[j + 4] = _mm512_permutex2var_epi64(fours[j], odd, fours[4 + j]);
    }
}

LANES_INLINE void v_load(__m512i r[8], const uint8_t *const *p, size_t at)
{
    for (unsigned i = 0; i < 8; i++) {
        __m256i low = _mm256_loadu_si256((const void *)(p[i] + at));
        r[i] = _mm512_inserti64x4(_mm512_castsi256_si512(low), _mm256_loadu_si256((const void *)(p[i + 8] + at)), 1);
    }
}

LANES_INLINE void v_store(uint8_t *const *p, const __m512i r[8])
{
    for (unsigned i = 0; i < 8; i++) {
        _mm256_storeu_si256((void *)p[i], _mm512_castsi512_si256(r[i]));
        _mm256_storeu_si256((void *)p[i + 8], _mm512_extracti64x4_epi64(r[i], 1));
    }
}

#include "crypto/sha256_wide.h"

/* The compiler's check covers the operating system's support of the registers too. */
static bool here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

const struct yc_sha256_kernel yc_sha256_kernel_avx512 = {
    .name = "avx512",
    .here = here,
    .lanes = WIDE_LANES,
    .step_ns = 240,
    .runs = wide_runs,
    .d64 = wide_d64,
    .d80 = wide_d80,
};
