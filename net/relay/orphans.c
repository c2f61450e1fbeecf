#include "net/relay/orphans.h"

#include "base/assert.h"

/* What an input spends, 8 bytes standing for each id. */
struct spent {
    uint64_t parent, coin;
};

struct orphan {
    struct yc_wtxid wtxid;
    uint8_t *raw;
    size_t n;
    struct spent *spends; /* for each input */
    uint32_t spend_count;
    uint64_t weight, order; /* order of arrival */
    uint64_t sender[YC_ORPHAN_SENDERS_MAX];
    unsigned sender_count; /* the first pays for it */
    bool retry;
};

struct yc_orphans {
    const struct yc_alloc *alloc;
    struct yc_siphash_key seed;
    struct yc_map by_wtxid; /* struct yc_wtxid -> uint32_t: index */
    struct yc_map weights;  /* peer -> uint64_t: weight it pays for */
    struct orphan *list;
    size_t count, cap, retry_count, retry_next;
    uint64_t weight, order;
};

enum yc_verdict yc_orphans_new(struct yc_orphans **out, const struct yc_alloc *alloc, struct yc_siphash_key seed)
{
    struct yc_orphans *o = yc_alloc_new(alloc, sizeof *o);
    if (!o)
        return YC_SYSTEM;
    *o = (struct yc_orphans){.alloc = alloc, .seed = seed};
    yc_map_init(&o->by_wtxid, alloc, sizeof(struct yc_wtxid), sizeof(uint32_t), seed);
    yc_map_init(&o->weights, alloc, sizeof(uint64_t), sizeof(uint64_t), seed);
    *out = o;
    return YC_VALID;
}

static void release(const struct yc_alloc *alloc, struct orphan *e)
{
    yc_alloc_free(alloc, e->raw, e->n);
    yc_alloc_free(alloc, e->spends, e->spend_count * sizeof *e->spends);
}

void yc_orphans_free(struct yc_orphans *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->count; i++)
        release(o->alloc, &o->list[i]);
    yc_alloc_free(o->alloc, o->list, o->cap * sizeof *o->list);
    yc_map_release(&o->by_wtxid);
    yc_map_release(&o->weights);
    yc_alloc_free(o->alloc, o, sizeof *o);
}

static uint64_t weight_of_peer(const struct yc_orphans *o, uint64_t peer)
{
    const uint64_t *w = yc_map_get(&o->weights, &peer);
    return w ? *w : 0;
}

static bool charge(struct yc_orphans *o, uint64_t peer, uint64_t weight)
{
    uint64_t *w = yc_map_put(&o->weights, &peer, NULL);
    if (!w)
        return false;
    *w += weight;
    return true;
}

static void refund(struct yc_orphans *o, uint64_t peer, uint64_t weight)
{
    uint64_t *w = yc_map_get(&o->weights, &peer);
    YC_ASSERT(w && *w >= weight);
    *w -= weight;
    if (*w == 0)
        (void)yc_map_remove(&o->weights, &peer);
}

static void remove_at(struct yc_orphans *o, size_t i)
{
    struct orphan *e = &o->list[i];
    o->weight -= e->weight;
    o->retry_count -= e->retry;
    refund(o, e->sender[0], e->weight);
    (void)yc_map_remove(&o->by_wtxid, &e->wtxid);
    release(o->alloc, e);
    *e = o->list[--o->count];
    if (i == o->count)
        return;
    uint32_t *at = yc_map_get(&o->by_wtxid, &e->wtxid);
    YC_ASSERT(at);
    *at = (uint32_t)i;
}

/* The peer pays no more for it: the next one who sent it does, else it goes. */
static void evict(struct yc_orphans *o, size_t i)
{
    struct orphan *e = &o->list[i];
    for (unsigned k = 1; k < e->sender_count; k++) {
        if (weight_of_peer(o, e->sender[k]) + e->weight > YC_ORPHANS_PEER_WEIGHT_MAX ||
            !charge(o, e->sender[k], e->weight))
            continue;
        refund(o, e->sender[0], e->weight);
        e->sender[0] = e->sender[k];
        e->sender[k] = e->sender[--e->sender_count];
        return;
    }
    remove_at(o, i);
}

