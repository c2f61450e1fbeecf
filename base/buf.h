/* A growable run of bytes from an allocator, with a cap. Sticky: a failed append sets `failed` and later ones do
 * nothing. One thread at a time. */
#ifndef YC_BASE_BUF_H
#define YC_BASE_BUF_H

#include "base/alloc.h"
#include "base/view.h"

struct yc_buf {
    const struct yc_alloc *alloc;
    uint8_t *p;
    size_t n, cap;
    size_t max; /* never longer than this */
    bool failed;
};

/** An empty buffer that may grow to max_bytes; alloc is borrowed for its life. Takes no memory yet. */
void yc_buf_init(struct yc_buf *b, const struct yc_alloc *alloc, size_t max_bytes);
void yc_buf_release(struct yc_buf *b);
/** Forget the contents and the failure, keep the memory. */
void yc_buf_clear(struct yc_buf *b);
/** Room for n more bytes, which then count as written; NULL when there is none (sticky). */
uint8_t *yc_buf_room(struct yc_buf *b, size_t n);
void yc_buf_append(struct yc_buf *b, const void *p, size_t n);
void yc_buf_append_text(struct yc_buf *b, const char *text);
/** Drop the first n bytes (n <= b->n), moving the rest down. */
void yc_buf_drop(struct yc_buf *b, size_t n);
static inline struct yc_view yc_buf_view(const struct yc_buf *b)
{
    return yc_view(b->p, b->n);
}

#endif
