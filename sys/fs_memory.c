#include "sys/fs_memory.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "sys/thread.h"

#define PATH_BYTES_MAX   1024
#define LOG_HEADER_BYTES 17 /* kind, offset or length, bytes that follow */

enum log_kind { LOG_WRITE, LOG_TRUNCATE };

/* A file's or a folder's contents. It lives while a name, a change of names or an open file refers to it. */
struct inode {
    unsigned refs;
    bool is_dir;
    struct yc_buf now;     /* what reads see */
    struct yc_buf durable; /* what was synced */
    struct yc_buf log;     /* writes since then, in order: how to get from durable to now */
};

struct name {
    char *path;
    struct inode *inode; /* NULL: a free place (in tables); a removal (in changes) */
};

/* A change of names that is not on the disk yet. */
struct change {
    struct name name;
    char *from; /* a rename's old path, else NULL */
    bool stops; /* during a power cut: later changes of the same folder are lost */
};

struct table {
    struct name *p;
    size_t n, cap;
};

struct yc_fs_memory {
    struct yc_fs fs;
    const struct yc_alloc *alloc;
    struct yc_mutex mutex;
    struct table now, durable;
    struct change *changes;
    size_t change_count, change_cap;
    uint64_t used_bytes, space_max_bytes;
    unsigned boots; /* power cuts so far: tells a stale open file */
};

struct yc_file {
    struct inode *inode;
    unsigned boots;
    bool writable;
    char *path;
};

/* ---- small things ---- */

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

static char *copy_text(struct yc_fs_memory *m, const char *text)
{
    size_t n = strlen(text) + 1;
    char *p = yc_alloc_new(m->alloc, n);
    if (p)
        memcpy(p, text, n);
    return p;
}

static void free_text(struct yc_fs_memory *m, char *text)
{
    if (text)
        yc_alloc_free(m->alloc, text, strlen(text) + 1);
}

/* Write the path without "." parts and double slashes; the root is "/", the working folder ".". */
static bool normalise(char out[PATH_BYTES_MAX], const char *path)
{
    size_t n = 0;
    bool absolute = path[0] == '/';
    for (const char *at = path; *at;) {
        size_t part = strcspn(at, "/");
        if (part == 2 && at[0] == '.' && at[1] == '.')
            return false;
        if (part > 0 && !(part == 1 && at[0] == '.')) {
            if (n + part + 2 > PATH_BYTES_MAX)
                return false;
            if (n > 0 || absolute)
                out[n++] = '/';
            memcpy(out + n, at, part);
            n += part;
        }
        at += part;
        at += *at == '/';
    }
    if (n == 0)
        out[n++] = absolute ? '/' : '.';
    out[n] = 0;
    return true;
}

static void parent_of(char out[PATH_BYTES_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    memcpy(out, path, n);
    if (n == 0)
        out[n++] = '.';
    out[n] = 0;
}

static bool is_in(const char *path, const char *dir)
{
    char parent[PATH_BYTES_MAX];
    parent_of(parent, path);
    return strcmp(parent, dir) == 0;
}

static bool is_top(const char *path)
{
    return strcmp(path, "/") == 0 || strcmp(path, ".") == 0;
}

/* ---- inodes ---- */

static struct inode *inode_new(struct yc_fs_memory *m, bool is_dir)
{
    struct inode *i = yc_alloc_new(m->alloc, sizeof *i);
    if (!i)
        return NULL;
    *i = (struct inode){.refs = 1, .is_dir = is_dir};
    yc_buf_init(&i->now, m->alloc, SIZE_MAX);
    yc_buf_init(&i->durable, m->alloc, SIZE_MAX);
    yc_buf_init(&i->log, m->alloc, SIZE_MAX);
    return i;
}

static void inode_drop(struct yc_fs_memory *m, struct inode *i)
{
    if (!i || --i->refs > 0)
        return;
    m->used_bytes -= i->now.n;
    yc_buf_release(&i->now);
    yc_buf_release(&i->durable);
    yc_buf_release(&i->log);
    yc_alloc_free(m->alloc, i, sizeof *i);
}

static bool set_length(struct yc_buf *b, uint64_t n)
{
    if (n > SIZE_MAX)
        return false;
    if (n > b->n) {
        size_t more = (size_t)n - b->n;
        uint8_t *at = yc_buf_room(b, more);
        if (!at) {
            b->failed = false;
            return false;
        }
        memset(at, 0, more);
    }
    b->n = (size_t)n;
    return true;
}

static bool put_bytes(struct yc_buf *b, const void *p, size_t n, uint64_t offset)
{
    if (n == 0)
        return true;
    if (offset > SIZE_MAX - n || (offset + n > b->n && !set_length(b, offset + n)))
        return false;
    memcpy(b->p + offset, p, n);
    return true;
}

static bool log_change(struct inode *i, enum log_kind kind, uint64_t where, const void *p, size_t n)
{
    if (n > SIZE_MAX - LOG_HEADER_BYTES)
        return false;
    uint8_t *at = yc_buf_room(&i->log, LOG_HEADER_BYTES + n);
    if (!at) {
        i->log.failed = false;
        return false;
    }
    at[0] = (uint8_t)kind;
    yc_put64le(at + 1, where);
    yc_put64le(at + 9, n);
    if (n)
        memcpy(at + LOG_HEADER_BYTES, p, n);
    return true;
}

/* Carry the first changes of the log over to the durable bytes: all of them without chance, else as chance has it. */
static bool replay(struct inode *i, const struct yc_random *chance)
{
    size_t at = 0;
    while (at < i->log.n) {
        const uint8_t *record = i->log.p + at;
        uint64_t where = yc_get64le(record + 1);
        size_t n = (size_t)yc_get64le(record + 9);
        bool last = chance && yc_random_below(chance, 4) == 0;
        size_t kept = last && n ? (size_t)yc_random_below(chance, n) : n;
        bool done = record[0] == LOG_WRITE ? put_bytes(&i->durable, record + LOG_HEADER_BYTES, kept, where)
                                           : last || set_length(&i->durable, where);
        if (!done)
            return false;
        if (last)
            break;
        at += LOG_HEADER_BYTES + n;
    }
    yc_buf_clear(&i->log);
    return true;
}

/* ---- names ---- */

static struct name *find(const struct table *t, const char *path)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->p[i].inode && strcmp(t->p[i].path, path) == 0)
            return &t->p[i];
    return NULL;
}

