#include "fixture.h"

#include "crypto/sha256.h"

#include <stdio.h>

/* SHA-256 of the one byte 0x51. */
const uint8_t anyone_script[34] = {0x00, 0x20, 0x4a, 0xe8, 0x15, 0x72, 0xf0, 0x6e, 0x1b, 0x88, 0xfd, 0x5c,
                                   0xed, 0x7a, 0x1a, 0x00, 0x09, 0x45, 0x43, 0x2e, 0x83, 0xe1, 0x55, 0x1e,
                                   0x6f, 0x72, 0x1e, 0xe9, 0xc0, 0x0b, 0x8c, 0xc3, 0x32, 0x60};

static int64_t wall(void *ctx)
{
    return ((struct pool_world *)ctx)->wall_s;
}

static int64_t mono(void *ctx)
{
    return ((struct pool_world *)ctx)->mono_us += 10;
}

static void on_chain(void *ctx, const struct yc_chain_event *e)
{
    struct pool_world *w = ctx;
    if (w->pool)
        yc_pool_chain_event(w->pool, e);
}

static bool known(void *ctx, const struct yc_wtxid *wtxid, uint32_t flags)
{
    struct pool_world *w = ctx;
    struct yc_known_scripts pool = yc_pool_known_scripts(w->pool);
    bool yes = w->pool && pool.known(pool.ctx, wtxid, flags);
    w->scripts_known += yes;
    return yes;
}

static void on_pool(void *ctx, const struct yc_pool_event *e)
{
    struct pool_world *w = ctx;
    char c = '+';
    if (e->kind == YC_POOL_REMOVED) {
        c = "mrescup"[e->why];
        w->last_removed = e->entry->tx.txid;
    } else if (e->kind == YC_POOL_CONFLICT_SEEN) {
        c = '!';
        w->last_rival = e->rival->txid;
    }
    if (w->told_n + 1 < sizeof w->told)
        w->told[w->told_n++] = c;
    w->told[w->told_n] = 0;
}

static void on_log(void *ctx, enum yc_log_level level, enum yc_log_category category, const void *site,
                   const char *text)
{
    struct pool_world *w = ctx;
    (void)category;
    (void)site;
    size_t n = strlen(w->logged);
    if (level >= YC_LOG_WARNING)
        snprintf(w->logged + n, sizeof w->logged - n, "%s\n", text);
}

static bool log_is_on(void *ctx, enum yc_log_category category, enum yc_log_level level)
{
    (void)ctx;
    (void)category;
    (void)level;
    return true;
}

void world_settle(struct pool_world *w)
{
    enum yc_step s;
    while ((s = yc_chain_step(w->chain, 5000)) == YC_STEP_MORE) {
    }
    if (s == YC_STEP_FAILED)
        fail_msg("%s", yc_chain_failure(w->chain)->text);
}

void world_new_pool(struct pool_world *w, const struct yc_pool_config *config)
{
    struct yc_pool_config c;
    struct yc_error err;
    if (config)
        c = *config;
    else
        yc_pool_config_default(&c);
    yc_pool_free(w->pool);
    w->pool = NULL;
    assert_int_equal(w->heap.live_bytes, 0);
    c.chain = w->chain;
    c.alloc = &w->heap.alloc;
    c.clock = &w->clock;
    c.random = &w->random;
    c.log = &w->log;
    assert_int_equal(yc_pool_new(&w->pool, &c, (struct yc_pool_listener){on_pool, w}, &err), YC_VALID);
}

void world_init_params(struct pool_world *w, const struct yc_chain_params *params, const struct yc_pool_config *config)
{
    struct yc_error err;
    memset(w, 0, sizeof *w);
    w->params = *params;
    w->wall_s = (int64_t)w->params.genesis.time + 1000000;
    w->clock = (struct yc_clock){wall, mono, w};
    w->log = (struct yc_log){on_log, log_is_on, w};
    yc_random_seed(&w->random, &w->seeded, 7);
    test_heap_init(&w->heap);
    assert_int_equal(yc_fs_memory_new(&w->fs, yc_heap(), UINT64_MAX, &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&w->index, yc_heap(), "index", &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&w->coins, yc_heap(), "coins", &err), YC_VALID);
    yc_kv_fault_init(&w->coins_fault, yc_kv_memory_kv(w->coins));
    assert_int_equal(yc_workers_new(&w->workers, yc_heap(), "script", 0, &err), YC_VALID);
    const struct yc_fs *fs = yc_fs_memory_fs(w->fs);
    assert_int_equal(fs->make_dir(fs->ctx, "/data/blocks", &err), YC_VALID);
    struct yc_chain_config chain = {.params = &w->params,
                                    .fs = fs,
                                    .index_kv = yc_kv_memory_kv(w->index),
                                    .coins_kv = &w->coins_fault.kv,
                                    .blocks_dir = "/data/blocks",
                                    .alloc = yc_heap(),
                                    .clock = &w->clock,
                                    .random = &w->random,
                                    .workers = w->workers,
                                    .coins_cache_bytes = 64 << 20,
                                    .listener = {.event = on_chain, .ctx = w}};
    if (yc_chain_open(&w->chain, &chain, &err) != YC_VALID)
        fail_msg("%s", err.text);
    world_settle(w);
    yc_chain_set_known_scripts(w->chain, (struct yc_known_scripts){known, w});
    world_new_pool(w, config);
    w->options = (struct yc_template_options){.weight_max = YC_BLOCK_WEIGHT_MAX,
                                              .reserved_weight = 8000,
                                              .min_sat_per_kvb = 1,
                                              .coinbase_script = yc_view(anyone_script, sizeof anyone_script)};
}