/* Give up the oldest one that the peer pays for. */
static void evict_oldest_of(struct yc_orphans *o, uint64_t peer)
{
    size_t oldest = SIZE_MAX;
    for (size_t i = 0; i < o->count; i++)
        if (o->list[i].sender[0] == peer && (oldest == SIZE_MAX || o->list[i].order < o->list[oldest].order))
            oldest = i;
    YC_ASSERT(oldest != SIZE_MAX);
    evict(o, oldest);
}

static uint64_t heaviest_peer(const struct yc_orphans *o)
{
    const void *key;
    void *value;
    uint64_t peer = 0, most = 0;
    for (size_t at = 0; yc_map_next(&o->weights, &at, &key, &value);) {
        uint64_t w, p;
        memcpy(&w, value, sizeof w);
        memcpy(&p, key, sizeof p);
        if (w > most || (w == most && p < peer)) {
            most = w;
            peer = p;
        }
    }
    return peer;
}

static bool has_room(struct yc_orphans *o)
{
    if (o->count < o->cap)
        return true;
    size_t cap = o->cap ? 2 * o->cap : 16;
    struct orphan *p = yc_alloc_resize(o->alloc, o->list, o->cap * sizeof *p, cap * sizeof *p);
    if (!p)
        return false;
    o->list = p;
    o->cap = cap;
    return true;
}

static uint64_t short_of(const struct yc_orphans *o, const struct yc_txid *txid)
{
    return yc_siphash(o->seed, txid->b, 32);
}

static uint64_t short_of_coin(const struct yc_orphans *o, const struct yc_outpoint *at)
{
    return yc_siphash(o->seed, at, sizeof *at);
}

static void add_sender(struct orphan *e, uint64_t peer)
{
    for (unsigned k = 0; k < e->sender_count; k++)
        if (e->sender[k] == peer)
            return;
    if (e->sender_count < YC_ORPHAN_SENDERS_MAX)
        e->sender[e->sender_count++] = peer;
}

bool yc_orphans_add(struct yc_orphans *o, const struct yc_tx *tx, uint64_t peer)
{
    const uint32_t *known = yc_map_get(&o->by_wtxid, &tx->wtxid);
    uint64_t weight = yc_tx_weight(tx);
    if (known) {
        add_sender(&o->list[*known], peer);
        return true;
    }
    if (weight > YC_ORPHANS_PEER_WEIGHT_MAX || !has_room(o))
        return false;
    struct orphan e = {.wtxid = tx->wtxid, .n = tx->raw.n, .spend_count = tx->in_count, .weight = weight};
    e.order = o->order++;
    e.sender[0] = peer;
    e.sender_count = 1;
    e.raw = yc_alloc_new(o->alloc, e.n);
    e.spends = yc_alloc_new(o->alloc, e.spend_count * sizeof *e.spends);
    uint32_t *at = e.raw && e.spends ? yc_map_put(&o->by_wtxid, &tx->wtxid, NULL) : NULL;
    if (!at || !charge(o, peer, weight)) {
        if (at)
            (void)yc_map_remove(&o->by_wtxid, &tx->wtxid);
        release(o->alloc, &e);
        return false;
    }
    memcpy(e.raw, tx->raw.p, e.n);
    for (uint32_t i = 0; i < tx->in_count; i++)
        e.spends[i] = (struct spent){short_of(o, &tx->in[i].prevout.txid), short_of_coin(o, &tx->in[i].prevout)};
    *at = (uint32_t)o->count;
    o->list[o->count++] = e;
    o->weight += weight;
    while (weight_of_peer(o, peer) > YC_ORPHANS_PEER_WEIGHT_MAX)
        evict_oldest_of(o, peer);
    while (o->count > YC_ORPHANS_MAX || o->weight > YC_ORPHANS_WEIGHT_MAX)
        evict_oldest_of(o, heaviest_peer(o));
    return true;
}

