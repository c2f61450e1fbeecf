/* The moving window: which peer is asked for which block, and what becomes of those that are slow. */
#include "net/sync/sync_internal.h"

#include <stdio.h>

#include "consensus/pow.h"

#define OVERTAKE_BLOCKS 8   /* how many of the lowest missing blocks are asked of others when they are late */
#define ASKERS_MAX      16  /* of one block */
#define LIMITED_BLOCKS  286 /* that a pruned peer is sure to have, less two in case of a race */

static void hex_of(char out[65], const struct yc_block_hash *hash)
{
    yc_hex_write_reversed(out, hash->b, 32);
}

/* One request fewer keeps others from asking. */
static void release_one(struct yc_sync *s, const struct yc_block_hash *hash)
{
    struct in_flight *f = yc_map_get(&s->in_flight, hash);
    if (!f)
        return;
    if (--f->askers == 0)
        (void)yc_map_remove(&s->in_flight, hash);
}

void yc_sync_give_up(struct yc_sync *s, struct yc_sync_peer *p)
{
    for (size_t i = 0; i < p->request_count; i++) {
        if (!p->request[i].given_up)
            release_one(s, &p->request[i].hash);
        p->request[i].given_up = true;
    }
    s->round++;
}

static void drop_request(struct yc_sync_peer *p, size_t i)
{
    yc_compact_free(p->request[i].partial);
    p->request[i] = p->request[--p->request_count];
}

size_t yc_sync_find_request(const struct yc_sync_peer *p, const struct yc_block_hash *hash)
{
    size_t i = 0;
    while (i < p->request_count && !yc_block_hash_equal(&p->request[i].hash, hash))
        i++;
    return i;
}

bool yc_sync_take_request(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *hash)
{
    size_t i = yc_sync_find_request(p, hash);
    if (i == p->request_count)
        return false;
    if (!p->request[i].given_up)
        release_one(s, hash);
    drop_request(p, i);
    return true;
}

/* A block came: nobody else needs to send it. Those that had been asked longer ago are slow, and rest. */
static void finish_block(struct yc_sync *s, const struct yc_sync_peer *from, const struct yc_block_hash *hash,
                         int64_t asked_us, struct yc_now now)
{
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        size_t i = p == from ? p->request_count : yc_sync_find_request(p, hash);
        if (i == p->request_count)
            continue;
        if (p->request[i].asked_us + YC_SYNC_OVERTAKE_MIN_US <= asked_us) {
            p->rest_until_us = now.mono_us + YC_SYNC_REST_US;
            yc_sync_give_up(s, p);
        } else if (!p->request[i].given_up) {
            release_one(s, hash);
        }
        drop_request(p, i);
    }
}

