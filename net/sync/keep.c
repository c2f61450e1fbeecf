#include "net/sync/keep.h"

#include "net/sync/sync_internal.h"

#define MINUTE_US       INT64_C(60000000)
#define CATCH_UP_US     (20 * MINUTE_US)
#define ANSWER_US       (2 * MINUTE_US)
#define CONNECTED_S_MIN 30 /* a peer younger than this has had no chance yet */

static bool chosen(const struct yc_sync_peer *p)
{
    return p->peer->start.type == YC_CONN_OUTBOUND_FULL || p->peer->start.type == YC_CONN_BLOCK_RELAY;
}

static size_t shielded_count(const struct yc_sync *s)
{
    size_t n = 0;
    for (const struct yc_sync_peer *p = s->peers; p; p = p->next)
        n += p->keep.shielded;
    return n;
}

void yc_keep_note_announced(struct yc_sync *s, struct yc_sync_peer *p, bool is_new, struct yc_now now)
{
    struct yc_chain_entry tip;
    s->view->tip(s->view->ctx, &tip);
    if (!p->has_best)
        return;
    int order = yc_u256_compare(p->best.work, tip.work);
    if (is_new && order > 0)
        p->keep.announced_us = now.mono_us;
    if (order < 0 || p->keep.shielded || p->peer->start.type != YC_CONN_OUTBOUND_FULL ||
        shielded_count(s) >= YC_KEEP_SHIELDED_MAX)
        return;
    p->keep.shielded = true;
    log_sync(p, "Protecting outbound peer=%lld from eviction", sync_peer_id(p));
}

/* It lags behind a tip that it is measured by: from when on, and whether it was asked. */
static void measure(struct yc_keep *k, const struct yc_chain_entry *tip, struct yc_now now)
{
    k->due_us = now.mono_us + CATCH_UP_US;
    k->wanted = tip->work;
    k->parent = tip->prev;
    k->asked = false;
}

static void overdue(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now)
{
    char best[65] = "<none>";
    if (!p->keep.asked) {
        /* From the parent of the block it is measured by: the answer holds that block, or a better one, if it has it. */
        log_sync(p, "sending getheaders to outbound peer=%lld to verify chain work", sync_peer_id(p));
        yc_sync_getheaders_from(s, p, &p->keep.parent, now);
        p->keep.asked = true;
        p->keep.due_us = now.mono_us + ANSWER_US;
        return;
    }
    if (p->has_best)
        yc_hex_write_reversed(best, p->best.hash.b, 32);
    yc_log_info(p->peer->shared->log, "Outbound peer has old chain, best known block = %s, disconnecting peer=%lld",
                best, sync_peer_id(p));
    yc_peer_close(p->peer, YC_CLOSE_TIMEOUT);
}

static void consider(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *tip, struct yc_now now)
{
    struct yc_keep *k = &p->keep;
    if (p->has_best && yc_u256_compare(p->best.work, tip->work) >= 0) {
        k->due_us = 0;
        k->asked = false;
    } else if (k->due_us == 0 || (p->has_best && yc_u256_compare(p->best.work, k->wanted) >= 0)) {
        measure(k, tip, now); /* it has what it was measured by: now by the present tip */
    } else if (now.mono_us > k->due_us) {
        overdue(s, p, now);
    }
}

void yc_keep_look(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now)
{
    struct yc_chain_entry tip;
    if (p->keep.shielded || !chosen(p) || (!p->headers_started && p->keep.due_us == 0))
        return;
    s->view->tip(s->view->ctx, &tip);
    consider(s, p, &tip, now);
}

bool yc_keep_nothing_awaited(const struct yc_sync *s)
{
    return s->in_flight.count == 0;
}

/* Has it had its chance, and is nothing under way that would be lost? */
static bool may_go(const struct yc_sync_peer *p, struct yc_now now)
{
    return now.wall_s - p->peer->stats.connected_s >= CONNECTED_S_MIN && p->request_count == 0;
}

static struct yc_sync_peer *worst_full(struct yc_sync *s)
{
    struct yc_sync_peer *worst = NULL;
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        if (p->peer->start.type != YC_CONN_OUTBOUND_FULL || p->keep.shielded)
            continue;
        if (!worst || p->keep.announced_us < worst->keep.announced_us ||
            (p->keep.announced_us == worst->keep.announced_us && p->peer->start.id > worst->peer->start.id))
            worst = p;
    }
    return worst;
}

static struct yc_sync_peer *worst_block_relay(struct yc_sync *s)
{
    struct yc_sync_peer *youngest = NULL, *next = NULL;
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        if (p->peer->start.type != YC_CONN_BLOCK_RELAY)
            continue;
        if (!youngest || p->peer->start.id > youngest->peer->start.id) {
            next = youngest;
            youngest = p;
        } else if (!next || p->peer->start.id > next->peer->start.id) {
            next = p;
        }
    }
    return next && youngest->last_block_us > next->last_block_us ? next : youngest;
}

struct yc_sync_peer *yc_keep_worst(struct yc_sync *s, enum yc_conn_type type, size_t most, struct yc_now now)
{
    size_t count = 0;
    for (const struct yc_sync_peer *p = s->peers; p; p = p->next)
        count += p->peer->start.type == type;
    if (count <= most)
        return NULL;
    struct yc_sync_peer *worst = type == YC_CONN_OUTBOUND_FULL ? worst_full(s) : worst_block_relay(s);
    return worst && may_go(worst, now) ? worst : NULL;
}
