/* Compact blocks (BIP 152): who is asked for what is missing of one, who announces by them, and to whom we do. */
#include "consensus/pow.h"
#include "net/sync/sync_internal.h"

#define NEAR_TIP_BLOCKS 20 /* so many spacings old may the tip be that a block is put together at once */

#define log_compact(p, ...) yc_log_debug((p)->peer->shared->log, YC_LOGC_CMPCTBLOCK, __VA_ARGS__)

void yc_sync_use_compact(struct yc_sync *s, struct yc_compact_source source)
{
    s->compact_source = source;
    s->compact_wanted = true;
}

bool yc_sync_near_tip(const struct yc_sync *s, const struct yc_chain_entry *tip, struct yc_now now)
{
    return (int64_t)tip->time > now.wall_s - (int64_t)NEAR_TIP_BLOCKS * s->view->params->pow.spacing_s;
}

/* Who announces to us by compact blocks. */

void yc_sync_drop_fast(struct yc_sync *s, struct yc_sync_peer *p)
{
    size_t n = 0;
    for (size_t i = 0; i < s->fast_count; i++)
        if (s->fast[i] != p)
            s->fast[n++] = s->fast[i];
    s->fast_count = n;
}

static bool is_inbound(const struct yc_sync_peer *p)
{
    return p->peer->start.type == YC_CONN_INBOUND;
}

/* Which of them makes way for another? The one that was of use longest ago, but not the last that we chose ourselves for one
 * that came to us: those who can be many must not be all (P15). */
static size_t one_to_leave(const struct yc_sync *s, const struct yc_sync_peer *newcomer)
{
    size_t chosen = 0;
    for (size_t i = 0; i < s->fast_count; i++)
        chosen += !is_inbound(s->fast[i]);
    return is_inbound(newcomer) && chosen == 1 && !is_inbound(s->fast[0]) ? 1 : 0;
}

static void make_fast(struct yc_sync *s, struct yc_sync_peer *p)
{
    size_t before = s->fast_count;
    yc_sync_drop_fast(s, p);
    bool was = s->fast_count != before;
    if (s->fast_count == YC_SYNC_FAST_MAX) {
        struct yc_sync_peer *old = s->fast[one_to_leave(s, p)];
        yc_sync_drop_fast(s, old);
        yc_peer_send_sendcmpct(old->peer, false);
    }
    s->fast[s->fast_count++] = p;
    if (!was)
        yc_peer_send_sendcmpct(p->peer, true);
}

void yc_sync_on_connected(struct yc_sync *s, int64_t peer_id, const struct yc_block_hash *hash)
{
    /* While other blocks are on their way we are behind, and this was no news. */
    size_t others = s->in_flight.count - (yc_map_get(&s->in_flight, hash) != NULL);
    if (!s->compact_wanted || others > 0 || s->view->initial_download(s->view->ctx))
        return;
    for (struct yc_sync_peer *p = s->peers; p; p = p->next)
        if (p->peer->start.id == peer_id && p->peer->provides_cmpct && p->peer->state == YC_PEER_READY)
            make_fast(s, p);
}

/* Announcing. */

bool yc_sync_send_compact(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *hash)
{
    struct yc_view payload;
    struct yc_error err;
    char id[65];
    if (s->view->read_compact(s->view->ctx, hash, &payload, &err) != YC_VALID || payload.n > YC_FRAME_PAYLOAD_MAX)
        return false;
    yc_hex_write_reversed(id, hash->b, 32);
    log_sync(p, "sending header-and-ids %s to peer=%lld", id, sync_peer_id(p));
    yc_peer_send(p->peer, YC_MSG_CMPCTBLOCK, payload);
    return true;
}

void yc_sync_announce_early(struct yc_sync *s, const struct yc_chain_entry *e)
{
    struct yc_chain_entry prev;
    if (!s->view->find(s->view->ctx, &e->prev, &prev))
        return;
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        if (!p->peer->cmpct_high_bandwidth_from)
            continue;
        yc_sync_resolve_unknown(s, p);
        if (!yc_sync_knows(s, p, e) && yc_sync_knows(s, p, &prev) && yc_sync_send_compact(s, p, &e->hash))
            yc_sync_note_sent(p, &e->hash);
    }
}

/* Taking. */

/* What is under way for one block. */
struct flight {
    size_t count;                     /* peers that were asked, and have not been given up */
    const struct yc_sync_peer *first; /* who was asked first */
    bool chosen;                      /* one of them is a peer that we chose */
};

