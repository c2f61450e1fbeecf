/* The core thread: the only one that touches chain, pool and peers. Everything reaches it through one bounded queue. */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "node/daemon/app.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/random.h"

#define EVENTS_MAX     65536
#define STEP_BUDGET_US 4000
#define SLOW_STEP_US   10000 /* worth a line with -debug=bench: peers and calls had to wait */
#define EVENTS_A_ROUND 256
#define IDLE_WAIT_US   500000
#define IMPORT_WAIT_US 1000
#define TELL_BUSY_US   60000000

enum event_kind {
    EVENT_ACCEPTED,
    EVENT_CONNECTED,
    EVENT_CONNECT_FAILED,
    EVENT_RESOLVED,
    EVENT_BYTES,
    EVENT_DRAINED,
    EVENT_CLOSED,
    EVENT_CALL,
    EVENT_STOP
};

struct event {
    enum event_kind kind;
    uint64_t conn; /* or the tag of a lookup */
    struct yc_netaddr remote, local;
    enum yc_tcp_reason reason;
    uint8_t *p; /* BYTES: n of them; RESOLVED: n addresses; owned */
    size_t n;
    char *text; /* RESOLVED: why it failed; owned */
    void (*fn)(void *arg, struct yc_core *core);
    void *arg;
};

/* A full queue makes the net thread wait: that is the back-pressure which peers feel. */
static void push(struct yc_app *a, const struct event *e)
{
    if (yc_queue_push(a->events, e) != YC_QUEUE_OK) {
        free(e->p);
        free(e->text);
    }
}

/* ---- from the net thread ---- */

static void on_accepted(void *ctx, uint64_t conn, const struct yc_netaddr *remote, const struct yc_netaddr *local)
{
    push(ctx, &(struct event){.kind = EVENT_ACCEPTED, .conn = conn, .remote = *remote, .local = *local});
}

static void on_connected(void *ctx, uint64_t conn, const struct yc_netaddr *remote, const struct yc_netaddr *local)
{
    push(ctx, &(struct event){.kind = EVENT_CONNECTED, .conn = conn, .remote = *remote, .local = *local});
}

static void on_connect_failed(void *ctx, uint64_t conn, enum yc_tcp_reason reason)
{
    push(ctx, &(struct event){.kind = EVENT_CONNECT_FAILED, .conn = conn, .reason = reason});
}

static void on_bytes(void *ctx, uint64_t conn, struct yc_view bytes)
{
    struct yc_app *a = ctx;
    uint8_t *p = malloc(bytes.n);
    if (!p) {
        /* Without memory for what a peer sends, the peer goes; nobody else is harmed. */
        yc_tcp_consumed(a->tcp, conn, bytes.n);
        yc_tcp_close(a->tcp, conn, YC_TCP_CLOSE_NOW);
        return;
    }
    memcpy(p, bytes.p, bytes.n);
    push(a, &(struct event){.kind = EVENT_BYTES, .conn = conn, .p = p, .n = bytes.n});
}

static void on_drained(void *ctx, uint64_t conn, size_t queued)
{
    push(ctx, &(struct event){.kind = EVENT_DRAINED, .conn = conn, .n = queued});
}

static void on_closed(void *ctx, uint64_t conn, enum yc_tcp_reason reason)
{
    push(ctx, &(struct event){.kind = EVENT_CLOSED, .conn = conn, .reason = reason});
}

struct yc_tcp_events yc_app_tcp_events(struct yc_app *a)
{
    return (struct yc_tcp_events){on_accepted, on_connected, on_connect_failed, on_bytes, on_drained, on_closed, a};
}

/* ---- what the core asks of the world ---- */

static uint64_t connect_by_proxy(struct yc_app *a, const struct yc_netaddr *proxy, const char *host, uint16_t port)
{
    struct yc_socks_target target;
    struct yc_error err;
    uint64_t conn = 0;
    if (!yc_proxies_target(&a->proxies, &target, host, port))
        yc_log_debug(a->log, YC_LOGC_NET, "The name %s is too long for a proxy", host);
    else if (yc_tcp_connect_by(a->tcp, &conn, proxy, &target, &err) != YC_VALID)
        yc_log_debug(a->log, YC_LOGC_NET, "%s", err.text);
    return conn;
}

