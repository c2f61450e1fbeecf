/* Files as an interface: every file that YCoin writes goes through a struct yc_fs, so that tests can fail, tear and
 * lose any write. sys/fs_posix.h is the real one, sys/fs_memory.h one in memory that can drop what was not synced,
 * and either can be wrapped by sys/fs_fault.h, which fails the n-th operation.
 *
 * Paths are absolute or relative to the process; '/' separates. Any thread may use a yc_fs; one file is used by one
 * thread at a time, except that pread may run beside anything, and sync beside a pwrite, which it then need not cover.
 * Every failure is YC_SYSTEM with a sentence that names the path (YC_SYSTEM_FULL for ENOSPC and EDQUOT), except that
 * a path which does not exist is YC_NOT_YET where noted. A failed sync is final: the caller must stop (catalogue S05). */
#ifndef YC_BASE_FS_H
#define YC_BASE_FS_H

#include "base/result.h"
#include "base/view.h"

struct yc_file; /* opaque, made by an implementation */

enum yc_open_mode {
    YC_OPEN_READ,  /* must exist; YC_NOT_YET when it does not */
    YC_OPEN_WRITE, /* read and write, made when missing (0600) */
    YC_OPEN_CREATE /* read and write, emptied when it exists (0600) */
};

typedef enum yc_verdict (*yc_fs_list_entry)(void *ctx, const char *name, bool is_dir);

struct yc_fs {
    enum yc_verdict (*open)(void *ctx, struct yc_file **out, const char *path, enum yc_open_mode mode,
                            struct yc_error *err);
    /* Closes without syncing. */
    void (*close)(void *ctx, struct yc_file *f);
    /* Up to n bytes from offset; *got < n only at the end of the file. */
    enum yc_verdict (*pread)(void *ctx, struct yc_file *f, void *out, size_t n, uint64_t offset, size_t *got,
                             struct yc_error *err);
    /* All n bytes at offset, or an error; the file grows as needed. What an error leaves there is undefined. */
    enum yc_verdict (*pwrite)(void *ctx, struct yc_file *f, const void *p, size_t n, uint64_t offset,
                              struct yc_error *err);
    enum yc_verdict (*size)(void *ctx, struct yc_file *f, uint64_t *out, struct yc_error *err);
    enum yc_verdict (*truncate)(void *ctx, struct yc_file *f, uint64_t n, struct yc_error *err);
    /* The file's bytes and length are on the disk when this returns YC_VALID. */
    enum yc_verdict (*sync)(void *ctx, struct yc_file *f, struct yc_error *err);
    enum yc_verdict (*rename)(void *ctx, const char *from, const char *to, struct yc_error *err);
    enum yc_verdict (*remove)(void *ctx, const char *path, struct yc_error *err); /* YC_NOT_YET: was not there */
    /* Makes the folder and its parents (0700); existing ones are fine. */
    enum yc_verdict (*make_dir)(void *ctx, const char *path, struct yc_error *err);
    /* Names made, renamed or removed in the folder are on the disk when this returns YC_VALID. */
    enum yc_verdict (*sync_dir)(void *ctx, const char *path, struct yc_error *err);
    /* YC_VALID when something exists there, YC_NOT_YET when not. */
    enum yc_verdict (*exists)(void *ctx, const char *path, struct yc_error *err);
    /* Each name in the folder, in any order, "." and ".." left out; stops at the first call that is not YC_VALID. */
    enum yc_verdict (*list)(void *ctx, const char *path, yc_fs_list_entry each, void *each_ctx, struct yc_error *err);
    /* Bytes free for this user on the path's file system. */
    enum yc_verdict (*space)(void *ctx, const char *path, uint64_t *out, struct yc_error *err);
    void *ctx;
};

/** Read a whole file of at most max_bytes into memory from alloc: the caller frees out->p with size out->n (out->p is
 *  NULL for an empty file). YC_NOT_YET when it does not exist; YC_SYSTEM (CORRUPT) when it is longer. */
struct yc_alloc;
enum yc_verdict yc_fs_read_file(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *path,
                                size_t max_bytes, struct yc_view *out, struct yc_error *err) YC_MUST_USE;

/** Replace a file so that after a crash it holds the old bytes or the new ones: PATH.new is written, synced, renamed,
 *  and the folder synced (catalogue S06). */
enum yc_verdict yc_fs_replace_file(const struct yc_fs *fs, const char *path, struct yc_view bytes,
                                   struct yc_error *err) YC_MUST_USE;

#endif
