#include "sim/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "sys/json_out.h"

#define TEXT_MAX (SIM_TEXT_MAX + 400) /* of one append() */

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

static double speed_of(const struct sim_result *r)
{
    return r->cpu_us ? (double)r->virtual_us / (double)r->cpu_us : 0;
}

void sim_report_headline(struct yc_buf *out)
{
    yc_buf_append_text(
        out, "scenario         seed nodes hours height stale reorgs deepest agree s crashes   x real  trace\n");
}

void sim_report_line(const struct sim_result *r, struct yc_buf *out)
{
    append(out, "%-14s %6" PRIu64 " %5u %5.1f %6u %5u %6u %7u %7.0f %7" PRIu64 " %8.0f  %016" PRIx64 "%s%s\n",
           r->scenario, r->seed, r->nodes, (double)r->virtual_us / 3.6e9, r->height, r->stale, r->reorgs,
           r->reorg_depth_max, (double)r->converge_us / 1e6, r->crashes, speed_of(r), r->trace,
           r->failed ? "  FAILED: " : "", r->failed ? r->why : "");
}

static void put_run(struct yc_json_out *j, const struct sim_result *r)
{
    char trace[24];
    snprintf(trace, sizeof trace, "%016" PRIx64, r->trace);
    yc_json_begin_object(j);
    yc_json_member_text(j, "scenario", r->scenario);
    yc_json_member_u64(j, "seed", r->seed);
    yc_json_member_bool(j, "passed", !r->failed);
    if (r->failed)
        yc_json_member_text(j, "why", r->why);
    yc_json_member_text(j, "trace", trace);
    yc_json_member_u64(j, "nodes", r->nodes);
    yc_json_member_double(j, "virtual_s", (double)r->virtual_us / 1e6);
    yc_json_member_double(j, "cpu_s", (double)r->cpu_us / 1e6);
    yc_json_member_double(j, "times_real_per_core", speed_of(r));
    yc_json_member_u64(j, "height", r->height);
    yc_json_member_u64(j, "blocks", r->blocks);
    yc_json_member_u64(j, "stale", r->stale);
    yc_json_member_u64(j, "reorgs", r->reorgs);
    yc_json_member_u64(j, "reorg_depth_max", r->reorg_depth_max);
    yc_json_member_double(j, "agree_s", (double)r->converge_us / 1e6);
    yc_json_member_u64(j, "payments", r->payments);
    yc_json_member_u64(j, "payments_refused", r->payments_refused);
    yc_json_member_u64(j, "connections", r->connections);
    yc_json_member_u64(j, "crashes", r->crashes);
    yc_json_member_u64(j, "events", r->events);
    yc_json_member_u64(j, "network_bytes", r->messages_bytes);
    yc_json_member_u64(j, "steps", r->steps);
    yc_json_member_u64(j, "node_bytes_peak", r->node_bytes_peak);
    for (unsigned k = 0; k < r->fact_count; k++)
        yc_json_member_int(j, r->fact[k].name, r->fact[k].value);
    yc_json_end_object(j);
}

void sim_report_json(const struct sim_result *results, size_t count, struct yc_buf *out)
{
    struct yc_json_out j;
    size_t failed = 0;
    yc_json_out_init(&j, out, 2);
    yc_json_begin_object(&j);
    yc_json_key(&j, "runs");
    yc_json_begin_array(&j);
    for (size_t k = 0; k < count; k++) {
        put_run(&j, &results[k]);
        failed += results[k].failed;
    }
    yc_json_end_array(&j);
    yc_json_member_u64(&j, "passed", count - failed);
    yc_json_member_u64(&j, "failed", failed);
    yc_json_end_object(&j);
    yc_buf_append_text(out, "\n");
}

/* --- the plot --- */

#define WIDTH  900.0
#define HEIGHT 360.0
#define LEFT   60.0
#define TOP    40.0

struct scale {
    double x_max, y_max, tips_max;
};

static double x_of(const struct scale *s, const struct sim_sample *at)
{
    return LEFT + (WIDTH - 2 * LEFT) * ((double)at->at_us / s->x_max);
}

static void put_line(const struct sim_result *r, const struct scale *s, struct yc_buf *out, const char *colour,
                     int what)
{
    append(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"", colour);
    for (unsigned k = 0; k < r->sample_count; k++) {
        const struct sim_sample *at = &r->sample[k];
        double value = what == 0   ? at->height_max / s->y_max
                       : what == 1 ? at->height_min / s->y_max
                                   : at->tips / s->tips_max;
        append(out, "%.1f,%.1f ", x_of(s, at), TOP + HEIGHT * (1 - value));
    }
    yc_buf_append_text(out, "\"/>\n");
}

static void put_label(struct yc_buf *out, double x, double y, const char *anchor, const char *colour, const char *text)
{
    append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", x, y, anchor, colour, text);
}

void sim_report_svg(const struct sim_result *r, struct yc_buf *out)
{
    struct scale s = {1, 1, 2};
    char text[96];
    for (unsigned k = 0; k < r->sample_count; k++) {
        const struct sim_sample *at = &r->sample[k];
        s.x_max = (double)at->at_us > s.x_max ? (double)at->at_us : s.x_max;
        s.y_max = at->height_max > s.y_max ? at->height_max : s.y_max;
        s.tips_max = at->tips > s.tips_max ? at->tips : s.tips_max;
    }
    append(out,
           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" "
           "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
           WIDTH, HEIGHT + 2 * TOP);
    append(out, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" fill=\"none\" stroke=\"#999\"/>\n", LEFT,
           TOP, WIDTH - 2 * LEFT, HEIGHT);
    put_line(r, &s, out, "#c0392b", 2);
    put_line(r, &s, out, "#7f8c8d", 1);
    put_line(r, &s, out, "#2c5aa0", 0);
    snprintf(text, sizeof text, "%s, seed %" PRIu64 ", %u nodes: %s", r->scenario, r->seed, r->nodes,
             r->failed ? "FAILED" : "passed");
    put_label(out, WIDTH / 2, TOP - 22, "middle", "black", text);
    put_label(out, LEFT, TOP - 6, "start", "#2c5aa0", "height of the highest tip");
    put_label(out, LEFT + 170, TOP - 6, "start", "#7f8c8d", "of the lowest");
    put_label(out, WIDTH - LEFT, TOP - 6, "end", "#c0392b", "different tips");
    snprintf(text, sizeof text, "%.0f", s.y_max);
    put_label(out, LEFT - 6, TOP + 10, "end", "#2c5aa0", text);
    snprintf(text, sizeof text, "%.0f", s.tips_max);
    put_label(out, WIDTH - LEFT + 6, TOP + 10, "start", "#c0392b", text);
    snprintf(text, sizeof text, "%.1f hours", s.x_max / 3.6e9);
    put_label(out, WIDTH - LEFT, TOP + HEIGHT + 18, "end", "black", text);
    yc_buf_append_text(out, "</svg>\n");
}
