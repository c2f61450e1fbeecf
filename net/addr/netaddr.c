#include "net/addr/netaddr.h"

#include "base/assert.h"
#include "base/bytes.h"

static const uint8_t ipv4_prefix12[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct yc_netaddr yc_netaddr_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    struct yc_netaddr out = {.port = port};
    const uint8_t ip4[4] = {a, b, c, d};
    memcpy(out.host32, ipv4_prefix12, sizeof ipv4_prefix12);
    memcpy(out.host32 + sizeof ipv4_prefix12, ip4, sizeof ip4);
    return out;
}

struct yc_netaddr yc_netaddr_of_key(enum yc_addr_network network, const uint8_t key32[32], uint16_t port)
{
    YC_ASSERT(network == YC_NET_TORV3 || network == YC_NET_I2P);
    struct yc_netaddr out = {.port = network == YC_NET_I2P ? 0 : port, .hidden = (uint8_t)network};
    memcpy(out.host32, key32, sizeof out.host32);
    return out;
}

struct yc_netaddr yc_netaddr_as_cjdns(const struct yc_netaddr *a)
{
    struct yc_netaddr out = *a;
    if (!a->hidden && a->host32[0] == 0xfc)
        out.hidden = YC_NET_CJDNS;
    return out;
}

enum yc_addr_network yc_netaddr_network(const struct yc_netaddr *a)
{
    if (a->hidden)
        return (enum yc_addr_network)a->hidden;
    return yc_netaddr_is_ipv4(a) ? YC_NET_IPV4 : YC_NET_IPV6;
}

bool yc_netaddr_in(const struct yc_netaddr *a, uint32_t networks)
{
    return networks == 0 || (networks >> yc_netaddr_network(a) & 1);
}

static const char *const names[YC_NET_COUNT] = {[YC_NET_IPV4] = "ipv4",
                                                [YC_NET_IPV6] = "ipv6",
                                                [YC_NET_TORV3] = "onion",
                                                [YC_NET_I2P] = "i2p",
                                                [YC_NET_CJDNS] = "cjdns"};

const char *yc_network_name(unsigned network)
{
    return network < YC_NET_COUNT ? names[network] : NULL;
}

unsigned yc_network_of_name(const char *name)
{
    for (unsigned i = 0; i < YC_NET_COUNT; i++)
        if (names[i] && strcmp(name, names[i]) == 0)
            return i;
    return strcmp(name, "tor") == 0 ? YC_NET_TORV3 : 0;
}

bool yc_netaddr_is_ipv4(const struct yc_netaddr *a)
{
    return !a->hidden && memcmp(a->host32, ipv4_prefix12, sizeof ipv4_prefix12) == 0;
}

bool yc_netaddr_is_loopback(const struct yc_netaddr *a)
{
    static const uint8_t loopback16[YC_IP_BYTES] = {[15] = 1};
    if (a->hidden)
        return false;
    return yc_netaddr_is_ipv4(a) ? a->host32[12] == 127 : memcmp(a->host32, loopback16, YC_IP_BYTES) == 0;
}

bool yc_netaddr_is_any(const struct yc_netaddr *a)
{
    static const uint8_t zero16[YC_IP_BYTES] = {0};
    if (a->hidden)
        return false;
    return memcmp(yc_netaddr_is_ipv4(a) ? a->host32 + 12 : a->host32, zero16,
                  yc_netaddr_is_ipv4(a) ? 4 : YC_IP_BYTES) == 0;
}

bool yc_netaddr_equal(const struct yc_netaddr *a, const struct yc_netaddr *b)
{
    return a->port == b->port && yc_netaddr_same_host(a, b);
}

bool yc_netaddr_same_host(const struct yc_netaddr *a, const struct yc_netaddr *b)
{
    return a->hidden == b->hidden && memcmp(a->host32, b->host32, sizeof a->host32) == 0;
}

void yc_netaddr_write(uint8_t out35[YC_NETADDR_BYTES], const struct yc_netaddr *a)
{
    out35[0] = a->hidden;
    memcpy(out35 + 1, a->host32, sizeof a->host32);
    yc_put16be(out35 + 33, a->port);
}

bool yc_netaddr_read(struct yc_netaddr *out, const uint8_t in35[YC_NETADDR_BYTES])
{
    static const uint8_t zero16[YC_IP_BYTES] = {0};
    bool wide = in35[0] == YC_NET_TORV3 || in35[0] == YC_NET_I2P;
    out->hidden = in35[0];
    memcpy(out->host32, in35 + 1, sizeof out->host32);
    out->port = yc_get16be(in35 + 33);
    return wide ||
           ((in35[0] == 0 || in35[0] == YC_NET_CJDNS) && memcmp(in35 + 1 + YC_IP_BYTES, zero16, YC_IP_BYTES) == 0);
}
