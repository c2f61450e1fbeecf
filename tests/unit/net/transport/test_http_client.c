/* net/transport/http_client against our server and against servers that misbehave. */
#include "net/transport/http_client.h"

#include <stdio.h>

#include "net/transport/http_server.h"
#include "unit/net/transport/net_thread.h"

struct rig {
    struct net_thread net;
    struct yc_http_server *server;
    struct yc_netaddr at;
    atomic_uint handled, admitted;
    _Atomic(struct yc_http_request *) held; /* of "/hold" */
};

static void handle(void *ctx, struct yc_http_request *r)
{
    struct rig *g = ctx;
    const struct yc_http_message *m = yc_http_request_message(r);
    struct yc_http_response response = {.status = 200, .content_type = "application/json", .body_n = m->body.n};
    atomic_fetch_add(&g->handled, 1);
    if (yc_view_equal(m->target, yc_view_text("/hold"))) {
        atomic_store(&g->held, r);
        return;
    }
    response.body = m->body.n ? yc_alloc_new(&g->net.heap.alloc, m->body.n) : NULL;
    if (response.body)
        memcpy(response.body, m->body.p, m->body.n);
    else
        response.body_n = 0;
    response.close = yc_view_equal(m->target, yc_view_text("/close"));
    yc_http_reply(r, &response);
}

static bool admit(void *ctx, const struct yc_http_message *head, const struct yc_netaddr *remote,
                  struct yc_http_refusal *refusal)
{
    struct rig *g = ctx;
    char credentials[YC_HTTP_BASIC_MAX + 1];
    const struct yc_view *value = yc_http_find(head, "Authorization");
    (void)remote;
    refusal->status = 401;
    bool good = value && yc_http_basic_auth(credentials, *value) > 0 && strcmp(credentials, "user:pass:word") == 0;
    atomic_fetch_add(&g->admitted, good);
    return good;
}

static void rig_start(struct rig *g, int64_t idle_timeout_ms)
{
    struct yc_http_config config = yc_http_config_default();
    const struct yc_http_hooks hooks = {.admit = admit, .handle = handle, .ctx = g};
    const struct yc_netaddr any_port = yc_netaddr_ipv4(127, 0, 0, 1, 0);
    config.idle_timeout_ms = idle_timeout_ms;
    memset(g, 0, sizeof *g);
    net_thread_init(&g->net);
    assert_int_equal(yc_http_server_new(&g->server, g->net.loop, &g->net.heap.alloc, &config, &hooks, NULL, NULL),
                     YC_VALID);
    assert_int_equal(yc_http_server_listen(g->server, &any_port, &g->at, NULL), YC_VALID);
    net_thread_start(&g->net);
}

static void rig_stop(struct rig *g)
{
    net_thread_stop(&g->net);
    yc_http_server_free(g->server);
    net_thread_release(&g->net);
}

static struct yc_http_client *new_client(const struct yc_netaddr *at, const char *auth, int64_t total_timeout_ms)
{
    struct yc_http_client *c;
    const struct yc_http_client_config config = {.host = "localhost",
                                                 .port = at->port,
                                                 .basic_auth = auth,
                                                 .total_timeout_ms = total_timeout_ms,
                                                 .body_bytes_max = 1 << 20};
    assert_int_equal(yc_http_client_new(&c, yc_heap(), &config, NULL), YC_VALID);
    return c;
}

static uint64_t accepted_by(struct rig *g);

static void posts_are_answered_on_one_connection(void **state)
{
    static struct rig g;
    static uint8_t big[700000];
    struct yc_http_result out;
    struct yc_error err;
    (void)state;
    rig_start(&g, 30000);
    struct yc_http_client *c = new_client(&g.at, "user:pass:word", 20000);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(yc_http_client_post(c, &out, "/", "application/json", yc_view_text("{}"), &err), YC_VALID);
        assert_int_equal(out.status, 200);
        assert_true(yc_view_equal(out.body, yc_view_text("{}")));
        assert_true(yc_view_equal(out.content_type, yc_view_text("application/json")));
    }
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 31 >> 3);
    assert_int_equal(yc_http_client_post(c, &out, "/", "x/y", yc_view(big, sizeof big), &err), YC_VALID);
    assert_true(yc_view_equal(out.body, yc_view(big, sizeof big)));
    assert_int_equal(accepted_by(&g), 1);
    assert_int_equal(yc_http_client_get(c, &out, "/close", &err), YC_VALID);
    assert_int_equal(yc_http_client_get(c, &out, "/", &err), YC_VALID);
    assert_int_equal(accepted_by(&g), 2);
    assert_int_equal(yc_http_client_get(c, &out, "no-slash", &err), YC_INVALID);
    assert_int_equal(yc_http_client_get(c, &out, "/a HTTP/1.1\r\nX: y", &err), YC_INVALID);
    assert_int_equal(atomic_load(&g.handled), 8);
    yc_http_client_free(c);
    rig_stop(&g);
}

