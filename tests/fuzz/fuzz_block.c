/* Any bytes as a block: what is parsed is written back byte for byte, sizes add up, ids are those of the single
 * transactions, an arena of the promised size serves every stage, and a body is never blamed on its header before the
 * merkle root has proved it to be the header's.
 *
 * No fuzzer finds work or a merkle root: the block is judged once as it is, and once with both put right. */
#include "base/assert.h"
#include "consensus/connect.h"
#include "sys/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum yc_verdict coin_spend(void *ctx, const struct yc_outpoint *at, struct yc_coin *out)
{
    static const uint8_t op_true[1] = {0x51};
    (void)ctx;
    if (at->index & 1)
        return YC_NOT_YET;
    *out = (struct yc_coin){(int64_t)at->txid.b[0] << 40, at->txid.b[1], at->txid.b[2] & 1, yc_view(op_true, 1)};
    return YC_VALID;
}

static enum yc_verdict coin_add(void *ctx, const struct yc_outpoint *at, const struct yc_coin *coin)
{
    (void)ctx;
    (void)at;
    YC_ASSERT(yc_money_ok(coin->value_sat) && coin->height == 301);
    return YC_VALID;
}

static enum yc_verdict coin_has(void *ctx, const struct yc_outpoint *at)
{
    (void)ctx;
    return at->txid.b[31] == 0xff ? YC_VALID : YC_NOT_YET;
}

static enum yc_verdict take_check(void *ctx, const struct yc_script_check *check)
{
    size_t *count = ctx;
    YC_ASSERT(check->input < check->spend->tx->in_count && check->spend->spent);
    (*count)++;
    return YC_VALID;
}

static struct yc_ancestor ancestor_at(void *ctx, uint32_t height)
{
    (void)ctx;
    YC_ASSERT(height <= 300);
    return (struct yc_ancestor){1000000000 + 600 * height, 0x207fffff, 4};
}

static void check_identity(const struct yc_block *b, const struct yc_alloc *heap)
{
    uint8_t *room = yc_alloc_new(heap, b->raw.n), header80[YC_HEADER_BYTES];
    uint64_t stripped = 80 + yc_compact_bytes(b->tx_count);
    struct yc_writer w;
    YC_ASSERT(room);
    yc_writer_init(&w, room, b->raw.n);
    yc_header_write(&b->header, header80);
    yc_writer_bytes(&w, header80, sizeof header80);
    yc_writer_compact(&w, b->tx_count);
    for (uint32_t i = 0; i < b->tx_count; i++) {
        struct yc_tx again = b->tx[i];
        yc_tx_write(&b->tx[i], true, &w);
        yc_tx_hash(&again);
        YC_ASSERT(yc_txid_equal(&again.txid, &b->tx[i].txid) && yc_wtxid_equal(&again.wtxid, &b->tx[i].wtxid));
        stripped += again.stripped_bytes;
    }
    YC_ASSERT(yc_view_equal(yc_writer_written(&w), b->raw));
    YC_ASSERT(b->stripped_bytes == stripped && b->weight == 3 * stripped + b->raw.n);
    yc_alloc_free(heap, room, b->raw.n);
}

static void judge(const struct yc_block *b, struct yc_arena *arena)
{
    const struct yc_chain_params *params = yc_chain_builtin("regtest");
    struct yc_ancestors ancestors = {300, ancestor_at, NULL};
    size_t checks = 0;
    struct yc_coins coins = {coin_spend, coin_add, coin_has, NULL};
    struct yc_script_sink sink = {take_check, &checks};
    struct yc_connect c = {params, &b->hash, 301, &ancestors, &coins, &sink, arena};
    struct yc_reject why = {.code = YC_REJ_NONE};
    struct yc_spent_coins spent;
    int64_t fees_sat;
    enum yc_verdict verdict = yc_block_check(b, params, true, arena, &why);
    if (verdict == YC_VALID) {
        /* Connected even when it is not accepted: few bytes at random name the right height. */
        struct yc_reject other = {.code = YC_REJ_NONE};
        enum yc_verdict accepted = yc_block_accept(b, params, 301, &ancestors, arena, &other);
        YC_ASSERT(accepted != YC_SYSTEM && accepted == yc_reject_verdict(other.code));
        verdict = yc_block_connect(b, &c, &spent, &fees_sat, &why);
    }
    YC_ASSERT(verdict != YC_SYSTEM && verdict == yc_reject_verdict(why.code));
    if (verdict == YC_VALID)
        YC_ASSERT(spent.count == checks && yc_money_ok(fees_sat));
}

static void put_right(struct yc_block *b, struct yc_arena *arena)
{
    uint8_t(*leaves)[32] = yc_arena_take_array(arena, b->tx_count, 32);
    YC_ASSERT(leaves);
    for (uint32_t i = 0; i < b->tx_count; i++)
        memcpy(leaves[i], b->tx[i].txid.b, 32);
    yc_merkle_root(b->header.merkle_root, leaves, b->tx_count, NULL);
    b->header.bits = 0x207fffff;
    memset(b->hash.b, 0, 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct yc_alloc *heap = yc_heap();
    struct yc_arena arena, other;
    struct yc_reject why;
    struct yc_block b;
    size_t arena_n = yc_block_arena_bytes(n);
    void *memory = yc_alloc_new(heap, arena_n);
    YC_ASSERT(memory);
    yc_arena_init_fixed(&arena, memory, arena_n);
    enum yc_verdict verdict = yc_block_parse(&b, yc_view(data, n), &arena, &why);
    YC_ASSERT(verdict == YC_VALID || (verdict == YC_MUTATED && yc_reject_verdict(why.code) == YC_MUTATED));
    if (verdict == YC_VALID) {
        check_identity(&b, heap);
        yc_arena_init(&other, heap, 1 << 16, (size_t)1 << 30);
        put_right(&b, &other);
        yc_arena_release(&other);
        judge(&b, &arena);
        b.header.merkle_root[0] ^= 1;
        yc_arena_init(&other, heap, 1 << 16, (size_t)1 << 30);
        YC_ASSERT(yc_block_check(&b, yc_chain_builtin("regtest"), true, &other, &why) == YC_MUTATED);
        yc_arena_release(&other);
    }
    yc_alloc_free(heap, memory, arena_n);
    return 0;
}
