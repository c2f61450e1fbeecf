/* Making things durable, in the order that a crash at any instant leaves a state to go on from: block files, then the
 * index that points into them, then the publication of the tip and the events; the coins follow later, in a flush.
 *
 * A commit waits for the disk on another thread: core hands over the files that were written and the records that are to be,
 * and goes on connecting. Nothing of a commit is told before it is back. One commit at a time: what comes up meanwhile is
 * the next one's. */
#include "node/chain/internal.h"

#include "base/assert.h"

#include <stdio.h>
#include <time.h>

/* Group commit during sync: at most so much waits to be handed over, and no longer than this; as much again may be on its
 * way. */
#define COMMIT_BYTES_MAX (UINT32_C(4) << 20)
#define COMMIT_WAIT_US   1000000

static bool wants_body(struct yc_chain *c)
{
    const struct yc_chain_listener *l = &c->config.listener;
    return l->event && (!l->wants_body || l->wants_body(l->ctx));
}

enum yc_verdict yc_pending_add(struct yc_chain *c, enum yc_chain_event_kind kind, struct yc_node *n,
                               struct yc_loaded *l, const struct yc_reject *why, uint64_t source)
{
    struct yc_pending *p = yc_alloc_new(c->alloc, sizeof *p);
    if (!p) {
        yc_loaded_free(c, l);
        return YC_SYSTEM;
    }
    *p = (struct yc_pending){.kind = kind, .node = n, .loaded = l, .bytes = l ? l->raw_n : 0, .source = source};
    if (kind == YC_CHAIN_CONNECTED && !wants_body(c)) {
        yc_loaded_free(c, l);
        p->loaded = NULL;
    }
    if (why)
        p->why = *why;
    if (c->pending_last)
        c->pending_last->next = p;
    else
        c->pending_first = p;
    c->pending_last = p;
    c->pending_bytes += p->bytes;
    c->tip_owed |= kind == YC_CHAIN_CONNECTED || kind == YC_CHAIN_DISCONNECTED;
    if (c->pending_first == p)
        c->pending_since_us = yc_mono_us(c->config.clock);
    return YC_VALID;
}

static struct yc_block_record record_of(const struct yc_node *n)
{
    static const struct yc_file_pos nowhere;
    const struct yc_stored *s = n->stored;
    return (struct yc_block_record){.hash = n->hash,
                                    .height = n->height,
                                    .header = yc_node_header(n),
                                    .status = n->status & ~YC_NODE_UNSTORED,
                                    .script_flags = s->script_flags,
                                    .tx_count = s->tx_count,
                                    .chain_tx_count = s->chain_tx_count,
                                    .sequence = (uint64_t)s->sequence,
                                    .block = n->status & YC_BLOCK_HAVE_DATA ? s->data : nowhere,
                                    .undo = n->status & YC_BLOCK_HAVE_UNDO ? s->undo : nowhere,
                                    .block_checksum = s->data_sum,
                                    .undo_checksum = s->undo_sum};
}

/* Move what is dirty into the commit. */
static enum yc_verdict take_dirty(struct yc_chain *c, struct yc_commit *k, struct yc_error *err)
{
    size_t count = c->dirty_count, cap = c->dirty_cap;
    k->count = 0;
    k->record = NULL;
    k->urgent = false;
    if (count == 0)
        return YC_VALID;
    k->record = yc_alloc_new(c->alloc, count * sizeof *k->record);
    if (!k->record)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to write %zu index records", count);
    struct yc_node **node = c->dirty;
    c->dirty = k->node;
    c->dirty_cap = k->cap;
    c->dirty_count = 0;
    k->urgent = c->dirty_urgent;
    c->dirty_urgent = false;
    k->node = node;
    k->cap = cap;
    k->count = count;
    for (size_t i = 0; i < count; i++) {
        k->record[i] = record_of(node[i]);
        node[i]->status = (node[i]->status & ~YC_NODE_DIRTY) | YC_NODE_SAVING;
    }
    return YC_VALID;
}

/* Any thread. */
static enum yc_verdict write_records(const struct yc_commit *k, struct yc_error *err)
{
    return k->count ? yc_block_index_put(&k->chain->index, k->record, k->count, true, err) : YC_VALID;
}

/* The records were written, or never will be. */
static void drop_records(struct yc_commit *k)
{
    for (size_t i = 0; i < k->count; i++)
        k->node[i]->status &= ~YC_NODE_SAVING;
    yc_alloc_free(k->chain->alloc, k->record, k->count * sizeof *k->record);
    k->record = NULL;
    k->count = 0;
}

/* ---- what waits is told ---- */

void yc_chain_tell(struct yc_chain *c, const struct yc_chain_event *e)
{
    if (c->config.listener.event)
        c->config.listener.event(c->config.listener.ctx, e);
}

static void pending_free(struct yc_chain *c, struct yc_pending *p)
{
    yc_loaded_free(c, p->loaded);
    yc_alloc_free(c->alloc, p, sizeof *p);
}

