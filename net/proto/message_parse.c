#include "net/proto/message.h"

#include "base/assert.h"

#include <stdio.h>

#define ADDR_V1_BYTES     30
#define ADDR_V2_BYTES_MIN 9   /* time, services, network, length and port, each at its shortest */
#define ADDR_V2_IP_MAX    512 /* BIP 155: longer addresses make the message void */
#define ADDR_FROM_BYTES   26  /* of the sender, in version: not used */

/* The parsers: one a shape of message, called with a reader over the payload. They fill in the union, or the fault. */

static void malformed(struct yc_msg_fault *fault, const char *text)
{
    fault->kind = YC_FAULT_MALFORMED;
    (void)snprintf(fault->text, sizeof fault->text, "%s", text);
}

#define SERIALIZED_MAX                                                                                                 \
    0x02000000 /* no count is larger, Bitcoin Core finds when it reads one: a message that cannot be read */

static void breach(struct yc_msg_fault *fault, enum yc_msg_type type, uint64_t count)
{
    fault->kind = YC_FAULT_BREACH;
    (void)snprintf(fault->text, sizeof fault->text, "%s message size = %llu", yc_msg_info(type)->name,
                   (unsigned long long)count);
}

static struct yc_netaddr read_ip_port(struct yc_reader *r)
{
    struct yc_netaddr a = {0};
    yc_reader_copy(r, a.host32, YC_IP_BYTES);
    a.port = yc_reader_u16be(r);
    return a;
}

static void parse_version(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    struct yc_msg_version *v = &m->u.version;
    *v = (struct yc_msg_version){.nonce = 1, .height = -1, .relay = true};
    v->version = (int32_t)yc_reader_u32le(r);
    v->services = yc_reader_u64le(r);
    int64_t time_s = (int64_t)yc_reader_u64le(r);
    v->time_s = time_s < 0 ? 0 : time_s;
    (void)yc_reader_u64le(r); /* what the sender thinks that we serve */
    v->you = read_ip_port(r);
    /* The rest came with later versions of the protocol, field by field. */
    if (yc_reader_left(r)) {
        (void)yc_reader_bytes(r, ADDR_FROM_BYTES);
        v->nonce = yc_reader_u64le(r);
    }
    if (yc_reader_left(r)) {
        uint64_t n = yc_reader_compact(r);
        if (n > YC_USER_AGENT_MAX) {
            malformed(fault, "String length limit exceeded");
            return;
        }
        v->user_agent = yc_reader_bytes(r, (size_t)n);
    }
    if (yc_reader_left(r))
        v->height = (int32_t)yc_reader_u32le(r);
    if (yc_reader_left(r))
        v->relay = yc_reader_u8(r) != 0;
}

/* ping and pong: a short one is told from a whole one by has_nonce; what that means depends on the peer. */
static void parse_ping(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    (void)fault;
    m->u.ping.has_nonce = yc_reader_left(r) >= 8;
    m->u.ping.nonce = m->u.ping.has_nonce ? yc_reader_u64le(r) : 0;
}

static void parse_sendcmpct(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    (void)fault;
    m->u.sendcmpct.announce = yc_reader_u8(r);
    m->u.sendcmpct.high_bandwidth = m->u.sendcmpct.announce != 0;
    m->u.sendcmpct.version = yc_reader_u64le(r);
}

static void parse_feature(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    (void)fault;
    m->u.feature.id = yc_reader_var_bytes(r);
    m->u.feature.data = yc_reader_var_bytes(r);
    m->u.feature.ok = yc_reader_done(r) && m->u.feature.id.n >= YC_FEATURE_ID_MIN &&
                      m->u.feature.id.n <= YC_FEATURE_ID_MAX && m->u.feature.data.n <= YC_FEATURE_DATA_MAX;
    r->failed = false; /* what is wrong with it is for the peer machine to judge */
}

static void parse_feefilter(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    (void)fault;
    m->u.feefilter_sat_per_kvb = (int64_t)yc_reader_u64le(r);
}

/* Does an address of a network that BIP 155 founded have that network's length? Others are free in theirs. */
static bool network_length_ok(uint8_t network, size_t n, struct yc_msg_fault *fault)
{
    static const struct {
        const char *name;
        size_t bytes;
    } founding[] = {
        [YC_NET_IPV4] = {"IPv4", 4},    [YC_NET_IPV6] = {"IPv6", 16}, [YC_NET_TORV2] = {NULL, 0},
        [YC_NET_TORV3] = {"TORv3", 32}, [YC_NET_I2P] = {"I2P", 32},   [YC_NET_CJDNS] = {"CJDNS", 16},
    };
    if (network >= sizeof founding / sizeof founding[0] || !founding[network].name || n == founding[network].bytes)
        return true;
    if (fault) {
        fault->kind = YC_FAULT_MALFORMED;
        (void)snprintf(fault->text, sizeof fault->text, "BIP155 %s address with length %zu (should be %zu)",
                       founding[network].name, n, founding[network].bytes);
    }
    return false;
}

