#include "vectors/own_block.h"

#include "base/hex.h"
#include "consensus/connect.h"
#include "crypto/sha256.h"

#define BYTES_MAX (16u << 20)

/* What a part of the text stands for: the bytes at p, or n times the byte when p is NULL. */
struct piece {
    const uint8_t *p;
    uint8_t byte;
    size_t n;
};

/* The digits from *at on and the character that ends them. */
static bool next_number(struct yc_view text, size_t *at, char end, size_t *out)
{
    for (*out = 0; *at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9' && *out < BYTES_MAX; ++*at)
        *out = *out * 10 + (size_t)(text.p[*at] - '0');
    return *at < text.n && text.p[(*at)++] == (uint8_t)end;
}

static bool next_byte(struct yc_view text, size_t *at, uint8_t *byte)
{
    if (text.n - *at < 2 || !yc_hex_read(byte, 1, (const char *)text.p + *at, 2))
        return false;
    *at += 2;
    return true;
}

/* "xx", "(xx*n)" or "<i>"; *at moves behind it. False when it is none of them. */
static bool next_piece(struct yc_view text, const struct own_ids *ids, size_t *at, struct piece *out)
{
    size_t i;
    *out = (struct piece){NULL, 0, 1};
    if (text.p[*at] == '<') {
        ++*at;
        if (!next_number(text, at, '>', &i) || i >= ids->count)
            return false;
        *out = (struct piece){ids->id[i], 0, 32};
        return true;
    }
    if (text.p[*at] != '(')
        return next_byte(text, at, &out->byte);
    ++*at;
    return next_byte(text, at, &out->byte) && *at < text.n && text.p[(*at)++] == '*' &&
           next_number(text, at, ')', &out->n);
}

bool own_bytes(struct yc_arena *arena, const struct own_ids *ids, struct yc_view text, struct yc_view *out)
{
    size_t n = 0;
    struct piece piece;
    for (size_t at = 0; at < text.n; n += piece.n)
        if (!next_piece(text, ids, &at, &piece) || piece.n > BYTES_MAX - n)
            return false;
    uint8_t *bytes = yc_arena_take(arena, n);
    if (!bytes)
        return false;
    *out = yc_view(bytes, n);
    for (size_t at = 0; at < text.n; bytes += piece.n) {
        if (!next_piece(text, ids, &at, &piece))
            return false;
        if (piece.p)
            memcpy(bytes, piece.p, piece.n);
        else
            memset(bytes, piece.byte, piece.n);
    }
    return true;
}

struct coinbase {
    struct yc_txin in;
    struct yc_txout out[2];
    uint8_t script_sig[6 + 5], commitment[38];
    struct yc_view nonce;
    struct yc_tx tx;
};

static bool root_of(uint8_t out32[32], const struct own_txs *txs, const uint8_t first32[32], bool wtxids,
                    struct yc_arena *arena)
{
    uint8_t(*leaves)[32] = yc_arena_take_array(arena, txs->count + 1, 32);
    if (!leaves)
        return false;
    memcpy(leaves[0], first32, 32);
    for (size_t i = 0; i < txs->count; i++)
        memcpy(leaves[i + 1], wtxids ? txs->tx[i].wtxid.b : txs->tx[i].txid.b, 32);
    yc_merkle_root(out32, leaves, txs->count + 1, NULL);
    return true;
}

static bool commit(struct coinbase *c, const struct own_txs *txs, struct yc_arena *arena)
{
    static const uint8_t zeros[32], head[6] = {0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
    uint8_t both[64] = {0};
    if (!root_of(both, txs, zeros, true, arena))
        return false;
    memcpy(c->commitment, head, sizeof head);
    yc_sha256d(c->commitment + sizeof head, both, sizeof both);
    c->out[c->tx.out_count++] = (struct yc_txout){0, yc_view(c->commitment, sizeof c->commitment)};
    c->nonce = yc_view(zeros, sizeof zeros);
    c->in.witness = &c->nonce;
    c->in.witness_count = 1;
    return true;
}

static bool make_coinbase(struct coinbase *c, const struct own_place *place, uint32_t number, const struct own_txs *txs,
                          struct yc_arena *arena)
{
    bool any_witness = false;
    for (size_t i = 0; i < txs->count; i++)
        any_witness = any_witness || txs->tx[i].has_witness;
    *c = (struct coinbase){.in = {.prevout.index = UINT32_MAX, .sequence = YC_SEQUENCE_FINAL}};
    size_t n = yc_bip34_push(c->script_sig, place->height);
    c->script_sig[n] = 4;
    yc_put32le(c->script_sig + n + 1, number);
    c->in.script_sig = yc_view(c->script_sig, n + 5);
    c->out[0] = (struct yc_txout){yc_subsidy_sat(place->params, place->height), yc_view("\x51", 1)};
    c->tx = (struct yc_tx){.version = 1, .in_count = 1, .out_count = 1, .in = &c->in, .out = c->out};
    return !any_witness || commit(c, txs, arena);
}

/* Write the whole block; with w counting only, how long it is. */
static void write_block(struct yc_writer *w, const uint8_t header[YC_HEADER_BYTES], const struct coinbase *c,
                        const struct own_txs *txs)
{
    yc_writer_bytes(w, header, YC_HEADER_BYTES);
    yc_writer_compact(w, txs->count + 1);
    yc_tx_write(&c->tx, true, w);
    for (size_t i = 0; i < txs->count; i++)
        yc_writer_view(w, txs->tx[i].raw);
}

static bool coinbase_id(uint8_t out32[32], const struct coinbase *c)
{
    uint8_t bytes[256];
    struct yc_writer w;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_tx_write(&c->tx, false, &w);
    yc_sha256d(out32, bytes, w.n);
    return !w.failed;
}

bool own_block(struct yc_view *raw, struct yc_block_hash *hash, const struct own_place *place, uint32_t number,
               const struct own_txs *txs, struct yc_arena *arena)
{
    struct coinbase c;
    struct yc_header h = {.version = OWN_VERSION, .prev = place->prev, .time = place->time, .bits = OWN_BITS};
    uint8_t id[32], header[YC_HEADER_BYTES];
    if (!make_coinbase(&c, place, number, txs, arena) || !coinbase_id(id, &c) ||
        !root_of(h.merkle_root, txs, id, false, arena))
        return false;
    for (;; h.nonce++) {
        *hash = yc_header_hash(&h);
        if (yc_pow_check(hash, h.bits, place->params))
            break;
    }
    yc_header_write(&h, header);
    struct yc_writer w;
    yc_writer_init_count(&w);
    write_block(&w, header, &c, txs);
    uint8_t *bytes = yc_arena_take(arena, w.n);
    if (!bytes)
        return false;
    yc_writer_init(&w, bytes, w.n);
    write_block(&w, header, &c, txs);
    *raw = yc_writer_written(&w);
    return !w.failed;
}
