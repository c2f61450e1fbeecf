/* Choosing from the address book: whom to connect to, whom to tell others about, which collisions to settle. */
#include "base/assert.h"
#include "net/peers/addrman_internal.h"

#define HOUR_S          3600
#define RECENT_TRY_S    600
#define REPLACEMENT_S   (4 * HOUR_S) /* one that worked within this stays, one that failed goes */
#define TEST_WINDOW_S   (40 * 60)    /* a test that did not take place by then is not waited for */
#define RESPONSE_MIN_S  (21 * HOUR_S)
#define RESPONSE_SPAN_S (6 * HOUR_S)
#define ONE             (UINT64_C(1) << 30) /* chances are fractions of this */
#define FACTOR_MAX      (UINT64_C(1) << 50)

/* How likely an address is taken when chance points at it: down to 1 % when it was just tried, and two thirds for each
 * failure. */
static uint64_t chance_of(const struct yc_addrman_entry *e, int64_t now_s)
{
    static const uint32_t after[] = {1073741824, 708669603, 467721937, 308696478, 203739675,
                                     134468185,  88749002,  58574341,  38659065}; /* ONE times 0.66, again and again */
    uint64_t chance = after[e->attempts < 8 ? e->attempts : 8];
    return e->last_try_s && now_s - e->last_try_s < RECENT_TRY_S ? chance / 100 : chance;
}

/* The number of the lowest bit that is set; one must be. */
static uint32_t lowest_bit(uint64_t m)
{
    static const uint8_t number[64] = {0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,
                                       62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
                                       63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
                                       46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6};
    return number[(m & (~m + 1)) * UINT64_C(0x03f79d71b4cb0a89) >> 58]; /* a de Bruijn sequence: all windows differ */
}

/* The first taken place of a bucket from this one on. */
static uint32_t taken_from(uint64_t places, uint32_t at)
{
    uint64_t above = places >> at;
    return above ? at + lowest_bit(above) : lowest_bit(places);
}

bool yc_addrman_select(struct yc_addrman *a, bool new_only, struct yc_addrman_entry *out, int64_t now_s)
{
    bool has_new = yc_addrman_new_count(a) > 0, has_tried = a->tried_count > 0 && !new_only;
    if (!has_new && !has_tried)
        return false;
    bool tried = has_tried && (!has_new || yc_random_below(a->random, 2));
    const struct filled *filled = tried ? &a->tried_filled : &a->new_filled;
    YC_ASSERT(filled->count > 0);
    /* Each refusal makes the next pick likelier to be taken by a fifth, so that the loop ends. One draw gives all three
     * choices: 30 bits of chance, 6 for a place, 24 for a bucket, some of which come up likelier by 2^-14 at most. */
    for (uint64_t factor = ONE;; factor = factor * 6 / 5) {
        uint64_t draw = yc_random_u64(a->random);
        uint32_t bucket = filled->bucket[(draw >> 40) * filled->count >> 24];
        uint32_t at = taken_from(filled->places[bucket], (uint32_t)(draw >> 30) % YC_ADDRMAN_BUCKET_SLOTS);
        const struct yc_addrman_entry *e =
            &a->items[(tried ? a->tried_table[bucket][at] : a->new_table[bucket][at]) - 1].e;
        /* The least chance is ONE / 100 * 0.66^8, above 2^18, so the factor stays below 2^43 and nothing overflows. */
        if (draw % ONE < (factor >> 10) * (chance_of(e, now_s) >> 10) >> 10) {
            *out = *e;
            return true;
        }
    }
}

/* The item whose place in "tried" a waiting newcomer would take; NO_SLOT when the place is free. */
static uint32_t rival_of(const struct yc_addrman *a, uint32_t slot)
{
    struct place at = yc_addrman_tried_place(a, &a->items[slot].e.addr);
    uint32_t held = a->tried_table[at.bucket][at.position];
    return held ? held - 1 : NO_SLOT;
}

bool yc_addrman_select_collision(struct yc_addrman *a, struct yc_addrman_entry *out)
{
    if (a->collision_count == 0)
        return false;
    uint32_t rival = rival_of(a, a->collisions[yc_random_below(a->random, a->collision_count)]);
    if (rival == NO_SLOT)
        return false;
    *out = a->items[rival].e;
    return true;
}

enum outcome { WAIT, KEEP_OLD, REPLACE };

static enum outcome judge(const struct yc_addrman_entry *newcomer, const struct yc_addrman_entry *old, int64_t now_s)
{
    if (now_s - old->last_success_s < REPLACEMENT_S)
        return KEEP_OLD;
    if (now_s - old->last_try_s < REPLACEMENT_S)
        return now_s - old->last_try_s > 60 ? REPLACE : WAIT; /* give the test a minute to succeed */
    return now_s - newcomer->last_success_s > TEST_WINDOW_S ? REPLACE : WAIT;
}

void yc_addrman_resolve_collisions(struct yc_addrman *a, int64_t now_s)
{
    for (size_t i = 0; i < a->collision_count;) {
        uint32_t slot = a->collisions[i], rival = rival_of(a, slot);
        enum outcome outcome = rival == NO_SLOT ? REPLACE : judge(&a->items[slot].e, &a->items[rival].e, now_s);
        if (outcome == WAIT) {
            i++;
            continue;
        }
        a->collisions[i] = a->collisions[--a->collision_count];
        if (outcome == REPLACE && !a->items[slot].e.tried)
            yc_addrman_make_tried(a, slot);
    }
}

