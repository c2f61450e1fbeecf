/* The real file system, the one that fails on demand, and the lock of a data directory. The contract is tested
 * against the one in memory too: both must behave alike. */
#include "support/unit.h"
#include "sys/fs_fault.h"
#include "sys/fs_memory.h"
#include "sys/fs_posix.h"
#include "sys/heap.h"
#include "sys/lockfile.h"
#include "unit/sys/temp_dir.h"

#include <sys/stat.h>

static struct yc_error err;

struct names {
    unsigned files, dirs;
};

static enum yc_verdict count_entry(void *ctx, const char *name, bool is_dir)
{
    struct names *n = ctx;
    assert_true(name[0] != '.');
    *(is_dir ? &n->dirs : &n->files) += 1;
    return YC_VALID;
}

/* Every operation of the contract in base/fs.h, in the folder dir. */
static void check_contract(const struct yc_fs *fs, const char *dir)
{
    struct yc_file *f = NULL;
    uint8_t back[16] = {0};
    size_t got = 0;
    uint64_t size = 0;
    assert_int_equal(fs->make_dir(fs->ctx, in_dir(dir, "a/b//c"), &err), YC_VALID);
    assert_int_equal(fs->make_dir(fs->ctx, in_dir(dir, "a/b"), &err), YC_VALID);
    assert_int_equal(fs->open(fs->ctx, &f, in_dir(dir, "a/none"), YC_OPEN_READ, &err), YC_NOT_YET);
    assert_null(f);
    assert_int_equal(fs->exists(fs->ctx, in_dir(dir, "a/file"), &err), YC_NOT_YET);
    assert_int_equal(fs->open(fs->ctx, &f, in_dir(dir, "none/file"), YC_OPEN_WRITE, &err), YC_SYSTEM);
    assert_non_null(strstr(err.text, "none/file"));
    assert_int_equal(fs->open(fs->ctx, &f, in_dir(dir, "a"), YC_OPEN_READ, &err), YC_SYSTEM);

    assert_int_equal(fs->open(fs->ctx, &f, in_dir(dir, "a/file"), YC_OPEN_WRITE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, "hello", 5, 3, &err), YC_VALID); /* a hole of zeros before it */
    assert_int_equal(fs->size(fs->ctx, f, &size, &err), YC_VALID);
    assert_int_equal(size, 8);
    assert_int_equal(fs->pread(fs->ctx, f, back, sizeof back, 0, &got, &err), YC_VALID);
    assert_int_equal(got, 8);
    assert_memory_equal(back, "\0\0\0hello", 8);
    assert_int_equal(fs->pread(fs->ctx, f, back, 4, 100, &got, &err), YC_VALID);
    assert_int_equal(got, 0);
    assert_int_equal(fs->truncate(fs->ctx, f, 4, &err), YC_VALID);
    assert_int_equal(fs->sync(fs->ctx, f, &err), YC_VALID);
    fs->close(fs->ctx, f);

    assert_int_equal(fs->open(fs->ctx, &f, in_dir(dir, "a/file"), YC_OPEN_READ, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, "x", 1, 0, &err), YC_SYSTEM);
    assert_int_equal(fs->size(fs->ctx, f, &size, &err), YC_VALID);
    assert_int_equal(size, 4);
    fs->close(fs->ctx, f);
    assert_int_equal(fs->open(fs->ctx, &f, in_dir(dir, "a/file"), YC_OPEN_CREATE, &err), YC_VALID);
    assert_int_equal(fs->size(fs->ctx, f, &size, &err), YC_VALID);
    assert_int_equal(size, 0);
    fs->close(fs->ctx, f);

    assert_int_equal(fs->rename(fs->ctx, in_dir(dir, "a/file"), in_dir(dir, "a/b/moved"), &err), YC_VALID);
    assert_int_equal(fs->rename(fs->ctx, in_dir(dir, "a/file"), in_dir(dir, "a/b/moved"), &err), YC_SYSTEM);
    struct names n = {0, 0};
    assert_int_equal(fs->list(fs->ctx, in_dir(dir, "a/b"), count_entry, &n, &err), YC_VALID);
    assert_int_equal(n.files, 1);
    assert_int_equal(n.dirs, 1);
    assert_int_equal(fs->sync_dir(fs->ctx, in_dir(dir, "a/b"), &err), YC_VALID);
    assert_int_equal(fs->remove(fs->ctx, in_dir(dir, "a/b"), &err), YC_SYSTEM);
    assert_int_equal(fs->remove(fs->ctx, in_dir(dir, "a/b/moved"), &err), YC_VALID);
    assert_int_equal(fs->remove(fs->ctx, in_dir(dir, "a/b/moved"), &err), YC_NOT_YET);
    assert_int_equal(fs->remove(fs->ctx, in_dir(dir, "a/b/c"), &err), YC_VALID);
    assert_int_equal(fs->remove(fs->ctx, in_dir(dir, "a/b"), &err), YC_VALID);
    assert_int_equal(fs->remove(fs->ctx, in_dir(dir, "a"), &err), YC_VALID);
    assert_int_equal(fs->space(fs->ctx, dir, &size, &err), YC_VALID);
    assert_true(size > 0);
}

