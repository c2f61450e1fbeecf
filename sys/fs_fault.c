#include "sys/fs_fault.h"

/* Count an operation; true when it is one that fails. */
static bool fails(struct yc_fs_fault *f, enum yc_fs_operation operation)
{
    if (!(f->kinds & (unsigned)operation))
        return false;
    unsigned n = atomic_fetch_add(&f->count, 1) + 1;
    if (f->fail_at == 0 || n < f->fail_at || (n > f->fail_at && !f->keep_failing))
        return false;
    atomic_fetch_add(&f->failed, 1);
    return true;
}

static enum yc_verdict fail(const struct yc_fs_fault *f, const char *operation, const char *path, struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, f->which, "%s %s: a failure that a test asked for", operation, path);
}

static enum yc_verdict fault_open(void *ctx, struct yc_file **out, const char *path, enum yc_open_mode mode,
                                  struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    *out = NULL;
    return fails(f, YC_FS_OPEN) ? fail(f, "open", path, err) : f->inner->open(f->inner->ctx, out, path, mode, err);
}

static void fault_close(void *ctx, struct yc_file *file)
{
    struct yc_fs_fault *f = ctx;
    f->inner->close(f->inner->ctx, file);
}

static enum yc_verdict fault_pread(void *ctx, struct yc_file *file, void *out, size_t n, uint64_t offset, size_t *got,
                                   struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    *got = 0;
    return fails(f, YC_FS_READ) ? fail(f, "read", "a file", err)
                                : f->inner->pread(f->inner->ctx, file, out, n, offset, got, err);
}

static enum yc_verdict fault_pwrite(void *ctx, struct yc_file *file, const void *p, size_t n, uint64_t offset,
                                    struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    if (!fails(f, YC_FS_WRITE))
        return f->inner->pwrite(f->inner->ctx, file, p, n, offset, err);
    if (f->tear_bytes != YC_FS_TEAR_NONE) {
        enum yc_verdict v =
            f->inner->pwrite(f->inner->ctx, file, p, n < f->tear_bytes ? n : f->tear_bytes, offset, err);
        if (v != YC_VALID)
            return v;
    }
    return fail(f, "write", "a file", err);
}

static enum yc_verdict fault_size(void *ctx, struct yc_file *file, uint64_t *out, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_SIZE) ? fail(f, "size of", "a file", err) : f->inner->size(f->inner->ctx, file, out, err);
}

static enum yc_verdict fault_truncate(void *ctx, struct yc_file *file, uint64_t n, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_TRUNCATE) ? fail(f, "truncate", "a file", err)
                                    : f->inner->truncate(f->inner->ctx, file, n, err);
}

static enum yc_verdict fault_sync(void *ctx, struct yc_file *file, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_SYNC) ? fail(f, "sync", "a file", err) : f->inner->sync(f->inner->ctx, file, err);
}

static enum yc_verdict fault_rename(void *ctx, const char *from, const char *to, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_RENAME) ? fail(f, "rename", from, err) : f->inner->rename(f->inner->ctx, from, to, err);
}

static enum yc_verdict fault_remove(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_REMOVE) ? fail(f, "remove", path, err) : f->inner->remove(f->inner->ctx, path, err);
}

static enum yc_verdict fault_make_dir(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_MAKE_DIR) ? fail(f, "make", path, err) : f->inner->make_dir(f->inner->ctx, path, err);
}

static enum yc_verdict fault_sync_dir(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_SYNC_DIR) ? fail(f, "sync", path, err) : f->inner->sync_dir(f->inner->ctx, path, err);
}

static enum yc_verdict fault_exists(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_EXISTS) ? fail(f, "look for", path, err) : f->inner->exists(f->inner->ctx, path, err);
}

static enum yc_verdict fault_list(void *ctx, const char *path, yc_fs_list_entry each, void *each_ctx,
                                  struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_LIST) ? fail(f, "list", path, err) : f->inner->list(f->inner->ctx, path, each, each_ctx, err);
}

static enum yc_verdict fault_space(void *ctx, const char *path, uint64_t *out, struct yc_error *err)
{
    struct yc_fs_fault *f = ctx;
    return fails(f, YC_FS_SPACE) ? fail(f, "space of", path, err) : f->inner->space(f->inner->ctx, path, out, err);
}

void yc_fs_fault_init(struct yc_fs_fault *f, const struct yc_fs *inner)
{
    *f = (struct yc_fs_fault){
        .fs = {fault_open, fault_close, fault_pread, fault_pwrite, fault_size, fault_truncate, fault_sync, fault_rename,
               fault_remove, fault_make_dir, fault_sync_dir, fault_exists, fault_list, fault_space, f},
        .inner = inner,
        .which = YC_SYSTEM_IO,
        .tear_bytes = YC_FS_TEAR_NONE,
    };
    atomic_init(&f->count, 0);
    atomic_init(&f->failed, 0);
}
