#include "net/transport/http_client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "net/transport/http_parse.h"
#include "net/transport/resolve.h"
#include "net/transport/socket.h"
#include "sys/clock.h"

#define CONNECT_TIMEOUT_MS 5000
#define BODY_BYTES_MAX     ((size_t)256 << 20)
#define PROGRAM_BYTES_MAX  64
#define PATH_BYTES_MAX     4096
#define HEAD_BYTES_MAX     16384
#define READ_BYTES         65536

struct yc_http_client {
    const struct yc_alloc *alloc;
    struct yc_clock_real clock;
    struct yc_http_client_config config; /* its texts are the arrays below */
    char host[YC_HOST_TEXT_MAX];
    char program[PROGRAM_BYTES_MAX];
    char auth[(YC_HTTP_BASIC_MAX + 2) / 3 * 4 + 1]; /* base64; empty: none */
    int fd;                                         /* -1: not connected */
    int cancel_fd;                                  /* an eventfd: readable once cancelled */
    bool reused;                                    /* fd has served a request before */
    bool cancelled;                                 /* the last failure was a cancellation */
    int64_t deadline_us;                            /* of the call in progress; 0: none */
    struct yc_http_parser parser;
    struct yc_buf head;
    uint8_t *read_buf; /* READ_BYTES */
};

/* How a step of an exchange ended. */
enum outcome { DONE, LOST, TIMED_OUT, CANCELLED };

/* --- life --- */

enum yc_verdict yc_http_client_set_auth(struct yc_http_client *c, const char *basic_auth, struct yc_error *err)
{
    yc_wipe(c->auth, sizeof c->auth);
    if (!basic_auth)
        return YC_VALID;
    struct yc_view text = yc_view_text(basic_auth);
    if (text.n > YC_HTTP_BASIC_MAX || !strchr(basic_auth, ':') || strpbrk(basic_auth, "\r\n"))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "RPC credentials are user:password on one line, %d bytes at most; check the cookie file or "
                       "-rpcuser and -rpcpassword",
                       YC_HTTP_BASIC_MAX);
    yc_base64_encode(c->auth, text);
    return YC_VALID;
}

static enum yc_verdict take_config(struct yc_http_client *c, const struct yc_http_client_config *config,
                                   struct yc_error *err)
{
    const char *program = config->program ? config->program : "ycoind";
    c->config = *config;
    if (!config->host || config->host[0] == 0 || strlen(config->host) >= sizeof c->host || config->port == 0 ||
        strpbrk(config->host, " \t\r\n/"))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "'%.100s' port %u is not a place to connect to: give -rpcconnect=HOST",
                       config->host ? config->host : "", config->port);
    snprintf(c->host, sizeof c->host, "%s", config->host);
    snprintf(c->program, sizeof c->program, "%s", program);
    if (c->config.connect_timeout_ms <= 0)
        c->config.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (c->config.body_bytes_max == 0)
        c->config.body_bytes_max = BODY_BYTES_MAX;
    c->config.host = c->host;
    c->config.program = c->program;
    c->config.basic_auth = NULL;
    return yc_http_client_set_auth(c, config->basic_auth, err);
}

enum yc_verdict yc_http_client_new(struct yc_http_client **out, const struct yc_alloc *alloc,
                                   const struct yc_http_client_config *config, struct yc_error *err)
{
    *out = NULL;
    struct yc_http_client *c = yc_alloc_new(alloc, sizeof *c);
    if (!c)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the HTTP client");
    memset(c, 0, sizeof *c);
    c->alloc = alloc;
    c->fd = -1;
    yc_clock_real_init(&c->clock);
    yc_buf_init(&c->head, alloc, HEAD_BYTES_MAX);
    c->cancel_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    c->read_buf = yc_alloc_new(alloc, READ_BYTES);
    enum yc_verdict v = take_config(c, config, err);
    struct yc_http_limits limits = yc_http_limits_default();
    limits.body_bytes = c->config.body_bytes_max;
    yc_http_parser_init(&c->parser, YC_HTTP_RESPONSE, alloc, &limits);
    if (v == YC_VALID && c->cancel_fd < 0)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the HTTP client cannot open a file: %s", strerror(errno));
    if (v == YC_VALID && !c->read_buf)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the HTTP client");
    if (v == YC_VALID)
        *out = c;
    else
        yc_http_client_free(c);
    return v;
}

