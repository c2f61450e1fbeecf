/* The pool of valid transactions that wait for a block, and the policy by which it takes them.
 *
 * Owned by the core thread. Everything that peers can grow is bounded: bytes in all, and the cluster of each
 * transaction (all that spending connects it with). A transaction in the pool is one that the next block could hold (catalogue M01): it is checked under
 * standard flags and then under the flags of the next block. What spends the same coin as an entry replaces it when it
 * pays for that (doc/guide.md has the rules), else it is refused; either way it is remembered as a double-spend alert,
 * not silently passed over.
 *
 * Policy is the node's own taste and never reaches a block: policy.def is the whole list of it. */
#ifndef YC_NODE_MEMPOOL_MEMPOOL_H
#define YC_NODE_MEMPOOL_MEMPOOL_H

#include "node/chain/chain.h"

enum yc_policy {
    YC_POLICY_NONE = 0,
#define X(code, string, what) YC_POLICY_##code,
#include "node/mempool/policy.def"
#undef X
    YC_POLICY_COUNT
};

/* Why a transaction was not taken: consensus or policy. */
struct yc_pool_reject {
    struct yc_reject rule;   /* with YC_INVALID, YC_NOT_YET (inputs missing), YC_SYSTEM */
    enum yc_policy policy;   /* with YC_POLICY */
    struct yc_txid conflict; /* the first that it may not replace, with the policies about replacement; else zeros */
    bool evicts_sibling;     /* and one of those only for being the other child of a version 3 parent */
    char detail[448];        /* numbers for people: "3 < 226" */
};

/* One transaction of the pool. Borrowed pointers to it are valid until the pool next changes. */
struct yc_pool_entry {
    struct yc_tx tx;            /* parsed, its bytes and arena owned by the entry */
    const struct yc_coin *coin; /* what each input spends, in input order */
    int64_t fee_sat;
    int64_t fee_delta_sat; /* prioritisetransaction */
    int64_t time_s;        /* wall clock at entry */
    uint32_t height;       /* of the tip at entry */
    uint32_t sigop_cost;
    uint64_t vbytes;   /* sigop-adjusted virtual size, the same for pool and template (catalogue M15) */
    uint64_t weight;   /* sigop-adjusted as well: vbytes is a quarter of it, rounded up */
    uint64_t sequence; /* order of arrival */
    uint32_t parent_count, child_count; /* in the pool, direct */
    bool spends_coinbase;
    bool by_lanes;     /* lanes have accepted its signatures, and libsecp256k1 has not confirmed that yet */
    bool unbroadcast;  /* ours, not yet asked for by any peer */
    bool double_spend; /* another valid spend of one of its coins was seen */
    uint32_t slot;     /* this entry's own number in 0..count-1, until the pool changes */
};

struct yc_pool_config {
    struct yc_chain *chain;
    /* Signatures of several inputs in batches, borrowed for the pool's life; NULL: each is decided at once by libsecp256k1.
     * What the lanes accept is confirmed by libsecp256k1 in the background, unless lanes_trusted. */
    const struct yc_sigengine *sig_engine;
    bool lanes_trusted;
    struct yc_workers *workers; /* for that; with none of them, or NULL, yc_pool_confirm_step() does it itself */
    const struct yc_alloc *alloc;
    const struct yc_clock *clock;
    const struct yc_random *random;
    const struct yc_log *log;
    size_t bytes_max;              /* -maxmempool, real memory */
    int64_t min_relay_sat_per_kvb; /* -minrelaytxfee */
    int64_t incremental_sat_per_kvb;
    int64_t dust_relay_sat_per_kvb;
    int64_t expiry_s;     /* -mempoolexpiry */
    uint32_t cluster_max; /* transactions that spending connects; at least 1 */
    uint64_t cluster_vbytes_max;
    bool require_standard; /* -acceptnonstdtxn=0 */
    uint32_t data_carrier_bytes_max;
    bool permit_bare_multisig;
    uint32_t bytes_per_sigop;
};

