/* Methods that answer when the chain has moved. */
#include "node/rpc/internal.h"

struct tip_wait {
    struct yc_block_hash hash; /* waitforblock: this one; waitfornewblock: not this one */
    int64_t height;            /* waitforblockheight */
    int64_t until_us;          /* INT64_MAX: no limit */
};

static enum yc_rpc_flow answer_tip(struct yc_rpc_call *c)
{
    const struct yc_node *tip = yc_chain_tip(c->chain);
    yc_json_begin_object(&c->out);
    yc_json_member_hash(&c->out, "hash", tip->hash.b, 32);
    yc_json_member_int(&c->out, "height", tip->height);
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}

/* Answer when it has come, when the time is over, or when the node ends; else wait on. */
static enum yc_rpc_flow until(struct yc_rpc_call *c, bool come, yc_rpc_part again)
{
    const struct tip_wait *w = c->state;
    if (come || yc_rpc_ending(c->rpc) || yc_mono_us(c->rpc->env.clock) >= w->until_us)
        return answer_tip(c);
    return yc_rpc_wait(c, again, w->until_us);
}

/* The state of a call whose timeout in milliseconds is argument i. NULL: yc_rpc_fail() was called. */
static struct tip_wait *wait_new(struct yc_rpc_call *c, size_t i)
{
    struct tip_wait *w = yc_arena_take(&c->arena, sizeof *w);
    int64_t timeout_ms;
    if (!w) {
        yc_rpc_fail_memory(c);
        return NULL;
    }
    if (!yc_rpc_arg_int(c, i, 0, INT32_MIN, INT32_MAX, &timeout_ms))
        return NULL;
    if (timeout_ms < 0) {
        yc_rpc_fail(c, YC_RPC_MISC, "Negative timeout");
        return NULL;
    }
    *w = (struct tip_wait){.until_us = INT64_MAX};
    if (timeout_ms)
        w->until_us = yc_mono_us(c->rpc->env.clock) + timeout_ms * 1000;
    c->state = w;
    return w;
}

static enum yc_rpc_flow until_other(struct yc_rpc_call *c)
{
    const struct tip_wait *w = c->state;
    return until(c, !yc_block_hash_equal(&yc_chain_tip(c->chain)->hash, &w->hash), until_other);
}

enum yc_rpc_flow yc_method_waitfornewblock(struct yc_rpc_call *c)
{
    struct tip_wait *w = wait_new(c, 0);
    if (!w)
        return YC_RPC_FAILED;
    w->hash = yc_chain_tip(c->chain)->hash;
    if (yc_rpc_has(c, 1) && !yc_rpc_arg_hash(c, 1, "current_tip", w->hash.b))
        return YC_RPC_FAILED;
    return until_other(c);
}

static enum yc_rpc_flow until_this(struct yc_rpc_call *c)
{
    const struct tip_wait *w = c->state;
    return until(c, yc_block_hash_equal(&yc_chain_tip(c->chain)->hash, &w->hash), until_this);
}

enum yc_rpc_flow yc_method_waitforblock(struct yc_rpc_call *c)
{
    struct tip_wait *w = wait_new(c, 1);
    if (!w || !yc_rpc_arg_hash(c, 0, "blockhash", w->hash.b))
        return YC_RPC_FAILED;
    return until_this(c);
}

static enum yc_rpc_flow until_height(struct yc_rpc_call *c)
{
    const struct tip_wait *w = c->state;
    return until(c, yc_chain_tip(c->chain)->height >= w->height, until_height);
}

enum yc_rpc_flow yc_method_waitforblockheight(struct yc_rpc_call *c)
{
    struct tip_wait *w = wait_new(c, 1);
    if (!w || !yc_rpc_arg_int(c, 0, 0, INT32_MIN, INT32_MAX, &w->height))
        return YC_RPC_FAILED;
    return until_height(c);
}
