/* What is under way, in the order of time, and who wants to be looked at when. */
#include "sim/internal.h"

#include <stdlib.h>

void *sim_new(size_t count, size_t bytes)
{
    void *p = calloc(count, bytes);
    YC_ASSERT(p);
    return p;
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

void sim_event_push(struct sim *s, const struct sim_event *e)
{
    if (s->heap_count == s->heap_cap) {
        s->heap_cap = s->heap_cap ? 2 * s->heap_cap : 64;
        s->heap = realloc(s->heap, s->heap_cap * sizeof *s->heap);
        YC_ASSERT(s->heap);
    }
    struct sim_event *copy = sim_new(1, sizeof *copy);
    *copy = *e;
    copy->order = s->next_order++;
    copy->link->pending++;
    size_t at = s->heap_count++;
    for (; at > 0 && before(copy, s->heap[(at - 1) / 2]); at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = copy;
}

struct sim_event *sim_event_pop(struct sim *s)
{
    struct sim_event *top = s->heap[0], *last = s->heap[--s->heap_count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < s->heap_count; at = child) {
        if (child + 1 < s->heap_count && before(s->heap[child + 1], s->heap[child]))
            child++;
        if (!before(s->heap[child], last))
            break;
        s->heap[at] = s->heap[child];
    }
    if (s->heap_count)
        s->heap[at] = last;
    top->link->pending--;
    return top;
}

void sim_event_note(struct sim *s, const struct sim_event *e)
{
    uint64_t words[6] = {s->trace, (uint64_t)e->at_us, (uint64_t)e->kind, e->node, e->link->handle[e->end], e->n};
    struct yc_siphash_key key = {1, 2};
    s->trace = yc_siphash(key, words, sizeof words);
    if (e->n) {
        key.k0 = s->trace;
        s->trace = yc_siphash(key, e->p, e->n);
    }
    s->totals.events++;
}

/* The nodes, a heap by the time at which each wants to be looked at; equal times in order of index. */

static bool sooner(const struct sim *s, unsigned a, unsigned b)
{
    return s->node[a].due_us < s->node[b].due_us || (s->node[a].due_us == s->node[b].due_us && a < b);
}

static void place(struct sim *s, size_t at, unsigned i)
{
    s->due[at] = i;
    s->node[i].due_at = at;
}

void sim_due_moved(struct sim *s, unsigned i)
{
    size_t at = s->node[i].due_at;
    while (at > 0 && sooner(s, i, s->due[(at - 1) / 2])) {
        place(s, at, s->due[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (size_t child; (child = 2 * at + 1) < s->due_count; at = child) {
        if (child + 1 < s->due_count && sooner(s, s->due[child + 1], s->due[child]))
            child++;
        if (!sooner(s, s->due[child], i))
            break;
        place(s, at, s->due[child]);
    }
    place(s, at, i);
}
