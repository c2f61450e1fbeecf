/* When the coins are written to their store, and how: once what they rest on is durable, and no later than a start after a
 * crash can make up for in seconds. A thread of the store does it, sorting and all, while core serves peers and calls; no block
 * is connected and no coin looked up meanwhile. */
#include "node/chain/internal.h"

#include "base/assert.h"

/* The coins may lag behind the tip by at most this much, so that a start after a crash brings them forward in seconds.
 * Scripts are not run again then. */
#define FLUSH_LAG_BYTES_MAX  (UINT64_C(384) << 20)
#define FLUSH_LAG_BLOCKS_MAX 20000

/* An empty cache is never full, however small its share: flushing it again would not help. */
static bool cache_is_full(const struct yc_chainstate *s)
{
    struct yc_coins_usage use = yc_coins_usage(s->coins);
    return use.entries > 0 && use.bytes > s->cache_bytes;
}

bool yc_flush_due(const struct yc_chainstate *s)
{
    if (s->flush.running)
        return true;
    uint32_t given = s->chain->config.flush_lag_blocks_max, lag = given ? given : FLUSH_LAG_BLOCKS_MAX;
    return s->flush_wanted || s->flush_bytes >= FLUSH_LAG_BYTES_MAX || s->flush_blocks >= lag || cache_is_full(s);
}

/* What a flush cost the disk, the store's own rewriting since the last one included, and how the store grows. */
static void tell_flush(struct yc_chainstate *s)
{
    struct yc_flush *f = &s->flush;
    uint64_t written = s->kv->written_bytes(s->kv->ctx);
    uint64_t stored = s->kv->approximate_bytes(s->kv->ctx, yc_view("C", 1), yc_view("D", 1));
    double delta = (double)written - (double)f->told_written, blocks = s->flush_blocks;
    struct yc_coins_usage use = yc_coins_usage(s->coins);
    yc_log_info(
        s->chain->config.log,
        "Coins written up to height %u: %.1f MB for %u blocks, %.1f kB each; the store holds %.1f MB (%+.1f MB), the "
        "cache %zu coins in %.1f MB",
        s->tip->height, delta / 1e6, s->flush_blocks, delta / 1e3 / blocks, (double)stored / 1e6,
        ((double)stored - (double)f->told_stored) / 1e6, use.entries, (double)use.bytes / 1e6);
    f->told_written = written;
    f->told_stored = stored;
}

void yc_note_flushed(struct yc_chainstate *s)
{
    if (s->flush_blocks > 0)
        tell_flush(s);
    s->flush_wanted = false;
    s->flush_blocks = 0;
    s->flush_bytes = 0;
}

/* On a thread of the store: the coins are its own until it is done. */
static void run_flush(void *job)
{
    struct yc_chainstate *s = job;
    struct yc_flush *f = &s->flush;
    bool done = false;
    f->verdict = YC_VALID;
    while (f->verdict == YC_VALID && !done)
        f->verdict = yc_coins_flush_step(s->coins, &done, &f->err);
    struct yc_crew *crew = &s->chain->crew;
    atomic_store_explicit(&f->done, true, memory_order_release);
    yc_crew_tell(crew);
}

static enum yc_verdict flush_back(struct yc_chainstate *s, struct yc_error *err)
{
    struct yc_flush *f = &s->flush;
    f->running = false;
    if (f->verdict == YC_VALID)
        yc_note_flushed(s);
    else
        *err = f->err;
    return f->verdict;
}

void yc_flush_init(struct yc_chainstate *s)
{
    const struct yc_chain_config *config = &s->chain->config;
    yc_work_group_init(&s->flush.group, config->store_workers ? config->store_workers : config->workers);
}

void yc_flush_begin(struct yc_chainstate *s)
{
    struct yc_flush *f = &s->flush;
    YC_ASSERT(!f->running && !s->line.first);
    yc_inputs_clear(s);
    /* What bodies were kept in is the store's meanwhile. */
    yc_loaded_free_spare(s->chain);
    /* Forgetting the cache only when it has outgrown its share keeps recent coins warm. */
    yc_coins_flush_begin(s->coins, cache_is_full(s));
    f->running = true;
    atomic_store(&f->done, false);
    yc_workers_submit(&f->group, run_flush, s);
}

enum yc_verdict yc_flush_go_on(struct yc_chainstate *s)
{
    struct yc_error err;
    if (!atomic_load_explicit(&s->flush.done, memory_order_acquire))
        return YC_NOT_YET;
    return flush_back(s, &err) == YC_VALID ? YC_VALID : yc_chain_fail(s->chain, &err);
}

enum yc_verdict yc_flush_end(struct yc_chainstate *s, struct yc_error *err)
{
    /* In any case: a worker that has said that it is done is not yet out of the group. */
    yc_workers_wait(&s->flush.group);
    return s->flush.running ? flush_back(s, err) : YC_VALID;
}
