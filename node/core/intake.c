/* Transactions that come from peers. Those of one turn are judged together, so that their signatures fill the lanes of the
 * engine, where there is one: none waits for another that has not come yet, nor for longer than a fraction of a
 * millisecond, and each peer sees its messages answered in order. */
#include "node/core/core_internal.h"

#define TX_ARENA_CHUNK 65536
#define WAIT_US        200 /* the first of a batch */

/* It is in the pool: nobody is asked for it any more, its children may go in too, and others are told. */
static void note_taken(struct yc_core *c, const struct yc_pool_entry *e)
{
    struct yc_txreq_key by_wtxid = yc_core_key_of(e->tx.wtxid.b, true), by_txid = yc_core_key_of(e->tx.txid.b, false);
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
    enum yc_verdict v = yc_pool_submit_tx(c->pool, tx, &entry, why);
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
        struct yc_txreq_key key = yc_core_key_of(tx->wtxid.b, true);
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
    log_refused(c, tx, peer, v, why);
    return v;
}

static bool has_refused_parent(const struct yc_core *c, const struct yc_tx *tx)
{
    for (uint32_t i = 0; i < tx->in_count; i++)
        if (yc_recent_has(&c->rejects, tx->in[i].prevout.txid.b))
            return true;
    return false;
}

#define ANNOUNCERS_MAX 256 /* whom an orphan is kept for at first */

