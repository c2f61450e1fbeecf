/* The index built anew from the block files: whole or hostile ones, killed at every step, with every operation failing
 * once (catalogue S14, S15, S18). */
#include "fixture.h"

#include <stdio.h>

static struct yc_reject why;
static struct yc_error err;

#define BLK0 "/data/blocks/blk00000.dat"

/* A chain of 20 with a branch, some bodies out of order; what it should be again afterwards. */
struct wanted {
    struct yc_block_hash tip;
    uint8_t coins32[32];
    size_t tips;
};

static void make_chain(struct chain_world *w, struct wanted *wanted)
{
    static struct made m[6];
    const struct yc_node *n = grow_many(w, yc_chain_tip(w->chain), 14, 1);
    grow_many(w, yc_node_ancestor(n, 10), 2, 2);
    for (int i = 0; i < 6; i++) {
        struct yc_header h;
        make_block(w, &m[i], n, &(struct make_options){.extra = 1});
        yc_header_read(&h, m[i].bytes);
        assert_int_equal(yc_chain_submit_header(w->chain, &h, &n, &why), YC_VALID);
    }
    for (int i = 5; i >= 0; i--)
        assert_int_equal(
            yc_chain_submit_block(w->chain, yc_view(m[i].bytes, m[i].n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why),
            YC_VALID);
    world_settle(w);
    wanted->tip = yc_chain_tip(w->chain)->hash;
    wanted->tips = yc_chain_tips(w->chain, NULL, 0);
    coins_hash(w, wanted->coins32);
    assert_int_equal(yc_chain_tip(w->chain)->height, 20);
}

/* What -reindex does to the stores. */
static void empty_stores(struct chain_world *w)
{
    yc_kv_memory_free(w->index);
    yc_kv_memory_free(w->coins);
    assert_int_equal(yc_kv_memory_new(&w->index, yc_heap(), "index", &err), YC_VALID);
    assert_int_equal(yc_kv_memory_new(&w->coins, yc_heap(), "coins", &err), YC_VALID);
    yc_kv_fault_init(&w->index_fault, yc_kv_memory_kv(w->index));
    yc_kv_fault_init(&w->coins_fault, yc_kv_memory_kv(w->coins));
}

static void check(struct chain_world *w, const struct wanted *wanted)
{
    uint8_t got[32];
    assert_true(yc_block_hash_equal(&yc_chain_tip(w->chain)->hash, &wanted->tip));
    assert_int_equal(yc_chain_tips(w->chain, NULL, 0), wanted->tips);
    coins_hash(w, got);
    assert_memory_equal(got, wanted->coins32, 32);
}

/* S14: without the option it goes on, at whatever step it was killed. */
static void a_killed_scan_goes_on(void **state)
{
    (void)state;
    bool whole = false;
    for (unsigned steps = 0; !whole; steps++) {
        for (int clean = 0; clean < 2; clean++) {
            struct chain_world w;
            struct wanted wanted;
            struct yc_progress p = {.done = -1};
            world_init(&w, 0);
            make_chain(&w, &wanted);
            world_close(&w);
            empty_stores(&w);
            w.reindex = true;
            assert_int_equal(world_open(&w, &err), YC_VALID);
            w.reindex = false;
            double before = 0;
            for (unsigned i = 0; i < steps && yc_chain_reindexing(w.chain, &p); i++) {
                assert_true(p.done >= before && p.done <= 1);
                before = p.done;
                assert_true(yc_chain_loading(w.chain, NULL, NULL));
                assert_false(yc_chain_at_rest(w.chain));
                assert_int_not_equal(yc_chain_step(w.chain, 1), YC_STEP_FAILED);
                w.mono_us += i % 3 ? 0 : 3000000; /* now and then it is made durable */
            }
            whole = !yc_chain_reindexing(w.chain, &p);
            if (clean) {
                world_close(&w);
                assert_int_equal(world_open(&w, &err), YC_VALID);
                world_settle(&w);
            } else {
                world_crash(&w);
            }
            check(&w, &wanted);
            bool on = true;
            struct yc_block_index x = {w.config.index_kv, yc_heap()};
            assert_int_equal(yc_block_index_flag(&x, "reindex", &on, &err), YC_VALID);
            assert_false(on);
            world_release(&w);
        }
    }
}

/* What a start finds that was cut off is not read again but for its header. */
static void what_is_known_is_passed_over(void **state)
{
    (void)state;
    struct chain_world w;
    struct wanted wanted;
    struct yc_progress p;
    world_init(&w, 0);
    make_chain(&w, &wanted);
    world_close(&w);
    empty_stores(&w);
    w.reindex = true;
    assert_int_equal(world_open(&w, &err), YC_VALID);
    w.reindex = false;
    while (yc_chain_reindexing(w.chain, &p) && p.done < 0.9)
        assert_int_not_equal(yc_chain_step(w.chain, 1), YC_STEP_FAILED);
    world_close(&w); /* as SIGTERM ends it */
    assert_int_equal(world_open(&w, &err), YC_VALID);
    assert_true(yc_chain_reindexing(w.chain, &p));
    assert_true(yc_chain_best_header(w.chain)->height > 5);
    w.fs_fault.kinds = YC_FS_READ;
    w.fs_fault.count = 0;
    while (yc_chain_reindexing(w.chain, &p))
        assert_int_not_equal(yc_chain_step(w.chain, 1), YC_STEP_FAILED);
    /* One read for each of 23 blocks, and one more for each that was not known; those that waited are read once more. */
    assert_in_range(w.fs_fault.count, 23, 40);
    world_settle(&w);
    check(&w, &wanted);
    world_release(&w);
}

static void every_operation_of_a_scan_fails_once(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        bool failed = true;
        for (unsigned at = 1; failed; at++) {
            struct chain_world w;
            struct wanted wanted;
            world_init(&w, 0);
            make_chain(&w, &wanted);
            world_close(&w);
            empty_stores(&w);
            struct yc_kv_fault *kv = what == 1 ? &w.index_fault : &w.coins_fault;
            if (what == 0) {
                w.fs_fault.kinds = YC_FS_ALL;
                w.fs_fault.count = 0;
                w.fs_fault.fail_at = at;
                w.fs_fault.which = YC_SYSTEM_IO;
            } else {
                kv->kinds = YC_KV_ALL;
                kv->count = 0;
                kv->fail_at = at;
                kv->which = YC_SYSTEM_IO;
            }
            w.reindex = true;
            failed = world_open(&w, &err) != YC_VALID;
            w.reindex = false;
            enum yc_step s = YC_STEP_MORE;
            while (!failed && (s = yc_chain_step(w.chain, 1)) == YC_STEP_MORE)
                w.mono_us += 500000;
            if (!failed) {
                failed = s == YC_STEP_FAILED;
                world_crash(&w);
            } else {
                yc_fs_fault_init(&w.fs_fault, yc_fs_memory_fs(w.fs));
                yc_kv_fault_init(&w.index_fault, yc_kv_memory_kv(w.index));
                yc_kv_fault_init(&w.coins_fault, yc_kv_memory_kv(w.coins));
                assert_int_equal(world_open(&w, &err), YC_VALID);
                world_settle(&w);
            }
            check(&w, &wanted);
            world_release(&w);
        }
    }
}

