/* Every message: written and read back, cut at every byte, at its limits and one above (P20, P21, P28, P31). */
#include "base/random.h"
#include "net/proto/frame.h"
#include "net/proto/message.h"
#include "support/unit.h"

#include <stdlib.h>

static uint8_t big[4000000];
static struct yc_msg m;
static struct yc_msg_fault fault;

/* Parse a copy of exactly that length, so that a sanitizer sees each byte too many. */
static enum yc_verdict parse(enum yc_msg_type type, const void *p, size_t n)
{
    static uint8_t *copy; /* m holds views into it until the next call */
    free(copy);
    copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, p, n);
    return yc_msg_parse(&m, type, yc_view(copy, n), &fault);
}

static void table(void **state)
{
    (void)state;
    assert_int_equal(yc_msg_find("nonsense"), YC_MSG_UNKNOWN);
    assert_int_equal(yc_msg_find("*other*"), YC_MSG_UNKNOWN);
    for (int i = 1; i < YC_MSG_COUNT; i++) {
        const struct yc_msg_info *info = yc_msg_info((enum yc_msg_type)i);
        assert_true(strlen(info->name) <= YC_FRAME_COMMAND_BYTES);
        assert_true(info->payload_min <= YC_FRAME_PAYLOAD_MAX);
        assert_int_equal(yc_msg_find(info->name), i);
    }
}

static size_t write_version(uint8_t *out, size_t cap, int64_t time_s)
{
    struct yc_writer w;
    struct yc_msg_version v = {.version = 70016,
                               .services = UINT64_MAX,
                               .time_s = time_s,
                               .you = yc_netaddr_ipv4(1, 2, 3, 4, 8333),
                               .nonce = 0x1122334455667788,
                               .user_agent = yc_view_text("/a:1/"),
                               .height = INT32_MAX,
                               .relay = false};
    yc_writer_init(&w, out, cap);
    yc_msg_write_version(&w, &v, 9);
    assert_false(w.failed);
    return w.n;
}

static void version_whole(void **state)
{
    uint8_t bytes[128];
    size_t n = write_version(bytes, sizeof bytes, 1700000000);
    const struct yc_msg_version *v = &m.u.version;
    (void)state;
    assert_int_equal(parse(YC_MSG_VERSION, bytes, n), YC_VALID);
    assert_int_equal(v->version, 70016);
    assert_true(v->services == UINT64_MAX);
    assert_int_equal(v->time_s, 1700000000);
    struct yc_netaddr you = yc_netaddr_ipv4(1, 2, 3, 4, 8333);
    assert_true(yc_netaddr_equal(&v->you, &you));
    assert_true(v->nonce == 0x1122334455667788);
    assert_true(yc_view_equal(v->user_agent, yc_view_text("/a:1/")));
    assert_int_equal(v->height, INT32_MAX);
    assert_false(v->relay);
}

/* The fields of version came one by one over the years: it is whole at certain lengths only (P21). */
static void version_cut(void **state)
{
    uint8_t bytes[128];
    size_t n = write_version(bytes, sizeof bytes, 1);
    (void)state;
    assert_int_equal(n, 80 + 6 + 4 + 1);
    for (size_t i = 0; i <= n; i++) {
        bool whole = i == 46 || i == 80 || i == 86 || i == 90 || i == 91;
        assert_int_equal(parse(YC_MSG_VERSION, bytes, i), whole ? YC_VALID : YC_INVALID);
        if (!whole)
            assert_int_equal(fault.kind, YC_FAULT_MALFORMED);
        if (i == 46)
            assert_true(m.u.version.relay && m.u.version.height == -1 && m.u.version.user_agent.n == 0);
    }
}

/* P08: extreme times; and a user agent of 256 and of 257 bytes. */
static void version_extremes(void **state)
{
    uint8_t bytes[512];
    (void)state;
    assert_int_equal(parse(YC_MSG_VERSION, bytes, write_version(bytes, sizeof bytes, INT64_MIN)), YC_VALID);
    assert_int_equal(m.u.version.time_s, 0);
    assert_int_equal(parse(YC_MSG_VERSION, bytes, write_version(bytes, sizeof bytes, INT64_MAX)), YC_VALID);
    assert_true(m.u.version.time_s == INT64_MAX);
    for (size_t n = 256; n <= 257; n++) {
        memset(bytes + 80, 'a', sizeof bytes - 80);
        memcpy(bytes + 80, n == 256 ? "\xfd\x00\x01" : "\xfd\x01\x01", 3);
        assert_int_equal(parse(YC_MSG_VERSION, bytes, 83 + n), n == 256 ? YC_VALID : YC_INVALID);
    }
    assert_string_equal(fault.text, "String length limit exceeded");
}

