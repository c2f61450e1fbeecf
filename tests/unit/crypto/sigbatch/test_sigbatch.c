/* The engine's interface: modes, batches of every size, the sample that is checked again, and what happens when lanes and
 * libsecp256k1 differ. */
#include "crypto/sigbatch/engine.h"
#include "support/heap.h"
#include "unit/crypto/sigbatch/checks.h"
#include "unit/crypto/sigbatch/plain_lanes.h"

#define CHECKS 200

static struct check checks[CHECKS];
static struct yc_sig_task tasks[CHECKS];

/* Mixed kinds; every seventh is bad. */
static bool is_good(size_t i)
{
    return i % 7 != 3;
}

static int make_checks(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (size_t i = 0; i < CHECKS; i++) {
        if (i % 3 == 0)
            check_bip340(&checks[i], &seed);
        else
            check_ecdsa(&checks[i], &seed, i % 3 == 1);
        checks[i].msg32[i % 32] ^= !is_good(i);
        tasks[i] = check_task(&checks[i]);
    }
    return 0;
}

/* Lanes are good at everything. */
static void lying_lanes(struct yc_lane_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0xff;
}

/* Lanes that know nothing. */
static void silent_lanes(struct yc_lane_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0;
}

static struct yc_sigbatch *new_batch(const struct yc_sigengine *engine, struct test_heap *heap, uint64_t seed)
{
    struct yc_sigbatch *b = NULL;
    struct yc_error err;
    test_heap_init(heap);
    assert_int_equal(yc_sigbatch_new(&b, engine, seed, &heap->alloc, &err), YC_VALID);
    return b;
}

static void assert_checks(const struct yc_sigengine *engine)
{
    struct test_heap heap;
    struct yc_sigbatch *b = new_batch(engine, &heap, 1);
    struct yc_sigbatch_mismatch mismatch;
    struct yc_error err;
    bool good[CHECKS + 1];
    static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 63, 64, 65, 128, 129, CHECKS};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        size_t n = sizes[k], first = k % 5;
        n -= n + first > CHECKS ? first : 0;
        memset(good, 2, sizeof good);
        assert_int_equal(yc_sigbatch_check(b, tasks + first, n, good, &mismatch, &err), YC_VALID);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(good[i], is_good(first + i));
        uint8_t untouched;
        memcpy(&untouched, good + n, 1);
        assert_int_equal(untouched, 2);
    }
    yc_sigbatch_free(b);
    assert_int_equal(heap.live_bytes, 0);
}

static void modes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum yc_sig_mode mode;
    } rows[] = {{"auto", YC_SIG_MODE_AUTO},
                {"scalar", YC_SIG_MODE_SCALAR},
                {"lanes", YC_SIG_MODE_LANES},
                {"both", YC_SIG_MODE_BOTH}};
    enum yc_sig_mode mode;
    assert_false(yc_sig_mode_from_name(&mode, "fast"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yc_sigengine engine;
        struct yc_error err;
        const char *why = "";
        assert_true(yc_sig_mode_from_name(&mode, rows[i].name));
        assert_int_equal(mode, rows[i].mode);
        enum yc_verdict verdict = yc_sigengine_init(&engine, mode, 16, &why, &err);
        if (verdict == YC_INVALID) { /* no lanes here: then they may not be asked for by name */
            assert_true(mode == YC_SIG_MODE_LANES || mode == YC_SIG_MODE_BOTH);
            assert_non_null(strstr(err.text, "-sigengine=auto"));
        } else {
            assert_int_equal(verdict, YC_VALID);
            assert_int_equal(why == NULL, engine.lanes != NULL);
            assert_true(!why || !strstr(why, "wrong answers"));
            assert_true(engine.mode != YC_SIG_MODE_AUTO);
            if (mode != YC_SIG_MODE_AUTO)
                assert_int_equal(engine.mode, mode);
        }
        assert_checks(&engine); /* also after a refusal: it is then the scalar engine */
    }
}

static void shares_as_text(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",     "1",    "1/",   "1/0", "1/01", "2/3", "1/4294967296", "1/99999999999999999999999",
        "1/2 ", " 1/2", "-1/2", "00",  "1/2x"};
    uint32_t one_in = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(yc_sig_check_from_text(&one_in, wrong[i]));
    assert_int_equal(one_in, 7);
    assert_true(yc_sig_check_from_text(&one_in, "0") && one_in == 0);
    assert_true(yc_sig_check_from_text(&one_in, "1/1") && one_in == 1);
    assert_true(yc_sig_check_from_text(&one_in, "1/256") && one_in == YC_SIG_CHECK_ONE_IN);
    assert_true(yc_sig_check_from_text(&one_in, "1/4294967295") && one_in == UINT32_MAX);
}

