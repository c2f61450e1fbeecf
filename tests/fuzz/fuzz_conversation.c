/* A whole node and three peers that say whatever the input tells them to, in any order: messages of any type and bytes, and
 * ones that are nearly right, made of the node's own next block. Whatever they say, the node goes on: at the end an honest
 * peer hands it the block, and it takes it. */
#include "base/assert.h"
#include "sim/world.h"

#include "base/reader.h"
#include "net/relay/compact.h"

#include <stdlib.h>

#define PEERS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct stage {
    struct sim sim;
    struct sim_puppet puppet;
    unsigned node, index;
    uint64_t handle[PEERS];
    struct yc_view block; /* the node's next one */
    struct yc_buf compact;
};

static void nothing(struct sim_puppet *p, struct sim *s, struct yc_peer *peer, const struct yc_peer_event *ev)
{
    (void)p;
    (void)s;
    (void)peer;
    (void)ev;
}

static void build(struct stage *t)
{
    struct yc_arena arena;
    struct yc_block b;
    struct yc_reject why;
    memset(t, 0, sizeof *t);
    sim_init(&t->sim, &(struct sim_options){.seed = 1, .latency_us = 1000});
    t->node = sim_add_node(&t->sim);
    t->puppet.event = nothing;
    t->index = sim_add_puppet(&t->sim, &t->puppet);
    sim_start(&t->sim, t->node);
    (void)sim_mine(&t->sim, t->node, 3);
    sim_make_block(&t->sim, t->node, &t->block);
    yc_buf_init(&t->compact, yc_heap(), SIZE_MAX);
    yc_arena_init(&arena, yc_heap(), 65536, SIZE_MAX);
    enum yc_verdict v = yc_block_parse(&b, t->block, &arena, &why);
    YC_ASSERT(v == YC_VALID);
    yc_compact_write(&t->compact, &b, 9);
    yc_arena_release(&arena);
}

static struct yc_peer *peer_of(struct stage *t, unsigned i)
{
    struct yc_peer *p = t->handle[i] ? sim_puppet_peer(&t->sim, t->handle[i]) : NULL;
    if (!p) {
        t->handle[i] = sim_puppet_connect(&t->sim, t->index, t->node);
        sim_run(&t->sim, 0.05);
        p = sim_puppet_peer(&t->sim, t->handle[i]);
    }
    return p;
}

/* Something that would be right but for what the input changes in it. */
static void say_nearly(struct yc_peer *p, const struct stage *t, struct yc_reader *r)
{
    static const enum yc_msg_type types[] = {YC_MSG_HEADERS, YC_MSG_CMPCTBLOCK, YC_MSG_BLOCKTXN,
                                             YC_MSG_BLOCK,   YC_MSG_INV,        YC_MSG_GETDATA};
    static const uint8_t sendcmpct[9] = {1, 2};
    uint8_t *bytes = malloc(t->compact.n + t->block.n + 200);
    struct yc_writer w;
    struct yc_header h;
    enum yc_msg_type type = types[yc_reader_u8(r) % (sizeof types / sizeof types[0])];
    YC_ASSERT(bytes != NULL);
    yc_header_read(&h, t->block.p);
    struct yc_block_hash hash = yc_header_hash(&h);
    struct yc_inv inv = {.type = yc_reader_u8(r) % 6};
    memcpy(inv.hash32, hash.b, 32);
    yc_writer_init(&w, bytes, t->compact.n + t->block.n + 200);
    if (type == YC_MSG_HEADERS)
        yc_msg_write_headers(&w, t->block.p, 1);
    else if (type == YC_MSG_CMPCTBLOCK)
        yc_writer_view(&w, yc_buf_view(&t->compact));
    else if (type == YC_MSG_BLOCK)
        yc_writer_view(&w, t->block);
    else if (type == YC_MSG_BLOCKTXN)
        yc_writer_bytes(&w, hash.b, 32);
    else
        yc_msg_write_inv(&w, &inv, 1);
    if (type == YC_MSG_BLOCKTXN)
        yc_writer_compact(&w, yc_reader_u8(r));
    size_t at = yc_reader_u16le(r);
    if (at < w.n)
        bytes[at] ^= yc_reader_u8(r);
    yc_peer_send(p, YC_MSG_SENDCMPCT, yc_view(sendcmpct, sizeof sendcmpct));
    yc_peer_send(p, type, yc_view(bytes, w.n));
    free(bytes);
}

static void say_anything(struct yc_peer *p, struct yc_reader *r)
{
    enum yc_msg_type type = (enum yc_msg_type)(1 + yc_reader_u8(r) % (YC_MSG_COUNT - 1));
    size_t n = yc_reader_u16le(r), left = yc_reader_left(r);
    yc_peer_send(p, type, yc_reader_bytes(r, n < left ? n : left));
}

/* Blocks of others may have come in between: then the honest peer has the next one. */
static void the_node_goes_on(struct stage *t)
{
    struct yc_view next;
    uint32_t height = sim_height(&t->sim, t->node);
    sim_make_block(&t->sim, t->node, &next);
    for (unsigned i = 0; i < PEERS; i++)
        t->handle[i] = 0;
    struct yc_peer *p = peer_of(t, 0);
    YC_ASSERT(p && p->state == YC_PEER_READY);
    yc_peer_send(p, YC_MSG_BLOCK, next);
    sim_flush_puppets(&t->sim);
    sim_run(&t->sim, 1);
    YC_ASSERT(sim_height(&t->sim, t->node) == height + 1);
    free((void *)(uintptr_t)next.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct stage *t = malloc(sizeof *t);
    struct yc_reader r;
    YC_ASSERT(t != NULL);
    build(t);
    yc_reader_init(&r, yc_view(data, n));
    for (unsigned steps = 0; yc_reader_left(&r) && steps < 200; steps++) {
        uint8_t step = yc_reader_u8(&r);
        struct yc_peer *p = peer_of(t, step % PEERS);
        if (p && step < 120)
            say_nearly(p, t, &r);
        else if (p && step < 230)
            say_anything(p, &r);
        sim_flush_puppets(&t->sim);
        sim_run(&t->sim, step < 240 ? 0.01 : step);
    }
    the_node_goes_on(t);
    yc_buf_release(&t->compact);
    free((void *)(uintptr_t)t->block.p);
    sim_release(&t->sim);
    free(t);
    return 0;
}
