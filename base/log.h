/* Log lines as an interface: a module is given a struct yc_log and never knows where its lines go.
 *
 * Attack it answers (catalogue P18, R08): the sink escapes control characters, so that text which a peer chose cannot
 * forge a line, and limits how much each format string may write in an hour. */
#ifndef YC_BASE_LOG_H
#define YC_BASE_LOG_H

#include "base/result.h"

#include <stdbool.h>

enum yc_log_level { YC_LOG_TRACE, YC_LOG_DEBUG, YC_LOG_INFO, YC_LOG_WARNING, YC_LOG_ERROR };

/* Categories carry Bitcoin Core's names, which -debug= takes. */
enum yc_log_category {
    YC_LOGC_NONE = 0, /* always written at INFO and above, without a category tag */
    YC_LOGC_NET = 1 << 0,
    YC_LOGC_MEMPOOL = 1 << 1,
    YC_LOGC_HTTP = 1 << 2,
    YC_LOGC_RPC = 1 << 3,
    YC_LOGC_VALIDATION = 1 << 4,
    YC_LOGC_BLOCKSTORAGE = 1 << 5,
    YC_LOGC_ADDRMAN = 1 << 6,
    YC_LOGC_MEMPOOLREJ = 1 << 7,
    YC_LOGC_CMPCTBLOCK = 1 << 8,
    YC_LOGC_ESTIMATEFEE = 1 << 9,
    YC_LOGC_LEVELDB = 1 << 10,
    YC_LOGC_BENCH = 1 << 11,
    YC_LOGC_PRUNE = 1 << 12,
    YC_LOGC_REINDEX = 1 << 13
};

struct yc_log {
    /* Write one line (no newline in text). Lines of a category that is off are dropped below INFO. */
    /* site names the format string: the unit of rate limiting. */
    void (*line)(void *ctx, enum yc_log_level level, enum yc_log_category category, const void *site, const char *text);
    /* True when a DEBUG line of the category would be written: lets callers skip costly formatting. */
    bool (*on)(void *ctx, enum yc_log_category category, enum yc_log_level level);
    void *ctx;
};

#define YC_LOG_TEXT_MAX 2048

/** Format and write one line; cut at YC_LOG_TEXT_MAX-1 bytes. log may be NULL: then nothing is written. */
void yc_log(const struct yc_log *log, enum yc_log_level level, enum yc_log_category category, const char *format, ...)
    YC_PRINTF(4, 5);

#define yc_log_info(log, ...)            yc_log((log), YC_LOG_INFO, YC_LOGC_NONE, __VA_ARGS__)
#define yc_log_warning(log, ...)         yc_log((log), YC_LOG_WARNING, YC_LOGC_NONE, __VA_ARGS__)
#define yc_log_error(log, ...)           yc_log((log), YC_LOG_ERROR, YC_LOGC_NONE, __VA_ARGS__)
#define yc_log_debug(log, category, ...) yc_log((log), YC_LOG_DEBUG, (category), __VA_ARGS__)

#endif
