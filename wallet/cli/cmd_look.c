/* Commands that look: balance, coins, history, info. */
#include <inttypes.h>
#include <stdio.h>

#include "base/hex.h"
#include "formats/amount.h"
#include "sys/heap.h"
#include "wallet/cli/cli.h"
#include "wallet/pay.h"

static int64_t depth(const struct yc_cli *c, int64_t height)
{
    return height < 0 ? 0 : (int64_t)c->tip.height - height + 1;
}

/* -- balance */

struct sums {
    struct yc_cli *c;
    int64_t confirmed_sat, unconfirmed_sat, immature_sat;
};

static enum yc_verdict add_coin(void *ctx, const struct yc_store_coin *coin)
{
    struct sums *s = ctx;
    int64_t *sum = coin->height < 0                         ? &s->unconfirmed_sat
                   : yc_coin_mature(coin, s->c->tip.height) ? &s->confirmed_sat
                                                            : &s->immature_sat;
    if (yc_money_add(sum, coin->output.value_sat))
        return YC_VALID;
    return yc_fail(&s->c->err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "the coins are more than 21 million: the wallet is damaged");
}

enum yc_verdict yc_cli_balance(struct yc_cli *c)
{
    struct sums s = {.c = c};
    enum yc_verdict v = yc_cli_open_synced(c);
    if (v == YC_VALID)
        v = yc_store_each_coin(c->wallet.store, add_coin, &s, &c->err);
    if (v != YC_VALID)
        return v;
    int64_t total = s.confirmed_sat + s.unconfirmed_sat + s.immature_sat;
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_member_amount(&c->j, "confirmed", s.confirmed_sat);
        yc_json_member_amount(&c->j, "unconfirmed", s.unconfirmed_sat);
        yc_json_member_amount(&c->j, "immature", s.immature_sat);
        yc_json_member_amount(&c->j, "total", total);
        yc_json_member_int(&c->j, "height", c->tip.height);
        yc_json_end_object(&c->j);
        return YC_VALID;
    }
    char text[4][YC_AMOUNT_TEXT_MAX];
    yc_amount_print(text[0], s.confirmed_sat);
    yc_amount_print(text[1], s.unconfirmed_sat);
    yc_amount_print(text[2], s.immature_sat);
    yc_amount_print(text[3], total);
    yc_cli_print(c,
                 "confirmed    %17s\nunconfirmed  %17s\nimmature     %17s\ntotal        %17s   at height %" PRIu32 "\n",
                 text[0], text[1], text[2], text[3], c->tip.height);
    return YC_VALID;
}

/* -- coins */

static enum yc_verdict show_coin(void *ctx, const struct yc_store_coin *coin)
{
    struct yc_cli *c = ctx;
    struct yc_account_address a;
    char txid[65], amount[YC_AMOUNT_TEXT_MAX];
    bool spendable = yc_coin_mature(coin, c->tip.height) && (coin->height >= 0 || coin->trusted);
    if (!spendable)
        return YC_VALID;
    const struct yc_store_output *o = &coin->output;
    enum yc_verdict v = yc_wallet_address(&c->wallet, &a, o->branch, o->index, &c->err);
    if (v != YC_VALID)
        return v;
    if (c->json) {
        yc_json_begin_object(&c->j);
        yc_json_member_hash(&c->j, "txid", o->outpoint.txid.b, 32);
        yc_json_member_int(&c->j, "vout", o->outpoint.index);
        yc_json_member_amount(&c->j, "amount", o->value_sat);
        yc_json_member_int(&c->j, "confirmations", depth(c, coin->height));
        yc_json_member_text(&c->j, "address", a.text);
        yc_json_member_bool(&c->j, "change", o->branch == YC_BRANCH_CHANGE);
        yc_json_end_object(&c->j);
        return YC_VALID;
    }
    yc_hex_write_reversed(txid, o->outpoint.txid.b, 32);
    yc_amount_print(amount, o->value_sat);
    yc_cli_print(c, "%17s  %7" PRId64 "  %s:%" PRIu32 "\n", amount, depth(c, coin->height), txid, o->outpoint.index);
    return YC_VALID;
}

/* The confirmed ones first, as send takes them first. */
struct pass {
    struct yc_cli *c;
    bool confirmed;
};

static enum yc_verdict show_pass(void *ctx, const struct yc_store_coin *coin)
{
    const struct pass *p = ctx;
    return (coin->height >= 0) == p->confirmed ? show_coin(p->c, coin) : YC_VALID;
}

