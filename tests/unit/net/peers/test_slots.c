/* Which connections to open, keep and give up (catalogue P23, P25). */
#include "net/peers/slots.h"
#include "support/heap.h"
#include "support/unit.h"

#define SECOND INT64_C(1000000)
#define WALL   INT64_C(1700000000)

struct setup {
    struct test_heap heap;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_addrman *book;
    struct yc_slots *s;
    struct yc_now now;
    int64_t ids;
};

static void start(struct setup *t, const struct yc_slots_config *config)
{
    uint8_t key32[32] = {3};
    memset(t, 0, sizeof *t);
    test_heap_init(&t->heap);
    yc_random_seed(&t->random, &t->seeded, 1);
    assert_int_equal(yc_addrman_new(&t->book, &t->heap.alloc, &t->random, (struct yc_view){0}, key32), YC_VALID);
    assert_int_equal(yc_slots_new(&t->s, &t->heap.alloc, &t->random, config), YC_VALID);
    t->now = (struct yc_now){SECOND, WALL};
}

static void end(struct setup *t)
{
    yc_slots_free(t->s);
    yc_addrman_free(t->book);
    assert_int_equal(t->heap.live_bytes, 0);
}

static void pass(struct setup *t, int64_t us)
{
    t->now.mono_us += us;
    t->now.wall_s += us / SECOND;
}

static bool want(struct setup *t, struct yc_slot_want *w)
{
    return yc_slots_next(t->s, t->book, NULL, NULL, w, t->now);
}

static int64_t open_want(struct setup *t, const struct yc_slot_want *w)
{
    int64_t id = ++t->ids;
    assert_int_equal(yc_slots_opening(t->s, id, w->type, &w->addr, w->named, t->now.mono_us), YC_VALID);
    if (!w->host)
        yc_addrman_attempt(t->book, &w->addr, true, t->now.wall_s);
    return id;
}

static void fill_book(struct setup *t, uint32_t groups, uint32_t each)
{
    for (uint32_t g = 0; g < groups; g++)
        for (uint32_t i = 0; i < each; i++) {
            struct yc_netaddr a = yc_netaddr_ipv4((uint8_t)(20 + g / 200), (uint8_t)(g % 200), (uint8_t)i, 1, 8333);
            (void)yc_addrman_add(t->book, &a, YC_NODE_NETWORK, WALL, &a, 0, false, WALL);
        }
}

/* P23: ten automatic connections of ten groups, then feelers, one at a time. */
/* P24: no two of one group, and two for blocks alone, whose addresses nobody hears of. */
static void automatic(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    struct yc_netgroup groups[10];
    size_t full = 0, block = 0;
    (void)state;
    start(&t, &config);
    assert_false(want(&t, &w)); /* the book is empty */
    fill_book(&t, 40, 5);
    for (int turn = 0; turn < 100 && full + block < 10; turn++) {
        pass(&t, SECOND);
        if (!want(&t, &w))
            continue;
        struct yc_netgroup g = yc_netgroup_of(&w.addr, (struct yc_view){0});
        for (size_t i = 0; i < full + block; i++)
            assert_false(yc_netgroup_equal(&g, &groups[i]));
        groups[full + block] = g;
        assert_null(w.host);
        full += w.type == YC_CONN_OUTBOUND_FULL;
        block += w.type == YC_CONN_BLOCK_RELAY;
        (void)open_want(&t, &w);
        assert_false(want(&t, &w)); /* not all at once */
    }
    assert_int_equal(full, 8);
    assert_int_equal(block, 2);
    pass(&t, 300 * SECOND);
    assert_true(yc_slots_next_deadline_us(t.s) <= t.now.mono_us);
    assert_true(want(&t, &w));
    assert_int_equal(w.type, YC_CONN_FEELER);
    int64_t id = open_want(&t, &w);
    assert_false(want(&t, &w));
    yc_slots_closed(t.s, id, false, t.now.mono_us);
    pass(&t, 300 * SECOND);
    assert_true(want(&t, &w));
    end(&t);
}

