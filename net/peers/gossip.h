/* The gossip of addresses: what addr, addrv2 and getaddr messages do to the address book, and what is told to whom.
 *
 * Attacks it answers (catalogue): floods of addresses (P11: tokens for each peer, fixed queues); learning our
 * neighbours from what we tell (P34: getaddr is answered once, to inbound peers only, from an answer that is kept for a
 * day; fresh addresses go to two peers that a secret hash chooses anew each day).
 *
 * Thread: the owner's (core). Source: Bitcoin Core's rules for address relay; BIP 155. */
#ifndef YC_NET_PEERS_GOSSIP_H
#define YC_NET_PEERS_GOSSIP_H

#include "net/peers/addrman.h"
#include "net/peers/bans.h"
#include "net/peers/slots.h"
#include "net/proto/peer.h"

#define YC_GOSSIP_QUEUE 100  /* addresses that wait for one peer; more replace random ones */
#define YC_GOSSIP_KNOWN 1024 /* addresses that are remembered as known to one peer */

/* One peer's part. The owner keeps it beside the peer, from join() to leave(); it must not move. */
struct yc_gossip_peer {
    struct yc_peer *peer;
    struct yc_gossip_peer *next, *prev;
    struct yc_addr_tokens tokens; /* processed and limited are what getpeerinfo shows */
    bool enabled;                 /* takes part: getpeerinfo's addr_relay_enabled */
    bool asked, answered;         /* we sent getaddr; we answered one */
    int64_t since_us;
    int64_t send_at_us, announce_at_us;
    struct yc_addr_entry queue[YC_GOSSIP_QUEUE];
    size_t queued;
    uint64_t known[YC_GOSSIP_KNOWN]; /* a ring of keyed hashes; 0: empty */
    size_t known_next;
};

struct yc_gossip {
    struct yc_addrman *book;
    const struct yc_bans *bans; /* may be NULL */
    const struct yc_self *self; /* may be NULL: nothing is announced */
    const struct yc_random *random;
    const struct yc_log *log; /* may be NULL */
    uint32_t networks; /* whose addresses go into the book, as yc_netaddr_in() has it; others are only passed on */
    bool cjdns;        /* fc00::/8 is CJDNS here */
    bool discover;     /* peers are told the address at which they see us, where it may be true */
    uint16_t port;     /* at which we listen; of the addresses that outbound peers see us at */
    bool quiet;        /* we are still catching up, and of no use to others: our own address is not told */
    struct yc_siphash_key key;
    struct yc_gossip_peer *first;
    int64_t due_us;       /* nothing is to be sent before, maybe later */
    int64_t ask_again_us; /* whether there is an address of our own to tell: there was none */
};

/** Everything is borrowed for its life. The members networks, cjdns, discover, port and quiet are the owner's to set after. */
void yc_gossip_init(struct yc_gossip *g, struct yc_addrman *book, const struct yc_bans *bans,
                    const struct yc_self *self, const struct yc_random *random, const struct yc_log *log);
/** The peer's handshake is over. An outbound peer that is not block-relay-only or a feeler is asked for addresses. */
void yc_gossip_join(struct yc_gossip *g, struct yc_gossip_peer *gp, struct yc_peer *peer, struct yc_now now);
void yc_gossip_leave(struct yc_gossip *g, struct yc_gossip_peer *gp);
/** It sent addr or addrv2. The list's bytes are only read during the call. */
void yc_gossip_on_addr(struct yc_gossip *g, struct yc_gossip_peer *gp, const struct yc_addr_list *list,
                       struct yc_now now);
/** It sent getaddr. */
void yc_gossip_on_getaddr(struct yc_gossip *g, struct yc_gossip_peer *gp, struct yc_now now);
/** Send what is due: queued addresses every 30 s on average, and our own about once a day. */
void yc_gossip_tick(struct yc_gossip *g, struct yc_now now);
/** Monotonic time before which yc_gossip_tick() has nothing to do; INT64_MAX: never, as things are. */
int64_t yc_gossip_next_deadline_us(const struct yc_gossip *g);

#endif
