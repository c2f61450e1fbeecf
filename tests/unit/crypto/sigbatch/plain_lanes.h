/* The lane engine in plain C, for tests on any machine: a yc_lanes_fn. One thread. */
#ifndef YC_TESTS_PLAIN_LANES_H
#define YC_TESTS_PLAIN_LANES_H

#include "crypto/sigbatch/lanes.h"

void plain_lanes(struct yc_lane_group *groups, size_t count);

#endif
