#include "node/store/coins_load.h"

#include "base/assert.h"
#include "consensus/script/script.h"
#include "node/store/coins.h"
#include "node/store/coins_internal.h"
#include "node/store/schema.h"

#define BATCH_BYTES ((size_t)4 << 20)
#define ASK_EVERY   4096
/* It sorts before the record of the schema, where a scan looks for what is no coin. */
#define KEY_BASE   "!base"
#define BASE_BYTES (32 + 4 + 8 + 32 + 1)

/* ---- the base record ---- */

enum yc_verdict yc_coins_base_get(const struct yc_kv *kv, const struct yc_alloc *alloc, struct yc_coins_base *out,
                                  struct yc_error *err)
{
    struct yc_buf value;
    struct yc_reader r;
    yc_buf_init(&value, alloc, 1024);
    enum yc_verdict v = kv->get(kv->ctx, yc_view_text(KEY_BASE), &value, err);
    if (v == YC_VALID) {
        yc_reader_init(&r, yc_buf_view(&value));
        yc_reader_copy(&r, out->block.b, sizeof out->block.b);
        out->height = yc_reader_u32le(&r);
        out->chain_tx_count = yc_reader_u64le(&r);
        yc_reader_copy(&r, out->hash32, sizeof out->hash32);
        uint8_t trust = yc_reader_u8(&r);
        out->trust = (enum yc_coins_trust)trust;
        if (!yc_reader_done(&r) || trust > YC_COINS_REFUTED)
            v = yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                        "the coins do not say which snapshot they were begun from: start with -reindex-chainstate to "
                        "build them anew");
    }
    yc_buf_release(&value);
    return v;
}

enum yc_verdict yc_coins_base_set(const struct yc_kv *kv, const struct yc_alloc *alloc,
                                  const struct yc_coins_base *base, struct yc_error *err)
{
    uint8_t bytes[BASE_BYTES];
    struct yc_kv_batch batch;
    yc_kv_batch_init(&batch, alloc, 1024);
    if (base) {
        struct yc_writer w;
        yc_writer_init(&w, bytes, sizeof bytes);
        yc_writer_bytes(&w, base->block.b, sizeof base->block.b);
        yc_writer_u32le(&w, base->height);
        yc_writer_u64le(&w, base->chain_tx_count);
        yc_writer_bytes(&w, base->hash32, sizeof base->hash32);
        yc_writer_u8(&w, (uint8_t)base->trust);
        YC_ASSERT(!w.failed && w.n == sizeof bytes);
        yc_kv_batch_put(&batch, yc_view_text(KEY_BASE), yc_view(bytes, sizeof bytes));
    } else {
        yc_kv_batch_delete(&batch, yc_view_text(KEY_BASE));
    }
    enum yc_verdict v = kv->write(kv->ctx, &batch, true, err);
    yc_kv_batch_release(&batch);
    return v;
}

/* ---- loading ---- */

struct loading {
    const struct yc_coins_load *l;
    struct yc_kv_batch batch;
};

static enum yc_verdict write_batch(struct loading *x, struct yc_error *err)
{
    /* Each is synced: LevelDB may lose one that is not although a later one survives. */
    enum yc_verdict v = x->l->kv->write(x->l->kv->ctx, &x->batch, true, err);
    yc_kv_batch_clear(&x->batch);
    return v;
}

static enum yc_verdict put(struct loading *x, const struct yc_outpoint *at, const struct yc_coin_short *coin,
                           struct yc_error *err)
{
    uint8_t key[YC_COIN_KEY_BYTES_MAX], value[YC_COIN_OVERHEAD_MAX + YC_SCRIPT_BYTES_MAX];
    struct yc_writer w;
    yc_writer_init(&w, value, sizeof value);
    yc_coin_short_write(&w, coin);
    YC_ASSERT(!w.failed);
    yc_kv_batch_put(&x->batch, yc_view(key, yc_coin_key_write(key, at)), yc_writer_written(&w));
    return x->batch.ops.n >= BATCH_BYTES ? write_batch(x, err) : YC_VALID;
}

static bool go_on(const struct yc_coins_load *l)
{
    const struct yc_coins_file *f = l->file;
    return !l->go_on || l->go_on(l->go_on_ctx, f->head.coins ? (unsigned)(f->taken * 100 / f->head.coins) : 100);
}

static enum yc_verdict take_coins(struct loading *x, struct yc_error *err)
{
    struct yc_coins_file *f = x->l->file;
    struct yc_outpoint at;
    struct yc_coin_short coin;
    enum yc_verdict v;
    while ((v = yc_coins_file_next(f, &at, &coin, err)) == YC_VALID) {
        v = put(x, &at, &coin, err);
        if (v == YC_VALID && f->taken % ASK_EVERY == 0 && !go_on(x->l))
            return YC_NOT_YET;
        if (v != YC_VALID)
            return v;
    }
    if (v != YC_NOT_YET)
        return v;
    yc_kv_batch_put(&x->batch, yc_view_text(COINS_KEY_BEST), yc_view(f->head.base.b, 32));
    return write_batch(x, err);
}

static bool still_wanted(void *ctx)
{
    return go_on(ctx);
}

static enum yc_verdict add_up(const struct yc_coins_load *l, struct yc_coins_totals *out, struct yc_error *err)
{
    struct yc_coins_scan scan;
    enum yc_verdict v = yc_coins_scan_open(&scan, l->kv, err);
    if (v != YC_VALID)
        return v;
    v = yc_coins_scan_totals(&scan, YC_COINS_HASH_SERIALIZED, still_wanted, (void *)(uintptr_t)l, out, err);
    yc_coins_scan_close(&scan);
    if (v == YC_SYSTEM && err->which == YC_SYSTEM_CORRUPT)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Bad snapshot: its coins add up to more than can exist");
    if (v == YC_VALID && out->txouts != l->file->taken)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Bad snapshot: %llu of its %llu coins are named more than once",
                       (unsigned long long)(l->file->taken - out->txouts), (unsigned long long)l->file->taken);
    return v;
}

enum yc_verdict yc_coins_load(const struct yc_coins_load *l, struct yc_coins_totals *out, struct yc_error *err)
{
    struct loading x = {.l = l};
    struct yc_schema schema = {"coins", YC_COINS_VERSION, l->genesis};
    enum yc_verdict v = yc_schema_check(l->kv, l->alloc, &schema, err);
    yc_kv_batch_init(&x.batch, l->alloc, SIZE_MAX);
    if (v == YC_VALID)
        v = take_coins(&x, err);
    yc_kv_batch_release(&x.batch);
    return v == YC_VALID ? add_up(l, out, err) : v;
}
