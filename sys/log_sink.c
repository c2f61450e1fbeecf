#include "sys/log_sink.h"

#include "base/map.h"
#include "sys/heap.h"
#include "sys/random.h"
#include "sys/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SITES_MAX  8192                        /* call sites that are counted; a program has fewer */
#define LINE_BYTES (4 * YC_LOG_TEXT_MAX + 256) /* every byte escaped, and what stands before the text */

/* A line as it was logged, until the file is open. */
struct entry {
    struct entry *next;
    int64_t us, mock_s;
    enum yc_log_level level;
    enum yc_log_category category;
    char thread[YC_THREAD_NAME_MAX];
    char text[YC_LOG_TEXT_MAX];
};

/* What a call site wrote in this window. */
struct site {
    uint64_t bytes, dropped_bytes;
};

struct yc_log_sink {
    struct yc_log log;
    struct yc_mutex mutex;
    /* Derived from the masks and levels below: which categories write DEBUG and TRACE lines. Read without the mutex. */
    _Atomic uint32_t debug_on, trace_on;
    atomic_bool reopen;
    uint32_t mask;
    enum yc_log_level level, category_level[32];
    uint32_t has_level; /* categories with a level of their own */
    struct yc_log_options options;
    char path[PATH_MAX];
    int fd; /* -1: no file */
    bool started;
    struct entry *oldest, **newest_next;
    size_t early_bytes, early_dropped;
    struct yc_clock_real clock;
    struct yc_map sites;
    int64_t window_end_us;
    bool suppressing;
};

/* ---- one line as text ---- */

static size_t put_text(char *out, size_t n, const char *text)
{
    size_t len = strlen(text);
    memcpy(out + n, text, len);
    return n + len;
}

/* Append text with every control character as \xNN, so that it is one line on any terminal; the C1 controls, which
 * UTF-8 writes as C2 80 .. C2 9F, too. */
static size_t put_escaped(char *out, size_t n, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;
        if (*p >= 32 && *p != 0x7f && !c1) {
            out[n++] = (char)*p;
            continue;
        }
        for (int i = 0; i <= (int)c1; i++) {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = digits[p[i] >> 4];
            out[n++] = digits[p[i] & 15];
        }
        p += c1;
    }
    return n;
}

static const char *category_name(enum yc_log_category category)
{
    const char *name;
    uint32_t bit;
    for (size_t i = 0; (name = yc_log_category_at(i, &bit)); i++)
        if (bit & (uint32_t)category)
            return name;
    return "all";
}

/* "[net] ", "[net:trace] ", "[warning] " or nothing. */
static size_t put_tag(char *out, size_t n, const struct yc_log_sink *s, const struct entry *e)
{
    bool has_category = s->options.always_level || e->category != YC_LOGC_NONE;
    if (!has_category && e->level == YC_LOG_INFO)
        return n;
    out[n++] = '[';
    if (has_category)
        n = put_text(out, n, category_name(e->category));
    if (s->options.always_level || !has_category || e->level != YC_LOG_DEBUG) {
        if (has_category)
            out[n++] = ':';
        n = put_text(out, n, yc_log_level_name(e->level));
    }
    return put_text(out, n, "] ");
}

static size_t put_time(char *out, size_t n, const struct yc_log_sink *s, const struct entry *e)
{
    char text[YC_TIME_TEXT_MAX];
    yc_time_text(text, e->us / 1000000);
    n = put_text(out, n, text);
    if (s->options.time_micros)
        n += (size_t)snprintf(out + n - 1, 16, ".%06dZ", (int)(e->us % 1000000)) - 1;
    if (e->mock_s) {
        yc_time_text(text, e->mock_s);
        n = put_text(out, n, " (mocktime: ");
        n = put_text(out, n, text);
        n = put_text(out, n, ")");
    }
    return put_text(out, n, " ");
}

static size_t format_line(char out[LINE_BYTES], const struct yc_log_sink *s, const struct entry *e)
{
    size_t n = 0;
    if (s->suppressing)
        n = put_text(out, n, "[*] ");
    if (s->options.timestamps)
        n = put_time(out, n, s, e);
    if (s->options.thread_names) {
        n = put_text(out, n, "[");
        n = put_text(out, n, e->thread[0] ? e->thread : "unknown");
        n = put_text(out, n, "] ");
    }
    n = put_tag(out, n, s, e);
    n = put_escaped(out, n, e->text);
    out[n++] = '\n';
    return n;
}

