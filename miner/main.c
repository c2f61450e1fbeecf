/* ycoin-miner: from the command line to a running miner, and what is shown meanwhile. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "formats/address.h"
#include "miner/benchmark.h"
#include "miner/board.h"
#include "miner/console.h"
#include "miner/miner.h"
#include "sys/clock.h"
#include "sys/daemon.h"
#include "sys/heap.h"
#include "sys/json_out.h"
#include "sys/random.h"

#define MINING     "Mining options:"
#define STATUS_MS  1000
#define TEXT_BYTES (1u << 20)

#define TEXT YC_OPTION_TEXT
#define FLAG YC_OPTION_FLAG
#define INT  YC_OPTION_INT

static const struct yc_option table[] = {
    {"help", FLAG, 0, NULL, NULL, YC_NODE_ACCESS_GENERAL, "Print this help and exit (also -h or -?)"},
    {"h", FLAG, YC_OPTION_HIDDEN, NULL, NULL, YC_NODE_ACCESS_GENERAL, NULL},
    {"?", FLAG, YC_OPTION_HIDDEN, NULL, NULL, YC_NODE_ACCESS_GENERAL, NULL},
    {"version", FLAG, 0, NULL, NULL, YC_NODE_ACCESS_GENERAL, "Print the version and exit"},
    {"address", TEXT, YC_OPTION_NEEDS_VALUE, "=<address>", NULL, MINING, "Where the coins go"},
    {"threads", INT, 0, "=<n>", "the processors", MINING, "Threads that search"},
    {"pin", FLAG, 0, NULL, NULL, MINING, "Keep each searching thread on a processor of its own"},
    {"blocks", INT, 0, "=<n>", "0", MINING, "End after so many accepted blocks; 0: never"},
    {"tag", TEXT, 0, "=<text>", "/ycoin-miner/", MINING, "Text for the coinbase, at most 80 bytes"},
    {"kernel", TEXT, YC_OPTION_NEEDS_VALUE, "=<name>", "the fastest", MINING,
     "Search with this kernel: generic, sha-ni, avx2 or avx512, as the processor has it"},
    {"json", FLAG, 0, NULL, NULL, MINING,
     "Print results as JSON on standard output; lines for people go to standard error"},
    {"benchmark", FLAG, 0, NULL, NULL, MINING, "Measure each kernel for a second and exit; needs no node"},
    {"node", TEXT, YC_OPTION_SECRET | YC_OPTION_NEEDS_VALUE, "=<url>", NULL, YC_NODE_ACCESS_RPC,
     "The node as http://user:password@host:port, in place of the options below"},
    YC_NODE_ACCESS_OPTIONS,
};

static const struct yc_options_program program = {"ycoin-miner", table, sizeof table / sizeof table[0],
                                                  YC_POSITIONALS_NONE, true};

static const char usage_head[] =
    "ycoin-miner " YC_VERSION ": searches blocks for a node's templates\n"
    "\n"
    "Usage:    ycoin-miner [options] --address=<address>\n"
    "          ycoin-miner --benchmark [--json] [--threads=<n>]\n"
    "Example:  ycoin-miner --regtest --address=\"$(ycoin-wallet -regtest address)\" --blocks=5\n"
    "\n"
    "It works with any node that answers getblocktemplate, YCoin's or Bitcoin Core's. When the\n"
    "node restarts it connects again; when the tip moves it changes over within milliseconds.\n"
    "\n"
    "Exit status: 0 when --blocks are accepted, or after Ctrl-C or SIGTERM; 1 on failure.\n"
    "\n";

struct settings {
    struct yc_options *options;
    struct yc_clock_real clock;
    struct yc_console console;
    struct yc_node_place place;
    const struct yc_miner_kernel *kernel;
    unsigned threads;
    uint64_t blocks;
    bool json;
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    size_t script_n;
};

static int fail(const struct yc_error *err)
{
    fprintf(stderr, "ycoin-miner: %s\n", err->text);
    return 1;
}

static int print(struct yc_buf *b)
{
    bool good = !b->failed && fwrite(b->p, 1, b->n, stdout) == b->n && fflush(stdout) == 0;
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

/* --- settings --- */

