#include "formats/blockfilter.h"

#include "base/reader.h"
#include "base/siphash.h"
#include "base/writer.h"
#include "consensus/script/opcodes.h"
#include "crypto/sha256.h"

/* BIP 158's parameters of the basic filter: bits of a remainder, and the inverse rate of false hits. */
#define REMAINDER_BITS  19
#define FALSE_HIT_RATE  784931u
#define ELEMENTS_MAX    UINT32_MAX
#define FILTER_HEAD_MAX 9 /* a CompactSize */

struct element {
    uint64_t hash;
    struct yc_view script;
};

struct set {
    struct element *at;
    size_t count;
};

static struct yc_siphash_key key_of(const struct yc_block_hash *hash)
{
    return (struct yc_siphash_key){yc_get64le(hash->b), yc_get64le(hash->b + 8)};
}

/* The upper half of the product: maps a 64-bit hash evenly, and keeping the order, onto 0..range-1. */
static uint64_t map_to_range(uint64_t hash, uint64_t range)
{
    uint64_t hash_hi = hash >> 32, hash_lo = (uint32_t)hash, range_hi = range >> 32, range_lo = (uint32_t)range;
    uint64_t low = hash_lo * range_lo, cross = hash_hi * range_lo + (low >> 32);
    uint64_t other = hash_lo * range_hi + (uint32_t)cross;
    return hash_hi * range_hi + (cross >> 32) + (other >> 32);
}

/* Sorting by hash: a heap, since it needs no memory and has no bad case. */

static void sift_down(struct element *e, size_t i, size_t n)
{
    struct element moved = e[i];
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && e[child + 1].hash > e[child].hash)
            child++;
        if (e[child].hash <= moved.hash)
            break;
        e[i] = e[child];
    }
    e[i] = moved;
}

static void sort(struct set *s)
{
    for (size_t i = s->count / 2; i-- > 0;)
        sift_down(s->at, i, s->count);
    for (size_t n = s->count; n-- > 1;) {
        struct element top = s->at[0];
        s->at[0] = s->at[n];
        s->at[n] = top;
        sift_down(s->at, 0, n);
    }
}

/* Of equal scripts one is left. Different scripts of one hash both stay: the filter's count is of scripts. */
static void drop_repeats(struct set *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        bool repeated = false;
        for (size_t k = kept; k-- > 0 && s->at[k].hash == s->at[i].hash;)
            repeated = repeated || yc_view_equal(s->at[k].script, s->at[i].script);
        if (!repeated)
            s->at[kept++] = s->at[i];
    }
    s->count = kept;
}

static void add(struct set *s, struct yc_siphash_key key, struct yc_view script)
{
    if (script.n)
        s->at[s->count++] = (struct element){yc_siphash(key, script.p, script.n), script};
}

static bool collect(struct set *s, const struct yc_block *b, const struct yc_spent_coins *spent,
                    struct yc_arena *scratch)
{
    struct yc_siphash_key key = key_of(&b->hash);
    size_t most = spent->count;
    for (uint32_t t = 0; t < b->tx_count; t++)
        most += b->tx[t].out_count;
    *s = (struct set){yc_arena_take_array(scratch, most, sizeof *s->at), 0};
    if (!s->at || most > ELEMENTS_MAX)
        return false;
    for (size_t i = 0; i < spent->count; i++)
        add(s, key, spent->coin[i].script);
    for (uint32_t t = 0; t < b->tx_count; t++)
        for (uint32_t o = 0; o < b->tx[t].out_count; o++) {
            struct yc_view script = b->tx[t].out[o].script;
            if (!script.n || script.p[0] != YC_OP_RETURN)
                add(s, key, script);
        }
    sort(s);
    drop_repeats(s);
    return true;
}

/* Golomb-Rice codes: the quotient in ones ended by a zero, then the remainder; most significant bit first. */

struct bit_writer {
    struct yc_buf *out;
    uint8_t byte;
    unsigned used; /* bits of byte */
};

static void write_bits(struct bit_writer *w, uint64_t value, unsigned n)
{
    while (n-- > 0) {
        w->byte = (uint8_t)((unsigned)w->byte << 1 | (unsigned)(value >> n & 1));
        if (++w->used == 8) {
            yc_buf_append(w->out, &w->byte, 1);
            w->used = 0;
        }
    }
}

