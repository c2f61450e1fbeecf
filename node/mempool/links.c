/* Who spends from whom in the pool, and what packages amount to. The limit on clusters bounds every walk here. */
#include "base/assert.h"
#include "node/mempool/pool.h"

#define LINKS_FIRST          4
#define SEQUENCE_SIGNALS_MAX UINT32_C(0xfffffffd) /* BIP 125: below the two highest, which have other uses */

bool yc_pool_links_reserve(struct yc_pool *p, struct yc_pool_links *l)
{
    if (l->n < l->cap)
        return true;
    uint32_t cap = l->cap ? l->cap * 2 : LINKS_FIRST;
    void *bigger = yc_alloc_resize(&p->heap.alloc, l->p, l->cap * sizeof *l->p, cap * sizeof *l->p);
    if (!bigger)
        return false;
    l->p = bigger;
    l->cap = cap;
    return true;
}

void yc_pool_links_release(struct yc_pool *p, struct yc_pool_links *l)
{
    yc_alloc_free(&p->heap.alloc, l->p, l->cap * sizeof *l->p);
    *l = (struct yc_pool_links){0};
}

static void links_remove(struct yc_pool_links *l, const struct yc_pool_node *n)
{
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->p[i] == n) {
            l->p[i] = l->p[--l->n];
            return;
        }
    }
}

/* Put n at the end of the walk, unless it is in it. */
static void step(struct yc_pool *p, struct yc_pool_node **last, struct yc_pool_node *n)
{
    if (n->mark == p->walk_mark)
        return;
    n->mark = p->walk_mark;
    n->walk_next = NULL;
    if (*last)
        (*last)->walk_next = n;
    *last = n;
}

struct yc_pool_node *yc_pool_walk(struct yc_pool *p, struct yc_pool_node *n, bool up)
{
    struct yc_pool_node *last = NULL;
    p->walk_mark++;
    step(p, &last, n);
    for (struct yc_pool_node *at = n; at; at = at->walk_next) {
        const struct yc_pool_links *l = up ? &at->parents : &at->children;
        for (uint32_t i = 0; i < l->n; i++)
            step(p, &last, l->p[i]);
    }
    return n;
}

struct yc_pool_node *yc_pool_cluster(struct yc_pool *p, struct yc_pool_node *n, bool staying, uint32_t most)
{
    struct yc_pool_node *last = NULL;
    uint32_t count = 0;
    p->walk_mark++;
    step(p, &last, n);
    for (struct yc_pool_node *at = n; at && ++count <= most; at = at->walk_next) {
        const struct yc_pool_links *sides[2] = {&at->parents, &at->children};
        for (int side = 0; side < 2; side++) {
            for (uint32_t i = 0; i < sides[side]->n; i++) {
                if (!staying || !yc_pool_has_role(p, sides[side]->p[i], YC_ROLE_LEAVES))
                    step(p, &last, sides[side]->p[i]);
            }
        }
    }
    return n;
}

static void package_add(struct yc_pool_package *k, const struct yc_pool_entry *e)
{
    k->count++;
    k->vbytes += e->vbytes;
    k->fees_sat += yc_pool_modified_fee(e);
}

static void package_take(struct yc_pool_package *k, const struct yc_pool_entry *e)
{
    k->count--;
    k->vbytes -= e->vbytes;
    k->fees_sat -= yc_pool_modified_fee(e);
}

static struct yc_pool_package sum(struct yc_pool *p, struct yc_pool_node *n, bool up)
{
    struct yc_pool_package k = {0};
    for (struct yc_pool_node *r = yc_pool_walk(p, n, up); r; r = r->walk_next)
        package_add(&k, &r->e);
    return k;
}

/* Count anew the packages of all of n's relatives on one side (and n's own), in the other direction. */
static void count_anew(struct yc_pool *p, struct yc_pool_node *n, bool side_up)
{
    struct yc_pool_node *list = yc_pool_walk(p, n, side_up);
    for (struct yc_pool_node *r = list; r; r = r->walk_next)
        r->list_next = r->walk_next;
    for (struct yc_pool_node *r = list; r; r = r->list_next) {
        if (side_up)
            r->down = sum(p, r, false);
        else
            r->up = sum(p, r, true);
        if (side_up && r != n)
            yc_pool_worst_moved(p, r);
    }
}

static bool connect_pair(struct yc_pool *p, struct yc_pool_node *parent, struct yc_pool_node *child)
{
    for (uint32_t i = 0; i < child->parents.n; i++) {
        if (child->parents.p[i] == parent)
            return true;
    }
    if (!yc_pool_links_reserve(p, &child->parents) || !yc_pool_links_reserve(p, &parent->children))
        return false;
    child->parents.p[child->parents.n++] = parent;
    parent->children.p[parent->children.n++] = child;
    parent->e.child_count++;
    child->e.parent_count++;
    return true;
}

static void disconnect_all(struct yc_pool *p, struct yc_pool_node *n)
{
    for (uint32_t i = 0; i < n->parents.n; i++) {
        links_remove(&n->parents.p[i]->children, n);
        n->parents.p[i]->e.child_count--;
    }
    for (uint32_t i = 0; i < n->children.n; i++) {
        links_remove(&n->children.p[i]->parents, n);
        n->children.p[i]->e.parent_count--;
    }
    yc_pool_links_release(p, &n->parents);
    yc_pool_links_release(p, &n->children);
    n->e.parent_count = n->e.child_count = 0;
}

