/* Taking a transaction in: every check in its order, cheap ones first, so that what is refused has cost little (P17,
 * P47), and nothing is changed before all have passed (M10). */
#include <stdio.h>

#include "base/assert.h"
#include "base/hex.h"
#include "consensus/script/script.h"
#include "node/mempool/attempt.h"

/* How many of its outputs are looked for in the chain before a transaction without inputs counts as unknown. */
#define KNOWN_OUTPUTS_PROBED 4

/* ---- without coins ---- */

static enum yc_verdict check_form(struct yc_attempt *a)
{
    const struct yc_pool_config *config = &a->p->config;
    enum yc_verdict v = YC_VALID;
    if (a->s->tx)
        a->tx = *a->s->tx;
    /* No weight is less than the size: what no block can hold is not even parsed. */
    if ((a->s->tx ? a->tx.raw.n : a->s->raw.n) > YC_BLOCK_WEIGHT_MAX)
        return yc_policy_refuse(a->why, YC_POLICY_TX_SIZE, "%s", "");
    if (!a->s->tx)
        v = yc_tx_parse(&a->tx, a->s->raw, &a->p->scratch, &a->why->rule);
    if (v == YC_VALID)
        v = yc_tx_check(&a->tx, &a->p->scratch, &a->why->rule);
    if (v != YC_VALID)
        return v;
    if (yc_tx_is_coinbase(&a->tx))
        return yc_policy_refuse(a->why, YC_POLICY_COINBASE, "%s", "");
    if (config->require_standard) {
        v = yc_policy_form(&a->tx, config, a->why);
        if (v != YC_VALID)
            return v;
    }
    /* Whatever is standard, what no block can hold has no place here (catalogue M01). */
    if (yc_tx_weight(&a->tx) > YC_BLOCK_WEIGHT_MAX - YC_POLICY_BLOCK_RESERVED)
        return yc_policy_refuse(a->why, YC_POLICY_TX_SIZE, "%s", "");
    if (a->tx.stripped_bytes < YC_POLICY_TX_STRIPPED_MIN)
        return yc_policy_refuse(a->why, YC_POLICY_TX_SIZE_SMALL, "%s", "");
    if (!yc_tx_is_final(&a->tx, a->height, yc_median_time_past(&a->ancestors)))
        return yc_policy_refuse(a->why, YC_POLICY_NON_FINAL, "%s", "");
    return YC_VALID;
}

static enum yc_verdict check_known(struct yc_attempt *a)
{
    if (yc_pool_find_wtxid(a->p, &a->tx.wtxid))
        return yc_policy_refuse(a->why, YC_POLICY_ALREADY_IN_POOL, "%s", "");
    if (yc_pool_get(a->p, &a->tx.txid))
        return yc_policy_refuse(a->why, YC_POLICY_SAME_NONWITNESS, "%s", "");
    return yc_attempt_find_conflicts(a) ? YC_VALID : yc_attempt_no_memory(a);
}

/* ---- coins ---- */

static enum yc_verdict coin_of(const struct yc_pool *p, const struct yc_tx *parent, uint32_t index, struct yc_coin *out)
{
    if (index >= parent->out_count)
        return YC_NOT_YET;
    const struct yc_txout *made = &parent->out[index];
    if (yc_script_is_unspendable(made->script))
        return YC_NOT_YET;
    /* BIP 68 counts it as if it were in the block to come. */
    *out = (struct yc_coin){made->value_sat, yc_chain_tip(p->chain)->height + 1, false, made->script};
    return YC_VALID;
}

enum yc_verdict yc_pool_coin(struct yc_pool *p, const struct yc_outpoint *at, struct yc_arena *arena,
                             struct yc_coin *out)
{
    struct yc_error err;
    const struct yc_pool_node *parent = yc_pool_get(p, &at->txid);
    return parent ? coin_of(p, &parent->e.tx, at->index, out) : yc_chain_coin(p->chain, at, false, arena, out, &err);
}

