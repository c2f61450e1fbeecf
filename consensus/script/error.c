#include "consensus/script/error.h"

static const struct {
    const char *name, *text;
} errors[] = {
    {"OK", "No error"},
#define X(code, name, text) {name, text},
#include "consensus/script/error.def"
#undef X
};

const char *yc_script_error_name(enum yc_script_error e)
{
    return e < YC_SCRIPT_ERR_COUNT ? errors[e].name : errors[YC_SCRIPT_ERR_UNKNOWN_ERROR].name;
}

const char *yc_script_error_text(enum yc_script_error e)
{
    return e < YC_SCRIPT_ERR_COUNT ? errors[e].text : errors[YC_SCRIPT_ERR_UNKNOWN_ERROR].text;
}
