/* Chance without floating point, so that a seed gives the same numbers with every compiler. */
#ifndef YC_SIM_CHANCE_H
#define YC_SIM_CHANCE_H

#include "base/random.h"

#include <stdbool.h>

#define SIM_HOUR_US   INT64_C(3600000000)
#define SIM_MINUTE_US INT64_C(60000000)
#define SIM_SECOND_US INT64_C(1000000)

/** How long until the next event of a Poisson process: exponential with this mean (0 < mean_us < 2^39).
 *  Source: von Neumann, "Various techniques used in connection with random digits" (1951): comparisons alone. */
int64_t sim_chance_wait_us(const struct yc_random *r, int64_t mean_us);
/** True with a chance of percent in 100. */
static inline bool sim_chance_percent(const struct yc_random *r, unsigned percent)
{
    return yc_random_below(r, 100) < percent;
}

#endif
