/* Connections: bytes arrive in order, after the time that distance and the sender's line take. */
#include "sim/internal.h"

#include <stdlib.h>

#define CONNECT_TIMEOUT_US 1000000
#define HELD_BACK_US       10000

struct sim_link *sim_link_of(const struct sim *s, uint64_t handle, unsigned *end)
{
    YC_ASSERT(handle > 0 && (handle - 1) / 2 < s->link_count);
    *end = (unsigned)((handle - 1) % 2);
    return s->by_handle[(handle - 1) / 2];
}

static struct sim_link *new_link(struct sim *s, unsigned from, unsigned to)
{
    if (s->link_count == s->link_cap) {
        s->link_cap = s->link_cap ? 2 * s->link_cap : 64;
        s->by_handle = realloc(s->by_handle, s->link_cap * sizeof(struct sim_link *));
        YC_ASSERT(s->by_handle);
    }
    struct sim_link *l = sim_new(1, sizeof *l);
    s->by_handle[s->link_count] = l;
    l->handle[0] = 2 * (uint64_t)s->link_count + 1;
    l->handle[1] = l->handle[0] + 1;
    s->link_count++;
    l->node[0] = from;
    l->node[1] = to;
    l->next = s->links;
    if (s->links)
        s->links->previous = l;
    s->links = l;
    for (unsigned end = 0; end < 2; end++) {
        l->delay_us[end] = s->options.latency_us;
        if (s->options.spread_us)
            l->delay_us[end] += (int64_t)yc_random_below(&s->random, (uint64_t)s->options.spread_us);
    }
    s->totals.connections++;
    return l;
}

void sim_link_free(struct sim *s, struct sim_link *l)
{
    sim_puppet_forget(l, 0);
    sim_puppet_forget(l, 1);
    s->by_handle[(l->handle[0] - 1) / 2] = NULL;
    if (l->previous)
        l->previous->next = l->next;
    else
        s->links = l->next;
    if (l->next)
        l->next->previous = l->previous;
    free(l);
}

static int64_t latency(struct sim *s, const struct sim_link *l, unsigned end)
{
    int64_t jitter = s->options.jitter_us ? (int64_t)yc_random_below(&s->random, (uint64_t)s->options.jitter_us) : 0;
    return l->delay_us[end] + jitter;
}

/* When n bytes that are sent now arrive at this end, behind all that was sent before. */
static int64_t arrival(struct sim *s, struct sim_link *l, unsigned end, size_t n)
{
    int64_t at = s->now_us;
    struct sim_node *from = l->node[!end] < s->node_count ? &s->node[l->node[!end]] : NULL;
    if (from && from->up_bytes_per_s && n) {
        at = from->up_free_us > at ? from->up_free_us : at;
        at += (int64_t)((uint64_t)n * 1000000 / from->up_bytes_per_s);
        from->up_free_us = at;
    }
    at += latency(s, l, end);
    l->last_us[end] = at > l->last_us[end] ? at : l->last_us[end] + 1;
    return l->last_us[end];
}

static void tell_end(struct sim *s, struct sim_link *l, unsigned end, enum sim_event_kind kind)
{
    sim_event_push(s, &(struct sim_event){
                          .at_us = arrival(s, l, end, 0), .kind = kind, .node = l->node[end], .link = l, .end = end});
}

static bool reachable(const struct sim *s, unsigned from, unsigned to)
{
    if (to >= s->node_count || s->node[to].hidden || s->node[to].island != s->node[from].island)
        return false;
    return s->node[to].puppet ? !s->node[to].core : s->node[to].core != NULL;
}

uint64_t sim_link_open(struct sim *s, unsigned from, unsigned to)
{
    struct sim_link *l = new_link(s, from, to);
    if (!reachable(s, from, to)) {
        l->over = true;
        sim_event_push(
            s, &(struct sim_event){
                   .at_us = s->now_us + CONNECT_TIMEOUT_US, .kind = EVENT_FAILED, .node = from, .link = l, .end = 0});
        return l->handle[0];
    }
    tell_end(s, l, 1, EVENT_ACCEPTED);
    l->last_us[0] = l->last_us[1] + latency(s, l, 0);
    sim_event_push(
        s, &(struct sim_event){.at_us = l->last_us[0], .kind = EVENT_CONNECTED, .node = from, .link = l, .end = 0});
    return l->handle[0];
}

