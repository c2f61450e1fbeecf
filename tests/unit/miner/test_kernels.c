/* Every kernel that this machine has gives the answers that whole hashes give (catalogue N09: batch edges). */
#include "base/random.h"
#include "crypto/sha256.h"
#include "miner/kernel.h"
#include "support/unit.h"

#define HEADERS 24
#define RANGE   700 /* nonces: more than one turn, 16 times 32, of the widest kernel */

static void random_header(struct yc_header *h, const struct yc_random *r)
{
    uint8_t bytes[YC_HEADER_BYTES];
    yc_random_fill(r, bytes, sizeof bytes);
    yc_header_read(h, bytes);
}

/* The hash's most significant 32 bits, by SHA-256 alone. */
static uint32_t top_of(const struct yc_header *h, uint32_t nonce)
{
    struct yc_header copy = *h;
    uint8_t bytes[YC_HEADER_BYTES], hash[32];
    copy.nonce = nonce;
    yc_header_write(&copy, bytes);
    yc_sha256d(hash, bytes, sizeof bytes);
    return yc_get32le(hash + 28);
}

/* Walk the range as a worker does, from candidate to candidate, and compare each with the model. */
static void walk(const struct yc_miner_kernel *k, const struct yc_header *h, uint32_t first, uint32_t count,
                 uint32_t target_top)
{
    struct yc_u256 target = yc_u256_shl(yc_u256_from(target_top), 224);
    struct yc_nonce_search s;
    yc_nonce_search_init(&s, h, &target);
    assert_int_equal(s.target_top, target_top);
    uint64_t at = first, end = (uint64_t)first + count;
    while (at < end) {
        uint32_t found = 0;
        uint64_t expected = at;
        while (expected < end && top_of(h, (uint32_t)expected) > target_top)
            expected++;
        bool hit = k->search(&s, (uint32_t)at, (uint32_t)(end - at), &found);
        assert_int_equal(hit, expected < end);
        if (!hit)
            return;
        assert_int_equal(found, expected);
        at = expected + 1;
    }
}

static void each_kernel(void (*test)(const struct yc_miner_kernel *k, const struct yc_random *r))
{
    size_t count, tested = 0;
    const struct yc_miner_kernel *const *k = yc_miner_kernels(&count);
    for (size_t i = 0; i < count; i++) {
        struct yc_random_seeded state;
        struct yc_random r;
        if (!k[i]->here())
            continue;
        yc_random_seed(&r, &state, 1);
        print_message("%s\n", k[i]->name);
        test(k[i], &r);
        tested++;
    }
    assert_true(tested >= 1);
}

static void check_random_headers(const struct yc_miner_kernel *k, const struct yc_random *r)
{
    static const uint32_t targets[] = {0x7fffffff, 0x0fffffff, 0x01ffffff, 0xffffffff, 0};
    for (size_t i = 0; i < HEADERS; i++) {
        struct yc_header h;
        random_header(&h, r);
        for (size_t t = 0; t < sizeof targets / sizeof targets[0]; t++)
            walk(k, &h, (uint32_t)yc_random_below(r, UINT32_MAX - RANGE), RANGE, targets[t]);
    }
}

static void random_headers(void **state)
{
    (void)state;
    each_kernel(check_random_headers);
}

static void check_edges(const struct yc_miner_kernel *k, const struct yc_random *r)
{
    struct yc_header h;
    random_header(&h, r);
    for (uint32_t count = 1; count <= 40; count++) {
        walk(k, &h, 0, count, 0x1fffffff);
        walk(k, &h, UINT32_MAX - count + 1, count, 0x1fffffff); /* the last nonce of all is tried, and no wrap */
        walk(k, &h, 0x7fffffff - count / 2, count, 0x1fffffff);
    }
}

static void ranges_at_the_edges(void **state)
{
    (void)state;
    each_kernel(check_edges);
}

/* The top word is compared unsigned and includes its limit. */
static void check_limit(const struct yc_miner_kernel *k, const struct yc_random *r)
{
    for (size_t i = 0; i < HEADERS; i++) {
        struct yc_header h;
        random_header(&h, r);
        uint32_t top = top_of(&h, 7);
        walk(k, &h, 7, 1, top);
        if (top > 0)
            walk(k, &h, 7, 1, top - 1);
    }
}

static void limit_is_included(void **state)
{
    (void)state;
    each_kernel(check_limit);
}

static void check_self_test(const struct yc_miner_kernel *k, const struct yc_random *r)
{
    struct yc_error err;
    (void)r;
    assert_int_equal(yc_miner_kernel_check(k, &err), YC_VALID);
}

static void self_tests_pass(void **state)
{
    (void)state;
    each_kernel(check_self_test);
}

static bool always(void)
{
    return true;
}
static bool finds_nothing(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found)
{
    (void)s, (void)first, (void)count, (void)found;
    return false;
}
static bool finds_first(const struct yc_nonce_search *s, uint32_t first, uint32_t count, uint32_t *found)
{
    (void)s, (void)count;
    *found = first;
    return true;
}

static void self_test_catches_wrong_kernels(void **state)
{
    const struct yc_miner_kernel blind = {"blind", always, finds_nothing}, hasty = {"hasty", always, finds_first};
    struct yc_error err;
    (void)state;
    assert_int_equal(yc_miner_kernel_check(&blind, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
    assert_non_null(strstr(err.text, "blind"));
    assert_int_equal(yc_miner_kernel_check(&hasty, &err), YC_SYSTEM);
}

static void unknown_kernel_lists_those_here(void **state)
{
    const struct yc_miner_kernel *k;
    struct yc_error err;
    (void)state;
    assert_int_equal(yc_miner_kernel_named(&k, "abacus", &err), YC_INVALID);
    assert_non_null(strstr(err.text, "abacus"));
    assert_non_null(strstr(err.text, "generic"));
    assert_int_equal(yc_miner_kernel_named(&k, "generic", &err), YC_VALID);
    assert_string_equal(k->name, "generic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_headers),
        cmocka_unit_test(ranges_at_the_edges),
        cmocka_unit_test(limit_is_included),
        cmocka_unit_test(self_tests_pass),
        cmocka_unit_test(self_test_catches_wrong_kernels),
        cmocka_unit_test(unknown_kernel_lists_those_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
