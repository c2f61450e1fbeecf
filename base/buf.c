#include "base/buf.h"

#include "base/assert.h"

void yc_buf_init(struct yc_buf *b, const struct yc_alloc *alloc, size_t max_bytes)
{
    *b = (struct yc_buf){.alloc = alloc, .max = max_bytes};
}

void yc_buf_release(struct yc_buf *b)
{
    yc_alloc_free(b->alloc, b->p, b->cap);
    b->p = NULL;
    b->n = b->cap = 0;
}

void yc_buf_clear(struct yc_buf *b)
{
    b->n = 0;
    b->failed = false;
}

static bool grow(struct yc_buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : 256;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > b->max)
        cap = b->max;
    uint8_t *p = yc_alloc_resize(b->alloc, b->p, b->cap, cap);
    if (!p)
        return false;
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *yc_buf_room(struct yc_buf *b, size_t n)
{
    static uint8_t none[1]; /* no bytes are room too, before any memory was taken */
    if (b->failed || n > b->max - b->n) {
        b->failed = true;
        return NULL;
    }
    if (n == 0)
        return b->p ? b->p + b->n : none;
    if (n > b->cap - b->n && !grow(b, b->n + n)) {
        b->failed = true;
        return NULL;
    }
    uint8_t *at = b->p + b->n;
    b->n += n;
    return at;
}

void yc_buf_append(struct yc_buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    uint8_t *at = yc_buf_room(b, n);
    if (at)
        memcpy(at, p, n);
}

void yc_buf_append_text(struct yc_buf *b, const char *text)
{
    yc_buf_append(b, text, strlen(text));
}

void yc_buf_drop(struct yc_buf *b, size_t n)
{
    YC_ASSERT(n <= b->n);
    if (n && n < b->n)
        memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}
