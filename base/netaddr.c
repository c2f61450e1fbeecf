#include "base/netaddr.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t ipv4_prefix12[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* A decimal port, 1..65535, without sign, space or needless zeros. */
static bool read_port(uint16_t *port, const char *text)
{
    unsigned long v = 0;
    size_t n = strlen(text);
    if (n == 0 || n > 5 || text[0] == '0')
        return false;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        v = v * 10 + (unsigned long)(text[i] - '0');
    }
    *port = (uint16_t)v;
    return v <= 65535;
}

bool yc_netaddr_split(struct yc_view *host, uint16_t *port, const char *text, uint16_t default_port)
{
    const char *colon = strrchr(text, ':');
    *port = default_port;
    if (text[0] == '[') {
        const char *close = strchr(text, ']');
        if (!close || close == text + 1)
            return false;
        *host = yc_view(text + 1, (size_t)(close - text) - 1);
        return close[1] == 0 || (close[1] == ':' && read_port(port, close + 2));
    }
    if (!colon || strchr(text, ':') != colon) {
        *host = yc_view_text(text);
        return host->n > 0;
    }
    *host = yc_view(text, (size_t)(colon - text));
    return host->n > 0 && read_port(port, colon + 1);
}

bool yc_netaddr_parse(struct yc_netaddr *out, const char *text, uint16_t default_port)
{
    char ip[YC_NETADDR_IP_TEXT_MAX];
    struct yc_view host;
    uint8_t ip4[4];
    if (!yc_netaddr_split(&host, &out->port, text, default_port) || host.n >= sizeof ip)
        return false;
    memcpy(ip, host.p, host.n);
    ip[host.n] = 0;
    if (inet_pton(AF_INET, ip, ip4) == 1) {
        if (text[0] == '[')
            return false;
        *out = yc_netaddr_ipv4(ip4[0], ip4[1], ip4[2], ip4[3], out->port);
        return true;
    }
    return inet_pton(AF_INET6, ip, out->ip16) == 1;
}

void yc_netaddr_print_ip(char out[YC_NETADDR_IP_TEXT_MAX], const struct yc_netaddr *a)
{
    const uint8_t *p = a->ip16;
    if (yc_netaddr_is_ipv4(a))
        snprintf(out, YC_NETADDR_IP_TEXT_MAX, "%u.%u.%u.%u", p[12], p[13], p[14], p[15]);
    else if (!inet_ntop(AF_INET6, p, out, YC_NETADDR_IP_TEXT_MAX))
        out[0] = 0;
}

void yc_netaddr_print(char out[YC_NETADDR_TEXT_MAX], const struct yc_netaddr *a)
{
    char ip[YC_NETADDR_IP_TEXT_MAX];
    yc_netaddr_print_ip(ip, a);
    snprintf(out, YC_NETADDR_TEXT_MAX, yc_netaddr_is_ipv4(a) ? "%s:%u" : "[%s]:%u", ip, a->port);
}

struct yc_netaddr yc_netaddr_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    struct yc_netaddr out = {.port = port};
    const uint8_t ip4[4] = {a, b, c, d};
    memcpy(out.ip16, ipv4_prefix12, sizeof ipv4_prefix12);
    memcpy(out.ip16 + sizeof ipv4_prefix12, ip4, sizeof ip4);
    return out;
}

bool yc_netaddr_is_ipv4(const struct yc_netaddr *a)
{
    return memcmp(a->ip16, ipv4_prefix12, sizeof ipv4_prefix12) == 0;
}

bool yc_netaddr_is_loopback(const struct yc_netaddr *a)
{
    static const uint8_t loopback16[16] = {[15] = 1};
    return yc_netaddr_is_ipv4(a) ? a->ip16[12] == 127 : memcmp(a->ip16, loopback16, 16) == 0;
}

bool yc_netaddr_is_any(const struct yc_netaddr *a)
{
    static const uint8_t zero16[16] = {0};
    return yc_netaddr_is_ipv4(a) ? memcmp(a->ip16 + 12, zero16, 4) == 0 : memcmp(a->ip16, zero16, 16) == 0;
}

bool yc_netaddr_equal(const struct yc_netaddr *a, const struct yc_netaddr *b)
{
    return a->port == b->port && yc_netaddr_same_ip(a, b);
}

bool yc_netaddr_same_ip(const struct yc_netaddr *a, const struct yc_netaddr *b)
{
    return memcmp(a->ip16, b->ip16, sizeof a->ip16) == 0;
}
