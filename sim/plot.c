/* A run as a picture: heights and different tips over time, and the difficulty where it moves. */
#include "sim/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "consensus/pow.h"

#define WIDTH     960.0
#define LEFT      64.0
#define RIGHT     20.0
#define TALL      260.0 /* the panel of heights */
#define LOW       96.0  /* each of the others */
#define GAP       42.0  /* above each panel, where its legend is */
#define LINE      17.0  /* of text */
#define LINE_MOST 132   /* characters */
#define TEXT_MAX  1024

/* Colours by class, so that a viewer with a dark background gets its own. */
static const char style[] =
    "<style>\n"
    ".bg{fill:#fff}text{fill:#222;stroke:none}.muted{fill:#5a6068}.bad{fill:#b3261e}\n"
    ".panel{fill:#fbfcfd;stroke:#c3cad2}.grid{stroke:#e1e6eb}.bar{fill:#b3261e}\n"
    ".heal{stroke:#2e7d4f;stroke-width:1.5;stroke-dasharray:6 4}\n"
    ".a{stroke:#1f5fa8}.b{stroke:#d1730d}.c{stroke:#b3261e}.d{stroke:#6b7580}.e{stroke:#2e7d4f}\n"
    ".line{fill:none;stroke-width:2}.thin{fill:none;stroke-width:1.5}.stem{stroke-width:2.5}\n"
    "@media (prefers-color-scheme:dark){\n"
    ".bg{fill:#14171a}text{fill:#e8eaed}.muted{fill:#a8b0b8}.bad{fill:#ff8a80}\n"
    ".panel{fill:#1b1f24;stroke:#4a545f}.grid{stroke:#2c333b}.bar{fill:#ff8a80}.heal{stroke:#6cc495}\n"
    ".a{stroke:#6fb1ff}.b{stroke:#ffab4d}.c{stroke:#ff8a80}.d{stroke:#a8b0b8}.e{stroke:#6cc495}}\n"
    "</style>\n";

/* printf to the buffer. */
static void YC_PRINTF(2, 3) append(struct yc_buf *out, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    yc_buf_append_text(out, text);
}

struct panel {
    const struct sim_plot *plot;
    struct yc_buf *out;
    double top, height;
    double from_us, to_us; /* what is shown of time */
    double low, high;      /* and of values */
};

static double x_of(const struct panel *p, double at_us)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * (at_us - p->from_us) / (p->to_us - p->from_us);
}

static double y_of(const struct panel *p, double value)
{
    return p->top + p->height * (1 - (value - p->low) / (p->high - p->low));
}

static void put_text(struct yc_buf *out, double x, double y, const char *anchor, const char *class, const char *text)
{
    append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">", x, y, anchor, class);
    for (; *text; text++)
        append(out, *text == '<' ? "&lt;" : *text == '&' ? "&amp;" : "%c", *text);
    yc_buf_append_text(out, "</text>\n");
}

/* 1, 2 or 5 times a power of ten, so that span / step is at most most. */
static double step_for(double span, double most)
{
    for (double ten = 1;; ten *= 10) {
        if (span <= ten * most)
            return ten;
        if (span <= 2 * ten * most)
            return 2 * ten;
        if (span <= 5 * ten * most)
            return 5 * ten;
    }
}

static double tries_log2(uint32_t bits)
{
    struct yc_u256 work = yc_work_of_bits(bits);
    uint64_t tries = work.w[0];
    double log2 = 0;
    for (; tries >= 2; tries /= 2)
        log2++;
    /* Between powers of two a straight line: good enough for a picture. */
    return log2 + ((double)work.w[0] / (double)(UINT64_C(1) << (unsigned)log2) - 1);
}

enum what { HIGHEST, LOWEST, SECRET, TIPS, RUNNING, DEPTH, TRIES };

static double value_of(const struct sim_sample *at, enum what what)
{
    switch (what) {
    case HIGHEST:
        return at->height_max;
    case LOWEST:
        return at->height_min;
    case SECRET:
        return at->height_secret;
    case TIPS:
        return at->tips;
    case RUNNING:
        return at->running;
    case DEPTH:
        return at->depth;
    case TRIES:
        return tries_log2(at->bits);
    }
    return 0;
}

/* Does it ever change? */
static bool moves(const struct sim_plot *plot, enum what what)
{
    for (unsigned k = 1; k < plot->count; k++)
        if (value_of(&plot->sample[k], what) > value_of(&plot->sample[0], what) ||
            value_of(&plot->sample[k], what) < value_of(&plot->sample[0], what))
            return true;
    return false;
}

