/* One transaction on trial, for the files of node/mempool that judge it. Nobody else includes this. */
#ifndef YC_NODE_MEMPOOL_ATTEMPT_H
#define YC_NODE_MEMPOOL_ATTEMPT_H

#include "node/mempool/pool.h"

/* Its arrays are in the pool's scratch arena. */
struct yc_attempt {
    struct yc_pool *p;
    const struct yc_pool_submission *s;
    struct yc_pool_reject *why;
    const struct yc_node *tip;
    struct yc_ancestors ancestors;
    uint32_t height; /* of the block to come */
    struct yc_tx tx;
    struct yc_coin *coin;
    struct yc_pool_node probe;      /* stands in for the entry to be: fee, size, parents, children */
    struct yc_pool_links conflicts; /* entries that spend what it spends, each once; a sibling to be evicted as well */
    struct yc_outpoint conflict_at; /* the coin that the first of them spends too */
    bool evicts_sibling;
    bool by_lanes;                      /* its signatures were judged by lanes, and not by libsecp256k1 yet */
    const struct yc_together *together; /* those that come before it, while scripts are run ahead; NULL: none */
    uint32_t leaving_count;             /* entries that it would replace, and what they amount to */
    int64_t leaving_sat;
    uint64_t leaving_vbytes;
};

/* Transactions whose scripts are run together, ahead of their submission. */
struct yc_together {
    struct yc_attempt *attempt; /* count of them, in order */
    size_t count;
};

/** Does it come back from a block that left the chain? */
static inline bool yc_attempt_returns(const struct yc_attempt *a)
{
    return a->s->sequence != 0;
}

static inline enum yc_verdict yc_attempt_no_memory(struct yc_attempt *a)
{
    return yc_reject_system(&a->why->rule, YC_SYSTEM_MEMORY);
}

/* accept.c */
/** Begin a trial at the tip; the chain must be at rest. s and why are borrowed for it. */
void yc_attempt_begin(struct yc_attempt *a, struct yc_pool *p, const struct yc_pool_submission *s,
                      struct yc_pool_reject *why);
/** Everything that comes before its scripts. YC_VALID, or the verdict, *is_rival telling whether what spoke against it is
 *  policy about its place in the pool, so that it may be a double spend all the same. */
enum yc_verdict yc_attempt_judge_cheaply(struct yc_attempt *a, bool *is_rival) YC_MUST_USE;

/* scripts.c */
/** The flags of the block to come. */
uint32_t yc_attempt_block_flags(const struct yc_attempt *a);
/** YC_VALID (a->by_lanes is set), or why not. */
enum yc_verdict yc_attempt_check_scripts(struct yc_attempt *a) YC_MUST_USE;

/* Scripts of one or more transactions whose signatures go to the lanes together. The pool has a collector. */
struct yc_lane_run {
    bool doubtful[YC_POOL_PREPARE_MAX]; /* after the end: items that must be run exactly */
    bool failed;                        /* nothing may be concluded: the pool has failed */
    bool held;                          /* of the item being added: are signatures of it deferred? */
    size_t held_before;
};
void yc_lane_run_begin(struct yc_lane_run *run);
/** Run a's scripts, item < YC_POOL_PREPARE_MAX, items in ascending order; a->by_lanes is set. False: it must be run
 *  exactly; true: it passes unless it turns out doubtful. */
bool yc_lane_run_add(struct yc_lane_run *run, struct yc_attempt *a, size_t item) YC_MUST_USE;
void yc_lane_run_end(struct yc_lane_run *run, struct yc_pool *p);

/* relatives.c */
/** Give the probe its links, in the scratch arena; nothing points back to it. False without memory. */
bool yc_attempt_find_relatives(struct yc_attempt *a) YC_MUST_USE;
/** The rules of version 3 (BIP 431). One sibling that is in the way joins the conflicts. */
enum yc_verdict yc_attempt_check_truc(struct yc_attempt *a) YC_MUST_USE;
/** Is its cluster, without what it replaces, within limits? A transaction that comes back makes room for itself. */
enum yc_verdict yc_attempt_check_cluster(struct yc_attempt *a) YC_MUST_USE;

/* replace.c: what a transaction must obey that takes the place of others. Source: Bitcoin Core's rules of replacement
 * without opting in, as they are since its version 31 (doc/guide.md has them for people). */
/** Find the entries that spend what it spends. False without memory. */
bool yc_attempt_find_conflicts(struct yc_attempt *a) YC_MUST_USE;
/** YC_POLICY when it may not replace its conflicts; when it may, they have the role YC_ROLE_LEAVES. */
enum yc_verdict yc_attempt_check_replacement(struct yc_attempt *a) YC_MUST_USE;
/** Does it stand on what it replaces? YC_POLICY: no block could hold it then. */
enum yc_verdict yc_attempt_check_foundation(struct yc_attempt *a) YC_MUST_USE;
/** Take what it replaces out of the pool, children before parents. */
void yc_attempt_replace(struct yc_attempt *a);

#endif
