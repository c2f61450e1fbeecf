/* Reading a set of coins from a file in the form that coins_dump.h writes: Bitcoin Core's snapshots. Whoever made the file
 * is a stranger: everything in it is checked but whether the coins are the right ones, which their hash decides.
 *
 * One thread. Memory: a window of the file; nothing that the file says decides how much is taken. */
#ifndef YC_NODE_STORE_COINS_FILE_H
#define YC_NODE_STORE_COINS_FILE_H

#include "base/fs.h"
#include "node/store/coin_codec.h"

struct yc_alloc;

struct yc_coins_file_head {
    uint8_t magic[4];          /* of the network */
    struct yc_block_hash base; /* the block that it is the set after */
    uint64_t coins;            /* as the file says */
};

struct yc_coins_file {
    struct yc_coins_file_head head;
    uint32_t height_max; /* set by the caller before the first coin: the base's height */
    uint64_t taken;      /* coins handed out */

    const struct yc_alloc *alloc;
    const struct yc_fs *fs;
    struct yc_file *file;
    uint8_t *window; /* window_n bytes of the file, used up to window_at, the last of which lie before read_at */
    size_t window_n, window_at;
    uint64_t read_at;
    bool ended; /* nothing is left behind the window */
    struct yc_txid txid;
    uint64_t tx_left;    /* coins of txid that are still to come */
    uint8_t script[128]; /* of a coin whose script is written apart from its bytes */
};

/** Open the file and read its head. fs and alloc are borrowed until it is closed.
 *  Returns YC_VALID, and the caller closes it; YC_NOT_YET when there is no such file; YC_INVALID with a sentence in Bitcoin
 *  Core's words: it is no snapshot, or of a version that is not known; YC_SYSTEM. */
enum yc_verdict yc_coins_file_open(struct yc_coins_file *f, const struct yc_fs *fs, const struct yc_alloc *alloc,
                                   const char *path, struct yc_error *err) YC_MUST_USE;
void yc_coins_file_close(struct yc_coins_file *f);

/** The next coin; its script's payload is readable until the next call.
 *  Returns YC_VALID; YC_NOT_YET when all have come and the file ends there; YC_INVALID with a sentence in Bitcoin Core's
 *  words: bytes that are no coin, one above height_max, an amount that cannot be, fewer or more than the head says;
 *  YC_SYSTEM. */
enum yc_verdict yc_coins_file_next(struct yc_coins_file *f, struct yc_outpoint *at, struct yc_coin_short *coin,
                                   struct yc_error *err) YC_MUST_USE;

#endif
