#include "net/peers/gossip.h"

#define SECOND_US        INT64_C(1000000)
#define DAY_S            86400
#define SEND_INTERVAL_US (30 * SECOND_US)
#define FETCH_MAX_US     (300 * SECOND_US)
#define ANNOUNCE_US      (DAY_S * SECOND_US)
#define PENALTY_S        7200 /* gossip is believed two hours less */
#define FRESH_S          600
#define SMALL_LIST       10 /* larger lists are answers, and are not passed on */
#define TELL             2  /* peers that a fresh address is passed on to */

void yc_gossip_init(struct yc_gossip *g, struct yc_addrman *book, const struct yc_bans *bans,
                    const struct yc_self *self, const struct yc_random *random, const struct yc_log *log)
{
    *g =
        (struct yc_gossip){.book = book, .bans = bans, .self = self, .random = random, .log = log, .due_us = INT64_MAX};
    yc_random_fill(random, &g->key, sizeof g->key);
}

static uint64_t hash_of(const struct yc_gossip *g, const struct yc_netaddr *addr, uint64_t salt)
{
    uint8_t bytes[YC_NETADDR_BYTES + 8];
    yc_netaddr_write(bytes, addr);
    yc_put64le(bytes + YC_NETADDR_BYTES, salt);
    uint64_t h = yc_siphash(g->key, bytes, sizeof bytes);
    return h ? h : 1;
}

/* Remember that the peer knows the address; true when that was known before. */
static bool note_known(const struct yc_gossip *g, struct yc_gossip_peer *gp, const struct yc_netaddr *addr)
{
    uint64_t h = hash_of(g, addr, 0);
    for (size_t i = 0; i < YC_GOSSIP_KNOWN; i++)
        if (gp->known[i] == h)
            return true;
    gp->known[gp->known_next] = h;
    gp->known_next = (gp->known_next + 1) % YC_GOSSIP_KNOWN;
    return false;
}

/* A time from now, mean microseconds away on average: whoever watches cannot tell when the next sending is. */
static int64_t later(const struct yc_gossip *g, int64_t now_us, int64_t mean_us)
{
    return now_us + 1 + (int64_t)yc_random_below(g->random, 2 * (uint64_t)mean_us);
}

static void due_by(struct yc_gossip *g, int64_t at_us)
{
    if (at_us < g->due_us)
        g->due_us = at_us;
}

/* When a peer that is there for its addresses alone goes if it sends none. */
static int64_t late_at(const struct yc_gossip_peer *gp)
{
    return gp->peer->start.type == YC_CONN_ADDR_FETCH ? gp->since_us + FETCH_MAX_US : INT64_MAX;
}

/* It takes part: what was planned for it may be due. */
static void enable(struct yc_gossip *g, struct yc_gossip_peer *gp)
{
    gp->enabled = true;
    due_by(g, gp->announce_at_us);
}

#define DOUBT 8 /* of so many times, one that a peer's view of our address is put above what we take it for */

/* The address of ours to tell this peer; false: none. Nobody but the peer is told what it says of us: who lies about that
 * deceives himself. */
static bool own_address(const struct yc_gossip *g, const struct yc_peer *peer, struct yc_netaddr *out)
{
    const struct yc_netaddr *seen = &peer->their_view_of_us;
    bool known = yc_self_best(g->self, &peer->start.remote, out);
    if (!g->discover || !yc_netaddr_is_routable(seen) || !yc_netaddr_in(seen, g->networks) ||
        (known && yc_netaddr_is_routable(out) && yc_random_below(g->random, DOUBT) != 0))
        return known;
    uint16_t port = known ? out->port : g->port;
    *out = *seen;
    /* It sees the port at which it has reached us, but not the one where we would listen when we came to it. */
    if (peer->start.type != YC_CONN_INBOUND)
        out->port = port;
    return true;
}

/* Tell it our own address where that is due. While there is none to tell, all peers wait for one and the same moment. */
static void announce_ourselves(struct yc_gossip *g, struct yc_gossip_peer *gp, struct yc_now now)
{
    if (!gp->enabled || now.mono_us < gp->announce_at_us)
        return;
    struct yc_addr_entry e = {.time_s = (uint32_t)now.wall_s, .services = gp->peer->shared->services, .known = true};
    if (g->quiet || !g->self || !own_address(g, gp->peer, &e.addr)) {
        if (g->ask_again_us <= now.mono_us)
            g->ask_again_us = later(g, now.mono_us, SEND_INTERVAL_US);
        gp->announce_at_us = g->ask_again_us;
        return;
    }
    char text[YC_NETADDR_TEXT_MAX];
    yc_netaddr_print(text, &e.addr);
    yc_log_debug(g->log, YC_LOGC_NET, "Advertising address %s to peer=%lld", text, (long long)gp->peer->start.id);
    yc_peer_send_addr(gp->peer, &e, 1);
    gp->announce_at_us = later(g, now.mono_us, ANNOUNCE_US);
}

