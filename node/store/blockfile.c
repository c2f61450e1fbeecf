#include "node/store/blockfile.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/siphash.h"
#include "crypto/sha256.h"
#include "node/store/blockfile_internal.h"
#include "node/store/folder.h"

#include <stdio.h>

uint64_t yc_blockfile_checksum(struct yc_view bytes)
{
    /* Stored checksums depend on this key: it is part of the format. The digits are those of pi, as good as any. */
    static const struct yc_siphash_key key = {UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)};
    return yc_siphash(key, bytes.p, bytes.n);
}

void yc_blockfile_path(const struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number, char *out)
{
    (void)snprintf(out, f->dir_bytes + PATH_ROOM, "%s/%s%05u.dat", f->dir, kind == YC_BLOCKFILE_BLOCK ? "blk" : "rev",
                   (unsigned)number);
}

char *yc_blockfile_path_new(const struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number)
{
    char *path = (char *)yc_alloc_new(f->alloc, f->dir_bytes + PATH_ROOM);
    if (path)
        yc_blockfile_path(f, kind, number, path);
    return path;
}

void yc_blockfile_path_free(const struct yc_blockfiles *f, char *path)
{
    yc_alloc_free(f->alloc, path, f->dir_bytes + PATH_ROOM);
}

static enum yc_verdict no_memory(const struct yc_blockfiles *f, struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to keep track of block files", f->dir);
}

static const uint8_t no_xor[8];

enum yc_verdict yc_blockfiles_check_xor(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *dir,
                                        struct yc_error *err)
{
    size_t path_bytes = strlen(dir) + PATH_ROOM;
    char *path = (char *)yc_alloc_new(alloc, path_bytes);
    struct yc_view found = YC_VIEW_EMPTY;
    if (!path)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to look at block files", dir);
    (void)snprintf(path, path_bytes, "%s/xor.dat", dir);
    enum yc_verdict v = yc_fs_read_file(fs, alloc, path, 4096, &found, err);
    if (v == YC_VALID && !yc_view_equal(found, yc_view(no_xor, sizeof no_xor)))
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                    "%s is not 8 zero bytes: the block files were obfuscated by another program, choose another "
                    "-datadir; or if YCoin wrote them, this file is damaged: remove it, and it is made anew",
                    path);
    yc_alloc_free(alloc, (void *)(uintptr_t)found.p, found.n);
    yc_alloc_free(alloc, path, path_bytes);
    return v;
}

/* Tools that read blk files take their key from xor.dat: it must be there, and say that there is none. */
static enum yc_verdict check_xor(struct yc_blockfiles *f, struct yc_error *err)
{
    enum yc_verdict v = yc_blockfiles_check_xor(f->fs, f->alloc, f->dir, err);
    if (v != YC_NOT_YET)
        return v;
    (void)snprintf(f->path, f->dir_bytes + PATH_ROOM, "%s/xor.dat", f->dir);
    return yc_fs_replace_file(f->fs, f->path, yc_view(no_xor, sizeof no_xor), err);
}

enum yc_verdict yc_blockfiles_open(struct yc_blockfiles **out, const struct yc_alloc *alloc, const struct yc_fs *fs,
                                   const char *dir, const uint8_t magic[4], uint32_t file_bytes_max,
                                   struct yc_error *err)
{
    size_t dir_bytes = strlen(dir) + 1;
    struct yc_blockfiles *f = (struct yc_blockfiles *)yc_alloc_new(alloc, sizeof *f);
    char *text = (char *)yc_alloc_new(alloc, 2 * dir_bytes + PATH_ROOM);
    if (!f || !text) {
        yc_alloc_free(alloc, f, sizeof *f);
        yc_alloc_free(alloc, text, 2 * dir_bytes + PATH_ROOM);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to keep track of block files", dir);
    }
    memset(f, 0, sizeof *f);
    f->alloc = alloc;
    f->fs = fs;
    memcpy(f->magic, magic, 4);
    f->file_bytes_max = file_bytes_max;
    f->dir_bytes = dir_bytes;
    f->dir = text;
    f->path = text + dir_bytes;
    memcpy(f->dir, dir, dir_bytes);
    enum yc_verdict v = yc_folder_make(fs, alloc, dir, err);
    if (v == YC_VALID)
        v = check_xor(f, err);
    if (v != YC_VALID) {
        yc_blockfiles_close(f);
        return v;
    }
    *out = f;
    return YC_VALID;
}