static void read_addr_v1(struct yc_reader *r, struct yc_addr_entry *out)
{
    *out = (struct yc_addr_entry){.known = true};
    out->time_s = yc_reader_u32le(r);
    out->services = yc_reader_u64le(r);
    out->addr = read_ip_port(r);
}

/* The address, whose length was checked; false when it is none that BIP 155 lets anybody send. */
static bool address_of(struct yc_netaddr *out, uint8_t network, const uint8_t *p, uint16_t port)
{
    static const uint8_t tor_in_ipv6[] = {0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43}; /* OnionCat's, for Tor v2 */
    *out = (struct yc_netaddr){.port = port};
    switch (network) {
    case YC_NET_IPV4:
        *out = yc_netaddr_ipv4(p[0], p[1], p[2], p[3], port);
        return true;
    case YC_NET_IPV6:
        memcpy(out->host32, p, YC_IP_BYTES);
        return !yc_netaddr_is_ipv4(out) && memcmp(p, tor_in_ipv6, sizeof tor_in_ipv6) != 0;
    case YC_NET_CJDNS:
        memcpy(out->host32, p, YC_IP_BYTES);
        *out = yc_netaddr_as_cjdns(out);
        return out->hidden != 0;
    case YC_NET_TORV3:
    case YC_NET_I2P:
        *out = yc_netaddr_of_key((enum yc_addr_network)network, p, port);
        return true;
    default:
        return false;
    }
}

/* False when the bytes end or the address cannot be; fault may be NULL. */
static bool read_addr_v2(struct yc_reader *r, struct yc_addr_entry *out, struct yc_msg_fault *fault)
{
    *out = (struct yc_addr_entry){0};
    out->time_s = yc_reader_u32le(r);
    out->services = yc_reader_compact(r);
    uint8_t network = yc_reader_u8(r);
    uint64_t n = yc_reader_compact(r);
    if (yc_reader_ok(r) && n > ADDR_V2_IP_MAX) {
        if (fault) {
            fault->kind = YC_FAULT_MALFORMED;
            (void)snprintf(fault->text, sizeof fault->text, "Address too long: %llu > %d", (unsigned long long)n,
                           ADDR_V2_IP_MAX);
        }
        return false;
    }
    if (!yc_reader_ok(r) || !network_length_ok(network, (size_t)n, fault))
        return false;
    struct yc_view host = yc_reader_bytes(r, (size_t)n);
    uint16_t port = yc_reader_u16be(r);
    if (!yc_reader_ok(r))
        return false;
    out->known = address_of(&out->addr, network, host.p, port);
    return true;
}

bool yc_addr_entry_read(struct yc_reader *r, struct yc_addr_entry *out)
{
    return read_addr_v2(r, out, NULL);
}

static void parse_addr(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    struct yc_addr_list *l = &m->u.addr;
    struct yc_addr_entry entry;
    l->v2 = m->type == YC_MSG_ADDRV2;
    l->count = yc_reader_count(r, l->v2 ? ADDR_V2_BYTES_MIN : ADDR_V1_BYTES);
    const uint8_t *start = r->p;
    for (size_t i = 0; l->v2 && i < l->count; i++)
        if (!read_addr_v2(r, &entry, fault)) {
            yc_reader_fail(r);
            return;
        }
    if (!l->v2)
        (void)yc_reader_bytes(r, l->count * ADDR_V1_BYTES);
    l->items = yc_view(start, (size_t)(r->p - start));
    if (yc_reader_ok(r) && l->count > YC_ADDR_COUNT_MAX)
        breach(fault, m->type, l->count);
}

bool yc_addr_list_next(const struct yc_addr_list *l, struct yc_addr_cursor *at, struct yc_addr_entry *out)
{
    struct yc_reader r;
    if (at->index >= l->count)
        return false;
    yc_reader_init(&r, yc_view_slice(l->items, at->offset, l->items.n - at->offset));
    if (l->v2) {
        bool ok = read_addr_v2(&r, out, NULL);
        YC_ASSERT(ok); /* the parser walked the list */
    } else {
        read_addr_v1(&r, out);
    }
    at->offset = l->items.n - yc_reader_left(&r);
    at->index++;
    return true;
}

