/* Base58 and Base58Check text: addresses and keys before segwit. Any thread. */
#ifndef YC_CRYPTO_BASE58_H
#define YC_CRYPTO_BASE58_H

#include "base/result.h"
#include "base/view.h"

/** The longest run of bytes that is read or written as Base58: both directions take time in its square. */
#define YC_BASE58_BYTES_MAX 256

/** Text of v without a checksum into out (cap bytes, NUL included). False when it does not
 *  fit, or when v is over YC_BASE58_BYTES_MAX bytes. */
bool yc_base58_encode(char *out, size_t cap, struct yc_view v) YC_MUST_USE;
/** Bytes of the text into out (cap bytes); *n is set to how many. False for a character that is not Base58 (white space
 *  too), or when there are more than cap or YC_BASE58_BYTES_MAX bytes; out and *n are then undefined. */
bool yc_base58_decode(uint8_t *out, size_t cap, size_t *n, const char *text, size_t text_n) YC_MUST_USE;
/** The same with four bytes of double SHA-256 behind the payload, which count towards YC_BASE58_BYTES_MAX but not
 *  towards cap of the decoder. False too for a wrong checksum. Payloads may be secret: no copy stays on the stack. */
bool yc_base58check_encode(char *out, size_t cap, struct yc_view payload) YC_MUST_USE;
bool yc_base58check_decode(uint8_t *out, size_t cap, size_t *n, const char *text, size_t text_n) YC_MUST_USE;

#endif
