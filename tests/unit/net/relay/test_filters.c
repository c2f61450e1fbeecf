/* Answering light clients (BIP 157): what is asked for, in which pieces it goes out, and what closes the connection
 * (catalogue P34). */
#include "unit/net/proto/peer_fixture.h"

#include "net/relay/filters.h"

#define HEIGHT_MAX 3000

/* A chain whose block of height h has the hash h+1 0 0 …, the filter "h", the filter's hash h 1 …, its header h 2 …. */
struct chain {
    uint32_t tip;
    uint32_t indexed; /* filters are there up to this height */
    bool soon;        /* the rest is about to be made */
    unsigned reads;
};

static struct yc_block_hash hash_at(uint32_t height)
{
    struct yc_block_hash h = {{0}};
    yc_put32le(h.b, height + 1);
    return h;
}

static bool find(void *ctx, const struct yc_block_hash *hash, struct yc_chain_entry *out)
{
    const struct chain *c = ctx;
    uint32_t height = yc_get32le(hash->b) - 1;
    memset(out, 0, sizeof *out);
    out->hash = *hash;
    out->height = height;
    return yc_get32le(hash->b) && height <= c->tip;
}

static bool ancestor(void *ctx, const struct yc_block_hash *hash, uint32_t height, struct yc_chain_entry *out)
{
    struct yc_block_hash wanted = hash_at(height);
    return find(ctx, hash, out) && height <= out->height && find(ctx, &wanted, out);
}

static enum yc_verdict filter(void *ctx, const struct yc_block_hash *hash, struct yc_buf *out, struct yc_error *err)
{
    struct chain *c = ctx;
    uint8_t text[4];
    (void)err;
    c->reads++;
    if (yc_get32le(hash->b) - 1 > c->indexed)
        return YC_NOT_YET;
    yc_put32le(text, yc_get32le(hash->b) - 1);
    yc_buf_append(out, text, sizeof text);
    return YC_VALID;
}

static enum yc_verdict filter_link(void *ctx, const struct yc_block_hash *hash, uint8_t filter_hash32[32],
                                   uint8_t header32[32], struct yc_error *err)
{
    struct chain *c = ctx;
    uint32_t height = yc_get32le(hash->b) - 1;
    (void)err;
    c->reads++;
    memset(filter_hash32, 1, 32);
    memset(header32, 2, 32);
    yc_put32le(filter_hash32, height);
    yc_put32le(header32, height);
    return height > c->indexed ? YC_NOT_YET : YC_VALID;
}

static bool filters_soon(void *ctx, const struct yc_block_hash *hash)
{
    const struct chain *c = ctx;
    return c->soon && yc_get32le(hash->b) - 1 > c->indexed;
}

struct world {
    struct fixture f;
    struct chain chain;
    struct yc_chain_view view;
    struct yc_filter_request r;
};

static void init(struct world *w)
{
    memset(w, 0, sizeof *w);
    fixture_init(&w->f, YC_CONN_INBOUND, 0);
    shake_hands(&w->f);
    w->chain = (struct chain){.tip = HEIGHT_MAX, .indexed = HEIGHT_MAX};
    w->view = (struct yc_chain_view){.may_tell = find,
                                     .ancestor = ancestor,
                                     .filter = filter,
                                     .filter_link = filter_link,
                                     .filters_soon = filters_soon,
                                     .ctx = &w->chain};
    yc_filter_request_init(&w->r, &w->f.heap.alloc);
}

static void release(struct world *w)
{
    yc_filter_request_release(&w->r);
    fixture_release(&w->f);
}

static void ask(struct world *w, enum yc_msg_type type, unsigned filter_type, uint32_t first, uint32_t stop)
{
    struct yc_msg m = {.type = type};
    m.u.filters.filter_type = (uint8_t)filter_type;
    m.u.filters.start_height = first;
    m.u.filters.stop = hash_at(stop);
    yc_filter_request_begin(&w->r, &w->view, &w->f.peer, &m);
}

static enum yc_filter_progress serve(struct world *w, unsigned records_max)
{
    return yc_filter_request_serve(&w->r, &w->view, &w->f.peer, records_max);
}

