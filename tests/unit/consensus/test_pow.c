/* Targets, work and difficulty: tables, the published ASERT runs, and Bitcoin's own retargets. */
#include "base/hex.h"
#include "consensus/pow.h"
#include "support/unit.h"

#include <string.h>

#define HEIGHT_MAX 8192

static struct yc_ancestor chain[HEIGHT_MAX];

static struct yc_ancestor chain_at(void *ctx, uint32_t height)
{
    const struct yc_ancestors *a = ctx;
    assert_true(height <= a->height);
    return chain[height];
}

/* Parents 0..height, spaced evenly. */
static void make_chain(struct yc_ancestors *a, uint32_t height, uint32_t time, uint32_t spacing_s, uint32_t bits)
{
    *a = (struct yc_ancestors){height, chain_at, a};
    for (uint32_t h = 0; h <= height; h++)
        chain[h] = (struct yc_ancestor){time + h * spacing_s, bits, 4};
}

static struct yc_chain_params bitcoin_main(void)
{
    struct yc_chain_params p = *yc_chain_builtin("main");
    p.pow.retarget = YC_RETARGET_WINDOW;
    p.pow.window = 2016;
    return p;
}

static void expect_target(uint32_t bits, const char *hex)
{
    struct yc_u256 target;
    uint8_t bytes[32];
    char text[65];
    assert_true(yc_compact_to_target(&target, bits));
    yc_u256_to_be(bytes, target);
    yc_hex_write(text, bytes, 32);
    assert_string_equal(text, hex);
}

/* C17 */
static void compact_forms_that_are_no_target(void **state)
{
    (void)state;
    static const uint32_t bad[] = {
        0x00000000, 0x00123456, 0x01003456, 0x02000056, 0x03000000, 0x04000000, 0x00923456, 0x01803456, /* zero */
        0x01fedcba, 0x04923456, 0x1d80ffff,                                                             /* negative */
        0xff123456, 0x23000001, 0x22000100, 0x21010000,                                                 /* too large */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct yc_u256 target;
        assert_false(yc_compact_to_target(&target, bad[i]));
        assert_true(yc_u256_is_zero(yc_work_of_bits(bad[i])));
        struct yc_block_hash zero = {{0}};
        assert_false(yc_pow_check(&zero, bad[i], yc_chain_builtin("regtest")));
    }
}

static void compact_forms(void **state)
{
    (void)state;
    expect_target(0x01123456, "0000000000000000000000000000000000000000000000000000000000000012");
    expect_target(0x02123456, "0000000000000000000000000000000000000000000000000000000000001234");
    expect_target(0x03123456, "0000000000000000000000000000000000000000000000000000000000123456");
    expect_target(0x04123456, "0000000000000000000000000000000000000000000000000000000012345600");
    expect_target(0x05009234, "0000000000000000000000000000000000000000000000000000000092340000");
    expect_target(0x20123456, "1234560000000000000000000000000000000000000000000000000000000000");
    expect_target(0x1d00ffff, "00000000ffff0000000000000000000000000000000000000000000000000000");
    expect_target(0x207fff7f, "7fff7f0000000000000000000000000000000000000000000000000000000000");
    expect_target(0x2100ffff, "ffff000000000000000000000000000000000000000000000000000000000000");
    expect_target(0x220000ff, "ff00000000000000000000000000000000000000000000000000000000000000");
    expect_target(0x2200007f, "7f00000000000000000000000000000000000000000000000000000000000000");
}

