/* The server's life, and how calls move between threads. */
#include <stdarg.h>
#include <stdio.h>

#include "node/rpc/internal.h"

static void run_part(void *arg, struct yc_core *core);

/* ---- threads that read ---- */

/* May this thread touch the chain? yc_rpc_leave() is due when it may. The chain is closed only when nobody does. */
static bool enter(struct yc_rpc *r)
{
    yc_mutex_lock(&r->lock);
    bool ok = atomic_load(&r->chain) && !atomic_load(&r->ending);
    r->reading += ok;
    yc_mutex_unlock(&r->lock);
    return ok;
}

static void leave(struct yc_rpc *r)
{
    yc_mutex_lock(&r->lock);
    if (--r->reading == 0)
        yc_cond_broadcast(&r->read_done);
    yc_mutex_unlock(&r->lock);
}

bool yc_rpc_ending(const struct yc_rpc *r)
{
    return atomic_load(&r->ending);
}

static void reader_main(void *arg)
{
    struct yc_rpc *r = arg;
    struct yc_rpc_request *q;
    while (yc_queue_pop(r->reader_queue, &q, -1) == YC_QUEUE_OK) {
        struct yc_rpc_call *c = &q->call;
        if (q->at < q->count && !c->next) {
            yc_rpc_go_on(q);
        } else {
            enum yc_rpc_flow flow = c->next(c);
            leave(r); /* entered when it was sent here */
            yc_rpc_proceed(c, flow);
        }
    }
}

static void go_on_core(void *arg, struct yc_core *core)
{
    (void)core;
    yc_rpc_go_on(arg);
}

void yc_rpc_hand_over(struct yc_rpc_request *q)
{
    struct yc_rpc *r = q->rpc;
    q->call.next = NULL;
    if (yc_queue_try_push(r->reader_queue, &q) != YC_QUEUE_OK)
        r->env.post(r->env.ctx, go_on_core, q);
}

/* ---- calls that have begun ---- */

static void note_begun(struct yc_rpc_call *c)
{
    struct yc_rpc *r = c->rpc;
    c->began_us = yc_mono_us(r->env.clock);
    yc_mutex_lock(&r->lock);
    c->next_active = r->active;
    c->previous_active = NULL;
    if (r->active)
        r->active->previous_active = c;
    r->active = c;
    yc_mutex_unlock(&r->lock);
}

static void note_ended(struct yc_rpc_call *c)
{
    struct yc_rpc *r = c->rpc;
    yc_mutex_lock(&r->lock);
    if (c->next_active)
        c->next_active->previous_active = c->previous_active;
    if (c->previous_active)
        c->previous_active->next_active = c->next_active;
    else
        r->active = c->next_active;
    yc_mutex_unlock(&r->lock);
}

/* ---- moving ---- */

bool yc_rpc_begin(struct yc_rpc_call *c)
{
    struct yc_rpc *r = c->rpc;
    enum yc_rpc_flow flow;
    note_begun(c);
    c->chain = atomic_load(&r->chain);
    c->next = c->method->run;
    switch (c->method->place) {
    case YC_RPC_ANYWHERE:
        flow = c->next(c);
        break;
    case YC_RPC_TIP:
        if (enter(r)) {
            flow = c->next(c);
            leave(r);
        } else {
            flow = yc_rpc_fail_shutdown(c);
        }
        break;
    case YC_RPC_CORE:
    case YC_RPC_AT_REST:
    default:
        flow = YC_RPC_TO_CORE;
        break;
    }
    if (flow == YC_RPC_DONE || flow == YC_RPC_FAILED) {
        note_ended(c);
        return true;
    }
    yc_rpc_proceed(c, flow);
    return false;
}

static void wake(void *arg, struct yc_core *core);

static void start_waiting(struct yc_rpc_call *c)
{
    struct yc_rpc *r = c->rpc;
    c->next_waiter = r->waiters;
    r->waiters = c;
    if (c->deadline_us != INT64_MAX && c->timer_us != c->deadline_us) {
        c->timer_us = c->deadline_us;
        r->env.post_at(r->env.ctx, c->deadline_us, wake, r);
    }
}

