/* Transactions between pool and peers: what is asked for, what becomes of what comes, and who is told. */
#include "node/core/core_internal.h"

#define DUE_AT_ONCE       256
#define TX_ARENA_CHUNK    65536
#define FEEFILTER_MEAN_US (600 * SECOND_US)

static bool caught_up(struct yc_core *c)
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
    return c->config.relay_txs && caught_up(c);
}

/* -blocksonly closes the door to transactions, but not for those who have leave. */
static bool takes_txs_from(const struct yc_core *c, const struct conn *k)
{
    return c->config.relay_txs || (k->peer.start.permissions & YC_PERM_RELAY);
}

static bool exchanges_txs(const struct conn *k)
{
    return k->ready && !k->closing && k->type != YC_CONN_BLOCK_RELAY && k->type != YC_CONN_FEELER;
}

static struct yc_txreq_key key_of(const uint8_t hash32[32], bool wtxid)
{
    struct yc_txreq_key key = {.wtxid = wtxid};
    memcpy(key.hash32, hash32, 32);
    return key;
}

static bool already_have(const struct yc_core *c, const struct yc_txreq_key *key)
{
    struct yc_wtxid wtxid;
    struct yc_txid txid;
    memcpy(wtxid.b, key->hash32, 32);
    memcpy(txid.b, key->hash32, 32);
    if (yc_recent_has(&c->rejects, key->hash32) || yc_recent_has(&c->mined, key->hash32))
        return true;
    if (key->wtxid)
        return yc_pool_find_wtxid(c->pool, &wtxid) || yc_orphans_has(c->orphans, &wtxid);
    return yc_pool_find(c->pool, &txid) != NULL;
}

static bool prefers(const struct conn *k)
{
    return k->type != YC_CONN_INBOUND || (k->peer.start.permissions & YC_PERM_NOBAN);
}

static void note_announced(struct yc_core *c, struct conn *k, const struct yc_txreq_key *key, struct yc_now now)
{
    /* On test chains at once: nobody to be fair to. */
    bool at_once = c->config.relay_at_once && c->config.chain.params->test_chain;
    int64_t delay = key->wtxid || at_once ? 0 : YC_TXREQ_TXID_US;
    (void)yc_txreq_announced(c->requests, (uint64_t)k->peer.start.id, key, prefers(k) || at_once, delay, now.mono_us);
}

void yc_core_on_tx_inv(struct yc_core *c, struct conn *k, const struct yc_inv_list *list, struct yc_now now)
{
    bool relays = caught_up(c);
    for (size_t i = 0; i < list->count; i++) {
        struct yc_inv inv = yc_inv_list_at(list, i);
        bool wtxid = inv.type == YC_INV_WTX;
        if (!wtxid && (inv.type & ~YC_INV_WITNESS_FLAG) != YC_INV_TX)
            continue;
        if (!takes_txs_from(c, k) || !exchanges_txs(k)) {
            char hash[65];
            yc_hex_write_reversed(hash, inv.hash32, 32);
            yc_log_debug(c->log, YC_LOGC_NET,
                         "transaction (%s) inv sent in violation of protocol, disconnecting peer=%lld", hash,
                         (long long)k->peer.start.id);
            yc_peer_close(&k->peer, YC_CLOSE_BREACH);
            return;
        }
        if (wtxid != k->peer.wtxid_relay)
            continue; /* BIP 339: each peer announces in one form */
        struct yc_txreq_key key = key_of(inv.hash32, wtxid);
        yc_announcer_note_known(&k->announcer, inv.hash32);
        if (relays && !already_have(c, &key))
            note_announced(c, k, &key, now);
    }
}

