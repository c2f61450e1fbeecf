/* A strict HTTP/1.0 and HTTP/1.1 parser (RFC 9110, RFC 9112): bytes in, one message at a time out. No sockets, no
 * clock: the server, the client and the fuzzer drive the same code. One thread at a time.
 *
 * Attacks it answers (catalogue R06, R07, X08): two parsers that read one byte stream differently (request smuggling),
 * and parsing faults before authentication. So whatever is ambiguous is an error and never repaired: a line ends with
 * CR LF and in no other way; repeated or malformed Content-Length, Content-Length beside Transfer-Encoding, any
 * coding but one final "chunked", folded header lines, space before the colon, control characters, repeated Host,
 * HTTP/1.1 without Host: 400. Everything has a limit. Trailers of a chunked body are checked and dropped. */
#ifndef YC_NET_TRANSPORT_HTTP_PARSE_H
#define YC_NET_TRANSPORT_HTTP_PARSE_H

#include "base/buf.h"
#include "base/result.h"

#define YC_HTTP_HEADERS_MAX 100

struct yc_http_header {
    struct yc_view name;  /* as sent; compare with yc_http_find() */
    struct yc_view value; /* without the space around it; visible characters, space, tab, bytes from 0x80 */
};

enum yc_http_kind { YC_HTTP_REQUEST, YC_HTTP_RESPONSE };

struct yc_http_limits {
    size_t line_bytes; /* request or status line, and each header line: over it is 414 or 431 */
    size_t head_bytes; /* all of the head: over it is 431 */
    size_t body_bytes; /* over it is 413 */
};

/** 8 KiB a line, 16 KiB of head, 32 MiB of body. */
struct yc_http_limits yc_http_limits_default(void);

/* What was read. Views are into the parser's buffers: valid until the next yc_http_parser_next() or _release(). */
struct yc_http_message {
    struct yc_view method; /* request: a token, at most 16 bytes */
    struct yc_view target; /* request: "/path?query", or "*" */
    unsigned status;       /* response: 100..599 */
    unsigned minor;        /* HTTP/1.minor: 0 or 1 */
    const struct yc_http_header *headers;
    size_t header_count;
    struct yc_view body;
    bool has_body;        /* Content-Length above zero, or chunked, or (responses) up to the end of the stream */
    bool keep_alive;      /* what the sender wants of the connection after this message */
    bool expect_continue; /* request: waits for "100 Continue" before it sends the body */
};

enum yc_http_step {
    YC_HTTP_MORE, /* all input was used; more is needed */
    YC_HTTP_HEAD, /* the head is complete: message is filled in but for body; feed on for the body */
    YC_HTTP_DONE, /* the message is complete */
    YC_HTTP_BAD   /* see error_status and error_text; final */
};

enum yc_http_state {
    YC_HTTP_S_START,
    YC_HTTP_S_LINE,
    YC_HTTP_S_HEAD_DONE,
    YC_HTTP_S_BODY,
    YC_HTTP_S_BODY_TO_END,
    YC_HTTP_S_CHUNK_SIZE,
    YC_HTTP_S_CHUNK_DATA,
    YC_HTTP_S_CHUNK_END,
    YC_HTTP_S_TRAILER,
    YC_HTTP_S_DONE,
    YC_HTTP_S_BAD
};

struct yc_http_parser {
    enum yc_http_kind kind;
    struct yc_http_limits limits;
    struct yc_http_message message;
    unsigned error_status; /* after YC_HTTP_BAD: what a server should answer (400, 413, 414, 417, 431, 501, 505, 500) */
    const char *error_text; /* a sentence, static */
    /* the parser's own */
    enum yc_http_state state;
    struct yc_buf head, body;
    size_t line_at;       /* where the line being read starts in head */
    size_t lines;         /* complete lines so far, the first one counted */
    uint64_t body_left;   /* bytes of body or chunk still to come */
    size_t trailer_bytes; /* bytes of chunk lines and trailers since the last chunk */
    bool no_body;         /* response to HEAD */
    bool saw_cr;
    struct yc_http_header headers[YC_HTTP_HEADERS_MAX];
    size_t header_count;
};

/** A parser for messages of one kind. alloc is borrowed for its life; limits are copied. Takes no memory yet. */
void yc_http_parser_init(struct yc_http_parser *p, enum yc_http_kind kind, const struct yc_alloc *alloc,
                         const struct yc_http_limits *limits);
void yc_http_parser_release(struct yc_http_parser *p);

/** Go on to the next message of the stream, after YC_HTTP_DONE. Buffers are kept unless they are large. */
void yc_http_parser_next(struct yc_http_parser *p);

/** Read from in; *used (always set) says how many bytes were taken. Stops early, with *used < in.n possible, at each
 *  YC_HTTP_HEAD and YC_HTTP_DONE: what is left belongs to the body or to the next message. YC_HTTP_HEAD is given once
 *  for each message, also for those without a body. Feeding after DONE or BAD uses nothing and says the same again.
 *  Cost: linear in the bytes, however they are cut. */
enum yc_http_step yc_http_parser_feed(struct yc_http_parser *p, struct yc_view in, size_t *used);

/** The stream has ended: YC_HTTP_DONE when that completes a response of unknown length, YC_HTTP_MORE when no byte of a
 *  message had come, else YC_HTTP_BAD. */
enum yc_http_step yc_http_parser_end(struct yc_http_parser *p);

/** True when no byte of the next message has been read. */
bool yc_http_parser_idle(const struct yc_http_parser *p);

/** The value of the first header of that name (any case), or NULL. */
const struct yc_view *yc_http_find(const struct yc_http_message *m, const char *name);
/** Number of headers of that name. */
size_t yc_http_count(const struct yc_http_message *m, const char *name);
/** True when a and the text are equal, ASCII letters in any case. */
bool yc_http_equal_nocase(struct yc_view a, const char *text);
/** "Not Found" and the like; "Unknown" for a status we never send. */
const char *yc_http_status_text(unsigned status);

/** Decode base64 (RFC 4648, padding required, nothing else allowed between) into out.
 *  Returns the number of bytes written, or -1 when the text is malformed or needs more than max bytes. */
ptrdiff_t yc_base64_decode(uint8_t *out, size_t max, struct yc_view text);
/** Write the base64 form and a NUL: out has room for (n + 2) / 3 * 4 + 1 bytes. */
void yc_base64_encode(char *out, struct yc_view bytes);

#define YC_HTTP_BASIC_MAX 1024 /* bytes of "user:password" that are looked at */

/** The "user:password" of an "Authorization: Basic ..." header value (RFC 7617), a NUL after it.
 *  Returns its length, or -1 when it is another scheme, malformed, too long or without a colon. Compare secrets with
 *  yc_equal_constant_time() of their hashes, and wipe out afterwards. */
ptrdiff_t yc_http_basic_auth(char out[YC_HTTP_BASIC_MAX + 1], struct yc_view value);

#endif
