/* Looking at the chain, and an operator's word about a block. */
#include "base/assert.h"
#include "node/chain/internal.h"

const struct yc_chain_params *yc_chain_params_of(const struct yc_chain *c)
{
    return c->config.params;
}
const struct yc_alloc *yc_chain_alloc(const struct yc_chain *c)
{
    return c->alloc;
}

const struct yc_node *yc_chain_find(const struct yc_chain *c, const struct yc_block_hash *hash)
{
    return yc_tree_find(&c->tree, hash);
}

const struct yc_node *yc_chain_snapshot(const struct yc_chain *c)
{
    return atomic_load(&c->published);
}
const struct yc_node *yc_chain_tip(const struct yc_chain *c)
{
    return atomic_load(&c->published);
}
const struct yc_node *yc_chain_best_header(const struct yc_chain *c)
{
    return c->best_header;
}

const struct yc_node *yc_chain_at(const struct yc_chain *c, uint32_t height)
{
    const struct yc_node *tip = yc_chain_tip(c);
    return height <= tip->height ? yc_node_ancestor(tip, height) : NULL;
}

bool yc_chain_has(const struct yc_chain *c, const struct yc_node *n)
{
    return yc_chain_at(c, n->height) == n;
}

bool yc_chain_settled(struct yc_chain *c)
{
    return yc_chain_at_rest(c) && yc_nothing_urgent_waits(c) && !yc_node_failed(c->active->tip) &&
           yc_candidates_best(c) == c->active->tip;
}

bool yc_chain_is_durable(const struct yc_node *n)
{
    return !(n->status & (YC_NODE_DIRTY | YC_NODE_SAVING));
}

enum yc_verdict yc_chain_coin(struct yc_chain *c, const struct yc_outpoint *at, bool keep, struct yc_arena *arena,
                              struct yc_coin *out, struct yc_error *err)
{
    return yc_coins_get(c->active->coins, at, keep, arena, out, err);
}

enum yc_verdict yc_chain_coins_scan(struct yc_chain *c, struct yc_coins_scan *out, struct yc_error *err)
{
    struct yc_chainstate *s = c->active;
    if (!yc_chain_at_rest(c))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "a block is being connected; try again in a moment");
    if (yc_verify_holds_store(c))
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the chain is being verified; try again in a moment");
    struct yc_block_hash stored = yc_coins_stored_best(s->coins);
    if (yc_coins_usage(s->coins).dirty > 0 || !yc_block_hash_equal(&stored, &s->tip->hash)) {
        s->flush_wanted = true;
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the coins are being written; try again in a moment");
    }
    return yc_coins_scan_open(out, s->kv, err);
}

/* ---- tips ---- */

struct tips {
    const struct yc_chain *c;
    struct yc_chain_tip *out;
    size_t cap, count;
};

static enum yc_chain_tip_status tip_status(const struct yc_chain *c, const struct yc_node *n)
{
    if (n == yc_chain_tip(c))
        return YC_TIP_ACTIVE;
    if (yc_node_failed(n))
        return YC_TIP_INVALID;
    if (n->stored->chain_tx_count == 0)
        return YC_TIP_HEADERS_ONLY;
    return n->status & YC_BLOCK_CONNECTED ? YC_TIP_VALID_FORK : YC_TIP_VALID_HEADERS;
}

static void tips_one(void *ctx, struct yc_node *n)
{
    struct tips *t = ctx;
    const struct yc_node *active = yc_chain_tip(t->c);
    if (n->first_child && n != active)
        return;
    if (t->count++ < t->cap) {
        const struct yc_node *fork = yc_node_fork(n, active);
        t->out[t->count - 1] = (struct yc_chain_tip){n, n->height - fork->height, tip_status(t->c, n)};
    }
}

size_t yc_chain_tips(const struct yc_chain *c, struct yc_chain_tip *out, size_t cap)
{
    struct tips t = {c, out, cap, 0};
    yc_tree_each(&c->tree, tips_one, &t);
    return t.count;
}

