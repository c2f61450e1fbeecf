/* Whole nodes: node/core over stores in memory, opened, stopped, crashed and driven. */
#include "sim/internal.h"

#include <stdio.h>

#define STEP_BUDGET_US 5000
#define STEPS_MAX      100000 /* of one node without time passing: more is a loop without an end */
#define NODE_BYTES_MAX ((size_t)256 << 20)

static int64_t node_wall(void *ctx)
{
    const struct sim_node *n = ctx;
    return n->sim->clock.wall_s(n->sim->clock.ctx) + n->skew_s;
}

static int64_t node_mono(void *ctx)
{
    const struct sim_node *n = ctx;
    return n->sim->clock.mono_us(n->sim->clock.ctx);
}

/* What nodes ask of the world. */

static unsigned node_at(const struct sim *s, const struct yc_netaddr *a)
{
    unsigned i = 0;
    while (i < s->node_count && !yc_netaddr_equal(&s->node[i].addr, a))
        i++;
    return i;
}

static uint64_t io_connect(void *ctx, const struct yc_netaddr *to)
{
    struct sim_node *n = ctx;
    return sim_link_open(n->sim, n->index, node_at(n->sim, to));
}

static void io_resolve(void *ctx, const char *host, uint16_t port, uint64_t tag)
{
    const struct sim_node *n = ctx;
    (void)port;
    (void)tag;
    sim_fail(n->sim, "node %u asks for the name %s: there are no names here", n->index, host);
}

static void io_send(void *ctx, uint64_t handle, struct yc_view bytes)
{
    struct sim_node *n = ctx;
    unsigned end;
    struct sim_link *l = sim_link_of(n->sim, handle, &end);
    if (l)
        sim_link_send(n->sim, l, end, bytes);
}

static void io_close(void *ctx, uint64_t handle, bool at_once)
{
    struct sim_node *n = ctx;
    unsigned end;
    struct sim_link *l = sim_link_of(n->sim, handle, &end);
    (void)at_once;
    if (l)
        sim_link_close(n->sim, l);
}

static void io_pause(void *ctx, uint64_t handle, bool paused)
{
    struct sim_node *n = ctx;
    unsigned end;
    struct sim_link *l = sim_link_of(n->sim, handle, &end);
    if (l)
        l->paused[end] = paused;
}

static void log_line(void *ctx, enum yc_log_level level, enum yc_log_category category, const void *site,
                     const char *text)
{
    const struct sim_node *n = ctx;
    (void)level;
    (void)category;
    (void)site;
    if (n->sim->print_log)
        printf("%12.6f [%u] %s\n", (double)n->sim->now_us / 1e6, n->index, text);
}

static bool log_on(void *ctx, enum yc_log_category category, enum yc_log_level level)
{
    const struct sim_node *n = ctx;
    (void)category;
    (void)level;
    return n->sim->print_log;
}

static void on_chain(void *ctx, const struct yc_chain_event *e)
{
    struct sim_node *n = ctx;
    n->sim->options.on_chain(n->sim->options.ctx, n, e);
}

/* Making them. */

unsigned sim_add(struct sim *s)
{
    YC_ASSERT(s->node_count < s->options.nodes_max);
    unsigned i = s->node_count++;
    struct sim_node *n = &s->node[i];
    struct yc_siphash_key key = {s->options.seed, 0};
    n->sim = s;
    n->index = i;
    n->addr = s->options.public_addresses
                  ? yc_netaddr_ipv4((uint8_t)(40 + i / 250), (uint8_t)(1 + i % 250), 0, 1, s->options.params->port)
                  : yc_netaddr_ipv4(10, (uint8_t)i, (uint8_t)(i >> 8), 1, s->options.params->port);
    n->clock = (struct yc_clock){node_wall, node_mono, n};
    n->log = (struct yc_log){log_line, log_on, n};
    n->up_bytes_per_s = s->options.up_bytes_per_s;
    yc_random_seed(&n->random, &n->seeded, yc_siphash(key, &i, sizeof i));
    return i;
}

static void expect_made(struct sim *s, enum yc_verdict v, const struct yc_error *err)
{
    if (v != YC_VALID)
        sim_fail(s, "a node's stores cannot be made: %s", err->text);
}

