/* Contexts, scripts and single transactions. */
#include "consensus/public/internal.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"

#include <stdlib.h>
#include <threads.h>

#define ARENA_CHUNK_BYTES (64u << 10)

static once_flag started = ONCE_FLAG_INIT;
static bool machine_is_sound;

/* The hash kernel is chosen for the process, before any thread can hash. */
static void start(void)
{
    machine_is_sound = yc_sha256_select(NULL, NULL) == YC_VALID && yc_secp_self_test(NULL) == YC_VALID;
}

struct ycoin_context *ycoin_context_new(void)
{
    call_once(&started, start);
    struct ycoin_context *c = machine_is_sound ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return NULL;
    c->machine = yc_script_machine_new(yc_public_heap());
    if (!c->machine) {
        free(c);
        return NULL;
    }
    yc_arena_init(&c->arena, yc_public_heap(), ARENA_CHUNK_BYTES, SIZE_MAX);
    return c;
}

void ycoin_context_free(struct ycoin_context *context)
{
    if (!context)
        return;
    yc_script_machine_free(context->machine);
    yc_arena_release(&context->arena);
    free(context);
}

/* A transaction from its bytes, in the context's arena. */
static enum yc_verdict read_tx(struct ycoin_context *c, struct yc_tx *tx, const uint8_t *p, size_t n,
                               struct yc_reject *reject)
{
    yc_arena_clear(&c->arena);
    return yc_tx_parse(tx, yc_view(p, n), &c->arena, reject);
}

/* Soft forks stand on one another: a witness program without P2SH would have another meaning nested. */
static bool flags_can_stand(uint32_t flags)
{
    return !(flags & ~YCOIN_SCRIPT_ALL) && (flags & YCOIN_SCRIPT_P2SH || !(flags & YCOIN_SCRIPT_WITNESS)) &&
           (flags & YCOIN_SCRIPT_WITNESS || !(flags & YCOIN_SCRIPT_TAPROOT));
}

/* The scripts of inputs first..last-1. */
static enum yc_verdict run_scripts(struct ycoin_context *c, const struct yc_tx *tx, const struct yc_spent *spent,
                                   uint32_t first, uint32_t last, uint32_t flags, struct yc_reject *reject)
{
    struct yc_spend spend;
    yc_spend_init(&spend, tx, spent);
    enum yc_verdict verdict = YC_VALID;
    for (uint32_t i = first; i < last && verdict == YC_VALID; i++) {
        struct yc_script_check check = {.spend = &spend, .input = i, .tx = YC_NO_INDEX, .flags = flags};
        verdict = yc_script_check_run(&check, c->machine, yc_checker_now(), reject);
    }
    return verdict;
}

enum ycoin_verdict ycoin_verify_script(struct ycoin_context *context, const uint8_t *tx, size_t tx_size, uint32_t input,
                                       const struct ycoin_output *outputs, size_t output_count, uint32_t flags,
                                       struct ycoin_reason *why)
{
    struct yc_tx t;
    struct yc_reject reject;
    if (!flags_can_stand(flags))
        return yc_public_error(why, "flags: a bit that is none of YCOIN_SCRIPT_*, WITNESS without P2SH, or TAPROOT "
                                    "without WITNESS");
    enum yc_verdict verdict = read_tx(context, &t, tx, tx_size, &reject);
    if (verdict != YC_VALID)
        return yc_public_verdict(verdict, &reject, why);
    if (output_count != t.in_count || input >= t.in_count)
        return yc_public_error(why,
                               "outputs: there must be one for each input of the transaction, and input one of them");
    struct yc_spent *spent = yc_arena_take_array(&context->arena, output_count, sizeof *spent);
    if (!spent)
        return yc_public_verdict(yc_reject_system(&reject, YC_SYSTEM_MEMORY), &reject, why);
    for (size_t i = 0; i < output_count; i++)
        spent[i] = (struct yc_spent){outputs[i].value_sat, yc_view(outputs[i].script, outputs[i].script_size)};
    return yc_public_verdict(run_scripts(context, &t, spent, input, input + 1, flags, &reject), &reject, why);
}

enum ycoin_verdict ycoin_check_tx(struct ycoin_context *context, const uint8_t *tx, size_t tx_size, uint8_t txid32[32],
                                  struct ycoin_reason *why)
{
    struct yc_tx t;
    struct yc_reject reject;
    enum yc_verdict verdict = read_tx(context, &t, tx, tx_size, &reject);
    if (verdict == YC_VALID) {
        if (txid32)
            memcpy(txid32, t.txid.b, 32);
        verdict = yc_tx_check(&t, &context->arena, &reject);
    }
    return yc_public_verdict(verdict, &reject, why);
}

/* One transaction with what its inputs spend, in both forms that consensus/ asks for. */
struct candidate {
    struct yc_tx tx;
    struct yc_coin *coin;
    struct yc_spent *spent;
};

