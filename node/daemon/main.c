/* ycoind: start, serve, stop. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secp.h"
#include "crypto/sha256.h"
#include "formats/chain_file.h"
#include "node/daemon/app.h"
#include "node/store/folder.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/random.h"

static int stop_pipe[2] = {-1, -1}; /* a signal's twin: written once by whoever wants the end */

void yc_app_request_stop(struct yc_app *a)
{
    atomic_store(&a->stopping, true);
    ssize_t ignored = write(stop_pipe[1], "x", 1);
    (void)ignored;
}

/* ---- tasks that end at once ---- */

static int print_help(const struct yc_daemon_config *c)
{
    struct yc_buf text;
    yc_buf_init(&text, yc_heap(), 1 << 20);
    yc_options_help(&yc_daemon_program, yc_options_flag(c->options, "help-debug", false), &text);
    printf("YCoin daemon version v%s\n\n"
           "Usage: ycoind [options]\n"
           "Example: ycoind -regtest -daemonwait && ycoin-cli -regtest -getinfo\n\n%.*s\n",
           YC_VERSION, (int)text.n, (const char *)text.p);
    yc_buf_release(&text);
    return 0;
}

/* Mining shows that it is alive: on a terminal one line that changes, in a log nothing until it is done. */
static void mine_genesis(struct yc_chain_params *p)
{
    bool terminal = isatty(STDERR_FILENO);
    struct yc_clock_real clock;
    uint64_t total = 0, tried = 0;
    yc_clock_real_init(&clock);
    int64_t start = yc_mono_us(&clock.clock);
    while (!yc_genesis_mine(p, UINT64_C(1) << 22, &tried)) {
        total += tried;
        int64_t took = yc_mono_us(&clock.clock) - start;
        if (terminal)
            fprintf(stderr, "\rmining the genesis block of %s: %.1f million hashes, %.2f MH/s ", p->name,
                    (double)total / 1e6, (double)total / (double)(took ? took : 1));
        if (p->genesis.nonce > UINT32_MAX - (1 << 22)) {
            p->genesis.time++;
            p->genesis.nonce = 0;
        }
    }
    if (terminal)
        fprintf(stderr, "\r\033[K");
}

static int print_chain_file(struct yc_chain_params *p)
{
    struct yc_buf text;
    yc_buf_init(&text, yc_heap(), YC_CHAIN_FILE_BYTES_MAX);
    mine_genesis(p);
    yc_chain_file_write(p, &text);
    bool ok = !text.failed && fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0;
    yc_buf_release(&text);
    if (!ok)
        fprintf(stderr, "Error: the chain file could not be written to standard output\n");
    return ok ? 0 : 1;
}

static int make_chain(const struct yc_daemon_config *c)
{
    struct yc_chain_params p;
    struct yc_error err;
    struct yc_clock_real clock;
    yc_clock_real_init(&clock);
    if (yc_chain_file_make(&p, yc_options_text(c->options, "mkchain", ""), yc_wall_s(&clock.clock), yc_random_system(),
                           &err) != YC_VALID) {
        fprintf(stderr, "Error: %s\n", err.text);
        return 1;
    }
    return print_chain_file(&p);
}

/* ---- starting ---- */

static enum yc_verdict start_log(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *o = a->config.options;
    char path[YC_PATH_MAX];
    struct yc_log_options l = yc_log_options_default();
    const char *category;
    bool detached = yc_options_flag(o, "daemon", false) || yc_options_flag(o, "daemonwait", false);
    enum yc_verdict v =
        yc_path_join(path, a->config.setup.chain_dir, yc_options_text(o, "debuglogfile", "debug.log"), err);
    if (v != YC_VALID)
        return v;
    l.path = yc_options_is_negated(o, "debuglogfile") ? NULL : path;
    l.to_console = yc_options_flag(o, "printtoconsole", !detached);
    l.timestamps = yc_options_flag(o, "logtimestamps", true);
    l.time_micros = yc_options_flag(o, "logtimemicros", false);
    l.thread_names = yc_options_flag(o, "logthreadnames", false);
    l.always_level = yc_options_flag(o, "loglevelalways", false);
    l.rate_limit = yc_options_flag(o, "logratelimit", true);
    l.shrink = yc_options_flag(o, "shrinkdebugfile", !yc_options_is_set(o, "debug"));
    l.clock = &a->clock;
    for (int on = 1; on >= 0; on--) {
        const char *name = on ? "debug" : "debugexclude";
        for (size_t i = 0; (category = yc_options_list(o, name, i)); i++) {
            uint32_t mask = 0;
            if (!yc_log_category_parse(category, &mask))
                return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Unsupported logging category -%s=%s.", name, category);
            if (on)
                yc_log_sink_enable(a->sink, mask);
            else
                yc_log_sink_disable(a->sink, mask);
        }
    }
    return yc_log_sink_start(a->sink, &l, err);
}