static uint64_t io_connect(void *ctx, const struct yc_netaddr *to)
{
    struct yc_app *a = ctx;
    struct yc_error err;
    uint64_t conn = 0;
    char host[YC_NETADDR_HOST_TEXT_MAX];
    enum yc_addr_network network = yc_netaddr_network(to);
    /* No proxy leads to this host or to a private network: there, whoever names an address means the network here. */
    const struct yc_netaddr *proxy = yc_netaddr_is_routable(to) ? yc_proxies_to(&a->proxies, network) : NULL;
    yc_netaddr_print_host(host, to);
    if (proxy)
        return connect_by_proxy(a, proxy, host, to->port);
    if (network == YC_NET_TORV3 || network == YC_NET_I2P) {
        yc_log_debug(a->log, YC_LOGC_NET, "Cannot connect to %s: no proxy for its network is configured", host);
        return 0;
    }
    if (yc_tcp_connect(a->tcp, &conn, to, &err) != YC_VALID) {
        yc_log_debug(a->log, YC_LOGC_NET, "%s", err.text);
        return 0;
    }
    return conn;
}

static uint64_t io_connect_name(void *ctx, const char *host, uint16_t port)
{
    struct yc_app *a = ctx;
    return connect_by_proxy(a, yc_proxies_to(&a->proxies, YC_PROXY_NAMES), host, port);
}

struct lookup {
    struct yc_app *app;
    uint64_t tag;
};

static void on_resolved(void *ctx, enum yc_verdict verdict, const struct yc_netaddr *list, size_t count,
                        const char *error_text)
{
    struct lookup *l = ctx;
    struct event e = {.kind = EVENT_RESOLVED, .conn = l->tag};
    void *copy = verdict == YC_VALID && count ? malloc(count * sizeof *list) : NULL;
    if (copy) {
        memcpy(copy, list, count * sizeof *list);
        e.p = copy;
        e.n = count;
    } else {
        e.text = strdup(error_text ? error_text : "no memory");
    }
    push(l->app, &e);
    free(l);
}

static void io_resolve(void *ctx, const char *host, uint16_t port, uint64_t tag)
{
    struct yc_app *a = ctx;
    struct yc_error err = {YC_SYSTEM_MEMORY, "no memory"};
    struct lookup *l = malloc(sizeof *l);
    if (l) {
        *l = (struct lookup){a, tag};
        if (yc_resolver_ask(a->resolver, yc_view_text(host), port, on_resolved, l, &err) == YC_VALID)
            return;
        free(l);
    }
    /* The core thread must not wait for its own queue: a full one drops the answer, and the lookup is tried again. */
    struct event e = {.kind = EVENT_RESOLVED, .conn = tag, .text = strdup(err.text)};
    if (yc_queue_try_push(a->events, &e) != YC_QUEUE_OK)
        free(e.text);
}

static void io_send(void *ctx, uint64_t conn, struct yc_view bytes)
{
    struct yc_app *a = ctx;
    size_t queued = 0;
    if (yc_tcp_send(a->tcp, conn, bytes, &queued) != YC_VALID)
        yc_tcp_close(a->tcp, conn, YC_TCP_CLOSE_NOW);
    else if (a->core)
        (void)yc_core_on_sent(a->core, conn, queued);
}

static void io_close(void *ctx, uint64_t conn, bool at_once)
{
    struct yc_app *a = ctx;
    yc_tcp_close(a->tcp, conn, at_once ? YC_TCP_CLOSE_NOW : YC_TCP_CLOSE_FLUSH);
}

static void io_pause(void *ctx, uint64_t conn, bool paused)
{
    struct yc_app *a = ctx;
    yc_tcp_pause(a->tcp, conn, paused);
}

/* ---- timers ---- */

static void add_timer(struct yc_app *a, int64_t due_us, void (*fn)(void *arg, struct yc_core *core), void *arg)
{
    struct yc_app_timer *t = malloc(sizeof *t), **at = &a->timers;
    if (!t) {
        fn(arg, a->core); /* early rather than never */
        return;
    }
    *t = (struct yc_app_timer){NULL, due_us, fn, arg};
    while (*at && (*at)->due_us <= due_us)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
}

static void run_timers(struct yc_app *a, bool all)
{
    while (a->timers && (all || a->timers->due_us <= yc_mono_us(&a->clock.clock))) {
        struct yc_app_timer *t = a->timers;
        a->timers = t->next;
        t->fn(t->arg, a->core);
        free(t);
    }
}

struct timer_call {
    struct yc_app *app;
    int64_t due_us;
    void (*fn)(void *arg, struct yc_core *core);
    void *arg;
};

static void set_timer(void *arg, struct yc_core *core)
{
    struct timer_call *t = arg;
    (void)core;
    add_timer(t->app, t->due_us, t->fn, t->arg);
    free(t);
}

/* ---- calls from other threads ---- */

/* The core thread must not wait for room in the queue that it alone empties: what it posts to itself is a timer that is
 * due at once. */
