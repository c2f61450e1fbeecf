#include "node/store/coins_internal.h"

#include "base/assert.h"
#include "base/bytes.h"

#define CAPACITY_MIN 1024

/* Full to 5/8 at most. */
static size_t capacity_load(size_t capacity)
{
    return capacity / 8 * 5;
}

static inline uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

struct sip {
    uint64_t a, b, c, d;
};

static inline void sip_round(struct sip *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32) + s->d;
    s->c += s->b;
    s->d = rotate(s->d, 21) ^ s->a;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

/* SipHash-1-3 over the 36 bytes, inlined: the hash of every coin touched. Fewer rounds than base/siphash.h, which a table
 * under a secret key can afford: who attacks it sees no output. */
uint32_t coin_tag(struct yc_siphash_key seed, const struct yc_outpoint *at)
{
    struct sip s = {seed.k0 ^ UINT64_C(0x736f6d6570736575), seed.k1 ^ UINT64_C(0x646f72616e646f6d),
                    seed.k0 ^ UINT64_C(0x6c7967656e657261), seed.k1 ^ UINT64_C(0x7465646279746573)};
    for (unsigned i = 0; i < 5; i++) {
        uint64_t m = i < 4 ? yc_get64le(at->txid.b + 8 * i) : (uint64_t)at->index | (uint64_t)36 << 56;
        s.d ^= m;
        sip_round(&s);
        s.a ^= m;
    }
    s.c ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return (uint32_t)((s.a ^ s.b ^ s.c ^ s.d) >> 32);
}

static size_t home(const struct coin_table *t, uint32_t tag)
{
    return (size_t)((uint64_t)tag * t->capacity >> 32);
}

static size_t after(const struct coin_table *t, size_t i)
{
    return i + 1 == t->capacity ? 0 : i + 1;
}

bool coin_table_reserve(struct coin_table *t, size_t count)
{
    if (count <= capacity_load(t->capacity))
        return true;
    size_t capacity = t->capacity ? t->capacity : CAPACITY_MIN;
    while (capacity_load(capacity) < count) {
        if (capacity > UINT32_MAX / 2)
            return false;
        capacity *= 2;
    }
    struct coin_slot *slot = (struct coin_slot *)yc_alloc_new(t->alloc, capacity * sizeof *slot);
    if (!slot)
        return false;
    memset(slot, 0, capacity * sizeof *slot);
    struct coin_table old = *t;
    t->slot = slot;
    t->capacity = capacity;
    t->count = 0;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slot[i].ref)
            coin_table_insert(t, old.slot[i].tag, old.slot[i].ref);
    coin_table_release(&old);
    return true;
}

void coin_table_release(struct coin_table *t)
{
    yc_alloc_free(t->alloc, t->slot, t->capacity * sizeof t->slot[0]);
    t->slot = NULL;
    t->capacity = t->count = 0;
}

struct coin_slot *coin_table_find(const struct coin_table *t, const struct coin_slabs *s, uint32_t tag,
                                  const struct yc_outpoint *at)
{
    if (!t->capacity)
        return NULL;
    for (size_t i = home(t, tag); t->slot[i].ref; i = after(t, i))
        if (t->slot[i].tag == tag && yc_outpoint_equal(&coin_slabs_at(s, t->slot[i].ref)->at, at))
            return &t->slot[i];
    return NULL;
}

struct coin_slot *coin_table_find_ref(const struct coin_table *t, uint32_t tag, coin_ref ref)
{
    size_t i = home(t, tag);
    while (t->slot[i].ref != ref) {
        YC_ASSERT(t->slot[i].ref);
        i = after(t, i);
    }
    return &t->slot[i];
}

void coin_table_insert(struct coin_table *t, uint32_t tag, coin_ref ref)
{
    YC_ASSERT(t->count + 1 < t->capacity);
    size_t i = home(t, tag);
    while (t->slot[i].ref)
        i = after(t, i);
    t->slot[i] = (struct coin_slot){tag, ref};
    t->count++;
}

void coin_table_remove(struct coin_table *t, struct coin_slot *slot)
{
    size_t hole = (size_t)(slot - t->slot);
    for (size_t i = after(t, hole); t->slot[i].ref; i = after(t, i)) {
        /* The slot may move back into the hole unless its home lies behind the hole, up to itself. */
        size_t h = home(t, t->slot[i].tag);
        bool stays = hole < i ? (h > hole && h <= i) : (h > hole || h <= i);
        if (!stays) {
            t->slot[hole] = t->slot[i];
            hole = i;
        }
    }
    t->slot[hole] = (struct coin_slot){0, 0};
    t->count--;
}

void coin_table_touch(const struct coin_table *t, uint32_t tag)
{
    if (t->capacity)
        __builtin_prefetch(&t->slot[home(t, tag)]);
}

void coin_table_touch_record(const struct coin_table *t, const struct coin_slabs *s, uint32_t tag)
{
    if (!t->capacity)
        return;
    for (size_t i = home(t, tag); t->slot[i].ref; i = after(t, i)) {
        if (t->slot[i].tag == tag) {
            __builtin_prefetch(coin_slabs_at(s, t->slot[i].ref));
            return;
        }
    }
}