static void log_start(struct yc_app *a)
{
    const char *text;
    yc_log_info(a->log, "YCoin version v%s", YC_VERSION);
    yc_log_info(a->log, "Using the '%s' SHA256 implementation", yc_sha256_selected());
    yc_log_info(a->log, "Chain %s, using data directory %s", a->config.setup.params.name, a->config.setup.chain_dir);
    if (a->config.setup.conf_read)
        yc_log_info(a->log, "Config file: %s", a->config.setup.conf_path);
    else
        yc_log_info(a->log, "Config file: %s (not found, skipping)", a->config.setup.conf_path);
    yc_options_log(a->config.options, a->log);
    for (size_t i = 0; (text = yc_options_warning(a->config.options, i)); i++)
        yc_log_warning(a->log, "%s", text);
    if (a->core_config.launch)
        yc_log_warning(a->log,
                       "-launch: this node begins the chain %s: it gives templates and relays transactions though "
                       "its tip may be old and no peer is known. Leave -launch out once the chain runs.",
                       a->config.setup.params.name);
}

static enum yc_verdict write_pid(struct yc_app *a, struct yc_error *err)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    const char *name = yc_options_text(a->config.options, "pid", "ycoind.pid");
    enum yc_verdict v = yc_path_join(a->pid_path, a->config.setup.chain_dir, name, err);
    return v != YC_VALID ? v : yc_fs_replace_file(yc_fs_posix(), a->pid_path, yc_view(text, (size_t)n), err);
}

static enum yc_verdict listen_for_peers(struct yc_app *a, struct yc_error *err)
{
    int64_t port = 0;
    struct yc_int_range range = {"a port", 1, 65535};
    enum yc_verdict v = yc_options_int(a->config.options, "port", a->config.setup.params.port, range, &port, err);
    if (v != YC_VALID || !a->core_config.listen)
        return v;
    for (size_t i = 0; v == YC_VALID && i < a->bind_count; i++)
        v = yc_tcp_listen(a->tcp, &a->binds[i].at, NULL, err);
    for (size_t i = 0; v == YC_VALID && i < a->core_config.permit_count; i++)
        if (a->permits[i].by_bind)
            v = yc_tcp_listen(a->tcp, &a->permits[i].bound, NULL, err);
    if (v != YC_VALID || yc_options_list(a->config.options, "bind", 0) ||
        yc_options_list(a->config.options, "whitebind", 0))
        return v;
    struct yc_netaddr any4 = yc_netaddr_ipv4(0, 0, 0, 0, (uint16_t)port), any6 = {.port = (uint16_t)port};
    struct yc_error ignored;
    v = yc_tcp_listen(a->tcp, &any4, NULL, err);
    if (v == YC_VALID && yc_tcp_listen(a->tcp, &any6, NULL, &ignored) != YC_VALID)
        yc_log_warning(a->log, "%s", ignored.text);
    return v;
}

static void net_main(void *arg)
{
    struct yc_app *a = arg;
    yc_loop_run(a->loop);
}

#define FILES_OWN 150 /* block files, stores, logs, listeners, a few calls */

/* Connections that named peers may take beside -maxconnections. */
static size_t named_max(const struct yc_app *a)
{
    return yc_slots_config_default().manual_max + a->core_config.connect_count;
}

/* Each connection takes a file. Where the system gives too few, there are fewer connections (catalogue P38). LevelDB keeps
 * up to a fifth of them open for itself. */
