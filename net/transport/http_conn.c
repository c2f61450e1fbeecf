#include "net/transport/http_conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "net/transport/socket.h"

#define HEAD_BYTES_MAX 8192 /* of an answer */

static bool read_bytes(struct yc_http_conn *c, struct yc_view in);

static void set_deadline(struct yc_http_conn *c, int64_t delay_ms)
{
    struct timeval tv = {.tv_sec = (time_t)(delay_ms / 1000), .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000)};
    /* No memory for a deadline: then it is now. */
    if (evtimer_add(&c->deadline, &tv) != 0)
        event_active(&c->deadline, EV_TIMEOUT, 0);
}

static void drop_out(struct yc_http_conn *c)
{
    yc_buf_clear(&c->out.head);
    yc_alloc_free(c->server->alloc, c->out.body, c->out.body_n);
    c->out.body = NULL;
    c->out.body_n = c->out.sent = 0;
    c->out.without_body = false;
}

void yc_http_conn_close(struct yc_http_conn *c)
{
    struct yc_http_server *s = c->server;
    struct yc_http_request *r = c->request;
    event_del(&c->readable);
    event_del(&c->writable);
    event_del(&c->deadline);
    close(c->fd);
    *(c->prev ? &c->prev->next : &s->conns) = c->next;
    *(c->next ? &c->next->prev : &s->newest) = c->prev;
    s->stats.connections--;
    s->unadmitted -= !c->admitted;
    drop_out(c);
    yc_buf_release(&c->out.head);
    yc_buf_release(&c->early);
    yc_http_parser_release(&c->parser);
    yc_alloc_free(s->alloc, c, sizeof *c);
    if (r) {
        r->conn = NULL;
        yc_http_request_abandon(r);
    }
    if (s->shutting_down && !s->conns && s->shutdown_timer)
        yc_loop_timer_set(s->shutdown_timer, 0);
}

/* --- answers --- */

/* The answer is out: wait for the next request, or see the client off. False when the connection is gone. */
static bool finish_answer(struct yc_http_conn *c)
{
    drop_out(c);
    event_del(&c->writable);
    if (c->peer_closed) {
        yc_http_conn_close(c);
        return false;
    }
    if (!c->keep_alive || c->server->shutting_down) {
        c->phase = YC_HTTP_P_LINGER;
        if (shutdown(c->fd, SHUT_WR) != 0) {
            yc_http_conn_close(c);
            return false;
        }
        event_add(&c->readable, NULL);
        set_deadline(c, YC_HTTP_LINGER_MS);
        return true;
    }
    c->phase = YC_HTTP_P_READING;
    c->in_request = false;
    set_deadline(c, c->server->config.idle_timeout_ms);
    struct yc_buf early = c->early;
    yc_buf_init(&c->early, c->server->alloc, YC_HTTP_PIPELINE_BYTES + YC_HTTP_READ_BYTES);
    event_add(&c->readable, NULL);
    bool alive = early.n == 0 || read_bytes(c, yc_buf_view(&early));
    yc_buf_release(&early);
    return alive;
}

/* Write what the socket takes. False when the connection is gone. */
static bool write_answer(struct yc_http_conn *c)
{
    struct yc_http_out *o = &c->out;
    size_t body_n = o->without_body ? 0 : o->body_n, total = o->head.n + body_n;
    struct iovec iov[2];
    size_t count = 0;
    if (o->sent < o->head.n)
        iov[count++] = (struct iovec){o->head.p + o->sent, o->head.n - o->sent};
    size_t body_sent = o->sent > o->head.n ? o->sent - o->head.n : 0;
    if (body_sent < body_n)
        iov[count++] = (struct iovec){o->body + body_sent, body_n - body_sent};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = count};
    ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    if (n < 0 && !yc_socket_would_block(errno)) {
        yc_http_conn_close(c);
        return false;
    }
    if (n > 0) {
        o->sent += (size_t)n;
        set_deadline(c, c->server->config.write_timeout_ms);
    }
    if (o->sent == total)
        return finish_answer(c);
    event_add(&c->writable, NULL);
    return true;
}

/* The head of an answer; false when it does not fit or there is no memory. There is no Date header: the server is
 * given no clock (RFC 9110, 6.6.1). */
