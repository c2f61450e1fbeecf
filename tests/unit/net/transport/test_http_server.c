/* net/transport/http_server with plain sockets: who is let in, deadlines, pipelining, replies from other threads, and
 * the end (catalogue R01, R02, R04, R05, R06, R09, R13, R16, S27). */
#include "net/transport/http_server.h"

#include <stdio.h>

#include "unit/net/transport/net_thread.h"

#define HELD_MAX 256

struct rig {
    struct net_thread net;
    struct yc_http_server *server;
    struct yc_netaddr at;
    /* the handler's side */
    struct yc_mutex lock;
    struct yc_cond some;
    struct yc_http_request *held[HELD_MAX]; /* of "/hold", and all when `queue` is set */
    size_t held_count, handled, abandoned;
    bool queue, quit, shutdown_done;
    bool deny_all; /* admit() says 401 */
    struct yc_thread worker;
};

/* Answer with METHOD, TARGET and the body, as text. */
static void echo(struct yc_http_request *r)
{
    const struct yc_http_message *m = yc_http_request_message(r);
    char text[4096];
    snprintf(text, sizeof text, "%.*s %.*s %.*s", (int)m->method.n, (const char *)m->method.p, (int)m->target.n,
             (const char *)m->target.p, (int)m->body.n, m->body.n ? (const char *)m->body.p : "");
    yc_http_reply_text(r, 200, "text/plain", text);
}

static void handle(void *ctx, struct yc_http_request *r)
{
    struct rig *g = ctx;
    yc_mutex_lock(&g->lock);
    g->handled++;
    bool keep = g->queue || yc_view_equal(yc_http_request_message(r)->target, yc_view_text("/hold"));
    if (keep) {
        g->held[g->held_count++ % HELD_MAX] = r;
        yc_cond_signal(&g->some);
    }
    yc_mutex_unlock(&g->lock);
    if (!keep)
        echo(r);
}

static bool admit(void *ctx, const struct yc_http_message *head, const struct yc_netaddr *remote,
                  struct yc_http_refusal *refusal)
{
    struct rig *g = ctx;
    yc_mutex_lock(&g->lock);
    bool deny = g->deny_all || yc_view_equal(head->target, yc_view_text("/secret"));
    yc_mutex_unlock(&g->lock);
    *refusal = (struct yc_http_refusal){
        .status = 401, .extra_headers = "WWW-Authenticate: Basic realm=\"jsonrpc\"\r\n", .delay_ms = 150};
    return !deny && yc_netaddr_is_loopback(remote);
}

static void abandoned(void *ctx, struct yc_http_request *r)
{
    struct rig *g = ctx;
    (void)r;
    yc_mutex_lock(&g->lock);
    g->abandoned++;
    yc_mutex_unlock(&g->lock);
}

static void rig_start(struct rig *g, const struct yc_http_config *config)
{
    const struct yc_http_config plain = yc_http_config_default();
    const struct yc_http_hooks hooks = {.admit = admit, .handle = handle, .abandoned = abandoned, .ctx = g};
    const struct yc_netaddr any_port = yc_netaddr_ipv4(127, 0, 0, 1, 0);
    memset(g, 0, sizeof *g);
    yc_mutex_init(&g->lock);
    yc_cond_init(&g->some);
    net_thread_init(&g->net);
    assert_int_equal(
        yc_http_server_new(&g->server, g->net.loop, &g->net.heap.alloc, config ? config : &plain, &hooks, NULL, NULL),
        YC_VALID);
    assert_int_equal(yc_http_server_listen(g->server, &any_port, &g->at, NULL), YC_VALID);
    net_thread_start(&g->net);
}

static void rig_stop(struct rig *g)
{
    net_thread_stop(&g->net);
    yc_http_server_free(g->server);
    net_thread_release(&g->net);
    yc_cond_release(&g->some);
    yc_mutex_release(&g->lock);
}

static size_t locked(struct rig *g, const size_t *member)
{
    yc_mutex_lock(&g->lock);
    size_t v = *member;
    yc_mutex_unlock(&g->lock);
    return v;
}

struct stats_call {
    struct rig *rig;
    struct yc_http_server_stats stats;
};

static void read_stats(void *ctx)
{
    struct stats_call *c = ctx;
    c->stats = yc_http_server_get_stats(c->rig->server);
}

