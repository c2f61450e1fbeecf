/* The line of blocks in flight: their coins have changed hands, in the chain's order, and their scripts are being checked.
 * A block leaves the line at its front when all its checks have passed: then its undo data is written and it is the tip.
 * When one fails, its coins and those of all behind it are given back, newest first, and nothing is left of them. */
#include "node/chain/internal.h"

#include "base/assert.h"

#define LINE_BYTES_MAX ((size_t)64 << 20) /* of the blocks in it */
/* Core connects another block while fewer checks than this wait for each thread; else it helps with them. */
#define CHECKS_AHEAD 256
#define HELP_MAX     32 /* checks that core runs at once: about a millisecond */

YC_STATIC_ASSERT(YC_LINE_MAX <= YC_COINS_HELD_MAX, "every block of the line is held");

/* ---- one block's checks are collected ---- */

static struct yc_flight *flight_new(struct yc_chainstate *s)
{
    struct yc_flight *f = s->line.spare;
    if (f) {
        s->line.spare = f->next;
    } else {
        f = yc_alloc_new(s->chain->alloc, sizeof *f);
        if (!f)
            return NULL;
        *f = (struct yc_flight){.cap = 0};
    }
    *f = (struct yc_flight){.state = s, .checks = f->checks, .cap = f->cap, .failed_at = SIZE_MAX};
    return f;
}

/* Its body is freed; its memory for checks is kept for another. */
static void flight_done(struct yc_chainstate *s, struct yc_flight *f)
{
    yc_loaded_free(s->chain, f->loaded);
    f->loaded = NULL;
    f->next = s->line.spare;
    s->line.spare = f;
}

void yc_chain_set_known_scripts(struct yc_chain *c, struct yc_known_scripts known)
{
    c->known_scripts = known;
}

/* A transaction's inputs come one after another: one question serves all. */
static bool known(struct yc_chain *c, struct yc_flight *f, const struct yc_script_check *check)
{
    const struct yc_tx *tx = check->spend->tx;
    if (!c->known_scripts.known)
        return false;
    if (f->asked != tx) {
        f->asked = tx;
        f->asked_known = c->known_scripts.known(c->known_scripts.ctx, &tx->wtxid, check->flags);
    }
    return f->asked_known;
}

struct sink {
    struct yc_chain *c;
    struct yc_flight *f;
};

static enum yc_verdict take_check(void *ctx, const struct yc_script_check *check)
{
    const struct sink *s = ctx;
    struct yc_flight *f = s->f;
    if (known(s->c, f, check))
        return YC_VALID;
    if (f->count == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 1024;
        void *p = yc_alloc_resize(s->c->alloc, f->checks, f->cap * sizeof *f->checks, cap * sizeof *f->checks);
        if (!p)
            return YC_SYSTEM;
        f->checks = p;
        f->cap = cap;
    }
    f->checks[f->count++] = *check;
    return YC_VALID;
}

/* Let the block's coins change hands and collect its checks. The coins' block is begun; the caller ends it. */
static enum yc_verdict connect(struct yc_flight *f, const struct yc_node *parent, struct yc_reject *why)
{
    struct yc_chainstate *s = f->state;
    struct yc_body *body = &f->loaded->body;
    struct sink taker = {s->chain, f};
    struct yc_script_sink sink = {take_check, &taker};
    struct yc_ancestors a = yc_node_ancestors(parent);
    struct yc_connect k = {.params = s->chain->config.params,
                           .hash = &body->block.hash,
                           .height = parent->height + 1,
                           .ancestors = &a,
                           .coins = yc_coins_view(s->coins),
                           .scripts = f->skip_scripts ? NULL : &sink,
                           .arena = &f->loaded->arena};
    yc_coins_block_begin(s->coins, &f->loaded->arena);
    return yc_block_connect(&body->block, &k, &body->spent, NULL, why);
}

