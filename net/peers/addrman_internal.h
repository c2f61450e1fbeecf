/* The address book's inside: for net/peers/addrman*.c alone. */
#ifndef YC_NET_PEERS_ADDRMAN_INTERNAL_H
#define YC_NET_PEERS_ADDRMAN_INTERNAL_H

#include "base/map.h"
#include "net/addr/netgroup.h"
#include "net/peers/addrman.h"

#define NEW_PLACES       (YC_ADDRMAN_NEW_BUCKETS * YC_ADDRMAN_BUCKET_SLOTS)
#define TRIED_PLACES     (YC_ADDRMAN_TRIED_BUCKETS * YC_ADDRMAN_BUCKET_SLOTS)
#define RESPONSE_CACHES  8
#define RESPONSE_MAX     1000
#define RESPONSE_PERCENT 23

/* An address and all that is known of it. A slot of the book's array; slots are numbered and reused. */
struct item {
    struct yc_addrman_entry e;
    int64_t last_counted_s; /* when an attempt was last counted as failed */
    uint32_t order;         /* where it is in the list of all */
    uint8_t refs;           /* new buckets that it is in */
};

/* An answer to getaddr that is kept for a day. */
struct response {
    struct yc_netaddr local;
    int64_t until_s;
    struct yc_addr_entry *entries; /* RESPONSE_MAX of them, or NULL */
    size_t count;
};

/* The buckets of a table that hold something, in any order: random picks need not look at empty ones, of which a young
 * network's book is full. */
struct filled {
    uint32_t count;
    uint16_t bucket[YC_ADDRMAN_NEW_BUCKETS], where[YC_ADDRMAN_NEW_BUCKETS]; /* where[bucket[i]] == i */
    uint64_t places[YC_ADDRMAN_NEW_BUCKETS];                                /* taken in each bucket, a bit for each */
};

struct yc_addrman {
    const struct yc_alloc *alloc;
    const struct yc_random *random;
    struct yc_view asmap;
    uint8_t key32[32];
    struct yc_siphash_key key;
    struct yc_map index; /* address and port -> slot */
    struct item *items;
    uint32_t *order;      /* slots in use, in any order: for random picks */
    uint32_t *free_slots; /* those below `used` that are not in use */
    uint32_t cap, used, count, free_count;
    uint32_t tried_count;
    int64_t last_good_s;
    uint32_t collisions[YC_ADDRMAN_COLLISIONS_MAX]; /* slots of newcomers that wait */
    size_t collision_count;
    struct response responses[RESPONSE_CACHES];
    uint32_t new_table[YC_ADDRMAN_NEW_BUCKETS][YC_ADDRMAN_BUCKET_SLOTS]; /* slot + 1; 0: empty */
    uint32_t tried_table[YC_ADDRMAN_TRIED_BUCKETS][YC_ADDRMAN_BUCKET_SLOTS];
    struct filled new_filled, tried_filled;
};

/* A place in one of the two tables. */
struct place {
    uint32_t bucket, position;
};

#define NO_SLOT UINT32_MAX

uint32_t yc_addrman_slot(const struct yc_addrman *a, const struct yc_netaddr *addr); /* NO_SLOT: not in the book */
/** A new item with refs 0, or NO_SLOT without memory. The caller gives it a place or drops it. */
uint32_t yc_addrman_make(struct yc_addrman *a, const struct yc_addrman_entry *e);
void yc_addrman_drop(struct yc_addrman *a, uint32_t slot);
struct place yc_addrman_new_place(const struct yc_addrman *a, const struct yc_netaddr *addr,
                                  const struct yc_netaddr *source);
struct place yc_addrman_new_place_in(const struct yc_addrman *a, const struct yc_netaddr *addr, uint32_t bucket);
struct place yc_addrman_tried_place(const struct yc_addrman *a, const struct yc_netaddr *addr);
/** Put slot + 1, or 0 for nothing, into a place; the only way to write the tables. Counts are the caller's. */
void yc_addrman_set_new(struct yc_addrman *a, struct place at, uint32_t held);
void yc_addrman_set_tried(struct yc_addrman *a, struct place at, uint32_t held);
/** Move it from "new" to "tried"; what was in its place goes back to "new". */
void yc_addrman_make_tried(struct yc_addrman *a, uint32_t slot);
/** Not worth keeping or telling: from the future, not seen for a month, or failed again and again. */
bool yc_addrman_terrible(const struct yc_addrman_entry *e, int64_t now_s);

#endif