static bool on_core_thread(const struct yc_app *a)
{
    return atomic_load(&a->core_runs) && pthread_equal(pthread_self(), a->core_self);
}

void yc_app_post(struct yc_app *a, void (*fn)(void *arg, struct yc_core *core), void *arg)
{
    if (on_core_thread(a)) {
        add_timer(a, yc_mono_us(&a->clock.clock), fn, arg);
        return;
    }
    struct event e = {.kind = EVENT_CALL, .fn = fn, .arg = arg};
    if (yc_queue_push(a->events, &e) != YC_QUEUE_OK)
        fn(arg, NULL); /* the core has gone: the function is told so by a missing core */
}

static void env_post(void *ctx, void (*fn)(void *arg, struct yc_core *core), void *arg)
{
    yc_app_post(ctx, fn, arg);
}

static void env_post_at(void *ctx, int64_t deadline_us, void (*fn)(void *arg, struct yc_core *core), void *arg)
{
    struct yc_app *a = ctx;
    if (on_core_thread(a)) {
        add_timer(a, deadline_us, fn, arg);
        return;
    }
    struct timer_call *t = malloc(sizeof *t);
    if (!t) {
        yc_app_post(a, fn, arg);
        return;
    }
    *t = (struct timer_call){a, deadline_us, fn, arg};
    yc_app_post(a, set_timer, t);
}

static uint32_t env_log_categories(void *ctx, uint32_t on, uint32_t off)
{
    struct yc_app *a = ctx;
    yc_log_sink_enable(a->sink, on);
    yc_log_sink_disable(a->sink, off);
    return yc_log_sink_enabled(a->sink);
}

static void env_stop(void *ctx)
{
    yc_app_request_stop(ctx);
}

/* The core looks at its clocks after every event: what this one asks for is no more than that. */
static void look_again(void *arg, struct yc_core *core)
{
    (void)arg;
    (void)core;
}

static void env_set_mock_time(void *ctx, int64_t wall_s)
{
    struct yc_app *a = ctx;
    yc_clock_mock(&a->clock, wall_s);
    yc_app_post(a, look_again, NULL);
}

/* ---- the thread ---- */

/* False: stop. */
static bool handle(struct yc_app *a, struct event *e)
{
    switch (e->kind) {
    case EVENT_ACCEPTED:
        yc_core_on_accepted(a->core, e->conn, &e->remote, &e->local);
        break;
    case EVENT_CONNECTED:
        yc_core_on_connected(a->core, e->conn, &e->local);
        break;
    case EVENT_CONNECT_FAILED:
        yc_core_on_connect_failed(a->core, e->conn, yc_tcp_reason_text(e->reason));
        break;
    case EVENT_RESOLVED:
        yc_core_on_resolved(a->core, e->conn, (const struct yc_netaddr *)(const void *)e->p, e->n, e->text);
        break;
    case EVENT_BYTES:
        yc_core_on_bytes(a->core, e->conn, yc_view(e->p, e->n));
        yc_tcp_consumed(a->tcp, e->conn, e->n);
        break;
    case EVENT_DRAINED: /* a turn follows in any case */
        (void)yc_core_on_sent(a->core, e->conn, e->n);
        break;
    case EVENT_CLOSED:
        yc_core_on_closed(a->core, e->conn, yc_tcp_reason_text(e->reason));
        break;
    case EVENT_CALL:
        e->fn(e->arg, a->core);
        break;
    case EVENT_STOP:
        return false;
    }
    free(e->p);
    free(e->text);
    return true;
}

static int64_t wait_us(const struct yc_app *a)
{
    int64_t now = yc_mono_us(&a->clock.clock), until = now + IDLE_WAIT_US;
    int64_t deadline = yc_core_deadline_us(a->core), paced = yc_mono_us(&a->clock.paced);
    if (deadline <= paced) /* INT64_MIN: at once */
        return 0;
    if (deadline - paced < IDLE_WAIT_US)
        until = now + (deadline - paced);
    if (a->timers && a->timers->due_us < until)
        until = a->timers->due_us;
    return until > now ? until - now : 0;
}

static void fail(struct yc_app *a, const struct yc_error *err)
{
    a->failure = *err;
    atomic_store(&a->failed, true);
    yc_app_request_stop(a);
}

/* An index that cannot be written ends the node, on the core thread. */
static void index_failed(void *arg, struct yc_core *core)
{
    struct yc_app *a = arg;
    if (core && !atomic_load(&a->failed))
        fail(a, yc_indexes_failure(yc_core_indexes(core)));
}