/* Frame, values to its left, hours below, and the line at which the faults end. */
static void put_frame(const struct panel *p, const char *unit)
{
    struct yc_buf *out = p->out;
    double step = step_for(p->high - p->low, p->height / 30), first = 0, bottom = p->top + p->height;
    double hours = (p->to_us - p->from_us) / 3.6e9, hour_step = step_for(hours, 14);
    append(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"panel\"/>\n", LEFT, p->top,
           WIDTH - LEFT - RIGHT, p->height);
    while (first < p->low)
        first += step;
    for (double v = first; v <= p->high; v += step) {
        char text[24];
        snprintf(text, sizeof text, "%.0f", v);
        append(out, "<path d=\"M%.1f %.1fH%.1f\" class=\"grid\"/>\n", LEFT, y_of(p, v), WIDTH - RIGHT);
        put_text(out, LEFT - 8, y_of(p, v) + 4, "end", "muted", text);
    }
    for (double h = 0; h <= hours; h += hour_step) {
        double x = x_of(p, p->from_us + h * 3.6e9);
        append(out, "<path d=\"M%.1f %.1fV%.1f\" class=\"grid\"/>\n", x, p->top, bottom);
    }
    append(out,
           "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" class=\"muted\" transform=\"rotate(-90 %.1f "
           "%.1f)\">%s</text>\n",
           16.0, p->top + p->height / 2, 16.0, p->top + p->height / 2, unit);
    if (p->plot->healed_us)
        append(out, "<path d=\"M%.1f %.1fV%.1f\" class=\"heal\"/>\n", x_of(p, (double)p->plot->healed_us), p->top,
               bottom);
}

/* A piece of each line beside its name, from the left on. */
static void put_legend(const struct panel *p, double *x, const char *class, const char *name)
{
    double y = p->top - 12;
    append(p->out, "<path d=\"M%.1f %.1fh22\" class=\"%s\"/>\n", *x, y, class);
    put_text(p->out, *x + 28, y + 4, "start", "", name);
    *x += 28 + 7.0 * (double)strlen(name) + 18;
}

/* A value holds until the next look. */
static void put_steps(const struct panel *p, enum what what, const char *class)
{
    double last = value_of(&p->plot->sample[0], what);
    append(p->out, "<path class=\"%s\" d=\"M%.1f %.1f", class, x_of(p, (double)p->plot->sample[0].at_us),
           y_of(p, last));
    for (unsigned k = 1; k < p->plot->count; k++) {
        const struct sim_sample *at = &p->plot->sample[k];
        double value = value_of(at, what);
        if (k + 1 == p->plot->count || value > last || value < last)
            append(p->out, "H%.1fV%.1f", x_of(p, (double)at->at_us), y_of(p, value));
        last = value;
    }
    yc_buf_append_text(p->out, "\"/>\n");
}

/* Times at which nodes did not agree, one bar for as long as it stays the same. */
static void put_bars(const struct panel *p)
{
    const struct sim_sample *at = p->plot->sample;
    for (unsigned k = 0, next; k < p->plot->count; k = next) {
        for (next = k + 1; next < p->plot->count && at[next].tips == at[k].tips; next++)
            continue;
        double from = x_of(p, (double)at[k].at_us), y = y_of(p, at[k].tips);
        double to = next < p->plot->count ? x_of(p, (double)at[next].at_us) : from + 1;
        if (at[k].tips > 1)
            append(p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"bar\"/>\n", from, y,
                   to - from < 1.5 ? 1.5 : to - from, y_of(p, 0) - y);
    }
}

/* One stem for each reorganisation, as long as it was deep. */
static void put_stems(const struct panel *p)
{
    for (unsigned k = 0; k < p->plot->count; k++) {
        const struct sim_sample *at = &p->plot->sample[k];
        if (at->depth)
            append(p->out, "<path d=\"M%.1f %.1fV%.1f\" class=\"c stem\"/>\n", x_of(p, (double)at->at_us), y_of(p, 0),
                   y_of(p, at->depth));
    }
}

static void put_hours(const struct panel *p)
{
    double hours = (p->to_us - p->from_us) / 3.6e9, step = step_for(hours, 14), y = p->top + p->height;
    for (double h = 0; h <= hours; h += step) {
        char text[24];
        snprintf(text, sizeof text, "%.0f", h);
        put_text(p->out, x_of(p, p->from_us + h * 3.6e9), y + 18, "middle", "muted", text);
    }
    put_text(p->out, (LEFT + WIDTH - RIGHT) / 2, y + 38, "middle", "muted", "simulated time in hours");
}

/* The least and the most of a value; a little more than that, so that a line never lies on the frame. */
static void fit(struct panel *p, enum what low, enum what high)
{
    p->low = value_of(&p->plot->sample[0], low);
    p->high = p->low;
    for (unsigned k = 0; k < p->plot->count; k++) {
        double a = value_of(&p->plot->sample[k], low), b = value_of(&p->plot->sample[k], high);
        p->low = a < p->low ? a : p->low;
        p->high = b > p->high ? b : p->high;
    }
    double room = (p->high - p->low) / 20;
    p->low -= room;
    p->high += room > 0 ? room : 1;
}

