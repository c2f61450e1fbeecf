/* Which transactions of the pool a block should hold. Not for use outside node/template. */
#ifndef YC_NODE_TEMPLATE_SELECT_H
#define YC_NODE_TEMPLATE_SELECT_H

#include "node/mempool/mempool.h"

struct yc_selection_limits {
    uint64_t weight_max; /* of all chosen together */
    uint64_t sigop_cost_max;
    int64_t min_sat_per_kvb;         /* packages that pay less are left out */
    uint32_t height;                 /* of the block */
    bool witness;                    /* may the block hold witnesses? */
    uint32_t unconfirmed_inputs_max; /* of entries that lanes alone have judged: others wait for the next template */
    int64_t mtp_s;                   /* lock-time clock: median time past of its parent */
};

struct yc_selection {
    const struct yc_pool_entry **entry; /* in the arena; parents before children */
    uint32_t count;
    uint64_t weight, sigop_cost;
    uint32_t unconfirmed_inputs;
    bool left_unconfirmed; /* some were left out that lanes alone have judged */
    int64_t fees_sat;      /* true fees, without deltas */
};

/** Choose by the fee rate of each transaction together with its unchosen ancestors, best first; what no longer fits is
 *  passed over. Borrowed pointers into the pool. Cost O(n log n) plus relatives. False: the arena is full. */
bool yc_select(struct yc_selection *out, const struct yc_pool *pool, const struct yc_selection_limits *limits,
               struct yc_arena *arena) YC_MUST_USE;

#endif
