/* net/relay/orphans.h, recent.h: what is kept for later is bounded, and fair. */
#include "net/relay/orphans.h"
#include "net/relay/recent.h"

#include "base/random.h"
#include "support/heap.h"

/* A transaction of n bytes that spends `inputs` outputs of one parent; only what the orphanage reads is filled in. */
struct fake {
    struct yc_tx tx;
    struct yc_txin in[8];
    uint8_t raw[101000];
};

static void fake_tx(struct fake *f, uint32_t id, uint32_t parent, uint32_t inputs, size_t n)
{
    memset(&f->tx, 0, sizeof f->tx);
    memset(f->in, 0, sizeof f->in);
    f->tx.in = f->in;
    f->tx.in_count = inputs;
    f->tx.raw = yc_view(f->raw, n);
    f->tx.stripped_bytes = (uint32_t)n;
    memcpy(f->tx.wtxid.b, &id, sizeof id);
    memcpy(f->tx.txid.b, &id, sizeof id);
    memcpy(f->raw, &id, sizeof id);
    for (uint32_t i = 0; i < inputs; i++) {
        memcpy(f->in[i].prevout.txid.b, &parent, sizeof parent);
        f->in[i].prevout.index = i;
    }
}

static struct yc_txid txid_of(uint32_t id)
{
    struct yc_txid txid = {{0}};
    memcpy(txid.b, &id, sizeof id);
    return txid;
}

static struct yc_wtxid wtxid_of(uint32_t id)
{
    struct yc_wtxid wtxid = {{0}};
    memcpy(wtxid.b, &id, sizeof id);
    return wtxid;
}

static struct yc_orphans *make(struct test_heap *heap)
{
    struct yc_orphans *o;
    test_heap_init(heap);
    assert_int_equal(yc_orphans_new(&o, &heap->alloc, (struct yc_siphash_key){1, 2}), YC_VALID);
    return o;
}

static void done(struct yc_orphans *o, struct test_heap *heap)
{
    yc_orphans_free(o);
    assert_int_equal(heap->live_bytes, 0);
}

static bool has(const struct yc_orphans *o, uint32_t id)
{
    struct yc_wtxid wtxid = wtxid_of(id);
    return yc_orphans_has(o, &wtxid);
}

static struct fake f;

static void children_of_a_parent_are_handed_out_one_by_one_P06(void **state)
{
    struct test_heap heap;
    struct yc_orphans *o = make(&heap);
    struct yc_txid parent = txid_of(1000);
    struct yc_view raw;
    uint64_t peer;
    struct yc_wtxid wtxid;
    unsigned seen = 0;
    (void)state;
    for (uint32_t i = 1; i <= 100; i++) {
        fake_tx(&f, i, i % 2 ? 1000 : 2000, 3, 100);
        assert_true(yc_orphans_add(o, &f.tx, 7));
    }
    assert_false(yc_orphans_waiting(o));
    yc_orphans_parent(o, &parent);
    while (yc_orphans_next(o, &raw, &peer, &wtxid)) {
        uint32_t id;
        memcpy(&id, raw.p, sizeof id);
        assert_int_equal(id % 2, 1);
        assert_int_equal(peer, 7);
        assert_int_equal(raw.n, 100);
        if (++seen % 2)
            yc_orphans_forget(o, &wtxid);
    }
    assert_int_equal(seen, 50);
    assert_int_equal(yc_orphans_count(o), 75);
    yc_orphans_parent(o, &parent); /* those that still miss something are tried again */
    for (seen = 0; yc_orphans_next(o, &raw, &peer, &wtxid);)
        seen++;
    assert_int_equal(seen, 25);
    done(o, &heap);
}

static void a_flood_does_not_push_out_another_peers_orphan_P07(void **state)
{
    struct test_heap heap;
    struct yc_orphans *o = make(&heap);
    (void)state;
    fake_tx(&f, 1, 5, 1, 1000);
    assert_true(yc_orphans_add(o, &f.tx, 1));
    for (uint32_t i = 0; i < 5000; i++) {
        fake_tx(&f, 100 + i, 6, 1, 9000);
        assert_true(yc_orphans_add(o, &f.tx, 2 + i % 30));
    }
    assert_true(has(o, 1));
    assert_true(yc_orphans_weight(o) <= 31 * YC_ORPHANS_PEER_WEIGHT_MAX);
    assert_true(yc_orphans_count(o) <= YC_ORPHANS_EFFORT_MAX);
    assert_true(has(o, 5099)); /* of each peer the oldest go first */
    done(o, &heap);
}

