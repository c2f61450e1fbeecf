#include "net/relay/compact.h"

#include "base/assert.h"
#include "crypto/sha256.h"

#define SHORT_ID_MASK UINT64_C(0xffffffffffff)
#define FILTER_BITS   65536
#define SCRATCH_CHUNK 16384
#define TX_BYTES_MIN  10 /* of any transaction that can be read */

struct yc_siphash_key yc_compact_key(const uint8_t header80[YC_HEADER_BYTES], uint64_t nonce)
{
    uint8_t bytes[YC_HEADER_BYTES + 8], hash32[32];
    memcpy(bytes, header80, YC_HEADER_BYTES);
    yc_put64le(bytes + YC_HEADER_BYTES, nonce);
    yc_sha256_once(hash32, bytes, sizeof bytes);
    return (struct yc_siphash_key){yc_get64le(hash32), yc_get64le(hash32 + 8)};
}

uint64_t yc_compact_short_id(struct yc_siphash_key key, const struct yc_wtxid *wtxid)
{
    return yc_siphash(key, wtxid->b, sizeof wtxid->b) & SHORT_ID_MASK;
}

static void append_compact(struct yc_buf *out, uint64_t n)
{
    uint8_t bytes[9];
    struct yc_writer w;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_compact(&w, n);
    yc_buf_append(out, bytes, w.n);
}

void yc_compact_write(struct yc_buf *out, const struct yc_block *b, uint64_t nonce)
{
    uint8_t bytes[YC_HEADER_BYTES + 8];
    yc_header_write(&b->header, bytes);
    yc_put64le(bytes + YC_HEADER_BYTES, nonce);
    struct yc_siphash_key key = yc_compact_key(bytes, nonce);
    yc_buf_append(out, bytes, sizeof bytes);
    append_compact(out, b->tx_count ? b->tx_count - 1 : 0);
    for (uint32_t i = 1; i < b->tx_count; i++) {
        uint8_t id[8];
        yc_put64le(id, yc_compact_short_id(key, &b->tx[i].wtxid));
        yc_buf_append(out, id, YC_COMPACT_SHORT_ID_BYTES);
    }
    append_compact(out, b->tx_count ? 1 : 0);
    if (b->tx_count) {
        append_compact(out, 0);
        yc_buf_append(out, b->tx[0].raw.p, b->tx[0].raw.n);
    }
}

/* Reading. */

/* The bytes of the next transaction; false when it cannot be read. *memory is set when that is our fault. */
static bool next_tx(struct yc_reader *r, struct yc_arena *scratch, struct yc_view *raw, bool *empty, bool *memory)
{
    struct yc_tx tx;
    struct yc_reject why;
    const uint8_t *start = r->p;
    yc_arena_clear(scratch);
    enum yc_verdict v = yc_tx_read(r, &tx, scratch, &why);
    *memory = v == YC_SYSTEM;
    if (v != YC_VALID)
        return false;
    *raw = yc_view(start, (size_t)(r->p - start));
    *empty = tx.in_count == 0 && tx.out_count == 0;
    return true;
}

/* Walk over transactions, each behind an index when indexed. */
static enum yc_verdict walk(struct yc_reader *r, size_t count, bool indexed, const struct yc_alloc *alloc)
{
    struct yc_arena scratch;
    struct yc_view raw;
    bool ok = true, empty, memory = false;
    yc_arena_init(&scratch, alloc, SCRATCH_CHUNK, SIZE_MAX);
    for (size_t i = 0; ok && i < count; i++) {
        if (indexed && yc_reader_compact(r) > YC_COMPACT_TXS_MAX)
            yc_reader_fail(r);
        ok = next_tx(r, &scratch, &raw, &empty, &memory);
    }
    yc_arena_release(&scratch);
    return memory ? YC_SYSTEM : ok && yc_reader_ok(r) ? YC_VALID : YC_INVALID;
}

