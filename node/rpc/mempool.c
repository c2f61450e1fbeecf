/* Methods about the pool. Bitcoin Core reports clusters and their chunks; this pool orders by ancestors, so a transaction's
 * chunk is shown as itself with the ancestors that it pays for, or alone when it pays better without them. */
#include <stdlib.h>

#include "base/hex.h"
#include "net/relay/orphans.h"
#include "node/rpc/internal.h"

static struct yc_pool *pool_of(struct yc_rpc_call *c)
{
    return yc_core_pool(c->core);
}

static void one_id(void *ctx, const struct yc_pool_entry *e)
{
    struct yc_rpc_call *c = ctx;
    yc_json_put_hash(&c->out, e->tx.txid.b, 32);
}

/* ---- one entry ---- */

struct chunk {
    int64_t fee_sat;
    uint64_t weight;
};

static struct chunk chunk_of(const struct yc_pool_entry *e, const struct yc_pool_package *up)
{
    int64_t own_sat = e->fee_sat + e->fee_delta_sat;
    struct chunk alone = {own_sat, yc_tx_weight(&e->tx)}, all = {up->fees_sat, up->vbytes * YC_WITNESS_SCALE};
    return (double)own_sat * (double)up->vbytes > (double)up->fees_sat * (double)e->vbytes && up->count > 1 ? all
                                                                                                            : alone;
}

static void show_fees(struct yc_rpc_call *c, const struct yc_pool_entry *e, const struct yc_pool_package *up,
                      const struct yc_pool_package *down)
{
    struct yc_json_out *j = &c->out;
    yc_json_key(j, "fees");
    yc_json_begin_object(j);
    yc_json_member_amount(j, "base", e->fee_sat);
    yc_json_member_amount(j, "modified", e->fee_sat + e->fee_delta_sat);
    yc_json_member_amount(j, "ancestor", up->fees_sat);
    yc_json_member_amount(j, "descendant", down->fees_sat);
    yc_json_member_amount(j, "chunk", chunk_of(e, up).fee_sat);
    yc_json_end_object(j);
}

static void show_entry(struct yc_rpc_call *c, const struct yc_pool_entry *e)
{
    struct yc_json_out *j = &c->out;
    struct yc_pool *pool = pool_of(c);
    struct yc_pool_package up, down;
    yc_pool_ancestors(pool, e, &up);
    yc_pool_descendants(pool, e, &down);
    yc_json_begin_object(j);
    yc_json_member_u64(j, "vsize_adjusted", e->vbytes);
    yc_json_member_u64(j, "vsize", e->vbytes);
    yc_json_member_u64(j, "vsize_bip141", yc_tx_vbytes(&e->tx));
    yc_json_member_u64(j, "weight", yc_tx_weight(&e->tx));
    yc_json_member_int(j, "time", e->time_s);
    yc_json_member_int(j, "height", e->height);
    yc_json_member_int(j, "descendantcount", down.count);
    yc_json_member_u64(j, "descendantsize", down.vbytes);
    yc_json_member_int(j, "ancestorcount", up.count);
    yc_json_member_u64(j, "ancestorsize", up.vbytes);
    yc_json_member_hash(j, "wtxid", e->tx.wtxid.b, 32);
    yc_json_member_u64(j, "chunkweight", chunk_of(e, &up).weight);
    show_fees(c, e, &up, &down);
    yc_json_key(j, "depends");
    yc_json_begin_array(j);
    yc_pool_parents(pool, e, one_id, c);
    yc_json_end_array(j);
    yc_json_key(j, "spentby");
    yc_json_begin_array(j);
    yc_pool_children(pool, e, one_id, c);
    yc_json_end_array(j);
    yc_json_member_bool(j, "unbroadcast", e->unbroadcast);
    yc_json_member_bool(j, "bip125-replaceable", yc_pool_signals_replacement(pool, e)); /* older clients look for it */
    yc_json_end_object(j);
}

static void show_entry_by_id(struct yc_rpc_call *c, const struct yc_pool_entry *e)
{
    char id[65];
    yc_hex_write_reversed(id, e->tx.txid.b, 32);
    yc_json_key(&c->out, id);
    show_entry(c, e);
}

