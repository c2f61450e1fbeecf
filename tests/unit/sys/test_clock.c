/* The clocks, how times are written, and the system's randomness. */
#include "support/unit.h"
#include "sys/clock.h"
#include "sys/random.h"

#include <sys/wait.h>
#include <unistd.h>

static void wall_clock_can_be_mocked_and_shifted(void **state)
{
    (void)state;
    struct yc_clock_real c;
    yc_clock_real_init(&c);
    int64_t real = yc_wall_s(&c.clock);
    assert_true(real > 1600000000);
    yc_clock_shift(&c, -1000000);
    assert_true(yc_wall_s(&c.clock) < real - 999000);
    yc_clock_mock(&c, 4294967295); /* beyond 2038: catalogue C19, S25 */
    assert_int_equal(yc_wall_s(&c.clock), 4294967295);
    assert_int_equal(yc_clock_mocked(&c), 4294967295);
    yc_clock_mock(&c, 0);
    yc_clock_shift(&c, 0);
    assert_true(yc_wall_s(&c.clock) >= real);
}

static void monotonic_clock_ignores_the_mock(void **state)
{
    (void)state;
    struct yc_clock_real c;
    yc_clock_real_init(&c);
    int64_t before = yc_mono_us(&c.clock);
    yc_clock_mock(&c, 1);
    assert_true(yc_mono_us(&c.clock) >= before);
}

static void the_paced_clock_follows_the_mock_and_never_goes_back(void **state)
{
    struct yc_clock_real c;
    (void)state;
    yc_clock_real_init(&c);
    int64_t before = yc_mono_us(&c.paced);
    yc_clock_mock(&c, 1000); /* far back */
    int64_t held = yc_mono_us(&c.paced);
    assert_true(held >= before);
    assert_int_equal(yc_mono_us(&c.paced), held);
    yc_clock_mock(&c, 1060);
    assert_int_equal(yc_mono_us(&c.paced), held + 60 * INT64_C(1000000));
    yc_clock_mock(&c, 1000);
    assert_int_equal(yc_mono_us(&c.paced), held + 60 * INT64_C(1000000));
    yc_clock_mock(&c, 0);
    assert_true(yc_mono_us(&c.paced) >= held + 60 * INT64_C(1000000));
    assert_true(yc_mono_us(&c.paced) < held + 120 * INT64_C(1000000));
}

static void times_are_written_in_iso_8601(void **state)
{
    (void)state;
    static const struct {
        int64_t s;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},          {1231006505, "2009-01-03T18:15:05Z"},
        {951782400, "2000-02-29T00:00:00Z"},  {951868799, "2000-02-29T23:59:59Z"},
        {2147483648, "2038-01-19T03:14:08Z"}, {4294967295, "2106-02-07T06:28:15Z"},
        {4107542400, "2100-03-01T00:00:00Z"}, {4107542399, "2100-02-28T23:59:59Z"},
        {-1, "1969-12-31T23:59:59Z"},         {253402300799, "9999-12-31T23:59:59Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},  {INT64_MIN, "0000-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[YC_TIME_TEXT_MAX];
        yc_time_text(text, cases[i].s);
        assert_string_equal(text, cases[i].text);
    }
}

/* Catalogue W05: a forked process must not repeat what its parent draws. */
static void randomness_differs_after_fork(void **state)
{
    (void)state;
    const struct yc_random *r = yc_random_system();
    uint8_t long_run[1000] = {0}, mine[32], theirs[32];
    yc_random_fill(r, long_run, sizeof long_run);
    size_t zeros = 0;
    for (size_t i = 0; i < sizeof long_run; i++)
        zeros += long_run[i] == 0;
    assert_true(zeros < 100); /* about 4 are expected: every part of a long run is filled */
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        yc_random_fill(r, theirs, sizeof theirs);
        _exit(write(ends[1], theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
    }
    assert_true(child > 0);
    yc_random_fill(r, mine, sizeof mine);
    assert_int_equal(read(ends[0], theirs, sizeof theirs), sizeof theirs);
    assert_memory_not_equal(mine, theirs, sizeof mine);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wall_clock_can_be_mocked_and_shifted),
        cmocka_unit_test(monotonic_clock_ignores_the_mock),
        cmocka_unit_test(the_paced_clock_follows_the_mock_and_never_goes_back),
        cmocka_unit_test(times_are_written_in_iso_8601),
        cmocka_unit_test(randomness_differs_after_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
