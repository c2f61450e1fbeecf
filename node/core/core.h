/* The node as one state machine: chain, mempool, peers and their protocols composed. Bytes, time and randomness go in;
 * bytes, deadlines and verdicts come out. The daemon drives it with sockets and the real clock, the simulator with a
 * thousand virtual links and a virtual clock, fuzzers with whatever they like: the code is the same.
 *
 * One thread (the core thread) calls everything here, except where a function says otherwise. It composes only: protocol
 * state lives in net/proto, state that spans peers in net/sync, net/relay and net/peers, chain and pool in theirs. */
#ifndef YC_NODE_CORE_CORE_H
#define YC_NODE_CORE_CORE_H

#include "net/addr/netaddr.h"
#include "net/peers/addrman.h"
#include "net/peers/bandwidth.h"
#include "net/peers/bans.h"
#include "net/peers/permit.h"
#include "net/proto/peer.h"
#include "net/relay/orphans.h"
#include "node/chain/chain.h"
#include "node/index/index.h"
#include "node/mempool/mempool.h"
#include "node/template/template.h"

/* With so many bytes of a connection handed over and not yet sent, the core hands over no more, until it is told by
 * yc_core_on_sent() that fewer are left. */
#define YC_CORE_UNSENT_MAX 262144

/* What the core asks of the world. None of these may call back into the core before it returns, but for send(), which
 * may call yc_core_on_sent(). */
struct yc_core_io {
    /* Open a connection; the answer comes as yc_core_on_connected() or _on_connect_failed() with this id. */
    /* 0: it cannot even be begun, and no answer comes. */
    uint64_t (*connect)(void *ctx, const struct yc_netaddr *to);
    /* The same for a host name that a proxy looks up. NULL: names are resolved. */
    uint64_t (*connect_name)(void *ctx, const char *host, uint16_t port);
    /* Resolve a host name and report each address by yc_core_on_resolved() with the tag. */
    void (*resolve)(void *ctx, const char *host, uint16_t port, uint64_t tag);
    void (*send)(void *ctx, uint64_t conn, struct yc_view bytes); /* copies */
    /* Close after what was sent has left, or at once. yc_core_on_closed() follows in either case. */
    void (*close)(void *ctx, uint64_t conn, bool at_once);
    /* Stop or go on delivering bytes of this connection. */
    void (*pause)(void *ctx, uint64_t conn, bool paused);
    void *ctx;
};

/* An address that we listen at. */
struct yc_core_bind {
    struct yc_netaddr at;
    bool onion; /* Tor hands connections to our onion service over there: they come from everywhere */
};

struct yc_core_config {
    struct yc_chain_config chain;                    /* its listener is the core's own: leave it zero */
    struct yc_pool_config pool;                      /* chain, alloc, clock, random, log are filled in by the core */
    const struct yc_kv *optional_kv[YC_INDEX_COUNT]; /* the stores of indexes; NULL: not kept. Closed by the caller */
    bool serve_filters;                              /* -peerblockfilters: BIP 157, from the index of filters */
    struct yc_core_io io;
    const struct yc_clock *pace; /* by which peers are timed; NULL: the chain's clock */
    const char *data_dir;        /* for peers.dat, mempool.dat … */
    const char *user_agent;      /* "/YCoin:0.1.0/" behind the chain's prefix, comments included */
    bool launch;                 /* -launch: begin a chain whose tip is old and that has no peers */
    bool listen;
    bool relay_txs;     /* false: -blocksonly */
    bool relay_at_once; /* announce and ask for transactions without delay; heeded on test chains alone */
    bool imports;       /* blocks come from files first: see yc_core_import_over() */
    bool persist_mempool;
    int64_t max_tip_age_s;          /* -maxtipage */
    int64_t peer_timeout_s;         /* -peertimeout: handshake */
    uint32_t connections_max;       /* -maxconnections */
    unsigned inbound_relay_percent; /* -inboundrelaypercent */
    size_t receive_budget_bytes;    /* all peers that connected to us, together (P01) */
    size_t send_buffer_max_bytes;   /* one peer: -maxsendbuffer */
    const char *const *connect;     /* -connect: these only; "0" as the single entry: nobody */
    const char *const *add_node;    /* -addnode */
    const char *const *seed_node;   /* -seednode; borrowed for the core's life */
    size_t connect_count, add_node_count, seed_node_count;
    const struct yc_permit *permit; /* -whitelist, -whitebind: borrowed for the core's life */
    size_t permit_count;
    bool dns_seed, fixed_seeds;
    bool force_dns_seed;  /* ask all DNS seeds, whatever is known */
    struct yc_view asmap; /* -asmap, checked; borrowed for the core's life. Empty: none */
    uint32_t check_book;  /* -checkaddrman: whether the book is consistent is asked in one of so many looks; 0: never */
    /* Networks (bits 1 << enum yc_addr_network) whose addresses are kept in the book and connected to unasked. */
    uint32_t networks;               /* 0: all */
    bool discover;                   /* -discover: peers may be told the address at which they see us */
    uint16_t listening_port;         /* where peers that hear of us are to connect */
    bool cjdns;                      /* -cjdnsreachable: fc00::/8 is CJDNS */
    const char *proxy[YC_NET_COUNT]; /* by network, as RPC shows it; NULL: none */
    bool proxy_randomize;
    int64_t upload_bytes_per_s, download_bytes_per_s; /* of all peers together; 0: no limit */
    uint64_t upload_target_bytes;                     /* of a day; 0: none */
    bool capture_messages;                            /* write every message to message_capture/ */
    const struct yc_core_bind *bind;                  /* -bind */
    size_t bind_count;
    const struct yc_netaddr *external; /* -externalip: our own addresses, as others reach us */
    size_t external_count;
};

