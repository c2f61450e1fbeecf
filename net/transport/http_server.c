#include "net/transport/http_server.h"

#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "net/transport/http_conn.h"
#include "net/transport/socket.h"

#define EXTRA_HEADER_BYTES_MAX 4096
#define HOST_BYTES_MAX         255

struct yc_http_config yc_http_config_default(void)
{
    return (struct yc_http_config){.limits = yc_http_limits_default(),
                                   .connections_max = 256,
                                   .connections_reserved = 32,
                                   .request_timeout_ms = 30000,
                                   .idle_timeout_ms = 30000,
                                   .write_timeout_ms = 30000,
                                   .check_host = true};
}

/* --- the server's life --- */

/* Give up one use; with the lock held, which it gives back. */
static void leave(struct yc_http_server *s)
{
    bool last = --s->users == 0;
    yc_mutex_unlock(&s->lock);
    if (last) {
        yc_mutex_release(&s->lock);
        yc_alloc_free(s->alloc, s, sizeof *s);
    }
}

static char *copy_text(const struct yc_alloc *alloc, const char *text)
{
    size_t n = strlen(text) + 1;
    char *out = yc_alloc_new(alloc, n);
    if (out)
        memcpy(out, text, n);
    return out;
}

static bool copy_host_names(struct yc_http_server *s, const struct yc_http_config *config)
{
    size_t n = config->host_name_count;
    s->config.host_names = NULL;
    s->config.host_name_count = 0;
    if (n == 0)
        return true;
    s->host_names = yc_alloc_new(s->alloc, n * sizeof *s->host_names);
    if (!s->host_names)
        return false;
    memset(s->host_names, 0, n * sizeof *s->host_names);
    s->config.host_name_count = n;
    for (size_t i = 0; i < n; i++) {
        s->host_names[i] = copy_text(s->alloc, config->host_names[i]);
        if (!s->host_names[i])
            return false;
    }
    return true;
}

static void on_shutdown_end(void *ctx)
{
    struct yc_http_server *s = ctx;
    while (s->conns)
        yc_http_conn_close(s->conns);
    yc_loop_timer_cancel(s->shutdown_timer);
    void (*done)(void *) = s->shutdown_done;
    s->shutdown_done = NULL;
    if (done)
        done(s->shutdown_ctx);
}

enum yc_verdict yc_http_server_new(struct yc_http_server **out, struct yc_loop *l, const struct yc_alloc *alloc,
                                   const struct yc_http_config *config, const struct yc_http_hooks *hooks,
                                   const struct yc_log *log, struct yc_error *err)
{
    *out = NULL;
    YC_ASSERT(hooks->handle);
    struct yc_http_server *s = yc_alloc_new(alloc, sizeof *s);
    if (!s)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the HTTP server");
    *s = (struct yc_http_server){.alloc = alloc, .loop = l, .config = *config, .hooks = *hooks, .log = log, .users = 1};
    yc_mutex_init(&s->lock);
    s->read_buf = yc_alloc_new(alloc, YC_HTTP_READ_BYTES);
    bool copied = copy_host_names(s, config);
    if (!copied || !s->read_buf || yc_loop_timer_new(&s->shutdown_timer, l, on_shutdown_end, s, err) != YC_VALID) {
        yc_http_server_free(s);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the HTTP server");
    }
    *out = s;
    return YC_VALID;
}

static void stop_listening(struct yc_http_server *s)
{
    while (s->listeners) {
        struct yc_listener *next = *yc_listener_next(s->listeners);
        yc_listener_free(s->listeners);
        s->listeners = next;
    }
}

void yc_http_server_free(struct yc_http_server *s)
{
    if (!s)
        return;
    stop_listening(s);
    yc_loop_timer_free(s->shutdown_timer);
    s->shutdown_timer = NULL;
    while (s->conns)
        yc_http_conn_close(s->conns);
    for (size_t i = 0; i < s->config.host_name_count; i++)
        yc_alloc_free(s->alloc, s->host_names[i], s->host_names[i] ? strlen(s->host_names[i]) + 1 : 0);
    yc_alloc_free(s->alloc, s->host_names, s->config.host_name_count * sizeof *s->host_names);
    yc_alloc_free(s->alloc, s->read_buf, YC_HTTP_READ_BYTES);
    yc_mutex_lock(&s->lock);
    s->closed = true;
    leave(s);
}