unsigned sim_add_node(struct sim *s)
{
    struct yc_error err;
    struct sim_node *n = &s->node[sim_add(s)];
    yc_heap_capped_init(&n->heap, s->options.node_bytes_max ? s->options.node_bytes_max : NODE_BYTES_MAX);
    expect_made(s, yc_fs_memory_new(&n->fs, yc_heap(), UINT64_MAX, &err), &err);
    expect_made(s, yc_kv_memory_new(&n->index_kv, yc_heap(), "index", &err), &err);
    expect_made(s, yc_kv_memory_new(&n->coins_kv, yc_heap(), "coins", &err), &err);
    expect_made(s, yc_workers_new(&n->workers, yc_heap(), "script", 0, &err), &err);
    sim_disk_init(&n->disk, yc_fs_memory_fs(n->fs), s->options.disk);
    yc_fs_fault_init(&n->fs_fault, &n->disk.fs);
    sim_disk_kv_init(&n->index_disk, yc_kv_memory_kv(n->index_kv), &n->disk);
    sim_disk_kv_init(&n->coins_disk, yc_kv_memory_kv(n->coins_kv), &n->disk);
    yc_kv_fault_init(&n->index_fault, &n->index_disk.kv);
    yc_kv_fault_init(&n->coins_fault, &n->coins_disk.kv);
    expect_made(s, n->fs_fault.fs.make_dir(n->fs_fault.fs.ctx, "/data/blocks", &err), &err);
    expect_made(s, n->fs_fault.fs.sync_dir(n->fs_fault.fs.ctx, "/", &err), &err);
    expect_made(s, n->fs_fault.fs.sync_dir(n->fs_fault.fs.ctx, "/data", &err), &err);
    return n->index;
}

void sim_add_peer(struct sim *s, unsigned from, unsigned to)
{
    struct sim_node *n = &s->node[from];
    size_t k = n->config.add_node_count++;
    YC_ASSERT(k < sizeof n->peers / sizeof n->peers[0]);
    char text[80];
    yc_netaddr_print(text, &s->node[to].addr);
    snprintf(n->peer_text[k], sizeof n->peer_text[k], "%.31s", text);
    n->peers[k] = n->peer_text[k];
}

void sim_introduce(struct sim *s, unsigned from, unsigned to)
{
    struct sim_node *n = &s->node[from];
    int64_t now_s = node_wall(n);
    (void)yc_addrman_add(yc_core_book(n->core), &s->node[to].addr, YC_NODE_NETWORK | YC_NODE_WITNESS, now_s,
                         &s->node[to].addr, 0, true, now_s);
}

static void configure(struct sim *s, struct sim_node *n)
{
    struct yc_core_config *c = &n->config;
    const struct sim_options *o = &s->options;
    c->chain = (struct yc_chain_config){.params = n->chain ? yc_chain_builtin(n->chain) : o->params,
                                        .fs = &n->fs_fault.fs,
                                        .index_kv = &n->index_fault.kv,
                                        .coins_kv = &n->coins_fault.kv,
                                        .blocks_dir = "/data/blocks",
                                        .minimum_chain_work = o->params->minimum_chain_work,
                                        .alloc = n->alloc ? n->alloc : &n->heap.alloc,
                                        .clock = &n->clock,
                                        .random = &n->random,
                                        .log = &n->log,
                                        .workers = n->workers,
                                        .disk_latency_us = n->disk.speed.commit_us,
                                        .coins_cache_bytes = o->coins_cache_bytes ? o->coins_cache_bytes : 16 << 20};
    yc_pool_config_default(&c->pool);
    c->pool.require_standard = false;
    c->io = (struct yc_core_io){io_connect, NULL, io_resolve, io_send, io_close, io_pause, n};
    c->data_dir = "/data";
    c->user_agent = "/YCoin:0.1.0/";
    c->listen = c->persist_mempool = true;
    c->relay_txs = !n->blocks_only;
    c->relay_at_once = !o->with_delays;
    c->max_tip_age_s = 86400;
    c->peer_timeout_s = 60;
    c->connections_max = 125;
    c->inbound_relay_percent = 50;
    c->receive_budget_bytes = o->receive_budget_bytes ? o->receive_budget_bytes : 64 << 20;
    c->send_buffer_max_bytes = 1000000;
    c->add_node = n->peers;
}

void sim_start(struct sim *s, unsigned i)
{
    struct sim_node *n = &s->node[i];
    struct yc_error err;
    configure(s, n);
    enum yc_verdict v = yc_core_open(&n->core, &n->config, &err);
    n->failed = v != YC_VALID;
    if (n->failed)
        n->core = NULL;
    if (n->failed && !n->may_fail)
        sim_fail(s, "node %u does not start: %s", i, err.text);
    if (n->failed)
        return;
    if (s->options.on_chain) {
        struct yc_core_listener l = {.chain = on_chain, .ctx = n};
        yc_core_listen(n->core, &l);
    }
    n->due_us = INT64_MAX;
    n->due_at = s->due_count++;
    sim_due_moved(s, i);
    sim_touch(s, i);
}

