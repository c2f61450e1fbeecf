#include "sys/fs_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct yc_file {
    int fd;
    char path[]; /* for messages */
};

/* What a person can do about it; "" when nobody knows. */
static const char *next_step(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return "; free some space and start again";
    case EACCES:
    case EPERM:
        return "; let the user that runs this program read and write there, then start again";
    case ENOTDIR:
    case EEXIST:
        return "; a file stands where a folder belongs, move it away and start again";
    case EISDIR:
        return "; a folder stands where a file belongs, move it away and start again";
    case EROFS:
        return "; the file system is read-only, choose another folder or make it writable";
    case EIO:
        return "; check the disk, then start again";
    case EMFILE:
    case ENFILE:
        return "; allow more open files (ulimit -n), then start again";
    default:
        return "";
    }
}

static enum yc_verdict fail(struct yc_error *err, const char *doing, const char *path, int code)
{
    char reason[128];
    if (strerror_r(code, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", code);
    enum yc_system which = code == ENOSPC || code == EDQUOT ? YC_SYSTEM_FULL
                           : code == ENOMEM                 ? YC_SYSTEM_MEMORY
                                                            : YC_SYSTEM_IO;
    return yc_fail(err, YC_SYSTEM, which, "cannot %s %s: %s%s", doing, path, reason, next_step(code));
}

static int open_again(const char *path, int flags)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static enum yc_verdict posix_open(void *ctx, struct yc_file **out, const char *path, enum yc_open_mode mode,
                                  struct yc_error *err)
{
    (void)ctx;
    *out = NULL;
    size_t n = strlen(path) + 1;
    struct yc_file *f = malloc(sizeof *f + n);
    if (!f)
        return fail(err, "open", path, ENOMEM);
    memcpy(f->path, path, n);
    f->fd = open_again(path, mode == YC_OPEN_READ    ? O_RDONLY
                             : mode == YC_OPEN_WRITE ? O_RDWR | O_CREAT
                                                     : O_RDWR | O_CREAT | O_TRUNC);
    struct stat st;
    int code = f->fd < 0 ? errno : fstat(f->fd, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (code == 0) {
        *out = f;
        return YC_VALID;
    }
    if (f->fd >= 0)
        close(f->fd);
    free(f);
    if (code == ENOENT && mode == YC_OPEN_READ)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "%s does not exist", path);
    return fail(err, mode == YC_OPEN_READ ? "open" : "create", path, code);
}

static void posix_close(void *ctx, struct yc_file *f)
{
    (void)ctx;
    if (!f)
        return;
    close(f->fd);
    free(f);
}

/* True when [offset, offset + n] can be said to the operating system. */
static bool in_range(uint64_t offset, size_t n)
{
    return n <= SSIZE_MAX && offset <= (uint64_t)INT64_MAX - n;
}

static enum yc_verdict posix_pread(void *ctx, struct yc_file *f, void *out, size_t n, uint64_t offset, size_t *got,
                                   struct yc_error *err)
{
    (void)ctx;
    *got = 0;
    if (!in_range(offset, n))
        return fail(err, "read", f->path, EINVAL);
    while (*got < n) {
        ssize_t r = pread(f->fd, (uint8_t *)out + *got, n - *got, (off_t)(offset + *got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return fail(err, "read", f->path, errno);
        if (r == 0)
            break;
        *got += (size_t)r;
    }
    return YC_VALID;
}

static enum yc_verdict posix_pwrite(void *ctx, struct yc_file *f, const void *p, size_t n, uint64_t offset,
                                    struct yc_error *err)
{
    (void)ctx;
    if (!in_range(offset, n))
        return fail(err, "write", f->path, EFBIG);
    size_t done = 0;
    while (done < n) {
        ssize_t r = pwrite(f->fd, (const uint8_t *)p + done, n - done, (off_t)(offset + done));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0) /* 0 for n > 0 would loop for ever; no file system should say it */
            return fail(err, "write", f->path, r < 0 ? errno : ENOSPC);
        done += (size_t)r;
    }
    return YC_VALID;
}

static enum yc_verdict posix_size(void *ctx, struct yc_file *f, uint64_t *out, struct yc_error *err)
{
    (void)ctx;
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return fail(err, "learn the size of", f->path, errno);
    *out = (uint64_t)st.st_size;
    return YC_VALID;
}

static enum yc_verdict posix_truncate(void *ctx, struct yc_file *f, uint64_t n, struct yc_error *err)
{
    (void)ctx;
    if (n > INT64_MAX)
        return fail(err, "set the length of", f->path, EFBIG);
    int r;
    do
        r = ftruncate(f->fd, (off_t)n);
    while (r != 0 && errno == EINTR);
    return r == 0 ? YC_VALID : fail(err, "set the length of", f->path, errno);
}

static enum yc_verdict posix_sync(void *ctx, struct yc_file *f, struct yc_error *err)
{
    (void)ctx;
    /* EINTR is not retried: after a failed sync the kernel may have dropped the pages, and a second call would lie. */
    return fdatasync(f->fd) == 0 ? YC_VALID : fail(err, "write to the disk", f->path, errno);
}

static enum yc_verdict posix_rename(void *ctx, const char *from, const char *to, struct yc_error *err)
{
    (void)ctx;
    if (rename(from, to) == 0)
        return YC_VALID;
    int code = errno;
    char doing[256];
    snprintf(doing, sizeof doing, "rename %.200s to", from);
    return fail(err, doing, to, code);
}

static enum yc_verdict posix_remove(void *ctx, const char *path, struct yc_error *err)
{
    (void)ctx;
    if (remove(path) == 0)
        return YC_VALID;
    if (errno == ENOENT)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "%s does not exist", path);
    return fail(err, "remove", path, errno);
}

static enum yc_verdict posix_make_dir(void *ctx, const char *path, struct yc_error *err)
{
    (void)ctx;
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof part)
        return fail(err, "make the folder", path, ENAMETOOLONG);
    memcpy(part, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && part[i] != '/')
            continue;
        part[i] = 0;
        struct stat st;
        if (mkdir(part, 0700) != 0 && errno != EEXIST && !(stat(part, &st) == 0 && S_ISDIR(st.st_mode)))
            return fail(err, "make the folder", path, errno);
        part[i] = i < n ? '/' : 0;
    }
    struct stat st;
    if (stat(path, &st) != 0)
        return fail(err, "make the folder", path, errno);
    return S_ISDIR(st.st_mode) ? YC_VALID : fail(err, "make the folder", path, ENOTDIR);
}

