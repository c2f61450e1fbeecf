/* Blocks from their bytes, and the rules that need nothing else. "Poison" is an honest header with a body that a relay
 * has altered: it must never get more than YC_MUTATED, and the honest block must pass afterwards. */
#include "unit/consensus/support/bench.h"

#include "support/vectors.h"

#include <stdlib.h>

#define PARENT 300

static int set_up(void **state)
{
    *state = bench_new(PARENT);
    return 0;
}

static int tear_down(void **state)
{
    bench_free(*state);
    return 0;
}

static void expect_poison_then_honest(struct bench *b, struct yc_view honest, enum yc_rej code)
{
    struct yc_block_hash hash = b->block.hash;
    assert_int_equal(bench_judge(b), YC_MUTATED);
    assert_string_equal(yc_reject_string(b->why.code), yc_reject_string(code));
    assert_int_equal(yc_block_parse(&b->block, honest, &b->arena, &b->why), YC_VALID);
    assert_true(yc_block_hash_equal(&hash, &b->block.hash));
    assert_int_equal(bench_judge(b), YC_VALID);
}

static void honest_block_passes(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000);
    bench_expect_valid(b);
}

static void other_transactions_than_the_headers(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    bench_expect_valid(b);
    struct yc_view honest = b->raw;
    t->out[0].value_sat--;
    bench_alter(b);
    expect_poison_then_honest(b, honest, YC_REJ_BLOCK_MERKLE_ROOT);
}

/* C06: the last transactions repeated, for every count of transactions. */
static void repeated_transactions(void **state)
{
    struct bench *b = *state;
    unsigned poisoned = 0;
    for (size_t count = 2; count <= 64; count++) {
        bench_block(b);
        for (size_t i = 1; i < count; i++)
            bench_add_spend(b, 5000);
        bench_expect_valid(b);
        struct yc_view honest = b->raw;
        size_t more = count & (~count + 1);
        if (more == count)
            continue;
        for (size_t i = 0; i < more; i++)
            b->tx[b->tx_count++] = b->tx[count - more + i];
        bench_alter(b);
        expect_poison_then_honest(b, honest, YC_REJ_BLOCK_DUPLICATE_TX);
        poisoned++;
    }
    assert_int_equal(poisoned, 63 - 6);
}

/* C08: pairs of txids presented as transactions of 64 bytes. No coinbase begins such a block. */
static void merkle_nodes_as_transactions(void **state)
{
    struct bench *b = *state;
    b->tx_count = 0;
    /* 64 bytes: one input with a script of 4 bytes, one output without a script. */
    for (uint32_t i = 0; i < 2; i++) {
        struct bench_tx *t = bench_add(b, 1, 1);
        t->in[0].prevout = (struct yc_outpoint){{{1, 2}}, i};
        t->in[0].script_sig = bench_fill(b, BENCH_OP_TRUE, 4);
        t->out[0].script = YC_VIEW_EMPTY;
    }
    bench_seal(b);
    assert_int_equal(b->block.tx[0].stripped_bytes, 64);
    assert_int_equal(bench_judge(b), YC_MUTATED);
    assert_int_equal(b->why.code, YC_REJ_BLOCK_MERKLE_NODES);
}

static void block_of_nothing(void **state)
{
    struct bench *b = *state;
    b->tx_count = 0;
    bench_expect(b, YC_REJ_BLOCK_LENGTH);
    assert_true(b->why.tx == YC_NO_INDEX && b->why.input == YC_NO_INDEX);
    bench_block(b);
    bench_seal(b);
    b->tx_count = 0;
    bench_alter(b);
    assert_int_equal(bench_judge(b), YC_MUTATED);
    assert_int_equal(b->why.code, YC_REJ_BLOCK_MERKLE_ROOT);
}

/* C43: stripped sizes of exactly a quarter of the weight, and one byte more. */
static void stripped_size_is_exact(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    bench_seal(b);
    size_t n = YC_BLOCK_WEIGHT_MAX / YC_WITNESS_SCALE - b->raw.n - 4;
    /* A script that begins with OP_RETURN may be of any length; its size takes 5 bytes in place of 1. */
    t->out[0].script = bench_fill(b, 0x6a, n + 1);
    bench_seal(b);
    assert_int_equal(b->block.stripped_bytes, 1000000);
    assert_int_equal(b->block.weight, YC_BLOCK_WEIGHT_MAX);
    bench_expect_valid(b);
    t->out[0].script = bench_fill(b, 0x6a, n + 2);
    bench_expect(b, YC_REJ_BLOCK_LENGTH);
}