/* A SYSTEM verdict of connecting is the coins' when they have an error to tell, else memory. */
static enum yc_verdict connect_failed(struct yc_chainstate *s, const struct yc_reject *why)
{
    const struct yc_error *coins = yc_coins_error(s->coins);
    struct yc_error err;
    if (coins && coins->which != YC_SYSTEM_NONE)
        err = *coins;
    else
        (void)yc_fail(&err, YC_SYSTEM, why->system, "no memory to connect a block");
    return yc_chain_fail(s->chain, &err);
}

/* ---- joining the line ---- */

bool yc_line_has_room(struct yc_chainstate *s)
{
    const struct yc_line *line = &s->line;
    struct yc_crew *crew = &s->chain->crew;
    uint64_t told;
    return line->count < YC_LINE_MAX && line->bytes < LINE_BYTES_MAX && (!line->last || line->last->connected) &&
           (!line->first || yc_crew_waiting(crew, &told) < (size_t)CHECKS_AHEAD * crew->kit_count);
}

static void join(struct yc_flight *f)
{
    struct yc_line *line = &f->state->line;
    f->next = NULL;
    if (line->last)
        line->last->next = f;
    else
        line->first = f;
    line->last = f;
    line->count++;
    line->bytes += f->loaded->raw_n;
}

/* A block so deep below the best header that nobody relies on it yet, and that much work lies on it. */
#define BURIED_BLOCKS 144

static bool in_lanes(const struct yc_chain *c, const struct yc_node *n)
{
    const struct yc_node *best = c->best_header;
    if (!c->config.sig_engine)
        return false;
    return c->config.sig_engine_always ||
           (best->height >= n->height + BURIED_BLOCKS && yc_node_ancestor(best, n->height) == n);
}

enum yc_verdict yc_line_begin(struct yc_chainstate *s, struct yc_loaded *l)
{
    struct yc_chain *c = s->chain;
    struct yc_node *n = l->node;
    struct yc_reject why;
    YC_ASSERT(n->parent == s->front);
    struct yc_flight *f = flight_new(s);
    if (!f) {
        yc_loaded_free(c, l);
        return connect_failed(s, &(struct yc_reject){.system = YC_SYSTEM_MEMORY});
    }
    f->loaded = l;
    f->node = n;
    f->flags = yc_script_flags_at(c->config.params, n->height, &n->hash);
    f->skip_scripts = yc_scripts_skipped(s, n, f->flags);
    f->in_lanes = in_lanes(c, n);
    enum yc_verdict v = connect(f, n->parent, &why);
    if (v == YC_SYSTEM) {
        yc_coins_block_rollback(s->coins);
        flight_done(s, f);
        return connect_failed(s, &why);
    }
    f->connected = v == YC_VALID;
    if (f->connected) {
        yc_coins_block_hold(s->coins, &n->hash);
        s->front = n;
    } else {
        /* Told when all before it are known to be good. */
        yc_coins_block_rollback(s->coins);
        f->failed_why = why;
        f->count = 0;
    }
    join(f);
    yc_crew_add(&c->crew, f);
    return YC_VALID;
}

/* ---- leaving it ---- */

void yc_line_drop(struct yc_chainstate *s)
{
    struct yc_line *line = &s->line;
    yc_crew_cancel(&s->chain->crew, s);
    while (line->first) {
        struct yc_flight *f = line->first;
        line->first = f->next;
        if (f->connected)
            yc_coins_block_rollback(s->coins); /* one for each that is held, the newest first */
        flight_done(s, f);
    }
    line->last = NULL;
    line->count = line->bytes = 0;
    s->front = s->tip;
}

void yc_line_release(struct yc_chainstate *s)
{
    const struct yc_alloc *alloc = s->chain->alloc;
    yc_crew_cancel(&s->chain->crew, s);
    for (struct yc_flight *f = s->line.first, *next; f; f = next) {
        next = f->next;
        flight_done(s, f);
    }
    for (struct yc_flight *f = s->line.spare, *next; f; f = next) {
        next = f->next;
        yc_alloc_free(alloc, f->checks, f->cap * sizeof *f->checks);
        yc_alloc_free(alloc, f, sizeof *f);
    }
    s->line = (struct yc_line){NULL, NULL, NULL, 0, 0};
}

static bool passed(const struct yc_flight *f)
{
    return f->connected && f->failed_at == SIZE_MAX;
}