static void on_index_failure(void *ctx, const struct yc_error *err)
{
    struct yc_app *a = ctx;
    yc_log_error(a->log, "%s", err->text);
    yc_app_post(a, index_failed, a);
}

/* Peers may be waiting for a filter. */
static void on_index_moved(void *ctx)
{
    yc_app_post(ctx, look_again, NULL);
}

/* From here on the published tip is the chain's: the indexes may follow it. */
static void start_indexes(struct yc_app *a)
{
    struct yc_error err;
    bool wanted = false;
    for (int i = 0; i < YC_INDEX_COUNT; i++)
        wanted |= a->optional_wanted[i];
    struct yc_indexes_events events = {on_index_moved, on_index_failure, a};
    if (wanted && yc_indexes_start(yc_core_indexes(a->core), &events, &err) != YC_VALID)
        fail(a, &err);
}

/* The blocks that were connected before are being brought back into the coins, and the last ones verified: say how far
 * that has got. */
static void note_loading(struct yc_app *a)
{
    uint32_t done = 0, total = 0;
    if (atomic_load(&a->loaded))
        return;
    if (!yc_chain_loading(yc_core_chain(a->core), &done, &total)) {
        start_indexes(a);
        yc_log_info(a->log, "init message: Done loading");
        atomic_store(&a->loaded, true);
        yc_app_notify_loaded(a);
        yc_rpc_set_warmup(a->rpc, NULL);
        yc_daemon_report(&a->daemon, 0);
        struct yc_error ignored;
        yc_ignore(yc_notify("READY=1", &ignored));
        return;
    }
    char text[128], how_far[YC_PROGRESS_TEXT];
    struct yc_progress p;
    struct yc_chain_verify v = yc_chain_verify_state(yc_core_chain(a->core));
    if (yc_chain_reindexing(yc_core_chain(a->core), &p)) {
        yc_progress_text(how_far, p);
        snprintf(text, sizeof text, "Reindexing blocks on disk: %s", how_far);
    } else if (v.state == YC_VERIFY_RUNNING) {
        if (!a->verifying)
            yc_log_info(a->log, "init message: Verifying blocks…");
        a->verifying = true;
        snprintf(text, sizeof text, "Verifying blocks: %u of %u", v.done, v.total);
    } else {
        int64_t now_us = yc_mono_us(&a->clock.clock);
        if (!a->replay_us)
            a->replay_us = now_us;
        yc_progress_text(how_far, yc_progress_of(done, total, now_us - a->replay_us));
        snprintf(text, sizeof text, "Replaying blocks: %u of %u (%s)", done, total, how_far);
    }
    yc_rpc_set_warmup(a->rpc, text);
}

/* ---- how long the core is busy at a time ---- */

static void tell_busy(struct yc_app *a)
{
    static const char *const names[YC_APP_BUSY_KINDS] = {"step", "import", "event"};
    for (int i = 0; i < YC_APP_BUSY_KINDS; i++) {
        const struct yc_spread *s = &a->busy[i];
        if (s->count > 0)
            yc_log_debug(
                a->log, YC_LOGC_BENCH,
                "core busy by %s: %llu times, half of them up to %.2f ms, 99 %% up to %.2f ms, the longest %.2f "
                "ms; %llu over 5 ms, %llu over 20 ms",
                names[i], (unsigned long long)s->count, (double)yc_spread_at(s, 0.5) / 1e3,
                (double)yc_spread_at(s, 0.99) / 1e3, (double)s->longest_us / 1e3,
                (unsigned long long)yc_spread_longer(s, 5000), (unsigned long long)yc_spread_longer(s, 20000));
    }
}

/* The core has done one thing since begun_us, while peers and calls had to wait. Returns the time. */
static int64_t note_busy(struct yc_app *a, enum yc_app_busy_kind kind, int64_t begun_us)
{
    int64_t now_us = yc_mono_us(&a->clock.clock), took_us = now_us - begun_us;
    yc_spread_add(&a->busy[kind], took_us);
    if (took_us > SLOW_STEP_US)
        yc_log_debug(a->log, YC_LOGC_BENCH, "the core was busy for %lld ms", (long long)took_us / 1000);
    if (now_us - a->busy_told_us >= TELL_BUSY_US) {
        a->busy_told_us = now_us;
        tell_busy(a);
    }
    return now_us;
}

/* Serve until told to stop. */
static bool next_event(struct yc_app *a, struct event *e, int64_t wait)
{
    int64_t begun_us = wait > 0 ? yc_mono_us(&a->clock.clock) : 0;
    bool got = yc_queue_pop(a->events, e, wait) == YC_QUEUE_OK;
    if (wait > 0)
        yc_app_note_idle(a, yc_mono_us(&a->clock.clock) - begun_us);
    return got;
}

