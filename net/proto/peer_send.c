#include "base/assert.h"
#include "net/proto/peer_internal.h"

uint8_t *yc_peer_emit_begin(struct yc_peer *p, size_t n)
{
    size_t waiting = p->out.n - p->out_start;
    YC_ASSERT(n <= YC_FRAME_PAYLOAD_MAX);
    if (p->state == YC_PEER_CLOSED)
        return NULL;
    if (waiting + YC_FRAME_HEADER_BYTES + n > p->shared->send_max_bytes) {
        log_net(p, "send buffer full (%zu bytes), disconnecting peer=%lld", waiting, (long long)p->start.id);
        yc_peer_close(p, YC_CLOSE_SEND_OVERFLOW);
        return NULL;
    }
    uint8_t *at = yc_buf_room(&p->out, YC_FRAME_HEADER_BYTES + n);
    yc_peer_account(p);
    if (!at) {
        yc_peer_close(p, YC_CLOSE_MEMORY);
        return NULL;
    }
    return at + YC_FRAME_HEADER_BYTES;
}

void yc_peer_emit_end(struct yc_peer *p, enum yc_msg_type type, const char *name, size_t n)
{
    uint8_t *payload = p->out.p + p->out.n - n;
    yc_frame_write_header(payload - YC_FRAME_HEADER_BYTES, p->shared->magic, name, yc_view(payload, n));
    p->stats.sent_per_msg[type] += YC_FRAME_HEADER_BYTES + n;
    log_net(p, "sending %s (%zu bytes) peer=%lld", name, n, (long long)p->start.id);
    if (p->shared->tap.message)
        p->shared->tap.message(p->shared->tap.ctx, p, true, name, yc_view(payload, n));
    yc_peer_wake(p);
}

void yc_peer_emit(struct yc_peer *p, enum yc_msg_type type, const char *name, struct yc_view payload)
{
    uint8_t *at = yc_peer_emit_begin(p, payload.n);
    if (!at)
        return;
    if (payload.n)
        memcpy(at, payload.p, payload.n);
    yc_peer_emit_end(p, type, name ? name : yc_msg_info(type)->name, payload.n);
}

void yc_peer_send_version(struct yc_peer *p, struct yc_now now)
{
    uint8_t bytes[512];
    struct yc_writer w;
    const struct yc_peer_shared *s = p->shared;
    bool quiet = p->start.type == YC_CONN_BLOCK_RELAY || p->start.type == YC_CONN_FEELER;
    struct yc_msg_version v = {
        .version = YC_PROTOCOL_VERSION,
        .services = s->services,
        .time_s = now.wall_s,
        .you = p->start.remote,
        .nonce = p->nonce, /* our own address stays zero: it would tell who we are behind a proxy */
        .user_agent = yc_view_text(s->user_agent),
        .height = s->height,
        .relay = (s->relay || (p->start.permissions & YC_PERM_RELAY)) && !quiet,
    };
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_msg_write_version(&w, &v, 0);
    YC_ASSERT(!w.failed);
    yc_peer_emit(p, YC_MSG_VERSION, NULL, yc_writer_written(&w));
}

void yc_peer_send_ping(struct yc_peer *p, struct yc_now now)
{
    uint8_t bytes[8];
    p->ping_wanted = false;
    p->ping_sent_us = now.mono_us;
    p->ping_nonce = 0;
    if (p->common_version <= YC_PROTOCOL_VERSION_PING_NONCE) {
        yc_peer_emit(p, YC_MSG_PING, NULL, YC_VIEW_EMPTY);
        return;
    }
    while (p->ping_nonce == 0)
        p->ping_nonce = yc_random_u64(p->shared->random);
    yc_put64le(bytes, p->ping_nonce);
    yc_peer_emit(p, YC_MSG_PING, NULL, yc_view(bytes, sizeof bytes));
}

/* A payload that is measured by one pass of its writer and written by a second. */
struct payload {
    enum yc_msg_type type;
    const void *items;
    size_t count;
    const struct yc_block_hash *stop;
    bool v2;
};

static void write_payload(struct yc_writer *w, const struct payload *m)
{
    if (m->type == YC_MSG_HEADERS)
        yc_msg_write_headers(w, m->items, m->count);
    else if (m->type == YC_MSG_GETHEADERS)
        yc_msg_write_locator(w, m->items, m->count, m->stop);
    else if (m->type == YC_MSG_ADDR || m->type == YC_MSG_ADDRV2)
        yc_msg_write_addr(w, m->items, m->count, m->v2);
    else
        yc_msg_write_inv(w, m->items, m->count);
}

