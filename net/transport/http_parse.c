#include "net/transport/http_parse.h"

#include "base/hex.h"

#include <string.h>

#define METHOD_BYTES_MAX  16
#define CHUNK_LINE_MAX    16   /* hex digits and CR LF; extensions are refused */
#define TRAILER_BYTES_MAX 4096 /* all trailer lines of a message */
#define KEEP_BUFFER_BYTES 65536
#define BODY_UNKNOWN      UINT64_MAX

struct yc_http_limits yc_http_limits_default(void)
{
    return (struct yc_http_limits){
        .line_bytes = (size_t)8 << 10, .head_bytes = (size_t)16 << 10, .body_bytes = (size_t)32 << 20};
}

void yc_http_parser_init(struct yc_http_parser *p, enum yc_http_kind kind, const struct yc_alloc *alloc,
                         const struct yc_http_limits *limits)
{
    memset(p, 0, sizeof *p);
    p->kind = kind;
    p->limits = *limits;
    yc_buf_init(&p->head, alloc, limits->head_bytes);
    yc_buf_init(&p->body, alloc, limits->body_bytes);
}

void yc_http_parser_release(struct yc_http_parser *p)
{
    yc_buf_release(&p->head);
    yc_buf_release(&p->body);
}

static void empty(struct yc_buf *b)
{
    if (b->cap > KEEP_BUFFER_BYTES)
        yc_buf_release(b);
    yc_buf_clear(b);
}

void yc_http_parser_next(struct yc_http_parser *p)
{
    empty(&p->head);
    empty(&p->body);
    memset(&p->message, 0, sizeof p->message);
    p->state = YC_HTTP_S_START;
    p->line_at = p->lines = p->header_count = p->trailer_bytes = 0;
    p->body_left = 0;
    p->no_body = p->saw_cr = false;
    p->error_status = 0;
    p->error_text = NULL;
}

bool yc_http_parser_idle(const struct yc_http_parser *p)
{
    return p->state == YC_HTTP_S_START && !p->saw_cr;
}

static enum yc_http_step bad(struct yc_http_parser *p, unsigned status, const char *text)
{
    p->state = YC_HTTP_S_BAD;
    p->error_status = status;
    p->error_text = text;
    return YC_HTTP_BAD;
}

/* --- characters (RFC 9110, 5.6.2 and 5.5) --- */

static bool is_token_char(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(struct yc_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (!is_token_char(v.p[i]))
            return false;
    }
    return v.n > 0;
}

static bool is_field_value(struct yc_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if ((v.p[i] < ' ' && v.p[i] != '\t') || v.p[i] == 0x7f)
            return false;
    }
    return true;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct yc_view trim(struct yc_view v)
{
    while (v.n && is_space(v.p[0]))
        v = yc_view_slice(v, 1, v.n - 1);
    while (v.n && is_space(v.p[v.n - 1]))
        v.n--;
    return v;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool yc_http_equal_nocase(struct yc_view a, const char *text)
{
    if (a.n != strlen(text))
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower((uint8_t)text[i]))
            return false;
    }
    return true;
}

const struct yc_view *yc_http_find(const struct yc_http_message *m, const char *name)
{
    for (size_t i = 0; i < m->header_count; i++) {
        if (yc_http_equal_nocase(m->headers[i].name, name))
            return &m->headers[i].value;
    }
    return NULL;
}

size_t yc_http_count(const struct yc_http_message *m, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < m->header_count; i++)
        n += yc_http_equal_nocase(m->headers[i].name, name);
    return n;
}

/* --- the head --- */

/* "HTTP/1.0" or "HTTP/1.1" (RFC 9112, 2.3); 0 when it is, else the status to answer. */
static unsigned read_version(unsigned *minor, struct yc_view v)
{
    if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || v.p[6] != '.' || v.p[5] < '0' || v.p[5] > '9' || v.p[7] < '0' ||
        v.p[7] > '9')
        return 400;
    if (v.p[5] != '1' || v.p[7] > '1')
        return 505;
    *minor = (unsigned)(v.p[7] - '0');
    return 0;
}

