/* TCP over sockets of this machine, as a program of the input: others connect to us, we connect to them, straight or through a
 * proxy that answers rightly or with any bytes; both sides send, read, pause and close at any time. Every stream of bytes
 * arrives whole and in order, what was handed over is counted until it was consumed, each connection ends once and nothing is
 * heard of it afterwards (catalogue P01, P03, P33). */
#include "base/assert.h"
#include "base/reader.h"
#include "net/transport/tcp.h"
#include "sys/heap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNS    24 /* ever */
#define STEPS    100
#define PATIENCE 100000 /* looks, of 0.1 ms and more */
#define GREETING 3      /* bytes of what we say to a proxy first, */
#define QUESTION 16     /* and then */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum life { NONE, OPENING, OPEN, OVER };

struct conn {
    uint64_t id;
    enum life life;
    int fd;                      /* the other side's; -1: closed */
    uint16_t port;               /* the other side's */
    unsigned proxied;            /* bytes that the proxy is still to read before the target's stream begins */
    bool refused;                /* the proxy said no, or nonsense */
    bool ours_closed;            /* we asked for its end, at once */
    size_t said, heard_by_other; /* our stream */
    size_t other_said, heard, held;
};

struct machine {
    struct yc_heap_capped heap;
    struct yc_loop *loop;
    struct yc_loop_timer *timer;
    struct yc_tcp *tcp;
    struct yc_netaddr at, host; /* where we listen, and the other side */
    int host_fd;
    size_t count;
    struct conn conn[CONNS];
};

/* Byte k of a stream. */
static uint8_t byte_of(const struct conn *c, size_t k)
{
    return (uint8_t)(k * 7 + (k >> 8) + c->port);
}

static void stop(void *ctx)
{
    struct machine *m = ctx;
    yc_loop_stop(m->loop);
}

static void turn(struct machine *m)
{
    for (unsigned i = 0; i < 2; i++) {
        yc_loop_timer_set(m->timer, 0);
        yc_loop_run(m->loop);
    }
}

static void wait_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = 100000};
    (void)nanosleep(&moment, NULL);
}

static struct conn *find(struct machine *m, uint64_t id)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->conn[i].id == id && m->conn[i].life != NONE)
            return &m->conn[i];
    return NULL;
}

/* ---- what we hear ---- */

static void on_accepted(void *ctx, uint64_t id, const struct yc_netaddr *remote, const struct yc_netaddr *local)
{
    struct machine *m = ctx;
    YC_ASSERT(local->port == m->at.port && !find(m, id));
    size_t i = 0;
    while (i < m->count && (m->conn[i].life != NONE || m->conn[i].port != remote->port))
        i++;
    YC_ASSERT(i < m->count); /* it came from there */
    m->conn[i].id = id;
    m->conn[i].life = OPEN;
}

static void on_connected(void *ctx, uint64_t id, const struct yc_netaddr *remote, const struct yc_netaddr *local)
{
    struct machine *m = ctx;
    struct conn *c = find(m, id);
    (void)local;
    YC_ASSERT(c && c->life == OPENING && !c->refused && c->proxied == 0 && remote->port == m->host.port);
    c->life = OPEN;
}

static void on_connect_failed(void *ctx, uint64_t id, enum yc_tcp_reason reason)
{
    struct conn *c = find(ctx, id);
    YC_ASSERT(c && c->life == OPENING && c->heard == 0);
    YC_ASSERT(c->refused || c->fd < 0 || c->ours_closed);
    YC_ASSERT(yc_tcp_reason_text(reason)[0]);
    c->life = OVER;
}

static void on_bytes(void *ctx, uint64_t id, struct yc_view bytes)
{
    struct conn *c = find(ctx, id);
    YC_ASSERT(c && c->life == OPEN && bytes.n > 0);
    for (size_t i = 0; i < bytes.n; i++)
        YC_ASSERT(bytes.p[i] == byte_of(c, c->heard + i));
    c->heard += bytes.n;
    c->held += bytes.n;
    YC_ASSERT(c->heard <= c->other_said);
}

static void on_drained(void *ctx, uint64_t id, size_t queued)
{
    struct conn *c = find(ctx, id);
    YC_ASSERT(c && c->life == OPEN && queued <= yc_tcp_limits_default().send_low_bytes);
}

static void on_closed(void *ctx, uint64_t id, enum yc_tcp_reason reason)
{
    struct conn *c = find(ctx, id);
    YC_ASSERT(c && c->life == OPEN);
    YC_ASSERT(c->fd < 0 || c->ours_closed || reason == YC_TCP_RESET);
    c->life = OVER;
}

/* ---- the other side ---- */

