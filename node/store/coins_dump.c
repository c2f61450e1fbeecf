#include "node/store/coins_dump.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "consensus/script/script.h"
#include "crypto/secp.h"
#include "crypto/sha256.h"

#include <stdio.h>

#define VERSION        2
#define HEAD_BYTES     51
#define COUNT_AT       43
#define WRITE_BYTES    ((size_t)1 << 20) /* as much is written at once */
#define ASK_EVERY      4096
#define SUFFIX         ".incomplete"
#define COIN_BYTES_MAX (9 + 10 + 10 + 10 + YC_SCRIPT_BYTES_MAX)
#define SPECIAL_FORMS  6 /* scripts of other forms are written as they are, their length behind these */

struct dump {
    const struct yc_coins_dump *d;
    struct yc_coins_dumped *out;
    struct yc_file *file;
    struct yc_buf ready; /* to be written at `written` */
    uint64_t written;
    struct yc_buf coins; /* of the transaction at hand */
    uint32_t coin_count;
    struct yc_txid txid;
    struct yc_sha256 hash;
};

/* ---- Bitcoin Core's compressed forms ---- */

/* Seven bits a byte, the highest first; each but the last has its top bit set, and one is taken off for each more, so that
 * every number has one form. */
static void write_varint(struct yc_writer *w, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = sizeof bytes;
    bytes[--n] = v & 0x7f;
    while (v > 0x7f) {
        v = (v >> 7) - 1;
        bytes[--n] = (uint8_t)(0x80 | (v & 0x7f));
    }
    yc_writer_bytes(w, bytes + n, sizeof bytes - n);
}

/* Amounts are mostly round: the number of zeros at the end is told apart. */
static uint64_t compress_amount(uint64_t sat)
{
    unsigned zeros = 0;
    if (sat == 0)
        return 0;
    for (; sat % 10 == 0 && zeros < 9; zeros++)
        sat /= 10;
    if (zeros == 9)
        return 1 + (sat - 1) * 10 + 9;
    return 1 + (sat / 10 * 9 + sat % 10 - 1) * 10 + zeros;
}

/* A public key that is a point is written by its X and the parity of Y. */
static bool write_full_key(struct yc_writer *w, const uint8_t xy[64])
{
    uint8_t key[65];
    key[0] = 4;
    memcpy(key + 1, xy, 64);
    if (!yc_secp_pubkey_valid(yc_view(key, sizeof key)))
        return false;
    yc_writer_u8(w, (uint8_t)(4 | (xy[63] & 1)));
    yc_writer_bytes(w, xy, 32);
    return true;
}

static void write_script(struct yc_writer *w, struct yc_script_short s)
{
    switch (s.form) {
    case YC_FORM_P2PKH:
    case YC_FORM_P2SH:
        yc_writer_u8(w, s.form == YC_FORM_P2SH);
        yc_writer_view(w, s.payload);
        return;
    case YC_FORM_P2PK_EVEN:
    case YC_FORM_P2PK_ODD:
        yc_writer_u8(w, s.form == YC_FORM_P2PK_EVEN ? 2 : 3);
        yc_writer_view(w, s.payload);
        return;
    case YC_FORM_P2PK_FULL:
        if (write_full_key(w, s.payload.p))
            return;
        break;
    case YC_FORM_P2WPKH:
    case YC_FORM_P2WSH:
    case YC_FORM_P2TR:
    case YC_FORM_RAW:
        break;
    }
    size_t n = yc_script_whole_bytes(s);
    write_varint(w, n + SPECIAL_FORMS);
    uint8_t *room = yc_writer_room(w, n);
    if (room)
        yc_script_whole(room, s);
}

/* ---- the file ---- */

static enum yc_verdict flush(struct dump *u, struct yc_error *err)
{
    const struct yc_fs *fs = u->d->fs;
    enum yc_verdict v = u->ready.n ? fs->pwrite(fs->ctx, u->file, u->ready.p, u->ready.n, u->written, err) : YC_VALID;
    u->written += u->ready.n;
    yc_buf_clear(&u->ready);
    return v;
}

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to write the coins to a file");
}

static enum yc_verdict write_head(struct dump *u, struct yc_error *err)
{
    uint8_t head[HEAD_BYTES] = {'u', 't', 'x', 'o', 0xff, VERSION & 0xff, VERSION >> 8};
    memcpy(head + 7, u->d->magic, 4);
    memcpy(head + 11, u->d->base.b, 32);
    yc_buf_append(&u->ready, head, sizeof head); /* the number of coins comes at the end */
    return u->ready.failed ? no_memory(err) : YC_VALID;
}

/* All coins of the transaction at hand have been met. */
static enum yc_verdict finish_tx(struct dump *u, struct yc_error *err)
{
    uint8_t bytes[9];
    struct yc_writer w;
    if (u->coin_count == 0)
        return YC_VALID;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_compact(&w, u->coin_count);
    yc_buf_append(&u->ready, u->txid.b, sizeof u->txid.b);
    yc_buf_append(&u->ready, bytes, w.n);
    yc_buf_append(&u->ready, u->coins.p, u->coins.n);
    if (u->ready.failed)
        return no_memory(err);
    yc_buf_clear(&u->coins);
    u->coin_count = 0;
    return u->ready.n >= WRITE_BYTES ? flush(u, err) : YC_VALID;
}

