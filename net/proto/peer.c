#include "net/proto/peer.h"

#include "base/assert.h"
#include "net/proto/peer_internal.h"

#include <stdio.h>

#define SECOND_US         INT64_C(1000000)
#define KEEP_OUTPUT_BYTES 262144  /* an empty output larger than this is given back */
#define RECEIVE_SLACK     4194304 /* what may still come after yc_peer_wants_input() turned false */

const char *yc_conn_type_name(enum yc_conn_type type)
{
    switch (type) {
    case YC_CONN_INBOUND:
        return "inbound";
    case YC_CONN_OUTBOUND_FULL:
        return "outbound-full-relay";
    case YC_CONN_BLOCK_RELAY:
        return "block-relay-only";
    case YC_CONN_MANUAL:
        return "manual";
    case YC_CONN_FEELER:
        return "feeler";
    case YC_CONN_ADDR_FETCH:
        return "addr-fetch";
    }
    return "unknown";
}

struct yc_peer_shared yc_peer_shared_default(void)
{
    return (struct yc_peer_shared){
        .relay = true,
        .handshake_timeout_us = 60 * SECOND_US,
        .ping_interval_us = 120 * SECOND_US,
        .idle_timeout_us = 1200 * SECOND_US,
        .send_pause_bytes = 1000000,
        .send_max_bytes = 32000000,
        .receive_pause_bytes = 4100000, /* one message of the longest */
    };
}

bool yc_user_agent_compose(char out[YC_USER_AGENT_MAX + 1], const char *prefix, const char *version,
                           const char *const *comments, size_t comment_count)
{
    size_t cap = YC_USER_AGENT_MAX + 1;
    int n = snprintf(out, cap, "%s/YCoin:%s", prefix, version);
    for (size_t i = 0; i < comment_count && n >= 0 && (size_t)n < cap; i++)
        n += snprintf(out + n, cap - (size_t)n, "%s%s", i ? "; " : "(", comments[i]);
    if (n >= 0 && (size_t)n < cap)
        n += snprintf(out + n, cap - (size_t)n, "%s/", comment_count ? ")" : "");
    return n >= 0 && (size_t)n < cap;
}

static uint64_t fresh_nonce(const struct yc_peer *p)
{
    uint64_t nonce = 0;
    while (nonce == 0)
        nonce = yc_random_u64(p->shared->random);
    return nonce;
}

void yc_peer_init(struct yc_peer *p, struct yc_peer_shared *shared, const struct yc_peer_start *start,
                  struct yc_now now)
{
    YC_ASSERT(shared->receive_pause_bytes > YC_FRAME_HEADER_BYTES + YC_FRAME_PAYLOAD_MAX);
    YC_ASSERT(shared->send_pause_bytes > 0 && shared->send_max_bytes >= shared->send_pause_bytes);
    memset(p, 0, sizeof *p);
    p->shared = shared;
    p->start = *start;
    p->their_height = -1;
    p->nonce = fresh_nonce(p);
    p->connected_us = p->ping_sent_us = p->last_send_us = p->last_recv_us = now.mono_us;
    p->stats.connected_s = now.wall_s;
    p->stats.ping_us = p->stats.ping_min_us = -1;
    yc_frame_reader_init(&p->in, shared->alloc, shared->magic, shared->receive_pause_bytes + RECEIVE_SLACK);
    yc_buf_init(&p->out, shared->alloc, 2 * shared->send_max_bytes); /* what was taken lies in it for a while */
    if (start->type == YC_CONN_INBOUND)
        return;
    if (shared->nonces) {
        shared->nonces->nonce[shared->nonces->next] = p->nonce;
        shared->nonces->next = (shared->nonces->next + 1) % YC_PEER_NONCES;
    }
    yc_peer_send_version(p, now);
}

void yc_peer_account(struct yc_peer *p)
{
    size_t bytes = yc_peer_memory_bytes(p);
    p->shared->memory_bytes += bytes - p->counted_bytes; /* wraps back when it is less */
    p->counted_bytes = bytes;
}

void yc_peer_release(struct yc_peer *p)
{
    struct yc_peer_nonces *nonces = p->shared->nonces;
    for (size_t i = 0; nonces && p->start.type != YC_CONN_INBOUND && i < YC_PEER_NONCES; i++)
        if (nonces->nonce[i] == p->nonce)
            nonces->nonce[i] = 0;
    yc_frame_reader_release(&p->in);
    yc_buf_release(&p->out);
    yc_peer_account(p);
    p->state = YC_PEER_CLOSED;
    p->event_closed = false;
    p->out_start = 0;
}