/* Messages whose every proper prefix is malformed. */
static void cut_everywhere(void **state)
{
    static const struct {
        enum yc_msg_type type;
        size_t n;
        const char *start;
        size_t start_n;
    } cases[] = {
        {YC_MSG_SENDCMPCT, 9, "", 0},
        {YC_MSG_FEEFILTER, 8, "", 0},
        {YC_MSG_ADDR, 1 + 2 * 30, "\x02", 1},
        {YC_MSG_INV, 1 + 3 * 36, "\x03", 1},
        {YC_MSG_GETDATA, 1 + 3 * 36, "\x03", 1},
        {YC_MSG_NOTFOUND, 1 + 3 * 36, "\x03", 1},
        {YC_MSG_HEADERS, 1 + 2 * 81, "\x02", 1},
        {YC_MSG_GETHEADERS, 4 + 1 + 3 * 32 + 32, "\0\0\0\0\x03", 5},
        {YC_MSG_GETBLOCKS, 4 + 1 + 3 * 32 + 32, "\0\0\0\0\x03", 5},
        {YC_MSG_GETCFILTERS, 37, "", 0},
        {YC_MSG_GETCFHEADERS, 37, "", 0},
        {YC_MSG_GETCFCHECKPT, 33, "", 0},
        {YC_MSG_BLOCK, 81, "", 0},
        {YC_MSG_CMPCTBLOCK, 90, "", 0},
        {YC_MSG_TX, 10, "", 0},
        {YC_MSG_GETBLOCKTXN, 33, "", 0},
        {YC_MSG_BLOCKTXN, 33, "", 0},
        /* time, services, network, length, address, port: 4 + 1 + 1 + 1 + 4 + 2 */
        {YC_MSG_ADDRV2, 1 + 13, "\x01\0\0\0\0\x01\x01\x04", 8},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[512] = {0};
        memcpy(bytes, cases[i].start, cases[i].start_n);
        for (size_t n = 0; n < cases[i].n; n++) {
            assert_int_equal(parse(cases[i].type, bytes, n), YC_INVALID);
            assert_int_equal(fault.kind, YC_FAULT_MALFORMED);
            assert_string_equal(fault.text, "end of data");
        }
        assert_int_equal(parse(cases[i].type, bytes, cases[i].n), YC_VALID);
        assert_int_equal(parse(cases[i].type, bytes, cases[i].n + 7), YC_VALID); /* later versions may add fields */
    }
}

/* A count, after `skip` zero bytes, at the front of big; returns where the elements begin. */
static size_t put_count(size_t skip, uint64_t count)
{
    struct yc_writer w;
    memset(big, 0, skip);
    yc_writer_init(&w, big + skip, sizeof big - skip);
    yc_writer_compact(&w, count);
    return skip + w.n;
}

static void counts_at_their_limits(void **state)
{
    static const struct {
        enum yc_msg_type type;
        size_t skip, element, tail, max;
        enum yc_msg_fault_kind kind;
        const char *text;
    } cases[] = {
        {YC_MSG_INV, 0, 36, 0, 50000, YC_FAULT_BREACH, "inv message size = 50001"},
        {YC_MSG_GETDATA, 0, 36, 0, 50000, YC_FAULT_BREACH, "getdata message size = 50001"},
        {YC_MSG_NOTFOUND, 0, 36, 0, 50000, YC_FAULT_MALFORMED, "notfound message size = 50001"},
        {YC_MSG_HEADERS, 0, 81, 0, 2000, YC_FAULT_BREACH, "headers message size = 2001"},
        {YC_MSG_ADDR, 0, 30, 0, 1000, YC_FAULT_BREACH, "addr message size = 1001"},
        {YC_MSG_ADDRV2, 0, 9, 0, 1000, YC_FAULT_BREACH, "addrv2 message size = 1001"},
        {YC_MSG_GETHEADERS, 4, 32, 32, 101, YC_FAULT_CLOSE, "getheaders locator size 102 > 101"},
        {YC_MSG_GETBLOCKS, 4, 32, 32, 101, YC_FAULT_CLOSE, "getblocks locator size 102 > 101"},
    };
    (void)state;
    memset(big, 0, sizeof big);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t max = cases[i].max;
        size_t at = put_count(cases[i].skip, max);
        assert_int_equal(parse(cases[i].type, big, at + max * cases[i].element + cases[i].tail), YC_VALID);
        at = put_count(cases[i].skip, max + 1);
        size_t n = at + (max + 1) * cases[i].element + cases[i].tail;
        assert_true(n <= YC_FRAME_PAYLOAD_MAX); /* the frame lets it through, to be named here */
        assert_int_equal(parse(cases[i].type, big, n), YC_INVALID);
        assert_int_equal(fault.kind, cases[i].kind);
        assert_string_equal(fault.text, cases[i].text);
        /* P31: a count that the bytes cannot hold */
        at = put_count(cases[i].skip, UINT64_MAX);
        assert_int_equal(parse(cases[i].type, big, at + 10), YC_INVALID);
        memset(big, 0, 64);
    }
}

