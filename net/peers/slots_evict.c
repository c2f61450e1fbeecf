/* Inbound slots: who must go when they are full. An attacker can be best in one way or another, so peers that are good
 * in ways that cannot be had all at once are protected in turn (distant groups, low ping, fresh transactions, fresh
 * blocks, long stay); of the rest, the youngest of the most crowded group goes (catalogue P25). */
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

#define CANDIDATES_MAX 1024 /* of more inbound slots than this, those with the lowest numbers are looked at */

int64_t yc_slots_evictee(const struct yc_slots *s)
{
    static const struct merit merits[] = {
        {any, higher_group, 4},       {has_ping, lower_ping, 8},
        {gave_tx, later_tx, 4},       {gave_block_only, later_block, 8},
        {gave_block, later_block, 4},
    };
    const struct yc_slot *list[CANDIDATES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < s->count && n < CANDIDATES_MAX; i++)
        if (s->slot[i].type == YC_CONN_INBOUND && !s->slot[i].protected_from_eviction)
            list[n++] = &s->slot[i];
    for (size_t i = 0; i < sizeof merits / sizeof merits[0]; i++)
        n = protect(s, list, n, &merits[i]);
    n = protect(s, list, n, &(struct merit){any, older, n / 2});
    return worst(list, n);
}

enum yc_admit yc_slots_admit_inbound(struct yc_slots *s, int64_t *evict)
{
    const struct yc_slots_config *c = &s->config;
    /* Places of outbound connections are not given away. */
    size_t kept = c->full_outbound_max + c->block_relay_max + (c->feelers ? 1 : 0);
    size_t inbound_max = c->connections_max > kept ? c->connections_max - kept : 0;
    *evict = -1;
    if (s->count < c->connections_max && yc_slots_count(s, YC_CONN_INBOUND) < inbound_max)
        return YC_ADMIT;
    if (inbound_max > 0)
        *evict = yc_slots_evictee(s);
    return *evict >= 0 ? YC_ADMIT_EVICT : YC_ADMIT_REFUSE;
}