static struct flight flight_of(const struct yc_sync *s, const struct yc_block_hash *hash)
{
    struct flight f = {0};
    uint64_t least = 0;
    for (const struct yc_sync_peer *p = s->peers; p; p = p->next) {
        size_t i = yc_sync_find_request(p, hash);
        if (i == p->request_count || p->request[i].given_up)
            continue;
        if (!f.first || p->request[i].order < least) {
            f.first = p;
            least = p->request[i].order;
        }
        f.count++;
        f.chosen |= !is_inbound(p);
    }
    return f;
}

/* The header that came with it, as if it had come alone. True: it is in the tree, as *e. */
static bool take_header(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_msg *m, struct yc_chain_entry *e,
                        struct yc_now now)
{
    const struct yc_header *h = &m->u.block.header;
    struct yc_headers_result result = {0};
    struct yc_reject why = {.code = YC_REJ_NONE};
    struct yc_chain_entry prev;
    if (!s->view->find(s->view->ctx, &h->prev, &prev)) {
        if (!s->view->initial_download(s->view->ctx))
            (void)yc_sync_maybe_getheaders(s, p, now);
        return false;
    }
    if (!yc_sync_work_enough(s, yc_u256_add(prev.work, yc_work_of_bits(h->bits)))) {
        log_sync(p, "Ignoring low-work compact block from peer %lld", sync_peer_id(p));
        return false;
    }
    enum yc_verdict v = s->view->submit_headers(s->view->ctx, m->payload.p, YC_HEADER_BYTES, 1, &result, &why);
    /* A block that failed may have been passed on by those who could not know: only what stands on it is a fault. */
    if (v == YC_INVALID && why.code != YC_REJ_BLOCK_KNOWN_INVALID)
        yc_peer_misbehaving(p->peer, "invalid header via cmpctblock");
    if (v == YC_SYSTEM) {
        p->unknown = m->u.block.hash; /* no memory for it: it is asked for again */
        p->has_unknown = true;
        (void)yc_sync_maybe_getheaders(s, p, now);
    }
    if (v != YC_VALID)
        return false;
    *e = result.last;
    yc_sync_note_best(s, p, e);
    return true;
}

/* This attempt is over. The first who was asked still owes us the block, whole; of others nothing more is expected. */
static void give_up_compact(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *hash)
{
    size_t i = yc_sync_find_request(p, hash);
    if (flight_of(s, hash).first != p) {
        (void)yc_sync_take_request(s, p, hash);
        log_sync(
            p, "Peer %lld sent us a compact block but it failed to reconstruct, waiting on first download to complete",
            sync_peer_id(p));
        return;
    }
    yc_compact_free(p->request[i].partial);
    p->request[i].partial = NULL;
    p->request[i].compact_failed = true;
    yc_sync_ask_whole(p, hash);
}

static void log_done(const struct yc_sync_peer *p, const struct yc_block_hash *hash, struct yc_compact_counts n,
                     size_t asked_bytes)
{
    char id[65];
    yc_hex_write_reversed(id, hash->b, 32);
    log_compact(
        p,
        "Successfully reconstructed block %s with %zu txn prefilled, %zu txn from mempool (incl at least %zu from "
        "extra pool) and %zu txn (%zu bytes) requested",
        id, n.prefilled, n.from_pool + n.from_extra, n.from_extra, n.missing, asked_bytes);
}

/* All of it is here: hand it to the chain. *v is what came of it. Returns true when it was new and has been stored. */
static bool submit(struct yc_sync *s, struct yc_sync_peer *p, struct yc_compact *c, const struct yc_compact_txs *txs,
                   enum yc_verdict *v, struct yc_reject *why)
{
    struct yc_buf raw;
    bool is_new = false;
    struct yc_compact_counts n = yc_compact_count(c);
    yc_buf_init(&raw, s->alloc, YC_BLOCK_BYTES_MAX);
    *why = (struct yc_reject){.code = YC_REJ_NONE};
    *v = yc_compact_fill(c, txs->txs, txs->count, &raw);
    if (*v == YC_VALID) {
        *v = s->view->submit_block(s->view->ctx, yc_buf_view(&raw), p->peer->start.id,
                                   YC_VIEW_REQUESTED | YC_VIEW_UNVOUCHED, &is_new, why);
        if (*v == YC_VALID)
            log_done(p, &txs->hash, n, txs->txs.n);
    }
    yc_buf_release(&raw);
    return *v == YC_VALID && is_new;
}

