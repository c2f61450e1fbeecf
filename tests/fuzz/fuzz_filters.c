/* Questions of light clients (BIP 157) as a program of the input: any question over a chain some of whose filters are not made
 * yet, answered in slices of any size by a peer that reads when it likes. The answer is compared with the whole one, which is
 * written down at once; what Bitcoin Core would disconnect for is disconnected (catalogue P34), and no slice reads more than
 * it may. The first byte of the input may cap the memory. */
#include "base/assert.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "net/relay/filters.h"
#include "sys/heap.h"

#include <stdlib.h>

#define STEPS        60
#define FILTER_BYTES 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A chain whose block of height h has the hash h + 1, 0, 0 … */
struct machine {
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_heap_capped heap;
    struct yc_peer_nonces nonces;
    struct yc_peer_shared shared;
    struct yc_chain_view view;
    struct yc_peer peer;
    struct yc_filter_request r;
    uint32_t tip, made; /* filters are there up to made */
    bool soon, capped;
    unsigned reads;
    struct yc_buf expected, heard; /* payloads one after another, each with its name before it */
};

static struct yc_block_hash hash_at(uint32_t height)
{
    struct yc_block_hash h = {{0}};
    yc_put32le(h.b, height + 1);
    return h;
}

static bool may_tell(void *ctx, const struct yc_block_hash *hash, struct yc_chain_entry *out)
{
    const struct machine *m = ctx;
    uint32_t height = yc_get32le(hash->b) - 1;
    struct yc_block_hash whole = hash_at(height);
    *out = (struct yc_chain_entry){.hash = *hash, .height = height};
    return yc_get32le(hash->b) && height <= m->tip && yc_block_hash_equal(hash, &whole);
}

static bool ancestor(void *ctx, const struct yc_block_hash *hash, uint32_t height, struct yc_chain_entry *out)
{
    struct yc_block_hash wanted = hash_at(height);
    return may_tell(ctx, hash, out) && height <= out->height && may_tell(ctx, &wanted, out);
}

static enum yc_verdict filter(void *ctx, const struct yc_block_hash *hash, struct yc_buf *out, struct yc_error *err)
{
    struct machine *m = ctx;
    uint32_t height = yc_get32le(hash->b) - 1;
    m->reads++;
    if (height > m->made)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "not made yet");
    yc_buf_append(out, hash->b, FILTER_BYTES);
    return YC_VALID;
}

static enum yc_verdict filter_link(void *ctx, const struct yc_block_hash *hash, uint8_t filter_hash32[32],
                                   uint8_t header32[32], struct yc_error *err)
{
    struct machine *m = ctx;
    m->reads++;
    if (yc_get32le(hash->b) - 1 > m->made)
        return yc_fail(err, YC_NOT_YET, YC_SYSTEM_NONE, "not made yet");
    memcpy(filter_hash32, hash->b, 32);
    memcpy(header32, hash->b, 32);
    filter_hash32[31] = 1;
    header32[31] = 2;
    return YC_VALID;
}

static bool filters_soon(void *ctx, const struct yc_block_hash *hash)
{
    const struct machine *m = ctx;
    return m->soon && yc_get32le(hash->b) - 1 > m->made;
}

/* ---- what it must say ---- */

static void expect_head(struct machine *m, const char *name, uint32_t block)
{
    struct yc_block_hash hash = hash_at(block);
    yc_buf_append_text(&m->expected, name);
    yc_buf_append(&m->expected, "", 1); /* the basic filter's type */
    yc_buf_append(&m->expected, hash.b, 32);
}

static void expect_link(struct machine *m, uint32_t height, uint8_t mark)
{
    struct yc_block_hash hash = hash_at(height);
    hash.b[31] = mark;
    yc_buf_append(&m->expected, hash.b, 32);
}

static void expect_count(struct machine *m, size_t count)
{
    uint8_t bytes[9];
    struct yc_writer w;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_compact(&w, count);
    yc_buf_append(&m->expected, bytes, w.n);
}

