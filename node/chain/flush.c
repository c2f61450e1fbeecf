/* When the coins are written to their store, and how: once what they rest on is durable, and no later than a start after a
 * crash can make up for in seconds. */
#include "node/chain/internal.h"

/* The coins may lag behind the tip by at most this much, so that a start after a crash brings them forward in seconds.
 * Scripts are not run again then. */
#define FLUSH_LAG_BYTES_MAX  (UINT64_C(192) << 20)
#define FLUSH_LAG_BLOCKS_MAX 20000

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
