/* The address book as a program of the input: addresses are told, tried, good, chosen; and its file, with what the input
 * changes in it. After each step the walk over all places, the counts and the finds must tell the same story, and at the end
 * what is written is read as the same book. The first byte of the input may cap the memory. */
#include "base/assert.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "crypto/sha256.h"
#include "net/addr/netgroup.h"
#include "net/peers/addrman.h"
#include "sys/heap.h"

#include <stdlib.h>

#define GROUPS 5
#define ADDRS  4096
#define STEPS  150
#define DAY_S  86400

/* Where a group of sources leads to, and a group of addresses: the bounds of net/peers/addrman.h (catalogue P23). */
#define SOURCE_BUCKETS_MAX 64
#define TRIED_BUCKETS_MAX  8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct machine {
    struct yc_heap_capped heap;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_addrman *book;
    int64_t now_s;
    bool sourced[GROUPS]; /* has told us something */
    bool capped;
    bool mapped;  /* the book was read under the map of one system */
    bool altered; /* the book came from a file that was changed: its addresses and places are nobody's */
};

/* Of three networks; most are IPv4, of one of GROUPS groups. */
static struct yc_netaddr addr_of(unsigned i)
{
    uint8_t key32[32] = {(uint8_t)i, (uint8_t)(i >> 8), 9};
    struct yc_netaddr a = yc_netaddr_ipv4((uint8_t)(20 + i % GROUPS), 1, (uint8_t)(i / 16), (uint8_t)i, 8333);
    if (i % 16 == 15)
        return yc_netaddr_of_key(YC_NET_TORV3, key32, 8333);
    if (i % 64 == 14)
        memcpy(a.host32, (const uint8_t[]){0x2a, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12);
    return a;
}

static struct yc_netaddr source_of(unsigned i)
{
    return yc_netaddr_ipv4((uint8_t)(60 + i % GROUPS), 3, 3, (uint8_t)i, 8333);
}

/* Places that were met on the walk. */
struct seen {
    uint8_t bucket[YC_ADDRMAN_NEW_BUCKETS]; /* anything of "new" in it */
    uint8_t tried[GROUPS][YC_ADDRMAN_TRIED_BUCKETS];
};

static void note_place(const struct machine *s, struct seen *seen, const struct yc_addrman_place *at)
{
    struct yc_addrman_entry e;
    bool found = yc_addrman_find(s->book, &at->entry.addr, &e);
    YC_ASSERT(found && e.tried == at->tried && memcmp(&e.addr, &at->entry.addr, sizeof e.addr) == 0);
    YC_ASSERT(at->position < YC_ADDRMAN_BUCKET_SLOTS);
    YC_ASSERT(at->bucket < (at->tried ? YC_ADDRMAN_TRIED_BUCKETS : YC_ADDRMAN_NEW_BUCKETS));
    const struct yc_netaddr *a = &at->entry.addr;
    if (!at->tried)
        seen->bucket[at->bucket] = 1;
    else if (yc_netaddr_is_ipv4(a) && !a->hidden && a->host32[12] >= 20 && a->host32[12] < 20 + GROUPS)
        seen->tried[a->host32[12] - 20][at->bucket] = 1;
}

static size_t sum(const uint8_t *flags, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += flags[i];
    return total;
}

static void look(const struct machine *s)
{
    static struct seen seen;
    struct yc_addrman_place at;
    struct yc_addrman_counts counts[YC_NET_COUNT];
    size_t cursor = 0, in_new = 0, in_tried = 0, sources = 0;
    memset(&seen, 0, sizeof seen);
    while (yc_addrman_next_place(s->book, &cursor, &at)) {
        note_place(s, &seen, &at);
        in_new += !at.tried;
        in_tried += at.tried;
    }
    size_t only_new = yc_addrman_new_count(s->book);
    YC_ASSERT(in_tried == yc_addrman_tried_count(s->book) && yc_addrman_count(s->book) == only_new + in_tried);
    YC_ASSERT(only_new <= in_new && in_new <= only_new * YC_ADDRMAN_NEW_REFS_MAX);
    yc_addrman_count_networks(s->book, counts);
    for (unsigned i = 1; i < YC_NET_COUNT; i++) {
        only_new -= counts[i].in_new;
        in_tried -= counts[i].in_tried;
    }
    YC_ASSERT(only_new == 0 && in_tried == 0);
    for (unsigned g = 0; g < GROUPS; g++) {
        sources += s->sourced[g];
        YC_ASSERT(sum(seen.tried[g], YC_ADDRMAN_TRIED_BUCKETS) <= TRIED_BUCKETS_MAX);
    }
    YC_ASSERT(s->altered || sum(seen.bucket, YC_ADDRMAN_NEW_BUCKETS) <= sources * SOURCE_BUCKETS_MAX);
    YC_ASSERT(yc_addrman_bytes(s->book) == s->heap.used_bytes);
    YC_ASSERT(yc_addrman_check(s->book) == NULL);
}

static void tell(struct machine *s, unsigned addr, unsigned source, unsigned count, uint8_t how)
{
    struct yc_netaddr from = source_of(source);
    s->sourced[source % GROUPS] = true;
    for (unsigned i = 0; i < count; i++) {
        struct yc_netaddr a = addr_of((addr + i) % ADDRS);
        int64_t time_s = s->now_s + ((int64_t)(how % 8) - 6) * DAY_S / 2;
        bool had = yc_addrman_find(s->book, &a, &(struct yc_addrman_entry){0});
        bool placed = yc_addrman_add(s->book, &a, how, time_s, &from, how & 16 ? 7200 : 0, true, s->now_s);
        YC_ASSERT(!(had || placed) || yc_addrman_find(s->book, &a, &(struct yc_addrman_entry){0}));
    }
}

static void choose(struct machine *s, uint8_t how)
{
    struct yc_addrman_entry e, again;
    static struct yc_addr_entry out[1000];
    const struct yc_addr_entry *answer;
    struct yc_netaddr local = source_of(how % 16);
    size_t most = how & 2 ? yc_addrman_new_count(s->book) : yc_addrman_count(s->book);
    bool got = yc_addrman_select(s->book, how & 2, &e, s->now_s);
    YC_ASSERT(got == (most > 0));
    YC_ASSERT(!got || (yc_addrman_find(s->book, &e.addr, &again) && again.tried == e.tried && !(e.tried && (how & 2))));
    if (yc_addrman_select_collision(s->book, &e))
        YC_ASSERT(e.tried);
    YC_ASSERT(yc_addrman_sample(s->book, out, 1000, how % 100, s->now_s) <= yc_addrman_count(s->book));
    size_t n = yc_addrman_response(s->book, &local, &answer, s->now_s);
    YC_ASSERT(n <= 1000);
    for (size_t i = 0; i < n; i++)
        YC_ASSERT(answer[i].known && (s->altered || answer[i].addr.port == 8333));
}

/* Good ones, so many in a row that their places collide. */
static void good(struct machine *s, unsigned addr, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct yc_addrman_entry e;
        struct yc_netaddr a = addr_of((addr + i) % ADDRS);
        bool now_tried = yc_addrman_good(s->book, &a, s->now_s);
        bool found = yc_addrman_find(s->book, &a, &e);
        YC_ASSERT(now_tried == (found && e.tried) && (!found || (e.attempts == 0 && e.last_success_s == s->now_s)));
    }
}

