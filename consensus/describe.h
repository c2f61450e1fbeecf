/* What a rejection is about, in words for people. Any thread. */
#ifndef YC_CONSENSUS_DESCRIBE_H
#define YC_CONSENSUS_DESCRIBE_H

#include "consensus/reject.h"
#include "consensus/tx.h"

#define YC_REJECT_DETAIL_MAX 320

/** What stands behind the reject string and a comma, in Bitcoin Core's words where it has some: which input of which
 *  transaction, and the coin that it spends; else why->detail. "" when there is nothing to add.
 *  tx  the transaction at fault, parsed; NULL when it is not known */
void yc_reject_describe(char out[YC_REJECT_DETAIL_MAX], const struct yc_reject *why, const struct yc_tx *tx);

#endif
