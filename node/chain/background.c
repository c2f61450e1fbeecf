/* The coins that follow the tree in the background: from where they stood when the chain was begun from a snapshot, up to
 * that snapshot's base. It is the same work as at the tip, by the same means (line.c), and is done only while nothing is
 * to be done there; its script checks wait for the tip's. At the base the two sets of coins are compared, by a worker.
 *
 * Its blocks are told to nobody: for everybody else they have been part of the chain all along. They become durable in
 * groups, and yc_chain_validated() says how far. */
#include "node/chain/internal.h"

#include <stdio.h>

#include "base/assert.h"

#define COMMIT_EVERY_US INT64_C(1000000)
#define TELL_EVERY_US   INT64_C(10000000)

/* Of -dbcache: much for whichever of the two has far to go. */
static void share_cache(struct yc_chain *c)
{
    size_t all = c->config.coins_cache_bytes, most = all / 8 * 7;
    c->active->cache_bytes = c->left_initial_download ? all - most : most;
    c->background->cache_bytes = all - c->active->cache_bytes;
}

static void tell_progress(struct yc_chain *c)
{
    int64_t now_us = yc_mono_us(c->config.clock);
    const struct yc_node *tip = c->background->tip;
    if (c->assumed.told_us == 0) {
        c->assumed.told_us = now_us;
        c->assumed.told_height = tip->height;
        return;
    }
    int64_t took_us = now_us - c->assumed.told_us;
    if (took_us < TELL_EVERY_US || tip->height <= c->assumed.told_height)
        return;
    double rate = (tip->height - c->assumed.told_height) * 1e6 / (double)took_us;
    double left = (c->assumed.base.height - tip->height) / rate;
    double percent = c->assumed.base.chain_tx_count
                         ? (double)tip->stored->chain_tx_count / (double)c->assumed.base.chain_tx_count * 100
                         : 0;
    yc_log_info(
        c->config.log,
        "[background validation] height %u of %u, %.0f blocks/s, %.1f%% of the transactions, about %.0f minutes left "
        "at this rate",
        tip->height, c->assumed.base.height, rate, percent > 100 ? 100.0 : percent, left / 60);
    c->assumed.told_us = now_us;
    c->assumed.told_height = tip->height;
}

static enum yc_verdict commit(struct yc_chain *c)
{
    c->assumed.committed_us = yc_mono_us(c->config.clock);
    return yc_commit_some(c);
}

/* Does the chain want to write something that may be done only when everything is durable? Then nothing is added. */
static bool stands_aside(const struct yc_chain *c)
{
    return yc_flush_due(c->active) || yc_flush_due(c->background) || yc_prune_due(c) || yc_forget_due(c);
}

/* Let the next block on the way to the base join the line. */
static enum yc_verdict extend(struct yc_chain *c, bool *reads)
{
    struct yc_chainstate *s = c->background;
    const struct yc_node *base = c->assumed.node;
    *reads = false;
    if (s->front->height >= base->height || yc_node_ancestor(base, s->front->height) != s->front || stands_aside(c))
        return YC_NOT_YET;
    struct yc_node *next = (struct yc_node *)(uintptr_t)yc_node_ancestor(base, s->front->height + 1);
    if (!(next->status & YC_BLOCK_HAVE_DATA))
        return YC_NOT_YET;
    yc_ahead_fill(s, base);
    yc_inputs_fill(s, base);
    if (!yc_line_has_room(s))
        return YC_NOT_YET;
    enum yc_verdict v = yc_connect_begin(s, next);
    *reads = v == YC_NOT_YET;
    return v;
}

/* ---- comparing ---- */

static bool go_on(void *ctx)
{
    const struct yc_compare *k = ctx;
    return !atomic_load(&k->stop);
}

static void run_compare(void *job)
{
    struct yc_compare *k = job;
    k->verdict = yc_coins_scan_totals(&k->scan, YC_COINS_HASH_SERIALIZED, go_on, k, &k->totals, &k->err);
    atomic_store(&k->done, true);
}

