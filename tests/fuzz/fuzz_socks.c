/* Any bytes as what a SOCKS5 proxy answers, in pieces of any size, to us who want to reach a host with a login or without. A
 * second reading of the same bytes, in one go and after RFC 1928 and 1929, says what must come of it; no byte behind the
 * proxy's answer is taken, for that is the target's; and nothing but what the protocol has is sent, never the password to a
 * proxy that did not ask for it. */
#include "base/assert.h"
#include "base/reader.h"
#include "net/transport/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct outcome {
    enum yc_socks_step step;
    size_t used; /* bytes of the proxy that were taken */
};

/* What the protocol says of the whole stream. */
static struct outcome read_at_once(struct yc_view all, bool login)
{
    struct yc_reader r;
    uint8_t method = 0, code[3], kind = 0;
    yc_reader_init(&r, all);
    bool ok = yc_reader_u8(&r) == 5;
    method = yc_reader_u8(&r);
    ok = ok && (method == 0 || (method == 2 && login));
    if (!yc_reader_ok(&r) || !ok)
        return (struct outcome){yc_reader_ok(&r) ? YC_SOCKS_FAILED : YC_SOCKS_MORE, 2};
    if (method == 2) {
        ok = yc_reader_u8(&r) == 1;
        ok = yc_reader_u8(&r) == 0 && ok;
        if (!yc_reader_ok(&r) || !ok)
            return (struct outcome){yc_reader_ok(&r) ? YC_SOCKS_FAILED : YC_SOCKS_MORE, 4};
    }
    yc_reader_copy(&r, code, sizeof code);
    kind = yc_reader_u8(&r);
    size_t head = all.n - yc_reader_left(&r);
    if (!yc_reader_ok(&r))
        return (struct outcome){YC_SOCKS_MORE, all.n};
    if (code[0] != 5 || code[1] != 0 || code[2] != 0 || (kind != 1 && kind != 3 && kind != 4))
        return (struct outcome){YC_SOCKS_FAILED, head};
    size_t rest = kind == 1 ? 6 : kind == 4 ? 18 : (size_t)yc_reader_u8(&r) + 2;
    (void)yc_reader_bytes(&r, rest);
    if (!yc_reader_ok(&r))
        return (struct outcome){YC_SOCKS_MORE, all.n};
    return (struct outcome){YC_SOCKS_DONE, head + rest + (kind == 3)};
}

static bool sent(const struct yc_socks *s, struct yc_view expected)
{
    return yc_view_equal(yc_view(s->out, s->out_n), expected);
}

/* After an answer: what is to be sent now, or nothing. */
static void check_sent(const struct yc_socks *s, const struct yc_socks_target *t, struct yc_view taken)
{
    static const uint8_t login[] = {1, 4, 'u', 's', 'e', 'r', 4, 'p', 'a', 's', 's'};
    static const uint8_t ask[] = {5, 1, 0, 3, 9, 'a', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0x20, 0x8d};
    bool wants_login = taken.n == 2 && taken.p[1] == 2;
    YC_ASSERT(s->wanted > 0 && s->wanted <= sizeof s->in);
    if (s->in_n || taken.n > 4)
        YC_ASSERT(s->out_n == 0);
    else if (wants_login)
        YC_ASSERT(t->user[0] && sent(s, yc_view(login, sizeof login)));
    else
        YC_ASSERT(sent(s, yc_view(ask, sizeof ask)) || taken.n % 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t open_greeting[] = {5, 1, 0}, login_greeting[] = {5, 2, 0, 2};
    struct yc_socks s;
    struct yc_socks_target target = {.host = "a.example", .port = 8333};
    struct yc_reader r;
    enum yc_socks_step step = YC_SOCKS_MORE;
    size_t used = 0;
    yc_reader_init(&r, yc_view(data, n));
    uint8_t kind = yc_reader_u8(&r);
    struct yc_view all = yc_view_slice(yc_view(data, n), n ? 1 : 0, n ? n - 1 : 0);
    if (kind & 1) {
        memcpy(target.user, "user", 5);
        memcpy(target.password, "pass", 5);
    }
    yc_socks_begin(&s, &target);
    YC_ASSERT(sent(&s, kind & 1 ? yc_view(login_greeting, sizeof login_greeting)
                                : yc_view(open_greeting, sizeof open_greeting)));
    while (used < all.n && step == YC_SOCKS_MORE) {
        size_t most = s.wanted - s.in_n, piece = 1 + (kind >> 1) * used % 7;
        size_t take = all.n - used < most ? all.n - used : most;
        take = take < piece ? take : piece;
        YC_ASSERT(take > 0);
        step = yc_socks_feed(&s, all.p + used, take);
        used += take;
        if (step == YC_SOCKS_MORE)
            check_sent(&s, &target, yc_view(all.p, used));
    }
    struct outcome expected = read_at_once(all, kind & 1);
    YC_ASSERT(step == expected.step && (step == YC_SOCKS_MORE || used == expected.used));
    YC_ASSERT(step != YC_SOCKS_FAILED || s.error[0]);
    return 0;
}
