/* A pool of threads that run pure jobs over immutable input. A group is a set of jobs that somebody waits for; whoever
 * waits runs jobs of that group too, so a pool of 0 threads is valid and runs everything in the caller, in order: what
 * the simulator uses. Jobs must not submit to, or wait for, their own group. Any thread may submit to its group. */
#ifndef YC_SYS_WORKERS_H
#define YC_SYS_WORKERS_H

#include "base/alloc.h"
#include "base/result.h"

#include <stddef.h>

struct yc_workers; /* opaque */

/* A set of jobs with one waiter. The fields are the pool's. */
struct yc_work_group {
    struct yc_workers *workers;
    size_t pending; /* jobs submitted and not finished; guarded by the pool's mutex */
};

#define YC_WORKERS_MAX 64

/** A pool of count threads (0..YC_WORKERS_MAX, more is cut) named "PREFIX.0" …, with its memory from alloc.
 *  Returns YC_VALID or YC_SYSTEM (MEMORY); the caller frees *out. */
enum yc_verdict yc_workers_new(struct yc_workers **out, const struct yc_alloc *alloc, const char *name_prefix,
                               unsigned count, struct yc_error *err) YC_MUST_USE;
/** Every group must have been waited for. Joins the threads. NULL is fine. */
void yc_workers_free(struct yc_workers *w);
unsigned yc_workers_count(const struct yc_workers *w);

void yc_work_group_init(struct yc_work_group *g, struct yc_workers *w);

/** Run run(job) some time between now and the end of yc_workers_wait. job (not NULL) is the caller's until then. Never blocks for
 *  long and cannot fail: when the pool's list of work is full, the job is run here and now. */
void yc_workers_submit(struct yc_work_group *g, void (*run)(void *job), void *job);

/** The same for each of count jobs that lie job_bytes apart, in any order and on any threads. */
void yc_workers_submit_array(struct yc_work_group *g, void (*run)(void *job), void *jobs, size_t job_bytes,
                             size_t count);

/** Help with the group's jobs, then wait until all are finished. What they wrote is visible to the caller after. The
 *  group may then be used again. */
void yc_workers_wait(struct yc_work_group *g);

#endif
