/* Connections: which are opened, how they begin and end, and the bytes between peers and transport. */
#include "node/core/core_internal.h"

#include <stdio.h>

static enum yc_verdict name_all(struct yc_core *c, const char *const *list, size_t count)
{
    struct yc_error err;
    for (size_t i = 0; i < count; i++) {
        enum yc_verdict v = yc_slots_name(c->slots, list[i], &err);
        if (v == YC_SYSTEM)
            return v;
        if (v != YC_VALID)
            yc_log_warning(c->log, "%s", err.text); /* named twice: once is enough */
    }
    return YC_VALID;
}

/* -connect=0: nobody. */
static bool connects_to_nobody(const struct yc_core_config *o)
{
    return o->connect_count == 1 && !strcmp(o->connect[0], "0");
}

static enum yc_verdict open_slots(struct yc_core *c)
{
    struct yc_slots_config s = yc_slots_config_default();
    const struct yc_core_config *o = &c->config;
    s.connections_max = o->connections_max;
    s.inbound_relay_percent = o->inbound_relay_percent;
    s.automatic = o->connect_count == 0;
    s.services_wanted = YC_NODE_NETWORK | YC_NODE_WITNESS;
    s.networks = o->networks;
    s.asmap = o->asmap;
    enum yc_verdict v = yc_slots_new(&c->slots, c->alloc, c->random, &s);
    if (v == YC_VALID && !connects_to_nobody(o))
        v = name_all(c, o->connect, o->connect_count);
    if (v == YC_VALID)
        v = name_all(c, o->add_node, o->add_node_count);
    return v;
}

enum yc_verdict yc_core_conns_open(struct yc_core *c, struct yc_error *err)
{
    c->network_active = true;
    c->upload_target.limit_bytes = c->config.upload_target_bytes;
    yc_core_set_rates(c, c->config.upload_bytes_per_s, c->config.download_bytes_per_s);
    for (size_t i = 0; i < c->config.external_count; i++)
        yc_self_add(&c->self, &c->config.external[i], YC_SELF_GIVEN);
    yc_map_init(&c->by_handle, c->alloc, sizeof(uint64_t), sizeof(struct conn *), c->key);
    yc_bans_init(&c->bans, c->alloc, c->key);
    if (open_slots(c) != YC_VALID)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while preparing connections");
    c->tip_moved_us = yc_mono_us(c->pace);
    c->stale_at_us = c->tip_moved_us + 600 * SECOND_US;
    yc_core_anchors_take(c);
    return yc_core_bans_open(c, err);
}

struct conn *yc_core_conn_of(struct yc_core *c, uint64_t peer_id)
{
    for (struct conn *k = c->first; k; k = k->next)
        if (k->open && (uint64_t)k->peer.start.id == peer_id)
            return k;
    return NULL;
}

static struct conn *by_handle(struct yc_core *c, uint64_t handle)
{
    struct conn **k = yc_map_get(&c->by_handle, &handle);
    return k ? *k : NULL;
}

static struct conn *conn_new(struct yc_core *c, enum yc_conn_type type, const char *name, size_t named,
                             const struct yc_netaddr *addr)
{
    struct conn *k = yc_alloc_new(c->alloc, sizeof *k);
    if (!k)
        return NULL;
    memset(k, 0, sizeof *k);
    k->type = type;
    k->slot = c->next_slot++;
    k->ping_min_us = -1;
    k->remote = *addr;
    if (name)
        snprintf(k->name, sizeof k->name, "%s", name);
    if (yc_slots_opening(c->slots, k->slot, type, addr, named, yc_mono_us(c->pace)) != YC_VALID) {
        yc_alloc_free(c->alloc, k, sizeof *k);
        return NULL;
    }
    k->prev = c->last;
    if (c->last)
        c->last->next = k;
    else
        c->first = k;
    c->last = k;
    c->conn_count++;
    return k;
}

static bool set_handle(struct yc_core *c, struct conn *k, uint64_t handle)
{
    struct conn **at = handle ? yc_map_put(&c->by_handle, &handle, NULL) : NULL;
    if (!at)
        return false;
    *at = k;
    k->handle = handle;
    return true;
}

