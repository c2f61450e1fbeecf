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
    uint32_t leaving_count; /* entries that it would replace, and what they amount to */
    int64_t leaving_sat;
    uint64_t leaving_vbytes;
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