static enum yc_verdict read_numbers(struct settings *s, struct yc_error *err)
{
    int64_t threads = 0, blocks = 0;
    s->json = yc_options_flag(s->options, "json", false);
    unsigned here = yc_processor_count();
    enum yc_verdict v =
        yc_options_int(s->options, "threads", here < YC_MINER_THREADS_MAX ? here : YC_MINER_THREADS_MAX,
                       (struct yc_int_range){"a number of threads", 1, YC_MINER_THREADS_MAX}, &threads, err);
    if (v == YC_VALID)
        v = yc_options_int(s->options, "blocks", 0, (struct yc_int_range){"a number of blocks", 0, INT64_MAX}, &blocks,
                           err);
    s->threads = (unsigned)threads;
    s->blocks = (uint64_t)blocks;
    return v;
}

static enum yc_verdict read_kernel(struct settings *s, struct yc_error *err)
{
    const char *name = yc_options_text(s->options, "kernel", NULL);
    return name ? yc_miner_kernel_named(&s->kernel, name, err) : YC_VALID;
}

static enum yc_verdict read_place(struct settings *s, struct yc_error *err)
{
    const char *url = yc_options_text(s->options, "node", NULL);
    enum yc_verdict v = yc_node_place_find(&s->place, s->options, err);
    return v == YC_VALID && url ? yc_node_place_set_url(&s->place, url, err) : v;
}

static enum yc_verdict read_payout(struct settings *s, struct yc_error *err)
{
    const char *text = yc_options_text(s->options, "address", NULL);
    struct yc_address address;
    if (!text)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "no address to mine to: give --address=<address>, for example one that \"ycoin-wallet address\" "
                       "prints");
    enum yc_verdict v = yc_address_parse(&address, &s->place.setup.params, yc_view_text(text), NULL, err);
    if (v == YC_VALID)
        s->script_n = yc_address_script(s->script, &address);
    if (v == YC_VALID && strlen(yc_options_text(s->options, "tag", "")) > YC_JOB_TAG_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "--tag is longer than %d bytes: a coinbase has no more room",
                       YC_JOB_TAG_MAX);
    return v;
}

/* --- running --- */

static void show_status(struct settings *s, struct yc_miner *m, uint64_t *hashes_before, int64_t *before_us)
{
    struct yc_miner_stats now = yc_miner_stats(m);
    int64_t now_us = yc_mono_us(&s->clock.clock);
    char text[200];
    double mhs = now_us > *before_us ? (double)(now.hashes - *hashes_before) / (double)(now_us - *before_us) : 0;
    *hashes_before = now.hashes;
    *before_us = now_us;
    snprintf(text, sizeof text,
             "%.2f MH/s | height %" PRIu32 " | job %" PRId64 " s | found %" PRIu64 ", accepted %" PRIu64 "%s", mhs,
             now.height, now.job_age_us / 1000000, now.found, now.accepted,
             now.reached ? "" : " | the node does not answer");
    yc_console_status(&s->console, text);
}

/* Until the miner ends by itself or a signal comes. */
static enum yc_verdict watch(struct settings *s, struct yc_miner *m, struct yc_signals *signals, struct yc_error *err)
{
    struct pollfd fds[2] = {{.fd = signals->fd, .events = POLLIN}, {.fd = yc_miner_done_fd(m), .events = POLLIN}};
    uint64_t hashes = 0;
    int64_t before_us = yc_mono_us(&s->clock.clock);
    for (;;) {
        int ready = poll(fds, 2, s->console.terminal ? STATUS_MS : -1);
        if (ready > 0 && fds[1].revents)
            return yc_miner_outcome(m, err);
        if (ready > 0 && fds[0].revents && yc_signals_take(signals) != 0) {
            yc_log_info(&s->console.log, "ending: a signal came");
            return YC_VALID;
        }
        if (ready == 0)
            show_status(s, m, &hashes, &before_us);
    }
}