struct stats_call {
    struct rig *rig;
    uint64_t accepted;
};

static void read_stats(void *ctx)
{
    struct stats_call *c = ctx;
    c->accepted = yc_http_server_get_stats(c->rig->server).accepted;
}

static uint64_t accepted_by(struct rig *g)
{
    struct stats_call call = {.rig = g};
    on_loop(g->net.loop, read_stats, &call);
    return call.accepted;
}

static void credentials_are_sent_and_can_be_replaced(void **state)
{
    static struct rig g;
    struct yc_http_result out;
    struct yc_error err;
    (void)state;
    rig_start(&g, 30000);
    struct yc_http_client *c = new_client(&g.at, "user:wrong", 20000);
    assert_int_equal(yc_http_client_post(c, &out, "/", "x/y", yc_view_text("abc"), &err), YC_VALID);
    assert_int_equal(out.status, 401);
    assert_int_equal(yc_http_client_set_auth(c, "no colon", &err), YC_INVALID);
    assert_int_equal(yc_http_client_set_auth(c, "a:b\r\nX: y", &err), YC_INVALID);
    assert_int_equal(yc_http_client_set_auth(c, NULL, &err), YC_VALID);
    assert_int_equal(yc_http_client_get(c, &out, "/", &err), YC_VALID);
    assert_int_equal(out.status, 401);
    assert_int_equal(yc_http_client_set_auth(c, "user:pass:word", &err), YC_VALID);
    assert_int_equal(yc_http_client_get(c, &out, "/", &err), YC_VALID);
    assert_int_equal(out.status, 200);
    assert_int_equal(atomic_load(&g.admitted), 1);
    yc_http_client_free(c);
    rig_stop(&g);
}

static void a_connection_that_the_server_closed_is_replaced(void **state)
{
    static struct rig g;
    struct yc_http_result out;
    struct yc_error err;
    (void)state;
    rig_start(&g, 50);
    struct yc_http_client *c = new_client(&g.at, "user:pass:word", 20000);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(yc_http_client_get(c, &out, "/", &err), YC_VALID);
        assert_int_equal(accepted_by(&g), i);
        sleep_ms(200);
    }
    yc_http_client_free(c);
    rig_stop(&g);
}

