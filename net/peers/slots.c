#include "net/peers/slots.h"

#include "base/assert.h"
#include "net/peers/slots_internal.h"

#include <stdio.h>

#define SECOND_US INT64_C(1000000)
#define NAMED_MAX 1000
/* Between automatic openings: a flat network must not be hammered. When the book offers only what was tried minutes ago, or
 * nothing, each wait is twice the last: whoever is there answers at once, and a small network, in which some places stay
 * empty for ever, is not dialled twice a second. */
#define AUTOMATIC_STEP_US 500000
#define IDLE_STEP_US      (5 * SECOND_US)
#define STEP_MAX_US       (60 * SECOND_US)
#define PICKS_MAX         100
#define RECENT_TRY_S      600
#define RECENT_PICKS      30 /* after so many picks an address that was just tried will do */

struct yc_slots_config yc_slots_config_default(void)
{
    return (struct yc_slots_config){
        .full_outbound_max = 8,
        .block_relay_max = 2,
        .manual_max = 8,
        .connections_max = 125,
        .inbound_relay_percent = 50,
        .automatic = true,
        .feelers = true,
        .feeler_interval_us = 120 * SECOND_US,
        .extra_interval_us = 300 * SECOND_US,
        .retry_min_us = SECOND_US,
        .retry_max_us = 60 * SECOND_US,
    };
}

enum yc_verdict yc_slots_new(struct yc_slots **out, const struct yc_alloc *alloc, const struct yc_random *random,
                             const struct yc_slots_config *config)
{
    struct yc_slots *s = yc_alloc_new(alloc, sizeof *s);
    if (!s)
        return YC_SYSTEM;
    *s = (struct yc_slots){
        .alloc = alloc, .random = random, .config = *config, .step_us = AUTOMATIC_STEP_US, .extra_at_us = INT64_MAX};
    s->secret = yc_random_u64(random);
    *out = s;
    return YC_VALID;
}

void yc_slots_free(struct yc_slots *s)
{
    if (!s)
        return;
    yc_alloc_free(s->alloc, s->slot, s->cap * sizeof *s->slot);
    yc_alloc_free(s->alloc, s->named, s->named_cap * sizeof *s->named);
    yc_alloc_free(s->alloc, s->seed, s->seed_cap * sizeof *s->seed);
    yc_alloc_free(s->alloc, s, sizeof *s);
}

/* A list of names of which *count are in use, with room for one more. */
static bool room_for_name(const struct yc_alloc *alloc, struct named **list, size_t count, size_t *cap)
{
    if (count < *cap)
        return true;
    size_t n = *cap ? 2 * *cap : 8;
    struct named *p = yc_alloc_resize(alloc, *list, *cap * sizeof *p, n * sizeof *p);
    if (!p)
        return false;
    *list = p;
    *cap = n;
    return true;
}

static enum yc_verdict add_name(const struct yc_slots *s, struct named **list, size_t *count, size_t *cap,
                                const char *host, struct yc_error *err)
{
    size_t n = strlen(host);
    if (n == 0 || n >= YC_SLOT_HOST_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "A peer's name of %zu characters cannot be: give HOST or HOST:PORT of at most %d characters", n,
                       YC_SLOT_HOST_MAX - 1);
    for (size_t i = 0; i < *count; i++)
        if (!strcmp((*list)[i].host, host))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "The peer %s is on the list already", host);
    if (*count == NAMED_MAX)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_FULL, "%d peers are named already: remove one before adding %s",
                       NAMED_MAX, host);
    if (!room_for_name(s->alloc, list, *count, cap))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while adding the peer %s", host);
    struct named *entry = &(*list)[*count];
    *entry = (struct named){.id = -1, .retry_at_us = INT64_MIN, .wait_us = s->config.retry_min_us};
    memcpy(entry->host, host, n + 1);
    (*count)++;
    return YC_VALID;
}

enum yc_verdict yc_slots_name(struct yc_slots *s, const char *host, struct yc_error *err)
{
    return add_name(s, &s->named, &s->named_count, &s->named_cap, host, err);
}

enum yc_verdict yc_slots_seed(struct yc_slots *s, const char *host, struct yc_error *err)
{
    return add_name(s, &s->seed, &s->seed_count, &s->seed_cap, host, err);
}

bool yc_slots_unname(struct yc_slots *s, const char *host)
{
    for (size_t i = 0; i < s->named_count; i++) {
        if (strcmp(s->named[i].host, host) != 0)
            continue;
        memmove(&s->named[i], &s->named[i + 1], (s->named_count - i - 1) * sizeof *s->named);
        s->named_count--;
        for (size_t j = 0; j < s->count; j++) {
            struct yc_slot *slot = &s->slot[j];
            if (slot->named == i)
                slot->named = SIZE_MAX;
            else if (slot->named != SIZE_MAX && slot->named > i)
                slot->named--;
        }
        return true;
    }
    return false;
}

