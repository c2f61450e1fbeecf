/* Signets: chains whose blocks must be signed (BIP 325). Pure; any thread. */
#ifndef YC_CONSENSUS_SIGNET_H
#define YC_CONSENSUS_SIGNET_H

#include "consensus/block.h"

/* Arena that the check of one block takes, besides four times the coinbase's size: mostly a script machine. */
#define YC_SIGNET_SCRATCH_BYTES (2u << 20)

/** Does the coinbase hold a solution of the signet's challenge for this block? The genesis block needs none.
 *  b        its merkle root is proved, and its first transaction is a coinbase
 *  Returns  YC_VALID, YC_INVALID (BLOCK_SIGNET_SIGNATURE), YC_SYSTEM (memory). Always valid on chains that are no signet. */
enum yc_verdict yc_signet_check(const struct yc_block *b, const struct yc_chain_params *params,
                                struct yc_arena *scratch, struct yc_reject *why) YC_MUST_USE;

/** The four bytes that begin each message on a signet's network: they follow from its challenge (BIP 325), so that nodes
 *  of two signets never take each other for peers.
 *  challenge  at most YC_SIGNET_CHALLENGE_BYTES_MAX bytes */
void yc_signet_magic(uint8_t out4[4], struct yc_view challenge);

#endif
