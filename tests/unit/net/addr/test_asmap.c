/* The map of autonomous systems (catalogue P24): answers of a published map, each reason to refuse one, and what it changes
 * about groups. */
#include "base/bytes.h"
#include "base/hex.h"
#include "net/addr/asmap.h"
#include "net/addr/netgroup.h"
#include "support/unit.h"

#include <stdio.h>
#include <string.h>

/* A random map of 128 ranges, and addresses in it: Bitcoin Core, src/test/netbase_tests.cpp, asmap_test_vectors. */
static const char published[] =
    "fd38d50f7d5d665357f64bba6bfc190d6078a7e68e5d3ac032edf47f8b5755f87881bfd3633d9aa7c1fa279b36fe26c63bbc9de44e0f04e5a3"
    "82d8e1"
    "cddbe1c26653bc939d4327f287e8b4d1f8aff33176787cb0ff7cb28e3fdaef0f8f47357f801c9f7ff7a99f7f9c9f99de7f3156ae00f23eb27a"
    "303bc4"
    "86aa3ccc31ec19394c2f8a53dddea3cc56257f3b7e9b1f488be9c1137db823759aa4e071eef2e984aaf97b52d5f88d0f373dd190fe45e06efe"
    "f1df72"
    "78be680a73a74c76db4dd910f1d30752c57fe2bc9f079f1a1e1b036c2a69219f11c5e11980a3fa51f4f82d36373de73b1863a8c27e36ae0e4f"
    "705be3"
    "d76ecff038a75bc0f92ba7e7f6f4080f1c47c34d095367ecf4406c1e3bbc17ba4d6f79ea3f031b876799ac268b1e0ea9babf0f9a8e5f6c55e3"
    "63c636"
    "3df46afc696d7afceaf49b6e62df9e9dc27e70664cafe5c53df66dd0b8237678ada90e73f05ec60e6f6e96c3cbb1ea2f9dece115d5bdba1033"
    "e53662"
    "a7d72a29477b5beb35710591d3e23e5f0379baea62ffdee535bcdf879cbf69b88d7ea37c8015381cf63dc33d28f757a4a5e15d6a08";

static const struct {
    const char *address;
    uint32_t system;
} answers[] = {
    {"0:1559:183:3728:224c:65a5:62e6:e991", 961340},     {"d0:d493:faa0:8609:e927:8b75:293c:f5a4", 961340},
    {"2a0:26f:8b2c:2ee7:c7d1:3b24:4705:3f7f", 693761},   {"a77:7cd4:4be5:a449:89f2:3212:78c6:ee38", 0},
    {"1336:1ad6:2f26:4fe3:d809:7321:6e0d:4615", 672176}, {"1d56:abd0:a52f:a8d5:d5a7:a610:581d:d792", 499880},
    {"378e:7290:54e5:bd36:4760:971c:e9b9:570d", 0},      {"406c:820b:272a:c045:b74e:fc0a:9ef2:cecc", 248495},
    {"46c2:ae07:9d08:2d56:d473:2bc7:57e3:20ac", 248495}, {"50d2:3db6:52fa:2e7:12ec:5bc4:1bd1:49f9", 124471},
    {"53e1:1812:ffa:dccf:f9f2:64be:75fa:795", 539993},   {"544d:eeba:3990:35d1:ad66:f9a3:576d:8617", 374443},
    {"6a53:40dc:8f1d:3ffa:efeb:3aa3:df88:b94b", 435070}, {"87aa:d1c9:9edb:91e7:aab1:9eb9:baa0:de18", 244121},
    {"9f00:48fa:88e3:4b67:a6f3:e6d2:5cc1:5be2", 862116}, {"c49f:9cc6:86ad:ba08:4580:315e:dbd1:8a62", 969411},
    {"dff5:8021:61d:b17d:406d:7888:fdac:4a20", 969411},  {"e888:6791:2960:d723:bcfd:47e1:2d8c:599f", 824019},
    {"ffff:d499:8c4b:4941:bc81:d5b9:b51e:85a8", 824019},
};

#define PUBLISHED_BYTES ((sizeof published - 1) / 2)

static void read_published(uint8_t out[PUBLISHED_BYTES])
{
    assert_true(yc_hex_read(out, PUBLISHED_BYTES, published, sizeof published - 1));
}

static struct yc_netaddr address(const char *text)
{
    struct yc_netaddr a;
    assert_true(yc_netaddr_parse(&a, text, 1));
    return a;
}

