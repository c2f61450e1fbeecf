/* Signals, the background, the service manager, limits. */
#include "support/unit.h"
#include "sys/daemon.h"
#include "unit/sys/temp_dir.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct yc_error err;

static void signals_arrive_as_bytes(void **state)
{
    (void)state;
    struct yc_signals s;
    assert_int_equal(yc_signals_open(&s, &err), YC_VALID);
    assert_int_equal(yc_signals_take(&s), 0);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(raise(SIGHUP), 0);
    assert_int_equal(yc_signals_take(&s), SIGTERM);
    assert_int_equal(yc_signals_take(&s), SIGHUP);
    assert_int_equal(yc_signals_take(&s), 0);
    for (int i = 0; i < 100000; i++) /* a full pipe must not block */
        assert_int_equal(raise(SIGINT), 0);
    yc_signals_close(&s);
    yc_signals_close(&s);
}

static void prepared_process_is_private(void **state)
{
    (void)state;
    mode_t before = umask(022);
    yc_process_prepare();
    assert_int_equal(umask(before), 077);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1); /* and no SIGPIPE */
    close(ends[1]);
}

/* In a child, because its child detaches: the status that the foreground process ends with. */
static int status_of(int reported)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct yc_daemon d;
        if (yc_daemon_fork(&d, &err) != YC_VALID)
            _exit(99);
        if (d.is_parent)
            _exit(yc_daemon_wait(&d));
        if (reported >= 0)
            yc_daemon_report(&d, reported);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void background_process_reports_its_start(void **state)
{
    (void)state;
    assert_int_equal(status_of(0), 0);
    assert_int_equal(status_of(3), 3);
    assert_int_equal(status_of(-1), 1); /* it died without a word */
    struct stat st;
    struct yc_daemon d = YC_DAEMON_FOREGROUND;
    yc_daemon_report(&d, 0);
    assert_int_equal(fstat(STDOUT_FILENO, &st), 0); /* which keeps its standard streams */
}

static void service_manager_is_told(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_int_equal(yc_notify("READY=1", &err), YC_NOT_YET);
    assert_int_equal(setenv("NOTIFY_SOCKET", "nonsense", 1), 0);
    assert_int_equal(yc_notify("READY=1", &err), YC_SYSTEM);
    char dir[TEMP_PATH_MAX];
    temp_dir(dir);
    const char *path = in_dir(dir, "s");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path)
        skip();
    memcpy(at.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    assert_int_equal(yc_notify("READY=1", &err), YC_VALID);
    char got[32] = "";
    assert_int_equal(recv(fd, got, sizeof got - 1, 0), 7);
    assert_string_equal(got, "READY=1");
    close(fd);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void file_limit_is_raised_within_reason(void **state)
{
    (void)state;
    uint64_t now = yc_files_limit_raise(64);
    assert_true(now >= 64);
    assert_true(yc_files_limit_raise(now) >= now);
    assert_true(yc_files_limit_raise(UINT64_MAX / 2) <= YC_FILES_MAX);
}

static void data_directory_is_below_home(void **state)
{
    (void)state;
    char path[64], tiny[4];
    assert_int_equal(setenv("HOME", "/home/someone", 1), 0);
    assert_true(yc_default_datadir(path, sizeof path));
    assert_string_equal(path, "/home/someone/.ycoin");
    assert_false(yc_default_datadir(tiny, sizeof tiny));
    assert_int_equal(unsetenv("HOME"), 0);
    assert_true(yc_default_datadir(path, sizeof path));
    assert_string_equal(path, "/.ycoin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_arrive_as_bytes),
        cmocka_unit_test(prepared_process_is_private),
        cmocka_unit_test(background_process_reports_its_start),
        cmocka_unit_test(service_manager_is_told),
        cmocka_unit_test(file_limit_is_raised_within_reason),
        cmocka_unit_test(data_directory_is_below_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
