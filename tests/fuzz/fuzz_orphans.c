/* Orphans as a program of the input: peers send and announce them and leave, parents come, blocks are mined. After each step what is held
 * keeps to its bounds, is what was sent, and belongs to peers that are there; what is handed out was waiting. The first byte
 * of the input may cap the memory. */
#include "base/assert.h"
#include "base/reader.h"
#include "net/relay/orphans.h"
#include "sys/heap.h"

#include <stdlib.h>

#define IDS     8192
#define PEERS   24 /* a bit each; enough to fill YC_ORPHANS_EFFORT_MAX */
#define PARENTS 16
#define COINS   5 /* of each parent */
#define BULK    256
#define RAW_MAX 102000
#define STEPS   60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct fake {
    struct yc_tx tx;
    struct yc_txin in[2];
};

struct machine {
    struct yc_heap_capped heap;
    struct yc_orphans *o;
    uint32_t bytes_of[IDS]; /* as it was last sent; 0: never */
    bool held[IDS], was_held[IDS], waiting[IDS];
    uint32_t kept_for[IDS], was_kept_for[IDS]; /* a bit for each peer */
    size_t effort;
    bool left[PEERS]; /* has left, and sent nothing since */
};

static uint8_t raw_bytes[RAW_MAX]; /* the first bytes of what is being sent are its id */

static struct yc_outpoint coin_of(uint32_t id, unsigned input)
{
    struct yc_outpoint at = {.index = id / 7 % COINS};
    memset(at.txid.b, 0x33, sizeof at.txid.b);
    at.txid.b[0] = (uint8_t)(input ? id / PARENTS % PARENTS : id % PARENTS);
    return at;
}

static void fake(struct fake *f, uint32_t id, uint32_t bytes)
{
    memset(f, 0, sizeof *f);
    f->in[0].prevout = coin_of(id, 0);
    f->in[1].prevout = coin_of(id, 1);
    f->tx.in = f->in;
    f->tx.in_count = 1 + id % 2;
    f->tx.raw = yc_view(raw_bytes, bytes);
    f->tx.stripped_bytes = bytes;
    memcpy(raw_bytes, &id, sizeof id);
    memcpy(f->tx.wtxid.b, &id, sizeof id);
}

static bool shares_coin(uint32_t a, uint32_t b)
{
    for (unsigned i = 0; i <= a % 2; i++) {
        for (unsigned k = 0; k <= b % 2; k++) {
            struct yc_outpoint x = coin_of(a, i), y = coin_of(b, k);
            if (memcmp(&x, &y, sizeof x) == 0)
                return true;
        }
    }
    return false;
}

static void check_one(struct machine *s, const struct yc_orphan_view *v, uint64_t *weight_of_peer)
{
    uint32_t id;
    memcpy(&id, v->wtxid.b, sizeof id);
    YC_ASSERT(id < IDS && !s->held[id] && s->bytes_of[id] == v->raw.n);
    YC_ASSERT(memcmp(v->raw.p, &id, sizeof id) == 0 && yc_orphans_has(s->o, &v->wtxid));
    YC_ASSERT(v->sender_count >= 1);
    for (unsigned i = 0; i < v->sender_count; i++) {
        YC_ASSERT(v->sender[i] < PEERS && !s->left[v->sender[i]]); /* nothing remains of a peer that left */
        YC_ASSERT(!(s->kept_for[id] >> v->sender[i] & 1));
        s->kept_for[id] |= UINT32_C(1) << v->sender[i];
        weight_of_peer[v->sender[i]] += 4 * (uint64_t)v->raw.n;
    }
    s->held[id] = true;
}

/* Look at all that is held; what is not, waits no more. */
static void look(struct machine *s)
{
    uint64_t weight_of_peer[PEERS] = {0}, weight = 0;
    size_t count = yc_orphans_count(s->o);
    bool any = false;
    memcpy(s->was_held, s->held, sizeof s->held);
    memcpy(s->was_kept_for, s->kept_for, sizeof s->kept_for);
    memset(s->held, 0, sizeof s->held);
    memset(s->kept_for, 0, sizeof s->kept_for);
    s->effort = 0;
    for (size_t i = 0; i < count; i++) {
        struct yc_orphan_view v = yc_orphans_at(s->o, i);
        check_one(s, &v, weight_of_peer);
        weight += 4 * (uint64_t)v.raw.n;
        s->effort += v.sender_count; /* they have one input or two */
    }
    YC_ASSERT(s->effort <= YC_ORPHANS_EFFORT_MAX);
    for (unsigned p = 0; p < PEERS; p++)
        YC_ASSERT(weight_of_peer[p] <= YC_ORPHANS_PEER_WEIGHT_MAX);
    YC_ASSERT(weight == yc_orphans_weight(s->o) && weight <= YC_ORPHANS_WEIGHT_MAX);
    for (uint32_t id = 0; id < IDS; id++) {
        s->waiting[id] &= s->held[id];
        any |= s->waiting[id];
    }
    YC_ASSERT(yc_orphans_waiting(s->o) == any);
}

/* While all together are within the bounds no peer pushes out what is kept for another. */
static void check_others_keep(const struct machine *s, uint64_t peer)
{
    for (uint32_t id = 0; id < IDS; id++) {
        uint32_t others = s->was_kept_for[id] & ~(UINT32_C(1) << peer);
        YC_ASSERT((s->kept_for[id] & others) == others);
    }
}