static void compact_forms_are_rounded_down(void **state)
{
    (void)state;
    static const struct {
        uint64_t target;
        uint32_t bits;
    } cases[] = {{0, 0},
                 {0x12, 0x01120000},
                 {0x80, 0x02008000},
                 {0x1234, 0x02123400},
                 {0x123456, 0x03123456},
                 {0x12345678, 0x04123456},
                 {0x92340000, 0x05009234},
                 {0xffffffff, 0x0500ffff}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(yc_compact_from_target(yc_u256_from(cases[i].target)), cases[i].bits);
}

static void compact_round_trip(void **state)
{
    (void)state;
    for (uint32_t size = 1; size <= 32; size++) {
        for (uint32_t mantissa = 0x8000; mantissa < 0x800000; mantissa += 997) {
            struct yc_u256 target;
            uint32_t bits = size << 24 | mantissa;
            if (!yc_compact_to_target(&target, bits))
                continue;
            struct yc_u256 again;
            uint32_t compact = yc_compact_from_target(target);
            assert_true(yc_compact_to_target(&again, compact));
            assert_int_equal(yc_u256_compare(again, target), 0);
            if (size >= 3)
                assert_int_equal(compact, bits);
        }
    }
}

static void work_and_difficulty(void **state)
{
    (void)state;
    assert_int_equal(yc_u256_compare(yc_work_of_bits(0x1d00ffff), yc_u256_from(0x100010001)), 0);
    assert_int_equal(yc_u256_compare(yc_work_of_bits(0x207fffff), yc_u256_from(2)), 0);
    assert_true(yc_difficulty_of_bits(0x1d00ffff) == 1.0);
    assert_true(yc_difficulty_of_bits(0x1b0404cb) > 16307.42 && yc_difficulty_of_bits(0x1b0404cb) < 16307.43);
    assert_true(yc_difficulty_of_bits(0x207fffff) > 4.6565e-10 && yc_difficulty_of_bits(0x207fffff) < 4.6566e-10);
    assert_true(yc_difficulty_of_bits(0) == 0.0);
    /* The least target: 2^256 / 2. */
    assert_int_equal(yc_u256_bits(yc_work_of_bits(0x01010000)), 256);
}

static void work_at_the_target_and_above(void **state)
{
    (void)state;
    const struct yc_chain_params *p = yc_chain_builtin("main");
    struct yc_u256 target;
    struct yc_block_hash hash;
    assert_true(yc_compact_to_target(&target, 0x1d00ffff));
    yc_u256_to_le(hash.b, target);
    assert_true(yc_pow_check(&hash, 0x1d00ffff, p));
    yc_u256_to_le(hash.b, yc_u256_add(target, yc_u256_from(1)));
    assert_false(yc_pow_check(&hash, 0x1d00ffff, p));
    memset(hash.b, 0, 32);
    assert_true(yc_pow_check(&hash, 0x1d00ffff, p));
    assert_false(yc_pow_check(&hash, 0x1d010000, p)); /* over the limit */
}

/* Retargets of Bitcoin's main chain: height, first and last time of the period, bits before and after. */
static void retargets_of_bitcoin(void **state)
{
    (void)state;
    static const struct {
        uint32_t height, first, last, before, after;
    } cases[] = {
        {32255, 1261130161, 1262152739, 0x1d00ffff, 0x1d00d86a},
        {2015, 1231006505, 1233061996, 0x1d00ffff, 0x1d00ffff},  /* held by the limit */
        {68543, 1279008237, 1279297671, 0x1c05a3f4, 0x1c0168fd}, /* held by the factor 4 */
        {46367, 1263163443, 1269211443, 0x1c387f6f, 0x1d00e1fd},
    };
    struct yc_chain_params p = bitcoin_main();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yc_ancestors a;
        make_chain(&a, 2 * 2016 - 1, 1, 1, cases[i].before);
        chain[2016].time = cases[i].first;
        chain[2 * 2016 - 1].time = cases[i].last;
        assert_int_equal(yc_bits_required(&p, &a, 0), cases[i].after);
        assert_true(yc_bits_transition_ok(&p, 2 * 2016, cases[i].before, cases[i].after));
        a.height--;
        assert_int_equal(yc_bits_required(&p, &a, 0), cases[i].before);
    }
}

/* A limit that leaves no room for the product: four times easier is four times easier. */
static void retarget_near_256_bits(void **state)
{
    (void)state;
    struct yc_chain_params p = *yc_chain_builtin("regtest");
    struct yc_ancestors a;
    p.pow.retarget = YC_RETARGET_WINDOW;
    make_chain(&a, 143, 1800000000, 6000, 0x20010000);
    assert_int_equal(yc_bits_required(&p, &a, 0), 0x20040000);
    make_chain(&a, 143, 1800000000, 6000, 0x207fffff);
    assert_int_equal(yc_bits_required(&p, &a, 0), 0x207fffff);
    make_chain(&a, 143, 1800000000, 1, 0x01010000);
    assert_int_equal(yc_bits_required(&p, &a, 0), 0x01010000);
}

