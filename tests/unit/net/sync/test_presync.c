/* net/sync/presync.h: headers of a chain that has not shown its work yet (catalogue P10). */
#include "net/sync/presync.h"

#include "base/bytes.h"
#include "consensus/pow.h"
#include "support/heap.h"

#define FULL   YC_HEADERS_COUNT_MAX
#define LENGTH 31000
#define LONG   46000 /* more than six a second for two hours */
#define NOW_S  INT64_C(1700000000)

/* A chain of headers on a start, as messages hold them. */
static uint8_t chain_bytes[LONG * YC_HEADER_LIST_STRIDE];

static struct yc_chain_entry start_entry(const struct yc_chain_params *params)
{
    struct yc_chain_entry e = {.time = 1600000000, .bits = params->genesis.bits};
    e.hash.b[0] = 1;
    return e;
}

/* Make the chain: each block has the start's bits, a minute after the last; mark tells one chain from another. */
static void make_chain(const struct yc_chain_entry *start, uint32_t mark, uint32_t count)
{
    struct yc_block_hash prev = start->hash;
    for (uint32_t i = 0; i < count; i++) {
        struct yc_header h = {
            .version = mark, .prev = prev, .time = start->time + 60 * (i + 1), .bits = start->bits, .nonce = i};
        memset(h.merkle_root, (int)(i & 0xff), 32);
        yc_header_write(&h, chain_bytes + (size_t)i * YC_HEADER_LIST_STRIDE);
        prev = yc_header_hash(&h);
    }
}

static struct yc_header_list slice(size_t from, size_t count)
{
    return (struct yc_header_list){yc_view(chain_bytes + from * YC_HEADER_LIST_STRIDE, count * YC_HEADER_LIST_STRIDE),
                                   count};
}

struct fixture {
    struct test_heap heap;
    const struct yc_chain_params *params;
    struct yc_chain_entry at;
    struct yc_presync *p;
};

static void open_at(struct fixture *f, uint32_t blocks_wanted, int64_t now_s)
{
    test_heap_init(&f->heap);
    f->params = yc_chain_builtin("regtest");
    f->at = start_entry(f->params);
    make_chain(&f->at, 7, LENGTH);
    struct yc_presync_start start = {.at = f->at, .time_min_s = f->at.time};
    struct yc_u256 wanted = yc_u256_mul64(yc_work_of_bits(f->at.bits), blocks_wanted);
    f->p = yc_presync_new(&f->heap.alloc, f->params, &start, wanted, (struct yc_siphash_key){5, 6}, now_s);
    assert_non_null(f->p);
}

static void close_fixture(struct fixture *f)
{
    yc_presync_free(f->p);
    assert_int_equal(f->heap.live_bytes, 0);
}

/* The first download, up to the message that makes the work enough. */
static void count_up(struct fixture *f, uint32_t blocks_wanted)
{
    struct yc_presync_step step;
    for (size_t at = 0; at < blocks_wanted; at += FULL) {
        struct yc_header_list list = slice(at, FULL);
        assert_int_equal(yc_presync_phase(f->p), YC_PRESYNC_COUNTING);
        assert_int_equal(yc_presync_height(f->p), at);
        yc_presync_take(f->p, &list, true, &step);
        assert_null(step.aborted);
        assert_true(step.more);
        assert_int_equal(step.ready_count, 0);
    }
    assert_int_equal(yc_presync_phase(f->p), YC_PRESYNC_AGAIN);
    struct yc_block_hash next = yc_presync_next(f->p);
    assert_true(yc_block_hash_equal(&next, &f->at.hash));
}

static void the_second_time_all_headers_come_out_in_order(void **state)
{
    struct fixture f;
    struct yc_presync_step step = {.more = true};
    size_t out = 0, most = 0;
    (void)state;
    open_at(&f, 25000, NOW_S);
    count_up(&f, 25000);
    assert_true(f.heap.live_bytes < 2000); /* a bit for six hundred headers */
    for (size_t at = 0; step.more; at += FULL) {
        size_t n = LENGTH - at < FULL ? LENGTH - at : FULL;
        struct yc_header_list list = slice(at, n);
        yc_presync_take(f.p, &list, n == FULL, &step);
        assert_null(step.aborted);
        for (size_t i = 0; i < step.ready_count; i++, out++)
            assert_memory_equal(step.ready + i * YC_HEADER_BYTES, chain_bytes + out * YC_HEADER_LIST_STRIDE,
                                YC_HEADER_BYTES);
        most = f.heap.live_bytes > most ? f.heap.live_bytes : most;
        if (at + FULL < 25000)
            assert_true(at + n - out <= YC_PRESYNC_BUFFER_MAX);
        else
            assert_false(step.more); /* the work is there: everything was given out */
    }
    assert_int_equal(out, 26000);
    assert_true(most < 8u << 20);
    close_fixture(&f);
}

