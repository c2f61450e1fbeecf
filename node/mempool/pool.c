/* The pool's store: entries, their indices, their order, and how they come and go. */
#include "node/mempool/pool.h"

#include <stdio.h>

#include "base/assert.h"

#define SCRATCH_CHUNK_BYTES (UINT32_C(256) << 10)
#define SCRATCH_BYTES_MAX   (UINT32_C(512) << 20)
#define SEQUENCE_FIRST      (UINT64_C(1) << 62)
/* What malloc keeps beside each block, and how it rounds sizes: glibc on 64 bits; others differ little. */
#define HEAP_HEAD_BYTES  8
#define HEAP_ROUND_BYTES 16

/* ---- counting memory ---- */

static size_t real_size(size_t n)
{
    return n ? (n + HEAP_HEAD_BYTES + HEAP_ROUND_BYTES - 1) / HEAP_ROUND_BYTES * HEAP_ROUND_BYTES : 0;
}

static void *counted_resize(void *ctx, void *block, size_t old_n, size_t n)
{
    struct yc_pool_heap *h = ctx;
    void *fresh = yc_alloc_resize(h->under, block, old_n, n);
    if (fresh || n == 0)
        h->used = h->used - (block ? real_size(old_n) : 0) + real_size(n);
    return fresh;
}

/* ---- making and freeing ---- */

void yc_pool_config_default(struct yc_pool_config *out)
{
    *out = (struct yc_pool_config){.bytes_max = 300 * 1000 * 1000,
                                   .min_relay_sat_per_kvb = 100,
                                   .incremental_sat_per_kvb = 100,
                                   .dust_relay_sat_per_kvb = 3000,
                                   .expiry_s = 336 * 60 * 60,
                                   .cluster_max = 64,
                                   .cluster_vbytes_max = 101000,
                                   .require_standard = true,
                                   .data_carrier_bytes_max = 100000,
                                   .permit_bare_multisig = true,
                                   .bytes_per_sigop = 20};
}

enum yc_verdict yc_pool_new(struct yc_pool **out, const struct yc_pool_config *config, struct yc_pool_listener listener,
                            struct yc_error *err)
{
    struct yc_siphash_key seed[5];
    struct yc_pool *p = yc_alloc_new(config->alloc, sizeof *p);
    *out = NULL;
    if (!p)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the transaction pool");
    memset(p, 0, sizeof *p);
    p->config = *config;
    p->chain = config->chain;
    p->listener = listener;
    p->heap = (struct yc_pool_heap){.alloc = {counted_resize, &p->heap}, .under = config->alloc};
    p->machine = yc_script_machine_new(config->alloc);
    enum yc_verdict v = p->machine ? yc_pool_confirm_init(p, err)
                                   : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the transaction pool");
    if (v != YC_VALID) {
        yc_script_machine_free(p->machine);
        yc_alloc_free(config->alloc, p, sizeof *p);
        return v;
    }
    yc_random_fill(config->random, seed, sizeof seed);
    const struct yc_alloc *counted = &p->heap.alloc;
    yc_map_init(&p->by_txid, counted, sizeof(struct yc_txid), sizeof(struct yc_pool_node *), seed[0]);
    yc_map_init(&p->by_wtxid, counted, sizeof(struct yc_wtxid), sizeof(struct yc_pool_node *), seed[1]);
    yc_map_init(&p->by_spent, counted, sizeof(struct yc_outpoint), sizeof(struct yc_pool_node *), seed[2]);
    yc_map_init(&p->deltas, config->alloc, sizeof(struct yc_txid), sizeof(int64_t), seed[3]);
    yc_pool_verified_init(p, seed[4]);
    yc_arena_init(&p->scratch, config->alloc, SCRATCH_CHUNK_BYTES, SCRATCH_BYTES_MAX);
    p->next_sequence = p->first_sequence = SEQUENCE_FIRST;
    p->changes = 1;
    p->oldest_time_s = INT64_MAX;
    *out = p;
    return YC_VALID;
}

void yc_pool_free(struct yc_pool *p)
{
    if (!p)
        return;
    const struct yc_alloc *alloc = p->config.alloc;
    yc_pool_confirm_release(p);
    for (struct yc_pool_node *n = p->oldest; n;) {
        struct yc_pool_node *newer = n->newer;
        yc_pool_node_free(p, n);
        n = newer;
    }
    yc_map_release(&p->by_txid);
    yc_map_release(&p->by_wtxid);
    yc_map_release(&p->by_spent);
    yc_map_release(&p->deltas);
    yc_pool_verified_release(p);
    yc_alloc_free(&p->heap.alloc, p->worst, p->worst_cap * sizeof *p->worst);
    YC_ASSERT(p->heap.used == 0);
    for (size_t i = 0; i < p->left_count; i++)
        yc_alloc_free(alloc, p->left[i].p, p->left[i].n);
    yc_alloc_free(alloc, p->left, p->left_cap * sizeof *p->left);
    yc_pool_load_release(p);
    yc_arena_release(&p->scratch);
    yc_script_machine_free(p->machine);
    yc_alloc_free(alloc, p, sizeof *p);
}

