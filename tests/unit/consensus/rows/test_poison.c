/* Poison, then honest, through the chain (catalogue C06, C34, C35): another body under an honest header is refused
 * without a mark, and the honest body that comes after becomes the tip. Every reason that a body can give is tried. */
#include "unit/consensus/rows/draft.h"

static struct yc_reject why;
static struct chain_world world;
static struct yc_txid coin;

static int open_world(void **state)
{
    (void)state;
    world_init(&world, 0);
    coin = rows_mature_coin(&world);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_release(&world);
    return 0;
}

/* The honest block of these tests: a coinbase, a payment and one that spends its change. */
static void honest(struct draft *d, unsigned extra)
{
    draft_init(d, &world, yc_chain_tip(world.chain), extra);
    struct draft_tx *first = draft_add(d, &coin, 0, 1, 50 * YC_COIN, 2);
    struct yc_txid id = draft_txid(d, first);
    draft_add(d, &id, 0, 1, 25 * YC_COIN, 1);
}

/* Take the tip back, so that the next test finds the coins as they were. */
static void take_back(const struct yc_block_hash *hash)
{
    struct yc_error err;
    assert_int_equal(yc_chain_invalidate(world.chain, hash, &err), YC_VALID);
    world_settle(&world);
}

/* Submit the altered body, then the honest one. */
static void expect_poison_is_harmless(struct draft *d, struct yc_view honest_raw, const char *what)
{
    const struct yc_node *tip = yc_chain_tip(world.chain);
    enum yc_verdict v = draft_submit(d, NULL, &why);
    if (v != YC_MUTATED)
        fail_msg("%s: %s, %s", what, yc_verdict_name(v), yc_reject_string(why.code));
    assert_ptr_equal(yc_chain_tip(world.chain), tip);
    const struct yc_node *node = yc_chain_find(world.chain, &d->hash);
    assert_true(!node || !(node->status & YC_BLOCK_FAILED));
    d->raw = honest_raw;
    assert_int_equal(draft_submit(d, NULL, &why), YC_VALID);
    if (!yc_block_hash_equal(&yc_chain_tip(world.chain)->hash, &d->hash))
        fail_msg("after %s: the honest block is not the tip: %s", what, yc_reject_string(world.failed_code));
    take_back(&d->hash);
}

static void output_negative(struct draft *d)
{
    d->tx[1]->out[0].value_sat = -1;
}
static void output_too_large(struct draft *d)
{
    d->tx[1]->out[0].value_sat = YC_MONEY_MAX + 1;
}
static void outputs_too_large(struct draft *d)
{
    d->tx[1]->out[0].value_sat = d->tx[1]->out[1].value_sat = YC_MONEY_MAX;
}
static void more_than_the_inputs(struct draft *d)
{
    d->tx[1]->out[0].value_sat = 50 * YC_COIN;
}
static void no_outputs(struct draft *d)
{
    d->tx[1]->tx.out_count = 0;
}
static void inputs_repeated(struct draft *d)
{
    struct yc_txin in[2] = {d->tx[1]->in[0], d->tx[1]->in[0]};
    d->tx[1]->tx.in = (const struct yc_txin *)draft_copy(d, in, sizeof in).p;
    d->tx[1]->tx.in_count = 2;
}
static void null_input(struct draft *d)
{
    struct yc_txin in[2] = {d->tx[1]->in[0], d->tx[0]->in[0]};
    d->tx[1]->tx.in = (const struct yc_txin *)draft_copy(d, in, sizeof in).p;
    d->tx[1]->tx.in_count = 2;
}
static void coinbase_script_long(struct draft *d)
{
    d->tx[0]->in[0].script_sig = draft_fill(d, 1, 101);
}
static void coinbase_missing(struct draft *d)
{
    d->tx[0] = d->tx[1];
    d->tx[1] = d->tx[2];
    d->count = 2;
}
static void coinbase_twice(struct draft *d)
{
    d->tx[1] = d->tx[0];
}
static void nothing_at_all(struct draft *d)
{
    d->count = 0;
}
static void one_less(struct draft *d)
{
    d->count--;
}
static void exchanged(struct draft *d)
{
    struct draft_tx *t = d->tx[1];
    d->tx[1] = d->tx[2];
    d->tx[2] = t;
}
static void last_repeated(struct draft *d)
{
    d->tx[3] = d->tx[2];
    d->count = 4;
}
static void oversize(struct draft *d)
{
    d->tx[1]->out[0].script = draft_fill(d, 0x51, 1000001);
}
static void sigops(struct draft *d)
{
    d->tx[1]->out[0].script = draft_fill(d, 0xac, 20001);
}
static void not_final(struct draft *d)
{
    d->tx[1]->tx.lock_time = 499999999;
}
static void other_height(struct draft *d)
{
    d->tx[0]->in[0].script_sig = yc_view("\x01\x01\x01\x01\x01", 5);
}
static void other_lock_time(struct draft *d)
{
    d->tx[0]->tx.lock_time++;
}
static void final_coinbase(struct draft *d)
{
    d->tx[0]->in[0].sequence = YC_SEQUENCE_FINAL;
}
static void coin_missing(struct draft *d)
{
    d->tx[1]->in[0].prevout.index = 9;
}
static void coinbase_pays_too_much(struct draft *d)
{
    d->tx[0]->out[0].value_sat++;
}
static void script_fails(struct draft *d)
{
    d->tx[1]->in[0].script_sig = yc_view("\x6a\x6a\x6a\x6a\x6a", 5);
}
static void witness_appears(struct draft *d)
{
    struct yc_view item = draft_fill(d, 1, 1), script_sig = d->tx[1]->in[0].script_sig;
    draft_witness(d, d->tx[1], &item, 1);
    d->tx[1]->in[0].script_sig = script_sig;
}
static void coinbase_witness_appears(struct draft *d)
{
    struct yc_view item = draft_fill(d, 0, 32), script_sig = d->tx[0]->in[0].script_sig;
    draft_witness(d, d->tx[0], &item, 1);
    d->tx[0]->in[0].script_sig = script_sig;
}
static void coinbase_witness_stuffed(struct draft *d)
{
    struct yc_view item = draft_fill(d, 0, 3990000), script_sig = d->tx[0]->in[0].script_sig;
    draft_witness(d, d->tx[0], &item, 1);
    d->tx[0]->in[0].script_sig = script_sig;
}