/* Nothing is left that a feeler could try: the next one has its turn as if this one had been made, a minute or two later, and
 * the book is not searched all the time. */
static void feelers_without_an_address_take_turns(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    size_t opened = 0, looks = 0;
    (void)state;
    start(&t, &config);
    fill_book(&t, 10, 1);
    for (int turn = 0; turn < 1000 && opened < 10; turn++) {
        pass(&t, SECOND);
        if (!want(&t, &w))
            continue;
        (void)open_want(&t, &w);
        opened++;
    }
    assert_int_equal(opened, 10);
    for (int64_t end_us = t.now.mono_us + 3600 * SECOND; t.now.mono_us < end_us; looks++) {
        int64_t at = yc_slots_next_deadline_us(t.s);
        pass(&t, at > t.now.mono_us ? at - t.now.mono_us : 0);
        assert_false(want(&t, &w));
    }
    assert_in_range(looks, 15, 60);
    end(&t);
}

/* Connects to whom it is told for so long, and nobody answers; how often that was. */
static unsigned dial_in_vain(struct setup *t, int64_t seconds)
{
    unsigned tries = 0;
    struct yc_slot_want w;
    for (int64_t end_us = t->now.mono_us + seconds * SECOND; t->now.mono_us < end_us;) {
        int64_t at = yc_slots_next_deadline_us(t->s);
        pass(t, at > t->now.mono_us ? at - t->now.mono_us : 0);
        if (!want(t, &w))
            continue;
        tries++;
        yc_slots_closed(t->s, open_want(t, &w), false, t->now.mono_us);
    }
    return tries;
}

/* Of a small network most places stay empty: whom it has is tried at once, and then less and less often, but never not. */
static void the_same_few_are_not_dialled_all_the_time_P23(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    (void)state;
    config.feelers = false;
    start(&t, &config);
    fill_book(&t, 5, 1);
    assert_in_range(dial_in_vain(&t, 10), 5, 12);
    assert_in_range(dial_in_vain(&t, 3600), 90, 120); /* each is worth a new round after ten minutes */
    /* One answers, so the network is there again: the others are tried at once. */
    while (!want(&t, &w))
        pass(&t, SECOND);
    int64_t id = open_want(&t, &w);
    assert_true(yc_slots_next_deadline_us(t.s) - t.now.mono_us == 60 * SECOND);
    yc_slots_ready(t.s, id, true, t.now.mono_us);
    assert_true(yc_slots_next_deadline_us(t.s) - t.now.mono_us == SECOND / 2);
    assert_true(yc_slots_find(t.s, id)->relays_txs);
    end(&t);
}

/* An address that was not tried yet is worth a try at once, however long the others have been dead. */
static void somebody_new_ends_the_wait(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    (void)state;
    config.feelers = false;
    start(&t, &config);
    fill_book(&t, 5, 1);
    (void)dial_in_vain(&t, 3600);
    fill_book(&t, 25, 1);
    assert_in_range(dial_in_vain(&t, 90), 15, 60);
    end(&t);
}

static void groups_run_out(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    size_t opened = 0;
    (void)state;
    start(&t, &config);
    fill_book(&t, 3, 50);
    for (int turn = 0; turn < 100; turn++) {
        pass(&t, 10 * SECOND);
        if (want(&t, &w)) {
            (void)open_want(&t, &w);
            opened++;
        }
    }
    assert_int_equal(opened, 3);
    end(&t);
}