void world_init(struct pool_world *w, const struct yc_pool_config *config)
{
    world_init_params(w, yc_chain_builtin("regtest"), config);
}

void world_release(struct pool_world *w)
{
    struct yc_error err;
    yc_pool_free(w->pool);
    w->pool = NULL;
    assert_int_equal(w->heap.live_bytes, 0);
    if (yc_chain_close(w->chain, &err) != YC_VALID)
        fail_msg("%s", err.text);
    yc_workers_free(w->workers);
    yc_kv_memory_free(w->index);
    yc_kv_memory_free(w->coins);
    yc_fs_memory_free(w->fs);
}

/* ---- blocks ---- */

static void solve_and_give(struct pool_world *w, struct yc_template *t)
{
    uint64_t tried = 0;
    struct yc_reject why;
    assert_true(yc_template_solve((uint8_t *)(uintptr_t)t->block.p, 1000000, &tried));
    enum yc_verdict v = yc_chain_submit_block(w->chain, t->block, YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why);
    if (v != YC_VALID)
        fail_msg("%s", yc_reject_string(why.code));
    yc_template_release(t);
    world_settle(w);
}

static struct yc_template_options options_of(const struct pool_world *w, uint8_t tag4[4])
{
    struct yc_template_options o = w->options;
    if (!o.coinbase_tag.n) {
        yc_put32le(tag4, w->extra);
        o.coinbase_tag = yc_view(tag4, 4);
    }
    return o;
}

void mine(struct pool_world *w, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct yc_template t;
        struct yc_error err;
        uint8_t tag[4];
        struct yc_template_options o = options_of(w, tag);
        w->wall_s += 600;
        if (yc_template_build(&t, w->chain, w->pool, &w->clock, &o, &err) != YC_VALID)
            fail_msg("%s", err.text);
        solve_and_give(w, &t);
    }
}

void mine_of(struct pool_world *w, const struct yc_view *txs, size_t count)
{
    struct yc_template t;
    struct yc_error err;
    struct yc_reject why;
    uint8_t tag[4];
    struct yc_template_options o = options_of(w, tag);
    w->wall_s += 600;
    if (yc_template_build_of(&t, w->chain, &w->clock, &o, txs, count, &why, &err) != YC_VALID)
        fail_msg("%s", err.text);
    solve_and_give(w, &t);
}

void follow(struct pool_world *to, const struct pool_world *from)
{
    if (to->wall_s < from->wall_s)
        to->wall_s = from->wall_s;
    for (uint32_t h = 1; h <= yc_chain_tip(from->chain)->height; h++) {
        struct yc_view raw;
        struct yc_error err;
        struct yc_reject why;
        const struct yc_node *n = yc_chain_at(from->chain, h);
        if (yc_chain_find(to->chain, &n->hash))
            continue;
        assert_int_equal(yc_chain_read_block(from->chain, n, yc_heap(), &raw, &err), YC_VALID);
        assert_int_equal(yc_chain_submit_block(to->chain, raw, YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why), YC_VALID);
        yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)raw.p, raw.n);
    }
    world_settle(to);
}

struct yc_outpoint coinbase_at(struct pool_world *w, uint32_t height, int64_t *value_sat)
{
    struct yc_view raw;
    struct yc_error err;
    struct yc_reject why;
    struct yc_block b;
    struct yc_arena arena;
    const struct yc_node *n = yc_chain_at(w->chain, height);
    assert_non_null(n);
    assert_int_equal(yc_chain_read_block(w->chain, n, yc_heap(), &raw, &err), YC_VALID);
    yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
    assert_int_equal(yc_block_parse(&b, raw, &arena, &why), YC_VALID);
    struct yc_outpoint at = {b.tx[0].txid, 0};
    *value_sat = b.tx[0].out[0].value_sat;
    yc_arena_release(&arena);
    yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)raw.p, raw.n);
    return at;
}

