/* A wallet in a temporary folder, and a chain in memory that it reads: for the wallet's tests. */
#ifndef YC_TESTS_WALLET_RIG_H
#define YC_TESTS_WALLET_RIG_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consensus/block.h"
#include "support/unit.h"
#include "sys/heap.h"
#include "wallet/sync.h"

#define RIG_PHRASE     "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
#define RIG_BLOCKS_MAX 1200
#define RIG_POOL_MAX   64
#define RIG_TX_BYTES   512

struct rig_tx {
    uint8_t raw[RIG_TX_BYTES];
    size_t n;
    struct yc_txid txid;
};

struct rig_block {
    uint8_t *raw;
    size_t n;
    struct yc_block_hash hash;
};

struct rig {
    char folder[64];
    struct yc_chain_params params;
    struct yc_random random;
    struct yc_random_seeded random_state;
    struct yc_clock clock;
    int64_t now_s;
    struct yc_wallet wallet;
    /* the node */
    struct rig_block chain[RIG_BLOCKS_MAX];
    uint32_t height; /* of the tip */
    struct rig_tx pool[RIG_POOL_MAX];
    size_t pool_count;
    struct yc_txid pool_ids[RIG_POOL_MAX];
    uint32_t serial; /* makes every coinbase another */
    struct yc_source source;
    struct rig_tx sent[RIG_POOL_MAX];
    size_t sent_count, fetched;
    enum yc_verdict send_answer;
    unsigned calls_until_move; /* when it reaches 0 `move` is called: the chain moves while it is read */
    void (*move)(struct rig *r);
};

static inline int64_t rig_wall(void *ctx)
{
    return ((struct rig *)ctx)->now_s;
}
static inline int64_t rig_mono(void *ctx)
{
    return ((struct rig *)ctx)->now_s * 1000000;
}

static inline const char *rig_path(const struct rig *r, const char *name)
{
    static char path[8][128];
    static unsigned turn;
    char *out = path[turn++ % 8];
    snprintf(out, 128, "%s/%s", r->folder, name);
    return out;
}

/* -- transactions and blocks */

struct rig_out {
    int64_t value_sat;
    struct yc_view script;
};

/** A transaction that spends the outpoints (none: a coinbase) into the outputs. */
static inline struct rig_tx rig_make_tx(struct rig *r, const struct yc_outpoint *in, size_t in_count,
                                        const struct rig_out *out, size_t out_count)
{
    struct rig_tx t = {.n = 0};
    struct yc_writer w;
    yc_writer_init(&w, t.raw, sizeof t.raw);
    yc_writer_u32le(&w, 2);
    yc_writer_compact(&w, in_count ? in_count : 1);
    for (size_t i = 0; i < in_count; i++) {
        yc_writer_bytes(&w, &in[i], 36);
        yc_writer_compact(&w, 0);
        yc_writer_u32le(&w, 0xfffffffd);
    }
    if (in_count == 0) {
        static const uint8_t zeros[32];
        yc_writer_bytes(&w, zeros, 32);
        yc_writer_u32le(&w, UINT32_MAX);
        yc_writer_compact(&w, 4);
        yc_writer_u32le(&w, ++r->serial);
        yc_writer_u32le(&w, 0xffffffff);
    }
    yc_writer_compact(&w, out_count);
    for (size_t i = 0; i < out_count; i++) {
        yc_writer_u64le(&w, (uint64_t)out[i].value_sat);
        yc_writer_var_bytes(&w, out[i].script);
    }
    yc_writer_u32le(&w, in_count ? ++r->serial : 0);
    assert_false(w.failed);
    t.n = w.n;
    static uint8_t memory[65536];
    struct yc_arena arena;
    struct yc_tx tx;
    struct yc_reject why;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(yc_tx_parse(&tx, yc_view(t.raw, t.n), &arena, &why), YC_VALID);
    t.txid = tx.txid;
    return t;
}

