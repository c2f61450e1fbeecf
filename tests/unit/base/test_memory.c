/* Arenas and growable buffers: limits, alignment, and allocators that fail. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/poison.h"
#include "support/heap.h"
#include "support/unit.h"

#include <stdalign.h>

static void assert_aligned(const void *p)
{
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
}

static void arena_keeps_what_it_gave(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_arena a;
    uint8_t *given[200];
    test_heap_init(&heap);
    yc_arena_init(&a, &heap.alloc, 256, 1 << 20);
    for (size_t i = 0; i < 200; i++) {
        given[i] = yc_arena_take(&a, i);
        assert_aligned(given[i]);
        memset(given[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_equal(given[i][j], i);
    }
    assert_int_equal(a.total_bytes, heap.live_bytes);
    yc_arena_release(&a);
    assert_int_equal(heap.live_bytes, 0);
    assert_int_equal(a.total_bytes, 0);
}

static void arena_stops_at_its_maximum(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_arena a;
    test_heap_init(&heap);
    yc_arena_init(&a, &heap.alloc, 256, 1000);
    size_t taken = 0;
    while (yc_arena_take(&a, 16)) {
        taken += 16 + YC_RED_ZONE_BYTES;
        assert_in_range(heap.live_bytes, 1, 1000);
    }
    assert_in_range(taken, 800, 1000); /* the heads of the chunks are the rest */
    assert_null(yc_arena_take(&a, 1));
    assert_null(yc_arena_take(&a, SIZE_MAX));
    assert_null(yc_arena_take_array(&a, SIZE_MAX / 4, 8));
    yc_arena_release(&a);
    assert_int_equal(heap.live_bytes, 0);
}

static void arena_takes_more_than_a_chunk(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_arena a;
    test_heap_init(&heap);
    yc_arena_init(&a, &heap.alloc, 64, 100000);
    uint8_t *big = yc_arena_take_array(&a, 1000, 50);
    assert_aligned(big);
    memset(big, 1, 50000);
    assert_null(yc_arena_take(&a, 60000));
    assert_aligned(yc_arena_take(&a, 10));
    yc_arena_release(&a);
}

static void arena_clear_keeps_a_chunk(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_arena a;
    test_heap_init(&heap);
    yc_arena_init(&a, &heap.alloc, 128, 10000);
    for (unsigned i = 0; i < 20; i++)
        assert_non_null(yc_arena_take(&a, 100));
    yc_arena_clear(&a);
    size_t calls = heap.calls;
    assert_in_range(heap.live_bytes, 1, 128 + 64);
    assert_non_null(yc_arena_take(&a, 100));
    assert_int_equal(heap.calls, calls);
    assert_int_equal(a.total_bytes, heap.live_bytes);
    yc_arena_release(&a);
    assert_int_equal(heap.live_bytes, 0);
    yc_arena_clear(&a); /* an empty one too */
}

/* What was taken after a mark goes, chunks that it needed included; what was taken before stays as it was. */
static void arena_rewinds_to_a_mark(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_arena a;
    test_heap_init(&heap);
    yc_arena_init(&a, &heap.alloc, 256, 1 << 20);
    struct yc_arena_mark empty = yc_arena_mark(&a);
    uint8_t *kept = yc_arena_take(&a, 100);
    memset(kept, 7, 100);
    struct yc_arena_mark mark = yc_arena_mark(&a);
    size_t live = heap.live_bytes;
    uint8_t *first = yc_arena_take(&a, 16);
    for (int i = 0; i < 50; i++)
        memset(yc_arena_take(&a, 90), 9, 90);
    assert_true(heap.live_bytes > live);
    yc_arena_rewind(&a, mark);
    assert_int_equal(heap.live_bytes, live);
    assert_int_equal(a.total_bytes, live);
    assert_ptr_equal(yc_arena_take(&a, 16), first);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(kept[i], 7);
    /* Back to before anything was taken, one chunk is kept, as when it is cleared. */
    yc_arena_rewind(&a, empty);
    assert_ptr_equal(yc_arena_take(&a, 100), kept);
    yc_arena_release(&a);
    assert_int_equal(heap.live_bytes, 0);

    alignas(max_align_t) uint8_t room[64];
    yc_arena_init_fixed(&a, room, sizeof room);
    assert_non_null(yc_arena_take(&a, 16));
    mark = yc_arena_mark(&a);
    first = yc_arena_take(&a, 48);
    assert_non_null(first);
    assert_null(yc_arena_take(&a, 1));
    yc_arena_rewind(&a, mark);
    assert_ptr_equal(yc_arena_take(&a, 48), first);
}

static void arena_survives_no_memory(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_arena a;
    test_heap_init(&heap);
    yc_arena_init(&a, &heap.alloc, 64, 10000);
    uint8_t *first = yc_arena_take(&a, 8);
    assert_non_null(first);
    heap.fail_at = heap.calls + 1;
    assert_null(yc_arena_take(&a, 1000));
    struct yc_view copy = yc_arena_copy(&a, yc_view(first, 5000));
    assert_null(copy.p);
    assert_int_equal(copy.n, 5000);
    heap.fail_at = 0;
    assert_non_null(yc_arena_take(&a, 1000));
    yc_arena_release(&a);
    assert_int_equal(heap.live_bytes, 0);
}

