/* The framing: whole messages out of any cutting of the stream, and the faults with Bitcoin Core's words. */
#include "base/bytes.h"
#include "base/random.h"
#include "net/proto/frame.h"
#include "net/proto/message.h"
#include "support/heap.h"
#include "support/unit.h"

#define HELD_MAX 8000000

static const uint8_t magic[4] = {0xfa, 0xbf, 0xb5, 0xda};

struct reader {
    struct test_heap heap;
    struct yc_frame_reader f;
};

static void start(struct reader *r)
{
    test_heap_init(&r->heap);
    yc_frame_reader_init(&r->f, &r->heap.alloc, magic, HELD_MAX);
}

static void end(struct reader *r)
{
    yc_frame_reader_release(&r->f);
    assert_int_equal(r->heap.live_bytes, 0);
}

static size_t message(uint8_t *out, const char *command, const void *payload, size_t n)
{
    yc_frame_write_header(out, magic, command, yc_view(payload, n));
    memcpy(out + YC_FRAME_HEADER_BYTES, payload, n);
    return YC_FRAME_HEADER_BYTES + n;
}

static void push(struct reader *r, const void *p, size_t n)
{
    assert_int_equal(yc_frame_push(&r->f, yc_view(p, n)), YC_VALID);
}

static void byte_by_byte(void **state)
{
    struct reader r;
    struct yc_frame frame;
    uint8_t bytes[64];
    size_t n = message(bytes, "ping", "12345678", 8);
    (void)state;
    start(&r);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_MORE);
        push(&r, bytes + i, 1);
        assert_int_equal(yc_frame_held_bytes(&r.f), i + 1);
    }
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_MESSAGE);
    assert_string_equal(frame.command, "ping");
    assert_true(yc_view_equal(frame.payload, yc_view_text("12345678")));
    assert_int_equal(frame.wire_bytes, n);
    assert_int_equal(yc_frame_held_bytes(&r.f), 0);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_MORE);
    end(&r);
}

/* Streams of random messages cut at random places give back the messages. */
static void any_cutting(void **state)
{
    struct yc_random_seeded seeded;
    struct yc_random random;
    static uint8_t stream[200000], payload[5000];
    (void)state;
    yc_random_seed(&random, &seeded, 5);
    for (int round = 0; round < 50; round++) {
        struct reader r;
        struct yc_frame frame;
        size_t sizes[20], n = 0, at = 0, seen = 0;
        start(&r);
        for (size_t i = 0; i < 20; i++) {
            sizes[i] = (size_t)yc_random_below(&random, sizeof payload);
            memset(payload, (int)i, sizes[i]);
            n += message(stream + n, "inv", payload, sizes[i]);
        }
        while (seen < 20) {
            size_t left = n - at, cut = left ? 1 + (size_t)yc_random_below(&random, left < 9000 ? left : 9000) : 0;
            push(&r, stream + at, cut);
            at += cut;
            while (yc_frame_next(&r.f, &frame) == YC_FRAME_MESSAGE) {
                assert_int_equal(frame.payload.n, sizes[seen]);
                for (size_t k = 0; k < frame.payload.n; k++)
                    assert_int_equal(frame.payload.p[k], seen);
                seen++;
            }
        }
        assert_int_equal(at, n);
        end(&r);
    }
}

static void wrong_magic_ends_it_at_once(void **state)
{
    struct reader r;
    struct yc_frame frame;
    (void)state;
    start(&r);
    push(&r, "\xff\xff\xff", 3);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_MORE);
    push(&r, "\xff", 1);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_BAD);
    assert_string_equal(r.f.fault, "Header error: Wrong MessageStart ffffffff received");
    assert_int_equal(r.heap.live_bytes, 0);
    push(&r, "more", 4); /* dropped */
    assert_int_equal(yc_frame_held_bytes(&r.f), 0);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_BAD);
    end(&r);
}

static void announce(struct reader *r, const char *command, uint32_t n)
{
    uint8_t header[YC_FRAME_HEADER_BYTES];
    yc_frame_write_header(header, magic, command, YC_VIEW_EMPTY);
    yc_put32le(header + 16, n);
    push(r, header, sizeof header);
}

