/* Headers: their bytes, and every rule about one whose parent is known. */
#include "base/hex.h"
#include "consensus/pow.h"
#include "support/unit.h"

#include <string.h>

#define HEIGHT_MAX 8192
#define START_TIME 1800000000u

static struct yc_ancestor chain[HEIGHT_MAX];
static struct yc_ancestors ancestors;
static struct yc_chain_params params;
static struct yc_header header;
static struct yc_reject why;
static int64_t now_s;

static struct yc_ancestor chain_at(void *ctx, uint32_t height)
{
    (void)ctx;
    assert_true(height <= ancestors.height);
    return chain[height];
}

/* Parents 0..height, ten minutes apart, and a good header after them. */
static void make_chain(uint32_t height)
{
    ancestors = (struct yc_ancestors){height, chain_at, NULL};
    for (uint32_t h = 0; h <= height; h++)
        chain[h] = (struct yc_ancestor){START_TIME + 600 * h, params.genesis.bits, 4};
    header = (struct yc_header){
        .version = 4, .time = START_TIME + 600 * (height + 1), .bits = params.genesis.bits, .nonce = 0};
    now_s = header.time;
}

static int set_up(void **state)
{
    (void)state;
    params = *yc_chain_builtin("regtest");
    make_chain(200);
    return 0;
}

static enum yc_verdict judge(void)
{
    struct yc_block_hash hash;
    memset(&why, 0, sizeof why);
    for (header.nonce = 0;; header.nonce++) {
        hash = yc_header_hash(&header);
        if (yc_pow_check(&hash, params.genesis.bits, &params))
            return yc_header_accept(&header, &hash, &params, &ancestors, now_s, &why);
    }
}

static void expect(enum yc_rej code)
{
    enum yc_verdict verdict = judge();
    assert_string_equal(yc_reject_string(why.code), yc_reject_string(code));
    assert_int_equal(verdict, yc_reject_verdict(code));
}

