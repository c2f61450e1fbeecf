/* SOCKS5 as a client speaks it: what to send to a proxy and what its answers mean. No sockets: tcp.h moves the bytes.
 * Host names go to the proxy as they are, so that nothing is looked up here (catalogue: a lookup would tell the local
 * network whom a hidden node talks to). Tor keeps connections with different credentials on different circuits.
 * Source: RFC 1928, RFC 1929. */
#ifndef YC_NET_TRANSPORT_SOCKS_H
#define YC_NET_TRANSPORT_SOCKS_H

#include "base/result.h"
#include "base/view.h"

#define YC_SOCKS_HOST_MAX        256 /* bytes of a host's name and a NUL: what the protocol has room for */
#define YC_SOCKS_CREDENTIALS_MAX 64  /* bytes of a user's name, or a password, and a NUL */

struct yc_socks_target {
    char host[YC_SOCKS_HOST_MAX]; /* name or numeric address */
    uint16_t port;
    char user[YC_SOCKS_CREDENTIALS_MAX]; /* "": no authentication is offered */
    char password[YC_SOCKS_CREDENTIALS_MAX];
};

enum yc_socks_step {
    YC_SOCKS_MORE,  /* send out, then read wanted bytes and feed them */
    YC_SOCKS_DONE,  /* the connection is the target's from here on */
    YC_SOCKS_FAILED /* error says why */
};

/* Whose answer is awaited. */
enum yc_socks_state { YC_SOCKS_METHOD, YC_SOCKS_LOGIN, YC_SOCKS_REPLY, YC_SOCKS_BOUND_LENGTH, YC_SOCKS_BOUND };

struct yc_socks {
    struct yc_socks_target target;
    enum yc_socks_state state;
    uint8_t out[7 + YC_SOCKS_HOST_MAX]; /* what is to be sent now, out_n bytes */
    size_t out_n;
    uint8_t in[2 + 255]; /* the answer as far as it has come, in_n of wanted bytes */
    size_t in_n, wanted;
    char error[64];
};

/** target->host is 1..255 bytes long. The first bytes to send are in out. */
void yc_socks_begin(struct yc_socks *s, const struct yc_socks_target *target);
/** n bytes from the proxy, at most s->wanted - s->in_n. Sets out when it is our turn again. */
enum yc_socks_step yc_socks_feed(struct yc_socks *s, const uint8_t *p, size_t n);

#endif
