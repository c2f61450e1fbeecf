/* Answering: blocks and transactions that were asked for, headers, lists of blocks. */
#include "node/core/core_internal.h"

#define GETBLOCKS_MAX   500
#define LIMITED_BLOCKS  288          /* that NODE_NETWORK_LIMITED promises (BIP 159) */
#define STALE_S         (30 * 86400) /* a block off our chain that is older is not served: it would tell us from others (P34) */
#define HISTORICAL_S    (7 * 86400) /* a block is old when it is so far behind the best header */
#define BLOCK_BYTES_MAX YC_BLOCK_BYTES_MAX

/* What an item names, as Bitcoin Core's log has it. */
static const char *name_of(uint32_t type)
{
    switch (type) {
    case YC_INV_TX:
        return "tx";
    case YC_INV_WTX:
        return "wtx";
    case YC_INV_WITNESS_TX:
        return "witness-tx";
    case YC_INV_BLOCK:
        return "block";
    case YC_INV_WITNESS_BLOCK:
        return "witness-block";
    case YC_INV_CMPCT_BLOCK:
        return "cmpctblock";
    case YC_INV_FILTERED_BLOCK:
        return "merkleblock";
    default: /* any number may come */
        return "unknown";
    }
}

void yc_core_on_getdata(struct yc_core *c, struct conn *k, const struct yc_inv_list *list)
{
    YC_ASSERT(k->asked.n == 0); /* none is taken up before the last is answered */
    if (list->count) {
        struct yc_inv first = yc_inv_list_at(list, 0);
        char hash[65];
        yc_hex_write_reversed(hash, first.hash32, 32);
        yc_log_debug(c->log, YC_LOGC_NET, "received getdata for: %s %s peer=%lld", name_of(first.type), hash,
                     (long long)k->peer.start.id);
    }
    yc_buf_append(&k->asked, list->items.p, list->count * YC_INV_BYTES);
    k->asked_at = 0;
    if (k->asked.failed)
        yc_peer_close(&k->peer, YC_CLOSE_MEMORY);
}

bool yc_core_may_tell(struct yc_core *c, const struct yc_node *n)
{
    const struct yc_node *best = yc_chain_best_header(c->chain);
    if (yc_chain_has(c->chain, n))
        return true;
    /* One that lost: only when it is valid as far as we know, and recent. */
    return (n->status & YC_BLOCK_BODY_VALID) && !(n->status & (YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR)) &&
           (int64_t)best->time - (int64_t)n->time < STALE_S;
}

bool yc_core_may_serve_block(struct yc_core *c, const struct yc_block_hash *hash)
{
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    return n && (n->status & YC_BLOCK_HAVE_DATA) && yc_core_may_tell(c, n);
}

void yc_core_serve_later(struct conn *k, const struct yc_inv *inv)
{
    uint8_t bytes[YC_INV_BYTES];
    YC_ASSERT(k->asked.n == 0);
    yc_put32le(bytes, inv->type);
    memcpy(bytes + 4, inv->hash32, 32);
    yc_buf_append(&k->asked, bytes, sizeof bytes);
    k->asked_at = 0;
    if (k->asked.failed)
        yc_peer_close(&k->peer, YC_CLOSE_MEMORY);
}

/* False: not found. */
static bool serve_compact(struct yc_core *c, struct conn *k, const struct yc_block_hash *hash)
{
    struct yc_view payload;
    struct yc_error err;
    if (c->view.read_compact(c->view.ctx, hash, &payload, &err) == YC_VALID) {
        yc_peer_send(&k->peer, YC_MSG_CMPCTBLOCK, payload);
        return true;
    }
    yc_log_warning(c->log, "%s", err.text);
    return false;
}

/* A pruned node says what it has by one service bit, for all blocks below alike: those that happen to be there still would
 * tell it from others (BIP 159). Whoever asks for them is disconnected. */
static bool below_limit(struct yc_core *c, struct conn *k, const struct yc_block_hash *hash)
{
    const struct yc_node *n = yc_chain_find(c->chain, hash), *tip = yc_chain_tip(c->chain);
    if ((c->shared.services & YC_NODE_NETWORK) || (k->peer.start.permissions & YC_PERM_NOBAN) || !n ||
        (int64_t)tip->height - n->height <= LIMITED_BLOCKS + 2)
        return false;
    yc_log_debug(c->log, YC_LOGC_NET,
                 "Ignore block request below NODE_NETWORK_LIMITED threshold, disconnecting peer=%lld",
                 (long long)k->peer.start.id);
    yc_peer_close(&k->peer, YC_CLOSE_BREACH);
    return true;
}