/* C44: a count in a longer form than needed. */
static void long_form_of_a_count(void **state)
{
    uint8_t bytes[64] = {0xfd, 1, 0};
    (void)state;
    assert_int_equal(parse(YC_MSG_INV, bytes, 3 + 36), YC_INVALID);
    assert_int_equal(fault.kind, YC_FAULT_MALFORMED);
}

static void lists_come_back(void **state)
{
    struct yc_writer w;
    struct yc_inv inv[3] = {{YC_INV_TX, {1}}, {YC_INV_WITNESS_BLOCK, {2}}, {UINT32_MAX, {3}}};
    struct yc_block_hash hashes[2] = {{{4}}, {{5}}}, stop = {{6}};
    uint8_t headers[2][YC_HEADER_BYTES] = {{7}, {8}};
    (void)state;
    yc_writer_init(&w, big, sizeof big);
    yc_msg_write_inv(&w, inv, 3);
    assert_int_equal(parse(YC_MSG_GETDATA, big, w.n), YC_VALID);
    assert_int_equal(m.u.inv.count, 3);
    for (size_t i = 0; i < 3; i++) {
        struct yc_inv got = yc_inv_list_at(&m.u.inv, i);
        assert_true(got.type == inv[i].type && !memcmp(got.hash32, inv[i].hash32, 32));
    }
    yc_writer_init(&w, big, sizeof big);
    yc_msg_write_locator(&w, hashes, 2, &stop);
    assert_int_equal(parse(YC_MSG_GETHEADERS, big, w.n), YC_VALID);
    assert_int_equal(m.u.locator.count, 2);
    assert_int_equal(yc_locator_at(&m.u.locator, 1).b[0], 5);
    assert_int_equal(m.u.locator.stop.b[0], 6);
    yc_writer_init(&w, big, sizeof big);
    yc_msg_write_headers(&w, headers[0], 2);
    assert_int_equal(parse(YC_MSG_HEADERS, big, w.n), YC_VALID);
    assert_int_equal(m.u.headers.count, 2);
    assert_memory_equal(yc_header_list_at(&m.u.headers, 1), headers[1], YC_HEADER_BYTES);
    big[81] = 0xfd; /* a header with very many transactions */
    assert_int_equal(parse(YC_MSG_HEADERS, big, w.n), YC_INVALID);
}

static void addresses_come_back(void **state)
{
    struct yc_addr_entry in[2] = {{.time_s = 5, .services = 0x409, .known = true}, {.time_s = 6, .known = true}}, out;
    (void)state;
    in[0].addr = yc_netaddr_ipv4(9, 9, 9, 9, 8333);
    assert_true(yc_netaddr_parse(&in[1].addr, "[2001:db8::1]:1", 0));
    for (int v2 = 0; v2 < 2; v2++) {
        struct yc_writer w;
        struct yc_addr_cursor at = {0};
        yc_writer_init(&w, big, sizeof big);
        yc_msg_write_addr(&w, in, 2, v2);
        assert_int_equal(parse(v2 ? YC_MSG_ADDRV2 : YC_MSG_ADDR, big, w.n), YC_VALID);
        for (size_t i = 0; i < 2; i++) {
            assert_true(yc_addr_list_next(&m.u.addr, &at, &out));
            assert_true(out.known && out.time_s == in[i].time_s && out.services == in[i].services);
            assert_true(yc_netaddr_equal(&out.addr, &in[i].addr));
            assert_int_equal(yc_netaddr_network(&out.addr), i == 0 ? YC_NET_IPV4 : YC_NET_IPV6);
        }
        assert_false(yc_addr_list_next(&m.u.addr, &at, &out));
    }
}