void yc_gossip_join(struct yc_gossip *g, struct yc_gossip_peer *gp, struct yc_peer *peer, struct yc_now now)
{
    enum yc_conn_type type = peer->start.type;
    memset(gp, 0, sizeof *gp);
    gp->peer = peer;
    gp->next = g->first;
    if (g->first)
        g->first->prev = gp;
    g->first = gp;
    yc_addr_tokens_init(&gp->tokens, now.mono_us);
    gp->send_at_us = later(g, now.mono_us, SEND_INTERVAL_US);
    gp->announce_at_us = now.mono_us; /* once it takes part */
    gp->since_us = now.mono_us;
    if (type == YC_CONN_ADDR_FETCH)
        due_by(g, late_at(gp));
    /* An inbound peer takes part once it has shown that it does, by any message of gossip. */
    if (type == YC_CONN_OUTBOUND_FULL || type == YC_CONN_MANUAL || type == YC_CONN_ADDR_FETCH) {
        enable(g, gp);
        yc_peer_send(peer, YC_MSG_GETADDR, YC_VIEW_EMPTY);
        yc_addr_tokens_grant(&gp->tokens, YC_ADDR_COUNT_MAX);
        gp->asked = true;
        announce_ourselves(g, gp, now);
    }
}

void yc_gossip_leave(struct yc_gossip *g, struct yc_gossip_peer *gp)
{
    if (gp->prev)
        gp->prev->next = gp->next;
    else
        g->first = gp->next;
    if (gp->next)
        gp->next->prev = gp->prev;
    gp->next = gp->prev = NULL;
}

static void enqueue(struct yc_gossip *g, struct yc_gossip_peer *gp, const struct yc_addr_entry *e, struct yc_now now)
{
    if ((e->addr.hidden && !gp->peer->wants_addrv2) || note_known(g, gp, &e->addr))
        return;
    /* Moments at which there is nothing to send are let pass, and cost nothing. */
    if (gp->queued == 0 && gp->send_at_us <= now.mono_us)
        gp->send_at_us = later(g, now.mono_us, SEND_INTERVAL_US);
    due_by(g, gp->send_at_us);
    if (gp->queued < YC_GOSSIP_QUEUE)
        gp->queue[gp->queued++] = *e;
    else
        gp->queue[yc_random_below(g->random, YC_GOSSIP_QUEUE)] = *e;
}

/* Pass a fresh address on to the peers whose hash with it and the day is highest: the same ones all day, wherever it
 * comes from, so that repeating it does not spread it. */
static void pass_on(struct yc_gossip *g, const struct yc_gossip_peer *from, const struct yc_addr_entry *e,
                    struct yc_now now)
{
    struct yc_gossip_peer *best[TELL] = {NULL};
    uint64_t rank[TELL] = {0}, day = (uint64_t)(now.wall_s / DAY_S);
    /* What we cannot reach ourselves we cannot vouch for: it goes half as far. */
    bool reached = yc_netaddr_in(&e->addr, g->networks);
    size_t tell = reached || (hash_of(g, &e->addr, day) & 1) ? TELL : 1;
    for (struct yc_gossip_peer *gp = g->first; gp; gp = gp->next) {
        uint64_t r = hash_of(g, &e->addr, day << 40 ^ (uint64_t)gp->peer->start.id ^ UINT64_C(1) << 63);
        if (gp == from || !gp->enabled)
            continue;
        if (r > rank[0]) {
            rank[1] = rank[0];
            best[1] = best[0];
            rank[0] = r;
            best[0] = gp;
        } else if (r > rank[1]) {
            rank[1] = r;
            best[1] = gp;
        }
    }
    for (size_t i = 0; i < tell; i++)
        if (best[i])
            enqueue(g, best[i], e, now);
}

static bool unwanted(const struct yc_gossip *g, const struct yc_netaddr *addr, struct yc_now now)
{
    return g->bans && (yc_bans_match(g->bans, addr, now.wall_s) || yc_bans_discouraged(g->bans, addr));
}

