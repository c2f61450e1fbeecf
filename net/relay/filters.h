/* Answering light clients that ask for compact block filters (BIP 157): what one peer has asked for and has not been told
 * yet. Filters themselves come from the chain view; a peer gets the next as fast as it reads.
 *
 * Attacks it answers: a request for more than the protocol allows, or for blocks that would tell this node from others
 * (P34), closes the connection; a request for much keeps nobody waiting (the owner says how many records a turn may read)
 * and fills no memory (a peer that does not read is sent no more). Limits, order of checks and log lines are Bitcoin
 * Core's. Thread: the owner's. */
#ifndef YC_NET_RELAY_FILTERS_H
#define YC_NET_RELAY_FILTERS_H

#include "net/proto/chain_view.h"
#include "net/proto/peer.h"

#define YC_FILTERS_COUNT_MAX          1000
#define YC_FILTER_HEADERS_COUNT_MAX   2000
#define YC_FILTER_CHECKPOINT_INTERVAL 1000 /* blocks */
#define YC_FILTER_TYPE_BASIC          0

struct yc_filter_request {
    enum yc_msg_type asked; /* getcfilters, getcfheaders or getcfcheckpt; YC_MSG_UNKNOWN: nothing */
    struct yc_block_hash stop;
    uint32_t next, last, step; /* heights to be read */
    struct yc_buf answer;      /* of getcfheaders and getcfcheckpt, as far as it is made */
};

/** alloc is borrowed for its life; no memory is taken yet. */
void yc_filter_request_init(struct yc_filter_request *r, const struct yc_alloc *alloc);
void yc_filter_request_release(struct yc_filter_request *r);

/** The peer asks by one of the three messages; nothing else may be being answered. What is not allowed closes the peer. */
void yc_filter_request_begin(struct yc_filter_request *r, const struct yc_chain_view *view, struct yc_peer *peer,
                             const struct yc_msg *m);

enum yc_filter_progress {
    YC_FILTERS_ANSWERED, /* nothing is left to do */
    YC_FILTERS_MORE,     /* call again, once the peer takes output */
    YC_FILTERS_WAITING   /* for view->filters_soon() to become false */
};
/** Read at most records_max filters, or hashes of filters, and send what is complete. What cannot be found is not
 *  answered at all, as Bitcoin Core does. */
enum yc_filter_progress yc_filter_request_serve(struct yc_filter_request *r, const struct yc_chain_view *view,
                                                struct yc_peer *peer, unsigned records_max);

#endif
