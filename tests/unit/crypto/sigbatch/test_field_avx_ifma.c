/* The field of the lane engine in AVX-IFMA, in AVX-512's encoding of the same instructions, which more machines have; passed over
 * on a machine without. */
#define LANE_AVX_IFMA
#include "crypto/sigbatch/lane_avx2.h"

static inline uint64_t lane_value(LANE a, unsigned lane)
{
    _Alignas(32) uint64_t v[LANES];
    _mm256_store_si256((void *)v, a);
    return v[lane];
}

static inline LANE lane_from(const uint64_t v[LANES])
{
    return _mm256_loadu_si256((const void *)v);
}

#include "unit/crypto/sigbatch/field_checks.h"

#define SKIPPED 77

int main(void)
{
    if (!__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512ifma"))
        return SKIPPED;
    return run_field_checks();
}
