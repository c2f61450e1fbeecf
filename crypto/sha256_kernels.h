/* The kernels of crypto/sha256.h and the constants that they share: for the files crypto/sha256*.c alone. */
#ifndef YC_CRYPTO_SHA256_KERNELS_H
#define YC_CRYPTO_SHA256_KERNELS_H

#include "crypto/sha256.h"

extern const uint32_t yc_sha256_start[8];
extern const uint32_t yc_sha256_k[64];
extern const uint32_t yc_sha256_k_pad64[64];

extern const struct yc_sha256_kernel yc_sha256_kernel_generic;
#ifdef YC_SHA256_X86
extern const struct yc_sha256_kernel yc_sha256_kernel_shani;
extern const struct yc_sha256_kernel yc_sha256_kernel_avx512;
#endif

#endif
