/* The machine after its handshake: keepalive, dispatch, breaches, back-pressure, statistics, failing memory. */
#include "unit/net/proto/peer_fixture.h"

static uint8_t big[4000000];

static void start_ready(struct fixture *f, enum yc_conn_type type, uint32_t permissions)
{
    fixture_init(f, type, permissions);
    shake_hands(f);
}

/* The nonce of a ping that waits in the output; the output is taken. */
static uint64_t take_ping(struct fixture *f)
{
    struct yc_view out = yc_peer_output(&f->peer);
    assert_int_equal(out.n, YC_FRAME_HEADER_BYTES + 8);
    assert_string_equal((const char *)out.p + 4, "ping");
    uint64_t nonce = yc_get64le(out.p + YC_FRAME_HEADER_BYTES);
    yc_peer_sent(&f->peer, out.n, f->now);
    return nonce;
}

static void say_pong(struct fixture *f, uint64_t nonce)
{
    uint8_t bytes[8];
    yc_put64le(bytes, nonce);
    say_to(f, "pong", yc_view(bytes, sizeof bytes));
}

static void ping_is_answered(void **state)
{
    struct fixture f;
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    say_to(&f, "ping", yc_view_text("abcdefgh"));
    assert_int_equal(next(&f), -1);
    struct yc_view out = yc_peer_output(&f.peer);
    assert_string_equal((const char *)out.p + 4, "pong");
    assert_memory_equal(out.p + YC_FRAME_HEADER_BYTES, "abcdefgh", 8);
    yc_peer_sent(&f.peer, out.n, f.now);
    say_to(&f, "ping", yc_view_text("short"));
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "ProcessMessages(ping, 5 bytes): Exception 'end of data' caught"));
    assert_output(&f, "");
    fixture_release(&f);
}

static void a_pong_and_all_behind_it_can_be_held(void **state)
{
    struct fixture f;
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    yc_peer_hold_pongs(&f.peer, true);
    say_to(&f, "ping", yc_view_text("abcdefgh"));
    say_to(&f, "mempool", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), -1);
    assert_output(&f, "");
    yc_peer_hold_pongs(&f.peer, false);
    assert_output(&f, "pong");
    assert_int_equal(next(&f), YC_PEER_EV_MESSAGE);
    /* Nothing is held that did not come. */
    yc_peer_hold_pongs(&f.peer, true);
    yc_peer_hold_pongs(&f.peer, false);
    assert_output(&f, "");
    fixture_release(&f);
}

static void pings_are_sent(void **state)
{
    struct fixture f;
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    assert_true(yc_peer_ping_wait_us(&f.peer, f.now) == 0);
    pass(&f, SECOND / 4);
    say_pong(&f, f.peer.ping_nonce);
    assert_int_equal(next(&f), -1);
    assert_true(f.peer.stats.ping_us == SECOND / 4 && f.peer.stats.ping_min_us == SECOND / 4);
    assert_true(yc_peer_ping_wait_us(&f.peer, f.now) == -1);
    int64_t due = f.now.mono_us - SECOND / 4 + 120 * SECOND;
    assert_true(yc_peer_next_deadline_us(&f.peer) == due);
    pass(&f, due - f.now.mono_us - 1);
    yc_peer_tick(&f.peer, f.now);
    assert_output(&f, "");
    pass(&f, 1);
    yc_peer_tick(&f.peer, f.now);
    uint64_t nonce = take_ping(&f);
    pass(&f, SECOND);
    say_pong(&f, nonce);
    assert_int_equal(next(&f), -1);
    assert_true(f.peer.stats.ping_us == SECOND && f.peer.stats.ping_min_us == SECOND / 4);
    yc_peer_want_ping(&f.peer, f.now);
    assert_int_not_equal(take_ping(&f), 0);
    fixture_release(&f);
}

/* Bitcoin Core's p2p_ping cases. */
static void odd_pongs(void **state)
{
    struct fixture f;
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    uint64_t nonce = f.peer.ping_nonce;
    say_pong(&f, nonce + 1);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "pong peer=3: Nonce mismatch, "));
    assert_true(f.peer.ping_nonce == nonce);
    say_pong(&f, 0);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "pong peer=3: Nonce zero, "));
    assert_true(f.peer.ping_nonce == 0);
    say_pong(&f, nonce);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "pong peer=3: Unsolicited pong without ping, 0 expected, "));
    yc_peer_want_ping(&f.peer, f.now);
    say_to(&f, "pong", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "pong peer=3: Short payload, "));
    assert_true(f.peer.ping_nonce == 0 && f.peer.stats.ping_us == -1);
    fixture_release(&f);
}

