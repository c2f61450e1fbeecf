/* Removing block files: one after another as the chain is pruned, and what an earlier run left behind. */
#include "node/store/blockfile.h"

#include "base/assert.h"
#include "node/store/blockfile_internal.h"

/* Remove one file of a kind and number; *gone says whether it was there. */
static enum yc_verdict remove_file(struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number, bool *gone,
                                   struct yc_error *err)
{
    YC_ASSERT(!f->syncing);
    for (struct handle *h = f->handle; h < f->handle + HANDLES_MAX; h++)
        if (h->file && h->number == number && h->kind == kind) {
            f->fs->close(f->fs->ctx, h->file);
            h->file = NULL;
        }
    yc_blockfile_path(f, kind, number, f->path);
    enum yc_verdict v = f->fs->remove(f->fs->ctx, f->path, err);
    if (v != YC_VALID && v != YC_NOT_YET)
        return v;
    *gone |= v == YC_VALID;
    if (number < f->ends_count) {
        f->bytes -= f->ends[number].end[kind];
        f->ends[number].end[kind] = 0;
    }
    return YC_VALID;
}

static enum yc_verdict remove_both(struct yc_blockfiles *f, uint32_t number, bool *gone, struct yc_error *err)
{
    enum yc_verdict v = remove_file(f, YC_BLOCKFILE_BLOCK, number, gone, err);
    return v == YC_VALID ? remove_file(f, YC_BLOCKFILE_UNDO, number, gone, err) : v;
}

enum yc_verdict yc_blockfiles_remove(struct yc_blockfiles *f, uint32_t number, struct yc_error *err)
{
    bool gone = false;
    YC_ASSERT(number != f->last);
    enum yc_verdict v = remove_both(f, number, &gone, err);
    return v == YC_VALID ? f->fs->sync_dir(f->fs->ctx, f->dir, err) : v;
}

/* Numbers of files in the folder, each once, as one bit. */
struct numbers {
    uint8_t seen[(YC_BLOCKFILE_NUMBER_MAX + 8) / 8];
};

static enum yc_verdict note_name(void *ctx, const char *name, bool is_dir)
{
    struct numbers *n = (struct numbers *)ctx;
    uint32_t number = 0;
    if (is_dir || strlen(name) != 12 || (memcmp(name, "blk", 3) != 0 && memcmp(name, "rev", 3) != 0) ||
        strcmp(name + 8, ".dat") != 0)
        return YC_VALID;
    for (size_t i = 3; i < 8; i++) {
        if (name[i] < '0' || name[i] > '9')
            return YC_VALID;
        number = number * 10 + (uint32_t)(name[i] - '0');
    }
    n->seen[number / 8] |= (uint8_t)(1u << number % 8);
    return YC_VALID;
}

static bool knows(const struct yc_blockfiles *f, uint32_t number)
{
    return number < f->ends_count &&
           (f->ends[number].end[YC_BLOCKFILE_BLOCK] || f->ends[number].end[YC_BLOCKFILE_UNDO]);
}

enum yc_verdict yc_blockfiles_remove_unknown(struct yc_blockfiles *f, uint32_t from, uint32_t end, uint32_t *removed,
                                             struct yc_error *err)
{
    struct numbers *n = (struct numbers *)yc_alloc_new(f->alloc, sizeof *n);
    *removed = 0;
    if (!n)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to look for old block files", f->dir);
    memset(n, 0, sizeof *n);
    enum yc_verdict v = f->fs->list(f->fs->ctx, f->dir, note_name, n, err);
    for (uint32_t number = from; v == YC_VALID && number < end && number <= YC_BLOCKFILE_NUMBER_MAX; number++) {
        bool gone = false;
        if (!(n->seen[number / 8] & 1u << number % 8) || knows(f, number))
            continue;
        v = remove_both(f, number, &gone, err);
        *removed += gone;
    }
    yc_alloc_free(f->alloc, n, sizeof *n);
    return v == YC_VALID && *removed ? f->fs->sync_dir(f->fs->ctx, f->dir, err) : v;
}

enum yc_verdict yc_blockfiles_first_missing(struct yc_blockfiles *f, uint32_t *number, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    for (*number = 0; v == YC_VALID && *number <= YC_BLOCKFILE_NUMBER_MAX; ++*number) {
        yc_blockfile_path(f, YC_BLOCKFILE_BLOCK, *number, f->path);
        v = f->fs->exists(f->fs->ctx, f->path, err);
        if (v == YC_NOT_YET)
            return YC_VALID;
    }
    return v;
}
