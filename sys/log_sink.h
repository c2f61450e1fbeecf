/* Where log lines go: debug.log and standard output, one line a write, in the form Bitcoin Core's tools read:
 *
 *     2026-11-20T12:12:49Z [msghand] [net:trace] text
 *
 * Attacks it answers. Text that a peer chose could forge a line or drive a terminal: control characters are written
 * as \xNN (catalogue R08). A peer that can make a line be written could fill the disk: a call site (format string) may
 * write YC_LOG_SITE_MAX bytes to the file per hour, at every level; one line says that more was dropped, and lines
 * begin with "[*] " while anything is (catalogue P18, S30). Console output is not limited.
 *
 * Lines are in the file when yc_log() returns. Any thread; a write takes a mutex. */
#ifndef YC_SYS_LOG_SINK_H
#define YC_SYS_LOG_SINK_H

#include "base/log.h"
#include "sys/clock.h"

#include <stddef.h>
#include <stdint.h>

#define YC_LOG_SITE_MAX     (1024u * 1024) /* bytes per call site and window */
#define YC_LOG_WINDOW_S     3600
#define YC_LOG_EARLY_MAX    1000000u  /* bytes of lines kept until yc_log_sink_start */
#define YC_LOG_SHRINK_OVER  11000000u /* a longer file is cut at start */
#define YC_LOG_SHRINK_KEEP  10000000u /* to its last so many bytes */
#define YC_LOG_CATEGORY_ALL UINT32_MAX

struct yc_log_sink; /* opaque */

struct yc_log_options {
    const char *path;                  /* debug.log; NULL: no file. Copied */
    bool to_console;                   /* -printtoconsole: standard output too */
    bool timestamps;                   /* -logtimestamps */
    bool time_micros;                  /* -logtimemicros */
    bool thread_names;                 /* -logthreadnames */
    bool always_level;                 /* -loglevelalways: tag every line with category and level */
    bool rate_limit;                   /* -logratelimit */
    bool shrink;                       /* -shrinkdebugfile: cut a long file first */
    const struct yc_clock_real *clock; /* borrowed for the sink's life; names the mock time in each line. NULL: none */
};

/** The defaults of Bitcoin Core: timestamps and rate limit on, the rest off, no file and no console. */
struct yc_log_options yc_log_options_default(void);

/** A sink that keeps its lines (the newest YC_LOG_EARLY_MAX bytes) until yc_log_sink_start says where they go.
 *  YC_SYSTEM (MEMORY) on failure; the caller frees *out. */
enum yc_verdict yc_log_sink_new(struct yc_log_sink **out, struct yc_error *err) YC_MUST_USE;
/** Closes the file. Lines that were kept and never started are dropped. NULL is fine. */
void yc_log_sink_free(struct yc_log_sink *s);

/** What to hand to modules; valid until free. */
const struct yc_log *yc_log_sink_log(struct yc_log_sink *s);

/** Open the file (five newlines first, as in Bitcoin Core), write the kept lines and from now on every line at once.
 *  Call once. Returns YC_VALID or YC_SYSTEM, whose message names the path. */
enum yc_verdict yc_log_sink_start(struct yc_log_sink *s, const struct yc_log_options *options,
                                  struct yc_error *err) YC_MUST_USE;

/** Close and open the file anew before the next line: for log rotation, on SIGHUP. Async-signal-safe. */
void yc_log_sink_reopen(struct yc_log_sink *s);

/** Categories whose DEBUG lines are written: a mask of enum yc_log_category (and of the bits of categories that only
 *  Bitcoin Core has). INFO and above are always written. At start: none. */
void yc_log_sink_enable(struct yc_log_sink *s, uint32_t mask);
void yc_log_sink_disable(struct yc_log_sink *s, uint32_t mask);
uint32_t yc_log_sink_enabled(struct yc_log_sink *s);

/** The least level that an enabled category writes: YC_LOG_DEBUG at start; TRACE, DEBUG or INFO. mask says which
 *  categories (YC_LOG_CATEGORY_ALL: the global level, which counts for those without a level of their own). */
void yc_log_sink_set_level(struct yc_log_sink *s, uint32_t mask, enum yc_log_level level);

/** The mask of a category name as -debug= takes it: "net" …; "all", "1" and "" are all; "none" and "0" are no bits.
 *  Names that only Bitcoin Core has ("tor", "zmq" …) are known and have a bit that no line carries.
 *  Returns false when the name is not known. */
bool yc_log_category_parse(const char *name, uint32_t *mask) YC_MUST_USE;

/** The i-th category name in alphabetical order and its mask, for the RPC "logging"; NULL past the end. */
const char *yc_log_category_at(size_t i, uint32_t *mask);

/** "trace", "debug", "info", "warning" or "error"; false for any other word. */
bool yc_log_level_parse(const char *name, enum yc_log_level *out) YC_MUST_USE;
const char *yc_log_level_name(enum yc_log_level level);

#endif