static void fill_entry(struct yc_log_sink *s, struct entry *e, enum yc_log_level level, enum yc_log_category category,
                       const char *text)
{
    e->next = NULL;
    e->us = yc_clock_log_us();
    e->mock_s = s->options.clock ? yc_clock_mocked(s->options.clock) : 0;
    e->level = level;
    e->category = category;
    snprintf(e->thread, sizeof e->thread, "%s", yc_thread_name());
    snprintf(e->text, sizeof e->text, "%s", text);
}

/* ---- writing ---- */

/* What cannot be written is lost: there is nowhere to say so. */
static void write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t r = write(fd, p, n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return;
        p += r;
        n -= (size_t)r;
    }
}

static int open_file(const char *path)
{
    int fd;
    do
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static void write_line(struct yc_log_sink *s, const struct entry *e, bool to_file)
{
    char line[LINE_BYTES];
    size_t n = format_line(line, s, e);
    if (s->options.to_console)
        write_all(STDOUT_FILENO, line, n);
    if (s->fd < 0 || !to_file)
        return;
    if (atomic_exchange(&s->reopen, false)) {
        int fd = open_file(s->path);
        if (fd >= 0) {
            close(s->fd);
            s->fd = fd;
        }
    }
    write_all(s->fd, line, n);
}

static void write_own(struct yc_log_sink *s, enum yc_log_level level, const char *text)
{
    struct entry e;
    fill_entry(s, &e, level, YC_LOGC_NONE, text);
    write_line(s, &e, true);
}

/* ---- the limit on each call site ---- */

static const struct yc_clock *clock_of(const struct yc_log_sink *s)
{
    return s->options.clock ? &s->options.clock->clock : &s->clock.clock;
}

static void new_window(struct yc_log_sink *s, int64_t now_us)
{
    s->window_end_us = now_us + (int64_t)YC_LOG_WINDOW_S * 1000000;
    s->suppressing = false;
    size_t at = 0;
    const void *key;
    void *value;
    while (yc_map_next(&s->sites, &at, &key, &value)) {
        struct site site;
        memcpy(&site, value, sizeof site);
        if (site.dropped_bytes == 0)
            continue;
        const char *format;
        memcpy(&format, key, sizeof format);
        char text[256];
        snprintf(text, sizeof text, "Restarting logging of \"%.120s\": %llu bytes were dropped in the last %d seconds.",
                 format, (unsigned long long)site.dropped_bytes, YC_LOG_WINDOW_S);
        write_own(s, YC_LOG_WARNING, text);
    }
    yc_map_clear(&s->sites);
}

/* Count a line of n bytes; false when its site has written its share. */
static bool within_limit(struct yc_log_sink *s, const void *format, size_t n)
{
    int64_t now_us = yc_mono_us(clock_of(s));
    if (now_us >= s->window_end_us)
        new_window(s, now_us);
    struct site *site = yc_map_get(&s->sites, &format);
    if (!site && s->sites.count < SITES_MAX)
        site = yc_map_put(&s->sites, &format, NULL);
    if (!site)
        return true;
    if (site->dropped_bytes > 0 || site->bytes >= YC_LOG_SITE_MAX) {
        site->dropped_bytes += n;
        return false;
    }
    site->bytes += n;
    if (site->bytes < YC_LOG_SITE_MAX)
        return true;
    s->suppressing = true;
    char text[384];
    snprintf(text, sizeof text,
             "Excessive logging detected from \"%.120s\": over %u bytes in a window of %d seconds. Suppressing it in "
             "the log file until the window ends; -nologratelimit lifts the limit.",
             (const char *)format, YC_LOG_SITE_MAX, YC_LOG_WINDOW_S);
    write_own(s, YC_LOG_WARNING, text);
    return true;
}

/* ---- lines before the start ---- */

static void drop_oldest(struct yc_log_sink *s)
{
    struct entry *e = s->oldest;
    s->oldest = e->next;
    if (!s->oldest)
        s->newest_next = &s->oldest;
    s->early_bytes -= sizeof *e;
    yc_alloc_free(yc_heap(), e, sizeof *e);
}

static void keep_early(struct yc_log_sink *s, const struct entry *e)
{
    struct entry *copy = yc_alloc_new(yc_heap(), sizeof *copy);
    if (!copy) {
        s->early_dropped++;
        return;
    }
    *copy = *e;
    *s->newest_next = copy;
    s->newest_next = &copy->next;
    s->early_bytes += sizeof *copy;
    while (s->early_bytes > YC_LOG_EARLY_MAX) {
        drop_oldest(s);
        s->early_dropped++;
    }
}

/* ---- struct yc_log ---- */

static void sink_line(void *ctx, enum yc_log_level level, enum yc_log_category category, const void *site,
                      const char *text)
{
    struct yc_log_sink *s = ctx;
    struct entry e;
    yc_mutex_lock(&s->mutex);
    fill_entry(s, &e, level, category, text);
    if (!s->started)
        keep_early(s, &e);
    else
        write_line(s, &e, !s->options.rate_limit || within_limit(s, site, strlen(text) + 32));
    yc_mutex_unlock(&s->mutex);
}

static bool sink_on(void *ctx, enum yc_log_category category, enum yc_log_level level)
{
    const struct yc_log_sink *s = ctx;
    if (level >= YC_LOG_INFO)
        return true;
    uint32_t on = atomic_load_explicit(level == YC_LOG_TRACE ? &s->trace_on : &s->debug_on, memory_order_relaxed);
    return category == YC_LOGC_NONE ? on == YC_LOG_CATEGORY_ALL : (on & (uint32_t)category) != 0;
}

/* ---- life and settings ---- */

struct yc_log_options yc_log_options_default(void)
{
    return (struct yc_log_options){.timestamps = true, .rate_limit = true};
}

enum yc_verdict yc_log_sink_new(struct yc_log_sink **out, struct yc_error *err)
{
    struct yc_log_sink *s = yc_alloc_new(yc_heap(), sizeof *s);
    *out = s;
    if (!s)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the log");
    memset(s, 0, sizeof *s);
    s->log = (struct yc_log){sink_line, sink_on, s};
    s->options = yc_log_options_default();
    s->level = YC_LOG_DEBUG;
    s->fd = -1;
    s->newest_next = &s->oldest;
    yc_mutex_init(&s->mutex);
    yc_clock_real_init(&s->clock);
    struct yc_siphash_key seed;
    yc_random_fill(yc_random_system(), &seed, sizeof seed);
    yc_map_init(&s->sites, yc_heap(), sizeof(const void *), sizeof(struct site), seed);
    return YC_VALID;
}

void yc_log_sink_free(struct yc_log_sink *s)
{
    if (!s)
        return;
    while (s->oldest)
        drop_oldest(s);
    if (s->fd >= 0)
        close(s->fd);
    yc_map_release(&s->sites);
    yc_mutex_release(&s->mutex);
    yc_alloc_free(yc_heap(), s, sizeof *s);
}

const struct yc_log *yc_log_sink_log(struct yc_log_sink *s)
{
    return &s->log;
}

/* Replace the file by its last lines. */
static enum yc_verdict shrink(const char *path, uint64_t size, struct yc_error *err)
{
    char *p = yc_alloc_new(yc_heap(), YC_LOG_SHRINK_KEEP);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ssize_t got = -1;
    if (p && fd >= 0)
        got = pread(fd, p, YC_LOG_SHRINK_KEEP, (off_t)(size - YC_LOG_SHRINK_KEEP));
    int code = errno;
    if (got > 0) {
        const char *newline = memchr(p, '\n', (size_t)got);
        size_t skip = newline ? (size_t)(newline + 1 - p) : 0;
        if (ftruncate(fd, 0) == 0)
            write_all(fd, p + skip, (size_t)got - skip);
    }
    if (fd >= 0)
        close(fd);
    yc_alloc_free(yc_heap(), p, YC_LOG_SHRINK_KEEP);
    return got > 0 ? YC_VALID
                   : yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "cannot shrink the log file %s: %s", path,
                             p ? strerror(code) : "no memory");
}