static void banned_and_own_addresses_are_not_offered(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    struct yc_bans bans;
    struct yc_self self = {.count = 0};
    struct yc_subnet all;
    (void)state;
    start(&t, &config);
    fill_book(&t, 1, 1);
    yc_bans_init(&bans, &t.heap.alloc, (struct yc_siphash_key){1, 2});
    assert_true(yc_subnet_parse(&all, "20.0.0.0/8"));
    assert_int_equal(yc_bans_add(&bans, &all, WALL, WALL + 100, NULL), YC_VALID);
    assert_false(yc_slots_next(t.s, t.book, &bans, &self, &w, t.now));
    pass(&t, 200 * SECOND); /* the ban is over */
    assert_true(yc_slots_next(t.s, t.book, &bans, &self, &w, t.now));
    struct yc_netaddr only = w.addr;
    yc_bans_discourage(&bans, &only);
    pass(&t, 10 * SECOND);
    assert_false(yc_slots_next(t.s, t.book, &bans, &self, &w, t.now));
    yc_self_add(&self, &only, YC_SELF_GIVEN);
    pass(&t, 10 * SECOND);
    assert_false(yc_slots_next(t.s, t.book, NULL, &self, &w, t.now));
    assert_true(want(&t, &w) || (pass(&t, 10 * SECOND), want(&t, &w)));
    yc_bans_release(&bans);
    end(&t);
}

/* Named peers: at once, then after 1, 2, 4 … 60 seconds; a peer that had been ready is tried again after one. */
static void named_peers_back_off(void **state)
{
    static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60};
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    int64_t id;
    (void)state;
    config.automatic = false;
    start(&t, &config);
    assert_int_equal(yc_slots_name(t.s, "a.example:1", NULL), YC_VALID);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        assert_true(want(&t, &w));
        assert_int_equal(w.type, YC_CONN_MANUAL);
        assert_string_equal(w.host, "a.example:1");
        id = open_want(&t, &w);
        assert_false(want(&t, &w));
        assert_string_equal(yc_slots_named_at(t.s, 0, &id), "a.example:1");
        assert_int_equal(id, t.ids);
        yc_slots_closed(t.s, id, false, t.now.mono_us);
        assert_true(yc_slots_next_deadline_us(t.s) == t.now.mono_us + waits[i] * SECOND);
        pass(&t, waits[i] * SECOND - 1);
        assert_false(want(&t, &w));
        pass(&t, 1);
    }
    assert_true(want(&t, &w));
    id = open_want(&t, &w);
    yc_slots_closed(t.s, id, true, t.now.mono_us);
    assert_true(yc_slots_next_deadline_us(t.s) == t.now.mono_us + SECOND);
    end(&t);
}

/* P24: with a map of autonomous systems no two that we choose are of one, whatever their first bits. */
static void one_of_each_system_P24(void **state)
{
    static const uint8_t one_system[] = {0, 0, 0}; /* RETURN 1: net/addr/asmap.h */
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    (void)state;
    config.feelers = false;
    config.asmap = yc_view(one_system, sizeof one_system);
    start(&t, &config);
    fill_book(&t, 100, 5);
    for (int i = 0; i < 200; i++) {
        if (want(&t, &w))
            (void)open_want(&t, &w);
        pass(&t, SECOND);
    }
    assert_int_equal(yc_slots_total(t.s), 1);
    end(&t);
}

/* P25: the limit is of all connections but those of named peers, which have places of their own (Bitcoin Core's accounting). */
static void inbound_peers_do_not_pass_the_limit(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    int64_t evict;
    (void)state;
    config.connections_max = 13; /* two of them for inbound peers */
    start(&t, &config);
    for (uint8_t i = 0; i < 12; i++) {
        struct yc_netaddr a = yc_netaddr_ipv4(20, i, 1, 1, 8333);
        enum yc_conn_type type = i < 8 ? YC_CONN_MANUAL : YC_CONN_OUTBOUND_FULL;
        assert_int_equal(yc_slots_opening(t.s, ++t.ids, type, &a, SIZE_MAX, t.now.mono_us), YC_VALID);
    }
    for (uint8_t i = 1; i <= 2; i++) {
        assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT);
        struct yc_netaddr a = yc_netaddr_ipv4(50, i, 1, 1, 8333);
        assert_int_equal(yc_slots_opening(t.s, ++t.ids, YC_CONN_INBOUND, &a, SIZE_MAX, t.now.mono_us), YC_VALID);
    }
    assert_int_not_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT);
    yc_slots_closed(t.s, 1, true, t.now.mono_us); /* a named one: its place is none of theirs */
    assert_int_not_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT);
    yc_slots_closed(t.s, 14, true, t.now.mono_us);
    assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT);
    end(&t);
}

