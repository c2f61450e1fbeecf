/* The chain manager: the block tree, the coins, and which branch is the chain.
 *
 * Owned by the core thread; every function here is the core thread's unless it says otherwise. Long work (connecting,
 * disconnecting, flushing, replaying after a crash) happens in yc_chain_step() alone, in slices, so that pings and RPC
 * never wait for it. A block is acknowledged (shown as tip, announced, answered) only when its bytes and its index
 * record are durable; consequences reach the rest of the node as events, in order, from yc_chain_step().
 *
 * Depends on node/store (kv, block files, coins) and consensus; sees no network and no clock but the one it is given. */
#ifndef YC_NODE_CHAIN_CHAIN_H
#define YC_NODE_CHAIN_CHAIN_H

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/random.h"
#include "consensus/connect.h"
#include "crypto/sigbatch/sigbatch.h"
#include "node/chain/tree.h"
#include "node/store/coins.h"
#include "node/store/coins_load.h"
#include "node/store/kv.h"
#include "node/store/shelf.h"
#include "sys/workers.h"

/* A stored body as events hand it out: parsed once, shared, freed when the event list has been worked off. */
struct yc_body {
    struct yc_block block;
    struct yc_spent_coins spent; /* what it spent; for disconnected blocks too */
};

enum yc_chain_event_kind {
    YC_CHAIN_STORED,       /* node's body is there and obeys every rule that needs no coins: told at once, from within
                              yc_chain_submit_block(); not yet durable; body given, without what it spent */
    YC_CHAIN_CONNECTED,    /* node became part of the active chain; source given, and body when it was wanted */
    YC_CHAIN_DISCONNECTED, /* node left the active chain; body given */
    YC_CHAIN_TIP,          /* the active chain moved to node: published, durable. Told once more at
                              rest (yc_chain_at_rest()) when it was told while other blocks were in flight on it, or
                              when the chain left it and came back */
    YC_CHAIN_REORG,        /* after the above: depth blocks were left behind; fork is the last shared one */
    YC_CHAIN_FAILED,       /* node's body broke a rule while connecting; why says which */
    YC_CHAIN_HEADERS       /* best header is now node */
};

struct yc_chain_event {
    enum yc_chain_event_kind kind;
    const struct yc_node *node;
    const struct yc_node *fork; /* REORG */
    uint32_t depth;             /* REORG */
    const struct yc_body
        *body; /* STORED, CONNECTED (NULL when wants_body() said no), DISCONNECTED: valid during the call */
    const struct yc_reject *why; /* FAILED: valid during the call */
    uint64_t
        source; /* CONNECTED, FAILED: who gave us the body (yc_chain_submit_block's source); 0 once it was read back */
};

struct yc_chain_listener {
    void (*event)(void *ctx, const struct yc_chain_event *e);
    /* Asked of each block when it has become the tip, before it is told of: will its body be looked at? A body that is not
     * wanted is not kept in memory until the block is durable. NULL: always. */
    bool (*wants_body)(void *ctx);
    void *ctx;
};

/* -prune=1: files go only when yc_chain_prune() says so. */
#define YC_PRUNE_MANUALLY UINT64_MAX
/* The least target that makes sense: 288 blocks, a reorganisation's worth of stale ones, and undo data. */
#define YC_PRUNE_TARGET_MIN (UINT64_C(550) << 20)

/* Blocks and bare headers of other branches than the best chain of headers: about 10 MB of memory. Beyond it the branches of
 * least work are forgotten (catalogue P10): whatever turns out to matter comes again, with all that leads to it. */
#define YC_CHAIN_SIDE_BLOCKS_MAX 65536

