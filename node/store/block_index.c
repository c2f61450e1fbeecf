#include "node/store/block_index.h"

#include "base/assert.h"
#include "base/hex.h"
#include "base/reader.h"
#include "base/writer.h"
#include "node/store/schema.h"

#define KEY_BYTES     37 /* 'b', height with its highest byte first, hash */
#define RECORD_BYTES  (1 + 80 + 3 * 4 + 2 * 8 + 2 * 12 + 2 * 8)
#define FLAG_NAME_MAX 32

/* Each record begins with its own version, so that one field more does not need a new store. */
#define RECORD_VERSION 1

static void write_key(uint8_t out[KEY_BYTES], uint32_t height, const struct yc_block_hash *hash)
{
    out[0] = 'b';
    yc_put32be(out + 1, height);
    memcpy(out + 5, hash->b, 32);
}

static void write_pos(struct yc_writer *w, struct yc_file_pos at)
{
    yc_writer_u32le(w, at.file);
    yc_writer_u32le(w, at.offset);
    yc_writer_u32le(w, at.bytes);
}

static struct yc_file_pos read_pos(struct yc_reader *r)
{
    struct yc_file_pos at;
    at.file = yc_reader_u32le(r);
    at.offset = yc_reader_u32le(r);
    at.bytes = yc_reader_u32le(r);
    return at;
}

static void write_record(uint8_t out[RECORD_BYTES], const struct yc_block_record *b)
{
    struct yc_writer w;
    yc_writer_init(&w, out, RECORD_BYTES);
    yc_writer_u8(&w, RECORD_VERSION);
    uint8_t header[YC_HEADER_BYTES];
    yc_header_write(&b->header, header);
    yc_writer_bytes(&w, header, sizeof header);
    yc_writer_u32le(&w, b->status);
    yc_writer_u32le(&w, b->script_flags);
    yc_writer_u32le(&w, b->tx_count);
    yc_writer_u64le(&w, b->chain_tx_count);
    yc_writer_u64le(&w, b->sequence);
    write_pos(&w, b->block);
    write_pos(&w, b->undo);
    yc_writer_u64le(&w, b->block_checksum);
    yc_writer_u64le(&w, b->undo_checksum);
}

static enum yc_verdict corrupt(const struct yc_block_record *b, const char *what, struct yc_error *err)
{
    char hash[65];
    yc_hex_write_reversed(hash, b->hash.b, 32);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                   "the block index has a record for block %s at height %u that %s: start with -reindex to build the "
                   "index anew from the block files",
                   hash, (unsigned)b->height, what);
}

static enum yc_verdict read_record(struct yc_view key, struct yc_view value, struct yc_block_record *out,
                                   struct yc_error *err)
{
    memset(out, 0, sizeof *out);
    if (key.n != KEY_BYTES)
        return corrupt(out, "has a key of another length", err);
    out->height = yc_get32be(key.p + 1);
    memcpy(out->hash.b, key.p + 5, 32);
    struct yc_reader r;
    yc_reader_init(&r, value);
    uint8_t version = yc_reader_u8(&r);
    struct yc_view header = yc_reader_bytes(&r, YC_HEADER_BYTES);
    out->status = yc_reader_u32le(&r);
    out->script_flags = yc_reader_u32le(&r);
    out->tx_count = yc_reader_u32le(&r);
    out->chain_tx_count = yc_reader_u64le(&r);
    out->sequence = yc_reader_u64le(&r);
    out->block = read_pos(&r);
    out->undo = read_pos(&r);
    out->block_checksum = yc_reader_u64le(&r);
    out->undo_checksum = yc_reader_u64le(&r);
    if (!yc_reader_done(&r) || version != RECORD_VERSION)
        return corrupt(out, "does not decode", err);
    yc_header_read(&out->header, header.p);
    struct yc_block_hash hash = yc_header_hash(&out->header);
    return yc_block_hash_equal(&hash, &out->hash) ? YC_VALID : corrupt(out, "holds another block's header", err);
}

enum yc_verdict yc_block_index_open(struct yc_block_index *x, const struct yc_alloc *alloc, const struct yc_kv *kv,
                                    const struct yc_block_hash *genesis, struct yc_error *err)
{
    *x = (struct yc_block_index){kv, alloc};
    struct yc_schema schema = {"block index", YC_BLOCK_INDEX_VERSION, *genesis};
    return yc_schema_check(kv, alloc, &schema, err);
}