static void serve(struct yc_app *a)
{
    struct event e;
    for (bool go_on = true; go_on;) {
        run_timers(a, false); /* before the step, which does what they ask for */
        int64_t begun_us = yc_mono_us(&a->clock.clock);
        enum yc_step step = yc_core_step(a->core, STEP_BUDGET_US);
        begun_us = note_busy(a, YC_APP_BUSY_STEP, begun_us);
        if (step == YC_STEP_FAILED) {
            fail(a, yc_core_failure(a->core));
            return;
        }
        note_loading(a);
        enum yc_app_import_state import = yc_app_import_step(a, step == YC_STEP_DONE);
        if (import != YC_APP_IMPORT_NONE)
            (void)note_busy(a, YC_APP_BUSY_IMPORT, begun_us);
        int64_t wait = step == YC_STEP_MORE || import == YC_APP_IMPORT_MORE ? 0 : wait_us(a);
        if (import == YC_APP_IMPORT_WAITS && wait > IMPORT_WAIT_US)
            wait = IMPORT_WAIT_US;
        yc_app_note_sync(a);
        for (unsigned i = 0; go_on && i < EVENTS_A_ROUND && next_event(a, &e, wait); i++) {
            begun_us = yc_mono_us(&a->clock.clock);
            go_on = handle(a, &e);
            (void)note_busy(a, YC_APP_BUSY_EVENT, begun_us);
            wait = 0;
        }
    }
}

/* Calls that come too late are answered by a missing core; nothing may wait for ever. */
static void drain(struct yc_app *a)
{
    struct event e;
    yc_queue_close(a->events);
    while (yc_queue_pop(a->events, &e, 0) == YC_QUEUE_OK) {
        if (e.kind == EVENT_CALL)
            e.fn(e.arg, NULL);
        free(e.p);
        free(e.text);
    }
}

static void core_main(void *arg)
{
    struct yc_app *a = arg;
    struct yc_error err;
    a->core_self = pthread_self();
    atomic_store(&a->core_runs, true);
    yc_log_info(a->log, "initload thread start"); /* in Bitcoin Core's words: tools wait for it */
    if (yc_app_core_open(a, &err) == YC_VALID) {
        yc_rpc_attach(a->rpc, a->core);
        yc_app_notify_attach(a);
        serve(a);
        tell_busy(a);
        yc_rpc_wake_all(a->rpc);
        run_timers(a, true);
        yc_app_import_end(a);
        yc_log_info(a->log, "Flushing to disk…");
    } else {
        fail(a, &err);
    }
    struct yc_core *core = a->core;
    a->core = NULL;
    drain(a);
    run_timers(a, true); /* what a late call has set */
    if (core && yc_core_close(core, &err) != YC_VALID && !atomic_load(&a->failed))
        fail(a, &err);
    for (int i = 0; i < YC_INDEX_COUNT; i++)
        if (a->optional_open[i])
            a->optional_kv[i].close(a->optional_kv[i].ctx);
    yc_shelf_leveldb_close(&a->coins);
    if (a->index_open)
        a->index_kv.close(a->index_kv.ctx);
}

enum yc_verdict yc_app_core_prepare(struct yc_app *a, struct yc_error *err)
{
    a->rpc_env = (struct yc_rpc_env){.post = env_post,
                                     .post_at = env_post_at,
                                     .stop = env_stop,
                                     .log_categories = env_log_categories,
                                     .set_mock_time = env_set_mock_time,
                                     .ctx = a,
                                     .alloc = yc_heap(),
                                     .clock = &a->clock.clock,
                                     .log = a->log,
                                     .start_mono_us = a->start_us,
                                     .warmup = "Loading block index…",
                                     .chain_dir = a->config.setup.chain_dir};
    a->core_config.io = (struct yc_core_io){
        .connect = io_connect, .resolve = io_resolve, .send = io_send, .close = io_close, .pause = io_pause, .ctx = a};
    return yc_queue_new(&a->events, yc_heap(), sizeof(struct event), EVENTS_MAX, err);
}

enum yc_verdict yc_app_core_start(struct yc_app *a, struct yc_error *err)
{
    if (yc_proxies_to(&a->proxies, YC_PROXY_NAMES)) /* the options have been read by now */
        a->core_config.io.connect_name = io_connect_name;
    return yc_thread_start(&a->core_thread, "core", core_main, a, err);
}

void yc_app_core_stop(struct yc_app *a)
{
    if (a->core_thread.running)
        push(a, &(struct event){.kind = EVENT_STOP});
    yc_thread_join(&a->core_thread);
}
