/* From options and files to the address of a node and the secret that it wants. */
#include "node/access/access.h"

#include <stdio.h>

#include "base/hex.h"
#include "net/addr/netaddr.h"

static enum yc_verdict set_host(struct yc_node_place *place, const char *text, uint16_t default_port,
                                struct yc_error *err)
{
    struct yc_view host;
    if (!yc_netaddr_split(&host, &place->port, text, default_port) || host.n >= sizeof place->host)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s is not where a node can be: give a name or an address, with or without a port, as "
                       "127.0.0.1:%u",
                       text, (unsigned)place->setup.params.rpc_port);
    memcpy(place->host, host.p, host.n);
    place->host[host.n] = 0;
    return YC_VALID;
}

static enum yc_verdict find_address(struct yc_node_place *place, const struct yc_options *o, struct yc_error *err)
{
    enum yc_verdict v =
        set_host(place, yc_options_text(o, "rpcconnect", "127.0.0.1"), place->setup.params.rpc_port, err);
    int64_t port = 0;
    if (v == YC_VALID)
        v = yc_options_int(o, "rpcport", place->port, (struct yc_int_range){"a port", 1, 65535}, &port, err);
    if (v == YC_VALID)
        place->port = (uint16_t)port;
    return v;
}

static enum yc_verdict find_secret(struct yc_node_place *place, const struct yc_options *o, struct yc_error *err)
{
    const char *user = yc_options_text(o, "rpcuser", ""), *password = yc_options_text(o, "rpcpassword", "");
    if (password[0]) {
        int n = snprintf(place->user_password, sizeof place->user_password, "%s:%s", user, password);
        if (n < 0 || (size_t)n >= sizeof place->user_password)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "-rpcuser and -rpcpassword are too long together");
    }
    return yc_path_join(place->cookie_path, place->setup.chain_dir, yc_options_text(o, "rpccookiefile", ".cookie"),
                        err);
}

enum yc_verdict yc_node_place_find(struct yc_node_place *out, struct yc_options *options, struct yc_error *err)
{
    memset(out, 0, sizeof *out);
    struct yc_int_range seconds = {"a number of seconds", 0, INT32_MAX};
    enum yc_verdict v = yc_setup_find(&out->setup, options, YC_CHAIN_FILE_RUN, err);
    if (v == YC_VALID)
        v = find_address(out, options, err);
    if (v == YC_VALID)
        v = find_secret(out, options, err);
    if (v == YC_VALID)
        v = yc_options_int(options, "rpcwaittimeout", 0, seconds, &out->wait_timeout_s, err);
    if (v == YC_VALID)
        v = yc_options_int(options, "rpcclienttimeout", 900, seconds, &out->timeout_s, err);
    out->wait = v == YC_VALID && yc_options_flag(options, "rpcwait", false);
    return v;
}

/* Undo %XX. False when a %XX is none, stands for a control character, or the text does not fit. */
static bool unescape(char *out, size_t cap, const char *text, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)text[i];
        if (c == '%') {
            int high = n - i < 3 ? -1 : yc_hex_digit((uint8_t)text[i + 1]);
            int low = high < 0 ? -1 : yc_hex_digit((uint8_t)text[i + 2]);
            if (low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        }
        if (c < ' ' || at + 1 >= cap)
            return false;
        out[at++] = (char)c;
    }
    out[at] = 0;
    return true;
}

enum yc_verdict yc_node_place_set_url(struct yc_node_place *place, const char *url, struct yc_error *err)
{
    static const char scheme[] = "http://";
    const char *rest = strncmp(url, scheme, sizeof scheme - 1) == 0 ? url + sizeof scheme - 1 : url;
    const char *at = strrchr(rest, '@');
    char host[YC_NODE_HOST_MAX + 8];
    if (strstr(rest, "://"))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "a node's URL begins with http://: it speaks no other protocol (for TLS put a proxy before it)");
    if (at) {
        const char *colon = memchr(rest, ':', (size_t)(at - rest));
        if (!colon || !unescape(place->user_password, sizeof place->user_password, rest, (size_t)(at - rest)))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "what stands before the @ of the URL is not user:password: write other characters as %%XX");
        rest = at + 1;
    }
    size_t n = strcspn(rest, "/");
    if (n >= sizeof host || (rest[n] == '/' && rest[n + 1] != 0))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the URL %s%s has a path or is too long: give http://host:port",
                       scheme, rest);
    memcpy(host, rest, n);
    host[n] = 0;
    return set_host(place, host, place->setup.params.rpc_port, err);
}
