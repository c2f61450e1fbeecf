/* From the command line and ycoin.conf to a chain, folders and the address of a node. */
#include "node/access/access.h"

#include <stdio.h>

#include "base/netaddr.h"
#include "formats/chain_file.h"
#include "sys/daemon.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"

/* A path that does not fit is refused: cut, it could name another file. */
static enum yc_verdict join(char out[YC_NODE_PATH_MAX], const char *dir, const char *name, struct yc_error *err)
{
    const char *slash = dir[0] && dir[strlen(dir) - 1] != '/' && name[0] ? "/" : "";
    int n = name[0] == '/' ? snprintf(out, YC_NODE_PATH_MAX, "%s", name)
                           : snprintf(out, YC_NODE_PATH_MAX, "%s%s%s", dir, slash, name);
    if (n < 0 || n >= YC_NODE_PATH_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "a path is longer than %d characters: check -datadir",
                       YC_NODE_PATH_MAX - 1);
    return YC_VALID;
}

static enum yc_verdict find_data_dir(struct yc_node_place *place, const struct yc_options *o, struct yc_error *err)
{
    const char *given = yc_options_text(o, "datadir", NULL);
    if (given && given[0])
        return join(place->data_dir, given, "", err);
    if (!yc_default_datadir(place->data_dir, sizeof place->data_dir))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the home directory's name is too long: give -datadir=<dir>");
    return YC_VALID;
}

static enum yc_verdict read_conf(const struct yc_node_place *place, struct yc_options *o, struct yc_error *err)
{
    char path[YC_NODE_PATH_MAX];
    if (yc_options_is_negated(o, "conf"))
        return YC_VALID;
    enum yc_verdict v = join(path, place->data_dir, yc_options_text(o, "conf", "ycoin.conf"), err);
    if (v == YC_VALID)
        v = yc_options_read_file(o, yc_fs_posix(), path, err);
    if (v != YC_NOT_YET)
        return v;
    if (!yc_options_is_set(o, "conf"))
        return YC_VALID;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "the configuration file %s (-conf) does not exist", path);
}

/* The chain that the options name, NULL when they name none. */
static enum yc_verdict named_chain(const struct yc_options *o, const char **out, struct yc_error *err)
{
    static const char *const flags[] = {"regtest", "test", "testnet", "testnet4", "signet"};
    unsigned count = 0;
    *out = NULL;
    const char *by_name = yc_options_chain_text(o, "chain", NULL);
    if (by_name && by_name[0]) {
        *out = by_name;
        count++;
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (yc_options_chain_flag(o, flags[i], false)) {
            *out = flags[i];
            count++;
        }
    }
    if (count > 1)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "-chain, -regtest and -test name more than one chain: give one of them");
    return YC_VALID;
}

static enum yc_verdict choose_chain(struct yc_node_place *place, struct yc_options *o, struct yc_error *err)
{
    const char *name = NULL, *file = yc_options_text(o, "chainfile", NULL);
    enum yc_verdict v = named_chain(o, &name, err);
    if (v != YC_VALID)
        return v;
    if (file) {
        v = yc_chain_file_load(&place->params, yc_fs_posix(), yc_heap(), file, YC_CHAIN_FILE_RUN, err);
        if (v == YC_VALID && name && strcmp(name, place->params.name) != 0)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "the options name the chain %s, but %s is the chain file of %s: leave one of them out", name,
                           file, place->params.name);
        return v;
    }
    const struct yc_chain_params *built_in = yc_chain_builtin(name ? name : "main");
    if (!built_in)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "there is no chain %s: built in are main, test and regtest; any other needs -chainfile=<file>",
                       name);
    place->params = *built_in;
    return YC_VALID;
}

/* A configuration file may move the data directory, so that is looked up once more after the file was read. */
static enum yc_verdict read_files(struct yc_node_place *place, struct yc_options *o, struct yc_error *err)
{
    enum yc_verdict v = find_data_dir(place, o, err);
    if (v == YC_VALID)
        v = read_conf(place, o, err);
    const char *name = NULL;
    if (v == YC_VALID)
        v = named_chain(o, &name, err);
    if (v == YC_VALID)
        v = yc_options_read_includes(o, yc_fs_posix(), place->data_dir, name ? name : "main", err);
    if (v == YC_VALID)
        v = choose_chain(place, o, err);
    if (v == YC_VALID)
        v = yc_options_select_chain(o, place->params.name, err);
    return v == YC_VALID ? find_data_dir(place, o, err) : v;
}

static enum yc_verdict set_host(struct yc_node_place *place, const char *text, uint16_t default_port,
                                struct yc_error *err)
{
    struct yc_view host;
    if (!yc_netaddr_split(&host, &place->port, text, default_port) || host.n >= sizeof place->host)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "%s is not where a node can be: give a name or an address, with or without a port, as "
                       "127.0.0.1:%u",
                       text, (unsigned)place->params.rpc_port);
    memcpy(place->host, host.p, host.n);
    place->host[host.n] = 0;
    return YC_VALID;
}

static enum yc_verdict find_address(struct yc_node_place *place, const struct yc_options *o, struct yc_error *err)
{
    enum yc_verdict v = set_host(place, yc_options_text(o, "rpcconnect", "127.0.0.1"), place->params.rpc_port, err);
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
    return join(place->cookie_path, place->chain_dir, yc_options_text(o, "rpccookiefile", ".cookie"), err);
}

enum yc_verdict yc_node_place_find(struct yc_node_place *out, struct yc_options *options, struct yc_error *err)
{
    memset(out, 0, sizeof *out);
    struct yc_int_range seconds = {"a number of seconds", 0, INT32_MAX};
    enum yc_verdict v = read_files(out, options, err);
    if (v == YC_VALID)
        v = join(out->chain_dir, out->data_dir, out->params.dir, err);
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

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Undo %XX. False when a %XX is none, stands for a control character, or the text does not fit. */
static bool unescape(char *out, size_t cap, const char *text, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)text[i];
        if (c == '%') {
            if (n - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0)
                return false;
            c = digit(text[i + 1]) * 16 + digit(text[i + 2]);
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
    return set_host(place, host, place->params.rpc_port, err);
}
