#include "base/progress.h"

#include "base/result.h"

#include <stdarg.h>
#include <stdio.h>

struct yc_progress yc_progress_of(uint64_t done, uint64_t total, int64_t took_us)
{
    struct yc_progress p = {.done = total ? (double)done / (double)total : 1, .left_s = -1};
    if (p.done > 1)
        p.done = 1;
    /* The first instants say nothing about the rest. */
    if (took_us > 1000000 && p.done > 0.001)
        p.left_s = (int64_t)((double)took_us / 1e6 * (1 - p.done) / p.done);
    return p;
}

void yc_progress_text(char out[YC_PROGRESS_TEXT], struct yc_progress p)
{
    int n = snprintf(out, YC_PROGRESS_TEXT, "%.1f%%", p.done * 100);
    if (p.left_s < 0 || n < 0)
        return;
    const char *unit = p.left_s >= 7200 ? "hours" : p.left_s >= 120 ? "minutes" : "seconds";
    int64_t left = p.left_s >= 7200 ? (p.left_s + 1800) / 3600 : p.left_s >= 120 ? (p.left_s + 30) / 60 : p.left_s;
    snprintf(out + n, YC_PROGRESS_TEXT - (size_t)n, ", about %lld %s left", (long long)left, unit);
}

void yc_meter_begin(struct yc_meter *m, int64_t now_us, int64_t every_us, const struct yc_work_done *w)
{
    *m = (struct yc_meter){
        .begun_us = now_us, .told_us = now_us, .every_us = every_us, .first_done = w->done, .told = *w, .runs = true};
}

void yc_meter_waited(struct yc_meter *m, enum yc_waited what, int64_t us)
{
    if (us > 0)
        m->waited_us[what] += us;
}

bool yc_meter_due(const struct yc_meter *m, int64_t now_us)
{
    return m->runs && now_us - m->told_us >= m->every_us;
}

static const char *limit_of(const struct yc_meter *m, int64_t span_us)
{
    int64_t disk = m->waited_us[YC_WAITED_DISK], peers = m->waited_us[YC_WAITED_PEERS];
    if ((disk + peers) * 2 <= span_us)
        return "the processors";
    return disk > peers ? "the disk" : "the peers";
}

struct line {
    char *out;
    size_t n;
};

static void put(struct line *l, const char *format, ...) YC_PRINTF(2, 3);

static void put(struct line *l, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(l->out + l->n, YC_METER_TEXT - l->n, format, list);
    va_end(list);
    if (n > 0)
        l->n += (size_t)n < YC_METER_TEXT - l->n ? (size_t)n : YC_METER_TEXT - 1 - l->n;
}

void yc_meter_text(struct yc_meter *m, char out[YC_METER_TEXT], int64_t now_us, const struct yc_work_done *w)
{
    const struct yc_work_done *old = &m->told;
    int64_t span_us = now_us > m->told_us ? now_us - m->told_us : 1;
    double s = (double)span_us / 1e6;
    uint64_t blocks = w->blocks > old->blocks ? w->blocks - old->blocks : 0;
    struct line l = {out, 0};
    put(&l, "height %u", w->height);
    if (w->blocks)
        put(&l, ", %.*f blocks/s", (double)blocks / s < 10, (double)blocks / s);
    if (w->txs)
        put(&l, ", %.0f tx/s", w->txs > old->txs ? (double)(w->txs - old->txs) / s : 0.0);
    if (w->bytes)
        put(&l, ", %.1f MB/s", w->bytes > old->bytes ? (double)(w->bytes - old->bytes) / 1e6 / s : 0.0);
    if (w->total > m->first_done) {
        char text[YC_PROGRESS_TEXT];
        /* The time that is left follows from what was done since the beginning, how much there is from all of it. */
        struct yc_progress p = yc_progress_of(w->done, w->total, 0);
        p.left_s = yc_progress_of(w->done - m->first_done, w->total - m->first_done, now_us - m->begun_us).left_s;
        yc_progress_text(text, p);
        put(&l, ", %s", text);
    }
    put(&l, ", limited by %s", limit_of(m, span_us));
    if (w->written_bytes && blocks)
        put(&l, ", %.1f kB written per block", (double)(w->written_bytes - old->written_bytes) / 1e3 / (double)blocks);
    m->told_us = now_us;
    m->told = *w;
    m->waited_us[YC_WAITED_DISK] = m->waited_us[YC_WAITED_PEERS] = 0;
}
