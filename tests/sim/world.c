#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_TIMEOUT_US 1000000
#define STEP_BUDGET_US     5000
#define STEPS_MAX          100000 /* of one node without time passing: more is a loop without an end */

enum kind { EVENT_ACCEPTED, EVENT_CONNECTED, EVENT_FAILED, EVENT_BYTES, EVENT_CLOSED };

struct sim_event {
    int64_t at_us;
    uint64_t order; /* of making: decides among equal times */
    enum kind kind;
    unsigned node;
    uint64_t handle;
    uint8_t *p;
    size_t n;
};

/* A connection: end 0 opened it. */
struct sim_link {
    struct sim_link *next;
    uint64_t handle[2]; /* each end knows it by its own */
    unsigned node[2];
    bool open[2]; /* the end has been told of it, and not that it is over */
    bool over;    /* no more bytes are taken */
    bool paused[2];
    int64_t last_us[2];      /* when the last bytes to this end arrive: order is kept */
    size_t waiting[2];       /* bytes under way from this end */
    struct yc_peer *peer[2]; /* of puppets */
};

static int64_t wall(void *ctx)
{
    const struct sim *s = ctx;
    return (int64_t)yc_chain_builtin("regtest")->genesis.time + 10000000 + s->now_us / 1000000;
}

/* Time passes a little at every look, so that budgets end. */
static int64_t mono(void *ctx)
{
    struct sim *s = ctx;
    return ++s->now_us;
}

static struct yc_now now_of(struct sim *s)
{
    return (struct yc_now){mono(s), wall(s)};
}

void sim_init(struct sim *s, const struct sim_options *o)
{
    memset(s, 0, sizeof *s);
    s->options = *o;
    s->clock = (struct yc_clock){wall, mono, s};
    s->next_handle = 1;
    s->print_log = getenv("YC_SIM_LOG") != NULL;
    yc_random_seed(&s->random, &s->seeded, o->seed);
}

/* Events. */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

