#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void yc_log(const struct yc_log *log, enum yc_log_level level, enum yc_log_category category, const char *format, ...)
{
    if (!log || !log->on(log->ctx, category, level))
        return;
    char text[YC_LOG_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log->line(log->ctx, level, category, format, text);
}
