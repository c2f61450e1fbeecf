/* What the files of node/core share: for node/core alone. */
#ifndef YC_NODE_CORE_CORE_INTERNAL_H
#define YC_NODE_CORE_CORE_INTERNAL_H

#include "base/assert.h"
#include "base/hex.h"
#include "consensus/describe.h"
#include "net/peers/gossip.h"
#include "net/peers/slots.h"
#include "net/relay/announce.h"
#include "net/relay/extra.h"
#include "net/relay/filters.h"
#include "net/relay/orphans.h"
#include "net/relay/requests.h"
#include "net/sync/sync.h"
#include "node/core/core.h"

#define SECOND_US   INT64_C(1000000)
#define REJECTS_MAX 60000 /* transactions refused since the last tip, twice over */
#define MINED_MAX   24000 /* transactions mined lately, twice over */
#define ASKED_BYTES_MAX                                                                                                \
    (YC_INV_COUNT_MAX * YC_INV_BYTES) /* of one getdata: no message is taken before it is worked off */
#define DEFERRED_BYTES_MAX 4000000    /* one transaction that waits for the chain to be at rest */

/* One connection, from the decision to open it until the world says that it is closed. */
struct conn {
    struct conn *prev, *next;
    uint64_t handle; /* the transport's number; 0: not begun (a name is being looked up) */
    int64_t slot;    /* its number in the slots, and the tag of its lookup */
    enum yc_conn_type type;
    struct yc_netaddr remote, local;
    char name[YC_SLOT_HOST_MAX]; /* as it was named, or "" */
    bool open;                   /* the connection is made: peer is in use */
    bool ready;                  /* the handshake is complete: sync and announcer are in use */
    bool closing;                /* the transport was told to close it */
    bool busy;                   /* messages may be waiting: it is awake */
    bool awake;                  /* there is something to do for it: it is on the list of those */
    bool paused;                 /* the transport was told not to read */
    bool via_onion;              /* it came by our onion service */
    struct conn *prev_awake, *next_awake;
    uint64_t turn;         /* of the core, in which it was last served */
    int64_t over_since_us; /* since when it holds more than its share of a budget that is used up; 0: it does not */
    struct yc_peer peer;
    struct yc_sync_peer sync;
    struct yc_announcer announcer;
    size_t unsent_bytes; /* with the transport */

    struct yc_buf asked; /* a getdata that is being answered: items of YC_INV_BYTES from asked_at on */
    size_t asked_at;
    struct yc_filter_request filters; /* what is being answered of BIP 157 */
    bool filters_wait;                /* for the index */
    bool chain_wait;                  /* for the chain to be at rest, or done with a block: one look a turn */
    struct yc_buf deferred;           /* a transaction that waits for the chain; n == 0: none */
    int64_t settle_until_us; /* it gave us a transaction: its pongs wait for the orphans that may follow, until then */

    int64_t announce_at_us; /* outbound: its own moment, or the last one; inbound ones share theirs */
    bool announce_planned;  /* it is to come, or has just come */
    bool offers;            /* it is to be told first of what no peer has asked for yet (catalogue M16) */
    uint64_t told_sequence; /* transactions up to this one may be asked for */
    uint64_t told_changes;  /* how often the pool had changed then */
    int64_t last_tx_s, last_block_s;
    int64_t ping_min_us; /* as the slots know it; -1: never answered */
    int64_t feefilter_at_us, feefilter_sat_per_kvb;
    struct yc_gossip_peer gossip; /* joined while ready */
    struct yc_capture *capture;   /* NULL: its messages are not captured */
};

/* A block that peers are likely to ask for, ready to be sent. */
struct recent_block {
    struct yc_block_hash hash;
    uint8_t *raw; /* NULL: none */
    size_t raw_n;
    struct recent_tx *tx;
    size_t tx_count;
    struct yc_buf compact; /* its cmpctblock payload */
    struct yc_map by_id;   /* a txid or wtxid -> uint32_t: index; made when one is first asked for */
    bool by_id_made;
};
struct recent_tx {
    struct yc_view raw; /* in the block */
    struct yc_txid txid;
    struct yc_wtxid wtxid;
};

/* Transactions of one turn, to be judged together. Empty between turns. */
struct intake_tx {
    const struct yc_tx *tx; /* in the arena */
    uint64_t peer;
    bool is_orphan; /* it had come before, and waited for its parents */
};
struct intake {
    struct yc_arena arena; /* while count > 0 */
    struct intake_tx item[YC_POOL_PREPARE_MAX];
    size_t count, bytes;
    int64_t since_us; /* when the first was put in */
};

