#include "net/transport/socks.h"

#include "base/assert.h"
#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

#define VERSION       5
#define LOGIN_VERSION 1

enum method { METHOD_NONE = 0, METHOD_PASSWORD = 2 };
enum { COMMAND_CONNECT = 1 };
enum { ADDRESS_IPV4 = 1, ADDRESS_NAME = 3, ADDRESS_IPV6 = 4 };

static void await(struct yc_socks *s, enum yc_socks_state state, size_t bytes)
{
    s->state = state;
    s->in_n = 0;
    s->wanted = bytes;
}

void yc_socks_begin(struct yc_socks *s, const struct yc_socks_target *target)
{
    YC_ASSERT(target->host[0]);
    *s = (struct yc_socks){.target = *target};
    s->out[s->out_n++] = VERSION;
    s->out[s->out_n++] = target->user[0] ? 2 : 1;
    s->out[s->out_n++] = METHOD_NONE;
    if (target->user[0])
        s->out[s->out_n++] = METHOD_PASSWORD;
    await(s, YC_SOCKS_METHOD, 2);
}

static void put_text(struct yc_socks *s, const char *text)
{
    size_t n = strlen(text);
    s->out[s->out_n++] = (uint8_t)n;
    memcpy(s->out + s->out_n, text, n);
    s->out_n += n;
}

static enum yc_socks_step ask_for_target(struct yc_socks *s)
{
    static const uint8_t head[] = {VERSION, COMMAND_CONNECT, 0, ADDRESS_NAME};
    memcpy(s->out, head, sizeof head);
    s->out_n = sizeof head;
    put_text(s, s->target.host);
    yc_put16be(s->out + s->out_n, s->target.port);
    s->out_n += 2;
    await(s, YC_SOCKS_REPLY, 4);
    return YC_SOCKS_MORE;
}

static enum yc_socks_step failed(struct yc_socks *s, const char *why)
{
    (void)snprintf(s->error, sizeof s->error, "%s", why);
    return YC_SOCKS_FAILED;
}

static enum yc_socks_step on_method(struct yc_socks *s)
{
    if (s->in[0] != VERSION)
        return failed(s, "the proxy does not speak SOCKS5");
    if (s->in[1] == METHOD_NONE)
        return ask_for_target(s);
    if (s->in[1] != METHOD_PASSWORD || !s->target.user[0])
        return failed(s, "the proxy wants a way to log in that we do not have");
    s->out[s->out_n++] = LOGIN_VERSION;
    put_text(s, s->target.user);
    put_text(s, s->target.password);
    await(s, YC_SOCKS_LOGIN, 2);
    return YC_SOCKS_MORE;
}

static const char *reply_text(uint8_t reply)
{
    static const char *const text[] = {NULL,
                                       "general failure",
                                       "connection not allowed",
                                       "network unreachable",
                                       "host unreachable",
                                       "connection refused",
                                       "TTL expired",
                                       "protocol error",
                                       "address type not supported"};
    return reply < sizeof text / sizeof *text ? text[reply] : "an answer that SOCKS5 does not know";
}

static enum yc_socks_step on_reply(struct yc_socks *s)
{
    if (s->in[0] != VERSION || s->in[2] != 0)
        return failed(s, "the proxy does not speak SOCKS5");
    if (s->in[1] != 0)
        return failed(s, reply_text(s->in[1]));
    switch (s->in[3]) {
    case ADDRESS_IPV4:
        await(s, YC_SOCKS_BOUND, 4 + 2);
        return YC_SOCKS_MORE;
    case ADDRESS_IPV6:
        await(s, YC_SOCKS_BOUND, 16 + 2);
        return YC_SOCKS_MORE;
    case ADDRESS_NAME:
        await(s, YC_SOCKS_BOUND_LENGTH, 1);
        return YC_SOCKS_MORE;
    default:
        return failed(s, "the proxy does not speak SOCKS5");
    }
}

enum yc_socks_step yc_socks_feed(struct yc_socks *s, const uint8_t *p, size_t n)
{
    YC_ASSERT(n <= s->wanted - s->in_n);
    memcpy(s->in + s->in_n, p, n);
    s->in_n += n;
    s->out_n = 0;
    if (s->in_n < s->wanted)
        return YC_SOCKS_MORE;
    switch (s->state) {
    case YC_SOCKS_METHOD:
        return on_method(s);
    case YC_SOCKS_LOGIN:
        if (s->in[0] != LOGIN_VERSION || s->in[1] != 0)
            return failed(s, "the proxy refused the credentials");
        return ask_for_target(s);
    case YC_SOCKS_REPLY:
        return on_reply(s);
    case YC_SOCKS_BOUND_LENGTH:
        await(s, YC_SOCKS_BOUND, (size_t)s->in[0] + 2);
        return YC_SOCKS_MORE;
    case YC_SOCKS_BOUND: /* where the proxy connected from: nothing that we need */
        break;
    }
    return YC_SOCKS_DONE;
}
