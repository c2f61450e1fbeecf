/* Memory as an argument: pure modules never call malloc, they are given an allocator. sys/heap.h makes one of the
 * process heap, with or without a cap; tests make ones that fail on the n-th call. */
#ifndef YC_BASE_ALLOC_H
#define YC_BASE_ALLOC_H

#include <stddef.h>

struct yc_alloc {
    /* Make the block p of old_n bytes n bytes long (p NULL: a new one; n 0: free it, returns NULL).
     * NULL for n > 0 means that there is no memory; p is then still valid. Aligned for any type, not zeroed. */
    void *(*resize)(void *ctx, void *p, size_t old_n, size_t n);
    void *ctx;
};

static inline void *yc_alloc_new(const struct yc_alloc *a, size_t n)
{
    return a->resize(a->ctx, NULL, 0, n);
}

static inline void *yc_alloc_resize(const struct yc_alloc *a, void *p, size_t old_n, size_t n)
{
    return a->resize(a->ctx, p, old_n, n);
}

static inline void yc_alloc_free(const struct yc_alloc *a, void *p, size_t n)
{
    if (p)
        (void)a->resize(a->ctx, p, n, 0);
}

#endif