static enum yc_verdict find_coin(struct yc_attempt *a, const struct yc_outpoint *at, struct yc_coin *out)
{
    for (size_t i = 0; a->together && i < a->together->count; i++) {
        if (yc_txid_equal(&a->together->attempt[i].tx.txid, &at->txid))
            return coin_of(a->p, &a->together->attempt[i].tx, at->index, out);
    }
    return yc_pool_coin(a->p, at, &a->p->scratch, out);
}

/* Inputs are missing: because the chain holds this transaction already? */
static enum yc_verdict missing(struct yc_attempt *a, uint32_t input)
{
    struct yc_outpoint at = {a->tx.txid, 0};
    for (; at.index < a->tx.out_count && at.index < KNOWN_OUTPUTS_PROBED; at.index++) {
        struct yc_coin coin;
        struct yc_error err;
        enum yc_verdict v = yc_chain_coin(a->p->chain, &at, false, &a->p->scratch, &coin, &err);
        if (v == YC_SYSTEM)
            return yc_reject_system(&a->why->rule, err.which);
        if (v == YC_VALID)
            return yc_policy_refuse(a->why, YC_POLICY_ALREADY_KNOWN, "%s", "");
    }
    (void)yc_reject_set(&a->why->rule, YC_REJ_TX_INPUTS_MISSING, YC_NO_INDEX, input);
    return YC_NOT_YET;
}

static enum yc_verdict find_coins(struct yc_attempt *a)
{
    a->coin = yc_arena_take_array(&a->p->scratch, a->tx.in_count, sizeof *a->coin);
    if (!a->coin)
        return yc_attempt_no_memory(a);
    for (uint32_t i = 0; i < a->tx.in_count; i++) {
        enum yc_verdict v = find_coin(a, &a->tx.in[i].prevout, &a->coin[i]);
        if (v == YC_NOT_YET)
            return missing(a, i);
        if (v != YC_VALID)
            return yc_reject_system(&a->why->rule, YC_SYSTEM_IO);
        a->probe.e.spends_coinbase |= a->coin[i].coinbase;
    }
    return YC_VALID;
}

static enum yc_verdict check_spends(struct yc_attempt *a)
{
    struct yc_tx_coins t = {&a->tx, a->coin};
    const struct yc_chain_params *params = yc_chain_params_of(a->p->chain);
    if (!yc_tx_sequence_locks_ok(&t, &a->ancestors))
        return yc_policy_refuse(a->why, YC_POLICY_NON_BIP68_FINAL, "%s", "");
    enum yc_verdict v = yc_tx_check_inputs(&t, a->height, &a->probe.e.fee_sat, &a->why->rule);
    if (v == YC_INVALID && a->why->rule.code == YC_REJ_TX_PREMATURE_COINBASE)
        return yc_policy_refuse(a->why, YC_POLICY_PREMATURE_COINBASE, "input %u", a->why->rule.input);
    if (v != YC_VALID)
        return v;
    if (a->p->config.require_standard) {
        v = yc_policy_inputs(&t, a->why);
        if (v == YC_VALID && a->tx.has_witness && !yc_policy_witness_ok(&t))
            v = yc_policy_refuse(a->why, YC_POLICY_WITNESS_NONSTANDARD, "%s", "");
    } else if (yc_rule_active(params->rules.bip54, a->height) &&
               yc_tx_legacy_sigops_bip54(&t) > YC_TX_LEGACY_SIGOPS_MAX) {
        v = yc_reject_set(&a->why->rule, YC_REJ_TX_LEGACY_SIGOPS, YC_NO_INDEX, YC_NO_INDEX);
    }
    if (v != YC_VALID)
        return v;
    uint64_t cost = yc_tx_sigop_cost(&t, YC_SCRIPT_FLAGS_STANDARD), weight = yc_tx_weight(&a->tx);
    if (cost > YC_POLICY_SIGOP_COST_MAX)
        return yc_policy_refuse(a->why, YC_POLICY_TOO_MANY_SIGOPS, "%llu", (unsigned long long)cost);
    uint64_t adjusted = cost * a->p->config.bytes_per_sigop;
    a->probe.e.sigop_cost = (uint32_t)cost;
    a->probe.e.weight = adjusted > weight ? adjusted : weight;
    a->probe.e.vbytes = (a->probe.e.weight + YC_WITNESS_SCALE - 1) / YC_WITNESS_SCALE;
    return YC_VALID;
}