/* The peer is no longer one of those that sync and relay count on. */
static void leave(struct yc_core *c, struct conn *k, struct yc_now now)
{
    if (!k->ready)
        return;
    uint64_t id = (uint64_t)k->peer.start.id;
    yc_gossip_leave(&c->gossip, &k->gossip);
    k->ready = false;
    c->wtxid_peers -= yc_core_announces_by_wtxid(k);
    yc_sync_remove(&c->sync, &k->sync, now);
    yc_txreq_drop_peer(c->requests, id);
    yc_orphans_drop_peer(c->orphans, id);
    yc_announcer_release(&k->announcer);
    if (k->type != YC_CONN_INBOUND && k->type != YC_CONN_BLOCK_RELAY)
        yc_addrman_connected(c->book, &k->remote, now.wall_s);
}

/* Its place is for another connection. */
static void give_place(struct yc_core *c, struct conn *k, struct yc_now now)
{
    if (k->slot >= 0)
        yc_slots_closed(c->slots, k->slot, k->open && k->peer.stats.ping_min_us >= 0, now.mono_us);
    k->slot = -1;
}

static void conn_free(struct yc_core *c, struct conn *k)
{
    struct yc_now now = core_now(c);
    leave(c, k, now);
    give_place(c, k, now);
    yc_core_sleep(c, k);
    if (k->handle)
        (void)yc_map_remove(&c->by_handle, &k->handle);
    if (k->prev)
        k->prev->next = k->next;
    else
        c->first = k->next;
    if (k->next)
        k->next->prev = k->prev;
    else
        c->last = k->prev;
    c->conn_count--;
    if (k->ready)
        yc_gossip_leave(&c->gossip, &k->gossip);
    yc_core_capture_end(k);
    if (k->open) {
        yc_log_debug(c->log, YC_LOGC_NET, "Cleared nodestate for peer=%lld", (long long)k->peer.start.id);
        yc_peer_release(&k->peer);
        yc_buf_release(&k->asked);
        yc_buf_release(&k->deferred);
        yc_filter_request_release(&k->filters);
    }
    yc_alloc_free(c->alloc, k, sizeof *k);
}

void yc_core_conns_close(struct yc_core *c)
{
    while (c->first)
        conn_free(c, c->first);
    yc_slots_free(c->slots);
    yc_bans_release(&c->bans);
    yc_map_release(&c->by_handle);
}

/* Opening. */

int64_t yc_core_connect_deadline_us(const struct yc_core *c)
{
    int64_t at = yc_slots_next_deadline_us(c->slots);
    return !c->network_active ? INT64_MAX : at < c->connect_at_us ? c->connect_at_us : at;
}

static void begin_connect(struct yc_core *c, struct conn *k, struct yc_now now)
{
    char text[YC_NETADDR_TEXT_MAX];
    yc_netaddr_print(text, &k->remote);
    yc_log_debug(c->log, YC_LOGC_NET, "trying v1 connection (%s) to %s", yc_conn_type_name(k->type), text);
    yc_slots_set_addr(c->slots, k->slot, &k->remote);
    if (k->name[0] == 0)
        yc_addrman_attempt(c->book, &k->remote, c->conn_count > 1, now.wall_s);
    if (!set_handle(c, k, c->config.io.connect(c->config.io.ctx, &k->remote)))
        conn_free(c, k);
}

static void open_named(struct yc_core *c, struct conn *k, struct yc_now now)
{
    struct yc_view host;
    char text[YC_SLOT_HOST_MAX];
    uint16_t port = c->config.chain.params->port;
    if (yc_netaddr_parse(&k->remote, k->name, port)) {
        k->remote = yc_core_address(c, &k->remote);
        begin_connect(c, k, now);
        return;
    }
    if (!yc_netaddr_split(&host, &port, k->name, port) || host.n >= sizeof text) {
        yc_log_warning(c->log, "The peer's name %s cannot be read: give HOST or HOST:PORT", k->name);
        conn_free(c, k);
        return;
    }
    memcpy(text, host.p, host.n);
    text[host.n] = 0;
    if (c->config.io.connect_name) {
        k->remote.port = port;
        if (!set_handle(c, k, c->config.io.connect_name(c->config.io.ctx, text, port)))
            conn_free(c, k);
        return;
    }
    c->config.io.resolve(c->config.io.ctx, text, port, (uint64_t)k->slot);
}

