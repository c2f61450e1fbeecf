/* Moving the coins from block to block: connecting one (in phases, between which the core may do other things),
 * disconnecting one, and replaying an interrupted flush. */
#include "node/chain/internal.h"

#include "base/assert.h"

/* A block must be buried under this much work, in time at the best header's rate, before -assumevalid may skip its
 * scripts: two weeks, so that nobody who feeds us a chain can make us trust its tip. */
#define ASSUME_VALID_BURIED_S (INT64_C(14) * 24 * 60 * 60)

static bool on_branch(const struct yc_node *n, const struct yc_node *tip)
{
    return n->height <= tip->height && yc_node_ancestor(tip, n->height) == n;
}

/* How long the best header's chain would need at its present rate for the work above n. */
static struct yc_u256 buried_s(const struct yc_chain *c, const struct yc_node *n)
{
    const struct yc_node *best = c->best_header;
    struct yc_u256 per_block = yc_work_of_bits(best->bits), above = yc_u256_sub(yc_node_work(best), yc_node_work(n));
    struct yc_u256 time = yc_u256_mul64(above, c->config.params->pow.spacing_s);
    return yc_u256_is_zero(per_block) ? YC_U256_ZERO : yc_u256_div(time, per_block);
}

/* Why the scripts of n must be run although -assumevalid names a block, or NULL. The conditions, their order and their
 * names are Bitcoin Core's: n is an ancestor of the named block and of the best header, which has enough work in all and
 * enough of it above n. */
static const char *why_not_assumed(const struct yc_chain *c, const struct yc_node *n)
{
    const struct yc_node *named = yc_tree_find(&c->tree, &c->config.assume_valid);
    if (yc_hash_is_zero(c->config.assume_valid.b))
        return "assumevalid=0 (always verify)";
    if (!named)
        return "assumevalid hash not in headers";
    if (!on_branch(n, named))
        return n->height > named->height ? "block height above assumevalid height" : "block not in assumevalid chain";
    if (!on_branch(n, c->best_header))
        return "block not in best header chain";
    if (yc_u256_compare(yc_node_work(c->best_header), c->config.minimum_chain_work) < 0)
        return "best header chainwork below minimumchainwork";
    if (yc_u256_compare(buried_s(c, n), yc_u256_from((uint64_t)ASSUME_VALID_BURIED_S)) <= 0)
        return "block too recent relative to best header";
    return NULL;
}

bool yc_scripts_skipped(struct yc_chainstate *s, const struct yc_node *n, uint32_t flags)
{
    const struct yc_chain *c = s->chain;
    if ((n->status & YC_BLOCK_SCRIPTS_VALID) && (n->stored->script_flags & flags) == flags)
        return true;
    const char *why_not = why_not_assumed(c, n);
    if (why_not != s->scripts_told || !s->scripts_told_once) {
        char hash[65];
        yc_hex_write_reversed(hash, n->hash.b, 32);
        yc_log_info(c->config.log, "%s script verification at block #%u (%s)%s%s.", why_not ? "Enabling" : "Disabling",
                    n->height, hash, why_not ? ": " : "", why_not ? why_not : "");
        s->scripts_told = why_not;
        s->scripts_told_once = true;
    }
    return !why_not;
}

enum yc_verdict yc_connect_begin(struct yc_chainstate *s, struct yc_node *n)
{
    struct yc_chain *c = s->chain;
    struct yc_error err;
    struct yc_loaded *l = NULL;
    enum yc_verdict v = yc_inputs_take(s, n, &l, &err);
    if (v == YC_VALID) {
        yc_coins_expect(s->coins, &l->body.block);
        return yc_line_begin(s, l);
    }
    return v == YC_NOT_YET && (yc_inputs_reads(s, n) || yc_ahead_reads(s, n)) ? v : yc_chain_fail(c, &err);
}

