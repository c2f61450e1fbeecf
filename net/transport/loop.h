/* The event loop of the net thread: sockets and timers, and functions posted to it by other threads.
 *
 * One thread runs the loop; what is "loop thread" below is that thread, or any one thread while the loop does not run
 * (set-up and tear-down). Only yc_loop_post() and yc_loop_stop() may be called from anywhere, and neither can fail.
 * libevent is used without its own locks: every call into it is made on the loop thread. */
#ifndef YC_NET_TRANSPORT_LOOP_H
#define YC_NET_TRANSPORT_LOOP_H

#include "base/alloc.h"
#include "base/result.h"

#include <stdbool.h>
#include <stdint.h>

struct yc_loop;

/** A loop that is not running yet. alloc is borrowed for its life.
 *  YC_SYSTEM (MEMORY, IO) when the system gives no event queue. The caller ends it with yc_loop_free(). */
enum yc_verdict yc_loop_new(struct yc_loop **out, const struct yc_alloc *alloc, struct yc_error *err) YC_MUST_USE;

/** Run the tasks that are still posted, then give everything back. The loop must not be running; the timers, servers
 *  and connections made on it must be freed before. NULL is fine. */
void yc_loop_free(struct yc_loop *l);

/** Serve events on this thread until yc_loop_stop(). Tasks posted before the stop have been run when it returns. */
void yc_loop_run(struct yc_loop *l);

/** Make yc_loop_run() return; when it is not running, the next one returns at once. Any thread. */
void yc_loop_stop(struct yc_loop *l);

/* A function to be run once on the loop thread. The memory is the poster's: it must stay as it is until run() starts,
 * which may free it or post it again. That is why posting takes no memory and cannot fail. */
struct yc_loop_task {
    void (*run)(void *ctx);
    void *ctx;
    struct yc_loop_task *next; /* the loop's while posted */
};

/** Run the task on the loop thread, after those posted before it. Any thread, the loop's own too (then it runs later,
 *  not inside the call). The task must not be posted twice at a time. */
void yc_loop_post(struct yc_loop *l, struct yc_loop_task *task);

/** Take a posted task back, so that its memory may be freed; nothing happens when it is not posted. Loop thread, when
 *  no other thread can post it any more. Linear in the tasks that are posted. */
void yc_loop_withdraw(struct yc_loop *l, struct yc_loop_task *task);

struct yc_loop_timer;

/** A timer that is not set. Loop thread. YC_SYSTEM (MEMORY). */
enum yc_verdict yc_loop_timer_new(struct yc_loop_timer **out, struct yc_loop *l, void (*fire)(void *ctx), void *ctx,
                                  struct yc_error *err) YC_MUST_USE;
/** Fire once, delay_ms from now on the monotonic clock; replaces an earlier setting. Loop thread. */
void yc_loop_timer_set(struct yc_loop_timer *t, int64_t delay_ms);
void yc_loop_timer_cancel(struct yc_loop_timer *t);
/** Loop thread; fine inside its own fire(). NULL is fine. */
void yc_loop_timer_free(struct yc_loop_timer *t);

#endif
