/* An arena: many small allocations that die together. It grows in chunks from an allocator, or lives in memory that
 * the caller gives (then it never grows). One thread at a time. Under AddressSanitizer what a growing arena has not
 * handed out, or has taken back, may not be touched (base/poison.h). */
#ifndef YC_BASE_ARENA_H
#define YC_BASE_ARENA_H

#include "base/alloc.h"
#include "base/view.h"

struct yc_arena_chunk;

struct yc_arena {
    const struct yc_alloc *alloc; /* NULL: fixed memory */
    uint8_t *fixed;               /* where fixed memory begins */
    struct yc_arena_chunk *chunks;
    uint8_t *next, *end; /* room in the current chunk */
    size_t chunk_bytes;  /* least size of a new chunk */
    size_t total_bytes;  /* held from alloc */
    size_t max_bytes;    /* never hold more than this */
};

/** An arena that takes chunks of at least chunk_bytes from alloc (borrowed for the arena's life), max_bytes in all. */
void yc_arena_init(struct yc_arena *a, const struct yc_alloc *alloc, size_t chunk_bytes, size_t max_bytes);

/** An arena in n bytes at p, which the caller owns and keeps for the arena's life. It never grows. */
void yc_arena_init_fixed(struct yc_arena *a, void *p, size_t n);

/** n bytes, aligned for any type, not zeroed; NULL when the arena is full or there is no memory. n = 0 gives a
 *  non-NULL pointer. Valid until clear or release. */
void *yc_arena_take(struct yc_arena *a, size_t n);

/** count elements of size bytes; NULL too when the product overflows. */
void *yc_arena_take_array(struct yc_arena *a, size_t count, size_t size);

/** A copy of the bytes of v. On failure the view's p is NULL while n is v.n: check p when v.n > 0. */
struct yc_view yc_arena_copy(struct yc_arena *a, struct yc_view v);

/** Forget every allocation but keep one chunk, or the fixed memory, for reuse. */
void yc_arena_clear(struct yc_arena *a);

/* A place in an arena's life: what was taken after it can be forgotten alone, so that what a step needs for itself is not
 * held for as long as its results. */
struct yc_arena_mark {
    struct yc_arena_chunk *chunk;
    uint8_t *next;
};
static inline struct yc_arena_mark yc_arena_mark(const struct yc_arena *a)
{
    return (struct yc_arena_mark){a->chunks, a->next};
}
/** Forget every allocation made since the mark was taken. The arena must not have been cleared, released or rewound to an
 *  older mark since; marks taken after this one are dead. */
void yc_arena_rewind(struct yc_arena *a, struct yc_arena_mark mark);

/** Give all memory back. The arena may be initialised anew. */
void yc_arena_release(struct yc_arena *a);

#endif