static void tell_pending(struct yc_chain *c, struct yc_pending *p)
{
    struct yc_chain_event e = {.kind = p->kind,
                               .node = p->node,
                               .body = p->loaded ? &p->loaded->body : NULL,
                               .why = p->kind == YC_CHAIN_FAILED ? &p->why : NULL,
                               .source = p->source};
    yc_chain_tell(c, &e);
    pending_free(c, p);
}

/* The line that tools read (Bitcoin Core's form). */
static void log_tip(const struct yc_chain *c, const struct yc_node *n)
{
    char hash[65], date[32] = "";
    struct tm tm;
    time_t t = (time_t)n->time;
    yc_hex_write_reversed(hash, n->hash.b, 32);
    if (gmtime_r(&t, &tm))
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm);
    struct yc_coins_usage use = yc_coins_usage(c->active->coins);
    double progress = c->best_header->height ? (double)n->height / (double)c->best_header->height : 1.0;
    yc_log_info(c->config.log,
                "UpdateTip: new best=%s height=%u version=0x%08x log2_work=%f tx=%llu date='%s' progress=%f "
                "cache=%.1fMiB(%zutxo)",
                hash, n->height, n->version, yc_u256_log2(yc_node_work(n)),
                (unsigned long long)n->stored->chain_tx_count, date, progress > 1 ? 1.0 : progress,
                (double)use.bytes / 1048576.0, use.entries);
}

static void tell_reorg(struct yc_chain *c, const struct yc_node *old, const struct yc_node *tip)
{
    const struct yc_node *fork = yc_node_fork(old, tip);
    if (old == fork)
        return;
    uint32_t depth = old->height - fork->height;
    char from[65], to[65];
    yc_hex_write_reversed(from, old->hash.b, 32);
    yc_hex_write_reversed(to, tip->hash.b, 32);
    yc_log_warning(c->config.log, "Reorganisation: %u block%s left behind, from %s (height %u) to %s (height %u)",
                   depth, depth == 1 ? "" : "s", from, old->height, to, tip->height);
    yc_chain_tell(c, &(struct yc_chain_event){.kind = YC_CHAIN_REORG, .node = tip, .fork = fork, .depth = depth});
}

/* All events of blocks have been told: what follows from them. The commit is over, so a listener may find the chain at
 * rest. */
static void tell_tip(struct yc_chain *c, const struct yc_commit *k)
{
    bool in_flight = c->active->line.first || c->tip_owed;
    if (k->old != k->tip || (k->owed && !in_flight)) {
        c->tip_owed = in_flight;
        yc_chain_tell(c, &(struct yc_chain_event){.kind = YC_CHAIN_TIP, .node = k->tip});
    } else {
        c->tip_owed |= k->owed;
    }
    tell_reorg(c, k->old, k->tip);
    if (c->headers_told != k->best_header) {
        c->headers_told = k->best_header;
        yc_chain_tell(c, &(struct yc_chain_event){.kind = YC_CHAIN_HEADERS, .node = k->best_header});
    }
}

/* One event, so that long lists of them do not hold up the core. */
static void tell_next(struct yc_chain *c)
{
    struct yc_commit *k = &c->commit;
    struct yc_pending *p = k->first;
    if (p) {
        k->first = p->next;
        tell_pending(c, p);
        return;
    }
    struct yc_commit told = *k;
    k->stage = YC_COMMIT_NONE;
    if (told.tip)
        tell_tip(c, &told);
}

/* ---- a commit's way ---- */

/* On a thread of the store. */
static void run_commit(void *job)
{
    struct yc_commit *k = job;
    struct yc_crew *crew = &k->chain->crew;
    k->verdict = k->files_written ? yc_blockfiles_sync_run(&k->files, &k->err) : YC_VALID;
    if (k->verdict == YC_VALID)
        k->verdict = write_records(k, &k->err);
    /* From here on it is core's again. */
    atomic_store_explicit(&k->done, true, memory_order_release);
    yc_crew_tell(crew);
}

