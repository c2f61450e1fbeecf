/* A chain for fuzz targets that is judged by looking it up: a tree of some two thousand small blocks, made once, of which a
 * run knows some headers and some bodies. It stands behind struct yc_chain_view as the node's own chain does, and is so
 * simple that what a target finds is a fault of what stands on it. One thread. */
#ifndef YC_TESTS_FUZZ_MODEL_CHAIN_H
#define YC_TESTS_FUZZ_MODEL_CHAIN_H

#include "net/proto/chain_view.h"
#include "net/relay/compact.h"

/* The blocks by number: the trunk's are their heights. One branch is longer than it; another, the longest, is spoiled by its
 * first block, which its header does not show. */
#define MODEL_TRUNK   2100u
#define MODEL_BETTER  2080u /* where the better branch leaves the trunk */
#define MODEL_WRONG   2060u /* where the spoiled one does */
#define MODEL_LONGER  40u   /* blocks of the better branch */
#define MODEL_WORSE   70u   /* blocks of the spoiled one */
#define MODEL_BLOCKS  (MODEL_TRUNK + 1 + MODEL_LONGER + MODEL_WORSE)
#define MODEL_END     (MODEL_TRUNK + MODEL_LONGER) /* the last block of the better branch: the best there is */
#define MODEL_LAST    (MODEL_BLOCKS - 1)           /* the last block of the spoiled branch */
#define MODEL_SPOILED (MODEL_END + 1)
#define MODEL_NONE    UINT32_MAX

#define MODEL_TXS         4u
#define MODEL_TX_BYTES    60u
#define MODEL_BLOCK_BYTES (YC_HEADER_BYTES + 1 + MODEL_TXS * MODEL_TX_BYTES)

#define MODEL_START_S  1600000000
#define MODEL_SPACE_S  60
#define MODEL_SECRET_I 2040u /* transactions of blocks from here on may wait in the pool */

struct model_chain {
    struct yc_chain_view view; /* its ctx is this struct, which therefore must not move */
    bool known[MODEL_BLOCKS], body[MODEL_BLOCKS], failed[MODEL_BLOCKS];
    int64_t source[MODEL_BLOCKS]; /* who gave the body */
    bool unvouched[MODEL_BLOCKS];
    uint32_t tip, best, floor_height; /* floor: of a chain that is worth storing */
    bool caught_up, at_once;          /* at_once: a wrong body is found out when it comes, not when it is connected */
    int64_t now_s;
    uint8_t pool; /* bit i: transaction i of each block waits in the pool */
};

/** A run's chain: the trunk's bodies up to start are there. */
void model_init(struct model_chain *c, uint32_t start);

uint32_t model_height(uint32_t block);
/** The block of that height on the branch that ends in block; MODEL_NONE above it. */
uint32_t model_ancestor(uint32_t block, uint32_t height);
const struct yc_block_hash *model_hash(uint32_t block);
const uint8_t *model_header80(uint32_t block);
/** MODEL_NONE: no block of this tree. */
uint32_t model_find(const struct yc_block_hash *hash);
void model_body(uint32_t block, uint8_t out[MODEL_BLOCK_BYTES]);
/** Append the block as a cmpctblock payload. */
void model_compact(uint32_t block, struct yc_buf *out);

/** Connect the next block of the best branch whose bodies are here, or find that it is invalid; *block says which, valid
 *  how it went. False: there is none. */
bool model_connect(struct model_chain *c, uint32_t *block, bool *valid);
/** For struct yc_compact_source: all that waits in the pool. */
void model_offer_all(void *ctx, struct yc_compact *c);

#endif
