/* Addresses as text. */
#include "net/addr/netaddr.h"

#include "crypto/sha3.h"

#include <arpa/inet.h>
#include <stdio.h>

#define ONION_SUFFIX  ".onion"
#define I2P_SUFFIX    ".b32.i2p"
#define ONION_BYTES   35 /* key, checksum, version */
#define ONION_VERSION 3

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

/* Base 32 as RFC 4648 has it, in small letters and without padding: bits from the most significant on. */
static const char digits32[] = "abcdefghijklmnopqrstuvwxyz234567";

static void write_base32(char *out, const uint8_t *p, size_t n)
{
    size_t bits = 8 * n, k = 0;
    for (size_t at = 0; at < bits; at += 5) {
        unsigned two = (unsigned)p[at / 8] << 8 | (at / 8 + 1 < n ? p[at / 8 + 1] : 0);
        out[k++] = digits32[two >> (11 - at % 8) & 31];
    }
    out[k] = 0;
}

/* The n bytes that text writes; false when it has another length, a sign that is no digit, or bits left over that are set. */
static bool read_base32(uint8_t *out, size_t n, struct yc_view text)
{
    unsigned held = 0, bits = 0;
    size_t k = 0;
    if (text.n != (8 * n + 4) / 5)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = (char)text.p[i];
        const char *digit = strchr(digits32, c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        if (!digit || !*digit)
            return false;
        held = (held << 5 | (unsigned)(digit - digits32)) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out[k++] = (uint8_t)(held >> bits);
        }
    }
    return (held & ((1U << bits) - 1)) == 0;
}

static void onion_bytes(uint8_t out35[ONION_BYTES], const uint8_t key32[32])
{
    static const char prefix[] = ".onion checksum";
    uint8_t text[sizeof prefix - 1 + 33], digest[32];
    memcpy(text, prefix, sizeof prefix - 1);
    memcpy(text + sizeof prefix - 1, key32, 32);
    text[sizeof text - 1] = ONION_VERSION;
    yc_sha3_256(digest, text, sizeof text);
    memcpy(out35, key32, 32);
    memcpy(out35 + 32, digest, 2);
    out35[34] = ONION_VERSION;
}

/* The part of text before the suffix; empty when it does not end so. */
static struct yc_view before(struct yc_view text, const char *suffix)
{
    size_t n = strlen(suffix);
    bool ends = text.n > n && memcmp(text.p + text.n - n, suffix, n) == 0;
    return ends ? yc_view(text.p, text.n - n) : YC_VIEW_EMPTY;
}

static bool parse_hidden(struct yc_netaddr *out, struct yc_view host)
{
    uint8_t given[ONION_BYTES], right[ONION_BYTES];
    struct yc_view onion = before(host, ONION_SUFFIX), i2p = before(host, I2P_SUFFIX);
    if (onion.n && read_base32(given, sizeof given, onion)) {
        onion_bytes(right, given);
        *out = yc_netaddr_of_key(YC_NET_TORV3, given, out->port);
        return memcmp(given, right, sizeof right) == 0;
    }
    if (!i2p.n || !read_base32(given, 32, i2p))
        return false;
    *out = yc_netaddr_of_key(YC_NET_I2P, given, 0);
    return true;
}

bool yc_netaddr_parse(struct yc_netaddr *out, const char *text, uint16_t default_port)
{
    char ip[INET6_ADDRSTRLEN];
    struct yc_view host;
    uint8_t ip4[4];
    *out = (struct yc_netaddr){0};
    if (!yc_netaddr_split(&host, &out->port, text, default_port))
        return false;
    if (text[0] != '[' && parse_hidden(out, host))
        return true;
    if (host.n >= sizeof ip)
        return false;
    memcpy(ip, host.p, host.n);
    ip[host.n] = 0;
    if (inet_pton(AF_INET, ip, ip4) == 1) {
        *out = yc_netaddr_ipv4(ip4[0], ip4[1], ip4[2], ip4[3], out->port);
        return text[0] != '[';
    }
    return inet_pton(AF_INET6, ip, out->host32) == 1;
}

void yc_netaddr_print_host(char out[YC_NETADDR_HOST_TEXT_MAX], const struct yc_netaddr *a)
{
    const uint8_t *p = a->host32;
    uint8_t onion[ONION_BYTES];
    char key[YC_NETADDR_HOST_TEXT_MAX];
    switch (yc_netaddr_network(a)) {
    case YC_NET_IPV4:
        (void)snprintf(out, YC_NETADDR_HOST_TEXT_MAX, "%u.%u.%u.%u", p[12], p[13], p[14], p[15]);
        return;
    case YC_NET_TORV3:
        onion_bytes(onion, p);
        write_base32(key, onion, sizeof onion);
        (void)snprintf(out, YC_NETADDR_HOST_TEXT_MAX, "%.56s" ONION_SUFFIX, key);
        return;
    case YC_NET_I2P:
        write_base32(key, p, sizeof a->host32);
        (void)snprintf(out, YC_NETADDR_HOST_TEXT_MAX, "%.52s" I2P_SUFFIX, key);
        return;
    case YC_NET_IPV6:
    case YC_NET_CJDNS:
    case YC_NET_TORV2:
        break;
    }
    if (!inet_ntop(AF_INET6, p, out, YC_NETADDR_HOST_TEXT_MAX))
        out[0] = 0;
}

void yc_netaddr_print(char out[YC_NETADDR_TEXT_MAX], const struct yc_netaddr *a)
{
    char host[YC_NETADDR_HOST_TEXT_MAX];
    yc_netaddr_print_host(host, a);
    (void)snprintf(out, YC_NETADDR_TEXT_MAX, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, a->port);
}
