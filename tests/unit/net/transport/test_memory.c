/* net/transport when the n-th request for memory fails, for every n: errors, never a crash or a leak. Everything runs
 * on one thread: the bytes wait in the system's buffers while the loop gets its turns. */
#include "net/transport/http_server.h"
#include "net/transport/tcp.h"
#include "sys/heap_fault.h"
#include "unit/net/transport/net_thread.h"

#define TURNS_MS 40

static void stop(void *ctx)
{
    yc_loop_stop(ctx);
}

/* Let the loop serve for a while. */
static void turn(struct yc_loop *l)
{
    struct yc_loop_timer *timer;
    assert_int_equal(yc_loop_timer_new(&timer, l, stop, l, NULL), YC_VALID);
    yc_loop_timer_set(timer, TURNS_MS);
    yc_loop_run(l);
    yc_loop_timer_free(timer);
}

static void answer(void *ctx, struct yc_http_request *r)
{
    (void)ctx;
    yc_http_reply_text(r, 200, "text/plain", "fine");
}

static bool serve_one(const struct yc_alloc *alloc, struct yc_loop *l)
{
    static const char *const names[] = {"a.example", "b.example"};
    struct yc_http_config config = yc_http_config_default();
    const struct yc_http_hooks hooks = {.handle = answer};
    const struct yc_netaddr any_port = yc_netaddr_ipv4(127, 0, 0, 1, 0);
    struct yc_netaddr at;
    struct yc_http_server *s;
    struct yc_error err;
    char text[256] = {0};
    config.host_names = names;
    config.host_name_count = 2;
    enum yc_verdict v = yc_http_server_new(&s, l, alloc, &config, &hooks, NULL, &err);
    if (v == YC_VALID)
        v = yc_http_server_listen(s, &any_port, &at, &err);
    if (v == YC_VALID) {
        int fd = plain_connect(&at);
        plain_send_text(fd, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi"
                            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        turn(l);
        (void)!recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
        close(fd);
        turn(l);
    } else {
        assert_int_equal(v, YC_SYSTEM);
        assert_int_equal(err.which, YC_SYSTEM_MEMORY);
    }
    yc_http_server_free(s);
    const char *first = strstr(text, "\r\n\r\nfine");
    return first && strstr(first + 4, "\r\n\r\nfine");
}

static void an_http_server_survives_any_failed_allocation(void **state)
{
    bool served = false;
    (void)state;
    for (size_t n = 1; !served; n++) {
        struct yc_heap_fault heap;
        struct yc_loop *l;
        assert_true(n < 100);
        yc_heap_fault_init(&heap, n, false);
        assert_int_equal(yc_loop_new(&l, yc_heap(), NULL), YC_VALID);
        served = serve_one(&heap.alloc, l) && heap.failed == 0;
        yc_loop_free(l);
        assert_int_equal(heap.used_bytes, 0);
        if (served)
            assert_true(n > 10);
    }
}

struct peers {
    struct yc_tcp *tcp;
    size_t bytes, ends;
};

static void on_new(void *ctx, uint64_t conn, const struct yc_netaddr *remote, const struct yc_netaddr *local)
{
    (void)ctx;
    (void)conn;
    (void)remote;
    (void)local;
}

static void on_end(void *ctx, uint64_t conn, enum yc_tcp_reason reason)
{
    (void)conn;
    (void)reason;
    ((struct peers *)ctx)->ends++;
}

static void on_drained(void *ctx, uint64_t conn, size_t queued)
{
    (void)ctx;
    (void)conn;
    (void)queued;
}

static void on_bytes(void *ctx, uint64_t conn, struct yc_view bytes)
{
    struct peers *p = ctx;
    p->bytes += bytes.n;
    yc_tcp_consumed(p->tcp, conn, bytes.n);
}

/* Connect to itself and send; true when everything went well. */
static bool talk(const struct yc_alloc *alloc, struct yc_loop *l)
{
    struct peers p = {.bytes = 0};
    const struct yc_tcp_events events = {.accepted = on_new,
                                         .connected = on_new,
                                         .connect_failed = on_end,
                                         .bytes = on_bytes,
                                         .drained = on_drained,
                                         .closed = on_end,
                                         .ctx = &p};
    const struct yc_tcp_limits limits = yc_tcp_limits_default();
    const struct yc_netaddr any_port = yc_netaddr_ipv4(127, 0, 0, 1, 0);
    struct yc_netaddr at;
    uint64_t conn = 0;
    enum yc_verdict v = yc_tcp_new(&p.tcp, l, alloc, &events, &limits, NULL, NULL);
    if (v == YC_VALID)
        v = yc_tcp_listen(p.tcp, &any_port, &at, NULL);
    if (v == YC_VALID)
        v = yc_tcp_connect(p.tcp, &conn, &at, NULL);
    if (v == YC_VALID)
        v = yc_tcp_send(p.tcp, conn, yc_view_text("hello"), NULL);
    assert_true(v == YC_VALID || v == YC_SYSTEM);
    if (v == YC_VALID)
        turn(l);
    if (conn) {
        yc_tcp_close(p.tcp, conn, YC_TCP_CLOSE_FLUSH);
        turn(l);
        assert_true(p.ends >= 1);
    }
    yc_tcp_free(p.tcp);
    return v == YC_VALID && p.bytes == 5 && p.ends == 2;
}

static void tcp_survives_any_failed_allocation(void **state)
{
    bool good = false;
    (void)state;
    for (size_t n = 1; !good; n++) {
        struct yc_heap_fault heap;
        struct yc_loop *l;
        assert_true(n < 100);
        yc_heap_fault_init(&heap, n, false);
        assert_int_equal(yc_loop_new(&l, yc_heap(), NULL), YC_VALID);
        good = talk(&heap.alloc, l) && heap.failed == 0;
        yc_loop_free(l);
        assert_int_equal(heap.used_bytes, 0);
        if (good)
            assert_true(n > 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_http_server_survives_any_failed_allocation),
        cmocka_unit_test(tcp_survives_any_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