enum yc_verdict yc_block_index_load(const struct yc_block_index *x, yc_block_record_each each, void *each_ctx,
                                    struct yc_error *err)
{
    struct yc_kv_cursor *cursor;
    enum yc_verdict v = x->kv->cursor_open(x->kv->ctx, &cursor, yc_view("b", 1), err);
    if (v != YC_VALID)
        return v;
    for (;;) {
        struct yc_view key, value;
        v = x->kv->cursor_next(x->kv->ctx, cursor, &key, &value, err);
        if (v == YC_NOT_YET || (v == YC_VALID && key.p[0] != 'b')) {
            v = YC_VALID;
            break;
        }
        struct yc_block_record record;
        if (v == YC_VALID)
            v = read_record(key, value, &record, err);
        if (v == YC_VALID)
            v = each(each_ctx, &record);
        if (v != YC_VALID)
            break;
    }
    x->kv->cursor_close(x->kv->ctx, cursor);
    return v;
}

enum yc_verdict yc_block_index_is_empty(const struct yc_block_index *x, bool *empty, struct yc_error *err)
{
    struct yc_kv_cursor *cursor;
    struct yc_view key, value;
    enum yc_verdict v = x->kv->cursor_open(x->kv->ctx, &cursor, yc_view("b", 1), err);
    if (v != YC_VALID)
        return v;
    v = x->kv->cursor_next(x->kv->ctx, cursor, &key, &value, err);
    *empty = v == YC_NOT_YET || (v == YC_VALID && key.p[0] != 'b');
    x->kv->cursor_close(x->kv->ctx, cursor);
    return v == YC_NOT_YET ? YC_VALID : v;
}

enum yc_verdict yc_block_index_put(struct yc_block_index *x, const struct yc_block_record *records, size_t n, bool sync,
                                   struct yc_error *err)
{
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, x->alloc, SIZE_MAX);
    for (size_t i = 0; i < n; i++) {
        uint8_t key[KEY_BYTES], value[RECORD_BYTES];
        write_key(key, records[i].height, &records[i].hash);
        write_record(value, &records[i]);
        yc_kv_batch_put(&batch, yc_view(key, sizeof key), yc_view(value, sizeof value));
    }
    enum yc_verdict v = x->kv->write(x->kv->ctx, &batch, sync, err);
    yc_kv_batch_release(&batch);
    return v;
}

enum yc_verdict yc_block_index_remove(struct yc_block_index *x, const struct yc_block_key *keys, size_t n,
                                      struct yc_error *err)
{
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, x->alloc, SIZE_MAX);
    for (size_t i = 0; i < n; i++) {
        uint8_t key[KEY_BYTES];
        write_key(key, keys[i].height, &keys[i].hash);
        yc_kv_batch_delete(&batch, yc_view(key, sizeof key));
    }
    enum yc_verdict v = x->kv->write(x->kv->ctx, &batch, true, err);
    yc_kv_batch_release(&batch);
    return v;
}

enum yc_verdict yc_block_index_get(const struct yc_block_index *x, uint32_t height, const struct yc_block_hash *hash,
                                   struct yc_block_record *out, struct yc_error *err)
{
    uint8_t key[KEY_BYTES];
    write_key(key, height, hash);
    struct yc_buf value;
    yc_buf_init(&value, x->alloc, 65536);
    enum yc_verdict v = x->kv->get(x->kv->ctx, yc_view(key, sizeof key), &value, err);
    if (v == YC_VALID)
        v = read_record(yc_view(key, sizeof key), yc_buf_view(&value), out, err);
    yc_buf_release(&value);
    return v;
}

static struct yc_view flag_key(uint8_t out[FLAG_NAME_MAX + 2], const char *name)
{
    size_t n = strlen(name);
    YC_ASSERT(n > 0 && n <= FLAG_NAME_MAX);
    out[0] = YC_KV_META;
    out[1] = 'f';
    memcpy(out + 2, name, n);
    return yc_view(out, n + 2);
}

enum yc_verdict yc_block_index_set_flag(struct yc_block_index *x, const char *name, bool on, struct yc_error *err)
{
    uint8_t room[FLAG_NAME_MAX + 2];
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, x->alloc, 256);
    if (on)
        yc_kv_batch_put(&batch, flag_key(room, name), yc_view("1", 1));
    else
        yc_kv_batch_delete(&batch, flag_key(room, name));
    enum yc_verdict v = x->kv->write(x->kv->ctx, &batch, true, err);
    yc_kv_batch_release(&batch);
    return v;
}

enum yc_verdict yc_block_index_flag(const struct yc_block_index *x, const char *name, bool *on, struct yc_error *err)
{
    uint8_t room[FLAG_NAME_MAX + 2];
    struct yc_buf value;
    yc_buf_init(&value, x->alloc, 16);
    enum yc_verdict v = x->kv->get(x->kv->ctx, flag_key(room, name), &value, err);
    yc_buf_release(&value);
    *on = v == YC_VALID;
    return v == YC_NOT_YET ? YC_VALID : v;
}
