/* Blocks from a file: whatever lies in it and whichever of our own operations fails, nothing good is marked bad and a second
 * import completes the first (catalogue S15, C36). Real processes do the same in tests/functional/loadblock.py. */
#include "fixture.h"

#include "node/chain/import.h"
#include "support/heap.h"

#define BLOCKS 12
#define PATH   "/import.dat"

static struct yc_error err;

struct text {
    uint8_t p[16384];
    size_t n;
};

/* Records of a chain, a branch that loses, junk, children before their parents, a record in what only looks like one. */
struct source {
    struct text file;
    size_t short_n; /* up to here the second block is only inside of what looks like the first */
    struct yc_block_hash tip;
    uint8_t coins32[32];
    uint8_t frame[BLOCKS][400];
    size_t frame_n[BLOCKS];
};

static struct source source;

static void put(const void *p, size_t n)
{
    assert_true(source.file.n + n <= sizeof source.file.p);
    memcpy(source.file.p + source.file.n, p, n);
    source.file.n += n;
}

static void put_record(size_t i)
{
    put(source.frame[i], source.frame_n[i]);
}

static void frame(size_t i, const struct chain_world *w, const struct made *m)
{
    struct yc_writer wr;
    yc_writer_init(&wr, source.frame[i], sizeof source.frame[i]);
    yc_writer_bytes(&wr, w->config.params->magic, 4);
    yc_writer_u32le(&wr, (uint32_t)m->n);
    yc_writer_bytes(&wr, m->bytes, m->n);
    assert_false(wr.failed);
    source.frame_n[i] = wr.n;
}

/* Looks like a record of the first block, but its body is nonsense with the record of another block inside. */
static void put_false_record(size_t inner)
{
    uint8_t head[8 + YC_HEADER_BYTES], filler[20];
    size_t n = YC_HEADER_BYTES + sizeof filler + source.frame_n[inner];
    memcpy(head, source.frame[0], sizeof head);
    head[4] = (uint8_t)n;
    head[5] = (uint8_t)(n >> 8);
    memset(filler, 0xff, sizeof filler);
    put(head, sizeof head);
    put(filler, sizeof filler);
    put_record(inner);
}

static void make_source(void)
{
    static struct made m;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain), *fork = NULL;
    struct yc_reject why;
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i == BLOCKS - 2) /* the last two are a branch */
            n = fork;
        make_block(&w, &m, n, &(struct make_options){.extra = i < BLOCKS - 2 ? 1 : 2});
        frame(i, &w, &m);
        assert_int_equal(yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), YC_SUBMIT_REQUESTED, 0, &n, NULL, &why),
                         YC_VALID);
        world_settle(&w);
        if (i == 4)
            fork = n;
    }
    source.tip = yc_chain_tip(w.chain)->hash;
    coins_hash(&w, source.coins32);
    world_release(&w);
    put("junk", 4);
    put_false_record(1);
    static const size_t order[] = {9, 3, 2, 11, 0, 4, 10, 8, 5, 7, 6, 3};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        put_record(order[i]);
        put(source.frame[1], i % 3 * 5); /* the beginning of a record */
    }
    put(source.frame[5], source.frame_n[5] - 1); /* cut off */
    source.short_n = source.file.n;
    put_record(1);
}

static void begin_with(struct chain_world *w, unsigned workers, const void *file, size_t file_n)
{
    struct yc_file *f;
    const struct yc_fs *fs = &w->fs_fault.fs;
    world_init(w, workers);
    assert_int_equal(fs->open(fs->ctx, &f, PATH, YC_OPEN_CREATE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, file, file_n, 0, &err), YC_VALID);
    assert_int_equal(fs->sync(fs->ctx, f, &err), YC_VALID);
    fs->close(fs->ctx, f);
    assert_int_equal(fs->sync_dir(fs->ctx, "/", &err), YC_VALID);
}

static void begin(struct chain_world *w, unsigned workers, size_t file_n)
{
    begin_with(w, workers, source.file.p, file_n);
}

/* True: the whole file was imported and the chain has settled. */
static bool import(struct chain_world *w, struct yc_import_progress *out)
{
    struct yc_import *im = NULL;
    enum yc_step s, chain = YC_STEP_DONE;
    if (yc_import_open(&im, w->chain, PATH, &err) != YC_VALID)
        return false;
    while ((s = yc_import_step(im, NULL, &err)) == YC_STEP_MORE && chain != YC_STEP_FAILED)
        chain = yc_chain_step(w->chain, 5000);
    if (out)
        *out = yc_import_progress(im);
    yc_import_close(im);
    while (chain != YC_STEP_FAILED && (chain = yc_chain_step(w->chain, 5000)) == YC_STEP_MORE) {
    }
    return s == YC_STEP_DONE && chain == YC_STEP_DONE;
}

