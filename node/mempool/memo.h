/* Signatures that were decided a moment ago. A transaction's scripts run twice, under standard flags and under those of
 * the next block; the second run asks about the same signatures in the same order, and is answered from here. What is
 * asked must be the very same bytes; anything else is verified. For node/mempool alone. */
#ifndef YC_NODE_MEMPOOL_MEMO_H
#define YC_NODE_MEMPOOL_MEMO_H

#include "base/arena.h"
#include "consensus/script/checker.h"

#define YC_MEMO_QUESTION_MAX                                                                                           \
    192 /* the longest: 65 bytes of key, 73 of signature, 32 of digest, and what tells them apart */

struct yc_memo_answer {
    struct yc_memo_answer *next;
    uint16_t n;
    enum yc_sig sig;
    uint8_t question[];
};

struct yc_memo {
    struct yc_checker checker; /* to be given to scripts; its ctx is this struct, which must not move */
    struct yc_arena *arena;
    struct yc_memo_answer *first, *last, *at; /* at: what the run is expected to ask next */
    bool replaying;
    unsigned answered; /* from memory */
};

/** An empty memo that keeps its answers in arena (borrowed); without room there, signatures are verified again. */
void yc_memo_init(struct yc_memo *m, struct yc_arena *arena);
/** The next run begins, and is the same as the first. */
void yc_memo_replay(struct yc_memo *m);

#endif
