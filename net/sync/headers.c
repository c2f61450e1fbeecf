/* Asking for headers, and judging those that come. */
#include "consensus/pow.h"
#include "crypto/sha256.h"
#include "net/sync/keep.h"
#include "net/sync/sync_internal.h"

#include <stdio.h>

#define RECENT_S          86400 /* a best header of the last day: every peer is asked, not only a few */
#define BATCH             64    /* headers hashed at a time */
#define LOW_WORK_PEER_MAX 20000 /* headers of one peer that are stored before their chain has work enough */

void yc_sync_getheaders_from(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *from,
                             struct yc_now now)
{
    struct yc_block_hash locator[YC_LOCATOR_COUNT_MAX];
    size_t n = s->view->locator(s->view->ctx, from, locator);
    yc_peer_send_getheaders(p->peer, locator, n, NULL);
    p->headers_asked_us = now.mono_us;
}

/* A question that is not an answer to an answer: at most one in a while, unless the last one was answered. */
bool yc_sync_maybe_getheaders(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now)
{
    struct yc_chain_entry best;
    if (p->headers_asked_us && now.mono_us < p->headers_asked_us + YC_SYNC_REASK_HEADERS_US)
        return false;
    s->view->best_header(s->view->ctx, &best);
    yc_sync_getheaders_from(s, p, &best.hash, now);
    return true;
}

static void start(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *best, struct yc_now now)
{
    /* From the block before our best one, so that a peer that has nothing better still answers with one header. */
    const struct yc_block_hash *from = best->height ? &best->prev : &best->hash;
    p->headers_started = p->headers_awaited = true;
    p->headers_due_us = now.mono_us + YC_SYNC_HEADERS_WAIT_US;
    log_sync(p, "initial getheaders (%u) to peer=%lld (startheight:%d)", best->height ? best->height - 1 : 0,
             sync_peer_id(p), (int)p->peer->their_height);
    yc_sync_getheaders_from(s, p, from, now);
}

/* How many answers are awaited; and is there a preferred peer that has not been asked? */
static size_t awaited_count(const struct yc_sync *s, bool *preferred_waiting)
{
    size_t n = 0;
    *preferred_waiting = false;
    for (const struct yc_sync_peer *p = s->peers; p; p = p->next) {
        n += p->headers_awaited;
        *preferred_waiting |= !p->headers_started && yc_sync_preferred(p);
    }
    return n;
}

static bool may_start(const struct yc_sync_peer *p, struct yc_now now)
{
    return !p->headers_started && yc_sync_serves(p) && now.mono_us >= p->headers_retry_us;
}

void yc_sync_start_headers(struct yc_sync *s, struct yc_now now)
{
    struct yc_chain_entry best;
    bool preferred_waiting;
    size_t awaited = awaited_count(s, &preferred_waiting);
    s->view->best_header(s->view->ctx, &best);
    bool recent = (int64_t)best.time > now.wall_s - RECENT_S;
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        if (!may_start(p, now) || (!recent && awaited > 0))
            continue;
        /* While we are far behind, those that connected to us are asked only for want of others. */
        if (!recent && preferred_waiting && !yc_sync_preferred(p))
            continue;
        start(s, p, &best, now);
        awaited++;
    }
}

void yc_sync_tick_headers(struct yc_sync *s, struct yc_now now)
{
    bool preferred_waiting;
    (void)awaited_count(s, &preferred_waiting);
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        if (!p->headers_awaited || now.mono_us < p->headers_due_us)
            continue;
        p->headers_awaited = p->headers_started = false;
        p->headers_retry_us = now.mono_us + YC_SYNC_REASK_HEADERS_US;
        bool keep = p->peer->start.type == YC_CONN_MANUAL || (p->peer->start.permissions & YC_PERM_NOBAN);
        if (preferred_waiting && !keep) {
            yc_log_info(p->peer->shared->log, "Timeout downloading headers, disconnecting peer=%lld", sync_peer_id(p));
            yc_peer_close(p->peer, YC_CLOSE_TIMEOUT);
        }
    }
    yc_sync_start_headers(s, now);
}

void yc_sync_on_inv(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_inv_list *list, struct yc_now now)
{
    bool unknown = false, preferred_waiting;
    struct yc_chain_entry e, best;
    for (size_t i = 0; i < list->count; i++) {
        struct yc_inv inv = yc_inv_list_at(list, i);
        struct yc_block_hash hash;
        if (inv.type != YC_INV_BLOCK)
            continue;
        memcpy(hash.b, inv.hash32, 32);
        if (s->view->find(s->view->ctx, &hash, &e)) {
            yc_sync_note_best(s, p, &e);
        } else {
            p->unknown = hash;
            p->has_unknown = unknown = true;
        }
    }
    if (!unknown) {
        yc_sync_fetch(s, p, now);
        return;
    }
    s->view->best_header(s->view->ctx, &best);
    bool recent = (int64_t)best.time > now.wall_s - RECENT_S;
    if (p->headers_started || (recent && !p->asked_by_inv)) {
        p->asked_by_inv = true; /* one that we do not sync with may make us ask once */
        (void)yc_sync_maybe_getheaders(s, p, now);
    } else if (!recent && may_start(p, now) && awaited_count(s, &preferred_waiting) < YC_SYNC_HEADER_PEERS_MAX) {
        start(s, p, &best, now);
    }
}

/* Each header's own proof of work, and that it follows the one before; *work is what they cost together, *last the
 * hash of the last. NULL, or what is wrong. */
