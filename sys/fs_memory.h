/* A file system in memory that knows what was synced, for tests and for the simulator: a power cut takes back what
 * was not. Strict as POSIX allows: a file's bytes last only after its sync, its name only after the sync of its
 * folder (the sync of a file does not save its name), and the two are independent of each other. Any thread. */
#ifndef YC_SYS_FS_MEMORY_H
#define YC_SYS_FS_MEMORY_H

#include "base/alloc.h"
#include "base/fs.h"
#include "base/random.h"

struct yc_fs_memory; /* opaque */

/** An empty file system whose folder "/" and working folder "." exist. All memory comes from alloc (borrowed for its
 *  life; any thread). space_max_bytes: what the files may hold together, more is YC_SYSTEM_FULL.
 *  Returns YC_VALID or YC_SYSTEM (MEMORY); the caller frees *out. */
enum yc_verdict yc_fs_memory_new(struct yc_fs_memory **out, const struct yc_alloc *alloc, uint64_t space_max_bytes,
                                 struct yc_error *err) YC_MUST_USE;
/** Every file must have been closed. NULL is fine. */
void yc_fs_memory_free(struct yc_fs_memory *m);

/** The interface; valid until free. Paths are compared after "." and repeated '/' are dropped; ".." is refused. */
const struct yc_fs *yc_fs_memory_fs(struct yc_fs_memory *m);

/** The power fails. Files that are open now answer every call but close with YC_SYSTEM (IO) from here on.
 *  chance   NULL: everything that was not synced is lost. Else of each file's unsynced writes, and of each folder's
 *           unsynced names, a prefix of chosen length survives; the write after it may survive in part (torn).
 *  A file whose name survives without any of its bytes is empty.
 *  Returns YC_VALID or YC_SYSTEM (MEMORY), after which the contents are undefined. */
enum yc_verdict yc_fs_memory_power_cut(struct yc_fs_memory *m, const struct yc_random *chance,
                                       struct yc_error *err) YC_MUST_USE;

/** Bytes in all files. */
uint64_t yc_fs_memory_used(struct yc_fs_memory *m);

#endif