size_t yc_slots_named_count(const struct yc_slots *s)
{
    return s->named_count;
}

const char *yc_slots_named_at(const struct yc_slots *s, size_t i, int64_t *id)
{
    YC_ASSERT(i < s->named_count);
    *id = s->named[i].id;
    return s->named[i].host;
}

struct yc_slot *yc_slots_find(struct yc_slots *s, int64_t id)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->slot[i].id == id)
            return &s->slot[i];
    return NULL;
}

bool yc_slots_connected_to(const struct yc_slots *s, const struct yc_netaddr *addr)
{
    for (size_t i = 0; i < s->count; i++)
        if (yc_netaddr_equal(&s->slot[i].addr, addr))
            return true;
    return false;
}

size_t yc_slots_count(const struct yc_slots *s, enum yc_conn_type type)
{
    return s->count_of[type];
}

size_t yc_slots_total(const struct yc_slots *s)
{
    return s->count;
}

static void plan_extra(struct yc_slots *s, int64_t now_us)
{
    s->extra_at_us = now_us + 1 + (int64_t)yc_random_below(s->random, 2 * (uint64_t)s->config.extra_interval_us);
}

/* Evenly spread over 0..2 intervals: nobody can tell when the next one comes. */
static void plan_feeler(struct yc_slots *s, int64_t now_us)
{
    uint64_t span = 2 * (uint64_t)s->config.feeler_interval_us + 1;
    s->feeler_at_us = now_us + (int64_t)yc_random_below(s->random, span);
}

enum yc_verdict yc_slots_opening(struct yc_slots *s, int64_t id, enum yc_conn_type type, const struct yc_netaddr *addr,
                                 size_t named, int64_t now_us)
{
    YC_ASSERT(!yc_slots_find(s, id));
    if (type == YC_CONN_ADDR_FETCH && named == SIZE_MAX && s->seed_next < s->seed_count)
        s->seed_next++;
    if (type == YC_CONN_FEELER)
        plan_feeler(s, now_us);
    if (type == YC_CONN_BLOCK_RELAY && now_us >= s->extra_at_us)
        plan_extra(s, now_us);
    if (type == YC_CONN_OUTBOUND_FULL || type == YC_CONN_BLOCK_RELAY)
        s->automatic_at_us = now_us + s->step_us;
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 16;
        struct yc_slot *p = yc_alloc_resize(s->alloc, s->slot, s->cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return YC_SYSTEM;
        s->slot = p;
        s->cap = cap;
    }
    if (named != SIZE_MAX) {
        YC_ASSERT(named < s->named_count);
        s->named[named].id = id;
    }
    s->count_of[type]++;
    s->slot[s->count++] = (struct yc_slot){.id = id,
                                           .type = type,
                                           .addr = *addr,
                                           .group = yc_netgroup_of(addr, s->config.asmap),
                                           .named = named,
                                           .since_us = now_us,
                                           .ping_min_us = -1};
    return YC_VALID;
}

void yc_slots_set_addr(struct yc_slots *s, int64_t id, const struct yc_netaddr *addr)
{
    struct yc_slot *slot = yc_slots_find(s, id);
    if (!slot)
        return;
    slot->addr = *addr;
    slot->group = yc_netgroup_of(addr, s->config.asmap);
}

void yc_slots_ready(struct yc_slots *s, int64_t id, bool relays_txs, int64_t now_us)
{
    struct yc_slot *slot = yc_slots_find(s, id);
    if (!slot)
        return;
    slot->relays_txs = relays_txs;
    if (slot->type != YC_CONN_OUTBOUND_FULL && slot->type != YC_CONN_BLOCK_RELAY)
        return;
    s->step_us = AUTOMATIC_STEP_US;
    if (s->automatic_at_us > now_us + s->step_us)
        s->automatic_at_us = now_us + s->step_us;
}

void yc_slots_closed(struct yc_slots *s, int64_t id, bool ready, int64_t now_us)
{
    struct yc_slot *slot = yc_slots_find(s, id);
    if (!slot)
        return;
    if (slot->named != SIZE_MAX) {
        struct named *n = &s->named[slot->named];
        if (ready)
            n->wait_us = s->config.retry_min_us;
        n->id = -1;
        n->retry_at_us = now_us + n->wait_us;
        n->wait_us = n->wait_us > s->config.retry_max_us / 2 ? s->config.retry_max_us : 2 * n->wait_us;
    }
    s->count_of[slot->type]--;
    *slot = s->slot[--s->count];
}

