#include "net/peers/addrman.h"

#include "base/assert.h"
#include "net/peers/addrman_internal.h"

#define HOUR_S               3600
#define DAY_S                86400
#define HORIZON_S            (30 * DAY_S) /* an address not seen for so long is forgotten */
#define FUTURE_S             600
#define MIN_FAIL_S           (7 * DAY_S)
#define NEVER_SUCCEEDED_MAX  3
#define FAILED_MAX           10
#define TRIED_PER_GROUP      8  /* tried buckets that one group of addresses leads to */
#define NEW_PER_SOURCE_GROUP 64 /* new buckets that one group of sources leads to */
#define TIME_MIN_S           100000000
#define FIRST_ITEMS          64

enum hash_use { USE_TRIED_GROUP = 1, USE_TRIED, USE_NEW_GROUP, USE_NEW, USE_NEW_PLACE, USE_TRIED_PLACE };

static uint64_t hash_of(const struct yc_addrman *a, enum hash_use use, const void *x, size_t nx, const void *y,
                        size_t ny)
{
    uint8_t bytes[1 + 2 * YC_NETADDR_BYTES];
    YC_ASSERT(1 + nx + ny <= sizeof bytes);
    bytes[0] = (uint8_t)use;
    memcpy(bytes + 1, x, nx);
    memcpy(bytes + 1 + nx, y, ny);
    return yc_siphash(a->key, bytes, 1 + nx + ny);
}

static uint32_t position_of(const struct yc_addrman *a, enum hash_use use, const struct yc_netaddr *addr,
                            uint32_t bucket)
{
    uint8_t key[YC_NETADDR_BYTES], b4[4];
    yc_netaddr_write(key, addr);
    yc_put32le(b4, bucket);
    return (uint32_t)(hash_of(a, use, b4, sizeof b4, key, sizeof key) % YC_ADDRMAN_BUCKET_SLOTS);
}

struct place yc_addrman_new_place_in(const struct yc_addrman *a, const struct yc_netaddr *addr, uint32_t bucket)
{
    return (struct place){bucket, position_of(a, USE_NEW_PLACE, addr, bucket)};
}

struct place yc_addrman_new_place(const struct yc_addrman *a, const struct yc_netaddr *addr,
                                  const struct yc_netaddr *source)
{
    struct yc_netgroup group = yc_netgroup_of(addr, a->asmap), from = yc_netgroup_of(source, a->asmap);
    uint8_t which[8];
    yc_put64le(which, hash_of(a, USE_NEW_GROUP, group.b, sizeof group.b, from.b, sizeof from.b) % NEW_PER_SOURCE_GROUP);
    uint64_t h = hash_of(a, USE_NEW, from.b, sizeof from.b, which, sizeof which);
    return yc_addrman_new_place_in(a, addr, (uint32_t)(h % YC_ADDRMAN_NEW_BUCKETS));
}

struct place yc_addrman_tried_place(const struct yc_addrman *a, const struct yc_netaddr *addr)
{
    struct yc_netgroup group = yc_netgroup_of(addr, a->asmap);
    uint8_t key[YC_NETADDR_BYTES], which[8];
    yc_netaddr_write(key, addr);
    yc_put64le(which, hash_of(a, USE_TRIED_GROUP, key, sizeof key, "", 0) % TRIED_PER_GROUP);
    uint64_t h = hash_of(a, USE_TRIED, group.b, sizeof group.b, which, sizeof which);
    uint32_t bucket = (uint32_t)(h % YC_ADDRMAN_TRIED_BUCKETS);
    return (struct place){bucket, position_of(a, USE_TRIED_PLACE, addr, bucket)};
}

enum yc_verdict yc_addrman_new(struct yc_addrman **out, const struct yc_alloc *alloc, const struct yc_random *random,
                               struct yc_view asmap, const uint8_t key32[32])
{
    struct yc_addrman *a = yc_alloc_new(alloc, sizeof *a);
    if (!a)
        return YC_SYSTEM;
    memset(a, 0, sizeof *a);
    a->alloc = alloc;
    a->random = random;
    a->asmap = asmap;
    a->last_good_s = 1; /* before the first success each address may fail once */
    memcpy(a->key32, key32, sizeof a->key32);
    a->key = (struct yc_siphash_key){yc_get64le(key32), yc_get64le(key32 + 8)};
    struct yc_siphash_key seed = {yc_get64le(key32 + 16), yc_get64le(key32 + 24)};
    yc_map_init(&a->index, alloc, YC_NETADDR_BYTES, sizeof(uint32_t), seed);
    *out = a;
    return YC_VALID;
}