static const struct {
    const char *name;
    void (*alter)(struct draft *d);
} poisons[] = {
#define P(alter)                                                                                                       \
    {                                                                                                                  \
#alter, alter                                                                                                  \
    }
    P(output_negative),
    P(output_too_large),
    P(outputs_too_large),
    P(more_than_the_inputs),
    P(no_outputs),
    P(inputs_repeated),
    P(null_input),
    P(coinbase_script_long),
    P(coinbase_missing),
    P(coinbase_twice),
    P(nothing_at_all),
    P(one_less),
    P(exchanged),
    P(last_repeated),
    P(oversize),
    P(sigops),
    P(not_final),
    P(other_height),
    P(other_lock_time),
    P(final_coinbase),
    P(coin_missing),
    P(script_fails),
    P(coinbase_pays_too_much),
    P(witness_appears),
    P(coinbase_witness_appears),
    P(coinbase_witness_stuffed),
#undef P
};

/* C35: whatever a relay does to the body of a block without witnesses. */
static void test_c35_altered_bodies(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof poisons / sizeof poisons[0]; i++) {
        struct draft d;
        honest(&d, 100 + i);
        draft_seal(&d);
        struct yc_view raw = d.raw;
        poisons[i].alter(&d);
        draft_write(&d);
        expect_poison_is_harmless(&d, raw, poisons[i].name);
        draft_release(&d);
    }
}

/* C35: the same with a commitment in the coinbase, whose own witness no header covers. */
static void test_c35_altered_witnesses(void **state)
{
    (void)state;
    static const size_t nonce_bytes[] = {0, 31, 33, 32, 3990000};
    for (unsigned i = 0; i < 2 * sizeof nonce_bytes / sizeof nonce_bytes[0]; i++) {
        struct draft d;
        honest(&d, 200 + i);
        draft_commit(&d);
        draft_seal(&d);
        struct yc_view raw = d.raw, script_sig = d.tx[0]->in[0].script_sig;
        struct yc_view items[2] = {draft_fill(&d, 7, nonce_bytes[i / 2]), draft_fill(&d, 0, 32)};
        draft_witness(&d, d.tx[0], items, 1 + i % 2);
        d.tx[0]->in[0].script_sig = script_sig;
        draft_write(&d);
        expect_poison_is_harmless(&d, raw, "another nonce");
        draft_release(&d);
    }
    struct draft d;
    honest(&d, 300);
    draft_commit(&d);
    draft_seal(&d);
    struct yc_view raw = d.raw;
    witness_appears(&d);
    draft_write(&d);
    expect_poison_is_harmless(&d, raw, "a witness that is not committed to");
    draft_release(&d);
}