struct yc_chain_config {
    const struct yc_chain_params *params;
    const struct yc_fs *fs;
    const struct yc_kv *index_kv, *coins_kv; /* borrowed: closed by the caller after the chain */
    /* Where coins_kv is found by the names below, in place of coins_kv, so that there may be two sets of coins for a while
     * (loadtxoutset); NULL: there may not. Borrowed. */
    const struct yc_kv_shelf *coins_shelf;
    const char *blocks_dir; /* "…/blocks" */
    const struct yc_alloc *alloc;
    const struct yc_clock *clock;
    const struct yc_random *random;
    const struct yc_log *log;
    struct yc_workers *workers; /* script checks; with 0 threads they run inline */
    /* Who waits for the disk; NULL: the workers above. With 0 threads that is done at once, or, for a virtual clock, when
     * disk_latency_us have passed. */
    struct yc_workers *store_workers;
    int64_t disk_latency_us;
    /* Signatures in batches, borrowed for the chain's life; NULL: each is decided at once by libsecp256k1. Lanes judge only
     * blocks that lie deep below the best header, where they save most and a mistake could do least, unless they are told
     * to judge all. */
    const struct yc_sigengine *sig_engine;
    bool sig_engine_always;
    size_t coins_cache_bytes;      /* -dbcache's share */
    uint32_t flush_lag_blocks_max; /* at most so many blocks to bring forward after a crash; 0: the default */
    uint32_t side_blocks_max;      /* so many are kept that are not on the best chain of headers; 0: the default */
    uint32_t block_file_bytes_max; /* a file that reached this gets no more blocks; 0: YC_BLOCKFILE_BYTES_MAX */
    uint64_t prune_target_bytes; /* remove old block files so that no more is kept; 0: keep all; or YC_PRUNE_MANUALLY */
    bool reindex;                /* the caller has emptied the index: fill it from the block files */
    bool verify;                 /* verify so many blocks (0: all) at this level before loading ends */
    uint32_t verify_level, verify_blocks;
    struct yc_u256 minimum_chain_work;
    struct yc_block_hash assume_valid; /* zero: check every script */
    uint32_t stop_height;              /* connect no block above this one; 0: no bound */
    struct yc_chain_listener listener;
};

struct yc_chain;

/** Open the stores: load the index, check the genesis block, find the coins' best block. Bringing the coins forward is
 *  left to yc_chain_step(). YC_SYSTEM (CORRUPT) with the file and the command to run when it cannot be done safely. */
enum yc_verdict yc_chain_open(struct yc_chain **out, const struct yc_chain_config *config,
                              struct yc_error *err) YC_MUST_USE;

/** Flush everything and close. The verdict of the last flush; the chain is gone in any case. */
enum yc_verdict yc_chain_close(struct yc_chain *c, struct yc_error *err) YC_MUST_USE;

enum yc_step { YC_STEP_MORE, YC_STEP_DONE, YC_STEP_FAILED };

/** Do up to budget_us of the work that waits: replay, connect, disconnect, sync, flush. Events are delivered from here.
 *  DONE: nothing waits. FAILED: a SYSTEM failure (yc_chain_failure()): the node must stop; nothing was marked invalid. */
enum yc_step yc_chain_step(struct yc_chain *c, int64_t budget_us);
/** When to step again although nothing else happens: when a disk answers that has config.disk_latency_us. INT64_MAX: never. */
int64_t yc_chain_deadline_us(const struct yc_chain *c);
const struct yc_error *yc_chain_failure(const struct yc_chain *c);

/** True until the coins have been brought forward to the active tip after opening and config.verify is done with; *done
 *  and *total (blocks) for the progress of the first, may be NULL. */
bool yc_chain_loading(const struct yc_chain *c, uint32_t *done, uint32_t *total);

/** Is the index being built from the block files? Then the chain is loading, its tip is genesis, and it has no coins. */
bool yc_chain_reindexing(const struct yc_chain *c, struct yc_progress *out);

/* What has been done since the chain was opened, and how long the core had nothing to do but wait for the disk meanwhile:
 * what a meter (base/progress.h) is told. */
struct yc_chain_pace {
    uint64_t blocks, bytes; /* connected, those of a background included */
    int64_t disk_wait_us;
};
struct yc_chain_pace yc_chain_pace_of(const struct yc_chain *c);

/** Check a header and add it to the tree (idempotent: a known one is returned with its present verdict).
 *  Returns YC_VALID (*out set); YC_INVALID; YC_NOT_YET (parent unknown, too new); YC_SYSTEM. */
enum yc_verdict yc_chain_submit_header(struct yc_chain *c, const struct yc_header *h, const struct yc_node **out,
                                       struct yc_reject *why) YC_MUST_USE;

enum yc_submit_flags {
    YC_SUBMIT_REQUESTED = 1 << 0 /* we asked for it: store it though its work is not more than the tip's */
};

