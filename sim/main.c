/* ycoin-sim: from the command line to runs and their report. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "sim/fleet.h"
#include "sim/journal.h"
#include "sim/report.h"
#include "sys/clock.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/options.h"
#include "sys/thread.h"

#define TEXT_BYTES ((size_t)64 << 20)
#define RUNS_MAX   100000
#define HOURS_MAX  87600
#define QUIET_US   INT64_C(30000000) /* between lines of progress that go into a log */

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
    {"seeds", TEXT, YC_OPTION_NEEDS_VALUE, "=<a..b>", NULL, RUN,
     "Each of these seeds, in processes of their own; with --scenario=mixed one run for each seed"},
    {"nodes", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "the scenario's", RUN, "Honest nodes, 4 to 2000"},
    {"hours", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "the scenario's", RUN, "Virtual hours with faults"},
    {"payments", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "the scenario's", RUN, "Payments in an hour, on average"},
    {"shares", TEXT, YC_OPTION_NEEDS_VALUE, "=<a,b,…>", "by chance", RUN,
     "Hash rate of nodes 0, 1, …, as numbers of any unit; nodes that are not named find no blocks"},
    {"jobs", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "the processors", RUN, "Runs at a time"},
    {"journal", TEXT, YC_OPTION_NEEDS_VALUE, "=<file>", NULL, RUN,
     "Append each run as a line of JSON; runs that passed according to the file are not played again"},
    {"report", TEXT, YC_OPTION_NEEDS_VALUE, "=<form>", "table", RUN,
     "table, json, or summary (JSON, a few lines for any number of runs), on standard output"},
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
    "          ycoin-sim --scenario=plain --nodes=50 --hours=6 --payments=200 --shares=40,30,20,10 --svg=plain.svg\n"
    "          ycoin-sim --scenario=mixed --seeds=1..10000 --journal=seeds.jsonl --report=summary\n"
    "\n"
    "The same seed gives the same run, event by event: equal traces say so. Each run has faults\n"
    "first, then peace, in which the network must agree. doc/simulator.md says what is checked.\n"
    "\n"
    "Exit status: 0 when all that was promised held in every run; 1 otherwise; 2 for a wrong option.\n"
    "\n";

enum form { TABLE, JSON, SUMMARY };

struct settings {
    struct yc_options *options;
    struct sim_wish *wishes;
    struct sim_result *results;
    struct sim_plot plot;
    struct sim_journal journal;
    size_t count, resumed, ended, failed;
    unsigned jobs;
    enum form form;
    bool terminal, unwritten;
    struct yc_clock_real clock;
    int64_t begun_us, told_us;
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
        struct sim_wish *wish = &s->wishes[s->count];
        *wish = *like;
        wish->seed = seed;
        if (sim_journal_has(&s->journal, wish))
            s->resumed++;
        else
            s->count++;
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

static enum yc_verdict read_shares(const struct settings *s, struct sim_wish *like, struct yc_error *err)
{
    const char *text = yc_options_text(s->options, "shares", NULL), *at = text;
    uint64_t sum = 0;
    while (at && like->share_count < SIM_SHARES_MAX) {
        uint32_t share;
        int n = 0;
        if (sscanf(at, "%6" SCNu32 "%n", &share, &n) != 1 || (at[n] && at[n] != ','))
            break;
        like->share[like->share_count++] = share;
        sum += share;
        at = at[n] ? at + n + 1 : NULL;
    }
    if (text && (at || sum == 0))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "--shares=%s are no shares: give up to %d whole numbers below 1000000 with commas between them, "
                       "not all of them 0",
                       text, SIM_SHARES_MAX);
    return YC_VALID;
}

/* What is the same in all runs. */
static enum yc_verdict read_like(const struct settings *s, struct sim_wish *like, struct yc_error *err)
{
    int64_t nodes = 0, payments = 0;
    enum yc_verdict v = read_shares(s, like, err);
    if (v == YC_VALID && yc_options_is_set(s->options, "nodes"))
        v = yc_options_int(s->options, "nodes", 0, (struct yc_int_range){"a number of nodes", 4, 2000}, &nodes, err);
    if (v == YC_VALID && yc_options_is_set(s->options, "hours"))
        v = yc_options_int(s->options, "hours", 0, (struct yc_int_range){"a number of hours", 1, HOURS_MAX},
                           &like->hours, err);
    if (v == YC_VALID && yc_options_is_set(s->options, "payments")) {
        v = yc_options_int(s->options, "payments", 0,
                           (struct yc_int_range){"a number of payments in an hour", 0, 36000}, &payments, err);
        like->pay_every_us = payments ? SIM_HOUR_US / payments : -1;
    }
    like->nodes = (unsigned)nodes;
    if (v != YC_VALID)
        return v;
    size_t n = 0;
    if (like->pay_every_us)
        n = (size_t)snprintf(like->more, sizeof like->more, " --payments=%" PRId64, payments);
    if (like->share_count)
        n += (size_t)snprintf(like->more + n, sizeof like->more - n, " --shares=%s",
                              yc_options_text(s->options, "shares", ""));
    if (n >= sizeof like->more)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "--shares is too long: use smaller numbers");
    if (n && yc_options_is_set(s->options, "journal"))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "--journal keeps no account of --payments and --shares: leave it or them away");
    return YC_VALID;
}

