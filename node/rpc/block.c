/* A block from disk, and getblock: it is read and written out on a reader thread, so that the core thread never waits for
 * the disk. */
#include "node/rpc/internal.h"

struct block_reading {
    struct yc_rpc_block body; /* first: the call's state is both */
    int64_t verbosity;
};

static void drop(struct yc_rpc_call *c)
{
    struct yc_rpc_block *b = c->state;
    yc_alloc_free(c->rpc->env.alloc, (void *)(uintptr_t)b->raw.p, b->raw.n);
    if (b->arena_held)
        yc_arena_release(&b->arena);
}

enum yc_rpc_flow yc_rpc_block_open(struct yc_rpc_call *c, struct yc_rpc_block *b, yc_rpc_part next)
{
    b->tip = yc_chain_tip(c->chain);
    if (!(b->node->status & YC_BLOCK_HAVE_DATA))
        return yc_rpc_fail(c, YC_RPC_MISC,
                           b->node->status & YC_BLOCK_PRUNED ? "Block not available (pruned data)"
                                                             : "Block not available (not fully downloaded)");
    b->have_undo = (b->node->status & YC_BLOCK_HAVE_UNDO) && b->node->parent;
    c->state = b;
    c->release = drop;
    /* Only what is below the published tip may be read beside the core thread. */
    return yc_chain_has(c->chain, b->node) ? yc_rpc_go(c, YC_RPC_TO_READER, next) : next(c);
}

bool yc_rpc_block_read(struct yc_rpc_call *c, struct yc_rpc_block *b)
{
    struct yc_error err;
    if (yc_chain_read_block(c->chain, b->node, c->rpc->env.alloc, &b->raw, &err) == YC_VALID)
        return true;
    if (err.which == YC_SYSTEM_MEMORY)
        yc_rpc_fail_system(c, &err);
    else
        yc_rpc_fail(c, YC_RPC_MISC, "Block not found on disk: %s", err.text);
    return false;
}

bool yc_rpc_block_parse(struct yc_rpc_call *c, struct yc_rpc_block *b, bool with_spent)
{
    struct yc_reject why;
    struct yc_error err;
    yc_arena_init(&b->arena, c->rpc->env.alloc, yc_block_arena_bytes(b->raw.n), YC_RPC_ARENA_MAX);
    b->arena_held = true;
    b->have_undo = b->have_undo && with_spent;
    size_t needed = 0;
    bool ok = yc_block_parse(&b->block, b->raw, &b->arena, &why) == YC_VALID;
    if (!ok)
        yc_rpc_fail(c, YC_RPC_INTERNAL, "Block data expected but can't be read");
    if (!ok || !b->have_undo)
        return ok;
    if (yc_chain_read_spent(c->chain, b->node, &b->arena, &b->spent, &err) != YC_VALID) {
        yc_rpc_fail(c, YC_RPC_INTERNAL, "Undo data expected but can't be read: %s", err.text);
        return false;
    }
    for (uint32_t i = 1; i < b->block.tx_count; i++)
        needed += b->block.tx[i].in_count;
    if (b->spent.count != needed)
        yc_rpc_fail(c, YC_RPC_INTERNAL, "The undo data of this block is not its own");
    return b->spent.count == needed;
}

/* What is set aside for miners: the coinbase in short. */
static void show_coinbase(struct yc_rpc_call *c, const struct yc_tx *tx)
{
    yc_json_key(&c->out, "coinbase_tx");
    yc_json_begin_object(&c->out);
    yc_json_member_int(&c->out, "version", tx->version);
    yc_json_member_int(&c->out, "locktime", tx->lock_time);
    yc_json_member_int(&c->out, "sequence", tx->in[0].sequence);
    yc_json_member_hex(&c->out, "coinbase", tx->in[0].script_sig);
    if (tx->in[0].witness_count)
        yc_json_member_hex(&c->out, "witness", tx->in[0].witness[0]);
    yc_json_end_object(&c->out);
}

static void show_block(struct yc_rpc_call *c, const struct yc_rpc_block *b, int64_t verbosity)
{
    const struct yc_block *block = &b->block;
    const struct yc_coin *coin = b->spent.coin;
    yc_json_begin_object(&c->out);
    yc_rpc_show_header(c, b->node, b->tip);
    yc_json_member_u64(&c->out, "strippedsize", block->stripped_bytes);
    yc_json_member_u64(&c->out, "size", block->raw.n);
    yc_json_member_u64(&c->out, "weight", block->weight);
    show_coinbase(c, &block->tx[0]);
    yc_json_key(&c->out, "tx");
    yc_json_begin_array(&c->out);
    for (uint32_t i = 0; i < block->tx_count; i++) {
        const struct yc_tx *tx = &block->tx[i];
        struct yc_rpc_show_tx how = {.spent = b->have_undo && i ? coin : NULL, .prevouts = verbosity > 2, .hex = true};
        if (verbosity < 2) {
            yc_json_put_hash(&c->out, tx->txid.b, 32);
            continue;
        }
        yc_json_begin_object(&c->out);
        yc_rpc_show_tx(c, tx, &how);
        yc_json_end_object(&c->out);
        coin += b->have_undo && i ? tx->in_count : 0;
    }
    yc_json_end_array(&c->out);
    yc_json_end_object(&c->out);
}

static enum yc_rpc_flow read_block(struct yc_rpc_call *c)
{
    struct block_reading *r = c->state;
    if (!yc_rpc_block_read(c, &r->body))
        return YC_RPC_FAILED;
    if (r->verbosity <= 0) {
        yc_json_put_hex(&c->out, r->body.raw);
        return YC_RPC_DONE;
    }
    if (!yc_rpc_block_parse(c, &r->body, r->verbosity >= 2))
        return YC_RPC_FAILED;
    show_block(c, &r->body, r->verbosity);
    return YC_RPC_DONE;
}

/* A number, or true for 1 and false for 0. */
static bool verbosity_of(struct yc_rpc_call *c, size_t i, int64_t fallback, int64_t *out)
{
    bool flag;
    if (yc_json_bool(c->arg[i], &flag)) {
        *out = flag;
        return true;
    }
    return yc_rpc_arg_int(c, i, fallback, INT32_MIN, INT32_MAX, out);
}

enum yc_rpc_flow yc_method_getblock(struct yc_rpc_call *c)
{
    struct block_reading *r = yc_arena_take(&c->arena, sizeof *r);
    if (!r)
        return yc_rpc_fail_memory(c);
    memset(r, 0, sizeof *r);
    if (!yc_rpc_arg_block(c, 0, "blockhash", &r->body.node) || !verbosity_of(c, 1, 1, &r->verbosity))
        return YC_RPC_FAILED;
    return yc_rpc_block_open(c, &r->body, read_block);
}
