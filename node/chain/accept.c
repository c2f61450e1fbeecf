/* Taking headers and bodies: checked, stored, linked; never connected here. */
#include "node/chain/internal.h"

/* Bodies that nobody asked for and that are so far ahead of the tip are not stored: their parents' bodies are missing,
 * and a flood of them would fill the disk (catalogue P30). */
#define UNREQUESTED_AHEAD_MAX 288

static enum yc_verdict reject_detail(struct yc_reject *why, enum yc_rej code, const char *detail)
{
    enum yc_verdict v = yc_reject_set(why, code, YC_NO_INDEX, YC_NO_INDEX);
    size_t n = strlen(detail);
    n = n < sizeof why->detail ? n : sizeof why->detail - 1;
    memcpy(why->detail, detail, n);
    why->detail[n] = 0;
    return v;
}

enum yc_verdict yc_chain_submit_header(struct yc_chain *c, const struct yc_header *h, const struct yc_node **out,
                                       struct yc_reject *why)
{
    struct yc_block_hash hash = yc_header_hash(h);
    struct yc_node *n = yc_tree_find(&c->tree, &hash);
    if (n) {
        /* Idempotent (catalogue C36). */
        if (out)
            *out = n;
        return yc_node_failed(n) ? reject_detail(why, YC_REJ_BLOCK_KNOWN_INVALID, "") : YC_VALID;
    }
    struct yc_node *parent = yc_tree_find(&c->tree, &h->prev);
    if (!parent)
        return yc_reject_set(why, YC_REJ_HEADER_PREV_NOT_FOUND, YC_NO_INDEX, YC_NO_INDEX);
    if (yc_node_failed(parent))
        return yc_reject_set(why, YC_REJ_HEADER_PREV_INVALID, YC_NO_INDEX, YC_NO_INDEX);
    struct yc_ancestors a = yc_node_ancestors(parent);
    enum yc_verdict v = yc_header_accept(h, &hash, c->config.params, &a, yc_wall_s(c->config.clock), why);
    if (v != YC_VALID)
        return v;
    /* In the tree means in the index too: a child's record without its parent's would spoil the index. */
    n = yc_dirty_reserve(c) ? yc_tree_add(&c->tree, h, &hash, parent) : NULL;
    if (!n || !yc_mark_dirty(c, n))
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    n->status = YC_BLOCK_HEADER_VALID;
    if (yc_node_work_compare(n, c->best_header) > 0)
        c->best_header = n;
    if (out)
        *out = n;
    return YC_VALID;
}

/* Is a body that we did not ask for worth its place on the disk? */
static bool worth_storing(const struct yc_chain *c, const struct yc_node *n)
{
    return yc_node_work_compare(n, c->active->tip) >= 0 &&
           n->height <= c->active->tip->height + UNREQUESTED_AHEAD_MAX &&
           yc_u256_compare(yc_node_work(n), c->config.minimum_chain_work) >= 0;
}

enum yc_verdict yc_check_body(const struct yc_chain_params *params, struct yc_loaded *l, const struct yc_node *n,
                              struct yc_reject *why)
{
    bool bip54 = yc_rule_active(params->rules.bip54, n->height);
    struct yc_arena_mark mark = yc_arena_mark(&l->arena);
    enum yc_verdict v = yc_block_check(&l->body.block, params, bip54, &l->arena, why);
    if (v == YC_VALID) {
        struct yc_ancestors a = yc_node_ancestors(n->parent);
        v = yc_block_accept(&l->body.block, params, n->height, &a, &l->arena, why);
    }
    yc_arena_rewind(&l->arena, mark);
    return v;
}

/* The body is at this place: note what is known of it, and what can follow from that. */
static enum yc_verdict note_body(struct yc_chain *c, struct yc_node *n, const struct yc_block *b, struct yc_file_pos at,
                                 uint64_t sum, struct yc_reject *why)
{
    struct yc_stored *s = yc_tree_stored(&c->tree, n);
    bool again = n->status & YC_BLOCK_PRUNED;
    if (s) {
        s->data = at;
        s->data_sum = sum;
        s->tx_count = b->tx_count;
        n->status |= YC_BLOCK_BODY_VALID | YC_BLOCK_HAVE_DATA;
        n->status &= ~(uint32_t)YC_BLOCK_PRUNED;
    }
    /* A branch that could not be followed for want of it may be one again. */
    if (s && yc_mark_dirty(c, n) && yc_candidates_complete(c, n) == YC_VALID && (!again || yc_candidates_above(c, n)))
        return YC_VALID;
    /* Half noted, it would count as known and never connect: the next start reads it from the files. */
    struct yc_error err;
    (void)yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to note block %u", n->height);
    (void)yc_chain_fail(c, &err);
    return yc_reject_system(why, YC_SYSTEM_MEMORY);
}

static enum yc_verdict store_body(struct yc_chain *c, struct yc_loaded *l, struct yc_node *n, struct yc_reject *why)
{
    struct yc_error err;
    struct yc_file_pos at;
    enum yc_verdict v = yc_blockfiles_append_block(c->files, l->body.block.raw, &at, &err);
    if (v != YC_VALID) {
        (void)yc_chain_fail(c, &err);
        return yc_reject_system(why, err.which);
    }
    l->node = n;
    return note_body(c, n, &l->body.block, at, l->sum, why);
}