/* The request's partial block has got what it lacked. */
static bool complete(struct yc_sync *s, struct yc_sync_peer *p, size_t i, const struct yc_compact_txs *txs,
                     struct yc_now now)
{
    struct yc_reject why;
    enum yc_verdict v;
    int64_t asked_us = p->request[i].asked_us;
    if (txs->count != yc_compact_count(p->request[i].partial).missing) {
        (void)yc_sync_take_request(s, p, &txs->hash);
        yc_peer_misbehaving(p->peer, "invalid compact block/non-matching block transactions");
        return false;
    }
    bool is_new = submit(s, p, p->request[i].partial, txs, &v, &why);
    if (v == YC_MUTATED || v == YC_SYSTEM) {
        /* Another transaction with the same short id, or no memory. */
        give_up_compact(s, p, &txs->hash);
        return false;
    }
    (void)yc_sync_take_request(s, p, &txs->hash);
    yc_sync_note_pace(p, asked_us, now);
    yc_sync_note_body(s, p, &txs->hash, v, &why, false, asked_us, now);
    return is_new;
}

static void ask_missing(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_compact *c)
{
    struct yc_buf payload;
    yc_buf_init(&payload, s->alloc, YC_FRAME_PAYLOAD_MAX);
    yc_compact_write_request(c, &payload);
    if (!payload.failed)
        yc_peer_send(p->peer, YC_MSG_GETBLOCKTXN, yc_buf_view(&payload));
    yc_buf_release(&payload);
}

/* Put it together as this peer's request. before: what was under way when it came. */
static bool reconstruct(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_compact_view *view,
                        const struct yc_block_hash *hash, const struct flight *before, struct yc_now now)
{
    size_t i = yc_sync_find_request(p, hash);
    struct yc_sync_request *r = &p->request[i];
    if (r->partial || r->compact_failed) {
        log_sync(p, "Peer sent us compact block we were already syncing!");
        return false;
    }
    switch (yc_compact_new(&r->partial, view, s->alloc, s->seed)) {
    case YC_VALID:
        break;
    case YC_INVALID:
        (void)yc_sync_take_request(s, p, hash);
        yc_peer_misbehaving(p->peer, "invalid compact block");
        return false;
    case YC_MUTATED:
    case YC_NOT_YET:
    case YC_POLICY:
    case YC_SYSTEM:
        give_up_compact(s, p, hash);
        return false;
    }
    s->compact_source.offer_all(s->compact_source.ctx, r->partial);
    if (yc_compact_count(r->partial).missing == 0)
        return complete(s, p, i, &(struct yc_compact_txs){.hash = *hash}, now);
    bool first = before->count == 0 || before->first == p;
    /* The last place is kept for a peer that we chose, unless one of those is among them already. */
    bool place = !is_inbound(p) || before->chosen || before->count < YC_SYNC_COMPACT_MAX - 1;
    if (first || (p->peer->cmpct_high_bandwidth_to && place))
        ask_missing(s, p, r->partial);
    else
        (void)yc_sync_take_request(s, p, hash);
    return false;
}

/* Enough peers are asked for it already: it is taken when nothing is missing, else forgotten. */
static bool reconstruct_by_the_way(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_compact_view *view,
                                   const struct yc_block_hash *hash, struct yc_now now)
{
    struct yc_compact *c;
    struct yc_reject why;
    enum yc_verdict v = YC_MUTATED;
    bool is_new = false;
    if (yc_compact_new(&c, view, s->alloc, s->seed) != YC_VALID)
        return false;
    s->compact_source.offer_all(s->compact_source.ctx, c);
    if (yc_compact_count(c).missing == 0)
        is_new = submit(s, p, c, &(struct yc_compact_txs){.hash = *hash}, &v, &why);
    yc_compact_free(c);
    /* A wrong one leaves those be who were asked before (P14). */
    if (v == YC_VALID)
        yc_sync_note_body(s, p, hash, v, &why, false, now.mono_us, now);
    return is_new;
}

