/* Log lines as Bitcoin Core's tools read them, and what a hostile peer cannot do with them. */
#include "support/unit.h"
#include "sys/log_sink.h"
#include "sys/thread.h"
#include "unit/sys/temp_dir.h"

#include <string.h>
#include <sys/stat.h>

static struct yc_error err;

struct fixture {
    char dir[TEMP_PATH_MAX];
    char path[TEMP_PATH_MAX + 32];
    struct yc_log_sink *sink;
    const struct yc_log *log;
    struct yc_log_options options;
};

static int setup(void **state)
{
    static struct fixture f;
    temp_dir(f.dir);
    snprintf(f.path, sizeof f.path, "%s/debug.log", f.dir);
    assert_int_equal(yc_log_sink_new(&f.sink, &err), YC_VALID);
    f.log = yc_log_sink_log(f.sink);
    f.options = yc_log_options_default();
    f.options.path = f.path;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    yc_log_sink_free(f->sink);
    unlink(f->path);
    return rmdir(f->dir);
}

static void start(struct fixture *f)
{
    assert_int_equal(yc_log_sink_start(f->sink, &f->options, &err), YC_VALID);
}

/* The file's text; the caller frees it. */
static char *contents(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *n, file), *n);
    text[*n] = 0;
    fclose(file);
    return text;
}

static void check_text(const struct fixture *f, const char *expected)
{
    size_t n;
    char *text = contents(f->path, &n);
    assert_string_equal(text, expected);
    free(text);
}

static void lines_carry_category_and_level(void **state)
{
    struct fixture *f = *state;
    f->options.timestamps = false;
    start(f);
    yc_log_sink_enable(f->sink, YC_LOGC_NET);
    yc_log_info(f->log, "plain %d", 7);
    yc_log_warning(f->log, "careful");
    yc_log_error(f->log, "broken");
    yc_log_debug(f->log, YC_LOGC_NET, "peer");
    yc_log_debug(f->log, YC_LOGC_RPC, "off");
    yc_log(f->log, YC_LOG_TRACE, YC_LOGC_NET, "too fine");
    yc_log(f->log, YC_LOG_INFO, YC_LOGC_NET, "told");
    yc_log_sink_set_level(f->sink, YC_LOGC_NET, YC_LOG_TRACE);
    yc_log(f->log, YC_LOG_TRACE, YC_LOGC_NET, "fine");
    yc_log_sink_set_level(f->sink, YC_LOGC_NET, YC_LOG_INFO);
    yc_log_debug(f->log, YC_LOGC_NET, "quiet");
    yc_log_sink_disable(f->sink, YC_LOG_CATEGORY_ALL);
    assert_int_equal(yc_log_sink_enabled(f->sink), 0);
    check_text(f,
               "\n\n\n\n\nplain 7\n[warning] careful\n[error] broken\n[net] peer\n[net:info] told\n[net:trace] fine\n");
}

static void lines_carry_time_and_thread(void **state)
{
    struct fixture *f = *state;
    struct yc_clock_real clock;
    yc_clock_real_init(&clock);
    f->options.clock = &clock;
    f->options.time_micros = true;
    f->options.thread_names = true;
    f->options.always_level = true;
    start(f);
    yc_clock_mock(&clock, 1231006505);
    yc_thread_set_name("main");
    yc_log_info(f->log, "text");
    size_t n;
    char *text = contents(f->path, &n);
    /* 2026-11-20T12:12:49.123456Z (mocktime: 2009-01-03T18:15:05Z) [main] [all:info] text */
    assert_int_equal(text[5 + 19], '.');
    assert_string_equal(text + 5 + 26, "Z (mocktime: 2009-01-03T18:15:05Z) [main] [all:info] text\n");
    free(text);
    f->options.clock = NULL;
}

