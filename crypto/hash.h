/* The other hashes that Bitcoin's formats use. Any thread.
 * Source: FIPS 180-4 (SHA-1, SHA-512), ISO/IEC 10118-3 (RIPEMD-160), RFC 2104 (HMAC), RFC 8018 (PBKDF2).
 * The compression functions are libcrypto's; nothing here allocates. */
#ifndef YC_CRYPTO_HASH_H
#define YC_CRYPTO_HASH_H

#include "base/view.h"

/* Digests of the n bytes at p (p may be NULL when n is 0). */
void yc_ripemd160(uint8_t out20[20], const void *p, size_t n);
void yc_sha1(uint8_t out20[20], const void *p, size_t n);
void yc_sha512(uint8_t out64[64], const void *p, size_t n);
/** RIPEMD-160 of SHA-256: key and script hashes. */
void yc_hash160(uint8_t out20[20], const void *p, size_t n);
/** HMAC with a key of any length. */
void yc_hmac_sha256(uint8_t out32[32], struct yc_view key, struct yc_view message);
void yc_hmac_sha512(uint8_t out64[64], struct yc_view key, struct yc_view message);
/** PBKDF2 with HMAC-SHA-512: n bytes of out (any number of them) from a password and a salt; rounds >= 1. */
void yc_pbkdf2_hmac_sha512(uint8_t *out, size_t n, struct yc_view password, struct yc_view salt, uint32_t rounds);

/** True when the n bytes are equal, in time that does not depend on where they differ. */
bool yc_equal_constant_time(const void *a, const void *b, size_t n);
/** Overwrite secrets; never removed by the compiler. */
void yc_wipe(void *p, size_t n);

#endif
