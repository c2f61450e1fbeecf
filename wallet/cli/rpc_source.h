/* A node's JSON-RPC as the wallet's source of blocks. One thread. */
#ifndef YC_WALLET_CLI_RPC_SOURCE_H
#define YC_WALLET_CLI_RPC_SOURCE_H

#include "node/access/access.h"
#include "wallet/source.h"

struct yc_rpc_source {
    struct yc_source source; /* what to hand on; its ctx is this struct, which therefore must not move */
    struct yc_node_client *node;
    struct yc_buf bytes; /* behind the views it gives out */
};

/** node is borrowed. */
void yc_rpc_source_init(struct yc_rpc_source *r, struct yc_node_client *node);
void yc_rpc_source_release(struct yc_rpc_source *r);

/** Wait until the node's tip is another than this one, at most ms milliseconds. A node that cannot do this by itself is
 *  waited for by sleeping a second. */
enum yc_verdict yc_rpc_wait_tip(struct yc_node_client *node, const struct yc_block_hash *tip, int64_t ms,
                                struct yc_error *err) YC_MUST_USE;
/** Sleep so long, or until a signal. */
void yc_rpc_pause(int64_t ms);

/** What the node thinks a payment should pay to be mined within 6 blocks, at least what its pool takes; 1,000 when it
 *  cannot say. In base units per 1,000 virtual bytes. */
enum yc_verdict yc_rpc_fee_rate(struct yc_node_client *node, int64_t *out_sat_kvb, struct yc_error *err) YC_MUST_USE;

#endif