enum yc_verdict yc_compact_parse(struct yc_compact_view *out, struct yc_view payload, const struct yc_alloc *alloc)
{
    struct yc_reader r;
    yc_reader_init(&r, payload);
    out->header80 = yc_reader_bytes(&r, YC_HEADER_BYTES).p;
    out->nonce = yc_reader_u64le(&r);
    out->short_id_count = yc_reader_count(&r, YC_COMPACT_SHORT_ID_BYTES);
    out->short_ids = yc_reader_bytes(&r, out->short_id_count * YC_COMPACT_SHORT_ID_BYTES);
    out->prefilled_count = yc_reader_count(&r, 1 + TX_BYTES_MIN);
    if (!yc_reader_ok(&r))
        return YC_INVALID;
    const uint8_t *start = r.p;
    enum yc_verdict v = walk(&r, out->prefilled_count, true, alloc);
    if (v != YC_VALID)
        return v;
    out->prefilled = yc_view(start, (size_t)(r.p - start));
    return out->short_id_count + out->prefilled_count > YC_COMPACT_TXS_MAX ? YC_INVALID : YC_VALID;
}

enum yc_verdict yc_compact_request_parse(struct yc_compact_request *out, struct yc_view payload)
{
    struct yc_reader r;
    size_t offset = 0;
    uint32_t next = 0, index;
    yc_reader_init(&r, payload);
    yc_reader_copy(&r, out->hash.b, sizeof out->hash.b);
    out->count = yc_reader_count(&r, 1);
    if (!yc_reader_ok(&r))
        return YC_INVALID;
    out->indexes = yc_view(r.p, yc_reader_left(&r));
    size_t seen = 0;
    while (seen < out->count && yc_compact_request_next(out, &offset, &next, &index))
        seen++;
    return seen == out->count ? YC_VALID : YC_INVALID;
}

bool yc_compact_request_next(const struct yc_compact_request *r, size_t *offset, uint32_t *next, uint32_t *index)
{
    struct yc_reader at;
    yc_reader_init(&at, yc_view_slice(r->indexes, *offset, r->indexes.n - *offset));
    uint64_t difference = yc_reader_compact(&at);
    if (!yc_reader_ok(&at) || difference > YC_COMPACT_TXS_MAX || *next + difference > YC_COMPACT_TXS_MAX)
        return false;
    *offset = r->indexes.n - yc_reader_left(&at);
    *index = *next + (uint32_t)difference;
    *next = *index + 1;
    return true;
}

enum yc_verdict yc_compact_txs_parse(struct yc_compact_txs *out, struct yc_view payload, const struct yc_alloc *alloc)
{
    struct yc_reader r;
    yc_reader_init(&r, payload);
    yc_reader_copy(&r, out->hash.b, sizeof out->hash.b);
    out->count = yc_reader_count(&r, TX_BYTES_MIN);
    if (!yc_reader_ok(&r))
        return YC_INVALID;
    const uint8_t *start = r.p;
    enum yc_verdict v = walk(&r, out->count, false, alloc);
    out->txs = yc_view(start, (size_t)(r.p - start));
    return v;
}

/* Putting together. */

enum slot_state { SLOT_MISSING, SLOT_FILLED, SLOT_COLLIDED };

struct slot {
    enum slot_state state;
    enum yc_compact_origin origin;
    uint32_t at, n; /* in bytes; n is 0 while it is missing */
    uint64_t tag;   /* eight bytes of the wtxid: is another one with this short id the same? */
};

struct yc_compact {
    const struct yc_alloc *alloc;
    struct yc_siphash_key key;
    uint8_t header80[YC_HEADER_BYTES];
    struct slot *slot;
    struct yc_map ids;               /* short id -> uint32_t slot */
    uint8_t filter[FILTER_BITS / 8]; /* a bit for the low half of each short id: most offers end here */
    struct yc_buf bytes;             /* of the transactions that are here, in no order */
    struct yc_compact_counts count;
    bool spent;
};