static void send_written(struct yc_peer *p, const struct payload *m)
{
    struct yc_writer w;
    if (p->state != YC_PEER_READY)
        return;
    yc_writer_init_count(&w);
    write_payload(&w, m);
    size_t n = w.n;
    uint8_t *at = yc_peer_emit_begin(p, n);
    if (!at)
        return;
    yc_writer_init(&w, at, n);
    write_payload(&w, m);
    YC_ASSERT(!w.failed && w.n == n);
    yc_peer_emit_end(p, m->type, yc_msg_info(m->type)->name, n);
}

static void send_invs(struct yc_peer *p, enum yc_msg_type type, const struct yc_inv *items, size_t count)
{
    for (size_t at = 0; at < count; at += YC_INV_COUNT_MAX) {
        size_t n = count - at < YC_INV_COUNT_MAX ? count - at : YC_INV_COUNT_MAX;
        send_written(p, &(struct payload){.type = type, .items = items + at, .count = n});
    }
}

void yc_peer_send(struct yc_peer *p, enum yc_msg_type type, struct yc_view payload)
{
    YC_ASSERT(type != YC_MSG_UNKNOWN && payload.n <= YC_FRAME_PAYLOAD_MAX);
    if (p->state == YC_PEER_READY)
        yc_peer_emit(p, type, NULL, payload);
}

bool yc_peer_send_named(struct yc_peer *p, const char *name, struct yc_view payload)
{
    if (strlen(name) > YC_FRAME_COMMAND_BYTES || payload.n > YC_FRAME_PAYLOAD_MAX || p->state != YC_PEER_READY)
        return false;
    yc_peer_emit(p, yc_msg_find(name), name, payload);
    return p->state == YC_PEER_READY;
}

void yc_peer_send_inv(struct yc_peer *p, const struct yc_inv *items, size_t count)
{
    send_invs(p, YC_MSG_INV, items, count);
}

void yc_peer_send_getdata(struct yc_peer *p, const struct yc_inv *items, size_t count)
{
    send_invs(p, YC_MSG_GETDATA, items, count);
}

void yc_peer_send_notfound(struct yc_peer *p, const struct yc_inv *items, size_t count)
{
    send_invs(p, YC_MSG_NOTFOUND, items, count);
}

void yc_peer_send_headers(struct yc_peer *p, const uint8_t *headers80, size_t count)
{
    send_written(p, &(struct payload){.type = YC_MSG_HEADERS, .items = headers80, .count = count});
}

void yc_peer_send_getheaders(struct yc_peer *p, const struct yc_block_hash *locator, size_t count,
                             const struct yc_block_hash *stop)
{
    send_written(p, &(struct payload){.type = YC_MSG_GETHEADERS, .items = locator, .count = count, .stop = stop});
}

void yc_peer_send_addr(struct yc_peer *p, const struct yc_addr_entry *entries, size_t count)
{
    for (size_t at = 0; at < count; at += YC_ADDR_COUNT_MAX) {
        size_t n = count - at < YC_ADDR_COUNT_MAX ? count - at : YC_ADDR_COUNT_MAX;
        send_written(p, &(struct payload){.type = p->wants_addrv2 ? YC_MSG_ADDRV2 : YC_MSG_ADDR,
                                          .items = entries + at,
                                          .count = n,
                                          .v2 = p->wants_addrv2});
    }
}

void yc_peer_send_feefilter(struct yc_peer *p, int64_t sat_per_kvb)
{
    uint8_t bytes[8];
    if (p->common_version < YC_PROTOCOL_VERSION_FEEFILTER)
        return;
    yc_put64le(bytes, (uint64_t)sat_per_kvb);
    yc_peer_send(p, YC_MSG_FEEFILTER, yc_view(bytes, sizeof bytes));
}

void yc_peer_send_sendcmpct(struct yc_peer *p, bool high_bandwidth)
{
    uint8_t bytes[9] = {high_bandwidth, 2}; /* version 2: with witnesses */
    if (p->common_version < YC_PROTOCOL_VERSION_CMPCT || p->state != YC_PEER_READY)
        return;
    p->cmpct_high_bandwidth_to = high_bandwidth;
    yc_peer_send(p, YC_MSG_SENDCMPCT, yc_view(bytes, sizeof bytes));
}

void yc_peer_send_sendheaders(struct yc_peer *p)
{
    if (p->common_version >= YC_PROTOCOL_VERSION_SENDHEADERS)
        yc_peer_send(p, YC_MSG_SENDHEADERS, YC_VIEW_EMPTY);
}
