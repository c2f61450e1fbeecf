/* From options to the numbers by which the core, the pool and templates run. */
#include <stdio.h>
#include <stdlib.h>

#include "formats/address.h"
#include "node/daemon/app.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/random.h"

#define MIB ((size_t)1 << 20)

/* -fastprune, for tests */
#define FAST_PRUNE_FILE_BYTES   0x10000
#define FAST_PRUNE_AFTER_HEIGHT 100

static enum yc_verdict get_int(const struct yc_app *a, const char *name, int64_t fallback, int64_t min, int64_t max,
                               const char *what, int64_t *out, struct yc_error *err)
{
    struct yc_int_range range = {what, min, max};
    return yc_options_int(a->config.options, name, fallback, range, out, err);
}

/* ---- chain ---- */

static enum yc_verdict read_hash(const struct yc_app *a, const char *name, struct yc_block_hash *out,
                                 struct yc_error *err)
{
    const char *text = yc_options_text(a->config.options, name, NULL);
    if (!text)
        return YC_VALID;
    if (!strcmp(text, "0")) {
        memset(out, 0, sizeof *out);
        return YC_VALID;
    }
    if (yc_hex_read_reversed(out->b, 32, text, strlen(text)))
        return YC_VALID;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "-%s=%s is not a block hash: give 64 hexadecimal digits, or 0",
                   name, text);
}

static enum yc_verdict read_work(const struct yc_app *a, struct yc_u256 *out, struct yc_error *err)
{
    const char *text = yc_options_text(a->config.options, "minimumchainwork", NULL);
    char digits[65];
    uint8_t bytes[32];
    if (!text)
        return YC_VALID;
    const char *hex = !strncmp(text, "0x", 2) ? text + 2 : text;
    size_t n = strlen(hex);
    if (n <= 64) {
        memset(digits, '0', 64);
        memcpy(digits + 64 - n, hex, n);
        digits[64] = 0;
        if (yc_hex_read(bytes, 32, digits, 64)) {
            *out = yc_u256_from_be(bytes);
            return YC_VALID;
        }
    }
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Invalid minimum work specified (%s), must be up to 64 hex digits",
                   text);
}

static unsigned worker_count(int64_t par)
{
    int64_t processors = yc_processor_count(), n = par > 0 ? par : processors + par;
    /* The core thread checks scripts too. */
    n = n < 1 ? 0 : n - 1;
    return (unsigned)(n > YC_WORKERS_MAX ? YC_WORKERS_MAX : n);
}

/* -checkblocks and -checklevel; what is out of range is the nearest that is not, as tools that call Bitcoin Core expect. */
static enum yc_verdict verify_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_chain_config *c = &a->core_config.chain;
    int64_t level = 0, blocks = 0;
    enum yc_verdict v = get_int(a, "checklevel", 3, INT64_MIN, INT64_MAX, "a level of verification", &level, err);
    if (v == YC_VALID)
        v = get_int(a, "checkblocks", 6, INT64_MIN, INT64_MAX, "a number of blocks", &blocks, err);
    c->verify = true;
    c->verify_level = level < 0 ? 0 : level > YC_VERIFY_LEVEL_MAX ? YC_VERIFY_LEVEL_MAX : (uint32_t)level;
    c->verify_blocks = blocks < 0 || blocks > UINT32_MAX ? 0 : (uint32_t)blocks;
    return v;
}

/* A quarter of the machine's memory, within bounds: less makes a small machine read coins from its disk all the time, and
 * more is not worth taking from others without being told to. */
static int64_t dbcache_default_mib(void)
{
    uint64_t mib = yc_memory_bytes() / 4 / MIB;
    return mib == 0 ? 450 : mib < 100 ? 100 : mib > 2048 ? 2048 : (int64_t)mib;
}

/* -sigengine and -sigcheck: who judges signatures. */
static enum yc_verdict sig_engine_config(struct yc_app *a, struct yc_error *err)
{
    const char *name = yc_options_text(a->config.options, "sigengine", "auto");
    const char *check = yc_options_text(a->config.options, "sigcheck", "1/256"), *why_not = NULL;
    struct yc_chain_config *c = &a->core_config.chain;
    enum yc_sig_mode mode;
    unsigned long one_in = 0;
    char *end = NULL;
    if (!yc_sig_mode_from_name(&mode, name))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "-sigengine=%s is no signature engine: give auto, scalar, lanes or both", name);
    if (strncmp(check, "1/", 2) == 0 && check[2] >= '0' && check[2] <= '9')
        one_in = strtoul(check + 2, &end, 10);
    if (!end || *end || one_in < 1 || one_in > UINT32_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "-sigcheck=%s is no share of the signatures: give 1/N, for example 1/256", check);
    enum yc_verdict v = yc_sigengine_init(&a->sig_engine, mode, (uint32_t)one_in, &why_not, err);
    if (v != YC_VALID)
        return v;
    yc_log_info(a->log, "Using the '%s' signature engine%s%s", a->sig_engine.name, why_not ? ": " : "",
                why_not ? why_not : "");
    if (a->sig_engine.mode == YC_SIG_MODE_SCALAR)
        return YC_VALID; /* which is what the chain does without an engine */
    c->sig_engine = &a->sig_engine;
    c->sig_engine_always = mode != YC_SIG_MODE_AUTO;
    return YC_VALID;
}