static void print_result(const struct settings *s, const struct yc_miner_stats *stats, int64_t took_us)
{
    double seconds = (double)took_us / 1e6;
    if (!s->json) {
        yc_log_info(&s->console.log,
                    "%" PRIu64 " accepted, %" PRIu64 " late, %" PRIu64 " rejected; %.2f MH/s; a new tip reached all "
                    "threads within %.1f ms",
                    stats->accepted, stats->stale, stats->rejected, (double)stats->hashes / (double)(took_us + 1),
                    (double)stats->switch_us_max / 1e3);
        return;
    }
    struct yc_buf b;
    struct yc_json_out j;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    yc_json_out_init(&j, &b, 0);
    yc_json_begin_object(&j);
    yc_json_member_u64(&j, "found", stats->found);
    yc_json_member_u64(&j, "accepted", stats->accepted);
    yc_json_member_u64(&j, "stale", stats->stale);
    yc_json_member_u64(&j, "rejected", stats->rejected);
    yc_json_member_u64(&j, "hashes", stats->hashes);
    yc_json_member_double(&j, "seconds", seconds);
    yc_json_member_text(&j, "kernel", s->kernel->name);
    yc_json_member_u64(&j, "threads", s->threads);
    yc_json_member_double(&j, "switch_ms_max", (double)stats->switch_us_max / 1e3);
    yc_json_end_object(&j);
    yc_buf_append_text(&b, "\n");
    (void)print(&b);
}

static enum yc_verdict mine(struct settings *s, struct yc_signals *signals, struct yc_error *err)
{
    const char *tag = yc_options_text(s->options, "tag", "/ycoin-miner/");
    enum yc_verdict v = YC_VALID;
    if (!s->kernel)
        v = yc_miner_kernel_fastest(&s->kernel, &s->clock.clock, &s->console.log, err);
    if (v != YC_VALID)
        return v;
    struct yc_miner_config config = {
        .place = &s->place,
        .kernel = s->kernel,
        .clock = &s->clock.clock,
        .log = &s->console.log,
        .random = yc_random_system(),
        .threads = s->threads,
        .pin = yc_options_flag(s->options, "pin", false),
        .blocks = s->blocks,
        .payout_script = yc_view(s->script, s->script_n),
        .tag = yc_view_text(tag),
    };
    struct yc_miner *m;
    int64_t begun_us = yc_mono_us(&s->clock.clock);
    v = yc_miner_new(&m, yc_heap(), &config, err);
    if (v != YC_VALID)
        return v;
    v = watch(s, m, signals, err);
    struct yc_miner_stats stats = yc_miner_stats(m);
    yc_miner_free(m);
    yc_console_status(&s->console, NULL);
    if (v == YC_VALID)
        print_result(s, &stats, yc_mono_us(&s->clock.clock) - begun_us);
    return v;
}

static int run_benchmark(struct settings *s)
{
    struct yc_error err;
    struct yc_buf b;
    unsigned threads = yc_options_is_set(s->options, "threads") ? s->threads : 1;
    yc_buf_init(&b, yc_heap(), TEXT_BYTES);
    if (yc_miner_benchmark(&b, &s->clock.clock, s->kernel, threads, yc_options_flag(s->options, "pin", false), s->json,
                           &err) == YC_VALID)
        return print(&b);
    yc_buf_release(&b);
    return fail(&err);
}

static int run_miner(struct settings *s)
{
    struct yc_error err;
    struct yc_signals signals;
    if (read_place(s, &err) != YC_VALID || read_payout(s, &err) != YC_VALID ||
        yc_signals_open(&signals, &err) != YC_VALID)
        return fail(&err);
    yc_console_init(&s->console, s->json ? stderr : stdout);
    enum yc_verdict v = mine(s, &signals, &err);
    yc_console_release(&s->console);
    yc_signals_close(&signals);
    return v == YC_VALID ? 0 : fail(&err);
}

static int run(struct settings *s, int argc, const char *const *argv)
{
    struct yc_error err;
    if (yc_options_new(&s->options, yc_heap(), &program, &err) != YC_VALID ||
        yc_options_read_arguments(s->options, argc, argv, &err) != YC_VALID)
        return fail(&err);
    if (yc_options_flag(s->options, "help", false) || yc_options_flag(s->options, "h", false) ||
        yc_options_flag(s->options, "?", false))
        return print_help();
    if (yc_options_flag(s->options, "version", false))
        return puts("ycoin-miner " YC_VERSION) < 0;
    if (read_numbers(s, &err) != YC_VALID || read_kernel(s, &err) != YC_VALID)
        return fail(&err);
    return yc_options_flag(s->options, "benchmark", false) ? run_benchmark(s) : run_miner(s);
}

int main(int argc, char **argv)
{
    static struct settings s; /* large: paths */
    yc_process_prepare();
    yc_clock_real_init(&s.clock);
    struct yc_error err;
    if (yc_sha256_select(NULL, &err) != YC_VALID)
        return fail(&err);
    int status = run(&s, argc, (const char *const *)argv);
    yc_options_free(s.options);
    return status;
}
