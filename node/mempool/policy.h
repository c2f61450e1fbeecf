/* What the pool takes beyond what consensus demands. Nothing here ever refuses a block (catalogue C30). Pure functions;
 * for node/mempool alone. Sources: Bitcoin Core's relay policy; BIP 54, 141, 341, 431. */
#ifndef YC_NODE_MEMPOOL_POLICY_H
#define YC_NODE_MEMPOOL_POLICY_H

#include "node/mempool/mempool.h"

#define YC_POLICY_TX_WEIGHT_MAX   400000
#define YC_POLICY_TX_STRIPPED_MIN 65 /* one more than a pair of merkle nodes */
#define YC_POLICY_SIGOP_COST_MAX  (YC_BLOCK_SIGOP_COST_MAX / 5)
#define YC_POLICY_BLOCK_RESERVED  8000 /* weight of a block that a transaction can never have */
#define YC_TRUC_VERSION           3
#define YC_TRUC_VBYTES_MAX        10000
#define YC_TRUC_CHILD_VBYTES_MAX  1000

/** Fill in the reason and return YC_POLICY; the text, which may be "", goes into why->detail. */
enum yc_verdict yc_policy_refuse(struct yc_pool_reject *why, enum yc_policy policy, const char *format, ...)
    YC_PRINTF(3, 4);

/** Version, weight, input scripts, output scripts, data, more than one dust output: needs no coins. */
enum yc_verdict yc_policy_form(const struct yc_tx *tx, const struct yc_pool_config *config,
                               struct yc_pool_reject *why) YC_MUST_USE;

/** Below this value the output is dust; 0 for outputs that nobody can spend. */
int64_t yc_policy_dust_sat(const struct yc_txout *out, int64_t sat_per_kvb);
/** Dust outputs of the transaction. */
uint32_t yc_policy_dust_count(const struct yc_tx *tx, int64_t sat_per_kvb);

/** Are the spent scripts of known forms, and their signature operations few? */
enum yc_verdict yc_policy_inputs(const struct yc_tx_coins *t, struct yc_pool_reject *why) YC_MUST_USE;
/** Is each witness one that its script calls for, and within limits? */
bool yc_policy_witness_ok(const struct yc_tx_coins *t);

/** Does some input spend a witness program (anchors apart)? Then a transaction without any witness may be a stripped copy
 *  of a valid one (catalogue P32). */
bool yc_policy_wants_witness(const struct yc_tx_coins *t);

#endif