static void ready(int fd)
{
    const struct linger hard = {.l_onoff = 1}; /* no port waits for two minutes */
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in at;
    socklen_t n = sizeof at;
    int known = getsockname(fd, (struct sockaddr *)&at, &n);
    YC_ASSERT(known == 0);
    return ntohs(at.sin_port);
}

static int open_socket(struct machine *m, bool listens)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = listens ? 0 : htons(m->at.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    YC_ASSERT(fd >= 0);
    int made = listens ? bind(fd, (const struct sockaddr *)&at, sizeof at) || listen(fd, 16)
                       : connect(fd, (const struct sockaddr *)&at, sizeof at);
    YC_ASSERT(made == 0);
    ready(fd);
    return fd;
}

static void visit(struct machine *m)
{
    struct conn *c = &m->conn[m->count];
    *c = (struct conn){.fd = open_socket(m, false)};
    c->port = port_of(c->fd);
    m->count++;
    for (unsigned i = 0; c->life == NONE; i++) {
        YC_ASSERT(i < PATIENCE);
        turn(m);
        if (c->life == NONE)
            wait_a_moment();
    }
}

/* To the other side, by it as a proxy, or where nobody listens. */
static void connect_to(struct machine *m, uint8_t how)
{
    struct conn *c = &m->conn[m->count];
    struct yc_netaddr to = how % 8 == 7 ? yc_netaddr_ipv4(127, 0, 0, 1, 1) : m->host;
    struct yc_socks_target target = {.host = "a.example", .port = 8333};
    struct yc_error err;
    bool proxied = how & 1 && how % 8 != 7;
    *c = (struct conn){.fd = -1, .life = OPENING, .port = how, .proxied = proxied ? GREETING + QUESTION : 0};
    enum yc_verdict v = proxied ? yc_tcp_connect_by(m->tcp, &c->id, &m->host, &target, &err)
                                : yc_tcp_connect(m->tcp, &c->id, &to, &err);
    YC_ASSERT(v == YC_VALID);
    m->count++;
    c->fd = how % 8 == 7 ? -1 : -2;
    for (unsigned i = 0; c->fd == -2; i++) {
        YC_ASSERT(i < PATIENCE && c->life != OVER);
        int fd = accept(m->host_fd, NULL, NULL);
        if (fd >= 0)
            ready(c->fd = fd);
        else
            wait_a_moment();
        if (fd < 0)
            turn(m);
    }
}

/* The proxy's part: read what we say to it, answer rightly, or as the input says. */
static void be_proxy(struct conn *c, struct yc_reader *r, uint8_t how)
{
    static const uint8_t yes[] = {5, 0, 0, 1, 127, 0, 0, 1, 0x20, 0x8d};
    uint8_t bytes[QUESTION], wrong[4] = {how, 1, 9, how};
    bool first = c->proxied == GREETING + QUESTION;
    size_t wanted = first ? GREETING : QUESTION;
    ssize_t got = recv(c->fd, bytes, wanted, MSG_PEEK);
    if (got < (ssize_t)wanted)
        return;
    (void)!recv(c->fd, bytes, wanted, 0);
    YC_ASSERT(bytes[0] == 5 && bytes[1] == 1 && bytes[2] == 0);
    c->proxied -= (unsigned)wanted;
    if (how % 16 == 15) {
        for (unsigned i = 1; i < sizeof wrong; i++)
            wrong[i] = (uint8_t)(wrong[i] ^ yc_reader_u8(r));
        c->refused = true;
        (void)!send(c->fd, wrong, sizeof wrong, MSG_NOSIGNAL);
    } else {
        (void)!send(c->fd, yes, first ? 2 : sizeof yes, MSG_NOSIGNAL);
    }
}

/* The target's bytes may come in one piece with the proxy's last ones, but not before it has answered. */
static void other_says(struct conn *c, size_t n)
{
    static uint8_t bytes[65536];
    if (c->proxied || c->refused)
        return;
    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_of(c, c->other_said + i);
    ssize_t sent = n ? send(c->fd, bytes, n, MSG_NOSIGNAL) : 0;
    c->other_said += sent > 0 ? (size_t)sent : 0;
}

static bool other_hears(struct conn *c, size_t n)
{
    static uint8_t bytes[65536];
    if (c->proxied)
        return false;
    ssize_t got = n ? recv(c->fd, bytes, n, 0) : 0;
    for (ssize_t i = 0; i < got; i++)
        YC_ASSERT(bytes[i] == byte_of(c, c->heard_by_other + (size_t)i));
    c->heard_by_other += got > 0 ? (size_t)got : 0;
    YC_ASSERT(c->heard_by_other <= c->said);
    return got > 0;
}

/* ---- steps ---- */