static void expect(struct machine *m, const struct yc_msg *msg, uint32_t stop)
{
    uint32_t first = msg->u.filters.start_height;
    if (msg->type == YC_MSG_GETCFILTERS) {
        for (uint32_t at = first; at <= stop && at <= m->made; at++) {
            struct yc_block_hash hash = hash_at(at);
            expect_head(m, "cfilter", at);
            expect_count(m, FILTER_BYTES);
            yc_buf_append(&m->expected, hash.b, FILTER_BYTES);
        }
    } else if (msg->type == YC_MSG_GETCFHEADERS && stop <= m->made) {
        static const uint8_t none[32];
        expect_head(m, "cfheaders", stop);
        if (first)
            expect_link(m, first - 1, 2);
        else
            yc_buf_append(&m->expected, none, sizeof none);
        expect_count(m, stop - first + 1);
        for (uint32_t at = first; at <= stop; at++)
            expect_link(m, at, 1);
    } else if (msg->type == YC_MSG_GETCFCHECKPT && stop / 1000 * 1000 <= m->made) {
        expect_head(m, "cfcheckpt", stop);
        expect_count(m, stop / 1000);
        for (uint32_t at = 1000; at <= stop; at += 1000)
            expect_link(m, at, 2);
    }
    YC_ASSERT(!m->expected.failed);
}

/* ---- what it says ---- */

static void listen(struct machine *m, size_t bytes_max, struct yc_now now)
{
    struct yc_view out = yc_peer_output(&m->peer);
    size_t at = 0;
    while (at < out.n && at <= bytes_max) {
        YC_ASSERT(out.n - at >= YC_FRAME_HEADER_BYTES);
        size_t n = yc_get32le(out.p + at + 16);
        char name[13] = {0};
        memcpy(name, out.p + at + 4, 12);
        yc_buf_append_text(&m->heard, name);
        yc_buf_append(&m->heard, out.p + at + YC_FRAME_HEADER_BYTES, n);
        at += YC_FRAME_HEADER_BYTES + n;
    }
    YC_ASSERT(!m->heard.failed);
    yc_peer_sent(&m->peer, at, now);
}

/* Is it one that Bitcoin Core would answer? */
static bool allowed(const struct machine *m, const struct yc_msg *msg, uint32_t stop)
{
    static const struct yc_block_hash zero;
    uint32_t most = msg->type == YC_MSG_GETCFILTERS ? 1000 : msg->type == YC_MSG_GETCFHEADERS ? 2000 : UINT32_MAX;
    return msg->u.filters.filter_type == 0 && !yc_block_hash_equal(&msg->u.filters.stop, &zero) && stop <= m->tip &&
           msg->u.filters.start_height <= stop && stop - msg->u.filters.start_height < most;
}

static void finish(struct machine *m, uint32_t what, struct yc_reader *r)
{
    struct yc_now now = {1, 1};
    enum yc_filter_progress p = YC_FILTERS_MORE;
    for (unsigned i = 0; p != YC_FILTERS_ANSWERED; i++) {
        unsigned most = yc_reader_left(r) ? 1 + yc_reader_u8(r) : 2000;
        bool paused = yc_peer_send_paused(&m->peer);
        m->reads = 0;
        p = yc_filter_request_serve(&m->r, &m->view, &m->peer, most);
        YC_ASSERT(m->reads <= most + 1); /* one more: the header before the first */
        YC_ASSERT(!paused || m->reads <= 1);
        if (p == YC_FILTERS_WAITING) {
            YC_ASSERT(m->soon);
            m->soon = false; /* and they did not come */
        }
        listen(m, i % 4 == what % 4 ? SIZE_MAX : 0, now); /* a peer that reads whole messages, now one, now all */
        YC_ASSERT(i < 5000);
    }
    listen(m, SIZE_MAX, now);
}