void yc_compact_free(struct yc_compact *c)
{
    if (!c)
        return;
    yc_map_release(&c->ids);
    yc_buf_release(&c->bytes);
    yc_alloc_free(c->alloc, c->slot, c->count.txs * sizeof *c->slot);
    yc_alloc_free(c->alloc, c, sizeof *c);
}

static bool keep(struct yc_compact *c, struct slot *s, struct yc_view raw)
{
    size_t at = c->bytes.n;
    yc_buf_append(&c->bytes, raw.p, raw.n);
    if (c->bytes.failed)
        return false;
    *s = (struct slot){.state = SLOT_FILLED, .at = (uint32_t)at, .n = (uint32_t)raw.n};
    c->count.missing--;
    return true;
}

/* Put the message's own transactions in their places. Only those can follow one another without an id between them. */
static enum yc_verdict place_prefilled(struct yc_compact *c, const struct yc_compact_view *v)
{
    struct yc_arena scratch;
    struct yc_reader r;
    struct yc_view raw;
    uint64_t next = 0;
    enum yc_verdict result = YC_VALID;
    bool empty, memory;
    yc_arena_init(&scratch, c->alloc, SCRATCH_CHUNK, SIZE_MAX);
    yc_reader_init(&r, v->prefilled);
    for (size_t i = 0; result == YC_VALID && i < v->prefilled_count; i++) {
        uint64_t index = next + yc_reader_compact(&r);
        if (!next_tx(&r, &scratch, &raw, &empty, &memory))
            result = memory ? YC_SYSTEM : YC_INVALID;
        else if (empty || index > v->short_id_count + i)
            result = YC_INVALID;
        else if (!keep(c, &c->slot[index], raw))
            result = YC_SYSTEM;
        next = index + 1;
    }
    yc_arena_release(&scratch);
    return result;
}

static enum yc_verdict place_ids(struct yc_compact *c, const struct yc_compact_view *v)
{
    uint32_t at = 0;
    for (size_t i = 0; i < v->short_id_count; i++, at++) {
        uint8_t id8[8] = {0};
        bool is_new;
        while (c->slot[at].state == SLOT_FILLED)
            at++;
        memcpy(id8, v->short_ids.p + i * YC_COMPACT_SHORT_ID_BYTES, YC_COMPACT_SHORT_ID_BYTES);
        uint64_t id = yc_get64le(id8);
        uint32_t *slot = yc_map_put(&c->ids, &id, &is_new);
        if (!slot)
            return YC_SYSTEM;
        if (!is_new)
            return YC_MUTATED;
        *slot = at;
        c->filter[(id % FILTER_BITS) / 8] |= (uint8_t)(1u << (id % 8));
    }
    return YC_VALID;
}

enum yc_verdict yc_compact_new(struct yc_compact **out, const struct yc_compact_view *v, const struct yc_alloc *alloc,
                               struct yc_siphash_key seed)
{
    size_t txs = v->short_id_count + v->prefilled_count;
    *out = NULL;
    if (txs == 0)
        return YC_INVALID;
    struct yc_compact *c = yc_alloc_new(alloc, sizeof *c);
    if (!c)
        return YC_SYSTEM;
    memset(c, 0, sizeof *c);
    c->alloc = alloc;
    c->key = yc_compact_key(v->header80, v->nonce);
    c->count.txs = c->count.missing = txs;
    c->count.prefilled = v->prefilled_count;
    memcpy(c->header80, v->header80, sizeof c->header80);
    yc_map_init(&c->ids, alloc, sizeof(uint64_t), sizeof(uint32_t), seed);
    yc_buf_init(&c->bytes, alloc, YC_BLOCK_BYTES_MAX);
    c->slot = yc_alloc_new(alloc, txs * sizeof *c->slot);
    enum yc_verdict result = c->slot ? YC_VALID : YC_SYSTEM;
    if (c->slot) {
        memset(c->slot, 0, txs * sizeof *c->slot);
        result = place_prefilled(c, v);
    }
    if (result == YC_VALID)
        result = place_ids(c, v);
    if (result != YC_VALID) {
        yc_compact_free(c);
        return result;
    }
    *out = c;
    return YC_VALID;
}