static enum yc_verdict take_files(struct yc_app *a, struct yc_error *err)
{
    struct yc_core_config *c = &a->core_config;
    uint64_t least = (FILES_OWN + named_max(a)) * 5 / 4, wanted = least + ((uint64_t)c->connections_max + 1) * 5 / 4;
    uint64_t got = yc_files_limit_raise(wanted);
    if (got < least)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_FULL,
                       "Not enough file descriptors available. %llu available, %llu required: raise the limit (ulimit "
                       "-n, or LimitNOFILE= in a systemd unit)",
                       (unsigned long long)got, (unsigned long long)least);
    if (got < wanted) {
        uint32_t fewer = (uint32_t)((got - least) * 4 / 5);
        yc_log_warning(a->log, "Reducing -maxconnections from %u to %u, because of system limitations",
                       c->connections_max, fewer);
        c->connections_max = fewer;
    }
    return YC_VALID;
}

static enum yc_verdict start_network(struct yc_app *a, struct yc_error *err)
{
    struct yc_tcp_events events = yc_app_tcp_events(a);
    struct yc_tcp_limits limits = yc_tcp_limits_default();
    int64_t timeout_ms = 0;
    enum yc_verdict v = yc_options_int(a->config.options, "timeout", 5000,
                                       (struct yc_int_range){"a number of milliseconds", 1, 1000000}, &timeout_ms, err);
    if (v != YC_VALID)
        return v;
    limits.connect_timeout_ms = timeout_ms;
    /* The core decides; this much is for those that it is about to refuse. */
    limits.connections_max = a->core_config.connections_max + named_max(a) + 64;
    limits.send_high_bytes = YC_CORE_UNSENT_MAX; /* from there on the core waits to hear that it is less */
    v = yc_loop_new(&a->loop, yc_heap(), err);
    if (v == YC_VALID)
        v = yc_tcp_new(&a->tcp, a->loop, yc_heap(), &events, &limits, a->log, err);
    if (v == YC_VALID)
        v = yc_resolver_new(&a->resolver, a->loop, yc_heap(), err);
    return v;
}

/* -blocksdir may name a folder in which another node writes, whose data directory is not ours. */
static enum yc_verdict lock_blocks(struct yc_app *a, struct yc_error *err)
{
    enum yc_verdict v = yc_folder_make(yc_fs_posix(), yc_heap(), a->blocks_dir, err);
    return v == YC_VALID ? yc_datadir_lock(&a->blocks_lock, a->blocks_dir, err) : v;
}

/* Both ways to ask for the end. */
static enum yc_verdict open_ends(struct yc_app *a, struct yc_error *err)
{
    if (pipe(stop_pipe) != 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "cannot make a pipe: %s", strerror(errno));
    return yc_signals_open(&a->signals, err);
}

/* In this order, so that everything which can be refused is refused before a thread starts or data is touched; signals
 * before all else, so that from the first file on their end is a clean one. */
static enum yc_verdict start(struct yc_app *a, struct yc_error *err)
{
    enum yc_verdict v = open_ends(a, err);
    if (v == YC_VALID)
        v = yc_secp_self_test(err);
    if (v == YC_VALID)
        v = yc_daemon_make_folders(&a->config, err);
    if (v == YC_VALID)
        v = yc_datadir_lock(&a->lock, a->config.setup.chain_dir, err);
    if (v == YC_VALID)
        v = start_log(a, err);
    if (v == YC_VALID)
        v = yc_app_core_prepare(a, err);
    if (v == YC_VALID)
        v = yc_app_core_config(a, err);
    if (v == YC_VALID)
        v = lock_blocks(a, err);
    if (v == YC_VALID)
        v = write_pid(a, err);
    if (v != YC_VALID)
        return v;
    log_start(a);
    v = take_files(a, err);
    if (v == YC_VALID)
        v = yc_app_asmap_read(a, err);
    if (v == YC_VALID)
        v = start_network(a, err);
    if (v == YC_VALID)
        v = yc_app_rpc_start(a, err);
    if (v == YC_VALID)
        v = listen_for_peers(a, err);
    if (v == YC_VALID)
        v = yc_thread_start(&a->net_thread, "net", net_main, a, err);
    if (v == YC_VALID)
        v = yc_app_notify_start(a, err);
    return v == YC_VALID ? yc_app_core_start(a, err) : v;
}

/* ---- serving and stopping ---- */

