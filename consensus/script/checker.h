/* What the interpreter asks about signatures: the seam between scripts and signature engines. The interpreter has made
 * the digest and checked every encoding rule before it asks. Called on the thread that runs the script. */
#ifndef YC_CONSENSUS_SCRIPT_CHECKER_H
#define YC_CONSENSUS_SCRIPT_CHECKER_H

#include "base/result.h"
#include "base/view.h"

/* DEFERRED: collected, to be decided in a batch later; the script goes on as if it were good. When the batch says no,
 * the script is run again at once with a checker that never defers, and that run's verdict counts. CHECKMULTISIG, which
 * tries keys in turn, asks with may_defer = false, unless multisig() takes it as a whole. */
enum yc_sig { YC_SIG_BAD = 0, YC_SIG_GOOD, YC_SIG_DEFERRED };

/* A CHECKMULTISIG all of whose signatures and keys are well encoded, in the order in which they are tried. Keys are tried
 * in turn, so it is good exactly when the signatures are good for keys that follow one another in the same order. */
struct yc_multisig {
    size_t sig_count, key_count;     /* 1 <= sig_count <= key_count */
    const struct yc_view *sig, *key; /* sig is DER without the hash type byte */
    const uint8_t (*digest32)[32];   /* one for each signature */
};

struct yc_checker {
    /* pubkey 33 or 65 bytes (others are BAD); sig is DER without the hash type byte. */
    enum yc_sig (*ecdsa)(void *ctx, struct yc_view pubkey, struct yc_view sig, const uint8_t msg32[32], bool may_defer);
    enum yc_sig (*schnorr)(void *ctx, const uint8_t xonly32[32], const uint8_t sig64[64], const uint8_t msg32[32],
                           bool may_defer);
    void *ctx;
    /* Collect it as a whole: true when it is DEFERRED, false when it must be decided at once. NULL: it always must. */
    bool (*multisig)(void *ctx, const struct yc_multisig *m);
};

/** The checker that decides each signature at once by libsecp256k1. Static. */
const struct yc_checker *yc_checker_now(void);

#endif
