/* -netinfo: who is connected, as a table for people, once or again each second. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "node/cli/cli.h"

static const char *const networks[] = {"ipv4", "ipv6", "onion", "i2p", "cjdns", "not_publicly_routable"};
#define NETWORKS (sizeof networks / sizeof *networks)

/* Text that a peer chose, with what could drive a terminal taken out. */
static void print_clean(const char *text, size_t width)
{
    size_t n = 0;
    for (; text && *text && n < width; text++, n++)
        putchar(*text >= 32 && *text < 127 ? *text : '?');
    for (; n < width; n++)
        putchar(' ');
}

static size_t network_of(const struct yc_json *peer)
{
    const char *text = yc_json_text(yc_json_member(peer, "network"));
    size_t i = 0;
    while (i + 1 < NETWORKS && (!text || strcmp(text, networks[i]) != 0))
        i++;
    return i;
}

static const char *short_name(size_t network)
{
    return network + 1 == NETWORKS ? "npr" : networks[network];
}

/* What took seconds, in milliseconds; nothing where it is not known. */
static void print_ms(const struct yc_json *peer, const char *name)
{
    double s;
    if (yc_json_double(yc_json_member(peer, name), &s))
        printf(" %7.0f", s * 1000);
    else
        printf(" %7s", "");
}

/* How long ago it was, in seconds or in minutes; nothing where it never was. */
static void print_ago(const struct yc_json *peer, const char *name, int64_t unit_s, int64_t now_s)
{
    int64_t at_s = yc_cli_int_member(peer, name);
    if (at_s > 0)
        printf(" %5lld", (long long)((now_s > at_s ? now_s - at_s : 0) / unit_s));
    else
        printf(" %5s", "");
}

static bool flag(const struct yc_json *peer, const char *name)
{
    bool on = false;
    return yc_json_bool(yc_json_member(peer, name), &on) && on;
}

static void print_peers(const struct yc_json *peers, int64_t now_s)
{
    printf(
        "   id dir type                 net   ping ms min ms  send  recv   txn   blk   age  height  sent kB  recv kB "
        "address                version\n"
        "                                                      s     s   min   min   min\n");
    for (size_t i = 0; i < yc_json_count(peers); i++) {
        const struct yc_json *p = yc_json_element(peers, i);
        printf("%5lld %-3s ", (long long)yc_cli_int_member(p, "id"), flag(p, "inbound") ? "in" : "out");
        print_clean(yc_json_text(yc_json_member(p, "connection_type")), 20);
        printf(" %-5s", short_name(network_of(p)));
        print_ms(p, "pingtime");
        print_ms(p, "minping");
        print_ago(p, "lastsend", 1, now_s);
        print_ago(p, "lastrecv", 1, now_s);
        print_ago(p, "last_transaction", 60, now_s);
        print_ago(p, "last_block", 60, now_s);
        print_ago(p, "conntime", 60, now_s);
        printf(" %7lld %8lld %8lld ", (long long)yc_cli_int_member(p, "synced_blocks"),
               (long long)yc_cli_int_member(p, "bytessent") / 1000,
               (long long)yc_cli_int_member(p, "bytesrecv") / 1000);
        print_clean(yc_json_text(yc_json_member(p, "addr")), 22);
        printf(" ");
        print_clean(yc_json_text(yc_json_member(p, "subver")), 40);
        printf("\n");
    }
    printf("\n");
}

static void print_counts(const struct yc_json *peers)
{
    static const char *const row[] = {"in", "out", "total"};
    unsigned count[3][NETWORKS + 1] = {{0}}; /* the last: all networks */
    for (size_t i = 0; i < yc_json_count(peers); i++) {
        const struct yc_json *p = yc_json_element(peers, i);
        size_t way = flag(p, "inbound") ? 0 : 1, network = network_of(p);
        count[way][network]++;
        count[way][NETWORKS]++;
        count[2][network]++;
        count[2][NETWORKS]++;
    }
    printf("%-5s", "");
    for (size_t i = 0; i < NETWORKS; i++)
        printf(" %6s", short_name(i));
    printf(" %6s\n", "total");
    for (size_t way = 0; way < 3; way++) {
        printf("%-5s", row[way]);
        for (size_t i = 0; i <= NETWORKS; i++)
            printf(" %6u", count[way][i]);
        printf("\n");
    }
}

static int show(struct yc_cli *c, bool clear)
{
    struct yc_json *both;
    int code = 0;
    if (!yc_cli_call_two(c, "getnetworkinfo", "getpeerinfo", &both, &code))
        return code;
    const struct yc_json *net = yc_json_member(yc_json_element(both, 0), "result"),
                         *peers = yc_json_member(yc_json_element(both, 1), "result");
    printf("%sYCoin client v" YC_VERSION " %s - server %lld", clear ? "\033[H\033[2J" : "", c->setup.params.name,
           (long long)yc_cli_int_member(net, "protocolversion"));
    const char *subversion = yc_json_text(yc_json_member(net, "subversion"));
    printf("%s\n\n", subversion ? subversion : "");
    if (c->method && *c->method > '0')
        print_peers(peers, (int64_t)time(NULL));
    print_counts(peers);
    yc_json_free(both);
    return fflush(stdout) == 0 ? 0 : 1;
}

int yc_cli_netinfo(struct yc_cli *c)
{
    bool watch = yc_options_flag(c->options, "watch", false);
    if (c->method && (strlen(c->method) != 1 || *c->method < '0' || *c->method > '4')) {
        fprintf(stderr, "error: invalid -netinfo level argument: %s; give 0 to 4\n", c->method);
        return 1;
    }
    int code = show(c, watch && isatty(1));
    while (watch && code == 0) {
        sleep(1);
        if (!isatty(1))
            printf("\n");
        code = show(c, isatty(1));
    }
    return code;
}
