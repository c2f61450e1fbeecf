/* The coins: the set of unspent outputs, cached in memory above a key-value store (chainstate).
 *
 * The cache is one table of 8-byte slots over 36-byte outpoints, keyed by a secret hash, with the coins packed in slabs.
 * A block changes the table directly; a log kept while it does so undoes a block that fails part-way exactly. A coin
 * that is made and spent between two flushes never touches the disk.
 *
 * The store may lag behind the cache. Beside the coins it holds the hash of the block that they are the state after
 * (`!best`) and, while a flush of several batches is under way, from which block to which it goes (`!heads`): a flush
 * that was cut off is completed by replaying those blocks (catalogue S02).
 *
 * One thread (core), but for yc_coins_fetch(). Attack the hash answers: outpoints are chosen by peers, so tables keyed
 * by a public function could be made to degenerate. */
#ifndef YC_NODE_STORE_COINS_H
#define YC_NODE_STORE_COINS_H

#include "base/siphash.h"
#include "consensus/connect.h"
#include "node/store/kv.h"

#define YC_COINS_VERSION 1

struct yc_coins_cache; /* opaque */

struct yc_coins_options {
    const struct yc_alloc *alloc; /* for everything the cache holds; borrowed for its life */
    const struct yc_kv *kv;       /* borrowed; closing it is the caller's, after the cache */
    struct yc_siphash_key seed;   /* secret; fixed in tests and in the simulator */
    struct yc_block_hash genesis;
    size_t batch_bytes;    /* of a flush; 0: 1 MiB */
    size_t expected_coins; /* room made at once, so that the table need not grow under way; may be 0 */
};

/** Check the store's schema (schema.h) and read its best block.
 *  Returns YC_VALID, and the caller closes *out; YC_SYSTEM. */
enum yc_verdict yc_coins_open(struct yc_coins_cache **out, const struct yc_coins_options *options,
                              struct yc_error *err) YC_MUST_USE;
/** Forget the cache without flushing. NULL is fine. */
void yc_coins_close(struct yc_coins_cache *c);

/** The block that the cache, or the store, holds the state after; zeros: before genesis. */
struct yc_block_hash yc_coins_best(const struct yc_coins_cache *c);
struct yc_block_hash yc_coins_stored_best(const struct yc_coins_cache *c);

/** A flush was cut off: the store holds a mixture of the states after *from (zeros: before genesis) and after *to.
 *  While this is true the only way on is: for each block of from's branch above the fork with to, from the top,
 *  yc_coins_block_disconnect() with YC_COINS_UNDO_REPLAY; for each block from there up to `to`, yc_coins_block_replay(); then a whole
 *  flush. Blocks are bracketed by begin and commit as always. yc_coins_best() starts as *from. */
bool yc_coins_interrupted(const struct yc_coins_cache *c, struct yc_block_hash *from, struct yc_block_hash *to);

/* ---- changing coins, one block at a time ---- */

/* Blocks may be held: their changes are made, and others are connected on them, but they can still be undone, from the
 * newest to the oldest. So a block's scripts can be checked while those behind it are connected. */
#define YC_COINS_HELD_MAX 32

/** Begin a block. Scripts of spent coins are written to arena, which outlives the block's script checks. No block may be
 *  open, no flush, and fewer than YC_COINS_HELD_MAX held. */
void yc_coins_block_begin(struct yc_coins_cache *c, struct yc_arena *arena);
/** The coins as yc_block_connect() wants them; for use between begin and commit or rollback, valid until close. When a
 *  call returns YC_SYSTEM, yc_coins_error() says why. */
const struct yc_coins *yc_coins_view(struct yc_coins_cache *c);
const struct yc_error *yc_coins_error(const struct yc_coins_cache *c);
/** The block's changes stay; best is now the block after which this is the state (its parent, after a disconnect). None
 *  may be held. */
void yc_coins_block_commit(struct yc_coins_cache *c, const struct yc_block_hash *best);
/** The same, but the block is held: it can be undone until it is settled. */
void yc_coins_block_hold(struct yc_coins_cache *c, const struct yc_block_hash *best);
/** The oldest held block's changes stay for good. No block may be open. */
void yc_coins_block_settle(struct yc_coins_cache *c);
/** The open block's changes are undone, exactly, or, when none is open, those of the newest held one; cannot fail. */
void yc_coins_block_rollback(struct yc_coins_cache *c);
size_t yc_coins_held(const struct yc_coins_cache *c);

