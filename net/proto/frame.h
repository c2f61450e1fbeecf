/* The frames of the P2P network (transport version 1): magic, command, length, checksum, payload. Bytes in, whole
 * messages out; no sockets, no clock. One thread at a time.
 *
 * Attacks it answers: a header that announces megabytes which never come (catalogue P01: memory grows with the bytes
 * that arrived, whatever the header says); a stranger of another network or protocol (the magic
 * is judged as soon as its four bytes are there, and nothing is answered); a payload damaged on its way (P21: the
 * checksum is always verified, the message dropped, the connection kept). Source: Bitcoin's protocol, version 1. */
#ifndef YC_NET_PROTO_FRAME_H
#define YC_NET_PROTO_FRAME_H

#include "base/alloc.h"
#include "base/result.h"
#include "base/view.h"

#define YC_FRAME_HEADER_BYTES  24
#define YC_FRAME_COMMAND_BYTES 12
#define YC_FRAME_PAYLOAD_MAX   4000000 /* bytes; as Bitcoin Core */

struct yc_frame {
    char command[YC_FRAME_COMMAND_BYTES + 1]; /* NUL-terminated; printable ASCII unless the step says DROPPED */
    struct yc_view payload;                   /* until the next call on the reader */
    size_t wire_bytes;                        /* header and payload */
};

enum yc_frame_step {
    YC_FRAME_MORE,    /* needs more bytes */
    YC_FRAME_MESSAGE, /* *out is a whole message with a correct checksum */
    YC_FRAME_DROPPED, /* *out came whole but is void: wrong checksum or command text. Go on; fault says why */
    YC_FRAME_BAD      /* the stream is no use any more: close without an answer; fault says why. Final */
};

struct yc_frame_reader {
    const struct yc_alloc *alloc;
    uint8_t magic[4];
    uint8_t *p;
    size_t start, end, cap; /* bytes that were pushed and not yet given out are p[start..end) */
    size_t held_max;
    bool bad;
    char fault[160]; /* Bitcoin Core's words, without the peer's number: "Header error: Wrong MessageStart …" */
};

/** A reader of one connection. alloc is borrowed for its life; no memory is taken yet.
 *  held_max  most bytes that may be held; a push above it fails. At least a header and YC_FRAME_PAYLOAD_MAX. */
void yc_frame_reader_init(struct yc_frame_reader *f, const struct yc_alloc *alloc, const uint8_t magic[4],
                          size_t held_max);
void yc_frame_reader_release(struct yc_frame_reader *f);

/** Take over a copy of the bytes. Ends the life of views given out before.
 *  Returns YC_VALID (also after YC_FRAME_BAD: the bytes are dropped), or YC_SYSTEM when held_max would be passed or
 *  there is no memory: nothing was taken, the caller should close this connection. */
enum yc_verdict yc_frame_push(struct yc_frame_reader *f, struct yc_view bytes) YC_MUST_USE;

/** The next message of the bytes pushed so far, in order. */
enum yc_frame_step yc_frame_next(struct yc_frame_reader *f, struct yc_frame *out);

/** Bytes pushed and not yet given out: what counts against the node's receive budget. */
static inline size_t yc_frame_held_bytes(const struct yc_frame_reader *f)
{
    return f->end - f->start;
}
/** Memory taken: at most twice the bytes held at any time since the buffer was last empty, plus 256 KiB. */
static inline size_t yc_frame_memory_bytes(const struct yc_frame_reader *f)
{
    return f->cap;
}

/** Write the header of a message; command is at most 12 characters, payload at most YC_FRAME_PAYLOAD_MAX bytes. */
void yc_frame_write_header(uint8_t out24[YC_FRAME_HEADER_BYTES], const uint8_t magic[4], const char *command,
                           struct yc_view payload);

#endif
