/* Transactions as views into the bytes they were parsed from. A parsed transaction borrows its bytes and lives in the
 * arena that it was parsed with; it dies with either. Immutable after parsing: any thread may read it.
 * Source: BIP 144 (serialisation), BIP 141 (weight). */
#ifndef YC_CONSENSUS_TX_H
#define YC_CONSENSUS_TX_H

#include "base/arena.h"
#include "base/reader.h"
#include "base/writer.h"
#include "consensus/ids.h"
#include "consensus/reject.h"

struct yc_txin {
    struct yc_outpoint prevout;
    uint32_t sequence;
    struct yc_view script_sig;
    const struct yc_view *witness; /* witness_count items; NULL when 0 */
    uint32_t witness_count;
};

struct yc_txout {
    int64_t value_sat; /* as on the wire: not yet checked */
    struct yc_view script;
};

struct yc_tx {
    uint32_t version; /* unsigned: catalogue C20 */
    uint32_t lock_time;
    uint32_t in_count, out_count;
    const struct yc_txin *in;
    const struct yc_txout *out;
    struct yc_view raw;      /* the whole serialisation, with witness when there is one */
    uint32_t stripped_bytes; /* size without witness; raw.n is the size with it */
    bool has_witness;        /* serialised in the form with marker and flag */
    struct yc_txid txid;     /* set by yc_tx_hash() or yc_block_parse() */
    struct yc_wtxid wtxid;
};

/** Parse one transaction from the reader's position, leaving the reader behind it. Ids are not computed.
 *  arena  gets the inputs, outputs and witness views: at most 40 bytes of arena for each byte read, plus 256
 *  Returns YC_VALID; YC_INVALID (TX_PARSE) for malformed bytes (superfluous witness, unknown flag and non-canonical
 *  sizes included); YC_SYSTEM when the arena is full. */
enum yc_verdict yc_tx_read(struct yc_reader *r, struct yc_tx *tx, struct yc_arena *arena,
                           struct yc_reject *why) YC_MUST_USE;

/** Parse bytes that must be exactly one transaction, and compute its ids. */
enum yc_verdict yc_tx_parse(struct yc_tx *tx, struct yc_view raw, struct yc_arena *arena,
                            struct yc_reject *why) YC_MUST_USE;

/** The same for bytes in the old form, where a zero is a count of no inputs and never the marker of a witness: the
 *  unsigned transactions of BIP 174, and half-made transactions without inputs. */
enum yc_verdict yc_tx_parse_stripped(struct yc_tx *tx, struct yc_view raw, struct yc_arena *arena,
                                     struct yc_reject *why) YC_MUST_USE;

/** Compute txid and wtxid from raw and stripped_bytes. */
void yc_tx_hash(struct yc_tx *tx);

/** Serialise from the fields (not from raw), with witnesses when some input has one and with_witness is set. */
void yc_tx_write(const struct yc_tx *tx, bool with_witness, struct yc_writer *w);

/** Three times the stripped size plus the size: BIP 141. */
static inline uint64_t yc_tx_weight(const struct yc_tx *tx)
{
    return (uint64_t)tx->stripped_bytes * (YC_WITNESS_SCALE - 1) + tx->raw.n;
}

/** Weight over 4, rounded up. */
static inline uint64_t yc_tx_vbytes(const struct yc_tx *tx)
{
    return (yc_tx_weight(tx) + 3) / 4;
}

static inline bool yc_tx_is_coinbase(const struct yc_tx *tx)
{
    return tx->in_count == 1 && yc_outpoint_is_null(&tx->in[0].prevout);
}

/** The rules that a transaction must obey before any chain context is known.
 *  why      written only when the result is not YC_VALID; why->input names the input or output at fault
 *  Units    amounts in base units. Cost O(n log n) in inputs. scratch is used for the duplicate check and is left as
 *           it was but for memory taken (8 bytes an input).
 *  Returns  YC_VALID, YC_INVALID (TX_VIN_EMPTY .. TX_PREVOUT_NULL), YC_SYSTEM (memory)
 *  Order of checks as in Bitcoin Core. The 64-byte rule (BIP 54) is yc_tx_check_bip54()'s. */
enum yc_verdict yc_tx_check(const struct yc_tx *tx, struct yc_arena *scratch, struct yc_reject *why) YC_MUST_USE;

/** BIP 54: a transaction of exactly 64 stripped bytes is invalid (TX_STRIPPED_64). */
enum yc_verdict yc_tx_check_bip54(const struct yc_tx *tx, struct yc_reject *why) YC_MUST_USE;

/** Is the transaction final for a block of this height whose lock-time clock (BIP 113: the median time past of its
 *  parent) reads mtp_s? */
bool yc_tx_is_final(const struct yc_tx *tx, uint32_t height, int64_t mtp_s);

#endif
