/* net/relay/compact.h, extra.h: blocks of BIP 152, told and put together again. */
#include "base/bytes.h"
#include "net/relay/extra.h"
#include "support/heap.h"

#define TX_BYTES 60
#define TXS      7

static const struct yc_siphash_key seed = {3, 4};

/* A transaction that spends output n of nothing. */
static void write_tx(uint8_t out[TX_BYTES], uint32_t n)
{
    memset(out, 0, TX_BYTES);
    out[0] = 2;
    out[4] = 1;
    yc_put32le(out + 5, n + 1);
    out[46] = 1;
}

struct fixture {
    struct test_heap heap;
    struct yc_arena arena;
    uint8_t raw[YC_HEADER_BYTES + 1 + TXS * TX_BYTES];
    struct yc_block block;
    struct yc_buf message;
};

static void open_fixture(struct fixture *f)
{
    struct yc_reject why;
    memset(f, 0, sizeof *f);
    test_heap_init(&f->heap);
    f->raw[YC_HEADER_BYTES] = TXS;
    for (uint32_t i = 0; i < TXS; i++)
        write_tx(f->raw + YC_HEADER_BYTES + 1 + i * TX_BYTES, i);
    yc_arena_init(&f->arena, &f->heap.alloc, 4096, SIZE_MAX);
    assert_int_equal(yc_block_parse(&f->block, yc_view(f->raw, sizeof f->raw), &f->arena, &why), YC_VALID);
    yc_buf_init(&f->message, &f->heap.alloc, 1 << 20);
    yc_compact_write(&f->message, &f->block, 99);
    assert_false(f->message.failed);
}

static void close_fixture(struct fixture *f)
{
    yc_buf_release(&f->message);
    yc_arena_release(&f->arena);
    assert_int_equal(f->heap.live_bytes, 0);
}

static struct yc_compact *begin(struct fixture *f)
{
    struct yc_compact_view v;
    struct yc_compact *c = NULL;
    assert_int_equal(yc_compact_parse(&v, yc_buf_view(&f->message), &f->heap.alloc), YC_VALID);
    assert_int_equal(yc_compact_new(&c, &v, &f->heap.alloc, seed), YC_VALID);
    return c;
}

static bool offer(struct fixture *f, struct yc_compact *c, uint32_t i)
{
    return yc_compact_offer(c, &f->block.tx[i].wtxid, f->block.tx[i].raw, YC_COMPACT_POOL);
}

static void a_short_id_is_that_of_bitcoin_core(void **state)
{
    /* From its test framework: calculate_shortid() with the keys of a header of zeros and nonce 0. */
    uint8_t header80[YC_HEADER_BYTES] = {0};
    struct yc_wtxid a = {{0}}, b = {{0}};
    (void)state;
    yc_put32le(a.b, 2598839);
    yc_put32le(b.b, 38791462);
    assert_true(yc_compact_short_id(yc_compact_key(header80, 0), &a) == UINT64_C(0x6a106945de1b));
    assert_true(yc_compact_short_id(yc_compact_key(header80, 0), &b) == UINT64_C(0x6a106945de1b));
}

static void what_the_pool_holds_is_not_asked_for(void **state)
{
    struct fixture f;
    struct yc_buf out;
    (void)state;
    open_fixture(&f);
    struct yc_compact *c = begin(&f);
    assert_int_equal(yc_compact_count(c).missing, TXS - 1);
    for (uint32_t i = TXS - 1; i > 1; i--)
        assert_true(offer(&f, c, i));
    assert_true(offer(&f, c, 2)); /* the same again is the same */
    assert_false(offer(&f, c, 1));
    struct yc_compact_counts n = yc_compact_count(c);
    assert_int_equal(n.missing, 0);
    assert_int_equal(n.prefilled, 1);
    assert_int_equal(n.from_pool, TXS - 1);
    yc_buf_init(&out, &f.heap.alloc, 1 << 20);
    assert_int_equal(yc_compact_fill(c, YC_VIEW_EMPTY, 0, &out), YC_VALID);
    assert_int_equal(out.n, sizeof f.raw);
    assert_memory_equal(out.p, f.raw, sizeof f.raw);
    yc_buf_release(&out);
    yc_compact_free(c);
    close_fixture(&f);
}

