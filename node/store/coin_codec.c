#include "node/store/coin_codec.h"

#include "base/assert.h"

/* A template: fixed bytes before and after the payload. */
struct template
{
    uint8_t head[3], tail[2];
    uint8_t head_n, payload_n, tail_n;
};

static const struct template templates[YC_FORM_RAW] = {
    [YC_FORM_P2PKH] = {{0x76, 0xa9, 20}, {0x88, 0xac}, 3, 20, 2}, /* DUP HASH160 push … EQUALVERIFY CHECKSIG */
    [YC_FORM_P2SH] = {{0xa9, 20}, {0x87}, 2, 20, 1},              /* HASH160 push … EQUAL */
    [YC_FORM_P2WPKH] = {{0x00, 20}, {0}, 2, 20, 0},               /* 0 push */
    [YC_FORM_P2WSH] = {{0x00, 32}, {0}, 2, 32, 0},                /* 0 push */
    [YC_FORM_P2TR] = {{0x51, 32}, {0}, 2, 32, 0},                 /* 1 push */
    [YC_FORM_P2PK_EVEN] = {{33, 0x02}, {0xac}, 2, 32, 1},         /* push … CHECKSIG */
    [YC_FORM_P2PK_ODD] = {{33, 0x03}, {0xac}, 2, 32, 1},
    [YC_FORM_P2PK_FULL] = {{65, 0x04}, {0xac}, 2, 64, 1},
};

static bool fits(const struct template *t, struct yc_view s)
{
    return s.n == (size_t)t->head_n + t->payload_n + t->tail_n && !memcmp(s.p, t->head, t->head_n) &&
           !memcmp(s.p + s.n - t->tail_n, t->tail, t->tail_n);
}

struct yc_script_short yc_script_shorten(struct yc_view script)
{
    for (unsigned form = 0; form < YC_FORM_RAW; form++) {
        const struct template *t = &templates[form];
        if (fits(t, script))
            return (struct yc_script_short){(enum yc_script_form)form, yc_view_slice(script, t->head_n, t->payload_n)};
    }
    return (struct yc_script_short){YC_FORM_RAW, script};
}

size_t yc_script_form_bytes(enum yc_script_form form)
{
    YC_ASSERT((unsigned)form < YC_FORM_RAW);
    return templates[form].payload_n;
}

size_t yc_script_whole_bytes(struct yc_script_short s)
{
    if (s.form == YC_FORM_RAW)
        return s.payload.n;
    const struct template *t = &templates[s.form];
    return (size_t)t->head_n + t->payload_n + t->tail_n;
}

void yc_script_whole(uint8_t *out, struct yc_script_short s)
{
    if (s.form != YC_FORM_RAW) {
        const struct template *t = &templates[s.form];
        memcpy(out, t->head, t->head_n);
        memcpy(out + t->head_n, s.payload.p, t->payload_n);
        memcpy(out + t->head_n + t->payload_n, t->tail, t->tail_n);
    } else if (s.payload.n) {
        memcpy(out, s.payload.p, s.payload.n);
    }
}

