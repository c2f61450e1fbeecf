/* anchors.dat: the block-relay-only peers of the last run, which are connected to first in the next.
 *
 * Attack it answers (catalogue P23): one who makes a node restart, having filled its address book, would be all that it
 * connects to. Peers that were good before the restart are not the attacker's. The file is used once: a peer that makes us
 * crash must not be met at every start.
 *
 * Format (Bitcoin Core's): magic, count, entries (version, then as in addrv2), double SHA-256 of all before. */
#ifndef YC_NET_PEERS_ANCHORS_H
#define YC_NET_PEERS_ANCHORS_H

#include "base/buf.h"
#include "net/proto/message.h"

#define YC_ANCHORS_MAX       2
#define YC_ANCHORS_BYTES_MAX 4096 /* a longer file is none of ours */

/** Append the file's bytes to out; check out->failed. count <= YC_ANCHORS_MAX. */
void yc_anchors_write(struct yc_buf *out, const uint8_t magic[4], const struct yc_addr_entry *list, size_t count);
/** The entries of a file, at most YC_ANCHORS_MAX of them; 0 when it is damaged, of another network, or empty. */
size_t yc_anchors_read(struct yc_addr_entry out[YC_ANCHORS_MAX], const uint8_t magic[4], struct yc_view bytes);

#endif
