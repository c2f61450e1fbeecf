/* How far the chain was read, and what the node's pool says about transactions that are in no block. */
#include "wallet/store_state.h"

static enum yc_verdict get_block(struct yc_sql *q, struct yc_store_block *out, struct yc_error *err)
{
    bool found = yc_sql_row(q);
    if (found) {
        out->height = (uint32_t)yc_sql_get_int(q);
        yc_sql_get_exact(q, out->hash.b, 32);
    }
    enum yc_verdict v = yc_sql_end(q, err);
    return v != YC_VALID || found ? v : YC_NOT_YET;
}

enum yc_verdict yc_store_tip(struct yc_store *s, struct yc_store_block *out, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "SELECT height, hash FROM blocks ORDER BY height DESC LIMIT 1");
    return get_block(&q, out, err);
}

enum yc_verdict yc_store_block_below(struct yc_store *s, uint32_t height, struct yc_store_block *out,
                                     struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "SELECT height, hash FROM blocks WHERE height < ? ORDER BY height DESC LIMIT 1");
    yc_sql_int(&q, height);
    return get_block(&q, out, err);
}

enum yc_verdict yc_store_add_block(struct yc_store *s, const struct yc_store_block *block, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "INSERT OR REPLACE INTO blocks(height, hash) VALUES(?, ?)");
    yc_sql_int(&q, block->height);
    yc_sql_bytes(&q, block->hash.b, 32);
    enum yc_verdict v = yc_sql_end(&q, err);
    if (v != YC_VALID || block->height <= YC_STORE_REMEMBERED ||
        (block->height - YC_STORE_REMEMBERED) % YC_STORE_REMEMBERED == 0)
        return v;
    yc_sql_start(&q, s, "DELETE FROM blocks WHERE height = ?");
    yc_sql_int(&q, block->height - YC_STORE_REMEMBERED);
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_disconnect(struct yc_store *s, uint32_t from_height, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "DELETE FROM blocks WHERE height >= ?");
    yc_sql_int(&q, from_height);
    enum yc_verdict v = yc_sql_end(&q, err);
    if (v != YC_VALID)
        return v;
    /* Until the pool is asked, which decides: ours wait, and are handed over again at once if the node does not have
     * them; others are nothing to rely on. */
    yc_sql_start(&q, s,
                 "UPDATE transactions SET height = NULL, block_time = NULL, sent = 0,"
                 " state = CASE WHEN own THEN 2 ELSE 3 END WHERE height >= ?");
    yc_sql_int(&q, from_height);
    v = yc_sql_end(&q, err);
    return v == YC_VALID ? yc_store_forget_pool(s, err) : v;
}

enum yc_verdict yc_store_pool_seen(struct yc_store *s, const struct yc_txid *txid, bool *out, struct yc_error *err)
{
    struct yc_sql q;
    yc_sql_start(&q, s, "SELECT 1 FROM pool WHERE txid = ?");
    yc_sql_bytes(&q, txid->b, 32);
    *out = yc_sql_row(&q);
    return yc_sql_end(&q, err);
}

enum yc_verdict yc_store_forget_pool(struct yc_store *s, struct yc_error *err)
{
    return yc_sql_run(s, "DELETE FROM pool", err);
}

static enum yc_verdict fill_pool(struct yc_store *s, const struct yc_txid *txids, size_t count, struct yc_error *err)
{
    enum yc_verdict v = yc_sql_run(s, "CREATE TEMP TABLE IF NOT EXISTS now(txid BLOB PRIMARY KEY) WITHOUT ROWID", err);
    if (v == YC_VALID)
        v = yc_sql_run(s, "DELETE FROM temp.now", err);
    if (v != YC_VALID)
        return v;
    struct yc_sql q;
    yc_sql_start(&q, s, "INSERT OR IGNORE INTO temp.now(txid) VALUES(?)");
    for (size_t i = 0; i < count && q.rc == SQLITE_OK; i++) {
        q.bound = 0;
        yc_sql_bytes(&q, txids[i].b, 32);
        while (yc_sql_row(&q))
            continue;
        if (q.rc == SQLITE_DONE)
            q.rc = sqlite3_reset(q.stmt);
    }
    (void)sqlite3_finalize(q.stmt);
    if (q.rc != SQLITE_OK)
        return yc_sql_fail(s, q.rc, err);
    v = yc_sql_run(s, "DELETE FROM pool WHERE txid NOT IN (SELECT txid FROM temp.now)", err);
    if (v == YC_VALID)
        v = yc_sql_run(s, "INSERT INTO pool(txid) SELECT txid FROM temp.now WHERE txid NOT IN (SELECT txid FROM pool)",
                       err);
    return v;
}

/* What a transaction without a block is, by the pool alone. A refused one that turns up in the pool counts again. */
#define STATE_BY_POOL                                                                                                  \
    "CASE WHEN txid IN (SELECT txid FROM pool) THEN 1 WHEN state = 4 THEN 4 WHEN own THEN 2 ELSE 3 END"

/* Spends what a transaction in a block or (unless it is in the pool itself) in the pool spends, or an output of one
 * that does not count. */
#define CONFLICTED                                                                                                     \
    "SELECT a.txid FROM inputs a JOIN inputs b ON b.prev_txid = a.prev_txid AND b.prev_vout = a.prev_vout"             \
    " AND b.txid <> a.txid JOIN transactions c ON c.txid = b.txid JOIN transactions t ON t.txid = a.txid"              \
    " WHERE t.height IS NULL AND (c.height IS NOT NULL OR (c.state = 1 AND t.state = 2))"                              \
    " UNION SELECT i.txid FROM inputs i JOIN transactions p ON p.txid = i.prev_txid"                                   \
    " WHERE p.height IS NULL AND p.state NOT IN (1, 2)"

enum yc_verdict yc_store_set_pool(struct yc_store *s, const struct yc_txid *txids, size_t count, struct yc_error *err)
{
    enum yc_verdict v = fill_pool(s, txids, count, err);
    if (v == YC_VALID)
        v = yc_sql_run(
            s, "UPDATE transactions SET state = " STATE_BY_POOL " WHERE height IS NULL AND state <> " STATE_BY_POOL,
            err);
    /* Each round marks at least one, so the rounds are bounded by the transactions. */
    int changed = 1;
    while (v == YC_VALID && changed > 0) {
        v = yc_sql_run(
            s,
            "UPDATE transactions SET state = 5 WHERE height IS NULL AND state IN (1, 2) AND txid IN (" CONFLICTED ")",
            err);
        changed = sqlite3_changes(s->db);
    }
    return v;
}