void yc_core_on_tx_notfound(struct yc_core *c, struct conn *k, const struct yc_inv_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct yc_inv inv = yc_inv_list_at(list, i);
        if (inv.type != YC_INV_WTX && (inv.type & ~YC_INV_WITNESS_FLAG) != YC_INV_TX)
            continue;
        struct yc_txreq_key key = key_of(inv.hash32, inv.type == YC_INV_WTX);
        yc_txreq_answered(c->requests, (uint64_t)k->peer.start.id, &key);
    }
}

static void queue_for(struct conn *k, const struct yc_pool_entry *e)
{
    struct yc_announce_item item = {.txid = e->tx.txid,
                                    .wtxid = e->tx.wtxid,
                                    .sequence = e->sequence,
                                    .fee_sat_per_kvb = e->fee_sat * 1000 / (int64_t)e->vbytes};
    if (exchanges_txs(k) && k->peer.their_relay)
        yc_announcer_queue(&k->announcer, &item);
}

void yc_core_queue_tx(struct yc_core *c, const struct yc_pool_entry *e)
{
    for (struct conn *k = c->first; k; k = k->next)
        queue_for(k, e);
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

static bool offer(void *ctx, const struct yc_pool_entry *e)
{
    if (e->unbroadcast)
        queue_for(ctx, e);
    return true;
}

void yc_core_offer_unbroadcast(struct yc_core *c, struct conn *k)
{
    yc_pool_each(c->pool, offer, k);
}

/* It is in the pool: nobody is asked for it any more, its children may go in too, and others are told. */
static void note_taken(struct yc_core *c, const struct yc_pool_entry *e)
{
    struct yc_txreq_key by_wtxid = key_of(e->tx.wtxid.b, true), by_txid = key_of(e->tx.txid.b, false);
    yc_txreq_forget(c->requests, &by_wtxid);
    yc_txreq_forget(c->requests, &by_txid);
    yc_orphans_parent(c->orphans, &e->tx.txid);
    yc_core_queue_tx(c, e);
}

static void log_refused(const struct yc_core *c, const struct yc_tx *tx, long long peer, enum yc_verdict v,
                        const struct yc_pool_reject *why)
{
    char txid[65], wtxid[65], text[192];
    if (!c->log || !c->log->on(c->log->ctx, YC_LOGC_MEMPOOLREJ, YC_LOG_DEBUG))
        return;
    yc_hex_write_reversed(txid, tx->txid.b, 32);
    yc_hex_write_reversed(wtxid, tx->wtxid.b, 32);
    yc_pool_reject_text(text, sizeof text, v, why);
    yc_log_debug(c->log, YC_LOGC_MEMPOOLREJ, "%s (wtxid=%s) from peer=%lld was not accepted: %s", txid, wtxid, peer,
                 text);
}

static bool inputs_missing(enum yc_verdict v, const struct yc_pool_reject *why)
{
    return v == YC_NOT_YET && why->rule.code == YC_REJ_TX_INPUTS_MISSING;
}

/* Submit it and note the outcome; the verdict. Nobody is punished for a transaction (catalogue P39). */
static enum yc_verdict submit(struct yc_core *c, const struct yc_tx *tx, long long peer, struct yc_pool_reject *why)
{
    struct yc_pool_entry entry;
    char txid[65], wtxid[65];
    enum yc_verdict v = yc_pool_submit(c->pool, tx->raw, false, -1, &entry, why);
    switch (v) {
    case YC_VALID: {
        struct yc_pool_info info;
        yc_pool_info(c->pool, &info);
        yc_hex_write_reversed(txid, tx->txid.b, 32);
        yc_hex_write_reversed(wtxid, tx->wtxid.b, 32);
        yc_log_debug(c->log, YC_LOGC_MEMPOOL,
                     "AcceptToMemoryPool: peer=%lld: accepted %s (wtxid=%s) (poolsz %zu txn, %zu kB)", peer, txid,
                     wtxid, info.count, info.memory_bytes / 1000);
        note_taken(c, &entry);
        return v;
    }
    case YC_INVALID:
    case YC_POLICY: {
        /* By wtxid alone: another witness may make it good (catalogue P32). */
        struct yc_txreq_key key = key_of(tx->wtxid.b, true);
        if (v == YC_INVALID || why->policy != YC_POLICY_BUSY)
            yc_recent_add(&c->rejects, tx->wtxid.b);
        /* What it spends, and by which input script, the txid covers: no other witness makes that standard. */
        if (v == YC_POLICY && why->policy == YC_POLICY_NONSTANDARD_INPUTS)
            yc_recent_add(&c->rejects, tx->txid.b);
        if (v == YC_POLICY)
            yc_extra_add(&c->extra, tx); /* others may mine it: it is of use to put their block together */
        yc_txreq_forget(c->requests, &key);
        break;
    }
    case YC_MUTATED:
    case YC_NOT_YET:
    case YC_SYSTEM:
        break;
    }
    if (!inputs_missing(v, why))
        log_refused(c, tx, peer, v, why);
    return v;
}

/* Its parents are not here: keep it, and ask its sender for them. */
static void keep_orphan(struct yc_core *c, struct conn *k, const struct yc_tx *tx, struct yc_now now)
{
    for (uint32_t i = 0; i < tx->in_count; i++)
        if (yc_recent_has(&c->rejects, tx->in[i].prevout.txid.b)) {
            char txid[65], wtxid[65];
            yc_hex_write_reversed(txid, tx->txid.b, 32);
            yc_hex_write_reversed(wtxid, tx->wtxid.b, 32);
            yc_log_debug(c->log, YC_LOGC_MEMPOOL, "not keeping orphan with rejected parents %s (wtxid=%s)", txid,
                         wtxid);
            yc_recent_add(&c->rejects, tx->wtxid.b); /* a child of what we refused */
            return;
        }
    struct yc_txreq_key self = key_of(tx->wtxid.b, true);
    yc_txreq_forget(c->requests, &self);
    if (!yc_orphans_add(c->orphans, tx, (uint64_t)k->peer.start.id))
        return;
    for (uint32_t i = 0; i < tx->in_count; i++) {
        struct yc_txreq_key parent = key_of(tx->in[i].prevout.txid.b, false);
        if (!already_have(c, &parent))
            note_announced(c, k, &parent, now);
    }
}

/* It came from a peer that may have transactions announced again which are known already. */
static void relay_again(struct yc_core *c, const struct conn *k, const struct yc_tx *tx)
{
    const struct yc_pool_entry *e = yc_pool_find(c->pool, &tx->txid);
    char txid[65], wtxid[65];
    yc_hex_write_reversed(txid, tx->txid.b, 32);
    yc_hex_write_reversed(wtxid, tx->wtxid.b, 32);
    if (!e) {
        yc_log_info(c->log, "Not relaying non-mempool transaction %s (wtxid=%s) from forcerelay peer=%lld", txid, wtxid,
                    (long long)k->peer.start.id);
        return;
    }
    yc_log_info(c->log, "Force relaying tx %s (wtxid=%s) from peer=%lld", txid, wtxid, (long long)k->peer.start.id);
    yc_core_queue_tx(c, e);
}

static void judge(struct yc_core *c, struct conn *k, const struct yc_tx *tx, struct yc_now now)
{
    uint64_t peer = (uint64_t)k->peer.start.id;
    struct yc_txreq_key by_wtxid = key_of(tx->wtxid.b, true), by_txid = key_of(tx->txid.b, false);
    struct yc_pool_reject why;
    yc_announcer_note_known(&k->announcer, k->peer.wtxid_relay ? tx->wtxid.b : tx->txid.b);
    yc_txreq_answered(c->requests, peer, &by_wtxid);
    yc_txreq_answered(c->requests, peer, &by_txid);
    if (!caught_up(c))
        return;
    if (already_have(c, &by_wtxid)) {
        if (k->peer.start.permissions & YC_PERM_FORCE_RELAY)
            relay_again(c, k, tx);
        return;
    }
    enum yc_verdict v = submit(c, tx, (long long)peer, &why);
    if (v == YC_VALID) {
        struct yc_slot *slot = yc_slots_find(c->slots, k->slot);
        k->last_tx_s = now.wall_s;
        if (slot)
            slot->last_tx_us = now.mono_us;
    } else if (inputs_missing(v, &why)) {
        keep_orphan(c, k, tx, now);
    }
}

void yc_core_on_tx(struct yc_core *c, struct conn *k, struct yc_view raw, struct yc_now now)
{
    struct yc_arena arena;
    struct yc_reject why;
    struct yc_tx tx;
    if (!k->ready)
        return;
    if (!takes_txs_from(c, k) || !exchanges_txs(k)) {
        yc_log_debug(c->log, YC_LOGC_NET, "transaction sent in violation of protocol, disconnecting peer=%lld",
                     (long long)k->peer.start.id);
        yc_peer_close(&k->peer, YC_CLOSE_BREACH);
        return;
    }
    yc_arena_init(&arena, c->alloc, TX_ARENA_CHUNK, 48 * raw.n + 2 * TX_ARENA_CHUNK);
    if (yc_tx_parse(&tx, raw, &arena, &why) == YC_VALID) {
        judge(c, k, &tx, now);
    } else {
        char detail[YC_REJECT_DETAIL_MAX];
        yc_reject_describe(detail, &why, NULL);
        yc_log_debug(c->log, YC_LOGC_NET, "ProcessMessages(tx, %zu bytes): Exception '%s' caught, peer=%lld", raw.n,
                     detail, (long long)k->peer.start.id);
    }
    yc_arena_release(&arena);
}

bool yc_core_try_orphan(struct yc_core *c)
{
    struct yc_view raw;
    struct yc_arena arena;
    struct yc_reject rule;
    struct yc_pool_reject why;
    struct yc_wtxid wtxid;
    struct yc_tx tx;
    uint64_t peer;
    if (!yc_orphans_next(c->orphans, &raw, &peer, &wtxid))
        return false;
    yc_arena_init(&arena, c->alloc, TX_ARENA_CHUNK, 48 * raw.n + 2 * TX_ARENA_CHUNK);
    if (yc_tx_parse(&tx, raw, &arena, &rule) == YC_VALID &&
        !inputs_missing(submit(c, &tx, (long long)peer, &why), &why))
        yc_orphans_forget(c->orphans, &wtxid);
    yc_arena_release(&arena);
    return true;
}

void yc_core_relay_block(struct yc_core *c, const struct yc_block *b)
{
    size_t erased = yc_orphans_mined(c->orphans, b->tx, b->tx_count);
    if (erased)
        yc_log_debug(c->log, YC_LOGC_MEMPOOL, "Erased %zu orphan transaction(s) included or conflicted by block",
                     erased);
    for (uint32_t i = 0; i < b->tx_count; i++) {
        const struct yc_tx *tx = &b->tx[i];
        struct yc_txreq_key by_wtxid = key_of(tx->wtxid.b, true), by_txid = key_of(tx->txid.b, false);
        yc_recent_add(&c->mined, tx->wtxid.b);
        if (tx->has_witness)
            yc_recent_add(&c->mined, tx->txid.b);
        yc_txreq_forget(c->requests, &by_wtxid);
        yc_txreq_forget(c->requests, &by_txid);
        yc_orphans_parent(c->orphans, &tx->txid);
    }
}

/* Sending. */

static void send_questions(struct yc_core *c, struct yc_now now)
{
    struct yc_txreq_ask ask[DUE_AT_ONCE];
    size_t n;
    do {
        n = yc_txreq_due(c->requests, now.mono_us, ask, DUE_AT_ONCE);
        for (size_t i = 0; i < n; i++) {
            struct conn *k = yc_core_conn_of(c, ask[i].peer);
            /* Who does not offer witnesses has the stripped form alone. */
            bool witness = k && (k->peer.their_services & YC_NODE_WITNESS);
            struct yc_inv inv = {.type = ask[i].key.wtxid ? YC_INV_WTX : witness ? YC_INV_WITNESS_TX : YC_INV_TX};
            memcpy(inv.hash32, ask[i].key.hash32, 32);
            if (k && !already_have(c, &ask[i].key))
                yc_peer_send_getdata(&k->peer, &inv, 1);
            else
                yc_txreq_forget(c->requests, &ask[i].key);
        }
    } while (n == DUE_AT_ONCE);
}

static bool in_pool(void *ctx, const struct yc_announce_item *item)
{
    const struct yc_core *c = ctx;
    return yc_pool_find_wtxid(c->pool, &item->wtxid) != NULL;
}

static void announce(struct yc_core *c, struct conn *k)
{
    struct yc_announce_item item[YC_ANNOUNCE_AT_ONCE_MAX];
    struct yc_inv inv[YC_ANNOUNCE_AT_ONCE_MAX];
    bool by_wtxid = k->peer.wtxid_relay;
    k->told_sequence = c->last_sequence;
    size_t n = yc_announcer_take(&k->announcer, by_wtxid, k->peer.feefilter_sat_per_kvb, in_pool, c, item);
    for (size_t i = 0; i < n; i++) {
        inv[i].type = by_wtxid ? YC_INV_WTX : YC_INV_TX;
        memcpy(inv[i].hash32, by_wtxid ? item[i].wtxid.b : item[i].txid.b, 32);
    }
    if (n)
        yc_peer_send_inv(&k->peer, inv, n);
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
    k->told_sequence = c->last_sequence;
    yc_pool_each(c->pool, list_entry, &list);
    if (list.count)
        yc_peer_send_inv(&k->peer, list.inv, list.count);
}

static int64_t mean_of(const struct yc_core *c, bool inbound)
{
    if (c->config.relay_at_once && c->config.chain.params->test_chain)
        return 0;
    return inbound ? YC_ANNOUNCE_INBOUND_MEAN_US : YC_ANNOUNCE_OUTBOUND_MEAN_US;
}

static bool has_news(const struct yc_core *c, const struct conn *k)
{
    return exchanges_txs(k) && (k->announcer.count || k->told_sequence != c->last_sequence);
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

static int64_t plan_outbound(struct yc_core *c, struct conn *k, struct yc_now now)
{
    return plan(c, &k->announce_at_us, &k->announce_planned, mean_of(c, false), now);
}

/* All who connected to us hear at one moment: several connections of one spy show no more than one does. */
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
        bool inbound = k->type == YC_CONN_INBOUND;
        if (!has_news(c, k))
            continue;
        if ((inbound ? plan_inbound(c, now) : plan_outbound(c, k, now)) <= now.mono_us) {
            announce(c, k);
            k->announce_planned = false;
            inbound_told |= inbound;
        }
        if (!has_news(c, k))
            continue; /* else it is more than fits: the rest at its next moment */
        inbound_waits |= inbound;
        if (!inbound && plan_outbound(c, k, now) < c->announce_due_us)
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
    int64_t wanted = relays ? info.min_fee_sat_per_kvb : YC_MONEY_MAX;
    c->feefilter_relays = relays;
    c->feefilter_due_us = INT64_MAX;
    for (struct conn *k = c->first; k; k = k->next) {
        if (!exchanges_txs(k) || !c->config.relay_txs || !k->peer.their_relay ||
            (k->peer.start.permissions & YC_PERM_FORCE_RELAY))
            continue;
        bool far =
            wanted != k->feefilter_sat_per_kvb && (wanted == YC_MONEY_MAX || k->feefilter_sat_per_kvb == YC_MONEY_MAX);
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