void yc_core_open_wanted(struct yc_core *c, struct yc_now now)
{
    static const struct yc_netaddr nowhere;
    struct yc_slot_want want;
    while (c->network_active && !c->ended && now.mono_us >= c->connect_at_us &&
           yc_slots_next(c->slots, c->book, &c->bans, &c->self, &want, now)) {
        struct conn *k = conn_new(c, want.type, want.host, want.named, want.host ? &nowhere : &want.addr);
        if (!k) {
            c->connect_at_us = now.mono_us + SECOND_US; /* no memory: not at once again */
            return;
        }
        if (want.anchor) {
            char text[YC_NETADDR_TEXT_MAX];
            yc_netaddr_print(text, &want.addr);
            yc_log_debug(c->log, YC_LOGC_NET, "Trying to make an anchor connection to %s", text);
        }
        if (want.host)
            open_named(c, k, now);
        else
            begin_connect(c, k, now);
    }
}

void yc_core_on_resolved(struct yc_core *c, uint64_t tag, const struct yc_netaddr *addresses, size_t count,
                         const char *failure)
{
    struct conn *k = c->first;
    if (tag >= SEED_TAG) {
        yc_core_on_seed_resolved(c, addresses, count, core_now(c));
        return;
    }
    while (k && (k->handle || (uint64_t)k->slot != tag))
        k = k->next;
    if (!k)
        return;
    if (count == 0) {
        yc_log_debug(c->log, YC_LOGC_NET, "Cannot look up %s: %s", k->name, failure ? failure : "no address");
        conn_free(c, k);
        return;
    }
    k->remote = addresses[yc_random_below(c->random, count)];
    if (c->network_active)
        begin_connect(c, k, core_now(c));
    else
        conn_free(c, k);
}

static uint32_t permissions_of(const struct yc_core *c, const struct yc_netaddr *remote, const struct yc_netaddr *local,
                               enum yc_conn_type type)
{
    return yc_permit_of(c->config.permit, c->config.permit_count, remote, local, type == YC_CONN_INBOUND);
}

/* The connection is there: the handshake begins. */
static void begin_peer(struct yc_core *c, struct conn *k, const struct yc_netaddr *local, struct yc_now now)
{
    char text[YC_NETADDR_TEXT_MAX];
    struct yc_peer_start start = {.id = c->next_peer_id++, .type = k->type, .remote = k->remote, .local = *local};
    struct yc_slot *slot = yc_slots_find(c->slots, k->slot);
    start.permissions = permissions_of(c, &k->remote, local, k->type);
    if (slot)
        slot->protected_from_eviction = start.permissions & YC_PERM_NOBAN;
    k->local = *local;
    k->open = true;
    yc_peer_init(&k->peer, &c->shared, &start, now);
    yc_buf_init(&k->asked, c->alloc, ASKED_BYTES_MAX);
    yc_buf_init(&k->deferred, c->alloc, DEFERRED_BYTES_MAX);
    yc_filter_request_init(&k->filters, c->alloc);
    yc_netaddr_print(text, &k->remote);
    yc_log_debug(c->log, YC_LOGC_NET, "Added connection peer=%lld", (long long)start.id);
    yc_core_flush(c, k, now);
    yc_core_busy(c, k); /* its timers begin to count */
}

static void let_go(struct yc_core *c, struct conn *k, struct yc_now now)
{
    if (yc_peer_should_discourage(&k->peer))
        yc_bans_discourage(&c->bans, &k->remote);
    yc_log_debug(c->log, YC_LOGC_NET, "disconnecting peer=%lld", (long long)k->peer.start.id);
    leave(c, k, now);
    yc_peer_release(
        &k->peer); /* at once: what it held is another's to fill, and the transport may take a while to close */
    k->closing = true;
    k->busy = false;
    c->config.io.close(c->config.io.ctx, k->handle, true);
}

