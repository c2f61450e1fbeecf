/* Pruning removes whole files of blocks that nobody needs, survives a fault and a crash at any write, and leaves what any
 * reorganisation of 288 blocks needs; one that would need more is not begun (catalogue S01, S02, S05, S20, C49). */
#include "fixture.h"

#include <stdio.h>

#define KEPT       288
#define FILE_BYTES 16384 /* some 60 blocks */

static struct yc_error err;
static struct yc_reject why;

static void reopen(struct chain_world *w)
{
    world_close(w);
    if (world_open(w, &err) != YC_VALID)
        fail_msg("%s", err.text);
    world_settle(w);
}

/* A chain of this height in small files, prunable by hand. */
static const struct yc_node *init(struct chain_world *w, uint32_t height)
{
    world_init(w, 0);
    w->block_file_bytes_max = FILE_BYTES;
    w->prune_target_bytes = YC_PRUNE_MANUALLY;
    reopen(w);
    return grow_many(w, yc_chain_tip(w->chain), height, 1);
}

static void prune(struct chain_world *w, uint32_t height)
{
    yc_chain_prune(w->chain, height);
    assert_true(yc_chain_pruning(w->chain));
    world_settle(w);
    assert_false(yc_chain_pruning(w->chain));
}

static bool is_here(struct chain_world *w, const struct yc_node *n)
{
    struct yc_view raw;
    enum yc_verdict v = yc_chain_read_block(w->chain, n, yc_heap(), &raw, &err);
    assert_true(v == YC_VALID || v == YC_NOT_YET);
    if (v == YC_VALID)
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
    return v == YC_VALID;
}

static bool file_exists(struct chain_world *w, const char *kind, unsigned number)
{
    char path[64];
    const struct yc_fs *fs = yc_fs_memory_fs(w->fs);
    snprintf(path, sizeof path, "/data/blocks/%s%05u.dat", kind, number);
    return fs->exists(fs->ctx, path, &err) == YC_VALID;
}

/* What the index says is here can be read, with its undo data; the rest is gone, and so are its files. */
static void check(struct chain_world *w)
{
    const struct yc_node *tip = yc_chain_tip(w->chain);
    int64_t pruned = yc_chain_pruned_height(w->chain);
    uint32_t lowest_file = UINT32_MAX;
    for (const struct yc_node *n = tip; n; n = n->parent) {
        struct yc_arena arena;
        struct yc_spent_coins spent;
        yc_arena_init(&arena, yc_heap(), 1024, SIZE_MAX);
        assert_int_equal(is_here(w, n), (int64_t)n->height > pruned);
        assert_int_equal(yc_chain_read_spent(w->chain, n, &arena, &spent, &err),
                         (int64_t)n->height > pruned || !n->parent ? YC_VALID : YC_NOT_YET);
        if ((int64_t)n->height > pruned && n->stored->data.file < lowest_file)
            lowest_file = n->stored->data.file;
        yc_arena_release(&arena);
    }
    for (uint32_t i = 0; i < lowest_file; i++) {
        assert_false(file_exists(w, "blk", i));
        assert_false(file_exists(w, "rev", i));
    }
    assert_true((int64_t)tip->height - pruned >= KEPT);
}

static void whole_files_go(void **state)
{
    (void)state;
    static struct chain_world w;
    uint8_t before[32], after[32];
    const struct yc_node *tip = init(&w, 700);
    coins_hash(&w, before);
    int64_t bytes = yc_chain_disk_bytes(w.chain);
    assert_int_equal(yc_chain_pruned_height(w.chain), -1);
    prune(&w, 20); /* less than a file */
    assert_int_equal(yc_chain_pruned_height(w.chain), -1);
    prune(&w, 300);
    int64_t pruned = yc_chain_pruned_height(w.chain);
    assert_true(pruned > 200 && pruned <= 300);
    assert_true(yc_chain_disk_bytes(w.chain) < bytes * 3 / 4);
    check(&w);
    assert_true(yc_node_ancestor(tip, 10)->status & YC_BLOCK_PRUNED);
    reopen(&w);
    assert_int_equal(yc_chain_pruned_height(w.chain), pruned);
    check(&w);
    prune(&w, 700);
    assert_true(yc_chain_pruned_height(w.chain) > 300 && yc_chain_pruned_height(w.chain) <= 700 - KEPT);
    check(&w);
    world_crash(&w);
    check(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, 700);
    coins_hash(&w, after);
    assert_memory_equal(before, after, 32);
    grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    world_release(&w);
}