void yc_blockfiles_close(struct yc_blockfiles *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < HANDLES_MAX; i++)
        if (f->handle[i].file)
            f->fs->close(f->fs->ctx, f->handle[i].file);
    yc_alloc_free(f->alloc, f->ends, f->ends_room * sizeof f->ends[0]);
    yc_alloc_free(f->alloc, f->dir, 2 * f->dir_bytes + PATH_ROOM);
    yc_alloc_free(f->alloc, f, sizeof *f);
}

/* Make room for the ends of file number; false when there is no memory. */
static bool make_ends(struct yc_blockfiles *f, uint32_t number)
{
    if (number < f->ends_count)
        return true;
    if (number >= f->ends_room) {
        size_t room = (size_t)number + 1 + (number / 2 > 16 ? number / 2 : 16);
        void *p = yc_alloc_resize(f->alloc, f->ends, f->ends_room * sizeof f->ends[0], room * sizeof f->ends[0]);
        if (!p)
            return false;
        f->ends = (struct ends *)p;
        f->ends_room = room;
    }
    memset(f->ends + f->ends_count, 0, (number + 1 - f->ends_count) * sizeof f->ends[0]);
    f->ends_count = (size_t)number + 1;
    return true;
}

static uint32_t tail_bytes(enum yc_blockfile_kind kind)
{
    return kind == YC_BLOCKFILE_UNDO ? UNDO_HASH_BYTES : 0;
}

enum yc_verdict yc_blockfiles_know(struct yc_blockfiles *f, enum yc_blockfile_kind kind, struct yc_file_pos at,
                                   struct yc_error *err)
{
    YC_ASSERT(!f->started);
    if (at.bytes == 0)
        return YC_VALID;
    uint64_t end = (uint64_t)at.offset + at.bytes + tail_bytes(kind);
    if (at.file > YC_BLOCKFILE_NUMBER_MAX || at.offset < FRAME_BYTES || end > UINT32_MAX)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the block index names file %u, offset %u, %u bytes, which cannot be: start with -reindex to "
                       "build it anew from the block files",
                       (unsigned)at.file, (unsigned)at.offset, (unsigned)at.bytes);
    if (!make_ends(f, at.file))
        return no_memory(f, err);
    uint32_t *known = &f->ends[at.file].end[kind];
    if (end > *known) {
        f->bytes += end - *known;
        *known = (uint32_t)end;
    }
    if (kind == YC_BLOCKFILE_BLOCK && at.file > f->last)
        f->last = at.file;
    return YC_VALID;
}

/* The size of a file, or YC_NOT_YET when it does not exist. */
static enum yc_verdict file_size(struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number, uint64_t *size,
                                 struct yc_error *err)
{
    struct yc_file *file;
    yc_blockfile_path(f, kind, number, f->path);
    enum yc_verdict v = f->fs->open(f->fs->ctx, &file, f->path, YC_OPEN_READ, err);
    if (v != YC_VALID)
        return v;
    v = f->fs->size(f->fs->ctx, file, size, err);
    f->fs->close(f->fs->ctx, file);
    return v;
}

static enum yc_verdict check_file(struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number,
                                  struct yc_error *err)
{
    uint32_t end = f->ends[number].end[kind];
    uint64_t size = 0;
    if (!end)
        return YC_VALID;
    enum yc_verdict v = file_size(f, kind, number, &size, err);
    if (v == YC_NOT_YET)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "%s is missing, but the block index refers to it: restore it from a backup, or start with "
                       "-reindex to download what is lost",
                       f->path);
    if (v == YC_VALID && size < end)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "%s has %llu bytes, but the block index refers to %u: restore it from a backup, or start with "
                       "-reindex to download what is lost",
                       f->path, (unsigned long long)size, (unsigned)end);
    return v;
}

/* An index that knows no block beside files that hold some was lost, and starting from nothing would bury them. One
 * block alone may be a genesis whose index record was not yet durable. */
static enum yc_verdict check_index_lost(struct yc_blockfiles *f, struct yc_error *err)
{
    struct yc_blockfile_walk *walk = NULL;
    struct yc_file_pos at;
    struct yc_view head;
    enum yc_verdict v = yc_blockfile_walk_open(&walk, f, 0, YC_BLOCK_BYTES_MAX, err);
    unsigned count = 0;
    for (; v == YC_VALID && count < 2; count++)
        v = yc_blockfile_walk_next(walk, &at, 0, &head, err);
    yc_blockfile_walk_close(walk);
    if (v == YC_VALID)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "%s/blk00000.dat holds blocks, but the block index knows none: restore blocks/index from a "
                       "backup, or start with -reindex to build it anew",
                       f->dir);
    return v == YC_NOT_YET ? YC_VALID : v;
}

