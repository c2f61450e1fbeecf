/* JSON-RPC as methods: bytes of a request in, bytes of an answer out. Knows no HTTP and no sockets: node/daemon carries
 * requests here and answers back. The names, arguments, results, error codes and sentences are Bitcoin Core's.
 *
 * yc_rpc_handle() may be called on any thread: cheap reads are answered there from the published tip; the rest is posted
 * to the core thread through struct yc_rpc_env and answered when it has run. */
#ifndef YC_NODE_RPC_RPC_H
#define YC_NODE_RPC_RPC_H

#include "node/core/core.h"
#include "sys/json.h"

/* Error codes that clients match on (Bitcoin Core's). */
enum yc_rpc_code {
    YC_RPC_OK = 0,
    YC_RPC_MISC = -1,
    YC_RPC_TYPE = -3,
    YC_RPC_INVALID_ADDRESS_OR_KEY = -5,
    YC_RPC_OUT_OF_MEMORY = -7,
    YC_RPC_INVALID_PARAMETER = -8,
    YC_RPC_CLIENT_NOT_CONNECTED = -9,
    YC_RPC_CLIENT_IN_INITIAL_DOWNLOAD = -10,
    YC_RPC_DATABASE = -20,
    YC_RPC_DESERIALIZATION = -22,
    YC_RPC_NODE_ALREADY_ADDED = -23,
    YC_RPC_NODE_NOT_ADDED = -24,
    YC_RPC_VERIFY = -25,
    YC_RPC_VERIFY_REJECTED = -26,
    YC_RPC_VERIFY_ALREADY_IN_UTXO_SET = -27,
    YC_RPC_IN_WARMUP = -28,
    YC_RPC_NODE_NOT_CONNECTED = -29,
    YC_RPC_CLIENT_INVALID_IP = -30,
    YC_RPC_CLIENT_P2P_DISABLED = -31,
    YC_RPC_CLIENT_NODE_CAPACITY_REACHED = -34,
    YC_RPC_INVALID_REQUEST = -32600,
    YC_RPC_METHOD_NOT_FOUND = -32601,
    YC_RPC_INVALID_PARAMS = -32602,
    YC_RPC_INTERNAL = -32603,
    YC_RPC_PARSE = -32700
};

/* What methods need of the process around them. */
struct yc_rpc_env {
    /* Run fn on the core thread, soon, in order; it gets the core. From any thread. Once the node is ending, fn is called
     * at once with core == NULL: the call must then be answered without it (-9, "Shutting down"). */
    void (*post)(void *ctx, void (*fn)(void *arg, struct yc_core *core), void *arg);
    void (*stop)(void *ctx);                          /* the stop method: begin a clean end */
    void (*set_mock_time)(void *ctx, int64_t wall_s); /* 0: the real clock again */
    /* Call fn on the core thread when deadline_us (monotonic) passes; for waits and long polls. */
    void (*post_at)(void *ctx, int64_t deadline_us, void (*fn)(void *arg, struct yc_core *core), void *arg);
    void *ctx;
    const struct yc_alloc *alloc;
    const struct yc_clock *clock;
    const struct yc_log *log;
    int64_t start_mono_us;        /* uptime */
    const char *warmup;           /* not NULL: every call is answered -28 with this text; see yc_rpc_set_warmup() */
    const char *coinbase_address; /* -coinbaseaddress, or NULL */
    struct yc_template_options template_options;
    const char *chain_dir; /* for what shows paths */
    int64_t ban_time_s;    /* -bantime; 0: a day */
    /* The logging method: switch categories of sys/log_sink.h on and off, and return those that are on now. NULL: refused.
     * Any thread. */
    uint32_t (*log_categories)(void *ctx, uint32_t on, uint32_t off);
    /* -rpcwhitelist: may this user call this method? NULL: everybody may call all. Any thread. */
    bool (*allowed)(void *ctx, const char *user, const char *method);
};

struct yc_rpc;

/** The server's state (long polls, template cache, method table). core may be NULL until yc_rpc_attach(). */
enum yc_verdict yc_rpc_new(struct yc_rpc **out, const struct yc_rpc_env *env, struct yc_error *err) YC_MUST_USE;
/** All requests must have been answered. */
void yc_rpc_free(struct yc_rpc *r);
/** The core is there (call on the core thread): subscribe to its events. */
void yc_rpc_attach(struct yc_rpc *r, struct yc_core *core);
/** Any thread. text is copied; NULL ends the warm-up. */
void yc_rpc_set_warmup(struct yc_rpc *r, const char *text);
/** Answer every waiting long poll and wait* call now; later ones are answered at once. Core thread. */
void yc_rpc_wake_all(struct yc_rpc *r);

/* Gets the answer exactly once, on any thread. http_status as Bitcoin Core's (200, 204, 400, 403, 404, 500). body is read
 * during the call. */
typedef void (*yc_rpc_done)(void *ctx, int http_status, struct yc_view body);

/** Handle one HTTP body: a request, or a batch.
 *  user  authenticated name, for the log and env.allowed: a body with a single call that is not allowed is answered 403, and
 *        nothing of it is done. done is called from this thread or another, once. */
void yc_rpc_handle(struct yc_rpc *r, struct yc_view body, const char *user, yc_rpc_done done, void *done_ctx);

/** Method names in the order of `help`, for tests and documentation: NULL-terminated, static. */
const char *const *yc_rpc_methods(void);

#endif