/* ---- fees ---- */

static enum yc_verdict check_fees(struct yc_attempt *a)
{
    const struct yc_pool_config *config = &a->p->config;
    struct yc_pool_entry *e = &a->probe.e;
    int64_t fee_sat = yc_pool_modified_fee(e);
    bool dust = config->require_standard && yc_policy_dust_count(&a->tx, config->dust_relay_sat_per_kvb) > 0;
    if (dust && (e->fee_sat != 0 || fee_sat != 0))
        return yc_policy_refuse(a->why, YC_POLICY_DUST, "tx with dust output must be 0-fee");
    if (!yc_attempt_returns(a)) {
        int64_t pool_sat = yc_fee_at_rate(yc_pool_rolling_fee(a->p), e->vbytes);
        int64_t relay_sat = yc_fee_at_rate(config->min_relay_sat_per_kvb, e->vbytes);
        if (fee_sat < pool_sat)
            return yc_policy_refuse(a->why, YC_POLICY_MIN_POOL_FEE, "%lld < %lld", (long long)fee_sat,
                                    (long long)pool_sat);
        if (fee_sat < relay_sat)
            return yc_policy_refuse(a->why, YC_POLICY_MIN_RELAY_FEE, "%lld < %lld", (long long)fee_sat,
                                    (long long)relay_sat);
    }
    /* Dust without a fee would have to come in a package with its spend, and packages are not taken. */
    return dust ? yc_policy_refuse(a->why, YC_POLICY_DUST, "%s", "") : YC_VALID;
}

/* ---- a double spend ---- */

/* Who waits for a payment wants to know that its coin is spent otherwise too, whatever becomes of the two. */
static void raise_alert(struct yc_attempt *a, bool replaces)
{
    struct yc_pool *p = a->p;
    struct yc_pool_entry *old = &a->conflicts.p[0]->e;
    char pooled[65], rival[65];
    old->double_spend = true;
    p->alerts[p->alert_count++ % YC_POOL_ALERTS_MAX] = (struct yc_pool_alert){
        .pooled = old->tx.txid, .rival = a->tx.txid, .coin = a->conflict_at, .time_s = a->s->time_s};
    yc_hex_write_reversed(pooled, old->tx.txid.b, 32);
    yc_hex_write_reversed(rival, a->tx.txid.b, 32);
    if (replaces)
        yc_log_info(p->config.log, "Double spend: transaction %s replaces %s, which spends the same coin and pays less",
                    rival, pooled);
    else
        yc_log_warning(
            p->config.log,
            "Double spend: transaction %s spends a coin that %s in the pool spends too and does not pay for replacing "
            "it; the first seen is kept, but either may be mined",
            rival, pooled);
    yc_pool_tell(p, &(struct yc_pool_event){.kind = YC_POOL_CONFLICT_SEEN, .entry = old, .rival = &a->tx});
}

static bool spends_same_coin(const struct yc_attempt *a)
{
    return a->conflicts.n > (a->evicts_sibling ? 1U : 0U);
}

/* It is refused by policy; whether it is a true rival of what it may not replace is found out once for each entry. */
static enum yc_verdict observe_rival(struct yc_attempt *a)
{
    struct yc_pool_reject refused = *a->why;
    if (a->s->test_only || !spends_same_coin(a) || a->conflicts.p[0]->e.double_spend ||
        refused.policy == YC_POLICY_SPENDS_CONFLICT)
        return YC_POLICY;
    enum yc_verdict v = yc_attempt_check_scripts(a);
    if (v == YC_INVALID || v == YC_MUTATED || v == YC_SYSTEM)
        return v;
    if (v == YC_VALID && yc_attempt_check_foundation(a) == YC_VALID)
        raise_alert(a, false);
    *a->why = refused;
    return YC_POLICY;
}

/* ---- all of it ---- */

