/* Any bytes, cut anywhere: the HTTP parser must not crash, must not depend on the cuts, and must keep its limits
 * (catalogue R06, R07). The first byte chooses the kind of message and seeds the cuts. */
#include "net/transport/http_parse.h"

#include "base/assert.h"
#include "sys/heap.h"

#define MESSAGES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What a run over the input came to: enough to compare two runs. */
struct run {
    size_t messages, used, body_bytes, headers;
    unsigned error_status;
    enum yc_http_step last, end;
};

static void check(const struct yc_http_parser *p)
{
    const struct yc_http_message *m = &p->message;
    YC_ASSERT(m->header_count <= YC_HTTP_HEADERS_MAX && m->body.n <= p->limits.body_bytes);
    YC_ASSERT(p->kind == YC_HTTP_RESPONSE || (m->method.n > 0 && m->target.n > 0));
    YC_ASSERT(p->kind == YC_HTTP_REQUEST || (m->status >= 100 && m->status <= 599));
    for (size_t i = 0; i < m->header_count; i++) {
        struct yc_view value = m->headers[i].value;
        YC_ASSERT(m->headers[i].name.n > 0);
        for (size_t j = 0; j < value.n; j++)
            YC_ASSERT(value.p[j] != '\r' && value.p[j] != '\n' && value.p[j] != 0);
    }
}

/* Feed in pieces of 1..piece_max bytes whose lengths follow from the seed. */
static struct run run_parser(enum yc_http_kind kind, struct yc_view in, size_t piece_max, unsigned seed)
{
    const struct yc_http_limits limits = {.line_bytes = 256, .head_bytes = 1024, .body_bytes = 512};
    struct yc_http_parser p;
    struct run r = {.last = YC_HTTP_MORE};
    yc_http_parser_init(&p, kind, yc_heap(), &limits);
    while (r.messages < MESSAGES_MAX) {
        size_t left = in.n - r.used, used;
        seed = seed * 1103515245u + 12345u;
        size_t piece = 1 + (seed >> 8) % piece_max;
        r.last = yc_http_parser_feed(&p, yc_view_slice(in, r.used, left < piece ? left : piece), &used);
        r.used += used;
        YC_ASSERT(r.used <= in.n);
        if (r.last == YC_HTTP_HEAD)
            check(&p);
        if (r.last == YC_HTTP_BAD || (r.last == YC_HTTP_MORE && r.used == in.n))
            break;
        if (r.last == YC_HTTP_DONE) {
            check(&p);
            r.messages++;
            r.body_bytes += p.message.body.n;
            r.headers += p.message.header_count;
            yc_http_parser_next(&p);
        }
    }
    r.error_status = p.error_status;
    YC_ASSERT((r.last == YC_HTTP_BAD) == (r.error_status >= 400 && p.error_text));
    r.end = yc_http_parser_end(&p);
    yc_http_parser_release(&p);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    enum yc_http_kind kind = data[0] & 1 ? YC_HTTP_REQUEST : YC_HTTP_RESPONSE;
    struct yc_view in = yc_view(data + 1, n - 1);
    struct run whole = run_parser(kind, in, n, 0), bytes = run_parser(kind, in, 1, 0),
               pieces = run_parser(kind, in, 1 + data[0] / 8, data[0]);
    YC_ASSERT(whole.messages == bytes.messages && whole.messages == pieces.messages);
    YC_ASSERT(whole.body_bytes == bytes.body_bytes && whole.body_bytes == pieces.body_bytes);
    YC_ASSERT(whole.headers == bytes.headers && whole.headers == pieces.headers);
    YC_ASSERT(whole.end == bytes.end && whole.end == pieces.end);
    YC_ASSERT(whole.error_status == bytes.error_status && whole.error_status == pieces.error_status);
    return 0;
}
