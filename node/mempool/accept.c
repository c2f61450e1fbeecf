/* Taking a transaction in: every check in its order, cheap ones first, so that what is refused has cost little (P17,
 * P47), and nothing is changed before all have passed (M10). */
#include <stdio.h>

#include "base/assert.h"
#include "base/hex.h"
#include "consensus/script/script.h"
#include "node/mempool/memo.h"
#include "node/mempool/pool.h"

/* How many of its outputs are looked for in the chain before a transaction without inputs counts as unknown. */
#define KNOWN_OUTPUTS_PROBED 4

/* One transaction on trial. Its arrays are in the pool's scratch arena. */
struct attempt {
    struct yc_pool *p;
    const struct yc_pool_submission *s;
    struct yc_pool_reject *why;
    const struct yc_node *tip;
    struct yc_ancestors ancestors;
    uint32_t height; /* of the block to come */
    struct yc_tx tx;
    struct yc_coin *coin;
    struct yc_pool_node probe; /* stands in for the entry to be: fee, size, parents, children */
    struct yc_pool_node *conflict;
    struct yc_outpoint conflict_at;
};

static bool returning(const struct attempt *a)
{
    return a->s->sequence != 0;
}

static enum yc_verdict no_memory(struct attempt *a)
{
    return yc_reject_system(&a->why->rule, YC_SYSTEM_MEMORY);
}

/* ---- without coins ---- */

static enum yc_verdict check_form(struct attempt *a)
{
    const struct yc_pool_config *config = &a->p->config;
    /* No weight is less than the size: so much is not even parsed. */
    if (config->require_standard && a->s->raw.n > YC_POLICY_TX_WEIGHT_MAX)
        return yc_policy_refuse(a->why, YC_POLICY_TX_SIZE, "%s", "");
    enum yc_verdict v = yc_tx_parse(&a->tx, a->s->raw, &a->p->scratch, &a->why->rule);
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

static enum yc_verdict check_known(struct attempt *a)
{
    if (yc_pool_find_wtxid(a->p, &a->tx.wtxid))
        return yc_policy_refuse(a->why, YC_POLICY_ALREADY_IN_POOL, "%s", "");
    if (yc_pool_get(a->p, &a->tx.txid))
        return yc_policy_refuse(a->why, YC_POLICY_SAME_NONWITNESS, "%s", "");
    for (uint32_t i = 0; i < a->tx.in_count && !a->conflict; i++) {
        a->conflict = yc_pool_get_spender(a->p, &a->tx.in[i].prevout);
        a->conflict_at = a->tx.in[i].prevout;
    }
    return YC_VALID;
}

static enum yc_verdict refuse_conflict(struct attempt *a)
{
    char text[65];
    yc_hex_write_reversed(text, a->conflict->e.tx.txid.b, 32);
    a->why->conflict = a->conflict->e.tx.txid;
    return yc_policy_refuse(a->why, YC_POLICY_CONFLICT, "%s spends the same coin", text);
}

/* ---- coins ---- */

enum yc_verdict yc_pool_coin(struct yc_pool *p, const struct yc_outpoint *at, struct yc_arena *arena,
                             struct yc_coin *out)
{
    const struct yc_pool_node *parent = yc_pool_get(p, &at->txid);
    if (!parent) {
        struct yc_error err;
        return yc_chain_coin(p->chain, at, false, arena, out, &err);
    }
    if (at->index >= parent->e.tx.out_count)
        return YC_NOT_YET;
    const struct yc_txout *made = &parent->e.tx.out[at->index];
    if (yc_script_is_unspendable(made->script))
        return YC_NOT_YET;
    /* BIP 68 counts it as if it were in the block to come. */
    *out = (struct yc_coin){made->value_sat, yc_chain_tip(p->chain)->height + 1, false, made->script};
    return YC_VALID;
}

/* Inputs are missing: because the chain holds this transaction already? */
static enum yc_verdict missing(struct attempt *a, uint32_t input)
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

static enum yc_verdict find_coins(struct attempt *a)
{
    a->coin = yc_arena_take_array(&a->p->scratch, a->tx.in_count, sizeof *a->coin);
    if (!a->coin)
        return no_memory(a);
    for (uint32_t i = 0; i < a->tx.in_count; i++) {
        enum yc_verdict v = yc_pool_coin(a->p, &a->tx.in[i].prevout, &a->p->scratch, &a->coin[i]);
        if (v == YC_NOT_YET)
            return missing(a, i);
        if (v != YC_VALID)
            return yc_reject_system(&a->why->rule, YC_SYSTEM_IO);
        a->probe.e.spends_coinbase |= a->coin[i].coinbase;
    }
    return YC_VALID;
}

static enum yc_verdict check_spends(struct attempt *a)
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
    a->probe.e.vbytes = ((adjusted > weight ? adjusted : weight) + YC_WITNESS_SCALE - 1) / YC_WITNESS_SCALE;
    return YC_VALID;
}

