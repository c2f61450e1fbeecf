/* Blocks in the making for a chain in memory (unit/node/chain/fixture.h): any transactions behind a coinbase, which can
 * be bent before and after the header is sealed. */
#ifndef YC_TESTS_UNIT_CONSENSUS_ROWS_DRAFT_H
#define YC_TESTS_UNIT_CONSENSUS_ROWS_DRAFT_H

#include "unit/node/chain/fixture.h"

#define DRAFT_TXS_MAX 256

/* A transaction in the making: tx.in and tx.out are in and out. */
struct draft_tx {
    struct yc_tx tx;
    struct yc_txin *in;
    struct yc_txout *out;
};

struct draft {
    struct chain_world *world;
    struct yc_arena arena;
    struct yc_header header; /* merkle_root and nonce are the seal's */
    struct yc_block_hash hash;
    struct draft_tx *tx[DRAFT_TXS_MAX];
    size_t count;
    struct yc_view raw;
};

/** A block on the parent with a coinbase alone, not sealed. extra tells blocks of one parent apart. */
void draft_init(struct draft *d, struct chain_world *w, const struct yc_node *parent, unsigned extra);
void draft_release(struct draft *d);

/** n times the byte; a copy of bytes. */
struct yc_view draft_fill(struct draft *d, uint8_t byte, size_t n);
struct yc_view draft_copy(struct draft *d, const void *p, size_t n);

/** Append a transaction of version 2 whose inputs spend outputs first, first + 1.. of the id and whose outputs share
 *  the value, to OP_TRUE. */
struct draft_tx *draft_add(struct draft *d, const struct yc_txid *id, uint32_t first, uint32_t in_count,
                           int64_t value_sat, uint32_t out_count);
struct yc_txid draft_txid(struct draft *d, const struct draft_tx *t);
/** Give the input a witness of these items. */
void draft_witness(struct draft *d, struct draft_tx *t, const struct yc_view *items, uint32_t count);
/** Let the coinbase commit to all witnesses. */
void draft_commit(struct draft *d);

/** Compute the merkle root, mine, write the bytes. */
void draft_seal(struct draft *d);
/** Only write the bytes: the header stays as it is, as when a relay alters the body. */
void draft_write(struct draft *d);

/** Submit as asked for; then let the chain settle. *out may be NULL. */
enum yc_verdict draft_submit(struct draft *d, const struct yc_node **out, struct yc_reject *why);
/** Seal, submit, and fail the test unless the block is now the tip; its node. */
const struct yc_node *draft_must_be_tip(struct draft *d);

/** Grow the chain until the coinbase of height 1 is mature, and give its id; its value is 50 coins. */
struct yc_txid rows_mature_coin(struct chain_world *w);

#endif
