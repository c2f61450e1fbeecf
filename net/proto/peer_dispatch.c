/* What a peer does with each message that it was sent: one handler a message, reached from one table. */
#include "base/assert.h"
#include "net/proto/peer_internal.h"

#include <stdio.h>

static long long id_of(const struct yc_peer *p)
{
    return (long long)p->start.id;
}

static void log_malformed(const struct yc_peer *p, const struct yc_msg *m, const char *text)
{
    log_net(p, "ProcessMessages(%s, %zu bytes): Exception '%s' caught, peer=%lld", yc_msg_info(m->type)->name,
            m->payload.n, text, id_of(p));
}

/* The handlers. True: the owner hears of the message too (once the handshake is over). */

static bool is_self(const struct yc_peer *p, uint64_t nonce)
{
    const struct yc_peer_nonces *nonces = p->shared->nonces;
    for (size_t i = 0; nonces && nonce != 0 && i < YC_PEER_NONCES; i++)
        if (nonces->nonce[i] == nonce)
            return true;
    return false;
}

/* Is there a reason to have nothing to do with the sender of this version? */
static bool refuse_version(struct yc_peer *p, const struct yc_msg_version *v)
{
    uint64_t wanted = p->shared->services_wanted;
    if (p->shared->limited_will_do && (v->services & YC_NODE_NETWORK_LIMITED))
        wanted &= ~(uint64_t)YC_NODE_NETWORK;
    enum yc_conn_type type = p->start.type;
    bool expect = type == YC_CONN_OUTBOUND_FULL || type == YC_CONN_BLOCK_RELAY || type == YC_CONN_ADDR_FETCH;
    if (expect && (v->services & wanted) != wanted) {
        log_net(p,
                "peer does not offer the expected services (%08llx offered, %08llx expected), disconnecting peer=%lld",
                (unsigned long long)v->services, (unsigned long long)wanted, id_of(p));
        yc_peer_close(p, YC_CLOSE_SERVICES);
    } else if (v->version < YC_PROTOCOL_VERSION_MIN) {
        log_net(p, "peer using obsolete version %d, disconnecting peer=%lld", (int)v->version, id_of(p));
        yc_peer_close(p, YC_CLOSE_OBSOLETE);
    } else if (type == YC_CONN_INBOUND && is_self(p, v->nonce)) {
        char addr[YC_NETADDR_TEXT_MAX];
        yc_netaddr_print(addr, &p->start.remote);
        yc_log_info(p->shared->log, "connected to self at %s, disconnecting", addr);
        yc_peer_close(p, YC_CLOSE_SELF);
    }
    return p->state == YC_PEER_CLOSED;
}

static void note_version(struct yc_peer *p, const struct yc_msg_version *v, struct yc_now now)
{
    char us[YC_NETADDR_TEXT_MAX];
    p->their_version = v->version;
    p->common_version = v->version < YC_PROTOCOL_VERSION ? v->version : YC_PROTOCOL_VERSION;
    p->their_services = v->services;
    p->their_height = v->height;
    p->their_relay = v->relay;
    p->their_view_of_us = v->you;
    /* The time is never below 0, so the difference cannot overflow (catalogue P08). */
    p->stats.time_offset_s = now.wall_s < 0 ? 0 : v->time_s - now.wall_s;
    (void)yc_text_sanitise(p->user_agent, sizeof p->user_agent, v->user_agent);
    yc_netaddr_print(us, &v->you);
    log_net(p, "receive version message: %s: version %d, blocks=%d, us=%s, txrelay=%d, peer=%lld",
            p->user_agent[0] ? p->user_agent : "<no user agent>", (int)v->version, (int)v->height, us, v->relay,
            id_of(p));
}

