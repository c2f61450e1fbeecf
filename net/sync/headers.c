/* Asking for headers, and judging those that come. */
#include "consensus/pow.h"
#include "crypto/sha256.h"
#include "net/sync/keep.h"
#include "net/sync/presync.h"
#include "net/sync/sync_internal.h"

#include <stdio.h>

#define RECENT_S    86400 /* a best header of the last day: every peer is asked, not only a few */
#define BATCH       64    /* headers hashed at a time */
#define MEDIAN_SPAN 11    /* blocks whose median time the next one must be after (BIP 113) */

void yc_sync_getheaders_from(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *from,
                             struct yc_now now)
{
    struct yc_block_hash locator[YC_LOCATOR_COUNT_MAX];
    size_t n = s->view->locator(s->view->ctx, from, locator);
    yc_peer_send_getheaders(p->peer, locator, n, NULL);
    p->headers_asked_us = now.mono_us;
    yc_sync_look_soon(s, now);
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
    return !p->headers_started && p->peer->start.type != YC_CONN_ADDR_FETCH && yc_sync_serves(p) &&
           now.mono_us >= p->headers_retry_us;
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

bool yc_sync_work_enough(const struct yc_sync *s, struct yc_u256 total)
{
    return yc_u256_compare(total, s->view->work_floor(s->view->ctx)) >= 0;
}

/* Headers that lie stride bytes apart. */
struct span {
    const uint8_t *p;
    size_t stride, count;
};

/* The line that tools read while the chain is far behind (Bitcoin Core's form). */
static void log_progress(struct yc_sync *s, const struct yc_sync_peer *p, struct yc_now now)
{
    struct yc_chain_entry best;
    s->view->best_header(s->view->ctx, &best);
    if (!s->view->initial_download(s->view->ctx) || best.height == s->headers_told)
        return;
    s->headers_told = best.height;
    double left = (double)(now.wall_s > (int64_t)best.time ? now.wall_s - (int64_t)best.time : 0) /
                  (double)s->view->params->pow.spacing_s;
    yc_log_info(p->peer->shared->log, "Synchronizing blockheaders, height: %u (~%.2f%%)", best.height,
                100.0 * best.height / (best.height + left + 1e-9));
}

/* True: all of them are in the tree now. */
static bool store(struct yc_sync *s, struct yc_sync_peer *p, const struct span *h, struct yc_now now)
{
    struct yc_headers_result result = {0};
    struct yc_reject why = {.code = YC_REJ_NONE};
    char text[128], line[192];
    enum yc_verdict v = s->view->submit_headers(s->view->ctx, h->p, h->stride, h->count, &result, &why);
    if (result.accepted)
        yc_sync_note_best(s, p, &result.last);
    if (result.added)
        log_progress(s, p, now);
    /* One that connected to us may well not know yet that the block is invalid. */
    bool innocent = why.code == YC_REJ_BLOCK_KNOWN_INVALID && p->peer->start.type == YC_CONN_INBOUND;
    if (v == YC_INVALID && !innocent) {
        yc_reject_text(text, sizeof text, &why);
        snprintf(line, sizeof line, "invalid header received: %s", text);
        yc_peer_misbehaving(p->peer, line);
    }
    return v == YC_VALID;
}

static void ask_more(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *from, struct yc_now now)
{
    yc_sync_getheaders_from(s, p, from, now);
    p->headers_awaited = true;
    p->headers_due_us = now.mono_us + YC_SYNC_HEADERS_WAIT_US;
}

/* Would so many headers behind prev run too far ahead of the blocks that we have? A young chain has no minimum of work to
 * lean on, and where blocks of minimum difficulty are allowed a chain of most work may cost next to nothing: such a one must
 * bring its bodies before it gets more memory (P10). Honest ones lose nothing, as bodies are asked for in a far smaller window. */
static bool too_far_ahead(const struct yc_sync *s, const struct yc_chain_entry *prev, size_t count)
{
    struct yc_chain_entry tip;
    if (!yc_u256_is_zero(s->view->params->minimum_chain_work))
        return false;
    s->view->tip(s->view->ctx, &tip);
    return prev->height + count > (size_t)yc_sync_fork_height(s, prev, tip.height) + YC_SYNC_HEADERS_AHEAD_MAX;
}

/* Blocks have come: is there room again for headers of those who had more? */
static void resume_paused(struct yc_sync *s, struct yc_now now)
{
    for (struct yc_sync_peer *p = s->peers; p; p = p->next) {
        if (!p->headers_paused || !p->has_best || too_far_ahead(s, &p->best, YC_SYNC_HEADERS_AHEAD_MAX / 4))
            continue;
        p->headers_paused = false;
        ask_more(s, p, &p->best.hash, now);
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
        bool noban = p->peer->start.permissions & YC_PERM_NOBAN;
        if (!preferred_waiting)
            continue;
        if (noban || p->peer->start.type == YC_CONN_MANUAL) {
            yc_log_info(p->peer->shared->log, "Timeout downloading headers from %s peer, not disconnecting peer=%lld",
                        noban ? "noban" : "manual", sync_peer_id(p));
        } else {
            yc_log_info(p->peer->shared->log, "Timeout downloading headers, disconnecting peer=%lld", sync_peer_id(p));
            yc_peer_close(p->peer, YC_CLOSE_TIMEOUT);
        }
    }
    resume_paused(s, now);
    yc_sync_start_headers(s, now);
}

/* Chains of too little work so far: downloaded twice, see presync.h. */

void yc_sync_drop_presync(struct yc_sync_peer *p)
{
    yc_presync_free(p->presync);
    p->presync = NULL;
}

int32_t yc_sync_presynced(const struct yc_sync_peer *p)
{
    bool counting = p->presync && yc_presync_phase(p->presync) == YC_PRESYNC_COUNTING;
    return counting ? (int32_t)yc_presync_height(p->presync) : -1;
}

/* May a chain of this peer be downloaded twice? Of those that came to us, who can be many, only so many at a time; one that
 * has let us wait makes way. */
static bool presync_room(struct yc_sync *s, const struct yc_sync_peer *p, struct yc_now now)
{
    size_t count = 0;
    struct yc_sync_peer *late = NULL;
    if (yc_sync_preferred(p))
        return true;
    for (struct yc_sync_peer *q = s->peers; q; q = q->next) {
        if (!q->presync || yc_sync_preferred(q))
            continue;
        count++;
        if (now.mono_us > q->headers_due_us)
            late = q;
    }
    if (count < YC_SYNC_PRESYNC_MAX)
        return true;
    if (late)
        yc_sync_drop_presync(late);
    return late;
}

static void begin_presync(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *prev,
                          struct yc_now now)
{
    struct yc_presync_start start = {.at = *prev, .time_min_s = prev->time};
    struct yc_chain_entry e;
    uint64_t n = ++s->presync_count;
    struct yc_siphash_key salt = {yc_siphash(s->seed, &n, sizeof n), 0};
    salt.k1 = yc_siphash(s->seed, &salt.k0, sizeof salt.k0);
    for (uint32_t i = 1; i < MEDIAN_SPAN && i <= prev->height; i++)
        if (s->view->ancestor(s->view->ctx, &prev->hash, prev->height - i, &e) && (int64_t)e.time < start.time_min_s)
            start.time_min_s = e.time;
    if (prev->height && s->view->ancestor(s->view->ctx, &prev->hash, 1, &e)) {
        start.first_time = e.time;
        start.first_bits = e.bits;
    }
    p->presync_start = prev->hash;
    p->presync = yc_presync_new(s->alloc, s->view->params, &start, s->view->work_floor(s->view->ctx), salt, now.wall_s);
    log_sync(p, "Initial headers sync started with peer=%lld: height=%u", sync_peer_id(p), prev->height);
}

/* The next headers of a chain that is downloaded twice. True: they belong to it, and *out is what may be stored now (its
 * count may be 0). */
static bool go_on_presync(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_header_list *list,
                          struct span *out, struct yc_now now)
{
    struct yc_presync_step step;
    struct yc_block_hash locator[YC_LOCATOR_COUNT_MAX];
    yc_presync_take(p->presync, list, list->count == YC_HEADERS_COUNT_MAX, &step);
    if (step.aborted) {
        log_sync(p, "Initial headers sync aborted with peer=%lld: %s", sync_peer_id(p), step.aborted);
        yc_sync_drop_presync(p);
        return false;
    }
    *out = (struct span){step.ready, YC_HEADER_BYTES, step.ready_count};
    p->headers_awaited = step.more;
    p->headers_asked_us = 0;
    if (step.more) {
        locator[0] = yc_presync_next(p->presync);
        size_t n = s->view->locator(s->view->ctx, &p->presync_start, locator + 1);
        yc_peer_send_getheaders(p->peer, locator, n + 1, NULL);
        p->headers_asked_us = now.mono_us;
        p->headers_due_us = now.mono_us + YC_SYNC_HEADERS_WAIT_US;
    }
    return true;
}

/* Headers that may be stored: do so, and go on from there. more: the peer may have more, and was not asked yet. */
static void take(struct yc_sync *s, struct yc_sync_peer *p, const struct span *h, bool more, struct yc_now now)
{
    struct yc_chain_entry e, prev;
    struct yc_header first, last;
    yc_header_read(&first, h->p);
    yc_header_read(&last, h->p + (h->count - 1) * h->stride);
    struct yc_block_hash hash = yc_header_hash(&last);
    bool is_new = !s->view->find(s->view->ctx, &hash, &e);
    p->headers_paused = is_new && s->view->find(s->view->ctx, &first.prev, &prev) && too_far_ahead(s, &prev, h->count);
    if (p->headers_paused) {
        log_sync(p, "headers run ahead of blocks at height %u, pausing peer=%lld", prev.height, sync_peer_id(p));
        p->headers_awaited = false;
        yc_sync_fetch(s, p, now);
        return;
    }
    if (!store(s, p, h, now))
        return;
    yc_keep_note_announced(s, p, is_new, now);
    if (more)
        ask_more(s, p, &hash, now);
    else
        yc_sync_start_headers(s, now);
    /* First what it has just spoken of: one block alone may come in compact form. */
    if (s->view->find(s->view->ctx, &hash, &e))
        yc_sync_fetch_announced(s, p, &e, now);
    yc_sync_fetch(s, p, now);
}

/* The headers connect to nothing that we know. */
static void ask_for_way(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *last, struct yc_now now)
{
    p->unknown = *last;
    p->has_unknown = true;
    if (yc_sync_maybe_getheaders(s, p, now))
        log_sync(p, "headers that connect to nothing, sending getheaders to peer=%lld", sync_peer_id(p));
}

/* Is the last of them known already, on a chain that we hold to? Then nothing new would be stored. */
static bool leads_nowhere_new(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *last)
{
    struct yc_chain_entry e;
    if (!s->view->find(s->view->ctx, last, &e))
        return false;
    yc_sync_note_best(s, p, &e);
    return true;
}

void yc_sync_on_headers(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_header_list *list, struct yc_now now)
{
    struct yc_chain_entry prev;
    struct yc_block_hash last;
    struct yc_header first;
    struct yc_u256 work;
    struct span all = {list->items.p, YC_HEADER_LIST_STRIDE, list->count}, ready;
    bool full = list->count == YC_HEADERS_COUNT_MAX;
    yc_sync_look_soon(s, now);
    if (list->count == 0) {
        yc_sync_drop_presync(p);
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
    if (p->presync && go_on_presync(s, p, list, &ready, now)) {
        bool over = !p->headers_awaited;
        if (ready.count)
            take(s, p, &ready, full && over, now);
        if (over)
            yc_sync_drop_presync(p);
        return;
    }
    yc_header_read(&first, yc_header_list_at(list, 0));
    if (!s->view->find(s->view->ctx, &first.prev, &prev)) {
        ask_for_way(s, p, &last, now);
        return;
    }
    /* Only headers that connect count as an answer: others come at most once for each question (P29). */
    p->headers_awaited = false;
    p->headers_asked_us = 0;
    bool trusted = p->peer->start.permissions & YC_PERM_NOBAN;
    if (!leads_nowhere_new(s, p, &last) && !trusted && !yc_sync_work_enough(s, yc_u256_add(prev.work, work))) {
        if (full && presync_room(s, p, now))
            begin_presync(s, p, &prev, now);
        if (!p->presync || !go_on_presync(s, p, list, &ready, now))
            log_sync(p, "Ignoring low-work chain (height=%u) from peer=%lld", prev.height + (unsigned)list->count,
                     sync_peer_id(p));
        return;
    }
    take(s, p, &all, full, now);
}