enum yc_verdict yc_adopt_body(struct yc_chain *c, struct yc_node *n, struct yc_file_pos at, struct yc_view bytes,
                              struct yc_reject *why)
{
    struct yc_loaded *l = NULL;
    if (n->status & YC_BLOCK_HAVE_DATA)
        return YC_VALID;
    enum yc_verdict v = yc_loaded_new(c, &l, bytes, why);
    if (v != YC_VALID)
        return v;
    if (n->parent)
        v = yc_check_body(c->config.params, l, n, why);
    if (v == YC_INVALID && !yc_mark_failed(c, n, YC_BLOCK_FAILED))
        v = yc_reject_system(why, YC_SYSTEM_MEMORY);
    if (v == YC_VALID)
        v = note_body(c, n, &l->body.block, at, l->sum, why);
    yc_loaded_free(c, l);
    return v;
}

/* Does this failure of a body condemn its header? What shows without the chain does not: the body was dropped, and no
 * failure of ours to tell one body from another may cost us a branch for ever. */
static bool condemns_header(const struct yc_reject *why)
{
    return yc_reject_stage(why->code) == YC_STAGE_BLOCK_ACCEPT;
}

enum yc_verdict yc_take_body(struct yc_chain *c, struct yc_loaded *l, struct yc_node *n, enum yc_verdict checked,
                             struct yc_reject *why)
{
    enum yc_verdict v = checked;
    if (v == YC_INVALID && condemns_header(why) && !yc_mark_failed(c, n, YC_BLOCK_FAILED))
        v = yc_reject_system(why, YC_SYSTEM_MEMORY);
    if (v == YC_VALID)
        v = store_body(c, l, n, why);
    if (v == YC_VALID)
        yc_cache_put(c, l);
    else
        yc_loaded_free(c, l);
    return v;
}

/* A header that is not known comes in with a body that is its own, or not at all: whoever sends another may have nothing
 * but the header, and the best header would be one that nobody can be asked for. What the header alone decides is left to
 * where headers are judged. *out: the body, when it had to be looked at. */
static enum yc_verdict brings_own_body(struct yc_chain *c, const struct yc_header *h, struct yc_view raw,
                                       struct yc_loaded **out, struct yc_reject *why)
{
    struct yc_block_hash hash = yc_header_hash(h);
    if (yc_tree_find(&c->tree, &hash) || !yc_tree_find(&c->tree, &h->prev) ||
        !yc_pow_check(&hash, h->bits, c->config.params))
        return YC_VALID;
    enum yc_verdict v = yc_loaded_new(c, out, raw, why);
    return v == YC_VALID ? yc_block_check_root(&(*out)->body.block, &(*out)->arena, why) : v;
}

/* The header is judged, and a body that is to be stored is in *body; there may be one when it is not, too. *known: there is
 * nothing to store. */
static enum yc_verdict meet_block(struct yc_chain *c, struct yc_view raw, enum yc_submit_flags flags,
                                  struct yc_node **out, struct yc_loaded **body, bool *known, struct yc_reject *why)
{
    struct yc_header h;
    const struct yc_node *found = NULL;
    yc_header_read(&h, raw.p);
    enum yc_verdict v = brings_own_body(c, &h, raw, body, why);
    if (v == YC_VALID)
        v = yc_chain_submit_header(c, &h, &found, why);
    *out = (struct yc_node *)(uintptr_t)found;
    *known = v == YC_VALID && (found->status & YC_BLOCK_HAVE_DATA);
    if (v != YC_VALID || *known)
        return v;
    if (!(flags & YC_SUBMIT_REQUESTED) && !worth_storing(c, found))
        return yc_reject_set(why, YC_REJ_HEADER_LOW_WORK, YC_NO_INDEX, YC_NO_INDEX);
    return *body ? YC_VALID : yc_loaded_new(c, body, raw, why);
}

enum yc_verdict yc_chain_submit_block(struct yc_chain *c, struct yc_view raw, enum yc_submit_flags flags,
                                      uint64_t source, const struct yc_node **out, bool *is_new, struct yc_reject *why)
{
    if (out)
        *out = NULL;
    if (is_new)
        *is_new = false;
    if (raw.n < YC_HEADER_BYTES)
        return yc_reject_set(why, YC_REJ_BLOCK_PARSE, YC_NO_INDEX, YC_NO_INDEX);
    struct yc_node *n = NULL;
    struct yc_loaded *l = NULL;
    bool known = false;
    enum yc_verdict v = meet_block(c, raw, flags, &n, &l, &known, why);
    if (out)
        *out = n;
    if (v != YC_VALID || known) {
        yc_loaded_free(c, l);
        return v;
    }
    l->source = source;
    v = yc_take_body(c, l, n, yc_check_body(c->config.params, l, n, why), why);
    if (v != YC_VALID)
        return v;
    if (is_new)
        *is_new = true;
    yc_chain_tell(c, &(struct yc_chain_event){.kind = YC_CHAIN_STORED, .node = n, .body = &l->body, .source = source});
    return YC_VALID;
}