static void a_short_chain_is_left_alone(void **state)
{
    (void)state;
    static struct chain_world w;
    init(&w, KEPT);
    prune(&w, KEPT);
    assert_int_equal(yc_chain_pruned_height(w.chain), -1);
    world_release(&w);
}

/* The largest reorganisation that is allowed for, after everything went that may go. */
static void what_is_left_can_be_undone(void **state)
{
    (void)state;
    static struct chain_world w;
    const struct yc_node *tip = init(&w, 500);
    prune(&w, 500);
    const struct yc_node *fork = yc_node_ancestor(tip, 500 - KEPT), *n = fork;
    for (unsigned i = 0; i <= KEPT; i++)
        n = grow(&w, n, 2);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), n);
    assert_int_equal(w.reorg_depth, KEPT);
    world_release(&w);
}

/* S20, C49: a branch that leaves the chain where nothing can be undone any more is kept, told of, and not followed. */
static void a_deeper_branch_is_not_followed(void **state)
{
    (void)state;
    static struct chain_world w;
    const struct yc_node *tip = init(&w, 500), *n = yc_node_ancestor(tip, 5);
    prune(&w, 500);
    for (unsigned i = 0; i < 500; i++)
        n = grow(&w, n, 2);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), tip);
    assert_true(n->height > tip->height);
    reopen(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, 500);
    grow_many(&w, yc_chain_tip(w.chain), 30, 1);
    assert_int_equal(yc_chain_tip(w.chain)->height, 530);
    world_release(&w);
}