static void parse_inv(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    struct yc_inv_list *l = &m->u.inv;
    l->count = yc_reader_count(r, YC_INV_BYTES);
    l->items = yc_reader_bytes(r, l->count * YC_INV_BYTES);
    if (yc_reader_ok(r) && l->count > YC_INV_COUNT_MAX) {
        breach(fault, m->type, l->count);
        if (m->type == YC_MSG_NOTFOUND)
            fault->kind = YC_FAULT_MALFORMED; /* it says that there is nothing, so it is passed over */
    }
}

static void parse_headers(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    struct yc_header_list *l = &m->u.headers;
    uint64_t count = yc_reader_compact(r);
    if (count > SERIALIZED_MAX)
        yc_reader_fail(r);
    if (yc_reader_ok(r) && count > YC_HEADERS_COUNT_MAX) {
        breach(fault, m->type, count);
        return;
    }
    l->count = (size_t)count;
    l->items = yc_reader_bytes(r, l->count * YC_HEADER_LIST_STRIDE);
    if (!yc_reader_ok(r))
        return;
    /* Counts of transactions are always 0 here; a longer form would break the stride that makes the list a view. */
    for (size_t i = 0; i < l->count; i++)
        if (l->items.p[i * YC_HEADER_LIST_STRIDE + YC_HEADER_BYTES] >= 0xfd)
            malformed(fault, "a header with transactions");
}

static void parse_locator(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    struct yc_locator_view *l = &m->u.locator;
    (void)yc_reader_u32le(r); /* the sender's version */
    l->count = yc_reader_count(r, sizeof l->stop.b);
    l->hashes = yc_reader_bytes(r, l->count * sizeof l->stop.b);
    yc_reader_copy(r, l->stop.b, sizeof l->stop.b);
    if (yc_reader_ok(r) && l->count > YC_LOCATOR_COUNT_MAX) {
        fault->kind = YC_FAULT_CLOSE;
        (void)snprintf(fault->text, sizeof fault->text, "%s locator size %zu > %d", yc_msg_info(m->type)->name,
                       l->count, YC_LOCATOR_COUNT_MAX);
    }
}

static void parse_filters(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    (void)fault;
    m->u.filters.filter_type = yc_reader_u8(r);
    m->u.filters.start_height = m->type == YC_MSG_GETCFCHECKPT ? 0 : yc_reader_u32le(r);
    yc_reader_copy(r, m->u.filters.stop.b, sizeof m->u.filters.stop.b);
}

static void parse_block(struct yc_msg *m, struct yc_reader *r, struct yc_msg_fault *fault)
{
    (void)fault;
    struct yc_view header = yc_reader_bytes(r, YC_HEADER_BYTES);
    if (!yc_reader_ok(r))
        return;
    yc_header_read(&m->u.block.header, header.p);
    m->u.block.hash = yc_header_hash(&m->u.block.header);
}

static void (*const parsers[YC_MSG_COUNT])(struct yc_msg *, struct yc_reader *, struct yc_msg_fault *) = {
    [YC_MSG_VERSION] = parse_version,
    [YC_MSG_FEATURE] = parse_feature,
    [YC_MSG_PING] = parse_ping,
    [YC_MSG_PONG] = parse_ping,
    [YC_MSG_SENDCMPCT] = parse_sendcmpct,
    [YC_MSG_FEEFILTER] = parse_feefilter,
    [YC_MSG_ADDR] = parse_addr,
    [YC_MSG_ADDRV2] = parse_addr,
    [YC_MSG_INV] = parse_inv,
    [YC_MSG_GETDATA] = parse_inv,
    [YC_MSG_NOTFOUND] = parse_inv,
    [YC_MSG_HEADERS] = parse_headers,
    [YC_MSG_GETHEADERS] = parse_locator,
    [YC_MSG_GETBLOCKS] = parse_locator,
    [YC_MSG_BLOCK] = parse_block,
    [YC_MSG_CMPCTBLOCK] = parse_block,
    [YC_MSG_GETCFILTERS] = parse_filters,
    [YC_MSG_GETCFHEADERS] = parse_filters,
    [YC_MSG_GETCFCHECKPT] = parse_filters,
};

enum yc_verdict yc_msg_parse(struct yc_msg *out, enum yc_msg_type type, struct yc_view payload,
                             struct yc_msg_fault *fault)
{
    struct yc_reader r;
    memset(out, 0, sizeof *out);
    out->type = type;
    out->payload = payload;
    fault->kind = YC_FAULT_NONE;
    fault->text[0] = 0;
    yc_reader_init(&r, payload);
    if (payload.n < yc_msg_info(type)->payload_min)
        yc_reader_fail(&r);
    else if (parsers[type])
        parsers[type](out, &r, fault);
    if (fault->kind == YC_FAULT_NONE && !yc_reader_ok(&r))
        malformed(fault, "end of data");
    return fault->kind == YC_FAULT_NONE ? YC_VALID : YC_INVALID;
}
