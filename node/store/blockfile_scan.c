#include "node/store/blockfile.h"

#include "base/bytes.h"
#include "node/store/blockfile_internal.h"

#define WINDOW_BYTES 65536

struct scan {
    const struct yc_blockfiles *f;
    struct yc_file *file;
    uint64_t size, at;
    uint32_t number, block_bytes_max;
    uint8_t *room; /* block_bytes_max, then WINDOW_BYTES */
    struct yc_blockfile_scan *out;
};

static enum yc_verdict read_some(struct scan *s, uint8_t *out, size_t n, size_t *got, struct yc_error *err)
{
    return s->f->fs->pread(s->f->fs->ctx, s->file, out, n, s->at, got, err);
}

/* Move to the next magic at or behind s->at, or to the end. */
static enum yc_verdict hunt(struct scan *s, struct yc_error *err)
{
    uint8_t *window = s->room + s->block_bytes_max;
    while (s->at < s->size) {
        size_t got = 0;
        enum yc_verdict v = read_some(s, window, WINDOW_BYTES, &got, err);
        if (v != YC_VALID)
            return v;
        for (size_t i = 0; i + 4 <= got; i++)
            if (!memcmp(window + i, s->f->magic, 4)) {
                s->at += i;
                s->out->skipped_bytes += i;
                return YC_VALID;
            }
        /* A magic may begin in the last three bytes of the window. */
        size_t passed = got == WINDOW_BYTES ? got - 3 : (size_t)(s->size - s->at);
        s->at += passed;
        s->out->skipped_bytes += passed;
    }
    return YC_VALID;
}

/* One step: a record is handed out, or garbage is passed over. */
static enum yc_verdict step(struct scan *s, yc_blockfile_record each, void *each_ctx, struct yc_error *err)
{
    uint8_t frame[FRAME_BYTES];
    size_t got = 0;
    enum yc_verdict v = read_some(s, frame, sizeof frame, &got, err);
    if (v != YC_VALID)
        return v;
    if (got < sizeof frame) {
        s->out->skipped_bytes += s->size - s->at;
        s->at = s->size;
        return YC_VALID;
    }
    if (memcmp(frame, s->f->magic, 4) != 0)
        return hunt(s, err);
    uint32_t n = yc_get32le(frame + 4);
    bool record = n > 0 && n <= s->block_bytes_max && n <= s->size - s->at - FRAME_BYTES;
    if (record) {
        s->at += FRAME_BYTES;
        v = read_some(s, s->room, n, &got, err);
        s->at -= FRAME_BYTES;
        if (v != YC_VALID)
            return v;
        record = got == n;
    }
    if (record) {
        v = each(each_ctx, (struct yc_file_pos){s->number, (uint32_t)(s->at + FRAME_BYTES), n}, yc_view(s->room, n));
        if (v != YC_VALID && v != YC_MUTATED)
            return v;
        record = v == YC_VALID;
    }
    s->out->records += record;
    s->out->skipped_bytes += record ? 0 : 1;
    s->at += record ? (uint64_t)FRAME_BYTES + n : 1;
    return YC_VALID;
}

enum yc_verdict yc_blockfiles_scan(const struct yc_blockfiles *f, uint32_t file, uint32_t block_bytes_max,
                                   yc_blockfile_record each, void *each_ctx, struct yc_blockfile_scan *out,
                                   struct yc_error *err)
{
    *out = (struct yc_blockfile_scan){0, 0};
    size_t room_bytes = (size_t)block_bytes_max + WINDOW_BYTES;
    struct scan s = {.f = f, .number = file, .block_bytes_max = block_bytes_max, .out = out};
    char *path = yc_blockfile_path_new(f, YC_BLOCKFILE_BLOCK, file);
    s.room = (uint8_t *)yc_alloc_new(f->alloc, room_bytes);
    enum yc_verdict v;
    if (!path || !s.room) {
        v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to scan a block file", f->dir);
    } else if ((v = f->fs->open(f->fs->ctx, &s.file, path, YC_OPEN_READ, err)) == YC_VALID) {
        v = f->fs->size(f->fs->ctx, s.file, &s.size, err);
        if (s.size > UINT32_MAX) /* positions have 32 bits: nothing behind was written by a node */
            s.size = UINT32_MAX;
        while (v == YC_VALID && s.at < s.size)
            v = step(&s, each, each_ctx, err);
        f->fs->close(f->fs->ctx, s.file);
    }
    yc_alloc_free(f->alloc, s.room, room_bytes);
    yc_blockfile_path_free(f, path);
    return v;
}
