/* Scripts that need not run again: those of the pool, and of the last transactions that left it (most of them into a
 * block that may leave the chain again). The key is the wtxid, which commits to the witness and, through the ids of what
 * is spent, to the spent outputs; and the flags must be exactly those that were run under (catalogue C37, C38). What
 * lanes alone have judged is not known. */
#include "node/mempool/pool.h"

#define REMEMBERED_MAX 32768

bool yc_pool_scripts_known(const struct yc_pool *p, const struct yc_wtxid *wtxid, uint32_t flags)
{
    const struct yc_pool_node *const *n = yc_map_get(&p->by_wtxid, wtxid);
    if (n)
        return (*n)->script_flags == flags && !(*n)->e.by_lanes;
    const uint32_t *remembered = yc_map_get(&p->verified.flags, wtxid);
    return remembered && *remembered == flags;
}

static bool known(void *ctx, const struct yc_wtxid *wtxid, uint32_t flags)
{
    return yc_pool_scripts_known(ctx, wtxid, flags);
}

struct yc_known_scripts yc_pool_known_scripts(struct yc_pool *p)
{
    return (struct yc_known_scripts){known, p};
}

/* Without memory nothing is remembered: the scripts run again. */
void yc_pool_verified_add(struct yc_pool *p, const struct yc_wtxid *wtxid, uint32_t flags)
{
    struct yc_pool_verified *v = &p->verified;
    bool is_new;
    if (!v->ring)
        v->ring = yc_alloc_new(p->config.alloc, REMEMBERED_MAX * sizeof *v->ring);
    if (!v->ring)
        return;
    uint32_t *at = yc_map_put(&v->flags, wtxid, &is_new);
    if (!at)
        return;
    *at = flags;
    if (!is_new)
        return;
    if (v->count == REMEMBERED_MAX)
        (void)yc_map_remove(&v->flags, &v->ring[v->next]);
    else
        v->count++;
    v->ring[v->next] = *wtxid;
    v->next = (v->next + 1) % REMEMBERED_MAX;
}

void yc_pool_verified_init(struct yc_pool *p, struct yc_siphash_key seed)
{
    yc_map_init(&p->verified.flags, p->config.alloc, sizeof(struct yc_wtxid), sizeof(uint32_t), seed);
}

void yc_pool_verified_release(struct yc_pool *p)
{
    yc_map_release(&p->verified.flags);
    yc_alloc_free(p->config.alloc, p->verified.ring, REMEMBERED_MAX * sizeof *p->verified.ring);
}