static bool is_folder(const struct table *t, const char *path)
{
    const struct name *n = find(t, path);
    return is_top(path) || (n && n->inode->is_dir);
}

static bool table_remove(struct yc_fs_memory *m, struct table *t, const char *path)
{
    struct name *n = find(t, path);
    if (!n)
        return false;
    inode_drop(m, n->inode);
    free_text(m, n->path);
    *n = t->p[--t->n];
    return true;
}

/* Let path name the inode, instead of what it named before. */
static bool table_set(struct yc_fs_memory *m, struct table *t, const char *path, struct inode *inode)
{
    struct name *old = find(t, path);
    if (old) {
        inode->refs++;
        inode_drop(m, old->inode);
        old->inode = inode;
        return true;
    }
    if (t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 16;
        struct name *p = yc_alloc_resize(m->alloc, t->p, t->cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return false;
        t->p = p;
        t->cap = cap;
    }
    char *copy = copy_text(m, path);
    if (!copy)
        return false;
    inode->refs++;
    t->p[t->n++] = (struct name){copy, inode};
    return true;
}

static void table_release(struct yc_fs_memory *m, struct table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        inode_drop(m, t->p[i].inode);
        free_text(m, t->p[i].path);
    }
    yc_alloc_free(m->alloc, t->p, t->cap * sizeof *t->p);
    *t = (struct table){NULL, 0, 0};
}

static void change_release(struct yc_fs_memory *m, struct change *c)
{
    inode_drop(m, c->name.inode);
    free_text(m, c->name.path);
    free_text(m, c->from);
}

