/* Transactions that are not in the pool and may be in the next block all the same: those that were replaced, evicted or
 * refused lately. With them a compact block needs fewer questions.
 *
 * Attack it answers: a stream of transactions that are refused (each is copied, so there are at most YC_EXTRA_MAX, none
 * longer than YC_EXTRA_TX_BYTES_MAX; the oldest goes first). Thread: the owner's. */
#ifndef YC_NET_RELAY_EXTRA_H
#define YC_NET_RELAY_EXTRA_H

#include "consensus/tx.h"
#include "net/relay/compact.h"

#define YC_EXTRA_MAX          100
#define YC_EXTRA_TX_BYTES_MAX 100000 /* 10 MB in all at most */

struct yc_extra {
    const struct yc_alloc *alloc;
    struct {
        struct yc_wtxid wtxid;
        uint8_t *p;
        size_t n;
    } item[YC_EXTRA_MAX];
    size_t next; /* where the next one goes: a ring */
};

/** alloc is borrowed for its life; no memory is taken yet. */
void yc_extra_init(struct yc_extra *x, const struct yc_alloc *alloc);
void yc_extra_release(struct yc_extra *x);
/** Keep a copy; nothing happens when it is too long, is here already, or there is no memory. */
void yc_extra_add(struct yc_extra *x, const struct yc_tx *tx);
/** Offer all of them. */
void yc_extra_offer(const struct yc_extra *x, struct yc_compact *c);

#endif
