/* Those who own much of the hash rate and do not publish what they find. */
#include "sim/internal.h"
#include "sim/rows.h"

/* --- a secret chain --- */

struct secret {
    unsigned node;          /* alone on an island */
    uint32_t public_height; /* at the last look */
    uint32_t published;     /* of its chain, up to here */
    unsigned percent;
    uint32_t depth; /* of the rewrite */
    struct yc_block_hash tip;
    bool stronger;
};

static const struct yc_node *tip_of(struct sim_run *r, unsigned i)
{
    return yc_chain_tip(yc_core_chain(r->s.node[i].core));
}

/* The attacker gets percent of all hash rate. */
static void begin_secret(struct sim_run *r, unsigned percent)
{
    struct secret *a = sim_new(1, sizeof *a);
    uint64_t others = 0;
    r->state = a;
    a->percent = percent;
    a->node = sim_add_attacker(r);
    sim_set_island(&r->s, a->node, 1);
    for (unsigned i = 0; i < r->plan.nodes; i++)
        others += r->share[i];
    r->share[a->node] = (uint32_t)(others * percent / (100 - percent));
    sim_fact(r, "attacker_percent", percent);
}

static bool mine_in_secret(struct sim_run *r, unsigned i)
{
    const struct secret *a = r->state;
    if (i == a->node)
        sim_find_block(r, i);
    return i == a->node;
}

/* An honest node of the most work. */
static unsigned best_honest(struct sim_run *r)
{
    unsigned best = 0;
    for (unsigned i = 1; i < r->plan.nodes; i++)
        if (yc_node_work_compare(tip_of(r, i), tip_of(r, best)) > 0)
            best = i;
    return best;
}

/* --- selfish mining --- */

/* Show the secret chain up to this height to a third of the nodes: the attacker is well connected. */
static void publish(struct sim_run *r, uint32_t height)
{
    struct secret *a = r->state;
    unsigned first = (unsigned)yc_random_below(&r->chance, 3);
    for (unsigned i = first; i < r->plan.nodes; i += 3)
        sim_copy_blocks(r, a->node, i, height);
    a->published = height;
}

/* Eyal and Sirer, "Majority is not enough" (2013): with a lead of two or more, answer each block by one of one's own; with
 * one, give all; behind, begin anew. */
static void look_and_publish(struct sim_run *r)
{
    struct secret *a = r->state;
    unsigned honest = best_honest(r);
    const struct yc_node *theirs = tip_of(r, honest), *ours = tip_of(r, a->node);
    const struct yc_node *fork = yc_chain_find(yc_core_chain(r->s.node[a->node].core), &theirs->hash) ? theirs : NULL;
    bool moved = theirs->height != a->public_height;
    a->public_height = theirs->height;
    if (fork && yc_chain_has(yc_core_chain(r->s.node[a->node].core), fork))
        return; /* the public chain is a part of the secret one */
    if (theirs->height > ours->height)
        sim_copy_blocks(r, honest, a->node, theirs->height);
    else if (moved && ours->height - theirs->height <= 1)
        publish(r, ours->height);
    else if (moved && a->published < theirs->height)
        publish(r, theirs->height);
}

static void setup_selfish(struct sim_run *r)
{
    begin_secret(r, 25 + (unsigned)yc_random_below(&r->chance, 21));
}

static void end_secret(struct sim_run *r)
{
    struct secret *a = r->state;
    unsigned honest = best_honest(r);
    const struct yc_node *ours = tip_of(r, a->node), *theirs = tip_of(r, honest);
    const struct yc_node *shared = ours;
    while (!yc_chain_find(yc_core_chain(r->s.node[honest].core), &shared->hash))
        shared = shared->parent;
    a->stronger = yc_node_work_compare(ours, theirs) > 0;
    a->depth = theirs->height > shared->height ? theirs->height - shared->height : 0;
    a->tip = ours->hash;
    sim_fact(r, "secret_lead_at_the_end", (int64_t)ours->height - (int64_t)theirs->height);
    r->share[a->node] = 0;
    sim_copy_blocks(r, a->node, honest, ours->height);
}

/* What part of the final chain is the attacker's. */
static void report_revenue(struct sim_run *r)
{
    const struct secret *a = r->state;
    const struct yc_chain *chain = yc_core_chain(r->s.node[0].core);
    uint32_t top = yc_chain_tip(chain)->height, honest = 0, first = 113;
    for (uint32_t h = first; h <= top; h++)
        honest += yc_map_get(&r->honest, yc_chain_at(chain, h)->hash.b) != NULL;
    uint32_t grown = top - first + 1;
    sim_fact(r, "attacker_blocks_percent", grown ? (int64_t)(grown - honest) * 100 / grown : 0);
    if (honest == 0)
        sim_fail(&r->s, "no block of an honest miner is left, though the attacker has %u %% of the hash rate",
                 a->percent);
}

const struct sim_scenario sim_selfish = {
    .name = "selfish",
    .shows =
        "a miner with 25 to 45 % of the hash rate hides its blocks and shows them when that costs the others theirs",
    .expects = "the chain stays one, no block is called invalid; what the attacker gains is reported",
    .plan = {.nodes = 12,
             .extra = 1,
             .hours = 24,
             .act_every_us = 20 * SIM_SECOND_US,
             .pay_every_us = 300 * SIM_SECOND_US,
             .world = {SIM_ORDINARY}},
    .setup = setup_selfish,
    .act = look_and_publish,
    .mine = mine_in_secret,
    .heal = end_secret,
    .expect = report_revenue,
};

/* --- a majority rewrites --- */

static void setup_rewrite(struct sim_run *r)
{
    begin_secret(r, 51 + (unsigned)yc_random_below(&r->chance, 20));
}

/* Most work wins: that is the rule, and it holds for attackers too. */
static void expect_most_work(struct sim_run *r)
{
    const struct secret *a = r->state;
    const struct yc_chain *chain = yc_core_chain(r->s.node[0].core);
    const struct yc_node *n = yc_chain_find(chain, &a->tip);
    sim_fact(r, "rewritten_blocks", a->stronger ? a->depth : 0);
    if (a->stronger && (!n || !yc_chain_has(chain, n)))
        sim_fail(&r->s, "the secret chain had more work, and the network did not follow it");
    if (a->stronger && r->result->reorg_depth_max < a->depth)
        sim_fail(&r->s, "%u blocks were rewritten, but the deepest reorganisation was of %u", a->depth,
                 r->result->reorg_depth_max);
}

const struct sim_scenario sim_rewrite = {
    .name = "rewrite",
    .shows = "a miner with 51 to 70 % of the hash rate mines alone for hours, then shows a longer chain",
    .expects = "every node follows it; payments of the old chain return to the pools, the coins add up",
    .plan = {.nodes = 12, .extra = 1, .hours = 16, .pay_every_us = 120 * SIM_SECOND_US, .world = {SIM_ORDINARY}},
    .setup = setup_rewrite,
    .mine = mine_in_secret,
    .heal = end_secret,
    .expect = expect_most_work,
};