static bool connect_all(struct yc_pool *p, struct yc_pool_node *n)
{
    struct yc_pool_node *r;
    for (uint32_t i = 0; i < n->e.tx.in_count; i++) {
        r = yc_pool_get(p, &n->e.tx.in[i].prevout.txid);
        if (r && !connect_pair(p, r, n))
            return false;
    }
    /* Children are there before their parent when it comes back from a block that left the chain. */
    for (uint32_t i = 0; i < n->e.tx.out_count; i++) {
        struct yc_outpoint at = {n->e.tx.txid, i};
        r = yc_pool_get_spender(p, &at);
        if (r && !connect_pair(p, n, r))
            return false;
    }
    return true;
}

bool yc_pool_link(struct yc_pool *p, struct yc_pool_node *n)
{
    if (!connect_all(p, n)) {
        disconnect_all(p, n);
        return false;
    }
    n->up = sum(p, n, true);
    n->down = sum(p, n, false);
    if (n->children.n > 0) {
        /* Some pairs of relatives may have been connected without n already: count, do not add. */
        count_anew(p, n, true);
        count_anew(p, n, false);
        return true;
    }
    for (struct yc_pool_node *r = yc_pool_walk(p, n, true)->walk_next; r; r = r->walk_next) {
        package_add(&r->down, &n->e);
        yc_pool_worst_moved(p, r);
    }
    return true;
}

/* With relatives on both sides, what they mean to each other without n is counted anew. */
static void unlink_between(struct yc_pool *p, struct yc_pool_node *n)
{
    struct yc_pool_links parents = n->parents, children = n->children;
    n->parents = n->children = (struct yc_pool_links){0};
    for (uint32_t i = 0; i < parents.n; i++) {
        links_remove(&parents.p[i]->children, n);
        parents.p[i]->e.child_count--;
    }
    for (uint32_t i = 0; i < children.n; i++) {
        links_remove(&children.p[i]->parents, n);
        children.p[i]->e.parent_count--;
    }
    for (uint32_t i = 0; i < parents.n; i++)
        count_anew(p, parents.p[i], true);
    for (uint32_t i = 0; i < children.n; i++)
        count_anew(p, children.p[i], false);
    for (uint32_t i = 0; i < parents.n; i++)
        yc_pool_worst_moved(p, parents.p[i]);
    yc_pool_links_release(p, &parents);
    yc_pool_links_release(p, &children);
    n->e.parent_count = n->e.child_count = 0;
}

void yc_pool_unlink(struct yc_pool *p, struct yc_pool_node *n)
{
    if (n->parents.n > 0 && n->children.n > 0) {
        unlink_between(p, n);
        return;
    }
    for (struct yc_pool_node *r = yc_pool_walk(p, n, true)->walk_next; r; r = r->walk_next) {
        package_take(&r->down, &n->e);
        yc_pool_worst_moved(p, r);
    }
    for (struct yc_pool_node *r = yc_pool_walk(p, n, false)->walk_next; r; r = r->walk_next)
        package_take(&r->up, &n->e);
    disconnect_all(p, n);
}

/* ---- looking ---- */

static struct yc_pool_node *node_of(const struct yc_pool_entry *e)
{
    return (struct yc_pool_node *)(uintptr_t)e;
}

void yc_pool_ancestors(const struct yc_pool *p, const struct yc_pool_entry *e, struct yc_pool_package *out)
{
    (void)p;
    *out = node_of(e)->up;
}

void yc_pool_descendants(const struct yc_pool *p, const struct yc_pool_entry *e, struct yc_pool_package *out)
{
    (void)p;
    *out = node_of(e)->down;
}

static void each_link(const struct yc_pool_links *l, void (*each)(void *, const struct yc_pool_entry *), void *ctx)
{
    for (uint32_t i = 0; i < l->n; i++)
        each(ctx, &l->p[i]->e);
}

void yc_pool_parents(const struct yc_pool *p, const struct yc_pool_entry *e,
                     void (*each)(void *ctx, const struct yc_pool_entry *parent), void *ctx)
{
    (void)p;
    each_link(&node_of(e)->parents, each, ctx);
}

void yc_pool_children(const struct yc_pool *p, const struct yc_pool_entry *e,
                      void (*each)(void *ctx, const struct yc_pool_entry *child), void *ctx)
{
    (void)p;
    each_link(&node_of(e)->children, each, ctx);
}

bool yc_pool_signals_replacement(struct yc_pool *p, const struct yc_pool_entry *e)
{
    for (struct yc_pool_node *r = yc_pool_walk(p, node_of(e), true); r; r = r->walk_next) {
        for (uint32_t i = 0; i < r->e.tx.in_count; i++) {
            if (r->e.tx.in[i].sequence <= SEQUENCE_SIGNALS_MAX)
                return true;
        }
    }
    return false;
}

bool yc_pool_prioritise(struct yc_pool *p, const struct yc_txid *txid, int64_t delta_sat)
{
    int64_t was = yc_pool_delta_of(p, txid), now;
    if (delta_sat > YC_MONEY_MAX - was)
        now = YC_MONEY_MAX;
    else if (delta_sat < -YC_MONEY_MAX - was)
        now = -YC_MONEY_MAX;
    else
        now = was + delta_sat;
    int64_t *kept = yc_map_put(&p->deltas, txid, NULL);
    if (!kept)
        return false;
    *kept = now;
    if (now == 0)
        (void)yc_map_remove(&p->deltas, txid);
    struct yc_pool_node *n = yc_pool_get(p, txid);
    if (!n)
        return false;
    n->e.fee_delta_sat = now;
    for (struct yc_pool_node *r = yc_pool_walk(p, n, true); r; r = r->walk_next) {
        r->down.fees_sat += now - was;
        yc_pool_worst_moved(p, r);
    }
    for (struct yc_pool_node *r = yc_pool_walk(p, n, false); r; r = r->walk_next)
        r->up.fees_sat += now - was;
    p->changes++;
    return true;
}