/* What it costs, and with whom it would be connected. */
static enum yc_verdict check_place(struct yc_attempt *a)
{
    enum yc_verdict v = check_fees(a);
    if (v == YC_VALID && !yc_attempt_returns(a))
        v = yc_attempt_check_truc(a);
    if (v == YC_VALID)
        v = a->conflicts.n > 0 ? yc_attempt_check_replacement(a) : yc_attempt_check_cluster(a);
    if (v == YC_VALID && a->conflicts.n > 0)
        v = yc_attempt_check_foundation(a);
    return v;
}

void yc_attempt_begin(struct yc_attempt *a, struct yc_pool *p, const struct yc_pool_submission *s,
                      struct yc_pool_reject *why)
{
    const struct yc_node *tip = yc_chain_tip(p->chain);
    memset(why, 0, sizeof *why);
    why->rule.tx = why->rule.input = YC_NO_INDEX;
    *a = (struct yc_attempt){
        .p = p, .s = s, .why = why, .tip = tip, .ancestors = yc_node_ancestors(tip), .height = tip->height + 1};
    p->trial++;
}

enum yc_verdict yc_attempt_judge_cheaply(struct yc_attempt *a, bool *is_rival)
{
    *is_rival = false;
    enum yc_verdict v = check_form(a);
    if (v == YC_VALID)
        v = check_known(a);
    if (v == YC_VALID)
        v = find_coins(a);
    if (v == YC_VALID)
        v = check_spends(a);
    if (v != YC_VALID)
        return v;
    a->probe.e.fee_delta_sat = yc_pool_delta_of(a->p, &a->tx.txid);
    if (!yc_attempt_find_relatives(a))
        return yc_attempt_no_memory(a);
    if (yc_attempt_returns(a))
        return YC_VALID;
    v = check_place(a);
    *is_rival = v == YC_POLICY;
    return v;
}

static enum yc_verdict judge(struct yc_attempt *a)
{
    bool is_rival;
    enum yc_verdict v = yc_attempt_judge_cheaply(a, &is_rival);
    if (is_rival)
        return observe_rival(a);
    if (v == YC_VALID)
        v = yc_attempt_check_scripts(a);
    /* Others leave to make room for one that comes back: nothing may refuse it after that (M10). */
    if (v == YC_VALID && yc_attempt_returns(a))
        return check_place(a);
    if (v == YC_VALID && a->s->fee_max_sat >= 0 && a->probe.e.fee_sat > a->s->fee_max_sat)
        v = yc_policy_refuse(a->why, YC_POLICY_MAX_FEE, "%lld > %lld", (long long)a->probe.e.fee_sat,
                             (long long)a->s->fee_max_sat);
    return v;
}

/* The next block will ask for the coins: have the chain keep them at hand. */
static void warm_coins(struct yc_attempt *a)
{
    for (uint32_t i = 0; i < a->tx.in_count; i++) {
        struct yc_coin coin;
        struct yc_error err;
        if (!yc_pool_get(a->p, &a->tx.in[i].prevout.txid) &&
            yc_chain_coin(a->p->chain, &a->tx.in[i].prevout, true, &a->p->scratch, &coin, &err) != YC_VALID)
            return;
    }
}

static enum yc_verdict take(struct yc_attempt *a, struct yc_pool_entry *out)
{
    struct yc_pool *p = a->p;
    struct yc_pool_node *n = yc_pool_node_new(p, &a->tx, a->coin);
    if (!n)
        return yc_attempt_no_memory(a);
    const struct yc_pool_entry *e = &a->probe.e;
    n->script_flags = yc_attempt_block_flags(a);
    n->e.by_lanes = a->by_lanes;
    n->e.fee_sat = e->fee_sat;
    n->e.fee_delta_sat = e->fee_delta_sat;
    n->e.sigop_cost = e->sigop_cost;
    n->e.vbytes = e->vbytes;
    n->e.weight = e->weight;
    n->e.spends_coinbase = e->spends_coinbase;
    n->e.time_s = a->s->time_s;
    n->e.height = a->tip->height;
    if (!yc_pool_attach(p, n, a->s->sequence)) {
        yc_pool_node_free(p, n);
        return yc_attempt_no_memory(a);
    }
    if (spends_same_coin(a)) {
        if (!a->conflicts.p[0]->e.double_spend)
            raise_alert(a, true);
        n->e.double_spend = true;
    }
    yc_attempt_replace(a);
    yc_pool_index(p, n);
    warm_coins(a);
    yc_pool_tell(p, &(struct yc_pool_event){.kind = YC_POOL_ADDED, .entry = &n->e});
    if (yc_attempt_returns(a))
        return YC_VALID;
    yc_pool_trim(p);
    if (yc_pool_get(p, &a->tx.txid) != n)
        return yc_policy_refuse(a->why, YC_POLICY_FULL, "%s", "");
    if (out)
        *out = n->e;
    return YC_VALID;
}

