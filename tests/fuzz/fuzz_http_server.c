/* The HTTP server and its listener over sockets of this machine, as a program of the input: clients connect, send requests
 * that are right, in any pieces and one behind the other, or any bytes at all, stop reading or go; the handler answers at
 * once, later, or in another order. Whatever comes back can be read as HTTP; a client whose requests were right gets each
 * answer once and in order; nothing is left when the server is gone (catalogue R04, R06, R07, R13). */
#include "base/assert.h"
#include "base/reader.h"
#include "net/transport/http_server.h"
#include "sys/heap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS  4
#define HELD_MAX 64
#define STEPS    80
#define PATIENCE 100000 /* looks, of 0.1 ms and more */
#define TURNS    3      /* of the loop until it has done what it was given: accept or read, handle, write */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct client {
    int fd;     /* -1: not connected */
    bool right; /* it has sent whole requests alone, and been let in */
    unsigned asked, answered;
    struct yc_buf out; /* not sent yet */
    struct yc_http_parser in;
};

struct machine {
    struct yc_heap_capped heap;
    struct yc_loop *loop;
    struct yc_loop_timer *timer;
    struct yc_http_server *server;
    struct yc_netaddr at;
    struct client client[CLIENTS];
    struct yc_http_request *held[HELD_MAX];
    size_t held_count, abandoned;
    bool hold;
};

static void stop(void *ctx)
{
    struct machine *m = ctx;
    yc_loop_stop(m->loop);
}

static void turn(struct machine *m)
{
    for (unsigned i = 0; i < TURNS; i++) {
        yc_loop_timer_set(m->timer, 0);
        yc_loop_run(m->loop);
    }
}

/* The target and the body's length come back. */
static void reply(struct machine *m, size_t i)
{
    struct yc_http_request *r = m->held[i];
    const struct yc_http_message *msg = yc_http_request_message(r);
    char text[600];
    (void)snprintf(text, sizeof text, "%.*s %zu", (int)(msg->target.n < 500 ? msg->target.n : 500),
                   (const char *)msg->target.p, msg->body.n);
    m->held[i] = m->held[--m->held_count];
    yc_http_reply_text(r, 200, "text/plain", text);
}

static void handle(void *ctx, struct yc_http_request *r)
{
    struct machine *m = ctx;
    YC_ASSERT(m->held_count < HELD_MAX);
    m->held[m->held_count++] = r;
    if (!m->hold || m->held_count == HELD_MAX)
        reply(m, m->held_count - 1);
}

static bool admit(void *ctx, const struct yc_http_message *head, const struct yc_netaddr *remote,
                  struct yc_http_refusal *refusal)
{
    (void)ctx;
    *refusal = (struct yc_http_refusal){.status = 401, .text = "no"};
    return yc_netaddr_is_loopback(remote) && !yc_view_equal(head->target, yc_view_text("/no"));
}

static void abandoned(void *ctx, struct yc_http_request *r)
{
    struct machine *m = ctx;
    YC_ASSERT(r != NULL);
    m->abandoned++;
}

/* ---- the other side ---- */

static void connect_to(struct machine *m, struct client *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(m->at.port)};
    struct linger hard = {.l_onoff = 1}; /* no port waits for two minutes */
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    YC_ASSERT(c->fd >= 0);
    int connected = connect(c->fd, (const struct sockaddr *)&to, sizeof to);
    YC_ASSERT(connected == 0);
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->right = true;
    c->asked = c->answered = 0;
    yc_buf_clear(&c->out);
    const struct yc_http_limits limits = yc_http_limits_default();
    yc_http_parser_init(&c->in, YC_HTTP_RESPONSE, yc_heap(), &limits);
    turn(m);
}

static void disconnect(struct client *c)
{
    (void)close(c->fd);
    c->fd = -1;
    yc_http_parser_release(&c->in);
}

static void check_answer(const struct machine *m, struct client *c)
{
    char text[64];
    const struct yc_http_message *msg = &c->in.message;
    if (!c->right)
        return;
    (void)snprintf(text, sizeof text, "/%d/%u %u", (int)(c - m->client), c->answered, c->answered % 7);
    YC_ASSERT(c->answered < c->asked && msg->status == 200 && yc_view_equal(msg->body, yc_view_text(text)));
    c->answered++;
}

static void listen_to(struct machine *m, struct client *c)
{
    static uint8_t bytes[65536];
    ssize_t got;
    while (c->fd >= 0 && (got = recv(c->fd, bytes, sizeof bytes, 0)) > 0) {
        struct yc_view in = yc_view(bytes, (size_t)got);
        while (in.n) {
            size_t used;
            enum yc_http_step step = yc_http_parser_feed(&c->in, in, &used);
            YC_ASSERT(step != YC_HTTP_BAD);
            in = yc_view_slice(in, used, in.n - used);
            if (step != YC_HTTP_DONE)
                continue;
            check_answer(m, c);
            yc_http_parser_next(&c->in);
        }
    }
}

/* So many bytes of what it has to say. */
static void send_some(struct machine *m, struct client *c, size_t n)
{
    n = n < c->out.n ? n : c->out.n;
    ssize_t sent = n ? send(c->fd, c->out.p, n, MSG_NOSIGNAL) : 0;
    yc_buf_drop(&c->out, sent > 0 ? (size_t)sent : 0);
    turn(m);
}

