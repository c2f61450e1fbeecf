/* A long chain of headers whose work is not known yet, from one peer: downloaded twice, so that nothing of it is stored
 * before it has shown enough work.
 *
 * The attack: headers of the least difficulty cost next to nothing, and a peer could make us keep millions of them, each
 * chain promising to become the best one at last (catalogue P10). The defence: the first time only the work is added up,
 * and of one header in YC_PRESYNC_PERIOD one bit is kept, of a hash under a secret key. When the work is enough the peer is
 * asked for the same headers again; each goes through a buffer so long that some twenty of those bits lie between taking it
 * and giving it out, so whoever sends another chain the second time has to make it about a million times over. Then the
 * headers that come out are stored. The number of bits is bounded by the number of blocks that a chain can have in the time
 * that has passed (six in a second), and by the proof of work that each header must have.
 *
 * Difficulty is checked as far as it can be without the blocks below: exactly under ASERT, whose target follows from the
 * first block and the parent alone; within a factor of four a period under the window rule; not at all where blocks of
 * minimum difficulty are allowed.
 *
 * Thread: the owner's. Source: the scheme is Bitcoin Core's. */
#ifndef YC_NET_SYNC_PRESYNC_H
#define YC_NET_SYNC_PRESYNC_H

#include "base/siphash.h"
#include "net/proto/chain_view.h"

#define YC_PRESYNC_PERIOD     600   /* headers to a bit */
#define YC_PRESYNC_BUFFER_MAX 15000 /* headers of the second download that are held: 25 bits' worth, 720 kB */

struct yc_presync; /* opaque */

enum yc_presync_phase { YC_PRESYNC_COUNTING, YC_PRESYNC_AGAIN };

/* Where it begins. */
struct yc_presync_start {
    struct yc_chain_entry at;        /* a block of our tree that the first header stands on */
    int64_t time_min_s;              /* no block on it can have a time before this */
    uint32_t first_time, first_bits; /* of the branch's block 1, when at.height is 1 or more */
};

/** view->params, alloc are borrowed for its life. salt: secret, another for each. now_s: our clock. work_wanted: of the whole
 *  chain. NULL: no memory. */
struct yc_presync *yc_presync_new(const struct yc_alloc *alloc, const struct yc_chain_params *params,
                                  const struct yc_presync_start *start, struct yc_u256 work_wanted,
                                  struct yc_siphash_key salt, int64_t now_s) YC_MUST_USE;
void yc_presync_free(struct yc_presync *p);

struct yc_presync_step {
    const char *aborted; /* why the peer's headers are of no use to it (static), or NULL */
    bool
        more; /* go on: ask for headers behind yc_presync_next(); else it is over: all is ready, or the chain ended first */
    const uint8_t *ready; /* headers of 80 bytes that may be stored now, until the next call */
    size_t ready_count;
};
/** Take headers that follow one another and have their own proof of work (the caller has checked both). full: the message
 *  was as long as may be, so there may be more. After a step that is aborted or does not want more it is only to be freed. */
void yc_presync_take(struct yc_presync *p, const struct yc_header_list *list, bool full, struct yc_presync_step *out);

/** The hash behind which the next headers are wanted: first in the locator, that of the start follows. */
struct yc_block_hash yc_presync_next(const struct yc_presync *p);
enum yc_presync_phase yc_presync_phase(const struct yc_presync *p);
/** How far the first download has come. */
uint32_t yc_presync_height(const struct yc_presync *p);

#endif
