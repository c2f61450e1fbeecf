/* Scripts, transactions and what follows from them: coins, history, sums. */
#include <stdlib.h>
#include <string.h>

#include "wallet/store_state.h"

/* -- scripts */

enum yc_verdict yc_store_add_script(struct yc_store *s, const struct yc_store_script *script, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "INSERT INTO scripts(branch, idx, script) VALUES(?, ?, ?) ON CONFLICT(branch, idx) DO NOTHING");
    yc_sql_int(&q, script->branch);
    yc_sql_int(&q, script->index);
    yc_sql_bytes(&q, script->script.p, script->script.n);
    return yc_sql_end(&q, err);
}

/* A branch and an index as the columns say. */
static void get_place(struct yc_sql *q, enum yc_account_branch *branch, uint32_t *index)
{
    *branch = yc_sql_get_int(q) == YC_BRANCH_CHANGE ? YC_BRANCH_CHANGE : YC_BRANCH_RECEIVE;
    *index = (uint32_t)yc_sql_get_int(q);
}

enum yc_verdict yc_store_each_script(struct yc_store *s, yc_store_each_script_fn each, void *ctx, struct yc_error *err)
{
    struct yc_sql q;
    enum yc_verdict v = YC_VALID;
    yc_sql_start(&q, s, "SELECT branch, idx, script FROM scripts ORDER BY branch, idx");
    while (v == YC_VALID && yc_sql_row(&q)) {
        struct yc_store_script row;
        get_place(&q, &row.branch, &row.index);
        row.script = yc_sql_get_bytes(&q);
        v = each(ctx, &row);
    }
    enum yc_verdict ended = yc_sql_end(&q, err);
    return v != YC_VALID ? v : ended;
}

enum yc_verdict yc_store_find_script(struct yc_store *s, struct yc_view script, enum yc_account_branch *branch,
                                     uint32_t *index, bool *found, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "SELECT branch, idx FROM scripts WHERE script = ?");
    yc_sql_bytes(&q, script.p, script.n);
    *found = yc_sql_row(&q);
    if (*found)
        get_place(&q, branch, index);
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_branch(struct yc_store *s, enum yc_account_branch branch, struct yc_store_branch *out,
                                struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s,
                 "SELECT (SELECT count(*) FROM scripts WHERE branch = ?1),"
                 " (SELECT given FROM branches WHERE branch = ?1),"
                 " (SELECT coalesce(max(idx) + 1, 0) FROM outputs WHERE branch = ?1)");
    yc_sql_int(&q, branch);
    memset(out, 0, sizeof *out);
    if (yc_sql_row(&q)) {
        out->derived = (uint32_t)yc_sql_get_int(&q);
        out->given = (uint32_t)yc_sql_get_int(&q);
        out->paid = (uint32_t)yc_sql_get_int(&q);
    }
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_set_given(struct yc_store *s, enum yc_account_branch branch, uint32_t given,
                                   struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "UPDATE branches SET given = ?2 WHERE branch = ?1 AND given < ?2");
    yc_sql_int(&q, branch);
    yc_sql_int(&q, given);
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_set_label(struct yc_store *s, uint32_t index, const char *label, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "UPDATE scripts SET label = ?2 WHERE branch = 0 AND idx = ?1");
    yc_sql_int(&q, index);
    yc_sql_text(&q, label);
    return yc_sql_end(&q, err);
}

/* -- transactions */

static void bind_height(struct yc_sql *q, int64_t height)
{
    if (height < 0)
        yc_sql_null(q);
    else
        yc_sql_int(q, height);
}

enum yc_verdict yc_store_put_tx(struct yc_store *s, const struct yc_store_tx *tx, const struct yc_outpoint *inputs,
                                size_t input_count, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s,
                 "INSERT INTO transactions(txid, raw, height, block_time, seen, state, coinbase, own, fee, sent)"
                 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT(txid) DO UPDATE SET"
                 " height = ?3, block_time = ?4, state = ?6, own = ?8, fee = ?9");
    yc_sql_bytes(&q, tx->txid.b, 32);
    yc_sql_bytes(&q, tx->raw.p, tx->raw.n);
    bind_height(&q, tx->height);
    yc_sql_int(&q, tx->block_time_s);
    yc_sql_int(&q, tx->seen_s);
    yc_sql_int(&q, tx->state);
    yc_sql_int(&q, tx->coinbase);
    yc_sql_int(&q, tx->own);
    yc_sql_int(&q, tx->fee_sat);
    yc_sql_int(&q, tx->sent_s);
    enum yc_verdict v = yc_sql_end(&q, err);
    for (size_t i = 0; i < input_count && v == YC_VALID; i++) {
        yc_sql_start(&q, s,
                     "INSERT INTO inputs(txid, prev_txid, prev_vout) VALUES(?, ?, ?)"
                     " ON CONFLICT(txid, prev_txid, prev_vout) DO NOTHING");
        yc_sql_bytes(&q, tx->txid.b, 32);
        yc_sql_bytes(&q, inputs[i].txid.b, 32);
        yc_sql_int(&q, inputs[i].index);
        v = yc_sql_end(&q, err);
    }
    return v;
}

