/* A connection driven by the input: messages with correct frames, raw bytes, time, draining. The input is a list of
 * steps: a byte that says what, and for messages a byte for the type, two for the length, and the payload. */
#include "base/assert.h"
#include "base/reader.h"
#include "net/proto/peer.h"
#include "sys/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void take_events(struct yc_peer *p, struct yc_now now, bool *closed)
{
    struct yc_peer_event ev;
    while (yc_peer_next_event(p, now, &ev)) {
        YC_ASSERT(!*closed); /* CLOSED is the last event, and comes once */
        *closed = ev.kind == YC_PEER_EV_CLOSED;
        YC_ASSERT(ev.kind != YC_PEER_EV_MESSAGE || p->state == YC_PEER_READY);
    }
}

static void say(struct yc_peer *p, struct yc_reader *r, struct yc_now now)
{
    uint8_t header[YC_FRAME_HEADER_BYTES];
    enum yc_msg_type type = (enum yc_msg_type)(1 + yc_reader_u8(r) % (YC_MSG_COUNT - 1));
    size_t n = yc_reader_u16le(r), left = yc_reader_left(r);
    struct yc_view payload = yc_reader_bytes(r, n < left ? n : left);
    yc_frame_write_header(header, p->shared->magic, yc_msg_info(type)->name, payload);
    yc_peer_recv(p, yc_view(header, sizeof header), now);
    yc_peer_recv(p, payload, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_peer_nonces nonces = {.next = 0};
    struct yc_peer_shared shared = yc_peer_shared_default();
    struct yc_now now = {1, 1700000000};
    struct yc_peer p;
    struct yc_reader r;
    bool closed = false;
    yc_random_seed(&random, &seeded, 1);
    shared.alloc = yc_heap();
    shared.random = &random;
    shared.nonces = &nonces;
    yc_reader_init(&r, yc_view(data, n));
    struct yc_peer_start start = {.id = 1, .type = (enum yc_conn_type)(yc_reader_u8(&r) % (YC_CONN_ADDR_FETCH + 1))};
    yc_peer_init(&p, &shared, &start, now);
    while (yc_reader_left(&r)) {
        uint8_t step = yc_reader_u8(&r);
        if (step < 160) {
            say(&p, &r, now);
        } else if (step < 170) {
            yc_peer_recv(&p, yc_reader_bytes(&r, yc_reader_left(&r) < step ? yc_reader_left(&r) : step), now);
        } else if (step < 220) {
            now.mono_us += (int64_t)step * 1000000;
            now.wall_s += step;
            yc_peer_tick(&p, now);
        } else {
            size_t waiting = yc_peer_output(&p).n;
            yc_peer_sent(&p, step % 2 ? waiting : waiting / 2, now);
        }
        take_events(&p, now, &closed);
        YC_ASSERT(closed == (p.state == YC_PEER_CLOSED));
        YC_ASSERT(yc_peer_output(&p).n <= shared.send_max_bytes);
    }
    yc_peer_release(&p);
    return 0;
}
