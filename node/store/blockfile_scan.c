#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "node/store/blockfile_internal.h"

#define WINDOW_BYTES 65536

struct yc_blockfile_walk {
    const struct yc_blockfiles *f;
    struct yc_file *file;
    uint64_t size, at; /* at: the frame of the record that was given, or where the next is looked for */
    uint32_t number, block_bytes_max;
    uint32_t record_bytes; /* of the record that was given and counts so far; 0: none */
    uint8_t *room;         /* block_bytes_max, then WINDOW_BYTES */
    struct yc_blockfile_scan counts;
};

static size_t room_bytes(const struct yc_blockfile_walk *w)
{
    return (size_t)w->block_bytes_max + WINDOW_BYTES;
}

enum yc_verdict yc_blockfile_walk_open(struct yc_blockfile_walk **out, const struct yc_blockfiles *f, uint32_t file,
                                       uint32_t block_bytes_max, struct yc_error *err)
{
    char *path = yc_blockfile_path_new(f, YC_BLOCKFILE_BLOCK, file);
    struct yc_blockfile_walk *w = (struct yc_blockfile_walk *)yc_alloc_new(f->alloc, sizeof *w);
    enum yc_verdict v = YC_VALID;
    if (w) {
        *w = (struct yc_blockfile_walk){.f = f, .number = file, .block_bytes_max = block_bytes_max};
        w->room = (uint8_t *)yc_alloc_new(f->alloc, room_bytes(w));
    }
    if (!path || !w || !w->room)
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to scan a block file", f->dir);
    if (v == YC_VALID)
        v = f->fs->open(f->fs->ctx, &w->file, path, YC_OPEN_READ, err);
    if (v == YC_VALID)
        v = f->fs->size(f->fs->ctx, w->file, &w->size, err);
    yc_blockfile_path_free(f, path);
    if (v != YC_VALID) {
        yc_blockfile_walk_close(w);
        return v;
    }
    if (w->size > UINT32_MAX) /* positions have 32 bits: nothing behind was written by a node */
        w->size = UINT32_MAX;
    *out = w;
    return YC_VALID;
}

void yc_blockfile_walk_close(struct yc_blockfile_walk *w)
{
    if (!w)
        return;
    const struct yc_blockfiles *f = w->f;
    if (w->file)
        f->fs->close(f->fs->ctx, w->file);
    yc_alloc_free(f->alloc, w->room, room_bytes(w));
    yc_alloc_free(f->alloc, w, sizeof *w);
}

uint64_t yc_blockfile_walk_at(const struct yc_blockfile_walk *w, uint64_t *size)
{
    *size = w->size;
    return w->at;
}

struct yc_blockfile_scan yc_blockfile_walk_counts(const struct yc_blockfile_walk *w)
{
    return w->counts;
}

static enum yc_verdict read_some(struct yc_blockfile_walk *w, uint64_t at, uint8_t *out, size_t n, size_t *got,
                                 struct yc_error *err)
{
    return w->f->fs->pread(w->f->fs->ctx, w->file, out, n, at, got, err);
}

static void skip(struct yc_blockfile_walk *w, uint64_t n)
{
    w->at += n;
    w->counts.skipped_bytes += n;
}

/* Move to the next magic at or behind w->at, or to the end. */
static enum yc_verdict hunt(struct yc_blockfile_walk *w, struct yc_error *err)
{
    uint8_t *window = w->room + w->block_bytes_max;
    while (w->at < w->size) {
        size_t got = 0;
        enum yc_verdict v = read_some(w, w->at, window, WINDOW_BYTES, &got, err);
        if (v != YC_VALID)
            return v;
        for (size_t i = 0; i + 4 <= got; i++)
            if (!memcmp(window + i, w->f->magic, 4)) {
                skip(w, i);
                return YC_VALID;
            }
        /* A magic may begin in the last three bytes of the window. */
        skip(w, got == WINDOW_BYTES ? got - 3 : w->size - w->at);
    }
    return YC_VALID;
}

