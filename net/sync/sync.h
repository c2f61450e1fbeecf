/* Headers first, then bodies: which headers to ask of whom, and which blocks of the best chain of headers to fetch from
 * which peer. It is the state that spans peers; each peer's own part is a struct that its owner keeps beside it.
 *
 * Attacks it answers (catalogue): an inv of 50,000 blocks makes one getheaders (P03); cheap headers fill memory (P10:
 * a chain is stored once it has shown work enough, see presync.h, of few inbound peers at a
 * time; of what is stored and does not lie on the best one the chain keeps no more than a bound); a wrong body spoils only its sender's own requests (P14);
 * whoever announces first and withholds is overtaken (P15, P36: a block that holds up the chain is asked of ever more
 * peers, and one who was overtaken gives up all that he was asked); headers that do not follow one another, lack their
 * proof of work, or connect to nothing (P29: at most one getheaders in two minutes); compact blocks that cannot be, or
 * never come to an end (P12, P13: each attempt is one request of one peer, and the whole block the way out).
 *
 * Thread: the one that owns the peers. Time is an argument; no clock, no sockets. Sources: BIP 130, 144. */
#ifndef YC_NET_SYNC_SYNC_H
#define YC_NET_SYNC_SYNC_H

#include "base/map.h"
#include "net/proto/chain_view.h"
#include "net/proto/peer.h"
#include "net/relay/compact.h"

#define YC_SYNC_WINDOW        1024             /* blocks above those that we have that are asked for */
#define YC_SYNC_IN_FLIGHT_MAX 16               /* of one peer */
#define YC_SYNC_IN_FLIGHT_NEW 4                /* of one that has not brought any yet */
#define YC_SYNC_IN_FLIGHT_US  INT64_C(2000000) /* of one that has: as many as it brings in so long, at least 2 */
#define YC_SYNC_HEADER_PEERS_MAX                                                                                       \
    3 /* asked for headers at a time while the best header is old: one, and those that show blocks we lack */
#define YC_SYNC_ANNOUNCE_MAX 8 /* headers in one announcement (BIP 130) */
#define YC_SYNC_HEADERS_AHEAD_MAX                                                                                      \
    131072 /* of a branch above what it shares with our chain, while the chain has no minimum of work */
#define YC_SYNC_PRESYNC_MAX                                                                                            \
    32 /* chains of too little work that are downloaded twice at a time, of peers that we did not choose: about 1 MB each */
#define YC_SYNC_HEADERS_WAIT_US  INT64_C(30000000)  /* for an answer, before another peer is asked */
#define YC_SYNC_REASK_HEADERS_US INT64_C(120000000) /* between questions that one peer left unanswered */
#define YC_SYNC_BLOCK_TIMEOUT_US INT64_C(120000000) /* without any block that was asked of it */
#define YC_SYNC_OVERTAKE_MIN_US  INT64_C(500000)    /* until a block that holds up the chain is asked of others too */
#define YC_SYNC_OVERTAKE_MAX_US  INT64_C(64000000)
#define YC_SYNC_REST_US          INT64_C(10000000) /* an overtaken peer is asked for nothing for so long */
#define YC_SYNC_COMPACT_MAX      3                 /* peers that one block is put together from at a time (P15) */
#define YC_SYNC_COMPACT_AHEAD    2                 /* blocks above our tip that are put together from the pool */
#define YC_SYNC_FAST_MAX         3                 /* peers that announce to us by compact blocks at once (BIP 152) */

/* A block that was asked of a peer. */
struct yc_sync_request {
    struct yc_block_hash hash;
    uint32_t height;
    int64_t asked_us;
    bool by_name;               /* a person wants it, though it was here once and is pruned now */
    bool given_up;              /* others may be asked as if this had not been; should it come, it is still welcome */
    uint64_t order;             /* of all requests, the first has the least */
    struct yc_compact *partial; /* being put together from a compact block of this peer; owned */
    bool compact_failed;        /* that was tried and could not be: the whole block was asked for */
};

/* Is it worth its place? keep.h's. */
struct yc_keep {
    bool shielded;  /* it keeps its place whatever it says */
    bool asked;     /* it was asked for headers because it lags behind */
    int64_t due_us; /* by when it must have the work wanted; 0: it does not lag behind */
    struct yc_u256 wanted;
    struct yc_block_hash parent; /* of the block that had that work */
    int64_t announced_us;        /* when it last announced a block that was new and better; 0: never */
};

struct yc_presync; /* net/sync/presync.h */