static enum yc_verdict open_log(struct yc_log_sink *s, struct yc_error *err)
{
    struct stat st;
    if (s->options.shrink && stat(s->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > (off_t)YC_LOG_SHRINK_OVER) {
        enum yc_verdict v = shrink(s->path, (uint64_t)st.st_size, err);
        if (v != YC_VALID)
            return v;
    }
    s->fd = open_file(s->path);
    if (s->fd < 0)
        return yc_fail(err, YC_SYSTEM, errno == ENOSPC || errno == EDQUOT ? YC_SYSTEM_FULL : YC_SYSTEM_IO,
                       "Could not open debug log file %s: %s; give -debuglogfile another path, or 0 for none", s->path,
                       strerror(errno));
    write_all(s->fd, "\n\n\n\n\n", 5); /* sets this run apart from the last one */
    return YC_VALID;
}

static void write_early(struct yc_log_sink *s)
{
    if (s->early_dropped > 0) {
        char text[96];
        snprintf(text, sizeof text, "Early logging buffer overflowed, %zu log lines discarded.", s->early_dropped);
        write_own(s, YC_LOG_INFO, text);
    }
    while (s->oldest) {
        write_line(s, s->oldest, true);
        drop_oldest(s);
    }
}

enum yc_verdict yc_log_sink_start(struct yc_log_sink *s, const struct yc_log_options *options, struct yc_error *err)
{
    yc_mutex_lock(&s->mutex);
    s->options = *options;
    s->options.path = NULL;
    enum yc_verdict v = YC_VALID;
    if (options->path) {
        int n = snprintf(s->path, sizeof s->path, "%s", options->path);
        v = n < 0 || (size_t)n >= sizeof s->path
                ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the path of the log file, %.64s…, is too long", options->path)
                : open_log(s, err);
    }
    if (v == YC_VALID) {
        s->started = true;
        new_window(s, yc_mono_us(clock_of(s)));
        write_early(s);
    }
    yc_mutex_unlock(&s->mutex);
    return v;
}

void yc_log_sink_reopen(struct yc_log_sink *s)
{
    atomic_store(&s->reopen, true);
}

/* Bring debug_on and trace_on in line with the settings; under the mutex. */
static void derive(struct yc_log_sink *s)
{
    uint32_t debug_on = 0, trace_on = 0;
    for (unsigned i = 0; i < 32; i++) {
        uint32_t bit = 1u << i;
        enum yc_log_level level = s->has_level & bit ? s->category_level[i] : s->level;
        if (!(s->mask & bit))
            continue;
        debug_on |= level <= YC_LOG_DEBUG ? bit : 0;
        trace_on |= level <= YC_LOG_TRACE ? bit : 0;
    }
    atomic_store(&s->debug_on, debug_on);
    atomic_store(&s->trace_on, trace_on);
}

void yc_log_sink_enable(struct yc_log_sink *s, uint32_t mask)
{
    yc_mutex_lock(&s->mutex);
    s->mask |= mask;
    derive(s);
    yc_mutex_unlock(&s->mutex);
}

void yc_log_sink_disable(struct yc_log_sink *s, uint32_t mask)
{
    yc_mutex_lock(&s->mutex);
    s->mask &= ~mask;
    derive(s);
    yc_mutex_unlock(&s->mutex);
}

uint32_t yc_log_sink_enabled(struct yc_log_sink *s)
{
    yc_mutex_lock(&s->mutex);
    uint32_t mask = s->mask;
    yc_mutex_unlock(&s->mutex);
    return mask;
}

void yc_log_sink_set_level(struct yc_log_sink *s, uint32_t mask, enum yc_log_level level)
{
    yc_mutex_lock(&s->mutex);
    if (mask == YC_LOG_CATEGORY_ALL)
        s->level = level;
    for (unsigned i = 0; i < 32 && mask != YC_LOG_CATEGORY_ALL; i++) {
        if (mask & 1u << i) {
            s->category_level[i] = level;
            s->has_level |= 1u << i;
        }
    }
    derive(s);
    yc_mutex_unlock(&s->mutex);
}
