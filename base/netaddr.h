/* A network address: an IPv6 address or an IPv4 one mapped into it (::ffff:a.b.c.d), and a port. Numbers only: names
 * are looked up by net/transport/resolve.h. Any thread. */
#ifndef YC_BASE_NETADDR_H
#define YC_BASE_NETADDR_H

#include "base/result.h"
#include "base/view.h"

struct yc_netaddr {
    uint8_t ip16[16]; /* network byte order; ::ffff:a.b.c.d for IPv4 */
    uint16_t port;    /* host byte order; 0 = not given */
};

#define YC_NETADDR_IP_TEXT_MAX 46 /* longest IPv6 text and a NUL */
#define YC_NETADDR_TEXT_MAX    56 /* "[" IPv6 "]:65535" and a NUL */

/** Read "1.2.3.4", "1.2.3.4:8333", "::1", "[::1]" or "[::1]:8333"; an IPv6 address with a port needs its brackets.
 *  default_port  the port when the text has none
 *  Returns false, and leaves *out undefined, for anything else: names, zones (%eth0), port 0 or above 65535, space. */
bool yc_netaddr_parse(struct yc_netaddr *out, const char *text, uint16_t default_port) YC_MUST_USE;

/** The address without its port, as RFC 5952 writes it ("127.0.0.1", "::1"). */
void yc_netaddr_print_ip(char out[YC_NETADDR_IP_TEXT_MAX], const struct yc_netaddr *a);
/** The address and its port: "127.0.0.1:8333", "[::1]:8333". */
void yc_netaddr_print(char out[YC_NETADDR_TEXT_MAX], const struct yc_netaddr *a);

/** Cut "host", "host:port" or "[v6]:port" in two without judging the host: *host is a view into text, without brackets.
 *  *port becomes default_port when the text has none. False when the port is not 1..65535, brackets do not match,
 *  or the host is empty. A bare IPv6 address (two colons or more, no brackets) is all host. */
bool yc_netaddr_split(struct yc_view *host, uint16_t *port, const char *text, uint16_t default_port) YC_MUST_USE;

struct yc_netaddr yc_netaddr_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
bool yc_netaddr_is_ipv4(const struct yc_netaddr *a);
/** 127.0.0.0/8 or ::1. */
bool yc_netaddr_is_loopback(const struct yc_netaddr *a);
/** 0.0.0.0 or ::, which bind to every interface. */
bool yc_netaddr_is_any(const struct yc_netaddr *a);
/** Same address and port. */
bool yc_netaddr_equal(const struct yc_netaddr *a, const struct yc_netaddr *b);
/** Same address, whatever the port. */
bool yc_netaddr_same_ip(const struct yc_netaddr *a, const struct yc_netaddr *b);

#endif