/* When who is asked for first addresses; INT64_MAX: never (again). */
struct seeding {
    int64_t node_at_us; /* the next of -seednode, if peers are wanting then */
    size_t node_next;
    int64_t dns_look_us; /* a look whether DNS seeds are needed */
    int64_t dns_at_us;   /* from when on they may be asked */
    bool dns_begun, dns_all;
    size_t dns_next;
    int64_t fixed_at_us; /* a look whether the built-in addresses are needed */
};

struct yc_core {
    struct yc_core_config config;
    const struct yc_alloc *alloc;
    const struct yc_clock *clock; /* for budgets of work */
    const struct yc_clock *pace;  /* for everything that has to do with peers */
    const struct yc_random *random;
    const struct yc_log *log;
    struct yc_chain *chain;
    struct yc_pool *pool;
    struct yc_indexes *indexes;
    struct yc_chain_view view;
    struct yc_core_listener listener[YC_CORE_LISTENERS_MAX];
    size_t listener_count;
    struct yc_error failure;

    const struct yc_node
        *validated; /* how far the chain was when this was last looked at, and whether that is its tip */
    bool behind;
    struct yc_peer_shared shared;
    struct yc_peer_nonces nonces;
    struct yc_sync sync;
    struct yc_txreq *requests;
    struct yc_orphans *orphans;
    struct yc_recent rejects, mined;
    size_t wtxid_peers;     /* that are ready and announce by wtxid */
    struct yc_news tx_news; /* transactions that peers are to be told of */
    struct yc_extra extra;
    struct intake intake;
    int64_t confirm_at_us; /* when to look again at what is being confirmed in the pool; INT64_MAX: nothing is */
    struct recent_block recent;
    uint32_t early_height; /* of the last block that peers were told of before it was connected */
    bool early_waits;      /* recent is such a block, and they are still to be told */
    struct yc_siphash_key key;

    struct yc_addrman *book;
    struct yc_slots *slots;
    struct yc_bans bans;
    struct yc_self self;
    struct yc_gossip gossip;
    struct conn *first, *last, *first_awake, *last_awake;
    struct yc_map by_handle; /* uint64_t -> struct conn * */
    size_t conn_count;
    int64_t next_peer_id, next_slot;
    bool network_active, ended; /* ended: nothing is opened any more */
    uint64_t bytes_received, bytes_sent;
    struct yc_rate upload, download;
    struct yc_upload_target upload_target;

    uint64_t turn;
    int64_t peers_due_us; /* no peer's time comes before */
    bool look_at_all;     /* of them, at the next turn */

    bool chain_fed;      /* it was given a block since it was stepped */
    bool chain_done;     /* nothing that was given to the chain waits to be done */
    bool tip_moved;      /* since the last look: peers are to be told */
    bool blocks_changed; /* what to ask for is to be looked at again */
    bool pool_loading, started;
    bool importing;         /* until yc_core_import_over() */
    bool pool_begun;        /* mempool.dat has been opened, or is not wanted */
    uint64_t last_sequence; /* of the transaction that was last taken into the pool */
    int64_t inbound_announce_at_us, announce_due_us, feefilter_due_us, rebroadcast_at_us;
    bool inbound_announce_planned;
    bool pongs_wait;                /* for what was gathered this turn to be judged: another turn is due */
    bool news;                      /* there may be something to announce that no moment is planned for */
    bool feefilter_relays;          /* what peers were last told that we take: transactions, or none */
    int64_t tick_at_us, tick_by_us; /* from the first on where there is an occasion, and by the second */
    int64_t save_at_us;
    int64_t systems_at_us; /* when to tell what the map of autonomous systems says of the book */
    int64_t connect_at_us; /* nothing is opened before */
    struct seeding seeding;
    int64_t capture_base_us;          /* added to monotonic time gives the time since 1970 */
    int64_t tip_moved_us;             /* when the tip moved last; the start, at first */
    int64_t stale_at_us, evict_at_us; /* when to look for a stale tip, and for peers to give up */
};

static inline struct yc_now core_now(const struct yc_core *c)
{
    return (struct yc_now){yc_mono_us(c->pace), yc_wall_s(c->pace)};
}

/* Who gave us a block, as the chain keeps it for us in one number: 0 says nobody did. */
struct block_source {
    int64_t peer;   /* its id; -1: no peer */
    bool unvouched; /* it came as a compact block, which may be passed on before it is checked */
};

static inline uint64_t pack_source(struct block_source s)
{
    return s.peer < 0 ? 0 : ((uint64_t)s.peer + 1) << 1 | s.unvouched;
}

