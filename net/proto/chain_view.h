/* What the network side asks of the node about the chain: an interface that node/core fills in over node/chain, the
 * simulator and tests over a list of headers. nothing in net/ sees more of the node.
 *
 * Thread: the one that owns the peers (core); every call returns at once and none calls back into net/. Slow work
 * (connecting blocks) is begun here and reported later by its owner to net/sync, as noted. */
#ifndef YC_NET_PROTO_CHAIN_VIEW_H
#define YC_NET_PROTO_CHAIN_VIEW_H

#include "base/buf.h"
#include "base/u256.h"
#include "consensus/block.h"
#include "net/proto/message.h"

/* One block of the tree, as a copy. */
struct yc_chain_entry {
    struct yc_block_hash hash, prev; /* prev is zero for the genesis block */
    uint32_t height;
    uint32_t time, bits;
    struct yc_u256 work; /* of the whole branch up to and with this block */
    bool active;         /* in the active chain */
    bool have_body;      /* can be read, or is about to be connected: need not be fetched */
    bool failed;         /* it, or one below it, is invalid */
};

/* What became of a batch of headers. */
struct yc_headers_result {
    size_t accepted; /* how many of the batch, from its first on, are in the tree now (known ones included) */
    size_t added;    /* how many of them were new */
    struct yc_chain_entry last; /* the last accepted one; meaningless when accepted is 0 */
};

enum yc_view_submit {
    YC_VIEW_REQUESTED = 1 << 0, /* we asked for it: stored even when it does not lead to a better tip at once */
    YC_VIEW_UNVOUCHED = 1 << 1  /* put together from a compact block: whoever sent that need not have checked it */
};

struct yc_chain_view {
    const struct yc_chain_params *params;

    /* The tip of the active chain; and the header with the most work that is not known to be invalid. */
    void (*tip)(void *ctx, struct yc_chain_entry *out);
    void (*best_header)(void *ctx, struct yc_chain_entry *out);
    /* The block of that hash; false when it is not in the tree. */
    bool (*find)(void *ctx, const struct yc_block_hash *hash, struct yc_chain_entry *out);
    /* The block of that height in the active chain; false above the tip. */
    bool (*active_at)(void *ctx, uint32_t height, struct yc_chain_entry *out);
    /* The block of that height on the branch that ends in hash; false when hash is unknown or lower. Fast (a walk
     * by skips, not by parents). */
    bool (*ancestor)(void *ctx, const struct yc_block_hash *hash, uint32_t height, struct yc_chain_entry *out);
    /* Does the node still catch up (tip old or below the minimum of work)? Latched: once false, false for ever. */
    bool (*initial_download)(void *ctx);
    /* A chain of headers with less work than this is not stored: the greater of the chain's minimum and the work of
     * our tip less 144 blocks (catalogue P10). */
    struct yc_u256 (*work_floor)(void *ctx);

    /* Bodies of the active chain that are wanted though the chain is beyond them: those above `from`, in order, up to `to`
     * (loadtxoutset). False: none are. NULL: never. */
    bool (*history)(void *ctx, struct yc_chain_entry *from, struct yc_chain_entry *to);

    /* A locator for the branch that ends in from (NULL: the tip): that block first, then ever wider steps down to
     * genesis. Returns how many hashes were written. */
    size_t (*locator)(void *ctx, const struct yc_block_hash *from, struct yc_block_hash out[YC_LOCATOR_COUNT_MAX]);
    /* Headers of the active chain behind the first hash of the locator that is in it (genesis when none is), up to and
     * with stop, at most max. An empty locator asks for the block stop alone, active or not, unless it is failed.
     * out80 gets 80 bytes each. Returns how many. */
    size_t (*headers_after)(void *ctx, const struct yc_locator_view *locator, uint8_t *out80, size_t max);
    /* Append the block's serialisation, with witness or without, to out.
     * YC_VALID; YC_NOT_YET when there is no body (never had, or pruned); YC_SYSTEM when it cannot be read. */
    enum yc_verdict (*read_block)(void *ctx, const struct yc_block_hash *hash, bool with_witness, struct yc_buf *out,
                                  struct yc_error *err);

    /* The block as a cmpctblock payload (BIP 152): bytes until the next call. YC_NOT_YET, YC_SYSTEM as read_block(). */
    enum yc_verdict (*read_compact)(void *ctx, const struct yc_block_hash *hash, struct yc_view *out,
                                    struct yc_error *err);

    /* Judge headers that follow one another, and add them to the tree. The caller has checked that they are
     * continuous and that their work is enough to be stored.
     * headers, stride  count headers whose 80 bytes start stride bytes apart; borrowed
     * YC_VALID: all accepted. YC_INVALID, YC_NOT_YET (parent unknown, time too new): the one after result->accepted
     * failed, why says how. YC_SYSTEM: our fault. */
    enum yc_verdict (*submit_headers)(void *ctx, const uint8_t *headers, size_t stride, size_t count,
                                      struct yc_headers_result *result, struct yc_reject *why);
    /* Hand over a block for checking, storing and connecting.
     * raw        borrowed for the call: copied when it is kept
     * from       the peer's id, or -1; repeated when the outcome is reported
     * how        enum yc_view_submit
     * is_new     false when its body was there before
     * YC_VALID: accepted for storage; whether its transactions are valid is reported by the node to net/sync later,
     * with hash, from and verdict. YC_MUTATED: not the header's body, ask another peer. YC_NOT_YET: parent unknown, or
     * not wanted now. YC_INVALID: why. YC_SYSTEM: our fault. */
    enum yc_verdict (*submit_block)(void *ctx, struct yc_view raw, int64_t from, unsigned how, bool *is_new,
                                    struct yc_reject *why);

    /* The block of that hash, when peers may be told that we know it: it is in the active chain, or as good and recent.
     * False for any other, as if it were not known (catalogue P34). */
    bool (*may_tell)(void *ctx, const struct yc_block_hash *hash, struct yc_chain_entry *out);
    /* Compact block filters of the basic type (BIP 157, 158). NULL, all three, when this node does not serve them.
     * filter: the block's filter, replacing what is in out. filter_link: its hash, and the header that chains it to those
     * before. YC_NOT_YET: not there; YC_SYSTEM. filters_soon: the block's filter is about to be made: ask again when told
     * that more are there. */
    enum yc_verdict (*filter)(void *ctx, const struct yc_block_hash *hash, struct yc_buf *out, struct yc_error *err);
    enum yc_verdict (*filter_link)(void *ctx, const struct yc_block_hash *hash, uint8_t filter_hash32[32],
                                   uint8_t header32[32], struct yc_error *err);
    bool (*filters_soon)(void *ctx, const struct yc_block_hash *hash);
    void *ctx;
};

#endif
