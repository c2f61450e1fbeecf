/* A sticky writer into memory that the caller owns: a write past the end sets `failed` and writes nothing more.
 * With p == NULL it only counts, so one function serves to measure and to write. Any thread. */
#ifndef YC_BASE_WRITER_H
#define YC_BASE_WRITER_H

#include "base/bytes.h"
#include "base/view.h"

struct yc_writer {
    uint8_t *p; /* NULL: count only */
    size_t n;   /* bytes written (or counted) so far */
    size_t cap;
    bool failed;
};

static inline void yc_writer_init(struct yc_writer *w, void *p, size_t cap)
{
    *w = (struct yc_writer){(uint8_t *)p, 0, cap, false};
}

static inline void yc_writer_init_count(struct yc_writer *w)
{
    *w = (struct yc_writer){NULL, 0, SIZE_MAX, false};
}

/** Room for n more bytes, or NULL (then `failed` is set, or the writer only counts). */
static inline uint8_t *yc_writer_room(struct yc_writer *w, size_t n)
{
    if (w->failed || n > w->cap - w->n) {
        w->failed = true;
        return NULL;
    }
    uint8_t *at = w->p ? w->p + w->n : NULL;
    w->n += n;
    return at;
}

static inline void yc_writer_bytes(struct yc_writer *w, const void *p, size_t n)
{
    uint8_t *at = yc_writer_room(w, n);
    if (at && n)
        memcpy(at, p, n);
}

static inline void yc_writer_view(struct yc_writer *w, struct yc_view v)
{
    yc_writer_bytes(w, v.p, v.n);
}

static inline void yc_writer_u8(struct yc_writer *w, uint8_t v)
{
    uint8_t *at = yc_writer_room(w, 1);
    if (at)
        *at = v;
}

static inline void yc_writer_u16le(struct yc_writer *w, uint16_t v)
{
    uint8_t *at = yc_writer_room(w, 2);
    if (at)
        yc_put16le(at, v);
}

static inline void yc_writer_u16be(struct yc_writer *w, uint16_t v)
{
    uint8_t *at = yc_writer_room(w, 2);
    if (at)
        yc_put16be(at, v);
}

static inline void yc_writer_u32le(struct yc_writer *w, uint32_t v)
{
    uint8_t *at = yc_writer_room(w, 4);
    if (at)
        yc_put32le(at, v);
}

static inline void yc_writer_u64le(struct yc_writer *w, uint64_t v)
{
    uint8_t *at = yc_writer_room(w, 8);
    if (at)
        yc_put64le(at, v);
}

static inline size_t yc_compact_bytes(uint64_t v)
{
    return v < 0xfd ? 1 : v <= 0xffff ? 3 : v <= 0xffffffff ? 5 : 9;
}

static inline void yc_writer_compact(struct yc_writer *w, uint64_t v)
{
    if (v < 0xfd) {
        yc_writer_u8(w, (uint8_t)v);
    } else if (v <= 0xffff) {
        yc_writer_u8(w, 0xfd);
        yc_writer_u16le(w, (uint16_t)v);
    } else if (v <= 0xffffffff) {
        yc_writer_u8(w, 0xfe);
        yc_writer_u32le(w, (uint32_t)v);
    } else {
        yc_writer_u8(w, 0xff);
        yc_writer_u64le(w, v);
    }
}

static inline void yc_writer_var_bytes(struct yc_writer *w, struct yc_view v)
{
    yc_writer_compact(w, v.n);
    yc_writer_view(w, v);
}

static inline struct yc_view yc_writer_written(const struct yc_writer *w)
{
    return yc_view(w->p, w->failed ? 0 : w->n);
}

#endif
