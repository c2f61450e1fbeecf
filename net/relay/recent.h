/* A set that forgets: what was seen lately, of bounded size. Two generations of a table; when the younger is full it
 * becomes the older, and the older is forgotten. Between max and 2*max of the last entries are remembered.
 *
 * Attack it answers: a stream of ever new transactions that makes what we remember of them grow. One thread. */
#ifndef YC_NET_RELAY_RECENT_H
#define YC_NET_RELAY_RECENT_H

#include "base/map.h"

struct yc_recent {
    struct yc_map young, old; /* keys without values */
    size_t max;
};

/** A set of keys of key_bytes. alloc is borrowed for its life; no memory is taken yet. */
void yc_recent_init(struct yc_recent *r, const struct yc_alloc *alloc, size_t key_bytes, size_t max,
                    struct yc_siphash_key seed);
void yc_recent_release(struct yc_recent *r);
void yc_recent_clear(struct yc_recent *r);
/** Never fails: without memory it is not remembered. */
void yc_recent_add(struct yc_recent *r, const void *key);
bool yc_recent_has(const struct yc_recent *r, const void *key);

#endif