/* C18, BIP 94: the base of a retarget is the period's first block, which the minimum-difficulty rule never touches. */
static void bip94_takes_the_first_blocks_bits(void **state)
{
    (void)state;
    struct yc_chain_params p = bitcoin_main();
    struct yc_ancestors a;
    make_chain(&a, 2015, 1800000000, 600, 0x1c00ffff);
    chain[2015].bits = 0x1d00ffff;
    p.pow.min_difficulty_after_s = 1200;
    uint32_t with_last = yc_bits_required(&p, &a, 0);
    p.pow.bip94 = true;
    uint32_t with_first = yc_bits_required(&p, &a, 0);
    assert_int_equal(with_first >> 24, 0x1c);
    assert_true(with_last > with_first);
}

/* C18 */
static void minimum_difficulty_blocks(void **state)
{
    (void)state;
    struct yc_chain_params p = bitcoin_main();
    struct yc_ancestors a;
    make_chain(&a, 3000, 1800000000, 600, 0x1c00ffff);
    p.pow.min_difficulty_after_s = 1200;
    uint32_t last = chain[3000].time;
    assert_int_equal(yc_bits_required(&p, &a, last + 1200), 0x1c00ffff);
    assert_int_equal(yc_bits_required(&p, &a, last + 1201), 0x1d00ffff);
    for (uint32_t h = 2990; h <= 3000; h++)
        chain[h].bits = 0x1d00ffff;
    assert_int_equal(yc_bits_required(&p, &a, last), 0x1c00ffff);
    /* The search for the last real difficulty ends at the period's first block. */
    for (uint32_t h = 2016; h <= 3000; h++)
        chain[h].bits = 0x1d00ffff;
    assert_int_equal(yc_bits_required(&p, &a, last), 0x1d00ffff);
}

/* C19: a parent at the end of 32-bit time. */
static void minimum_difficulty_at_the_end_of_time(void **state)
{
    (void)state;
    struct yc_chain_params p = bitcoin_main();
    struct yc_ancestors a;
    make_chain(&a, 100, 0xffffff00, 1, 0x1c00ffff);
    p.pow.min_difficulty_after_s = 1200;
    assert_int_equal(yc_bits_required(&p, &a, 0xffffffff), 0x1c00ffff);
    assert_int_equal(yc_bits_required(&p, &a, 100), 0x1c00ffff);
}

static void no_retarget_keeps_the_bits(void **state)
{
    (void)state;
    const struct yc_chain_params *p = yc_chain_builtin("regtest");
    struct yc_ancestors a;
    for (uint32_t height = 0; height < 600; height++) {
        make_chain(&a, height, 1800000000, 1, 0x207fffff);
        assert_int_equal(yc_bits_required(p, &a, 1900000000), 0x207fffff);
    }
}

/* The bounds of a transition as Bitcoin has them. */
static void transitions(void **state)
{
    (void)state;
    struct yc_chain_params p = bitcoin_main();
    assert_true(yc_bits_transition_ok(&p, 2016, 0x1c05a3f4, 0x1c0168fd));
    assert_false(yc_bits_transition_ok(&p, 2016, 0x1c05a3f4, 0x1c0168fc));
    assert_true(yc_bits_transition_ok(&p, 2016, 0x1c387f6f, 0x1d00e1fd));
    assert_false(yc_bits_transition_ok(&p, 2016, 0x1c387f6f, 0x1d00e1fe));
    assert_true(yc_bits_transition_ok(&p, 2017, 0x1c387f6f, 0x1c387f6f));
    assert_false(yc_bits_transition_ok(&p, 2017, 0x1c387f6f, 0x1c387f6e));
    assert_false(yc_bits_transition_ok(&p, 2016, 0x1c387f6f, 0x00000000));
    assert_false(yc_bits_transition_ok(&p, 2016, 0x1d00ffff, 0x1d010000));
    p.pow.min_difficulty_after_s = 1200;
    assert_true(yc_bits_transition_ok(&p, 2017, 0x1c387f6f, 0x1d00ffff));
    const struct yc_chain_params *none = yc_chain_builtin("regtest"), *asert = yc_chain_builtin("main");
    assert_true(yc_bits_transition_ok(none, 144, 0x207fffff, 0x207fffff));
    assert_false(yc_bits_transition_ok(none, 144, 0x207fffff, 0x207ffffe));
    assert_true(yc_bits_transition_ok(asert, 5, 0x1c387f6f, 0x1c387f00));
    assert_false(yc_bits_transition_ok(asert, 5, 0x1c387f6f, 0x1d010000));
}

