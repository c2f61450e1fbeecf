/* Methods about unspent outputs. Whole-set scans flush on the core thread, then walk a snapshot on a reader thread. */
#include <stdlib.h>

#include "formats/descriptor.h"
#include "node/rpc/internal.h"

/* ---- gettxout ---- */

static void show_coin(struct yc_rpc_call *c, const struct yc_coin *coin, bool confirmed)
{
    const struct yc_node *tip = yc_chain_tip(c->chain);
    yc_json_begin_object(&c->out);
    yc_json_member_hash(&c->out, "bestblock", tip->hash.b, 32);
    yc_json_member_int(&c->out, "confirmations", confirmed ? (int64_t)tip->height - coin->height + 1 : 0);
    yc_json_member_amount(&c->out, "value", coin->value_sat);
    yc_json_key(&c->out, "scriptPubKey");
    yc_rpc_show_script(c, coin->script, true);
    yc_json_member_bool(&c->out, "coinbase", coin->coinbase);
    yc_json_end_object(&c->out);
}

enum yc_rpc_flow yc_method_gettxout(struct yc_rpc_call *c)
{
    struct yc_pool *pool = yc_core_pool(c->core);
    struct yc_outpoint at;
    struct yc_coin coin;
    struct yc_error err;
    int64_t n;
    if (!yc_rpc_arg_hash(c, 0, "txid", at.txid.b) || !yc_rpc_arg_int(c, 1, 0, 0, UINT32_MAX, &n))
        return YC_RPC_FAILED;
    at.index = (uint32_t)n;
    if (yc_rpc_arg_bool(c, 2, true)) {
        const struct yc_pool_entry *e = yc_pool_find(pool, &at.txid);
        if (yc_pool_spender(pool, &at))
            return YC_RPC_DONE;
        if (e && at.index < e->tx.out_count) {
            const struct yc_txout *out = &e->tx.out[at.index];
            coin = (struct yc_coin){.value_sat = out->value_sat, .script = out->script};
            show_coin(c, &coin, false);
            return YC_RPC_DONE;
        }
    }
    enum yc_verdict v = yc_chain_coin(c->chain, &at, false, &c->arena, &coin, &err);
    if (v == YC_VALID)
        show_coin(c, &coin, true);
    return v == YC_VALID || v == YC_NOT_YET ? YC_RPC_DONE : yc_rpc_fail_system(c, &err);
}

/* ---- scans ---- */

struct coins_walk {
    struct yc_coins_scan scan;
    bool open;
    enum yc_coins_hash_kind hash; /* gettxoutsetinfo */
    const struct yc_node *at;     /* and the block that was named; NULL: none */
    bool claimed;                 /* scantxoutset: this call holds the search */
    const struct yc_node *tip;
    struct yc_rpc_needles needles; /* scantxoutset */
};

static void drop(struct yc_rpc_call *c)
{
    struct coins_walk *w = c->state;
    if (w->open)
        yc_coins_scan_close(&w->scan);
    w->open = false;
    if (w->claimed)
        atomic_store(&c->rpc->coins_search.running, false);
    w->claimed = false;
}

static struct coins_walk *walk_new(struct yc_rpc_call *c)
{
    struct coins_walk *w = yc_arena_take(&c->arena, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct coins_walk){.open = false};
    c->state = w;
    c->release = drop;
    return w;
}

/* Open the scan, on the core thread, and go on with next on a reader thread. */
static enum yc_rpc_flow open_scan(struct yc_rpc_call *c, yc_rpc_part again, yc_rpc_part next)
{
    struct coins_walk *w = c->state;
    struct yc_error err;
    w->tip = yc_chain_tip(c->chain);
    enum yc_verdict v = yc_chain_coins_scan(c->chain, &w->scan, &err);
    if (v == YC_NOT_YET)
        return yc_rpc_go(c, YC_RPC_RETRY, again);
    if (v != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "Unable to read UTXO set: %s", err.text);
    w->open = true;
    return yc_rpc_go(c, YC_RPC_TO_READER, next);
}

static bool go_on(void *ctx)
{
    return !yc_rpc_ending(ctx);
}

