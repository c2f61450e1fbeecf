/* A network address: where a node is, on one of five networks, and its port. An IPv4 address is an IPv6 one of the form
 * ::ffff:a.b.c.d. The hidden networks are reached through a proxy of the person who runs the node: Tor (an onion
 * service's public key), I2P (the hash of a destination) and CJDNS (an IPv6 address that means a key).
 *
 * Names are looked up by net/transport/resolve.h, never here. Any thread.
 * Source: BIP 155; RFC 5952 (text of IPv6); Tor's rend-spec-v3 (text and checksum of onion addresses). */
#ifndef YC_NET_ADDR_NETADDR_H
#define YC_NET_ADDR_NETADDR_H

#include "base/result.h"
#include "base/view.h"

/* BIP 155's numbers. */
enum yc_addr_network {
    YC_NET_IPV4 = 1,
    YC_NET_IPV6 = 2,
    YC_NET_TORV2 = 3, /* gone from the network: never made, ignored where it comes */
    YC_NET_TORV3 = 4,
    YC_NET_I2P = 5,
    YC_NET_CJDNS = 6
};
#define YC_NET_COUNT 7 /* numbers below it are BIP 155's */

/* Bytes of host32 that a form does not use are zero. */
struct yc_netaddr {
    uint8_t
        host32[32]; /* IP and CJDNS: 16 bytes, network byte order; Tor: public key; I2P: SHA-256 of the destination */
    uint16_t port;  /* host byte order; 0 = not given, and always so for I2P */
    uint8_t hidden; /* 0: an IP address; else YC_NET_TORV3, YC_NET_I2P or YC_NET_CJDNS */
};

#define YC_IP_BYTES 16 /* of host32, that an IP address takes */

#define YC_NETADDR_HOST_TEXT_MAX 64 /* longest address without port, an onion service's, and a NUL */
#define YC_NETADDR_TEXT_MAX      72 /* the same with ":65535"; "[" and "]" around an IPv6 address */

enum yc_addr_network yc_netaddr_network(const struct yc_netaddr *a);
/** "ipv4", "ipv6", "onion", "i2p", "cjdns" as RPC and -onlynet say; NULL for numbers that are none of these. */
const char *yc_network_name(unsigned network);
/** The network of that name ("tor" too), or 0. */
unsigned yc_network_of_name(const char *name);

/** Is its network one of these (bits 1 << enum yc_addr_network)? 0 stands for all of them. */
bool yc_netaddr_in(const struct yc_netaddr *a, uint32_t networks);

/** Read "1.2.3.4", "1.2.3.4:8333", "::1", "[::1]", "[::1]:8333", "KEY.onion:8333", "HASH.b32.i2p"; an IPv6 address with a port
 *  needs its brackets. fc00::/8 is read as IPv6: yc_netaddr_as_cjdns() makes it one of CJDNS where that is used.
 *  default_port  the port when the text has none
 *  Returns false, and leaves *out undefined, for anything else: names, zones (%eth0), port 0 or above 65535, space, an
 *  onion address whose checksum is wrong. */
bool yc_netaddr_parse(struct yc_netaddr *out, const char *text, uint16_t default_port) YC_MUST_USE;

/** The address without its port: "127.0.0.1", "::1", "KEY.onion". */
void yc_netaddr_print_host(char out[YC_NETADDR_HOST_TEXT_MAX], const struct yc_netaddr *a);
/** The address and its port: "127.0.0.1:8333", "[::1]:8333", "KEY.onion:8333". */
void yc_netaddr_print(char out[YC_NETADDR_TEXT_MAX], const struct yc_netaddr *a);

/** Cut "host", "host:port" or "[v6]:port" in two without judging the host: *host is a view into text, without brackets.
 *  *port becomes default_port when the text has none. False when the port is not 1..65535, brackets do not match,
 *  or the host is empty. A bare IPv6 address (two colons or more, no brackets) is all host. */
bool yc_netaddr_split(struct yc_view *host, uint16_t *port, const char *text, uint16_t default_port) YC_MUST_USE;

struct yc_netaddr yc_netaddr_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
/** network: YC_NET_TORV3 or YC_NET_I2P (whose port is made 0). */
struct yc_netaddr yc_netaddr_of_key(enum yc_addr_network network, const uint8_t key32[32], uint16_t port);
/** An IPv6 address of fc00::/8 as one of CJDNS; any other as it is. */
struct yc_netaddr yc_netaddr_as_cjdns(const struct yc_netaddr *a);
bool yc_netaddr_is_ipv4(const struct yc_netaddr *a);
/** 127.0.0.0/8 or ::1. */
bool yc_netaddr_is_loopback(const struct yc_netaddr *a);
/** 0.0.0.0 or ::, which bind to every interface. */
bool yc_netaddr_is_any(const struct yc_netaddr *a);
/** Same address and port. */
bool yc_netaddr_equal(const struct yc_netaddr *a, const struct yc_netaddr *b);
/** Same address, whatever the port. */
bool yc_netaddr_same_host(const struct yc_netaddr *a, const struct yc_netaddr *b);

/* An address and its port as bytes: what maps are keyed by and files hold. */
#define YC_NETADDR_BYTES 35 /* kind, 32 bytes of address, port (big-endian) */
void yc_netaddr_write(uint8_t out35[YC_NETADDR_BYTES], const struct yc_netaddr *a);
/** False when the kind is none of ours, or bytes that must be zero are not. */
bool yc_netaddr_read(struct yc_netaddr *out, const uint8_t in35[YC_NETADDR_BYTES]) YC_MUST_USE;

#endif