static void ping_timeout(void **state)
{
    struct fixture f;
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    for (int i = 0; i < 20; i++) {
        pass(&f, 60 * SECOND);
        say_to(&f, "ping", yc_view_text("abcdefgh")); /* it lives, but does not answer */
        assert_int_equal(next(&f), -1);
        assert_output(&f, "pong");
        if (i < 19)
            yc_peer_tick(&f.peer, f.now);
    }
    assert_true(yc_peer_next_deadline_us(&f.peer) == f.now.mono_us);
    yc_peer_tick(&f.peer, f.now);
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_true(logged(&f, "ping timeout: 1200.000000s, disconnecting peer=3"));
    fixture_release(&f);
}

static void silence(void **state)
{
    struct fixture f;
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    say_pong(&f, f.peer.ping_nonce);
    assert_int_equal(next(&f), -1);
    pass(&f, 1199 * SECOND);
    yc_peer_tick(&f.peer, f.now);
    (void)take_ping(&f);
    pass(&f, SECOND);
    yc_peer_tick(&f.peer, f.now);
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_true(logged(&f, "socket receive timeout: 1200s, disconnecting peer=3"));
    fixture_release(&f);
}

static void messages_become_events(void **state)
{
    struct fixture f;
    uint8_t inv[1 + 36] = {1, YC_INV_WTX};
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    say_to(&f, "inv", yc_view(inv, sizeof inv));
    assert_int_equal(next(&f), YC_PEER_EV_MESSAGE);
    assert_int_equal(f.ev.msg.type, YC_MSG_INV);
    assert_int_equal(f.ev.msg.u.inv.count, 1);
    assert_int_equal(yc_inv_list_at(&f.ev.msg.u.inv, 0).type, YC_INV_WTX);
    say_to(&f, "sendheaders", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), YC_PEER_EV_MESSAGE);
    assert_true(f.peer.wants_headers);
    say_to(&f, "sendcmpct", yc_view("\1\2\0\0\0\0\0\0\0", 9));
    assert_int_equal(next(&f), YC_PEER_EV_MESSAGE);
    assert_true(f.peer.provides_cmpct && f.peer.cmpct_high_bandwidth_from);
    say_to(&f, "sendcmpct", yc_view("\0\1\0\0\0\0\0\0\0", 9)); /* version 1 */
    assert_int_equal(next(&f), -1);
    assert_true(f.peer.cmpct_high_bandwidth_from);
    say_to(&f, "tx", yc_view(big, 9));
    assert_int_equal(next(&f), -1); /* too short: ignored */
    say_to(&f, "tx", yc_view(big, 10));
    assert_int_equal(next(&f), YC_PEER_EV_MESSAGE);
    assert_int_equal(f.ev.msg.payload.n, 10);
    fixture_release(&f);
}

/* P43: only amounts that can be are taken. */
static void fee_filters(void **state)
{
    static const int64_t bad[] = {-1, INT64_MIN, INT64_MAX, YC_MONEY_MAX + 1};
    struct fixture f;
    uint8_t bytes[8];
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    yc_put64le(bytes, 1000);
    say_to(&f, "feefilter", yc_view(bytes, 8));
    assert_int_equal(next(&f), YC_PEER_EV_MESSAGE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        yc_put64le(bytes, (uint64_t)bad[i]);
        say_to(&f, "feefilter", yc_view(bytes, 8));
        assert_int_equal(next(&f), -1);
        assert_true(f.peer.feefilter_sat_per_kvb == 1000);
    }
    fixture_release(&f);
}

/* BIP 37 is not offered: whoever asks for it goes, and nothing of it is read. */
static void bloom_filters_are_not_offered_P19(void **state)
{
    static const char *const names[] = {"filterload", "filteradd", "filterclear"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        start_ready(&f, YC_CONN_INBOUND, 0);
        say_to(&f, names[i], yc_view(big, 36));
        assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
        assert_true(logged(&f, " received despite not offering bloom services, disconnecting peer=3"));
        assert_false(yc_peer_should_discourage(&f.peer));
        fixture_release(&f);
    }
}

