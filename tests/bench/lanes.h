/* The steps of the lane engine, timed apart, for each instruction set: for tests/bench alone. None may run on a machine without
 * it. */
#ifndef YC_TESTS_BENCH_LANES_H
#define YC_TESTS_BENCH_LANES_H

#include <stdbool.h>

struct bench_lanes_step {
    const char *name;
    unsigned units;         /* done by one run, counted in lanes */
    void (*run)(void *ctx); /* ctx is not used */
};

/** The steps, up to the first without a name. */
const struct bench_lanes_step *bench_lanes_steps_avx512(void);
const struct bench_lanes_step *bench_lanes_steps_avx2(void);

#endif
