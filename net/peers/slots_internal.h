/* The inside of the slots: for net/peers/slots*.c alone. */
#ifndef YC_NET_PEERS_SLOTS_INTERNAL_H
#define YC_NET_PEERS_SLOTS_INTERNAL_H

#include "net/peers/slots.h"

struct named {
    char host[YC_SLOT_HOST_MAX];
    int64_t id; /* of its connection, or -1 */
    int64_t retry_at_us, wait_us;
};

struct yc_slots {
    const struct yc_alloc *alloc;
    const struct yc_random *random;
    struct yc_slots_config config;
    uint64_t secret; /* orders network groups in a way that nobody outside can aim at */
    struct yc_slot *slot;
    size_t count, cap, count_of[YC_CONN_TYPE_COUNT];
    struct named *named;
    size_t named_count, named_cap;
    struct named *seed; /* in use from seed_next on */
    size_t seed_count, seed_cap, seed_next;
    int64_t automatic_at_us, feeler_at_us; /* not before */
    int64_t step_us;                       /* between automatic openings, as things are */
    struct yc_netaddr anchor[YC_SLOT_ANCHORS_MAX];
    size_t anchor_count;
    bool one_more;       /* full-relay peer than usual */
    int64_t extra_at_us; /* when to try one more block-relay-only peer; INT64_MAX: not */
};

/** How many of connections_max may be outbound; the rest is for inbound peers. */
size_t yc_slots_outbound_max(const struct yc_slots *s);

#endif