/* The chain stays open from here until the part has run, so what it holds open may come along. */
static enum yc_rpc_flow send_to_reader(struct yc_rpc_call *c)
{
    struct yc_rpc *r = c->rpc;
    struct yc_rpc_request *q = c->request;
    if (!enter(r))
        return yc_rpc_fail_shutdown(c);
    c->core = NULL;
    if (yc_queue_try_push(r->reader_queue, &q) == YC_QUEUE_OK)
        return YC_RPC_TO_READER;
    leave(r);
    return yc_rpc_fail(c, YC_RPC_MISC, "Too many long calls are waiting: try again when some of them have ended");
}

void yc_rpc_proceed(struct yc_rpc_call *c, enum yc_rpc_flow flow)
{
    struct yc_rpc *r = c->rpc;
    /* At the end nobody would wake a call that waits. */
    if ((flow == YC_RPC_WAIT || flow == YC_RPC_RETRY) && yc_rpc_ending(r))
        flow = yc_rpc_fail_shutdown(c);
    if (flow == YC_RPC_TO_READER)
        flow = send_to_reader(c);
    switch (flow) {
    case YC_RPC_DONE:
    case YC_RPC_FAILED:
        note_ended(c);
        yc_rpc_finished(c);
        break;
    case YC_RPC_WAIT:
        start_waiting(c);
        break;
    case YC_RPC_RETRY:
        r->env.post_at(r->env.ctx, yc_mono_us(r->env.clock) + YC_RPC_REST_RETRY_US, run_part, c);
        break;
    case YC_RPC_TO_CORE:
        r->env.post(r->env.ctx, run_part, c);
        break;
    case YC_RPC_TO_READER: /* it is on its way already */
        break;
    }
}

/* The next part of a call on the core thread; core is NULL when there is none any more. */
static void run_part(void *arg, struct yc_core *core)
{
    struct yc_rpc_call *c = arg;
    enum yc_rpc_flow flow;
    c->core = core;
    if (!core) {
        flow = yc_rpc_fail_shutdown(c);
    } else {
        c->chain = yc_core_chain(core);
        if (c->method->place == YC_RPC_AT_REST && !yc_chain_at_rest(c->chain))
            flow = YC_RPC_RETRY;
        else
            flow = c->next(c);
    }
    yc_rpc_proceed(c, flow);
}

/* Something changed, or time has come: each call that waits has a look. */
static void wake(void *arg, struct yc_core *core)
{
    struct yc_rpc *r = arg;
    struct yc_rpc_call *list = r->waiters;
    r->waiters = NULL;
    r->wake_posted = false;
    while (list) {
        struct yc_rpc_call *c = list;
        list = c->next_waiter;
        run_part(c, core);
    }
}

static void order_wake(struct yc_rpc *r)
{
    if (!r->wake_posted && r->waiters) {
        r->wake_posted = true;
        r->env.post(r->env.ctx, wake, r);
    }
}

static void on_chain(void *ctx, const struct yc_chain_event *e)
{
    struct yc_rpc *r = ctx;
    if (e->kind == YC_CHAIN_FAILED) {
        for (struct yc_rpc_call *c = r->waiters; c; c = c->next_waiter) {
            if (c->watch == e->node && !c->watch_failed) {
                c->watch_failed = true;
                yc_reject_text(c->watch_why, sizeof c->watch_why, e->why);
            }
        }
    }
    if (e->kind != YC_CHAIN_CONNECTED && e->kind != YC_CHAIN_DISCONNECTED)
        order_wake(r);
}

static void on_pool(void *ctx, const struct yc_pool_event *e)
{
    struct yc_rpc *r = ctx;
    (void)e;
    for (struct yc_rpc_call *c = r->waiters; c; c = c->next_waiter) {
        if (c->wants_pool) {
            order_wake(r);
            return;
        }
    }
}

/* ---- life ---- */

