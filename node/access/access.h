/* How a program on this machine finds its node and talks to it: which chain, which folder, which port, which password,
 * then JSON-RPC calls. For ycoin-cli, ycoin-wallet and ycoin-miner, which all find the node in the same way.
 *
 *     yc_options_read_arguments(options, …);      the program's table holds YC_NODE_ACCESS_OPTIONS
 *     yc_node_place_find(&place, options, …);     reads ycoin.conf too
 *     yc_node_client_new(&client, …, &place, …);
 *     yc_node_call(client, &answer, "getblockcount", YC_VIEW_EMPTY, …);
 *
 * Attack it answers (catalogue R01): without a password in the configuration the secret is the node's cookie file,
 * which only its owner can read; it is read anew when the node has restarted and made another. */
#ifndef YC_NODE_ACCESS_ACCESS_H
#define YC_NODE_ACCESS_ACCESS_H

#include "base/alloc.h"
#include "node/access/setup.h"
#include "sys/json.h"
#include "sys/options.h"

#define YC_NODE_HOST_MAX 256
#define YC_NODE_AUTH_MAX 1024

#define YC_NODE_ACCESS_GENERAL "Options:"
#define YC_NODE_ACCESS_CHAIN   "Chain selection options:"
#define YC_NODE_ACCESS_RPC     "Options for reaching the node:"

/* Rows for the table of a program's options. -help, -version and what else is the program's own are not among them. */
#define YC_NODE_ACCESS_OPTIONS                                                                                         \
    {"datadir", YC_OPTION_TEXT, 0, "=<dir>", "~/.ycoin", YC_NODE_ACCESS_GENERAL, "The node's data directory"},         \
        {"conf",                                                                                                       \
         YC_OPTION_TEXT,                                                                                               \
         YC_OPTION_COMMAND_LINE,                                                                                       \
         "=<file>",                                                                                                    \
         "ycoin.conf",                                                                                                 \
         YC_NODE_ACCESS_GENERAL,                                                                                       \
         "The configuration file; a relative path is one in the data directory"},                                      \
        {"includeconf", YC_OPTION_LIST, YC_OPTION_HIDDEN, NULL, NULL, YC_NODE_ACCESS_GENERAL, NULL},                   \
        {"chain",                                                                                                      \
         YC_OPTION_TEXT,                                                                                               \
         0,                                                                                                            \
         "=<name>",                                                                                                    \
         "main",                                                                                                       \
         YC_NODE_ACCESS_CHAIN,                                                                                         \
         "Use the chain of this name: main, test, regtest, or that of -chainfile"},                                    \
        {"chainfile",                                                                                                  \
         YC_OPTION_TEXT,                                                                                               \
         0,                                                                                                            \
         "=<file>",                                                                                                    \
         NULL,                                                                                                         \
         YC_NODE_ACCESS_CHAIN,                                                                                         \
         "Read the chain's parameters from a file (chains/ has examples)"},                                            \
        {"regtest", YC_OPTION_FLAG, 0, NULL, NULL, YC_NODE_ACCESS_CHAIN, "Same as -chain=regtest"},                    \
        {"test", YC_OPTION_FLAG, 0, NULL, NULL, YC_NODE_ACCESS_CHAIN, "Same as -chain=test"},                          \
        {"testnet", YC_OPTION_FLAG, YC_OPTION_HIDDEN, NULL, NULL, YC_NODE_ACCESS_CHAIN, NULL},                         \
        {"testnet4", YC_OPTION_FLAG, YC_OPTION_HIDDEN, NULL, NULL, YC_NODE_ACCESS_CHAIN, NULL},                        \
        {"signet", YC_OPTION_FLAG, YC_OPTION_HIDDEN, NULL, NULL, YC_NODE_ACCESS_CHAIN, NULL},                          \
        {"rpcconnect",                                                                                                 \
         YC_OPTION_TEXT,                                                                                               \
         0,                                                                                                            \
         "=<host>",                                                                                                    \
         "127.0.0.1",                                                                                                  \
         YC_NODE_ACCESS_RPC,                                                                                           \
         "Where the node is: a name or an address, with or without a port"},                                           \
        {"rpcport",                                                                                                    \
         YC_OPTION_INT,                                                                                                \
         YC_OPTION_NETWORK_ONLY,                                                                                       \
         "=<port>",                                                                                                    \
         "the chain's",                                                                                                \
         YC_NODE_ACCESS_RPC,                                                                                           \
         "The port that the node answers on"},                                                                         \
        {"rpcuser", YC_OPTION_TEXT, YC_OPTION_SECRET, "=<user>", NULL, YC_NODE_ACCESS_RPC, "User name"},               \
        {"rpcpassword",                                                                                                \
         YC_OPTION_TEXT,                                                                                               \
         YC_OPTION_SECRET,                                                                                             \
         "=<pw>",                                                                                                      \
         NULL,                                                                                                         \
         YC_NODE_ACCESS_RPC,                                                                                           \
         "Password; without one the cookie file is used"},                                                             \
        {"rpccookiefile",                                                                                              \
         YC_OPTION_TEXT,                                                                                               \
         0,                                                                                                            \
         "=<file>",                                                                                                    \
         ".cookie",                                                                                                    \
         YC_NODE_ACCESS_RPC,                                                                                           \
         "The cookie file; a relative path is one in the chain's folder"},                                             \
        {"rpcwait", YC_OPTION_FLAG, 0, NULL, NULL, YC_NODE_ACCESS_RPC, "Wait until the node answers"},                 \
        {"rpcwaittimeout",                                                                                             \
         YC_OPTION_INT,                                                                                                \
         0,                                                                                                            \
         "=<n>",                                                                                                       \
         "0",                                                                                                          \
         YC_NODE_ACCESS_RPC,                                                                                           \
         "Seconds that -rpcwait waits; 0: without end"},                                                               \
    {                                                                                                                  \
        "rpcclienttimeout", YC_OPTION_INT, 0, "=<n>", "900", YC_NODE_ACCESS_RPC,                                       \
            "Seconds to wait for an answer; 0: without end"                                                            \
    }

