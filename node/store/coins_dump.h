/* The set of coins as one file, in the form that Bitcoin Core's dumptxoutset writes and its loadtxoutset reads (version 2):
 * "utxo" 0xff, version, the network's magic, the hash of the block that it is the set after, the number of coins; then for
 * each transaction its id, the number of its coins, and each coin's index, height, amount and script, all compressed.
 * A walk over the whole set: for a thread that may take its time. */
#ifndef YC_NODE_STORE_COINS_DUMP_H
#define YC_NODE_STORE_COINS_DUMP_H

#include "base/fs.h"
#include "node/store/coins_past.h"

struct yc_coins_dump {
    const struct yc_alloc *alloc;
    const struct yc_fs *fs;
    const char *path; /* PATH.incomplete is written and becomes this when it is whole and durable */
    uint8_t magic[4];
    struct yc_block_hash base;
    struct yc_coins_scan *scan;
    struct yc_coins_past *past; /* what is to be taken back */
    /* Asked now and then, with the part that is done in percent, about; false ends the dump with YC_NOT_YET. May be NULL. */
    bool (*go_on)(void *ctx, unsigned percent);
    void *go_on_ctx;
};

struct yc_coins_dumped {
    uint64_t coins;
    uint8_t hash32[32]; /* as yc_coins_scan_totals() makes it, of the set that was written */
};

/** Write the file. PATH.incomplete is removed when that fails.
 *  YC_VALID; YC_NOT_YET; YC_SYSTEM. */
enum yc_verdict yc_coins_dump(const struct yc_coins_dump *d, struct yc_coins_dumped *out,
                              struct yc_error *err) YC_MUST_USE;

/** Make PATH.incomplete, empty, to see whether that is possible. YC_VALID; YC_SYSTEM. */
enum yc_verdict yc_coins_dump_probe(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *path,
                                    struct yc_error *err) YC_MUST_USE;

#endif