static void disconnect(struct yc_http_client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->reused = false;
}

void yc_http_client_free(struct yc_http_client *c)
{
    if (!c)
        return;
    disconnect(c);
    if (c->cancel_fd >= 0)
        close(c->cancel_fd);
    yc_http_parser_release(&c->parser);
    if (c->head.p)
        yc_wipe(c->head.p, c->head.cap);
    yc_buf_release(&c->head);
    yc_alloc_free(c->alloc, c->read_buf, READ_BYTES);
    yc_wipe(c->auth, sizeof c->auth);
    yc_alloc_free(c->alloc, c, sizeof *c);
}

void yc_http_client_cancel(struct yc_http_client *c)
{
    uint64_t one = 1;
    /* EAGAIN means that it is readable already. */
    (void)!write(c->cancel_fd, &one, sizeof one);
}

void yc_http_client_uncancel(struct yc_http_client *c)
{
    uint64_t count;
    (void)!read(c->cancel_fd, &count, sizeof count);
    c->cancelled = false;
}

bool yc_http_client_was_cancelled(const struct yc_http_client *c)
{
    return c->cancelled;
}

/* --- waiting --- */

static int64_t now_us(const struct yc_http_client *c)
{
    return yc_mono_us(&c->clock.clock);
}

/* Wait until the socket is ready for `events` (what is ready goes to *ready), the deadline, or a cancellation. */
static enum outcome wait_ready(struct yc_http_client *c, int fd, short events, int64_t deadline_us, short *ready)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = c->cancel_fd, .events = POLLIN}};
        int timeout_ms = -1;
        if (deadline_us > 0) {
            int64_t left_ms = (deadline_us - now_us(c) + 999) / 1000;
            if (left_ms <= 0)
                return TIMED_OUT;
            timeout_ms = left_ms > INT_MAX ? INT_MAX : (int)left_ms;
        }
        int n = poll(fds, 2, timeout_ms);
        if (n < 0 && errno != EINTR)
            return LOST;
        if (n > 0 && fds[1].revents)
            return CANCELLED;
        if (n > 0 && fds[0].revents) {
            *ready = fds[0].revents;
            return DONE;
        }
    }
}

/* --- connecting --- */

static int64_t earlier(int64_t a_us, int64_t b_us)
{
    return a_us == 0 || b_us < a_us ? b_us : a_us;
}

/* One attempt; on success c->fd is connected. *error is an errno value for LOST. */
static enum outcome connect_to(struct yc_http_client *c, const struct yc_netaddr *a, int64_t deadline_us, int *error)
{
    struct sockaddr_storage sa;
    socklen_t n = yc_socket_address(&sa, a), error_n = sizeof *error;
    short ready;
    int fd = yc_socket_new(a);
    if (fd < 0) {
        *error = errno;
        return LOST;
    }
    enum outcome o = DONE;
    *error = connect(fd, (struct sockaddr *)&sa, n) == 0 ? 0 : errno;
    if (*error == EINPROGRESS || *error == EINTR) {
        o = wait_ready(c, fd, POLLOUT, deadline_us, &ready);
        if (o == DONE && getsockopt(fd, SOL_SOCKET, SO_ERROR, error, &error_n) != 0)
            *error = errno;
    }
    if (o == DONE && *error != 0)
        o = LOST;
    if (o == DONE)
        c->fd = fd;
    else
        close(fd);
    return o;
}

static enum yc_verdict cancelled(struct yc_http_client *c, struct yc_error *err)
{
    c->cancelled = true;
    disconnect(c);
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "the request to %s:%u was cancelled", c->host, c->config.port);
}

