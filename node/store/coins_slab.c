#include "node/store/coins_internal.h"

#include "base/assert.h"

#include <stddef.h>

/* Classes by payload: a spent coin (or an empty script), a hash of 20 bytes, of 32, a whole key of 64, and between. A
 * longer script is apart: its record holds a pointer. */
static const uint16_t class_payload[SLAB_CLASSES] = {4, 20, 36, 52, 68};

#define HEAD_BYTES offsetof(struct coin_record, payload)
#define APART_AT   4u /* the pointer in the payload, aligned to 8 from the record's start */
#define REF_BITS   29
#define PLACE_MAX  ((UINT32_C(1) << REF_BITS) - 1)

YC_STATIC_ASSERT(offsetof(struct coin_record, payload) == 52, "records are packed as the slab classes expect");

static size_t record_bytes(unsigned class)
{
    return HEAD_BYTES + class_payload[class];
}

static size_t chunk_bytes(unsigned class)
{
    return record_bytes(class) << CHUNK_SHIFT;
}

void coin_slabs_init(struct coin_slabs *s, const struct yc_alloc *alloc)
{
    *s = (struct coin_slabs){.alloc = alloc};
}

static uint8_t *place_at(const struct coin_slabs *s, unsigned class, uint32_t place)
{
    return s->slab[class].chunk[place >> CHUNK_SHIFT] +
           (place & ((UINT32_C(1) << CHUNK_SHIFT) - 1)) * record_bytes(class);
}

struct coin_record *coin_slabs_at(const struct coin_slabs *s, coin_ref ref)
{
    return (struct coin_record *)(void *)place_at(s, ref >> REF_BITS, ref & PLACE_MAX);
}

static struct coin_apart *apart(const struct coin_record *r)
{
    struct coin_apart *a;
    memcpy(&a, r->payload + APART_AT, sizeof a);
    return a;
}

uint8_t *coin_payload(struct coin_record *r)
{
    return r->flags & COIN_APART ? apart(r)->bytes : r->payload;
}

static struct coin_apart *apart_new(struct coin_slabs *s, size_t n)
{
    struct coin_apart *a = (struct coin_apart *)yc_alloc_new(s->alloc, sizeof *a + n);
    if (!a)
        return NULL;
    *a = (struct coin_apart){.next = s->apart, .n = n};
    if (s->apart)
        s->apart->previous = a;
    s->apart = a;
    s->bytes += sizeof *a + n;
    return a;
}

static void apart_free(struct coin_slabs *s, struct coin_apart *a)
{
    if (a->previous)
        a->previous->next = a->next;
    else
        s->apart = a->next;
    if (a->next)
        a->next->previous = a->previous;
    s->bytes -= sizeof *a + a->n;
    yc_alloc_free(s->alloc, a, sizeof *a + a->n);
}

static void free_chunks(struct coin_slabs *s, unsigned class)
{
    struct slab *slab = &s->slab[class];
    for (uint32_t i = 0; i < slab->chunk_count; i++)
        yc_alloc_free(s->alloc, slab->chunk[i], chunk_bytes(class));
    yc_alloc_free(s->alloc, slab->chunk, slab->chunk_room * sizeof slab->chunk[0]);
}

void coin_slabs_release(struct coin_slabs *s)
{
    for (unsigned class = 0; class < SLAB_CLASSES; class ++)
        free_chunks(s, class);
    while (s->apart)
        apart_free(s, s->apart);
    coin_slabs_init(s, s->alloc);
}

/* Room for one chunk more; false when there is no memory or the class is full. */
static bool add_chunk(struct coin_slabs *s, unsigned class)
{
    struct slab *slab = &s->slab[class];
    if (slab->chunk_count == (PLACE_MAX >> CHUNK_SHIFT))
        return false;
    if (slab->chunk_count == slab->chunk_room) {
        uint32_t room = slab->chunk_room ? slab->chunk_room * 2 : 8;
        void *p = yc_alloc_resize(s->alloc, slab->chunk, slab->chunk_room * sizeof slab->chunk[0],
                                  room * sizeof slab->chunk[0]);
        if (!p)
            return false;
        s->bytes += (room - slab->chunk_room) * sizeof slab->chunk[0];
        slab->chunk = (uint8_t **)p;
        slab->chunk_room = room;
    }
    uint8_t *chunk = (uint8_t *)yc_alloc_new(s->alloc, chunk_bytes(class));
    if (!chunk)
        return false;
    slab->chunk[slab->chunk_count++] = chunk;
    s->bytes += chunk_bytes(class);
    return true;
}

static uint32_t take_place(struct coin_slabs *s, unsigned class)
{
    struct slab *slab = &s->slab[class];
    if (slab->freed) {
        uint32_t place = slab->freed;
        memcpy(&slab->freed, place_at(s, class, place), sizeof slab->freed);
        return place;
    }
    /* Place 0 of class 0 would be the ref that means none; it is left out of every class. */
    if (((slab->used + 1) >> CHUNK_SHIFT) == slab->chunk_count && !add_chunk(s, class))
        return 0;
    return ++slab->used;
}

static void give_place(struct coin_slabs *s, unsigned class, uint32_t place)
{
    struct slab *slab = &s->slab[class];
    memcpy(place_at(s, class, place), &slab->freed, sizeof slab->freed);
    slab->freed = place;
}

coin_ref coin_slabs_take(struct coin_slabs *s, size_t payload_n)
{
    struct coin_apart *a = NULL;
    size_t inline_n = payload_n;
    YC_ASSERT(payload_n <= UINT16_MAX);
    if (payload_n > class_payload[SLAB_CLASSES - 1]) {
        a = apart_new(s, payload_n);
        if (!a)
            return 0;
        inline_n = APART_AT + sizeof a;
    }
    unsigned class = 0;
    while (class_payload[class] < inline_n)
        class ++;
    uint32_t place = take_place(s, class);
    if (!place) {
        if (a)
            apart_free(s, a);
        return 0;
    }
    coin_ref ref = (uint32_t) class << REF_BITS | place;
    struct coin_record *r = coin_slabs_at(s, ref);
    r->flags = a ? COIN_APART : 0;
    r->payload_n = (uint16_t)payload_n;
    if (a)
        memcpy(r->payload + APART_AT, &a, sizeof a);
    return ref;
}

void coin_slabs_give(struct coin_slabs *s, coin_ref ref)
{
    struct coin_record *r = coin_slabs_at(s, ref);
    if (r->flags & COIN_APART)
        apart_free(s, apart(r));
    r->flags = 0;
    give_place(s, ref >> REF_BITS, ref & PLACE_MAX);
}

bool coin_slabs_next(const struct coin_slabs *s, coin_ref *at)
{
    unsigned class = *at >> REF_BITS;
    uint32_t place = *at & PLACE_MAX;
    while (place == s->slab[class].used) {
        if (++class == SLAB_CLASSES)
            return false;
        place = 0;
    }
    *at = (uint32_t) class << REF_BITS | (place + 1);
    return true;
}
