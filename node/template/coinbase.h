/* The coinbase of a template. Not for use outside node/template. */
#ifndef YC_NODE_TEMPLATE_COINBASE_H
#define YC_NODE_TEMPLATE_COINBASE_H

#include "consensus/block.h"

struct yc_coinbase {
    uint32_t height;
    int64_t value_sat;
    struct yc_view script;     /* where the coins go */
    struct yc_view tag;        /* behind the height in the input's script */
    const uint8_t *commitment; /* 38 bytes of script that commit to the witnesses (BIP 141); NULL: none, no witness */
};

/** Serialise it into w. Lock time and sequence are BIP 54's on every chain: they harm nowhere. */
void yc_coinbase_write(struct yc_writer *w, const struct yc_coinbase *c);

#define YC_COMMITMENT_SCRIPT_BYTES 38
/** The output script that commits to the witness root with a nonce of zeros (BIP 141). */
void yc_commitment_script(uint8_t out[YC_COMMITMENT_SCRIPT_BYTES], const uint8_t witness_root32[32]);

#endif
