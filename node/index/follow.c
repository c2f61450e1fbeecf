/* Following the published tip: forward along it, or back to the fork when the chain has left the branch. */
#include "node/index/internal.h"

#include "base/assert.h"

static bool on_branch(const struct yc_node *n, const struct yc_node *tip)
{
    return n->height <= tip->height && yc_node_ancestor(tip, n->height) == n;
}

/* ---- reading ---- */

struct reading {
    struct yc_index_block b;
    struct yc_view raw;
    struct yc_arena arena;
};

static void drop(struct yc_index *x, struct reading *r)
{
    yc_arena_release(&r->arena);
    yc_alloc_free(x->all->config.alloc, (void *)(uintptr_t)r->raw.p, r->raw.n);
}

static enum yc_verdict read_block(struct yc_index *x, struct reading *r, const struct yc_node *n, struct yc_error *err)
{
    const struct yc_indexes_config *k = &x->all->config;
    struct yc_reject why;
    enum yc_verdict v = yc_chain_read_block(k->chain, n, k->alloc, &r->raw, err);
    if (v != YC_VALID)
        return v;
    yc_arena_init(&r->arena, k->alloc, yc_block_arena_bytes(r->raw.n), SIZE_MAX);
    v = yc_block_parse(&r->b.block, r->raw, &r->arena, &why);
    if (v == YC_SYSTEM)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to index block %u", n->height);
    if (v != YC_VALID || !yc_block_hash_equal(&r->b.block.hash, &n->hash))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "blk%05u.dat does not hold block %u where the index says; restart with -reindex",
                       n->stored->data.file, n->height);
    return x->type->reads_spent ? yc_chain_read_spent(k->chain, n, &r->arena, &r->b.spent, err) : YC_VALID;
}

/* ---- writing ---- */

/* The records and the block that they lead up to, at once. */
static enum yc_verdict commit(struct yc_index *x, struct yc_error *err)
{
    struct yc_view key = yc_view_text(YC_INDEX_KEY_BEST);
    if (x->at == atomic_load(&x->best))
        return YC_VALID;
    if (x->at)
        yc_kv_batch_put(&x->batch, key, yc_view(x->at->hash.b, sizeof x->at->hash.b));
    else
        yc_kv_batch_delete(&x->batch, key);
    enum yc_verdict v = x->type->save ? x->type->save(x, err) : YC_VALID;
    if (v == YC_VALID)
        v = x->kv->write(x->kv->ctx, &x->batch, true, err);
    if (v != YC_VALID)
        return v;
    yc_kv_batch_clear(&x->batch);
    yc_mutex_lock(&x->all->lock);
    atomic_store(&x->best, x->at);
    yc_cond_broadcast(&x->all->moved);
    yc_mutex_unlock(&x->all->lock);
    if (x->all->events.moved)
        x->all->events.moved(x->all->events.ctx);
    return YC_VALID;
}

static void note_progress(struct yc_index *x, const struct yc_node *tip)
{
    int64_t now_us = yc_mono_us(x->all->config.clock);
    struct yc_work_done w = {.height = x->at->height,
                             .blocks = x->done.blocks,
                             .txs = x->done.txs,
                             .bytes = x->done.bytes,
                             .done = x->at->height,
                             .total = tip->height};
    if (!x->meter.runs)
        yc_meter_begin(&x->meter, now_us, PROGRESS_US, &w);
    if (!yc_meter_due(&x->meter, now_us))
        return;
    char text[YC_METER_TEXT];
    yc_meter_text(&x->meter, text, now_us, &w);
    yc_log_info(x->all->config.log, "Syncing %s with the chain: %s", x->type->name, text);
}

/* ---- moving ---- */

static enum yc_verdict forward(struct yc_index *x, const struct yc_node *n, struct yc_error *err)
{
    struct reading r = {.b = {.node = n}};
    r.b.arena = &r.arena;
    enum yc_verdict v = YC_VALID;
    if (n->parent || x->type->from_genesis) {
        int64_t begun_us = yc_mono_us(x->all->config.clock);
        v = read_block(x, &r, n, err);
        yc_meter_waited(&x->meter, YC_WAITED_DISK, yc_mono_us(x->all->config.clock) - begun_us);
        if (v == YC_VALID)
            v = x->type->add(x, &r.b, err);
        x->done.blocks++;
        x->done.txs += v == YC_VALID ? r.b.block.tx_count : 0;
        x->done.bytes += r.raw.n;
        drop(x, &r);
    }
    if (v == YC_NOT_YET)
        return yc_fail(
            err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
            "the %s stands before block %u, whose data was pruned. Please disable the index or reindex (which "
            "will download the whole blockchain again)",
            x->type->name, n->height);
    if (v != YC_VALID)
        return v;
    if (x->at == atomic_load(&x->best))
        x->batch_since_us = yc_mono_us(x->all->config.clock);
    x->at = n;
    return YC_VALID;
}

/* Each block is taken out by a batch of its own: what take_out() looks up is then in the store. */
static enum yc_verdict back(struct yc_index *x, struct yc_error *err)
{
    const struct yc_node *n = x->at;
    struct reading r = {.b = {.node = n}};
    r.b.arena = &r.arena;
    enum yc_verdict v = commit(x, err);
    if (v == YC_VALID && x->type->reads_stale && (n->parent || x->type->from_genesis))
        v = read_block(x, &r, n, err);
    if (v == YC_VALID && x->type->take_out)
        v = x->type->take_out(x, &r.b, err);
    drop(x, &r);
    if (v == YC_VALID && x->type->load)
        v = x->type->load(x, n->parent, err);
    if (v == YC_NOT_YET)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the %s stands at block %u, which is no longer on the chain, and whose data is gone: remove the "
                       "folder indexes/%s, and it is built anew",
                       x->type->name, n->height, x->type->folder);
    if (v != YC_VALID)
        return v;
    x->at = n->parent;
    yc_log_debug(x->all->config.log, YC_LOGC_PRUNE, "%s prune lock moved back to %u", x->type->name,
                 x->at ? x->at->height : 0);
    return commit(x, err);
}

static bool batch_is_due(const struct yc_index *x, const struct yc_node *tip)
{
    return x->at == tip || x->batch.ops.n >= BATCH_BYTES_FULL || x->waiting_count == COINSTATS_WAITING_MAX ||
           yc_mono_us(x->all->config.clock) - x->batch_since_us >= BATCH_US;
}

enum yc_verdict yc_index_advance(struct yc_index *x, struct yc_error *err)
{
    bool behind;
    const struct yc_node *tip = yc_chain_validated(x->all->config.chain, &behind);
    if (behind)
        atomic_store(&x->synced, false);
    if (x->at && !on_branch(x->at, tip))
        return back(x, err);
    if (x->at != atomic_load(&x->best) && batch_is_due(x, tip))
        return commit(x, err);
    if (x->at == tip) {
        x->meter.runs = false; /* what follows is no long work */
        if (!behind && !atomic_exchange(&x->synced, true))
            yc_log_info(x->all->config.log, "%s is enabled at height %u", x->type->name, tip->height);
        return YC_NOT_YET;
    }
    enum yc_verdict v = forward(x, yc_node_ancestor(tip, x->at ? x->at->height + 1 : 0), err);
    if (v == YC_VALID)
        note_progress(x, tip);
    return v;
}
