/* For the tests of net/transport: a loop on a thread of its own, functions called on it, plain blocking sockets, and
 * waiting for something with a deadline. */
#ifndef YC_TESTS_UNIT_NET_TRANSPORT_NET_THREAD_H
#define YC_TESTS_UNIT_NET_TRANSPORT_NET_THREAD_H

#include "net/addr/netaddr.h"
#include "net/transport/loop.h"
#include "support/unit.h"
#include "sys/clock.h"
#include "sys/heap.h"
#include "sys/thread.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 20000 /* for what must happen; sanitizers and busy machines are slow */

struct net_thread {
    struct yc_heap_capped heap;
    struct yc_loop *loop;
    struct yc_thread thread;
};

static inline void net_thread_run(void *ctx)
{
    yc_loop_run(((struct net_thread *)ctx)->loop);
}

static inline void net_thread_init(struct net_thread *t)
{
    yc_heap_capped_init(&t->heap, (size_t)1 << 30);
    assert_int_equal(yc_loop_new(&t->loop, &t->heap.alloc, NULL), YC_VALID);
}

static inline void net_thread_start(struct net_thread *t)
{
    assert_int_equal(yc_thread_start(&t->thread, "net", net_thread_run, t, NULL), YC_VALID);
}

static inline void net_thread_stop(struct net_thread *t)
{
    yc_loop_stop(t->loop);
    yc_thread_join(&t->thread);
}

/* Everything made on the loop has been freed: nothing may be left. */
static inline void net_thread_release(struct net_thread *t)
{
    yc_loop_free(t->loop);
    assert_int_equal(atomic_load(&t->heap.used_bytes), 0);
}

static inline void sleep_ms(long ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&ts, NULL);
}

static inline int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait until the expression is true; fail after WAIT_MS. */
#define wait_for(expression)                                                                                           \
    do {                                                                                                               \
        int64_t wait_end = now_ms() + WAIT_MS;                                                                         \
        while (!(expression)) {                                                                                        \
            if (now_ms() > wait_end)                                                                                   \
                fail_msg("waited in vain for: %s", #expression);                                                       \
            sleep_ms(1);                                                                                               \
        }                                                                                                              \
    } while (0)

/* Call a function on the loop thread and wait for its end. */
struct loop_call {
    struct yc_loop_task task;
    void (*run)(void *ctx);
    void *ctx;
    atomic_bool done;
};

static inline void loop_call_run(void *ctx)
{
    struct loop_call *c = ctx;
    c->run(c->ctx);
    atomic_store(&c->done, true);
}

static inline void on_loop(struct yc_loop *l, void (*run)(void *ctx), void *ctx)
{
    struct loop_call call = {.run = run, .ctx = ctx};
    atomic_init(&call.done, false);
    call.task = (struct yc_loop_task){.run = loop_call_run, .ctx = &call};
    yc_loop_post(l, &call.task);
    wait_for(atomic_load(&call.done));
}

/* A blocking socket connected to the IPv4 loopback address; reads fail after WAIT_MS. */
static inline int plain_connect(const struct yc_netaddr *to)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(to->port)};
    struct timeval tv = {.tv_sec = WAIT_MS / 1000};
    memcpy(&in.sin_addr, to->host32 + 12, 4);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
    return fd;
}

static inline void plain_send(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        assert_true(sent > 0);
        at += sent;
        n -= (size_t)sent;
    }
}

static inline void plain_send_text(int fd, const char *text)
{
    plain_send(fd, text, strlen(text));
}

/* Exactly n bytes, or fewer at the end of the stream; returns how many. */
static inline size_t plain_recv(int fd, void *p, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t r = recv(fd, (char *)p + got, n - got, 0);
        if (r <= 0)
            break;
        got += (size_t)r;
    }
    return got;
}

/* A listening socket on the loopback address, on a port of the system's choice. */
static inline int plain_listen(struct yc_netaddr *bound, int backlog)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t n = sizeof in;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
    *bound = yc_netaddr_ipv4(127, 0, 0, 1, ntohs(in.sin_port));
    return fd;
}

#endif
