/* Reading the chain: from the last block that the wallet knows to the node's tip, then the node's pool.
 *
 * Attacks and accidents it answers: reorganisations, found by the hashes of blocks that were read (W18, O02); a chain
 * that moves while it is read: each block must follow the one before, else the reading starts again from where both
 * agree (W19: no gap, no double); payments to addresses that were not watched yet (W20); a tip that arrives between the
 * blocks and the pool. Every block's effect is committed together with the note that it was read. One thread. */
#ifndef YC_WALLET_SYNC_H
#define YC_WALLET_SYNC_H

#include "base/clock.h"
#include "wallet/source.h"
#include "wallet/wallet.h"

#define YC_SYNC_RESEND_S                                                                                               \
    1800 /* a payment that the node does not have is handed over again so long after the last time */

struct yc_sync_progress {
    uint32_t from, at, tip; /* heights */
    int64_t elapsed_us;
};

struct yc_sync_config {
    const struct yc_clock *clock;
    void (*progress)(void *ctx, const struct yc_sync_progress *p); /* about once a second; may be NULL */
    void *ctx;
};

/** Bring the wallet up to the source's tip and pool, and hand over payments of ours that the node lacks.
 *  tip  what the wallet now stands at
 *  Returns YC_VALID; YC_INVALID: the source is of another chain, or what it says contradicts itself; YC_NOT_YET: it is
 *  not reached, or lacks a block that is needed (pruned: W32); YC_SYSTEM. What was read before stays. */
enum yc_verdict yc_wallet_sync(struct yc_wallet *w, const struct yc_source *source, const struct yc_sync_config *config,
                               struct yc_source_tip *tip, struct yc_error *err) YC_MUST_USE;

#endif
