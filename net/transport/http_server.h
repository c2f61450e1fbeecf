/* An HTTP/1.1 server on the loop, for JSON-RPC and REST. It knows neither.
 *
 * A connection belongs to the loop thread alone. A complete request is handed to the handler as an object of its own,
 * which any thread may read and which ends with exactly one yc_http_reply(), from any thread, now or much later
 * (long-poll); if the connection has gone meanwhile the reply is dropped (catalogue R13). One request of a connection
 * is answered at a time, in order; pipelined ones wait.
 *
 * Attacks it answers: web pages and DNS rebinding (R01: any Origin header is 403, Host must be one of ours, no CORS
 * headers ever); slow senders (R04: a deadline for the whole request, not between bytes; new connections displace the
 * oldest that never passed admit()); exhaustion of files (R05: accepting backs off); smuggling (R06: http_parse.h);
 * work before authentication (R07: admit() sees the head before a byte of the body is read); port squatting (R09:
 * listening fails when the address is taken); shutdown that hangs (R16, S27: bounded). */
#ifndef YC_NET_TRANSPORT_HTTP_SERVER_H
#define YC_NET_TRANSPORT_HTTP_SERVER_H

#include "base/log.h"
#include "net/addr/netaddr.h"
#include "net/transport/http_parse.h"
#include "net/transport/loop.h"

struct yc_http_server;
struct yc_http_request; /* one request, and the right and duty to answer it */

/** The parsed message; views are valid until the request is answered. */
const struct yc_http_message *yc_http_request_message(const struct yc_http_request *r);
/** The client's address; valid as long. */
const struct yc_netaddr *yc_http_request_remote(const struct yc_http_request *r);
/** True once the client is known to have closed, or the server is shutting down: a long-poll should answer now.
 *  Any thread, cheap: to be polled, or see struct yc_http_hooks.abandoned. */
bool yc_http_request_abandoned(const struct yc_http_request *r);

struct yc_http_response {
    unsigned status;           /* 200..599 */
    const char *content_type;  /* static; NULL: none (for 204 or an empty body) */
    const char *extra_headers; /* NULL or whole lines, "Name: value\r\n" each, trusted; borrowed for the call */
    uint8_t *body;             /* from yc_alloc_new() of the server's allocator, body_n bytes; taken */
    size_t body_n;
    bool close; /* close the connection after it */
};

/** The server's allocator, from which a response's body must come. */
const struct yc_alloc *yc_http_request_alloc(const struct yc_http_request *r);

/** Answer and free the request, any thread. The response's body is taken in any case. Replying after the server was
 *  freed is harmless. HEAD gets the headers alone. */
void yc_http_reply(struct yc_http_request *r, const struct yc_http_response *response);

/** The same with a copy of the text as body. */
void yc_http_reply_text(struct yc_http_request *r, unsigned status, const char *content_type, const char *text);

/* What admit() says to a request that is not to be served. */
struct yc_http_refusal {
    unsigned status;           /* 401, 403, 405, ... */
    const char *extra_headers; /* static; NULL or whole lines, as WWW-Authenticate */
    const char *text;          /* static; the body, plain text; NULL: none */
    int64_t delay_ms;          /* answer after this long: slows password guessing (R02) without holding a thread */
};

struct yc_http_hooks {
    /* May this address talk to us at all (-rpcallowip)? A false is answered by 403. NULL: loopback only. */
    bool (*allow)(void *ctx, const struct yc_netaddr *remote);
    /* The head is there, the body is not: true lets it in, false refuses and closes. NULL: all are let in.
     * Here belong authentication and the check of the method. */
    bool (*admit)(void *ctx, const struct yc_http_message *head, const struct yc_netaddr *remote,
                  struct yc_http_refusal *refusal);
    /* The request is complete and now the handler's, which owes it a reply. Must not block. */
    void (*handle)(void *ctx, struct yc_http_request *r);
    /* The client of an unanswered request has gone or the server shuts down; may be NULL. It is called on the loop
     * thread at most once a request, and never after its reply was processed; but another thread may be replying at
     * that moment, so r is only a name here: look it up in your own table under your lock. */
    void (*abandoned)(void *ctx, struct yc_http_request *r);
    void *ctx;
};

struct yc_http_config {
    struct yc_http_limits limits;
    size_t connections_max;        /* over it the oldest idle connection makes room, else the new one is closed */
    size_t connections_reserved;   /* of which so many are kept for connections that have passed admit() */
    int64_t request_timeout_ms;    /* from a request's first byte to its last */
    int64_t idle_timeout_ms;       /* between requests, and for the first byte of the first */
    int64_t write_timeout_ms;      /* a reply that makes no progress for so long is given up */
    const char *const *host_names; /* further names allowed in Host, lower case, without port; copied */
    size_t host_name_count;
    bool check_host; /* Host must be localhost, a loopback address, a bound address, or one of host_names */
};

/** http_parse's limits, 256 connections of which 32 reserved, 30 s each, Host checked. */
struct yc_http_config yc_http_config_default(void);

/** alloc (safe from any thread, and alive until the last reply), log (may be NULL) and loop are borrowed; config and
 *  hooks are copied. Loop thread. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_http_server_new(struct yc_http_server **out, struct yc_loop *l, const struct yc_alloc *alloc,
                                   const struct yc_http_config *config, const struct yc_http_hooks *hooks,
                                   const struct yc_log *log, struct yc_error *err) YC_MUST_USE;

/** Listen at one address more. bound (may be NULL) gets where, for port 0. Loop thread.
 *  YC_SYSTEM (IO) with a sentence when the address is taken or not ours: the program should not start (R09). */
enum yc_verdict yc_http_server_listen(struct yc_http_server *s, const struct yc_netaddr *addr, struct yc_netaddr *bound,
                                      struct yc_error *err) YC_MUST_USE;

/** Stop accepting, close idle connections, let requests in progress be answered (their abandoned() is called), close
 *  what is left after timeout_ms, then call done once (may be NULL), on the loop thread. Loop thread: post it. */
void yc_http_server_shutdown(struct yc_http_server *s, int64_t timeout_ms, void (*done)(void *ctx), void *ctx);

/** Close everything at once and give it back. Loop thread, before yc_loop_free(). Requests not answered yet stay
 *  valid until their reply. NULL is fine. */
void yc_http_server_free(struct yc_http_server *s);

struct yc_http_server_stats {
    size_t connections, requests_waiting;
    uint64_t accepted, requests, timeouts, refused;
};
/** Loop thread. */
struct yc_http_server_stats yc_http_server_get_stats(const struct yc_http_server *s);

#endif
