/* Time: what happens next, and who is looked at. */
#include "sim/internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t wall(void *ctx)
{
    const struct sim *s = ctx;
    return (int64_t)s->options.params->genesis.time + 10000000 + s->now_us / 1000000;
}

/* Time passes a little at every look, so that budgets end. */
static int64_t mono(void *ctx)
{
    struct sim *s = ctx;
    return ++s->now_us;
}

struct yc_now sim_now(struct sim *s)
{
    int64_t mono_us = mono(s);
    return (struct yc_now){mono_us, wall(s)};
}

void sim_init(struct sim *s, const struct sim_options *o)
{
    memset(s, 0, sizeof *s);
    s->options = *o;
    if (!s->options.params)
        s->options.params = yc_chain_builtin("regtest");
    if (!s->options.nodes_max)
        s->options.nodes_max = SIM_NODES_DEFAULT;
    YC_ASSERT(s->options.nodes_max <= SIM_NODES_MAX);
    s->node = sim_new(s->options.nodes_max, sizeof *s->node);
    s->due = sim_new(s->options.nodes_max, sizeof *s->due);
    s->dirty = sim_new(s->options.nodes_max, sizeof *s->dirty);
    s->clock = (struct yc_clock){wall, mono, s};
    s->print_log = getenv("YC_SIM_LOG") != NULL;
    yc_random_seed(&s->random, &s->seeded, o->seed);
}

void sim_release(struct sim *s)
{
    for (unsigned i = 0; i < s->node_count; i++)
        if (s->node[i].core)
            sim_stop(s, i);
    for (unsigned i = 0; i < s->node_count; i++) {
        struct sim_node *n = &s->node[i];
        if (n->puppet)
            continue;
        yc_workers_free(n->workers);
        yc_kv_memory_free(n->index_kv);
        yc_kv_memory_free(n->coins_kv);
        yc_fs_memory_free(n->fs);
    }
    while (s->heap_count) {
        struct sim_event *e = sim_event_pop(s);
        free(e->p);
        free(e);
    }
    while (s->links)
        sim_link_free(s, s->links);
    free(s->heap);
    free(s->by_handle);
    free(s->due);
    free(s->dirty);
    free(s->node);
}

_Noreturn void sim_fail(struct sim *s, const char *format, ...)
{
    char what[SIM_TEXT_MAX], text[SIM_TEXT_MAX + 80];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(text, sizeof text, "%s (seed %" PRIu64 ", after %.3f s)", what, s->options.seed, (double)s->now_us / 1e6);
    if (s->options.fail)
        s->options.fail(s->options.ctx, text);
    fprintf(stderr, "%s\n", text);
    abort();
}

void sim_touch(struct sim *s, unsigned i)
{
    if (s->node[i].dirty || !s->node[i].core)
        return;
    YC_ASSERT(s->dirty_count < s->options.nodes_max);
    s->node[i].dirty = true;
    s->dirty[s->dirty_count++] = i;
}

static void step_touched(struct sim *s)
{
    for (size_t k = 0; k < s->dirty_count; k++) {
        s->node[s->dirty[k]].dirty = false;
        sim_node_step(s, s->dirty[k]);
    }
    s->dirty_count = 0;
}

void sim_step(struct sim *s)
{
    for (unsigned i = 0; i < s->node_count; i++)
        sim_touch(s, i);
    step_touched(s);
}

static int64_t next_us(const struct sim *s)
{
    int64_t event = s->heap_count ? s->heap[0]->at_us : INT64_MAX;
    int64_t node = s->due_count ? s->node[s->due[0]].due_us : INT64_MAX;
    return event < node ? event : node;
}

/* Those that wanted to be looked at by now. Their time is set again when they have been. */
static void touch_due(struct sim *s)
{
    while (s->due_count && s->node[s->due[0]].due_us <= s->now_us) {
        unsigned i = s->due[0];
        sim_touch(s, i);
        s->node[i].due_us = INT64_MAX;
        sim_due_moved(s, i);
    }
}

bool sim_run_until(struct sim *s, double seconds, bool (*done)(struct sim *s, void *ctx), void *ctx)
{
    int64_t end_us = s->now_us + (int64_t)(seconds * 1e6);
    sim_step(s);
    for (;;) {
        if (done && done(s, ctx))
            return true;
        int64_t at = next_us(s);
        if (at > end_us) {
            if (s->now_us < end_us)
                s->now_us = end_us;
            return false;
        }
        if (at > s->now_us)
            s->now_us = at;
        while (s->heap_count && s->heap[0]->at_us <= s->now_us)
            sim_link_dispatch(s, sim_event_pop(s));
        touch_due(s);
        step_touched(s);
    }
}

void sim_run(struct sim *s, double seconds)
{
    (void)sim_run_until(s, seconds, NULL, NULL);
}

struct agreement {
    unsigned island;
    uint32_t height_min;
};

static bool agree(struct sim *s, void *ctx)
{
    const struct agreement *a = ctx;
    const struct yc_node *tip = NULL;
    for (unsigned i = 0; i < s->node_count; i++) {
        if (!s->node[i].core || s->node[i].island != a->island)
            continue;
        const struct yc_node *t = yc_chain_tip(yc_core_chain(s->node[i].core));
        if (t->height < a->height_min || (tip && !yc_block_hash_equal(&t->hash, &tip->hash)))
            return false;
        tip = t;
    }
    return true;
}

void sim_expect_agreement(struct sim *s, unsigned island, uint32_t height_min, double seconds)
{
    struct agreement a = {island, height_min};
    if (sim_run_until(s, seconds, agree, &a))
        return;
    for (unsigned i = 0; i < s->node_count; i++)
        if (s->node[i].core)
            fprintf(stderr, "node %u: height %u, %u peers\n", i, sim_height(s, i), sim_peers(s, i));
    sim_fail(s, "no agreement on island %u at height %u within %f s", island, height_min, seconds);
}