/* Written, perhaps damaged with the checksum made right again, and read: the same book, or none. Under a map of one system
 * (mapped) all that is kept moves together. */
static void file(struct machine *s, uint32_t where, uint8_t change, bool mapped)
{
    static const uint8_t one_system[] = {0, 0, 0}; /* RETURN 1: net/addr/asmap.h */
    const struct yc_view map = mapped ? yc_view(one_system, sizeof one_system) : yc_view(NULL, 0);
    struct yc_buf first, second;
    struct yc_addrman *book = NULL;
    struct yc_error err;
    yc_buf_init(&first, yc_heap(), SIZE_MAX);
    yc_buf_init(&second, yc_heap(), SIZE_MAX);
    yc_addrman_write(s->book, &first);
    YC_ASSERT(!first.failed);
    if (change) {
        first.p[8 + where % (first.n - 40)] ^= change;
        yc_sha256d(first.p + first.n - 32, first.p, first.n - 32);
    }
    enum yc_verdict v = yc_addrman_parse(&book, yc_buf_view(&first), &s->heap.alloc, &s->random, map, &err);
    YC_ASSERT(v == YC_VALID || (change && v == YC_INVALID) || (s->capped && v == YC_SYSTEM));
    if (v == YC_VALID) {
        yc_addrman_write(book, &second);
        YC_ASSERT(!second.failed && yc_addrman_count(book) <= (change ? UINT32_MAX : yc_addrman_count(s->book)));
        YC_ASSERT(change || mapped || s->mapped || yc_view_equal(yc_buf_view(&first), yc_buf_view(&second)));
        yc_addrman_free(s->book);
        s->book = book;
        s->altered |= change || mapped != s->mapped;
        s->mapped = mapped;
    }
    yc_buf_release(&first);
    yc_buf_release(&second);
}

static void step(struct machine *s, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r), how = yc_reader_u8(r);
    unsigned addr = yc_reader_u16le(r);
    struct yc_netaddr a = addr_of(addr % ADDRS);
    if (what < 60) {
        tell(s, addr, how / 8, 1 + what % 4, how);
    } else if (what < 90) {
        tell(s, addr, how / 8, (unsigned)(what - 59) * 8, how);
    } else if (what < 120) {
        good(s, addr, 1 + what % 32);
    } else if (what < 140) {
        yc_addrman_attempt(s->book, &a, how & 1, s->now_s);
        yc_addrman_set_services(s->book, &a, how);
    } else if (what < 150) {
        yc_addrman_connected(s->book, &a, s->now_s);
    } else if (what < 190) {
        choose(s, how);
    } else if (what < 210) {
        yc_addrman_resolve_collisions(s->book, s->now_s);
    } else if (what < 220) {
        file(s, yc_reader_u32le(r), how, what & 1);
    } else {
        s->now_s += (int64_t)how * (what < 240 ? 60 : 6 * 3600);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *s = calloc(1, sizeof *s);
    struct yc_reader r;
    const uint8_t key32[32] = {7};
    YC_ASSERT(s != NULL);
    yc_reader_init(&r, yc_view(data, n));
    uint8_t cap = yc_reader_u8(&r);
    s->now_s = 1700000000;
    s->capped = cap >= 200;
    yc_heap_capped_init(&s->heap, s->capped ? (size_t)(cap - 199) * 30000 : SIZE_MAX);
    yc_random_seed(&s->random, &s->seeded, cap);
    if (yc_addrman_new(&s->book, &s->heap.alloc, &s->random, (struct yc_view){0}, key32) == YC_VALID) {
        for (unsigned i = 0; i < STEPS && yc_reader_left(&r); i++) {
            step(s, &r);
            if (i % 8 == 0)
                look(s);
        }
        look(s);
        file(s, 0, 0, s->mapped);
        look(s);
        yc_addrman_free(s->book);
    } else {
        YC_ASSERT(s->capped);
    }
    YC_ASSERT(s->heap.used_bytes == 0);
    free(s);
    return 0;
}