/* One peer's part; zero it before yc_sync_add(). */
struct yc_sync_peer {
    struct yc_peer *peer;
    struct yc_sync_peer *prev, *next;
    bool headers_started; /* it was asked for headers from our best one on */
    bool headers_paused;  /* it has more, which is asked for once the blocks have come nearer */
    bool headers_awaited; /* and an answer is due by headers_due_us */
    bool told_sendheaders;
    bool asked_by_inv; /* an inv of it made us ask for headers */
    int64_t headers_due_us, headers_asked_us, headers_retry_us;
    bool has_best, has_unknown, has_sent;
    struct yc_chain_entry best;         /* the block with the most work that it is known to have */
    struct yc_block_hash unknown, sent; /* the last one that it announced and we lack; the last that we announced */
    struct yc_sync_request request[YC_SYNC_IN_FLIGHT_MAX];
    size_t request_count;
    int64_t pace_us;       /* between blocks of its, lately; 0: none has come */
    int64_t last_block_us; /* when a block that was asked of it came; 0: never */
    int64_t rest_until_us;
    uint32_t cursor;         /* heights of its branch below this need no look, while cursor_round is the sync's round */
    uint32_t history_cursor; /* the same of what lies below our tip and is wanted */
    uint64_t cursor_round;
    struct yc_block_hash held; /* every body of its branch from the fork with ours up to this block is here */
    uint32_t held_height;
    struct yc_keep keep;
    struct yc_presync *presync; /* a chain of too little work so far, owned; it stands on presync_start */
    struct yc_block_hash presync_start;
};

struct yc_sync {
    const struct yc_chain_view *view;
    struct yc_map in_flight; /* block hash -> struct in_flight of sync_internal.h */
    struct yc_sync_peer *peers;
    size_t peer_count;
    uint64_t round; /* grows whenever a block that was asked for is free again */
    int64_t overtake_us;
    int64_t tick_at_us, tick_by_us; /* looked at from the first on where there is an occasion, and by the second */
    uint64_t request_order;
    struct yc_compact_source compact_source;
    bool compact_wanted;                         /* we take compact blocks: our pool is of use */
    struct yc_sync_peer *fast[YC_SYNC_FAST_MAX]; /* whom we asked to announce by compact blocks, longest ago first */
    size_t fast_count;
    const struct yc_alloc *alloc;
    struct yc_siphash_key seed;
    uint64_t presync_count;
    uint32_t headers_told; /* height that was last logged */
};

/** view and alloc are borrowed for its life. */
void yc_sync_init(struct yc_sync *s, const struct yc_chain_view *view, const struct yc_alloc *alloc,
                  struct yc_siphash_key seed);
void yc_sync_release(struct yc_sync *s);
/** Take compact blocks, and put them together from this source (its ctx lives as long as the sync). Until this is called
 *  every block is asked for whole. */
void yc_sync_use_compact(struct yc_sync *s, struct yc_compact_source source);

/** The peer's handshake is complete. p lives until yc_sync_remove(), which frees what it was asked for. */
void yc_sync_add(struct yc_sync *s, struct yc_sync_peer *p, struct yc_peer *peer, struct yc_now now);
void yc_sync_remove(struct yc_sync *s, struct yc_sync_peer *p, struct yc_now now);

/* Messages. Each may send, close or punish the peer, and ask other peers. */
void yc_sync_on_headers(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_header_list *list,
                        struct yc_now now);
/** The blocks among the items of an inv; others are passed over. At most one getheaders follows. */
void yc_sync_on_inv(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_inv_list *list, struct yc_now now);
/** Returns true when the block was new and has been stored. */
bool yc_sync_on_block(struct yc_sync *s, struct yc_sync_peer *p, struct yc_view raw, const struct yc_block_hash *hash,
                      struct yc_now now);
/** cmpctblock, blocktxn (BIP 152). Nobody is blamed for a body that turns out wrong: compact blocks are passed on before they
 *  are checked. True when the block was new and has been stored. */
bool yc_sync_on_compact(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_msg *m, struct yc_now now);
bool yc_sync_on_compact_txs(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_msg *m, struct yc_now now);
void yc_sync_on_notfound(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_inv_list *list, struct yc_now now);

/** How many headers of a chain that is downloaded twice have been counted the first time; -1: none is. */
int32_t yc_sync_presynced(const struct yc_sync_peer *p);

/** Ask this peer for this block whole, whoever else was asked. False: it was asked already, or there is no room. */
bool yc_sync_fetch_one(struct yc_sync *s, struct yc_sync_peer *p, const struct yc_chain_entry *e, struct yc_now now);
/** Does it serve blocks with their witnesses? */
bool yc_sync_serves(const struct yc_sync_peer *p);

/** The chain moved, or a body was found to be invalid: look again at what to ask for. */
void yc_sync_chain_changed(struct yc_sync *s, struct yc_now now);
/** Time passed. */
void yc_sync_tick(struct yc_sync *s, struct yc_now now);
/** Monotonic time at which yc_sync_tick() is due; INT64_MAX: never. */
int64_t yc_sync_deadline_us(const struct yc_sync *s);

/** The block, which this peer gave us, has been connected: it may be one of those that we ask to announce by compact blocks. */
void yc_sync_on_connected(struct yc_sync *s, int64_t peer_id, const struct yc_block_hash *hash);

/** Tell every peer that does not know it of our new tip: by a compact block where it asked for that (BIP 152), by headers
 *  (BIP 130) where they connect for it, else by inv. */
void yc_sync_announce_tip(struct yc_sync *s);
/** A body is here that stands on our tip and has its header's work and merkle root: those who asked for compact blocks are
 *  told before it is connected (BIP 152). */
void yc_sync_announce_early(struct yc_sync *s, const struct yc_chain_entry *e);
/** These headers were sent to the peer as an answer, up to and with last. */
void yc_sync_note_sent(struct yc_sync_peer *p, const struct yc_block_hash *last);

#endif
