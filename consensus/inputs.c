/* One transaction against the coins that it spends. */
#include "consensus/connect.h"
#include "consensus/script/script.h"

#define SEQUENCE_TIME_UNIT_S 512 /* BIP 68 */

enum yc_verdict yc_tx_check_inputs(const struct yc_tx_coins *t, uint32_t spend_height, int64_t *fee_sat,
                                   struct yc_reject *why)
{
    int64_t in_sat = 0, out_sat = 0;
    for (uint32_t i = 0; i < t->tx->in_count; i++) {
        const struct yc_coin *coin = &t->coin[i];
        if (coin->coinbase && (int64_t)spend_height - (int64_t)coin->height < YC_COINBASE_MATURITY)
            return yc_reject_set(why, YC_REJ_TX_PREMATURE_COINBASE, YC_NO_INDEX, i);
        if (!yc_money_add(&in_sat, coin->value_sat))
            return yc_reject_set(why, YC_REJ_TX_INPUTVALUES_OUTOFRANGE, YC_NO_INDEX, i);
    }
    for (uint32_t i = 0; i < t->tx->out_count; i++) {
        /* yc_tx_check() has ruled this out, but a sum that overflows here would make coins (catalogue C42). */
        if (!yc_money_add(&out_sat, t->tx->out[i].value_sat))
            return yc_reject_set(why, YC_REJ_TX_FEE_OUTOFRANGE, YC_NO_INDEX, i);
    }
    if (in_sat < out_sat)
        return yc_reject_set(why, YC_REJ_TX_IN_BELOWOUT, YC_NO_INDEX, YC_NO_INDEX);
    *fee_sat = in_sat - out_sat;
    return YC_VALID;
}

bool yc_tx_sequence_locks_ok(const struct yc_tx_coins *t, const struct yc_ancestors *a)
{
    if (t->tx->version < 2)
        return true;
    int64_t height = (int64_t)a->height + 1, mtp_s = INT64_MIN;
    for (uint32_t i = 0; i < t->tx->in_count; i++) {
        uint32_t sequence = t->tx->in[i].sequence;
        if (sequence & YC_SEQUENCE_DISABLE)
            continue;
        int64_t locked = sequence & YC_SEQUENCE_MASK, made_at = t->coin[i].height;
        if (!(sequence & YC_SEQUENCE_TIME)) {
            if (height < made_at + locked)
                return false;
            continue;
        }
        /* Counted from the least time that the coin's block could have carried: its parent's median time past. A coin
         * of the mempool or of this very block has the height of the block to come. */
        uint32_t before = made_at > 0 ? (uint32_t)made_at - 1 : 0;
        if (before > a->height)
            return false;
        if (mtp_s == INT64_MIN)
            mtp_s = yc_median_time_past(a);
        if (mtp_s < yc_median_time_past_at(a, before) + locked * SEQUENCE_TIME_UNIT_S)
            return false;
    }
    return true;
}

uint64_t yc_tx_legacy_sigops(const struct yc_tx *tx)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < tx->in_count; i++)
        count += yc_script_sigops(tx->in[i].script_sig, false);
    for (uint32_t i = 0; i < tx->out_count; i++)
        count += yc_script_sigops(tx->out[i].script, false);
    return count;
}

uint64_t yc_tx_sigop_cost(const struct yc_tx_coins *t, uint32_t flags)
{
    uint64_t cost = yc_tx_legacy_sigops(t->tx) * YC_WITNESS_SCALE;
    if (yc_tx_is_coinbase(t->tx))
        return cost;
    for (uint32_t i = 0; i < t->tx->in_count; i++) {
        const struct yc_txin *in = &t->tx->in[i];
        struct yc_view spent = t->coin[i].script;
        if (flags & YC_SCRIPT_P2SH && yc_script_is_p2sh(spent))
            cost += (uint64_t)yc_script_sigops_p2sh(spent, in->script_sig) * YC_WITNESS_SCALE;
        cost += yc_script_sigops_witness(spent, in->script_sig, in->witness, in->witness_count, flags);
    }
    return cost;
}

uint64_t yc_tx_legacy_sigops_bip54(const struct yc_tx_coins *t)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < t->tx->in_count; i++) {
        struct yc_view spent = t->coin[i].script, script_sig = t->tx->in[i].script_sig;
        count += yc_script_sigops(script_sig, true);
        count += yc_script_sigops(spent, true);
        if (yc_script_is_p2sh(spent))
            count += yc_script_sigops_p2sh(spent, script_sig);
    }
    return count;
}
