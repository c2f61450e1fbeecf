/* Commands of the program's own: several calls, shown for people. */
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/cli.h"
#include "sys/heap.h"
#include "sys/json_out.h"

/* Call two methods in one batch; the caller frees *out. False: the exit code is in *code. */
static bool call_two(struct yc_cli *c, const char *first, const char *second, struct yc_json **out, int *code)
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

static int64_t int_member(const struct yc_json *object, const char *name)
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
    if (!call_two(c, "getnetworkinfo", "getblockchaininfo", &both, &code))
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
    printf("\nNetwork: in %lld, out %lld, total %lld\n", (long long)int_member(net, "connections_in"),
           (long long)int_member(net, "connections_out"), (long long)int_member(net, "connections"));
    print_member("Version", net, "version");
    print_member("Time offset (s)", net, "timeoffset");
    printf("Proxies: n/a\n");
    print_member("Min tx relay fee rate (coins/kvB)", net, "relayfee");
    printf("\n");
    print_warnings(yc_json_member(chain, "warnings"));
    yc_json_free(both);
    return 0;
}

/* Text that a peer chose, with what could drive a terminal taken out. */
static void print_clean(const char *text, size_t width)
{
    size_t n = 0;
    for (; text && *text && n < width; text++, n++)
        putchar(*text >= 32 && *text < 127 ? *text : '?');
    for (; n < width; n++)
        putchar(' ');
}

static void print_peers(const struct yc_json *peers)
{
    printf("%5s %-4s %-20s %8s %8s %9s  %-22s %s\n", "id", "dir", "type", "ping ms", "blocks", "recv kB", "address",
           "version");
    for (size_t i = 0; i < yc_json_count(peers); i++) {
        const struct yc_json *p = yc_json_element(peers, i);
        double ping_s = 0;
        bool inbound = false, pinged = yc_json_double(yc_json_member(p, "pingtime"), &ping_s);
        if (!yc_json_bool(yc_json_member(p, "inbound"), &inbound))
            inbound = false;
        printf("%5lld %-4s ", (long long)int_member(p, "id"), inbound ? "in" : "out");
        print_clean(yc_json_text(yc_json_member(p, "connection_type")), 20);
        printf(" %8lld", pinged ? (long long)(ping_s * 1000) : -1LL);
        printf(" %8lld %9lld  ", (long long)int_member(p, "synced_blocks"),
               (long long)int_member(p, "bytesrecv") / 1000);
        print_clean(yc_json_text(yc_json_member(p, "addr")), 22);
        printf(" ");
        print_clean(yc_json_text(yc_json_member(p, "subver")), 40);
        printf("\n");
    }
}

static void count_peers(const struct yc_json *peers, unsigned count[2][2])
{
    for (size_t i = 0; i < yc_json_count(peers); i++) {
        const struct yc_json *p = yc_json_element(peers, i);
        const char *address = yc_json_text(yc_json_member(p, "addr"));
        bool inbound = false;
        if (yc_json_bool(yc_json_member(p, "inbound"), &inbound))
            count[inbound ? 0 : 1][address && *address == '[']++;
    }
}

int yc_cli_netinfo(struct yc_cli *c)
{
    static const char *const row[] = {"in", "out"};
    struct yc_json *both;
    unsigned count[2][2] = {{0, 0}, {0, 0}};
    int code = 0;
    if (c->method && (strlen(c->method) != 1 || *c->method < '0' || *c->method > '4')) {
        fprintf(stderr, "error: invalid -netinfo level argument: %s; give 0 to 4\n", c->method);
        return 1;
    }
    if (!call_two(c, "getnetworkinfo", "getpeerinfo", &both, &code))
        return code;
    const struct yc_json *net = yc_json_member(yc_json_element(both, 0), "result"),
                         *peers = yc_json_member(yc_json_element(both, 1), "result");
    const char *subversion = yc_json_text(yc_json_member(net, "subversion"));
    printf("YCoin client v" YC_VERSION " %s - server %lld%s\n\n", c->setup.params.name,
           (long long)int_member(net, "protocolversion"), subversion ? subversion : "");
    if (c->method && *c->method > '0') {
        print_peers(peers);
        printf("\n");
    }
    count_peers(peers, count);
    printf("%9s %7s %7s\n", "ipv4", "ipv6", "total");
    for (size_t i = 0; i < 2; i++)
        printf("%-5s %3u %7u %7u\n", row[i], count[i][0], count[i][1], count[i][0] + count[i][1]);
    printf("total %3u %7u %7u\n", count[0][0] + count[1][0], count[0][1] + count[1][1],
           count[0][0] + count[0][1] + count[1][0] + count[1][1]);
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
