/* The script checks of the block that is being connected: collected while its coins change hands, then run in slices on
 * the workers and this thread together. Which check is reported when several fail does not depend on threads: the first
 * in the block's order. */
#include "node/chain/internal.h"

#include "base/assert.h"

enum yc_verdict yc_script_run_init(struct yc_script_run *r, const struct yc_alloc *alloc, unsigned workers,
                                   struct yc_error *err)
{
    *r = (struct yc_script_run){.machine_count = workers + 1};
    r->machines = yc_alloc_new(alloc, r->machine_count * sizeof *r->machines);
    for (unsigned i = 0; r->machines && i < r->machine_count; i++)
        r->machines[i] = NULL;
    for (unsigned i = 0; r->machines && i < r->machine_count; i++) {
        r->machines[i] = yc_script_machine_new(alloc);
        if (!r->machines[i]) {
            yc_script_run_release(r, alloc);
            break;
        }
    }
    return r->machines ? YC_VALID : yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for script checks");
}

void yc_script_run_release(struct yc_script_run *r, const struct yc_alloc *alloc)
{
    for (unsigned i = 0; r->machines && i < r->machine_count; i++)
        yc_script_machine_free(r->machines[i]);
    yc_alloc_free(alloc, r->machines, r->machine_count * sizeof *r->machines);
    yc_alloc_free(alloc, r->checks, r->cap * sizeof *r->checks);
    *r = (struct yc_script_run){0};
}

void yc_chain_set_known_scripts(struct yc_chain *c, struct yc_known_scripts known)
{
    c->known_scripts = known;
}

/* A transaction's inputs come one after another: one question serves all. */
static bool known(struct yc_chain *c, const struct yc_script_check *check)
{
    struct yc_script_run *r = &c->scripts;
    const struct yc_tx *tx = check->spend->tx;
    if (!c->known_scripts.known)
        return false;
    if (r->asked != tx) {
        r->asked = tx;
        r->asked_known = c->known_scripts.known(c->known_scripts.ctx, &tx->wtxid, check->flags);
    }
    return r->asked_known;
}

static enum yc_verdict take(void *ctx, const struct yc_script_check *check)
{
    struct yc_chain *c = ctx;
    struct yc_script_run *r = &c->scripts;
    if (known(c, check))
        return YC_VALID;
    if (r->count == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 1024;
        void *p = yc_alloc_resize(c->alloc, r->checks, r->cap * sizeof *r->checks, cap * sizeof *r->checks);
        if (!p)
            return YC_SYSTEM;
        r->checks = p;
        r->cap = cap;
    }
    r->checks[r->count++] = *check;
    return YC_VALID;
}

struct yc_script_sink yc_script_run_sink(struct yc_chain *c)
{
    c->scripts.count = c->scripts.next = 0;
    c->scripts.asked = NULL;
    return (struct yc_script_sink){take, c};
}

/* One worker's share of a slice: every checks_stride-th check, on a machine of its own. */
struct share {
    struct yc_script_machine *machine;
    const struct yc_script_check *checks;
    size_t first, stride, count;
    enum yc_verdict verdict;
    size_t failed_at;
    struct yc_reject why;
};

static void run_share(void *job)
{
    struct share *s = job;
    for (size_t i = s->first; i < s->count; i += s->stride) {
        s->verdict = yc_script_check_run(&s->checks[i], s->machine, yc_checker_now(), &s->why);
        if (s->verdict != YC_VALID) {
            s->failed_at = i;
            return;
        }
    }
}

enum yc_verdict yc_script_run_slice(struct yc_chain *c, size_t count, bool *done, struct yc_reject *why)
{
    struct yc_script_run *r = &c->scripts;
    struct share shares[YC_WORKERS_MAX + 1];
    size_t left = r->count - r->next, n = count < left ? count : left;
    unsigned lanes = n < r->machine_count ? (unsigned)n : r->machine_count;
    YC_ASSERT(r->machine_count <= YC_WORKERS_MAX + 1);
    struct yc_work_group group;
    yc_work_group_init(&group, c->config.workers);
    for (unsigned i = 0; i < lanes; i++) {
        shares[i] = (struct share){.machine = r->machines[i],
                                   .checks = r->checks + r->next,
                                   .first = i,
                                   .stride = lanes,
                                   .count = n,
                                   .verdict = YC_VALID};
        yc_workers_submit(&group, run_share, &shares[i]);
    }
    yc_workers_wait(&group);
    r->next += n;
    *done = r->next == r->count;
    const struct share *worst = NULL;
    for (unsigned i = 0; i < lanes; i++) {
        if (shares[i].verdict != YC_VALID && (!worst || shares[i].failed_at < worst->failed_at))
            worst = &shares[i];
    }
    if (!worst)
        return YC_VALID;
    *why = worst->why;
    return worst->verdict;
}
