/* Connections and bans as a program of the input: what is wanted is opened, or fails; peers come in, are pushed out, named,
 * unnamed, banned. Beside it runs a list of what is open and one of what is banned. No limit of the configuration is passed, who
 * is banned is never offered, and when there is nothing to open the next time to ask is not over. The first byte of the input may
 * cap the memory. */
#include "base/assert.h"
#include "base/reader.h"
#include "net/peers/slots.h"
#include "sys/heap.h"

#include <stdio.h>
#include <stdlib.h>

#define ADDRS     256
#define OPEN_MAX  40
#define NAMES     12
#define BANS      64
#define STEPS     300
#define SECOND_US INT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct open {
    int64_t id;
    enum yc_conn_type type;
};

struct machine {
    struct yc_heap_capped heap;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_slots_config config;
    struct yc_addrman *book;
    struct yc_slots *s;
    struct yc_bans bans;
    struct yc_self self;
    struct yc_now now;
    struct open open[OPEN_MAX + NAMES]; /* named peers come beside the others */
    size_t count;
    int64_t ids, banned_until_s[BANS]; /* of the /24 that address i * 4 is in */
    bool discouraged[ADDRS], capped, one_more;
};

/* Four to a /24, 64 to a network group. */
static struct yc_netaddr addr_of(unsigned i)
{
    return yc_netaddr_ipv4((uint8_t)(30 + i / 64 % 4), 2, (uint8_t)(i / 4 % 64), (uint8_t)(1 + i % 4), 8333);
}

static unsigned index_of(const struct yc_netaddr *a)
{
    return (unsigned)(a->host32[12] - 30) * 64 + (unsigned)a->host32[14] % 16 * 4 + a->host32[15] - 1u;
}

static size_t count_of(const struct machine *m, enum yc_conn_type type)
{
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++)
        n += m->open[i].type == type;
    return n;
}

static bool banned(const struct machine *m, unsigned i)
{
    return m->banned_until_s[i / 4] > m->now.wall_s;
}

static void open(struct machine *m, enum yc_conn_type type, const struct yc_netaddr *addr, size_t named)
{
    if (yc_slots_opening(m->s, ++m->ids, type, addr, named, m->now.mono_us) != YC_VALID) {
        YC_ASSERT(m->capped);
        return;
    }
    YC_ASSERT(m->count < OPEN_MAX + NAMES);
    m->open[m->count++] = (struct open){m->ids, type};
}

static void close_at(struct machine *m, size_t i, bool ready)
{
    yc_slots_closed(m->s, m->open[i].id, ready, m->now.mono_us);
    YC_ASSERT(yc_slots_find(m->s, m->open[i].id) == NULL);
    m->open[i] = m->open[--m->count];
}

/* All but named peers. */
static size_t automatic(const struct machine *m)
{
    return m->count - count_of(m, YC_CONN_MANUAL);
}

/* Is what is wanted within what may be, beside what is open? */
static void check_want(const struct machine *m, const struct yc_slot_want *w)
{
    size_t full = m->config.full_outbound_max + m->one_more;
    YC_ASSERT((automatic(m) < m->config.connections_max || w->type == YC_CONN_MANUAL) && w->type != YC_CONN_INBOUND);
    YC_ASSERT(w->type != YC_CONN_OUTBOUND_FULL || count_of(m, w->type) < full);
    YC_ASSERT(w->type != YC_CONN_BLOCK_RELAY || count_of(m, w->type) <= m->config.block_relay_max);
    YC_ASSERT(w->type != YC_CONN_FEELER || (m->config.feelers && count_of(m, w->type) == 0));
    YC_ASSERT(w->type != YC_CONN_MANUAL || !m->config.automatic || count_of(m, w->type) < m->config.manual_max);
    YC_ASSERT(w->type == YC_CONN_MANUAL || m->config.automatic);
    if (w->host)
        return;
    unsigned i = index_of(&w->addr);
    YC_ASSERT(!banned(m, i) && !m->discouraged[i] && !yc_slots_connected_to(m->s, &w->addr));
    YC_ASSERT(!yc_self_has(&m->self, &w->addr));
}

