/* Payments: planned, signed, recorded. */
#include "wallet/pay.h"

#include <string.h>

#include "base/assert.h"
#include "base/hex.h"
#include "keys/sign.h"
#include "sys/heap.h"

#define COINS_MAX (1u << 20) /* that are looked at */

/* Weight of a signed input: 41 bytes and the witness (P2WPKH: count, 72-byte signature, key; P2TR: count, signature). */
#define WEIGHT_P2WPKH (41 * 4 + 1 + 1 + 72 + 1 + 33)
#define WEIGHT_P2TR   (41 * 4 + 1 + 1 + 64)

#define SEQUENCE_REPLACEABLE 0xfffffffdu /* BIP 125, and the lock time counts */

/* -- coins to choose from */

struct gather {
    const struct yc_pay_ask *ask;
    struct yc_arena *arena;
    struct yc_store_coin *coins;
    int64_t *values;
    size_t count, cap, unconfirmed;
    bool with_unconfirmed;
    bool full;
};

static bool wanted(const struct yc_pay_ask *ask, const struct yc_outpoint *outpoint)
{
    for (size_t i = 0; i < ask->coin_count; i++)
        if (yc_outpoint_equal(&ask->coins[i], outpoint))
            return true;
    return ask->coin_count == 0;
}

bool yc_coin_mature(const struct yc_store_coin *coin, uint32_t tip_height)
{
    return !coin->coinbase || (coin->height >= 0 && tip_height - coin->height + 1 >= YC_COINBASE_MATURITY);
}

static bool grow(struct gather *g)
{
    size_t cap = g->cap ? 2 * g->cap : 64;
    struct yc_store_coin *coins = yc_arena_take_array(g->arena, cap, sizeof *coins);
    int64_t *values = yc_arena_take_array(g->arena, cap, sizeof *values);
    if (!coins || !values || cap > COINS_MAX)
        return false;
    if (g->count) {
        memcpy(coins, g->coins, g->count * sizeof *coins);
        memcpy(values, g->values, g->count * sizeof *values);
    }
    g->coins = coins;
    g->values = values;
    g->cap = cap;
    return true;
}

static enum yc_verdict gather_coin(void *ctx, const struct yc_store_coin *coin)
{
    struct gather *g = ctx;
    if (!wanted(g->ask, &coin->output.outpoint) || !yc_coin_mature(coin, g->ask->tip_height))
        return YC_VALID;
    if (coin->height < 0 && !coin->trusted)
        return YC_VALID;
    if (coin->height < 0) {
        g->unconfirmed++;
        if (!g->with_unconfirmed)
            return YC_VALID;
    }
    if (g->count == g->cap && !grow(g)) {
        g->full = true;
        return YC_SYSTEM;
    }
    g->coins[g->count] = *coin;
    g->values[g->count++] = coin->output.value_sat;
    return YC_VALID;
}

static enum yc_verdict gather(struct gather *g, struct yc_wallet *w, struct yc_error *err)
{
    enum yc_verdict v = yc_store_each_coin(w->store, gather_coin, g, err);
    if (g->full)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the wallet's coins");
    if (v == YC_VALID && g->ask->coin_count && g->count != g->ask->coin_count)
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "a coin given with --coin cannot be spent now (spent, immature, unconfirmed or not this wallet's): "
            "`ycoin-wallet coins` lists those that can");
    return v;
}

/* -- laying out */

static struct yc_select_ask ask_of(const struct yc_pay_ask *ask, const struct yc_wallet *w, size_t script_n)
{
    size_t change_script_n = w->kind == YC_ACCOUNT_P2TR ? 34 : 22;
    int64_t own_dust = yc_dust_sat(change_script_n, true);
    return (struct yc_select_ask){
        .amount_sat = ask->amount_sat,
        .rate_sat_kvb = ask->rate_sat_kvb,
        .base_weight = (4 + 1 + 1 + 8 + 1 + script_n + 4) * 4 + 2,
        .input_weight = w->kind == YC_ACCOUNT_P2TR ? WEIGHT_P2TR : WEIGHT_P2WPKH,
        .change_weight = (8 + 1 + change_script_n) * 4,
        .change_dust_sat = own_dust,
        .recipient_dust_sat = yc_dust_sat(script_n, ask->to.kind == YC_ADDRESS_WITNESS),
        .subtract_fee = ask->subtract_fee,
        .use_all = ask->coin_count > 0,
        .everything = ask->everything,
    };
}

static enum yc_verdict no_room(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to make the payment");
}