/* The greatest package that may be relayed, from one honest peer. */
static void add_package(struct yc_orphans *o, uint64_t peer)
{
    for (uint32_t i = 1; i <= 24; i++) {
        fake_tx(&f, i, 500, 1, 4200);
        assert_true(yc_orphans_add(o, &f.tx, peer));
    }
}

static bool has_package(const struct yc_orphans *o)
{
    for (uint32_t i = 1; i <= 24; i++)
        if (!has(o, i))
            return false;
    return true;
}

static void the_greatest_package_is_safe_from_many_heavy_orphans_P07(void **state)
{
    struct test_heap heap;
    struct yc_orphans *o = make(&heap);
    (void)state;
    add_package(o, 1);
    for (uint32_t i = 0; i < 124; i++) {
        fake_tx(&f, 100 + i, 6, 1, 97500);
        assert_true(yc_orphans_add(o, &f.tx, 2 + i));
    }
    assert_true(has_package(o));
    for (uint32_t i = 0; i < 124; i++)
        assert_true(has(o, 100 + i));
    for (uint32_t i = 0; i < 300; i++) { /* more peers than have a full share: the heaviest pays */
        fake_tx(&f, 1000 + i, 6, 1, 100900);
        assert_true(yc_orphans_add(o, &f.tx, 200 + i));
        assert_true(yc_orphans_weight(o) <= YC_ORPHANS_WEIGHT_MAX);
    }
    done(o, &heap);
}

static void the_greatest_package_is_safe_from_many_light_orphans_P07(void **state)
{
    struct test_heap heap;
    struct yc_orphans *o = make(&heap);
    (void)state;
    add_package(o, 1);
    for (uint32_t i = 0; i < 10000; i++) {
        fake_tx(&f, 100 + i, 6, 1, 60);
        assert_true(yc_orphans_add(o, &f.tx, 2 + i % 10));
        assert_true(yc_orphans_count(o) <= YC_ORPHANS_EFFORT_MAX);
    }
    assert_true(has_package(o));
    assert_true(yc_orphans_count(o) > YC_ORPHANS_EFFORT_MAX - 10);
    done(o, &heap);
}

static void all_who_announce_one_are_remembered(void **state)
{
    struct test_heap heap;
    struct yc_orphans *o = make(&heap);
    const struct yc_txid *parent;
    struct yc_wtxid id = wtxid_of(1), unknown = wtxid_of(2);
    struct yc_txid first = txid_of(5), second = txid_of(7);
    (void)state;
    fake_tx(&f, 1, 7, 4, 1000);
    f.in[1].prevout.txid = f.in[3].prevout.txid = first;
    assert_true(yc_orphans_add(o, &f.tx, 1));
    for (uint64_t peer = 2; peer <= 50; peer++) {
        assert_true(yc_orphans_announced(o, &id, peer));
        assert_false(yc_orphans_announced(o, &id, peer));
    }
    assert_false(yc_orphans_announced(o, &unknown, 1));
    assert_int_equal(yc_orphans_at(o, 0).sender_count, 50);
    assert_int_equal(yc_orphans_parents(o, &unknown, &parent), 0);
    assert_int_equal(yc_orphans_parents(o, &id, &parent), 2);
    assert_memory_equal(&parent[0], &first, sizeof first);
    assert_memory_equal(&parent[1], &second, sizeof second);
    for (uint64_t peer = 1; peer < 50; peer++)
        yc_orphans_drop_peer(o, peer);
    assert_int_equal(yc_orphans_at(o, 0).sender_count, 1);
    assert_int_equal(yc_orphans_at(o, 0).sender[0], 50);
    yc_orphans_drop_peer(o, 50);
    assert_int_equal(yc_orphans_count(o), 0);
    done(o, &heap);
}

