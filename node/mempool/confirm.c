/* What lanes have accepted is confirmed by libsecp256k1: all scripts of such an entry run again, exactly, on a worker and
 * on a copy, since the entry may leave meanwhile. Until then the entry is worth no more than its place in the pool. */
#include <stdatomic.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/hex.h"
#include "node/mempool/pool.h"

/* Inputs of one job: about two milliseconds, for which a block's checks may have to wait; half a one where core does it
 * itself between its other work. */
#define JOB_INPUTS      64
#define JOB_INPUTS_CORE 16
#define JOB_TXS         64
/* Jobs for each worker, so that it has one to go on with until core looks again. */
#define JOBS_EACH       2
#define JOBS_MAX        8
#define JOB_ARENA_CHUNK 65536
#define JOB_ARENA_MAX   (UINT32_C(64) << 20)
#define EVIDENCE_BYTES  900 /* in one line of the log */

struct job {
    struct yc_script_machine *machine;
    struct yc_arena arena; /* copies, and what they spend; written by core, read by the worker */
    const struct yc_pool_node *tx[JOB_TXS];
    struct yc_spent *spent[JOB_TXS];
    size_t count;
    bool given;       /* to the workers, and not settled */
    atomic_bool done; /* by them */
    size_t failed;    /* the first of tx whose scripts fail; count: none */
    enum yc_script_error error;
};

struct yc_pool_confirmer {
    struct yc_work_group group;
    bool by_core; /* there are no workers */
    size_t job_count;
    struct job job[JOBS_MAX];
};

/* ---- life ---- */

static enum yc_verdict no_memory(struct yc_error *err)
{
    return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for the signatures of the transaction pool");
}

static bool open_jobs(struct yc_pool *p, struct yc_pool_confirmer *c)
{
    for (size_t i = 0; i < c->job_count; i++) {
        struct job *j = &c->job[i];
        yc_arena_init(&j->arena, p->config.alloc, JOB_ARENA_CHUNK, JOB_ARENA_MAX);
        atomic_init(&j->done, false);
        j->machine = yc_script_machine_new(p->config.alloc);
        if (!j->machine)
            return false;
    }
    return true;
}

enum yc_verdict yc_pool_confirm_init(struct yc_pool *p, struct yc_error *err)
{
    const struct yc_pool_config *config = &p->config;
    if (!config->sig_engine || !config->sig_engine->lanes)
        return YC_VALID;
    enum yc_verdict v =
        yc_sig_collector_new(&p->collector, config->sig_engine, yc_random_u64(config->random), config->alloc, err);
    if (v != YC_VALID)
        return v;
    struct yc_pool_confirmer *c = yc_alloc_new(config->alloc, sizeof *c);
    p->confirmer = c;
    if (!c) {
        yc_pool_confirm_release(p);
        return no_memory(err);
    }
    memset(c, 0, sizeof *c);
    size_t workers = config->workers ? yc_workers_count(config->workers) : 0;
    c->by_core = workers == 0;
    c->job_count = c->by_core ? 1 : workers * JOBS_EACH < JOBS_MAX ? workers * JOBS_EACH : JOBS_MAX;
    yc_work_group_init(&c->group, config->workers);
    if (open_jobs(p, c))
        return YC_VALID;
    yc_pool_confirm_release(p);
    return no_memory(err);
}

void yc_pool_confirm_release(struct yc_pool *p)
{
    struct yc_pool_confirmer *c = p->confirmer;
    yc_sig_collector_free(p->collector);
    p->collector = NULL;
    if (!c)
        return;
    if (!c->by_core)
        yc_workers_wait(&c->group);
    for (size_t i = 0; i < c->job_count; i++) {
        yc_script_machine_free(c->job[i].machine);
        yc_arena_release(&c->job[i].arena);
    }
    yc_alloc_free(p->config.alloc, c, sizeof *c);
    p->confirmer = NULL;
}

/* ---- the list of those to confirm ---- */

static void list_add(struct yc_pool *p, struct yc_pool_node *n)
{
    n->unsure_older = p->unsure_newest;
    n->unsure_newer = NULL;
    *(p->unsure_newest ? &p->unsure_newest->unsure_newer : &p->unsure_oldest) = n;
    p->unsure_newest = n;
}

static void list_remove(struct yc_pool *p, struct yc_pool_node *n)
{
    *(n->unsure_older ? &n->unsure_older->unsure_newer : &p->unsure_oldest) = n->unsure_newer;
    *(n->unsure_newer ? &n->unsure_newer->unsure_older : &p->unsure_newest) = n->unsure_older;
}

void yc_pool_confirm_add(struct yc_pool *p, struct yc_pool_node *n)
{
    list_add(p, n);
    p->unsure_count++;
}

void yc_pool_confirm_remove(struct yc_pool *p, struct yc_pool_node *n)
{
    if (!n->confirming)
        list_remove(p, n);
    p->unsure_count--;
}

static void confirm(struct yc_pool *p, const struct yc_wtxid *wtxid, uint32_t flags)
{
    struct yc_pool_node **at = yc_map_get(&p->by_wtxid, wtxid);
    if (!at || !(*at)->e.by_lanes || (*at)->script_flags != flags)
        return;
    yc_pool_confirm_remove(p, *at);
    (*at)->e.by_lanes = (*at)->confirming = false;
    p->changes += p->confirmed_awaited;
    p->confirmed_awaited = false;
}

void yc_pool_confirm(struct yc_pool *p, const struct yc_wtxid *wtxid)
{
    struct yc_pool_node *const *at = yc_map_get(&p->by_wtxid, wtxid);
    if (at)
        confirm(p, wtxid, (*at)->script_flags);
}

