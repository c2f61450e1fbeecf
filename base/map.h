/* A hash table from fixed-length keys to fixed-length values, both stored inline: open addressing, linear probing,
 * deletion without tombstones, a keyed hash. One thread at a time.
 *
 * Attack it answers: peers choose the keys (txids, outpoints, addresses), so the hash is SipHash under a secret seed. */
#ifndef YC_BASE_MAP_H
#define YC_BASE_MAP_H

#include "base/alloc.h"
#include "base/result.h"
#include "base/siphash.h"

struct yc_map {
    const struct yc_alloc *alloc;
    struct yc_siphash_key seed;
    size_t key_bytes, value_bytes, slot_bytes;
    uint8_t *slots; /* capacity slots of { value (aligned to 8), key, used byte } */
    size_t capacity, count;
};

/** An empty table that takes no memory yet. alloc is borrowed for its life; the seed comes from the node's random
 *  source, or is fixed in tests and in the simulator. */
void yc_map_init(struct yc_map *m, const struct yc_alloc *alloc, size_t key_bytes, size_t value_bytes,
                 struct yc_siphash_key seed);
void yc_map_release(struct yc_map *m);
/** Forget all entries, keep the memory. */
void yc_map_clear(struct yc_map *m);

/** The value of the key (8-byte aligned), or NULL. Valid until the next put or remove. */
void *yc_map_get(const struct yc_map *m, const void *key);

/** The value of the key, made (all zero bytes) when it was missing; *is_new (may be NULL) says which.
 *  NULL when there is no memory. Valid until the next put or remove. */
void *yc_map_put(struct yc_map *m, const void *key, bool *is_new) YC_MUST_USE;

/** Make room for so many more entries, so that putting them cannot fail; false, and nothing is changed, without memory. */
bool yc_map_reserve(struct yc_map *m, size_t more) YC_MUST_USE;

/** Remove the key; false when it was not there. */
bool yc_map_remove(struct yc_map *m, const void *key);

/** Walk the entries in table order: *at starts at 0; returns false at the end. The table must not change during the
 *  walk; to remove while walking, collect the keys first. */
bool yc_map_next(const struct yc_map *m, size_t *at, const void **key, void **value);

/** Bytes held. */
static inline size_t yc_map_bytes(const struct yc_map *m)
{
    return m->capacity * m->slot_bytes;
}

#endif
