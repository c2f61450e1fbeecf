/* ycoin-sim: from the command line to runs and their report. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "sim/fleet.h"
#include "sim/report.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/options.h"
#include "sys/thread.h"

#define TEXT_BYTES ((size_t)64 << 20)
#define RUNS_MAX   100000
#define HOURS_MAX  87600

#define TEXT YC_OPTION_TEXT
#define FLAG YC_OPTION_FLAG
#define INT  YC_OPTION_INT
#define RUN  "Options:"

static const struct yc_option table[] = {
    {"help", FLAG, 0, NULL, NULL, RUN, "Print this help and exit (also -h or -?)"},
    {"h", FLAG, YC_OPTION_HIDDEN, NULL, NULL, RUN, NULL},
    {"?", FLAG, YC_OPTION_HIDDEN, NULL, NULL, RUN, NULL},
    {"version", FLAG, 0, NULL, NULL, RUN, "Print the version and exit"},
    {"scenario", TEXT, YC_OPTION_NEEDS_VALUE, "=<names>", "all", RUN,
     "Scenarios, with commas between them; all: each; mixed: one for each seed, in turn"},
    {"list", FLAG, 0, NULL, NULL, RUN, "List the scenarios, what each shows and what must hold"},
    {"seed", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "1", RUN, "From which everything follows"},
    {"seeds", TEXT, YC_OPTION_NEEDS_VALUE, "=<a..b>", NULL, RUN, "Each of these seeds, in processes of their own"},
    {"nodes", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "the scenario's", RUN, "Honest nodes, 4 to 2000"},
    {"hours", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "the scenario's", RUN, "Virtual hours with faults"},
    {"jobs", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "the processors", RUN, "Runs at a time"},
    {"report", TEXT, YC_OPTION_NEEDS_VALUE, "=<form>", "table", RUN, "table or json, on standard output"},
    {"svg", TEXT, YC_OPTION_NEEDS_VALUE, "=<file>", NULL, RUN, "Plot tips and forks over time into this file; one run"},
    {"replay", FLAG, 0, NULL, NULL, RUN, "One run in this very process, with every line that its nodes log"},
};

static const struct yc_options_program program = {"ycoin-sim", table, sizeof table / sizeof table[0],
                                                  YC_POSITIONALS_NONE, true};

static const char usage_head[] =
    "ycoin-sim " YC_VERSION ": whole networks of nodes in one process, on a virtual clock\n"
    "\n"
    "Usage:    ycoin-sim [options]\n"
    "Example:  ycoin-sim --scenario=partition --seeds=1..20\n"
    "          ycoin-sim --scenario=crashes --seed=17 --replay | less\n"
    "\n"
    "The same seed gives the same run, event by event: equal traces say so. Each run has faults\n"
    "first, then peace, in which the network must agree. doc/simulator.md says what is checked.\n"
    "\n"
    "Exit status: 0 when all that was promised held in every run; 1 otherwise; 2 for a wrong option.\n"
    "\n";

struct settings {
    struct yc_options *options;
    struct sim_wish *wishes;
    struct sim_result *results;
    size_t count, ended, failed;
    unsigned jobs;
    bool json, progress;
};

static int print(struct yc_buf *b)
{
    bool good = !b->failed && (b->n == 0 || fwrite(b->p, 1, b->n, stdout) == b->n) && fflush(stdout) == 0;
    yc_buf_release(b);
    return good ? 0 : 1;
}

static int print_help(void)
{
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    yc_buf_append_text(&b, usage_head);
    yc_options_help(&program, false, &b);
    return print(&b);
}

static int print_list(void)
{
    for (size_t k = 0; sim_scenarios[k]; k++) {
        const struct sim_scenario *s = sim_scenarios[k];
        printf("%s (%u nodes, %lld h)\n    shows: %s\n    holds: %s\n", s->name, s->plan.nodes,
               (long long)s->plan.hours, s->shows, s->expects);
    }
    return 0;
}

/* --- what to play --- */