static void push(struct sim *s, const struct sim_event *e)
{
    if (s->heap_count == s->heap_cap) {
        s->heap_cap = s->heap_cap ? 2 * s->heap_cap : 64;
        s->heap = realloc(s->heap, s->heap_cap * sizeof *s->heap);
        assert_non_null(s->heap);
    }
    struct sim_event *copy = malloc(sizeof *copy);
    assert_non_null(copy);
    *copy = *e;
    copy->order = s->next_order++;
    size_t at = s->heap_count++;
    for (; at > 0 && before(copy, s->heap[(at - 1) / 2]); at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = copy;
}

static struct sim_event *pop(struct sim *s)
{
    struct sim_event *top = s->heap[0], *last = s->heap[--s->heap_count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < s->heap_count; at = child) {
        if (child + 1 < s->heap_count && before(s->heap[child + 1], s->heap[child]))
            child++;
        if (!before(s->heap[child], last))
            break;
        s->heap[at] = s->heap[child];
    }
    if (s->heap_count)
        s->heap[at] = last;
    return top;
}

static void note(struct sim *s, const struct sim_event *e)
{
    uint64_t words[6] = {s->trace, (uint64_t)e->at_us, (uint64_t)e->kind, e->node, e->handle, e->n};
    struct yc_siphash_key key = {1, 2};
    s->trace = yc_siphash(key, words, sizeof words);
    if (e->n) {
        key.k0 = s->trace;
        s->trace = yc_siphash(key, e->p, e->n);
    }
}

/* Links. */

static struct sim_link *link_of(struct sim *s, uint64_t handle, unsigned *end)
{
    for (struct sim_link *l = s->links; l; l = l->next)
        for (*end = 0; *end < 2; (*end)++)
            if (l->handle[*end] == handle)
                return l;
    return NULL;
}

static int64_t latency(struct sim *s)
{
    int64_t jitter = s->options.jitter_us ? (int64_t)yc_random_below(&s->random, (uint64_t)s->options.jitter_us) : 0;
    return s->options.latency_us + jitter;
}

/* When something sent now arrives at this end, behind all that was sent before. */
static int64_t arrival(struct sim *s, struct sim_link *l, unsigned end)
{
    int64_t at = s->now_us + latency(s);
    l->last_us[end] = at > l->last_us[end] ? at : l->last_us[end] + 1;
    return l->last_us[end];
}

static void tell_end(struct sim *s, struct sim_link *l, unsigned end, enum kind kind)
{
    push(s, &(struct sim_event){
                .at_us = arrival(s, l, end), .kind = kind, .node = l->node[end], .handle = l->handle[end]});
}

static uint64_t open_link(struct sim *s, unsigned from, unsigned to)
{
    struct sim_link *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->next = s->links;
    s->links = l;
    l->node[0] = from;
    l->node[1] = to;
    l->handle[0] = s->next_handle++;
    l->handle[1] = s->next_handle++;
    bool reachable = to < s->node_count && (s->node[to].core || s->node[to].puppet) &&
                     !s->node[to].puppet == !!s->node[to].core && s->node[to].island == s->node[from].island;
    if (!reachable) {
        l->over = true;
        push(s,
             &(struct sim_event){
                 .at_us = s->now_us + CONNECT_TIMEOUT_US, .kind = EVENT_FAILED, .node = from, .handle = l->handle[0]});
        return l->handle[0];
    }
    tell_end(s, l, 1, EVENT_ACCEPTED);
    push(s, &(struct sim_event){
                .at_us = l->last_us[1] + latency(s), .kind = EVENT_CONNECTED, .node = from, .handle = l->handle[0]});
    l->last_us[0] = l->last_us[1] + s->options.latency_us + s->options.jitter_us;
    return l->handle[0];
}

static void send_bytes(struct sim *s, uint64_t handle, struct yc_view bytes)
{
    unsigned end;
    struct sim_link *l = link_of(s, handle, &end);
    assert_non_null(l);
    if (l->over || bytes.n == 0)
        return;
    l->waiting[end] += bytes.n;
    const struct sim_puppet *to = s->node[l->node[!end]].puppet;
    if (to && to->deaf)
        return;
    uint8_t *copy = malloc(bytes.n);
    assert_non_null(copy);
    memcpy(copy, bytes.p, bytes.n);
    push(s, &(struct sim_event){.at_us = arrival(s, l, !end),
                                .kind = EVENT_BYTES,
                                .node = l->node[!end],
                                .handle = l->handle[!end],
                                .p = copy,
                                .n = bytes.n});
}

static void close_link(struct sim *s, struct sim_link *l)
{
    if (l->over)
        return;
    l->over = true;
    tell_end(s, l, 0, EVENT_CLOSED);
    tell_end(s, l, 1, EVENT_CLOSED);
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
    return open_link(n->sim, n->index, node_at(n->sim, to));
}

static void io_resolve(void *ctx, const char *host, uint16_t port, uint64_t tag)
{
    (void)ctx;
    (void)port;
    (void)tag;
    fail_msg("no names here: %s", host);
}

static void io_send(void *ctx, uint64_t handle, struct yc_view bytes)
{
    struct sim_node *n = ctx;
    send_bytes(n->sim, handle, bytes);
}

static void io_close(void *ctx, uint64_t handle, bool at_once)
{
    struct sim_node *n = ctx;
    unsigned end;
    struct sim_link *l = link_of(n->sim, handle, &end);
    (void)at_once;
    assert_non_null(l);
    close_link(n->sim, l);
}

static void io_pause(void *ctx, uint64_t handle, bool paused)
{
    struct sim_node *n = ctx;
    unsigned end;
    struct sim_link *l = link_of(n->sim, handle, &end);
    assert_non_null(l);
    l->paused[end] = paused;
}

/* Nodes. */

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

static unsigned add(struct sim *s)
{
    assert_true(s->node_count < SIM_NODES_MAX);
    unsigned i = s->node_count++;
    struct sim_node *n = &s->node[i];
    n->sim = s;
    n->index = i;
    n->addr = yc_netaddr_ipv4(10, (uint8_t)i, 0, 1, 37444);
    yc_random_seed(&n->random, &n->seeded, s->options.seed * 1000 + i);
    return i;
}

unsigned sim_add_node(struct sim *s)
{
    struct yc_error err;
    struct sim_node *n = &s->node[add(s)];
    const struct yc_fs *fs;
    assert_int_equal(yc_fs_memory_new(&n->fs, yc_heap(), UINT64_MAX, &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&n->index_kv, yc_heap(), "index", &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&n->coins_kv, yc_heap(), "coins", &err), YC_VALID);
    assert_int_equal(yc_workers_new(&n->workers, yc_heap(), "script", 0, &err), YC_VALID);
    fs = yc_fs_memory_fs(n->fs);
    assert_int_equal(fs->make_dir(fs->ctx, "/data/blocks", &err), YC_VALID);
    return n->index;
}

unsigned sim_add_puppet(struct sim *s, struct sim_puppet *p)
{
    struct sim_node *n = &s->node[add(s)];
    n->puppet = p;
    n->shared = yc_peer_shared_default();
    n->shared.alloc = yc_heap();
    n->shared.random = &n->random;
    memcpy(n->shared.magic, yc_chain_builtin("regtest")->magic, 4);
    n->shared.services = YC_NODE_NETWORK | YC_NODE_WITNESS;
    snprintf(n->shared.user_agent, sizeof n->shared.user_agent, "/puppet:1/");
    return n->index;
}

void sim_add_peer(struct sim *s, unsigned from, unsigned to)
{
    struct sim_node *n = &s->node[from];
    size_t i = n->config.add_node_count++;
    char text[YC_NETADDR_TEXT_MAX];
    yc_netaddr_print(text, &s->node[to].addr);
    snprintf(n->peer_text[i], sizeof n->peer_text[i], "%.31s", text);
    n->peers[i] = n->peer_text[i];
}

/* An allocator-free log for each node: its context is the node. */
static struct yc_log logs[SIM_NODES_MAX];

void sim_start(struct sim *s, unsigned i)
{
    struct sim_node *n = &s->node[i];
    struct yc_error err;
    struct yc_core_config *c = &n->config;
    logs[i] = (struct yc_log){log_line, log_on, n};
    c->chain = (struct yc_chain_config){.params = yc_chain_builtin(n->chain ? n->chain : "regtest"),
                                        .fs = yc_fs_memory_fs(n->fs),
                                        .index_kv = yc_kv_memory_kv(n->index_kv),
                                        .coins_kv = yc_kv_memory_kv(n->coins_kv),
                                        .blocks_dir = "/data/blocks",
                                        .alloc = n->alloc ? n->alloc : yc_heap(),
                                        .clock = &s->clock,
                                        .random = &n->random,
                                        .log = &logs[i],
                                        .workers = n->workers,
                                        .coins_cache_bytes = 16 << 20};
    yc_pool_config_default(&c->pool);
    c->pool.require_standard = false;
    c->io = (struct yc_core_io){io_connect, NULL, io_resolve, io_send, io_close, io_pause, n};
    c->data_dir = "/data";
    c->user_agent = "/YCoin:0.1.0/";
    c->listen = c->persist_mempool = true;
    c->relay_txs = !n->blocks_only;
    c->relay_at_once = !s->options.with_delays;
    c->max_tip_age_s = 86400;
    c->peer_timeout_s = 60;
    c->connections_max = 125;
    c->receive_budget_bytes = s->options.receive_budget_bytes ? s->options.receive_budget_bytes : 64 << 20;
    c->send_buffer_max_bytes = 1000000;
    c->add_node = n->peers;
    enum yc_verdict v = yc_core_open(&n->core, c, &err);
    n->failed = v != YC_VALID;
    if (n->failed)
        n->core = NULL;
    if (n->failed && !n->may_fail)
        fail_msg("node %u: %s", i, err.text);
}

static void drop_links(struct sim *s, unsigned i)
{
    for (struct sim_link *l = s->links; l; l = l->next)
        if (l->node[0] == i || l->node[1] == i)
            close_link(s, l);
}

void sim_stop(struct sim *s, unsigned i)
{
    struct yc_error err;
    struct sim_node *n = &s->node[i];
    const char *wrong = yc_pool_check(yc_core_pool(n->core));
    if (wrong)
        fail_msg("pool of node %u: %s", i, wrong);
    enum yc_verdict v = yc_core_close(n->core, &err);
    if (v != YC_VALID && !n->may_fail)
        fail_msg("node %u: %s", i, err.text);
    n->core = NULL;
    drop_links(s, i);
}

void sim_set_island(struct sim *s, unsigned i, unsigned island)
{
    s->node[i].island = island;
    for (struct sim_link *l = s->links; l; l = l->next)
        if (s->node[l->node[0]].island != s->node[l->node[1]].island)
            close_link(s, l);
}

static void free_peer(struct sim_link *l, unsigned end)
{
    if (l->peer[end]) {
        yc_peer_release(l->peer[end]);
        free(l->peer[end]);
    }
    l->peer[end] = NULL;
}

void sim_release(struct sim *s)
{
    for (unsigned i = 0; i < s->node_count; i++)
        if (s->node[i].core)
            sim_stop(s, i);
    for (unsigned i = 0; i < s->node_count; i++) {
        struct sim_node *n = &s->node[i];
        if (n->puppet)
            continue;
        yc_workers_free(n->workers);
        yc_kv_memory_free(n->index_kv);
        yc_kv_memory_free(n->coins_kv);
        yc_fs_memory_free(n->fs);
    }
    while (s->heap_count) {
        struct sim_event *e = pop(s);
        free(e->p);
        free(e);
    }
    free(s->heap);
    for (struct sim_link *l = s->links, *next; l; l = next) {
        next = l->next;
        free_peer(l, 0);
        free_peer(l, 1);
        free(l);
    }
}

/* Puppets. */

static void puppet_begin(struct sim *s, struct sim_link *l, unsigned end)
{
    struct sim_node *n = &s->node[l->node[end]];
    struct yc_peer_start start = {.id = (int64_t)l->handle[end],
                                  .type = end ? YC_CONN_INBOUND : YC_CONN_MANUAL,
                                  .remote = s->node[l->node[!end]].addr,
                                  .local = n->addr};
    n->puppet->connections++;
    if (n->puppet->raw)
        return;
    l->peer[end] = malloc(sizeof *l->peer[end]);
    assert_non_null(l->peer[end]);
    yc_peer_init(l->peer[end], &n->shared, &start, now_of(s));
}

static void puppet_work(struct sim *s, struct sim_link *l, unsigned end)
{
    struct sim_puppet *p = s->node[l->node[end]].puppet;
    struct yc_peer *peer = l->peer[end];
    struct yc_peer_event ev;
    while (yc_peer_next_event(peer, now_of(s), &ev))
        if (p->event)
            p->event(p, s, peer, &ev);
    struct yc_view out = yc_peer_output(peer);
    send_bytes(s, l->handle[end], out);
    yc_peer_sent(peer, out.n, now_of(s));
}

uint64_t sim_puppet_connect(struct sim *s, unsigned puppet, unsigned to)
{
    return open_link(s, puppet, to);
}

void sim_puppet_send(struct sim *s, uint64_t handle, struct yc_view bytes)
{
    send_bytes(s, handle, bytes);
}

struct yc_peer *sim_puppet_peer(struct sim *s, uint64_t handle)
{
    unsigned end;
    struct sim_link *l = link_of(s, handle, &end);
    assert_non_null(l);
    return l->peer[end];
}

void sim_flush_puppets(struct sim *s)
{
    for (struct sim_link *l = s->links; l; l = l->next)
        for (unsigned end = 0; end < 2; end++)
            if (l->peer[end])
                puppet_work(s, l, end);
}

static void deliver_to_puppet(struct sim *s, struct sim_link *l, unsigned end, const struct sim_event *e)
{
    struct sim_puppet *p = s->node[e->node].puppet;
    switch (e->kind) {
    case EVENT_ACCEPTED:
    case EVENT_CONNECTED:
        puppet_begin(s, l, end);
        break;
    case EVENT_BYTES:
        p->received += e->n;
        if (l->peer[end])
            yc_peer_recv(l->peer[end], yc_view(e->p, e->n), now_of(s));
        break;
    case EVENT_CLOSED:
        p->closed++;
        p->connections--;
        free_peer(l, end);
        break;
    case EVENT_FAILED:
        break;
    }
    if (l->peer[end])
        puppet_work(s, l, end);
}

static void deliver_to_node(struct sim *s, struct sim_link *l, unsigned end, const struct sim_event *e)
{
    struct yc_core *c = s->node[e->node].core;
    switch (e->kind) {
    case EVENT_ACCEPTED:
        yc_core_on_accepted(c, e->handle, &s->node[l->node[0]].addr, &s->node[e->node].addr);
        break;
    case EVENT_CONNECTED:
        yc_core_on_connected(c, e->handle, &s->node[e->node].addr);
        break;
    case EVENT_FAILED:
        yc_core_on_connect_failed(c, e->handle, "connection refused");
        break;
    case EVENT_BYTES:
        yc_core_on_bytes(c, e->handle, yc_view(e->p, e->n));
        break;
    case EVENT_CLOSED:
        yc_core_on_closed(c, e->handle, "closed");
        break;
    }
    (void)end;
}

static void dispatch(struct sim *s, struct sim_event *e)
{
    unsigned end;
    struct sim_link *l = link_of(s, e->handle, &end);
    assert_non_null(l);
    if (e->kind == EVENT_BYTES && l->paused[end] && !l->over) {
        /* The transport holds it back. */
        e->at_us = s->now_us + 10000;
        if (e->at_us <= l->last_us[end])
            e->at_us = l->last_us[end] + 1;
        l->last_us[end] = e->at_us;
        push(s, e);
        free(e);
        return;
    }
    note(s, e);
    const struct sim_node *n = &s->node[e->node];
    bool listens = e->kind == EVENT_ACCEPTED || e->kind == EVENT_CONNECTED;
    if (listens && !l->over)
        l->open[end] = true;
    if (e->kind == EVENT_BYTES)
        l->waiting[!end] -= e->n;
    /* A node that was stopped hears of nothing, and one that was started again not of what was before. */
    bool hears = (n->core || n->puppet) && (l->open[end] || e->kind == EVENT_FAILED);
    if (e->kind == EVENT_CLOSED)
        l->open[end] = false;
    if (hears && n->core)
        deliver_to_node(s, l, end, e);
    else if (hears)
        deliver_to_puppet(s, l, end, e);
    if (e->kind == EVENT_BYTES && l->open[!end] && s->node[l->node[!end]].core)
        yc_core_on_sent(s->node[l->node[!end]].core, l->handle[!end], l->waiting[!end]);
    if (e->kind == EVENT_CONNECTED && l->over) {
        /* It broke before it was there. */
        l->open[end] = true;
    }
    free(e->p);
    free(e);
}

/* Time. */

void sim_step(struct sim *s)
{
    for (unsigned i = 0; i < s->node_count; i++) {
        enum yc_step step = YC_STEP_MORE;
        for (unsigned k = 0; s->node[i].core && !s->node[i].failed && step == YC_STEP_MORE; k++) {
            assert_true(k < STEPS_MAX);
            step = yc_core_step(s->node[i].core, STEP_BUDGET_US);
        }
        if (step != YC_STEP_FAILED)
            continue;
        s->node[i].failed = true;
        if (!s->node[i].may_fail)
            fail_msg("node %u: %s", i, yc_core_failure(s->node[i].core)->text);
    }
}

static int64_t next_us(struct sim *s)
{
    int64_t at = s->heap_count ? s->heap[0]->at_us : INT64_MAX;
    for (unsigned i = 0; i < s->node_count; i++) {
        int64_t due = s->node[i].core && !s->node[i].failed ? yc_core_deadline_us(s->node[i].core) : INT64_MAX;
        at = due < at ? due : at;
    }
    return at;
}

bool sim_run_until(struct sim *s, double seconds, bool (*done)(struct sim *s, void *ctx), void *ctx)
{
    int64_t end_us = s->now_us + (int64_t)(seconds * 1e6);
    for (;;) {
        sim_step(s);
        if (done && done(s, ctx))
            return true;
        int64_t at = next_us(s);
        if (at > end_us) {
            if (s->now_us < end_us)
                s->now_us = end_us;
            return false;
        }
        if (at > s->now_us)
            s->now_us = at;
        while (s->heap_count && s->heap[0]->at_us <= s->now_us)
            dispatch(s, pop(s));
    }
}

void sim_run(struct sim *s, double seconds)
{
    (void)sim_run_until(s, seconds, NULL, NULL);
}

struct agreement {
    unsigned island;
    uint32_t height_min;
};

static bool agree(struct sim *s, void *ctx)
{
    const struct agreement *a = ctx;
    const struct yc_node *tip = NULL;
    for (unsigned i = 0; i < s->node_count; i++) {
        if (!s->node[i].core || s->node[i].island != a->island)
            continue;
        const struct yc_node *t = yc_chain_tip(yc_core_chain(s->node[i].core));
        if (t->height < a->height_min || (tip && !yc_block_hash_equal(&t->hash, &tip->hash)))
            return false;
        tip = t;
    }
    return true;
}

void sim_expect_agreement(struct sim *s, unsigned island, uint32_t height_min, double seconds)
{
    struct agreement a = {island, height_min};
    if (sim_run_until(s, seconds, agree, &a))
        return;
    for (unsigned i = 0; i < s->node_count; i++)
        if (s->node[i].core)
            print_message("node %u: height %u, %u peers\n", i, sim_height(s, i), sim_peers(s, i));
    fail_msg("no agreement on island %u at height %u within %f s (seed %llu)", island, height_min, seconds,
             (unsigned long long)s->options.seed);
}