enum yc_verdict yc_cli_coins(struct yc_cli *c)
{
    enum yc_verdict v = yc_cli_open_synced(c);
    if (v != YC_VALID)
        return v;
    if (c->json)
        yc_json_begin_array(&c->j);
    else
        yc_cli_print(c, "%17s  %7s  %s\n", "amount", "depth", "coin");
    struct pass confirmed = {c, true}, waiting = {c, false};
    v = yc_store_each_coin(c->wallet.store, show_pass, &confirmed, &c->err);
    if (v == YC_VALID)
        v = yc_store_each_coin(c->wallet.store, show_pass, &waiting, &c->err);
    if (v == YC_VALID && c->json)
        yc_json_end_array(&c->j);
    return v;
}

/* -- history */

static const char *status_of(const struct yc_store_tx *tx)
{
    if (tx->height >= 0)
        return "confirmed";
    switch (tx->state) {
    case YC_TX_POOL:
        return "in the pool";
    case YC_TX_PENDING:
        return "pending";
    case YC_TX_GONE:
        return "gone";
    case YC_TX_ABANDONED:
        return "abandoned";
    case YC_TX_CONFLICTED:
        return "conflicted";
    }
    return "unknown";
}

/* Who was paid: the outputs that are not our change, or of an incoming one those that are ours. */
static enum yc_verdict show_outputs(struct yc_cli *c, const struct yc_store_history *row)
{
    struct yc_arena arena;
    struct yc_tx tx;
    struct yc_reject why;
    yc_arena_init(&arena, yc_heap(), 4096, (size_t)1 << 28);
    enum yc_verdict v = yc_tx_parse(&tx, row->tx.raw, &arena, &why) == YC_VALID
                            ? YC_VALID
                            : yc_fail(&c->err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "a stored transaction is damaged");
    yc_json_key(&c->j, "addresses");
    yc_json_begin_array(&c->j);
    for (uint32_t i = 0; v == YC_VALID && i < tx.out_count; i++) {
        enum yc_account_branch branch = YC_BRANCH_RECEIVE;
        uint32_t index;
        bool ours;
        char text[YC_ADDRESS_TEXT_MAX];
        v = yc_store_find_script(c->wallet.store, tx.out[i].script, &branch, &index, &ours, &c->err);
        bool shown = row->tx.own ? !(ours && branch == YC_BRANCH_CHANGE) : ours;
        if (v == YC_VALID && shown && yc_address_print_script(text, &c->place.setup.params, tx.out[i].script))
            yc_json_put_text(&c->j, text);
    }
    yc_json_end_array(&c->j);
    yc_arena_release(&arena);
    return v;
}

static enum yc_verdict show_history(void *ctx, const struct yc_store_history *row)
{
    struct yc_cli *c = ctx;
    const struct yc_store_tx *tx = &row->tx;
    int64_t time_s = tx->height >= 0 ? tx->block_time_s : tx->seen_s;
    if (!c->json) {
        char txid[65], amount[YC_AMOUNT_TEXT_MAX], when[YC_TIME_TEXT_MAX];
        yc_hex_write_reversed(txid, tx->txid.b, 32);
        yc_amount_print(amount, row->net_sat);
        yc_time_text(when, time_s);
        yc_cli_print(c, "%s  %17s  %7" PRId64 "  %-11s  %s\n", when, amount, depth(c, tx->height), status_of(tx), txid);
        return YC_VALID;
    }
    yc_json_begin_object(&c->j);
    yc_json_member_hash(&c->j, "txid", tx->txid.b, 32);
    yc_json_member_amount(&c->j, "amount", row->net_sat);
    if (tx->own && tx->fee_sat >= 0)
        yc_json_member_amount(&c->j, "fee", tx->fee_sat);
    yc_json_member_int(&c->j, "confirmations", depth(c, tx->height));
    if (tx->height >= 0)
        yc_json_member_int(&c->j, "height", tx->height);
    yc_json_member_int(&c->j, "time", time_s);
    yc_json_member_text(&c->j, "status", status_of(tx));
    if (tx->coinbase)
        yc_json_member_bool(&c->j, "coinbase", true);
    enum yc_verdict v = show_outputs(c, row);
    yc_json_end_object(&c->j);
    return v;
}

