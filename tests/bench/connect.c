#include "tests/bench/spends.h"

#include "crypto/sha256.h"
#include "keys/sign.h"
#include "node/chain/chain.h"
#include "node/store/kv_memory.h"
#include "sys/fs_memory.h"

#define TXS             1000
#define BLOCK_BYTES_MAX (1 << 20)
#define ARENA_BYTES_MAX (64 << 20)
#define FEE_SAT         1000

/* A chain of YCoin's regtest on stores in memory. Each block holds TXS transactions that spend those of the block before. */
struct chain_rig {
    struct bench *bench;
    struct yc_chain *chain;
    struct yc_fs_memory *fs;
    struct yc_kv_memory *index, *coins;
    struct yc_workers *workers;
    struct spend_kit kit;
    struct yc_arena arena;
    struct yc_tx *tx[TXS]; /* of the block in the making */
    struct yc_outpoint coin[TXS];
    int64_t value_sat; /* of each coin */
    uint8_t bytes[BLOCK_BYTES_MAX];
    size_t n;
};

static void on_event(void *ctx, const struct yc_chain_event *e)
{
    (void)ctx;
    if (e->kind == YC_CHAIN_FAILED)
        bench_die("a block of its own making fails: %s", yc_reject_string(e->why->code));
}

static void settle(struct chain_rig *r)
{
    enum yc_step s;
    while ((s = yc_chain_step(r->chain, 5000)) == YC_STEP_MORE) {
    }
    if (s == YC_STEP_FAILED)
        bench_die("%s", yc_chain_failure(r->chain)->text);
}

static void open_rig(struct chain_rig *r)
{
    struct yc_error err;
    const struct yc_alloc *alloc = r->bench->alloc;
    if (yc_fs_memory_new(&r->fs, alloc, UINT64_MAX, &err) != YC_VALID ||
        yc_kv_memory_new(&r->index, alloc, "index", &err) != YC_VALID ||
        yc_kv_memory_new(&r->coins, alloc, "coins", &err) != YC_VALID ||
        yc_workers_new(&r->workers, alloc, "script", 0, &err) != YC_VALID)
        bench_die("%s", err.text);
    const struct yc_fs *fs = yc_fs_memory_fs(r->fs);
    if (fs->make_dir(fs->ctx, "/data/blocks", &err) != YC_VALID)
        bench_die("%s", err.text);
    struct yc_chain_config config = {.params = yc_chain_builtin("regtest"),
                                     .fs = fs,
                                     .index_kv = yc_kv_memory_kv(r->index),
                                     .coins_kv = yc_kv_memory_kv(r->coins),
                                     .blocks_dir = "/data/blocks",
                                     .alloc = alloc,
                                     .clock = r->bench->clock,
                                     .random = r->bench->random,
                                     .workers = r->workers,
                                     .coins_cache_bytes = 256 << 20,
                                     .listener = {.event = on_event, .ctx = r}};
    if (yc_chain_open(&r->chain, &config, &err) != YC_VALID)
        bench_die("%s", err.text);
    settle(r);
}

static void close_rig(struct chain_rig *r)
{
    struct yc_error err;
    if (yc_chain_close(r->chain, &err) != YC_VALID)
        bench_die("%s", err.text);
    yc_workers_free(r->workers);
    yc_kv_memory_free(r->index);
    yc_kv_memory_free(r->coins);
    yc_fs_memory_free(r->fs);
}

/* BIP 141's commitment to the count transactions' witnesses, the coinbase's nonce being zeros. */
static void commitment(struct chain_rig *r, size_t count, uint8_t out32[32])
{
    static uint8_t leaves[TXS + 1][32];
    uint8_t both[64] = {0};
    memset(leaves[0], 0, 32);
    for (size_t i = 0; i < count; i++)
        memcpy(leaves[i + 1], r->tx[i]->wtxid.b, 32);
    yc_merkle_root(both, leaves, count + 1, NULL);
    yc_sha256d(out32, both, sizeof both);
}

