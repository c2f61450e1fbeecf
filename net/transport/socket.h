/* What sockets need in several files of net/transport: addresses in the system's form, listening, errors as reasons.
 * Not for other modules. Any thread. */
#ifndef YC_NET_TRANSPORT_SOCKET_H
#define YC_NET_TRANSPORT_SOCKET_H

#include "net/addr/netaddr.h"
#include "net/transport/tcp.h"

#include <sys/socket.h>

/** The system's form of an address; IPv4 becomes AF_INET. Returns its length. */
socklen_t yc_socket_address(struct sockaddr_storage *out, const struct yc_netaddr *a);
/** The other way; false for a family that is neither AF_INET nor AF_INET6. */
bool yc_socket_read_address(struct yc_netaddr *out, const struct sockaddr *sa);
/** The local address of a socket; all zeros when it has none. */
struct yc_netaddr yc_socket_local(int fd);

/** A non-blocking, close-on-exec TCP socket without Nagle's delay; -1 with errno. */
int yc_socket_new(const struct yc_netaddr *a);
/** The same settings for an accepted socket. */
void yc_socket_tune(int fd);

/** Bind and listen; *fd is the caller's. bound (may be NULL) gets the address with the port in use.
 *  YC_SYSTEM (IO) with a sentence. */
enum yc_verdict yc_socket_listen(int *fd, const struct yc_netaddr *addr, struct yc_netaddr *bound,
                                 struct yc_error *err) YC_MUST_USE;

/** Why a connection failed or broke, from errno. */
enum yc_tcp_reason yc_socket_reason(int error);

/** True when errno says that the call should be tried again once the socket is ready. */
bool yc_socket_would_block(int error);

#endif
