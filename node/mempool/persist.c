/* mempool.dat: eight bytes of magic and version, then records of { body length u32, checksum u32, body }. A body is
 * { flags u8, time i64, delta i64, transaction }, or { flags u8, txid, delta i64 } for a delta alone. The checksum is the
 * first four bytes of the body's double SHA-256: a record that is broken is passed over, and a length that cannot be ends
 * the reading (catalogue M08). */
#include <stdio.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/sha256.h"
#include "node/mempool/pool.h"

#define MAGIC            "ycpool\0\1"
#define MAGIC_BYTES      8
#define RECORD_HEAD      8
#define TX_HEAD          17
#define FILE_BYTES_MAX   (UINT64_C(1) << 31)
#define ARENA_CHUNK      65536
#define ARENA_MAX        (UINT32_C(256) << 20)
#define FLAG_UNBROADCAST 1
#define FLAG_DELTA_ONLY  2
#define FLAGS_KNOWN      (FLAG_UNBROADCAST | FLAG_DELTA_ONLY)

/* ---- saving ---- */

static void seal(uint8_t *record, size_t body_n)
{
    uint8_t hash[32];
    yc_sha256d(hash, record + RECORD_HEAD, body_n);
    yc_put32le(record, (uint32_t)body_n);
    memcpy(record + 4, hash, 4);
}

static bool save_entry(void *ctx, const struct yc_pool_entry *e)
{
    size_t n = TX_HEAD + e->tx.raw.n;
    uint8_t *at = yc_buf_room(ctx, RECORD_HEAD + n);
    if (!at)
        return false;
    at[RECORD_HEAD] = e->unbroadcast ? FLAG_UNBROADCAST : 0;
    yc_put64le(at + RECORD_HEAD + 1, (uint64_t)e->time_s);
    yc_put64le(at + RECORD_HEAD + 9, (uint64_t)e->fee_delta_sat);
    memcpy(at + RECORD_HEAD + TX_HEAD, e->tx.raw.p, e->tx.raw.n);
    seal(at, n);
    return true;
}

static void save_delta(void *ctx, const struct yc_txid *txid, int64_t delta_sat, const struct yc_pool_entry *entry)
{
    size_t n = 1 + 32 + 8;
    uint8_t *at = entry ? NULL : yc_buf_room(ctx, RECORD_HEAD + n);
    if (!at)
        return;
    at[RECORD_HEAD] = FLAG_DELTA_ONLY;
    memcpy(at + RECORD_HEAD + 1, txid->b, 32);
    yc_put64le(at + RECORD_HEAD + 33, (uint64_t)delta_sat);
    seal(at, n);
}

enum yc_verdict yc_pool_save(const struct yc_pool *p, const struct yc_fs *fs, const char *path, struct yc_error *err)
{
    struct yc_buf file;
    yc_buf_init(&file, p->config.alloc, FILE_BYTES_MAX);
    yc_buf_append(&file, MAGIC, MAGIC_BYTES);
    yc_pool_each(p, save_entry, &file);
    yc_pool_deltas(p, save_delta, &file);
    enum yc_verdict v = file.failed ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to save %s", path)
                                    : yc_fs_replace_file(fs, path, yc_buf_view(&file), err);
    yc_buf_release(&file);
    return v;
}

/* ---- loading ---- */

/* What is spoiled is kept aside: the next save would overwrite what somebody may want to look at. */
static void keep_aside(struct yc_pool *p)
{
    const struct yc_pool_load *l = &p->load;
    char aside[YC_POOL_PATH_MAX + 8];
    struct yc_error err;
    (void)snprintf(aside, sizeof aside, "%s.bad", l->path);
    if (l->fs->rename(l->fs->ctx, l->path, aside, &err) == YC_VALID)
        yc_log_warning(p->config.log, "The file with the saved transaction pool is kept as %s", aside);
    else
        yc_log_warning(p->config.log, "The file with the saved transaction pool cannot be kept aside: %s", err.text);
}

static void load_end(struct yc_pool *p)
{
    struct yc_pool_load *l = &p->load;
    if (l->broken > 0)
        keep_aside(p);
    yc_log_info(p->config.log,
                "Imported mempool transactions from file: %zu succeeded, %zu failed or were there already", l->taken,
                l->refused);
    if (l->broken > 0)
        yc_log_warning(
            p->config.log,
            "%zu part(s) of the saved transaction pool could not be read; what was lost will be heard of again",
            l->broken);
    yc_pool_load_release(p);
    l->running = false;
}

