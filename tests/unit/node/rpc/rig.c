#include "rig.h"

#include <stdio.h>

struct post {
    void (*fn)(void *arg, struct yc_core *core);
    void *arg;
};

static void post(void *ctx, void (*fn)(void *arg, struct yc_core *core), void *arg)
{
    struct rig *r = ctx;
    struct post p = {fn, arg};
    assert_int_equal(yc_queue_push(r->posts, &p), YC_QUEUE_OK);
}

static void set_timer(struct rig *r, int64_t due_us, const struct post *p)
{
    assert_true(r->timer_count < RIG_TIMERS_MAX);
    r->timer[r->timer_count++] = (struct rig_timer){due_us, p->fn, p->arg};
}

/* Only the thread that pumps orders timers. */
static void post_at(void *ctx, int64_t due_us, void (*fn)(void *arg, struct yc_core *core), void *arg)
{
    set_timer(ctx, due_us, &(struct post){fn, arg});
}

static void stop(void *ctx)
{
    ((struct rig *)ctx)->stopped = true;
}

static void mock_time(void *ctx, int64_t wall_s)
{
    struct rig *r = ctx;
    r->mocked_s = wall_s;
    yc_clock_mock(&r->clock, wall_s);
}

static uint32_t log_categories(void *ctx, uint32_t on, uint32_t off)
{
    struct rig *r = ctx;
    return r->categories = (r->categories | on) & ~off;
}

static void log_line(void *ctx, enum yc_log_level level, enum yc_log_category category, const void *site,
                     const char *text)
{
    struct rig *r = ctx;
    (void)level;
    (void)site;
    if (category == YC_LOGC_RPC)
        snprintf(r->logged, sizeof r->logged, "%s", text);
}

static bool log_on(void *ctx, enum yc_log_category category, enum yc_log_level level)
{
    (void)ctx;
    (void)level;
    return category == YC_LOGC_RPC;
}

static void init_common(struct rig *r)
{
    struct yc_error err;
    memset(r, 0, sizeof *r);
    yc_clock_real_init(&r->clock);
    r->log = (struct yc_log){log_line, log_on, r};
    assert_int_equal(yc_queue_new(&r->posts, yc_heap(), sizeof(struct post), 65536, &err), YC_VALID);
    r->env =
        (struct yc_rpc_env){.post = post,
                            .post_at = post_at,
                            .stop = stop,
                            .set_mock_time = mock_time,
                            .log_categories = log_categories,
                            .ctx = r,
                            .alloc = yc_heap(),
                            .clock = &r->clock.clock,
                            .log = &r->log,
                            .start_mono_us = yc_mono_us(&r->clock.clock),
                            .template_options = {.weight_max = 4000000, .reserved_weight = 8000, .min_sat_per_kvb = 1},
                            .chain_dir = "/data"};
}

void rig_init(struct rig *r)
{
    struct yc_error err;
    init_common(r);
    assert_int_equal(yc_rpc_new(&r->rpc, &r->env, &err), YC_VALID);
}

/* ---- a node that talks to nobody ---- */

static uint64_t io_connect(void *ctx, const struct yc_netaddr *to)
{
    (void)ctx;
    (void)to;
    return 0;
}
static void io_resolve(void *ctx, const char *host, uint16_t port, uint64_t tag)
{
    (void)ctx;
    (void)host;
    (void)port;
    (void)tag;
}
static void io_send(void *ctx, uint64_t conn, struct yc_view bytes)
{
    (void)ctx;
    (void)conn;
    (void)bytes;
}
static void io_close(void *ctx, uint64_t conn, bool at_once)
{
    (void)ctx;
    (void)conn;
    (void)at_once;
}
static void io_pause(void *ctx, uint64_t conn, bool paused)
{
    (void)ctx;
    (void)conn;
    (void)paused;
}

static void configure(struct rig *r)
{
    static const char *const nobody[] = {"0"};
    const struct yc_fs *fs = yc_fs_memory_fs(r->fs);
    yc_pool_config_default(&r->config.pool);
    r->config.pool.require_standard = false; /* tests mine to OP_TRUE */
    r->config.chain = (struct yc_chain_config){.params = yc_chain_builtin("regtest"),
                                               .fs = fs,
                                               .index_kv = yc_kv_memory_kv(r->index),
                                               .coins_kv = yc_kv_memory_kv(r->coins),
                                               .blocks_dir = "/data/blocks",
                                               .alloc = yc_heap(),
                                               .clock = &r->clock.clock,
                                               .random = yc_random_system(),
                                               .workers = r->workers,
                                               .coins_cache_bytes = 16 << 20};
    r->config.io = (struct yc_core_io){io_connect, NULL, io_resolve, io_send, io_close, io_pause, r};
    r->config.data_dir = "/data";
    r->config.user_agent = "/YCoin:test/";
    r->config.relay_txs = true;
    r->config.max_tip_age_s = 24 * 3600;
    r->config.peer_timeout_s = 60;
    r->config.connections_max = 8;
    r->config.inbound_relay_percent = 100;
    r->config.receive_budget_bytes = 16 << 20;
    r->config.send_buffer_max_bytes = 1 << 20;
    r->config.connect = nobody;
    r->config.connect_count = 1;
}

