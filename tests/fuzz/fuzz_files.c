/* A node that finds any bytes where its small files were (banlist.json, peers.dat, anchors.dat, mempool.dat), bare or with
 * the checksums that belong there: it starts, takes a block, stops and starts again; and what it could not read is kept aside
 * byte by byte, once (catalogue M08, S17).
 *
 * Input: which file (1 byte), how it is made (1 byte), its bytes. */
#include "base/assert.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "crypto/sha256.h"
#include "sim/world.h"

#include <stdio.h>

#define FILES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct {
    const char *name, *aside; /* NULL: what cannot be read is only passed over */
} files[FILES] = {{"/data/banlist.json", "/data/banlist.json.bak"},
                  {"/data/peers.dat", "/data/peers.dat.bak"},
                  {"/data/anchors.dat", NULL},
                  {"/data/mempool.dat", "/data/mempool.dat.bad"}};

static void append_sum(struct yc_buf *file)
{
    uint8_t sum32[32];
    yc_sha256d(sum32, file->p, file->n);
    yc_buf_append(file, sum32, sizeof sum32);
}

/* Entries as they are written, with the input's numbers and words. */
static void make_bans(struct yc_buf *file, struct yc_reader *r)
{
    char number[32];
    yc_buf_append_text(file, "{\"banned_nets\": [");
    for (unsigned i = 0; i < 50 && yc_reader_left(r); i++) {
        yc_buf_append_text(file, i ? ", {\"version\": 1, \"ban_created\": " : "{\"version\": 1, \"ban_created\": ");
        snprintf(number, sizeof number, "%lld", (long long)(int64_t)yc_reader_u64le(r));
        yc_buf_append_text(file, number);
        snprintf(number, sizeof number, ", \"banned_until\": %d", (int)yc_reader_u32le(r));
        yc_buf_append_text(file, number);
        yc_buf_append_text(file, ", \"address\": \"");
        size_t n = yc_reader_u8(r) % 24u, left = yc_reader_left(r);
        struct yc_view word = yc_reader_bytes(r, n < left ? n : left);
        yc_buf_append(file, word.p, word.n);
        yc_buf_append_text(file, "\"}");
    }
    yc_buf_append_text(file, "]}");
}

/* The input's records, each with a right checksum unless its first byte says otherwise. */
static void make_pool(struct yc_buf *file, struct yc_reader *r)
{
    yc_buf_append(file, "ycpool\0\1", 8);
    while (yc_reader_left(r)) {
        uint8_t head[8], sum32[32], kind = yc_reader_u8(r);
        size_t n = yc_reader_u16le(r), left = yc_reader_left(r);
        struct yc_view body = yc_reader_bytes(r, n < left ? n : left);
        yc_sha256d(sum32, body.p, body.n);
        yc_put32le(head, kind == 255 ? UINT32_MAX : (uint32_t)body.n);
        memcpy(head + 4, sum32, 4);
        head[4] ^= kind == 254;
        yc_buf_append(file, head, sizeof head);
        yc_buf_append(file, body.p, body.n);
    }
}

static void make_file(struct yc_buf *file, unsigned which, uint8_t how, struct yc_view bytes, const uint8_t magic[4])
{
    struct yc_reader r;
    yc_reader_init(&r, bytes);
    if (how & 1) {
        yc_buf_append(file, bytes.p, bytes.n);
    } else if (which == 0) {
        make_bans(file, &r);
    } else if (which == 3) {
        make_pool(file, &r);
    } else {
        if (which == 2)
            yc_buf_append(file, magic, 4);
        yc_buf_append(file, bytes.p, bytes.n);
        append_sum(file);
    }
    YC_ASSERT(!file->failed);
}

static void read_back(struct yc_buf *out, const struct yc_fs *fs, const char *path)
{
    struct yc_view text;
    struct yc_error err;
    yc_buf_clear(out);
    if (yc_fs_read_file(fs, yc_heap(), path, 1 << 24, &text, &err) != YC_VALID)
        return;
    yc_buf_append(out, text.p, text.n);
    yc_alloc_free(yc_heap(), (void *)(uintptr_t)text.p, text.n);
}

/* Start, take a block, stop. */
static void live(struct sim *s, unsigned node, unsigned height)
{
    sim_start(s, node);
    sim_run(s, 2);
    (void)sim_mine(s, node, 1);
    YC_ASSERT(sim_height(s, node) == height);
    sim_stop(s, node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sim s;
    struct yc_buf file, kept;
    struct yc_error err;
    if (n < 2)
        return 0;
    unsigned which = data[0] % FILES;
    sim_init(&s, &(struct sim_options){.seed = 1});
    unsigned node = sim_add_node(&s);
    const struct yc_fs *fs = yc_fs_memory_fs(s.node[node].fs);
    yc_buf_init(&file, yc_heap(), SIZE_MAX);
    yc_buf_init(&kept, yc_heap(), SIZE_MAX);
    make_file(&file, which, data[1], yc_view(data + 2, n - 2), yc_chain_builtin("regtest")->magic);
    enum yc_verdict v = yc_fs_replace_file(fs, files[which].name, yc_buf_view(&file), &err);
    YC_ASSERT(v == YC_VALID);
    for (unsigned height = 1; height <= 2; height++) {
        live(&s, node, height);
        if (!files[which].aside)
            continue;
        read_back(&kept, fs, files[which].aside);
        bool aside = kept.n > 0;
        YC_ASSERT(!aside || yc_view_equal(yc_buf_view(&kept), yc_buf_view(&file)));
        if (!aside)
            yc_buf_clear(&file); /* what is there now was written by the node: it is never put aside */
    }
    yc_buf_release(&file);
    yc_buf_release(&kept);
    sim_release(&s);
    return 0;
}
