#include "sim/pair.h"

void quick_sim(struct sim *s, uint64_t seed)
{
    sim_init(s, &(struct sim_options){.seed = seed, .latency_us = 20000, .jitter_us = 10000});
}

static void begin(struct sim *s, uint64_t seed, unsigned blocks, const struct yc_alloc *of_second)
{
    quick_sim(s, seed);
    assert_int_equal(sim_add_node(s), 0);
    assert_int_equal(sim_add_node(s), 1);
    s->node[1].alloc = of_second;
    sim_add_peer(s, 1, 0);
    sim_start(s, 0);
    sim_mine(s, 0, blocks);
    sim_start(s, 1);
    sim_expect_agreement(s, 0, blocks, 60);
}

void honest_pair(struct sim *s, uint64_t seed, unsigned blocks)
{
    begin(s, seed, blocks, NULL);
}

void measured_pair(struct sim *s, struct yc_heap_capped *heap, uint64_t seed, unsigned blocks)
{
    yc_heap_capped_init(heap, SIZE_MAX);
    begin(s, seed, blocks, &heap->alloc);
}

void expect_honest_go_on(struct sim *s, const struct liar *l, bool gone)
{
    uint32_t height = sim_height(s, 0);
    sim_mine(s, 0, 1);
    sim_expect_agreement(s, 0, height + 1, 5);
    sim_mine(s, 1, 1);
    sim_expect_agreement(s, 0, height + 2, 5);
    assert_int_equal(l->puppet.closed, gone);
}
