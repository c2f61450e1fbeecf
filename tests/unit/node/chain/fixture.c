#include "fixture.h"

#include "base/hex.h"
#include "crypto/sha256.h"

#include <limits.h>
#include <stdlib.h>

static int64_t wall(void *ctx)
{
    return ((struct chain_world *)ctx)->wall_s;
}

/* Time passes a little at every look, so that budgets end. */
static int64_t mono(void *ctx)
{
    return ((struct chain_world *)ctx)->mono_us += 10;
}

static void on_event(void *ctx, const struct yc_chain_event *e)
{
    struct chain_world *w = ctx;
    char c = '?';
    switch (e->kind) {
    case YC_CHAIN_CONNECTED:
        assert_int_equal(e->body != NULL, !w->wants_no_bodies);
        c = '+';
        break;
    case YC_CHAIN_DISCONNECTED:
        assert_non_null(e->body);
        c = '-';
        break;
    case YC_CHAIN_TIP:
        assert_ptr_equal(e->node, yc_chain_tip(w->chain));
        c = 't';
        if (yc_chain_at_rest(w->chain))
            w->rested_n = w->told_n + 1;
        break;
    case YC_CHAIN_REORG:
        w->reorg_depth = e->depth;
        c = 'r';
        break;
    case YC_CHAIN_FAILED:
        w->failed_code = e->why->code;
        w->failed_source = e->source;
        c = 'x';
        break;
    case YC_CHAIN_STORED:
    case YC_CHAIN_HEADERS:
        return;
    }
    if (w->told_n + 1 < sizeof w->told)
        w->told[w->told_n++] = c;
    w->told[w->told_n] = 0;
}

/* ---- the shelf of stores ---- */

static struct yc_kv_memory **place(struct chain_world *w, const char *name)
{
    return !strcmp(name, YC_STORE_COINS) ? &w->coins : !strcmp(name, YC_STORE_SNAPSHOT) ? &w->snapshot : &w->refuted;
}

static void refresh(struct chain_world *w)
{
    w->coins_fault.inner = w->coins ? yc_kv_memory_kv(w->coins) : NULL;
    w->snapshot_fault.inner = w->snapshot ? yc_kv_memory_kv(w->snapshot) : NULL;
}

static enum yc_verdict shelf_fails(struct chain_world *w, struct yc_error *err)
{
    if (!w->shelf_dead && ++w->shelf_calls != w->shelf_fail_at)
        return YC_VALID;
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the shelf is broken");
}

static enum yc_verdict shelf_open(void *ctx, const char *name, bool make, const struct yc_kv **out,
                                  struct yc_error *err)
{
    struct chain_world *w = ctx;
    struct yc_kv_memory **m = place(w, name);
    enum yc_verdict v = YC_VALID;
    if (!*m && !make)
        return YC_NOT_YET;
    if (!*m) {
        v = shelf_fails(w, err);
        if (v == YC_VALID)
            v = yc_kv_memory_new(m, yc_heap(), "coins", err);
    }
    refresh(w);
    *out = m == &w->coins ? &w->coins_fault.kv : &w->snapshot_fault.kv;
    return v;
}

static enum yc_verdict shelf_remove(void *ctx, const char *name, struct yc_error *err)
{
    struct chain_world *w = ctx;
    struct yc_kv_memory **m = place(w, name);
    enum yc_verdict v = *m ? shelf_fails(w, err) : YC_VALID;
    if (v != YC_VALID)
        return v;
    yc_kv_memory_free(*m);
    *m = NULL;
    refresh(w);
    return YC_VALID;
}

static enum yc_verdict shelf_rename(void *ctx, const char *from, const char *to, struct yc_error *err)
{
    struct chain_world *w = ctx;
    struct yc_kv_memory **a = place(w, from), **b = place(w, to);
    enum yc_verdict v = shelf_remove(w, to, err);
    if (v == YC_VALID)
        v = shelf_fails(w, err);
    if (v != YC_VALID)
        return v;
    *b = *a;
    *a = NULL;
    refresh(w);
    return YC_VALID;
}

static bool wants_body(void *ctx)
{
    return !((struct chain_world *)ctx)->wants_no_bodies;
}

const struct yc_sigengine *world_sig_engine;
bool world_sig_engine_auto;

