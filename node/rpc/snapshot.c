/* The set of coins as a file: dumptxoutset. The set is read, and older blocks are taken back, on a reader thread. */
#include <stdio.h>

#include "node/rpc/internal.h"
#include "node/store/coins_dump.h"

#define PAST_BYTES_MAX ((size_t)4 << 30) /* for what is taken back */
#define NOTE_PERCENT   10                /* between lines in the log */

struct dumping {
    char path[YC_RPC_PATH_BYTES];
    const struct yc_node *tip, *target;
    uint64_t chain_txs;
    const struct yc_fs *fs;
    struct yc_coins_scan scan;
    struct yc_coins_past past;
    bool scan_open;
    unsigned told_percent;
};

static void drop(struct yc_rpc_call *c)
{
    struct dumping *d = c->state;
    if (d->scan_open)
        yc_coins_scan_close(&d->scan);
    d->scan_open = false;
    yc_coins_past_release(&d->past);
}

/* ---- on the reader thread ---- */

static bool go_on(void *ctx, unsigned percent)
{
    struct yc_rpc_call *c = ctx;
    struct dumping *d = c->state;
    if (percent >= d->told_percent + NOTE_PERCENT) {
        d->told_percent = percent;
        yc_log_info(c->rpc->env.log, "Writing the coins to %s: %u%%", d->path, percent);
    }
    return !yc_rpc_ending(c->rpc);
}

/* Take back one block, which the set is the state after. */
static enum yc_verdict take_back(struct yc_rpc_call *c, const struct yc_node *n, struct yc_error *err)
{
    struct dumping *d = c->state;
    struct yc_view raw;
    struct yc_arena arena;
    struct yc_block block;
    struct yc_spent_coins spent;
    struct yc_reject why;
    const struct yc_alloc *alloc = c->rpc->env.alloc;
    enum yc_verdict v = yc_chain_read_block(c->chain, n, alloc, &raw, err);
    if (v != YC_VALID)
        return v;
    yc_arena_init(&arena, alloc, yc_block_arena_bytes(raw.n), SIZE_MAX);
    if (yc_block_parse(&block, raw, &arena, &why) != YC_VALID)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "block %u cannot be read from its file", n->height);
    if (v == YC_VALID)
        v = yc_chain_read_spent(c->chain, n, &arena, &spent, err);
    if (v == YC_VALID)
        v = yc_coins_past_block(&d->past, &block, &spent, err);
    yc_arena_release(&arena);
    yc_alloc_free(alloc, (void *)(uintptr_t)raw.p, raw.n);
    return v;
}

static void show_dumped(struct yc_rpc_call *c, const struct yc_coins_dumped *done)
{
    const struct dumping *d = c->state;
    yc_json_begin_object(&c->out);
    yc_json_member_u64(&c->out, "coins_written", done->coins);
    yc_json_member_hash(&c->out, "base_hash", d->target->hash.b, 32);
    yc_json_member_int(&c->out, "base_height", d->target->height);
    yc_json_member_text(&c->out, "path", d->path);
    yc_json_member_hash(&c->out, "txoutset_hash", done->hash32, 32);
    yc_json_member_u64(&c->out, "nchaintx", d->chain_txs);
    yc_json_end_object(&c->out);
}

static enum yc_rpc_flow write_dump(struct yc_rpc_call *c)
{
    struct dumping *d = c->state;
    struct yc_error err;
    struct yc_coins_dumped done;
    enum yc_verdict v = YC_VALID;
    for (const struct yc_node *n = d->tip; v == YC_VALID && n != d->target; n = n->parent)
        v = yc_rpc_ending(c->rpc) ? YC_NOT_YET : take_back(c, n, &err);
    if (v == YC_NOT_YET && !yc_rpc_ending(c->rpc)) /* a block was pruned meanwhile */
        return yc_rpc_fail(c, YC_RPC_MISC, "%s", err.text);
    struct yc_coins_dump dump = {.alloc = c->rpc->env.alloc,
                                 .fs = d->fs,
                                 .path = d->path,
                                 .base = d->target->hash,
                                 .scan = &d->scan,
                                 .past = &d->past,
                                 .go_on = go_on,
                                 .go_on_ctx = c};
    memcpy(dump.magic, yc_chain_params_of(c->chain)->magic, 4);
    if (v == YC_VALID)
        v = yc_coins_dump(&dump, &done, &err);
    if (v == YC_NOT_YET)
        return yc_rpc_fail_shutdown(c);
    if (v != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "Unable to write the UTXO set: %s", err.text);
    show_dumped(c, &done);
    return YC_RPC_DONE;
}

