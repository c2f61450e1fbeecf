/* Transactions between pool and peers: what is asked for, and who is told. What becomes of what comes: intake.c. */
#include "node/core/core_internal.h"

#define TAKES_NOTHING_SAT 9936506 /* a kvB: the highest fee rate that Bitcoin Core's filters know */

#define DUE_AT_ONCE       256
#define FEEFILTER_MEAN_US (600 * SECOND_US)

bool yc_core_caught_up(struct yc_core *c)
{
    if (yc_chain_loading(c->chain, NULL, NULL))
        return false;
    if (!yc_core_is_initial_download(c))
        return true;
    /* A chain that begins, or of tests, may have an old tip though there is nothing newer. */
    return (c->config.launch || c->config.chain.params->test_chain) &&
           yc_chain_best_header(c->chain) == yc_chain_tip(c->chain);
}

bool yc_core_relays_txs(struct yc_core *c)
{
    return c->config.relay_txs && yc_core_caught_up(c);
}

/* -blocksonly closes the door to transactions, but not for those who have leave. */
bool yc_core_takes_txs_from(const struct yc_core *c, const struct conn *k)
{
    return c->config.relay_txs || (k->peer.start.permissions & YC_PERM_RELAY);
}

bool yc_core_exchanges_txs(const struct conn *k)
{
    return k->ready && !k->closing && k->type != YC_CONN_BLOCK_RELAY && k->type != YC_CONN_FEELER;
}

bool yc_core_announces_by_wtxid(const struct conn *k)
{
    return k->peer.wtxid_relay && k->type != YC_CONN_BLOCK_RELAY && k->type != YC_CONN_FEELER;
}

struct yc_txreq_key yc_core_key_of(const uint8_t hash32[32], bool wtxid)
{
    struct yc_txreq_key key = {.wtxid = wtxid};
    memcpy(key.hash32, hash32, 32);
    return key;
}

bool yc_core_already_has(const struct yc_core *c, const struct yc_txreq_key *key)
{
    struct yc_wtxid wtxid;
    struct yc_txid txid;
    memcpy(wtxid.b, key->hash32, 32);
    memcpy(txid.b, key->hash32, 32);
    /* An orphan with this txid may have another witness; when the hash is its wtxid too, it has none. */
    if (yc_recent_has(&c->rejects, key->hash32) || yc_recent_has(&c->mined, key->hash32) ||
        yc_orphans_has(c->orphans, &wtxid))
        return true;
    return key->wtxid ? yc_pool_find_wtxid(c->pool, &wtxid) != NULL : yc_pool_find(c->pool, &txid) != NULL;
}

static bool relays_at_once(const struct yc_core *c)
{
    return c->config.relay_at_once && c->config.chain.params->test_chain;
}

static unsigned request_flags(const struct yc_core *c, const struct conn *k)
{
    uint32_t leave = k->peer.start.permissions;
    bool preferred = k->type != YC_CONN_INBOUND || (leave & YC_PERM_NOBAN) || relays_at_once(c);
    return (preferred ? YC_TXREQ_PREFERRED : 0U) | (leave & YC_PERM_RELAY ? YC_TXREQ_UNLIMITED : 0U);
}

static void note_announced(struct yc_core *c, struct conn *k, const struct yc_txreq_key *key, struct yc_now now)
{
    int64_t delay = key->wtxid || relays_at_once(c) || c->wtxid_peers == 0 ? 0 : YC_TXREQ_TXID_US;
    (void)yc_txreq_announced(c->requests, (uint64_t)k->peer.start.id, key, request_flags(c, k), delay, now.mono_us);
}

void yc_core_ask_for_parents(struct yc_core *c, struct conn *k, const struct yc_wtxid *wtxid, struct yc_now now)
{
    const struct yc_txid *parent;
    size_t n = yc_orphans_parents(c->orphans, wtxid, &parent);
    for (size_t i = 0; i < n; i++) {
        struct yc_txreq_key key = yc_core_key_of(parent[i].b, false);
        if (!yc_core_already_has(c, &key))
            note_announced(c, k, &key, now);
    }
}

