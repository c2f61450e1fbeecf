/* Blocks in the form of BIP 152, version 2: a header, and six bytes for each transaction that the receiver has most
 * likely seen. Reading and writing the four messages, and putting one block together again. Which peer is asked for what
 * is net/sync's.
 *
 * Attacks it answers (catalogue): indexes that run over, counts that no block can have (P13: the message is refused, and
 * nothing is allocated beyond what its bytes justify); short ids that collide, by chance or by intent (P13: two equal ones
 * in a message, or two transactions of ours for one of them, cost a question and never the sender's good name: the ids are
 * kept in a table of a secret seed); a block that is filled in twice (P12: the second time is refused).
 *
 * Thread: the owner's. No clock; memory as an argument. Sources: BIP 152. */
#ifndef YC_NET_RELAY_COMPACT_H
#define YC_NET_RELAY_COMPACT_H

#include "base/buf.h"
#include "base/map.h"
#include "consensus/block.h"

#define YC_COMPACT_TXS_MAX        65535 /* an index has 16 bits */
#define YC_COMPACT_SHORT_ID_BYTES 6
#define YC_COMPACT_FORM           2 /* the version of sendcmpct that we speak: with witnesses, ids of wtxids */

/** The key of a message's short ids, from its header and nonce; and the short id (48 bits) of a transaction under it. */
struct yc_siphash_key yc_compact_key(const uint8_t header80[YC_HEADER_BYTES], uint64_t nonce);
uint64_t yc_compact_short_id(struct yc_siphash_key key, const struct yc_wtxid *wtxid);

/** Append a cmpctblock payload: the coinbase in full, a short id for every other transaction. nonce: random, one for each
 *  block. Sticky failure in out. */
void yc_compact_write(struct yc_buf *out, const struct yc_block *b, uint64_t nonce);

/* A cmpctblock as it came: views into the payload. */
struct yc_compact_view {
    const uint8_t *header80;
    uint64_t nonce;
    struct yc_view short_ids; /* YC_COMPACT_SHORT_ID_BYTES each */
    size_t short_id_count;
    struct yc_view prefilled; /* each: index as difference, transaction; all of them can be read */
    size_t prefilled_count;
};
/** Read a payload. scratch memory comes from alloc and is given back.
 *  YC_VALID; YC_INVALID: the bytes are no such message (such are ignored); YC_SYSTEM: no memory. */
enum yc_verdict yc_compact_parse(struct yc_compact_view *out, struct yc_view payload,
                                 const struct yc_alloc *alloc) YC_MUST_USE;

/* A getblocktxn: a block's hash and ascending indexes. */
struct yc_compact_request {
    struct yc_block_hash hash;
    struct yc_view indexes; /* as differences; all of them can be read and fit 16 bits */
    size_t count;
};
/** YC_VALID; YC_INVALID: the bytes are no such message. */
enum yc_verdict yc_compact_request_parse(struct yc_compact_request *out, struct yc_view payload) YC_MUST_USE;
/** Walk the indexes: *offset and *next start at 0; false at the end. */
bool yc_compact_request_next(const struct yc_compact_request *r, size_t *offset, uint32_t *next, uint32_t *index);

/* A blocktxn: a block's hash and transactions. */
struct yc_compact_txs {
    struct yc_block_hash hash;
    struct yc_view txs; /* one after another; all of them can be read */
    size_t count;
};
/** As yc_compact_parse(). */
enum yc_verdict yc_compact_txs_parse(struct yc_compact_txs *out, struct yc_view payload,
                                     const struct yc_alloc *alloc) YC_MUST_USE;

/* One block that is being put together. It holds copies, at most YC_BLOCK_BYTES_MAX bytes of transactions. */
struct yc_compact; /* opaque */

enum yc_compact_origin { YC_COMPACT_POOL, YC_COMPACT_EXTRA };

/** Begin with what the message itself holds. alloc is borrowed for its life; seed is secret.
 *  YC_VALID; YC_INVALID: no block can be so (nothing at all, a prefilled index with nothing before it, a transaction
 *  without inputs and outputs); YC_MUTATED: two of its short ids are equal, ask for the whole block; YC_SYSTEM: memory. */
enum yc_verdict yc_compact_new(struct yc_compact **out, const struct yc_compact_view *v, const struct yc_alloc *alloc,
                               struct yc_siphash_key seed) YC_MUST_USE;
void yc_compact_free(struct yc_compact *c);

/** Here is a transaction that may be in the block; it is copied when its short id is. Two different ones for one id make it
 *  missing, for good. False: every one has been found, no more need be offered. */
bool yc_compact_offer(struct yc_compact *c, const struct yc_wtxid *wtxid, struct yc_view raw,
                      enum yc_compact_origin origin);

struct yc_compact_counts {
    size_t txs, prefilled, from_pool, from_extra, missing;
};
struct yc_compact_counts yc_compact_count(const struct yc_compact *c);
/** Append the getblocktxn payload that asks for what is missing. */
void yc_compact_write_request(const struct yc_compact *c, struct yc_buf *out);

/** Fill in what was missing, in order, and append the block's bytes to out. Only once: what it held is given back.
 *  txs  the transactions one after another, count of them (yc_compact_txs_parse() has checked that they can be read)
 *  YC_VALID: out holds a block of this header that may still have a wrong body (YC_MUTATED by consensus: a short id stood
 *  for another transaction); YC_INVALID: not as many as are missing; YC_SYSTEM: no memory, or longer than a block. */
enum yc_verdict yc_compact_fill(struct yc_compact *c, struct yc_view txs, size_t count, struct yc_buf *out) YC_MUST_USE;

/* Where transactions may be found that a block holds: the owner's pool and what else it keeps. */
struct yc_compact_source {
    /* Offer each to c, until one of the offers returns false. */
    void (*offer_all)(void *ctx, struct yc_compact *c);
    void *ctx;
};

#endif