enum yc_verdict yc_rpc_new(struct yc_rpc **out, const struct yc_rpc_env *env, struct yc_error *err)
{
    struct yc_rpc *r = yc_alloc_new(env->alloc, sizeof *r);
    *out = NULL;
    if (!r)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the RPC server");
    memset(r, 0, sizeof *r);
    r->env = *env;
    yc_mutex_init(&r->lock);
    yc_cond_init(&r->read_done);
    yc_rpc_set_warmup(r, env->warmup);
    enum yc_verdict v =
        yc_queue_new(&r->reader_queue, env->alloc, sizeof(struct yc_rpc_request *), YC_RPC_READERS_QUEUE, err);
    while (v == YC_VALID && r->reader_count < YC_RPC_READERS) {
        char name[16];
        snprintf(name, sizeof name, "rpcread.%u", r->reader_count);
        v = yc_thread_start(&r->reader[r->reader_count], name, reader_main, r, err);
        r->reader_count += v == YC_VALID;
    }
    if (v != YC_VALID) {
        yc_rpc_free(r);
        return v;
    }
    *out = r;
    return YC_VALID;
}

void yc_rpc_free(struct yc_rpc *r)
{
    if (!r)
        return;
    if (r->reader_queue)
        yc_queue_close(r->reader_queue);
    for (unsigned i = 0; i < r->reader_count; i++)
        yc_thread_join(&r->reader[i]);
    if (r->reader_queue)
        yc_queue_free(r->reader_queue);
    if (r->cached.held)
        yc_template_release(&r->cached.t);
    yc_cond_release(&r->read_done);
    yc_mutex_release(&r->lock);
    yc_alloc_free(r->env.alloc, r, sizeof *r);
}

void yc_rpc_attach(struct yc_rpc *r, struct yc_core *core)
{
    struct yc_core_listener listener = {on_chain, on_pool, r};
    r->core = core;
    yc_core_listen(core, &listener);
    r->indexes = yc_core_indexes(core);
    atomic_store(&r->chain, yc_core_chain(core));
}

void yc_rpc_set_warmup(struct yc_rpc *r, const char *text)
{
    yc_mutex_lock(&r->lock);
    r->warming = text != NULL;
    snprintf(r->warmup, sizeof r->warmup, "%s", text ? text : "");
    yc_mutex_unlock(&r->lock);
}

void yc_rpc_wake_all(struct yc_rpc *r)
{
    atomic_store(&r->ending, true);
    wake(r, r->core);
    yc_mutex_lock(&r->lock);
    while (r->reading)
        yc_cond_wait(&r->read_done, &r->lock);
    yc_mutex_unlock(&r->lock);
    if (r->cached.held)
        yc_template_release(&r->cached.t);
    r->cached.held = false;
}

/* ---- answers ---- */

enum yc_rpc_flow yc_rpc_fail(struct yc_rpc_call *c, enum yc_rpc_code code, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->code = code;
    yc_buf_clear(&c->message);
    yc_buf_append_text(&c->message, text);
    return YC_RPC_FAILED;
}

enum yc_rpc_flow yc_rpc_fail_memory(struct yc_rpc_call *c)
{
    return yc_rpc_fail(c, YC_RPC_OUT_OF_MEMORY, "Out of memory");
}

enum yc_rpc_flow yc_rpc_fail_system(struct yc_rpc_call *c, const struct yc_error *err)
{
    return yc_rpc_fail(c, err->which == YC_SYSTEM_MEMORY ? YC_RPC_OUT_OF_MEMORY : YC_RPC_MISC, "%s", err->text);
}

enum yc_rpc_flow yc_rpc_fail_shutdown(struct yc_rpc_call *c)
{
    return yc_rpc_fail(c, YC_RPC_CLIENT_NOT_CONNECTED, "Shutting down");
}

enum yc_rpc_flow yc_rpc_fail_help(struct yc_rpc_call *c)
{
    c->code = YC_RPC_MISC;
    yc_buf_clear(&c->message);
    yc_rpc_method_help(&c->message, c->method, false);
    return YC_RPC_FAILED;
}

enum yc_rpc_flow yc_rpc_wait(struct yc_rpc_call *c, yc_rpc_part next, int64_t deadline_us)
{
    c->next = next;
    c->deadline_us = deadline_us;
    return YC_RPC_WAIT;
}

enum yc_rpc_flow yc_rpc_go(struct yc_rpc_call *c, enum yc_rpc_flow where, yc_rpc_part next)
{
    c->next = next;
    return where;
}
