#include "sys/fs_memory.h"

#include "base/assert.h"
#include "sys/fs_memory_state.h"

struct yc_file {
    struct yc_inode *inode;
    unsigned boots;
    bool writable;
    char *path;
};

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the file system in memory");
}

static enum yc_verdict io(struct yc_error *err, const char *path, const char *why)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "%s: %s", path, why);
}

static enum yc_verdict missing(struct yc_error *err, const char *path)
{
    return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "%s does not exist", path);
}

static bool same_folder(const char *a, const char *b)
{
    char dir[YC_MEMFS_PATH_MAX];
    yc_memfs_parent(dir, b);
    return yc_memfs_is_in(a, dir);
}

/* True when a later change in this folder moves away what change i named: then i must not bring it back. */
static bool renamed_later(const struct yc_fs_memory *m, size_t i, const char *dir)
{
    for (size_t k = i + 1; k < m->change_count; k++) {
        const struct yc_name_change *c = &m->changes[k];
        if (c->from && yc_memfs_is_in(c->name.path, dir) && strcmp(c->from, m->changes[i].name.path) == 0)
            return true;
    }
    return false;
}

/* ---- the interface ---- */

static enum yc_verdict open_locked(struct yc_fs_memory *m, struct yc_file *f, const char *path, enum yc_open_mode mode,
                                   struct yc_error *err)
{
    struct yc_name *n = yc_name_find(&m->now, path);
    if (yc_memfs_is_top(path) || (n && n->inode->is_dir))
        return io(err, path, "is a folder");
    if (!n && mode == YC_OPEN_READ)
        return missing(err, path);
    if (n) {
        n->inode->refs++;
        f->inode = n->inode;
    } else {
        char dir[YC_MEMFS_PATH_MAX];
        yc_memfs_parent(dir, path);
        if (!yc_name_is_folder(&m->now, dir))
            return io(err, path, "its folder does not exist");
        struct yc_inode *fresh = yc_inode_new(m, false);
        if (!fresh)
            return no_memory(err);
        f->inode = fresh;
        if (!yc_name_set(m, &m->now, path, fresh))
            return no_memory(err);
        if (!yc_change_add(m, path, fresh, NULL)) {
            yc_name_remove(m, &m->now, path);
            return no_memory(err);
        }
    }
    if (mode == YC_OPEN_CREATE && f->inode->now.n > 0) {
        if (!yc_inode_log(f->inode, YC_INODE_TRUNCATE, 0, NULL, 0))
            return no_memory(err);
        m->used_bytes -= f->inode->now.n;
        f->inode->now.n = 0;
    }
    return YC_VALID;
}

static void memory_close(void *ctx, struct yc_file *f)
{
    struct yc_fs_memory *m = ctx;
    if (!f)
        return;
    yc_mutex_lock(&m->mutex);
    yc_inode_drop(m, f->inode);
    yc_memfs_free_text(m, f->path);
    yc_alloc_free(m->alloc, f, sizeof *f);
    yc_mutex_unlock(&m->mutex);
}

static enum yc_verdict memory_open(void *ctx, struct yc_file **out, const char *path, enum yc_open_mode mode,
                                   struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char clean[YC_MEMFS_PATH_MAX];
    *out = NULL;
    if (!yc_memfs_normalise(clean, path))
        return io(err, path, "is not a path that the file system in memory takes");
    struct yc_file *f = yc_alloc_new(m->alloc, sizeof *f);
    if (!f)
        return no_memory(err);
    yc_mutex_lock(&m->mutex);
    *f = (struct yc_file){.boots = m->boots, .writable = mode != YC_OPEN_READ, .path = yc_memfs_copy_text(m, clean)};
    enum yc_verdict v = f->path ? open_locked(m, f, clean, mode, err) : no_memory(err);
    yc_mutex_unlock(&m->mutex);
    if (v == YC_VALID)
        *out = f;
    else
        memory_close(m, f);
    return v;
}

/* Lock, unless the file was open when the power failed, or writes is set and it may not be written. */
static enum yc_verdict enter(struct yc_fs_memory *m, const struct yc_file *f, bool writes, struct yc_error *err)
{
    yc_mutex_lock(&m->mutex);
    if (f->boots == m->boots && (f->writable || !writes))
        return YC_VALID;
    yc_mutex_unlock(&m->mutex);
    return io(err, f->path, writes && !f->writable ? "was opened for reading" : "was open when the power failed");
}

