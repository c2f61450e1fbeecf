#include "sys/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec t = {0, 0};
    (void)clock_gettime(id, &t); /* fails only for a clock that does not exist */
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t wall_s(void *ctx)
{
    struct yc_clock_real *c = ctx;
    int64_t mock = atomic_load(&c->mock_wall_s);
    return mock ? mock : read_us(CLOCK_REALTIME) / 1000000 + atomic_load(&c->offset_s);
}

static int64_t mono_us(void *ctx)
{
    (void)ctx;
    return read_us(CLOCK_MONOTONIC);
}

static int64_t paced_us(void *ctx)
{
    struct yc_clock_real *c = ctx;
    return atomic_load(&c->mock_wall_s) ? atomic_load(&c->held_us) : mono_us(NULL) + atomic_load(&c->ahead_us);
}

void yc_clock_real_init(struct yc_clock_real *c)
{
    c->clock = (struct yc_clock){wall_s, mono_us, c};
    c->paced = (struct yc_clock){wall_s, paced_us, c};
    atomic_init(&c->held_us, 0);
    atomic_init(&c->ahead_us, 0);
    atomic_init(&c->mock_wall_s, 0);
    atomic_init(&c->offset_s, 0);
}

void yc_clock_mock(struct yc_clock_real *c, int64_t s)
{
    int64_t paced = paced_us(c), forward_s = s - wall_s(c);
    if (s) {
        atomic_store(&c->held_us, paced + (forward_s > 0 ? forward_s * 1000000 : 0));
    } else {
        atomic_store(&c->ahead_us, paced - mono_us(NULL));
    }
    atomic_store(&c->mock_wall_s, s);
}

void yc_clock_shift(struct yc_clock_real *c, int64_t offset_s)
{
    atomic_store(&c->offset_s, offset_s);
}

int64_t yc_clock_mocked(const struct yc_clock_real *c)
{
    return atomic_load(&c->mock_wall_s);
}

int64_t yc_clock_log_us(void)
{
    return read_us(CLOCK_REALTIME);
}

/* Proleptic Gregorian date of a day number (0 = 1970-01-01), by eras of 400 years that begin in March, so that the
 * leap day is a year's last. */
static void civil(int64_t day, int *year, int *month, int *day_of_month)
{
    int64_t z = day + 719468; /* days since 0000-03-01 */
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t in_era = z - era * 146097;
    int64_t year_in_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year_in_era + year_in_era / 4 - year_in_era / 100);
    int64_t march_month = (5 * in_year + 2) / 153;
    *day_of_month = (int)(in_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(year_in_era + era * 400 + (*month <= 2));
}

void yc_time_text(char out[YC_TIME_TEXT_MAX], int64_t s)
{
    const int64_t first = -62167219200, last = 253402300799; /* 0000-01-01 to 9999-12-31 */
    s = s < first ? first : s > last ? last : s;
    int64_t day = (s >= 0 ? s : s - 86399) / 86400;
    int in_day = (int)(s - day * 86400);
    int year, month, day_of_month;
    civil(day, &year, &month, &day_of_month);
    snprintf(out, YC_TIME_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02uZ", (uint16_t)year, (uint8_t)month,
             (uint8_t)day_of_month, (uint8_t)(in_day / 3600), (uint8_t)(in_day / 60 % 60), (uint8_t)(in_day % 60));
}