static void send(struct machine *s, uint64_t peer, uint32_t id, uint32_t bytes, unsigned count, bool memory)
{
    struct fake f;
    bool room = s->effort + count <= YC_ORPHANS_EFFORT_MAX;
    for (unsigned i = 0; i < count; i++) {
        uint32_t one = (id + i) % IDS;
        fake(&f, one, bytes);
        bool had = yc_orphans_has(s->o, &f.tx.wtxid);
        if (!yc_orphans_add(s->o, &f.tx, peer)) {
            YC_ASSERT(!had || !memory);
            continue;
        }
        if (!had) {
            s->bytes_of[one] = bytes;
            s->waiting[one] = false;
        }
    }
    s->left[peer] = false;
    look(s);
    if (room)
        check_others_keep(s, peer);
}

static void announce(struct machine *s, uint64_t peer, uint32_t id, bool memory)
{
    struct yc_wtxid wtxid = {{0}};
    bool room = s->effort + 1 <= YC_ORPHANS_EFFORT_MAX, is_new = s->held[id] && !(s->kept_for[id] >> peer & 1);
    memcpy(wtxid.b, &id, sizeof id);
    bool done = yc_orphans_announced(s->o, &wtxid, peer);
    YC_ASSERT(memory ? done == is_new : !done || is_new);
    if (done)
        s->left[peer] = false;
    look(s);
    if (room)
        check_others_keep(s, peer);
}

static void parent_comes(struct machine *s, uint8_t parent)
{
    struct yc_txid txid;
    memset(txid.b, 0x33, sizeof txid.b);
    txid.b[0] = parent;
    yc_orphans_parent(s->o, &txid);
    for (uint32_t id = 0; id < IDS; id++)
        for (unsigned i = 0; i <= id % 2; i++)
            s->waiting[id] |= s->held[id] && coin_of(id, i).txid.b[0] == parent;
}

static void try_some(struct machine *s, unsigned count, bool forget)
{
    struct yc_view raw;
    struct yc_wtxid wtxid;
    uint64_t peer;
    uint32_t id;
    while (count-- > 0 && yc_orphans_next(s->o, &raw, &peer, &wtxid)) {
        memcpy(&id, wtxid.b, sizeof id);
        YC_ASSERT(id < IDS && s->waiting[id] && raw.n == s->bytes_of[id] && (s->kept_for[id] >> peer & 1));
        YC_ASSERT(memcmp(raw.p, &id, sizeof id) == 0);
        s->waiting[id] = false;
        if (forget)
            yc_orphans_forget(s->o, &wtxid);
        YC_ASSERT(yc_orphans_has(s->o, &wtxid) == !forget);
    }
}

static void mine(struct machine *s, uint32_t id, bool memory)
{
    struct fake f;
    fake(&f, id, 100);
    size_t before = yc_orphans_count(s->o), gone = yc_orphans_mined(s->o, &f.tx, 1);
    look(s);
    YC_ASSERT(before - gone == yc_orphans_count(s->o));
    for (uint32_t other = 0; other < IDS && (memory || gone); other++)
        YC_ASSERT(s->held[other] == (s->was_held[other] && !shares_coin(id, other)));
}

static void step(struct machine *s, struct yc_reader *r, bool memory)
{
    uint8_t what = yc_reader_u8(r);
    uint64_t peer = yc_reader_u8(r) % PEERS;
    uint32_t id = yc_reader_u16le(r) % IDS;
    struct yc_wtxid wtxid = {{0}};
    if (what < 60) {
        send(s, peer, id, 60 + (uint32_t)what * 1700, 1, memory);
    } else if (what < 75) {
        announce(s, peer, id, memory);
    } else if (what < 110) {
        send(s, peer, id, 60 + (what % 4u) * 800, BULK, memory);
    } else if (what < 150) {
        yc_orphans_drop_peer(s->o, peer);
        s->left[peer] = true;
    } else if (what < 190) {
        parent_comes(s, (uint8_t)(what % PARENTS));
    } else if (what < 230) {
        try_some(s, what, what & 1);
    } else if (what < 245) {
        mine(s, id, memory);
    } else {
        memcpy(wtxid.b, &id, sizeof id);
        yc_orphans_forget(s->o, &wtxid);
        YC_ASSERT(!yc_orphans_has(s->o, &wtxid));
    }
    look(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *s = calloc(1, sizeof *s);
    struct yc_reader r;
    YC_ASSERT(s != NULL);
    yc_reader_init(&r, yc_view(data, n));
    uint8_t cap = yc_reader_u8(&r);
    bool memory = cap < 200;
    yc_heap_capped_init(&s->heap, memory ? SIZE_MAX : (size_t)(cap - 199) * 8192);
    enum yc_verdict v = yc_orphans_new(&s->o, &s->heap.alloc, (struct yc_siphash_key){5, 6});
    YC_ASSERT(v == YC_VALID);
    for (unsigned i = 0; i < STEPS && yc_reader_left(&r); i++)
        step(s, &r, memory);
    for (uint64_t peer = 0; peer < PEERS; peer++)
        yc_orphans_drop_peer(s->o, peer);
    YC_ASSERT(yc_orphans_count(s->o) == 0 && yc_orphans_weight(s->o) == 0);
    yc_orphans_free(s->o);
    YC_ASSERT(s->heap.used_bytes == 0);
    free(s);
    return 0;
}