/* Open all that is wanted; then there is nothing until the time that is told. */
static void open_wanted(struct machine *m, unsigned fails)
{
    struct yc_slot_want w;
    while (yc_slots_next(m->s, m->book, &m->bans, &m->self, &w, m->now)) {
        struct yc_netaddr none = {.port = 0};
        size_t before = m->count;
        check_want(m, &w);
        open(m, w.type, w.host ? &none : &w.addr, w.named);
        if (m->count == before)
            return;
        if (fails & 1)
            close_at(m, m->count - 1, fails & 2);
        fails >>= 2;
    }
    YC_ASSERT(yc_slots_next_deadline_us(m->s) > m->now.mono_us);
}

static void come_in(struct machine *m, unsigned i)
{
    struct yc_netaddr a = addr_of(i);
    int64_t evict = -1;
    enum yc_admit admit = yc_slots_admit_inbound(m->s, &evict);
    if (admit == YC_ADMIT_REFUSE)
        return;
    if (admit == YC_ADMIT_EVICT) {
        struct yc_slot *slot = yc_slots_find(m->s, evict);
        YC_ASSERT(slot && slot->type == YC_CONN_INBOUND && !slot->protected_from_eviction);
        for (size_t k = 0; k < m->count; k++)
            if (m->open[k].id == evict)
                close_at(m, k, true);
    }
    YC_ASSERT(automatic(m) < m->config.connections_max);
    open(m, YC_CONN_INBOUND, &a, SIZE_MAX);
}

static void name(struct machine *m, unsigned i, bool on)
{
    char host[32];
    struct yc_error err;
    snprintf(host, sizeof host, "n%u.example", i % NAMES);
    size_t before = yc_slots_named_count(m->s);
    if (on) {
        enum yc_verdict v = yc_slots_name(m->s, host, &err);
        YC_ASSERT(v != YC_SYSTEM || m->capped);
        YC_ASSERT(yc_slots_named_count(m->s) == before + (v == YC_VALID));
    } else {
        bool was = yc_slots_unname(m->s, host);
        YC_ASSERT(yc_slots_named_count(m->s) == before - was);
    }
    YC_ASSERT(yc_slots_named_count(m->s) <= NAMES);
}

static void ban(struct machine *m, unsigned i, uint8_t how)
{
    struct yc_netaddr a = addr_of(i);
    struct yc_subnet n = yc_subnet_of_bits(&a, 96 + 24);
    struct yc_error err;
    int64_t *until_s = &m->banned_until_s[i / 4], new_until_s = m->now.wall_s + 1 + how * 10;
    bool was = banned(m, i);
    if (how & 128) {
        YC_ASSERT(yc_bans_remove(&m->bans, &n) == (*until_s != 0) || *until_s <= m->now.wall_s);
        *until_s = 0;
    } else {
        enum yc_verdict v = yc_bans_add(&m->bans, &n, m->now.wall_s, new_until_s, &err);
        YC_ASSERT(v == YC_VALID || (v == YC_INVALID && was && *until_s >= new_until_s) ||
                  (v == YC_SYSTEM && m->capped));
        if (v == YC_VALID)
            *until_s = new_until_s;
    }
}

static void check(struct machine *m)
{
    static const enum yc_conn_type types[] = {YC_CONN_INBOUND, YC_CONN_OUTBOUND_FULL, YC_CONN_BLOCK_RELAY,
                                              YC_CONN_MANUAL,  YC_CONN_FEELER,        YC_CONN_ADDR_FETCH};
    YC_ASSERT(yc_slots_total(m->s) == m->count && m->bans.count <= BANS);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        YC_ASSERT(yc_slots_count(m->s, types[i]) == count_of(m, types[i]));
    for (size_t i = 0; i < yc_slots_named_count(m->s); i++) {
        int64_t id;
        (void)yc_slots_named_at(m->s, i, &id);
        const struct yc_slot *slot = id < 0 ? NULL : yc_slots_find(m->s, id);
        YC_ASSERT(id < 0 || (slot && slot->named == i));
    }
    for (unsigned i = 0; i < ADDRS; i += 3) {
        struct yc_netaddr a = addr_of(i);
        YC_ASSERT(yc_bans_match(&m->bans, &a, m->now.wall_s) == banned(m, i));
        YC_ASSERT(yc_bans_discouraged(&m->bans, &a) == m->discouraged[i]);
    }
}