/* The day's upload is as good as used up: blocks of a week ago are for others to serve. */
static bool beyond_target(struct yc_core *c, struct conn *k, const struct yc_block_hash *hash)
{
    const struct yc_node *n = yc_chain_find(c->chain, hash), *best = yc_chain_best_header(c->chain);
    if (!n || (int64_t)best->time - (int64_t)n->time <= HISTORICAL_S ||
        (k->peer.start.permissions & YC_PERM_DOWNLOAD) ||
        !yc_upload_reached(&c->upload_target, true, YC_BLOCK_BYTES_MAX, core_now(c).wall_s))
        return false;
    yc_log_debug(c->log, YC_LOGC_NET, "historical block serving limit reached, disconnecting peer=%lld",
                 (long long)k->peer.start.id);
    yc_peer_close(&k->peer, YC_CLOSE_BY_OWNER);
    return true;
}

/* False: not found. */
static bool serve_block(struct yc_core *c, struct conn *k, const struct yc_inv *inv)
{
    struct yc_block_hash hash;
    struct yc_error err;
    struct yc_buf raw;
    memcpy(hash.b, inv->hash32, 32);
    if (below_limit(c, k, &hash) || beyond_target(c, k, &hash))
        return true;
    if (!yc_core_may_serve_block(c, &hash))
        return false;
    if (inv->type == YC_INV_CMPCT_BLOCK && yc_core_serves_compact(c, &hash))
        return serve_compact(c, k, &hash);
    bool with_witness = inv->type == YC_INV_WITNESS_BLOCK || inv->type == YC_INV_CMPCT_BLOCK;
    yc_buf_init(&raw, c->alloc, BLOCK_BYTES_MAX);
    enum yc_verdict v = c->view.read_block(c->view.ctx, &hash, with_witness, &raw, &err);
    if (v == YC_VALID)
        yc_peer_send(&k->peer, YC_MSG_BLOCK, yc_buf_view(&raw));
    else
        yc_log_warning(c->log, "%s", err.text);
    yc_buf_release(&raw);
    return v == YC_VALID;
}

/* As it was asked for: only who asks by txid alone takes no witness. */
static void send_tx(struct yc_core *c, struct conn *k, const struct yc_tx *tx, bool with_witness)
{
    struct yc_buf stripped;
    struct yc_writer w;
    if (with_witness || !tx->has_witness) {
        yc_peer_send(&k->peer, YC_MSG_TX, tx->raw);
        return;
    }
    yc_buf_init(&stripped, c->alloc, tx->stripped_bytes);
    uint8_t *at = yc_buf_room(&stripped, tx->stripped_bytes);
    if (at) {
        yc_writer_init(&w, at, tx->stripped_bytes);
        yc_tx_write(tx, false, &w);
        yc_peer_send(&k->peer, YC_MSG_TX, yc_buf_view(&stripped));
    }
    yc_buf_release(&stripped);
}

/* It left the pool for the last block. False: it is not there either. */
static bool serve_mined_tx(struct yc_core *c, struct conn *k, const struct yc_inv *inv)
{
    struct yc_view raw;
    struct yc_arena arena;
    struct yc_reject why;
    struct yc_tx tx;
    if (!yc_core_recent_tx(c, inv->hash32, inv->type == YC_INV_WTX, &raw))
        return false;
    yc_arena_init(&arena, c->alloc, raw.n, SIZE_MAX);
    bool parsed = yc_tx_parse(&tx, raw, &arena, &why) == YC_VALID; /* else memory is short */
    if (parsed)
        send_tx(c, k, &tx, inv->type != YC_INV_TX);
    yc_arena_release(&arena);
    return parsed;
}

/* False: not found, or not yet announced to this peer (P34). */
static bool serve_tx(struct yc_core *c, struct conn *k, const struct yc_inv *inv)
{
    const struct yc_pool_entry *e;
    if (inv->type == YC_INV_WTX) {
        struct yc_wtxid wtxid;
        memcpy(wtxid.b, inv->hash32, 32);
        e = yc_pool_find_wtxid(c->pool, &wtxid);
    } else {
        struct yc_txid txid;
        memcpy(txid.b, inv->hash32, 32);
        e = yc_pool_find(c->pool, &txid);
    }
    if (!e || e->sequence > k->told_sequence)
        return serve_mined_tx(c, k, inv);
    send_tx(c, k, &e->tx, inv->type != YC_INV_TX);
    struct yc_txid txid = e->tx.txid;
    yc_pool_set_broadcast(c->pool, &txid);
    return true;
}

static bool serve_one(struct yc_core *c, struct conn *k, const struct yc_inv *inv)
{
    switch (inv->type) {
    case YC_INV_TX:
    case YC_INV_WTX:
    case YC_INV_WITNESS_TX:
        /* To whom none are announced none are due, not even an answer. */
        return k->type == YC_CONN_BLOCK_RELAY || !k->peer.their_relay || serve_tx(c, k, inv);
    case YC_INV_BLOCK:
    case YC_INV_WITNESS_BLOCK:
    case YC_INV_CMPCT_BLOCK:
        return serve_block(c, k, inv);
    case YC_INV_FILTERED_BLOCK: /* BIP 37 is not offered (P19) */
        yc_log_debug(c->log, YC_LOGC_NET,
                     "filtered block request received when NODE_BLOOM service disabled, disconnecting peer=%lld",
                     (long long)k->peer.start.id);
        yc_peer_close(&k->peer, YC_CLOSE_BREACH);
        return true;
    default: /* any number may come: what is no type of ours is passed over */
        return true;
    }
}