static void nobody_there_is_said_in_a_sentence(void **state)
{
    struct yc_netaddr nobody;
    struct yc_http_result out;
    struct yc_error err;
    char expected[128];
    (void)state;
    close(plain_listen(&nobody, 1));
    const struct yc_http_client_config config = {.host = "127.0.0.1", .port = nobody.port};
    struct yc_http_client *c;
    assert_int_equal(yc_http_client_new(&c, yc_heap(), &config, NULL), YC_VALID);
    assert_int_equal(yc_http_client_get(c, &out, "/", &err), YC_NOT_YET);
    assert_false(yc_http_client_was_cancelled(c));
    snprintf(expected, sizeof expected, "cannot connect to 127.0.0.1:%u: connection refused; is ycoind running?",
             nobody.port);
    assert_string_equal(err.text, expected);
    yc_http_client_free(c);
    const struct yc_http_client_config bad[] = {{.host = "", .port = 1},
                                                {.host = "a", .port = 0},
                                                {.host = "a b", .port = 1},
                                                {.host = NULL, .port = 1},
                                                {.host = "a", .port = 1, .basic_auth = "x"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(yc_http_client_new(&c, yc_heap(), &bad[i], &err), YC_INVALID);
        assert_null(c);
    }
}

static void no_answer_ends_in_a_timeout(void **state)
{
    static struct rig g;
    struct yc_http_result out;
    struct yc_error err;
    (void)state;
    rig_start(&g, 30000);
    struct yc_http_client *c = new_client(&g.at, "user:pass:word", 200);
    int64_t start = now_ms();
    assert_int_equal(yc_http_client_get(c, &out, "/hold", &err), YC_SYSTEM);
    assert_true(now_ms() - start >= 200 && now_ms() - start < 5000);
    assert_non_null(strstr(err.text, "no answer from ycoind"));
    yc_http_reply_text(atomic_load(&g.held), 200, NULL, "");
    yc_http_client_free(c);
    rig_stop(&g);
}

struct canceller {
    struct rig *rig;
    struct yc_http_client *client;
};

static void cancel_soon(void *ctx)
{
    struct canceller *k = ctx;
    while (!atomic_load(&k->rig->held))
        sleep_ms(1);
    yc_http_client_cancel(k->client);
}

static void a_long_poll_can_be_cancelled_from_another_thread(void **state)
{
    static struct rig g;
    struct yc_http_result out;
    struct yc_error err;
    struct yc_thread thread;
    (void)state;
    rig_start(&g, 30000);
    struct yc_http_client *c = new_client(&g.at, "user:pass:word", 0);
    struct canceller k = {.rig = &g, .client = c};
    assert_int_equal(yc_thread_start(&thread, "canceller", cancel_soon, &k, NULL), YC_VALID);
    assert_int_equal(yc_http_client_get(c, &out, "/hold", &err), YC_NOT_YET);
    assert_true(yc_http_client_was_cancelled(c));
    yc_thread_join(&thread);
    assert_int_equal(yc_http_client_get(c, &out, "/", &err), YC_NOT_YET); /* until it is taken back */
    yc_http_client_uncancel(c);
    assert_int_equal(yc_http_client_get(c, &out, "/", &err), YC_VALID);
    yc_http_reply_text(atomic_load(&g.held), 200, NULL, "");
    yc_http_client_free(c);
    rig_stop(&g);
}

/* A server that says the same bytes to whoever comes, then closes. */
struct parrot {
    int fd;
    const char *text;
    struct yc_thread thread;
};

static void repeat(void *ctx)
{
    struct parrot *p = ctx;
    char request[4096];
    int s = accept(p->fd, NULL, NULL);
    if (s < 0)
        return;
    if (recv(s, request, sizeof request, 0) > 0)
        (void)!send(s, p->text, strlen(p->text), MSG_NOSIGNAL);
    close(s);
}

static void answers_of_all_kinds_are_judged(void **state)
{
    static const struct {
        enum yc_verdict verdict;
        const char *text, *body;
    } cases[] = {
        {YC_VALID, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "ab"},
        {YC_VALID,
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
         "a"},
        {YC_VALID, "HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"},
        {YC_VALID, "HTTP/1.1 204 No Content\r\n\r\n", ""},
        {YC_SYSTEM, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", ""},
        {YC_SYSTEM, "", ""},
        {YC_INVALID, "SSH-2.0-OpenSSH_9.2\r\n", ""},
        {YC_INVALID, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", ""},
        {YC_INVALID, "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\nab", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yc_netaddr at;
        struct parrot p = {.fd = plain_listen(&at, 1), .text = cases[i].text};
        struct yc_http_result out;
        struct yc_error err = {.text = ""};
        assert_int_equal(yc_thread_start(&p.thread, "parrot", repeat, &p, NULL), YC_VALID);
        struct yc_http_client *c = new_client(&at, NULL, 20000);
        enum yc_verdict v = yc_http_client_post(c, &out, "/", "x/y", yc_view_text("question"), &err);
        if (v != cases[i].verdict)
            fail_msg("answer %zu: %s: %s", i, yc_verdict_name(v), err.text);
        if (v == YC_VALID)
            assert_true(yc_view_equal(out.body, yc_view_text(cases[i].body)));
        else
            assert_true(strlen(err.text) > 20);
        yc_thread_join(&p.thread);
        close(p.fd);
        yc_http_client_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_are_answered_on_one_connection),
        cmocka_unit_test(credentials_are_sent_and_can_be_replaced),
        cmocka_unit_test(a_connection_that_the_server_closed_is_replaced),
        cmocka_unit_test(nobody_there_is_said_in_a_sentence),
        cmocka_unit_test(no_answer_ends_in_a_timeout),
        cmocka_unit_test(a_long_poll_can_be_cancelled_from_another_thread),
        cmocka_unit_test(answers_of_all_kinds_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
