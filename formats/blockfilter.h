/* Compact block filters (BIP 158, basic type): a set of the scripts that a block touches, small enough to be sent to
 * everyone, from which a wallet sees whether the block may concern it. False hits happen once in 784931 questions,
 * misses never. Pure functions; any thread.
 *
 * Attack it answers: the set is keyed by the block's hash, so nobody can make scripts that collide in every filter. */
#ifndef YC_FORMATS_BLOCKFILTER_H
#define YC_FORMATS_BLOCKFILTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"
#include "consensus/connect.h"

/** The basic filter of a block.
 *  spent    the coins that the block spends (its undo data); their order does not matter
 *  out      gets the filter's bytes, appended; nothing when the result is not YC_VALID
 *  scratch  gets 32 bytes for each script
 *  Returns  YC_VALID; YC_SYSTEM (MEMORY), also when out is at its cap.
 *  Cost     n log n in scripts. Empty scripts and OP_RETURN outputs are left out. */
enum yc_verdict yc_blockfilter_basic(struct yc_buf *out, const struct yc_block *b, const struct yc_spent_coins *spent,
                                     struct yc_arena *scratch, struct yc_error *err) YC_MUST_USE;

/** The link of the chain of filters (BIP 157): from the filter and the header of the block before (zeros before
 *  genesis). */
void yc_blockfilter_header(uint8_t out32[32], struct yc_view filter, const uint8_t prev32[32]);

/** Does the block's filter hold any of the count scripts?
 *  *hit     written on YC_VALID; false when count is 0. A hit may be false, a miss never is.
 *  scratch  gets 32 bytes for each script
 *  Returns  YC_VALID; YC_INVALID when the bytes are no filter; YC_SYSTEM (MEMORY). Cost linear in the filter. */
enum yc_verdict yc_blockfilter_match_any(bool *hit, struct yc_view filter, const struct yc_block_hash *hash,
                                         const struct yc_view *scripts, size_t count, struct yc_arena *scratch,
                                         struct yc_error *err) YC_MUST_USE;

#endif
