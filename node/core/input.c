/* How much of what peers have sent is held (catalogue P01). Each may be in the middle of a message of megabytes; those that
 * connected to us share one budget. Once that is used up, whoever holds more than a small share of it is read no further, and
 * those that hold most are closed one by one until the others fit: half a message stays half a message, while whoever sends
 * a whole one soon holds nothing. */
#include "node/core/core_internal.h"

#define OVER_BUDGET_US (2 * SECOND_US) /* so long a peer over its share may take to be rid of what it holds */
#define SHARES         4               /* one for what all of those may hold that are not over their share */

void yc_core_pause_input(struct yc_core *c, struct conn *k)
{
    bool pause =
        k->over_since_us != 0 || !yc_peer_wants_input(&k->peer) || yc_rate_room(&c->download, yc_mono_us(c->pace)) == 0;
    if (pause == k->paused)
        return;
    k->paused = pause;
    c->config.io.pause(c->config.io.ctx, k->handle, pause);
}

/* Those that we chose are few, each is bound by a message or two, and a download of large blocks needs them all at once. */
static bool counts(const struct conn *k)
{
    return k->open && k->type == YC_CONN_INBOUND && !k->closing && k->peer.state != YC_PEER_CLOSED;
}

void yc_core_input_came(struct yc_core *c, struct conn *k, struct yc_now now)
{
    /* A burst of many peers fills the budget long before the next tick looks. */
    if (counts(k) && k->over_since_us == 0 && c->shared.memory_bytes > c->config.receive_budget_bytes)
        yc_core_balance_input(c, now);
}

/* Of those that have been over their share for long enough, the one that holds most. */
static struct conn *largest(const struct yc_core *c, struct yc_now now)
{
    struct conn *most = NULL;
    for (struct conn *k = c->first; k; k = k->next)
        if (counts(k) && k->over_since_us != 0 && now.mono_us >= k->over_since_us + OVER_BUDGET_US &&
            (!most || yc_peer_held_bytes(&k->peer) > yc_peer_held_bytes(&most->peer)))
            most = k;
    return most;
}

void yc_core_balance_input(struct yc_core *c, struct yc_now now)
{
    size_t held = 0, budget = c->config.receive_budget_bytes, share = budget / SHARES / (c->conn_count + 1);
    for (const struct conn *k = c->first; k; k = k->next)
        held += counts(k) ? yc_peer_held_bytes(&k->peer) : 0;
    for (struct conn *k; held > budget && (k = largest(c, now));) {
        held -= yc_peer_held_bytes(&k->peer);
        yc_log_debug(c->log, YC_LOGC_NET, "receive budget of all peers is used up, disconnecting peer=%lld",
                     (long long)k->peer.start.id);
        yc_peer_close(&k->peer, YC_CLOSE_MEMORY);
        yc_core_busy(c, k);
    }
    if (held > budget)
        yc_core_tick_by(c, now.mono_us + SECOND_US); /* whoever waits is let go on as soon as it may */
    for (struct conn *k = c->first; k; k = k->next) {
        bool large = counts(k) && yc_peer_held_bytes(&k->peer) > share;
        if (held <= budget || !large) {
            if (k->over_since_us)
                yc_core_busy(c, k);
            k->over_since_us = 0;
        } else if (k->over_since_us == 0) {
            k->over_since_us = now.mono_us;
            yc_core_busy(c, k);
            yc_core_pause_input(c, k); /* at once: what is on its way from all of them comes on top of the budget */
        }
    }
}
