/* Which branch is the chain: the one with most work among those whose bodies are all here and not known to be bad; of
 * equals, the one whose last body became complete first, and that order outlives restarts (catalogue C46, C49). */
#include <stdlib.h>

#include "base/assert.h"
#include "node/chain/internal.h"

bool yc_node_failed(const struct yc_node *n)
{
    return n->status & (YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR | YC_BLOCK_FAILED_BY_OPERATOR);
}

bool yc_better(const struct yc_node *a, const struct yc_node *b)
{
    int by_work = yc_node_work_compare(a, b);
    if (by_work)
        return by_work > 0;
    return a->stored->sequence < b->stored->sequence;
}

/* Room for one more. */
static bool reserve(struct yc_chain *c, struct yc_node ***list, size_t count, size_t *cap)
{
    if (count < *cap)
        return true;
    size_t bigger = *cap ? *cap * 2 : 64;
    void *p = yc_alloc_resize(c->alloc, *list, *cap * sizeof **list, bigger * sizeof **list);
    if (!p)
        return false;
    *list = p;
    *cap = bigger;
    return true;
}

static bool push(struct yc_chain *c, struct yc_node ***list, size_t *count, size_t *cap, struct yc_node *n)
{
    if (!reserve(c, list, *count, cap))
        return false;
    (*list)[(*count)++] = n;
    return true;
}

bool yc_dirty_reserve(struct yc_chain *c)
{
    return reserve(c, &c->dirty, c->dirty_count, &c->dirty_cap);
}

bool yc_mark_dirty(struct yc_chain *c, struct yc_node *n)
{
    c->dirty_urgent |= !yc_below_base(c, n);
    if (n->status & YC_NODE_DIRTY)
        return true;
    if (!push(c, &c->dirty, &c->dirty_count, &c->dirty_cap, n))
        return false;
    n->status |= YC_NODE_DIRTY;
    return true;
}

bool yc_candidates_add(struct yc_chain *c, struct yc_node *n)
{
    if (yc_node_failed(n) || n->stored->chain_tx_count == 0)
        return true;
    if (c->active->tip && yc_node_work_compare(n, c->active->tip) < 0)
        return true;
    /* A child takes its parent's place: only the ends of branches are candidates. */
    for (size_t i = 0; i < c->candidate_count; i++) {
        if (c->candidates[i] == n->parent || c->candidates[i] == n) {
            c->candidates[i] = n;
            return true;
        }
    }
    return push(c, &c->candidates, &c->candidate_count, &c->candidate_cap, n);
}

/* Nodes that have become complete at once. */
struct completed {
    struct yc_node **list;
    size_t count, cap;
};

/* Their totals, from n upwards; cut where a body is missing. */
static bool collect_completed(struct yc_chain *c, struct yc_node *n, struct completed *out)
{
    struct yc_node *root = n;
    while (n) {
        bool here = n->stored->tx_count && (!n->parent || n->parent->stored->chain_tx_count);
        if (here && !n->stored->chain_tx_count) {
            struct yc_stored *s = yc_tree_stored(&c->tree, n);
            YC_ASSERT(s); /* it holds tx_count already */
            s->chain_tx_count = s->tx_count + (n->parent ? n->parent->stored->chain_tx_count : 0);
            if (!push(c, &out->list, &out->count, &out->cap, n) || !yc_mark_dirty(c, n) || !yc_candidates_add(c, n))
                return false;
        }
        if (here) {
            n = yc_node_next_in_subtree(root, n);
            continue;
        }
        /* Skip the subtree of n. */
        while (n && n != root && !n->next_sibling)
            n = n->parent;
        n = n && n != root ? n->next_sibling : NULL;
    }
    return true;
}

/* Bodies are stored in the order in which they come. */
static int first_stored_first(const void *a, const void *b)
{
    const struct yc_file_pos x = (*(struct yc_node *const *)a)->stored->data;
    const struct yc_file_pos y = (*(struct yc_node *const *)b)->stored->data;
    if (x.file != y.file)
        return x.file < y.file ? -1 : 1;
    return (x.offset > y.offset) - (x.offset < y.offset);
}

