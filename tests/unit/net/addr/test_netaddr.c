/* net/addr: addresses of all networks as text and back, their groups and subnets. */
#include "net/addr/netgroup.h"
#include "net/addr/subnet.h"
#include "support/unit.h"

#include <stdio.h>

static void text_becomes_address_and_back(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"1.2.3.4", "1.2.3.4:8333"},
                 {"1.2.3.4:17333", "1.2.3.4:17333"},
                 {"255.255.255.255:65535", "255.255.255.255:65535"},
                 {"::1", "[::1]:8333"},
                 {"[::1]", "[::1]:8333"},
                 {"[2001:DB8:0:0:0:0:0:1]:1", "[2001:db8::1]:1"},
                 {"::ffff:10.0.0.1", "10.0.0.1:8333"},
                 {"[::]:9", "[::]:9"},
                 /* Tor's address of BIP 155's own example of relay, and keys of bytes 0 to 31. */
                 {"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333",
                  "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333"},
                 {"AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQTCQKRMFYYDENBWHA5DYP3KEAD.onion",
                  "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion:8333"},
                 {"aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq.b32.i2p",
                  "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq.b32.i2p:0"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yc_netaddr a;
        char text[YC_NETADDR_TEXT_MAX];
        assert_true(yc_netaddr_parse(&a, cases[i].in, 8333));
        yc_netaddr_print(text, &a);
        assert_string_equal(text, cases[i].out);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "localhost",
        "1.2.3",
        "1.2.3.4:",
        "1.2.3.4:0",
        "1.2.3.4:x",
        "1.2.3.4:+1",
        "1.2.3.4:65536",
        "1.2.3.4:080",
        "1.2.3.4:99999999999",
        "[::1",
        "[::1]x",
        "[]:1",
        "[1.2.3.4]:1",
        "fe80::1%eth0",
        " 1.2.3.4",
        "1.2.3.4 ",
        ":::",
        "::1]:5",
        "256.1.1.1",
        "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kaad.onion", /* its checksum is another's */
        "aaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion",
        "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypb.b32.i2p", /* four bits too many are set */
        ".onion",
        ".b32.i2p",
        "[aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq.b32.i2p]:1"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yc_netaddr a;
        if (yc_netaddr_parse(&a, cases[i], 8333))
            fail_msg("'%s' was taken for an address", cases[i]);
    }
}

static void host_and_port_are_cut_apart(void **state)
{
    struct yc_view host;
    uint16_t port;
    (void)state;
    assert_true(yc_netaddr_split(&host, &port, "seed.example.org:99", 7));
    assert_true(yc_view_equal(host, yc_view_text("seed.example.org")) && port == 99);
    assert_true(yc_netaddr_split(&host, &port, "seed.example.org", 7));
    assert_true(yc_view_equal(host, yc_view_text("seed.example.org")) && port == 7);
    assert_true(yc_netaddr_split(&host, &port, "2001:db8::5", 7));
    assert_true(yc_view_equal(host, yc_view_text("2001:db8::5")) && port == 7);
    assert_true(yc_netaddr_split(&host, &port, "[2001:db8::5]:6", 7));
    assert_true(yc_view_equal(host, yc_view_text("2001:db8::5")) && port == 6);
    assert_false(yc_netaddr_split(&host, &port, ":6", 7));
    assert_false(yc_netaddr_split(&host, &port, "a:", 7));
}

static void kinds_of_address_are_told_apart(void **state)
{
    struct yc_netaddr v4 = yc_netaddr_ipv4(127, 1, 2, 3, 5), any4 = yc_netaddr_ipv4(0, 0, 0, 0, 5), v6, any6;
    (void)state;
    assert_true(yc_netaddr_parse(&v6, "::1", 5));
    assert_true(yc_netaddr_parse(&any6, "::", 5));
    assert_true(yc_netaddr_is_ipv4(&v4) && !yc_netaddr_is_ipv4(&v6) && !yc_netaddr_is_ipv4(&any6));
    assert_true(yc_netaddr_is_loopback(&v4) && yc_netaddr_is_loopback(&v6) && !yc_netaddr_is_loopback(&any6));
    assert_true(yc_netaddr_is_any(&any4) && yc_netaddr_is_any(&any6) && !yc_netaddr_is_any(&v6));
    struct yc_netaddr other = v4;
    other.port = 6;
    assert_true(yc_netaddr_equal(&v4, &v4) && !yc_netaddr_equal(&v4, &other) && yc_netaddr_same_host(&v4, &other));
}

