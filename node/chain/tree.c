#include "node/chain/tree.h"

#include "base/assert.h"

#define SLAB_NODES      1024
#define SLAB_BYTES      (SLAB_NODES * sizeof(struct yc_node))
#define STORED_PER_SLAB 512
#define SLOTS_MIN       1024

struct yc_stored_slab {
    struct yc_stored_slab *older;
    size_t used;
    struct yc_stored stored[STORED_PER_SLAB];
};

static const struct yc_stored nothing_stored;

void yc_tree_init(struct yc_tree *t, const struct yc_alloc *alloc, struct yc_siphash_key seed)
{
    *t = (struct yc_tree){.alloc = alloc, .seed = seed};
}

void yc_tree_release(struct yc_tree *t)
{
    while (t->slab_count)
        yc_alloc_free(t->alloc, t->slab[--t->slab_count], SLAB_BYTES);
    yc_alloc_free(t->alloc, t->slab, t->slab_room * sizeof *t->slab);
    while (t->stored) {
        struct yc_stored_slab *older = t->stored->older;
        yc_alloc_free(t->alloc, t->stored, sizeof *t->stored);
        t->stored = older;
    }
    yc_alloc_free(t->alloc, t->slot, t->capacity * sizeof *t->slot);
    yc_alloc_free(t->alloc, t->vacant, t->vacant_room * sizeof *t->vacant);
    *t = (struct yc_tree){.alloc = t->alloc, .seed = t->seed};
}

size_t yc_tree_bytes(const struct yc_tree *t)
{
    size_t bytes = t->slab_count * SLAB_BYTES + t->slab_room * sizeof *t->slab + t->capacity * sizeof *t->slot +
                   t->vacant_room * sizeof *t->vacant;
    for (const struct yc_stored_slab *s = t->stored; s; s = s->older)
        bytes += sizeof *s;
    return bytes;
}

/* ---- by hash ---- */

static struct yc_node *numbered(const struct yc_tree *t, uint32_t number)
{
    return &t->slab[(number - 1) / SLAB_NODES][(number - 1) % SLAB_NODES];
}

/* A slot of the table holds a node's number and some bits of its hash's key, so that hardly another node need be looked at
 * than the one that is wanted: on a long chain each look is a miss of every cache. */
#define NUMBER_BITS 26
#define NUMBER_MAX  ((UINT32_C(1) << NUMBER_BITS) - 1)

struct place {
    size_t home;
    uint32_t tag; /* in the bits above the number's */
};

static struct place place_of(const struct yc_tree *t, const struct yc_block_hash *hash)
{
    uint64_t key = yc_siphash(t->seed, hash->b, sizeof hash->b);
    return (struct place){(size_t)key & (t->capacity - 1), (uint32_t)(key >> 32) & ~NUMBER_MAX};
}

/* The hash is not in the table: no node need be looked at to find its place, and there always is an empty one. */
static void put_number(struct yc_tree *t, const struct yc_block_hash *hash, uint32_t number)
{
    struct place p = place_of(t, hash);
    size_t i = p.home;
    while (t->slot[i])
        i = (i + 1) & (t->capacity - 1);
    t->slot[i] = p.tag | number;
}

/* Room for one more, four slots of five in use at most. */
static bool reserve_slot(struct yc_tree *t)
{
    if (t->count < t->capacity / 5 * 4)
        return true;
    struct yc_tree bigger = *t;
    bigger.capacity = t->capacity ? t->capacity * 2 : SLOTS_MIN;
    bigger.slot = yc_alloc_new(t->alloc, bigger.capacity * sizeof *bigger.slot);
    if (!bigger.slot)
        return false;
    memset(bigger.slot, 0, bigger.capacity * sizeof *bigger.slot);
    for (uint32_t number = 1; number <= t->used; number++) {
        const struct yc_node *n = numbered(t, number);
        if (!(n->status & YC_NODE_GOES))
            put_number(&bigger, &n->hash, number);
    }
    yc_alloc_free(t->alloc, t->slot, t->capacity * sizeof *t->slot);
    *t = bigger;
    return true;
}