void yc_peer_close(struct yc_peer *p, enum yc_peer_close why)
{
    if (p->state == YC_PEER_CLOSED)
        return;
    p->state = YC_PEER_CLOSED;
    p->close = why;
    p->event_closed = true;
    yc_peer_wake(p);
}

void yc_peer_wake(struct yc_peer *p)
{
    const struct yc_peer_waker *w = &p->shared->waker;
    if (w->wake)
        w->wake(w->ctx, p);
}

void yc_peer_misbehaving(struct yc_peer *p, const char *text)
{
    long long id = (long long)p->start.id;
    if (p->state == YC_PEER_CLOSED)
        return;
    log_net(p, "Misbehaving: peer=%lld: %s", id, text);
    if (p->start.permissions & YC_PERM_NOBAN) {
        yc_log_warning(p->shared->log, "Warning: not punishing noban peer %lld!", id);
    } else if (p->start.type == YC_CONN_MANUAL) {
        yc_log_warning(p->shared->log, "Warning: not punishing manually connected peer %lld!", id);
    } else {
        yc_peer_close(p, YC_CLOSE_MISBEHAVED);
        if (yc_peer_should_discourage(p))
            log_net(p, "Disconnecting and discouraging peer %lld!", id);
        else
            log_net(p, "Warning: disconnecting but not discouraging local peer %lld!", id);
    }
}

bool yc_peer_should_discourage(const struct yc_peer *p)
{
    return p->close == YC_CLOSE_MISBEHAVED && !yc_netaddr_is_loopback(&p->start.remote);
}

void yc_peer_recv(struct yc_peer *p, struct yc_view bytes, struct yc_now now)
{
    if (p->state == YC_PEER_CLOSED || bytes.n == 0)
        return;
    p->stats.bytes_received += bytes.n;
    p->stats.last_recv_s = now.wall_s;
    p->last_recv_us = now.mono_us;
    if (yc_frame_push(&p->in, bytes) != YC_VALID) {
        log_net(p, "no memory for received bytes, disconnecting peer=%lld", (long long)p->start.id);
        yc_peer_close(p, YC_CLOSE_MEMORY);
    }
    yc_peer_account(p);
}

/* Seconds of a duration, with six digits, as Bitcoin Core writes them. */
static double seconds(int64_t us)
{
    return (double)us / (double)SECOND_US;
}

/* Judge silence: the first minute must bring bytes and then the handshake, later ones a sign of life. */
static bool timed_out(const struct yc_peer *p, struct yc_now now)
{
    const struct yc_peer_shared *s = p->shared;
    long long id = (long long)p->start.id;
    bool received = p->stats.bytes_received > 0, sent = p->stats.bytes_sent > 0;
    if (now.mono_us < p->connected_us + s->handshake_timeout_us)
        return false;
    if (!received || !sent) {
        log_net(p, "socket no message in first %lld seconds%s%s, disconnecting peer=%lld",
                (long long)(s->handshake_timeout_us / SECOND_US), received ? "" : ", never received from peer",
                sent ? "" : ", never sent to peer", id);
    } else if (now.mono_us >= p->last_send_us + s->idle_timeout_us) {
        log_net(p, "socket sending timeout: %llds, disconnecting peer=%lld",
                (long long)((now.mono_us - p->last_send_us) / SECOND_US), id);
    } else if (now.mono_us >= p->last_recv_us + s->idle_timeout_us) {
        log_net(p, "socket receive timeout: %llds, disconnecting peer=%lld",
                (long long)((now.mono_us - p->last_recv_us) / SECOND_US), id);
    } else if (p->state != YC_PEER_READY) {
        log_net(p, "version handshake timeout, disconnecting peer=%lld", id);
    } else if (p->ping_nonce && now.mono_us >= p->ping_sent_us + s->idle_timeout_us) {
        log_net(p, "ping timeout: %fs, disconnecting peer=%lld", seconds(now.mono_us - p->ping_sent_us), id);
    } else {
        return false;
    }
    return true;
}

