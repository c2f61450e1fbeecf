/* Stores by name on LevelDB: folders side by side in one. */
#ifndef YC_NODE_STORE_SHELF_LEVELDB_H
#define YC_NODE_STORE_SHELF_LEVELDB_H

#include "base/log.h"
#include "node/store/kv_leveldb.h"
#include "node/store/shelf.h"

#define YC_SHELF_STORES_MAX 4
#define YC_SHELF_NAME_MAX   48 /* bytes of a name, its end included */

struct yc_shelf_leveldb {
    struct yc_kv_shelf shelf; /* what to hand on; its ctx is this struct, which therefore must not move */
    const struct yc_alloc *alloc;
    const struct yc_fs *fs;
    const struct yc_log *log;
    const char *folder;
    struct yc_kv_leveldb_options options;
    struct {
        char name[YC_SHELF_NAME_MAX];
        bool open;
        struct yc_kv kv;
    } store[YC_SHELF_STORES_MAX];
};

/** Nothing is opened yet. All pointers are borrowed for its life; fs must be the process's real files. */
void yc_shelf_leveldb_init(struct yc_shelf_leveldb *s, const struct yc_alloc *alloc, const struct yc_fs *fs,
                           const struct yc_log *log, const char *folder, const struct yc_kv_leveldb_options *options);
/** Close what is open. */
void yc_shelf_leveldb_close(struct yc_shelf_leveldb *s);

#endif
