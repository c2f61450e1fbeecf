/* TCP for the P2P network: connections with numbers, bytes in, bytes out. It knows nothing of Bitcoin's messages.
 *
 * The callbacks of struct yc_tcp_events run on the loop thread; the composition puts them into the core thread's
 * bounded queue. The commands (yc_tcp_*) may be called from any thread, inside callbacks too, except where noted.
 *
 * Attacks it answers (catalogue): peers that send faster than we read, or many at once (P01: bytes handed over and not
 * yet reported by yc_tcp_consumed() are counted, one connection stops being read at its bound and all at the total);
 * peers that never read (P03: send buffers are counted and capped); peers that do not take part (connecting has a
 * deadline; handshake deadlines are net/proto's); running out of files (P38: accepting pauses and resumes, a hard cap
 * on connections). Reading and writing of one connection are independent (P33). */
#ifndef YC_NET_TRANSPORT_TCP_H
#define YC_NET_TRANSPORT_TCP_H

#include "base/log.h"
#include "net/addr/netaddr.h"
#include "net/transport/loop.h"
#include "net/transport/socks.h"

struct yc_tcp;

enum yc_tcp_reason {
    YC_TCP_BY_US = 0,     /* yc_tcp_close() */
    YC_TCP_BY_PEER,       /* the peer closed in an orderly way */
    YC_TCP_RESET,         /* connection reset or broken */
    YC_TCP_REFUSED,       /* connect: nobody listens there */
    YC_TCP_TIMEOUT,       /* connect: no answer in time, or the system gave the peer up */
    YC_TCP_UNREACHABLE,   /* connect: no route to the address, or the address family is not available here */
    YC_TCP_SEND_OVERFLOW, /* more than send_max_bytes were waiting to be sent */
    YC_TCP_NO_RESOURCES,  /* out of files or memory on our side */
    YC_TCP_BY_PROXY       /* the proxy did not connect us; it says why in the log */
};

/** "connection refused" and the like; static. */
const char *yc_tcp_reason_text(enum yc_tcp_reason reason);

/* Connection numbers start at 1 and are never reused. Every connection that was announced by accepted() or returned by
 * yc_tcp_connect() gets exactly one connect_failed() or closed(), and nothing after it. All members but ctx must be
 * set. */
struct yc_tcp_events {
    void (*accepted)(void *ctx, uint64_t conn, const struct yc_netaddr *remote, const struct yc_netaddr *local);
    void (*connected)(void *ctx, uint64_t conn, const struct yc_netaddr *remote, const struct yc_netaddr *local);
    void (*connect_failed)(void *ctx, uint64_t conn, enum yc_tcp_reason reason);
    /* The view is valid for the call. Each byte must be reported once by yc_tcp_consumed(), also when the connection
     * has been closed meanwhile. */
    void (*bytes)(void *ctx, uint64_t conn, struct yc_view bytes);
    /* The send buffer, after it had reached send_high_bytes, is down to send_low_bytes. */
    void (*drained)(void *ctx, uint64_t conn, size_t queued_bytes);
    void (*closed)(void *ctx, uint64_t conn, enum yc_tcp_reason reason);
    void *ctx;
};

struct yc_tcp_limits {
    size_t connections_max;     /* hard cap, both directions; an accepted connection above it is closed unannounced */
    size_t receive_conn_bytes;  /* stop reading a connection with so many bytes handed over and not consumed */
    size_t receive_total_bytes; /* stop reading all connections at so many */
    size_t send_low_bytes;      /* drained() is called at or below this, */
    size_t send_high_bytes;     /* once the send buffer had reached this */
    size_t send_max_bytes;      /* a connection with more is closed: YC_TCP_SEND_OVERFLOW */
    int64_t connect_timeout_ms;
    int64_t flush_timeout_ms; /* a connection closing with flush is dropped after this */
};

/** 1,024 connections; 128 KiB a connection and 8 MiB in all received (what is more waits in the system's buffers); 64 KiB, 1 MiB, 32 MiB to send; 5 s, 10 s. */
struct yc_tcp_limits yc_tcp_limits_default(void);

