/* The lock that keeps two processes out of one data directory (catalogue S12). */
#ifndef YC_SYS_LOCKFILE_H
#define YC_SYS_LOCKFILE_H

#include "base/result.h"

#include <stdbool.h>
#include <stdint.h>

struct yc_datadir_lock {
    int fd; /* -1: not held */
};

/** Lock DIR/.lock (made when missing, 0600) for this process, without waiting. The lock ends with the process or with
 *  yc_datadir_unlock; a fork shares it, so a daemon detaches first.
 *  Returns YC_VALID or YC_SYSTEM (IO; FULL when the file could not be made for want of room). */
enum yc_verdict yc_datadir_lock(struct yc_datadir_lock *out, const char *dir, struct yc_error *err) YC_MUST_USE;
/** Wait until no process holds DIR/.lock, at most timeout_ms: a node that was asked to end has then ended. False when the
 *  time is over. True at once when there is no such file. */
bool yc_datadir_wait_free(const char *dir, int64_t timeout_ms);
/** Harmless when it is not held. */
void yc_datadir_unlock(struct yc_datadir_lock *lock);

#endif
