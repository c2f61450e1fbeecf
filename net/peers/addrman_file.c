/* The address book as bytes (peers.dat): a magic with the version, the key, the hash of the map by which addresses are
 * grouped (zeros: none), the entries, where they are in "new", and a checksum over all. Places in "tried" follow from the
 * key and the map. Integers are little-endian. */
#include "base/assert.h"
#include "base/reader.h"
#include "crypto/sha256.h"
#include "net/peers/addrman_internal.h"

#define MAGIC_TEXT     "YCpeers3" /* the last character is the version */
#define MAGIC_BYTES    8
#define MAP_BYTES      32
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

static void map_of(uint8_t out32[MAP_BYTES], const struct yc_addrman *a)
{
    memset(out32, 0, MAP_BYTES);
    if (a->asmap.n)
        yc_sha256d(out32, a->asmap.p, a->asmap.n);
}

void yc_addrman_write(const struct yc_addrman *a, struct yc_buf *out)
{
    size_t start = out->n;
    uint32_t places = 0;
    uint8_t map32[MAP_BYTES];
    map_of(map32, a);
    yc_buf_append(out, MAGIC_TEXT, MAGIC_BYTES);
    yc_buf_append(out, a->key32, sizeof a->key32);
    yc_buf_append(out, map32, sizeof map32);
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

/* What is read, and into which book. */
struct reading {
    struct yc_reader r;
    struct yc_addrman *book;
    bool same_map;  /* the book's map is that of the file: places are as they were */
    bool no_memory; /* why it failed */
};

/* One entry into the book. False when it is damaged or there twice, or without memory. */
static bool read_entry(struct reading *f)
{
    struct yc_reader *r = &f->r;
    struct yc_addrman *a = f->book;
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
    f->no_memory = slot == NO_SLOT;
    if (f->no_memory)
        return false;
    struct place at = yc_addrman_tried_place(a, &e.addr);
    bool taken = a->tried_table[at.bucket][at.position] != 0;
    if (tried && taken && f->same_map)
        return false;
    if (tried && !taken) {
        yc_addrman_set_tried(a, at, slot + 1);
        a->items[slot].e.tried = true;
        a->tried_count++;
    }
    return true;
}

static bool read_new_place(struct reading *f)
{
    struct yc_addrman *a = f->book;
    uint32_t bucket = yc_reader_u32le(&f->r), index = yc_reader_u32le(&f->r);
    if (!yc_reader_ok(&f->r) || bucket >= YC_ADDRMAN_NEW_BUCKETS || index >= a->count)
        return false;
    if (!f->same_map)
        return true;
    /* Slots are given out in order to an empty book, so the index in the file is the slot. */
    struct item *item = &a->items[index];
    struct place at = yc_addrman_new_place_in(a, &item->e.addr, bucket);
    if (item->e.tried || item->refs == YC_ADDRMAN_NEW_REFS_MAX || a->new_table[at.bucket][at.position])
        return false;
    yc_addrman_set_new(a, at, index + 1);
    item->refs++;
    return true;
}

/* Under another map: those that are not in "tried" go where their sources lead to, while there is room. */
static void place_anew(struct yc_addrman *a, uint32_t count)
{
    for (uint32_t slot = 0; slot < count; slot++) {
        struct item *item = &a->items[slot];
        if (item->e.tried)
            continue;
        struct place at = yc_addrman_new_place(a, &item->e.addr, &item->e.source);
        if (a->new_table[at.bucket][at.position]) {
            yc_addrman_drop(a, slot);
        } else {
            yc_addrman_set_new(a, at, slot + 1);
            item->refs = 1;
        }
    }
}

/* Entries and places behind the key and the map; false when they do not fit together. */
static bool read_body(struct reading *f)
{
    uint32_t count = yc_reader_u32le(&f->r);
    if (count > yc_reader_left(&f->r) / ENTRY_BYTES || count > NEW_PLACES + TRIED_PLACES)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!read_entry(f))
            return false;
    uint32_t places = yc_reader_u32le(&f->r);
    if (places > NEW_PLACES)
        return false;
    for (uint32_t i = 0; i < places; i++)
        if (!read_new_place(f))
            return false;
    if (!f->same_map)
        place_anew(f->book, count);
    for (uint32_t i = 0; i < count && f->same_map; i++)
        if (!f->book->items[i].e.tried && f->book->items[i].refs == 0)
            return false;
    return yc_reader_done(&f->r);
}

enum yc_verdict yc_addrman_parse(struct yc_addrman **out, struct yc_view bytes, const struct yc_alloc *alloc,
                                 const struct yc_random *random, struct yc_view asmap, struct yc_error *err)
{
    struct reading f = {0};
    uint8_t sum32[CHECKSUM_BYTES], key32[32], map32[MAP_BYTES], ours32[MAP_BYTES];
    if (bytes.n < MAGIC_BYTES + sizeof key32 + MAP_BYTES + 8 + CHECKSUM_BYTES ||
        memcmp(bytes.p, MAGIC_TEXT, MAGIC_BYTES) != 0)
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
    yc_reader_init(&f.r, yc_view(bytes.p + MAGIC_BYTES, bytes.n - MAGIC_BYTES - CHECKSUM_BYTES));
    yc_reader_copy(&f.r, key32, sizeof key32);
    yc_reader_copy(&f.r, map32, sizeof map32);
    if (yc_addrman_new(&f.book, alloc, random, asmap, key32) != YC_VALID)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while reading the list of peers");
    map_of(ours32, f.book);
    f.same_map = memcmp(map32, ours32, sizeof map32) == 0;
    if (!read_body(&f)) {
        yc_addrman_free(f.book);
        if (f.no_memory)
            return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while reading the list of peers");
        return yc_fail(
            err, YC_INVALID, YC_SYSTEM_NONE,
            "The list of peers (%zu bytes) contradicts itself; it is not used, and peers are looked for anew", bytes.n);
    }
    *out = f.book;
    return YC_VALID;
}
