#include "miner/benchmark.h"

#include <stdio.h>

#include "miner/board.h"
#include "sys/heap.h"
#include "sys/json_out.h"

#define RUN_US INT64_C(1000000)

struct runner {
    struct yc_thread thread;
    const struct yc_miner_kernel *kernel;
    const struct yc_clock *clock;
    double mhs;
};

static void run(void *arg)
{
    struct runner *r = arg;
    r->mhs = yc_miner_kernel_measure(r->kernel, r->clock, RUN_US);
}

/* The sum over all threads, which run side by side. */
static enum yc_verdict measure(double *mhs, const struct yc_miner_kernel *k, const struct yc_clock *clock,
                               unsigned threads, bool pin, struct yc_error *err)
{
    size_t bytes = threads * sizeof(struct runner);
    struct runner *runners = yc_alloc_new(yc_heap(), bytes);
    if (!runners)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for %u threads", threads);
    memset(runners, 0, bytes);
    enum yc_verdict v = yc_miner_kernel_check(k, err);
    for (unsigned i = 0; i < threads && v == YC_VALID; i++) {
        runners[i].kernel = k;
        runners[i].clock = clock;
        v = yc_thread_start(&runners[i].thread, "bench", run, &runners[i], err);
        if (v == YC_VALID && pin)
            v = yc_thread_bind(&runners[i].thread, i, err);
    }
    *mhs = 0;
    for (unsigned i = 0; i < threads; i++) {
        yc_thread_join(&runners[i].thread);
        *mhs += runners[i].mhs;
    }
    yc_alloc_free(yc_heap(), runners, bytes);
    return v;
}

static void write_cpu_flags(struct yc_json_out *j)
{
    yc_json_key(j, "cpu");
    yc_json_begin_array(j);
    size_t count;
    const struct yc_miner_kernel *const *k = yc_miner_kernels(&count);
    for (size_t i = 1; i < count; i++) /* the first needs nothing of the processor */
        if (k[i]->here())
            yc_json_put_text(j, k[i]->name);
    yc_json_end_array(j);
}

enum yc_verdict yc_miner_benchmark(struct yc_buf *out, const struct yc_clock *clock, const struct yc_miner_kernel *only,
                                   unsigned threads, bool pin, bool json, struct yc_error *err)
{
    struct yc_json_out j;
    size_t count;
    const struct yc_miner_kernel *const *k = yc_miner_kernels(&count);
    yc_json_out_init(&j, out, 0);
    if (json) {
        yc_json_begin_object(&j);
        yc_json_key(&j, "kernels");
        yc_json_begin_array(&j);
    }
    for (size_t i = 0; i < count; i++) {
        double mhs = 0;
        char text[96];
        if (!k[i]->here() || (only && only != k[i]))
            continue;
        enum yc_verdict v = measure(&mhs, k[i], clock, threads, pin, err);
        if (v != YC_VALID)
            return v;
        if (json) {
            yc_json_begin_object(&j);
            yc_json_member_text(&j, "name", k[i]->name);
            yc_json_member_double(&j, "mhs", mhs);
            yc_json_end_object(&j);
        } else {
            snprintf(text, sizeof text, "%-10s %10.2f MH/s on %u thread%s\n", k[i]->name, mhs, threads,
                     threads == 1 ? "" : "s");
            yc_buf_append_text(out, text);
        }
    }
    if (json) {
        yc_json_end_array(&j);
        yc_json_member_u64(&j, "threads", threads);
        write_cpu_flags(&j);
        yc_json_end_object(&j);
        yc_buf_append_text(out, "\n");
    }
    return out->failed ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "out of memory for the result") : YC_VALID;
}
