/* Block templates: what a miner is asked to work on. Every template that leaves here has been connected to the tip on
 * trial and found valid (catalogue N01, M01); a transaction that spoils it is dropped from the pool, never the template
 * from the miner. Core thread. */
#ifndef YC_NODE_TEMPLATE_TEMPLATE_H
#define YC_NODE_TEMPLATE_TEMPLATE_H

#include "node/mempool/mempool.h"

struct yc_template_options {
    uint64_t weight_max;            /* -blockmaxweight; header, count and coinbase included */
    uint64_t reserved_weight;       /* for them, raised to what they take: -blockreservedweight */
    int64_t min_sat_per_kvb;        /* -blockmintxfee */
    struct yc_view coinbase_script; /* where the coins go; empty: OP_TRUE stands in and coinbasetxn is not offered */
    struct yc_view coinbase_tag;    /* bytes behind the height in the coinbase's script, at most 80 */
};

struct yc_template_tx {
    struct yc_view raw;
    struct yc_txid txid;
    struct yc_wtxid wtxid;
    int64_t fee_sat;
    uint32_t sigop_cost;
    uint64_t weight;
    const uint32_t *depends; /* 1-based indices of its parents in the template */
    uint32_t depend_count;
};

struct yc_template {
    struct yc_header header; /* nonce 0; merkle root of the coinbase below */
    uint32_t height;
    int64_t coinbase_value_sat; /* subsidy and fees */
    int64_t fees_sat;
    uint64_t weight, sigop_cost;
    uint32_t tx_count; /* without the coinbase */
    const struct yc_template_tx *tx;
    struct yc_view coinbase;          /* with witness: height, BIP 54 fields, value, commitment */
    struct yc_view commitment_script; /* default_witness_commitment */
    uint32_t time_min;
    struct yc_view block;  /* the whole block's bytes, nonce 0 */
    struct yc_arena arena; /* holds all of the above */
};

/** Build one on the published tip.
 *  pool   NULL: an empty block
 *  clock  gives the block's time, raised to time_min
 *  Returns YC_VALID: the caller releases it. YC_NOT_YET (the chain is not at rest, or the least time is too far ahead of
 *  the clock), YC_INVALID (a tag too long) or YC_SYSTEM, with a sentence; there is nothing to release then. */
enum yc_verdict yc_template_build(struct yc_template *out, struct yc_chain *chain, struct yc_pool *pool,
                                  const struct yc_clock *clock, const struct yc_template_options *options,
                                  struct yc_error *err) YC_MUST_USE;
/** The same with exactly these transactions (each raw), in this order, instead of the pool's choice. */
enum yc_verdict yc_template_build_of(struct yc_template *out, struct yc_chain *chain, const struct yc_clock *clock,
                                     const struct yc_template_options *options, const struct yc_view *txs, size_t count,
                                     struct yc_reject *why, struct yc_error *err) YC_MUST_USE;
void yc_template_release(struct yc_template *t);

/** Bytes of coinbase_tag that always fit. */
#define YC_COINBASE_TAG_MAX 80

/** The same template with another time, keeping it at or above time_min (and its bits, where time decides them). */
void yc_template_set_time(struct yc_template *t, const struct yc_chain *chain, uint32_t time);

/** Search nonces of block (80 bytes of header first), from the present one on: true when one is found, which is then in
 *  place. At most tries; *tried is raised by how many were used. For generatetoaddress on test chains. */
bool yc_template_solve(uint8_t *block_header80, uint64_t tries, uint64_t *tried);

#endif