/* METHOD SP TARGET SP VERSION, one space each. */
static enum yc_http_step read_request_line(struct yc_http_parser *p, struct yc_view line)
{
    struct yc_http_message *m = &p->message;
    const uint8_t *sp1 = memchr(line.p, ' ', line.n);
    if (!sp1)
        return bad(p, 400, "the request line is not METHOD PATH HTTP/1.1");
    m->method = yc_view(line.p, (size_t)(sp1 - line.p));
    struct yc_view rest = yc_view_slice(line, m->method.n + 1, line.n - m->method.n - 1);
    const uint8_t *sp2 = memchr(rest.p, ' ', rest.n);
    if (!is_token(m->method) || m->method.n > METHOD_BYTES_MAX || !sp2)
        return bad(p, 400, "the request line is not METHOD PATH HTTP/1.1");
    m->target = yc_view(rest.p, (size_t)(sp2 - rest.p));
    for (size_t i = 0; i < m->target.n; i++) {
        if (m->target.p[i] <= ' ' || m->target.p[i] >= 0x7f || m->target.p[i] == '#')
            return bad(p, 400, "the request's path holds a character that must be percent-encoded");
    }
    if (m->target.n == 0 || (m->target.p[0] != '/' && !yc_view_equal(m->target, yc_view_text("*"))))
        return bad(p, 400, "the request's path does not begin with a slash");
    unsigned status = read_version(&m->minor, yc_view_slice(rest, m->target.n + 1, rest.n - m->target.n - 1));
    if (status != 0)
        return bad(p, status, "the request is not HTTP/1.0 or HTTP/1.1");
    return YC_HTTP_MORE;
}

/* VERSION SP DIGIT DIGIT DIGIT SP [reason] (the last space may be missing, as some servers leave it out). */
static enum yc_http_step read_status_line(struct yc_http_parser *p, struct yc_view line)
{
    struct yc_http_message *m = &p->message;
    if (line.n < 12 || line.p[8] != ' ' || read_version(&m->minor, yc_view_slice(line, 0, 8)) != 0 ||
        (line.n > 12 && line.p[12] != ' ') || !is_field_value(line))
        return bad(p, 400, "the answer does not begin with an HTTP/1.1 status line");
    m->status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (line.p[i] < '0' || line.p[i] > '9')
            return bad(p, 400, "the answer's status is not a number");
        m->status = m->status * 10 + (unsigned)(line.p[i] - '0');
    }
    if (m->status < 100 || m->status > 599)
        return bad(p, 400, "the answer's status is not within 100..599");
    return YC_HTTP_MORE;
}

/* Views into head stay right: they are made only when the head is complete and moves no more. */
static enum yc_http_step read_header_line(struct yc_http_parser *p, struct yc_view line)
{
    if (is_space(line.p[0]))
        return bad(p, 400, "a header line begins with space: folded headers are not accepted");
    const uint8_t *colon = memchr(line.p, ':', line.n);
    if (!colon)
        return bad(p, 400, "a header line has no colon");
    struct yc_view name = yc_view(line.p, (size_t)(colon - line.p));
    struct yc_view value = yc_view_slice(line, name.n + 1, line.n - name.n - 1);
    if (!is_token(name))
        return bad(p, 400, "a header's name is empty or holds a character that is not allowed there");
    if (!is_field_value(value))
        return bad(p, 400, "a header's value holds a control character");
    if (p->header_count == YC_HTTP_HEADERS_MAX)
        return bad(p, 431, "too many headers");
    p->headers[p->header_count++] = (struct yc_http_header){name, trim(value)};
    return YC_HTTP_MORE;
}

/* Digits only: no sign, no space, no list; false above 2^63. */
static bool read_length(uint64_t *out, struct yc_view v)
{
    uint64_t n = 0;
    if (v.n == 0 || v.n > 18)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(v.p[i] - '0');
    }
    *out = n;
    return true;
}

/* Is the word an element of the comma-separated list in any header of the name? */
static bool list_has(const struct yc_http_message *m, const char *name, const char *word)
{
    for (size_t i = 0; i < m->header_count; i++) {
        struct yc_view left = m->headers[i].value;
        if (!yc_http_equal_nocase(m->headers[i].name, name))
            continue;
        while (left.n) {
            const uint8_t *comma = memchr(left.p, ',', left.n);
            size_t n = comma ? (size_t)(comma - left.p) : left.n;
            if (yc_http_equal_nocase(trim(yc_view_slice(left, 0, n)), word))
                return true;
            size_t skip = comma ? n + 1 : n;
            left = yc_view_slice(left, skip, left.n - skip);
        }
    }
    return false;
}

