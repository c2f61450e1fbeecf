#include "net/peers/anchors.h"

#include "base/assert.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/sha256.h"

#define ENTRY_VERSION                                                                                                  \
    (UINT32_C(220000) | UINT32_C(1) << 29) /* written by Bitcoin Core 22 or later, addresses as in addrv2 */
#define CHECKSUM_BYTES 32
#define ENTRIES_MAX    64 /* of a file of Bitcoin Core's; the first are taken */

void yc_anchors_write(struct yc_buf *out, const uint8_t magic[4], const struct yc_addr_entry *list, size_t count)
{
    uint8_t bytes[YC_ANCHORS_BYTES_MAX], sum32[CHECKSUM_BYTES];
    struct yc_writer w;
    YC_ASSERT(count <= YC_ANCHORS_MAX);
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_bytes(&w, magic, 4);
    yc_writer_compact(&w, count);
    for (size_t i = 0; i < count; i++) {
        yc_writer_u32le(&w, ENTRY_VERSION);
        yc_addr_entry_write(&w, &list[i]);
    }
    YC_ASSERT(!w.failed);
    yc_sha256d(sum32, bytes, w.n);
    yc_buf_append(out, bytes, w.n);
    yc_buf_append(out, sum32, sizeof sum32);
}

size_t yc_anchors_read(struct yc_addr_entry out[YC_ANCHORS_MAX], const uint8_t magic[4], struct yc_view bytes)
{
    struct yc_reader r;
    uint8_t sum32[CHECKSUM_BYTES];
    size_t count = 0;
    if (bytes.n < 4 + 1 + CHECKSUM_BYTES || memcmp(bytes.p, magic, 4) != 0)
        return 0;
    size_t n = bytes.n - CHECKSUM_BYTES;
    yc_sha256d(sum32, bytes.p, n);
    if (memcmp(sum32, bytes.p + n, CHECKSUM_BYTES) != 0)
        return 0;
    yc_reader_init(&r, yc_view(bytes.p + 4, n - 4));
    uint64_t entries = yc_reader_compact(&r);
    for (uint64_t i = 0; i < entries && i < ENTRIES_MAX; i++) {
        struct yc_addr_entry e;
        if (yc_reader_u32le(&r) != ENTRY_VERSION || !yc_addr_entry_read(&r, &e))
            return 0;
        if (e.known && count < YC_ANCHORS_MAX)
            out[count++] = e;
    }
    return yc_reader_done(&r) ? count : 0;
}
