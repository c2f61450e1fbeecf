/* The names of things on the chain: distinct types for hashes that look alike, and Bitcoin's units and limits.
 * Bytes are in the order of the wire; people see them reversed. Any thread. */
#ifndef YC_CONSENSUS_IDS_H
#define YC_CONSENSUS_IDS_H

#include "base/view.h"

struct yc_txid {
    uint8_t b[32];
};
struct yc_wtxid {
    uint8_t b[32];
};
struct yc_block_hash {
    uint8_t b[32];
};

/* An outpoint: 36 bytes without padding, used as a key byte by byte. */
struct yc_outpoint {
    struct yc_txid txid;
    uint32_t index;
};
_Static_assert(sizeof(struct yc_outpoint) == 36, "an outpoint is 36 bytes");

static inline bool yc_txid_equal(const struct yc_txid *a, const struct yc_txid *b)
{
    return !memcmp(a, b, 32);
}
static inline bool yc_wtxid_equal(const struct yc_wtxid *a, const struct yc_wtxid *b)
{
    return !memcmp(a, b, 32);
}
static inline bool yc_block_hash_equal(const struct yc_block_hash *a, const struct yc_block_hash *b)
{
    return !memcmp(a, b, 32);
}
static inline bool yc_outpoint_equal(const struct yc_outpoint *a, const struct yc_outpoint *b)
{
    return !memcmp(a, b, 36);
}
/** The outpoint of a coinbase input: no txid, index 0xffffffff. */
static inline bool yc_outpoint_is_null(const struct yc_outpoint *o)
{
    static const uint8_t zero[32];
    return o->index == UINT32_MAX && !memcmp(o->txid.b, zero, 32);
}
static inline bool yc_hash_is_zero(const uint8_t hash32[32])
{
    static const uint8_t zero[32];
    return !memcmp(hash32, zero, 32);
}

#define YC_COIN                 INT64_C(100000000)            /* base units in a coin */
#define YC_MONEY_MAX            (INT64_C(21000000) * YC_COIN) /* no amount or sum of amounts may exceed this */
#define YC_WITNESS_SCALE        4                             /* BIP 141 */
#define YC_BLOCK_WEIGHT_MAX     4000000                       /* BIP 141 */
#define YC_BLOCK_BYTES_MAX      4000000                       /* serialised with witness */
#define YC_BLOCK_SIGOP_COST_MAX 80000                         /* BIP 141 */
#define YC_TX_LEGACY_SIGOPS_MAX 2500                          /* BIP 54 */
#define YC_COINBASE_MATURITY    100                           /* blocks */
#define YC_LOCKTIME_THRESHOLD   500000000u                    /* below: a height; from here: a time */
#define YC_SEQUENCE_FINAL       0xffffffffu
#define YC_SEQUENCE_DISABLE     (UINT32_C(1) << 31) /* BIP 68 */
#define YC_SEQUENCE_TIME        (UINT32_C(1) << 22) /* BIP 68: in units of 512 s */
#define YC_SEQUENCE_MASK        0x0000ffffu         /* BIP 68 */
#define YC_MTP_BLOCKS           11                  /* BIP 113: median of this many */
#define YC_FUTURE_TIME_MAX_S    7200                /* a block may be this far ahead of our clock */

static inline bool yc_money_ok(int64_t sat)
{
    return sat >= 0 && sat <= YC_MONEY_MAX;
}

/** *sum += sat when both and the result are in 0..YC_MONEY_MAX; else false and *sum is left alone (catalogue C01, C42). */
static inline bool yc_money_add(int64_t *sum, int64_t sat)
{
    if (!yc_money_ok(*sum) || !yc_money_ok(sat) || !yc_money_ok(*sum + sat))
        return false;
    *sum += sat;
    return true;
}

#endif