static enum yc_verdict memory_pread(void *ctx, struct yc_file *f, void *out, size_t n, uint64_t offset, size_t *got,
                                    struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    *got = 0;
    enum yc_verdict v = enter(m, f, false, err);
    if (v != YC_VALID)
        return v;
    const struct yc_buf *b = &f->inode->now;
    if (offset < b->n) {
        *got = n < b->n - (size_t)offset ? n : b->n - (size_t)offset;
        if (*got > 0)
            memcpy(out, b->p + offset, *got);
    }
    yc_mutex_unlock(&m->mutex);
    return YC_VALID;
}

static enum yc_verdict resize_checked(struct yc_fs_memory *m, struct yc_file *f, uint64_t n, struct yc_error *err)
{
    uint64_t others = m->used_bytes - f->inode->now.n;
    if (n > f->inode->now.n && (others > m->space_max_bytes || n > m->space_max_bytes - others))
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_FULL, "cannot write %s: No space left on device", f->path);
    if (!yc_memfs_set_length(&f->inode->now, n))
        return no_memory(err);
    m->used_bytes = others + n;
    return YC_VALID;
}

static enum yc_verdict memory_pwrite(void *ctx, struct yc_file *f, const void *p, size_t n, uint64_t offset,
                                     struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    enum yc_verdict v = enter(m, f, true, err);
    if (v != YC_VALID)
        return v;
    struct yc_inode *i = f->inode;
    if (n > SIZE_MAX / 4 || offset > SIZE_MAX / 4)
        v = io(err, f->path, "File too large");
    else if (n > 0 && offset + n > i->now.n)
        v = resize_checked(m, f, offset + n, err);
    if (v == YC_VALID && !yc_inode_log(i, YC_INODE_WRITE, offset, p, n))
        v = no_memory(err);
    if (v == YC_VALID && n > 0)
        memcpy(i->now.p + offset, p, n);
    yc_mutex_unlock(&m->mutex);
    return v;
}

static enum yc_verdict memory_size(void *ctx, struct yc_file *f, uint64_t *out, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    enum yc_verdict v = enter(m, f, false, err);
    if (v != YC_VALID)
        return v;
    *out = f->inode->now.n;
    yc_mutex_unlock(&m->mutex);
    return YC_VALID;
}

static enum yc_verdict memory_truncate(void *ctx, struct yc_file *f, uint64_t n, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    enum yc_verdict v = enter(m, f, true, err);
    if (v != YC_VALID)
        return v;
    v = resize_checked(m, f, n, err);
    if (v == YC_VALID && !yc_inode_log(f->inode, YC_INODE_TRUNCATE, n, NULL, 0))
        v = no_memory(err);
    yc_mutex_unlock(&m->mutex);
    return v;
}

static enum yc_verdict memory_sync(void *ctx, struct yc_file *f, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    enum yc_verdict v = enter(m, f, false, err);
    if (v != YC_VALID)
        return v;
    v = yc_inode_replay(f->inode, NULL) ? YC_VALID : no_memory(err);
    yc_mutex_unlock(&m->mutex);
    return v;
}

static enum yc_verdict rename_locked(struct yc_fs_memory *m, const char *from, const char *to, struct yc_error *err)
{
    struct yc_name *n = yc_name_find(&m->now, from);
    char dir[YC_MEMFS_PATH_MAX];
    yc_memfs_parent(dir, to);
    if (!n)
        return io(err, from, "cannot be renamed: No such file or directory");
    if (n->inode->is_dir || yc_name_is_folder(&m->now, to))
        return io(err, from, "the file system in memory renames no folders");
    if (!yc_name_is_folder(&m->now, dir))
        return io(err, to, "its folder does not exist");
    if (strcmp(from, to) == 0)
        return YC_VALID;
    struct yc_inode *inode = n->inode;
    if (!yc_change_add(m, to, inode, from))
        return no_memory(err);
    if (!yc_name_set(m, &m->now, to, inode)) {
        yc_change_release(m, &m->changes[--m->change_count]);
        return no_memory(err);
    }
    yc_name_remove(m, &m->now, from);
    return YC_VALID;
}