static struct yc_http_server_stats stats_of(struct rig *g)
{
    struct stats_call call = {.rig = g};
    on_loop(g->net.loop, read_stats, &call);
    return call.stats;
}

/* Read one answer; returns its status, 0 when the connection ended first. The body goes to out as a string. */
static unsigned recv_answer(int fd, char *out, size_t max)
{
    char head[4096];
    size_t n = 0, length = 0;
    unsigned status = 0;
    out[0] = 0;
    while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0) {
        assert_true(n + 1 < sizeof head);
        if (plain_recv(fd, head + n, 1) == 0)
            return 0;
        head[++n] = 0;
    }
    assert_int_equal(sscanf(head, "HTTP/1.1 %u", &status), 1);
    const char *at = strstr(head, "Content-Length: ");
    if (at)
        assert_int_equal(sscanf(at, "Content-Length: %zu", &length), 1);
    assert_true(length < max);
    assert_int_equal(plain_recv(fd, out, length), length);
    out[length] = 0;
    assert_null(strstr(head, "Access-Control"));
    return status;
}

/* Send bytes on a fresh connection, read one answer, close. */
static unsigned ask(struct rig *g, const char *request, char *out, size_t max)
{
    int fd = plain_connect(&g->at);
    plain_send_text(fd, request);
    unsigned status = recv_answer(fd, out, max);
    close(fd);
    return status;
}

static void a_request_is_answered_and_the_connection_kept(void **state)
{
    static struct rig g;
    char body[256];
    (void)state;
    rig_start(&g, NULL);
    int fd = plain_connect(&g.at);
    for (int i = 0; i < 3; i++) {
        plain_send_text(fd, "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody");
        assert_int_equal(recv_answer(fd, body, sizeof body), 200);
        assert_string_equal(body, "POST /x body");
    }
    plain_send_text(fd, "GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_int_equal(recv_answer(fd, body, sizeof body), 200);
    assert_int_equal(plain_recv(fd, body, 1), 0);
    close(fd);
    assert_int_equal(ask(&g, "GET /old HTTP/1.0\r\n\r\n", body, sizeof body), 200);
    assert_string_equal(body, "GET /old ");
    fd = plain_connect(&g.at); /* HEAD: the length, but no body */
    plain_send_text(fd, "HEAD /abc HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    size_t n = plain_recv(fd, body, sizeof body - 1);
    body[n] = 0;
    assert_non_null(strstr(body, "Content-Length: 10\r\n"));
    assert_memory_equal(body + n - 4, "\r\n\r\n", 4);
    close(fd);
    rig_stop(&g);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    static struct rig g;
    char body[256], expected[32];
    (void)state;
    rig_start(&g, NULL);
    int fd = plain_connect(&g.at);
    for (int i = 0; i < 50; i++) {
        char request[128];
        snprintf(request, sizeof request, "POST /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab", i);
        plain_send_text(fd, request);
    }
    for (int i = 0; i < 50; i++) {
        assert_int_equal(recv_answer(fd, body, sizeof body), 200);
        snprintf(expected, sizeof expected, "POST /%d ab", i);
        assert_string_equal(body, expected);
    }
    close(fd);
    rig_stop(&g);
}

/* R01: what a web page, or a name that was made to point here, can send. */
static void web_pages_and_foreign_hosts_are_refused(void **state)
{
    static const struct {
        unsigned status;
        const char *headers;
    } cases[] = {{200, "Host: localhost\r\n"},
                 {200, "Host: LOCALHOST:17332\r\n"},
                 {200, "Host: 127.0.0.1:17332\r\n"},
                 {200, "Host: [::1]\r\n"},
                 {200, "Host: node.home:5\r\n"},
                 {403, "Host: evil.com\r\n"},
                 {403, "Host: localhost.evil.com\r\n"},
                 {403, "Host: 127.0.0.1.evil.com\r\n"},
                 {403, "Host: 192.168.7.7\r\n"},
                 {403, "Host: 0.0.0.0\r\n"},
                 {403, "Host:\r\n"},
                 {403, "Host: localhost:99999\r\n"},
                 {403, "Host: evil.com@localhost\r\n"},
                 {403, "Host: localhost\r\nOrigin: http://evil.com\r\n"},
                 {403, "Host: localhost\r\nOrigin: null\r\n"},
                 {403, "Host: localhost\r\nOrigin: http://localhost\r\n"},
                 {400, "Host: localhost\r\nHost: localhost\r\n"},
                 {400, ""}};
    static const char *const names[] = {"node.home"};
    static const char *const methods[] = {"POST", "GET", "OPTIONS"};
    static struct rig g;
    struct yc_http_config config = yc_http_config_default();
    char request[512], body[512];
    (void)state;
    config.host_names = names;
    config.host_name_count = 1;
    rig_start(&g, &config);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t j = 0; j < 3; j++) {
            snprintf(request, sizeof request, "%s / HTTP/1.1\r\n%s\r\n", methods[j], cases[i].headers);
            unsigned status = ask(&g, request, body, sizeof body);
            if (status != cases[i].status)
                fail_msg("%s: status %u", request, status);
        }
    }
    rig_stop(&g);
}