static enum yc_verdict chain_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_chain_config *c = &a->core_config.chain;
    int64_t dbcache = 0, par = 0;
    char folder[YC_PATH_MAX];
    const char *given = yc_options_text(a->config.options, "blocksdir", NULL);
    *c = (struct yc_chain_config){.params = &a->config.setup.params,
                                  .fs = yc_fs_posix(),
                                  .blocks_dir = a->blocks_dir,
                                  .alloc = yc_heap(),
                                  .clock = &a->clock.clock,
                                  .random = yc_random_system(),
                                  .log = a->log,
                                  .minimum_chain_work = a->config.setup.params.minimum_chain_work,
                                  .assume_valid = a->config.setup.params.assume_valid};
    enum yc_verdict v;
    if (given && given[0]) {
        v = yc_path_join(folder, given, a->config.setup.params.dir, err);
        if (v == YC_VALID)
            v = yc_path_join(a->blocks_dir, folder, "blocks", err);
    } else {
        v = yc_path_join(a->blocks_dir, a->config.setup.chain_dir, "blocks", err);
    }
    if (v == YC_VALID)
        v = get_int(a, "dbcache", dbcache_default_mib(), 4, 65536, "an amount of memory in MiB", &dbcache, err);
    if (v == YC_VALID)
        v = get_int(a, "par", 0, -64, 64, "a number of threads", &par, err);
    if (v == YC_VALID)
        v = read_hash(a, "assumevalid", &c->assume_valid, err);
    if (v == YC_VALID)
        v = read_work(a, &c->minimum_chain_work, err);
    if (v == YC_VALID)
        v = verify_config(a, err);
    if (v == YC_VALID)
        v = sig_engine_config(a, err);
    if (v == YC_VALID)
        v = yc_workers_new(&a->workers, yc_heap(), "script", worker_count(par), err);
    c->workers = a->workers;
    c->coins_cache_bytes = (size_t)dbcache * MIB;
    return v == YC_VALID ? yc_app_import_config(a, err) : v;
}

/* ---- pruning ---- */

static enum yc_verdict prune_config(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *o = a->config.options;
    struct yc_chain_config *c = &a->core_config.chain;
    int64_t mib = 0;
    enum yc_verdict v = get_int(a, "prune", 0, INT64_MIN, INT64_MAX >> 20, "an amount of disk space in MiB", &mib, err);
    if (v != YC_VALID)
        return v;
    if (mib < 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Prune cannot be configured with a negative value.");
    if (mib > 1 && (uint64_t)mib << 20 < YC_PRUNE_TARGET_MIN)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Prune configured below the minimum of %u MiB.  Please use a higher number.",
                       (unsigned)(YC_PRUNE_TARGET_MIN >> 20));
    if (mib && yc_options_flag(o, "txindex", false))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Prune mode is incompatible with -txindex.");
    if (mib && yc_options_flag(o, "reindex-chainstate", false))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Prune mode is incompatible with -reindex-chainstate. Use full -reindex instead.");
    c->prune_target_bytes = mib == 1 ? YC_PRUNE_MANUALLY : (uint64_t)mib << 20;
    if (yc_options_flag(o, "fastprune", false)) {
        c->block_file_bytes_max = FAST_PRUNE_FILE_BYTES;
        if (a->config.setup.params.prune_after_height > FAST_PRUNE_AFTER_HEIGHT)
            a->config.setup.params.prune_after_height = FAST_PRUNE_AFTER_HEIGHT;
    }
    return YC_VALID;
}

/* ---- indexes ---- */

static enum yc_verdict index_config(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *o = a->config.options;
    const char *last = yc_options_text(o, "blockfilterindex", "0"), *name;
    bool filters = strcmp(last, "0") != 0, all = !last[0] || !strcmp(last, "1");
    for (size_t i = 0; filters && !all && (name = yc_options_list(o, "blockfilterindex", i)); i++) {
        if (strcmp(name, "basic") != 0)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Unknown -blockfilterindex value %s.", name);
    }
    a->optional_wanted[YC_INDEX_TXS] = yc_options_flag(o, "txindex", false);
    a->optional_wanted[YC_INDEX_COINSTATS] = yc_options_flag(o, "coinstatsindex", false);
    a->optional_wanted[YC_INDEX_FILTERS] = filters;
    a->core_config.serve_filters = yc_options_flag(o, "peerblockfilters", false);
    if (a->core_config.serve_filters && !filters)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Cannot set -peerblockfilters without -blockfilterindex.");
    return YC_VALID;
}

