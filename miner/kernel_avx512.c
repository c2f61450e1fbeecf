/* 32 nonces abreast with AVX-512, in two sets of 16. */
#include "crypto/sha256_vec_avx512.h"
#include "miner/kernel_tables.h"

#define SETS 2
#include "crypto/sha256_lanes.h"

static inline __m512i v_count(void)
{
    return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
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