enum yc_pool_event_kind { YC_POOL_ADDED, YC_POOL_REMOVED, YC_POOL_CONFLICT_SEEN };
enum yc_pool_removal {
    YC_POOL_MINED,
    YC_POOL_REORG,
    YC_POOL_EXPIRED,
    YC_POOL_SIZE_LIMIT,
    YC_POOL_CONFLICT,
    YC_POOL_UNMINEABLE,
    YC_POOL_REPLACED
};
struct yc_pool_event {
    enum yc_pool_event_kind kind;
    const struct yc_pool_entry *entry; /* the one in the pool */
    enum yc_pool_removal why;          /* REMOVED */
    const struct yc_tx *rival; /* CONFLICT_SEEN: the refused transaction, or that which replaces; during the call */
};
struct yc_pool_listener {
    void (*event)(void *ctx, const struct yc_pool_event *e);
    void *ctx;
};

struct yc_pool;

void yc_pool_config_default(struct yc_pool_config *out);
enum yc_verdict yc_pool_new(struct yc_pool **out, const struct yc_pool_config *config, struct yc_pool_listener listener,
                            struct yc_error *err) YC_MUST_USE;
void yc_pool_free(struct yc_pool *p);

/** Try to take a transaction. Cheap checks come first, scripts last (catalogue P17).
 *  raw        its bytes; copied when taken
 *  test_only  answer, but do not take it, and raise no alert
 *  fee_max_sat  refuse a fee above this (absurd fees, catalogue M14); negative: no such limit
 *  out        (may be NULL) on YC_VALID a copy of the entry; with test_only only its fee, sigop cost, size, height and
 *             time are set
 *  Returns    YC_VALID; YC_POLICY (why->policy: not punished, not cached as invalid; YC_POLICY_BUSY while the chain is
 *             not at rest); YC_INVALID (why->rule); YC_MUTATED (a script fails for want of a witness: maybe a stripped
 *             copy, so its txid must not be remembered, catalogue P32); YC_NOT_YET (inputs missing: maybe an orphan);
 *             YC_SYSTEM */
enum yc_verdict yc_pool_submit(struct yc_pool *p, struct yc_view raw, bool test_only, int64_t fee_max_sat,
                               struct yc_pool_entry *out, struct yc_pool_reject *why) YC_MUST_USE;

/** The same for one that is parsed already and has come from a peer; tx is borrowed for the call. */
enum yc_verdict yc_pool_submit_tx(struct yc_pool *p, const struct yc_tx *tx, struct yc_pool_entry *out,
                                  struct yc_pool_reject *why) YC_MUST_USE;

/* Where several transactions wait, their scripts can be run together, so that their signatures fill the engine's lanes:
 * at most so many of them at once, and no more bytes, since the worst that a script can cost grows faster than its size
 * and nobody else is served meanwhile (catalogue P06). */
#define YC_POOL_PREPARE_MAX       64
#define YC_POOL_PREPARE_BYTES_MAX 32768

/** Run the scripts of those of count transactions that the pool would take as it is now, in the order in which they are
 *  about to be submitted; one may spend outputs of those before it. This changes what submitting them costs and nothing
 *  else. Without a signature engine, or with a single transaction, nothing is done.
 *  tx  parsed; borrowed for the call */
void yc_pool_prepare(struct yc_pool *p, const struct yc_tx *const *tx, size_t count);

/* Entries that lanes alone have judged are not taken for granted where that would reach blocks: neither the scripts of a
 * block nor a template rely on them until libsecp256k1 has said the same. */

/** Go on confirming such entries, a few at a time, oldest first. True: more is to be done, or being done; call again in
 *  about a millisecond. */
