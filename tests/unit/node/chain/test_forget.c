/* Branches are kept within a bound, and which are forgotten (catalogue P10, C36, C48): a flood of cheap headers or of blocks
 * that lead nowhere never shuts out what has more work, and never costs what the chain needs. */
#include "fixture.h"

#include "node/chain/import.h"

#define SIDE_MAX 64

static struct yc_reject why;
static struct yc_error err;

static void begin(struct chain_world *w)
{
    world_init(w, 0);
    world_close(w);
    w->side_blocks_max = SIDE_MAX;
    assert_int_equal(world_open(w, &err), YC_VALID);
    world_settle(w);
}

static const struct yc_node *header_on(struct chain_world *w, const struct yc_node *parent, unsigned extra)
{
    static struct made b;
    struct yc_header h;
    const struct yc_node *n = NULL;
    make_block(w, &b, parent, &(struct make_options){.extra = extra});
    yc_header_read(&h, b.bytes);
    assert_int_equal(yc_chain_submit_header(w->chain, &h, &n, &why), YC_VALID);
    return n;
}

/* count bare headers on the block, one on another; the hash of the last. */
static struct yc_block_hash headers_on(struct chain_world *w, const struct yc_node *parent, unsigned count,
                                       unsigned extra)
{
    for (unsigned i = 0; i < count; i++)
        parent = header_on(w, parent, extra);
    return parent->hash;
}

/* Branches of `length` bare headers on the block; *last holds the hash of the last one of all. */
static void flood(struct chain_world *w, const struct yc_node *on, unsigned branches, unsigned length, unsigned extra,
                  struct yc_block_hash *last)
{
    for (unsigned i = 0; i < branches; i++) {
        struct yc_block_hash end = headers_on(w, on, length, extra + i);
        if (last)
            *last = end;
        world_settle(w);
    }
}

static size_t tip_count(const struct chain_world *w)
{
    return yc_chain_tips(w->chain, NULL, 0);
}

static bool here(const struct chain_world *w, const struct yc_block_hash *hash)
{
    return yc_chain_find(w->chain, hash) != NULL;
}

static void expect_within_bound(const struct chain_world *w)
{
    assert_in_range(tip_count(w), 1, SIDE_MAX + 1);
}

static void cheap_headers_push_out_each_other_P10(void **state)
{
    struct chain_world w;
    (void)state;
    begin(&w);
    const struct yc_node *tip = grow_many(&w, yc_chain_tip(w.chain), 20, 1), *fork = yc_chain_at(w.chain, 12);
    const struct yc_node *low = yc_chain_at(w.chain, 2);
    struct yc_block_hash honest = headers_on(&w, fork, 6, 5), cheap;
    /* One header each, with less work than the honest branch: far more than there is room for, again and again. */
    flood(&w, low, 5 * SIDE_MAX, 1, 100, &cheap);
    expect_within_bound(&w);
    assert_true(here(&w, &honest));
    assert_ptr_equal(yc_chain_tip(w.chain), tip);
    /* There still is room for what comes next, and once it has most work it is followed. */
    struct yc_block_hash late = headers_on(&w, fork, 7, 6);
    flood(&w, low, SIDE_MAX, 1, 1000, NULL);
    assert_true(here(&w, &late));
    const struct yc_node *n = fork;
    for (unsigned i = 0; i < 9; i++)
        n = grow(&w, n, 6);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), n);
    assert_true(here(&w, &tip->hash)); /* it was the chain */
    /* What was forgotten may come again (C36). */
    flood(&w, low, 1, 1, 100, NULL);
    expect_within_bound(&w);
    world_release(&w);
}

