/* A struct yc_fs around another one that fails chosen operations, so that a test can walk through every operation of
 * a procedure (catalogue S05, S06). Any thread, as far as the inner one allows. */
#ifndef YC_SYS_FS_FAULT_H
#define YC_SYS_FS_FAULT_H

#include "base/fs.h"

#include <stdatomic.h>

enum yc_fs_operation {
    YC_FS_OPEN = 1 << 0,
    YC_FS_READ = 1 << 1,
    YC_FS_WRITE = 1 << 2,
    YC_FS_SIZE = 1 << 3,
    YC_FS_TRUNCATE = 1 << 4,
    YC_FS_SYNC = 1 << 5,
    YC_FS_RENAME = 1 << 6,
    YC_FS_REMOVE = 1 << 7,
    YC_FS_MAKE_DIR = 1 << 8,
    YC_FS_SYNC_DIR = 1 << 9,
    YC_FS_EXISTS = 1 << 10,
    YC_FS_LIST = 1 << 11,
    YC_FS_SPACE = 1 << 12,
    YC_FS_CHANGES =
        YC_FS_WRITE | YC_FS_TRUNCATE | YC_FS_SYNC | YC_FS_RENAME | YC_FS_REMOVE | YC_FS_MAKE_DIR | YC_FS_SYNC_DIR,
    YC_FS_ALL = (1 << 13) - 1
};

#define YC_FS_TEAR_NONE ((size_t)-1)

struct yc_fs_fault {
    struct yc_fs fs; /* what to hand on; its ctx is this struct, which therefore must not move */
    const struct yc_fs *inner;
    /* The first three are set at any time, the others between operations. */
    atomic_uint kinds;        /* enum yc_fs_operation values that count and may fail */
    atomic_uint fail_at;      /* the operation of these kinds that fails, from 1; 0: none */
    atomic_bool keep_failing; /* later ones fail too, as a full or dying disk does */
    enum yc_system which;     /* what the failure is */
    size_t tear_bytes;  /* a failing write first writes this many of its bytes (at most all); YC_FS_TEAR_NONE: none */
    atomic_uint count;  /* operations of these kinds so far: run once with fail_at 0 to learn how many there are */
    atomic_uint failed; /* how many were made to fail */
};

/** Wraps inner (borrowed for its life); fails nothing until fail_at is set. */
void yc_fs_fault_init(struct yc_fs_fault *f, const struct yc_fs *inner);

#endif