static bool on_version(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    if (p->their_version != 0) {
        log_net(p, "redundant version message from peer=%lld", id_of(p));
        return false;
    }
    if (refuse_version(p, &m->u.version))
        return false;
    if (p->start.type == YC_CONN_INBOUND)
        yc_peer_send_version(p, now);
    note_version(p, &m->u.version, now);
    if (p->common_version >= YC_PROTOCOL_VERSION_WTXIDRELAY) {
        /* Older software may not know these, and has been seen to hang up on unknown messages. */
        yc_peer_emit(p, YC_MSG_WTXIDRELAY, NULL, YC_VIEW_EMPTY);
        yc_peer_emit(p, YC_MSG_SENDADDRV2, NULL, YC_VIEW_EMPTY);
    }
    yc_peer_emit(p, YC_MSG_VERACK, NULL, YC_VIEW_EMPTY);
    if (p->state == YC_PEER_CLOSED)
        return false;
    p->state = YC_PEER_WAIT_VERACK;
    if (p->start.type == YC_CONN_FEELER) {
        log_net(p, "feeler connection completed, disconnecting peer=%lld", id_of(p));
        yc_peer_close(p, YC_CLOSE_FEELER_DONE);
    }
    return true;
}

static bool on_verack(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    static const char format[] = "New %s peer connected: transport: v1, version: %d, peer=%lld";
    (void)m;
    if (p->state == YC_PEER_READY) {
        log_net(p, "ignoring redundant verack message from peer=%lld", id_of(p));
        return false;
    }
    /* Inbound ones can be made by anybody at any rate, so those lines are for debugging only (catalogue P18). */
    if (p->start.type == YC_CONN_INBOUND)
        log_net(p, format, yc_conn_type_name(p->start.type), (int)p->their_version, id_of(p));
    else
        yc_log_info(p->shared->log, format, yc_conn_type_name(p->start.type), (int)p->their_version, id_of(p));
    for (size_t i = 0; p->shared->nonces && p->start.type != YC_CONN_INBOUND && i < YC_PEER_NONCES; i++)
        if (p->shared->nonces->nonce[i] == p->nonce)
            p->shared->nonces->nonce[i] = 0;
    p->state = YC_PEER_READY;
    yc_peer_send_ping(p, now);
    return true;
}

static bool on_wtxidrelay(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    (void)m;
    (void)now;
    if (p->state == YC_PEER_READY) {
        log_net(p, "wtxidrelay received after verack, disconnecting peer=%lld", id_of(p));
        yc_peer_close(p, YC_CLOSE_LATE_HANDSHAKE);
    } else if (p->common_version < YC_PROTOCOL_VERSION_WTXIDRELAY) {
        log_net(p, "ignoring wtxidrelay due to old common version=%d from peer=%lld", (int)p->common_version, id_of(p));
    } else if (p->wtxid_relay) {
        log_net(p, "ignoring duplicate wtxidrelay from peer=%lld", id_of(p));
    } else {
        p->wtxid_relay = true;
    }
    return false;
}

static bool on_sendaddrv2(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    (void)m;
    (void)now;
    if (p->state == YC_PEER_READY) {
        log_net(p, "sendaddrv2 received after verack, disconnecting peer=%lld", id_of(p));
        yc_peer_close(p, YC_CLOSE_LATE_HANDSHAKE);
    } else {
        p->wants_addrv2 = true;
    }
    return false;
}

/* BIP 434. No feature is known to us, so each is only checked and passed over. */
static bool on_feature(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    char id[YC_FEATURE_ID_MAX + 1];
    (void)now;
    if (p->state == YC_PEER_READY) {
        log_net(p, "feature received after verack, disconnecting peer=%lld", id_of(p));
        yc_peer_close(p, YC_CLOSE_LATE_HANDSHAKE);
    } else if (p->common_version < YC_PROTOCOL_VERSION_FEATURE) {
        log_net(p, "feature received with incompatible version %d, disconnecting peer=%lld", (int)p->common_version,
                id_of(p));
        yc_peer_close(p, YC_CLOSE_BREACH);
    } else if (!m->u.feature.ok) {
        log_net(p, "invalid feature payload, disconnecting peer=%lld", id_of(p));
        yc_peer_close(p, YC_CLOSE_BREACH);
    } else {
        (void)yc_text_sanitise(id, sizeof id, m->u.feature.id);
        log_net(p, "unknown feature advertised: %s", id);
    }
    return false;
}

