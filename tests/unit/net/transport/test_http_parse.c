/* net/transport/http_parse: what is read, what is refused (catalogue R06: the smuggling matrix), and that it does not
 * matter where the bytes are cut. */
#include "net/transport/http_parse.h"

#include <stdio.h>

#include "support/heap.h"

#define BODY_MAX 1000

struct machine {
    struct test_heap heap;
    struct yc_http_parser parser;
};

static void start(struct machine *m, enum yc_http_kind kind)
{
    const struct yc_http_limits limits = {.line_bytes = 200, .head_bytes = 2000, .body_bytes = BODY_MAX};
    test_heap_init(&m->heap);
    yc_http_parser_init(&m->parser, kind, &m->heap.alloc, &limits);
}

static void stop(struct machine *m)
{
    yc_http_parser_release(&m->parser);
    assert_int_equal(m->heap.live_bytes, 0);
}

/* Feed everything in pieces of at most `piece` bytes, going on after the head, until done, bad, or out of bytes. The
 * bytes that belong to the next message are counted in *left. */
static enum yc_http_step feed_all(struct yc_http_parser *p, struct yc_view in, size_t piece, size_t *left)
{
    enum yc_http_step step = YC_HTTP_MORE;
    *left = in.n;
    for (;;) {
        size_t n = *left < piece ? *left : piece, used;
        step = yc_http_parser_feed(p, yc_view_slice(in, in.n - *left, n), &used);
        assert_true(used <= n);
        *left -= used;
        if (step == YC_HTTP_DONE || step == YC_HTTP_BAD || (step == YC_HTTP_MORE && *left == 0))
            return step;
    }
}

static const char body_request[] = "POST /wallet/a?b=c HTTP/1.1\r\nHost: localhost:8332\r\nContent-Length: 5\r\n"
                                   "X-Empty:\r\nX-Space: \t a b \t\r\n\r\nhello";

static void a_request_is_read_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= sizeof body_request; piece++) {
        struct machine m;
        size_t left;
        start(&m, YC_HTTP_REQUEST);
        assert_int_equal(feed_all(&m.parser, yc_view_text(body_request), piece, &left), YC_HTTP_DONE);
        const struct yc_http_message *r = &m.parser.message;
        assert_int_equal(left, 0);
        assert_true(yc_view_equal(r->method, yc_view_text("POST")));
        assert_true(yc_view_equal(r->target, yc_view_text("/wallet/a?b=c")));
        assert_true(yc_view_equal(r->body, yc_view_text("hello")));
        assert_int_equal(r->minor, 1);
        assert_int_equal(r->header_count, 4);
        assert_true(r->keep_alive && r->has_body && !r->expect_continue);
        assert_true(yc_view_equal(*yc_http_find(r, "x-EMPTY"), YC_VIEW_EMPTY));
        assert_true(yc_view_equal(*yc_http_find(r, "x-space"), yc_view_text("a b")));
        assert_null(yc_http_find(r, "x-spac"));
        stop(&m);
    }
}

static void pipelined_requests_come_one_at_a_time(void **state)
{
    static const char text[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                               "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
                               "GET /3 HTTP/1.0\r\n\r\n";
    static const char *const targets[] = {"/1", "/2", "/3"}, *const bodies[] = {"", "abc0123456789", ""};
    (void)state;
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        struct machine m;
        struct yc_view in = yc_view_text(text);
        start(&m, YC_HTTP_REQUEST);
        for (size_t i = 0; i < 3; i++) {
            size_t left;
            assert_int_equal(feed_all(&m.parser, in, piece, &left), YC_HTTP_DONE);
            assert_true(yc_view_equal(m.parser.message.target, yc_view_text(targets[i])));
            assert_true(yc_view_equal(m.parser.message.body, yc_view_text(bodies[i])));
            assert_int_equal(m.parser.message.keep_alive, i < 2);
            in = yc_view_slice(in, in.n - left, left);
            yc_http_parser_next(&m.parser);
            assert_true(yc_http_parser_idle(&m.parser));
        }
        assert_int_equal(in.n, 0);
        stop(&m);
    }
}

/* One line of the matrix: bytes, and the status they must earn (0: the request is fine). */
struct probe {
    unsigned status;
    const char *bytes;
    size_t n; /* 0: up to the NUL */
};

#define H "POST / HTTP/1.1\r\nHost: a\r\n"