void yc_peer_tick(struct yc_peer *p, struct yc_now now)
{
    if (p->state == YC_PEER_CLOSED)
        return;
    if (timed_out(p, now)) {
        yc_peer_close(p, YC_CLOSE_TIMEOUT);
        return;
    }
    bool due = p->ping_nonce == 0 && now.mono_us >= p->ping_sent_us + p->shared->ping_interval_us;
    if (p->state == YC_PEER_READY && (due || p->ping_wanted))
        yc_peer_send_ping(p, now);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t yc_peer_next_deadline_us(const struct yc_peer *p)
{
    const struct yc_peer_shared *s = p->shared;
    int64_t handshake = p->connected_us + s->handshake_timeout_us;
    if (p->state == YC_PEER_CLOSED)
        return INT64_MAX;
    if (p->state != YC_PEER_READY)
        return handshake;
    int64_t idle = p->ping_nonce ? p->ping_sent_us + s->idle_timeout_us : INT64_MAX;
    idle = earlier(idle, earlier(p->last_send_us, p->last_recv_us) + s->idle_timeout_us);
    idle = idle < handshake ? handshake : idle;
    return p->ping_nonce ? idle : earlier(idle, p->ping_sent_us + s->ping_interval_us);
}

void yc_peer_want_ping(struct yc_peer *p, struct yc_now now)
{
    p->ping_wanted = true;
    yc_peer_tick(p, now);
}

int64_t yc_peer_ping_wait_us(const struct yc_peer *p, struct yc_now now)
{
    return p->ping_nonce ? now.mono_us - p->ping_sent_us : -1;
}

static bool tell_closed(struct yc_peer *p, struct yc_peer_event *ev)
{
    if (!p->event_closed)
        return false;
    p->event_closed = false;
    *ev = (struct yc_peer_event){.kind = YC_PEER_EV_CLOSED, .close = p->close};
    return true;
}

bool yc_peer_next_event(struct yc_peer *p, struct yc_now now, struct yc_peer_event *ev)
{
    struct yc_frame frame;
    long long id = (long long)p->start.id;
    while (p->state != YC_PEER_CLOSED && !p->holds_one && !yc_peer_send_paused(p)) {
        switch (yc_frame_next(&p->in, &frame)) {
        case YC_FRAME_MORE:
            yc_peer_account(p);
            return false;
        case YC_FRAME_DROPPED:
            log_net(p, "%s, peer=%lld", p->in.fault, id);
            p->stats.received_per_msg[YC_MSG_UNKNOWN] += frame.wire_bytes;
            break;
        case YC_FRAME_BAD:
            log_net(p, "%s, peer=%lld", p->in.fault, id);
            yc_peer_close(p, YC_CLOSE_BAD_STREAM);
            yc_peer_account(p);
            break;
        case YC_FRAME_MESSAGE:
            if (yc_peer_dispatch(p, &frame, now, ev))
                return true;
            break;
        }
    }
    return tell_closed(p, ev);
}

bool yc_peer_wants_input(const struct yc_peer *p)
{
    return p->state != YC_PEER_CLOSED && yc_peer_held_bytes(p) < p->shared->receive_pause_bytes;
}

bool yc_peer_send_paused(const struct yc_peer *p)
{
    return p->out.n - p->out_start >= p->shared->send_pause_bytes;
}

size_t yc_peer_held_bytes(const struct yc_peer *p)
{
    return yc_frame_held_bytes(&p->in);
}

size_t yc_peer_memory_bytes(const struct yc_peer *p)
{
    return yc_frame_memory_bytes(&p->in) + p->out.cap;
}

struct yc_view yc_peer_output(const struct yc_peer *p)
{
    return p->out.n == p->out_start ? YC_VIEW_EMPTY : yc_view(p->out.p + p->out_start, p->out.n - p->out_start);
}

void yc_peer_sent(struct yc_peer *p, size_t n, struct yc_now now)
{
    YC_ASSERT(n <= p->out.n - p->out_start);
    if (n == 0)
        return;
    p->stats.bytes_sent += n;
    p->stats.last_send_s = now.wall_s;
    p->last_send_us = now.mono_us;
    p->out_start += n;
    if (p->out_start == p->out.n) {
        p->out_start = 0;
        if (p->out.cap > KEEP_OUTPUT_BYTES)
            yc_buf_release(&p->out);
        else
            yc_buf_clear(&p->out);
    } else if (p->out_start > p->out.n / 2) {
        yc_buf_drop(&p->out, p->out_start);
        p->out_start = 0;
    }
    yc_peer_account(p);
}
