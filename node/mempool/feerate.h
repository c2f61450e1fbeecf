/* Fee rates compared and applied without rounding: fees over sizes are fractions. Any thread. */
#ifndef YC_NODE_MEMPOOL_FEERATE_H
#define YC_NODE_MEMPOOL_FEERATE_H

#include <stdint.h>

/** -1, 0 or 1 as fee_a/size_a is less than, equal to or more than fee_b/size_b. Fees may be negative (deltas); sizes are
 *  1..2^63-1. Exact: the products have 128 bits. */
int yc_fee_rate_compare(int64_t fee_a, uint64_t size_a, int64_t fee_b, uint64_t size_b);

/** The fee that a rate asks for this size, rounded up; 0 for rates of 0 and below. Rates up to 2^53 and sizes up to
 *  2^32; what would not fit into int64_t is INT64_MAX. */
int64_t yc_fee_at_rate(int64_t sat_per_kvb, uint64_t vbytes);

/** The rate of a package, rounded down; 0 for fees of 0 and below. */
int64_t yc_fee_rate_of(int64_t fee_sat, uint64_t vbytes);

#endif
