/* What the files of node/mempool share. Nobody else includes this. */
#ifndef YC_NODE_MEMPOOL_POOL_H
#define YC_NODE_MEMPOOL_POOL_H

#include "base/map.h"
#include "consensus/script/collector.h"
#include "node/mempool/feerate.h"
#include "node/mempool/mempool.h"
#include "node/mempool/policy.h"

struct yc_pool_node;

struct yc_pool_links {
    struct yc_pool_node **p;
    uint32_t n, cap;
};

/* An entry with its place in the pool. It, its arrays and its bytes are one allocation. */
struct yc_pool_node {
    struct yc_pool_entry e; /* first: a pointer to one is a pointer to the other */
    size_t bytes;           /* of the allocation */
    uint32_t script_flags;  /* the flags of a block that its scripts have passed */
    struct yc_pool_node *older, *newer;
    struct yc_pool_node *unsure_older, *unsure_newer; /* among those to confirm, while e.by_lanes and not confirming */
    bool confirming;                                  /* a job has a copy of it */
    struct yc_pool_links parents, children;           /* direct, each once */
    struct yc_pool_package up, down;                  /* itself included */
    /* A walk over relatives is a list through its members, so that removing never needs memory. */
    struct yc_pool_node *walk_next, *list_next;
    uint64_t mark;
    /* What it is to the transaction on trial: roles of another trial mean nothing, so that none need be taken back. */
    uint64_t trial;
    unsigned roles;
    uint32_t at; /* its place in the cluster that is being put in order */
};

/* What an entry is to the transaction on trial. */
enum yc_pool_role {
    YC_ROLE_CONFLICTS = 1 << 0, /* spends a coin that the transaction spends */
    YC_ROLE_LEAVES = 1 << 1,    /* conflicts, or descends from one that does: goes when the transaction comes */
    YC_ROLE_AFFECTED = 1 << 2,  /* in a cluster that changes */
    YC_ROLE_BEFORE = 1 << 3,    /* in a cluster that the diagram of now has */
    YC_ROLE_AFTER = 1 << 4      /* in one that the diagram of then has */
};

/* An allocator that counts what it hands out, with what malloc adds (catalogue M05). */
struct yc_pool_heap {
    struct yc_alloc alloc;
    const struct yc_alloc *under;
    size_t used;
};

/* The transactions of one block that left the chain: each its length (4 bytes) and its bytes. */
struct yc_pool_left {
    struct yc_block_hash block;
    uint32_t height, count;
    uint8_t *p;
    size_t n;
};

#define YC_POOL_PATH_MAX 4096

struct yc_pool_load {
    struct yc_view file;
    size_t at, taken, refused, broken;
    size_t prepared_to; /* scripts of records before this byte have been run ahead */
    bool running;       /* until all is taken in; for ever when the pool fails */
    struct yc_arena arena;
    const struct yc_fs *fs;
    char path[YC_POOL_PATH_MAX];
};

/* The last transactions that left, and the flags that their scripts have passed. A few MB at most, not counted. */
struct yc_pool_verified {
    struct yc_map flags;   /* wtxid -> uint32_t */
    struct yc_wtxid *ring; /* in order of leaving */
    size_t count, next;
};

/* Scripts that were run ahead of the submission, and passed. */
struct yc_pool_prepared {
    struct yc_wtxid wtxid;
    uint32_t flags;
    bool by_lanes;
};

struct yc_pool_confirmer; /* persist.c */
void yc_pool_load_release(struct yc_pool *p);

/* confirm.c */

struct yc_pool {
    struct yc_pool_config config;
    struct yc_pool_listener listener;
    struct yc_chain *chain;
    struct yc_pool_heap heap;

    struct yc_map by_txid, by_wtxid, by_spent; /* -> struct yc_pool_node * */
    struct yc_map deltas;                      /* txid -> int64_t; not counted as the pool's memory: an operator's */
    struct yc_pool_node *oldest, *newest;      /* order of arrival; parents before children */
    struct yc_pool_node *placed;               /* the last one that was not put at the end */
    uint64_t next_sequence, first_sequence;
    uint64_t changes;
    uint64_t vbytes;
    int64_t fees_sat;
    size_t unbroadcast; /* entries with that mark */
    uint64_t walk_mark;
    uint64_t trial; /* the number of the transaction on trial */

