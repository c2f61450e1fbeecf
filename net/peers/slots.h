/* Which connections to open, keep and give up. It decides; the owner connects and closes. It also keeps the list of
 * our own addresses.
 *
 * Attacks it answers (catalogue): an eclipse (P23: automatic outbound peers are of distinct network groups, "tried"
 * and "new" half and half, feelers test addresses); full inbound slots (P25: a new inbound peer may push out the least
 * valuable one, and an attacker would have to be better than honest peers in several hard ways at once; peers that relay
 * transactions, which cost more, get a share of the slots only); hammering of a dead host (retries wait longer and longer).
 *
 * Who counts where, as in Bitcoin Core: connections_max is of those that come about by themselves; of these so many are
 * outbound, feelers and questions for addresses among them, and all others are for inbound peers. Named peers have limits
 * of their own beside it.
 *
 * Thread: the owner's (core). Times are monotonic microseconds. */
#ifndef YC_NET_PEERS_SLOTS_H
#define YC_NET_PEERS_SLOTS_H

#include "net/addr/netgroup.h"
#include "net/peers/addrman.h"
#include "net/peers/bans.h"
#include "net/proto/peer.h"

#define YC_SLOT_HOST_MAX 256 /* bytes of "host:port" with NUL */

struct yc_slots_config {
    size_t full_outbound_max;       /* 8 */
    size_t block_relay_max;         /* 2 */
    size_t manual_max;              /* 8: -addnode peers connected at a time */
    size_t connections_max;         /* 125, all together but for named peers */
    unsigned inbound_relay_percent; /* 50: of the inbound slots, for peers that relay transactions */
    bool automatic;                 /* false with -connect: only the peers that were named */
    bool feelers;
    struct yc_view asmap;               /* by which addresses are grouped, as yc_netgroup_of() has it; borrowed */
    int64_t extra_interval_us;          /* between extra block-relay-only connections: 5 min on average */
    uint64_t services_wanted;           /* of addresses from the book, feelers apart */
    uint32_t networks;                  /* of addresses from the book, as yc_netaddr_in() has it */
    int64_t feeler_interval_us;         /* 2 min on average */
    int64_t retry_min_us, retry_max_us; /* named peers: 1 s, doubled up to 60 s */
};
struct yc_slots_config yc_slots_config_default(void);

/* A connection, being opened or open. The owner sets the later members as it learns them. */
struct yc_slot {
    int64_t id; /* the owner's number; never reused */
    enum yc_conn_type type;
    struct yc_netaddr addr;
    struct yc_netgroup group;
    size_t named; /* index of the named peer it was opened for, or SIZE_MAX */
    int64_t since_us;
    bool protected_from_eviction; /* YC_PERM_NOBAN */
    bool evict_first;             /* it was discouraged before it came */
    bool via_onion;               /* it came by our onion service, though its address is this host's */
    bool relays_txs;
    int64_t ping_min_us;               /* -1: not known */
    int64_t last_tx_us, last_block_us; /* when it last gave us something new; 0: never */
};

struct yc_slots;

/** alloc and random are borrowed for its life, config is copied. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_slots_new(struct yc_slots **out, const struct yc_alloc *alloc, const struct yc_random *random,
                             const struct yc_slots_config *config) YC_MUST_USE;
void yc_slots_free(struct yc_slots *s);

/* Named peers: -addnode, -connect and RPC addnode, as written ("host", "host:port", "[v6]:port"). At most 1,000. */
/** YC_INVALID when it is listed already, empty or longer than YC_SLOT_HOST_MAX - 1; YC_SYSTEM (MEMORY, FULL). */
enum yc_verdict yc_slots_name(struct yc_slots *s, const char *host, struct yc_error *err) YC_MUST_USE;
/** False when it was not listed. Open connections stay. */
bool yc_slots_unname(struct yc_slots *s, const char *host);
size_t yc_slots_named_count(const struct yc_slots *s);
/** The text of named peer i < count as written; *id is its open connection, or -1. Valid until name or unname. */
const char *yc_slots_named_at(const struct yc_slots *s, size_t i, int64_t *id);
/** An address to be asked for others, once: before any of the book's is tried. */
enum yc_verdict yc_slots_seed(struct yc_slots *s, const char *host, struct yc_error *err) YC_MUST_USE;

/* Addresses to open block-relay-only connections to before any other. At most YC_SLOT_ANCHORS_MAX; others are ignored. */
#define YC_SLOT_ANCHORS_MAX 2
void yc_slots_anchor(struct yc_slots *s, const struct yc_netaddr *addr);
/** Connect to one more full-relay peer than usual, or no longer (the owner closes the one that is too many). */
void yc_slots_one_more(struct yc_slots *s, bool wanted);
/** From now on, every five minutes or so, connect to one more block-relay-only peer than usual for a moment: it may know a
 *  chain that all others hide. The owner closes the one that is worth least. */
