/* getblock: the body is read and written out on a reader thread, so that the core thread never waits for the disk. */
#include "node/rpc/internal.h"

struct block_reading {
    const struct yc_node *node, *tip;
    int64_t verbosity;
    bool have_undo;
    struct yc_view raw;
    struct yc_arena arena; /* the parsed block and what it spent */
    bool arena_held;
};

static void drop(struct yc_rpc_call *c)
{
    struct block_reading *b = c->state;
    yc_alloc_free(c->rpc->env.alloc, (void *)(uintptr_t)b->raw.p, b->raw.n);
    if (b->arena_held)
        yc_arena_release(&b->arena);
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

static void show_block(struct yc_rpc_call *c, const struct yc_block *block, const struct yc_spent_coins *spent)
{
    const struct block_reading *b = c->state;
    const struct yc_coin *coin = spent->coin;
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
        struct yc_rpc_show_tx how = {
            .spent = b->have_undo && i ? coin : NULL, .prevouts = b->verbosity > 2, .hex = true};
        if (b->verbosity < 2) {
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
    struct block_reading *b = c->state;
    struct yc_error err;
    struct yc_reject why;
    struct yc_block block;
    struct yc_spent_coins spent = {NULL, 0};
    if (yc_chain_read_block(c->chain, b->node, c->rpc->env.alloc, &b->raw, &err) != YC_VALID)
        return yc_rpc_fail_system(c, &err);
    if (b->verbosity <= 0) {
        yc_json_put_hex(&c->out, b->raw);
        return YC_RPC_DONE;
    }
    yc_arena_init(&b->arena, c->rpc->env.alloc, yc_block_arena_bytes(b->raw.n), YC_RPC_ARENA_MAX);
    b->arena_held = true;
    if (yc_block_parse(&block, b->raw, &b->arena, &why) != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "Block data expected but can't be read");
    if (b->verbosity < 2)
        b->have_undo = false;
    if (b->have_undo && yc_chain_read_spent(c->chain, b->node, &b->arena, &spent, &err) != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "Undo data expected but can't be read: %s", err.text);
    size_t needed = 0;
    for (uint32_t i = 1; i < block.tx_count; i++)
        needed += block.tx[i].in_count;
    if (b->have_undo && spent.count != needed)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "The undo data of this block is not its own");
    show_block(c, &block, &spent);
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
    struct block_reading *b = yc_arena_take(&c->arena, sizeof *b);
    if (!b)
        return yc_rpc_fail_memory(c);
    *b = (struct block_reading){.tip = yc_chain_tip(c->chain)};
    if (!yc_rpc_arg_block(c, 0, "blockhash", &b->node) || !verbosity_of(c, 1, 1, &b->verbosity))
        return YC_RPC_FAILED;
    if (!(b->node->status & YC_BLOCK_HAVE_DATA))
        return yc_rpc_fail(c, YC_RPC_MISC,
                           b->node->status & YC_BLOCK_PRUNED ? "Block not available (pruned data)"
                                                             : "Block not available (not fully downloaded)");
    b->have_undo = (b->node->status & YC_BLOCK_HAVE_UNDO) && b->node->parent;
    c->state = b;
    c->release = drop;
    /* Only what is below the published tip may be read beside the core thread. */
    return yc_chain_has(c->chain, b->node) ? yc_rpc_go(c, YC_RPC_TO_READER, read_block) : read_block(c);
}
