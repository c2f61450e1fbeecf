#include "crypto/sigbatch/lane_avx2.h"

#include "crypto/sigbatch/halves.h"

#define BENCH_LANES_STEPS  bench_lanes_steps_avx2
#define BENCH_LANES_PREFIX "lanes/avx2/"
#define BENCH_LANES_ALL    verify_halves
#include "tests/bench/lanes_steps.h"
