/* The block tree: ancestors, forks, walks, against the slow way. */
#include "fixture.h"

static struct yc_node *add(struct yc_tree *t, struct yc_node *parent, uint32_t salt)
{
    struct yc_header h = {.version = 1, .time = salt, .bits = 0x207fffff, .nonce = salt};
    if (parent)
        h.prev = parent->hash;
    struct yc_block_hash hash = yc_header_hash(&h);
    struct yc_node *n = yc_tree_add(t, &h, &hash, parent);
    assert_non_null(n);
    assert_ptr_equal(yc_tree_find(t, &hash), n);
    return n;
}

static void ancestors_and_forks_are_those_of_the_slow_walk(void **state)
{
    (void)state;
    struct yc_tree t;
    struct yc_random r;
    struct yc_random_seeded s;
    static struct yc_node *nodes[3000];
    size_t count = 0;
    yc_random_seed(&r, &s, 1);
    yc_tree_init(&t, yc_heap(), (struct yc_siphash_key){1, 2});
    nodes[count++] = add(&t, NULL, 0);
    while (count < 3000) {
        /* Mostly long branches, now and then a fork. */
        size_t from = yc_random_below(&r, 50) ? count - 1 : yc_random_below(&r, count);
        nodes[count] = add(&t, nodes[from], (uint32_t)count);
        count++;
    }
    for (int i = 0; i < 3000; i++) {
        const struct yc_node *a = nodes[yc_random_below(&r, count)], *b = nodes[yc_random_below(&r, count)];
        uint32_t height = (uint32_t)yc_random_below(&r, a->height + 1);
        const struct yc_node *slow = a, *x = a, *y = b;
        while (slow->height > height)
            slow = slow->parent;
        assert_ptr_equal(yc_node_ancestor(a, height), slow);
        while (x->height > y->height)
            x = x->parent;
        while (y->height > x->height)
            y = y->parent;
        while (x != y) {
            x = x->parent;
            y = y->parent;
        }
        assert_ptr_equal(yc_node_fork(a, b), x);
    }
    size_t walked = 0;
    for (struct yc_node *n = yc_node_next_in_subtree(nodes[0], NULL); n; n = yc_node_next_in_subtree(nodes[0], n))
        walked++;
    assert_int_equal(walked, count);
    yc_tree_release(&t);
}

static void the_median_is_over_eleven_blocks(void **state)
{
    (void)state;
    struct yc_tree t;
    yc_tree_init(&t, yc_heap(), (struct yc_siphash_key){1, 2});
    struct yc_node *n = add(&t, NULL, 50);
    assert_int_equal(yc_node_median_time(n), 50);
    n = add(&t, n, 10);
    assert_int_equal(yc_node_median_time(n), 50);
    for (uint32_t i = 0; i < 11; i++)
        n = add(&t, n, 100 + (i * 7) % 11);
    assert_int_equal(yc_node_median_time(n), 105);
    yc_tree_release(&t);
}

/* The bound that the memory of a long chain rests on. */
#define HEADERS             1000000
#define HEADER_BYTES_IN_ALL 160

static void a_million_headers_take_160_bytes_each(void **state)
{
    (void)state;
    struct yc_tree t;
    struct yc_header h = {.version = 1, .bits = 0x1d00ffff};
    struct yc_node *n = NULL;
    yc_tree_init(&t, yc_heap(), (struct yc_siphash_key){1, 2});
    for (uint32_t i = 0; i < HEADERS; i++) {
        struct yc_block_hash hash = {{0}};
        yc_put32le(hash.b, i);
        n = yc_tree_add(&t, &h, &hash, n);
        assert_non_null(n);
    }
    assert_in_range(yc_tree_bytes(&t), 1, (size_t)HEADERS * HEADER_BYTES_IN_ALL);
    for (uint32_t i = 0; i < HEADERS; i += 997) {
        struct yc_block_hash hash = {{0}};
        yc_put32le(hash.b, i);
        assert_ptr_equal(yc_tree_find(&t, &hash), yc_node_ancestor(n, i));
    }
    struct yc_u256 work = yc_u256_mul64(yc_work_of_bits(h.bits), HEADERS);
    assert_int_equal(yc_u256_compare(yc_node_work(n), work), 0);
    yc_tree_release(&t);
}

static void work_is_compared_in_all_its_bits(void **state)
{
    (void)state;
    struct yc_tree t;
    yc_tree_init(&t, yc_heap(), (struct yc_siphash_key){1, 2});
    /* 2^64 and a little for one block; then so much that it could not be held. */
    struct yc_header light = {.bits = 0x207fffff}, heavy = {.bits = 0x180000ff}, absurd = {.bits = 0x01010000};
    struct yc_block_hash a = {{1}}, b = {{2}}, c = {{3}}, d = {{4}}, e = {{5}};
    struct yc_node *root = yc_tree_add(&t, &light, &a, NULL);
    const struct yc_node *one = yc_tree_add(&t, &heavy, &b, root), *two = yc_tree_add(&t, &light, &c, root);
    assert_true(one->work_high > 0);
    assert_true(yc_node_work_compare(one, two) > 0);
    assert_true(yc_node_work_compare(two, one) < 0);
    assert_int_equal(yc_node_work_compare(two, two), 0);
    assert_int_equal(yc_u256_compare(yc_node_work(one), yc_u256_add(yc_work_of_bits(0x180000ff), yc_node_work(root))),
                     0);
    struct yc_node *most = yc_tree_add(&t, &absurd, &d, root);
    assert_true(yc_node_work_compare(most, one) > 0);
    assert_int_equal(yc_node_work_compare(yc_tree_add(&t, &light, &e, most), most), 0);
    yc_tree_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ancestors_and_forks_are_those_of_the_slow_walk),
        cmocka_unit_test(the_median_is_over_eleven_blocks),
        cmocka_unit_test(a_million_headers_take_160_bytes_each),
        cmocka_unit_test(work_is_compared_in_all_its_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