bool yc_core_may_keep_orphan_for(const struct yc_core *c, const struct conn *k, size_t parent_count)
{
    return (k->peer.start.permissions & YC_PERM_RELAY) ||
           yc_txreq_peer_count(c->requests, (uint64_t)k->peer.start.id) + parent_count <= YC_TXREQ_PEER_MAX;
}

/* It has a transaction that waits here for its parents: then it has those too. */
static void note_orphan_announced(struct yc_core *c, struct conn *k, const struct yc_wtxid *wtxid, struct yc_now now)
{
    const struct yc_txid *parent;
    if (yc_core_may_keep_orphan_for(c, k, yc_orphans_parents(c->orphans, wtxid, &parent)) &&
        yc_orphans_announced(c->orphans, wtxid, (uint64_t)k->peer.start.id))
        yc_core_ask_for_parents(c, k, wtxid, now);
}

/* One announcement, of the peer's own form. */
static void on_tx_announced(struct yc_core *c, struct conn *k, const struct yc_inv *inv, struct yc_now now)
{
    struct yc_txreq_key key = yc_core_key_of(inv->hash32, inv->type == YC_INV_WTX);
    struct yc_wtxid wtxid;
    char hash[65];
    bool known = yc_core_already_has(c, &key);
    if (c->log && c->log->on(c->log->ctx, YC_LOGC_NET, YC_LOG_DEBUG)) {
        yc_hex_write_reversed(hash, inv->hash32, 32);
        yc_log_debug(c->log, YC_LOGC_NET, "got inv: %s %s %s peer=%lld",
                     key.wtxid                ? "wtx"
                     : inv->type == YC_INV_TX ? "tx"
                                              : "witness-tx",
                     hash, known ? "have" : "new", (long long)k->peer.start.id);
    }
    yc_announcer_note_known(&k->announcer, inv->hash32);
    if (!yc_core_caught_up(c))
        return;
    memcpy(wtxid.b, inv->hash32, 32);
    if (key.wtxid && yc_orphans_has(c->orphans, &wtxid))
        note_orphan_announced(c, k, &wtxid, now);
    else if (!known)
        note_announced(c, k, &key, now);
}

/* A transaction as an inv names it: the forms that ask for it with and without witness are one. */
static struct yc_txreq_key seen_key(const struct yc_inv *inv)
{
    return yc_core_key_of(inv->hash32, inv->type == YC_INV_WTX);
}

void yc_core_on_tx_inv(struct yc_core *c, struct conn *k, const struct yc_inv_list *list, struct yc_now now)
{
    struct yc_map seen; /* what is named twice counts once */
    yc_map_init(&seen, c->alloc, sizeof(struct yc_txreq_key), 0, c->key);
    for (size_t i = 0; i < list->count; i++) {
        struct yc_inv inv = yc_inv_list_at(list, i);
        struct yc_txreq_key key = seen_key(&inv);
        bool is_new = true;
        if (!key.wtxid && (inv.type & ~YC_INV_WITNESS_FLAG) != YC_INV_TX)
            continue;
        if (!yc_core_takes_txs_from(c, k) || !yc_core_exchanges_txs(k)) {
            char hash[65];
            yc_hex_write_reversed(hash, inv.hash32, 32);
            yc_log_debug(c->log, YC_LOGC_NET,
                         "transaction (%s) inv sent in violation of protocol, disconnecting peer=%lld", hash,
                         (long long)k->peer.start.id);
            yc_peer_close(&k->peer, YC_CLOSE_BREACH);
            break;
        }
        if (inv.type == (k->peer.wtxid_relay ? YC_INV_TX : YC_INV_WTX))
            continue; /* BIP 339: each peer announces in one form */
        if (list->count > 1 && yc_map_put(&seen, &key, &is_new) && !is_new)
            continue;
        on_tx_announced(c, k, &inv, now);
    }
    yc_map_release(&seen);
}

void yc_core_on_tx_notfound(struct yc_core *c, struct conn *k, const struct yc_inv_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct yc_inv inv = yc_inv_list_at(list, i);
        if (inv.type != YC_INV_WTX && (inv.type & ~YC_INV_WITNESS_FLAG) != YC_INV_TX)
            continue;
        struct yc_txreq_key key = yc_core_key_of(inv.hash32, inv.type == YC_INV_WTX);
        yc_txreq_answered(c->requests, (uint64_t)k->peer.start.id, &key);
    }
}

