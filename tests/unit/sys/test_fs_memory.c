/* The file system in memory when the power fails: what was synced is there, what was not is not. */
#include "support/unit.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"
#include "sys/heap_fault.h"

static struct yc_error err;

static struct yc_fs_memory *fresh(void)
{
    struct yc_fs_memory *m;
    assert_int_equal(yc_fs_memory_new(&m, yc_heap(), 1 << 20, &err), YC_VALID);
    return m;
}

/* Open, write text at offset, perhaps sync, close. */
static void put(const struct yc_fs *fs, const char *path, const char *text, uint64_t offset, bool sync)
{
    struct yc_file *f;
    assert_int_equal(fs->open(fs->ctx, &f, path, YC_OPEN_WRITE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, text, strlen(text), offset, &err), YC_VALID);
    if (sync)
        assert_int_equal(fs->sync(fs->ctx, f, &err), YC_VALID);
    fs->close(fs->ctx, f);
}

static void sync_dir(const struct yc_fs *fs, const char *path)
{
    assert_int_equal(fs->sync_dir(fs->ctx, path, &err), YC_VALID);
}

static void cut(struct yc_fs_memory *m)
{
    assert_int_equal(yc_fs_memory_power_cut(m, NULL, &err), YC_VALID);
}

/* The file holds exactly this text; NULL: it does not exist. */
static void check(const struct yc_fs *fs, const char *path, const char *text)
{
    struct yc_view v;
    enum yc_verdict r = yc_fs_read_file(fs, yc_heap(), path, 1000, &v, &err);
    assert_int_equal(r, text ? YC_VALID : YC_NOT_YET);
    if (!text)
        return;
    assert_true(yc_view_equal(v, yc_view_text(text)));
    yc_alloc_free(yc_heap(), (void *)v.p, v.n);
}

static void bytes_last_after_a_sync_of_the_file(void **state)
{
    (void)state;
    struct yc_fs_memory *m = fresh();
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    put(fs, "f", "one", 0, true);
    sync_dir(fs, ".");
    put(fs, "f", "two", 3, false);
    check(fs, "f", "onetwo");
    cut(m);
    check(fs, "f", "one");
    assert_int_equal(yc_fs_memory_used(m), 3);
    yc_fs_memory_free(m);
}

static void names_last_after_a_sync_of_the_folder(void **state)
{
    (void)state;
    struct yc_fs_memory *m = fresh();
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    put(fs, "lost", "bytes", 0, true);
    cut(m);
    check(fs, "lost", NULL);
    put(fs, "empty", "bytes", 0, false);
    sync_dir(fs, ".");
    cut(m);
    check(fs, "empty", "");
    put(fs, "empty", "x", 0, true);
    assert_int_equal(fs->remove(fs->ctx, "empty", &err), YC_VALID);
    check(fs, "empty", NULL);
    cut(m);
    check(fs, "empty", "x"); /* the removal was not synced */
    yc_fs_memory_free(m);
}

static void rename_lasts_after_a_sync_of_the_folder(void **state)
{
    (void)state;
    struct yc_fs_memory *m = fresh();
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    assert_int_equal(fs->make_dir(fs->ctx, "d", &err), YC_VALID);
    put(fs, "a", "old", 0, true);
    sync_dir(fs, ".");
    put(fs, "a.new", "new", 0, true);
    assert_int_equal(fs->rename(fs->ctx, "a.new", "a", &err), YC_VALID);
    check(fs, "a", "new");
    cut(m);
    check(fs, "a", "old");
    check(fs, "a.new", NULL);
    put(fs, "b", "moved", 0, true);
    assert_int_equal(fs->rename(fs->ctx, "b", "d/b", &err), YC_VALID);
    sync_dir(fs, "d");
    sync_dir(fs, ".");
    cut(m);
    check(fs, "b", NULL);
    check(fs, "d/b", "moved");
    yc_fs_memory_free(m);
}

static void lost_folder_takes_its_files_along(void **state)
{
    (void)state;
    struct yc_fs_memory *m = fresh();
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    assert_int_equal(fs->make_dir(fs->ctx, "/x/y", &err), YC_VALID);
    put(fs, "/x/y/f", "bytes", 0, true);
    sync_dir(fs, "/x/y");
    sync_dir(fs, "/x");
    cut(m); /* the name "x" itself was never synced */
    check(fs, "/x/y/f", NULL);
    assert_int_equal(fs->exists(fs->ctx, "/x", &err), YC_NOT_YET);
    yc_fs_memory_free(m);
}

