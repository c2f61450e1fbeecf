#include "net/proto/frame.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hex.h"
#include "crypto/sha256.h"
#include "net/proto/message.h"

#include <stdio.h>

#define FIRST_BYTES     4096   /* least memory taken */
#define SMALL_BYTES     32768  /* an empty buffer larger than this is given back: idle peers stay small */
#define LARGE_BYTES     262144 /* the next size: large enough for the system to take back what is freed */
#define COPIES_MAX      4      /* each byte that comes is moved so often at most to save memory */
#define LENGTH_OFFSET   16
#define CHECKSUM_OFFSET 20
#define CHECKSUM_BYTES  4

void yc_frame_reader_init(struct yc_frame_reader *f, const struct yc_alloc *alloc, const uint8_t magic[4],
                          size_t held_max)
{
    YC_ASSERT(held_max >= YC_FRAME_HEADER_BYTES + YC_FRAME_PAYLOAD_MAX);
    *f = (struct yc_frame_reader){.alloc = alloc, .held_max = held_max};
    memcpy(f->magic, magic, sizeof f->magic);
}

static void give_back(struct yc_frame_reader *f)
{
    yc_alloc_free(f->alloc, f->p, f->cap);
    f->p = NULL;
    f->start = f->end = f->cap = 0;
}

void yc_frame_reader_release(struct yc_frame_reader *f)
{
    give_back(f);
}

/* Make room for n bytes behind f->end. Doubling, and moving what is held only when a part of as much has been given out, keep the copying linear, and the memory within twice what came. Sizes
 * between small and large are left out: many peers' outgrown buffers of them would stay with the process (P01). */
static bool make_room(struct yc_frame_reader *f, size_t n)
{
    size_t held = f->end - f->start;
    if (n <= f->cap - f->end)
        return true;
    if (f->start >= held / COPIES_MAX && n <= f->cap - held) {
        memmove(f->p, f->p + f->start, held);
        f->start = 0;
        f->end = held;
        return true;
    }
    size_t cap = f->cap ? 2 * f->cap : FIRST_BYTES;
    while (cap < held + n)
        cap *= 2;
    if (cap > SMALL_BYTES && cap < LARGE_BYTES)
        cap = LARGE_BYTES;
    if (f->start > 0 && held > 0)
        memmove(f->p, f->p + f->start, held);
    f->start = 0;
    f->end = held;
    uint8_t *p = yc_alloc_resize(f->alloc, f->p, f->cap, cap);
    if (!p)
        return false;
    f->p = p;
    f->cap = cap;
    return true;
}

enum yc_verdict yc_frame_push(struct yc_frame_reader *f, struct yc_view bytes)
{
    if (f->bad || bytes.n == 0)
        return YC_VALID;
    if (bytes.n > f->held_max - (f->end - f->start) || !make_room(f, bytes.n))
        return YC_SYSTEM;
    memcpy(f->p + f->end, bytes.p, bytes.n);
    f->end += bytes.n;
    return YC_VALID;
}

/* The command's text up to its first NUL into out; false when other bytes than printable ASCII, or anything but NULs
 * behind the first NUL, are in it. */
static bool read_command(char out[YC_FRAME_COMMAND_BYTES + 1], const uint8_t *p)
{
    bool valid = true, ended = false;
    size_t n = 0;
    for (size_t i = 0; i < YC_FRAME_COMMAND_BYTES; i++) {
        ended = ended || p[i] == 0;
        if (ended)
            valid = valid && p[i] == 0;
        else
            valid = valid && p[i] >= 0x20 && p[i] <= 0x7e;
        if (!ended)
            out[n++] = (char)p[i];
    }
    out[n] = 0;
    return valid;
}

/* A command as log lines may show it. */
static const char *safe(char out[YC_FRAME_COMMAND_BYTES + 1], const char *command)
{
    (void)yc_text_sanitise(out, YC_FRAME_COMMAND_BYTES + 1, yc_view_text(command));
    return out;
}

