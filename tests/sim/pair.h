/* What tests with hostile peers begin and end with. */
#ifndef YC_TESTS_SIM_PAIR_H
#define YC_TESTS_SIM_PAIR_H

#include "sim/liar.h"
#include "support/unit.h"

/** A world with short latencies. */
void quick_sim(struct sim *s, uint64_t seed);
/** Nodes 0 and 1, honest, connected, with so many blocks. */
void honest_pair(struct sim *s, uint64_t seed, unsigned blocks);
/** The same, and heap, which is made here and must outlive the world, tells what node 1 holds. */
void measured_pair(struct sim *s, struct yc_heap_capped *heap, uint64_t seed, unsigned blocks);
/** The two honest nodes still work together, and the liar is gone or not. */
void expect_honest_go_on(struct sim *s, const struct liar *l, bool gone);

#endif