/* ---- fees ---- */

static enum yc_verdict check_fees(struct attempt *a)
{
    const struct yc_pool_config *config = &a->p->config;
    struct yc_pool_entry *e = &a->probe.e;
    int64_t fee_sat = yc_pool_modified_fee(e);
    bool dust = config->require_standard && yc_policy_dust_count(&a->tx, config->dust_relay_sat_per_kvb) > 0;
    if (dust && (e->fee_sat != 0 || fee_sat != 0))
        return yc_policy_refuse(a->why, YC_POLICY_DUST, "tx with dust output must be 0-fee");
    if (!returning(a)) {
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

/* ---- relatives ---- */

static bool add_once(struct yc_pool_links *l, struct yc_pool_node *n)
{
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->p[i] == n)
            return true;
    }
    if (l->n == l->cap)
        return false;
    l->p[l->n++] = n;
    return true;
}

/* Give the probe its links, in the scratch arena. Nothing points back to it. */
static bool find_relatives(struct attempt *a)
{
    struct yc_pool_links *up = &a->probe.parents, *down = &a->probe.children;
    up->p = yc_arena_take_array(&a->p->scratch, a->tx.in_count, sizeof *up->p);
    down->p = yc_arena_take_array(&a->p->scratch, a->tx.out_count, sizeof *down->p);
    up->cap = a->tx.in_count;
    down->cap = a->tx.out_count;
    if (!up->p || !down->p)
        return false;
    for (uint32_t i = 0; i < a->tx.in_count; i++) {
        struct yc_pool_node *n = yc_pool_get(a->p, &a->tx.in[i].prevout.txid);
        if (n && !add_once(up, n))
            return false;
    }
    for (uint32_t i = 0; i < a->tx.out_count; i++) {
        struct yc_outpoint at = {a->tx.txid, i};
        struct yc_pool_node *n = yc_pool_get_spender(a->p, &at);
        if (n && !add_once(down, n))
            return false;
    }
    return true;
}

static enum yc_verdict check_truc(struct attempt *a)
{
    const struct yc_pool_links *up = &a->probe.parents;
    uint64_t vbytes = a->probe.e.vbytes;
    bool truc = a->tx.version == YC_TRUC_VERSION;
    for (uint32_t i = 0; i < up->n; i++) {
        bool parent_truc = up->p[i]->e.tx.version == YC_TRUC_VERSION;
        if (truc != parent_truc)
            return yc_policy_refuse(a->why, YC_POLICY_TRUC, "version 3 and other transactions that spend each other");
    }
    if (!truc)
        return YC_VALID;
    if (vbytes > YC_TRUC_VBYTES_MAX || (up->n > 0 && vbytes > YC_TRUC_CHILD_VBYTES_MAX))
        return yc_policy_refuse(a->why, YC_POLICY_TRUC, "too big: %llu virtual bytes", (unsigned long long)vbytes);
    if (up->n > 1 || (up->n == 1 && up->p[0]->up.count > 1))
        return yc_policy_refuse(a->why, YC_POLICY_TRUC, "would have too many ancestors");
    if (up->n == 1 && up->p[0]->down.count > 1)
        return yc_policy_refuse(a->why, YC_POLICY_TRUC, "would exceed descendant count limit");
    return YC_VALID;
}

