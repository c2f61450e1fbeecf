/* The real clocks as a struct yc_clock; the wall clock can be mocked (-mocktime, setmocktime) and shifted, the
 * monotonic one cannot. Any thread. */
#ifndef YC_SYS_CLOCK_H
#define YC_SYS_CLOCK_H

#include "base/clock.h"

#include <stdatomic.h>

struct yc_clock_real {
    struct yc_clock clock;       /* what to hand on; its ctx is this struct, which therefore must not move */
    _Atomic int64_t mock_wall_s; /* what the wall clock says; 0: the real time */
    _Atomic int64_t offset_s;    /* added to the real time while there is no mock time */
};

/** Real time, no offset. */
void yc_clock_real_init(struct yc_clock_real *c);
/** From now on the wall clock says wall_s and stands still; 0 ends that. */
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
