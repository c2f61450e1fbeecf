#include "base/spread.h"
#include "support/unit.h"

static void nothing_is_zero(void **state)
{
    (void)state;
    struct yc_spread s = {0};
    assert_int_equal(yc_spread_at(&s, 0.5), 0);
    assert_int_equal(yc_spread_longer(&s, 0), 0);
}

/* Each duration comes back as itself or a little more: at most an eighth. */
static void one_is_found_again(void **state)
{
    (void)state;
    for (int64_t us = 0; us < INT64_C(1) << 29; us += us / 7 + 1) {
        struct yc_spread s = {0};
        yc_spread_add(&s, us);
        yc_spread_add(&s, us * 4);
        int64_t at = yc_spread_at(&s, 0.5);
        assert_in_range(at, us, us + us / 8);
        assert_int_equal(yc_spread_at(&s, 1.0), us * 4);
        assert_int_equal(s.longest_us, us * 4);
    }
}

static void shares_and_counts(void **state)
{
    (void)state;
    struct yc_spread s = {0};
    for (int64_t us = 1; us <= 1000; us++)
        yc_spread_add(&s, us);
    assert_int_equal(s.count, 1000);
    assert_int_equal(s.sum_us, 500500);
    assert_in_range(yc_spread_at(&s, 0.5), 500, 562);
    assert_in_range(yc_spread_at(&s, 0.99), 990, 1000);
    assert_int_equal(yc_spread_at(&s, 0), 1);
    assert_in_range(yc_spread_longer(&s, 500), 1000 - 562, 500);
    assert_int_equal(yc_spread_longer(&s, 1000), 0);
    assert_int_equal(yc_spread_longer(&s, 15), 985);
}

static void extremes_stay_in_the_table(void **state)
{
    (void)state;
    struct yc_spread s = {0};
    yc_spread_add(&s, -5);
    yc_spread_add(&s, INT64_MAX / 2);
    assert_int_equal(yc_spread_at(&s, 0.5), 0);
    assert_int_equal(yc_spread_at(&s, 1), INT64_MAX / 2);
    assert_int_equal(yc_spread_longer(&s, 1000000), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_zero),
        cmocka_unit_test(one_is_found_again),
        cmocka_unit_test(shares_and_counts),
        cmocka_unit_test(extremes_stay_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
