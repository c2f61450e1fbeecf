/* Which of the peers that we connected to are worth their place: those that keep up with our chain.
 *
 * Attack it answers (catalogue P37): an attacker, or a network that is cut in two, gives us only peers without the chain of
 * most work. A peer whose best block has less work than ours must catch up within twenty minutes, or within two more once
 * it was asked; else it makes place for another. Four full-relay peers that were seen to have our tip are shielded, so that
 * a flood of blocks cannot shake off all good ones at once. When no block has come for long, an extra peer is tried, and
 * the one that told of new blocks longest ago goes.
 *
 * Thread: the owner's (core). Times are monotonic microseconds. */
#ifndef YC_NET_SYNC_KEEP_H
#define YC_NET_SYNC_KEEP_H

#include "net/sync/sync.h"

#define YC_KEEP_SHIELDED_MAX 4

/** The peer has announced blocks by headers or a compact block: is_new when they were not known before. */
void yc_keep_note_announced(struct yc_sync *s, struct yc_sync_peer *p, bool is_new, struct yc_now now);
/** Ask the peer if it lags behind, and close it if it did not answer with better. */
void yc_keep_look(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now);
/** Of the connections of a type (full-relay or block-relay-only) the one to give up first, when there are more than most
 *  of them; NULL when there are not, or the one to go is too new to be judged. Full relay: who announced a new block
 *  longest ago. Block relay: the youngest, or the one before it if the youngest has given us a block since. */
struct yc_sync_peer *yc_keep_worst(struct yc_sync *s, enum yc_conn_type type, size_t most, struct yc_now now);
/** Nothing is awaited from anybody: then silence may mean that all peers are stale. */
bool yc_keep_nothing_awaited(const struct yc_sync *s);

#endif
