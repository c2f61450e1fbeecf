#include "sim/disk.h"

static void spend(struct sim_disk *d, int64_t fixed_us, size_t bytes)
{
    d->spent_us += fixed_us;
    if (d->speed.bytes_per_s)
        d->spent_us += (int64_t)((uint64_t)bytes * 1000000 / d->speed.bytes_per_s);
}

static enum yc_verdict disk_open(void *ctx, struct yc_file **out, const char *path, enum yc_open_mode mode,
                                 struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.operation_us, 0);
    return d->inner->open(d->inner->ctx, out, path, mode, err);
}

static void disk_close(void *ctx, struct yc_file *f)
{
    struct sim_disk *d = ctx;
    d->inner->close(d->inner->ctx, f);
}

static enum yc_verdict disk_pread(void *ctx, struct yc_file *f, void *out, size_t n, uint64_t offset, size_t *got,
                                  struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.operation_us, n);
    return d->inner->pread(d->inner->ctx, f, out, n, offset, got, err);
}

static enum yc_verdict disk_pwrite(void *ctx, struct yc_file *f, const void *p, size_t n, uint64_t offset,
                                   struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.operation_us, n);
    d->bytes_written += n;
    return d->inner->pwrite(d->inner->ctx, f, p, n, offset, err);
}

static enum yc_verdict disk_size(void *ctx, struct yc_file *f, uint64_t *out, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    return d->inner->size(d->inner->ctx, f, out, err);
}

static enum yc_verdict disk_truncate(void *ctx, struct yc_file *f, uint64_t n, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.operation_us, 0);
    return d->inner->truncate(d->inner->ctx, f, n, err);
}

static enum yc_verdict disk_sync(void *ctx, struct yc_file *f, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.sync_us, 0);
    d->syncs++;
    return d->inner->sync(d->inner->ctx, f, err);
}

static enum yc_verdict disk_rename(void *ctx, const char *from, const char *to, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.operation_us, 0);
    return d->inner->rename(d->inner->ctx, from, to, err);
}

static enum yc_verdict disk_remove(void *ctx, const char *path, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.operation_us, 0);
    return d->inner->remove(d->inner->ctx, path, err);
}

static enum yc_verdict disk_make_dir(void *ctx, const char *path, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.operation_us, 0);
    return d->inner->make_dir(d->inner->ctx, path, err);
}

static enum yc_verdict disk_sync_dir(void *ctx, const char *path, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.sync_us, 0);
    d->syncs++;
    return d->inner->sync_dir(d->inner->ctx, path, err);
}

static enum yc_verdict disk_exists(void *ctx, const char *path, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    return d->inner->exists(d->inner->ctx, path, err);
}

static enum yc_verdict disk_list(void *ctx, const char *path, yc_fs_list_entry each, void *each_ctx,
                                 struct yc_error *err)
{
    struct sim_disk *d = ctx;
    spend(d, d->speed.operation_us, 0);
    return d->inner->list(d->inner->ctx, path, each, each_ctx, err);
}

static enum yc_verdict disk_space(void *ctx, const char *path, uint64_t *out, struct yc_error *err)
{
    struct sim_disk *d = ctx;
    return d->inner->space(d->inner->ctx, path, out, err);
}

void sim_disk_init(struct sim_disk *d, const struct yc_fs *inner, struct sim_disk_speed speed)
{
    *d = (struct sim_disk){.inner = inner,
                           .speed = speed,
                           .fs = {disk_open, disk_close, disk_pread, disk_pwrite, disk_size, disk_truncate, disk_sync,
                                  disk_rename, disk_remove, disk_make_dir, disk_sync_dir, disk_exists, disk_list,
                                  disk_space, d}};
}

/* --- key-value stores --- */

static enum yc_verdict kv_get(void *ctx, struct yc_view key, struct yc_buf *value, struct yc_error *err)
{
    struct sim_disk_kv *k = ctx;
    enum yc_verdict v = k->inner->get(k->inner->ctx, key, value, err);
    spend(k->disk, k->disk->speed.operation_us, v == YC_VALID ? value->n : 0);
    return v;
}

static enum yc_verdict kv_write(void *ctx, const struct yc_kv_batch *b, bool sync, struct yc_error *err)
{
    struct sim_disk_kv *k = ctx;
    spend(k->disk, sync ? k->disk->speed.sync_us : k->disk->speed.operation_us, b->ops.n);
    k->disk->syncs += sync;
    k->disk->bytes_written += b->ops.n;
    return k->inner->write(k->inner->ctx, b, sync, err);
}

static enum yc_verdict kv_cursor_open(void *ctx, struct yc_kv_cursor **out, struct yc_view from, struct yc_error *err)
{
    struct sim_disk_kv *k = ctx;
    spend(k->disk, k->disk->speed.operation_us, 0);
    return k->inner->cursor_open(k->inner->ctx, out, from, err);
}

static enum yc_verdict kv_cursor_next(void *ctx, struct yc_kv_cursor *c, struct yc_view *key, struct yc_view *value,
                                      struct yc_error *err)
{
    struct sim_disk_kv *k = ctx;
    enum yc_verdict v = k->inner->cursor_next(k->inner->ctx, c, key, value, err);
    if (v == YC_VALID)
        spend(k->disk, 0, key->n + value->n);
    return v;
}

static void kv_cursor_close(void *ctx, struct yc_kv_cursor *c)
{
    struct sim_disk_kv *k = ctx;
    k->inner->cursor_close(k->inner->ctx, c);
}

static uint64_t kv_approximate_bytes(void *ctx, struct yc_view from, struct yc_view to)
{
    struct sim_disk_kv *k = ctx;
    return k->inner->approximate_bytes(k->inner->ctx, from, to);
}

static uint64_t kv_written_bytes(void *ctx)
{
    struct sim_disk_kv *k = ctx;
    return k->inner->written_bytes(k->inner->ctx);
}

static void kv_compact(void *ctx)
{
    struct sim_disk_kv *k = ctx;
    k->inner->compact(k->inner->ctx);
}

static void kv_close(void *ctx)
{
    struct sim_disk_kv *k = ctx;
    k->inner->close(k->inner->ctx);
}

void sim_disk_kv_init(struct sim_disk_kv *k, const struct yc_kv *inner, struct sim_disk *disk)
{
    *k = (struct sim_disk_kv){.kv = {kv_get, kv_write, kv_cursor_open, kv_cursor_next, kv_cursor_close,
                                     kv_approximate_bytes, kv_written_bytes, kv_compact, kv_close, k},
                              .inner = inner,
                              .disk = disk};
}