uint32_t yc_sync_fork_height(const struct yc_sync *s, const struct yc_chain_entry *e, uint32_t tip_height)
{
    const struct yc_chain_view *v = s->view;
    struct yc_chain_entry at;
    uint32_t high = e->height < tip_height ? e->height : tip_height, low = 0;
    if (v->ancestor(v->ctx, &e->hash, high, &at) && at.active)
        return high;
    while (low + 1 < high) { /* low is active, high is not */
        uint32_t middle = low + (high - low) / 2;
        if (v->ancestor(v->ctx, &e->hash, middle, &at) && at.active)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* May blocks be asked of this peer now? *tip and p->best are brought up to date. */
static bool may_fetch(struct yc_sync *s, struct yc_sync_peer *p, struct yc_chain_entry *tip, struct yc_now now)
{
    struct yc_chain_entry e;
    if (p->peer->state != YC_PEER_READY || !yc_sync_serves(p) || now.mono_us < p->rest_until_us)
        return false;
    yc_sync_resolve_unknown(s, p);
    if (!p->has_best || !s->view->find(s->view->ctx, &p->best.hash, &e))
        return false;
    if (e.failed) {
        p->has_best = false;
        return false;
    }
    p->best = e;
    s->view->tip(s->view->ctx, tip);
    if (yc_u256_compare(e.work, tip->work) < 0 || (e.active && e.have_body))
        return false;
    /* A chain below the least work that counts is not worth its bodies, though its headers may be here. */
    if (yc_u256_compare(e.work, s->view->work_floor(s->view->ctx)) < 0)
        return false;
    if (yc_sync_preferred(p) || !s->view->initial_download(s->view->ctx))
        return true;
    for (const struct yc_sync_peer *q = s->peers; q; q = q->next)
        if (yc_sync_preferred(q) && q->has_best && now.mono_us >= q->rest_until_us)
            return false;
    return true;
}

/* May a block that others were asked for already be asked of one more? Twice as many for each turn that it is late. */
static bool may_overtake(const struct yc_sync *s, const struct in_flight *f, struct yc_now now)
{
    int64_t turns = (now.mono_us - f->first_us) / s->overtake_us;
    if (f->askers >= ASKERS_MAX || turns < 1)
        return false;
    return turns >= 4 || f->askers < UINT32_C(1) << turns;
}

bool yc_sync_note_request(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *e, struct yc_now now)
{
    char hash[65];
    bool is_new;
    struct in_flight *f = yc_map_put(&s->in_flight, &e->hash, &is_new);
    if (!f)
        return false;
    if (is_new)
        f->first_us = now.mono_us;
    f->askers++;
    p->request[p->request_count++] = (struct yc_sync_request){
        .hash = e->hash, .height = e->height, .asked_us = now.mono_us, .order = s->request_order++};
    hex_of(hash, &e->hash);
    log_sync(p, "Requesting block %s (%u) peer=%lld", hash, e->height, sync_peer_id(p));
    return true;
}

/* The only block that is missing, and on what we have: most of it is in our pool. */
static bool as_compact(const struct yc_sync *s, const struct yc_sync_peer *p, const struct yc_block_hash *hash)
{
    struct yc_chain_entry e, prev;
    return s->compact_wanted && p->peer->provides_cmpct && s->in_flight.count == 1 &&
           s->view->find(s->view->ctx, hash, &e) && s->view->find(s->view->ctx, &e.prev, &prev) && prev.have_body;
}

static void send_requests(const struct yc_sync *s, struct yc_sync_peer *p, size_t from, bool announced)
{
    struct yc_inv inv[YC_SYNC_IN_FLIGHT_MAX];
    size_t n = 0;
    for (size_t i = from; i < p->request_count; i++, n++) {
        inv[n].type = YC_INV_WITNESS_BLOCK;
        memcpy(inv[n].hash32, p->request[i].hash.b, 32);
    }
    if (n == 1 && announced && as_compact(s, p, &p->request[from].hash))
        inv[0].type = YC_INV_CMPCT_BLOCK;
    if (n)
        yc_peer_send_getdata(p->peer, inv, n);
}

void yc_sync_ask_whole(struct yc_sync_peer *p, const struct yc_block_hash *hash)
{
    struct yc_inv inv = {.type = YC_INV_WITNESS_BLOCK};
    memcpy(inv.hash32, hash->b, 32);
    yc_peer_send_getdata(p->peer, &inv, 1);
}

bool yc_sync_fetch_one(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *e, struct yc_now now)
{
    yc_sync_make_room(p);
    if (p->request_count == YC_SYNC_IN_FLIGHT_MAX || yc_sync_find_request(p, &e->hash) < p->request_count ||
        !yc_sync_note_request(s, p, e, now))
        return false;
    p->request[p->request_count - 1].by_name = true;
    yc_sync_ask_whole(p, &e->hash);
    return true;
}

void yc_sync_make_room(struct yc_sync_peer *p)
{
    for (size_t i = 0; p->request_count == YC_SYNC_IN_FLIGHT_MAX && i < p->request_count; i++)
        if (p->request[i].given_up)
            drop_request(p, i);
}

/* How many blocks may be asked of it at a time: a slow peer is given what it can bring soon, a new one little, so that none
 * of them holds much of the window (P36). */
static size_t allowance(const struct yc_sync_peer *p)
{
    if (p->pace_us == 0)
        return YC_SYNC_IN_FLIGHT_NEW;
    int64_t n = YC_SYNC_IN_FLIGHT_US / p->pace_us;
    return n >= YC_SYNC_IN_FLIGHT_MAX ? YC_SYNC_IN_FLIGHT_MAX : n < 2 ? 2 : (size_t)n;
}

void yc_sync_note_pace(struct yc_sync_peer *p, int64_t asked_us, struct yc_now now)
{
    int64_t since = p->last_block_us > asked_us ? p->last_block_us : asked_us;
    int64_t took = now.mono_us > since ? now.mono_us - since : 1;
    p->pace_us = p->pace_us ? (7 * p->pace_us + took + 7) / 8 : took;
    p->last_block_us = now.mono_us;
}

/* Why blocks are asked for: next in the window, late with others too, or named by the peer just now. */
enum why { WHY_NEXT, WHY_LATE, WHY_NAMED };

/* Ask for what is missing of the branch that ends in last, from this height up to that one. Returns the height above the
 * last one that was looked at. */
static uint32_t request_missing(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *last,
                                uint32_t height, uint32_t end, enum why why, struct yc_now now)
{
    struct yc_chain_entry e;
    unsigned late = 0;
    size_t before = p->request_count;
    /* What it has just spoken of is asked for together: it is little, and near our tip. */
    size_t most = why == WHY_NAMED ? YC_SYNC_IN_FLIGHT_MAX : allowance(p);
    for (; height <= end && p->request_count < most; height++) {
        if (!s->view->ancestor(s->view->ctx, &last->hash, height, &e) || e.failed)
            break;
        if (e.have_body)
            continue;
        const struct in_flight *f = yc_map_get(&s->in_flight, &e.hash);
        if (f && (why != WHY_LATE || late++ >= OVERTAKE_BLOCKS || !may_overtake(s, f, now)))
            continue;
        if (yc_sync_find_request(p, &e.hash) == p->request_count && !yc_sync_note_request(s, p, &e, now))
            break;
    }
    send_requests(s, p, before, why == WHY_NAMED);
    return height;
}

/* The window stands on the fork with our chain, and on what is here of the branch already: its blocks connect only once
 * it has more work than ours, and the way to there may be longer than the window (catalogue C47). */
static uint32_t window_base(struct yc_sync *s, struct yc_sync_peer *p, uint32_t fork)
{
    struct yc_chain_entry e;
    uint32_t at = fork;
    if (p->held_height > fork && s->view->ancestor(s->view->ctx, &p->best.hash, p->held_height, &e) &&
        yc_block_hash_equal(&e.hash, &p->held))
        at = p->held_height;
    while (at < p->best.height && s->view->ancestor(s->view->ctx, &p->best.hash, at + 1, &e) && e.have_body) {
        p->held = e.hash;
        at++;
    }
    p->held_height = at;
    return at;
}

static void fetch_branch(struct yc_sync *s, struct yc_sync_peer *p, bool overtake, struct yc_now now)
{
    struct yc_chain_entry tip;
    if (!may_fetch(s, p, &tip, now))
        return;
    yc_sync_make_room(p);
    uint32_t base = window_base(s, p, yc_sync_fork_height(s, &p->best, tip.height));
    uint32_t height = base + 1, end = base + YC_SYNC_WINDOW;
    if (end > p->best.height)
        end = p->best.height;
    /* The rest must come from another peer. */
    bool limited = !(p->peer->their_services & YC_NODE_NETWORK);
    if (limited && p->best.height >= LIMITED_BLOCKS && height <= p->best.height - LIMITED_BLOCKS)
        height = p->best.height - LIMITED_BLOCKS + 1;
    if (!overtake && p->cursor > height)
        height = p->cursor;
    p->cursor = request_missing(s, p, &p->best, height, end, overtake ? WHY_LATE : WHY_NEXT, now);
}

/* What lies below our tip and is not here yet, by whoever has all of the chain: with what room the tip's blocks leave. */
static void fetch_history(struct yc_sync *s, struct yc_sync_peer *p, bool overtake, struct yc_now now)
{
    struct yc_chain_entry from, to, e;
    uint64_t services = YC_NODE_NETWORK | YC_NODE_WITNESS;
    if (!s->view->history || p->peer->state != YC_PEER_READY || (p->peer->their_services & services) != services ||
        !p->has_best || now.mono_us < p->rest_until_us || !s->view->history(s->view->ctx, &from, &to))
        return;
    if (!s->view->ancestor(s->view->ctx, &p->best.hash, to.height, &e) || !yc_block_hash_equal(&e.hash, &to.hash))
        return;
    yc_sync_make_room(p);
    uint32_t height = from.height + 1,
             end = to.height - from.height > YC_SYNC_WINDOW ? from.height + YC_SYNC_WINDOW : to.height;
    if (!overtake && p->history_cursor > height)
        height = p->history_cursor;
    p->history_cursor = request_missing(s, p, &to, height, end, overtake ? WHY_LATE : WHY_NEXT, now);
}

static void fetch(struct yc_sync *s, struct yc_sync_peer *p, bool overtake, struct yc_now now)
{
    if (p->cursor_round != s->round) {
        p->cursor = p->history_cursor = 0;
        p->cursor_round = s->round;
    }
    fetch_branch(s, p, overtake, now);
    fetch_history(s, p, overtake, now);
}

void yc_sync_fetch_announced(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *last,
                             struct yc_now now)
{
    struct yc_chain_entry tip;
    s->view->tip(s->view->ctx, &tip);
    /* Whoever announces a block has it, though it may not serve the chain. */
    if (last->failed || last->active || p->peer->state != YC_PEER_READY ||
        !(p->peer->their_services & YC_NODE_WITNESS) || now.mono_us < p->rest_until_us ||
        s->view->initial_download(s->view->ctx) || yc_u256_compare(last->work, tip.work) < 0)
        return;
    uint32_t fork = yc_sync_fork_height(s, last, tip.height);
    if (last->height - fork > 2 * YC_SYNC_IN_FLIGHT_MAX)
        return; /* too long a way: by the window, once it is the peer's best */
    yc_sync_make_room(p);
    (void)request_missing(s, p, last, fork + 1, last->height, WHY_NAMED, now);
    if (s->in_flight.count)
        yc_sync_look_soon(s, now);
}

void yc_sync_fetch(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now)
{
    fetch(s, p, false, now);
    if (s->in_flight.count)
        yc_sync_look_soon(s, now);
}

static void close_when_silent(struct yc_sync_peer *p, struct yc_now now)
{
    char hash[65];
    int64_t since = p->last_block_us;
    if (p->request_count == 0)
        return;
    int64_t first = p->request[0].asked_us;
    size_t oldest = 0;
    for (size_t i = 1; i < p->request_count; i++)
        if (p->request[i].asked_us < first) {
            first = p->request[i].asked_us;
            oldest = i;
        }
    if (first > since)
        since = first;
    if (now.mono_us < since + YC_SYNC_BLOCK_TIMEOUT_US)
        return;
    hex_of(hash, &p->request[oldest].hash);
    yc_log_info(p->peer->shared->log, "Timeout downloading block %s, disconnecting peer=%lld", hash, sync_peer_id(p));
    yc_peer_close(p->peer, YC_CLOSE_TIMEOUT);
}

void yc_sync_tick_blocks(struct yc_sync *s, struct yc_now now)
{
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        close_when_silent(p, now);
        fetch(s, p, s->in_flight.count > 0, now);
    }
}

void yc_sync_on_notfound(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_inv_list *list, struct yc_now now)
{
    bool any = false;
    for (size_t i = 0; i < list->count && i < YC_SYNC_IN_FLIGHT_MAX; i++) {
        struct yc_inv inv = yc_inv_list_at(list, i);
        struct yc_block_hash hash;
        if ((inv.type & ~YC_INV_WITNESS_FLAG) != YC_INV_BLOCK && inv.type != YC_INV_CMPCT_BLOCK)
            continue;
        memcpy(hash.b, inv.hash32, 32);
        any |= yc_sync_take_request(s, p, &hash);
    }
    if (!any)
        return;
    s->round++;
    /* It does not have what it announced: others first. */
    p->rest_until_us = now.mono_us + YC_SYNC_REST_US;
    yc_sync_chain_changed(s, now);
}

static void note_outcome(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *hash, enum yc_verdict v,
                         const struct yc_reject *why, bool blame, struct yc_now now)
{
    char text[128], detail[YC_REJECT_DETAIL_MAX], line[640], id[65];
    hex_of(id, hash);
    yc_reject_text(text, sizeof text, why);
    yc_reject_describe(detail, why, NULL);
    const char *comma = detail[0] ? ", " : "";
    if (v == YC_MUTATED && why->code == YC_REJ_BLOCK_PARSE) {
        /* As any message that cannot be read it is dropped, no more; but whoever sends such is not asked again soon. */
        log_sync(p, "ProcessMessages(block): Exception '%s' caught, peer=%lld", detail, sync_peer_id(p));
        p->rest_until_us = now.mono_us + YC_SYNC_REST_US;
    } else if (v == YC_MUTATED) {
        log_sync(p, "Block mutated: %s%s%s, block %s, peer=%lld", text, comma, detail, id, sync_peer_id(p));
        yc_peer_misbehaving(p->peer, "mutated block");
    } else if (v == YC_INVALID) {
        snprintf(line, sizeof line, "invalid block %s, %s%s%s", id, text, comma, detail);
        p->has_best = false; /* one that is kept all the same is not asked for it again and again */
        if (blame)
            yc_peer_misbehaving(p->peer, line);
        else
            log_sync(p, "%s, by a compact block of peer=%lld", line, sync_peer_id(p));
    } else if (v == YC_NOT_YET && why->code == YC_REJ_HEADER_PREV_NOT_FOUND) {
        log_sync(p, "AcceptBlock FAILED (%s) peer=%lld", text, sync_peer_id(p));
        yc_peer_misbehaving(p->peer, text);
    } else if (v == YC_NOT_YET) {
        log_sync(p, "block %s is not wanted now (%s), peer=%lld", id, text, sync_peer_id(p));
    }
    s->round++;
}

void yc_sync_note_body(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *hash, enum yc_verdict v,
                       const struct yc_reject *why, bool blame, int64_t asked_us, struct yc_now now)
{
    struct yc_chain_entry e;
    yc_sync_look_soon(s, now);
    if (v == YC_VALID) {
        finish_block(s, p, hash, asked_us, now);
        int64_t shorter = s->overtake_us - s->overtake_us / 16;
        s->overtake_us = shorter < YC_SYNC_OVERTAKE_MIN_US ? YC_SYNC_OVERTAKE_MIN_US : shorter;
        if (s->view->find(s->view->ctx, hash, &e))
            yc_sync_note_best(s, p, &e);
        yc_sync_fetch(s, p, now);
        return;
    }
    if (v != YC_SYSTEM)
        note_outcome(s, p, hash, v, why, blame, now);
    else
        s->round++; /* our fault: it is asked for again */
    yc_sync_chain_changed(s, now);
}

/* Does nobody know its header, and has its branch so little work that a header alone would not be taken either? */
static bool too_little_work(const struct yc_sync *s, struct yc_view raw, const struct yc_block_hash *hash)
{
    struct yc_header h;
    struct yc_chain_entry e;
    if (raw.n < YC_HEADER_BYTES || s->view->find(s->view->ctx, hash, &e))
        return false;
    yc_header_read(&h, raw.p);
    return s->view->find(s->view->ctx, &h.prev, &e) &&
           !yc_sync_work_enough(s, yc_u256_add(e.work, yc_work_of_bits(h.bits)));
}

bool yc_sync_on_block(struct yc_sync *s, struct yc_sync_peer *p, struct yc_view raw, const struct yc_block_hash *hash,
                      struct yc_now now)
{
    struct yc_chain_entry e;
    struct yc_reject why;
    bool is_new = false;
    size_t i = yc_sync_find_request(p, hash);
    int64_t asked_us = i < p->request_count ? p->request[i].asked_us : now.mono_us;
    bool by_name = i < p->request_count && p->request[i].by_name;
    bool requested = yc_sync_take_request(s, p, hash);
    if (requested) {
        yc_sync_note_pace(p, asked_us, now);
        p->rest_until_us = 0;
    }
    if (s->view->find(s->view->ctx, hash, &e) && e.have_body && !by_name) {
        /* It was asked of too many: wait longer before the next is overtaken. */
        if (requested && s->overtake_us < YC_SYNC_OVERTAKE_MAX_US)
            s->overtake_us *= 2;
        yc_sync_note_best(s, p, &e);
        yc_sync_fetch(s, p, now);
        return false;
    }
    if (!requested && too_little_work(s, raw, hash)) {
        char id[65];
        hex_of(id, hash);
        yc_log_debug(p->peer->shared->log, YC_LOGC_VALIDATION,
                     "AcceptBlockHeader: not adding new block header %s, missing anti-dos proof-of-work validation",
                     id);
        return false;
    }
    enum yc_verdict v =
        s->view->submit_block(s->view->ctx, raw, p->peer->start.id, requested ? YC_VIEW_REQUESTED : 0, &is_new, &why);
    yc_sync_note_body(s, p, hash, v, &why, true, asked_us, now);
    return v == YC_VALID && is_new;
}
