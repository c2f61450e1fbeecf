/* Where a wallet reads the chain: what it asks of a node, as an interface, so that tests can be the node.
 * wallet/rpc_source.h makes one of a node's JSON-RPC. One thread. */
#ifndef YC_WALLET_SOURCE_H
#define YC_WALLET_SOURCE_H

#include "base/buf.h"
#include "base/result.h"
#include "consensus/ids.h"

struct yc_source_tip {
    uint32_t height;
    struct yc_block_hash hash;
};

/* Bytes and lists that come back are the source's, valid until the next call. */
struct yc_source {
    enum yc_verdict (*tip)(void *ctx, struct yc_source_tip *out, struct yc_error *err);
    /* YC_NOT_YET: the active chain is not that high. */
    enum yc_verdict (*hash_at)(void *ctx, uint32_t height, struct yc_block_hash *out, struct yc_error *err);
    /* A block's bytes. YC_NOT_YET: the node does not have it (any more). */
    enum yc_verdict (*block)(void *ctx, const struct yc_block_hash *hash, struct yc_view *out, struct yc_error *err);
    /* The ids of the node's pool. */
    enum yc_verdict (*pool)(void *ctx, const struct yc_txid **out, size_t *count, struct yc_error *err);
    /* A transaction of the pool. YC_NOT_YET: it left meanwhile. */
    enum yc_verdict (*pool_tx)(void *ctx, const struct yc_txid *txid, struct yc_view *out, struct yc_error *err);
    /* Hand over a transaction. YC_VALID: the node has it (or had it already). YC_POLICY: it refused, in its own words.
     * YC_NOT_YET: not reached, so surely not handed over. YC_SYSTEM: the connection broke, so perhaps handed over. */
    enum yc_verdict (*send)(void *ctx, struct yc_view raw, struct yc_error *err);
    void *ctx;
};

#endif
