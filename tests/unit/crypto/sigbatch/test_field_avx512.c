/* The field of the lane engine in AVX-512 IFMA; passed over on a machine without. */
#include "crypto/sigbatch/lane_avx512.h"

static inline uint64_t lane_value(LANE a, unsigned lane)
{
    _Alignas(64) uint64_t v[LANES];
    _mm512_store_si512(v, a);
    return v[lane];
}

static inline LANE lane_from(const uint64_t v[LANES])
{
    return _mm512_loadu_si512(v);
}

#include "unit/crypto/sigbatch/field_checks.h"

#define SKIPPED 77

int main(void)
{
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512ifma") || !__builtin_cpu_supports("bmi2"))
        return SKIPPED;
    return run_field_checks();
}
