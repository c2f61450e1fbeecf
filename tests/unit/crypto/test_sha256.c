/* SHA-256 against FIPS 180-4's answers, and every kernel of this machine against the portable one. */
#include "base/bytes.h"
#include "base/hex.h"
#include "base/random.h"
#include "crypto/sha256.h"
#include "support/unit.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 8192

static uint8_t bytes[ROOM];
static struct yc_random_seeded random_state;
static struct yc_random random_source;

static void expect_digest(const uint8_t digest[32], const char *hex)
{
    char text[65];
    yc_hex_write(text, digest, 32);
    assert_string_equal(text, hex);
}

static void select_or_fail(const char *name)
{
    struct yc_error err;
    if (yc_sha256_select(name, &err) != YC_VALID)
        fail_msg("%s", err.text);
    if (name)
        assert_string_equal(yc_sha256_selected(), name);
}

/* Run a test once with each kernel that this machine has. */
static void with_each_kernel(void (*test)(void))
{
    size_t count, run = 0;
    const struct yc_sha256_kernel *const *kernels = yc_sha256_kernels(&count);
    for (size_t i = 0; i < count; i++) {
        if (!kernels[i]->here())
            continue;
        select_or_fail(kernels[i]->name);
        test();
        run++;
    }
    assert_true(run >= 1);
}

