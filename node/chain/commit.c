/* Making things durable, in the order that a crash at any instant leaves a state to go on from: block files, then the
 * index that points into them, then the publication of the tip and the events; the coins follow later, in a flush. */
#include "node/chain/internal.h"

#include <stdio.h>
#include <time.h>

/* Group commit during sync: at most so much waits for the disk, and no longer than this. */
#define COMMIT_BYTES_MAX (UINT32_C(8) << 20)

/* The coins may lag behind the tip by at most this much, so that a start after a crash brings them forward in seconds.
 * Scripts are not run again then. */
#define FLUSH_LAG_BYTES_MAX  (UINT64_C(192) << 20)
#define FLUSH_LAG_BLOCKS_MAX 20000

enum yc_verdict yc_pending_add(struct yc_chain *c, enum yc_chain_event_kind kind, struct yc_node *n,
                               struct yc_loaded *l, const struct yc_reject *why, uint64_t source)
{
    struct yc_pending *p = yc_alloc_new(c->alloc, sizeof *p);
    if (!p) {
        yc_loaded_free(c, l);
        return YC_SYSTEM;
    }
    *p = (struct yc_pending){.kind = kind, .node = n, .loaded = l, .source = source};
    if (why)
        p->why = *why;
    if (c->pending_last)
        c->pending_last->next = p;
    else
        c->pending_first = p;
    c->pending_last = p;
    c->pending_bytes += l ? l->raw_n : 0;
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

enum yc_verdict yc_write_dirty(struct yc_chain *c, struct yc_error *err)
{
    if (c->dirty_count == 0)
        return YC_VALID;
    size_t bytes = c->dirty_count * sizeof(struct yc_block_record);
    struct yc_block_record *records = yc_alloc_new(c->alloc, bytes);
    if (!records)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory to write %zu index records", c->dirty_count);
    for (size_t i = 0; i < c->dirty_count; i++)
        records[i] = record_of(c->dirty[i]);
    enum yc_verdict v = yc_block_index_put(&c->index, records, c->dirty_count, true, err);
    yc_alloc_free(c->alloc, records, bytes);
    if (v != YC_VALID)
        return v;
    for (size_t i = 0; i < c->dirty_count; i++)
        c->dirty[i]->status &= ~YC_NODE_DIRTY;
    c->dirty_count = 0;
    return YC_VALID;
}

void yc_chain_tell(struct yc_chain *c, const struct yc_chain_event *e)
{
    if (c->config.listener.event)
        c->config.listener.event(c->config.listener.ctx, e);
}

static void deliver_pending(struct yc_chain *c)
{
    while (c->pending_first) {
        struct yc_pending *p = c->pending_first;
        struct yc_chain_event e = {.kind = p->kind,
                                   .node = p->node,
                                   .body = p->loaded ? &p->loaded->body : NULL,
                                   .why = p->kind == YC_CHAIN_FAILED ? &p->why : NULL,
                                   .source = p->source};
        c->pending_first = p->next;
        if (!c->pending_first)
            c->pending_last = NULL;
        yc_chain_tell(c, &e);
        c->pending_bytes -= p->loaded ? p->loaded->raw_n : 0;
        yc_loaded_free(c, p->loaded);
        yc_alloc_free(c->alloc, p, sizeof *p);
    }
}

/* The line that tools read (Bitcoin Core's form). */
static void log_tip(const struct yc_chain *c)
{
    const struct yc_node *n = c->active->tip;
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

static enum yc_verdict make_durable(struct yc_chain *c)
{
    struct yc_error err;
    if (yc_blockfiles_sync(c->files, &err) != YC_VALID || yc_write_dirty(c, &err) != YC_VALID)
        return yc_chain_fail(c, &err);
    return YC_VALID;
}

enum yc_verdict yc_commit_some(struct yc_chain *c)
{
    const struct yc_node *shown = atomic_load(&c->published);
    /* In the middle of a reorganisation the coins stand at a tip of less work: nobody is to build on that. */
    if (yc_node_failed(shown) || yc_node_work_compare(c->active->tip, shown) >= 0)
        return yc_commit(c);
    if (make_durable(c) != YC_VALID)
        return YC_SYSTEM;
    deliver_pending(c);
    return YC_VALID;
}

enum yc_verdict yc_commit(struct yc_chain *c)
{
    if (make_durable(c) != YC_VALID)
        return YC_SYSTEM;
    struct yc_node *old = atomic_load(&c->published);
    const struct yc_node *fork = yc_node_fork(old, c->active->tip);
    atomic_store(&c->published, c->active->tip);
    if (old != c->active->tip)
        log_tip(c);
    deliver_pending(c);
    bool owed = c->tip_owed && !c->active->line.first;
    if (old != c->active->tip || owed) {
        c->tip_owed = c->active->line.first;
        yc_chain_tell(c, &(struct yc_chain_event){.kind = YC_CHAIN_TIP, .node = c->active->tip});
    }
    if (old != fork) {
        uint32_t depth = old->height - fork->height;
        char from[65], to[65];
        yc_hex_write_reversed(from, old->hash.b, 32);
        yc_hex_write_reversed(to, c->active->tip->hash.b, 32);
        yc_log_warning(c->config.log, "Reorganisation: %u block%s left behind, from %s (height %u) to %s (height %u)",
                       depth, depth == 1 ? "" : "s", from, old->height, to, c->active->tip->height);
        yc_chain_tell(
            c, &(struct yc_chain_event){.kind = YC_CHAIN_REORG, .node = c->active->tip, .fork = fork, .depth = depth});
    }
    if (c->headers_told != c->best_header) {
        c->headers_told = c->best_header;
        yc_chain_tell(c, &(struct yc_chain_event){.kind = YC_CHAIN_HEADERS, .node = c->best_header});
    }
    return YC_VALID;
}

bool yc_commit_due(const struct yc_chain *c)
{
    if (!c->pending_first)
        return false;
    return c->pending_bytes >= COMMIT_BYTES_MAX || yc_mono_us(c->config.clock) - c->pending_since_us >= 1000000;
}

/* An empty cache is never full, however small its share: flushing it again would not help. */
static bool cache_is_full(const struct yc_chainstate *s)
{
    struct yc_coins_usage use = yc_coins_usage(s->coins);
    return use.entries > 0 && use.bytes > s->cache_bytes;
}

bool yc_flush_due(const struct yc_chainstate *s)
{
    uint32_t given = s->chain->config.flush_lag_blocks_max, lag = given ? given : FLUSH_LAG_BLOCKS_MAX;
    return s->flush_wanted || s->flush_bytes >= FLUSH_LAG_BYTES_MAX || s->flush_blocks >= lag || cache_is_full(s);
}

void yc_note_flushed(struct yc_chainstate *s)
{
    s->flushing = s->flush_wanted = false;
    s->flush_blocks = 0;
    s->flush_bytes = 0;
}

enum yc_verdict yc_flush_some(struct yc_chainstate *s)
{
    struct yc_error err;
    bool done = false;
    if (!s->flushing) {
        /* Forgetting the cache only when it has outgrown its share keeps recent coins warm. */
        yc_coins_flush_begin(s->coins, cache_is_full(s));
        s->flushing = true;
    }
    if (yc_coins_flush_step(s->coins, &done, &err) != YC_VALID)
        return yc_chain_fail(s->chain, &err);
    if (done)
        yc_note_flushed(s);
    return YC_VALID;
}