static void first_must_be_a_coinbase(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    b->tx[1] = b->tx[0];
    b->tx[0] = t;
    bench_expect(b, YC_REJ_BLOCK_CB_MISSING);
}

static void second_must_not_be_a_coinbase(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 1, 1);
    t->in[0].script_sig = bench_fill(b, 0x51, 2);
    bench_expect(b, YC_REJ_BLOCK_CB_MULTIPLE);
    assert_int_equal(b->why.tx, 1);
}

/* C38: each rule about a lone transaction holds in blocks, with the transaction named. */
static void transaction_rules_hold_in_blocks(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t;
    bench_add_spend(b, 5000);
    t = bench_add_spend(b, 5000);
    t->out[0].value_sat = -1;
    bench_expect(b, YC_REJ_TX_VOUT_NEGATIVE);
    assert_int_equal(b->why.tx, 2);
    t->out[0].value_sat = YC_MONEY_MAX + 1;
    bench_expect(b, YC_REJ_TX_VOUT_TOOLARGE);
    t->tx.out_count = 0;
    bench_expect(b, YC_REJ_TX_VOUT_EMPTY);
}

/* C07: 64 bytes without witness, in a block where BIP 54 holds and in one where it does not. */
static void transaction_of_64_bytes(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->out[0].script = bench_fill(b, 0x51, 4);
    bench_seal(b);
    assert_int_equal(b->block.tx[1].stripped_bytes, 64);
    bench_expect(b, YC_REJ_TX_STRIPPED_64);
    b->params.rules.bip54 = YC_NEVER;
    bench_expect_valid(b);
}

/* C04: operations are counted in every script, also behind a truncated push (C32) and in the coinbase. */
static void legacy_sigops_are_bounded(void **state)
{
    struct bench *b = *state;
    uint8_t *script = yc_arena_take(&b->arena, 10002);
    memset(script, 0xac, 10002);
    b->tx[0]->out[0].script = yc_view(script, 10000);
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->out[0].script = yc_view(script, 10000);
    bench_seal(b);
    assert_int_equal(bench_check(b), YC_VALID);
    t->out[0].script = yc_view(script, 10001);
    bench_seal(b);
    assert_int_equal(bench_check(b), YC_INVALID);
    assert_int_equal(b->why.code, YC_REJ_BLOCK_SIGOPS);
    script[10001] = 0x4e; /* PUSHDATA4 without its length */
    t->out[0].script = yc_view(script, 10002);
    bench_seal(b);
    assert_int_equal(bench_check(b), YC_INVALID);
    script[0] = 0x4e;
    bench_seal(b);
    assert_int_equal(bench_check(b), YC_VALID);
}

static void work_that_is_missing(void **state)
{
    struct bench *b = *state;
    bench_seal(b);
    while (yc_pow_check(&b->block.hash, b->header.bits, &b->params)) {
        b->header.nonce++;
        bench_alter(b);
    }
    assert_int_equal(bench_judge(b), YC_INVALID);
    assert_int_equal(b->why.code, YC_REJ_HEADER_HIGH_HASH);
}

/* C43, P32: bytes cut off, bytes added, and a count in a longer form are not the block, and say nothing about it. */
static void bytes_that_are_no_block(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000);
    bench_seal(b);
    uint8_t bytes[1024];
    size_t n = b->raw.n;
    assert_in_range(n, 100, sizeof bytes - 8);
    memcpy(bytes, b->raw.p, n);
    bytes[n] = 0;
    for (size_t i = 0; i <= n + 1; i++) {
        struct yc_block block;
        assert_int_equal(yc_block_parse(&block, yc_view(bytes, i), &b->arena, &b->why), i == n ? YC_VALID : YC_MUTATED);
        if (i != n)
            assert_int_equal(b->why.code, YC_REJ_BLOCK_PARSE);
    }
    memmove(bytes + 83, bytes + 81, n - 81);
    memcpy(bytes + 80, "\xfd\x02\x00", 3);
    assert_int_equal(yc_block_parse(&b->block, yc_view(bytes, n + 2), &b->arena, &b->why), YC_MUTATED);
}

