/* The scripts of a transaction on trial. They run under standard flags and then under the flags of the next block, and
 * what libsecp256k1 decides one by one is the verdict. The lanes of a signature engine may save that work where all of a
 * transaction's signatures turn out good, which is the usual case; what they do not vouch for runs again exactly, so that
 * neither verdict nor reason depends on them. */
#include "consensus/script/standard.h"
#include "node/mempool/attempt.h"
#include "node/mempool/memo.h"

/* Room that is kept for the next input, so that inputs of a few signatures never find the collector full. */
#define SPARE 32

static enum yc_verdict script_failed(struct yc_attempt *a, const struct yc_spend *spend, uint32_t input,
                                     enum yc_script_error error, uint32_t flags, uint32_t consensus)
{
    struct yc_tx_coins t = {&a->tx, a->coin};
    (void)yc_reject_set(&a->why->rule, YC_REJ_BLOCK_SCRIPT, YC_NO_INDEX, input);
    a->why->rule.script_error = error;
    if (!a->tx.has_witness && yc_policy_wants_witness(&t))
        return YC_MUTATED;
    /* Blame the sender only for what no block may hold (catalogue C30). */
    if (flags == consensus ||
        yc_script_verify(spend, input, consensus, yc_checker_now(), a->p->machine) != YC_SCRIPT_OK)
        return YC_INVALID;
    return yc_policy_refuse(a->why, YC_POLICY_SCRIPT, "%s", "");
}

/* No block has the hash of zeros, so that no exception applies. */
uint32_t yc_attempt_block_flags(const struct yc_attempt *a)
{
    static const struct yc_block_hash to_come;
    return yc_script_flags_at(yc_chain_params_of(a->p->chain), a->height, &to_come);
}

/* The transaction with what it spends, in the scratch arena. NULL without memory. */
static const struct yc_spend *make_spend(struct yc_attempt *a)
{
    struct yc_spent *spent = yc_arena_take_array(&a->p->scratch, a->tx.in_count, sizeof *spent);
    struct yc_spend *spend = yc_arena_take(&a->p->scratch, sizeof *spend);
    if (!spent || !spend)
        return NULL;
    for (uint32_t i = 0; i < a->tx.in_count; i++)
        spent[i] = (struct yc_spent){a->coin[i].value_sat, a->coin[i].script};
    yc_spend_init(spend, &a->tx, spent);
    return spend;
}

/* ---- exactly ---- */

static enum yc_verdict run_exactly(struct yc_attempt *a, const struct yc_spend *spend, uint32_t consensus)
{
    const uint32_t passes[2] = {YC_SCRIPT_FLAGS_STANDARD, consensus};
    struct yc_memo memo;
    yc_memo_init(&memo, yc_checker_now(), &a->p->scratch);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < a->tx.in_count; i++) {
            enum yc_script_error e = yc_script_verify(spend, i, passes[pass], &memo.checker, a->p->machine);
            if (e != YC_SCRIPT_OK)
                return script_failed(a, spend, i, e, passes[pass], consensus);
        }
        yc_memo_replay(&memo);
    }
    return YC_VALID;
}

/* ---- in lanes ---- */

static void settle(struct yc_pool *p, struct yc_lane_run *run)
{
    const size_t *items;
    size_t count;
    struct yc_error err;
    if (yc_sig_collector_settle(p->collector, &items, &count, &err) != YC_VALID) {
        yc_pool_fail(p, &err);
        run->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        run->doubtful[items[i]] = true;
}

void yc_lane_run_begin(struct yc_lane_run *run)
{
    *run = (struct yc_lane_run){0};
}

/* An input that fails is left to the exact way, as is one whose signatures do not all turn out good. */
static bool run_deferred(struct yc_attempt *a, const struct yc_spend *spend, struct yc_lane_run *run)
{
    const uint32_t passes[2] = {YC_SCRIPT_FLAGS_STANDARD, yc_attempt_block_flags(a)};
    struct yc_sig_collector *c = a->p->collector;
    struct yc_memo memo;
    yc_memo_init(&memo, yc_sig_collector_checker(c), &a->p->scratch);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < a->tx.in_count; i++) {
            if (!yc_standard_spend_ask(spend, i, passes[pass], &memo.checker) &&
                yc_script_verify(spend, i, passes[pass], &memo.checker, a->p->machine) != YC_SCRIPT_OK)
                return false;
            run->held = run->held || yc_sig_collector_count(c) > run->held_before;
            if (yc_sig_collector_count(c) > YC_SIG_COLLECTOR_MAX - SPARE) {
                settle(a->p, run);
                run->held_before = 0;
            }
        }
        yc_memo_replay(&memo);
    }
    return true;
}

bool yc_lane_run_add(struct yc_lane_run *run, struct yc_attempt *a, size_t item)
{
    struct yc_sig_collector *c = a->p->collector;
    const struct yc_spend *spend = make_spend(a);
    yc_sig_collector_begin(c, item);
    run->held = false;
    run->held_before = yc_sig_collector_count(c);
    if (spend && run_deferred(a, spend, run)) {
        a->by_lanes = run->held && !a->p->config.lanes_trusted;
        if (yc_sig_collector_count(c) >= YC_POOL_PREPARE_MAX)
            settle(a->p, run);
        return true;
    }
    yc_sig_collector_drop(c);
    return false;
}

void yc_lane_run_end(struct yc_lane_run *run, struct yc_pool *p)
{
    settle(p, run);
}

/* ---- either ---- */

/* A transaction alone is worth the lanes when it has twice as many inputs as they need at least: they take as long for one
 * signature as for eight, and the same ones are confirmed one by one later. */
static bool run_in_lanes(struct yc_attempt *a)
{
    struct yc_lane_run run;
    if (!a->p->collector || a->tx.in_count < 2 * a->p->config.sig_engine->lanes_least)
        return false;
    yc_lane_run_begin(&run);
    bool passed = yc_lane_run_add(&run, a, 0);
    yc_lane_run_end(&run, a->p);
    return passed && !run.doubtful[0] && !run.failed;
}

enum yc_verdict yc_attempt_check_scripts(struct yc_attempt *a)
{
    const uint32_t consensus = yc_attempt_block_flags(a);
    a->by_lanes = false;
    /* What is remembered was in the pool once: it has passed under standard flags as well. */
    if (yc_pool_scripts_known(a->p, &a->tx.wtxid, consensus) ||
        yc_pool_is_prepared(a->p, &a->tx.wtxid, consensus, &a->by_lanes))
        return YC_VALID;
    if (run_in_lanes(a))
        return YC_VALID;
    a->by_lanes = false;
    const struct yc_spend *spend = make_spend(a);
    return spend ? run_exactly(a, spend, consensus) : yc_attempt_no_memory(a);
}
