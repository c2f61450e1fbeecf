#include "unit/consensus/support/bench.h"

#include "crypto/sha256.h"

#include <stdlib.h>

#define ARENA_BYTES_MAX ((size_t)1 << 30)
#define START_TIME      1800000000u
#define TX_MAX          70000

static struct yc_ancestor ancestor_at(void *ctx, uint32_t height)
{
    const struct bench *b = ctx;
    assert_true(height <= b->ancestors.height);
    return b->ancestor[height];
}

void bench_put_coin(struct bench *b, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    struct yc_coin *slot = yc_map_put(&b->coin_map, at, NULL);
    assert_non_null(slot);
    *slot = *coin;
}

static void remember(struct bench *b, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    assert_true(b->change_count < BENCH_CHANGES_MAX);
    struct bench_change *change = &b->change[b->change_count++];
    *change = (struct bench_change){.at = *at, .was_there = coin != NULL};
    if (coin)
        change->coin = *coin;
}

void bench_undo(struct bench *b)
{
    while (b->change_count) {
        const struct bench_change *change = &b->change[--b->change_count];
        if (change->was_there)
            bench_put_coin(b, &change->at, &change->coin);
        else
            (void)yc_map_remove(&b->coin_map, &change->at);
    }
}

static enum yc_verdict coin_spend(void *ctx, const struct yc_outpoint *at, struct yc_coin *out)
{
    struct bench *b = ctx;
    const struct yc_coin *coin = yc_map_get(&b->coin_map, at);
    if (!coin)
        return YC_NOT_YET;
    *out = *coin;
    remember(b, at, coin);
    assert_true(yc_map_remove(&b->coin_map, at));
    return YC_VALID;
}

static enum yc_verdict coin_add(void *ctx, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    struct bench *b = ctx;
    remember(b, at, yc_map_get(&b->coin_map, at));
    bench_put_coin(b, at, coin);
    return YC_VALID;
}

static enum yc_verdict coin_has(void *ctx, const struct yc_outpoint *at)
{
    struct bench *b = ctx;
    return yc_map_get(&b->coin_map, at) ? YC_VALID : YC_NOT_YET;
}

static enum yc_verdict take_check(void *ctx, const struct yc_script_check *check)
{
    struct bench *b = ctx;
    assert_true(b->check_count < BENCH_CHECKS_MAX);
    b->check[b->check_count++] = *check;
    return YC_VALID;
}

struct bench *bench_new(uint32_t height)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    assert_true(height < BENCH_ANCESTORS_MAX);
    test_heap_init(&b->heap);
    yc_arena_init(&b->arena, &b->heap.alloc, (size_t)1 << 16, ARENA_BYTES_MAX);
    b->params = *yc_chain_builtin("regtest");
    for (uint32_t i = 0; i <= height; i++)
        b->ancestor[i] = (struct yc_ancestor){START_TIME + 600 * i, b->params.genesis.bits, 4};
    b->ancestors = (struct yc_ancestors){height, ancestor_at, b};
    yc_map_init(&b->coin_map, &b->heap.alloc, sizeof(struct yc_outpoint), sizeof(struct yc_coin),
                (struct yc_siphash_key){1, 2});
    b->coins = (struct yc_coins){coin_spend, coin_add, coin_has, b};
    b->tx = calloc(TX_MAX, sizeof(struct bench_tx *));
    b->check = calloc(BENCH_CHECKS_MAX, sizeof *b->check);
    b->change = calloc(BENCH_CHANGES_MAX, sizeof *b->change);
    assert_true(b->tx && b->check && b->change);
    b->sink = (struct yc_script_sink){take_check, b};
    bench_block(b);
    return b;
}

void bench_free(struct bench *b)
{
    yc_map_release(&b->coin_map);
    yc_arena_release(&b->arena);
    assert_int_equal(b->heap.live_bytes, 0);
    free(b->change);
    free(b->check);
    free(b->tx);
    free(b);
}

static void *take(struct bench *b, size_t n)
{
    void *p = yc_arena_take(&b->arena, n);
    assert_non_null(p);
    return p;
}

struct yc_view bench_bytes(struct bench *b, const void *p, size_t n)
{
    void *copy = take(b, n);
    if (n)
        memcpy(copy, p, n);
    return yc_view(copy, n);
}

struct yc_view bench_fill(struct bench *b, uint8_t byte, size_t n)
{
    return yc_view(memset(take(b, n), byte, n), n);
}

