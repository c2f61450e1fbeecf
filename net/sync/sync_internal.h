/* What the files of net/sync share: for net/sync alone. */
#ifndef YC_NET_SYNC_SYNC_INTERNAL_H
#define YC_NET_SYNC_SYNC_INTERNAL_H

#include "base/hex.h"
#include "consensus/describe.h"
#include "net/sync/sync.h"

#define YC_SYNC_TICK_US INT64_C(250000) /* while blocks are awaited */

/* A block that some peers were asked for. */
struct in_flight {
    int64_t first_us; /* when the first of them was asked */
    uint32_t askers;  /* requests that have not been given up */
};

#define log_sync(p, ...) yc_log_debug((p)->peer->shared->log, YC_LOGC_NET, __VA_ARGS__)

static inline long long sync_peer_id(const struct yc_sync_peer *p)
{
    return (long long)p->peer->start.id;
}

/** The peer has this block, so its ancestors too: note it when it has more work than what was known. */
void yc_sync_note_best(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *e);
/** A block that it announced and that we did not know may be known by now. */
void yc_sync_resolve_unknown(struct yc_sync *s, struct yc_sync_peer *p);
/** One of those that we chose, whom nobody can make many of. */
bool yc_sync_preferred(const struct yc_sync_peer *p);
/** Something is awaited, or will have to be done when some time has passed: tick in a second at most. */
void yc_sync_look_soon(struct yc_sync *s, struct yc_now now);
/** Begin to ask for headers where that is due. */
void yc_sync_start_headers(struct yc_sync *s, struct yc_now now);
/** Ask the peer for blocks as long as there is room. */
void yc_sync_fetch(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now);
/** The peer has spoken of the branch that ends in last: ask for what is missing of it when it has as much work as our
 *  chain, though the peer's best may be another. Not during the first download. */
void yc_sync_fetch_announced(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *last,
                             struct yc_now now);
/** No request of the peer keeps others from asking any more. */
void yc_sync_give_up(struct yc_sync *s, struct yc_sync_peer *p);
/** Note the request of this block and peer; false: no memory. There must be room. */
bool yc_sync_note_request(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *e, struct yc_now now);
/** The place of the request among the peer's, or its request_count. */
size_t yc_sync_find_request(const struct yc_sync_peer *p, const struct yc_block_hash *hash);
/** The peer was asked for the block and nothing more is expected of that: true when it was. */
bool yc_sync_take_request(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *hash);
/** What was given up makes room for new requests. */
void yc_sync_make_room(struct yc_sync_peer *p);
/** A body has come and the chain has said this of it; asked_us: when the peer was asked. blame: it vouches for it. */
void yc_sync_note_body(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *hash, enum yc_verdict v,
                       const struct yc_reject *why, bool blame, int64_t asked_us, struct yc_now now);
/** A block that was asked of it then has come. */
void yc_sync_note_pace(struct yc_sync_peer *p, int64_t asked_us, struct yc_now now);
/** Ask for this one block whole. */
void yc_sync_ask_whole(struct yc_sync_peer *p, const struct yc_block_hash *hash);
/** May a header of this much work in its whole chain be stored? (P10) */
bool yc_sync_work_enough(const struct yc_sync *s, struct yc_u256 total);
/** The height up to which the branch that ends in e is the active chain. */
uint32_t yc_sync_fork_height(const struct yc_sync *s, const struct yc_chain_entry *e, uint32_t tip_height);
/** Forget a chain that was being downloaded twice. */
void yc_sync_drop_presync(struct yc_sync_peer *p);
/** Ask for headers from our best one on, unless that was done lately. */
bool yc_sync_maybe_getheaders(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now);
/** The peer leaves, or chose not to be one: it is no longer among those who announce by compact blocks. */
void yc_sync_drop_fast(struct yc_sync *s, struct yc_sync_peer *p);
/** Ask for headers from the branch of this block on, now. */
void yc_sync_getheaders_from(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *from,
                             struct yc_now now);
/** Is our tip so near to now that a block named by a peer is asked for at once? */
bool yc_sync_near_tip(const struct yc_sync *s, const struct yc_chain_entry *tip, struct yc_now now);
/** Does the peer have this block as far as we know, or has it been told of it? */
bool yc_sync_knows(const struct yc_sync *s, const struct yc_sync_peer *p, const struct yc_chain_entry *e);
/** Send our tip, or the block on it, as a compact block; false when it cannot be made. */
bool yc_sync_send_compact(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_block_hash *hash);
void yc_sync_tick_blocks(struct yc_sync *s, struct yc_now now);
void yc_sync_tick_headers(struct yc_sync *s, struct yc_now now);

#endif