static void real_files_obey_the_contract(void **state)
{
    (void)state;
    char dir[TEMP_PATH_MAX];
    temp_dir(dir);
    check_contract(yc_fs_posix(), dir);
    assert_int_equal(rmdir(dir), 0);
}

static void files_in_memory_obey_the_contract(void **state)
{
    (void)state;
    struct yc_heap_capped heap;
    yc_heap_capped_init(&heap, 1 << 20);
    struct yc_fs_memory *m;
    assert_int_equal(yc_fs_memory_new(&m, &heap.alloc, 1000, &err), YC_VALID);
    const struct yc_fs *fs = yc_fs_memory_fs(m);
    assert_int_equal(fs->make_dir(fs->ctx, "/base", &err), YC_VALID);
    check_contract(fs, "/base");
    check_contract(fs, ".");
    yc_fs_memory_free(m);
    assert_int_equal(atomic_load(&heap.used_bytes), 0);
}

static void what_we_make_is_private(void **state)
{
    (void)state;
    char dir[TEMP_PATH_MAX];
    temp_dir(dir);
    const struct yc_fs *fs = yc_fs_posix();
    assert_int_equal(yc_fs_replace_file(fs, in_dir(dir, "secret"), yc_view("x", 1), &err), YC_VALID);
    assert_int_equal(fs->make_dir(fs->ctx, in_dir(dir, "sub"), &err), YC_VALID);
    struct stat st;
    assert_int_equal(stat(in_dir(dir, "secret"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(in_dir(dir, "sub"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(unlink(in_dir(dir, "secret")), 0);
    assert_int_equal(rmdir(in_dir(dir, "sub")), 0);
    assert_int_equal(rmdir(dir), 0);
}

/* ENOSPC is YC_SYSTEM_FULL: the device that is always full says so. */
static void full_disk_is_its_own_failure(void **state)
{
    (void)state;
    const struct yc_fs *fs = yc_fs_posix();
    struct yc_file *f = NULL;
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(fs->open(fs->ctx, &f, "/dev/full", YC_OPEN_WRITE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, "x", 1, 0, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_FULL);
    assert_non_null(strstr(err.text, "/dev/full"));
    fs->close(fs->ctx, f);
}

/* Catalogue S06: whatever operation of a replacement fails, the file holds the old bytes or the new ones, also after
 * the power fails. */
static void replacement_survives_every_failure(void **state)
{
    (void)state;
    for (unsigned n = 1;; n++) {
        struct yc_fs_memory *m;
        struct yc_fs_fault fault;
        struct yc_view bytes;
        assert_int_equal(yc_fs_memory_new(&m, yc_heap(), 1000, &err), YC_VALID);
        assert_int_equal(yc_fs_replace_file(yc_fs_memory_fs(m), "f", yc_view("old", 3), &err), YC_VALID);
        yc_fs_fault_init(&fault, yc_fs_memory_fs(m));
        fault.kinds = YC_FS_CHANGES | YC_FS_OPEN;
        fault.fail_at = n;
        fault.which = YC_SYSTEM_FULL;
        fault.tear_bytes = 1;
        enum yc_verdict v = yc_fs_replace_file(&fault.fs, "f", yc_view("fresh", 5), &err);
        bool failed = atomic_load(&fault.failed) > 0;
        assert_int_equal(v, failed ? YC_SYSTEM : YC_VALID);
        assert_int_equal(yc_fs_memory_power_cut(m, NULL, &err), YC_VALID);
        assert_int_equal(yc_fs_read_file(yc_fs_memory_fs(m), yc_heap(), "f", 100, &bytes, &err), YC_VALID);
        assert_true(yc_view_equal(bytes, yc_view_text("fresh")) || (failed && yc_view_equal(bytes, yc_view("old", 3))));
        yc_alloc_free(yc_heap(), (void *)bytes.p, bytes.n);
        yc_fs_memory_free(m);
        if (!failed) {
            assert_true(n > 4); /* open, write, sync, rename, sync of the folder */
            break;
        }
    }
}

static void only_chosen_operations_fail(void **state)
{
    (void)state;
    struct yc_fs_memory *m;
    struct yc_fs_fault fault;
    struct yc_file *f = NULL;
    uint64_t size;
    assert_int_equal(yc_fs_memory_new(&m, yc_heap(), 1000, &err), YC_VALID);
    yc_fs_fault_init(&fault, yc_fs_memory_fs(m));
    const struct yc_fs *fs = &fault.fs;
    fault.kinds = YC_FS_WRITE;
    fault.fail_at = 2;
    fault.keep_failing = true;
    fault.tear_bytes = 2;
    assert_int_equal(fs->open(fs->ctx, &f, "f", YC_OPEN_WRITE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, "one", 3, 0, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, f, "two", 3, 3, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_IO);
    assert_int_equal(fs->size(fs->ctx, f, &size, &err), YC_VALID);
    assert_int_equal(size, 5); /* torn after two bytes */
    assert_int_equal(fs->pwrite(fs->ctx, f, "", 0, 0, &err), YC_SYSTEM);
    assert_int_equal(fs->sync(fs->ctx, f, &err), YC_VALID);
    assert_int_equal(atomic_load(&fault.count), 3);
    assert_int_equal(atomic_load(&fault.failed), 2);
    fs->close(fs->ctx, f);
    yc_fs_memory_free(m);
}

/* Catalogue S12: two daemons, one data directory. */
static void second_lock_of_a_directory_fails(void **state)
{
    (void)state;
    char dir[TEMP_PATH_MAX];
    temp_dir(dir);
    struct yc_datadir_lock a, b;
    assert_int_equal(yc_datadir_lock(&a, dir, &err), YC_VALID);
    assert_int_equal(yc_datadir_lock(&b, dir, &err), YC_SYSTEM);
    assert_non_null(strstr(err.text, "is probably already running"));
    assert_non_null(strstr(err.text, dir));
    yc_datadir_unlock(&b);
    yc_datadir_unlock(&a);
    assert_int_equal(yc_datadir_lock(&b, dir, &err), YC_VALID);
    assert_false(yc_datadir_wait_free(dir, 30));
    yc_datadir_unlock(&b);
    assert_true(yc_datadir_wait_free(dir, 0));
    assert_int_equal(yc_datadir_lock(&b, dir, &err), YC_VALID); /* to wait is not to hold */
    yc_datadir_unlock(&b);
    assert_int_equal(unlink(in_dir(dir, ".lock")), 0);
    assert_true(yc_datadir_wait_free(dir, 0));
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(yc_datadir_lock(&a, dir, &err), YC_SYSTEM); /* the folder is gone */
    yc_datadir_unlock(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_files_obey_the_contract),
        cmocka_unit_test(files_in_memory_obey_the_contract),
        cmocka_unit_test(what_we_make_is_private),
        cmocka_unit_test(full_disk_is_its_own_failure),
        cmocka_unit_test(replacement_survives_every_failure),
        cmocka_unit_test(only_chosen_operations_fail),
        cmocka_unit_test(second_lock_of_a_directory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
