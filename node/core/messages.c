/* What peers say: each event of a peer machine is handed to the part that it concerns. */
#include "node/core/core_internal.h"

#define EVENTS_A_TURN 32
#define SETTLE_US     SECOND_US /* a pong may wait so long for orphans */

static void on_version(struct yc_core *c, struct conn *k, struct yc_now now)
{
    if (k->type == YC_CONN_INBOUND) {
        if (k->peer.their_relay)
            yc_core_note_relay(c, k, now);
        return;
    }
    yc_self_seen(&c->self, &k->peer.their_view_of_us);
    if (k->type == YC_CONN_FEELER || k->name[0] == 0) {
        yc_addrman_set_services(c->book, &k->remote, k->peer.their_services);
        (void)yc_addrman_good(c->book, &k->remote, now.wall_s);
    }
}

static void on_ready(struct yc_core *c, struct conn *k, struct yc_now now)
{
    struct yc_siphash_key key = {yc_random_u64(c->random), yc_random_u64(c->random)};
    struct yc_pool_info pool;
    k->ready = true;
    c->wtxid_peers += yc_core_announces_by_wtxid(k);
    yc_slots_ready(c->slots, k->slot, k->peer.their_relay, now.mono_us);
    yc_announcer_init(&k->announcer, &c->tx_news, key);
    yc_pool_info(c->pool, &pool);
    k->offers = k->peer.their_relay && pool.unbroadcast > 0;
    k->announce_at_us = now.mono_us;
    k->announce_planned = true;
    c->news = true;
    c->feefilter_due_us = INT64_MIN;
    k->told_changes = 1; /* as in Bitcoin Core, where the pool counts from 1 on */
    yc_peer_send_sendcmpct(&k->peer, false);
    c->gossip.quiet = c->gossip.quiet && yc_core_is_initial_download(c);
    yc_gossip_join(&c->gossip, &k->gossip, &k->peer, now);
    yc_sync_add(&c->sync, &k->sync, &k->peer, now);
}

/* It has given us a block that is new. */
static void note_block(struct yc_core *c, struct conn *k, struct yc_now now)
{
    struct yc_slot *slot = yc_slots_find(c->slots, k->slot);
    k->last_block_s = now.wall_s;
    /* A pong behind a block says that we have judged it. While we catch up the next blocks matter more. */
    c->chain_done = false;
    c->chain_fed = true;
    if (!yc_core_is_initial_download(c))
        yc_peer_hold_pongs(&k->peer, true);
    if (slot)
        slot->last_block_us = now.mono_us;
}

/* The whole pool is told only to those who have leave: it shows what we know, and costs much. */
static void on_mempool(struct yc_core *c, struct conn *k)
{
    if (k->peer.start.permissions & YC_PERM_MEMPOOL) {
        yc_core_tell_pool(c, k);
        return;
    }
    yc_log_debug(k->peer.shared->log, YC_LOGC_NET,
                 "mempool request with bloom filters disabled, disconnecting peer=%lld", (long long)k->peer.start.id);
    yc_peer_close(&k->peer, YC_CLOSE_BREACH);
}

/* A transaction can be judged only while the chain is at rest: until then it waits, and its sender with it. */
static void on_tx(struct yc_core *c, struct conn *k, struct yc_view raw)
{
    /* A pong behind a transaction says that we have judged it, and the orphans that waited for it. */
    if (yc_orphans_count(c->orphans) && !k->peer.holds_pongs && !yc_core_is_initial_download(c)) {
        yc_peer_hold_pongs(&k->peer, true);
        c->pongs_wait = true;
        k->settle_until_us = yc_mono_us(c->clock) + SETTLE_US;
    }
    if (yc_chain_at_rest(c->chain)) {
        yc_core_on_tx(c, k, raw);
        return;
    }
    yc_buf_append(&k->deferred, raw.p, raw.n);
    if (k->deferred.failed)
        yc_buf_clear(&k->deferred); /* no memory: it will be asked of another peer */
}