/* ---- nodes ---- */

/* One allocation holds the node, its arrays and its bytes; parts are laid out from the start, each aligned. */
struct layout {
    size_t in, out, witness, coin, raw, scripts, total;
};

static size_t place(size_t *at, size_t n)
{
    size_t here = *at;
    *at = (here + n + 15) & ~(size_t)15;
    return here;
}

static struct layout layout_of(const struct yc_tx *tx, const struct yc_coin *coin)
{
    struct layout l;
    size_t items = 0, scripts = 0;
    for (uint32_t i = 0; i < tx->in_count; i++) {
        items += tx->in[i].witness_count;
        scripts += coin[i].script.n;
    }
    size_t at = 0;
    (void)place(&at, sizeof(struct yc_pool_node));
    l.in = place(&at, tx->in_count * sizeof *tx->in);
    l.out = place(&at, tx->out_count * sizeof *tx->out);
    l.witness = place(&at, items * sizeof(struct yc_view));
    l.coin = place(&at, tx->in_count * sizeof *coin);
    l.raw = place(&at, tx->raw.n);
    l.scripts = place(&at, scripts);
    l.total = at;
    return l;
}

/* A view into the bytes at from, as one into the copy at to. */
static struct yc_view moved(struct yc_view v, const uint8_t *from, const uint8_t *to)
{
    return v.n ? yc_view(to + (v.p - from), v.n) : YC_VIEW_EMPTY;
}

static void copy_tx(struct yc_tx *to, const struct yc_tx *tx, uint8_t *base, const struct layout *l)
{
    struct yc_txin *in = (struct yc_txin *)(void *)(base + l->in);
    struct yc_txout *out = (struct yc_txout *)(void *)(base + l->out);
    struct yc_view *witness = (struct yc_view *)(void *)(base + l->witness);
    uint8_t *raw = base + l->raw;
    memcpy(raw, tx->raw.p, tx->raw.n);
    *to = *tx;
    to->raw.p = raw;
    to->in = in;
    to->out = out;
    for (uint32_t i = 0; i < tx->in_count; i++) {
        in[i] = tx->in[i];
        in[i].script_sig = moved(tx->in[i].script_sig, tx->raw.p, raw);
        in[i].witness = in[i].witness_count ? witness : NULL;
        for (uint32_t j = 0; j < in[i].witness_count; j++)
            *witness++ = moved(tx->in[i].witness[j], tx->raw.p, raw);
    }
    for (uint32_t i = 0; i < tx->out_count; i++)
        out[i] = (struct yc_txout){tx->out[i].value_sat, moved(tx->out[i].script, tx->raw.p, raw)};
}

size_t yc_pool_node_bytes(const struct yc_tx *tx, const struct yc_coin *coin)
{
    return layout_of(tx, coin).total;
}

struct yc_pool_node *yc_pool_node_write(void *block, const struct yc_tx *tx, const struct yc_coin *coin)
{
    struct layout l = layout_of(tx, coin);
    struct yc_pool_node *n = block;
    uint8_t *base = block, *script = base + l.scripts;
    memset(n, 0, sizeof *n);
    n->bytes = l.total;
    copy_tx(&n->e.tx, tx, base, &l);
    struct yc_coin *coins = (struct yc_coin *)(void *)(base + l.coin);
    for (uint32_t i = 0; i < tx->in_count; i++) {
        coins[i] = coin[i];
        coins[i].script = yc_view(script, coin[i].script.n);
        if (coin[i].script.n)
            memcpy(script, coin[i].script.p, coin[i].script.n);
        script += coin[i].script.n;
    }
    n->e.coin = coins;
    return n;
}

struct yc_pool_node *yc_pool_node_new(struct yc_pool *p, const struct yc_tx *tx, const struct yc_coin *coin)
{
    void *block = yc_alloc_new(&p->heap.alloc, yc_pool_node_bytes(tx, coin));
    return block ? yc_pool_node_write(block, tx, coin) : NULL;
}

void yc_pool_node_free(struct yc_pool *p, struct yc_pool_node *n)
{
    yc_pool_links_release(p, &n->parents);
    yc_pool_links_release(p, &n->children);
    yc_alloc_free(&p->heap.alloc, n, n->bytes);
}

/* ---- indices ---- */

static struct yc_pool_node *get(const struct yc_map *m, const void *key)
{
    struct yc_pool_node **at = yc_map_get(m, key);
    return at ? *at : NULL;
}

