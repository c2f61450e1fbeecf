/* The handshake, from both sides and with every disorder (catalogue P26, P27, P35), with Bitcoin Core's log lines. */
#include "unit/net/proto/peer_fixture.h"

#include <stdio.h>

#define SERVICES (YC_NODE_NETWORK | YC_NODE_WITNESS)

static void inbound(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f, YC_CONN_INBOUND, 0);
    assert_output(&f, ""); /* who calls speaks first */
    say_version(&f, 70016, SERVICES, 77);
    assert_int_equal(next(&f), YC_PEER_EV_VERSION);
    assert_output(&f, "version wtxidrelay sendaddrv2 verack");
    assert_int_equal(f.peer.their_height, 12);
    assert_string_equal(f.peer.user_agent, "/test:1.0/"); /* without what could forge a log line */
    assert_true(f.peer.their_relay);
    say_to(&f, "wtxidrelay", YC_VIEW_EMPTY);
    say_to(&f, "sendaddrv2", YC_VIEW_EMPTY);
    say_to(&f, "verack", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), YC_PEER_EV_READY);
    assert_output(&f, "ping");
    assert_true(f.peer.wtxid_relay && f.peer.wants_addrv2);
    assert_true(logged(&f, "receive version message: /test:1.0/: version 70016, blocks=12, us="));
    assert_true(logged(&f, "received: verack (0 bytes) peer=3"));
    fixture_release(&f);
}

static void outbound(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f, YC_CONN_OUTBOUND_FULL, 0);
    assert_output(&f, "version");
    say_version(&f, 70017, SERVICES, 77);
    assert_int_equal(next(&f), YC_PEER_EV_VERSION);
    assert_int_equal(f.peer.common_version, YC_PROTOCOL_VERSION);
    assert_output(&f, "wtxidrelay sendaddrv2 verack");
    say_to(&f, "verack", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), YC_PEER_EV_READY);
    assert_true(logged(&f, "New outbound-full-relay peer connected: transport: v1, version: 70017, peer=3"));
    assert_false(f.peer.wtxid_relay);
    fixture_release(&f);
}

/* What our version message says, and to whom it says that it wants no transactions. */
static void our_version(void **state)
{
    static const struct {
        enum yc_conn_type type;
        bool relay;
    } cases[] = {
        {YC_CONN_OUTBOUND_FULL, true}, {YC_CONN_MANUAL, true}, {YC_CONN_BLOCK_RELAY, false}, {YC_CONN_FEELER, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        struct yc_msg m;
        struct yc_msg_fault fault;
        fixture_init(&f, cases[i].type, 0);
        struct yc_view out = yc_peer_output(&f.peer);
        out = yc_view_slice(out, YC_FRAME_HEADER_BYTES, out.n - YC_FRAME_HEADER_BYTES);
        assert_int_equal(yc_msg_parse(&m, YC_MSG_VERSION, out, &fault), YC_VALID);
        assert_int_equal(m.u.version.relay, cases[i].relay);
        assert_int_equal(m.u.version.height, 7);
        assert_int_equal(m.u.version.time_s, 1700000000);
        assert_true(m.u.version.services == SERVICES);
        assert_true(yc_view_equal(m.u.version.user_agent, yc_view_text("/YCoin:0.1.0/")));
        fixture_release(&f);
    }
}

/* BIP 434: before verack, of its form, from a peer of its version; a feature that we do not know is passed over. */
static void features_are_taken_before_verack_alone(void **state)
{
    static const struct {
        const char *payload;
        size_t n;
        int32_t version;
        bool kept;
    } row[] = {
        {"\x04"
         "abcd\x00",
         6, 70017, true},
        {"\x04"
         "abcd\x02xy",
         8, 70017, true},
        {"\x04\x00\xff\x01\x7f\x00", 6, 70017, true},
        {"\x03"
         "abc\x00",
         5, 70017, false},
        {"\x04"
         "abcd\x00z",
         7, 70017, false},
        {"\x04"
         "abcd",
         5, 70017, false},
        {"\x04"
         "abcd\x02x",
         7, 70017, false},
        {"\x00\x00", 2, 70017, false},
        {"", 0, 70017, false},
        {"\x04"
         "abcd\x00",
         6, 70016, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct fixture f;
        fixture_init(&f, YC_CONN_INBOUND, 0);
        say_version(&f, row[i].version, SERVICES, 77);
        assert_int_equal(next(&f), YC_PEER_EV_VERSION);
        say_to(&f, "feature", yc_view(row[i].payload, row[i].n));
        assert_int_equal(next(&f), row[i].kept ? -1 : YC_PEER_EV_CLOSED);
        if (row[i].kept) {
            assert_true(logged(&f, "unknown feature advertised"));
            say_to(&f, "verack", YC_VIEW_EMPTY);
            assert_int_equal(next(&f), YC_PEER_EV_READY);
            say_to(&f, "feature", yc_view(row[i].payload, row[i].n));
            assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
        }
        fixture_release(&f);
    }
}

/* Below 70016 neither wtxidrelay nor sendaddrv2 is sent, and wtxidrelay is not heard. */
static void older_peer(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f, YC_CONN_INBOUND, 0);
    say_version(&f, 70015, SERVICES, 77);
    assert_int_equal(next(&f), YC_PEER_EV_VERSION);
    assert_output(&f, "version verack");
    say_to(&f, "wtxidrelay", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "ignoring wtxidrelay due to old common version=70015 from peer=3"));
    assert_false(f.peer.wtxid_relay);
    fixture_release(&f);
}