static void unknown_and_damaged_messages(void **state)
{
    struct fixture f;
    uint8_t header[YC_FRAME_HEADER_BYTES];
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    say_to(&f, "alert", yc_view(big, 100)); /* P22: there is no such system */
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "Unknown message type \"alert\" from peer=3"));
    assert_true(f.peer.stats.received_per_msg[YC_MSG_UNKNOWN] == 124);
    yc_frame_write_header(header, test_magic, "verack", YC_VIEW_EMPTY);
    header[20] ^= 1;
    yc_peer_recv(&f.peer, yc_view(header, sizeof header), f.now);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "Header error: Wrong checksum (verack, 0 bytes), expected 5df6e0e2 was "));
    assert_true(f.peer.stats.received_per_msg[YC_MSG_UNKNOWN] == 148);
    yc_peer_recv(&f.peer, yc_view_text("GET / HTTP/1.1\r\n"), f.now);
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_int_equal(f.ev.close, YC_CLOSE_BAD_STREAM);
    assert_true(logged(&f, "Header error: Wrong MessageStart 47455420 received, peer=3"));
    assert_output(&f, "");
    fixture_release(&f);
}

/* P28: one element too many, from peers that are treated differently. */
static void breaches(void **state)
{
    static const struct {
        enum yc_conn_type type;
        uint32_t permissions;
        bool local, closed, discouraged;
    } cases[] = {
        {YC_CONN_INBOUND, 0, false, true, true},  {YC_CONN_OUTBOUND_FULL, 0, false, true, true},
        {YC_CONN_INBOUND, 0, true, true, false},  {YC_CONN_INBOUND, YC_PERM_NOBAN, false, false, false},
        {YC_CONN_MANUAL, 0, false, false, false},
    };
    size_t n = 3 + 50001 * 36;
    (void)state;
    memset(big, 0, n);
    memcpy(big, "\xfd\x51\xc3", 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        start_ready(&f, cases[i].type, cases[i].permissions);
        if (cases[i].local)
            f.peer.start.remote = yc_netaddr_ipv4(127, 0, 0, 1, 9);
        say_to(&f, "inv", yc_view(big, n));
        assert_int_equal(next(&f), cases[i].closed ? YC_PEER_EV_CLOSED : -1);
        assert_true(logged(&f, "Misbehaving: peer=3: inv message size = 50001"));
        assert_int_equal(yc_peer_should_discourage(&f.peer), cases[i].discouraged);
        fixture_release(&f);
    }
    struct fixture f;
    start_ready(&f, YC_CONN_INBOUND, 0);
    memset(big, 0, 5 + 103 * 32);
    big[4] = 102;
    say_to(&f, "getheaders", yc_view(big, 5 + 103 * 32));
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_int_equal(f.ev.close, YC_CLOSE_BREACH);
    assert_true(logged(&f, "getheaders locator size 102 > 101, disconnecting peer=3"));
    assert_false(yc_peer_should_discourage(&f.peer));
    fixture_release(&f);
    start_ready(&f, YC_CONN_INBOUND, 0);
    say_to(&f, "sendcmpct", yc_view("\2\2\0\0\0\0\0\0\0", 9));
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_true(logged(&f, "Misbehaving: peer=3: invalid sendcmpct announce field"));
    fixture_release(&f);
}

/* P03, P33: while a peer does not read, what it asks waits; it may go on sending up to a bound. */
static void back_pressure(void **state)
{
    struct fixture f;
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    yc_peer_send(&f.peer, YC_MSG_BLOCK, yc_view(big, 1000000));
    assert_true(yc_peer_send_paused(&f.peer));
    say_to(&f, "getaddr", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), -1);
    assert_int_equal(yc_peer_held_bytes(&f.peer), 24);
    assert_true(yc_peer_wants_input(&f.peer));
    while (yc_peer_wants_input(&f.peer))
        yc_peer_recv(&f.peer, yc_view(big, 100000), f.now);
    assert_true(yc_peer_held_bytes(&f.peer) <= f.shared.receive_pause_bytes + 100000);
    while (yc_peer_output(&f.peer).n > 0) {
        size_t n = yc_peer_output(&f.peer).n;
        yc_peer_sent(&f.peer, n < 60000 ? n : 60000, f.now);
    }
    assert_int_equal(next(&f), YC_PEER_EV_MESSAGE);
    assert_int_equal(f.ev.msg.type, YC_MSG_GETADDR);
    fixture_release(&f);
}

