#include "crypto/sigbatch/lane_avx512.h"

#define BENCH_LANES_STEPS  bench_lanes_steps_avx512
#define BENCH_LANES_PREFIX "lanes/"
#define BENCH_LANES_ALL    verify_groups
#include "tests/bench/lanes_steps.h"
