#include "net/relay/orphans.h"

#include "base/assert.h"

#include <stdlib.h>

struct orphan {
    struct yc_wtxid wtxid;
    uint8_t *raw;
    size_t n;
    uint64_t *coin; /* for each input: 8 bytes that stand for what it spends */
    uint32_t in_count;
    struct yc_txid *parent; /* each once, in order; room for in_count */
    uint32_t parent_count;
    uint64_t weight, order; /* order of arrival */
    uint32_t effort;        /* for each peer that it is kept for */
    uint64_t *sender;       /* those peers, at least one */
    uint32_t sender_count, sender_cap;
    bool retry;
};

/* What a peer holds: the sums over the orphans that are kept for it. */
struct holding {
    uint64_t weight, effort;
};

struct yc_orphans {
    const struct yc_alloc *alloc;
    struct yc_siphash_key seed;
    struct yc_map by_wtxid; /* struct yc_wtxid -> uint32_t: index */
    struct yc_map holdings; /* peer -> struct holding */
    struct orphan *list;
    size_t count, cap, retry_count, retry_next;
    uint64_t weight, effort, order; /* each orphan's weight once; the effort of all peers */
};

enum yc_verdict yc_orphans_new(struct yc_orphans **out, const struct yc_alloc *alloc, struct yc_siphash_key seed)
{
    struct yc_orphans *o = yc_alloc_new(alloc, sizeof *o);
    if (!o)
        return YC_SYSTEM;
    *o = (struct yc_orphans){.alloc = alloc, .seed = seed};
    yc_map_init(&o->by_wtxid, alloc, sizeof(struct yc_wtxid), sizeof(uint32_t), seed);
    yc_map_init(&o->holdings, alloc, sizeof(uint64_t), sizeof(struct holding), seed);
    *out = o;
    return YC_VALID;
}

static void release(const struct yc_alloc *alloc, struct orphan *e)
{
    yc_alloc_free(alloc, e->raw, e->n);
    yc_alloc_free(alloc, e->coin, e->in_count * sizeof *e->coin);
    yc_alloc_free(alloc, e->parent, e->in_count * sizeof *e->parent);
    yc_alloc_free(alloc, e->sender, e->sender_cap * sizeof *e->sender);
}

void yc_orphans_free(struct yc_orphans *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->count; i++)
        release(o->alloc, &o->list[i]);
    yc_alloc_free(o->alloc, o->list, o->cap * sizeof *o->list);
    yc_map_release(&o->by_wtxid);
    yc_map_release(&o->holdings);
    yc_alloc_free(o->alloc, o, sizeof *o);
}

/* Who an orphan is kept for. */

static bool is_sender(const struct orphan *e, uint64_t peer)
{
    for (uint32_t k = 0; k < e->sender_count; k++)
        if (e->sender[k] == peer)
            return true;
    return false;
}

static bool add_sender(struct yc_orphans *o, struct orphan *e, uint64_t peer)
{
    if (e->sender_count == e->sender_cap) {
        uint32_t cap = e->sender_cap ? 2 * e->sender_cap : 1;
        uint64_t *p = yc_alloc_resize(o->alloc, e->sender, e->sender_cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return false;
        e->sender = p;
        e->sender_cap = cap;
    }
    struct holding *h = yc_map_put(&o->holdings, &peer, NULL);
    if (!h)
        return false;
    h->weight += e->weight;
    h->effort += e->effort;
    o->effort += e->effort;
    e->sender[e->sender_count++] = peer;
    return true;
}

static void remove_sender(struct yc_orphans *o, struct orphan *e, uint32_t k)
{
    uint64_t peer = e->sender[k];
    struct holding *h = yc_map_get(&o->holdings, &peer);
    YC_ASSERT(h && h->weight >= e->weight && h->effort >= e->effort);
    h->weight -= e->weight;
    h->effort -= e->effort;
    o->effort -= e->effort;
    if (h->effort == 0)
        (void)yc_map_remove(&o->holdings, &peer);
    e->sender[k] = e->sender[--e->sender_count];
}

static void remove_at(struct yc_orphans *o, size_t i)
{
    struct orphan *e = &o->list[i];
    while (e->sender_count)
        remove_sender(o, e, 0);
    o->weight -= e->weight;
    o->retry_count -= e->retry;
    (void)yc_map_remove(&o->by_wtxid, &e->wtxid);
    release(o->alloc, e);
    *e = o->list[--o->count];
    if (i == o->count)
        return;
    uint32_t *at = yc_map_get(&o->by_wtxid, &e->wtxid);
    YC_ASSERT(at);
    *at = (uint32_t)i;
}

/* It is kept for this peer no more. True when it is gone, and the last one lies here. */
static bool give_up(struct yc_orphans *o, size_t i, uint64_t peer)
{
    struct orphan *e = &o->list[i];
    for (uint32_t k = 0; k < e->sender_count; k++) {
        if (e->sender[k] == peer) {
            remove_sender(o, e, k);
            break;
        }
    }
    if (e->sender_count)
        return false;
    remove_at(o, i);
    return true;
}

static void give_up_oldest_of(struct yc_orphans *o, uint64_t peer)
{
    size_t oldest = SIZE_MAX;
    for (size_t i = 0; i < o->count; i++)
        if ((oldest == SIZE_MAX || o->list[i].order < o->list[oldest].order) && is_sender(&o->list[i], peer))
            oldest = i;
    YC_ASSERT(oldest != SIZE_MAX);
    (void)give_up(o, oldest, peer);
}

/* The peer that holds most, of weight or of effort. */
static uint64_t greatest_holder(const struct yc_orphans *o, bool by_weight)
{
    const void *key;
    void *value;
    uint64_t peer = 0, most = 0;
    for (size_t at = 0; yc_map_next(&o->holdings, &at, &key, &value);) {
        struct holding h;
        uint64_t p;
        memcpy(&h, value, sizeof h);
        memcpy(&p, key, sizeof p);
        uint64_t w = by_weight ? h.weight : h.effort;
        if (w > most || (w == most && p < peer)) {
            most = w;
            peer = p;
        }
    }
    return peer;
}

/* One more is kept for the peer. */
static void limit(struct yc_orphans *o, uint64_t peer)
{
    const struct holding *h;
    while ((h = yc_map_get(&o->holdings, &peer)) != NULL && h->weight > YC_ORPHANS_PEER_WEIGHT_MAX)
        give_up_oldest_of(o, peer);
    while (o->weight > YC_ORPHANS_WEIGHT_MAX)
        give_up_oldest_of(o, greatest_holder(o, true));
    while (o->effort > YC_ORPHANS_EFFORT_MAX)
        give_up_oldest_of(o, greatest_holder(o, false));
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

static uint64_t short_of_coin(const struct yc_orphans *o, const struct yc_outpoint *at)
{
    return yc_siphash(o->seed, at, sizeof *at);
}

static int compare_txids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct yc_txid));
}

