#include "node/store/coins_file.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "consensus/script/script.h"
#include "crypto/secp.h"

#define VERSION        2
#define HEAD_BYTES     51
#define WINDOW_BYTES   ((size_t)1 << 20)
#define SPECIAL_FORMS  6                                                 /* scripts of other forms follow whole */
#define COIN_BYTES_MAX (32 + 9 + 9 + 10 + 10 + 10 + YC_SCRIPT_BYTES_MAX) /* with the head of its transaction */

static enum yc_verdict fill(struct yc_coins_file *f, struct yc_error *err)
{
    size_t left = f->window_n - f->window_at, got = 0;
    if (f->ended || left >= COIN_BYTES_MAX)
        return YC_VALID;
    memmove(f->window, f->window + f->window_at, left);
    f->window_at = 0;
    f->window_n = left;
    size_t wanted = WINDOW_BYTES - left;
    enum yc_verdict v = f->fs->pread(f->fs->ctx, f->file, f->window + left, wanted, f->read_at, &got, err);
    if (v != YC_VALID)
        return v;
    f->window_n += got;
    f->read_at += got;
    f->ended = got < wanted;
    return YC_VALID;
}

static enum yc_verdict read_head(struct yc_coins_file *f, struct yc_error *err)
{
    static const uint8_t mark[] = {'u', 't', 'x', 'o', 0xff};
    enum yc_verdict v = fill(f, err);
    if (v != YC_VALID)
        return v;
    if (f->window_n < sizeof mark || memcmp(f->window, mark, sizeof mark) != 0)
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "Invalid UTXO set snapshot magic bytes. Please check if this is indeed a snapshot file or if you "
            "are using an outdated snapshot format.");
    if (f->window_n < HEAD_BYTES)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "The file ends within the snapshot's head, after %zu bytes.",
                       f->window_n);
    unsigned version = yc_get16le(f->window + 5);
    if (version != VERSION)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Version of snapshot %u does not match any of the supported versions.", version);
    memcpy(f->head.magic, f->window + 7, 4);
    memcpy(f->head.base.b, f->window + 11, 32);
    f->head.coins = yc_get64le(f->window + 43);
    f->window_at = HEAD_BYTES;
    return YC_VALID;
}

enum yc_verdict yc_coins_file_open(struct yc_coins_file *f, const struct yc_fs *fs, const struct yc_alloc *alloc,
                                   const char *path, struct yc_error *err)
{
    memset(f, 0, sizeof *f);
    f->alloc = alloc;
    f->fs = fs;
    enum yc_verdict v = fs->open(fs->ctx, &f->file, path, YC_OPEN_READ, err);
    if (v != YC_VALID)
        return v;
    f->window = (uint8_t *)yc_alloc_new(alloc, WINDOW_BYTES);
    v = f->window ? read_head(f, err) : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to read %s", path);
    if (v != YC_VALID)
        yc_coins_file_close(f);
    return v;
}

void yc_coins_file_close(struct yc_coins_file *f)
{
    yc_alloc_free(f->alloc, f->window, WINDOW_BYTES);
    f->fs->close(f->fs->ctx, f->file);
    f->window = NULL;
    f->file = NULL;
}

/* ---- Bitcoin Core's compressed forms ---- */

/* As coins_dump.c writes it: one is added for each byte that follows. */
static uint64_t read_varint(struct yc_reader *r)
{
    uint64_t v = 0;
    for (;;) {
        uint8_t byte = yc_reader_u8(r);
        if (r->failed || v > UINT64_MAX >> 7) {
            yc_reader_fail(r);
            return 0;
        }
        v = v << 7 | (byte & 0x7f);
        if (byte < 0x80)
            return v;
        if (v == UINT64_MAX) {
            yc_reader_fail(r);
            return 0;
        }
        v++;
    }
}

/* False when it is more than can exist. */
static bool expand_amount(int64_t *sat, uint64_t x)
{
    uint64_t n;
    *sat = 0;
    if (x == 0)
        return true;
    x--;
    unsigned zeros = (unsigned)(x % 10);
    x /= 10;
    if (zeros < 9) {
        uint64_t last = x % 9 + 1;
        x /= 9;
        if (x > (uint64_t)YC_MONEY_MAX)
            return false;
        n = x * 10 + last;
    } else {
        n = x + 1;
    }
    for (; n <= (uint64_t)YC_MONEY_MAX && zeros > 0; zeros--)
        n *= 10;
    if (n > (uint64_t)YC_MONEY_MAX)
        return false;
    *sat = (int64_t)n;
    return true;
}