static void any_lanes_give_the_verdicts_of_libsecp256k1(void **state)
{
    (void)state;
    assert_checks(&(struct yc_sigengine){YC_SIG_MODE_LANES, 256, plain_lanes, "plain", 2});
    assert_checks(&(struct yc_sigengine){YC_SIG_MODE_BOTH, 0, plain_lanes, "plain", 2});
    assert_checks(&(struct yc_sigengine){YC_SIG_MODE_LANES, 256, silent_lanes, "silent", 2});
}

/* Of every N that lanes accept one is checked again, at a place that the seed decides. */
static void one_in_n_is_checked_again(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_sigbatch_mismatch mismatch;
    struct yc_error err;
    bool good[CHECKS];
    const struct yc_sigengine engine = {YC_SIG_MODE_LANES, 10, plain_lanes, "plain", 2};
    struct yc_sigbatch *b = new_batch(&engine, &heap, 7);
    assert_int_equal(yc_sigbatch_check(b, tasks, CHECKS, good, &mismatch, &err), YC_VALID);
    const struct yc_sigbatch_counts *counts = yc_sigbatch_counts(b);
    assert_int_equal(counts->tasks, CHECKS);
    assert_int_equal(counts->lanes, 171);
    assert_int_equal(counts->scalar, CHECKS - 171);
    assert_int_equal(counts->rescued, 0);
    assert_in_range(counts->repeated, 17, 18);
    yc_sigbatch_free(b);
}

/* For one alone the lanes are slower than libsecp256k1; only "both" asks them. */
static void a_single_one_is_not_for_lanes(void **state)
{
    (void)state;
    static const enum yc_sig_mode modes[] = {YC_SIG_MODE_LANES, YC_SIG_MODE_BOTH};
    for (size_t i = 0; i < 2; i++) {
        struct test_heap heap;
        struct yc_sigbatch_mismatch mismatch;
        struct yc_error err;
        bool good[2];
        const struct yc_sigengine engine = {modes[i], 0, plain_lanes, "plain", 2};
        struct yc_sigbatch *b = new_batch(&engine, &heap, 7);
        assert_int_equal(yc_sigbatch_check(b, tasks, 1, good, &mismatch, &err), YC_VALID);
        assert_true(good[0]);
        assert_int_equal(yc_sigbatch_counts(b)->lanes, i);
        assert_int_equal(yc_sigbatch_check(b, tasks, 2, good, &mismatch, &err), YC_VALID);
        assert_int_equal(yc_sigbatch_counts(b)->lanes, i + 2);
        yc_sigbatch_free(b);
    }
}

static void a_lie_is_found_with_its_evidence(void **state)
{
    (void)state;
    unsigned at_once = 0;
    for (uint64_t seed = 0; seed < 64; seed++) {
        struct test_heap heap;
        struct yc_sigbatch_mismatch m;
        struct yc_error err;
        bool good[CHECKS];
        struct yc_sig_task bad[16];
        const struct yc_sigengine engine = {YC_SIG_MODE_LANES, 16, lying_lanes, "lying", 2};
        struct yc_sigbatch *b = new_batch(&engine, &heap, seed);
        for (size_t i = 0; i < 16; i++)
            bad[i] = tasks[3 + 7 * (i % 2)];
        assert_int_equal(yc_sigbatch_check(b, bad, 16, good, &m, &err), YC_SYSTEM);
        assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
        assert_non_null(strstr(err.text, "-sigengine=scalar"));
        assert_in_range(m.index, 0, 15);
        at_once += m.index == 0;
        const struct check *c = &checks[3 + 7 * (m.index % 2)];
        assert_true(m.lanes && !m.libsecp && m.kind == c->kind);
        assert_int_equal(m.pubkey_n, c->pubkey_n);
        assert_memory_equal(m.pubkey, c->pubkey, c->pubkey_n);
        assert_int_equal(m.sig_n, c->sig_n);
        assert_memory_equal(m.sig, c->sig, c->sig_n);
        assert_memory_equal(m.msg32, c->msg32, 32);
        yc_sigbatch_free(b);
        assert_int_equal(heap.live_bytes, 0);
    }
    assert_in_range(at_once, 1, 20); /* not always the same place */
}