void yc_core_queue_tx(struct yc_core *c, const struct yc_pool_entry *e)
{
    yc_news_add(&c->tx_news, &e->tx.wtxid);
    c->news = true;
}

static bool requeue(void *ctx, const struct yc_pool_entry *e)
{
    if (e->unbroadcast)
        yc_core_queue_tx(ctx, e);
    return true;
}

void yc_core_rebroadcast(struct yc_core *c, struct yc_now now)
{
    /* Not at the same moment for everyone: 10 to 15 minutes. */
    c->rebroadcast_at_us = now.mono_us + 600 * SECOND_US + (int64_t)yc_random_below(c->random, 300 * SECOND_US);
    yc_pool_each(c->pool, requeue, c);
}

void yc_core_relay_block(struct yc_core *c, const struct yc_block *b)
{
    size_t erased = yc_orphans_mined(c->orphans, b->tx, b->tx_count);
    if (erased)
        yc_log_debug(c->log, YC_LOGC_MEMPOOL, "Erased %zu orphan transaction(s) included or conflicted by block",
                     erased);
    for (uint32_t i = 0; i < b->tx_count; i++) {
        const struct yc_tx *tx = &b->tx[i];
        struct yc_txreq_key by_wtxid = yc_core_key_of(tx->wtxid.b, true), by_txid = yc_core_key_of(tx->txid.b, false);
        yc_recent_add(&c->mined, tx->wtxid.b);
        if (tx->has_witness)
            yc_recent_add(&c->mined, tx->txid.b);
        yc_txreq_forget(c->requests, &by_wtxid);
        yc_txreq_forget(c->requests, &by_txid);
        yc_orphans_parent(c->orphans, &tx->txid);
    }
}

/* Sending. */

/* Questions that go to one peer together. */
struct questions {
    struct conn *to;
    struct yc_inv inv[DUE_AT_ONCE];
    size_t n;
};

static void ask_all(struct questions *q)
{
    if (q->n > 0)
        yc_peer_send_getdata(&q->to->peer, q->inv, q->n);
    q->n = 0;
}

static void send_questions(struct yc_core *c, struct yc_now now)
{
    struct yc_txreq_ask ask[DUE_AT_ONCE];
    struct questions q;
    size_t n;
    if (now.mono_us < yc_txreq_deadline_us(c->requests))
        return;
    q.to = NULL;
    q.n = 0;
    do {
        n = yc_txreq_due(c->requests, now.mono_us, ask, DUE_AT_ONCE);
        for (size_t i = 0; i < n; i++) {
            struct conn *k = yc_core_conn_of(c, ask[i].peer);
            if (!k || yc_core_already_has(c, &ask[i].key)) {
                yc_txreq_forget(c->requests, &ask[i].key);
                continue;
            }
            if (k != q.to || q.n == DUE_AT_ONCE)
                ask_all(&q);
            /* Who does not offer witnesses has the stripped form alone. */
            bool witness = k->peer.their_services & YC_NODE_WITNESS;
            q.to = k;
            q.inv[q.n].type = ask[i].key.wtxid ? YC_INV_WTX : witness ? YC_INV_WITNESS_TX : YC_INV_TX;
            memcpy(q.inv[q.n++].hash32, ask[i].key.hash32, 32);
        }
        ask_all(&q);
    } while (n == DUE_AT_ONCE);
}

static struct yc_announce_item item_of(const struct yc_pool_entry *e)
{
    return (struct yc_announce_item){e->tx.txid, e->tx.wtxid, e->fee_sat * 1000 / (int64_t)e->vbytes};
}

static bool find_in_pool(void *ctx, const struct yc_wtxid *wtxid, struct yc_announce_item *item)
{
    const struct yc_core *c = ctx;
    const struct yc_pool_entry *e = yc_pool_find_wtxid(c->pool, wtxid);
    if (e)
        *item = item_of(e);
    return e;
}

/* It knows now, or will when it looks, of every transaction that is in the pool. */
static void note_told(struct yc_core *c, struct conn *k)
{
    struct yc_pool_info info;
    yc_pool_info(c->pool, &info);
    k->told_sequence = c->last_sequence;
    k->told_changes = info.sequence;
}