static enum yc_rpc_flow add_up(struct yc_rpc_call *c)
{
    struct coins_walk *w = c->state;
    struct yc_coins_totals t;
    struct yc_error err;
    enum yc_verdict v = yc_coins_scan_totals(&w->scan, w->hash, go_on, c->rpc, &t, &err);
    drop(c);
    if (v == YC_NOT_YET)
        return yc_rpc_fail_shutdown(c);
    if (v != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "Unable to read UTXO set: %s", err.text);
    yc_json_begin_object(&c->out);
    yc_json_member_int(&c->out, "height", w->tip->height);
    yc_json_member_hash(&c->out, "bestblock", t.best.b, 32);
    yc_json_member_u64(&c->out, "txouts", t.txouts);
    yc_json_member_u64(&c->out, "bogosize", t.bogosize);
    if (w->hash != YC_COINS_HASH_NONE)
        yc_json_member_hash(&c->out, w->hash == YC_COINS_HASH_MU ? "muhash" : "hash_serialized_3", t.hash32, 32);
    yc_json_member_amount(&c->out, "total_amount", t.total_sat);
    yc_json_member_u64(&c->out, "transactions", t.transactions);
    yc_json_member_u64(&c->out, "disk_size", t.disk_bytes);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

static enum yc_rpc_flow open_for_totals(struct yc_rpc_call *c)
{
    return open_scan(c, open_for_totals, add_up);
}

/* What the index knows is there at once; the tip's, while the index is being built, is added up. */
static enum yc_rpc_flow ask_index(struct yc_rpc_call *c)
{
    struct coins_walk *w = c->state;
    enum yc_rpc_flow flow = YC_RPC_DONE;
    const struct yc_node *best = yc_index_best(c->rpc->indexes, YC_INDEX_COINSTATS);
    if (yc_rpc_show_coinstats(c, w->at, w->hash == YC_COINS_HASH_MU, &flow))
        return flow;
    if (w->at)
        return yc_rpc_fail(c, YC_RPC_INTERNAL,
                           "Unable to get data because coinstatsindex is still syncing. Current height: %u",
                           best ? best->height : 0);
    return yc_rpc_go(c, YC_RPC_RETRY, open_for_totals);
}

static bool take_hash_kind(struct yc_rpc_call *c, enum yc_coins_hash_kind *out)
{
    const char *type = yc_rpc_arg_text(c, 0, "hash_serialized_3");
    *out = strcmp(type, "muhash") == 0 ? YC_COINS_HASH_MU
           : strcmp(type, "none") == 0 ? YC_COINS_HASH_NONE
                                       : YC_COINS_HASH_SERIALIZED;
    if (*out != YC_COINS_HASH_SERIALIZED || strcmp(type, "hash_serialized_3") == 0)
        return true;
    yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "'%.100s' is not a valid hash_type", type);
    return false;
}

enum yc_rpc_flow yc_method_gettxoutsetinfo(struct yc_rpc_call *c)
{
    struct coins_walk *w = walk_new(c);
    bool use_index = yc_rpc_arg_bool(c, 2, true), index = yc_indexes_has(c->rpc->indexes, YC_INDEX_COINSTATS);
    if (!w)
        return yc_rpc_fail_memory(c);
    if (!take_hash_kind(c, &w->hash))
        return YC_RPC_FAILED;
    if (yc_rpc_has(c, 1)) {
        if (!index)
            return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Querying specific block heights requires coinstatsindex");
        if (w->hash == YC_COINS_HASH_SERIALIZED)
            return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                               "hash_serialized_3 hash type cannot be queried for a specific block");
        if (!use_index)
            return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                               "Cannot set use_index to false when querying for a specific block");
        if (!yc_rpc_block_of(c, c->arg[1], &w->at))
            return YC_RPC_FAILED;
    }
    if (index && use_index && w->hash != YC_COINS_HASH_SERIALIZED)
        return yc_rpc_go(c, YC_RPC_TO_READER, ask_index);
    return open_for_totals(c);
}

/* ---- scantxoutset ---- */

static size_t needle_of(const struct coins_walk *w, struct yc_script_short s, uint8_t *scratch)
{
    size_t n = yc_script_whole_bytes(s);
    bool made = false;
    for (size_t i = 0; i < w->needles.count; i++) {
        if (w->needles.script[i].n != n)
            continue;
        if (!made)
            yc_script_whole(scratch, s);
        made = true;
        if (memcmp(w->needles.script[i].p, scratch, n) == 0)
            return i;
    }
    return SIZE_MAX;
}

static void show_found(struct yc_rpc_call *c, const struct yc_outpoint *at, const struct yc_coin_short *coin, size_t i)
{
    const struct coins_walk *w = c->state;
    char checksum[YC_DESCRIPTOR_CHECKSUM_MAX];
    struct yc_json_out *j = &c->out;
    struct yc_view desc = w->needles.descriptor[i];
    yc_json_begin_object(j);
    yc_json_member_hash(j, "txid", at->txid.b, 32);
    yc_json_member_int(j, "vout", at->index);
    yc_json_member_hex(j, "scriptPubKey", w->needles.script[i]);
    if (desc.n && desc.n < 900 && yc_descriptor_checksum(checksum, desc)) {
        yc_json_key(j, "desc");
        yc_json_put_textf(j, "%.*s#%s", (int)desc.n, (const char *)desc.p, checksum);
    } else {
        yc_rpc_show_descriptor(c, "desc", w->needles.script[i]);
    }
    yc_json_member_amount(j, "amount", coin->value_sat);
    yc_json_member_bool(j, "coinbase", coin->coinbase);
    yc_json_member_int(j, "height", coin->height);
    yc_json_member_hash(j, "blockhash", yc_node_ancestor(w->tip, coin->height)->hash.b, 32);
    yc_json_member_int(j, "confirmations", (int64_t)w->tip->height - coin->height + 1);
    yc_json_end_object(j);
}

