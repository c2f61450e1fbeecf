/* Following a chain that is in memory: reorganisations, gaps, the pool, conflicts; a model beside it (W17 to W20, W22,
 * W33, W35). */
#include "unit/wallet/rig.h"

static struct rig *rig;

static int setup(void **state)
{
    (void)state;
    rig = malloc(sizeof *rig);
    assert_non_null(rig);
    rig_init(rig, 7);
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_release(rig);
    free(rig);
    return 0;
}

/* A payment of a foreign coin to our address. */
static struct rig_tx pay_us(uint32_t index, int64_t value_sat, uint8_t mark)
{
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, index);
    struct yc_outpoint foreign = {.index = mark};
    struct rig_out out = {value_sat, rig_script(&a)};
    memset(foreign.txid.b, 0xee, 32);
    return rig_make_tx(rig, &foreign, 1, &out, 1);
}

static void a_payment_is_seen_in_pool_and_block(void **state)
{
    (void)state;
    struct rig_tx t = pay_us(0, 150000000, 1);
    rig_mine(rig, 5);
    rig_add_pool(rig, &t);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).unconfirmed_sat, 150000000);
    rig->pool_count = 0;
    rig_add_block(rig, &t, 1);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).confirmed_sat, 150000000);
    assert_int_equal(rig_balance(rig).coins, 1);
}

static void a_payment_that_leaves_the_pool_does_not_count(void **state)
{
    (void)state;
    struct rig_tx t = pay_us(0, 1000, 1);
    rig_add_pool(rig, &t);
    rig_sync(rig);
    rig->pool_count = 0;
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).unconfirmed_sat, 0);
    rig_add_pool(rig, &t);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).unconfirmed_sat, 1000);
}

/* W18 */
static void a_reorganisation_rolls_back(void **state)
{
    (void)state;
    rig_mine(rig, 3);
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, 0);
    struct rig_tx paid = pay_us(1, 700, 1);
    (void)rig_mine_to(rig, rig_script(&a), 5000);
    rig_add_block(rig, &paid, 1);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).confirmed_sat, 5700);
    rig_unmine(rig, 2);
    rig_mine(rig, 1); /* the new branch may even be shorter when it is looked at */
    rig_add_pool(rig, &paid);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).confirmed_sat, 0); /* the coinbase is no coin any more */
    assert_int_equal(rig_balance(rig).unconfirmed_sat, 700);
    rig_unmine(rig, 1);
    rig->pool_count = 0;
    rig_add_block(rig, &paid, 1);
    rig_mine(rig, 4);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).confirmed_sat, 700);
    rig_sync(rig);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).coins, 1);
}

/* W20: each payment is at the edge of the gap, two of them in one block and in the wrong order. */
static void the_gap_moves_with_payments(void **state)
{
    (void)state;
    struct rig_tx far = pay_us(38, 10, 1), near = pay_us(19, 20, 2), beyond = pay_us(57, 40, 3);
    struct rig_tx both[] = {far, near};
    rig_add_block(rig, both, 2);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).confirmed_sat, 30);
    rig_add_pool(rig, &beyond);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).unconfirmed_sat, 40);
    struct yc_store_branch b;
    rig_good(rig, yc_store_branch(rig->wallet.store, YC_BRANCH_RECEIVE, &b, &rig_err));
    assert_int_equal(b.paid, 58);
    assert_int_equal(b.derived, 78);
}

static void spent_coins_are_gone_and_change_is_ours(void **state)
{
    (void)state;
    struct rig_tx t = pay_us(0, 100000, 1);
    rig_add_block(rig, &t, 1);
    struct yc_account_address change = rig_address(rig, YC_BRANCH_CHANGE, 0);
    struct yc_outpoint coin = {t.txid, 0};
    struct rig_out outs[] = {{60000, rig_foreign()}, {39000, rig_script(&change)}};
    struct rig_tx spend = rig_make_tx(rig, &coin, 1, outs, 2);
    rig_add_pool(rig, &spend);
    rig_sync(rig);
    struct rig_sums s = rig_balance(rig);
    assert_int_equal(s.confirmed_sat, 0);
    assert_int_equal(s.unconfirmed_sat, 39000);
    struct yc_store_tx row;
    rig_good(rig, yc_store_get_tx(rig->wallet.store, &spend.txid, &row, &rig_err));
    assert_true(row.own);
    assert_int_equal(row.fee_sat, 1000);
}

