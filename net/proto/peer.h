/* One connection of the P2P network as a machine without I/O: handshake, keepalive, dispatch. Bytes and time go in;
 * bytes, events and a deadline come out. It never blocks, and knows no other peer.
 *
 * Thread: the one that owns the peers (core). Use:
 *
 *     yc_peer_recv(p, bytes, now);              or yc_peer_tick(p, now) when yc_peer_next_deadline_us() has come
 *     while (yc_peer_next_event(p, now, &ev))   views in ev live until the next call on p that is not a send
 *         …                                     yc_peer_send_…(p, …)
 *     out = yc_peer_output(p); …; yc_peer_sent(p, n);      as many bytes as the transport takes
 *
 * Attacks it answers (catalogue): held bytes (P01: the peers add up what they hold); a peer that asks and never reads
 * (P03: above send_pause_bytes no further message is taken up until the owner has drained the output; P33:
 * receiving goes on meanwhile, up to receive_pause_bytes); silence (P26: handshake and ping timeouts); messages out of
 * order (P27); itself at the other end (P35); log flooding (P18: lines about single messages are DEBUG).
 * Bitcoin Core's log lines are kept word for word where its tests read them. */
#ifndef YC_NET_PROTO_PEER_H
#define YC_NET_PROTO_PEER_H

#include "base/buf.h"
#include "base/log.h"
#include "base/random.h"
#include "net/proto/frame.h"
#include "net/proto/message.h"

/* Both clocks at one moment: durations from the first, what people and messages see from the second. */
struct yc_now {
    int64_t mono_us;
    int64_t wall_s;
};

enum yc_conn_type {
    YC_CONN_INBOUND,
    YC_CONN_OUTBOUND_FULL,
    YC_CONN_BLOCK_RELAY,
    YC_CONN_MANUAL, /* -addnode, -connect, addnode */
    YC_CONN_FEELER, /* only to see whether the address is alive: closes after version */
    YC_CONN_ADDR_FETCH
};
#define YC_CONN_TYPE_COUNT (YC_CONN_ADDR_FETCH + 1)
/** "inbound", "outbound-full-relay", "block-relay-only", "manual", "feeler", "addr-fetch"; static. */
const char *yc_conn_type_name(enum yc_conn_type type);

/* What the owner allows this peer beyond others (-whitelist, -whitebind). */
enum yc_peer_permission {
    YC_PERM_BLOOM_FILTER = 1 << 1,
    YC_PERM_RELAY = 1 << 3,
    YC_PERM_NOBAN = 1 << 4,
    YC_PERM_MEMPOOL = 1 << 5,
    YC_PERM_DOWNLOAD = 1 << 6,
    YC_PERM_ADDR = 1 << 7,
    YC_PERM_FORCE_RELAY = 1 << 8
};

/* Nonces of our own outbound version messages: an inbound peer that shows one of them is ourselves. A ring; the
 * oldest is forgotten first. Zero-initialised by the owner. */
#define YC_PEER_NONCES 256
struct yc_peer_nonces {
    uint64_t nonce[YC_PEER_NONCES];
    size_t next;
};

/* What all peers of a node share. The owner keeps it for their life and may change height, services and relay. */
struct yc_peer;

/* Somebody who is shown every message, as it is worked off and as it is sent (-capturemessages). message NULL: nobody. */
struct yc_peer_tap {
    void (*message)(void *ctx, const struct yc_peer *p, bool sent, const char *name, struct yc_view payload);
    void *ctx;
};

/* Told when a peer has something to send, or was closed, by whomever: its owner need not look at each all the time. It may
 * come many times, from within any call on the peer. wake NULL: nobody. */
struct yc_peer_waker {
    void (*wake)(void *ctx, struct yc_peer *p);
    void *ctx;
};

struct yc_peer_shared {
    const struct yc_alloc *alloc;
    const struct yc_log *log; /* may be NULL */
    const struct yc_random *random;
    struct yc_peer_tap tap;
    struct yc_peer_waker waker;
    struct yc_peer_nonces *nonces;
    uint8_t magic[4];
    uint64_t services;        /* ours */
    uint64_t services_wanted; /* an automatic outbound peer without all of these is dropped; 0: any */
    bool limited_will_do; /* we are so near the tip that one which serves the last 288 blocks alone is good enough */
    int32_t height;       /* of our tip, as told in version */
    bool relay;           /* false: we take no transactions from anyone (-blocksonly) */
    char user_agent[YC_USER_AGENT_MAX + 1];
    int64_t handshake_timeout_us; /* and for the first byte; -peertimeout */
    int64_t ping_interval_us;
    int64_t idle_timeout_us;    /* no pong, or nothing received, or nothing sent, for so long */
    size_t send_pause_bytes;    /* at this much unsent output, no further message is taken up */
    size_t send_max_bytes;      /* a peer with more unsent output is closed */
    size_t receive_pause_bytes; /* at this much held input, yc_peer_wants_input() is false */
    size_t memory_bytes; /* kept by the peers: what all their buffers hold, for the owner's budget (P01): when it is
                            passed, the owner closes the peer with the largest yc_peer_memory_bytes() */
};

