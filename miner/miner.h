/* The miner at work: templates from a node, jobs on a board, found blocks back to the node.
 *
 * Threads: the workers (miner/board.h); one that talks to the node about blocks and templates; one that waits in a long
 * poll for news; the caller's, which watches. */
#ifndef YC_MINER_MINER_H
#define YC_MINER_MINER_H

#include "miner/job.h"
#include "miner/kernel.h"
#include "node/access/access.h"

struct yc_miner_config {
    const struct yc_node_place *place; /* borrowed for the miner's life, as all pointers here */
    const struct yc_miner_kernel *kernel;
    const struct yc_clock *clock;
    const struct yc_log *log;
    const struct yc_random *random;
    unsigned threads;
    bool pin;        /* each thread keeps to a processor of its own */
    uint64_t blocks; /* end after so many are accepted; 0: never */
    struct yc_view payout_script, tag;
};

struct yc_miner_stats {
    uint64_t hashes, found, accepted, stale, rejected;
    uint32_t height; /* of the job, 0: none */
    int64_t job_age_us;
    int64_t switch_us_max; /* the longest from news of a tip to the last worker off the old one */
    bool reached;          /* the node answered last time */
};

struct yc_miner; /* opaque */

/** Make it and start its threads. The caller frees *out. YC_SYSTEM on failure. */
enum yc_verdict yc_miner_new(struct yc_miner **out, const struct yc_alloc *alloc, const struct yc_miner_config *config,
                             struct yc_error *err) YC_MUST_USE;
/** Breaks off whatever is under way and joins all threads. NULL is fine. */
void yc_miner_free(struct yc_miner *m);

/** A descriptor that becomes readable when the miner has ended by itself: all blocks accepted, or a failure. */
int yc_miner_done_fd(const struct yc_miner *m);
/** Why it ended. YC_NOT_YET: it has not. YC_VALID: all blocks are accepted. Else the failure's verdict and sentence. */
enum yc_verdict yc_miner_outcome(struct yc_miner *m, struct yc_error *err);

struct yc_miner_stats yc_miner_stats(struct yc_miner *m);

#endif
