#include "consensus/connect.h"

#include "base/assert.h"
#include "consensus/script/script.h"

uint32_t yc_script_flags_at(const struct yc_chain_params *params, uint32_t height, const struct yc_block_hash *hash)
{
    uint32_t flags = 0;
    if (yc_rule_active(params->rules.bip16, height))
        flags |= YC_SCRIPT_P2SH | YC_SCRIPT_WITNESS;
    if (yc_rule_active(params->rules.taproot, height))
        flags |= YC_SCRIPT_TAPROOT;
    for (size_t i = 0; i < params->flag_exception_count; i++) {
        if (yc_block_hash_equal(hash, &params->flag_exceptions[i].block))
            flags = params->flag_exceptions[i].flags;
    }
    if (yc_rule_active(params->rules.bip66, height))
        flags |= YC_SCRIPT_DERSIG;
    if (yc_rule_active(params->rules.bip65, height))
        flags |= YC_SCRIPT_CHECKLOCKTIMEVERIFY;
    if (yc_rule_active(params->rules.csv, height))
        flags |= YC_SCRIPT_CHECKSEQUENCEVERIFY;
    if (yc_rule_active(params->rules.segwit, height))
        flags |= YC_SCRIPT_NULLDUMMY;
    return flags;
}

/* Transactions whose digests are begun together: twice what fills the lanes. */
#define WAITING_MAX 64

/* The work of one yc_block_connect(). */
struct job {
    const struct yc_block *b;
    const struct yc_connect *c;
    struct yc_reject *why;
    uint32_t flags;
    bool bip54;
    struct yc_coin *spent; /* of the whole block, in input order (catalogue C39) */
    size_t spent_count;
    int64_t fees_sat;
    uint64_t sigop_cost;
    struct yc_spend *waiting[WAITING_MAX]; /* whose script checks are not handed out yet */
    uint32_t waiting_count;
};

/* A coins view answers VALID, NOT_YET or SYSTEM; anything else is taken for a failure of ours. */
static enum yc_verdict coins_failed(struct job *j)
{
    return yc_reject_system(j->why, YC_SYSTEM_IO);
}

static enum yc_verdict reject_tx(struct job *j, enum yc_rej code, uint32_t tx)
{
    return yc_reject_set(j->why, code, tx, YC_NO_INDEX);
}

static bool is_one_of(const struct yc_bip30_exception *e, size_t count, uint32_t height,
                      const struct yc_block_hash *hash)
{
    for (size_t i = 0; i < count; i++) {
        if (e[i].height == height && yc_block_hash_equal(&e[i].block, hash))
            return true;
    }
    return false;
}

bool yc_block_was_overwritten(const struct yc_chain_params *params, uint32_t height, const struct yc_block_hash *hash)
{
    return is_one_of(params->bip30_overwritten, params->bip30_overwritten_count, height, hash);
}

static enum yc_verdict check_no_overwrite(struct job *j, uint32_t tx)
{
    const struct yc_coins *coins = j->c->coins;
    struct yc_outpoint at = {.txid = j->b->tx[tx].txid};
    for (; at.index < j->b->tx[tx].out_count; at.index++) {
        enum yc_verdict verdict = coins->has(coins->ctx, &at);
        if (verdict == YC_VALID)
            return reject_tx(j, YC_REJ_BLOCK_BIP30, tx);
        if (verdict != YC_NOT_YET)
            return coins_failed(j);
    }
    return YC_VALID;
}

/* BIP 30: no coin that is unspent may be made again. Where every coinbase since block 1 names its height (BIP 34, or
 * BIP 54) no two transactions can have the same id, because the coins they spend all go back to different coinbases;
 * there only the coinbase is looked up, which costs next to nothing. Where the rule came later, coinbases from before may
 * still lie in wait, and every output is looked up. */
static enum yc_verdict check_bip30(struct job *j)
{
    bool unique = j->c->params->rules.bip34 <= 1 || j->c->params->rules.bip54 <= 1;
    uint32_t count = unique ? 1 : j->b->tx_count;
    enum yc_verdict verdict = YC_VALID;
    if (is_one_of(j->c->params->bip30_repeats, j->c->params->bip30_repeat_count, j->c->height, j->c->hash))
        return YC_VALID;
    for (uint32_t i = 0; i < count && verdict == YC_VALID; i++)
        verdict = check_no_overwrite(j, i);
    return verdict;
}

