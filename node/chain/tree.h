/* The block tree: every header we keep, linked to its parent, with its work and what we know of its body.
 *
 * Nodes are made by the core thread and never moved while the chain is open; only those that never were in the published
 * chain are ever removed. What is fixed when a node is made (header, hash, height, parent, skip link, work) may be read by
 * any thread that got the node from the published tip; so may status, and what its bits vouch for. The rest belongs to the
 * core thread. */
#ifndef YC_NODE_CHAIN_TREE_H
#define YC_NODE_CHAIN_TREE_H

#include <stdatomic.h>

#include "base/alloc.h"
#include "base/siphash.h"
#include "consensus/block.h"
#include "consensus/pow.h"
#include "node/store/block_index.h"

/* What is known of a block's body; nodes of which only the header is known share one of zeros. */
struct yc_stored {
    uint32_t tx_count;       /* 0: body never seen */
    uint32_t script_flags;   /* with YC_BLOCK_SCRIPTS_VALID: under which flags */
    uint64_t chain_tx_count; /* transactions up to here; 0: some body below is missing */
    int64_t sequence; /* order in which bodies became complete, from 1; below 0: preciousblock. A lower one wins ties of
                         work */
    struct yc_file_pos data, undo;
    uint64_t data_sum, undo_sum; /* checksums of the records in the block files */
};

/* There may be millions of these: what only bodies have is kept apart, and work is held in 128 bits (struct yc_u256's lower
 * words), of which all blocks that were ever mined on Bitcoin's chain fill 97. */
struct yc_node {
    struct yc_node *parent;      /* NULL for genesis */
    struct yc_node *skip;        /* an ancestor further down, so that yc_node_ancestor() is O(log height) */
    struct yc_node *first_child; /* core thread only, as is next_sibling */
    struct yc_node *next_sibling;
    const struct yc_stored *stored; /* never NULL; written through yc_tree_stored() */
    uint64_t work_low, work_high;   /* yc_node_work() */
    struct yc_block_hash hash;
    uint8_t merkle_root[32];
    uint32_t version, time, bits, nonce, height;

    /* Written by the core thread. A bit of status is set after what it vouches for, so a thread that sees
     * YC_BLOCK_HAVE_DATA or _UNDO may read the position and checksum. */
    _Atomic uint32_t status; /* enum yc_block_status of block_index.h, and YC_NODE_UNSTORED */
};

/* Bits of yc_node.status that are not stored. */
#define YC_NODE_DIRTY    (UINT32_C(1) << 31) /* its index record is to be written */
#define YC_NODE_GOES     (UINT32_C(1) << 30) /* it is to be removed, or was */
#define YC_NODE_KEPT     (UINT32_C(1) << 29) /* while it is decided which go: this one stays */
#define YC_NODE_SAVING   (UINT32_C(1) << 28) /* its index record is on its way to the disk */
#define YC_NODE_UNSTORED (YC_NODE_DIRTY | YC_NODE_GOES | YC_NODE_KEPT | YC_NODE_SAVING)

/* All nodes by hash. Nodes lie in slabs and never move; they are numbered (67 million at most), and the table of hashes
 * holds numbers. */
struct yc_tree {
    const struct yc_alloc *alloc;
    struct yc_siphash_key seed;
    uint32_t *slot; /* capacity of them: numbers, from 1, with bits of the key; 0: empty. Open addressing */
    size_t capacity;
    uint32_t count, used;  /* nodes; numbers that were ever given */
    struct yc_node **slab; /* slab_count of slab_room */
    size_t slab_count, slab_room;
    struct yc_stored_slab *stored;
    struct yc_node *genesis;
    struct yc_node *last; /* added, NULL: it was removed */
    uint32_t *vacant;     /* numbers of removed nodes: the last vacant_fresh of vacant_count were removed last */
    size_t vacant_count, vacant_fresh, vacant_room;
};

/** An empty tree. alloc is borrowed for its life; the seed keys its hash table: peers choose the hashes. */
void yc_tree_init(struct yc_tree *t, const struct yc_alloc *alloc, struct yc_siphash_key seed);
/** Frees every node. */
void yc_tree_release(struct yc_tree *t);

/** The node of this hash, or NULL. */
struct yc_node *yc_tree_find(const struct yc_tree *t, const struct yc_block_hash *hash);

/** Add a header whose parent is in the tree (NULL for genesis, which comes first); it must not be there yet.
 *  Work and skip link are computed; the rest is zero. NULL when there is no memory. */
struct yc_node *yc_tree_add(struct yc_tree *t, const struct yc_header *h, const struct yc_block_hash *hash,
                            struct yc_node *parent) YC_MUST_USE;

/** What is stored of n, to be written: from now on it is n's own. NULL when there is no memory; not when it has been
 *  called for n before. */
struct yc_stored *yc_tree_stored(struct yc_tree *t, struct yc_node *n) YC_MUST_USE;

/** Forget all nodes that carry YC_NODE_GOES: each with everything that stands on it, or the tree would have no root. Their
 *  memory is used for others only after the next call, so that whoever still looks at one sees what it was. Takes
 *  YC_NODE_KEPT from the others. False: no memory, and nothing was done. Cost: all nodes. */
bool yc_tree_remove_going(struct yc_tree *t) YC_MUST_USE;

/** Each node, in no order that anything may rest on. */
void yc_tree_each(const struct yc_tree *t, void (*each)(void *ctx, struct yc_node *n), void *ctx);

/** Bytes held for nodes and their table; for stored bodies as well. */
size_t yc_tree_bytes(const struct yc_tree *t);

/** The work of the whole chain up to and with n. It would stay at 2^128 - 1, should there ever be more. */
static inline struct yc_u256 yc_node_work(const struct yc_node *n)
{
    return (struct yc_u256){{n->work_low, n->work_high, 0, 0}};
}

/** Below, equal to or above 0, as a has less work than b, as much, or more. */
static inline int yc_node_work_compare(const struct yc_node *a, const struct yc_node *b)
{
    if (a->work_high != b->work_high)
        return a->work_high < b->work_high ? -1 : 1;
    return a->work_low == b->work_low ? 0 : a->work_low < b->work_low ? -1 : 1;
}

/** The bits of status, and setting them, where millions are looked at: for the core thread, which alone writes them, so that
 *  no other thread need be waited for. */
static inline uint32_t yc_node_bits(const struct yc_node *n)
{
    return atomic_load_explicit(&n->status, memory_order_relaxed);
}
static inline void yc_node_set_bits(struct yc_node *n, uint32_t bits)
{
    atomic_store_explicit(&n->status, bits, memory_order_relaxed);
}

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
