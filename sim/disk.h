/* A disk with a speed: a struct yc_fs over another one that counts how long each operation would have taken. The world
 * makes the node wait so long before it hears of anything again. One thread. */
#ifndef YC_SIM_DISK_H
#define YC_SIM_DISK_H

#include "base/fs.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_disk_speed {
    int64_t sync_us;      /* of a file or a folder */
    int64_t operation_us; /* of everything else */
    uint64_t bytes_per_s; /* written or read; 0: no limit */
};

struct sim_disk {
    struct yc_fs fs; /* what to hand on; its ctx is this struct, which therefore must not move */
    const struct yc_fs *inner;
    struct sim_disk_speed speed;
    int64_t spent_us; /* since it was last set to 0 by the owner */
    uint64_t syncs, bytes_written;
};

/** Wraps inner (borrowed for its life). */
void sim_disk_init(struct sim_disk *d, const struct yc_fs *inner, struct sim_disk_speed speed);

#endif
