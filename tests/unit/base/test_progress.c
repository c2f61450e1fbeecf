/* What a meter says of work whose course is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/progress.h"

#define S INT64_C(1000000)

static void progress_is_told_with_the_time_left(void **state)
{
    char text[YC_PROGRESS_TEXT];
    (void)state;
    static const struct {
        uint64_t done, total;
        int64_t took_us;
        const char *says;
    } row[] = {
        {0, 100, 0, "0.0%"},
        {50, 100, S / 2, "50.0%"}, /* too early to tell */
        {50, 100, 60 * S, "50.0%, about 60 seconds left"},
        {25, 100, 60 * S, "25.0%, about 3 minutes left"},
        {1, 100, 3600 * S, "1.0%, about 99 hours left"},
        {300, 100, 60 * S, "100.0%, about 0 seconds left"},
        {0, 0, 60 * S, "100.0%, about 0 seconds left"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        yc_progress_text(text, yc_progress_of(row[i].done, row[i].total, row[i].took_us));
        assert_string_equal(text, row[i].says);
    }
}

static void a_line_is_due_now_and_then(void **state)
{
    struct yc_meter m = {0};
    char text[YC_METER_TEXT];
    (void)state;
    assert_false(yc_meter_due(&m, 1000 * S)); /* it has not begun */
    yc_meter_begin(&m, 5 * S, 10 * S, &(struct yc_work_done){.height = 1});
    assert_false(yc_meter_due(&m, 15 * S - 1));
    assert_true(yc_meter_due(&m, 15 * S));
    yc_meter_text(&m, text, 15 * S, &(struct yc_work_done){.height = 1});
    assert_false(yc_meter_due(&m, 16 * S));
    assert_true(yc_meter_due(&m, 25 * S));
}

static void a_line_says_rates_since_the_last_one(void **state)
{
    struct yc_meter m;
    char text[YC_METER_TEXT];
    (void)state;
    struct yc_work_done w = {.height = 100, .blocks = 100, .txs = 1000, .bytes = 5000000, .done = 100, .total = 1100};
    yc_meter_begin(&m, 0, 10 * S, &w);
    w = (struct yc_work_done){.height = 300,
                              .blocks = 300,
                              .txs = 4000,
                              .bytes = 25000000,
                              .written_bytes = 400000,
                              .done = 300,
                              .total = 1100};
    yc_meter_text(&m, text, 10 * S, &w);
    assert_string_equal(text,
                        "height 300, 20 blocks/s, 300 tx/s, 2.0 MB/s, 27.3%, about 40 seconds left, limited by the "
                        "processors, 2.0 kB written per block");
    w.height = 305;
    w.blocks = 305;
    w.done = 305;
    yc_meter_text(&m, text, 20 * S, &w);
    assert_string_equal(text,
                        "height 305, 0.5 blocks/s, 0 tx/s, 0.0 MB/s, 27.7%, about 77 seconds left, limited by the "
                        "processors, 0.0 kB written per block");
}

static void it_is_limited_by_what_it_waits_for_most(void **state)
{
    struct yc_meter m;
    char text[YC_METER_TEXT];
    (void)state;
    struct yc_work_done w = {.height = 7};
    yc_meter_begin(&m, 0, 10 * S, &w);
    yc_meter_waited(&m, YC_WAITED_DISK, 4 * S);
    yc_meter_text(&m, text, 10 * S, &w);
    assert_string_equal(text, "height 7, limited by the processors");
    yc_meter_waited(&m, YC_WAITED_DISK, 3 * S);
    yc_meter_waited(&m, YC_WAITED_PEERS, 4 * S);
    yc_meter_waited(&m, YC_WAITED_PEERS, -9 * S); /* a clock that went back */
    yc_meter_text(&m, text, 20 * S, &w);
    assert_string_equal(text, "height 7, limited by the peers");
    yc_meter_waited(&m, YC_WAITED_DISK, 6 * S);
    yc_meter_text(&m, text, 30 * S, &w);
    assert_string_equal(text, "height 7, limited by the disk");
    yc_meter_text(&m, text, 40 * S, &w);
    assert_string_equal(text, "height 7, limited by the processors");
}

/* A branch that is left takes the height back; numbers of any size fit. */
static void numbers_may_shrink_and_be_huge(void **state)
{
    struct yc_meter m;
    char text[YC_METER_TEXT];
    (void)state;
    struct yc_work_done w = {.height = UINT32_MAX,
                             .blocks = UINT64_MAX,
                             .txs = UINT64_MAX,
                             .bytes = UINT64_MAX,
                             .written_bytes = UINT64_MAX,
                             .done = UINT64_MAX,
                             .total = UINT64_MAX};
    yc_meter_begin(&m, 0, S, &(struct yc_work_done){.height = 5});
    yc_meter_text(&m, text, 1, &w);
    assert_true(strlen(text) < YC_METER_TEXT);
    w = (struct yc_work_done){.height = 4, .blocks = 1, .txs = 1, .bytes = 1};
    yc_meter_text(&m, text, 2 * S, &w);
    assert_string_equal(text, "height 4, 0.0 blocks/s, 0 tx/s, 0.0 MB/s, limited by the processors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_is_told_with_the_time_left),
        cmocka_unit_test(a_line_is_due_now_and_then),
        cmocka_unit_test(a_line_says_rates_since_the_last_one),
        cmocka_unit_test(it_is_limited_by_what_it_waits_for_most),
        cmocka_unit_test(numbers_may_shrink_and_be_huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