static void check_end(struct chain_world *w)
{
    struct yc_chain_tip tips[8];
    uint8_t got[32];
    size_t count = yc_chain_tips(w->chain, tips, 8);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(tips[i].status, YC_TIP_INVALID);
    assert_true(yc_block_hash_equal(&yc_chain_tip(w->chain)->hash, &source.tip));
    coins_hash(w, got);
    assert_memory_equal(got, source.coins32, 32);
}

static void everything_is_found_once(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 2; workers++) {
        struct chain_world w;
        struct yc_import_progress p;
        begin(&w, workers, source.short_n);
        assert_true(import(&w, &p));
        check_end(&w);
        assert_int_equal(p.loaded, BLOCKS);
        assert_int_equal(p.known, 1); /* the one that is there twice */
        assert_int_equal(p.refused, 0);
        assert_int_equal(p.waiting, 0);
        assert_true(p.skipped_bytes > source.frame_n[5]);
        assert_true(import(&w, &p));
        assert_int_equal(p.loaded, 0);
        assert_true(p.known >= BLOCKS + 1); /* and the false record, whose header is that of a known block */
        check_end(&w);
        world_release(&w);
    }
}

static void every_file_operation_fails_once(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 2; workers += 2) {
        bool failed = true;
        for (unsigned at = 1; failed; at++) {
            struct chain_world w;
            begin(&w, workers, source.file.n);
            w.fs_fault.kinds = YC_FS_ALL;
            w.fs_fault.count = 0;
            w.fs_fault.fail_at = at;
            w.fs_fault.which = at % 2 ? YC_SYSTEM_IO : YC_SYSTEM_FULL;
            failed = !import(&w, NULL);
            world_crash(&w);
            assert_true(import(&w, NULL));
            check_end(&w);
            world_release(&w);
        }
    }
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    bool refused = true;
    for (size_t at = 1; refused; at++) {
        struct chain_world w;
        struct test_heap heap;
        test_heap_init(&heap);
        begin(&w, 0, source.file.n);
        world_close(&w);
        w.alloc = &heap.alloc;
        assert_int_equal(world_open(&w, &err), YC_VALID);
        world_settle(&w);
        heap.fail_at = heap.calls + at;
        (void)import(&w, NULL);
        refused = heap.calls >= heap.fail_at;
        heap.fail_at = 0;
        w.alloc = NULL;
        world_crash(&w);
        assert_int_equal(heap.live_bytes, 0);
        assert_true(import(&w, NULL));
        check_end(&w);
        world_release(&w);
    }
}

#define MANY             700
#define SYNCS_A_COMMIT   4
#define BODIES_AT_A_TIME 100 /* at least; the import holds four times as many */

/* A commit is made when no body is left to connect. Blocks of a few kilobytes are held by the hundred, or an import of them
 * would wait for the disk each time that a few were connected. */
static void small_blocks_are_taken_by_the_hundred(void **state)
{
    (void)state;
    static uint8_t file[MANY * 400];
    static struct made m;
    struct chain_world w;
    size_t n = 0;
    world_init(&w, 0);
    const struct yc_node *node = yc_chain_tip(w.chain);
    for (size_t i = 0; i < MANY; i++) {
        struct yc_reject why;
        make_block(&w, &m, node, &(struct make_options){.extra = 1});
        assert_int_equal(
            yc_chain_submit_block(w.chain, yc_view(m.bytes, m.n), YC_SUBMIT_REQUESTED, 0, &node, NULL, &why), YC_VALID);
        frame(0, &w, &m);
        assert_true(n + source.frame_n[0] <= sizeof file);
        memcpy(file + n, source.frame[0], source.frame_n[0]);
        n += source.frame_n[0];
        if (i % 16 == 0)
            world_settle(&w);
    }
    world_release(&w);
    for (unsigned workers = 0; workers <= 2; workers++) {
        struct yc_import_progress p = {0};
        begin_with(&w, workers, file, n);
        w.fs_fault.kinds = YC_FS_SYNC;
        w.fs_fault.count = 0;
        assert_true(import(&w, &p));
        assert_int_equal(p.loaded, MANY);
        assert_int_equal(yc_chain_tip(w.chain)->height, MANY);
        assert_true(yc_block_hash_equal(&yc_chain_tip(w.chain)->hash, &m.hash));
        if (workers == 0) /* with threads it depends on them */
            assert_in_range(w.fs_fault.count, 1, MANY / BODIES_AT_A_TIME * SYNCS_A_COMMIT);
        world_release(&w);
    }
}

int main(void)
{
    make_source();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_found_once),
        cmocka_unit_test(every_file_operation_fails_once),
        cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(small_blocks_are_taken_by_the_hundred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