static void arena_in_fixed_memory(void **state)
{
    (void)state;
    alignas(max_align_t) uint8_t memory[256];
    struct yc_arena a;
    for (size_t offset = 0; offset < 20; offset++) {
        yc_arena_init_fixed(&a, memory + offset, sizeof memory - offset);
        size_t count = 0;
        for (uint8_t *p; (p = yc_arena_take(&a, 16)); count++) {
            assert_aligned(p);
            assert_true(p >= memory + offset && p + 16 <= memory + sizeof memory);
        }
        assert_int_equal(count, (sizeof memory - (offset + 15) / 16 * 16) / 16);
        yc_arena_clear(&a);
        assert_non_null(yc_arena_take(&a, sizeof memory - 32));
        yc_arena_release(&a);
        assert_null(yc_arena_take(&a, 1));
    }
    yc_arena_init_fixed(&a, memory + 1, 3); /* less than the alignment loses */
    assert_null(yc_arena_take(&a, 1));
    yc_arena_init_fixed(&a, NULL, 0);
    assert_null(yc_arena_take(&a, 0));
}

static void arena_copies(void **state)
{
    (void)state;
    alignas(max_align_t) uint8_t memory[64];
    struct yc_arena a;
    yc_arena_init_fixed(&a, memory, sizeof memory);
    struct yc_view v = yc_arena_copy(&a, yc_view_text("outpoint"));
    assert_true(yc_view_equal(v, yc_view_text("outpoint")));
    assert_ptr_equal(v.p, memory);
    assert_int_equal(yc_arena_copy(&a, YC_VIEW_EMPTY).n, 0);
}

static void buffer_grows_to_its_maximum(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_buf b;
    test_heap_init(&heap);
    yc_buf_init(&b, &heap.alloc, 1000);
    assert_int_equal(heap.calls, 0);
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t byte = (uint8_t)i;
        yc_buf_append(&b, &byte, 1);
    }
    assert_false(b.failed);
    assert_int_equal(heap.live_bytes, 1000);
    assert_int_equal(yc_buf_view(&b).n, 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(b.p[i], (uint8_t)i);
    assert_non_null(yc_buf_room(&b, 0));
    yc_buf_append_text(&b, "!");
    assert_true(b.failed);
    assert_int_equal(b.n, 1000);
    yc_buf_drop(&b, 600);
    yc_buf_append_text(&b, "still failed");
    assert_int_equal(b.n, 400);
    assert_int_equal(b.p[0], (uint8_t)600);
    yc_buf_clear(&b);
    yc_buf_append_text(&b, "again");
    assert_true(yc_view_equal(yc_buf_view(&b), yc_view_text("again")));
    yc_buf_drop(&b, 5);
    assert_int_equal(b.n, 0);
    yc_buf_release(&b);
    assert_int_equal(heap.live_bytes, 0);
}

static void buffer_without_memory_keeps_its_bytes(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_buf b;
    test_heap_init(&heap);
    yc_buf_init(&b, &heap.alloc, SIZE_MAX);
    assert_non_null(yc_buf_room(&b, 0));
    yc_buf_append(&b, NULL, 0);
    yc_buf_append_text(&b, "kept");
    heap.fail_at = heap.calls + 1;
    assert_null(yc_buf_room(&b, 100000));
    assert_true(b.failed);
    assert_true(yc_view_equal(yc_buf_view(&b), yc_view_text("kept")));
    assert_null(yc_buf_room(&b, 1));
    assert_null(yc_buf_room(&b, SIZE_MAX));
    yc_buf_release(&b);
    assert_int_equal(heap.live_bytes, 0);
}

/* With AddressSanitizer: a byte beyond what was taken, before it is taken, and after it was forgotten is found. */
static void arena_forbids_what_it_has_not_given(void **state)
{
    (void)state;
#ifdef YC_POISONS
    struct test_heap heap;
    struct yc_arena a;
    test_heap_init(&heap);
    yc_arena_init(&a, &heap.alloc, 4096, 1 << 20);
    uint8_t *one = yc_arena_take(&a, 13), *two = yc_arena_take(&a, 16), *none = yc_arena_take(&a, 0);
    assert_true(one && two && none);
    assert_null(__asan_region_is_poisoned(one, 13));
    assert_true(__asan_address_is_poisoned(one + 13) && __asan_address_is_poisoned(two - 1));
    assert_null(__asan_region_is_poisoned(two, 16));
    assert_true(__asan_address_is_poisoned(two + 16) && __asan_address_is_poisoned(none));
    assert_true(__asan_address_is_poisoned(none + 1000));
    yc_arena_clear(&a);
    assert_true(__asan_address_is_poisoned(one) && __asan_address_is_poisoned(two));
    assert_ptr_equal(yc_arena_take(&a, 40), one);
    assert_null(__asan_region_is_poisoned(one, 40));
    yc_arena_release(&a);
    assert_int_equal(heap.live_bytes, 0);
    /* What the caller gave is never forbidden: nobody says when the arena is done with it. */
    static uint8_t memory[256];
    yc_arena_init_fixed(&a, memory, sizeof memory);
    assert_non_null(yc_arena_take(&a, 10));
    yc_arena_clear(&a);
    assert_null(__asan_region_is_poisoned(memory, sizeof memory));
#else
    assert_int_equal(YC_RED_ZONE_BYTES, 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_forbids_what_it_has_not_given),
        cmocka_unit_test(arena_keeps_what_it_gave),
        cmocka_unit_test(arena_stops_at_its_maximum),
        cmocka_unit_test(arena_takes_more_than_a_chunk),
        cmocka_unit_test(arena_clear_keeps_a_chunk),
        cmocka_unit_test(arena_rewinds_to_a_mark),
        cmocka_unit_test(arena_survives_no_memory),
        cmocka_unit_test(arena_in_fixed_memory),
        cmocka_unit_test(arena_copies),
        cmocka_unit_test(buffer_grows_to_its_maximum),
        cmocka_unit_test(buffer_without_memory_keeps_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
