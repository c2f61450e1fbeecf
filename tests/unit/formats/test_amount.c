/* Amounts of people: catalogue W15. */
#include "consensus/ids.h"
#include "formats/amount.h"
#include "support/unit.h"

#include <string.h>

static void amounts_that_are(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t sat;
    } rows[] = {
        {"0", 0},
        {"0.0", 0},
        {"1", YC_COIN},
        {"0.1", 10000000},
        {"0.3", 30000000},
        {"0.00000001", 1},
        {"0.29999999", 29999999},
        {"1.10000001", 110000001},
        {"000001.5", 150000000},
        {"12345678.90123456", 1234567890123456},
        {"20999999.99999999", YC_MONEY_MAX - 1},
        {"21000000", YC_MONEY_MAX},
        {"21000000.00000000", YC_MONEY_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t sat = -1;
        assert_int_equal(yc_amount_parse(&sat, yc_view_text(rows[i].text), NULL), YC_VALID);
        assert_int_equal(sat, rows[i].sat);
    }
}

static void amounts_that_are_not(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       ".",
                                       ".1",
                                       "1.",
                                       "-1",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1,5",
                                       "1.5.2",
                                       "1e8",
                                       "0x10",
                                       "1'000",
                                       "nan",
                                       "inf",
                                       "0.000000001",
                                       "1.000000000",
                                       "21000000.00000001",
                                       "21000001",
                                       "92233720368547758.07",
                                       "92233720368.54775808",
                                       "184467440737.09551616",
                                       "18446744073709551616",
                                       "999999999999999999999999999999999999999999999999999999999999",
                                       "1\xc2\xa0"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_error err = {.text = ""};
        int64_t sat = -7;
        assert_int_equal(yc_amount_parse(&sat, yc_view_text(rows[i]), &err), YC_INVALID);
        assert_int_equal(sat, -7);
        assert_non_null(strstr(err.text, "is not an amount: "));
    }
    int64_t sat = -7;
    assert_int_equal(yc_amount_parse(&sat, yc_view("1\0", 2), NULL), YC_INVALID);
}

static void printing(void **state)
{
    (void)state;
    static const struct {
        int64_t sat;
        const char *full, *brief;
    } rows[] = {
        {0, "0.00000000", "0"},
        {1, "0.00000001", "0.00000001"},
        {-1, "-0.00000001", "-0.00000001"},
        {150000000, "1.50000000", "1.5"},
        {100000000, "1.00000000", "1"},
        {1000000000, "10.00000000", "10"},
        {YC_MONEY_MAX, "21000000.00000000", "21000000"},
        {INT64_MAX, "92233720368.54775807", "92233720368.54775807"},
        {INT64_MIN, "-92233720368.54775808", "-92233720368.54775808"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[YC_AMOUNT_TEXT_MAX];
        yc_amount_print(text, rows[i].sat);
        assert_string_equal(text, rows[i].full);
        yc_amount_print_short(text, rows[i].sat);
        assert_string_equal(text, rows[i].brief);
    }
}

/* What is printed reads back, over the whole range. */
static void round_trip(void **state)
{
    (void)state;
    for (int64_t sat = 0; sat <= YC_MONEY_MAX; sat = sat * 3 / 2 + 1) {
        char text[YC_AMOUNT_TEXT_MAX];
        int64_t back = -1;
        yc_amount_print(text, sat);
        assert_int_equal(yc_amount_parse(&back, yc_view_text(text), NULL), YC_VALID);
        assert_int_equal(back, sat);
        yc_amount_print_short(text, sat);
        assert_int_equal(yc_amount_parse(&back, yc_view_text(text), NULL), YC_VALID);
        assert_int_equal(back, sat);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_that_are),
        cmocka_unit_test(amounts_that_are_not),
        cmocka_unit_test(printing),
        cmocka_unit_test(round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
