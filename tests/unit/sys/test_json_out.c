/* Writing JSON: the bytes that Bitcoin Core would write. */
#include "support/unit.h"
#include "sys/heap.h"
#include "sys/json_out.h"

#include <math.h>
#include <string.h>

static struct yc_buf buf;
static struct yc_json_out j;

static int setup(void **state)
{
    (void)state;
    yc_buf_init(&buf, yc_heap(), 100000);
    yc_json_out_init(&j, &buf, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    yc_buf_release(&buf);
    return 0;
}

static void check(const char *expected)
{
    assert_false(buf.failed);
    yc_buf_append(&buf, "", 1);
    assert_string_equal((const char *)buf.p, expected);
    buf.n--;
}

static void members_and_elements_are_separated(void **state)
{
    (void)state;
    const uint8_t hash[3] = {1, 2, 0xab};
    yc_json_begin_object(&j);
    yc_json_member_int(&j, "i", INT64_MIN);
    yc_json_member_u64(&j, "u", UINT64_MAX);
    yc_json_member_bool(&j, "b", false);
    yc_json_key(&j, "a");
    yc_json_begin_array(&j);
    yc_json_put_null(&j);
    yc_json_begin_array(&j);
    yc_json_end_array(&j);
    yc_json_put_raw(&j, yc_view_text("{\"x\":[1]}"));
    yc_json_end_array(&j);
    yc_json_member_hex(&j, "x", yc_view(hash, 3));
    yc_json_member_hash(&j, "h", hash, 3);
    yc_json_member_text(&j, "t", "hi");
    yc_json_end_object(&j);
    check("{\"i\":-9223372036854775808,\"u\":18446744073709551615,\"b\":false,\"a\":[null,[],{\"x\":[1]}],"
          "\"x\":\"0102ab\",\"h\":\"ab0201\",\"t\":\"hi\"}");
}

static void pretty_form_is_univalues(void **state)
{
    (void)state;
    yc_json_out_init(&j, &buf, 2);
    yc_json_begin_object(&j);
    yc_json_key(&j, "a");
    yc_json_begin_array(&j);
    yc_json_put_int(&j, 1);
    yc_json_begin_object(&j);
    yc_json_end_object(&j);
    yc_json_end_array(&j);
    yc_json_member_int(&j, "b", 2);
    yc_json_end_object(&j);
    check("{\n  \"a\": [\n    1,\n    {\n    }\n  ],\n  \"b\": 2\n}");
}

static void amounts_have_eight_decimals(void **state)
{
    (void)state;
    static const int64_t amounts[] = {0, 1, -1, 150000000, -150000000, 2100000000000000, INT64_MIN};
    yc_json_begin_array(&j);
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        yc_json_put_amount(&j, amounts[i]);
    yc_json_end_array(&j);
    check("[0.00000000,0.00000001,-0.00000001,1.50000000,-1.50000000,21000000.00000000,-92233720368.54775808]");
}

static void doubles_have_sixteen_digits(void **state)
{
    (void)state;
    static const double values[] = {0, 1, 0.1, 4.656542373906925e-10, 1e22, 123456.789, -2.5};
    yc_json_begin_array(&j);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        yc_json_put_double(&j, values[i]);
    yc_json_put_double(&j, (double)NAN);
    yc_json_put_double(&j, (double)INFINITY);
    yc_json_end_array(&j);
    check("[0,1,0.1,4.656542373906925e-10,1e+22,123456.789,-2.5,null,null]");
}

/* The escapes of Bitcoin Core's univalue_escapes.h, and never invalid UTF-8 (catalogue R18). */
static void strings_are_escaped(void **state)
{
    (void)state;
    yc_json_put_string(&j, yc_view("a\"\\/\b\f\n\r\t\x01\x1f\x7f\0<\xc3\xa4>", 17));
    check("\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\\u0000<\xc3\xa4>\"");
    yc_buf_clear(&buf);
    yc_json_put_text(&j, "x\xff\xc3y\xed\xa0\x80");
    check("\"x\xef\xbf\xbd\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    yc_buf_clear(&buf);
    yc_json_put_textf(&j, "%d%%", 5);
    check("\"5%\"");
}

static void full_buffer_is_sticky(void **state)
{
    (void)state;
    struct yc_buf small;
    yc_buf_init(&small, yc_heap(), 10);
    yc_json_out_init(&j, &small, 2);
    yc_json_begin_array(&j);
    for (int i = 0; i < 100; i++)
        yc_json_put_hex(&j, yc_view_text("0123456789"));
    yc_json_end_array(&j);
    assert_true(small.failed);
    assert_true(small.n <= 10);
    yc_buf_release(&small);
}

#define OUT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUT_TEST(members_and_elements_are_separated),
        OUT_TEST(pretty_form_is_univalues),
        OUT_TEST(amounts_have_eight_decimals),
        OUT_TEST(doubles_have_sixteen_digits),
        OUT_TEST(strings_are_escaped),
        OUT_TEST(full_buffer_is_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