/* An arena of the promised size is enough to parse, check, accept and connect the blocks that take most of it. */
static void promised_arena_is_enough(void **state)
{
    struct bench *b = *state;
    for (int shape = 0; shape < 4; shape++) {
        bench_block(b);
        if (shape == 0) { /* many small transactions */
            for (int i = 0; i < 1000; i++)
                bench_add_spend(b, 5000)->out[0].script = YC_VIEW_EMPTY;
        } else if (shape == 1) { /* one with many inputs */
            struct bench_tx *t = bench_add(b, 20000, 1);
            for (uint32_t i = 0; i < 20000; i++)
                t->in[i].prevout = bench_coin(b, 1, 1, false, bench_op_true());
        } else if (shape == 2) { /* many outputs */
            struct bench_tx *t = bench_add(b, 1, 60000);
            t->in[0].prevout = bench_coin(b, 1, 1, false, bench_op_true());
        } else { /* empty witness items */
            struct bench_tx *t = bench_add_spend(b, 5000);
            struct yc_view *items = yc_arena_take_array(&b->arena, 200000, sizeof *items);
            memset(items, 0, 200000 * sizeof *items);
            t->in[0].witness = items;
            t->in[0].witness_count = 200000;
            bench_commit(b);
        }
        bench_seal(b);
        size_t n = yc_block_arena_bytes(b->raw.n);
        void *memory = malloc(n);
        assert_non_null(memory);
        struct yc_arena was = b->arena;
        yc_arena_init_fixed(&b->arena, memory, n);
        assert_int_equal(yc_block_parse(&b->block, b->raw, &b->arena, &b->why), YC_VALID);
        assert_int_equal(bench_check(b), YC_VALID);
        assert_int_equal(bench_accept(b), YC_VALID);
        assert_int_equal(bench_connect_coins(b), YC_VALID);
        b->arena = was;
        free(memory);
    }
}

/* The bytes of transactions of 10 bytes each take the most; they end at yc_tx_check(). */
static void promised_arena_is_enough_for_empty_transactions(void **state)
{
    struct bench *b = *state;
    enum { COUNT = 50000 };
    size_t n = 80 + 3 + 10 * COUNT;
    uint8_t *bytes = calloc(1, n);
    assert_non_null(bytes);
    bytes[80] = 0xfd;
    yc_put16le(bytes + 81, COUNT);
    size_t arena_n = yc_block_arena_bytes(n);
    void *memory = malloc(arena_n);
    struct yc_arena arena;
    yc_arena_init_fixed(&arena, memory, arena_n);
    assert_int_equal(yc_block_parse(&b->block, yc_view(bytes, n), &arena, &b->why), YC_VALID);
    assert_int_equal(b->block.tx_count, COUNT);
    memset(b->block.hash.b, 0, 32);
    b->block.header.bits = b->params.genesis.bits;
    assert_int_equal(yc_block_check(&b->block, &b->params, true, &arena, &b->why), YC_MUTATED);
    free(memory);
    free(bytes);
}

static void full_arena_is_our_failure(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add(b, 2, 1);
    t->in[0].prevout = bench_coin(b, 1, 1, false, bench_op_true());
    t->in[1].prevout = bench_coin(b, 1, 1, false, bench_op_true());
    bench_commit(b);
    bench_seal(b);
    struct yc_arena was = b->arena;
    static uint8_t memory[4096];
    bool enough = false;
    for (size_t n = 0; n < sizeof memory; n += 16) {
        yc_arena_init_fixed(&b->arena, memory, n);
        enum yc_verdict verdict = yc_block_parse(&b->block, b->raw, &b->arena, &b->why);
        if (verdict == YC_VALID)
            verdict = bench_judge(b);
        if (verdict == YC_VALID)
            enough = true;
        else
            assert_true(verdict == YC_SYSTEM && b->why.system == YC_SYSTEM_MEMORY);
    }
    assert_true(enough);
    b->arena = was;
}

