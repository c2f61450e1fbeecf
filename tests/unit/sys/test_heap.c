/* The heaps: the plain one, the capped one, and the one that fails when told to. */
#include "support/unit.h"
#include "sys/heap.h"
#include "sys/heap_fault.h"

#include <string.h>

static void capped_heap_counts_and_refuses(void **state)
{
    (void)state;
    struct yc_heap_capped h;
    yc_heap_capped_init(&h, 100);
    void *a = yc_alloc_new(&h.alloc, 60);
    assert_non_null(a);
    assert_null(yc_alloc_new(&h.alloc, 41));
    void *b = yc_alloc_new(&h.alloc, 40);
    assert_non_null(b);
    assert_int_equal(atomic_load(&h.used_bytes), 100);
    assert_null(yc_alloc_resize(&h.alloc, a, 60, 61));
    a = yc_alloc_resize(&h.alloc, a, 60, 10);
    assert_non_null(a);
    assert_int_equal(atomic_load(&h.used_bytes), 50);
    assert_null(yc_alloc_new(&h.alloc, SIZE_MAX));
    yc_alloc_free(&h.alloc, a, 10);
    yc_alloc_free(&h.alloc, b, 40);
    assert_int_equal(atomic_load(&h.used_bytes), 0);
    assert_int_equal(atomic_load(&h.peak_bytes), 100);
}

static void resize_keeps_contents(void **state)
{
    (void)state;
    char *p = yc_alloc_new(yc_heap(), 4);
    assert_non_null(p);
    memcpy(p, "abcd", 4);
    p = yc_alloc_resize(yc_heap(), p, 4, 4000);
    assert_non_null(p);
    assert_memory_equal(p, "abcd", 4);
    yc_alloc_free(yc_heap(), p, 4000);
}

static void fault_heap_fails_the_nth_call(void **state)
{
    (void)state;
    struct yc_heap_fault h;
    yc_heap_fault_init(&h, 2, false);
    void *a = yc_alloc_new(&h.alloc, 8);
    assert_non_null(a);
    assert_null(yc_alloc_new(&h.alloc, 8));
    void *b = yc_alloc_new(&h.alloc, 8);
    assert_non_null(b);
    assert_int_equal(h.failed, 1);
    yc_alloc_free(&h.alloc, a, 8);
    yc_alloc_free(&h.alloc, b, 8);
    assert_int_equal(h.used_bytes, 0);
    yc_heap_fault_init(&h, 1, true);
    assert_null(yc_alloc_new(&h.alloc, 1));
    assert_null(yc_alloc_new(&h.alloc, 1));
    assert_int_equal(h.calls, 2);
}

/* What the wiping heap gives back: the inner heap looks at each block before it frees it. */
struct watcher {
    struct yc_alloc alloc;
    size_t freed, dirty;
};

static void *watch_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    struct watcher *w = ctx;
    if (n == 0) {
        w->freed++;
        for (size_t i = 0; i < old_n; i++)
            w->dirty += ((uint8_t *)p)[i] != 0;
    }
    return yc_alloc_resize(yc_heap(), p, old_n, n);
}

static void the_wiping_heap_leaves_nothing_behind(void **state)
{
    (void)state;
    struct watcher w = {.alloc = {watch_resize, &w}};
    struct yc_heap_wiping h;
    yc_heap_wiping_init(&h, &w.alloc);
    uint8_t *p = yc_alloc_new(&h.alloc, 100);
    memset(p, 7, 100);
    p = yc_alloc_resize(&h.alloc, p, 100, 5000);
    assert_int_equal(p[99], 7);
    memset(p, 8, 5000);
    p = yc_alloc_resize(&h.alloc, p, 5000, 10);
    assert_int_equal(p[9], 8);
    yc_alloc_free(&h.alloc, p, 10);
    assert_int_equal(w.freed, 3);
    assert_int_equal(w.dirty, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capped_heap_counts_and_refuses),
        cmocka_unit_test(resize_keeps_contents),
        cmocka_unit_test(the_wiping_heap_leaves_nothing_behind),
        cmocka_unit_test(fault_heap_fails_the_nth_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
