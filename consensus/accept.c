#include "base/assert.h"
#include "consensus/connect.h"
#include "crypto/sha256.h"

#include <stdio.h>

#define OP_1 0x51

size_t yc_bip34_push(uint8_t out6[6], uint32_t height)
{
    if (height <= 16) {
        out6[0] = height ? (uint8_t)(OP_1 + height - 1) : 0;
        return 1;
    }
    size_t n = 0;
    for (uint32_t left = height; left; left >>= 8)
        out6[++n] = (uint8_t)left;
    /* The highest bit is the sign of a script number. */
    if (out6[n] & 0x80)
        out6[++n] = 0;
    out6[0] = (uint8_t)n;
    return n + 1;
}

/* Every transaction, the coinbase too, must be final. From BIP 113 on the clock is the parent's median time past. */
static enum yc_verdict check_final(const struct yc_block *b, const struct yc_chain_params *params, uint32_t height,
                                   const struct yc_ancestors *a, struct yc_reject *why)
{
    int64_t clock_s = b->header.time;
    if (a && yc_rule_active(params->rules.csv, height))
        clock_s = yc_median_time_past(a);
    for (uint32_t i = 0; i < b->tx_count; i++) {
        if (!yc_tx_is_final(&b->tx[i], height, clock_s))
            return yc_reject_set(why, YC_REJ_BLOCK_TX_NONFINAL, i, YC_NO_INDEX);
    }
    return YC_VALID;
}

/* What makes each coinbase one of its kind, so that no two have the same id (catalogue C05). */
static enum yc_verdict check_coinbase(const struct yc_tx *coinbase, const struct yc_chain_params *params,
                                      uint32_t height, struct yc_reject *why)
{
    struct yc_view script_sig = coinbase->in[0].script_sig;
    if (yc_rule_active(params->rules.bip34, height)) {
        uint8_t push[6];
        size_t n = yc_bip34_push(push, height);
        if (script_sig.n < n || memcmp(script_sig.p, push, n) != 0)
            return yc_reject_set(why, YC_REJ_BLOCK_CB_HEIGHT, 0, 0);
    }
    if (yc_rule_active(params->rules.bip54, height)) {
        if ((int64_t)coinbase->lock_time != (int64_t)height - 1) {
            enum yc_verdict verdict = yc_reject_set(why, YC_REJ_BLOCK_CB_LOCKTIME, 0, YC_NO_INDEX);
            snprintf(why->detail, sizeof why->detail, "lock time %u at height %u", (unsigned)coinbase->lock_time,
                     (unsigned)height);
            return verdict;
        }
        if (coinbase->in[0].sequence == YC_SEQUENCE_FINAL)
            return yc_reject_set(why, YC_REJ_BLOCK_CB_SEQUENCE, 0, 0);
    }
    return YC_VALID;
}

/* Does the coinbase commit to the witnesses? Until this is known they may be anybody's, and whatever depends on them
 * says nothing about the header (catalogue C35). */
static enum yc_verdict check_witnesses(const struct yc_block *b, bool segwit, struct yc_arena *scratch,
                                       struct yc_reject *why)
{
    int at = segwit ? yc_block_commitment_index(b) : -1;
    if (at >= 0) {
        const struct yc_txin *in = &b->tx[0].in[0];
        uint8_t committed[2][32], hash[32];
        if (in->witness_count != 1 || in->witness[0].n != 32)
            return yc_reject_set(why, YC_REJ_BLOCK_WITNESS_NONCE_SIZE, 0, 0);
        if (!yc_block_witness_root(committed[0], b, scratch))
            return yc_reject_system(why, YC_SYSTEM_MEMORY);
        memcpy(committed[1], in->witness[0].p, 32);
        yc_sha256d(hash, committed, sizeof committed);
        if (memcmp(hash, b->tx[0].out[at].script.p + 6, 32) != 0)
            return yc_reject_set(why, YC_REJ_BLOCK_WITNESS_MERKLE, YC_NO_INDEX, YC_NO_INDEX);
        return YC_VALID;
    }
    for (uint32_t i = 0; i < b->tx_count; i++) {
        if (b->tx[i].has_witness)
            return yc_reject_set(why, YC_REJ_BLOCK_UNEXPECTED_WITNESS, i, YC_NO_INDEX);
    }
    return YC_VALID;
}

enum yc_verdict yc_block_accept(const struct yc_block *b, const struct yc_chain_params *params, uint32_t height,
                                const struct yc_ancestors *a, struct yc_arena *scratch, struct yc_reject *why)
{
    YC_ASSERT(b->tx_count > 0 && yc_tx_is_coinbase(&b->tx[0]));
    enum yc_verdict verdict = check_final(b, params, height, a, why);
    if (verdict == YC_VALID)
        verdict = check_coinbase(&b->tx[0], params, height, why);
    if (verdict == YC_VALID)
        verdict = check_witnesses(b, yc_rule_active(params->rules.segwit, height), scratch, why);
    if (verdict == YC_VALID && b->weight > YC_BLOCK_WEIGHT_MAX)
        verdict = yc_reject_set(why, YC_REJ_BLOCK_WEIGHT, YC_NO_INDEX, YC_NO_INDEX);
    return verdict;
}