void yc_addrman_free(struct yc_addrman *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < RESPONSE_CACHES; i++)
        yc_alloc_free(a->alloc, a->responses[i].entries, RESPONSE_MAX * sizeof *a->responses[i].entries);
    yc_map_release(&a->index);
    yc_alloc_free(a->alloc, a->items, a->cap * sizeof *a->items);
    yc_alloc_free(a->alloc, a->order, a->cap * sizeof *a->order);
    yc_alloc_free(a->alloc, a->free_slots, a->cap * sizeof *a->free_slots);
    yc_alloc_free(a->alloc, a, sizeof *a);
}

size_t yc_addrman_bytes(const struct yc_addrman *a)
{
    size_t n = sizeof *a + yc_map_bytes(&a->index);
    for (size_t i = 0; i < RESPONSE_CACHES; i++)
        n += a->responses[i].entries ? RESPONSE_MAX * sizeof *a->responses[i].entries : 0;
    return n + a->cap * (sizeof *a->items + sizeof *a->order + sizeof *a->free_slots);
}

uint32_t yc_addrman_slot(const struct yc_addrman *a, const struct yc_netaddr *addr)
{
    uint8_t key[YC_NETADDR_BYTES];
    yc_netaddr_write(key, addr);
    const uint32_t *slot = yc_map_get(&a->index, key);
    return slot ? *slot : NO_SLOT;
}

/* The three arrays grow together or not at all. */
static bool grow(struct yc_addrman *a)
{
    uint32_t cap = a->cap ? 2 * a->cap : FIRST_ITEMS;
    struct item *items = yc_alloc_new(a->alloc, cap * sizeof *items);
    uint32_t *order = yc_alloc_new(a->alloc, cap * sizeof *order);
    uint32_t *free_slots = yc_alloc_new(a->alloc, cap * sizeof *free_slots);
    bool ok = items && order && free_slots;
    if (ok && a->cap) {
        memcpy(items, a->items, a->cap * sizeof *items);
        memcpy(order, a->order, a->cap * sizeof *order);
        memcpy(free_slots, a->free_slots, a->cap * sizeof *free_slots);
    }
    /* Give back the old ones, or after a failure the new ones. */
    uint32_t gone = ok ? a->cap : cap;
    yc_alloc_free(a->alloc, ok ? a->items : items, gone * sizeof *items);
    yc_alloc_free(a->alloc, ok ? a->order : order, gone * sizeof *order);
    yc_alloc_free(a->alloc, ok ? a->free_slots : free_slots, gone * sizeof *free_slots);
    if (!ok)
        return false;
    a->items = items;
    a->order = order;
    a->free_slots = free_slots;
    a->cap = cap;
    return true;
}

uint32_t yc_addrman_make(struct yc_addrman *a, const struct yc_addrman_entry *e)
{
    uint8_t key[YC_NETADDR_BYTES];
    bool is_new;
    if (a->free_count == 0 && a->used == a->cap && !grow(a))
        return NO_SLOT;
    yc_netaddr_write(key, &e->addr);
    uint32_t *value = yc_map_put(&a->index, key, &is_new);
    if (!value)
        return NO_SLOT;
    YC_ASSERT(is_new);
    uint32_t slot = a->free_count ? a->free_slots[--a->free_count] : a->used++;
    *value = slot;
    a->items[slot] = (struct item){.e = *e, .order = a->count};
    a->order[a->count++] = slot;
    return slot;
}

void yc_addrman_drop(struct yc_addrman *a, uint32_t slot)
{
    uint8_t key[YC_NETADDR_BYTES];
    struct item *item = &a->items[slot];
    YC_ASSERT(item->refs == 0 && !item->e.tried);
    yc_netaddr_write(key, &item->e.addr);
    bool removed = yc_map_remove(&a->index, key);
    YC_ASSERT(removed);
    uint32_t last = a->order[--a->count];
    a->order[item->order] = last;
    a->items[last].order = item->order;
    a->free_slots[a->free_count++] = slot;
    for (size_t i = 0; i < a->collision_count; i++)
        if (a->collisions[i] == slot) {
            a->collisions[i] = a->collisions[--a->collision_count];
            break;
        }
}

