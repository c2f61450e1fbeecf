/* Beginning a chain from a file of coins: loadtxoutset, and how the validation of what lies below gets on. The file is read
 * and its coins are written on a reader thread, into a store that nobody else uses until they are the chain's. */
#include <stdio.h>

#include "node/rpc/internal.h"
#include "node/store/coins_load.h"

#define NOTE_PERCENT 5 /* between lines in the log */

struct loading {
    char path[YC_RPC_PATH_BYTES];
    struct yc_coins_file file;
    const struct yc_assumeutxo *known;
    const struct yc_kv *kv;
    struct yc_coins_totals totals;
    bool file_open, begun, on_reader;
    unsigned told_percent;
};

static void drop(struct yc_rpc_call *c)
{
    struct loading *d = c->state;
    struct yc_error err;
    if (d->file_open)
        yc_coins_file_close(&d->file);
    d->file_open = false;
    /* At the end of the node what was loaded is left to the next start. */
    if (d->begun && !d->on_reader && !yc_rpc_ending(c->rpc) &&
        yc_chain_assume_drop(yc_core_chain(c->rpc->core), &err) != YC_VALID)
        yc_log_warning(c->rpc->env.log, "[snapshot] %s: the next start removes what was loaded", err.text);
    d->begun = false;
}

static enum yc_rpc_flow unable(struct yc_rpc_call *c, const char *what, const char *text)
{
    const struct loading *d = c->state;
    return yc_rpc_fail(c, YC_RPC_INTERNAL, "Unable to load UTXO snapshot: %s%s. (%s)", what, text, d->path);
}

/* ---- on the core thread, when the coins are in their store ---- */

/* The tip has moved there. */
static enum yc_rpc_flow finish(struct yc_rpc_call *c)
{
    const struct loading *d = c->state;
    const struct yc_node *n = yc_chain_at(c->chain, d->known->height);
    if (!n || !yc_block_hash_equal(&n->hash, &d->known->block))
        return yc_rpc_go(c, YC_RPC_RETRY, finish);
    yc_json_begin_object(&c->out);
    yc_json_member_u64(&c->out, "coins_loaded", d->totals.txouts);
    yc_json_member_hash(&c->out, "tip_hash", d->known->block.b, 32);
    yc_json_member_int(&c->out, "base_height", d->known->height);
    yc_json_member_text(&c->out, "path", d->path);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

static enum yc_rpc_flow activate(struct yc_rpc_call *c)
{
    struct loading *d = c->state;
    struct yc_error err;
    d->on_reader = false;
    if (!yc_chain_at_rest(c->chain))
        return yc_rpc_go(c, YC_RPC_RETRY, activate);
    struct yc_pool_info pool;
    yc_pool_info(yc_core_pool(c->core), &pool);
    if (pool.count > 0)
        return unable(c, "", "Can't activate a snapshot when mempool not empty");
    enum yc_verdict v = yc_chain_assume_end(c->chain, &d->totals, &err);
    if (v == YC_NOT_YET)
        return yc_rpc_go(c, YC_RPC_RETRY, activate);
    if (v == YC_SYSTEM)
        d->begun = false; /* the node stops; the next start looks at what there is */
    if (v != YC_VALID)
        return unable(c, "", err.text);
    d->begun = false;
    return yc_rpc_go(c, YC_RPC_RETRY, finish);
}

/* The error is set; core alone may drop the store. */
static enum yc_rpc_flow refuse(struct yc_rpc_call *c)
{
    struct loading *d = c->state;
    d->on_reader = false;
    return YC_RPC_FAILED;
}

/* ---- on the reader thread ---- */

static bool go_on(void *ctx, unsigned percent)
{
    struct yc_rpc_call *c = ctx;
    struct loading *d = c->state;
    if (percent >= d->told_percent + NOTE_PERCENT) {
        d->told_percent = percent;
        yc_log_info(c->rpc->env.log, "[snapshot] %llu coins loaded (%u%%) from %s", (unsigned long long)d->file.taken,
                    percent, d->path);
    }
    return !yc_rpc_ending(c->rpc);
}

static enum yc_rpc_flow load(struct yc_rpc_call *c)
{
    struct loading *d = c->state;
    struct yc_error err;
    d->on_reader = true;
    struct yc_coins_load l = {.alloc = c->rpc->env.alloc,
                              .file = &d->file,
                              .kv = d->kv,
                              .genesis = yc_chain_params_of(c->chain)->genesis.hash,
                              .go_on = go_on,
                              .go_on_ctx = c};
    enum yc_verdict v = yc_coins_load(&l, &d->totals, &err);
    if (v == YC_VALID)
        return yc_rpc_go(c, YC_RPC_TO_CORE, activate);
    if (v == YC_NOT_YET)
        return yc_rpc_fail_shutdown(c);
    (void)unable(c, "Population failed: ", err.text);
    return yc_rpc_go(c, YC_RPC_TO_CORE, refuse);
}

/* ---- on the core thread, to begin ---- */

/* Networks that people have snapshots of, by their magic numbers. */
static const char *network_of(const uint8_t magic[4])
{
    static const struct {
        uint8_t magic[4];
        const char *name;
    } known[] = {{{0xf9, 0xbe, 0xb4, 0xd9}, "main"},
                 {{0x0b, 0x11, 0x09, 0x07}, "test"},
                 {{0x1c, 0x16, 0x3f, 0x28}, "testnet4"},
                 {{0x0a, 0x03, 0xcf, 0x40}, "signet"},
                 {{0xfa, 0xbf, 0xb5, 0xda}, "regtest"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!memcmp(magic, known[i].magic, 4))
            return known[i].name;
    }
    return NULL;
}

static bool check_network(struct yc_rpc_call *c, const struct yc_coins_file_head *head)
{
    const struct yc_chain_params *p = yc_chain_params_of(c->chain);
    if (!memcmp(head->magic, p->magic, 4))
        return true;
    const char *name = network_of(head->magic);
    if (name)
        yc_rpc_fail(
            c, YC_RPC_DESERIALIZATION,
            "Unable to parse metadata: The network of the snapshot (%s) does not match the network of this node "
            "(%s).",
            name, p->name);
    else
        yc_rpc_fail(
            c, YC_RPC_DESERIALIZATION,
            "Unable to parse metadata: This snapshot has been created for an unrecognized network. This could be a "
            "custom signet, a new testnet or possibly caused by data corruption.");
    return false;
}

static bool open_file(struct yc_rpc_call *c, struct loading *d)
{
    struct yc_error err;
    if (!yc_rpc_arg_path(c, 0, d->path))
        return false;
    enum yc_verdict v =
        yc_coins_file_open(&d->file, yc_core_config_of(c->core)->chain.fs, c->rpc->env.alloc, d->path, &err);
    d->file_open = v == YC_VALID;
    if (v == YC_INVALID)
        yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "Unable to parse metadata: %s", err.text);
    else if (v != YC_VALID)
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Couldn't open file %s for reading.", d->path);
    return v == YC_VALID && check_network(c, &d->file.head);
}

