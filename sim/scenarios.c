/* The table of all scenarios, and those in which nobody is hostile. */
#include "sim/checks.h"
#include "sim/rows.h"

/* Blocks travel within seconds: of a hundred that are found, one or two cross another one on the way. */
static void expect_few_stale(struct sim_run *r)
{
    if (r->result->blocks > 50 && r->result->stale * 20 > r->result->blocks)
        sim_fail(&r->s, "%u of %u blocks are not on the chain, though nobody did any harm", r->result->stale,
                 r->result->blocks);
}

static const struct sim_scenario plain = {
    .name = "plain",
    .shows = "honest nodes, blocks and payments, links of unequal speed",
    .expects = "one chain, the same coins, few stale blocks",
    .plan = {.nodes = 20, .hours = 12, .pay_every_us = 60 * SIM_SECOND_US, .world = {SIM_ORDINARY}},
    .expect = expect_few_stale,
};

/* --- partition --- */

static void part(struct sim_run *r)
{
    bool together = sim_chance_percent(&r->chance, 40);
    unsigned islands = 2 + (unsigned)yc_random_below(&r->chance, 2);
    for (unsigned i = 0; i < r->s.node_count; i++)
        sim_set_island(&r->s, i, together ? 0 : (unsigned)yc_random_below(&r->chance, islands));
}

static const struct sim_scenario partition = {
    .name = "partition",
    .shows = "the network falls into two or three parts that mine alone, and is whole again, over and over",
    .expects = "healed, all follow the most work; what the other side mined returns to the pools",
    .plan = {.nodes = 16,
             .hours = 12,
             .act_every_us = 2 * SIM_HOUR_US,
             .pay_every_us = 120 * SIM_SECOND_US,
             .world = {SIM_ORDINARY}},
    .act = part,
};

/* --- churn --- */

static void come_or_go(struct sim_run *r)
{
    unsigned i = (unsigned)yc_random_below(&r->chance, r->plan.nodes);
    if (!r->s.node[i].core)
        sim_start(&r->s, i);
    else if (sim_chance_percent(&r->chance, 50))
        sim_stop(&r->s, i);
    else
        (void)sim_break_link(&r->s, i);
}

static const struct sim_scenario churn = {
    .name = "churn",
    .shows = "nodes stop and start and connections break, every few minutes",
    .expects = "whoever comes back catches up; nobody is banned for leaving",
    .plan = {.nodes = 20,
             .hours = 12,
             .act_every_us = 4 * SIM_MINUTE_US,
             .pay_every_us = 120 * SIM_SECOND_US,
             .world = {SIM_ORDINARY}},
    .act = come_or_go,
};

/* --- crashes --- */

/* Half of the nodes go on while a disk writes their blocks, which takes it up to a second; the others wait for theirs. */
static void slow_disks(struct sim_run *r)
{
    for (unsigned i = 0; i < r->plan.nodes; i += 2) {
        sim_stop(&r->s, i);
        r->s.node[i].disk.speed.commit_us = 1 + (int64_t)yc_random_below(&r->chance, (uint64_t)SIM_SECOND_US);
        sim_start(&r->s, i);
    }
}

/* About 30 % of the nodes are down at any time. */
static void crash_or_return(struct sim_run *r)
{
    unsigned i = (unsigned)yc_random_below(&r->chance, r->plan.nodes);
    if (!r->s.node[i].core) {
        sim_start(&r->s, i);
        sim_run(&r->s, 1);
        sim_check_acknowledged(r, i);
    } else if (sim_chance_percent(&r->chance, 43)) {
        sim_crash(&r->s, i);
    }
}

static const struct sim_scenario crashes = {
    .name = "crashes",
    .shows = "power failures: 30 % of the nodes are down; disks lose what was not synced, or half of a write",
    .expects = "no block that a node showed is lost; each comes back without help",
    .plan = {.nodes = 16,
             .hours = 12,
             .act_every_us = 5 * SIM_MINUTE_US,
             .pay_every_us = 120 * SIM_SECOND_US,
             .world = {SIM_ORDINARY, .disk = {.sync_us = 8000, .operation_us = 50, .bytes_per_s = 100000000}}},
    .setup = slow_disks,
    .act = crash_or_return,
};

const struct sim_scenario *const sim_scenarios[] = {&plain,
                                                    &partition,
                                                    &churn,
                                                    &crashes,
                                                    &sim_selfish,
                                                    &sim_rewrite,
                                                    &sim_doublespend,
                                                    &sim_doublespend_near,
                                                    &sim_eclipse,
                                                    &sim_header_spam,
                                                    &sim_header_spam_young,
                                                    &sim_floods,
                                                    &sim_stall,
                                                    &sim_mutated,
                                                    &sim_compact,
                                                    &sim_clocks,
                                                    &sim_timewarp,
                                                    &sim_timewarp_open,
                                                    &sim_hashrate_asert,
                                                    &sim_hashrate_window,
                                                    NULL};

const struct sim_scenario *sim_scenario_named(const char *name)
{
    for (size_t k = 0; sim_scenarios[k]; k++)
        if (strcmp(sim_scenarios[k]->name, name) == 0)
            return sim_scenarios[k];
    return NULL;
}
