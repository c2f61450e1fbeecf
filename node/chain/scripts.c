/* The script checks of all blocks in flight: one queue in the chain's order, from which workers and core take batches that
 * may span inputs, transactions and blocks. Which check is reported when several fail does not depend on threads: the
 * first in the chain's order. A check is begun after all those before it, so when one fails only those already begun can
 * still come before it. */
#include "node/chain/internal.h"

#include "base/assert.h"

#define BATCH_MAX  128 /* signatures of both kinds fill the lanes */
#define SCALAR_MAX 64  /* without lanes: about two milliseconds */
/* Batches asked of each worker in advance: work for the time that core may be away in a step. */
#define BATCHES_AHEAD 16

struct item {
    struct yc_flight *flight;
    size_t at; /* in its checks */
};

struct batch {
    struct item item[BATCH_MAX];
    const struct yc_script_check *check[BATCH_MAX];
    size_t n;
    bool in_lanes;
    size_t failed; /* the item that failed, n: none */
    enum yc_verdict verdict;
    struct yc_reject why;
    struct yc_error err; /* YC_SYSTEM */
};

static bool kit_init(struct yc_script_kit *kit, const struct yc_chain_config *config)
{
    struct yc_error ignored; /* only memory can be short */
    *kit = (struct yc_script_kit){.machine = yc_script_machine_new(config->alloc)};
    return kit->machine && (!config->sig_engine ||
                            yc_sig_collector_new(&kit->collector, config->sig_engine, yc_random_u64(config->random),
                                                 config->alloc, &ignored) == YC_VALID);
}

static void kit_release(struct yc_script_kit *kit)
{
    yc_sig_collector_free(kit->collector);
    yc_script_machine_free(kit->machine);
}

enum yc_verdict yc_crew_init(struct yc_crew *crew, const struct yc_chain_config *config, struct yc_error *err)
{
    unsigned count = yc_workers_count(config->workers) + 1;
    *crew = (struct yc_crew){.workers = config->workers, .kit_count = count};
    crew->kit = yc_alloc_new(config->alloc, count * sizeof *crew->kit);
    for (bool ok = true; crew->kit && ok && crew->free_kits < count;) {
        ok = kit_init(&crew->kit[crew->free_kits], config);
        if (ok)
            crew->free_kits++;
        else
            kit_release(&crew->kit[crew->free_kits]);
    }
    yc_mutex_init(&crew->mutex);
    yc_cond_init(&crew->progress);
    yc_work_group_init(&crew->group, config->workers);
    if (crew->free_kits == count)
        return YC_VALID;
    yc_crew_release(crew, config->alloc);
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for script checks");
}

void yc_crew_release(struct yc_crew *crew, const struct yc_alloc *alloc)
{
    if (!crew->kit_count)
        return;
    if (crew->workers)
        yc_workers_wait(&crew->group);
    for (unsigned i = 0; crew->kit && i < crew->free_kits; i++)
        kit_release(&crew->kit[i]);
    yc_alloc_free(alloc, crew->kit, crew->kit_count * sizeof *crew->kit);
    yc_cond_release(&crew->progress);
    yc_mutex_release(&crew->mutex);
    *crew = (struct yc_crew){0};
}

/* ---- batches: any thread ---- */

/* Checks of one kind: a batch does not reach from blocks that lanes may judge into those that they may not. */
static void take(struct yc_crew *crew, struct batch *b, size_t max)
{
    b->in_lanes = crew->first && crew->first->in_lanes;
    max = b->in_lanes ? BATCH_MAX : max < SCALAR_MAX ? max : SCALAR_MAX;
    for (b->n = 0; b->n < max && crew->first && crew->first->in_lanes == b->in_lanes; b->n++) {
        struct yc_flight *f = crew->first;
        b->item[b->n] = (struct item){f, f->taken};
        b->check[b->n] = &f->checks[f->taken++];
        if (f->taken < f->count)
            continue;
        crew->first = f->queue_next;
        if (!crew->first)
            crew->last = NULL;
    }
    crew->waiting -= b->n;
}

static void run(struct batch *b, struct yc_script_kit *kit)
{
    b->failed = b->n;
    if (b->in_lanes && kit->collector) {
        b->verdict = yc_script_checks_run(b->check, b->n, kit->machine, kit->collector, &b->failed, &b->why, &b->err);
        if (b->verdict == YC_SYSTEM)
            b->failed = 0; /* nothing that the batch says may be believed */
        return;
    }
    for (size_t i = 0; i < b->n; i++) {
        b->verdict = yc_script_check_run(b->check[i], kit->machine, yc_checker_now(), &b->why);
        if (b->verdict == YC_VALID)
            continue;
        if (b->verdict == YC_SYSTEM)
            (void)yc_fail(&b->err, YC_SYSTEM, b->why.system, "no memory to run a script");
        /* What is behind it, in this block and the next ones, does not matter any more. */
        b->failed = i;
        return;
    }
}

