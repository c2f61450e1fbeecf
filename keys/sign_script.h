/* Signing an input with whatever keys are at hand, by any of the standard scripts: bare keys, key hashes and multisig, alone
 * or inside P2SH, P2WSH or both. keys/sign.h signs with the one key that is known to fit. Any thread. */
#ifndef YC_KEYS_SIGN_SCRIPT_H
#define YC_KEYS_SIGN_SCRIPT_H

#include "base/arena.h"
#include "keys/sign.h"
#include "keys/wif.h"

struct yc_signing {
    const struct yc_wif *key; /* secrets: the caller wipes them */
    size_t key_count;
    struct yc_view redeem, witness; /* scripts behind hashes; empty: not known */
    uint8_t hash_type;              /* YC_SIGHASH_*; 0: ALL for ECDSA, DEFAULT for taproot */
    const struct yc_signer *signer;
    const struct yc_random *random;
    struct yc_arena *arena; /* gets what unlocks the input */
};

/* What unlocks an input; views into the arena. */
struct yc_unlocking {
    struct yc_view script_sig;
    const struct yc_view *witness;
    uint32_t witness_count;
};

/** Sign one input with those of the keys that fit. Of a multisig script as many signatures are made as there are keys
 *  for, so the result may not be enough yet: whoever calls runs the script to know.
 *  spend  from yc_spend_init_to_sign()
 *  Returns YC_VALID; YC_NOT_YET when no key fits, or a script that is needed is not known: *out is empty; YC_INVALID
 *  with a sentence for a hash type that cannot be; YC_SYSTEM (MEMORY, CORRUPT). */
enum yc_verdict yc_sign_with_keys(struct yc_unlocking *out, const struct yc_spend *spend, uint32_t input,
                                  const struct yc_signing *with, struct yc_error *err) YC_MUST_USE;

#endif
