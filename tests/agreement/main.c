/* ycoin-agreement: any number of signatures through the lanes and through libsecp256k1, on all processors. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "crypto/sha256.h"
#include "crypto/sigbatch/lanes.h"
#include "sys/clock.h"
#include "sys/daemon.h"
#include "sys/heap.h"
#include "sys/options.h"
#include "sys/thread.h"
#include "tests/agreement/judge.h"

#define TEXT_BYTES  (1u << 20)
#define THREADS_MAX 256
#define LOOK_MS     50
#define PROGRESS_US (10 * INT64_C(1000000))

#define STATUS_NO_LANES 77 /* what ctest takes as skipped */

#define FLAG YC_OPTION_FLAG
#define INT  YC_OPTION_INT
#define RUN  "Options:"

static const struct yc_option table[] = {
    {"help", FLAG, 0, NULL, NULL, RUN, "Print this help and exit (also -h or -?)"},
    {"h", FLAG, YC_OPTION_HIDDEN, NULL, NULL, RUN, NULL},
    {"?", FLAG, YC_OPTION_HIDDEN, NULL, NULL, RUN, NULL},
    {"seed", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "1", RUN, "From which all signatures follow"},
    {"count", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "1000000", RUN, "How many signatures the whole run has"},
    {"first", INT, YC_OPTION_NEEDS_VALUE, "=<slice>", "0", RUN,
     "Begin at this slice of 16384 signatures of the same run: where one was broken off"},
    {"threads", INT, YC_OPTION_NEEDS_VALUE, "=<n>", "the processors", RUN, "Threads"},
    {"lanes", YC_OPTION_TEXT, YC_OPTION_NEEDS_VALUE, "=<name>", "the fastest", RUN,
     "These lanes: avx512-ifma, avx-ifma or avx2, as the processor has them"},
};

static const struct yc_options_program program = {"ycoin-agreement", table, sizeof table / sizeof table[0],
                                                  YC_POSITIONALS_NONE, true};

static const char usage_head[] =
    "ycoin-agreement: signatures through the lanes and through libsecp256k1\n"
    "\n"
    "Usage:    ycoin-agreement [options]\n"
    "Example:  ycoin-agreement --seed=1 --count=100000000 --threads=16\n"
    "\n"
    "Both kinds, seven in eight good, the rest spoilt. Progress goes to standard error, as does each\n"
    "difference with all its bytes; the last line, with the totals, to standard output. Ctrl-C ends\n"
    "it at the end of each thread's slice and says with which --first to go on.\n"
    "\n"
    "Exit status: 0 when all was checked without a difference; 1 after a difference, an error or\n"
    "a signal; 77 when this machine has no lanes.\n"
    "\n";

struct run {
    struct yc_sigengine engine;
    secp256k1_context *secp;
    uint64_t seed, count, first, slices; /* slices first..slices - 1 */
    unsigned threads;
    struct yc_clock_real clock;
    struct yc_mutex mutex; /* what follows */
    uint64_t next;         /* the first slice that nobody has taken */
    uint64_t taken[THREADS_MAX];
    bool failed;
    struct totals totals;
    unsigned ended;
};

struct worker {
    struct run *run;
    struct yc_thread thread;
    unsigned which;
};

#define NO_SLICE UINT64_MAX

static bool take_slice(struct run *r, unsigned which, uint64_t *slice)
{
    yc_mutex_lock(&r->mutex);
    bool more = r->next < r->slices;
    r->taken[which] = *slice = more ? r->next++ : NO_SLICE;
    yc_mutex_unlock(&r->mutex);
    return more;
}

/* No thread takes another slice. */
static void stop(struct run *r)
{
    yc_mutex_lock(&r->mutex);
    r->slices = r->next;
    yc_mutex_unlock(&r->mutex);
}

static void add_totals(struct run *r, const struct totals *t)
{
    yc_mutex_lock(&r->mutex);
    r->totals.checked += t->checked;
    r->totals.good += t->good;
    r->totals.sure += t->sure;
    r->totals.accepted += t->accepted;
    r->totals.missed += t->missed;
    r->totals.refused += t->refused;
    yc_mutex_unlock(&r->mutex);
}

