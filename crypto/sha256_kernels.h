/* The kernels of crypto/sha256.h and what they share: for the files crypto/sha256*.c alone, and the constants for the
 * miner's kernels too. */
#ifndef YC_CRYPTO_SHA256_KERNELS_H
#define YC_CRYPTO_SHA256_KERNELS_H

#include "crypto/sha256.h"

extern const uint32_t yc_sha256_start[8]; /* FIPS 180-4, 5.3.3 */
extern const uint32_t yc_sha256_k[64];    /* and 4.2.2 */
/* The round constants plus the message schedule of the block that pads 64 bytes. */
extern const uint32_t yc_sha256_k_pad64[64];

extern const struct yc_sha256_kernel yc_sha256_kernel_generic;
#ifdef YC_SHA256_X86
extern const struct yc_sha256_kernel yc_sha256_kernel_shani;
extern const struct yc_sha256_kernel yc_sha256_kernel_avx2;
extern const struct yc_sha256_kernel yc_sha256_kernel_avx512;
#endif
#ifdef YC_SHA256_ARMV8
extern const struct yc_sha256_kernel yc_sha256_kernel_armv8;
#endif

/* Two kernels that work together: one for many messages at once, one for single messages, for long ones and for what
 * does not fill the first's lanes. They may be the same. */
struct yc_sha256_pair {
    const struct yc_sha256_kernel *wide, *narrow; /* narrow has `blocks` */
};

/** Write the blocks that end a message of so many bytes, whose last bytes % 64 are at last. Returns how many: 1 or 2. */
size_t yc_sha256_pad(uint8_t out128[128], const uint8_t *last, uint64_t bytes);
/** The digest that a state stands for. */
void yc_sha256_put_digest(uint8_t out32[32], const uint32_t state[8]);

/* The functions of sha256.h with a pair of the caller's choice. */
void yc_sha256_update_with(const struct yc_sha256_pair *pair, struct yc_sha256 *h, const void *p, size_t n);
void yc_sha256_final_with(const struct yc_sha256_pair *pair, struct yc_sha256 *h, uint8_t out32[32]);
void yc_sha256d_jobs_with(const struct yc_sha256_pair *pair, struct yc_sha256_job *jobs, size_t count);
void yc_sha256d_64_with(const struct yc_sha256_pair *pair, uint8_t (*out)[32], const uint8_t *in, size_t count);
void yc_sha256d_80_with(const struct yc_sha256_pair *pair, uint8_t (*out)[32], const uint8_t *in, size_t stride,
                        size_t count);

/** Does the pair give known answers? */
bool yc_sha256_passes(const struct yc_sha256_pair *pair) YC_MUST_USE;

#endif
