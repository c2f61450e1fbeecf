/* The process that keeps a wallet unlocked: what it hands out, to whom, and what ends it (W11, W30). */
#include "unit/wallet/rig.h"
#include "wallet/holder_state.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PASSPHRASE "a passphrase"

/* A clock that the holder sees too, so that a test can let its time come. */
struct times {
    _Atomic int64_t wall_s, mono_us;
};

static struct rig *rig;
static struct times *times;
static struct yc_clock shared;
static struct yc_holder_id id;

static int64_t shared_wall(void *ctx)
{
    return ((struct times *)ctx)->wall_s;
}
static int64_t shared_mono(void *ctx)
{
    return ((struct times *)ctx)->mono_us;
}

static void open_wallet(void)
{
    rig_good(rig, yc_wallet_open(&rig->wallet, &rig->params, rig_path(rig, "w"), &rig->random, &rig_err));
}

/* One wallet for all tests: sealing is slow on purpose. */
static int setup_all(void **state)
{
    (void)state;
    rig = malloc(sizeof *rig);
    assert_non_null(rig);
    rig_init(rig, 11);
    rig->clock.mono_us = rig_mono_fast;
    struct yc_wallet_plan plan = {
        .path = rig_path(rig, "w"), .passphrase = yc_view_text(PASSPHRASE), .clock = &rig->clock};
    rig_good(rig, yc_wallet_create(&rig->wallet, &rig->params, &plan, RIG_PHRASE, &rig->random, &rig_err));
    rig_good(rig, yc_holder_of(&id, &rig->wallet, NULL, &rig_err));
    yc_wallet_close(&rig->wallet);
    times = mmap(NULL, sizeof *times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(times, MAP_FAILED);
    times->wall_s = 1700000000;
    shared = (struct yc_clock){shared_wall, shared_mono, times};
    return 0;
}

static int teardown_all(void **state)
{
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s/.ycoin-unlock", rig->folder);
    assert_int_equal(rmdir(folder), 0); /* empty: no holder left its socket */
    rig_release(rig);
    free(rig);
    return munmap(times, sizeof *times);
}

static int teardown(void **state)
{
    (void)state;
    yc_wallet_close(&rig->wallet);
    rig_good(rig, yc_holder_end(&id, NULL, &rig_err));
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    return 0;
}

static enum yc_verdict unlock(const char *passphrase, int64_t seconds, struct yc_error *err)
{
    struct yc_holder_plan plan = {&id, &rig->params, yc_view_text(passphrase), seconds, &shared, &rig->random};
    struct yc_holder_start start;
    enum yc_verdict v = yc_holder_begin(&start, &plan, err);
    if (v == YC_VALID)
        assert_int_equal(start.until_s, times->wall_s + seconds);
    return v;
}

static bool unlocked(void)
{
    int64_t until_s;
    struct yc_error err;
    enum yc_verdict v = yc_holder_until(&id, &until_s, &err);
    assert_true(v == YC_VALID || v == YC_NOT_YET);
    return v == YC_VALID;
}

static void wait_locked(void)
{
    for (unsigned i = 0; i < 1000 && unlocked(); i++)
        usleep(20000);
    assert_false(unlocked());
}

static void hands_out_the_wallets_key(void **state)
{
    (void)state;
    struct yc_secret key = {0}, direct = {0};
    bool ran;
    struct yc_error err;
    rig_good(rig, unlock(PASSPHRASE, 60, &rig_err));
    open_wallet();
    rig_good(rig, yc_holder_key(&id, &rig->wallet, &key, &rig_err));
    rig_good(rig, yc_wallet_unseal(&rig->wallet, &direct, yc_view_text(PASSPHRASE), &rig_err));
    assert_memory_equal(key.p, direct.p, sizeof(struct yc_hdkey));
    yc_secret_release(&key);
    yc_secret_release(&direct);
    rig_good(rig, yc_holder_end(&id, &ran, &rig_err));
    assert_true(ran);
    rig_good(rig, yc_holder_end(&id, &ran, &rig_err));
    assert_false(ran);
    assert_int_equal(yc_holder_key(&id, &rig->wallet, &key, &err), YC_NOT_YET);
    assert_null(key.p);
}

static void a_wrong_passphrase_unlocks_nothing(void **state)
{
    (void)state;
    struct yc_error err;
    assert_int_equal(unlock("another", 60, &err), YC_INVALID);
    assert_non_null(strstr(err.text, "wrong"));
    assert_false(unlocked());
    assert_int_equal(unlock("", 60, &err), YC_INVALID);
}

static void ends_at_its_time_by_either_clock(void **state)
{
    (void)state;
    rig_good(rig, unlock(PASSPHRASE, 60, &rig_err));
    times->wall_s += 59;
    assert_true(unlocked());
    times->wall_s += 1; /* the machine slept: only this clock went on */
    wait_locked();
    rig_good(rig, unlock(PASSPHRASE, 60, &rig_err));
    times->wall_s -= 3600; /* somebody set the clock back */
    times->mono_us += 59999999;
    assert_true(unlocked());
    times->mono_us += 1;
    wait_locked();
}

static void ends_when_the_seal_is_another(void **state)
{
    (void)state;
    struct yc_holder_id other = id;
    int64_t until_s;
    struct yc_error err;
    rig_good(rig, unlock(PASSPHRASE, 60, &rig_err));
    other.seal32[31] ^= 1;
    assert_int_equal(yc_holder_until(&other, &until_s, &err), YC_NOT_YET);
    assert_false(unlocked());
}

static void ends_when_its_socket_is_taken_away(void **state)
{
    (void)state;
    int folder;
    rig_good(rig, unlock(PASSPHRASE, 60, &rig_err));
    rig_good(rig, yc_holder_folder(&id, 1, false, &folder, &rig_err));
    assert_int_equal(unlinkat(folder, id.name, 0), 0);
    close(folder);
    assert_true(waitpid(-1, NULL, 0) > 0);
}

static void ends_when_others_can_enter_its_folder(void **state)
{
    (void)state;
    int folder;
    rig_good(rig, unlock(PASSPHRASE, 60, &rig_err));
    rig_good(rig, yc_holder_folder(&id, 1, false, &folder, &rig_err));
    assert_int_equal(fchmod(folder, 0711), 0);
    assert_true(waitpid(-1, NULL, 0) > 0);
    assert_int_equal(fchmod(folder, 0700), 0);
    close(folder);
}

/* SO_PEERCRED. Only root can be somebody else for a moment. */
static void another_user_is_told_apart(void **state)
{
    (void)state;
    int folder, listener, fd;
    if (geteuid() != 0)
        skip();
    rig_good(rig, yc_holder_folder(&id, 1, true, &folder, &rig_err));
    rig_good(rig, yc_holder_socket(folder, "test", true, &listener, &rig_err));
    assert_int_equal(fchmodat(folder, "test", 0666, 0), 0);
    for (unsigned other = 0; other < 2; other++) {
        assert_int_equal(fchmod(folder, 0711), 0);
        assert_int_equal(chmod(rig->folder, 0711), 0);
        pid_t child = fork();
        if (child == 0) {
            bool fine = !other || setuid(65534) == 0;
            _exit(fine && yc_holder_socket(folder, "test", false, &fd, NULL) == YC_VALID ? 0 : 1);
        }
        fd = accept(listener, NULL, NULL);
        assert_true(fd >= 0);
        assert_int_equal(yc_holder_peer_is_ours(fd), !other);
        close(fd);
    }
    assert_int_equal(fchmod(folder, 0700), 0);
    assert_int_equal(unlinkat(folder, "test", 0), 0);
    close(listener);
    close(folder);
}

/* Bytes that are no request get no answer, and do no harm; nor does a client that is silent. */
static void strange_requests_are_not_answered(void **state)
{
    (void)state;
    int folder, fd;
    uint8_t request[64] = YC_HOLDER_MAGIC, answer[64];
    static const struct {
        size_t n;
        uint8_t what;
        char first;
    } strange[] = {{36, 1, 'y'}, {38, 1, 'y'}, {64, 1, 'y'}, {1, 1, 'y'}, {37, 0, 'y'}, {37, 4, 'y'}, {37, 1, 'Y'}};
    rig_good(rig, unlock(PASSPHRASE, 60, &rig_err));
    rig_good(rig, yc_holder_folder(&id, 1, false, &folder, &rig_err));
    for (size_t i = 0; i <= sizeof strange / sizeof strange[0]; i++) {
        rig_good(rig, yc_holder_socket(folder, id.name, false, &fd, &rig_err));
        if (i < sizeof strange / sizeof strange[0]) {
            request[0] = (uint8_t)strange[i].first;
            request[4] = strange[i].what;
            memcpy(request + 5, id.seal32, 32);
            assert_int_equal(send(fd, request, strange[i].n, MSG_NOSIGNAL), (ssize_t)strange[i].n);
        }
        assert_true(recv(fd, answer, sizeof answer, 0) <= 0);
        close(fd);
    }
    close(folder);
    assert_true(unlocked());
}

/* Another program in its place can make us fail, but never sign with its key. */
static void anothers_key_is_refused(void **state)
{
    (void)state;
    int folder, listener;
    struct yc_secret key = {0};
    struct yc_error err;
    rig_good(rig, yc_holder_folder(&id, 1, true, &folder, &rig_err));
    rig_good(rig, yc_holder_socket(folder, id.name, true, &listener, &rig_err));
    pid_t child = fork();
    if (child == 0) {
        uint8_t request[YC_HOLDER_REQUEST_BYTES], answer[YC_HOLDER_ANSWER_BYTES];
        memset(answer, 1, sizeof answer);
        int fd = accept(listener, NULL, NULL);
        bool fine = recv(fd, request, sizeof request, 0) > 0 && send(fd, answer, sizeof answer, MSG_NOSIGNAL) > 0;
        _exit(fine ? 0 : 1);
    }
    open_wallet();
    assert_int_equal(yc_holder_key(&id, &rig->wallet, &key, &err), YC_INVALID);
    assert_null(key.p);
    close(listener);
    close(folder);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(hands_out_the_wallets_key),
        T(a_wrong_passphrase_unlocks_nothing),
        T(ends_at_its_time_by_either_clock),
        T(ends_when_the_seal_is_another),
        T(ends_when_its_socket_is_taken_away),
        T(strange_requests_are_not_answered),
        T(anothers_key_is_refused),
        T(ends_when_others_can_enter_its_folder),
        T(another_user_is_told_apart),
    };
    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