/* Catalogue R08, P18: text from a peer stays inside its line and off the terminal's controls. */
static void control_characters_are_escaped(void **state)
{
    struct fixture *f = *state;
    f->options.timestamps = false;
    start(f);
    yc_log_info(f->log, "agent %s", "a\nb\r\x1b[31m\x7f\tz\xc2\x9b\xc3\xa4");
    check_text(f, "\n\n\n\n\nagent a\\x0ab\\x0d\\x1b[31m\\x7f\\x09z\\xc2\\x9b\xc3\xa4\n");
}

static void early_lines_are_kept_in_order(void **state)
{
    struct fixture *f = *state;
    yc_log_info(f->log, "first");
    yc_log_info(f->log, "second");
    f->options.timestamps = false;
    start(f);
    check_text(f, "\n\n\n\n\nfirst\nsecond\n");
}

static void early_lines_are_bounded(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2000; i++)
        yc_log_info(f->log, "line %d", i);
    f->options.timestamps = false;
    start(f);
    size_t n;
    char *text = contents(f->path, &n);
    assert_non_null(strstr(text, "Early logging buffer overflowed, "));
    assert_null(strstr(text, "line 0\n"));
    assert_non_null(strstr(text, "line 1999\n"));
    free(text);
}

static int64_t fake_now_us;
static int64_t fake_mono(void *ctx)
{
    (void)ctx;
    return fake_now_us;
}

/* Catalogue P18, S30: one call site cannot fill the disk, at any level; others go on; an hour later it may again. */
static void each_call_site_is_limited(void **state)
{
    struct fixture *f = *state;
    struct yc_clock_real clock;
    yc_clock_real_init(&clock);
    clock.clock.mono_us = fake_mono;
    fake_now_us = 1000;
    f->options.clock = &clock;
    f->options.timestamps = false;
    start(f);
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = 0;
    for (int i = 0; i < 3000; i++)
        yc_log_info(f->log, "flood %s", text);
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_true(st.st_size > 1000000 && st.st_size < 1100000);
    yc_log_info(f->log, "another site");
    fake_now_us += (int64_t)YC_LOG_WINDOW_S * 1000000;
    yc_log_info(f->log, "flood %s", "again");
    size_t n;
    char *all = contents(f->path, &n);
    assert_non_null(strstr(all, "[warning] Excessive logging detected from \"flood %s\""));
    assert_non_null(strstr(all, "\n[*] another site\n"));
    assert_non_null(strstr(all, "[warning] Restarting logging of \"flood %s\""));
    assert_non_null(strstr(all, "\nflood again\n"));
    free(all);
    f->options.clock = NULL;
}

static void the_limit_can_be_lifted(void **state)
{
    struct fixture *f = *state;
    f->options.rate_limit = false;
    start(f);
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = 0;
    for (int i = 0; i < 2000; i++)
        yc_log_info(f->log, "flood %s", text);
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_true(st.st_size > 2000000);
}

static void file_is_reopened_on_request(void **state)
{
    struct fixture *f = *state;
    f->options.timestamps = false;
    start(f);
    yc_log_info(f->log, "before");
    const char *rotated = in_dir(f->dir, "debug.log.1");
    assert_int_equal(rename(f->path, rotated), 0);
    yc_log_info(f->log, "still there");
    yc_log_sink_reopen(f->sink);
    yc_log_info(f->log, "after");
    check_text(f, "after\n");
    size_t n;
    char *text = contents(rotated, &n);
    assert_string_equal(text, "\n\n\n\n\nbefore\nstill there\n");
    free(text);
    assert_int_equal(unlink(rotated), 0);
}

static void long_file_is_shrunk_at_start(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 120000; i++)
        fprintf(file, "%099d\n", i);
    assert_int_equal(fclose(file), 0);
    f->options.shrink = true;
    f->options.timestamps = false;
    start(f);
    yc_log_info(f->log, "next");
    size_t n;
    char *text = contents(f->path, &n);
    assert_true(n > 9900000 && n <= YC_LOG_SHRINK_KEEP + 16);
    assert_memory_equal(text, "00000000000000000000", 20); /* begins with a whole line */
    assert_non_null(strstr(text + n - 200, "119999\n\n\n\n\n\nnext\n"));
    free(text);
}

