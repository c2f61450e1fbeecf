/* QR codes on a terminal. */
#include "formats/qr/qr.h"
#include "support/heap.h"

static size_t lines_of(const struct yc_buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++)
        n += b->p[i] == '\n';
    return n;
}

/* A code of version 1 has 21 modules; with the quiet zone 29 columns and 15 rows of half blocks. */
static void shape_and_finder_pattern(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_buf light, dark;
    test_heap_init(&heap);
    yc_buf_init(&light, &heap.alloc, 1 << 16);
    yc_buf_init(&dark, &heap.alloc, 1 << 16);
    assert_int_equal(yc_qr_print(&light, "YCOIN", YC_QR_LIGHT_TERMINAL, NULL), YC_VALID);
    assert_int_equal(yc_qr_print(&dark, "YCOIN", YC_QR_DARK_TERMINAL, NULL), YC_VALID);
    assert_int_equal(lines_of(&light), 15);
    assert_int_equal(lines_of(&dark), 15);
    /* Two empty lines of quiet zone, then four empty columns and the top edge of the finder pattern. */
    const char *line = (const char *)light.p + (size_t)2 * 30;
    assert_memory_equal(light.p, "                             \n                             \n", 60);
    assert_memory_equal(
        line, "    \xe2\x96\x88\xe2\x96\x80\xe2\x96\x80\xe2\x96\x80\xe2\x96\x80\xe2\x96\x80\xe2\x96\x88 ", 26);
    assert_memory_equal(dark.p, "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88", 12);
    yc_buf_release(&light);
    yc_buf_release(&dark);
    assert_int_equal(heap.live_bytes, 0);
}

static void texts_that_do_not_fit(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_buf b;
    struct yc_error err;
    char text[4001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    test_heap_init(&heap);
    yc_buf_init(&b, &heap.alloc, 1 << 20);
    assert_int_equal(yc_qr_print(&b, "", YC_QR_DARK_TERMINAL, &err), YC_INVALID);
    assert_int_equal(yc_qr_print(&b, text, YC_QR_DARK_TERMINAL, &err), YC_INVALID);
    text[2331] = 0;
    assert_int_equal(yc_qr_print(&b, text, YC_QR_DARK_TERMINAL, &err), YC_VALID);
    yc_buf_release(&b);
    yc_buf_init(&b, &heap.alloc, 100);
    assert_int_equal(yc_qr_print(&b, "YCOIN", YC_QR_DARK_TERMINAL, &err), YC_SYSTEM);
    yc_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_and_finder_pattern),
        cmocka_unit_test(texts_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
