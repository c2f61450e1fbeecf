/* Memory for secrets: catalogue W11. What the kernel says about the pages is read from /proc. */
#include "keys/secret.h"
#include "support/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Under AddressSanitizer and ThreadSanitizer mlock does nothing and says that all went well. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MLOCK_IS_REAL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MLOCK_IS_REAL 0
#endif
#endif
#ifndef MLOCK_IS_REAL
#define MLOCK_IS_REAL 1
#endif

/* The VmFlags of the mapping that holds p ("rd wr mr … lo dd"); "" when there is none. */
static void flags_of(const void *p, char *out, size_t cap)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;
    out[0] = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        uintptr_t from, to;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
            inside = (uintptr_t)p >= from && (uintptr_t)p < to;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            (void)snprintf(out, cap, "%s", line + 8);
    }
    fclose(f);
}

static void zeroed_and_kept_out_of_dumps(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 32, 4096, 4097, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct yc_secret s;
        char flags[512];
        assert_int_equal(yc_secret_init(&s, sizes[i], NULL), YC_VALID);
        assert_int_equal(s.n, sizes[i]);
        for (size_t k = 0; k < s.n; k++)
            assert_int_equal(s.p[k], 0);
        memset(s.p, 0xff, s.n);
        flags_of(s.p, flags, sizeof flags);
        assert_non_null(strstr(flags, " dd"));
        if (s.locked && MLOCK_IS_REAL)
            assert_non_null(strstr(flags, " lo"));
        yc_secret_release(&s);
        assert_null(s.p);
        yc_secret_release(&s);
    }
}

/* In children of its own, as limits and dumps cannot be taken back: 0 when all is as said. */
static int child_without_lock_limit(void)
{
    struct rlimit none = {0, 0};
    struct yc_secret s;
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || yc_secret_init(&s, 32, NULL) != YC_VALID)
        return 1;
    /* root may lock without limit */
    bool as_said = s.locked || strlen(yc_secret_lock_warning()) > 20;
    s.p[31] = 1;
    yc_secret_release(&s);
    return as_said ? 0 : 2;
}

static int child_hardened(void)
{
    struct rlimit core;
    if (!yc_secret_harden_process() || getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        return 1;
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 2;
}

static int child_status(int (*run)(void))
{
    int status = -1;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(run());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_missing_lock_is_no_failure(void **state)
{
    (void)state;
    assert_int_equal(child_status(child_without_lock_limit), 0);
}

static void a_hardened_process_leaves_no_dump(void **state)
{
    (void)state;
    assert_int_equal(child_status(child_hardened), 0);
}

static void impossible_sizes_are_our_fault(void **state)
{
    (void)state;
    struct yc_secret s;
    struct yc_error err;
    assert_int_equal(yc_secret_init(&s, SIZE_MAX, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_MEMORY);
    assert_int_equal(yc_secret_init(&s, SIZE_MAX / 2, &err), YC_SYSTEM);
    yc_secret_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_and_kept_out_of_dumps),
        cmocka_unit_test(a_missing_lock_is_no_failure),
        cmocka_unit_test(a_hardened_process_leaves_no_dump),
        cmocka_unit_test(impossible_sizes_are_our_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
