#include "sys/heap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void *heap_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    (void)ctx;
    (void)old_n;
    if (n == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, n);
}

const struct yc_alloc *yc_heap(void)
{
    static const struct yc_alloc heap = {heap_resize, NULL};
    return &heap;
}

/* Take n bytes from what is left of the cap; false when there is less. */
static bool reserve(struct yc_heap_capped *h, size_t n)
{
    size_t used = atomic_load_explicit(&h->used_bytes, memory_order_relaxed);
    do {
        if (n > h->max_bytes || used > h->max_bytes - n)
            return false;
    } while (!atomic_compare_exchange_weak(&h->used_bytes, &used, used + n));
    size_t now = used + n, peak = atomic_load_explicit(&h->peak_bytes, memory_order_relaxed);
    while (now > peak && !atomic_compare_exchange_weak(&h->peak_bytes, &peak, now)) {
    }
    return true;
}

static void *capped_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    struct yc_heap_capped *h = ctx;
    if (n > old_n && !reserve(h, n - old_n))
        return NULL;
    void *fresh = heap_resize(NULL, p, old_n, n);
    if (!fresh && n > 0) {
        if (n > old_n)
            atomic_fetch_sub(&h->used_bytes, n - old_n);
        return NULL;
    }
    if (n < old_n)
        atomic_fetch_sub(&h->used_bytes, old_n - n);
    return fresh;
}

void yc_heap_capped_init(struct yc_heap_capped *h, size_t max_bytes)
{
    h->alloc = (struct yc_alloc){capped_resize, h};
    h->max_bytes = max_bytes;
    atomic_init(&h->used_bytes, 0);
    atomic_init(&h->peak_bytes, 0);
}

static void *wiping_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    struct yc_heap_wiping *h = ctx;
    void *fresh = NULL;
    if (n > 0) {
        fresh = yc_alloc_new(h->inner, n);
        if (!fresh)
            return NULL;
        if (p)
            memcpy(fresh, p, old_n < n ? old_n : n);
    }
    if (p)
        explicit_bzero(p, old_n);
    yc_alloc_free(h->inner, p, old_n);
    return fresh;
}

void yc_heap_wiping_init(struct yc_heap_wiping *h, const struct yc_alloc *inner)
{
    h->alloc = (struct yc_alloc){wiping_resize, h};
    h->inner = inner;
}