static void set_place(uint32_t *place, struct filled *f, struct place at, uint32_t held)
{
    uint64_t before = f->places[at.bucket], bit = UINT64_C(1) << at.position;
    *place = held;
    f->places[at.bucket] = held ? before | bit : before & ~bit;
    if (before == 0 && held) {
        f->where[at.bucket] = (uint16_t)f->count;
        f->bucket[f->count++] = (uint16_t)at.bucket;
    } else if (before && f->places[at.bucket] == 0) {
        uint16_t last = f->bucket[--f->count];
        f->bucket[f->where[at.bucket]] = last;
        f->where[last] = f->where[at.bucket];
    }
}

void yc_addrman_set_new(struct yc_addrman *a, struct place at, uint32_t held)
{
    set_place(&a->new_table[at.bucket][at.position], &a->new_filled, at, held);
}

void yc_addrman_set_tried(struct yc_addrman *a, struct place at, uint32_t held)
{
    set_place(&a->tried_table[at.bucket][at.position], &a->tried_filled, at, held);
}

static void clear_new_place(struct yc_addrman *a, struct place at)
{
    uint32_t held = a->new_table[at.bucket][at.position];
    if (held == 0)
        return;
    yc_addrman_set_new(a, at, 0);
    if (--a->items[held - 1].refs == 0)
        yc_addrman_drop(a, held - 1);
}

bool yc_addrman_terrible(const struct yc_addrman_entry *e, int64_t now_s)
{
    if (e->last_try_s && now_s - e->last_try_s <= 60)
        return false; /* being tried just now */
    if (e->time_s > now_s + FUTURE_S || now_s - e->time_s > HORIZON_S)
        return true;
    if (e->last_success_s == 0 && e->attempts >= NEVER_SUCCEEDED_MAX)
        return true;
    return now_s - e->last_success_s > MIN_FAIL_S && e->attempts >= FAILED_MAX;
}

/* Give an item a place in "new" unless a better one is there. */
static bool place_new(struct yc_addrman *a, uint32_t slot, struct place at, int64_t now_s)
{
    uint32_t held = a->new_table[at.bucket][at.position];
    if (held == slot + 1)
        return false;
    if (held) {
        const struct item *other = &a->items[held - 1];
        if (!yc_addrman_terrible(&other->e, now_s) && !(other->refs > 1 && a->items[slot].refs == 0))
            return false;
        clear_new_place(a, at);
    }
    yc_addrman_set_new(a, at, slot + 1);
    a->items[slot].refs++;
    return true;
}

/* News of an address that is in the book. True when one more place in "new" should be tried for it: the more places it
 * has, the less likely, so that repeating an address does not multiply it. */
static bool refresh(struct yc_addrman *a, struct item *item, uint64_t services, int64_t time_s, int64_t penalty_s,
                    int64_t now_s)
{
    struct yc_addrman_entry *e = &item->e;
    bool online = now_s - time_s < DAY_S;
    int64_t told_s = time_s - penalty_s;
    bool fresh = time_s > e->time_s;
    if (e->time_s < told_s - (online ? HOUR_S : DAY_S))
        e->time_s = told_s;
    e->services |= services;
    if (!fresh || e->tried || item->refs == YC_ADDRMAN_NEW_REFS_MAX)
        return false;
    return yc_random_below(a->random, UINT64_C(1) << item->refs) == 0;
}

bool yc_addrman_add(struct yc_addrman *a, const struct yc_netaddr *addr, uint64_t services, int64_t time_s,
                    const struct yc_netaddr *source, int64_t penalty_s, bool any, int64_t now_s)
{
    if (addr->port == 0 || (!any && !yc_netaddr_is_routable(addr)))
        return false;
    if (time_s <= TIME_MIN_S || time_s > now_s + FUTURE_S)
        time_s = now_s - 5 * DAY_S; /* no clock can have said so: believe little */
    if (yc_netaddr_same_host(addr, source))
        penalty_s = 0;
    uint32_t slot = yc_addrman_slot(a, addr);
    if (slot != NO_SLOT) {
        if (!refresh(a, &a->items[slot], services, time_s, penalty_s, now_s))
            return false;
    } else {
        int64_t told_s = time_s - penalty_s;
        slot = yc_addrman_make(
            a, &(struct yc_addrman_entry){
                   .addr = *addr, .source = *source, .services = services, .time_s = told_s < 0 ? 0 : told_s});
        if (slot == NO_SLOT)
            return false;
    }
    bool placed = place_new(a, slot, yc_addrman_new_place(a, addr, source), now_s);
    if (!placed && a->items[slot].refs == 0)
        yc_addrman_drop(a, slot);
    return placed;
}

