/* Taking blocks and headers from miners. A block is answered for when it is the chain's, durable and published. */
#include <stdio.h>

#include "base/hex.h"
#include "node/rpc/internal.h"

#define LOOK_AGAIN_US 100000 /* how often to look though nothing was told */
#define KNOWN_BAD     (YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR | YC_BLOCK_FAILED_BY_OPERATOR)

/* The block's bytes with the witness that a coinbase with a commitment must have, where the miner left it out: 32 zeros.
 * NULL p: no memory. */
static struct yc_view with_witness(struct yc_rpc_call *c, const struct yc_block *b)
{
    const struct yc_tx *coinbase = &b->tx[0];
    static const uint8_t marker[2] = {0, 1}, witness[34] = {1, 32};
    struct yc_writer w;
    size_t start = (size_t)(coinbase->raw.p - b->raw.p), end = start + coinbase->raw.n;
    uint8_t *p = yc_arena_take(&c->arena, b->raw.n + sizeof marker + sizeof witness);
    if (!p)
        return YC_VIEW_EMPTY;
    yc_writer_init(&w, p, b->raw.n + sizeof marker + sizeof witness);
    yc_writer_view(&w, yc_view_slice(b->raw, 0, start + 4));
    yc_writer_bytes(&w, marker, sizeof marker);
    yc_writer_view(&w, yc_view_slice(b->raw, start + 4, end - 4 - (start + 4)));
    yc_writer_bytes(&w, witness, sizeof witness);
    yc_writer_view(&w, yc_view_slice(b->raw, end - 4, b->raw.n - (end - 4)));
    return yc_writer_written(&w);
}

static bool wants_witness(struct yc_rpc_call *c, const struct yc_block *b)
{
    const struct yc_node *parent = yc_chain_find(c->chain, &b->header.prev);
    return parent && yc_rule_active(yc_chain_params_of(c->chain)->rules.segwit, parent->height + 1) && b->tx_count &&
           !b->tx[0].has_witness && b->tx[0].in_count && yc_block_commitment_index(b) >= 0;
}

static enum yc_rpc_flow answer(struct yc_rpc_call *c, const char *text)
{
    yc_json_put_text(&c->out, text);
    return YC_RPC_DONE;
}

static enum yc_rpc_flow until_judged(struct yc_rpc_call *c)
{
    const struct yc_node *n = c->watch, *tip = yc_chain_tip(c->chain);
    /* One below a snapshot is the chain's before it is here. */
    if (yc_chain_has(c->chain, n) && yc_chain_is_durable(n))
        return YC_RPC_DONE;
    if (c->watch_failed)
        return answer(c, c->watch_why);
    /* Among those that wait, so that a failure is heard of. */
    if (!yc_chain_is_durable(n))
        return yc_rpc_wait(c, until_judged, yc_mono_us(c->rpc->env.clock) + YC_RPC_REST_RETRY_US);
    /* Not the best branch, or one whose bodies are not all here: its judgement may never come. Why one has failed is told
     * when that is on the disk; until then the chain has not settled. */
    if (!n->stored->chain_tx_count || yc_node_work_compare(n, tip) <= 0 || yc_chain_settled(c->chain))
        return answer(c, "inconclusive");
    return yc_rpc_wait(c, until_judged, yc_mono_us(c->rpc->env.clock) + LOOK_AGAIN_US);
}

/* A second miner's copy may come before the first is durable: its answer promises as much. */
static enum yc_rpc_flow until_known(struct yc_rpc_call *c)
{
    return yc_chain_is_durable(c->watch) ? answer(c, "duplicate") : yc_rpc_go(c, YC_RPC_RETRY, until_known);
}

static enum yc_rpc_flow submit(struct yc_rpc_call *c)
{
    const struct yc_block *block = c->state;
    struct yc_view raw = wants_witness(c, block) ? with_witness(c, block) : block->raw;
    struct yc_reject why = {.code = YC_REJ_NONE};
    bool is_new = false;
    char text[256];
    if (!raw.p)
        return yc_rpc_fail_memory(c);
    const struct yc_node *known = yc_chain_find(c->chain, &block->hash);
    if (known && (known->status & KNOWN_BAD))
        return answer(c, "duplicate-invalid");
    enum yc_verdict v = yc_core_submit_block(c->core, raw, &c->watch, &is_new, &why);
    if (v == YC_SYSTEM)
        return yc_rpc_fail(c, YC_RPC_VERIFY, "The node could not store the block: see its log");
    if (v != YC_VALID) {
        yc_reject_text(text, sizeof text, &why);
        return answer(c, text[0] ? text : "rejected");
    }
    return is_new ? until_judged(c) : until_known(c);
}

/* On the calling thread: megabytes of digits, and transactions to be parsed, are not the core's business. */
enum yc_rpc_flow yc_method_submitblock(struct yc_rpc_call *c)
{
    struct yc_view raw;
    struct yc_reject why;
    struct yc_block *block = yc_arena_take(&c->arena, sizeof *block);
    if (!block)
        return yc_rpc_fail_memory(c);
    if (!yc_rpc_hex_of(c, c->arg[0], &raw) || yc_block_parse(block, raw, &c->arena, &why) != YC_VALID)
        return yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "Block decode failed");
    c->state = block;
    return yc_rpc_go(c, YC_RPC_TO_CORE, submit);
}

enum yc_rpc_flow yc_method_submitheader(struct yc_rpc_call *c)
{
    struct yc_view raw;
    struct yc_header header;
    struct yc_reject why = {.code = YC_REJ_NONE};
    const struct yc_node *node;
    char text[256];
    if (!yc_rpc_hex_of(c, c->arg[0], &raw) || raw.n < YC_HEADER_BYTES)
        return yc_rpc_fail(c, YC_RPC_DESERIALIZATION, "Block header decode failed");
    yc_header_read(&header, raw.p);
    if (!yc_chain_find(c->chain, &header.prev)) {
        char prev[65];
        yc_hex_write_reversed(prev, header.prev.b, 32);
        return yc_rpc_fail(c, YC_RPC_VERIFY, "Must submit previous header (%s) first", prev);
    }
    if (yc_chain_submit_header(c->chain, &header, &node, &why) == YC_VALID)
        return YC_RPC_DONE;
    yc_reject_text(text, sizeof text, &why);
    return yc_rpc_fail(c, YC_RPC_VERIFY, "%s", text[0] ? text : "The node could not take the header: see its log");
}
