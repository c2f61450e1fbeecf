#include "node/store/shelf_leveldb.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

#define PATH_BYTES 4096

static enum yc_verdict path_of(const struct yc_shelf_leveldb *s, const char *name, char out[PATH_BYTES],
                               struct yc_error *err)
{
    int n = snprintf(out, PATH_BYTES, "%s/%s", s->folder, name);
    return n > 0 && n < PATH_BYTES ? YC_VALID
                                   : yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                                             "the path of the store %s is too long: use a shorter -datadir", name);
}

/* The place of the name among the stores, or of one that is free. */
static size_t place_of(const struct yc_shelf_leveldb *s, const char *name)
{
    size_t free_one = YC_SHELF_STORES_MAX;
    for (size_t i = 0; i < YC_SHELF_STORES_MAX; i++) {
        if (s->store[i].open && !strcmp(s->store[i].name, name))
            return i;
        if (!s->store[i].open && free_one == YC_SHELF_STORES_MAX)
            free_one = i;
    }
    YC_ASSERT(free_one < YC_SHELF_STORES_MAX);
    return free_one;
}

static void close_one(struct yc_shelf_leveldb *s, const char *name)
{
    size_t i = place_of(s, name);
    if (s->store[i].open)
        s->store[i].kv.close(s->store[i].kv.ctx);
    s->store[i].open = false;
}

static enum yc_verdict shelf_open(void *ctx, const char *name, bool make, const struct yc_kv **out,
                                  struct yc_error *err)
{
    struct yc_shelf_leveldb *s = (struct yc_shelf_leveldb *)ctx;
    char path[PATH_BYTES];
    size_t i = place_of(s, name);
    *out = &s->store[i].kv;
    if (s->store[i].open)
        return YC_VALID;
    YC_ASSERT(strlen(name) < YC_SHELF_NAME_MAX);
    enum yc_verdict v = path_of(s, name, path, err);
    if (v == YC_VALID && !make)
        v = s->fs->exists(s->fs->ctx, path, err);
    if (v != YC_VALID)
        return v;
    yc_log_info(s->log, "Opening LevelDB in %s", path);
    v = yc_kv_leveldb_open(&s->store[i].kv, s->alloc, s->fs, path, &s->options, err);
    if (v != YC_VALID)
        return v;
    s->store[i].open = true;
    memcpy(s->store[i].name, name, strlen(name) + 1);
    return YC_VALID;
}

static enum yc_verdict shelf_remove(void *ctx, const char *name, struct yc_error *err)
{
    struct yc_shelf_leveldb *s = (struct yc_shelf_leveldb *)ctx;
    char path[PATH_BYTES];
    enum yc_verdict v = path_of(s, name, path, err);
    if (v != YC_VALID)
        return v;
    close_one(s, name);
    yc_log_info(s->log, "Wiping LevelDB in %s", path);
    return yc_kv_leveldb_destroy(s->fs, path, err);
}

static enum yc_verdict shelf_rename(void *ctx, const char *from, const char *to, struct yc_error *err)
{
    struct yc_shelf_leveldb *s = (struct yc_shelf_leveldb *)ctx;
    char old[PATH_BYTES], new[PATH_BYTES];
    enum yc_verdict v = path_of(s, from, old, err);
    if (v == YC_VALID)
        v = path_of(s, to, new, err);
    if (v != YC_VALID)
        return v;
    close_one(s, from);
    close_one(s, to);
    v = yc_kv_leveldb_destroy(s->fs, new, err);
    if (v == YC_VALID)
        v = s->fs->rename(s->fs->ctx, old, new, err);
    return v == YC_VALID ? s->fs->sync_dir(s->fs->ctx, s->folder, err) : v;
}

void yc_shelf_leveldb_init(struct yc_shelf_leveldb *s, const struct yc_alloc *alloc, const struct yc_fs *fs,
                           const struct yc_log *log, const char *folder, const struct yc_kv_leveldb_options *options)
{
    *s = (struct yc_shelf_leveldb){.shelf = {shelf_open, shelf_remove, shelf_rename, s},
                                   .alloc = alloc,
                                   .fs = fs,
                                   .log = log,
                                   .folder = folder,
                                   .options = *options};
}

void yc_shelf_leveldb_close(struct yc_shelf_leveldb *s)
{
    for (size_t i = 0; i < YC_SHELF_STORES_MAX; i++) {
        if (s->store[i].open)
            s->store[i].kv.close(s->store[i].kv.ctx);
        s->store[i].open = false;
    }
}