enum yc_verdict yc_blockfile_walk_next(struct yc_blockfile_walk *w, struct yc_file_pos *at, size_t head_max,
                                       struct yc_view *head, struct yc_error *err)
{
    uint8_t *window = w->room + w->block_bytes_max;
    YC_ASSERT(head_max <= WINDOW_BYTES - FRAME_BYTES);
    if (w->record_bytes) {
        w->counts.records++;
        w->at += (uint64_t)FRAME_BYTES + w->record_bytes;
        w->record_bytes = 0;
    }
    while (w->at < w->size) {
        size_t got = 0;
        enum yc_verdict v = read_some(w, w->at, window, FRAME_BYTES + head_max, &got, err);
        if (v != YC_VALID)
            return v;
        if (got < FRAME_BYTES) {
            skip(w, w->size - w->at);
            break;
        }
        if (memcmp(window, w->f->magic, 4) != 0) {
            v = hunt(w, err);
            if (v != YC_VALID)
                return v;
            continue;
        }
        uint32_t n = yc_get32le(window + 4);
        if (n == 0 || n > w->block_bytes_max || n > w->size - w->at - FRAME_BYTES) {
            skip(w, 1);
            continue;
        }
        w->record_bytes = n;
        *at = (struct yc_file_pos){w->number, (uint32_t)(w->at + FRAME_BYTES), n};
        got -= FRAME_BYTES;
        *head = yc_view(window + FRAME_BYTES, got < n ? got : n);
        return YC_VALID;
    }
    return YC_NOT_YET;
}

enum yc_verdict yc_blockfile_walk_body(struct yc_blockfile_walk *w, struct yc_view *bytes, struct yc_error *err)
{
    size_t got = 0;
    YC_ASSERT(w->record_bytes);
    enum yc_verdict v = read_some(w, w->at + FRAME_BYTES, w->room, w->record_bytes, &got, err);
    *bytes = yc_view(w->room, got); /* shorter when the file has shrunk meanwhile */
    return v;
}

void yc_blockfile_walk_refuse(struct yc_blockfile_walk *w)
{
    YC_ASSERT(w->record_bytes);
    w->record_bytes = 0;
    skip(w, 1);
}

/* ---- which files there are ---- */

struct listing {
    const struct yc_blockfiles *f;
    struct yc_blockfile_list *list;
};

/* The number of a name blkNNNNN.dat. */
static bool number_of(const char *name, uint32_t *number)
{
    *number = 0;
    if (strlen(name) != strlen("blk00000.dat") || strncmp(name, "blk", 3) != 0 || strcmp(name + 8, ".dat") != 0)
        return false;
    for (size_t i = 3; i < 8; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        *number = *number * 10 + (uint32_t)(name[i] - '0');
    }
    return true;
}

static enum yc_verdict note_name(void *ctx, const char *name, bool is_dir)
{
    struct listing *l = (struct listing *)ctx;
    struct yc_blockfile_list *list = l->list;
    uint32_t number;
    if (is_dir || !number_of(name, &number))
        return YC_VALID;
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        void *p = yc_alloc_resize(l->f->alloc, list->file, list->room * sizeof *list->file, room * sizeof *list->file);
        if (!p)
            return YC_SYSTEM;
        list->file = (struct yc_blockfile_size *)p;
        list->room = room;
    }
    list->file[list->count++] = (struct yc_blockfile_size){number, 0};
    return YC_VALID;
}

static int by_number(const void *a, const void *b)
{
    const struct yc_blockfile_size *x = (const struct yc_blockfile_size *)a, *y = (const struct yc_blockfile_size *)b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static enum yc_verdict size_of(const struct yc_blockfiles *f, struct yc_blockfile_size *s, struct yc_error *err)
{
    struct yc_file *file;
    char *path = yc_blockfile_path_new(f, YC_BLOCKFILE_BLOCK, s->number);
    if (!path)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to list block files", f->dir);
    enum yc_verdict v = f->fs->open(f->fs->ctx, &file, path, YC_OPEN_READ, err);
    if (v == YC_VALID) {
        v = f->fs->size(f->fs->ctx, file, &s->bytes, err);
        f->fs->close(f->fs->ctx, file);
    }
    yc_blockfile_path_free(f, path);
    return v == YC_NOT_YET ? YC_VALID : v; /* gone meanwhile: it has no bytes */
}

enum yc_verdict yc_blockfiles_list(const struct yc_blockfiles *f, struct yc_blockfile_list *out, struct yc_error *err)
{
    struct listing l = {f, out};
    *out = (struct yc_blockfile_list){NULL, 0, 0};
    (void)yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to list block files", f->dir);
    enum yc_verdict v = f->fs->list(f->fs->ctx, f->dir, note_name, &l, err);
    if (out->count > 1)
        qsort(out->file, out->count, sizeof *out->file, by_number);
    for (size_t i = 0; v == YC_VALID && i < out->count; i++)
        v = size_of(f, &out->file[i], err);
    if (v != YC_VALID)
        yc_blockfiles_list_free(f, out);
    return v;
}

void yc_blockfiles_list_free(const struct yc_blockfiles *f, struct yc_blockfile_list *list)
{
    yc_alloc_free(f->alloc, list->file, list->room * sizeof *list->file);
    *list = (struct yc_blockfile_list){NULL, 0, 0};
}