static void index_put(struct yc_map *m, const void *key, struct yc_pool_node *n)
{
    struct yc_pool_node **at = yc_map_put(m, key, NULL);
    YC_ASSERT(at && !*at); /* there is room, and whoever had the key has left */
    *at = n;
}

static void index_remove(struct yc_map *m, const void *key, const struct yc_pool_node *n)
{
    if (get(m, key) == n)
        (void)yc_map_remove(m, key);
}

static void index_remove_all(struct yc_pool *p, const struct yc_pool_node *n)
{
    index_remove(&p->by_txid, &n->e.tx.txid, n);
    index_remove(&p->by_wtxid, &n->e.tx.wtxid, n);
    for (uint32_t i = 0; i < n->e.tx.in_count; i++)
        index_remove(&p->by_spent, &n->e.tx.in[i].prevout, n);
}

static bool index_reserve(struct yc_pool *p, const struct yc_pool_node *n)
{
    return yc_map_reserve(&p->by_txid, 1) && yc_map_reserve(&p->by_wtxid, 1) &&
           yc_map_reserve(&p->by_spent, n->e.tx.in_count);
}

void yc_pool_index(struct yc_pool *p, struct yc_pool_node *n)
{
    index_put(&p->by_txid, &n->e.tx.txid, n);
    index_put(&p->by_wtxid, &n->e.tx.wtxid, n);
    for (uint32_t i = 0; i < n->e.tx.in_count; i++)
        index_put(&p->by_spent, &n->e.tx.in[i].prevout, n);
}

struct yc_pool_node *yc_pool_get(const struct yc_pool *p, const struct yc_txid *txid)
{
    return get(&p->by_txid, txid);
}

struct yc_pool_node *yc_pool_get_spender(const struct yc_pool *p, const struct yc_outpoint *at)
{
    return get(&p->by_spent, at);
}

int64_t yc_pool_delta_of(const struct yc_pool *p, const struct yc_txid *txid)
{
    const int64_t *delta = yc_map_get(&p->deltas, txid);
    return delta ? *delta : 0;
}

/* ---- coming and going ---- */

/* At the end, or, with a sequence below all others', at the start behind those that came back before it. */
static void order_insert(struct yc_pool *p, struct yc_pool_node *n)
{
    struct yc_pool_node *older = p->newest;
    if (older && older->e.sequence > n->e.sequence) {
        /* Those that come back do so in order: look on from where the last one was put. */
        older = p->placed && p->placed->e.sequence < n->e.sequence ? p->placed : NULL;
        for (struct yc_pool_node *o = older ? older : p->oldest; o && o->e.sequence < n->e.sequence; o = o->newer)
            older = o;
        p->placed = n;
    }
    n->older = older;
    n->newer = older ? older->newer : p->oldest;
    *(n->older ? &n->older->newer : &p->oldest) = n;
    *(n->newer ? &n->newer->older : &p->newest) = n;
}

static void order_remove(struct yc_pool *p, struct yc_pool_node *n)
{
    if (p->placed == n)
        p->placed = n->older;
    *(n->older ? &n->older->newer : &p->oldest) = n->newer;
    *(n->newer ? &n->newer->older : &p->newest) = n->older;
}

void yc_pool_tell(struct yc_pool *p, const struct yc_pool_event *e)
{
    if (p->listener.event)
        p->listener.event(p->listener.ctx, e);
}

bool yc_pool_attach(struct yc_pool *p, struct yc_pool_node *n, uint64_t sequence)
{
    if (!yc_pool_worst_reserve(p) || !index_reserve(p, n) || !yc_pool_link(p, n))
        return false;
    n->e.sequence = sequence ? sequence : p->next_sequence++;
    order_insert(p, n);
    yc_pool_worst_add(p, n);
    p->vbytes += n->e.vbytes;
    p->fees_sat += n->e.fee_sat;
    p->unbroadcast += n->e.unbroadcast;
    if (n->e.time_s < p->oldest_time_s)
        p->oldest_time_s = n->e.time_s;
    if (n->e.by_lanes)
        yc_pool_confirm_add(p, n);
    p->changes++;
    return true;
}

void yc_pool_drop(struct yc_pool *p, struct yc_pool_node *n, enum yc_pool_removal why)
{
    yc_pool_worst_remove(p, n);
    yc_pool_unlink(p, n);
    order_remove(p, n);
    index_remove_all(p, n);
    p->vbytes -= n->e.vbytes;
    p->fees_sat -= n->e.fee_sat;
    p->unbroadcast -= n->e.unbroadcast;
    p->changes++;
    if (n->e.by_lanes)
        yc_pool_confirm_remove(p, n);
    else
        yc_pool_verified_add(p, &n->e.tx.wtxid, n->script_flags);
    yc_pool_tell(p, &(struct yc_pool_event){.kind = YC_POOL_REMOVED, .entry = &n->e, .why = why});
    yc_pool_node_free(p, n);
}

