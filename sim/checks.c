#include "sim/checks.h"

#include "node/template/template.h"

void sim_check_event(struct sim_run *r, const struct sim_node *n, const struct yc_chain_event *e)
{
    if (e->kind == YC_CHAIN_FAILED && yc_map_get(&r->honest, e->node->hash.b))
        sim_fail(&r->s, "node %u calls a block of height %u invalid that an honest node made: %s", n->index,
                 e->node->height, yc_reject_string(e->why->code));
    if (e->kind == YC_CHAIN_TIP) {
        r->shown[n->index] = e->node->hash;
        r->shown_work[n->index] = e->node->work_low;
    }
}

void sim_check_acknowledged(struct sim_run *r, unsigned i)
{
    const struct yc_chain *chain = yc_core_chain(r->s.node[i].core);
    const struct yc_node *shown = yc_chain_find(chain, &r->shown[i]);
    uint32_t bad = YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR;
    if (r->shown_work[i] == 0)
        return;
    if (!shown || !(shown->status & YC_BLOCK_HAVE_DATA))
        sim_fail(&r->s, "node %u lost a block that it had shown as its tip", i);
    if (shown->status & bad)
        sim_fail(&r->s, "node %u calls the block of height %u invalid that it had shown as its tip", i, shown->height);
    if (yc_chain_tip(chain)->work_low < r->shown_work[i])
        sim_fail(&r->s, "node %u shows a tip of less work than before the crash: height %u after %u", i,
                 yc_chain_tip(chain)->height, shown->height);
}

static void check_good_terms(struct sim_run *r, unsigned i)
{
    const struct yc_bans *bans = yc_core_bans(r->s.node[i].core);
    for (unsigned k = 0; k < r->s.node_count; k++)
        if (!r->s.node[k].liar && yc_bans_discouraged(bans, &r->s.node[k].addr)) {
            sim_check_marks(r); /* which would be why */
            sim_fail(&r->s, "node %u discourages node %u, which is honest", i, k);
        }
    if (bans->count)
        sim_fail(&r->s, "node %u banned somebody by itself", i);
}

void sim_check_node(struct sim_run *r, unsigned i)
{
    struct sim_node *n = &r->s.node[i];
    struct yc_pool_info pool;
    if (!sim_runs(&r->s, i) || yc_chain_loading(yc_core_chain(n->core), NULL, NULL))
        return;
    /* While a block waits for the disk, coins are ahead of what the pool was told of. */
    const char *wrong = yc_chain_at_rest(yc_core_chain(n->core)) ? yc_pool_check(yc_core_pool(n->core)) : NULL;
    if (wrong)
        sim_fail(&r->s, "pool of node %u: %s", i, wrong);
    yc_pool_info(yc_core_pool(n->core), &pool);
    if (pool.memory_bytes > pool.memory_max)
        sim_fail(&r->s, "the pool of node %u holds %zu bytes of at most %zu", i, pool.memory_bytes, pool.memory_max);
    sim_check_acknowledged(r, i);
    check_good_terms(r, i); /* who starts anew forgets whom it discouraged */
}

bool sim_check_agree(struct sim_run *r)
{
    const struct yc_node *tip = NULL;
    for (unsigned i = 0; i < r->s.node_count; i++) {
        if (r->s.node[i].liar)
            continue;
        if (!sim_runs(&r->s, i))
            return false;
        const struct yc_node *t = yc_chain_tip(yc_core_chain(r->s.node[i].core));
        if (tip && !yc_block_hash_equal(&t->hash, &tip->hash))
            return false;
        tip = t;
    }
    return true;
}

static int64_t scheduled_sat(const struct sim_run *r, uint32_t height)
{
    int64_t sum_sat = 0;
    for (uint32_t h = 1; h <= height; h++)
        sum_sat += yc_subsidy_sat(r->s.options.params, h);
    return sum_sat;
}

