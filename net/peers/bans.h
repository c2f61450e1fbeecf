/* Who may not connect: subnets banned by the person who runs the node, and addresses discouraged for misbehaviour.
 *
 * Attack it answers (catalogue P09): a hundred thousand addresses that misbehave so that lists grow. Discouraged
 * addresses are kept in two generations of a table of fixed size (the older is forgotten when the newer is full), bans
 * are bounded, and both are looked up without a walk over all entries of a kind that peers can grow.
 *
 * Thread: the owner's (core). Times are wall-clock seconds. Saving (banlist.json) is the owner's: yc_bans_at(). */
#ifndef YC_NET_PEERS_BANS_H
#define YC_NET_PEERS_BANS_H

#include "base/map.h"
#include "net/addr/subnet.h"

#define YC_BANS_MAX        10000
#define YC_DISCOURAGED_MAX 25000 /* in a generation */

struct yc_ban {
    struct yc_subnet subnet;
    int64_t created_s, until_s;
};

struct yc_bans {
    const struct yc_alloc *alloc;
    struct yc_ban *ban; /* sorted by network, address, prefix length */
    size_t count, cap;
    size_t per_bits[129];     /* bans of each prefix length */
    struct yc_map young, old; /* discouraged: struct yc_subnet of one address -> nothing */
};

/** alloc is borrowed; the seed is random in production. */
void yc_bans_init(struct yc_bans *b, const struct yc_alloc *alloc, struct yc_siphash_key seed);
void yc_bans_release(struct yc_bans *b);

/** Ban a subnet until until_s (> now_s); a ban of the same subnet is replaced when the new one ends later.
 *  YC_INVALID when it is banned for at least as long already; YC_SYSTEM (FULL at YC_BANS_MAX, MEMORY). */
enum yc_verdict yc_bans_add(struct yc_bans *b, const struct yc_subnet *n, int64_t now_s, int64_t until_s,
                            struct yc_error *err) YC_MUST_USE;
/** The same with the time at which it was made, for reading a saved list. */
enum yc_verdict yc_bans_restore(struct yc_bans *b, const struct yc_ban *ban, struct yc_error *err) YC_MUST_USE;
/** False when exactly this subnet is not banned. */
bool yc_bans_remove(struct yc_bans *b, const struct yc_subnet *n);
/** Forget all bans; discouraged addresses stay. */
void yc_bans_clear(struct yc_bans *b);
/** Drop the bans that are over; true when there were any. */
bool yc_bans_sweep(struct yc_bans *b, int64_t now_s);
/** Ban i < b->count. Valid until the next change. */
static inline const struct yc_ban *yc_bans_at(const struct yc_bans *b, size_t i)
{
    return &b->ban[i];
}
bool yc_bans_match(const struct yc_bans *b, const struct yc_netaddr *a, int64_t now_s);
bool yc_bans_match_subnet(const struct yc_bans *b, const struct yc_subnet *n, int64_t now_s);

/** It misbehaved: do not connect to it, and let it in only while inbound slots are free. Never fails: without memory it
 *  is not remembered. */
void yc_bans_discourage(struct yc_bans *b, const struct yc_netaddr *a);
bool yc_bans_discouraged(const struct yc_bans *b, const struct yc_netaddr *a);

#endif
