/* base/netaddr: addresses as text and back. */
#include "base/netaddr.h"
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
                 {"[::]:9", "[::]:9"}};
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
        "",          "localhost",  "1.2.3",         "1.2.3.4:",    "1.2.3.4:0",
        "1.2.3.4:x", "1.2.3.4:+1", "1.2.3.4:65536", "1.2.3.4:080", "1.2.3.4:99999999999",
        "[::1",      "[::1]x",     "[]:1",          "[1.2.3.4]:1", "fe80::1%eth0",
        " 1.2.3.4",  "1.2.3.4 ",   ":::",           "::1]:5",      "256.1.1.1"};
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
    assert_true(yc_netaddr_equal(&v4, &v4) && !yc_netaddr_equal(&v4, &other) && yc_netaddr_same_ip(&v4, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_address_and_back),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(host_and_port_are_cut_apart),
        cmocka_unit_test(kinds_of_address_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