static void on_message(struct yc_core *c, struct conn *k, const struct yc_msg *m, struct yc_now now)
{
    /* Whatever else is said may ask for what has been gathered, or move the chain. */
    if (m->type != YC_MSG_TX && m->type != YC_MSG_INV)
        yc_core_judge_gathered(c);
    switch (m->type) {
    case YC_MSG_INV:
        yc_sync_on_inv(&c->sync, &k->sync, &m->u.inv, now);
        yc_core_on_tx_inv(c, k, &m->u.inv, now);
        break;
    case YC_MSG_HEADERS:
        yc_sync_on_headers(&c->sync, &k->sync, &m->u.headers, now);
        break;
    case YC_MSG_BLOCK:
        if (yc_sync_on_block(&c->sync, &k->sync, m->payload, &m->u.block.hash, now))
            note_block(c, k, now);
        break;
    case YC_MSG_CMPCTBLOCK:
        if (yc_sync_on_compact(&c->sync, &k->sync, m, now))
            note_block(c, k, now);
        break;
    case YC_MSG_BLOCKTXN:
        if (yc_sync_on_compact_txs(&c->sync, &k->sync, m, now))
            note_block(c, k, now);
        break;
    case YC_MSG_GETBLOCKTXN:
        yc_core_on_getblocktxn(c, k, m);
        break;
    case YC_MSG_NOTFOUND:
        yc_sync_on_notfound(&c->sync, &k->sync, &m->u.inv, now);
        yc_core_on_tx_notfound(c, k, &m->u.inv);
        break;
    case YC_MSG_TX:
        on_tx(c, k, m->payload);
        break;
    case YC_MSG_GETDATA:
        yc_core_on_getdata(c, k, &m->u.inv);
        break;
    case YC_MSG_GETHEADERS:
        yc_core_on_getheaders(c, k, &m->u.locator);
        break;
    case YC_MSG_GETBLOCKS:
        yc_core_on_getblocks(c, k, &m->u.locator);
        break;
    case YC_MSG_ADDR:
    case YC_MSG_ADDRV2:
        yc_gossip_on_addr(&c->gossip, &k->gossip, &m->u.addr, now);
        break;
    case YC_MSG_GETADDR:
        yc_gossip_on_getaddr(&c->gossip, &k->gossip, now);
        break;
    case YC_MSG_MEMPOOL:
        on_mempool(c, k);
        break;
    case YC_MSG_GETCFILTERS:
    case YC_MSG_GETCFHEADERS:
    case YC_MSG_GETCFCHECKPT:
        yc_filter_request_begin(&k->filters, &c->view, &k->peer, m);
        break;
    case YC_MSG_CFILTER: /* never asked for */
    case YC_MSG_CFHEADERS:
    case YC_MSG_CFCHECKPT:
    case YC_MSG_FEEFILTER: /* the peer machine keeps what these say */
    case YC_MSG_SENDHEADERS:
    case YC_MSG_SENDCMPCT:
    case YC_MSG_VERSION: /* not given to owners */
    case YC_MSG_VERACK:
    case YC_MSG_WTXIDRELAY:
    case YC_MSG_SENDADDRV2:
    case YC_MSG_FEATURE:
    case YC_MSG_FILTERLOAD:
    case YC_MSG_FILTERADD:
    case YC_MSG_FILTERCLEAR:
    case YC_MSG_PING:
    case YC_MSG_PONG:
    case YC_MSG_UNKNOWN:
    case YC_MSG_COUNT:
        break;
    }
}

static void on_event(struct yc_core *c, struct conn *k, const struct yc_peer_event *ev, struct yc_now now)
{
    switch (ev->kind) {
    case YC_PEER_EV_VERSION:
        on_version(c, k, now);
        break;
    case YC_PEER_EV_READY:
        on_ready(c, k, now);
        break;
    case YC_PEER_EV_MESSAGE:
        if (k->ready)
            on_message(c, k, &ev->msg, now);
        break;
    case YC_PEER_EV_CLOSED:
        break; /* yc_core_flush() sees the state */
    }
}

#define FILTERS_A_TURN 32

/* True: no request for filters is left to be answered. */
static bool serve_filters(struct yc_core *c, struct conn *k, int64_t until_us)
{
    enum yc_filter_progress p;
    k->filters_wait = false;
    do {
        p = yc_filter_request_serve(&k->filters, &c->view, &k->peer, FILTERS_A_TURN);
    } while (p == YC_FILTERS_MORE && !yc_peer_send_paused(&k->peer) && yc_mono_us(c->clock) < until_us);
    k->filters_wait = p == YC_FILTERS_WAITING;
    return p == YC_FILTERS_ANSWERED;
}

/* The slots know how soon it answers: those who do so soonest are not evicted (catalogue P25). */
static void note_ping(struct yc_core *c, struct conn *k)
{
    if (k->ping_min_us == k->peer.stats.ping_min_us)
        return;
    struct yc_slot *slot = yc_slots_find(c->slots, k->slot);
    k->ping_min_us = k->peer.stats.ping_min_us;
    if (slot)
        slot->ping_min_us = k->ping_min_us;
}

/* A peer that is answered, by a pong at least, may take it that what it has sent was worked off. */
static void say(struct yc_core *c, struct conn *k)
{
    if (yc_peer_output(&k->peer).n)
        yc_core_judge_gathered(c);
    yc_core_flush(c, k, core_now(c));
}

/* What it gave us has been judged, and what follows from that. */
static bool is_settled(const struct yc_core *c, const struct conn *k)
{
    return c->chain_done && c->intake.count == 0 &&
           (!yc_orphans_waiting(c->orphans) || yc_mono_us(c->clock) >= k->settle_until_us);
}

void yc_core_take_messages(struct yc_core *c, struct conn *k, int64_t until_us)
{
    struct yc_peer_event ev;
    k->chain_wait = false;
    if (k->peer.holds_pongs && is_settled(c, k))
        yc_peer_hold_pongs(&k->peer, false);
    for (unsigned i = 0; i < EVENTS_A_TURN; i++) {
        struct yc_now now = core_now(c);
        /* What the peer asked and sent before comes before what it says next. */
        if (k->deferred.n && yc_chain_at_rest(c->chain)) {
            yc_core_on_tx(c, k, yc_buf_view(&k->deferred));
            yc_buf_clear(&k->deferred);
        }
        if (k->deferred.n || !yc_core_serve(c, k, until_us) || !serve_filters(c, k, until_us) ||
            !yc_peer_next_event(&k->peer, now, &ev)) {
            /* A pause ends by on_sent(), when the chain is at rest, or when the index has moved: all look here again. */
            bool asks = k->asked.n > 0 || (k->filters.asked != YC_MSG_UNKNOWN && !k->filters_wait);
            k->chain_wait = k->deferred.n > 0 || k->peer.holds_pongs;
            k->busy = asks && !k->chain_wait && !yc_peer_send_paused(&k->peer);
            note_ping(c, k);
            say(c, k);
            return;
        }
        on_event(c, k, &ev, now);
        yc_core_judge_due(c);
        yc_core_tell_early(c);
        if (k->peer.state == YC_PEER_CLOSED || yc_mono_us(c->clock) >= until_us)
            break;
    }
    k->busy = true;
    say(c, k);
}