void yc_pool_load_release(struct yc_pool *p)
{
    struct yc_pool_load *l = &p->load;
    yc_alloc_free(p->config.alloc, (uint8_t *)(uintptr_t)l->file.p, l->file.n);
    if (l->arena.alloc)
        yc_arena_release(&l->arena);
    l->file = YC_VIEW_EMPTY;
    l->arena = (struct yc_arena){0};
}

enum yc_verdict yc_pool_load_begin(struct yc_pool *p, const struct yc_fs *fs, const char *path, struct yc_error *err)
{
    struct yc_pool_load *l = &p->load;
    YC_ASSERT(!l->running);
    *l = (struct yc_pool_load){.fs = fs};
    yc_arena_init(&l->arena, p->config.alloc, ARENA_CHUNK, ARENA_MAX);
    if (strlen(path) >= sizeof l->path)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "%s is too long a path for the saved transaction pool", path);
    memcpy(l->path, path, strlen(path) + 1);
    struct yc_error why = {.which = YC_SYSTEM_NONE};
    enum yc_verdict v = yc_fs_read_file(fs, p->config.alloc, path, FILE_BYTES_MAX, &l->file, &why);
    if (v == YC_NOT_YET)
        return YC_VALID;
    if (v == YC_SYSTEM && why.which == YC_SYSTEM_CORRUPT) {
        yc_log_warning(p->config.log, "The saved transaction pool is passed over: %s", why.text);
        keep_aside(p);
        return YC_VALID;
    }
    if (v != YC_VALID)
        return yc_fail(err, v, why.which, "%s", why.text);
    l->running = true;
    if (l->file.n < MAGIC_BYTES || memcmp(l->file.p, MAGIC, MAGIC_BYTES) != 0) {
        yc_log_warning(p->config.log, "The saved transaction pool is passed over: %s is not a file of this version",
                       path);
        l->broken = 1;
        load_end(p);
        return YC_VALID;
    }
    l->at = MAGIC_BYTES;
    return YC_VALID;
}

static int64_t sane_delta(uint64_t bits)
{
    int64_t delta = (int64_t)bits;
    return delta < -YC_MONEY_MAX || delta > YC_MONEY_MAX ? 0 : delta;
}

static struct yc_view tx_bytes(struct yc_view body)
{
    return yc_view_slice(body, TX_HEAD, body.n - TX_HEAD);
}

static void load_tx(struct yc_pool *p, uint8_t flags, struct yc_view body)
{
    struct yc_pool_load *l = &p->load;
    int64_t now_s = yc_wall_s(p->config.clock), time_s = (int64_t)yc_get64le(body.p + 1);
    int64_t delta = sane_delta(yc_get64le(body.p + 9));
    struct yc_pool_reject why;
    struct yc_tx tx;
    struct yc_pool_submission s = {.tx = &tx, .fee_max_sat = -1};
    /* A time that cannot be is now. */
    s.time_s = time_s < 0 || time_s > now_s ? now_s : time_s;
    if (s.time_s < now_s - p->config.expiry_s) {
        l->refused++;
        return;
    }
    yc_arena_clear(&l->arena);
    if (yc_tx_parse(&tx, tx_bytes(body), &l->arena, &why.rule) != YC_VALID) {
        l->refused++;
        return;
    }
    struct yc_txid txid = tx.txid;
    /* Set before, since it may be what lets the transaction in; an operator's newer word stands. */
    if (delta && yc_pool_delta_of(p, &txid) == 0)
        (void)yc_pool_prioritise(p, &txid, delta);
    enum yc_verdict v = yc_pool_try(p, &s, NULL, &why);
    if (v == YC_SYSTEM) {
        /* It may be as good as ever: what failed is ours. */
        struct yc_error err;
        (void)yc_fail(
            &err, YC_SYSTEM, why.rule.system,
            why.rule.system == YC_SYSTEM_MEMORY
                ? "no memory to load the saved transactions of %s"
                : "a coin could not be read while the transactions of %s were loaded: check the disk, then start "
                  "again",
            l->path);
        yc_pool_fail(p, &err);
        return;
    }
    if (v != YC_VALID) {
        l->refused++;
        return;
    }
    l->taken++;
    if (flags & FLAG_UNBROADCAST)
        yc_pool_set_unbroadcast(p, &txid);
}

