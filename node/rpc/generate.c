/* Mining by RPC, for tests and small networks. A few nonces are tried on the core thread, which is all that a test chain
 * takes; what takes longer is searched on a reader thread. */
#include "base/hex.h"
#include "consensus/describe.h"
#include "node/rpc/internal.h"

#define TRIES_DEFAULT 1000000
#define TRIES_AT_ONCE 512       /* on the core thread: a fraction of a millisecond */
#define TRIES_A_SLICE (1 << 18) /* on a reader thread, between looks at the end of the node */
#define LOOK_AGAIN_US 100000

struct generation {
    struct yc_template_options options;
    int64_t left; /* blocks to mine */
    uint64_t tries_left;
    struct yc_buf hashes; /* of 32 bytes */
    struct yc_buf block;  /* the present one */
    struct yc_block_hash hash;
    bool single, keep; /* generateblock; with submit=false: give the block back */
};

static void drop(struct yc_rpc_call *c)
{
    struct generation *g = c->state;
    yc_buf_release(&g->hashes);
    yc_buf_release(&g->block);
}

static struct generation *generation_new(struct yc_rpc_call *c)
{
    struct generation *g = yc_arena_take(&c->arena, sizeof *g);
    if (!g) {
        yc_rpc_fail_memory(c);
        return NULL;
    }
    *g = (struct generation){.options = c->rpc->env.template_options};
    yc_buf_init(&g->hashes, c->rpc->env.alloc, YC_RPC_ANSWER_MAX / 4);
    yc_buf_init(&g->block, c->rpc->env.alloc, YC_BLOCK_BYTES_MAX);
    c->state = g;
    c->release = drop;
    return g;
}

static enum yc_rpc_flow answer(struct yc_rpc_call *c)
{
    struct generation *g = c->state;
    if (g->hashes.failed)
        return yc_rpc_fail_memory(c);
    if (g->single) {
        yc_json_begin_object(&c->out);
        yc_json_member_hash(&c->out, "hash", g->hash.b, 32);
        if (g->keep)
            yc_json_member_hex(&c->out, "hex", yc_buf_view(&g->block));
        yc_json_end_object(&c->out);
        return YC_RPC_DONE;
    }
    yc_json_begin_array(&c->out);
    for (size_t at = 0; at < g->hashes.n; at += 32)
        yc_json_put_hash(&c->out, g->hashes.p + at, 32);
    yc_json_end_array(&c->out);
    return YC_RPC_DONE;
}

static enum yc_rpc_flow next_block(struct yc_rpc_call *c);

/* The block is on its way into the chain: the next one stands on it. */
static enum yc_rpc_flow until_connected(struct yc_rpc_call *c)
{
    struct generation *g = c->state;
    if (c->watch_failed)
        return yc_rpc_fail(c, YC_RPC_INTERNAL, "ProcessNewBlock, block not accepted: %s", c->watch_why);
    if (!yc_chain_has(c->chain, c->watch) && !yc_chain_settled(c->chain))
        return yc_rpc_wait(c, until_connected, yc_mono_us(c->rpc->env.clock) + LOOK_AGAIN_US);
    yc_buf_append(&g->hashes, g->hash.b, 32);
    g->left--;
    return g->single ? answer(c) : next_block(c);
}

static enum yc_rpc_flow submit(struct yc_rpc_call *c)
{
    struct generation *g = c->state;
    struct yc_header header;
    struct yc_reject why = {.code = YC_REJ_NONE};
    char text[256];
    yc_header_read(&header, g->block.p);
    g->hash = yc_header_hash(&header);
    if (g->keep)
        return answer(c);
    c->watch_failed = false;
    enum yc_verdict v = yc_core_submit_block(c->core, yc_buf_view(&g->block), &c->watch, NULL, &why);
    if (v == YC_VALID)
        return until_connected(c);
    yc_reject_text(text, sizeof text, &why);
    return yc_rpc_fail(c, YC_RPC_INTERNAL, "ProcessNewBlock, block not accepted: %s", text);
}

static enum yc_rpc_flow out_of_tries(struct yc_rpc_call *c)
{
    const struct generation *g = c->state;
    return g->single ? yc_rpc_fail(c, YC_RPC_MISC, "Failed to make block.") : answer(c);
}

/* Try up to most nonces. */
static bool search(struct generation *g, uint64_t most)
{
    uint64_t tried = 0;
    bool found = yc_template_solve(g->block.p, most < g->tries_left ? most : g->tries_left, &tried);
    g->tries_left -= tried < g->tries_left ? tried : g->tries_left;
    return found;
}

static enum yc_rpc_flow search_long(struct yc_rpc_call *c)
{
    struct generation *g = c->state;
    while (g->tries_left) {
        if (yc_rpc_ending(c->rpc))
            return yc_rpc_fail_shutdown(c);
        if (search(g, TRIES_A_SLICE))
            return yc_rpc_go(c, YC_RPC_TO_CORE, submit);
    }
    return out_of_tries(c);
}