static struct yc_pool_package totals(struct attempt *a, bool up)
{
    struct yc_pool_package k = {0};
    for (struct yc_pool_node *r = yc_pool_walk(a->p, &a->probe, up); r; r = r->walk_next) {
        k.count++;
        k.vbytes += r->e.vbytes;
    }
    return k;
}

/* Would the probe, or a relative by it, have more ancestors or descendants than allowed? */
static enum yc_verdict check_limits(struct attempt *a)
{
    const struct yc_pool_config *c = &a->p->config;
    struct yc_pool_package up = totals(a, true), down = totals(a, false);
    if (up.count > c->ancestors_max || up.vbytes > c->ancestor_vbytes_max)
        return yc_policy_refuse(a->why, YC_POLICY_LONG_CHAIN, "too many unconfirmed ancestors [limit: %u]",
                                c->ancestors_max);
    if (down.count > c->descendants_max || down.vbytes > c->descendant_vbytes_max)
        return yc_policy_refuse(a->why, YC_POLICY_LONG_CHAIN, "too many descendants [limit: %u]", c->descendants_max);
    for (struct yc_pool_node *r = yc_pool_walk(a->p, &a->probe, true)->walk_next; r; r = r->walk_next) {
        if (r->down.count + down.count > c->descendants_max || r->down.vbytes + down.vbytes > c->descendant_vbytes_max)
            return yc_policy_refuse(a->why, YC_POLICY_LONG_CHAIN, "too many descendants for an ancestor [limit: %u]",
                                    c->descendants_max);
    }
    for (struct yc_pool_node *r = yc_pool_walk(a->p, &a->probe, false)->walk_next; r; r = r->walk_next) {
        if (r->up.count + up.count > c->ancestors_max || r->up.vbytes + up.vbytes > c->ancestor_vbytes_max)
            return yc_policy_refuse(a->why, YC_POLICY_LONG_CHAIN, "too many ancestors for a descendant [limit: %u]",
                                    c->ancestors_max);
    }
    return YC_VALID;
}

/* A transaction that comes back was there before its descendants: the latest of those that are too many makes room. */
static void make_room(struct attempt *a)
{
    const struct yc_pool_config *c = &a->p->config;
    struct yc_pool_package up = totals(a, true);
    struct yc_pool_node *latest = NULL, *latest_deep = NULL;
    for (struct yc_pool_node *r = yc_pool_walk(a->p, &a->probe, false)->walk_next; r; r = r->walk_next) {
        bool deep = r->up.count + up.count > c->ancestors_max || r->up.vbytes + up.vbytes > c->ancestor_vbytes_max;
        if (!latest || r->e.sequence > latest->e.sequence)
            latest = r;
        if (deep && (!latest_deep || r->e.sequence > latest_deep->e.sequence))
            latest_deep = r;
    }
    struct yc_pool_links *down = &a->probe.children;
    struct yc_pool_node *leaves = latest_deep ? latest_deep : latest;
    YC_ASSERT(leaves); /* a limit is passed only by those who have relatives */
    for (uint32_t i = 0; i < down->n; i++) {
        if (down->p[i] == leaves) {
            down->p[i] = down->p[--down->n];
            break;
        }
    }
    /* What spends from it came later and would have been chosen: it has no child. */
    YC_ASSERT(leaves->children.n == 0);
    yc_pool_drop(a->p, leaves, YC_POOL_REORG);
}

static enum yc_verdict check_relatives(struct attempt *a)
{
    if (!find_relatives(a))
        return no_memory(a);
    enum yc_verdict v = returning(a) ? YC_VALID : check_truc(a);
    if (v == YC_VALID)
        v = check_limits(a);
    while (v == YC_POLICY && returning(a) && a->probe.children.n > 0) {
        make_room(a);
        v = check_limits(a);
    }
    return v;
}

/* ---- scripts ---- */