/* W17: what counts is which inputs are spent, not under which txid. */
static void the_confirmed_one_of_two_spends_wins(void **state)
{
    (void)state;
    struct rig_tx t = pay_us(0, 100000, 1);
    rig_add_block(rig, &t, 1);
    struct yc_account_address change = rig_address(rig, YC_BRANCH_CHANGE, 0);
    struct yc_outpoint coin = {t.txid, 0};
    struct rig_out first[] = {{39000, rig_script(&change)}}, second[] = {{50000, rig_script(&change)}};
    struct rig_tx a = rig_make_tx(rig, &coin, 1, first, 1), b = rig_make_tx(rig, &coin, 1, second, 1);
    rig_add_pool(rig, &a);
    rig_sync(rig);
    struct yc_outpoint child_coin = {a.txid, 0};
    struct rig_out third[] = {{38000, rig_script(&change)}};
    struct rig_tx child = rig_make_tx(rig, &child_coin, 1, third, 1);
    rig_add_pool(rig, &child);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).unconfirmed_sat, 38000);
    rig->pool_count = 0;
    rig_add_block(rig, &b, 1);
    rig_sync(rig);
    struct rig_sums s = rig_balance(rig);
    assert_int_equal(s.confirmed_sat, 50000);
    assert_int_equal(s.unconfirmed_sat, 0);
    struct yc_store_tx row;
    rig_good(rig, yc_store_get_tx(rig->wallet.store, &a.txid, &row, &rig_err));
    assert_int_equal(row.state, YC_TX_CONFLICTED);
    rig_good(rig, yc_store_get_tx(rig->wallet.store, &child.txid, &row, &rig_err));
    assert_int_equal(row.state, YC_TX_CONFLICTED);
    rig_unmine(rig, 1); /* and back: the first may be mined after all */
    rig_add_block(rig, &a, 1);
    rig_mine(rig, 1);
    rig_sync(rig);
    s = rig_balance(rig);
    assert_int_equal(s.confirmed_sat, 0); /* spent by the child, which waits again and is handed over again */
    assert_int_equal(s.unconfirmed_sat, 38000);
    assert_true(rig->sent_count >= 1);
}

/* W35 */
static void received_counts_script_amount_and_depth(void **state)
{
    (void)state;
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, 3);
    struct rig_tx wanted = pay_us(3, 500, 1), decoy = pay_us(4, 500, 2);
    struct rig_tx both[] = {wanted, decoy};
    rig_add_pool(rig, &wanted);
    rig_sync(rig);
    int64_t sat;
    rig_good(rig, yc_store_received(rig->wallet.store, rig_script(&a), 0, rig->height, &sat, &rig_err));
    assert_int_equal(sat, 500);
    rig_good(rig, yc_store_received(rig->wallet.store, rig_script(&a), 1, rig->height, &sat, &rig_err));
    assert_int_equal(sat, 0);
    rig->pool_count = 0;
    rig_add_block(rig, both, 2);
    rig_mine(rig, 1);
    rig_sync(rig);
    for (uint32_t depth = 0; depth < 5; depth++) {
        rig_good(rig, yc_store_received(rig->wallet.store, rig_script(&a), depth, rig->height, &sat, &rig_err));
        assert_int_equal(sat, depth <= 2 ? 500 : 0);
    }
    rig_unmine(rig, 2);
    rig_mine(rig, 3);
    rig_sync(rig);
    rig_good(rig, yc_store_received(rig->wallet.store, rig_script(&a), 1, rig->height, &sat, &rig_err));
    assert_int_equal(sat, 0);
}

static void move_chain(struct rig *r)
{
    rig_unmine(r, 3);
    rig_mine(r, 5);
}

/* W19: at every call that the sync makes in turn, the chain is reorganised under it. */
static void a_chain_that_moves_while_it_is_read(void **state)
{
    (void)state;
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, 0);
    rig_mine(rig, 4);
    for (unsigned call = 1; call < 30; call++) {
        (void)rig_mine_to(rig, rig_script(&a), 100);
        rig_mine(rig, 4);
        rig->calls_until_move = call;
        rig->move = move_chain;
        struct yc_sync_config config = {&rig->clock, NULL, NULL};
        struct yc_source_tip tip;
        rig_good(rig, yc_wallet_sync(&rig->wallet, &rig->source, &config, &tip, &rig_err));
        rig->calls_until_move = 0;
        rig_sync(rig);
        assert_int_equal(rig_balance(rig).confirmed_sat, 100 * (int64_t)call);
    }
}

