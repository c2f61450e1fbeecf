/* Reading JSON: what is refused (catalogue R03, R18), and exact amounts (W15). */
#include "support/unit.h"
#include "sys/heap.h"
#include "sys/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct yc_error err;

static enum yc_verdict parse(struct yc_json **out, const char *text)
{
    return yc_json_parse(out, yc_view_text(text), 1 << 20, &err);
}

static struct yc_json *parsed(const char *text)
{
    struct yc_json *root = NULL;
    if (parse(&root, text) != YC_VALID)
        fail_msg("%s: %s", text, err.text);
    return root;
}

static void tree_has_every_kind(void **state)
{
    (void)state;
    struct yc_json *root =
        parsed(" {\"n\":null,\"b\":true,\"i\":-42,\"s\":\"h\\u00e4\\n\",\"a\":[1,[2],{}],\"d\":0.5} ");
    int64_t i = 0;
    bool b = false;
    double d = 0;
    assert_int_equal(yc_json_kind(root), YC_JSON_OBJECT);
    assert_int_equal(yc_json_count(root), 6);
    assert_non_null(yc_json_member(root, "n"));
    assert_true(yc_json_is_null(yc_json_member(root, "n")));
    assert_null(yc_json_member(root, "missing"));
    assert_true(yc_json_is_null(yc_json_member(root, "missing")));
    assert_true(yc_json_bool(yc_json_member(root, "b"), &b) && b);
    assert_true(yc_json_int64(yc_json_member(root, "i"), &i) && i == -42);
    assert_false(yc_json_int_in(yc_json_member(root, "i"), 0, 10, &i));
    assert_string_equal(yc_json_text(yc_json_member(root, "s")), "h\xc3\xa4\n");
    const struct yc_json *a = yc_json_member(root, "a");
    assert_int_equal(yc_json_count(a), 3);
    assert_true(yc_json_int64(yc_json_element(a, 0), &i) && i == 1);
    assert_int_equal(yc_json_kind(yc_json_element(a, 2)), YC_JSON_OBJECT);
    assert_null(yc_json_element(a, 3));
    assert_true(yc_json_double(yc_json_member(root, "d"), &d) && d == 0.5);
    assert_string_equal(yc_json_kind_name(YC_JSON_ARRAY), "array");
    yc_json_free(root);
}

static void wrong_kinds_are_refused(void **state)
{
    (void)state;
    struct yc_json *root = parsed("[\"1\",1.0,1e2,true,null]");
    int64_t i = 7;
    uint64_t u;
    bool b;
    for (size_t k = 0; k < 5; k++)
        assert_false(yc_json_int64(yc_json_element(root, k), &i));
    assert_int_equal(i, 7);
    assert_false(yc_json_bool(yc_json_element(root, 0), &b));
    assert_null(yc_json_text(yc_json_element(root, 1)));
    assert_null(yc_json_member(root, "x"));
    assert_false(yc_json_u64(NULL, &u));
    assert_int_equal(yc_json_count(NULL), 0);
    yc_json_free(root);
    root = parsed("null");
    assert_true(yc_json_is_null(root));
    yc_json_free(root);
}

static void members_keep_order_and_the_last_wins(void **state)
{
    (void)state;
    struct yc_json *root = parsed("{\"z\":1,\"a\":null,\"m\":3,\"z\":4}");
    const char *names[] = {"z", "a", "m"}, *name;
    const struct yc_json *value;
    struct yc_json_walk w = {0};
    int64_t i;
    size_t n = 0;
    for (; yc_json_next(root, &w, &name, &value); n++)
        assert_string_equal(name, names[n]);
    assert_int_equal(n, 3);
    assert_true(yc_json_int64(yc_json_member(root, "z"), &i) && i == 4);
    yc_json_free(root);
}

