#include "base/fs.h"

#include <stdio.h>

#include "base/alloc.h"

#define PATH_BYTES_MAX 4096

enum yc_verdict yc_fs_read_file(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *path,
                                size_t max_bytes, struct yc_view *out, struct yc_error *err)
{
    struct yc_file *f = NULL;
    uint64_t size = 0;
    size_t got = 0;
    uint8_t *p = NULL;
    *out = YC_VIEW_EMPTY;
    enum yc_verdict v = fs->open(fs->ctx, &f, path, YC_OPEN_READ, err);
    if (v != YC_VALID)
        return v;
    v = fs->size(fs->ctx, f, &size, err);
    if (v == YC_VALID && size > max_bytes)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "%s is %llu bytes long; at most %zu are expected", path,
                    (unsigned long long)size, max_bytes);
    if (v == YC_VALID && size > 0) {
        p = yc_alloc_new(alloc, (size_t)size);
        v = p ? fs->pread(fs->ctx, f, p, (size_t)size, 0, &got, err)
              : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read %s", path);
        if (v == YC_VALID && got != size)
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "%s became shorter while it was read", path);
    }
    fs->close(fs->ctx, f);
    if (v == YC_VALID)
        *out = yc_view(p, (size_t)size);
    else
        yc_alloc_free(alloc, p, (size_t)size);
    return v;
}

static enum yc_verdict sync_parent(const struct yc_fs *fs, const char *path, struct yc_error *err)
{
    char dir[PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash)
        return fs->sync_dir(fs->ctx, ".", err);
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    memcpy(dir, path, n);
    dir[n] = 0;
    return fs->sync_dir(fs->ctx, dir, err);
}

enum yc_verdict yc_fs_replace_file(const struct yc_fs *fs, const char *path, struct yc_view bytes, struct yc_error *err)
{
    char fresh[PATH_BYTES_MAX];
    int n = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof fresh)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the path %.64s… is too long", path);
    struct yc_file *f = NULL;
    enum yc_verdict v = fs->open(fs->ctx, &f, fresh, YC_OPEN_CREATE, err);
    if (v != YC_VALID)
        return v;
    v = fs->pwrite(fs->ctx, f, bytes.p, bytes.n, 0, err);
    if (v == YC_VALID)
        v = fs->sync(fs->ctx, f, err);
    fs->close(fs->ctx, f);
    if (v == YC_VALID)
        v = fs->rename(fs->ctx, fresh, path, err);
    if (v == YC_VALID)
        v = sync_parent(fs, path, err);
    return v;
}
