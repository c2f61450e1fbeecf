/* Rules of -whitelist and -whitebind. */
#include "net/peers/permit.h"
#include "support/unit.h"

static struct yc_netaddr addr(const char *text)
{
    struct yc_netaddr a;
    assert_true(yc_netaddr_parse(&a, text, 1));
    return a;
}

static uint32_t of(const char *rule, const char *remote, bool inbound)
{
    struct yc_permit p;
    struct yc_error err;
    struct yc_netaddr r = addr(remote), local = addr("127.0.0.1:8333");
    assert_int_equal(yc_permit_parse(&p, rule, &err), YC_VALID);
    return yc_permit_of(&p, 1, &r, &local, inbound);
}

static void names_give_permissions(void **state)
{
    (void)state;
    assert_int_equal(of("127.0.0.1", "127.0.0.1:5", true),
                     YC_PERM_RELAY | YC_PERM_MEMPOOL | YC_PERM_NOBAN | YC_PERM_DOWNLOAD);
    assert_int_equal(of("@127.0.0.1", "127.0.0.1:5", true), 0);
    assert_int_equal(of("noban@127.0.0.0/8", "127.1.2.3:5", true), YC_PERM_NOBAN | YC_PERM_DOWNLOAD);
    assert_int_equal(of("forcerelay,addr@::1", "[::1]:5", true), YC_PERM_FORCE_RELAY | YC_PERM_RELAY | YC_PERM_ADDR);
    assert_int_equal(of("noban@127.0.0.1", "127.0.0.2:5", true), 0);
}

static void directions(void **state)
{
    (void)state;
    assert_int_equal(of("noban@127.0.0.1", "127.0.0.1:5", false), 0);
    assert_int_equal(of("addr,out@127.0.0.1", "127.0.0.1:5", false), YC_PERM_ADDR);
    assert_int_equal(of("addr,out@127.0.0.1", "127.0.0.1:5", true), 0);
    assert_int_equal(of("in,out,addr@127.0.0.1", "127.0.0.1:5", true), YC_PERM_ADDR);
}

static void rules_add_up(void **state)
{
    struct yc_permit p[3];
    struct yc_error err;
    struct yc_netaddr remote = addr("10.0.0.1:5"), here = addr("127.0.0.1:99"), there = addr("127.0.0.1:98");
    (void)state;
    assert_int_equal(yc_permit_parse(&p[0], "addr@10.0.0.0/8", &err), YC_VALID);
    assert_int_equal(yc_permit_parse_bind(&p[1], "mempool@127.0.0.1:99", &err), YC_VALID);
    assert_int_equal(yc_permit_parse_bind(&p[2], "relay@0.0.0.0:98", &err), YC_VALID);
    assert_int_equal(yc_permit_of(p, 3, &remote, &here, true), YC_PERM_ADDR | YC_PERM_MEMPOOL);
    assert_int_equal(yc_permit_of(p, 3, &remote, &there, true), YC_PERM_ADDR | YC_PERM_RELAY);
}

static void refused_with_a_sentence(void **state)
{
    static const struct {
        const char *text, *why;
        bool bind;
    } bad[] = {{"oopsie@127.0.0.1", "Invalid P2P permission: 'oopsie'", false},
               {"in,out@127.0.0.1", "Only direction was set, no permissions", false},
               {"noban@127.0.0.1:230", "Invalid netmask specified in -whitelist", false},
               {"noban@", "Invalid netmask specified in -whitelist", false},
               {"noban@127.0.0.1/10", "Cannot resolve -whitebind address", true},
               {"noban@127.0.0.1", "Need to specify a port with -whitebind", true},
               {"noban,out@127.0.0.1:1", "incoming connections", true}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct yc_permit p;
        struct yc_error err = {YC_SYSTEM_NONE, ""};
        enum yc_verdict v =
            bad[i].bind ? yc_permit_parse_bind(&p, bad[i].text, &err) : yc_permit_parse(&p, bad[i].text, &err);
        assert_int_equal(v, YC_INVALID);
        assert_non_null(strstr(err.text, bad[i].why));
    }
}

static void names_are_shown(void **state)
{
    uint32_t both = YC_PERM_NOBAN | YC_PERM_DOWNLOAD;
    (void)state;
    assert_string_equal(yc_permit_name(both, 0), "noban");
    assert_string_equal(yc_permit_name(both, 1), "download");
    assert_null(yc_permit_name(both, 2));
    assert_null(yc_permit_name(0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_give_permissions),  cmocka_unit_test(directions),      cmocka_unit_test(rules_add_up),
        cmocka_unit_test(refused_with_a_sentence), cmocka_unit_test(names_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
