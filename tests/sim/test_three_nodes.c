/* Two and three honest nodes: they find each other, sync, and relay blocks and transactions. */
#include "sim/world.h"

static void sim_of(struct sim *s, uint64_t seed)
{
    sim_init(s, &(struct sim_options){.seed = seed, .latency_us = 20000, .jitter_us = 10000});
}

/* A node with 300 blocks, and one that has none. */
static void two_nodes_sync_300_blocks(void **state)
{
    struct sim s;
    (void)state;
    sim_of(&s, 1);
    unsigned a = sim_add_node(&s), b = sim_add_node(&s);
    sim_add_peer(&s, b, a);
    sim_start(&s, a);
    sim_mine(&s, a, 300);
    sim_start(&s, b);
    sim_expect_agreement(&s, 0, 300, 60);
    assert_int_equal(sim_peers(&s, a), 1);
    assert_int_equal(sim_peers(&s, b), 1);
    assert_false(yc_core_is_initial_download(s.node[b].core));
    sim_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_nodes_sync_300_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