#define MISSING_AT_ONCE 1000

bool yc_core_serve(struct yc_core *c, struct conn *k, int64_t until_us)
{
    struct yc_inv
        missing[MISSING_AT_ONCE]; /* told of together: one by one they would take more than what asked for them */
    size_t n = 0;
    bool stopped = false;
    while (k->asked_at < k->asked.n) {
        struct yc_inv_list rest = {yc_view(k->asked.p + k->asked_at, k->asked.n - k->asked_at), 1};
        struct yc_inv inv = yc_inv_list_at(&rest, 0);
        if (k->peer.state != YC_PEER_READY)
            break;
        stopped = yc_peer_send_paused(&k->peer) || yc_mono_us(c->clock) >= until_us;
        if (stopped)
            break;
        k->asked_at += YC_INV_BYTES;
        if (!serve_one(c, k, &inv))
            missing[n++] = inv;
        if (n == MISSING_AT_ONCE) {
            yc_peer_send_notfound(&k->peer, missing, n);
            n = 0;
        }
    }
    if (n > 0)
        yc_peer_send_notfound(&k->peer, missing, n);
    if (stopped)
        return false;
    yc_buf_clear(&k->asked);
    k->asked_at = 0;
    return true;
}

void yc_core_on_getheaders(struct yc_core *c, struct conn *k, const struct yc_locator_view *locator)
{
    /* Below the least work that counts our chain may be an attacker's: it is passed on to nobody. */
    struct yc_u256 minimum = c->config.chain.minimum_chain_work;
    if (yc_u256_compare(yc_node_work(yc_chain_tip(c->chain)), minimum) < 0) {
        yc_peer_send_headers(&k->peer, NULL, 0);
        return;
    }
    /* Without a locator one header is asked for, by its hash: that we know it is told as little as that of a block. */
    if (locator->count == 0 && !yc_core_may_serve_block(c, &locator->stop))
        return;
    size_t bytes = (size_t)YC_HEADERS_COUNT_MAX * YC_HEADER_BYTES;
    uint8_t *out = yc_alloc_new(c->alloc, bytes);
    if (!out)
        return;
    size_t n = c->view.headers_after(c->view.ctx, locator, out, YC_HEADERS_COUNT_MAX);
    yc_peer_send_headers(&k->peer, out, n);
    if (n) {
        struct yc_header last;
        yc_header_read(&last, out + (n - 1) * YC_HEADER_BYTES);
        struct yc_block_hash hash = yc_header_hash(&last);
        yc_sync_note_sent(&k->sync, &hash);
    } else {
        yc_sync_note_sent(&k->sync, &yc_chain_tip(c->chain)->hash); /* it has shown that it knows our tip */
    }
    yc_alloc_free(c->alloc, out, bytes);
}

void yc_core_on_getblocks(struct yc_core *c, struct conn *k, const struct yc_locator_view *locator)
{
    struct yc_inv inv[GETBLOCKS_MAX];
    uint32_t height = 1;
    size_t n = 0;
    for (size_t i = 0; i < locator->count; i++) {
        struct yc_block_hash hash = yc_locator_at(locator, i);
        const struct yc_node *at = yc_chain_find(c->chain, &hash);
        if (!at || !yc_chain_has(c->chain, at))
            continue;
        height = at->height + 1;
        break;
    }
    for (const struct yc_node *at; n < GETBLOCKS_MAX && (at = yc_chain_at(c->chain, height)) != NULL; height++) {
        if (yc_block_hash_equal(&at->hash, &locator->stop))
            break;
        inv[n].type = YC_INV_BLOCK;
        memcpy(inv[n++].hash32, at->hash.b, 32);
    }
    if (n)
        yc_peer_send_inv(&k->peer, inv, n);
}

enum yc_verdict yc_core_fetch_block(struct yc_core *c, const struct yc_node *n, uint64_t peer_id, struct yc_error *err)
{
    struct conn *k = yc_core_conn_of(c, peer_id);
    struct yc_chain_entry e;
    if (!k || k->closing || !k->ready)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Peer does not exist");
    if (!(k->peer.their_services & YC_NODE_WITNESS))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Pre-SegWit peer");
    if (!c->view.find(c->view.ctx, &n->hash, &e) || !yc_sync_fetch_one(&c->sync, &k->sync, &e, core_now(c)))
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "Already requested from this peer");
    yc_core_busy(c, k);
    return YC_VALID;
}