void sim_link_send(struct sim *s, struct sim_link *l, unsigned end, struct yc_view bytes)
{
    if (l->over || bytes.n == 0)
        return;
    l->waiting[end] += bytes.n;
    const struct sim_puppet *to = s->node[l->node[!end]].puppet;
    if (to && to->deaf)
        return;
    uint8_t *copy = sim_new(1, bytes.n);
    memcpy(copy, bytes.p, bytes.n);
    s->totals.messages_bytes += bytes.n;
    sim_event_push(s, &(struct sim_event){.at_us = arrival(s, l, !end, bytes.n),
                                          .kind = EVENT_BYTES,
                                          .node = l->node[!end],
                                          .link = l,
                                          .end = !end,
                                          .p = copy,
                                          .n = bytes.n});
}

void sim_link_close(struct sim *s, struct sim_link *l)
{
    if (l->over)
        return;
    l->over = true;
    tell_end(s, l, 0, EVENT_CLOSED);
    tell_end(s, l, 1, EVENT_CLOSED);
}

bool sim_break_link(struct sim *s, unsigned i)
{
    struct sim_link *chosen = NULL;
    uint64_t seen = 0;
    for (struct sim_link *l = s->links; l; l = l->next) {
        bool its = (l->node[0] == i || l->node[1] == i) && !l->over;
        if (its && yc_random_below(&s->random, ++seen) == 0)
            chosen = l;
    }
    if (chosen)
        sim_link_close(s, chosen);
    return chosen != NULL;
}

void sim_set_island(struct sim *s, unsigned i, unsigned island)
{
    s->node[i].island = island;
    for (struct sim_link *l = s->links; l; l = l->next)
        if (l->node[1] < s->node_count && s->node[l->node[0]].island != s->node[l->node[1]].island)
            sim_link_close(s, l);
}

/* The transport holds the bytes back, or the node's disk keeps it from hearing anything. */
static bool held_back(struct sim *s, struct sim_event *e)
{
    struct sim_link *l = e->link;
    const struct sim_node *n = &s->node[e->node];
    bool busy = n->core && n->busy_until_us > s->now_us;
    bool paused = e->kind == EVENT_BYTES && l->paused[e->end] && !l->over;
    if (!busy && !paused)
        return false;
    e->at_us = busy ? n->busy_until_us : s->now_us + HELD_BACK_US;
    if (e->at_us <= l->last_us[e->end])
        e->at_us = l->last_us[e->end] + 1;
    l->last_us[e->end] = e->at_us;
    sim_event_push(s, e);
    free(e);
    return true;
}

void sim_link_dispatch(struct sim *s, struct sim_event *e)
{
    struct sim_link *l = e->link;
    unsigned end = e->end;
    if (held_back(s, e))
        return;
    sim_event_note(s, e);
    const struct sim_node *n = &s->node[e->node], *other = NULL;
    bool listens = e->kind == EVENT_ACCEPTED || e->kind == EVENT_CONNECTED;
    if (listens && !l->over)
        l->open[end] = true;
    if (e->kind == EVENT_BYTES)
        l->waiting[!end] -= e->n;
    /* A node that was stopped hears of nothing, and one that was started again not of what was before. */
    bool hears = (n->core || n->puppet) && (l->open[end] || e->kind == EVENT_FAILED);
    if (e->kind == EVENT_CLOSED)
        l->open[end] = false;
    if (hears && n->core)
        sim_node_hear(s, l, end, e);
    else if (hears)
        sim_puppet_hear(s, l, end, e);
    if (e->kind == EVENT_BYTES)
        other = &s->node[l->node[!end]];
    if (other && other->core && l->open[!end] && yc_core_on_sent(other->core, l->handle[!end], l->waiting[!end]))
        sim_touch(s, other->index);
    if (e->kind == EVENT_CONNECTED && l->over) {
        /* It broke before it was there: the end hears of that next. */
        l->open[end] = true;
    }
    free(e->p);
    free(e);
    if (l->over && l->pending == 0)
        sim_link_free(s, l);
}
