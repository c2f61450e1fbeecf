/* The lane engine in plain C over either cut of its numbers, for tests on any machine: each a yc_lanes_fn. One thread. */
#ifndef YC_TESTS_PLAIN_LANES_H
#define YC_TESTS_PLAIN_LANES_H

#include "crypto/sigbatch/lanes.h"

void plain_lanes(struct yc_lane_group *groups, size_t count);    /* five limbs of 52 bits */
void plain_lanes_29(struct yc_lane_group *groups, size_t count); /* nine of 29 */

/** Make r of each lane the x-coordinate that the group's arithmetic comes to, whether its key is on the curve or not: all
 *  that is left to find the forgery is the check of the key. */
void plain_lanes_forge(struct yc_lane_group *group);

#endif
