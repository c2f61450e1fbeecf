/* Payments: signed so that the script interpreter agrees, recorded once, on coins that are ours and mature (W22, W29). */
#include "consensus/script/verify.h"
#include "unit/wallet/rig.h"
#include "wallet/pay.h"

static struct rig *rig;
static struct yc_arena arena;

static int setup(void **state)
{
    (void)state;
    rig = malloc(sizeof *rig);
    assert_non_null(rig);
    rig_init(rig, 5);
    yc_arena_init(&arena, yc_heap(), 65536, (size_t)1 << 26);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    yc_arena_release(&arena);
    rig_release(rig);
    free(rig);
    return 0;
}

/* Coins of ours, deep enough to spend. */
static void fund(enum yc_account_kind kind, unsigned coins)
{
    rig_create(rig, "w", kind);
    for (unsigned i = 0; i < coins; i++) {
        struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, i);
        (void)rig_mine_to(rig, rig_script(&a), 1000000 + 1000 * (int64_t)i);
    }
    rig_mine(rig, 100);
    rig_sync(rig);
}

static struct yc_pay_ask ask_for(int64_t amount_sat)
{
    struct yc_pay_ask ask = {.amount_sat = amount_sat, .rate_sat_kvb = 2000, .tip_height = rig->height};
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, 1000);
    rig_good(rig, yc_address_parse(&ask.to, &rig->params, yc_view_text(a.text), NULL, &rig_err));
    return ask;
}

static void sign(struct yc_pay *p)
{
    struct yc_secret key = {0};
    rig_good(rig, yc_wallet_unseal(&rig->wallet, &key, YC_VIEW_EMPTY, &rig_err));
    rig_good(rig, yc_pay_sign(p, &rig->wallet, (const struct yc_hdkey *)(const void *)key.p, &arena, &rig_err));
    yc_secret_release(&key);
}

/* Every input satisfies the script that it spends, by the interpreter that blocks are checked with. */
static void check_scripts(const struct yc_pay *p)
{
    struct yc_spent spent[8];
    struct yc_account_address a[8];
    struct yc_spend spend;
    struct yc_script_machine *machine = yc_script_machine_new(yc_heap());
    assert_non_null(machine);
    assert_in_range(p->tx.in_count, 1, 8);
    for (uint32_t i = 0; i < p->tx.in_count; i++) {
        a[i] = rig_address(rig, p->spent[i].output.branch, p->spent[i].output.index);
        spent[i] = (struct yc_spent){p->spent[i].output.value_sat, rig_script(&a[i])};
    }
    yc_spend_init(&spend, &p->tx, spent);
    for (uint32_t i = 0; i < p->tx.in_count; i++)
        assert_int_equal(yc_script_verify(&spend, i, YC_SCRIPT_FLAGS_STANDARD, yc_checker_now(), machine),
                         YC_SCRIPT_OK);
    yc_script_machine_free(machine);
}

static void check_sums(const struct yc_pay *p)
{
    int64_t in = 0, out = 0;
    for (uint32_t i = 0; i < p->tx.in_count; i++)
        in += p->spent[i].output.value_sat;
    for (uint32_t i = 0; i < p->tx.out_count; i++)
        out += p->tx.out[i].value_sat;
    assert_int_equal(in, out + p->fee_sat);
    assert_true(p->fee_sat * 1000 >= (int64_t)yc_tx_vbytes(&p->tx) * 2000);
    assert_true(p->fee_sat * 1000 <= (int64_t)yc_tx_vbytes(&p->tx) * 2100);
}

static void pay_from(enum yc_account_kind kind)
{
    struct yc_pay p;
    fund(kind, 4);
    struct yc_pay_ask ask = ask_for(2500000);
    rig_good(rig, yc_pay_plan(&p, &rig->wallet, &ask, &arena, &rig_err));
    assert_int_equal(p.tx.in_count, 3);
    assert_true(p.has_change);
    assert_true(p.tx.lock_time <= rig->height && p.tx.lock_time + 100 > rig->height); /* W23 */
    sign(&p);
    check_scripts(&p);
    check_sums(&p);
    assert_int_equal(p.tx.out[p.change_output].value_sat, p.change_sat);
}

static void p2wpkh_inputs_satisfy_their_scripts(void **state)
{
    (void)state;
    pay_from(YC_ACCOUNT_P2WPKH);
}

static void p2tr_inputs_satisfy_their_scripts(void **state)
{
    (void)state;
    pay_from(YC_ACCOUNT_P2TR);
}

