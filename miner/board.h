/* The board that work hangs on: one job at most, workers that search it, and where found blocks are put. Any thread.
 *
 * Attack it answers (catalogue N06): work on an old tip is lost, so a worker looks at the board's number every few
 * milliseconds and drops its job when the number has changed. */
#ifndef YC_MINER_BOARD_H
#define YC_MINER_BOARD_H

#include "base/clock.h"
#include "miner/job.h"
#include "miner/kernel.h"
#include "sys/thread.h"

#define YC_MINER_THREADS_MAX 1024

/* A block that a worker found. */
struct yc_found {
    struct yc_job *job; /* a reference, the receiver's to drop */
    struct yc_header header;
    uint32_t extranonce;
};

struct yc_board_stats {
    uint64_t hashes;
    int64_t switch_us_max; /* the longest that a worker searched on after its job was taken down */
    uint32_t height;       /* of the job, 0: there is none */
    int64_t job_made_us;
};

struct yc_board; /* opaque */

/** A board with `threads` workers (1..YC_MINER_THREADS_MAX), which wait for a job; with `pin` each keeps to a processor of its own. They use the kernel, whose speed decides
 *  how often they look up. found() is called from a worker's thread and takes the reference.
 *  YC_SYSTEM (MEMORY) on failure, and as yc_thread_bind() with pin; the caller frees *out. */
enum yc_verdict yc_board_new(struct yc_board **out, const struct yc_alloc *alloc, const struct yc_clock *clock,
                             const struct yc_miner_kernel *kernel, unsigned threads, bool pin,
                             void (*found)(void *ctx, struct yc_found *block), void *ctx,
                             struct yc_error *err) YC_MUST_USE;
/** Ends and joins the workers. NULL is fine. */
void yc_board_free(struct yc_board *b);

/** Hang a job up in place of the present one; a job on the same parent as one whose block is on its way to the node is
 *  not: it could only find that block's brother.
 *  job      takes the caller's reference
 *  known_us when the news came: from here on the time that workers need to switch is counted
 *  Returns whether it hangs. */
bool yc_board_put(struct yc_board *b, struct yc_job *job, int64_t known_us);
/** Take the present job down, so that workers rest; harmless when there is none. */
void yc_board_clear(struct yc_board *b, int64_t known_us);
/** The found block has reached the node, whatever became of it: jobs on its parent may hang again. */
void yc_board_settled(struct yc_board *b);
/** The present job with a reference for the caller, or NULL. */
struct yc_job *yc_board_job(struct yc_board *b);

struct yc_board_stats yc_board_stats(struct yc_board *b);

#endif
