#include "tests/bench/bench.h"

#include "crypto/sha256.h"
#include "sys/clock.h"
#include "sys/heap.h"
#include "sys/random.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_US   1000
#define SLICES_MIN 5
#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif
#define JSON_BYTES_MAX (1 << 20)

void bench_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("ycoin-bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

bool bench_wants(const struct bench *b, const char *name)
{
    return !b->only || strstr(name, b->only);
}

static void progress(const char *name)
{
    fprintf(stderr, "%s\n", name);
}

/* An open object, to be ended by end_result(). */
static void begin_result(struct bench *b, const char *name, const char *unit, double units, double us)
{
    yc_json_key(b->json, name);
    yc_json_begin_object(b->json);
    yc_json_member_double(b->json, "per_second", units / us * 1e6);
    yc_json_member_text(b->json, "unit", unit);
    yc_json_member_double(b->json, "ns_each", us * 1e3 / units);
}

static void end_result(struct bench *b, const char *name)
{
    yc_json_end_object(b->json);
    progress(name);
}

void bench_result(struct bench *b, const char *name, const char *unit, double units, double us)
{
    begin_result(b, name, unit, units, us);
    end_result(b, name);
}

void bench_result_sized(struct bench *b, const char *name, const char *unit, double units, double us, double bytes_each)
{
    begin_result(b, name, unit, units, us);
    yc_json_member_double(b->json, "bytes_each", bytes_each);
    end_result(b, name);
}

void bench_skip(struct bench *b, const char *name, const char *why)
{
    yc_json_key(b->json, name);
    yc_json_begin_object(b->json);
    yc_json_member_text(b->json, "skipped", why);
    yc_json_end_object(b->json);
    progress(name);
}

/* Microseconds of one call, over a slice. */
static double slice(const struct bench *b, const struct bench_way *way)
{
    uint64_t calls = 0;
    if (way->before)
        way->before(way->ctx);
    int64_t from = yc_mono_us(b->clock), now;
    do {
        way->once(way->ctx);
        calls++;
        now = yc_mono_us(b->clock);
    } while (now - from < SLICE_US);
    return (double)(now - from) / (double)calls;
}

/* The fastest slice of each of the ways, in turns. */
static void fastest(const struct bench *b, const struct bench_way *ways, size_t count, double *best_us)
{
    int64_t begun = yc_mono_us(b->clock);
    for (size_t i = 0; i < count; i++)
        best_us[i] = slice(b, &ways[i]); /* the first warms up */
    for (unsigned n = 1; n < SLICES_MIN || yc_mono_us(b->clock) - begun < b->least_us; n++) {
        for (size_t i = 0; i < count; i++) {
            double us = slice(b, &ways[i]);
            best_us[i] = us < best_us[i] ? us : best_us[i];
        }
    }
}

void bench_run(struct bench *b, const char *name, const char *unit, double units, void (*once)(void *ctx), void *ctx)
{
    const struct bench_way way = {.once = once, .ctx = ctx};
    double us;
    if (!bench_wants(b, name))
        return;
    fastest(b, &way, 1, &us);
    bench_result(b, name, unit, units, us);
}

void bench_compare(struct bench *b, const char *name, const char *unit, double units, const struct bench_way *ours,
                   const struct bench_way *other, const char *other_is)
{
    const struct bench_way ways[2] = {*ours, *other};
    double us[2];
    if (!bench_wants(b, name))
        return;
    fastest(b, ways, 2, us);
    begin_result(b, name, unit, units, us[0]);
    yc_json_member_text(b->json, "against", other_is);
    yc_json_member_double(b->json, "against_ns_each", us[1] * 1e3 / units);
    yc_json_member_double(b->json, "cost_ratio", us[0] / us[1]);
    yc_json_member_double(b->json, "times_as_fast", us[1] / us[0]);
    end_result(b, name);
}

static const char usage[] = "usage: ycoin-bench [--seconds=S] [--only=TEXT]\n"
                            "\n"
                            "Times the parts of the node and prints JSON; progress goes to standard error.\n"
                            "  --seconds=S   how long to measure each thing (default 0.5)\n"
                            "  --only=TEXT   only what has TEXT in its name\n"
                            "Example: ycoin-bench --only=script --seconds=2\n";

static bool read_options(struct bench *b, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i][0] == '-' && argv[i][1] == '-' ? argv[i] + 1 : argv[i];
        char *end = NULL;
        if (strncmp(arg, "-seconds=", 9) == 0) {
            double seconds = strtod(arg + 9, &end);
            if (end == arg + 9 || *end || !(seconds > 0) || seconds > 3600)
                bench_die("%s is no time: give seconds, more than 0 and at most 3600", argv[i]);
            b->least_us = (int64_t)(seconds * 1e6);
        } else if (strncmp(arg, "-only=", 6) == 0) {
            b->only = arg + 6;
        } else if (!strcmp(arg, "-help") || !strcmp(arg, "-h") || !strcmp(arg, "-?")) {
            fputs(usage, stdout);
            return false;
        } else {
            bench_die("no option '%s': see --help", argv[i]);
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct yc_clock_real clock;
    struct yc_json_out json;
    struct yc_buf text;
    struct yc_error err;
    struct yc_signer *signer = NULL;
    yc_clock_real_init(&clock);
    struct bench b = {
        .clock = &clock.clock, .random = yc_random_system(), .alloc = yc_heap(), .json = &json, .least_us = 500000};
    if (!read_options(&b, argc, argv))
        return 0;
    if (yc_sha256_select(NULL, &err) != YC_VALID || yc_signer_new(&signer, b.random, &err) != YC_VALID)
        bench_die("%s", err.text);
    b.signer = signer;
    yc_buf_init(&text, b.alloc, JSON_BYTES_MAX);
    yc_json_out_init(&json, &text, 2);
    yc_json_begin_object(&json);
    yc_json_member_text(&json, "version", YC_VERSION);
    yc_json_member_text(&json, "compiler", COMPILER);
    yc_json_member_text(&json, "sha256_kernel", yc_sha256_selected());
    yc_json_key(&json, "results");
    yc_json_begin_object(&json);
    bench_hash(&b);
    bench_block(&b);
    bench_script(&b);
    bench_worst(&b);
    bench_coins(&b);
    bench_connect(&b);
    bench_headers(&b);
    bench_signatures(&b);
    yc_json_end_object(&json);
    yc_json_end_object(&json);
    if (text.failed)
        bench_die("no memory for the results");
    bool written = fwrite(text.p, 1, text.n, stdout) == text.n && putchar('\n') == '\n' && fflush(stdout) == 0;
    yc_buf_release(&text);
    yc_signer_free(signer);
    if (!written)
        bench_die("cannot write to standard output");
    return 0;
}