    struct yc_pool_node **worst; /* a heap: the least worth keeping first */
    uint32_t worst_count, worst_cap;
    double rolling_sat_per_kvb; /* what eviction has raised the minimum fee to */
    int64_t rolling_since_s;
    bool block_since_bump;
    int64_t oldest_time_s; /* no entry is older */

    struct yc_pool_left *left; /* blocks that left the chain since the last tip, highest first */
    size_t left_count, left_cap, left_bytes;
    uint32_t fork_height; /* of the lowest block that left, less 1; coins of higher blocks are to be looked up again */
    bool reorganised;

    struct yc_pool_alert alerts[YC_POOL_ALERTS_MAX]; /* a ring */
    uint64_t alert_count;

    struct yc_arena scratch; /* of one transaction's checks */
    struct yc_script_machine *machine;
    struct yc_sig_collector *collector; /* NULL: every signature is decided at once by libsecp256k1 */
    struct yc_pool_prepared prepared[YC_POOL_PREPARE_MAX];
    size_t prepared_count;
    struct yc_pool_node *unsure_oldest, *unsure_newest;
    size_t unsure_count;                 /* of all with e.by_lanes */
    bool confirmed_awaited;              /* by a template that left some out */
    struct yc_pool_confirmer *confirmer; /* with a collector */
    struct yc_error failure;
    bool failed;
    struct yc_pool_load load;
    struct yc_pool_verified verified;
};

static inline int64_t yc_pool_modified_fee(const struct yc_pool_entry *e)
{
    return e->fee_sat + e->fee_delta_sat;
}

static inline bool yc_pool_has_role(const struct yc_pool *p, const struct yc_pool_node *n, enum yc_pool_role role)
{
    return n->trial == p->trial && (n->roles & role) != 0;
}
static inline void yc_pool_give_role(const struct yc_pool *p, struct yc_pool_node *n, enum yc_pool_role role)
{
    n->roles = (n->trial == p->trial ? n->roles : 0U) | (unsigned)role;
    n->trial = p->trial;
}

/* links.c: relatives and totals */
/** n and all its relatives on one side, as a list through walk_next; ends what an earlier walk gave. */
struct yc_pool_node *yc_pool_walk(struct yc_pool *p, struct yc_pool_node *n, bool up);
/** n and all that spending connects it with, as such a list; staying: without those that leave, and what only they
 *  connect. Looks no further than from the first `most` members: a list of more is not complete. */
struct yc_pool_node *yc_pool_cluster(struct yc_pool *p, struct yc_pool_node *n, bool staying, uint32_t most);
/** Room for one more link; false without memory. */
bool yc_pool_links_reserve(struct yc_pool *p, struct yc_pool_links *l);
void yc_pool_links_release(struct yc_pool *p, struct yc_pool_links *l);
/** Connect n to its parents and children. False, and nothing is changed, without memory. */
bool yc_pool_link(struct yc_pool *p, struct yc_pool_node *n);
/** Take n out of its relatives' links and totals. */
void yc_pool_unlink(struct yc_pool *p, struct yc_pool_node *n);

/* pool.c: entries come and go */
struct yc_pool_node *yc_pool_get(const struct yc_pool *p, const struct yc_txid *txid);
struct yc_pool_node *yc_pool_get_spender(const struct yc_pool *p, const struct yc_outpoint *at);
int64_t yc_pool_delta_of(const struct yc_pool *p, const struct yc_txid *txid);
/** A node with its own copy of the transaction and coins; the rest is zero. NULL without memory. */
struct yc_pool_node *yc_pool_node_new(struct yc_pool *p, const struct yc_tx *tx, const struct yc_coin *coin);
/** The same in a block of the caller's, of yc_pool_node_bytes() at least and aligned for any type: a copy to read. */
struct yc_pool_node *yc_pool_node_write(void *block, const struct yc_tx *tx, const struct yc_coin *coin);
size_t yc_pool_node_bytes(const struct yc_tx *tx, const struct yc_coin *coin);
void yc_pool_node_free(struct yc_pool *p, struct yc_pool_node *n);
/** Put n into links, order and totals. sequence 0: it comes last; else its place among the oldest, which grow downwards.
 *  False, and nothing is changed, without memory. Then, when what it replaces has left, yc_pool_index(), which cannot
 *  fail any more: a transaction is replaced or kept, never lost. */