static bool on_sendheaders(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    (void)m;
    (void)now;
    p->wants_headers = true;
    return true;
}

static bool on_sendcmpct(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    (void)now;
    if (m->u.sendcmpct.announce > 1) {
        yc_peer_misbehaving(p, "invalid sendcmpct announce field");
        return false;
    }
    if (m->u.sendcmpct.version != 2)
        return false; /* version 1 has no witnesses: as if it had not been sent */
    p->provides_cmpct = true;
    p->cmpct_high_bandwidth_from = m->u.sendcmpct.high_bandwidth;
    return true;
}

static void send_pong(struct yc_peer *p, uint64_t nonce)
{
    uint8_t bytes[8];
    yc_put64le(bytes, nonce);
    yc_peer_emit(p, YC_MSG_PONG, NULL, yc_view(bytes, sizeof bytes));
}

void yc_peer_hold_pongs(struct yc_peer *p, bool on)
{
    p->holds_pongs = on;
    if (on || !p->holds_one)
        return;
    p->holds_one = false;
    if (p->state != YC_PEER_CLOSED)
        send_pong(p, p->held_nonce);
}

static bool on_ping(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    (void)now;
    if (p->common_version <= YC_PROTOCOL_VERSION_PING_NONCE)
        return false; /* before BIP 31 a ping has no answer */
    if (!m->u.ping.has_nonce) {
        log_malformed(p, m, "end of data");
        return false;
    }
    p->holds_one = p->holds_pongs;
    p->held_nonce = m->u.ping.nonce;
    if (!p->holds_one)
        send_pong(p, m->u.ping.nonce);
    return false;
}

static bool on_pong(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    const char *problem = NULL;
    bool over = false;
    if (!m->u.ping.has_nonce) {
        problem = "Short payload";
        over = true; /* badly written, but it shows that there is life */
    } else if (p->ping_nonce == 0) {
        problem = "Unsolicited pong without ping";
    } else if (m->u.ping.nonce == p->ping_nonce) {
        int64_t us = now.mono_us - p->ping_sent_us;
        over = true;
        p->stats.ping_us = us;
        if (p->stats.ping_min_us < 0 || us < p->stats.ping_min_us)
            p->stats.ping_min_us = us;
    } else {
        problem = m->u.ping.nonce == 0 ? "Nonce zero" : "Nonce mismatch";
        over = m->u.ping.nonce == 0;
    }
    if (problem)
        log_net(p, "pong peer=%lld: %s, %llx expected, %llx received, %zu bytes", id_of(p), problem,
                (unsigned long long)p->ping_nonce, (unsigned long long)m->u.ping.nonce, m->payload.n);
    if (over)
        p->ping_nonce = 0;
    return false;
}

/* BIP 37, which we do not offer: nothing of it is read (catalogue P19). BIP 111: who asks for it all the same goes. */
static bool on_bloom(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    (void)now;
    log_net(p, "%s received despite not offering bloom services, disconnecting peer=%lld", yc_msg_info(m->type)->name,
            id_of(p));
    yc_peer_close(p, YC_CLOSE_BREACH);
    return false;
}

static bool on_feefilter(struct yc_peer *p, const struct yc_msg *m, struct yc_now now)
{
    int64_t sat = m->u.feefilter_sat_per_kvb;
    (void)now;
    if (!yc_money_ok(sat))
        return false; /* P43 */
    p->feefilter_sat_per_kvb = sat;
    log_net(p, "received: feefilter of %lld.%08lld /kvB from peer=%lld", (long long)(sat / YC_COIN),
            (long long)(sat % YC_COIN), id_of(p));
    return true;
}

