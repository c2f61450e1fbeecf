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

/* ---- removing ---- */

#define WALK_NODES 4000

/* A tree of which branches are removed again and again, beside a list of what should be in it. */
struct removing {
    struct yc_tree t;
    struct yc_random r;
    struct yc_random_seeded s;
    struct yc_node *node[WALK_NODES]; /* NULL: was removed */
    struct yc_block_hash hash[WALK_NODES], parent[WALK_NODES];
    size_t count;
};

static void grow_one(struct removing *m)
{
    size_t from = yc_random_below(&m->r, 3) ? m->count - 1 : yc_random_below(&m->r, m->count);
    while (!m->node[from])
        from--;
    m->parent[m->count] = m->node[from]->hash;
    m->node[m->count] = add(&m->t, m->node[from], (uint32_t)m->count);
    m->hash[m->count] = m->node[m->count]->hash;
    assert_int_equal(m->node[m->count]->stored->tx_count, 0);
    if (yc_random_below(&m->r, 4) == 0)
        yc_tree_stored(&m->t, m->node[m->count])->tx_count = (uint32_t)m->count;
    m->count++;
}

static void remove_some(struct removing *m)
{
    size_t going = 1 + yc_random_below(&m->r, m->count - 1);
    if (!m->node[going])
        return;
    struct yc_node *root = m->node[going];
    for (struct yc_node *n = yc_node_next_in_subtree(root, NULL); n; n = yc_node_next_in_subtree(root, n))
        n->status |= YC_NODE_GOES;
    m->t.genesis->status |= YC_NODE_KEPT;
    assert_true(yc_tree_remove_going(&m->t));
    for (size_t i = 0; i < m->count; i++) {
        if (m->node[i] && (m->node[i]->status & YC_NODE_GOES))
            m->node[i] = NULL;
    }
}

static void count_one(void *ctx, struct yc_node *n)
{
    assert_false(n->status & (YC_NODE_GOES | YC_NODE_KEPT));
    (*(size_t *)ctx)++;
}

static void expect_exactly_these(struct removing *m)
{
    size_t here = 0, seen = 0, walked = 0;
    for (size_t i = 0; i < m->count; i++) {
        assert_ptr_equal(yc_tree_find(&m->t, &m->hash[i]), m->node[i]);
        here += m->node[i] != NULL;
        if (m->node[i] && i > 0)
            assert_true(yc_block_hash_equal(&m->node[i]->parent->hash, &m->parent[i]));
    }
    for (struct yc_node *n = yc_node_next_in_subtree(m->node[0], NULL); n; n = yc_node_next_in_subtree(m->node[0], n))
        walked++;
    yc_tree_each(&m->t, count_one, &seen);
    assert_int_equal(here, m->t.count);
    assert_int_equal(walked, m->t.count);
    assert_int_equal(seen, m->t.count);
}

static void what_was_removed_is_gone_and_the_rest_is_whole(void **state)
{
    (void)state;
    static struct removing m;
    yc_random_seed(&m.r, &m.s, 5);
    yc_tree_init(&m.t, yc_heap(), (struct yc_siphash_key){3, 4});
    m.node[0] = add(&m.t, NULL, 0);
    m.hash[0] = m.node[0]->hash;
    m.count = 1;
    while (m.count < WALK_NODES) {
        grow_one(&m);
        if (m.count % 100 == 0) {
            remove_some(&m);
            expect_exactly_these(&m);
        }
    }
    /* What is freed is used again: there never were as many places as nodes. */
    assert_true(m.t.used < m.count);
    yc_tree_release(&m.t);
}

/* Whoever still looks at a node that has just gone sees what it was. */
static void a_removed_node_stays_readable_until_the_next_removal(void **state)
{
    (void)state;
    struct yc_tree t;
    yc_tree_init(&t, yc_heap(), (struct yc_siphash_key){1, 2});
    struct yc_node *root = add(&t, NULL, 0), *gone = add(&t, root, 1);
    struct yc_block_hash hash = gone->hash;
    gone->status |= YC_NODE_GOES;
    assert_true(yc_tree_remove_going(&t));
    struct yc_node *other = add(&t, root, 2);
    assert_ptr_not_equal(other, gone);
    assert_true(yc_block_hash_equal(&gone->hash, &hash));
    other->status |= YC_NODE_GOES;
    assert_true(yc_tree_remove_going(&t));
    assert_ptr_equal(add(&t, root, 3), gone);
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
        cmocka_unit_test(what_was_removed_is_gone_and_the_rest_is_whole),
        cmocka_unit_test(a_removed_node_stays_readable_until_the_next_removal),
        cmocka_unit_test(the_median_is_over_eleven_blocks),
        cmocka_unit_test(a_million_headers_take_160_bytes_each),
        cmocka_unit_test(work_is_compared_in_all_its_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