static void write_code(struct bit_writer *w, uint64_t value)
{
    for (uint64_t q = value >> REMAINDER_BITS; q; q--)
        write_bits(w, 1, 1);
    write_bits(w, 0, 1);
    write_bits(w, value, REMAINDER_BITS);
}

enum yc_verdict yc_blockfilter_basic(struct yc_buf *out, const struct yc_block *b, const struct yc_spent_coins *spent,
                                     struct yc_arena *scratch, struct yc_error *err)
{
    struct set s;
    size_t before = out->n;
    if (!collect(&s, b, spent, scratch))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "There is no memory for the filter of a block.");
    uint8_t head[FILTER_HEAD_MAX];
    struct yc_writer w;
    yc_writer_init(&w, head, sizeof head);
    yc_writer_compact(&w, s.count);
    yc_buf_append(out, head, w.n);
    struct bit_writer bits = {.out = out};
    uint64_t last = 0, range = s.count * (uint64_t)FALSE_HIT_RATE;
    for (size_t i = 0; i < s.count; i++) {
        uint64_t value = map_to_range(s.at[i].hash, range);
        write_code(&bits, value - last);
        last = value;
    }
    if (bits.used)
        write_bits(&bits, 0, 8 - bits.used);
    if (!out->failed)
        return YC_VALID;
    out->n = before;
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "There is no room for the filter of a block.");
}

void yc_blockfilter_header(uint8_t out32[32], struct yc_view filter, const uint8_t prev32[32])
{
    uint8_t both[64];
    yc_sha256d(both, filter.p, filter.n);
    memcpy(both + 32, prev32, 32);
    yc_sha256d(out32, both, sizeof both);
}

struct bit_reader {
    struct yc_reader bytes;
    uint8_t byte;
    unsigned left; /* bits of byte */
};

static uint64_t read_bits(struct bit_reader *r, unsigned n)
{
    uint64_t value = 0;
    while (n-- > 0) {
        if (!r->left) {
            r->byte = yc_reader_u8(&r->bytes);
            r->left = 8;
        }
        value = value << 1 | (r->byte >> --r->left & 1);
    }
    return value;
}

static uint64_t read_code(struct bit_reader *r)
{
    uint64_t quotient = 0;
    while (read_bits(r, 1) && yc_reader_ok(&r->bytes))
        quotient++;
    return (quotient << REMAINDER_BITS) + read_bits(r, REMAINDER_BITS);
}

/* Walk both rising lists side by side; the filter is read to its end, so that a broken one is found out. */
static bool intersect(struct bit_reader *r, uint64_t count, const struct set *wanted)
{
    uint64_t value = 0, range = count * FALSE_HIT_RATE;
    size_t next = 0;
    bool hit = false;
    for (uint64_t i = 0; i < count && yc_reader_ok(&r->bytes); i++) {
        value += read_code(r);
        while (next < wanted->count && map_to_range(wanted->at[next].hash, range) < value)
            next++;
        hit = hit || (next < wanted->count && map_to_range(wanted->at[next].hash, range) == value);
    }
    return hit;
}

enum yc_verdict yc_blockfilter_match_any(bool *hit, struct yc_view filter, const struct yc_block_hash *hash,
                                         const struct yc_view *scripts, size_t count, struct yc_arena *scratch,
                                         struct yc_error *err)
{
    struct bit_reader r = {.left = 0};
    yc_reader_init(&r.bytes, filter);
    uint64_t in_filter = yc_reader_compact(&r.bytes);
    struct set wanted = {yc_arena_take_array(scratch, count, sizeof *wanted.at), 0};
    if (!wanted.at)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "There is no memory for %zu scripts.", count);
    for (size_t i = 0; i < count; i++)
        add(&wanted, key_of(hash), scripts[i]);
    sort(&wanted);
    bool found = in_filter <= ELEMENTS_MAX && intersect(&r, in_filter, &wanted);
    if (in_filter > ELEMENTS_MAX || !yc_reader_done(&r.bytes))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "These %zu bytes are no block filter: its codes do not end where the bytes do.", filter.n);
    *hit = found;
    return YC_VALID;
}
