#include "net/transport/tcp.h"

#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "net/transport/socket.h"
#include "net/transport/tcp_conn.h"

struct yc_tcp_limits yc_tcp_limits_default(void)
{
    return (struct yc_tcp_limits){.connections_max = 1024,
                                  .receive_conn_bytes = (size_t)128 << 10,
                                  .receive_total_bytes = (size_t)8 << 20,
                                  .send_low_bytes = (size_t)64 << 10,
                                  .send_high_bytes = (size_t)1 << 20,
                                  .send_max_bytes = (size_t)32 << 20,
                                  .connect_timeout_ms = 5000,
                                  .flush_timeout_ms = 10000};
}

enum yc_verdict yc_tcp_new(struct yc_tcp **out, struct yc_loop *l, const struct yc_alloc *alloc,
                           const struct yc_tcp_events *events, const struct yc_tcp_limits *limits,
                           const struct yc_log *log, struct yc_error *err)
{
    /* Connection numbers are ours, not a peer's choice, so the table needs no secret seed. */
    const struct yc_siphash_key seed = {0};
    *out = NULL;
    struct yc_tcp *t = yc_alloc_new(alloc, sizeof *t);
    uint8_t *read_buf = yc_alloc_new(alloc, YC_TCP_READ_BYTES);
    if (!t || !read_buf) {
        yc_alloc_free(alloc, t, sizeof *t);
        yc_alloc_free(alloc, read_buf, YC_TCP_READ_BYTES);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the network's connections");
    }
    *t = (struct yc_tcp){.alloc = alloc, .loop = l, .events = *events, .limits = *limits, .log = log};
    t->read_buf = read_buf;
    t->wake_task = (struct yc_loop_task){.run = yc_tcp_on_wake, .ctx = t};
    yc_map_init(&t->conns, alloc, sizeof(uint64_t), sizeof(struct yc_tcp_conn *), seed);
    yc_mutex_init(&t->lock);
    *out = t;
    return YC_VALID;
}

static void drop_new_listeners(struct yc_tcp *t, struct yc_tcp_new_listener *n)
{
    while (n) {
        struct yc_tcp_new_listener *next = n->next;
        close(n->fd);
        yc_alloc_free(t->alloc, n, sizeof *n);
        n = next;
    }
}

void yc_tcp_free(struct yc_tcp *t)
{
    const void *key;
    void *value;
    size_t at = 0;
    if (!t)
        return;
    yc_loop_withdraw(t->loop, &t->wake_task);
    while (t->listeners) {
        struct yc_listener *next = *yc_listener_next(t->listeners);
        yc_listener_free(t->listeners);
        t->listeners = next;
    }
    drop_new_listeners(t, t->new_listeners);
    while (yc_map_next(&t->conns, &at, &key, &value)) {
        struct yc_tcp_conn *c;
        memcpy(&c, value, sizeof c);
        yc_tcp_conn_detach(c);
        yc_tcp_conn_free(c);
        at = 0; /* the table has changed */
    }
    yc_map_release(&t->conns);
    yc_mutex_release(&t->lock);
    yc_alloc_free(t->alloc, t->read_buf, YC_TCP_READ_BYTES);
    yc_alloc_free(t->alloc, t, sizeof *t);
}

struct yc_tcp_conn *yc_tcp_find(struct yc_tcp *t, uint64_t id)
{
    struct yc_tcp_conn *c = NULL;
    const void *value = yc_map_get(&t->conns, &id);
    if (value)
        memcpy(&c, value, sizeof c);
    return c;
}

struct yc_tcp_conn *yc_tcp_conn_new(struct yc_tcp *t, const struct yc_netaddr *remote)
{
    uint64_t id = t->last_id + 1;
    struct yc_tcp_conn *c = yc_alloc_new(t->alloc, sizeof *c);
    void *value = c ? yc_map_put(&t->conns, &id, NULL) : NULL;
    if (!value) {
        yc_alloc_free(t->alloc, c, sizeof *c);
        return NULL;
    }
    memcpy(value, &c, sizeof c);
    t->last_id = id;
    t->totals.connections++;
    *c = (struct yc_tcp_conn){.tcp = t, .id = id, .remote = *remote, .fd = -1, .state = YC_TCP_NEW};
    c->last = &c->first;
    return c;
}

