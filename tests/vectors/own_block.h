/* The ordinary blocks of tests/vectors/own: made here and in generate.py byte by byte alike, so that the files need not
 * hold them.
 *
 * The coinbase has version 1, the height's push and a push of the case's number (4 bytes, little-endian) as its script,
 * pays the subsidy to OP_TRUE, and where a transaction has a witness commits to all of them with a nonce of zeros. The
 * header has the least nonce that is good. */
#ifndef YC_TESTS_VECTORS_OWN_BLOCK_H
#define YC_TESTS_VECTORS_OWN_BLOCK_H

#include "consensus/pow.h"

#define OWN_BITS      0x207fffffu
#define OWN_VERSION   0x20000000u
#define OWN_SPACING_S 600

struct own_place {
    const struct yc_chain_params *params;
    struct yc_block_hash prev;
    uint32_t height, time; /* of the block */
};

struct own_txs {
    const struct yc_tx *tx; /* parsed from their bytes */
    size_t count;
};

/* The ids of the transactions that made the file's coins, in its order. */
struct own_ids {
    uint8_t (*id)[32];
    size_t count;
};

/** Bytes in the arena from hex in which (xx*n) stands for n bytes xx and <i> for the i-th id. False when it cannot be
 *  read. */
bool own_bytes(struct yc_arena *arena, const struct own_ids *ids, struct yc_view text, struct yc_view *out) YC_MUST_USE;

/** The ordinary block with this number: its bytes in the arena, and its hash. False when there is no memory. */
bool own_block(struct yc_view *raw, struct yc_block_hash *hash, const struct own_place *place, uint32_t number,
               const struct own_txs *txs, struct yc_arena *arena) YC_MUST_USE;

#endif
