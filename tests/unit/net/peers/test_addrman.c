/* The address book (catalogue P11, P23, P34): rules, an attacker who fills it, the file. */
#include "net/addr/netgroup.h"
#include "net/peers/addrman.h"
#include "support/heap.h"
#include "support/unit.h"

#define NOW INT64_C(1700000000)
#define DAY INT64_C(86400)

static const uint8_t key32[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

struct book {
    struct test_heap heap;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_addrman *a;
};

static void start(struct book *b, uint64_t seed)
{
    test_heap_init(&b->heap);
    yc_random_seed(&b->random, &b->seeded, seed);
    assert_int_equal(yc_addrman_new(&b->a, &b->heap.alloc, &b->random, (struct yc_view){0}, key32), YC_VALID);
}

static void end(struct book *b)
{
    assert_int_equal(yc_addrman_bytes(b->a), b->heap.live_bytes);
    yc_addrman_free(b->a);
    assert_int_equal(b->heap.live_bytes, 0);
}

/* The i-th of many routable addresses, each group of 65,536 a /16 from 11.0 on. */
static struct yc_netaddr addr_at(uint32_t i)
{
    uint32_t v = (UINT32_C(11) << 24) + i;
    return yc_netaddr_ipv4((uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v, 8333);
}

static bool add(struct book *b, struct yc_netaddr addr, struct yc_netaddr source)
{
    return yc_addrman_add(b->a, &addr, YC_NODE_NETWORK, NOW, &source, 0, false, NOW);
}

static void routable(void **state)
{
    static const struct {
        const char *text;
        bool routable;
    } cases[] = {{"8.8.8.8", true},      {"10.1.2.3", false},    {"127.0.0.1", false},   {"172.15.0.1", true},
                 {"172.16.0.1", false},  {"172.31.9.9", false},  {"172.32.0.1", true},   {"192.168.1.1", false},
                 {"100.63.0.1", true},   {"100.64.0.1", false},  {"169.254.1.1", false}, {"198.18.0.1", false},
                 {"198.20.0.1", true},   {"203.0.113.7", false}, {"0.1.2.3", false},     {"255.255.255.255", false},
                 {"::1", false},         {"::", false},          {"fe80::1", false},     {"fd00::1", false},
                 {"2001:db8::1", false}, {"2001:10::1", false},  {"2600::1", true},      {"2002:a00:1::1", true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yc_netaddr a;
        assert_true(yc_netaddr_parse(&a, cases[i].text, 1));
        assert_int_equal(yc_netaddr_is_routable(&a), cases[i].routable);
    }
}

static void groups(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"8.8.1.1", "8.8.200.3", true},
        {"8.8.1.1", "8.9.1.1", false},
        {"2600:1:2::1", "2600:1:3::1", true},
        {"2600:1::1", "2600:2::1", false},
        {"2002:808:1::1", "8.8.9.9", true},
        {"2001:0:1:2:3:4:f7f7:ffff", "8.8.1.1", true},
        {"64:ff9b::808:808", "8.8.1.1", true},
        {"2001:470:abcd::1", "2001:470:afff::1", true},
        {"2001:470:abcd::1", "2001:470:bbcd::1", false},
        {"127.0.0.1", "::1", true},
        {"10.0.0.1", "192.168.0.1", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yc_netaddr a, b;
        assert_true(yc_netaddr_parse(&a, cases[i].a, 1) && yc_netaddr_parse(&b, cases[i].b, 2));
        struct yc_netgroup ga = yc_netgroup_of(&a, (struct yc_view){0}), gb = yc_netgroup_of(&b, (struct yc_view){0});
        assert_int_equal(yc_netgroup_equal(&ga, &gb), cases[i].same);
    }
}

static void add_and_find(void **state)
{
    struct book b;
    struct yc_addrman_entry e;
    struct yc_netaddr one = addr_at(1), private_one = yc_netaddr_ipv4(10, 0, 0, 1, 1), source = addr_at(99);
    (void)state;
    start(&b, 1);
    assert_false(yc_addrman_select(b.a, false, &e, NOW));
    assert_true(add(&b, one, source));
    assert_false(add(&b, one, source));
    assert_false(add(&b, private_one, source));
    assert_true(yc_addrman_add(b.a, &private_one, 1, NOW, &source, 0, true, NOW));
    struct yc_netaddr no_port = addr_at(2);
    no_port.port = 0;
    assert_false(add(&b, no_port, source));
    assert_int_equal(yc_addrman_count(b.a), 2);
    assert_true(yc_addrman_find(b.a, &one, &e));
    assert_true(e.time_s == NOW && e.services == YC_NODE_NETWORK && !e.tried && e.attempts == 0);
    assert_true(yc_netaddr_equal(&e.source, &source));
    assert_false(yc_addrman_find(b.a, &no_port, &e));
    end(&b);
}

/* A time that no clock can have shown is believed to be five days ago; gossip is believed two hours less. */
static void claimed_times(void **state)
{
    struct book b;
    struct yc_addrman_entry e;
    static const int64_t wild[] = {0, -1, INT64_MIN, INT64_MAX, NOW + 601};
    (void)state;
    start(&b, 1);
    for (uint32_t i = 0; i < 5; i++) {
        struct yc_netaddr addr = addr_at(i << 16), source = addr_at(99u << 16);
        assert_true(yc_addrman_add(b.a, &addr, 1, wild[i], &source, 7200, false, NOW));
        assert_true(yc_addrman_find(b.a, &addr, &e));
        assert_true(e.time_s == NOW - 5 * DAY - 7200);
    }
    struct yc_netaddr itself = addr_at(77u << 16);
    assert_true(yc_addrman_add(b.a, &itself, 1, NOW, &itself, 7200, false, NOW));
    assert_true(yc_addrman_find(b.a, &itself, &e) && e.time_s == NOW);
    end(&b);
}

/* What we hear again and again gets at most eight places. */
static void few_places_each(void **state)
{
    struct book b;
    struct yc_addrman_place place;
    struct yc_netaddr one = addr_at(1);
    size_t at = 0, places = 0;
    (void)state;
    start(&b, 1);
    for (uint32_t i = 0; i < 20000; i++) {
        struct yc_netaddr source = addr_at(i << 14);
        (void)yc_addrman_add(b.a, &one, 1, NOW - 20000 + i, &source, 0, false, NOW);
    }
    while (yc_addrman_next_place(b.a, &at, &place))
        places++;
    assert_int_equal(yc_addrman_count(b.a), 1);
    assert_true(places > 1 && places <= YC_ADDRMAN_NEW_REFS_MAX);
    assert_true(yc_addrman_good(b.a, &one, NOW)); /* and leaves all of them */
    at = places = 0;
    while (yc_addrman_next_place(b.a, &at, &place)) {
        assert_true(place.tried);
        places++;
    }
    assert_int_equal(places, 1);
    end(&b);
}

static void good_is_tried(void **state)
{
    struct book b;
    struct yc_addrman_entry e;
    struct yc_netaddr one = addr_at(1), stranger = addr_at(2);
    (void)state;
    start(&b, 1);
    assert_true(add(&b, one, one));
    yc_addrman_attempt(b.a, &one, true, NOW);
    assert_true(yc_addrman_find(b.a, &one, &e) && e.attempts == 1 && e.last_try_s == NOW);
    assert_true(yc_addrman_good(b.a, &one, NOW + 1));
    assert_true(yc_addrman_find(b.a, &one, &e) && e.tried && e.attempts == 0 && e.last_success_s == NOW + 1);
    assert_int_equal(yc_addrman_tried_count(b.a), 1);
    assert_int_equal(yc_addrman_new_count(b.a), 0);
    assert_false(yc_addrman_select(b.a, true, &e, NOW)); /* nothing new */
    assert_true(yc_addrman_select(b.a, false, &e, NOW + 1000));
    assert_false(yc_addrman_good(b.a, &stranger, NOW)); /* only gossip makes entries */
    assert_int_equal(yc_addrman_count(b.a), 1);
    end(&b);
}

/* Fill "tried" from one group until a newcomer finds its place taken. */
static struct yc_netaddr collide(struct book *b)
{
    for (uint32_t i = 0;; i++) {
        struct yc_netaddr addr = addr_at(i);
        assert_true(i < 2000);
        if (add(b, addr, addr_at(i << 16)) && !yc_addrman_good(b->a, &addr, NOW))
            return addr;
    }
}

/* P23: a newcomer waits until the entry in its place was tested; it takes the place only of a dead one. */
static void test_before_evict(void **state)
{
    (void)state;
    for (int dead = 0; dead < 2; dead++) {
        struct book b;
        struct yc_addrman_entry old, e;
        start(&b, 3);
        struct yc_netaddr newcomer = collide(&b);
        assert_true(yc_addrman_select_collision(b.a, &old));
        assert_true(old.tried);
        int64_t later = NOW + 5 * 3600;
        yc_addrman_resolve_collisions(b.a, NOW + 60); /* the old one worked within four hours */
        assert_false(yc_addrman_select_collision(b.a, &e));
        assert_false(yc_addrman_good(b.a, &newcomer, later));
        assert_true(yc_addrman_select_collision(b.a, &old));
        yc_addrman_attempt(b.a, &old.addr, true, later);
        if (!dead)
            assert_true(yc_addrman_good(b.a, &old.addr, later + 1));
        yc_addrman_resolve_collisions(b.a, later + 30); /* a test under way is waited for */
        assert_int_equal(yc_addrman_select_collision(b.a, &e), dead);
        yc_addrman_resolve_collisions(b.a, later + 90);
        assert_false(yc_addrman_select_collision(b.a, &e));
        assert_true(yc_addrman_find(b.a, &newcomer, &e) && e.tried == dead);
        assert_true(yc_addrman_find(b.a, &old.addr, &e) && e.tried == !dead);
        end(&b);
    }
}

/* P23, roughly: one who speaks from 32 groups and offers 10,000 addresses of 32 groups, beside 2,000 honest ones that
 * worked, is seldom all that we would connect to. Of 1,000 restarts with ten picks of distinct groups, fewer than 1 %
 * may be wholly his. */
static void attacker_fills_the_book(void **state)
{
    struct book b;
    size_t captured = 0;
    (void)state;
    start(&b, 7);
    for (uint32_t i = 0; i < 2000; i++) {
        struct yc_netaddr honest = addr_at((i << 13) + 5);
        (void)add(&b, honest, addr_at(i << 15));
        if (i % 4 == 0)
            (void)yc_addrman_good(b.a, &honest, NOW);
    }
    size_t honest_count = yc_addrman_count(b.a);
    for (uint32_t i = 0; i < 10000; i++) {
        struct yc_netaddr evil = yc_netaddr_ipv4(200, (uint8_t)(i % 32), (uint8_t)(i >> 8), (uint8_t)i, 666);
        struct yc_netaddr source = yc_netaddr_ipv4(201, (uint8_t)(i / 313), 1, 1, 666);
        (void)add(&b, evil, source);
    }
    assert_true(yc_addrman_count(b.a) > honest_count);
    for (int restart = 0; restart < 1000; restart++) {
        size_t picks = 0, evil = 0;
        struct yc_netgroup used[10];
        while (picks < 10) {
            struct yc_addrman_entry e;
            assert_true(yc_addrman_select(b.a, false, &e, NOW + 1000));
            struct yc_netgroup g = yc_netgroup_of(&e.addr, (struct yc_view){0});
            bool taken = false;
            for (size_t k = 0; k < picks; k++)
                taken = taken || yc_netgroup_equal(&used[k], &g);
            if (taken)
                continue;
            used[picks++] = g;
            evil += e.addr.port == 666;
        }
        captured += evil == 10;
    }
    assert_true(captured < 10);
    assert_int_equal(yc_addrman_tried_count(b.a) > 0, 1);
    end(&b);
}

/* A single source group reaches at most 64 of the 1024 buckets, so 4,096 places. */
static void one_source_is_confined(void **state)
{
    struct book b;
    struct yc_addrman_place place;
    bool seen[YC_ADDRMAN_NEW_BUCKETS] = {false};
    size_t at = 0, buckets = 0;
    (void)state;
    start(&b, 1);
    for (uint32_t i = 0; i < 100000; i++)
        (void)add(&b, addr_at(i * 1669), yc_netaddr_ipv4(44, 44, (uint8_t)(i >> 8), (uint8_t)i, 1));
    while (yc_addrman_next_place(b.a, &at, &place))
        if (!seen[place.bucket]) {
            seen[place.bucket] = true;
            buckets++;
        }
    assert_true(buckets > 32 && buckets <= 64);
    assert_true(yc_addrman_count(b.a) <= 64 * 64);
    end(&b);
}

/* P11: a million addresses; memory stays within the tables' bound. */
static void a_million_addresses(void **state)
{
    struct book b;
    (void)state;
    start(&b, 1);
    for (uint32_t i = 0; i < 1000000; i++)
        (void)add(&b, addr_at(i * 2657), addr_at(i * 7919));
    assert_true(yc_addrman_count(b.a) <= YC_ADDRMAN_NEW_BUCKETS * YC_ADDRMAN_BUCKET_SLOTS);
    assert_true(yc_addrman_count(b.a) > 50000);
    assert_true(b.heap.live_bytes < 32 << 20);
    end(&b);
}

static void tokens(void **state)
{
    struct yc_addr_tokens t;
    size_t n = 0;
    int64_t us = 0;
    (void)state;
    yc_addr_tokens_init(&t, us);
    assert_true(yc_addr_tokens_take(&t, us));
    assert_false(yc_addr_tokens_take(&t, us));
    assert_true(yc_addr_tokens_take(&t, us += 10000000)); /* one in ten seconds */
    assert_false(yc_addr_tokens_take(&t, us += 9999990));
    us += INT64_C(1000000000) * 86400;
    while (yc_addr_tokens_take(&t, us))
        n++;
    assert_int_equal(n, 1000);
    yc_addr_tokens_grant(&t, 1000);
    for (n = 0; yc_addr_tokens_take(&t, us); n++)
        continue;
    assert_int_equal(n, 1000);
    assert_int_equal(t.limited, 4);
    assert_int_equal(t.processed, 2002);
}

/* P34: the answer to getaddr is kept for a day for each of our addresses; at most 23 % and 1,000. */
static void answers_are_kept(void **state)
{
    struct book b;
    const struct yc_addr_entry *out;
    struct yc_addr_entry first;
    struct yc_netaddr here = yc_netaddr_ipv4(1, 1, 1, 1, 8333), there = yc_netaddr_ipv4(1, 1, 1, 1, 8334);
    (void)state;
    start(&b, 1);
    assert_int_equal(yc_addrman_response(b.a, &here, &out, NOW), 0);
    for (uint32_t i = 0; i < 1000; i++)
        (void)add(&b, addr_at(i << 15), addr_at(i << 16));
    size_t count = yc_addrman_count(b.a);
    assert_int_equal(yc_addrman_response(b.a, &here, &out, NOW + 20 * 3600), 0); /* still the empty one */
    size_t n = yc_addrman_response(b.a, &there, &out, NOW);
    assert_int_equal(n, count * 23 / 100);
    first = out[0];
    for (uint32_t i = 1000; i < 8000; i++)
        (void)add(&b, addr_at(i << 15), addr_at(i << 16));
    assert_int_equal(yc_addrman_response(b.a, &there, &out, NOW + 20 * 3600), n);
    assert_true(yc_netaddr_equal(&out[0].addr, &first.addr));
    assert_int_equal(yc_addrman_response(b.a, &there, &out, NOW + 28 * 3600), 1000);
    end(&b);
}

static void terrible_ones_are_not_told(void **state)
{
    struct book b;
    struct yc_addr_entry out[1000];
    struct yc_netaddr bad = addr_at(1), good = addr_at(1u << 20);
    (void)state;
    start(&b, 1);
    assert_true(add(&b, bad, bad) && add(&b, good, good));
    for (int i = 0; i < 3; i++) {
        yc_addrman_attempt(b.a, &bad, true, NOW + 1000 * i);
        (void)yc_addrman_good(b.a, &good, NOW + 1000 * i + 1);
    }
    assert_int_equal(yc_addrman_sample(b.a, out, 0, 0, NOW + 4000), 1);
    assert_true(yc_netaddr_equal(&out[0].addr, &good));
    assert_int_equal(yc_addrman_sample(b.a, out, 0, 0, NOW + 40 * DAY), 0); /* not seen for a month */
    end(&b);
}

static void file_comes_back(void **state)
{
    struct book b;
    struct yc_buf bytes, again;
    struct yc_addrman *a;
    struct yc_error err;
    (void)state;
    start(&b, 1);
    for (uint32_t i = 0; i < 3000; i++) {
        struct yc_netaddr addr = addr_at(i << 12);
        (void)add(&b, addr, addr_at(i << 13));
        (void)add(&b, addr, addr_at(i << 15));
        if (i % 5 == 0)
            (void)yc_addrman_good(b.a, &addr, NOW);
    }
    yc_buf_init(&bytes, &b.heap.alloc, SIZE_MAX / 2);
    yc_buf_init(&again, &b.heap.alloc, SIZE_MAX / 2);
    yc_addrman_write(b.a, &bytes);
    assert_false(bytes.failed);
    assert_int_equal(yc_addrman_parse(&a, yc_buf_view(&bytes), &b.heap.alloc, &b.random, (struct yc_view){0}, &err),
                     YC_VALID);
    assert_int_equal(yc_addrman_tried_count(a), yc_addrman_tried_count(b.a));
    assert_int_equal(yc_addrman_new_count(a), yc_addrman_new_count(b.a));
    yc_addrman_write(a, &again);
    assert_true(yc_view_equal(yc_buf_view(&bytes), yc_buf_view(&again)));
    yc_addrman_free(a);
    for (size_t n = 0; n < bytes.n; n += n < 200 ? 1 : 9973) { /* cut anywhere, or damaged anywhere */
        assert_int_equal(yc_addrman_parse(&a, yc_view(bytes.p, n), &b.heap.alloc, &b.random, (struct yc_view){0}, &err),
                         YC_INVALID);
        bytes.p[n] ^= 1;
        assert_int_equal(yc_addrman_parse(&a, yc_buf_view(&bytes), &b.heap.alloc, &b.random, (struct yc_view){0}, &err),
                         YC_INVALID);
        assert_non_null(strstr(err.text, "peers are looked for anew"));
        bytes.p[n] ^= 1;
    }
    yc_buf_release(&bytes);
    yc_buf_release(&again);
    end(&b);
}

/* RETURN 1, and RETURN 2: all addresses of one system. net/addr/asmap.h has the form. */
static const uint8_t map_1[] = {0, 0, 0}, map_2[] = {0, 0, 1};

/* Under a map of one system a source leads to 64 buckets still, but all sources are one, and so are all addresses. */
static void grouped_by_systems(void **state)
{
    struct test_heap heap;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_addrman *a;
    struct yc_addrman_place place;
    static bool used[2][YC_ADDRMAN_NEW_BUCKETS];
    size_t at = 0, buckets[2] = {0, 0};
    (void)state;
    test_heap_init(&heap);
    yc_random_seed(&random, &seeded, 1);
    assert_int_equal(yc_addrman_new(&a, &heap.alloc, &random, yc_view(map_1, sizeof map_1), key32), YC_VALID);
    for (uint32_t i = 0; i < 3000; i++) {
        struct yc_netaddr addr = addr_at(i << 14), source = addr_at(i << 12);
        (void)yc_addrman_add(a, &addr, YC_NODE_NETWORK, NOW, &source, 0, false, NOW);
        (void)yc_addrman_good(a, &addr, NOW);
    }
    assert_null(yc_addrman_check(a));
    while (yc_addrman_next_place(a, &at, &place))
        if (!used[place.tried][place.bucket]) {
            used[place.tried][place.bucket] = true;
            buckets[place.tried]++;
        }
    assert_int_equal(buckets[0], 1); /* one source, one group: 1 of its 64 */
    assert_in_range(buckets[1], 1, 8);
    struct yc_addrman_systems n;
    assert_int_equal(yc_addrman_count_systems(a, &n), YC_VALID);
    assert_true(n.addresses == yc_addrman_count(a) && n.systems == 1 && n.unmapped == 0);
    yc_addrman_free(a);
    assert_int_equal(heap.live_bytes, 0);
}

/* A book that was written without a map, or under another, is placed anew: nothing is in a wrong place, and what worked once
 * is known still. */
static void file_under_another_map(void **state)
{
    const struct yc_view maps[] = {{0}, yc_view(map_1, sizeof map_1), yc_view(map_2, sizeof map_2)};
    struct book b;
    struct yc_addrman *a;
    struct yc_buf bytes;
    struct yc_error err;
    (void)state;
    start(&b, 3);
    for (uint32_t i = 0; i < 3000; i++) {
        struct yc_netaddr addr = addr_at(i << 12);
        (void)add(&b, addr, addr_at(i << 13));
        if (i % 50 == 0)
            (void)yc_addrman_good(b.a, &addr, NOW);
    }
    size_t tried = yc_addrman_tried_count(b.a), count = yc_addrman_count(b.a);
    for (size_t i = 0; i < 6; i++) {
        yc_buf_init(&bytes, &b.heap.alloc, SIZE_MAX / 2);
        yc_addrman_write(b.a, &bytes);
        yc_addrman_free(b.a);
        assert_int_equal(yc_addrman_parse(&a, yc_buf_view(&bytes), &b.heap.alloc, &b.random, maps[(i + 1) % 3], &err),
                         YC_VALID);
        b.a = a;
        assert_null(yc_addrman_check(b.a));
        assert_in_range(yc_addrman_count(b.a), 1, count);
        yc_buf_release(&bytes);
        if (i == 0) /* 60 in 8 buckets of 64 places: most keep their place in "tried", all that do not are "new" */
            assert_in_range(yc_addrman_tried_count(b.a), tried * 3 / 4, tried);
    }
    end(&b);
}

/* The n-th allocation fails, for every n: nothing is lost, and the book can be used. */
static void failing_memory(void **state)
{
    struct test_heap heap;
    struct yc_random random;
    struct yc_random_seeded seeded;
    bool failed = true;
    (void)state;
    for (size_t n = 1; failed; n++) {
        struct yc_addrman *a = NULL;
        test_heap_init(&heap);
        yc_random_seed(&random, &seeded, 1);
        heap.fail_at = n;
        if (yc_addrman_new(&a, &heap.alloc, &random, (struct yc_view){0}, key32) == YC_VALID) {
            const struct yc_addr_entry *out;
            struct yc_netaddr here = addr_at(0);
            for (uint32_t i = 0; i < 300; i++) {
                struct yc_netaddr addr = addr_at(i << 16);
                (void)yc_addrman_add(a, &addr, 1, NOW, &addr, 0, false, NOW);
            }
            (void)yc_addrman_response(a, &here, &out, NOW);
        }
        failed = heap.calls >= n;
        yc_addrman_free(a);
        assert_int_equal(heap.live_bytes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routable),
        cmocka_unit_test(groups),
        cmocka_unit_test(add_and_find),
        cmocka_unit_test(claimed_times),
        cmocka_unit_test(few_places_each),
        cmocka_unit_test(good_is_tried),
        cmocka_unit_test(test_before_evict),
        cmocka_unit_test(attacker_fills_the_book),
        cmocka_unit_test(one_source_is_confined),
        cmocka_unit_test(a_million_addresses),
        cmocka_unit_test(tokens),
        cmocka_unit_test(answers_are_kept),
        cmocka_unit_test(terrible_ones_are_not_told),
        cmocka_unit_test(file_comes_back),
        cmocka_unit_test(grouped_by_systems),
        cmocka_unit_test(file_under_another_map),
        cmocka_unit_test(failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
