#include "node/store/schema.h"

#include "base/assert.h"
#include "base/hex.h"
#include "base/reader.h"
#include "base/writer.h"

#define WHAT_BYTES_MAX 32

static const char schema_key[] = {YC_KV_META, 's', 'c', 'h', 'e', 'm', 'a', 0};

/* The record: version, genesis, what. */
static enum yc_verdict write_schema(const struct yc_kv *kv, const struct yc_alloc *alloc, const struct yc_schema *s,
                                    struct yc_error *err)
{
    uint8_t bytes[4 + 32 + WHAT_BYTES_MAX + 1];
    struct yc_writer w;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_u32le(&w, s->version);
    yc_writer_bytes(&w, s->genesis.b, 32);
    yc_writer_var_bytes(&w, yc_view_text(s->what));
    YC_ASSERT(!w.failed);
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, alloc, 256);
    yc_kv_batch_put(&batch, yc_view_text(schema_key), yc_writer_written(&w));
    enum yc_verdict v = kv->write(kv->ctx, &batch, true, err);
    yc_kv_batch_release(&batch);
    return v;
}

static enum yc_verdict is_empty(const struct yc_kv *kv, bool *empty, struct yc_error *err)
{
    struct yc_kv_cursor *cursor;
    enum yc_verdict v = kv->cursor_open(kv->ctx, &cursor, YC_VIEW_EMPTY, err);
    if (v != YC_VALID)
        return v;
    struct yc_view key, value;
    v = kv->cursor_next(kv->ctx, cursor, &key, &value, err);
    kv->cursor_close(kv->ctx, cursor);
    *empty = v == YC_NOT_YET;
    return v == YC_NOT_YET ? YC_VALID : v;
}

static enum yc_verdict compare(struct yc_view found, const struct yc_schema *s, struct yc_error *err)
{
    struct yc_reader r;
    yc_reader_init(&r, found);
    uint32_t version = yc_reader_u32le(&r);
    struct yc_block_hash genesis;
    yc_reader_copy(&r, genesis.b, 32);
    struct yc_view what = yc_reader_var_bytes(&r);
    if (yc_reader_ok(&r) && !yc_view_equal(what, yc_view_text(s->what)))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the data directory has another store where the %s belongs: choose another -datadir", s->what);
    if (yc_reader_ok(&r) && version != s->version)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the %s in the data directory has version %u and this program knows version %u: run the program "
                       "that wrote it, or choose another -datadir",
                       s->what, (unsigned)version, (unsigned)s->version);
    if (!yc_reader_done(&r))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the schema record of the %s does not decode: start with -reindex to build it anew", s->what);
    if (!yc_block_hash_equal(&genesis, &s->genesis)) {
        char have[65], want[65];
        yc_hex_write_reversed(have, genesis.b, 32);
        yc_hex_write_reversed(want, s->genesis.b, 32);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the %s in the data directory belongs to the chain whose genesis block is %s, not to %s: choose "
                       "another -datadir, or the chain it was made for",
                       s->what, have, want);
    }
    return YC_VALID;
}

enum yc_verdict yc_schema_check(const struct yc_kv *kv, const struct yc_alloc *alloc, const struct yc_schema *expected,
                                struct yc_error *err)
{
    YC_ASSERT(strlen(expected->what) <= WHAT_BYTES_MAX);
    struct yc_buf found;
    yc_buf_init(&found, alloc, 1024);
    enum yc_verdict v = kv->get(kv->ctx, yc_view_text(schema_key), &found, err);
    if (v == YC_VALID) {
        v = compare(yc_buf_view(&found), expected, err);
    } else if (v == YC_NOT_YET) {
        bool empty = false;
        v = is_empty(kv, &empty, err);
        if (v == YC_VALID)
            v = empty ? write_schema(kv, alloc, expected, err)
                      : yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                                "the data directory has a %s that YCoin did not write, or that lost its first record: "
                                "choose another -datadir, or start with -reindex to build it anew",
                                expected->what);
    }
    yc_buf_release(&found);
    return v;
}
