/* send: plan, ask, sign, record, hand over, in this order; a retry with the same --id never pays twice. abandon: the
 * way back for a payment that the node refuses. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "formats/bip21.h"
#include "sys/heap.h"
#include "wallet/cli/cli.h"
#include "wallet/cli/prompt.h"
#include "wallet/cli/rpc_source.h"
#include "wallet/pay.h"

#define ARENA_BYTES_MAX ((size_t)1 << 29)
#define COINS_GIVEN_MAX 256

struct send {
    struct yc_pay_ask ask;
    struct yc_pay pay;
    struct yc_store_payment payment; /* what --id names */
    struct yc_outpoint coins[COINS_GIVEN_MAX];
    bool named, broadcast;
    int64_t max_fee_sat; /* -1: the guard's own */
    struct yc_arena arena;
};

/* -- the command line */

static enum yc_verdict read_coin(struct yc_cli *c, const char *text, struct yc_outpoint *out)
{
    const char *colon = strchr(text, ':');
    uint64_t index = 0;
    size_t digits = colon ? strlen(colon + 1) : 0;
    bool fine =
        colon && digits >= 1 && digits <= 9 && yc_hex_read_reversed(out->txid.b, 32, text, (size_t)(colon - text));
    for (size_t i = 0; fine && i < digits; i++) {
        fine = colon[1 + i] >= '0' && colon[1 + i] <= '9';
        index = 10 * index + (uint64_t)(colon[1 + i] - '0');
    }
    if (!fine)
        return yc_cli_misuse(c, "--coin=%s is not a coin: give TXID:N as `ycoin-wallet coins` shows them", text);
    out->index = (uint32_t)index;
    return YC_VALID;
}

static enum yc_verdict read_coins(struct yc_cli *c, struct send *s)
{
    const char *text;
    enum yc_verdict v = YC_VALID;
    size_t n = 0;
    while (v == YC_VALID && (text = yc_options_list(c->options, "coin", n)) != NULL) {
        if (n == COINS_GIVEN_MAX)
            return yc_cli_misuse(c, "at most %d coins can be named with --coin", COINS_GIVEN_MAX);
        v = read_coin(c, text, &s->coins[n]);
        for (size_t i = 0; v == YC_VALID && i < n; i++)
            if (yc_outpoint_equal(&s->coins[i], &s->coins[n]))
                return yc_cli_misuse(c, "--coin=%s was given twice", text);
        n++;
    }
    s->ask.coins = s->coins;
    s->ask.coin_count = n;
    return v;
}

static enum yc_verdict read_rates(struct yc_cli *c, struct send *s)
{
    const char *rate = yc_options_text(c->options, "fee-rate", NULL),
               *max = yc_options_text(c->options, "max-fee", NULL);
    s->ask.rate_sat_kvb = -1;
    s->max_fee_sat = -1;
    if (rate && (!yc_decimal_parse(yc_view_text(rate), 3, YC_FEE_RATE_MAX_SAT_KVB, &s->ask.rate_sat_kvb) ||
                 s->ask.rate_sat_kvb < 0))
        return yc_cli_misuse(c, "--fee-rate=%s is not a fee rate: give base units per virtual byte, from 0 to %lld",
                             rate, (long long)(YC_FEE_RATE_MAX_SAT_KVB / 1000));
    if (max && yc_amount_parse(&s->max_fee_sat, yc_view_text(max), &c->err) != YC_VALID) {
        c->exit = YC_EXIT_USE;
        return YC_INVALID;
    }
    return YC_VALID;
}

static enum yc_verdict read_id(struct yc_cli *c, struct send *s)
{
    const char *id = yc_options_text(c->options, "id", NULL);
    s->named = id != NULL;
    if (!id)
        return YC_VALID;
    if (!id[0] || strlen(id) >= sizeof s->payment.id)
        return yc_cli_misuse(c, "--id must be a text of 1 to %zu bytes", sizeof s->payment.id - 1);
    if (!s->broadcast)
        return yc_cli_misuse(c, "--id and --no-broadcast exclude each other: what is not recorded cannot be named");
    memcpy(s->payment.id, id, strlen(id) + 1);
    snprintf(s->payment.address, sizeof s->payment.address, "%s", yc_cli_argument(c, 0));
    if (s->ask.everything)
        memcpy(s->payment.amount, "all", 4);
    else
        yc_amount_print(s->payment.amount, s->ask.amount_sat);
    return YC_VALID;
}