static void check_fips(void)
{
    uint8_t d[32];
    yc_sha256_once(d, NULL, 0);
    expect_digest(d, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    yc_sha256_once(d, "abc", 3);
    expect_digest(d, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    yc_sha256_once(d, two_blocks, strlen(two_blocks));
    expect_digest(d, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    struct yc_sha256 h;
    yc_sha256_init(&h);
    memset(bytes, 'a', 1000);
    for (unsigned i = 0; i < 1000; i++)
        yc_sha256_update(&h, bytes, 1000);
    yc_sha256_final(&h, d);
    expect_digest(d, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void fips_vectors(void **state)
{
    (void)state;
    with_each_kernel(check_fips);
}

/* Digests of the same messages by the portable kernel, to which the others are held. */
static uint8_t expected[301][32];

static void check_lengths(void)
{
    for (size_t n = 0; n <= 300; n++) {
        uint8_t d[32];
        size_t offset = n % 17, cut = n ? yc_random_below(&random_source, n + 1) : 0;
        struct yc_sha256 h;
        yc_sha256_once(d, bytes + offset, n);
        assert_memory_equal(d, expected[n], 32);
        yc_sha256_init(&h);
        yc_sha256_update(&h, bytes + offset, cut);
        yc_sha256_update(&h, bytes + offset + cut, n - cut);
        yc_sha256_final(&h, d);
        assert_memory_equal(d, expected[n], 32);
    }
}

static void every_length_misaligned_and_split(void **state)
{
    (void)state;
    yc_random_fill(&random_source, bytes, sizeof bytes);
    select_or_fail("generic");
    for (size_t n = 0; n <= 300; n++)
        yc_sha256_once(expected[n], bytes + n % 17, n);
    with_each_kernel(check_lengths);
}

static void midstate_continues(void **state)
{
    (void)state;
    size_t count;
    const struct yc_sha256_kernel *const *kernels = yc_sha256_kernels(&count);
    uint8_t whole[32], resumed[32];
    struct yc_sha256 h;
    yc_sha256_once(whole, bytes, 200);
    yc_sha256_init(&h);
    kernels[count - 1]->blocks(h.s, bytes, 2);
    struct yc_sha256 later;
    yc_sha256_init_midstate(&later, h.s, 128);
    yc_sha256_update(&later, bytes + 128, 72);
    yc_sha256_final(&later, resumed);
    assert_memory_equal(whole, resumed, 32);
}

static void check_double(void)
{
    uint8_t d[32];
    yc_sha256d(d, "hello", 5);
    expect_digest(d, "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
    /* The header of Bitcoin's first block. */
    static const char hex[] =
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac7"
        "2c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";
    uint8_t header[80], hash[1][32];
    assert_true(yc_hex_read(header, 80, hex, sizeof hex - 1));
    yc_sha256d_80_batch(hash, header, 80, 1);
    char text[65];
    yc_hex_write_reversed(text, hash[0], 32);
    assert_string_equal(text, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
}

static void double_hash(void **state)
{
    (void)state;
    with_each_kernel(check_double);
}

static void check_fixed_batches(void)
{
    static uint8_t out[69][32];
    for (size_t count = 0; count <= 68; count++) {
        size_t offset = count % 5, stride = 80 + count % 9;
        uint8_t one[32];
        memset(out, 0x77, sizeof out);
        yc_sha256d_64_batch(out, bytes + offset, count);
        for (size_t i = 0; i < count; i++) {
            yc_sha256d(one, bytes + offset + 64 * i, 64);
            assert_memory_equal(out[i], one, 32);
        }
        if (count < 68)
            assert_int_equal(out[count][0], 0x77);
        yc_sha256d_80_batch(out, bytes + offset, stride, count);
        for (size_t i = 0; i < count; i++) {
            yc_sha256d(one, bytes + offset + stride * i, 80);
            assert_memory_equal(out[i], one, 32);
        }
    }
}

static void fixed_batches_equal_one_by_one(void **state)
{
    (void)state;
    yc_random_fill(&random_source, bytes, sizeof bytes);
    with_each_kernel(check_fixed_batches);
}

static void check_merkle_level_in_place(void)
{
    static uint8_t level[64 * 70], out[70][32];
    for (size_t count = 1; count <= 70; count++) {
        memcpy(level, bytes, sizeof level);
        yc_sha256d_64_batch(out, level, count);
        yc_sha256d_64_batch((uint8_t(*)[32])level, level, count);
        assert_memory_equal(level, out, 32 * count);
    }
}

static void a_merkle_level_may_overwrite_itself(void **state)
{
    (void)state;
    with_each_kernel(check_merkle_level_in_place);
}

/* A digest that belongs to each message, whatever its neighbours. */
static void expect_jobs(struct yc_sha256_job *jobs, size_t count)
{
    yc_sha256d_jobs(jobs, count);
    for (size_t i = 0; i < count; i++) {
        uint8_t one[32];
        yc_sha256d(one, jobs[i].in.p, jobs[i].in.n);
        assert_memory_equal(jobs[i].out32, one, 32);
    }
}

static void check_mixed_jobs(void)
{
    static struct yc_sha256_job jobs[200];
    static uint8_t out[200][32];
    for (size_t count = 0; count <= 200; count += count < 80 ? 1 : 20) {
        for (size_t i = 0; i < count; i++) {
            size_t n = yc_random_below(&random_source, i % 7 == 0 ? 2000 : 150);
            const uint8_t *p = bytes + yc_random_below(&random_source, 64);
            jobs[i] = (struct yc_sha256_job){n ? yc_view(p, n) : YC_VIEW_EMPTY, out[i]};
        }
        memset(out, 0, sizeof out);
        expect_jobs(jobs, count);
    }
}

static void mixed_jobs_equal_one_by_one(void **state)
{
    (void)state;
    yc_random_fill(&random_source, bytes, sizeof bytes);
    with_each_kernel(check_mixed_jobs);
}

/* Lengths that fall apart: few long messages among many short ones, and every class of length once. */
static void check_uneven_jobs(void)
{
    static struct yc_sha256_job jobs[300];
    static uint8_t out[300][32];
    for (size_t every = 1; every <= 64; every *= 4) {
        for (size_t i = 0; i < 300; i++)
            jobs[i] = (struct yc_sha256_job){yc_view(bytes, i % every ? 100 : ROOM - i), out[i]};
        expect_jobs(jobs, 300);
    }
    for (size_t i = 0; i < 128; i++)
        jobs[i] = (struct yc_sha256_job){yc_view(bytes + i % 3, 64 * i + i % 64), out[i]};
    expect_jobs(jobs, 128);
}

static void uneven_jobs_equal_one_by_one(void **state)
{
    (void)state;
    with_each_kernel(check_uneven_jobs);
}

/* A wide kernel's own lanes, which the batches leave to the narrow kernel when they are not filled: any count of runs,
 * with any count of blocks each. */
static void check_runs(const struct yc_sha256_kernel *k)
{
    for (size_t count = 1; count <= k->lanes; count++) {
        struct yc_sha256_run runs[YC_SHA256_LANES_MAX];
        uint8_t out[YC_SHA256_LANES_MAX][32], end[YC_SHA256_LANES_MAX][128], want[32];
        size_t lengths[YC_SHA256_LANES_MAX];
        memset(end, 0, sizeof end);
        for (size_t i = 0; i < count; i++) {
            size_t n = lengths[i] = yc_random_below(&random_source, 700), held = n % 64, ends = held < 56 ? 1 : 2;
            memcpy(end[i], bytes + i + n - held, held);
            end[i][held] = 0x80;
            yc_put64be(end[i] + 64 * ends - 8, 8 * n);
            runs[i] = (struct yc_sha256_run){bytes + i, end[i], (uint32_t)(n / 64), (uint32_t)(n / 64 + ends), out[i]};
        }
        k->runs(runs, count);
        for (size_t i = 0; i < count; i++) {
            yc_sha256d(want, bytes + i, lengths[i]);
            assert_memory_equal(out[i], want, 32);
        }
    }
}

static void runs_of_every_count(void **state)
{
    (void)state;
    size_t count;
    const struct yc_sha256_kernel *const *kernels = yc_sha256_kernels(&count);
    select_or_fail("generic");
    for (size_t i = 0; i < count; i++) {
        if (kernels[i]->runs && kernels[i]->here())
            check_runs(kernels[i]);
    }
}

/* And of the same kernel's batches of one size: whole groups, and parts of one. */
static void kernels_own_batches_equal_one_by_one(void **state)
{
    (void)state;
    static uint8_t out[70][32];
    size_t count;
    const struct yc_sha256_kernel *const *kernels = yc_sha256_kernels(&count);
    select_or_fail("generic");
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; kernels[i]->here() && n <= 70; n++) {
            uint8_t one[32];
            kernels[i]->d64(out, bytes + 1, n);
            for (size_t j = 0; j < n; j++) {
                yc_sha256d(one, bytes + 1 + 64 * j, 64);
                assert_memory_equal(out[j], one, 32);
            }
            kernels[i]->d80(out, bytes + 3, 81, n);
            for (size_t j = 0; j < n; j++) {
                yc_sha256d(one, bytes + 3 + 81 * j, 80);
                assert_memory_equal(out[j], one, 32);
            }
        }
    }
}

/* In memory of the exact size, so that AddressSanitizer sees a read past the end. */
static void check_exact_memory(void)
{
    static uint8_t out[40][32];
    for (size_t count = 1; count <= 40; count++) {
        uint8_t *exact = malloc(80 * count), one[32];
        struct yc_sha256_job jobs[40];
        assert_non_null(exact);
        memcpy(exact, bytes, 80 * count);
        yc_sha256d_80_batch(out, exact, 80, count);
        yc_sha256d(one, bytes + 80 * (count - 1), 80);
        assert_memory_equal(out[count - 1], one, 32);
        for (size_t i = 0; i < count; i++)
            jobs[i] = (struct yc_sha256_job){yc_view(exact + 5 * i, 80 * count - 5 * i), out[i]};
        expect_jobs(jobs, count);
        free(exact);
        exact = malloc(64 * count);
        assert_non_null(exact);
        memcpy(exact, bytes, 64 * count);
        yc_sha256d_64_batch(out, exact, count);
        yc_sha256d(one, bytes + 64 * (count - 1), 64);
        assert_memory_equal(out[count - 1], one, 32);
        free(exact);
    }
}

static void nothing_is_read_past_the_end(void **state)
{
    (void)state;
    with_each_kernel(check_exact_memory);
}

static void tagged_hash(void **state)
{
    (void)state;
    uint8_t tag[32], message[64 + 9], want[32], got[32];
    yc_sha256_once(tag, "TapLeaf", 7);
    memcpy(message, tag, 32);
    memcpy(message + 32, tag, 32);
    memcpy(message + 64, "abcdefghi", 9);
    yc_sha256_once(want, message, sizeof message);
    yc_sha256_tagged(got, "TapLeaf", yc_view("abcd", 4), YC_VIEW_EMPTY, yc_view("efghi", 5));
    assert_memory_equal(got, want, 32);
}

static void selection(void **state)
{
    (void)state;
    struct yc_error err;
    select_or_fail("generic");
    assert_int_equal(yc_sha256_select("abacus", &err), YC_INVALID);
    assert_non_null(strstr(err.text, "'abacus'"));
    assert_string_equal(yc_sha256_selected(), "generic");
    size_t count;
    const struct yc_sha256_kernel *const *kernels = yc_sha256_kernels(&count);
    select_or_fail(NULL);
    size_t best = 0;
    while (!kernels[best]->here())
        best++;
    assert_string_equal(yc_sha256_selected(), kernels[best]->name);
}

int main(void)
{
    yc_random_seed(&random_source, &random_state, 256);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fips_vectors),
        cmocka_unit_test(every_length_misaligned_and_split),
        cmocka_unit_test(midstate_continues),
        cmocka_unit_test(double_hash),
        cmocka_unit_test(fixed_batches_equal_one_by_one),
        cmocka_unit_test(a_merkle_level_may_overwrite_itself),
        cmocka_unit_test(mixed_jobs_equal_one_by_one),
        cmocka_unit_test(uneven_jobs_equal_one_by_one),
        cmocka_unit_test(runs_of_every_count),
        cmocka_unit_test(kernels_own_batches_equal_one_by_one),
        cmocka_unit_test(nothing_is_read_past_the_end),
        cmocka_unit_test(tagged_hash),
        cmocka_unit_test(selection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
