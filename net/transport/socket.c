#include "net/transport/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define LISTEN_BACKLOG 1024

socklen_t yc_socket_address(struct sockaddr_storage *out, const struct yc_netaddr *a)
{
    memset(out, 0, sizeof *out);
    if (yc_netaddr_is_ipv4(a)) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
        memcpy(&in.sin_addr, a->host32 + 12, 4);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    memcpy(&in6.sin6_addr, a->host32, 16);
    memcpy(out, &in6, sizeof in6);
    return sizeof in6;
}

bool yc_socket_read_address(struct yc_netaddr *out, const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        uint8_t ip4[4];
        memcpy(&in, sa, sizeof in);
        memcpy(ip4, &in.sin_addr, 4);
        *out = yc_netaddr_ipv4(ip4[0], ip4[1], ip4[2], ip4[3], ntohs(in.sin_port));
        return true;
    }
    if (sa->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, sa, sizeof in6);
    *out = (struct yc_netaddr){.port = 0};
    memcpy(out->host32, &in6.sin6_addr, YC_IP_BYTES);
    out->port = ntohs(in6.sin6_port);
    return true;
}

struct yc_netaddr yc_socket_local(int fd)
{
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    struct yc_netaddr out = {.port = 0};
    if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0 || !yc_socket_read_address(&out, (struct sockaddr *)&sa))
        memset(&out, 0, sizeof out);
    return out;
}

void yc_socket_tune(int fd)
{
    /* Messages are written whole; waiting for more to fill a segment would only delay pings and blocks. A socket
     * without it works as well, so a failure is nobody's concern. */
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int yc_socket_new(const struct yc_netaddr *a)
{
    int family = yc_netaddr_is_ipv4(a) ? AF_INET : AF_INET6;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd >= 0)
        yc_socket_tune(fd);
    return fd;
}

static enum yc_verdict listen_failed(int fd, const struct yc_netaddr *addr, int error, struct yc_error *err)
{
    char text[YC_NETADDR_TEXT_MAX];
    const char *hint = "";
    yc_netaddr_print(text, addr);
    if (error == EADDRINUSE)
        hint = "; another program listens there, perhaps another ycoind: stop it or choose another port";
    else if (error == EADDRNOTAVAIL)
        hint = "; the address is not one of this machine's";
    else if (error == EACCES)
        hint = "; ports below 1024 need privileges: choose a higher one";
    if (fd >= 0)
        close(fd);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "cannot listen on %s: %s%s", text, strerror(error), hint);
}

enum yc_verdict yc_socket_listen(int *fd, const struct yc_netaddr *addr, struct yc_netaddr *bound, struct yc_error *err)
{
    struct sockaddr_storage sa;
    socklen_t n = yc_socket_address(&sa, addr);
    int on = 1;
    *fd = -1;
    int s = yc_socket_new(addr);
    if (s < 0)
        return listen_failed(s, addr, errno, err);
    /* Without REUSEADDR a restart must wait for the old connections' TIME_WAIT; on Linux it does not let two programs
     * listen at one address. */
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (sa.ss_family == AF_INET6 && setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
        bind(s, (struct sockaddr *)&sa, n) != 0 || listen(s, LISTEN_BACKLOG) != 0)
        return listen_failed(s, addr, errno, err);
    if (bound)
        *bound = yc_socket_local(s);
    *fd = s;
    return YC_VALID;
}

enum yc_tcp_reason yc_socket_reason(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return YC_TCP_REFUSED;
    case ETIMEDOUT:
        return YC_TCP_TIMEOUT;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EACCES:
    case EPERM:
    case EINVAL:
        return YC_TCP_UNREACHABLE;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return YC_TCP_NO_RESOURCES;
    default:
        return YC_TCP_RESET;
    }
}

bool yc_socket_would_block(int error)
{
    return error == EAGAIN || error == EINTR;
}

const char *yc_tcp_reason_text(enum yc_tcp_reason reason)
{
    switch (reason) {
    case YC_TCP_BY_US:
        return "closed by us";
    case YC_TCP_BY_PEER:
        return "closed by the peer";
    case YC_TCP_RESET:
        return "connection reset";
    case YC_TCP_REFUSED:
        return "connection refused";
    case YC_TCP_TIMEOUT:
        return "timed out";
    case YC_TCP_UNREACHABLE:
        return "unreachable";
    case YC_TCP_SEND_OVERFLOW:
        return "send buffer full";
    case YC_TCP_BY_PROXY:
        return "refused by the proxy";
    case YC_TCP_NO_RESOURCES:
        return "out of files or memory";
    }
    return "?";
}
