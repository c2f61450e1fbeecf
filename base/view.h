/* Borrowed bytes. A view owns nothing: whoever hands one out says until when it may be read. Any thread. */
#ifndef YC_BASE_VIEW_H
#define YC_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct yc_view {
    const uint8_t *p; /* may be NULL when n is 0 */
    size_t n;         /* bytes */
};

#define YC_VIEW_EMPTY ((struct yc_view){NULL, 0})

static inline struct yc_view yc_view(const void *p, size_t n)
{
    return (struct yc_view){(const uint8_t *)p, n};
}

static inline struct yc_view yc_view_text(const char *text)
{
    return (struct yc_view){(const uint8_t *)text, strlen(text)};
}

/** The n bytes from offset on; the caller has checked that they exist. */
static inline struct yc_view yc_view_slice(struct yc_view v, size_t offset, size_t n)
{
    return (struct yc_view){v.p + offset, n};
}

static inline bool yc_view_equal(struct yc_view a, struct yc_view b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

#endif
