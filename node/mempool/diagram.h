/* How fees gather when blocks take a cluster: the best first, each with the ancestors that it needs, in the order in which
 * node/template takes them. A chunk is what goes together; a diagram is the sum of fees over the sum of weights, chunk by
 * chunk. Of two sets of transactions, the better for every block, whatever its size, is that whose diagram is nowhere
 * lower. For node/mempool alone. */
#ifndef YC_NODE_MEMPOOL_DIAGRAM_H
#define YC_NODE_MEMPOOL_DIAGRAM_H

#include "node/mempool/pool.h"

struct yc_chunk {
    int64_t fee_sat; /* with deltas */
    uint64_t weight; /* sigop-adjusted */
};

/* In the pool's scratch arena. */
struct yc_diagram {
    struct yc_chunk *chunk;
    size_t n, cap;
};

/** Add the chunks of one cluster: a list through walk_next, as the last walk of the pool gave it.
 *  Cost    n² for n members, and n³/64 for the order.
 *  Returns false without memory. */
bool yc_diagram_add(struct yc_diagram *d, struct yc_pool *p, struct yc_pool_node *cluster) YC_MUST_USE;

/** Is after nowhere lower than before, and somewhere higher? Beyond its last chunk a diagram goes on level. Sorts both. */
bool yc_diagram_improves(struct yc_diagram *before, struct yc_diagram *after);

/** The sum, kept within what differences can be made of: deltas are an operator's and may add up to anything. */
int64_t yc_fee_sum(int64_t a_sat, int64_t b_sat);

#endif
