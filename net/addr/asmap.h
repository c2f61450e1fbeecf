/* A map from IP addresses to the numbers of autonomous systems (ASN), the networks that the Internet's routers know: who
 * owns one has many /16 blocks, and addresses that are to be of distinct owners are better told apart by it (catalogue
 * P24). The map is a file that the operator gives; without one, nothing changes.
 *
 * The bytes are a program over the bits of an address, most significant first. Its own bits are read from the least
 * significant of each byte on. Four instructions:
 *
 *   0      RETURN n    the answer is n
 *   10     JUMP d      takes a bit of the address: when it is 1, go on d bits behind this instruction
 *   110    MATCH m     takes as many bits as m has behind its highest one; when they differ from those, the answer is
 *                      that of the last DEFAULT
 *   111    DEFAULT n   remembers n; it is 0, for nobody's, at first
 *
 * A number is in one of several classes of so many bits each, the first of which begins at the least number: a 1 for each
 * class passed over, a 0 unless it is the last one, then its place in its class, most significant bit first.
 *
 * Any thread; depends on base alone. Source: Bitcoin Core's asmap files (without a version number). */
#ifndef YC_NET_ADDR_ASMAP_H
#define YC_NET_ADDR_ASMAP_H

#include "base/result.h"
#include "base/view.h"

/* Maps of the whole Internet take a quarter of it. */
#define YC_ASMAP_BYTES_MAX     ((size_t)8 << 20)
#define YC_ASMAP_ADDRESS_BYTES 16

/** Is this a map? Every path through it ends in an answer, takes no more than 128 bits of an address, and every bit is part
 *  of a path; it is the shortest form of what it says. Linear in its length.
 *  Returns YC_VALID, or YC_INVALID with a sentence that begins with "it" for the file. */
enum yc_verdict yc_asmap_check(struct yc_view map, struct yc_error *err) YC_MUST_USE;

/** The system's number, or 0 when the map has none for it.
 *  map   one that yc_asmap_check() found valid; of any other bytes nothing useful comes, without harm
 *  ip16  an IPv6 address, or an IPv4 one as ::ffff:a.b.c.d, in network order */
uint32_t yc_asmap_find(struct yc_view map, const uint8_t ip16[YC_ASMAP_ADDRESS_BYTES]);

#endif
