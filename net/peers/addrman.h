/* The address book: where other nodes may be. It remembers what peers gossip ("new") apart from what once worked
 * ("tried"), each in buckets that are chosen by a secret key, and picks addresses to connect to by chance.
 *
 * Attacks it answers (catalogue P23, an eclipse): one who floods us with his addresses reaches only the buckets that
 * his own network groups lead to (a source group leads to 64 of the 1024 new buckets, an address group to 8 of the 256
 * tried ones); an address enters "tried" only when we connected to it, never because it connected to us; it pushes out
 * one that is there only after that one was tested and found dead; gossip is limited by tokens (P11: struct
 * yc_addr_tokens); what we tell about our book is the same for a day (P34). Memory is bounded by the two tables, and
 * slots are reused by number, so no id can overflow (P11).
 *
 * Thread: the owner's (core). Times are wall-clock seconds, passed in; randomness comes from the source given.
 * Source: Bitcoin's address manager; Heilman et al. 2015, "Eclipse Attacks on Bitcoin's Peer-to-Peer Network". */
#ifndef YC_NET_PEERS_ADDRMAN_H
#define YC_NET_PEERS_ADDRMAN_H

#include "base/buf.h"
#include "base/random.h"
#include "net/proto/message.h"

#define YC_ADDRMAN_NEW_BUCKETS    1024
#define YC_ADDRMAN_TRIED_BUCKETS  256
#define YC_ADDRMAN_BUCKET_SLOTS   64
#define YC_ADDRMAN_NEW_REFS_MAX   8  /* new buckets that one address may be in */
#define YC_ADDRMAN_COLLISIONS_MAX 10 /* tests under way of "tried" entries that newcomers would push out */

struct yc_addrman;

struct yc_addrman_entry {
    struct yc_netaddr addr;
    struct yc_netaddr source; /* who told us first */
    uint64_t services;
    int64_t time_s;         /* last seen, as far as we believe it */
    int64_t last_try_s;     /* 0: never */
    int64_t last_success_s; /* 0: never */
    uint32_t attempts;      /* failed ones since the last success */
    bool tried;
};

/** An empty book. alloc, random and asmap are borrowed for its life.
 *  asmap  by which addresses are grouped, as yc_netgroup_of() has it
 *  key32  the secret that chooses buckets: from the random source for a new book. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_addrman_new(struct yc_addrman **out, const struct yc_alloc *alloc, const struct yc_random *random,
                               struct yc_view asmap, const uint8_t key32[32]) YC_MUST_USE;
void yc_addrman_free(struct yc_addrman *a);

/** Note an address that source told us of.
 *  any         also addresses that are not routable on the Internet (regtest, -connect's, RPC addpeeraddress)
 *  time_s      last seen, as claimed; penalty_s is taken off unless the source speaks of itself (gossip: 2 hours)
 *  Returns true when it is now in a bucket where it was not. */
bool yc_addrman_add(struct yc_addrman *a, const struct yc_netaddr *addr, uint64_t services, int64_t time_s,
                    const struct yc_netaddr *source, int64_t penalty_s, bool any, int64_t now_s);

/** We connected to it and its version was good: move it to "tried". When its place there is taken it waits as a
 *  collision. Returns true when it is in "tried" now. Unknown addresses are ignored. */
bool yc_addrman_good(struct yc_addrman *a, const struct yc_netaddr *addr, int64_t now_s);
/** We try to connect to it; count_failure: count it as a failure until good() (false when our own network may be
 *  down). */
void yc_addrman_attempt(struct yc_addrman *a, const struct yc_netaddr *addr, bool count_failure, int64_t now_s);
/** A connection to it ended or goes on: refresh its time (at most every 20 minutes). */
void yc_addrman_connected(struct yc_addrman *a, const struct yc_netaddr *addr, int64_t now_s);
void yc_addrman_set_services(struct yc_addrman *a, const struct yc_netaddr *addr, uint64_t services);

/** Pick one by chance: recently failed ones are unlikely; "tried" and "new" are equally likely.
 *  new_only  for feelers. False when there is none. */
