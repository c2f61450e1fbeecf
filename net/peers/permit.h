/* What the owner of the node allows some peers beyond others: the rules of -whitelist (who the peer is) and -whitebind
 * (where it connected to), and what they come to for one peer.
 *
 * A rule is "PERMISSIONS@WHERE" or "WHERE" alone; PERMISSIONS are names with commas between them. Read once at start,
 * then constant: any thread. */
#ifndef YC_NET_PEERS_PERMIT_H
#define YC_NET_PEERS_PERMIT_H

#include "net/peers/bans.h"
#include "net/proto/peer.h"

struct yc_permit {
    uint32_t permissions;   /* enum yc_peer_permission, or-ed; 0 allows nothing more */
    bool implicit;          /* no names were given: the permissions are those of a trusted peer */
    bool inbound, outbound; /* for connections of which direction */
    bool by_bind;           /* true: bound decides (-whitebind), false: subnet (-whitelist) */
    struct yc_subnet subnet;
    struct yc_netaddr bound;
};

/** Read a rule of -whitelist: "[PERMISSIONS@]ADDRESS[/BITS]". Without names: relay, mempool, noban, download, for
 *  inbound peers. Names are bloomfilter, noban, forcerelay, mempool, download, relay, addr, all, and the directions in
 *  and out. YC_INVALID with a sentence. */
enum yc_verdict yc_permit_parse(struct yc_permit *out, const char *text, struct yc_error *err) YC_MUST_USE;
/** Read a rule of -whitebind: "[PERMISSIONS@]ADDRESS:PORT", which is also an address to listen on. YC_INVALID. */
enum yc_verdict yc_permit_parse_bind(struct yc_permit *out, const char *text, struct yc_error *err) YC_MUST_USE;

/** The permissions of a peer: those of every rule that fits it.
 *  inbound  whether it connected to us, at local */
uint32_t yc_permit_of(const struct yc_permit *rules, size_t count, const struct yc_netaddr *remote,
                      const struct yc_netaddr *local, bool inbound);

/** The name of the i-th permission that is set, in the order in which they are shown; NULL when there are fewer. Static. */
const char *yc_permit_name(uint32_t permissions, size_t i);

#endif
