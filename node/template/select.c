#include "node/template/select.h"

#include "base/assert.h"
#include "node/mempool/feerate.h"

/* When the block is nearly full, give up after so many packages in a row that did not fit. */
#define MISSES_MAX         1000
#define NEARLY_FULL_WEIGHT 4000

/* One transaction of the pool while choosing, found by its entry's slot. Its package is it and those of its ancestors that are not chosen yet. */
struct item {
    const struct yc_pool_entry *entry;
    int64_t package_fees_sat; /* with deltas: what an operator prefers counts here */
    uint64_t package_vbytes;
    uint32_t version; /* of the totals: candidates of an older one are stale */
    bool chosen, passed_over, marked;
};

/* What lies in the heap: a copy of an item's totals at some version, so that the heap's order never changes under it. */
struct candidate {
    int64_t fees_sat;
    uint64_t vbytes, sequence;
    uint32_t item, version;
};

struct choosing {
    const struct yc_pool *pool;
    const struct yc_selection_limits *limits;
    struct yc_arena *arena;
    struct yc_selection *out;
    struct item *items; /* one a slot */
    uint32_t item_count;
    uint32_t misses; /* packages in a row that did not fit */
    struct candidate *heap;
    size_t heap_count, heap_cap;
    uint32_t *list; /* the relatives found by a walk */
    uint32_t list_count;
    bool up; /* the walk's direction */
    bool ok;
};

/* ---- the heap: best package first ---- */

static bool pays_better(const struct candidate *a, const struct candidate *b)
{
    int c = yc_fee_rate_compare(a->fees_sat, a->vbytes, b->fees_sat, b->vbytes);
    return c ? c > 0 : a->sequence < b->sequence;
}

static void swap(struct candidate *a, struct candidate *b)
{
    struct candidate t = *a;
    *a = *b;
    *b = t;
}

