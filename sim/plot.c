/* A run as a picture: heights and different tips over time, and the difficulty where it moves. */
#include "sim/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "consensus/pow.h"

#define WIDTH    960.0
#define LEFT     70.0
#define RIGHT    24.0
#define TOP      64.0
#define TALL     260.0 /* the panel of heights */
#define LOW      110.0 /* each of the others */
#define GAP      34.0
#define TEXT_MAX 512
#define BLUE     "#1f5fa8"
#define GREY     "#8a94a0"
#define RED      "#c0392b"
#define GREEN    "#2e7d4f"

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

static void put_text(struct yc_buf *out, double x, double y, const char *anchor, const char *colour, const char *text)
{
    append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", x, y, anchor, colour, text);
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

enum what { HIGHEST, LOWEST, TIPS, RUNNING, TRIES };

static double value_of(const struct sim_sample *at, enum what what)
{
    switch (what) {
    case HIGHEST:
        return at->height_max;
    case LOWEST:
        return at->height_min;
    case TIPS:
        return at->tips;
    case RUNNING:
        return at->running;
    case TRIES:
        return tries_log2(at->bits);
    }
    return 0;
}

static void put_frame(const struct panel *p, const char *title)
{
    struct yc_buf *out = p->out;
    double step = step_for(p->high - p->low, p->height / 40), first = 0;
    append(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#fbfcfd\" stroke=\"#c9d0d8\"/>\n",
           LEFT, p->top, WIDTH - LEFT - RIGHT, p->height);
    while (first < p->low)
        first += step;
    for (double v = first; v <= p->high; v += step) {
        char text[24];
        snprintf(text, sizeof text, "%.0f", v);
        append(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e3e7ec\"/>\n", LEFT, WIDTH - RIGHT,
               y_of(p, v), y_of(p, v));
        put_text(out, LEFT - 8, y_of(p, v) + 4, "end", "#555", text);
    }
    put_text(out, LEFT, p->top - 8, "start", "#222", title);
    if (p->plot->healed_us)
        append(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-dasharray=\"5 4\"/>\n",
               x_of(p, (double)p->plot->healed_us), x_of(p, (double)p->plot->healed_us), p->top, p->top + p->height,
               GREEN);
}

/* A value holds until the next look. */
static void put_steps(const struct panel *p, enum what what, const char *colour, double width)
{
    append(p->out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" points=\"", colour, width);
    for (unsigned k = 0; k < p->plot->count; k++) {
        const struct sim_sample *at = &p->plot->sample[k];
        if (k)
            append(p->out, "%.1f,%.1f ", x_of(p, (double)at->at_us), y_of(p, value_of(at - 1, what)));
        append(p->out, "%.1f,%.1f ", x_of(p, (double)at->at_us), y_of(p, value_of(at, what)));
    }
    yc_buf_append_text(p->out, "\"/>\n");
}

/* Moments at which nodes did not agree, as bars over one tip. */
static void put_bars(const struct panel *p, const char *colour)
{
    for (unsigned k = 0; k < p->plot->count; k++) {
        const struct sim_sample *at = &p->plot->sample[k];
        double from = x_of(p, (double)at->at_us), y = y_of(p, at->tips), base = y_of(p, 1);
        double to = k + 1 < p->plot->count ? x_of(p, (double)at[1].at_us) : from + 1;
        if (at->tips > 1)
            append(p->out, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"%s\"/>\n", from, y,
                   to - from < 0.8 ? 0.8 : to - from, base - y, colour);
    }
}

static void put_hours(const struct panel *p)
{
    double hours = (p->to_us - p->from_us) / 3.6e9, step = step_for(hours, 14);
    for (double h = 0; h <= hours; h += step) {
        char text[24];
        double x = x_of(p, p->from_us + h * 3.6e9), y = p->top + p->height;
        snprintf(text, sizeof text, "%.0f h", h);
        append(p->out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#888\"/>\n", x, x, y, y + 5);
        put_text(p->out, x, y + 19, "middle", "#555", text);
    }
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

static void put_panels(struct panel *p, bool difficulty)
{
    fit(p, LOWEST, HIGHEST);
    put_frame(p, "height: highest tip (blue), lowest (grey)");
    put_steps(p, LOWEST, GREY, 1.2);
    put_steps(p, HIGHEST, BLUE, 1.8);
    p->top += p->height + GAP;
    p->height = LOW;
    fit(p, RUNNING, RUNNING);
    double running = p->high;
    fit(p, TIPS, TIPS);
    p->low = 0;
    p->high = running > p->high ? running : p->high;
    put_frame(p, "nodes that run (grey), different tips among them, where they are more than one (red)");
    put_steps(p, RUNNING, GREY, 1.2);
    put_bars(p, RED);
    if (difficulty) {
        p->top += p->height + GAP;
        fit(p, TRIES, TRIES);
        put_frame(p, "difficulty: binary logarithm of the tries for a block");
        put_steps(p, TRIES, GREEN, 1.5);
    }
    put_hours(p);
}

void sim_report_svg(const struct sim_result *r, const struct sim_plot *plot, struct yc_buf *out)
{
    char text[TEXT_MAX];
    bool difficulty = false;
    for (unsigned k = 1; k < plot->count; k++)
        difficulty |= plot->sample[k].bits != plot->sample[0].bits;
    double height = TOP + TALL + GAP + LOW + (difficulty ? GAP + LOW : 0) + 40;
    struct panel p = {.plot = plot, .out = out, .top = TOP, .height = TALL};
    append(out,
           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
           "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
           WIDTH, height, WIDTH, height);
    snprintf(text, sizeof text, "%s, seed %" PRIu64 ", %u nodes: %s", r->scenario, r->seed, r->nodes,
             r->failed ? "FAILED" : "passed");
    append(out, "<text x=\"%.1f\" y=\"24\" font-size=\"16\" fill=\"%s\">%s</text>\n", LEFT, r->failed ? RED : "#222",
           text);
    snprintf(text, sizeof text, "%u stale blocks, %u reorganisations, the deepest of %u; faults end at the dashed line",
             r->stale, r->reorgs, r->reorg_depth_max);
    put_text(out, WIDTH - RIGHT, 24, "end", "#555", text);
    if (plot->count > 1) {
        p.from_us = (double)plot->sample[0].at_us;
        p.to_us = (double)plot->sample[plot->count - 1].at_us;
        put_panels(&p, difficulty);
    }
    yc_buf_append_text(out, "</svg>\n");
}