/* Blocks 1 and 2 carry the genesis bits however late block 1 comes; then time counts. */
static void asert_is_anchored_at_block_1(void **state)
{
    (void)state;
    const struct yc_chain_params *p = yc_chain_builtin("main");
    struct yc_ancestors a;
    make_chain(&a, 0, 1800000000, 600, p->genesis.bits);
    assert_int_equal(yc_bits_required(p, &a, 1900000000), p->genesis.bits);
    make_chain(&a, 1, 1800000000, 600, p->genesis.bits);
    chain[1].time = 1900000000;
    assert_int_equal(yc_bits_required(p, &a, 1900000001), p->genesis.bits);
    /* Blocks every second for two half-lives' worth of blocks: the target falls to about a quarter. */
    uint32_t blocks = 2 * 172800 / 600;
    a.height = blocks + 1;
    for (uint32_t h = 2; h <= a.height; h++)
        chain[h] = (struct yc_ancestor){1900000000, p->genesis.bits, 4};
    double difficulty = yc_difficulty_of_bits(yc_bits_required(p, &a, 0));
    assert_true(difficulty > 3.99 && difficulty < 4.01);
}

/* No delay, however long, and no parameters overflow; the target stays between 1 and the limit. */
static void asert_at_the_bounds(void **state)
{
    (void)state;
    struct yc_u256 limit = yc_chain_builtin("regtest")->pow.limit, low;
    uint32_t easiest = yc_compact_from_target(limit);
    assert_int_equal(yc_asert_bits(0x1d00ffff, 0, 1, UINT32_MAX, 1, 1, 1, limit), easiest);
    assert_int_equal(yc_asert_bits(0x1d00ffff, UINT32_MAX, 1, 0, UINT32_MAX, UINT32_MAX, 1, limit), 0x01010000);
    assert_int_equal(yc_asert_bits(0x1d00ffff, 0, 0, INT64_MAX / 2, UINT32_MAX, UINT32_MAX, UINT32_MAX, limit),
                     0x01010000);
    assert_int_equal(yc_asert_bits(easiest, 0, 1, 600, 1, 600, 3600, limit), easiest);
    assert_int_equal(yc_asert_bits(easiest, 0, 1, 601, 1, 600, 3600, limit), easiest);
    /* Forty half-lives late: the target would need 264 bits. */
    assert_int_equal(yc_asert_bits(0x1d00ffff, 0, 1, 41, 1, 1, 1, limit), easiest);
    /* Half a half-life early: about 0.7 of the limit, although the product would not fit 256 bits. */
    uint32_t bits = yc_asert_bits(easiest, 0, 1, 600 - 1800, 1, 600, 3600, limit);
    assert_true(yc_compact_to_target(&low, bits));
    double ratio = yc_u256_to_double(low) / yc_u256_to_double(limit);
    assert_true(ratio > 0.7070 && ratio < 0.7072);
}

/* The exact product decides: a target of 257 bits is over any limit, and 240 bits leave no room for a factor of 17. */
static void products_at_256_bits(void **state)
{
    (void)state;
    struct yc_chain_params p = *yc_chain_builtin("regtest");
    struct yc_ancestors a;
    uint32_t easiest = yc_compact_from_target(p.pow.limit);
    p.pow.retarget = YC_RETARGET_WINDOW;
    make_chain(&a, 143, 1800000000, 600, 0x21008000);
    chain[143].time = chain[0].time + 2 * 144 * 600;
    assert_int_equal(yc_bits_required(&p, &a, 0), easiest);
    /* One of 256 bits may be under a limit of so many. */
    chain[143].time = chain[0].time + 144 * 600;
    memset(&p.pow.limit, 0xff, sizeof p.pow.limit);
    assert_int_equal(yc_bits_required(&p, &a, 0), 0x21008000);
    p.pow.limit = yc_chain_builtin("regtest")->pow.limit;
    assert_int_equal(yc_asert_bits(0x1d008000, 0, 1, 34, 1, 1, 1, p.pow.limit), easiest);
    assert_int_equal(yc_asert_bits(0x1d008000, 0, 1, 32, 1, 1, 1, p.pow.limit), 0x20400000);
    assert_int_equal(yc_asert_bits(0x1f00ffff, 0, 1, 65536, 1, 1, 65536, p.pow.limit), 0x1f01fffd);
}