static void ask(struct machine *m, struct yc_reader *r)
{
    static const enum yc_msg_type types[] = {YC_MSG_GETCFILTERS, YC_MSG_GETCFHEADERS, YC_MSG_GETCFCHECKPT};
    uint8_t what = yc_reader_u8(r), how = yc_reader_u8(r);
    uint32_t stop = yc_reader_u16le(r) % (m->tip + 3), back = yc_reader_u16le(r) % 2100;
    struct yc_msg msg = {.type = types[what % 3]};
    msg.u.filters.filter_type = how == 255;
    msg.u.filters.stop = hash_at(stop);
    if (how == 254)
        memset(&msg.u.filters.stop, 0, sizeof msg.u.filters.stop);
    if (msg.type != YC_MSG_GETCFCHECKPT)
        msg.u.filters.start_height = how == 253 ? stop + 1 : back > stop ? 0 : stop - back;
    m->soon = how & 1;
    bool good = allowed(m, &msg, stop);
    yc_filter_request_begin(&m->r, &m->view, &m->peer, &msg);
    YC_ASSERT(good == (m->peer.state == YC_PEER_READY));
    YC_ASSERT(good == (m->r.asked == msg.type));
    if (good)
        expect(m, &msg, stop);
    finish(m, what, r);
}

static void open_peer(struct machine *m)
{
    struct yc_peer_start start = {.id = 1, .type = YC_CONN_INBOUND};
    yc_peer_init(&m->peer, &m->shared, &start, (struct yc_now){1, 1});
    m->peer.state = YC_PEER_READY; /* the handshake is fuzz_peer's */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *m = calloc(1, sizeof *m);
    struct yc_reader r;
    YC_ASSERT(m != NULL);
    yc_reader_init(&r, yc_view(data, n));
    uint8_t cap = yc_reader_u8(&r);
    m->capped = cap >= 200;
    yc_heap_capped_init(&m->heap, m->capped ? (size_t)(cap - 199) * 512 : SIZE_MAX);
    yc_random_seed(&m->random, &m->seeded, 1);
    m->shared = yc_peer_shared_default();
    m->shared.alloc = yc_heap();
    m->shared.random = &m->random;
    m->shared.nonces = &m->nonces;
    m->shared.send_pause_bytes = 20000;
    m->shared.send_max_bytes = SIZE_MAX;
    m->tip = 1 + yc_reader_u16le(&r) % 6000;
    m->made = m->tip - yc_reader_u8(&r) % (m->tip + 1);
    m->view = (struct yc_chain_view){.ancestor = ancestor,
                                     .may_tell = may_tell,
                                     .filter = filter,
                                     .filter_link = filter_link,
                                     .filters_soon = filters_soon,
                                     .ctx = m};
    yc_buf_init(&m->expected, yc_heap(), SIZE_MAX);
    yc_buf_init(&m->heard, yc_heap(), SIZE_MAX);
    yc_filter_request_init(&m->r, &m->heap.alloc);
    for (unsigned i = 0; i < STEPS && yc_reader_left(&r); i++) {
        open_peer(m);
        ask(m, &r);
        bool same = yc_view_equal(yc_buf_view(&m->expected), yc_buf_view(&m->heard));
        struct yc_view said = yc_buf_view(&m->heard), first = yc_buf_view(&m->expected);
        if (first.n > said.n)
            first.n = said.n;
        YC_ASSERT(same ||
                  (m->capped && yc_view_equal(said, first))); /* without memory less is said, and nothing wrong */
        yc_buf_clear(&m->expected);
        yc_buf_clear(&m->heard);
        yc_peer_release(&m->peer);
    }
    yc_filter_request_release(&m->r);
    YC_ASSERT(m->heap.used_bytes == 0);
    yc_buf_release(&m->expected);
    yc_buf_release(&m->heard);
    free(m);
    return 0;
}
