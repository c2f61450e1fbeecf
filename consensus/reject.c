#include "consensus/reject.h"

#include "base/assert.h"

#include <stdio.h>

struct row {
    enum yc_verdict verdict;
    enum yc_rej_stage stage;
    const char *string, *what;
};

static const struct row table[YC_REJ_COUNT] = {
    [YC_REJ_NONE] = {YC_VALID, YC_STAGE_TX_CHECK, "", ""},
#define X(code, verdict_, stage_, string_, source, what_)                                                              \
    [YC_REJ_##code] = {YC_##verdict_, YC_STAGE_##stage_, string_, what_},
#include "consensus/reject.def"
#undef X
};

static const struct row *row_of(enum yc_rej code)
{
    YC_ASSERT((unsigned)code < YC_REJ_COUNT);
    return &table[code];
}

const char *yc_reject_string(enum yc_rej code)
{
    return row_of(code)->string;
}
const char *yc_reject_what(enum yc_rej code)
{
    return row_of(code)->what;
}
enum yc_verdict yc_reject_verdict(enum yc_rej code)
{
    return row_of(code)->verdict;
}
enum yc_rej_stage yc_reject_stage(enum yc_rej code)
{
    return row_of(code)->stage;
}

enum yc_verdict yc_reject_set(struct yc_reject *why, enum yc_rej code, uint32_t tx, uint32_t input)
{
    *why = (struct yc_reject){.code = code, .tx = tx, .input = input};
    return yc_reject_verdict(code);
}

enum yc_verdict yc_reject_system(struct yc_reject *why, enum yc_system which)
{
    *why = (struct yc_reject){.tx = YC_NO_INDEX, .input = YC_NO_INDEX, .system = which};
    return YC_SYSTEM;
}

void yc_reject_text(char *out, size_t cap, const struct yc_reject *why)
{
    const char *string = yc_reject_string(why->code);
    if (why->code == YC_REJ_BLOCK_SCRIPT)
        snprintf(out, cap, "%s (%s)", string, yc_script_error_text(why->script_error));
    else if (why->code == YC_REJ_HEADER_BAD_VERSION)
        snprintf(out, cap, "%s(%s)", string, why->detail);
    else
        snprintf(out, cap, "%s", string);
}