static void length_limits(void **state)
{
    static const struct {
        const char *command;
        uint32_t n;
        const char *fault; /* NULL: allowed */
    } cases[] = {
        {"badmsg", 4000000, NULL},
        {"badmsg", 4000001, "Header error: Size too large (badmsg, 4000001 bytes)"},
        {"block", 4000001, "Header error: Size too large (block, 4000001 bytes)"},
        {"ping", 4000000, NULL}, /* its nonce, and what a later version may put behind it */
        {"ping", 4000001, "Header error: Size too large (ping, 4000001 bytes)"},
        {"version", UINT32_MAX, "Header error: Size too large (version, 4294967295 bytes)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reader r;
        struct yc_frame frame;
        start(&r);
        announce(&r, cases[i].command, cases[i].n);
        assert_int_equal(yc_frame_next(&r.f, &frame), cases[i].fault ? YC_FRAME_BAD : YC_FRAME_MORE);
        if (cases[i].fault)
            assert_string_equal(r.f.fault, cases[i].fault);
        end(&r);
    }
}

/* P21: a damaged message is dropped, the stream goes on. The checksum is Bitcoin Core's, for the same two bytes. */
static void checksum(void **state)
{
    struct reader r;
    struct yc_frame frame;
    uint8_t bytes[64];
    size_t n = message(bytes, "badmsg",
                       "\x01"
                       "d",
                       2);
    (void)state;
    assert_memory_equal(bytes + 20, "\x78\xdf\x0a\x04", 4);
    memset(bytes + 20, 0xff, 4);
    start(&r);
    push(&r, bytes, n);
    n = message(bytes, "verack", "", 0);
    push(&r, bytes, n);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_DROPPED);
    assert_string_equal(r.f.fault, "Header error: Wrong checksum (badmsg, 2 bytes), expected 78df0a04 was ffffffff");
    assert_int_equal(frame.wire_bytes, 26);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_MESSAGE);
    assert_string_equal(frame.command, "verack");
    end(&r);
}

static void command_text(void **state)
{
    static const char *const bad[] = {"ba\0msg\0\0\0\0\0\0", "ping\x7f\0\0\0\0\0\0\0", "\x1fping\0\0\0\0\0\0\0",
                                      "ping\0\0\0\0\0\0\0a"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct reader r;
        struct yc_frame frame;
        uint8_t bytes[32];
        size_t n = message(bytes, "x", "", 0);
        memcpy(bytes + 4, bad[i], 12);
        start(&r);
        push(&r, bytes, n);
        assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_DROPPED);
        assert_non_null(strstr(r.f.fault, "Header error: Invalid message type"));
        end(&r);
    }
}

/* P01: what a header promises takes no memory. */
static void memory_follows_the_bytes(void **state)
{
    static uint8_t zeros[1000000];
    struct reader r;
    struct yc_frame frame;
    (void)state;
    start(&r);
    announce(&r, "block", 4000000);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_MORE);
    assert_true(r.heap.live_bytes <= 65536);
    push(&r, zeros, sizeof zeros);
    assert_true(r.heap.live_bytes <= 2 * (sizeof zeros + 65536));
    assert_int_equal(yc_frame_memory_bytes(&r.f), r.heap.live_bytes);
    for (int i = 0; i < 3; i++)
        push(&r, zeros, sizeof zeros);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_DROPPED); /* the checksum is that of no bytes */
    assert_int_equal(frame.payload.n, 4000000);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_MORE);
    assert_int_equal(r.heap.live_bytes, 0); /* an idle peer holds nothing large */
    end(&r);
}

static void bounds_and_no_memory(void **state)
{
    static uint8_t block[HELD_MAX];
    struct reader r;
    struct yc_frame frame;
    uint8_t bytes[32];
    size_t n = message(bytes, "verack", "", 0);
    (void)state;
    start(&r);
    r.heap.fail_at = 1;
    assert_int_equal(yc_frame_push(&r.f, yc_view(bytes, n)), YC_SYSTEM);
    r.heap.fail_at = 0;
    push(&r, bytes, n);
    assert_int_equal(yc_frame_next(&r.f, &frame), YC_FRAME_MESSAGE);
    push(&r, block, HELD_MAX);
    assert_int_equal(yc_frame_push(&r.f, yc_view(block, 1)), YC_SYSTEM);
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(any_cutting),
        cmocka_unit_test(wrong_magic_ends_it_at_once),
        cmocka_unit_test(length_limits),
        cmocka_unit_test(checksum),
        cmocka_unit_test(command_text),
        cmocka_unit_test(memory_follows_the_bytes),
        cmocka_unit_test(bounds_and_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
