#include "node/store/kv_leveldb.h"

#include "node/store/folder.h"

#include <leveldb/c.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES_MAX 4096

struct store {
    const struct yc_alloc *alloc;
    leveldb_t *db;
    leveldb_options_t *options;
    leveldb_cache_t *cache;
    leveldb_filterpolicy_t *filter;
    leveldb_readoptions_t *read;
    leveldb_readoptions_t *scan;
    leveldb_writeoptions_t *write_sync, *write_nosync;
    _Atomic uint64_t logged_bytes; /* of batches */
    size_t path_bytes;
    char path[];
};

struct yc_kv_cursor {
    leveldb_iterator_t *it;
    bool started;
};

/* Turn LevelDB's message into a verdict. The C interface gives text only: a status that says "Corruption" or, for a file
 * that its own records name but that is not there, "missing files" is corruption; else it is the disk. */
static enum yc_verdict fail(const char *path, const char *doing, char *message, struct yc_error *err)
{
    enum yc_system which = YC_SYSTEM_IO;
    const char *way_out = "check the disk and its permissions, then start again";
    if (strstr(message, "Corruption") || strstr(message, "missing files") || strstr(message, ".ldb: No such file")) {
        which = YC_SYSTEM_CORRUPT;
        way_out = "restore the folder from a backup, or start with -reindex to build it anew";
    } else if (strstr(message, "No space left") || strstr(message, "quota exceeded")) {
        which = YC_SYSTEM_FULL;
        way_out = "make room on the disk, then start again";
    } else if (strstr(message, "/LOCK")) {
        way_out = "another process holds it, is a second node running on this data directory?";
    }
    enum yc_verdict v = yc_fail(err, YC_SYSTEM, which, "%s: cannot %s: %s: %s", path, doing, message, way_out);
    leveldb_free(message);
    return v;
}

static enum yc_verdict store_get(void *ctx, struct yc_view key, struct yc_buf *value, struct yc_error *err)
{
    struct store *s = (struct store *)ctx;
    char *message = NULL;
    size_t n = 0;
    char *found = leveldb_get(s->db, s->read, (const char *)key.p, key.n, &n, &message);
    if (message)
        return fail(s->path, "read", message, err);
    if (!found)
        return YC_NOT_YET;
    yc_buf_clear(value);
    yc_buf_append(value, found, n);
    leveldb_free(found);
    if (value->failed)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory for a value of %zu bytes", s->path, n);
    return YC_VALID;
}

static enum yc_verdict store_write(void *ctx, const struct yc_kv_batch *b, bool sync, struct yc_error *err)
{
    struct store *s = (struct store *)ctx;
    if (b->ops.failed)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory for a batch of %zu changes", s->path, b->count);
    leveldb_writebatch_t *batch = leveldb_writebatch_create();
    struct yc_kv_change change;
    for (size_t at = 0; yc_kv_batch_next(b, &at, &change);) {
        if (change.put)
            leveldb_writebatch_put(batch, (const char *)change.key.p, change.key.n,
                                   change.value.n ? (const char *)change.value.p : "", change.value.n);
        else
            leveldb_writebatch_delete(batch, (const char *)change.key.p, change.key.n);
    }
    char *message = NULL;
    leveldb_write(s->db, sync ? s->write_sync : s->write_nosync, batch, &message);
    leveldb_writebatch_destroy(batch);
    atomic_fetch_add_explicit(&s->logged_bytes, b->ops.n, memory_order_relaxed);
    return message ? fail(s->path, "write", message, err) : YC_VALID;
}

static enum yc_verdict cursor_open(void *ctx, struct yc_kv_cursor **out, struct yc_view from, struct yc_error *err)
{
    struct store *s = (struct store *)ctx;
    struct yc_kv_cursor *c = (struct yc_kv_cursor *)yc_alloc_new(s->alloc, sizeof *c);
    if (!c)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory for a cursor", s->path);
    c->it = leveldb_create_iterator(s->db, s->scan);
    c->started = false;
    if (from.n)
        leveldb_iter_seek(c->it, (const char *)from.p, from.n);
    else
        leveldb_iter_seek_to_first(c->it);
    *out = c;
    return YC_VALID;
}

static enum yc_verdict cursor_next(void *ctx, struct yc_kv_cursor *c, struct yc_view *key, struct yc_view *value,
                                   struct yc_error *err)
{
    struct store *s = (struct store *)ctx;
    if (c->started && leveldb_iter_valid(c->it))
        leveldb_iter_next(c->it);
    c->started = true;
    /* An iterator skips a block that it cannot read and goes on behind it: ask for the error at every step, or the
     * coins of that block would silently be missing. */
    char *message = NULL;
    leveldb_iter_get_error(c->it, &message);
    if (message)
        return fail(s->path, "read", message, err);
    if (!leveldb_iter_valid(c->it))
        return YC_NOT_YET;
    const char *p = leveldb_iter_key(c->it, &key->n);
    key->p = (const uint8_t *)p;
    p = leveldb_iter_value(c->it, &value->n);
    value->p = (const uint8_t *)p;
    return YC_VALID;
}

