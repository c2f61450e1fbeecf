/* Targets, work and difficulty. Pure functions; any thread.
 * Source: Bitcoin (compact form, window retarget), BIP 94, ASERT as deployed on Bitcoin Cash (aserti3-2d). */
#ifndef YC_CONSENSUS_POW_H
#define YC_CONSENSUS_POW_H

#include "consensus/block.h"

/** The target that compact bits stand for. False when they are negative, zero or overflow 256 bits (catalogue C17). */
bool yc_compact_to_target(struct yc_u256 *out, uint32_t bits) YC_MUST_USE;
/** The compact form of a target, rounded as Bitcoin does. */
uint32_t yc_compact_from_target(struct yc_u256 target);
/** 2^256 / (target + 1): the hashes that a block of these bits costs; zero for invalid bits. */
struct yc_u256 yc_work_of_bits(uint32_t bits);
/** Difficulty as people see it: the ratio of Bitcoin's easiest target to this one. */
double yc_difficulty_of_bits(uint32_t bits);

/** Is the hash at or below the target that the bits stand for, and the target within the chain's limit? */
bool yc_pow_check(const struct yc_block_hash *hash, uint32_t bits, const struct yc_chain_params *params) YC_MUST_USE;

/* What rules about headers need to know of the blocks below: answered by the block tree, or by an array in tests. */
struct yc_ancestor {
    uint32_t time, bits, version;
};
struct yc_ancestors {
    uint32_t height; /* of the parent */
    /* The ancestor at this height (0..height) of the branch that ends in the parent. Cannot fail. */
    struct yc_ancestor (*at)(void *ctx, uint32_t height);
    void *ctx;
};

/** Median time of the parent and up to ten blocks before it (BIP 113). */
int64_t yc_median_time_past(const struct yc_ancestors *a);
/** The same for the branch's block at this height. */
int64_t yc_median_time_past_at(const struct yc_ancestors *a, uint32_t height);

/** The bits that the block after the parent must carry, given its time. */
uint32_t yc_bits_required(const struct yc_chain_params *params, const struct yc_ancestors *a, uint32_t time);

/** ASERT with the anchor as an argument: the target for the block after one of this height and time.
 *  anchor_height, anchor_parent_time_s, anchor_bits  the reference block, the time of its parent, its bits
 *  height, time_s  of the block whose successor is asked for
 *  Source: the integer form of aserti3-2d; result clamped to 1..limit. */
uint32_t yc_asert_bits(uint32_t anchor_bits, int64_t anchor_parent_time_s, uint32_t anchor_height, int64_t time_s,
                       uint32_t height, uint32_t spacing_s, uint32_t half_life_s, struct yc_u256 limit);

/** Could a block that follows (height-1, old bits) legally carry new bits? Used before the ancestors are known, to
 *  bound what a header flood can claim: within a factor 4 at a window's end and equal elsewhere; any target within the
 *  limit under ASERT, and where minimum-difficulty blocks are allowed. */
bool yc_bits_transition_ok(const struct yc_chain_params *params, uint32_t height, uint32_t old_bits, uint32_t new_bits);

/** Every rule about a header whose parent is known: proof of work, bits, times (BIP 113, 94, 54), versions.
 *  now_s  our wall clock, for time-too-new only
 *  Returns YC_VALID, YC_INVALID (HEADER_*), YC_NOT_YET (HEADER_TIME_TOO_NEW). */
enum yc_verdict yc_header_accept(const struct yc_header *h, const struct yc_block_hash *hash,
                                 const struct yc_chain_params *params, const struct yc_ancestors *a, int64_t now_s,
                                 struct yc_reject *why) YC_MUST_USE;

/** The same without the proof of work: for templates and proposals, whose nonce is still to be found. */
enum yc_verdict yc_header_accept_context(const struct yc_header *h, const struct yc_chain_params *params,
                                         const struct yc_ancestors *a, int64_t now_s,
                                         struct yc_reject *why) YC_MUST_USE;

/** The least time that a block after the parent may carry: median time past + 1, and BIP 54's and BIP 94's bounds. */
int64_t yc_time_min(const struct yc_chain_params *params, const struct yc_ancestors *a);

#endif