/* Remember that path now names the inode (NULL: nothing), and that from, if not NULL, does no longer. */
static bool change_add(struct yc_fs_memory *m, const char *path, struct inode *inode, const char *from)
{
    if (m->change_count == m->change_cap) {
        size_t cap = m->change_cap ? 2 * m->change_cap : 16;
        struct change *p = yc_alloc_resize(m->alloc, m->changes, m->change_cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return false;
        m->changes = p;
        m->change_cap = cap;
    }
    struct change c = {.name = {copy_text(m, path), NULL}, .from = from ? copy_text(m, from) : NULL};
    if (!c.name.path || (from && !c.from)) {
        change_release(m, &c);
        return false;
    }
    if (inode) {
        inode->refs++;
        c.name.inode = inode;
    }
    m->changes[m->change_count++] = c;
    return true;
}

static bool change_apply(struct yc_fs_memory *m, const struct change *c)
{
    if (c->from)
        table_remove(m, &m->durable, c->from);
    if (c->name.inode)
        return table_set(m, &m->durable, c->name.path, c->name.inode);
    table_remove(m, &m->durable, c->name.path);
    return true;
}

static bool same_folder(const char *a, const char *b)
{
    char dir[PATH_BYTES_MAX];
    parent_of(dir, b);
    return is_in(a, dir);
}

/* True when a later change of the kept ones renames what change i named: then i alone must not come back. */
static bool renamed_later(const struct yc_fs_memory *m, size_t i, const char *dir)
{
    for (size_t k = i + 1; k < m->change_count; k++) {
        const struct change *c = &m->changes[k];
        if (c->from && is_in(c->name.path, dir) && strcmp(c->from, m->changes[i].name.path) == 0)
            return true;
    }
    return false;
}

/* ---- the interface ---- */

static enum yc_verdict open_locked(struct yc_fs_memory *m, struct yc_file *f, const char *path, enum yc_open_mode mode,
                                   struct yc_error *err)
{
    struct name *n = find(&m->now, path);
    if (is_top(path) || (n && n->inode->is_dir))
        return io(err, path, "is a folder");
    if (!n && mode == YC_OPEN_READ)
        return missing(err, path);
    if (n) {
        n->inode->refs++;
        f->inode = n->inode;
    } else {
        char dir[PATH_BYTES_MAX];
        parent_of(dir, path);
        if (!is_folder(&m->now, dir))
            return io(err, path, "its folder does not exist");
        struct inode *fresh = inode_new(m, false);
        if (!fresh)
            return no_memory(err);
        f->inode = fresh;
        if (!table_set(m, &m->now, path, fresh))
            return no_memory(err);
        if (!change_add(m, path, fresh, NULL)) {
            table_remove(m, &m->now, path);
            return no_memory(err);
        }
    }
    if (mode == YC_OPEN_CREATE && f->inode->now.n > 0) {
        if (!log_change(f->inode, LOG_TRUNCATE, 0, NULL, 0))
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
    inode_drop(m, f->inode);
    free_text(m, f->path);
    yc_alloc_free(m->alloc, f, sizeof *f);
    yc_mutex_unlock(&m->mutex);
}

static enum yc_verdict memory_open(void *ctx, struct yc_file **out, const char *path, enum yc_open_mode mode,
                                   struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char clean[PATH_BYTES_MAX];
    *out = NULL;
    if (!normalise(clean, path))
        return io(err, path, "is not a path that the file system in memory takes");
    struct yc_file *f = yc_alloc_new(m->alloc, sizeof *f);
    if (!f)
        return no_memory(err);
    yc_mutex_lock(&m->mutex);
    *f = (struct yc_file){.boots = m->boots, .writable = mode != YC_OPEN_READ, .path = copy_text(m, clean)};
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
    if (!set_length(&f->inode->now, n))
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
    struct inode *i = f->inode;
    if (n > SIZE_MAX / 4 || offset > SIZE_MAX / 4)
        v = io(err, f->path, "File too large");
    else if (n > 0 && offset + n > i->now.n)
        v = resize_checked(m, f, offset + n, err);
    if (v == YC_VALID && !log_change(i, LOG_WRITE, offset, p, n))
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
    if (v == YC_VALID && !log_change(f->inode, LOG_TRUNCATE, n, NULL, 0))
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
    v = replay(f->inode, NULL) ? YC_VALID : no_memory(err);
    yc_mutex_unlock(&m->mutex);
    return v;
}

static enum yc_verdict rename_locked(struct yc_fs_memory *m, const char *from, const char *to, struct yc_error *err)
{
    struct name *n = find(&m->now, from);
    char dir[PATH_BYTES_MAX];
    parent_of(dir, to);
    if (!n)
        return io(err, from, "cannot be renamed: No such file or directory");
    if (n->inode->is_dir || is_folder(&m->now, to))
        return io(err, from, "the file system in memory renames no folders");
    if (!is_folder(&m->now, dir))
        return io(err, to, "its folder does not exist");
    if (strcmp(from, to) == 0)
        return YC_VALID;
    struct inode *inode = n->inode;
    if (!change_add(m, to, inode, from))
        return no_memory(err);
    if (!table_set(m, &m->now, to, inode)) {
        change_release(m, &m->changes[--m->change_count]);
        return no_memory(err);
    }
    table_remove(m, &m->now, from);
    return YC_VALID;
}

static enum yc_verdict memory_rename(void *ctx, const char *from, const char *to, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char a[PATH_BYTES_MAX], b[PATH_BYTES_MAX];
    if (!normalise(a, from) || !normalise(b, to))
        return io(err, from, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    enum yc_verdict v = rename_locked(m, a, b, err);
    yc_mutex_unlock(&m->mutex);
    return v;
}

static bool has_children(const struct table *t, const char *path)
{
    for (size_t i = 0; i < t->n; i++)
        if (is_in(t->p[i].path, path))
            return true;
    return false;
}

static enum yc_verdict memory_remove(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char clean[PATH_BYTES_MAX];
    if (!normalise(clean, path))
        return io(err, path, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    enum yc_verdict v = YC_VALID;
    if (!find(&m->now, clean))
        v = missing(err, path);
    else if (has_children(&m->now, clean))
        v = io(err, path, "Directory not empty");
    else if (!change_add(m, clean, NULL, NULL))
        v = no_memory(err);
    else
        table_remove(m, &m->now, clean);
    yc_mutex_unlock(&m->mutex);
    return v;
}

static enum yc_verdict make_one_dir(struct yc_fs_memory *m, const char *path, struct yc_error *err)
{
    const struct name *n = find(&m->now, path);
    if (is_folder(&m->now, path))
        return YC_VALID;
    if (n)
        return io(err, path, "is a file, not a folder");
    struct inode *fresh = inode_new(m, true);
    if (!fresh)
        return no_memory(err);
    enum yc_verdict v = YC_VALID;
    if (!table_set(m, &m->now, path, fresh)) {
        v = no_memory(err);
    } else if (!change_add(m, path, fresh, NULL)) {
        table_remove(m, &m->now, path);
        v = no_memory(err);
    }
    inode_drop(m, fresh);
    return v;
}

static enum yc_verdict memory_make_dir(void *ctx, const char *path, struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char clean[PATH_BYTES_MAX];
    if (!normalise(clean, path))
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
    char dir[PATH_BYTES_MAX];
    if (!normalise(dir, path))
        return io(err, path, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    enum yc_verdict v = is_folder(&m->now, dir) ? YC_VALID : io(err, path, "is not a folder");
    size_t kept = 0;
    for (size_t i = 0; i < m->change_count; i++) {
        struct change *c = &m->changes[i];
        bool mine = v == YC_VALID && is_in(c->name.path, dir);
        bool overtaken = v == YC_VALID && !mine && renamed_later(m, i, dir);
        if (mine && !change_apply(m, c)) {
            v = no_memory(err);
            mine = false;
        }
        if (mine || overtaken)
            change_release(m, c);
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
    char clean[PATH_BYTES_MAX];
    if (!normalise(clean, path))
        return io(err, path, "is not a path that the file system in memory takes");
    yc_mutex_lock(&m->mutex);
    bool there = is_top(clean) || find(&m->now, clean);
    yc_mutex_unlock(&m->mutex);
    return there ? YC_VALID : missing(err, path);
}

static enum yc_verdict memory_list(void *ctx, const char *path, yc_fs_list_entry each, void *each_ctx,
                                   struct yc_error *err)
{
    struct yc_fs_memory *m = ctx;
    char dir[PATH_BYTES_MAX], name[PATH_BYTES_MAX];
    if (!normalise(dir, path))
        return io(err, path, "is not a path that the file system in memory takes");
    enum yc_verdict v = YC_VALID;
    /* The callback runs without the mutex, so that it may use the file system; names that come and go meanwhile may
     * be seen or not, as with a real folder. */
    for (size_t i = 0; v == YC_VALID; i++) {
        bool is_dir = false, found = false;
        yc_mutex_lock(&m->mutex);
        bool there = is_folder(&m->now, dir), end = i >= m->now.n;
        if (there && !end && is_in(m->now.p[i].path, dir)) {
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
        change_release(m, &m->changes[i]);
    m->change_count = 0;
}

void yc_fs_memory_free(struct yc_fs_memory *m)
{
    if (!m)
        return;
    drop_changes(m);
    yc_alloc_free(m->alloc, m->changes, m->change_cap * sizeof *m->changes);
    table_release(m, &m->now);
    table_release(m, &m->durable);
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
        struct change *c = &m->changes[i];
        for (size_t k = 0; k < i && !c->stops; k++)
            c->stops = m->changes[k].stops && same_folder(m->changes[k].name.path, c->name.path);
        c->stops = c->stops || yc_random_below(chance, 4) == 0;
        if (!c->stops && !change_apply(m, c))
            return false;
    }
    return true;
}

/* Names in folders whose own name was lost are lost too. */
static void drop_orphans(struct yc_fs_memory *m)
{
    for (size_t i = 0; i < m->durable.n;) {
        char dir[PATH_BYTES_MAX];
        parent_of(dir, m->durable.p[i].path);
        if (is_folder(&m->durable, dir)) {
            i++;
        } else {
            table_remove(m, &m->durable, m->durable.p[i].path);
            i = 0;
        }
    }
}

static bool restart_contents(struct yc_fs_memory *m, struct inode *i, const struct yc_random *chance)
{
    if (chance && !replay(i, chance))
        return false;
    yc_buf_clear(&i->log);
    m->used_bytes -= i->now.n;
    i->now.n = 0;
    if (!put_bytes(&i->now, i->durable.p, i->durable.n, 0))
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
    table_release(m, &m->now);
    for (size_t i = 0; fine && i < m->durable.n; i++)
        fine = restart_contents(m, m->durable.p[i].inode, chance) &&
               table_set(m, &m->now, m->durable.p[i].path, m->durable.p[i].inode);
    yc_mutex_unlock(&m->mutex);
    return fine ? YC_VALID : no_memory(err);
}