/* A block of Bitcoin's main chain: 1 MB of other people's bytes. */
static void real_block(void **state)
{
    struct bench *b = *state;
    size_t n;
    char *bytes = test_vectors_read("block413567.raw", &n);
    assert_int_equal(yc_block_parse(&b->block, yc_view(bytes, n), &b->arena, &b->why), YC_VALID);
    struct yc_chain_params bitcoin = b->params;
    bitcoin.pow.limit = (struct yc_u256){{0, 0, 0, 0x00000000ffff0000}};
    assert_int_equal(b->block.tx_count, 1557);
    assert_int_equal(b->block.raw.n, n);
    assert_int_equal(b->block.stripped_bytes, n);
    assert_int_equal(yc_block_check(&b->block, &bitcoin, false, &b->arena, &b->why), YC_VALID);
    size_t at = 80 + 3;
    for (uint32_t i = 0; i < b->block.tx_count; i++) {
        const struct yc_tx *tx = &b->block.tx[i];
        uint8_t *again = malloc(tx->raw.n);
        struct yc_writer w;
        yc_writer_init(&w, again, tx->raw.n);
        yc_tx_write(tx, true, &w);
        assert_true(yc_view_equal(yc_writer_written(&w), tx->raw));
        assert_ptr_equal(tx->raw.p, (uint8_t *)bytes + at);
        at += tx->raw.n;
        free(again);
    }
    assert_int_equal(at, n);
    free(bytes);
}

/* C08: the first transaction too may be the node. */
static void one_merkle_node_is_enough(void **state)
{
    struct bench *b = *state;
    b->tx_count = 0;
    struct bench_tx *t = bench_add(b, 1, 1);
    t->in[0].prevout = (struct yc_outpoint){{{1, 2}}, 0};
    t->in[0].script_sig = bench_fill(b, BENCH_OP_TRUE, 4);
    t->out[0].script = YC_VIEW_EMPTY;
    bench_seal(b);
    assert_int_equal(bench_judge(b), YC_MUTATED);
    assert_true(b->why.code == YC_REJ_BLOCK_MERKLE_NODES && b->why.tx == 0 && b->why.input == YC_NO_INDEX);
}

/* Without transactions there is nothing to commit to. */
static void empty_block_commits_to_nothing(void **state)
{
    struct bench *b = *state;
    uint8_t root[32] = {1};
    struct yc_block empty = {.tx_count = 0};
    assert_int_equal(yc_block_commitment_index(&empty), -1);
    assert_true(yc_block_witness_root(root, &empty, &b->arena));
    assert_true(yc_hash_is_zero(root));
}

static void promised_arena_has_an_end(void **state)
{
    (void)state;
    assert_int_equal(yc_block_arena_bytes(SIZE_MAX), SIZE_MAX);
    assert_int_equal(yc_block_arena_bytes(SIZE_MAX / 2), SIZE_MAX);
    assert_true(yc_block_arena_bytes(1000000) < 21000000);
}

/* What is at fault is named, the coinbase like any other. */
static void fault_is_where_it_is(void **state)
{
    struct bench *b = *state;
    b->tx[0]->in[0].script_sig = bench_fill(b, BENCH_OP_TRUE, 1);
    bench_expect(b, YC_REJ_TX_CB_LENGTH);
    assert_true(b->why.tx == 0 && b->why.input == 0);
    bench_block(b);
    for (int i = 0; i < 5; i++)
        bench_add_spend(b, 5000);
    bench_seal(b);
    b->tx[b->tx_count] = b->tx[b->tx_count - 2];
    b->tx[b->tx_count + 1] = b->tx[b->tx_count - 1];
    b->tx_count += 2;
    bench_alter(b);
    assert_int_equal(bench_check(b), YC_MUTATED);
    assert_true(b->why.code == YC_REJ_BLOCK_DUPLICATE_TX && b->why.tx == YC_NO_INDEX && b->why.input == YC_NO_INDEX);
    static const uint8_t short_header[79];
    assert_int_equal(yc_block_parse(&b->block, yc_view(short_header, 79), &b->arena, &b->why), YC_MUTATED);
    assert_true(b->why.tx == YC_NO_INDEX && b->why.input == YC_NO_INDEX);
    /* The second transaction is cut off: what is wrong with it is said too. */
    bench_block(b);
    bench_add_spend(b, 5000);
    bench_seal(b);
    assert_int_equal(yc_block_parse(&b->block, yc_view(b->raw.p, b->raw.n - 1), &b->arena, &b->why), YC_MUTATED);
    struct yc_reject alone;
    struct yc_tx tx;
    struct yc_view second = b->block.tx[0].raw;
    second = yc_view(second.p + second.n, (size_t)(b->raw.p + b->raw.n - 1 - (second.p + second.n)));
    assert_int_equal(yc_tx_parse(&tx, second, &b->arena, &alone), YC_INVALID);
    assert_int_equal(b->why.tx, 1);
    assert_string_equal(b->why.detail, alone.detail);
    assert_true(alone.detail[0] != 0);
}

