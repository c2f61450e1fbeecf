/* SHA3-256, for the checksum in Tor's addresses. Any thread. Not made for speed.
 * Ours because libcrypto offers it only through contexts that it allocates, which a pure module must not do.
 * Source: FIPS 202. */
#ifndef YC_CRYPTO_SHA3_H
#define YC_CRYPTO_SHA3_H

#include "base/view.h"

/** The digest of the n bytes at p; p may be NULL when n is 0. */
void yc_sha3_256(uint8_t out32[32], const void *p, size_t n);

#endif
