/* Verification of one input: scriptSig, the spent script, P2SH, witness programs, taproot.
 * Pure over immutable input; each thread brings its own machine. Source: BIP 16, 65, 66, 112, 141, 143, 147, 341, 342.
 */
#ifndef YC_CONSENSUS_SCRIPT_VERIFY_H
#define YC_CONSENSUS_SCRIPT_VERIFY_H

#include "consensus/script/checker.h"
#include "consensus/script/error.h"
#include "consensus/script/flags.h"
#include "consensus/tx.h"

/* An output that is spent. */
struct yc_spent {
    int64_t value_sat;
    struct yc_view script;
};

/* A transaction with the outputs that it spends, and the parts of BIP 143 and 341 digests that its inputs share. Made
 * once for each transaction, then immutable: any thread may verify any input from it. */
struct yc_spend {
    const struct yc_tx *tx;
    const struct yc_spent *spent; /* tx->in_count of them, in input order; NULL: not known, for legacy digests alone */
    /* BIP 143: double hashes; BIP 341: single hashes. */
    uint8_t prevouts32[32], sequences32[32], outputs32[32];
    uint8_t prevouts_single32[32], sequences_single32[32], outputs_single32[32], amounts_single32[32],
        scripts_single32[32];
    bool v0_ready, v1_ready;
};

/** Borrow tx and spent, and compute what inputs with witness programs will need (nothing for legacy spends). */
void yc_spend_init(struct yc_spend *s, const struct yc_tx *tx, const struct yc_spent *spent);
/** The same for many at once, whose tx and spent are set: their hashes go side by side. */
void yc_spends_init(struct yc_spend *const *spends, size_t count);
/** The same for a transaction that is about to be signed: no witness is there yet to say which digests will be needed, so
 *  all are made ready. spent must be given. */
void yc_spend_init_to_sign(struct yc_spend *s, const struct yc_tx *tx, const struct yc_spent *spent);

/* Stacks and scratch memory of one thread: made once, used for any number of scripts. */
struct yc_script_machine;
/** NULL when there is no memory. About 230 kB; no script takes more. */
struct yc_script_machine *yc_script_machine_new(const struct yc_alloc *alloc);
void yc_script_machine_free(struct yc_script_machine *m);

/** Does input `input` satisfy the script it spends?
 *  s        made by yc_spend_init() or yc_spends_init() with the spent outputs
 *  flags    enum yc_script_flags; WITNESS comes with P2SH, CLEANSTACK with both, as soft forks need it
 *  Returns  YC_SCRIPT_OK (with deferred signatures: provided that they turn out good), or the first error. */
enum yc_script_error yc_script_verify(const struct yc_spend *s, uint32_t input, uint32_t flags,
                                      const struct yc_checker *checker, struct yc_script_machine *m) YC_MUST_USE;

#endif
