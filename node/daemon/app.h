/* The running node: the parts of ycoind and the threads that own them. Only node/daemon sees this. */
#ifndef YC_NODE_DAEMON_APP_H
#define YC_NODE_DAEMON_APP_H

#include <stdatomic.h>

#include "base/hex.h"
#include "base/progress.h"
#include "base/spread.h"
#include "net/peers/slots.h"
#include "net/transport/http_server.h"
#include "net/transport/resolve.h"
#include "net/transport/tcp.h"
#include "node/core/core.h"
#include "node/daemon/options.h"
#include "node/daemon/proxy.h"
#include "node/rpc/rpc.h"
#include "node/store/shelf_leveldb.h"
#include "sys/clock.h"
#include "sys/daemon.h"
#include "sys/heap.h"
#include "sys/lockfile.h"
#include "sys/log_sink.h"
#include "sys/thread.h"

#define YC_APP_PERMITS_MAX 64
#define YC_APP_BINDS_MAX   64
#define YC_APP_IMPORTS_MAX 64

/* A function that waits for its time on the core thread. */
struct yc_app_timer {
    struct yc_app_timer *next; /* by time */
    int64_t due_us;
    void (*fn)(void *arg, struct yc_core *core);
    void *arg;
};

/* Who may call RPC. */
struct yc_app_auth {
    char cookie[96];      /* "__cookie__:hex", or "" */
    char user_pass[1024]; /* "user:password", or "" */
    char cookie_path[YC_PATH_MAX];
};

/* The files of -loadblock, and how far their import is. Core thread. */
struct yc_app_import {
    const char *file[YC_APP_IMPORTS_MAX];
    size_t count, at; /* at: the one that is imported now, or next */
    struct yc_import *now;
    bool stop_after; /* -stopafterblockimport */
    int64_t begun_us, stepped_us;
    struct yc_meter meter;
};

/* The first download, as it is told of. */
struct yc_app_sync {
    struct yc_meter meter;
    int64_t disk_us; /* what the chain had waited for the disk at the last line */
};

/* What the core does without looking up: a step of its own, a step of an import, one event of its queue. */
enum yc_app_busy_kind { YC_APP_BUSY_STEP, YC_APP_BUSY_IMPORT, YC_APP_BUSY_EVENT, YC_APP_BUSY_KINDS };

struct yc_app {
    struct yc_daemon_config config;
    const struct yc_log *log;
    struct yc_log_sink *sink;
    struct yc_clock_real clock;
    struct yc_datadir_lock lock, blocks_lock;
    struct yc_daemon daemon;
    struct yc_signals signals;
    int64_t start_us;
    char user_agent[YC_USER_AGENT_MAX + 1];
    char pid_path[YC_PATH_MAX], blocks_dir[YC_PATH_MAX];

    struct {
        struct yc_queue *queue;
        struct yc_thread thread;
        const struct yc_node *tip; /* the last that was told of */
    } notify;

    /* core thread */
    struct yc_thread core_thread;
    struct yc_queue *events;
    struct yc_core_config core_config;
    struct yc_kv index_kv;
    struct yc_shelf_leveldb coins;   /* one set of coins, or two */
    size_t coins_write_buffer_bytes; /* of LevelDB, for each of them */
    struct yc_kv optional_kv[YC_INDEX_COUNT];
    bool optional_wanted[YC_INDEX_COUNT], optional_open[YC_INDEX_COUNT];
    bool index_open, verifying;
    int64_t replay_us; /* since when blocks are replayed; 0: not yet */
    struct yc_workers *workers, *store_workers;
    struct yc_sigengine sig_engine;
    struct yc_core *core;
    struct yc_app_timer *timers;
    struct yc_app_import import;
    struct yc_app_sync sync;
    struct yc_spread busy[YC_APP_BUSY_KINDS]; /* told of with -debug=bench, once a minute and at the end */
    int64_t busy_told_us;
    pthread_t core_self; /* set when core_runs is */
    atomic_bool core_runs;
    const char *lists[3][64]; /* -connect, -addnode, -seednode */
    struct yc_permit permits[YC_APP_PERMITS_MAX];
    struct yc_core_bind binds[YC_APP_BINDS_MAX]; /* -bind */
    size_t bind_count;
    struct yc_netaddr external[YC_SELF_MAX]; /* -externalip */
    struct yc_view asmap;                    /* -asmap, from the heap */
    struct yc_proxies proxies;               /* core thread, once it runs */
    struct yc_error failure;                 /* why the core thread ended */
    atomic_bool failed, loaded, stopping;