static void another_chain_the_second_time_gets_nothing_stored(void **state)
{
    struct fixture f;
    struct yc_presync_step step = {.more = true};
    size_t at = 0, ready = 0;
    (void)state;
    open_at(&f, 25000, NOW_S);
    count_up(&f, 25000);
    make_chain(&f.at, 8, LENGTH);
    for (; step.more && at < LENGTH - FULL; at += FULL) {
        struct yc_header_list list = slice(at, FULL);
        yc_presync_take(f.p, &list, true, &step);
        ready += step.ready_count;
    }
    assert_string_equal(step.aborted, "commitment mismatch");
    assert_int_equal(ready, 0);
    close_fixture(&f);
}

static void a_chain_that_ends_before_it_has_the_work_is_let_go(void **state)
{
    struct fixture f;
    struct yc_presync_step step;
    (void)state;
    open_at(&f, 25000, NOW_S);
    struct yc_header_list list = slice(0, FULL);
    yc_presync_take(f.p, &list, true, &step);
    assert_true(step.more);
    list = slice(FULL, FULL - 1);
    yc_presync_take(f.p, &list, false, &step);
    assert_null(step.aborted);
    assert_false(step.more);
    assert_int_equal(step.ready_count, 0);
    close_fixture(&f);
}

/* No chain can have more than six blocks a second: a longer one is not counted on. */
static void a_chain_longer_than_the_time_allows_is_refused(void **state)
{
    struct fixture f;
    struct yc_presync_step step = {.more = true};
    size_t at = 0;
    (void)state;
    open_at(&f, LONG * 2, 1600000000);
    make_chain(&f.at, 7, LONG);
    for (; step.more && at + FULL <= LONG; at += FULL) {
        struct yc_header_list list = slice(at, FULL);
        yc_presync_take(f.p, &list, true, &step);
    }
    assert_non_null(step.aborted);
    assert_string_equal(step.aborted, "exceeded max commitments");
    assert_in_range(at, 43200, 46000);
    close_fixture(&f);
}

static void headers_that_do_not_follow_are_refused(void **state)
{
    struct fixture f;
    struct yc_presync_step step;
    (void)state;
    open_at(&f, 25000, NOW_S);
    struct yc_header_list list = slice(1, FULL);
    yc_presync_take(f.p, &list, true, &step);
    assert_string_equal(step.aborted, "non-continuous headers");
    close_fixture(&f);
}

/* Under ASERT the bits of every header are known from the first block and the parent: no cheaper one goes through. */
static void bits_are_checked_exactly_under_asert(void **state)
{
    struct test_heap heap;
    const struct yc_chain_params *params = yc_chain_builtin("main");
    struct yc_chain_entry at = start_entry(params);
    struct yc_presync_start start = {.at = at, .time_min_s = at.time};
    struct yc_presync_step step;
    (void)state;
    test_heap_init(&heap);
    for (int easier = 0; easier < 2; easier++) {
        uint8_t bytes[40 * YC_HEADER_LIST_STRIDE] = {0};
        struct yc_header_list list = {yc_view(bytes, sizeof bytes), 40};
        struct yc_block_hash prev = at.hash;
        uint32_t time = at.time, bits = at.bits;
        for (uint32_t i = 0; i < 40; i++) {
            if (i > 1) /* the blocks come ten times too fast, so the target falls */
                bits = yc_asert_bits(at.bits, (int64_t)at.time + 60 - params->pow.spacing_s, 1, time, i,
                                     params->pow.spacing_s, params->pow.half_life_s, params->pow.limit);
            time += 60;
            struct yc_header h = {.prev = prev, .time = time, .bits = easier && i == 30 ? at.bits : bits};
            yc_header_write(&h, bytes + i * YC_HEADER_LIST_STRIDE);
            prev = yc_header_hash(&h);
        }
        assert_true(bits != at.bits);
        struct yc_presync *p =
            yc_presync_new(&heap.alloc, params, &start, yc_u256_from(UINT64_MAX), (struct yc_siphash_key){1, 2}, NOW_S);
        yc_presync_take(p, &list, true, &step);
        if (easier)
            assert_string_equal(step.aborted, "invalid difficulty transition");
        else
            assert_null(step.aborted);
        yc_presync_free(p);
    }
    assert_int_equal(heap.live_bytes, 0);
}

static void without_memory_it_is_given_up(void **state)
{
    (void)state;
    for (size_t fail = 1; fail < 12; fail++) {
        struct fixture f;
        struct yc_presync_step step = {.more = true};
        open_at(&f, 5000, NOW_S);
        f.heap.calls = 0;
        f.heap.fail_at = fail;
        for (size_t i = 0; step.more && !step.aborted && i < 12; i++) {
            size_t at = (i % 3) * FULL;
            struct yc_header_list list = slice(at, FULL);
            yc_presync_take(f.p, &list, true, &step);
        }
        f.heap.fail_at = 0;
        assert_true(!step.aborted || strcmp(step.aborted, "no memory") == 0);
        close_fixture(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_time_all_headers_come_out_in_order),
        cmocka_unit_test(another_chain_the_second_time_gets_nothing_stored),
        cmocka_unit_test(a_chain_that_ends_before_it_has_the_work_is_let_go),
        cmocka_unit_test(a_chain_longer_than_the_time_allows_is_refused),
        cmocka_unit_test(headers_that_do_not_follow_are_refused),
        cmocka_unit_test(bits_are_checked_exactly_under_asert),
        cmocka_unit_test(without_memory_it_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
