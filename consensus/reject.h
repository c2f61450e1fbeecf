/* Why consensus refused something. The table is consensus/reject.def. Any thread. */
#ifndef YC_CONSENSUS_REJECT_H
#define YC_CONSENSUS_REJECT_H

#include "base/result.h"
#include "consensus/script/error.h"

#include <stddef.h>
#include <stdint.h>

enum yc_rej {
    YC_REJ_NONE = 0,
#define X(code, verdict, stage, string, source, what) YC_REJ_##code,
#include "consensus/reject.def"
#undef X
    YC_REJ_COUNT
};

enum yc_rej_stage {
    YC_STAGE_TX_CHECK,
    YC_STAGE_HEADER,
    YC_STAGE_BLOCK_CHECK,
    YC_STAGE_BLOCK_ACCEPT,
    YC_STAGE_BLOCK_CONNECT
};

#define YC_NO_INDEX UINT32_MAX

/* Filled in whenever a consensus function does not return YC_VALID. When the verdict is YC_SYSTEM, code is
 * YC_REJ_NONE and `system` says what failed. */
struct yc_reject {
    enum yc_rej code;
    uint32_t tx;                       /* index in the block of the transaction at fault, or YC_NO_INDEX */
    uint32_t input;                    /* its input at fault, or YC_NO_INDEX */
    enum yc_script_error script_error; /* with YC_REJ_BLOCK_SCRIPT */
    enum yc_system system;
    char detail[160]; /* more for people, may be empty: "bad-version(0x00000001)"-like numbers, values seen */
};

/** Fill in a rejection and return the code's verdict, so that a check can end with `return yc_reject_set(…)`. */
enum yc_verdict yc_reject_set(struct yc_reject *why, enum yc_rej code, uint32_t tx, uint32_t input);
/** The same for our own failure: returns YC_SYSTEM. */
enum yc_verdict yc_reject_system(struct yc_reject *why, enum yc_system which);

const char *yc_reject_string(enum yc_rej code);      /* "bad-txns-vin-empty"; "" for NONE */
const char *yc_reject_what(enum yc_rej code);        /* the table's last column */
enum yc_verdict yc_reject_verdict(enum yc_rej code); /* the table's second column */
enum yc_rej_stage yc_reject_stage(enum yc_rej code);

/** The line that Bitcoin Core logs and returns for it: the reject string, with the script error in parentheses where
 *  one is at fault, or the version for bad-version. out is at least 128 bytes. */
void yc_reject_text(char *out, size_t cap, const struct yc_reject *why);

#endif
