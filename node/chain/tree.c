#include "node/chain/tree.h"

#include "base/assert.h"

#define SLAB_NODES 1024

struct yc_node_slab {
    struct yc_node_slab *older;
    size_t used;
    struct yc_node node[SLAB_NODES];
};

void yc_tree_init(struct yc_tree *t, const struct yc_alloc *alloc, struct yc_siphash_key seed)
{
    *t = (struct yc_tree){.alloc = alloc};
    yc_map_init(&t->by_hash, alloc, sizeof(struct yc_block_hash), sizeof(struct yc_node *), seed);
}

void yc_tree_release(struct yc_tree *t)
{
    while (t->slabs) {
        struct yc_node_slab *older = t->slabs->older;
        yc_alloc_free(t->alloc, t->slabs, sizeof *t->slabs);
        t->slabs = older;
    }
    yc_map_release(&t->by_hash);
    t->genesis = NULL;
}

struct yc_node *yc_tree_find(const struct yc_tree *t, const struct yc_block_hash *hash)
{
    struct yc_node **slot = yc_map_get(&t->by_hash, hash);
    return slot ? *slot : NULL;
}

/* The skip link of a child of n. Links have the lengths of a skew-binary number (E. Myers, "An applicative random-access
 * stack"): when the two links below are equally long they are joined into one, so that any ancestor is O(log n) away and
 * a link's target depends on the height alone. */
static struct yc_node *skip_over(struct yc_node *n)
{
    struct yc_node *s = n->skip;
    if (s && s->skip && n->height - s->height == s->height - s->skip->height)
        return s->skip;
    return n;
}

static struct yc_node *new_node(struct yc_tree *t)
{
    if (!t->slabs || t->slabs->used == SLAB_NODES) {
        struct yc_node_slab *slab = yc_alloc_new(t->alloc, sizeof *slab);
        if (!slab)
            return NULL;
        slab->older = t->slabs;
        slab->used = 0;
        t->slabs = slab;
    }
    return &t->slabs->node[t->slabs->used];
}

struct yc_node *yc_tree_add(struct yc_tree *t, const struct yc_header *h, const struct yc_block_hash *hash,
                            struct yc_node *parent)
{
    YC_ASSERT(parent || !t->genesis);
    struct yc_node *n = new_node(t);
    bool is_new = false;
    struct yc_node **slot = n ? yc_map_put(&t->by_hash, hash, &is_new) : NULL;
    if (!slot)
        return NULL;
    YC_ASSERT(is_new);
    *slot = n;
    t->slabs->used++;
    *n = (struct yc_node){.parent = parent,
                          .hash = *hash,
                          .version = h->version,
                          .time = h->time,
                          .bits = h->bits,
                          .nonce = h->nonce,
                          .time_max = h->time,
                          .work = yc_work_of_bits(h->bits)};
    memcpy(n->merkle_root, h->merkle_root, sizeof n->merkle_root);
    if (!parent) {
        t->genesis = n;
        return n;
    }
    n->height = parent->height + 1;
    n->work = yc_u256_add(n->work, parent->work);
    if (parent->time_max > n->time_max)
        n->time_max = parent->time_max;
    n->skip = skip_over(parent);
    n->next_sibling = parent->first_child;
    parent->first_child = n;
    return n;
}

static void each_in_slab(const struct yc_node_slab *slab, void (*each)(void *ctx, struct yc_node *n), void *ctx)
{
    for (size_t i = 0; i < slab->used; i++)
        each(ctx, (struct yc_node *)(uintptr_t)&slab->node[i]);
}

void yc_tree_each(const struct yc_tree *t, void (*each)(void *ctx, struct yc_node *n), void *ctx)
{
    for (const struct yc_node_slab *slab = t->slabs; slab; slab = slab->older)
        each_in_slab(slab, each, ctx);
}

struct yc_node *yc_node_next_in_subtree(struct yc_node *root, struct yc_node *n)
{
    if (!n)
        return root;
    if (n->first_child)
        return n->first_child;
    for (; n != root; n = n->parent) {
        if (n->next_sibling)
            return n->next_sibling;
    }
    return NULL;
}

struct yc_header yc_node_header(const struct yc_node *n)
{
    struct yc_header h = {.version = n->version, .time = n->time, .bits = n->bits, .nonce = n->nonce};
    if (n->parent)
        h.prev = n->parent->hash;
    memcpy(h.merkle_root, n->merkle_root, sizeof h.merkle_root);
    return h;
}

const struct yc_node *yc_node_ancestor(const struct yc_node *n, uint32_t height)
{
    YC_ASSERT(height <= n->height);
    while (n->height != height)
        n = n->skip->height >= height ? n->skip : n->parent;
    return n;
}

const struct yc_node *yc_node_fork(const struct yc_node *a, const struct yc_node *b)
{
    if (a->height > b->height)
        a = yc_node_ancestor(a, b->height);
    else if (b->height > a->height)
        b = yc_node_ancestor(b, a->height);
    while (a != b) {
        /* Skip links of nodes at one height lead to one height: equal targets mean that the fork is nearer. */
        if (a->skip != b->skip) {
            a = a->skip;
            b = b->skip;
        } else {
            a = a->parent;
            b = b->parent;
        }
    }
    return a;
}

static struct yc_ancestor ancestor_at(void *ctx, uint32_t height)
{
    const struct yc_node *n = yc_node_ancestor(ctx, height);
    return (struct yc_ancestor){.time = n->time, .bits = n->bits, .version = n->version};
}

struct yc_ancestors yc_node_ancestors(const struct yc_node *parent)
{
    return (struct yc_ancestors){parent->height, ancestor_at, (void *)(uintptr_t)parent};
}

int64_t yc_node_median_time(const struct yc_node *n)
{
    uint32_t times[YC_MTP_BLOCKS];
    size_t count = 0;
    YC_ASSERT(n);
    for (; n && count < YC_MTP_BLOCKS; n = n->parent) {
        /* Insert in order: eleven elements at most. */
        size_t i = count++;
        for (; i > 0 && times[i - 1] > n->time; i--)
            times[i] = times[i - 1];
        times[i] = n->time;
    }
    return times[count / 2];
}
