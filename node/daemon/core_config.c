/* From options to the numbers by which the chain, the pool and templates run. */
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

enum yc_verdict yc_app_int(const struct yc_app *a, const char *name, int64_t fallback, int64_t min, int64_t max,
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

/* They wait for the disk: for several reads at a time, beside a commit or a flush. Where nothing has to be waited for they
 * compete with the others for the processors. */
static unsigned store_worker_count(void)
{
    return yc_processor_count() < 4 ? 2 : 4;
}

/* -checkblocks and -checklevel; what is out of range is the nearest that is not, as tools that call Bitcoin Core expect. */
static enum yc_verdict verify_config(struct yc_app *a, struct yc_error *err)
{
    struct yc_chain_config *c = &a->core_config.chain;
    int64_t level = 0, blocks = 0;
    enum yc_verdict v = yc_app_int(a, "checklevel", 3, INT64_MIN, INT64_MAX, "a level of verification", &level, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "checkblocks", 6, INT64_MIN, INT64_MAX, "a number of blocks", &blocks, err);
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
    uint32_t one_in = 0;
    if (!yc_sig_mode_from_name(&mode, name))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "-sigengine=%s is no signature engine: give auto, scalar, lanes or both", name);
    if (!yc_sig_check_from_text(&one_in, check) || one_in == 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "-sigcheck=%s is no share of the signatures: give 1/N, for example 1/256", check);
    enum yc_verdict v = yc_sigengine_init(&a->sig_engine, mode, one_in, &why_not, err);
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

/* A folder that is not there is more likely a wrong name, or a disk that is not mounted, than one to be made. */
static enum yc_verdict check_blocks_dir(const char *given, struct yc_error *err)
{
    const struct yc_fs *fs = yc_fs_posix();
    enum yc_verdict v = fs->exists(fs->ctx, given, err);
    return v != YC_NOT_YET
               ? v
               : yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Specified blocks directory \"%s\" does not exist.", given);
}

/* Coins are written to LevelDB's buffer and log first, and from there to tables, which it merges again and again: the larger
 * the buffer, the less is written in all (doc/storage.md). It keeps up to two of them. What they take beyond the least that is
 * sensible is taken off the cache. */
#define WRITE_BUFFER_MIN ((size_t)8 << 20)
#define WRITE_BUFFER_MAX ((size_t)32 << 20)

static void share_out_cache(struct yc_app *a, size_t dbcache_bytes)
{
    size_t buffer = dbcache_bytes / 16;
    if (buffer < WRITE_BUFFER_MIN)
        buffer = WRITE_BUFFER_MIN;
    if (buffer > WRITE_BUFFER_MAX)
        buffer = WRITE_BUFFER_MAX;
    a->coins_write_buffer_bytes = buffer;
    a->core_config.chain.coins_cache_bytes = dbcache_bytes - 2 * (buffer - WRITE_BUFFER_MIN);
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
        v = check_blocks_dir(given, err);
        if (v == YC_VALID)
            v = yc_path_join(folder, given, a->config.setup.params.dir, err);
        if (v == YC_VALID)
            v = yc_path_join(a->blocks_dir, folder, "blocks", err);
    } else {
        v = yc_path_join(a->blocks_dir, a->config.setup.chain_dir, "blocks", err);
    }
    if (v == YC_VALID)
        v = yc_app_int(a, "dbcache", dbcache_default_mib(), 4, 65536, "an amount of memory in MiB", &dbcache, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "par", 0, -64, 64, "a number of threads", &par, err);
    if (v == YC_VALID)
        v = read_hash(a, "assumevalid", &c->assume_valid, err);
    if (v == YC_VALID)
        v = yc_app_assumeutxo_config(a, err);
    if (v == YC_VALID)
        v = read_work(a, &c->minimum_chain_work, err);
    if (v == YC_VALID)
        v = verify_config(a, err);
    if (v == YC_VALID)
        v = sig_engine_config(a, err);
    if (v == YC_VALID)
        v = yc_workers_new(&a->workers, yc_heap(), "script", worker_count(par), err);
    if (v == YC_VALID)
        v = yc_workers_new(&a->store_workers, yc_heap(), "store", store_worker_count(), err);
    c->workers = a->workers;
    c->store_workers = a->store_workers;
    share_out_cache(a, (size_t)dbcache * MIB);
    return v == YC_VALID ? yc_app_import_config(a, err) : v;
}

/* ---- pruning ---- */

static enum yc_verdict prune_config(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *o = a->config.options;
    struct yc_chain_config *c = &a->core_config.chain;
    int64_t mib = 0;
    enum yc_verdict v =
        yc_app_int(a, "prune", 0, INT64_MIN, INT64_MAX >> 20, "an amount of disk space in MiB", &mib, err);
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
    enum yc_verdict v = yc_app_int(a, "maxmempool", 300, 5, 65536, "an amount of memory in MB", &bytes, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "mempoolexpiry", 336, 1, 8760, "a number of hours", &hours, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "datacarriersize", p->data_carrier_bytes_max, 0, 4000000, "a number of bytes", &carrier, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "bytespersigop", p->bytes_per_sigop, 1, 10000, "a number of bytes", &sigop, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "limitclustercount", p->cluster_max, 1, 64, "a number of transactions", &count, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "limitclustersize", (int64_t)p->cluster_vbytes_max / 1000, 1, 1000, "a size in kB", &kb, err);
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
        yc_app_int(a, "blockmaxweight", YC_BLOCK_WEIGHT_MAX, 4000, YC_BLOCK_WEIGHT_MAX, "a block weight", &weight, err);
    if (v == YC_VALID)
        v = yc_app_int(a, "blockreservedweight", 8000, 2000, YC_BLOCK_WEIGHT_MAX, "a block weight", &reserved, err);
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

enum yc_verdict yc_app_core_config(struct yc_app *a, struct yc_error *err)
{
    int64_t mock = 0;
    enum yc_verdict v = yc_app_int(a, "mocktime", 0, 0, UINT32_MAX, "a time in seconds since 1970", &mock, err);
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
    return v == YC_VALID ? yc_app_net_config(a, err) : v;
}