/* What is told to one peer at one moment. */
struct announcement {
    struct conn *to;
    struct yc_announce_item item[YC_ANNOUNCE_AT_ONCE_MAX];
    size_t n;
};

/* What nobody has asked for yet, parents first. */
static bool offer(void *ctx, const struct yc_pool_entry *e)
{
    struct announcement *a = ctx;
    struct yc_announcer *to = &a->to->announcer;
    const struct yc_peer *peer = &a->to->peer;
    const uint8_t *hash32 = peer->wtxid_relay ? e->tx.wtxid.b : e->tx.txid.b;
    struct yc_announce_item item = item_of(e);
    if (e->unbroadcast && item.fee_sat_per_kvb >= peer->feefilter_sat_per_kvb && !yc_announcer_knows(to, hash32)) {
        yc_announcer_note_known(to, hash32);
        a->item[a->n++] = item;
    }
    return a->n < YC_ANNOUNCE_AT_ONCE_MAX;
}

static void announce(struct yc_core *c, struct conn *k)
{
    struct announcement a; /* an initialiser would clear its 70 kB, each time */
    struct yc_inv inv[YC_ANNOUNCE_AT_ONCE_MAX];
    bool by_wtxid = k->peer.wtxid_relay;
    a.to = k;
    a.n = 0;
    note_told(c, k);
    if (!k->peer.their_relay)
        return;
    if (k->offers)
        yc_pool_each(c->pool, offer, &a);
    k->offers = false; /* those that did not fit: when all are told again */
    if (a.n == 0)
        a.n = yc_announcer_take(&k->announcer, &c->tx_news, by_wtxid, k->peer.feefilter_sat_per_kvb, find_in_pool, c,
                                a.item);
    for (size_t i = 0; i < a.n; i++) {
        inv[i].type = by_wtxid ? YC_INV_WTX : YC_INV_TX;
        memcpy(inv[i].hash32, by_wtxid ? a.item[i].wtxid.b : a.item[i].txid.b, 32);
    }
    if (a.n)
        yc_peer_send_inv(&k->peer, inv, a.n);
}

struct pool_list {
    struct conn *conn;
    struct yc_inv inv[YC_ANNOUNCE_AT_ONCE_MAX];
    size_t count;
};

static bool list_entry(void *ctx, const struct yc_pool_entry *e)
{
    struct pool_list *l = ctx;
    bool by_wtxid = l->conn->peer.wtxid_relay;
    const uint8_t *hash32 = by_wtxid ? e->tx.wtxid.b : e->tx.txid.b;
    if (e->fee_sat * 1000 / (int64_t)e->vbytes < l->conn->peer.feefilter_sat_per_kvb)
        return true;
    yc_announcer_note_known(&l->conn->announcer, hash32);
    l->inv[l->count].type = by_wtxid ? YC_INV_WTX : YC_INV_TX;
    memcpy(l->inv[l->count++].hash32, hash32, 32);
    if (l->count == sizeof l->inv / sizeof l->inv[0]) {
        yc_peer_send_inv(&l->conn->peer, l->inv, l->count);
        l->count = 0;
    }
    return true;
}

void yc_core_tell_pool(struct yc_core *c, struct conn *k)
{
    struct pool_list list = {.conn = k};
    note_told(c, k);
    yc_pool_each(c->pool, list_entry, &list);
    if (list.count)
        yc_peer_send_inv(&k->peer, list.inv, list.count);
}

static int64_t mean_of(const struct yc_core *c, bool inbound)
{
    if (relays_at_once(c))
        return 0;
    return inbound ? YC_ANNOUNCE_INBOUND_MEAN_US : YC_ANNOUNCE_OUTBOUND_MEAN_US;
}

size_t yc_core_to_tell(const struct yc_core *c, const struct conn *k)
{
    bool told = yc_core_exchanges_txs(k) && k->peer.their_relay;
    return told ? yc_announcer_behind(&k->announcer, &c->tx_news) : 0;
}

static bool has_news(const struct yc_core *c, const struct conn *k)
{
    return yc_core_exchanges_txs(k) && (k->offers || yc_core_to_tell(c, k) || k->told_sequence != c->last_sequence);
}

/* The moment at which some are told next, drawn when there is something to tell: one that has passed without is as good as
 * none, for waiting times that have no memory. */