static void work(void *arg)
{
    const struct worker *w = arg;
    struct run *r = w->run;
    struct judge *j = judge_new(&r->engine, r->secp);
    uint64_t slice;
    while (j && take_slice(r, w->which, &slice)) {
        struct totals t = {0};
        uint64_t left = r->count - slice * SLICE_SIGNATURES;
        judge_slice(j, r->seed, slice, left < SLICE_SIGNATURES ? (unsigned)left : SLICE_SIGNATURES, &t);
        add_totals(r, &t);
    }
    yc_mutex_lock(&r->mutex);
    r->failed = r->failed || !j;
    r->ended++;
    yc_mutex_unlock(&r->mutex);
    judge_free(j);
}

/* The first slice that is not done: all before it are. */
static uint64_t first_open(const struct run *r)
{
    uint64_t open = r->next;
    for (unsigned i = 0; i < r->threads; i++)
        open = r->taken[i] < open ? r->taken[i] : open;
    return open;
}

static uint64_t differences(const struct totals *t)
{
    return t->accepted + t->missed + t->refused;
}

static void show_progress(const struct run *r, int64_t took_us)
{
    uint64_t first = r->first * SLICE_SIGNATURES, all = r->count - first;
    double rate = (double)r->totals.checked / ((double)took_us / 1e6);
    fprintf(stderr,
            "%" PRIu64 " of %" PRIu64 " (%.1f %%), %.0f a second, %.0f s to go, %" PRIu64
            " differences; goes on with --first=%" PRIu64 "\n",
            r->totals.checked, all, 100 * (double)r->totals.checked / (double)all, rate,
            (double)(all - r->totals.checked) / (rate + 1), differences(&r->totals), first_open(r));
}

/* Until all threads have ended; true when none was told to. */
static bool watch(struct run *r, struct yc_signals *signals, int64_t begun_us)
{
    struct pollfd fd = {.fd = signals->fd, .events = POLLIN};
    int64_t shown_us = begun_us;
    bool whole = true, over = false;
    while (!over) {
        bool told = poll(&fd, 1, LOOK_MS) > 0 && yc_signals_take(signals) != 0;
        int64_t now_us = yc_mono_us(&r->clock.clock);
        yc_mutex_lock(&r->mutex);
        over = r->ended == r->threads;
        if (told || now_us - shown_us >= PROGRESS_US) {
            show_progress(r, now_us - begun_us + 1);
            shown_us = now_us;
        }
        yc_mutex_unlock(&r->mutex);
        if (told && !over) {
            whole = false;
            stop(r);
        }
    }
    return whole;
}

static int report(const struct run *r, bool whole, int64_t took_us)
{
    const struct totals *t = &r->totals;
    printf("%" PRIu64 " signatures of seed %" PRIu64 " in %.1f s on %u threads (%s): %" PRIu64
           " good by libsecp256k1, %" PRIu64 " bad; lanes sure of %" PRIu64 "; accepted wrongly %" PRIu64
           ", not known %" PRIu64 ", refused %" PRIu64 "; %" PRIu64 " differences\n",
           t->checked, r->seed, (double)took_us / 1e6, r->threads, r->engine.name, t->good, t->checked - t->good,
           t->sure, t->accepted, t->missed, t->refused, differences(t));
    if (!whole)
        fprintf(stderr, "ycoin-agreement: broken off; goes on with --first=%" PRIu64 "\n", first_open(r));
    if (r->failed)
        fprintf(stderr, "ycoin-agreement: no memory for a thread\n");
    return whole && !r->failed && differences(t) == 0 ? 0 : 1;
}

static enum yc_verdict check_all(struct run *r, int *status, struct yc_error *err)
{
    static struct worker workers[THREADS_MAX];
    struct yc_signals signals;
    unsigned started = 0;
    enum yc_verdict v = yc_signals_open(&signals, err);
    if (v != YC_VALID)
        return v;
    int64_t begun_us = yc_mono_us(&r->clock.clock);
    yc_mutex_init(&r->mutex);
    for (; v == YC_VALID && started < r->threads; started++) {
        workers[started] = (struct worker){.run = r, .which = started};
        v = yc_thread_start(&workers[started].thread, "agreement", work, &workers[started], err);
    }
    if (v != YC_VALID)
        stop(r);
    bool whole = v == YC_VALID && watch(r, &signals, begun_us);
    for (unsigned i = 0; i < started; i++)
        yc_thread_join(&workers[i].thread);
    if (v == YC_VALID)
        *status = report(r, whole, yc_mono_us(&r->clock.clock) - begun_us);
    yc_mutex_release(&r->mutex);
    yc_signals_close(&signals);
    return v;
}

