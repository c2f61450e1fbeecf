#include "net/relay/recent.h"

void yc_recent_init(struct yc_recent *r, const struct yc_alloc *alloc, size_t key_bytes, size_t max,
                    struct yc_siphash_key seed)
{
    yc_map_init(&r->young, alloc, key_bytes, 0, seed);
    yc_map_init(&r->old, alloc, key_bytes, 0, seed);
    r->max = max;
}

void yc_recent_release(struct yc_recent *r)
{
    yc_map_release(&r->young);
    yc_map_release(&r->old);
}

void yc_recent_clear(struct yc_recent *r)
{
    yc_map_clear(&r->young);
    yc_map_clear(&r->old);
}

void yc_recent_add(struct yc_recent *r, const void *key)
{
    if (r->young.count >= r->max) {
        struct yc_map empty = r->old;
        yc_map_clear(&empty);
        r->old = r->young;
        r->young = empty;
    }
    if (!yc_map_put(&r->young, key, NULL))
        return;
}

bool yc_recent_has(const struct yc_recent *r, const void *key)
{
    return yc_map_get(&r->young, key) || yc_map_get(&r->old, key);
}