static inline struct block_source unpack_source(uint64_t packed)
{
    return (struct block_source){.peer = (int64_t)(packed >> 1) - 1, .unvouched = packed & 1};
}

/** The connection whose peer has this id, or NULL. */
struct conn *yc_core_conn_of(struct yc_core *c, uint64_t peer_id);
/** Are transactions taken from peers and announced to them now? Not before the chain has caught up. */
bool yc_core_relays_txs(struct yc_core *c);

/* view.c */
void yc_core_view_init(struct yc_core *c);

/* conns.c */
enum yc_verdict yc_core_conns_open(struct yc_core *c, struct yc_error *err) YC_MUST_USE;
void yc_core_conns_close(struct yc_core *c);
/** Open what is to be open. */
void yc_core_open_wanted(struct yc_core *c, struct yc_now now);
int64_t yc_core_connect_deadline_us(const struct yc_core *c);
/** An inbound peer relays transactions: so do only so many, and it or another one may have to go (catalogue P25). */
void yc_core_note_relay(struct yc_core *c, struct conn *k, struct yc_now now);
/** Hand output to the transport, pause and resume reading, and let a closed peer go. */
void yc_core_flush(struct yc_core *c, struct conn *k, struct yc_now now);

/* input.c */
/** Tell the transport whether to read from the peer. */
void yc_core_pause_input(struct yc_core *c, struct conn *k);
/** Bytes of the peer have been taken in. */
void yc_core_input_came(struct yc_core *c, struct conn *k, struct yc_now now);
/** While inbound peers together hold more than the budget, pause those who hold more than a share, and close those who hold
 *  most (catalogue P01). */
void yc_core_balance_input(struct yc_core *c, struct yc_now now);

/* turns.c */
void yc_core_turns_open(struct yc_core *c);
/** There is something to do for the connection, or no longer. */
void yc_core_wake(struct yc_core *c, struct conn *k);
void yc_core_sleep(struct yc_core *c, struct conn *k);
/** Messages may be waiting. */
void yc_core_busy(struct yc_core *c, struct conn *k);
/** Give each that is awake its turn. True: some have more to do. */
bool yc_core_serve_peers(struct yc_core *c, int64_t until_us);

/* messages.c */
/** Work off what the peer has sent, up to the time; sets busy. */
void yc_core_take_messages(struct yc_core *c, struct conn *k, int64_t until_us);

/* messages_tx.c */
void yc_core_on_tx_inv(struct yc_core *c, struct conn *k, const struct yc_inv_list *list, struct yc_now now);
void yc_core_on_tx_notfound(struct yc_core *c, struct conn *k, const struct yc_inv_list *list);
bool yc_core_caught_up(struct yc_core *c);
bool yc_core_takes_txs_from(const struct yc_core *c, const struct conn *k);
bool yc_core_exchanges_txs(const struct conn *k);
bool yc_core_announces_by_wtxid(const struct conn *k);
struct yc_txreq_key yc_core_key_of(const uint8_t hash32[32], bool wtxid);
bool yc_core_already_has(const struct yc_core *c, const struct yc_txreq_key *key);
/** Is the peer one to ask for the parents of an orphan: may it be asked for so many more? */
bool yc_core_may_keep_orphan_for(const struct yc_core *c, const struct conn *k, size_t parent_count);
/** Ask the peer, for whom an orphan is kept, for those of its parents that we do not have. */
void yc_core_ask_for_parents(struct yc_core *c, struct conn *k, const struct yc_wtxid *wtxid, struct yc_now now);
/** Send the questions and announcements that are due. */
void yc_core_relay_tick(struct yc_core *c, struct yc_now now);
int64_t yc_core_relay_deadline_us(const struct yc_core *c);
/** What a block changes: its transactions are parents, and no longer wanted. */
void yc_core_relay_block(struct yc_core *c, const struct yc_block *b);
/** Announce again what no peer has asked for yet (catalogue M16), and say when next. */
void yc_core_rebroadcast(struct yc_core *c, struct yc_now now);
/** Answer the message mempool: every transaction of the pool that pays what the peer asks for. */
void yc_core_tell_pool(struct yc_core *c, struct conn *k);
/** Every peer that takes transactions is to be told of it. */
void yc_core_queue_tx(struct yc_core *c, const struct yc_pool_entry *e);
/** How many transactions wait to be announced to it, at most. */
size_t yc_core_to_tell(const struct yc_core *c, const struct conn *k);

