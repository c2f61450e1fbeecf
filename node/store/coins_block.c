#include "base/assert.h"
#include "base/hex.h"
#include "consensus/script/script.h"
#include "node/store/coins_internal.h"

static struct yc_outpoint outpoint(const struct yc_tx *tx, uint32_t index)
{
    return (struct yc_outpoint){tx->txid, index};
}

static enum yc_verdict misfit(const struct yc_block *b, const struct yc_outpoint *at, const char *what,
                              struct yc_error *err)
{
    char block[65], txid[65];
    yc_hex_write_reversed(block, b->hash.b, 32);
    yc_hex_write_reversed(txid, at->txid.b, 32);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "block %s cannot be disconnected: coin %s:%u %s; start with -reindex-chainstate to build the coins "
                   "anew",
                   block, txid, (unsigned)at->index, what);
}

static enum yc_verdict remove_outputs(struct yc_coins_cache *c, const struct yc_block *b, const struct yc_tx *tx,
                                      uint32_t height, enum yc_coins_undo how, struct yc_error *err)
{
    bool lax = how == YC_COINS_UNDO_REPLAY || (how == YC_COINS_UNDO_OVERWRITTEN && yc_tx_is_coinbase(tx));
    for (uint32_t i = tx->out_count; i-- > 0;) {
        if (yc_script_is_unspendable(tx->out[i].script))
            continue;
        struct yc_outpoint at = outpoint(tx, i);
        struct yc_coin coin;
        enum yc_verdict v = coins_spend(c, &at, &coin, err);
        if (v == YC_SYSTEM)
            return v;
        if (lax)
            continue;
        if (v == YC_NOT_YET)
            return misfit(b, &at, "is not there", err);
        if (coin.height != height || coin.coinbase != yc_tx_is_coinbase(tx) || coin.value_sat != tx->out[i].value_sat ||
            !yc_view_equal(coin.script, tx->out[i].script))
            return misfit(b, &at, "is another one than the block made", err);
    }
    return YC_VALID;
}

/* spent: one coin for each input of tx. */
static enum yc_verdict restore_inputs(struct yc_coins_cache *c, const struct yc_block *b, const struct yc_tx *tx,
                                      const struct yc_coin *spent, enum yc_coins_undo how, struct yc_error *err)
{
    for (uint32_t i = tx->in_count; i-- > 0;) {
        const struct yc_outpoint *at = &tx->in[i].prevout;
        enum yc_verdict v = how == YC_COINS_UNDO_REPLAY ? YC_NOT_YET : c->view.has(c, at);
        if (v == YC_SYSTEM) {
            if (err)
                *err = c->error;
            return v;
        }
        if (v == YC_VALID)
            return misfit(b, at, "was not spent", err);
        v = coins_add(c, at, &spent[i], spent[i].coinbase, err);
        if (v != YC_VALID)
            return v;
    }
    return YC_VALID;
}

enum yc_verdict yc_coins_block_disconnect(struct yc_coins_cache *c, const struct yc_block *b, uint32_t height,
                                          const struct yc_spent_coins *spent, enum yc_coins_undo how,
                                          struct yc_error *err)
{
    YC_ASSERT(how != YC_COINS_UNDO_REPLAY || c->interrupted);
    size_t inputs = 0;
    for (uint32_t i = 1; i < b->tx_count; i++)
        inputs += b->tx[i].in_count;
    if (inputs != spent->count) {
        char block[65];
        yc_hex_write_reversed(block, b->hash.b, 32);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the undo data of block %s has %zu coins for %zu inputs: start with -reindex to build it anew",
                       block, spent->count, inputs);
    }
    for (uint32_t i = b->tx_count; i-- > 0;) {
        const struct yc_tx *tx = &b->tx[i];
        enum yc_verdict v = remove_outputs(c, b, tx, height, how, err);
        if (v == YC_VALID && i > 0) {
            inputs -= tx->in_count;
            v = restore_inputs(c, b, tx, spent->coin + inputs, how, err);
        }
        if (v != YC_VALID)
            return v;
    }
    return YC_VALID;
}

enum yc_verdict yc_coins_block_replay(struct yc_coins_cache *c, const struct yc_block *b, uint32_t height,
                                      struct yc_error *err)
{
    YC_ASSERT(c->interrupted);
    for (uint32_t i = 0; i < b->tx_count && height > 0; i++) {
        const struct yc_tx *tx = &b->tx[i];
        bool coinbase = yc_tx_is_coinbase(tx);
        for (uint32_t k = 0; k < tx->in_count && !coinbase; k++) {
            struct yc_coin coin;
            if (coins_spend(c, &tx->in[k].prevout, &coin, err) == YC_SYSTEM)
                return YC_SYSTEM;
        }
        for (uint32_t k = 0; k < tx->out_count; k++) {
            if (yc_script_is_unspendable(tx->out[k].script))
                continue;
            struct yc_outpoint at = outpoint(tx, k);
            struct yc_coin coin = {tx->out[k].value_sat, height, coinbase, tx->out[k].script};
            enum yc_verdict v = coins_add(c, &at, &coin, true, err);
            if (v != YC_VALID)
                return v;
        }
    }
    return YC_VALID;
}