struct yc_core;

/** Take over the chain (opened from config->chain) and be ready to be driven. */
enum yc_verdict yc_core_open(struct yc_core **out, const struct yc_core_config *config,
                             struct yc_error *err) YC_MUST_USE;
/** Save what is kept between runs, flush, close. */
enum yc_verdict yc_core_close(struct yc_core *c, struct yc_error *err) YC_MUST_USE;

/* What happens outside. */
void yc_core_on_accepted(struct yc_core *c, uint64_t conn, const struct yc_netaddr *remote,
                         const struct yc_netaddr *local);
void yc_core_on_connected(struct yc_core *c, uint64_t conn, const struct yc_netaddr *local);
void yc_core_on_connect_failed(struct yc_core *c, uint64_t conn, const char *reason);
void yc_core_on_resolved(struct yc_core *c, uint64_t tag, const struct yc_netaddr *addresses, size_t count,
                         const char *failure);
void yc_core_on_bytes(struct yc_core *c, uint64_t conn, struct yc_view bytes); /* read during the call */
/** So much of what was handed over is still unsent. True: less than YC_CORE_UNSENT_MAX again, so that there is more to do. */
bool yc_core_on_sent(struct yc_core *c, uint64_t conn, size_t waiting_bytes);
void yc_core_on_closed(struct yc_core *c, uint64_t conn, const char *reason);

/** Do up to budget_us of waiting work: chain steps, received messages, timers. MORE: call again soon. DONE: nothing to
 *  do before yc_core_deadline(). FAILED: stop the node; yc_core_failure() says why. */
enum yc_step yc_core_step(struct yc_core *c, int64_t budget_us);
const struct yc_error *yc_core_failure(const struct yc_core *c);
/** Monotonic time (config.pace's) by which yc_core_step() must be called again though nothing happens; INT64_MAX: never. */
int64_t yc_core_deadline_us(const struct yc_core *c);

struct yc_chain *yc_core_chain(struct yc_core *c);
struct yc_pool *yc_core_pool(struct yc_core *c);
/** With config.imports: the last of the blocks from files has been handed to the chain. */
void yc_core_import_over(struct yc_core *c);
/** Has mempool.dat been taken in (or is it not wanted)? That begins once every block that is stored, and every one that is
 *  imported, is connected. */
bool yc_core_pool_loaded(const struct yc_core *c);
/** Write mempool.dat, whose name comes into path (a string of cap bytes at most). YC_NOT_YET before yc_core_pool_loaded():
 *  it would be written over what is not read yet. */
enum yc_verdict yc_core_pool_save(struct yc_core *c, char *path, size_t cap, struct yc_error *err) YC_MUST_USE;
/** The optional indexes. Whoever drives the core steps them too, once yc_chain_loading() is false, or has
 *  yc_indexes_start() do so; the core wakes and stops them. */