void yc_pool_await_confirmed(struct yc_pool *p)
{
    p->confirmed_awaited = p->unsure_count > 0;
}

size_t yc_pool_unconfirmed(const struct yc_pool *p)
{
    return p->unsure_count;
}

/* ---- when the engines differ ---- */

void yc_pool_fail(struct yc_pool *p, const struct yc_error *err)
{
    if (!p->failed)
        p->failure = *err;
    p->failed = true;
}

const struct yc_error *yc_pool_failure(const struct yc_pool *p)
{
    return p->failed ? &p->failure : NULL;
}

/* The node is about to stop, and its pool with it: what it stopped for stays in the log. */
static void keep_evidence(const struct yc_pool *p, const char *txid, struct yc_view raw)
{
    char hex[2 * EVIDENCE_BYTES + 1];
    for (size_t at = 0; at < raw.n; at += EVIDENCE_BYTES) {
        size_t n = raw.n - at < EVIDENCE_BYTES ? raw.n - at : EVIDENCE_BYTES;
        yc_hex_write(hex, raw.p + at, n);
        yc_log_error(p->config.log, "transaction %s from byte %zu: %s", txid, at, hex);
    }
}

static void contradict(struct yc_pool *p, const struct yc_tx *tx, const char *reason, struct yc_error *err)
{
    char txid[65];
    yc_hex_write_reversed(txid, tx->txid.b, 32);
    keep_evidence(p, txid, tx->raw);
    (void)yc_fail(err, YC_SYSTEM, YC_SYSTEM_CORRUPT,
                  "the lanes accepted every signature of transaction %s, and libsecp256k1 refuses it (%s): check the "
                  "machine's hardware and start with -sigengine=scalar; the log has the transaction",
                  txid, reason);
    yc_pool_fail(p, err);
}

void yc_pool_contradict(struct yc_pool *p, const struct yc_txid *txid, const char *reason, struct yc_error *err)
{
    const struct yc_pool_node *n = yc_pool_get(p, txid);
    YC_ASSERT(n && n->e.by_lanes);
    contradict(p, &n->e.tx, reason, err);
}

/* ---- jobs ---- */

/* On a worker, or on the core where there is none. */
static void run_job(void *job)
{
    struct job *j = job;
    j->failed = j->count;
    for (size_t i = 0; i < j->count && j->failed == j->count; i++) {
        const struct yc_tx *tx = &j->tx[i]->e.tx;
        struct yc_spend spend;
        yc_spend_init(&spend, tx, j->spent[i]);
        for (uint32_t k = 0; k < tx->in_count && j->failed == j->count; k++) {
            j->error = yc_script_verify(&spend, k, j->tx[i]->script_flags, yc_checker_now(), j->machine);
            if (j->error != YC_SCRIPT_OK)
                j->failed = i;
        }
    }
    atomic_store_explicit(&j->done, true, memory_order_release);
}

static void settle(struct yc_pool *p, struct job *j)
{
    struct yc_error err;
    j->given = false;
    for (size_t i = 0; i < j->failed; i++)
        confirm(p, &j->tx[i]->e.tx.wtxid, j->tx[i]->script_flags);
    if (j->failed < j->count)
        contradict(p, &j->tx[j->failed]->e.tx, yc_script_error_text(j->error), &err);
    yc_arena_clear(&j->arena);
}

/* A copy of n in the job; false without memory. */
static bool copy(struct job *j, struct yc_pool_node *n)
{
    const struct yc_pool_entry *e = &n->e;
    struct yc_spent *spent = yc_arena_take_array(&j->arena, e->tx.in_count, sizeof *spent);
    void *block = yc_arena_take(&j->arena, yc_pool_node_bytes(&e->tx, e->coin));
    if (!spent || !block)
        return false;
    struct yc_pool_node *copied = yc_pool_node_write(block, &e->tx, e->coin);
    copied->script_flags = n->script_flags;
    for (uint32_t i = 0; i < e->tx.in_count; i++)
        spent[i] = (struct yc_spent){copied->e.coin[i].value_sat, copied->e.coin[i].script};
    j->tx[j->count] = copied;
    j->spent[j->count++] = spent;
    return true;
}

static void fill(struct yc_pool *p, struct job *j, size_t inputs_max)
{
    size_t inputs = 0;
    j->count = 0;
    for (struct yc_pool_node *n = p->unsure_oldest; n && j->count < JOB_TXS; n = p->unsure_oldest) {
        inputs += n->e.tx.in_count;
        if ((j->count > 0 && inputs > inputs_max) || !copy(j, n))
            return;
        list_remove(p, n);
        n->confirming = true;
    }
}

bool yc_pool_confirm_step(struct yc_pool *p)
{
    struct yc_pool_confirmer *c = p->confirmer;
    for (size_t i = 0; c && i < c->job_count && !p->failed; i++) {
        struct job *j = &c->job[i];
        if (j->given && !atomic_load_explicit(&j->done, memory_order_acquire))
            continue;
        if (j->given)
            settle(p, j);
        fill(p, j, c->by_core ? JOB_INPUTS_CORE : JOB_INPUTS);
        if (j->count == 0)
            continue;
        j->given = true;
        atomic_store_explicit(&j->done, false, memory_order_relaxed);
        if (c->by_core) {
            run_job(j);
            settle(p, j);
        } else {
            yc_workers_submit(&c->group, run_job, j);
        }
    }
    return p->unsure_count > 0 && !p->failed;
}