static void overflow_closes(void **state)
{
    struct fixture f;
    (void)state;
    start_ready(&f, YC_CONN_INBOUND, 0);
    for (int i = 0; i < 8; i++)
        yc_peer_send(&f.peer, YC_MSG_BLOCK, yc_view(big, 3900000));
    assert_int_equal(next(&f), -1);
    yc_peer_send(&f.peer, YC_MSG_BLOCK, yc_view(big, 3900000));
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_int_equal(f.ev.close, YC_CLOSE_SEND_OVERFLOW);
    fixture_release(&f);
}

#define QUESTIONS 5

/* P33, as Bitcoin Core's p2p_net_deadlock: both send 4 MB at once, then questions that are answered by megabytes, over
 * a wire that takes 64 KiB at a time. */
static void no_deadlock(void **state)
{
    struct fixture side[2];
    int asked[2] = {0}, answered[2] = {0};
    (void)state;
    start_ready(&side[0], YC_CONN_OUTBOUND_FULL, 0);
    start_ready(&side[1], YC_CONN_INBOUND, 0);
    side[0].log_off = side[1].log_off = true;
    for (int k = 0; k < 2; k++) {
        assert_true(yc_peer_send_named(&side[k].peer, "unknown", yc_view(big, 4000000)));
        for (int i = 0; i < QUESTIONS; i++)
            yc_peer_send(&side[k].peer, YC_MSG_GETADDR, YC_VIEW_EMPTY);
    }
    for (int turn = 0; turn < 1000; turn++) {
        struct fixture *from = &side[turn % 2], *to = &side[1 - turn % 2];
        struct yc_view out = yc_peer_output(&from->peer);
        if (out.n > 65536)
            out.n = 65536;
        if (yc_peer_wants_input(&to->peer)) {
            yc_peer_recv(&to->peer, out, to->now);
            yc_peer_sent(&from->peer, out.n, from->now);
        }
        while (next(to) >= 0) {
            assert_int_equal(to->ev.kind, YC_PEER_EV_MESSAGE);
            if (to->ev.msg.type == YC_MSG_GETADDR) {
                asked[1 - turn % 2]++;
                yc_peer_send(&to->peer, YC_MSG_BLOCK, yc_view(big, 900000));
            } else {
                answered[1 - turn % 2]++;
            }
        }
    }
    for (int k = 0; k < 2; k++) {
        assert_int_equal(asked[k], QUESTIONS);
        assert_int_equal(answered[k], QUESTIONS);
        fixture_release(&side[k]);
    }
}

static void sends(void **state)
{
    struct fixture f;
    static struct yc_inv inv[50001];
    struct yc_addr_entry addr = {.time_s = 1, .known = true, .addr = yc_netaddr_ipv4(1, 2, 3, 4, 5)};
    struct yc_block_hash hash = {{1}};
    (void)state;
    fixture_init(&f, YC_CONN_INBOUND, 0);
    yc_peer_send_inv(&f.peer, inv, 1); /* before READY nothing goes out */
    yc_peer_send(&f.peer, YC_MSG_GETADDR, YC_VIEW_EMPTY);
    assert_false(yc_peer_send_named(&f.peer, "x", YC_VIEW_EMPTY));
    assert_output(&f, "");
    shake_hands(&f);
    yc_peer_send_inv(&f.peer, inv, 50001);
    assert_output(&f, "inv inv");
    yc_peer_send_getdata(&f.peer, inv, 1);
    yc_peer_send_notfound(&f.peer, inv, 1);
    yc_peer_send_headers(&f.peer, NULL, 0);
    yc_peer_send_getheaders(&f.peer, &hash, 1, NULL);
    yc_peer_send_addr(&f.peer, &addr, 1);
    yc_peer_send_feefilter(&f.peer, 1000);
    yc_peer_send_sendcmpct(&f.peer, true);
    yc_peer_send_sendheaders(&f.peer);
    assert_true(yc_peer_send_named(&f.peer, "strange", yc_view(big, 5)));
    assert_output(&f, "getdata notfound headers getheaders addr feefilter sendcmpct sendheaders strange");
    assert_true(f.peer.cmpct_high_bandwidth_to);
    assert_true(f.peer.stats.sent_per_msg[YC_MSG_GETDATA] == 24 + 1 + 36);
    assert_true(f.peer.stats.sent_per_msg[YC_MSG_UNKNOWN] == 24 + 5);
    f.peer.wants_addrv2 = true;
    yc_peer_send_addr(&f.peer, &addr, 1);
    assert_output(&f, "addrv2");
    yc_peer_close(&f.peer, YC_CLOSE_BY_OWNER);
    yc_peer_send_inv(&f.peer, inv, 1);
    assert_output(&f, "");
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_int_equal(f.ev.close, YC_CLOSE_BY_OWNER);
    fixture_release(&f);
}