void yc_pool_drop_all(struct yc_pool *p, struct yc_pool_node *n, enum yc_pool_removal why)
{
    /* A child comes later in the order than its parents: drop the latest first, each time. The number of descendants is
     * limited, so that looking for the latest is cheap. */
    while (n->children.n > 0) {
        struct yc_pool_node *latest = n;
        for (struct yc_pool_node *r = yc_pool_walk(p, n, false); r; r = r->walk_next)
            latest = r->e.sequence > latest->e.sequence ? r : latest;
        yc_pool_drop(p, latest, why);
    }
    yc_pool_drop(p, n, why);
}

void yc_pool_remove(struct yc_pool *p, const struct yc_txid *txid, enum yc_pool_removal why)
{
    struct yc_pool_node *n = yc_pool_get(p, txid);
    if (n)
        yc_pool_drop_all(p, n, why);
}

/* ---- looking ---- */

static const struct yc_pool_entry *entry_of(const struct yc_pool_node *n)
{
    return n ? &n->e : NULL;
}

const struct yc_pool_entry *yc_pool_find(const struct yc_pool *p, const struct yc_txid *txid)
{
    return entry_of(yc_pool_get(p, txid));
}

const struct yc_pool_entry *yc_pool_find_wtxid(const struct yc_pool *p, const struct yc_wtxid *wtxid)
{
    return entry_of(get(&p->by_wtxid, wtxid));
}

const struct yc_pool_entry *yc_pool_spender(const struct yc_pool *p, const struct yc_outpoint *at)
{
    return entry_of(yc_pool_get_spender(p, at));
}

void yc_pool_each(const struct yc_pool *p, bool (*each)(void *ctx, const struct yc_pool_entry *e), void *ctx)
{
    for (const struct yc_pool_node *n = p->oldest; n && each(ctx, &n->e); n = n->newer) {
    }
}

const struct yc_log *yc_pool_log(const struct yc_pool *p)
{
    return p->config.log;
}

void yc_pool_info(const struct yc_pool *p, struct yc_pool_info *out)
{
    int64_t rolling = yc_pool_rolling_fee(p), relay = p->config.min_relay_sat_per_kvb;
    *out = (struct yc_pool_info){.count = p->worst_count,
                                 .vbytes = p->vbytes,
                                 .memory_bytes = p->heap.used,
                                 .memory_max = p->config.bytes_max,
                                 .fees_sat = p->fees_sat,
                                 .unbroadcast = p->unbroadcast,
                                 .min_fee_sat_per_kvb = rolling > relay ? rolling : relay,
                                 .sequence = p->changes};
}

void yc_pool_deltas(const struct yc_pool *p,
                    void (*each)(void *ctx, const struct yc_txid *txid, int64_t delta_sat,
                                 const struct yc_pool_entry *entry),
                    void *ctx)
{
    size_t at = 0;
    const void *key;
    void *value;
    while (yc_map_next(&p->deltas, &at, &key, &value)) {
        struct yc_txid txid;
        memcpy(&txid, key, sizeof txid);
        each(ctx, &txid, *(const int64_t *)value, yc_pool_find(p, &txid));
    }
}

static void set_unbroadcast(struct yc_pool *p, const struct yc_txid *txid, bool on)
{
    struct yc_pool_node *n = yc_pool_get(p, txid);
    if (!n || n->e.unbroadcast == on)
        return;
    n->e.unbroadcast = on;
    if (on)
        p->unbroadcast++;
    else
        p->unbroadcast--;
}

void yc_pool_set_unbroadcast(struct yc_pool *p, const struct yc_txid *txid)
{
    set_unbroadcast(p, txid, true);
}

void yc_pool_set_broadcast(struct yc_pool *p, const struct yc_txid *txid)
{
    set_unbroadcast(p, txid, false);
}

size_t yc_pool_alerts(const struct yc_pool *p, struct yc_pool_alert *out, size_t cap)
{
    size_t kept = p->alert_count < YC_POOL_ALERTS_MAX ? (size_t)p->alert_count : YC_POOL_ALERTS_MAX;
    size_t n = kept < cap ? kept : cap;
    for (size_t i = 0; i < n; i++)
        out[i] = p->alerts[(p->alert_count - 1 - i) % YC_POOL_ALERTS_MAX];
    return n;
}

void yc_pool_tick(struct yc_pool *p)
{
    int64_t now_s = yc_wall_s(p->config.clock);
    yc_pool_decay(p, now_s);
    yc_pool_expire(p, now_s);
    yc_pool_trim(p);
}