static enum yc_verdict memory_rename(void *ctx, const char *from, const char *to, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char a[YC_MEMFS_PATH_MAX], b[YC_MEMFS_PATH_MAX];
    if (!yc_memfs_normalise(a, from) || !yc_memfs_normalise(b, to))
        return io(err, from, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    enum yc_verdict v = rename_locked(m, a, b, err);
    yc_mutex_unlock(&m->mutex);
    return v;
}

static bool has_children(const struct yc_name_table *t, const char *path)
{
    for (size_t i = 0; i < t->n; i++)
        if (yc_memfs_is_in(t->p[i].path, path))
            return true;
    return false;
}

static enum yc_verdict memory_remove(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char clean[YC_MEMFS_PATH_MAX];
    if (!yc_memfs_normalise(clean, path))
        return io(err, path, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    enum yc_verdict v = YC_VALID;
    if (!yc_name_find(&m->now, clean))
        v = missing(err, path);
    else if (has_children(&m->now, clean))
        v = io(err, path, "Directory not empty");
    else if (!yc_change_add(m, clean, NULL, NULL))
        v = no_memory(err);
    else
        yc_name_remove(m, &m->now, clean);
    yc_mutex_unlock(&m->mutex);
    return v;
}

static enum yc_verdict make_one_dir(struct yc_fs_memory *m, const char *path, struct yc_error *err)
{
    const struct yc_name *n = yc_name_find(&m->now, path);
    if (yc_name_is_folder(&m->now, path))
        return YC_VALID;
    if (n)
        return io(err, path, "is a file, not a folder");
    struct yc_inode *fresh = yc_inode_new(m, true);
    if (!fresh)
        return no_memory(err);
    enum yc_verdict v = YC_VALID;
    if (!yc_name_set(m, &m->now, path, fresh)) {
        v = no_memory(err);
    } else if (!yc_change_add(m, path, fresh, NULL)) {
        yc_name_remove(m, &m->now, path);
        v = no_memory(err);
    }
    yc_inode_drop(m, fresh);
    return v;
}

static enum yc_verdict memory_make_dir(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char clean[YC_MEMFS_PATH_MAX];
    if (!yc_memfs_normalise(clean, path))
        return io(err, path, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    enum yc_verdict v = YC_VALID;
    for (size_t i = 1; clean[i - 1] && v == YC_VALID; i++) {
        char c = clean[i];
        if (c != '/' && c != 0)
            continue;
        clean[i] = 0;
        v = make_one_dir(m, clean, err);
        clean[i] = c;
    }
    yc_mutex_unlock(&m->mutex);
    return v;
}

static enum yc_verdict memory_sync_dir(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char dir[YC_MEMFS_PATH_MAX];
    if (!yc_memfs_normalise(dir, path))
        return io(err, path, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    enum yc_verdict v = yc_name_is_folder(&m->now, dir) ? YC_VALID : io(err, path, "is not a folder");
    size_t kept = 0;
    for (size_t i = 0; i < m->change_count; i++) {
        struct yc_name_change *c = &m->changes[i];
        bool mine = v == YC_VALID && yc_memfs_is_in(c->name.path, dir);
        bool overtaken = v == YC_VALID && !mine && renamed_later(m, i, dir);
        if (mine && !yc_change_apply(m, c)) {
            v = no_memory(err);
            mine = false;
        }
        if (mine || overtaken)
            yc_change_release(m, c);
        else
            m->changes[kept++] = *c;
    }
    m->change_count = kept;
    yc_mutex_unlock(&m->mutex);
    return v;
}

static enum yc_verdict memory_exists(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char clean[YC_MEMFS_PATH_MAX];
    if (!yc_memfs_normalise(clean, path))
        return io(err, path, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    bool there = yc_memfs_is_top(clean) || yc_name_find(&m->now, clean);
    yc_mutex_unlock(&m->mutex);
    return there ? YC_VALID : missing(err, path);
}

static enum yc_verdict memory_list(void *ctx, const char *path, yc_fs_list_entry each, void *each_ctx,
                                   struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char dir[YC_MEMFS_PATH_MAX], name[YC_MEMFS_PATH_MAX];
    if (!yc_memfs_normalise(dir, path))
        return io(err, path, "is not a path that the file system in memory takes");
    enum yc_verdict v = YC_VALID;
    /* The callback runs without the mutex, so that it may use the file system; names that come and go meanwhile may
     * be seen or not, as with a real folder. */
    for (size_t i = 0; v == YC_VALID; i++) {
        bool is_dir = false, found = false;
        yc_mutex_lock(&m->mutex);
        bool there = yc_name_is_folder(&m->now, dir), end = i >= m->now.n;
        if (there && !end && yc_memfs_is_in(m->now.p[i].path, dir)) {
            const char *slash = strrchr(m->now.p[i].path, '/'), *base = slash ? slash + 1 : m->now.p[i].path;
            memcpy(name, base, strlen(base) + 1);
            is_dir = m->now.p[i].inode->is_dir;
            found = true;
        }
        yc_mutex_unlock(&m->mutex);
        if (!there)
            return missing(err, path);
        if (end)
            break;
        if (found)
            v = each(each_ctx, name, is_dir);
    }
    return v;
}

static enum yc_verdict memory_space(void *ctx, const char *path, uint64_t *out, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    (void)path;
    (void)err;
    yc_mutex_lock(&m->mutex);
    *out = m->used_bytes < m->space_max_bytes ? m->space_max_bytes - m->used_bytes : 0;
    yc_mutex_unlock(&m->mutex);
    return YC_VALID;
}

/* ---- life and power ---- */

enum yc_verdict yc_fs_memory_new(struct yc_fs_memory **out, const struct yc_alloc *alloc, uint64_t space_max_bytes,
                                 struct yc_error *err)
{
    struct yc_fs_memory *m = yc_alloc_new(alloc, sizeof *m);
    *out = m;
    if (!m)
        return no_memory(err);
    *m = (struct yc_fs_memory){.alloc = alloc, .space_max_bytes = space_max_bytes};
    m->fs = (struct yc_fs){memory_open,     memory_close,  memory_pread,  memory_pwrite, memory_size,
                           memory_truncate, memory_sync,   memory_rename, memory_remove, memory_make_dir,
                           memory_sync_dir, memory_exists, memory_list,   memory_space,  m};
    yc_mutex_init(&m->mutex);
    return YC_VALID;
}

static void drop_changes(struct yc_fs_memory *m)
{
    for (size_t i = 0; i < m->change_count; i++)
        yc_change_release(m, &m->changes[i]);
    m->change_count = 0;
}

void yc_fs_memory_free(struct yc_fs_memory *m)
{
    if (!m)
        return;
    drop_changes(m);
    yc_alloc_free(m->alloc, m->changes, m->change_cap * sizeof *m->changes);
    yc_name_release_all(m, &m->now);
    yc_name_release_all(m, &m->durable);
    YC_ASSERT(m->used_bytes == 0); /* else a file is still open */
    yc_mutex_release(&m->mutex);
    yc_alloc_free(m->alloc, m, sizeof *m);
}

const struct yc_fs *yc_fs_memory_fs(struct yc_fs_memory *m)
{
    return &m->fs;
}

uint64_t yc_fs_memory_used(struct yc_fs_memory *m)
{
    yc_mutex_lock(&m->mutex);
    uint64_t n = m->used_bytes;
    yc_mutex_unlock(&m->mutex);
    return n;
}

/* Let a prefix of each folder's changes survive. */
static bool keep_some_names(struct yc_fs_memory *m, const struct yc_random *chance)
{
    for (size_t i = 0; i < m->change_count; i++) {
        struct yc_name_change *c = &m->changes[i];
        for (size_t k = 0; k < i && !c->stops; k++)
            c->stops = m->changes[k].stops && same_folder(m->changes[k].name.path, c->name.path);
        c->stops = c->stops || yc_random_below(chance, 4) == 0;
        if (!c->stops && !yc_change_apply(m, c))
            return false;
    }
    return true;
}

/* Names in folders whose own name was lost are lost too. */
static void drop_orphans(struct yc_fs_memory *m)
{
    for (size_t i = 0; i < m->durable.n;) {
        char dir[YC_MEMFS_PATH_MAX];
        yc_memfs_parent(dir, m->durable.p[i].path);
        if (yc_name_is_folder(&m->durable, dir)) {
            i++;
        } else {
            yc_name_remove(m, &m->durable, m->durable.p[i].path);
            i = 0;
        }
    }
}

static bool restart_contents(struct yc_fs_memory *m, struct yc_inode *i, const struct yc_random *chance)
{
    if (chance && !yc_inode_replay(i, chance))
        return false;
    yc_buf_clear(&i->log);
    m->used_bytes -= i->now.n;
    i->now.n = 0;
    if (!yc_memfs_put_bytes(&i->now, i->durable.p, i->durable.n, 0))
        return false;
    m->used_bytes += i->now.n;
    return true;
}

enum yc_verdict yc_fs_memory_power_cut(struct yc_fs_memory *m, const struct yc_random *chance, struct yc_error *err)
{
    yc_mutex_lock(&m->mutex);
    m->boots++;
    bool fine = !chance || keep_some_names(m, chance);
    drop_changes(m);
    drop_orphans(m);
    yc_name_release_all(m, &m->now);
    for (size_t i = 0; fine && i < m->durable.n; i++)
        fine = restart_contents(m, m->durable.p[i].inode, chance) &&
               yc_name_set(m, &m->now, m->durable.p[i].path, m->durable.p[i].inode);
    yc_mutex_unlock(&m->mutex);
    return fine ? YC_VALID : no_memory(err);
}
