/* -netinfo: who is connected, as a table for people, once or again each second. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "node/cli/cli.h"

#define CELL 320 /* characters of one field with NUL; a peer's subversion has at most 256 */

static const char *const networks[] = {"ipv4", "ipv6", "onion", "i2p", "cjdns", "not_publicly_routable"};
#define NETWORKS (sizeof networks / sizeof *networks)

/* What is shown, and when. */
struct view {
    bool address, version, outbound_only;
    bool systems; /* the node has a map of autonomous systems */
    int64_t now_s;
};

/* --- fields --- */

static bool flag(const struct yc_json *peer, const char *name)
{
    bool on = false;
    return yc_json_bool(yc_json_member(peer, name), &on) && on;
}

/* Text that a peer may have chosen, with what could drive a terminal taken out. */
static void clean(char out[CELL], const char *text)
{
    size_t n = 0;
    for (; text && *text && n < CELL - 1; text++)
        out[n++] = *text >= 32 && *text < 127 ? *text : '?';
    out[n] = 0;
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

static void cell_way(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    snprintf(out, CELL, "%s", flag(p, "inbound") ? "in" : "out");
}

static void cell_type(char out[CELL], const struct yc_json *p, const struct view *v)
{
    static const char *const names[][2] = {
        {"inbound", ""}, {"outbound-full-relay", "full"}, {"block-relay-only", "block"}, {"addr-fetch", "addr"}};
    const char *type = yc_json_text(yc_json_member(p, "connection_type"));
    (void)v;
    for (size_t i = 0; type && i < sizeof names / sizeof *names; i++)
        if (strcmp(type, names[i][0]) == 0)
            type = names[i][1];
    clean(out, type);
}

static void cell_network(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    snprintf(out, CELL, "%s", short_name(network_of(p)));
}

/* A letter for each service: small ones, as Bitcoin Core's table has them. */
static void services(char out[CELL], const struct yc_json *names)
{
    static const char *const letters[][2] = {{"NETWORK", "n"},         {"BLOOM", "b"},           {"WITNESS", "w"},
                                             {"COMPACT_FILTERS", "c"}, {"NETWORK_LIMITED", "l"}, {"P2P_V2", "2"}};
    size_t n = 0;
    for (size_t i = 0; i < yc_json_count(names) && n < CELL - 1; i++) {
        const char *name = yc_json_text(yc_json_element(names, i));
        out[n] = 'u';
        for (size_t k = 0; name && k < sizeof letters / sizeof *letters; k++)
            if (strcmp(name, letters[k][0]) == 0)
                out[n] = letters[k][1][0];
        n++;
    }
    out[n] = 0;
}

static void cell_services(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    services(out, yc_json_member(p, "servicesnames"));
}

/* What took seconds, in milliseconds; nothing where it is not known. */
static void milliseconds(char out[CELL], const struct yc_json *p, const char *name)
{
    double s;
    out[0] = 0;
    if (yc_json_double(yc_json_member(p, name), &s))
        snprintf(out, CELL, "%.0f", s * 1000);
}

static void cell_least_ping(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    milliseconds(out, p, "minping");
}

static void cell_ping(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    milliseconds(out, p, "pingtime");
}

/* How long ago it was, in seconds or in minutes; nothing where it never was. */
static void ago(char out[CELL], const struct yc_json *p, const char *name, int64_t unit_s, const struct view *v)
{
    int64_t at_s = yc_cli_int_member(p, name);
    out[0] = 0;
    if (at_s > 0)
        snprintf(out, CELL, "%lld", (long long)((v->now_s > at_s ? v->now_s - at_s : 0) / unit_s));
}

static void cell_send(char out[CELL], const struct yc_json *p, const struct view *v)
{
    ago(out, p, "lastsend", 1, v);
}

static void cell_recv(char out[CELL], const struct yc_json *p, const struct view *v)
{
    ago(out, p, "lastrecv", 1, v);
}

static void cell_tx(char out[CELL], const struct yc_json *p, const struct view *v)
{
    ago(out, p, "last_transaction", 60, v);
    if (!out[0] && !flag(p, "relaytxes"))
        snprintf(out, CELL, "*");
}

static void cell_block(char out[CELL], const struct yc_json *p, const struct view *v)
{
    ago(out, p, "last_block", 60, v);
}

static void cell_high_bandwidth(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    snprintf(out, CELL, "%s%s", flag(p, "bip152_hb_to") ? "." : "", flag(p, "bip152_hb_from") ? "*" : "");
}

/* Nothing for none. */
static void number(char out[CELL], int64_t n)
{
    out[0] = 0;
    if (n > 0)
        snprintf(out, CELL, "%lld", (long long)n);
}

static void cell_addresses(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    number(out, yc_cli_int_member(p, "addr_processed"));
    if (!flag(p, "addr_relay_enabled"))
        snprintf(out, CELL, ".");
}

static void cell_limited(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    number(out, yc_cli_int_member(p, "addr_rate_limited"));
}

static void cell_age(char out[CELL], const struct yc_json *p, const struct view *v)
{
    ago(out, p, "conntime", 60, v);
}

static void cell_height(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    number(out, yc_cli_int_member(p, "synced_blocks"));
}

static void cell_sent(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    snprintf(out, CELL, "%lld", (long long)yc_cli_int_member(p, "bytessent") / 1000);
}

static void cell_received(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    snprintf(out, CELL, "%lld", (long long)yc_cli_int_member(p, "bytesrecv") / 1000);
}

static void cell_system(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    number(out, yc_cli_int_member(p, "mapped_as"));
}

static void cell_id(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    snprintf(out, CELL, "%lld", (long long)yc_cli_int_member(p, "id"));
}

static void cell_addr(char out[CELL], const struct yc_json *p, const struct view *v)
{
    (void)v;
    clean(out, yc_json_text(yc_json_member(p, "addr")));
}

static void cell_version(char out[CELL], const struct yc_json *p, const struct view *v)
{
    char text[CELL];
    (void)v;
    clean(text, yc_json_text(yc_json_member(p, "subver")));
    int64_t version = yc_cli_int_member(p, "version");
    snprintf(out, CELL, "%lld%.300s", (long long)version, text);
    if (version == 0)
        out[0] = 0; /* it has not said yet */
}

/* --- the table of peers --- */

static const struct column {
    const char *name, *unit;
    void (*cell)(char out[CELL], const struct yc_json *peer, const struct view *v);
    bool left;
    const char *means;
} columns[] = {
    {"<->", "", cell_way, true, "in: it connected to us; out: we to it"},
    {"type", "", cell_type, true,
     "full: blocks, transactions and addresses; block: blocks alone; manual: named by -addnode, -connect or addnode; "
     "feeler, addr: soon over"},
    {"net", "", cell_network, true, "network of its address; npr: not publicly routable"},
    {"serv", "", cell_services, true,
     "offers n all blocks, l the last 288, w witnesses, c compact filters, b bloom filters, 2 BIP 324, u something "
     "else"},
    {"mping", "ms", cell_least_ping, false, "shortest answer to a ping"},
    {"ping", "ms", cell_ping, false, "the last one"},
    {"send", "s", cell_send, false, "since something was sent to it"},
    {"recv", "s", cell_recv, false, "since something came from it"},
    {"txn", "min", cell_tx, false, "since it gave us a transaction that was new and good; *: none are exchanged"},
    {"blk", "min", cell_block, false, "since it gave us a block that was new"},
    {"hb", "", cell_high_bandwidth, true, "compact blocks at once (BIP 152): . it to us, * we to it"},
    {"addrp", "", cell_addresses, false, "addresses of it that were considered; .: none are exchanged"},
    {"addrl", "", cell_limited, false, "addresses of it that were too many"},
    {"age", "min", cell_age, false, "since it connected"},
    {"height", "", cell_height, false, "of the last block that it and we have"},
    {"sent", "kB", cell_sent, false, "to it"},
    {"recv", "kB", cell_received, false, "from it"},
    {"asmap", "", cell_system, false, "number of its autonomous system, with -asmap"},
    {"id", "", cell_id, false, "for disconnectnode and others"},
    {"address", "", cell_addr, true, "levels 2 and 4"},
    {"version", "", cell_version, true, "levels 3 and 4: of the protocol, and the name of its program"},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static bool is_shown(const struct column *c, const struct view *v)
{
    return (c->cell != cell_addr || v->address) && (c->cell != cell_version || v->version) &&
           (c->cell != cell_system || v->systems);
}

/* One line; the last field needs no room to its right. */
static void print_line(char text[COLUMNS][CELL], const size_t width[COLUMNS], const struct view *v)
{
    size_t last = COLUMNS - 1;
    while (!is_shown(&columns[last], v))
        last--;
    for (size_t k = 0; k <= last; k++) {
        int room = k == last && columns[k].left ? 0 : (int)width[k];
        if (is_shown(&columns[k], v))
            printf(columns[k].left ? " %-*s" : " %*s", room, text[k]);
    }
    printf("\n");
}

/* Those that we chose first; of each way the nearest first. */
static int by_way_and_ping(const void *a, const void *b)
{
    const struct yc_json *x = *(const struct yc_json *const *)a, *y = *(const struct yc_json *const *)b;
    double x_s, y_s;
    bool x_in = flag(x, "inbound"), y_in = flag(y, "inbound");
    if (x_in != y_in)
        return x_in - y_in;
    x_s = yc_json_double(yc_json_member(x, "minping"), &x_s) ? x_s : 1e9;
    y_s = yc_json_double(yc_json_member(y, "minping"), &y_s) ? y_s : 1e9;
    return (x_s > y_s) - (x_s < y_s);
}

/* Lines of peers, each column as wide as the longest that is in it. */
static void print_table(const struct yc_json *const *peer, size_t count, const struct view *v)
{
    char text[COLUMNS][CELL];
    size_t width[COLUMNS];
    for (size_t k = 0; k < COLUMNS; k++) {
        width[k] = strlen(columns[k].name);
        for (size_t i = 0; i < count; i++) {
            columns[k].cell(text[k], peer[i], v);
            width[k] = strlen(text[k]) > width[k] ? strlen(text[k]) : width[k];
        }
    }
    for (size_t k = 0; k < COLUMNS; k++)
        snprintf(text[k], CELL, "%s", columns[k].name);
    print_line(text, width, v);
    for (size_t k = 0; k < COLUMNS; k++)
        snprintf(text[k], CELL, "%s", columns[k].unit);
    print_line(text, width, v);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < COLUMNS; k++)
            columns[k].cell(text[k], peer[i], v);
        print_line(text, width, v);
    }
    printf("\n");
}