void yc_http_server_shutdown(struct yc_http_server *s, int64_t timeout_ms, void (*done)(void *ctx), void *ctx)
{
    if (s->shutting_down)
        return;
    s->shutting_down = true;
    s->shutdown_done = done;
    s->shutdown_ctx = ctx;
    stop_listening(s);
    struct yc_http_conn *c = s->conns;
    while (c) {
        struct yc_http_conn *next = c->next;
        if (c->phase == YC_HTTP_P_READING || c->phase == YC_HTTP_P_LINGER)
            yc_http_conn_close(c);
        else if (c->phase == YC_HTTP_P_WAITING)
            yc_http_request_abandon(c->request);
        c = next;
    }
    yc_loop_timer_set(s->shutdown_timer, s->conns ? timeout_ms : 0);
}

struct yc_http_server_stats yc_http_server_get_stats(const struct yc_http_server *s)
{
    return s->stats;
}

/* --- accepting --- */

/* Make room for one more connection. The oldest that has not shown who it is goes first, so that any number of silent
 * or slow sockets can only displace each other (R04). False when every slot is in use for real. */
static bool make_room(struct yc_http_server *s)
{
    size_t max = s->config.connections_max, reserved = s->config.connections_reserved;
    struct yc_http_conn *victim = NULL;
    if (s->stats.connections < max && s->unadmitted + reserved < max)
        return true;
    for (struct yc_http_conn *c = s->conns; c && !victim; c = c->next)
        victim = c->admitted ? NULL : c;
    for (struct yc_http_conn *c = s->conns; c && !victim && s->stats.connections >= max; c = c->next)
        victim = c->phase == YC_HTTP_P_READING && !c->in_request ? c : NULL;
    if (victim)
        yc_http_conn_close(victim);
    return s->stats.connections < max;
}

static void on_accepted(void *ctx, int fd, const struct yc_netaddr *remote)
{
    struct yc_http_server *s = ctx;
    s->stats.accepted++;
    if (make_room(s)) {
        yc_http_conn_open(s, fd, remote);
    } else {
        s->stats.refused++;
        yc_log_debug(s->log, YC_LOGC_HTTP, "%zu HTTP connections are busy: a new one was closed", s->stats.connections);
        close(fd);
    }
}

enum yc_verdict yc_http_server_listen(struct yc_http_server *s, const struct yc_netaddr *addr, struct yc_netaddr *bound,
                                      struct yc_error *err)
{
    int fd;
    struct yc_listener *listener;
    enum yc_verdict v = yc_socket_listen(&fd, addr, bound, err);
    if (v == YC_VALID)
        v = yc_listener_new(&listener, s->loop, s->alloc, fd, s->log, on_accepted, s, err);
    if (v != YC_VALID)
        return v;
    *yc_listener_next(listener) = s->listeners;
    s->listeners = listener;
    return YC_VALID;
}

/* --- who may ask --- */

static bool host_is_ours(const struct yc_http_server *s, struct yc_view value, const struct yc_netaddr *local)
{
    char text[HOST_BYTES_MAX + 1], bracketed[HOST_BYTES_MAX + 3];
    struct yc_view host;
    struct yc_netaddr a;
    uint16_t port;
    if (value.n == 0 || value.n > HOST_BYTES_MAX)
        return false;
    memcpy(text, value.p, value.n);
    text[value.n] = 0;
    if (!yc_netaddr_split(&host, &port, text, 0))
        return false;
    if (yc_http_equal_nocase(host, "localhost"))
        return true;
    for (size_t i = 0; i < s->config.host_name_count; i++) {
        if (yc_http_equal_nocase(host, s->host_names[i]))
            return true;
    }
    /* A number cannot be rebound: it is ours when it is where this connection arrived. */
    memcpy(bracketed, text, sizeof text);
    return yc_netaddr_parse(&a, bracketed, 0) && (yc_netaddr_is_loopback(&a) || yc_netaddr_same_host(&a, local));
}

