/* The talk with a proxy before a connection is the target's. */
#include "net/transport/tcp_conn.h"

#include <errno.h>
#include <sys/socket.h>

#include "net/transport/socket.h"

#define PROXY_TIMEOUT_MS 20000 /* Tor may need that long to build a circuit */

/* What we say fits into any send buffer: a proxy that has not taken it is one that does not work. */
static void send_out(struct yc_tcp_conn *c)
{
    size_t n = c->socks->out_n;
    if (n > 0 && send(c->fd, c->socks->out, n, MSG_NOSIGNAL) != (ssize_t)n)
        yc_tcp_finish(c, YC_TCP_BY_PROXY);
}

void yc_tcp_proxy_begin(struct yc_tcp_conn *c)
{
    c->state = YC_TCP_AT_PROXY;
    event_del(&c->writable);
    yc_tcp_arm(&c->deadline, PROXY_TIMEOUT_MS);
    yc_tcp_arm(&c->readable, -1);
    send_out(c);
}

bool yc_tcp_proxy_readable(struct yc_tcp_conn *c)
{
    struct yc_socks *s = c->socks;
    uint8_t bytes[sizeof s->in];
    /* Never more than the answer: what follows it is the target's. */
    ssize_t n = recv(c->fd, bytes, s->wanted - s->in_n, 0);
    if (n < 0 && yc_socket_would_block(errno))
        return false;
    if (n <= 0) {
        yc_tcp_finish(c, n < 0 ? yc_socket_reason(errno) : YC_TCP_BY_PROXY);
        return false;
    }
    switch (yc_socks_feed(s, bytes, (size_t)n)) {
    case YC_SOCKS_MORE:
        send_out(c);
        return false;
    case YC_SOCKS_FAILED:
        yc_log_debug(c->tcp->log, YC_LOGC_NET, "Socks5() connect to %s:%u failed: %s", s->target.host, s->target.port,
                     s->error);
        yc_tcp_finish(c, YC_TCP_BY_PROXY);
        return false;
    case YC_SOCKS_DONE:
        break;
    }
    yc_alloc_free(c->tcp->alloc, s, sizeof *s);
    c->socks = NULL;
    return true;
}