/* addrv2 carries hidden networks; addr, which cannot, leaves them out: BIP 155. */
static void hidden_addresses_need_addrv2(void **state)
{
    uint8_t key32[32] = {1, 2, 3};
    struct yc_addr_entry in[4] = {{.known = true}, {.known = true}, {.known = true}, {.known = true}}, out;
    (void)state;
    in[0].addr = yc_netaddr_of_key(YC_NET_TORV3, key32, 8333);
    in[1].addr = yc_netaddr_ipv4(9, 9, 9, 9, 8333);
    in[2].addr = yc_netaddr_of_key(YC_NET_I2P, key32, 0);
    assert_true(yc_netaddr_parse(&in[3].addr, "[fc00::7]:8333", 0));
    in[3].addr = yc_netaddr_as_cjdns(&in[3].addr);
    for (int v2 = 0; v2 < 2; v2++) {
        struct yc_writer w;
        struct yc_addr_cursor at = {0};
        yc_writer_init(&w, big, sizeof big);
        yc_msg_write_addr(&w, in, 4, v2);
        assert_int_equal(parse(v2 ? YC_MSG_ADDRV2 : YC_MSG_ADDR, big, w.n), YC_VALID);
        for (size_t i = 0; i < 4; i++) {
            if (!v2 && in[i].addr.hidden)
                continue;
            assert_true(yc_addr_list_next(&m.u.addr, &at, &out) && out.known);
            assert_true(yc_netaddr_equal(&out.addr, &in[i].addr));
        }
        assert_false(yc_addr_list_next(&m.u.addr, &at, &out));
    }
}

/* BIP 155: unknown networks are stepped over, known ones must have their length, 512 bytes is the most. */
static void addrv2_networks(void **state)
{
    static const struct {
        uint8_t network;
        uint16_t n;
        const char *fault;
    } cases[] = {
        {1, 4, NULL},
        {2, 16, NULL},
        {4, 32, NULL},
        {5, 32, NULL},
        {6, 16, NULL},
        {3, 10, NULL},
        {0x99, 0, NULL},
        {0x99, 512, NULL},
        {1, 513, "Address too long: 513 > 512"},
        {0x99, 513, "Address too long: 513 > 512"},
        {1, 5, "BIP155 IPv4 address with length 5 (should be 4)"},
        {2, 4, "BIP155 IPv6 address with length 4 (should be 16)"},
        {4, 16, "BIP155 TORv3 address with length 16 (should be 32)"},
        {5, 31, "BIP155 I2P address with length 31 (should be 32)"},
        {6, 17, "BIP155 CJDNS address with length 17 (should be 16)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const uint8_t last[13] = {0, 0, 0, 0, 1, 1, 4, 9, 9, 9, 9, 0x20, 0x8d};
        struct yc_writer w;
        struct yc_addr_entry out;
        struct yc_addr_cursor at = {0};
        memset(big, 0xab, 600);
        yc_writer_init(&w, big, sizeof big);
        yc_writer_compact(&w, 2);
        yc_writer_u32le(&w, 1);
        yc_writer_u8(&w, 1);
        yc_writer_u8(&w, cases[i].network);
        yc_writer_compact(&w, cases[i].n);
        (void)yc_writer_room(&w, cases[i].n);
        yc_writer_u16be(&w, 8333);
        yc_writer_bytes(&w, last, sizeof last);
        assert_int_equal(parse(YC_MSG_ADDRV2, big, w.n), cases[i].fault ? YC_INVALID : YC_VALID);
        if (cases[i].fault) {
            assert_string_equal(fault.text, cases[i].fault);
            continue;
        }
        assert_true(yc_addr_list_next(&m.u.addr, &at, &out));
        assert_int_equal(out.known,
                         cases[i].network <= 2 || cases[i].network == YC_NET_TORV3 || cases[i].network == YC_NET_I2P);
        assert_true(yc_addr_list_next(&m.u.addr, &at, &out));
        struct yc_netaddr nine = yc_netaddr_ipv4(9, 9, 9, 9, 8333);
        assert_true(out.known && yc_netaddr_equal(&out.addr, &nine));
    }
}

/* An IPv4 address dressed as IPv6 in addrv2 is ignored: BIP 155. */
static void addrv2_ipv4_in_disguise(void **state)
{
    uint8_t bytes[1 + 4 + 1 + 1 + 1 + 16 + 2] = {1, 0, 0, 0, 0, 0, YC_NET_IPV6, 16};
    struct yc_netaddr mapped = yc_netaddr_ipv4(9, 9, 9, 9, 1);
    struct yc_addr_cursor at = {0};
    struct yc_addr_entry out;
    (void)state;
    memcpy(bytes + 8, mapped.host32, 16);
    assert_int_equal(parse(YC_MSG_ADDRV2, bytes, sizeof bytes), YC_VALID);
    assert_true(yc_addr_list_next(&m.u.addr, &at, &out));
    assert_false(out.known);
}

/* A ping without a nonce is one of before BIP 31. */
static void pings(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 9; n++) {
        assert_int_equal(parse(YC_MSG_PING, "\1\0\0\0\0\0\0\0\0", n), YC_VALID);
        assert_int_equal(m.u.ping.has_nonce, n >= 8);
        assert_int_equal(m.u.ping.nonce, n >= 8);
    }
}

