/* Secrets under a passphrase: catalogue W08 (altered bytes never open), W31 (cost of a guess). */
#include "crypto/hash.h"
#include "keys/seal.h"
#include "sys/clock.h"
#include "unit/keys/keys.h"

static const struct yc_seal_cost cheap = {YC_SEAL_LOG2_N_MIN, 1, 1};
static const uint8_t secret[] = "sixteen bytes!!!sixteen bytes!!!";

static struct yc_random random_source;
static struct yc_random_seeded seeded;

static int init(void **state)
{
    (void)state;
    yc_random_seed(&random_source, &seeded, 31);
    return 0;
}

static void close_cheap(uint8_t *out)
{
    assert_int_equal(yc_seal_close(out, yc_view(secret, sizeof secret), yc_view_text("correct horse"),
                                   yc_view_text("seed"), cheap, &random_source, NULL),
                     YC_VALID);
}

static enum yc_verdict open_with(uint8_t *out, struct yc_view sealed, const char *passphrase, const char *about,
                                 struct yc_error *err)
{
    return yc_seal_open(out, sealed, yc_view_text(passphrase), yc_view_text(about), err);
}

static void opens_again(void **state)
{
    (void)state;
    uint8_t sealed[sizeof secret + YC_SEAL_OVERHEAD], second[sizeof sealed], out[sizeof secret];
    close_cheap(sealed);
    close_cheap(second);
    assert_memory_not_equal(sealed, second, sizeof sealed);
    assert_int_equal(open_with(out, yc_view(sealed, sizeof sealed), "correct horse", "seed", NULL), YC_VALID);
    assert_memory_equal(out, secret, sizeof secret);
    for (size_t i = 0; i + 8 <= sizeof sealed; i++)
        assert_memory_not_equal(sealed + i, secret, 8);
}

static void wrong_passphrase_or_purpose(void **state)
{
    (void)state;
    static const uint8_t zeros[sizeof secret];
    uint8_t sealed[sizeof secret + YC_SEAL_OVERHEAD], out[sizeof secret];
    static const char *const tries[][2] = {{"correct hors", "seed"},
                                           {"correct horse ", "seed"},
                                           {"", "seed"},
                                           {"correct horse", "seeds"},
                                           {"correct horse", ""}};
    close_cheap(sealed);
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct yc_error err;
        memset(out, 1, sizeof out);
        assert_int_equal(open_with(out, yc_view(sealed, sizeof sealed), tries[i][0], tries[i][1], &err), YC_INVALID);
        assert_non_null(strstr(err.text, "the passphrase is wrong, or the sealed secret was altered"));
        assert_memory_equal(out, zeros, sizeof out);
    }
}

/* Every byte changed in turn; every length cut. */
static void altered_bytes_never_open(void **state)
{
    (void)state;
    uint8_t sealed[sizeof secret + YC_SEAL_OVERHEAD], out[sizeof secret];
    close_cheap(sealed);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 0x40;
        assert_int_equal(open_with(out, yc_view(sealed, sizeof sealed), "correct horse", "seed", NULL), YC_INVALID);
        sealed[i] ^= 0x40;
    }
    for (size_t n = 0; n < sizeof sealed; n++)
        assert_int_equal(open_with(out, yc_view(sealed, n), "correct horse", "seed", NULL), YC_INVALID);
}

static void costs_out_of_range(void **state)
{
    (void)state;
    static const struct yc_seal_cost bad[] = {{13, 8, 1}, {23, 8, 1},  {17, 0, 1}, {17, 33, 1},
                                              {17, 8, 0}, {17, 8, 17}, {21, 8, 1}, {0, 0, 0}};
    uint8_t sealed[sizeof secret + YC_SEAL_OVERHEAD], out[sizeof secret];
    struct yc_error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(yc_seal_close(sealed, yc_view(secret, sizeof secret), yc_view_text("x"), YC_VIEW_EMPTY, bad[i],
                                       &random_source, &err),
                         YC_INVALID);
        close_cheap(sealed);
        sealed[1] = bad[i].log2_n;
        sealed[2] = bad[i].r;
        sealed[3] = bad[i].p;
        assert_int_equal(open_with(out, yc_view(sealed, sizeof sealed), "correct horse", "seed", &err), YC_INVALID);
        assert_non_null(strstr(err.text, "out of range"));
    }
    assert_int_equal(yc_seal_close(sealed, yc_view(secret, sizeof secret), YC_VIEW_EMPTY, YC_VIEW_EMPTY, cheap,
                                   &random_source, &err),
                     YC_INVALID);
}

/* A clock on which each reading is so many microseconds later than the one before. */
struct slow_clock {
    int64_t now_us, step_us;
};

static int64_t slow_clock_read(void *ctx)
{
    struct slow_clock *c = ctx;
    return c->now_us += c->step_us;
}

/* W31: at least 0.3 s by the clock, never below N = 2^17; where memory is at its bound, more passes. */
static void a_guess_costs_enough(void **state)
{
    (void)state;
    struct slow_clock slow = {0, 300000};
    struct yc_clock clock = {slow_clock_read, slow_clock_read, &slow};
    struct yc_seal_cost cost;
    assert_int_equal(yc_seal_measure(&cost, &clock, NULL), YC_VALID);
    assert_int_equal(cost.log2_n, 17);
    assert_int_equal(cost.r, 8);
    assert_int_equal(cost.p, 1);
    struct yc_clock_real real_clock;
    yc_clock_real_init(&real_clock);
    const struct yc_clock *real = &real_clock.clock;
    assert_int_equal(yc_seal_measure(&cost, real, NULL), YC_VALID);
    assert_true(cost.log2_n >= 17);
    uint8_t sealed[sizeof secret + YC_SEAL_OVERHEAD];
    int64_t start = yc_mono_us(real);
    assert_int_equal(yc_seal_close(sealed, yc_view(secret, sizeof secret), yc_view_text("x"), YC_VIEW_EMPTY, cost,
                                   &random_source, NULL),
                     YC_VALID);
    /* Measured on the same machine a moment ago; half leaves room for a clock rate that went up in between. */
    assert_true(yc_mono_us(real) - start >= 150000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_again),
        cmocka_unit_test(wrong_passphrase_or_purpose),
        cmocka_unit_test(altered_bytes_never_open),
        cmocka_unit_test(costs_out_of_range),
        cmocka_unit_test(a_guess_costs_enough),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