struct yc_node *yc_tree_find(const struct yc_tree *t, const struct yc_block_hash *hash)
{
    if (t->count == 0)
        return NULL;
    /* Headers come in order: mostly it is the last one's child that asks for its parent. */
    if (t->last && yc_block_hash_equal(&t->last->hash, hash))
        return t->last;
    struct place p = place_of(t, hash);
    for (size_t i = p.home; t->slot[i]; i = (i + 1) & (t->capacity - 1)) {
        if ((t->slot[i] & ~NUMBER_MAX) != p.tag)
            continue;
        struct yc_node *n = numbered(t, t->slot[i] & NUMBER_MAX);
        if (yc_block_hash_equal(&n->hash, hash))
            return n;
    }
    return NULL;
}

/* Take n's number out of the table, and close the gap: what was put behind it for want of its place moves up. */
static void drop_number(struct yc_tree *t, const struct yc_node *n, uint32_t number)
{
    size_t mask = t->capacity - 1, gap = place_of(t, &n->hash).home;
    while ((t->slot[gap] & NUMBER_MAX) != number)
        gap = (gap + 1) & mask;
    for (size_t i = (gap + 1) & mask; t->slot[i]; i = (i + 1) & mask) {
        size_t home = place_of(t, &numbered(t, t->slot[i] & NUMBER_MAX)->hash).home;
        if (((i - home) & mask) < ((i - gap) & mask))
            continue; /* its home is behind the gap */
        t->slot[gap] = t->slot[i];
        gap = i;
    }
    t->slot[gap] = 0;
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

static bool reserve_node(struct yc_tree *t)
{
    if (t->vacant_count > t->vacant_fresh)
        return true;
    if (t->used == NUMBER_MAX)
        return false;
    if (t->used < t->slab_count * SLAB_NODES)
        return true;
    if (t->slab_count == t->slab_room) {
        size_t room = t->slab_room ? t->slab_room * 2 : 16;
        void *p = yc_alloc_resize(t->alloc, t->slab, t->slab_room * sizeof *t->slab, room * sizeof *t->slab);
        if (!p)
            return false;
        t->slab = p;
        t->slab_room = room;
    }
    t->slab[t->slab_count] = yc_alloc_new(t->alloc, SLAB_BYTES);
    if (!t->slab[t->slab_count])
        return false;
    t->slab_count++;
    return true;
}

/* The number of a place for a new node; what it held before is still there. There is one: reserve_node(). */
static uint32_t take_number(struct yc_tree *t)
{
    if (t->vacant_count == t->vacant_fresh)
        return ++t->used;
    /* Those that were removed last move down into the gap, in whatever order. */
    size_t at = t->vacant_count - t->vacant_fresh - 1;
    uint32_t number = t->vacant[at];
    t->vacant[at] = t->vacant[--t->vacant_count];
    return number;
}

static bool work_is_held(const struct yc_node *n)
{
    return n->work_high != UINT64_MAX;
}

/* The work of one block; mostly it is that of the block below, and a long division is spared. */
static struct yc_u256 own_work(const struct yc_node *n)
{
    const struct yc_node *below = n->parent;
    if (below && below->parent && below->bits == n->bits && work_is_held(below))
        return yc_u256_sub(yc_node_work(below), yc_node_work(below->parent));
    return yc_work_of_bits(n->bits);
}

static void set_work(struct yc_node *n)
{
    struct yc_u256 work = own_work(n);
    if (n->parent)
        work = yc_u256_add(work, yc_node_work(n->parent));
    bool fits = yc_u256_bits(work) <= 128;
    n->work_low = fits ? work.w[0] : UINT64_MAX;
    n->work_high = fits ? work.w[1] : UINT64_MAX;
}

static struct yc_stored *stored_of(const struct yc_node *n)
{
    return n->stored == &nothing_stored ? NULL : (struct yc_stored *)(uintptr_t)n->stored;
}

struct yc_node *yc_tree_add(struct yc_tree *t, const struct yc_header *h, const struct yc_block_hash *hash,
                            struct yc_node *parent)
{
    YC_ASSERT(parent || !t->genesis);
    if (!reserve_node(t) || !reserve_slot(t))
        return NULL;
    bool fresh = t->vacant_count == t->vacant_fresh;
    uint32_t number = take_number(t);
    struct yc_node *n = numbered(t, number);
    /* A place that had something stored of its own keeps the memory for it. */
    struct yc_stored *own = fresh ? NULL : stored_of(n);
    if (own)
        *own = nothing_stored;
    put_number(t, hash, number);
    t->count++;
    t->last = n;
    *n = (struct yc_node){.parent = parent,
                          .stored = own ? own : &nothing_stored,
                          .hash = *hash,
                          .version = h->version,
                          .time = h->time,
                          .bits = h->bits,
                          .nonce = h->nonce};
    memcpy(n->merkle_root, h->merkle_root, sizeof n->merkle_root);
    set_work(n);
    if (!parent) {
        t->genesis = n;
        return n;
    }
    n->height = parent->height + 1;
    n->skip = skip_over(parent);
    n->next_sibling = parent->first_child;
    parent->first_child = n;
    return n;
}

struct yc_stored *yc_tree_stored(struct yc_tree *t, struct yc_node *n)
{
    if (stored_of(n))
        return stored_of(n);
    if (!t->stored || t->stored->used == STORED_PER_SLAB) {
        struct yc_stored_slab *slab = yc_alloc_new(t->alloc, sizeof *slab);
        if (!slab)
            return NULL;
        slab->older = t->stored;
        slab->used = 0;
        t->stored = slab;
    }
    struct yc_stored *s = &t->stored->stored[t->stored->used++];
    *s = nothing_stored;
    n->stored = s;
    return s;
}

void yc_tree_each(const struct yc_tree *t, void (*each)(void *ctx, struct yc_node *n), void *ctx)
{
    for (uint32_t number = 1; number <= t->used; number++) {
        struct yc_node *n = numbered(t, number);
        if (!(n->status & YC_NODE_GOES))
            each(ctx, n);
    }
}

static bool reserve_vacant(struct yc_tree *t, size_t more)
{
    if (more <= t->vacant_room - t->vacant_count)
        return true;
    size_t room = t->vacant_count + more;
    void *p = yc_alloc_resize(t->alloc, t->vacant, t->vacant_room * sizeof *t->vacant, room * sizeof *t->vacant);
    if (!p)
        return false;
    t->vacant = p;
    t->vacant_room = room;
    return true;
}

bool yc_tree_remove_going(struct yc_tree *t)
{
    size_t going = 0;
    /* Those that went before carry the bit too. */
    for (uint32_t number = 1; number <= t->used; number++)
        going += (yc_node_bits(numbered(t, number)) & YC_NODE_GOES) != 0;
    going -= t->vacant_count;
    if (!reserve_vacant(t, going))
        return false;
    for (uint32_t number = 1; number <= t->used; number++) {
        struct yc_node *n = numbered(t, number);
        if (yc_node_bits(n) & YC_NODE_GOES)
            continue;
        yc_node_set_bits(n, yc_node_bits(n) & ~YC_NODE_KEPT);
        for (struct yc_node **child = &n->first_child; *child;) {
            if (yc_node_bits(*child) & YC_NODE_GOES)
                *child = (*child)->next_sibling;
            else
                child = &(*child)->next_sibling;
        }
    }
    size_t before = t->vacant_count;
    for (uint32_t number = 1; going && number <= t->used; number++) {
        const struct yc_node *n = numbered(t, number);
        if (!(yc_node_bits(n) & YC_NODE_GOES) || yc_tree_find(t, &n->hash) != n)
            continue;
        drop_number(t, n, number);
        t->vacant[t->vacant_count++] = number;
        if (n == t->last)
            t->last = NULL;
    }
    t->count -= (uint32_t)(t->vacant_count - before);
    t->vacant_fresh = t->vacant_count - before;
    return true;
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