struct yc_indexes *yc_core_indexes(struct yc_core *c);
const struct yc_core_config *yc_core_config_of(const struct yc_core *c);

/* Subscribers learn of chain and pool events after the core has seen them (RPC waiters, notifications, indexes). */
struct yc_core_listener {
    void (*chain)(void *ctx, const struct yc_chain_event *e);
    void (*pool)(void *ctx, const struct yc_pool_event *e);
    void *ctx;
};
#define YC_CORE_LISTENERS_MAX 8
/** At most YC_CORE_LISTENERS_MAX; asserts beyond. The struct is copied. */
void yc_core_listen(struct yc_core *c, const struct yc_core_listener *l);

/** Take a block from RPC: as yc_chain_submit_block() with REQUESTED; relayed when it connects. */
enum yc_verdict yc_core_submit_block(struct yc_core *c, struct yc_view raw, const struct yc_node **out, bool *is_new,
                                     struct yc_reject *why) YC_MUST_USE;
/** Take a transaction from RPC or the wallet into the pool and announce it. As yc_pool_submit(). */
enum yc_verdict yc_core_submit_tx(struct yc_core *c, struct yc_view raw, int64_t fee_max_sat, struct yc_pool_entry *out,
                                  struct yc_pool_reject *why) YC_MUST_USE;
/** Announce a transaction of the pool again. */
void yc_core_announce_tx(struct yc_core *c, const struct yc_txid *txid);

/** False, with a sentence, when templates are refused: still loading, initial download, or no peer and not -launch. */
bool yc_core_may_mine(struct yc_core *c, struct yc_error *err);
bool yc_core_is_initial_download(struct yc_core *c);

/* Peers, for RPC. */
struct yc_core_peer {
    uint64_t id;
    enum yc_conn_type kind; /* net/proto/peer.h */
    struct yc_netaddr remote, local;
    char address[80], local_address[80]; /* as shown */
    char subver[256];
    uint64_t services;
    uint32_t version;
    bool via_onion; /* it came by our onion service */
    bool relay_txs, handshake_done, prefers_headers, wtxid_relay;
    int64_t connected_s, last_send_s, last_recv_s, last_tx_s, last_block_s, time_offset_s;
    uint64_t bytes_sent, bytes_received;
    int64_t ping_us, ping_min_us, ping_wait_us;               /* -1: none */
    int32_t synced_headers, synced_blocks, presynced_headers; /* -1: none */
    int64_t min_fee_sat_per_kvb;
    uint64_t told_changes;         /* how often the pool had changed when it was last told of transactions */
    size_t to_tell;                /* transactions that wait to be announced to it */
    bool compact_to, compact_from; /* BIP 152, high bandwidth: we asked it to announce so; it asked us */
    uint32_t blocks_in_flight[16], blocks_in_flight_count; /* heights */
    bool addr_relay;                                       /* it takes part in the gossip of addresses */
    uint64_t addr_processed, addr_rate_limited;
    uint32_t permissions; /* enum yc_peer_permission */
};
/** Each peer whose connection is established, in order of id. */
void yc_core_each_peer(struct yc_core *c, void (*each)(void *ctx, const struct yc_core_peer *p), void *ctx);
/** Bytes by message name for one peer ("ping", 32 …): false from each stops. sent: outgoing ones. */
void yc_core_peer_messages(struct yc_core *c, uint64_t id, bool sent,
                           void (*each)(void *ctx, const char *name, uint64_t bytes), void *ctx);
void yc_core_connections(struct yc_core *c, uint32_t *in, uint32_t *out);
void yc_core_net_totals(struct yc_core *c, uint64_t *received, uint64_t *sent);
struct yc_core_bandwidth {
    int64_t upload_bytes_per_s, download_bytes_per_s; /* 0: no limit */
    uint64_t target_bytes, left_bytes;                /* of the day's upload; target 0: none */
    int64_t left_s;
    bool reached, serves_old; /* the target; whether blocks of a week ago are served still */
};
struct yc_core_bandwidth yc_core_bandwidth_of(struct yc_core *c);
/** From now on; each 0 (no limit) to YC_RATE_MAX. */
void yc_core_set_rates(struct yc_core *c, int64_t upload_bytes_per_s, int64_t download_bytes_per_s);

