/* What the files of the peer machine share: for net/proto/peer*.c alone. */
#ifndef YC_NET_PROTO_PEER_INTERNAL_H
#define YC_NET_PROTO_PEER_INTERNAL_H

#include "net/proto/peer.h"

/** A line of category net; the format's first arguments are the caller's. */
#define log_net(p, ...) yc_log_debug((p)->shared->log, YC_LOGC_NET, __VA_ARGS__)

/** Append a message of the type to the output whatever the state; closes the peer when it does not fit. */
void yc_peer_emit(struct yc_peer *p, enum yc_msg_type type, const char *name, struct yc_view payload);

/** Begin a message whose payload of n bytes is then written to the pointer returned, and yc_peer_emit_end()ed; NULL:
 *  the peer has been closed. */
uint8_t *yc_peer_emit_begin(struct yc_peer *p, size_t n);
void yc_peer_emit_end(struct yc_peer *p, enum yc_msg_type type, const char *name, size_t n);

void yc_peer_send_version(struct yc_peer *p, struct yc_now now);
/** Send a ping now, and remember its nonce. */
void yc_peer_send_ping(struct yc_peer *p, struct yc_now now);

/** There is something to send, or it was closed: tell the owner. */
void yc_peer_wake(struct yc_peer *p);

/** Bring shared->memory_bytes up to date: after whatever may change a buffer. */
void yc_peer_account(struct yc_peer *p);

/** Take up one message. True: *ev was filled in. */
bool yc_peer_dispatch(struct yc_peer *p, const struct yc_frame *frame, struct yc_now now, struct yc_peer_event *ev);

#endif
