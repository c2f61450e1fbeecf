#include "net/sync/sync.h"

#include "net/sync/sync_internal.h"

#define TICK_IDLE_US INT64_C(1000000)
/* Nothing is awaited of anybody: at the next occasion after the first time, and by the second if there is none. */
#define TICK_CALM_US    INT64_C(10000000)
#define TICK_CALM_BY_US INT64_C(20000000)

void yc_sync_init(struct yc_sync *s, const struct yc_chain_view *view, const struct yc_alloc *alloc,
                  struct yc_siphash_key seed)
{
    *s = (struct yc_sync){.view = view,
                          .overtake_us = YC_SYNC_OVERTAKE_MIN_US,
                          .tick_at_us = INT64_MAX,
                          .tick_by_us = INT64_MAX,
                          .alloc = alloc,
                          .seed = seed};
    yc_map_init(&s->in_flight, alloc, sizeof(struct yc_block_hash), sizeof(struct in_flight), seed);
}

void yc_sync_release(struct yc_sync *s)
{
    yc_map_release(&s->in_flight);
}

bool yc_sync_serves(const struct yc_sync_peer *p)
{
    uint64_t services = p->peer->their_services;
    return (services & (YC_NODE_NETWORK | YC_NODE_NETWORK_LIMITED)) && (services & YC_NODE_WITNESS);
}

bool yc_sync_preferred(const struct yc_sync_peer *p)
{
    enum yc_conn_type type = p->peer->start.type;
    bool chosen = type == YC_CONN_OUTBOUND_FULL || type == YC_CONN_BLOCK_RELAY || type == YC_CONN_MANUAL;
    return (chosen || (p->peer->start.permissions & YC_PERM_NOBAN)) && yc_sync_serves(p);
}

void yc_sync_add(struct yc_sync *s, struct yc_sync_peer *p, struct yc_peer *peer, struct yc_now now)
{
    *p = (struct yc_sync_peer){.peer = peer, .next = s->peers};
    if (s->peers)
        s->peers->prev = p;
    s->peers = p;
    s->peer_count++;
    s->tick_at_us = s->tick_by_us = now.mono_us;
    yc_sync_start_headers(s, now);
}

void yc_sync_remove(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now)
{
    yc_sync_give_up(s, p);
    yc_sync_drop_fast(s, p);
    yc_sync_drop_presync(p);
    while (p->request_count)
        (void)yc_sync_take_request(s, p, &p->request[0].hash);
    if (p->prev)
        p->prev->next = p->next;
    else
        s->peers = p->next;
    if (p->next)
        p->next->prev = p->prev;
    p->prev = p->next = NULL;
    s->peer_count--;
    yc_sync_chain_changed(s, now);
}

void yc_sync_note_best(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *e)
{
    struct yc_chain_entry old;
    /* Of two branches with as much work, the one that it spoke of last: it may be about to show more of that. */
    if (p->has_best && yc_u256_compare(e->work, p->best.work) < 0)
        return;
    /* The cursor holds on the same branch only. */
    if (!p->has_best || !s->view->ancestor(s->view->ctx, &e->hash, p->best.height, &old) ||
        !yc_block_hash_equal(&old.hash, &p->best.hash))
        p->cursor = 0;
    p->best = *e;
    p->has_best = true;
}

void yc_sync_resolve_unknown(struct yc_sync *s, struct yc_sync_peer *p)
{
    struct yc_chain_entry e;
    if (!p->has_unknown || !s->view->find(s->view->ctx, &p->unknown, &e))
        return;
    p->has_unknown = false;
    yc_sync_note_best(s, p, &e);
}

/* BIP 130: it may announce by headers, once we have caught up: before, announcements help nobody. */
static void tell_sendheaders(struct yc_sync *s, struct yc_sync_peer *p)
{
    if (p->told_sendheaders || p->peer->common_version < YC_PROTOCOL_VERSION_SENDHEADERS ||
        s->view->initial_download(s->view->ctx))
        return;
    p->told_sendheaders = true;
    yc_peer_send_sendheaders(p->peer);
}

void yc_sync_chain_changed(struct yc_sync *s, struct yc_now now)
{
    yc_sync_start_headers(s, now);
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        tell_sendheaders(s, p);
        yc_sync_fetch(s, p, now);
    }
    yc_sync_look_soon(s, now);
}

void yc_sync_look_soon(struct yc_sync *s, struct yc_now now)
{
    int64_t wait_us = s->in_flight.count ? YC_SYNC_TICK_US : TICK_IDLE_US;
    if (s->peers && s->tick_at_us > now.mono_us + wait_us)
        s->tick_at_us = now.mono_us + wait_us;
    if (s->peers && s->tick_by_us > now.mono_us + wait_us)
        s->tick_by_us = now.mono_us + wait_us;
}

