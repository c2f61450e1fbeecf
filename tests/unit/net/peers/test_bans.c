/* Bans and discouraged addresses (catalogue P09). */
#include "net/peers/bans.h"
#include "support/heap.h"
#include "support/unit.h"

static const struct yc_siphash_key seed = {1, 2};

static struct yc_subnet subnet(const char *text)
{
    struct yc_subnet n;
    assert_true(yc_subnet_parse(&n, text));
    return n;
}

static struct yc_netaddr addr(const char *text)
{
    struct yc_netaddr a;
    assert_true(yc_netaddr_parse(&a, text, 1));
    return a;
}

static void subnets_as_text(void **state)
{
    static const char *const pairs[][2] = {
        {"1.2.3.4", "1.2.3.4/32"},
        {"1.2.3.4/24", "1.2.3.0/24"},
        {"1.2.3.4/0", "0.0.0.0/0"},
        {"1.2.3.4/255.255.240.0", "1.2.0.0/20"},
        {"2001:db8::1", "2001:db8::1/128"},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
        {"::/0", "::/0"},
        {"1.2.3.4/255.255.255.255", "1.2.3.4/32"},
    };
    static const char *const bad[] = {
        "",        "x",       "1.2.3.4/33", "1.2.3.4/",      "1.2.3.4/-1",          "1.2.3.4/0x1",
        "::1/129", "1.2.3",   "1.2.3.4:80", "::1/255.0.0.0", "1.2.3.4/255.0.255.0", "1.2.3.4/1/2",
        "/8",      "1.2.3.4 "};
    char text[YC_SUBNET_TEXT_MAX];
    struct yc_subnet n;
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        n = subnet(pairs[i][0]);
        yc_subnet_print(text, &n);
        assert_string_equal(text, pairs[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(yc_subnet_parse(&n, bad[i]));
}

static void ban_and_time(void **state)
{
    struct test_heap heap;
    struct yc_bans b;
    struct yc_error err;
    struct yc_netaddr in = addr("10.1.2.3"), out = addr("11.1.2.3"), v6 = addr("[2001:db8::5]:1");
    struct yc_subnet ten = subnet("10.0.0.0/8"), six = subnet("2001:db8::/32"), one = subnet("10.1.2.3"),
                     any = subnet("::/0");
    (void)state;
    test_heap_init(&heap);
    yc_bans_init(&b, &heap.alloc, seed);
    assert_int_equal(yc_bans_add(&b, &ten, 100, 200, &err), YC_VALID);
    assert_int_equal(yc_bans_add(&b, &six, 100, 300, &err), YC_VALID);
    assert_true(yc_bans_match(&b, &in, 199) && !yc_bans_match(&b, &in, 200));
    assert_true(yc_bans_match(&b, &v6, 200) && !yc_bans_match(&b, &out, 100));
    assert_true(yc_bans_match_subnet(&b, &ten, 150) && !yc_bans_match_subnet(&b, &one, 150));
    assert_int_equal(yc_bans_add(&b, &ten, 100, 200, &err), YC_INVALID);
    assert_string_equal(err.text, "10.0.0.0/8 is banned already, for at least as long");
    assert_int_equal(yc_bans_add(&b, &ten, 100, 400, &err), YC_VALID); /* longer */
    assert_int_equal(b.count, 2);
    assert_true(yc_bans_match(&b, &in, 399));
    assert_true(yc_bans_sweep(&b, 300) && !yc_bans_sweep(&b, 300));
    assert_int_equal(b.count, 1);
    assert_false(yc_bans_remove(&b, &six));
    assert_true(yc_bans_remove(&b, &ten));
    assert_false(yc_bans_match(&b, &in, 150));
    assert_int_equal(yc_bans_add(&b, &any, 100, 400, &err), YC_VALID); /* all of IPv6, and no other network */
    assert_true(yc_bans_match(&b, &v6, 150) && !yc_bans_match(&b, &in, 150));
    yc_bans_release(&b);
    assert_int_equal(heap.live_bytes, 0);
}

static void bans_are_bounded(void **state)
{
    struct test_heap heap;
    struct yc_bans b;
    struct yc_error err;
    (void)state;
    test_heap_init(&heap);
    yc_bans_init(&b, &heap.alloc, seed);
    for (uint32_t i = 0; i <= YC_BANS_MAX; i++) {
        struct yc_netaddr a = yc_netaddr_ipv4(10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 0);
        struct yc_subnet n = yc_subnet_of(&a);
        assert_int_equal(yc_bans_add(&b, &n, 1, 100, &err), i < YC_BANS_MAX ? YC_VALID : YC_SYSTEM);
    }
    assert_int_equal(err.which, YC_SYSTEM_FULL);
    struct yc_netaddr last = yc_netaddr_ipv4(10, 0, (uint8_t)(9999 >> 8), (uint8_t)9999, 5);
    assert_true(yc_bans_match(&b, &last, 50));
    yc_bans_clear(&b);
    assert_false(yc_bans_match(&b, &last, 50));
    yc_bans_release(&b);
    assert_int_equal(heap.live_bytes, 0);
}

/* P09: a hundred thousand addresses misbehave; memory stops growing, and the latest are known. */
static void discouraged_are_bounded(void **state)
{
    struct test_heap heap;
    struct yc_bans b;
    size_t most = 0;
    (void)state;
    test_heap_init(&heap);
    yc_bans_init(&b, &heap.alloc, seed);
    for (uint32_t i = 0; i < 100000; i++) {
        struct yc_netaddr a = {.port = 1};
        memcpy(a.host32, &i, sizeof i);
        assert_false(yc_bans_discouraged(&b, &a));
        yc_bans_discourage(&b, &a);
        yc_bans_discourage(&b, &a);
        assert_true(yc_bans_discouraged(&b, &a));
        most = heap.live_bytes > most ? heap.live_bytes : most;
        if (i >= 20000) {
            uint32_t earlier = i - 20000;
            memcpy(a.host32, &earlier, sizeof earlier);
            assert_true(yc_bans_discouraged(&b, &a));
        }
    }
    assert_true(b.young.count + b.old.count <= 2 * YC_DISCOURAGED_MAX);
    assert_true(most < 8 << 20);
    heap.fail_at = 1;
    struct yc_netaddr a = addr("9.9.9.9");
    yc_bans_discourage(&b, &a); /* without memory nothing breaks */
    yc_bans_release(&b);
    assert_int_equal(heap.live_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subnets_as_text),
        cmocka_unit_test(ban_and_time),
        cmocka_unit_test(bans_are_bounded),
        cmocka_unit_test(discouraged_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
