#include "sys/thread.h"

#include "base/assert.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

/* A call whose failure can only be a bug in the program. */
static void must(int code)
{
    YC_ASSERT(code == 0);
}

void yc_mutex_init(struct yc_mutex *m)
{
    must(pthread_mutex_init(&m->m, NULL));
}

void yc_mutex_release(struct yc_mutex *m)
{
    must(pthread_mutex_destroy(&m->m));
}

void yc_mutex_lock(struct yc_mutex *m)
{
    must(pthread_mutex_lock(&m->m));
}

void yc_mutex_unlock(struct yc_mutex *m)
{
    must(pthread_mutex_unlock(&m->m));
}

void yc_cond_init(struct yc_cond *c)
{
    /* Timed waits follow the monotonic clock: setting the wall clock must not wake or stall anybody. */
    pthread_condattr_t attr;
    must(pthread_condattr_init(&attr));
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
    must(pthread_cond_init(&c->c, &attr));
    must(pthread_condattr_destroy(&attr));
}

void yc_cond_release(struct yc_cond *c)
{
    must(pthread_cond_destroy(&c->c));
}

void yc_cond_wait(struct yc_cond *c, struct yc_mutex *held)
{
    must(pthread_cond_wait(&c->c, &held->m));
}

bool yc_cond_wait_until(struct yc_cond *c, struct yc_mutex *held, int64_t deadline_us)
{
    if (deadline_us < 0)
        deadline_us = 0;
    struct timespec t = {.tv_sec = (time_t)(deadline_us / 1000000), .tv_nsec = (long)(deadline_us % 1000000) * 1000};
    int code = pthread_cond_timedwait(&c->c, &held->m, &t);
    if (code == ETIMEDOUT)
        return false;
    must(code);
    return true;
}

void yc_cond_signal(struct yc_cond *c)
{
    must(pthread_cond_signal(&c->c));
}

void yc_cond_broadcast(struct yc_cond *c)
{
    must(pthread_cond_broadcast(&c->c));
}

/* ---- threads ---- */

static _Thread_local char thread_name[YC_THREAD_NAME_MAX];

const char *yc_thread_name(void)
{
    return thread_name;
}

void yc_thread_set_name(const char *name)
{
    snprintf(thread_name, sizeof thread_name, "%s", name);
#ifdef __linux__
    (void)prctl(PR_SET_NAME, thread_name, 0, 0, 0); /* only for ps and debuggers */
#endif
}

/* What a new thread needs to know; it lives on the starter's stack until the thread has taken it. */
struct start {
    char name[YC_THREAD_NAME_MAX];
    void (*run)(void *arg);
    void *arg;
    struct yc_mutex mutex;
    struct yc_cond cond;
    bool taken;
};

static void *thread_main(void *p)
{
    struct start *s = p;
    void (*run)(void *) = s->run;
    void *arg = s->arg;
    yc_thread_set_name(s->name);
    yc_mutex_lock(&s->mutex);
    s->taken = true;
    yc_cond_signal(&s->cond);
    yc_mutex_unlock(&s->mutex);
    run(arg);
    return NULL;
}

enum yc_verdict yc_thread_start(struct yc_thread *out, const char *name, void (*run)(void *arg), void *arg,
                                struct yc_error *err)
{
    struct start s = {.run = run, .arg = arg};
    snprintf(s.name, sizeof s.name, "%s", name);
    yc_mutex_init(&s.mutex);
    yc_cond_init(&s.cond);
    sigset_t all, before;
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before)); /* a thread inherits the mask */
    int code = pthread_create(&out->id, NULL, thread_main, &s);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL));
    out->running = code == 0;
    if (out->running) {
        yc_mutex_lock(&s.mutex);
        while (!s.taken)
            yc_cond_wait(&s.cond, &s.mutex);
        yc_mutex_unlock(&s.mutex);
    }
    yc_cond_release(&s.cond);
    yc_mutex_release(&s.mutex);
    if (out->running)
        return YC_VALID;
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "cannot start the thread %s: %s; raise the limit on processes",
                   name, strerror(code));
}

void yc_thread_join(struct yc_thread *t)
{
    if (!t->running)
        return;
    must(pthread_join(t->id, NULL));
    t->running = false;
}

uint64_t yc_memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
    return pages < 1 || bytes < 1 ? 0 : (uint64_t)pages * (uint64_t)bytes;
}

unsigned yc_processor_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 4096 ? 4096 : (unsigned)n;
}