static void wait_for_end(struct yc_app *a)
{
    struct pollfd fds[2] = {{.fd = a->signals.fd, .events = POLLIN}, {.fd = stop_pipe[0], .events = POLLIN}};
    while (!atomic_load(&a->stopping)) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        for (int s; (s = yc_signals_take(&a->signals));) {
            if (s == SIGHUP)
                yc_log_sink_reopen(a->sink);
            else
                atomic_store(&a->stopping, true);
        }
    }
}

static void stop(struct yc_app *a)
{
    struct yc_error ignored;
    const struct yc_fs *fs = yc_fs_posix();
    yc_ignore(yc_notify("STOPPING=1", &ignored));
    if (a->tcp)
        yc_tcp_stop_listening(a->tcp);
    if (a->core_thread.running)
        yc_app_notify_shutdown(a);
    yc_app_core_stop(a);
    yc_app_notify_stop(a);
    yc_app_asmap_release(a);
    yc_app_rpc_stop(a);
    yc_http_server_free(a->http);
    yc_resolver_free(a->resolver);
    yc_tcp_free(a->tcp);
    yc_loop_free(a->loop);
    yc_rpc_free(a->rpc);
    yc_queue_free(a->calls);
    yc_queue_free(a->events);
    yc_workers_free(a->workers);
    yc_workers_free(a->store_workers);
    if (a->pid_path[0])
        yc_ignore(fs->remove(fs->ctx, a->pid_path, &ignored));
}

static int run(struct yc_app *a)
{
    struct yc_error err = {YC_SYSTEM_NONE, ""};
    bool detach = yc_options_flag(a->config.options, "daemon", false);
    bool wait = yc_options_flag(a->config.options, "daemonwait", false);
    a->daemon = YC_DAEMON_FOREGROUND;
    if (detach || wait) {
        printf("YCoin starting\n");
        fflush(stdout);
        if (yc_daemon_fork(&a->daemon, &err) != YC_VALID) {
            fprintf(stderr, "Error: %s\n", err.text);
            return 1;
        }
        if (a->daemon.is_parent)
            return yc_daemon_wait(&a->daemon);
        if (!wait)
            yc_daemon_report(&a->daemon, 0);
    }
    bool started = start(a, &err) == YC_VALID;
    if (started)
        wait_for_end(a);
    stop(a);
    if (atomic_load(&a->failed))
        err = a->failure;
    bool ok = started && !atomic_load(&a->failed);
    if (ok) {
        yc_log_info(a->log, "Shutdown done");
    } else {
        yc_log_error(a->log, "%s", err.text);
        fprintf(stderr, "Error: %s\n", err.text);
        yc_daemon_report(&a->daemon, 1);
    }
    if (a->signals.fd > 0)
        yc_signals_close(&a->signals);
    yc_datadir_unlock(&a->blocks_lock);
    yc_datadir_unlock(&a->lock);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    static struct yc_app a;
    struct yc_error err;
    yc_process_prepare();
    yc_thread_set_name("init");
    yc_clock_real_init(&a.clock);
    a.start_us = yc_mono_us(&a.clock.clock);
    a.lock.fd = a.blocks_lock.fd = -1;
    enum yc_verdict v = yc_sha256_select(NULL, &err); /* before any thread; -mkgenesis wants it too */
    if (v == YC_VALID)
        v = yc_log_sink_new(&a.sink, &err);
    if (v == YC_VALID) {
        a.log = yc_log_sink_log(a.sink);
        v = yc_daemon_config_read(&a.config, argc, (const char *const *)argv, &err);
    }
    if (v != YC_VALID) {
        fprintf(stderr, "Error: %s\n", err.text);
        yc_log_sink_free(a.sink);
        return 1;
    }
    int status = 1;
    switch (a.config.task) {
    case YC_TASK_HELP:
        status = print_help(&a.config);
        break;
    case YC_TASK_VERSION:
        printf("YCoin version v%s\n", YC_VERSION);
        status = 0;
        break;
    case YC_TASK_MAKE_CHAIN:
        status = make_chain(&a.config);
        break;
    case YC_TASK_MAKE_GENESIS:
        status = print_chain_file(&a.config.setup.params);
        break;
    case YC_TASK_RUN:
        status = run(&a);
        break;
    }
    yc_daemon_config_release(&a.config);
    yc_log_sink_free(a.sink);
    return status;
}