static void obsolete(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f, YC_CONN_INBOUND, 0);
    say_version(&f, 31799, SERVICES, 77);
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_int_equal(f.ev.close, YC_CLOSE_OBSOLETE);
    assert_true(logged(&f, "peer using obsolete version 31799, disconnecting peer=3"));
    assert_output(&f, ""); /* nothing is told to it */
    assert_int_equal(next(&f), -1);
    fixture_release(&f);
    fixture_init(&f, YC_CONN_INBOUND, 0);
    say_version(&f, 31800, SERVICES, 77);
    assert_int_equal(next(&f), YC_PEER_EV_VERSION);
    fixture_release(&f);
}

/* Services are demanded of peers that we chose ourselves, not of those that were named or came. */
static void services(void **state)
{
    static const struct {
        enum yc_conn_type type;
        bool demanded;
    } cases[] = {{YC_CONN_OUTBOUND_FULL, true},
                 {YC_CONN_BLOCK_RELAY, true},
                 {YC_CONN_ADDR_FETCH, true},
                 {YC_CONN_MANUAL, false},
                 {YC_CONN_INBOUND, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        fixture_init(&f, cases[i].type, 0);
        f.shared.services_wanted = SERVICES;
        say_version(&f, 70016, YC_NODE_NETWORK, 77);
        assert_int_equal(next(&f), cases[i].demanded ? YC_PEER_EV_CLOSED : YC_PEER_EV_VERSION);
        if (cases[i].demanded)
            assert_int_equal(f.ev.close, YC_CLOSE_SERVICES);
        fixture_release(&f);
    }
}

/* P35: our own nonce comes back to us. After the outbound handshake it is worth nothing. */
static void self_connection(void **state)
{
    struct fixture out, in;
    (void)state;
    fixture_init(&out, YC_CONN_MANUAL, 0);
    fixture_init(&in, YC_CONN_INBOUND, 0);
    in.shared.nonces = &out.nonces;
    yc_peer_recv(&in.peer, yc_peer_output(&out.peer), in.now);
    assert_int_equal(next(&in), YC_PEER_EV_CLOSED);
    assert_int_equal(in.ev.close, YC_CLOSE_SELF);
    assert_true(logged(&in, "connected to self at 9.8.7.6:4000, disconnecting"));
    assert_output(&in, "");
    fixture_release(&in);

    uint64_t nonce = out.peer.nonce;
    shake_hands(&out);
    fixture_init(&in, YC_CONN_INBOUND, 0);
    in.shared.nonces = &out.nonces;
    say_version(&in, 70016, SERVICES, nonce);
    assert_int_equal(next(&in), YC_PEER_EV_VERSION);
    fixture_release(&in);
    fixture_release(&out);
}

/* P27: before version everything else is ignored; before verack all but the handshake's own is. */
static void out_of_order(void **state)
{
    char text[128];
    (void)state;
    for (int i = YC_MSG_UNKNOWN; i < YC_MSG_COUNT; i++) {
        struct fixture f;
        const struct yc_msg_info *info = yc_msg_info((enum yc_msg_type)i);
        const char *name = i == YC_MSG_UNKNOWN ? "nonsense" : info->name;
        uint8_t payload[128] = {0};
        if (i == YC_MSG_VERSION || i == YC_MSG_FEATURE) /* features_are_taken_before_verack_alone() has that */
            continue;
        fixture_init(&f, YC_CONN_INBOUND, 0);
        say_to(&f, name, yc_view(payload, sizeof payload));
        assert_int_equal(next(&f), -1);
        (void)snprintf(text, sizeof text, "non-version message before version handshake. Message \"%s\" from peer=3",
                       name);
        assert_true(logged(&f, text));
        assert_output(&f, "");
        say_version(&f, 70016, SERVICES, 77);
        assert_int_equal(next(&f), YC_PEER_EV_VERSION);
        forget_log(&f);
        say_to(&f, name, yc_view(payload, sizeof payload));
        assert_int_equal(next(&f), i == YC_MSG_VERACK ? YC_PEER_EV_READY : -1);
        (void)snprintf(text, sizeof text, "Unsupported message \"%s\" prior to verack from peer=3", name);
        bool handshake = i != YC_MSG_UNKNOWN && info->phase == YC_PHASE_HANDSHAKE;
        assert_int_equal(logged(&f, text), !handshake);
        assert_int_not_equal(f.peer.state, YC_PEER_CLOSED);
        fixture_release(&f);
    }
}

static void repeated(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f, YC_CONN_INBOUND, 0);
    say_version(&f, 70016, SERVICES, 77);
    assert_int_equal(next(&f), YC_PEER_EV_VERSION);
    say_version(&f, 70015, SERVICES, 78);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "redundant version message from peer=3"));
    assert_int_equal(f.peer.their_version, 70016);
    say_to(&f, "wtxidrelay", YC_VIEW_EMPTY);
    say_to(&f, "wtxidrelay", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "ignoring duplicate wtxidrelay from peer=3"));
    say_to(&f, "verack", YC_VIEW_EMPTY);
    say_to(&f, "verack", YC_VIEW_EMPTY);
    assert_int_equal(next(&f), YC_PEER_EV_READY);
    assert_int_equal(next(&f), -1);
    assert_true(logged(&f, "ignoring redundant verack message from peer=3"));
    fixture_release(&f);
}