static enum yc_verdict choose(struct yc_select_answer *answer, struct gather *g, struct yc_wallet *w, size_t script_n,
                              struct yc_error *err)
{
    struct yc_select_ask ask = ask_of(g->ask, w, script_n);
    enum yc_verdict v = YC_NOT_YET;
    for (int round = 0; round < 2 && v == YC_NOT_YET; round++) {
        g->with_unconfirmed = round == 1 || g->ask->coin_count > 0;
        if (round == 1 && g->unconfirmed == 0)
            break;
        g->count = g->unconfirmed = 0;
        v = gather(g, w, err);
        if (v != YC_VALID)
            return v;
        ask.coins_sat = g->values;
        ask.coin_count = g->count;
        answer->chosen = yc_arena_take(g->arena, g->count ? g->count : 1);
        if (!answer->chosen)
            return no_room(err);
        v = yc_select_coins(answer, &ask, err);
    }
    return v;
}

/* The tip's height, now and then an older one, so that late payments do not stand out (catalogue W23). */
static uint32_t lock_time(const struct yc_wallet *w, uint32_t tip_height)
{
    if (yc_random_below(w->random, 10) != 0)
        return tip_height;
    uint32_t back = (uint32_t)yc_random_below(w->random, 100);
    return tip_height > back ? tip_height - back : 0;
}

static enum yc_verdict lay_out(struct yc_pay *p, struct yc_wallet *w, const struct gather *g,
                               const struct yc_select_answer *a, struct yc_view to, struct yc_error *err)
{
    struct yc_txin *in = yc_arena_take_array(g->arena, a->chosen_count, sizeof *in);
    struct yc_store_coin *spent = yc_arena_take_array(g->arena, a->chosen_count, sizeof *spent);
    struct yc_txout *out = yc_arena_take_array(g->arena, 2, sizeof *out);
    struct yc_account_address change;
    struct yc_store_branch branch;
    if (!in || !spent || !out)
        return no_room(err);
    size_t n = 0;
    for (size_t i = 0; i < g->count; i++) {
        if (!a->chosen[i])
            continue;
        spent[n] = g->coins[i];
        in[n++] = (struct yc_txin){.prevout = g->coins[i].output.outpoint, .sequence = SEQUENCE_REPLACEABLE};
    }
    p->has_change = a->change_sat > 0;
    p->change_output = p->has_change ? (uint32_t)yc_random_below(w->random, 2) : 0;
    uint32_t recipient = p->has_change ? 1 - p->change_output : 0;
    out[recipient] = (struct yc_txout){a->recipient_sat, yc_arena_copy(g->arena, to)};
    if (p->has_change) {
        enum yc_verdict v = yc_store_branch(w->store, YC_BRANCH_CHANGE, &branch, err);
        p->change_index = branch.given > branch.paid ? branch.given : branch.paid;
        if (v == YC_VALID)
            v = yc_wallet_address(w, &change, YC_BRANCH_CHANGE, p->change_index, err);
        if (v != YC_VALID)
            return v;
        memcpy(p->change_address, change.text, sizeof p->change_address);
        out[p->change_output] =
            (struct yc_txout){a->change_sat, yc_arena_copy(g->arena, yc_view(change.script, change.script_n))};
    }
    if (!out[0].script.p || (p->has_change && !out[1].script.p))
        return no_room(err);
    p->tx = (struct yc_tx){.version = 2,
                           .lock_time = lock_time(w, g->ask->tip_height),
                           .in_count = (uint32_t)n,
                           .out_count = p->has_change ? 2 : 1,
                           .in = in,
                           .out = out};
    p->spent = spent;
    p->amount_sat = a->recipient_sat;
    p->fee_sat = a->fee_sat;
    p->change_sat = a->change_sat;
    return YC_VALID;
}

enum yc_verdict yc_pay_plan(struct yc_pay *out, struct yc_wallet *w, const struct yc_pay_ask *ask,
                            struct yc_arena *arena, struct yc_error *err)
{
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    size_t script_n = yc_address_script(script, &ask->to);
    struct gather g = {.ask = ask, .arena = arena};
    struct yc_select_answer answer = {0};
    memset(out, 0, sizeof *out);
    enum yc_verdict v = choose(&answer, &g, w, script_n, err);
    return v == YC_VALID ? lay_out(out, w, &g, &answer, yc_view(script, script_n), err) : v;
}

/* -- signing */

/* The outputs that the payment spends, with the scripts derived anew from the account. */
static enum yc_verdict spent_outputs(struct yc_spent *spent, const struct yc_pay *p, struct yc_wallet *w,
                                     struct yc_arena *arena, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    for (uint32_t i = 0; i < p->tx.in_count && v == YC_VALID; i++) {
        const struct yc_store_output *o = &p->spent[i].output;
        struct yc_account_address a;
        v = yc_wallet_address(w, &a, o->branch, o->index, err);
        if (v != YC_VALID)
            break;
        spent[i] = (struct yc_spent){o->value_sat, yc_arena_copy(arena, yc_view(a.script, a.script_n))};
        if (!spent[i].script.p)
            v = no_room(err);
    }
    return v;
}