/* Where the body ends (RFC 9112, 6.3): the rules that two parsers of one stream must not read differently. */
static enum yc_http_step read_framing(struct yc_http_parser *p)
{
    struct yc_http_message *m = &p->message;
    size_t lengths = yc_http_count(m, "Content-Length"), codings = yc_http_count(m, "Transfer-Encoding");
    if (lengths > 1 || codings > 1 || (lengths && codings))
        return bad(p, 400, "the length of the body is given twice");
    p->body_left = 0;
    if (lengths && !read_length(&p->body_left, *yc_http_find(m, "Content-Length")))
        return bad(p, 400, "Content-Length is not a number");
    if (codings && m->minor == 0)
        return bad(p, 400, "HTTP/1.0 has no Transfer-Encoding");
    if (codings && !yc_http_equal_nocase(*yc_http_find(m, "Transfer-Encoding"), "chunked"))
        return bad(p, 501, "the only Transfer-Encoding understood here is chunked");
    if (p->kind == YC_HTTP_RESPONSE && (p->no_body || m->status < 200 || m->status == 204 || m->status == 304)) {
        p->body_left = 0;
        p->state = YC_HTTP_S_HEAD_DONE;
        return YC_HTTP_HEAD;
    }
    if (!codings && !lengths && p->kind == YC_HTTP_RESPONSE) {
        m->keep_alive = false;
        p->body_left = BODY_UNKNOWN;
    }
    if (p->body_left != BODY_UNKNOWN && p->body_left > p->limits.body_bytes)
        return bad(p, 413, "the body is larger than allowed");
    m->has_body = codings || p->body_left > 0;
    p->trailer_bytes = 0;
    p->state = codings ? YC_HTTP_S_CHUNK_SIZE : YC_HTTP_S_HEAD_DONE;
    return YC_HTTP_HEAD;
}

static enum yc_http_step read_first_line(struct yc_http_parser *p, struct yc_view line)
{
    return p->kind == YC_HTTP_REQUEST ? read_request_line(p, line) : read_status_line(p, line);
}

static enum yc_http_step finish_head(struct yc_http_parser *p)
{
    struct yc_http_message *m = &p->message;
    struct yc_view head = yc_buf_view(&p->head);
    size_t at = 0;
    for (size_t i = 0; i < p->lines; i++) {
        const uint8_t *cr = memchr(head.p + at, '\r', head.n - at);
        struct yc_view line = yc_view_slice(head, at, (size_t)(cr - (head.p + at)));
        if ((i > 0 ? read_header_line(p, line) : read_first_line(p, line)) == YC_HTTP_BAD)
            return YC_HTTP_BAD;
        at += line.n + 2;
    }
    m->headers = p->headers;
    m->header_count = p->header_count;
    if (p->kind == YC_HTTP_REQUEST) {
        size_t hosts = yc_http_count(m, "Host");
        if (hosts > 1 || (hosts == 0 && m->minor == 1))
            return bad(p, 400, "the request must have exactly one Host header");
        size_t expects = yc_http_count(m, "Expect");
        if (expects > 0 && (expects > 1 || !yc_http_equal_nocase(*yc_http_find(m, "Expect"), "100-continue")))
            return bad(p, 417, "the only expectation understood here is 100-continue");
        m->expect_continue = expects == 1 && m->minor == 1;
    }
    m->keep_alive = list_has(m, "Connection", "close")        ? false
                    : list_has(m, "Connection", "keep-alive") ? true
                                                              : m->minor == 1;
    return read_framing(p);
}

/* Take bytes of the head up to the end of a line. Lines end with CR LF; a CR or LF elsewhere is an error, which also
 * keeps both out of values. */