static void check_coins(struct sim_run *r, unsigned i, struct yc_coins_totals *first, bool *have_first)
{
    struct yc_coins_scan scan;
    struct yc_coins_totals totals;
    struct yc_error err;
    struct yc_chain *chain = yc_core_chain(r->s.node[i].core);
    enum yc_verdict v = yc_chain_coins_scan(chain, &scan, &err);
    for (unsigned k = 0; v == YC_NOT_YET && k < 1000; k++) {
        (void)yc_core_step(r->s.node[i].core, 5000);
        v = yc_chain_coins_scan(chain, &scan, &err);
    }
    if (v != YC_VALID)
        sim_fail(&r->s, "node %u cannot show its coins: %s", i, err.text);
    v = yc_coins_scan_totals(&scan, YC_COINS_HASH_SERIALIZED, NULL, NULL, &totals, &err);
    yc_coins_scan_close(&scan);
    if (v != YC_VALID)
        sim_fail(&r->s, "node %u cannot add up its coins: %s", i, err.text);
    int64_t due_sat = scheduled_sat(r, yc_chain_tip(chain)->height);
    if (totals.total_sat != due_sat)
        sim_fail(&r->s, "node %u has %lld units in coins at height %u, the schedule says %lld", i,
                 (long long)totals.total_sat, yc_chain_tip(chain)->height, (long long)due_sat);
    if (*have_first && memcmp(first->hash32, totals.hash32, 32) != 0)
        sim_fail(&r->s, "node %u has other coins than the first, at the same tip", i);
    *first = totals;
    *have_first = true;
}

static void check_marks(struct sim_run *r, unsigned i)
{
    size_t at = 0;
    const void *key;
    void *value;
    while (yc_map_next(&r->honest, &at, &key, &value)) {
        struct yc_block_hash hash;
        memcpy(hash.b, key, sizeof hash.b);
        const struct yc_node *n = yc_chain_find(yc_core_chain(r->s.node[i].core), &hash);
        if (n && (n->status & YC_BLOCK_FAILED))
            sim_fail(&r->s, "node %u marks the block of height %u invalid, which node %llu made honestly", i, n->height,
                     (unsigned long long)*(const uint64_t *)value);
    }
}

void sim_check_marks(struct sim_run *r)
{
    for (unsigned i = 0; i < r->s.node_count; i++)
        if (!r->s.node[i].liar && r->s.node[i].core)
            check_marks(r, i);
}

static void check_minable(struct sim_run *r, unsigned i)
{
    struct yc_template t;
    struct yc_error err;
    struct sim_node *n = &r->s.node[i];
    struct yc_pool_info pool;
    struct yc_template_options o = {.weight_max = 4000000, .reserved_weight = 8000, .min_sat_per_kvb = 1};
    yc_pool_info(yc_core_pool(n->core), &pool);
    if (yc_template_build(&t, yc_core_chain(n->core), yc_core_pool(n->core), &n->clock, &o, &err) != YC_VALID)
        sim_fail(&r->s, "node %u makes no template of its pool: %s", i, err.text);
    size_t left_out = pool.count - t.tx_count;
    bool full = t.weight > 3900000;
    yc_template_release(&t);
    if (left_out && !full)
        sim_fail(&r->s, "%zu transactions in the pool of node %u fit in no block", left_out, i);
}

void sim_check_end(struct sim_run *r)
{
    struct yc_coins_totals first;
    bool have_first = false;
    memset(&first, 0, sizeof first);
    sim_check_marks(r);
    for (unsigned i = 0; i < r->s.node_count; i++) {
        if (r->s.node[i].liar)
            continue;
        sim_check_node(r, i);
        check_coins(r, i, &first, &have_first);
        check_minable(r, i);
        size_t peak = atomic_load(&r->s.node[i].heap.peak_bytes);
        if (peak > r->result->node_bytes_peak)
            r->result->node_bytes_peak = peak;
    }
}
