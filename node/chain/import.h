/* Blocks from a file that another program made: records of magic, length and block as block files hold them (Bitcoin
 * Core's form: bootstrap.dat, blk files, contrib/linearize). What is no record is passed over; blocks may come twice,
 * or before their parents.
 *
 * Core thread. The file is read ahead and its blocks are parsed and checked on the workers; they are stored in the order
 * of the file, and connected by yc_chain_step() as any block is. */
#ifndef YC_NODE_CHAIN_IMPORT_H
#define YC_NODE_CHAIN_IMPORT_H

#include "node/chain/chain.h"

struct yc_import; /* opaque */

struct yc_import_progress {
    uint64_t at_bytes, size_bytes; /* how much of the file has been worked off, about */
    uint64_t loaded;               /* blocks stored */
    uint64_t known;                /* records of blocks that were stored before */
    uint64_t refused;              /* blocks that break a rule */
    uint64_t waiting;              /* blocks whose parent has not been seen */
    uint64_t skipped_bytes;        /* that were no record */
};

/** Open a file for import. The chain must have done loading and outlive it.
 *  Returns YC_VALID, and the caller closes *out; YC_NOT_YET when there is no such file; YC_SYSTEM. */
enum yc_verdict yc_import_open(struct yc_import **out, struct yc_chain *c, const char *path,
                               struct yc_error *err) YC_MUST_USE;

/** Do a little of the work. MORE: call again, with yc_chain_step() in between; *waits (may be NULL) says that nothing
 *  can be done before the chain or the workers have got on. DONE: the end of the file was reached and everything in it is
 *  stored or refused. FAILED: the chain has failed (yc_chain_failure()), or the file could not be read (*err). */
enum yc_step yc_import_step(struct yc_import *im, bool *waits, struct yc_error *err);

struct yc_import_progress yc_import_progress(const struct yc_import *im);

/** At any time; waits for what the workers are doing. NULL is fine. */
void yc_import_close(struct yc_import *im);

#endif