/* A coinbase that obeys BIP 34, 54 and 141 and pays the kit's script; its stripped bytes too, for the txid. */
static void write_coinbase(struct chain_rig *r, uint32_t height, size_t count, bool witness, struct yc_writer *w)
{
    static const uint8_t none[32];
    uint8_t push[8], commit[32];
    size_t push_n = yc_bip34_push(push, height);
    push[push_n++] = 0; /* at least two bytes at every height */
    commitment(r, count, commit);
    yc_writer_u32le(w, 2);
    if (witness)
        yc_writer_bytes(w, "\x00\x01", 2);
    yc_writer_u8(w, 1);
    yc_writer_bytes(w, none, 32);
    yc_writer_u32le(w, UINT32_MAX);
    yc_writer_var_bytes(w, yc_view(push, push_n));
    yc_writer_u32le(w, 0xfffffffe);
    yc_writer_u8(w, 2);
    yc_writer_u64le(w, (uint64_t)yc_subsidy_sat(yc_chain_params_of(r->chain), height));
    yc_writer_var_bytes(w, yc_view(r->kit.script, r->kit.script_n));
    yc_writer_u64le(w, 0);
    yc_writer_u8(w, 38);
    yc_writer_bytes(w, "\x6a\x24\xaa\x21\xa9\xed", 6);
    yc_writer_bytes(w, commit, 32);
    if (witness) {
        yc_writer_bytes(w, "\x01\x20", 2);
        yc_writer_bytes(w, none, 32);
    }
    yc_writer_u32le(w, height - 1);
}

/* The block of the first count transactions on the tip, into r->bytes; the coinbase's id. */
static struct yc_txid make_block(struct chain_rig *r, size_t count)
{
    static uint8_t leaves[TXS + 1][32];
    uint8_t stripped[512];
    struct yc_txid coinbase;
    struct yc_writer w;
    const struct yc_node *parent = yc_chain_tip(r->chain);
    const struct yc_chain_params *params = yc_chain_params_of(r->chain);
    struct yc_ancestors a = yc_node_ancestors(parent);
    yc_writer_init(&w, stripped, sizeof stripped);
    write_coinbase(r, parent->height + 1, count, false, &w);
    yc_sha256d(coinbase.b, stripped, w.n);
    memcpy(leaves[0], coinbase.b, 32);
    for (size_t i = 0; i < count; i++)
        memcpy(leaves[i + 1], r->tx[i]->txid.b, 32);
    struct yc_header h = {.version = 0x20000000, .prev = parent->hash, .time = (uint32_t)yc_time_min(params, &a)};
    yc_merkle_root(h.merkle_root, leaves, count + 1, NULL);
    h.bits = yc_bits_required(params, &a, h.time);
    struct yc_block_hash hash;
    do {
        h.nonce++;
        hash = yc_header_hash(&h);
    } while (!yc_pow_check(&hash, h.bits, params));
    yc_writer_init(&w, r->bytes, sizeof r->bytes);
    yc_header_write(&h, yc_writer_room(&w, YC_HEADER_BYTES));
    yc_writer_compact(&w, count + 1);
    write_coinbase(r, parent->height + 1, count, true, &w);
    for (size_t i = 0; i < count; i++)
        yc_writer_view(&w, r->tx[i]->raw);
    if (w.failed)
        bench_die("a block is longer than %d bytes", BLOCK_BYTES_MAX);
    r->n = w.n;
    return coinbase;
}

