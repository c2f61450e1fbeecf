#include "base/arena.h"

#include "base/assert.h"
#include "base/poison.h"

#include <stdalign.h>

struct yc_arena_chunk {
    struct yc_arena_chunk *older;
    size_t bytes; /* of the whole chunk, this head included */
    alignas(max_align_t) uint8_t room[];
};

#define ALIGN alignof(max_align_t)

void yc_arena_init(struct yc_arena *a, const struct yc_alloc *alloc, size_t chunk_bytes, size_t max_bytes)
{
    *a = (struct yc_arena){.alloc = alloc, .chunk_bytes = chunk_bytes, .max_bytes = max_bytes};
}

void yc_arena_init_fixed(struct yc_arena *a, void *p, size_t n)
{
    uintptr_t at = ((uintptr_t)p + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1);
    size_t lost = (size_t)(at - (uintptr_t)p);
    *a = (struct yc_arena){.fixed = (uint8_t *)p, .next = (uint8_t *)p, .end = (uint8_t *)p};
    if (p && lost <= n) {
        a->fixed = a->next = (uint8_t *)p + lost;
        a->end = (uint8_t *)p + n;
    }
}

static bool grow(struct yc_arena *a, size_t n)
{
    size_t head = sizeof(struct yc_arena_chunk);
    size_t want = n > a->chunk_bytes ? n : a->chunk_bytes;
    if (!a->alloc || want > SIZE_MAX - head || a->total_bytes > a->max_bytes)
        return false;
    want += head;
    if (want > a->max_bytes - a->total_bytes) {
        want = a->max_bytes - a->total_bytes;
        if (want < head || want - head < n)
            return false;
    }
    struct yc_arena_chunk *c = yc_alloc_new(a->alloc, want);
    if (!c)
        return false;
    c->older = a->chunks;
    c->bytes = want;
    a->chunks = c;
    a->next = c->room;
    a->end = (uint8_t *)c + want;
    a->total_bytes += want;
    yc_poison(a->next, (size_t)(a->end - a->next));
    return true;
}

void *yc_arena_take(struct yc_arena *a, size_t n)
{
    /* Memory that the caller gave is the caller's again when it forgets the arena: nothing in it is ever forbidden. */
    const size_t red_zone = a->alloc ? YC_RED_ZONE_BYTES : 0;
    const size_t given = n;
    if (n == 0)
        n = 1;
    if (n > SIZE_MAX - ALIGN - red_zone)
        return NULL;
    n = ((n + ALIGN - 1) & ~(ALIGN - 1)) + red_zone;
    if (!a->next || n > (size_t)(a->end - a->next)) {
        if (!grow(a, n))
            return NULL;
    }
    void *p = a->next;
    a->next += n;
    if (a->alloc)
        yc_unpoison(p, given);
    return p;
}

void *yc_arena_take_array(struct yc_arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return yc_arena_take(a, count * size);
}

struct yc_view yc_arena_copy(struct yc_arena *a, struct yc_view v)
{
    if (v.n == 0)
        return YC_VIEW_EMPTY;
    uint8_t *p = yc_arena_take(a, v.n);
    if (p)
        memcpy(p, v.p, v.n);
    return yc_view(p, v.n);
}

/* Free c and what is older, down to but without `last`. */
static void free_chunks(struct yc_arena *a, struct yc_arena_chunk *c, const struct yc_arena_chunk *last)
{
    while (c != last) {
        struct yc_arena_chunk *older = c->older;
        a->total_bytes -= c->bytes;
        yc_unpoison(c, c->bytes);
        yc_alloc_free(a->alloc, c, c->bytes);
        c = older;
    }
}

void yc_arena_clear(struct yc_arena *a)
{
    YC_ASSERT(a->alloc || !a->chunks);
    struct yc_arena_chunk *keep = a->chunks;
    if (!keep) {
        if (!a->alloc)
            a->next = a->fixed;
        return;
    }
    free_chunks(a, keep->older, NULL);
    keep->older = NULL;
    a->next = keep->room;
    a->end = (uint8_t *)keep + keep->bytes;
    yc_poison(a->next, (size_t)(a->end - a->next));
}

void yc_arena_rewind(struct yc_arena *a, struct yc_arena_mark mark)
{
    if (!mark.next) {
        yc_arena_clear(a); /* nothing had been taken yet: a chunk is kept */
        return;
    }
    free_chunks(a, a->chunks, mark.chunk);
    a->chunks = mark.chunk;
    a->next = mark.next;
    if (mark.chunk)
        a->end = (uint8_t *)mark.chunk + mark.chunk->bytes;
    if (a->alloc)
        yc_poison(a->next, (size_t)(a->end - a->next));
}

void yc_arena_release(struct yc_arena *a)
{
    free_chunks(a, a->chunks, NULL);
    a->chunks = NULL;
    a->fixed = a->next = a->end = NULL;
}
