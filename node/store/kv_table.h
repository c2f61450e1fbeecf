/* A sorted table of keys and values that is never changed once made: a batch makes a new one, which shares with the old one
 * all leaves that the batch does not touch. Inside of the store in memory (kv_memory.h). One thread at a time. */
#ifndef YC_NODE_STORE_KV_TABLE_H
#define YC_NODE_STORE_KV_TABLE_H

#include "base/alloc.h"
#include "node/store/kv.h"

struct yc_kv_table; /* opaque, counted */

/** Before, equal to or behind: less than 0, 0, more than 0; byte by byte, and the shorter one first. */
int yc_kv_compare(struct yc_view a, struct yc_view b);

/** An empty table; NULL without memory. alloc is borrowed for the life of it and of all that are made from it. */
struct yc_kv_table *yc_kv_table_new(const struct yc_alloc *alloc);
/** One more owner; t. */
struct yc_kv_table *yc_kv_table_share(struct yc_kv_table *t);
/** One owner less: the last one frees it. */
void yc_kv_table_drop(struct yc_kv_table *t);
/** The table after the batch, for the caller to drop; old stays as it is. NULL without memory. The cost is that of the leaves
 *  that change, and of one pointer for each of the others. */
struct yc_kv_table *yc_kv_table_after(const struct yc_kv_table *old, const struct yc_kv_batch *b);

size_t yc_kv_table_count(const struct yc_kv_table *t);
struct yc_kv_place {
    size_t leaf, at;
};
/** The place of the first key >= key, or the end. */
struct yc_kv_place yc_kv_table_find(const struct yc_kv_table *t, struct yc_view key);
/** What is at the place, which moves on; false at the end. The views live as long as the table. */
bool yc_kv_table_next(const struct yc_kv_table *t, struct yc_kv_place *place, struct yc_view *key,
                      struct yc_view *value);

#endif
