#include "base/result.h"

#include <stdarg.h>
#include <stdio.h>

enum yc_verdict yc_fail(struct yc_error *err, enum yc_verdict verdict, enum yc_system which, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->which = which;
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return verdict;
}

const char *yc_verdict_name(enum yc_verdict verdict)
{
    switch (verdict) {
    case YC_VALID:
        return "valid";
    case YC_INVALID:
        return "invalid";
    case YC_MUTATED:
        return "mutated";
    case YC_NOT_YET:
        return "not-yet";
    case YC_POLICY:
        return "policy";
    case YC_SYSTEM:
        return "system";
    }
    return "?";
}