/* A panel below the last one. */
static void next_panel(struct panel *p, double height)
{
    p->top += p->height + GAP;
    p->height = height;
}

static void put_heights(struct panel *p)
{
    double x = LEFT;
    bool secret = moves(p->plot, SECRET);
    next_panel(p, TALL);
    fit(p, LOWEST, HIGHEST);
    if (secret) {
        double low = p->low, high = p->high;
        fit(p, LOWEST, SECRET);
        p->low = low;
        p->high = high > p->high ? high : p->high;
    }
    put_frame(p, "height of the tip in blocks");
    put_legend(p, &x, "a line", "highest");
    put_legend(p, &x, "b line", "lowest of the honest nodes, where it is behind");
    if (secret)
        put_legend(p, &x, "c thin", "the attacker's");
    if (p->plot->healed_us)
        put_legend(p, &x, "heal", "faults end");
    put_steps(p, LOWEST, "b line");
    if (secret)
        put_steps(p, SECRET, "c thin");
    put_steps(p, HIGHEST, "a line"); /* hides the lowest where that is the same */
}

static void put_small(struct panel *p, enum what what, const char *unit, const char *name)
{
    double x = LEFT;
    next_panel(p, LOW);
    fit(p, what, what);
    if (what != TRIES)
        p->low = 0;
    put_frame(p, unit);
    put_legend(p, &x, what == TIPS || what == DEPTH ? "c stem" : what == TRIES ? "e line" : "d line", name);
    if (what == TIPS)
        put_bars(p);
    else if (what == DEPTH)
        put_stems(p);
    else
        put_steps(p, what, what == TRIES ? "e line" : "d line");
}

/* What does not move is said in the headline. */
static void put_panels(struct panel *p)
{
    put_heights(p);
    put_small(p, TIPS, "tips", "different tips of honest nodes, where there is more than one");
    if (moves(p->plot, DEPTH))
        put_small(p, DEPTH, "blocks", "reorganisations, as long as they were deep");
    if (moves(p->plot, RUNNING))
        put_small(p, RUNNING, "nodes", "honest nodes that run");
    if (moves(p->plot, TRIES))
        put_small(p, TRIES, "log2 of tries", "difficulty: binary logarithm of the tries that a block takes");
    put_hours(p);
}

/* Text in lines of bounded length, broken at spaces; the height of the next line. */
static double put_lines(struct yc_buf *out, double y, const char *class, const char *text)
{
    while (*text) {
        char line[LINE_MOST + 1];
        size_t n = strlen(text);
        if (n > LINE_MOST)
            for (n = LINE_MOST; n > 1 && text[n] != ' '; n--)
                continue;
        memcpy(line, text, n);
        line[n] = 0;
        put_text(out, LEFT, y, "start", class, line);
        y += LINE;
        for (text += n; *text == ' '; text++)
            continue;
    }
    return y;
}

static double put_head(const struct sim_result *r, struct yc_buf *out)
{
    char text[TEXT_MAX];
    const struct sim_scenario *s = sim_scenario_named(r->scenario);
    append(out, "<text x=\"%.1f\" y=\"28\" font-size=\"17\" class=\"%s\">%s, seed %" PRIu64 ": %s</text>\n", LEFT,
           r->failed ? "bad" : "", r->scenario, r->seed, r->failed ? "FAILED" : "passed");
    double y = 50;
    if (r->failed)
        y = put_lines(out, y, "bad", r->why);
    if (s)
        y = put_lines(out, y, "muted", s->shows);
    snprintf(text, sizeof text,
             "%u honest nodes, %" PRId64
             " hours with faults; %u blocks, %u of them stale; %u reorganisations, the deepest of %u",
             r->nodes, r->hours, r->blocks, r->stale, r->reorgs, r->reorg_depth_max);
    return put_lines(out, y, "muted", text);
}

void sim_report_svg(const struct sim_result *r, const struct sim_plot *plot, struct yc_buf *out)
{
    struct yc_buf body;
    yc_buf_init(&body, out->alloc, SIZE_MAX);
    struct panel p = {.plot = plot, .out = &body, .top = put_head(r, &body) - GAP + 26};
    if (plot->count > 1) {
        p.from_us = (double)plot->sample[0].at_us;
        p.to_us = (double)plot->sample[plot->count - 1].at_us;
        put_panels(&p);
    }
    double height = p.top + p.height + 52;
    append(out,
           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
           "font-family=\"sans-serif\" font-size=\"12.5\">\n<title>%s, seed %" PRIu64 "</title>\n",
           WIDTH, height, WIDTH, height, r->scenario, r->seed);
    yc_buf_append_text(out, style);
    yc_buf_append_text(out, "<rect width=\"100%\" height=\"100%\" class=\"bg\"/>\n");
    yc_buf_append(out, body.p, body.n);
    yc_buf_append_text(out, "</svg>\n");
    yc_buf_release(&body);
}