static enum yc_verdict read_seeds(const struct settings *s, uint64_t *first, uint64_t *last, struct yc_error *err)
{
    int64_t seed = 1;
    unsigned long long a, b;
    char end;
    const char *range = yc_options_text(s->options, "seeds", NULL);
    enum yc_verdict v =
        yc_options_int(s->options, "seed", 1, (struct yc_int_range){"a seed", 0, INT64_MAX}, &seed, err);
    *first = *last = (uint64_t)seed;
    if (v != YC_VALID || !range)
        return v;
    if (sscanf(range, "%llu..%llu%c", &a, &b, &end) != 2 || a > b || b - a >= RUNS_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "--seeds=%s is no range: give two numbers such as 1..200, at most %d apart", range, RUNS_MAX);
    *first = a;
    *last = b;
    return YC_VALID;
}

static bool add_wishes(struct settings *s, const struct sim_wish *like, uint64_t first, uint64_t last)
{
    size_t more = (size_t)(last - first + 1);
    struct sim_wish *grown = realloc(s->wishes, (s->count + more) * sizeof *grown);
    if (!grown)
        return false;
    s->wishes = grown;
    for (uint64_t seed = first; more--; seed++) {
        s->wishes[s->count] = *like;
        s->wishes[s->count++].seed = seed;
    }
    return true;
}

static enum yc_verdict add_mixed(struct settings *s, const struct sim_wish *like, uint64_t first, uint64_t last,
                                 struct yc_error *err)
{
    struct sim_wish one = *like;
    size_t scenarios = 0;
    while (sim_scenarios[scenarios])
        scenarios++;
    for (uint64_t seed = first; seed - first <= last - first; seed++) {
        one.scenario = sim_scenarios[seed % scenarios];
        if (!add_wishes(s, &one, seed, seed))
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for so many runs");
    }
    return YC_VALID;
}

static enum yc_verdict read_wishes(struct settings *s, struct yc_error *err)
{
    uint64_t first = 0, last = 0;
    int64_t nodes = 0, hours = 0;
    const char *names = yc_options_text(s->options, "scenario", "all");
    enum yc_verdict v = read_seeds(s, &first, &last, err);
    if (v == YC_VALID && yc_options_is_set(s->options, "nodes"))
        v = yc_options_int(s->options, "nodes", 0, (struct yc_int_range){"a number of nodes", 4, 2000}, &nodes, err);
    if (v == YC_VALID && yc_options_is_set(s->options, "hours"))
        v = yc_options_int(s->options, "hours", 0, (struct yc_int_range){"a number of hours", 1, HOURS_MAX}, &hours,
                           err);
    struct sim_wish like = {.nodes = (unsigned)nodes, .hours = hours};
    bool all = strcmp(names, "all") == 0, room = true;
    if (v == YC_VALID && strcmp(names, "mixed") == 0)
        return add_mixed(s, &like, first, last, err);
    for (size_t k = 0; v == YC_VALID && all && room && sim_scenarios[k]; k++) {
        like.scenario = sim_scenarios[k];
        room = add_wishes(s, &like, first, last);
    }
    for (const char *at = names; v == YC_VALID && !all && room; at++) {
        char name[32];
        size_t n = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), at);
        like.scenario = sim_scenario_named(name);
        if (!like.scenario)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "there is no scenario '%s': --list shows all", name);
        room = add_wishes(s, &like, first, last);
        at += n;
        if (!*at)
            break;
    }
    return room ? v : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for so many runs");
}

static enum yc_verdict read_settings(struct settings *s, struct yc_error *err)
{
    int64_t jobs = 1;
    const char *form = yc_options_text(s->options, "report", "table");
    enum yc_verdict v = yc_options_int(s->options, "jobs", yc_processor_count(),
                                       (struct yc_int_range){"a number of runs at a time", 1, 64}, &jobs, err);
    if (v != YC_VALID)
        return v;
    s->jobs = (unsigned)jobs;
    s->json = strcmp(form, "json") == 0;
    s->progress = isatty(STDERR_FILENO);
    if (!s->json && strcmp(form, "table") != 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "--report=%s is no form: give table or json", form);
    v = read_wishes(s, err);
    if (v == YC_VALID && s->count > 1 &&
        (yc_options_flag(s->options, "replay", false) || yc_options_is_set(s->options, "svg")))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "--replay and --svg show one run: name one --scenario and one --seed");
    s->results = v == YC_VALID ? calloc(s->count, sizeof *s->results) : NULL;
    if (v == YC_VALID && !s->results)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for so many results");
    return v;
}