static void learn(struct machine *m, unsigned i, uint8_t how)
{
    struct yc_slot *slot = m->count ? yc_slots_find(m->s, m->open[i % m->count].id) : NULL;
    if (!slot)
        return;
    slot->protected_from_eviction = (how & 15) == 1;
    slot->relays_txs = how & 2;
    slot->evict_first = how & 32;
    slot->via_onion = how & 64;
    int64_t evict;
    if (slot->type == YC_CONN_INBOUND && (how & 16) && yc_slots_admit_relay(m->s, slot->id, &evict) == YC_ADMIT_EVICT) {
        const struct yc_slot *other = yc_slots_find(m->s, evict);
        YC_ASSERT(other && other != slot && other->type == YC_CONN_INBOUND && other->relays_txs);
        YC_ASSERT(!other->protected_from_eviction);
    }
    slot->ping_min_us = how * 1000;
    slot->last_tx_us = how & 4 ? m->now.mono_us : 0;
    slot->last_block_us = how & 8 ? m->now.mono_us : 0;
}

static void step(struct machine *m, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r), i = yc_reader_u8(r), how = yc_reader_u8(r);
    struct yc_netaddr a = addr_of(i), from = addr_of(how);
    if (what < 30) {
        for (unsigned k = 0; k < 16; k++, a = addr_of((i + 5 * k) % ADDRS))
            (void)yc_addrman_add(m->book, &a, 9, m->now.wall_s, &from, 0, false, m->now.wall_s);
    } else if (what < 90) {
        open_wanted(m, how);
    } else if (what < 120) {
        come_in(m, i);
    } else if (what < 150 && m->count) {
        close_at(m, i % m->count, how & 1);
    } else if (what < 175) {
        name(m, i, what & 3);
    } else if (what < 195) {
        ban(m, i, how);
    } else if (what < 200) {
        yc_bans_discourage(&m->bans, &a);
        m->discouraged[i] = yc_bans_discouraged(&m->bans, &a);
        YC_ASSERT(m->discouraged[i] || m->capped);
    } else if (what < 205) {
        yc_slots_anchor(m->s, &a);
    } else if (what < 210) {
        m->one_more = how & 1;
        yc_slots_one_more(m->s, m->one_more);
        yc_slots_begin_extra(m->s, m->now.mono_us);
    } else if (what < 212) {
        yc_self_add(&m->self, &a, YC_SELF_BOUND);
        YC_ASSERT(m->self.count <= YC_SELF_MAX);
    } else if (what < 225) {
        learn(m, i, how);
    } else {
        m->now.mono_us += how * SECOND_US / (what & 1 ? 1 : 10);
        m->now.wall_s += what & 1 ? how : how / 10;
    }
}

static bool start(struct machine *m, struct yc_reader *r)
{
    const uint8_t key32[32] = {8};
    uint8_t cap = yc_reader_u8(r), how = yc_reader_u8(r);
    m->capped = cap >= 200;
    yc_heap_capped_init(&m->heap, m->capped ? 360000 + (size_t)(cap - 199) * 1024 : SIZE_MAX);
    yc_random_seed(&m->random, &m->seeded, cap);
    m->config = yc_slots_config_default();
    m->config.connections_max = OPEN_MAX - how % 32;
    m->config.automatic = (how & 0xc0) != 0xc0;
    m->config.feelers = !(how & 32);
    m->now = (struct yc_now){SECOND_US, 1700000000};
    yc_bans_init(&m->bans, &m->heap.alloc, (struct yc_siphash_key){9, 9});
    return yc_addrman_new(&m->book, &m->heap.alloc, &m->random, (struct yc_view){0}, key32) == YC_VALID &&
           yc_slots_new(&m->s, &m->heap.alloc, &m->random, &m->config) == YC_VALID;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *m = calloc(1, sizeof *m);
    struct yc_reader r;
    YC_ASSERT(m != NULL);
    yc_reader_init(&r, yc_view(data, n));
    bool started = start(m, &r);
    YC_ASSERT(started || m->capped);
    for (unsigned i = 0; started && i < STEPS && yc_reader_left(&r); i++) {
        step(m, &r);
        check(m);
    }
    yc_slots_free(m->s);
    yc_addrman_free(m->book);
    yc_bans_release(&m->bans);
    YC_ASSERT(m->heap.used_bytes == 0);
    free(m);
    return 0;
}
