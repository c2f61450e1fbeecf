#include "net/transport/loop.h"

#include "net/transport/loop_event.h"

#include "sys/thread.h"
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

struct yc_loop {
    const struct yc_alloc *alloc;
    struct event_base *base;
    struct event *wake_event;
    struct yc_loop_task *batch; /* being run; loop thread only */
    int wake_fd;                /* an eventfd: readable while something is posted or a stop is asked for */
    struct yc_mutex lock;       /* guards what follows */
    struct yc_loop_task *first, **last;
    bool stop;
};

struct yc_loop_timer {
    struct yc_loop *loop;
    struct event *event;
    void (*fire)(void *ctx);
    void *ctx;
};

struct event_base *yc_loop_base(struct yc_loop *l)
{
    return l->base;
}

static void wake(struct yc_loop *l)
{
    uint64_t one = 1;
    ssize_t n;
    /* EAGAIN means that the counter is full: the loop is awake then. */
    do {
        n = write(l->wake_fd, &one, sizeof one);
    } while (n < 0 && errno == EINTR);
}

/* Run what is posted now; what these tasks post themselves is left for the next turn, so that sockets get theirs. */
static void run_tasks(struct yc_loop *l)
{
    yc_mutex_lock(&l->lock);
    l->batch = l->first;
    l->first = NULL;
    l->last = &l->first;
    yc_mutex_unlock(&l->lock);
    while (l->batch) {
        struct yc_loop_task *t = l->batch;
        l->batch = t->next; /* before run(), which may free the task, post it again, or withdraw others */
        t->run(t->ctx);
    }
}

void yc_loop_withdraw(struct yc_loop *l, struct yc_loop_task *task)
{
    for (struct yc_loop_task **at = &l->batch; *at; at = &(*at)->next) {
        if (*at == task) {
            *at = task->next;
            return;
        }
    }
    yc_mutex_lock(&l->lock);
    for (struct yc_loop_task **at = &l->first; *at; at = &(*at)->next) {
        if (*at == task) {
            *at = task->next;
            if (!*at)
                l->last = at;
            break;
        }
    }
    yc_mutex_unlock(&l->lock);
}

static bool has_tasks(struct yc_loop *l)
{
    yc_mutex_lock(&l->lock);
    bool any = l->first != NULL;
    yc_mutex_unlock(&l->lock);
    return any;
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_loop *l = ctx;
    uint64_t count;
    (void)what;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    run_tasks(l);
    yc_mutex_lock(&l->lock);
    bool stop = l->stop;
    yc_mutex_unlock(&l->lock);
    if (stop)
        event_base_loopbreak(l->base);
}

enum yc_verdict yc_loop_new(struct yc_loop **out, const struct yc_alloc *alloc, struct yc_error *err)
{
    *out = NULL;
    struct yc_loop *l = yc_alloc_new(alloc, sizeof *l);
    if (!l)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the network loop");
    *l = (struct yc_loop){.alloc = alloc, .wake_fd = -1};
    l->last = &l->first;
    yc_mutex_init(&l->lock);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int eventfd_errno = errno;
    struct event_config *config = event_config_new();
    if (config) {
        /* No libevent lock is ever needed: all its calls are on the loop thread. */
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER);
        l->base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (l->base && l->wake_fd >= 0)
        l->wake_event = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    if (!l->wake_event || event_add(l->wake_event, NULL) != 0) {
        yc_loop_free(l);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO,
                       "the system gives no event queue (%s): raise the limit on open files (ulimit -n)",
                       strerror(eventfd_errno));
    }
    *out = l;
    return YC_VALID;
}

void yc_loop_free(struct yc_loop *l)
{
    if (!l)
        return;
    while (has_tasks(l))
        run_tasks(l);
    if (l->wake_event)
        event_free(l->wake_event);
    if (l->base)
        event_base_free(l->base);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    yc_mutex_release(&l->lock);
    yc_alloc_free(l->alloc, l, sizeof *l);
}

void yc_loop_run(struct yc_loop *l)
{
    event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
    run_tasks(l);
    yc_mutex_lock(&l->lock);
    l->stop = false;
    yc_mutex_unlock(&l->lock);
}

void yc_loop_stop(struct yc_loop *l)
{
    yc_mutex_lock(&l->lock);
    l->stop = true;
    yc_mutex_unlock(&l->lock);
    wake(l);
}

void yc_loop_post(struct yc_loop *l, struct yc_loop_task *task)
{
    task->next = NULL;
    yc_mutex_lock(&l->lock);
    bool was_empty = l->first == NULL;
    *l->last = task;
    l->last = &task->next;
    yc_mutex_unlock(&l->lock);
    if (was_empty)
        wake(l);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct yc_loop_timer *t = ctx;
    (void)fd;
    (void)what;
    t->fire(t->ctx);
}

enum yc_verdict yc_loop_timer_new(struct yc_loop_timer **out, struct yc_loop *l, void (*fire)(void *ctx), void *ctx,
                                  struct yc_error *err)
{
    *out = NULL;
    struct yc_loop_timer *t = yc_alloc_new(l->alloc, sizeof *t);
    if (t) {
        *t = (struct yc_loop_timer){.loop = l, .fire = fire, .ctx = ctx};
        t->event = evtimer_new(l->base, on_timer, t);
    }
    if (!t || !t->event) {
        yc_alloc_free(l->alloc, t, sizeof *t);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for a timer");
    }
    *out = t;
    return YC_VALID;
}

void yc_loop_timer_set(struct yc_loop_timer *t, int64_t delay_ms)
{
    if (delay_ms < 0)
        delay_ms = 0;
    struct timeval tv = {.tv_sec = (time_t)(delay_ms / 1000), .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000)};
    /* libevent refuses only when it has no memory for its heap; a timer that is lost would hide a deadline, so the
     * shortest way out is to fire on the next turn. */
    if (evtimer_add(t->event, &tv) != 0)
        event_active(t->event, EV_TIMEOUT, 0);
}

void yc_loop_timer_cancel(struct yc_loop_timer *t)
{
    evtimer_del(t->event);
}

void yc_loop_timer_free(struct yc_loop_timer *t)
{
    if (!t)
        return;
    event_free(t->event);
    yc_alloc_free(t->loop->alloc, t, sizeof *t);
}
