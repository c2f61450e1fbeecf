/* The real clocks as a struct yc_clock; the wall clock can be mocked (-mocktime, setmocktime) and shifted, the
 * monotonic one cannot. For what a test wants to hurry, such as the patience that a node has with its peers, there is a
 * second one whose durations follow the mock time. Any thread. */
#ifndef YC_SYS_CLOCK_H
#define YC_SYS_CLOCK_H

#include "base/clock.h"

#include <stdatomic.h>

struct yc_clock_real {
    struct yc_clock clock; /* what to hand on; its ctx is this struct, which therefore must not move */
    struct yc_clock paced; /* the same, but while a mock time is set its monotonic clock stands still too, and goes
                                    on by as much as the mock time is set forward; it never goes back */
    _Atomic int64_t mock_wall_s; /* what the wall clock says; 0: the real time */
    _Atomic int64_t held_us;     /* what paced says while there is a mock time */
    _Atomic int64_t ahead_us;    /* by how much it is ahead of the real one while there is none */
    _Atomic int64_t offset_s;    /* added to the real time while there is no mock time */
};

/** Real time, no offset. */
void yc_clock_real_init(struct yc_clock_real *c);
/** From now on the wall clock says wall_s and stands still; 0 ends that. One thread at a time. */
void yc_clock_mock(struct yc_clock_real *c, int64_t wall_s);
/** Shift the wall clock by offset_s seconds from the real time. */
void yc_clock_shift(struct yc_clock_real *c, int64_t offset_s);
/** The mock time, 0 when there is none. */
int64_t yc_clock_mocked(const struct yc_clock_real *c);

/** Microseconds since 1970 of the real wall clock, whatever the mock: for log lines only. */
int64_t yc_clock_log_us(void);

#define YC_TIME_TEXT_MAX 32

/** wall_s as UTC in ISO 8601 ("2026-11-20T12:12:49Z"), the years 0 to 9999; earlier and later times as the nearest. */
void yc_time_text(char out[YC_TIME_TEXT_MAX], int64_t wall_s);

#endif
