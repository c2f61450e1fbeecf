#include "sys/workers.h"

#include "base/assert.h"
#include "sys/thread.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LIST_MAX  1024 /* submissions that wait at one time */
#define CHUNK_MAX 32   /* jobs taken at once */

/* One submission: count jobs that lie job_bytes apart, of which `next` is the first that nobody took. */
struct work {
    struct yc_work_group *group;
    void (*run)(void *job);
    uint8_t *next;
    size_t job_bytes, left;
    struct work *newer, *older; /* in the list of work; newer links the free ones */
};

struct yc_workers {
    const struct yc_alloc *alloc;
    struct yc_mutex mutex;
    struct yc_cond has_work, group_done;
    struct work *oldest, *newest, *spare;
    bool ending;
    unsigned count;
    struct yc_thread threads[YC_WORKERS_MAX];
    struct work places[LIST_MAX];
};

static void unlink_work(struct yc_workers *w, struct work *work)
{
    *(work->older ? &work->older->newer : &w->oldest) = work->newer;
    *(work->newer ? &work->newer->older : &w->newest) = work->older;
    work->newer = w->spare;
    w->spare = work;
}

/* Take some jobs of the work (under the mutex) and run them (outside): few enough that the threads end together. */
static void run_some(struct yc_workers *w, struct work *work)
{
    size_t n = work->left / (2 * ((size_t)w->count + 1));
    n = n < 1 ? 1 : n > CHUNK_MAX ? CHUNK_MAX : n;
    struct yc_work_group *group = work->group;
    void (*run)(void *) = work->run;
    uint8_t *job = work->next;
    size_t job_bytes = work->job_bytes;
    work->left -= n;
    if (work->left == 0)
        unlink_work(w, work);
    else
        work->next += n * job_bytes;
    yc_mutex_unlock(&w->mutex);
    for (size_t i = 0; i < n; i++)
        run(job + i * job_bytes);
    yc_mutex_lock(&w->mutex);
    group->pending -= n;
    if (group->pending == 0)
        yc_cond_broadcast(&w->group_done);
}

static void worker_main(void *arg)
{
    struct yc_workers *w = arg;
    yc_mutex_lock(&w->mutex);
    for (;;) {
        if (w->oldest)
            run_some(w, w->oldest);
        else if (w->ending)
            break;
        else
            yc_cond_wait(&w->has_work, &w->mutex);
    }
    yc_mutex_unlock(&w->mutex);
}

enum yc_verdict yc_workers_new(struct yc_workers **out, const struct yc_alloc *alloc, const char *name_prefix,
                               unsigned count, struct yc_error *err)
{
    struct yc_workers *w = yc_alloc_new(alloc, sizeof *w);
    *out = NULL;
    if (!w)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for %u worker threads", count);
    memset(w, 0, sizeof *w);
    w->alloc = alloc;
    for (size_t i = 0; i < LIST_MAX; i++) {
        w->places[i].newer = w->spare;
        w->spare = &w->places[i];
    }
    yc_mutex_init(&w->mutex);
    yc_cond_init(&w->has_work);
    yc_cond_init(&w->group_done);
    unsigned wanted = count < YC_WORKERS_MAX ? count : YC_WORKERS_MAX;
    enum yc_verdict v = YC_VALID;
    for (unsigned i = 0; i < wanted && v == YC_VALID; i++) {
        char name[YC_THREAD_NAME_MAX];
        snprintf(name, sizeof name, "%.12s.%u", name_prefix, i % 100);
        v = yc_thread_start(&w->threads[i], name, worker_main, w, err);
        yc_mutex_lock(&w->mutex);
        w->count += v == YC_VALID;
        yc_mutex_unlock(&w->mutex);
    }
    if (v == YC_VALID)
        *out = w;
    else
        yc_workers_free(w);
    return v;
}

void yc_workers_free(struct yc_workers *w)
{
    if (!w)
        return;
    yc_mutex_lock(&w->mutex);
    YC_ASSERT(!w->oldest); /* else a group was not waited for */
    w->ending = true;
    yc_cond_broadcast(&w->has_work);
    yc_mutex_unlock(&w->mutex);
    for (unsigned i = 0; i < YC_WORKERS_MAX; i++)
        yc_thread_join(&w->threads[i]);
    yc_cond_release(&w->group_done);
    yc_cond_release(&w->has_work);
    yc_mutex_release(&w->mutex);
    yc_alloc_free(w->alloc, w, sizeof *w);
}

unsigned yc_workers_count(const struct yc_workers *w)
{
    return w->count;
}

void yc_work_group_init(struct yc_work_group *g, struct yc_workers *w)
{
    *g = (struct yc_work_group){w, 0};
}

void yc_workers_submit(struct yc_work_group *g, void (*run)(void *job), void *job)
{
    yc_workers_submit_array(g, run, job, 0, 1);
}

void yc_workers_submit_array(struct yc_work_group *g, void (*run)(void *job), void *jobs, size_t job_bytes,
                             size_t count)
{
    struct yc_workers *w = g->workers;
    if (count == 0)
        return;
    if (w->count > 0) {
        yc_mutex_lock(&w->mutex);
        struct work *work = w->spare;
        if (work) {
            w->spare = work->newer;
            *work = (struct work){g, run, jobs, job_bytes, count, NULL, w->newest};
            *(w->newest ? &w->newest->newer : &w->oldest) = work;
            w->newest = work;
            g->pending += count;
            if (count == 1)
                yc_cond_signal(&w->has_work);
            else
                yc_cond_broadcast(&w->has_work);
        }
        yc_mutex_unlock(&w->mutex);
        if (work)
            return;
    }
    for (size_t i = 0; i < count; i++)
        run((uint8_t *)jobs + i * job_bytes);
}

static struct work *work_of(const struct yc_workers *w, const struct yc_work_group *g)
{
    struct work *work = w->oldest;
    while (work && work->group != g)
        work = work->newer;
    return work;
}

void yc_workers_wait(struct yc_work_group *g)
{
    struct yc_workers *w = g->workers;
    yc_mutex_lock(&w->mutex);
    while (g->pending > 0) {
        struct work *work = work_of(w, g);
        if (work)
            run_some(w, work);
        else
            yc_cond_wait(&w->group_done, &w->mutex);
    }
    yc_mutex_unlock(&w->mutex);
}