static enum yc_verdict sign_inputs(struct yc_txin *in, const struct yc_pay *p, struct yc_wallet *w,
                                   const struct yc_spend *spend, const struct yc_hdkey *account, struct yc_arena *arena,
                                   struct yc_error *err)
{
    struct yc_secret secret = {0};
    enum yc_verdict v = yc_secret_init(&secret, 32, err);
    for (uint32_t i = 0; i < p->tx.in_count && v == YC_VALID; i++) {
        const struct yc_store_output *o = &p->spent[i].output;
        struct yc_input_signature *s = yc_arena_take(arena, sizeof *s);
        if (!s) {
            v = no_room(err);
            break;
        }
        v = yc_account_secret(secret.p, account, o->branch, o->index, w->signer, err);
        if (v == YC_VALID)
            v = yc_sign_input(s, spend, i, secret.p, 0, w->signer, w->random, err);
        in[i] = p->tx.in[i];
        in[i].script_sig = s->script_sig;
        in[i].witness = s->witness;
        in[i].witness_count = s->witness_count;
    }
    yc_secret_release(&secret);
    return v;
}

enum yc_verdict yc_pay_sign(struct yc_pay *pay, struct yc_wallet *w, const struct yc_hdkey *account,
                            struct yc_arena *arena, struct yc_error *err)
{
    struct yc_spent *spent = yc_arena_take_array(arena, pay->tx.in_count, sizeof *spent);
    struct yc_txin *in = yc_arena_take_array(arena, pay->tx.in_count, sizeof *in);
    if (!spent || !in)
        return no_room(err);
    struct yc_spend spend;
    enum yc_verdict v = spent_outputs(spent, pay, w, arena, err);
    if (v != YC_VALID)
        return v;
    yc_spend_init_to_sign(&spend, &pay->tx, spent);
    v = sign_inputs(in, pay, w, &spend, account, arena, err);
    if (v != YC_VALID)
        return v;
    struct yc_tx signed_tx = pay->tx;
    struct yc_writer writer;
    struct yc_reject why;
    signed_tx.in = in;
    yc_writer_init_count(&writer);
    yc_tx_write(&signed_tx, true, &writer);
    size_t n = writer.n;
    uint8_t *raw = yc_arena_take(arena, n);
    if (!raw)
        return no_room(err);
    yc_writer_init(&writer, raw, n);
    yc_tx_write(&signed_tx, true, &writer);
    YC_ASSERT(!writer.failed && writer.n == n);
    return yc_tx_parse(&pay->tx, yc_view(raw, n), arena, &why) == YC_VALID ? YC_VALID : no_room(err);
}

/* -- recording */

/* Inside a transaction of the store. */
static enum yc_verdict record(struct yc_pay *p, struct yc_wallet *w, const struct yc_store_payment *id, int64_t now_s,
                              struct yc_outpoint *inputs, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    for (uint32_t i = 0; i < p->tx.in_count && v == YC_VALID; i++) {
        bool free_still = false;
        inputs[i] = p->tx.in[i].prevout;
        v = yc_store_is_coin(w->store, &inputs[i], &free_still, err);
        if (v == YC_VALID && !free_still)
            v = yc_fail(err, YC_POLICY, YC_SYSTEM_NONE,
                        "a coin of this payment was spent meanwhile: nothing was sent, give the command again");
    }
    struct yc_store_tx row = {.txid = p->tx.txid,
                              .raw = p->tx.raw,
                              .height = -1,
                              .seen_s = now_s,
                              .state = YC_TX_PENDING,
                              .own = true,
                              .fee_sat = p->fee_sat};
    if (v == YC_VALID && id)
        v = yc_store_add_payment(w->store, id, err);
    if (v == YC_VALID)
        v = yc_store_put_tx(w->store, &row, inputs, p->tx.in_count, err);
    if (v == YC_VALID && p->has_change) {
        struct yc_store_output change = {
            {p->tx.txid, p->change_output}, p->change_sat, YC_BRANCH_CHANGE, p->change_index};
        v = yc_store_put_output(w->store, &change, err);
        if (v == YC_VALID)
            v = yc_store_set_given(w->store, YC_BRANCH_CHANGE, p->change_index + 1, err);
    }
    /* A payment to ourselves: its recipient output is ours too. The next sync would find it in the pool, but until then
     * the balance should be whole. */
    struct yc_store_output own;
    uint32_t recipient = p->has_change ? 1 - p->change_output : 0;
    bool ours = false;
    if (v == YC_VALID)
        v = yc_store_find_script(w->store, p->tx.out[recipient].script, &own.branch, &own.index, &ours, err);
    if (v == YC_VALID && ours) {
        own.outpoint = (struct yc_outpoint){p->tx.txid, recipient};
        own.value_sat = p->amount_sat;
        v = yc_store_put_output(w->store, &own, err);
    }
    return v == YC_VALID ? yc_wallet_top_up(w, NULL, err) : v;
}