bool yc_addrman_select(struct yc_addrman *a, bool new_only, struct yc_addrman_entry *out, int64_t now_s);
/** An entry of "tried" that a newcomer would push out, to be tested by a feeler; false when there is none. */
bool yc_addrman_select_collision(struct yc_addrman *a, struct yc_addrman_entry *out);
/** Settle the collisions whose test is over: keep the old entry when it was reached lately, else put in the newcomer.
 *  Call before each choice of a connection. */
void yc_addrman_resolve_collisions(struct yc_addrman *a, int64_t now_s);

bool yc_addrman_find(const struct yc_addrman *a, const struct yc_netaddr *addr, struct yc_addrman_entry *out);

/** A random sample without terrible entries (too old, future, failed too often).
 *  max, percent  at most so many, and at most that share of the book; 0: no limit
 *  out           room for as many as min(max, yc_addrman_count()). Returns how many. */
size_t yc_addrman_sample(struct yc_addrman *a, struct yc_addr_entry *out, size_t max, unsigned percent, int64_t now_s);
/** The answer to getaddr: at most 1,000 and 23 % of the book, the same for 21 to 27 hours for those who reach us at
 *  the same address and port, so that answers tell nobody when our book changes (P34).
 *  *out is valid until the next call. Returns how many. */
size_t yc_addrman_response(struct yc_addrman *a, const struct yc_netaddr *local, const struct yc_addr_entry **out,
                           int64_t now_s);

size_t yc_addrman_count(const struct yc_addrman *a);
size_t yc_addrman_new_count(const struct yc_addrman *a);
size_t yc_addrman_tried_count(const struct yc_addrman *a);
/* How many addresses of a network are in "new" and in "tried". */
struct yc_addrman_counts {
    size_t in_new, in_tried;
};
/** Of each network by its number; all of them together at 0. */
void yc_addrman_count_networks(const struct yc_addrman *a, struct yc_addrman_counts out[YC_NET_COUNT]);
/* What the map says of the book's IP addresses. */
struct yc_addrman_systems {
    size_t addresses, systems, unmapped;
};
/** YC_SYSTEM: no memory to count in. */
enum yc_verdict yc_addrman_count_systems(const struct yc_addrman *a, struct yc_addrman_systems *out) YC_MUST_USE;
/** NULL, or in what the book contradicts itself, which it never does. Looks at every place. */
const char *yc_addrman_check(const struct yc_addrman *a);
/** Memory held, in bytes. */
size_t yc_addrman_bytes(const struct yc_addrman *a);

/* For RPC getrawaddrman: walk all places; an address in several new buckets comes several times. */
struct yc_addrman_place {
    struct yc_addrman_entry entry;
    bool tried;
    uint32_t bucket, position;
};
/** *at starts at 0; false at the end. */
bool yc_addrman_next_place(const struct yc_addrman *a, size_t *at, struct yc_addrman_place *out);

/** Append the whole book, with its key and a checksum, to out (peers.dat). Check out->failed. */
void yc_addrman_write(const struct yc_addrman *a, struct yc_buf *out);
/** Read it back. *out is made only when YC_VALID. Where it was written under another map than asmap, each address gets the
 *  one place that its source leads to now, and those whose place is taken are forgotten; two of "tried" whose places fall
 *  together do not, and the one that comes later is "new".
 *  YC_INVALID with a sentence when the bytes are damaged or of another version: the caller moves the file aside and
 *  starts with an empty book. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_addrman_parse(struct yc_addrman **out, struct yc_view bytes, const struct yc_alloc *alloc,
                                 const struct yc_random *random, struct yc_view asmap,
                                 struct yc_error *err) YC_MUST_USE;

/* How many gossiped addresses one peer may still have us consider: 0.1 a second, at most 1,000 saved up. */
struct yc_addr_tokens {
    int64_t micro_tokens;
    int64_t updated_us;
    uint64_t processed, limited; /* for getpeerinfo: addr_processed, addr_rate_limited */
};
/** A new peer may send one. */
void yc_addr_tokens_init(struct yc_addr_tokens *t, int64_t mono_us);
/** We asked with getaddr: allow a full answer beyond the limit. */
void yc_addr_tokens_grant(struct yc_addr_tokens *t, unsigned count);
/** May one more address be considered now? Counts it either way. */
bool yc_addr_tokens_take(struct yc_addr_tokens *t, int64_t mono_us);

#endif