/* Bits that are no target stand for nothing: the least target after a window, the limit under ASERT. */
static void parents_whose_bits_are_no_target(void **state)
{
    (void)state;
    struct yc_chain_params p = bitcoin_main();
    struct yc_ancestors a;
    make_chain(&a, 2 * 2016 - 1, 1800000000, 600, 0x1d80ffff);
    assert_int_equal(yc_bits_required(&p, &a, 0), 0x01010000);
    assert_int_equal(yc_asert_bits(0x1d80ffff, 0, 1, 1, 1, 1, 1, p.pow.limit), 0x1d00ffff);
    assert_true(yc_bits_transition_ok(&p, 2016, 0x1d80ffff, 0x01010000));
    assert_false(yc_bits_transition_ok(&p, 2016, 0x1d80ffff, 0x01020000));
}

/* Delays of a quarter of all time, either way. */
static void asert_at_the_ends_of_time(void **state)
{
    (void)state;
    struct yc_u256 limit = yc_chain_builtin("main")->pow.limit;
    assert_int_equal(yc_asert_bits(0x1c00ffff, 0, 1, INT64_MAX / 2, 1, 1, INT32_MAX, limit), 0x1d00ffff);
    assert_int_equal(yc_asert_bits(0x1c00ffff, 0, 1, -(INT64_MAX / 2), 1, 1, INT32_MAX, limit), 0x01010000);
}

/* Work is exact: 2^256 / (target + 1) for small targets. */
static void work_of_small_targets(void **state)
{
    (void)state;
    struct yc_u256 half = yc_u256_shl(yc_u256_from(1), 255);
    assert_int_equal(yc_u256_compare(yc_work_of_bits(0x01010000), half), 0);
    assert_int_equal(yc_u256_compare(yc_work_of_bits(0x01030000), yc_u256_shr(half, 1)), 0);
    assert_int_equal(yc_u256_compare(yc_work_of_bits(0x01070000), yc_u256_shr(half, 2)), 0);
}

/* Behind easy blocks: the period's first block counts, whatever it is, and so does the genesis block. */
static void minimum_difficulty_at_the_start_of_a_period(void **state)
{
    (void)state;
    struct yc_chain_params p = bitcoin_main();
    struct yc_ancestors a;
    p.pow.min_difficulty_after_s = 1200;
    make_chain(&a, 2020, 1800000000, 600, 0x1d00ffff);
    chain[2016].bits = 0x1c00ffff;
    assert_int_equal(yc_bits_required(&p, &a, chain[2020].time), 0x1c00ffff);
    chain[2016].bits = 0x1d00ffff;
    chain[2015].bits = 0x1c00ffff;
    assert_int_equal(yc_bits_required(&p, &a, chain[2020].time), 0x1d00ffff);
    make_chain(&a, 3, 1800000000, 600, 0x1d00ffff);
    assert_int_equal(yc_bits_required(&p, &a, chain[3].time), 0x1d00ffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compact_forms_that_are_no_target),
        cmocka_unit_test(compact_forms),
        cmocka_unit_test(compact_forms_are_rounded_down),
        cmocka_unit_test(compact_round_trip),
        cmocka_unit_test(work_and_difficulty),
        cmocka_unit_test(work_at_the_target_and_above),
        cmocka_unit_test(retargets_of_bitcoin),
        cmocka_unit_test(retarget_near_256_bits),
        cmocka_unit_test(bip94_takes_the_first_blocks_bits),
        cmocka_unit_test(minimum_difficulty_blocks),
        cmocka_unit_test(minimum_difficulty_at_the_end_of_time),
        cmocka_unit_test(no_retarget_keeps_the_bits),
        cmocka_unit_test(transitions),
        cmocka_unit_test(asert_is_anchored_at_block_1),
        cmocka_unit_test(asert_at_the_bounds),
        cmocka_unit_test(products_at_256_bits),
        cmocka_unit_test(parents_whose_bits_are_no_target),
        cmocka_unit_test(asert_at_the_ends_of_time),
        cmocka_unit_test(work_of_small_targets),
        cmocka_unit_test(minimum_difficulty_at_the_start_of_a_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
