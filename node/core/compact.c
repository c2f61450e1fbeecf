/* Compact blocks (BIP 152) as this node has them to give: the block that was last asked for, ready to be sent, and what
 * blocks of others can be put together from. */
#include "node/core/core_internal.h"

#define DEPTH_COMPACT 5  /* deeper blocks are sent whole: the pool of whoever asks is of no use for them */
#define DEPTH_TXS     10 /* and deeper ones than this are not looked into for single transactions (P41) */

static void forget(struct yc_core *c, struct recent_block *r)
{
    yc_alloc_free(c->alloc, r->raw, r->raw_n);
    yc_alloc_free(c->alloc, r->tx, r->tx_count * sizeof *r->tx);
    yc_buf_release(&r->compact);
    if (r->by_id_made)
        yc_map_release(&r->by_id);
    *r = (struct recent_block){0};
}

void yc_core_compact_close(struct yc_core *c)
{
    forget(c, &c->recent);
}

/* Keep the block's bytes, where each transaction lies in them, and its compact form. False: no memory. */
static bool keep(struct yc_core *c, const struct yc_block *b)
{
    struct recent_block *r = &c->recent;
    forget(c, r);
    yc_buf_init(&r->compact, c->alloc, YC_FRAME_PAYLOAD_MAX);
    r->raw_n = b->raw.n;
    r->tx_count = b->tx_count;
    r->raw = yc_alloc_new(c->alloc, b->raw.n);
    r->tx = yc_alloc_new(c->alloc, b->tx_count * sizeof *r->tx);
    if (r->raw && r->tx)
        yc_compact_write(&r->compact, b, yc_random_u64(c->random));
    if (!r->raw || !r->tx || r->compact.failed) {
        forget(c, r);
        return false;
    }
    memcpy(r->raw, b->raw.p, b->raw.n);
    for (uint32_t i = 0; i < b->tx_count; i++)
        r->tx[i] = (struct recent_tx){.raw = yc_view(r->raw + (b->tx[i].raw.p - b->raw.p), b->tx[i].raw.n),
                                      .txid = b->tx[i].txid,
                                      .wtxid = b->tx[i].wtxid};
    r->hash = b->hash;
    return true;
}

/* Make the block the one that is kept. */
static enum yc_verdict keep_by_hash(struct yc_core *c, const struct yc_block_hash *hash, struct yc_error *err)
{
    struct yc_view raw;
    struct yc_arena arena;
    struct yc_block b;
    struct yc_reject why;
    const struct yc_node *n = yc_chain_find(c->chain, hash);
    if (c->recent.raw && yc_block_hash_equal(&c->recent.hash, hash))
        return YC_VALID;
    if (!n)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "The block is not known");
    enum yc_verdict v = yc_chain_read_block(c->chain, n, c->alloc, &raw, err);
    if (v != YC_VALID)
        return v;
    yc_arena_init(&arena, c->alloc, yc_block_arena_bytes(raw.n), SIZE_MAX);
    bool kept = yc_block_parse(&b, raw, &arena, &why) == YC_VALID && keep(c, &b);
    yc_arena_release(&arena);
    yc_alloc_free(c->alloc, (void *)(uintptr_t)raw.p, raw.n);
    return kept ? YC_VALID : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "Out of memory while making a compact block");
}

enum yc_verdict yc_core_read_compact(struct yc_core *c, const struct yc_block_hash *hash, struct yc_view *out,
                                     struct yc_error *err)
{
    enum yc_verdict v = keep_by_hash(c, hash, err);
    *out = v == YC_VALID ? yc_buf_view(&c->recent.compact) : YC_VIEW_EMPTY;
    return v;
}

/* Without memory some are not found. */
static void index_by_id(struct yc_core *c, struct recent_block *r)
{
    yc_map_init(&r->by_id, c->alloc, 32, sizeof(uint32_t), c->key);
    r->by_id_made = true;
    for (uint32_t i = 0; i < r->tx_count; i++) {
        uint32_t *by_txid = yc_map_put(&r->by_id, r->tx[i].txid.b, NULL);
        if (by_txid)
            *by_txid = i;
        uint32_t *by_wtxid = yc_map_put(&r->by_id, r->tx[i].wtxid.b, NULL);
        if (by_wtxid)
            *by_wtxid = i;
    }
}

bool yc_core_recent_tx(struct yc_core *c, const uint8_t hash32[32], bool wtxid, struct yc_view *raw)
{
    struct recent_block *r = &c->recent;
    if (!r->raw)
        return false;
    if (!r->by_id_made)
        index_by_id(c, r);
    const uint32_t *at = yc_map_get(&r->by_id, hash32);
    if (!at || memcmp(wtxid ? r->tx[*at].wtxid.b : r->tx[*at].txid.b, hash32, 32) != 0)
        return false;
    *raw = r->tx[*at].raw;
    return true;
}

/* A body was stored. The next block of our chain is told of before it is connected; not in the middle of the call that
 * brought it, so it is kept until that is over. */