void yc_varint_write(struct yc_writer *w, uint64_t v)
{
    while (v >= 0x80) {
        yc_writer_u8(w, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    yc_writer_u8(w, (uint8_t)v);
}

uint64_t yc_varint_read(struct yc_reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = yc_reader_u8(r);
        uint64_t part = byte & 0x7f;
        /* The tenth byte holds one bit; a last byte of zero says that the number could be shorter. */
        if ((shift == 63 && part > 1) || (shift && byte == 0))
            break;
        v |= part << shift;
        if (byte < 0x80)
            return r->failed ? 0 : v;
    }
    yc_reader_fail(r);
    return 0;
}

/* An amount as mantissa * 10 + the number of decimal zeros behind it (0..9): whole coins take one or two bytes. */
static uint64_t amount_shorten(int64_t sat)
{
    if (sat == 0)
        return 0;
    uint64_t mantissa = (uint64_t)sat, zeros = 0;
    while (zeros < 9 && mantissa % 10 == 0) {
        mantissa /= 10;
        zeros++;
    }
    return mantissa * 10 + zeros;
}

/* False when the encoder would have written it otherwise. */
static bool amount_whole(int64_t *sat, uint64_t stored)
{
    uint64_t mantissa = stored / 10, zeros = stored % 10;
    if (stored == 0) {
        *sat = 0;
        return true;
    }
    if (mantissa == 0 || mantissa > (uint64_t)YC_MONEY_MAX || (mantissa % 10 == 0 && zeros < 9))
        return false;
    for (; zeros > 0; zeros--) {
        mantissa *= 10;
        if (mantissa > (uint64_t)YC_MONEY_MAX)
            return false;
    }
    *sat = (int64_t)mantissa;
    return true;
}

void yc_coin_short_write(struct yc_writer *w, const struct yc_coin_short *coin)
{
    YC_ASSERT(yc_money_ok(coin->value_sat) && coin->height < (UINT32_C(1) << 31));
    yc_varint_write(w, (uint64_t)coin->height << 1 | coin->coinbase);
    yc_varint_write(w, amount_shorten(coin->value_sat));
    yc_varint_write(w, coin->script.form == YC_FORM_RAW ? YC_FORM_RAW + (uint64_t)coin->script.payload.n
                                                        : (uint64_t)coin->script.form);
    yc_writer_view(w, coin->script.payload);
}

void yc_coin_write(struct yc_writer *w, const struct yc_coin *coin)
{
    struct yc_coin_short s = {coin->value_sat, coin->height, coin->coinbase, yc_script_shorten(coin->script)};
    yc_coin_short_write(w, &s);
}

void yc_coin_short_read(struct yc_reader *r, struct yc_coin_short *out)
{
    memset(out, 0, sizeof *out);
    uint64_t code = yc_varint_read(r);
    if (code > UINT32_MAX || !amount_whole(&out->value_sat, yc_varint_read(r)))
        yc_reader_fail(r);
    out->height = (uint32_t)(code >> 1);
    out->coinbase = code & 1;
    uint64_t form = yc_varint_read(r);
    if (form < YC_FORM_RAW) {
        out->script.form = (enum yc_script_form)form;
        out->script.payload = yc_reader_bytes(r, templates[form].payload_n);
        return;
    }
    out->script.form = YC_FORM_RAW;
    if (form - YC_FORM_RAW > yc_reader_left(r)) {
        yc_reader_fail(r);
        return;
    }
    out->script.payload = yc_reader_bytes(r, (size_t)(form - YC_FORM_RAW));
    /* A script that has a short form is never stored whole. */
    if (yc_script_shorten(out->script.payload).form != YC_FORM_RAW)
        yc_reader_fail(r);
}

bool yc_coin_whole(struct yc_coin *out, const struct yc_coin_short *s, struct yc_arena *arena)
{
    size_t n = yc_script_whole_bytes(s->script);
    uint8_t *script = (uint8_t *)yc_arena_take(arena, n);
    if (!script)
        return false;
    yc_script_whole(script, s->script);
    *out = (struct yc_coin){s->value_sat, s->height, s->coinbase, yc_view(script, n)};
    return true;
}

/* The index: one byte below 253, else 253 or 254 and the number with its highest byte first, so that keys sort as
 * numbers do. */
size_t yc_coin_key_write(uint8_t out[YC_COIN_KEY_BYTES_MAX], const struct yc_outpoint *at)
{
    out[0] = 'C';
    memcpy(out + 1, at->txid.b, 32);
    if (at->index < 253) {
        out[33] = (uint8_t)at->index;
        return 34;
    }
    if (at->index <= UINT16_MAX) {
        out[33] = 253;
        yc_put16be(out + 34, (uint16_t)at->index);
        return 36;
    }
    out[33] = 254;
    yc_put32be(out + 34, at->index);
    return 38;
}

bool yc_coin_key_read(struct yc_outpoint *out, struct yc_view key)
{
    if (key.n < 34 || key.p[0] != 'C')
        return false;
    memcpy(out->txid.b, key.p + 1, 32);
    if (key.p[33] < 253 && key.n == 34)
        out->index = key.p[33];
    else if (key.p[33] == 253 && key.n == 36)
        out->index = yc_get16be(key.p + 34);
    else if (key.p[33] == 254 && key.n == 38)
        out->index = yc_get32be(key.p + 34);
    else
        return false;
    /* Only the form that the writer chooses is a key. */
    return (key.n != 36 || out->index >= 253) && (key.n != 38 || out->index > UINT16_MAX);
}