static enum yc_http_step take_line(struct yc_http_parser *p, const uint8_t *in, size_t n, size_t *used)
{
    size_t line_room = p->limits.line_bytes + 2 - (p->head.n - p->line_at), head_room = p->head.max - p->head.n;
    size_t room = line_room < head_room ? line_room : head_room;
    const uint8_t *lf = memchr(in, '\n', n < room ? n : room);
    size_t take = lf ? (size_t)(lf - in) + 1 : n < room ? n : room;
    bool over = !lf && n > room;
    *used = take;
    yc_buf_append(&p->head, in, take);
    if (p->head.failed)
        return bad(p, 500, "no memory for the head");
    /* A CR is right only when it is the last byte so far, or before the LF that ends the line. */
    size_t old = p->head.n - take, end = p->head.n - (lf ? 2 : 1);
    size_t from = old > p->line_at ? old - 1 : old;
    for (size_t i = from; i < p->head.n; i++) {
        if (p->head.p[i] == 0)
            return bad(p, 400, "the head holds a zero byte");
        if (p->head.p[i] == '\r' && i != end)
            return bad(p, 400, "the head holds a carriage return that ends no line");
    }
    /* After the characters, so that the verdict does not depend on how the bytes were cut. */
    if (over && line_room > head_room)
        return bad(p, 431, "the head is larger than allowed");
    if (over)
        return bad(p, p->lines == 0 && p->kind == YC_HTTP_REQUEST ? 414 : 431,
                   "a line of the head is longer than allowed");
    if (!lf)
        return YC_HTTP_MORE;
    if (p->head.n - p->line_at < 2 || p->head.p[p->head.n - 2] != '\r')
        return bad(p, 400, "a line of the head does not end with CR LF");
    bool blank = p->head.n - p->line_at == 2;
    if (blank && p->lines > 0)
        return finish_head(p);
    if (blank)
        return bad(p, 400, "the message begins with an empty line");
    struct yc_view line = yc_view_slice(yc_buf_view(&p->head), p->line_at, p->head.n - p->line_at - 2);
    p->line_at = p->head.n;
    /* Who does not speak HTTP is told at once; the line is read again, for good, when the head is complete. */
    return p->lines++ == 0 ? read_first_line(p, line) : YC_HTTP_MORE;
}

/* --- the body --- */

static enum yc_http_step done(struct yc_http_parser *p)
{
    p->message.body = yc_buf_view(&p->body);
    p->state = YC_HTTP_S_DONE;
    return YC_HTTP_DONE;
}

/* Body bytes, as many as are left of the body or the chunk. */
static enum yc_http_step take_body(struct yc_http_parser *p, const uint8_t *in, size_t n, size_t *used)
{
    size_t take = n < p->body_left ? n : (size_t)p->body_left;
    if (take > p->body.max - p->body.n)
        return bad(p, 413, "the body is larger than allowed");
    yc_buf_append(&p->body, in, take);
    if (p->body.failed)
        return bad(p, 500, "no memory for the body");
    *used = take;
    if (p->body_left != BODY_UNKNOWN)
        p->body_left -= take;
    if (p->body_left > 0)
        return YC_HTTP_MORE;
    if (p->state == YC_HTTP_S_BODY)
        return done(p);
    p->state = YC_HTTP_S_CHUNK_END;
    return YC_HTTP_MORE;
}

/* One byte of "HEX CR LF". Chunk extensions are refused: nobody who talks to us has a use for them, and lenient
 * parsing of them is a way to smuggle. */
static enum yc_http_step chunk_size_byte(struct yc_http_parser *p, uint8_t c)
{
    int digit = yc_hex_digit(c);
    if (++p->trailer_bytes > CHUNK_LINE_MAX)
        return bad(p, 400, "a chunk's size is too long");
    if (p->saw_cr) {
        if (c != '\n')
            return bad(p, 400, "a chunk's size does not end with CR LF");
        p->saw_cr = false;
        p->trailer_bytes = 0;
        p->state = p->body_left > 0 ? YC_HTTP_S_CHUNK_DATA : YC_HTTP_S_TRAILER;
        return YC_HTTP_MORE;
    }
    if (c == '\r' && p->trailer_bytes > 1) {
        p->saw_cr = true;
        return YC_HTTP_MORE;
    }
    if (digit < 0)
        return bad(p, 400, "a chunk's size is not a plain hexadecimal number");
    p->body_left = p->body_left * 16 + (unsigned)digit;
    if (p->body_left > p->body.max - p->body.n)
        return bad(p, 413, "the body is larger than allowed");
    return YC_HTTP_MORE;
}

/* The CR LF after a chunk's data. */
static enum yc_http_step chunk_end_byte(struct yc_http_parser *p, uint8_t c)
{
    if (c != (p->saw_cr ? '\n' : '\r'))
        return bad(p, 400, "a chunk does not end with CR LF");
    if (p->saw_cr) {
        p->state = YC_HTTP_S_CHUNK_SIZE;
        p->trailer_bytes = 0;
        p->body_left = 0;
    }
    p->saw_cr = !p->saw_cr;
    return YC_HTTP_MORE;
}

