/* Bech32 (BIP 173) and Bech32m (BIP 350) text. Any thread. */
#ifndef YC_CRYPTO_BECH32_H
#define YC_CRYPTO_BECH32_H

#include "base/result.h"
#include "base/view.h"

enum yc_bech32 { YC_BECH32_NONE = 0, YC_BECH32, YC_BECH32M };

#define YC_BECH32_TEXT_MAX 90

/** Text of the n 5-bit values (each < 32) under the human-readable part hrp (1..83 printable characters, no capitals),
 *  with NUL, into out (cap bytes). False when it does not fit, when the text would be over YC_BECH32_TEXT_MAX
 *  characters, or when an argument is not as said here. */
bool yc_bech32_encode(char *out, size_t cap, enum yc_bech32 form, const char *hrp, const uint8_t *values,
                      size_t n) YC_MUST_USE;
/** Read text of at most YC_BECH32_TEXT_MAX characters: hrp (lower case, NUL; 84 bytes suffice), 5-bit values (84
 *  bytes suffice). YC_BECH32_NONE when the text is neither form (mixed case, bad character, bad checksum). */
enum yc_bech32 yc_bech32_decode(char hrp[84], uint8_t values[84], size_t *n, const char *text, size_t text_n);
/* The checksum's parts, for those who look for the wrong character: the remainder of a BCH code. */

/** The remainder after the human-readable part (its high bits, a zero, its low bits; capitals as lower case). */
uint32_t yc_bech32_remainder_hrp(struct yc_view hrp);
/** The remainder with one more value (< 32) behind it: times x modulo the generator, plus the value. */
uint32_t yc_bech32_remainder_add(uint32_t r, uint8_t value);
/** What text with a good checksum of this form leaves as the remainder. form is not YC_BECH32_NONE. */
uint32_t yc_bech32_remainder_good(enum yc_bech32 form);

/** A segwit address: version 0..16 and program of 2..40 bytes (20 or 32 for version 0), form by version, all of BIP
 *  350's rules. hrp is the chain's, in lower case; an address under another hrp is refused. */
bool yc_segwit_address_encode(char *out, size_t cap, const char *hrp, unsigned version,
                              struct yc_view program) YC_MUST_USE;
bool yc_segwit_address_decode(unsigned *version, uint8_t program[40], size_t *program_n, const char *hrp,
                              const char *text, size_t text_n) YC_MUST_USE;

#endif