static void load_body(struct yc_pool *p, struct yc_view body)
{
    uint8_t flags = body.n ? body.p[0] : FLAGS_KNOWN + 1;
    if (flags == FLAG_DELTA_ONLY && body.n == 1 + 32 + 8) {
        struct yc_txid txid;
        memcpy(txid.b, body.p + 1, 32);
        int64_t delta = sane_delta(yc_get64le(body.p + 33));
        if (delta && yc_pool_delta_of(p, &txid) == 0)
            (void)yc_pool_prioritise(p, &txid, delta);
    } else if (!(flags & ~FLAG_UNBROADCAST) && body.n > TX_HEAD) {
        load_tx(p, flags, body);
    } else {
        p->load.broken++;
    }
}

/* The record that begins at byte `at` of the file; false when its length cannot be. */
static bool read_record(const struct yc_pool_load *l, size_t at, struct yc_view *sum, struct yc_view *body)
{
    struct yc_reader r;
    yc_reader_init(&r, yc_view_slice(l->file, at, l->file.n - at));
    uint32_t n = yc_reader_u32le(&r);
    *sum = yc_reader_bytes(&r, 4);
    *body = yc_reader_bytes(&r, n);
    return yc_reader_ok(&r);
}

/* Run the scripts of the next transactions together. What is broken among them is found when its turn comes. */
static void prepare_some(struct yc_pool *p)
{
    struct yc_pool_load *l = &p->load;
    const struct yc_tx *list[YC_POOL_PREPARE_MAX];
    struct yc_view sum, body;
    struct yc_reject why;
    size_t count = 0, bytes = 0, at = l->at;
    yc_arena_clear(&l->arena);
    while (at < l->file.n && count < YC_POOL_PREPARE_MAX && read_record(l, at, &sum, &body) &&
           (count == 0 || bytes + body.n <= YC_POOL_PREPARE_BYTES_MAX)) {
        at += RECORD_HEAD + body.n;
        bytes += body.n;
        struct yc_tx *tx = body.n > TX_HEAD ? yc_arena_take(&l->arena, sizeof *tx) : NULL;
        if (tx && yc_tx_parse(tx, tx_bytes(body), &l->arena, &why) == YC_VALID)
            list[count++] = tx;
    }
    yc_pool_prepare(p, list, count);
    l->prepared_to = at;
}

/* The next record. */
static void load_one(struct yc_pool *p)
{
    struct yc_pool_load *l = &p->load;
    struct yc_view sum, body;
    uint8_t hash[32];
    if (l->at >= l->prepared_to)
        prepare_some(p);
    if (!read_record(l, l->at, &sum, &body)) {
        l->broken++;
        l->at = l->file.n;
        return;
    }
    l->at += RECORD_HEAD + body.n;
    yc_sha256d(hash, body.p, body.n);
    if (memcmp(hash, sum.p, 4) == 0)
        load_body(p, body);
    else
        l->broken++;
}

bool yc_pool_load_step(struct yc_pool *p, int64_t budget_us)
{
    struct yc_pool_load *l = &p->load;
    int64_t end_us = yc_mono_us(p->config.clock) + budget_us;
    while (l->running && !p->failed && yc_chain_at_rest(p->chain)) {
        if (l->at == l->file.n) {
            load_end(p);
            break;
        }
        load_one(p);
        if (yc_mono_us(p->config.clock) >= end_us)
            break;
    }
    return l->running && !p->failed;
}

bool yc_pool_loaded(const struct yc_pool *p, size_t *taken)
{
    if (taken)
        *taken = p->load.taken;
    return !p->load.running;
}

enum yc_verdict yc_pool_load(struct yc_pool *p, const struct yc_fs *fs, const char *path, size_t *taken,
                             struct yc_error *err)
{
    *taken = 0;
    enum yc_verdict v = yc_pool_load_begin(p, fs, path, err);
    if (v != YC_VALID)
        return v;
    YC_ASSERT(yc_chain_at_rest(p->chain));
    while (yc_pool_load_step(p, INT64_MAX / 2)) {
    }
    *taken = p->load.taken;
    if (!p->failed)
        return YC_VALID;
    *err = p->failure;
    return YC_SYSTEM;
}