void yc_slots_begin_extra(struct yc_slots *s, int64_t now_us);

/* What to open next. */
struct yc_slot_want {
    enum yc_conn_type type;
    const char *host;       /* not NULL: look up this text; until the next call on s */
    struct yc_netaddr addr; /* else: connect to this */
    size_t named;           /* to be passed on to yc_slots_opening() */
    bool anchor;            /* it was given to yc_slots_anchor() */
};
struct yc_self;
/** Is there a connection to open now? Ask again after opening(), until false. Whoever opens one from the book tells the
 *  book with yc_addrman_attempt().
 *  out         undefined when there is none. A host that cannot be looked up: opening(), then closed()
 *  bans, self  may be NULL; who is banned or discouraged, and what is our own, is not offered */
bool yc_slots_next(struct yc_slots *s, struct yc_addrman *book, const struct yc_bans *bans, const struct yc_self *self,
                   struct yc_slot_want *out, struct yc_now now);
/** Monotonic time from which yc_slots_next() may have something it has not now (it may sooner after closed(), or when
 *  the book grows). */
int64_t yc_slots_next_deadline_us(const struct yc_slots *s);

/** The owner begins to connect (outbound) or accepted (inbound, named = SIZE_MAX). addr may be all zero while a name is
 *  looked up: set it later by yc_slots_set_addr(). YC_SYSTEM (MEMORY): close the connection. */
enum yc_verdict yc_slots_opening(struct yc_slots *s, int64_t id, enum yc_conn_type type, const struct yc_netaddr *addr,
                                 size_t named, int64_t now_us) YC_MUST_USE;
void yc_slots_set_addr(struct yc_slots *s, int64_t id, const struct yc_netaddr *addr);
/** Its handshake is complete, and it relays transactions or not. */
void yc_slots_ready(struct yc_slots *s, int64_t id, bool relays_txs, int64_t now_us);
/** The connection ended or could not be made. ready: the handshake had been completed (a named peer's wait starts
 *  anew). Unknown ids are ignored. */
void yc_slots_closed(struct yc_slots *s, int64_t id, bool ready, int64_t now_us);
/** The slot, for the owner to update; NULL when there is none. Valid until opening() or closed(). */
struct yc_slot *yc_slots_find(struct yc_slots *s, int64_t id);
/** Is there a connection to this address and port, in either direction? */
bool yc_slots_connected_to(const struct yc_slots *s, const struct yc_netaddr *addr);
size_t yc_slots_count(const struct yc_slots *s, enum yc_conn_type type);
size_t yc_slots_total(const struct yc_slots *s);

enum yc_admit { YC_ADMIT, YC_ADMIT_EVICT, YC_ADMIT_REFUSE };
/** May an inbound connection be accepted? YC_ADMIT_EVICT: yes, and *evict is the connection to close for it. */
enum yc_admit yc_slots_admit_inbound(struct yc_slots *s, int64_t *evict);
/** An inbound peer says that it relays transactions: may it stay, with so many others that do? YC_ADMIT_EVICT: yes, and
 *  *evict, another one of these, is to be closed for it. Its slot's relays_txs is set. */
enum yc_admit yc_slots_admit_relay(struct yc_slots *s, int64_t id, int64_t *evict);

/* Our own addresses, from -externalip and from what outbound peers tell us. At most YC_SELF_MAX. */
#define YC_SELF_MAX 16
enum yc_self_origin { YC_SELF_SEEN = 1, YC_SELF_BOUND = 2, YC_SELF_GIVEN = 4 };
struct yc_self {
    struct {
        struct yc_netaddr addr;
        uint32_t score; /* origin at first, and one more each time that a peer confirms it */
    } list[YC_SELF_MAX];
    size_t count;
};
/** Add it, or raise its score. Addresses that are not routable are ignored unless GIVEN. */
void yc_self_add(struct yc_self *s, const struct yc_netaddr *addr, enum yc_self_origin origin);
/** An outbound peer says that it sees us at addr: confirms an address on the list, and never adds one. */
void yc_self_seen(struct yc_self *s, const struct yc_netaddr *addr);
/** The address to tell that peer about, of its family where there is one. False: none. */
bool yc_self_best(const struct yc_self *s, const struct yc_netaddr *remote, struct yc_netaddr *out);
bool yc_self_has(const struct yc_self *s, const struct yc_netaddr *addr);

#endif
