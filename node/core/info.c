/* What RPC shows of peers and traffic. */
#include "node/core/core_internal.h"

#include <stdio.h>

static bool shown(const struct conn *k)
{
    return k->open && !k->closing;
}

static void describe(struct yc_core *c, const struct conn *k, struct yc_core_peer *out, struct yc_now now)
{
    const struct yc_peer *p = &k->peer;
    memset(out, 0, sizeof *out);
    out->id = (uint64_t)p->start.id;
    out->kind = k->type;
    out->remote = k->remote;
    out->local = k->local;
    out->via_onion = k->via_onion;
    char text[YC_NETADDR_TEXT_MAX];
    yc_netaddr_print(text, &k->remote);
    snprintf(out->address, sizeof out->address, "%.79s", k->name[0] ? k->name : text);
    yc_netaddr_print(text, &k->local);
    snprintf(out->local_address, sizeof out->local_address, "%s", text);
    snprintf(out->subver, sizeof out->subver, "%.255s", p->user_agent);
    out->services = p->their_services;
    out->version = (uint32_t)p->their_version;
    out->relay_txs = p->their_relay && k->type != YC_CONN_BLOCK_RELAY;
    out->handshake_done = k->ready;
    out->prefers_headers = p->wants_headers;
    out->wtxid_relay = p->wtxid_relay;
    out->connected_s = p->stats.connected_s;
    out->last_send_s = p->stats.last_send_s;
    out->last_recv_s = p->stats.last_recv_s;
    out->last_tx_s = k->last_tx_s;
    out->last_block_s = k->last_block_s;
    out->time_offset_s = p->stats.time_offset_s;
    out->bytes_sent = p->stats.bytes_sent;
    out->bytes_received = p->stats.bytes_received;
    out->ping_us = p->stats.ping_us;
    out->ping_min_us = p->stats.ping_min_us;
    out->ping_wait_us = yc_peer_ping_wait_us(p, now);
    out->synced_headers = out->synced_blocks = out->presynced_headers = -1;
    out->min_fee_sat_per_kvb = p->feefilter_sat_per_kvb;
    out->compact_to = p->cmpct_high_bandwidth_to;
    out->compact_from = p->cmpct_high_bandwidth_from;
    out->permissions = p->start.permissions;
    out->addr_relay = k->gossip.enabled;
    out->addr_processed = k->gossip.tokens.processed;
    out->addr_rate_limited = k->gossip.tokens.limited;
    if (!k->ready)
        return;
    out->told_changes = k->told_changes;
    out->to_tell = yc_core_to_tell(c, k);
    out->presynced_headers = yc_sync_presynced(&k->sync);
    if (k->sync.has_best) {
        const struct yc_node *best = yc_chain_find(c->chain, &k->sync.best.hash);
        out->synced_headers = (int32_t)k->sync.best.height;
        if (best)
            out->synced_blocks = (int32_t)yc_node_fork(best, yc_chain_tip(c->chain))->height;
    }
    for (size_t i = 0; i < k->sync.request_count; i++)
        if (!k->sync.request[i].given_up)
            out->blocks_in_flight[out->blocks_in_flight_count++] = k->sync.request[i].height;
}

void yc_core_each_peer(struct yc_core *c, void (*each)(void *ctx, const struct yc_core_peer *p), void *ctx)
{
    struct yc_now now = core_now(c);
    int64_t last = -1;
    /* The list is in the order of opening; ids are given when the connection is there. */
    for (;;) {
        const struct conn *next = NULL;
        for (const struct conn *k = c->first; k; k = k->next)
            if (shown(k) && k->peer.start.id > last && (!next || k->peer.start.id < next->peer.start.id))
                next = k;
        if (!next)
            return;
        struct yc_core_peer p;
        last = next->peer.start.id;
        describe(c, next, &p, now);
        each(ctx, &p);
    }
}

