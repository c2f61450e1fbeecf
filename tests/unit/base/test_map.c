/* The hash table beside a naive model, with seeds and table sizes that make runs collide and wrap. */
#include "base/map.h"
#include "base/random.h"
#include "support/heap.h"
#include "support/unit.h"

#define KEYS 97 /* few, so that operations meet the same keys again and again */

struct model {
    bool in[KEYS];
    uint32_t value[KEYS];
    size_t count;
};

/* Keys of 5 bytes: no alignment helps them. */
static const void *key_of(uint8_t key[5], size_t i)
{
    memcpy(key, "k\0\0\0", 4);
    key[4] = (uint8_t)i;
    return key;
}

static void check_same(const struct yc_map *m, const struct model *model)
{
    uint8_t key[5];
    size_t seen = 0, at = 0;
    const void *k;
    void *v;
    assert_int_equal(m->count, model->count);
    for (size_t i = 0; i < KEYS; i++) {
        const uint32_t *value = yc_map_get(m, key_of(key, i));
        assert_int_equal(value != NULL, model->in[i]);
        if (value)
            assert_int_equal(*value, model->value[i]);
    }
    bool walked[KEYS] = {false};
    while (yc_map_next(m, &at, &k, &v)) {
        size_t i = ((const uint8_t *)k)[4];
        assert_true(i < KEYS && model->in[i] && !walked[i]);
        assert_int_equal(*(const uint32_t *)v, model->value[i]);
        walked[i] = true;
        seen++;
    }
    assert_int_equal(seen, model->count);
}

static void put(struct yc_map *m, struct model *model, size_t i, uint32_t value)
{
    uint8_t key[5];
    bool is_new;
    uint32_t *v = yc_map_put(m, key_of(key, i), &is_new);
    assert_non_null(v);
    assert_int_equal((uintptr_t)v % 8, 0);
    assert_int_equal(is_new, !model->in[i]);
    assert_int_equal(*v, is_new ? 0 : model->value[i]);
    *v = value;
    model->count += is_new;
    model->in[i] = true;
    model->value[i] = value;
}

static void drop(struct yc_map *m, struct model *model, size_t i)
{
    uint8_t key[5];
    assert_int_equal(yc_map_remove(m, key_of(key, i)), model->in[i]);
    model->count -= model->in[i];
    model->in[i] = false;
}

static void random_operations(uint64_t seed)
{
    struct test_heap heap;
    struct yc_random_seeded seeded;
    struct yc_random source;
    struct yc_map m;
    struct model model = {.count = 0};
    test_heap_init(&heap);
    yc_random_seed(&source, &seeded, seed);
    yc_map_init(&m, &heap.alloc, 5, sizeof(uint32_t), (struct yc_siphash_key){seed, 0});
    for (unsigned i = 0; i < 3000; i++) {
        size_t key = yc_random_below(&source, KEYS);
        /* Phases that fill and phases that empty. */
        bool fill = yc_random_below(&source, 10) < (i / 500 % 2 ? 3u : 7u);
        if (fill)
            put(&m, &model, key, (uint32_t)yc_random_u64(&source));
        else
            drop(&m, &model, key);
        if (i % 16 == 0)
            check_same(&m, &model);
        if (yc_random_below(&source, 1500) == 0) {
            yc_map_clear(&m);
            model = (struct model){.count = 0};
        }
    }
    check_same(&m, &model);
    assert_int_equal(yc_map_bytes(&m), heap.live_bytes);
    yc_map_release(&m);
    assert_int_equal(heap.live_bytes, 0);
}

static void same_as_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        random_operations(seed);
}

static void empty_table_takes_no_memory(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_map m;
    size_t at = 0;
    const void *k;
    void *v;
    test_heap_init(&heap);
    yc_map_init(&m, &heap.alloc, 32, 8, (struct yc_siphash_key){1, 2});
    uint8_t key[32] = {0};
    assert_null(yc_map_get(&m, key));
    assert_false(yc_map_remove(&m, key));
    assert_false(yc_map_next(&m, &at, &k, &v));
    yc_map_clear(&m);
    assert_int_equal(heap.calls, 0);
    yc_map_release(&m);
}

static void a_table_without_values_is_a_set(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_map m;
    test_heap_init(&heap);
    yc_map_init(&m, &heap.alloc, 2, 0, (struct yc_siphash_key){3, 4});
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t key[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
        bool is_new = false;
        assert_non_null(yc_map_put(&m, key, &is_new));
        assert_true(is_new);
        assert_non_null(yc_map_put(&m, key, NULL));
    }
    assert_int_equal(m.count, 1000);
    for (unsigned i = 0; i < 1000; i += 2) {
        uint8_t key[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
        assert_true(yc_map_remove(&m, key));
    }
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t key[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
        assert_int_equal(yc_map_get(&m, key) != NULL, i % 2);
    }
    yc_map_release(&m);
    assert_int_equal(heap.live_bytes, 0);
}

static void no_memory_changes_nothing(void **state)
{
    (void)state;
    struct test_heap heap;
    struct yc_map m;
    uint8_t key[5];
    size_t i = 0;
    test_heap_init(&heap);
    yc_map_init(&m, &heap.alloc, 5, 4, (struct yc_siphash_key){5, 6});
    heap.fail_at = 2; /* the first table, then no more */
    while (yc_map_put(&m, key_of(key, i), NULL))
        i++;
    assert_in_range(i, 8, 16);
    assert_int_equal(m.count, i);
    for (size_t j = 0; j < KEYS; j++)
        assert_int_equal(yc_map_get(&m, key_of(key, j)) != NULL, j < i);
    assert_non_null(yc_map_put(&m, key_of(key, 0), NULL)); /* what is there needs none */
    yc_map_release(&m);
    assert_int_equal(heap.live_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_the_model),
        cmocka_unit_test(empty_table_takes_no_memory),
        cmocka_unit_test(a_table_without_values_is_a_set),
        cmocka_unit_test(no_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