size_t yc_addrman_sample(struct yc_addrman *a, struct yc_addr_entry *out, size_t max, unsigned percent, int64_t now_s)
{
    size_t limit = a->count, n = 0;
    if (percent)
        limit = limit * percent / 100;
    if (max && max < limit)
        limit = max;
    for (uint32_t i = 0; i < a->count && n < limit; i++) {
        uint32_t j = i + (uint32_t)yc_random_below(a->random, a->count - i);
        uint32_t slot = a->order[j];
        a->order[j] = a->order[i];
        a->order[i] = slot;
        a->items[a->order[j]].order = j;
        a->items[slot].order = i;
        const struct yc_addrman_entry *e = &a->items[slot].e;
        if (yc_addrman_terrible(e, now_s))
            continue;
        out[n++] = (struct yc_addr_entry){
            .time_s = (uint32_t)e->time_s,
            .services = e->services,
            .known = true,
            .addr = e->addr,
        };
    }
    return n;
}

/* The kept answer for this local address, else the one to replace: an empty one, or the one that ends first. */
static struct response *response_for(struct yc_addrman *a, const struct yc_netaddr *local)
{
    struct response *oldest = &a->responses[0];
    for (size_t i = 0; i < RESPONSE_CACHES; i++) {
        struct response *r = &a->responses[i];
        if (r->entries && yc_netaddr_equal(&r->local, local))
            return r;
        if (r->until_s < oldest->until_s)
            oldest = r;
    }
    oldest->until_s = 0;
    return oldest;
}

size_t yc_addrman_response(struct yc_addrman *a, const struct yc_netaddr *local, const struct yc_addr_entry **out,
                           int64_t now_s)
{
    struct response *r = response_for(a, local);
    if (!r->entries)
        r->entries = yc_alloc_new(a->alloc, RESPONSE_MAX * sizeof *r->entries);
    *out = r->entries;
    if (!r->entries)
        return 0;
    if (r->until_s <= now_s) {
        r->local = *local;
        r->until_s = now_s + RESPONSE_MIN_S + (int64_t)yc_random_below(a->random, RESPONSE_SPAN_S);
        r->count = yc_addrman_sample(a, r->entries, RESPONSE_MAX, RESPONSE_PERCENT, now_s);
    }
    return r->count;
}

bool yc_addrman_next_place(const struct yc_addrman *a, size_t *at, struct yc_addrman_place *out)
{
    for (; *at < NEW_PLACES + TRIED_PLACES; (*at)++) {
        bool tried = *at >= NEW_PLACES;
        size_t i = tried ? *at - NEW_PLACES : *at;
        uint32_t bucket = (uint32_t)(i / YC_ADDRMAN_BUCKET_SLOTS), position = (uint32_t)(i % YC_ADDRMAN_BUCKET_SLOTS);
        uint32_t held = tried ? a->tried_table[bucket][position] : a->new_table[bucket][position];
        if (held) {
            *out = (struct yc_addrman_place){a->items[held - 1].e, tried, bucket, position};
            (*at)++;
            return true;
        }
    }
    return false;
}

#define TOKEN_MICRO      INT64_C(1000000)
#define TOKENS_MAX_MICRO (1000 * TOKEN_MICRO)
#define US_PER_MICRO     10 /* 0.1 a second */

void yc_addr_tokens_init(struct yc_addr_tokens *t, int64_t mono_us)
{
    *t = (struct yc_addr_tokens){.micro_tokens = TOKEN_MICRO, .updated_us = mono_us};
}

void yc_addr_tokens_grant(struct yc_addr_tokens *t, unsigned count)
{
    t->micro_tokens += count * TOKEN_MICRO;
}

bool yc_addr_tokens_take(struct yc_addr_tokens *t, int64_t mono_us)
{
    int64_t gained = mono_us > t->updated_us ? (mono_us - t->updated_us) / US_PER_MICRO : 0;
    if (t->micro_tokens < TOKENS_MAX_MICRO) {
        t->micro_tokens += gained;
        if (t->micro_tokens > TOKENS_MAX_MICRO)
            t->micro_tokens = TOKENS_MAX_MICRO;
    }
    t->updated_us = mono_us;
    if (t->micro_tokens < TOKEN_MICRO) {
        t->limited++;
        return false;
    }
    t->micro_tokens -= TOKEN_MICRO;
    t->processed++;
    return true;
}

void yc_addrman_count_networks(const struct yc_addrman *a, struct yc_addrman_counts out[YC_NET_COUNT])
{
    memset(out, 0, YC_NET_COUNT * sizeof *out);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct yc_addrman_entry *e = &a->items[a->order[i]].e;
        struct yc_addrman_counts *of = &out[yc_netaddr_network(&e->addr)];
        size_t *n = e->tried ? &of->in_tried : &of->in_new, *all = e->tried ? &out->in_tried : &out->in_new;
        ++*n;
        ++*all;
    }
}

enum yc_verdict yc_addrman_count_systems(const struct yc_addrman *a, struct yc_addrman_systems *out)
{
    struct yc_map seen;
    bool memory = true;
    *out = (struct yc_addrman_systems){0};
    yc_map_init(&seen, a->alloc, sizeof(uint32_t), 0, a->key);
    for (uint32_t i = 0; i < a->count && memory; i++) {
        const struct yc_netaddr *addr = &a->items[a->order[i]].e.addr;
        uint32_t system = yc_netaddr_system(addr, a->asmap);
        bool is_new = false;
        if (addr->hidden)
            continue;
        out->addresses++;
        out->unmapped += system == 0;
        if (system)
            memory = yc_map_put(&seen, &system, &is_new) != NULL;
        out->systems += is_new;
    }
    yc_map_release(&seen);
    return memory ? YC_VALID : YC_SYSTEM;
}
