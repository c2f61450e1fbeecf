#include "miner/board.h"

#include <stdio.h>

#include "base/assert.h"
#include "consensus/pow.h"

#define LOOK_UP_US     5000 /* how often a worker looks at the board */
#define NONCES_FIRST   (UINT32_C(1) << 12)
#define NONCES_AT_MOST (UINT32_C(1) << 24)
#define CACHE_LINE     64

struct worker {
    struct yc_board *board;
    struct yc_thread thread;
    _Atomic uint64_t hashes;
    char apart[CACHE_LINE]; /* from the next worker's count */
};

struct yc_board {
    const struct yc_alloc *alloc;
    const struct yc_clock *clock;
    const struct yc_miner_kernel *kernel;
    void (*found)(void *ctx, struct yc_found *block);
    void *found_ctx;
    struct yc_mutex mutex;
    struct yc_cond changed;
    struct yc_job *job; /* guarded by mutex, as all below but number */
    bool in_flight;     /* the job's block was found and has not reached the node yet */
    bool ending;
    int64_t known_us; /* when the last change was known of */
    int64_t switch_us_max;
    atomic_uint number; /* changes with the job */
    unsigned threads;
    struct worker worker[];
};

/* --- a worker --- */

/* Wait for a job that is worth work, other than the one of `last`. NULL: the end. */
static struct yc_job *wait_for_job(struct yc_board *b, unsigned *last)
{
    struct yc_job *job = NULL;
    yc_mutex_lock(&b->mutex);
    while (!b->ending && (!b->job || atomic_load(&b->number) == *last))
        yc_cond_wait(&b->changed, &b->mutex);
    if (!b->ending)
        job = yc_job_hold(b->job);
    *last = atomic_load(&b->number);
    yc_mutex_unlock(&b->mutex);
    return job;
}

static void note_switch(struct yc_board *b)
{
    int64_t now_us = yc_mono_us(b->clock);
    yc_mutex_lock(&b->mutex);
    if (now_us - b->known_us > b->switch_us_max)
        b->switch_us_max = now_us - b->known_us;
    yc_mutex_unlock(&b->mutex);
}

/* The first to solve a job hands it in. */
static void hand_in(struct yc_board *b, struct yc_job *job, const struct yc_header *header, uint32_t extranonce,
                    unsigned number)
{
    if (atomic_exchange(&job->solved, true))
        return;
    yc_mutex_lock(&b->mutex);
    bool current = !b->ending && atomic_load(&b->number) == number;
    if (current)
        b->in_flight = true;
    yc_mutex_unlock(&b->mutex);
    if (!current) /* another job hangs by now: the block would be late */
        return;
    struct yc_found block = {yc_job_hold(job), *header, extranonce};
    b->found(b->found_ctx, &block);
}

static bool meets(const struct yc_header *header, const struct yc_job *job)
{
    struct yc_block_hash hash = yc_header_hash(header);
    return yc_u256_compare(yc_u256_from_le(hash.b), job->target) <= 0;
}

/* Search on from a nonce. *next: the nonce to carry on with. True when header's nonce solves the job. */
static bool search(const struct yc_miner_kernel *k, const struct yc_job *job, struct yc_header *header, uint64_t *next,
                   uint32_t count)
{
    struct yc_nonce_search s;
    uint64_t end = *next + count;
    yc_nonce_search_init(&s, header, &job->target);
    while (*next < end) {
        uint32_t found;
        if (!k->search(&s, (uint32_t)*next, (uint32_t)(end - *next), &found))
            break;
        *next = (uint64_t)found + 1;
        header->nonce = found;
        if (meets(header, job))
            return true;
    }
    *next = end;
    return false;
}

/* How many nonces to try before looking up again, by how long the last ones took. */
static uint32_t pace(uint32_t count, int64_t took_us)
{
    if (took_us < LOOK_UP_US / 2 && count < NONCES_AT_MOST)
        return count * 2;
    return took_us > LOOK_UP_US && count > NONCES_FIRST ? count / 2 : count;
}

/* Search one job until it is solved, replaced or used up. */
static void work_on(struct worker *w, struct yc_job *job, unsigned number, uint32_t *count)
{
    struct yc_board *b = w->board;
    struct yc_header header;
    uint32_t extranonce = 0;
    uint64_t next = UINT64_C(1) << 32; /* no header yet */
    int64_t now_us = yc_mono_us(b->clock);
    for (;;) {
        if (atomic_load(&b->number) != number) {
            note_switch(b);
            return;
        }
        if (atomic_load(&job->solved))
            return;
        if (next >> 32) {
            if (!yc_job_take(job, now_us, &header, &extranonce))
                return;
            next = 0;
        }
        uint64_t left = (UINT64_C(1) << 32) - next, from = next;
        header.time = yc_job_time(job, now_us); /* the nonce goes on rising: no header comes twice */
        bool solved = search(b->kernel, job, &header, &next, left < *count ? (uint32_t)left : *count);
        atomic_fetch_add_explicit(&w->hashes, next - from, memory_order_relaxed);
        if (solved) {
            hand_in(b, job, &header, extranonce, number);
            return;
        }
        int64_t then_us = now_us;
        now_us = yc_mono_us(b->clock);
        *count = pace(*count, now_us - then_us);
    }
}