static void what_is_missing_is_asked_for_by_index_and_filled_in(void **state)
{
    struct fixture f;
    struct yc_buf ask, answer, out;
    struct yc_compact_request request;
    struct yc_compact_txs txs;
    static const uint32_t missing[] = {1, 4, 6};
    size_t offset = 0;
    uint32_t next = 0, index;
    (void)state;
    open_fixture(&f);
    struct yc_compact *c = begin(&f);
    offer(&f, c, 2);
    offer(&f, c, 3);
    offer(&f, c, 5);
    yc_buf_init(&ask, &f.heap.alloc, 1 << 20);
    yc_compact_write_request(c, &ask);
    assert_int_equal(yc_compact_request_parse(&request, yc_buf_view(&ask)), YC_VALID);
    assert_true(yc_block_hash_equal(&request.hash, &f.block.hash));
    assert_int_equal(request.count, 3);
    yc_buf_init(&answer, &f.heap.alloc, 1 << 20);
    yc_buf_append(&answer, request.hash.b, 32);
    yc_buf_append(&answer, "\x03", 1);
    for (size_t i = 0; i < 3; i++) {
        assert_true(yc_compact_request_next(&request, &offset, &next, &index));
        assert_int_equal(index, missing[i]);
        yc_buf_append(&answer, f.block.tx[index].raw.p, f.block.tx[index].raw.n);
    }
    assert_false(yc_compact_request_next(&request, &offset, &next, &index));
    assert_int_equal(yc_compact_txs_parse(&txs, yc_buf_view(&answer), &f.heap.alloc), YC_VALID);
    assert_int_equal(txs.count, 3);
    yc_buf_init(&out, &f.heap.alloc, 1 << 20);
    assert_int_equal(yc_compact_fill(c, txs.txs, txs.count, &out), YC_VALID);
    assert_memory_equal(out.p, f.raw, sizeof f.raw);
    yc_buf_release(&out);
    yc_buf_release(&ask);
    yc_buf_release(&answer);
    yc_compact_free(c);
    close_fixture(&f);
}

static void an_answer_of_the_wrong_length_is_refused(void **state)
{
    struct fixture f;
    struct yc_buf out;
    (void)state;
    open_fixture(&f);
    yc_buf_init(&out, &f.heap.alloc, 1 << 20);
    for (size_t count = 0; count < TXS + 2; count++) {
        struct yc_compact *c = begin(&f);
        uint8_t txs[(TXS + 2) * TX_BYTES];
        for (uint32_t i = 0; i < count; i++)
            write_tx(txs + i * TX_BYTES, i);
        yc_buf_clear(&out);
        assert_int_equal(yc_compact_fill(c, yc_view(txs, count * TX_BYTES), count, &out),
                         count == TXS - 1 ? YC_VALID : YC_INVALID);
        yc_compact_free(c);
    }
    yc_buf_release(&out);
    close_fixture(&f);
}

/* Two transactions of ours have the same short id: neither can be trusted to be the one. */
static void a_collision_in_the_pool_is_asked_for_P13(void **state)
{
    struct test_heap heap;
    uint8_t message[YC_HEADER_BYTES + 8 + 1 + 6 + 1] = {0}, raw[TX_BYTES];
    struct yc_compact_view v;
    struct yc_compact *c;
    struct yc_wtxid a = {{0}}, b = {{0}};
    (void)state;
    test_heap_init(&heap);
    yc_put32le(a.b, 2598839);
    yc_put32le(b.b, 38791462);
    write_tx(raw, 1);
    message[88] = 1;
    memcpy(message + 89, "\x1b\xde\x45\x69\x10\x6a", 6);
    assert_int_equal(yc_compact_parse(&v, yc_view(message, sizeof message), &heap.alloc), YC_VALID);
    assert_int_equal(yc_compact_new(&c, &v, &heap.alloc, seed), YC_VALID);
    assert_false(yc_compact_offer(c, &a, yc_view(raw, sizeof raw), YC_COMPACT_EXTRA));
    assert_int_equal(yc_compact_count(c).missing, 0);
    yc_compact_free(c);
    assert_int_equal(yc_compact_new(&c, &v, &heap.alloc, seed), YC_VALID);
    /* The second is offered only while others are missing; here it is alone, so begin with two ids. */
    yc_compact_free(c);
    uint8_t two[sizeof message + 6];
    memcpy(two, message, 95);
    two[88] = 2;
    memset(two + 95, 7, 6);
    two[101] = 0;
    assert_int_equal(yc_compact_parse(&v, yc_view(two, sizeof two), &heap.alloc), YC_VALID);
    assert_int_equal(yc_compact_new(&c, &v, &heap.alloc, seed), YC_VALID);
    assert_true(yc_compact_offer(c, &a, yc_view(raw, sizeof raw), YC_COMPACT_EXTRA));
    assert_int_equal(yc_compact_count(c).missing, 1);
    assert_true(yc_compact_offer(c, &b, yc_view(raw, sizeof raw), YC_COMPACT_POOL));
    assert_int_equal(yc_compact_count(c).missing, 2);
    assert_int_equal(yc_compact_count(c).from_extra, 0);
    assert_true(yc_compact_offer(c, &a, yc_view(raw, sizeof raw), YC_COMPACT_POOL)); /* for good */
    assert_int_equal(yc_compact_count(c).missing, 2);
    yc_compact_free(c);
    assert_int_equal(heap.live_bytes, 0);
}

