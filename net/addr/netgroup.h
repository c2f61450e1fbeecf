/* What addresses say about who owns them: network groups, and which are reachable from the Internet. Any thread. With a
 * map of autonomous systems an IP address's group is its system (catalogue P24); that of one which the map does not know,
 * and of all without a map, is told by its leading bits.
 * Source: Bitcoin's grouping (IPv4 /16, IPv6 /32, tunnels by their IPv4 address; Tor and
 * I2P by 4 bits, CJDNS by 12: keys and hashes cost little, so few groups are all that there are); RFC 1918, 2544, 3849, 3927, 3964,
 * 4193, 4380, 4843, 4862, 5737, 6052, 6145, 6598, 7343. */
#ifndef YC_NET_ADDR_NETGROUP_H
#define YC_NET_ADDR_NETGROUP_H

#include "net/addr/asmap.h"
#include "net/addr/netaddr.h"

/* All addresses of a group are thought to be one owner's. Compared byte by byte. */
struct yc_netgroup {
    uint8_t b[8]; /* kind, then the leading bytes, then zeros */
};

/** asmap  one that yc_asmap_check() found valid, or empty */
struct yc_netgroup yc_netgroup_of(const struct yc_netaddr *a, struct yc_view asmap);
/** The autonomous system that it is in, by its IPv4 address where it is a tunnel's; 0: the map does not say, or it is no
 *  routable IP address. */
uint32_t yc_netaddr_system(const struct yc_netaddr *a, struct yc_view asmap);
static inline bool yc_netgroup_equal(const struct yc_netgroup *a, const struct yc_netgroup *b)
{
    return !memcmp(a->b, b->b, sizeof a->b);
}
/** May other nodes on the Internet reach it? */
bool yc_netaddr_is_routable(const struct yc_netaddr *a);

#endif