bool yc_pool_confirm_step(struct yc_pool *p);
/** A template has left entries out for want of that: the next that is confirmed counts as a change of the pool. */
void yc_pool_await_confirmed(struct yc_pool *p);
/** How many entries wait for that. */
size_t yc_pool_unconfirmed(const struct yc_pool *p);
/** libsecp256k1 has run all scripts of this entry under the flags of the next block, and they passed. */
void yc_pool_confirm(struct yc_pool *p, const struct yc_wtxid *wtxid);
/** It has run them, and they failed though lanes accepted the signatures: the pool fails, *err says what differs. */
void yc_pool_contradict(struct yc_pool *p, const struct yc_txid *txid, const char *reason, struct yc_error *err);
/** Why the pool cannot go on: a coin that a load needed could not be read (catalogue S04), or the signature engines differ,
 *  so that this machine must not judge anything. The node must stop. NULL: it did not fail. */
const struct yc_error *yc_pool_failure(const struct yc_pool *p);

/** Bitcoin Core's reject string for it; a script's error follows in parentheses. "" for YC_VALID. */
void yc_pool_reject_text(char *out, size_t cap, enum yc_verdict verdict, const struct yc_pool_reject *why);

/** Take a transaction and everything that spends from it out of the pool; nothing happens when it is not there. */
void yc_pool_remove(struct yc_pool *p, const struct yc_txid *txid, enum yc_pool_removal why);

/** Does the pool hold anything that a block could take from it? Else it need not see the bodies of connected blocks. */
bool yc_pool_wants_bodies(const struct yc_pool *p);
/** Feed every event of the chain, in order: mined transactions leave, those of disconnected blocks return. */
void yc_pool_chain_event(struct yc_pool *p, const struct yc_chain_event *e);
/** Expiry and trimming: call about once a second. */
void yc_pool_tick(struct yc_pool *p);

const struct yc_pool_entry *yc_pool_find(const struct yc_pool *p, const struct yc_txid *txid);
const struct yc_pool_entry *yc_pool_find_wtxid(const struct yc_pool *p, const struct yc_wtxid *wtxid);
/** The transaction of the pool that spends this coin, or NULL. */
const struct yc_pool_entry *yc_pool_spender(const struct yc_pool *p, const struct yc_outpoint *at);

/** Have all scripts of this transaction been run by libsecp256k1 under exactly these flags, and passed? For the entries of the pool and
 *  the last 32768 that left it: a block that holds them need not run them again (yc_chain_set_known_scripts()). */
bool yc_pool_scripts_known(const struct yc_pool *p, const struct yc_wtxid *wtxid, uint32_t flags);
/** The same as the chain asks for it; valid until the pool is freed (take it back from the chain before that). */
struct yc_known_scripts yc_pool_known_scripts(struct yc_pool *p);

/** Each entry, in order of arrival, parents before children. False from each stops. */
void yc_pool_each(const struct yc_pool *p, bool (*each)(void *ctx, const struct yc_pool_entry *e), void *ctx);

/** Where the pool logs, for what works on it; may be NULL. */
const struct yc_log *yc_pool_log(const struct yc_pool *p);

struct yc_pool_package { /* totals over the entry and all its relatives in the pool on one side */
    uint32_t count;
    uint64_t vbytes;
    int64_t fees_sat; /* with deltas */
};
void yc_pool_ancestors(const struct yc_pool *p, const struct yc_pool_entry *e, struct yc_pool_package *out);
void yc_pool_descendants(const struct yc_pool *p, const struct yc_pool_entry *e, struct yc_pool_package *out);
/** Direct relatives. */
void yc_pool_parents(const struct yc_pool *p, const struct yc_pool_entry *e,
                     void (*each)(void *ctx, const struct yc_pool_entry *parent), void *ctx);
void yc_pool_children(const struct yc_pool *p, const struct yc_pool_entry *e,
                      void (*each)(void *ctx, const struct yc_pool_entry *child), void *ctx);

/** Does it, or an ancestor of it in the pool, say that it may be replaced (BIP 125)? Here that makes no difference. */
bool yc_pool_signals_replacement(struct yc_pool *p, const struct yc_pool_entry *e);