static size_t read_all(struct chain_world *w, const char *path, uint8_t *out, size_t room)
{
    const struct yc_fs *fs = yc_fs_memory_fs(w->fs);
    struct yc_file *f;
    size_t got;
    assert_int_equal(fs->open(fs->ctx, &f, path, YC_OPEN_READ, &err), YC_VALID);
    assert_int_equal(fs->pread(fs->ctx, f, out, room, 0, &got, &err), YC_VALID);
    fs->close(fs->ctx, f);
    return got;
}

static void write_all(struct chain_world *w, const char *path, const uint8_t *p, size_t n)
{
    const struct yc_fs *fs = yc_fs_memory_fs(w->fs);
    struct yc_file *f;
    assert_int_equal(fs->open(fs->ctx, &f, path, YC_OPEN_CREATE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, p, n, 0, &err), YC_VALID);
    assert_int_equal(fs->sync(fs->ctx, f, &err), YC_VALID);
    fs->close(fs->ctx, f);
}

static void reindex(struct chain_world *w)
{
    empty_stores(w);
    w->reindex = true;
    if (world_open(w, &err) != YC_VALID)
        fail_msg("%s", err.text);
    w->reindex = false;
    world_settle(w);
}

/* S15: frames that lie, a record inside a false one, every block twice, another network's blocks, a torn end. */
static void hostile_files_cost_nothing_but_themselves(void **state)
{
    (void)state;
    static uint8_t was[40000], now[120000];
    struct chain_world w;
    struct wanted wanted;
    world_init(&w, 0);
    make_chain(&w, &wanted);
    world_close(&w);
    size_t n = read_all(&w, BLK0, was, sizeof was), at = 0;
    const uint8_t *magic = yc_chain_builtin("regtest")->magic;
    /* A frame with the right magic that swallows the first two blocks, if it is believed. */
    memcpy(now, magic, 4);
    yc_put32le(now + 4, 700);
    at = 8;
    for (int twice = 0; twice < 2; twice++) {
        memcpy(now + at, was, n);
        at += n;
        memset(now + at, 0xfa, 77);
        at += 77;
    }
    /* The same blocks under another network's magic. */
    memcpy(now + at, was, n);
    for (size_t i = at; i + 4 < at + n; i++)
        if (!memcmp(now + i, magic, 4))
            now[i] ^= 0x55;
    at += n;
    /* A block whose transactions were changed, and one of which the end is missing. */
    memcpy(now + at, was, 8);
    uint32_t first = 8 + yc_get32le(was + 4), second = first + 8 + yc_get32le(was + first + 4);
    memcpy(now + at, was + first, second - first);
    now[at + second - first - 5] ^= 1;
    at += second - first;
    memcpy(now + at, was + first, second - first - 20);
    at += second - first - 20;
    assert_true(at < sizeof now);
    write_all(&w, BLK0, now, at);
    reindex(&w);
    check(&w, &wanted);
    world_crash(&w);
    check(&w, &wanted);
    world_release(&w);
}

