/* Catalogue rows about the chain as a whole: each test is named by its row. */
#include "unit/consensus/rows/draft.h"

#include "consensus/script/taproot.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"

static struct yc_reject why;
static struct yc_error err;
static struct chain_world world;

static int open_world(void **state)
{
    (void)state;
    world_init(&world, 2);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_release(&world);
    return 0;
}

static const struct yc_node *tip(void)
{
    return yc_chain_tip(world.chain);
}

static void take_back(const struct yc_node *n)
{
    assert_int_equal(yc_chain_invalidate(world.chain, &n->hash, &err), YC_VALID);
    world_settle(&world);
}

/* C10: very many coins in one block change nothing about what is valid, nor about what a reorganisation restores. */
static void test_c10_very_many_coins(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    struct draft d;
    uint8_t before[32], between[32], after[32];
    coins_hash(&world, before);
    draft_init(&d, &world, tip(), 1);
    struct yc_txid many = draft_txid(&d, draft_add(&d, &coin, 0, 1, 50 * YC_COIN, 98000));
    const struct yc_node *wide = draft_must_be_tip(&d);
    draft_release(&d);
    coins_hash(&world, between);
    draft_init(&d, &world, tip(), 1);
    draft_add(&d, &many, 0, 24000, 1000, 1);
    const struct yc_node *narrow = draft_must_be_tip(&d);
    draft_release(&d);
    coins_hash(&world, after);
    for (int i = 0; i < 2; i++) {
        uint8_t now[32];
        take_back(narrow);
        coins_hash(&world, now);
        assert_memory_equal(now, between, 32);
        take_back(wide);
        coins_hash(&world, now);
        assert_memory_equal(now, before, 32);
        /* Both come back: what is said of a block is said of those above it. */
        assert_int_equal(yc_chain_reconsider(world.chain, &wide->hash, &err), YC_VALID);
        world_settle(&world);
        assert_ptr_equal(tip(), narrow);
        coins_hash(&world, now);
        assert_memory_equal(now, after, 32);
    }
}

/* C13: a good header over a body that breaks a rule never moves the tip, nor is a block on it taken for a template. */
static void test_c13_the_tip_is_a_block_that_was_judged(void **state)
{
    (void)state;
    struct draft d;
    const struct yc_node *before = tip(), *node = NULL;
    draft_init(&d, &world, before, 1);
    d.tx[0]->out[0].value_sat++;
    draft_seal(&d);
    assert_int_equal(yc_chain_submit_header(world.chain, &d.header, &node, &why), YC_VALID);
    world_settle(&world);
    assert_ptr_equal(tip(), before);
    struct draft above;
    draft_init(&above, &world, node, 1);
    draft_seal(&above);
    assert_int_equal(yc_chain_test_block(world.chain, above.raw, true, &why), YC_NOT_YET);
    (void)draft_submit(&d, NULL, &why);
    assert_ptr_equal(tip(), before);
    assert_int_equal(world.failed_code, YC_REJ_BLOCK_CB_AMOUNT);
    assert_int_not_equal(draft_submit(&above, NULL, &why), YC_VALID);
    assert_ptr_equal(tip(), before);
    draft_release(&above);
    draft_release(&d);
}