static int print_peers(const struct yc_json *peers, struct view *v)
{
    size_t all = yc_json_count(peers), count = 0;
    const struct yc_json **peer = calloc(all + 1, sizeof(const struct yc_json *));
    if (!peer) {
        fprintf(stderr, "error: no memory for a table of %zu peers\n", all);
        return 1;
    }
    for (size_t i = 0; i < all; i++) {
        const struct yc_json *p = yc_json_element(peers, i);
        v->systems |= yc_cli_int_member(p, "mapped_as") > 0;
        if (!v->outbound_only || !flag(p, "inbound"))
            peer[count++] = p;
    }
    qsort(peer, count, sizeof *peer, by_way_and_ping);
    print_table(peer, count, v);
    free(peer);
    return 0;
}

/* --- the rest --- */

enum way { IN, OUT, BOTH, WAYS };

struct counts {
    unsigned by_network[WAYS][NETWORKS], all[WAYS], block, manual;
    bool shown[NETWORKS]; /* reachable, or somebody is there */
};

static void count_peers(const struct yc_json *peers, struct counts *n)
{
    for (size_t i = 0; i < yc_json_count(peers); i++) {
        const struct yc_json *p = yc_json_element(peers, i);
        const char *type = yc_json_text(yc_json_member(p, "connection_type"));
        size_t network = network_of(p);
        enum way way = flag(p, "inbound") ? IN : OUT;
        n->by_network[way][network]++;
        n->by_network[BOTH][network]++;
        n->all[way]++;
        n->all[BOTH]++;
        n->shown[network] = true;
        n->block += type && strcmp(type, "block-relay-only") == 0;
        n->manual += type && strcmp(type, "manual") == 0;
    }
}

