/* Scripts of several transactions run ahead of their submission, so that their signatures fill the lanes. What is kept is
 * a fact that does not depend on the pool: the scripts of this wtxid, which stands for the spent outputs too, pass under
 * these flags. The submission that follows is judged in full, as if nothing had been prepared, and only need not run
 * them again; that is why verdicts, reasons and the pool are the same with it and without.
 *
 * Nobody may have signatures checked here that the pool would not come to: what policy refuses, what spends the same coin
 * as one before it and what has no known inputs is left alone (catalogue P17, P47). */
#include "node/mempool/attempt.h"

/* Inputs beyond those of the first transaction: they are compared with one another. */
#define INPUTS_MAX 256

bool yc_pool_is_prepared(const struct yc_pool *p, const struct yc_wtxid *wtxid, uint32_t flags, bool *by_lanes)
{
    for (size_t i = 0; i < p->prepared_count; i++) {
        const struct yc_pool_prepared *done = &p->prepared[i];
        if (done->flags == flags && yc_wtxid_equal(&done->wtxid, wtxid)) {
            *by_lanes = done->by_lanes;
            return true;
        }
    }
    return false;
}

static bool spends_the_same(const struct yc_tx *a, const struct yc_tx *b)
{
    for (uint32_t i = 0; i < a->in_count; i++) {
        for (uint32_t j = 0; j < b->in_count; j++) {
            if (yc_outpoint_equal(&a->in[i].prevout, &b->in[j].prevout))
                return true;
        }
    }
    return false;
}

/* Is it one of those before it, or in their way? */
static bool collides(const struct yc_together *t, const struct yc_tx *tx)
{
    for (size_t i = 0; i < t->count; i++) {
        if (spends_the_same(&t->attempt[i].tx, tx))
            return true;
    }
    return false;
}

static bool passes_cheaply(struct yc_attempt *a)
{
    bool is_rival;
    return yc_attempt_judge_cheaply(a, &is_rival) == YC_VALID &&
           !yc_pool_scripts_known(a->p, &a->tx.wtxid, yc_attempt_block_flags(a));
}

static void note_prepared(struct yc_pool *p, const struct yc_together *t, const struct yc_lane_run *run)
{
    for (size_t i = 0; !run->failed && i < t->count; i++) {
        const struct yc_attempt *a = &t->attempt[i];
        if (!run->doubtful[i])
            p->prepared[p->prepared_count++] =
                (struct yc_pool_prepared){a->tx.wtxid, yc_attempt_block_flags(a), a->by_lanes};
    }
}

void yc_pool_prepare_all(struct yc_pool *p, const struct yc_tx *const *tx, size_t count, bool returning)
{
    struct yc_pool_reject why;
    struct yc_lane_run run;
    p->prepared_count = 0;
    if (!p->collector || count < 2 || !yc_chain_at_rest(p->chain))
        return;
    count = count < YC_POOL_PREPARE_MAX ? count : YC_POOL_PREPARE_MAX;
    yc_arena_clear(&p->scratch);
    struct yc_together together = {yc_arena_take_array(&p->scratch, count, sizeof *together.attempt), 0};
    struct yc_pool_submission *s = yc_arena_take_array(&p->scratch, count, sizeof *s);
    if (!together.attempt || !s)
        return;
    yc_lane_run_begin(&run);
    size_t inputs = 0;
    for (size_t i = 0; i < count && !run.failed; i++) {
        struct yc_attempt *a = &together.attempt[together.count];
        s[i] = (struct yc_pool_submission){.tx = tx[i], .fee_max_sat = -1, .sequence = returning};
        if (i > 0 && tx[i]->in_count > INPUTS_MAX - inputs)
            break;
        inputs += i > 0 ? tx[i]->in_count : 0;
        if (collides(&together, tx[i]))
            continue;
        yc_attempt_begin(a, p, &s[i], &why);
        a->together = &together;
        if (passes_cheaply(a) && yc_lane_run_add(&run, a, together.count))
            together.count++;
    }
    yc_lane_run_end(&run, p);
    note_prepared(p, &together, &run);
}

void yc_pool_prepare(struct yc_pool *p, const struct yc_tx *const *tx, size_t count)
{
    yc_pool_prepare_all(p, tx, count, false);
}
