/* libsecp256k1's signing side: public keys from secrets, and signatures. The only file that computes with secrets.
 *
 * Attacks it answers (catalogue W02 to W05): nonces are RFC 6979's or BIP 340's, never drawn; the context is blinded
 * with fresh randomness; every signature is verified before it leaves, so that a fault cannot leak a key. */
#ifndef YC_KEYS_SIGNER_H
#define YC_KEYS_SIGNER_H

#include "base/random.h"
#include "base/result.h"
#include "base/view.h"

#define YC_ECDSA_DER_MAX 72

struct yc_signer; /* opaque; any thread may use it at once, but yc_signer_blind() alone */

/** A context, blinded with 32 bytes of random. YC_SYSTEM (MEMORY, or CORRUPT when libsecp256k1 fails its self-test).
 *  The caller frees *out. */
enum yc_verdict yc_signer_new(struct yc_signer **out, const struct yc_random *random, struct yc_error *err) YC_MUST_USE;
void yc_signer_free(struct yc_signer *s);
/** Blind anew: worth doing now and then in a process that signs for long. False when libsecp256k1 refuses. */
bool yc_signer_blind(struct yc_signer *s, const struct yc_random *random) YC_MUST_USE;

/** Is it a secret key: 1 .. order-1? */
bool yc_seckey_valid(const struct yc_signer *s, const uint8_t secret32[32]) YC_MUST_USE;
/** A new secret key from the random source. */
void yc_seckey_generate(uint8_t secret32[32], const struct yc_signer *s, const struct yc_random *random);
/** The public key, compressed. False when the secret is out of range. */
bool yc_seckey_pubkey(uint8_t out33[33], const struct yc_signer *s, const uint8_t secret32[32]) YC_MUST_USE;
/** The same uncompressed. */
bool yc_seckey_pubkey_long(uint8_t out65[65], const struct yc_signer *s, const uint8_t secret32[32]) YC_MUST_USE;
/** secret += tweak modulo the order; false when a value is out of range or the sum is zero. */
bool yc_seckey_tweak_add(uint8_t secret32[32], const struct yc_signer *s, const uint8_t tweak32[32]) YC_MUST_USE;
/** pubkey += tweak·G (compressed); false when out of range, not a point, or infinity. */
bool yc_pubkey_tweak_add(uint8_t pubkey33[33], const struct yc_signer *s, const uint8_t tweak32[32]) YC_MUST_USE;

/** The taproot output key of an internal key and, for a script tree, its root (NULL: no tree), from BIP 341's TapTweak.
 *  False when internal is no point. */
bool yc_taproot_output_key(uint8_t out32[32], const uint8_t internal32[32], const uint8_t *root32) YC_MUST_USE;
/** The secret that signs for that output key. */
bool yc_taproot_output_secret(uint8_t out32[32], const struct yc_signer *s, const uint8_t secret32[32],
                              const uint8_t *root32) YC_MUST_USE;

/** ECDSA over a digest: RFC 6979, low S, and R below 2^255 (as Bitcoin Core grinds it, so 70 or 71 bytes and no
 *  fingerprint), verified. DER bytes into out, *n of them, without a hash type.
 *  YC_INVALID for a secret out of range; YC_SYSTEM (CORRUPT) when the signature does not verify: nothing is written. */
enum yc_verdict yc_ecdsa_sign(uint8_t out[YC_ECDSA_DER_MAX], size_t *n, const struct yc_signer *s,
                              const uint8_t secret32[32], const uint8_t msg32[32], struct yc_error *err) YC_MUST_USE;

/** BIP 340 over a digest with 32 bytes of auxiliary randomness, verified. Returns as yc_ecdsa_sign(). */
enum yc_verdict yc_schnorr_sign(uint8_t out64[64], const struct yc_signer *s, const uint8_t secret32[32],
                                const uint8_t msg32[32], const uint8_t aux32[32], struct yc_error *err) YC_MUST_USE;

#endif