static const char *check_batch(const struct yc_chain_params *params, const struct yc_header_list *list,
                               struct yc_u256 *work, struct yc_block_hash *last)
{
    uint8_t hashes[BATCH][32];
    *work = YC_U256_ZERO;
    for (size_t at = 0; at < list->count; at += BATCH) {
        size_t n = list->count - at < BATCH ? list->count - at : BATCH;
        yc_sha256d_80_batch(hashes, yc_header_list_at(list, at), YC_HEADER_LIST_STRIDE, n);
        for (size_t i = 0; i < n; i++) {
            struct yc_block_hash hash;
            struct yc_header h;
            yc_header_read(&h, yc_header_list_at(list, at + i));
            memcpy(hash.b, hashes[i], 32);
            if (!yc_pow_check(&hash, h.bits, params))
                return "header with invalid proof of work";
            if (at + i > 0 && !yc_block_hash_equal(&h.prev, last))
                return "non-continuous headers sequence";
            *work = yc_u256_add(*work, yc_work_of_bits(h.bits));
            *last = hash;
        }
    }
    return NULL;
}

/* What is not on the best chain of headers: so many have been stored since the start. */
static uint64_t side_headers(const struct yc_sync *s, const struct yc_chain_entry *best)
{
    uint64_t on_best = best->height > s->start_height ? best->height - s->start_height : 0;
    return s->headers_added > on_best ? s->headers_added - on_best : 0;
}

bool yc_sync_work_enough(const struct yc_sync *s, struct yc_u256 total)
{
    struct yc_chain_entry best;
    s->view->best_header(s->view->ctx, &best);
    if (yc_u256_compare(total, best.work) <= 0 && side_headers(s, &best) >= YC_SYNC_SIDE_HEADERS_MAX)
        return false;
    return yc_u256_compare(total, s->view->work_floor(s->view->ctx)) >= 0;
}

/* May headers behind prev, of so much work together, be stored? (P10) */
static bool may_store(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *prev, struct yc_u256 work,
                      size_t count)
{
    struct yc_chain_entry best;
    struct yc_u256 total = yc_u256_add(prev->work, work);
    s->view->best_header(s->view->ctx, &best);
    if (yc_sync_work_enough(s, total))
        return true;
    if (yc_u256_compare(total, best.work) <= 0 && side_headers(s, &best) >= YC_SYNC_SIDE_HEADERS_MAX)
        return false;
    /* More may follow and make up for it: a message that is not full says that nothing does. */
    if (count < YC_HEADERS_COUNT_MAX || p->low_work_headers + count > LOW_WORK_PEER_MAX)
        return false;
    p->low_work_headers += count;
    return true;
}

/* True: all of them are in the tree now. */
static bool store(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_header_list *list)
{
    struct yc_headers_result result = {0};
    struct yc_reject why = {.code = YC_REJ_NONE};
    char text[128], line[192];
    enum yc_verdict v =
        s->view->submit_headers(s->view->ctx, list->items.p, YC_HEADER_LIST_STRIDE, list->count, &result, &why);
    s->headers_added += result.added;
    if (result.accepted)
        yc_sync_note_best(s, p, &result.last);
    /* One that connected to us may well not know yet that the block is invalid. */
    bool innocent = why.code == YC_REJ_BLOCK_KNOWN_INVALID && p->peer->start.type == YC_CONN_INBOUND;
    if (v == YC_INVALID && !innocent) {
        yc_reject_text(text, sizeof text, &why);
        snprintf(line, sizeof line, "invalid header received: %s", text);
        yc_peer_misbehaving(p->peer, line);
    }
    return v == YC_VALID;
}

void yc_sync_on_headers(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_header_list *list, struct yc_now now)
{
    struct yc_chain_entry prev, e;
    struct yc_block_hash last;
    struct yc_header first;
    struct yc_u256 work;
    if (list->count == 0) {
        p->headers_awaited = false;
        p->headers_asked_us = 0;
        yc_sync_start_headers(s, now);
        return;
    }
    const char *fault = check_batch(s->view->params, list, &work, &last);
    if (fault) {
        yc_peer_misbehaving(p->peer, fault);
        return;
    }
    yc_header_read(&first, yc_header_list_at(list, 0));
    if (!s->view->find(s->view->ctx, &first.prev, &prev)) {
        p->unknown = last;
        p->has_unknown = true;
        if (yc_sync_maybe_getheaders(s, p, now))
            log_sync(p, "headers that connect to nothing, sending getheaders to peer=%lld", sync_peer_id(p));
        return;
    }
    /* Only headers that connect count as an answer: others come at most once for each question (P29). */
    p->headers_awaited = false;
    p->headers_asked_us = 0;
    bool is_new = !s->view->find(s->view->ctx, &last, &e);
    if (!is_new) {
        yc_sync_note_best(s, p, &e);
    } else if (!may_store(s, p, &prev, work, list->count)) {
        log_sync(p, "Ignoring low-work chain (height=%u) from peer=%lld", prev.height + (unsigned)list->count,
                 sync_peer_id(p));
        return;
    }
    if (!store(s, p, list))
        return;
    yc_keep_note_announced(s, p, is_new, now);
    if (list->count == YC_HEADERS_COUNT_MAX) {
        yc_sync_getheaders_from(s, p, &last, now);
        p->headers_awaited = true;
        p->headers_due_us = now.mono_us + YC_SYNC_HEADERS_WAIT_US;
    } else {
        yc_sync_start_headers(s, now);
    }
    /* First what it has just spoken of: one block alone may come in compact form. */
    if (s->view->find(s->view->ctx, &last, &e))
        yc_sync_fetch_announced(s, p, &e, now);
    yc_sync_fetch(s, p, now);
}