static void evict_slot(struct yc_core *c, int64_t slot, struct yc_now now)
{
    struct conn *e = c->first;
    while (e && (e->slot != slot || !e->open))
        e = e->next;
    if (!e)
        return;
    yc_log_debug(c->log, YC_LOGC_NET, "selected inbound connection for eviction, disconnecting peer=%lld",
                 (long long)e->peer.start.id);
    yc_peer_close(&e->peer, YC_CLOSE_BY_OWNER);
    let_go(c, e, now);
    give_place(c, e, now); /* at once: the next connection may ask before this one is closed */
}

void yc_core_note_relay(struct yc_core *c, struct conn *k, struct yc_now now)
{
    int64_t evict;
    switch (yc_slots_admit_relay(c->slots, k->slot, &evict)) {
    case YC_ADMIT:
        break;
    case YC_ADMIT_EVICT:
        evict_slot(c, evict, now);
        break;
    case YC_ADMIT_REFUSE:
        yc_log_debug(
            c->log, YC_LOGC_NET,
            "failed to find a tx-relaying eviction candidate - connection dropped after version message, peer=%lld",
            (long long)k->peer.start.id);
        yc_peer_close(&k->peer, YC_CLOSE_BY_OWNER);
        break;
    }
}

void yc_core_on_accepted(struct yc_core *c, uint64_t handle, const struct yc_netaddr *remote,
                         const struct yc_netaddr *local)
{
    struct yc_now now = core_now(c);
    char text[YC_NETADDR_TEXT_MAX];
    int64_t evict = -1;
    const char *refused = NULL;
    yc_netaddr_print(text, remote);
    enum yc_admit admit = yc_slots_admit_inbound(c->slots, &evict);
    bool bannable = !(permissions_of(c, remote, local, YC_CONN_INBOUND) & YC_PERM_NOBAN);
    if (!c->network_active || c->ended)
        refused = "network activity is off";
    else if (!c->started)
        refused = "the chain is still being loaded";
    else if (bannable && yc_bans_match(&c->bans, remote, now.wall_s))
        refused = "banned";
    else if (bannable && admit != YC_ADMIT && yc_bans_discouraged(&c->bans, remote))
        refused = "discouraged";
    else if (admit == YC_ADMIT_REFUSE)
        refused = "failed to find an eviction candidate - connection dropped (full)";
    struct conn *k = refused ? NULL : conn_new(c, YC_CONN_INBOUND, NULL, SIZE_MAX, remote);
    if (!k || !set_handle(c, k, handle)) {
        yc_log_debug(c->log, YC_LOGC_NET, "connection from %s dropped (%s)", text, refused ? refused : "no memory");
        c->config.io.close(c->config.io.ctx, handle, true);
        if (k)
            conn_free(c, k);
        return;
    }
    if (admit == YC_ADMIT_EVICT)
        evict_slot(c, evict, now);
    struct yc_slot *slot = yc_slots_find(c->slots, k->slot);
    slot->evict_first = yc_bans_discouraged(&c->bans, remote);
    yc_log_debug(c->log, YC_LOGC_NET, "connection from %s accepted", text);
    for (size_t i = 0; i < c->config.bind_count; i++)
        k->via_onion |= c->config.bind[i].onion && yc_netaddr_equal(&c->config.bind[i].at, local);
    slot->via_onion = k->via_onion;
    begin_peer(c, k, local, now);
}

void yc_core_on_connected(struct yc_core *c, uint64_t handle, const struct yc_netaddr *local)
{
    struct conn *k = by_handle(c, handle);
    if (!k || k->open || k->closing)
        return;
    k->closing = !c->network_active; /* switched off while it was being opened */
    if (k->closing)
        c->config.io.close(c->config.io.ctx, handle, true);
    else
        begin_peer(c, k, local, core_now(c));
}