struct found {
    struct yc_outpoint at;
    int64_t value_sat;
    uint32_t height;
    bool coinbase;
    size_t needle;
};

/* Walk the set; what is found is appended to list. */
static enum yc_verdict walk(struct yc_rpc_call *c, struct yc_buf *list, uint64_t *count, struct yc_error *err)
{
    static uint8_t none;
    struct coins_walk *w = c->state;
    struct yc_outpoint at;
    struct yc_coin_short coin;
    size_t longest = 0;
    enum yc_verdict v;
    for (size_t i = 0; i < w->needles.count; i++)
        longest = w->needles.script[i].n > longest ? w->needles.script[i].n : longest;
    uint8_t *scratch = longest ? yc_arena_take(&c->arena, longest) : &none;
    if (!scratch)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory");
    while ((v = yc_coins_scan_next(&w->scan, &at, &coin, err)) == YC_VALID) {
        if (++*count % 4096 == 0) {
            atomic_store(&c->rpc->coins_search.percent, at.txid.b[0] * 100u / 256u);
            if (yc_rpc_ending(c->rpc) || atomic_load(&c->rpc->coins_search.abort))
                return YC_POLICY;
        }
        size_t i = needle_of(w, coin.script, scratch);
        struct found f = {at, coin.value_sat, coin.height, coin.coinbase, i};
        if (i != SIZE_MAX)
            yc_buf_append(list, &f, sizeof f);
    }
    return v;
}

static void show_walk(struct yc_rpc_call *c, bool success, const struct yc_buf *list, uint64_t count)
{
    const struct coins_walk *w = c->state;
    int64_t total_sat = 0;
    yc_json_begin_object(&c->out);
    yc_json_member_bool(&c->out, "success", success);
    yc_json_member_u64(&c->out, "txouts", count);
    yc_json_member_int(&c->out, "height", w->tip->height);
    yc_json_member_hash(&c->out, "bestblock", w->tip->hash.b, 32);
    yc_json_key(&c->out, "unspents");
    yc_json_begin_array(&c->out);
    for (size_t at = 0; at < list->n; at += sizeof(struct found)) {
        struct found f;
        memcpy(&f, list->p + at, sizeof f);
        struct yc_coin_short coin = {.value_sat = f.value_sat, .height = f.height, .coinbase = f.coinbase};
        show_found(c, &f.at, &coin, f.needle);
        if (!yc_money_add(&total_sat, f.value_sat))
            total_sat = YC_MONEY_MAX; /* a set that holds more than exists is refused when it is read */
    }
    yc_json_end_array(&c->out);
    yc_json_member_amount(&c->out, "total_amount", total_sat);
    yc_json_end_object(&c->out);
}

static enum yc_rpc_flow search(struct yc_rpc_call *c)
{
    struct yc_buf list;
    struct yc_error err;
    uint64_t count = 0;
    yc_buf_init(&list, c->rpc->env.alloc, YC_RPC_ANSWER_MAX);
    enum yc_verdict v = walk(c, &list, &count, &err);
    enum yc_rpc_flow flow = YC_RPC_DONE;
    if (v == YC_SYSTEM)
        flow = yc_rpc_fail_system(c, &err);
    else if (list.failed)
        flow = yc_rpc_fail_memory(c);
    else
        show_walk(c, v == YC_NOT_YET, &list, count);
    yc_buf_release(&list);
    drop(c);
    return flow;
}

static enum yc_rpc_flow open_for_search(struct yc_rpc_call *c)
{
    return open_scan(c, open_for_search, search);
}

static enum yc_rpc_flow start_search(struct yc_rpc_call *c)
{
    struct coins_walk *w = walk_new(c);
    if (!w)
        return yc_rpc_fail_memory(c);
    w->claimed = yc_rpc_search_claim(c, &c->rpc->coins_search);
    if (!w->claimed)
        return YC_RPC_FAILED;
    if (!yc_rpc_has(c, 1))
        return yc_rpc_fail(c, YC_RPC_MISC, "scanobjects argument is required for the start action");
    return yc_rpc_needles_of(c, c->arg[1], &w->needles) ? open_for_search(c) : YC_RPC_FAILED;
}

enum yc_rpc_flow yc_method_scantxoutset(struct yc_rpc_call *c)
{
    if (strcmp(yc_rpc_arg_text(c, 0, ""), "start") == 0)
        return start_search(c);
    return yc_rpc_search_action(c, &c->rpc->coins_search, false);
}
