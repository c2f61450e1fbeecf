/* The lane engine in plain C, for tests on any machine: a yc_lanes_fn. One thread. */
#ifndef YC_TESTS_PLAIN_LANES_H
#define YC_TESTS_PLAIN_LANES_H

#include "crypto/sigbatch/lanes.h"

void plain_lanes(struct yc_lane_group *groups, size_t count);

/** Make r of each lane the x-coordinate that the group's arithmetic comes to, whether its key is on the curve or not: all
 *  that is left to find the forgery is the check of the key. */
void plain_lanes_forge(struct yc_lane_group *group);

#endif
