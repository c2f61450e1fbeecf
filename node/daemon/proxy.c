#include "node/daemon/proxy.h"

#include <stdio.h>
#include <string.h>

#include "sys/random.h"

#define TOR_PORT 9050

/* A proxy's address as an option gives it. */
static enum yc_verdict parse_proxy(struct yc_netaddr *out, const char *option, const char *text, struct yc_error *err)
{
    struct yc_view host;
    uint16_t port;
    if (strncmp(text, "unix:", 5) == 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "-%s=%s: proxies at Unix sockets are not supported; give the address and port of a TCP one",
                       option, text);
    if (yc_netaddr_split(&host, &port, text, TOR_PORT) && yc_view_equal(host, yc_view_text("localhost"))) {
        *out = yc_netaddr_ipv4(127, 0, 0, 1, port);
        return YC_VALID;
    }
    if (yc_netaddr_parse(out, text, TOR_PORT) && !out->hidden)
        return YC_VALID;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                   "Invalid -%s address or hostname: '%s'; give a numeric address, for example 127.0.0.1:9050", option,
                   text);
}

static void set(struct yc_proxies *p, unsigned network, const struct yc_netaddr *at)
{
    p->by[network].used = at != NULL;
    if (!at)
        return;
    p->by[network].at = *at;
    yc_netaddr_print(p->by[network].text, at);
}

/* One -proxy=ADDRESS[=NETWORK]; an empty address or 0 takes back what was set before. */
static enum yc_verdict read_one(struct yc_proxies *p, const char *value, struct yc_error *err)
{
    char text[YC_SOCKS_HOST_MAX];
    const char *equals = strrchr(value, '=');
    struct yc_netaddr at;
    size_t n = equals ? (size_t)(equals - value) : strlen(value);
    unsigned network = equals ? yc_network_of_name(equals + 1) : 0;
    if (equals && !equals[1])
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Invalid -proxy address or hostname, ends with '=': '%s'",
                       value);
    if (equals && (network == 0 || network == YC_NET_I2P))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Unrecognized network in -proxy='%s': '%s'; give ipv4, ipv6, onion or cjdns", value, equals + 1);
    if (n >= sizeof text)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Invalid -proxy address or hostname: '%s'", value);
    memcpy(text, value, n);
    text[n] = 0;
    bool none = n == 0 || strcmp(text, "0") == 0;
    if (!none) {
        enum yc_verdict v = parse_proxy(&at, "proxy", text, err);
        if (v != YC_VALID)
            return v;
    }
    for (unsigned i = 0; i < YC_NET_COUNT; i++) {
        bool named = i == YC_PROXY_NAMES && (network == YC_NET_IPV4 || network == YC_NET_IPV6);
        if ((network == 0 && i != YC_NET_I2P && i != YC_NET_TORV2) || named || (network && i == network))
            set(p, i, none ? NULL : &at);
    }
    return YC_VALID;
}

enum yc_verdict yc_proxies_read(struct yc_proxies *p, const struct yc_options *o, struct yc_error *err)
{
    const char *value;
    struct yc_netaddr at;
    *p = (struct yc_proxies){.randomize = yc_options_flag(o, "proxyrandomize", true)};
    p->prefix = yc_random_u64(yc_random_system());
    for (size_t i = 0; !yc_options_is_negated(o, "proxy") && (value = yc_options_list(o, "proxy", i)); i++) {
        enum yc_verdict v = read_one(p, value, err);
        if (v != YC_VALID)
            return v;
    }
    value = yc_options_text(o, "onion", "");
    if (yc_options_is_negated(o, "onion") || strcmp(value, "0") == 0) {
        set(p, YC_NET_TORV3, NULL);
    } else if (value[0]) {
        enum yc_verdict v = parse_proxy(&at, "onion", value, err);
        if (v != YC_VALID)
            return v;
        set(p, YC_NET_TORV3, &at);
    }
    return YC_VALID;
}

const struct yc_netaddr *yc_proxies_to(const struct yc_proxies *p, unsigned network)
{
    return p->by[network].used ? &p->by[network].at : NULL;
}

bool yc_proxies_target(struct yc_proxies *p, struct yc_socks_target *out, const char *host, uint16_t port)
{
    *out = (struct yc_socks_target){.port = port};
    if (!host[0] || strlen(host) >= sizeof out->host)
        return false;
    (void)snprintf(out->host, sizeof out->host, "%s", host);
    if (p->randomize) {
        (void)snprintf(out->user, sizeof out->user, "%016llx-%llu", (unsigned long long)p->prefix,
                       (unsigned long long)p->isolated++);
        (void)snprintf(out->password, sizeof out->password, "%s", out->user);
    }
    return true;
}