enum yc_verdict yc_candidates_complete(struct yc_chain *c, struct yc_node *n)
{
    struct completed all = {0};
    bool ok = collect_completed(c, n, &all);
    /* Those that waited for one block below them are told apart by which came first. */
    if (ok && all.count > 1)
        qsort(all.list, all.count, sizeof *all.list, first_stored_first);
    for (size_t i = 0; ok && i < all.count; i++)
        yc_tree_stored(&c->tree, all.list[i])->sequence = ++c->sequence_last;
    yc_alloc_free(c->alloc, all.list, all.cap * sizeof *all.list);
    return ok ? YC_VALID : YC_SYSTEM;
}

void yc_candidates_remove(struct yc_chain *c, const struct yc_node *n)
{
    for (size_t i = 0; i < c->candidate_count; i++) {
        if (c->candidates[i] == n) {
            c->candidates[i] = c->candidates[--c->candidate_count];
            return;
        }
    }
}

struct yc_node *yc_candidates_best(struct yc_chain *c)
{
    struct yc_node *best = c->active->tip;
    for (size_t i = 0; i < c->candidate_count;) {
        struct yc_node *n = c->candidates[i];
        if (n == c->active->tip || (c->active->tip && yc_node_work_compare(n, c->active->tip) < 0)) {
            c->candidates[i] = c->candidates[--c->candidate_count];
            continue;
        }
        if (!best || yc_better(n, best))
            best = n;
        i++;
    }
    return best;
}

struct rebuild {
    struct yc_chain *c;
    bool ok;
};

/* Is it the end of a branch whose bodies are all known and good? */
static bool ends_branch(const struct yc_node *n)
{
    for (const struct yc_node *child = n->first_child; child; child = child->next_sibling) {
        if (child->stored->chain_tx_count && !yc_node_failed(child))
            return false;
    }
    return n->stored->chain_tx_count && !yc_node_failed(n);
}

static void rebuild_one(void *ctx, struct yc_node *n)
{
    struct rebuild *r = ctx;
    if (ends_branch(n))
        r->ok = r->ok && push(r->c, &r->c->candidates, &r->c->candidate_count, &r->c->candidate_cap, n);
}

bool yc_candidates_above(struct yc_chain *c, struct yc_node *root)
{
    if (root->height <= c->active->tip->height && yc_node_ancestor(c->active->tip, root->height) == root)
        return true;
    for (struct yc_node *n = root; n; n = yc_node_next_in_subtree(root, n)) {
        if (ends_branch(n) && !yc_candidates_add(c, n))
            return false;
    }
    return true;
}

bool yc_candidates_rebuild(struct yc_chain *c)
{
    struct rebuild r = {c, true};
    c->candidate_count = 0;
    yc_tree_each(&c->tree, rebuild_one, &r);
    return r.ok;
}

static void best_header_one(void *ctx, struct yc_node *n)
{
    struct yc_chain *c = ctx;
    if (!yc_node_failed(n) && (!c->best_header || yc_node_work_compare(n, c->best_header) > 0))
        c->best_header = n;
}

void yc_best_header_rebuild(struct yc_chain *c)
{
    /* Prefer the tip among equals: it is the first seen of those that matter. A tip that is about to be left is none. */
    c->best_header = c->active->tip;
    while (yc_node_failed(c->best_header))
        c->best_header = c->best_header->parent;
    yc_tree_each(&c->tree, best_header_one, c);
}

static bool mark_subtree(struct yc_chain *c, struct yc_node *n, uint32_t status)
{
    n->status |= status;
    if (!yc_mark_dirty(c, n))
        return false;
    for (struct yc_node *d = yc_node_next_in_subtree(n, n); d; d = yc_node_next_in_subtree(n, d)) {
        d->status |= YC_BLOCK_FAILED_ANCESTOR;
        if (!yc_mark_dirty(c, d))
            return false;
    }
    yc_cache_drop(c, n);
    if (!yc_candidates_rebuild(c))
        return false;
    if (yc_node_failed(c->best_header))
        yc_best_header_rebuild(c);
    return true;
}

bool yc_mark_failed(struct yc_chain *c, struct yc_node *n, uint32_t status)
{
    struct yc_error err;
    if (mark_subtree(c, n, status))
        return true;
    /* Half marked, the chain could choose what it should not. */
    (void)yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to note that block %u is invalid", n->height);
    (void)yc_chain_fail(c, &err);
    return false;
}