/* The payload of the one message in the output. */
static struct yc_view payload(struct world *w, const char *command)
{
    struct yc_view out = yc_peer_output(&w->f.peer);
    assert_true(out.n > YC_FRAME_HEADER_BYTES);
    assert_string_equal((const char *)out.p + 4, command);
    assert_int_equal(out.n, YC_FRAME_HEADER_BYTES + yc_get32le(out.p + 16));
    return yc_view(out.p + YC_FRAME_HEADER_BYTES, out.n - YC_FRAME_HEADER_BYTES);
}

static void filters_go_out_one_by_one(void **state)
{
    (void)state;
    static struct world w;
    char text[1024];
    init(&w);
    assert_int_equal(serve(&w, 10), YC_FILTERS_ANSWERED);
    ask(&w, YC_MSG_GETCFILTERS, 0, 5, 9);
    assert_int_equal(serve(&w, 2), YC_FILTERS_MORE);
    assert_string_equal(take_output(&w.f, text, sizeof text), "cfilter cfilter");
    assert_int_equal(serve(&w, 2), YC_FILTERS_MORE);
    (void)take_output(&w.f, text, sizeof text);
    assert_int_equal(serve(&w, 2), YC_FILTERS_ANSWERED);
    struct yc_view p = payload(&w, "cfilter");
    struct yc_block_hash hash = hash_at(9);
    assert_int_equal(p.n, 1 + 32 + 1 + 4);
    assert_int_equal(p.p[0], 0);
    assert_memory_equal(p.p + 1, hash.b, 32);
    assert_int_equal(p.p[33], 4);
    assert_int_equal(yc_get32le(p.p + 34), 9);
    assert_int_equal(serve(&w, 2), YC_FILTERS_ANSWERED);
    release(&w);
}

static void headers_go_out_at_once(void **state)
{
    (void)state;
    static struct world w;
    init(&w);
    ask(&w, YC_MSG_GETCFHEADERS, 0, 1, 2000);
    unsigned turns = 1;
    while (serve(&w, 100) == YC_FILTERS_MORE)
        turns++;
    assert_int_equal(turns, 20);
    struct yc_view p = payload(&w, "cfheaders");
    assert_int_equal(p.n, 1 + 32 + 32 + 3 + 2000 * 32);
    assert_int_equal(yc_get32le(p.p + 33), 0); /* the header before, of height 0 */
    assert_int_equal(p.p[33 + 31], 2);
    assert_memory_equal(p.p + 65, "\xfd\xd0\x07", 3);
    for (uint32_t i = 0; i < 2000; i++)
        assert_int_equal(yc_get32le(p.p + 68 + (size_t)32 * i), i + 1);
    assert_int_equal(p.p[68 + 31], 1);
    release(&w);
}

static void headers_from_genesis_begin_with_zeros(void **state)
{
    (void)state;
    static struct world w;
    static const uint8_t zeros[32];
    init(&w);
    ask(&w, YC_MSG_GETCFHEADERS, 0, 0, 0);
    assert_int_equal(serve(&w, 100), YC_FILTERS_ANSWERED);
    struct yc_view p = payload(&w, "cfheaders");
    assert_int_equal(p.n, 1 + 32 + 32 + 1 + 32);
    assert_memory_equal(p.p + 33, zeros, 32);
    release(&w);
}

static void checkpoints_are_a_thousand_apart(void **state)
{
    (void)state;
    static struct world w;
    char text[1024];
    init(&w);
    ask(&w, YC_MSG_GETCFCHECKPT, 0, 0, 2999);
    assert_int_equal(serve(&w, 100), YC_FILTERS_ANSWERED);
    struct yc_view p = payload(&w, "cfcheckpt");
    assert_int_equal(p.n, 1 + 32 + 1 + 2 * 32);
    assert_int_equal(yc_get32le(p.p + 34), 1000);
    assert_int_equal(yc_get32le(p.p + 66), 2000);
    (void)take_output(&w.f, text, sizeof text);
    ask(&w, YC_MSG_GETCFCHECKPT, 0, 0, 999);
    assert_int_equal(serve(&w, 100), YC_FILTERS_ANSWERED);
    p = payload(&w, "cfcheckpt");
    assert_int_equal(p.n, 1 + 32 + 1);
    assert_int_equal(p.p[33], 0);
    release(&w);
}

