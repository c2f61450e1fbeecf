/* What blocks have changed, written down while they do so, so that they can be undone exactly: the block that is open, and
 * those that are held because their scripts are still being checked. */
#include "base/assert.h"
#include "node/store/coins_internal.h"

/* The log of the open block: it comes behind those of the held ones. */
static struct coin_log *open_log(struct yc_coins_cache *c)
{
    return &c->log[(c->log_first + c->held) % LOGS];
}

bool coins_log_reserve(struct yc_coins_cache *c)
{
    struct coin_log *l = open_log(c);
    if (l->count < l->room)
        return true;
    size_t room = l->room ? l->room * 2 : 1024;
    void *p = yc_alloc_resize(c->options.alloc, l->change, l->room * sizeof l->change[0], room * sizeof l->change[0]);
    if (!p)
        return false;
    c->log_bytes += (room - l->room) * sizeof l->change[0];
    l->change = (struct coin_change *)p;
    l->room = room;
    return true;
}

void coins_log_release(struct yc_coins_cache *c)
{
    for (struct coin_log *l = c->log; l < c->log + LOGS; l++)
        yc_alloc_free(c->options.alloc, l->change, l->room * sizeof l->change[0]);
}

static bool is_dirty(const struct yc_coins_cache *c, coin_ref ref)
{
    return ref && coin_slabs_at(&c->slabs, ref)->flags & COIN_DIRTY;
}

/* Let the outpoint of the tag have `to` instead of `from`; slot is where from is, NULL when from is 0. */
static void replace(struct yc_coins_cache *c, struct coin_slot *slot, uint32_t tag, coin_ref from, coin_ref to)
{
    c->dirty -= is_dirty(c, from);
    c->dirty += is_dirty(c, to);
    if (!slot)
        coin_table_insert(&c->table, tag, to);
    else if (to)
        slot->ref = to;
    else
        coin_table_remove(&c->table, slot);
}

void coins_log_change(struct yc_coins_cache *c, struct coin_slot *slot, uint32_t tag, coin_ref to)
{
    struct coin_log *l = open_log(c);
    coin_ref from = slot ? slot->ref : 0;
    l->change[l->count++] = (struct coin_change){tag, from, to};
    l->removed += to == 0;
    c->removed += to == 0;
    replace(c, slot, tag, from, to);
}

/* The log is over; its memory is kept for another block. */
static void clear(struct yc_coins_cache *c, struct coin_log *l)
{
    c->removed -= l->removed;
    l->count = l->removed = 0;
}

void yc_coins_block_begin(struct yc_coins_cache *c, struct yc_arena *arena)
{
    YC_ASSERT(arena && !c->arena && !c->flush.running && c->held < YC_COINS_HELD_MAX);
    c->arena = arena;
    open_log(c)->best_before = c->best;
}

void yc_coins_block_hold(struct yc_coins_cache *c, const struct yc_block_hash *best)
{
    YC_ASSERT(c->arena);
    c->arena = NULL;
    c->best = *best;
    c->held++;
}

void yc_coins_block_settle(struct yc_coins_cache *c)
{
    YC_ASSERT(c->held > 0 && !c->arena);
    struct coin_log *l = &c->log[c->log_first];
    for (size_t i = 0; i < l->count; i++)
        if (l->change[i].before)
            coin_slabs_give(&c->slabs, l->change[i].before);
    clear(c, l);
    /* The last one's memory serves the next block: the ring turns only as far as blocks are held. */
    if (--c->held > 0)
        c->log_first = (c->log_first + 1) % LOGS;
}

void yc_coins_block_commit(struct yc_coins_cache *c, const struct yc_block_hash *best)
{
    YC_ASSERT(c->held == 0);
    yc_coins_block_hold(c, best);
    yc_coins_block_settle(c);
}

void yc_coins_block_rollback(struct yc_coins_cache *c)
{
    YC_ASSERT(c->arena || c->held > 0);
    if (!c->arena)
        c->held--;
    c->arena = NULL;
    struct coin_log *log = open_log(c);
    for (size_t i = log->count; i-- > 0;) {
        const struct coin_change *l = &log->change[i];
        replace(c, l->after ? coin_table_find_ref(&c->table, l->tag, l->after) : NULL, l->tag, l->after, l->before);
        if (l->after)
            coin_slabs_give(&c->slabs, l->after);
    }
    c->best = log->best_before;
    clear(c, log);
}

size_t yc_coins_held(const struct yc_coins_cache *c)
{
    return c->held;
}