enum yc_verdict yc_cli_history(struct yc_cli *c)
{
    enum yc_verdict v = yc_cli_open_synced(c);
    if (v != YC_VALID)
        return v;
    if (c->json)
        yc_json_begin_array(&c->j);
    else
        yc_cli_print(c, "%-20s  %17s  %7s  %-11s  %s\n", "time", "amount", "depth", "status", "transaction");
    v = yc_store_each_history(c->wallet.store, show_history, c, &c->err);
    if (v == YC_VALID && c->json)
        yc_json_end_array(&c->j);
    return v;
}

/* -- info */

static const char *form_text(enum yc_secret_form form)
{
    switch (form) {
    case YC_SECRET_NONE:
        return "none (watch-only)";
    case YC_SECRET_PLAIN:
        return "not protected";
    case YC_SECRET_SEALED:
        return "under a passphrase";
    }
    return "unknown";
}

/* Until when the wallet is unlocked; 0: it is not. */
static int64_t unlocked_until(struct yc_cli *c)
{
    struct yc_holder_id id;
    struct yc_error err;
    int64_t until_s;
    bool known = yc_cli_holder(c, &id) == YC_VALID && yc_holder_until(&id, &until_s, &err) == YC_VALID;
    return known ? until_s : 0;
}

enum yc_verdict yc_cli_info(struct yc_cli *c)
{
    struct yc_store_counts counts;
    struct yc_store_branch branch;
    struct yc_store_block top = {0};
    char path[32], xpub[YC_HDKEY_TEXT_MAX], fingerprint[9];
    enum yc_verdict v = yc_cli_open(c);
    if (v == YC_VALID)
        v = yc_store_counts(c->wallet.store, &counts, &c->err);
    if (v == YC_VALID)
        v = yc_store_branch(c->wallet.store, YC_BRANCH_RECEIVE, &branch, &c->err);
    if (v != YC_VALID)
        return v;
    bool read = yc_store_tip(c->wallet.store, &top, &c->err) == YC_VALID;
    yc_wallet_path(path, &c->wallet);
    yc_hdkey_print(xpub, &c->place.setup.params, &c->wallet.account);
    yc_hex_write(fingerprint, c->wallet.master_fingerprint4, 4);
    const char *type = c->wallet.kind == YC_ACCOUNT_P2TR ? "bip86" : "bip84";
    const char *keys = form_text(c->wallet.secret_form), *node = yc_node_client_url(c->node);
    int64_t until_s = unlocked_until(c);
    if (!c->json) {
        yc_cli_print(c, "file          %s\nchain         %s\ntype          %s\nkeys          %s\n", c->path,
                     c->place.setup.params.name, type, keys);
        if (until_s) {
            char until[YC_TIME_TEXT_MAX];
            yc_time_text(until, until_s);
            yc_cli_print(c, "unlocked      until %s\n", until);
        }
        yc_cli_print(c, "fingerprint   %s\npath          %s\naccount xpub  %s\n", fingerprint, path, xpub);
        yc_cli_print(c, "addresses     %" PRIu32 " given out, %" PRIu32 " paid\ntransactions  %" PRId64 "\n",
                     branch.given, branch.paid, counts.transactions);
        if (read)
            yc_cli_print(c, "read          to height %" PRIu32 "\n", top.height);
        else
            yc_cli_print(c, "read          nothing yet\n");
        yc_cli_print(c, "node          %s\n", node);
        return YC_VALID;
    }
    yc_json_begin_object(&c->j);
    yc_json_member_text(&c->j, "file", c->path);
    yc_json_member_text(&c->j, "chain", c->place.setup.params.name);
    yc_json_member_text(&c->j, "type", type);
    yc_json_member_text(&c->j, "keys", keys);
    yc_json_key(&c->j, "unlocked_until");
    if (until_s)
        yc_json_put_int(&c->j, until_s);
    else
        yc_json_put_null(&c->j);
    yc_json_member_text(&c->j, "fingerprint", fingerprint);
    yc_json_member_text(&c->j, "path", path);
    yc_json_member_text(&c->j, "xpub", xpub);
    yc_json_member_int(&c->j, "birth_height", c->wallet.birth_height);
    yc_json_member_int(&c->j, "addresses_given", branch.given);
    yc_json_member_int(&c->j, "addresses_paid", branch.paid);
    yc_json_member_int(&c->j, "transactions", counts.transactions);
    yc_json_member_int(&c->j, "coins", counts.coins);
    yc_json_key(&c->j, "height");
    if (read)
        yc_json_put_int(&c->j, top.height);
    else
        yc_json_put_null(&c->j);
    yc_json_member_text(&c->j, "node", node);
    yc_json_end_object(&c->j);
    return YC_VALID;
}