/* What the options and files come to. */
struct yc_node_place {
    struct yc_setup setup; /* chain and folders */
    char host[YC_NODE_HOST_MAX];
    uint16_t port;
    char user_password[YC_NODE_AUTH_MAX]; /* "user:password"; "": use the cookie file */
    char cookie_path[YC_PATH_MAX];
    bool wait;              /* -rpcwait */
    int64_t wait_timeout_s; /* 0: none */
    int64_t timeout_s;      /* for one call; 0: none */
};

/** Read the configuration file (options holds the command line already), choose the chain, name folders, address and
 *  password. Reads files, connects to nothing; the cookie file need not exist yet. Main thread, once.
 *  YC_VALID; YC_INVALID or YC_SYSTEM with a sentence. */
enum yc_verdict yc_node_place_find(struct yc_node_place *out, struct yc_options *options,
                                   struct yc_error *err) YC_MUST_USE;

/** Replace host, port and password of the place by those of a URL: http://[user:password@]host[:port][/]. Characters
 *  that have a meaning in a URL are written %XX in user and password. Without user the cookie file stays in use.
 *  YC_INVALID with a sentence, which never shows the password. */
enum yc_verdict yc_node_place_set_url(struct yc_node_place *place, const char *url, struct yc_error *err) YC_MUST_USE;

/* One connection to the node. One thread at a time uses a client; cancel may come from any other. */
struct yc_node_client; /* opaque */

/** Connects to nothing yet. alloc is borrowed for the life, place is copied. The caller frees *out.
 *  YC_INVALID (host or password cannot be), YC_SYSTEM. */
enum yc_verdict yc_node_client_new(struct yc_node_client **out, const struct yc_alloc *alloc,
                                   const struct yc_node_place *place, struct yc_error *err) YC_MUST_USE;
/** NULL is fine. The password is wiped. */
void yc_node_client_free(struct yc_node_client *c);

/* Error codes of the node that its clients act upon (Bitcoin Core's numbers). */
enum {
    YC_NODE_ERROR_NOT_CONNECTED = -9, /* no peers yet */
    YC_NODE_ERROR_SYNCING = -10,      /* in initial block download */
    YC_NODE_ERROR_WARMUP = -28        /* starting */
};

struct yc_node_answer {
    struct yc_json *root;         /* the whole answer; NULL: there was none */
    const struct yc_json *result; /* in root; NULL when the answer is an error */
    const struct yc_json *error;  /* in root; NULL unless the node answered with an error */
    int64_t code;                 /* of the error */
    const char *message;          /* of the error, in root; never NULL */
    unsigned http_status;         /* 0: no answer came */
};
/** Frees the tree; harmless on an answer that was filled in by a failed call. */
void yc_node_answer_release(struct yc_node_answer *a);

/** Call a method and wait for the answer.
 *  params  JSON text of an array or an object; empty: none
 *  out     always filled in; released by the caller whatever is returned
 *  Returns YC_VALID    out->result is the result
 *          YC_INVALID  the node answered with an error (out->error), refused the password (out->http_status is 401 or
 *                      403), or answered what is not JSON-RPC
 *          YC_NOT_YET  nobody answers, there is no cookie file, the node is busy, or the call was cancelled: nothing was
 *                      done. With place->wait these are waited out (warm-up too) and only a cancellation or the end of
 *                      -rpcwaittimeout returns.
 *          YC_SYSTEM   the connection broke or the time was over after the request was sent: it may have been done;
 *                      or no memory
 *  err says it in a sentence in every case but YC_VALID. */
enum yc_verdict yc_node_call(struct yc_node_client *c, struct yc_node_answer *out, const char *method,
                             struct yc_view params, struct yc_error *err) YC_MUST_USE;

/** POST any body to any path ("/" or "/wallet/NAME") with the same care for the password: *body is valid until the next
 *  call on this client. For ycoin-cli's batches. Returns as yc_node_call(), and YC_VALID whatever a body of the status
 *  200, 400, 404 or 500 says. */
enum yc_verdict yc_node_post(struct yc_node_client *c, const char *path, struct yc_view request, struct yc_view *body,
                             unsigned *http_status, struct yc_error *err) YC_MUST_USE;

/** Make the call in progress, or the next one, return YC_NOT_YET. Any thread. */
void yc_node_client_cancel(struct yc_node_client *c);
/** Forget a cancellation. The using thread. */
void yc_node_client_uncancel(struct yc_node_client *c);
/** True when it has been cancelled. Any thread. */
bool yc_node_client_cancelled(struct yc_node_client *c);

/** "http://127.0.0.1:8332": for messages. Valid until free. */
const char *yc_node_client_url(const struct yc_node_client *c);

#endif
