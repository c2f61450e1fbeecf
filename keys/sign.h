/* Signing a transaction's inputs: P2PKH, P2WPKH, P2SH-P2WPKH and P2TR by key path. Any thread.
 *
 * Attack it answers (catalogue W25): for version 0 the digest commits to one amount only; whoever calls must know the
 * spent outputs for sure, and give all of them. */
#ifndef YC_KEYS_SIGN_H
#define YC_KEYS_SIGN_H

#include "base/random.h"
#include "consensus/script/sighash.h"
#include "keys/signer.h"

/* What unlocks an input, to be put into the transaction by the caller. Views point into `bytes`. */
struct yc_input_signature {
    uint8_t bytes[224];
    struct yc_view script_sig;
    struct yc_view witness[2];
    uint32_t witness_count;
};

/** Sign one input with one key.
 *  spend      the transaction and all outputs that it spends (yc_spend_init_to_sign); what unlocks inputs already does
 *             not matter
 *  secret32   the key behind the spent script (for P2PKH either form of its public key); for P2TR the internal key,
 *             whose output has no script tree
 *  hash_type  YC_SIGHASH_*; 0 means ALL for ECDSA and DEFAULT for taproot
 *  Returns YC_VALID; YC_INVALID with a sentence: a script of another kind, or a key that does not belong to it;
 *  YC_SYSTEM (CORRUPT) when a signature does not verify. */
enum yc_verdict yc_sign_input(struct yc_input_signature *out, const struct yc_spend *spend, uint32_t input,
                              const uint8_t secret32[32], uint8_t hash_type, const struct yc_signer *signer,
                              const struct yc_random *random, struct yc_error *err) YC_MUST_USE;

#endif