/* Ids are hashed many at once, those with a witness twice; each transaction's are those that it has alone. */
static void ids_of_many_transactions(void **state)
{
    struct bench *b = *state;
    for (uint32_t i = 0; i < 200; i++) {
        struct bench_tx *t = bench_add_spend(b, 5000);
        if (i % 7 != 3)
            bench_witness(b, t, 0, bench_fill(b, (uint8_t)i, 1 + i));
    }
    bench_seal(b);
    assert_int_equal(b->block.tx_count, 201);
    for (uint32_t i = 0; i < 201; i++) {
        const struct yc_tx *t = &b->block.tx[i];
        struct yc_tx alone;
        assert_int_equal(yc_tx_parse(&alone, t->raw, &b->arena, &b->why), YC_VALID);
        assert_true(yc_txid_equal(&alone.txid, &t->txid));
        assert_true(yc_wtxid_equal(&alone.wtxid, &t->wtxid));
        assert_int_equal(alone.version, t->version);
    }
}

/* 32 bytes of scratch for each leaf: so many are enough, and with fewer it is our failure. */
static void room_for_leaves_is_exact(void **state)
{
    struct bench *b = *state;
    static uint8_t memory[32 * 21];
    uint8_t root[32];
    struct yc_arena exact;
    for (int i = 0; i < 20; i++)
        bench_add_spend(b, 5000);
    bench_seal(b);
    yc_arena_init_fixed(&exact, memory, sizeof memory);
    assert_int_equal(yc_block_check_body(&b->block, true, &exact, &b->why), YC_VALID);
    yc_arena_init_fixed(&exact, memory, sizeof memory);
    assert_true(yc_block_witness_root(root, &b->block, &exact));
    yc_arena_init_fixed(&exact, memory, sizeof memory - 16);
    assert_int_equal(yc_block_check_body(&b->block, true, &exact, &b->why), YC_SYSTEM);
    assert_int_equal(b->why.system, YC_SYSTEM_MEMORY);
    yc_arena_init_fixed(&exact, memory, sizeof memory - 16);
    assert_false(yc_block_witness_root(root, &b->block, &exact));
}

/* A block's bytes, of which the last ones may be missing or have others behind them. */
struct given {
    uint8_t *p;
    size_t n;
    struct yc_block block;
    struct yc_arena arena;
    struct yc_reject why;
};

static void give(struct bench *b, struct given *g, size_t transactions, bool witnesses, long more)
{
    bench_block(b);
    for (size_t i = 1; i < transactions; i++) {
        struct bench_tx *t = bench_add_spend(b, 5000);
        if (witnesses && i % 3)
            bench_witness(b, t, 0, bench_fill(b, (uint8_t)i, i * 7 % 300));
    }
    bench_seal(b);
    *g = (struct given){.n = more < 0 && (size_t)-more > b->raw.n ? 0 : (size_t)((long)b->raw.n + more)};
    g->p = calloc(1, g->n + 1);
    assert_non_null(g->p);
    memcpy(g->p, b->raw.p, g->n < b->raw.n ? g->n : b->raw.n);
    yc_arena_init(&g->arena, &b->heap.alloc, 65536, SIZE_MAX);
}

/* The same by yc_block_parse(), and each id by itself. */
static void assert_as_alone(struct given *g, enum yc_verdict verdict)
{
    struct yc_block alone;
    struct yc_arena arena;
    struct yc_reject why;
    yc_arena_init(&arena, g->arena.alloc, 65536, SIZE_MAX);
    assert_int_equal(verdict, yc_block_parse(&alone, yc_view(g->p, g->n), &arena, &why));
    assert_memory_equal(&g->block.hash, &alone.hash, 32);
    if (verdict != YC_VALID) {
        assert_int_equal(g->why.code, why.code);
        assert_int_equal(g->why.tx, why.tx);
        assert_string_equal(g->why.detail, why.detail);
    } else {
        struct yc_block_hash hash = yc_header_hash(&g->block.header);
        assert_memory_equal(&g->block.hash, &hash, 32);
        assert_int_equal(g->block.tx_count, alone.tx_count);
        assert_int_equal(g->block.weight, alone.weight);
        for (uint32_t i = 0; i < alone.tx_count; i++) {
            struct yc_tx tx = alone.tx[i];
            yc_tx_hash(&tx);
            assert_memory_equal(&g->block.tx[i].txid, &tx.txid, 32);
            assert_memory_equal(&g->block.tx[i].wtxid, &tx.wtxid, 32);
        }
    }
    yc_arena_release(&arena);
}

