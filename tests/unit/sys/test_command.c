/* Commands of the operator: what is put into them, how they run. */
#include "sys/command.h"

#include "base/buf.h"
#include "support/unit.h"
#include "sys/heap.h"
#include "temp_dir.h"

#include <time.h>

static void marks_are_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } row[] = {{"echo %s", "echo 00ab"},
               {"%s%s", "00ab00ab"},
               {"%d deep to %s", "12 deep to 00ab"},
               {"100% of %x", "100% of %x"},
               {"", ""},
               {"%", "%"}};
    static const struct yc_command_value value[] = {{"%s", "00ab"}, {"%d", "12"}};
    struct yc_buf out;
    yc_buf_init(&out, yc_heap(), 1000);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        assert_true(yc_command_fill(&out, row[i].text, value, 2));
        assert_string_equal((const char *)out.p, row[i].want);
    }
    yc_buf_release(&out);
    yc_buf_init(&out, yc_heap(), 8);
    assert_false(yc_command_fill(&out, "far too long for that", value, 2));
    yc_buf_release(&out);
}

static void the_status_is_told(void **state)
{
    (void)state;
    struct yc_error err;
    int status = -1;
    assert_int_equal(yc_command_run("exit 3", &status, &err), YC_VALID);
    assert_int_equal(status, 3);
    assert_int_equal(yc_command_run("cat >/dev/null && test \"$0\" = sh", &status, &err),
                     YC_VALID); /* an empty input */
    assert_int_equal(status, 0);
    assert_int_equal(yc_command_run("kill -9 $$", &status, &err), YC_VALID);
    assert_int_equal(status, 128 + 9);
    assert_int_equal(yc_command_run("no-such-command-anywhere 2>/dev/null", &status, &err), YC_VALID);
    assert_int_equal(status, 127);
}

/* A command that takes long holds nobody up, whatever is in it. */
static void a_started_command_runs_beside_us(void **state)
{
    (void)state;
    char dir[TEMP_PATH_MAX], text[2 * TEMP_PATH_MAX];
    struct yc_error err;
    struct timespec begun, now;
    temp_dir(dir);
    snprintf(text, sizeof text, "cd %.500s; sleep 0.3; echo \"it's $((1 + 1))\" > part && mv part done # and so on",
             dir);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    assert_int_equal(yc_command_start(text, &err), YC_VALID);
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert_true(now.tv_sec - begun.tv_sec < 20);
    const char *done = in_dir(dir, "done");
    for (int i = 0; i < 3000 && access(done, F_OK) != 0; i++)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    FILE *f = fopen(done, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    assert_string_equal(text, "it's 2\n");
    fclose(f);
    assert_int_equal(unlink(done), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_replaced),
        cmocka_unit_test(the_status_is_told),
        cmocka_unit_test(a_started_command_runs_beside_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
