/* SHA-256 of 8 messages abreast with AVX2, for machines without the SHA extensions, which do better. */
#include "crypto/sha256_kernels.h"
#include "crypto/sha256_vec_avx2.h"

#define SETS 1 /* the registers are too few for two */
#include "crypto/sha256_lanes.h"

#define MASK __m256i

LANES_INLINE __m256i v_more(__m256i v, uint32_t limit)
{
    return _mm256_cmpgt_epi32(v, v_splat(limit)); /* AVX2 compares signed numbers only: both are below 2^31 */
}

LANES_INLINE __m256i v_add_where(__m256i m, __m256i a, __m256i b)
{
    return _mm256_add_epi32(a, _mm256_and_si256(m, b));
}

LANES_INLINE void v_transpose(__m256i r[8])
{
    __m256i pairs[8], fours[8]; /* fours[j]: words j and j + 4 of messages 0..3; fours[4 + j]: of messages 4..7 */
    for (unsigned i = 0; i < 8; i += 4) {
        pairs[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
        pairs[i + 2] = _mm256_unpacklo_epi32(r[i + 2], r[i + 3]);
        pairs[i + 3] = _mm256_unpackhi_epi32(r[i + 2], r[i + 3]);
        fours[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
        fours[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
        fours[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        fours[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (unsigned j = 0; j < 4; j++) {
        r[j] = _mm256_permute2x128_si256(fours[j], fours[4 + j], 0x20);
        r[j + 4] = _mm256_permute2x128_si256(fours[j], fours[4 + j], 0x31);
    }
}

LANES_INLINE void v_load(__m256i r[8], const uint8_t *const *p, size_t at)
{
    for (unsigned i = 0; i < 8; i++)
        r[i] = _mm256_loadu_si256((const void *)(p[i] + at));
}

LANES_INLINE void v_store(uint8_t *const *p, const __m256i r[8])
{
    for (unsigned i = 0; i < 8; i++)
        _mm256_storeu_si256((void *)p[i], r[i]);
}

#include "crypto/sha256_wide.h"

/* The compiler's check covers the operating system's support of the registers too. */
static bool here(void)
{
    return __builtin_cpu_supports("avx2");
}

const struct yc_sha256_kernel yc_sha256_kernel_avx2 = {
    .name = "avx2",
    .here = here,
    .lanes = WIDE_LANES,
    .step_ns = 380,
    .runs = wide_runs,
    .d64 = wide_d64,
    .d80 = wide_d80,
};
