/* What to look for in blocks and in the pool: our scripts and our outputs, in memory. For wallet/sync.c. One thread. */
#ifndef YC_WALLET_WATCH_H
#define YC_WALLET_WATCH_H

#include "base/map.h"
#include "consensus/tx.h"
#include "wallet/wallet.h"

#define YC_WATCH_SCRIPT_BYTES 34 /* the longer of our two forms; the other is padded with zeros */

struct yc_watch {
    struct yc_wallet *wallet;
    struct yc_map scripts; /* padded script -> struct yc_watch_place */
    struct yc_map outputs; /* outpoint -> value in base units */
};

struct yc_watch_place {
    enum yc_account_branch branch;
    uint32_t index;
};

/* Where a transaction was seen. */
struct yc_watch_seen {
    int64_t height; /* -1: in the pool */
    int64_t block_time_s, now_s;
};

/** Load everything from the wallet's store. The caller releases it also after a failure. */
enum yc_verdict yc_watch_init(struct yc_watch *watch, struct yc_wallet *w, struct yc_error *err) YC_MUST_USE;
void yc_watch_release(struct yc_watch *watch);
/** Load the scripts that were added since. */
enum yc_verdict yc_watch_reload_scripts(struct yc_watch *watch, struct yc_error *err) YC_MUST_USE;

/** Store the transaction when it pays us or spends our coins; *relevant says whether. The ids are computed. Inside a
 *  transaction of the store. May be called again for the same one. */
enum yc_verdict yc_watch_tx(struct yc_watch *watch, const struct yc_tx *tx, const struct yc_watch_seen *seen,
                            bool *relevant, struct yc_error *err) YC_MUST_USE;

#endif