static enum yc_verdict script_failed(struct attempt *a, const struct yc_spend *spend, uint32_t input,
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

/* The flags of the block to come. No block has the hash of zeros, so that no exception applies. */
static uint32_t block_flags(const struct attempt *a)
{
    static const struct yc_block_hash to_come;
    return yc_script_flags_at(yc_chain_params_of(a->p->chain), a->height, &to_come);
}

static enum yc_verdict check_scripts(struct attempt *a)
{
    const uint32_t consensus = block_flags(a), passes[2] = {YC_SCRIPT_FLAGS_STANDARD, consensus};
    /* What is remembered was in the pool once: it has passed under standard flags as well. */
    if (yc_pool_scripts_known(a->p, &a->tx.wtxid, consensus))
        return YC_VALID;
    struct yc_spent *spent = yc_arena_take_array(&a->p->scratch, a->tx.in_count, sizeof *spent);
    if (!spent)
        return no_memory(a);
    for (uint32_t i = 0; i < a->tx.in_count; i++)
        spent[i] = (struct yc_spent){a->coin[i].value_sat, a->coin[i].script};
    struct yc_spend spend;
    yc_spend_init(&spend, &a->tx, spent);
    struct yc_memo memo;
    yc_memo_init(&memo, &a->p->scratch);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < a->tx.in_count; i++) {
            enum yc_script_error e = yc_script_verify(&spend, i, passes[pass], &memo.checker, a->p->machine);
            if (e != YC_SCRIPT_OK)
                return script_failed(a, &spend, i, e, passes[pass], consensus);
        }
        yc_memo_replay(&memo);
    }
    return YC_VALID;
}

/* ---- a double spend ---- */

static void raise_alert(struct attempt *a)
{
    struct yc_pool *p = a->p;
    char pooled[65], rival[65];
    a->conflict->e.double_spend = true;
    p->alerts[p->alert_count++ % YC_POOL_ALERTS_MAX] = (struct yc_pool_alert){
        .pooled = a->conflict->e.tx.txid, .rival = a->tx.txid, .coin = a->conflict_at, .time_s = a->s->time_s};
    yc_hex_write_reversed(pooled, a->conflict->e.tx.txid.b, 32);
    yc_hex_write_reversed(rival, a->tx.txid.b, 32);
    yc_log_warning(
        p->config.log,
        "Double spend: transaction %s spends a coin that %s in the pool spends too; the first seen is kept, but "
        "either may be mined",
        rival, pooled);
    yc_pool_tell(p, &(struct yc_pool_event){.kind = YC_POOL_CONFLICT_SEEN, .entry = &a->conflict->e, .rival = &a->tx});
}

static bool stands_on_conflict(struct attempt *a)
{
    if (!find_relatives(a))
        return true;
    for (struct yc_pool_node *r = yc_pool_walk(a->p, &a->probe, true)->walk_next; r; r = r->walk_next) {
        if (r == a->conflict)
            return true;
    }
    return false;
}

/* The transaction is refused in any case; whether it is a true rival is found out once for each entry. */
static enum yc_verdict judge_rival(struct attempt *a)
{
    if (a->s->test_only || returning(a) || a->conflict->e.double_spend)
        return refuse_conflict(a);
    enum yc_verdict v = find_coins(a);
    if (v == YC_VALID)
        v = check_spends(a);
    if (v == YC_VALID)
        v = check_scripts(a);
    if (v == YC_VALID && !stands_on_conflict(a))
        raise_alert(a);
    if (v == YC_INVALID || v == YC_MUTATED || v == YC_SYSTEM)
        return v;
    a->why->rule = (struct yc_reject){.tx = YC_NO_INDEX, .input = YC_NO_INDEX};
    return refuse_conflict(a);
}

/* ---- all of it ---- */

static enum yc_verdict judge(struct attempt *a)
{
    enum yc_verdict v = check_form(a);
    if (v == YC_VALID)
        v = check_known(a);
    if (v == YC_VALID && a->conflict)
        return judge_rival(a);
    if (v == YC_VALID)
        v = find_coins(a);
    if (v == YC_VALID)
        v = check_spends(a);
    if (v != YC_VALID)
        return v;
    a->probe.e.fee_delta_sat = yc_pool_delta_of(a->p, &a->tx.txid);
    v = check_fees(a);
    if (v == YC_VALID)
        v = check_relatives(a);
    if (v == YC_VALID)
        v = check_scripts(a);
    if (v == YC_VALID && a->s->fee_max_sat >= 0 && a->probe.e.fee_sat > a->s->fee_max_sat)
        v = yc_policy_refuse(a->why, YC_POLICY_MAX_FEE, "%lld > %lld", (long long)a->probe.e.fee_sat,
                             (long long)a->s->fee_max_sat);
    return v;
}