/* The entry that argument 0 names; -5. */
static const struct yc_pool_entry *entry_of(struct yc_rpc_call *c)
{
    struct yc_txid id;
    if (!yc_rpc_arg_hash(c, 0, "txid", id.b))
        return NULL;
    const struct yc_pool_entry *e = yc_pool_find(pool_of(c), &id);
    if (!e)
        yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Transaction not in mempool");
    return e;
}

enum yc_rpc_flow yc_method_getmempoolentry(struct yc_rpc_call *c)
{
    const struct yc_pool_entry *e = entry_of(c);
    if (!e)
        return YC_RPC_FAILED;
    show_entry(c, e);
    return YC_RPC_DONE;
}

/* ---- relatives ---- */

struct relatives {
    struct yc_rpc_call *c;
    struct yc_buf list; /* const struct yc_pool_entry *, each once */
    uint8_t *seen;      /* by slot */
};

static void add_relative(void *ctx, const struct yc_pool_entry *e)
{
    struct relatives *r = ctx;
    if (!r->seen[e->slot])
        yc_buf_append(&r->list, &e, sizeof e);
    r->seen[e->slot] = 1;
}

static enum yc_rpc_flow show_relatives(struct yc_rpc_call *c, bool up)
{
    struct yc_pool *pool = pool_of(c);
    const struct yc_pool_entry *e = entry_of(c);
    bool verbose = yc_rpc_arg_bool(c, 1, false);
    struct yc_pool_info info;
    if (!e)
        return YC_RPC_FAILED;
    yc_pool_info(pool, &info);
    struct relatives r = {.c = c, .seen = yc_arena_take(&c->arena, info.count)};
    if (!r.seen)
        return yc_rpc_fail_memory(c);
    memset(r.seen, 0, info.count);
    yc_buf_init(&r.list, c->rpc->env.alloc, YC_RPC_ANSWER_MAX);
    add_relative(&r, e);
    verbose ? yc_json_begin_object(&c->out) : yc_json_begin_array(&c->out);
    for (size_t at = 0; at < r.list.n; at += sizeof e) {
        memcpy(&e, r.list.p + at, sizeof e);
        if (at && verbose)
            show_entry_by_id(c, e);
        else if (at)
            one_id(c, e);
        up ? yc_pool_parents(pool, e, add_relative, &r) : yc_pool_children(pool, e, add_relative, &r);
    }
    verbose ? yc_json_end_object(&c->out) : yc_json_end_array(&c->out);
    bool failed = r.list.failed;
    yc_buf_release(&r.list);
    return failed ? yc_rpc_fail_memory(c) : YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getmempoolancestors(struct yc_rpc_call *c)
{
    return show_relatives(c, true);
}

enum yc_rpc_flow yc_method_getmempooldescendants(struct yc_rpc_call *c)
{
    return show_relatives(c, false);
}

/* ---- the whole pool ---- */

static bool each_id(void *ctx, const struct yc_pool_entry *e)
{
    one_id(ctx, e);
    return true;
}

static bool each_entry(void *ctx, const struct yc_pool_entry *e)
{
    show_entry_by_id(ctx, e);
    return true;
}

enum yc_rpc_flow yc_method_getrawmempool(struct yc_rpc_call *c)
{
    struct yc_pool *pool = pool_of(c);
    struct yc_pool_info info;
    bool with_sequence = yc_rpc_arg_bool(c, 1, false);
    yc_pool_info(pool, &info);
    if (yc_rpc_arg_bool(c, 0, false)) {
        if (with_sequence)
            return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Verbose results cannot contain mempool sequence values.");
        yc_json_begin_object(&c->out);
        yc_pool_each(pool, each_entry, c);
        yc_json_end_object(&c->out);
        return YC_RPC_DONE;
    }
    if (with_sequence) {
        yc_json_begin_object(&c->out);
        yc_json_key(&c->out, "txids");
    }
    yc_json_begin_array(&c->out);
    yc_pool_each(pool, each_id, c);
    yc_json_end_array(&c->out);
    if (with_sequence) {
        yc_json_member_u64(&c->out, "mempool_sequence", info.sequence);
        yc_json_end_object(&c->out);
    }
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_savemempool(struct yc_rpc_call *c)
{
    char path[4096];
    struct yc_error err;
    enum yc_verdict v = yc_core_pool_save(c->core, path, sizeof path, &err);
    if (v == YC_NOT_YET)
        return yc_rpc_fail(c, YC_RPC_MISC, "%s", err.text);
    if (v != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_MISC, "Unable to dump mempool to disk: %s", err.text);
    yc_json_begin_object(&c->out);
    yc_json_member_text(&c->out, "filename", path);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getmempoolinfo(struct yc_rpc_call *c)
{
    struct yc_json_out *j = &c->out;
    const struct yc_pool_config *config = &yc_core_config_of(c->core)->pool;
    struct yc_pool_info info;
    yc_pool_info(pool_of(c), &info);
    yc_json_begin_object(j);
    yc_json_member_bool(j, "loaded", yc_core_pool_loaded(c->core));
    yc_json_member_u64(j, "size", info.count);
    yc_json_member_u64(j, "bytes", info.vbytes);
    yc_json_member_u64(j, "usage", info.memory_bytes);
    yc_json_member_amount(j, "total_fee", info.fees_sat);
    yc_json_member_u64(j, "maxmempool", info.memory_max);
    yc_json_member_amount(j, "mempoolminfee", info.min_fee_sat_per_kvb);
    yc_json_member_amount(j, "minrelaytxfee", config->min_relay_sat_per_kvb);
    yc_json_member_amount(j, "incrementalrelayfee", config->incremental_sat_per_kvb);
    yc_json_member_u64(j, "unbroadcastcount", info.unbroadcast);
    yc_json_member_bool(j, "permitbaremultisig", config->permit_bare_multisig);
    yc_json_member_int(j, "maxdatacarriersize", config->data_carrier_bytes_max);
    yc_json_member_int(j, "limitclustercount", config->cluster_max);
    yc_json_member_u64(j, "limitclustersize", config->cluster_vbytes_max);
    yc_json_member_bool(j, "optimal", true);
    yc_json_member_bool(j, "fullrbf", true);
    yc_json_end_object(j);
    return YC_RPC_DONE;
}

/* ---- who spends what ---- */

static bool option_bool(struct yc_rpc_call *c, size_t i, const char *name, bool *out)
{
    const struct yc_json *v = c->options[i] ? c->options[i] : yc_json_member(c->arg[1], name);
    if (yc_json_is_null(v))
        return true;
    if (!yc_rpc_expect(c, v, YC_JSON_BOOL))
        return false;
    return yc_json_bool(v, out);
}

static bool show_spender(struct yc_rpc_call *c, const struct yc_json *v, bool with_tx, bool pool_only)
{
    struct yc_outpoint at;
    int64_t n;
    const struct yc_json *txid, *vout;
    if (!yc_rpc_expect(c, v, YC_JSON_OBJECT) || !yc_rpc_member_of(c, v, "txid", &txid) ||
        !yc_rpc_member_of(c, v, "vout", &vout) || !yc_rpc_hash_of(c, txid, "txid", at.txid.b) ||
        !yc_rpc_int_of(c, vout, INT32_MIN, INT32_MAX, &n))
        return false;
    if (n < 0) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, vout cannot be negative");
        return false;
    }
    at.index = (uint32_t)n;
    const struct yc_pool_entry *e = yc_pool_spender(pool_of(c), &at);
    if (!e && !pool_only) {
        yc_rpc_fail(c, YC_RPC_MISC, "Mempool lacks a relevant spend, and txospenderindex is unavailable.");
        return false;
    }
    yc_json_begin_object(&c->out);
    yc_json_member_hash(&c->out, "txid", at.txid.b, 32);
    yc_json_member_int(&c->out, "vout", n);
    if (e)
        yc_json_member_hash(&c->out, "spendingtxid", e->tx.txid.b, 32);
    if (e && with_tx)
        yc_json_member_hex(&c->out, "spendingtx", e->tx.raw);
    yc_json_end_object(&c->out);
    return true;
}

enum yc_rpc_flow yc_method_gettxspendingprevout(struct yc_rpc_call *c)
{
    bool pool_only = true, with_tx = false;
    if (yc_json_count(c->arg[0]) == 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid parameter, outputs are missing");
    if (!option_bool(c, 0, "mempool_only", &pool_only) || !option_bool(c, 1, "return_spending_tx", &with_tx))
        return YC_RPC_FAILED;
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < yc_json_count(c->arg[0]); i++) {
        if (!show_spender(c, yc_json_element(c->arg[0], i), with_tx, pool_only))
            return YC_RPC_FAILED;
    }
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}

/* ---- deltas ---- */

enum yc_rpc_flow yc_method_prioritisetransaction(struct yc_rpc_call *c)
{
    struct yc_txid id;
    double dummy = 0;
    int64_t delta_sat;
    if (!yc_rpc_arg_hash(c, 0, "txid", id.b) || !yc_rpc_arg_int(c, 2, 0, -YC_MONEY_MAX, YC_MONEY_MAX, &delta_sat))
        return YC_RPC_FAILED;
    if (yc_rpc_has(c, 1) && !(yc_json_double(c->arg[1], &dummy) && dummy >= 0 && dummy <= 0))
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                           "Priority is no longer supported, dummy argument to prioritisetransaction must be 0.");
    (void)yc_pool_prioritise(pool_of(c), &id, delta_sat); /* a delta may come before its transaction */
    yc_json_put_bool(&c->out, true);
    return YC_RPC_DONE;
}

static void show_delta(void *ctx, const struct yc_txid *txid, int64_t delta_sat, const struct yc_pool_entry *entry)
{
    struct yc_rpc_call *c = ctx;
    char id[65];
    yc_hex_write_reversed(id, txid->b, 32);
    yc_json_key(&c->out, id);
    yc_json_begin_object(&c->out);
    yc_json_member_int(&c->out, "fee_delta", delta_sat);
    yc_json_member_bool(&c->out, "in_mempool", entry != NULL);
    if (entry)
        yc_json_member_int(&c->out, "modified_fee", entry->fee_sat + delta_sat);
    yc_json_end_object(&c->out);
}

enum yc_rpc_flow yc_method_getprioritisedtransactions(struct yc_rpc_call *c)
{
    yc_json_begin_object(&c->out);
    yc_pool_deltas(pool_of(c), show_delta, c);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

static void show_orphan(struct yc_rpc_call *c, const struct yc_orphan_view *o, const struct yc_tx *tx,
                        int64_t verbosity)
{
    struct yc_json_out *j = &c->out;
    if (verbosity == 0) {
        yc_json_put_hash(j, tx->txid.b, 32);
        return;
    }
    yc_json_begin_object(j);
    yc_json_member_hash(j, "txid", tx->txid.b, 32);
    yc_json_member_hash(j, "wtxid", tx->wtxid.b, 32);
    yc_json_member_u64(j, "bytes", tx->raw.n);
    yc_json_member_u64(j, "vsize", yc_tx_vbytes(tx));
    yc_json_member_u64(j, "weight", yc_tx_weight(tx));
    yc_json_key(j, "from");
    yc_json_begin_array(j);
    for (unsigned i = 0; i < o->sender_count; i++)
        yc_json_put_u64(j, o->sender[i]);
    yc_json_end_array(j);
    if (verbosity == 2)
        yc_json_member_hex(j, "hex", tx->raw);
    yc_json_end_object(j);
}

enum yc_rpc_flow yc_method_getorphantxs(struct yc_rpc_call *c)
{
    const struct yc_orphans *orphans = yc_core_orphans(c->core);
    int64_t verbosity = 0;
    if (yc_json_kind(c->arg[0]) == YC_JSON_BOOL)
        return yc_rpc_fail(c, YC_RPC_TYPE, "Verbosity was boolean but only integer allowed");
    if (!yc_rpc_arg_int(c, 0, 0, INT32_MIN, INT32_MAX, &verbosity))
        return YC_RPC_FAILED;
    if (verbosity < 0 || verbosity > 2)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid verbosity value %lld", (long long)verbosity);
    yc_json_begin_array(&c->out);
    for (size_t i = 0; i < yc_orphans_count(orphans); i++) {
        struct yc_orphan_view o = yc_orphans_at(orphans, i);
        struct yc_reject why;
        struct yc_tx tx;
        if (yc_tx_parse(&tx, o.raw, &c->arena, &why) != YC_VALID)
            return yc_rpc_fail_memory(c); /* it was parsed when it came */
        show_orphan(c, &o, &tx, verbosity);
    }
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}