enum yc_verdict world_open(struct chain_world *w, struct yc_error *err)
{
    w->config = (struct yc_chain_config){.params = w->params ? w->params : yc_chain_builtin("regtest"),
                                         .fs = w->fs_over ? w->fs_over : &w->fs_fault.fs,
                                         .index_kv = &w->index_fault.kv,
                                         .coins_kv = w->use_shelf ? NULL : &w->coins_fault.kv,
                                         .coins_shelf = w->use_shelf ? &w->shelf : NULL,
                                         .blocks_dir = "/data/blocks",
                                         .alloc = w->alloc ? w->alloc : yc_heap(),
                                         .clock = &w->clock,
                                         .random = &w->random,
                                         .workers = w->workers,
                                         .store_workers = w->store_workers,
                                         .disk_latency_us = w->disk_latency_us,
                                         .sig_engine = world_sig_engine,
                                         .sig_engine_always = !world_sig_engine_auto,
                                         .coins_cache_bytes = 64 << 20,
                                         .reindex = w->reindex,
                                         .block_file_bytes_max = w->block_file_bytes_max,
                                         .side_blocks_max = w->side_blocks_max,
                                         .prune_target_bytes = w->prune_target_bytes,
                                         .verify = w->verify,
                                         .verify_level = w->verify_level,
                                         .verify_blocks = w->verify_blocks,
                                         .listener = {on_event, wants_body, w}};
    return yc_chain_open(&w->chain, &w->config, err);
}

void world_settle(struct chain_world *w)
{
    enum yc_step s;
    while ((s = yc_chain_step(w->chain, 5000)) == YC_STEP_MORE) {
    }
    if (s == YC_STEP_FAILED)
        fail_msg("%s", yc_chain_failure(w->chain)->text);
}

static void must_open(struct chain_world *w)
{
    struct yc_error err;
    if (world_open(w, &err) != YC_VALID)
        fail_msg("%s", err.text);
    world_settle(w);
}

void world_init(struct chain_world *w, unsigned worker_count)
{
    struct yc_error err;
    memset(w, 0, sizeof *w);
    w->wall_s = yc_chain_builtin("regtest")->genesis.time + 1000000;
    w->clock = (struct yc_clock){wall, mono, w};
    w->shelf = (struct yc_kv_shelf){shelf_open, shelf_remove, shelf_rename, w};
    yc_random_seed(&w->random, &w->seeded, 7);
    assert_int_equal(yc_fs_memory_new(&w->fs, yc_heap(), UINT64_MAX, &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&w->index, yc_heap(), "index", &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&w->coins, yc_heap(), "coins", &err), YC_VALID);
    assert_int_equal(yc_workers_new(&w->workers, yc_heap(), "script", worker_count, &err), YC_VALID);
    yc_fs_fault_init(&w->fs_fault, yc_fs_memory_fs(w->fs));
    yc_kv_fault_init(&w->index_fault, yc_kv_memory_kv(w->index));
    yc_kv_fault_init(&w->coins_fault, yc_kv_memory_kv(w->coins));
    yc_kv_fault_init(&w->snapshot_fault, NULL);
    /* The data directory is the daemon's to make, durably, before the chain is opened. */
    assert_int_equal(w->fs_fault.fs.make_dir(w->fs_fault.fs.ctx, "/data/blocks", &err), YC_VALID);
    assert_int_equal(w->fs_fault.fs.sync_dir(w->fs_fault.fs.ctx, "/", &err), YC_VALID);
    assert_int_equal(w->fs_fault.fs.sync_dir(w->fs_fault.fs.ctx, "/data", &err), YC_VALID);
    must_open(w);
}

void world_close(struct chain_world *w)
{
    struct yc_error err;
    if (w->chain && yc_chain_close(w->chain, &err) != YC_VALID)
        fail_msg("%s", err.text);
    w->chain = NULL;
}