/* An index that is a moment behind is waited for; one that does not have it is not, and nothing is answered. */
static void what_is_not_indexed(void **state)
{
    (void)state;
    static struct world w;
    init(&w);
    w.chain.indexed = 7;
    w.chain.soon = true;
    ask(&w, YC_MSG_GETCFILTERS, 0, 8, 8);
    assert_int_equal(serve(&w, 100), YC_FILTERS_WAITING);
    assert_int_equal(w.chain.reads, 0);
    w.chain.indexed = 8;
    assert_int_equal(serve(&w, 100), YC_FILTERS_ANSWERED);
    assert_output(&w.f, "cfilter");
    w.chain.soon = false;
    for (int type = YC_MSG_GETCFILTERS; type <= YC_MSG_GETCFCHECKPT; type++) {
        forget_log(&w.f);
        ask(&w, (enum yc_msg_type)type, 0, 9, 1000);
        assert_int_equal(serve(&w, 100), YC_FILTERS_ANSWERED);
        assert_true(type == YC_MSG_GETCFHEADERS || logged(&w.f, "Failed to find block filter in index"));
        assert_output(&w.f, "");
    }
    assert_int_equal(w.f.peer.state, YC_PEER_READY);
    release(&w);
}

/* P03: whoever does not read is sent no more. */
static void a_peer_that_does_not_read_gets_no_more(void **state)
{
    (void)state;
    static struct world w;
    char text[65536];
    init(&w);
    w.f.shared.send_pause_bytes = 1000;
    ask(&w, YC_MSG_GETCFILTERS, 0, 1, 1000);
    assert_int_equal(serve(&w, 5000), YC_FILTERS_MORE);
    assert_true(w.chain.reads < 30);
    assert_int_equal(serve(&w, 5000), YC_FILTERS_MORE);
    assert_true(w.chain.reads < 30);
    while (serve(&w, 5000) == YC_FILTERS_MORE)
        (void)take_output(&w.f, text, sizeof text);
    assert_int_equal(w.chain.reads, 1000);
    release(&w);
}

static void what_is_not_allowed_closes(void **state)
{
    (void)state;
    static const struct {
        enum yc_msg_type type;
        unsigned filter_type;
        uint32_t first, stop;
        const char *log;
    } row[] = {
        {YC_MSG_GETCFILTERS, 1, 1, 1, "peer requested unsupported block filter type: 1, disconnecting peer=3"},
        {YC_MSG_GETCFHEADERS, 0, 1, HEIGHT_MAX + 1, "peer requested invalid block hash: "},
        {YC_MSG_GETCFCHECKPT, 0, 0, UINT32_MAX, "peer requested invalid block hash: "},
        {YC_MSG_GETCFHEADERS, 0, 10, 9, "with start height 10 and stop height 9"},
        {YC_MSG_GETCFILTERS, 0, 1, 1001, "peer requested too many cfilters/cfheaders: 1001 / 1000"},
        {YC_MSG_GETCFHEADERS, 0, 1, 2001, "peer requested too many cfilters/cfheaders: 2001 / 2000"},
    };
    static struct world w;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        init(&w);
        ask(&w, row[i].type, row[i].filter_type, row[i].first, row[i].stop);
        assert_int_equal(w.f.peer.state, YC_PEER_CLOSED);
        assert_true(logged(&w.f, row[i].log));
        assert_int_equal(serve(&w, 100), YC_FILTERS_ANSWERED);
        assert_int_equal(w.chain.reads, 0);
        assert_int_equal(next(&w.f), YC_PEER_EV_CLOSED);
        assert_false(yc_peer_should_discourage(&w.f.peer));
        release(&w);
    }
    init(&w);
    w.view.filter = NULL; /* a node that serves none */
    ask(&w, YC_MSG_GETCFILTERS, 0, 1, 1);
    assert_int_equal(w.f.peer.state, YC_PEER_CLOSED);
    assert_true(logged(&w.f, "peer requested unsupported block filter type: 0"));
    release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_go_out_one_by_one),
        cmocka_unit_test(headers_go_out_at_once),
        cmocka_unit_test(headers_from_genesis_begin_with_zeros),
        cmocka_unit_test(checkpoints_are_a_thousand_apart),
        cmocka_unit_test(what_is_not_indexed),
        cmocka_unit_test(a_peer_that_does_not_read_gets_no_more),
        cmocka_unit_test(what_is_not_allowed_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