void yc_core_on_connect_failed(struct yc_core *c, uint64_t handle, const char *reason)
{
    struct conn *k = by_handle(c, handle);
    char text[YC_NETADDR_TEXT_MAX];
    if (!k)
        return;
    yc_netaddr_print(text, &k->remote);
    yc_log_debug(c->log, YC_LOGC_NET, "trying connection to %s failed: %s", text, reason);
    conn_free(c, k);
}

/* Bytes. */

void yc_core_on_bytes(struct yc_core *c, uint64_t handle, struct yc_view bytes)
{
    struct conn *k = by_handle(c, handle);
    if (!k || !k->open || k->closing)
        return;
    struct yc_now now = core_now(c);
    c->bytes_received += bytes.n;
    yc_rate_spend(&c->download, bytes.n);
    yc_peer_recv(&k->peer, bytes, now);
    yc_core_busy(c, k);
    yc_core_pause_input(c, k); /* at once: many more bytes may be on their way before it has its turn */
    yc_core_input_came(c, k, now);
}

bool yc_core_on_sent(struct yc_core *c, uint64_t handle, size_t waiting_bytes)
{
    struct conn *k = by_handle(c, handle);
    if (!k)
        return false;
    bool room = k->unsent_bytes >= YC_CORE_UNSENT_MAX && waiting_bytes < YC_CORE_UNSENT_MAX;
    k->unsent_bytes = waiting_bytes;
    if (room)
        yc_core_busy(c, k);
    return room;
}

void yc_core_on_closed(struct yc_core *c, uint64_t handle, const char *reason)
{
    struct conn *k = by_handle(c, handle);
    if (!k)
        return;
    if (!k->closing && k->open)
        yc_log_debug(c->log, YC_LOGC_NET, "socket closed (%s), disconnecting peer=%lld", reason,
                     (long long)k->peer.start.id);
    conn_free(c, k);
    c->blocks_changed = true;
}

void yc_core_flush(struct yc_core *c, struct conn *k, struct yc_now now)
{
    if (!k->open || k->closing)
        return;
    bool full = yc_peer_send_paused(&k->peer);
    struct yc_view out = yc_peer_output(&k->peer);
    while (out.n && k->unsent_bytes < YC_CORE_UNSENT_MAX) {
        size_t n = out.n < YC_CORE_UNSENT_MAX ? out.n : YC_CORE_UNSENT_MAX,
               room = yc_rate_room(&c->upload, now.mono_us);
        if (room == 0)
            break; /* yc_core_deadline_us() says when there is some */
        n = n < room ? n : room;
        yc_rate_spend(&c->upload, n);
        yc_upload_note(&c->upload_target, n, now.wall_s);
        k->unsent_bytes += n; /* on_sent() corrects it, maybe from within send() */
        c->bytes_sent += n;
        c->config.io.send(c->config.io.ctx, k->handle, yc_view(out.p, n));
        yc_peer_sent(&k->peer, n, now);
        out = yc_peer_output(&k->peer);
    }
    if (k->peer.state == YC_PEER_CLOSED) {
        let_go(c, k, now);
        return;
    }
    k->busy |= full && !yc_peer_send_paused(&k->peer); /* there is room to answer more */
    yc_core_pause_input(c, k);
}

/* What RPC asks for. */

/* By us, or on the way to be. */
static bool is_connected_to(const struct yc_core *c, const char *host_port)
{
    struct yc_netaddr addr;
    bool is_address = yc_netaddr_parse(&addr, host_port, c->config.chain.params->port);
    for (const struct conn *k = c->first; k; k = k->next)
        if (!k->closing && k->type != YC_CONN_INBOUND &&
            (strcmp(k->name, host_port) == 0 || (is_address && yc_netaddr_equal(&k->remote, &addr))))
            return true;
    return false;
}

static enum yc_verdict open_once(struct yc_core *c, const char *host_port, enum yc_conn_type type, struct yc_error *err)
{
    static const struct yc_netaddr nowhere;
    if (strlen(host_port) >= YC_SLOT_HOST_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "The peer's name is too long: give HOST or HOST:PORT");
    if (!c->network_active)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                       "Error: Network activity is off, so %s is not connected to: setnetworkactive true turns it on",
                       host_port);
    if (is_connected_to(c, host_port))
        return YC_VALID;
    struct conn *k = conn_new(c, type, host_port, SIZE_MAX, &nowhere);
    if (!k)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while opening a connection");
    open_named(c, k, core_now(c));
    return YC_VALID;
}

