/* Coins and undo data as bytes: round trips, one form only, and no trust in what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/coin_codec.h"
#include "node/store/undo.h"
#include "sys/heap.h"
#include "unit/node/store/world.h"

#include <stdlib.h>

static struct world *new_world(uint64_t seed)
{
    struct world *w = (struct world *)malloc(sizeof *w);
    assert_non_null(w);
    world_init(w, seed);
    return w;
}

static void free_world(struct world *w)
{
    world_release(w);
    free(w);
}

static void test_varint(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 64; bits++)
        for (int add = -1; add <= 1; add++) {
            uint64_t v = (bits == 64 ? 0 : UINT64_C(1) << bits) + (uint64_t)(int64_t)add;
            uint8_t bytes[16];
            struct yc_writer w;
            struct yc_reader r;
            yc_writer_init(&w, bytes, sizeof bytes);
            yc_varint_write(&w, v);
            yc_reader_init(&r, yc_writer_written(&w));
            assert_true(yc_varint_read(&r) == v);
            assert_true(yc_reader_done(&r));
        }
    /* Longer forms of a number, a number over 64 bits, a cut one. */
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {{"\x80\x00", 2},
               {"\xff\x80\x00", 3},
               {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10},
               {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
               {"\x80", 1},
               {"", 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct yc_reader r;
        yc_reader_init(&r, yc_view(bad[i].bytes, bad[i].n));
        (void)yc_varint_read(&r);
        assert_false(yc_reader_ok(&r));
    }
}

static bool same_coin(const struct yc_coin *a, const struct yc_coin *b)
{
    return a->value_sat == b->value_sat && a->height == b->height && a->coinbase == b->coinbase &&
           yc_view_equal(a->script, b->script);
}

static void test_coin_round_trip(void **state)
{
    (void)state;
    struct world *w = new_world(1);
    static const int64_t values[] = {
        0, 1, 9, 10, 11, 100, 1000000000, 10000000000, YC_COIN, YC_MONEY_MAX, YC_MONEY_MAX - 1};
    for (unsigned i = 0; i < 20000; i++) {
        int64_t value = i < 11 ? values[i] : (int64_t)yc_random_below(&w->random, YC_MONEY_MAX + 1);
        if (i % 3 == 0)
            value -= value % 1000000;
        struct yc_coin coin = {value, (uint32_t)yc_random_below(&w->random, UINT64_C(1) << (i % 32)), i & 1,
                               world_script(w)},
                       back;
        uint8_t bytes[YC_COIN_OVERHEAD_MAX + 10000];
        struct yc_writer out;
        struct yc_reader in;
        struct yc_coin_short s;
        yc_writer_init(&out, bytes, YC_COIN_OVERHEAD_MAX + coin.script.n);
        yc_coin_write(&out, &coin);
        assert_false(out.failed);
        yc_reader_init(&in, yc_writer_written(&out));
        yc_coin_short_read(&in, &s);
        assert_true(yc_reader_done(&in));
        assert_int_equal(yc_script_whole_bytes(s.script), coin.script.n);
        assert_true(yc_coin_whole(&back, &s, &w->arena));
        assert_true(same_coin(&coin, &back));
        if (i % 1000 == 0)
            yc_arena_clear(&w->arena);
    }
    free_world(w);
}

/* A typical coin takes few bytes: 0.5 coins to a witness key hash at height 800,000. */
static void test_coin_is_short(void **state)
{
    (void)state;
    static const uint8_t script[22] = {0, 20};
    struct yc_coin coin = {YC_COIN / 2, 800000, false, {script, 22}};
    struct yc_writer w;
    yc_writer_init_count(&w);
    yc_coin_write(&w, &coin);
    assert_int_equal(w.n, 3 + 1 + 1 + 20);
}

/* Random bytes, and valid ones with one byte changed: what decodes encodes to the same bytes. */
static void test_coin_has_one_form(void **state)
{
    (void)state;
    struct world *w = new_world(2);
    unsigned decoded = 0;
    for (unsigned i = 0; i < 60000; i++) {
        uint8_t bytes[128], again[256];
        size_t n = yc_random_below(&w->random, 80);
        yc_random_fill(&w->random, bytes, n);
        if (i % 2) {
            static const uint8_t script[25] = {0x76, 0xa9, 0x14, [23] = 0x88, 0xac};
            struct yc_coin coin = {5 * YC_COIN, 100, false, {script, 25}};
            struct yc_writer out;
            yc_writer_init(&out, bytes, sizeof bytes);
            yc_coin_write(&out, &coin);
            n = out.n;
            bytes[yc_random_below(&w->random, n)] ^= (uint8_t)(1 + yc_random_below(&w->random, 255));
        }
        struct yc_reader in;
        struct yc_coin_short s;
        yc_reader_init(&in, yc_view(bytes, n));
        yc_coin_short_read(&in, &s);
        if (!yc_reader_done(&in))
            continue;
        decoded++;
        assert_true(yc_money_ok(s.value_sat));
        struct yc_writer out;
        yc_writer_init(&out, again, sizeof again);
        yc_coin_short_write(&out, &s);
        assert_true(yc_view_equal(yc_writer_written(&out), yc_view(bytes, n)));
    }
    assert_true(decoded > 1000);
    free_world(w);
}

static void test_coin_key(void **state)
{
    (void)state;
    static const uint32_t sorted[] = {0, 1, 252, 253, 254, 255, 256, 65535, 65536, 16777216, UINT32_MAX};
    uint8_t key[2][YC_COIN_KEY_BYTES_MAX];
    struct yc_outpoint at = {{{1, 2, 3}}, 0}, back;
    size_t n[2] = {0, 0};
    for (unsigned i = 0; i < sizeof sorted / sizeof sorted[0]; i++) {
        at.index = sorted[i];
        uint8_t *k = key[i % 2], *before = key[(i + 1) % 2];
        n[i % 2] = yc_coin_key_write(k, &at);
        assert_true(yc_coin_key_read(&back, yc_view(k, n[i % 2])));
        assert_true(yc_outpoint_equal(&at, &back));
        if (i > 0) {
            size_t common = n[0] < n[1] ? n[0] : n[1];
            assert_true(memcmp(before, k, common) < 0);
        }
        assert_false(yc_coin_key_read(&back, yc_view(k, n[i % 2] - 1)));
    }
    /* Index 5 in the form for large ones. */
    uint8_t longer[36] = {'C'};
    longer[33] = 253;
    longer[35] = 5;
    assert_false(yc_coin_key_read(&back, yc_view(longer, 36)));
    longer[33] = 255;
    assert_false(yc_coin_key_read(&back, yc_view(longer, 34)));
}

static void test_undo_round_trip(void **state)
{
    (void)state;
    struct world *w = new_world(3);
    int tip = -1;
    for (int i = 0; i < 60; i++)
        tip = world_extend(w, tip);
    struct yc_arena arena;
    yc_arena_init(&arena, yc_heap(), 4096, SIZE_MAX);
    for (int i = 0; i < w->count; i++) {
        const struct yc_spent_coins *spent = &w->block[i].spent;
        struct yc_spent_coins back;
        struct yc_error err;
        struct yc_writer count, out;
        yc_writer_init_count(&count);
        yc_undo_write(&count, spent);
        uint8_t *bytes = (uint8_t *)malloc(count.n);
        yc_writer_init(&out, bytes, count.n);
        yc_undo_write(&out, spent);
        assert_int_equal(out.n, count.n);
        assert_false(out.failed);
        assert_int_equal(yc_undo_read(&back, yc_writer_written(&out), &arena, &err), YC_VALID);
        assert_int_equal(back.count, spent->count);
        for (size_t k = 0; k < back.count; k++)
            assert_true(same_coin(&back.coin[k], &spent->coin[k]));
        /* Cut anywhere, or longer, or of another version: refused. */
        for (size_t n = 0; n < out.n; n += 1 + out.n / 50) {
            assert_int_equal(yc_undo_read(&back, yc_view(bytes, n), &arena, &err), YC_SYSTEM);
            assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
        }
        bytes[0]++;
        assert_int_equal(yc_undo_read(&back, yc_view(bytes, out.n), &arena, &err), YC_SYSTEM);
        free(bytes);
        yc_arena_clear(&arena);
    }
    yc_arena_release(&arena);
    free_world(w);
}

/* A count that no bytes stand behind takes no memory. */
static void test_undo_count_is_bounded(void **state)
{
    (void)state;
    struct yc_arena arena;
    struct yc_spent_coins back;
    struct yc_error err;
    yc_arena_init(&arena, yc_heap(), 4096, 1 << 20);
    assert_int_equal(yc_undo_read(&back, yc_view("\x01\xff\xff\xff\xff\xff\x7f", 7), &arena, &err), YC_SYSTEM);
    assert_int_equal(err.which, YC_SYSTEM_CORRUPT);
    assert_int_equal(arena.total_bytes, 0);
    yc_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_varint),
        cmocka_unit_test(test_coin_round_trip),
        cmocka_unit_test(test_coin_is_short),
        cmocka_unit_test(test_coin_has_one_form),
        cmocka_unit_test(test_coin_key),
        cmocka_unit_test(test_undo_round_trip),
        cmocka_unit_test(test_undo_count_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
