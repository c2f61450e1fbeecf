/* A sticky reader over borrowed bytes: a read past the end sets `failed`, returns zeros and makes every later read
 * harmless, so that a parser checks once, at its end. Any thread.
 *
 * Attack it answers: counts on the wire that drive allocation or loops. yc_reader_count() refuses a count whose
 * elements cannot fit in the bytes that are left. */
#ifndef YC_BASE_READER_H
#define YC_BASE_READER_H

#include "base/bytes.h"
#include "base/view.h"

struct yc_reader {
    const uint8_t *p;   /* next byte */
    const uint8_t *end; /* one past the last byte */
    bool failed;
    bool overlong; /* it failed at a CompactSize that is not in its shortest form */
};

static inline void yc_reader_init(struct yc_reader *r, struct yc_view v)
{
    static const uint8_t none[1] = {0};
    r->p = v.n ? v.p : none;
    r->end = r->p + v.n;
    r->failed = r->overlong = false;
}

static inline size_t yc_reader_left(const struct yc_reader *r)
{
    return (size_t)(r->end - r->p);
}

/** True when nothing failed so far. */
static inline bool yc_reader_ok(const struct yc_reader *r)
{
    return !r->failed;
}

/** True when nothing failed and every byte was read: what a parser of a whole message asks at its end. */
static inline bool yc_reader_done(const struct yc_reader *r)
{
    return !r->failed && r->p == r->end;
}

static inline void yc_reader_fail(struct yc_reader *r)
{
    r->failed = true;
    r->p = r->end;
}

/** The next n bytes as a view into the reader's bytes; an empty view when there are fewer. */
static inline struct yc_view yc_reader_bytes(struct yc_reader *r, size_t n)
{
    if (n > yc_reader_left(r)) {
        yc_reader_fail(r);
        return YC_VIEW_EMPTY;
    }
    struct yc_view v = {r->p, n};
    r->p += n;
    return v;
}

/** Copy the next n bytes to out, or zeros when there are fewer. */
static inline void yc_reader_copy(struct yc_reader *r, void *out, size_t n)
{
    struct yc_view v = yc_reader_bytes(r, n);
    if (r->failed)
        memset(out, 0, n);
    else if (n)
        memcpy(out, v.p, n);
}

static inline uint8_t yc_reader_u8(struct yc_reader *r)
{
    if (r->p == r->end) {
        yc_reader_fail(r);
        return 0;
    }
    return *r->p++;
}

static inline uint16_t yc_reader_u16le(struct yc_reader *r)
{
    struct yc_view v = yc_reader_bytes(r, 2);
    return r->failed ? 0 : yc_get16le(v.p);
}

static inline uint16_t yc_reader_u16be(struct yc_reader *r)
{
    struct yc_view v = yc_reader_bytes(r, 2);
    return r->failed ? 0 : yc_get16be(v.p);
}

static inline uint32_t yc_reader_u32le(struct yc_reader *r)
{
    struct yc_view v = yc_reader_bytes(r, 4);
    return r->failed ? 0 : yc_get32le(v.p);
}

static inline uint64_t yc_reader_u64le(struct yc_reader *r)
{
    struct yc_view v = yc_reader_bytes(r, 8);
    return r->failed ? 0 : yc_get64le(v.p);
}

/** A CompactSize in its shortest form; any other form fails (catalogue C44). */
static inline uint64_t yc_reader_compact(struct yc_reader *r)
{
    uint8_t first = yc_reader_u8(r);
    uint64_t v = first, least = 0;
    if (first == 0xfd) {
        v = yc_reader_u16le(r);
        least = 0xfd;
    } else if (first == 0xfe) {
        v = yc_reader_u32le(r);
        least = 0x10000;
    } else if (first == 0xff) {
        v = yc_reader_u64le(r);
        least = 0x100000000u;
    }
    if (v < least) {
        r->overlong = !r->failed;
        yc_reader_fail(r);
    }
    return r->failed ? 0 : v;
}

/** A CompactSize that counts elements of at least element_bytes_min (>= 1) bytes each: fails when so many elements
 *  cannot be in the bytes that are left, so the count may be used to size an allocation. */
static inline size_t yc_reader_count(struct yc_reader *r, size_t element_bytes_min)
{
    uint64_t n = yc_reader_compact(r);
    if (n > yc_reader_left(r) / element_bytes_min) {
        yc_reader_fail(r);
        return 0;
    }
    return (size_t)n;
}

/** A CompactSize length and that many bytes. */
static inline struct yc_view yc_reader_var_bytes(struct yc_reader *r)
{
    return yc_reader_bytes(r, yc_reader_count(r, 1));
}

#endif
