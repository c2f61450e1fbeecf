/* Stores by name, as an interface: where the coins are kept, of which there may be two sets for a while. What is open
 * belongs to the shelf and is closed with it, or when it is removed. One thread.
 *
 * shelf_leveldb.h is the real one: folders side by side. */
#ifndef YC_NODE_STORE_SHELF_H
#define YC_NODE_STORE_SHELF_H

#include "node/store/kv.h"

struct yc_kv_shelf {
    /* The store of that name, opened unless it is open; with make it is made where there is none. YC_NOT_YET: there is
     * none. */
    enum yc_verdict (*open)(void *ctx, const char *name, bool make, const struct yc_kv **out, struct yc_error *err);
    /* Close it, which nobody uses any more, and remove it: a crash leaves the whole store or none. None is fine. */
    enum yc_verdict (*remove)(void *ctx, const char *name, struct yc_error *err);
    /* Close the store `from`, which nobody uses any more, and give it the name `to`, durably, in place of what had it. */
    enum yc_verdict (*rename)(void *ctx, const char *from, const char *to, struct yc_error *err);
    void *ctx;
};

#endif