static enum yc_verdict connect_any(struct yc_http_client *c, struct yc_error *err)
{
    struct yc_netaddr list[YC_RESOLVE_MAX];
    size_t count;
    int error = 0;
    enum outcome o = LOST;
    enum yc_verdict v = yc_resolve(list, &count, YC_RESOLVE_MAX, yc_view_text(c->host), c->config.port, err);
    if (v != YC_VALID)
        return v;
    int64_t deadline_us = earlier(c->deadline_us, now_us(c) + c->config.connect_timeout_ms * 1000);
    for (size_t i = 0; i < count && o == LOST; i++)
        o = connect_to(c, &list[i], deadline_us, &error);
    if (o == DONE)
        return YC_VALID;
    if (o == CANCELLED)
        return cancelled(c, err);
    const char *why = o == TIMED_OUT          ? "no answer in time"
                      : error == ECONNREFUSED ? "connection refused"
                                              : strerror(error);
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE,
                   strchr(c->host, ':') ? "cannot connect to [%s]:%u: %s; is %s running?"
                                        : "cannot connect to %s:%u: %s; is %s running?",
                   c->host, c->config.port, why, c->program);
}

/* A kept connection is stale when the server has closed it, or has said something that nobody asked for. */
static bool is_stale(const struct yc_http_client *c)
{
    uint8_t byte;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || !yc_socket_would_block(errno);
}

/* --- one exchange --- */

struct exchange {
    const char *method, *path, *content_type;
    struct yc_view body;
    size_t sent; /* of head and body */
    bool got_bytes;
};

static bool write_head(struct yc_http_client *c, const struct exchange *x)
{
    struct yc_buf *h = &c->head;
    char line[YC_HOST_TEXT_MAX + 64];
    yc_buf_clear(h);
    yc_buf_append_text(h, x->method);
    yc_buf_append_text(h, " ");
    yc_buf_append_text(h, x->path);
    snprintf(line, sizeof line,
             strchr(c->host, ':') ? " HTTP/1.1\r\nHost: [%s]:%u\r\n" : " HTTP/1.1\r\nHost: %s:%u\r\n", c->host,
             c->config.port);
    yc_buf_append_text(h, line);
    if (c->auth[0]) {
        yc_buf_append_text(h, "Authorization: Basic ");
        yc_buf_append_text(h, c->auth);
        yc_buf_append_text(h, "\r\n");
    }
    if (x->content_type) {
        snprintf(line, sizeof line, "Content-Length: %zu\r\nContent-Type: ", x->body.n);
        yc_buf_append_text(h, line);
        yc_buf_append_text(h, x->content_type);
        yc_buf_append_text(h, "\r\n");
    }
    yc_buf_append_text(h, "\r\n");
    return !h->failed;
}

/* Send what the socket takes; a broken pipe is no failure yet, since the answer may have been sent before. */
static bool send_some(struct yc_http_client *c, struct exchange *x)
{
    struct iovec iov[2];
    size_t count = 0, head_n = c->head.n, body_sent = x->sent > head_n ? x->sent - head_n : 0;
    if (x->sent < head_n)
        iov[count++] = (struct iovec){c->head.p + x->sent, head_n - x->sent};
    /* sendmsg() only reads, but iovec has no const. */
    if (body_sent < x->body.n)
        iov[count++] = (struct iovec){(void *)(uintptr_t)(x->body.p + body_sent), x->body.n - body_sent};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = count};
    ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    if (n > 0)
        x->sent += (size_t)n;
    return n >= 0 || yc_socket_would_block(errno);
}

/* Feed received bytes; interim answers (1xx) are skipped. */
static enum yc_http_step feed(struct yc_http_client *c, struct yc_view in)
{
    for (;;) {
        size_t used;
        enum yc_http_step step = yc_http_parser_feed(&c->parser, in, &used);
        in = in.n > used ? yc_view_slice(in, used, in.n - used) : YC_VIEW_EMPTY;
        if (step == YC_HTTP_DONE && c->parser.message.status < 200)
            yc_http_parser_next(&c->parser);
        else if (step == YC_HTTP_DONE && in.n > 0)
            c->parser.message.keep_alive = false; /* more than was asked for: trust this stream no further */
        if (step == YC_HTTP_BAD || step == YC_HTTP_MORE)
            return step;
        if (step == YC_HTTP_DONE && c->parser.state == YC_HTTP_S_DONE)
            return step;
    }
}

