/* MuHash3072 against Bitcoin Core's values, and the laws of a set. */
#include "base/hex.h"
#include "crypto/muhash.h"
#include "crypto/sha256.h"
#include "support/unit.h"

#include <string.h>

/* The element of 32 bytes i 0 0 … . */
static void key_of(uint8_t out32[32], unsigned i)
{
    uint8_t bytes[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
    yc_sha256_once(out32, bytes, sizeof bytes);
}

static void add(struct yc_muhash *h, unsigned i)
{
    uint8_t key[32];
    key_of(key, i);
    yc_muhash_add(h, key);
}

static void drop(struct yc_muhash *h, unsigned i)
{
    uint8_t key[32];
    key_of(key, i);
    yc_muhash_remove(h, key);
}

static void assert_digest(struct yc_muhash *h, const char *shown)
{
    uint8_t out[32];
    char text[65];
    yc_muhash_digest(h, out);
    yc_hex_write_reversed(text, out, 32);
    assert_string_equal(text, shown);
}

static void bitcoin_cores_value(void **state)
{
    (void)state;
    struct yc_muhash h;
    yc_muhash_init(&h);
    add(&h, 0);
    add(&h, 1);
    drop(&h, 2);
    assert_digest(&h, "10d312b100cbd32ada024a6646e40d3482fcff103668d2625f10002a607d5863");
}

/* A number that is not below the prime. */
static void the_largest_number(void **state)
{
    (void)state;
    struct yc_muhash h;
    uint8_t ones[YC_MUHASH_BYTES];
    memset(ones, 0xff, sizeof ones);
    yc_muhash_read(&h, ones);
    assert_digest(&h, "7122dce59a311400b92298a0cde26ce71d868b7f9f9a2ff6e90dff3a90e6313a");
}

static void the_empty_set(void **state)
{
    (void)state;
    struct yc_muhash h;
    uint8_t empty[32], out[32];
    yc_muhash_init(&h);
    yc_muhash_digest(&h, empty);
    for (unsigned i = 0; i < 20; i++)
        add(&h, i);
    for (unsigned i = 20; i-- > 0;)
        drop(&h, i);
    yc_muhash_digest(&h, out);
    assert_memory_equal(out, empty, 32);
    drop(&h, 5); /* before it was there */
    yc_muhash_settle(&h);
    add(&h, 5);
    yc_muhash_digest(&h, out);
    assert_memory_equal(out, empty, 32);
}

static void the_order_does_not_count(void **state)
{
    (void)state;
    uint8_t first[32], out[32];
    for (unsigned order = 0; order < 8; order++) {
        struct yc_muhash h;
        yc_muhash_init(&h);
        for (unsigned i = 0; i < 8; i++) {
            if ((i ^ order) % 3 == 0)
                drop(&h, 100 + (i ^ order));
            else
                add(&h, 100 + (i ^ order));
            if (i == order)
                yc_muhash_settle(&h);
        }
        yc_muhash_digest(&h, order ? out : first);
        if (order)
            assert_memory_equal(out, first, 32);
    }
}

static void many_are_settled_as_one_is(void **state)
{
    (void)state;
    enum { MANY = 9 };
    static struct yc_muhash all[MANY], one[MANY];
    struct yc_muhash *h[MANY], running;
    uint64_t scratch[MANY][YC_MUHASH_LIMBS];
    yc_muhash_init(&running);
    for (unsigned i = 0; i < MANY; i++) {
        add(&running, i);
        if (i % 3)
            drop(&running, 50 + i);
        all[i] = one[i] = running;
        h[i] = &all[i];
    }
    yc_muhash_settle_all(h, scratch, MANY);
    yc_muhash_settle_all(h, scratch, 0);
    for (unsigned i = 0; i < MANY; i++) {
        uint8_t a[32], b[32];
        assert_false(all[i].any_removed);
        yc_muhash_digest(&all[i], a);
        yc_muhash_digest(&one[i], b);
        assert_memory_equal(a, b, 32);
    }
}

static void a_state_outlives_its_bytes(void **state)
{
    (void)state;
    struct yc_muhash h, again;
    uint8_t bytes[YC_MUHASH_BYTES], a[32], b[32];
    yc_muhash_init(&h);
    add(&h, 1);
    drop(&h, 2);
    yc_muhash_settle(&h);
    yc_muhash_write(&h, bytes);
    yc_muhash_read(&again, bytes);
    add(&h, 3);
    add(&again, 3);
    yc_muhash_digest(&h, a);
    yc_muhash_digest(&again, b);
    assert_memory_equal(a, b, 32);
}

int main(void)
{
    struct yc_error err;
    if (yc_sha256_select(NULL, &err) != YC_VALID)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitcoin_cores_value),
        cmocka_unit_test(the_largest_number),
        cmocka_unit_test(the_empty_set),
        cmocka_unit_test(the_order_does_not_count),
        cmocka_unit_test(many_are_settled_as_one_is),
        cmocka_unit_test(a_state_outlives_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