    /* net thread */
    struct yc_thread net_thread;
    struct yc_loop *loop;
    struct yc_tcp *tcp;
    struct yc_resolver *resolver;
    struct yc_http_server *http;
    struct yc_heap_wiping http_heap; /* requests carry passwords, and keys to sign with */
    atomic_bool http_down;

    /* rpc threads */
    struct yc_rpc *rpc;
    struct yc_rpc_env rpc_env;
    struct yc_queue *calls;
    struct yc_thread rpc_threads[64];
    unsigned rpc_thread_count;
    struct yc_app_auth auth;
    uint8_t coinbase_script[64];
};

/* core_thread.c */
enum yc_verdict yc_app_core_prepare(struct yc_app *a, struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_app_core_start(struct yc_app *a, struct yc_error *err) YC_MUST_USE;
/** Ask it to end, and wait until it has flushed. */
void yc_app_core_stop(struct yc_app *a);
/** Run fn on the core thread. Any thread. */
void yc_app_post(struct yc_app *a, void (*fn)(void *arg, struct yc_core *core), void *arg);
/** What the net thread tells the core. */
struct yc_tcp_events yc_app_tcp_events(struct yc_app *a);

/* import.c: core thread */
enum yc_app_import_state { YC_APP_IMPORT_NONE, YC_APP_IMPORT_MORE, YC_APP_IMPORT_WAITS };
enum yc_verdict yc_app_import_config(struct yc_app *a, struct yc_error *err) YC_MUST_USE;
/** Import some, and stop the node where options say so. chain_rests: the chain had nothing to do. WAITS: for the chain
 *  or for workers. */
enum yc_app_import_state yc_app_import_step(struct yc_app *a, bool chain_rests);
void yc_app_import_end(struct yc_app *a);

/* notify.c: the operator's commands */
enum yc_verdict yc_app_notify_start(struct yc_app *a, struct yc_error *err) YC_MUST_USE;
/** Core thread, once the core is open: hear of blocks. */
void yc_app_notify_attach(struct yc_app *a);
/** Core thread: the node is up. */
void yc_app_notify_loaded(struct yc_app *a);
/** Run the commands of -shutdownnotify and wait for them. */
void yc_app_notify_shutdown(struct yc_app *a);
/** After the core has ended. Harmless when it was never started. */
void yc_app_notify_stop(struct yc_app *a);

/* progress.c: core thread */
/** A turn of the core is over: tell how far the first download has got, when that is due. */
void yc_app_note_sync(struct yc_app *a);
/** The core had nothing to do for so long, but to wait for peers and calls. */
void yc_app_note_idle(struct yc_app *a, int64_t us);

/* stores.c */
/** Open the key-value stores and put them into core_config, then a->core over them. Which stores are open is told by
 *  index_open, coins and optional_open, also after a failure; they are closed by the caller. YC_NOT_YET when the clock
 *  is far behind the tip. */
enum yc_verdict yc_app_core_open(struct yc_app *a, struct yc_error *err) YC_MUST_USE;

/* asmap.c */
/** Read and check the file of -asmap into a->asmap and core_config, and log by what addresses are told apart. */
enum yc_verdict yc_app_asmap_read(struct yc_app *a, struct yc_error *err) YC_MUST_USE;
/** After the core has ended. Harmless when nothing was read. */
void yc_app_asmap_release(struct yc_app *a);

/* net_config.c: the part of yc_app_core_config() that is about the network */
enum yc_verdict yc_app_net_config(struct yc_app *a, struct yc_error *err) YC_MUST_USE;

/* core_config.c: from options to numbers */
/** A whole number of min..max, or the fallback; what it is, for the error's sentence. */
enum yc_verdict yc_app_int(const struct yc_app *a, const char *name, int64_t fallback, int64_t min, int64_t max,
                           const char *what, int64_t *out, struct yc_error *err) YC_MUST_USE;
enum yc_verdict yc_app_core_config(struct yc_app *a, struct yc_error *err) YC_MUST_USE;

/* assumeutxo.c */
/** The sets of coins that -assumeutxo names, beside those of the chain's parameters. */
enum yc_verdict yc_app_assumeutxo_config(struct yc_app *a, struct yc_error *err) YC_MUST_USE;

/* rpc_http.c */
enum yc_verdict yc_app_rpc_start(struct yc_app *a, struct yc_error *err) YC_MUST_USE;
/** Answer what waits, stop the threads. */
void yc_app_rpc_stop(struct yc_app *a);

/** Ask the process to end; any thread. */
void yc_app_request_stop(struct yc_app *a);

#endif