/** Check a body, store it and queue its branch for activation by yc_chain_step().
 *  raw     the block's bytes; copied
 *  source  given back in YC_CHAIN_CONNECTED and _FAILED; 0: no peer
 *  out     (may be NULL) the node, when its header was accepted
 *  is_new  (may be NULL) false when the body was known already
 *  Returns YC_VALID (stored or known); YC_INVALID (header or body breaks a rule); YC_MUTATED (not this header's body:
 *          the header is not marked); YC_NOT_YET (parent unknown; or unrequested with too little work: not stored);
 *          YC_SYSTEM. */
enum yc_verdict yc_chain_submit_block(struct yc_chain *c, struct yc_view raw, enum yc_submit_flags flags,
                                      uint64_t source, const struct yc_node **out, bool *is_new,
                                      struct yc_reject *why) YC_MUST_USE;

/** Check a block as yc_chain_submit_block() and connecting it to the tip would, but change nothing: a template, or a
 *  proposal. check_pow false skips the proof of work. Its parent must be the tip, else YC_NOT_YET with detail. Only
 *  yc_chain_at_rest(). */
enum yc_verdict yc_chain_test_block(struct yc_chain *c, struct yc_view raw, bool check_pow,
                                    struct yc_reject *why) YC_MUST_USE;

/* Somebody who remembers transactions whose scripts were run already: asked before they are run for a block. The answer may
 * be yes only when they passed under exactly these flags; the wtxid stands for the witness and, by the ids of what it
 * spends, for the spent outputs (catalogue C37). Every other rule is checked in any case (C38). */
struct yc_known_scripts {
    bool (*known)(void *ctx, const struct yc_wtxid *wtxid, uint32_t flags);
    void *ctx;
};
/** known NULL: nobody. Core thread, at any time; ctx must live until it is replaced or the chain is closed. */
void yc_chain_set_known_scripts(struct yc_chain *c, struct yc_known_scripts known);

/** The chain's parameters and the allocator it was given; for the chain's life. Any thread. */
const struct yc_chain_params *yc_chain_params_of(const struct yc_chain *c);
const struct yc_alloc *yc_chain_alloc(const struct yc_chain *c);

/* Looking. The pointers stay valid while the chain is open when the block is or was on the active chain; else until the
 * next yc_chain_step(), in which its branch may be forgotten. */
const struct yc_node *yc_chain_find(const struct yc_chain *c, const struct yc_block_hash *hash);
const struct yc_node *yc_chain_tip(const struct yc_chain *c);         /* the published tip */
const struct yc_node *yc_chain_best_header(const struct yc_chain *c); /* most work among headers not known to be bad */
const struct yc_node *yc_chain_at(const struct yc_chain *c, uint32_t height); /* on the active chain, or NULL */
bool yc_chain_has(const struct yc_chain *c, const struct yc_node *n);         /* on the active chain? */
/** Any thread: the published tip. What is fixed in it and in its ancestors may be read without a lock. */
const struct yc_node *yc_chain_snapshot(const struct yc_chain *c);

/** The block's bytes as stored, checked against their checksum, in memory from alloc (the caller frees out->p, out->n).
 *  YC_NOT_YET when we do not have it. Any thread, for a node of the snapshot. */
enum yc_verdict yc_chain_read_block(const struct yc_chain *c, const struct yc_node *n, const struct yc_alloc *alloc,
                                    struct yc_view *out, struct yc_error *err) YC_MUST_USE;
/** n bytes from `from` on of the block's body into out, not checked against anything: the caller can tell by a hash.
 *  YC_NOT_YET when we do not have it, or it is shorter. Any thread, for a node of the snapshot. */
enum yc_verdict yc_chain_read_part(const struct yc_chain *c, const struct yc_node *n, uint32_t from, uint32_t bytes,
                                   uint8_t *out, struct yc_error *err) YC_MUST_USE;
/** What the block spent; views into arena. YC_NOT_YET when there is no undo data. */
enum yc_verdict yc_chain_read_spent(const struct yc_chain *c, const struct yc_node *n, struct yc_arena *arena,
                                    struct yc_spent_coins *out, struct yc_error *err) YC_MUST_USE;

/** An unspent coin at the published tip; its script is copied into arena. keep: it will soon be spent, so cache it.
 *  YC_NOT_YET when there is none. Only yc_chain_at_rest(). */
