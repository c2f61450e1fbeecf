/* Stored bodies, read and parsed by workers before their turn to be connected comes. What has just been submitted is in
 * memory anyway; this is for blocks that were stored earlier: after -reindex, after a restart, in a reorganisation. */
#include "node/chain/internal.h"

#include "base/assert.h"

#define AHEAD_BYTES_MAX ((size_t)16 << 20)

void yc_ahead_init(struct yc_chainstate *s)
{
    yc_work_group_init(&s->ahead.group, s->chain->config.workers);
}

static struct yc_fetch *oldest(struct yc_ahead *a)
{
    return &a->fetch[a->first];
}

static void pop(struct yc_ahead *a)
{
    a->first = (a->first + 1) % YC_AHEAD_MAX;
    a->count--;
}

static size_t bytes_ahead(const struct yc_ahead *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->count; i++)
        n += a->fetch[(a->first + i) % YC_AHEAD_MAX].loaded->raw_n;
    return n;
}

static bool start(struct yc_chainstate *s, struct yc_node *n, struct yc_fetches *fetches)
{
    struct yc_chain *c = s->chain;
    struct yc_ahead *a = &s->ahead;
    struct yc_loaded *l = yc_loaded_empty(c, n->stored->data.bytes);
    if (!l)
        return false;
    l->node = n;
    struct yc_fetch *f = &a->fetch[(a->first + a->count++) % YC_AHEAD_MAX];
    *f = (struct yc_fetch){
        .chain = c, .loaded = l, .node = n, .stored = n->stored->data, .sum = n->stored->data_sum, .crew = &c->crew};
    yc_fetches_add(fetches, f);
    return true;
}

void yc_ahead_fill(struct yc_chainstate *s, const struct yc_node *best)
{
    struct yc_chain *c = s->chain;
    struct yc_ahead *a = &s->ahead;
    /* Without workers a body is read when it is needed. */
    if (yc_workers_count(c->config.workers) == 0)
        return;
    /* As in an import, several at a time. */
    if (a->count > YC_AHEAD_MAX - YC_FETCHES_MAX)
        return;
    const struct yc_node *last = a->last;
    if (!last || last->height < s->front->height || last->height > best->height ||
        yc_node_ancestor(best, last->height) != last)
        last = s->front;
    struct yc_fetches fetches = {.group = &a->group};
    while (last != best && last->height - s->front->height < YC_AHEAD_MAX && a->count < YC_AHEAD_MAX &&
           bytes_ahead(a) < AHEAD_BYTES_MAX) {
        struct yc_node *n = (struct yc_node *)(uintptr_t)yc_node_ancestor(best, last->height + 1);
        if (!yc_cache_holds(c, n) && (n->status & YC_BLOCK_HAVE_DATA) && !start(s, n, &fetches))
            break;
        last = n;
    }
    yc_fetches_start(&fetches);
    a->last = last;
}

enum yc_verdict yc_ahead_take(struct yc_chainstate *s, struct yc_node *n, struct yc_loaded **out, struct yc_error *err)
{
    struct yc_chain *c = s->chain;
    struct yc_ahead *a = &s->ahead;
    /* Those of a branch that is no longer wanted, or of blocks that came by another way, are in front. */
    while (a->count > 0 && oldest(a)->node != n && oldest(a)->node->height <= n->height) {
        if (!yc_fetch_done(oldest(a)))
            yc_workers_wait(&a->group);
        yc_loaded_free(c, oldest(a)->loaded);
        pop(a);
    }
    if (a->count == 0 || oldest(a)->node != n)
        return yc_loaded_get(c, out, n, err);
    struct yc_fetch *f = oldest(a);
    if (!yc_fetch_done(f))
        return YC_NOT_YET;
    enum yc_verdict v = f->verdict;
    *out = v == YC_VALID ? f->loaded : NULL;
    if (v != YC_VALID) {
        *err = f->err;
        yc_loaded_free(c, f->loaded);
    }
    pop(a);
    return v;
}

bool yc_ahead_reads(const struct yc_chainstate *s, const struct yc_node *n)
{
    const struct yc_ahead *a = &s->ahead;
    return a->count > 0 && a->fetch[a->first].node == n;
}

void yc_ahead_clear(struct yc_chainstate *s)
{
    struct yc_ahead *a = &s->ahead;
    if (a->group.workers)
        yc_workers_wait(&a->group);
    while (a->count > 0) {
        yc_loaded_free(s->chain, oldest(a)->loaded);
        pop(a);
    }
    a->last = NULL;
}
