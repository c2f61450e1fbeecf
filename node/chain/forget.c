/* Forgetting branches. The attack (catalogue P10): on a young chain, or from an old and easy part of one, headers cost next to
 * nothing, and so do branches that lead nowhere. Refusing all that come after the first so many would let an attacker shut
 * out everybody else's; so each is taken, and when there are too many those that end with the least work go, from memory and
 * from the index alike. A branch that ever matters is shown again by whoever holds to it, from where it leaves ours.
 *
 * What never goes: the chain of most work, whatever was part of the published chain, branches that the chain may still turn
 * to, what an operator marked, what an import is reading; and what these stand on. */
#include <stdlib.h>

#include "base/assert.h"
#include "node/chain/internal.h"

static uint32_t side_max(const struct yc_chain *c)
{
    return c->config.side_blocks_max ? c->config.side_blocks_max : YC_CHAIN_SIDE_BLOCKS_MAX;
}

bool yc_forget_due(const struct yc_chain *c)
{
    uint32_t on_chain = c->best_header->height + 1;
    if (c->tree.count - on_chain <= side_max(c) || c->tree.count < c->forget_at)
        return false;
    return !c->loading && !c->active->replay_to && !yc_verify_running(c);
}

struct forget {
    struct yc_chain *c;
    struct yc_node **end; /* of branches that may go */
    size_t end_count, end_room;
    size_t kept, gone, key_room;
    struct yc_block_key *key; /* of what goes: gone of them */
};

static void mark(struct yc_node *n, uint32_t bit)
{
    yc_node_set_bits(n, yc_node_bits(n) | bit);
}

static void keep(void *ctx, struct yc_node *n)
{
    struct forget *f = ctx;
    for (; n && !(yc_node_bits(n) & YC_NODE_KEPT); n = n->parent) {
        mark(n, YC_NODE_KEPT);
        f->kept++;
    }
}

static void keep_what_must_stay(void *ctx, struct yc_node *n)
{
    const struct forget *f = ctx;
    bool in_reach = n->stored->tx_count && yc_node_work_compare(n, f->c->active->tip) >= 0;
    if (in_reach || (yc_node_bits(n) & (YC_BLOCK_CONNECTED | YC_BLOCK_FAILED_BY_OPERATOR | YC_BLOCK_ASSUMED)))
        keep(ctx, n);
}

static void note_end(void *ctx, struct yc_node *n)
{
    struct forget *f = ctx;
    if (n->first_child || (yc_node_bits(n) & YC_NODE_KEPT))
        return;
    if (f->end)
        f->end[f->end_count] = n;
    f->end_count++;
}

static int most_work_first(const void *a, const void *b)
{
    const struct yc_node *const *x = a, *const *y = b;
    return yc_node_work_compare(*y, *x);
}

static enum yc_verdict collect_ends(struct forget *f)
{
    struct yc_chain *c = f->c;
    yc_tree_each(&c->tree, note_end, f);
    f->end_room = f->end_count;
    if (f->end_count == 0)
        return YC_VALID;
    f->end = yc_alloc_new(c->alloc, f->end_room * sizeof *f->end);
    if (!f->end)
        return YC_SYSTEM;
    f->end_count = 0;
    yc_tree_each(&c->tree, note_end, f);
    qsort(f->end, f->end_count, sizeof *f->end, most_work_first);
    return YC_VALID;
}

/* The branch from end down to what is decided already: it stays when there is room for all of it, or goes. */
static void decide(struct forget *f, struct yc_node *end, size_t room)
{
    struct yc_node *n = end;
    size_t length = 0;
    for (; !(yc_node_bits(n) & (YC_NODE_KEPT | YC_NODE_GOES)); n = n->parent)
        length++;
    if (!(yc_node_bits(n) & YC_NODE_GOES) && f->kept + length <= room) {
        keep(f, end);
        return;
    }
    for (; end != n; end = end->parent) {
        mark(end, YC_NODE_GOES);
        if (end->stored->tx_count)
            yc_cache_drop(f->c, end);
        f->key[f->gone++] = (struct yc_block_key){end->height, end->hash};
    }
}

static void keep_all_that_must_stay(struct forget *f)
{
    struct yc_chain *c = f->c;
    keep(f, c->best_header);
    keep(f, c->headers_told);
    keep(f, c->active->tip);
    if (c->background)
        keep(f, c->background->front);
    keep(f, (struct yc_node *)(uintptr_t)c->connect_last);
    keep(f, atomic_load(&c->published));
    for (const struct yc_import *im = c->imports; im; im = yc_import_next(im))
        yc_import_each_node(im, keep, f);
    yc_tree_each(&c->tree, keep_what_must_stay, f);
}

/* Mark what goes, and note its keys. */
static enum yc_verdict choose(struct forget *f)
{
    struct yc_chain *c = f->c;
    size_t most = side_max(c), room = c->best_header->height + 1 + most - most / 4;
    keep_all_that_must_stay(f);
    /* However much must stay, others find some room too. */
    if (room < f->kept + most / 4)
        room = f->kept + most / 4;
    f->key_room = c->tree.count - f->kept;
    f->key = yc_alloc_new(c->alloc, (f->key_room + 1) * sizeof *f->key);
    enum yc_verdict v = f->key ? collect_ends(f) : YC_SYSTEM;
    for (size_t i = 0; v == YC_VALID && i < f->end_count; i++)
        decide(f, f->end[i], room);
    return v;
}

enum yc_verdict yc_forget_now(struct yc_chain *c)
{
    struct forget f = {.c = c};
    struct yc_error err;
    YC_ASSERT(!c->active->line.first && yc_all_is_durable(c));
    /* Nobody is to hold on to what goes: ends of branches that were left behind, bodies that were read for them. */
    (void)yc_candidates_best(c);
    yc_inputs_clear(c->active);
    yc_ahead_clear(c->active);
    enum yc_verdict v = choose(&f);
    if (v != YC_VALID)
        (void)yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to look through %u blocks for branches to forget",
                      c->tree.count);
    /* The index first: a crash in between leaves too many branches, and the next start looks again. */
    if (v == YC_VALID && f.gone)
        v = yc_block_index_remove(&c->index, f.key, f.gone, &err);
    if (v == YC_VALID && !yc_tree_remove_going(&c->tree))
        v = yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to forget %zu blocks", f.gone);
    yc_alloc_free(c->alloc, f.end, f.end_room * sizeof *f.end);
    yc_alloc_free(c->alloc, f.key, (f.key_room + 1) * sizeof *f.key);
    if (v != YC_VALID)
        return yc_chain_fail(c, &err);
    c->forget_at = c->tree.count + side_max(c) / 4;
    yc_log_info(c->config.log, "Forgot %zu blocks and headers of branches with the least work; %u are left", f.gone,
                c->tree.count);
    return YC_VALID;
}