/* Send the request and read until the parser is done or bad, or the connection ends. */
static enum outcome run_exchange(struct yc_http_client *c, struct exchange *x)
{
    size_t total = c->head.n + x->body.n;
    bool can_send = true;
    for (;;) {
        short ready = 0, events = POLLIN;
        if (can_send && x->sent < total)
            events |= POLLOUT;
        enum outcome o = wait_ready(c, c->fd, events, c->deadline_us, &ready);
        if (o != DONE)
            return o;
        if ((ready & POLLOUT) && x->sent < total)
            can_send = send_some(c, x);
        if (!(ready & (POLLIN | POLLHUP | POLLERR)))
            continue;
        ssize_t n = recv(c->fd, c->read_buf, READ_BYTES, 0);
        if (n < 0 && yc_socket_would_block(errno))
            continue;
        if (n <= 0) {
            enum yc_http_step step = n == 0 ? yc_http_parser_end(&c->parser) : YC_HTTP_MORE;
            return step == YC_HTTP_DONE ? DONE : LOST;
        }
        x->got_bytes = true;
        enum yc_http_step step = feed(c, yc_view(c->read_buf, (size_t)n));
        if (step == YC_HTTP_DONE || step == YC_HTTP_BAD)
            return DONE;
    }
}

static enum yc_verdict failed(struct yc_http_client *c, enum outcome o, struct yc_error *err)
{
    disconnect(c);
    if (o == CANCELLED)
        return cancelled(c, err);
    if (o == TIMED_OUT)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                       "no answer from %s at %s:%u within %lld s; the request may still have been carried out",
                       c->program, c->host, c->config.port, (long long)((c->config.total_timeout_ms + 999) / 1000));
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                   "%s at %s:%u closed the connection before it had answered; the request may have been carried out",
                   c->program, c->host, c->config.port);
}

static enum yc_verdict read_result(struct yc_http_client *c, const struct exchange *x, struct yc_http_result *out,
                                   struct yc_error *err)
{
    const struct yc_http_message *m = &c->parser.message;
    const struct yc_view *type = yc_http_find(m, "Content-Type");
    if (c->parser.state == YC_HTTP_S_BAD) {
        disconnect(c);
        if (c->parser.error_status == 500)
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the answer of %s", c->program);
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "what answers at %s:%u does not speak HTTP as %s does: %s",
                       c->host, c->config.port, c->program, c->parser.error_text);
    }
    *out = (struct yc_http_result){.status = m->status, .body = m->body};
    if (type)
        out->content_type = *type;
    if (m->keep_alive && x->sent == c->head.n + x->body.n)
        c->reused = true;
    else
        disconnect(c);
    return YC_VALID;
}

static enum yc_verdict call(struct yc_http_client *c, struct exchange *x, struct yc_http_result *out,
                            struct yc_error *err)
{
    enum outcome o;
    *out = (struct yc_http_result){.status = 0};
    c->cancelled = false;
    if (x->path[0] != '/' || strlen(x->path) > PATH_BYTES_MAX || strpbrk(x->path, " \t\r\n"))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "'%.100s' is not a path: it begins with / and has no spaces",
                       x->path);
    c->deadline_us = c->config.total_timeout_ms > 0 ? now_us(c) + c->config.total_timeout_ms * 1000 : 0;
    if (!write_head(c, x))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the request to %s", c->program);
    for (;;) {
        if (c->fd >= 0 && is_stale(c))
            disconnect(c);
        if (c->fd < 0) {
            enum yc_verdict v = connect_any(c, err);
            if (v != YC_VALID)
                return v;
        }
        yc_http_parser_next(&c->parser);
        x->sent = 0;
        o = run_exchange(c, x);
        /* The server may close a kept connection just as it is used again. What has not been sent whole cannot have
         * been carried out, so it is sent again; anything else is for the caller to decide. */
        if (o != LOST || !c->reused || x->got_bytes || x->sent == c->head.n + x->body.n)
            break;
        disconnect(c);
    }
    return o == DONE ? read_result(c, x, out, err) : failed(c, o, err);
}

enum yc_verdict yc_http_client_post(struct yc_http_client *c, struct yc_http_result *out, const char *path,
                                    const char *content_type, struct yc_view body, struct yc_error *err)
{
    struct exchange x = {.method = "POST", .path = path, .content_type = content_type, .body = body};
    return call(c, &x, out, err);
}

enum yc_verdict yc_http_client_get(struct yc_http_client *c, struct yc_http_result *out, const char *path,
                                   struct yc_error *err)
{
    struct exchange x = {.method = "GET", .path = path};
    return call(c, &x, out, err);
}