/* ---- transactions ---- */

static void write_witness(struct yc_writer *w, const struct in *in)
{
    if (in->no_witness) {
        yc_writer_compact(w, 0);
        return;
    }
    if (!in->witness) {
        yc_writer_compact(w, 1);
        yc_writer_var_bytes(w, yc_view("\x51", 1));
        return;
    }
    yc_writer_compact(w, in->witness_count);
    for (uint32_t i = 0; i < in->witness_count; i++)
        yc_writer_var_bytes(w, in->witness[i]);
}

static bool wants_witness(const struct spec *s)
{
    for (size_t i = 0; i < s->in_count; i++) {
        if (!s->in[i].no_witness)
            return true;
    }
    return false;
}

static void write_parts(struct yc_writer *w, const struct spec *s, bool witness)
{
    yc_writer_u32le(w, s->version);
    if (witness)
        yc_writer_bytes(w, "\0\1", 2);
    yc_writer_compact(w, s->in_count);
    for (size_t i = 0; i < s->in_count; i++) {
        yc_writer_bytes(w, &s->in[i].at, 36);
        yc_writer_var_bytes(w, s->in[i].script_sig);
        yc_writer_u32le(w, s->in[i].sequence);
    }
    yc_writer_compact(w, s->out_count);
    for (size_t i = 0; i < s->out_count; i++) {
        yc_writer_u64le(w, (uint64_t)s->out[i].value_sat);
        yc_writer_var_bytes(w, s->out[i].script.p ? s->out[i].script : yc_view(anyone_script, sizeof anyone_script));
    }
    for (size_t i = 0; witness && i < s->in_count; i++)
        write_witness(w, &s->in[i]);
    yc_writer_u32le(w, s->lock_time);
}

size_t write_spec(uint8_t *out, size_t cap, const struct spec *s)
{
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    write_parts(&w, s, wants_witness(s));
    assert_false(w.failed);
    return w.n;
}

void make(struct tx *out, const struct spec *s)
{
    uint8_t stripped[sizeof out->bytes];
    struct yc_writer w;
    yc_writer_init(&w, stripped, sizeof stripped);
    write_parts(&w, s, false);
    assert_false(w.failed);
    yc_sha256d(out->txid.b, stripped, w.n);
    out->n = write_spec(out->bytes, sizeof out->bytes, s);
}

void make_split(struct tx *out, struct yc_outpoint at, int64_t value_sat, unsigned out_count, int64_t fee_sat)
{
    struct out outs[64] = {{0}};
    assert_in_range(out_count, 1, 64);
    for (unsigned i = 0; i < out_count; i++)
        outs[i].value_sat = (value_sat - fee_sat) / out_count;
    outs[0].value_sat += (value_sat - fee_sat) % out_count;
    struct in in = {.at = at, .sequence = UINT32_MAX};
    make(out, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = outs, .out_count = out_count});
}

void expect(struct pool_world *w, struct yc_view raw, enum yc_verdict verdict, const char *text)
{
    struct yc_pool_reject why;
    char got[192];
    enum yc_verdict v = yc_pool_submit(w->pool, raw, false, -1, NULL, &why);
    yc_pool_reject_text(got, sizeof got, v, &why);
    if (v != verdict || strcmp(got, text) != 0)
        fail_msg("%s '%s' (%s), not %s '%s'", yc_verdict_name(v), got, why.detail, yc_verdict_name(verdict), text);
}

void expect_taken(struct pool_world *w, const struct tx *t)
{
    expect(w, raw_of(t), YC_VALID, "");
    assert_true(pooled(w, t));
}

bool pooled(struct pool_world *w, const struct tx *t)
{
    return yc_pool_find(w->pool, &t->txid) != NULL;
}

size_t pool_count(struct pool_world *w)
{
    struct yc_pool_info info;
    yc_pool_info(w->pool, &info);
    return info.count;
}

static uint32_t try_template(struct pool_world *w)
{
    struct yc_template t;
    struct yc_error err;
    struct yc_template_options o = w->options;
    const char *wrong = yc_pool_check(w->pool);
    if (wrong)
        fail_msg("%s", wrong);
    size_t count = pool_count(w);
    o.min_sat_per_kvb = 0;
    if (yc_template_build(&t, w->chain, w->pool, &w->clock, &o, &err) != YC_VALID)
        fail_msg("%s", err.text);
    assert_int_equal(pool_count(w), count);
    uint32_t held = t.tx_count;
    yc_template_release(&t);
    return held;
}

void check_minable(struct pool_world *w)
{
    (void)try_template(w);
}

void check(struct pool_world *w)
{
    assert_int_equal(try_template(w), pool_count(w));
}