static void cursor_close(void *ctx, struct yc_kv_cursor *c)
{
    struct store *s = (struct store *)ctx;
    if (!c)
        return;
    leveldb_iter_destroy(c->it);
    yc_alloc_free(s->alloc, c, sizeof *c);
}

static uint64_t approximate_bytes(void *ctx, struct yc_view from, struct yc_view to)
{
    struct store *s = (struct store *)ctx;
    const char *starts[1] = {from.n ? (const char *)from.p : ""}, *limits[1] = {to.n ? (const char *)to.p : ""};
    size_t start_bytes[1] = {from.n}, limit_bytes[1] = {to.n};
    uint64_t bytes = 0;
    leveldb_approximate_sizes(s->db, 1, starts, start_bytes, limits, limit_bytes, &bytes);
    return bytes;
}

/* The batches, which went to the log, and the tables: the last column of what LevelDB tells of its levels, in MiB. */
static uint64_t written_bytes(void *ctx)
{
    struct store *s = (struct store *)ctx;
    uint64_t bytes = atomic_load_explicit(&s->logged_bytes, memory_order_relaxed);
    char *text = leveldb_property_value(s->db, "leveldb.stats");
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        char *at = line, *end = line;
        double column = 0;
        unsigned columns = 0;
        for (; columns < 6; columns++, at = end) {
            column = strtod(at, &end);
            if (end == at)
                break;
        }
        /* Level, files, size, seconds, read, written; titles are no numbers. */
        if (columns == 6)
            bytes += (uint64_t)(column * 1048576.0);
    }
    leveldb_free(text);
    return bytes;
}

static void compact(void *ctx)
{
    struct store *s = (struct store *)ctx;
    leveldb_compact_range(s->db, NULL, 0, NULL, 0);
}

static void store_close(void *ctx)
{
    struct store *s = (struct store *)ctx;
    if (s->db)
        leveldb_close(s->db);
    leveldb_options_destroy(s->options);
    if (s->cache)
        leveldb_cache_destroy(s->cache);
    if (s->filter)
        leveldb_filterpolicy_destroy(s->filter);
    leveldb_readoptions_destroy(s->read);
    leveldb_readoptions_destroy(s->scan);
    leveldb_writeoptions_destroy(s->write_sync);
    leveldb_writeoptions_destroy(s->write_nosync);
    yc_alloc_free(s->alloc, s, sizeof *s + s->path_bytes);
}

struct parts {
    bool current, manifest, first_manifest, data;
};

static enum yc_verdict note_part(void *ctx, const char *name, bool is_dir)
{
    struct parts *p = (struct parts *)ctx;
    size_t n = strlen(name);
    if (is_dir)
        return YC_VALID;
    if (!strcmp(name, "CURRENT"))
        p->current = true;
    else if (!strncmp(name, "MANIFEST-", 9))
        *(strcmp(name + 9, "000001") == 0 ? &p->first_manifest : &p->manifest) = true;
    else if (n > 4 && (!strcmp(name + n - 4, ".ldb") || !strcmp(name + n - 4, ".log")))
        p->data = true;
    return YC_VALID;
}

/* LevelDB asked to make a missing store takes a folder without CURRENT for an empty one and deletes what is in it:
 * look first. */
static enum yc_verdict look(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *path, bool must_exist,
                            struct yc_error *err)
{
    struct parts p = {.current = false};
    enum yc_verdict v = fs->exists(fs->ctx, path, err);
    if (v == YC_VALID)
        v = fs->list(fs->ctx, path, note_part, &p, err);
    else if (v == YC_NOT_YET)
        v = must_exist ? YC_VALID : yc_folder_make(fs, alloc, path, err);
    if (v != YC_VALID)
        return v;
    if (p.current && (p.manifest || p.first_manifest))
        return YC_VALID;
    /* The first manifest alone is that of a store whose making was cut off before CURRENT said that there is one: the
     * first start that is through has another, and a log. */
    if (p.current || p.manifest || p.data || must_exist)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                       "%s/%s is missing: restore the folder from a backup, or start with -reindex to build it anew",
                       path, p.current ? "MANIFEST-*" : "CURRENT");
    return YC_VALID;
}

