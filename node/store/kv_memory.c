#include "node/store/kv_memory.h"

#include "base/assert.h"
#include "node/store/kv_table.h"

struct pending {
    struct pending *next;
    bool synced;
    struct yc_kv_batch batch;
};

struct yc_kv_memory {
    const struct yc_alloc *alloc;
    const char *name;
    struct yc_kv kv;
    struct yc_kv_table *now;
    /* What the disk surely holds, and in order what was written since the oldest batch that is not sure. */
    struct yc_kv_table *durable;
    struct pending *pending, **pending_end;
    size_t pending_count;
    uint64_t written_bytes; /* of all batches */
};

struct yc_kv_cursor {
    struct yc_kv_table *table;
    struct yc_kv_place next;
};

static enum yc_verdict no_memory(const struct yc_kv_memory *m, struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory for the store's contents", m->name);
}

static void pending_free(struct yc_kv_memory *m, struct pending *p)
{
    yc_kv_batch_release(&p->batch);
    yc_alloc_free(m->alloc, p, sizeof *p);
}

static void settle(struct yc_kv_memory *m)
{
    while (m->pending) {
        struct pending *p = m->pending;
        m->pending = p->next;
        pending_free(m, p);
    }
    m->pending_end = &m->pending;
    m->pending_count = 0;
    yc_kv_table_drop(m->durable);
    m->durable = yc_kv_table_share(m->now);
}

static struct pending *pending_new(struct yc_kv_memory *m, const struct yc_kv_batch *b, bool sync)
{
    struct pending *p = (struct pending *)yc_alloc_new(m->alloc, sizeof *p);
    if (!p)
        return NULL;
    p->next = NULL;
    p->synced = sync;
    yc_kv_batch_init(&p->batch, m->alloc, SIZE_MAX);
    yc_buf_append(&p->batch.ops, b->ops.p, b->ops.n);
    p->batch.count = b->count;
    if (p->batch.ops.failed) {
        pending_free(m, p);
        return NULL;
    }
    return p;
}

static enum yc_verdict memory_write(void *ctx, const struct yc_kv_batch *b, bool sync, struct yc_error *err)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)ctx;
    if (b->ops.failed)
        return no_memory(m, err);
    if (m->pending_count >= YC_KV_MEMORY_PENDING_MAX)
        settle(m);
    bool sure = sync && !m->pending;
    struct pending *p = sure ? NULL : pending_new(m, b, sync);
    struct yc_kv_table *t = sure || p ? yc_kv_table_after(m->now, b) : NULL;
    if (!t) {
        if (p)
            pending_free(m, p);
        return no_memory(m, err);
    }
    yc_kv_table_drop(m->now);
    m->now = t;
    m->written_bytes += b->ops.n;
    if (sure) {
        settle(m);
    } else {
        *m->pending_end = p;
        m->pending_end = &p->next;
        m->pending_count++;
    }
    return YC_VALID;
}

static enum yc_verdict memory_get(void *ctx, struct yc_view key, struct yc_buf *value, struct yc_error *err)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)ctx;
    struct yc_kv_place at = yc_kv_table_find(m->now, key);
    struct yc_view found, bytes;
    if (!yc_kv_table_next(m->now, &at, &found, &bytes) || !yc_view_equal(found, key))
        return YC_NOT_YET;
    yc_buf_clear(value);
    yc_buf_append(value, bytes.p, bytes.n);
    return value->failed ? no_memory(m, err) : YC_VALID;
}

static enum yc_verdict memory_cursor_open(void *ctx, struct yc_kv_cursor **out, struct yc_view from,
                                          struct yc_error *err)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)ctx;
    struct yc_kv_cursor *c = (struct yc_kv_cursor *)yc_alloc_new(m->alloc, sizeof *c);
    if (!c)
        return no_memory(m, err);
    c->table = yc_kv_table_share(m->now);
    c->next = yc_kv_table_find(m->now, from);
    *out = c;
    return YC_VALID;
}

static enum yc_verdict memory_cursor_next(void *ctx, struct yc_kv_cursor *c, struct yc_view *key, struct yc_view *value,
                                          struct yc_error *err)
{
    (void)ctx;
    (void)err;
    return yc_kv_table_next(c->table, &c->next, key, value) ? YC_VALID : YC_NOT_YET;
}

static void memory_cursor_close(void *ctx, struct yc_kv_cursor *c)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)ctx;
    if (!c)
        return;
    yc_kv_table_drop(c->table);
    yc_alloc_free(m->alloc, c, sizeof *c);
}

static uint64_t memory_approximate_bytes(void *ctx, struct yc_view from, struct yc_view to)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)ctx;
    struct yc_kv_place at = yc_kv_table_find(m->now, from);
    struct yc_view key, value;
    uint64_t bytes = 0;
    while (yc_kv_table_next(m->now, &at, &key, &value) && yc_kv_compare(key, to) < 0)
        bytes += key.n + value.n;
    return bytes;
}

static uint64_t memory_written_bytes(void *ctx)
{
    const struct yc_kv_memory *m = (const struct yc_kv_memory *)ctx;
    return m->written_bytes;
}

static void memory_nothing(void *ctx)
{
    (void)ctx;
}

enum yc_verdict yc_kv_memory_new(struct yc_kv_memory **out, const struct yc_alloc *alloc, const char *name,
                                 struct yc_error *err)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)yc_alloc_new(alloc, sizeof *m);
    struct yc_kv_table *t = m ? yc_kv_table_new(alloc) : NULL;
    if (!t) {
        yc_alloc_free(alloc, m, sizeof *m);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory for a store", name);
    }
    *m = (struct yc_kv_memory){.alloc = alloc,
                               .name = name,
                               .kv = {.get = memory_get,
                                      .write = memory_write,
                                      .cursor_open = memory_cursor_open,
                                      .cursor_next = memory_cursor_next,
                                      .cursor_close = memory_cursor_close,
                                      .approximate_bytes = memory_approximate_bytes,
                                      .written_bytes = memory_written_bytes,
                                      .compact = memory_nothing,
                                      .close = memory_nothing,
                                      .ctx = m},
                               .now = t,
                               .durable = yc_kv_table_share(t)};
    m->pending_end = &m->pending;
    *out = m;
    return YC_VALID;
}

void yc_kv_memory_free(struct yc_kv_memory *m)
{
    if (!m)
        return;
    settle(m);
    yc_kv_table_drop(m->durable);
    yc_kv_table_drop(m->now);
    yc_alloc_free(m->alloc, m, sizeof *m);
}

const struct yc_kv *yc_kv_memory_kv(struct yc_kv_memory *m)
{
    return &m->kv;
}

enum yc_verdict yc_kv_memory_power_cut(struct yc_kv_memory *m, const struct yc_random *chance, struct yc_error *err)
{
    struct yc_kv_table *t = yc_kv_table_share(m->durable);
    for (const struct pending *p = m->pending; p; p = p->next) {
        if (!p->synced && (!chance || yc_random_below(chance, 2) == 0))
            continue;
        struct yc_kv_table *next = yc_kv_table_after(t, &p->batch);
        yc_kv_table_drop(t);
        if (!next)
            return no_memory(m, err);
        t = next;
    }
    yc_kv_table_drop(m->now);
    m->now = t;
    settle(m);
    return YC_VALID;
}

size_t yc_kv_memory_count(const struct yc_kv_memory *m)
{
    return yc_kv_table_count(m->now);
}
