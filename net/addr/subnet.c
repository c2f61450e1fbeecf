#include "net/addr/subnet.h"

#include "base/bytes.h"

#include <stdio.h>

static void mask(uint8_t ip16[YC_IP_BYTES], unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = bits <= 8 * i ? 0 : bits - 8 * i;
        if (keep < 8)
            ip16[i] &= (uint8_t)(0xff00 >> keep);
    }
}

/* A decimal number of one to three digits and nothing else. */
static bool read_number(unsigned *out, const char *text)
{
    unsigned v = 0;
    size_t n = 0;
    for (; text[n]; n++) {
        if (n == 3 || text[n] < '0' || text[n] > '9')
            return false;
        v = 10 * v + (unsigned)(text[n] - '0');
    }
    *out = v;
    return n > 0;
}

/* The length of an IPv4 mask whose ones come first, or false. */
static bool mask_length(unsigned *out, const struct yc_netaddr *m)
{
    uint32_t v = yc_get32be(m->host32 + 12);
    unsigned n = 0;
    while (n < 32 && (v & (UINT32_C(1) << (31 - n))))
        n++;
    *out = n;
    return n == 32 || (v & (UINT32_MAX >> n)) == 0;
}

bool yc_subnet_parse(struct yc_subnet *out, const char *text)
{
    char host[YC_SUBNET_TEXT_MAX];
    struct yc_netaddr addr, m;
    unsigned bits;
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n == 0 || n >= sizeof host)
        return false;
    memcpy(host, text, n);
    host[n] = 0;
    if (!yc_netaddr_parse(&addr, host, 0) || addr.port != 0)
        return false;
    *out = (struct yc_subnet){.hidden = addr.hidden, .bits = 128};
    memcpy(out->host32, addr.host32, sizeof out->host32);
    if (addr.hidden)
        return !slash;
    bool v4 = yc_netaddr_is_ipv4(&addr);
    unsigned most = v4 ? 32 : 128;
    if (!slash)
        bits = most;
    else if (!read_number(&bits, slash + 1) && !(v4 && yc_netaddr_parse(&m, slash + 1, 0) && m.port == 0 &&
                                                 yc_netaddr_is_ipv4(&m) && mask_length(&bits, &m)))
        return false;
    if (bits > most)
        return false;
    out->bits = (uint8_t)(bits + (v4 ? YC_SUBNET_IPV4_BITS : 0));
    mask(out->host32, out->bits);
    return true;
}

void yc_subnet_print(char out[YC_SUBNET_TEXT_MAX], const struct yc_subnet *n)
{
    char host[YC_NETADDR_HOST_TEXT_MAX];
    struct yc_netaddr addr = {.hidden = n->hidden};
    memcpy(addr.host32, n->host32, sizeof addr.host32);
    bool v4 = yc_netaddr_is_ipv4(&addr) && n->bits >= YC_SUBNET_IPV4_BITS;
    yc_netaddr_print_host(host, &addr);
    (void)snprintf(out, YC_SUBNET_TEXT_MAX, n->hidden ? "%s" : "%s/%u", host,
                   (unsigned)(v4 ? n->bits - YC_SUBNET_IPV4_BITS : n->bits));
}

bool yc_subnet_contains(const struct yc_subnet *n, const struct yc_netaddr *a)
{
    if (yc_netaddr_is_ipv4(a) && n->bits < YC_SUBNET_IPV4_BITS)
        return false; /* a subnet of IPv6 that the form of IPv4 addresses lies in */
    struct yc_subnet wide = yc_subnet_of_bits(a, n->bits);
    return wide.hidden == n->hidden && memcmp(wide.host32, n->host32, sizeof wide.host32) == 0;
}

struct yc_subnet yc_subnet_of_bits(const struct yc_netaddr *a, unsigned bits)
{
    struct yc_subnet n = {.hidden = a->hidden, .bits = (uint8_t)bits};
    memcpy(n.host32, a->host32, sizeof n.host32);
    if (!n.hidden)
        mask(n.host32, bits);
    return n;
}

struct yc_subnet yc_subnet_of(const struct yc_netaddr *a)
{
    return yc_subnet_of_bits(a, 128);
}