/* An address survives being bytes of a file; bytes that are no address are refused. */
static void bytes_become_address_and_back(void **state)
{
    static const char *const cases[] = {"1.2.3.4:5", "[2001:db8::1]:6",
                                        "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion:7",
                                        "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq.b32.i2p"};
    uint8_t bytes[YC_NETADDR_BYTES];
    struct yc_netaddr a, b;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(yc_netaddr_parse(&a, cases[i], 0));
        yc_netaddr_write(bytes, &a);
        assert_true(yc_netaddr_read(&b, bytes) && yc_netaddr_equal(&a, &b));
    }
    bytes[0] = YC_NET_TORV2;
    assert_false(yc_netaddr_read(&b, bytes));
    bytes[0] = YC_NET_CJDNS; /* whose address has only 16 bytes */
    assert_false(yc_netaddr_read(&b, bytes));
}

static void networks_have_names(void **state)
{
    struct yc_netaddr a;
    (void)state;
    assert_true(yc_netaddr_parse(&a, "fc00::1", 8333));
    assert_int_equal(yc_netaddr_network(&a), YC_NET_IPV6);
    a = yc_netaddr_as_cjdns(&a);
    assert_int_equal(yc_netaddr_network(&a), YC_NET_CJDNS);
    assert_true(yc_netaddr_is_routable(&a));
    for (unsigned i = 0; i < 300; i++)
        if (yc_network_name(i))
            assert_int_equal(yc_network_of_name(yc_network_name(i)), i);
    assert_int_equal(yc_network_of_name("tor"), YC_NET_TORV3);
    assert_int_equal(yc_network_of_name("ipx"), 0);
}

/* Keys and hashes cost nothing, so many of them are one owner's: P23. */
static void hidden_networks_have_few_groups(void **state)
{
    uint8_t key32[32] = {0x12};
    (void)state;
    struct yc_netaddr a = yc_netaddr_of_key(YC_NET_TORV3, key32, 1);
    struct yc_netgroup g = yc_netgroup_of(&a, (struct yc_view){0}), other;
    key32[0] = 0x1f;
    a = yc_netaddr_of_key(YC_NET_TORV3, key32, 1);
    other = yc_netgroup_of(&a, (struct yc_view){0});
    assert_true(yc_netgroup_equal(&g, &other));
    key32[0] = 0x20;
    a = yc_netaddr_of_key(YC_NET_TORV3, key32, 1);
    other = yc_netgroup_of(&a, (struct yc_view){0});
    assert_false(yc_netgroup_equal(&g, &other));
    key32[0] = 0x12;
    a = yc_netaddr_of_key(YC_NET_I2P, key32, 0);
    other = yc_netgroup_of(&a, (struct yc_view){0});
    assert_false(yc_netgroup_equal(&g, &other));
}

static void a_subnet_holds_its_addresses_alone(void **state)
{
    static const struct {
        const char *subnet, *in, *out, *text;
    } cases[] = {{"1.2.3.0/24", "1.2.3.9", "1.2.4.9", "1.2.3.0/24"},
                 {"1.2.3.4", "1.2.3.4", "1.2.3.5", "1.2.3.4/32"},
                 {"0.0.0.0/0", "9.9.9.9", "2001:db8::1", "0.0.0.0/0"},
                 {"2001:db8::/32", "2001:db8::77", "2001:db9::", "2001:db8::/32"},
                 {"::/0", "2001:db8::77", "1.2.3.4", "::/0"}, /* IPv6, however an IPv4 address is kept */
                 {"::/80", "::1", "1.2.3.4", "::/80"},
                 {"aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion",
                  "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion", "1.2.3.4",
                  "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yc_subnet n;
        struct yc_netaddr in, out;
        char text[YC_SUBNET_TEXT_MAX];
        assert_true(yc_subnet_parse(&n, cases[i].subnet));
        assert_true(yc_netaddr_parse(&in, cases[i].in, 0) && yc_netaddr_parse(&out, cases[i].out, 0));
        assert_true(yc_subnet_contains(&n, &in) && !yc_subnet_contains(&n, &out));
        yc_subnet_print(text, &n);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_address_and_back),   cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(host_and_port_are_cut_apart),     cmocka_unit_test(kinds_of_address_are_told_apart),
        cmocka_unit_test(bytes_become_address_and_back),   cmocka_unit_test(networks_have_names),
        cmocka_unit_test(hidden_networks_have_few_groups), cmocka_unit_test(a_subnet_holds_its_addresses_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
