/* Scripts as bytes: opcodes, walking, recognising the standard forms, counting signature operations. Pure; any thread.
 */
#ifndef YC_CONSENSUS_SCRIPT_SCRIPT_H
#define YC_CONSENSUS_SCRIPT_SCRIPT_H

#include "base/result.h"
#include "base/view.h"
#include "consensus/script/opcodes.h"

#define YC_SCRIPT_BYTES_MAX         10000
#define YC_SCRIPT_ELEMENT_BYTES_MAX 520
#define YC_SCRIPT_OPS_MAX           201
#define YC_SCRIPT_KEYS_MAX          20
#define YC_SCRIPT_STACK_MAX         1000

/* One step of a walk through a script. */
struct yc_script_op {
    uint8_t opcode;
    struct yc_view data; /* of a push */
};

/** Read the operation at *at and move *at behind it. False at the end (then *at == s.n) and for a push that runs over
 *  the end (then *at < s.n or *bad, if given, is set). */
bool yc_script_next(struct yc_view s, size_t *at, struct yc_script_op *op, bool *bad);

bool yc_script_is_p2sh(struct yc_view s);
bool yc_script_is_push_only(struct yc_view s);
/** Is s a witness program? Then version 0..16 and the program (2..40 bytes, a view into s). */
bool yc_script_is_witness_program(struct yc_view s, unsigned *version, struct yc_view *program);
/** Can no spend ever succeed (starts with OP_RETURN, or is over the size limit)? Such coins are not stored. */
bool yc_script_is_unspendable(struct yc_view s);
/** The last push of a push-only script: a P2SH redeem script. False when s is not push-only or empty. */
bool yc_script_last_push(struct yc_view s, struct yc_view *out);

/** Signature operations, counted without running: accurate counts the keys of OP_1..OP_16 CHECKMULTISIG (BIP 16);
 *  else each CHECKMULTISIG is 20. Stops at a truncated push, keeping the count so far (catalogue C32). */
uint32_t yc_script_sigops(struct yc_view s, bool accurate);
/** Of a P2SH spend: those of the redeem script, accurately; 0 when script_sig is not push-only. */
uint32_t yc_script_sigops_p2sh(struct yc_view spent_script, struct yc_view script_sig);
/** Of a witness program (BIP 141), P2SH-wrapped or not; 0 without YC_SCRIPT_WITNESS in flags. */
uint32_t yc_script_sigops_witness(struct yc_view spent_script, struct yc_view script_sig, const struct yc_view *witness,
                                  uint32_t witness_count, uint32_t flags);

#endif