/* What a body whose data is here has of its own already. */
static struct yc_stored *stored_of(struct yc_chain *c, struct yc_node *n)
{
    struct yc_stored *s = yc_tree_stored(&c->tree, n);
    YC_ASSERT(s);
    return s;
}

/* The undo data is written once; a block that is connected again has it already. */
enum yc_verdict yc_write_undo(struct yc_chain *c, struct yc_loaded *l, struct yc_error *err)
{
    struct yc_node *n = l->node;
    if (n->status & YC_BLOCK_HAVE_UNDO)
        return YC_VALID;
    struct yc_writer w;
    yc_writer_init_count(&w);
    yc_undo_write(&w, &l->body.spent);
    size_t bytes = w.n;
    uint8_t *p = yc_arena_take(&l->arena, bytes);
    if (!p)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the undo data of block %u", n->height);
    yc_writer_init(&w, p, bytes);
    yc_undo_write(&w, &l->body.spent);
    YC_ASSERT(!w.failed && w.n == bytes);
    struct yc_file_pos at;
    enum yc_verdict v =
        yc_blockfiles_append_undo(c->files, n->stored->data.file, &n->parent->hash, yc_view(p, bytes), &at, err);
    if (v != YC_VALID)
        return v;
    struct yc_stored *s = stored_of(c, n);
    s->undo = at;
    s->undo_sum = yc_blockfile_checksum(yc_view(p, bytes));
    n->status |= YC_BLOCK_HAVE_UNDO;
    return YC_VALID;
}

bool yc_note_connected(struct yc_chainstate *s, struct yc_loaded *l, bool scripts_checked, uint32_t flags)
{
    struct yc_chain *c = s->chain;
    struct yc_node *n = l->node;
    n->status |= YC_BLOCK_CONNECTED;
    if (s == c->active && c->background)
        n->status |= YC_BLOCK_ASSUMED;
    if (scripts_checked) {
        stored_of(c, n)->script_flags = flags;
        n->status |= YC_BLOCK_SCRIPTS_VALID;
    }
    s->flush_blocks++;
    s->flush_bytes += l->body.block.raw.n;
    c->pace.blocks++;
    c->pace.bytes += l->body.block.raw.n;
    if (!yc_mark_dirty(c, n)) {
        yc_loaded_free(c, l);
        return false;
    }
    if (s == c->active)
        return yc_pending_add(c, YC_CHAIN_CONNECTED, n, l, NULL, l->source) == YC_VALID;
    yc_loaded_free(c, l); /* of the chain for others already */
    return true;
}

enum yc_coins_undo yc_undo_of(const struct yc_chain *c, const struct yc_node *n)
{
    return yc_block_was_overwritten(c->config.params, n->height, &n->hash) ? YC_COINS_UNDO_OVERWRITTEN
                                                                           : YC_COINS_UNDO_EXACT;
}

/* Take one block off the coins; the body comes back with what it spent. */
static enum yc_verdict disconnect(struct yc_chainstate *s, struct yc_node *n, enum yc_coins_undo how,
                                  struct yc_loaded **out, struct yc_error *err)
{
    struct yc_chain *c = s->chain;
    struct yc_loaded *l = NULL;
    enum yc_verdict v = yc_loaded_get(c, &l, n, err);
    if (v != YC_VALID)
        return v;
    v = yc_loaded_spent(c, l, err);
    if (v == YC_VALID) {
        yc_coins_block_begin(s->coins, &l->arena);
        v = yc_coins_block_disconnect(s->coins, &l->body.block, n->height, &l->body.spent, how, err);
        if (v == YC_VALID)
            yc_coins_block_commit(s->coins, &n->parent->hash);
        else
            yc_coins_block_rollback(s->coins);
    }
    if (v != YC_VALID) {
        yc_loaded_free(c, l);
        return v == YC_NOT_YET
                   ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                             "block %u cannot be disconnected: its data is gone; restart with -reindex", n->height)
                   : v;
    }
    *out = l;
    return YC_VALID;
}