static enum yc_verdict read_run(struct run *r, const struct yc_options *o, struct yc_error *err)
{
    int64_t seed = 0, count = 0, first = 0, threads = 0;
    unsigned here = yc_processor_count();
    enum yc_verdict v = yc_options_int(o, "seed", 1, (struct yc_int_range){"a seed", 0, INT64_MAX}, &seed, err);
    if (v == YC_VALID)
        v = yc_options_int(o, "count", 1000000, (struct yc_int_range){"a number of signatures", 1, INT64_MAX / 2},
                           &count, err);
    r->slices = ((uint64_t)count + SLICE_SIGNATURES - 1) / SLICE_SIGNATURES;
    if (v == YC_VALID)
        v = yc_options_int(o, "first", 0, (struct yc_int_range){"a slice of this run", 0, (int64_t)r->slices - 1},
                           &first, err);
    if (v == YC_VALID)
        v = yc_options_int(o, "threads", here < THREADS_MAX ? here : THREADS_MAX,
                           (struct yc_int_range){"a number of threads", 1, THREADS_MAX}, &threads, err);
    r->seed = (uint64_t)seed;
    r->count = (uint64_t)count;
    r->first = r->next = (uint64_t)first;
    r->threads = (unsigned)threads;
    for (unsigned i = 0; i < THREADS_MAX; i++)
        r->taken[i] = NO_SLICE;
    return v;
}

static enum yc_verdict choose_lanes(struct run *r, const struct yc_options *o, struct yc_error *err)
{
    const char *name = yc_options_text(o, "lanes", NULL);
    size_t count;
    const struct yc_back_end *b = yc_back_ends(&count);
    if (!name)
        return yc_sigengine_init(&r->engine, YC_SIG_MODE_LANES, 0, NULL, err);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(b[i].name, name) == 0 && b[i].here()) {
            r->engine = (struct yc_sigengine){YC_SIG_MODE_LANES, 0, b[i].lanes, b[i].name, b[i].least};
            return YC_VALID;
        }
    }
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this machine or this build has no lanes '%s': leave out --lanes",
                   name);
}

static int print_help(void)
{
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    yc_buf_append_text(&b, usage_head);
    yc_options_help(&program, false, &b);
    bool good = !b.failed && fwrite(b.p, 1, b.n, stdout) == b.n && fflush(stdout) == 0;
    yc_buf_release(&b);
    return good ? 0 : 1;
}

static int fail(const struct yc_error *err)
{
    fprintf(stderr, "ycoin-agreement: %s\n", err->text);
    return 1;
}

static int run_all(struct run *r, struct yc_options *o, int argc, const char *const *argv)
{
    struct yc_error err;
    int status = 1;
    if (yc_options_read_arguments(o, argc, argv, &err) != YC_VALID)
        return fail(&err);
    if (yc_options_flag(o, "help", false) || yc_options_flag(o, "h", false) || yc_options_flag(o, "?", false))
        return print_help();
    if (read_run(r, o, &err) != YC_VALID || yc_sha256_select(NULL, &err) != YC_VALID)
        return fail(&err);
    enum yc_verdict v = choose_lanes(r, o, &err);
    if (v != YC_VALID) {
        (void)fail(&err);
        return v == YC_INVALID ? STATUS_NO_LANES : 1;
    }
    r->secp = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    v = check_all(r, &status, &err);
    secp256k1_context_destroy(r->secp);
    return v == YC_VALID ? status : fail(&err);
}

int main(int argc, char **argv)
{
    static struct run run;
    struct yc_options *o;
    struct yc_error err;
    yc_process_prepare();
    yc_clock_real_init(&run.clock);
    if (yc_options_new(&o, yc_heap(), &program, &err) != YC_VALID)
        return fail(&err);
    int status = run_all(&run, o, argc, (const char *const *)argv);
    yc_options_free(o);
    return status;
}