enum yc_verdict yc_store_put_output(struct yc_store *s, const struct yc_store_output *output, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s,
                 "INSERT INTO outputs(txid, vout, value, branch, idx) VALUES(?, ?, ?, ?, ?)"
                 " ON CONFLICT(txid, vout) DO NOTHING");
    yc_sql_bytes(&q, output->outpoint.txid.b, 32);
    yc_sql_int(&q, output->outpoint.index);
    yc_sql_int(&q, output->value_sat);
    yc_sql_int(&q, output->branch);
    yc_sql_int(&q, output->index);
    return yc_sql_end(&q, err);
}

#define TX_COLUMNS                                                                                                     \
    "t.txid, t.raw, coalesce(t.height, -1), t.block_time, t.seen, t.state, t.coinbase, t.own, t.fee, t.sent"

static void get_tx(struct yc_sql *q, struct yc_store_tx *out)
{
    yc_sql_get_exact(q, out->txid.b, 32);
    out->raw = yc_sql_get_bytes(q);
    out->height = yc_sql_get_int(q);
    out->block_time_s = yc_sql_get_int(q);
    out->seen_s = yc_sql_get_int(q);
    out->state = (enum yc_store_tx_state)yc_sql_get_int(q);
    out->coinbase = yc_sql_get_int(q) != 0;
    out->own = yc_sql_get_int(q) != 0;
    out->fee_sat = yc_sql_get_int(q);
    out->sent_s = yc_sql_get_int(q);
}

/* The bytes outlive the statement: one that stays open would keep other processes from writing. */
static void keep_raw(struct yc_sql *q, struct yc_view *raw)
{
    free(q->store->raw);
    q->store->raw = malloc(raw->n ? raw->n : 1);
    if (!q->store->raw) {
        q->rc = SQLITE_NOMEM;
        return;
    }
    if (raw->n)
        memcpy(q->store->raw, raw->p, raw->n);
    raw->p = q->store->raw;
}

enum yc_verdict yc_store_get_tx(struct yc_store *s, const struct yc_txid *txid, struct yc_store_tx *out,
                                struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "SELECT " TX_COLUMNS " FROM transactions t WHERE t.txid = ?");
    yc_sql_bytes(&q, txid->b, 32);
    bool found = yc_sql_row(&q);
    if (found) {
        get_tx(&q, out);
        keep_raw(&q, &out->raw);
    }
    enum yc_verdict v = yc_sql_end(&q, err);
    if (v != YC_VALID || found)
        return v;
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the wallet does not know this transaction");
}

static enum yc_verdict set_column(struct yc_store *s, const char *text, const struct yc_txid *txid, int64_t value,
                                  struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, text);
    yc_sql_bytes(&q, txid->b, 32);
    yc_sql_int(&q, value);
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_set_state(struct yc_store *s, const struct yc_txid *txid, enum yc_store_tx_state state,
                                   struct yc_error *err)
{
    return set_column(s, "UPDATE transactions SET state = ?2 WHERE txid = ?1", txid, state, err);
}

enum yc_verdict yc_store_set_sent(struct yc_store *s, const struct yc_txid *txid, int64_t sent_s, struct yc_error *err)
{
    return set_column(s, "UPDATE transactions SET sent = ?2 WHERE txid = ?1", txid, sent_s, err);
}

static void get_output(struct yc_sql *q, struct yc_store_output *out)
{
    yc_sql_get_exact(q, out->outpoint.txid.b, 32);
    out->outpoint.index = (uint32_t)yc_sql_get_int(q);
    out->value_sat = yc_sql_get_int(q);
    get_place(q, &out->branch, &out->index);
}

enum yc_verdict yc_store_each_output(struct yc_store *s, yc_store_each_output_fn each, void *ctx, struct yc_error *err)
{
    struct yc_sql q;
    enum yc_verdict v = YC_VALID;
    yc_sql_start(&q, s, "SELECT txid, vout, value, branch, idx FROM outputs");
    while (v == YC_VALID && yc_sql_row(&q)) {
        struct yc_store_output row;
        get_output(&q, &row);
        if (q.rc == SQLITE_OK)
            v = each(ctx, &row);
    }
    enum yc_verdict ended = yc_sql_end(&q, err);
    return v != YC_VALID ? v : ended;
}

enum yc_verdict yc_store_each_history(struct yc_store *s, yc_store_each_history_fn each, void *ctx,
                                      struct yc_error *err)
{
    struct yc_sql q;
    enum yc_verdict v = YC_VALID;
    yc_sql_start(&q, s,
                 "SELECT " TX_COLUMNS ","
                 " (SELECT coalesce(sum(value), 0) FROM outputs o WHERE o.txid = t.txid) -"
                 " (SELECT coalesce(sum(o.value), 0) FROM inputs i JOIN outputs o"
                 "   ON o.txid = i.prev_txid AND o.vout = i.prev_vout WHERE i.txid = t.txid)"
                 " FROM transactions t ORDER BY t.height IS NULL, t.height, t.seen, t.rowid");
    while (v == YC_VALID && yc_sql_row(&q)) {
        struct yc_store_history row;
        get_tx(&q, &row.tx);
        row.net_sat = yc_sql_get_int(&q);
        if (q.rc == SQLITE_OK)
            v = each(ctx, &row);
    }
    enum yc_verdict ended = yc_sql_end(&q, err);
    return v != YC_VALID ? v : ended;
}

