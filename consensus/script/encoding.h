/* The forms that signatures and public keys must have before anything is computed with them. Pure; any thread.
 * Source: BIP 62 (low S), BIP 66 (strict DER), BIP 143 (compressed keys). */
#ifndef YC_CONSENSUS_SCRIPT_ENCODING_H
#define YC_CONSENSUS_SCRIPT_ENCODING_H

#include "base/view.h"
#include "consensus/script/error.h"
#include "consensus/script/script.h"

/** Is it strict DER followed by one hash type byte (BIP 66)? */
bool yc_sig_is_strict_der(struct yc_view sig_and_type);

/** Check an ECDSA signature with its hash type byte under the flags DERSIG, LOW_S and STRICTENC. An empty one passes:
 *  it is the short way to say "no signature". Returns YC_SCRIPT_OK, SIG_DER, SIG_HIGH_S or SIG_HASHTYPE. */
enum yc_script_error yc_sig_check_encoding(struct yc_view sig_and_type, uint32_t flags);

/** Check a public key under STRICTENC and, in witness v0, WITNESS_PUBKEYTYPE. */
enum yc_script_error yc_pubkey_check_encoding(struct yc_view pubkey, uint32_t flags, bool witness_v0);

/** Is the push done by the shortest opcode (BIP 62)? For opcodes up to PUSHDATA4. */
bool yc_push_is_minimal(const struct yc_script_op *op);

#endif