/* C35, C43: bytes that are no block, or not in their shortest form. */
static void test_c43_altered_bytes(void **state)
{
    (void)state;
    struct draft d;
    honest(&d, 400);
    draft_seal(&d);
    struct yc_view raw = d.raw;
    for (size_t cut = 81; cut < raw.n; cut += 7) {
        d.raw = yc_view(raw.p, cut);
        assert_int_equal(draft_submit(&d, NULL, &why), YC_MUTATED);
    }
    uint8_t *bloated = (uint8_t *)yc_arena_take(&d.arena, raw.n + 2);
    memcpy(bloated, raw.p, 80);
    memcpy(bloated + 80, "\xfd\x03\x00", 3);
    memcpy(bloated + 83, raw.p + 81, raw.n - 81);
    d.raw = yc_view(bloated, raw.n + 2);
    expect_poison_is_harmless(&d, raw, "a count in three bytes");
    draft_release(&d);
}

/* A block of a coinbase and count - 1 transactions, each spending the one before. */
static void chained(struct draft *d, size_t count, unsigned extra)
{
    draft_init(d, &world, yc_chain_tip(world.chain), extra);
    struct yc_txid id = coin;
    while (d->count < count) {
        struct draft_tx *t = draft_add(d, &id, 0, 1, 50 * YC_COIN, 1);
        id = draft_txid(d, t);
    }
}

/* C06: for each count of transactions, each repetition at the end that keeps the root; then the honest block. */
static void test_c06_every_count(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 64; count++) {
        struct draft d;
        chained(&d, count, 500);
        draft_seal(&d);
        struct yc_view raw = d.raw;
        const struct yc_node *tip = yc_chain_tip(world.chain);
        for (size_t width = count, leaves = 1; width > 1; width = (width + 1) / 2, leaves *= 2) {
            if (width % 2 == 0)
                continue;
            /* The last node of this level, written once more. */
            memcpy(&d.tx[d.count], &d.tx[d.count - leaves], leaves * sizeof d.tx[0]);
            d.count += leaves;
            draft_write(&d);
            assert_int_equal(draft_submit(&d, NULL, &why), YC_MUTATED);
            assert_int_equal(why.code, YC_REJ_BLOCK_DUPLICATE_TX);
            assert_ptr_equal(yc_chain_tip(world.chain), tip);
        }
        d.raw = raw;
        assert_int_equal(draft_submit(&d, NULL, &why), YC_VALID);
        assert_true(yc_block_hash_equal(&yc_chain_tip(world.chain)->hash, &d.hash));
        take_back(&d.hash);
        draft_release(&d);
    }
}

/* C34: a block that was tested as a template and found good, then given another coinbase: judged anew. */
static void test_c34_coinbase_replaced_after_the_test(void **state)
{
    (void)state;
    struct draft d;
    struct yc_view item = yc_view("\x51", 1);
    honest(&d, 600);
    /* A witness where one belongs: the last transaction's output is a program of a version to come. */
    d.tx[2]->out[0].script = yc_view("\x60\x02\x01\x02", 4);
    struct yc_txid id = draft_txid(&d, d.tx[2]);
    draft_witness(&d, draft_add(&d, &id, 0, 1, 25 * YC_COIN, 2), &item, 1);
    struct draft_tx plain = *d.tx[0];
    draft_commit(&d);
    draft_seal(&d);
    assert_int_equal(yc_chain_test_block(world.chain, d.raw, true, &why), YC_VALID);
    struct yc_view raw = d.raw;
    struct draft_tx committed = *d.tx[0];
    *d.tx[0] = plain;
    d.tx[0]->in[0].witness = NULL;
    d.tx[0]->in[0].witness_count = 0;
    draft_seal(&d);
    const struct yc_node *tip = yc_chain_tip(world.chain);
    assert_int_not_equal(draft_submit(&d, NULL, &why), YC_VALID);
    assert_int_equal(why.code, YC_REJ_BLOCK_UNEXPECTED_WITNESS);
    assert_ptr_equal(yc_chain_tip(world.chain), tip);
    *d.tx[0] = committed;
    d.raw = raw;
    assert_int_equal(draft_submit(&d, NULL, &why), YC_VALID);
    assert_int_equal(yc_chain_tip(world.chain)->height, tip->height + 1);
    take_back(&yc_chain_tip(world.chain)->hash);
    draft_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_c35_altered_bodies),
        cmocka_unit_test(test_c35_altered_witnesses),
        cmocka_unit_test(test_c43_altered_bytes),
        cmocka_unit_test(test_c06_every_count),
        cmocka_unit_test(test_c34_coinbase_replaced_after_the_test),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
