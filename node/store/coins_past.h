/* The set of coins as it was some blocks ago: a scan of the set as it is now, with what those blocks did taken back on the
 * way. Nothing is written, and the chain stays where it is. Memory grows with the blocks: about 70 bytes for each input and
 * output of them, and each spent script. One thread at a time. */
#ifndef YC_NODE_STORE_COINS_PAST_H
#define YC_NODE_STORE_COINS_PAST_H

#include "base/buf.h"
#include "consensus/block.h"
#include "node/store/coins_scan.h"

struct yc_coins_past {
    struct yc_buf
        changes; /* struct coins_past_change, in the order of the calls until the first yc_coins_past_next() */
    struct yc_arena coins;
    size_t next;
    bool sorted;
    /* the scan's coin that is still to be handed out */
    bool waiting;
    struct yc_outpoint at;
    struct yc_coin_short coin;
};

/** Nothing taken back. alloc is borrowed for its life; at most max_bytes of memory are taken. */
void yc_coins_past_init(struct yc_coins_past *p, const struct yc_alloc *alloc, size_t max_bytes);
void yc_coins_past_release(struct yc_coins_past *p);

/** Take one block back: the newest first, each the parent of the one before.
 *  spent  what it spent, in the order of its inputs
 *  YC_VALID; YC_SYSTEM, MEMORY when max_bytes are in use, CORRUPT when spent is not the block's. */
enum yc_verdict yc_coins_past_block(struct yc_coins_past *p, const struct yc_block *b,
                                    const struct yc_spent_coins *spent, struct yc_error *err) YC_MUST_USE;

/** As yc_coins_scan_next(), over the set before those blocks. The scan must have been opened after the newest of them and
 *  before any later one. After the first call no block may be taken back. */
enum yc_verdict yc_coins_past_next(struct yc_coins_past *p, struct yc_coins_scan *s, struct yc_outpoint *at,
                                   struct yc_coin_short *coin, struct yc_error *err) YC_MUST_USE;

#endif