static enum yc_verdict begin(struct yc_chain *c, bool publishes)
{
    struct yc_commit *k = &c->commit;
    struct yc_error err;
    YC_ASSERT(k->stage == YC_COMMIT_NONE);
    if (take_dirty(c, k, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    k->files_written = yc_blockfiles_sync_begin(c->files, &k->files);
    k->first = c->pending_first;
    c->pending_first = c->pending_last = NULL;
    c->pending_bytes = 0;
    k->tip = publishes ? c->active->tip : NULL;
    k->best_header = c->best_header;
    k->validated = c->background ? c->background->tip : NULL;
    k->owed = publishes && c->tip_owed;
    c->tip_owed &= !publishes;
    k->stage = YC_COMMIT_WRITES;
    k->due_us = 0;
    atomic_store(&k->done, false);
    if (!k->files_written && k->count == 0)
        run_commit(k);
    else if (c->config.disk_latency_us && yc_workers_count(k->group.workers) == 0)
        k->due_us = yc_mono_us(c->config.clock) + c->config.disk_latency_us;
    else
        yc_workers_submit(&k->group, run_commit, k);
    return YC_VALID;
}

/* The disk has answered. */
static enum yc_verdict commit_back(struct yc_commit *k, struct yc_error *err)
{
    yc_blockfiles_sync_end(&k->files, k->verdict);
    drop_records(k);
    k->stage = YC_COMMIT_TELLS;
    if (k->verdict != YC_VALID)
        *err = k->err;
    return k->verdict;
}

static enum yc_verdict publish(struct yc_chain *c)
{
    struct yc_commit *k = &c->commit;
    struct yc_error err;
    if (commit_back(k, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    if (c->background && k->validated)
        atomic_store(&c->validated, k->validated);
    if (!k->tip)
        return YC_VALID;
    k->old = atomic_load(&c->published);
    atomic_store(&c->published, k->tip);
    if (k->old != k->tip)
        log_tip(c, k->tip);
    return YC_VALID;
}

void yc_commit_init(struct yc_chain *c)
{
    const struct yc_chain_config *config = &c->config;
    c->commit.chain = c;
    yc_work_group_init(&c->commit.group, config->store_workers ? config->store_workers : config->workers);
}

enum yc_verdict yc_commit_end(struct yc_chain *c, struct yc_error *err)
{
    struct yc_commit *k = &c->commit;
    /* In any case: a worker that has said that it is done is not yet out of the group. */
    yc_workers_wait(&k->group);
    if (k->stage != YC_COMMIT_WRITES)
        return YC_VALID;
    if (!atomic_load(&k->done))
        run_commit(k);
    return commit_back(k, err);
}

static void free_list(struct yc_chain *c, struct yc_pending *first)
{
    for (struct yc_pending *p = first, *next; p; p = next) {
        next = p->next;
        pending_free(c, p);
    }
}

void yc_commit_release(struct yc_chain *c)
{
    struct yc_commit *k = &c->commit;
    struct yc_error ignored; /* the chain has failed, or was flushed already */
    yc_ignore(yc_commit_end(c, &ignored));
    free_list(c, k->first);
    free_list(c, c->pending_first);
    yc_alloc_free(c->alloc, k->node, k->cap * sizeof *k->node);
}

enum yc_verdict yc_write_dirty(struct yc_chain *c, struct yc_error *err)
{
    struct yc_commit *k = &c->commit;
    YC_ASSERT(k->stage != YC_COMMIT_WRITES);
    enum yc_verdict v = take_dirty(c, k, err);
    if (v == YC_VALID)
        v = write_records(k, err);
    drop_records(k);
    return v;
}

enum yc_verdict yc_make_durable(struct yc_chain *c)
{
    struct yc_error err;
    if (yc_blockfiles_sync(c->files, &err) != YC_VALID || yc_write_dirty(c, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    return YC_VALID;
}

/* ---- when ---- */

enum yc_verdict yc_commit(struct yc_chain *c)
{
    return begin(c, true);
}

enum yc_verdict yc_commit_some(struct yc_chain *c)
{
    const struct yc_node *shown = atomic_load(&c->published);
    /* In the middle of a reorganisation the coins stand at a tip of less work: nobody is to build on that. */
    return begin(c, yc_node_failed(shown) || yc_node_work_compare(c->active->tip, shown) >= 0);
}

enum yc_verdict yc_commit_go_on(struct yc_chain *c)
{
    struct yc_commit *k = &c->commit;
    if (k->stage == YC_COMMIT_TELLS) {
        tell_next(c);
        return YC_VALID;
    }
    if (k->stage == YC_COMMIT_NONE)
        return YC_NOT_YET;
    if (k->due_us && yc_mono_us(c->config.clock) >= k->due_us) {
        k->due_us = 0;
        run_commit(k);
    }
    return atomic_load_explicit(&k->done, memory_order_acquire) ? publish(c) : YC_NOT_YET;
}

bool yc_commit_due(const struct yc_chain *c)
{
    if (!c->pending_first || c->commit.stage != YC_COMMIT_NONE)
        return false;
    return c->pending_bytes >= COMMIT_BYTES_MAX || yc_mono_us(c->config.clock) - c->pending_since_us >= COMMIT_WAIT_US;
}

bool yc_commit_is_behind(const struct yc_chain *c)
{
    return c->commit.stage != YC_COMMIT_NONE && c->pending_bytes >= COMMIT_BYTES_MAX;
}

bool yc_commit_rests(const struct yc_chain *c)
{
    const struct yc_commit *k = &c->commit;
    return k->stage == YC_COMMIT_NONE ||
           (k->stage == YC_COMMIT_WRITES && !k->first && !k->owed && (!k->tip || k->tip == atomic_load(&c->published)));
}

bool yc_all_is_durable(const struct yc_chain *c)
{
    return !c->pending_first && !c->dirty_count && c->commit.stage == YC_COMMIT_NONE;
}

bool yc_nothing_urgent_waits(const struct yc_chain *c)
{
    return !c->pending_first && !c->dirty_urgent &&
           (c->commit.stage == YC_COMMIT_NONE || (yc_commit_rests(c) && !c->commit.urgent));
}

int64_t yc_chain_deadline_us(const struct yc_chain *c)
{
    const struct yc_commit *k = &c->commit;
    return k->stage == YC_COMMIT_WRITES && k->due_us ? k->due_us : INT64_MAX;
}
