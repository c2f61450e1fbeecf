/* Payment links: BIP 21. */
#include "formats/bip21.h"
#include "support/unit.h"

#include <stdio.h>

static void reads(void **state)
{
    (void)state;
    struct yc_bip21 r;
    assert_int_equal(yc_bip21_parse(&r, yc_view_text("ycoin:yc1abc"), NULL), YC_VALID);
    assert_string_equal(r.address, "yc1abc");
    assert_false(r.has_amount);
    assert_string_equal(r.label, "");
    assert_int_equal(yc_bip21_parse(&r,
                                    yc_view_text("YCOIN:yc1abc?amount=20.3&label=Luke-Jr&somethingelse=50&"
                                                 "message=Donation%20for%20project%20xyz%21"),
                                    NULL),
                     YC_VALID);
    assert_true(r.has_amount);
    assert_int_equal(r.amount_sat, 2030000000);
    assert_string_equal(r.label, "Luke-Jr");
    assert_string_equal(r.message, "Donation for project xyz!");
    assert_int_equal(yc_bip21_parse(&r, yc_view_text("ycoin:yc1abc?label=%C3%A9t%c3%a9&&="), NULL), YC_VALID);
    assert_string_equal(r.label, "\xc3\xa9t\xc3\xa9");
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "does not begin with ycoin:"},
        {"ycoin", "does not begin with ycoin:"},
        {"bitcoin:bc1abc", "does not begin with ycoin:"},
        {"ycoin:", "holds no address"},
        {"ycoin:?amount=1", "holds no address"},
        {"ycoin:a?amount=1&amount=2", "amount twice"},
        {"ycoin:a?label=1&label=2", "label twice"},
        {"ycoin:a?message=1&Message=2", "message twice"},
        {"ycoin:a?amount=50,00", "is not an amount"},
        {"ycoin:a?amount=", "is not an amount"},
        {"ycoin:a?amount=-1", "is not an amount"},
        {"ycoin:a?req-somethingyoudontunderstand=50", "begins with req-"},
        {"ycoin:a?REQ-x", "begins with req-"},
        {"ycoin:a?label=%", "label is too long, badly escaped"},
        {"ycoin:a?label=%4", "label is too long, badly escaped"},
        {"ycoin:a?label=%4g", "label is too long, badly escaped"},
        {"ycoin:a?label=%1b[2J", "label is too long, badly escaped"},
        {"ycoin:a?label=a%C2%9B2J", "label is too long, badly escaped"},
        {"ycoin:a?label=%00", "label is too long, badly escaped"},
        {"ycoin:a?message=%0a", "message is too long, badly escaped"},
        {"ycoin:%7f", "address is too long or badly escaped"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_bip21 r;
        struct yc_error err;
        assert_int_equal(yc_bip21_parse(&r, yc_view_text(rows[i].text), &err), YC_INVALID);
        if (!strstr(err.text, rows[i].why))
            fail_msg("%s: %s", rows[i].text, err.text);
    }
}

/* The longest request there can be, all of it escaped, is printed and read back. */
static void round_trip(void **state)
{
    (void)state;
    struct yc_bip21 r = {.has_amount = true, .amount_sat = 2100000000000000}, back;
    char text[YC_BIP21_TEXT_MAX];
    memset(r.address, 'q', sizeof r.address - 1);
    memset(r.label, '%', sizeof r.label - 1);
    memset(r.message, '&', sizeof r.message - 1);
    yc_bip21_print(text, &r);
    assert_int_equal(yc_bip21_parse(&back, yc_view_text(text), NULL), YC_VALID);
    assert_memory_equal(&back, &r, sizeof r);
    r = (struct yc_bip21){.address = "yc1abc", .message = "a b"};
    yc_bip21_print(text, &r);
    assert_string_equal(text, "ycoin:yc1abc?message=a%20b");
    r.has_amount = true;
    r.amount_sat = 1;
    yc_bip21_print(text, &r);
    assert_string_equal(text, "ycoin:yc1abc?amount=0.00000001&message=a%20b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test(round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