/* A branch whose lower blocks were pruned with the files they lay in is followed once they are here again. */
static void a_branch_without_its_data_waits_for_it(void **state)
{
    (void)state;
    static struct chain_world w;
    static struct made stale[3];
    const struct yc_node *tip = init(&w, 150), *fork = tip, *n = NULL;
    for (int i = 0; i < 3; i++) {
        make_block(&w, &stale[i], i ? n : fork, &(struct make_options){.extra = 2});
        assert_int_equal(
            yc_chain_submit_block(w.chain, yc_view(stale[i].bytes, stale[i].n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
            YC_VALID);
    }
    tip = grow_many(&w, fork, 10, 1);
    world_settle(&w);
    tip = grow_many(&w, tip, KEPT + 100, 1);
    prune(&w, 300);
    assert_true(n->status & YC_BLOCK_PRUNED);
    assert_false(is_here(&w, n));
    check(&w);
    reopen(&w);
    n = yc_chain_find(w.chain, &stale[2].hash);
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            yc_chain_submit_block(w.chain, yc_view(stale[i].bytes, stale[i].n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
            YC_VALID);
    world_settle(&w);
    assert_true(is_here(&w, n));
    assert_false(n->status & YC_BLOCK_PRUNED);
    world_release(&w);
}

/* The operator takes the chain back to where a branch begins whose data was pruned with the file below: that branch has
 * most work now, but it can no more be followed than at any other place, even when its body happens to be in memory. */
static void pass_over_branch_at_its_fork(bool in_memory)
{
    static struct chain_world w;
    static struct made body;
    const struct yc_node *fork = init(&w, 100), *stale, *kept;
    for (;; fork = stale) {
        make_block(&w, &body, fork, &(struct make_options){.extra = 2});
        stale = grow(&w, fork, 2);
        if (!in_memory)
            world_settle(&w); /* it is connected, and its body is not needed any more */
        kept = grow(&w, fork, 3);
        if (stale->stored->data.file < kept->stored->data.file)
            break;
    }
    grow_many(&w, kept, KEPT + 20, 1);
    prune(&w, stale->height);
    assert_true(stale->status & YC_BLOCK_PRUNED && kept->status & YC_BLOCK_HAVE_DATA);
    assert_int_equal(yc_chain_invalidate(w.chain, &kept->hash, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), fork);
    reopen(&w);
    assert_true(yc_chain_settled(w.chain));
    assert_int_equal(
        yc_chain_submit_block(w.chain, yc_view(body.bytes, body.n), YC_SUBMIT_REQUESTED, 0, &stale, NULL, &why),
        YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), stale);
    world_release(&w);
}

static void a_branch_without_its_data_is_passed_over_at_its_fork(void **state)
{
    (void)state;
    pass_over_branch_at_its_fork(false);
    pass_over_branch_at_its_fork(true);
}

/* A branch of several blocks whose data was pruned is followed once all of them have come again, in whatever order. */
static void a_pruned_branch_is_followed_when_all_of_it_is_back(void **state)
{
    enum { STALE = 4 };
    (void)state;
    static struct chain_world w;
    static struct made body[STALE];
    const struct yc_node *fork = init(&w, 100), *stale, *kept;
    for (;; fork = stale) {
        stale = fork;
        for (unsigned i = 0; i < STALE; i++) {
            make_block(&w, &body[i], stale, &(struct make_options){.extra = 2});
            stale = grow_many(&w, stale, 1, 2);
        }
        kept = grow(&w, fork, 3);
        if (stale->stored->data.file < kept->stored->data.file)
            break;
    }
    grow_many(&w, kept, KEPT + 20, 1);
    prune(&w, stale->height);
    assert_true(stale->status & YC_BLOCK_PRUNED && kept->status & YC_BLOCK_HAVE_DATA);
    assert_int_equal(yc_chain_invalidate(w.chain, &kept->hash, &err), YC_VALID);
    world_settle(&w);
    for (unsigned i = STALE; i-- > 0;) {
        assert_ptr_equal(yc_chain_tip(w.chain), fork);
        assert_int_equal(
            yc_chain_submit_block(w.chain, yc_view(body[i].bytes, body[i].n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why),
            YC_VALID);
        world_settle(&w);
    }
    assert_ptr_equal(yc_chain_tip(w.chain), stale);
    world_release(&w);
}

/* A branch of many easy blocks reaches higher than the chain that it is to replace long before it has as much work. Nothing
 * is pruned on the way: should it fail at its end, the chain must find back (catalogue C48, C49, S20). */
static void nothing_goes_in_the_middle_of_a_reorganisation_C48_C49_S20(void **state)
{
    static struct chain_world w;
    static struct made b;
    struct yc_chain_params params = *yc_chain_builtin("regtest");
    (void)state;
    params.pow.retarget = YC_RETARGET_ASERT;
    params.pow.half_life_s = 3600;
    world_init(&w, 0);
    w.block_file_bytes_max = FILE_BYTES;
    w.prune_target_bytes = YC_PRUNE_MANUALLY;
    w.params = &params;
    reopen(&w);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 5, 1);
    const struct yc_node *old = grow_many(&w, fork, 40, 1), *n = fork; /* one a second: they get ever harder */
    /* The first with which it would have as much work breaks a rule; another one stands on that. */
    for (unsigned i = 0, above = 0; above < 2; i++) {
        struct yc_u256 total = yc_u256_add(yc_node_work(n), yc_work_of_bits(params.genesis.bits));
        bool bad = i > 0 && yc_u256_compare(total, yc_node_work(old)) >= 0 && above++ == 0;
        make_block(&w, &b, n, &(struct make_options){.extra = 2, .step_s = i ? 601 : 30000, .claim_sat = bad});
        assert_int_equal(yc_chain_submit_block(w.chain, yc_view(b.bytes, b.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
                         YC_VALID);
    }
    assert_true(n->height > old->height + KEPT + 60);
    assert_ptr_equal(yc_chain_tip(w.chain), old);
    for (unsigned i = 0; yc_chain_step(w.chain, 1) == YC_STEP_MORE; i++) {
        if (i % 50 == 0 && !yc_chain_at_rest(w.chain))
            yc_chain_prune(w.chain, UINT32_MAX - 1);
    }
    world_settle(&w);
    assert_non_null(strchr(w.told, '-'));
    assert_non_null(strchr(w.told, 'x'));
    assert_ptr_equal(yc_chain_tip(w.chain), old);
    assert_int_equal(yc_chain_pruned_height(w.chain), -1);
    world_release(&w);
}

/* A lost chainstate cannot be built anew from what is left. */
static void coins_that_are_gone_are_told_of(void **state)
{
    (void)state;
    static struct chain_world w;
    init(&w, 500);
    prune(&w, 500);
    assert_true(yc_chain_pruned_height(w.chain) > 0);
    world_close(&w);
    yc_kv_memory_free(w.coins);
    assert_int_equal(yc_kv_memory_new(&w.coins, yc_heap(), "coins", &err), YC_VALID);
    yc_kv_fault_init(&w.coins_fault, yc_kv_memory_kv(w.coins));
    assert_int_equal(world_open(&w, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
    assert_non_null(strstr(err.text, "-reindex,"));
    world_release(&w);
}

static uint32_t needed(void *ctx, const char **name)
{
    *name = "test";
    return *(const uint32_t *)ctx;
}

static void a_lock_keeps_files(void **state)
{
    (void)state;
    static struct chain_world w;
    uint32_t from = 250;
    init(&w, 700);
    yc_chain_set_prune_lock(w.chain, (struct yc_prune_lock){needed, &from});
    prune(&w, 400);
    int64_t pruned = yc_chain_pruned_height(w.chain);
    assert_true(pruned > 150 && pruned < 240);
    from = UINT32_MAX;
    prune(&w, 400);
    assert_true(yc_chain_pruned_height(w.chain) > 300);
    world_release(&w);
}

static void what_was_pruned_cannot_be_invalidated(void **state)
{
    (void)state;
    static struct chain_world w;
    const struct yc_node *tip = init(&w, 500);
    prune(&w, 500);
    assert_int_equal(yc_chain_invalidate(w.chain, &yc_node_ancestor(tip, 7)->hash, &err), YC_POLICY);
    assert_non_null(strstr(err.text, "was pruned"));
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), tip);
    assert_int_equal(yc_chain_invalidate(w.chain, &yc_node_ancestor(tip, 400)->hash, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, 399);
    world_release(&w);
}

static void there_is_no_way_back_but_reindex(void **state)
{
    (void)state;
    static struct chain_world w;
    init(&w, 500);
    prune(&w, 300);
    world_close(&w);
    w.prune_target_bytes = 0;
    assert_int_equal(world_open(&w, &err), YC_INVALID);
    assert_string_equal(err.text,
                        "You need to rebuild the database using -reindex to go back to unpruned mode.  This will "
                        "redownload the entire blockchain");
    w.prune_target_bytes = YC_PRUNE_MANUALLY;
    reopen(&w);
    check(&w);
    world_release(&w);
}

/* Without a word from anybody, once the chain is long enough and the files hold too much. */
static void files_go_by_themselves(void **state)
{
    (void)state;
    static struct chain_world w;
    const struct yc_node *tip = init(&w, 900);
    w.prune_target_bytes = 1;
    reopen(&w);
    assert_int_equal(yc_chain_pruned_height(w.chain), -1);
    tip = grow_many(&w, yc_chain_tip(w.chain), 200, 1);
    assert_true(yc_chain_pruned_height(w.chain) > (int64_t)tip->height - KEPT - 200);
    check(&w);
    world_release(&w);
}

/* ---- faults ---- */

static const struct yc_node *try(struct chain_world *w)
{
    yc_chain_prune(w->chain, 300);
    enum yc_step s;
    while ((s = yc_chain_step(w->chain, 5000)) == YC_STEP_MORE) {
    }
    return s == YC_STEP_DONE ? yc_chain_tip(w->chain) : NULL;
}

static void crash_and_check(struct chain_world *w)
{
    world_crash(w);
    assert_int_equal(yc_chain_tip(w->chain)->height, 500);
    check(w);
    prune(w, 300);
    assert_true(yc_chain_pruned_height(w->chain) > 100);
    check(w);
    world_release(w);
}

static void begin_long(struct chain_world *w, unsigned workers)
{
    (void)workers;
    (void)init(w, 500);
}

static bool run(struct chain_world *w)
{
    return try(w);
}

static const struct workload workload = {begin_long, run, crash_and_check};

static void every_file_operation_fails_once(void **state)
{
    (void)state;
    assert_true(world_fail_each_file_operation(&workload, 0) > 5);
}

static void every_store_operation_fails_once(void **state)
{
    (void)state;
    assert_true(world_fail_each_store_operation(&workload, 0) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files_go),
        cmocka_unit_test(a_short_chain_is_left_alone),
        cmocka_unit_test(what_is_left_can_be_undone),
        cmocka_unit_test(a_deeper_branch_is_not_followed),
        cmocka_unit_test(a_branch_without_its_data_waits_for_it),
        cmocka_unit_test(a_branch_without_its_data_is_passed_over_at_its_fork),
        cmocka_unit_test(a_pruned_branch_is_followed_when_all_of_it_is_back),
        cmocka_unit_test(nothing_goes_in_the_middle_of_a_reorganisation_C48_C49_S20),
        cmocka_unit_test(coins_that_are_gone_are_told_of),
        cmocka_unit_test(a_lock_keeps_files),
        cmocka_unit_test(what_was_pruned_cannot_be_invalidated),
        cmocka_unit_test(there_is_no_way_back_but_reindex),
        cmocka_unit_test(files_go_by_themselves),
        cmocka_unit_test(every_file_operation_fails_once),
        cmocka_unit_test(every_store_operation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
