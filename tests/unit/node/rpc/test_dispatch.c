/* Requests and answers of JSON-RPC, without a node: forms, versions, batches, arguments, statuses (catalogue R03, R18). */
#include "rig.h"

#include <stdio.h>

static int setup(void **state)
{
    static struct rig rig;
    rig_init(&rig);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    rig_release(*state);
    return 0;
}

#define PARSE_ERROR "{\"result\":null,\"error\":{\"code\":-32700,\"message\":\"Parse error\"},\"id\":null}"
#define TOP_ERROR                                                                                                      \
    "{\"result\":null,\"error\":{\"code\":-32700,\"message\":\"Top-level object parse error\"},\"id\":null}"

static void what_is_no_json_is_a_parse_error(void **state)
{
    static const char *const bad[] = {"", "{", "[", "{\"id\":1} x", "{\"a\":01}", "\xff", "[1,]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        rig_expect(*state, bad[i], 500, PARSE_ERROR);
    rig_expect(*state, "5", 500, TOP_ERROR);
    rig_expect(*state, "null", 500, TOP_ERROR);
}

static void nesting_is_capped(void **state)
{
    char deep[2001];
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    deep[2000] = 0;
    rig_expect(*state, deep, 500, PARSE_ERROR);
}

static void version_1_has_both_members_and_http_errors(void **state)
{
    rig_expect(*state, "{\"method\":\"echo\",\"params\":[1],\"id\":7}", 200,
               "{\"result\":[1],\"error\":null,\"id\":7}");
    rig_expect(*state, "{\"jsonrpc\":\"1.0\",\"method\":\"echo\",\"id\":\"a\"}", 200,
               "{\"result\":[],\"error\":null,\"id\":\"a\"}");
    rig_expect(*state, "{\"method\":\"echo\"}", 200, "{\"result\":[],\"error\":null}");
    rig_expect(*state, "{\"method\":\"nosuch\",\"id\":1}", 404,
               "{\"result\":null,\"error\":{\"code\":-32601,\"message\":\"Method not found\"},\"id\":1}");
    rig_expect(*state, "{\"id\":1}", 400,
               "{\"result\":null,\"error\":{\"code\":-32600,\"message\":\"Missing method\"},\"id\":1}");
    rig_expect(*state, "{\"method\":5,\"id\":1}", 400,
               "{\"result\":null,\"error\":{\"code\":-32600,\"message\":\"Method must be a string\"},\"id\":1}");
    rig_expect(*state, "{\"method\":\"getmemoryinfo\",\"params\":[\"x\"],\"id\":1}", 500,
               "{\"result\":null,\"error\":{\"code\":-8,\"message\":\"unknown mode x\"},\"id\":1}");
}

static void version_2_has_one_member_and_status_200(void **state)
{
    rig_expect(*state, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":{\"a\":[1,2.50]}}", 200,
               "{\"jsonrpc\":\"2.0\",\"result\":[],\"id\":{\"a\":[1,2.50]}}");
    rig_expect(*state, "{\"jsonrpc\":\"2.0\",\"method\":\"nosuch\",\"id\":null}", 200,
               "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,\"message\":\"Method not found\"},\"id\":null}");
    rig_expect(
        *state, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":5,\"id\":1}", 400,
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":\"Params must be an array or object\"},\"id\":1}");
}

static void bad_versions_are_invalid_requests(void **state)
{
    rig_expect(*state, "{\"jsonrpc\":2.0,\"method\":\"echo\",\"id\":1}", 400,
               "{\"result\":null,\"error\":{\"code\":-32600,\"message\":\"jsonrpc field must be a string\"},\"id\":1}");
    rig_expect(*state, "{\"jsonrpc\":\"3.0\",\"method\":\"echo\",\"id\":1}", 400,
               "{\"result\":null,\"error\":{\"code\":-32600,\"message\":\"JSON-RPC version not supported\"},\"id\":1}");
}

static void notifications_are_run_and_not_answered(void **state)
{
    struct rig *r = *state;
    rig_expect(r, "{\"jsonrpc\":\"2.0\",\"method\":\"stop\"}", 204, "");
    assert_true(r->stopped);
    rig_expect(r, "{\"jsonrpc\":\"2.0\",\"method\":\"nosuch\"}", 204, "");
    rig_expect(r, "[{\"jsonrpc\":\"2.0\",\"method\":\"echo\"},{\"jsonrpc\":\"2.0\",\"method\":\"nosuch\"}]", 204, "");
}

static void batches_answer_each_call_in_order(void **state)
{
    rig_expect(*state, "[]", 200, "[]");
    rig_expect(
        *state,
        "[{\"method\":\"echo\",\"params\":[\"x\"],\"id\":1},{\"jsonrpc\":\"2.0\",\"method\":\"echo\"},5,"
        "{\"jsonrpc\":\"2.0\",\"method\":\"nosuch\",\"id\":2},{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":3}]",
        200,
        "[{\"result\":[\"x\"],\"error\":null,\"id\":1},"
        "{\"result\":null,\"error\":{\"code\":-32600,\"message\":\"Invalid Request object\"},\"id\":null},"
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,\"message\":\"Method not found\"},\"id\":2},"
        "{\"jsonrpc\":\"2.0\",\"result\":[],\"id\":3}]");
}