/* Copy what is kept of the transaction; false without memory. */
static bool fill(struct yc_orphans *o, struct orphan *e, const struct yc_tx *tx)
{
    e->raw = yc_alloc_new(o->alloc, e->n);
    e->coin = yc_alloc_new(o->alloc, e->in_count * sizeof *e->coin);
    e->parent = yc_alloc_new(o->alloc, e->in_count * sizeof *e->parent);
    if (!e->raw || !e->coin || !e->parent)
        return false;
    memcpy(e->raw, tx->raw.p, e->n);
    for (uint32_t i = 0; i < tx->in_count; i++) {
        e->coin[i] = short_of_coin(o, &tx->in[i].prevout);
        e->parent[i] = tx->in[i].prevout.txid;
    }
    qsort(e->parent, e->in_count, sizeof *e->parent, compare_txids);
    for (uint32_t i = 0; i < e->in_count; i++)
        if (i == 0 || compare_txids(&e->parent[i], &e->parent[e->parent_count - 1]) != 0)
            e->parent[e->parent_count++] = e->parent[i];
    return true;
}

static bool keep_for(struct yc_orphans *o, struct orphan *e, uint64_t peer)
{
    if (is_sender(e, peer) || !add_sender(o, e, peer))
        return false;
    limit(o, peer);
    return true;
}

bool yc_orphans_add(struct yc_orphans *o, const struct yc_tx *tx, uint64_t peer)
{
    const uint32_t *known = yc_map_get(&o->by_wtxid, &tx->wtxid);
    uint64_t weight = yc_tx_weight(tx);
    if (known)
        return keep_for(o, &o->list[*known], peer) || is_sender(&o->list[*known], peer);
    if (weight > YC_ORPHANS_PEER_WEIGHT_MAX || !has_room(o))
        return false;
    struct orphan e = {.wtxid = tx->wtxid,
                       .n = tx->raw.n,
                       .in_count = tx->in_count,
                       .weight = weight,
                       .effort = 1 + tx->in_count / 10,
                       .order = o->order};
    uint32_t *at = fill(o, &e, tx) ? yc_map_put(&o->by_wtxid, &tx->wtxid, NULL) : NULL;
    if (!at || !add_sender(o, &e, peer)) {
        if (at)
            (void)yc_map_remove(&o->by_wtxid, &tx->wtxid);
        release(o->alloc, &e);
        return false;
    }
    *at = (uint32_t)o->count;
    o->list[o->count++] = e;
    o->weight += weight;
    o->order++;
    limit(o, peer);
    return true;
}

bool yc_orphans_announced(struct yc_orphans *o, const struct yc_wtxid *wtxid, uint64_t peer)
{
    const uint32_t *at = yc_map_get(&o->by_wtxid, wtxid);
    return at && keep_for(o, &o->list[*at], peer);
}

size_t yc_orphans_parents(const struct yc_orphans *o, const struct yc_wtxid *wtxid, const struct yc_txid **out)
{
    const uint32_t *at = yc_map_get(&o->by_wtxid, wtxid);
    if (!at)
        return 0;
    *out = o->list[*at].parent;
    return o->list[*at].parent_count;
}

bool yc_orphans_has(const struct yc_orphans *o, const struct yc_wtxid *wtxid)
{
    return yc_map_get(&o->by_wtxid, wtxid) != NULL;
}

void yc_orphans_parent(struct yc_orphans *o, const struct yc_txid *txid)
{
    if (o->count == 0)
        return;
    for (size_t i = 0; i < o->count; i++) {
        struct orphan *e = &o->list[i];
        if (e->retry || !bsearch(txid, e->parent, e->parent_count, sizeof *txid, compare_txids))
            continue;
        e->retry = true;
        o->retry_count++;
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
    for (uint32_t k = 0; k < e->in_count; k++) {
        if (yc_map_get(coins, &e->coin[k]))
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
    if (!yc_map_get(&o->holdings, &peer))
        return;
    for (size_t i = 0; i < o->count;)
        if (!give_up(o, i, peer))
            i++;
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