enum yc_rpc_flow yc_method_loadtxoutset(struct yc_rpc_call *c)
{
    struct loading *d = yc_arena_take(&c->arena, sizeof *d);
    struct yc_error err;
    struct yc_pool_info pool;
    if (!d)
        return yc_rpc_fail_memory(c);
    memset(d, 0, sizeof *d);
    c->state = d;
    c->release = drop;
    if (!open_file(c, d))
        return YC_RPC_FAILED;
    enum yc_verdict v = yc_chain_assume_check(c->chain, &d->file.head.base, &err);
    yc_pool_info(yc_core_pool(c->core), &pool);
    if (v == YC_VALID && pool.count > 0)
        return unable(c, "", "Can't activate a snapshot when mempool not empty");
    if (v == YC_VALID)
        v = yc_chain_assume_begin(c->chain, &d->file.head.base, &d->known, &d->kv, &err);
    if (v != YC_VALID)
        return unable(c, "", err.text);
    d->begun = true;
    d->file.height_max = d->known->height;
    yc_log_info(c->rpc->env.log, "[snapshot] loading %llu coins from snapshot %s",
                (unsigned long long)d->file.head.coins, d->path);
    return yc_rpc_go(c, YC_RPC_TO_READER, load);
}

/* ---- how it gets on ---- */

static double background_progress(const struct yc_chain_assumed *a)
{
    double done = a->base_tx_count ? (double)a->validated->stored->chain_tx_count / (double)a->base_tx_count : 1;
    return done > 1 ? 1 : done;
}

void yc_rpc_show_background(struct yc_rpc_call *c)
{
    struct yc_json_out *j = &c->out;
    struct yc_chain_assumed a;
    if (!yc_chain_assumed(c->chain, &a) || !a.validated)
        return;
    yc_json_key(j, "backgroundvalidation");
    yc_json_begin_object(j);
    yc_json_member_int(j, "snapshotheight", a.base->height);
    yc_json_member_int(j, "blocks", a.validated->height);
    yc_json_member_hash(j, "bestblockhash", a.validated->hash.b, 32);
    yc_json_member_int(j, "mediantime", yc_node_median_time(a.validated));
    yc_rpc_show_work(c, "chainwork", yc_node_work(a.validated));
    yc_json_member_double(j, "verificationprogress", background_progress(&a));
    yc_json_end_object(j);
}

static void show_state(struct yc_rpc_call *c, const struct yc_node *tip, double progress, const struct yc_node *base,
                       size_t cache_bytes, bool validated)
{
    struct yc_json_out *j = &c->out;
    yc_json_begin_object(j);
    yc_json_member_int(j, "blocks", tip->height);
    yc_json_member_hash(j, "bestblockhash", tip->hash.b, 32);
    yc_rpc_show_bits(c, tip->bits);
    yc_rpc_show_target(c, tip->bits);
    yc_json_member_double(j, "difficulty", yc_difficulty_of_bits(tip->bits));
    yc_json_member_double(j, "verificationprogress", progress);
    if (base)
        yc_json_member_hash(j, "snapshot_blockhash", base->hash.b, 32);
    yc_json_member_u64(j, "coins_db_cache_bytes", 0); /* the store has no cache of its own to speak of */
    yc_json_member_u64(j, "coins_tip_cache_bytes", cache_bytes);
    yc_json_member_bool(j, "validated", validated);
    yc_json_end_object(j);
}

enum yc_rpc_flow yc_method_getchainstates(struct yc_rpc_call *c)
{
    struct yc_json_out *j = &c->out;
    const struct yc_node *tip = yc_chain_tip(c->chain);
    struct yc_chain_assumed a;
    (void)yc_chain_assumed(c->chain, &a);
    yc_json_begin_object(j);
    yc_json_member_int(j, "headers", yc_chain_best_header(c->chain)->height);
    yc_json_key(j, "chainstates");
    yc_json_begin_array(j);
    if (a.validated)
        show_state(c, a.validated, background_progress(&a), NULL, a.background_cache_bytes, true);
    show_state(c, tip, yc_rpc_progress(c, tip), a.base, a.active_cache_bytes, !a.validated);
    yc_json_end_array(j);
    yc_json_end_object(j);
    return YC_RPC_DONE;
}
