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
        out, "scenario             seed nodes hours height stale reorgs deepest agree s crashes  x real  trace\n");
}

void sim_report_line(const struct sim_result *r, struct yc_buf *out)
{
    append(out, "%-17s %7" PRIu64 " %5u %5.1f %6u %5u %6u %7u %7.0f %7" PRIu64 " %7.0f  %016" PRIx64 "%s%s\n",
           r->scenario, r->seed, r->nodes, (double)r->virtual_us / 3.6e9, r->height, r->stale, r->reorgs,
           r->reorg_depth_max, (double)r->converge_us / 1e6, r->crashes, speed_of(r), r->trace,
           r->failed ? "  FAILED: " : "", r->failed ? r->why : "");
    for (unsigned k = 0; k < r->fact_count; k++)
        append(out, "%s%s %" PRId64 "%s", k ? ", " : "    ", r->fact[k].name, r->fact[k].value,
               k + 1 == r->fact_count ? "\n" : "");
}

static void put_run(struct yc_json_out *j, const struct sim_result *r)
{
    char trace[24];
    snprintf(trace, sizeof trace, "%016" PRIx64, r->trace);
    yc_json_begin_object(j);
    yc_json_member_text(j, "scenario", r->scenario);
    yc_json_member_u64(j, "seed", r->seed);
    yc_json_member_u64(j, "nodes", r->nodes);
    yc_json_member_int(j, "hours", r->hours);
    yc_json_member_bool(j, "passed", !r->failed);
    if (r->failed)
        yc_json_member_text(j, "why", r->why);
    yc_json_member_text(j, "trace", trace);
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

void sim_report_json_line(const struct sim_result *result, struct yc_buf *out)
{
    struct yc_json_out j;
    yc_json_out_init(&j, out, 0);
    put_run(&j, result);
    yc_buf_append_text(out, "\n");
}

void sim_report_again(const struct sim_result *r, struct yc_buf *out)
{
    append(out, "ycoin-sim --scenario=%s --seed=%" PRIu64 " --replay --nodes=%u --hours=%" PRId64, r->scenario, r->seed,
           r->nodes, r->hours);
    yc_buf_append_text(out, r->more);
}

/* --- the summary --- */

struct sums {
    size_t runs, failed;
    int64_t virtual_us, cpu_us;
    size_t node_bytes_peak;
};

/* Of one scenario; of all with NULL. */
static struct sums add_up(const struct sim_result *results, size_t count, const char *scenario)
{
    struct sums s = {0};
    for (size_t k = 0; k < count; k++) {
        const struct sim_result *r = &results[k];
        if (scenario && strcmp(r->scenario, scenario) != 0)
            continue;
        s.runs++;
        s.failed += r->failed;
        s.virtual_us += r->virtual_us;
        s.cpu_us += r->cpu_us;
        s.node_bytes_peak = r->node_bytes_peak > s.node_bytes_peak ? r->node_bytes_peak : s.node_bytes_peak;
    }
    return s;
}

static void put_sums(struct yc_json_out *j, const struct sums *s)
{
    yc_json_member_u64(j, "played", s->runs);
    yc_json_member_u64(j, "failed", s->failed);
    yc_json_member_double(j, "virtual_hours", (double)s->virtual_us / 3.6e9);
    yc_json_member_double(j, "cpu_s", (double)s->cpu_us / 1e6);
    yc_json_member_double(j, "times_real_per_core", s->cpu_us ? (double)s->virtual_us / (double)s->cpu_us : 0);
    yc_json_member_u64(j, "node_bytes_peak", s->node_bytes_peak);
}

static void put_failure(struct yc_json_out *j, const struct sim_result *r)
{
    struct yc_buf again;
    yc_buf_init(&again, j->buf->alloc, TEXT_MAX);
    sim_report_again(r, &again);
    yc_json_begin_object(j);
    yc_json_member_text(j, "scenario", r->scenario);
    yc_json_member_u64(j, "seed", r->seed);
    yc_json_member_text(j, "why", r->why);
    yc_json_key(j, "again");
    yc_json_put_string(j, yc_buf_view(&again));
    yc_json_end_object(j);
    yc_buf_release(&again);
}

void sim_report_summary(const struct sim_result *results, size_t count, size_t resumed, int64_t wall_us,
                        struct yc_buf *out)
{
    struct yc_json_out j;
    struct sums all = add_up(results, count, NULL);
    yc_json_out_init(&j, out, 2);
    yc_json_begin_object(&j);
    yc_json_member_text(&j, "version", YC_VERSION);
    yc_json_member_u64(&j, "runs", count + resumed);
    yc_json_member_u64(&j, "passed", count + resumed - all.failed);
    yc_json_member_u64(&j, "passed_before", resumed);
    put_sums(&j, &all);
    yc_json_member_double(&j, "wall_s", (double)wall_us / 1e6);
    yc_json_key(&j, "scenarios");
    yc_json_begin_object(&j);
    for (size_t k = 0; sim_scenarios[k]; k++) {
        struct sums s = add_up(results, count, sim_scenarios[k]->name);
        if (s.runs == 0)
            continue;
        yc_json_key(&j, sim_scenarios[k]->name);
        yc_json_begin_object(&j);
        put_sums(&j, &s);
        yc_json_end_object(&j);
    }
    yc_json_end_object(&j);
    yc_json_key(&j, "failures");
    yc_json_begin_array(&j);
    for (size_t k = 0; k < count; k++)
        if (results[k].failed)
            put_failure(&j, &results[k]);
    yc_json_end_array(&j);
    yc_json_end_object(&j);
    yc_buf_append_text(out, "\n");
}