static const struct probe matrix[] = {
    /* two lengths */
    {400, H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 0},
    {400, H "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 0},
    {400, H "Content-Length: 3, 3\r\n\r\nabc", 0},
    {400, H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n", 0},
    /* lengths that are no numbers */
    {400, H "Content-Length: +3\r\n\r\nabc", 0},
    {400, H "Content-Length: -1\r\n\r\n", 0},
    {400, H "Content-Length: 0x3\r\n\r\nabc", 0},
    {400, H "Content-Length: 3 \v\r\n\r\nabc", 0},
    {400, H "Content-Length:\r\n\r\n", 0},
    {400, H "Content-Length: 99999999999999999999\r\n\r\n", 0},
    {400, H "Content-Length: 3a\r\n\r\nabc", 0},
    {413, H "Content-Length: 1001\r\n\r\n", 0},
    /* codings */
    {501, H "Transfer-Encoding: gzip\r\n\r\n", 0},
    {501, H "Transfer-Encoding: gzip, chunked\r\n\r\n", 0},
    {501, H "Transfer-Encoding: chunked, chunked\r\n\r\n", 0},
    {501, H "Transfer-Encoding: xchunked\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0},
    {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding : chunked\r\n\r\n", 0},
    /* header lines */
    {400, H "X: a\r\n folded\r\n\r\n", 0},
    {400, H "X: a\r\n\tfolded\r\n\r\n", 0},
    {400, "POST / HTTP/1.1\r\n Host: a\r\n\r\n", 0},
    {400, H "X : a\r\n\r\n", 0},
    {400, H ": a\r\n\r\n", 0},
    {400, H "no colon\r\n\r\n", 0},
    {400, H "X: a\rb\r\n\r\n", 0},
    {400, H "X: a\nY: b\r\n\r\n", 0},
    {400, H "X: a\r\r\n\r\n", 0},
    {400, H "X\0: a\r\n\r\n", sizeof(H "X\0: a\r\n\r\n") - 1},
    {400, H "X: a\0b\r\n\r\n", sizeof(H "X: a\0b\r\n\r\n") - 1},
    {400,
     H "X: a\x01"
       "b\r\n\r\n",
     0},
    {400, H "X: a\x7f\r\n\r\n", 0},
    {400, H "X(: a\r\n\r\n", 0},
    {400, H "Host: b\r\n\r\n", 0},
    {400, "GET / HTTP/1.1\r\n\r\n", 0},
    {417, H "Expect: something\r\n\r\n", 0},
    /* the request line */
    {400, "\r\nGET / HTTP/1.0\r\n\r\n", 0},
    {400, "GET / HTTP/1.0\n\n", 0},
    {400, "GET  / HTTP/1.0\r\n\r\n", 0},
    {400, "GET /  HTTP/1.0\r\n\r\n", 0},
    {400, "GET /\r\n\r\n", 0},
    {400, " GET / HTTP/1.0\r\n\r\n", 0},
    {400, "GET / HTTP/1.0 \r\n\r\n", 0},
    {400, "GET / http/1.0\r\n\r\n", 0},
    {400, "GET / HTTP/1\r\n\r\n", 0},
    {505, "GET / HTTP/2.0\r\n\r\n", 0},
    {505, "GET / HTTP/1.2\r\n\r\n", 0},
    {400, "G@T / HTTP/1.0\r\n\r\n", 0},
    {400, "GETGETGETGETGETGET / HTTP/1.0\r\n\r\n", 0},
    {400, "GET http://a/ HTTP/1.0\r\n\r\n", 0},
    {400, "GET a HTTP/1.0\r\n\r\n", 0},
    {400, "GET /\xc3\xa4 HTTP/1.0\r\n\r\n", 0},
    {400, "\x16\x03\x01\x02\x00\x01\x00\r\n", 8},
    /* chunks */
    {400, H "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n 3\r\nabc\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n00000000000000000003\r\nabc\r\n0\r\n\r\n", 0},
    {413, H "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF\r\nabc\r\n", 0},
    {413, H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3E6\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n0\r\n folded\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\n\r\n\r\n", 0},
    {400, H "Transfer-Encoding: chunked\r\n\r\n0\r\nX: \x01\r\n\r\n", 0},
    /* and what must stay possible */
    {0, H "Content-Length: 0\r\n\r\n", 0},
    {0, H "Content-Length: 0003\r\n\r\nabc", 0},
    {0, H "Transfer-Encoding: CHUNKED\r\n\r\n3e8\r\n", 0},
    {0, H "X: \xc3\xa4\r\n\r\n", 0},
    {0, "GET / HTTP/1.0\r\n\r\n", 0},
    {0, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
};

static void ambiguous_bytes_are_refused_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof matrix / sizeof matrix[0]; i++) {
        struct yc_view in = yc_view(matrix[i].bytes, matrix[i].n ? matrix[i].n : strlen(matrix[i].bytes));
        for (size_t piece = 1; piece <= in.n; piece++) {
            struct machine m;
            size_t left, used;
            start(&m, YC_HTTP_REQUEST);
            enum yc_http_step step = feed_all(&m.parser, in, piece, &left);
            unsigned status = step == YC_HTTP_BAD ? m.parser.error_status : 0;
            if (status != matrix[i].status)
                fail_msg("probe %zu, cut at %zu: status %u, expected %u: %s", i, piece, status, matrix[i].status,
                         matrix[i].bytes);
            if (step == YC_HTTP_BAD) {
                assert_non_null(m.parser.error_text);
                assert_int_equal(yc_http_parser_feed(&m.parser, yc_view_text(body_request), &used), YC_HTTP_BAD);
                assert_int_equal(used, 0);
            }
            stop(&m);
        }
    }
}

/* Limits hold at the byte: what fits is taken, one byte more is not. */
static void limits_hold(void **state)
{
    char text[4096];
    struct machine m;
    size_t left;
    (void)state;
    for (int more = 0; more <= 1; more++) {
        snprintf(text, sizeof text, "GET /%0*d HTTP/1.0\r\n\r\n", 200 - 14 + more, 0);
        start(&m, YC_HTTP_REQUEST);
        assert_int_equal(feed_all(&m.parser, yc_view_text(text), 7, &left), more ? YC_HTTP_BAD : YC_HTTP_DONE);
        assert_int_equal(m.parser.error_status, more ? 414 : 0);
        stop(&m);
        snprintf(text, sizeof text, "GET / HTTP/1.0\r\nX: %0*d\r\n\r\n", 200 - 3 + more, 0);
        start(&m, YC_HTTP_REQUEST);
        assert_int_equal(feed_all(&m.parser, yc_view_text(text), 7, &left), more ? YC_HTTP_BAD : YC_HTTP_DONE);
        assert_int_equal(m.parser.error_status, more ? 431 : 0);
        stop(&m);
        size_t n = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.0\r\n");
        for (int i = 0; i < YC_HTTP_HEADERS_MAX + more; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "X%d: y\r\n", i);
        snprintf(text + n, sizeof text - n, "\r\n");
        start(&m, YC_HTTP_REQUEST);
        assert_int_equal(feed_all(&m.parser, yc_view_text(text), 7, &left), more ? YC_HTTP_BAD : YC_HTTP_DONE);
        assert_int_equal(m.parser.error_status, more ? 431 : 0);
        stop(&m);
    }
    size_t n = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.0\r\n");
    while (n < 2100)
        n += (size_t)snprintf(text + n, sizeof text - n, "X: %0100d\r\n", 0);
    start(&m, YC_HTTP_REQUEST);
    assert_int_equal(feed_all(&m.parser, yc_view_text(text), 64, &left), YC_HTTP_BAD);
    assert_int_equal(m.parser.error_status, 431);
    stop(&m);
}

static void expect_and_connection_are_understood(void **state)
{
    static const struct {
        const char *head;
        bool keep_alive, expect;
    } cases[] = {{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false, false},
                 {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false, false},
                 {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, false},
                 {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false, false},
                 {"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", true, true},
                 {"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", false, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct machine m;
        size_t left;
        start(&m, YC_HTTP_REQUEST);
        assert_int_equal(feed_all(&m.parser, yc_view_text(cases[i].head), 100, &left), YC_HTTP_DONE);
        assert_int_equal(m.parser.message.keep_alive, cases[i].keep_alive);
        assert_int_equal(m.parser.message.expect_continue, cases[i].expect);
        stop(&m);
    }
}

static void responses_end_where_they_say(void **state)
{
    static const struct {
        const char *text, *body;
        bool by_end;
    } cases[] = {{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false},
                 {"HTTP/1.1 500 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "ab", false},
                 {"HTTP/1.1 204\r\n\r\n", "", false},
                 {"HTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\n", "", false},
                 {"HTTP/1.0 200 OK\r\n\r\nrest of stream", "rest of stream", true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct machine m;
        size_t left;
        start(&m, YC_HTTP_RESPONSE);
        enum yc_http_step step = feed_all(&m.parser, yc_view_text(cases[i].text), 3, &left);
        assert_int_equal(step, cases[i].by_end ? YC_HTTP_MORE : YC_HTTP_DONE);
        assert_int_equal(yc_http_parser_end(&m.parser), YC_HTTP_DONE);
        assert_true(yc_view_equal(m.parser.message.body, yc_view_text(cases[i].body)));
        if (cases[i].by_end)
            assert_false(m.parser.message.keep_alive);
        stop(&m);
    }
    static const char *const bad[] = {"HTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 999 x\r\n\r\n",
                                      "HTTP/1.1 2000\r\n\r\n",  "HTTP/1.1\r\n\r\n",       "YCOIN/1.1 200 OK\r\n\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct machine m;
        size_t left;
        start(&m, YC_HTTP_RESPONSE);
        assert_int_equal(feed_all(&m.parser, yc_view_text(bad[i]), 3, &left), YC_HTTP_BAD);
        stop(&m);
    }
}

static void a_stream_may_end_between_messages_only(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof body_request - 1; n++) {
        struct machine m;
        size_t left;
        start(&m, YC_HTTP_REQUEST);
        assert_int_equal(feed_all(&m.parser, yc_view(body_request, n), 50, &left), YC_HTTP_MORE);
        assert_int_equal(yc_http_parser_end(&m.parser), n == 0 ? YC_HTTP_MORE : YC_HTTP_BAD);
        stop(&m);
    }
}

static void without_memory_the_answer_is_500(void **state)
{
    (void)state;
    for (size_t fail_at = 1;; fail_at++) {
        struct machine m;
        size_t left;
        start(&m, YC_HTTP_REQUEST);
        m.heap.fail_at = fail_at;
        enum yc_http_step step = feed_all(&m.parser, yc_view_text(body_request), 10, &left);
        assert_true(step == YC_HTTP_DONE || m.parser.error_status == 500);
        stop(&m);
        if (step == YC_HTTP_DONE) {
            assert_true(fail_at > 2);
            return;
        }
    }
}

static void base64_and_basic_credentials(void **state)
{
    static const struct {
        const char *plain, *coded;
    } pairs[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"}};
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "=Zg=", "Z===", "Zm 9", "Zm9v\n", "Zm9-"};
    char text[64], credentials[YC_HTTP_BASIC_MAX + 1];
    uint8_t bytes[8];
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        yc_base64_encode(text, yc_view_text(pairs[i].plain));
        assert_string_equal(text, pairs[i].coded);
        ptrdiff_t n = yc_base64_decode(bytes, sizeof bytes, yc_view_text(pairs[i].coded));
        assert_int_equal(n, strlen(pairs[i].plain));
        assert_memory_equal(bytes, pairs[i].plain, (size_t)n);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(yc_base64_decode(bytes, sizeof bytes, yc_view_text(bad[i])), -1);
    assert_int_equal(yc_base64_decode(bytes, 5, yc_view_text("Zm9vYmFy")), -1);
    assert_int_equal(yc_http_basic_auth(credentials, yc_view_text("Basic dTpwOnE=")), 5);
    assert_string_equal(credentials, "u:p:q");
    assert_int_equal(yc_http_basic_auth(credentials, yc_view_text("Basic dXA=")), -1); /* no colon */
    assert_int_equal(yc_http_basic_auth(credentials, yc_view_text("Bearer dTpw")), -1);
    assert_int_equal(yc_http_basic_auth(credentials, yc_view_text("Basic")), -1);
    assert_int_equal(yc_http_basic_auth(credentials, yc_view_text("Basic dTpwAA==")), -1); /* a zero byte */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_however_it_is_cut),
        cmocka_unit_test(pipelined_requests_come_one_at_a_time),
        cmocka_unit_test(ambiguous_bytes_are_refused_however_they_are_cut),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(expect_and_connection_are_understood),
        cmocka_unit_test(responses_end_where_they_say),
        cmocka_unit_test(a_stream_may_end_between_messages_only),
        cmocka_unit_test(without_memory_the_answer_is_500),
        cmocka_unit_test(base64_and_basic_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