struct yc_view bench_op_true(void)
{
    static const uint8_t script[1] = {BENCH_OP_TRUE};
    return yc_view(script, 1);
}

struct bench_tx *bench_tx(struct bench *b, uint32_t in_count, uint32_t out_count)
{
    struct bench_tx *t = take(b, sizeof *t);
    t->in = take(b, in_count * sizeof *t->in);
    t->out = take(b, out_count * sizeof *t->out);
    for (uint32_t i = 0; i < in_count; i++)
        t->in[i] = (struct yc_txin){.prevout.index = UINT32_MAX, .sequence = YC_SEQUENCE_FINAL - 1};
    for (uint32_t i = 0; i < out_count; i++)
        t->out[i] = (struct yc_txout){0, bench_op_true()};
    t->tx = (struct yc_tx){.version = 2, .in_count = in_count, .out_count = out_count, .in = t->in, .out = t->out};
    return t;
}

struct bench_tx *bench_add(struct bench *b, uint32_t in_count, uint32_t out_count)
{
    assert_true(b->tx_count < TX_MAX);
    return b->tx[b->tx_count++] = bench_tx(b, in_count, out_count);
}

void bench_block(struct bench *b)
{
    uint32_t height = bench_height(b);
    b->header = (struct yc_header){.version = 4, .time = START_TIME + 600 * height, .bits = b->params.genesis.bits};
    b->tx_count = 0;
    struct bench_tx *t = bench_add(b, 1, 1);
    /* Long enough that no coinbase of the bench has 64 bytes, which BIP 54 forbids. */
    uint8_t script_sig[6 + 4] = {0};
    size_t n = yc_bip34_push(script_sig, height);
    t->in[0].script_sig = bench_bytes(b, script_sig, n + 4);
    t->tx.lock_time = height - 1;
    t->out[0].value_sat = yc_subsidy_sat(&b->params, height);
}

struct yc_outpoint bench_coin(struct bench *b, int64_t value_sat, uint32_t height, bool coinbase, struct yc_view script)
{
    struct yc_outpoint at = {.index = 7};
    yc_put32le(at.txid.b, ++b->coin_number);
    struct yc_coin coin = {value_sat, height, coinbase, script};
    assert_int_equal(coin_has(b, &at), YC_NOT_YET);
    bench_put_coin(b, &at, &coin);
    return at;
}

struct bench_tx *bench_add_spend(struct bench *b, int64_t value_sat)
{
    struct bench_tx *t = bench_add(b, 1, 1);
    uint32_t height = bench_height(b) > 200 ? bench_height(b) - 200 : 0;
    t->in[0].prevout = bench_coin(b, value_sat, height, false, bench_op_true());
    t->out[0].value_sat = value_sat;
    return t;
}

void bench_witness(struct bench *b, struct bench_tx *t, uint32_t input, struct yc_view item)
{
    struct yc_view *items = take(b, sizeof *items);
    *items = item;
    t->in[input].witness = items;
    t->in[input].witness_count = 1;
}

static struct yc_view serialise(struct bench *b, const struct yc_tx *tx, bool with_witness)
{
    struct yc_writer w;
    yc_writer_init_count(&w);
    yc_tx_write(tx, with_witness, &w);
    size_t n = w.n;
    yc_writer_init(&w, take(b, n), n);
    yc_tx_write(tx, with_witness, &w);
    assert_false(w.failed);
    return yc_writer_written(&w);
}

struct yc_txid bench_txid(struct bench *b, const struct bench_tx *t)
{
    struct yc_view raw = serialise(b, &t->tx, false);
    struct yc_txid id;
    yc_sha256d(id.b, raw.p, raw.n);
    return id;
}

static void root_of(struct bench *b, uint8_t out32[32], bool wtxids)
{
    uint8_t(*leaves)[32] = take(b, 32 * b->tx_count);
    for (size_t i = 0; i < b->tx_count; i++) {
        struct yc_view raw = serialise(b, &b->tx[i]->tx, wtxids);
        yc_sha256d(leaves[i], raw.p, raw.n);
    }
    if (wtxids)
        memset(leaves[0], 0, 32);
    yc_merkle_root(out32, leaves, b->tx_count, NULL);
}

