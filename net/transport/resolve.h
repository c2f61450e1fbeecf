/* Host names to addresses, by the system's resolver (getaddrinfo), which may block for long: the asynchronous form
 * does it on a thread of its own. Numeric addresses and "localhost" (RFC 6761) never ask the system. */
#ifndef YC_NET_TRANSPORT_RESOLVE_H
#define YC_NET_TRANSPORT_RESOLVE_H

#include "net/addr/netaddr.h"
#include "net/transport/loop.h"

#define YC_RESOLVE_MAX   32  /* addresses of one name that are kept */
#define YC_HOST_TEXT_MAX 256 /* bytes of a host name and a NUL */

/** Look host ("example.org", "localhost", "::1", no port) up on this thread; may block for many seconds.
 *  out    room for max addresses, each with the port; IPv4 and IPv6 in the system's order, without repeats
 *  count  1..max on success
 *  YC_NOT_YET with a sentence when the name has no address, or no name server answers; YC_INVALID when host is
 *  empty, over 255 bytes or holds a NUL, a control character or a space. */
enum yc_verdict yc_resolve(struct yc_netaddr *out, size_t *count, size_t max, struct yc_view host, uint16_t port,
                           struct yc_error *err) YC_MUST_USE;

struct yc_resolver;

/** The answer, on the loop thread. verdict and error text as of yc_resolve(); list is valid for the call. */
typedef void (*yc_resolved)(void *ctx, enum yc_verdict verdict, const struct yc_netaddr *list, size_t count,
                            const char *error_text);

/** A resolver with one thread, started at the first request. alloc must be safe to use from any thread and outlive
 *  the process's last lookup: a lookup in progress cannot be cut short and is left behind by yc_resolver_free().
 *  Loop thread. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_resolver_new(struct yc_resolver **out, struct yc_loop *l, const struct yc_alloc *alloc,
                                struct yc_error *err) YC_MUST_USE;

/** Look a name up and call done later, never inside this call. Any thread. Requests are answered in order.
 *  YC_SYSTEM (MEMORY, or FULL over 256 waiting requests) and YC_INVALID as above: then done is not called. */
enum yc_verdict yc_resolver_ask(struct yc_resolver *r, struct yc_view host, uint16_t port, yc_resolved done, void *ctx,
                                struct yc_error *err) YC_MUST_USE;

/** Forget what was asked: done is not called any more. Does not wait. Loop thread, not inside done; NULL is
 *  fine. */
void yc_resolver_free(struct yc_resolver *r);

#endif
