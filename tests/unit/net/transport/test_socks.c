/* net/transport/socks: the talk with a SOCKS5 proxy (RFC 1928, RFC 1929). */
#include "net/transport/socks.h"
#include "support/unit.h"

#include <stdio.h>

static struct yc_socks s;

static void begin(const char *host, const char *user)
{
    struct yc_socks_target target = {.port = 0x1234};
    (void)snprintf(target.host, sizeof target.host, "%s", host);
    (void)snprintf(target.user, sizeof target.user, "%s", user);
    (void)snprintf(target.password, sizeof target.password, "%s", user);
    yc_socks_begin(&s, &target);
}

static void expect_out(const char *bytes, size_t n)
{
    assert_int_equal(s.out_n, n);
    assert_memory_equal(s.out, bytes, n);
}

/* A byte at a time: the proxy's answers may come in any pieces. */
static enum yc_socks_step feed(const char *bytes, size_t n)
{
    enum yc_socks_step step = YC_SOCKS_MORE;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(step, YC_SOCKS_MORE);
        step = yc_socks_feed(&s, (const uint8_t *)bytes + i, 1);
    }
    return step;
}

#define OUT(bytes)  expect_out(bytes, sizeof(bytes) - 1)
#define FEED(bytes) feed(bytes, sizeof(bytes) - 1)

static void a_name_is_asked_for_without_credentials(void **state)
{
    (void)state;
    begin("seed.example", "");
    OUT("\x05\x01\x00");
    assert_int_equal(FEED("\x05\x00"), YC_SOCKS_MORE);
    OUT("\x05\x01\x00\x03\x0cseed.example\x12\x34");
    assert_int_equal(FEED("\x05\x00\x00\x01\x01\x02\x03\x04\x00\x50"), YC_SOCKS_DONE);
}

static void credentials_are_given_where_the_proxy_wants_them(void **state)
{
    (void)state;
    begin("a.onion", "me");
    OUT("\x05\x02\x00\x02");
    assert_int_equal(FEED("\x05\x02"), YC_SOCKS_MORE);
    OUT("\x01\x02me\x02me");
    assert_int_equal(FEED("\x01\x00"), YC_SOCKS_MORE);
    OUT("\x05\x01\x00\x03\x07"
        "a.onion\x12\x34");
    assert_int_equal(FEED("\x05\x00\x00\x03\x03xyz\x00\x50"), YC_SOCKS_DONE);
}

static void an_ipv6_bound_address_is_read_to_its_end(void **state)
{
    (void)state;
    begin("1.2.3.4", "");
    assert_int_equal(FEED("\x05\x00\x05\x00\x00\x04"), YC_SOCKS_MORE);
    assert_int_equal(s.wanted, 18); /* nothing of the target's is read */
    assert_int_equal(FEED("0123456789abcdef\x00\x50"), YC_SOCKS_DONE);
}

static void refusals_say_why(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *error;
    } cases[] = {{"\x04\x00", 2, "the proxy does not speak SOCKS5"},
                 {"\x05\xff", 2, "the proxy wants a way to log in that we do not have"},
                 {"\x05\x02", 2, "the proxy wants a way to log in that we do not have"},
                 {"\x05\x00\x05\x05\x00\x01", 6, "connection refused"},
                 {"\x05\x00\x05\x09\x00\x01", 6, "an answer that SOCKS5 does not know"},
                 {"\x05\x00\x05\x00\x00\x07", 6, "the proxy does not speak SOCKS5"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin("h", "");
        assert_int_equal(feed(cases[i].bytes, cases[i].n), YC_SOCKS_FAILED);
        assert_string_equal(s.error, cases[i].error);
    }
    begin("h", "me");
    assert_int_equal(FEED("\x05\x02\x01\x01"), YC_SOCKS_FAILED);
    assert_string_equal(s.error, "the proxy refused the credentials");
}

/* The longest name and credentials fit. */
static void the_longest_target_fits(void **state)
{
    char host[YC_SOCKS_HOST_MAX], user[YC_SOCKS_CREDENTIALS_MAX];
    (void)state;
    memset(host, 'h', sizeof host - 1);
    host[sizeof host - 1] = 0;
    memset(user, 'u', sizeof user - 1);
    user[sizeof user - 1] = 0;
    begin(host, user);
    assert_int_equal(FEED("\x05\x02"), YC_SOCKS_MORE);
    assert_int_equal(s.out_n, 3 + 2 * (sizeof user - 1));
    assert_int_equal(FEED("\x01\x00"), YC_SOCKS_MORE);
    assert_int_equal(s.out_n, 5 + 255 + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_asked_for_without_credentials),
        cmocka_unit_test(credentials_are_given_where_the_proxy_wants_them),
        cmocka_unit_test(an_ipv6_bound_address_is_read_to_its_end),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(the_longest_target_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
