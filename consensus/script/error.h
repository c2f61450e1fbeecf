/* Why a script failed. The table is consensus/script/error.def. */
#ifndef YC_CONSENSUS_SCRIPT_ERROR_H
#define YC_CONSENSUS_SCRIPT_ERROR_H

enum yc_script_error {
    YC_SCRIPT_OK = 0,
#define X(code, name, text) YC_SCRIPT_ERR_##code,
#include "consensus/script/error.def"
#undef X
    YC_SCRIPT_ERR_COUNT
};

/** The name in the published vectors ("OK", "EVAL_FALSE"…); static. */
const char *yc_script_error_name(enum yc_script_error e);
/** Bitcoin Core's sentence for it; static. */
const char *yc_script_error_text(enum yc_script_error e);

#endif
