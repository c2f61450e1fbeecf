/* Signature checks on secp256k1, by libsecp256k1 with its static context. Any thread.
 *
 * Keys are made and messages signed in keys/sign.h only: nothing here sees a secret.
 * Source: BIP 66 (strict DER is checked by the interpreter before it calls here), BIP 340, BIP 341. */
#ifndef YC_CRYPTO_SECP_H
#define YC_CRYPTO_SECP_H

#include "base/result.h"
#include "base/view.h"

/** Run once at start: libsecp256k1's own self-test (which ends the process when it fails) and a known signature of each
 *  kind. YC_SYSTEM (CORRUPT) when an answer is wrong: then this machine must not judge blocks. */
enum yc_verdict yc_secp_self_test(struct yc_error *err) YC_MUST_USE;

/** Is (pubkey, sig) a valid ECDSA signature of the 32-byte digest?
 *  pubkey  33 or 65 bytes (compressed, uncompressed or hybrid); anything else is false
 *  sig     DER without the hash type byte, parsed as laxly as Bitcoin's consensus always did (a script that demands
 *          strict DER has been checked before): long lengths, padding, negative numbers and bytes after the end are
 *          passed over; R or S out of range make it false. S is brought to the lower half first. */
bool yc_secp_ecdsa_verify(struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32]) YC_MUST_USE;

/** R and S of an ECDSA signature, 32 bytes each, most significant first, read exactly as yc_secp_ecdsa_verify() reads
 *  them; not compared with the order. False when it cannot be read or one of them has more than 32 bytes. */
bool yc_secp_sig_read(uint8_t rs64[64], struct yc_view sig) YC_MUST_USE;

/** BIP 340 over a message of any length; consensus signs 32 bytes alone. */
bool yc_secp_schnorr_verify_message(const uint8_t xonly32[32], const uint8_t sig64[64],
                                    struct yc_view message) YC_MUST_USE;
/** The same over 32 bytes. */
bool yc_secp_schnorr_verify(const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32]) YC_MUST_USE;

/** Is the S of this signature (as above) in the lower half? False too when it cannot be parsed. */
bool yc_secp_sig_is_low_s(struct yc_view sig) YC_MUST_USE;

/** Does the output key equal internal + tweak·G, with the given parity of Y (0 or 1)? (BIP 341) */
bool yc_secp_taproot_tweak_check(const uint8_t output32[32], unsigned parity, const uint8_t internal32[32],
                                 const uint8_t tweak32[32]) YC_MUST_USE;

/** output = internal + tweak·G; false when internal is no point or the tweak is out of range. */
bool yc_secp_taproot_tweak(uint8_t output32[32], unsigned *parity, const uint8_t internal32[32],
                           const uint8_t tweak32[32]) YC_MUST_USE;

/** Is it the X coordinate of a point? */
bool yc_secp_xonly_valid(const uint8_t xonly32[32]) YC_MUST_USE;
/** Is it a valid public key of 33 or 65 bytes? */
bool yc_secp_pubkey_valid(struct yc_view pubkey) YC_MUST_USE;
/** X and Y of the key that is given by X and the parity of Y (02… or 03…); false when that is no point. */
bool yc_secp_pubkey_expand(uint8_t xy64[64], const uint8_t key33[33]) YC_MUST_USE;

#endif