static void a_recorded_payment_spends_its_coins(void **state)
{
    (void)state;
    struct yc_pay p, second;
    struct yc_error err;
    fund(YC_ACCOUNT_P2WPKH, 2);
    struct yc_pay_ask ask = ask_for(500000);
    rig_good(rig, yc_pay_plan(&p, &rig->wallet, &ask, &arena, &rig_err));
    rig_good(rig, yc_pay_plan(&second, &rig->wallet, &ask, &arena, &rig_err));
    sign(&p);
    sign(&second);
    struct rig_sums before = rig_balance(rig);
    rig_good(rig, yc_pay_record(&p, &rig->wallet, NULL, 1, &rig_err));
    struct rig_sums after = rig_balance(rig);
    assert_int_equal(after.unconfirmed_sat, p.change_sat);
    assert_int_equal(before.confirmed_sat - after.confirmed_sat, 500000 + p.fee_sat + p.change_sat);
    /* Planned by another process on the same coin: refused, and nothing changes. */
    assert_int_equal(yc_pay_record(&second, &rig->wallet, NULL, 1, &err), YC_POLICY);
    assert_int_equal(rig_balance(rig).confirmed_sat, after.confirmed_sat);
    /* Refused by the node: the coins are free again. */
    rig_good(rig, yc_pay_abandon(&p.tx.txid, &rig->wallet, &rig_err));
    assert_int_equal(rig_balance(rig).confirmed_sat, before.confirmed_sat);
    rig_good(rig, yc_pay_record(&second, &rig->wallet, NULL, 1, &rig_err));
}

/* W29: killed between recording and sending. The next sync sends, and sends the same; later ones do not again. */
static void a_recorded_payment_is_sent_by_the_next_sync(void **state)
{
    (void)state;
    struct yc_pay p;
    struct yc_store_payment id = {.id = "one", .address = "a", .amount = "0.00500000"};
    fund(YC_ACCOUNT_P2WPKH, 2);
    struct yc_pay_ask ask = ask_for(500000);
    rig_good(rig, yc_pay_plan(&p, &rig->wallet, &ask, &arena, &rig_err));
    sign(&p);
    rig_good(rig, yc_pay_record(&p, &rig->wallet, &id, 1, &rig_err));
    yc_wallet_close(&rig->wallet);
    rig_good(rig, yc_wallet_open(&rig->wallet, &rig->params, rig_path(rig, "w"), &rig->random, &rig_err));
    rig->send_answer = YC_SYSTEM;
    rig_sync(rig);
    rig->send_answer = YC_VALID;
    rig_sync(rig);
    assert_int_equal(rig->sent_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rig->sent[i].n, p.tx.raw.n);
        assert_memory_equal(rig->sent[i].raw, p.tx.raw.p, p.tx.raw.n);
    }
    rig_sync(rig);
    assert_int_equal(rig->sent_count, 2);
    rig->now_s += YC_SYNC_RESEND_S + 1;
    rig_sync(rig);
    assert_int_equal(rig->sent_count, 3);
    rig_add_block(rig, &rig->sent[0], 1);
    rig_sync(rig);
    assert_int_equal(rig_balance(rig).unconfirmed_sat, 0);
    assert_int_equal(rig_balance(rig).confirmed_sat, 2001000 - 500000 - p.fee_sat);
}

/* Only a payment that no node ever took, and that the node refuses now; its id is free then, and it is not sent again. */
static void a_refused_payment_can_be_given_up(void **state)
{
    (void)state;
    struct yc_pay p;
    struct yc_error err;
    struct yc_store_payment id = {.id = "one", .address = "a", .amount = "0.00500000"}, known;
    fund(YC_ACCOUNT_P2WPKH, 2);
    struct yc_pay_ask ask = ask_for(500000);
    struct rig_sums before = rig_balance(rig);
    rig_good(rig, yc_pay_plan(&p, &rig->wallet, &ask, &arena, &rig_err));
    sign(&p);
    assert_int_equal(yc_pay_give_up(&p.tx.txid, &rig->wallet, &rig->source, 1, &err), YC_NOT_YET);
    rig_good(rig, yc_pay_record(&p, &rig->wallet, &id, 1, &rig_err));
    rig->send_answer = YC_NOT_YET; /* no word of the node: it may have it */
    assert_int_equal(yc_pay_give_up(&p.tx.txid, &rig->wallet, &rig->source, 1, &err), YC_NOT_YET);
    assert_true(rig_balance(rig).confirmed_sat < before.confirmed_sat);
    rig->send_answer = YC_POLICY;
    for (unsigned i = 0; i < 2; i++)
        rig_good(rig, yc_pay_give_up(&p.tx.txid, &rig->wallet, &rig->source, 1, &rig_err));
    assert_int_equal(rig_balance(rig).confirmed_sat, before.confirmed_sat);
    assert_int_equal(yc_store_get_payment(rig->wallet.store, "one", &known, &err), YC_NOT_YET);
    rig->send_answer = YC_VALID;
    size_t sent = rig->sent_count;
    rig_sync(rig);
    assert_int_equal(rig->sent_count, sent);
    assert_int_equal(rig_balance(rig).confirmed_sat, before.confirmed_sat);
}

