/* Rules that need the place of a block in the chain, and no coins. */
#include "unit/consensus/support/bench.h"

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

/* C56: by height. The height of the block itself is not enough. */
static void lock_by_height(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    t->tx.lock_time = bench_height(b);
    bench_expect(b, YC_REJ_BLOCK_TX_NONFINAL);
    assert_int_equal(b->why.tx, 1);
    t->tx.lock_time = bench_height(b) - 1;
    bench_expect_valid(b);
    t->tx.lock_time = bench_height(b);
    t->in[0].sequence = YC_SEQUENCE_FINAL;
    bench_expect_valid(b);
}

/* C56, BIP 113: by time, against the median time past of the parent. */
static void lock_by_time(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    uint32_t mtp_s = (uint32_t)yc_median_time_past(&b->ancestors);
    assert_true(mtp_s < b->header.time);
    t->tx.lock_time = mtp_s;
    bench_expect(b, YC_REJ_BLOCK_TX_NONFINAL);
    t->tx.lock_time = mtp_s - 1;
    bench_expect_valid(b);
}

static void lock_by_time_before_bip113(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    b->params.rules.csv = YC_NEVER;
    t->tx.lock_time = b->header.time;
    bench_expect(b, YC_REJ_BLOCK_TX_NONFINAL);
    t->tx.lock_time = b->header.time - 1;
    bench_expect_valid(b);
}

static void coinbase_must_be_final(void **state)
{
    struct bench *b = *state;
    b->params.rules.bip54 = YC_NEVER;
    b->tx[0]->tx.lock_time = bench_height(b);
    bench_expect(b, YC_REJ_BLOCK_TX_NONFINAL);
}

/* C58 */
static void height_pushes(void **state)
{
    (void)state;
    static const struct {
        uint32_t height;
        const char *bytes;
        size_t n;
    } cases[] = {
        {0, "\x00", 1},
        {1, "\x51", 1},
        {16, "\x60", 1},
        {17, "\x01\x11", 2},
        {127, "\x01\x7f", 2},
        {128, "\x02\x80\x00", 3},
        {255, "\x02\xff\x00", 3},
        {256, "\x02\x00\x01", 3},
        {32767, "\x02\xff\x7f", 3},
        {32768, "\x03\x00\x80\x00", 4},
        {8388607, "\x03\xff\xff\x7f", 4},
        {8388608, "\x04\x00\x00\x80\x00", 5},
        {0x7fffffff, "\x04\xff\xff\xff\x7f", 5},
        {0x80000000, "\x05\x00\x00\x00\x80\x00", 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t push[6];
        assert_int_equal(yc_bip34_push(push, cases[i].height), cases[i].n);
        assert_memory_equal(push, cases[i].bytes, cases[i].n);
    }
}

/* C58: a push that is not the shortest, or of another height, or cut off. */
static void coinbase_must_begin_with_the_height(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *script;
        size_t n;
        bool good;
    } cases[] = {
        {"\x02\x2d\x01", 3, true},      {"\x02\x2d\x01\x51\x51", 5, true}, {"\x02\x2c\x01\x51", 4, false},
        {"\x03\x2d\x01\x00", 4, false}, {"\x4c\x02\x2d\x01", 4, false},    {"\x02\x2d", 2, false},
    };
    assert_int_equal(bench_height(b), 301);
    b->tx[0]->out[0].script = bench_fill(b, BENCH_OP_TRUE, 10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        b->tx[0]->in[0].script_sig = bench_bytes(b, cases[i].script, cases[i].n);
        if (cases[i].good)
            bench_expect_valid(b);
        else
            bench_expect(b, YC_REJ_BLOCK_CB_HEIGHT);
    }
    b->params.rules.bip34 = bench_height(b) + 1;
    bench_expect_valid(b);
}

/* C58: the height's push is found for heights that have an opcode of their own. */
static void first_blocks_have_short_heights(void **state)
{
    (void)state;
    for (uint32_t height = 1; height <= 18; height++) {
        struct bench *b = bench_new(height - 1);
        bench_expect_valid(b);
        bench_free(b);
    }
}

/* C05, BIP 54 */
static void coinbase_names_its_height_by_its_lock_time(void **state)
{
    struct bench *b = *state;
    struct bench_tx *coinbase = b->tx[0];
    coinbase->tx.lock_time = bench_height(b) - 2;
    bench_expect(b, YC_REJ_BLOCK_CB_LOCKTIME);
    coinbase->tx.lock_time = 0;
    bench_expect(b, YC_REJ_BLOCK_CB_LOCKTIME);
    coinbase->tx.lock_time = bench_height(b) - 1;
    coinbase->in[0].sequence = YC_SEQUENCE_FINAL;
    bench_expect(b, YC_REJ_BLOCK_CB_SEQUENCE);
    coinbase->in[0].sequence = 0;
    bench_expect_valid(b);
    b->params.rules.bip54 = bench_height(b) + 1;
    coinbase->tx.lock_time = 7;
    coinbase->in[0].sequence = YC_SEQUENCE_FINAL;
    bench_expect_valid(b);
}

