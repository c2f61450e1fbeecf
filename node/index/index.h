/* Optional indexes: what the node need not know to validate, but others ask of it. Each is a key-value store of its own
 * that follows the chain as far as it has been validated, which is to the published tip (but see yc_chain_validated()): where a transaction is (-txindex), a compact filter for each block
 * (-blockfilterindex=basic), what the set of coins comes to after each block (-coinstatsindex).
 *
 * An index reads the blocks from the block files, those that come as those that were there before it was switched on, so
 * there is one way into it. It follows only what is published, which is durable: it is never ahead of the chain. Records
 * and the block they lead up to are written in one synced batch: a crash at any instant leaves the index as it was after
 * some block of the chain, from where it goes on; after a reorganisation it goes back to the fork first.
 *
 * Threads: one thread drives all indexes, either the one that yc_indexes_start() makes or whoever calls
 * yc_indexes_step() (tests, the simulator). Looking things up may be done on any thread. Core owns the struct.
 * Depends on node/chain (snapshot, block files), node/store (kv) and formats (filters). */
#ifndef YC_NODE_INDEX_INDEX_H
#define YC_NODE_INDEX_INDEX_H

#include "node/chain/chain.h"

enum yc_index_kind { YC_INDEX_TXS, YC_INDEX_COINSTATS, YC_INDEX_FILTERS, YC_INDEX_COUNT };

struct yc_indexes_config {
    const struct yc_chain *chain; /* open; outlives the indexes */
    const struct yc_kv
        *kv[YC_INDEX_COUNT]; /* NULL: this index is not kept. Borrowed, closed by the caller afterwards */
    const struct yc_alloc *alloc;
    const struct yc_clock *clock;
    const struct yc_log *log; /* may be NULL */
};

struct yc_indexes;

/** Open the stores that are given and find where each stands. Core thread, after yc_chain_open().
 *  Returns YC_VALID, and the caller closes *out; YC_SYSTEM, CORRUPT for a store of another chain or version and for one
 *  that stands at a block which the chain does not know, with the way out. */
enum yc_verdict yc_indexes_open(struct yc_indexes **out, const struct yc_indexes_config *config,
                                struct yc_error *err) YC_MUST_USE;
/** No other thread may be inside; a started thread must have been stopped. NULL is fine. */
void yc_indexes_close(struct yc_indexes *x);

/** Do up to about budget_us of the work that waits. Not before yc_chain_loading() is false: until then the published tip
 *  may be one that was left behind long ago.
 *  DONE: every index stands at the published tip, durably. FAILED: yc_indexes_failure(); the node must stop. */
enum yc_step yc_indexes_step(struct yc_indexes *x, int64_t budget_us);
const struct yc_error *yc_indexes_failure(const struct yc_indexes *x);

/* Called on the thread of the indexes. */
struct yc_indexes_events {
    void (*moved)(void *ctx);                              /* one of them holds other blocks than before */
    void (*failed)(void *ctx, const struct yc_error *err); /* once; then the thread rests */
    void *ctx;
};
/** Have a thread step. */
enum yc_verdict yc_indexes_start(struct yc_indexes *x, const struct yc_indexes_events *events,
                                 struct yc_error *err) YC_MUST_USE;
/** End the thread, and let everybody go who waits for it. Harmless when none was started. */
void yc_indexes_stop(struct yc_indexes *x);
/** The tip has moved: the thread is to look. Any thread. */
void yc_indexes_wake(struct yc_indexes *x);

/** For yc_chain_set_prune_lock(), with the struct yc_indexes as ctx: the lowest of the heights at which indexes stand that
 *  read on from there; UINT32_MAX when there is none. */
uint32_t yc_indexes_lowest_needed(void *ctx, const char **name);

/* ---- looking, on any thread; x may be NULL: then there is no index ---- */

bool yc_indexes_has(const struct yc_indexes *x, enum yc_index_kind kind);
/** As getindexinfo calls it: "txindex", "coinstatsindex", "basic block filter index"; static. */
const char *yc_index_name(enum yc_index_kind kind);
/** Its folder below indexes/: "txindex", "coinstatsindex", "blockfilter/basic/db"; static. */
const char *yc_index_folder(enum yc_index_kind kind);

/** The last block whose records are durable; NULL: none yet. */
const struct yc_node *yc_index_best(const struct yc_indexes *x, enum yc_index_kind kind);
/** Has it once, since it was opened, stood at the published tip? No more, when the chain goes on from a snapshot. */
bool yc_index_synced(const struct yc_indexes *x, enum yc_index_kind kind);
/** Wait until the index holds block n (of the active chain), at most until deadline_us of the clock. It does not wait
 *  for an index that is not synced. Never on the core thread. True when n is there. */
bool yc_index_wait(struct yc_indexes *x, enum yc_index_kind kind, const struct yc_node *n, int64_t deadline_us);
/** Does the index hold the records of n and of all below it? */
bool yc_index_holds(const struct yc_indexes *x, enum yc_index_kind kind, const struct yc_node *n);

/* Where a transaction is: bytes of the body of the active chain's block of that height. */
struct yc_tx_place {
    uint32_t height, offset, bytes;
};
/** YC_NOT_YET when the index does not know it. The chain may have moved on: what is read there must be compared. */
enum yc_verdict yc_index_tx(const struct yc_indexes *x, const struct yc_txid *txid, struct yc_tx_place *out,
                            struct yc_error *err) YC_MUST_USE;

/* Of the filter of one block: its hash, and the header that commits to it and all before it (BIP 157). */
struct yc_filter_link {
    uint8_t filter_hash32[32], header32[32];
};
/** Of block n, also one that was left in a reorganisation. YC_NOT_YET when it is not indexed. */
enum yc_verdict yc_index_filter_link(const struct yc_indexes *x, const struct yc_node *n, struct yc_filter_link *out,
                                     struct yc_error *err) YC_MUST_USE;
/** The filter itself, replacing what is in out; checked against its link. YC_NOT_YET; YC_SYSTEM. */
enum yc_verdict yc_index_filter(const struct yc_indexes *x, const struct yc_node *n, struct yc_buf *out,
                                struct yc_error *err) YC_MUST_USE;

/* What the set of coins comes to after a block, and what the block did. Sums over one block are kept in 64 bits without
 * sign and stay at the largest number rather than pass it (catalogue S21); the rest cannot pass what exists. */
struct yc_coinstats {
    uint64_t txouts, bogosize; /* as struct yc_coins_totals */
    int64_t total_sat;
    int64_t unspendable_sat; /* that was made and can never be spent, up to here */
    uint8_t muhash32[32];    /* of the set; displayed reversed */
    /* of this block */
    uint64_t spent_sat, new_sat; /* by its transactions but the coinbase */
    int64_t coinbase_sat;
    int64_t lost_genesis_sat, lost_bip30_sat, lost_scripts_sat, lost_unclaimed_sat;
};
/** After block n. YC_NOT_YET when it is not indexed. */
enum yc_verdict yc_index_coinstats_at(const struct yc_indexes *x, const struct yc_node *n, struct yc_coinstats *out,
                                      struct yc_error *err) YC_MUST_USE;

#endif