static void worker_run(void *arg)
{
    struct worker *w = arg;
    uint32_t count = NONCES_FIRST;
    unsigned number = 0;
    struct yc_job *job;
    while ((job = wait_for_job(w->board, &number)) != NULL) {
        work_on(w, job, number, &count);
        yc_job_drop(job);
    }
}

/* --- the board --- */

enum yc_verdict yc_board_new(struct yc_board **out, const struct yc_alloc *alloc, const struct yc_clock *clock,
                             const struct yc_miner_kernel *kernel, unsigned threads, bool pin,
                             void (*found)(void *ctx, struct yc_found *block), void *ctx, struct yc_error *err)
{
    YC_ASSERT(threads >= 1 && threads <= YC_MINER_THREADS_MAX);
    struct yc_board *b = yc_alloc_new(alloc, sizeof *b + threads * sizeof b->worker[0]);
    *out = NULL;
    if (!b)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for %u workers", threads);
    memset(b, 0, sizeof *b + threads * sizeof b->worker[0]);
    b->alloc = alloc;
    b->clock = clock;
    b->kernel = kernel;
    b->found = found;
    b->found_ctx = ctx;
    b->threads = threads;
    yc_mutex_init(&b->mutex);
    yc_cond_init(&b->changed);
    for (unsigned i = 0; i < threads; i++) {
        char name[YC_THREAD_NAME_MAX];
        snprintf(name, sizeof name, "work.%u", i % 10000);
        b->worker[i].board = b;
        enum yc_verdict v = yc_thread_start(&b->worker[i].thread, name, worker_run, &b->worker[i], err);
        if (v == YC_VALID && pin)
            v = yc_thread_bind(&b->worker[i].thread, i, err);
        if (v != YC_VALID) {
            yc_board_free(b);
            return v;
        }
    }
    *out = b;
    return YC_VALID;
}

void yc_board_free(struct yc_board *b)
{
    if (!b)
        return;
    yc_mutex_lock(&b->mutex);
    b->ending = true;
    atomic_fetch_add(&b->number, 1);
    b->known_us = yc_mono_us(b->clock);
    yc_cond_broadcast(&b->changed);
    yc_mutex_unlock(&b->mutex);
    for (unsigned i = 0; i < b->threads; i++)
        yc_thread_join(&b->worker[i].thread);
    yc_job_drop(b->job);
    yc_cond_release(&b->changed);
    yc_mutex_release(&b->mutex);
    yc_alloc_free(b->alloc, b, sizeof *b + b->threads * sizeof b->worker[0]);
}

/* Put job (or nothing) in the place of the present one. The mutex is held. */
static void replace(struct yc_board *b, struct yc_job *job, int64_t known_us)
{
    yc_job_drop(b->job);
    b->job = job;
    b->known_us = known_us;
    atomic_fetch_add(&b->number, 1);
    yc_cond_broadcast(&b->changed);
}

bool yc_board_put(struct yc_board *b, struct yc_job *job, int64_t known_us)
{
    yc_mutex_lock(&b->mutex);
    bool brother = b->in_flight && b->job && yc_block_hash_equal(&b->job->header.prev, &job->header.prev);
    if (!brother)
        replace(b, job, known_us);
    yc_mutex_unlock(&b->mutex);
    if (brother)
        yc_job_drop(job);
    return !brother;
}

void yc_board_clear(struct yc_board *b, int64_t known_us)
{
    yc_mutex_lock(&b->mutex);
    if (b->job)
        replace(b, NULL, known_us);
    yc_mutex_unlock(&b->mutex);
}

void yc_board_settled(struct yc_board *b)
{
    yc_mutex_lock(&b->mutex);
    b->in_flight = false;
    yc_mutex_unlock(&b->mutex);
}

struct yc_job *yc_board_job(struct yc_board *b)
{
    yc_mutex_lock(&b->mutex);
    struct yc_job *job = b->job ? yc_job_hold(b->job) : NULL;
    yc_mutex_unlock(&b->mutex);
    return job;
}

struct yc_board_stats yc_board_stats(struct yc_board *b)
{
    struct yc_board_stats s = {0};
    yc_mutex_lock(&b->mutex);
    s.switch_us_max = b->switch_us_max;
    if (b->job) {
        s.height = b->job->height;
        s.job_made_us = b->job->made_us;
    }
    yc_mutex_unlock(&b->mutex);
    for (unsigned i = 0; i < b->threads; i++)
        s.hashes += atomic_load_explicit(&b->worker[i].hashes, memory_order_relaxed);
    return s;
}