static void integers_have_64_bits(void **state)
{
    (void)state;
    struct yc_json *root =
        parsed("[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615,0]");
    int64_t i;
    uint64_t u;
    assert_true(yc_json_int64(yc_json_element(root, 0), &i) && i == INT64_MAX);
    assert_true(yc_json_int64(yc_json_element(root, 1), &i) && i == INT64_MIN);
    assert_false(yc_json_u64(yc_json_element(root, 1), &u));
    assert_false(yc_json_int64(yc_json_element(root, 2), &i));
    assert_true(yc_json_u64(yc_json_element(root, 3), &u) && u == UINT64_MAX);
    assert_true(yc_json_u64(yc_json_element(root, 4), &u) && u == 0);
    yc_json_free(root);
    assert_int_equal(parse(&root, "[18446744073709551616]"), YC_INVALID);
    assert_int_equal(parse(&root, "-9223372036854775809"), YC_INVALID);
    assert_non_null(strstr(err.text, "64 bits"));
    root = parsed("7");
    assert_true(yc_json_int64(root, &i) && i == 7);
    yc_json_free(root);
}

static void bad_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "{\"a\" 1}",
        "{1:2}",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "nul",
        "True",
        "'a'",
        "{'a':1}",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "-01",
        "0x10",
        "[1]x",
        "{} {}",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\t\"",
        "\"\\ud800\\u0041\"",
        "// c\n1",
        "[1,/**/2]",
        "\xef\xbb\xbf[]",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "{\"a\\u0000b\":1}",
        "{\"a\":}",
        "[,1]",
        ":",
        "\"\xc3\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct yc_json *root = NULL;
        if (parse(&root, bad[i]) != YC_INVALID)
            fail_msg("accepted: %s", bad[i]);
        assert_null(root);
    }
    struct yc_json *root;
    assert_int_equal(yc_json_parse(&root, yc_view("1\0", 2), 10, &err), YC_INVALID);
    assert_int_equal(yc_json_parse(&root, yc_view_text("[1,2,3]"), 6, &err), YC_INVALID);
    assert_int_equal(yc_json_parse(&root, YC_VIEW_EMPTY, 6, &err), YC_INVALID);
}

static void depth_is_capped(void **state)
{
    (void)state;
    char text[2 * YC_JSON_DEPTH_MAX + 8];
    for (size_t depth = YC_JSON_DEPTH_MAX; depth <= YC_JSON_DEPTH_MAX + 1; depth++) {
        struct yc_json *root = NULL;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = 0;
        assert_int_equal(parse(&root, text), depth == YC_JSON_DEPTH_MAX ? YC_VALID : YC_INVALID);
        yc_json_free(root);
    }
    size_t n = 1000000;
    char *deep = malloc(n);
    assert_non_null(deep);
    memset(deep, '[', n);
    struct yc_json *root;
    assert_int_equal(yc_json_parse(&root, yc_view(deep, n), n, &err), YC_INVALID);
    free(deep);
}

static void strings_may_hold_anything_escaped(void **state)
{
    (void)state;
    struct yc_json *root = parsed("[\"a\\u0000b\",\"\\ud83d\\ude00\",\"\\\"\\\\\\/\\b\\f\\r\\t\"]");
    struct yc_view v = yc_json_string(yc_json_element(root, 0));
    assert_int_equal(v.n, 3);
    assert_memory_equal(v.p, "a\0b", 4);
    assert_null(yc_json_text(yc_json_element(root, 0)));
    assert_string_equal(yc_json_text(yc_json_element(root, 1)), "\xf0\x9f\x98\x80");
    assert_string_equal(yc_json_text(yc_json_element(root, 2)), "\"\\/\b\f\r\t");
    yc_json_free(root);
}

static void amounts_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t sat;
    } good[] = {
        {"0", 0},
        {"-0.0", 0},
        {"0.1", 10000000},
        {"0.3", 30000000},
        {"0.00000001", 1},
        {"-0.00000001", -1},
        {"1e-8", 1},
        {"0.01e6", 1000000000000},
        {"50.000000000000", 5000000000},
        {"21000000", 2100000000000000},
        {"20999999.99999999", 2099999999999999},
        {"0.19e-6", 19},
        {"17622195", 1762219500000000},
        {"0e1000000000000", 0},
        {"\"1.23456789\"", 123456789},
        {"\"0.00000001000000\"", 1},
    };
    static const char *const bad[] = {"0.000000001",
                                      "1e-9",
                                      "0.123456789",
                                      "21000000.00000001",
                                      "1e30",
                                      "true",
                                      "\"\"",
                                      "\"1,5\"",
                                      "\" 1\"",
                                      "\"1.\"",
                                      "\".5\"",
                                      "\"01\"",
                                      "\"+1\"",
                                      "\"0x1\"",
                                      "\"1e\"",
                                      "\"-\"",
                                      "null",
                                      "[1]",
                                      "9223372036854775807",
                                      "1e99999999999999999999",
                                      "\"1 \""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t sat = 77;
        struct yc_json *root = parsed(good[i].text);
        if (!yc_json_amount_sat(root, &sat) || sat != good[i].sat)
            fail_msg("%s: %lld", good[i].text, (long long)sat);
        yc_json_free(root);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t sat = 77;
        struct yc_json *root = parsed(bad[i]);
        if (yc_json_amount_sat(root, &sat) || sat != 77)
            fail_msg("%s was taken: %lld", bad[i], (long long)sat);
        yc_json_free(root);
    }
}

