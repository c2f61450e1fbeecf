/* The field of the lane engine in AVX2; passed over on a machine without. */
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
    if (!__builtin_cpu_supports("avx2"))
        return SKIPPED;
    return run_field_checks();
}