static enum yc_verdict read_send(struct yc_cli *c, struct send *s)
{
    const char *address = yc_cli_argument(c, 0), *amount = yc_cli_argument(c, 1);
    s->broadcast = !yc_options_flag(c->options, "no-broadcast", false);
    s->ask.subtract_fee = yc_options_flag(c->options, "subtract-fee", false);
    s->ask.everything = strcmp(amount, "all") == 0;
    enum yc_verdict v = yc_address_parse(&s->ask.to, &c->place.setup.params, yc_view_text(address), NULL, &c->err);
    if (v == YC_VALID && !s->ask.everything)
        v = yc_amount_parse(&s->ask.amount_sat, yc_view_text(amount), &c->err);
    if (v != YC_VALID) {
        c->exit = YC_EXIT_USE;
        return v;
    }
    v = read_coins(c, s);
    if (v == YC_VALID)
        v = read_rates(c, s);
    return v == YC_VALID ? read_id(c, s) : v;
}

/* -- what is shown */

static void show_sent(struct yc_cli *c, const struct yc_tx *tx, int64_t amount_sat, int64_t fee_sat, const char *status)
{
    int64_t vbytes = (int64_t)yc_tx_vbytes(tx);
    char txid[65], amount[YC_AMOUNT_TEXT_MAX], fee[YC_AMOUNT_TEXT_MAX], rate[32];
    /* Rounded down to a thousandth, by whole numbers. */
    snprintf(rate, sizeof rate, "%" PRId64 ".%03" PRId64, fee_sat / vbytes, fee_sat % vbytes * 1000 / vbytes);
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_member_hash(&c->j, "txid", tx->txid.b, 32);
        yc_json_member_amount(&c->j, "amount", amount_sat);
        yc_json_member_amount(&c->j, "fee", fee_sat);
        yc_json_key(&c->j, "fee_rate");
        yc_json_put_raw(&c->j, yc_view_text(rate));
        yc_json_member_int(&c->j, "vbytes", vbytes);
        yc_json_member_text(&c->j, "status", status);
        yc_json_member_hex(&c->j, "hex", tx->raw);
        yc_json_end_object(&c->j);
        return;
    }
    yc_hex_write_reversed(txid, tx->txid.b, 32);
    yc_amount_print_short(amount, amount_sat);
    yc_amount_print_short(fee, fee_sat);
    yc_cli_print(c, "%s\namount %s, fee %s (%s sat/vB), %s\n", txid, amount, fee, rate, status);
    if (strcmp(status, "not sent") != 0)
        return;
    for (size_t i = 0; i < tx->raw.n; i++) {
        char byte[3];
        yc_hex_write(byte, tx->raw.p + i, 1);
        yc_buf_append_text(&c->out, byte);
    }
    yc_buf_append_text(&c->out, "\n");
}

/* -- a payment that was made before under this id */

static enum yc_verdict parse_known(struct send *s, const struct yc_store_tx *row, struct yc_error *err)
{
    struct yc_reject why;
    return yc_tx_parse(&s->pay.tx, row->raw, &s->arena, &why) == YC_VALID
               ? YC_VALID
               : yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "the stored payment is damaged: restore a backup");
}

static enum yc_verdict recipient_amount(struct send *s, int64_t *out_sat, struct yc_error *err)
{
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    struct yc_view to = yc_view(script, yc_address_script(script, &s->ask.to));
    for (uint32_t i = 0; i < s->pay.tx.out_count; i++)
        if (yc_view_equal(s->pay.tx.out[i].script, to)) {
            *out_sat = s->pay.tx.out[i].value_sat;
            return YC_VALID;
        }
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "the stored payment does not pay its address: restore a backup");
}