/* A public key of which X and the parity of Y are given, whole. */
static void read_full_key(struct yc_coins_file *f, struct yc_reader *r, unsigned parity, struct yc_script_short *out)
{
    uint8_t key33[33] = {(uint8_t)(2 + parity)};
    yc_reader_copy(r, key33 + 1, 32);
    if (r->failed || !yc_secp_pubkey_expand(f->script, key33)) {
        yc_reader_fail(r);
        return;
    }
    *out = (struct yc_script_short){YC_FORM_P2PK_FULL, yc_view(f->script, 64)};
}

static void read_script(struct yc_coins_file *f, struct yc_reader *r, struct yc_script_short *out)
{
    static const enum yc_script_form form[] = {YC_FORM_P2PKH, YC_FORM_P2SH, YC_FORM_P2PK_EVEN, YC_FORM_P2PK_ODD};
    uint64_t kind = read_varint(r);
    memset(out, 0, sizeof *out);
    if (kind < sizeof form / sizeof form[0]) {
        *out = (struct yc_script_short){form[kind], yc_reader_bytes(r, yc_script_form_bytes(form[kind]))};
    } else if (kind < SPECIAL_FORMS) {
        read_full_key(f, r, (unsigned)kind & 1, out);
    } else if (kind - SPECIAL_FORMS > YC_SCRIPT_BYTES_MAX) {
        yc_reader_fail(r); /* longer ones cannot be spent and are no coins */
    } else {
        *out = yc_script_shorten(yc_reader_bytes(r, (size_t)(kind - SPECIAL_FORMS)));
    }
}

/* ---- coins ---- */

static enum yc_verdict no_coin(const struct yc_coins_file *f, struct yc_error *err)
{
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                   "Bad snapshot format or truncated snapshot after deserializing %llu coins",
                   (unsigned long long)f->taken);
}

static enum yc_verdict read_tx(struct yc_coins_file *f, struct yc_reader *r, struct yc_error *err)
{
    yc_reader_copy(r, f->txid.b, sizeof f->txid.b);
    f->tx_left = yc_reader_compact(r);
    if (r->failed || f->tx_left == 0)
        return no_coin(f, err);
    if (f->tx_left > f->head.coins - f->taken)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Mismatch in coins count in snapshot metadata and actual snapshot data");
    return YC_VALID;
}

static enum yc_verdict read_coin(struct yc_coins_file *f, struct yc_reader *r, struct yc_outpoint *at,
                                 struct yc_coin_short *coin, struct yc_error *err)
{
    memset(coin, 0, sizeof *coin);
    uint64_t index = yc_reader_compact(r), code = read_varint(r), amount = read_varint(r);
    if (r->failed || code > UINT32_MAX)
        return no_coin(f, err);
    coin->height = (uint32_t)(code >> 1);
    coin->coinbase = code & 1;
    if (coin->height > f->height_max || index >= UINT32_MAX)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Bad snapshot data after deserializing %llu coins",
                       (unsigned long long)f->taken);
    if (!expand_amount(&coin->value_sat, amount))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "Bad snapshot data after deserializing %llu coins - bad tx out value",
                       (unsigned long long)f->taken);
    read_script(f, r, &coin->script);
    *at = (struct yc_outpoint){f->txid, (uint32_t)index};
    return r->failed ? no_coin(f, err) : YC_VALID;
}

enum yc_verdict yc_coins_file_next(struct yc_coins_file *f, struct yc_outpoint *at, struct yc_coin_short *coin,
                                   struct yc_error *err)
{
    struct yc_reader r;
    enum yc_verdict v = fill(f, err);
    if (v != YC_VALID)
        return v;
    if (f->taken == f->head.coins)
        return f->window_at == f->window_n ? YC_NOT_YET
                                           : yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                                                     "Bad snapshot - coins left over after deserializing %llu coins",
                                                     (unsigned long long)f->taken);
    yc_reader_init(&r, yc_view(f->window + f->window_at, f->window_n - f->window_at));
    if (f->tx_left == 0)
        v = read_tx(f, &r, err);
    if (v == YC_VALID)
        v = read_coin(f, &r, at, coin, err);
    if (v != YC_VALID)
        return v;
    f->window_at = f->window_n - yc_reader_left(&r);
    f->tx_left--;
    f->taken++;
    return YC_VALID;
}
