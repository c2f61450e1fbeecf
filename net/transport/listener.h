/* A listening socket on the loop. Not for other modules; loop thread.
 *
 * Attack it answers (catalogue P38, R05): when the process is out of files, accept() fails at once and the socket stays
 * readable, so that the loop would spin. Accepting pauses then, for 100 ms at first and up to 1 s. */
#ifndef YC_NET_TRANSPORT_LISTENER_H
#define YC_NET_TRANSPORT_LISTENER_H

#include "base/log.h"
#include "net/addr/netaddr.h"
#include "net/transport/loop.h"

struct yc_listener;

/** The socket is non-blocking, tuned, and the callee's. */
typedef void (*yc_listener_accepted)(void *ctx, int fd, const struct yc_netaddr *remote);

/** Accept on fd, which is taken (also on failure). YC_SYSTEM (MEMORY). */
enum yc_verdict yc_listener_new(struct yc_listener **out, struct yc_loop *l, const struct yc_alloc *alloc, int fd,
                                const struct yc_log *log, yc_listener_accepted accepted, void *ctx,
                                struct yc_error *err) YC_MUST_USE;
/** Not inside accepted(). NULL is fine. */
void yc_listener_free(struct yc_listener *l);
struct yc_netaddr yc_listener_address(const struct yc_listener *l);

/* Listeners may be kept in a list of the owner's: link it through here. */
struct yc_listener **yc_listener_next(struct yc_listener *l);

#endif
