/* The address book as bytes (peers.dat): a magic with the version, the key, the entries, where they are in "new", and a
 * checksum over all. Places in "tried" follow from the key. Integers are little-endian. */
#include "base/assert.h"
#include "base/reader.h"
#include "crypto/sha256.h"
#include "net/peers/addrman_internal.h"

#define MAGIC_TEXT     "YCpeers2" /* the last character is the version */
#define MAGIC_BYTES    8
#define CHECKSUM_BYTES 32
#define ENTRY_BYTES    (2 * YC_NETADDR_BYTES + 8 * 4 + 4 + 1)
#define TIME_MAX_S     (INT64_C(1) << 40) /* later times are damage */

static void put_entry(struct yc_buf *out, const struct yc_addrman_entry *e)
{
    uint8_t *p = yc_buf_room(out, ENTRY_BYTES);
    if (!p)
        return;
    yc_netaddr_write(p, &e->addr);
    yc_netaddr_write(p + YC_NETADDR_BYTES, &e->source);
    p += 2 * YC_NETADDR_BYTES;
    yc_put64le(p, e->services);
    yc_put64le(p + 8, (uint64_t)e->time_s);
    yc_put64le(p + 16, (uint64_t)e->last_try_s);
    yc_put64le(p + 24, (uint64_t)e->last_success_s);
    yc_put32le(p + 32, e->attempts);
    p[36] = e->tried;
}

static void put_u32(struct yc_buf *out, uint32_t v)
{
    uint8_t *p = yc_buf_room(out, 4);
    if (p)
        yc_put32le(p, v);
}

void yc_addrman_write(const struct yc_addrman *a, struct yc_buf *out)
{
    size_t start = out->n;
    uint32_t places = 0;
    yc_buf_append(out, MAGIC_TEXT, MAGIC_BYTES);
    yc_buf_append(out, a->key32, sizeof a->key32);
    put_u32(out, a->count);
    for (uint32_t i = 0; i < a->count; i++) {
        put_entry(out, &a->items[a->order[i]].e);
        places += a->items[a->order[i]].refs;
    }
    put_u32(out, places);
    for (uint32_t b = 0; b < YC_ADDRMAN_NEW_BUCKETS; b++)
        for (uint32_t i = 0; i < YC_ADDRMAN_BUCKET_SLOTS; i++)
            if (a->new_table[b][i]) {
                put_u32(out, b);
                put_u32(out, a->items[a->new_table[b][i] - 1].order);
            }
    uint8_t *sum = yc_buf_room(out, CHECKSUM_BYTES);
    if (sum)
        yc_sha256d(sum, out->p + start, out->n - start - CHECKSUM_BYTES);
}

static void read_addr(struct yc_reader *r, struct yc_netaddr *addr)
{
    uint8_t bytes[YC_NETADDR_BYTES];
    yc_reader_copy(r, bytes, sizeof bytes);
    if (!yc_reader_ok(r) || !yc_netaddr_read(addr, bytes))
        yc_reader_fail(r);
}

static bool time_ok(int64_t s)
{
    return s >= 0 && s <= TIME_MAX_S;
}

/* One entry into the book. False when it is damaged or there twice; *memory is cleared when there is none. */
static bool read_entry(struct yc_reader *r, struct yc_addrman *a, bool *memory)
{
    struct yc_addrman_entry e = {0};
    read_addr(r, &e.addr);
    read_addr(r, &e.source);
    e.services = yc_reader_u64le(r);
    e.time_s = (int64_t)yc_reader_u64le(r);
    e.last_try_s = (int64_t)yc_reader_u64le(r);
    e.last_success_s = (int64_t)yc_reader_u64le(r);
    e.attempts = yc_reader_u32le(r);
    bool tried = yc_reader_u8(r) != 0;
    if (!yc_reader_ok(r) || !time_ok(e.time_s) || !time_ok(e.last_try_s) || !time_ok(e.last_success_s) ||
        yc_addrman_slot(a, &e.addr) != NO_SLOT)
        return false;
    uint32_t slot = yc_addrman_make(a, &e);
    *memory = slot != NO_SLOT;
    if (!*memory)
        return false;
    struct place at = yc_addrman_tried_place(a, &e.addr);
    if (tried && a->tried_table[at.bucket][at.position])
        return false;
    if (tried) {
        yc_addrman_set_tried(a, at, slot + 1);
        a->items[slot].e.tried = true;
        a->tried_count++;
    }
    return true;
}

static bool read_new_place(struct yc_reader *r, struct yc_addrman *a)
{
    uint32_t bucket = yc_reader_u32le(r), index = yc_reader_u32le(r);
    if (!yc_reader_ok(r) || bucket >= YC_ADDRMAN_NEW_BUCKETS || index >= a->count)
        return false;
    /* Slots are given out in order to an empty book, so the index in the file is the slot. */
    struct item *item = &a->items[index];
    struct place at = yc_addrman_new_place_in(a, &item->e.addr, bucket);
    if (item->e.tried || item->refs == YC_ADDRMAN_NEW_REFS_MAX || a->new_table[at.bucket][at.position])
        return false;
    yc_addrman_set_new(a, at, index + 1);
    item->refs++;
    return true;
}

/* Entries and places behind the key; false when they do not fit together. */
static bool read_body(struct yc_reader *r, struct yc_addrman *a, bool *memory)
{
    uint32_t count = yc_reader_u32le(r);
    if (count > yc_reader_left(r) / ENTRY_BYTES || count > NEW_PLACES + TRIED_PLACES)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!read_entry(r, a, memory))
            return false;
    uint32_t places = yc_reader_u32le(r);
    if (places > NEW_PLACES)
        return false;
    for (uint32_t i = 0; i < places; i++)
        if (!read_new_place(r, a))
            return false;
    for (uint32_t i = 0; i < count; i++)
        if (!a->items[i].e.tried && a->items[i].refs == 0)
            return false;
    return yc_reader_done(r);
}

enum yc_verdict yc_addrman_parse(struct yc_addrman **out, struct yc_view bytes, const struct yc_alloc *alloc,
                                 const struct yc_random *random, struct yc_error *err)
{
    struct yc_reader r;
    struct yc_addrman *a;
    uint8_t sum32[CHECKSUM_BYTES], key32[32];
    bool memory = true;
    if (bytes.n < MAGIC_BYTES + sizeof key32 + 8 + CHECKSUM_BYTES || memcmp(bytes.p, MAGIC_TEXT, MAGIC_BYTES) != 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "The list of peers (%zu bytes) is not in this version's format; it is not used, and peers are "
                       "looked for anew",
                       bytes.n);
    yc_sha256d(sum32, bytes.p, bytes.n - CHECKSUM_BYTES);
    if (memcmp(sum32, bytes.p + bytes.n - CHECKSUM_BYTES, CHECKSUM_BYTES) != 0)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                       "The list of peers (%zu bytes) is damaged: its checksum is wrong; it is not used, and peers are "
                       "looked for anew",
                       bytes.n);
    yc_reader_init(&r, yc_view(bytes.p + MAGIC_BYTES, bytes.n - MAGIC_BYTES - CHECKSUM_BYTES));
    yc_reader_copy(&r, key32, sizeof key32);
    if (yc_addrman_new(&a, alloc, random, key32) != YC_VALID)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while reading the list of peers");
    if (!read_body(&r, a, &memory)) {
        yc_addrman_free(a);
        if (!memory)
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while reading the list of peers");
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "The list of peers (%zu bytes) contradicts itself; it is not used, and peers are looked for anew", bytes.n);
    }
    *out = a;
    return YC_VALID;
}