/** Put a block of these transactions on top of the chain. */
static inline void rig_add_block(struct rig *r, const struct rig_tx *txs, size_t count)
{
    assert_in_range(r->height + 1, 1, RIG_BLOCKS_MAX - 1);
    size_t n = YC_HEADER_BYTES + 9;
    for (size_t i = 0; i < count; i++)
        n += txs[i].n;
    struct rig_block *b = &r->chain[++r->height];
    b->raw = malloc(n);
    assert_non_null(b->raw);
    struct yc_header h = {.version = 4, .time = (uint32_t)(1600000000 + r->height), .nonce = ++r->serial};
    h.prev = r->chain[r->height - 1].hash;
    struct yc_writer w;
    yc_writer_init(&w, b->raw, n);
    yc_header_write(&h, yc_writer_room(&w, YC_HEADER_BYTES));
    yc_writer_compact(&w, count);
    for (size_t i = 0; i < count; i++)
        yc_writer_bytes(&w, txs[i].raw, txs[i].n);
    assert_false(w.failed);
    b->n = w.n;
    b->hash = yc_header_hash(&h);
}

/** One block whose coinbase pays the script. */
static inline struct rig_tx rig_mine_to(struct rig *r, struct yc_view script, int64_t value_sat)
{
    struct rig_out out = {value_sat, script};
    struct rig_tx t = rig_make_tx(r, NULL, 0, &out, 1);
    rig_add_block(r, &t, 1);
    return t;
}

static inline struct yc_view rig_foreign(void)
{
    static const uint8_t script[] = {0x51};
    return yc_view(script, sizeof script);
}

static inline void rig_mine(struct rig *r, uint32_t blocks)
{
    for (uint32_t i = 0; i < blocks; i++)
        (void)rig_mine_to(r, rig_foreign(), 5000000000);
}

/** Take so many blocks off the chain. */
static inline void rig_unmine(struct rig *r, uint32_t blocks)
{
    for (; blocks; blocks--) {
        free(r->chain[r->height].raw);
        r->chain[r->height--].raw = NULL;
    }
}

static inline void rig_add_pool(struct rig *r, const struct rig_tx *t)
{
    assert_in_range(r->pool_count, 0, RIG_POOL_MAX - 1);
    r->pool[r->pool_count++] = *t;
}

/* -- the node as a source */

static inline void rig_tick(struct rig *r)
{
    if (r->calls_until_move && --r->calls_until_move == 0)
        r->move(r);
}

static inline enum yc_verdict rig_tip(void *ctx, struct yc_source_tip *out, struct yc_error *err)
{
    struct rig *r = ctx;
    (void)err;
    rig_tick(r);
    out->height = r->height;
    out->hash = r->chain[r->height].hash;
    return YC_VALID;
}

static inline enum yc_verdict rig_hash_at(void *ctx, uint32_t height, struct yc_block_hash *out, struct yc_error *err)
{
    struct rig *r = ctx;
    (void)err;
    rig_tick(r);
    if (height > r->height)
        return YC_NOT_YET;
    *out = r->chain[height].hash;
    return YC_VALID;
}

static inline enum yc_verdict rig_block(void *ctx, const struct yc_block_hash *hash, struct yc_view *out,
                                        struct yc_error *err)
{
    struct rig *r = ctx;
    rig_tick(r);
    for (uint32_t i = 0; i <= r->height; i++)
        if (r->chain[i].raw && yc_block_hash_equal(&r->chain[i].hash, hash)) {
            *out = yc_view(r->chain[i].raw, r->chain[i].n);
            r->fetched++;
            return YC_VALID;
        }
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "no such block");
}

static inline enum yc_verdict rig_pool(void *ctx, const struct yc_txid **out, size_t *count, struct yc_error *err)
{
    struct rig *r = ctx;
    (void)err;
    rig_tick(r);
    for (size_t i = 0; i < r->pool_count; i++)
        r->pool_ids[i] = r->pool[i].txid;
    *out = r->pool_ids;
    *count = r->pool_count;
    return YC_VALID;
}

static inline enum yc_verdict rig_pool_tx(void *ctx, const struct yc_txid *txid, struct yc_view *out,
                                          struct yc_error *err)
{
    struct rig *r = ctx;
    rig_tick(r);
    for (size_t i = 0; i < r->pool_count; i++)
        if (yc_txid_equal(&r->pool[i].txid, txid)) {
            *out = yc_view(r->pool[i].raw, r->pool[i].n);
            r->fetched++;
            return YC_VALID;
        }
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "no such transaction");
}