/* --- playing --- */

static void show(const struct settings *s, size_t k)
{
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    if (!s->json)
        sim_report_line(&s->results[k], &b);
    if (s->results[k].failed)
        fprintf(stderr,
                "%sFAILED: %s: %s\n  again: ycoin-sim --scenario=%s --seed=%" PRIu64
                " --nodes=%u --hours=%lld --replay\n",
                s->progress ? "\r\033[K" : "", s->results[k].scenario, s->results[k].why, s->results[k].scenario,
                s->results[k].seed, s->results[k].nodes, (long long)s->results[k].hours);
    (void)print(&b);
}

static void on_done(void *ctx, size_t k)
{
    struct settings *s = ctx;
    s->ended++;
    s->failed += s->results[k].failed;
    show(s, k);
    if (s->progress && s->count > 1)
        fprintf(stderr, "\r\033[K%zu of %zu runs, %zu failed", s->ended, s->count, s->failed);
}

static int write_svg(const struct settings *s)
{
    struct yc_buf b;
    const char *path = yc_options_text(s->options, "svg", NULL);
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!path)
        return 0;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    sim_report_svg(&s->results[0], &b);
    bool good = f && !b.failed && fwrite(b.p, 1, b.n, f) == b.n;
    good = f && fclose(f) == 0 && good;
    yc_buf_release(&b);
    if (!good)
        fprintf(stderr, "ycoin-sim: the plot cannot be written to %s\n", path);
    return good ? 0 : 1;
}

static int play(struct settings *s)
{
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    if (!s->json)
        sim_report_headline(&b);
    (void)print(&b);
    if (yc_options_flag(s->options, "replay", false)) {
        setenv("YC_SIM_LOG", "1", 1);
        sim_play(&s->wishes[0], &s->results[0]);
        on_done(s, 0);
    } else {
        s->wishes[0].show_progress = s->count == 1 && s->progress;
        if (!sim_fleet_play(s->wishes, s->count, s->jobs, s->results, on_done, s))
            return 1;
    }
    if (s->progress)
        fputs("\r\033[K", stderr);
    if (s->json) {
        yc_buf_init(&b, yc_heap(), TEXT_BYTES);
        sim_report_json(s->results, s->count, &b);
        (void)print(&b);
    } else {
        printf("%zu runs, %zu failed\n", s->count, s->failed);
    }
    return write_svg(s) == 0 && s->failed == 0 ? 0 : 1;
}

static int run(struct settings *s, int argc, const char *const *argv)
{
    struct yc_error err;
    if (yc_options_read_arguments(s->options, argc, argv, &err) != YC_VALID)
        goto wrong;
    if (yc_options_flag(s->options, "help", false) || yc_options_flag(s->options, "h", false) ||
        yc_options_flag(s->options, "?", false))
        return print_help();
    if (yc_options_flag(s->options, "version", false)) {
        puts("ycoin-sim version " YC_VERSION);
        return 0;
    }
    if (yc_options_flag(s->options, "list", false))
        return print_list();
    if (read_settings(s, &err) == YC_VALID)
        return play(s);
wrong:
    fprintf(stderr, "ycoin-sim: %s\n", err.text);
    return 2;
}

int main(int argc, char **argv)
{
    struct yc_error err;
    struct settings s = {0};
    if (yc_sha256_select(NULL, &err) != YC_VALID || yc_options_new(&s.options, yc_heap(), &program, &err) != YC_VALID) {
        fprintf(stderr, "ycoin-sim: %s\n", err.text);
        return 1;
    }
    int status = run(&s, argc, (const char *const *)argv);
    free(s.wishes);
    free(s.results);
    yc_options_free(s.options);
    return status;
}