static void say(struct machine *m, struct conn *c, size_t n)
{
    uint8_t *bytes = yc_alloc_new(&m->heap.alloc, n + 1);
    size_t queued = 0;
    YC_ASSERT(bytes != NULL);
    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_of(c, c->said + i);
    enum yc_verdict v = yc_tcp_send(m->tcp, c->id, yc_view(bytes, n), &queued);
    YC_ASSERT(v == YC_VALID && queued <= yc_tcp_limits_default().send_max_bytes);
    yc_alloc_free(&m->heap.alloc, bytes, n + 1);
    c->said += c->life == OVER || c->ours_closed ? 0 : n;
}

static void consume(struct machine *m, struct conn *c, size_t n)
{
    n = n < c->held ? n : c->held;
    yc_tcp_consumed(m->tcp, c->id, n);
    c->held -= n;
}

static void step(struct machine *m, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r), who = yc_reader_u8(r), how = yc_reader_u8(r);
    struct conn *c = m->count ? &m->conn[who % m->count] : NULL;
    if (!c || what < 40) {
        if (m->count < CONNS && how & 1)
            visit(m);
        else if (m->count < CONNS)
            connect_to(m, how >> 1);
    } else if (what < 90) {
        if (c->life != OVER)
            say(m, c, (size_t)how * how);
    } else if (what < 120) {
        consume(m, c, (size_t)how << 8);
    } else if (what < 130) {
        yc_tcp_pause(m->tcp, c->id, how & 1);
    } else if (what < 138) {
        yc_tcp_close(m->tcp, c->id, how & 1 ? YC_TCP_CLOSE_NOW : YC_TCP_CLOSE_FLUSH);
        c->ours_closed = true;
    } else if (what < 146 && c->fd >= 0) {
        (void)close(c->fd);
        c->fd = -1;
    } else if (what < 190 && c->fd >= 0 && c->proxied) {
        be_proxy(c, r, how);
    } else if (what < 190 && c->fd >= 0) {
        other_says(c, (size_t)how * how);
    } else if (c->fd >= 0) {
        (void)other_hears(c, (size_t)how << 8);
    }
    turn(m);
    struct yc_tcp_totals totals = yc_tcp_get_totals(m->tcp);
    size_t held = 0, there = 0;
    for (size_t i = 0; i < m->count; i++) {
        held += m->conn[i].held;
        there += m->conn[i].life != OVER;
    }
    YC_ASSERT(totals.held_bytes == held && totals.connections <= there);
}

/* Everybody who is still there reads, and all that was said is heard. */
static void settle(struct machine *m)
{
    for (size_t i = 0; i < m->count; i++) {
        struct conn *c = &m->conn[i];
        yc_tcp_pause(m->tcp, c->id, false);
        for (unsigned k = 0; c->fd >= 0 && c->life == OPEN && !c->ours_closed; k++) {
            YC_ASSERT(k < PATIENCE);
            consume(m, c, SIZE_MAX);
            bool more = other_hears(c, 65536);
            turn(m);
            if (c->heard == c->other_said && c->heard_by_other == c->said)
                break;
            if (!more)
                wait_a_moment();
        }
    }
}

static void start(struct machine *m)
{
    const struct yc_tcp_limits limits = yc_tcp_limits_default();
    const struct yc_tcp_events events = {.accepted = on_accepted,
                                         .connected = on_connected,
                                         .connect_failed = on_connect_failed,
                                         .bytes = on_bytes,
                                         .drained = on_drained,
                                         .closed = on_closed,
                                         .ctx = m};
    const struct yc_netaddr any_port = yc_netaddr_ipv4(127, 0, 0, 1, 0);
    struct yc_error err;
    yc_heap_capped_init(&m->heap, SIZE_MAX);
    bool ok = yc_loop_new(&m->loop, &m->heap.alloc, &err) == YC_VALID &&
              yc_loop_timer_new(&m->timer, m->loop, stop, m, &err) == YC_VALID &&
              yc_tcp_new(&m->tcp, m->loop, &m->heap.alloc, &events, &limits, NULL, &err) == YC_VALID &&
              yc_tcp_listen(m->tcp, &any_port, &m->at, &err) == YC_VALID;
    YC_ASSERT(ok);
    m->host_fd = open_socket(m, true);
    m->host = yc_netaddr_ipv4(127, 0, 0, 1, port_of(m->host_fd));
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
    for (size_t i = 0; i < m->count; i++)
        if (m->conn[i].fd >= 0)
            (void)close(m->conn[i].fd);
    (void)close(m->host_fd);
    yc_tcp_free(m->tcp);
    yc_loop_timer_free(m->timer);
    yc_loop_free(m->loop);
    YC_ASSERT(m->heap.used_bytes == 0);
    free(m);
    return 0;
}
