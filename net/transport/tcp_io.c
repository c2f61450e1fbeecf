#include "net/transport/tcp_conn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net/transport/socket.h"

#define CHUNKS_PER_WRITE 32

void yc_tcp_arm(struct event *ev, int64_t delay_ms)
{
    struct timeval tv = {.tv_sec = (time_t)(delay_ms / 1000), .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000)};
    /* libevent refuses only when it has no memory. The handler then runs once, finds nothing to do and arms again. */
    if (event_add(ev, delay_ms < 0 ? NULL : &tv) != 0)
        event_active(ev, 0, 0);
}

void yc_tcp_conn_detach(struct yc_tcp_conn *c)
{
    if (c->has_events) {
        event_del(&c->readable);
        event_del(&c->writable);
        event_del(&c->deadline);
        c->has_events = false;
    }
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

void yc_tcp_finish(struct yc_tcp_conn *c, enum yc_tcp_reason reason)
{
    struct yc_tcp *t = c->tcp;
    uint64_t id = c->id;
    bool was_open = c->state == YC_TCP_OPEN;
    yc_tcp_conn_detach(c);
    yc_mutex_lock(&t->lock);
    yc_tcp_conn_free(c);
    yc_mutex_unlock(&t->lock);
    if (was_open)
        t->events.closed(t->events.ctx, id, reason);
    else
        t->events.connect_failed(t->events.ctx, id, reason);
}

/* How many bytes may be read from the connection now. */
static size_t read_room(struct yc_tcp_conn *c)
{
    struct yc_tcp *t = c->tcp;
    size_t room = YC_TCP_READ_BYTES, total = t->limits.receive_total_bytes, conn = t->limits.receive_conn_bytes;
    yc_mutex_lock(&t->lock);
    if (t->totals.held_bytes >= total)
        t->total_full = true;
    if (c->paused || c->closing || t->total_full || c->held_bytes >= conn) {
        room = 0;
    } else {
        room = room < conn - c->held_bytes ? room : conn - c->held_bytes;
        room = room < total - (size_t)t->totals.held_bytes ? room : total - (size_t)t->totals.held_bytes;
    }
    yc_mutex_unlock(&t->lock);
    return room;
}

/* The first unsent bytes as a vector; returns its length. Chunks that are in it are removed by this thread alone. */
static size_t gather(struct yc_tcp_conn *c, struct iovec *iov)
{
    size_t count = 0, skip = c->sent_of_first;
    yc_mutex_lock(&c->tcp->lock);
    for (struct yc_tcp_chunk *k = c->first; k && count < CHUNKS_PER_WRITE; k = k->next) {
        iov[count++] = (struct iovec){.iov_base = k->p + skip, .iov_len = k->n - skip};
        skip = 0;
    }
    yc_mutex_unlock(&c->tcp->lock);
    return count;
}

/* Count n bytes as sent; *drained says whether drained() is due, returns what is left. */
static size_t take_sent(struct yc_tcp_conn *c, size_t n, bool *drained)
{
    struct yc_tcp *t = c->tcp;
    struct yc_tcp_chunk *done = NULL;
    yc_mutex_lock(&t->lock);
    t->totals.sent_bytes += n;
    c->queued_bytes -= n;
    c->sent_of_first += n;
    while (c->first && c->sent_of_first >= c->first->n) {
        struct yc_tcp_chunk *chunk = c->first;
        c->sent_of_first -= chunk->n;
        c->first = chunk->next;
        if (!c->first)
            c->last = &c->first;
        chunk->next = done;
        done = chunk;
    }
    *drained = c->above_high && c->queued_bytes <= t->limits.send_low_bytes;
    if (*drained)
        c->above_high = false;
    size_t left = c->queued_bytes;
    yc_mutex_unlock(&t->lock);
    while (done) {
        struct yc_tcp_chunk *next = done->next;
        yc_alloc_free(t->alloc, done->p, done->n);
        yc_alloc_free(t->alloc, done, sizeof *done);
        done = next;
    }
    return left;
}

/* Write what the socket takes. False when the connection is gone. */
static bool write_some(struct yc_tcp_conn *c)
{
    struct yc_tcp *t = c->tcp;
    struct iovec iov[CHUNKS_PER_WRITE];
    size_t count = gather(c, iov);
    if (count == 0) {
        event_del(&c->writable);
        return true;
    }
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = count};
    ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    if (n < 0 && !yc_socket_would_block(errno)) {
        yc_tcp_finish(c, yc_socket_reason(errno));
        return false;
    }
    bool drained = false;
    size_t left = take_sent(c, n > 0 ? (size_t)n : 0, &drained);
    if (left > 0)
        yc_tcp_arm(&c->writable, -1);
    else
        event_del(&c->writable);
    if (drained)
        t->events.drained(t->events.ctx, c->id, left);
    return true;
}