static void batches_are_capped(void **state)
{
    struct rig_answer a;
    struct yc_buf body;
    yc_buf_init(&body, yc_heap(), 1 << 20);
    yc_buf_append_text(&body, "[0");
    for (int i = 0; i < 20000; i++)
        yc_buf_append_text(&body, ",0");
    yc_buf_append(&body, "]", 2);
    rig_send(*state, (const char *)body.p, &a);
    rig_wait(*state, &a);
    assert_int_equal(a.status, 400);
    assert_non_null(strstr((char *)a.text.p, "-32600"));
    rig_answer_release(&a);
    yc_buf_release(&body);
}

static void a_long_batch_needs_no_deep_stack(void **state)
{
    struct rig_answer a;
    struct yc_buf body;
    struct yc_json *root;
    struct yc_error err;
    yc_buf_init(&body, yc_heap(), 1 << 20);
    yc_buf_append_text(&body, "[");
    for (int i = 0; i < 20000; i++)
        yc_buf_append_text(&body, i ? ",{\"method\":\"uptime\"}" : "{\"method\":\"uptime\"}");
    yc_buf_append(&body, "]", 2);
    rig_send(*state, (const char *)body.p, &a);
    rig_wait(*state, &a);
    assert_int_equal(yc_json_parse(&root, yc_view_text((char *)a.text.p), 1 << 24, &err), YC_VALID);
    assert_int_equal(yc_json_count(root), 20000);
    yc_json_free(root);
    rig_answer_release(&a);
    yc_buf_release(&body);
}

static void named_arguments_find_their_places(void **state)
{
    struct rig *r = *state;
    rig_expect_result(r, "echo", "{\"arg1\":3}", "[null,3]");
    rig_expect_result(r, "echo", "{\"arg1\":3,\"args\":[1]}", "[1,3]");
    rig_expect_result(r, "echo", "{\"args\":[1,null]}", "[1,null]");
    rig_expect_result(r, "echo", "{}", "[]");
    rig_expect_result(r, "echo", "[1.000,\"\\u00e9\\n\",{\"b\":[]}]", "[1.000,\"\303\251\\n\",{\"b\":[]}]");
    rig_expect_error(r, "echo", "{\"foo\":1}", -8, "Unknown named parameter foo");
    rig_expect_error(r, "echo", "{\"args\":[1],\"arg0\":2}", -8,
                     "Parameter arg0 specified twice both as positional and named argument");
}

static void wrong_counts_are_answered_by_the_help(void **state)
{
    struct yc_json *root, *help;
    int64_t code;
    const char *text = yc_json_text(rig_call(*state, "help", "[\"getblockhash\"]", &help, &code));
    assert_int_equal(strncmp(text, "getblockhash height\n\n", 21), 0);
    assert_null(rig_call(*state, "getblockhash", "[]", &root, &code));
    assert_int_equal(code, -1);
    const char *message = yc_json_text(yc_json_member(yc_json_member(root, "error"), "message"));
    assert_int_equal(strncmp(message, text, strlen(text)), 0);
    yc_json_free(root);
    assert_null(rig_call(*state, "getblockhash", "[1,2]", &root, &code));
    assert_int_equal(code, -1);
    yc_json_free(root);
    yc_json_free(help);
}

static void wrong_kinds_name_the_position(void **state)
{
    rig_expect_error(*state, "getblock", "[5]", -3,
                     "Wrong type passed:\n{\n    \"Position 1 (blockhash)\": \"JSON value of type number is not of "
                     "expected type string\"\n}");
    rig_expect_error(
        *state, "gettxout", "[null,\"x\",1]", -3,
        "Wrong type passed:\n{\n"
        "    \"Position 1 (txid)\": \"JSON value of type null is not of expected type string\",\n"
        "    \"Position 2 (n)\": \"JSON value of type string is not of expected type number\",\n"
        "    \"Position 3 (include_mempool)\": \"JSON value of type number is not of expected type bool\"\n}");
}