static void too_late(void **state)
{
    static const char *const names[] = {"wtxidrelay", "sendaddrv2"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        fixture_init(&f, YC_CONN_INBOUND, 0);
        shake_hands(&f);
        say_to(&f, names[i], YC_VIEW_EMPTY);
        assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
        assert_int_equal(f.ev.close, YC_CLOSE_LATE_HANDSHAKE);
        assert_true(logged(&f, " received after verack, disconnecting peer=3"));
        fixture_release(&f);
    }
}

static void feeler(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f, YC_CONN_FEELER, 0);
    say_version(&f, 70016, SERVICES, 77);
    assert_int_equal(next(&f), YC_PEER_EV_VERSION);
    assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
    assert_int_equal(f.ev.close, YC_CLOSE_FEELER_DONE);
    fixture_release(&f);
}

/* P26: silence, half a handshake, and a byte a second all end after a minute, not before. */
static void timeouts(void **state)
{
    static const char *const lines[] = {
        "socket no message in first 60 seconds, never received from peer, never sent to peer, disconnecting peer=3",
        "version handshake timeout, disconnecting peer=3",
        "socket no message in first 60 seconds, never sent to peer, disconnecting peer=3",
    };
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        char text[256];
        fixture_init(&f, YC_CONN_INBOUND, 0);
        int64_t deadline = f.now.mono_us + 60 * SECOND;
        if (i == 1) {
            say_version(&f, 70016, SERVICES, 77);
            assert_int_equal(next(&f), YC_PEER_EV_VERSION);
            (void)take_output(&f, text, sizeof text);
        }
        for (int s = 0; i == 2 && s < 24; s++)
            yc_peer_recv(&f.peer, yc_view(test_magic + s % 4, s < 4), f.now);
        assert_true(yc_peer_next_deadline_us(&f.peer) == deadline);
        pass(&f, 60 * SECOND - 1);
        yc_peer_tick(&f.peer, f.now);
        assert_int_equal(next(&f), -1);
        pass(&f, 1);
        yc_peer_tick(&f.peer, f.now);
        assert_int_equal(next(&f), YC_PEER_EV_CLOSED);
        assert_int_equal(f.ev.close, YC_CLOSE_TIMEOUT);
        assert_true(logged(&f, lines[i]));
        assert_true(yc_peer_next_deadline_us(&f.peer) == INT64_MAX);
        fixture_release(&f);
    }
}