/* The first in the line breaks a rule: give back its coins and those of all that stand on it, mark it, tell. */
static enum yc_verdict first_failed(struct yc_chainstate *s)
{
    struct yc_chain *c = s->chain;
    /* What was begun before the failing check may fail too, and would be the one to tell of. */
    yc_crew_cancel(&c->crew, s);
    const struct yc_flight *f = s->line.first;
    struct yc_reject why = f->failed_why;
    struct yc_node *n = f->node;
    uint64_t source = f->loaded->source;
    struct yc_error err;
    char text[192];
    if (f->connected && f->failed == YC_SYSTEM)
        return yc_chain_fail(c, &c->crew.failure);
    yc_reject_text(text, sizeof text, &why);
    yc_log_warning(c->config.log, "Block validation error: %s (block at height %u)", text, n->height);
    yc_line_drop(s);
    if (s != c->active)
        return yc_mark_failed(c, n, YC_BLOCK_FAILED) ? yc_assumed_refuted(c, text) : YC_SYSTEM;
    if (c->background)
        n->status |= YC_BLOCK_ASSUMED;
    if (yc_mark_failed(c, n, YC_BLOCK_FAILED) && yc_pending_add(c, YC_CHAIN_FAILED, n, NULL, &why, source) == YC_VALID)
        return YC_VALID;
    (void)yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to note that block %u is invalid", n->height);
    return yc_chain_fail(c, &err);
}

bool yc_line_ready(struct yc_chainstate *s)
{
    const struct yc_flight *f = s->line.first;
    return f && (!f->connected || yc_crew_decided(&s->chain->crew, f));
}

enum yc_verdict yc_line_finish(struct yc_chainstate *s)
{
    struct yc_chain *c = s->chain;
    struct yc_line *line = &s->line;
    struct yc_flight *f = line->first;
    struct yc_node *n = f->node;
    struct yc_loaded *l = f->loaded;
    struct yc_error err;
    if (!passed(f))
        return first_failed(s);
    if (yc_write_undo(c, l, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    line->first = f->next;
    if (!line->first)
        line->last = NULL;
    line->count--;
    line->bytes -= l->raw_n;
    bool checked = !f->skip_scripts;
    uint32_t flags = f->flags;
    f->loaded = NULL;
    flight_done(s, f);
    yc_coins_block_settle(s->coins);
    s->tip = n;
    if (yc_note_connected(s, l, checked, flags))
        return YC_VALID;
    (void)yc_fail(&err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to connect block %u", n->height);
    return yc_chain_fail(c, &err);
}

void yc_line_work(struct yc_chain *c, uint64_t told)
{
    if (!yc_crew_help(&c->crew, HELP_MAX))
        yc_crew_wait(&c->crew, told, yc_mono_us(c->config.clock) + YC_CORE_WAIT_US);
}

/* ---- a block on trial ---- */

enum yc_verdict yc_line_try(struct yc_chainstate *s, struct yc_loaded *l, struct yc_reject *why)
{
    struct yc_chain *c = s->chain;
    YC_ASSERT(!s->line.first && s->front == s->tip);
    struct yc_flight *f = flight_new(s);
    if (!f)
        return yc_reject_system(why, YC_SYSTEM_MEMORY);
    f->loaded = l;
    const struct yc_error *err = NULL;
    enum yc_verdict v = connect(f, s->tip, why);
    if (v == YC_VALID) {
        yc_crew_add(&c->crew, f);
        for (uint64_t told; !yc_crew_decided(&c->crew, f);) {
            (void)yc_crew_waiting(&c->crew, &told);
            if (!yc_crew_decided(&c->crew, f))
                yc_line_work(c, told);
        }
        yc_crew_cancel(&c->crew, s);
        if (f->failed_at != SIZE_MAX) {
            v = f->failed;
            *why = f->failed_why;
            err = &c->crew.failure;
        }
    }
    yc_coins_block_rollback(s->coins);
    f->loaded = NULL;
    flight_done(s, f);
    if (v != YC_SYSTEM)
        return v;
    return err ? yc_chain_fail(c, err) : connect_failed(s, why);
}