static int64_t plan(struct yc_core *c, int64_t *at_us, bool *planned, int64_t mean_us, struct yc_now now)
{
    if (!*planned && *at_us <= now.mono_us)
        *at_us = now.mono_us + yc_announce_delay_us(c->random, mean_us);
    *planned = true;
    return *at_us;
}

/* Who shares no moment with others: peers that we chose, and those that we trust, from whom nothing is hidden. */
static bool is_told_alone(const struct conn *k)
{
    return k->type != YC_CONN_INBOUND || (k->peer.start.permissions & YC_PERM_NOBAN);
}

static int64_t plan_alone(struct yc_core *c, struct conn *k, struct yc_now now)
{
    int64_t mean = k->peer.start.permissions & YC_PERM_NOBAN ? 0 : mean_of(c, false);
    return plan(c, &k->announce_at_us, &k->announce_planned, mean, now);
}

/* All others who connected to us hear at one moment: several connections of one spy show no more than one does. */
static int64_t plan_inbound(struct yc_core *c, struct yc_now now)
{
    return plan(c, &c->inbound_announce_at_us, &c->inbound_announce_planned, mean_of(c, true), now);
}

static void send_announcements(struct yc_core *c, struct yc_now now)
{
    bool inbound_told = false, inbound_waits = false;
    if (!c->news && now.mono_us < c->announce_due_us)
        return;
    c->news = false;
    c->announce_due_us = INT64_MAX;
    for (struct conn *k = c->first; k; k = k->next) {
        bool alone = is_told_alone(k);
        if (!has_news(c, k))
            continue;
        if ((alone ? plan_alone(c, k, now) : plan_inbound(c, now)) <= now.mono_us) {
            announce(c, k);
            k->announce_planned = false;
            inbound_told |= !alone;
        }
        if (!has_news(c, k))
            continue; /* else it is more than fits: the rest at its next moment */
        inbound_waits |= !alone;
        if (alone && plan_alone(c, k, now) < c->announce_due_us)
            c->announce_due_us = k->announce_at_us;
    }
    if (inbound_told)
        c->inbound_announce_planned = false;
    if (inbound_waits && plan_inbound(c, now) < c->announce_due_us)
        c->announce_due_us = c->inbound_announce_at_us;
}

/* Tell each peer below which fee rate we take nothing (BIP 133): of all rates, while we catch up. */
static void send_feefilters(struct yc_core *c, struct yc_now now)
{
    struct yc_pool_info info;
    bool relays = yc_core_relays_txs(c);
    if (now.mono_us < c->feefilter_due_us && relays == c->feefilter_relays)
        return;
    yc_pool_info(c->pool, &info);
    int64_t wanted = relays ? info.min_fee_sat_per_kvb : TAKES_NOTHING_SAT;
    c->feefilter_relays = relays;
    c->feefilter_due_us = INT64_MAX;
    for (struct conn *k = c->first; k; k = k->next) {
        if (!yc_core_exchanges_txs(k) || !c->config.relay_txs || !k->peer.their_relay ||
            (k->peer.start.permissions & YC_PERM_FORCE_RELAY))
            continue;
        bool far = wanted != k->feefilter_sat_per_kvb &&
                   (wanted == TAKES_NOTHING_SAT || k->feefilter_sat_per_kvb == TAKES_NOTHING_SAT);
        if (now.mono_us >= k->feefilter_at_us || far) {
            k->feefilter_at_us = now.mono_us + yc_announce_delay_us(c->random, FEEFILTER_MEAN_US);
            if (wanted != k->feefilter_sat_per_kvb)
                yc_peer_send_feefilter(&k->peer, wanted);
            k->feefilter_sat_per_kvb = wanted;
        }
        if (k->feefilter_at_us < c->feefilter_due_us)
            c->feefilter_due_us = k->feefilter_at_us;
    }
}

void yc_core_relay_tick(struct yc_core *c, struct yc_now now)
{
    send_questions(c, now);
    send_announcements(c, now);
    send_feefilters(c, now);
}

int64_t yc_core_relay_deadline_us(const struct yc_core *c)
{
    int64_t at = yc_txreq_deadline_us(c->requests), news = c->news ? INT64_MIN : c->announce_due_us;
    return news < at ? news : at;
}