void yc_gossip_on_addr(struct yc_gossip *g, struct yc_gossip_peer *gp, const struct yc_addr_list *list,
                       struct yc_now now)
{
    struct yc_addr_cursor at = {0};
    struct yc_addr_entry e;
    const struct yc_peer_start *start = &gp->peer->start;
    size_t processed = 0, limited = 0, added = 0;
    if (start->type == YC_CONN_BLOCK_RELAY || start->type == YC_CONN_FEELER) {
        yc_log_debug(g->log, YC_LOGC_NET, "ignoring %s message from %s peer=%lld", list->v2 ? "addrv2" : "addr",
                     yc_conn_type_name(start->type), (long long)start->id);
        return;
    }
    enable(g, gp);
    while (yc_addr_list_next(list, &at, &e)) {
        if (start->permissions & YC_PERM_ADDR) {
            gp->tokens.processed++;
        } else if (!yc_addr_tokens_take(&gp->tokens, now.mono_us)) {
            limited++;
            continue;
        }
        if (!e.known || !(e.services & (YC_NODE_NETWORK | YC_NODE_NETWORK_LIMITED)))
            continue;
        if (g->cjdns)
            e.addr = yc_netaddr_as_cjdns(&e.addr);
        (void)note_known(g, gp, &e.addr);
        if (unwanted(g, &e.addr, now))
            continue;
        processed++;
        bool fresh = e.time_s > now.wall_s - FRESH_S && e.time_s <= now.wall_s + FRESH_S;
        if (fresh && !gp->asked && list->count <= SMALL_LIST && yc_netaddr_is_routable(&e.addr))
            pass_on(g, gp, &e, now);
        if (yc_netaddr_in(&e.addr, g->networks) &&
            yc_addrman_add(g->book, &e.addr, e.services, e.time_s, &start->remote, PENALTY_S, false, now.wall_s)) {
            char text[YC_NETADDR_TEXT_MAX];
            yc_netaddr_print(text, &e.addr);
            yc_log_debug(g->log, YC_LOGC_ADDRMAN, "Added %s from peer=%lld", text, (long long)start->id);
            added++;
        }
    }
    yc_log_debug(g->log, YC_LOGC_NET, "Received addr: %zu addresses (%zu processed, %zu rate-limited) from peer=%lld",
                 list->count, processed, limited, (long long)start->id);
    if (added)
        yc_log_debug(g->log, YC_LOGC_ADDRMAN, "Added %zu addresses (of %zu) from peer=%lld", added, list->count,
                     (long long)start->id);
    if (list->count < YC_ADDR_COUNT_MAX)
        gp->asked = false; /* the answer is over: what comes now is news */
    if (start->type == YC_CONN_ADDR_FETCH && list->count > 1) {
        yc_log_debug(g->log, YC_LOGC_NET, "addrfetch connection completed, disconnecting peer=%lld",
                     (long long)start->id);
        yc_peer_close(gp->peer, YC_CLOSE_BY_OWNER);
    }
}

void yc_gossip_on_getaddr(struct yc_gossip *g, struct yc_gossip_peer *gp, struct yc_now now)
{
    const struct yc_peer_start *start = &gp->peer->start;
    const struct yc_addr_entry *answer;
    if (start->type != YC_CONN_INBOUND) {
        yc_log_debug(g->log, YC_LOGC_NET, "Ignoring \"getaddr\" from %s connection. peer=%lld",
                     yc_conn_type_name(start->type), (long long)start->id);
        return;
    }
    enable(g, gp);
    if (gp->answered) {
        yc_log_debug(g->log, YC_LOGC_NET, "Ignoring repeated \"getaddr\". peer=%lld", (long long)start->id);
        return;
    }
    gp->answered = true;
    announce_ourselves(g, gp, now);
    size_t n = yc_addrman_response(g->book, &start->local, &answer, now.wall_s);
    if (n > 0)
        yc_peer_send_addr(gp->peer, answer, n);
}

void yc_gossip_tick(struct yc_gossip *g, struct yc_now now)
{
    if (now.mono_us < g->due_us)
        return;
    g->due_us = INT64_MAX;
    for (struct yc_gossip_peer *gp = g->first; gp; gp = gp->next) {
        if (now.mono_us >= late_at(gp)) {
            yc_log_debug(g->log, YC_LOGC_NET, "addrfetch connection timeout, disconnecting peer=%lld",
                         (long long)gp->peer->start.id);
            yc_peer_close(gp->peer, YC_CLOSE_TIMEOUT);
            gp->since_us = now.mono_us; /* once */
        }
        announce_ourselves(g, gp, now);
        if (gp->queued > 0 && now.mono_us >= gp->send_at_us) {
            yc_peer_send_addr(gp->peer, gp->queue, gp->queued);
            gp->queued = 0;
        }
        due_by(g, late_at(gp));
        if (gp->enabled)
            due_by(g, gp->announce_at_us);
        if (gp->queued > 0)
            due_by(g, gp->send_at_us);
    }
}

int64_t yc_gossip_next_deadline_us(const struct yc_gossip *g)
{
    return g->due_us;
}