void world_crash(struct chain_world *w)
{
    struct yc_error err;
    /* The faults keep the dying chain from writing anything more while its memory is freed. */
    w->fs_fault.kinds = YC_FS_CHANGES;
    w->fs_fault.fail_at = 1;
    w->fs_fault.count = 0;
    w->fs_fault.keep_failing = true;
    struct yc_kv_fault *const store[] = {&w->index_fault, &w->coins_fault, &w->snapshot_fault};
    for (size_t i = 0; i < sizeof store / sizeof store[0]; i++) {
        store[i]->kinds = YC_KV_WRITE;
        store[i]->fail_at = 1;
        store[i]->count = 0;
        store[i]->keep_failing = true;
    }
    w->shelf_dead = true;
    enum yc_verdict v = yc_chain_close(w->chain, &err);
    assert_true(v == YC_VALID || v == YC_SYSTEM);
    w->chain = NULL;
    assert_int_equal(yc_fs_memory_power_cut(w->fs, NULL, &err), YC_VALID);
    assert_int_equal(yc_kv_memory_power_cut(w->index, NULL, &err), YC_VALID);
    struct yc_kv_memory *const sets[] = {w->coins, w->snapshot};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (sets[i])
            assert_int_equal(yc_kv_memory_power_cut(sets[i], NULL, &err), YC_VALID);
    w->shelf_dead = false;
    w->shelf_fail_at = 0;
    yc_fs_fault_init(&w->fs_fault, yc_fs_memory_fs(w->fs));
    yc_kv_fault_init(&w->index_fault, yc_kv_memory_kv(w->index));
    yc_kv_fault_init(&w->coins_fault, w->coins ? yc_kv_memory_kv(w->coins) : NULL);
    yc_kv_fault_init(&w->snapshot_fault, w->snapshot ? yc_kv_memory_kv(w->snapshot) : NULL);
    must_open(w);
}

void world_release(struct chain_world *w)
{
    world_close(w);
    yc_workers_free(w->workers);
    yc_kv_memory_free(w->index);
    yc_kv_memory_free(w->coins);
    yc_kv_memory_free(w->snapshot);
    yc_kv_memory_free(w->refuted);
    yc_fs_memory_free(w->fs);
}

static size_t write_coinbase(uint8_t *out, size_t cap, uint32_t height, int64_t value_sat, unsigned extra)
{
    static const uint8_t none[32];
    uint8_t script[16];
    size_t n = yc_bip34_push(script, height);
    yc_put32le(script + n, extra);
    n += 4;
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    yc_writer_u32le(&w, 2);
    yc_writer_u8(&w, 1);
    yc_writer_bytes(&w, none, 32);
    yc_writer_u32le(&w, UINT32_MAX);
    yc_writer_var_bytes(&w, yc_view(script, n));
    yc_writer_u32le(&w, 0xfffffffe);
    yc_writer_u8(&w, 1);
    yc_writer_u64le(&w, (uint64_t)value_sat);
    yc_writer_var_bytes(&w, yc_view("\x51", 1));
    yc_writer_u32le(&w, height - 1);
    assert_false(w.failed);
    return w.n;
}

static void txid_of(struct yc_txid *out, struct yc_view raw)
{
    yc_sha256d(out->b, raw.p, raw.n);
}

void make_block(struct chain_world *w, struct made *out, const struct yc_node *parent, const struct make_options *o)
{
    uint32_t height = parent->height + 1;
    const struct yc_chain_params *params = w->config.params;
    struct yc_ancestors a = yc_node_ancestors(parent);
    uint8_t coinbase[256], leaves[64][32];
    size_t coinbase_n = write_coinbase(coinbase, sizeof coinbase, o->as_height ? o->as_height : height,
                                       yc_subsidy_sat(params, height) + o->claim_sat, o->extra);
    assert_true(o->tx_count < 64);
    txid_of(&out->coinbase, yc_view(coinbase, coinbase_n));
    memcpy(leaves[0], out->coinbase.b, 32);
    for (size_t i = 0; i < o->tx_count; i++) {
        struct yc_txid id;
        txid_of(&id, o->txs[i]);
        memcpy(leaves[i + 1], id.b, 32);
    }
    struct yc_header h = {.version = 0x20000000, .prev = parent->hash};
    yc_merkle_root(h.merkle_root, leaves, o->tx_count + 1, NULL);
    if (o->spoil_root)
        h.merkle_root[0] ^= 1;
    int64_t time_min = yc_time_min(params, &a), later = (int64_t)parent->time + (o->step_s ? o->step_s : 1);
    h.time = (uint32_t)(time_min > later ? time_min : later);
    h.bits = yc_bits_required(params, &a, h.time);
    do {
        h.nonce++;
        out->hash = yc_header_hash(&h);
    } while (!yc_pow_check(&out->hash, h.bits, params));
    struct yc_writer wr;
    yc_writer_init(&wr, out->bytes, sizeof out->bytes);
    yc_header_write(&h, yc_writer_room(&wr, YC_HEADER_BYTES));
    yc_writer_compact(&wr, o->tx_count + 1);
    yc_writer_bytes(&wr, coinbase, coinbase_n);
    for (size_t i = 0; i < o->tx_count; i++)
        yc_writer_view(&wr, o->txs[i]);
    assert_false(wr.failed);
    out->n = wr.n;
}