static void block_header_and_hash(void **state)
{
    uint8_t bytes[81] = {2};
    struct yc_header h;
    (void)state;
    yc_header_read(&h, bytes);
    struct yc_block_hash hash = yc_header_hash(&h);
    assert_int_equal(parse(YC_MSG_BLOCK, bytes, sizeof bytes), YC_VALID);
    assert_true(yc_block_hash_equal(&m.u.block.hash, &hash));
    assert_int_equal(m.u.block.header.version, 2);
}

static void text_from_peers(void **state)
{
    char out[16];
    (void)state;
    assert_int_equal(yc_text_sanitise(out, sizeof out, yc_view("/a:1\n\0\x1b[<b>]~/", 15)), 6);
    assert_string_equal(out, "/a:1b/");
    assert_int_equal(yc_text_sanitise(out, 4, yc_view_text("abcdef")), 3);
    assert_string_equal(out, "abc");
}

/* Random payloads, and random damage to them, of every type: nothing may break, and lists must be walkable. */
static void random_payloads(void **state)
{
    struct yc_random_seeded seeded;
    struct yc_random random;
    (void)state;
    yc_random_seed(&random, &seeded, 42);
    for (int round = 0; round < 40000; round++) {
        enum yc_msg_type type = (enum yc_msg_type)(1 + yc_random_below(&random, YC_MSG_COUNT - 1));
        uint8_t bytes[300];
        size_t n = (size_t)yc_random_below(&random, sizeof bytes + 1);
        yc_random_fill(&random, bytes, sizeof bytes);
        if (round % 2)
            bytes[0] = (uint8_t)yc_random_below(&random, 8); /* counts that fit */
        if (parse(type, bytes, n) != YC_VALID) {
            assert_int_not_equal(fault.kind, YC_FAULT_NONE);
            continue;
        }
        if (type == YC_MSG_ADDR || type == YC_MSG_ADDRV2) {
            struct yc_addr_cursor at = {0};
            struct yc_addr_entry out;
            size_t seen = 0;
            while (yc_addr_list_next(&m.u.addr, &at, &out))
                seen++;
            assert_int_equal(seen, m.u.addr.count);
        } else if (type == YC_MSG_INV && m.u.inv.count) {
            (void)yc_inv_list_at(&m.u.inv, m.u.inv.count - 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(version_whole),
        cmocka_unit_test(version_cut),
        cmocka_unit_test(version_extremes),
        cmocka_unit_test(cut_everywhere),
        cmocka_unit_test(counts_at_their_limits),
        cmocka_unit_test(long_form_of_a_count),
        cmocka_unit_test(lists_come_back),
        cmocka_unit_test(addresses_come_back),
        cmocka_unit_test(hidden_addresses_need_addrv2),
        cmocka_unit_test(addrv2_networks),
        cmocka_unit_test(addrv2_ipv4_in_disguise),
        cmocka_unit_test(pings),
        cmocka_unit_test(block_header_and_hash),
        cmocka_unit_test(text_from_peers),
        cmocka_unit_test(random_payloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
