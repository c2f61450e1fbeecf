#include "node/store/blockfile.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "node/store/blockfile_internal.h"

/* Readers open the file anew for each record: it costs microseconds beside the read itself, and leaves nothing to share
 * between threads. */
static enum yc_verdict open_file(const struct yc_blockfiles *f, struct yc_file **out, const char *path,
                                 struct yc_error *err)
{
    enum yc_verdict v = f->fs->open(f->fs->ctx, out, path, YC_OPEN_READ, err);
    if (v == YC_NOT_YET)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "%s is missing, but the block index refers to it: restore it from a backup, or start with "
                       "-reindex to download what is lost",
                       path);
    return v;
}

static enum yc_verdict read_at(const struct yc_blockfiles *f, struct yc_file *file, const char *path, uint64_t offset,
                               uint8_t *out, size_t n, struct yc_error *err)
{
    size_t got = 0;
    enum yc_verdict v = f->fs->pread(f->fs->ctx, file, out, n, offset, &got, err);
    if (v == YC_VALID && got < n)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "%s ends at byte %llu, inside a record: restore it from a backup, or start with -reindex to "
                       "download what is lost",
                       path, (unsigned long long)offset + got);
    return v;
}

static enum yc_verdict damaged(const char *path, uint32_t offset, const char *what, struct yc_error *err)
{
    return yc_fail(
        err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
        "%s is damaged: the record at byte %u %s; check the disk, then restore the file from a backup or start "
        "with -reindex to download what is lost",
        path, (unsigned)offset, what);
}

static enum yc_verdict read_verified(const struct yc_blockfiles *f, struct yc_file *file, const char *path,
                                     struct yc_file_pos at, uint64_t checksum, uint8_t *out, struct yc_error *err)
{
    uint8_t frame[FRAME_BYTES];
    enum yc_verdict v = read_at(f, file, path, at.offset - FRAME_BYTES, frame, sizeof frame, err);
    if (v != YC_VALID)
        return v;
    if (memcmp(frame, f->magic, 4) != 0)
        return damaged(path, at.offset, "does not begin with this chain's magic", err);
    if (yc_get32le(frame + 4) != at.bytes)
        return damaged(path, at.offset, "has another length than the block index says", err);
    v = read_at(f, file, path, at.offset, out, at.bytes, err);
    if (v == YC_VALID && yc_blockfile_checksum(yc_view(out, at.bytes)) != checksum)
        return damaged(path, at.offset, "does not match its checksum", err);
    return v;
}

enum yc_verdict yc_blockfiles_read(const struct yc_blockfiles *f, enum yc_blockfile_kind kind, struct yc_file_pos at,
                                   uint64_t checksum, uint8_t *out, struct yc_error *err)
{
    char *path = yc_blockfile_path_new(f, kind, at.file);
    if (!path)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to read a block file", f->dir);
    struct yc_file *file;
    enum yc_verdict v;
    if (at.offset < FRAME_BYTES || at.bytes == 0) {
        v = damaged(path, at.offset, "cannot be there", err);
    } else if ((v = open_file(f, &file, path, err)) == YC_VALID) {
        v = read_verified(f, file, path, at, checksum, out, err);
        f->fs->close(f->fs->ctx, file);
    }
    yc_blockfile_path_free(f, path);
    return v;
}

enum yc_verdict yc_blockfiles_read_part(const struct yc_blockfiles *f, enum yc_blockfile_kind kind,
                                        struct yc_file_pos at, uint32_t from, uint32_t n, uint8_t *out,
                                        struct yc_error *err)
{
    YC_ASSERT((uint64_t)from + n <= at.bytes);
    char *path = yc_blockfile_path_new(f, kind, at.file);
    if (!path)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to read a block file", f->dir);
    struct yc_file *file;
    enum yc_verdict v = open_file(f, &file, path, err);
    if (v == YC_VALID) {
        v = read_at(f, file, path, (uint64_t)at.offset + from, out, n, err);
        f->fs->close(f->fs->ctx, file);
    }
    yc_blockfile_path_free(f, path);
    return v;
}
