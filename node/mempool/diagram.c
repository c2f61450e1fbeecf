#include "node/mempool/diagram.h"

#include <stdlib.h>

#define CHUNKS_FIRST 64
#define FEE_SUM_MAX  (INT64_MAX / 4)

int64_t yc_fee_sum(int64_t a_sat, int64_t b_sat)
{
    int64_t sum = a_sat / 2 + b_sat / 2;
    if (sum > FEE_SUM_MAX / 2)
        return FEE_SUM_MAX;
    return sum < -FEE_SUM_MAX / 2 ? -FEE_SUM_MAX : a_sat + b_sat;
}

/* ---- the order of a cluster ---- */

struct order {
    size_t n, words;
    struct yc_pool_node **member;
    uint64_t *above;     /* for each member the set of its ancestors, itself included */
    uint64_t *left;      /* members that are not taken yet */
    struct yc_chunk *up; /* for each member, what its ancestors that are left amount to, itself included */
};

static bool has(const uint64_t *set, size_t i)
{
    return set[i / 64] >> i % 64 & 1;
}

static void put(uint64_t *set, size_t i)
{
    set[i / 64] |= UINT64_C(1) << i % 64;
}

static uint64_t *above(const struct order *o, size_t i)
{
    return o->above + i * o->words;
}

static bool order_init(struct order *o, struct yc_pool *p, struct yc_pool_node *cluster)
{
    *o = (struct order){0};
    for (struct yc_pool_node *r = cluster; r; r = r->walk_next)
        r->at = (uint32_t)o->n++;
    o->words = (o->n + 63) / 64;
    o->member = yc_arena_take_array(&p->scratch, o->n, sizeof(struct yc_pool_node *));
    o->up = yc_arena_take_array(&p->scratch, o->n, sizeof *o->up);
    o->above = yc_arena_take_array(&p->scratch, o->n * o->words, sizeof *o->above);
    o->left = yc_arena_take_array(&p->scratch, o->words, sizeof *o->left);
    if (!o->member || !o->up || !o->above || !o->left)
        return false;
    memset(o->above, 0, o->n * o->words * sizeof *o->above);
    memset(o->left, 0, o->words * sizeof *o->left);
    for (struct yc_pool_node *r = cluster; r; r = r->walk_next) {
        o->member[r->at] = r;
        put(o->left, r->at);
        put(above(o, r->at), r->at);
        for (uint32_t i = 0; i < r->parents.n; i++) {
            if (r->parents.p[i]->mark == r->mark) /* of the same walk: those that leave are none of it */
                put(above(o, r->at), r->parents.p[i]->at);
        }
    }
    return true;
}

/* From parents to ancestors, and what these amount to. */
static void order_close(struct order *o)
{
    for (size_t k = 0; k < o->n; k++) {
        for (size_t i = 0; i < o->n; i++) {
            for (size_t w = 0; i != k && has(above(o, i), k) && w < o->words; w++)
                above(o, i)[w] |= above(o, k)[w];
        }
    }
    for (size_t i = 0; i < o->n; i++) {
        o->up[i] = (struct yc_chunk){0, 0};
        for (size_t j = 0; j < o->n; j++) {
            if (has(above(o, i), j)) {
                o->up[i].fee_sat = yc_fee_sum(o->up[i].fee_sat, yc_pool_modified_fee(&o->member[j]->e));
                o->up[i].weight += o->member[j]->e.weight;
            }
        }
    }
}

static int compare_chunks(const struct yc_chunk *a, const struct yc_chunk *b)
{
    return yc_fee_rate_compare(a->fee_sat, a->weight, b->fee_sat, b->weight);
}

/* The member that pays best with the ancestors that are left. */
static size_t best_left(const struct order *o)
{
    size_t best = o->n;
    for (size_t i = 0; i < o->n; i++) {
        if (has(o->left, i) && (best == o->n || compare_chunks(&o->up[i], &o->up[best]) > 0))
            best = i;
    }
    return best;
}

