/* From options to whom the core connects, who may connect, and how much they may use of the line. */
#include <stdio.h>

#include "node/daemon/app.h"

static size_t take_list(struct yc_app *a, unsigned which, const char *name)
{
    size_t n = 0;
    const size_t cap = sizeof a->lists[which] / sizeof a->lists[which][0];
    for (const char *v; n < cap && (v = yc_options_list(a->config.options, name, n)); n++)
        a->lists[which][n] = v;
    return n;
}

/* A rule without names is one for a trusted peer: what it allows are older options' to say. */
static void complete_permit(const struct yc_app *a, struct yc_permit *p)
{
    const struct yc_options *o = a->config.options;
    bool force = yc_options_flag(o, "whitelistforcerelay", false);
    if (!p->implicit)
        return;
    if (!yc_options_flag(o, "whitelistrelay", true) && !force)
        p->permissions &= ~(uint32_t)YC_PERM_RELAY;
    if (force)
        p->permissions |= YC_PERM_FORCE_RELAY;
}

static enum yc_verdict take_permits(struct yc_app *a, struct yc_error *err)
{
    static const char *const name[] = {"whitelist", "whitebind"};
    const char *text;
    size_t n = 0;
    for (unsigned bind = 0; bind < 2; bind++) {
        for (size_t i = 0; (text = yc_options_list(a->config.options, name[bind], i)); i++) {
            if (n == YC_APP_PERMITS_MAX)
                return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                               "more than %d rules of -whitelist and -whitebind: give networks in place of addresses",
                               YC_APP_PERMITS_MAX);
            enum yc_verdict v =
                bind ? yc_permit_parse_bind(&a->permits[n], text, err) : yc_permit_parse(&a->permits[n], text, err);
            if (v != YC_VALID)
                return v;
            complete_permit(a, &a->permits[n++]);
        }
    }
    a->core_config.permit = a->permits;
    a->core_config.permit_count = n;
    return YC_VALID;
}

/* "/YCoin:0.1.0(comment; comment)/" behind the chain's own prefix. */
static enum yc_verdict user_agent(struct yc_app *a, struct yc_error *err)
{
    const char *prefix = a->config.setup.params.user_agent_prefix, *comment[YC_USER_AGENT_MAX], *c;
    size_t n = 0, length = strlen(prefix) + strlen("/YCoin:" YC_VERSION "/");
    for (size_t i = 0; (c = yc_options_list(a->config.options, "uacomment", i)); i++) {
        if (strspn(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,;-_?@") != strlen(c))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "User Agent comment (%s) contains unsafe characters.", c);
        length += strlen(c) + 2; /* "; " between them, parentheses around them all */
        if (n < YC_USER_AGENT_MAX)
            comment[n++] = c;
    }
    if (!yc_user_agent_compose(a->user_agent, prefix, YC_VERSION, comment, n))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Total length of network version string (%zu) exceeds maximum length (%d). Reduce the number or "
                       "size of uacomments.",
                       length, YC_USER_AGENT_MAX);
    a->core_config.user_agent = a->user_agent;
    return YC_VALID;
}

#define NETWORK_BIT(n) (UINT32_C(1) << (n))

/* Which networks to connect to unasked. Hidden ones need a way there: a proxy, or a host that is on CJDNS. */
static enum yc_verdict take_networks(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *o = a->config.options;
    struct yc_core_config *c = &a->core_config;
    enum yc_verdict v = yc_proxies_read(&a->proxies, o, err);
    if (v != YC_VALID)
        return v;
    c->proxy_randomize = a->proxies.randomize;
    for (unsigned i = YC_NET_IPV4; i < YC_NET_COUNT; i++)
        c->proxy[i] = yc_proxies_to(&a->proxies, i) ? a->proxies.by[i].text : NULL;
    c->cjdns = yc_options_flag(o, "cjdnsreachable", false);
    uint32_t way = NETWORK_BIT(YC_NET_IPV4) | NETWORK_BIT(YC_NET_IPV6) | (c->cjdns ? NETWORK_BIT(YC_NET_CJDNS) : 0) |
                   (c->proxy[YC_NET_TORV3] ? NETWORK_BIT(YC_NET_TORV3) : 0);
    uint32_t only = 0;
    const char *name;
    for (size_t i = 0; (name = yc_options_list(o, "onlynet", i)); i++) {
        unsigned network = yc_network_of_name(name);
        if (!network)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Unknown network specified in -onlynet: '%s'; give ipv4, ipv6, onion, i2p or cjdns", name);
        if (!(way & NETWORK_BIT(network)))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Outbound connections restricted to %s (-onlynet=%s) but %s", name, name,
                           network == YC_NET_CJDNS ? "-cjdnsreachable is not provided"
                           : network == YC_NET_I2P ? "I2P is not supported as a way out"
                                                   : "no proxy leads there; give -proxy or -onion");
        only |= NETWORK_BIT(network);
    }
    c->networks = only ? only : way;
    if (yc_options_flag(o, "dnsseed", false) && !(c->networks & (NETWORK_BIT(YC_NET_IPV4) | NETWORK_BIT(YC_NET_IPV6))))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Incompatible options: -dnsseed=1 was explicitly specified, but -onlynet forbids connections to "
                       "IPv4/IPv6");
    return YC_VALID;
}

