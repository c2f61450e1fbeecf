/* Clocks that are wrong, times that lie, and a hash rate that goes away and comes back. */
#include "consensus/pow.h"
#include "node/template/template.h"
#include "sim/internal.h"
#include "sim/rows.h"

#include <stdlib.h>

static const struct yc_node *tip_of(struct sim_run *r, unsigned i)
{
    return yc_chain_tip(yc_core_chain(r->s.node[i].core));
}

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
             .hours = 12,
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

/* Mean time to the next block when all work: the tries that it takes over the tries that all make in a second. */
static int64_t spacing_of_all(struct sim_run *r)
{
    uint64_t tries = tries_of(tip_of(r, 0)->bits);
    return (int64_t)(tries * (uint64_t)(600 * SIM_SECOND_US) >> DIFFICULTY_BITS);
}

static int64_t spacing_by_difficulty(struct sim_run *r)
{
    const struct rate *a = r->state;
    return spacing_of_all(r) * 100 / (a ? a->percent : 100);
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

/* --- times that lie --- */

#define WARP_WINDOW  144
#define WARP_INITIAL 900
#define WARP_FACTOR  4  /* the attack has done its harm when a block takes so many times fewer tries */
#define WARP_SHARE   95 /* percent of the hash rate that the attackers have */

/* Each period's blocks but the last carry the least time that there may be, the last one the true time: the period looks as
 * if it had taken since the attack began, and blocks become ever easier, unless the first block of a period may not lie
 * far before the last of the one before (BIP 54, BIP 94). */
struct warp {
    unsigned node;
    bool done; /* the harm is done: the attackers go on like everybody else */
    uint64_t tries_first, tries_least;
    uint32_t height_first;
    int64_t begun_us;
    uint64_t refused;
};

static void setup_warp(struct sim_run *r)
{
    struct warp *a = sim_new(1, sizeof *a);
    uint64_t others = 0;
    r->state = a;
    a->node = sim_add_attacker(r);
    for (unsigned i = 0; i < r->plan.nodes; i++) {
        others += r->share[i];
        sim_introduce(&r->s, a->node, i);
    }
    r->share[a->node] = (uint32_t)(others * WARP_SHARE / (100 - WARP_SHARE));
    a->tries_first = a->tries_least = tries_of(tip_of(r, 0)->bits);
    a->height_first = tip_of(r, 0)->height;
    a->begun_us = r->s.now_us;
}

/* A block of the attackers with this time. The caller frees out->p. */
static void make_warped(struct sim_run *r, unsigned i, int64_t time_s, struct yc_view *out)
{
    struct yc_header h;
    uint64_t tried = 0;
    sim_make_block(&r->s, i, out);
    uint8_t *raw = (uint8_t *)(uintptr_t)out->p;
    yc_header_read(&h, raw);
    h.time = (uint32_t)time_s;
    h.nonce = 0;
    yc_header_write(&h, raw);
    if (!yc_template_solve(raw, UINT32_MAX, &tried))
        sim_fail(&r->s, "the attackers find no nonce");
}

/* The first block of a period whose time lies as far back as it can: whoever is handed it must refuse it, for that reason. */
static void offer_warped(struct sim_run *r, const struct yc_node *tip)
{
    struct warp *a = r->state;
    struct yc_view raw;
    struct yc_reject why;
    unsigned to = sim_any_node(r);
    if (to == UINT32_MAX || tip_of(r, to) == NULL || !yc_block_hash_equal(&tip_of(r, to)->hash, &tip->hash))
        return;
    make_warped(r, a->node, yc_node_median_time(tip) + 1, &raw);
    enum yc_verdict v = yc_core_submit_block(r->s.node[to].core, raw, NULL, NULL, &why);
    free((void *)(uintptr_t)raw.p);
    sim_touch(&r->s, to);
    if (v != YC_INVALID || why.code != YC_REJ_HEADER_TIMEWARP)
        sim_fail(&r->s, "node %u does not refuse a period that begins long before the last one ended: %s", to,
                 v == YC_VALID ? "it takes the block" : yc_reject_string(why.code));
    a->refused++;
}

static bool mine_warped(struct sim_run *r, unsigned i)
{
    struct warp *a = r->state;
    struct yc_view raw;
    struct yc_reject why;
    const struct yc_node *tip = tip_of(r, i);
    const struct yc_chain_params *params = r->s.options.params;
    if (i != a->node || a->done)
        return false;
    struct yc_ancestors ancestors = yc_node_ancestors(tip);
    uint32_t at = (tip->height + 1) % WARP_WINDOW;
    if (at == 0 && yc_rule_active(params->rules.bip54, tip->height + 1) &&
        yc_time_min(params, &ancestors) > yc_node_median_time(tip) + 1)
        offer_warped(r, tip);
    int64_t least_s = yc_time_min(params, &ancestors), now_s = yc_wall_s(&r->s.node[i].clock);
    make_warped(r, i, at == WARP_WINDOW - 1 && now_s > least_s ? now_s : least_s, &raw);
    if (yc_core_submit_block(r->s.node[i].core, raw, NULL, NULL, &why) != YC_VALID)
        sim_fail(&r->s, "the attackers' node refuses their block: %s", yc_reject_string(why.code));
    free((void *)(uintptr_t)raw.p);
    r->result->blocks++;
    sim_touch(&r->s, i);
    return true;
}

static void watch_warp(struct sim_run *r)
{
    struct warp *a = r->state;
    uint64_t tries = tries_of(tip_of(r, 0)->bits);
    a->tries_least = tries < a->tries_least ? tries : a->tries_least;
    a->done |= tries * WARP_FACTOR <= a->tries_first;
}

/* Blocks of the phase in percent of those that the schedule has for so long. */
static void end_warp(struct sim_run *r)
{
    struct warp *a = r->state;
    int64_t due = (r->s.now_us - a->begun_us) / (600 * SIM_SECOND_US);
    a->done = true;
    sim_fact(r, "blocks_percent", ((int64_t)tip_of(r, 0)->height - a->height_first) * 100 / (due ? due : 1));
    sim_fact(r, "difficulty_percent_least", (int64_t)(a->tries_least * 100 / a->tries_first));
    sim_fact(r, "warped_refused", (int64_t)a->refused);
}

/* With BIP 54 a period may claim two hours more than it took: of the 24 that it has here, a tenth. Chance adds its part. */
static void expect_no_warp(struct sim_run *r)
{
    const struct warp *a = r->state;
    if (a->tries_least * 100 < a->tries_first * 45)
        sim_fail(&r->s, "blocks became easier than %lld %% of what they were, though the rule forbids it",
                 (long long)(a->tries_least * 100 / a->tries_first));
    if (r->plan.hours >= 100 && a->refused == 0)
        sim_fail(&r->s, "in %lld hours no block showed whether the rule holds", (long long)r->plan.hours);
}

static void expect_warp(struct sim_run *r)
{
    const struct warp *a = r->state;
    if (r->plan.hours >= 100 && a->tries_least * WARP_FACTOR > a->tries_first)
        sim_fail(&r->s, "the attack did not work although no rule is against it: it says nothing about the rule");
}

#define WARP(off_, expect_)                                                                                            \
    .plan = {.nodes = 4,                                                                                               \
             .extra = 1,                                                                                               \
             .hours = 168,                                                                                             \
             .act_every_us = 5 * SIM_MINUTE_US,                                                                        \
             .pay_every_us = 3600 * SIM_SECOND_US,                                                                     \
             .converge_us = 24 * SIM_HOUR_US,                                                                          \
             .grown_chain = true,                                                                                      \
             .initial_blocks = WARP_INITIAL,                                                                           \
             .retarget = {.kind = YC_RETARGET_WINDOW, .window = WARP_WINDOW, .bip54_off = off_},                       \
             .world = {SIM_ORDINARY}},                                                                                 \
    .spacing_us = spacing_of_all, .setup = setup_warp, .act = watch_warp, .mine = mine_warped, .heal = end_warp,       \
    .expect = expect_

const struct sim_scenario sim_timewarp = {
    .name = "timewarp",
    .shows =
        "95 % of the hash rate stamps its blocks so that every period of 144 looks longer than it was; BIP 54 holds",
    .expects = "the first block of a period is refused when it lies far before the last one; difficulty stays",
    WARP(false, expect_no_warp),
};

const struct sim_scenario sim_timewarp_open = {
    .name = "timewarp-open",
    .shows = "the same attack on the same chain without BIP 54, to see that it is one",
    .expects = "blocks become four times as easy within days, which the report sets beside the chain with the rule",
    WARP(true, expect_warp),
};