static void what_two_peers_sent_stays_when_one_goes_or_is_full(void **state)
{
    struct test_heap heap;
    struct yc_orphans *o = make(&heap);
    (void)state;
    fake_tx(&f, 1, 5, 1, 1000);
    assert_true(yc_orphans_add(o, &f.tx, 1));
    assert_true(yc_orphans_add(o, &f.tx, 2));
    fake_tx(&f, 2, 5, 1, 1000);
    assert_true(yc_orphans_add(o, &f.tx, 1));
    yc_orphans_drop_peer(o, 1);
    assert_true(has(o, 1));
    assert_false(has(o, 2));
    fake_tx(&f, 3, 5, 1, 1000);
    assert_true(yc_orphans_add(o, &f.tx, 3));
    assert_true(yc_orphans_add(o, &f.tx, 2));
    for (uint32_t i = 0; i < 30; i++) { /* peer 3 floods: what peer 2 sent too stays for peer 2 */
        fake_tx(&f, 10 + i, 6, 1, 20000);
        assert_true(yc_orphans_add(o, &f.tx, 3));
    }
    assert_true(has(o, 3));
    yc_orphans_drop_peer(o, 3);
    yc_orphans_drop_peer(o, 2);
    assert_int_equal(yc_orphans_count(o), 0);
    assert_int_equal(yc_orphans_weight(o), 0);
    done(o, &heap);
}

static void what_a_block_spends_is_waited_for_no_more(void **state)
{
    struct test_heap heap;
    (void)state;
    struct yc_orphans *o = make(&heap);
    for (uint32_t id = 1; id <= 5; id++) {
        fake_tx(&f, id, id < 5 ? 100 : 101, 1, 200);
        f.in[0].prevout.index = id;
        assert_true(yc_orphans_add(o, &f.tx, id));
    }
    /* A block that spends outputs 2 and 3 of the same parent, by other transactions. */
    fake_tx(&f, 50, 100, 2, 200);
    f.in[0].prevout.index = 2;
    f.in[1].prevout.index = 3;
    assert_int_equal(yc_orphans_mined(o, &f.tx, 1), 2);
    assert_int_equal(yc_orphans_mined(o, &f.tx, 1), 0);
    assert_true(has(o, 1) && !has(o, 2) && !has(o, 3) && has(o, 4) && has(o, 5));
    done(o, &heap);
}

static void one_that_is_too_heavy_is_not_kept(void **state)
{
    struct test_heap heap;
    struct yc_orphans *o = make(&heap);
    (void)state;
    fake_tx(&f, 1, 5, 1, 100);
    f.tx.stripped_bytes = YC_ORPHANS_PEER_WEIGHT_MAX;
    assert_false(yc_orphans_add(o, &f.tx, 1));
    assert_int_equal(yc_orphans_count(o), 0);
    done(o, &heap);
}

static void orphans_when_memory_fails_at_every_call(void **state)
{
    (void)state;
    for (size_t fail_at = 2; fail_at < 60; fail_at++) {
        struct test_heap heap;
        struct yc_orphans *o = make(&heap);
        heap.fail_at = fail_at;
        size_t kept = 0;
        for (uint32_t i = 0; i < 40; i++) {
            fake_tx(&f, i, 5, 2, 500);
            kept += yc_orphans_add(o, &f.tx, i % 3);
        }
        assert_int_equal(yc_orphans_count(o), kept);
        heap.fail_at = 0;
        done(o, &heap);
    }
}

/* recent.h */

static void recent_forgets_the_oldest_and_stays_small(void **state)
{
    struct test_heap heap;
    struct yc_recent r;
    (void)state;
    test_heap_init(&heap);
    yc_recent_init(&r, &heap.alloc, sizeof(uint32_t), 1000, (struct yc_siphash_key){1, 2});
    for (uint32_t i = 0; i < 100000; i++)
        yc_recent_add(&r, &i);
    for (uint32_t i = 99000; i < 100000; i++)
        assert_true(yc_recent_has(&r, &i));
    uint32_t old = 97000;
    assert_false(yc_recent_has(&r, &old));
    assert_true(heap.live_bytes < 200000);
    yc_recent_clear(&r);
    uint32_t last = 99999;
    assert_false(yc_recent_has(&r, &last));
    yc_recent_release(&r);
    assert_int_equal(heap.live_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_of_a_parent_are_handed_out_one_by_one_P06),
        cmocka_unit_test(a_flood_does_not_push_out_another_peers_orphan_P07),
        cmocka_unit_test(the_greatest_package_is_safe_from_many_heavy_orphans_P07),
        cmocka_unit_test(the_greatest_package_is_safe_from_many_light_orphans_P07),
        cmocka_unit_test(all_who_announce_one_are_remembered),
        cmocka_unit_test(what_two_peers_sent_stays_when_one_goes_or_is_full),
        cmocka_unit_test(what_a_block_spends_is_waited_for_no_more),
        cmocka_unit_test(one_that_is_too_heavy_is_not_kept),
        cmocka_unit_test(orphans_when_memory_fails_at_every_call),
        cmocka_unit_test(recent_forgets_the_oldest_and_stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
