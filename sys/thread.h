/* Threads, mutexes, condition variables and a bounded queue over POSIX threads. A failed lock is a bug in YCoin and
 * ends in an assertion; only what the operating system may refuse (starting a thread) returns a verdict. */
#ifndef YC_SYS_THREAD_H
#define YC_SYS_THREAD_H

#include "base/alloc.h"
#include "base/result.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yc_mutex {
    pthread_mutex_t m;
};

void yc_mutex_init(struct yc_mutex *m);
void yc_mutex_release(struct yc_mutex *m);
void yc_mutex_lock(struct yc_mutex *m);
void yc_mutex_unlock(struct yc_mutex *m);

struct yc_cond {
    pthread_cond_t c;
};

void yc_cond_init(struct yc_cond *c);
void yc_cond_release(struct yc_cond *c);
/** Give up the held mutex until a signal (or for no reason: check the condition again). */
void yc_cond_wait(struct yc_cond *c, struct yc_mutex *held);
/** The same until the monotonic clock says deadline_us (as struct yc_clock's mono_us); false when that time came. */
bool yc_cond_wait_until(struct yc_cond *c, struct yc_mutex *held, int64_t deadline_us);
void yc_cond_signal(struct yc_cond *c);
void yc_cond_broadcast(struct yc_cond *c);

#define YC_THREAD_NAME_MAX 16 /* with its NUL: what Linux keeps */

struct yc_thread {
    pthread_t id;
    bool running;
};

/** Start run(arg) in a thread of this name (cut at 15 characters; shown by -logthreadnames and by ps). Signals are
 *  blocked in it, so that the main thread gets them. Every started thread must be joined.
 *  Returns YC_VALID or YC_SYSTEM (MEMORY). */
enum yc_verdict yc_thread_start(struct yc_thread *out, const char *name, void (*run)(void *arg), void *arg,
                                struct yc_error *err) YC_MUST_USE;
/** Wait for its end. Harmless when it was never started or is joined already. */
void yc_thread_join(struct yc_thread *t);
/** Let a running thread use one processor alone: number `which`, from 0, of those that the calling thread may use.
 *  YC_INVALID when there are not so many, or the system has no such call; YC_SYSTEM when it refuses. */
enum yc_verdict yc_thread_bind(struct yc_thread *t, unsigned which, struct yc_error *err) YC_MUST_USE;
/** Name the calling thread (for main). */
void yc_thread_set_name(const char *name);
/** The calling thread's name, "" when it has none; valid while the thread lives. */
const char *yc_thread_name(void);
/** Processors that this process may run on, at least 1. */
unsigned yc_processor_count(void);
/** Memory of the machine; 0: not known. */
uint64_t yc_memory_bytes(void);

/* A first-in-first-out queue of items of one size between threads, with a bound. */
struct yc_queue; /* opaque */

enum yc_queue_result {
    YC_QUEUE_OK = 0,
    YC_QUEUE_FULL, /* yc_queue_try_push only */
    YC_QUEUE_TIMEOUT,
    YC_QUEUE_CLOSED
};

/** Room for capacity items of item_bytes each (both at least 1), taken from alloc at once.
 *  YC_SYSTEM (MEMORY) on failure; the caller frees *out. */
enum yc_verdict yc_queue_new(struct yc_queue **out, const struct yc_alloc *alloc, size_t item_bytes, size_t capacity,
                             struct yc_error *err) YC_MUST_USE;
/** No thread may be inside a call. Items that are left are dropped: pop them first when they own something. */
void yc_queue_free(struct yc_queue *q);
/** Copy the item in, waiting for room. YC_QUEUE_OK or YC_QUEUE_CLOSED (then the item is still the caller's). */
enum yc_queue_result yc_queue_push(struct yc_queue *q, const void *item) YC_MUST_USE;
/** The same without waiting: YC_QUEUE_FULL instead. */
enum yc_queue_result yc_queue_try_push(struct yc_queue *q, const void *item) YC_MUST_USE;
/** Copy the oldest item out. timeout_us: how long to wait for one; 0: not at all; negative: without end.
 *  YC_QUEUE_OK, YC_QUEUE_TIMEOUT, or YC_QUEUE_CLOSED once it is closed and empty. */
enum yc_queue_result yc_queue_pop(struct yc_queue *q, void *out, int64_t timeout_us) YC_MUST_USE;
/** Refuse further pushes, wake every waiter; what is inside can still be popped. */
void yc_queue_close(struct yc_queue *q);
size_t yc_queue_count(struct yc_queue *q);

#endif
