/* The inside of tcp.h, shared by tcp.c (commands, any thread) and tcp_io.c (sockets, loop thread).
 *
 * One lock guards what both sides touch; it is never held in a system call or a callback. Commands change a
 * connection's wishes under the lock, put it into the list of changed connections and wake the loop; only the loop
 * thread opens, reads, writes and destroys. So a connection found on the loop thread stays until the loop thread
 * itself destroys it. */
#ifndef YC_NET_TRANSPORT_TCP_CONN_H
#define YC_NET_TRANSPORT_TCP_CONN_H

#include "base/map.h"
#include "net/transport/listener.h"
#include "net/transport/loop_event.h"
#include "net/transport/tcp.h"

#include "sys/thread.h"
#include <event2/event_struct.h>

#define YC_TCP_READ_BYTES 65536 /* at most this is read from one connection before others get their turn */

struct yc_tcp_chunk {
    struct yc_tcp_chunk *next;
    uint8_t *p; /* owned, n bytes */
    size_t n;
};

enum yc_tcp_state { YC_TCP_NEW, YC_TCP_CONNECTING, YC_TCP_AT_PROXY, YC_TCP_OPEN };

struct yc_tcp_conn {
    struct yc_tcp *tcp;
    uint64_t id;
    struct yc_netaddr remote, local;
    /* loop thread */
    enum yc_tcp_state state;
    int fd; /* -1 before the socket is made */
    struct event readable, writable, deadline;
    struct yc_socks *socks; /* owned, while a proxy is asked to connect us; else NULL */
    bool has_events;
    bool flushing; /* deadline runs for the flush */
    size_t sent_of_first;
    /* under the lock */
    struct yc_tcp_chunk *first, **last; /* the loop thread alone removes, and may read what it has seen */
    size_t queued_bytes, held_bytes;
    bool above_high; /* drained() is owed */
    bool overflow;
    bool paused;
    bool closing, close_now;
    bool changed;
    struct yc_tcp_conn *changed_next, **changed_at;
};

struct yc_tcp_new_listener {
    struct yc_tcp_new_listener *next;
    int fd;
};

struct yc_tcp {
    const struct yc_alloc *alloc;
    struct yc_loop *loop;
    struct yc_tcp_events events;
    struct yc_tcp_limits limits;
    const struct yc_log *log;
    /* loop thread */
    struct yc_listener *listeners;
    uint8_t *read_buf; /* YC_TCP_READ_BYTES */
    /* under the lock */
    struct yc_mutex lock;
    struct yc_map conns; /* number -> struct yc_tcp_conn * */
    uint64_t last_id;
    struct yc_tcp_conn *changed;
    struct yc_tcp_new_listener *new_listeners;
    bool stop_listening, resume_all, total_full;
    bool woken; /* wake_task is posted */
    struct yc_loop_task wake_task;
    struct yc_tcp_totals totals;
};

/* All but on_wake: with the lock held. */
struct yc_tcp_conn *yc_tcp_find(struct yc_tcp *t, uint64_t id);
/** A connection in the table; NULL when there is no memory. remote is copied. */
struct yc_tcp_conn *yc_tcp_conn_new(struct yc_tcp *t, const struct yc_netaddr *remote);
/** Out of the table and of every list, its memory given back; the socket and events are the caller's business. */
void yc_tcp_conn_free(struct yc_tcp_conn *c);
void yc_tcp_changed(struct yc_tcp_conn *c);
void yc_tcp_wake(struct yc_tcp *t);

/** The loop's side of every command. */
void yc_tcp_on_wake(void *ctx);
/** The proxy has accepted our TCP connection: ask it for the target. Loop thread. */
void yc_tcp_proxy_begin(struct yc_tcp_conn *c);
/** It has sent something. True when the connection is the target's now; else it goes on, or has been finished. */
bool yc_tcp_proxy_readable(struct yc_tcp_conn *c);
/** The end of a connection, for whatever reason: its number is dead before the callback runs. Loop thread. */
void yc_tcp_finish(struct yc_tcp_conn *c, enum yc_tcp_reason reason);
/** Bytes flow from here on. Loop thread. */
void yc_tcp_set_open(struct yc_tcp_conn *c);
/** Let ev come when its socket is ready, or after delay_ms (-1: no limit). */
void yc_tcp_arm(struct event *ev, int64_t delay_ms);

/** Close the socket and take the connection off the loop, silently. Loop thread, lock not held. */
void yc_tcp_conn_detach(struct yc_tcp_conn *c);

#endif
