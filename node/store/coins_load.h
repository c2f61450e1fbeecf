/* A set of coins from a file into an empty store of its own: the first half of beginning a chain from a snapshot. The
 * second is the chain's (node/chain/snapshot.c), which compares the set's hash and has the store count from then on.
 *
 * A store that was begun so says by its base record what it is. Without that record it is half loaded, and removed at the
 * next start; with it, the coins in it are those after some block on top of the base, as in any coins store. */
#ifndef YC_NODE_STORE_COINS_LOAD_H
#define YC_NODE_STORE_COINS_LOAD_H

#include "node/store/coins_file.h"
#include "node/store/coins_scan.h"

struct yc_coins_load {
    const struct yc_alloc *alloc;
    struct yc_coins_file *file; /* its head has been looked at, and height_max set */
    const struct yc_kv *kv;     /* empty */
    struct yc_block_hash genesis;
    /* Asked now and then, with the part that is done in percent; false ends it with YC_NOT_YET. May be NULL. */
    bool (*go_on)(void *ctx, unsigned percent);
    void *go_on_ctx;
};

/** Write every coin of the file into the store, durably, then walk the store and add up what it holds (hash serialized).
 *  Any thread that alone uses the store.
 *  Returns YC_VALID; YC_NOT_YET; YC_INVALID with a sentence: the file's fault, a coin that it names twice among them;
 *  YC_SYSTEM. */
enum yc_verdict yc_coins_load(const struct yc_coins_load *l, struct yc_coins_totals *out,
                              struct yc_error *err) YC_MUST_USE;

/* What a store says of the snapshot that it was begun from. */
enum yc_coins_trust {
    YC_COINS_ASSUMED = 0, /* the blocks up to the base have not been validated */
    YC_COINS_PROVEN = 1,  /* they have: it is a coins store like any other */
    YC_COINS_REFUTED = 2  /* they have, and led to other coins */
};
struct yc_coins_base {
    struct yc_block_hash block;
    uint32_t height;
    uint64_t chain_tx_count;
    uint8_t hash32[32];
    enum yc_coins_trust trust;
};
/** YC_NOT_YET: there is no record. */
enum yc_verdict yc_coins_base_get(const struct yc_kv *kv, const struct yc_alloc *alloc, struct yc_coins_base *out,
                                  struct yc_error *err) YC_MUST_USE;
/** Durable on return. base NULL: remove the record. */
enum yc_verdict yc_coins_base_set(const struct yc_kv *kv, const struct yc_alloc *alloc,
                                  const struct yc_coins_base *base, struct yc_error *err) YC_MUST_USE;

#endif