enum yc_verdict yc_blockfiles_start(struct yc_blockfiles *f, struct yc_error *err)
{
    YC_ASSERT(!f->started);
    if (f->bytes == 0) {
        enum yc_verdict v = check_index_lost(f, err);
        if (v != YC_VALID)
            return v;
    }
    for (uint32_t number = 0; number < f->ends_count; number++)
        for (int kind = 0; kind < 2; kind++) {
            enum yc_verdict v = check_file(f, (enum yc_blockfile_kind)kind, number, err);
            if (v != YC_VALID)
                return v;
        }
    f->started = true;
    return YC_VALID;
}

static enum yc_verdict sync_handle(struct yc_blockfiles *f, struct handle *h, struct yc_error *err)
{
    if (!h->dirty)
        return YC_VALID;
    enum yc_verdict v = f->fs->sync(f->fs->ctx, h->file, err);
    if (v == YC_VALID)
        h->dirty = false;
    else
        f->sync_failed = true;
    return v;
}

/* The open file of a kind and number; opened, and another one closed, when need be. */
static enum yc_verdict take_handle(struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number,
                                   struct handle **out, struct yc_error *err)
{
    struct handle *room = NULL;
    for (struct handle *h = f->handle; h < f->handle + HANDLES_MAX; h++) {
        if (h->file && h->kind == kind && h->number == number) {
            *out = h;
            return YC_VALID;
        }
        if (!h->held && (!room || !h->file || (room->file && room->dirty && !h->dirty)))
            room = h;
    }
    YC_ASSERT(room);
    if (room->file) {
        enum yc_verdict v = sync_handle(f, room, err);
        if (v != YC_VALID)
            return v;
        f->fs->close(f->fs->ctx, room->file);
        room->file = NULL;
    }
    yc_blockfile_path(f, kind, number, f->path);
    struct yc_file *file;
    enum yc_verdict v = f->fs->open(f->fs->ctx, &file, f->path, YC_OPEN_WRITE, err);
    if (v != YC_VALID)
        return v;
    f->names_unsynced |= f->ends[number].end[kind] == 0;
    *room = (struct handle){.file = file, .kind = kind, .number = number};
    *out = room;
    return YC_VALID;
}

/* The file is about to be written to. When too many would wait for the disk, one of them is synced now. */
static enum yc_verdict make_dirty(struct yc_blockfiles *f, struct handle *h, struct yc_error *err)
{
    struct handle *other = NULL;
    size_t count = 0;
    for (struct handle *o = f->handle; o < f->handle + HANDLES_MAX && !h->dirty; o++) {
        if (!o->file || !o->dirty)
            continue;
        count++;
        other = o;
    }
    enum yc_verdict v = count == YC_BLOCKFILES_DIRTY_MAX ? sync_handle(f, other, err) : YC_VALID;
    h->dirty |= v == YC_VALID;
    return v;
}

static enum yc_verdict append(struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number,
                              const struct yc_view *parts, size_t count, struct yc_file_pos *out, struct yc_error *err)
{
    YC_ASSERT(f->started);
    if (f->sync_failed)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                       "%s: an earlier write did not reach the disk, nothing more is written: check the disk and start "
                       "again",
                       f->dir);
    if (number > YC_BLOCKFILE_NUMBER_MAX)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_FULL, "%s: all %u block files are in use", f->dir,
                       YC_BLOCKFILE_NUMBER_MAX + 1);
    if (!make_ends(f, number))
        return no_memory(f, err);
    uint32_t *end = &f->ends[number].end[kind];
    uint64_t at = *end;
    for (size_t i = 0; i < count; i++)
        at += parts[i].n;
    if (at > UINT32_MAX)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_FULL, "%s: file number %u is full", f->dir, (unsigned)number);
    struct handle *h;
    enum yc_verdict v = take_handle(f, kind, number, &h, err);
    if (v == YC_VALID)
        v = make_dirty(f, h, err);
    at = *end;
    for (size_t i = 0; i < count && v == YC_VALID; i++) {
        v = f->fs->pwrite(f->fs->ctx, h->file, parts[i].p, parts[i].n, at, err);
        at += parts[i].n;
    }
    if (v != YC_VALID)
        return v;
    *out = (struct yc_file_pos){number, *end + FRAME_BYTES, (uint32_t)parts[1].n};
    f->bytes += at - *end;
    f->unsynced_bytes += at - *end;
    *end = (uint32_t)at;
    return YC_VALID;
}