/* Is this address, in whatever form, on the list of those that are named? */
static bool is_named(const struct yc_core *c, const char *host_port)
{
    uint16_t port = c->config.chain.params->port;
    struct yc_netaddr addr, other;
    int64_t id;
    if (!yc_netaddr_parse(&addr, host_port, port))
        return false;
    for (size_t i = 0; i < yc_slots_named_count(c->slots); i++)
        if (yc_netaddr_parse(&other, yc_slots_named_at(c->slots, i, &id), port) && yc_netaddr_equal(&addr, &other))
            return true;
    return false;
}

enum yc_verdict yc_core_add_node(struct yc_core *c, const char *host_port, enum yc_add_node what, struct yc_error *err)
{
    switch (what) {
    case YC_ADD_NODE_ADD: {
        enum yc_verdict v = is_named(c, host_port) ? YC_INVALID : yc_slots_name(c->slots, host_port, err);
        return v == YC_INVALID ? yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "Error: Node already added") : v;
    }
    case YC_ADD_NODE_REMOVE:
        return yc_slots_unname(c->slots, host_port)
                   ? YC_VALID
                   : yc_fail(err, YC_POLICY, YC_SYSTEM_NONE,
                             "Error: Node could not be removed. It has not been added previously.");
    case YC_ADD_NODE_ONETRY:
        break;
    }
    return open_once(c, host_port, YC_CONN_MANUAL, err);
}

enum yc_verdict yc_core_add_connection(struct yc_core *c, const char *host_port, enum yc_conn_type type,
                                       struct yc_error *err)
{
    struct yc_slots_config limits = yc_slots_config_default();
    size_t max = type == YC_CONN_OUTBOUND_FULL ? limits.full_outbound_max
                 : type == YC_CONN_BLOCK_RELAY ? limits.block_relay_max
                                               : SIZE_MAX;
    if (yc_slots_count(c->slots, type) >= max)
        return yc_fail(err, YC_POLICY, YC_SYSTEM_NONE, "Error: Already at capacity for specified connection type.");
    return open_once(c, host_port, type, err);
}

bool yc_core_is_connecting(const struct yc_core *c, const char *host_port)
{
    for (const struct conn *k = c->first; k; k = k->next)
        if (!k->open && strcmp(k->name, host_port) == 0)
            return true;
    return false;
}

bool yc_core_disconnect(struct yc_core *c, uint64_t id, const char *address)
{
    bool found = false;
    for (struct conn *k = c->first; k; k = k->next) {
        char text[YC_NETADDR_TEXT_MAX];
        if (!k->open || k->closing)
            continue;
        yc_netaddr_print(text, &k->remote);
        bool same = address ? !strcmp(address, text) || !strcmp(address, k->name) : (uint64_t)k->peer.start.id == id;
        if (!same)
            continue;
        yc_peer_close(&k->peer, YC_CLOSE_BY_OWNER);
        yc_core_busy(c, k);
        found = true;
    }
    return found;
}

void yc_core_ping_all(struct yc_core *c)
{
    for (struct conn *k = c->first; k; k = k->next) {
        if (!k->ready || k->closing)
            continue;
        yc_peer_want_ping(&k->peer, core_now(c));
        yc_core_busy(c, k);
    }
}

void yc_core_set_network_active(struct yc_core *c, bool active)
{
    if (active != c->network_active)
        yc_log_info(c->log, "SetNetworkActive: %s", active ? "true" : "false");
    c->network_active = active;
    for (struct conn *k = c->first; k && !active; k = k->next)
        if (k->open && !k->closing) {
            yc_peer_close(&k->peer, YC_CLOSE_BY_OWNER);
            yc_core_busy(c, k);
        }
}

bool yc_core_network_active(const struct yc_core *c)
{
    return c->network_active;
}