static void end_flush(struct yc_tcp_conn *c)
{
    yc_mutex_lock(&c->tcp->lock);
    bool done = c->closing && c->queued_bytes == 0;
    yc_mutex_unlock(&c->tcp->lock);
    if (done)
        yc_tcp_finish(c, YC_TCP_BY_US);
}

void yc_tcp_set_open(struct yc_tcp_conn *c)
{
    c->state = YC_TCP_OPEN;
    c->local = yc_socket_local(c->fd);
    event_del(&c->deadline);
    yc_tcp_arm(&c->readable, -1);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_tcp_conn *c = ctx;
    struct yc_tcp *t = c->tcp;
    (void)what;
    if (c->state == YC_TCP_AT_PROXY) {
        if (yc_tcp_proxy_readable(c)) {
            yc_tcp_set_open(c);
            t->events.connected(t->events.ctx, c->id, &c->remote, &c->local);
            if (write_some(c))
                end_flush(c);
        }
        return;
    }
    size_t room = read_room(c);
    if (room == 0) {
        event_del(&c->readable); /* yc_tcp_consumed() or yc_tcp_pause() sets it going again */
        return;
    }
    ssize_t n = recv(fd, t->read_buf, room, 0);
    if (n < 0 && yc_socket_would_block(errno)) {
        yc_tcp_arm(&c->readable, -1);
    } else if (n < 0) {
        yc_tcp_finish(c, yc_socket_reason(errno));
    } else if (n == 0) {
        yc_tcp_finish(c, YC_TCP_BY_PEER);
    } else {
        yc_mutex_lock(&t->lock);
        c->held_bytes += (size_t)n;
        t->totals.held_bytes += (uint64_t)n;
        t->totals.received_bytes += (uint64_t)n;
        yc_mutex_unlock(&t->lock);
        t->events.bytes(t->events.ctx, c->id, yc_view(t->read_buf, (size_t)n));
    }
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_tcp_conn *c = ctx;
    struct yc_tcp *t = c->tcp;
    (void)what;
    if (c->state == YC_TCP_CONNECTING) {
        int error = 0;
        socklen_t n = sizeof error;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
            error = errno;
        if (error != 0) {
            yc_tcp_finish(c, yc_socket_reason(error));
            return;
        }
        if (c->socks) {
            yc_tcp_proxy_begin(c);
            return;
        }
        yc_tcp_set_open(c);
        t->events.connected(t->events.ctx, c->id, &c->remote, &c->local);
    }
    if (write_some(c))
        end_flush(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_tcp_conn *c = ctx;
    (void)fd;
    (void)what;
    yc_tcp_finish(c, c->state == YC_TCP_OPEN ? YC_TCP_BY_US : YC_TCP_TIMEOUT);
}

static void attach(struct yc_tcp_conn *c, int fd)
{
    struct event_base *base = yc_loop_base(c->tcp->loop);
    c->fd = fd;
    /* event_assign() fails only on a contradiction in its arguments. */
    (void)event_assign(&c->readable, base, fd, EV_READ | EV_PERSIST, on_readable, c);
    (void)event_assign(&c->writable, base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    (void)event_assign(&c->deadline, base, -1, 0, on_deadline, c);
    c->has_events = true;
}

static void start_connect(struct yc_tcp_conn *c)
{
    struct sockaddr_storage sa;
    socklen_t n = yc_socket_address(&sa, &c->remote);
    int fd = yc_socket_new(&c->remote);
    if (fd < 0) {
        yc_tcp_finish(c, yc_socket_reason(errno));
        return;
    }
    attach(c, fd);
    c->state = YC_TCP_CONNECTING;
    if (connect(fd, (struct sockaddr *)&sa, n) != 0 && errno != EINPROGRESS && errno != EINTR) {
        yc_tcp_finish(c, yc_socket_reason(errno));
        return;
    }
    yc_tcp_arm(&c->writable, -1);
    yc_tcp_arm(&c->deadline, c->tcp->limits.connect_timeout_ms);
}

static void on_accepted(void *ctx, int fd, const struct yc_netaddr *remote)
{
    struct yc_tcp *t = ctx;
    struct yc_tcp_conn *c = NULL;
    yc_mutex_lock(&t->lock);
    if (t->totals.connections < t->limits.connections_max)
        c = yc_tcp_conn_new(t, remote);
    yc_mutex_unlock(&t->lock);
    if (!c) {
        close(fd);
        return;
    }
    attach(c, fd);
    yc_tcp_set_open(c);
    t->events.accepted(t->events.ctx, c->id, &c->remote, &c->local);
}

/* Carry out what commands have asked of one connection. */
static void apply(struct yc_tcp_conn *c)
{
    struct yc_tcp *t = c->tcp;
    yc_mutex_lock(&t->lock);
    bool closing = c->closing, flush = c->queued_bytes > 0 && !c->close_now, overflow = c->overflow;
    yc_mutex_unlock(&t->lock);
    if (overflow) {
        yc_tcp_finish(c, YC_TCP_SEND_OVERFLOW);
        return;
    }
    if (closing && (!flush || c->state != YC_TCP_OPEN)) {
        yc_tcp_finish(c, YC_TCP_BY_US);
        return;
    }
    if (c->state == YC_TCP_NEW)
        start_connect(c);
    else if (c->state == YC_TCP_OPEN) {
        if (closing && !c->flushing) {
            c->flushing = true;
            event_del(&c->readable);
            yc_tcp_arm(&c->deadline, t->limits.flush_timeout_ms);
        }
        if (!closing && read_room(c) > 0)
            yc_tcp_arm(&c->readable, -1);
        if (!event_pending(&c->writable, EV_WRITE, NULL) && write_some(c))
            end_flush(c);
    }
}

static void resume_all(struct yc_tcp *t)
{
    const void *key;
    void *value;
    size_t at = 0;
    yc_mutex_lock(&t->lock);
    t->resume_all = false;
    while (yc_map_next(&t->conns, &at, &key, &value)) {
        struct yc_tcp_conn *c;
        memcpy(&c, value, sizeof c);
        if (c->state == YC_TCP_OPEN)
            yc_tcp_changed(c);
    }
    yc_mutex_unlock(&t->lock);
}

static void apply_listeners(struct yc_tcp *t)
{
    yc_mutex_lock(&t->lock);
    bool stop = t->stop_listening;
    struct yc_tcp_new_listener *fresh = t->new_listeners;
    t->stop_listening = false;
    t->new_listeners = NULL;
    yc_mutex_unlock(&t->lock);
    while (stop && t->listeners) {
        struct yc_listener *next = *yc_listener_next(t->listeners);
        yc_listener_free(t->listeners);
        t->listeners = next;
    }
    while (fresh) {
        struct yc_tcp_new_listener *n = fresh;
        struct yc_listener *listener;
        struct yc_error err;
        fresh = n->next;
        if (yc_listener_new(&listener, t->loop, t->alloc, n->fd, t->log, on_accepted, t, &err) == YC_VALID) {
            *yc_listener_next(listener) = t->listeners;
            t->listeners = listener;
        } else {
            yc_log_error(t->log, "a listening socket was closed: %s", err.text);
        }
        yc_alloc_free(t->alloc, n, sizeof *n);
    }
}

/* The next changed connection, out of the list; NULL at its end. */
static struct yc_tcp_conn *next_changed(struct yc_tcp *t)
{
    yc_mutex_lock(&t->lock);
    struct yc_tcp_conn *c = t->changed;
    if (c) {
        t->changed = c->changed_next;
        if (t->changed)
            t->changed->changed_at = &t->changed;
        c->changed = false;
    }
    yc_mutex_unlock(&t->lock);
    return c;
}

void yc_tcp_on_wake(void *ctx)
{
    struct yc_tcp *t = ctx;
    struct yc_tcp_conn *c;
    yc_mutex_lock(&t->lock);
    t->woken = false;
    bool resume = t->resume_all;
    size_t budget = t->totals.connections;
    yc_mutex_unlock(&t->lock);
    apply_listeners(t);
    if (resume)
        resume_all(t);
    while (budget-- > 0 && (c = next_changed(t)) != NULL)
        apply(c);
    /* Other threads may ask for more than one turn should do: sockets are served in between. */
    yc_mutex_lock(&t->lock);
    if (t->changed)
        yc_tcp_wake(t);
    yc_mutex_unlock(&t->lock);
}
