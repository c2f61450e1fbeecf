/* Waiting times without floating point: their mean, their memory and their shape are those of the exponential distribution. */
#include "sim/chance.h"
#include "support/unit.h"

#define DRAWS   200000
#define MEAN_US INT64_C(600000000)

static void begin(struct yc_random *r, struct yc_random_seeded *state)
{
    yc_random_seed(r, state, 42);
}

static void mean_is_what_was_asked_for(void **state)
{
    struct yc_random r;
    struct yc_random_seeded seeded;
    int64_t sum_us = 0;
    (void)state;
    begin(&r, &seeded);
    for (unsigned k = 0; k < DRAWS; k++)
        sum_us += sim_chance_wait_us(&r, MEAN_US);
    int64_t mean_us = sum_us / DRAWS;
    assert_in_range(mean_us, MEAN_US * 99 / 100, MEAN_US * 101 / 100);
}

/* P(wait > k means) = e^-k: 0.3679, 0.1353, 0.0498. */
static void few_waits_are_long(void **state)
{
    static const unsigned per_10000[] = {3679, 1353, 498};
    struct yc_random r;
    struct yc_random_seeded seeded;
    unsigned longer[3] = {0};
    (void)state;
    begin(&r, &seeded);
    for (unsigned k = 0; k < DRAWS; k++) {
        int64_t wait_us = sim_chance_wait_us(&r, MEAN_US);
        for (unsigned means = 1; means <= 3; means++)
            longer[means - 1] += wait_us > means * MEAN_US;
    }
    for (unsigned i = 0; i < 3; i++) {
        unsigned expected = (unsigned)((uint64_t)per_10000[i] * DRAWS / 10000);
        assert_in_range(longer[i], expected * 97 / 100, expected * 103 / 100);
    }
}

static void longest_mean_does_not_overflow(void **state)
{
    struct yc_random r;
    struct yc_random_seeded seeded;
    int64_t mean_us = (INT64_C(1) << 39) - 1;
    (void)state;
    begin(&r, &seeded);
    for (unsigned k = 0; k < 10000; k++)
        assert_in_range(sim_chance_wait_us(&r, mean_us), 0, mean_us * 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_is_what_was_asked_for),
        cmocka_unit_test(few_waits_are_long),
        cmocka_unit_test(longest_mean_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