/* What the coins may lack of a block that is undone. */
enum yc_coins_undo {
    YC_COINS_UNDO_EXACT,       /* nothing */
    YC_COINS_UNDO_OVERWRITTEN, /* what its coinbase made: see yc_block_was_overwritten() */
    YC_COINS_UNDO_REPLAY       /* anything: an interrupted flush; only while yc_coins_interrupted() */
};

/** Undo a connected block inside begin … commit: remove its outputs, restore what it spent.
 *  spent   what yc_block_connect() gave or yc_undo_read() read: one coin for each input but the coinbase's
 *  Returns YC_VALID; YC_SYSTEM (CORRUPT) when the undo data does not fit the block or an output is missing or differs
 *  that must not; the caller then rolls back. */
enum yc_verdict yc_coins_block_disconnect(struct yc_coins_cache *c, const struct yc_block *b, uint32_t height,
                                          const struct yc_spent_coins *spent, enum yc_coins_undo how,
                                          struct yc_error *err) YC_MUST_USE;
/** Apply a block that was valid before, without checks, to a mixture of older and newer states: inputs are spent
 *  whether or not they are there, outputs overwrite. Only while yc_coins_interrupted(). */
enum yc_verdict yc_coins_block_replay(struct yc_coins_cache *c, const struct yc_block *b, uint32_t height,
                                      struct yc_error *err) YC_MUST_USE;

/* ---- reading ---- */

/** One coin, its script written into arena. keep: it stays cached when it had to be read from the store (for coins soon
 *  to be spent; not for what an RPC asks). YC_NOT_YET when there is none; YC_SYSTEM. */
enum yc_verdict yc_coins_get(struct yc_coins_cache *c, const struct yc_outpoint *at, bool keep, struct yc_arena *arena,
                             struct yc_coin *out, struct yc_error *err) YC_MUST_USE;

/** Bring n coins into the cache that a block is about to spend: those which are not cached are read from the store in
 *  the order of its keys. What is not there is passed over. outpoints is put in another order. */
enum yc_verdict yc_coins_prefetch(struct yc_coins_cache *c, struct yc_outpoint *outpoints, size_t n,
                                  struct yc_error *err) YC_MUST_USE;

/** The outputs of this block are about to be made: ask the processor for the memory where they will go. */
void yc_coins_expect(const struct yc_coins_cache *c, const struct yc_block *b);

/* The same in three parts, so that workers can read while core does something else: core picks, workers fetch slices,
 * core keeps. No flush may be begun in between. Blocks may be connected and taken off: whatever they do to a coin that the
 * store holds leaves an entry in the cache until a flush, and what is cached is left alone. */

/** Keep in outpoints only those that are not cached, each once and about in the order of the store's keys; returns how
 *  many are left. */
size_t yc_coins_pick_missing(const struct yc_coins_cache *c, struct yc_outpoint *outpoints, size_t n);
struct yc_coins_fetched {
    struct yc_outpoint at;
    bool found;
    struct yc_view record; /* in the arena */
};
/** Read n coins from the store; out has n places. Any thread; arena and out are the calling thread's. */
enum yc_verdict yc_coins_fetch(const struct yc_kv *kv, const struct yc_alloc *alloc,
                               const struct yc_outpoint *outpoints, size_t n, struct yc_arena *arena,
                               struct yc_coins_fetched *out, struct yc_error *err) YC_MUST_USE;
/** Cache what was fetched; a coin that got into the cache meanwhile is left alone. */
enum yc_verdict yc_coins_keep(struct yc_coins_cache *c, const struct yc_coins_fetched *fetched, size_t n,
                              struct yc_error *err) YC_MUST_USE;

/* ---- memory and flushing ---- */

struct yc_coins_usage {
    size_t bytes;   /* held from the allocator, all of it */
    size_t entries; /* in the table, spent ones not yet written included */
    size_t dirty;   /* of them, how many a flush would write */
};
struct yc_coins_usage yc_coins_usage(const struct yc_coins_cache *c);

/** Begin to write all changes to the store. drop: forget the whole cache at the end, giving its memory back; else
 *  the coins stay cached. No block may be open or held until the flush is done; reading is fine.
 *  The store's own data (block files, index) that the best block rests on must be durable before. */
void yc_coins_flush_begin(struct yc_coins_cache *c, bool drop);
/** Write one batch, synced. *done: the store now holds the state after yc_coins_best(). A failure is final: the caller
 *  stops, and the next start finds the old state, the new one, or an interrupted flush. */
enum yc_verdict yc_coins_flush_step(struct yc_coins_cache *c, bool *done, struct yc_error *err) YC_MUST_USE;
/** Both, to the end. */
enum yc_verdict yc_coins_flush(struct yc_coins_cache *c, bool drop, struct yc_error *err) YC_MUST_USE;

#endif
