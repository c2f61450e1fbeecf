#include "crypto/sigbatch/lanes.h"

#ifdef YC_SIGBATCH_AVX_IFMA
#include <cpuid.h>
#endif

/* The processor's instructions, and that the operating system keeps its long registers: the compilers' runtime looks at
 * both. One group takes the lanes as long however few are in it: 36 us with AVX-512, where libsecp256k1 needs 30 for one. */

#ifdef YC_SIGBATCH_X86
static bool has_avx512_ifma(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("bmi2");
}
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#endif

#ifdef YC_SIGBATCH_AVX_IFMA
/* Not every compiler that has the instructions has their name. Source: Intel, "Architecture Instruction Set Extensions". */
static bool has_avx_ifma(void)
{
    unsigned a, b, c, d;
    return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 23 & 1;
}
#endif

const struct yc_back_end *yc_back_ends(size_t *count)
{
    static const struct yc_back_end back_ends[] = {
#ifdef YC_SIGBATCH_X86
        {"avx512-ifma", has_avx512_ifma, yc_lanes_avx512, 2},
#ifdef YC_SIGBATCH_AVX_IFMA
        {"avx-ifma", has_avx_ifma, yc_lanes_avx_ifma, 3},
#endif
        {"avx2", has_avx2, yc_lanes_avx2, 4},
#endif
        {0}, /* so that there is one */
    };
    *count = sizeof back_ends / sizeof back_ends[0] - 1;
    return back_ends;
}