/* Its parents are not here: keep it, and ask its sender for them, and those who announced it too. */
static void keep_orphan(struct yc_core *c, struct conn *k, const struct yc_tx *tx, struct yc_now now)
{
    struct yc_txreq_key by_wtxid = yc_core_key_of(tx->wtxid.b, true), by_txid = yc_core_key_of(tx->txid.b, false);
    uint64_t peer[1 + 2 * ANNOUNCERS_MAX];
    size_t n = 1;
    peer[0] = (uint64_t)k->peer.start.id;
    if (has_refused_parent(c, tx)) {
        char txid[65], wtxid[65];
        yc_hex_write_reversed(txid, tx->txid.b, 32);
        yc_hex_write_reversed(wtxid, tx->wtxid.b, 32);
        yc_log_debug(c->log, YC_LOGC_MEMPOOL, "not keeping orphan with rejected parents %s (wtxid=%s)", txid, wtxid);
        /* A child of what we refused: no witness changes that, so both its names are remembered. */
        yc_recent_add(&c->rejects, tx->wtxid.b);
        yc_recent_add(&c->rejects, tx->txid.b);
    } else {
        n += yc_txreq_announcers(c->requests, &by_txid, peer + n, ANNOUNCERS_MAX);
        if (tx->has_witness)
            n += yc_txreq_announcers(c->requests, &by_wtxid, peer + n, ANNOUNCERS_MAX);
        for (size_t i = 0; i < n; i++) {
            struct conn *from = yc_core_conn_of(c, peer[i]);
            if (from && yc_core_may_keep_orphan_for(c, from, tx->in_count) && yc_orphans_add(c->orphans, tx, peer[i]))
                yc_core_ask_for_parents(c, from, &tx->wtxid, now);
        }
    }
    yc_txreq_forget(c->requests, &by_wtxid);
    yc_txreq_forget(c->requests, &by_txid);
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

/* ---- judging ---- */

/* What its coming says, whatever it is. False: it need not be judged. */
static bool is_new(struct yc_core *c, struct conn *k, const struct yc_tx *tx)
{
    uint64_t peer = (uint64_t)k->peer.start.id;
    struct yc_txreq_key by_wtxid = yc_core_key_of(tx->wtxid.b, true), by_txid = yc_core_key_of(tx->txid.b, false);
    yc_announcer_note_known(&k->announcer, k->peer.wtxid_relay ? tx->wtxid.b : tx->txid.b);
    yc_txreq_answered(c->requests, peer, &by_wtxid);
    yc_txreq_answered(c->requests, peer, &by_txid);
    if (!yc_core_caught_up(c))
        return false;
    if (!yc_core_already_has(c, &by_wtxid))
        return true;
    if (k->peer.start.permissions & YC_PERM_FORCE_RELAY)
        relay_again(c, k, tx);
    return false;
}

static void judge_orphan(struct yc_core *c, const struct intake_tx *t)
{
    struct yc_pool_reject why;
    if (!inputs_missing(submit(c, t->tx, (long long)t->peer, &why), &why))
        yc_orphans_forget(c->orphans, &t->tx->wtxid);
}

static void judge(struct yc_core *c, const struct intake_tx *t, struct yc_now now)
{
    struct yc_txreq_key by_wtxid = yc_core_key_of(t->tx->wtxid.b, true);
    struct conn *k = yc_core_conn_of(c, t->peer);
    struct yc_pool_reject why;
    if (yc_core_already_has(c, &by_wtxid))
        return; /* it came twice in one batch */
    enum yc_verdict v = submit(c, t->tx, (long long)t->peer, &why);
    if (!k)
        return;
    if (v == YC_VALID) {
        struct yc_slot *slot = yc_slots_find(c->slots, k->slot);
        k->last_tx_s = now.wall_s;
        if (slot)
            slot->last_tx_us = now.mono_us;
    } else if (inputs_missing(v, &why)) {
        keep_orphan(c, k, t->tx, now);
    }
}

/* ---- gathering ---- */

void yc_core_judge_gathered(struct yc_core *c)
{
    struct intake *in = &c->intake;
    const struct yc_tx *list[YC_POOL_PREPARE_MAX];
    if (in->count == 0)
        return;
    for (size_t i = 0; i < in->count; i++)
        list[i] = in->item[i].tx;
    yc_pool_prepare(c->pool, list, in->count);
    for (size_t i = 0; i < in->count; i++) {
        if (in->item[i].is_orphan)
            judge_orphan(c, &in->item[i]);
        else
            judge(c, &in->item[i], core_now(c));
    }
    yc_arena_release(&in->arena);
    in->count = in->bytes = 0;
}

/* Room for one more of so many bytes: the batch before it is judged when they do not go together. */
static void make_room(struct yc_core *c, size_t bytes)
{
    struct intake *in = &c->intake;
    if (in->count == YC_POOL_PREPARE_MAX || (in->count && in->bytes + bytes > YC_POOL_PREPARE_BYTES_MAX))
        yc_core_judge_gathered(c);
    if (in->count)
        return;
    in->since_us = yc_mono_us(c->clock);
    yc_arena_init(&in->arena, c->alloc, TX_ARENA_CHUNK,
                  49 * bytes + 2 * TX_ARENA_CHUNK + 49 * YC_POOL_PREPARE_BYTES_MAX);
}

/* A copy of the transaction in the batch; NULL, and why, when it does not parse. */
static struct yc_tx *copy(struct yc_core *c, struct yc_view raw, struct yc_reject *why)
{
    struct yc_arena *arena = &c->intake.arena;
    struct yc_view bytes = yc_arena_copy(arena, raw);
    struct yc_tx *tx = yc_arena_take(arena, sizeof *tx);
    if (!tx || (raw.n && !bytes.p)) {
        (void)yc_reject_system(why, YC_SYSTEM_MEMORY);
        return NULL;
    }
    return yc_tx_parse(tx, bytes, arena, why) == YC_VALID ? tx : NULL;
}

static void add(struct yc_core *c, const struct yc_tx *tx, uint64_t peer, bool is_orphan)
{
    struct intake *in = &c->intake;
    in->item[in->count++] = (struct intake_tx){tx, peer, is_orphan};
    in->bytes += tx->raw.n;
}

/* Without lanes nothing is gained by waiting. */
static bool is_due(const struct yc_core *c)
{
    return !c->config.chain.sig_engine || yc_mono_us(c->clock) - c->intake.since_us >= WAIT_US;
}

void yc_core_judge_due(struct yc_core *c)
{
    if (c->intake.count && is_due(c))
        yc_core_judge_gathered(c);
}

void yc_core_on_tx(struct yc_core *c, struct conn *k, struct yc_view raw)
{
    struct yc_reject why;
    if (!k->ready)
        return;
    if (!yc_core_takes_txs_from(c, k) || !yc_core_exchanges_txs(k)) {
        yc_log_debug(c->log, YC_LOGC_NET, "transaction sent in violation of protocol, disconnecting peer=%lld",
                     (long long)k->peer.start.id);
        yc_peer_close(&k->peer, YC_CLOSE_BREACH);
        return;
    }
    make_room(c, raw.n);
    struct yc_tx *tx = copy(c, raw, &why);
    if (!tx) {
        char detail[YC_REJECT_DETAIL_MAX];
        yc_reject_describe(detail, &why, NULL);
        yc_log_debug(c->log, YC_LOGC_NET, "ProcessMessages(tx, %zu bytes): Exception '%s' caught, peer=%lld", raw.n,
                     detail, (long long)k->peer.start.id);
    } else if (is_new(c, k, tx)) {
        add(c, tx, (uint64_t)k->peer.start.id, false);
    }
    if (c->intake.count == 0)
        yc_arena_release(&c->intake.arena);
    yc_core_judge_due(c);
}

bool yc_core_take_orphan(struct yc_core *c)
{
    struct yc_view raw;
    struct yc_reject why;
    struct yc_wtxid wtxid;
    uint64_t peer;
    if (!yc_orphans_next(c->orphans, &raw, &peer, &wtxid))
        return false;
    make_room(c, raw.n);
    struct yc_tx *tx = copy(c, raw, &why);
    if (tx)
        add(c, tx, peer, true);
    if (c->intake.count == 0)
        yc_arena_release(&c->intake.arena);
    yc_core_judge_due(c);
    return true;
}