static void open_files_fail_after_the_cut(void **state)
{
    (void)state;
    struct yc_fs_memory *m = fresh();
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    struct yc_file *f;
    uint8_t b;
    size_t got;
    assert_int_equal(fs->open(fs->ctx, &f, "f", YC_OPEN_WRITE, &err), YC_VALID);
    cut(m);
    assert_int_equal(fs->pwrite(fs->ctx, f, "x", 1, 0, &err), YC_SYSTEM);
    assert_int_equal(fs->pread(fs->ctx, f, &b, 1, 0, &got, &err), YC_SYSTEM);
    fs->close(fs->ctx, f);
    yc_fs_memory_free(m);
}

static void space_is_bounded(void **state)
{
    (void)state;
    struct yc_fs_memory *m;
    struct yc_file *f;
    uint64_t space;
    assert_int_equal(yc_fs_memory_new(&m, yc_heap(), 10, &err), YC_VALID);
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    assert_int_equal(fs->open(fs->ctx, &f, "f", YC_OPEN_WRITE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, "01234567", 8, 0, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, "xyz", 3, 8, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_FULL);
    assert_int_equal(fs->space(fs->ctx, ".", &space, &err), YC_VALID);
    assert_int_equal(space, 2);
    fs->close(fs->ctx, f);
    assert_int_equal(fs->open(fs->ctx, &f, "../f", YC_OPEN_WRITE, &err), YC_SYSTEM);
    yc_fs_memory_free(m);
}

/* With chance, some prefix of the unsynced writes survives, and over many seeds every outcome occurs. */
static void chance_keeps_a_prefix_of_the_writes(void **state)
{
    (void)state;
    bool seen[10] = {false};
    bool name_lost = false;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct yc_fs_memory *m = fresh();
        const struct yc_fs *fs = yc_fs_memory_fs(m);
        struct yc_random_seeded s;
        struct yc_random chance;
        struct yc_view v;
        yc_random_seed(&chance, &s, seed);
        put(fs, "f", "abc", 0, true);
        sync_dir(fs, ".");
        put(fs, "f", "def", 3, false);
        put(fs, "f", "ghi", 6, false);
        put(fs, "g", "", 0, false);
        assert_int_equal(yc_fs_memory_power_cut(m, &chance, &err), YC_VALID);
        assert_int_equal(yc_fs_read_file(fs, yc_heap(), "f", 1000, &v, &err), YC_VALID);
        assert_true(v.n >= 3 && v.n <= 9);
        assert_memory_equal(v.p, "abcdefghi", v.n);
        seen[v.n] = true;
        name_lost = name_lost || fs->exists(fs->ctx, "g", &err) == YC_NOT_YET;
        yc_alloc_free(yc_heap(), (void *)v.p, v.n);
        yc_fs_memory_free(m);
    }
    for (size_t n = 3; n <= 9; n++)
        assert_true(seen[n]);
    assert_true(name_lost);
}

/* For every n: when the n-th allocation fails, the operation says so, nothing leaks and nothing is half done. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct yc_heap_fault heap;
        struct yc_fs_memory *m;
        struct yc_file *f = NULL;
        yc_heap_fault_init(&heap, n, false);
        enum yc_verdict v = yc_fs_memory_new(&m, &heap.alloc, 1000, &err);
        if (v == YC_VALID) {
            const struct yc_fs *fs = yc_fs_memory_fs(m);
            v = fs->make_dir(fs->ctx, "d/e", &err);
            if (v == YC_VALID)
                v = fs->open(fs->ctx, &f, "d/e/f", YC_OPEN_WRITE, &err);
            if (v == YC_VALID)
                v = fs->pwrite(fs->ctx, f, "hello", 5, 300, &err);
            if (v == YC_VALID)
                v = fs->sync(fs->ctx, f, &err);
            if (v == YC_VALID)
                v = fs->rename(fs->ctx, "d/e/f", "d/g", &err);
            if (v == YC_VALID)
                v = fs->sync_dir(fs->ctx, "d", &err);
            if (v == YC_VALID)
                v = yc_fs_memory_power_cut(m, NULL, &err);
            fs->close(fs->ctx, f);
            yc_fs_memory_free(m);
        }
        assert_int_equal(heap.used_bytes, 0);
        assert_int_equal(v, heap.failed ? YC_SYSTEM : YC_VALID);
        if (!heap.failed)
            break;
        assert_int_equal(err.which, YC_SYSTEM_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_last_after_a_sync_of_the_file),
        cmocka_unit_test(names_last_after_a_sync_of_the_folder),
        cmocka_unit_test(rename_lasts_after_a_sync_of_the_folder),
        cmocka_unit_test(lost_folder_takes_its_files_along),
        cmocka_unit_test(open_files_fail_after_the_cut),
        cmocka_unit_test(space_is_bounded),
        cmocka_unit_test(chance_keeps_a_prefix_of_the_writes),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