void yc_core_peer_messages(struct yc_core *c, uint64_t id, bool sent,
                           void (*each)(void *ctx, const char *name, uint64_t bytes), void *ctx)
{
    const struct conn *k = yc_core_conn_of(c, id);
    if (!k)
        return;
    for (size_t i = 0; i < YC_MSG_COUNT; i++) {
        uint64_t bytes = sent ? k->peer.stats.sent_per_msg[i] : k->peer.stats.received_per_msg[i];
        if (bytes)
            each(ctx, yc_msg_info((enum yc_msg_type)i)->name, bytes);
    }
}

void yc_core_connections(struct yc_core *c, uint32_t *in, uint32_t *out)
{
    *in = *out = 0;
    for (const struct conn *k = c->first; k; k = k->next) {
        if (!shown(k))
            continue;
        if (k->type == YC_CONN_INBOUND)
            (*in)++;
        else
            (*out)++;
    }
}

void yc_core_net_totals(struct yc_core *c, uint64_t *received, uint64_t *sent)
{
    *received = c->bytes_received;
    *sent = c->bytes_sent;
}

struct yc_core_bandwidth yc_core_bandwidth_of(struct yc_core *c)
{
    const struct yc_upload_target *t = &c->upload_target;
    int64_t now_s = core_now(c).wall_s;
    return (struct yc_core_bandwidth){
        .upload_bytes_per_s = c->upload.bytes_per_s,
        .download_bytes_per_s = c->download.bytes_per_s,
        .target_bytes = t->limit_bytes,
        .left_bytes = yc_upload_left_bytes(t),
        .left_s = yc_upload_left_s(t, now_s),
        .reached = yc_upload_reached(t, false, YC_BLOCK_BYTES_MAX, now_s),
        .serves_old = !yc_upload_reached(t, true, YC_BLOCK_BYTES_MAX, now_s),
    };
}

void yc_core_set_rates(struct yc_core *c, int64_t upload_bytes_per_s, int64_t download_bytes_per_s)
{
    int64_t now_us = yc_mono_us(c->pace);
    yc_rate_set(&c->upload, upload_bytes_per_s, now_us);
    yc_rate_set(&c->download, download_bytes_per_s, now_us);
}

const struct yc_orphans *yc_core_orphans(const struct yc_core *c)
{
    return c->orphans;
}

uint64_t yc_core_services(const struct yc_core *c)
{
    return c->shared.services;
}

size_t yc_core_local_addresses(struct yc_core *c, struct yc_netaddr *out, size_t cap)
{
    size_t n = 0;
    for (; n < c->self.count && n < cap; n++)
        out[n] = c->self.list[n].addr;
    return n;
}

size_t yc_core_added_count(const struct yc_core *c)
{
    return yc_slots_named_count(c->slots);
}

struct yc_core_added yc_core_added_at(struct yc_core *c, size_t i)
{
    int64_t slot;
    struct yc_core_added out = {.name = yc_slots_named_at(c->slots, i, &slot)};
    struct yc_netaddr named;
    bool numeric = yc_netaddr_parse(&named, out.name, c->config.chain.params->port);
    for (const struct conn *k = c->first; k && !out.connected; k = k->next) {
        if (!shown(k) || !((slot >= 0 && k->slot == slot) || (numeric && yc_netaddr_equal(&k->remote, &named))))
            continue;
        out.connected = true;
        out.remote = k->remote;
        out.inbound = k->type == YC_CONN_INBOUND;
    }
    return out;
}

struct yc_netaddr yc_core_address(const struct yc_core *c, const struct yc_netaddr *a)
{
    return c->config.cjdns ? yc_netaddr_as_cjdns(a) : *a;
}

uint32_t yc_core_system_of(const struct yc_core *c, const struct yc_netaddr *a)
{
    return yc_netaddr_system(a, c->config.asmap);
}

bool yc_core_send_named(struct yc_core *c, uint64_t peer_id, const char *name, struct yc_view payload)
{
    struct conn *k = yc_core_conn_of(c, peer_id);
    if (!k || k->closing || !yc_peer_send_named(&k->peer, name, payload))
        return false;
    yc_core_busy(c, k);
    return true;
}
