/* Those who own much of the hash rate and do not publish what they find, clocks that are wrong, and a hash rate that goes
 * away and comes back. */
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

/* --- clocks --- */

#define CLOCK_JUMP_S 6000 /* either way: two of them apart are more than the two hours that a header may be ahead */

static void turn_a_clock(struct sim_run *r)
{
    unsigned i = (unsigned)yc_random_below(&r->chance, r->plan.nodes);
    r->s.node[i].skew_s = (int64_t)yc_random_below(&r->chance, 2 * CLOCK_JUMP_S + 1) - CLOCK_JUMP_S;
}

static void right_clocks(struct sim_run *r)
{
    for (unsigned i = 0; i < r->s.node_count; i++)
        r->s.node[i].skew_s = 0;
}

const struct sim_scenario sim_clocks = {
    .name = "clocks",
    .shows = "wall clocks jump by up to 100 minutes either way, so that blocks of some are too new for others",
    .expects = "a block from the future is taken when its time has come; it is never marked invalid, nor its sender",
    .plan = {.nodes = 16,
             .hours = 24,
             .act_every_us = 20 * SIM_MINUTE_US,
             .pay_every_us = 300 * SIM_SECOND_US,
             .converge_us = 4 * SIM_HOUR_US,
             .world = {SIM_ORDINARY}},
    .act = turn_a_clock,
    .heal = right_clocks,
};

/* --- hash rate that goes and comes back --- */

#define DIFFICULTY_BITS 10 /* a block takes about so many binary digits of tries when all miners work */
#define FALLEN_PERCENT  5

/* Regtest with a difficulty that follows the hash rate; genesis stays. */
struct rate {
    unsigned percent;
    int64_t fell_us, returned_us, recovered_us[2];
    int64_t fall_at_us, return_at_us;
    uint32_t slowest_s;
};

static uint64_t tries_of(uint32_t bits)
{
    struct yc_u256 work = yc_work_of_bits(bits);
    return work.w[0];
}

/* Mean time to the next block: the tries that it takes over the tries that all make in a second. */
static int64_t spacing_by_difficulty(struct sim_run *r)
{
    const struct rate *a = r->state;
    const struct yc_node *t = tip_of(r, 0);
    uint64_t tries = tries_of(t->bits);
    int64_t us = (int64_t)(tries * (uint64_t)(600 * SIM_SECOND_US) >> DIFFICULTY_BITS);
    return us * 100 / (a ? a->percent : 100);
}

static void setup_rate(struct sim_run *r)
{
    struct rate *a = sim_new(1, sizeof *a);
    int64_t third_us = r->plan.hours * SIM_HOUR_US / 3;
    r->state = a;
    a->percent = 100;
    a->fall_at_us = r->s.now_us + third_us;
    a->return_at_us = r->s.now_us + 2 * third_us;
}

/* Recovered: a block takes less than twice, and more than half, of the time that it should. */
static void watch_rate(struct sim_run *r)
{
    struct rate *a = r->state;
    int64_t now_us = r->s.now_us, mean_us = spacing_by_difficulty(r);
    bool well = mean_us < 1200 * SIM_SECOND_US && mean_us > 300 * SIM_SECOND_US;
    if (mean_us / SIM_SECOND_US > a->slowest_s)
        a->slowest_s = (uint32_t)(mean_us / SIM_SECOND_US);
    if (!a->fell_us && now_us >= a->fall_at_us) {
        a->fell_us = now_us;
        a->percent = FALLEN_PERCENT;
    } else if (!a->returned_us && now_us >= a->return_at_us) {
        a->returned_us = now_us;
        a->percent = 100;
    } else if (a->returned_us && well && !a->recovered_us[1]) {
        a->recovered_us[1] = now_us;
    } else if (a->fell_us && !a->returned_us && well && !a->recovered_us[0]) {
        a->recovered_us[0] = now_us;
    }
}

static int64_t minutes(int64_t from_us, int64_t to_us)
{
    return to_us ? (to_us - from_us) / SIM_MINUTE_US : -1;
}

static void restore_rate(struct sim_run *r)
{
    struct rate *a = r->state;
    a->percent = 100;
    sim_fact(r, "fall_recovered_minutes", minutes(a->fell_us, a->recovered_us[0]));
    sim_fact(r, "return_recovered_minutes", minutes(a->returned_us, a->recovered_us[1]));
    sim_fact(r, "slowest_block_s", a->slowest_s);
}

static void expect_rate(struct sim_run *r)
{
    const struct rate *a = r->state;
    if (r->plan.hours >= 144 && r->s.options.params->pow.retarget == YC_RETARGET_ASERT && !a->recovered_us[0])
        sim_fail(&r->s, "ASERT has not recovered from a hash rate of %d %%", FALLEN_PERCENT);
}

#define HASHRATE(retarget_, half_life, window_)                                                                        \
    .plan = {.nodes = 4,                                                                                               \
             .hours = 144,                                                                                             \
             .act_every_us = 2 * SIM_MINUTE_US,                                                                        \
             .pay_every_us = 3600 * SIM_SECOND_US,                                                                     \
             .converge_us = 24 * SIM_HOUR_US,                                                                          \
             .grown_chain = true,                                                                                      \
             .initial_blocks = 900,                                                                                    \
             .retarget = {.kind = retarget_, .half_life_s = half_life, .window = window_},                             \
             .world = {SIM_ORDINARY}},                                                                                 \
    .spacing_us = spacing_by_difficulty, .setup = setup_rate, .act = watch_rate, .heal = restore_rate,                 \
    .expect = expect_rate

const struct sim_scenario sim_hashrate_asert = {
    .name = "hashrate-asert",
    .shows = "95 % of the hash rate leaves for two days and returns; difficulty by ASERT, half-life of six hours",
    .expects = "blocks come at their pace again within a day or so; nothing else suffers",
    HASHRATE(YC_RETARGET_ASERT, 21600, 144),
};

const struct sim_scenario sim_hashrate_window = {
    .name = "hashrate-window",
    .shows = "the same with difficulty by windows of 144 blocks, a fourth at most each time",
    .expects = "it takes as long as the window says, which the report sets beside ASERT's time",
    HASHRATE(YC_RETARGET_WINDOW, 0, 144),
};