static enum yc_verdict spend_inputs(struct job *j, uint32_t tx)
{
    const struct yc_coins *coins = j->c->coins;
    const struct yc_tx *t = &j->b->tx[tx];
    for (uint32_t i = 0; i < t->in_count; i++) {
        enum yc_verdict verdict = coins->spend(coins->ctx, &t->in[i].prevout, &j->spent[j->spent_count]);
        if (verdict == YC_NOT_YET)
            return yc_reject_set(j->why, YC_REJ_TX_INPUTS_MISSING, tx, i);
        if (verdict != YC_VALID)
            return coins_failed(j);
        j->spent_count++;
    }
    return YC_VALID;
}

static enum yc_verdict make_outputs(struct job *j, uint32_t tx)
{
    const struct yc_coins *coins = j->c->coins;
    const struct yc_tx *t = &j->b->tx[tx];
    struct yc_outpoint at = {.txid = t->txid};
    for (; at.index < t->out_count; at.index++) {
        const struct yc_txout *out = &t->out[at.index];
        if (yc_script_is_unspendable(out->script))
            continue;
        struct yc_coin coin = {out->value_sat, j->c->height, tx == 0, out->script};
        if (coins->add(coins->ctx, &at, &coin) != YC_VALID)
            return coins_failed(j);
    }
    return YC_VALID;
}

/* Hand out the script checks of the transactions whose spends wait. */
static enum yc_verdict send_waiting(struct job *j)
{
    const struct yc_script_sink *sink = j->c->scripts;
    yc_spends_init(j->waiting, j->waiting_count);
    for (uint32_t k = 0; k < j->waiting_count; k++) {
        const struct yc_spend *spend = j->waiting[k];
        for (uint32_t i = 0; i < spend->tx->in_count; i++) {
            struct yc_script_check check = {spend, i, (uint32_t)(spend->tx - j->b->tx), j->flags};
            if (sink->take(sink->ctx, &check) != YC_VALID)
                return yc_reject_system(j->why, YC_SYSTEM_MEMORY);
        }
    }
    j->waiting_count = 0;
    return YC_VALID;
}

/* What the script checks of one transaction read lives in the block's arena. */
static enum yc_verdict send_scripts(struct job *j, uint32_t tx, const struct yc_coin *coin)
{
    const struct yc_tx *t = &j->b->tx[tx];
    struct yc_spend *spend = yc_arena_take(j->c->arena, sizeof *spend);
    struct yc_spent *spent = yc_arena_take_array(j->c->arena, t->in_count, sizeof *spent);
    if (!spend || !spent)
        return yc_reject_system(j->why, YC_SYSTEM_MEMORY);
    for (uint32_t i = 0; i < t->in_count; i++)
        spent[i] = (struct yc_spent){coin[i].value_sat, coin[i].script};
    spend->tx = t;
    spend->spent = spent;
    j->waiting[j->waiting_count++] = spend;
    return j->waiting_count == WAITING_MAX ? send_waiting(j) : YC_VALID;
}

static enum yc_verdict add_sigops(struct job *j, uint32_t tx, const struct yc_tx_coins *t)
{
    j->sigop_cost += yc_tx_sigop_cost(t, j->flags);
    if (j->sigop_cost > YC_BLOCK_SIGOP_COST_MAX)
        return reject_tx(j, YC_REJ_BLOCK_SIGOPS, tx);
    return YC_VALID;
}