static enum yc_verdict posix_sync_dir(void *ctx, const char *path, struct yc_error *err)
{
    (void)ctx;
    int fd = open_again(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fail(err, "open the folder", path, errno);
    int r = fsync(fd), code = errno;
    close(fd);
    /* Some network file systems cannot sync a folder; there is nothing more to be done about it. */
    if (r == 0 || code == EINVAL || code == ENOTSUP)
        return YC_VALID;
    return fail(err, "write to the disk the folder", path, code);
}

static enum yc_verdict posix_exists(void *ctx, const char *path, struct yc_error *err)
{
    (void)ctx;
    struct stat st;
    if (lstat(path, &st) == 0)
        return YC_VALID;
    if (errno == ENOENT || errno == ENOTDIR)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "%s does not exist", path);
    return fail(err, "look for", path, errno);
}

static bool is_dir(int dir_fd, const char *name)
{
    struct stat st;
    return fstatat(dir_fd, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static enum yc_verdict posix_list(void *ctx, const char *path, yc_fs_list_entry each, void *each_ctx,
                                  struct yc_error *err)
{
    (void)ctx;
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "%s does not exist", path)
                               : fail(err, "list", path, errno);
    enum yc_verdict v = YC_VALID;
    while (v == YC_VALID) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (!entry) {
            if (errno != 0)
                v = fail(err, "list", path, errno);
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            v = each(each_ctx, entry->d_name, is_dir(dirfd(d), entry->d_name));
    }
    closedir(d);
    return v;
}

static enum yc_verdict posix_space(void *ctx, const char *path, uint64_t *out, struct yc_error *err)
{
    (void)ctx;
    struct statvfs st;
    int r;
    do
        r = statvfs(path, &st);
    while (r != 0 && errno == EINTR);
    if (r != 0)
        return fail(err, "learn the free space at", path, errno);
    *out = (uint64_t)st.f_bavail * (uint64_t)st.f_frsize;
    return YC_VALID;
}

const struct yc_fs *yc_fs_posix(void)
{
    static const struct yc_fs fs = {
        .open = posix_open,
        .close = posix_close,
        .pread = posix_pread,
        .pwrite = posix_pwrite,
        .size = posix_size,
        .truncate = posix_truncate,
        .sync = posix_sync,
        .rename = posix_rename,
        .remove = posix_remove,
        .make_dir = posix_make_dir,
        .sync_dir = posix_sync_dir,
        .exists = posix_exists,
        .list = posix_list,
        .space = posix_space,
    };
    return &fs;
}