/* ---- pool and templates ---- */

static enum yc_verdict pool_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_pool_config *p = &a->core_config.pool;
    const struct yc_options *o = a->config.options;
    int64_t bytes = 0, hours = 0, carrier = 0, sigop = 0, count = 0, kb = 0;
    yc_pool_config_default(p);
    enum yc_verdict v = get_int(a, "maxmempool", 300, 5, 65536, "an amount of memory in MB", &bytes, err);
    if (v == YC_VALID)
        v = get_int(a, "mempoolexpiry", 336, 1, 8760, "a number of hours", &hours, err);
    if (v == YC_VALID)
        v = get_int(a, "datacarriersize", p->data_carrier_bytes_max, 0, 4000000, "a number of bytes", &carrier, err);
    if (v == YC_VALID)
        v = get_int(a, "bytespersigop", p->bytes_per_sigop, 1, 10000, "a number of bytes", &sigop, err);
    if (v == YC_VALID)
        v = get_int(a, "limitclustercount", p->cluster_max, 1, 64, "a number of transactions", &count, err);
    if (v == YC_VALID)
        v = get_int(a, "limitclustersize", (int64_t)p->cluster_vbytes_max / 1000, 1, 1000, "a size in kB", &kb, err);
    if (v == YC_VALID)
        v = yc_options_amount(o, "minrelaytxfee", p->min_relay_sat_per_kvb, &p->min_relay_sat_per_kvb, err);
    if (v == YC_VALID)
        v = yc_options_amount(o, "incrementalrelayfee", p->incremental_sat_per_kvb, &p->incremental_sat_per_kvb, err);
    if (v == YC_VALID)
        v = yc_options_amount(o, "dustrelayfee", p->dust_relay_sat_per_kvb, &p->dust_relay_sat_per_kvb, err);
    if (v != YC_VALID)
        return v;
    if (p->incremental_sat_per_kvb > p->min_relay_sat_per_kvb && !yc_options_text(o, "minrelaytxfee", NULL))
        p->min_relay_sat_per_kvb = p->incremental_sat_per_kvb;
    p->bytes_max = (size_t)bytes * 1000000;
    p->expiry_s = hours * 3600;
    p->data_carrier_bytes_max = yc_options_flag(o, "datacarrier", true) ? (uint32_t)carrier : 0;
    p->bytes_per_sigop = (uint32_t)sigop;
    p->cluster_max = (uint32_t)count;
    p->cluster_vbytes_max = (uint64_t)kb * 1000;
    p->permit_bare_multisig = yc_options_flag(o, "permitbaremultisig", p->permit_bare_multisig);
    p->require_standard = !yc_options_flag(o, "acceptnonstdtxn", false);
    if (!p->require_standard && !a->config.setup.params.test_chain)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "acceptnonstdtxn is not currently supported for %s chain",
                       a->config.setup.params.name);
    return YC_VALID;
}

static enum yc_verdict template_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_template_options *t = &a->rpc_env.template_options;
    const char *address = yc_options_text(a->config.options, "coinbaseaddress", NULL);
    int64_t weight = 0, reserved = 0;
    enum yc_verdict v =
        get_int(a, "blockmaxweight", YC_BLOCK_WEIGHT_MAX, 4000, YC_BLOCK_WEIGHT_MAX, "a block weight", &weight, err);
    if (v == YC_VALID)
        v = get_int(a, "blockreservedweight", 8000, 2000, YC_BLOCK_WEIGHT_MAX, "a block weight", &reserved, err);
    t->min_sat_per_kvb = 1;
    if (v == YC_VALID)
        v = yc_options_amount(a->config.options, "blockmintxfee", 1, &t->min_sat_per_kvb, err);
    t->weight_max = (uint64_t)weight;
    t->reserved_weight = (uint64_t)reserved;
    if (v != YC_VALID || !address)
        return v;
    struct yc_address parsed;
    struct yc_error why;
    v = yc_address_parse(&parsed, &a->config.setup.params, yc_view_text(address), NULL, &why);
    if (v != YC_VALID)
        return yc_fail(err, v, why.which, "-coinbaseaddress=%s: %s", address, why.text);
    t->coinbase_script = yc_view(a->coinbase_script, yc_address_script(a->coinbase_script, &parsed));
    a->rpc_env.coinbase_address = address;
    return YC_VALID;
}

/* ---- network ---- */

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

