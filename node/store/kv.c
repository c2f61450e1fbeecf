#include "node/store/kv.h"

#include "base/reader.h"
#include "base/writer.h"

/* One change: 'p' or 'd', key length, key, and for a put value length and value. */
static void append_part(struct yc_buf *b, struct yc_view v)
{
    uint8_t length[9];
    struct yc_writer w;
    yc_writer_init(&w, length, sizeof length);
    yc_writer_compact(&w, v.n);
    yc_buf_append(b, length, w.n);
    yc_buf_append(b, v.p, v.n);
}

void yc_kv_batch_init(struct yc_kv_batch *b, const struct yc_alloc *alloc, size_t max_bytes)
{
    yc_buf_init(&b->ops, alloc, max_bytes);
    b->count = 0;
}

void yc_kv_batch_release(struct yc_kv_batch *b)
{
    yc_buf_release(&b->ops);
    b->count = 0;
}

void yc_kv_batch_clear(struct yc_kv_batch *b)
{
    yc_buf_clear(&b->ops);
    b->count = 0;
}

void yc_kv_batch_put(struct yc_kv_batch *b, struct yc_view key, struct yc_view value)
{
    yc_buf_append(&b->ops, "p", 1);
    append_part(&b->ops, key);
    append_part(&b->ops, value);
    b->count++;
}

void yc_kv_batch_delete(struct yc_kv_batch *b, struct yc_view key)
{
    yc_buf_append(&b->ops, "d", 1);
    append_part(&b->ops, key);
    b->count++;
}

bool yc_kv_batch_next(const struct yc_kv_batch *b, size_t *at, struct yc_kv_change *out)
{
    if (*at >= b->ops.n)
        return false;
    struct yc_reader r;
    yc_reader_init(&r, yc_view(b->ops.p + *at, b->ops.n - *at));
    out->put = yc_reader_u8(&r) == 'p';
    out->key = yc_reader_var_bytes(&r);
    out->value = out->put ? yc_reader_var_bytes(&r) : YC_VIEW_EMPTY;
    *at = b->ops.n - yc_reader_left(&r);
    return yc_reader_ok(&r);
}