static void ask(const struct machine *m, struct client *c, uint8_t how)
{
    static const char body[] = "{\"id\":";
    char text[200];
    unsigned length = c->asked % 7;
    if (how == 255) {
        yc_buf_append_text(&c->out, "POST /no HTTP/1.1\r\nHost: localhost\r\n\r\n");
        c->right = false;
        return;
    }
    if (how & 1)
        (void)snprintf(text, sizeof text,
                       "POST /%d/%u HTTP/1.1\r\nHost: localhost:%u\r\nContent-Length: %u\r\n\r\n%.*s",
                       (int)(c - m->client), c->asked, m->at.port, length, (int)length, body);
    else
        (void)snprintf(
            text, sizeof text,
            "POST /%d/%u HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%.*s%s0\r\n\r\n",
            (int)(c - m->client), c->asked, length, (int)length, body, length ? "\r\n" : "");
    if (!(how & 1) && !length) /* a chunk of no length is the last */
        (void)snprintf(text, sizeof text,
                       "POST /%d/%u HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       (int)(c - m->client), c->asked);
    yc_buf_append_text(&c->out, text);
    c->asked++;
}

static void step(struct machine *m, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r), how = yc_reader_u8(r);
    struct client *c = &m->client[what % CLIENTS];
    if (c->fd < 0) {
        connect_to(m, c);
    } else if (what < 80) {
        for (unsigned i = 0; i < 1 + how / 64u && c->asked - c->answered < HELD_MAX / CLIENTS; i++)
            ask(m, c, how);
        send_some(m, c, how);
    } else if (what < 120) {
        send_some(m, c, how & 1 ? SIZE_MAX : how / 8);
    } else if (what < 150) {
        size_t left = yc_reader_left(r);
        struct yc_view bytes = yc_reader_bytes(r, how < left ? how : left);
        yc_buf_append(&c->out, bytes.p, bytes.n);
        c->right &= bytes.n == 0;
        send_some(m, c, SIZE_MAX);
    } else if (what < 165) {
        disconnect(c);
    } else if (what < 170) {
        (void)shutdown(c->fd, SHUT_WR);
        c->right = false;
    } else if (what < 210) {
        m->hold = how & 1;
        if (m->held_count)
            reply(m, how % m->held_count);
    } else {
        listen_to(m, c);
    }
    turn(m);
    struct yc_http_server_stats stats = yc_http_server_get_stats(m->server);
    YC_ASSERT(stats.connections <= CLIENTS + 1);
    YC_ASSERT(stats.requests_waiting >= m->held_count); /* an answer may be on its way to the loop */
    YC_ASSERT(stats.requests >= stats.requests_waiting);
}

static void start(struct machine *m)
{
    const struct yc_http_config config = yc_http_config_default();
    const struct yc_http_hooks hooks = {.admit = admit, .handle = handle, .abandoned = abandoned, .ctx = m};
    const struct yc_netaddr any_port = yc_netaddr_ipv4(127, 0, 0, 1, 0);
    struct yc_error err;
    yc_heap_capped_init(&m->heap, SIZE_MAX);
    bool ok = yc_loop_new(&m->loop, &m->heap.alloc, &err) == YC_VALID &&
              yc_loop_timer_new(&m->timer, m->loop, stop, m, &err) == YC_VALID &&
              yc_http_server_new(&m->server, m->loop, &m->heap.alloc, &config, &hooks, NULL, &err) == YC_VALID &&
              yc_http_server_listen(m->server, &any_port, &m->at, &err) == YC_VALID;
    YC_ASSERT(ok);
    for (unsigned i = 0; i < CLIENTS; i++) {
        m->client[i].fd = -1;
        yc_buf_init(&m->client[i].out, yc_heap(), SIZE_MAX);
    }
}

static bool settled(const struct machine *m)
{
    for (const struct client *c = m->client; c < m->client + CLIENTS; c++)
        if (c->fd >= 0 && c->right && c->answered < c->asked)
            return false;
    return m->held_count == 0;
}

/* All that was asked for is answered: then who asked rightly and is still there hears all of it, as soon as the system
 * has moved the bytes. */
static void settle(struct machine *m)
{
    const struct timespec moment = {.tv_nsec = 100000};
    m->hold = false;
    for (unsigned i = 0; i == 0 || !settled(m); i++) {
        YC_ASSERT(i < PATIENCE);
        for (struct client *c = m->client; c < m->client + CLIENTS; c++) {
            if (c->fd < 0)
                continue;
            send_some(m, c, SIZE_MAX);
            listen_to(m, c);
        }
        if (m->held_count)
            reply(m, m->held_count - 1);
        turn(m);
        if (i > HELD_MAX)
            (void)nanosleep(&moment, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *m = calloc(1, sizeof *m);
    struct yc_reader r;
    YC_ASSERT(m != NULL);
    start(m);
    yc_reader_init(&r, yc_view(data, n));
    bool sudden = yc_reader_u8(&r) & 1;
    for (unsigned i = 0; i < STEPS && yc_reader_left(&r); i++)
        step(m, &r);
    if (!sudden)
        settle(m);
    yc_http_server_free(m->server);
    while (m->held_count)
        reply(m, 0); /* nobody hears it */
    for (struct client *c = m->client; c < m->client + CLIENTS; c++) {
        if (c->fd >= 0)
            disconnect(c);
        yc_buf_release(&c->out);
    }
    yc_loop_timer_free(m->timer);
    yc_loop_free(m->loop);
    YC_ASSERT(m->heap.used_bytes == 0);
    free(m);
    return 0;
}
