#include "node/store/kv_memory.h"

#include "base/assert.h"

#include <string.h>

/* Keys and values in one block; shared by the arrays that name it. */
struct entry {
    size_t refs;
    size_t key_bytes, value_bytes;
    uint8_t bytes[];
};

/* A sorted array, never changed once made: a write makes a new one, a cursor keeps an old one. */
struct table {
    size_t refs;
    size_t count;
    struct entry *entry[];
};

struct pending {
    struct pending *next;
    bool synced;
    struct yc_kv_batch batch;
};

struct yc_kv_memory {
    const struct yc_alloc *alloc;
    const char *name;
    struct yc_kv kv;
    struct table *now;
    /* What the disk surely holds, and in order what was written since the oldest batch that is not sure. */
    struct table *durable;
    struct pending *pending, **pending_end;
    size_t pending_count;
    uint64_t written_bytes; /* of all batches */
};

struct yc_kv_cursor {
    struct table *table;
    size_t next;
};

static struct yc_view entry_key(const struct entry *e)
{
    return yc_view(e->bytes, e->key_bytes);
}

static int compare(struct yc_view a, struct yc_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

static void entry_drop(const struct yc_alloc *alloc, struct entry *e)
{
    if (--e->refs == 0)
        yc_alloc_free(alloc, e, sizeof *e + e->key_bytes + e->value_bytes);
}

static struct table *table_new(const struct yc_alloc *alloc, size_t room)
{
    struct table *t = (struct table *)yc_alloc_new(alloc, sizeof *t + room * sizeof t->entry[0]);
    if (t) {
        t->refs = 1;
        t->count = 0;
    }
    return t;
}

static void table_drop(const struct yc_alloc *alloc, struct table *t)
{
    if (--t->refs > 0)
        return;
    for (size_t i = 0; i < t->count; i++)
        entry_drop(alloc, t->entry[i]);
    yc_alloc_free(alloc, t, sizeof *t + t->count * sizeof t->entry[0]);
}

/* Index of the first entry whose key is >= key. */
static size_t table_find(const struct table *t, struct yc_view key)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(entry_key(t->entry[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A change of a batch, to be sorted by key; of each key only the last is kept. */
struct sorted {
    struct yc_view key;
    size_t order;
    struct entry *entry;
    struct yc_view value;
    bool put;
};

static bool before(const struct sorted *a, const struct sorted *b)
{
    int order = compare(a->key, b->key);
    return order ? order < 0 : a->order < b->order;
}

static void sift(struct sorted *s, size_t at, size_t n)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n)
            return;
        if (child + 1 < n && before(&s[child], &s[child + 1]))
            child++;
        if (!before(&s[at], &s[child]))
            return;
        struct sorted t = s[at];
        s[at] = s[child];
        s[child] = t;
        at = child;
    }
}

static size_t sort_changes(struct sorted *s, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(s, i, n);
    for (size_t i = n; i > 1; i--) {
        struct sorted t = s[0];
        s[0] = s[i - 1];
        s[i - 1] = t;
        sift(s, 0, i - 1);
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || compare(s[i].key, s[i + 1].key) != 0)
            s[kept++] = s[i];
    return kept;
}

static bool make_entries(const struct yc_alloc *alloc, struct sorted *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!s[i].put)
            continue;
        struct entry *e = (struct entry *)yc_alloc_new(alloc, sizeof *e + s[i].key.n + s[i].value.n);
        if (!e) {
            while (i-- > 0)
                if (s[i].put)
                    entry_drop(alloc, s[i].entry);
            return false;
        }
        e->refs = 1;
        e->key_bytes = s[i].key.n;
        e->value_bytes = s[i].value.n;
        memcpy(e->bytes, s[i].key.p, s[i].key.n);
        if (s[i].value.n)
            memcpy(e->bytes + s[i].key.n, s[i].value.p, s[i].value.n);
        s[i].entry = e;
    }
    return true;
}

static struct table *merge(const struct yc_alloc *alloc, const struct table *old, const struct sorted *s, size_t n)
{
    size_t room = 0;
    for (size_t pass = 0;; pass++) {
        /* First count, then fill: a table has no spare room, so that its size can be told when it is freed. */
        struct table *t = pass ? table_new(alloc, room) : NULL;
        if (pass && !t)
            return NULL;
        size_t i = 0, j = 0, at = 0;
        while (i < old->count || j < n) {
            int order = i == old->count ? 1 : j == n ? -1 : compare(entry_key(old->entry[i]), s[j].key);
            struct entry *e = order < 0 ? old->entry[i] : s[j].put ? s[j].entry : NULL;
            i += order <= 0;
            j += order >= 0;
            if (!e)
                continue;
            if (t) {
                t->entry[at] = e;
                e->refs++;
            }
            at++;
        }
        if (t) {
            t->count = at;
            return t;
        }
        room = at;
    }
}