static bool (*const handlers[YC_MSG_COUNT])(struct yc_peer *, const struct yc_msg *, struct yc_now) = {
    [YC_MSG_VERSION] = on_version,       [YC_MSG_VERACK] = on_verack,    [YC_MSG_WTXIDRELAY] = on_wtxidrelay,
    [YC_MSG_SENDADDRV2] = on_sendaddrv2, [YC_MSG_FEATURE] = on_feature,  [YC_MSG_SENDHEADERS] = on_sendheaders,
    [YC_MSG_SENDCMPCT] = on_sendcmpct,   [YC_MSG_FILTERLOAD] = on_bloom, [YC_MSG_FILTERADD] = on_bloom,
    [YC_MSG_FILTERCLEAR] = on_bloom,     [YC_MSG_PING] = on_ping,        [YC_MSG_PONG] = on_pong,
    [YC_MSG_FEEFILTER] = on_feefilter,
};

/* May a message of this type be taken up in this state? (P27) */
static bool in_order(const struct yc_peer *p, enum yc_msg_type type, const char *name)
{
    if (type == YC_MSG_VERSION)
        return true;
    if (p->state == YC_PEER_WAIT_VERSION) {
        log_net(p, "non-version message before version handshake. Message \"%s\" from peer=%lld", name, id_of(p));
        return false;
    }
    if (p->state != YC_PEER_READY && (type == YC_MSG_UNKNOWN || yc_msg_info(type)->phase != YC_PHASE_HANDSHAKE)) {
        log_net(p, "Unsupported message \"%s\" prior to verack from peer=%lld", name, id_of(p));
        return false;
    }
    if (type == YC_MSG_UNKNOWN) {
        log_net(p, "Unknown message type \"%s\" from peer=%lld", name, id_of(p));
        return false;
    }
    return true;
}

static void on_fault(struct yc_peer *p, const struct yc_msg *m, const struct yc_msg_fault *fault)
{
    switch (fault->kind) {
    case YC_FAULT_BREACH:
        yc_peer_misbehaving(p, fault->text);
        break;
    case YC_FAULT_CLOSE:
        log_net(p, "%s, disconnecting peer=%lld", fault->text, id_of(p));
        yc_peer_close(p, YC_CLOSE_BREACH);
        break;
    case YC_FAULT_MALFORMED:
    case YC_FAULT_NONE:
        log_malformed(p, m, fault->text);
        break;
    }
}

bool yc_peer_dispatch(struct yc_peer *p, const struct yc_frame *frame, struct yc_now now, struct yc_peer_event *ev)
{
    char name[YC_FRAME_COMMAND_BYTES + 1];
    struct yc_msg_fault fault;
    enum yc_msg_type type = yc_msg_find(frame->command);
    (void)yc_text_sanitise(name, sizeof name, yc_view_text(frame->command));
    p->stats.received_per_msg[type] += frame->wire_bytes;
    log_net(p, "received: %s (%zu bytes) peer=%lld", name, frame->payload.n, id_of(p));
    if (p->shared->tap.message)
        p->shared->tap.message(p->shared->tap.ctx, p, false, frame->command, frame->payload);
    if (!in_order(p, type, name))
        return false;
    if (yc_msg_parse(&ev->msg, type, frame->payload, &fault) != YC_VALID) {
        on_fault(p, &ev->msg, &fault);
        return false;
    }
    ev->close = YC_CLOSE_NONE;
    ev->kind = YC_PEER_EV_MESSAGE;
    if (!handlers[type])
        return true;
    if (!handlers[type](p, &ev->msg, now))
        return false;
    if (type == YC_MSG_VERSION)
        ev->kind = YC_PEER_EV_VERSION;
    else if (type == YC_MSG_VERACK)
        ev->kind = YC_PEER_EV_READY;
    return ev->kind != YC_PEER_EV_MESSAGE || p->state == YC_PEER_READY;
}
