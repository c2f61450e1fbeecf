/* Signatures that were decided, or deferred, a moment ago. A transaction's scripts run twice, under standard flags and
 * under those of the next block; the second run asks about the same signatures in the same order, and is answered from
 * here. What is asked must be the very same bytes; anything else is asked of the checker behind. For node/mempool alone. */
#ifndef YC_NODE_MEMPOOL_MEMO_H
#define YC_NODE_MEMPOOL_MEMO_H

#include "base/arena.h"
#include "consensus/script/checker.h"

/* The longest about one signature: 65 bytes of key, 73 of signature, 32 of digest, and what tells them apart. */
#define YC_MEMO_QUESTION_MAX 192
/* The longest about a CHECKMULTISIG of 20 keys. */
#define YC_MEMO_MULTISIG_MAX 4096

struct yc_memo_answer {
    struct yc_memo_answer *next;
    uint16_t n;
    enum yc_sig sig;
    uint8_t question[];
};

struct yc_memo {
    struct yc_checker checker; /* to be given to scripts; its ctx is this struct, which must not move */
    const struct yc_checker *behind;
    struct yc_arena *arena;
    struct yc_memo_answer *first, *last, *at; /* at: what the run is expected to ask next */
    bool replaying;
    unsigned answered; /* from memory */
};

/** An empty memo that keeps the answers of the checker behind it in arena (both borrowed); without room there, that is
 *  asked again. */
void yc_memo_init(struct yc_memo *m, const struct yc_checker *behind, struct yc_arena *arena);
/** The next run begins, and is the same as the first. */
void yc_memo_replay(struct yc_memo *m);

#endif