/* An input with a witness; its script is OP_TRUE behind P2WSH, so that the witness is needed. */
static struct bench_tx *add_witness_spend(struct bench *b)
{
    static const uint8_t p2wsh_true[34] = {0x00, 0x20, 0x4a, 0xe8, 0x15, 0x72, 0xf0, 0x6e, 0x1b, 0x88, 0xfd, 0x5c,
                                           0xed, 0x7a, 0x1a, 0x00, 0x09, 0x45, 0x43, 0x2e, 0x83, 0xe1, 0x55, 0x1e,
                                           0x6f, 0x72, 0x1e, 0xe9, 0xc0, 0x0b, 0x8c, 0xc3, 0x32, 0x60};
    struct bench_tx *t = bench_add(b, 1, 1);
    t->in[0].prevout = bench_coin(b, 5000, 1, false, bench_bytes(b, p2wsh_true, sizeof p2wsh_true));
    bench_witness(b, t, 0, bench_op_true());
    return t;
}

static void commitment_is_kept(void **state)
{
    struct bench *b = *state;
    add_witness_spend(b);
    bench_commit(b);
    bench_expect_valid(b);
    assert_int_equal(yc_block_commitment_index(&b->block), 1);
}

/* BIP 141: the last matching output counts. */
static void last_commitment_counts(void **state)
{
    struct bench *b = *state;
    add_witness_spend(b);
    bench_commit(b);
    bench_commit(b);
    bench_seal(b);
    assert_int_equal(yc_block_commitment_index(&b->block), 2);
    bench_expect_valid(b);
    b->tx[0]->out[1].script = bench_fill(b, 0x6a, 38);
    bench_expect_valid(b);
    b->tx[0]->out[2].script = bench_fill(b, 0x6a, 38);
    bench_expect(b, YC_REJ_BLOCK_UNEXPECTED_WITNESS);
}

static void first_output_may_commit(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = add_witness_spend(b);
    bench_commit(b);
    struct yc_txout was = b->tx[0]->out[0];
    b->tx[0]->out[0] = b->tx[0]->out[1];
    b->tx[0]->out[1] = was;
    bench_expect_valid(b);
    assert_int_equal(yc_block_commitment_index(&b->block), 0);
    bench_witness(b, t, 0, bench_fill(b, 0x52, 1));
    bench_expect(b, YC_REJ_BLOCK_WITNESS_MERKLE);
}

static void witness_without_commitment(void **state)
{
    struct bench *b = *state;
    add_witness_spend(b);
    bench_expect(b, YC_REJ_BLOCK_UNEXPECTED_WITNESS);
}

static void commitment_before_segwit_is_no_commitment(void **state)
{
    struct bench *b = *state;
    b->params.rules.segwit = bench_height(b) + 1;
    add_witness_spend(b);
    bench_commit(b);
    bench_expect(b, YC_REJ_BLOCK_UNEXPECTED_WITNESS);
}

static void no_commitment_is_needed_without_witnesses(void **state)
{
    struct bench *b = *state;
    bench_add_spend(b, 5000);
    bench_expect_valid(b);
}

/* C35: after a poisoned body the honest one is judged anew, and nothing is left of the first. */
static void expect_poison_then_honest(struct bench *b, struct yc_view honest, enum yc_rej code)
{
    struct yc_block_hash hash = b->block.hash;
    bench_alter(b);
    assert_true(yc_block_hash_equal(&hash, &b->block.hash));
    assert_int_equal(bench_judge(b), YC_MUTATED);
    assert_string_equal(yc_reject_string(b->why.code), yc_reject_string(code));
    assert_int_equal(yc_block_parse(&b->block, honest, &b->arena, &b->why), YC_VALID);
    assert_int_equal(bench_judge(b), YC_VALID);
}

/* C35: an honest block whose coinbase witness a relay has stuffed until the block is too heavy. */
static void stuffed_coinbase_witness(void **state)
{
    struct bench *b = *state;
    add_witness_spend(b);
    bench_commit(b);
    bench_expect_valid(b);
    bench_witness(b, b->tx[0], 0, bench_fill(b, 0, 4000000));
    expect_poison_then_honest(b, b->raw, YC_REJ_BLOCK_WITNESS_NONCE_SIZE);
}

static void stuffed_witness_of_a_spend(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = add_witness_spend(b);
    bench_commit(b);
    bench_expect_valid(b);
    bench_witness(b, t, 0, bench_fill(b, 0, 4000000));
    expect_poison_then_honest(b, b->raw, YC_REJ_BLOCK_WITNESS_MERKLE);
}