/* Hand over what is recorded; says how it stands. */
static enum yc_verdict hand_over(struct yc_cli *c, const struct yc_tx *tx, bool first_time)
{
    enum yc_verdict v = c->source.send(c->source.ctx, tx->raw, &c->err);
    if (v == YC_VALID)
        return yc_pay_sent(&tx->txid, &c->wallet, yc_wall_s(&c->clock.clock), &c->err);
    struct yc_error refusal = c->err;
    if (v == YC_POLICY && first_time) {
        enum yc_verdict abandoned = yc_pay_abandon(&tx->txid, &c->wallet, &c->err);
        return abandoned != YC_VALID
                   ? abandoned
                   : yc_fail(&c->err, YC_POLICY, YC_SYSTEM_NONE, "%s. Nothing was paid.", refusal.text);
    }
    if (v == YC_POLICY)
        return yc_fail(&c->err, YC_POLICY, YC_SYSTEM_NONE,
                       "%s. The payment stays recorded; `history` shows how it stands.", refusal.text);
    return yc_fail(&c->err, v, YC_SYSTEM_NONE,
                   "%s. The payment is recorded and is handed over at the next command: do not make it anew.",
                   refusal.text);
}

static enum yc_verdict repeat(struct yc_cli *c, struct send *s, const struct yc_store_payment *earlier)
{
    const struct yc_store_payment there = *earlier;
    struct yc_store_tx row;
    if (strcmp(there.address, s->payment.address) != 0 || strcmp(there.amount, s->payment.amount) != 0)
        return yc_fail(&c->err, YC_INVALID, YC_SYSTEM_NONE,
                       "the id %s names an earlier payment, of %s to %s: give another id for a new payment", there.id,
                       there.amount, there.address);
    enum yc_verdict v = yc_store_get_tx(c->wallet.store, &there.txid, &row, &c->err);
    if (v == YC_NOT_YET)
        return yc_fail(&c->err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the payment of id %s is not in the wallet: restore a backup", there.id);
    int64_t amount = 0;
    if (v == YC_VALID)
        v = parse_known(s, &row, &c->err);
    if (v == YC_VALID)
        v = recipient_amount(s, &amount, &c->err);
    if (v != YC_VALID)
        return v;
    if (row.height < 0 && row.state == YC_TX_CONFLICTED)
        return yc_fail(
            &c->err, YC_INVALID, YC_SYSTEM_NONE,
            "the payment of id %s can no longer happen: its coins were spent by another transaction. Pay with "
            "another id if it is still meant.",
            there.id);
    if (row.height < 0 && row.state == YC_TX_PENDING) {
        v = hand_over(c, &s->pay.tx, false);
        if (v != YC_VALID)
            return v;
    }
    show_sent(c, &s->pay.tx, amount, row.fee_sat, row.height >= 0 ? "confirmed already" : "sent already");
    return YC_VALID;
}

/* -- a new payment */

static enum yc_verdict confirm(struct yc_cli *c, const struct send *s)
{
    if (yc_options_flag(c->options, "yes", false))
        return YC_VALID;
    char amount[YC_AMOUNT_TEXT_MAX], fee[YC_AMOUNT_TEXT_MAX], question[512];
    yc_amount_print_short(amount, s->pay.amount_sat);
    yc_amount_print_short(fee, s->pay.fee_sat);
    snprintf(question, sizeof question, "Pay %s to %s, fee %s (%" PRId64 ".%03" PRId64 " sat/vB)? [y/N] ", amount,
             yc_cli_argument(c, 0), fee, s->ask.rate_sat_kvb / 1000, s->ask.rate_sat_kvb % 1000);
    bool yes = false;
    enum yc_verdict v = yc_prompt_yes(&yes, question, &c->err);
    if (v == YC_NOT_YET)
        return yc_cli_misuse(c, "there is no terminal to ask on: add --yes to pay %s with a fee of %s", amount, fee);
    if (v == YC_VALID && !yes)
        return yc_fail(&c->err, YC_POLICY, YC_SYSTEM_NONE, "nothing was paid");
    return v;
}

static enum yc_verdict plan(struct yc_cli *c, struct send *s)
{
    enum yc_verdict v = YC_VALID;
    s->ask.tip_height = c->tip.height;
    if (c->wallet.secret_form == YC_SECRET_NONE)
        return yc_fail(&c->err, YC_POLICY, YC_SYSTEM_NONE, "this wallet only watches: it has no keys to pay with");
    if (s->ask.rate_sat_kvb < 0)
        v = yc_rpc_fee_rate(c->node, &s->ask.rate_sat_kvb, &c->err);
    if (v == YC_VALID && s->ask.rate_sat_kvb > YC_FEE_RATE_MAX_SAT_KVB)
        v = yc_fail(&c->err, YC_POLICY, YC_SYSTEM_NONE, "the node asks for a fee rate beyond reason: give --fee-rate");
    if (v != YC_VALID)
        return v;
    v = yc_pay_plan(&s->pay, &c->wallet, &s->ask, &s->arena, &c->err);
    if (v == YC_NOT_YET)
        c->exit = YC_EXIT_COINS;
    return v == YC_VALID ? yc_fee_guard(s->pay.fee_sat, s->pay.amount_sat, s->max_fee_sat, &c->err) : v;
}

static enum yc_verdict sign(struct yc_cli *c, struct send *s)
{
    struct yc_secret key = {0};
    enum yc_verdict v = yc_cli_unseal(c, &key);
    if (v == YC_VALID)
        v = yc_pay_sign(&s->pay, &c->wallet, (const struct yc_hdkey *)(const void *)key.p, &s->arena, &c->err);
    yc_secret_release(&key);
    return v;
}

static enum yc_verdict pay(struct yc_cli *c, struct send *s)
{
    enum yc_verdict v = plan(c, s);
    if (v == YC_VALID)
        v = confirm(c, s);
    if (v == YC_VALID)
        v = sign(c, s);
    if (v != YC_VALID)
        return v;
    if (!s->broadcast) {
        v = yc_pay_reserve_change(&s->pay, &c->wallet, &c->err);
        if (v == YC_VALID)
            show_sent(c, &s->pay.tx, s->pay.amount_sat, s->pay.fee_sat, "not sent");
        return v;
    }
    v = yc_pay_record(&s->pay, &c->wallet, s->named ? &s->payment : NULL, yc_wall_s(&c->clock.clock), &c->err);
    if (v == YC_VALID)
        v = hand_over(c, &s->pay.tx, true);
    if (v == YC_VALID)
        show_sent(c, &s->pay.tx, s->pay.amount_sat, s->pay.fee_sat, "sent");
    return v;
}

/* A payment that was recorded under this id is never made anew, whatever becomes of handing it over. */
static enum yc_verdict pay_once(struct yc_cli *c, struct send *s)
{
    struct yc_store_payment earlier;
    if (!s->named)
        return pay(c, s);
    enum yc_verdict v = yc_store_get_payment(c->wallet.store, s->payment.id, &earlier, &c->err);
    if (v == YC_NOT_YET)
        return pay(c, s);
    return v == YC_VALID ? repeat(c, s, &earlier) : v;
}

enum yc_verdict yc_cli_send(struct yc_cli *c)
{
    struct send *s = yc_alloc_new(yc_heap(), sizeof *s);
    if (!s)
        return yc_fail(&c->err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to make a payment");
    memset(s, 0, sizeof *s);
    yc_arena_init(&s->arena, yc_heap(), 65536, ARENA_BYTES_MAX);
    enum yc_verdict v = read_send(c, s);
    if (v == YC_VALID)
        v = yc_cli_open_synced(c);
    if (v == YC_VALID)
        v = pay_once(c, s);
    yc_arena_release(&s->arena);
    yc_alloc_free(yc_heap(), s, sizeof *s);
    return v;
}

/* -- a payment that is refused */

enum yc_verdict yc_cli_abandon(struct yc_cli *c)
{
    const char *text = yc_cli_argument(c, 0);
    struct yc_txid txid;
    if (!yc_hex_read_reversed(txid.b, 32, text, strlen(text)))
        return yc_cli_misuse(c, "%s is not the id of a transaction: give 64 hexadecimal digits", text);
    enum yc_verdict v = yc_cli_open_synced(c);
    if (v == YC_VALID)
        v = yc_pay_give_up(&txid, &c->wallet, &c->source, yc_wall_s(&c->clock.clock), &c->err);
    if (v != YC_VALID)
        return v;
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_member_hash(&c->j, "txid", txid.b, 32);
        yc_json_member_text(&c->j, "status", "abandoned");
        yc_json_end_object(&c->j);
    } else {
        yc_cli_print(c, "The payment is abandoned: the node refuses it, and its coins can be spent again.\n");
    }
    return YC_VALID;
}