static enum yc_verdict begin_compare(struct yc_chain *c)
{
    struct yc_compare *k = &c->assumed.compare;
    struct yc_error err;
    if (yc_coins_scan_open(&k->scan, c->background->kv, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    yc_log_info(
        c->config.log,
        "[background validation] all blocks up to the snapshot at height %u are valid; comparing the two sets of coins",
        c->assumed.base.height);
    yc_work_group_init(&k->group, c->config.workers);
    atomic_store(&k->running, true);
    atomic_store(&k->done, false);
    atomic_store(&k->stop, false);
    yc_workers_submit(&k->group, run_compare, k);
    return YC_VALID;
}

static enum yc_verdict end_compare(struct yc_chain *c)
{
    struct yc_compare *k = &c->assumed.compare;
    char ours[65], given[65], why[256];
    yc_workers_wait(&k->group);
    yc_coins_scan_close(&k->scan);
    atomic_store(&k->running, false);
    if (k->verdict != YC_VALID)
        return yc_chain_fail(c, &k->err);
    if (!memcmp(k->totals.hash32, c->assumed.base.hash32, 32))
        return yc_assumed_proven(c);
    yc_hex_write_reversed(ours, k->totals.hash32, 32);
    yc_hex_write_reversed(given, c->assumed.base.hash32, 32);
    snprintf(why, sizeof why, "the hash of its coins is %s, and that of those that the blocks lead to is %s", given,
             ours);
    return yc_assumed_refuted(c, why);
}

void yc_background_free(struct yc_chain *c)
{
    struct yc_compare *k = &c->assumed.compare;
    if (atomic_load(&k->running)) {
        atomic_store(&k->stop, true);
        yc_workers_wait(&k->group);
        yc_coins_scan_close(&k->scan);
    }
    atomic_store(&k->running, false);
    yc_chainstate_free(c->background);
    c->background = NULL;
}

/* The background stands after the base. */
static enum yc_verdict arrived(struct yc_chain *c)
{
    struct yc_chainstate *s = c->background;
    struct yc_compare *k = &c->assumed.compare;
    struct yc_block_hash stored = yc_coins_stored_best(s->coins);
    if (!yc_block_hash_equal(&stored, &s->tip->hash)) {
        yc_flush_begin(s);
        return YC_VALID;
    }
    if (!atomic_load(&k->running))
        return begin_compare(c);
    return atomic_load(&k->done) ? end_compare(c) : YC_NOT_YET;
}

/* ---- moving ---- */

/* No block is in flight. */
static enum yc_verdict advance_at_rest(struct yc_chain *c, uint64_t told)
{
    struct yc_chainstate *s = c->background;
    const struct yc_node *base = c->assumed.node;
    if (c->commit.stage != YC_COMMIT_NONE)
        return yc_wait_for_disk(c, told);
    if (c->dirty_count)
        return commit(c); /* there is nothing else to do just now, or a flush, which rests on this */
    atomic_store(&c->validated, s->tip);
    if (yc_flush_due(s)) {
        yc_flush_begin(s);
        return YC_VALID;
    }
    if (s->tip == base)
        return arrived(c);
    /* It goes back to where the base's branch leaves its own once it can go on from there. */
    const struct yc_node *fork = yc_node_fork(s->tip, base);
    bool leaves = fork != s->tip && (yc_node_ancestor(base, fork->height + 1)->status & YC_BLOCK_HAVE_DATA);
    return leaves ? yc_disconnect_tip(s) : YC_NOT_YET;
}

enum yc_verdict yc_background_advance(struct yc_chain *c)
{
    struct yc_chainstate *s = c->background;
    uint64_t told;
    bool reads;
    if (!s || c->loading)
        return YC_NOT_YET;
    share_cache(c);
    tell_progress(c);
    if (s->replay_to)
        return yc_replay_one(s);
    (void)yc_crew_waiting(&c->crew, &told);
    if (s->flush.running) {
        enum yc_verdict v = yc_flush_go_on(s);
        return v == YC_NOT_YET ? yc_wait_for_disk(c, told) : v;
    }
    if (yc_line_ready(s))
        return yc_line_finish(s);
    if (c->dirty_count && c->commit.stage == YC_COMMIT_NONE &&
        yc_mono_us(c->config.clock) - c->assumed.committed_us >= COMMIT_EVERY_US)
        return commit(c);
    enum yc_verdict v = extend(c, &reads);
    if (v != YC_NOT_YET)
        return v;
    if (!s->line.first && !reads)
        return advance_at_rest(c, told);
    yc_line_work(c, told);
    return YC_VALID;
}
