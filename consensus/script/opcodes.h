/* The opcodes of Bitcoin's script by name. Bytes 0x01..0x4b push that many bytes and have no name; bytes above
 * CHECKSIGADD mean nothing. The table is consensus/script/opcodes.def. */
#ifndef YC_CONSENSUS_SCRIPT_OPCODES_H
#define YC_CONSENSUS_SCRIPT_OPCODES_H

#include <stdbool.h>
#include <stdint.h>

enum yc_opcode {
#define X(name, byte, class, needs, handler) YC_OP_##name = byte,
#include "consensus/script/opcodes.def"
#undef X
    YC_OP_INVALID = 0xff
};

/** The name as Bitcoin Core's asm has it: "0".."16", "-1", "OP_DUP", "OP_UNKNOWN" for bytes that mean nothing (direct
 *  pushes included). Static. */
const char *yc_opcode_name(uint8_t opcode);

/** Does it make a tapscript succeed by its mere presence (BIP 342)? */
bool yc_opcode_is_success(uint8_t opcode);

#endif