static enum yc_verdict judge(const uint8_t *p, size_t n)
{
    struct test_heap heap;
    struct yc_compact_view v;
    struct yc_compact *c = NULL;
    test_heap_init(&heap);
    enum yc_verdict verdict = yc_compact_parse(&v, yc_view(p, n), &heap.alloc);
    /* NOT_YET stands for bytes that are no message, INVALID for a message that is no block. */
    verdict = verdict == YC_VALID ? yc_compact_new(&c, &v, &heap.alloc, seed) : YC_NOT_YET;
    yc_compact_free(c);
    assert_int_equal(heap.live_bytes, 0);
    return verdict;
}

/* short_ids equal ids of 6 bytes (the i-th is i unless same), then prefilled transactions at these differences. */
static enum yc_verdict judge_shape(size_t short_ids, bool same, const uint16_t *difference, size_t prefilled)
{
    static uint8_t p[600000];
    struct yc_writer w;
    yc_writer_init(&w, p, sizeof p);
    (void)yc_writer_room(&w, YC_HEADER_BYTES + 8);
    yc_writer_compact(&w, short_ids);
    for (size_t i = 0; i < short_ids; i++) {
        yc_writer_u32le(&w, same ? 5 : (uint32_t)i);
        yc_writer_u16le(&w, 0);
    }
    yc_writer_compact(&w, prefilled);
    for (size_t i = 0; i < prefilled; i++) {
        yc_writer_compact(&w, difference[i]);
        write_tx(yc_writer_room(&w, TX_BYTES), (uint32_t)i);
    }
    assert_false(w.failed);
    return judge(p, w.n);
}

static void indexes_that_run_over_and_counts_that_cannot_be_are_refused_P13(void **state)
{
    static const uint16_t first[] = {0}, second[] = {1}, far[] = {0, 65535}, overflow[] = {65535, 65535, 65535};
    static const uint16_t last[] = {2}, behind[] = {3};
    (void)state;
    assert_int_equal(judge_shape(0, false, first, 1), YC_VALID);
    assert_int_equal(judge_shape(0, false, NULL, 0), YC_INVALID);
    assert_int_equal(judge_shape(0, false, second, 1), YC_INVALID);
    assert_int_equal(judge_shape(2, false, last, 1), YC_VALID);
    assert_int_equal(judge_shape(2, false, behind, 1), YC_INVALID);
    assert_int_equal(judge_shape(2, false, far, 2), YC_INVALID);
    assert_int_equal(judge_shape(2, false, overflow, 3), YC_INVALID);
    assert_int_equal(judge_shape(65534, false, first, 1), YC_VALID);
    assert_int_equal(judge_shape(65535, false, first, 1), YC_NOT_YET);
    assert_int_equal(judge_shape(65535, false, NULL, 0), YC_VALID);
    assert_int_equal(judge_shape(65536, false, NULL, 0), YC_NOT_YET);
}

static void equal_short_ids_ask_for_the_whole_block_P13(void **state)
{
    static const uint16_t first[] = {0};
    (void)state;
    assert_int_equal(judge_shape(2, true, first, 1), YC_MUTATED);
    assert_int_equal(judge_shape(40000, true, first, 1), YC_MUTATED);
}

static void every_truncation_is_refused_P20(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    for (size_t n = 0; n < f.message.n; n++) {
        uint8_t *p = malloc(n + 1);
        memcpy(p, f.message.p, n);
        assert_int_equal(judge(p, n), YC_NOT_YET);
        free(p);
    }
    assert_int_equal(judge(f.message.p, f.message.n), YC_VALID);
    close_fixture(&f);
}

