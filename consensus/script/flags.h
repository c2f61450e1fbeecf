/* Script verification flags: which soft forks and policies a script is run under. The names are Bitcoin Core's, which
 * published vectors use. Numbers are our own and are stored in the block index: do not renumber. */
#ifndef YC_CONSENSUS_SCRIPT_FLAGS_H
#define YC_CONSENSUS_SCRIPT_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum yc_script_flags {
    YC_SCRIPT_P2SH = 1 << 0,                                   /* BIP 16 */
    YC_SCRIPT_STRICTENC = 1 << 1,                              /* policy */
    YC_SCRIPT_DERSIG = 1 << 2,                                 /* BIP 66 */
    YC_SCRIPT_LOW_S = 1 << 3,                                  /* policy */
    YC_SCRIPT_NULLDUMMY = 1 << 4,                              /* BIP 147 */
    YC_SCRIPT_SIGPUSHONLY = 1 << 5,                            /* policy */
    YC_SCRIPT_MINIMALDATA = 1 << 6,                            /* policy */
    YC_SCRIPT_DISCOURAGE_UPGRADABLE_NOPS = 1 << 7,             /* policy */
    YC_SCRIPT_CLEANSTACK = 1 << 8,                             /* policy */
    YC_SCRIPT_CHECKLOCKTIMEVERIFY = 1 << 9,                    /* BIP 65 */
    YC_SCRIPT_CHECKSEQUENCEVERIFY = 1 << 10,                   /* BIP 112 */
    YC_SCRIPT_WITNESS = 1 << 11,                               /* BIP 141 */
    YC_SCRIPT_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM = 1 << 12, /* policy */
    YC_SCRIPT_MINIMALIF = 1 << 13,                             /* policy for v0, rule for tapscript */
    YC_SCRIPT_NULLFAIL = 1 << 14,                              /* policy */
    YC_SCRIPT_WITNESS_PUBKEYTYPE = 1 << 15,                    /* policy */
    YC_SCRIPT_CONST_SCRIPTCODE = 1 << 16,                      /* policy */
    YC_SCRIPT_TAPROOT = 1 << 17,                               /* BIP 341, 342 */
    YC_SCRIPT_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION = 1 << 18, /* policy */
    YC_SCRIPT_DISCOURAGE_OP_SUCCESS = 1 << 19,                 /* policy */
    YC_SCRIPT_DISCOURAGE_UPGRADABLE_PUBKEYTYPE = 1 << 20       /* policy */
};

#define YC_SCRIPT_FLAGS_NONE 0u
/* Rules that every block of a chain with all soft forks obeys. */
#define YC_SCRIPT_FLAGS_CONSENSUS                                                                                      \
    (YC_SCRIPT_P2SH | YC_SCRIPT_DERSIG | YC_SCRIPT_NULLDUMMY | YC_SCRIPT_CHECKLOCKTIMEVERIFY |                         \
     YC_SCRIPT_CHECKSEQUENCEVERIFY | YC_SCRIPT_WITNESS | YC_SCRIPT_TAPROOT)
/* What the mempool demands. */
#define YC_SCRIPT_FLAGS_STANDARD                                                                                       \
    (YC_SCRIPT_FLAGS_CONSENSUS | YC_SCRIPT_STRICTENC | YC_SCRIPT_LOW_S | YC_SCRIPT_MINIMALDATA |                       \
     YC_SCRIPT_DISCOURAGE_UPGRADABLE_NOPS | YC_SCRIPT_CLEANSTACK | YC_SCRIPT_MINIMALIF | YC_SCRIPT_NULLFAIL |          \
     YC_SCRIPT_WITNESS_PUBKEYTYPE | YC_SCRIPT_CONST_SCRIPTCODE | YC_SCRIPT_DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM |     \
     YC_SCRIPT_DISCOURAGE_UPGRADABLE_TAPROOT_VERSION | YC_SCRIPT_DISCOURAGE_OP_SUCCESS |                               \
     YC_SCRIPT_DISCOURAGE_UPGRADABLE_PUBKEYTYPE)

/** The name as in the published vectors ("P2SH", "CHECKLOCKTIMEVERIFY"…), or NULL for no single known flag. */
const char *yc_script_flag_name(uint32_t flag);
/** The flags of a list such as "P2SH,WITNESS" ("NONE" or "" is none). False for an unknown name. */
bool yc_script_flags_parse(uint32_t *out, const char *text, size_t n);

#endif