/* Every amount that is written reads back as itself. */
static void decimals_round_trip(void **state)
{
    (void)state;
    for (int64_t v = 1; v > 0 && v < 2100000000000000; v = v * 7 + 3) {
        char text[64];
        int64_t back = 0;
        snprintf(text, sizeof text, "%lld.%08lld", (long long)(v / 100000000), (long long)(v % 100000000));
        assert_true(yc_decimal_parse(yc_view_text(text), 8, INT64_MAX, &back));
        assert_int_equal(back, v);
    }
    int64_t whole;
    assert_true(yc_decimal_parse(yc_view_text("123456789012345678"), 0, INT64_MAX, &whole));
    assert_int_equal(whole, 123456789012345678);
}

static void tree_prints_as_it_was(void **state)
{
    (void)state;
    static const char source[] =
        "{\"z\":1.50000000,\"a\":[1e2,-5,18446744073709551615,\"\\u007f\xc3\xa4\\\"\"],\"e\":[],\"o\":{},"
        "\"t\":true,\"n\":null}";
    struct yc_json *root = parsed(source);
    struct yc_buf b;
    yc_buf_init(&b, yc_heap(), 10000);
    yc_json_print(root, 0, &b);
    yc_buf_append(&b, "", 1);
    assert_string_equal((const char *)b.p, source);
    yc_buf_clear(&b);
    yc_json_print(root, 2, &b);
    yc_buf_append(&b, "", 1);
    assert_string_equal(
        (const char *)b.p,
        "{\n  \"z\": 1.50000000,\n  \"a\": [\n    1e2,\n    -5,\n    18446744073709551615,\n    "
        "\"\\u007f\xc3\xa4\\\"\"\n  ],\n  \"e\": [\n  ],\n  \"o\": {\n  },\n  \"t\": true,\n  \"n\": null\n}");
    yc_buf_release(&b);
    yc_json_free(root);
}

/* An output named twice would lose the first amount: whoever asks for money to be moved is told. */
static void repeated_names_are_refused_where_they_would_lose_money(void **state)
{
    static const struct {
        const char *text;
        enum yc_verdict strict;
    } cases[] = {{"{\"a\":1,\"b\":2,\"c\":{\"a\":3}}", YC_VALID},
                 {"[{\"a\":1},{\"a\":1}]", YC_VALID},
                 {"[]", YC_VALID},
                 {"null", YC_VALID},
                 {"{\"a\":1,\"a\":1}", YC_POLICY},
                 {"{\"a\":1,\"\\u0061\":2}", YC_POLICY},
                 {"[[{\"x\":[{\"a\":1,\"a\":{}}]}]]", YC_POLICY},
                 {"{\"a\":{\"b\":{\"c\":1}},\"a\":{\"b\":{\"c\":1}}}", YC_POLICY},
                 {"{\"a\":1,}", YC_INVALID}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yc_json *root = NULL;
        assert_int_equal(yc_json_parse_strict(&root, yc_view_text(cases[i].text), 1 << 20, &err), cases[i].strict);
        assert_true(cases[i].strict == YC_VALID || !root);
        yc_json_free(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_has_every_kind),
        cmocka_unit_test(wrong_kinds_are_refused),
        cmocka_unit_test(members_keep_order_and_the_last_wins),
        cmocka_unit_test(repeated_names_are_refused_where_they_would_lose_money),
        cmocka_unit_test(integers_have_64_bits),
        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(depth_is_capped),
        cmocka_unit_test(strings_may_hold_anything_escaped),
        cmocka_unit_test(amounts_are_exact),
        cmocka_unit_test(decimals_round_trip),
        cmocka_unit_test(tree_prints_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
