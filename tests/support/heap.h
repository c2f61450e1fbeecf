/* An allocator for tests: counts what lives, checks that callers pass the true old size, fails on demand. */
#ifndef YC_TESTS_SUPPORT_HEAP_H
#define YC_TESTS_SUPPORT_HEAP_H

#include "base/alloc.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

struct test_heap {
    struct yc_alloc alloc;
    size_t live_bytes, calls; /* calls that asked for memory */
    size_t fail_at;           /* the call of this number and all after it fail; 0: none */
};

/* Before each block: its size. 16 bytes keep the block aligned. */
#define TEST_HEAP_HEAD 16

static inline void *test_heap_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    struct test_heap *h = ctx;
    unsigned char *block = p ? (unsigned char *)p - TEST_HEAP_HEAD : NULL;
    size_t held = 0;
    if (block)
        memcpy(&held, block, sizeof held);
    assert_int_equal(held, old_n);
    if (n == 0) {
        h->live_bytes -= held;
        free(block);
        return NULL;
    }
    h->calls++;
    if (h->fail_at && h->calls >= h->fail_at)
        return NULL;
    unsigned char *fresh = malloc(n + TEST_HEAP_HEAD);
    assert_non_null(fresh);
    memcpy(fresh, &n, sizeof n);
    memset(fresh + TEST_HEAP_HEAD, 0xa5, n);
    if (block)
        memcpy(fresh + TEST_HEAP_HEAD, p, held < n ? held : n);
    free(block);
    h->live_bytes += n - held;
    return fresh + TEST_HEAP_HEAD;
}

/** A heap that never fails until fail_at is set; h must not move while its alloc is in use. */
static inline void test_heap_init(struct test_heap *h)
{
    *h = (struct test_heap){.alloc = {test_heap_resize, h}};
}

#endif