static void drop_queue(struct yc_tcp_conn *c)
{
    while (c->first) {
        struct yc_tcp_chunk *chunk = c->first;
        c->first = chunk->next;
        yc_alloc_free(c->tcp->alloc, chunk->p, chunk->n);
        yc_alloc_free(c->tcp->alloc, chunk, sizeof *chunk);
    }
}

void yc_tcp_conn_free(struct yc_tcp_conn *c)
{
    struct yc_tcp *t = c->tcp;
    drop_queue(c);
    yc_alloc_free(t->alloc, c->socks, sizeof *c->socks);
    if (c->changed) {
        *c->changed_at = c->changed_next;
        if (c->changed_next)
            c->changed_next->changed_at = c->changed_at;
    }
    bool removed = yc_map_remove(&t->conns, &c->id);
    YC_ASSERT(removed);
    t->totals.connections--;
    yc_alloc_free(t->alloc, c, sizeof *c);
}

void yc_tcp_wake(struct yc_tcp *t)
{
    if (!t->woken) {
        t->woken = true;
        yc_loop_post(t->loop, &t->wake_task);
    }
}

void yc_tcp_changed(struct yc_tcp_conn *c)
{
    struct yc_tcp *t = c->tcp;
    if (!c->changed) {
        c->changed = true;
        c->changed_next = t->changed;
        c->changed_at = &t->changed;
        if (t->changed)
            t->changed->changed_at = &c->changed_next;
        t->changed = c;
    }
    yc_tcp_wake(t);
}

enum yc_verdict yc_tcp_listen(struct yc_tcp *t, const struct yc_netaddr *addr, struct yc_netaddr *bound,
                              struct yc_error *err)
{
    struct yc_tcp_new_listener *n = yc_alloc_new(t->alloc, sizeof *n);
    if (!n)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to listen");
    enum yc_verdict v = yc_socket_listen(&n->fd, addr, bound, err);
    if (v != YC_VALID) {
        yc_alloc_free(t->alloc, n, sizeof *n);
        return v;
    }
    yc_mutex_lock(&t->lock);
    n->next = t->new_listeners;
    t->new_listeners = n;
    yc_tcp_wake(t);
    yc_mutex_unlock(&t->lock);
    return YC_VALID;
}

void yc_tcp_stop_listening(struct yc_tcp *t)
{
    yc_mutex_lock(&t->lock);
    struct yc_tcp_new_listener *unused = t->new_listeners;
    t->new_listeners = NULL;
    t->stop_listening = true;
    yc_tcp_wake(t);
    yc_mutex_unlock(&t->lock);
    drop_new_listeners(t, unused);
}

static enum yc_verdict connect_to(struct yc_tcp *t, uint64_t *conn, const struct yc_netaddr *addr,
                                  struct yc_socks *socks_take, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    struct yc_tcp_conn *c = NULL;
    *conn = 0;
    yc_mutex_lock(&t->lock);
    if (t->totals.connections >= t->limits.connections_max) {
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_FULL, "%zu connections are open, which is the most allowed",
                    t->totals.connections);
    } else {
        c = yc_tcp_conn_new(t, addr);
        if (c) {
            c->socks = socks_take;
            *conn = c->id;
            yc_tcp_changed(c);
        } else {
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for one more connection");
        }
    }
    yc_mutex_unlock(&t->lock);
    if (!c)
        yc_alloc_free(t->alloc, socks_take, sizeof *socks_take);
    return v;
}

enum yc_verdict yc_tcp_connect(struct yc_tcp *t, uint64_t *conn, const struct yc_netaddr *addr, struct yc_error *err)
{
    return connect_to(t, conn, addr, NULL, err);
}

enum yc_verdict yc_tcp_connect_by(struct yc_tcp *t, uint64_t *conn, const struct yc_netaddr *proxy,
                                  const struct yc_socks_target *target, struct yc_error *err)
{
    struct yc_socks *socks = yc_alloc_new(t->alloc, sizeof *socks);
    *conn = 0;
    if (!socks)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for one more connection");
    yc_socks_begin(socks, target);
    return connect_to(t, conn, proxy, socks, err);
}