/** The usual limits: 60 s, 2 min, 20 min; 1 MB, 32 MB, 5 MB. Everything else is zero. */
struct yc_peer_shared yc_peer_shared_default(void);

/** "/YCoin:VERSION/" behind the chain's prefix, with comments in parentheses joined by "; " (-uacomment) when
 *  comments is not empty. False when it would be longer than YC_USER_AGENT_MAX bytes. */
bool yc_user_agent_compose(char out[YC_USER_AGENT_MAX + 1], const char *prefix, const char *version,
                           const char *const *comments, size_t comment_count) YC_MUST_USE;

struct yc_peer_start {
    int64_t id; /* "peer=ID" in log lines */
    enum yc_conn_type type;
    struct yc_netaddr remote, local;
    uint32_t permissions; /* enum yc_peer_permission, or-ed */
};

enum yc_peer_state {
    YC_PEER_WAIT_VERSION,
    YC_PEER_WAIT_VERACK,
    YC_PEER_READY,
    YC_PEER_CLOSED /* final: the owner should close the connection once the output is flushed or dropped */
};

enum yc_peer_close {
    YC_CLOSE_NONE = 0,
    YC_CLOSE_BAD_STREAM,     /* wrong magic, length above the limit */
    YC_CLOSE_OBSOLETE,       /* protocol version below YC_PROTOCOL_VERSION_MIN */
    YC_CLOSE_SERVICES,       /* lacks services_wanted */
    YC_CLOSE_SELF,           /* it is us */
    YC_CLOSE_LATE_HANDSHAKE, /* wtxidrelay, sendaddrv2 or feature after verack */
    YC_CLOSE_TIMEOUT,
    YC_CLOSE_MISBEHAVED, /* see yc_peer_should_discourage() */
    YC_CLOSE_BREACH,     /* too long a locator: closed, not discouraged */
    YC_CLOSE_FEELER_DONE,
    YC_CLOSE_SEND_OVERFLOW, /* send_max_bytes */
    YC_CLOSE_MEMORY,        /* ours, or the bound on held bytes */
    YC_CLOSE_BY_OWNER
};

enum yc_peer_event_kind {
    YC_PEER_EV_VERSION, /* its version was accepted: p->stats and p->their_… are known; nothing to do */
    YC_PEER_EV_READY,   /* both veracks are exchanged: the owner may send */
    YC_PEER_EV_MESSAGE, /* msg: a message of phase OWNER, or FEEFILTER, SENDHEADERS, SENDCMPCT
                           once READY, after the peer's fields were set */
    YC_PEER_EV_CLOSED   /* the last event: close says why */
};

struct yc_peer_event {
    enum yc_peer_event_kind kind;
    struct yc_msg msg; /* views until the next call on the peer that is not a send */
    enum yc_peer_close close;
};

/* For getpeerinfo. Times are wall-clock seconds, 0 = never; durations microseconds, -1 = not known. */
struct yc_peer_stats {
    uint64_t bytes_sent, bytes_received;                                 /* headers included */
    uint64_t sent_per_msg[YC_MSG_COUNT], received_per_msg[YC_MSG_COUNT]; /* index 0: "*other*" */
    int64_t connected_s, last_send_s, last_recv_s;
    int64_t ping_us, ping_min_us;
    int64_t time_offset_s; /* their clock less ours when they sent version; shown, never used (catalogue P08) */
};

struct yc_peer {
    struct yc_peer_shared *shared;
    struct yc_peer_start start;
    enum yc_peer_state state;
    enum yc_peer_close close;

    int32_t their_version;  /* 0 until their version message came */
    int32_t common_version; /* the lesser of theirs and ours */
    uint64_t their_services;
    int32_t their_height;
    bool their_relay; /* their flag in version: wants announcements of transactions */
    struct yc_netaddr their_view_of_us;
    char user_agent[YC_USER_AGENT_MAX + 1]; /* sanitised */
    bool wtxid_relay, wants_addrv2, wants_headers;
    bool provides_cmpct, cmpct_high_bandwidth_from; /* BIP 152 version 2; they ask us for high bandwidth */
    bool cmpct_high_bandwidth_to;                   /* set by yc_peer_send_sendcmpct() */
    int64_t feefilter_sat_per_kvb;                  /* 0 until told */
    struct yc_peer_stats stats;

    /* the machine's own */
    struct yc_frame_reader in;
    struct yc_buf out;
    size_t out_start;     /* bytes of out that were taken */
    bool event_closed;    /* CLOSED still to be told */
    size_t counted_bytes; /* its part of shared->memory_bytes */
    uint64_t nonce;       /* of our version message */
    uint64_t ping_nonce;  /* 0: none under way */
    bool ping_wanted;
    bool holds_pongs, holds_one; /* the next ping waits; it is there, and so does what came behind it */
    uint64_t held_nonce;
    int64_t connected_us, ping_sent_us, last_send_us, last_recv_us;
};