/* The next block will ask for the coins: have the chain keep them at hand. */
static void warm_coins(struct attempt *a)
{
    for (uint32_t i = 0; i < a->tx.in_count; i++) {
        struct yc_coin coin;
        struct yc_error err;
        if (!yc_pool_get(a->p, &a->tx.in[i].prevout.txid) &&
            yc_chain_coin(a->p->chain, &a->tx.in[i].prevout, true, &a->p->scratch, &coin, &err) != YC_VALID)
            return;
    }
}

static enum yc_verdict take(struct attempt *a, struct yc_pool_entry *out)
{
    struct yc_pool *p = a->p;
    struct yc_pool_node *n = yc_pool_node_new(p, &a->tx, a->coin);
    if (!n)
        return no_memory(a);
    const struct yc_pool_entry *e = &a->probe.e;
    n->script_flags = block_flags(a);
    n->e.fee_sat = e->fee_sat;
    n->e.fee_delta_sat = e->fee_delta_sat;
    n->e.sigop_cost = e->sigop_cost;
    n->e.vbytes = e->vbytes;
    n->e.spends_coinbase = e->spends_coinbase;
    n->e.time_s = a->s->time_s;
    n->e.height = a->tip->height;
    if (!yc_pool_attach(p, n, a->s->sequence)) {
        yc_pool_node_free(p, n);
        return no_memory(a);
    }
    warm_coins(a);
    yc_pool_tell(p, &(struct yc_pool_event){.kind = YC_POOL_ADDED, .entry = &n->e});
    if (returning(a))
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
    memset(why, 0, sizeof *why);
    why->rule.tx = why->rule.input = YC_NO_INDEX;
    if (!yc_chain_at_rest(p->chain))
        return yc_policy_refuse(why, YC_POLICY_BUSY, "%s", "");
    const struct yc_node *tip = yc_chain_tip(p->chain);
    struct attempt a = {
        .p = p, .s = s, .why = why, .tip = tip, .ancestors = yc_node_ancestors(tip), .height = tip->height + 1};
    yc_arena_clear(&p->scratch);
    enum yc_verdict v = judge(&a);
    if (v != YC_VALID)
        return v;
    if (!s->test_only)
        return take(&a, out);
    if (out)
        *out = (struct yc_pool_entry){.fee_sat = a.probe.e.fee_sat,
                                      .fee_delta_sat = a.probe.e.fee_delta_sat,
                                      .sigop_cost = a.probe.e.sigop_cost,
                                      .vbytes = a.probe.e.vbytes,
                                      .time_s = s->time_s,
                                      .height = tip->height};
    return YC_VALID;
}

enum yc_verdict yc_pool_submit(struct yc_pool *p, struct yc_view raw, bool test_only, int64_t fee_max_sat,
                               struct yc_pool_entry *out, struct yc_pool_reject *why)
{
    int64_t now_s = yc_wall_s(p->config.clock);
    yc_pool_decay(p, now_s);
    return yc_pool_try(
        p,
        &(struct yc_pool_submission){.raw = raw, .fee_max_sat = fee_max_sat, .time_s = now_s, .test_only = test_only},
        out, why);
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
    if (verdict == YC_VALID)
        snprintf(out, cap, "%s", "");
    else if (why->rule.code == YC_REJ_BLOCK_SCRIPT)
        snprintf(out, cap, "%s (%s)", policy_strings[YC_POLICY_SCRIPT], yc_script_error_text(why->rule.script_error));
    else if (verdict == YC_POLICY)
        snprintf(out, cap, "%s", string);
    else if (verdict == YC_SYSTEM)
        snprintf(out, cap, "%s", why->rule.system == YC_SYSTEM_MEMORY ? "out of memory" : "internal error");
    else
        yc_reject_text(out, cap, &why->rule);
}