static void submit(struct chain_rig *r)
{
    struct yc_reject why;
    uint32_t height = yc_chain_tip(r->chain)->height;
    enum yc_verdict v =
        yc_chain_submit_block(r->chain, yc_view(r->bytes, r->n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why);
    if (v != YC_VALID)
        bench_die("a block of its own making is refused: %s", yc_reject_string(why.code));
    settle(r);
    if (yc_chain_tip(r->chain)->height != height + 1)
        bench_die("a block of its own making did not become the tip");
}

/* One coinbase, and a hundred blocks on it: a coin that may be spent. */
static void mine_coins(struct chain_rig *r)
{
    const struct yc_chain_params *params = yc_chain_params_of(r->chain);
    r->value_sat = yc_subsidy_sat(params, 1);
    struct yc_txid first = make_block(r, 0);
    submit(r);
    for (unsigned i = 0; i < YC_COINBASE_MATURITY; i++) {
        (void)make_block(r, 0);
        submit(r);
    }
    r->coin[0] = (struct yc_outpoint){.txid = first, .index = 0};
}

/* One coin becomes TXS coins. */
static void split_coin(struct chain_rig *r)
{
    static struct yc_txout out[TXS];
    static uint8_t bytes[64 * TXS];
    struct yc_txin in = {.prevout = r->coin[0], .sequence = YC_SEQUENCE_FINAL};
    struct yc_spent spent = {r->value_sat, yc_view(r->kit.script, r->kit.script_n)};
    struct yc_tx draft = {.version = 2, .in_count = 1, .out_count = TXS, .in = &in, .out = out};
    struct yc_tx tx;
    struct yc_input_signature s;
    struct yc_spend spend;
    struct yc_reject why;
    struct yc_error err;
    struct yc_writer w;
    int64_t each_sat = r->value_sat / TXS;
    for (size_t i = 0; i < TXS; i++)
        out[i] = (struct yc_txout){each_sat, spent.script};
    yc_spend_init_to_sign(&spend, &draft, &spent);
    if (yc_sign_input(&s, &spend, 0, r->kit.secret[0], 0, r->bench->signer, r->bench->random, &err) != YC_VALID)
        bench_die("%s", err.text);
    in.witness = s.witness;
    in.witness_count = s.witness_count;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_tx_write(&draft, true, &w);
    if (yc_tx_parse(&tx, yc_writer_written(&w), &r->arena, &why) != YC_VALID)
        bench_die("a transaction of its own making does not parse");
    r->tx[0] = &tx;
    (void)make_block(r, 1);
    submit(r);
    for (uint32_t i = 0; i < TXS; i++)
        r->coin[i] = (struct yc_outpoint){.txid = tx.txid, .index = i};
    r->value_sat = each_sat;
}

/* Sign the next block's transactions, then time its way from bytes to tip. */
static double connect_once(struct chain_rig *r)
{
    yc_arena_clear(&r->arena);
    for (size_t i = 0; i < TXS; i++)
        r->tx[i] = spend_make(&r->kit, &r->arena, &r->coin[i], r->value_sat, FEE_SAT);
    (void)make_block(r, TXS);
    for (size_t i = 0; i < TXS; i++)
        r->coin[i] = (struct yc_outpoint){.txid = r->tx[i]->txid, .index = 0};
    r->value_sat -= FEE_SAT;
    int64_t begun = yc_mono_us(r->bench->clock);
    submit(r);
    return (double)(yc_mono_us(r->bench->clock) - begun);
}

void bench_connect(struct bench *b)
{
    static struct chain_rig r;
    double spent_us = 0, best_us = 0;
    if (!bench_wants(b, "connect/inputs"))
        return;
    r = (struct chain_rig){.bench = b};
    yc_arena_init(&r.arena, b->alloc, 1 << 20, ARENA_BYTES_MAX);
    spend_kit_init(&r.kit, b, SPEND_P2WPKH);
    open_rig(&r);
    mine_coins(&r);
    split_coin(&r);
    do {
        double us = connect_once(&r);
        if (spent_us == 0 || us < best_us)
            best_us = us;
        spent_us += us;
    } while (spent_us < (double)b->least_us);
    bench_result(b, "connect/inputs", "inputs", TXS, best_us);
    close_rig(&r);
    yc_arena_release(&r.arena);
}
