/* Block headers and blocks. A parsed block is one buffer and one arena; everything in it is a view and dies with it.
 * Immutable after parsing and hashing: any thread may read it. Source: BIP 144, BIP 141. */
#ifndef YC_CONSENSUS_BLOCK_H
#define YC_CONSENSUS_BLOCK_H

#include "base/u256.h"
#include "consensus/params.h"
#include "consensus/tx.h"

#define YC_HEADER_BYTES 80

struct yc_header {
    uint32_t version;
    struct yc_block_hash prev;
    uint8_t merkle_root[32];
    uint32_t time, bits, nonce;
};

/** Read and write the 80 bytes; any 80 bytes are a header. */
void yc_header_read(struct yc_header *h, const uint8_t bytes80[YC_HEADER_BYTES]);
void yc_header_write(const struct yc_header *h, uint8_t out80[YC_HEADER_BYTES]);
struct yc_block_hash yc_header_hash(const struct yc_header *h);

struct yc_block {
    struct yc_header header;
    struct yc_block_hash hash;
    uint32_t tx_count;
    struct yc_tx *tx;
    struct yc_view raw; /* the bytes it was parsed from, borrowed */
    uint64_t stripped_bytes;
    uint64_t weight;
};

/** Bytes of arena that are enough to parse, check, accept and connect any block of n bytes: one allocation serves the
 *  whole block. It is the worst case; honest blocks touch a tenth of it. A signet needs YC_SIGNET_SCRATCH_BYTES more. */
size_t yc_block_arena_bytes(size_t n);

/** Parse a whole block and compute the block hash; transaction ids are computed in one batch.
 *  raw    borrowed: must outlive the block
 *  Returns YC_VALID; YC_MUTATED (BLOCK_PARSE) for malformed bytes, or with bytes left over behind the last transaction
 *  what shows that the body is not the header's; YC_SYSTEM when the arena is full. */
enum yc_verdict yc_block_parse(struct yc_block *b, struct yc_view raw, struct yc_arena *arena,
                               struct yc_reject *why) YC_MUST_USE;

/* A block that is parsed along with others. */
struct yc_block_parsing {
    struct yc_block *block;  /* written */
    struct yc_view raw;      /* borrowed: must outlive the block */
    struct yc_arena *arena;  /* the block's alone */
    struct yc_reject *why;   /* written unless the verdict is YC_VALID */
    enum yc_verdict verdict; /* the answer */
    /* For the parser alone. */
    struct yc_arena_mark parsed;
    size_t bytes_left;
};

/** yc_block_parse() for each of count blocks: the same answers. The ids of all are computed side by side, which fills the lanes
 *  of SHA-256 where blocks are small. */
void yc_blocks_parse(struct yc_block_parsing *p, size_t count);

/** Merkle root over count leaves of 32 bytes that lie one after another; the leaves are overwritten.
 *  *mutated  set when two equal neighbours, both in the list, were joined at some level (CVE-2012-2459); may be NULL.
 *  count 0 gives zeros. */
void yc_merkle_root(uint8_t out32[32], uint8_t (*leaves)[32], size_t count, bool *mutated);

/** The index of the coinbase output that commits to the witnesses (the last that matches BIP 141), or -1. */
int yc_block_commitment_index(const struct yc_block *b);
/** The root over wtxids, the coinbase's taken as zeros. scratch gets 32 bytes a transaction. False: no memory. */
bool yc_block_witness_root(uint8_t out32[32], const struct yc_block *b, struct yc_arena *scratch) YC_MUST_USE;

/** Is the body the header's: merkle root, duplicated transactions, nodes of the tree passed off as transactions?
 *  scratch gets 32 bytes a transaction.
 *  Returns YC_VALID, YC_MUTATED, YC_SYSTEM. */
enum yc_verdict yc_block_check_root(const struct yc_block *b, struct yc_arena *scratch,
                                    struct yc_reject *why) YC_MUST_USE;

/** The rules for a block alone (proof of work of the header included), in the order that a body which is not the
 *  header's is found out first: merkle root, duplicated transactions, then size, coinbase, transactions, sigops, and on
 *  a signet the signature (BIP 325).
 *  Returns YC_VALID, YC_INVALID, YC_MUTATED, YC_SYSTEM. With bip54 the transactions' 64-byte rule is checked.
 *  Attack: a body stuffed by a relay must not mark an honest header (catalogue C06, C08, C35). */
enum yc_verdict yc_block_check(const struct yc_block *b, const struct yc_chain_params *params, bool bip54,
                               struct yc_arena *scratch, struct yc_reject *why) YC_MUST_USE;

/** The same without the header's proof of work and a signet's signature: for templates and proposals, whose nonce is
 *  still to be found. */
enum yc_verdict yc_block_check_body(const struct yc_block *b, bool bip54, struct yc_arena *scratch,
                                    struct yc_reject *why) YC_MUST_USE;

#endif