enum yc_verdict yc_disconnect_tip(struct yc_chainstate *s)
{
    struct yc_chain *c = s->chain;
    struct yc_error err;
    struct yc_loaded *l = NULL;
    struct yc_node *n = s->tip;
    YC_ASSERT(n->parent && s->front == n);
    if (disconnect(s, n, yc_undo_of(c, n), &l, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    YC_ASSERT(l);
    s->tip = s->front = n->parent;
    s->flush_blocks++;
    s->flush_bytes += l->body.block.raw.n;
    if (s != c->active) {
        yc_loaded_free(c, l);
        return YC_VALID;
    }
    bool ok = yc_pending_add(c, YC_CHAIN_DISCONNECTED, n, l, NULL, 0) == YC_VALID;
    /* Leaving a bad tip lowers the bar: branches with less work than it had may be best now. */
    if (ok && yc_node_failed(n) && !yc_node_failed(s->tip))
        ok = yc_candidates_rebuild(c);
    if (!ok) {
        (void)yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to disconnect block %u", n->height);
        return yc_chain_fail(c, &err);
    }
    return YC_VALID;
}

enum yc_verdict yc_replay_one(struct yc_chainstate *s)
{
    struct yc_chain *c = s->chain;
    struct yc_error err;
    struct yc_loaded *l = NULL;
    struct yc_node *from = s->replay_from, *to = s->replay_to;
    const struct yc_node *fork = yc_node_fork(from, to);
    enum yc_verdict v;
    if (from != fork) {
        v = disconnect(s, from, YC_COINS_UNDO_REPLAY, &l, &err);
        s->replay_from = from->parent;
    } else if (from != to) {
        struct yc_node *n = (struct yc_node *)(uintptr_t)yc_node_ancestor(to, from->height + 1);
        v = yc_loaded_get(c, &l, n, &err);
        if (v == YC_VALID) {
            yc_coins_block_begin(s->coins, &l->arena);
            v = yc_coins_block_replay(s->coins, &l->body.block, n->height, &err);
            if (v == YC_VALID)
                yc_coins_block_commit(s->coins, &n->hash);
            else
                yc_coins_block_rollback(s->coins);
        }
        s->replay_from = n;
    } else {
        v = yc_coins_flush(s->coins, false, &err);
        s->tip = s->front = to;
        s->replay_from = s->replay_to = NULL;
    }
    yc_loaded_free(c, l);
    return v == YC_VALID ? YC_VALID : yc_chain_fail(c, &err);
}

enum yc_verdict yc_chain_test_block(struct yc_chain *c, struct yc_view raw, bool check_pow, struct yc_reject *why)
{
    struct yc_loaded *l = NULL;
    enum yc_verdict v = yc_loaded_new(c, &l, raw, why);
    if (v != YC_VALID)
        return v;
    const struct yc_block *b = &l->body.block;
    const struct yc_chain_params *params = c->config.params;
    struct yc_ancestors a = yc_node_ancestors(c->active->tip);
    uint32_t height = c->active->tip->height + 1;
    if (!yc_block_hash_equal(&b->header.prev, &c->active->tip->hash)) {
        v = yc_reject_set(why, YC_REJ_HEADER_PREV_NOT_FOUND, YC_NO_INDEX, YC_NO_INDEX);
    } else {
        int64_t now_s = yc_wall_s(c->config.clock);
        v = check_pow ? yc_header_accept(&b->header, &b->hash, params, &a, now_s, why)
                      : yc_header_accept_context(&b->header, params, &a, now_s, why);
    }
    if (v == YC_VALID)
        v = yc_block_check_body(b, yc_rule_active(params->rules.bip54, height), &l->arena, why);
    if (v == YC_VALID)
        v = yc_block_accept(b, params, height, &a, &l->arena, why);
    if (v == YC_VALID)
        v = yc_line_try(c->active, l, why);
    yc_loaded_free(c, l);
    return v;
}