enum yc_verdict yc_tcp_send_take(struct yc_tcp *t, uint64_t conn, uint8_t *p, size_t n, size_t *queued)
{
    struct yc_tcp_chunk *chunk = yc_alloc_new(t->alloc, sizeof *chunk);
    bool kept = false;
    size_t now = 0;
    if (chunk)
        *chunk = (struct yc_tcp_chunk){.p = p, .n = n};
    yc_mutex_lock(&t->lock);
    struct yc_tcp_conn *c = yc_tcp_find(t, conn);
    if (c && !c->closing && !c->overflow && chunk && n > 0) {
        if (n > t->limits.send_max_bytes - c->queued_bytes) {
            c->overflow = true;
        } else {
            *c->last = chunk;
            c->last = &chunk->next;
            c->queued_bytes += n;
            c->above_high = c->above_high || c->queued_bytes >= t->limits.send_high_bytes;
            kept = true;
        }
        yc_tcp_changed(c);
    }
    if (c && !c->closing && !c->overflow)
        now = c->queued_bytes;
    yc_mutex_unlock(&t->lock);
    enum yc_verdict v = chunk ? YC_VALID : YC_SYSTEM;
    if (!kept) {
        yc_alloc_free(t->alloc, p, n);
        yc_alloc_free(t->alloc, chunk, sizeof *chunk);
    }
    if (queued)
        *queued = now;
    return v;
}

enum yc_verdict yc_tcp_send(struct yc_tcp *t, uint64_t conn, struct yc_view bytes, size_t *queued)
{
    if (queued)
        *queued = 0;
    if (bytes.n == 0)
        return YC_VALID;
    uint8_t *p = yc_alloc_new(t->alloc, bytes.n);
    if (!p)
        return YC_SYSTEM;
    memcpy(p, bytes.p, bytes.n);
    return yc_tcp_send_take(t, conn, p, bytes.n, queued);
}

void yc_tcp_close(struct yc_tcp *t, uint64_t conn, enum yc_tcp_close_how how)
{
    yc_mutex_lock(&t->lock);
    struct yc_tcp_conn *c = yc_tcp_find(t, conn);
    if (c) {
        c->closing = true;
        c->close_now = c->close_now || how == YC_TCP_CLOSE_NOW;
        yc_tcp_changed(c);
    }
    yc_mutex_unlock(&t->lock);
}

void yc_tcp_pause(struct yc_tcp *t, uint64_t conn, bool paused)
{
    yc_mutex_lock(&t->lock);
    struct yc_tcp_conn *c = yc_tcp_find(t, conn);
    if (c && c->paused != paused) {
        c->paused = paused;
        yc_tcp_changed(c);
    }
    yc_mutex_unlock(&t->lock);
}

void yc_tcp_consumed(struct yc_tcp *t, uint64_t conn, size_t n)
{
    yc_mutex_lock(&t->lock);
    YC_ASSERT(n <= t->totals.held_bytes);
    t->totals.held_bytes -= n;
    /* Reading goes on well below the bounds, not at each byte that makes room. */
    if (t->total_full && t->totals.held_bytes <= t->limits.receive_total_bytes / 4 * 3) {
        t->total_full = false;
        t->resume_all = true;
        yc_tcp_wake(t);
    }
    struct yc_tcp_conn *c = yc_tcp_find(t, conn);
    if (c) {
        size_t before = c->held_bytes, resume_at = t->limits.receive_conn_bytes / 2;
        YC_ASSERT(n <= before);
        c->held_bytes -= n;
        if (before > resume_at && c->held_bytes <= resume_at)
            yc_tcp_changed(c);
    }
    yc_mutex_unlock(&t->lock);
}

size_t yc_tcp_queued_bytes(struct yc_tcp *t, uint64_t conn)
{
    yc_mutex_lock(&t->lock);
    const struct yc_tcp_conn *c = yc_tcp_find(t, conn);
    size_t n = c ? c->queued_bytes : 0;
    yc_mutex_unlock(&t->lock);
    return n;
}

struct yc_tcp_totals yc_tcp_get_totals(struct yc_tcp *t)
{
    yc_mutex_lock(&t->lock);
    struct yc_tcp_totals totals = t->totals;
    yc_mutex_unlock(&t->lock);
    return totals;
}
