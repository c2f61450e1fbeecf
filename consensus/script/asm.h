/* Scripts as text: the `asm` field of Bitcoin Core's RPC, and the language of its script vectors. Pure; any thread. */
#ifndef YC_CONSENSUS_SCRIPT_ASM_H
#define YC_CONSENSUS_SCRIPT_ASM_H

#include "base/buf.h"
#include "consensus/script/script.h"

/** Append the script as Core's `asm` has it: pushes of up to 4 bytes as decimal numbers, longer ones as hex, opcodes by
 *  name, one space between, "[error]" where a push runs over the end.
 *  decode_sighash  write the hash type of what looks like a signature as "[ALL]" (for scriptSigs)
 *  Out of memory shows in out->failed. */
void yc_script_asm(struct yc_buf *out, struct yc_view script, bool decode_sighash);

/** Append the script that the text describes: words between spaces, tabs and newlines, each a decimal number
 *  (-0xffffffff..0xffffffff, pushed in its shortest form), 0x and hex digits (bytes taken as they are, not pushed), a
 *  'quoted' text (pushed) or the name of an opcode with or without OP_.
 *  Returns YC_VALID; YC_INVALID for a word that is none of these; YC_SYSTEM (MEMORY). */
enum yc_verdict yc_script_assemble(struct yc_buf *out, struct yc_view text, struct yc_error *err) YC_MUST_USE;

/** Append a push of the bytes by the opcode that Core's script builder takes: direct, PUSHDATA1, 2 or 4. */
void yc_script_push(struct yc_buf *out, struct yc_view data);

/** Append a push of the number: OP_0, OP_1NEGATE, OP_1..OP_16 or its bytes. */
void yc_script_push_number(struct yc_buf *out, int64_t value);

#endif