static void published_answers(void **state)
{
    uint8_t map[PUBLISHED_BYTES];
    struct yc_error err;
    (void)state;
    read_published(map);
    assert_int_equal(yc_asmap_check(yc_view(map, sizeof map), &err), YC_VALID);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct yc_netaddr a = address(answers[i].address);
        assert_int_equal(yc_asmap_find(yc_view(map, sizeof map), a.host32), answers[i].system);
    }
}

/* A file that was cut, or in which a bit changed, is refused or is a map still: in either case looking into it ends. */
static void damaged(void **state)
{
    uint8_t map[PUBLISHED_BYTES], most[YC_ASMAP_ADDRESS_BYTES], least[YC_ASMAP_ADDRESS_BYTES] = {0};
    size_t refused = 0;
    (void)state;
    memset(most, 0xff, sizeof most);
    read_published(map);
    for (size_t n = 0; n < sizeof map; n++)
        assert_int_equal(yc_asmap_check(yc_view(map, n), NULL), YC_INVALID);
    for (size_t bit = 0; bit < 8 * sizeof map; bit++) {
        struct yc_error err;
        map[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (yc_asmap_check(yc_view(map, sizeof map), &err) != YC_VALID) {
            refused++;
            assert_non_null(strstr(err.text, "no map of autonomous systems: at bit "));
        }
        assert_true(yc_asmap_find(yc_view(map, sizeof map), most) <= 1 << 25);
        assert_true(yc_asmap_find(yc_view(map, sizeof map), least) <= 1 << 25);
        map[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_in_range(refused, 2 * sizeof map, 8 * sizeof map); /* bits of an ASN may be any */
}

/* A map of bits as the header has them: '0' and '1', spaces between instructions. */
struct bits {
    uint8_t bytes[256];
    size_t n; /* bits */
};

static void put(struct bits *b, const char *text)
{
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        assert_true(b->n / 8 < sizeof b->bytes);
        if (*text == '1')
            b->bytes[b->n / 8] |= (uint8_t)(1 << b->n % 8);
        b->n++;
    }
}

#define ASN_1     " 0 000000000000000" /* the number, behind RETURN's 0 or DEFAULT's 111 */
#define RETURN_1  " 0" ASN_1
#define RETURN_2  " 0 0 000000000000001"
#define DEFAULT_1 " 111" ASN_1
#define JUMP_17   " 10 0 00000" /* over one RETURN of the short form: 17 bits */
#define JUMP_47   " 10 0 11110"
#define JUMP_48   " 10 0 11111"
#define MATCH_1   " 110 0 1"              /* argument 3: one bit, which is 1 */
#define MATCH_8   " 110 1111111 11111111" /* argument 511: eight bits, all 1 */
#define TEN(x)    x x x x x x x x x x

static struct yc_view view_of(const struct bits *b)
{
    return yc_view(b->bytes, (b->n + 7) / 8);
}

/* Each rule of the check by the least map that breaks it; NULL for those that are maps. */
static void each_reason(void **state)
{
    static const struct {
        const char *bits, *reason;
    } cases[] = {
        {RETURN_1, NULL},
        {"", "it ends without an answer"},
        {" 0 0 00000000", "it ends within an instruction"},
        {RETURN_1 " 0000000", NULL},
        {RETURN_1 " 00000000", "bytes follow that nothing leads to"},
        {RETURN_1 " 0000001", "bits that fill its last byte are set"},
        {RETURN_1 RETURN_1, "bytes follow that nothing leads to"},
        {DEFAULT_1 RETURN_1, "an answer follows upon a default"},
        {DEFAULT_1 DEFAULT_1 MATCH_1 RETURN_1, "a default follows upon a default"},
        {DEFAULT_1 MATCH_1 RETURN_2, NULL},
        {JUMP_17 RETURN_1 RETURN_2, NULL},
        {JUMP_17 RETURN_1, "it ends within an instruction"},
        {JUMP_48 RETURN_1 RETURN_2, "a jump leads behind its end"},
        {JUMP_17 MATCH_8 RETURN_1 RETURN_2, "a jump leads into the middle of an instruction"},
        {JUMP_47 RETURN_1 RETURN_1 RETURN_1 RETURN_1, "bits follow that nothing leads to"},
        {JUMP_17 JUMP_17 RETURN_1 RETURN_1 RETURN_1, "two jumps cross each other"},
        {MATCH_1 MATCH_1 RETURN_1, "two matches might be one"},
        {MATCH_1 MATCH_8 RETURN_1, NULL},
        {MATCH_8 MATCH_1 DEFAULT_1 MATCH_1 RETURN_1, NULL},
        {TEN(MATCH_8) MATCH_8 MATCH_8 MATCH_8 MATCH_8 MATCH_8 MATCH_8 RETURN_1, NULL},
        {TEN(MATCH_8) MATCH_8 MATCH_8 MATCH_8 MATCH_8 MATCH_8 MATCH_8 MATCH_1 RETURN_1,
         "a match takes more bits than an address has"},
        {TEN(MATCH_8) MATCH_8 MATCH_8 MATCH_8 MATCH_8 MATCH_8 MATCH_8 JUMP_17 RETURN_1 RETURN_1,
         "a jump takes more bits than an address has"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bits b = {0};
        struct yc_error err = {0};
        put(&b, cases[i].bits);
        enum yc_verdict v = yc_asmap_check(view_of(&b), &err);
        if (v != (cases[i].reason ? YC_INVALID : YC_VALID) || (cases[i].reason && !strstr(err.text, cases[i].reason)))
            fail_msg("map %zu: verdict %d, \"%s\"", i, (int)v, err.text);
    }
}

static void too_long(void **state)
{
    static uint8_t bytes[YC_ASMAP_BYTES_MAX + 1];
    struct yc_error err;
    (void)state;
    assert_int_equal(yc_asmap_check(yc_view(bytes, sizeof bytes), &err), YC_INVALID);
    assert_non_null(strstr(err.text, "8388609 bytes"));
}

static uint32_t find(const struct bits *b, uint8_t first)
{
    uint8_t ip16[YC_ASMAP_ADDRESS_BYTES] = {first};
    return yc_asmap_find(view_of(b), ip16);
}

/* What the instructions do. */
static void instructions(void **state)
{
    struct bits jump = {0}, match = {0}, plain = {0}, wide = {0};
    (void)state;
    put(&jump, JUMP_17 RETURN_1 RETURN_2);
    assert_int_equal(find(&jump, 0x7f), 1);
    assert_int_equal(find(&jump, 0x80), 2);
    put(&match, DEFAULT_1 MATCH_8 RETURN_2);
    assert_int_equal(find(&match, 0xff), 2);
    assert_int_equal(find(&match, 0xfe), 1);
    put(&plain, MATCH_1 RETURN_2);
    assert_int_equal(find(&plain, 0x80), 2);
    assert_int_equal(find(&plain, 0x7f), 0);
    put(&wide,
        " 0 1111111 0 0000000000000000000001"); /* the eighth class, of 22 bits: behind 2^22 - 2^15 lesser ones */
    assert_int_equal(yc_asmap_check(view_of(&wide), NULL), YC_VALID);
    assert_int_equal(find(&wide, 0), 1 + (1 << 22) - (1 << 15) + 1);
}

/* Addresses of one system are one group, whatever their first bits; a tunnel counts by its IPv4 address, and what the map
 * does not know is grouped as without it. */
static void groups(void **state)
{
    struct bits b = {0};
    (void)state;
    /* ::ffff:0:0/96 by its first bit: 0.0.0.0/1 is system 1, 128.0.0.0/1 system 2; everything else is nobody's. */
    for (int i = 0; i < 10; i++)
        put(&b, " 110 1111111 00000000"); /* argument 256: eight bits, all 0 */
    put(&b, MATCH_8 MATCH_8 JUMP_17 RETURN_1 RETURN_2);
    assert_int_equal(yc_asmap_check(view_of(&b), NULL), YC_VALID);
    static const struct {
        const char *address;
        uint32_t system;
    } cases[] = {{"8.8.8.8", 1},  {"9.1.2.3", 1},   {"200.1.2.3", 2}, {"2002:c801:203::1", 2},
                 {"10.0.0.1", 0}, {"2600:1::1", 0}, {"127.0.0.1", 0}};
    struct yc_netgroup g[sizeof cases / sizeof *cases];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yc_netaddr a = address(cases[i].address);
        struct yc_netgroup without = yc_netgroup_of(&a, yc_view(NULL, 0));
        g[i] = yc_netgroup_of(&a, view_of(&b));
        assert_int_equal(yc_netaddr_system(&a, view_of(&b)), cases[i].system);
        assert_int_equal(yc_netaddr_system(&a, yc_view(NULL, 0)), 0);
        assert_int_equal(yc_netgroup_equal(&g[i], &without), cases[i].system == 0);
    }
    assert_true(yc_netgroup_equal(&g[0], &g[1]) && yc_netgroup_equal(&g[2], &g[3]));
    assert_false(yc_netgroup_equal(&g[0], &g[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_answers), cmocka_unit_test(damaged),      cmocka_unit_test(each_reason),
        cmocka_unit_test(too_long),          cmocka_unit_test(instructions), cmocka_unit_test(groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
