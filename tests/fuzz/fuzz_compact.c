/* Compact blocks: the input is a cmpctblock, then transactions that are offered and a blocktxn to fill the rest with. What can
 * be read is put together; what was made from a block reads back as that block. */
#include "base/assert.h"
#include "net/relay/extra.h"
#include "sys/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct yc_siphash_key seed = {1, 2};

/* A block of the input, told and taken with all but every third transaction at hand. */
static void round_trip(struct yc_view raw)
{
    struct yc_arena arena;
    struct yc_block b;
    struct yc_reject why;
    struct yc_buf message, out;
    struct yc_compact_view view;
    struct yc_compact *c = NULL;
    yc_arena_init(&arena, yc_heap(), 65536, SIZE_MAX);
    yc_buf_init(&message, yc_heap(), SIZE_MAX);
    yc_buf_init(&out, yc_heap(), SIZE_MAX);
    if (yc_block_parse(&b, raw, &arena, &why) == YC_VALID && b.tx_count && b.tx_count <= 1000) {
        yc_compact_write(&message, &b, raw.n);
        enum yc_verdict v = yc_compact_parse(&view, yc_buf_view(&message), yc_heap());
        YC_ASSERT(v == YC_VALID);
        v = yc_compact_new(&c, &view, yc_heap(), seed);
        YC_ASSERT(v == YC_VALID || v == YC_MUTATED || v == YC_INVALID); /* one transaction twice; nothing in it */
        struct yc_buf rest;
        size_t missing = 0;
        yc_buf_init(&rest, yc_heap(), SIZE_MAX);
        for (uint32_t i = 1; v == YC_VALID && i < b.tx_count; i++) {
            if (i % 3) {
                (void)yc_compact_offer(c, &b.tx[i].wtxid, b.tx[i].raw, YC_COMPACT_POOL);
            } else {
                yc_buf_append(&rest, b.tx[i].raw.p, b.tx[i].raw.n);
                missing++;
            }
        }
        if (v == YC_VALID && yc_compact_count(c).missing == missing) {
            v = yc_compact_fill(c, yc_buf_view(&rest), missing, &out);
            YC_ASSERT(v == YC_VALID && out.n == raw.n && memcmp(out.p, raw.p, raw.n) == 0);
        }
        yc_buf_release(&rest);
    }
    yc_compact_free(c);
    yc_buf_release(&out);
    yc_buf_release(&message);
    yc_arena_release(&arena);
}

static void take(struct yc_view payload, struct yc_view rest)
{
    struct yc_compact_view view;
    struct yc_compact *c;
    struct yc_compact_txs txs;
    struct yc_compact_request ask;
    struct yc_buf out;
    if (yc_compact_parse(&view, payload, yc_heap()) != YC_VALID ||
        yc_compact_new(&c, &view, yc_heap(), seed) != YC_VALID)
        return;
    struct yc_compact_counts before = yc_compact_count(c);
    YC_ASSERT(before.txs <= YC_COMPACT_TXS_MAX && before.missing + before.prefilled == before.txs);
    for (size_t at = 0; at + 40 < rest.n && at < 4000; at += 40) {
        struct yc_wtxid wtxid;
        memcpy(wtxid.b, rest.p + at, 32);
        (void)yc_compact_offer(c, &wtxid, yc_view_slice(rest, at, 40), at % 80 ? YC_COMPACT_POOL : YC_COMPACT_EXTRA);
    }
    yc_buf_init(&out, yc_heap(), SIZE_MAX);
    yc_compact_write_request(c, &out);
    enum yc_verdict v = yc_compact_request_parse(&ask, yc_buf_view(&out));
    YC_ASSERT(v == YC_VALID && ask.count == yc_compact_count(c).missing);
    yc_buf_clear(&out);
    if (yc_compact_txs_parse(&txs, rest, yc_heap()) == YC_VALID) {
        bool as_many = txs.count == yc_compact_count(c).missing;
        v = yc_compact_fill(c, txs.txs, txs.count, &out);
        YC_ASSERT(as_many ? v == YC_VALID || v == YC_SYSTEM : v == YC_INVALID);
    }
    yc_buf_release(&out);
    yc_compact_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_compact_request ask;
    struct yc_view all = yc_view(data, n);
    round_trip(all);
    (void)(yc_compact_request_parse(&ask, all) == YC_VALID);
    if (n < 2)
        return 0;
    size_t cut = (size_t)data[0] << 8 | data[1];
    cut = 2 + cut % (n - 1);
    take(yc_view_slice(all, 2, cut - 2), yc_view_slice(all, cut, n - cut));
    return 0;
}