/* The table after the batch; NULL when there is no memory. */
static struct table *apply(const struct yc_alloc *alloc, const struct table *old, const struct yc_kv_batch *b)
{
    size_t bytes = (b->count + 1) * sizeof(struct sorted);
    struct sorted *s = (struct sorted *)yc_alloc_new(alloc, bytes);
    if (!s)
        return NULL;
    struct yc_kv_change change;
    size_t n = 0;
    for (size_t at = 0; yc_kv_batch_next(b, &at, &change); n++)
        s[n] = (struct sorted){.key = change.key, .order = n, .value = change.value, .put = change.put};
    YC_ASSERT(n == b->count);
    n = sort_changes(s, n);
    struct table *t = NULL;
    if (make_entries(alloc, s, n)) {
        t = merge(alloc, old, s, n);
        for (size_t i = 0; i < n; i++)
            if (s[i].put)
                entry_drop(alloc, s[i].entry);
    }
    yc_alloc_free(alloc, s, bytes);
    return t;
}

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
    table_drop(m->alloc, m->durable);
    m->durable = m->now;
    m->now->refs++;
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
    struct table *t = sure || p ? apply(m->alloc, m->now, b) : NULL;
    if (!t) {
        if (p)
            pending_free(m, p);
        return no_memory(m, err);
    }
    table_drop(m->alloc, m->now);
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
    size_t i = table_find(m->now, key);
    if (i == m->now->count || compare(entry_key(m->now->entry[i]), key) != 0)
        return YC_NOT_YET;
    const struct entry *e = m->now->entry[i];
    yc_buf_clear(value);
    yc_buf_append(value, e->bytes + e->key_bytes, e->value_bytes);
    return value->failed ? no_memory(m, err) : YC_VALID;
}

static enum yc_verdict memory_cursor_open(void *ctx, struct yc_kv_cursor **out, struct yc_view from,
                                          struct yc_error *err)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)ctx;
    struct yc_kv_cursor *c = (struct yc_kv_cursor *)yc_alloc_new(m->alloc, sizeof *c);
    if (!c)
        return no_memory(m, err);
    c->table = m->now;
    m->now->refs++;
    c->next = table_find(m->now, from);
    *out = c;
    return YC_VALID;
}

static enum yc_verdict memory_cursor_next(void *ctx, struct yc_kv_cursor *c, struct yc_view *key, struct yc_view *value,
                                          struct yc_error *err)
{
    (void)ctx;
    (void)err;
    if (c->next == c->table->count)
        return YC_NOT_YET;
    const struct entry *e = c->table->entry[c->next++];
    *key = entry_key(e);
    *value = yc_view(e->bytes + e->key_bytes, e->value_bytes);
    return YC_VALID;
}

static void memory_cursor_close(void *ctx, struct yc_kv_cursor *c)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)ctx;
    if (!c)
        return;
    table_drop(m->alloc, c->table);
    yc_alloc_free(m->alloc, c, sizeof *c);
}

static uint64_t memory_approximate_bytes(void *ctx, struct yc_view from, struct yc_view to)
{
    struct yc_kv_memory *m = (struct yc_kv_memory *)ctx;
    uint64_t bytes = 0;
    size_t end = table_find(m->now, to);
    for (size_t i = table_find(m->now, from); i < end; i++)
        bytes += m->now->entry[i]->key_bytes + m->now->entry[i]->value_bytes;
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
    struct table *t = m ? table_new(alloc, 0) : NULL;
    if (!t) {
        yc_alloc_free(alloc, m, sizeof *m);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory for a store", name);
    }
    t->refs = 2;
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
                               .durable = t};
    m->pending_end = &m->pending;
    *out = m;
    return YC_VALID;
}

void yc_kv_memory_free(struct yc_kv_memory *m)
{
    if (!m)
        return;
    settle(m);
    table_drop(m->alloc, m->durable);
    table_drop(m->alloc, m->now);
    yc_alloc_free(m->alloc, m, sizeof *m);
}

const struct yc_kv *yc_kv_memory_kv(struct yc_kv_memory *m)
{
    return &m->kv;
}

enum yc_verdict yc_kv_memory_power_cut(struct yc_kv_memory *m, const struct yc_random *chance, struct yc_error *err)
{
    struct table *t = m->durable;
    t->refs++;
    for (const struct pending *p = m->pending; p; p = p->next) {
        if (!p->synced && (!chance || yc_random_below(chance, 2) == 0))
            continue;
        struct table *next = apply(m->alloc, t, &p->batch);
        table_drop(m->alloc, t);
        if (!next)
            return no_memory(m, err);
        t = next;
    }
    table_drop(m->alloc, m->now);
    m->now = t;
    settle(m);
    return YC_VALID;
}

size_t yc_kv_memory_count(const struct yc_kv_memory *m)
{
    return m->now->count;
}