enum yc_verdict yc_chain_coin(struct yc_chain *c, const struct yc_outpoint *at, bool keep, struct yc_arena *arena,
                              struct yc_coin *out, struct yc_error *err) YC_MUST_USE;

/** Open a scan over the stored set of coins, which must be that of the tip: when it is not, or the chain is not at rest, that
 *  is YC_NOT_YET, and the next steps write the coins. The scan may be walked on any thread; the caller closes it before the
 *  chain is closed. */
enum yc_verdict yc_chain_coins_scan(struct yc_chain *c, struct yc_coins_scan *out, struct yc_error *err) YC_MUST_USE;

/** Do the coins stand at the published tip, with no block half connected and no flush under way? Only then may coins be
 *  looked up and transactions judged; it is so after each commit, and soon after each call of yc_chain_step(). */
bool yc_chain_at_rest(const struct yc_chain *c);
/** The same, all that is known of blocks is durable, and there is no better branch that the chain would still move to:
 *  what an RPC waits for that has submitted or invalidated a block. Cost: the number of branches. */
bool yc_chain_settled(struct yc_chain *c);
/** Would a crash now lose nothing of what is known of this one block: its body, its marks? Core thread. */
bool yc_chain_is_durable(const struct yc_node *n);

/** The tips of all branches: each node that has no child, and the active tip. */
enum yc_chain_tip_status {
    YC_TIP_ACTIVE,
    YC_TIP_VALID_FORK,
    YC_TIP_VALID_HEADERS,
    YC_TIP_HEADERS_ONLY,
    YC_TIP_INVALID
};
struct yc_chain_tip {
    const struct yc_node *node;
    uint32_t branch_blocks;
    enum yc_chain_tip_status status;
};
/** Up to cap tips into out; the number of all tips. */
size_t yc_chain_tips(const struct yc_chain *c, struct yc_chain_tip *out, size_t cap);

/** Declare a block invalid, or take that back (for it, its descendants and its ancestors). The chain moves in later
 *  steps. YC_NOT_YET when the block is not known; genesis cannot be invalidated (YC_INVALID). */
