/* A key-value store in memory for tests and for the simulator. It knows what was synced: a power cut takes back what
 * was not. One thread at a time. */
#ifndef YC_NODE_STORE_KV_MEMORY_H
#define YC_NODE_STORE_KV_MEMORY_H

#include "base/alloc.h"
#include "base/random.h"
#include "node/store/kv.h"

/* Unsynced batches that can be lost at most: older ones count as having reached the disk. */
#define YC_KV_MEMORY_PENDING_MAX 256

struct yc_kv_memory; /* opaque */

/** An empty store; all memory comes from alloc (borrowed for its life). Returns YC_VALID or YC_SYSTEM (MEMORY); the
 *  caller frees *out. name is what errors call it (borrowed, static). */
enum yc_verdict yc_kv_memory_new(struct yc_kv_memory **out, const struct yc_alloc *alloc, const char *name,
                                 struct yc_error *err) YC_MUST_USE;
/** Every cursor must have been closed. NULL is fine. */
void yc_kv_memory_free(struct yc_kv_memory *m);

/** The interface. Its close leaves the contents alone, so that a test can open the same store again; it stays valid
 *  until free. A write costs what kv_table.h says. */
const struct yc_kv *yc_kv_memory_kv(struct yc_kv_memory *m);

/** The power fails: each batch that was written without sync is lost, or, with chance, survives or is lost as a whole,
 *  each on its own. Every cursor must have been closed. YC_VALID or YC_SYSTEM (MEMORY). */
enum yc_verdict yc_kv_memory_power_cut(struct yc_kv_memory *m, const struct yc_random *chance,
                                       struct yc_error *err) YC_MUST_USE;

size_t yc_kv_memory_count(const struct yc_kv_memory *m);

#endif