static void another_chains_node_is_refused(void **state)
{
    (void)state;
    struct yc_error err;
    struct yc_source_tip tip;
    struct yc_sync_config config = {&rig->clock, NULL, NULL};
    rig->chain[0].hash.b[0] ^= 1;
    assert_int_equal(yc_wallet_sync(&rig->wallet, &rig->source, &config, &tip, &err), YC_INVALID);
    rig->chain[0].hash.b[0] ^= 1;
}

static void pool_transactions_are_fetched_once(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 10; i++) {
        struct yc_outpoint foreign = {.index = i};
        struct rig_out out = {1000, rig_foreign()};
        memset(foreign.txid.b, 0xdd, 32);
        struct rig_tx t = rig_make_tx(rig, &foreign, 1, &out, 1);
        rig_add_pool(rig, &t);
    }
    rig_sync(rig);
    size_t fetched = rig->fetched;
    rig_sync(rig);
    assert_int_equal(rig->fetched, fetched);
}

static void add_sent_to_pool(const struct rig_tx *t)
{
    uint8_t memory[8192];
    struct yc_arena arena;
    struct yc_tx tx;
    struct yc_reject why;
    struct rig_tx known = *t;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(yc_tx_parse(&tx, yc_view(t->raw, t->n), &arena, &why), YC_VALID);
    known.txid = tx.txid;
    rig_add_pool(rig, &known);
}

/* W33: after each random event the balance is what a walk over the chain and the pool from scratch finds. */
static void a_fresh_wallet_finds_the_same(void **state)
{
    (void)state;
    struct yc_random random;
    struct yc_random_seeded seeded;
    yc_random_seed(&random, &seeded, 33);
    struct yc_outpoint last = {.index = 0};
    bool has_last = false;
    for (unsigned round = 0; round < 120; round++) {
        uint64_t what = yc_random_below(&random, 6);
        uint32_t index = (uint32_t)yc_random_below(&random, 15);
        struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, index);
        if (what == 0 && rig->height > 5) {
            rig_unmine(rig, 1 + (uint32_t)yc_random_below(&random, 3));
            rig->pool_count = 0;
            has_last = false;
        } else if (what == 1 && rig->pool_count) {
            rig_add_block(rig, rig->pool, rig->pool_count);
            rig->pool_count = 0;
        } else if (what == 2 && has_last) {
            struct rig_out out = {500, rig_script(&a)};
            struct rig_tx t = rig_make_tx(rig, &last, 1, &out, 1);
            rig_add_pool(rig, &t);
            has_last = false;
        } else if (what == 3) {
            struct rig_tx t = rig_mine_to(rig, rig_script(&a), 1000);
            last = (struct yc_outpoint){t.txid, 0};
            has_last = true;
        } else {
            rig_mine(rig, 1);
        }
        size_t sent = rig->sent_count;
        rig->now_s += YC_SYNC_RESEND_S + 1;
        rig_sync(rig);
        for (; sent < rig->sent_count; sent++) /* what a reorganisation took away is handed over again */
            add_sent_to_pool(&rig->sent[sent % RIG_POOL_MAX]);
        rig_sync(rig);
        struct rig_sums s = rig_balance(rig);
        struct yc_wallet kept = rig->wallet;
        char name[16];
        snprintf(name, sizeof name, "f%u", round);
        rig_create(rig, name, YC_ACCOUNT_P2WPKH);
        rig_sync(rig);
        struct rig_sums fresh = rig_balance(rig);
        yc_wallet_close(&rig->wallet);
        rig->wallet = kept;
        assert_int_equal(s.confirmed_sat, fresh.confirmed_sat);
        assert_int_equal(s.unconfirmed_sat, fresh.unconfirmed_sat);
        assert_int_equal(s.coins, fresh.coins);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_payment_is_seen_in_pool_and_block),
        T(a_payment_that_leaves_the_pool_does_not_count),
        T(a_reorganisation_rolls_back),
        T(the_gap_moves_with_payments),
        T(spent_coins_are_gone_and_change_is_ours),
        T(the_confirmed_one_of_two_spends_wins),
        T(received_counts_script_amount_and_depth),
        T(a_chain_that_moves_while_it_is_read),
        T(another_chains_node_is_refused),
        T(pool_transactions_are_fetched_once),
        T(a_fresh_wallet_finds_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