/* ---- an operator's word ---- */

static enum yc_verdict named_node(struct yc_chain *c, const struct yc_block_hash *hash, struct yc_node **out,
                                  struct yc_error *err)
{
    *out = yc_tree_find(&c->tree, hash);
    return *out ? YC_VALID : yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "Block not found");
}

enum yc_verdict yc_chain_invalidate(struct yc_chain *c, const struct yc_block_hash *hash, struct yc_error *err)
{
    struct yc_node *n = NULL;
    enum yc_verdict v = named_node(c, hash, &n, err);
    if (v != YC_VALID)
        return v;
    if (!n->parent)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the genesis block cannot be invalidated");
    if (yc_below_base(c, n))
        return yc_fail(
            err, YC_POLICY, YC_SYSTEM_NONE,
            "block %u cannot be invalidated: the chain was begun from a snapshot at height %u, and the blocks "
            "up to there are still being validated",
            n->height, c->assumed.base.height);
    if ((int64_t)n->height <= c->prune.pruned_height && yc_node_fork(n, c->active->tip) == n)
        return yc_fail(
            err, YC_POLICY, YC_SYSTEM_NONE,
            "block %u cannot be invalidated: the blocks above it would have to be disconnected, and the data "
            "of those up to height %lld was pruned",
            n->height, (long long)c->prune.pruned_height);
    /* A block in flight may be the one, or stand on it: let them go first. */
    yc_line_drop(c->active);
    if (!yc_mark_failed(c, n, YC_BLOCK_FAILED_BY_OPERATOR))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to mark blocks");
    return YC_VALID;
}

enum yc_verdict yc_chain_reconsider(struct yc_chain *c, const struct yc_block_hash *hash, struct yc_error *err)
{
    const uint32_t marks = YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR | YC_BLOCK_FAILED_BY_OPERATOR;
    struct yc_node *n = NULL;
    enum yc_verdict v = named_node(c, hash, &n, err);
    bool ok = true;
    if (v != YC_VALID)
        return v;
    for (struct yc_node *up = n->parent; ok && up && yc_node_failed(up); up = up->parent) {
        up->status &= ~marks;
        ok = yc_mark_dirty(c, up);
    }
    for (struct yc_node *d = n; ok && d; d = yc_node_next_in_subtree(n, d)) {
        d->status &= ~marks;
        ok = yc_mark_dirty(c, d);
    }
    if (!ok || !yc_candidates_rebuild(c)) {
        (void)yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to mark blocks");
        return yc_chain_fail(c, err);
    }
    yc_best_header_rebuild(c);
    return YC_VALID;
}

enum yc_verdict yc_chain_prefer(struct yc_chain *c, const struct yc_block_hash *hash, struct yc_error *err)
{
    struct yc_node *n = NULL;
    enum yc_verdict v = named_node(c, hash, &n, err);
    if (v != YC_VALID || yc_node_work_compare(n, c->active->tip) < 0 || !n->stored->chain_tx_count)
        return v;
    if (!yc_mark_dirty(c, n) || !yc_candidates_add(c, n))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to prefer a block");
    struct yc_stored *s = yc_tree_stored(&c->tree, n);
    YC_ASSERT(s); /* it holds chain_tx_count already */
    s->sequence = --c->precious_last;
    return YC_VALID;
}

bool yc_chain_is_initial_download(struct yc_chain *c, int64_t max_tip_age_s)
{
    if (c->left_initial_download)
        return false;
    const struct yc_node *tip = yc_chain_tip(c);
    if (c->loading || yc_u256_compare(yc_node_work(tip), c->config.minimum_chain_work) < 0 ||
        (int64_t)tip->time < yc_wall_s(c->config.clock) - max_tip_age_s)
        return true;
    yc_log_info(c->config.log, "Leaving InitialBlockDownload (latching to false)");
    c->left_initial_download = true;
    return false;
}

int64_t yc_chain_disk_bytes(const struct yc_chain *c)
{
    return (int64_t)yc_blockfiles_bytes(c->files);
}