/* With -maxconnections below what outbound peers would take they get fewer, and named peers are connected to all the same. */
static void few_connections_are_shared_out(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    struct yc_error err;
    (void)state;
    for (size_t max = 0; max < 12; max++) {
        config.connections_max = max;
        start(&t, &config);
        fill_book(&t, 20, 5);
        assert_int_equal(yc_slots_name(t.s, "10.0.0.1", &err), YC_VALID);
        for (int i = 0; i < 100; i++) {
            if (want(&t, &w))
                (void)open_want(&t, &w);
            pass(&t, SECOND);
        }
        assert_int_equal(yc_slots_count(t.s, YC_CONN_MANUAL), 1);
        assert_int_equal(yc_slots_count(t.s, YC_CONN_OUTBOUND_FULL), max < 8 ? max : 8);
        assert_int_equal(yc_slots_count(t.s, YC_CONN_BLOCK_RELAY), max < 8 ? 0 : max < 10 ? max - 8 : 2);
        assert_true(yc_slots_total(t.s) <= max + 1);
        end(&t);
    }
}

/* Of nine named peers eight are connected: the ninth waits for a place, and nobody is woken for it in vain. */
static void a_named_peer_without_a_place_is_not_due(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    struct yc_error err;
    char host[] = "a.example";
    (void)state;
    start(&t, &config);
    for (; host[0] <= 'i'; host[0]++)
        assert_int_equal(yc_slots_name(t.s, host, &err), YC_VALID);
    while (want(&t, &w))
        (void)open_want(&t, &w);
    assert_int_equal(yc_slots_count(t.s, YC_CONN_MANUAL), 8);
    assert_true(yc_slots_next_deadline_us(t.s) > t.now.mono_us);
    yc_slots_closed(t.s, 1, true, t.now.mono_us);
    assert_true(yc_slots_next_deadline_us(t.s) <= t.now.mono_us); /* now it has one */
    assert_true(want(&t, &w));
    assert_string_equal(w.host, "i.example");
    end(&t);
}

static void names_come_and_go(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    struct yc_error err;
    char longest[YC_SLOT_HOST_MAX + 1];
    int64_t id;
    (void)state;
    config.automatic = false;
    start(&t, &config);
    assert_int_equal(yc_slots_name(t.s, "a", &err), YC_VALID);
    assert_int_equal(yc_slots_name(t.s, "b", &err), YC_VALID);
    assert_int_equal(yc_slots_name(t.s, "c", &err), YC_VALID);
    assert_int_equal(yc_slots_name(t.s, "b", &err), YC_INVALID);
    assert_int_equal(yc_slots_name(t.s, "", &err), YC_INVALID);
    memset(longest, 'x', sizeof longest);
    longest[YC_SLOT_HOST_MAX] = 0;
    assert_int_equal(yc_slots_name(t.s, longest, &err), YC_INVALID);
    while (want(&t, &w))
        (void)open_want(&t, &w);
    assert_int_equal(yc_slots_total(t.s), 3);
    assert_true(yc_slots_unname(t.s, "a"));
    assert_false(yc_slots_unname(t.s, "a"));
    assert_int_equal(yc_slots_named_count(t.s), 2);
    assert_string_equal(yc_slots_named_at(t.s, 1, &id), "c");
    assert_int_equal(id, 3);
    yc_slots_closed(t.s, 1, true, t.now.mono_us); /* a is not tried again */
    yc_slots_closed(t.s, 3, true, t.now.mono_us);
    pass(&t, 100 * SECOND);
    assert_true(want(&t, &w));
    assert_string_equal(w.host, "c");
    (void)open_want(&t, &w);
    assert_false(want(&t, &w));
    end(&t);
}