struct yc_pool_info {
    size_t count;
    uint64_t vbytes;
    size_t memory_bytes, memory_max;
    int64_t fees_sat;            /* without deltas */
    size_t unbroadcast;          /* transactions that no peer has asked for yet */
    int64_t min_fee_sat_per_kvb; /* to enter now: the larger of the relay minimum and what eviction left */
    uint64_t sequence;           /* changes with every change of the pool */
};
void yc_pool_info(const struct yc_pool *p, struct yc_pool_info *out);

/** prioritisetransaction: add delta_sat to what the transaction counts as paying (the sum is kept within the money
 *  supply either way). Remembered until it is mined. False when the transaction is not in the pool now. */
bool yc_pool_prioritise(struct yc_pool *p, const struct yc_txid *txid, int64_t delta_sat);
/** Each transaction whose sum of deltas is not zero, in no promised order; entry is NULL when it is not in the pool. */
void yc_pool_deltas(const struct yc_pool *p,
                    void (*each)(void *ctx, const struct yc_txid *txid, int64_t delta_sat,
                                 const struct yc_pool_entry *entry),
                    void *ctx);

/** Ours, and no peer has asked for it yet: kept over restarts (catalogue M16). Nothing happens when it is not there. */
void yc_pool_set_unbroadcast(struct yc_pool *p, const struct yc_txid *txid);
/** A peer asked for it: no longer unbroadcast. */
void yc_pool_set_broadcast(struct yc_pool *p, const struct yc_txid *txid);

/* A double spend: a valid transaction that spends what one in the pool spends, whether it was refused or has replaced it.
 * Only rivals whose scripts have passed count, so that nobody can make a payment look doubtful without the sender's key;
 * one alert is raised for each transaction of the pool. */
struct yc_pool_alert {
    struct yc_txid pooled, rival;
    struct yc_outpoint coin; /* the first coin that both spend */
    int64_t time_s;
};
#define YC_POOL_ALERTS_MAX 64
/** The last alerts, newest first, up to cap into out; how many were written. */
size_t yc_pool_alerts(const struct yc_pool *p, struct yc_pool_alert *out, size_t cap);

/** Save every transaction with its time, delta and unbroadcast mark, and the other deltas (mempool.dat, in a form of our
 *  own with a checksum for each record). The old file stays when this fails. */
enum yc_verdict yc_pool_save(const struct yc_pool *p, const struct yc_fs *fs, const char *path,
                             struct yc_error *err) YC_MUST_USE;

/** Read such a file, to be taken in by yc_pool_load_step(). Never fails on its content, and it need not exist: what is
 *  broken is warned about and passed over, the file being kept as PATH.bad (catalogue M08, S17). YC_SYSTEM when it cannot
 *  be read. fs is borrowed until the load has ended. */
enum yc_verdict yc_pool_load_begin(struct yc_pool *p, const struct yc_fs *fs, const char *path,
                                   struct yc_error *err) YC_MUST_USE;
/** Take transactions in for up to budget_us; false when all are done, or when the pool has failed (yc_pool_failure(); the
 *  file is as it was then). Waits while the chain is not at rest. */
bool yc_pool_load_step(struct yc_pool *p, int64_t budget_us);
/** Has every load that was begun ended, or none been begun? *taken (may be NULL): transactions taken so far. */
bool yc_pool_loaded(const struct yc_pool *p, size_t *taken);
/** All of it at once: for tests and tools. The chain must be at rest. */
enum yc_verdict yc_pool_load(struct yc_pool *p, const struct yc_fs *fs, const char *path, size_t *taken,
                             struct yc_error *err) YC_MUST_USE;

/** Check the pool against itself and against the chain's coins: indices, links, totals, sums, memory. For tests.
 *  NULL when all is well, else what is not (static). */
const char *yc_pool_check(struct yc_pool *p);

#endif
