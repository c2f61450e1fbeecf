/* A hash of a set that can be kept as the set changes: elements are added and removed in any order, at a cost that does not
 * depend on the set. Each element becomes a number below 2^3072 - 1103717, a prime; the set's hash is their product.
 * As Bitcoin Core's MuHash3072: an element is 384 bytes of ChaCha20 under the SHA-256 of its bytes. One thread at a time.
 *
 * Attack it answers: a sum or an exclusive-or of short hashes would let somebody find a set with the same hash. */
#ifndef YC_CRYPTO_MUHASH_H
#define YC_CRYPTO_MUHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YC_MUHASH_LIMBS 48
#define YC_MUHASH_BYTES 384

struct yc_muhash {
    uint64_t added[YC_MUHASH_LIMBS], removed[YC_MUHASH_LIMBS]; /* products, lowest limb first */
    bool any_removed;
};

/** The empty set. */
void yc_muhash_init(struct yc_muhash *h);
/** key32  SHA-256 of the element's bytes. Removing what was never added is allowed: adding it later makes up for it. */
void yc_muhash_add(struct yc_muhash *h, const uint8_t key32[32]);
void yc_muhash_remove(struct yc_muhash *h, const uint8_t key32[32]);
/** Take off as one number what was removed. Slow (milliseconds) when anything was. */
void yc_muhash_settle(struct yc_muhash *h);
/** The same for count states at once, for about the price of one (P. Montgomery: one inverse is enough for all).
 *  scratch  count numbers */
void yc_muhash_settle_all(struct yc_muhash *const *h, uint64_t (*scratch)[YC_MUHASH_LIMBS], size_t count);
/** The hash; settles first. */
void yc_muhash_digest(struct yc_muhash *h, uint8_t out32[32]);
/** A settled state as bytes, and back; any bytes are one. */
void yc_muhash_write(const struct yc_muhash *h, uint8_t out384[YC_MUHASH_BYTES]);
void yc_muhash_read(struct yc_muhash *h, const uint8_t bytes384[YC_MUHASH_BYTES]);

#endif
