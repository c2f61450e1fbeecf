/* A set of addresses with the same leading bits, or one address of a hidden network. Any thread. */
#ifndef YC_NET_ADDR_SUBNET_H
#define YC_NET_ADDR_SUBNET_H

#include "net/addr/netaddr.h"

#define YC_SUBNET_IPV4_BITS                                                                                            \
    96 /* of prefix before an IPv4 address; fewer are a subnet of IPv6, which holds none of those */

/* Compared and hashed as its bytes: it has no padding. */
struct yc_subnet {
    uint8_t host32[32]; /* as in struct yc_netaddr; bits behind the prefix are zero */
    uint8_t hidden;
    uint8_t bits; /* 0..128; an IPv4 /n is 96 + n; of a hidden network always 128 */
};

/** Read "1.2.3.4", "1.2.3.0/24", "1.2.3.0/255.255.255.0", "2001:db8::/32", "KEY.onion". False for anything else. */
bool yc_subnet_parse(struct yc_subnet *out, const char *text) YC_MUST_USE;
#define YC_SUBNET_TEXT_MAX 72
/** With the prefix length, but for hidden networks: "1.2.3.4/32". */
void yc_subnet_print(char out[YC_SUBNET_TEXT_MAX], const struct yc_subnet *n);
bool yc_subnet_contains(const struct yc_subnet *n, const struct yc_netaddr *a);
/** The address alone. */
struct yc_subnet yc_subnet_of(const struct yc_netaddr *a);
/** Its subnet of so many bits (0..128, of an IPv4 address YC_SUBNET_IPV4_BITS at least); for a hidden network the address
 *  alone. */
struct yc_subnet yc_subnet_of_bits(const struct yc_netaddr *a, unsigned bits);

#endif
