/* Whose turn it is. A connection is looked at when bytes came, when there is something to send to it, when it was closed, or
 * when its time has come: what a thousand idle ones cost is one look at all of them now and then. */
#include "net/sync/keep.h"
#include "node/core/core_internal.h"

#include <stddef.h>

void yc_core_wake(struct yc_core *c, struct conn *k)
{
    if (k->awake)
        return;
    k->awake = true;
    k->next_awake = NULL;
    k->prev_awake = c->last_awake;
    if (c->last_awake)
        c->last_awake->next_awake = k;
    else
        c->first_awake = k;
    c->last_awake = k;
}

void yc_core_sleep(struct yc_core *c, struct conn *k)
{
    if (!k->awake)
        return;
    k->awake = false;
    if (k->prev_awake)
        k->prev_awake->next_awake = k->next_awake;
    else
        c->first_awake = k->next_awake;
    if (k->next_awake)
        k->next_awake->prev_awake = k->prev_awake;
    else
        c->last_awake = k->prev_awake;
}

void yc_core_busy(struct yc_core *c, struct conn *k)
{
    k->busy = true;
    yc_core_wake(c, k);
}

static void on_wake(void *ctx, struct yc_peer *p)
{
    yc_core_wake(ctx, (struct conn *)(void *)((char *)p - offsetof(struct conn, peer)));
}

void yc_core_turns_open(struct yc_core *c)
{
    c->shared.waker = (struct yc_peer_waker){on_wake, c};
    c->peers_due_us = INT64_MAX;
}

/* Of one that has shaken hands the times are minutes, and each tick looks at it in any case. */
static void due_by(struct yc_core *c, const struct conn *k)
{
    int64_t at = k->ready ? INT64_MAX : yc_peer_next_deadline_us(&k->peer);
    if (at < c->peers_due_us)
        c->peers_due_us = at;
}

/* Their timers, and what has no moment of its own. */
static void look_at_all(struct yc_core *c, struct yc_now now)
{
    bool limited = c->upload.bytes_per_s || c->download.bytes_per_s;
    c->peers_due_us = INT64_MAX;
    for (struct conn *k = c->first; k; k = k->next) {
        if (!k->open || k->closing)
            continue;
        if (now.mono_us >= yc_peer_next_deadline_us(&k->peer))
            yc_peer_tick(&k->peer, now);
        if (k->ready)
            yc_keep_look(&c->sync, &k->sync, now);
        if (limited || k->filters_wait || k->chain_wait)
            yc_core_wake(c, k); /* there may be room on the line again; the index or the chain may have moved */
        due_by(c, k);
    }
    c->look_at_all = false;
}

static void serve(struct yc_core *c, struct conn *k, int64_t until_us)
{
    struct yc_now now = core_now(c);
    k->busy |= k->filters_wait || k->chain_wait;
    if (k->busy)
        yc_core_take_messages(c, k, until_us);
    /* By what it has just said, and before the chain moves on: else it is measured by a block that it could not know of. */
    if (k->ready)
        yc_keep_look(&c->sync, &k->sync, now);
    yc_core_flush(c, k, now);
    /* What it was woken for meanwhile has been done. */
    yc_core_sleep(c, k);
    if (!k->open || k->closing)
        return;
    if (k->busy)
        yc_core_wake(c, k);
    c->look_at_all |= k->filters_wait || k->chain_wait;
    due_by(c, k);
}

bool yc_core_serve_peers(struct yc_core *c, int64_t until_us)
{
    struct yc_now now = core_now(c);
    struct conn *k;
    if (c->look_at_all || now.mono_us >= c->peers_due_us || c->upload.bytes_per_s || c->download.bytes_per_s)
        look_at_all(c, now);
    c->turn++;
    while ((k = c->first_awake) != NULL && k->turn != c->turn) {
        yc_core_sleep(c, k);
        k->turn = c->turn;
        if (k->open && !k->closing)
            serve(c, k, until_us);
    }
    yc_core_judge_gathered(c);
    return c->first_awake != NULL;
}
