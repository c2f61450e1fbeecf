#include "sys/fs_memory_state.h"

#include "base/bytes.h"

#define LOG_HEADER_BYTES 17 /* kind, offset or length, bytes that follow */

char *yc_memfs_copy_text(struct yc_fs_memory *m, const char *text)
{
    size_t n = strlen(text) + 1;
    char *p = yc_alloc_new(m->alloc, n);
    if (p)
        memcpy(p, text, n);
    return p;
}

void yc_memfs_free_text(struct yc_fs_memory *m, char *text)
{
    if (text)
        yc_alloc_free(m->alloc, text, strlen(text) + 1);
}

bool yc_memfs_normalise(char out[YC_MEMFS_PATH_MAX], const char *path)
{
    size_t n = 0;
    bool absolute = path[0] == '/';
    for (const char *at = path; *at;) {
        size_t part = strcspn(at, "/");
        if (part == 2 && at[0] == '.' && at[1] == '.')
            return false;
        if (part > 0 && !(part == 1 && at[0] == '.')) {
            if (n + part + 2 > YC_MEMFS_PATH_MAX)
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

void yc_memfs_parent(char out[YC_MEMFS_PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    memcpy(out, path, n);
    if (n == 0)
        out[n++] = '.';
    out[n] = 0;
}

bool yc_memfs_is_in(const char *path, const char *dir)
{
    char parent[YC_MEMFS_PATH_MAX];
    yc_memfs_parent(parent, path);
    return strcmp(parent, dir) == 0;
}

bool yc_memfs_is_top(const char *path)
{
    return strcmp(path, "/") == 0 || strcmp(path, ".") == 0;
}

/* ---- inodes ---- */

struct yc_inode *yc_inode_new(struct yc_fs_memory *m, bool is_dir)
{
    struct yc_inode *i = yc_alloc_new(m->alloc, sizeof *i);
    if (!i)
        return NULL;
    *i = (struct yc_inode){.refs = 1, .is_dir = is_dir};
    yc_buf_init(&i->now, m->alloc, SIZE_MAX);
    yc_buf_init(&i->durable, m->alloc, SIZE_MAX);
    yc_buf_init(&i->log, m->alloc, SIZE_MAX);
    return i;
}

void yc_inode_drop(struct yc_fs_memory *m, struct yc_inode *i)
{
    if (!i || --i->refs > 0)
        return;
    m->used_bytes -= i->now.n;
    yc_buf_release(&i->now);
    yc_buf_release(&i->durable);
    yc_buf_release(&i->log);
    yc_alloc_free(m->alloc, i, sizeof *i);
}

bool yc_memfs_set_length(struct yc_buf *b, uint64_t n)
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

bool yc_memfs_put_bytes(struct yc_buf *b, const void *p, size_t n, uint64_t offset)
{
    if (n == 0)
        return true;
    if (offset > SIZE_MAX - n || (offset + n > b->n && !yc_memfs_set_length(b, offset + n)))
        return false;
    memcpy(b->p + offset, p, n);
    return true;
}

bool yc_inode_log(struct yc_inode *i, enum yc_inode_log_kind kind, uint64_t where, const void *p, size_t n)
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

bool yc_inode_replay(struct yc_inode *i, const struct yc_random *chance)
{
    size_t at = 0;
    while (at < i->log.n) {
        const uint8_t *record = i->log.p + at;
        uint64_t where = yc_get64le(record + 1);
        size_t n = (size_t)yc_get64le(record + 9);
        bool last = chance && yc_random_below(chance, 4) == 0;
        size_t kept = last && n ? (size_t)yc_random_below(chance, n) : n;
        bool done = record[0] == YC_INODE_WRITE
                        ? yc_memfs_put_bytes(&i->durable, record + LOG_HEADER_BYTES, kept, where)
                        : last || yc_memfs_set_length(&i->durable, where);
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

struct yc_name *yc_name_find(const struct yc_name_table *t, const char *path)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->p[i].path, path) == 0)
            return &t->p[i];
    return NULL;
}

bool yc_name_is_folder(const struct yc_name_table *t, const char *path)
{
    const struct yc_name *n = yc_name_find(t, path);
    return yc_memfs_is_top(path) || (n && n->inode->is_dir);
}

bool yc_name_remove(struct yc_fs_memory *m, struct yc_name_table *t, const char *path)
{
    struct yc_name *n = yc_name_find(t, path);
    if (!n)
        return false;
    yc_inode_drop(m, n->inode);
    yc_memfs_free_text(m, n->path);
    *n = t->p[--t->n];
    return true;
}

bool yc_name_set(struct yc_fs_memory *m, struct yc_name_table *t, const char *path, struct yc_inode *inode)
{
    struct yc_name *old = yc_name_find(t, path);
    if (old) {
        inode->refs++;
        yc_inode_drop(m, old->inode);
        old->inode = inode;
        return true;
    }
    if (t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 16;
        struct yc_name *p = yc_alloc_resize(m->alloc, t->p, t->cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return false;
        t->p = p;
        t->cap = cap;
    }
    char *copy = yc_memfs_copy_text(m, path);
    if (!copy)
        return false;
    inode->refs++;
    t->p[t->n++] = (struct yc_name){copy, inode};
    return true;
}

void yc_name_release_all(struct yc_fs_memory *m, struct yc_name_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        yc_inode_drop(m, t->p[i].inode);
        yc_memfs_free_text(m, t->p[i].path);
    }
    yc_alloc_free(m->alloc, t->p, t->cap * sizeof *t->p);
    *t = (struct yc_name_table){NULL, 0, 0};
}

void yc_change_release(struct yc_fs_memory *m, struct yc_name_change *c)
{
    yc_inode_drop(m, c->name.inode);
    yc_memfs_free_text(m, c->name.path);
    yc_memfs_free_text(m, c->from);
}

bool yc_change_add(struct yc_fs_memory *m, const char *path, struct yc_inode *inode, const char *from)
{
    if (m->change_count == m->change_cap) {
        size_t cap = m->change_cap ? 2 * m->change_cap : 16;
        struct yc_name_change *p = yc_alloc_resize(m->alloc, m->changes, m->change_cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return false;
        m->changes = p;
        m->change_cap = cap;
    }
    struct yc_name_change c = {.name = {yc_memfs_copy_text(m, path), NULL},
                               .from = from ? yc_memfs_copy_text(m, from) : NULL};
    if (!c.name.path || (from && !c.from)) {
        yc_change_release(m, &c);
        return false;
    }
    if (inode) {
        inode->refs++;
        c.name.inode = inode;
    }
    m->changes[m->change_count++] = c;
    return true;
}

bool yc_change_apply(struct yc_fs_memory *m, const struct yc_name_change *c)
{
    if (c->from)
        yc_name_remove(m, &m->durable, c->from);
    if (c->name.inode)
        return yc_name_set(m, &m->durable, c->name.path, c->name.inode);
    yc_name_remove(m, &m->durable, c->name.path);
    return true;
}