void yc_slots_anchor(struct yc_slots *s, const struct yc_netaddr *addr)
{
    if (s->anchor_count < YC_SLOT_ANCHORS_MAX)
        s->anchor[s->anchor_count++] = *addr;
}

void yc_slots_one_more(struct yc_slots *s, bool wanted)
{
    s->one_more = wanted;
}

void yc_slots_begin_extra(struct yc_slots *s, int64_t now_us)
{
    if (s->config.automatic && s->extra_at_us == INT64_MAX)
        plan_extra(s, now_us);
}

/* With -connect the list is all there is, and none of it waits for another's place. */
static bool has_place_for_named(const struct yc_slots *s)
{
    return !s->config.automatic || yc_slots_count(s, YC_CONN_MANUAL) < s->config.manual_max;
}

static bool want_named(const struct yc_slots *s, struct yc_slot_want *out, int64_t now_us)
{
    if (!has_place_for_named(s))
        return false;
    for (size_t i = 0; i < s->named_count; i++) {
        if (s->named[i].id >= 0 || now_us < s->named[i].retry_at_us)
            continue;
        *out = (struct yc_slot_want){.type = YC_CONN_MANUAL, .host = s->named[i].host, .named = i};
        return true;
    }
    return false;
}

/* Is a connection that we chose in this group of addresses already? */
static bool group_taken(const struct yc_slots *s, const struct yc_netaddr *addr)
{
    struct yc_netgroup group = yc_netgroup_of(addr, s->config.asmap);
    for (size_t i = 0; i < s->count; i++) {
        enum yc_conn_type type = s->slot[i].type;
        bool counts = type == YC_CONN_OUTBOUND_FULL || type == YC_CONN_BLOCK_RELAY || type == YC_CONN_MANUAL;
        if (counts && yc_netgroup_equal(&s->slot[i].group, &group))
            return true;
    }
    return false;
}

static bool usable(const struct yc_slots *s, const struct yc_addrman_entry *e, const struct yc_bans *bans,
                   const struct yc_self *self, int64_t now_s)
{
    if (!yc_netaddr_in(&e->addr, s->config.networks) || yc_slots_connected_to(s, &e->addr) ||
        (self && yc_self_has(self, &e->addr)))
        return false;
    return !bans || (!yc_bans_match(bans, &e->addr, now_s) && !yc_bans_discouraged(bans, &e->addr));
}

/* An address from the book for an automatic connection of that type.
 * stale  only what was tried a short while ago is left */
static bool pick(struct yc_slots *s, struct yc_addrman *book, const struct yc_bans *bans, const struct yc_self *self,
                 enum yc_conn_type type, struct yc_netaddr *out, bool *stale, int64_t now_s)
{
    bool feeler = type == YC_CONN_FEELER;
    struct yc_addrman_entry e;
    yc_addrman_resolve_collisions(book, now_s);
    for (int i = 0; i < PICKS_MAX; i++) {
        bool collision = feeler && i == 0 && yc_addrman_select_collision(book, &e);
        if (!collision && !yc_addrman_select(book, feeler, &e, now_s))
            return false;
        if (!usable(s, &e, bans, self, now_s))
            continue;
        if (!feeler &&
            (group_taken(s, &e.addr) || (e.services & s->config.services_wanted) != s->config.services_wanted))
            continue;
        *stale = e.last_try_s && now_s - e.last_try_s < RECENT_TRY_S;
        if (i < RECENT_PICKS && *stale)
            continue;
        *out = e.addr;
        return true;
    }
    return false;
}

/* Full-relay peers first, then block-relay-only ones, then one for a feeler, a question for addresses, or one more than
 * usual. */
static size_t full_max(const struct yc_slots *s)
{
    const struct yc_slots_config *c = &s->config;
    return c->full_outbound_max < c->connections_max ? c->full_outbound_max : c->connections_max;
}

static size_t block_relay_max(const struct yc_slots *s)
{
    size_t left = s->config.connections_max - full_max(s);
    return s->config.block_relay_max < left ? s->config.block_relay_max : left;
}

size_t yc_slots_outbound_max(const struct yc_slots *s)
{
    size_t all = full_max(s) + block_relay_max(s) + (s->config.feelers ? 1 : 0);
    return all < s->config.connections_max ? all : s->config.connections_max;
}

static bool has_place_for_automatic(const struct yc_slots *s)
{
    size_t taken = yc_slots_count(s, YC_CONN_OUTBOUND_FULL) + yc_slots_count(s, YC_CONN_BLOCK_RELAY) +
                   yc_slots_count(s, YC_CONN_FEELER) + yc_slots_count(s, YC_CONN_ADDR_FETCH);
    return s->config.automatic && taken < yc_slots_outbound_max(s);
}

