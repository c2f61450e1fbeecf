/* The state of the file system in memory: inodes, names, and changes of names that are not on the disk yet. What
 * sys/fs_memory.c does under its mutex; not for other modules. A false return is always a lack of memory. */
#ifndef YC_SYS_FS_MEMORY_STATE_H
#define YC_SYS_FS_MEMORY_STATE_H

#include "base/buf.h"
#include "sys/fs_memory.h"
#include "sys/thread.h"

#define YC_MEMFS_PATH_MAX 1024

enum yc_inode_log_kind { YC_INODE_WRITE, YC_INODE_TRUNCATE };

/* A file's or a folder's contents. It lives while a name, a change of names or an open file refers to it. */
struct yc_inode {
    unsigned refs;
    bool is_dir;
    struct yc_buf now;     /* what reads see */
    struct yc_buf durable; /* what was synced */
    struct yc_buf log;     /* writes since then, in order: how to get from durable to now */
};

struct yc_name {
    char *path;
    struct yc_inode *inode; /* NULL in a change: a removal */
};

/* A change of names that is not on the disk yet. */
struct yc_name_change {
    struct yc_name name;
    char *from; /* a rename's old path, else NULL */
    bool stops; /* during a power cut: later changes of the same folder are lost */
};

struct yc_name_table {
    struct yc_name *p;
    size_t n, cap;
};

struct yc_fs_memory {
    struct yc_fs fs;
    const struct yc_alloc *alloc;
    struct yc_mutex mutex;
    struct yc_name_table now, durable;
    struct yc_name_change *changes;
    size_t change_count, change_cap;
    uint64_t used_bytes, space_max_bytes;
    unsigned boots; /* power cuts so far: tells a stale open file */
};

/** Write the path without "." parts and double slashes; the root is "/", the working folder ".". False for one that is
 *  too long or has a ".." in it. */
bool yc_memfs_normalise(char out[YC_MEMFS_PATH_MAX], const char *path);
/** The folder of a normalised path. */
void yc_memfs_parent(char out[YC_MEMFS_PATH_MAX], const char *path);
/** True when the folder of path is dir. */
bool yc_memfs_is_in(const char *path, const char *dir);
/** True for "/" and ".", which always exist. */
bool yc_memfs_is_top(const char *path);
/** A copy of a text, to be freed with yc_memfs_free_text; NULL: no memory. */
char *yc_memfs_copy_text(struct yc_fs_memory *m, const char *text);
void yc_memfs_free_text(struct yc_fs_memory *m, char *text);

/** Make b n bytes long; new bytes are zeros. */
bool yc_memfs_set_length(struct yc_buf *b, uint64_t n);
/** Write n bytes at offset, making b longer as needed. */
bool yc_memfs_put_bytes(struct yc_buf *b, const void *p, size_t n, uint64_t offset);

/** An empty inode with one reference, the caller's; NULL: no memory. */
struct yc_inode *yc_inode_new(struct yc_fs_memory *m, bool is_dir);
/** Give a reference back; NULL is fine. */
void yc_inode_drop(struct yc_fs_memory *m, struct yc_inode *i);
/** Note a write of n bytes at where, or a truncation to where bytes. */
bool yc_inode_log(struct yc_inode *i, enum yc_inode_log_kind kind, uint64_t where, const void *p, size_t n);
/** Carry the first changes of the log over to the durable bytes, all of them without chance, else as chance has it;
 *  then the log is empty. */
bool yc_inode_replay(struct yc_inode *i, const struct yc_random *chance);

/** The entry of a path, NULL when there is none. Valid until the table changes. */
struct yc_name *yc_name_find(const struct yc_name_table *t, const char *path);
bool yc_name_is_folder(const struct yc_name_table *t, const char *path);
/** False when it was not there. */
bool yc_name_remove(struct yc_fs_memory *m, struct yc_name_table *t, const char *path);
/** Let path name the inode, instead of what it named before. Takes a reference of its own. */
bool yc_name_set(struct yc_fs_memory *m, struct yc_name_table *t, const char *path, struct yc_inode *inode);
void yc_name_release_all(struct yc_fs_memory *m, struct yc_name_table *t);

/** Remember that path now names the inode (NULL: nothing), and that from, if not NULL, does no longer. */
bool yc_change_add(struct yc_fs_memory *m, const char *path, struct yc_inode *inode, const char *from);
/** Make the change in the durable names. */
bool yc_change_apply(struct yc_fs_memory *m, const struct yc_name_change *c);
void yc_change_release(struct yc_fs_memory *m, struct yc_name_change *c);

#endif
