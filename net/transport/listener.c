#include "net/transport/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/transport/loop_event.h"
#include "net/transport/socket.h"

#define ACCEPTS_PER_TURN 64 /* then other sockets get their turn */
#define BACKOFF_MIN_MS   100
#define BACKOFF_MAX_MS   1000

struct yc_listener {
    const struct yc_alloc *alloc;
    const struct yc_log *log;
    int fd;
    struct event *readable;
    struct yc_loop_timer *retry;
    int64_t backoff_ms;
    yc_listener_accepted accepted;
    void *ctx;
    struct yc_netaddr address;
    struct yc_listener *next;
};

static void go_on(void *ctx)
{
    struct yc_listener *l = ctx;
    if (event_add(l->readable, NULL) != 0)
        yc_loop_timer_set(l->retry, BACKOFF_MAX_MS);
}

static void back_off(struct yc_listener *l, int error)
{
    char text[YC_NETADDR_TEXT_MAX];
    yc_netaddr_print(text, &l->address);
    yc_log_warning(l->log, "cannot accept connections on %s for now: %s; trying again in %lld ms", text,
                   strerror(error), (long long)l->backoff_ms);
    event_del(l->readable);
    yc_loop_timer_set(l->retry, l->backoff_ms);
    l->backoff_ms = l->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : l->backoff_ms * 2;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_listener *l = ctx;
    (void)what;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage sa;
        socklen_t n = sizeof sa;
        struct yc_netaddr remote;
        int s = accept(fd, (struct sockaddr *)&sa, &n);
        if (s < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                back_off(l, errno);
            else if (errno == ECONNABORTED || errno == EPROTO)
                continue;
            return;
        }
        l->backoff_ms = BACKOFF_MIN_MS;
        if (!yc_socket_read_address(&remote, (struct sockaddr *)&sa) || evutil_make_socket_nonblocking(s) != 0 ||
            evutil_make_socket_closeonexec(s) != 0) {
            close(s);
            continue;
        }
        yc_socket_tune(s);
        l->accepted(l->ctx, s, &remote);
    }
}

enum yc_verdict yc_listener_new(struct yc_listener **out, struct yc_loop *loop, const struct yc_alloc *alloc, int fd,
                                const struct yc_log *log, yc_listener_accepted accepted, void *ctx,
                                struct yc_error *err)
{
    *out = NULL;
    struct yc_listener *l = yc_alloc_new(alloc, sizeof *l);
    if (!l) {
        close(fd);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to listen");
    }
    *l = (struct yc_listener){.alloc = alloc, .log = log, .fd = fd, .accepted = accepted, .ctx = ctx};
    l->backoff_ms = BACKOFF_MIN_MS;
    l->address = yc_socket_local(fd);
    l->readable = event_new(yc_loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, l);
    enum yc_verdict v = yc_loop_timer_new(&l->retry, loop, go_on, l, err);
    if (v == YC_VALID && (!l->readable || event_add(l->readable, NULL) != 0))
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to listen");
    if (v == YC_VALID)
        *out = l;
    else
        yc_listener_free(l);
    return v;
}

void yc_listener_free(struct yc_listener *l)
{
    if (!l)
        return;
    if (l->readable)
        event_free(l->readable);
    yc_loop_timer_free(l->retry);
    close(l->fd);
    yc_alloc_free(l->alloc, l, sizeof *l);
}

struct yc_netaddr yc_listener_address(const struct yc_listener *l)
{
    return l->address;
}

struct yc_listener **yc_listener_next(struct yc_listener *l)
{
    return &l->next;
}