static void seeds_are_asked_one_after_the_other(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    struct yc_slot_want w;
    (void)state;
    start(&t, &config);
    assert_int_equal(yc_slots_seed(t.s, "seed.example", NULL), YC_VALID);
    assert_int_equal(yc_slots_seed(t.s, "seed2.example", NULL), YC_VALID);
    assert_true(want(&t, &w));
    assert_int_equal(w.type, YC_CONN_ADDR_FETCH);
    assert_string_equal(w.host, "seed.example");
    int64_t id = open_want(&t, &w);
    assert_false(want(&t, &w));
    yc_slots_closed(t.s, id, false, t.now.mono_us);
    assert_true(want(&t, &w));
    assert_string_equal(w.host, "seed2.example");
    yc_slots_closed(t.s, open_want(&t, &w), false, t.now.mono_us);
    fill_book(&t, 1, 1);
    pass(&t, 10 * SECOND);
    assert_true(want(&t, &w));
    assert_null(w.host);
    /* A full book does not keep one that is named now from being asked: its addresses may be dead. */
    assert_int_equal(yc_slots_seed(t.s, "seed3.example", NULL), YC_VALID);
    assert_true(want(&t, &w));
    assert_string_equal(w.host, "seed3.example");
    end(&t);
}

static int64_t come_in(struct setup *t, struct yc_netaddr addr)
{
    int64_t id = ++t->ids;
    assert_int_equal(yc_slots_opening(t->s, id, YC_CONN_INBOUND, &addr, SIZE_MAX, t->now.mono_us), YC_VALID);
    return id;
}

/* P25: an attacker with the rest of the slots from one group only ever evicts himself. */
static void eviction(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    int64_t evict;
    (void)state;
    start(&t, &config);
    for (uint8_t i = 0; i < 30; i++) { /* honest: of many groups, early, some of them useful */
        int64_t id = come_in(&t, yc_netaddr_ipv4(50, i, 1, 1, 9));
        struct yc_slot *slot = yc_slots_find(t.s, id);
        slot->relays_txs = i % 2;
        slot->ping_min_us = i < 10 ? 1000 : 100000;
        slot->last_tx_us = i % 3 ? 0 : t.now.mono_us;
        slot->last_block_us = i % 5 ? 0 : t.now.mono_us;
        pass(&t, SECOND);
    }
    while (yc_slots_admit_inbound(t.s, &evict) == YC_ADMIT) {
        assert_int_equal(evict, -1);
        int64_t id = come_in(&t, yc_netaddr_ipv4(66, 6, 1, (uint8_t)t.ids, 9));
        yc_slots_find(t.s, id)->ping_min_us = 500; /* closer than anybody */
        pass(&t, SECOND);
    }
    assert_int_equal(yc_slots_count(t.s, YC_CONN_INBOUND), 125 - 11);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT_EVICT);
        assert_int_equal(yc_slots_find(t.s, evict)->addr.host32[12], 66);
        yc_slots_closed(t.s, evict, true, t.now.mono_us);
        int64_t id = come_in(&t, yc_netaddr_ipv4(66, 6, (uint8_t)i, 7, 9));
        yc_slots_find(t.s, id)->ping_min_us = 400;
        pass(&t, SECOND);
    }
    end(&t);
}

enum merit { MERIT_NONE, MERIT_PING, MERIT_TX, MERIT_BLOCK, MERIT_BLOCK_ONLY, MERIT_AGE };

