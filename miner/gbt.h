/* What a node's getblocktemplate says, read and judged (BIP 22, 23, 145, 54). One thread at a time.
 *
 * The node is trusted to choose transactions, not to count: what can be computed from the transactions themselves is
 * computed here or in miner/job.h and compared (catalogue N05). */
#ifndef YC_MINER_GBT_H
#define YC_MINER_GBT_H

#include "base/buf.h"
#include "consensus/block.h"
#include "sys/json.h"

#define YC_LONGPOLLID_MAX 256

struct yc_gbt {
    uint32_t version, bits, height;
    uint32_t time, time_min; /* now, as the node sees it; the least time that is valid */
    struct yc_block_hash prev;
    struct yc_u256 target;
    int64_t coinbase_value_sat;
    struct yc_view commitment_script;   /* default_witness_commitment; empty: none */
    struct yc_view aux;                 /* coinbaseaux: bytes that the coinbase's script should hold */
    bool bip54;                         /* the chain obeys BIP 54 at this height */
    uint32_t tx_count;                  /* without the coinbase */
    const struct yc_view *tx;           /* each serialised whole */
    const struct yc_txid *txid;         /* as the node says */
    char longpollid[YC_LONGPOLLID_MAX]; /* "": the node does not offer long polls */
};

/** Read the result of getblocktemplate.
 *  arena  holds everything that *out refers to; out lives as long
 *  Returns YC_VALID; YC_INVALID with a sentence: a field is missing or senseless, or the template demands a rule that
 *  is not known here ("!name"); YC_SYSTEM (MEMORY). */
enum yc_verdict yc_gbt_read(struct yc_gbt *out, const struct yc_json *result, struct yc_arena *arena,
                            struct yc_error *err) YC_MUST_USE;

/** Append the parameters of a getblocktemplate call. longpollid NULL or "": answer at once; else when there is something
 *  newer than the template of that id. */
void yc_gbt_write_params(struct yc_buf *out, const char *longpollid);

#endif