/* Everything about one transaction behind the coinbase: the cheap rules first, then its scripts. */
static enum yc_verdict connect_tx(struct job *j, uint32_t tx)
{
    struct yc_tx_coins t = {&j->b->tx[tx], j->spent + j->spent_count};
    int64_t fee_sat;
    enum yc_verdict verdict = spend_inputs(j, tx);
    if (verdict != YC_VALID)
        return verdict;
    verdict = yc_tx_check_inputs(&t, j->c->height, &fee_sat, j->why);
    if (verdict != YC_VALID) {
        j->why->tx = tx;
        return verdict;
    }
    if (!yc_money_add(&j->fees_sat, fee_sat))
        return reject_tx(j, YC_REJ_BLOCK_FEES_OUTOFRANGE, tx);
    if (yc_rule_active(j->c->params->rules.csv, j->c->height) && !yc_tx_sequence_locks_ok(&t, j->c->ancestors))
        return reject_tx(j, YC_REJ_BLOCK_TX_NONFINAL, tx);
    verdict = add_sigops(j, tx, &t);
    if (verdict != YC_VALID)
        return verdict;
    if (j->bip54 && yc_tx_legacy_sigops_bip54(&t) > YC_TX_LEGACY_SIGOPS_MAX)
        return reject_tx(j, YC_REJ_TX_LEGACY_SIGOPS, tx);
    if (j->c->scripts) {
        verdict = send_scripts(j, tx, t.coin);
        if (verdict != YC_VALID)
            return verdict;
    }
    return make_outputs(j, tx);
}

static enum yc_verdict connect_coinbase(struct job *j)
{
    struct yc_tx_coins t = {&j->b->tx[0], NULL};
    enum yc_verdict verdict = add_sigops(j, 0, &t);
    return verdict == YC_VALID ? make_outputs(j, 0) : verdict;
}

static enum yc_verdict check_reward(struct job *j)
{
    const struct yc_tx *coinbase = &j->b->tx[0];
    int64_t paid_sat = 0, reward_sat = j->fees_sat + yc_subsidy_sat(j->c->params, j->c->height);
    for (uint32_t i = 0; i < coinbase->out_count; i++) {
        if (!yc_money_add(&paid_sat, coinbase->out[i].value_sat))
            return reject_tx(j, YC_REJ_BLOCK_CB_AMOUNT, 0);
    }
    return paid_sat > reward_sat ? reject_tx(j, YC_REJ_BLOCK_CB_AMOUNT, 0) : YC_VALID;
}

static bool make_room_for_spent(struct job *j)
{
    size_t inputs = 0;
    for (uint32_t i = 1; i < j->b->tx_count; i++)
        inputs += j->b->tx[i].in_count;
    j->spent = yc_arena_take_array(j->c->arena, inputs, sizeof *j->spent);
    return j->spent != NULL;
}

enum yc_verdict yc_block_connect(const struct yc_block *b, const struct yc_connect *c, struct yc_spent_coins *out_spent,
                                 int64_t *out_fees_sat, struct yc_reject *why)
{
    YC_ASSERT(b->tx_count > 0 && yc_tx_is_coinbase(&b->tx[0]));
    YC_ASSERT(c->height == 0 || c->ancestors);
    struct job j = {.b = b,
                    .c = c,
                    .why = why,
                    .flags = yc_script_flags_at(c->params, c->height, c->hash),
                    .bip54 = yc_rule_active(c->params->rules.bip54, c->height)};
    if (!make_room_for_spent(&j))
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    if (c->height > 0) {
        enum yc_verdict verdict = check_bip30(&j);
        if (verdict == YC_VALID)
            verdict = connect_coinbase(&j);
        for (uint32_t i = 1; i < b->tx_count && verdict == YC_VALID; i++)
            verdict = connect_tx(&j, i);
        if (verdict == YC_VALID)
            verdict = check_reward(&j);
        if (verdict == YC_VALID && c->scripts)
            verdict = send_waiting(&j);
        if (verdict != YC_VALID)
            return verdict;
    }
    *out_spent = (struct yc_spent_coins){j.spent, j.spent_count};
    if (out_fees_sat)
        *out_fees_sat = j.fees_sat;
    return YC_VALID;
}

enum yc_verdict yc_script_check_run(const struct yc_script_check *check, struct yc_script_machine *machine,
                                    const struct yc_checker *checker, struct yc_reject *why)
{
    enum yc_script_error error = yc_script_verify(check->spend, check->input, check->flags, checker, machine);
    if (error == YC_SCRIPT_OK)
        return YC_VALID;
    enum yc_verdict verdict = yc_reject_set(why, YC_REJ_BLOCK_SCRIPT, check->tx, check->input);
    why->script_error = error;
    return verdict;
}
