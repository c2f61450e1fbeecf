/* Inbound slots: who must go when they are full. An attacker can be best in one way or another, so peers that are good
 * in ways that cannot be had all at once are protected in turn (distant groups, low ping, fresh transactions, fresh
 * blocks, long stay, some of it for networks with few peers); of the rest, the youngest of the most crowded group goes, one
 * that was discouraged before any other (catalogue P25). */
#include "base/siphash.h"
#include "net/peers/slots_internal.h"

/* Is a worth more than b in this way? Slots that do not qualify at all are never protected by it. */
struct merit {
    bool (*qualifies)(const struct yc_slot *a);
    bool (*better)(const struct yc_slots *s, const struct yc_slot *a, const struct yc_slot *b);
    size_t protect;
};

static uint64_t group_rank(const struct yc_slots *s, const struct yc_slot *a)
{
    struct yc_siphash_key key = {s->secret, 0};
    return yc_siphash(key, a->group.b, sizeof a->group.b);
}

static bool any(const struct yc_slot *a)
{
    (void)a;
    return true;
}

static bool has_ping(const struct yc_slot *a)
{
    return a->ping_min_us >= 0;
}
static bool gave_tx(const struct yc_slot *a)
{
    return a->last_tx_us > 0;
}
static bool gave_block(const struct yc_slot *a)
{
    return a->last_block_us > 0;
}
static bool gave_block_only(const struct yc_slot *a)
{
    return a->last_block_us > 0 && !a->relays_txs;
}

static bool higher_group(const struct yc_slots *s, const struct yc_slot *a, const struct yc_slot *b)
{
    return group_rank(s, a) > group_rank(s, b);
}

static bool lower_ping(const struct yc_slots *s, const struct yc_slot *a, const struct yc_slot *b)
{
    (void)s;
    return a->ping_min_us < b->ping_min_us;
}

static bool later_tx(const struct yc_slots *s, const struct yc_slot *a, const struct yc_slot *b)
{
    (void)s;
    return a->last_tx_us > b->last_tx_us;
}

static bool later_block(const struct yc_slots *s, const struct yc_slot *a, const struct yc_slot *b)
{
    (void)s;
    return a->last_block_us > b->last_block_us;
}

static bool older(const struct yc_slots *s, const struct yc_slot *a, const struct yc_slot *b)
{
    (void)s;
    return a->since_us < b->since_us;
}

/* Take the best `protect` candidates out of the list; returns how many are left. */
static size_t protect(const struct yc_slots *s, const struct yc_slot **list, size_t n, const struct merit *merit)
{
    for (size_t k = 0; k < merit->protect && n > 0; k++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (merit->qualifies(list[i]) && (best == n || merit->better(s, list[i], list[best])))
                best = i;
        if (best == n)
            break;
        list[best] = list[--n];
    }
    return n;
}

static size_t group_size(const struct yc_slot *const *list, size_t n, const struct yc_slot *of)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += yc_netgroup_equal(&list[i]->group, &of->group);
    return size;
}

/* The youngest of the largest group; of groups that are equal in size, of the one with the youngest member. */
static int64_t worst(const struct yc_slot *const *list, size_t n)
{
    const struct yc_slot *out = NULL;
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t size = group_size(list, n, list[i]);
        if (!out || size > most || (size == most && list[i]->since_us > out->since_us)) {
            most = size;
            out = list[i];
        }
    }
    return out ? out->id : -1;
}

/* Of networks whose peers lose every race for the lowest ping, and are fewer. */
enum rare { RARE_ONION, RARE_I2P, RARE_CJDNS, RARE_LOCAL, RARE_COUNT };

static bool of_rare(const struct yc_slot *a, enum rare kind)
{
    switch (kind) {
    case RARE_ONION:
        return a->via_onion || a->addr.hidden == YC_NET_TORV3;
    case RARE_I2P:
        return a->addr.hidden == YC_NET_I2P;
    case RARE_CJDNS:
        return a->addr.hidden == YC_NET_CJDNS;
    case RARE_LOCAL:
        return !a->via_onion && yc_netaddr_is_loopback(&a->addr);
    case RARE_COUNT:
        break;
    }
    return false;
}

/* Protect up to `places` of those, in turn one of each network, its oldest. */
static size_t protect_rare(const struct yc_slots *s, const struct yc_slot **list, size_t n, size_t places)
{
    for (bool found = true; found && places > 0;) {
        found = false;
        for (unsigned kind = 0; kind < RARE_COUNT && places > 0; kind++) {
            size_t best = n;
            for (size_t i = 0; i < n; i++)
                if (of_rare(list[i], (enum rare)kind) && (best == n || older(s, list[i], list[best])))
                    best = i;
            if (best == n)
                continue;
            list[best] = list[--n];
            places--;
            found = true;
        }
    }
    return n;
}

/* Where there are any that were discouraged, only those. */
static size_t evict_first_only(const struct yc_slot **list, size_t n)
{
    size_t first = 0;
    for (size_t i = 0; i < n; i++)
        if (list[i]->evict_first)
            list[first++] = list[i];
    return first ? first : n;
}

#define CANDIDATES_MAX 1024 /* of more inbound slots than this, those with the lowest numbers are looked at */

/* The inbound peer that is worth least, or -1; relays: of those that relay transactions, but for `except`. */
static int64_t evictee(const struct yc_slots *s, bool relays, int64_t except)
{
    static const struct merit merits[] = {
        {any, higher_group, 4},       {has_ping, lower_ping, 8},
        {gave_tx, later_tx, 4},       {gave_block_only, later_block, 8},
        {gave_block, later_block, 4},
    };
    const struct yc_slot *list[CANDIDATES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < s->count && n < CANDIDATES_MAX; i++)
        if (s->slot[i].type == YC_CONN_INBOUND && !s->slot[i].protected_from_eviction && s->slot[i].id != except &&
            (s->slot[i].relays_txs || !relays))
            list[n++] = &s->slot[i];
    for (size_t i = 0; i < sizeof merits / sizeof merits[0]; i++)
        n = protect(s, list, n, &merits[i]);
    /* Half of the rest for their age, up to half of those from rare networks. */
    size_t staying = n / 2, before = n;
    n = protect_rare(s, list, n, staying / 2);
    n = protect(s, list, n, &(struct merit){any, older, staying - (before - n)});
    return worst(list, evict_first_only(list, n));
}

static size_t inbound_max(const struct yc_slots *s)
{
    return s->config.connections_max - yc_slots_outbound_max(s);
}

enum yc_admit yc_slots_admit_inbound(struct yc_slots *s, int64_t *evict)
{
    size_t max = inbound_max(s);
    *evict = -1;
    if (yc_slots_count(s, YC_CONN_INBOUND) < max)
        return YC_ADMIT;
    if (max > 0)
        *evict = evictee(s, false, -1);
    return *evict >= 0 ? YC_ADMIT_EVICT : YC_ADMIT_REFUSE;
}

enum yc_admit yc_slots_admit_relay(struct yc_slots *s, int64_t id, int64_t *evict)
{
    size_t max = inbound_max(s) * s->config.inbound_relay_percent / 100, relay = 0;
    struct yc_slot *slot = yc_slots_find(s, id);
    *evict = -1;
    if (slot)
        slot->relays_txs = true;
    for (size_t i = 0; i < s->count; i++)
        relay += s->slot[i].type == YC_CONN_INBOUND && s->slot[i].relays_txs;
    if (relay <= max)
        return YC_ADMIT;
    *evict = evictee(s, true, id);
    return *evict >= 0 ? YC_ADMIT_EVICT : YC_ADMIT_REFUSE;
}
