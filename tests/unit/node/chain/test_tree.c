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
    assert_int_equal(n->time_max, 110);
    yc_tree_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ancestors_and_forks_are_those_of_the_slow_walk),
        cmocka_unit_test(the_median_is_over_eleven_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