static void write_frame(const struct yc_blockfiles *f, uint8_t out[FRAME_BYTES], size_t n)
{
    YC_ASSERT(n > 0 && n <= (size_t)1 << 25);
    memcpy(out, f->magic, 4);
    yc_put32le(out + 4, (uint32_t)n);
}

enum yc_verdict yc_blockfiles_append_block(struct yc_blockfiles *f, struct yc_view block, struct yc_file_pos *out,
                                           struct yc_error *err)
{
    uint8_t frame[FRAME_BYTES];
    write_frame(f, frame, block.n);
    uint32_t number = f->last;
    if (number < f->ends_count) {
        uint32_t end = f->ends[number].end[YC_BLOCKFILE_BLOCK];
        if (end && end + (uint64_t)FRAME_BYTES + block.n > f->file_bytes_max)
            number++;
    }
    const struct yc_view parts[2] = {{frame, FRAME_BYTES}, block};
    enum yc_verdict v = append(f, YC_BLOCKFILE_BLOCK, number, parts, 2, out, err);
    if (v == YC_VALID)
        f->last = number;
    return v;
}

enum yc_verdict yc_blockfiles_append_undo(struct yc_blockfiles *f, uint32_t block_file,
                                          const struct yc_block_hash *prev, struct yc_view undo,
                                          struct yc_file_pos *out, struct yc_error *err)
{
    uint8_t frame[FRAME_BYTES], hash[UNDO_HASH_BYTES];
    write_frame(f, frame, undo.n);
    struct yc_sha256 h;
    yc_sha256_init(&h);
    yc_sha256_update(&h, prev->b, 32);
    yc_sha256_update(&h, undo.p, undo.n);
    yc_sha256_final(&h, hash);
    yc_sha256_once(hash, hash, sizeof hash);
    const struct yc_view parts[3] = {{frame, FRAME_BYTES}, undo, {hash, sizeof hash}};
    return append(f, YC_BLOCKFILE_UNDO, block_file, parts, 3, out, err);
}

bool yc_blockfiles_sync_begin(struct yc_blockfiles *f, struct yc_blockfiles_sync *out)
{
    YC_ASSERT(!f->syncing);
    *out = (struct yc_blockfiles_sync){.files = f, .names = f->names_unsynced, .refused = f->sync_failed};
    for (struct handle *h = f->handle; h < f->handle + HANDLES_MAX; h++) {
        if (!h->file || !h->dirty)
            continue;
        YC_ASSERT(out->count < YC_BLOCKFILES_DIRTY_MAX);
        out->file[out->count++] = h->file;
        h->dirty = false;
        h->held = true;
    }
    f->names_unsynced = false;
    f->unsynced_bytes = 0;
    f->syncing = true;
    return out->count > 0 || out->names || out->refused;
}

enum yc_verdict yc_blockfiles_sync_run(const struct yc_blockfiles_sync *s, struct yc_error *err)
{
    const struct yc_blockfiles *f = s->files;
    enum yc_verdict v = YC_VALID;
    if (s->refused)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                       "%s: an earlier write did not reach the disk: check the disk and start again", f->dir);
    for (size_t i = 0; i < s->count && v == YC_VALID; i++)
        v = f->fs->sync(f->fs->ctx, s->file[i], err);
    return v == YC_VALID && s->names ? f->fs->sync_dir(f->fs->ctx, f->dir, err) : v;
}

void yc_blockfiles_sync_end(struct yc_blockfiles_sync *s, enum yc_verdict ran)
{
    struct yc_blockfiles *f = s->files;
    YC_ASSERT(f->syncing);
    for (struct handle *h = f->handle; h < f->handle + HANDLES_MAX; h++)
        h->held = false;
    f->syncing = false;
    f->sync_failed |= ran != YC_VALID;
}

enum yc_verdict yc_blockfiles_sync(struct yc_blockfiles *f, struct yc_error *err)
{
    struct yc_blockfiles_sync s;
    enum yc_verdict v = yc_blockfiles_sync_begin(f, &s) ? yc_blockfiles_sync_run(&s, err) : YC_VALID;
    yc_blockfiles_sync_end(&s, v);
    return v;
}

uint64_t yc_blockfiles_unsynced_bytes(const struct yc_blockfiles *f)
{
    return f->unsynced_bytes;
}

uint32_t yc_blockfiles_last(const struct yc_blockfiles *f)
{
    return f->last;
}

uint64_t yc_blockfiles_bytes(const struct yc_blockfiles *f)
{
    return f->bytes;
}