static void print_counts(const struct yc_json *net, const struct yc_json *peers)
{
    static const char *const row[WAYS] = {"in", "out", "total"};
    struct counts n = {0};
    const struct yc_json *list = yc_json_member(net, "networks");
    for (size_t i = 0; i < yc_json_count(list); i++) {
        const char *name = yc_json_text(yc_json_member(yc_json_element(list, i), "name"));
        for (size_t k = 0; name && k < NETWORKS; k++)
            n.shown[k] |= strcmp(name, networks[k]) == 0 && flag(yc_json_element(list, i), "reachable");
    }
    count_peers(peers, &n);
    printf("%-5s", "");
    for (size_t k = 0; k < NETWORKS; k++)
        if (n.shown[k])
            printf(" %6s", short_name(k));
    printf(" %6s %6s %6s\n", "total", "block", "manual");
    for (size_t way = 0; way < WAYS; way++) {
        printf("%-5s", row[way]);
        for (size_t k = 0; k < NETWORKS; k++)
            if (n.shown[k])
                printf(" %6u", n.by_network[way][k]);
        printf(" %6u", n.all[way]);
        if (way == OUT)
            printf(" %6u %6u", n.block, n.manual);
        printf("\n");
    }
    if (!flag(net, "networkactive"))
        printf("\nNetwork activity is off: setnetworkactive true turns it on\n");
}