static void set_options(struct store *s, const struct yc_kv_leveldb_options *o)
{
    s->options = leveldb_options_create();
    leveldb_options_set_create_if_missing(s->options, !o->must_exist);
    leveldb_options_set_paranoid_checks(s->options, 1);
    leveldb_options_set_compression(s->options, leveldb_no_compression);
    if (o->write_buffer_bytes)
        leveldb_options_set_write_buffer_size(s->options, o->write_buffer_bytes);
    if (o->max_open_files)
        leveldb_options_set_max_open_files(s->options, o->max_open_files);
    if (o->cache_bytes) {
        s->cache = leveldb_cache_create_lru(o->cache_bytes);
        leveldb_options_set_cache(s->options, s->cache);
    }
    if (o->bloom_bits_per_key) {
        s->filter = leveldb_filterpolicy_create_bloom(o->bloom_bits_per_key);
        leveldb_options_set_filter_policy(s->options, s->filter);
    }
    s->read = leveldb_readoptions_create();
    leveldb_readoptions_set_verify_checksums(s->read, 1);
    s->scan = leveldb_readoptions_create();
    leveldb_readoptions_set_verify_checksums(s->scan, 1);
    leveldb_readoptions_set_fill_cache(s->scan, 0);
    s->write_sync = leveldb_writeoptions_create();
    leveldb_writeoptions_set_sync(s->write_sync, 1);
    s->write_nosync = leveldb_writeoptions_create();
}

/* A store that is to go is renamed first, so that a crash never leaves half of one under its name; what is left of it is
 * removed by the next start. */
#define AWAY ".removed"

static enum yc_verdict destroy(const char *path, struct yc_error *err)
{
    leveldb_options_t *options = leveldb_options_create();
    char *message = NULL;
    leveldb_destroy_db(options, path, &message);
    leveldb_options_destroy(options);
    return message ? fail(path, "remove", message, err) : YC_VALID;
}

static enum yc_verdict remove_leftover(const struct yc_fs *fs, const char *path, struct yc_error *err)
{
    char away[PATH_BYTES_MAX + sizeof AWAY];
    snprintf(away, sizeof away, "%s" AWAY, path);
    enum yc_verdict v = fs->exists(fs->ctx, away, err);
    if (v == YC_NOT_YET)
        return YC_VALID;
    return v == YC_VALID ? destroy(away, err) : v;
}

enum yc_verdict yc_kv_leveldb_open(struct yc_kv *out, const struct yc_alloc *alloc, const struct yc_fs *fs,
                                   const char *path, const struct yc_kv_leveldb_options *options, struct yc_error *err)
{
    size_t path_bytes = strlen(path) + 1;
    if (path_bytes > PATH_BYTES_MAX)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the path of a store is %zu bytes long: use a shorter -datadir",
                       path_bytes - 1);
    enum yc_verdict v = remove_leftover(fs, path, err);
    if (v == YC_VALID)
        v = look(fs, alloc, path, options->must_exist, err);
    if (v != YC_VALID)
        return v;
    struct store *s = (struct store *)yc_alloc_new(alloc, sizeof *s + path_bytes);
    if (!s)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "%s: no memory to open the store", path);
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    s->path_bytes = path_bytes;
    memcpy(s->path, path, path_bytes);
    set_options(s, options);
    char *message = NULL;
    s->db = leveldb_open(s->options, path, &message);
    if (message) {
        v = fail(path, "open", message, err);
        s->db = NULL;
        store_close(s);
        return v;
    }
    *out = (struct yc_kv){.get = store_get,
                          .write = store_write,
                          .cursor_open = cursor_open,
                          .cursor_next = cursor_next,
                          .cursor_close = cursor_close,
                          .approximate_bytes = approximate_bytes,
                          .written_bytes = written_bytes,
                          .compact = compact,
                          .close = store_close,
                          .ctx = s};
    return YC_VALID;
}

enum yc_verdict yc_kv_leveldb_destroy(const struct yc_fs *fs, const char *path, struct yc_error *err)
{
    char away[PATH_BYTES_MAX + sizeof AWAY], parent[PATH_BYTES_MAX];
    if (strlen(path) >= PATH_BYTES_MAX)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the path of a store is %zu bytes long: use a shorter -datadir",
                       strlen(path));
    enum yc_verdict v = remove_leftover(fs, path, err);
    if (v == YC_VALID)
        v = fs->exists(fs->ctx, path, err);
    if (v != YC_VALID)
        return v == YC_NOT_YET ? YC_VALID : v;
    snprintf(away, sizeof away, "%s" AWAY, path);
    snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') ? strrchr(path, '/') - path : 0), path);
    v = fs->rename(fs->ctx, path, away, err);
    if (v == YC_VALID)
        v = fs->sync_dir(fs->ctx, parent[0] ? parent : ".", err);
    return v == YC_VALID ? destroy(away, err) : v;
}
