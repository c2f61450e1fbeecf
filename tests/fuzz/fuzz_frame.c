/* Any bytes, cut in any way, through the framing: it must neither break nor hold more than it was given, and what it
 * gives out must not depend on the cutting. The first byte chooses the cuts. */
#include "base/assert.h"
#include "net/proto/frame.h"
#include "net/proto/message.h"
#include "sys/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define HELD_MAX 8000000

struct outcome {
    size_t messages, dropped, payload_bytes;
    bool bad;
};

static struct outcome run(const uint8_t *data, size_t n, size_t cut)
{
    static const uint8_t magic[4] = {0xfa, 0xbf, 0xb5, 0xda};
    struct yc_frame_reader f;
    struct yc_frame frame;
    struct outcome out = {0};
    yc_frame_reader_init(&f, yc_heap(), magic, HELD_MAX);
    for (size_t at = 0; at < n && !out.bad; at += cut) {
        enum yc_frame_step step;
        size_t size = n - at < cut ? n - at : cut;
        YC_ASSERT(yc_frame_push(&f, yc_view(data + at, size)) == YC_VALID);
        while ((step = yc_frame_next(&f, &frame)) == YC_FRAME_MESSAGE || step == YC_FRAME_DROPPED) {
            out.messages += step == YC_FRAME_MESSAGE;
            out.dropped += step == YC_FRAME_DROPPED;
            out.payload_bytes += frame.payload.n;
        }
        out.bad = step == YC_FRAME_BAD;
        YC_ASSERT(yc_frame_memory_bytes(&f) <= 2 * n + 8192);
    }
    yc_frame_reader_release(&f);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2 || n > HELD_MAX)
        return 0;
    struct outcome a = run(data + 1, n - 1, 1 + data[0]), b = run(data + 1, n - 1, n);
    YC_ASSERT(a.messages == b.messages && a.dropped == b.dropped && a.payload_bytes == b.payload_bytes);
    YC_ASSERT(a.bad == b.bad);
    return 0;
}