static size_t full_wanted(const struct yc_slots *s)
{
    return full_max(s) + (s->one_more ? 1 : 0);
}

static void wait_longer(struct yc_slots *s, int64_t least_us)
{
    s->step_us = s->step_us > STEP_MAX_US / 2 ? STEP_MAX_US : 2 * s->step_us;
    if (s->step_us < least_us)
        s->step_us = least_us;
}

/* The next address of the last run, while there is a place for it. */
static bool take_anchor(struct yc_slots *s, const struct yc_bans *bans, const struct yc_self *self, size_t block_relay,
                        struct yc_slot_want *out, int64_t now_s)
{
    while (s->anchor_count > 0 && block_relay < block_relay_max(s)) {
        struct yc_addrman_entry e = {.addr = s->anchor[--s->anchor_count]};
        if (!usable(s, &e, bans, self, now_s) || group_taken(s, &e.addr))
            continue;
        *out = (struct yc_slot_want){.type = YC_CONN_BLOCK_RELAY, .addr = e.addr, .named = SIZE_MAX, .anchor = true};
        return true;
    }
    return false;
}

bool yc_slots_next(struct yc_slots *s, struct yc_addrman *book, const struct yc_bans *bans, const struct yc_self *self,
                   struct yc_slot_want *out, struct yc_now now)
{
    enum yc_conn_type type = YC_CONN_FEELER;
    if (want_named(s, out, now.mono_us))
        return true;
    if (!has_place_for_automatic(s))
        return false;
    if (s->seed_next < s->seed_count && yc_slots_count(s, YC_CONN_ADDR_FETCH) == 0) {
        *out = (struct yc_slot_want){.type = YC_CONN_ADDR_FETCH, .host = s->seed[s->seed_next].host, .named = SIZE_MAX};
        return true;
    }
    if (now.mono_us < s->automatic_at_us)
        return false;
    size_t block_relay = yc_slots_count(s, YC_CONN_BLOCK_RELAY);
    if (take_anchor(s, bans, self, block_relay, out, now.wall_s))
        return true;
    if (yc_slots_count(s, YC_CONN_OUTBOUND_FULL) < full_wanted(s))
        type = YC_CONN_OUTBOUND_FULL;
    else if (block_relay < block_relay_max(s))
        type = YC_CONN_BLOCK_RELAY;
    else if (now.mono_us >= s->extra_at_us && block_relay == block_relay_max(s))
        type = YC_CONN_BLOCK_RELAY;
    else if (!s->config.feelers || now.mono_us < s->feeler_at_us || yc_slots_count(s, YC_CONN_FEELER) > 0)
        return false;
    *out = (struct yc_slot_want){.type = type, .named = SIZE_MAX};
    bool stale = false;
    if (pick(s, book, bans, self, type, &out->addr, &stale, now.wall_s)) {
        if (stale)
            wait_longer(s, AUTOMATIC_STEP_US);
        else
            s->step_us = AUTOMATIC_STEP_US;
        return true;
    }
    /* What is beyond need waits for its next turn, as if it had been opened; a place that is to be filled does not. */
    if (type == YC_CONN_FEELER)
        plan_feeler(s, now.mono_us);
    else if (type == YC_CONN_BLOCK_RELAY && block_relay >= s->config.block_relay_max)
        plan_extra(s, now.mono_us);
    wait_longer(s, IDLE_STEP_US);
    s->automatic_at_us = now.mono_us + s->step_us;
    return false;
}

int64_t yc_slots_next_deadline_us(const struct yc_slots *s)
{
    int64_t at = INT64_MAX;
    bool place = has_place_for_named(s);
    for (size_t i = 0; place && i < s->named_count; i++)
        if (s->named[i].id < 0 && s->named[i].retry_at_us < at)
            at = s->named[i].retry_at_us;
    if (!has_place_for_automatic(s))
        return at;
    size_t block_relay = yc_slots_count(s, YC_CONN_BLOCK_RELAY);
    bool full = yc_slots_count(s, YC_CONN_OUTBOUND_FULL) >= full_wanted(s) && block_relay >= block_relay_max(s);
    if (!full)
        return s->automatic_at_us < at ? s->automatic_at_us : at;
    if (block_relay == block_relay_max(s) && s->extra_at_us < at)
        at = s->extra_at_us > s->automatic_at_us ? s->extra_at_us : s->automatic_at_us;
    if (!s->config.feelers || yc_slots_count(s, YC_CONN_FEELER) > 0)
        return at;
    int64_t feeler = s->feeler_at_us > s->automatic_at_us ? s->feeler_at_us : s->automatic_at_us;
    return feeler < at ? feeler : at;
}
