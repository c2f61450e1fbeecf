/* The block tree: every header we keep, linked to its parent, with its work and what we know of its body.
 *
 * Nodes are made by the core thread and never freed or moved while the chain is open. What is fixed when a node is made
 * (header, hash, height, parent, work) may be read by any thread that got the node from the published tip; so may
 * status, and what its bits vouch for. The rest belongs to the core thread. */
#ifndef YC_NODE_CHAIN_TREE_H
#define YC_NODE_CHAIN_TREE_H

#include "base/alloc.h"
#include "base/map.h"
#include "consensus/block.h"
#include "consensus/pow.h"
#include "node/store/block_index.h"

struct yc_node {
    struct yc_node *parent;      /* NULL for genesis */
    struct yc_node *skip;        /* an ancestor further down, so that yc_node_ancestor() is O(log height) */
    struct yc_node *first_child; /* core thread only, as is next_sibling */
    struct yc_node *next_sibling;
    struct yc_block_hash hash;
    uint8_t merkle_root[32];
    struct yc_u256 work; /* of the whole chain up to here */
    uint32_t version, time, bits, nonce, height;
    uint32_t time_max; /* of this block and all below it: never falls with height */

    /* Written by the core thread. A bit of status is set after what it vouches for, so a thread that sees
     * YC_BLOCK_HAVE_DATA or _UNDO may read the position and checksum. */
    _Atomic uint32_t status; /* enum yc_block_status of block_index.h */
    uint32_t tx_count;       /* 0: body never seen */
    uint32_t script_flags;   /* with YC_BLOCK_SCRIPTS_VALID: under which flags */
    uint64_t chain_tx_count; /* transactions up to here; 0: some body below is missing */
    uint64_t sequence;       /* order in which bodies became complete; a lower one wins ties of work */
    struct yc_file_pos data, undo;
    uint64_t data_sum, undo_sum; /* checksums of the records in the block files */
    bool dirty;                  /* its index record is to be written */
};

/* All nodes by hash. Nodes lie in slabs and never move. */
struct yc_tree {
    const struct yc_alloc *alloc;
    struct yc_map by_hash; /* block hash -> struct yc_node * */
    struct yc_node_slab *slabs;
    struct yc_node *genesis;
};

/** An empty tree. alloc is borrowed for its life; the seed keys its hash table. */
void yc_tree_init(struct yc_tree *t, const struct yc_alloc *alloc, struct yc_siphash_key seed);
/** Frees every node. */
void yc_tree_release(struct yc_tree *t);

/** The node of this hash, or NULL. */
struct yc_node *yc_tree_find(const struct yc_tree *t, const struct yc_block_hash *hash);

/** Add a header whose parent is in the tree (NULL for genesis, which comes first); it must not be there yet.
 *  Work, skip link and time_max are computed; the rest is zero. NULL when there is no memory. */
struct yc_node *yc_tree_add(struct yc_tree *t, const struct yc_header *h, const struct yc_block_hash *hash,
                            struct yc_node *parent) YC_MUST_USE;

/** Each node, in no promised order. */
void yc_tree_each(const struct yc_tree *t, void (*each)(void *ctx, struct yc_node *n), void *ctx);

/** The next node after n in a walk over root's subtree, root itself first (pass n = NULL); NULL at the end. No memory
 *  is used, and what has been returned may be changed. */
struct yc_node *yc_node_next_in_subtree(struct yc_node *root, struct yc_node *n);

/** The header of a node, put together again. */
struct yc_header yc_node_header(const struct yc_node *n);

/** The ancestor at this height (<= n->height). O(log height). */
const struct yc_node *yc_node_ancestor(const struct yc_node *n, uint32_t height);

/** The last block that both branches share. */
const struct yc_node *yc_node_fork(const struct yc_node *a, const struct yc_node *b);

/** Median time of this block and ten before it (BIP 113). */
int64_t yc_node_median_time(const struct yc_node *n);

/** The branch that ends in parent, as header rules see it. The struct borrows the node. */
struct yc_ancestors yc_node_ancestors(const struct yc_node *parent);

#endif
