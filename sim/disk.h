/* A disk with a speed: files and key-value stores over others of their kind, which count how long each operation would have
 * taken. The world makes the node wait so long before it hears of anything again. One thread. */
#ifndef YC_SIM_DISK_H
#define YC_SIM_DISK_H

#include "base/fs.h"
#include "node/store/kv.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_disk_speed {
    int64_t sync_us;      /* of a file, a folder, or a batch that is to last */
    int64_t operation_us; /* of everything else */
    uint64_t bytes_per_s; /* written or read; 0: no limit */
    int64_t commit_us;    /* blocks are written behind the node's back, which goes on meanwhile; 0: it waits */
};

struct sim_disk {
    struct yc_fs fs; /* what to hand on; its ctx is this struct, which therefore must not move */
    const struct yc_fs *inner;
    struct sim_disk_speed speed;
    int64_t spent_us; /* since it was last set to 0 by the owner */
    uint64_t syncs, bytes_written;
};

/* A key-value store on the disk: its time is the disk's. */
struct sim_disk_kv {
    struct yc_kv kv; /* what to hand on; its ctx is this struct, which therefore must not move */
    const struct yc_kv *inner;
    struct sim_disk *disk;
};

/** Wraps inner and shares the disk (both borrowed for its life). */
void sim_disk_kv_init(struct sim_disk_kv *k, const struct yc_kv *inner, struct sim_disk *disk);
/** Wraps inner (borrowed for its life). */
void sim_disk_init(struct sim_disk *d, const struct yc_fs *inner, struct sim_disk_speed speed);

#endif
