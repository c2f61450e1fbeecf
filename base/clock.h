/* Time as an argument. Durations use the monotonic clock; the wall clock is for block and address times only.
 * sys/clock.h makes the real one; tests and the simulator make virtual ones. */
#ifndef YC_BASE_CLOCK_H
#define YC_BASE_CLOCK_H

#include <stdint.h>

struct yc_clock {
    int64_t (*wall_s)(void *ctx);  /* seconds since 1970, UTC; may jump either way */
    int64_t (*mono_us)(void *ctx); /* microseconds since some start; never goes back */
    void *ctx;
};

static inline int64_t yc_wall_s(const struct yc_clock *c)
{
    return c->wall_s(c->ctx);
}
static inline int64_t yc_mono_us(const struct yc_clock *c)
{
    return c->mono_us(c->ctx);
}

#endif