static bool write_head(struct yc_http_conn *c, const struct yc_http_response *a)
{
    struct yc_buf *head = &c->out.head;
    char line[256];
    snprintf(line, sizeof line, "HTTP/1.1 %u %s\r\n", a->status, yc_http_status_text(a->status));
    yc_buf_append_text(head, line);
    if (a->content_type) {
        yc_buf_append_text(head, "Content-Type: ");
        yc_buf_append_text(head, a->content_type);
        yc_buf_append_text(head, "\r\n");
    }
    if (a->status != 204) {
        snprintf(line, sizeof line, "Content-Length: %zu\r\n", a->body_n);
        yc_buf_append_text(head, line);
    }
    if (!c->keep_alive)
        yc_buf_append_text(head, "Connection: close\r\n");
    else if (c->minor == 0)
        yc_buf_append_text(head, "Connection: keep-alive\r\n");
    if (a->extra_headers)
        yc_buf_append_text(head, a->extra_headers);
    yc_buf_append_text(head, "\r\n");
    return !head->failed;
}

/* Begin to send. The body is taken. False when the connection is gone. */
static bool start_answer(struct yc_http_conn *c, const struct yc_http_response *a)
{
    c->phase = YC_HTTP_P_WRITING;
    c->keep_alive = c->keep_alive && !a->close && !c->server->shutting_down;
    c->out.body = a->body;
    c->out.body_n = a->body_n;
    c->out.without_body = c->out.without_body || a->status == 204;
    set_deadline(c, c->server->config.write_timeout_ms);
    if (!write_head(c, a)) {
        yc_http_conn_close(c);
        return false;
    }
    return write_answer(c);
}

void yc_http_conn_answer(struct yc_http_conn *c, const struct yc_http_response *response)
{
    c->request = NULL;
    (void)start_answer(c, response);
}

/* Answer with an error and close. With a delay the answer is made now and sent later. */
static bool refuse(struct yc_http_conn *c, const struct yc_http_refusal *refusal)
{
    const struct yc_alloc *alloc = c->server->alloc;
    struct yc_http_response a = {.status = refusal->status, .extra_headers = refusal->extra_headers, .close = true};
    size_t n = refusal->text ? strlen(refusal->text) : 0;
    c->server->stats.refused++;
    c->keep_alive = false;
    if (n > 0 && (a.body = yc_alloc_new(alloc, n + 1)) != NULL) {
        memcpy(a.body, refusal->text, n);
        a.body[n] = '\n';
        a.body_n = n + 1;
        a.content_type = "text/plain; charset=utf-8";
    }
    if (refusal->delay_ms <= 0)
        return start_answer(c, &a);
    c->phase = YC_HTTP_P_DELAYED;
    c->out.body = a.body;
    c->out.body_n = a.body_n;
    set_deadline(c, refusal->delay_ms);
    if (!write_head(c, &a)) {
        yc_http_conn_close(c);
        return false;
    }
    return true;
}

static bool refuse_with(struct yc_http_conn *c, unsigned status, const char *text)
{
    return refuse(c, &(struct yc_http_refusal){.status = status, .text = text});
}

/* --- requests --- */

/* The head is complete: may this request go on? False when it was refused. */
static bool check_head(struct yc_http_conn *c, bool *alive)
{
    struct yc_http_server *s = c->server;
    const struct yc_http_message *m = &c->parser.message;
    struct yc_netaddr local = yc_socket_local(c->fd);
    struct yc_http_refusal refusal = {.status = 403};
    const char *why = NULL;
    c->minor = m->minor;
    c->keep_alive = m->keep_alive;
    c->out.without_body = yc_view_equal(m->method, yc_view_text("HEAD"));
    if (s->hooks.allow ? !s->hooks.allow(s->hooks.ctx, &c->remote) : !yc_netaddr_is_loopback(&c->remote))
        why = "Requests from this address are not allowed.";
    else
        why = yc_http_check_origin(s, m, &local);
    if (why)
        *alive = refuse_with(c, 403, why);
    else if (s->hooks.admit && !s->hooks.admit(s->hooks.ctx, m, &c->remote, &refusal))
        *alive = refuse(c, &refusal);
    else {
        if (!c->admitted) {
            c->admitted = true;
            s->unadmitted--;
        }
        return true;
    }
    return false;
}

/* The socket's buffer is empty here, since the answer before has been sent; should the few bytes not fit all the same,
 * the client sends its body after a while without them (RFC 9110, 10.1.1). */
static void send_continue(struct yc_http_conn *c)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    (void)!send(c->fd, text, sizeof text - 1, MSG_NOSIGNAL);
}

