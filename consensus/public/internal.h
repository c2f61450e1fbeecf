/* What the files of libycoin-consensus share: its objects, and how reasons and ancestors pass between the public API and
 * consensus/. For consensus/public alone. */
#ifndef YC_CONSENSUS_PUBLIC_INTERNAL_H
#define YC_CONSENSUS_PUBLIC_INTERNAL_H

#include "base/arena.h"
#include "base/assert.h"
#include "consensus/connect.h"
#include "consensus/public/ycoin_consensus.h"

/* Nothing but the parameters, so that those of a built-in chain are one as they are. */
struct ycoin_chain {
    struct yc_chain_params params;
};

struct ycoin_context {
    struct yc_script_machine *machine;
    struct yc_arena arena; /* emptied when a call begins */
};

/** The process heap. */
const struct yc_alloc *yc_public_heap(void);

/** No reason yet; why may be NULL, here and below. */
void yc_public_reason_init(struct ycoin_reason *why);
/** Pass a verdict of consensus/ on, with its reason. */
enum ycoin_verdict yc_public_verdict(enum yc_verdict verdict, const struct yc_reject *reject, struct ycoin_reason *why);
/** YCOIN_ERROR with a sentence. */
enum ycoin_verdict yc_public_error(struct ycoin_reason *why, const char *detail);

/* The caller's branch, and behind it headers that were judged already. */
struct yc_public_branch {
    struct yc_ancestors ancestors;     /* what consensus/ is given; its ctx is this struct, which must not move */
    const struct ycoin_parent *parent; /* NULL: the headers begin at height 0 */
    const uint8_t *headers80;
    uint32_t first; /* the height of the first of the headers */
    bool failed;    /* the caller's callback did: no verdict can be given */
};

/** The branch that ends in the parent. False when its height leaves no room for a block after it. */
bool yc_public_branch_init(struct yc_public_branch *b, const struct ycoin_parent *parent) YC_MUST_USE;
/** YCOIN_ERROR when the branch failed to answer, else the verdict. */
enum ycoin_verdict yc_public_branch_verdict(const struct yc_public_branch *b, enum yc_verdict verdict,
                                            const struct yc_reject *reject, struct ycoin_reason *why);

#endif
