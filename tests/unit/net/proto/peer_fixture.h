/* A peer machine under test on a virtual clock, with its log kept, and helpers that speak to it as the other side. */
#ifndef YC_TESTS_UNIT_NET_PROTO_PEER_FIXTURE_H
#define YC_TESTS_UNIT_NET_PROTO_PEER_FIXTURE_H

#include "net/proto/peer.h"
#include "support/heap.h"
#include "support/unit.h"

#define SECOND INT64_C(1000000)

static const uint8_t test_magic[4] = {0xfa, 0xbf, 0xb5, 0xda};

struct fixture {
    struct test_heap heap;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_log log;
    struct yc_peer_nonces nonces;
    struct yc_peer_shared shared;
    struct yc_peer peer;
    struct yc_now now;
    struct yc_peer_event ev; /* the last event */
    char lines[65536];       /* the log, one line after another; cut when full */
    size_t lines_n;
    bool log_off;
};

static inline void fixture_line(void *ctx, enum yc_log_level level, enum yc_log_category category, const void *site,
                                const char *text)
{
    struct fixture *f = ctx;
    size_t n = strlen(text);
    (void)level;
    (void)category;
    (void)site;
    if (f->lines_n + n + 2 > sizeof f->lines)
        return;
    memcpy(f->lines + f->lines_n, text, n);
    f->lines[f->lines_n + n] = '\n';
    f->lines_n += n + 1;
    f->lines[f->lines_n] = 0;
}

static inline bool fixture_log_on(void *ctx, enum yc_log_category category, enum yc_log_level level)
{
    const struct fixture *f = ctx;
    (void)category;
    (void)level;
    return !f->log_off;
}

/* Everything but the peer itself. */
static inline void fixture_prepare(struct fixture *f, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    test_heap_init(&f->heap);
    yc_random_seed(&f->random, &f->seeded, seed);
    f->log = (struct yc_log){fixture_line, fixture_log_on, f};
    f->shared = yc_peer_shared_default();
    f->shared.alloc = &f->heap.alloc;
    f->shared.log = &f->log;
    f->shared.random = &f->random;
    f->shared.nonces = &f->nonces;
    memcpy(f->shared.magic, test_magic, 4);
    f->shared.services = YC_NODE_NETWORK | YC_NODE_WITNESS;
    f->shared.height = 7;
    assert_true(yc_user_agent_compose(f->shared.user_agent, "", "0.1.0", NULL, 0));
    f->now = (struct yc_now){5 * SECOND, 1700000000};
}

static inline void fixture_init(struct fixture *f, enum yc_conn_type type, uint32_t permissions)
{
    fixture_prepare(f, 1);
    struct yc_peer_start start = {.id = 3,
                                  .type = type,
                                  .remote = yc_netaddr_ipv4(9, 8, 7, 6, 4000),
                                  .local = yc_netaddr_ipv4(1, 2, 3, 4, 5000),
                                  .permissions = permissions};
    yc_peer_init(&f->peer, &f->shared, &start, f->now);
}

static inline void fixture_release(struct fixture *f)
{
    assert_int_equal(f->shared.memory_bytes, f->heap.live_bytes);
    yc_peer_release(&f->peer);
    assert_int_equal(f->shared.memory_bytes, 0);
    assert_int_equal(f->heap.live_bytes, 0);
}

static inline bool logged(const struct fixture *f, const char *text)
{
    return strstr(f->lines, text) != NULL;
}

static inline void forget_log(struct fixture *f)
{
    f->lines_n = 0;
    f->lines[0] = 0;
}

static inline void say_to(struct fixture *f, const char *command, struct yc_view payload)
{
    uint8_t header[YC_FRAME_HEADER_BYTES];
    yc_frame_write_header(header, test_magic, command, payload);
    yc_peer_recv(&f->peer, yc_view(header, sizeof header), f->now);
    yc_peer_recv(&f->peer, payload, f->now);
}

/* The next event, or -1. */
static inline int next(struct fixture *f)
{
    return yc_peer_next_event(&f->peer, f->now, &f->ev) ? (int)f->ev.kind : -1;
}

static inline void pass(struct fixture *f, int64_t us)
{
    f->now.mono_us += us;
    f->now.wall_s += us / SECOND;
}

/* The output's commands, one after another with spaces, and take the output. */
static inline const char *take_output(struct fixture *f, char *text, size_t cap)
{
    struct yc_view out = yc_peer_output(&f->peer);
    size_t n = 0;
    text[0] = 0;
    for (size_t at = 0; at + YC_FRAME_HEADER_BYTES <= out.n;) {
        size_t len = strlen((const char *)out.p + at + 4);
        assert_true(n + len + 2 < cap);
        if (n)
            text[n++] = ' ';
        memcpy(text + n, out.p + at + 4, len + 1);
        n += len;
        at += YC_FRAME_HEADER_BYTES + yc_get32le(out.p + at + 16);
    }
    yc_peer_sent(&f->peer, out.n, f->now);
    return text;
}

static inline void assert_output(struct fixture *f, const char *expected)
{
    char text[1024];
    assert_string_equal(take_output(f, text, sizeof text), expected);
}

static inline void say_version(struct fixture *f, int32_t version, uint64_t services, uint64_t nonce)
{
    uint8_t bytes[256];
    struct yc_writer w;
    struct yc_msg_version v = {.version = version,
                               .services = services,
                               .time_s = f->now.wall_s,
                               .nonce = nonce,
                               .user_agent = yc_view_text("/test<>\n:1.0/"),
                               .height = 12,
                               .relay = true};
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_msg_write_version(&w, &v, 0);
    say_to(f, "version", yc_writer_written(&w));
}

/* Bring an inbound or outbound peer of a recent version to READY, and forget what was logged and sent. */
static inline void shake_hands(struct fixture *f)
{
    char text[1024];
    say_version(f, YC_PROTOCOL_VERSION, YC_NODE_NETWORK | YC_NODE_WITNESS, 77);
    assert_int_equal(next(f), YC_PEER_EV_VERSION);
    say_to(f, "verack", YC_VIEW_EMPTY);
    assert_int_equal(next(f), YC_PEER_EV_READY);
    assert_int_equal(next(f), -1);
    (void)take_output(f, text, sizeof text);
    forget_log(f);
}

#endif