/* Is there a peer of whom an answer is awaited, or who is to be asked once a time has come? */
static bool restless(const struct yc_sync *s, struct yc_now now)
{
    for (const struct yc_sync_peer *p = s->peers; p; p = p->next)
        if (p->headers_awaited || p->headers_paused || p->presync || now.mono_us < p->rest_until_us)
            return true;
    return false;
}

void yc_sync_tick(struct yc_sync *s, struct yc_now now)
{
    if (now.mono_us < s->tick_at_us)
        return;
    yc_sync_tick_headers(s, now);
    yc_sync_tick_blocks(s, now);
    for (struct yc_sync_peer *p = s->peers; p; p = p->next)
        tell_sendheaders(s, p);
    s->tick_at_us = s->peers ? now.mono_us + TICK_CALM_US : INT64_MAX;
    s->tick_by_us = s->peers ? now.mono_us + TICK_CALM_BY_US : INT64_MAX;
    if (s->in_flight.count || restless(s, now))
        yc_sync_look_soon(s, now);
}

int64_t yc_sync_deadline_us(const struct yc_sync *s)
{
    return s->tick_by_us;
}

/* Announcing. */

static bool on_branch_of(const struct yc_sync *s, const struct yc_block_hash *end, const struct yc_chain_entry *e)
{
    struct yc_chain_entry at;
    return s->view->ancestor(s->view->ctx, end, e->height, &at) && yc_block_hash_equal(&at.hash, &e->hash);
}

bool yc_sync_knows(const struct yc_sync *s, const struct yc_sync_peer *p, const struct yc_chain_entry *e)
{
    return (p->has_best && on_branch_of(s, &p->best.hash, e)) || (p->has_sent && on_branch_of(s, &p->sent, e));
}

/* The headers that lead from what the peer knows to the tip; 0 when there are more than fit an announcement. */
static size_t headers_to_tip(const struct yc_sync *s, const struct yc_sync_peer *p, const struct yc_chain_entry *tip,
                             struct yc_chain_entry out[YC_SYNC_ANNOUNCE_MAX])
{
    struct yc_chain_entry e = *tip;
    for (size_t n = 0; n < YC_SYNC_ANNOUNCE_MAX; n++) {
        out[n] = e;
        if (e.height == 0 || !s->view->active_at(s->view->ctx, e.height - 1, &e))
            return 0;
        if (yc_sync_knows(s, p, &e))
            return n + 1;
    }
    return 0;
}

static bool announce_by_headers(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *tip)
{
    struct yc_chain_entry way[YC_SYNC_ANNOUNCE_MAX];
    uint8_t out80[YC_SYNC_ANNOUNCE_MAX * YC_HEADER_BYTES];
    size_t n = headers_to_tip(s, p, tip, way);
    if (n == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct yc_locator_view one = {.stop = way[n - 1 - i].hash};
        if (s->view->headers_after(s->view->ctx, &one, out80 + i * YC_HEADER_BYTES, 1) != 1)
            return false;
    }
    yc_peer_send_headers(p->peer, out80, n);
    return true;
}

/* One block on what the peer has. More at once are no news, and it would lack the transactions. */
static bool announce_by_compact(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *tip)
{
    struct yc_chain_entry way[YC_SYNC_ANNOUNCE_MAX];
    return headers_to_tip(s, p, tip, way) == 1 && yc_sync_send_compact(s, p, &tip->hash);
}

void yc_sync_announce_tip(struct yc_sync *s)
{
    struct yc_chain_entry tip;
    s->view->tip(s->view->ctx, &tip);
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        yc_sync_resolve_unknown(s, p);
        if (yc_sync_knows(s, p, &tip))
            continue;
        if (p->peer->cmpct_high_bandwidth_from && announce_by_compact(s, p, &tip)) {
            yc_sync_note_sent(p, &tip.hash);
            continue;
        }
        if (p->peer->wants_headers && announce_by_headers(s, p, &tip)) {
            yc_sync_note_sent(p, &tip.hash);
            continue;
        }
        /* An inv brings no header: until the peer asks, the next one would connect to nothing there. */
        struct yc_inv inv = {.type = YC_INV_BLOCK};
        memcpy(inv.hash32, tip.hash.b, 32);
        yc_peer_send_inv(p->peer, &inv, 1);
    }
}

void yc_sync_note_sent(struct yc_sync_peer *p, const struct yc_block_hash *last)
{
    p->sent = *last;
    p->has_sent = true;
}
