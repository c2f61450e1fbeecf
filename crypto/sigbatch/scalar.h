/* Numbers modulo the order n of secp256k1, and how they are cut into digits for the lanes: for crypto/sigbatch/ and its
 * tests alone. Times depend on the values: no secret comes here. */
#ifndef YC_CRYPTO_SIGBATCH_SCALAR_H
#define YC_CRYPTO_SIGBATCH_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Less than n unless said otherwise; w[0] is the least significant. */
struct yc_scalar {
    uint64_t w[4];
};

/** From 32 bytes, most significant first; false when they are n or more (then *out holds them as they are). */
bool yc_scalar_from_bytes(struct yc_scalar *out, const uint8_t bytes32[32]);
/** From 32 bytes, modulo n. */
struct yc_scalar yc_scalar_reduce_bytes(const uint8_t bytes32[32]);
bool yc_scalar_is_zero(const struct yc_scalar *a);
/** a·b, -a modulo n. */
struct yc_scalar yc_scalar_mul(const struct yc_scalar *a, const struct yc_scalar *b);
struct yc_scalar yc_scalar_negate(const struct yc_scalar *a);
/** Replace each of the count numbers, none of them zero, by its inverse. room: as many again. */
void yc_scalar_invert_all(struct yc_scalar *a, struct yc_scalar *room, size_t count);

/** Split k into odd halves of less than 2^129 in size: k = half[0] + λ·half[1] modulo n. Each is written as
 *  (half + 2^bits - 1) / 2, three words, least significant first; bits is 130..191. */
void yc_scalar_split(uint64_t half[2][3], const struct yc_scalar *k, unsigned bits);

#endif
