/* Commands of the program's own: several calls, shown for people. */
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/cli.h"
#include "sys/heap.h"
#include "sys/json_out.h"

bool yc_cli_call_two(struct yc_cli *c, const char *first, const char *second, struct yc_json **out, int *code)
{
    struct yc_error err;
    char body[256];
    snprintf(body, sizeof body,
             "[{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"%s\"},{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}]\n",
             first, second);
    if (yc_cli_post(c, yc_view_text(body), out, &err) != YC_VALID) {
        *code = yc_cli_print_failure(&err);
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        const struct yc_json *error =
            yc_json_member(yc_json_kind(*out) == YC_JSON_ARRAY ? yc_json_element(*out, i) : *out, "error");
        if (!yc_json_is_null(error)) {
            *code = yc_cli_print_error(error);
            yc_json_free(*out);
            return false;
        }
    }
    return true;
}

/* "LABEL: value", the value as it stands in the answer. */
static void print_member(const char *label, const struct yc_json *object, const char *name)
{
    const struct yc_json *v = yc_json_member(object, name);
    char memory[YC_JSON_NUMBER_MAX];
    struct yc_view text = yc_json_kind(v) == YC_JSON_NUMBER ? yc_json_number(v, memory) : yc_json_string(v);
    printf("%s: %.*s\n", label, (int)text.n, text.p ? (const char *)text.p : "");
}

int64_t yc_cli_int_member(const struct yc_json *object, const char *name)
{
    int64_t v = 0;
    return yc_json_int64(yc_json_member(object, name), &v) ? v : 0;
}

static void print_warnings(const struct yc_json *warnings)
{
    size_t n = yc_json_count(warnings);
    printf("Warnings: %s", n ? "" : "(none)");
    for (size_t i = 0; i < n; i++) {
        const char *text = yc_json_text(yc_json_element(warnings, i));
        printf("%s%s", i ? ", " : "", text ? text : "");
    }
    printf("\n");
}

int yc_cli_getinfo(struct yc_cli *c)
{
    struct yc_json *both;
    double progress = 0;
    int code = 0;
    if (!yc_cli_call_two(c, "getnetworkinfo", "getblockchaininfo", &both, &code))
        return code;
    const struct yc_json *net = yc_json_member(yc_json_element(both, 0), "result"),
                         *chain = yc_json_member(yc_json_element(both, 1), "result");
    print_member("Chain", chain, "chain");
    print_member("Blocks", chain, "blocks");
    print_member("Headers", chain, "headers");
    if (!yc_json_double(yc_json_member(chain, "verificationprogress"), &progress))
        progress = 0;
    printf("Verification progress: %.4f%%\n", progress * 100);
    print_member("Difficulty", chain, "difficulty");
    printf("\nNetwork: in %lld, out %lld, total %lld\n", (long long)yc_cli_int_member(net, "connections_in"),
           (long long)yc_cli_int_member(net, "connections_out"), (long long)yc_cli_int_member(net, "connections"));
    print_member("Version", net, "version");
    print_member("Time offset (s)", net, "timeoffset");
    printf("Proxies: n/a\n");
    print_member("Min tx relay fee rate (coins/kvB)", net, "relayfee");
    printf("\n");
    print_warnings(yc_json_member(chain, "warnings"));
    yc_json_free(both);
    return 0;
}

/* {"address": …, "blocks": […]}, as bitcoin-cli prints it. */
static int print_generated(const char *address, const struct yc_json *blocks)
{
    struct yc_buf text;
    struct yc_json *shown = NULL;
    struct yc_error err;
    yc_buf_init(&text, yc_heap(), SIZE_MAX / 2);
    yc_buf_append_text(&text, "{\"address\":\"");
    yc_buf_append_text(&text, address); /* the node took it: letters and digits alone */
    yc_buf_append_text(&text, "\",\"blocks\":");
    yc_json_print(blocks, 0, &text);
    yc_buf_append_text(&text, "}");
    enum yc_verdict v = yc_json_parse(&shown, yc_buf_view(&text), SIZE_MAX / 2, &err);
    int code = v == YC_VALID ? yc_cli_print_value(shown) : yc_cli_print_failure(&err);
    yc_json_free(shown);
    yc_buf_release(&text);
    return code;
}

int yc_cli_generate(struct yc_cli *c)
{
    const char *address = yc_options_text(c->options, "address", "");
    const char *args[] = {c->method ? c->method : "1", address, c->arg_count ? c->args[0] : NULL};
    struct yc_buf params;
    struct yc_json *answer = NULL;
    struct yc_error err;
    if (!address[0]) {
        fprintf(stderr, "error: the node keeps no wallet, so -generate must be told who gets the coins: "
                        "-generate -address=<address> [nblocks [maxtries]]\n");
        return 1;
    }
    if (c->arg_count > 1) {
        fprintf(stderr, "error: too many arguments (maximum 2 for nblocks and maxtries)\n");
        return 1;
    }
    yc_buf_init(&params, yc_heap(), 1 << 16);
    enum yc_verdict v = yc_cli_params(&params, "generatetoaddress", args, args[2] ? 3 : 2, false, &err);
    if (v == YC_VALID)
        v = yc_cli_call(c, "generatetoaddress", yc_buf_view(&params), &answer, &err);
    yc_buf_release(&params);
    int code;
    if (v != YC_VALID)
        code = yc_cli_print_failure(&err);
    else if (!yc_json_is_null(yc_json_member(answer, "error")))
        code = yc_cli_print_answer(answer);
    else
        code = print_generated(address, yc_json_member(answer, "result"));
    yc_json_free(answer);
    return code;
}