enum yc_add_node { YC_ADD_NODE_ADD, YC_ADD_NODE_REMOVE, YC_ADD_NODE_ONETRY };
/** addnode RPC: YC_POLICY when it was added already (ADD), in this form or another, or never in this one (REMOVE), and
 *  YC_NOT_YET while network activity is off (ONETRY), with a sentence. ONETRY does nothing when we are connected to it. */
enum yc_verdict yc_core_add_node(struct yc_core *c, const char *host_port, enum yc_add_node what,
                                 struct yc_error *err) YC_MUST_USE;
/** Open a connection of this type (outbound-full-relay, block-relay-only, feeler, addr-fetch) whatever the book says: for
 *  tests. YC_POLICY when there are as many of it as there may be; YC_INVALID, YC_SYSTEM with a sentence. */
enum yc_verdict yc_core_add_connection(struct yc_core *c, const char *host_port, enum yc_conn_type type,
                                       struct yc_error *err) YC_MUST_USE;
/** Is a connection that was asked for by this name still being made? */
bool yc_core_is_connecting(const struct yc_core *c, const char *host_port);
/** Close by address, or by id (the first peer has 0) when address is NULL; false when there is no such peer. */
bool yc_core_disconnect(struct yc_core *c, uint64_t id, const char *address);
/** Ask every peer for a ping now; the times show in yc_core_each_peer(). */
void yc_core_ping_all(struct yc_core *c);
void yc_core_set_network_active(struct yc_core *c, bool active);
bool yc_core_network_active(const struct yc_core *c);
/** Ask a peer for a block whose header we have. YC_INVALID with a sentence: no such peer, it does not serve blocks with
 *  witnesses, the block is here or was asked of it already. */
enum yc_verdict yc_core_fetch_block(struct yc_core *c, const struct yc_node *n, uint64_t peer_id,
                                    struct yc_error *err) YC_MUST_USE;

/* The nodes named by -addnode and RPC addnode. */
struct yc_core_added {
    const char *name; /* as written */
    bool connected;
    struct yc_netaddr remote; /* when connected */
    bool inbound;
};
size_t yc_core_added_count(const struct yc_core *c);
/** Added node i < count. Valid until the next call on the core. */
struct yc_core_added yc_core_added_at(struct yc_core *c, size_t i);
/** The address as this node means it: fc00::/8 is CJDNS where -cjdnsreachable says so. */
struct yc_netaddr yc_core_address(const struct yc_core *c, const struct yc_netaddr *a);
/** The address book, to look at and to add to. With -checkaddrman it is checked first, and stops the program when it is
 *  inconsistent. */
struct yc_addrman *yc_core_book(struct yc_core *c);
/** The autonomous system of an address by -asmap; 0 when the map does not say, or there is none. */
uint32_t yc_core_system_of(const struct yc_core *c, const struct yc_netaddr *a);
/** Send a message of any name (at most 12 bytes) and payload (at most 4,000,001 bytes), for tests. False when there is no
 *  such peer or it has not shaken hands. */
bool yc_core_send_named(struct yc_core *c, uint64_t peer_id, const char *name, struct yc_view payload);

/* Bans, for RPC: kept in banlist.json across restarts. */
/** Ban a subnet (address: one address, which a wider ban may cover already) until a wall-clock time, and close the connections
 *  to it. YC_POLICY: banned already; YC_SYSTEM. What cannot be saved is logged: the ban holds. */
enum yc_verdict yc_core_ban(struct yc_core *c, const struct yc_subnet *n, bool address, int64_t until_s,
                            struct yc_error *err) YC_MUST_USE;
/** False when exactly this subnet was not banned. */
bool yc_core_unban(struct yc_core *c, const struct yc_subnet *n);
void yc_core_clear_bans(struct yc_core *c);
/** Those that are not over; valid until the next call about bans. */
const struct yc_bans *yc_core_bans(struct yc_core *c);

/** Transactions that wait for their parents, to look at. */
const struct yc_orphans *yc_core_orphans(const struct yc_core *c);
/** What we tell others that we are. */
uint64_t yc_core_services(const struct yc_core *c);
/** Local addresses that we announce: up to cap into out. */
size_t yc_core_local_addresses(struct yc_core *c, struct yc_netaddr *out, size_t cap);

#endif