/* A flood that has more work than an honest branch pushes it out; with its next blocks it comes back, and wins. */
static void what_was_pushed_out_comes_back_with_more_work_P10(void **state)
{
    struct chain_world w;
    static struct made block[7];
    (void)state;
    begin(&w);
    grow_many(&w, yc_chain_tip(w.chain), 10, 1);
    const struct yc_node *fork = yc_chain_at(w.chain, 4), *n = fork;
    for (unsigned i = 0; i < 3; i++)
        n = header_on(&w, n, 3);
    struct yc_block_hash honest = n->hash;
    flood(&w, fork, 3 * SIDE_MAX / 4, 4, 50, NULL);
    assert_false(here(&w, &honest));
    for (unsigned i = 0; i < 7; i++) {
        const struct yc_node *at = NULL;
        make_block(&w, &block[i], i ? yc_chain_find(w.chain, &block[i - 1].hash) : fork,
                   &(struct make_options){.extra = 3});
        assert_int_equal(yc_chain_submit_block(w.chain, yc_view(block[i].bytes, block[i].n), YC_SUBMIT_REQUESTED, 0,
                                               &at, NULL, &why),
                         YC_VALID);
    }
    world_settle(&w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &block[6].hash));
    world_release(&w);
}

/* What the index holds is what memory holds: a start finds no more, and nothing without its parent. */
static void the_index_forgets_too(void **state)
{
    struct chain_world w;
    (void)state;
    begin(&w);
    grow_many(&w, yc_chain_tip(w.chain), 5, 1);
    flood(&w, yc_chain_at(w.chain, 1), 3 * SIDE_MAX, 2, 100, NULL);
    size_t tips = tip_count(&w);
    expect_within_bound(&w);
    world_crash(&w);
    assert_int_equal(tip_count(&w), tips);
    world_close(&w);
    /* An index with more than the bound, as one of a larger bound has, is looked through at once. */
    w.side_blocks_max = SIDE_MAX / 4;
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    assert_in_range(tip_count(&w), 1, SIDE_MAX / 4 + 1);
    world_release(&w);
}

/* The chain that was left behind, an operator's mark and a branch that ties with the tip stay, however many headers come. */
static void what_matters_stays_C48(void **state)
{
    struct chain_world w;
    (void)state;
    begin(&w);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    const struct yc_node *old = grow_many(&w, fork, 2, 1);
    const struct yc_node *tip = grow_many(&w, fork, 3, 2);
    assert_ptr_equal(yc_chain_tip(w.chain), tip);
    const struct yc_node *marked = header_on(&w, fork, 7), *tie = fork;
    assert_int_equal(yc_chain_invalidate(w.chain, &marked->hash, &err), YC_VALID);
    for (unsigned i = 0; i < 3; i++)
        tie = grow(&w, tie, 3);
    struct yc_block_hash mark = marked->hash;
    flood(&w, yc_chain_at(w.chain, 1), 4 * SIDE_MAX, 1, 100, NULL);
    assert_ptr_equal(yc_chain_find(w.chain, &old->hash), old);
    assert_ptr_equal(yc_chain_find(w.chain, &tie->hash), tie);
    assert_true(here(&w, &mark));
    assert_true(yc_chain_find(w.chain, &mark)->status & YC_BLOCK_FAILED_BY_OPERATOR);
    /* The tie can still win, and the old chain after it. */
    tie = grow(&w, tie, 3);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), tie);
    old = grow_many(&w, old, 3, 1);
    assert_ptr_equal(yc_chain_tip(w.chain), old);
    world_release(&w);
}

/* Blocks with bodies that lead nowhere are bounded as well once the chain has grown beyond them. */
static void branches_with_bodies_go_when_the_chain_has_passed_them(void **state)
{
    struct chain_world w;
    (void)state;
    begin(&w);
    const struct yc_node *tip = yc_chain_tip(w.chain);
    for (unsigned i = 0; i < 6; i++) {
        const struct yc_node *fork = tip;
        for (unsigned branch = 0; branch < SIDE_MAX / 2; branch++)
            (void)grow(&w, fork, 10 + branch);
        tip = grow_many(&w, fork, 2, 1);
        assert_ptr_equal(yc_chain_tip(w.chain), tip);
    }
    expect_within_bound(&w);
    struct yc_block_hash best = tip->hash;
    world_crash(&w);
    expect_within_bound(&w);
    assert_true(here(&w, &best));
    world_release(&w);
}

