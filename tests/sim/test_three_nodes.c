/* Honest nodes: they find each other, sync, relay blocks and transactions, part and heal. */
#include "sim/pair.h"

#define SEEDS 20

static void sim_of(struct sim *s, uint64_t seed)
{
    sim_init(s, &(struct sim_options){.seed = seed, .latency_us = 20000, .jitter_us = 10000});
}

/* count nodes in a line, each connected to the one before it; the first has blocks. */
static void line_of(struct sim *s, unsigned count, unsigned blocks)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(sim_add_node(s), i);
        if (i > 0)
            sim_add_peer(s, i, i - 1);
        sim_start(s, i);
        if (i == 0)
            sim_mine(s, 0, blocks);
    }
    sim_expect_agreement(s, 0, blocks, 60);
}

static void two_nodes_sync_300_blocks(void **state)
{
    struct sim s;
    (void)state;
    sim_of(&s, 1);
    line_of(&s, 2, 300);
    assert_int_equal(sim_peers(&s, 0), 1);
    assert_int_equal(sim_peers(&s, 1), 1);
    assert_false(yc_core_is_initial_download(s.node[1].core));
    sim_release(&s);
}

/* More headers than one message holds, more blocks than the window. */
static void two_nodes_sync_2500_blocks(void **state)
{
    struct sim s;
    (void)state;
    sim_of(&s, 2);
    line_of(&s, 2, 2500);
    sim_release(&s);
}

struct wanted {
    unsigned node;
    struct yc_txid txid;
};

static bool arrived(struct sim *s, void *ctx)
{
    const struct wanted *w = ctx;
    return sim_has_tx(s, w->node, &w->txid);
}

/* A transaction that spends the coinbase at the height is handed to one node and comes to the other. */
static struct yc_txid relay_tx(struct sim *s, unsigned from, unsigned to, uint32_t height, double seconds)
{
    uint8_t raw[256];
    struct wanted w = {.node = to};
    size_t n = sim_spend(s, from, height, 10000, raw, sizeof raw, &w.txid);
    sim_submit_tx(s, from, yc_view(raw, n));
    if (!sim_run_until(s, seconds, arrived, &w))
        fail_msg("the transaction did not come from node %u to node %u within %f s", from, to, seconds);
    return w.txid;
}

static void three_in_a_line_relay_blocks_both_ways(void **state)
{
    struct sim s;
    (void)state;
    sim_of(&s, 3);
    line_of(&s, 3, 5);
    sim_mine(&s, 0, 1);
    sim_expect_agreement(&s, 0, 6, 2);
    sim_mine(&s, 2, 1);
    sim_expect_agreement(&s, 0, 7, 2);
    sim_mine(&s, 1, 3);
    sim_expect_agreement(&s, 0, 10, 2);
    sim_release(&s);
}

static void three_in_a_line_relay_transactions_both_ways(void **state)
{
    struct sim s;
    (void)state;
    sim_of(&s, 4);
    line_of(&s, 3, 110);
    struct yc_txid a = relay_tx(&s, 0, 2, 1, 5), b = relay_tx(&s, 2, 0, 2, 5);
    sim_mine(&s, 1, 1);
    sim_expect_agreement(&s, 0, 111, 5);
    for (unsigned i = 0; i < 3; i++)
        assert_false(sim_has_tx(&s, i, &a) || sim_has_tx(&s, i, &b));
    sim_release(&s);
}

/* As on a public chain: announced at random moments, asked for after two seconds. */
static void transactions_come_with_random_delays_too(void **state)
{
    struct sim s;
    (void)state;
    sim_init(&s, &(struct sim_options){.seed = 5, .latency_us = 20000, .jitter_us = 10000, .with_delays = true});
    line_of(&s, 3, 110);
    (void)relay_tx(&s, 0, 2, 1, 120);
    (void)relay_tx(&s, 2, 0, 2, 120);
    sim_release(&s);
}

/* A child comes without its parent: it waits, its sender is asked for the parent, and when that comes, from anyone or in a
 * block, it goes in. */