static enum yc_frame_step fail(struct yc_frame_reader *f)
{
    f->bad = true;
    give_back(f);
    return YC_FRAME_BAD;
}

/* The payload is complete: judge it. */
static enum yc_frame_step finish(struct yc_frame_reader *f, const uint8_t *header, struct yc_frame *out, bool valid)
{
    char text[YC_FRAME_COMMAND_BYTES + 1];
    uint8_t hash32[32];
    yc_sha256d(hash32, out->payload.p, out->payload.n);
    if (memcmp(hash32, header + CHECKSUM_OFFSET, CHECKSUM_BYTES) != 0) {
        char expected[2 * CHECKSUM_BYTES + 1], was[2 * CHECKSUM_BYTES + 1];
        yc_hex_write(expected, hash32, CHECKSUM_BYTES);
        yc_hex_write(was, header + CHECKSUM_OFFSET, CHECKSUM_BYTES);
        (void)snprintf(f->fault, sizeof f->fault, "Header error: Wrong checksum (%s, %zu bytes), expected %s was %s",
                       safe(text, out->command), out->payload.n, expected, was);
        return YC_FRAME_DROPPED;
    }
    if (!valid) {
        (void)snprintf(f->fault, sizeof f->fault, "Header error: Invalid message type (%s, %zu bytes)",
                       safe(text, out->command), out->payload.n);
        return YC_FRAME_DROPPED;
    }
    return YC_FRAME_MESSAGE;
}

enum yc_frame_step yc_frame_next(struct yc_frame_reader *f, struct yc_frame *out)
{
    if (f->bad)
        return YC_FRAME_BAD;
    size_t held = f->end - f->start;
    if (held == 0) {
        f->start = f->end = 0;
        if (f->cap > SMALL_BYTES)
            give_back(f);
        return YC_FRAME_MORE;
    }
    const uint8_t *header = f->p + f->start;
    if (held >= sizeof f->magic && memcmp(header, f->magic, sizeof f->magic) != 0) {
        char hex[2 * sizeof f->magic + 1];
        yc_hex_write(hex, header, sizeof f->magic);
        (void)snprintf(f->fault, sizeof f->fault, "Header error: Wrong MessageStart %s received", hex);
        return fail(f);
    }
    if (held < YC_FRAME_HEADER_BYTES)
        return YC_FRAME_MORE;
    bool valid = read_command(out->command, header + sizeof f->magic);
    uint32_t n = yc_get32le(header + LENGTH_OFFSET);
    if (n > YC_FRAME_PAYLOAD_MAX) {
        char text[YC_FRAME_COMMAND_BYTES + 1];
        (void)snprintf(f->fault, sizeof f->fault, "Header error: Size too large (%s, %u bytes)",
                       safe(text, out->command), (unsigned)n);
        return fail(f);
    }
    if (held - YC_FRAME_HEADER_BYTES < n)
        return YC_FRAME_MORE;
    out->payload = yc_view(header + YC_FRAME_HEADER_BYTES, n);
    out->wire_bytes = YC_FRAME_HEADER_BYTES + n;
    f->start += out->wire_bytes;
    return finish(f, header, out, valid);
}

void yc_frame_write_header(uint8_t out24[YC_FRAME_HEADER_BYTES], const uint8_t magic[4], const char *command,
                           struct yc_view payload)
{
    size_t n = strlen(command);
    uint8_t hash32[32];
    YC_ASSERT(n <= YC_FRAME_COMMAND_BYTES && payload.n <= YC_FRAME_PAYLOAD_MAX);
    memset(out24, 0, YC_FRAME_HEADER_BYTES);
    memcpy(out24, magic, 4);
    memcpy(out24 + 4, command, n);
    yc_put32le(out24 + LENGTH_OFFSET, (uint32_t)payload.n);
    yc_sha256d(hash32, payload.p, payload.n);
    memcpy(out24 + CHECKSUM_OFFSET, hash32, CHECKSUM_BYTES);
}