bool yc_pool_attach(struct yc_pool *p, struct yc_pool_node *n, uint64_t sequence);
void yc_pool_index(struct yc_pool *p, struct yc_pool_node *n);
/** Take n, whose children have left or were taken over, out of everything; tell; free. */
void yc_pool_drop(struct yc_pool *p, struct yc_pool_node *n, enum yc_pool_removal why);
/** n and its descendants, children before parents. */
void yc_pool_drop_all(struct yc_pool *p, struct yc_pool_node *n, enum yc_pool_removal why);
void yc_pool_tell(struct yc_pool *p, const struct yc_pool_event *e);

/* evict.c: what leaves when the pool is full or old */
bool yc_pool_worst_reserve(struct yc_pool *p);
void yc_pool_worst_add(struct yc_pool *p, struct yc_pool_node *n);
void yc_pool_worst_remove(struct yc_pool *p, struct yc_pool_node *n);
/** n's fee or its descendants have changed. */
void yc_pool_worst_moved(struct yc_pool *p, struct yc_pool_node *n);
void yc_pool_trim(struct yc_pool *p);
void yc_pool_expire(struct yc_pool *p, int64_t now_s);
/** Let the rolling minimum fall with time. */
void yc_pool_decay(struct yc_pool *p, int64_t now_s);
/** What eviction asks for now, 0 when nothing. */
int64_t yc_pool_rolling_fee(const struct yc_pool *p);

/* verified.c */
void yc_pool_verified_init(struct yc_pool *p, struct yc_siphash_key seed);
void yc_pool_verified_release(struct yc_pool *p);
void yc_pool_verified_add(struct yc_pool *p, const struct yc_wtxid *wtxid, uint32_t flags);

/* accept.c */
struct yc_pool_submission {
    struct yc_view raw;
    const struct yc_tx *tx; /* NULL: raw is still to be parsed */
    int64_t fee_max_sat;    /* negative: none */
    int64_t time_s;         /* of arrival */
    uint64_t sequence;      /* 0: at the end; else from a block that left the chain: fees are not asked for */
    bool test_only;
};
enum yc_verdict yc_pool_try(struct yc_pool *p, const struct yc_pool_submission *s, struct yc_pool_entry *out,
                            struct yc_pool_reject *why) YC_MUST_USE;
/** A coin that the pool or the chain has. Its script is a view into the pool, or in arena. YC_NOT_YET: none. */
enum yc_verdict yc_pool_coin(struct yc_pool *p, const struct yc_outpoint *at, struct yc_arena *arena,
                             struct yc_coin *out) YC_MUST_USE;

/* prepare.c */
/** As yc_pool_prepare(); returning: they come back from a block that left the chain. */
void yc_pool_prepare_all(struct yc_pool *p, const struct yc_tx *const *tx, size_t count, bool returning);
/** Did the scripts pass under these flags when they were run ahead? *by_lanes is written when they did. */
bool yc_pool_is_prepared(const struct yc_pool *p, const struct yc_wtxid *wtxid, uint32_t flags, bool *by_lanes);

/* persist.c */
void yc_pool_load_release(struct yc_pool *p);

/* confirm.c */
enum yc_verdict yc_pool_confirm_init(struct yc_pool *p, struct yc_error *err);
void yc_pool_confirm_release(struct yc_pool *p);
/** n has come, or goes: it is among those to confirm when lanes alone have judged it. */
void yc_pool_confirm_add(struct yc_pool *p, struct yc_pool_node *n);
void yc_pool_confirm_remove(struct yc_pool *p, struct yc_pool_node *n);
/** The pool cannot go on: remember why, the first time. */
void yc_pool_fail(struct yc_pool *p, const struct yc_error *err);

#endif
