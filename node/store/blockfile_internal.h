/* What blockfile.c and blockfile_scan.c share. */
#ifndef YC_NODE_STORE_BLOCKFILE_INTERNAL_H
#define YC_NODE_STORE_BLOCKFILE_INTERNAL_H

#include "node/store/blockfile.h"

#define FRAME_BYTES     8 /* magic, length */
#define UNDO_HASH_BYTES 32
#define PATH_ROOM       32                            /* "/blkNNNNN.dat" and a NUL, with room to spare */
#define HANDLES_MAX     (2 * YC_BLOCKFILES_DIRTY_MAX) /* half of them may be in a sync that runs */

/* Where the records of the two files of a number end. */
struct ends {
    uint32_t end[2]; /* by enum yc_blockfile_kind */
};

struct handle {
    struct yc_file *file; /* NULL: free */
    enum yc_blockfile_kind kind;
    uint32_t number;
    bool dirty; /* bytes that no sync has begun with */
    bool held;  /* by a sync that runs: it must not be closed */
};

struct yc_blockfiles {
    /* Immutable after open: what readers on other threads use. */
    const struct yc_alloc *alloc;
    const struct yc_fs *fs;
    uint8_t magic[4];
    uint32_t file_bytes_max;
    size_t dir_bytes; /* with NUL */
    char *dir;
    /* The writer's. */
    bool started, sync_failed, names_unsynced;
    bool syncing; /* between begin and end */
    struct ends *ends;
    size_t ends_room, ends_count;
    uint32_t last;
    uint64_t bytes, unsynced_bytes;
    char *path; /* the writer's room for a path: dir_bytes + PATH_ROOM */
    struct handle handle[HANDLES_MAX];
};

/* Write the path of a file into out, dir_bytes + PATH_ROOM bytes. */
void yc_blockfile_path(const struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number, char *out);

/* A path in memory of its own, for threads that read; freed with yc_blockfile_path_free. NULL: no memory. */
char *yc_blockfile_path_new(const struct yc_blockfiles *f, enum yc_blockfile_kind kind, uint32_t number);
void yc_blockfile_path_free(const struct yc_blockfiles *f, char *path);

#endif
