/* A small network under random mining, payments, partitions and restarts: safety all the while, and when it is left in
 * peace every node agrees, on the chain and on the coins. A failing seed is printed; the same seed fails again. */
#include "sim/world.h"
#include "support/unit.h"

#define NODES 6
#define SEEDS 20

static void begin(struct sim *s, uint64_t seed)
{
    sim_init(s, &(struct sim_options){.seed = seed, .latency_us = 30000, .jitter_us = 200000});
    for (unsigned i = 0; i < NODES; i++) {
        assert_int_equal(sim_add_node(s), i);
        if (i > 0)
            sim_add_peer(s, i, (unsigned)yc_random_below(&s->random, i));
        if (i > 2)
            sim_add_peer(s, i, i - 1);
        sim_start(s, i);
        if (i == 0)
            sim_mine(s, 0, 120);
    }
    sim_expect_agreement(s, 0, 120, 120);
}

/* Pay from a random old coinbase; that it may be spent already is no fault. */
static void pay(struct sim *s, unsigned i)
{
    uint8_t raw[256];
    struct yc_txid txid;
    struct yc_pool_reject why;
    uint32_t height = 1 + (uint32_t)yc_random_below(&s->random, 15);
    size_t n = sim_spend(s, i, height, 1000 + (int64_t)yc_random_below(&s->random, 100000), raw, sizeof raw, &txid);
    enum yc_verdict v = yc_core_submit_tx(s->node[i].core, yc_view(raw, n), -1, NULL, &why);
    assert_true(v == YC_VALID || v == YC_POLICY || v == YC_NOT_YET);
}

static void one_thing(struct sim *s)
{
    unsigned i = (unsigned)yc_random_below(&s->random, NODES);
    switch (yc_random_below(&s->random, 8)) {
    case 0:
        sim_set_island(s, i, (unsigned)yc_random_below(&s->random, 2));
        break;
    case 1:
        sim_stop(s, i);
        sim_start(s, i);
        sim_step(s);
        break;
    case 2:
    case 3:
        pay(s, i);
        break;
    default:
        sim_mine(s, i, 1 + (unsigned)yc_random_below(&s->random, 2));
    }
    sim_run(s, (double)yc_random_below(&s->random, 4000000) / 1e6);
}

static void coins_of(struct sim *s, unsigned i, uint8_t out32[32])
{
    struct yc_coins_scan scan;
    struct yc_coins_totals totals;
    struct yc_error err;
    struct yc_core *core = s->node[i].core;
    while (yc_chain_coins_scan(yc_core_chain(core), &scan, &err) == YC_NOT_YET)
        assert_int_not_equal(yc_core_step(core, 5000), YC_STEP_FAILED);
    assert_int_equal(yc_coins_scan_totals(&scan, YC_COINS_HASH_SERIALIZED, NULL, NULL, &totals, &err), YC_VALID);
    yc_coins_scan_close(&scan);
    memcpy(out32, totals.hash32, 32);
}

static void network_in_turmoil_agrees_when_left_in_peace(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sim s;
        uint8_t first[32], other[32];
        uint32_t best = 0;
        unsigned winner = 0;
        begin(&s, seed);
        for (unsigned i = 0; i < 60; i++)
            one_thing(&s);
        for (unsigned i = 0; i < NODES; i++) {
            sim_set_island(&s, i, 0);
            if (sim_height(&s, i) > best) {
                best = sim_height(&s, i);
                winner = i;
            }
        }
        /* Two branches of equal work may stand side by side until a block decides. */
        sim_run(&s, 130);
        sim_mine(&s, winner, 1);
        sim_expect_agreement(&s, 0, best + 1, 60);
        coins_of(&s, 0, first);
        for (unsigned i = 1; i < NODES; i++) {
            coins_of(&s, i, other);
            assert_memory_equal(first, other, 32);
        }
        sim_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_in_turmoil_agrees_when_left_in_peace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
