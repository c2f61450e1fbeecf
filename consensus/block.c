#include "consensus/block.h"

#include "base/assert.h"
#include "consensus/connect.h"
#include "consensus/signet.h"
#include "crypto/sha256.h"

#include <stdio.h>

/* The bytes of a transaction without inputs, outputs and witness: what bounds the count of transactions. */
#define TX_BYTES_MIN 10
#define JOBS_AT_ONCE 1024 /* messages hashed side by side: so many that their lengths can be paired well */

/* Arena for each byte of a block. The worst are empty transactions of 10 bytes (a struct yc_tx and two merkle leaves)
 * and empty witness items of 1 byte (a view). */
#define ARENA_BYTES_PER_BYTE 20
#define ARENA_BYTES_MORE     4096
YC_STATIC_ASSERT(sizeof(struct yc_tx) + 64 <= ARENA_BYTES_PER_BYTE * TX_BYTES_MIN,
                 "a transaction fits its bytes' share");

size_t yc_block_arena_bytes(size_t n)
{
    return n > (SIZE_MAX - ARENA_BYTES_MORE) / ARENA_BYTES_PER_BYTE ? SIZE_MAX
                                                                    : n * ARENA_BYTES_PER_BYTE + ARENA_BYTES_MORE;
}

static enum yc_verdict malformed(struct yc_reject *why, uint32_t tx, const char *detail)
{
    enum yc_verdict verdict = yc_reject_set(why, YC_REJ_BLOCK_PARSE, tx, YC_NO_INDEX);
    snprintf(why->detail, sizeof why->detail, "%s", detail);
    return verdict;
}

/* The bytes of the transaction without witness, in one piece. */
static bool stripped_bytes_of(const struct yc_tx *tx, struct yc_arena *arena, struct yc_view *out)
{
    uint8_t *p = yc_arena_take(arena, tx->stripped_bytes);
    if (!p)
        return false;
    size_t body_n = tx->stripped_bytes - 8;
    memcpy(p, tx->raw.p, 4);
    memcpy(p + 4, tx->raw.p + 6, body_n);
    memcpy(p + 4 + body_n, tx->raw.p + tx->raw.n - 4, 4);
    *out = yc_view(p, tx->stripped_bytes);
    return true;
}

/* Messages of any of the blocks. */
struct ids {
    struct yc_sha256_job job[JOBS_AT_ONCE];
    size_t count;
};

static void ids_run(struct ids *ids)
{
    yc_sha256d_jobs(ids->job, ids->count);
    ids->count = 0;
}

/* One block's hash and ids, of which the last ones may be left to be computed along with the next block's. False: no memory. */
static bool ids_add(struct ids *ids, const struct yc_block_parsing *p)
{
    const struct yc_block *b = p->block;
    if (ids->count == JOBS_AT_ONCE)
        ids_run(ids);
    ids->job[ids->count++] = (struct yc_sha256_job){yc_view_slice(p->raw, 0, YC_HEADER_BYTES), p->block->hash.b};
    for (uint32_t i = 0; p->verdict == YC_VALID && i < b->tx_count; i++) {
        struct yc_tx *tx = &b->tx[i];
        if (ids->count + 2 > JOBS_AT_ONCE) {
            ids_run(ids);
            /* This block's stripped bytes are done with, and those of the next ones lie in their place. */
            yc_arena_rewind(p->arena, p->parsed);
        }
        ids->job[ids->count++] = (struct yc_sha256_job){tx->raw, tx->wtxid.b};
        if (!tx->has_witness)
            continue;
        struct yc_sha256_job *job = &ids->job[ids->count];
        job->out32 = tx->txid.b;
        if (!stripped_bytes_of(tx, p->arena, &job->in))
            return false;
        ids->count++;
    }
    return true;
}

static void ids_end(const struct yc_block_parsing *p)
{
    yc_arena_rewind(p->arena, p->parsed);
    for (uint32_t i = 0; i < p->block->tx_count; i++) {
        struct yc_tx *tx = &p->block->tx[i];
        if (!tx->has_witness)
            memcpy(tx->txid.b, tx->wtxid.b, 32);
    }
}

static enum yc_verdict block_reject(struct yc_reject *why, enum yc_rej code, uint32_t tx)
{
    return yc_reject_set(why, code, tx, YC_NO_INDEX);
}

/* Is the body the header's? Attack: the nodes of an inner level of the merkle tree, presented as transactions of 64
 * bytes, have the same root. None of them is a coinbase but by 224 bits of work, so a block that begins without one and
 * has a transaction of that size proves nothing about its header (catalogue C08). */
enum yc_verdict yc_block_check_root(const struct yc_block *b, struct yc_arena *scratch, struct yc_reject *why)
{
    uint8_t root[32], (*leaves)[32] = yc_arena_take_array(scratch, b->tx_count, 32);
    bool mutated;
    if (!leaves)
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    for (uint32_t i = 0; i < b->tx_count; i++)
        memcpy(leaves[i], b->tx[i].txid.b, 32);
    yc_merkle_root(root, leaves, b->tx_count, &mutated);
    if (memcmp(root, b->header.merkle_root, 32) != 0)
        return block_reject(why, YC_REJ_BLOCK_MERKLE_ROOT, YC_NO_INDEX);
    if (mutated)
        return block_reject(why, YC_REJ_BLOCK_DUPLICATE_TX, YC_NO_INDEX);
    if (b->tx_count && !yc_tx_is_coinbase(&b->tx[0])) {
        for (uint32_t i = 0; i < b->tx_count; i++) {
            if (b->tx[i].stripped_bytes == 64)
                return block_reject(why, YC_REJ_BLOCK_MERKLE_NODES, i);
        }
    }
    return YC_VALID;
}

