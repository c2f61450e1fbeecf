/* Blocks of random transactions over a naive model of the coins, to run the coins cache beside. */
#ifndef YC_TESTS_NODE_STORE_WORLD_H
#define YC_TESTS_NODE_STORE_WORLD_H

#include "base/random.h"
#include "consensus/connect.h"

#define WORLD_BLOCKS_MAX 512

struct world_coin {
    struct yc_outpoint at;
    struct yc_coin coin; /* its script lives in the world's arena */
};

/* The coins after a block, in no order. */
struct world_state {
    struct world_coin *coin;
    size_t count;
};

struct world_block {
    struct yc_block block; /* txs with made-up ids; header and raw are unused */
    struct yc_spent_coins spent;
    uint32_t height;
    int parent;               /* index in world.block, -1: none */
    struct world_state state; /* after it */
};

struct world {
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_arena arena;
    struct world_block block[WORLD_BLOCKS_MAX];
    int count;
    uint64_t made; /* transactions so far, which makes ids unique */
};

void world_init(struct world *w, uint64_t seed);
void world_release(struct world *w);

/* A script of some kind: every template, empty, odd, long. */
struct yc_view world_script(struct world *w);

/* Make a block on top of block number parent (-1: on nothing, height 1); returns its number. */
int world_extend(struct world *w, int parent);

/* The state after block number n, or the empty one for -1. */
struct world_state world_state_at(const struct world *w, int n);
/* The number of the block with this hash; -1 for zeros. */
int world_find(const struct world *w, const struct yc_block_hash *hash);
/* The hash of block n; zeros for -1. */
struct yc_block_hash world_hash(const struct world *w, int n);
/* The last block that both descend from; -1 when none. */
int world_fork(const struct world *w, int a, int b);

#endif