static void settle(struct yc_crew *crew, const struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        b->item[i].flight->finished++;
    if (b->failed == b->n)
        return;
    struct yc_flight *f = b->item[b->failed].flight;
    size_t at = b->item[b->failed].at;
    if (at < f->failed_at) {
        f->failed_at = at;
        f->failed = b->verdict;
        f->failed_why = b->why;
        if (b->verdict == YC_SYSTEM)
            crew->failure = b->err;
    }
}

/* One batch, of at most max checks where lanes do not make them cheap; false when there is none to take. Called with the mutex, which is given up while the
 * checks run. */
static bool run_one(struct yc_crew *crew, size_t max)
{
    struct batch b;
    take(crew, &b, max);
    if (b.n == 0)
        return false;
    YC_ASSERT(crew->free_kits > 0);
    struct yc_script_kit kit = crew->kit[--crew->free_kits];
    crew->running++;
    yc_mutex_unlock(&crew->mutex);
    run(&b, &kit);
    yc_mutex_lock(&crew->mutex);
    settle(crew, &b);
    crew->running--;
    crew->kit[crew->free_kits++] = kit;
    crew->told++;
    yc_cond_broadcast(&crew->progress);
    return true;
}

static void work(void *job)
{
    struct yc_crew *crew = job;
    yc_mutex_lock(&crew->mutex);
    (void)run_one(crew, BATCH_MAX);
    crew->queued--;
    yc_mutex_unlock(&crew->mutex);
}

/* ---- core ---- */

/* Have as many workers called as there is work for. */
static void call_workers(struct yc_crew *crew)
{
    yc_mutex_lock(&crew->mutex);
    size_t wanted = (crew->waiting + BATCH_MAX - 1) / BATCH_MAX, most = BATCHES_AHEAD * (crew->kit_count - 1);
    wanted = wanted < most ? wanted : most;
    size_t calls = wanted > crew->queued ? wanted - crew->queued : 0;
    crew->queued += calls;
    yc_mutex_unlock(&crew->mutex);
    while (calls-- > 0)
        yc_workers_submit(&crew->group, work, crew);
}

static bool in_background(const struct yc_flight *f)
{
    return f->state == f->state->chain->background;
}

void yc_crew_add(struct yc_crew *crew, struct yc_flight *f)
{
    f->taken = f->finished = 0;
    f->failed_at = SIZE_MAX;
    f->queue_next = NULL;
    if (f->count == 0)
        return;
    yc_mutex_lock(&crew->mutex);
    /* The background's wait for the tip's. */
    struct yc_flight **at = &crew->first;
    if (!in_background(f) && crew->last && in_background(crew->last)) {
        while (!in_background(*at))
            at = &(*at)->queue_next;
    } else if (crew->last) {
        at = &crew->last->queue_next;
    }
    f->queue_next = *at;
    *at = f;
    if (!f->queue_next)
        crew->last = f;
    crew->waiting += f->count;
    yc_mutex_unlock(&crew->mutex);
    call_workers(crew);
}

bool yc_crew_decided(struct yc_crew *crew, const struct yc_flight *f)
{
    yc_mutex_lock(&crew->mutex);
    bool decided = f->failed_at != SIZE_MAX || f->finished == f->count;
    yc_mutex_unlock(&crew->mutex);
    return decided;
}

void yc_crew_cancel(struct yc_crew *crew, const struct yc_chainstate *whose)
{
    yc_mutex_lock(&crew->mutex);
    struct yc_flight **at = &crew->first;
    crew->last = NULL;
    for (struct yc_flight *f; (f = *at);) {
        if (f->state == whose) {
            crew->waiting -= f->count - f->taken;
            *at = f->queue_next;
        } else {
            crew->last = f;
            at = &f->queue_next;
        }
    }
    while (crew->running > 0)
        yc_cond_wait(&crew->progress, &crew->mutex);
    yc_mutex_unlock(&crew->mutex);
}

size_t yc_crew_waiting(struct yc_crew *crew, uint64_t *told)
{
    yc_mutex_lock(&crew->mutex);
    size_t n = crew->waiting;
    *told = crew->told;
    yc_mutex_unlock(&crew->mutex);
    return n;
}

bool yc_crew_help(struct yc_crew *crew, size_t max)
{
    call_workers(crew);
    yc_mutex_lock(&crew->mutex);
    bool helped = run_one(crew, max);
    yc_mutex_unlock(&crew->mutex);
    return helped;
}

void yc_crew_wait(struct yc_crew *crew, uint64_t seen, int64_t deadline_us)
{
    yc_mutex_lock(&crew->mutex);
    if (crew->waiting == 0 && crew->told == seen)
        (void)yc_cond_wait_until(&crew->progress, &crew->mutex, deadline_us);
    yc_mutex_unlock(&crew->mutex);
}

void yc_crew_tell(struct yc_crew *crew)
{
    yc_mutex_lock(&crew->mutex);
    crew->told++;
    yc_cond_broadcast(&crew->progress);
    yc_mutex_unlock(&crew->mutex);
}