void bench_commit(struct bench *b)
{
    struct bench_tx *coinbase = b->tx[0];
    uint8_t committed[64] = {0}, script[38] = {0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
    bench_witness(b, coinbase, 0, bench_fill(b, 0, 32));
    root_of(b, committed, true);
    yc_sha256d(script + 6, committed, sizeof committed);
    uint32_t count = coinbase->tx.out_count;
    struct yc_txout *out = take(b, (count + 1) * sizeof *out);
    memcpy(out, coinbase->out, count * sizeof *out);
    out[count] = (struct yc_txout){0, bench_bytes(b, script, sizeof script)};
    coinbase->tx.out = coinbase->out = out;
    coinbase->tx.out_count = count + 1;
}

void bench_alter(struct bench *b)
{
    size_t n = YC_HEADER_BYTES + yc_compact_bytes(b->tx_count);
    struct yc_writer w;
    for (size_t i = 0; i < b->tx_count; i++) {
        yc_writer_init_count(&w);
        yc_tx_write(&b->tx[i]->tx, true, &w);
        n += w.n;
    }
    yc_writer_init(&w, take(b, n), n);
    yc_header_write(&b->header, yc_writer_room(&w, YC_HEADER_BYTES));
    yc_writer_compact(&w, b->tx_count);
    for (size_t i = 0; i < b->tx_count; i++)
        yc_tx_write(&b->tx[i]->tx, true, &w);
    assert_false(w.failed);
    assert_int_equal(w.n, n);
    b->raw = yc_writer_written(&w);
    assert_int_equal(yc_block_parse(&b->block, b->raw, &b->arena, &b->why), YC_VALID);
}

void bench_seal(struct bench *b)
{
    root_of(b, b->header.merkle_root, false);
    for (b->header.nonce = 0;; b->header.nonce++) {
        struct yc_block_hash hash = yc_header_hash(&b->header);
        if (yc_pow_check(&hash, b->header.bits, &b->params))
            break;
    }
    bench_alter(b);
}

enum yc_verdict bench_check(struct bench *b)
{
    bool bip54 = yc_rule_active(b->params.rules.bip54, bench_height(b));
    return yc_block_check(&b->block, &b->params, bip54, &b->arena, &b->why);
}

enum yc_verdict bench_accept(struct bench *b)
{
    return yc_block_accept(&b->block, &b->params, bench_height(b), &b->ancestors, &b->arena, &b->why);
}

static enum yc_verdict run_scripts(struct bench *b)
{
    struct yc_script_machine *machine = yc_script_machine_new(&b->heap.alloc);
    enum yc_verdict verdict = YC_VALID;
    assert_non_null(machine);
    for (size_t i = 0; i < b->check_count && verdict == YC_VALID; i++)
        verdict = yc_script_check_run(&b->check[i], machine, yc_checker_now(), &b->why);
    yc_script_machine_free(machine);
    return verdict;
}

enum yc_verdict bench_connect_coins(struct bench *b)
{
    struct yc_connect c = {.params = &b->params,
                           .hash = &b->block.hash,
                           .height = bench_height(b),
                           .ancestors = &b->ancestors,
                           .coins = &b->coins,
                           .scripts = b->skip_scripts ? NULL : &b->sink,
                           .arena = &b->arena};
    b->check_count = 0;
    bench_undo(b);
    return yc_block_connect(&b->block, &c, &b->spent, &b->fees_sat, &b->why);
}

enum yc_verdict bench_connect(struct bench *b)
{
    enum yc_verdict verdict = bench_connect_coins(b);
    return verdict == YC_VALID ? run_scripts(b) : verdict;
}

enum yc_verdict bench_judge(struct bench *b)
{
    memset(&b->why, 0, sizeof b->why);
    enum yc_verdict verdict = bench_check(b);
    if (verdict == YC_VALID)
        verdict = bench_accept(b);
    return verdict == YC_VALID ? bench_connect(b) : verdict;
}

void bench_expect_valid(struct bench *b)
{
    bench_seal(b);
    enum yc_verdict verdict = bench_judge(b);
    if (verdict != YC_VALID)
        fail_msg("refused: %s (transaction %d, input %d) %s", yc_reject_string(b->why.code), (int)b->why.tx,
                 (int)b->why.input, b->why.detail);
}

void bench_expect(struct bench *b, enum yc_rej code)
{
    bench_seal(b);
    enum yc_verdict verdict = bench_judge(b);
    assert_string_equal(yc_reject_string(b->why.code), yc_reject_string(code));
    assert_int_equal(verdict, yc_reject_verdict(code));
}
