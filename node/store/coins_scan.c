#include "node/store/coins_scan.h"

#include "crypto/muhash.h"
#include "crypto/sha256.h"
#include "node/store/coins_internal.h"

#define ASK_EVERY 4096

static enum yc_verdict read_head(struct yc_coins_scan *s, struct yc_error *err)
{
    struct yc_view key, value;
    bool best = false, heads = false;
    enum yc_verdict v;
    /* The records about the store sort before the coins, so that the same snapshot answers for both. */
    while ((v = s->kv->cursor_next(s->kv->ctx, s->cursor, &key, &value, err)) == YC_VALID) {
        heads |= yc_view_equal(key, yc_view_text(COINS_KEY_HEADS));
        if (yc_view_equal(key, yc_view_text(COINS_KEY_BEST)) && value.n == 32) {
            memcpy(s->best.b, value.p, 32);
            best = true;
        }
        if (key.n >= 7 && !memcmp(key.p, "!schema", 7))
            break;
    }
    if (v == YC_SYSTEM)
        return v;
    if (heads || !best)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT, "the coins %s: ask again after the next flush",
                       heads ? "are being flushed" : "hold no state yet");
    return YC_VALID;
}

enum yc_verdict yc_coins_scan_open(struct yc_coins_scan *s, const struct yc_kv *kv, struct yc_error *err)
{
    memset(s, 0, sizeof *s);
    s->kv = kv;
    enum yc_verdict v = kv->cursor_open(kv->ctx, &s->cursor, YC_VIEW_EMPTY, err);
    if (v != YC_VALID)
        return v;
    v = read_head(s, err);
    if (v != YC_VALID)
        yc_coins_scan_close(s);
    return v;
}

void yc_coins_scan_close(struct yc_coins_scan *s)
{
    s->kv->cursor_close(s->kv->ctx, s->cursor);
    s->cursor = NULL;
}

enum yc_verdict yc_coins_scan_next(struct yc_coins_scan *s, struct yc_outpoint *at, struct yc_coin_short *coin,
                                   struct yc_error *err)
{
    struct yc_view key, value;
    enum yc_verdict v = s->kv->cursor_next(s->kv->ctx, s->cursor, &key, &value, err);
    if (v != YC_VALID)
        return v;
    if (!yc_coin_key_read(at, key))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the coins hold a record of %zu bytes that is no coin: start with -reindex-chainstate to build "
                       "them anew",
                       key.n);
    return coins_decode(at, value, coin, err);
}

void yc_coins_hash_add(struct yc_sha256 *h, const struct yc_outpoint *at, const struct yc_coin_short *coin)
{
    uint8_t bytes[36 + 4 + 8 + 9 + 67];
    struct yc_writer w;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_bytes(&w, at->txid.b, 32);
    yc_writer_u32le(&w, at->index);
    yc_writer_u32le(&w, coin->height << 1 | coin->coinbase);
    yc_writer_u64le(&w, (uint64_t)coin->value_sat);
    size_t n = yc_script_whole_bytes(coin->script);
    yc_writer_compact(&w, n);
    uint8_t *script = coin->script.form == YC_FORM_RAW ? NULL : yc_writer_room(&w, n);
    if (script)
        yc_script_whole(script, coin->script);
    yc_sha256_update(h, bytes, w.n);
    if (!script)
        yc_sha256_update(h, coin->script.payload.p, n);
}

void yc_coins_hash_end(struct yc_sha256 *h, uint8_t out32[32])
{
    yc_sha256_final(h, out32);
    yc_sha256_once(out32, out32, 32);
}

struct set_hash {
    enum yc_coins_hash_kind kind;
    struct yc_sha256 serialized;
    struct yc_muhash mu;
};

static void set_hash_init(struct set_hash *h, enum yc_coins_hash_kind kind)
{
    h->kind = kind;
    yc_sha256_init(&h->serialized);
    yc_muhash_init(&h->mu);
}

static void set_hash_add(struct set_hash *h, const struct yc_outpoint *at, const struct yc_coin_short *coin)
{
    struct yc_sha256 one;
    uint8_t key[32];
    switch (h->kind) {
    case YC_COINS_HASH_NONE:
        break;
    case YC_COINS_HASH_SERIALIZED:
        yc_coins_hash_add(&h->serialized, at, coin);
        break;
    case YC_COINS_HASH_MU:
        yc_sha256_init(&one);
        yc_coins_hash_add(&one, at, coin);
        yc_sha256_final(&one, key);
        yc_muhash_add(&h->mu, key);
        break;
    }
}

static void set_hash_end(struct set_hash *h, uint8_t out32[32])
{
    if (h->kind == YC_COINS_HASH_SERIALIZED)
        yc_coins_hash_end(&h->serialized, out32);
    else if (h->kind == YC_COINS_HASH_MU)
        yc_muhash_digest(&h->mu, out32);
}

static enum yc_verdict add_up(struct yc_coins_totals *t, const struct yc_coin_short *coin, bool new_tx,
                              struct yc_error *err)
{
    t->txouts++;
    t->transactions += new_tx;
    t->bogosize += 50 + yc_script_whole_bytes(coin->script);
    if (!yc_money_add(&t->total_sat, coin->value_sat))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "the coins add up to more than can exist after %llu of them: start with -reindex-chainstate to "
                       "build them anew",
                       (unsigned long long)t->txouts);
    return YC_VALID;
}

enum yc_verdict yc_coins_scan_totals(struct yc_coins_scan *s, enum yc_coins_hash_kind kind, bool (*go_on)(void *ctx),
                                     void *go_on_ctx, struct yc_coins_totals *out, struct yc_error *err)
{
    struct yc_outpoint at, previous;
    struct yc_coin_short coin = {0};
    struct set_hash h;
    set_hash_init(&h, kind);
    memset(out, 0, sizeof *out);
    memset(&previous, 0, sizeof previous);
    out->best = s->best;
    out->disk_bytes = s->kv->approximate_bytes(s->kv->ctx, yc_view("C", 1), yc_view("D", 1));
    enum yc_verdict v;
    while ((v = yc_coins_scan_next(s, &at, &coin, err)) == YC_VALID) {
        bool new_tx = out->txouts == 0 || !yc_txid_equal(&at.txid, &previous.txid);
        v = add_up(out, &coin, new_tx, err);
        if (v != YC_VALID)
            return v;
        set_hash_add(&h, &at, &coin);
        previous = at;
        if (go_on && out->txouts % ASK_EVERY == 0 && !go_on(go_on_ctx))
            return YC_NOT_YET;
    }
    if (v != YC_NOT_YET)
        return v;
    set_hash_end(&h, out->hash32);
    return YC_VALID;
}