/* ---- on the core thread ---- */

static enum yc_rpc_flow open_scan(struct yc_rpc_call *c)
{
    struct dumping *d = c->state;
    struct yc_error err;
    d->tip = yc_chain_tip(c->chain);
    if (!yc_chain_has(c->chain, d->target))
        return yc_rpc_fail(c, YC_RPC_MISC, "Block is not in main chain");
    d->chain_txs = d->target->stored->chain_tx_count;
    enum yc_verdict v = yc_chain_coins_scan(c->chain, &d->scan, &err);
    if (v == YC_NOT_YET)
        return yc_rpc_go(c, YC_RPC_RETRY, open_scan);
    if (v != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "Unable to read UTXO set: %s", err.text);
    d->scan_open = true;
    return yc_rpc_go(c, YC_RPC_TO_READER, write_dump);
}

/* The highest block at which this chain knows a set by its hash. */
static bool newest_known(struct yc_rpc_call *c, const struct yc_node **out)
{
    const struct yc_chain_params *p = yc_chain_params_of(c->chain);
    *out = NULL;
    for (size_t i = 0; i < p->assumeutxo_count; i++) {
        const struct yc_node *n = yc_chain_at(c->chain, p->assumeutxo[i].height);
        if (n && (!*out || n->height > (*out)->height))
            *out = n;
    }
    if (!*out)
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                    "No height is known for this chain at which a snapshot could be loaded: name one by \"rollback\"");
    return *out != NULL;
}

static bool take_target(struct yc_rpc_call *c, const struct yc_node **out)
{
    const char *type = yc_rpc_arg_text(c, 1, "");
    const struct yc_json *height = c->options[0] ? c->options[0] : yc_json_member(c->arg[2], "rollback");
    if (!yc_json_is_null(height)) {
        if (type[0] && strcmp(type, "rollback") != 0) {
            yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid snapshot type \"%.100s\" specified with rollback option",
                        type);
            return false;
        }
        return yc_rpc_block_of(c, height, out);
    }
    if (strcmp(type, "rollback") == 0)
        return newest_known(c, out);
    if (strcmp(type, "latest") == 0) {
        *out = yc_chain_tip(c->chain);
        return true;
    }
    yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                "Invalid snapshot type \"%.100s\" specified. Please specify \"rollback\" or \"latest\"", type);
    return false;
}

static bool take_path(struct yc_rpc_call *c, struct dumping *d)
{
    struct yc_error err;
    if (!yc_rpc_arg_path(c, 0, d->path))
        return false;
    if (d->fs->exists(d->fs->ctx, d->path, &err) == YC_VALID) {
        yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                    "%s already exists. If you are sure this is what you want, move it out of the way first", d->path);
        return false;
    }
    if (yc_coins_dump_probe(d->fs, c->rpc->env.alloc, d->path, &err) == YC_VALID)
        return true;
    yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Couldn't open file %s.incomplete for writing.", d->path);
    return false;
}

enum yc_rpc_flow yc_method_dumptxoutset(struct yc_rpc_call *c)
{
    struct dumping *d = yc_arena_take(&c->arena, sizeof *d);
    if (!d)
        return yc_rpc_fail_memory(c);
    memset(d, 0, sizeof *d);
    d->fs = yc_core_config_of(c->core)->chain.fs;
    yc_coins_past_init(&d->past, c->rpc->env.alloc, PAST_BYTES_MAX);
    c->state = d;
    c->release = drop;
    if (!take_target(c, &d->target) || !take_path(c, d))
        return YC_RPC_FAILED;
    if (d->target != yc_chain_tip(c->chain) && yc_chain_pruned_height(c->chain) >= (int64_t)d->target->height)
        return yc_rpc_fail(c, YC_RPC_MISC,
                           "Could not roll back to requested height since necessary block data is already pruned.");
    return open_scan(c);
}
