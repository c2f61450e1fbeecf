/* -txindex: where each transaction of the chain is. Its records are those of the blocks of the chain up to the best one
 * and no others: what a reorganisation leaves behind is taken out, so that the index says the same whatever way the chain
 * took. Of two transactions with one id (there are two such pairs on Bitcoin's main chain, see BIP 30) the later counts.
 * The genesis block's cannot be spent, and is left out, as in Bitcoin Core. */
#include "node/index/internal.h"

#include "base/bytes.h"

void yc_index_tx_key(uint8_t out[TX_KEY_BYTES], const struct yc_txid *txid)
{
    out[0] = 't';
    memcpy(out + 1, txid->b, sizeof txid->b);
}

static enum yc_verdict add(struct yc_index *x, struct yc_index_block *b, struct yc_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < b->block.tx_count; i++) {
        const struct yc_tx *tx = &b->block.tx[i];
        uint8_t key[TX_KEY_BYTES], value[TX_VALUE_BYTES];
        yc_index_tx_key(key, &tx->txid);
        yc_put32le(value, b->node->height);
        yc_put32le(value + 4, (uint32_t)(tx->raw.p - b->block.raw.p));
        yc_put32le(value + 8, (uint32_t)tx->raw.n);
        yc_kv_batch_put(&x->batch, yc_view(key, sizeof key), yc_view(value, sizeof value));
    }
    return YC_VALID; /* memory that a batch did not find fails its write */
}

static enum yc_verdict take_out(struct yc_index *x, struct yc_index_block *b, struct yc_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < b->block.tx_count; i++) {
        uint8_t key[TX_KEY_BYTES];
        yc_index_tx_key(key, &b->block.tx[i].txid);
        yc_kv_batch_delete(&x->batch, yc_view(key, sizeof key));
    }
    return YC_VALID;
}

const struct yc_index_type yc_index_txs = {.name = "txindex",
                                           .folder = "txindex",
                                           .schema = "transaction index",
                                           .version = 1,
                                           .reads_stale = true,
                                           .add = add,
                                           .take_out = take_out};