static void a_payment_that_a_node_took_is_not_given_up(void **state)
{
    (void)state;
    struct yc_pay p;
    struct yc_error err;
    fund(YC_ACCOUNT_P2WPKH, 2);
    struct yc_pay_ask ask = ask_for(500000);
    rig_good(rig, yc_pay_plan(&p, &rig->wallet, &ask, &arena, &rig_err));
    sign(&p);
    rig_good(rig, yc_pay_record(&p, &rig->wallet, NULL, 1, &rig_err));
    int64_t left_sat = rig_balance(rig).confirmed_sat;
    rig->send_answer = YC_VALID; /* it takes it now */
    assert_int_equal(yc_pay_give_up(&p.tx.txid, &rig->wallet, &rig->source, rig->now_s, &err), YC_POLICY);
    assert_non_null(strstr(err.text, "It pays"));
    assert_int_equal(yc_pay_give_up(&p.tx.txid, &rig->wallet, &rig->source, rig->now_s, &err), YC_POLICY);
    assert_non_null(strstr(err.text, "in its pool"));
    rig_sync(rig); /* and forgets it, and refuses it from now on: others may still have it */
    rig->send_answer = YC_POLICY;
    assert_int_equal(yc_pay_give_up(&p.tx.txid, &rig->wallet, &rig->source, rig->now_s, &err), YC_POLICY);
    assert_non_null(strstr(err.text, "took it before"));
    assert_int_equal(rig_balance(rig).confirmed_sat, left_sat);
}

static void immature_coins_are_not_spent(void **state)
{
    (void)state;
    struct yc_pay p;
    struct yc_error err;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, 0);
    (void)rig_mine_to(rig, rig_script(&a), 1000000);
    rig_mine(rig, YC_COINBASE_MATURITY - 2);
    rig_sync(rig);
    struct yc_pay_ask ask = ask_for(500000);
    assert_int_equal(yc_pay_plan(&p, &rig->wallet, &ask, &arena, &err), YC_NOT_YET);
    rig_mine(rig, 1);
    rig_sync(rig);
    ask.tip_height = rig->height;
    assert_int_equal(yc_pay_plan(&p, &rig->wallet, &ask, &arena, &err), YC_VALID);
}

static void unconfirmed_coins_of_others_are_not_spent(void **state)
{
    (void)state;
    struct yc_pay p;
    struct yc_error err;
    rig_create(rig, "w", YC_ACCOUNT_P2WPKH);
    struct yc_account_address a = rig_address(rig, YC_BRANCH_RECEIVE, 0),
                              change = rig_address(rig, YC_BRANCH_CHANGE, 0);
    struct yc_outpoint foreign = {.index = 1};
    struct rig_out out = {1000000, rig_script(&a)};
    memset(foreign.txid.b, 0xee, 32);
    struct rig_tx t = rig_make_tx(rig, &foreign, 1, &out, 1);
    rig_add_pool(rig, &t);
    rig_sync(rig);
    struct yc_pay_ask ask = ask_for(500000);
    assert_int_equal(yc_pay_plan(&p, &rig->wallet, &ask, &arena, &err), YC_NOT_YET);
    rig_add_block(rig, &t, 1);
    rig->pool_count = 0;
    struct yc_outpoint own = {t.txid, 0};
    struct rig_out back = {900000, rig_script(&change)};
    struct rig_tx spend = rig_make_tx(rig, &own, 1, &back, 1);
    rig_add_pool(rig, &spend);
    rig_sync(rig);
    ask.tip_height = rig->height;
    rig_good(rig, yc_pay_plan(&p, &rig->wallet, &ask, &arena, &rig_err)); /* our own change is trusted */
    rig->pool_count = 0;                                                  /* but not when the node does not have it */
    rig->send_answer = YC_POLICY;
    rig_sync(rig);
    assert_int_equal(yc_pay_plan(&p, &rig->wallet, &ask, &arena, &err), YC_NOT_YET);
}

static void named_coins_alone_are_spent(void **state)
{
    (void)state;
    struct yc_pay p;
    struct yc_error err;
    fund(YC_ACCOUNT_P2WPKH, 3);
    struct yc_pay_ask ask = ask_for(0);
    ask.everything = true;
    rig_good(rig, yc_pay_plan(&p, &rig->wallet, &ask, &arena, &rig_err));
    assert_int_equal(p.tx.in_count, 3);
    assert_int_equal(p.tx.out_count, 1);
    struct yc_outpoint one = p.tx.in[1].prevout;
    struct yc_pay_ask named = ask_for(400000);
    named.coins = &one;
    named.coin_count = 1;
    rig_good(rig, yc_pay_plan(&p, &rig->wallet, &named, &arena, &rig_err));
    assert_int_equal(p.tx.in_count, 1);
    assert_memory_equal(&p.tx.in[0].prevout, &one, 36);
    one.index ^= 1;
    assert_int_equal(yc_pay_plan(&p, &rig->wallet, &named, &arena, &err), YC_INVALID);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(p2wpkh_inputs_satisfy_their_scripts),
        T(p2tr_inputs_satisfy_their_scripts),
        T(a_recorded_payment_spends_its_coins),
        T(a_recorded_payment_is_sent_by_the_next_sync),
        T(immature_coins_are_not_spent),
        T(unconfirmed_coins_of_others_are_not_spent),
        T(named_coins_alone_are_spent),
        T(a_refused_payment_can_be_given_up),
        T(a_payment_that_a_node_took_is_not_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