/* Everything but the hashes. The block has its bytes when there is a header at least. */
static enum yc_verdict parse(struct yc_block_parsing *p)
{
    struct yc_block *b = p->block;
    struct yc_reader r;
    uint8_t header80[YC_HEADER_BYTES];
    memset(b, 0, sizeof *b);
    yc_reader_init(&r, p->raw);
    yc_reader_copy(&r, header80, sizeof header80);
    size_t count = yc_reader_count(&r, TX_BYTES_MIN);
    if (!yc_reader_ok(&r))
        return malformed(p->why, YC_NO_INDEX,
                         r.overlong ? "non-canonical ReadCompactSize(): of the number of transactions"
                                    : "no header, or a count of transactions that cannot be there");
    yc_header_read(&b->header, header80);
    b->raw = p->raw;
    b->stripped_bytes = p->raw.n - yc_reader_left(&r);
    struct yc_tx *tx = yc_arena_take_array(p->arena, count, sizeof *tx);
    if (!tx)
        return yc_reject_system(p->why, YC_SYSTEM_MEMORY);
    b->tx = tx;
    b->tx_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        enum yc_verdict verdict = yc_tx_read(&r, &tx[i], p->arena, p->why);
        if (verdict == YC_SYSTEM)
            return verdict;
        if (verdict != YC_VALID) {
            char detail[sizeof p->why->detail];
            memcpy(detail, p->why->detail, sizeof detail);
            return malformed(p->why, (uint32_t)i, detail);
        }
        b->stripped_bytes += tx[i].stripped_bytes;
    }
    b->weight = b->stripped_bytes * (YC_WITNESS_SCALE - 1) + p->raw.n;
    p->bytes_left = yc_reader_left(&r);
    p->parsed = yc_arena_mark(p->arena);
    return YC_VALID;
}

/* A transaction that was cut short leaves bytes over too, and has another id: that says more. */
static enum yc_verdict judge_rest(const struct yc_block_parsing *p)
{
    if (p->bytes_left == 0)
        return YC_VALID;
    enum yc_verdict verdict = yc_block_check_root(p->block, p->arena, p->why);
    return verdict == YC_VALID ? malformed(p->why, YC_NO_INDEX, "bytes are left over behind the last transaction")
                               : verdict;
}

void yc_blocks_parse(struct yc_block_parsing *p, size_t count)
{
    struct ids ids;
    ids.count = 0;
    for (size_t i = 0; i < count; i++) {
        p[i].verdict = parse(&p[i]);
        if (p[i].block->raw.n && !ids_add(&ids, &p[i]))
            p[i].verdict = yc_reject_system(p[i].why, YC_SYSTEM_MEMORY);
    }
    ids_run(&ids);
    for (size_t i = 0; i < count; i++) {
        if (p[i].verdict != YC_VALID)
            continue;
        ids_end(&p[i]);
        p[i].verdict = judge_rest(&p[i]);
    }
}

enum yc_verdict yc_block_parse(struct yc_block *b, struct yc_view raw, struct yc_arena *arena, struct yc_reject *why)
{
    struct yc_block_parsing p = {.block = b, .raw = raw, .arena = arena, .why = why};
    yc_blocks_parse(&p, 1);
    return p.verdict;
}

/* From here on the txids are known to be the header's, and what they commit to may condemn it. Nothing here may depend
 * on witnesses (catalogue C35). */
static enum yc_verdict check_transactions(const struct yc_block *b, bool bip54, struct yc_arena *scratch,
                                          struct yc_reject *why)
{
    if (b->tx_count == 0 || b->stripped_bytes * YC_WITNESS_SCALE > YC_BLOCK_WEIGHT_MAX)
        return block_reject(why, YC_REJ_BLOCK_LENGTH, YC_NO_INDEX);
    if (!yc_tx_is_coinbase(&b->tx[0]))
        return block_reject(why, YC_REJ_BLOCK_CB_MISSING, 0);
    for (uint32_t i = 1; i < b->tx_count; i++) {
        if (yc_tx_is_coinbase(&b->tx[i]))
            return block_reject(why, YC_REJ_BLOCK_CB_MULTIPLE, i);
    }
    for (uint32_t i = 0; i < b->tx_count; i++) {
        enum yc_verdict verdict = yc_tx_check(&b->tx[i], scratch, why);
        if (verdict == YC_VALID && bip54)
            verdict = yc_tx_check_bip54(&b->tx[i], why);
        if (verdict != YC_VALID) {
            why->tx = i;
            return verdict;
        }
    }
    uint64_t sigops = 0;
    for (uint32_t i = 0; i < b->tx_count; i++) {
        sigops += yc_tx_legacy_sigops(&b->tx[i]);
        if (sigops * YC_WITNESS_SCALE > YC_BLOCK_SIGOP_COST_MAX)
            return block_reject(why, YC_REJ_BLOCK_SIGOPS, i);
    }
    return YC_VALID;
}

enum yc_verdict yc_block_check(const struct yc_block *b, const struct yc_chain_params *params, bool bip54,
                               struct yc_arena *scratch, struct yc_reject *why)
{
    if (!yc_pow_check(&b->hash, b->header.bits, params))
        return block_reject(why, YC_REJ_HEADER_HIGH_HASH, YC_NO_INDEX);
    enum yc_verdict verdict = yc_block_check_body(b, bip54, scratch, why);
    return verdict == YC_VALID ? yc_signet_check(b, params, scratch, why) : verdict;
}

enum yc_verdict yc_block_check_body(const struct yc_block *b, bool bip54, struct yc_arena *scratch,
                                    struct yc_reject *why)
{
    enum yc_verdict verdict = yc_block_check_root(b, scratch, why);
    return verdict == YC_VALID ? check_transactions(b, bip54, scratch, why) : verdict;
}