static void warm_up_refuses_every_method(void **state)
{
    struct rig *r = *state;
    yc_rpc_set_warmup(r->rpc, "Loading block index…");
    rig_expect(r, "{\"method\":\"help\",\"id\":1}", 500,
               "{\"result\":null,\"error\":{\"code\":-28,\"message\":\"Loading block index…\"},\"id\":1}");
    rig_expect(r, "{\"jsonrpc\":\"2.0\",\"method\":\"nosuch\",\"id\":1}", 200,
               "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-28,\"message\":\"Loading block index…\"},\"id\":1}");
    yc_rpc_set_warmup(r->rpc, NULL);
    rig_expect_result(r, "echo", "[]", "[]");
}

static void without_a_node_calls_are_answered_all_the_same(void **state)
{
    rig_expect_error(*state, "getmempoolinfo", "[]", -9, "Shutting down");
    rig_expect_error(*state, "getblockcount", "[]", -9, "Shutting down");
    rig_expect_error(*state, "waitfornewblock", "[]", -9, "Shutting down");
}

static void each_call_is_logged_with_user_and_id(void **state)
{
    struct rig *r = *state;
    rig_expect_result(r, "echo", "[\"secret\"]", "[\"secret\"]");
    assert_string_equal(r->logged, "ThreadRPCServer method=echo user=tester id=1");
    rig_expect(r, "{\"method\":\"a\\nforged <line>\",\"id\":\"x\\u001b[0m\"}", 404,
               "{\"result\":null,\"error\":{\"code\":-32601,\"message\":\"Method not found\"},\"id\":\"x\\u001b[0m\"}");
    assert_string_equal(r->logged, "ThreadRPCServer method=aforged line user=tester id=x0m");
}

static void help_lists_every_method_that_is_not_hidden(void **state)
{
    struct yc_json *root;
    int64_t code;
    const char *text = yc_json_text(rig_call(*state, "help", "[]", &root, &code));
    assert_non_null(strstr(text, "== Blockchain ==\ndumptxoutset \"path\""));
    assert_non_null(strstr(text, "\n\n== Mining ==\n"));
    assert_null(strstr(text, "setmocktime"));
    yc_json_free(root);
    for (const char *const *name = yc_rpc_methods(); *name; name++) {
        char params[64], usage[64];
        snprintf(params, sizeof params, "[\"%s\"]", *name);
        text = yc_json_text(rig_call(*state, "help", params, &root, &code));
        snprintf(usage, sizeof usage, "\n> ycoin-cli %s", *name);
        assert_int_equal(strncmp(text, *name, strlen(*name)), 0);
        assert_non_null(strstr(text, usage));
        yc_json_free(root);
    }
    rig_expect_result(*state, "help", "[\"nosuch\"]", "\"help: unknown command: nosuch\"");
}

static void logging_switches_categories(void **state)
{
    struct rig *r = *state;
    struct yc_json *root;
    int64_t code;
    bool on = false;
    const struct yc_json *v = rig_call(r, "logging", "[[\"net\",\"http\"],[\"http\"]]", &root, &code);
    assert_true(yc_json_bool(yc_json_member(v, "net"), &on) && on);
    assert_true(yc_json_bool(yc_json_member(v, "http"), &on) && !on);
    assert_int_equal(r->categories, YC_LOGC_NET);
    yc_json_free(root);
    rig_expect_error(r, "logging", "[[\"nosuch\"]]", -8, "unknown logging category nosuch");
}

static void mock_time_is_handed_on(void **state)
{
    struct rig *r = *state;
    rig_expect_result(r, "setmocktime", "[1700000000]", "null");
    assert_int_equal(r->mocked_s, 1700000000);
    rig_expect_error(r, "setmocktime", "[-1]", -8, "Mocktime must be in the range [0, 4294967295], not -1.");
    rig_expect_error(r, "setmocktime", "[1.5]", -1, "JSON integer out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_no_json_is_a_parse_error, setup, teardown),
        cmocka_unit_test_setup_teardown(nesting_is_capped, setup, teardown),
        cmocka_unit_test_setup_teardown(version_1_has_both_members_and_http_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(version_2_has_one_member_and_status_200, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_versions_are_invalid_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(notifications_are_run_and_not_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(batches_answer_each_call_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(batches_are_capped, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_batch_needs_no_deep_stack, setup, teardown),
        cmocka_unit_test_setup_teardown(named_arguments_find_their_places, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_counts_are_answered_by_the_help, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_kinds_name_the_position, setup, teardown),
        cmocka_unit_test_setup_teardown(warm_up_refuses_every_method, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_node_calls_are_answered_all_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(each_call_is_logged_with_user_and_id, setup, teardown),
        cmocka_unit_test_setup_teardown(help_lists_every_method_that_is_not_hidden, setup, teardown),
        cmocka_unit_test_setup_teardown(logging_switches_categories, setup, teardown),
        cmocka_unit_test_setup_teardown(mock_time_is_handed_on, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