/* intake.c: while the chain is at rest, and within one turn */
/** A transaction has come; it may be judged at once or with others of this turn. raw is read during the call. */
void yc_core_on_tx(struct yc_core *c, struct conn *k, struct yc_view raw);
/** The same for an orphan whose parent came; false when none waits. */
bool yc_core_take_orphan(struct yc_core *c);
/** Judge what has been gathered: before anything else is said to those who sent it, and at the end of the turn. */
void yc_core_judge_gathered(struct yc_core *c);
/** The same when the first of them has waited long enough. */
void yc_core_judge_due(struct yc_core *c);

/* compact.c */
void yc_core_compact_open(struct yc_core *c);
void yc_core_compact_close(struct yc_core *c);
/** For the chain view: the block in compact form, until the next call. */
enum yc_verdict yc_core_read_compact(struct yc_core *c, const struct yc_block_hash *hash, struct yc_view *out,
                                     struct yc_error *err) YC_MUST_USE;
void yc_core_note_stored(struct yc_core *c, const struct yc_chain_event *e);
/** Tell peers of a block that has been stored since the last call. */
void yc_core_tell_early(struct yc_core *c);
/** Is the block near enough to our tip to be sent in compact form? */
bool yc_core_serves_compact(const struct yc_core *c, const struct yc_block_hash *hash);
void yc_core_on_getblocktxn(struct yc_core *c, struct conn *k, const struct yc_msg *m);

/** The transaction of the last block that was told of, by its txid or wtxid: who was told of it before may ask for it still,
 *  to put that block together. False when it is not in that block. raw is borrowed until the next block. */
bool yc_core_recent_tx(struct yc_core *c, const uint8_t hash32[32], bool wtxid, struct yc_view *raw);

/* serve.c */
/** May peers be told that we know this block (catalogue P34)? */
bool yc_core_may_tell(struct yc_core *c, const struct yc_node *n);
/** Do we have it, and would showing it tell nobody what they could not know? (P34) */
bool yc_core_may_serve_block(struct yc_core *c, const struct yc_block_hash *hash);
/** As if the peer had asked for this by getdata; nothing else may be unanswered. */
void yc_core_serve_later(struct conn *k, const struct yc_inv *inv);
void yc_core_on_getdata(struct yc_core *c, struct conn *k, const struct yc_inv_list *list);
/** Answer what was asked for, as far as the peer reads; true when all is answered. */
bool yc_core_serve(struct yc_core *c, struct conn *k, int64_t until_us);
void yc_core_on_getheaders(struct yc_core *c, struct conn *k, const struct yc_locator_view *locator);
void yc_core_on_getblocks(struct yc_core *c, struct conn *k, const struct yc_locator_view *locator);

/* capture.c */
/** Write every message of every peer to message_capture/ADDRESS/msgs_{recv,sent}.dat from now on. */
void yc_core_capture_begin(struct yc_core *c);
void yc_core_capture_end(struct conn *k);

/* core.c */
/** Tick by this monotonic time at the latest. */
void yc_core_tick_by(struct yc_core *c, int64_t at_us);

/* bans.c */
/** Read banlist.json; one that cannot be read is kept aside, and an empty one takes its place. */
enum yc_verdict yc_core_bans_open(struct yc_core *c, struct yc_error *err) YC_MUST_USE;

/* outbound.c: what keeps us in touch with the honest part of the network */
/** Take the anchors of the last run out of anchors.dat, which is removed. */
void yc_core_anchors_take(struct yc_core *c);
/** Write anchors.dat, where there are any. */
enum yc_verdict yc_core_anchors_save(struct yc_core *c, struct yc_error *err) YC_MUST_USE;
/** Look for a stale tip, and give up peers that do not keep up (P37). */
void yc_core_outbound_tick(struct yc_core *c, struct yc_now now);

/* addresses.c */
/** The path of a file of the node's folder. */
#define YC_CORE_PATH_MAX 4096
void yc_core_path(const struct yc_core *c, char out[YC_CORE_PATH_MAX], const char *name);
enum yc_verdict yc_core_book_open(struct yc_core *c, struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_core_book_save(struct yc_core *c, struct yc_error *err) YC_MUST_USE;
/** The handshake is complete: ask it for addresses, tell it ours. */
/** Seeds, saving. */
void yc_core_addr_tick(struct yc_core *c, struct yc_now now);

/* seeds.c */
/** The book is open: plan whom to ask for first addresses, and when. */
void yc_core_seeds_begin(struct yc_core *c, struct yc_now now);
void yc_core_seeds_tick(struct yc_core *c, struct yc_now now);
/** Addresses of a seed (tag as given to resolve()). */
void yc_core_on_seed_resolved(struct yc_core *c, const struct yc_netaddr *addresses, size_t count, struct yc_now now);

/* Tags of lookups at and above this are those of seeds. */
#define SEED_TAG (UINT64_C(1) << 62)

#endif