/* P25: one of the attacker's own group, and the youngest of it, goes first; but not when it is better in any one way. */
static void each_merit_alone_protects_P25(void **state)
{
    (void)state;
    for (enum merit merit = MERIT_NONE; merit <= MERIT_AGE; merit++) {
        struct setup t;
        struct yc_slots_config config = yc_slots_config_default();
        int64_t evict;
        start(&t, &config);
        for (int i = 0; i < 125 - 11; i++) {
            struct yc_slot *slot = yc_slots_find(t.s, come_in(&t, yc_netaddr_ipv4(66, 6, 1, (uint8_t)i, 9)));
            slot->ping_min_us = 5000;
            slot->relays_txs = true;
            pass(&t, SECOND);
        }
        int64_t id = t.ids / 2; /* equal ones are kept from both ends of the list */
        struct yc_slot *honest = yc_slots_find(t.s, id);
        honest->since_us = t.now.mono_us;
        if (merit == MERIT_PING)
            honest->ping_min_us = 4000;
        if (merit == MERIT_TX)
            honest->last_tx_us = t.now.mono_us;
        if (merit == MERIT_BLOCK || merit == MERIT_BLOCK_ONLY)
            honest->last_block_us = t.now.mono_us;
        honest->relays_txs = merit != MERIT_BLOCK_ONLY;
        if (merit == MERIT_AGE)
            honest->since_us = 0;
        assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT_EVICT);
        if ((evict == id) != (merit == MERIT_NONE))
            fail_msg("merit %d: %lld goes, not %lld", (int)merit, (long long)evict, (long long)id);
        end(&t);
    }
}

static void the_protected_are_not_evicted(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    int64_t evict;
    (void)state;
    config.connections_max = 41;
    start(&t, &config);
    for (int i = 0; i < 30; i++)
        yc_slots_find(t.s, come_in(&t, yc_netaddr_ipv4(66, 6, 6, 6, (uint16_t)(1 + i))))->protected_from_eviction =
            true;
    assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT_REFUSE);
    end(&t);
    config.connections_max = 5; /* fewer than the automatic ones need */
    start(&t, &config);
    assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT_REFUSE);
    end(&t);
}

/* P25: of the inbound peers half may relay transactions; one more pushes out another one of these, or goes itself. */
static void few_inbound_peers_relay_transactions_P25(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    int64_t evict, id = -1;
    (void)state;
    config.connections_max = 11 + 80;
    start(&t, &config);
    for (uint8_t i = 0; i < 30; i++, pass(&t, SECOND))
        (void)come_in(&t, yc_netaddr_ipv4(50, i, 1, 1, 9));
    for (int i = 0; i < 40; i++, pass(&t, SECOND)) {
        id = come_in(&t, yc_netaddr_ipv4(66, 6, 1, (uint8_t)i, 9));
        assert_int_equal(yc_slots_admit_relay(t.s, id, &evict), YC_ADMIT);
    }
    id = come_in(&t, yc_netaddr_ipv4(66, 6, 2, 1, 9));
    assert_int_equal(yc_slots_admit_relay(t.s, id, &evict), YC_ADMIT_EVICT);
    assert_int_not_equal(evict, id);
    assert_true(yc_slots_find(t.s, evict)->relays_txs);
    yc_slots_closed(t.s, evict, true, t.now.mono_us);
    assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT);
    end(&t);
    config.inbound_relay_percent = 0;
    start(&t, &config);
    id = come_in(&t, yc_netaddr_ipv4(50, 1, 1, 1, 9));
    (void)come_in(&t, yc_netaddr_ipv4(51, 1, 1, 1, 9));
    assert_int_equal(yc_slots_admit_relay(t.s, id, &evict), YC_ADMIT_REFUSE);
    end(&t);
}