/* Blocks that are parsed together are what each is alone: small ones and large ones, whole and broken, in any company; and what
 * parsing needed for itself is given back. */
static void blocks_parsed_together(void **state)
{
    struct bench *b = *state;
    static const struct {
        size_t transactions;
        bool witnesses;
        long more; /* bytes */
    } rows[] = {{1, false, 0},  {2, true, 0},     {11, true, 0}, {30, false, 0},   {12, true, -1}, {12, true, 1},
                {3, false, -5}, {700, true, 0},   {5, true, 0},  {4, true, -9999}, {1, true, 0},   {40, true, 0},
                {600, true, 3}, {1100, false, 0}, {9, true, 0},  {2, false, 0}};
    enum { ROWS = sizeof rows / sizeof rows[0] };
    static struct given given[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        give(b, &given[i], rows[i].transactions, rows[i].witnesses, rows[i].more);
    for (size_t together = 1; together <= ROWS; together += 3) {
        for (size_t from = 0; from < ROWS; from += together) {
            struct yc_block_parsing p[ROWS];
            size_t n = from + together < ROWS ? together : ROWS - from;
            for (size_t i = 0; i < n; i++) {
                struct given *g = &given[from + i];
                yc_arena_clear(&g->arena);
                p[i] = (struct yc_block_parsing){
                    .block = &g->block, .raw = yc_view(g->p, g->n), .arena = &g->arena, .why = &g->why};
            }
            yc_blocks_parse(p, n);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(p[i].verdict == YC_VALID, rows[from + i].more == 0);
                assert_as_alone(&given[from + i], p[i].verdict);
            }
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        yc_arena_release(&given[i].arena);
        free(given[i].p);
    }
}

/* An arena that is full is the failure of its own block alone. */
static void full_arena_among_others(void **state)
{
    struct bench *b = *state;
    static struct given given[3];
    static uint8_t memory[4000];
    unsigned failed = 0, passed = 0;
    for (size_t i = 0; i < 3; i++)
        give(b, &given[i], 6, true, 0);
    for (size_t room = 8; room <= sizeof memory; room += 8) {
        struct yc_block_parsing p[3];
        struct yc_arena scarce;
        yc_arena_init_fixed(&scarce, memory, room);
        for (size_t i = 0; i < 3; i++) {
            struct given *g = &given[i];
            yc_arena_clear(&g->arena);
            p[i] = (struct yc_block_parsing){
                .block = &g->block, .raw = yc_view(g->p, g->n), .arena = i == 1 ? &scarce : &g->arena, .why = &g->why};
        }
        yc_blocks_parse(p, 3);
        assert_as_alone(&given[0], p[0].verdict);
        assert_as_alone(&given[2], p[2].verdict);
        passed += p[1].verdict == YC_VALID;
        failed += p[1].verdict == YC_SYSTEM && given[1].why.system == YC_SYSTEM_MEMORY;
    }
    assert_true(failed > 10 && passed > 10);
    assert_int_equal(failed + passed, sizeof memory / 8);
    for (size_t i = 0; i < 3; i++) {
        yc_arena_release(&given[i].arena);
        free(given[i].p);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(honest_block_passes),
        T(other_transactions_than_the_headers),
        T(repeated_transactions),
        T(merkle_nodes_as_transactions),
        T(block_of_nothing),
        T(stripped_size_is_exact),
        T(first_must_be_a_coinbase),
        T(second_must_not_be_a_coinbase),
        T(transaction_rules_hold_in_blocks),
        T(transaction_of_64_bytes),
        T(legacy_sigops_are_bounded),
        T(work_that_is_missing),
        T(bytes_that_are_no_block),
        T(promised_arena_is_enough),
        T(promised_arena_is_enough_for_empty_transactions),
        T(full_arena_is_our_failure),
        T(real_block),
        T(one_merkle_node_is_enough),
        T(empty_block_commits_to_nothing),
        T(promised_arena_has_an_end),
        T(fault_is_where_it_is),
        T(ids_of_many_transactions),
        T(room_for_leaves_is_exact),
        T(blocks_parsed_together),
        T(full_arena_among_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