bool yc_orphans_has(const struct yc_orphans *o, const struct yc_wtxid *wtxid)
{
    return yc_map_get(&o->by_wtxid, wtxid) != NULL;
}

void yc_orphans_parent(struct yc_orphans *o, const struct yc_txid *txid)
{
    if (o->count == 0)
        return;
    uint64_t key = short_of(o, txid);
    for (size_t i = 0; i < o->count; i++) {
        struct orphan *e = &o->list[i];
        for (uint32_t k = 0; !e->retry && k < e->spend_count; k++) {
            if (e->spends[k].parent != key)
                continue;
            e->retry = true;
            o->retry_count++;
        }
    }
}

bool yc_orphans_next(struct yc_orphans *o, struct yc_view *raw, uint64_t *peer, struct yc_wtxid *wtxid)
{
    if (o->retry_count == 0)
        return false;
    if (o->retry_next >= o->count)
        o->retry_next = 0;
    while (!o->list[o->retry_next].retry)
        o->retry_next = (o->retry_next + 1) % o->count;
    struct orphan *e = &o->list[o->retry_next];
    e->retry = false;
    o->retry_count--;
    *raw = yc_view(e->raw, e->n);
    *peer = e->sender[0];
    *wtxid = e->wtxid;
    return true;
}

bool yc_orphans_waiting(const struct yc_orphans *o)
{
    return o->retry_count > 0;
}

void yc_orphans_forget(struct yc_orphans *o, const struct yc_wtxid *wtxid)
{
    const uint32_t *at = yc_map_get(&o->by_wtxid, wtxid);
    if (at)
        remove_at(o, *at);
}

static bool spends_any(const struct orphan *e, const struct yc_map *coins)
{
    for (uint32_t k = 0; k < e->spend_count; k++) {
        if (yc_map_get(coins, &e->spends[k].coin))
            return true;
    }
    return false;
}

size_t yc_orphans_mined(struct yc_orphans *o, const struct yc_tx *tx, size_t count)
{
    struct yc_map coins;
    size_t before = o->count;
    bool ok = true;
    if (o->count == 0)
        return 0;
    yc_map_init(&coins, o->alloc, sizeof(uint64_t), 1, o->seed);
    for (size_t i = 0; i < count; i++) {
        for (uint32_t k = 0; ok && k < tx[i].in_count; k++) {
            uint64_t coin = short_of_coin(o, &tx[i].in[k].prevout);
            ok = yc_map_put(&coins, &coin, NULL) != NULL;
        }
    }
    for (size_t i = 0; ok && i < o->count;) {
        if (spends_any(&o->list[i], &coins))
            remove_at(o, i); /* the last one lies here now */
        else
            i++;
    }
    yc_map_release(&coins);
    return before - o->count;
}

void yc_orphans_drop_peer(struct yc_orphans *o, uint64_t peer)
{
    for (size_t i = 0; i < o->count;) {
        struct orphan *e = &o->list[i];
        for (unsigned k = 1; k < e->sender_count; k++)
            if (e->sender[k] == peer)
                e->sender[k] = e->sender[--e->sender_count];
        if (e->sender[0] != peer) {
            i++;
            continue;
        }
        evict(o, i); /* either another pays for it now, or the last one lies here: look again */
    }
}

size_t yc_orphans_count(const struct yc_orphans *o)
{
    return o->count;
}

uint64_t yc_orphans_weight(const struct yc_orphans *o)
{
    return o->weight;
}

struct yc_orphan_view yc_orphans_at(const struct yc_orphans *o, size_t i)
{
    YC_ASSERT(i < o->count);
    const struct orphan *e = &o->list[i];
    return (struct yc_orphan_view){yc_view(e->raw, e->n), e->wtxid, e->sender, e->sender_count};
}