static void heap_push(struct choosing *k, uint32_t item)
{
    if (k->heap_count == k->heap_cap) {
        struct candidate *bigger = yc_arena_take_array(k->arena, k->heap_cap * 2, sizeof *bigger);
        if (!bigger) {
            k->ok = false;
            return;
        }
        memcpy(bigger, k->heap, k->heap_count * sizeof *bigger);
        k->heap = bigger;
        k->heap_cap *= 2;
    }
    const struct item *it = &k->items[item];
    size_t i = k->heap_count++;
    k->heap[i] = (struct candidate){it->package_fees_sat, it->package_vbytes, it->entry->sequence, item, it->version};
    for (; i > 0 && pays_better(&k->heap[i], &k->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&k->heap[i], &k->heap[(i - 1) / 2]);
}

static struct candidate heap_pop(struct choosing *k)
{
    struct candidate top = k->heap[0];
    k->heap[0] = k->heap[--k->heap_count];
    for (size_t i = 0;;) {
        size_t best = i, left = 2 * i + 1, right = left + 1;
        if (left < k->heap_count && pays_better(&k->heap[left], &k->heap[best]))
            best = left;
        if (right < k->heap_count && pays_better(&k->heap[right], &k->heap[best]))
            best = right;
        if (best == i)
            return top;
        swap(&k->heap[i], &k->heap[best]);
        i = best;
    }
}

/* ---- walks over relatives ---- */

static void list_add(void *ctx, const struct yc_pool_entry *e)
{
    struct choosing *k = ctx;
    struct item *it = &k->items[e->slot];
    /* What stands on chosen ancestors is reached through them; what is above a chosen one is chosen. */
    if (it->marked || (k->up && it->chosen))
        return;
    it->marked = true;
    k->list[k->list_count++] = e->slot;
}

/* Collect item and its unchosen ancestors, or descendants, in k->list, itself first. */
static void walk(struct choosing *k, uint32_t item, bool up)
{
    k->list_count = 0;
    k->up = up;
    k->items[item].marked = true;
    k->list[k->list_count++] = item;
    for (uint32_t i = 0; i < k->list_count; i++) {
        const struct yc_pool_entry *e = k->items[k->list[i]].entry;
        if (up)
            yc_pool_parents(k->pool, e, list_add, k);
        else
            yc_pool_children(k->pool, e, list_add, k);
    }
    for (uint32_t i = 0; i < k->list_count; i++)
        k->items[k->list[i]].marked = false;
}

/* ---- choosing ---- */

static bool take_item(void *ctx, const struct yc_pool_entry *e)
{
    struct choosing *k = ctx;
    struct yc_pool_package package;
    YC_ASSERT(e->slot < k->item_count);
    yc_pool_ancestors(k->pool, e, &package);
    k->items[e->slot] =
        (struct item){.entry = e, .package_fees_sat = package.fees_sat, .package_vbytes = package.vbytes};
    return true;
}

/* Put the list into an order in which parents come before children: by arrival, which the pool keeps so. */
static void sort_by_arrival(struct choosing *k)
{
    for (uint32_t i = 1; i < k->list_count; i++) {
        uint32_t item = k->list[i], j = i;
        for (; j > 0 && k->items[k->list[j - 1]].entry->sequence > k->items[item].entry->sequence; j--)
            k->list[j] = k->list[j - 1];
        k->list[j] = item;
    }
}

static bool package_fits(struct choosing *k)
{
    uint64_t weight = k->out->weight, sigops = k->out->sigop_cost;
    uint64_t unconfirmed = k->out->unconfirmed_inputs;
    for (uint32_t i = 0; i < k->list_count; i++) {
        const struct item *it = &k->items[k->list[i]];
        weight += yc_tx_weight(&it->entry->tx);
        sigops += it->entry->sigop_cost;
        unconfirmed += it->entry->by_lanes ? it->entry->tx.in_count : 0;
        if (it->passed_over || (it->entry->tx.has_witness && !k->limits->witness) ||
            !yc_tx_is_final(&it->entry->tx, k->limits->height, k->limits->mtp_s))
            return false;
    }
    if (weight > k->limits->weight_max || sigops > k->limits->sigop_cost_max)
        return false;
    k->out->left_unconfirmed |= unconfirmed > k->limits->unconfirmed_inputs_max;
    return unconfirmed <= k->limits->unconfirmed_inputs_max;
}

static void choose_one(struct choosing *k, uint32_t item)
{
    struct item *it = &k->items[item];
    it->chosen = true;
    k->out->entry[k->out->count++] = it->entry;
    k->out->weight += yc_tx_weight(&it->entry->tx);
    k->out->sigop_cost += it->entry->sigop_cost;
    k->out->fees_sat += it->entry->fee_sat;
    k->out->unconfirmed_inputs += it->entry->by_lanes ? it->entry->tx.in_count : 0;
}

/* The packages of its descendants have become smaller by this item. */
static void lighten_descendants(struct choosing *k, uint32_t item)
{
    const struct yc_pool_entry *e = k->items[item].entry;
    walk(k, item, false);
    for (uint32_t i = 1; i < k->list_count; i++) {
        struct item *d = &k->items[k->list[i]];
        if (d->chosen)
            continue;
        d->package_fees_sat -= e->fee_sat + e->fee_delta_sat;
        d->package_vbytes -= e->vbytes;
        d->version++;
        d->passed_over = false; /* what is left of its package may fit now */
        heap_push(k, k->list[i]);
    }
}

static bool consider(struct choosing *k, struct candidate top, uint32_t *package)
{
    struct item *it = &k->items[top.item];
    if (it->chosen || top.version != it->version)
        return true;
    if (yc_fee_rate_compare(top.fees_sat, top.vbytes, k->limits->min_sat_per_kvb, 1000) < 0)
        return false; /* the best that is left pays too little */
    walk(k, top.item, true);
    if (!package_fits(k)) {
        it->passed_over = true;
        return ++k->misses <= MISSES_MAX || k->out->weight + NEARLY_FULL_WEIGHT <= k->limits->weight_max;
    }
    k->misses = 0;
    sort_by_arrival(k);
    uint32_t count = k->list_count;
    memcpy(package, k->list, count * sizeof *package);
    for (uint32_t i = 0; i < count; i++)
        choose_one(k, package[i]);
    for (uint32_t i = 0; i < count; i++)
        lighten_descendants(k, package[i]);
    return k->ok;
}

bool yc_select(struct yc_selection *out, const struct yc_pool *pool, const struct yc_selection_limits *limits,
               struct yc_arena *arena)
{
    struct yc_pool_info info;
    yc_pool_info(pool, &info);
    size_t n = info.count;
    *out = (struct yc_selection){0};
    if (n == 0)
        return true;
    struct choosing k = {.pool = pool,
                         .limits = limits,
                         .arena = arena,
                         .out = out,
                         .item_count = (uint32_t)n,
                         .heap_cap = 2 * n,
                         .ok = true};
    out->entry = yc_arena_take_array(arena, n, sizeof *out->entry);
    k.items = yc_arena_take_array(arena, n, sizeof *k.items);
    k.heap = yc_arena_take_array(arena, k.heap_cap, sizeof *k.heap);
    k.list = yc_arena_take_array(arena, n, sizeof *k.list);
    uint32_t *package = yc_arena_take_array(arena, n, sizeof *package);
    if (!out->entry || !k.items || !k.heap || !k.list || !package)
        return false;
    yc_pool_each(pool, take_item, &k);
    for (uint32_t i = 0; k.ok && i < k.item_count; i++)
        heap_push(&k, i);
    while (k.ok && k.heap_count > 0 && consider(&k, heap_pop(&k), package)) {
    }
    return k.ok;
}
