#include "consensus/describe.h"

#include "base/hex.h"

#include <stdio.h>

void yc_reject_describe(char out[YC_REJECT_DETAIL_MAX], const struct yc_reject *why, const struct yc_tx *tx)
{
    char txid[65], wtxid[65], spent[65];
    if (tx) {
        yc_hex_write_reversed(txid, tx->txid.b, 32);
        yc_hex_write_reversed(wtxid, tx->wtxid.b, 32);
    }
    if (tx && why->code == YC_REJ_BLOCK_SCRIPT && why->input < tx->in_count) {
        const struct yc_outpoint *from = &tx->in[why->input].prevout;
        yc_hex_write_reversed(spent, from->txid.b, 32);
        (void)snprintf(out, YC_REJECT_DETAIL_MAX, "input %u of %s (wtxid %s), spending %s:%u", (unsigned)why->input,
                       txid, wtxid, spent, (unsigned)from->index);
    } else if (tx && why->code == YC_REJ_TX_INPUTS_MISSING) {
        (void)snprintf(out, YC_REJECT_DETAIL_MAX, "CheckTxInputs: inputs missing/spent in transaction %s", txid);
    } else if (why->code == YC_REJ_BLOCK_SIGOPS) {
        (void)snprintf(out, YC_REJECT_DETAIL_MAX, "out-of-bounds SigOpCount");
    } else if (why->code == YC_REJ_BLOCK_MERKLE_ROOT) {
        (void)snprintf(out, YC_REJECT_DETAIL_MAX, "hashMerkleRoot mismatch");
    } else if (why->code == YC_REJ_HEADER_BAD_VERSION) {
        (void)snprintf(out, YC_REJECT_DETAIL_MAX, "rejected nVersion=%s block", why->detail);
    } else {
        (void)snprintf(out, YC_REJECT_DETAIL_MAX, "%s", why->detail);
    }
}