static void file_that_cannot_be_opened_is_named(void **state)
{
    struct fixture *f = *state;
    f->options.path = "/nonexistent/debug.log";
    assert_int_equal(yc_log_sink_start(f->sink, &f->options, &err), YC_SYSTEM);
    assert_non_null(strstr(err.text, "/nonexistent/debug.log"));
}

static void names_of_categories_and_levels(void **state)
{
    (void)state;
    uint32_t mask = 0;
    enum yc_log_level level;
    assert_true(yc_log_category_parse("net", &mask));
    assert_int_equal(mask, YC_LOGC_NET);
    assert_true(yc_log_category_parse("all", &mask) && mask == YC_LOG_CATEGORY_ALL);
    assert_true(yc_log_category_parse("1", &mask) && mask == YC_LOG_CATEGORY_ALL);
    assert_true(yc_log_category_parse("", &mask) && mask == YC_LOG_CATEGORY_ALL);
    assert_true(yc_log_category_parse("0", &mask) && mask == 0);
    assert_true(yc_log_category_parse("none", &mask) && mask == 0);
    assert_true(yc_log_category_parse("zmq", &mask) && mask != 0);
    assert_false(yc_log_category_parse("nonsense", &mask));
    uint32_t seen = 0;
    const char *before = "", *name;
    for (size_t i = 0; (name = yc_log_category_at(i, &mask)); i++) {
        assert_true(strcmp(before, name) < 0); /* sorted, each once */
        assert_int_equal(seen & mask, 0);      /* a bit of its own */
        seen |= mask;
        before = name;
    }
    assert_true(yc_log_level_parse("trace", &level) && level == YC_LOG_TRACE);
    assert_true(yc_log_level_parse("error", &level) && level == YC_LOG_ERROR);
    assert_false(yc_log_level_parse("loud", &level));
}

static void write_many(void *arg)
{
    const struct yc_log *log = arg;
    for (int i = 0; i < 200; i++)
        yc_log_info(log, "%s", "a line of one thread");
}

/* Under ThreadSanitizer, too: lines of several threads do not mix. */
static void threads_do_not_mix_lines(void **state)
{
    struct fixture *f = *state;
    struct yc_thread threads[4];
    f->options.timestamps = false;
    start(f);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(yc_thread_start(&threads[i], "writer", write_many, (void *)f->log, &err), YC_VALID);
    for (int i = 0; i < 100; i++) {
        yc_log_sink_enable(f->sink, YC_LOGC_NET);
        yc_log_sink_reopen(f->sink);
    }
    for (size_t i = 0; i < 4; i++)
        yc_thread_join(&threads[i]);
    size_t n;
    char *text = contents(f->path, &n);
    const size_t line = strlen("a line of one thread\n");
    assert_int_equal(n, 5 + 800 * line);
    for (size_t i = 0; i < 800; i++)
        assert_memory_equal(text + 5 + i * line, "a line of one thread\n", line);
    free(text);
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(lines_carry_category_and_level),
        LOG_TEST(lines_carry_time_and_thread),
        LOG_TEST(control_characters_are_escaped),
        LOG_TEST(early_lines_are_kept_in_order),
        LOG_TEST(early_lines_are_bounded),
        LOG_TEST(each_call_site_is_limited),
        LOG_TEST(the_limit_can_be_lifted),
        LOG_TEST(file_is_reopened_on_request),
        LOG_TEST(long_file_is_shrunk_at_start),
        LOG_TEST(file_that_cannot_be_opened_is_named),
        cmocka_unit_test(names_of_categories_and_levels),
        LOG_TEST(threads_do_not_mix_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
