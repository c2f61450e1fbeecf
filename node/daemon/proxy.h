/* Ways out of the machine other than its own network: SOCKS5 proxies by network. Only node/daemon sees this. */
#ifndef YC_NODE_DAEMON_PROXY_H
#define YC_NODE_DAEMON_PROXY_H

#include "net/addr/netaddr.h"
#include "net/transport/socks.h"
#include "sys/options.h"

#define YC_PROXY_NAMES 0 /* in place of a network's number: what names are looked up by */

struct yc_proxies {
    struct {
        bool used;
        struct yc_netaddr at;
        char text[YC_NETADDR_TEXT_MAX];
    } by[YC_NET_COUNT]; /* by network */
    bool randomize;     /* each connection has credentials of its own, so that Tor keeps them apart */
    uint64_t isolated;  /* connections that had */
    uint64_t prefix;    /* of their credentials: no other program's on the same proxy are the same */
};

/** Read -proxy, -onion and -proxyrandomize. A proxy is a numeric address or localhost, with a port or with Tor's (9050).
 *  YC_INVALID with a sentence. */
enum yc_verdict yc_proxies_read(struct yc_proxies *p, const struct yc_options *o, struct yc_error *err) YC_MUST_USE;

/** The proxy that leads to addresses of a network, or by which names are looked up; NULL: none. */
const struct yc_netaddr *yc_proxies_to(const struct yc_proxies *p, unsigned network);

/** What to ask a proxy for: the host and port, with new credentials where connections are kept apart. False when the
 *  host's name is too long. */
bool yc_proxies_target(struct yc_proxies *p, struct yc_socks_target *out, const char *host, uint16_t port) YC_MUST_USE;

#endif
