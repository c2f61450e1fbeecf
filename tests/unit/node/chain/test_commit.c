/* Nothing is told before the disk has answered, and core does not wait for the disk meanwhile (catalogue S01, S05). */
#include "fixture.h"

#include "sys/thread.h"

static struct yc_error err;

/* A disk whose syncs do not return while the gate is shut. The other calls are those of the world's file system. */
static struct {
    struct yc_fs fs;
    const struct yc_fs *inner;
    struct yc_kv coins;
    const struct yc_kv *inner_coins;
    struct yc_mutex mutex;
    struct yc_cond moved;
    bool shut, fails;
    unsigned waiting;
} disk;

/* Wait at the gate; the verdict of whatever waits there. */
static enum yc_verdict pass_gate(struct yc_error *e)
{
    yc_mutex_lock(&disk.mutex);
    disk.waiting++;
    yc_cond_broadcast(&disk.moved);
    while (disk.shut)
        yc_cond_wait(&disk.moved, &disk.mutex);
    disk.waiting--;
    bool fails = disk.fails;
    yc_mutex_unlock(&disk.mutex);
    return fails ? yc_fail(e, YC_SYSTEM, YC_SYSTEM_IO, "the disk is gone") : YC_VALID;
}

static enum yc_verdict gated_sync(void *ctx, struct yc_file *file, struct yc_error *e)
{
    enum yc_verdict v = pass_gate(e);
    return v == YC_VALID ? disk.inner->sync(ctx, file, e) : v;
}

static enum yc_verdict gated_write(void *ctx, const struct yc_kv_batch *b, bool sync, struct yc_error *e)
{
    enum yc_verdict v = pass_gate(e);
    return v == YC_VALID ? disk.inner_coins->write(ctx, b, sync, e) : v;
}

static void open_gate(bool fails)
{
    yc_mutex_lock(&disk.mutex);
    disk.fails = fails;
    disk.shut = false;
    yc_cond_broadcast(&disk.moved);
    yc_mutex_unlock(&disk.mutex);
}

static void shut_gate(void)
{
    yc_mutex_lock(&disk.mutex);
    disk.shut = true;
    yc_mutex_unlock(&disk.mutex);
}

static void step_until_disk_is_asked(struct chain_world *w)
{
    for (bool asked = false; !asked;) {
        assert_int_not_equal(yc_chain_step(w->chain, 5000), YC_STEP_FAILED);
        yc_mutex_lock(&disk.mutex);
        asked = disk.waiting > 0;
        yc_mutex_unlock(&disk.mutex);
    }
}

static void world_on_gated_disk(struct chain_world *w, struct yc_workers **store)
{
    world_init(w, 0);
    world_close(w);
    memset(&disk, 0, sizeof disk);
    yc_mutex_init(&disk.mutex);
    yc_cond_init(&disk.moved);
    disk.inner = &w->fs_fault.fs;
    disk.fs = *disk.inner;
    disk.fs.sync = gated_sync;
    w->fs_over = &disk.fs;
    disk.inner_coins = yc_kv_memory_kv(w->coins);
    disk.coins = *disk.inner_coins;
    disk.coins.write = gated_write;
    yc_kv_fault_init(&w->coins_fault, &disk.coins);
    assert_int_equal(yc_workers_new(store, yc_heap(), "store", 1, &err), YC_VALID);
    w->store_workers = *store;
    assert_int_equal(world_open(w, &err), YC_VALID);
    world_settle(w);
}

static void world_off(struct chain_world *w, struct yc_workers *store)
{
    world_release(w);
    yc_workers_free(store);
    yc_cond_release(&disk.moved);
    yc_mutex_release(&disk.mutex);
}

