/* Every allocation, every write and every read of one workload fails once: nothing is marked invalid, nothing that was
 * published is lost, and the next start ends where an undisturbed chain does (catalogue S01, S02, S04, S05, S22). */
#include "fixture.h"

#include "support/heap.h"

static struct yc_reject why;
static struct yc_error err;

#define BLOCKS_MAX 16

/* The blocks of the workload: a chain of four, a branch of six from its second block, made once. */
struct script {
    struct made block[BLOCKS_MAX];
    size_t count;
    struct yc_block_hash tip;
    uint8_t coins32[32];
};

static struct script script;

static const struct yc_node *take(struct chain_world *w, size_t i)
{
    const struct yc_node *n = NULL;
    const struct made *m = &script.block[i];
    if (yc_chain_submit_block(w->chain, yc_view(m->bytes, m->n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why) == YC_VALID)
        return n;
    assert_int_equal(why.code, YC_REJ_NONE); /* nothing but our own failure */
    return NULL;
}

static enum yc_step settle(struct chain_world *w)
{
    enum yc_step s;
    while ((s = yc_chain_step(w->chain, 5000)) == YC_STEP_MORE) {
    }
    return s;
}

/* Where blocks fork, and where coins are flushed. */
#define FIRST_BRANCH 4
#define ALL          10

static void make_script(void)
{
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain), *fork = NULL;
    for (script.count = 0; script.count < ALL; script.count++) {
        if (script.count == FIRST_BRANCH)
            n = fork;
        make_block(&w, &script.block[script.count], n,
                   &(struct make_options){.extra = script.count < FIRST_BRANCH ? 1 : 2});
        n = take(&w, script.count);
        assert_non_null(n);
        world_settle(&w);
        if (script.count == 1)
            fork = n;
    }
    script.tip = yc_chain_tip(w.chain)->hash;
    assert_int_equal(yc_chain_tip(w.chain)->height, 8);
    coins_hash(&w, script.coins32);
    world_release(&w);
}

/* Grow, flush, reorganise, flush. False as soon as the chain has failed. */
static bool run_script(struct chain_world *w)
{
    for (size_t i = 0; i < ALL; i++) {
        if (!take(w, i) || settle(w) != YC_STEP_DONE)
            return false;
        if (i == 2 || i == 7) {
            struct yc_coins_scan scan;
            if (world_scan(w, &scan, &err) != YC_VALID)
                return false;
            yc_coins_scan_close(&scan);
        }
    }
    return true;
}

static void check_nothing_is_bad(struct chain_world *w)
{
    struct yc_chain_tip tips[16];
    size_t count = yc_chain_tips(w->chain, tips, 16);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(tips[i].status, YC_TIP_INVALID);
}

/* The blocks are offered again, as peers would: the chain must end where it should. */
static void check_end(struct chain_world *w)
{
    uint8_t got[32];
    check_nothing_is_bad(w);
    for (size_t i = 0; i < ALL; i++) {
        assert_non_null(take(w, i));
        world_settle(w);
    }
    check_nothing_is_bad(w);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w->chain)->hash, &script.tip));
    coins_hash(w, got);
    assert_memory_equal(got, script.coins32, 32);
}

static void crash_and_check(struct chain_world *w)
{
    struct yc_block_hash tip = yc_chain_tip(w->chain)->hash;
    uint32_t height = yc_chain_tip(w->chain)->height;
    world_crash(w);
    assert_non_null(yc_chain_find(w->chain, &tip));
    assert_true(yc_chain_tip(w->chain)->height >= height);
    check_end(w);
    world_release(w);
}

static const struct workload workload = {world_init, run_script, crash_and_check};

static void every_file_operation_fails_once(void **state)
{
    assert_true(world_fail_each_file_operation(&workload, *(unsigned *)*state) > 10);
}

static void every_store_operation_fails_once(void **state)
{
    assert_true(world_fail_each_store_operation(&workload, *(unsigned *)*state) > 2);
}

/* After a refused request the chain either stops, or goes on as if the block had never come. */
static void every_allocation_fails_once(void **state)
{
    (void)state;
    size_t calls = SIZE_MAX;
    for (size_t at = 1; at <= calls; at++) {
        struct chain_world w;
        struct test_heap heap;
        test_heap_init(&heap);
        world_init(&w, 0);
        world_close(&w);
        w.alloc = &heap.alloc;
        assert_int_equal(world_open(&w, &err), YC_VALID);
        world_settle(&w);
        size_t before = heap.calls;
        bool stopped = false;
        for (size_t i = 0; i < ALL && !stopped; i++) {
            heap.fail_at = calls == SIZE_MAX && at == 1 ? 0 : before + at;
            const struct yc_node *n = take(&w, i);
            stopped = settle(&w) != YC_STEP_DONE;
            if (heap.fail_at && heap.calls >= heap.fail_at) {
                before = SIZE_MAX / 2; /* never again */
                heap.fail_at = 0;
                if (!n && !stopped)
                    stopped = !take(&w, i) || settle(&w) != YC_STEP_DONE;
            }
        }
        if (calls == SIZE_MAX && at == 1) {
            calls = heap.calls - before;
            at = 0;
        }
        w.alloc = NULL;
        struct yc_block_hash tip = yc_chain_tip(w.chain)->hash;
        assert_true(stopped || yc_block_hash_equal(&tip, &script.tip));
        heap.fail_at = 0;
        world_crash(&w);
        assert_int_equal(heap.live_bytes, 0);
        assert_non_null(yc_chain_find(w.chain, &tip));
        check_end(&w);
        world_release(&w);
    }
}

/* A chain that cannot be opened for want of memory, with its crew, its line and its stores half made, is gone without a
 * trace. */