void yc_core_note_stored(struct yc_core *c, const struct yc_chain_event *e)
{
    if (!c->started || e->node->parent != yc_chain_tip(c->chain) || e->node->height <= c->early_height ||
        yc_core_is_initial_download(c) || !keep(c, &e->body->block))
        return;
    c->early_height = e->node->height;
    c->early_waits = true;
}

void yc_core_tell_early(struct yc_core *c)
{
    struct yc_chain_entry e;
    if (!c->early_waits)
        return;
    c->early_waits = false;
    if (c->view.find(c->view.ctx, &c->recent.hash, &e) && !e.failed)
        yc_sync_announce_early(&c->sync, &e);
}

/* What blocks are put together from. */

static bool offer_entry(void *ctx, const struct yc_pool_entry *e)
{
    return yc_compact_offer(ctx, &e->tx.wtxid, e->tx.raw, YC_COMPACT_POOL);
}

static void offer_all(void *ctx, struct yc_compact *to)
{
    struct yc_core *c = ctx;
    size_t n = yc_orphans_count(c->orphans);
    yc_pool_each(c->pool, offer_entry, to);
    yc_extra_offer(&c->extra, to);
    for (size_t i = 0; i < n; i++) {
        struct yc_orphan_view o = yc_orphans_at(c->orphans, i);
        if (!yc_compact_offer(to, &o.wtxid, o.raw, YC_COMPACT_EXTRA))
            return;
    }
}

void yc_core_compact_open(struct yc_core *c)
{
    yc_extra_init(&c->extra, c->alloc);
    /* -blocksonly: what we do not take we cannot put a block together from. */
    if (c->config.relay_txs)
        yc_sync_use_compact(&c->sync, (struct yc_compact_source){offer_all, c});
}

/* Serving. */

bool yc_core_serves_compact(const struct yc_core *c, const struct yc_block_hash *hash)
{
    const struct yc_node *n = yc_chain_find(c->chain, hash), *tip = yc_chain_tip(c->chain);
    return n && n->height + DEPTH_COMPACT >= tip->height;
}

static void log_peer(const struct yc_core *c, const struct conn *k, const char *text)
{
    yc_log_debug(c->log, YC_LOGC_NET, "Peer %lld sent us a getblocktxn %s", (long long)k->peer.start.id, text);
}

static void send_txs(struct yc_core *c, struct conn *k, const struct yc_compact_request *ask)
{
    const struct recent_block *r = &c->recent;
    struct yc_buf out;
    uint8_t count[9];
    struct yc_writer w;
    size_t offset = 0;
    uint32_t next = 0, index;
    yc_buf_init(&out, c->alloc, YC_FRAME_PAYLOAD_MAX);
    yc_writer_init(&w, count, sizeof count);
    yc_writer_compact(&w, ask->count);
    yc_buf_append(&out, ask->hash.b, sizeof ask->hash.b);
    yc_buf_append(&out, count, w.n);
    for (size_t i = 0; i < ask->count && yc_compact_request_next(ask, &offset, &next, &index); i++) {
        if (index >= r->tx_count) {
            yc_peer_misbehaving(&k->peer, "getblocktxn with out-of-bounds tx indices");
            yc_buf_release(&out);
            return;
        }
        yc_buf_append(&out, r->tx[index].raw.p, r->tx[index].raw.n);
    }
    if (!out.failed)
        yc_peer_send(&k->peer, YC_MSG_BLOCKTXN, yc_buf_view(&out));
    yc_buf_release(&out);
}

void yc_core_on_getblocktxn(struct yc_core *c, struct conn *k, const struct yc_msg *m)
{
    struct yc_compact_request ask;
    struct yc_error err;
    if (yc_compact_request_parse(&ask, m->payload) != YC_VALID) {
        yc_log_debug(c->log, YC_LOGC_NET,
                     "ProcessMessages(getblocktxn, %zu bytes): Exception 'end of data' caught, peer=%lld", m->payload.n,
                     (long long)k->peer.start.id);
        return;
    }
    if (ask.count == 0) {
        yc_log_debug(c->log, YC_LOGC_NET, "getblocktxn received with no transaction indexes, disconnecting peer=%lld",
                     (long long)k->peer.start.id);
        yc_peer_close(&k->peer, YC_CLOSE_BREACH);
        return;
    }
    if (!yc_core_may_serve_block(c, &ask.hash)) {
        log_peer(c, k, "for a block we don't have");
        return;
    }
    if (yc_chain_find(c->chain, &ask.hash)->height + DEPTH_TXS < yc_chain_tip(c->chain)->height) {
        /* The whole block: who asks for much of it then has to take all that was read from the disk (P41). */
        struct yc_inv inv = {.type = YC_INV_WITNESS_BLOCK};
        memcpy(inv.hash32, ask.hash.b, 32);
        log_peer(c, k, "for a block > 10 deep");
        yc_core_serve_later(k, &inv);
        return;
    }
    if (keep_by_hash(c, &ask.hash, &err) == YC_VALID)
        send_txs(c, k, &ask);
    else
        yc_log_warning(c->log, "%s", err.text);
}
