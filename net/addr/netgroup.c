#include "net/addr/netgroup.h"

#include "base/bytes.h"

enum kind { KIND_OTHER, KIND_LOCAL, KIND_IPV4, KIND_IPV6, KIND_SYSTEM, KIND_HIDDEN };

/* A run of leading bits that names a special block of addresses. */
struct block {
    uint8_t bytes[16];
    uint8_t bits;
};

static bool starts_with(const uint8_t *p, const struct block *b)
{
    size_t whole = b->bits / 8;
    unsigned rest = b->bits % 8;
    if (memcmp(p, b->bytes, whole) != 0)
        return false;
    return rest == 0 || ((p[whole] ^ b->bytes[whole]) & (uint8_t)(0xff << (8 - rest))) == 0;
}

static bool in_any(const uint8_t *p, const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (starts_with(p, &blocks[i]))
            return true;
    return false;
}

static bool ipv4_special(const uint8_t *ip4)
{
    static const struct block blocks[] = {
        {{0}, 8},             /* this network */
        {{10}, 8},            /* RFC 1918: private */
        {{100, 64}, 10},      /* RFC 6598: carrier-grade NAT */
        {{127}, 8},           /* loopback */
        {{169, 254}, 16},     /* RFC 3927: link-local */
        {{172, 16}, 12},      /* RFC 1918 */
        {{192, 0, 2}, 24},    /* RFC 5737: documentation */
        {{192, 168}, 16},     /* RFC 1918 */
        {{198, 18}, 15},      /* RFC 2544: benchmarks */
        {{198, 51, 100}, 24}, /* RFC 5737 */
        {{203, 0, 113}, 24},  /* RFC 5737 */
        {{255, 255, 255, 255}, 32},
    };
    return in_any(ip4, blocks, sizeof blocks / sizeof blocks[0]);
}

static bool ipv6_special(const uint8_t *ip16)
{
    static const struct block blocks[] = {
        {{0}, 127},                     /* unspecified and loopback */
        {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* RFC 3849: documentation */
        {{0x20, 0x01, 0x00, 0x10}, 28}, /* RFC 4843: ORCHID */
        {{0x20, 0x01, 0x00, 0x20}, 28}, /* RFC 7343: ORCHIDv2 */
        {{0xfc}, 7},                    /* RFC 4193: local */
        {{0xfe, 0x80}, 64},             /* RFC 4862: link-local */
    };
    return in_any(ip16, blocks, sizeof blocks / sizeof blocks[0]);
}

/* The IPv4 address that is in it: its own, or that of a tunnel. */
static bool linked_ipv4(uint8_t out4[4], const struct yc_netaddr *a)
{
    static const struct block rfc6145 = {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 96};
    static const struct block rfc6052 = {{0x00, 0x64, 0xff, 0x9b}, 96};
    static const struct block rfc3964 = {{0x20, 0x02}, 16};             /* 6to4 */
    static const struct block rfc4380 = {{0x20, 0x01, 0x00, 0x00}, 32}; /* Teredo: inverted, at the end */
    const uint8_t *p = a->host32;
    if (yc_netaddr_is_ipv4(a) || starts_with(p, &rfc6145) || starts_with(p, &rfc6052)) {
        memcpy(out4, p + 12, 4);
    } else if (starts_with(p, &rfc3964)) {
        memcpy(out4, p + 2, 4);
    } else if (starts_with(p, &rfc4380)) {
        for (int i = 0; i < 4; i++)
            out4[i] = (uint8_t)~p[12 + i];
    } else {
        return false;
    }
    return true;
}

bool yc_netaddr_is_routable(const struct yc_netaddr *a)
{
    if (a->hidden)
        return true;
    if (yc_netaddr_is_ipv4(a))
        return !ipv4_special(a->host32 + 12);
    return !ipv6_special(a->host32);
}

uint32_t yc_netaddr_system(const struct yc_netaddr *a, struct yc_view asmap)
{
    uint8_t ip16[YC_ASMAP_ADDRESS_BYTES] = {[10] = 0xff, [11] = 0xff};
    if (asmap.n == 0 || a->hidden || !yc_netaddr_is_routable(a))
        return 0;
    if (!linked_ipv4(ip16 + 12, a))
        memcpy(ip16, a->host32, sizeof ip16);
    return yc_asmap_find(asmap, ip16);
}

struct yc_netgroup yc_netgroup_of(const struct yc_netaddr *a, struct yc_view asmap)
{
    static const struct block he_net = {{0x20, 0x01, 0x04, 0x70}, 32}; /* hands out /48s to anybody: group by /36 */
    struct yc_netgroup g = {{0}};
    uint8_t ip4[4];
    uint32_t system = yc_netaddr_system(a, asmap);
    if (system) {
        g.b[0] = KIND_SYSTEM;
        yc_put32le(g.b + 1, system);
    } else if (a->hidden) {
        size_t whole = a->hidden == YC_NET_CJDNS; /* its first byte is the same for all */
        g.b[0] = (uint8_t)(KIND_HIDDEN + a->hidden);
        memcpy(g.b + 1, a->host32, whole);
        g.b[1 + whole] = a->host32[whole] | 0x0f;
    } else if (yc_netaddr_is_loopback(a)) {
        g.b[0] = KIND_LOCAL;
    } else if (!yc_netaddr_is_routable(a)) {
        g.b[0] = KIND_OTHER;
    } else if (linked_ipv4(ip4, a)) {
        g.b[0] = KIND_IPV4;
        memcpy(g.b + 1, ip4, 2);
    } else {
        g.b[0] = KIND_IPV6;
        memcpy(g.b + 1, a->host32, 4);
        if (starts_with(a->host32, &he_net))
            g.b[5] = a->host32[4] | 0x0f;
    }
    return g;
}