const char *yc_http_check_origin(const struct yc_http_server *s, const struct yc_http_message *m,
                                 const struct yc_netaddr *local)
{
    const struct yc_view *host = yc_http_find(m, "Host");
    if (yc_http_find(m, "Origin"))
        return "Requests from web pages (with an Origin header) are not allowed.";
    if (s->config.check_host && host && !host_is_ours(s, *host, local))
        return "The Host header names another machine. Use localhost or this machine's address, or allow the name in "
               "the configuration.";
    return NULL;
}

/* --- requests and replies --- */

const struct yc_http_message *yc_http_request_message(const struct yc_http_request *r)
{
    return &r->parser.message;
}
const struct yc_netaddr *yc_http_request_remote(const struct yc_http_request *r)
{
    return &r->remote;
}
bool yc_http_request_abandoned(const struct yc_http_request *r)
{
    return atomic_load(&r->abandoned);
}

void yc_http_request_abandon(struct yc_http_request *r)
{
    const struct yc_http_hooks *hooks = &r->server->hooks;
    if (!atomic_exchange(&r->abandoned, true) && hooks->abandoned)
        hooks->abandoned(hooks->ctx, r);
}

static void request_free(struct yc_http_request *r)
{
    struct yc_http_server *s = r->server;
    yc_http_parser_release(&r->parser);
    yc_buf_release(&r->extra);
    yc_alloc_free(s->alloc, r->response.body, r->response.body_n);
    yc_alloc_free(s->alloc, r, sizeof *r);
    yc_mutex_lock(&s->lock);
    leave(s);
}

/* On the loop thread: the answer goes to its connection, if that is still there. */
static void deliver(void *ctx)
{
    struct yc_http_request *r = ctx;
    struct yc_http_conn *c = r->conn;
    if (c) {
        struct yc_http_response response = r->response;
        r->response.body = NULL;
        r->response.body_n = 0;
        yc_http_conn_answer(c, &response);
    }
    r->server->stats.requests_waiting--;
    request_free(r);
}

bool yc_http_request_hand_over(struct yc_http_conn *c)
{
    struct yc_http_server *s = c->server;
    struct yc_http_request *r = yc_alloc_new(s->alloc, sizeof *r);
    if (!r)
        return false;
    *r = (struct yc_http_request){.server = s, .conn = c, .remote = c->remote};
    r->task = (struct yc_loop_task){.run = deliver, .ctx = r};
    atomic_init(&r->abandoned, false);
    yc_buf_init(&r->extra, s->alloc, EXTRA_HEADER_BYTES_MAX);
    /* The request takes the parser's buffers along; the header table moves with the struct. */
    r->parser = c->parser;
    r->parser.message.headers = r->parser.headers;
    yc_http_parser_init(&c->parser, YC_HTTP_REQUEST, s->alloc, &s->config.limits);
    c->phase = YC_HTTP_P_WAITING;
    c->request = r;
    s->stats.requests++;
    s->stats.requests_waiting++;
    yc_mutex_lock(&s->lock);
    s->users++;
    yc_mutex_unlock(&s->lock);
    s->hooks.handle(s->hooks.ctx, r);
    return true;
}

void yc_http_reply(struct yc_http_request *r, const struct yc_http_response *response)
{
    struct yc_http_server *s = r->server;
    r->response = *response;
    r->response.extra_headers = NULL;
    if (response->extra_headers) {
        yc_buf_append(&r->extra, response->extra_headers, strlen(response->extra_headers) + 1);
        if (!r->extra.failed)
            r->response.extra_headers = (const char *)r->extra.p;
    }
    yc_mutex_lock(&s->lock);
    bool closed = s->closed;
    /* Posted under the lock: the loop lives at least until the server is closed. */
    if (!closed)
        yc_loop_post(s->loop, &r->task);
    yc_mutex_unlock(&s->lock);
    if (closed)
        request_free(r);
}

const struct yc_alloc *yc_http_request_alloc(const struct yc_http_request *r)
{
    return r->server->alloc;
}

void yc_http_reply_text(struct yc_http_request *r, unsigned status, const char *content_type, const char *text)
{
    struct yc_http_response response = {.status = status, .content_type = content_type, .body_n = strlen(text)};
    response.body = response.body_n ? yc_alloc_new(r->server->alloc, response.body_n) : NULL;
    if (response.body)
        memcpy(response.body, text, response.body_n);
    else
        response.body_n = 0;
    yc_http_reply(r, &response);
}