static bool allow_nobody(void *ctx, const struct yc_netaddr *remote)
{
    (void)ctx;
    (void)remote;
    return false;
}

static void addresses_that_are_not_allowed_get_403(void **state)
{
    struct rig g = {.handled = 0};
    struct yc_http_config config = yc_http_config_default();
    const struct yc_http_hooks hooks = {.allow = allow_nobody, .handle = handle, .ctx = &g};
    const struct yc_netaddr any_port = yc_netaddr_ipv4(127, 0, 0, 1, 0);
    char body[256];
    (void)state;
    net_thread_init(&g.net);
    assert_int_equal(yc_http_server_new(&g.server, g.net.loop, &g.net.heap.alloc, &config, &hooks, NULL, NULL),
                     YC_VALID);
    assert_int_equal(yc_http_server_listen(g.server, &any_port, &g.at, NULL), YC_VALID);
    net_thread_start(&g.net);
    assert_int_equal(ask(&g, "GET / HTTP/1.0\r\n\r\n", body, sizeof body), 403);
    assert_int_equal(g.handled, 0);
    net_thread_stop(&g.net);
    yc_http_server_free(g.server);
    net_thread_release(&g.net);
}

/* R02, R07: refused at the head, after the delay, before a byte of the body was asked for. */
static void unauthenticated_requests_cost_a_delay_and_no_body(void **state)
{
    static struct rig g;
    char body[256];
    (void)state;
    rig_start(&g, NULL);
    int64_t start = now_ms();
    assert_int_equal(ask(&g,
                         "POST /secret HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                         "Content-Length: 30000000\r\n\r\n",
                         body, sizeof body),
                     401);
    assert_true(now_ms() - start >= 150);
    assert_int_equal(locked(&g, &g.handled), 0);
    /* With 20 of them waiting, an honest request is answered at once. */
    int fds[20];
    start = now_ms();
    for (size_t i = 0; i < 20; i++) {
        fds[i] = plain_connect(&g.at);
        plain_send_text(fds[i], "POST /secret HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    }
    assert_int_equal(ask(&g, "GET / HTTP/1.0\r\n\r\n", body, sizeof body), 200);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(recv_answer(fds[i], body, sizeof body), 401);
        close(fds[i]);
    }
    assert_true(now_ms() - start < 20 * 150);
    rig_stop(&g);
}

static void a_body_is_asked_for_with_100_continue(void **state)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    static struct rig g;
    char body[256];
    (void)state;
    rig_start(&g, NULL);
    int fd = plain_connect(&g.at);
    plain_send_text(fd, "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_int_equal(plain_recv(fd, body, sizeof interim - 1), sizeof interim - 1);
    assert_memory_equal(body, interim, sizeof interim - 1);
    plain_send_text(fd, "abc");
    assert_int_equal(recv_answer(fd, body, sizeof body), 200);
    assert_string_equal(body, "POST / abc");
    close(fd);
    rig_stop(&g);
}

static void malformed_requests_get_their_status_and_the_end(void **state)
{
    static const struct {
        unsigned status;
        const char *bytes;
    } cases[] = {{400, "garbage\r\n\r\n"},
                 {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"},
                 {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"},
                 {413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"},
                 {505, "GET / HTTP/3.0\r\n\r\n"}};
    static struct rig g;
    char body[512], byte;
    (void)state;
    rig_start(&g, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = plain_connect(&g.at);
        plain_send_text(fd, cases[i].bytes);
        assert_int_equal(recv_answer(fd, body, sizeof body), cases[i].status);
        assert_true(strlen(body) > 10); /* a sentence */
        assert_int_equal(plain_recv(fd, &byte, 1), 0);
        close(fd);
    }
    assert_int_equal(locked(&g, &g.handled), 0);
    rig_stop(&g);
}

/* R04: a byte now and then does not extend the time a request may take. */
static void slow_requests_are_closed_by_the_deadline(void **state)
{
    static struct rig g;
    struct yc_http_config config = yc_http_config_default();
    int fds[50];
    char byte;
    (void)state;
    config.request_timeout_ms = 300;
    config.idle_timeout_ms = 10000;
    rig_start(&g, &config);
    for (size_t i = 0; i < 50; i++) {
        fds[i] = plain_connect(&g.at);
        plain_send_text(fds[i], "POST / HTTP/1.1\r\nHost: localhost\r\nX: ");
    }
    int64_t start = now_ms();
    while (stats_of(&g).timeouts < 50 && now_ms() - start < WAIT_MS) {
        for (size_t i = 0; i < 50; i++)
            (void)!send(fds[i], "y", 1, MSG_NOSIGNAL);
        sleep_ms(20);
    }
    assert_int_equal(stats_of(&g).timeouts, 50);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(plain_recv(fds[i], &byte, 1), 0);
        close(fds[i]);
    }
    rig_stop(&g);
}

static void idle_connections_are_closed(void **state)
{
    static struct rig g;
    struct yc_http_config config = yc_http_config_default();
    char body[64];
    (void)state;
    config.idle_timeout_ms = 100;
    rig_start(&g, &config);
    int silent = plain_connect(&g.at), kept = plain_connect(&g.at);
    plain_send_text(kept, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(recv_answer(kept, body, sizeof body), 200);
    assert_int_equal(plain_recv(silent, body, 1), 0);
    assert_int_equal(plain_recv(kept, body, 1), 0);
    close(silent);
    close(kept);
    rig_stop(&g);
}

/* R04, R05: any number of silent sockets displace each other, never one that was let in, nor keep out a new one. */
static void silent_sockets_cannot_take_all_slots(void **state)
{
    static struct rig g;
    struct yc_http_config config = yc_http_config_default();
    int fds[200];
    char body[64];
    (void)state;
    config.connections_max = 16;
    config.connections_reserved = 4;
    rig_start(&g, &config);
    int honest = plain_connect(&g.at);
    plain_send_text(honest, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(recv_answer(honest, body, sizeof body), 200);
    for (size_t i = 0; i < 200; i++) {
        fds[i] = plain_connect(&g.at);
        (void)!send(fds[i], "P", 1, MSG_NOSIGNAL);
    }
    wait_for(stats_of(&g).accepted == 201);
    assert_true(stats_of(&g).connections <= 16);
    plain_send_text(honest, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(recv_answer(honest, body, sizeof body), 200);
    assert_int_equal(ask(&g, "GET /new HTTP/1.0\r\n\r\n", body, sizeof body), 200);
    for (size_t i = 0; i < 200; i++)
        close(fds[i]);
    close(honest);
    rig_stop(&g);
}

static void a_taken_address_is_an_error(void **state)
{
    static struct rig g;
    struct yc_error err;
    (void)state;
    rig_start(&g, NULL);
    net_thread_stop(&g.net);
    assert_int_equal(yc_http_server_listen(g.server, &g.at, NULL, &err), YC_SYSTEM);
    assert_non_null(strstr(err.text, "another program listens there"));
    yc_http_server_free(g.server);
    net_thread_release(&g.net);
}

static void answer_one(struct rig *g, const char *text)
{
    yc_mutex_lock(&g->lock);
    struct yc_http_request *r = g->held_count > 0 ? g->held[--g->held_count] : NULL;
    yc_mutex_unlock(&g->lock);
    assert_non_null(r);
    yc_http_reply_text(r, 200, "text/plain", text);
}

/* R16: an answer may come late, from another thread; a client that left is told to the handler, and its late answer is
 * harmless. */
static void long_polls_are_answered_late_or_abandoned(void **state)
{
    static struct rig g;
    char body[64];
    (void)state;
    rig_start(&g, NULL);
    int fd = plain_connect(&g.at);
    plain_send_text(fd, "GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\nGET /next HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wait_for(locked(&g, &g.held_count) == 1);
    sleep_ms(30);
    assert_int_equal(locked(&g, &g.handled), 1); /* the next waits its turn */
    answer_one(&g, "late");
    assert_int_equal(recv_answer(fd, body, sizeof body), 200);
    assert_string_equal(body, "late");
    assert_int_equal(recv_answer(fd, body, sizeof body), 200);
    assert_string_equal(body, "GET /next ");
    plain_send_text(fd, "GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wait_for(locked(&g, &g.held_count) == 1);
    assert_false(yc_http_request_abandoned(g.held[0]));
    close(fd);
    wait_for(locked(&g, &g.abandoned) == 1);
    assert_true(yc_http_request_abandoned(g.held[0]));
    answer_one(&g, "too late");
    wait_for(stats_of(&g).requests_waiting == 0);
    /* A client that has only closed its sending side still gets the answer. */
    fd = plain_connect(&g.at);
    plain_send_text(fd, "GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    wait_for(locked(&g, &g.abandoned) == 2);
    answer_one(&g, "half");
    assert_int_equal(recv_answer(fd, body, sizeof body), 200);
    assert_string_equal(body, "half");
    close(fd);
    rig_stop(&g);
}

static void note_shutdown(void *ctx)
{
    struct rig *g = ctx;
    yc_mutex_lock(&g->lock);
    g->shutdown_done = true;
    yc_mutex_unlock(&g->lock);
}

static void begin_shutdown(void *ctx)
{
    struct rig *g = ctx;
    yc_http_server_shutdown(g->server, 500, note_shutdown, g);
}

static bool is_shut_down(struct rig *g)
{
    yc_mutex_lock(&g->lock);
    bool done = g->shutdown_done;
    yc_mutex_unlock(&g->lock);
    return done;
}

/* S27, R16: whoever answers is heard, whoever does not is not waited for, and late answers are harmless. */
static void shutdown_answers_what_it_can_within_its_bound(void **state)
{
    static struct rig g;
    char body[64];
    (void)state;
    rig_start(&g, NULL);
    int idle = plain_connect(&g.at), first = plain_connect(&g.at), second = plain_connect(&g.at);
    plain_send_text(first, "GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wait_for(locked(&g, &g.held_count) == 1);
    plain_send_text(second, "GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wait_for(locked(&g, &g.held_count) == 2);
    int64_t start = now_ms();
    on_loop(g.net.loop, begin_shutdown, &g);
    assert_int_equal(plain_recv(idle, body, 1), 0);
    wait_for(locked(&g, &g.abandoned) == 2);
    answer_one(&g, "bye"); /* the second */
    assert_int_equal(recv_answer(second, body, sizeof body), 200);
    assert_string_equal(body, "bye");
    wait_for(is_shut_down(&g));
    assert_true(now_ms() - start < 5000);
    assert_int_equal(plain_recv(first, body, 1), 0);
    net_thread_stop(&g.net);
    yc_http_server_free(g.server);
    answer_one(&g, "after the server is gone");
    net_thread_release(&g.net);
    close(idle);
    close(first);
    close(second);
}

static void work(void *ctx)
{
    struct rig *g = ctx;
    yc_mutex_lock(&g->lock);
    while (!g->quit || g->held_count > 0) {
        if (g->held_count == 0) {
            yc_cond_wait(&g->some, &g->lock);
            continue;
        }
        struct yc_http_request *r = g->held[--g->held_count];
        yc_mutex_unlock(&g->lock);
        echo(r);
        yc_mutex_lock(&g->lock);
    }
    yc_mutex_unlock(&g->lock);
}

struct storm {
    struct rig *rig;
    unsigned good;
    unsigned number;
    struct yc_thread thread;
};

#define STORM_THREADS  8
#define STORM_REQUESTS 150

/* Requests with all manners of leaving: answered, closed at once, closed half-way. No assertions: another thread. */
static void run_storm(void *ctx)
{
    struct storm *s = ctx;
    static const char request[] = "POST /storm HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody";
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(s->rig->at.port)};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (unsigned i = 0; i < STORM_REQUESTS; i++) {
        char answer[512];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        size_t n = (i + s->number) % 3 == 1 ? sizeof request / 2 : sizeof request - 1;
        if (fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof in) == 0 &&
            send(fd, request, n, MSG_NOSIGNAL) == (ssize_t)n && (i + s->number) % 3 == 0 &&
            recv(fd, answer, sizeof answer, 0) > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0)
            s->good++;
        if (fd >= 0)
            close(fd);
    }
}

/* R13: answers from another thread while connections come and go (for ThreadSanitizer above all). */
static void replies_from_another_thread_meet_closing_connections(void **state)
{
    static struct rig g;
    static struct storm storms[STORM_THREADS];
    (void)state;
    rig_start(&g, NULL);
    g.queue = true;
    assert_int_equal(yc_thread_start(&g.worker, "worker", work, &g, NULL), YC_VALID);
    for (unsigned i = 0; i < STORM_THREADS; i++) {
        storms[i] = (struct storm){.rig = &g, .number = i};
        assert_int_equal(yc_thread_start(&storms[i].thread, "storm", run_storm, &storms[i], NULL), YC_VALID);
    }
    for (unsigned i = 0; i < STORM_THREADS; i++) {
        yc_thread_join(&storms[i].thread);
        assert_int_equal(storms[i].good, STORM_REQUESTS / 3);
    }
    wait_for(stats_of(&g).requests_waiting == 0);
    yc_mutex_lock(&g.lock);
    g.quit = true;
    yc_cond_signal(&g.some);
    yc_mutex_unlock(&g.lock);
    yc_thread_join(&g.worker);
    rig_stop(&g);
}

static void large_answers_and_slow_readers(void **state)
{
    static struct rig g;
    static char back[8 << 20];
    struct yc_http_config config = yc_http_config_default();
    (void)state;
    config.write_timeout_ms = 300;
    rig_start(&g, &config);
    for (int reads = 1; reads >= 0; reads--) {
        int fd = plain_connect(&g.at);
        plain_send_text(fd, "GET /hold HTTP/1.0\r\n\r\n");
        wait_for(locked(&g, &g.held_count) == 1);
        yc_mutex_lock(&g.lock);
        struct yc_http_request *r = g.held[--g.held_count];
        yc_mutex_unlock(&g.lock);
        struct yc_http_response response = {.status = 200,
                                            .content_type = "application/octet-stream",
                                            .extra_headers = "Cache-Control: no-store\r\n",
                                            .body_n = sizeof back};
        response.body = yc_alloc_new(&g.net.heap.alloc, sizeof back);
        assert_non_null(response.body);
        memset(response.body, 'z', sizeof back);
        yc_http_reply(r, &response);
        if (reads) {
            size_t n = plain_recv(fd, back, 300);
            const char *end = strstr(back, "\r\n\r\n");
            assert_true(n == 300 && end);
            assert_non_null(strstr(back, "\r\nCache-Control: no-store\r\n"));
            size_t of_body = n - (size_t)(end + 4 - back);
            assert_int_equal(plain_recv(fd, back, sizeof back), sizeof back - of_body);
        }
        wait_for(stats_of(&g).connections == 0); /* the one that does not read is given up */
        close(fd);
    }
    rig_stop(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_and_the_connection_kept),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(web_pages_and_foreign_hosts_are_refused),
        cmocka_unit_test(addresses_that_are_not_allowed_get_403),
        cmocka_unit_test(unauthenticated_requests_cost_a_delay_and_no_body),
        cmocka_unit_test(a_body_is_asked_for_with_100_continue),
        cmocka_unit_test(malformed_requests_get_their_status_and_the_end),
        cmocka_unit_test(slow_requests_are_closed_by_the_deadline),
        cmocka_unit_test(idle_connections_are_closed),
        cmocka_unit_test(silent_sockets_cannot_take_all_slots),
        cmocka_unit_test(a_taken_address_is_an_error),
        cmocka_unit_test(long_polls_are_answered_late_or_abandoned),
        cmocka_unit_test(shutdown_answers_what_it_can_within_its_bound),
        cmocka_unit_test(replies_from_another_thread_meet_closing_connections),
        cmocka_unit_test(large_answers_and_slow_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
