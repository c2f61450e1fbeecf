/* The inside of http_server.h, shared by http_server.c (listening, limits, requests and replies) and http_conn.c (one
 * connection). Loop thread throughout, but for what struct yc_http_server keeps under its lock.
 *
 * A connection is in one phase at a time:
 *   READING -> WAITING -> WRITING -> READING ...          a request, its handler at work, its answer
 *   READING -> DELAYED -> WRITING -> LINGER -> closed     a refused one; LINGER reads on and discards, so that the
 *                                                         answer is not lost to a reset (RFC 9112, 9.6) */
#ifndef YC_NET_TRANSPORT_HTTP_CONN_H
#define YC_NET_TRANSPORT_HTTP_CONN_H

#include "net/transport/http_server.h"
#include "net/transport/listener.h"
#include "net/transport/loop_event.h"
#include "sys/thread.h"

#include <event2/event_struct.h>
#include <stdatomic.h>

#define YC_HTTP_READ_BYTES     65536
#define YC_HTTP_PIPELINE_BYTES 65536 /* kept of requests that came before their turn; then reading stops */
#define YC_HTTP_LINGER_MS      1000

enum yc_http_phase { YC_HTTP_P_READING, YC_HTTP_P_WAITING, YC_HTTP_P_DELAYED, YC_HTTP_P_WRITING, YC_HTTP_P_LINGER };

/* What is being sent: a head and a body, in one write where possible. */
struct yc_http_out {
    struct yc_buf head;
    uint8_t *body; /* owned, body_n bytes */
    size_t body_n;
    size_t sent;       /* of head and body together */
    bool without_body; /* answer to HEAD */
};

struct yc_http_conn {
    struct yc_http_server *server;
    struct yc_http_conn *prev, *next; /* server->conns, oldest first */
    int fd;
    struct yc_netaddr remote;
    enum yc_http_phase phase;
    struct event readable, writable, deadline;
    struct yc_http_parser parser;
    struct yc_buf early; /* bytes that came while a request was waiting */
    struct yc_http_out out;
    struct yc_http_request *request; /* while WAITING */
    unsigned minor;                  /* of the request being answered */
    bool in_request;                 /* the deadline is that of a request */
    bool admitted;                   /* has passed admit() once */
    bool keep_alive, peer_closed;
};

struct yc_http_request {
    struct yc_http_server *server; /* holds a use of it */
    struct yc_http_conn *conn;     /* loop thread; NULL once the connection is gone */
    struct yc_http_parser parser;  /* owns the bytes of the message */
    struct yc_netaddr remote;
    atomic_bool abandoned;
    struct yc_http_response response; /* from yc_http_reply() on; extra_headers is extra.p */
    struct yc_buf extra;
    struct yc_loop_task task;
};

struct yc_http_server {
    const struct yc_alloc *alloc;
    struct yc_loop *loop;
    struct yc_http_config config;
    struct yc_http_hooks hooks;
    const struct yc_log *log;
    char **host_names; /* config.host_name_count copies */
    struct yc_listener *listeners;
    struct yc_http_conn *conns, *newest;
    size_t unadmitted;
    uint8_t *read_buf; /* YC_HTTP_READ_BYTES */
    struct yc_http_server_stats stats;
    struct yc_loop_timer *shutdown_timer;
    void (*shutdown_done)(void *ctx);
    void *shutdown_ctx;
    bool shutting_down;
    struct yc_mutex lock; /* guards what follows */
    bool closed;          /* freed by its owner; only unanswered requests still hold it */
    size_t users;         /* the owner and every unanswered request */
};

/** A connection on the accepted socket, which is taken. */
void yc_http_conn_open(struct yc_http_server *s, int fd, const struct yc_netaddr *remote);
/** Close it; an unanswered request is told. */
void yc_http_conn_close(struct yc_http_conn *c);
/** Send the answer to its waiting request; the body is taken. */
void yc_http_conn_answer(struct yc_http_conn *c, const struct yc_http_response *response);

/** Tell the handler once that nobody waits for the answer. */
void yc_http_request_abandon(struct yc_http_request *r);
/** Hand a complete request over; false when there was no memory. */
bool yc_http_request_hand_over(struct yc_http_conn *c);
/** Is the request one of a web page, or sent to a name that is not ours? NULL when it is fine, else a sentence. */
const char *yc_http_check_origin(const struct yc_http_server *s, const struct yc_http_message *m,
                                 const struct yc_netaddr *local);

#endif