static enum yc_verdict read_wishes(struct settings *s, struct yc_error *err)
{
    uint64_t first = 0, last = 0;
    const char *names = yc_options_text(s->options, "scenario", "all");
    struct sim_wish like = {0};
    enum yc_verdict v = read_seeds(s, &first, &last, err);
    if (v == YC_VALID)
        v = read_like(s, &like, err);
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
    s->form = strcmp(form, "json") == 0 ? JSON : strcmp(form, "summary") == 0 ? SUMMARY : TABLE;
    s->terminal = isatty(STDERR_FILENO);
    if (s->form == TABLE && strcmp(form, "table") != 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "--report=%s is no form: give table, json or summary", form);
    const char *journal = yc_options_text(s->options, "journal", NULL);
    if (journal)
        v = sim_journal_open(&s->journal, journal, err);
    if (v == YC_VALID)
        v = read_wishes(s, err);
    if (v == YC_VALID && s->count > 1 &&
        (yc_options_flag(s->options, "replay", false) || yc_options_is_set(s->options, "svg")))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "--replay and --svg show one run: name one --scenario and one --seed");
    s->results = v == YC_VALID ? calloc(s->count + 1, sizeof *s->results) : NULL;
    if (v == YC_VALID && !s->results)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for so many results");
    return v;
}

/* --- playing --- */

static int64_t now_us(const struct settings *s)
{
    return yc_mono_us(&s->clock.clock);
}

static void show(const struct settings *s, const struct sim_result *r)
{
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    if (s->form == TABLE)
        sim_report_line(r, &b);
    (void)print(&b);
    if (!r->failed)
        return;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    sim_report_again(r, &b);
    fprintf(stderr, "%sFAILED: %s seed %" PRIu64 ": %s\n  again: %.*s\n", s->terminal ? "\r\033[K" : "", r->scenario,
            r->seed, r->why, (int)b.n, (const char *)b.p);
    yc_buf_release(&b);
}

/* On a terminal one line that changes; into a log a line now and then. */
static void show_progress(struct settings *s)
{
    int64_t at_us = now_us(s);
    if (s->count < 2 || (!s->terminal && (at_us - s->told_us < QUIET_US || s->ended == s->count)))
        return;
    double took_s = (double)(at_us - s->begun_us) / 1e6, rate = took_s > 0 ? (double)s->ended / took_s : 0;
    int64_t left_s = rate > 0 ? (int64_t)((double)(s->count - s->ended) / rate) : 0;
    fprintf(stderr, "%s%zu of %zu runs, %zu failed, %.2f a second, %" PRId64 " h %02" PRId64 " min left%s",
            s->terminal ? "\r\033[K" : "", s->resumed + s->ended, s->resumed + s->count, s->failed, rate, left_s / 3600,
            left_s / 60 % 60, s->terminal ? "" : "\n");
    s->told_us = at_us;
}

static void on_done(void *ctx, size_t k)
{
    struct settings *s = ctx;
    s->ended++;
    s->failed += s->results[k].failed;
    show(s, &s->results[k]);
    s->unwritten |= !sim_journal_add(&s->journal, &s->results[k]);
    show_progress(s);
}

static int write_svg(const struct settings *s)
{
    struct yc_buf b;
    const char *path = yc_options_text(s->options, "svg", NULL);
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!path)
        return 0;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    sim_report_svg(&s->results[0], &s->plot, &b);
    bool good = f && !b.failed && fwrite(b.p, 1, b.n, f) == b.n;
    good = f && fclose(f) == 0 && good;
    yc_buf_release(&b);
    if (!good)
        fprintf(stderr, "ycoin-sim: the plot cannot be written to %s\n", path);
    return good ? 0 : 1;
}

static int conclude(struct settings *s)
{
    struct yc_buf b;
    if (s->terminal)
        fputs("\r\033[K", stderr);
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    if (s->form == JSON)
        sim_report_json(s->results, s->count, &b);
    else if (s->form == SUMMARY)
        sim_report_summary(s->results, s->count, s->resumed, now_us(s) - s->begun_us, &b);
    (void)print(&b);
    if (s->form == TABLE && s->resumed)
        printf("%zu runs passed before, according to the journal\n", s->resumed);
    if (s->form == TABLE)
        printf("%zu runs, %zu failed\n", s->count, s->failed);
    for (size_t k = 0; k < s->count; k++)
        if (s->results[k].failed && s->count > 1) {
            fputs("first of those that failed, ", stderr);
            show(&(struct settings){.form = JSON}, &s->results[k]);
            break;
        }
    if (s->unwritten)
        fprintf(stderr, "ycoin-sim: not every run could be written into the journal\n");
    return write_svg(s) == 0 && s->failed == 0 && !s->unwritten ? 0 : 1;
}

static int play(struct settings *s)
{
    struct yc_buf b;
    bool replay = yc_options_flag(s->options, "replay", false);
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    if (s->form == TABLE)
        sim_report_headline(&b);
    (void)print(&b);
    yc_clock_real_init(&s->clock);
    s->begun_us = s->told_us = now_us(s);
    if (replay)
        setenv("YC_SIM_LOG", "1", 1);
    if (s->count == 1 && (replay || yc_options_is_set(s->options, "svg"))) {
        s->wishes[0].show_progress = s->terminal && !replay;
        sim_play(&s->wishes[0], &s->results[0], &s->plot);
        on_done(s, 0);
        return conclude(s);
    }
    if (s->count)
        s->wishes[0].show_progress = s->count == 1 && s->terminal;
    if (!sim_fleet_play(s->wishes, s->count, s->jobs, s->results, on_done, s))
        return 1;
    return conclude(s);
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
    static struct settings s;
    if (yc_sha256_select(NULL, &err) != YC_VALID || yc_options_new(&s.options, yc_heap(), &program, &err) != YC_VALID) {
        fprintf(stderr, "ycoin-sim: %s\n", err.text);
        return 1;
    }
    int status = run(&s, argc, (const char *const *)argv);
    sim_journal_close(&s.journal);
    free(s.wishes);
    free(s.results);
    yc_options_free(s.options);
    return status;
}
