/* Any bytes as a transaction: what is parsed is written back byte for byte, its sizes and ids agree with what is
 * written, memory stays within the promise, and no rule crashes over it. */
#include "base/assert.h"
#include "consensus/connect.h"
#include "crypto/sha256.h"
#include "sys/heap.h"

/* yc_tx_read()'s promise. */
#define ARENA_BYTES(n)   (40 * (n) + 256)
#define SCRATCH_BYTES(n) (16 * (n) + 256)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_identity(const struct yc_tx *tx, uint8_t *room)
{
    struct yc_writer w;
    uint8_t id[32];
    yc_writer_init(&w, room, tx->raw.n);
    yc_tx_write(tx, true, &w);
    YC_ASSERT(yc_view_equal(yc_writer_written(&w), tx->raw));
    yc_sha256d(id, room, w.n);
    YC_ASSERT(memcmp(id, tx->wtxid.b, 32) == 0);
    yc_writer_init(&w, room, tx->raw.n);
    yc_tx_write(tx, false, &w);
    YC_ASSERT(!w.failed && w.n == tx->stripped_bytes);
    yc_sha256d(id, room, w.n);
    YC_ASSERT(memcmp(id, tx->txid.b, 32) == 0);
    YC_ASSERT(tx->has_witness == (tx->stripped_bytes < tx->raw.n));
    YC_ASSERT(yc_tx_weight(tx) <= 4 * (uint64_t)tx->raw.n && yc_tx_vbytes(tx) >= tx->stripped_bytes);
}

/* Does some pair of inputs spend the same coin? By comparing each with each. */
static bool has_duplicate(const struct yc_tx *tx)
{
    for (uint32_t i = 0; i < tx->in_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (yc_outpoint_equal(&tx->in[i].prevout, &tx->in[k].prevout))
                return true;
        }
    }
    return false;
}

static void check_rules(const struct yc_tx *tx, struct yc_arena *scratch)
{
    struct yc_reject why = {.code = YC_REJ_NONE};
    enum yc_verdict verdict = yc_tx_check(tx, scratch, &why);
    YC_ASSERT(verdict == YC_VALID || verdict == YC_INVALID);
    YC_ASSERT(verdict == yc_reject_verdict(why.code));
    if (verdict == YC_VALID || why.code == YC_REJ_TX_CB_LENGTH || why.code == YC_REJ_TX_PREVOUT_NULL)
        YC_ASSERT(!has_duplicate(tx));
    if (why.code == YC_REJ_TX_INPUTS_DUPLICATE)
        YC_ASSERT(has_duplicate(tx));
    YC_ASSERT((yc_tx_check_bip54(tx, &why) == YC_INVALID) == (tx->stripped_bytes == 64));
    YC_ASSERT(!yc_tx_is_final(tx, 100, 1000) || yc_tx_is_final(tx, UINT32_MAX, INT64_MAX));
    YC_ASSERT(yc_tx_legacy_sigops(tx) <= 20 * (uint64_t)tx->raw.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct yc_alloc *heap = yc_heap();
    struct yc_arena arena, scratch;
    struct yc_reject why;
    struct yc_tx tx, stripped;
    uint8_t *room = yc_alloc_new(heap, n + 1);
    void *memory = yc_alloc_new(heap, ARENA_BYTES(n)), *more = yc_alloc_new(heap, SCRATCH_BYTES(n));
    YC_ASSERT(room && memory && more);
    yc_arena_init_fixed(&arena, memory, ARENA_BYTES(n));
    yc_arena_init_fixed(&scratch, more, SCRATCH_BYTES(n));
    enum yc_verdict verdict = yc_tx_parse(&tx, yc_view(data, n), &arena, &why);
    YC_ASSERT(verdict == YC_VALID || (verdict == YC_INVALID && why.code == YC_REJ_TX_PARSE));
    if (verdict == YC_VALID) {
        check_identity(&tx, room);
        check_rules(&tx, &scratch);
    }
    yc_arena_init_fixed(&arena, memory, ARENA_BYTES(n));
    verdict = yc_tx_parse_stripped(&stripped, yc_view(data, n), &arena, &why);
    YC_ASSERT(verdict == YC_VALID || (verdict == YC_INVALID && why.code == YC_REJ_TX_PARSE));
    if (verdict == YC_VALID)
        check_identity(&stripped, room);
    yc_alloc_free(heap, more, SCRATCH_BYTES(n));
    yc_alloc_free(heap, memory, ARENA_BYTES(n));
    yc_alloc_free(heap, room, n + 1);
    return 0;
}
