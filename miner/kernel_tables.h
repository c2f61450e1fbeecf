/* What the kernels share: for the files miner/kernel*.c alone. */
#ifndef YC_MINER_KERNEL_TABLES_H
#define YC_MINER_KERNEL_TABLES_H

#include "crypto/sha256_kernels.h"
#include "miner/kernel.h"

extern const struct yc_miner_kernel yc_miner_kernel_generic;
#ifdef YC_MINER_X86
extern const struct yc_miner_kernel yc_miner_kernel_shani;
extern const struct yc_miner_kernel yc_miner_kernel_avx2;
extern const struct yc_miner_kernel yc_miner_kernel_avx512;
#endif

/* Bytes of a word in the other order: a nonce is little-endian in a header, and a hash is a little-endian number, while
 * SHA-256 counts words big-endian. */
static inline uint32_t yc_swap32(uint32_t v)
{
    return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
}

#endif
