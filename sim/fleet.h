/* Many runs, each in a process of its own, so that one that dies takes no other along, a few at a time. */
#ifndef YC_SIM_FLEET_H
#define YC_SIM_FLEET_H

#include "sim/scenario.h"

/** Play each wish; results[k] is that of wishes[k].
 *  jobs  so many at a time, at least 1
 *  done  told of each as it ends, in order of ending
 *  False when processes cannot be made (a sentence is on standard error). */
bool sim_fleet_play(const struct sim_wish *wishes, size_t count, unsigned jobs, struct sim_result *results,
                    void (*done)(void *ctx, size_t k), void *ctx);

#endif
