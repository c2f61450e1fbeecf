/* The process heap as a struct yc_alloc, with or without a cap. Any thread. */
#ifndef YC_SYS_HEAP_H
#define YC_SYS_HEAP_H

#include "base/alloc.h"

#include <stdatomic.h>

/** The heap without a cap; static, never freed. */
const struct yc_alloc *yc_heap(void);

/* A share of the heap that never holds more than max_bytes (the sizes asked for, without malloc's own overhead). */
struct yc_heap_capped {
    struct yc_alloc alloc; /* what to hand on; its ctx is this struct, which therefore must not move */
    size_t max_bytes;
    atomic_size_t used_bytes;
    atomic_size_t peak_bytes;
};

/** An empty share of max_bytes. Holds nothing itself, so there is no release: used_bytes is 0 when nothing leaks. */
void yc_heap_capped_init(struct yc_heap_capped *h, size_t max_bytes);

/* Memory in which secrets may pass through (requests with passwords or keys): every block is overwritten before it is
 * given back, also when it moves to grow or becomes shorter. */
struct yc_heap_wiping {
    struct yc_alloc alloc; /* what to hand on; its ctx is this struct, which therefore must not move */
    const struct yc_alloc *inner;
};

/** Over another allocator, borrowed for its life; as safe for threads as that one is. */
void yc_heap_wiping_init(struct yc_heap_wiping *h, const struct yc_alloc *inner);

#endif