void rig_init_node(struct rig *r)
{
    struct yc_error err;
    init_common(r);
    yc_clock_mock(&r->clock, (int64_t)yc_chain_builtin("regtest")->genesis.time + 1000000);
    assert_int_equal(yc_fs_memory_new(&r->fs, yc_heap(), UINT64_MAX, &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&r->index, yc_heap(), "index", &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&r->coins, yc_heap(), "coins", &err), YC_VALID);
    assert_int_equal(yc_workers_new(&r->workers, yc_heap(), "script", 0, &err), YC_VALID);
    const struct yc_fs *fs = yc_fs_memory_fs(r->fs);
    assert_int_equal(fs->make_dir(fs->ctx, "/data/blocks", &err), YC_VALID);
    configure(r);
    if (yc_core_open(&r->core, &r->config, &err) != YC_VALID)
        fail_msg("%s", err.text);
    assert_int_equal(yc_rpc_new(&r->rpc, &r->env, &err), YC_VALID);
    yc_rpc_attach(r->rpc, r->core);
    for (int i = 0; i < 100; i++)
        rig_pump(r);
}

void rig_release(struct rig *r)
{
    struct yc_error err;
    struct post p;
    if (r->core) {
        yc_rpc_wake_all(r->rpc);
        while (yc_queue_pop(r->posts, &p, 0) == YC_QUEUE_OK)
            p.fn(p.arg, NULL);
        assert_int_equal(yc_core_close(r->core, &err), YC_VALID);
        yc_workers_free(r->workers);
        yc_kv_memory_free(r->coins);
        yc_kv_memory_free(r->index);
        yc_fs_memory_free(r->fs);
    }
    yc_rpc_free(r->rpc);
    yc_queue_free(r->posts);
}

/* ---- calls ---- */

static void on_done(void *ctx, int status, struct yc_view body)
{
    struct rig_answer *a = ctx;
    assert_false(atomic_load(&a->come)); /* exactly once */
    a->status = status;
    yc_buf_append(&a->text, body.p, body.n);
    yc_buf_append(&a->text, "", 1);
    atomic_store(&a->come, true);
}

void rig_send(struct rig *r, const char *body, struct rig_answer *a)
{
    memset(a, 0, sizeof *a);
    yc_buf_init(&a->text, yc_heap(), (size_t)1 << 30);
    yc_rpc_handle(r->rpc, yc_view_text(body), "tester", on_done, a);
}

void rig_pump(struct rig *r)
{
    struct post p;
    bool busy = r->core && yc_core_step(r->core, 5000) == YC_STEP_MORE;
    for (size_t i = 0; i < r->timer_count; i++) {
        if (r->timer[i].due_us > yc_mono_us(&r->clock.clock))
            continue;
        struct rig_timer t = r->timer[i];
        r->timer[i] = r->timer[--r->timer_count];
        t.fn(t.arg, r->core);
        busy = true;
        break;
    }
    if (yc_queue_pop(r->posts, &p, busy ? 0 : 500) == YC_QUEUE_OK)
        p.fn(p.arg, r->core);
}

void rig_wait(struct rig *r, struct rig_answer *a)
{
    int64_t end_us = yc_mono_us(&r->clock.clock) + 30 * INT64_C(1000000);
    while (!atomic_load(&a->come)) {
        rig_pump(r);
        if (yc_mono_us(&r->clock.clock) > end_us)
            fail_msg("no answer within 30 s");
    }
}

void rig_answer_release(struct rig_answer *a)
{
    yc_buf_release(&a->text);
}

void rig_expect(struct rig *r, const char *body, int status, const char *text)
{
    struct rig_answer a;
    rig_send(r, body, &a);
    rig_wait(r, &a);
    assert_int_equal(a.status, status);
    size_t n = strlen((char *)a.text.p);
    if (n && a.text.p[n - 1] == '\n')
        a.text.p[n - 1] = 0;
    assert_string_equal((char *)a.text.p, text);
    rig_answer_release(&a);
}

const struct yc_json *rig_call(struct rig *r, const char *method, const char *params, struct yc_json **root,
                               int64_t *code)
{
    struct rig_answer a;
    struct yc_error err;
    struct yc_buf body;
    yc_buf_init(&body, yc_heap(), 1 << 24);
    yc_buf_append_text(&body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"");
    yc_buf_append_text(&body, method);
    yc_buf_append_text(&body, "\",\"params\":");
    yc_buf_append_text(&body, params);
    yc_buf_append(&body, "}", 2);
    rig_send(r, (const char *)body.p, &a);
    rig_wait(r, &a);
    assert_int_equal(yc_json_parse(root, yc_view_text((char *)a.text.p), 1 << 28, &err), YC_VALID);
    rig_answer_release(&a);
    yc_buf_release(&body);
    *code = 0;
    if (yc_json_int64(yc_json_member(yc_json_member(*root, "error"), "code"), code))
        return NULL;
    return yc_json_member(*root, "result");
}

void rig_expect_error(struct rig *r, const char *method, const char *params, int64_t code, const char *text)
{
    struct yc_json *root;
    int64_t got;
    assert_null(rig_call(r, method, params, &root, &got));
    assert_string_equal(yc_json_text(yc_json_member(yc_json_member(root, "error"), "message")), text);
    assert_int_equal(got, code);
    yc_json_free(root);
}

void rig_expect_result(struct rig *r, const char *method, const char *params, const char *text)
{
    struct yc_json *root;
    struct yc_buf out;
    int64_t code;
    const struct yc_json *v = rig_call(r, method, params, &root, &code);
    assert_int_equal(code, 0);
    yc_buf_init(&out, yc_heap(), 1 << 24);
    yc_json_print(v, 0, &out);
    yc_buf_append(&out, "", 1);
    assert_string_equal((char *)out.p, text);
    yc_buf_release(&out);
    yc_json_free(root);
}