/** alloc, log (may be NULL) and the loop are borrowed for its life; events and limits are copied. Loop thread.
 *  alloc must be safe to use from any thread. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_tcp_new(struct yc_tcp **out, struct yc_loop *l, const struct yc_alloc *alloc,
                           const struct yc_tcp_events *events, const struct yc_tcp_limits *limits,
                           const struct yc_log *log, struct yc_error *err) YC_MUST_USE;

/** Close every socket without calling back, give everything back. Loop thread; no other thread may use it any more.
 *  NULL is fine. */
void yc_tcp_free(struct yc_tcp *t);

/** Listen at once. A listening IPv6 socket takes IPv6 only, so [::] and 0.0.0.0 may both be bound.
 *  bound  may be NULL; where it listens (port 0 asks the system to choose one)
 *  YC_SYSTEM (IO) with a sentence: address in use, not ours, no permission. Any thread. */
enum yc_verdict yc_tcp_listen(struct yc_tcp *t, const struct yc_netaddr *addr, struct yc_netaddr *bound,
                              struct yc_error *err) YC_MUST_USE;
/** Close the listening sockets. Any thread. */
void yc_tcp_stop_listening(struct yc_tcp *t);

/** Begin to connect; connected() or connect_failed() follows.
 *  YC_SYSTEM (MEMORY), or (FULL) when connections_max is reached; then *conn is 0 and nothing follows. Any thread. */
enum yc_verdict yc_tcp_connect(struct yc_tcp *t, uint64_t *conn, const struct yc_netaddr *addr,
                               struct yc_error *err) YC_MUST_USE;

/** Send the n bytes at p after those sent before.
 *  p       from yc_alloc_new(alloc, n) of the allocator given to yc_tcp_new(); taken, also on failure
 *  queued  may be NULL; bytes now waiting in the connection's send buffer: at send_high_bytes or more the caller
 *          should stop answering this peer until drained()
 *  Sending on a connection that is closed, closing or unknown drops the bytes and is YC_VALID with *queued 0, since
 *  closed() may be on its way; so is what exceeds send_max_bytes, which closes it; sending before connected() is fine. YC_SYSTEM (MEMORY): nothing was queued. */
enum yc_verdict yc_tcp_send_take(struct yc_tcp *t, uint64_t conn, uint8_t *p, size_t n, size_t *queued) YC_MUST_USE;

/** The same with a copy of the bytes. */
enum yc_verdict yc_tcp_send(struct yc_tcp *t, uint64_t conn, struct yc_view bytes, size_t *queued) YC_MUST_USE;

/** The same through a SOCKS5 proxy: connected() comes when the proxy has connected us, its remote being the proxy.
 *  proxy  where the proxy listens; target is copied. */
enum yc_verdict yc_tcp_connect_by(struct yc_tcp *t, uint64_t *conn, const struct yc_netaddr *proxy,
                                  const struct yc_socks_target *target, struct yc_error *err) YC_MUST_USE;

enum yc_tcp_close_how {
    YC_TCP_CLOSE_NOW,  /* drop what is not sent yet */
    YC_TCP_CLOSE_FLUSH /* send what is queued first, for flush_timeout_ms at most; reading stops at once */
};
/** closed(YC_TCP_BY_US) follows (connect_failed(YC_TCP_BY_US) while connecting); unknown connections are ignored. */
void yc_tcp_close(struct yc_tcp *t, uint64_t conn, enum yc_tcp_close_how how);

/** Stop or go on reading one connection. A few bytes already read may still come. Unknown connections are ignored. */
void yc_tcp_pause(struct yc_tcp *t, uint64_t conn, bool paused);

/** n bytes handed over by bytes() are no longer held: see struct yc_tcp_limits. */
void yc_tcp_consumed(struct yc_tcp *t, uint64_t conn, size_t n);

/** Bytes waiting in the connection's send buffer; 0 when it is unknown. */
size_t yc_tcp_queued_bytes(struct yc_tcp *t, uint64_t conn);

struct yc_tcp_totals {
    uint64_t received_bytes, sent_bytes; /* since yc_tcp_new() */
    uint64_t held_bytes;                 /* handed over and not consumed */
    size_t connections;                  /* open or connecting */
};
struct yc_tcp_totals yc_tcp_get_totals(struct yc_tcp *t);

#endif