enum yc_verdict yc_pool_try(struct yc_pool *p, const struct yc_pool_submission *s, struct yc_pool_entry *out,
                            struct yc_pool_reject *why)
{
    struct yc_attempt a;
    yc_attempt_begin(&a, p, s, why);
    if (!yc_chain_at_rest(p->chain))
        return yc_policy_refuse(why, YC_POLICY_BUSY, "%s", "");
    yc_arena_clear(&p->scratch);
    enum yc_verdict v = judge(&a);
    if (v != YC_VALID)
        return v;
    if (!s->test_only)
        return take(&a, out);
    if (out)
        *out = (struct yc_pool_entry){.fee_sat = a.probe.e.fee_sat,
                                      .weight = a.probe.e.weight,
                                      .fee_delta_sat = a.probe.e.fee_delta_sat,
                                      .sigop_cost = a.probe.e.sigop_cost,
                                      .vbytes = a.probe.e.vbytes,
                                      .time_s = s->time_s,
                                      .height = a.tip->height};
    return YC_VALID;
}

static enum yc_verdict submit(struct yc_pool *p, struct yc_pool_submission s, struct yc_pool_entry *out,
                              struct yc_pool_reject *why)
{
    s.time_s = yc_wall_s(p->config.clock);
    yc_pool_decay(p, s.time_s);
    return yc_pool_try(p, &s, out, why);
}

enum yc_verdict yc_pool_submit(struct yc_pool *p, struct yc_view raw, bool test_only, int64_t fee_max_sat,
                               struct yc_pool_entry *out, struct yc_pool_reject *why)
{
    return submit(p, (struct yc_pool_submission){.raw = raw, .fee_max_sat = fee_max_sat, .test_only = test_only}, out,
                  why);
}

enum yc_verdict yc_pool_submit_tx(struct yc_pool *p, const struct yc_tx *tx, struct yc_pool_entry *out,
                                  struct yc_pool_reject *why)
{
    return submit(p, (struct yc_pool_submission){.tx = tx, .fee_max_sat = -1}, out, why);
}

static const char *const policy_strings[YC_POLICY_COUNT] = {
    [YC_POLICY_NONE] = "",
#define X(code, string, what) [YC_POLICY_##code] = string,
#include "node/mempool/policy.def"
#undef X
};

void yc_pool_reject_text(char *out, size_t cap, enum yc_verdict verdict, const struct yc_pool_reject *why)
{
    const char *string = policy_strings[why->policy];
    bool sibling =
        why->evicts_sibling && (why->policy == YC_POLICY_REPLACES_MANY || why->policy == YC_POLICY_REPLACEMENT_FEE);
    if (verdict == YC_VALID)
        snprintf(out, cap, "%s", "");
    else if (why->rule.code == YC_REJ_BLOCK_SCRIPT)
        snprintf(out, cap, "%s (%s)", policy_strings[YC_POLICY_SCRIPT], yc_script_error_text(why->rule.script_error));
    else if (verdict == YC_POLICY)
        snprintf(out, cap, "%s%s", string, sibling ? " (including sibling eviction)" : "");
    else if (verdict == YC_SYSTEM)
        snprintf(out, cap, "%s", why->rule.system == YC_SYSTEM_MEMORY ? "out of memory" : "internal error");
    else
        yc_reject_text(out, cap, &why->rule);
}
