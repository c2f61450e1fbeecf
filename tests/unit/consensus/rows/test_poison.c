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
    d->tx[2] = d->tx[0];
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
    d->tx[0]->tx.lock_time--;
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
    d->tx[2]->in[0].script_sig = yc_view("\x6a\x6a\x6a\x6a\x6a", 5);
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

static void no_inputs(struct draft *d)
{
    d->tx[2]->tx.in_count = d->tx[2]->tx.out_count = 0;
}

static void of_64_bytes(struct draft *d)
{
    d->tx[2]->in[0].script_sig = YC_VIEW_EMPTY;
    d->tx[2]->out[0].script = draft_fill(d, 0x51, 4);
}

static void many_legacy_sigops(struct draft *d)
{
    d->tx[2]->in[0].script_sig = draft_fill(d, 0xac, 2501);
}

static void own_coinbase_spent(struct draft *d)
{
    d->tx[2]->in[0].prevout = (struct yc_outpoint){draft_txid(d, d->tx[0]), 0};
}

/* What becomes of the altered body where nothing tells it from the header's: code. */
static const struct {
    const char *name;
    void (*alter)(struct draft *d);
    enum yc_rej code;
} poisons[] = {
#define P(alter, code)                                                                                                 \
    {                                                                                                                  \
#alter, alter, YC_REJ_##code                                                                                   \
    }
    P(output_negative, TX_VOUT_NEGATIVE),
    P(output_too_large, TX_VOUT_TOOLARGE),
    P(outputs_too_large, TX_TXOUTTOTAL_TOOLARGE),
    P(more_than_the_inputs, TX_IN_BELOWOUT),
    P(no_inputs, TX_VIN_EMPTY),
    P(no_outputs, TX_VOUT_EMPTY),
    P(inputs_repeated, TX_INPUTS_DUPLICATE),
    P(null_input, TX_PREVOUT_NULL),
    P(of_64_bytes, TX_STRIPPED_64),
    P(many_legacy_sigops, TX_LEGACY_SIGOPS),
    P(coinbase_script_long, TX_CB_LENGTH),
    P(coinbase_missing, BLOCK_CB_MISSING),
    P(coinbase_twice, BLOCK_CB_MULTIPLE),
    P(nothing_at_all, BLOCK_LENGTH),
    P(one_less, NONE),
    P(exchanged, TX_INPUTS_MISSING),
    P(last_repeated, BLOCK_DUPLICATE_TX),
    P(oversize, BLOCK_LENGTH),
    P(sigops, BLOCK_SIGOPS),
    P(not_final, BLOCK_TX_NONFINAL),
    P(other_height, BLOCK_CB_HEIGHT),
    P(other_lock_time, BLOCK_CB_LOCKTIME),
    P(final_coinbase, BLOCK_CB_SEQUENCE),
    P(coin_missing, TX_INPUTS_MISSING),
    P(own_coinbase_spent, TX_PREMATURE_COINBASE),
    P(script_fails, BLOCK_SCRIPT),
    P(coinbase_pays_too_much, BLOCK_CB_AMOUNT),
    P(witness_appears, BLOCK_UNEXPECTED_WITNESS),
    P(coinbase_witness_appears, BLOCK_UNEXPECTED_WITNESS),
    P(coinbase_witness_stuffed, BLOCK_UNEXPECTED_WITNESS),
#undef P
};

/* Reasons of a body that no altered body of this chain can have by itself: bytes that are no body, the root that always
 * speaks first, sums that no supply allows, an id made twice, a signature of a chain that has none; and the weight and the
 * commitment, which test_c35_altered_witnesses() is about. */
static const enum yc_rej elsewhere[] = {YC_REJ_TX_PARSE,
                                        YC_REJ_TX_OVERSIZE,
                                        YC_REJ_BLOCK_PARSE,
                                        YC_REJ_BLOCK_MERKLE_ROOT,
                                        YC_REJ_BLOCK_DUPLICATE_TX,
                                        YC_REJ_BLOCK_MERKLE_NODES,
                                        YC_REJ_TX_INPUTVALUES_OUTOFRANGE,
                                        YC_REJ_TX_FEE_OUTOFRANGE,
                                        YC_REJ_BLOCK_FEES_OUTOFRANGE,
                                        YC_REJ_BLOCK_BIP30,
                                        YC_REJ_BLOCK_SIGNET_SIGNATURE,
                                        YC_REJ_BLOCK_WEIGHT,
                                        YC_REJ_BLOCK_WITNESS_NONCE_SIZE,
                                        YC_REJ_BLOCK_WITNESS_MERKLE};

/* The altered body under a header of its own gives the reason that it is here for, and every reason is here. */
static void test_c35_each_poison_is_what_it_says(void **state)
{
    (void)state;
    bool seen[YC_REJ_COUNT] = {false};
    for (unsigned i = 0; i < sizeof poisons / sizeof poisons[0]; i++) {
        struct draft d;
        honest(&d, 1000 + i);
        poisons[i].alter(&d);
        seen[poisons[i].code] = true;
        if (d.count == 0) {
            draft_release(&d);
            continue; /* has no root */
        }
        draft_seal(&d);
        world.failed_code = YC_REJ_NONE;
        enum yc_verdict v = draft_submit(&d, NULL, &why);
        enum yc_rej code = v == YC_VALID ? world.failed_code : why.code;
        if (code != poisons[i].code)
            fail_msg("%s: %s", poisons[i].name, yc_reject_string(code));
        if (code == YC_REJ_NONE)
            take_back(&d.hash);
        draft_release(&d);
    }
    for (unsigned i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        seen[elsewhere[i]] = true;
    for (unsigned code = 1; code < YC_REJ_COUNT; code++)
        if (!seen[code] && yc_reject_stage((enum yc_rej)code) != YC_STAGE_HEADER)
            fail_msg("no body is poisoned by %s", yc_reject_string((enum yc_rej)code));
}

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
        cmocka_unit_test(test_c35_each_poison_is_what_it_says),
        cmocka_unit_test(test_c35_altered_bodies),
        cmocka_unit_test(test_c35_altered_witnesses),
        cmocka_unit_test(test_c43_altered_bytes),
        cmocka_unit_test(test_c06_every_count),
        cmocka_unit_test(test_c34_coinbase_replaced_after_the_test),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
