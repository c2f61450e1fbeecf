#include "base/map.h"

#include "base/assert.h"

#define CAPACITY_FIRST 16

/* A slot is { value, key, used }: the value first, so that it is aligned. */
static uint8_t *slot_at(const struct yc_map *m, size_t i)
{
    return m->slots + i * m->slot_bytes;
}
static uint8_t *slot_key(const struct yc_map *m, uint8_t *slot)
{
    return slot + ((m->value_bytes + 7) & ~(size_t)7);
}
static uint8_t *slot_used(const struct yc_map *m, uint8_t *slot)
{
    return slot_key(m, slot) + m->key_bytes;
}

void yc_map_init(struct yc_map *m, const struct yc_alloc *alloc, size_t key_bytes, size_t value_bytes,
                 struct yc_siphash_key seed)
{
    size_t slot = ((value_bytes + 7) & ~(size_t)7) + key_bytes + 1;
    *m = (struct yc_map){.alloc = alloc,
                         .seed = seed,
                         .key_bytes = key_bytes,
                         .value_bytes = value_bytes,
                         .slot_bytes = (slot + 7) & ~(size_t)7};
}

void yc_map_release(struct yc_map *m)
{
    yc_alloc_free(m->alloc, m->slots, m->capacity * m->slot_bytes);
    m->slots = NULL;
    m->capacity = m->count = 0;
}

void yc_map_clear(struct yc_map *m)
{
    if (m->slots)
        memset(m->slots, 0, m->capacity * m->slot_bytes);
    m->count = 0;
}

static size_t home(const struct yc_map *m, const void *key)
{
    return (size_t)yc_siphash(m->seed, key, m->key_bytes) & (m->capacity - 1);
}

/* The slot that holds the key, or the free slot where it would go. The table is never full. */
static size_t find(const struct yc_map *m, const void *key)
{
    size_t i = home(m, key);
    for (;; i = (i + 1) & (m->capacity - 1)) {
        uint8_t *slot = slot_at(m, i);
        if (!*slot_used(m, slot) || memcmp(slot_key(m, slot), key, m->key_bytes) == 0)
            return i;
    }
}

void *yc_map_get(const struct yc_map *m, const void *key)
{
    if (m->count == 0)
        return NULL;
    uint8_t *slot = slot_at(m, find(m, key));
    return *slot_used(m, slot) ? slot : NULL;
}

/* At most two thirds of the slots are used. */
static bool has_room(size_t capacity, size_t count)
{
    return count <= capacity / 3 * 2 + capacity % 3 * 2 / 3;
}

bool yc_map_reserve(struct yc_map *m, size_t more)
{
    struct yc_map bigger = *m;
    if (more > SIZE_MAX / 2 - m->count)
        return false;
    while (!has_room(bigger.capacity, m->count + more)) {
        bigger.capacity = bigger.capacity ? bigger.capacity * 2 : CAPACITY_FIRST;
        if (bigger.capacity > SIZE_MAX / 2 / m->slot_bytes)
            return false;
    }
    if (bigger.capacity == m->capacity)
        return true;
    bigger.slots = yc_alloc_new(m->alloc, bigger.capacity * m->slot_bytes);
    if (!bigger.slots)
        return false;
    memset(bigger.slots, 0, bigger.capacity * m->slot_bytes);
    for (size_t i = 0; i < m->capacity; i++) {
        uint8_t *slot = slot_at(m, i);
        if (*slot_used(m, slot))
            memcpy(slot_at(&bigger, find(&bigger, slot_key(m, slot))), slot, m->slot_bytes);
    }
    yc_alloc_free(m->alloc, m->slots, m->capacity * m->slot_bytes);
    *m = bigger;
    return true;
}

void *yc_map_put(struct yc_map *m, const void *key, bool *is_new)
{
    if (is_new)
        *is_new = false;
    if (m->count) {
        void *value = yc_map_get(m, key);
        if (value)
            return value;
    }
    if (!yc_map_reserve(m, 1))
        return NULL;
    uint8_t *slot = slot_at(m, find(m, key));
    memset(slot, 0, m->slot_bytes);
    memcpy(slot_key(m, slot), key, m->key_bytes);
    *slot_used(m, slot) = 1;
    m->count++;
    if (is_new)
        *is_new = true;
    return slot;
}

bool yc_map_remove(struct yc_map *m, const void *key)
{
    if (m->count == 0)
        return false;
    size_t hole = find(m, key), mask = m->capacity - 1;
    if (!*slot_used(m, slot_at(m, hole)))
        return false;
    /* Pull back every later entry of the run that may not stay behind the hole. */
    for (size_t i = (hole + 1) & mask; *slot_used(m, slot_at(m, i)); i = (i + 1) & mask) {
        size_t want = home(m, slot_key(m, slot_at(m, i)));
        if (((i - want) & mask) >= ((i - hole) & mask)) {
            memcpy(slot_at(m, hole), slot_at(m, i), m->slot_bytes);
            hole = i;
        }
    }
    memset(slot_at(m, hole), 0, m->slot_bytes);
    m->count--;
    return true;
}

bool yc_map_next(const struct yc_map *m, size_t *at, const void **key, void **value)
{
    while (*at < m->capacity) {
        uint8_t *slot = slot_at(m, (*at)++);
        if (*slot_used(m, slot)) {
            *key = slot_key(m, slot);
            *value = slot;
            return true;
        }
    }
    return false;
}