const struct yc_node *grow(struct chain_world *w, const struct yc_node *parent, unsigned extra)
{
    static struct made b;
    struct yc_reject why;
    const struct yc_node *n = NULL;
    make_block(w, &b, parent, &(struct make_options){.extra = extra});
    enum yc_verdict v = yc_chain_submit_block(w->chain, yc_view(b.bytes, b.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why);
    if (v != YC_VALID)
        fail_msg("%s %s", yc_verdict_name(v), yc_reject_string(why.code));
    return n;
}

const struct yc_node *grow_many(struct chain_world *w, const struct yc_node *parent, unsigned count, unsigned extra)
{
    for (unsigned i = 0; i < count; i++) {
        parent = grow(w, parent, extra);
        world_settle(w);
    }
    return parent;
}

size_t make_spend(uint8_t *out, size_t cap, const struct yc_txid *txid, int64_t value_sat, int64_t fee_sat)
{
    /* 70 bytes: 64 would be refused by BIP 54. */
    struct yc_writer w;
    yc_writer_init(&w, out, cap);
    yc_writer_u32le(&w, 2);
    yc_writer_u8(&w, 1);
    yc_writer_bytes(&w, txid->b, 32);
    yc_writer_u32le(&w, 0);
    yc_writer_u8(&w, 0);
    yc_writer_u32le(&w, YC_SEQUENCE_FINAL);
    yc_writer_u8(&w, 1);
    yc_writer_u64le(&w, (uint64_t)(value_sat - fee_sat));
    yc_writer_var_bytes(&w, yc_view("\x51\x75\x51\x75\x51\x75\x51", 7)); /* true, dropped three times, true */
    yc_writer_u32le(&w, 0);
    assert_false(w.failed);
    return w.n;
}

enum yc_verdict world_scan(struct chain_world *w, struct yc_coins_scan *out, struct yc_error *err)
{
    enum yc_verdict v;
    while ((v = yc_chain_coins_scan(w->chain, out, err)) == YC_NOT_YET) {
        if (yc_chain_step(w->chain, 5000) == YC_STEP_FAILED) {
            *err = *yc_chain_failure(w->chain);
            return YC_SYSTEM;
        }
    }
    return v;
}

void coins_hash(struct chain_world *w, uint8_t out32[32])
{
    struct yc_coins_scan scan;
    struct yc_coins_totals totals;
    struct yc_error err;
    assert_int_equal(world_scan(w, &scan, &err), YC_VALID);
    assert_int_equal(yc_coins_scan_totals(&scan, YC_COINS_HASH_SERIALIZED, NULL, NULL, &totals, &err), YC_VALID);
    yc_coins_scan_close(&scan);
    memcpy(out32, totals.hash32, 32);
}

unsigned world_fail_each_file_operation(const struct workload *k, unsigned workers)
{
    static struct chain_world w;
    bool failed = true;
    unsigned at = 0;
    while (failed) {
        k->begin(&w, workers);
        w.fs_fault.kinds = YC_FS_ALL;
        w.fs_fault.count = 0;
        w.fs_fault.fail_at = ++at;
        w.fs_fault.which = at % 2 ? YC_SYSTEM_IO : YC_SYSTEM_FULL;
        w.fs_fault.tear_bytes = at % 3 ? 5 : YC_FS_TEAR_NONE;
        failed = !k->run(&w);
        k->check(&w);
    }
    return at;
}

static unsigned fail_each(const struct workload *k, unsigned workers, bool index, bool write_anyway)
{
    static struct chain_world w;
    bool failed = true;
    unsigned at = 0;
    while (failed) {
        k->begin(&w, workers);
        struct yc_kv_fault *f = index ? &w.index_fault : &w.coins_fault;
        f->kinds = YC_KV_ALL;
        f->count = 0;
        f->fail_at = ++at;
        f->which = at % 2 ? YC_SYSTEM_IO : YC_SYSTEM_FULL;
        f->write_anyway = write_anyway;
        failed = !k->run(&w);
        k->check(&w);
    }
    return at;
}

unsigned world_fail_each_store_operation(const struct workload *k, unsigned workers)
{
    unsigned least = UINT_MAX;
    for (int way = 0; way < 4; way++) {
        unsigned took = fail_each(k, workers, way & 1, way & 2);
        least = took < least ? took : least;
    }
    return least;
}