/* The node is gone: its links break, and nobody looks at it any more. */
static void forget(struct sim *s, unsigned i)
{
    struct sim_node *n = &s->node[i];
    n->core = NULL;
    n->busy_until_us = n->up_free_us = 0;
    for (struct sim_link *l = s->links; l; l = l->next)
        for (unsigned end = 0; end < 2; end++)
            if (l->node[end] == i) {
                l->open[end] = false;
                sim_link_close(s, l);
            }
    unsigned last = s->due[--s->due_count];
    size_t at = n->due_at;
    if (last == i)
        return;
    s->due[at] = last;
    s->node[last].due_at = at;
    sim_due_moved(s, last);
}

void sim_stop(struct sim *s, unsigned i)
{
    struct yc_error err;
    struct sim_node *n = &s->node[i];
    bool rests = yc_chain_at_rest(yc_core_chain(n->core)); /* else the coins may be ahead of the pool */
    const char *wrong = rests ? yc_pool_check(yc_core_pool(n->core)) : NULL;
    if (wrong)
        sim_fail(s, "pool of node %u: %s", i, wrong);
    enum yc_verdict v = yc_core_close(n->core, &err);
    if (v != YC_VALID && !n->may_fail)
        sim_fail(s, "node %u does not stop: %s", i, err.text);
    forget(s, i);
}

/* The disk refuses everything while the node is taken down, then loses what was not synced. */
static void refuse(struct sim_node *n, bool all)
{
    n->fs_fault.kinds = YC_FS_ALL;
    n->fs_fault.fail_at = all ? 1 : 0;
    n->fs_fault.tear_bytes = YC_FS_TEAR_NONE;
    n->fs_fault.keep_failing = n->index_fault.keep_failing = n->coins_fault.keep_failing = all;
    n->fs_fault.which = n->index_fault.which = n->coins_fault.which = YC_SYSTEM_IO;
    n->index_fault.fail_at = n->coins_fault.fail_at = all ? 1 : 0;
    n->index_fault.kinds = n->coins_fault.kinds = YC_KV_ALL;
    n->fs_fault.count = 0;
    n->index_fault.count = n->coins_fault.count = 0;
}

void sim_crash(struct sim *s, unsigned i)
{
    struct yc_error err;
    struct sim_node *n = &s->node[i];
    refuse(n, true);
    yc_ignore(yc_core_close(n->core, &err));
    expect_made(s, yc_fs_memory_power_cut(n->fs, &s->random, &err), &err);
    expect_made(s, yc_kv_memory_power_cut(n->index_kv, &s->random, &err), &err);
    expect_made(s, yc_kv_memory_power_cut(n->coins_kv, &s->random, &err), &err);
    refuse(n, false);
    s->totals.crashes++;
    forget(s, i);
}

/* Driving them. */

void sim_node_hear(struct sim *s, struct sim_link *l, unsigned end, const struct sim_event *e)
{
    struct yc_core *c = s->node[e->node].core;
    uint64_t handle = l->handle[end];
    switch (e->kind) {
    case EVENT_ACCEPTED:
        yc_core_on_accepted(c, handle, &s->node[l->node[0]].addr, &s->node[e->node].addr);
        break;
    case EVENT_CONNECTED:
        yc_core_on_connected(c, handle, &s->node[e->node].addr);
        break;
    case EVENT_FAILED:
        yc_core_on_connect_failed(c, handle, "connection refused");
        break;
    case EVENT_BYTES:
        yc_core_on_bytes(c, handle, yc_view(e->p, e->n));
        break;
    case EVENT_CLOSED:
        yc_core_on_closed(c, handle, "closed");
        break;
    }
    sim_touch(s, e->node);
}

void sim_node_step(struct sim *s, unsigned i)
{
    struct sim_node *n = &s->node[i];
    enum yc_step step = YC_STEP_MORE;
    if (n->core && n->busy_until_us > s->now_us) {
        n->due_us = n->busy_until_us;
        sim_due_moved(s, i);
        return;
    }
    for (unsigned k = 0; n->core && !n->failed && step == YC_STEP_MORE; k++) {
        if (k == STEPS_MAX)
            sim_fail(s, "node %u works for ever", i);
        step = yc_core_step(n->core, STEP_BUDGET_US);
        s->totals.steps++;
    }
    if (!n->core)
        return;
    if (step == YC_STEP_FAILED) {
        n->failed = true;
        if (!n->may_fail)
            sim_fail(s, "node %u fails: %s", i, yc_core_failure(n->core)->text);
    }
    n->due_us = n->failed ? INT64_MAX : yc_core_deadline_us(n->core);
    if (n->disk.spent_us) {
        n->busy_until_us = s->now_us + n->disk.spent_us;
        n->disk.spent_us = 0;
    }
    if (n->due_us < n->busy_until_us)
        n->due_us = n->busy_until_us;
    sim_due_moved(s, i);
}
