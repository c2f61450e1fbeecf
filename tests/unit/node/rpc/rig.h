/* An RPC server for tests: alone, or over a node on stores in memory that is stepped while a call waits. */
#ifndef YC_TESTS_NODE_RPC_RIG_H
#define YC_TESTS_NODE_RPC_RIG_H

#include <stdatomic.h>

#include "node/rpc/rpc.h"
#include "node/store/kv_memory.h"
#include "support/unit.h"
#include "sys/clock.h"
#include "sys/fs_memory.h"
#include "sys/heap.h"
#include "sys/random.h"
#include "sys/thread.h"

#define RIG_TIMERS_MAX 4096

struct rig_timer {
    int64_t due_us;
    void (*fn)(void *arg, struct yc_core *core);
    void *arg;
};

struct rig {
    struct yc_rpc *rpc;
    struct yc_rpc_env env;
    struct yc_clock_real clock;
    struct yc_log log;
    char logged[256]; /* the last line */
    bool stopped;
    int64_t mocked_s;
    uint32_t categories;
    struct yc_queue *posts;
    struct rig_timer timer[RIG_TIMERS_MAX];
    size_t timer_count;

    /* With a node. */
    struct yc_core *core;
    struct yc_core_config config;
    struct yc_fs_memory *fs;
    struct yc_kv_memory *index, *coins;
    struct yc_workers *workers;
};

/* One answer. */
struct rig_answer {
    atomic_bool come;
    int status;
    struct yc_buf text; /* ended by a NUL */
};

/** A server without a node: what is posted to core is answered as at shutdown. */
void rig_init(struct rig *r);
/** A server over a node on YCoin's regtest. */
void rig_init_node(struct rig *r);
void rig_release(struct rig *r);

/** Hand a body in; the answer comes while rig_pump() runs. */
void rig_send(struct rig *r, const char *body, struct rig_answer *a);
/** Run what waits, once; sleeps a little when there is nothing to do. */
void rig_pump(struct rig *r);
/** Pump until the answer is there. */
void rig_wait(struct rig *r, struct rig_answer *a);
void rig_answer_release(struct rig_answer *a);

/** Send, wait, and compare status and body (without its newline). */
void rig_expect(struct rig *r, const char *body, int status, const char *text);
/** Call a method; its result as a tree (owned: yc_json_free(*root)), NULL with *code when it failed. */
const struct yc_json *rig_call(struct rig *r, const char *method, const char *params, struct yc_json **root,
                               int64_t *code);
/** Call a method that must fail with this code and sentence. */
void rig_expect_error(struct rig *r, const char *method, const char *params, int64_t code, const char *text);
/** Call a method whose result must print so. */
void rig_expect_result(struct rig *r, const char *method, const char *params, const char *text);

#endif
