/* The parts under the coins cache: the table of slots beside a naive set, and the sort. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "node/store/coins_internal.h"
#include "sys/heap.h"

#include <stdlib.h>

#define REFS 600

/* Tags are crowded at the end of the table, so that runs of slots wrap around to its beginning, and equal ones occur. */
static uint32_t crowded_tag(struct yc_random *random)
{
    return yc_random_below(random, 4) ? UINT32_MAX - (uint32_t)yc_random_below(random, 1 << 28)
                                      : (uint32_t)yc_random_below(random, 1 << 24);
}

static void test_table_wraps(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct yc_random random;
        struct yc_random_seeded seeded;
        struct coin_table t = {.alloc = yc_heap()};
        uint32_t tag[REFS + 1];
        bool in[REFS + 1] = {false};
        size_t count = 0;
        yc_random_seed(&random, &seeded, seed);
        assert_true(coin_table_reserve(&t, REFS));
        for (unsigned step = 0; step < 6000; step++) {
            coin_ref ref = 1 + (coin_ref)yc_random_below(&random, REFS);
            if (in[ref]) {
                coin_table_remove(&t, coin_table_find_ref(&t, tag[ref], ref));
            } else {
                tag[ref] = crowded_tag(&random);
                coin_table_insert(&t, tag[ref], ref);
            }
            in[ref] = !in[ref];
            count += in[ref] ? 1u : (size_t)-1;
            assert_int_equal(t.count, count);
            if (step % 50)
                continue;
            for (coin_ref i = 1; i <= REFS; i++)
                if (in[i])
                    assert_int_equal(coin_table_find_ref(&t, tag[i], i)->tag, tag[i]);
            size_t used = 0;
            for (size_t i = 0; i < t.capacity; i++)
                used += t.slot[i].ref != 0;
            assert_int_equal(used, count);
            if (step == 3000)
                assert_true(coin_table_reserve(&t, 5000)); /* grows with all that is in it */
        }
        coin_table_release(&t);
    }
}

/* Coins whose tags are equal are told apart by their outpoints. */
static void test_equal_tags(void **state)
{
    (void)state;
    struct coin_table t = {.alloc = yc_heap()};
    struct coin_slabs s;
    coin_slabs_init(&s, yc_heap());
    assert_true(coin_table_reserve(&t, 10));
    struct yc_outpoint at[2] = {{{{1}}, 0}, {{{1}}, 1}};
    for (unsigned i = 0; i < 2; i++) {
        coin_ref ref = coin_slabs_take(&s, 0);
        assert_int_not_equal(ref, 0);
        coin_slabs_at(&s, ref)->at = at[i];
        coin_table_insert(&t, 77, ref);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct coin_slot *slot = coin_table_find(&t, &s, 77, &at[i]);
        assert_non_null(slot);
        assert_true(yc_outpoint_equal(&coin_slabs_at(&s, slot->ref)->at, &at[i]));
    }
    assert_null(coin_table_find(&t, &s, 77, &(struct yc_outpoint){{{2}}, 0}));
    coin_slabs_release(&s);
    coin_table_release(&t);
}

/* Every payload size of every class, apart ones too, keeps its bytes while others come and go. */
static void test_slabs_keep_bytes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4, 5, 20, 21, 32, 36, 37, 52, 53, 64, 68, 69, 500, 10000};
    struct coin_slabs s;
    struct yc_random random;
    struct yc_random_seeded seeded;
    coin_ref ref[300] = {0};
    uint8_t fill[300] = {0};
    coin_slabs_init(&s, yc_heap());
    yc_random_seed(&random, &seeded, 4);
    for (unsigned step = 0; step < 20000; step++) {
        size_t i = yc_random_below(&random, 300);
        if (ref[i]) {
            struct coin_record *r = coin_slabs_at(&s, ref[i]);
            for (size_t k = 0; k < r->payload_n; k++)
                assert_int_equal(coin_payload(r)[k], fill[i]);
            coin_slabs_give(&s, ref[i]);
            ref[i] = 0;
        } else {
            size_t n = sizes[yc_random_below(&random, 16)];
            ref[i] = coin_slabs_take(&s, n);
            assert_int_not_equal(ref[i], 0);
            struct coin_record *r = coin_slabs_at(&s, ref[i]);
            assert_int_equal((uintptr_t)r % 8, 0);
            assert_int_equal(r->payload_n, n);
            fill[i] = (uint8_t)step;
            memset(coin_payload(r), fill[i], n);
        }
    }
    coin_slabs_release(&s);
    assert_int_equal(s.bytes, 0);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 36);
}

static void test_sort(void **state)
{
    (void)state;
    struct yc_random random;
    struct yc_random_seeded seeded;
    yc_random_seed(&random, &seeded, 5);
    for (unsigned round = 0; round < 200; round++) {
        size_t n = yc_random_below(&random, round % 10 ? 60 : 5000);
        struct yc_outpoint *a = (struct yc_outpoint *)calloc(n + 1, sizeof *a);
        struct yc_outpoint *b = (struct yc_outpoint *)calloc(n + 1, sizeof *b);
        assert_non_null(a);
        assert_non_null(b);
        for (size_t i = 0; i < n; i++) {
            /* Long common beginnings, as outputs of one transaction have, and equal elements. */
            if (round % 2)
                yc_random_fill(&random, &a[i], sizeof a[i]);
            a[i].index = (uint32_t)yc_random_below(&random, 1000);
        }
        memcpy(b, a, n * sizeof *a);
        coins_sort(a, n, sizeof *a, sizeof *a);
        qsort(b, n, sizeof *b, compare);
        assert_memory_equal(a, b, n * sizeof *a + 1);
        free(a);
        free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_wraps),
        cmocka_unit_test(test_equal_tags),
        cmocka_unit_test(test_slabs_keep_bytes),
        cmocka_unit_test(test_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
