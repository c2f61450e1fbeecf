/* Compact block filters: what is in, what is left out, and what a broken filter gets (BIP 158). The published filters
 * are run by yc-vectors --blockfilters. */
#include "formats/blockfilter.h"
#include "support/heap.h"

#define SCRIPTS_MAX 600

/* A block of one transaction whose outputs are made of two bytes, and as many spent coins. */
struct scene {
    struct test_heap heap;
    struct yc_arena arena;
    struct yc_buf filter;
    uint8_t bytes[SCRIPTS_MAX][2];
    struct yc_txout out[SCRIPTS_MAX];
    struct yc_coin coin[SCRIPTS_MAX];
    struct yc_tx tx;
    struct yc_block block;
    struct yc_spent_coins spent;
    struct yc_error err;
};

static void init(struct scene *s, uint32_t outputs, size_t coins)
{
    memset(s, 0, sizeof *s);
    test_heap_init(&s->heap);
    yc_arena_init(&s->arena, &s->heap.alloc, 4096, 1 << 22);
    yc_buf_init(&s->filter, &s->heap.alloc, 1 << 20);
    for (size_t i = 0; i < SCRIPTS_MAX; i++) {
        s->bytes[i][0] = 0x51;
        s->bytes[i][1] = (uint8_t)i;
        s->out[i].script = yc_view(s->bytes[i], i < 256 ? 2 : 1);
        s->coin[i].script = s->out[i].script;
    }
    s->tx = (struct yc_tx){.out_count = outputs, .out = s->out};
    s->block = (struct yc_block){.hash.b = {1, 2, 3}, .tx_count = 1, .tx = &s->tx};
    s->spent = (struct yc_spent_coins){s->coin, coins};
}

static void release(struct scene *s)
{
    yc_buf_release(&s->filter);
    yc_arena_release(&s->arena);
    assert_int_equal(s->heap.live_bytes, 0);
}

static void build(struct scene *s)
{
    yc_buf_clear(&s->filter);
    enum yc_verdict v = yc_blockfilter_basic(&s->filter, &s->block, &s->spent, &s->arena, &s->err);
    assert_int_equal(v, YC_VALID);
}

static bool holds(struct scene *s, struct yc_view script)
{
    bool hit = false;
    assert_int_equal(
        yc_blockfilter_match_any(&hit, yc_buf_view(&s->filter), &s->block.hash, &script, 1, &s->arena, &s->err),
        YC_VALID);
    return hit;
}

static void every_script_is_found(void **state)
{
    (void)state;
    struct scene s;
    init(&s, 200, 100);
    build(&s);
    for (size_t i = 0; i < 200; i++)
        assert_true(holds(&s, s.out[i].script));
    assert_false(holds(&s, yc_view("\x52\x01", 2)));
    release(&s);
}

static void a_script_counts_once(void **state)
{
    (void)state;
    struct scene s;
    init(&s, 5, 5);
    build(&s);
    assert_int_equal(s.filter.p[0], 5);
    release(&s);
}

static void empty_and_op_return_scripts_are_left_out(void **state)
{
    (void)state;
    struct scene s;
    init(&s, 2, 1);
    s.out[0].script = yc_view("\x6a\x01", 2);
    s.out[1].script = YC_VIEW_EMPTY;
    s.coin[0].script = YC_VIEW_EMPTY;
    build(&s);
    assert_int_equal(s.filter.n, 1);
    assert_int_equal(s.filter.p[0], 0);
    assert_false(holds(&s, yc_view("\x6a\x01", 2)));
    release(&s);
}

/* An OP_RETURN script that is spent cannot happen; the rule is about outputs only, and a spent script always counts. */
static void spent_scripts_count_whatever_they_are(void **state)
{
    (void)state;
    struct scene s;
    init(&s, 0, 1);
    s.coin[0].script = yc_view("\x6a\x01", 2);
    build(&s);
    assert_true(holds(&s, s.coin[0].script));
    release(&s);
}

static void nothing_wanted_is_nothing_found(void **state)
{
    (void)state;
    struct scene s;
    bool hit = true;
    init(&s, 3, 0);
    build(&s);
    assert_int_equal(yc_blockfilter_match_any(&hit, yc_buf_view(&s.filter), &s.block.hash, NULL, 0, &s.arena, &s.err),
                     YC_VALID);
    assert_false(hit);
    release(&s);
}

/* Each prefix of a filter, and a filter with a byte more, is no filter; counts beyond the bytes end at once. */
static void broken_filters_are_refused(void **state)
{
    (void)state;
    struct scene s;
    bool hit;
    struct yc_view wanted = yc_view("\x51\x01", 2);
    init(&s, 20, 0);
    build(&s);
    for (size_t n = 0; n < s.filter.n; n++)
        assert_int_equal(
            yc_blockfilter_match_any(&hit, yc_view(s.filter.p, n), &s.block.hash, &wanted, 1, &s.arena, &s.err),
            YC_INVALID);
    yc_buf_append(&s.filter, "", 1);
    assert_int_equal(
        yc_blockfilter_match_any(&hit, yc_buf_view(&s.filter), &s.block.hash, &wanted, 1, &s.arena, &s.err),
        YC_INVALID);
    static const uint8_t huge[] = {0xff, 255, 255, 255, 255, 255, 255, 255, 255, 0};
    assert_int_equal(
        yc_blockfilter_match_any(&hit, yc_view(huge, sizeof huge), &s.block.hash, &wanted, 1, &s.arena, &s.err),
        YC_INVALID);
    release(&s);
}

static void no_memory_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    struct scene s;
    init(&s, 200, 0);
    yc_buf_release(&s.filter);
    yc_buf_init(&s.filter, &s.heap.alloc, 20);
    yc_buf_append(&s.filter, "x", 1);
    assert_int_equal(yc_blockfilter_basic(&s.filter, &s.block, &s.spent, &s.arena, &s.err), YC_SYSTEM);
    assert_int_equal(s.err.which, YC_SYSTEM_MEMORY);
    assert_int_equal(s.filter.n, 1);
    release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_script_is_found),
        cmocka_unit_test(a_script_counts_once),
        cmocka_unit_test(empty_and_op_return_scripts_are_left_out),
        cmocka_unit_test(spent_scripts_count_whatever_they_are),
        cmocka_unit_test(nothing_wanted_is_nothing_found),
        cmocka_unit_test(broken_filters_are_refused),
        cmocka_unit_test(no_memory_leaves_the_buffer_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
