/* Undo data: the coins that a block spent, from which it can be disconnected. Pure; any thread. */
#ifndef YC_NODE_STORE_UNDO_H
#define YC_NODE_STORE_UNDO_H

#include "consensus/connect.h"

/** Write the coins that yc_block_connect() gave. With a counting writer this measures. */
void yc_undo_write(struct yc_writer *w, const struct yc_spent_coins *spent);

/** Read them back.
 *  bytes  borrowed for the call; arena gets the coins and their scripts
 *  Returns YC_VALID; YC_SYSTEM (CORRUPT) when the bytes are no undo data, (MEMORY) when the arena is full. */
enum yc_verdict yc_undo_read(struct yc_spent_coins *out, struct yc_view bytes, struct yc_arena *arena,
                             struct yc_error *err) YC_MUST_USE;

#endif