/* S18: with a file gone, what hangs together from genesis is the chain, and nothing is marked for it. */
static void files_are_found_though_a_number_is_missing(void **state)
{
    (void)state;
    static uint8_t was[40000];
    struct chain_world w;
    struct wanted wanted;
    world_init(&w, 0);
    make_chain(&w, &wanted);
    world_close(&w);
    size_t n = read_all(&w, BLK0, was, sizeof was), at[32], count = 0;
    for (size_t i = 0; i < n; i += 8 + yc_get32le(was + i + 4))
        at[count++] = i;
    assert_int_equal(count, 23);
    /* In three files with a gap between the numbers; of them, first all, then all but the second. */
    for (int without = 0; without < 2; without++) {
        write_all(&w, BLK0, was, at[8]);
        write_all(&w, "/data/blocks/blk00001.dat", was + at[8], without ? 0 : at[12] - at[8]);
        write_all(&w, "/data/blocks/blk00005.dat", was + at[12], n - at[12]);
        reindex(&w);
        if (without) {
            assert_int_equal(yc_chain_tip(w.chain)->height, 7);
            assert_int_equal(yc_chain_tips(w.chain, NULL, 0), 1);
            /* They come again from elsewhere, and with them what stands on them: parents have to come first. */
            for (size_t round = 0; round < count; round++)
                for (size_t i = 8; i < count; i++)
                    yc_ignore(yc_chain_submit_block(w.chain, yc_view(was + at[i] + 8, yc_get32le(was + at[i] + 4)),
                                                    YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why));
            world_settle(&w);
        }
        check(&w, &wanted);
        world_close(&w);
    }
    reindex(&w);
    check(&w, &wanted);
    world_release(&w);
}

/* S18: the file's first sector is damaged. A scan goes on all the same, buries nothing, and when the first blocks have come
 * again, another finds what stands on them. */
static void a_damaged_beginning_is_passed_over(void **state)
{
    (void)state;
    static uint8_t was[40000], now[40000];
    for (int damage = 0; damage < 2; damage++) {
        struct chain_world w;
        struct wanted wanted;
        world_init(&w, 0);
        make_chain(&w, &wanted);
        world_close(&w);
        size_t n = read_all(&w, BLK0, was, sizeof was);
        size_t first = 8 + yc_get32le(was + 4), second = first + 8 + yc_get32le(was + first + 4);
        memcpy(now, was, n);
        /* The genesis block and the next one whole, or with the first frame left. */
        size_t from = damage ? 0 : 150;
        memset(now + from, 0x31, second - from);
        write_all(&w, BLK0, now, n);
        reindex(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, 0);
        assert_int_equal(yc_chain_submit_block(w.chain, yc_view(was + first + 8, second - first - 8),
                                               YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why),
                         YC_VALID);
        world_settle(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, 1);
        world_close(&w);
        assert_true(read_all(&w, BLK0, was, sizeof was) > n);
        assert_memory_equal(was, now, n);
        reindex(&w);
        check(&w, &wanted);
        world_crash(&w);
        check(&w, &wanted);
        world_release(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_scan_goes_on),
        cmocka_unit_test(a_damaged_beginning_is_passed_over),
        cmocka_unit_test(what_is_known_is_passed_over),
        cmocka_unit_test(every_operation_of_a_scan_fails_once),
        cmocka_unit_test(hostile_files_cost_nothing_but_themselves),
        cmocka_unit_test(files_are_found_though_a_number_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
