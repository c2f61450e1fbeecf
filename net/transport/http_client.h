/* A blocking HTTP/1.1 client with one kept connection, for ycoin-cli, ycoin-wallet and ycoin-miner. It uses plain
 * sockets, no loop. One thread at a time uses a client; yc_http_client_cancel() may come from any other. */
#ifndef YC_NET_TRANSPORT_HTTP_CLIENT_H
#define YC_NET_TRANSPORT_HTTP_CLIENT_H

#include "base/alloc.h"
#include "base/result.h"
#include "base/view.h"

struct yc_http_client;

struct yc_http_client_config {
    const char *host; /* a name or a numeric address, no port; copied */
    uint16_t port;
    const char *program;        /* who should be listening, for error sentences; NULL: "ycoind"; copied */
    const char *basic_auth;     /* "user:password", or NULL; copied, and wiped by yc_http_client_free() */
    int64_t connect_timeout_ms; /* 0: 5,000 */
    int64_t total_timeout_ms;   /* for one whole request, connecting included; 0: no limit */
    size_t body_bytes_max;      /* of a response; 0: 256 MiB */
};

/** Takes no connection yet. alloc is borrowed. YC_SYSTEM (MEMORY, IO: no wake-up pipe); YC_INVALID when host, port or
 *  basic_auth cannot be (empty, too long, line break). */
enum yc_verdict yc_http_client_new(struct yc_http_client **out, const struct yc_alloc *alloc,
                                   const struct yc_http_client_config *config, struct yc_error *err) YC_MUST_USE;
void yc_http_client_free(struct yc_http_client *c);

/** Replace the "user:password" (NULL: none), as when the cookie file was written anew. */
enum yc_verdict yc_http_client_set_auth(struct yc_http_client *c, const char *basic_auth,
                                        struct yc_error *err) YC_MUST_USE;

struct yc_http_result {
    unsigned status;             /* 200..599 */
    struct yc_view content_type; /* empty when there was none */
    struct yc_view body;
};

/** POST the body to the path ("/") and wait for the answer.
 *  out  views are valid until the next call on this client
 *  YC_VALID     an answer came, whatever its status
 *  YC_NOT_YET   cancelled by yc_http_client_cancel(), or could not connect (worth a retry: -rpcwait); nothing was
 * served when it could not connect YC_INVALID   the answer is not HTTP, or larger than body_bytes_max YC_SYSTEM    IO:
 * timeout or a broken connection after the request was sent, so that it may have been served; MEMORY A kept connection
 * that proves dead before any byte of the answer came is replaced once, silently, only when the server cannot have seen
 * the whole request. */
enum yc_verdict yc_http_client_post(struct yc_http_client *c, struct yc_http_result *out, const char *path,
                                    const char *content_type, struct yc_view body, struct yc_error *err) YC_MUST_USE;

/** GET the path. */
enum yc_verdict yc_http_client_get(struct yc_http_client *c, struct yc_http_result *out, const char *path,
                                   struct yc_error *err) YC_MUST_USE;

/** Make the call in progress, or the next one, return YC_NOT_YET soon ("cancelled"); the system's lookup of a
 *  name is not cut short. Any thread. */
void yc_http_client_cancel(struct yc_http_client *c);
/** Forget a cancellation. The using thread. */
void yc_http_client_uncancel(struct yc_http_client *c);
/** True when the last failure was a cancellation. The using thread. */
bool yc_http_client_was_cancelled(const struct yc_http_client *c);

#endif