/* -bind=ADDRESS[:PORT][=onion]. */
static enum yc_verdict take_binds(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *o = a->config.options;
    struct yc_core_config *c = &a->core_config;
    int64_t port = 0;
    const char *text;
    char at[YC_NETADDR_TEXT_MAX];
    enum yc_verdict v = yc_app_int(a, "port", a->config.setup.params.port, 1, 65535, "a port", &port, err);
    for (size_t i = 0; v == YC_VALID && (text = yc_options_list(o, "bind", i)); i++) {
        const char *equals = strchr(text, '=');
        struct yc_core_bind *b = &a->binds[a->bind_count];
        if (a->bind_count == YC_APP_BINDS_MAX)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "more than %d addresses of -bind", YC_APP_BINDS_MAX);
        size_t n = equals ? (size_t)(equals - text) : strlen(text);
        n = n < sizeof at ? n : sizeof at - 1; /* no address is that long */
        memcpy(at, text, n);
        at[n] = 0;
        b->onion = equals && strcmp(equals, "=onion") == 0;
        if ((equals && !b->onion) || !yc_netaddr_parse(&b->at, at, (uint16_t)(port + (b->onion ? 1 : 0))) ||
            b->at.hidden)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Cannot resolve -bind address: '%s'; give a numeric address, and =onion behind it where Tor "
                           "hands over connections",
                           text);
        a->bind_count++;
    }
    c->bind = a->binds;
    c->bind_count = a->bind_count;
    return v;
}

/* Where peers that hear of us are to connect: at the first address that is bound for anybody; one that -whitebind gives to
 * friends alone, by name of their leave, is not for the others to know. */
static uint16_t listening_port(const struct yc_app *a, uint16_t port)
{
    for (size_t i = 0; i < a->bind_count; i++)
        if (!a->binds[i].onion)
            return a->binds[i].at.port;
    for (size_t i = 0; i < a->core_config.permit_count; i++) {
        const struct yc_permit *p = &a->permits[i];
        if (p->by_bind && (p->implicit || !(p->permissions & YC_PERM_NOBAN)))
            return p->bound.port;
    }
    return port;
}

