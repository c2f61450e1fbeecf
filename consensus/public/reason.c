/* Verdicts and reasons as the public API tells them. */
#include "consensus/public/internal.h"

#include <stdio.h>

YC_STATIC_ASSERT(YCOIN_NO_INDEX == YC_NO_INDEX, "an index that is none is the same in both");

static const char *const names[YC_REJ_COUNT] = {
#define X(code, verdict, stage, string, source, what) [YC_REJ_##code] = #code,
#include "consensus/reject.def"
#undef X
};

static bool is_reason(int code)
{
    return code > YC_REJ_NONE && code < YC_REJ_COUNT;
}

static enum ycoin_verdict verdict_of(enum yc_verdict verdict)
{
    switch (verdict) {
    case YC_VALID:
        return YCOIN_VALID;
    case YC_INVALID:
        return YCOIN_INVALID;
    case YC_MUTATED:
        return YCOIN_MUTATED;
    case YC_NOT_YET:
        return YCOIN_NOT_YET;
    case YC_POLICY:
    case YC_SYSTEM:
        break;
    }
    return YCOIN_ERROR;
}

const char *ycoin_consensus_version(void)
{
    return YC_VERSION;
}

int ycoin_reject_count(void)
{
    return YC_REJ_COUNT - 1;
}

const char *ycoin_reject_name(int code)
{
    return is_reason(code) ? names[code] : NULL;
}

const char *ycoin_reject_string(int code)
{
    return is_reason(code) ? yc_reject_string((enum yc_rej)code) : NULL;
}

const char *ycoin_reject_what(int code)
{
    return is_reason(code) ? yc_reject_what((enum yc_rej)code) : NULL;
}

enum ycoin_verdict ycoin_reject_verdict(int code)
{
    return is_reason(code) ? verdict_of(yc_reject_verdict((enum yc_rej)code)) : YCOIN_ERROR;
}

void yc_public_reason_init(struct ycoin_reason *why)
{
    if (why)
        *why = (struct ycoin_reason){
            .reject = "", .what = "", .tx = YCOIN_NO_INDEX, .input = YCOIN_NO_INDEX, .script_error = ""};
}

enum ycoin_verdict yc_public_error(struct ycoin_reason *why, const char *detail)
{
    yc_public_reason_init(why);
    if (why)
        (void)snprintf(why->detail, sizeof why->detail, "%s", detail);
    return YCOIN_ERROR;
}

enum ycoin_verdict yc_public_verdict(enum yc_verdict verdict, const struct yc_reject *reject, struct ycoin_reason *why)
{
    yc_public_reason_init(why);
    if (verdict == YC_VALID)
        return YCOIN_VALID;
    if (verdict == YC_SYSTEM)
        return yc_public_error(why, reject->system == YC_SYSTEM_MEMORY
                                        ? "there is no memory; free some and call again"
                                        : "the callback get failed, or there is no memory for what it found");
    if (why) {
        why->code = (int)reject->code;
        why->reject = yc_reject_string(reject->code);
        why->what = yc_reject_what(reject->code);
        why->tx = reject->tx;
        why->input = reject->input;
        if (reject->code == YC_REJ_BLOCK_SCRIPT)
            why->script_error = yc_script_error_name(reject->script_error);
        (void)snprintf(why->detail, sizeof why->detail, "%s", reject->detail);
    }
    return verdict_of(verdict);
}