/* Feed the parser until it needs more or a request goes to the handler. False when the connection is gone. */
static bool read_bytes(struct yc_http_conn *c, struct yc_view in)
{
    bool alive = true;
    for (;;) {
        size_t used;
        if (!c->in_request && in.n > 0) {
            c->in_request = true;
            set_deadline(c, c->server->config.request_timeout_ms);
        }
        enum yc_http_step step = yc_http_parser_feed(&c->parser, in, &used);
        in = in.n > used ? yc_view_slice(in, used, in.n - used) : YC_VIEW_EMPTY;
        switch (step) {
        case YC_HTTP_MORE:
            return true;
        case YC_HTTP_BAD:
            return refuse_with(c, c->parser.error_status, c->parser.error_text);
        case YC_HTTP_HEAD:
            if (!check_head(c, &alive))
                return alive;
            if (c->parser.message.expect_continue && c->parser.message.has_body && in.n == 0)
                send_continue(c);
            continue;
        case YC_HTTP_DONE:
            yc_buf_append(&c->early, in.p, in.n);
            event_del(&c->deadline);
            if (c->early.failed || !yc_http_request_hand_over(c)) {
                yc_http_conn_close(c);
                return false;
            }
            return true;
        }
    }
}

/* --- events --- */

static void on_end_of_input(struct yc_http_conn *c)
{
    c->peer_closed = true;
    event_del(&c->readable);
    /* A client may close its side and still read the answer, so one that is due is sent. */
    if (c->phase == YC_HTTP_P_WAITING)
        yc_http_request_abandon(c->request);
    else if (c->phase != YC_HTTP_P_WRITING && c->phase != YC_HTTP_P_DELAYED)
        yc_http_conn_close(c);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_http_conn *c = ctx;
    struct yc_http_server *s = c->server;
    (void)what;
    ssize_t n = recv(fd, s->read_buf, YC_HTTP_READ_BYTES, 0);
    if (n < 0 && yc_socket_would_block(errno))
        return;
    if (n < 0) {
        yc_http_conn_close(c);
        return;
    }
    if (n == 0) {
        on_end_of_input(c);
        return;
    }
    if (c->phase == YC_HTTP_P_READING) {
        (void)read_bytes(c, yc_view(s->read_buf, (size_t)n));
    } else if (c->phase == YC_HTTP_P_WAITING || (c->phase == YC_HTTP_P_WRITING && c->keep_alive)) {
        yc_buf_append(&c->early, s->read_buf, (size_t)n);
        if (c->early.failed)
            yc_http_conn_close(c);
        else if (c->early.n >= YC_HTTP_PIPELINE_BYTES)
            event_del(&c->readable);
    }
    yc_wipe(s->read_buf, (size_t)n); /* the server's: c may be gone */
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_http_conn *c = ctx;
    (void)fd;
    (void)what;
    if (c->phase == YC_HTTP_P_WRITING)
        (void)write_answer(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_http_conn *c = ctx;
    (void)fd;
    (void)what;
    if (c->phase == YC_HTTP_P_DELAYED) {
        c->phase = YC_HTTP_P_WRITING;
        set_deadline(c, c->server->config.write_timeout_ms);
        (void)write_answer(c);
        return;
    }
    if (c->in_request && c->phase != YC_HTTP_P_LINGER)
        c->server->stats.timeouts++;
    yc_http_conn_close(c);
}

void yc_http_conn_open(struct yc_http_server *s, int fd, const struct yc_netaddr *remote)
{
    struct event_base *base = yc_loop_base(s->loop);
    struct yc_http_conn *c = yc_alloc_new(s->alloc, sizeof *c);
    if (!c) {
        close(fd);
        return;
    }
    *c = (struct yc_http_conn){.server = s, .prev = s->newest, .fd = fd, .remote = *remote};
    yc_http_parser_init(&c->parser, YC_HTTP_REQUEST, s->alloc, &s->config.limits);
    yc_buf_init(&c->early, s->alloc, YC_HTTP_PIPELINE_BYTES + YC_HTTP_READ_BYTES);
    yc_buf_init(&c->out.head, s->alloc, HEAD_BYTES_MAX);
    *(s->newest ? &s->newest->next : &s->conns) = c;
    s->newest = c;
    s->stats.connections++;
    s->unadmitted++;
    /* event_assign() fails only on a contradiction in its arguments. */
    (void)event_assign(&c->readable, base, fd, EV_READ | EV_PERSIST, on_readable, c);
    (void)event_assign(&c->writable, base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    (void)evtimer_assign(&c->deadline, base, on_deadline, c);
    if (event_add(&c->readable, NULL) != 0) {
        yc_http_conn_close(c);
        return;
    }
    set_deadline(c, s->config.idle_timeout_ms);
}