/* -externalip=ADDRESS[:PORT], -discover. */
static enum yc_verdict take_external(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *o = a->config.options;
    struct yc_core_config *c = &a->core_config;
    int64_t port = 0;
    const char *text;
    enum yc_verdict v = yc_app_int(a, "port", a->config.setup.params.port, 1, 65535, "a port", &port, err);
    c->listening_port = listening_port(a, (uint16_t)port);
    /* Who says where he is, or hides behind a proxy, does not want to be found out. */
    c->discover = yc_options_flag(o, "discover",
                                  c->listen && !yc_options_list(o, "externalip", 0) && !yc_options_list(o, "proxy", 0));
    for (size_t i = 0; v == YC_VALID && (text = yc_options_list(o, "externalip", i)); i++) {
        if (i == YC_SELF_MAX)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "more than %d addresses of -externalip", YC_SELF_MAX);
        if (!yc_netaddr_parse(&a->external[i], text, c->listening_port))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Cannot resolve -externalip address: '%s'; give a numeric or an onion address", text);
        if (c->cjdns)
            a->external[i] = yc_netaddr_as_cjdns(&a->external[i]);
        c->external_count = i + 1;
    }
    c->external = a->external;
    return v;
}

/* Two listeners at one address would be two meanings of who connects there. */
static enum yc_verdict check_binds(const struct yc_app *a, struct yc_error *err)
{
    const struct yc_netaddr *at[YC_APP_BINDS_MAX + YC_APP_PERMITS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < a->bind_count; i++)
        at[n++] = &a->binds[i].at;
    for (size_t i = 0; i < a->core_config.permit_count; i++)
        if (a->permits[i].by_bind)
            at[n++] = &a->permits[i].bound;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (yc_netaddr_equal(at[i], at[k])) {
                char text[YC_NETADDR_TEXT_MAX];
                yc_netaddr_print(text, at[i]);
                return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                               "Duplicate binding configuration for address %s. Please check your -bind, "
                               "-bind=...=onion and -whitebind settings.",
                               text);
            }
    return YC_VALID;
}

/* A number of bytes with a unit: k, m, g, t are powers of 1000, K, M, G, T of 1024; without one it is MiB. */
static bool read_bytes(const char *text, uint64_t *out)
{
    static const struct {
        char unit;
        uint64_t bytes;
    } units[] = {{0, UINT64_C(1) << 20},   {'k', 1000},       {'K', UINT64_C(1) << 10}, {'m', 1000000},
                 {'M', UINT64_C(1) << 20}, {'g', 1000000000}, {'G', UINT64_C(1) << 30}, {'t', UINT64_C(1000000000000)},
                 {'T', UINT64_C(1) << 40}};
    uint64_t n = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9'; i++) {
        if (n > (UINT64_C(1) << 40))
            return false;
        n = 10 * n + (uint64_t)(text[i] - '0');
    }
    for (size_t u = 0; i > 0 && u < sizeof units / sizeof *units; u++) {
        if (text[i] != units[u].unit || (text[i] && text[i + 1]))
            continue;
        *out = n * units[u].bytes;
        return n <= UINT64_MAX / units[u].bytes;
    }
    return false;
}

static enum yc_verdict take_bandwidth(struct yc_app *a, struct yc_error *err)
{
    struct yc_core_config *c = &a->core_config;
    const char *target = yc_options_text(a->config.options, "maxuploadtarget", "0");
    int64_t up = 0, down = 0;
    if (!read_bytes(target, &c->upload_target_bytes))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Unable to parse -maxuploadtarget: '%s'; give a number of MiB, or one with a unit such as 5G",
                       target);
    enum yc_verdict v = yc_app_int(a, "uploadrate", 0, 0, YC_RATE_MAX / 1000, "kilobytes a second", &up, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "downloadrate", 0, 0, YC_RATE_MAX / 1000, "kilobytes a second", &down, err);
    c->upload_bytes_per_s = up * 1000;
    c->download_bytes_per_s = down * 1000;
    return v;
}

/* A chain that costs nothing to extend is somebody's own, for trying things out: nobody waits there for privacy, unless he
 * asks to. */
static enum yc_verdict take_delays(struct yc_app *a, struct yc_error *err)
{
    const struct yc_chain_params *p = &a->config.setup.params;
    bool own = p->test_chain && p->pow.retarget == YC_RETARGET_NONE;
    a->core_config.relay_at_once = yc_options_flag(a->config.options, "relayatonce", own);
    if (a->core_config.relay_at_once && !p->test_chain)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "-relayatonce=1 is for test chains; on %s it would show where transactions begin. Leave it out.",
                       p->name);
    return YC_VALID;
}