static void both_checks_everything(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_sigbatch_mismatch m;
    struct yc_error err;
    bool good[CHECKS];
    const struct yc_sigengine engine = {YC_SIG_MODE_BOTH, 0, lying_lanes, "lying", 2};
    struct yc_sigbatch *b = new_batch(&engine, &heap, 1);
    assert_int_equal(yc_sigbatch_check(b, tasks, CHECKS, good, &m, &err), YC_SYSTEM);
    assert_int_equal(m.index, 3); /* the first bad one */
    yc_sigbatch_free(b);
}

/* Keys and signatures of no bytes at all, and of a megabyte: a verdict each, and of a lie no more evidence than there is room. */
static void lengths_from_nothing_to_a_megabyte(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 66, 520, 10000, 1 << 20};
    static uint8_t long_sig[1 << 20];
    const struct check *c = &checks[1];
    struct yc_sig_task all[4 * sizeof sizes / sizeof sizes[0] + 2];
    bool good[sizeof all / sizeof all[0]];
    size_t n = 0;
    assert_int_equal(c->kind, YC_SIG_KIND_ECDSA);
    memset(long_sig, 0x30, sizeof long_sig);
    memcpy(long_sig, c->sig, c->sig_n);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct yc_view any = sizes[i] ? yc_view(long_sig + 100 * (sizes[i] < 1000), sizes[i]) : YC_VIEW_EMPTY;
        for (unsigned kind = 0; kind < 2; kind++) {
            all[n++] =
                (struct yc_sig_task){kind ? YC_SIG_KIND_BIP340 : YC_SIG_KIND_ECDSA, any, tasks[1].sig, c->msg32, false};
            all[n++] =
                (struct yc_sig_task){kind ? YC_SIG_KIND_BIP340 : YC_SIG_KIND_ECDSA, tasks[1].pubkey,
                                     sizes[i] < 1000 ? any : yc_view(long_sig + 100, sizes[i] - 100), c->msg32, false};
        }
    }
    all[n++] = tasks[1];
    all[n] = tasks[1];
    all[n++].sig = yc_view(long_sig, sizeof long_sig); /* bytes behind the end were never looked at */
    const struct yc_sigengine engines[] = {{YC_SIG_MODE_SCALAR, 0, NULL, "libsecp256k1", 0},
                                           {YC_SIG_MODE_BOTH, 0, plain_lanes, "plain", 2},
                                           {YC_SIG_MODE_LANES, 1, lying_lanes, "lying", 2}};
    for (size_t e = 0; e < 3; e++) {
        struct test_heap heap;
        struct yc_sigbatch_mismatch m;
        struct yc_error err;
        struct yc_sigbatch *b = new_batch(&engines[e], &heap, 1);
        assert_int_equal(yc_sigbatch_check(b, all, n, good, &m, &err), YC_VALID);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(good[i], i >= n - 2);
        yc_sigbatch_free(b);
    }
    /* the long one with another message, which lying lanes accept */
    struct test_heap heap;
    struct yc_sigbatch_mismatch m;
    struct yc_error err;
    struct yc_sigbatch *b = new_batch(&engines[2], &heap, 1);
    all[0] = all[1] = all[n - 1];
    all[0].msg32 = all[1].msg32 = checks[2].msg32;
    assert_int_equal(yc_sigbatch_check(b, all, 2, good, &m, &err), YC_SYSTEM);
    assert_int_equal(m.sig_n, sizeof m.sig);
    assert_memory_equal(m.sig, long_sig, sizeof m.sig);
    yc_sigbatch_free(b);
}

static void no_memory(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_sigbatch *b;
    struct yc_error err;
    const struct yc_sigengine engine = {YC_SIG_MODE_SCALAR, 0, NULL, "libsecp256k1", 0};
    test_heap_init(&heap);
    heap.fail_at = 1;
    assert_int_equal(yc_sigbatch_new(&b, &engine, 1, &heap.alloc, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_MEMORY);
    yc_sigbatch_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes),
        cmocka_unit_test(shares_as_text),
        cmocka_unit_test(any_lanes_give_the_verdicts_of_libsecp256k1),
        cmocka_unit_test(one_in_n_is_checked_again),
        cmocka_unit_test(a_single_one_is_not_for_lanes),
        cmocka_unit_test(a_lie_is_found_with_its_evidence),
        cmocka_unit_test(both_checks_everything),
        cmocka_unit_test(lengths_from_nothing_to_a_megabyte),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, make_checks, NULL);
}