/* An output whose only leaf is the script, and the witness items that reveal it. */
static void tapscript(uint8_t output34[34], uint8_t control33[33], struct yc_view script)
{
    static const uint8_t internal32[32] = {0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62,
                                           0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce,
                                           0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
    uint8_t leaf[32], tweak[32];
    unsigned parity = 0;
    yc_taproot_leaf_hash(leaf, YC_TAPROOT_LEAF_TAPSCRIPT, script);
    yc_taproot_tweak_hash(tweak, internal32, leaf);
    assert_true(yc_secp_taproot_tweak(output34 + 2, &parity, internal32, tweak));
    output34[0] = 0x51;
    output34[1] = 32;
    control33[0] = (uint8_t)(YC_TAPROOT_LEAF_TAPSCRIPT | parity);
    memcpy(control33 + 1, internal32, 32);
}

/* C22: witness items of any size and number, up to the block's weight: no limit of the wire comes before. */
static void test_c22_large_and_many_witness_items(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    struct draft d, setup;
    draft_init(&setup, &world, tip(), 1);
    uint8_t output[34], control[33];
    /* The scripts: 396,669 operations that do nothing, then true; and one that succeeds whatever is on the stack. */
    uint8_t *long_script = (uint8_t *)yc_arena_take(&setup.arena, 396669);
    memset(long_script, 0x61, 396669);
    long_script[396668] = 0x51;
    const struct yc_view scripts[2] = {yc_view(long_script, 396669), yc_view("\x50", 1)};
    struct draft_tx *funding = draft_add(&setup, &coin, 0, 1, 50 * YC_COIN, 2);
    uint8_t controls[2][33];
    for (int i = 0; i < 2; i++) {
        tapscript(output, control, scripts[i]);
        memcpy(controls[i], control, sizeof control);
        funding->out[i].script = draft_copy(&setup, output, sizeof output);
    }
    struct yc_txid funded = draft_txid(&setup, funding);
    draft_must_be_tip(&setup);

    draft_init(&d, &world, tip(), 1);
    struct yc_view large[2] = {scripts[0], yc_view(controls[0], 33)};
    draft_witness(&d, draft_add(&d, &funded, 0, 1, 1000, 2), large, 2);
    draft_commit(&d);
    draft_must_be_tip(&d);
    draft_release(&d);

    draft_init(&d, &world, tip(), 1);
    enum { ITEMS = 500001 };
    struct yc_view *many = yc_arena_take(&d.arena, (ITEMS + 2) * sizeof *many);
    assert_non_null(many);
    for (size_t i = 0; i < ITEMS; i++)
        many[i] = YC_VIEW_EMPTY;
    many[ITEMS] = scripts[1];
    many[ITEMS + 1] = yc_view(controls[1], 33);
    draft_witness(&d, draft_add(&d, &funded, 1, 1, 1000, 2), many, ITEMS + 2);
    draft_commit(&d);
    draft_must_be_tip(&d);
    draft_release(&d);
    draft_release(&setup);
}

/* C37: one transaction by two witnesses, of which one is good: neither order lets the other's verdict stand in. */
static void test_c37_another_witness_is_judged_anew(void **state)
{
    (void)state;
    static const uint8_t code[] = {0x55, 0x87}; /* is it five? */
    struct yc_txid coin = rows_mature_coin(&world);
    struct draft d;
    uint8_t program[34] = {0, 32};
    yc_sha256_once(program + 2, code, sizeof code);
    draft_init(&d, &world, tip(), 1);
    struct draft_tx *funding = draft_add(&d, &coin, 0, 1, 50 * YC_COIN, 1);
    funding->out[0].script = draft_copy(&d, program, sizeof program);
    struct yc_txid funded = draft_txid(&d, funding);
    const struct yc_node *base = draft_must_be_tip(&d), *good = NULL;
    draft_release(&d);
    /* Bad, good, taken back, bad again, and good under another header. */
    static const bool right[] = {false, true, false, true};
    for (unsigned i = 0; i < 4; i++) {
        struct yc_view items[2] = {yc_view(right[i] ? "\x05" : "\x06", 1), yc_view(code, sizeof code)};
        draft_init(&d, &world, base, 10 + i);
        draft_witness(&d, draft_add(&d, &funded, 0, 1, 1000, 2), items, 2);
        draft_commit(&d);
        draft_seal(&d);
        world.failed_code = YC_REJ_NONE;
        (void)draft_submit(&d, &good, &why);
        assert_ptr_equal(tip(), right[i] ? good : base);
        assert_int_equal(world.failed_code, right[i] ? YC_REJ_NONE : YC_REJ_BLOCK_SCRIPT);
        if (right[i])
            take_back(good);
        draft_release(&d);
    }
}

/* Grow a branch whose blocks are so many seconds apart. */
static const struct yc_node *grow_by(const struct yc_node *from, unsigned count, uint32_t seconds)
{
    for (unsigned i = 0; i < count; i++) {
        struct draft d;
        const struct yc_node *n = NULL;
        draft_init(&d, &world, from, seconds);
        d.header.time = from->time + seconds;
        draft_seal(&d);
        assert_int_equal(draft_submit(&d, &n, &why), YC_VALID);
        from = n;
        draft_release(&d);
    }
    return from;
}

/* C49: the chain with more work wins though it has fewer blocks, in either order of arrival. */
static void test_c49_most_work_is_not_most_blocks(void **state)
{
    (void)state;
    static struct yc_chain_params params;
    params = *yc_chain_builtin("regtest");
    params.pow.retarget = YC_RETARGET_ASERT;
    params.pow.half_life_s = 600;
    world_close(&world);
    world.config.params = &params;
    assert_int_equal(yc_chain_open(&world.chain, &world.config, &err), YC_VALID);
    world_settle(&world);
    const struct yc_node *fork = grow_by(tip(), 2, 600);
    const struct yc_node *longer = grow_by(fork, 12, 1200);
    assert_ptr_equal(tip(), longer);
    const struct yc_node *harder = grow_by(fork, 7, 1);
    assert_true(harder->height < longer->height);
    assert_true(yc_node_work_compare(harder, longer) > 0);
    assert_ptr_equal(tip(), harder);
    assert_ptr_equal(yc_chain_best_header(world.chain), harder);
    const struct yc_node *more = grow_by(longer, 1, 1200);
    assert_true(more->height > harder->height + 1);
    assert_ptr_equal(tip(), harder);
}

/* C50: what was declared invalid stays so over a restart, and can be taken back. */
static void test_c50_marks_can_be_taken_back(void **state)
{
    (void)state;
    const struct yc_node *fork = grow_many(&world, tip(), 3, 1), *top = grow_many(&world, fork, 3, 1);
    struct yc_block_hash bad = fork->parent->hash, best = top->hash;
    assert_int_equal(yc_chain_invalidate(world.chain, &bad, &err), YC_VALID);
    world_settle(&world);
    world_close(&world);
    assert_int_equal(world_open(&world, &err), YC_VALID);
    world_settle(&world);
    assert_int_equal(tip()->height, 1);
    assert_int_equal(yc_chain_reconsider(world.chain, &bad, &err), YC_VALID);
    world_settle(&world);
    assert_true(yc_block_hash_equal(&tip()->hash, &best));
}

/* C51: many scripts are under way on two threads when a later transaction turns out to spend too much. */
static void test_c51_scripts_outlive_an_early_return(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    struct draft d;
    /* A script that hashes for a while. */
    uint8_t code[180];
    memset(code, 0xaa, sizeof code);
    code[sizeof code - 1] = 0x51;
    uint8_t program[34] = {0, 32};
    yc_sha256_once(program + 2, code, sizeof code);
    draft_init(&d, &world, tip(), 1);
    struct draft_tx *funding = draft_add(&d, &coin, 0, 1, 50 * YC_COIN, 200);
    for (int i = 0; i < 200; i++)
        funding->out[i].script = draft_copy(&d, program, sizeof program);
    struct yc_txid funded = draft_txid(&d, funding);
    const struct yc_node *base = draft_must_be_tip(&d);
    draft_release(&d);
    for (unsigned round = 0; round < 200; round++) {
        struct yc_view items[2] = {yc_view("x", 1), yc_view(code, sizeof code)};
        draft_init(&d, &world, base, 100 + round);
        for (uint32_t i = 0; i < 100; i++)
            draft_witness(&d, draft_add(&d, &funded, i, 1, 1000, 2), items, 2);
        draft_add(&d, &funded, 150, 1, 50 * YC_COIN, 1);
        draft_commit(&d);
        draft_seal(&d);
        (void)draft_submit(&d, NULL, &why);
        assert_ptr_equal(tip(), base);
        assert_true(world.failed_code == YC_REJ_TX_IN_BELOWOUT || world.failed_code == YC_REJ_BLOCK_SCRIPT);
        draft_release(&d);
    }
}

static int64_t supply(void)
{
    struct yc_coins_scan scan;
    struct yc_coins_totals totals;
    assert_int_equal(world_scan(&world, &scan, &err), YC_VALID);
    assert_int_equal(yc_coins_scan_totals(&scan, YC_COINS_HASH_NONE, NULL, NULL, &totals, &err), YC_VALID);
    yc_coins_scan_close(&scan);
    return totals.total_sat;
}

/* C53: the coins add up to what the schedule says, less what was not claimed and what was burned, on every branch. */
static void test_c53_the_supply_is_the_schedule(void **state)
{
    (void)state;
    struct yc_txid coin = rows_mature_coin(&world);
    int64_t scheduled = 0;
    for (uint32_t h = 1; h <= tip()->height; h++)
        scheduled += yc_subsidy_sat(world.config.params, h);
    assert_int_equal(supply(), scheduled);
    struct draft d;
    draft_init(&d, &world, tip(), 1);
    struct draft_tx *t = draft_add(&d, &coin, 0, 1, 50 * YC_COIN, 2);
    t->out[0].script = yc_view("\x6a", 1); /* burned */
    t->out[1].value_sat -= 1000;           /* a fee that nobody claims */
    d.tx[0]->out[0].value_sat -= 7;        /* less than the subsidy */
    const struct yc_node *n = draft_must_be_tip(&d);
    int64_t subsidy = yc_subsidy_sat(world.config.params, n->height);
    assert_int_equal(supply(), scheduled + subsidy - 25 * YC_COIN - 1000 - 7);
    draft_release(&d);
    take_back(n);
    assert_int_equal(supply(), scheduled);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
    const struct CMUnitTest tests[] = {
        T(test_c10_very_many_coins),
        T(test_c13_the_tip_is_a_block_that_was_judged),
        T(test_c22_large_and_many_witness_items),
        T(test_c37_another_witness_is_judged_anew),
        T(test_c49_most_work_is_not_most_blocks),
        T(test_c50_marks_can_be_taken_back),
        T(test_c51_scripts_outlive_an_early_return),
        T(test_c53_the_supply_is_the_schedule),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