enum yc_verdict yc_app_net_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_core_config *c = &a->core_config;
    const struct yc_options *o = a->config.options;
    int64_t connections = 0, receive_kb = 0, send_kb = 0, peer_timeout = 0, tip_age = 0, check_book = 0,
            relay_percent = 0;
    enum yc_verdict v = yc_app_int(a, "maxconnections", 125, 0, 10000, "a number of connections", &connections, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "maxreceivebuffer", 20000, 1, 1 << 22, "an amount of memory in kB", &receive_kb, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "maxsendbuffer", 1000, 1, 1 << 22, "an amount of memory in kB", &send_kb, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "peertimeout", 60, INT64_MIN, INT32_MAX, "a number of seconds", &peer_timeout, err);
    if (v == YC_VALID && peer_timeout < 1)
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "peertimeout must be a positive integer.");
    if (v == YC_VALID)
        v = yc_app_int(a, "maxtipage", 86400, 1, INT64_MAX, "a number of seconds", &tip_age, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "inboundrelaypercent", 50, 0, 100, "a share in percent", &relay_percent, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "checkaddrman", 0, 0, 1000000, "a number of looks", &check_book, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "bantime", 86400, 1, INT64_MAX, "a number of seconds", &a->rpc_env.ban_time_s, err);
    if (v == YC_VALID)
        v = take_delays(a, err);
    if (v != YC_VALID)
        return v;
    c->capture_messages = yc_options_flag(o, "capturemessages", false);
    c->data_dir = a->config.setup.chain_dir;
    c->pace = &a->clock.paced;
    c->launch = yc_options_flag(o, "launch", false);
    c->relay_txs = !yc_options_flag(o, "blocksonly", false);
    c->persist_mempool = yc_options_flag(o, "persistmempool", true);
    c->max_tip_age_s = tip_age;
    c->check_book = (uint32_t)check_book;
    c->inbound_relay_percent = (unsigned)relay_percent;
    c->peer_timeout_s = peer_timeout;
    c->connections_max = (uint32_t)connections;
    c->receive_budget_bytes = (size_t)receive_kb * 1000;
    c->send_buffer_max_bytes = (size_t)send_kb * 1000;
    c->connect = a->lists[0];
    c->connect_count = take_list(a, 0, "connect");
    if (yc_options_is_negated(o, "connect")) {
        a->lists[0][0] = "0";
        c->connect_count = 1;
    }
    c->add_node = a->lists[1];
    c->add_node_count = take_list(a, 1, "addnode");
    c->seed_node = a->lists[2];
    c->seed_node_count = take_list(a, 2, "seednode");
    /* Who goes out by a proxy may have reason not to be seen: he listens only when he says so. */
    bool seen = c->connect_count == 0 && !yc_options_list(o, "proxy", 0);
    bool told_where = yc_options_list(o, "bind", 0) || yc_options_list(o, "whitebind", 0);
    c->listen = yc_options_flag(o, "listen", seen || told_where);
    c->dns_seed = yc_options_flag(o, "dnsseed", c->connect_count == 0);
    c->fixed_seeds = yc_options_flag(o, "fixedseeds", true);
    c->force_dns_seed = yc_options_flag(o, "forcednsseed", false);
    if (c->force_dns_seed && !c->dns_seed)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Cannot set -forcednsseed to true when setting -dnsseed to false.");
    if (!c->listen && (yc_options_list(o, "bind", 0) || yc_options_list(o, "whitebind", 0)))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Cannot set -bind or -whitebind together with -listen=0");
    v = take_bandwidth(a, err);
    if (v == YC_VALID)
        v = take_networks(a, err);
    if (v == YC_VALID)
        v = take_binds(a, err);
    if (v == YC_VALID)
        v = take_permits(a, err);
    if (v == YC_VALID)
        v = take_external(a, err);
    if (v == YC_VALID)
        v = check_binds(a, err);
    return v == YC_VALID ? user_agent(a, err) : v;
}