/* An import holds on to the headers that it has read until it has their bodies. */
static void what_an_import_reads_stays(void **state)
{
    struct chain_world w;
    static struct made block[8];
    static uint8_t file[8 * 512];
    struct yc_writer wr;
    struct yc_import *im = NULL;
    struct yc_file *f = NULL;
    (void)state;
    begin(&w);
    grow_many(&w, yc_chain_tip(w.chain), 12, 1);
    yc_writer_init(&wr, file, sizeof file);
    const struct yc_node *at = yc_chain_at(w.chain, 1);
    for (unsigned i = 0; i < 8; i++) {
        struct yc_header h;
        make_block(&w, &block[i], at, &(struct make_options){.extra = 4});
        yc_header_read(&h, block[i].bytes);
        assert_int_equal(yc_chain_submit_header(w.chain, &h, &at, &why), YC_VALID);
        yc_writer_bytes(&wr, w.config.params->magic, 4);
        yc_writer_u32le(&wr, (uint32_t)block[i].n);
        yc_writer_bytes(&wr, block[i].bytes, block[i].n);
    }
    assert_false(wr.failed);
    const struct yc_fs *fs = &w.fs_fault.fs;
    assert_int_equal(fs->open(fs->ctx, &f, "/import.dat", YC_OPEN_CREATE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, file, wr.n, 0, &err), YC_VALID);
    fs->close(fs->ctx, f);
    assert_int_equal(yc_import_open(&im, w.chain, "/import.dat", &err), YC_VALID);
    assert_int_equal(yc_import_step(im, NULL, &err), YC_STEP_MORE); /* headers */
    /* More branches with more work than theirs than there is room for. */
    flood(&w, yc_chain_at(w.chain, 2), SIDE_MAX, 9, 100, NULL);
    expect_within_bound(&w);
    while (yc_import_step(im, NULL, &err) == YC_STEP_MORE)
        world_settle(&w);
    for (unsigned i = 0; i < 8; i++) {
        const struct yc_node *n = yc_chain_find(w.chain, &block[i].hash);
        assert_non_null(n);
        assert_true(n->status & YC_BLOCK_HAVE_DATA);
    }
    yc_import_close(im);
    world_release(&w);
}

/* Every write of the index fails once while branches are forgotten: what the chain needs is there at the next start (S05). */
static void every_write_of_the_index_fails_once_S05(void **state)
{
    (void)state;
    bool failed = true;
    for (unsigned at = 1; failed; at++) {
        struct chain_world w;
        begin(&w);
        struct yc_block_hash tip = grow_many(&w, yc_chain_tip(w.chain), 4, 1)->hash;
        const struct yc_node *low = yc_chain_at(w.chain, 1);
        w.index_fault.kinds = YC_KV_WRITE;
        w.index_fault.count = 0;
        w.index_fault.fail_at = at;
        enum yc_step s = YC_STEP_DONE;
        for (unsigned i = 0; i < SIDE_MAX + 8 && s != YC_STEP_FAILED; i++) {
            (void)header_on(&w, low, 100 + i);
            while (i % 8 == 7 && (s = yc_chain_step(w.chain, 5000)) == YC_STEP_MORE) {
            }
        }
        failed = s == YC_STEP_FAILED;
        world_crash(&w);
        assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &tip));
        expect_within_bound(&w);
        world_release(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cheap_headers_push_out_each_other_P10),
        cmocka_unit_test(what_was_pushed_out_comes_back_with_more_work_P10),
        cmocka_unit_test(the_index_forgets_too),
        cmocka_unit_test(what_matters_stays_C48),
        cmocka_unit_test(branches_with_bodies_go_when_the_chain_has_passed_them),
        cmocka_unit_test(what_an_import_reads_stays),
        cmocka_unit_test(every_write_of_the_index_fails_once_S05),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
