/* Walking the whole set of coins as the store holds it: for gettxoutsetinfo, scantxoutset and dumptxoutset. The scan is
 * opened by core after a flush and is a snapshot of that moment; it may then be walked on another thread while core goes
 * on. */
#ifndef YC_NODE_STORE_COINS_SCAN_H
#define YC_NODE_STORE_COINS_SCAN_H

#include "node/store/coin_codec.h"
#include "node/store/kv.h"

struct yc_coins_scan {
    const struct yc_kv *kv;
    struct yc_kv_cursor *cursor;
    struct yc_block_hash best;
};

/** Open a scan; kv is borrowed and must outlive it. YC_VALID, then yc_coins_scan_close() is due; YC_SYSTEM (CORRUPT)
 *  when the store is in the middle of a flush or holds no state yet. */
enum yc_verdict yc_coins_scan_open(struct yc_coins_scan *s, const struct yc_kv *kv, struct yc_error *err) YC_MUST_USE;
void yc_coins_scan_close(struct yc_coins_scan *s);

/** The next coin, in the order of txid (bytes of the wire) and index; its script's payload is readable until the next
 *  call. YC_NOT_YET at the end; YC_SYSTEM. */
enum yc_verdict yc_coins_scan_next(struct yc_coins_scan *s, struct yc_outpoint *at, struct yc_coin_short *coin,
                                   struct yc_error *err) YC_MUST_USE;

/* YC_COINS_HASH_SERIALIZED over coins in the order of the scan: yc_sha256_init(), each coin, end. */
struct yc_sha256;
void yc_coins_hash_add(struct yc_sha256 *h, const struct yc_outpoint *at, const struct yc_coin_short *coin);
void yc_coins_hash_end(struct yc_sha256 *h, uint8_t out32[32]);

struct yc_coins_totals {
    struct yc_block_hash best;
    uint64_t txouts;
    uint64_t transactions; /* with unspent outputs */
    uint64_t bogosize;     /* Bitcoin Core's measure: 50 bytes a coin, and its script */
    int64_t total_sat;
    uint64_t disk_bytes;
    uint8_t hash32[32]; /* of the kind that was asked for; bytes as hashed, displayed reversed */
};

enum yc_coins_hash_kind {
    YC_COINS_HASH_NONE,
    YC_COINS_HASH_SERIALIZED, /* hash_serialized_3 of Bitcoin Core 26 and later: double SHA-256 over, for each coin, the
                                 outpoint, height * 2 + coinbase (32 bits), value (64 bits) and the script with its length */
    YC_COINS_HASH_MU          /* MuHash over the same bytes of each coin (crypto/muhash.h) */
};

/** Walk the rest of the scan and add up.
 *  go_on      asked every few thousand coins; false ends the walk with YC_NOT_YET; may be NULL
 *  Returns YC_VALID; YC_NOT_YET; YC_SYSTEM (CORRUPT too when the amounts exceed what can exist). */
enum yc_verdict yc_coins_scan_totals(struct yc_coins_scan *s, enum yc_coins_hash_kind kind, bool (*go_on)(void *ctx),
                                     void *go_on_ctx, struct yc_coins_totals *out, struct yc_error *err) YC_MUST_USE;

#endif
