/* net/peers/bandwidth: rates by tokens, and the day's upload target. */
#include "net/peers/bandwidth.h"
#include "support/unit.h"

#define SECOND INT64_C(1000000)

/* Taking all there is whenever there is some, over any steps of time, never passes more than rate times time and a second's
 * burst, and no less than the rate when it is always asked for. */
static void a_rate_is_kept_over_any_steps(void **state)
{
    static const int64_t steps_us[] = {1, 999, 50000, SECOND, 7 * SECOND};
    (void)state;
    for (size_t i = 0; i < sizeof steps_us / sizeof *steps_us; i++) {
        struct yc_rate r;
        int64_t now = 5, until = now + 20 * SECOND, passed = 0;
        if (steps_us[i] < 1000)
            until = now + SECOND / 2;
        yc_rate_set(&r, 100000, now);
        for (; now <= until; now += steps_us[i]) {
            size_t room = yc_rate_room(&r, now);
            yc_rate_spend(&r, room);
            passed += (int64_t)room;
        }
        int64_t fair = (until - 5) / 1000 * 100;
        assert_in_range(passed, steps_us[i] > SECOND ? 0 : fair, fair + 100000);
    }
}

/* However often it is asked: what is left of a byte or of a moment at one time counts the next time. */
static void no_part_of_the_rate_is_lost_between_questions(void **state)
{
    static const int64_t rates[] = {1500, 100000, 1000003}, steps_us[] = {1001, 1500, 1999, 3333};
    (void)state;
    for (size_t i = 0; i < 3 * 4; i++) {
        struct yc_rate r;
        int64_t rate = rates[i / 4], passed = 0;
        yc_rate_set(&r, rate, 0);
        yc_rate_spend(&r, (size_t)rate); /* without the burst that it begins with */
        for (int64_t now = 0; now <= 20 * SECOND; now += steps_us[i % 4]) {
            size_t room = yc_rate_room(&r, now);
            yc_rate_spend(&r, room);
            passed += (int64_t)room;
        }
        assert_in_range(passed, 20 * rate - rate / 20, 20 * rate);
    }
}

static void without_a_limit_everything_passes(void **state)
{
    struct yc_rate r;
    (void)state;
    yc_rate_set(&r, 0, 0);
    yc_rate_spend(&r, SIZE_MAX / 2);
    assert_true(yc_rate_room(&r, 0) == SIZE_MAX);
}

/* Who comes back at the time it was told finds room. */
static void the_next_time_is_one_with_room(void **state)
{
    (void)state;
    for (int64_t rate = 1; rate <= YC_RATE_MAX; rate *= 10) {
        struct yc_rate r;
        yc_rate_set(&r, rate, 1000);
        yc_rate_spend(&r, (size_t)rate + 3);
        assert_int_equal(yc_rate_room(&r, 1000), 0);
        int64_t next = yc_rate_next_us(&r);
        assert_true(next > 1000 && yc_rate_room(&r, next) > 0);
    }
}

/* Bitcoin Core's rule: a block every ten minutes of what is left of the day is kept back from old blocks. */
static void old_blocks_stop_before_the_target(void **state)
{
    struct yc_upload_target t = {.limit_bytes = 1000};
    (void)state;
    assert_true(!yc_upload_reached(&t, false, 1, 100) && !yc_upload_reached(&t, true, 1, 100));
    assert_true(yc_upload_reached(&t, true, 7, 100)); /* 144 blocks of 7 bytes are more than all there is */
    yc_upload_note(&t, 900, 100000);
    assert_true(!yc_upload_reached(&t, false, 1, 100000) && yc_upload_reached(&t, true, 1, 100000));
    assert_int_equal(yc_upload_left_bytes(&t), 100);
    assert_int_equal(yc_upload_left_s(&t, 100000 + 86000), 400);
    assert_false(yc_upload_reached(&t, true, 1, 100000 + 86000)); /* none is kept back at the day's end */
    yc_upload_note(&t, 200, 100000 + 86000);
    assert_true(yc_upload_reached(&t, false, 1, 100000 + 86000));
    yc_upload_note(&t, 1, 100000 + 86401); /* a new day */
    assert_int_equal(yc_upload_left_bytes(&t), 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_kept_over_any_steps),
        cmocka_unit_test(no_part_of_the_rate_is_lost_between_questions),
        cmocka_unit_test(without_a_limit_everything_passes),
        cmocka_unit_test(the_next_time_is_one_with_room),
        cmocka_unit_test(old_blocks_stop_before_the_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