/* It and its ancestors are taken: they are no burden to the others any more. */
static void take_with_ancestors(struct order *o, size_t taken)
{
    for (size_t j = 0; j < o->n; j++) {
        if (!has(above(o, taken), j) || !has(o->left, j))
            continue;
        o->left[j / 64] &= ~(UINT64_C(1) << j % 64);
        for (size_t i = 0; i < o->n; i++) {
            if (has(above(o, i), j)) {
                o->up[i].fee_sat = yc_fee_sum(o->up[i].fee_sat, -yc_pool_modified_fee(&o->member[j]->e));
                o->up[i].weight -= o->member[j]->e.weight;
            }
        }
    }
}

/* ---- diagrams ---- */

static bool push(struct yc_diagram *d, struct yc_pool *p, struct yc_chunk chunk)
{
    if (d->n == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : CHUNKS_FIRST;
        struct yc_chunk *bigger = yc_arena_take_array(&p->scratch, cap, sizeof *bigger);
        if (!bigger)
            return false;
        if (d->n)
            memcpy(bigger, d->chunk, d->n * sizeof *bigger);
        d->chunk = bigger;
        d->cap = cap;
    }
    d->chunk[d->n++] = chunk;
    return true;
}

bool yc_diagram_add(struct yc_diagram *d, struct yc_pool *p, struct yc_pool_node *cluster)
{
    struct order o;
    size_t first = d->n;
    if (!order_init(&o, p, cluster))
        return false;
    order_close(&o);
    for (size_t best; (best = best_left(&o)) < o.n;) {
        if (!push(d, p, o.up[best]))
            return false;
        take_with_ancestors(&o, best);
        /* What pays better than what it had to wait for goes together with it. */
        while (d->n - first > 1 && compare_chunks(&d->chunk[d->n - 1], &d->chunk[d->n - 2]) > 0) {
            struct yc_chunk last = d->chunk[--d->n];
            d->chunk[d->n - 1].fee_sat = yc_fee_sum(d->chunk[d->n - 1].fee_sat, last.fee_sat);
            d->chunk[d->n - 1].weight += last.weight;
        }
    }
    return true;
}

static int best_first(const void *a, const void *b)
{
    return compare_chunks(b, a);
}

/* A diagram that is being walked: the point behind the chunks that are done. */
struct point {
    const struct yc_diagram *d;
    size_t done;
    struct yc_chunk sum;
};

static bool at_end(const struct point *at)
{
    return at->done == at->d->n;
}

static struct yc_chunk next_sum(const struct point *at)
{
    if (at_end(at))
        return (struct yc_chunk){at->sum.fee_sat, UINT64_MAX};
    struct yc_chunk c = at->d->chunk[at->done];
    return (struct yc_chunk){yc_fee_sum(at->sum.fee_sat, c.fee_sat), at->sum.weight + c.weight};
}

static void advance(struct point *at)
{
    at->sum = next_sum(at);
    at->done++;
}

/* Is this point above (1) or below (-1) the line along which the other diagram goes on from where it is? */
static int compare_to_line(const struct yc_chunk *point, const struct point *line)
{
    struct yc_chunk slope = at_end(line) ? (struct yc_chunk){0, 1} : line->d->chunk[line->done];
    return yc_fee_rate_compare(point->fee_sat - line->sum.fee_sat, point->weight - line->sum.weight, slope.fee_sat,
                               slope.weight);
}

bool yc_diagram_improves(struct yc_diagram *before, struct yc_diagram *after)
{
    struct point old = {.d = before}, new = {.d = after};
    bool higher = false;
    if (before->n > 1)
        qsort(before->chunk, before->n, sizeof *before->chunk, best_first);
    if (after->n > 1)
        qsort(after->chunk, after->n, sizeof *after->chunk, best_first);
    while (!at_end(&old) || !at_end(&new)) {
        struct yc_chunk o = next_sum(&old), n = next_sum(&new);
        int c;
        if (o.weight == n.weight) {
            c = (n.fee_sat > o.fee_sat) - (n.fee_sat < o.fee_sat);
            advance(&old);
            advance(&new);
        } else if (n.weight < o.weight) {
            c = compare_to_line(&n, &old);
            advance(&new);
        } else {
            c = -compare_to_line(&o, &new);
            advance(&old);
        }
        if (c < 0)
            return false;
        higher = higher || c > 0;
    }
    return higher;
}