static void nothing_is_told_before_the_disk_answers(void **state)
{
    (void)state;
    struct chain_world w;
    struct yc_workers *store = NULL;
    world_on_gated_disk(&w, &store);
    const struct yc_node *genesis = yc_chain_tip(w.chain);
    w.told_n = 0;
    w.told[0] = 0;
    shut_gate();
    const struct yc_node *first = grow(&w, genesis, 1);
    step_until_disk_is_asked(&w);
    /* Core is free: it takes another block, connects it, and goes on stepping. */
    const struct yc_node *second = grow(&w, first, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(yc_chain_step(w.chain, 5000), YC_STEP_MORE);
    assert_true(second->status & YC_BLOCK_CONNECTED);
    assert_string_equal(w.told, "");
    assert_ptr_equal(yc_chain_tip(w.chain), genesis);
    assert_false(yc_chain_is_durable(first));
    assert_false(yc_chain_is_durable(second));
    assert_false(yc_chain_at_rest(w.chain));
    assert_false(yc_chain_settled(w.chain));
    open_gate(false);
    world_settle(&w);
    assert_string_equal(w.told, "+t+t");
    assert_ptr_equal(yc_chain_tip(w.chain), second);
    assert_true(yc_chain_is_durable(second));
    assert_true(yc_chain_settled(w.chain));
    world_off(&w, store);
}

/* What was connected while the disk was away is left in order: a branch of more work takes over at once. */
static void the_chain_moves_on_while_the_disk_is_away(void **state)
{
    (void)state;
    struct chain_world w;
    struct yc_workers *store = NULL;
    world_on_gated_disk(&w, &store);
    const struct yc_node *genesis = yc_chain_tip(w.chain);
    shut_gate();
    w.told_n = 0;
    grow(&w, genesis, 1);
    step_until_disk_is_asked(&w);
    const struct yc_node *other = grow(&w, grow(&w, genesis, 2), 2);
    for (int i = 0; i < 20; i++)
        assert_int_equal(yc_chain_step(w.chain, 5000), YC_STEP_MORE);
    assert_ptr_equal(yc_chain_tip(w.chain), genesis);
    open_gate(false);
    world_settle(&w);
    assert_string_equal(w.told, "+t-++tr");
    assert_ptr_equal(yc_chain_tip(w.chain), other);
    world_off(&w, store);
}

static void a_disk_that_fails_stops_the_chain(void **state)
{
    (void)state;
    struct chain_world w;
    struct yc_workers *store = NULL;
    world_on_gated_disk(&w, &store);
    const struct yc_node *genesis = yc_chain_tip(w.chain);
    shut_gate();
    w.told_n = 0;
    w.told[0] = 0;
    const struct yc_node *first = grow(&w, genesis, 1);
    step_until_disk_is_asked(&w);
    open_gate(true);
    enum yc_step s;
    while ((s = yc_chain_step(w.chain, 5000)) == YC_STEP_MORE) {
    }
    assert_int_equal(s, YC_STEP_FAILED);
    assert_string_equal(yc_chain_failure(w.chain)->text, "the disk is gone");
    assert_string_equal(w.told, "");
    assert_ptr_equal(yc_chain_tip(w.chain), genesis);
    assert_false(first->status & YC_BLOCK_FAILED);
    assert_int_equal(yc_chain_close(w.chain, &err), YC_SYSTEM);
    w.chain = NULL;
    world_off(&w, store);
}

/* While the coins are written core takes blocks and headers; they are connected afterwards. */
static void core_is_free_while_coins_are_written(void **state)
{
    (void)state;
    struct chain_world w;
    struct yc_workers *store = NULL;
    struct yc_coins_scan scan;
    world_on_gated_disk(&w, &store);
    const struct yc_node *n = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    w.told_n = 0;
    w.told[0] = 0;
    shut_gate();
    assert_int_equal(yc_chain_coins_scan(w.chain, &scan, &err), YC_NOT_YET);
    step_until_disk_is_asked(&w);
    const struct yc_node *next = grow(&w, n, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(yc_chain_step(w.chain, 5000), YC_STEP_MORE);
    assert_false(yc_chain_at_rest(w.chain));
    assert_int_equal(yc_chain_coins_scan(w.chain, &scan, &err), YC_NOT_YET);
    assert_string_equal(w.told, "");
    open_gate(false);
    world_settle(&w);
    assert_string_equal(w.told, "+t");
    assert_ptr_equal(yc_chain_tip(w.chain), next);
    world_off(&w, store);
}

static void a_flush_that_fails_stops_the_chain(void **state)
{
    (void)state;
    struct chain_world w;
    struct yc_workers *store = NULL;
    struct yc_coins_scan scan;
    world_on_gated_disk(&w, &store);
    grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    shut_gate();
    assert_int_equal(yc_chain_coins_scan(w.chain, &scan, &err), YC_NOT_YET);
    step_until_disk_is_asked(&w);
    open_gate(true);
    enum yc_step s;
    while ((s = yc_chain_step(w.chain, 5000)) == YC_STEP_MORE) {
    }
    assert_int_equal(s, YC_STEP_FAILED);
    assert_int_equal(yc_chain_close(w.chain, &err), YC_SYSTEM);
    w.chain = NULL;
    open_gate(false);
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, 3);
    world_off(&w, store);
}

/* Closing waits for what is on its way: it is durable, though nobody was told. */
static void closing_waits_for_the_disk(void **state)
{
    (void)state;
    struct chain_world w;
    struct yc_workers *store = NULL;
    world_on_gated_disk(&w, &store);
    shut_gate();
    const struct yc_node *first = grow(&w, yc_chain_tip(w.chain), 1);
    struct yc_block_hash hash = first->hash;
    step_until_disk_is_asked(&w);
    open_gate(false);
    world_close(&w);
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &hash));
    world_off(&w, store);
}

/* One thread and a virtual clock: the same, and a power cut in between takes the block back. */
static void a_virtual_disk_takes_its_time(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    world_close(&w);
    w.disk_latency_us = 50000;
    assert_int_equal(world_open(&w, &err), YC_VALID);
    w.mono_us += 1000000;
    while (yc_chain_step(w.chain, 5000) != YC_STEP_DONE || yc_chain_deadline_us(w.chain) != INT64_MAX)
        w.mono_us += 10000;
    const struct yc_node *genesis = yc_chain_tip(w.chain), *first = grow(&w, genesis, 1);
    struct yc_block_hash hash = first->hash;
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), genesis);
    assert_in_range(yc_chain_deadline_us(w.chain), w.mono_us, w.mono_us + 50000);
    w.disk_latency_us = 0;
    world_crash(&w);
    assert_null(yc_chain_find(w.chain, &hash));
    w.disk_latency_us = 50000;
    world_close(&w);
    assert_int_equal(world_open(&w, &err), YC_VALID);
    first = grow(&w, yc_chain_tip(w.chain), 1);
    world_settle(&w);
    w.mono_us = yc_chain_deadline_us(w.chain);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), first);
    assert_true(yc_chain_deadline_us(w.chain) == INT64_MAX);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_told_before_the_disk_answers),
        cmocka_unit_test(the_chain_moves_on_while_the_disk_is_away),
        cmocka_unit_test(a_disk_that_fails_stops_the_chain),
        cmocka_unit_test(core_is_free_while_coins_are_written),
        cmocka_unit_test(a_flush_that_fails_stops_the_chain),
        cmocka_unit_test(closing_waits_for_the_disk),
        cmocka_unit_test(a_virtual_disk_takes_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
