/* The kernel of any machine: plain C, one nonce at a time. */
#include "miner/kernel_tables.h"

#define VEC       uint32_t
#define VEC_LANES 1u

static inline uint32_t v_splat(uint32_t u)
{
    return u;
}
static inline uint32_t v_add(uint32_t a, uint32_t b)
{
    return a + b;
}
static inline uint32_t v_xor3(uint32_t a, uint32_t b, uint32_t c)
{
    return a ^ b ^ c;
}
static inline uint32_t v_ch(uint32_t e, uint32_t f, uint32_t g)
{
    return g ^ (e & (f ^ g));
}
static inline uint32_t v_maj(uint32_t a, uint32_t b, uint32_t c)
{
    return (a & b) | (c & (a | b));
}
static inline uint32_t v_ror(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}
static inline uint32_t v_shr(uint32_t v, unsigned n)
{
    return v >> n;
}
static inline uint32_t v_swap(uint32_t v)
{
    return yc_swap32(v);
}

#define SETS 1
#include "crypto/sha256_lanes.h"

static inline uint32_t v_count(void)
{
    return 0;
}
static inline uint32_t v_at_most(uint32_t v, uint32_t limit)
{
    return v <= limit;
}

#include "miner/kernel_lanes.h"

static bool here(void)
{
    return true;
}

const struct yc_miner_kernel yc_miner_kernel_generic = {.name = "generic", .here = here, .search = yc_lanes_search};
