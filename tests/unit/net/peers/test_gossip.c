/* Gossip of addresses (catalogue P11, P34), with peer machines on a virtual clock. */
#include "net/peers/gossip.h"
#include "unit/net/proto/peer_fixture.h"

struct node {
    struct yc_addrman *book;
    struct yc_gossip g;
    struct yc_self self;
    struct fixture f[4]; /* each with its own clock, heap and log */
    struct yc_gossip_peer gp[4];
};

static void start(struct node *n, const enum yc_conn_type *types, size_t count)
{
    uint8_t key32[32] = {5};
    memset(n, 0, sizeof *n);
    for (size_t i = 0; i < count; i++) {
        fixture_init(&n->f[i], types[i], 0);
        n->f[i].peer.start.id = (int64_t)i + 10;
        shake_hands(&n->f[i]);
    }
    assert_int_equal(yc_addrman_new(&n->book, &n->f[0].heap.alloc, &n->f[0].random, (struct yc_view){0}, key32),
                     YC_VALID);
    yc_gossip_init(&n->g, n->book, NULL, &n->self, &n->f[0].random, &n->f[0].log);
    for (size_t i = 0; i < count; i++)
        yc_gossip_join(&n->g, &n->gp[i], &n->f[i].peer, n->f[i].now);
}

static void end(struct node *n, size_t count)
{
    yc_addrman_free(n->book);
    for (size_t i = 0; i < count; i++) {
        yc_gossip_leave(&n->g, &n->gp[i]);
        fixture_release(&n->f[i]);
    }
    assert_null(n->g.first);
}

/* Peer i sends count routable addresses of that age, from base on. */
static void say_addrs(struct node *n, size_t i, uint32_t base, size_t count, uint32_t age_s)
{
    static uint8_t payload[40000];
    static struct yc_addr_entry entries[1000];
    struct yc_writer w;
    for (size_t k = 0; k < count; k++) {
        uint32_t v = base + (uint32_t)k;
        entries[k] = (struct yc_addr_entry){
            .time_s = (uint32_t)n->f[i].now.wall_s - age_s,
            .services = YC_NODE_NETWORK,
            .known = true,
            .addr = yc_netaddr_ipv4(30, (uint8_t)(v >> 8), (uint8_t)v, 1, 8333),
        };
    }
    yc_writer_init(&w, payload, sizeof payload);
    yc_msg_write_addr(&w, entries, count, false);
    say_to(&n->f[i], "addr", yc_writer_written(&w));
    assert_int_equal(next(&n->f[i]), YC_PEER_EV_MESSAGE);
    yc_gossip_on_addr(&n->g, &n->gp[i], &n->f[i].ev.msg.u.addr, n->f[i].now);
}

/* Who is asked: outbound peers, but not those that are for blocks alone; and the answer is taken whole. */
static void asking(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_OUTBOUND_FULL, YC_CONN_BLOCK_RELAY, YC_CONN_INBOUND,
                                              YC_CONN_MANUAL};
    struct node n;
    (void)state;
    start(&n, types, 4);
    assert_output(&n.f[0], "getaddr");
    assert_output(&n.f[1], "");
    assert_output(&n.f[2], "");
    assert_output(&n.f[3], "getaddr");
    say_addrs(&n, 0, 0, 1000, 0);
    assert_true(logged(&n.f[0], "Received addr: 1000 addresses (1000 processed, 0 rate-limited) from peer=10"));
    say_addrs(&n, 1, 0, 1, 0);
    assert_true(logged(&n.f[0], "ignoring addr message from block-relay-only peer=11"));
    end(&n, 4);
}

/* P11: an inbound peer gets one address, then one each ten seconds. */
static void limiting(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_INBOUND};
    struct node n;
    (void)state;
    start(&n, types, 1);
    say_addrs(&n, 0, 0, 1000, 0);
    assert_int_equal(n.gp[0].tokens.processed, 1);
    assert_int_equal(n.gp[0].tokens.limited, 999);
    assert_int_equal(yc_addrman_count(n.book), 1);
    pass(&n.f[0], 100 * SECOND);
    say_addrs(&n, 0, 5000, 1000, 0);
    assert_int_equal(n.gp[0].tokens.processed, 11);
    end(&n, 1);
}

/* P11, the row's measure: a million addresses in ten minutes. No more are considered than what was saved up and what time gives. */
static void a_million_addresses_of_one_peer_P11(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_INBOUND};
    struct node n;
    (void)state;
    start(&n, types, 1);
    for (uint32_t i = 0; i < 1000; i++) {
        say_addrs(&n, 0, i * 1000, 1000, 0);
        pass(&n.f[0], 600 * SECOND / 1000);
    }
    assert_int_equal(n.gp[0].tokens.processed + n.gp[0].tokens.limited, 1000000);
    assert_true(n.gp[0].tokens.processed <= 1 + 60);
    assert_true(yc_addrman_count(n.book) <= 1 + 60);
    end(&n, 1);
}

/* A fresh address goes to others, once, and not back; an old one and one of an answer do not. */
static void passing_on(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_INBOUND, YC_CONN_MANUAL, YC_CONN_OUTBOUND_FULL};
    struct node n;
    (void)state;
    start(&n, types, 3);
    assert_output(&n.f[1], "getaddr");
    assert_output(&n.f[2], "getaddr");
    say_addrs(&n, 0, 7, 1, 60);
    assert_int_equal(n.gp[0].queued, 0);
    assert_int_equal(n.gp[1].queued, 1);
    assert_int_equal(n.gp[2].queued, 1);
    pass(&n.f[0], 60 * SECOND + 1);
    assert_true(yc_gossip_next_deadline_us(&n.g) <= n.f[0].now.mono_us);
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_output(&n.f[1], "addr");
    assert_output(&n.f[2], "addr");
    say_addrs(&n, 0, 7, 1, 60);  /* known to them by now */
    say_addrs(&n, 0, 8, 1, 700); /* old */
    say_addrs(&n, 1, 9, 10, 0);  /* the answer to our question */
    for (int i = 0; i < 3; i++)
        assert_int_equal(n.gp[i].queued, 0);
    end(&n, 3);
}