enum yc_verdict yc_pay_record(struct yc_pay *pay, struct yc_wallet *w, const struct yc_store_payment *id, int64_t now_s,
                              struct yc_error *err)
{
    struct yc_outpoint *inputs = yc_alloc_new(yc_heap(), pay->tx.in_count * sizeof *inputs);
    if (!inputs)
        return no_room(err);
    struct yc_store_payment named;
    if (id) {
        named = *id;
        named.txid = pay->tx.txid;
    }
    enum yc_verdict v = yc_store_begin(w->store, err);
    if (v == YC_VALID)
        v = record(pay, w, id ? &named : NULL, now_s, inputs, err);
    if (v == YC_VALID)
        v = yc_store_commit(w->store, err);
    else
        yc_store_rollback(w->store);
    yc_alloc_free(yc_heap(), inputs, pay->tx.in_count * sizeof *inputs);
    return v;
}

enum yc_verdict yc_pay_reserve_change(const struct yc_pay *pay, struct yc_wallet *w, struct yc_error *err)
{
    enum yc_verdict v = yc_store_begin(w->store, err);
    if (v == YC_VALID && pay->has_change)
        v = yc_store_set_given(w->store, YC_BRANCH_CHANGE, pay->change_index + 1, err);
    if (v == YC_VALID)
        v = yc_wallet_top_up(w, NULL, err);
    if (v == YC_VALID)
        return yc_store_commit(w->store, err);
    yc_store_rollback(w->store);
    return v;
}

enum yc_verdict yc_pay_sent(const struct yc_txid *txid, struct yc_wallet *w, int64_t now_s, struct yc_error *err)
{
    enum yc_verdict v = yc_store_begin(w->store, err);
    if (v == YC_VALID)
        v = yc_store_set_sent(w->store, txid, now_s, err);
    if (v == YC_VALID)
        v = yc_store_set_state(w->store, txid, YC_TX_POOL, err);
    if (v == YC_VALID)
        return yc_store_commit(w->store, err);
    yc_store_rollback(w->store);
    return v;
}

enum yc_verdict yc_pay_abandon(const struct yc_txid *txid, struct yc_wallet *w, struct yc_error *err)
{
    enum yc_verdict v = yc_store_begin(w->store, err);
    if (v == YC_VALID)
        v = yc_store_set_state(w->store, txid, YC_TX_ABANDONED, err);
    if (v == YC_VALID)
        v = yc_store_drop_payment(w->store, txid, err);
    if (v == YC_VALID)
        return yc_store_commit(w->store, err);
    yc_store_rollback(w->store);
    return v;
}

/* Why the payment must be kept; NULL: it may be given up, if the node refuses it. */
static const char *reason_to_keep(const struct yc_store_tx *tx)
{
    if (!tx->own)
        return "it is not a payment of this wallet, which only is paid by it";
    if (tx->height >= 0)
        return "it is in a block";
    if (tx->state == YC_TX_POOL)
        return "the node has it in its pool";
    if (tx->state == YC_TX_CONFLICTED)
        return "another transaction spent its coins, so it is void already";
    if (tx->sent_s != 0)
        return "a node took it before, so it may be mined yet: wait, it is handed over again by itself";
    return NULL;
}

enum yc_verdict yc_pay_give_up(const struct yc_txid *txid, struct yc_wallet *w, const struct yc_source *source,
                               int64_t now_s, struct yc_error *err)
{
    struct yc_store_tx tx;
    enum yc_verdict v = yc_store_get_tx(w->store, txid, &tx, err);
    if (v == YC_NOT_YET)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                       "the wallet has no transaction of this id: `ycoin-wallet history` shows those it has");
    if (v != YC_VALID || (tx.height < 0 && tx.state == YC_TX_ABANDONED))
        return v;
    const char *why = reason_to_keep(&tx);
    if (why)
        return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "the transaction cannot be abandoned: %s", why);
    v = source->send(source->ctx, tx.raw, err);
    if (v == YC_POLICY)
        return yc_pay_abandon(txid, w, err);
    if (v != YC_VALID)
        return v;
    v = yc_pay_sent(txid, w, now_s, err);
    return v != YC_VALID ? v
                         : yc_fail(err, YC_POLICY, YC_SYSTEM_NONE,
                                   "the transaction is not abandoned: it was handed over once more, and the node took "
                                   "it. It pays.");
}