#define COINS                                                                                                          \
    " FROM outputs o JOIN active a ON a.txid = o.txid"                                                                 \
    " WHERE NOT EXISTS (SELECT 1 FROM spent x WHERE x.prev_txid = o.txid AND x.prev_vout = o.vout)"

enum yc_verdict yc_store_each_coin(struct yc_store *s, yc_store_each_coin_fn each, void *ctx, struct yc_error *err)
{
    struct yc_sql q;
    enum yc_verdict v = YC_VALID;
    yc_sql_start(&q, s,
                 "SELECT o.txid, o.vout, o.value, o.branch, o.idx, coalesce(a.height, -1), a.coinbase,"
                 " a.height IS NULL AND a.state = 1 AND a.fee >= 0" COINS
                 " ORDER BY o.value DESC, a.height, o.txid, o.vout");
    while (v == YC_VALID && yc_sql_row(&q)) {
        struct yc_store_coin row;
        get_output(&q, &row.output);
        row.height = yc_sql_get_int(&q);
        row.coinbase = yc_sql_get_int(&q) != 0;
        row.trusted = yc_sql_get_int(&q) != 0;
        if (q.rc == SQLITE_OK)
            v = each(ctx, &row);
    }
    enum yc_verdict ended = yc_sql_end(&q, err);
    return v != YC_VALID ? v : ended;
}

enum yc_verdict yc_store_is_coin(struct yc_store *s, const struct yc_outpoint *outpoint, bool *out,
                                 struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "SELECT 1" COINS " AND o.txid = ? AND o.vout = ?");
    yc_sql_bytes(&q, outpoint->txid.b, 32);
    yc_sql_int(&q, outpoint->index);
    *out = yc_sql_row(&q);
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_received(struct yc_store *s, struct yc_view script, uint32_t confirmations_min,
                                  uint32_t tip_height, int64_t *out_sat, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(
        &q, s,
        "SELECT coalesce(sum(o.value), 0) FROM scripts s JOIN outputs o ON o.branch = s.branch AND o.idx = s.idx"
        " JOIN active a ON a.txid = o.txid WHERE s.script = ?1 AND (?2 = 0 OR a.height <= ?3 + 1 - ?2)");
    yc_sql_bytes(&q, script.p, script.n);
    yc_sql_int(&q, confirmations_min);
    yc_sql_int(&q, tip_height);
    *out_sat = yc_sql_row(&q) ? yc_sql_get_int(&q) : 0;
    return yc_sql_end(&q, err);
}

/* -- payments */

enum yc_verdict yc_store_get_payment(struct yc_store *s, const char *id, struct yc_store_payment *out,
                                     struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "SELECT id, txid, address, amount FROM payments WHERE id = ?");
    yc_sql_text(&q, id);
    bool found = yc_sql_row(&q);
    if (found) {
        yc_sql_get_text(&q, out->id, sizeof out->id);
        yc_sql_get_exact(&q, out->txid.b, 32);
        yc_sql_get_text(&q, out->address, sizeof out->address);
        yc_sql_get_text(&q, out->amount, sizeof out->amount);
    }
    enum yc_verdict v = yc_sql_end(&q, err);
    if (v != YC_VALID || found)
        return v;
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "no payment has the id %s", id);
}

enum yc_verdict yc_store_add_payment(struct yc_store *s, const struct yc_store_payment *payment, struct yc_error *err)
{
    struct yc_store_payment there;
    enum yc_verdict v = yc_store_get_payment(s, payment->id, &there, err);
    if (v == YC_VALID)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the payment id %s is taken: each payment needs its own",
                       payment->id);
    if (v != YC_NOT_YET)
        return v;
    struct yc_sql q;
    yc_sql_start(&q, s, "INSERT INTO payments(id, txid, address, amount) VALUES(?, ?, ?, ?)");
    yc_sql_text(&q, payment->id);
    yc_sql_bytes(&q, payment->txid.b, 32);
    yc_sql_text(&q, payment->address);
    yc_sql_text(&q, payment->amount);
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_drop_payment(struct yc_store *s, const struct yc_txid *txid, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "DELETE FROM payments WHERE txid = ?");
    yc_sql_bytes(&q, txid->b, 32);
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_counts(struct yc_store *s, struct yc_store_counts *out, struct yc_error *err)
{
    struct yc_sql q;
    *out = (struct yc_store_counts){0, 0};
    yc_sql_start(&q, s, "SELECT (SELECT count(*) FROM transactions), (SELECT count(*)" COINS ")");
    if (yc_sql_row(&q)) {
        out->transactions = yc_sql_get_int(&q);
        out->coins = yc_sql_get_int(&q);
    }
    return yc_sql_end(&q, err);
}