/* P34: getaddr is answered to inbound peers, once. */
static void answering(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_INBOUND, YC_CONN_MANUAL};
    struct node n;
    (void)state;
    start(&n, types, 2);
    assert_output(&n.f[1], "getaddr");
    say_addrs(&n, 1, 0, 1000, 0);
    yc_gossip_on_getaddr(&n.g, &n.gp[1], n.f[1].now);
    assert_output(&n.f[1], "");
    assert_true(logged(&n.f[0], "Ignoring \"getaddr\" from manual connection. peer=11"));
    yc_gossip_on_getaddr(&n.g, &n.gp[0], n.f[0].now);
    assert_output(&n.f[0], "addr");
    yc_gossip_on_getaddr(&n.g, &n.gp[0], n.f[0].now);
    assert_output(&n.f[0], "");
    assert_true(logged(&n.f[0], "Ignoring repeated \"getaddr\". peer=10"));
    end(&n, 2);
}

static void announcing_ourselves(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_MANUAL};
    struct yc_netaddr us = yc_netaddr_ipv4(8, 8, 8, 8, 8333);
    struct node n;
    (void)state;
    start(&n, types, 1);
    assert_output(&n.f[0], "getaddr");
    yc_self_add(&n.self, &us, YC_SELF_GIVEN);
    n.g.quiet = true;
    pass(&n.f[0], 60 * SECOND + 1);
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_output(&n.f[0], "");
    n.g.quiet = false;
    pass(&n.f[0], 60 * SECOND + 1);
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_output(&n.f[0], "addr");
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_output(&n.f[0], "");
    pass(&n.f[0], 2 * 86400 * SECOND + 1);
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_output(&n.f[0], "addr");
    end(&n, 1);
}

/* Who does not know his own address tells each peer the one at which it sees him, if it may be true. */
static void each_is_told_how_it_sees_us(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_OUTBOUND_FULL, YC_CONN_INBOUND, YC_CONN_MANUAL};
    struct node n;
    (void)state;
    start(&n, types, 3);
    n.g.port = 9333;
    n.f[0].peer.their_view_of_us = yc_netaddr_ipv4(9, 9, 9, 9, 50123);
    n.f[1].peer.their_view_of_us = yc_netaddr_ipv4(9, 9, 9, 9, 8444);
    n.f[2].peer.their_view_of_us = yc_netaddr_ipv4(10, 0, 0, 1, 50123);
    assert_output(&n.f[0], "getaddr");
    assert_output(&n.f[2], "getaddr");
    say_addrs(&n, 1, 0, 1, 10000); /* it takes part; old addresses are not passed on */
    pass(&n.f[0], 60 * SECOND + 1);
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_false(logged(&n.f[0], "Advertising address 9.9.9.9:9333 to peer=10"));
    n.g.discover = true;
    pass(&n.f[0], 60 * SECOND + 1);
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_output(&n.f[0], "addr");
    assert_true(logged(&n.f[0], "Advertising address 9.9.9.9:9333 to peer=10")); /* we came from another port */
    assert_true(logged(&n.f[0], "Advertising address 9.9.9.9:8444 to peer=11")); /* it has reached us there */
    assert_output(&n.f[2], "");
    end(&n, 3);
}

/* Without an address of our own there is nothing to tell, and one look for all peers sees that, not one for each. */
static void nothing_to_tell_costs_one_look(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_MANUAL, YC_CONN_MANUAL, YC_CONN_MANUAL, YC_CONN_MANUAL};
    struct node n;
    struct yc_now now;
    size_t looks = 0;
    (void)state;
    start(&n, types, 4);
    now = n.f[0].now;
    for (int64_t end_us = now.mono_us + 3600 * SECOND; now.mono_us < end_us; looks++) {
        int64_t at = yc_gossip_next_deadline_us(&n.g);
        now.mono_us = at > now.mono_us ? at : now.mono_us;
        yc_gossip_tick(&n.g, now);
        assert_true(yc_gossip_next_deadline_us(&n.g) > now.mono_us);
    }
    assert_in_range(looks, 90, 160); /* one in 30 s */
    end(&n, 4);
}

/* Whoever is there to be asked for addresses alone goes when he has told none for five minutes. */
static void asked_in_vain(void **state)
{
    static const enum yc_conn_type types[] = {YC_CONN_ADDR_FETCH, YC_CONN_MANUAL};
    struct node n;
    (void)state;
    start(&n, types, 2);
    pass(&n.f[0], 300 * SECOND - 1);
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_int_not_equal(n.f[0].peer.state, YC_PEER_CLOSED);
    pass(&n.f[0], 1);
    yc_gossip_tick(&n.g, n.f[0].now);
    assert_int_equal(n.f[0].peer.state, YC_PEER_CLOSED);
    assert_int_not_equal(n.f[1].peer.state, YC_PEER_CLOSED);
    end(&n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asking),
        cmocka_unit_test(limiting),
        cmocka_unit_test(a_million_addresses_of_one_peer_P11),
        cmocka_unit_test(passing_on),
        cmocka_unit_test(answering),
        cmocka_unit_test(announcing_ourselves),
        cmocka_unit_test(each_is_told_how_it_sees_us),
        cmocka_unit_test(nothing_to_tell_costs_one_look),
        cmocka_unit_test(asked_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