/* The n-th allocation fails, for every n: the peer is closed, nothing leaks. */
static void failing_memory(void **state)
{
    bool failed = true;
    (void)state;
    for (size_t n = 1; failed; n++) {
        struct fixture f;
        struct yc_peer_start start = {.id = 3, .type = YC_CONN_OUTBOUND_FULL};
        fixture_prepare(&f, 1);
        f.heap.fail_at = n;
        yc_peer_init(&f.peer, &f.shared, &start, f.now);
        say_version(&f, 70016, 0, 1);
        while (next(&f) >= 0)
            continue;
        say_to(&f, "verack", YC_VIEW_EMPTY);
        say_to(&f, "addr", yc_view(big, 100000));
        while (next(&f) >= 0)
            continue;
        yc_peer_send(&f.peer, YC_MSG_BLOCK, yc_view(big, 100000));
        failed = f.heap.calls >= n;
        assert_int_equal(f.peer.state == YC_PEER_CLOSED, failed);
        if (failed)
            assert_int_equal(f.peer.close, YC_CLOSE_MEMORY);
        fixture_release(&f);
    }
}

/* Random messages and random damage, before and after the handshake. */
static void random_bytes(void **state)
{
    struct fixture f;
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        fixture_init(&f, seed % 2 ? YC_CONN_INBOUND : YC_CONN_OUTBOUND_FULL, 0);
        f.log_off = true;
        if (seed % 3)
            shake_hands(&f);
        yc_random_seed(&f.random, &f.seeded, seed);
        for (int i = 0; i < 60 && f.peer.state != YC_PEER_CLOSED; i++) {
            uint8_t payload[256];
            size_t n = (size_t)yc_random_below(&f.random, sizeof payload);
            int type = 1 + (int)yc_random_below(&f.random, YC_MSG_COUNT - 1);
            yc_random_fill(&f.random, payload, sizeof payload);
            payload[0] = (uint8_t)yc_random_below(&f.random, 4);
            say_to(&f, yc_msg_info((enum yc_msg_type)type)->name, yc_view(payload, n));
            if (yc_random_below(&f.random, 50) == 0)
                yc_peer_recv(&f.peer, yc_view(payload, n), f.now);
            while (next(&f) >= 0)
                continue;
            pass(&f, (int64_t)yc_random_below(&f.random, 30) * SECOND);
            yc_peer_tick(&f.peer, f.now);
            yc_peer_sent(&f.peer, yc_peer_output(&f.peer).n, f.now);
            assert_true(yc_peer_next_deadline_us(&f.peer) >= f.now.mono_us);
        }
        fixture_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ping_is_answered),
        cmocka_unit_test(a_pong_and_all_behind_it_can_be_held),
        cmocka_unit_test(pings_are_sent),
        cmocka_unit_test(odd_pongs),
        cmocka_unit_test(ping_timeout),
        cmocka_unit_test(silence),
        cmocka_unit_test(messages_become_events),
        cmocka_unit_test(fee_filters),
        cmocka_unit_test(bloom_filters_are_not_offered_P19),
        cmocka_unit_test(unknown_and_damaged_messages),
        cmocka_unit_test(breaches),
        cmocka_unit_test(back_pressure),
        cmocka_unit_test(overflow_closes),
        cmocka_unit_test(no_deadlock),
        cmocka_unit_test(sends),
        cmocka_unit_test(failing_memory),
        cmocka_unit_test(random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