static inline enum yc_verdict rig_send(void *ctx, struct yc_view raw, struct yc_error *err)
{
    struct rig *r = ctx;
    assert_in_range(raw.n, 1, RIG_TX_BYTES);
    struct rig_tx *t = &r->sent[r->sent_count++ % RIG_POOL_MAX];
    memcpy(t->raw, raw.p, raw.n);
    t->n = raw.n;
    return r->send_answer == YC_VALID ? YC_VALID
                                      : yc_fail(err, r->send_answer, YC_SYSTEM_NONE, "the node does not take it");
}

/* -- set-up */

/** The folder holds plain files alone. */
static inline void rig_remove(const struct rig *r)
{
    char path[512];
    DIR *d = opendir(r->folder);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", r->folder, e->d_name);
        if (e->d_name[0] != '.')
            (void)unlink(path);
    }
    closedir(d);
    (void)rmdir(r->folder);
}

static inline void rig_init(struct rig *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    memcpy(r->folder, "/tmp/ycoin-wallet-XXXXXX", 25);
    assert_non_null(mkdtemp(r->folder));
    r->params = *yc_chain_builtin("regtest");
    yc_random_seed(&r->random, &r->random_state, seed);
    r->now_s = 1700000000;
    r->clock = (struct yc_clock){rig_wall, rig_mono, r};
    uint8_t genesis[1024];
    size_t n = yc_genesis_write(&r->params, genesis, sizeof genesis);
    r->chain[0].raw = malloc(n);
    assert_non_null(r->chain[0].raw);
    memcpy(r->chain[0].raw, genesis, n);
    r->chain[0].n = n;
    r->chain[0].hash = r->params.genesis.hash;
    r->source = (struct yc_source){rig_tip, rig_hash_at, rig_block, rig_pool, rig_pool_tx, rig_send, r};
}

static inline void rig_release(struct rig *r)
{
    yc_wallet_close(&r->wallet);
    rig_unmine(r, r->height);
    free(r->chain[0].raw);
    rig_remove(r);
}

/** A clock on which everything takes long, so that scrypt's cost is not raised beyond its least. */
static inline int64_t rig_mono_fast(void *ctx)
{
    static int64_t now_us;
    (void)ctx;
    return now_us += 1000000;
}

static inline size_t rig_count_files(const struct rig *r)
{
    size_t n = 0;
    DIR *d = opendir(r->folder);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

#define rig_good(r, call)                                                                                              \
    do {                                                                                                               \
        struct yc_error rig_err = {.text = ""};                                                                        \
        enum yc_verdict rig_v = (call);                                                                                \
        (void)rig_err;                                                                                                 \
        if (rig_v != YC_VALID)                                                                                         \
            fail_msg("%s: %s", #call, rig_err.text);                                                                   \
    } while (0)

static inline void rig_create(struct rig *r, const char *name, enum yc_account_kind kind)
{
    struct yc_wallet_plan plan = {.path = rig_path(r, name), .kind = kind, .clock = &r->clock};
    rig_good(r, yc_wallet_create(&r->wallet, &r->params, &plan, RIG_PHRASE, &r->random, &rig_err));
}

static inline void rig_sync(struct rig *r)
{
    struct yc_sync_config config = {&r->clock, NULL, NULL};
    struct yc_source_tip tip;
    rig_good(r, yc_wallet_sync(&r->wallet, &r->source, &config, &tip, &rig_err));
    assert_int_equal(tip.height, r->height);
}

static inline struct yc_account_address rig_address(struct rig *r, enum yc_account_branch branch, uint32_t index)
{
    struct yc_account_address a;
    rig_good(r, yc_wallet_address(&r->wallet, &a, branch, index, &rig_err));
    return a;
}

static inline struct yc_view rig_script(const struct yc_account_address *a)
{
    return yc_view(a->script, a->script_n);
}

struct rig_sums {
    int64_t confirmed_sat, unconfirmed_sat;
    size_t coins;
};

static inline enum yc_verdict rig_sum(void *ctx, const struct yc_store_coin *coin)
{
    struct rig_sums *s = ctx;
    *(coin->height < 0 ? &s->unconfirmed_sat : &s->confirmed_sat) += coin->output.value_sat;
    s->coins++;
    return YC_VALID;
}

static inline struct rig_sums rig_balance(struct rig *r)
{
    struct rig_sums s = {0, 0, 0};
    rig_good(r, yc_store_each_coin(r->wallet.store, rig_sum, &s, &rig_err));
    return s;
}

#endif