/* Trailer lines are dropped, but must be lines; an empty one ends the message. body_left counts the line's bytes. */
static enum yc_http_step trailer_byte(struct yc_http_parser *p, uint8_t c)
{
    if (++p->trailer_bytes > TRAILER_BYTES_MAX)
        return bad(p, 431, "the trailers are larger than allowed");
    if (p->saw_cr) {
        if (c != '\n')
            return bad(p, 400, "a trailer line does not end with CR LF");
        bool blank = p->body_left == 0;
        p->saw_cr = false;
        p->body_left = 0;
        return blank ? done(p) : YC_HTTP_MORE;
    }
    if (c == '\r') {
        p->saw_cr = true;
        return YC_HTTP_MORE;
    }
    if ((c < ' ' && c != '\t') || c == 0x7f || (p->body_left == 0 && !is_token_char(c)))
        return bad(p, 400, "a trailer line holds a character that is not allowed there");
    p->body_left++;
    return YC_HTTP_MORE;
}

/* The head was reported; what comes now? */
static enum yc_http_step begin_body(struct yc_http_parser *p)
{
    if (!p->message.has_body && p->body_left != BODY_UNKNOWN)
        return done(p);
    p->state = p->body_left == BODY_UNKNOWN ? YC_HTTP_S_BODY_TO_END : YC_HTTP_S_BODY;
    return YC_HTTP_MORE;
}

static enum yc_http_step one_step(struct yc_http_parser *p, const uint8_t *in, size_t n, size_t *used)
{
    *used = 1;
    switch (p->state) {
    case YC_HTTP_S_START:
        p->state = YC_HTTP_S_LINE;
        return take_line(p, in, n, used);
    case YC_HTTP_S_LINE:
        return take_line(p, in, n, used);
    case YC_HTTP_S_BODY:
    case YC_HTTP_S_BODY_TO_END:
    case YC_HTTP_S_CHUNK_DATA:
        return take_body(p, in, n, used);
    case YC_HTTP_S_CHUNK_SIZE:
        return chunk_size_byte(p, in[0]);
    case YC_HTTP_S_CHUNK_END:
        return chunk_end_byte(p, in[0]);
    case YC_HTTP_S_TRAILER:
        return trailer_byte(p, in[0]);
    case YC_HTTP_S_HEAD_DONE:
    case YC_HTTP_S_DONE:
    case YC_HTTP_S_BAD:
        break;
    }
    *used = 0;
    return p->state == YC_HTTP_S_DONE ? YC_HTTP_DONE : YC_HTTP_BAD;
}

enum yc_http_step yc_http_parser_feed(struct yc_http_parser *p, struct yc_view in, size_t *used)
{
    enum yc_http_step step = YC_HTTP_MORE;
    *used = 0;
    if (p->state == YC_HTTP_S_DONE)
        return YC_HTTP_DONE;
    if (p->state == YC_HTTP_S_BAD)
        return YC_HTTP_BAD;
    if (p->state == YC_HTTP_S_HEAD_DONE)
        step = begin_body(p);
    while (step == YC_HTTP_MORE && *used < in.n) {
        size_t n;
        step = one_step(p, in.p + *used, in.n - *used, &n);
        *used += n;
    }
    return step;
}

enum yc_http_step yc_http_parser_end(struct yc_http_parser *p)
{
    switch (p->state) {
    case YC_HTTP_S_START:
        return YC_HTTP_MORE;
    case YC_HTTP_S_HEAD_DONE:
        return begin_body(p) == YC_HTTP_DONE || p->state == YC_HTTP_S_BODY_TO_END
                   ? done(p)
                   : bad(p, 400, "the stream ended before the body was complete");
    case YC_HTTP_S_BODY_TO_END:
        return done(p);
    case YC_HTTP_S_DONE:
        return YC_HTTP_DONE;
    case YC_HTTP_S_BAD:
        return YC_HTTP_BAD;
    case YC_HTTP_S_LINE:
    case YC_HTTP_S_BODY:
    case YC_HTTP_S_CHUNK_SIZE:
    case YC_HTTP_S_CHUNK_DATA:
    case YC_HTTP_S_CHUNK_END:
    case YC_HTTP_S_TRAILER:
        break;
    }
    return bad(p, 400, "the stream ended in the middle of a message");
}
