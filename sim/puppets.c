/* Addresses at which a test or a scenario answers itself. */
#include "sim/internal.h"

#include <stdio.h>
#include <stdlib.h>

unsigned sim_add_puppet(struct sim *s, struct sim_puppet *p)
{
    struct sim_node *n = &s->node[sim_add(s)];
    n->puppet = p;
    n->liar = true;
    n->shared = yc_peer_shared_default();
    n->shared.alloc = yc_heap();
    n->shared.random = &n->random;
    memcpy(n->shared.magic, s->options.params->magic, 4);
    n->shared.services = YC_NODE_NETWORK | YC_NODE_WITNESS;
    snprintf(n->shared.user_agent, sizeof n->shared.user_agent, "/puppet:1/");
    return n->index;
}

void sim_puppet_forget(struct sim_link *l, unsigned end)
{
    if (l->peer[end]) {
        yc_peer_release(l->peer[end]);
        free(l->peer[end]);
    }
    l->peer[end] = NULL;
}

static void begin(struct sim *s, struct sim_link *l, unsigned end)
{
    struct sim_node *n = &s->node[l->node[end]];
    struct yc_peer_start start = {.id = (int64_t)l->handle[end],
                                  .type = end ? YC_CONN_INBOUND : YC_CONN_MANUAL,
                                  .remote = s->node[l->node[!end]].addr,
                                  .local = n->addr};
    n->puppet->connections++;
    if (n->puppet->raw)
        return;
    l->peer[end] = sim_new(1, sizeof *l->peer[end]);
    yc_peer_init(l->peer[end], &n->shared, &start, sim_now(s));
}

static void work(struct sim *s, struct sim_link *l, unsigned end)
{
    struct sim_puppet *p = s->node[l->node[end]].puppet;
    struct yc_peer *peer = l->peer[end];
    struct yc_peer_event ev;
    while (yc_peer_next_event(peer, sim_now(s), &ev))
        if (p->event)
            p->event(p, s, peer, &ev);
    struct yc_view out = yc_peer_output(peer);
    sim_link_send(s, l, end, out);
    yc_peer_sent(peer, out.n, sim_now(s));
}

uint64_t sim_puppet_connect(struct sim *s, unsigned puppet, unsigned to)
{
    return sim_link_open(s, puppet, to);
}

void sim_puppet_send(struct sim *s, uint64_t handle, struct yc_view bytes)
{
    unsigned end;
    struct sim_link *l = sim_link_of(s, handle, &end);
    if (l)
        sim_link_send(s, l, end, bytes);
}

struct yc_peer *sim_puppet_peer(struct sim *s, uint64_t handle)
{
    unsigned end;
    struct sim_link *l = sim_link_of(s, handle, &end);
    return l ? l->peer[end] : NULL;
}

void sim_flush_puppets(struct sim *s)
{
    for (struct sim_link *l = s->links; l; l = l->next)
        for (unsigned end = 0; end < 2; end++)
            if (l->peer[end])
                work(s, l, end);
}

void sim_puppet_hear(struct sim *s, struct sim_link *l, unsigned end, const struct sim_event *e)
{
    struct sim_puppet *p = s->node[e->node].puppet;
    switch (e->kind) {
    case EVENT_ACCEPTED:
    case EVENT_CONNECTED:
        begin(s, l, end);
        break;
    case EVENT_BYTES:
        p->received += e->n;
        if (l->peer[end])
            yc_peer_recv(l->peer[end], yc_view(e->p, e->n), sim_now(s));
        break;
    case EVENT_CLOSED:
        p->closed++;
        p->connections--;
        sim_puppet_forget(l, end);
        break;
    case EVENT_FAILED:
        break;
    }
    if (l->peer[end])
        work(s, l, end);
}