/* Two machines of ours, through a wire. */
static void both_ends_are_ours(void **state)
{
    struct fixture a, b;
    (void)state;
    fixture_init(&a, YC_CONN_OUTBOUND_FULL, 0);
    fixture_init(&b, YC_CONN_INBOUND, 0);
    b.shared.nonces = NULL;
    for (int i = 0; i < 10; i++) {
        struct fixture *from = i % 2 ? &b : &a, *to = i % 2 ? &a : &b;
        struct yc_view out = yc_peer_output(&from->peer);
        pass(&a, SECOND / 100);
        pass(&b, SECOND / 100);
        yc_peer_recv(&to->peer, out, to->now);
        yc_peer_sent(&from->peer, out.n, from->now);
        while (next(to) >= 0)
            assert_int_not_equal(to->ev.kind, YC_PEER_EV_CLOSED);
    }
    assert_int_equal(a.peer.state, YC_PEER_READY);
    assert_int_equal(b.peer.state, YC_PEER_READY);
    assert_true(a.peer.wtxid_relay && b.peer.wtxid_relay && a.peer.wants_addrv2 && b.peer.wants_addrv2);
    assert_string_equal(a.peer.user_agent, "/YCoin:0.1.0/");
    assert_true(a.peer.stats.ping_us > 0 && b.peer.stats.ping_us > 0);
    assert_true(a.peer.stats.bytes_sent == b.peer.stats.bytes_received);
    assert_true(b.peer.stats.bytes_sent == a.peer.stats.bytes_received);
    fixture_release(&a);
    fixture_release(&b);
}

static void user_agents(void **state)
{
    char out[YC_USER_AGENT_MAX + 1], longest[YC_USER_AGENT_MAX + 1];
    const char *comments[] = {"testnode0", "b"};
    const char *too_long[] = {longest};
    (void)state;
    assert_true(yc_user_agent_compose(out, "/Satoshi:31.0.0", "0.1.0", comments, 2));
    assert_string_equal(out, "/Satoshi:31.0.0/YCoin:0.1.0(testnode0; b)/");
    memset(longest, 'a', YC_USER_AGENT_MAX);
    longest[YC_USER_AGENT_MAX] = 0;
    assert_false(yc_user_agent_compose(out, "", "0.1.0", too_long, 1));
    longest[YC_USER_AGENT_MAX - strlen("/YCoin:0.1.0()/")] = 0;
    assert_true(yc_user_agent_compose(out, "", "0.1.0", too_long, 1));
    assert_int_equal(strlen(out), YC_USER_AGENT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_taken_before_verack_alone),
        cmocka_unit_test(inbound),
        cmocka_unit_test(outbound),
        cmocka_unit_test(our_version),
        cmocka_unit_test(older_peer),
        cmocka_unit_test(obsolete),
        cmocka_unit_test(services),
        cmocka_unit_test(self_connection),
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(repeated),
        cmocka_unit_test(too_late),
        cmocka_unit_test(feeler),
        cmocka_unit_test(timeouts),
        cmocka_unit_test(both_ends_are_ours),
        cmocka_unit_test(user_agents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