enum yc_verdict yc_chain_invalidate(struct yc_chain *c, const struct yc_block_hash *hash,
                                    struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_chain_reconsider(struct yc_chain *c, const struct yc_block_hash *hash,
                                    struct yc_error *err) YC_MUST_USE;

/** Treat the block as if it had been seen before all others of its work (preciousblock), restarts included. Nothing
 *  happens when it has less work than the tip or its body is not here. The chain moves in later steps. YC_NOT_YET when the
 *  block is not known. */
enum yc_verdict yc_chain_prefer(struct yc_chain *c, const struct yc_block_hash *hash, struct yc_error *err) YC_MUST_USE;

/* Checking stored blocks again: what verifychain, -checkblocks and -checklevel ask for. */
#define YC_VERIFY_LEVEL_MAX 4
enum yc_chain_verify_kind {
    YC_VERIFY_NONE, /* never asked for */
    YC_VERIFY_RUNNING,
    YC_VERIFY_PASSED,
    YC_VERIFY_SKIPPED, /* nothing bad was found, but not everything looked at: err says why */
    YC_VERIFY_FAILED   /* err says what is damaged, and the way out */
};
struct yc_chain_verify {
    enum yc_chain_verify_kind state;
    uint32_t done, total; /* blocks, those of level 4 counted again */
    struct yc_error err;
};
/** Begin to verify the last `blocks` blocks (0: all) in yc_chain_step(): level 0 reads them and their checksums, 1 checks
 *  what a block alone and its ancestors decide, 2 reads the undo data, 3 takes them off the coins, 4 puts them on again
 *  with every script. Nothing that is stored changes. Levels 3 and 4 hold up to -dbcache of coins beside the cache.
 *  YC_NOT_YET while another verification runs; YC_SYSTEM (MEMORY). */
enum yc_verdict yc_chain_verify_begin(struct yc_chain *c, uint32_t level, uint32_t blocks,
                                      struct yc_error *err) YC_MUST_USE;
/** How the last one that was begun stands. */
struct yc_chain_verify yc_chain_verify_state(const struct yc_chain *c);

/** Initial block download: the tip is old (over max_tip_age_s) or has too little work. Latches to false. */
bool yc_chain_is_initial_download(struct yc_chain *c, int64_t max_tip_age_s);

/* Pruning. Whoever needs bodies or undo data beyond the last 288 blocks, such as an index that has not read them yet, says
 * from which height on; UINT32_MAX: needs none. *name is for the log; static. Called on the core thread. */
struct yc_prune_lock {
    uint32_t (*lowest_needed)(void *ctx, const char **name);
    void *ctx;
};
void yc_chain_set_prune_lock(struct yc_chain *c, struct yc_prune_lock lock);
/** Have the files go, in a later step, whose blocks are all at or below height, as far as that is allowed.
 *  config.prune_target_bytes must not be 0. */
void yc_chain_prune(struct yc_chain *c, uint32_t height);
/** Is that still to be done? */
bool yc_chain_pruning(const struct yc_chain *c);
/** The height of the last block of the chain whose body or undo data was removed; -1: none. */
int64_t yc_chain_pruned_height(const struct yc_chain *c);

/* ---- beginning from a set of coins (assumeutxo) ----
 *
 * A set of coins after some block, whose hash is known beforehand (params->assumeutxo), becomes the chain's coins, and that
 * block, the base, its tip, though the blocks up to it have not been validated here or are not here at all. The coins
 * that were the chain's until then go on in the background, block by block, whenever nothing else is to be done, until
 * they stand after the base too. Then the two sets must be the same: the chain is as any other from then on. If they
 * differ, or a block on the way breaks a rule, the node stops, and starts again without that set.
 *
 * Until then the chain cannot leave the base: a branch from below it is not followed, and no block up to it can be
 * invalidated. */

/* Names on the shelf. */
#define YC_STORE_COINS    "chainstate"
#define YC_STORE_SNAPSHOT "chainstate_snapshot"
#define YC_STORE_REFUTED  "chainstate_snapshot_INVALID"

/** May a set of coins after this block begin the chain, from what is known of the block?
 *  YC_VALID; YC_POLICY with a sentence, in Bitcoin Core's words where it has one. */
enum yc_verdict yc_chain_assume_check(const struct yc_chain *c, const struct yc_block_hash *base,
                                      struct yc_error *err) YC_MUST_USE;
/** If so, and if it would lead the chain on, make an empty store for it.
 *  known  what is known of the set; for the chain's life
 *  kv     the store, for yc_coins_load() by whoever holds it until yc_chain_assume_end() or _drop()
 *  Returns YC_VALID; YC_POLICY as above; YC_SYSTEM. */
enum yc_verdict yc_chain_assume_begin(struct yc_chain *c, const struct yc_block_hash *base,
                                      const struct yc_assumeutxo **known, const struct yc_kv **kv,
                                      struct yc_error *err) YC_MUST_USE;
/** The store has been filled: its coins become the chain's, durably. The tip moves in the next step.
 *  YC_VALID; YC_NOT_YET: ask again in a moment; YC_POLICY with a sentence: the set is another, or the chain has moved on
 *  meanwhile, and yc_chain_assume_drop() is due; YC_SYSTEM (the chain has failed). Only yc_chain_at_rest(). */
enum yc_verdict yc_chain_assume_end(struct yc_chain *c, const struct yc_coins_totals *loaded,
                                    struct yc_error *err) YC_MUST_USE;
/** Nothing comes of it: remove the store. */
enum yc_verdict yc_chain_assume_drop(struct yc_chain *c, struct yc_error *err) YC_MUST_USE;

/* The set that the chain was begun from, and how far it has been validated. */
struct yc_chain_assumed {
    const struct yc_node *base;
    const struct yc_node *validated; /* the background's tip; NULL: it is done */
    uint64_t base_tx_count;
    size_t active_cache_bytes, background_cache_bytes;
};
/** False when the chain was not begun so, or it was validated before this start. Core thread. */
bool yc_chain_assumed(const struct yc_chain *c, struct yc_chain_assumed *out);
/** The last block up to which all have been validated and connected here, durably: the published tip, but for a chain
 *  whose base is still assumed: then *behind (may be NULL). Any thread. */
const struct yc_node *yc_chain_validated(const struct yc_chain *c, bool *behind);

/** Bytes in block files; -1 when not known. */
int64_t yc_chain_disk_bytes(const struct yc_chain *c);

#endif