static void orphan(bool mined)
{
    struct sim s;
    struct liar l = {.source = 0};
    uint8_t parent[256], child[256];
    struct yc_txid parent_id, child_id;
    sim_of(&s, 6);
    line_of(&s, 2, 110);
    uint64_t handle = liar_join(&s, &l, 1);
    size_t parent_n = sim_spend(&s, 0, 1, 10000, parent, sizeof parent, &parent_id);
    size_t child_n = sim_spend_output(&parent_id, 50 * YC_COIN - 10000, 10000, child, sizeof child, &child_id);
    yc_peer_send(sim_puppet_peer(&s, handle), YC_MSG_TX, yc_view(child, child_n));
    sim_flush_puppets(&s);
    sim_run(&s, 5);
    assert_int_equal(l.asked_txs, 1);
    assert_false(sim_has_tx(&s, 1, &child_id));
    if (mined) {
        /* Node 1 does not see the parent before it is in a block; the sender stays with it. */
        s.node[2].island = 1;
        sim_set_island(&s, 1, 1);
    }
    sim_submit_tx(&s, 0, yc_view(parent, parent_n));
    /* The parent has no witness: having been asked of the sender it is asked of node 0 when that one's time is over. */
    sim_run(&s, mined ? 5 : 65);
    if (mined) {
        sim_mine(&s, 0, 1);
        assert_false(sim_has_tx(&s, 1, &child_id));
        s.node[2].island = 0;
        sim_set_island(&s, 1, 0);
        sim_expect_agreement(&s, 0, 111, 65);
        sim_run(&s, 5);
    }
    assert_true(sim_has_tx(&s, 1, &parent_id) == !mined);
    assert_true(sim_has_tx(&s, 1, &child_id));
    assert_true(sim_has_tx(&s, 0, &child_id));
    sim_release(&s);
}

static void orphan_goes_in_after_its_parent(void **state)
{
    (void)state;
    orphan(false);
}

static void orphan_goes_in_when_its_parent_is_mined_M11(void **state)
{
    (void)state;
    orphan(true);
}

/* Two halves go on alone; when they meet the longer one wins, and what was mined in the other returns to the pool. */
static void partition_heals_by_reorg(struct sim *s)
{
    uint8_t raw[256];
    struct yc_txid txid;
    line_of(s, 4, 110);
    sim_set_island(s, 2, 1);
    sim_set_island(s, 3, 1);
    sim_run(s, 1);
    size_t n = sim_spend(s, 0, 1, 10000, raw, sizeof raw, &txid);
    sim_submit_tx(s, 0, yc_view(raw, n));
    sim_mine(s, 0, 3);
    sim_mine(s, 3, 5);
    sim_expect_agreement(s, 0, 113, 5);
    sim_expect_agreement(s, 1, 115, 5);
    assert_false(sim_has_tx(s, 0, &txid));
    sim_set_island(s, 2, 0);
    sim_set_island(s, 3, 0);
    sim_expect_agreement(s, 0, 115, 130);
    assert_true(sim_has_tx(s, 0, &txid));
    sim_mine(s, 0, 1);
    sim_expect_agreement(s, 0, 116, 5);
    assert_false(sim_has_tx(s, 0, &txid));
}

static void partition_heals_and_the_transaction_returns(void **state)
{
    struct sim s;
    (void)state;
    sim_of(&s, 7);
    partition_heals_by_reorg(&s);
    sim_release(&s);
}

static uint64_t trace_of(uint64_t seed)
{
    struct sim s;
    sim_of(&s, seed);
    partition_heals_by_reorg(&s);
    uint64_t trace = s.trace;
    sim_release(&s);
    return trace;
}

static void same_seed_same_trace_and_20_seeds_hold(void **state)
{
    uint64_t traces[SEEDS];
    (void)state;
    for (unsigned i = 0; i < SEEDS; i++) {
        traces[i] = trace_of(100 + i);
        for (unsigned k = 0; k < i; k++)
            assert_true(traces[k] != traces[i]);
    }
    assert_true(trace_of(100) == traces[0]);
    assert_true(trace_of(101) == traces[1]);
}

/* What a node stored it has after a restart: chain, pool, peers' addresses. */
static void restart_keeps_chain_and_pool(void **state)
{
    struct sim s;
    uint8_t raw[256];
    struct yc_txid txid;
    (void)state;
    sim_of(&s, 8);
    line_of(&s, 2, 110);
    size_t n = sim_spend(&s, 1, 1, 10000, raw, sizeof raw, &txid);
    sim_submit_tx(&s, 1, yc_view(raw, n));
    sim_run(&s, 3);
    sim_stop(&s, 1);
    sim_mine(&s, 0, 0);
    sim_run(&s, 3);
    sim_start(&s, 1);
    sim_expect_agreement(&s, 0, 110, 30);
    sim_run(&s, 3);
    assert_true(sim_has_tx(&s, 1, &txid));
    assert_true(sim_has_tx(&s, 0, &txid));
    assert_int_equal(sim_peers(&s, 1), 1);
    sim_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_nodes_sync_300_blocks),
        cmocka_unit_test(two_nodes_sync_2500_blocks),
        cmocka_unit_test(three_in_a_line_relay_blocks_both_ways),
        cmocka_unit_test(three_in_a_line_relay_transactions_both_ways),
        cmocka_unit_test(transactions_come_with_random_delays_too),
        cmocka_unit_test(orphan_goes_in_after_its_parent),
        cmocka_unit_test(orphan_goes_in_when_its_parent_is_mined_M11),
        cmocka_unit_test(partition_heals_and_the_transaction_returns),
        cmocka_unit_test(same_seed_same_trace_and_20_seeds_hold),
        cmocka_unit_test(restart_keeps_chain_and_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