static void print_local(const struct yc_json *net)
{
    const struct yc_json *list = yc_json_member(net, "localaddresses");
    printf("\nLocal addresses%s\n", yc_json_count(list) ? "" : ": none");
    for (size_t i = 0; i < yc_json_count(list); i++) {
        const struct yc_json *a = yc_json_element(list, i);
        printf("%s port %lld, score %lld\n", yc_json_text(yc_json_member(a, "address")),
               (long long)yc_cli_int_member(a, "port"), (long long)yc_cli_int_member(a, "score"));
    }
}

static int show(struct yc_cli *c, int level, struct view *v, bool clear)
{
    struct yc_json *both;
    char text[CELL];
    int code = 0;
    if (!yc_cli_call_two(c, "getnetworkinfo", "getpeerinfo", &both, &code))
        return code;
    const struct yc_json *net = yc_json_member(yc_json_element(both, 0), "result"),
                         *peers = yc_json_member(yc_json_element(both, 1), "result");
    v->now_s = (int64_t)time(NULL);
    printf("%sYCoin client v" YC_VERSION " %s - server %lld", clear ? "\033[H\033[2J" : "", c->setup.params.name,
           (long long)yc_cli_int_member(net, "protocolversion"));
    clean(text, yc_json_text(yc_json_member(net, "subversion")));
    printf("%s", text);
    services(text, yc_json_member(net, "localservicesnames"));
    printf(" - services %s\n\n", text);
    if (level > 0)
        code = print_peers(peers, v);
    print_counts(net, peers);
    print_local(net);
    yc_json_free(both);
    return fflush(stdout) == 0 ? code : 1;
}

static int explain(void)
{
    printf("ycoin-cli -netinfo [level [outonly]]\n\n"
           "level    0: how many peers there are, and our own addresses (default); 1: and a table of the peers;\n"
           "         2: with addresses; 3: with versions; 4: with both\n"
           "outonly  the table leaves out those that connected to us\n"
           "-watch   before the level: again each second, until Ctrl-C\n\n");
    for (size_t k = 0; k < COLUMNS; k++)
        printf("%-8s %s%s%s\n", columns[k].name, columns[k].means, columns[k].unit[0] ? ", in " : "", columns[k].unit);
    return fflush(stdout) == 0 ? 0 : 1;
}

static bool is_word(const char *text, const char *word)
{
    return text && (strcmp(text, word) == 0 || (text[0] == word[0] && !text[1]));
}

int yc_cli_netinfo(struct yc_cli *c)
{
    bool watch = yc_options_flag(c->options, "watch", false);
    const char *text = c->method ? c->method : "0";
    if (is_word(text, "help"))
        return explain();
    if (strlen(text) != 1 || *text < '0' || *text > '4') {
        fprintf(stderr, "error: invalid -netinfo level argument: %s; give 0 to 4, or help\n", text);
        return 1;
    }
    int level = *text - '0';
    struct view v = {.address = level == 2 || level == 4, .version = level >= 3};
    v.outbound_only = c->arg_count > 0 && is_word(c->args[0], "outonly");
    if (c->arg_count > 1 || (c->arg_count == 1 && !v.outbound_only)) {
        fprintf(stderr, "error: invalid -netinfo argument: %s; give outonly or nothing behind the level\n",
                c->args[c->arg_count - 1]);
        return 1;
    }
    int code = show(c, level, &v, watch && isatty(1));
    while (watch && code == 0) {
        sleep(1);
        if (!isatty(1))
            printf("\n");
        code = show(c, level, &v, isatty(1));
    }
    return code;
}