/** Begin: an outbound peer's version message is in the output at once, an inbound peer's follows theirs.
 *  shared is borrowed for the peer's life, *start is copied. The struct must not move afterwards. */
void yc_peer_init(struct yc_peer *p, struct yc_peer_shared *shared, const struct yc_peer_start *start,
                  struct yc_now now);
void yc_peer_release(struct yc_peer *p);

/** Bytes came; they are copied. Then take the events. Bytes after the peer is closed are dropped. */
void yc_peer_recv(struct yc_peer *p, struct yc_view bytes, struct yc_now now);
/** Time passed: sends pings, finds timeouts. Then take the events (there may be a CLOSED). */
void yc_peer_tick(struct yc_peer *p, struct yc_now now);
/** The next event, taking up messages one by one. False: none now; while the output is at send_pause_bytes or above
 *  none comes although messages may be waiting: call again after draining. */
bool yc_peer_next_event(struct yc_peer *p, struct yc_now now, struct yc_peer_event *ev);
/** While on, the next ping is not answered and no message behind it is taken up: whoever pings behind something that takes
 *  time hears when it is done, as of a node that does all at once. Off: it is answered now. */
void yc_peer_hold_pongs(struct yc_peer *p, bool on);
/** Monotonic time at which yc_peer_tick() is due; INT64_MAX when closed. */
int64_t yc_peer_next_deadline_us(const struct yc_peer *p);

/** Bytes to send, until the next call on the peer; and: the first n of them were taken. */
struct yc_view yc_peer_output(const struct yc_peer *p);
void yc_peer_sent(struct yc_peer *p, size_t n, struct yc_now now);

/** False: the transport should stop reading this connection for now (held input, or closed). */
bool yc_peer_wants_input(const struct yc_peer *p);
/** True: the output is so long that no message is taken up; owners should also stop answering (getdata). */
bool yc_peer_send_paused(const struct yc_peer *p);
/** Bytes received and not yet taken up. */
size_t yc_peer_held_bytes(const struct yc_peer *p);
/** Memory of the buffers for input and output: at most about twice what they hold. */
size_t yc_peer_memory_bytes(const struct yc_peer *p);
/** Microseconds that the ping under way has been out, or -1: getpeerinfo's pingwait. */
int64_t yc_peer_ping_wait_us(const struct yc_peer *p, struct yc_now now);

/** Close: no message is sent or taken up any more; the CLOSED event follows. The first reason given stays. */
void yc_peer_close(struct yc_peer *p, enum yc_peer_close why);
/** It broke a rule that only the owner could judge: logs "Misbehaving: peer=ID: TEXT" and closes. Peers with
 *  YC_PERM_NOBAN and manual ones are warned about and kept, as Bitcoin Core does. */
void yc_peer_misbehaving(struct yc_peer *p, const char *text);
/** After CLOSED: should its address be discouraged? Not that of this machine, from where all local peers come. */
bool yc_peer_should_discourage(const struct yc_peer *p);
/** Ask for a ping at once (RPC ping). */
void yc_peer_want_ping(struct yc_peer *p, struct yc_now now);

/* Sending appends one whole message to the output. Before READY and after CLOSED nothing is sent. Lists longer than the
 * protocol allows in a message are cut into several, except where noted. Payloads are copied. */
void yc_peer_send(struct yc_peer *p, enum yc_msg_type type, struct yc_view payload);
/** A message of any name (at most 12 characters), as RPC sendmsgtopeer does. False when it cannot be sent. */
bool yc_peer_send_named(struct yc_peer *p, const char *name, struct yc_view payload) YC_MUST_USE;
void yc_peer_send_inv(struct yc_peer *p, const struct yc_inv *items, size_t count);
void yc_peer_send_getdata(struct yc_peer *p, const struct yc_inv *items, size_t count);
void yc_peer_send_notfound(struct yc_peer *p, const struct yc_inv *items, size_t count);
/** headers80: count headers of 80 bytes one after another; 0 headers is a message too. count <= 2,000. */
void yc_peer_send_headers(struct yc_peer *p, const uint8_t *headers80, size_t count);
/** count <= YC_LOCATOR_COUNT_MAX; stop may be NULL. */
void yc_peer_send_getheaders(struct yc_peer *p, const struct yc_block_hash *locator, size_t count,
                             const struct yc_block_hash *stop);
/** addrv2 where the peer asked for it, else addr. Entries must be IP addresses. */
void yc_peer_send_addr(struct yc_peer *p, const struct yc_addr_entry *entries, size_t count);
/** Not sent to peers older than the message. */
void yc_peer_send_feefilter(struct yc_peer *p, int64_t sat_per_kvb);
void yc_peer_send_sendcmpct(struct yc_peer *p, bool high_bandwidth);
void yc_peer_send_sendheaders(struct yc_peer *p);
/* tx, block, cmpctblock, getblocktxn, blocktxn, getaddr, mempool: yc_peer_send() with the serialised payload. */

#endif
