#include "node/store/kv_fault.h"

static bool fails(struct yc_kv_fault *f, enum yc_kv_operation kind)
{
    if (!(f->kinds & kind))
        return false;
    unsigned n = atomic_fetch_add(&f->count, 1) + 1;
    bool hit = f->fail_at && (n == f->fail_at || (f->keep_failing && n > f->fail_at));
    f->failed += hit;
    return hit;
}

static enum yc_verdict refuse(const struct yc_kv_fault *f, const char *what, struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, f->which, "injected failure of %s, operation %u: remove the fault", what,
                   (unsigned)f->count);
}

static enum yc_verdict fault_get(void *ctx, struct yc_view key, struct yc_buf *value, struct yc_error *err)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    return fails(f, YC_KV_GET) ? refuse(f, "get", err) : f->inner->get(f->inner->ctx, key, value, err);
}

static enum yc_verdict fault_write(void *ctx, const struct yc_kv_batch *b, bool sync, struct yc_error *err)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    if (!fails(f, YC_KV_WRITE))
        return f->inner->write(f->inner->ctx, b, sync, err);
    if (f->write_anyway) {
        enum yc_verdict v = f->inner->write(f->inner->ctx, b, false, err);
        if (v != YC_VALID)
            return v;
    }
    return refuse(f, "write", err);
}

static enum yc_verdict fault_cursor_open(void *ctx, struct yc_kv_cursor **out, struct yc_view from,
                                         struct yc_error *err)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    return fails(f, YC_KV_CURSOR_OPEN) ? refuse(f, "cursor_open", err)
                                       : f->inner->cursor_open(f->inner->ctx, out, from, err);
}

static enum yc_verdict fault_cursor_next(void *ctx, struct yc_kv_cursor *c, struct yc_view *key, struct yc_view *value,
                                         struct yc_error *err)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    return fails(f, YC_KV_CURSOR_NEXT) ? refuse(f, "cursor_next", err)
                                       : f->inner->cursor_next(f->inner->ctx, c, key, value, err);
}

static void fault_cursor_close(void *ctx, struct yc_kv_cursor *c)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    f->inner->cursor_close(f->inner->ctx, c);
}

static uint64_t fault_approximate_bytes(void *ctx, struct yc_view from, struct yc_view to)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    return f->inner->approximate_bytes(f->inner->ctx, from, to);
}

static uint64_t fault_written_bytes(void *ctx)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    return f->inner->written_bytes(f->inner->ctx);
}

static void fault_compact(void *ctx)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    f->inner->compact(f->inner->ctx);
}

static void fault_close(void *ctx)
{
    struct yc_kv_fault *f = (struct yc_kv_fault *)ctx;
    f->inner->close(f->inner->ctx);
}

void yc_kv_fault_init(struct yc_kv_fault *f, const struct yc_kv *inner)
{
    *f = (struct yc_kv_fault){.kv = {.get = fault_get,
                                     .write = fault_write,
                                     .cursor_open = fault_cursor_open,
                                     .cursor_next = fault_cursor_next,
                                     .cursor_close = fault_cursor_close,
                                     .approximate_bytes = fault_approximate_bytes,
                                     .written_bytes = fault_written_bytes,
                                     .compact = fault_compact,
                                     .close = fault_close,
                                     .ctx = f},
                              .inner = inner,
                              .kinds = YC_KV_ALL,
                              .which = YC_SYSTEM_IO};
}