/* Take an item out of all its places in "new", without dropping it. */
static void leave_new(struct yc_addrman *a, uint32_t slot)
{
    struct item *item = &a->items[slot];
    uint32_t first = yc_addrman_new_place(a, &item->e.addr, &item->e.source).bucket;
    for (uint32_t i = 0; i < YC_ADDRMAN_NEW_BUCKETS && item->refs > 0; i++) {
        struct place at = yc_addrman_new_place_in(a, &item->e.addr, (first + i) % YC_ADDRMAN_NEW_BUCKETS);
        if (a->new_table[at.bucket][at.position] == slot + 1) {
            yc_addrman_set_new(a, at, 0);
            item->refs--;
        }
    }
    YC_ASSERT(item->refs == 0);
}

void yc_addrman_make_tried(struct yc_addrman *a, uint32_t slot)
{
    struct place at = yc_addrman_tried_place(a, &a->items[slot].e.addr);
    uint32_t held = a->tried_table[at.bucket][at.position];
    leave_new(a, slot);
    if (held) {
        struct item *old = &a->items[held - 1];
        struct place back = yc_addrman_new_place(a, &old->e.addr, &old->e.source);
        old->e.tried = false;
        a->tried_count--;
        clear_new_place(a, back);
        yc_addrman_set_new(a, back, held);
        old->refs = 1;
    }
    yc_addrman_set_tried(a, at, slot + 1);
    a->items[slot].e.tried = true;
    a->tried_count++;
}

bool yc_addrman_good(struct yc_addrman *a, const struct yc_netaddr *addr, int64_t now_s)
{
    uint32_t slot = yc_addrman_slot(a, addr);
    a->last_good_s = now_s;
    if (slot == NO_SLOT)
        return false;
    struct yc_addrman_entry *e = &a->items[slot].e;
    e->last_success_s = e->last_try_s = now_s;
    e->attempts = 0;
    if (e->tried)
        return true;
    struct place at = yc_addrman_tried_place(a, addr);
    if (a->tried_table[at.bucket][at.position]) {
        for (size_t i = 0; i < a->collision_count; i++)
            if (a->collisions[i] == slot)
                return false;
        if (a->collision_count < YC_ADDRMAN_COLLISIONS_MAX)
            a->collisions[a->collision_count++] = slot;
        return false;
    }
    yc_addrman_make_tried(a, slot);
    return true;
}

void yc_addrman_attempt(struct yc_addrman *a, const struct yc_netaddr *addr, bool count_failure, int64_t now_s)
{
    uint32_t slot = yc_addrman_slot(a, addr);
    if (slot == NO_SLOT)
        return;
    struct item *item = &a->items[slot];
    item->e.last_try_s = now_s;
    /* Once for each time that our own network was seen to work: an outage of ours is not everybody's fault. */
    if (count_failure && item->last_counted_s < a->last_good_s && item->e.attempts < UINT32_MAX) {
        item->last_counted_s = now_s;
        item->e.attempts++;
    }
}

void yc_addrman_connected(struct yc_addrman *a, const struct yc_netaddr *addr, int64_t now_s)
{
    uint32_t slot = yc_addrman_slot(a, addr);
    if (slot != NO_SLOT && now_s - a->items[slot].e.time_s > 20 * 60)
        a->items[slot].e.time_s = now_s;
}

void yc_addrman_set_services(struct yc_addrman *a, const struct yc_netaddr *addr, uint64_t services)
{
    uint32_t slot = yc_addrman_slot(a, addr);
    if (slot != NO_SLOT)
        a->items[slot].e.services = services;
}

bool yc_addrman_find(const struct yc_addrman *a, const struct yc_netaddr *addr, struct yc_addrman_entry *out)
{
    uint32_t slot = yc_addrman_slot(a, addr);
    if (slot != NO_SLOT)
        *out = a->items[slot].e;
    return slot != NO_SLOT;
}

size_t yc_addrman_count(const struct yc_addrman *a)
{
    return a->count;
}

size_t yc_addrman_new_count(const struct yc_addrman *a)
{
    return a->count - a->tried_count;
}

size_t yc_addrman_tried_count(const struct yc_addrman *a)
{
    return a->tried_count;
}