/* A template was built: find its nonce. */
static enum yc_rpc_flow solve(struct yc_rpc_call *c, struct yc_template *t)
{
    struct generation *g = c->state;
    yc_buf_clear(&g->block);
    yc_buf_append(&g->block, t->block.p, t->block.n);
    c->rpc->last_weight = t->weight;
    c->rpc->last_txs = t->tx_count;
    yc_template_release(t);
    if (g->block.failed)
        return yc_rpc_fail_memory(c);
    if (!g->tries_left)
        return out_of_tries(c);
    return search(g, TRIES_AT_ONCE) ? submit(c) : yc_rpc_go(c, YC_RPC_TO_READER, search_long);
}

static enum yc_rpc_flow next_block(struct yc_rpc_call *c)
{
    struct generation *g = c->state;
    struct yc_template t;
    struct yc_error err;
    if (g->left <= 0)
        return answer(c);
    if (!yc_chain_at_rest(c->chain))
        return yc_rpc_go(c, YC_RPC_RETRY, next_block);
    enum yc_verdict v = yc_template_build(&t, c->chain, yc_core_pool(c->core), c->rpc->env.clock, &g->options, &err);
    if (v == YC_NOT_YET) /* at rest, so it is the clock, which is behind: that may last */
        return yc_rpc_fail(c, YC_RPC_MISC, "%s", err.text);
    return v == YC_VALID ? solve(c, &t) : yc_rpc_fail_system(c, &err);
}

static enum yc_rpc_flow generate_to(struct yc_rpc_call *c, bool descriptor)
{
    struct generation *g = generation_new(c);
    struct yc_error err;
    int64_t tries;
    if (!g || !yc_rpc_arg_int(c, 0, 0, INT32_MIN, INT32_MAX, &g->left) ||
        !yc_rpc_arg_int(c, 2, TRIES_DEFAULT, 0, INT64_MAX, &tries))
        return YC_RPC_FAILED;
    g->tries_left = (uint64_t)tries;
    if (!yc_rpc_output_script(c, yc_rpc_arg_text(c, 1, ""), !descriptor, descriptor, &g->options.coinbase_script, &err))
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "%s", descriptor ? err.text : "Error: Invalid address");
    return next_block(c);
}

enum yc_rpc_flow yc_method_generatetoaddress(struct yc_rpc_call *c)
{
    return generate_to(c, false);
}

enum yc_rpc_flow yc_method_generatetodescriptor(struct yc_rpc_call *c)
{
    return generate_to(c, true);
}

/* The bytes of one transaction of generateblock's list: hex, or the id of one in the pool. */
static bool take_tx(struct yc_rpc_call *c, const struct yc_json *v, struct yc_view *out)
{
    struct yc_txid id;
    struct yc_tx tx;
    if (!yc_rpc_expect(c, v, YC_JSON_STRING))
        return false;
    struct yc_view text = yc_json_string(v);
    if (text.n == 64 && yc_hex_read_reversed(id.b, 32, (const char *)text.p, text.n)) {
        const struct yc_pool_entry *e = yc_pool_find(yc_core_pool(c->core), &id);
        if (!e) {
            yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Transaction %.64s not in mempool.", (const char *)text.p);
            return false;
        }
        *out = e->tx.raw;
        return true;
    }
    if (!yc_rpc_tx_of(c, v, &tx)) {
        yc_rpc_fail(c, YC_RPC_DESERIALIZATION,
                    "Transaction decode failed for %.1000s. Make sure the tx has at least one input.",
                    (const char *)text.p);
        return false;
    }
    *out = tx.raw;
    return true;
}

enum yc_rpc_flow yc_method_generateblock(struct yc_rpc_call *c)
{
    struct generation *g = generation_new(c);
    struct yc_template t;
    struct yc_reject why = {.code = YC_REJ_NONE};
    struct yc_error err = {.which = YC_SYSTEM_NONE};
    size_t count = yc_json_count(c->arg[1]);
    struct yc_view *tx = yc_arena_take_array(&c->arena, count, sizeof *tx);
    char text[256];
    if (!g || !tx)
        return yc_rpc_fail_memory(c);
    g->left = 1;
    g->single = true;
    g->keep = !yc_rpc_arg_bool(c, 2, true);
    g->tries_left = TRIES_DEFAULT;
    if (!yc_rpc_output_script(c, yc_rpc_arg_text(c, 0, ""), true, true, &g->options.coinbase_script, &err))
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "Error: Invalid address or descriptor");
    for (size_t i = 0; i < count; i++) {
        if (!take_tx(c, yc_json_element(c->arg[1], i), &tx[i]))
            return YC_RPC_FAILED;
    }
    enum yc_verdict v = yc_template_build_of(&t, c->chain, c->rpc->env.clock, &g->options, tx, count, &why, &err);
    if (v == YC_VALID)
        return solve(c, &t);
    if (v == YC_SYSTEM)
        return yc_rpc_fail_system(c, &err);
    yc_reject_text(text, sizeof text, &why);
    char detail[YC_REJECT_DETAIL_MAX];
    struct yc_tx culprit;
    struct yc_reject ignored;
    bool known =
        why.tx > 0 && why.tx <= count && yc_tx_parse(&culprit, tx[why.tx - 1], &c->arena, &ignored) == YC_VALID;
    yc_reject_describe(detail, &why, known ? &culprit : NULL);
    return yc_rpc_fail(c, YC_RPC_VERIFY,
                       detail[0] ? "TestBlockValidity failed: %s, %s" : "TestBlockValidity failed: %s",
                       text[0] ? text : err.text, detail);
}