static enum yc_verdict write_coin(struct dump *u, const struct yc_outpoint *at, const struct yc_coin_short *coin,
                                  struct yc_error *err)
{
    uint8_t bytes[COIN_BYTES_MAX];
    struct yc_writer w;
    enum yc_verdict v = YC_VALID;
    if (u->coin_count && !yc_txid_equal(&at->txid, &u->txid))
        v = finish_tx(u, err);
    u->txid = at->txid;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_compact(&w, at->index);
    write_varint(&w, (uint64_t)coin->height << 1 | coin->coinbase);
    write_varint(&w, compress_amount((uint64_t)coin->value_sat));
    write_script(&w, coin->script);
    YC_ASSERT(!w.failed);
    yc_buf_append(&u->coins, bytes, w.n);
    u->coin_count++;
    u->out->coins++;
    yc_coins_hash_add(&u->hash, at, coin);
    return v == YC_VALID && u->coins.failed ? no_memory(err) : v;
}

static enum yc_verdict write_all(struct dump *u, struct yc_error *err)
{
    struct yc_outpoint at;
    struct yc_coin_short coin;
    enum yc_verdict v = write_head(u, err);
    if (v != YC_VALID)
        return v;
    while ((v = yc_coins_past_next(u->d->past, u->d->scan, &at, &coin, err)) == YC_VALID) {
        v = write_coin(u, &at, &coin, err);
        if (v != YC_VALID)
            return v;
        if (u->d->go_on && u->out->coins % ASK_EVERY == 0 && !u->d->go_on(u->d->go_on_ctx, at.txid.b[0] * 100u / 256))
            return YC_NOT_YET;
    }
    return v == YC_NOT_YET ? finish_tx(u, err) : v;
}

static enum yc_verdict write_file(struct dump *u, struct yc_error *err)
{
    const struct yc_fs *fs = u->d->fs;
    uint8_t count[8];
    enum yc_verdict v = write_all(u, err);
    if (v == YC_VALID)
        v = flush(u, err);
    yc_put64le(count, u->out->coins);
    if (v == YC_VALID)
        v = fs->pwrite(fs->ctx, u->file, count, sizeof count, COUNT_AT, err);
    if (v == YC_VALID)
        v = fs->sync(fs->ctx, u->file, err);
    yc_coins_hash_end(&u->hash, u->out->hash32);
    return v;
}

static char *incomplete_path(const struct yc_alloc *alloc, const char *path, size_t *bytes)
{
    *bytes = strlen(path) + sizeof SUFFIX;
    char *text = (char *)yc_alloc_new(alloc, *bytes);
    if (text)
        (void)snprintf(text, *bytes, "%s" SUFFIX, path);
    return text;
}

/* Make the name in its folder durable; path is used up. */
static enum yc_verdict sync_folder_of(const struct yc_fs *fs, char *path, struct yc_error *err)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return fs->sync_dir(fs->ctx, ".", err);
    slash[slash == path] = 0;
    return fs->sync_dir(fs->ctx, path, err);
}

enum yc_verdict yc_coins_dump(const struct yc_coins_dump *d, struct yc_coins_dumped *out, struct yc_error *err)
{
    struct dump u = {.d = d, .out = out};
    size_t path_bytes;
    char *path = incomplete_path(d->alloc, d->path, &path_bytes);
    memset(out, 0, sizeof *out);
    if (!path)
        return no_memory(err);
    yc_buf_init(&u.ready, d->alloc, SIZE_MAX);
    yc_buf_init(&u.coins, d->alloc, SIZE_MAX);
    yc_sha256_init(&u.hash);
    enum yc_verdict v = d->fs->open(d->fs->ctx, &u.file, path, YC_OPEN_CREATE, err);
    if (v == YC_VALID) {
        struct yc_error ignored;
        v = write_file(&u, err);
        d->fs->close(d->fs->ctx, u.file);
        if (v == YC_VALID)
            v = d->fs->rename(d->fs->ctx, path, d->path, err);
        if (v == YC_VALID)
            v = sync_folder_of(d->fs, path, err);
        else
            yc_ignore(d->fs->remove(d->fs->ctx, path, &ignored));
    }
    yc_buf_release(&u.ready);
    yc_buf_release(&u.coins);
    yc_alloc_free(d->alloc, path, path_bytes);
    return v;
}

enum yc_verdict yc_coins_dump_probe(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *path,
                                    struct yc_error *err)
{
    size_t path_bytes;
    struct yc_file *file;
    char *text = incomplete_path(alloc, path, &path_bytes);
    if (!text)
        return no_memory(err);
    enum yc_verdict v = fs->open(fs->ctx, &file, text, YC_OPEN_CREATE, err);
    if (v == YC_VALID)
        fs->close(fs->ctx, file);
    yc_alloc_free(alloc, text, path_bytes);
    return v;
}