static void a_request_is_read_only_whole_and_within_16_bits_P41(void **state)
{
    static const struct {
        const char *tail;
        size_t n, count;
        bool ok;
    } row[] = {
        {"\x00", 1, 0, true},
        {"\x01\x00", 2, 1, true},
        {"\x01", 1, 0, false},
        {"\x02\x00", 2, 0, false},
        {"\x01\xfd\xff\xff", 4, 1, true},                      /* 65535 */
        {"\x02\xfd\xff\xff\x00", 5, 0, false},                 /* and one more */
        {"\x01\xfe\x00\x00\x01\x00", 6, 0, false},             /* 65536 */
        {"\x02\xfd\xfe\xff\x00", 5, 2, true},                  /* 65534, 65535 */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9, 0, false}, /* a count that nothing holds */
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t p[64] = {0};
        struct yc_compact_request r;
        memcpy(p + 32, row[i].tail, row[i].n);
        assert_int_equal(yc_compact_request_parse(&r, yc_view(p, 32 + row[i].n)), row[i].ok ? YC_VALID : YC_INVALID);
        if (row[i].ok)
            assert_int_equal(r.count, row[i].count);
    }
}

static void without_memory_nothing_is_kept_and_nobody_blamed(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    size_t live = f.heap.live_bytes;
    for (size_t at = 1; at < 64; at++) {
        struct yc_compact_view v;
        struct yc_compact *c = NULL;
        f.heap.calls = 0;
        f.heap.fail_at = at;
        enum yc_verdict verdict = yc_compact_parse(&v, yc_buf_view(&f.message), &f.heap.alloc);
        if (verdict == YC_VALID)
            verdict = yc_compact_new(&c, &v, &f.heap.alloc, seed);
        assert_true(verdict == YC_VALID || verdict == YC_SYSTEM);
        if (c)
            (void)offer(&f, c, 1);
        yc_compact_free(c);
        assert_int_equal(f.heap.live_bytes, live);
    }
    f.heap.fail_at = 0;
    close_fixture(&f);
}

static void extra_transactions_are_few_and_found(void **state)
{
    struct fixture f;
    struct yc_extra x;
    (void)state;
    open_fixture(&f);
    size_t live = f.heap.live_bytes;
    yc_extra_init(&x, &f.heap.alloc);
    yc_extra_add(&x, &f.block.tx[3]);
    yc_extra_add(&x, &f.block.tx[3]);
    assert_int_equal(f.heap.live_bytes - live, TX_BYTES);
    struct yc_compact *c = begin(&f);
    yc_extra_offer(&x, c);
    assert_int_equal(yc_compact_count(c).from_extra, 1);
    yc_compact_free(c);
    for (uint32_t i = 0; i < 3 * YC_EXTRA_MAX; i++) {
        struct yc_tx tx = f.block.tx[1];
        yc_put32le(tx.wtxid.b, i);
        yc_extra_add(&x, &tx);
    }
    assert_int_equal(f.heap.live_bytes - live, YC_EXTRA_MAX * TX_BYTES);
    static uint8_t large[YC_EXTRA_TX_BYTES_MAX + 1];
    struct yc_tx tx = {.raw = yc_view(large, sizeof large)};
    yc_extra_add(&x, &tx);
    assert_int_equal(f.heap.live_bytes - live, YC_EXTRA_MAX * TX_BYTES);
    yc_extra_release(&x);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_id_is_that_of_bitcoin_core),
        cmocka_unit_test(what_the_pool_holds_is_not_asked_for),
        cmocka_unit_test(what_is_missing_is_asked_for_by_index_and_filled_in),
        cmocka_unit_test(an_answer_of_the_wrong_length_is_refused),
        cmocka_unit_test(a_collision_in_the_pool_is_asked_for_P13),
        cmocka_unit_test(indexes_that_run_over_and_counts_that_cannot_be_are_refused_P13),
        cmocka_unit_test(equal_short_ids_ask_for_the_whole_block_P13),
        cmocka_unit_test(every_truncation_is_refused_P20),
        cmocka_unit_test(a_request_is_read_only_whole_and_within_16_bits_P41),
        cmocka_unit_test(without_memory_nothing_is_kept_and_nobody_blamed),
        cmocka_unit_test(extra_transactions_are_few_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