/* P25: places for those who stayed long are for networks of few peers too; those who were discouraged go before others. */
static void rare_networks_and_the_discouraged_P25(void **state)
{
    struct setup t;
    struct yc_slots_config config = yc_slots_config_default();
    int64_t evict, rare[3];
    (void)state;
    config.connections_max = 11 + 44;
    start(&t, &config);
    for (int i = 0; i < 41; i++, pass(&t, SECOND))
        yc_slots_find(t.s, come_in(&t, yc_netaddr_ipv4(66, 6, 1, (uint8_t)i, 9)))->ping_min_us = 1000;
    for (uint8_t i = 0; i < 3; i++, pass(&t, SECOND)) { /* the youngest, of the group that goes first: one host's */
        rare[i] = come_in(&t, yc_netaddr_ipv4(127, 0, 0, 1, (uint16_t)(1 + i)));
        yc_slots_find(t.s, rare[i])->via_onion = i < 2;
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT_EVICT);
        assert_true(evict != rare[0] && evict != rare[1] && evict != rare[2]);
        yc_slots_closed(t.s, evict, true, t.now.mono_us);
        yc_slots_find(t.s, come_in(&t, yc_netaddr_ipv4(66, 6, 2, (uint8_t)i, 9)))->ping_min_us = 1000;
        pass(&t, SECOND);
    }
    int64_t last = -1;
    for (int64_t id = 1; id <= t.ids; id++)
        if (yc_slots_find(t.s, id) && yc_slots_find(t.s, id)->addr.host32[14] == 2 && last < 0)
            last = id; /* not the youngest of its group */
    yc_slots_find(t.s, last)->evict_first = true;
    assert_int_equal(yc_slots_admit_inbound(t.s, &evict), YC_ADMIT_EVICT);
    assert_int_equal(evict, last);
    end(&t);
}

static void our_own_addresses(void **state)
{
    struct yc_self self = {.count = 0};
    struct yc_netaddr v4 = yc_netaddr_ipv4(8, 8, 8, 8, 1), other = yc_netaddr_ipv4(9, 9, 9, 9, 1), v6, out;
    struct yc_netaddr private_one = yc_netaddr_ipv4(10, 0, 0, 1, 1);
    (void)state;
    assert_true(yc_netaddr_parse(&v6, "[2600::1]:1", 0));
    assert_false(yc_self_best(&self, &v4, &out));
    yc_self_add(&self, &private_one, YC_SELF_BOUND);
    yc_self_seen(&self, &v4);
    assert_int_equal(self.count, 0);
    yc_self_add(&self, &v4, YC_SELF_BOUND);
    yc_self_add(&self, &other, YC_SELF_BOUND);
    yc_self_add(&self, &v6, YC_SELF_BOUND);
    yc_self_seen(&self, &other);
    assert_true(yc_self_best(&self, &v4, &out) && yc_netaddr_equal(&out, &other));
    assert_true(yc_self_best(&self, &v6, &out) && yc_netaddr_equal(&out, &v6));
    assert_true(yc_self_has(&self, &v4) && !yc_self_has(&self, &private_one));
    for (uint16_t i = 0; i < 100; i++) {
        struct yc_netaddr many = yc_netaddr_ipv4(8, 8, 4, 4, (uint16_t)(1 + i));
        yc_self_add(&self, &many, YC_SELF_GIVEN);
    }
    assert_int_equal(self.count, YC_SELF_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(automatic),
        cmocka_unit_test(feelers_without_an_address_take_turns),
        cmocka_unit_test(the_same_few_are_not_dialled_all_the_time_P23),
        cmocka_unit_test(somebody_new_ends_the_wait),
        cmocka_unit_test(groups_run_out),
        cmocka_unit_test(banned_and_own_addresses_are_not_offered),
        cmocka_unit_test(named_peers_back_off),
        cmocka_unit_test(a_named_peer_without_a_place_is_not_due),
        cmocka_unit_test(one_of_each_system_P24),
        cmocka_unit_test(inbound_peers_do_not_pass_the_limit),
        cmocka_unit_test(few_connections_are_shared_out),
        cmocka_unit_test(few_inbound_peers_relay_transactions_P25),
        cmocka_unit_test(rare_networks_and_the_discouraged_P25),
        cmocka_unit_test(names_come_and_go),
        cmocka_unit_test(seeds_are_asked_one_after_the_other),
        cmocka_unit_test(eviction),
        cmocka_unit_test(each_merit_alone_protects_P25),
        cmocka_unit_test(the_protected_are_not_evicted),
        cmocka_unit_test(our_own_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