static void altered_and_stripped_witnesses(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = add_witness_spend(b);
    bench_commit(b);
    bench_expect_valid(b);
    struct yc_view honest = b->raw;
    bench_witness(b, t, 0, bench_fill(b, 0x52, 1));
    expect_poison_then_honest(b, honest, YC_REJ_BLOCK_WITNESS_MERKLE);
    t->in[0].witness_count = 0;
    expect_poison_then_honest(b, honest, YC_REJ_BLOCK_WITNESS_MERKLE);
    bench_witness(b, t, 0, bench_op_true());
    b->tx[0]->in[0].witness_count = 0;
    expect_poison_then_honest(b, honest, YC_REJ_BLOCK_WITNESS_NONCE_SIZE);
    bench_witness(b, b->tx[0], 0, bench_fill(b, 1, 32));
    expect_poison_then_honest(b, honest, YC_REJ_BLOCK_WITNESS_MERKLE);
}

static void witness_added_to_a_block_without_commitment(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = bench_add_spend(b, 5000);
    bench_expect_valid(b);
    struct yc_view honest = b->raw;
    bench_witness(b, t, 0, bench_op_true());
    expect_poison_then_honest(b, honest, YC_REJ_BLOCK_UNEXPECTED_WITNESS);
}

/* C43: a weight of exactly the limit, and one byte of witness more. The block is really too heavy: no poison. */
static void weight_is_exact(void **state)
{
    struct bench *b = *state;
    struct bench_tx *t = add_witness_spend(b);
    struct yc_view *items = yc_arena_take_array(&b->arena, 2, sizeof *items);
    assert_non_null(items);
    items[1] = bench_op_true();
    t->in[0].witness = items;
    t->in[0].witness_count = 2;
    b->skip_scripts = true;
    items[0] = bench_fill(b, 0, 1000000);
    bench_commit(b);
    bench_seal(b);
    size_t more = (size_t)(YC_BLOCK_WEIGHT_MAX - b->block.weight);
    for (size_t over = 0; over < 2; over++) {
        bench_block(b);
        b->tx[b->tx_count++] = t;
        items[0] = bench_fill(b, 0, 1000000 + more + over);
        bench_commit(b);
        bench_seal(b);
        assert_int_equal(b->block.weight, YC_BLOCK_WEIGHT_MAX + over);
        if (over)
            bench_expect(b, YC_REJ_BLOCK_WEIGHT);
        else
            bench_expect_valid(b);
    }
}

static void expect_at(struct bench *b, enum yc_rej code, uint32_t tx, uint32_t input)
{
    bench_expect(b, code);
    assert_int_equal(b->why.tx, tx);
    assert_int_equal(b->why.input, input);
}

/* What is at fault is named. */
static void fault_is_where_it_is(void **state)
{
    struct bench *b = *state;
    bench_block(b);
    b->tx[0]->in[0].sequence = YC_SEQUENCE_FINAL;
    expect_at(b, YC_REJ_BLOCK_CB_SEQUENCE, 0, 0);
    bench_block(b);
    b->tx[0]->tx.lock_time--;
    expect_at(b, YC_REJ_BLOCK_CB_LOCKTIME, 0, YC_NO_INDEX);
    assert_string_equal(b->why.detail, "lock time 299 at height 301");
    bench_block(b);
    b->tx[0]->in[0].script_sig = bench_fill(b, BENCH_OP_TRUE, 10);
    expect_at(b, YC_REJ_BLOCK_CB_HEIGHT, 0, 0);
    bench_block(b);
    bench_commit(b);
    bench_witness(b, b->tx[0], 0, bench_fill(b, 0, 31));
    expect_at(b, YC_REJ_BLOCK_WITNESS_NONCE_SIZE, 0, 0);
    bench_block(b);
    bench_commit(b);
    bench_witness(b, b->tx[0], 0, bench_fill(b, 1, 32));
    expect_at(b, YC_REJ_BLOCK_WITNESS_MERKLE, YC_NO_INDEX, YC_NO_INDEX);
    bench_block(b);
    bench_add_spend(b, 5000);
    bench_witness(b, bench_add_spend(b, 5000), 0, bench_fill(b, 1, 32));
    expect_at(b, YC_REJ_BLOCK_UNEXPECTED_WITNESS, 2, YC_NO_INDEX);
    bench_block(b);
    bench_witness(b, bench_add_spend(b, 5000), 0, bench_fill(b, 1, 4000000));
    bench_commit(b);
    expect_at(b, YC_REJ_BLOCK_WEIGHT, YC_NO_INDEX, YC_NO_INDEX);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(lock_by_height),
        T(lock_by_time),
        T(lock_by_time_before_bip113),
        T(coinbase_must_be_final),
        T(height_pushes),
        T(coinbase_must_begin_with_the_height),
        cmocka_unit_test(first_blocks_have_short_heights),
        T(coinbase_names_its_height_by_its_lock_time),
        T(commitment_is_kept),
        T(last_commitment_counts),
        T(first_output_may_commit),
        T(witness_without_commitment),
        T(commitment_before_segwit_is_no_commitment),
        T(no_commitment_is_needed_without_witnesses),
        T(stuffed_coinbase_witness),
        T(stuffed_witness_of_a_spend),
        T(altered_and_stripped_witnesses),
        T(witness_added_to_a_block_without_commitment),
        T(weight_is_exact),
        T(fault_is_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
