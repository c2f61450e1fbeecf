/* Eight nonces abreast with AVX2. */
#include "crypto/sha256_vec_avx2.h"
#include "miner/kernel_tables.h"

#define SETS 1 /* the registers are too few for two */
#include "crypto/sha256_lanes.h"

static inline __m256i v_count(void)
{
    return _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
}
static inline uint32_t v_at_most(__m256i v, uint32_t limit)
{
    __m256i least = _mm256_min_epu32(v, v_splat(limit)); /* AVX2 compares signed numbers only */
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(least, v)));
}

#include "miner/kernel_lanes.h"

/* The compiler's check covers the operating system's support of the registers too. */
static bool here(void)
{
    return __builtin_cpu_supports("avx2");
}

const struct yc_miner_kernel yc_miner_kernel_avx2 = {.name = "avx2", .here = here, .search = yc_lanes_search};