static size_t *found_by(struct yc_compact *c, enum yc_compact_origin origin)
{
    return origin == YC_COMPACT_POOL ? &c->count.from_pool : &c->count.from_extra;
}

bool yc_compact_offer(struct yc_compact *c, const struct yc_wtxid *wtxid, struct yc_view raw,
                      enum yc_compact_origin origin)
{
    uint64_t id = yc_compact_short_id(c->key, wtxid), tag = yc_get64le(wtxid->b);
    if (c->spent || c->count.missing == 0)
        return false;
    if (!(c->filter[(id % FILTER_BITS) / 8] & (1u << (id % 8))))
        return true;
    const uint32_t *at = yc_map_get(&c->ids, &id);
    if (!at)
        return true;
    struct slot *s = &c->slot[*at];
    switch (s->state) {
    case SLOT_MISSING:
        if (!keep(c, s, raw))
            return false; /* more than any block holds, or no memory: the rest is asked for */
        s->origin = origin;
        s->tag = tag;
        (*found_by(c, origin))++;
        break;
    case SLOT_FILLED:
        if (s->tag == tag)
            break;
        s->state = SLOT_COLLIDED;
        s->n = 0;
        c->count.missing++;
        (*found_by(c, s->origin))--;
        break;
    case SLOT_COLLIDED:
        break;
    }
    return c->count.missing > 0;
}

struct yc_compact_counts yc_compact_count(const struct yc_compact *c)
{
    return c->count;
}

void yc_compact_write_request(const struct yc_compact *c, struct yc_buf *out)
{
    struct yc_header header;
    size_t next = 0;
    yc_header_read(&header, c->header80);
    struct yc_block_hash hash = yc_header_hash(&header);
    yc_buf_append(out, hash.b, sizeof hash.b);
    append_compact(out, c->count.missing);
    for (size_t i = 0; i < c->count.txs; i++)
        if (c->slot[i].state != SLOT_FILLED) {
            append_compact(out, i - next);
            next = i + 1;
        }
}

/* The block's bytes: what is here from bytes, what was missing from txs. */
static enum yc_verdict join(const struct yc_compact *c, struct yc_view txs, struct yc_buf *out)
{
    struct yc_arena scratch;
    struct yc_reader r;
    struct yc_view raw;
    enum yc_verdict v = YC_VALID;
    bool empty, memory;
    yc_arena_init(&scratch, c->alloc, SCRATCH_CHUNK, SIZE_MAX);
    yc_reader_init(&r, txs);
    yc_buf_append(out, c->header80, sizeof c->header80);
    append_compact(out, c->count.txs);
    for (size_t i = 0; v == YC_VALID && i < c->count.txs; i++) {
        const struct slot *s = &c->slot[i];
        if (s->state == SLOT_FILLED) {
            yc_buf_append(out, c->bytes.p + s->at, s->n);
        } else if (next_tx(&r, &scratch, &raw, &empty, &memory)) {
            yc_buf_append(out, raw.p, raw.n);
        } else {
            v = memory ? YC_SYSTEM : YC_INVALID;
        }
    }
    yc_arena_release(&scratch);
    return v == YC_VALID && out->failed ? YC_SYSTEM : v;
}

enum yc_verdict yc_compact_fill(struct yc_compact *c, struct yc_view txs, size_t count, struct yc_buf *out)
{
    YC_ASSERT(!c->spent);
    enum yc_verdict v = count == c->count.missing ? join(c, txs, out) : YC_INVALID;
    c->spent = true;
    yc_map_release(&c->ids);
    yc_buf_release(&c->bytes);
    return v;
}