/* -bind=ADDRESS[:PORT][=onion], -externalip=ADDRESS[:PORT]. */
static enum yc_verdict take_own_addresses(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *o = a->config.options;
    struct yc_core_config *c = &a->core_config;
    int64_t port = 0;
    const char *text;
    char at[YC_NETADDR_TEXT_MAX];
    enum yc_verdict v = get_int(a, "port", a->config.setup.params.port, 1, 65535, "a port", &port, err);
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
    for (size_t i = 0; v == YC_VALID && (text = yc_options_list(o, "externalip", i)); i++) {
        if (i == YC_SELF_MAX)
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "more than %d addresses of -externalip", YC_SELF_MAX);
        if (!yc_netaddr_parse(&a->external[i], text, (uint16_t)port))
            return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                           "Cannot resolve -externalip address: '%s'; give a numeric or an onion address", text);
        if (c->cjdns)
            a->external[i] = yc_netaddr_as_cjdns(&a->external[i]);
        c->external_count = i + 1;
    }
    c->bind = a->binds;
    c->bind_count = a->bind_count;
    c->external = a->external;
    return v;
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
    enum yc_verdict v = get_int(a, "uploadrate", 0, 0, YC_RATE_MAX / 1000, "kilobytes a second", &up, err);
    if (v == YC_VALID)
        v = get_int(a, "downloadrate", 0, 0, YC_RATE_MAX / 1000, "kilobytes a second", &down, err);
    c->upload_bytes_per_s = up * 1000;
    c->download_bytes_per_s = down * 1000;
    return v;
}

static enum yc_verdict network_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_core_config *c = &a->core_config;
    const struct yc_options *o = a->config.options;
    int64_t connections = 0, receive_kb = 0, send_kb = 0, peer_timeout = 0, tip_age = 0;
    enum yc_verdict v = get_int(a, "maxconnections", 125, 0, 10000, "a number of connections", &connections, err);
    if (v == YC_VALID)
        v = get_int(a, "maxreceivebuffer", 65536, 1, 1 << 22, "an amount of memory in kB", &receive_kb, err);
    if (v == YC_VALID)
        v = get_int(a, "maxsendbuffer", 1000, 1, 1 << 22, "an amount of memory in kB", &send_kb, err);
    if (v == YC_VALID)
        v = get_int(a, "peertimeout", 60, INT64_MIN, INT32_MAX, "a number of seconds", &peer_timeout, err);
    if (v == YC_VALID && peer_timeout < 1)
        v = yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "peertimeout must be a positive integer.");
    if (v == YC_VALID)
        v = get_int(a, "maxtipage", 86400, 1, INT64_MAX, "a number of seconds", &tip_age, err);
    if (v == YC_VALID)
        v = get_int(a, "bantime", 86400, 1, INT64_MAX, "a number of seconds", &a->rpc_env.ban_time_s, err);
    if (v != YC_VALID)
        return v;
    c->capture_messages = yc_options_flag(o, "capturemessages", false);
    c->data_dir = a->config.setup.chain_dir;
    c->pace = &a->clock.paced;
    c->launch = yc_options_flag(o, "launch", false);
    c->relay_txs = !yc_options_flag(o, "blocksonly", false);
    /* A chain that costs nothing to extend is somebody's own, for trying things out: nobody waits there for privacy. */
    c->relay_at_once = a->config.setup.params.test_chain && a->config.setup.params.pow.retarget == YC_RETARGET_NONE;
    c->persist_mempool = yc_options_flag(o, "persistmempool", true);
    c->max_tip_age_s = tip_age;
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
    if (!c->listen && (yc_options_list(o, "bind", 0) || yc_options_list(o, "whitebind", 0)))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Cannot set -bind or -whitebind together with -listen=0");
    v = take_bandwidth(a, err);
    if (v == YC_VALID)
        v = take_networks(a, err);
    if (v == YC_VALID)
        v = take_own_addresses(a, err);
    if (v == YC_VALID)
        v = take_permits(a, err);
    return v == YC_VALID ? user_agent(a, err) : v;
}

enum yc_verdict yc_app_core_config(struct yc_app *a, struct yc_error *err)
{
    int64_t mock = 0;
    enum yc_verdict v = get_int(a, "mocktime", 0, 0, UINT32_MAX, "a time in seconds since 1970", &mock, err);
    if (v == YC_VALID && mock)
        yc_clock_mock(&a->clock, mock);
    if (v == YC_VALID)
        v = chain_config(a, err);
    if (v == YC_VALID)
        v = prune_config(a, err);
    if (v == YC_VALID)
        v = index_config(a, err);
    if (v == YC_VALID)
        v = pool_config(a, err);
    if (v == YC_VALID)
        v = template_config(a, err);
    return v == YC_VALID ? network_config(a, err) : v;
}
