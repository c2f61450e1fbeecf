/* pruneblockchain. */
#include "node/rpc/internal.h"

#define TIME_FROM   1000000000 /* above it a height is a time */
#define TIME_SLACK  7200       /* seconds that times of blocks may be out of order by */
#define KEEP_BLOCKS 288

/* The lowest block of the chain that is not older than this; NULL: all are. */
static const struct yc_node *earliest_at_least(const struct yc_node *tip, int64_t time_s)
{
    const struct yc_node *found = NULL;
    for (const struct yc_node *n = tip; n; n = n->parent) {
        if ((int64_t)n->time >= time_s)
            found = n;
    }
    return found;
}

static enum yc_rpc_flow until_pruned(struct yc_rpc_call *c)
{
    if (yc_chain_pruning(c->chain))
        return yc_rpc_go(c, YC_RPC_RETRY, until_pruned);
    yc_json_put_int(&c->out, yc_chain_pruned_height(c->chain));
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_pruneblockchain(struct yc_rpc_call *c)
{
    const struct yc_node *tip = yc_chain_tip(c->chain);
    int64_t height;
    if (!yc_rpc_arg_int(c, 0, 0, INT32_MIN, INT32_MAX, &height))
        return YC_RPC_FAILED;
    if (!yc_core_config_of(c->core)->chain.prune_target_bytes)
        return yc_rpc_fail(c, YC_RPC_MISC, "Cannot prune blocks because node is not in prune mode.");
    if (height < 0)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Negative block height.");
    if (height > TIME_FROM) {
        const struct yc_node *n = earliest_at_least(tip, height - TIME_SLACK);
        if (!n)
            return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER,
                               "Could not find block with at least the specified timestamp.");
        height = n->height;
    }
    if (tip->height < yc_chain_params_of(c->chain)->prune_after_height)
        return yc_rpc_fail(c, YC_RPC_MISC, "Blockchain is too short for pruning.");
    if (height > tip->height)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Blockchain is shorter than the attempted prune height.");
    if (height + KEEP_BLOCKS > tip->height)
        yc_log_debug(c->rpc->env.log, YC_LOGC_RPC,
                     "Attempt to prune blocks close to the tip.  Retaining the minimum number of blocks.");
    yc_chain_prune(c->chain, (uint32_t)height);
    return yc_rpc_go(c, YC_RPC_RETRY, until_pruned);
}