static bool candidate_coins(struct candidate *c, struct yc_arena *arena, const struct ycoin_coin *coins)
{
    c->coin = yc_arena_take_array(arena, c->tx.in_count, sizeof *c->coin);
    c->spent = yc_arena_take_array(arena, c->tx.in_count, sizeof *c->spent);
    if (!c->coin || !c->spent)
        return false;
    for (uint32_t i = 0; i < c->tx.in_count; i++) {
        struct yc_view script = yc_view(coins[i].script, coins[i].script_size);
        c->coin[i] = (struct yc_coin){coins[i].value_sat, coins[i].height, coins[i].coinbase != 0, script};
        c->spent[i] = (struct yc_spent){coins[i].value_sat, script};
    }
    return true;
}

/* Every rule but the scripts, in the order of a block's. */
static enum yc_verdict candidate_check(const struct candidate *c, const struct yc_chain_params *params,
                                       const struct yc_ancestors *a, uint32_t flags, int64_t *fee_sat,
                                       struct yc_reject *reject)
{
    uint32_t height = a->height + 1;
    struct yc_tx_coins t = {&c->tx, c->coin};
    bool bip54 = yc_rule_active(params->rules.bip54, height), csv = yc_rule_active(params->rules.csv, height);
    if (bip54) {
        enum yc_verdict verdict = yc_tx_check_bip54(&c->tx, reject);
        if (verdict != YC_VALID)
            return verdict;
    }
    /* Before BIP 113 the clock is the block's own time, which is at least a second past the median. */
    if (!yc_tx_is_final(&c->tx, height, csv ? yc_median_time_past(a) : yc_time_min(params, a)))
        return yc_reject_set(reject, YC_REJ_BLOCK_TX_NONFINAL, YC_NO_INDEX, YC_NO_INDEX);
    enum yc_verdict verdict = yc_tx_check_inputs(&t, height, fee_sat, reject);
    if (verdict != YC_VALID)
        return verdict;
    if (csv && !yc_tx_sequence_locks_ok(&t, a))
        return yc_reject_set(reject, YC_REJ_BLOCK_TX_NONFINAL, YC_NO_INDEX, YC_NO_INDEX);
    if (yc_tx_sigop_cost(&t, flags) > YC_BLOCK_SIGOP_COST_MAX)
        return yc_reject_set(reject, YC_REJ_BLOCK_SIGOPS, YC_NO_INDEX, YC_NO_INDEX);
    if (bip54 && yc_tx_legacy_sigops_bip54(&t) > YC_TX_LEGACY_SIGOPS_MAX)
        return yc_reject_set(reject, YC_REJ_TX_LEGACY_SIGOPS, YC_NO_INDEX, YC_NO_INDEX);
    return YC_VALID;
}

enum ycoin_verdict ycoin_verify_tx(struct ycoin_context *context, const struct ycoin_chain *chain, const uint8_t *tx,
                                   size_t tx_size, const struct ycoin_coin *coins, size_t coin_count,
                                   const struct ycoin_parent *parent, int64_t *fee_sat, struct ycoin_reason *why)
{
    static const struct yc_block_hash not_known;
    struct candidate c;
    struct yc_public_branch branch;
    struct yc_reject reject;
    int64_t fee = 0;
    if (!yc_public_branch_init(&branch, parent))
        return yc_public_error(why, "parent: its height leaves none for the block after it");
    enum yc_verdict verdict = read_tx(context, &c.tx, tx, tx_size, &reject);
    if (verdict == YC_VALID)
        verdict = yc_tx_check(&c.tx, &context->arena, &reject);
    if (verdict == YC_VALID && yc_tx_is_coinbase(&c.tx))
        verdict = yc_reject_set(&reject, YC_REJ_TX_PREVOUT_NULL, YC_NO_INDEX, 0);
    if (verdict != YC_VALID)
        return yc_public_verdict(verdict, &reject, why);
    if (coin_count != c.tx.in_count)
        return yc_public_error(why, "coins: there must be one for each input of the transaction");
    if (!candidate_coins(&c, &context->arena, coins))
        return yc_public_verdict(yc_reject_system(&reject, YC_SYSTEM_MEMORY), &reject, why);
    uint32_t flags = yc_script_flags_at(&chain->params, parent->height + 1, &not_known);
    verdict = candidate_check(&c, &chain->params, &branch.ancestors, flags, &fee, &reject);
    if (verdict == YC_VALID)
        verdict = run_scripts(context, &c.tx, c.spent, 0, c.tx.in_count, flags, &reject);
    enum ycoin_verdict answer = yc_public_branch_verdict(&branch, verdict, &reject, why);
    if (answer == YCOIN_VALID && fee_sat)
        *fee_sat = fee;
    return answer;
}
