/* Recovery phrases (BIP 39, English): 12 to 24 words that carry the entropy of a wallet and a checksum. Any thread; no
 * memory is taken, but what is passed in is secret: keep it in struct yc_secret. */
#ifndef YC_KEYS_MNEMONIC_H
#define YC_KEYS_MNEMONIC_H

#include "base/random.h"
#include "base/result.h"
#include "base/view.h"

#define YC_MNEMONIC_WORDS          2048
#define YC_MNEMONIC_TEXT_MAX       216 /* 24 words of at most 8 letters, spaces, NUL */
#define YC_MNEMONIC_ENTROPY_MAX    32
#define YC_MNEMONIC_SEED_BYTES     64
#define YC_MNEMONIC_PASSPHRASE_MAX 1024

/** The list: word 0..2047, in alphabetical order; the first four letters tell any two apart. Static. */
const char *yc_mnemonic_word(unsigned index);

/** A new phrase of `words` words (12, 15, 18, 21 or 24), from the random source alone (catalogue W01).
 *  Returns YC_VALID, or YC_INVALID for another number of words. */
enum yc_verdict yc_mnemonic_generate(char out[YC_MNEMONIC_TEXT_MAX], unsigned words, const struct yc_random *random,
                                     struct yc_error *err) YC_MUST_USE;

/** The phrase of n bytes of entropy: 16, 20, 24, 28 or 32. */
enum yc_verdict yc_mnemonic_of_entropy(char out[YC_MNEMONIC_TEXT_MAX], const uint8_t *entropy, size_t n,
                                       struct yc_error *err) YC_MUST_USE;

/** Check a phrase as a person types it (any case, any white space) and write it in its normal form to out.
 *  Returns YC_VALID; YC_INVALID with a sentence: a word that is not in the list, by its place and with the words
 *  nearest to it; a wrong number of words; or a wrong checksum. The sentence may quote that one mistyped word, never
 *  the others. */
enum yc_verdict yc_mnemonic_check(char out[YC_MNEMONIC_TEXT_MAX], struct yc_view text,
                                  struct yc_error *err) YC_MUST_USE;

/** The entropy of a phrase in its normal form, as checked above: returns its bytes (16..32), 0 when it is not valid. */
size_t yc_mnemonic_entropy(uint8_t out32[YC_MNEMONIC_ENTROPY_MAX], const char *phrase);

/** The seed for yc_hdkey_master(): PBKDF2-HMAC-SHA512 of the phrase in its normal form, salt "mnemonic" and passphrase,
 *  2048 rounds. The passphrase is taken as it is, at most YC_MNEMONIC_PASSPHRASE_MAX bytes: its UTF-8 must already be
 *  in NFKD, which ASCII always is. */
void yc_mnemonic_seed(uint8_t out64[YC_MNEMONIC_SEED_BYTES], const char *phrase, struct yc_view passphrase);

#endif