/* Is there a reason not even to look at it? */
static bool unwelcome(const struct yc_sync *s, const struct yc_sync_peer *p)
{
    if (!s->compact_wanted)
        log_compact(p, "peer=%lld sent us a compact block even though we are blocksonly!", sync_peer_id(p));
    else if (!p->peer->provides_cmpct)
        log_compact(p, "peer=%lld sent us a compact block despite never having sent us a SENDCMPCT!", sync_peer_id(p));
    return !s->compact_wanted || !p->peer->provides_cmpct;
}

static void log_malformed(const struct yc_sync_peer *p, const struct yc_msg *m)
{
    log_sync(p, "ProcessMessages(%s, %zu bytes): Exception 'end of data' caught, peer=%lld", yc_msg_info(m->type)->name,
             m->payload.n, sync_peer_id(p));
}

/* What announces a block by more than its header can always be taken as the header alone. */
static void take_as_headers(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_msg *m, struct yc_now now)
{
    uint8_t bytes[YC_HEADER_LIST_STRIDE] = {0};
    struct yc_header_list one = {yc_view(bytes, sizeof bytes), 1};
    memcpy(bytes, m->payload.p, YC_HEADER_BYTES);
    yc_sync_on_headers(s, p, &one, now);
}

/* Its header is known now; what about the body? */
static bool take_body(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_msg *m,
                      const struct yc_compact_view *view, const struct yc_chain_entry *e, struct yc_now now)
{
    struct yc_chain_entry tip;
    struct flight f = flight_of(s, &e->hash);
    bool asked = yc_sync_find_request(p, &e->hash) < p->request_count;
    s->view->tip(s->view->ctx, &tip);
    if (!asked && !p->peer->cmpct_high_bandwidth_to) {
        log_compact(p, "peer=%lld, not marked as high-bandwidth, sent us an unsolicited compact block!",
                    sync_peer_id(p));
        return false;
    }
    bool far = e->height > tip.height + YC_SYNC_COMPACT_AHEAD;
    if (asked && (far || yc_u256_compare(e->work, tip.work) <= 0)) {
        yc_sync_ask_whole(p, &e->hash); /* our pool would not help */
        return false;
    }
    if (yc_u256_compare(e->work, tip.work) <= 0 || (f.count == 0 && !yc_sync_near_tip(s, &tip, now)))
        return false;
    if (far) {
        take_as_headers(s, p, m, now);
        return false;
    }
    yc_sync_make_room(p);
    if (!asked && (f.count >= YC_SYNC_COMPACT_MAX || p->request_count == YC_SYNC_IN_FLIGHT_MAX ||
                   !yc_sync_note_request(s, p, e, now)))
        return reconstruct_by_the_way(s, p, view, &e->hash, now);
    return reconstruct(s, p, view, &e->hash, &f, now);
}

bool yc_sync_on_compact(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_msg *m, struct yc_now now)
{
    struct yc_compact_view view;
    struct yc_chain_entry e;
    if (unwelcome(s, p))
        return false;
    enum yc_verdict v = yc_compact_parse(&view, m->payload, s->alloc);
    if (v == YC_SYSTEM)
        take_as_headers(s, p, m, now); /* no memory: the block is asked for when there is */
    else if (v != YC_VALID)
        log_malformed(p, m);
    if (v != YC_VALID || !take_header(s, p, m, &e, now) || e.have_body)
        return false;
    bool is_new = take_body(s, p, m, &view, &e, now);
    if (!is_new)
        yc_sync_fetch(s, p, now); /* what is not taken in this form is asked for as any other block */
    return is_new;
}

bool yc_sync_on_compact_txs(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_msg *m, struct yc_now now)
{
    struct yc_compact_txs txs;
    enum yc_verdict v = yc_compact_txs_parse(&txs, m->payload, s->alloc);
    if (v == YC_INVALID) {
        log_malformed(p, m);
        return false;
    }
    size_t i = yc_sync_find_request(p, &txs.hash);
    if (i == p->request_count || (!p->request[i].partial && !p->request[i].compact_failed)) {
        log_sync(p, "Peer %lld sent us block transactions for block we weren't expecting", sync_peer_id(p));
        return false;
    }
    if (p->request[i].compact_failed) {
        (void)yc_sync_take_request(s, p, &txs.hash);
        yc_peer_misbehaving(p->peer, "previous compact block reconstruction attempt failed");
        return false;
    }
    if (v != YC_VALID) {
        give_up_compact(s, p, &txs.hash); /* no memory to read it */
        return false;
    }
    return complete(s, p, i, &txs, now);
}