static void bytes_and_hash(void **state)
{
    (void)state;
    static const char hex[] = "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b2"
                              "7ac72c3e67768f617fc81bc3"
                              "888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";
    uint8_t bytes[80], again[80];
    char text[65];
    struct yc_header h;
    assert_true(yc_hex_read(bytes, 80, hex, 160));
    yc_header_read(&h, bytes);
    assert_int_equal(h.version, 1);
    assert_int_equal(h.time, 1231006505);
    assert_int_equal(h.bits, 0x1d00ffff);
    assert_int_equal(h.nonce, 2083236893);
    yc_header_write(&h, again);
    assert_memory_equal(bytes, again, 80);
    struct yc_block_hash hash = yc_header_hash(&h);
    yc_hex_write_reversed(text, hash.b, 32);
    assert_string_equal(text, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
}

static void good_header(void **state)
{
    (void)state;
    expect(YC_REJ_NONE);
}

static void missing_work(void **state)
{
    (void)state;
    struct yc_block_hash hash;
    memset(hash.b, 0xff, 32);
    assert_int_equal(yc_header_accept(&header, &hash, &params, &ancestors, now_s, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_HEADER_HIGH_HASH);
}

static void bits_of_another_difficulty(void **state)
{
    (void)state;
    struct yc_block_hash zero = {{0}};
    header.bits = 0x207ffffe;
    assert_int_equal(yc_header_accept(&header, &zero, &params, &ancestors, now_s, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_HEADER_BAD_DIFFBITS);
    header.bits = 0; /* C17 */
    assert_int_equal(yc_header_accept(&header, &zero, &params, &ancestors, now_s, &why), YC_INVALID);
    assert_int_equal(why.code, YC_REJ_HEADER_HIGH_HASH);
}

static void median_time_past(void **state)
{
    (void)state;
    /* Of 1..11 blocks, in any order. */
    make_chain(10);
    static const uint32_t times[11] = {50, 20, 90, 10, 70, 30, 110, 40, 60, 80, 100};
    for (uint32_t h = 0; h < 11; h++)
        chain[h].time = times[h];
    for (uint32_t h = 0; h < 11; h++) {
        uint32_t sorted[11], n = 0;
        for (uint32_t k = 0; k <= h; k++) {
            uint32_t i = n++;
            for (; i && sorted[i - 1] > times[k]; i--)
                sorted[i] = sorted[i - 1];
            sorted[i] = times[k];
        }
        assert_int_equal(yc_median_time_past_at(&ancestors, h), sorted[n / 2]);
    }
    assert_int_equal(yc_median_time_past(&ancestors), 60);
    make_chain(200);
    assert_int_equal(yc_median_time_past(&ancestors), chain[195].time);
}

/* BIP 113 */
static void time_must_pass_the_median(void **state)
{
    (void)state;
    header.time = (uint32_t)yc_median_time_past(&ancestors);
    expect(YC_REJ_HEADER_TIME_TOO_OLD);
    header.time++;
    expect(YC_REJ_NONE);
    assert_int_equal(yc_time_min(&params, &ancestors), header.time);
}

static void time_ahead_of_our_clock(void **state)
{
    (void)state;
    header.time = (uint32_t)(now_s + 7200);
    expect(YC_REJ_NONE);
    header.time++;
    expect(YC_REJ_HEADER_TIME_TOO_NEW);
    assert_int_equal(yc_reject_verdict(YC_REJ_HEADER_TIME_TOO_NEW), YC_NOT_YET);
}

/* C19: nothing wraps at either end of 32-bit time, whatever our clock says. */
static void ends_of_time(void **state)
{
    (void)state;
    header.time = UINT32_MAX;
    now_s = 0;
    expect(YC_REJ_HEADER_TIME_TOO_NEW);
    now_s = (int64_t)UINT32_MAX - 7200;
    expect(YC_REJ_NONE);
    now_s--;
    expect(YC_REJ_HEADER_TIME_TOO_NEW);
    now_s = INT64_MAX;
    expect(YC_REJ_NONE);
    now_s = INT64_MIN + 7200;
    expect(YC_REJ_HEADER_TIME_TOO_NEW);
    for (uint32_t h = 0; h <= 200; h++)
        chain[h].time = UINT32_MAX;
    now_s = INT64_C(0x1ffffffff);
    expect(YC_REJ_HEADER_TIME_TOO_OLD);
    for (uint32_t h = 0; h <= 200; h++)
        chain[h].time = 0;
    header.time = 1;
    expect(YC_REJ_NONE);
}

/* C15, BIP 54: the first block of a period, up to two hours before its parent. */
static void timewarp_bip54(void **state)
{
    (void)state;
    make_chain(143);
    chain[143].time += 100000;
    now_s += 1000000;
    header.time = chain[143].time - 7200;
    expect(YC_REJ_NONE);
    assert_int_equal(yc_time_min(&params, &ancestors), header.time);
    header.time--;
    expect(YC_REJ_HEADER_TIMEWARP);
    params.rules.bip54 = 145;
    expect(YC_REJ_NONE);
    params.rules.bip54 = 144;
    expect(YC_REJ_HEADER_TIMEWARP);
    ancestors.height = 142;
    chain[142].time += 100000;
    expect(YC_REJ_NONE);
}

/* BIP 94: ten minutes. */
static void timewarp_bip94(void **state)
{
    (void)state;
    params.rules.bip54 = YC_NEVER;
    params.pow.bip94 = true;
    make_chain(143);
    chain[143].time += 100000;
    now_s += 1000000;
    header.time = chain[143].time - 600;
    expect(YC_REJ_NONE);
    assert_int_equal(yc_time_min(&params, &ancestors), header.time);
    header.time--;
    expect(YC_REJ_HEADER_TIMEWARP);
}

/* C16, BIP 54: the last block of a period is not earlier than its first. */
static void murch_zawy(void **state)
{
    (void)state;
    make_chain(142);
    chain[0].time = START_TIME + 200000;
    now_s += 1000000;
    header.time = chain[0].time;
    expect(YC_REJ_NONE);
    assert_int_equal(yc_time_min(&params, &ancestors), header.time);
    header.time--;
    expect(YC_REJ_HEADER_MURCH_ZAWY);
    params.rules.bip54 = YC_NEVER;
    expect(YC_REJ_NONE);
}

/* Chains whose parameters name no period have BIP 54's own. */
static void period_without_a_window(void **state)
{
    (void)state;
    params.pow.window = 0;
    make_chain(2015);
    chain[2015].time += 100000;
    now_s += 1000000;
    header.time = chain[2015].time - 7201;
    expect(YC_REJ_HEADER_TIMEWARP);
}

/* BIP 34, 66, 65; versions are signed here. */
static void retired_versions(void **state)
{
    (void)state;
    static const struct {
        uint32_t version, bip34, bip66, bip65;
        bool good;
    } cases[] = {
        {1, 1, YC_NEVER, YC_NEVER, false},
        {2, 1, YC_NEVER, YC_NEVER, true},
        {2, 1, 201, YC_NEVER, false},
        {2, 1, 202, YC_NEVER, true},
        {3, 1, 201, YC_NEVER, true},
        {3, 1, 1, 201, false},
        {3, 1, 1, 202, true},
        {4, 1, 1, 1, true},
        {0x20000000, 1, 1, 1, true},
        {0x7fffffff, 1, 1, 1, true},
        {0x80000000, 1, 1, 1, false},
        {0xffffffff, 1, YC_NEVER, YC_NEVER, false},
        {0, YC_NEVER, YC_NEVER, YC_NEVER, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        header.version = cases[i].version;
        params.rules.bip34 = cases[i].bip34;
        params.rules.bip66 = cases[i].bip66;
        params.rules.bip65 = cases[i].bip65;
        expect(cases[i].good ? YC_REJ_NONE : YC_REJ_HEADER_BAD_VERSION);
    }
    params.rules.bip34 = 1;
    header.version = 1;
    expect(YC_REJ_HEADER_BAD_VERSION);
    char text[128];
    yc_reject_text(text, sizeof text, &why);
    assert_string_equal(text, "bad-version(0x00000001)");
}

/* A period of one block has no last block that could be earlier than its first; each block begins one. */
static void period_of_one_block(void **state)
{
    (void)state;
    params.pow.window = 1;
    assert_int_equal(yc_time_min(&params, &ancestors), yc_median_time_past(&ancestors) + 1);
    header.time = (uint32_t)yc_median_time_past(&ancestors) + 1;
    expect(YC_REJ_NONE);
}

#define T(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(bytes_and_hash),
        T(good_header),
        T(missing_work),
        T(bits_of_another_difficulty),
        T(median_time_past),
        T(time_must_pass_the_median),
        T(time_ahead_of_our_clock),
        T(ends_of_time),
        T(timewarp_bip54),
        T(timewarp_bip94),
        T(murch_zawy),
        T(period_without_a_window),
        T(retired_versions),
        T(period_of_one_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