static void every_allocation_of_opening_fails_once(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 2; workers += 2) {
        enum yc_verdict v = YC_SYSTEM;
        size_t refused = 0;
        for (size_t at = 1; v != YC_VALID; at++) {
            struct chain_world w;
            struct test_heap heap;
            test_heap_init(&heap);
            world_init(&w, workers);
            world_close(&w);
            w.alloc = &heap.alloc;
            heap.fail_at = at;
            v = world_open(&w, &err);
            refused += v != YC_VALID;
            if (v != YC_VALID)
                assert_int_equal(err.which, YC_SYSTEM_MEMORY);
            heap.fail_at = 0;
            world_close(&w);
            assert_int_equal(heap.live_bytes, 0);
            w.alloc = NULL;
            world_release(&w);
        }
        assert_true(refused > 10);
    }
}

#define HEADERS 1100 /* past the first slab of the tree */

static void make_headers(struct yc_header *out)
{
    static struct made m;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain);
    for (size_t i = 0; i < HEADERS; i++) {
        make_block(&w, &m, n, &(struct make_options){.extra = 1});
        yc_header_read(&out[i], m.bytes);
        assert_int_equal(yc_chain_submit_header(w.chain, &out[i], &n, &why), YC_VALID);
    }
    world_release(&w);
}

/* A header whose record could not be noted must not be taken for a known one later: those on it would be written without
 * it, and the index would be spoiled. */
static void headers_without_memory_leave_no_gap(void **state)
{
    (void)state;
    static struct yc_header h[HEADERS];
    make_headers(h);
    bool refused = true;
    for (size_t at = 1; refused; at++) {
        struct chain_world w;
        struct test_heap heap;
        test_heap_init(&heap);
        world_init(&w, 0);
        world_close(&w);
        w.alloc = &heap.alloc;
        assert_int_equal(world_open(&w, &err), YC_VALID);
        world_settle(&w);
        heap.fail_at = heap.calls + at;
        refused = false;
        for (size_t i = 0; i < HEADERS; i++) {
            if (yc_chain_submit_header(w.chain, &h[i], NULL, &why) == YC_VALID)
                continue;
            assert_false(refused);
            refused = true;
            heap.fail_at = 0;
            i--; /* once more, now that there is memory */
        }
        heap.fail_at = 0;
        world_settle(&w);
        world_crash(&w);
        assert_int_equal(yc_chain_best_header(w.chain)->height, HEADERS);
        world_release(&w);
    }
}

#define BODIES 150

struct body {
    uint8_t bytes[400];
    size_t n;
};

static void make_bodies(struct body *out)
{
    static struct made m;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain);
    for (size_t i = 0; i < BODIES; i++) {
        make_block(&w, &m, n, &(struct make_options){.extra = 1});
        assert_true(m.n <= sizeof out[i].bytes);
        memcpy(out[i].bytes, m.bytes, m.n);
        out[i].n = m.n;
        struct yc_header h;
        yc_header_read(&h, m.bytes);
        assert_int_equal(yc_chain_submit_header(w.chain, &h, &n, &why), YC_VALID);
    }
    world_release(&w);
}

/* The last body is the first block's: with it all become complete at once. A refused request for memory must not leave
 * bodies that count as known and never connect. */
static void bodies_without_memory_are_not_forgotten(void **state)
{
    (void)state;
    static struct body b[BODIES];
    make_bodies(b);
    bool refused = true;
    for (size_t at = 1; refused; at++) {
        struct chain_world w;
        struct test_heap heap;
        struct yc_header h;
        test_heap_init(&heap);
        world_init(&w, 0);
        world_close(&w);
        w.alloc = &heap.alloc;
        assert_int_equal(world_open(&w, &err), YC_VALID);
        world_settle(&w);
        for (size_t i = 0; i < BODIES; i++) {
            yc_header_read(&h, b[i].bytes);
            assert_int_equal(yc_chain_submit_header(w.chain, &h, NULL, &why), YC_VALID);
            world_settle(&w); /* so that lists are as short as they can be when the bodies come */
        }
        refused = false;
        for (size_t i = BODIES; i > 0; i--) {
            struct yc_view raw = yc_view(b[i - 1].bytes, b[i - 1].n);
            if (i == 1)
                heap.fail_at = heap.calls + at;
            while (!yc_chain_failure(w.chain) &&
                   yc_chain_submit_block(w.chain, raw, YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why) != YC_VALID) {
                assert_false(refused);
                refused = true;
                heap.fail_at = 0;
            }
            if (i > 1)
                world_settle(&w);
        }
        heap.fail_at = 0;
        bool stopped = settle(&w) != YC_STEP_DONE;
        assert_true(stopped || yc_chain_tip(w.chain)->height == BODIES);
        world_crash(&w);
        for (size_t i = 0; i < BODIES; i++)
            assert_int_equal(
                yc_chain_submit_block(w.chain, yc_view(b[i].bytes, b[i].n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why),
                YC_VALID);
        world_settle(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, BODIES);
        world_release(&w);
    }
}

int main(void)
{
    /* With workers the disk is waited for on their threads, and core is somewhere else when it fails. */
    unsigned alone = 0, crew = 2;
    make_script();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_file_operation_fails_once, &alone),
        cmocka_unit_test_prestate(every_file_operation_fails_once, &crew),
        cmocka_unit_test_prestate(every_store_operation_fails_once, &alone),
        cmocka_unit_test_prestate(every_store_operation_fails_once, &crew),
        cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(every_allocation_of_opening_fails_once),
        cmocka_unit_test(headers_without_memory_leave_no_gap),
        cmocka_unit_test(bodies_without_memory_are_not_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
