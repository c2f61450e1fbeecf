/* Headers, blocks and compact blocks from many peers at once, as a program of the input: peers join and leave, tell headers,
 * blocks and parts of blocks that are right, wrong or not asked for, answer what they are asked or keep silent, time passes.
 * Some of the peers are honest: whatever the others do, those are never blamed; and an honest peer that has the best chain
 * brings the node to its end, past all who withhold, stall and lie (catalogue P03, P12-P15, P29, P36). */
#include "base/assert.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "base/writer.h"
#include "fuzz/model_chain.h"
#include "net/sync/keep.h"
#include "net/sync/sync_internal.h"
#include "sys/heap.h"

#include <stdlib.h>

#define PEERS     7
#define ASKED_MAX 64
#define STEPS     200
#define SECOND_US INT64_C(1000000)
#define PATIENCE  20000 /* looks at the clock until the honest chain must be there */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What a peer was asked and has not answered. */
struct asked {
    struct yc_inv item[ASKED_MAX];
    size_t count;
    uint32_t behind; /* getheaders: what the headers are to follow; MODEL_NONE: not asked */
    uint8_t missing[256];
    size_t missing_n; /* the last getblocktxn */
};

struct guest {
    bool there, honest;
    uint32_t tip; /* of the chain that it holds to */
    struct yc_peer peer;
    struct yc_sync_peer sync;
    struct asked asked;
};

struct machine {
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_heap_capped heap;
    struct yc_peer_nonces nonces;
    struct yc_peer_shared shared;
    struct model_chain chain;
    struct yc_sync s;
    struct yc_now now;
    int64_t ids;
    struct guest guest[PEERS];
};

static void join(struct machine *m, struct guest *g, enum yc_conn_type type, bool honest, uint32_t tip)
{
    struct yc_peer_start start = {.id = ++m->ids, .type = type};
    memset(g, 0, sizeof *g);
    yc_peer_init(&g->peer, &m->shared, &start, m->now);
    yc_peer_sent(&g->peer, yc_peer_output(&g->peer).n, m->now);
    g->peer.state = YC_PEER_READY; /* the handshake is fuzz_peer's */
    g->peer.common_version = YC_PROTOCOL_VERSION;
    g->peer.their_services = YC_NODE_NETWORK | YC_NODE_WITNESS;
    g->peer.provides_cmpct = g->peer.wants_headers = true;
    g->there = true;
    g->honest = honest;
    g->tip = tip;
    g->asked.behind = MODEL_NONE;
    yc_sync_add(&m->s, &g->sync, &g->peer, m->now);
}

static void leave(struct machine *m, struct guest *g)
{
    yc_sync_remove(&m->s, &g->sync, m->now);
    yc_peer_release(&g->peer);
    g->there = false;
}

/* Does its chain have the block? */
static bool has(const struct guest *g, uint32_t block)
{
    return model_ancestor(g->tip, model_height(block)) == block;
}

/* ---- what the node says ---- */

static void note_locator(struct guest *g, const struct yc_locator_view *l)
{
    YC_ASSERT(l->count > 0 && l->count <= YC_LOCATOR_COUNT_MAX);
    for (size_t i = 0; i < l->count; i++) {
        struct yc_block_hash hash = yc_locator_at(l, i);
        uint32_t block = model_find(&hash);
        YC_ASSERT(block != MODEL_NONE);
        if (has(g, block)) {
            g->asked.behind = block;
            return;
        }
    }
    g->asked.behind = 0;
}

static void note_said(struct machine *m, struct guest *g, const struct yc_msg *msg)
{
    if (msg->type == YC_MSG_GETHEADERS) {
        note_locator(g, &msg->u.locator);
    } else if (msg->type == YC_MSG_GETDATA) {
        YC_ASSERT(msg->u.inv.count <= YC_SYNC_IN_FLIGHT_MAX);
        for (size_t i = 0; i < msg->u.inv.count; i++) {
            struct yc_inv inv = yc_inv_list_at(&msg->u.inv, i);
            struct yc_block_hash hash;
            memcpy(hash.b, inv.hash32, 32);
            uint32_t block = model_find(&hash);
            YC_ASSERT(block != MODEL_NONE && m->chain.known[block]);
            YC_ASSERT(!g->honest || has(g, block) || block == MODEL_SPOILED);
            if (g->asked.count < ASKED_MAX)
                g->asked.item[g->asked.count++] = inv;
            else
                YC_ASSERT(!g->honest); /* it answers, so it is never asked for so much at once */
        }
    } else if (msg->type == YC_MSG_GETBLOCKTXN) {
        g->asked.missing_n = msg->payload.n <= sizeof g->asked.missing ? msg->payload.n : 0;
        memcpy(g->asked.missing, msg->payload.p, g->asked.missing_n);
    }
}

/* Read what was sent; no message makes us ask one peer for headers more than twice. */
static void listen(struct machine *m, struct guest *g)
{
    struct yc_view out = yc_peer_output(&g->peer);
    unsigned getheaders = 0;
    for (size_t at = 0; at < out.n;) {
        char name[13] = {0};
        struct yc_msg msg;
        struct yc_msg_fault fault;
        YC_ASSERT(out.n - at >= YC_FRAME_HEADER_BYTES);
        memcpy(name, out.p + at + 4, 12);
        size_t n = yc_get32le(out.p + at + 16);
        YC_ASSERT(n <= out.n - at - YC_FRAME_HEADER_BYTES);
        enum yc_verdict v =
            yc_msg_parse(&msg, yc_msg_find(name), yc_view(out.p + at + YC_FRAME_HEADER_BYTES, n), &fault);
        YC_ASSERT(v == YC_VALID);
        getheaders += msg.type == YC_MSG_GETHEADERS;
        note_said(m, g, &msg);
        at += YC_FRAME_HEADER_BYTES + n;
    }
    YC_ASSERT(getheaders <= 2);
    yc_peer_sent(&g->peer, out.n, m->now);
}

/* ---- what peers say ---- */

static void hear(struct machine *m, struct guest *g, enum yc_msg_type type, struct yc_view payload)
{
    struct yc_msg msg;
    struct yc_msg_fault fault;
    if (g->peer.state != YC_PEER_READY || yc_msg_parse(&msg, type, payload, &fault) != YC_VALID)
        return;
    if (type == YC_MSG_HEADERS)
        yc_sync_on_headers(&m->s, &g->sync, &msg.u.headers, m->now);
    else if (type == YC_MSG_INV)
        yc_sync_on_inv(&m->s, &g->sync, &msg.u.inv, m->now);
    else if (type == YC_MSG_NOTFOUND)
        yc_sync_on_notfound(&m->s, &g->sync, &msg.u.inv, m->now);
    else if (type == YC_MSG_BLOCK)
        (void)yc_sync_on_block(&m->s, &g->sync, payload, &msg.u.block.hash, m->now);
    else if (type == YC_MSG_CMPCTBLOCK)
        (void)yc_sync_on_compact(&m->s, &g->sync, &msg, m->now);
    else if (type == YC_MSG_BLOCKTXN)
        (void)yc_sync_on_compact_txs(&m->s, &g->sync, &msg, m->now);
}

/* A payload with one byte changed where the input says so: change 0 leaves it. */
static void say(struct machine *m, struct guest *g, enum yc_msg_type type, uint8_t *payload, size_t n, uint32_t where,
                uint8_t change)
{
    if (n)
        payload[where % n] ^= change;
    hear(m, g, type, yc_view(payload, n));
}

/* Headers from a height on, of the branch that ends in tip. */
static void say_headers(struct machine *m, struct guest *g, uint32_t tip, uint32_t from, size_t count, uint32_t where,
                        uint8_t change)
{
    size_t room = 9 + YC_HEADERS_COUNT_MAX * YC_HEADER_LIST_STRIDE, n = 0;
    uint8_t *payload = malloc(room), *list = malloc(YC_HEADERS_COUNT_MAX * YC_HEADER_BYTES);
    struct yc_writer w;
    YC_ASSERT(payload && list);
    for (; n < count && from + n <= model_height(tip); n++)
        memcpy(list + n * YC_HEADER_BYTES, model_header80(model_ancestor(tip, from + (uint32_t)n)), YC_HEADER_BYTES);
    yc_writer_init(&w, payload, room);
    yc_msg_write_headers(&w, list, n);
    say(m, g, YC_MSG_HEADERS, payload, w.n, where, change);
    free(list);
    free(payload);
}

static void say_block(struct machine *m, struct guest *g, uint32_t block, uint32_t where, uint8_t change)
{
    uint8_t body[MODEL_BLOCK_BYTES];
    model_body(block, body);
    say(m, g, YC_MSG_BLOCK, body, sizeof body, where, change);
}

static void say_compact(struct machine *m, struct guest *g, uint32_t block, uint32_t where, uint8_t change)
{
    struct yc_buf payload;
    yc_buf_init(&payload, yc_heap(), SIZE_MAX);
    model_compact(block, &payload);
    YC_ASSERT(!payload.failed);
    say(m, g, YC_MSG_CMPCTBLOCK, payload.p, payload.n, where, change);
    yc_buf_release(&payload);
}

/* Transactions of the block whose bits are set. */
static void say_txs(struct machine *m, struct guest *g, uint32_t block, unsigned which, uint32_t where, uint8_t change)
{
    uint8_t body[MODEL_BLOCK_BYTES], payload[33 + MODEL_TXS * MODEL_TX_BYTES];
    struct yc_writer w;
    unsigned count = 0;
    model_body(block, body);
    for (unsigned i = 0; i < MODEL_TXS; i++)
        count += which >> i & 1;
    yc_writer_init(&w, payload, sizeof payload);
    yc_writer_bytes(&w, model_hash(block)->b, 32);
    yc_writer_compact(&w, count);
    for (unsigned i = 0; i < MODEL_TXS; i++)
        if (which >> i & 1)
            yc_writer_bytes(&w, body + YC_HEADER_BYTES + 1 + i * MODEL_TX_BYTES, MODEL_TX_BYTES);
    say(m, g, YC_MSG_BLOCKTXN, payload, w.n, where, change);
}

static void say_inv(struct machine *m, struct guest *g, enum yc_msg_type type, uint32_t block, unsigned count,
                    uint32_t where, uint8_t change)
{
    struct yc_inv inv[64] = {{.type = 0}};
    uint8_t payload[9 + 64 * YC_INV_BYTES];
    struct yc_writer w;
    for (unsigned i = 0; i < count; i++) {
        inv[i].type = YC_INV_BLOCK;
        memcpy(inv[i].hash32, model_hash((block + i) % MODEL_BLOCKS)->b, 32);
    }
    yc_writer_init(&w, payload, sizeof payload);
    yc_msg_write_inv(&w, inv, count);
    say(m, g, type, payload, w.n, where, change);
}

static void answer_getblocktxn(struct machine *m, struct guest *g)
{
    struct yc_compact_request ask;
    size_t offset = 0, n = g->asked.missing_n;
    uint32_t next = 0, index;
    unsigned which = 0;
    g->asked.missing_n = 0;
    if (n == 0)
        return;
    enum yc_verdict v = yc_compact_request_parse(&ask, yc_view(g->asked.missing, n));
    YC_ASSERT(v == YC_VALID && ask.count > 0);
    while (yc_compact_request_next(&ask, &offset, &next, &index)) {
        YC_ASSERT(index < MODEL_TXS || !g->honest);
        which |= index < MODEL_TXS ? 1u << index : 0;
    }
    say_txs(m, g, model_find(&ask.hash), which, 0, 0);
}

/* One of the things that it was asked, as an honest peer answers. False: nothing is left. */
static bool answer(struct machine *m, struct guest *g)
{
    struct asked *a = &g->asked;
    uint32_t behind = a->behind;
    if (g->peer.state != YC_PEER_READY)
        return false;
    if (behind != MODEL_NONE) {
        a->behind = MODEL_NONE;
        say_headers(m, g, g->tip, model_height(behind) + 1, YC_HEADERS_COUNT_MAX, 0, 0);
    } else if (a->missing_n) {
        answer_getblocktxn(m, g);
    } else if (a->count) {
        struct yc_inv inv = a->item[0];
        struct yc_block_hash hash;
        memmove(a->item, a->item + 1, --a->count * sizeof a->item[0]);
        memcpy(hash.b, inv.hash32, 32);
        uint32_t block = model_find(&hash);
        if (g->honest && !has(g, block))
            return true; /* it has found out meanwhile that the block is spoiled */
        if (inv.type == YC_INV_CMPCT_BLOCK)
            say_compact(m, g, block, 0, 0);
        else
            say_block(m, g, block, 0, 0);
    } else {
        return false;
    }
    return true;
}

/* The chain of an honest peer grows, and it says so. */
static void announce(struct machine *m, struct guest *g, uint8_t how)
{
    uint32_t end = g->tip > MODEL_TRUNK || how & 64 ? MODEL_END : MODEL_TRUNK;
    if (model_ancestor(end, model_height(g->tip)) != g->tip)
        end = MODEL_TRUNK;
    uint32_t height = model_height(g->tip) + how % 4;
    g->tip = model_ancestor(end, height < model_height(end) ? height : model_height(end));
    if (g->peer.cmpct_high_bandwidth_to && how % 16 == 9)
        say_compact(m, g, MODEL_SPOILED, 0, 0); /* compact blocks are passed on before they are checked (BIP 152) */
    else if (g->peer.cmpct_high_bandwidth_to && how & 16)
        say_compact(m, g, g->tip, 0, 0);
    else if (how & 32)
        say_headers(m, g, g->tip, model_height(g->tip), 1, 0, 0);
    else
        say_inv(m, g, YC_MSG_INV, g->tip, 1, 0, 0);
}

/* ---- what must hold ---- */

static void check_requests(const struct machine *m)
{
    struct yc_map count;
    yc_map_init(&count, yc_heap(), sizeof(struct yc_block_hash), sizeof(uint32_t), (struct yc_siphash_key){2, 2});
    for (const struct yc_sync_peer *p = m->s.peers; p; p = p->next) {
        YC_ASSERT(p->request_count <= YC_SYNC_IN_FLIGHT_MAX);
        for (size_t i = 0; i < p->request_count; i++) {
            const struct yc_sync_request *r = &p->request[i];
            YC_ASSERT(!(r->partial && r->compact_failed) && model_find(&r->hash) != MODEL_NONE);
            for (size_t k = 0; k < i; k++)
                YC_ASSERT(!yc_block_hash_equal(&r->hash, &p->request[k].hash));
            uint32_t *askers = r->given_up ? NULL : yc_map_put(&count, &r->hash, NULL);
            YC_ASSERT(askers || r->given_up);
            if (askers)
                ++*askers;
        }
    }
    YC_ASSERT(count.count == m->s.in_flight.count);
    const void *hash;
    void *askers;
    for (size_t at = 0; yc_map_next(&count, &at, &hash, &askers);) {
        const struct in_flight *f = yc_map_get(&m->s.in_flight, hash);
        YC_ASSERT(f && f->askers == *(uint32_t *)askers && f->first_us <= m->now.mono_us);
    }
    yc_map_release(&count);
}

static void check(struct machine *m)
{
    size_t there = 0, fast = 0;
    for (struct guest *g = m->guest; g < m->guest + PEERS; g++) {
        if (!g->there)
            continue;
        listen(m, g);
        YC_ASSERT(!g->honest || g->peer.state == YC_PEER_READY || g->peer.close == YC_CLOSE_TIMEOUT);
        if (g->peer.state == YC_PEER_CLOSED) {
            leave(m, g);
            continue;
        }
        there++;
        fast += g->peer.cmpct_high_bandwidth_to;
    }
    YC_ASSERT(m->s.peer_count == there && m->s.fast_count == fast && fast <= YC_SYNC_FAST_MAX);
    check_requests(m);
    YC_ASSERT(!there || yc_sync_deadline_us(&m->s) < INT64_MAX);
}

/* As node/core tells of it: each block, then what it came to. */
static void connect(struct machine *m)
{
    uint32_t block, before = m->chain.tip;
    bool valid, any = false;
    while (model_connect(&m->chain, &block, &valid)) {
        any = true;
        for (struct guest *g = m->guest; g < m->guest + PEERS; g++) {
            if (!g->there || g->peer.start.id != m->chain.source[block])
                continue;
            if (!valid && !m->chain.unvouched[block])
                yc_peer_misbehaving(&g->peer, "invalid block");
            else if (valid)
                yc_sync_on_connected(&m->s, g->peer.start.id, model_hash(block));
        }
    }
    YC_ASSERT(model_height(m->chain.tip) >= model_height(before));
    if (m->chain.tip != before && !m->chain.view.initial_download(&m->chain))
        yc_sync_announce_tip(&m->s);
    if (any)
        yc_sync_chain_changed(&m->s, m->now);
}

static void pass_time(struct machine *m, int64_t us)
{
    m->now.mono_us += us;
    m->now.wall_s = m->chain.now_s + m->now.mono_us / SECOND_US;
    yc_sync_tick(&m->s, m->now);
    for (struct guest *g = m->guest; g < m->guest + PEERS; g++)
        if (g->there)
            yc_keep_look(&m->s, &g->sync, m->now);
    YC_ASSERT(yc_sync_deadline_us(&m->s) > m->now.mono_us);
}

/* What a peer that is not honest says: right at a wrong time, or wrong. */
static void lie(struct machine *m, struct guest *g, struct yc_reader *r, uint8_t what)
{
    uint8_t how = yc_reader_u8(r), change = what & 1 ? yc_reader_u8(r) : 0;
    uint32_t where = what & 1 ? yc_reader_u16le(r) : 0;
    uint32_t block = (MODEL_WRONG - 50 + yc_reader_u8(r)) % MODEL_BLOCKS;
    if (what < 120) {
        uint32_t tip = how & 1 ? MODEL_LAST : how & 2 ? MODEL_END : MODEL_TRUNK;
        uint32_t from = how & 4 ? 1 : how & 8 ? model_height(m->chain.tip) + 1 : model_height(block);
        say_headers(m, g, tip, from, how % 32 == 31 ? YC_HEADERS_COUNT_MAX : how >> 4, where, change);
    } else if (what < 140) {
        say_inv(m, g, how & 64 ? YC_MSG_NOTFOUND : YC_MSG_INV, block, how % 64, where, change);
    } else if (what < 160) {
        say_block(m, g, block, where, change);
    } else if (what < 180) {
        say_compact(m, g, block, where, change);
    } else {
        say_txs(m, g, block, how, where, change);
    }
}

static void step(struct machine *m, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r), who = yc_reader_u8(r);
    struct guest *g = &m->guest[who % PEERS];
    if (!g->there) {
        uint8_t how = yc_reader_u8(r);
        join(m, g, (enum yc_conn_type)(how % (YC_CONN_ADDR_FETCH + 1)), how & 64,
             how & 64 ? MODEL_WRONG + how % 20 : MODEL_LAST);
    } else if (what < 10) {
        leave(m, g);
    } else if (what < 70) {
        for (unsigned i = 0; i < 1 + what % 32u && answer(m, g); i++)
            listen(m, g);
    } else if (what < 200) {
        if (g->honest)
            announce(m, g, what);
        else
            lie(m, g, r, what);
    } else if (what < 225) {
        connect(m);
    } else {
        pass_time(m, who * (what < 235 ? SECOND_US / 100 : what < 250 ? SECOND_US / 2 : 10 * SECOND_US));
    }
}

/* Whatever was said before, and whoever is still there: one more peer, of those that we choose, has the best chain. */
static void an_honest_peer_leads_to_the_end(struct machine *m)
{
    struct guest *g = m->guest;
    while (g < m->guest + PEERS - 1 && g->there)
        g++;
    if (g->there)
        leave(m, g);
    join(m, g, YC_CONN_OUTBOUND_FULL, true, MODEL_END);
    for (unsigned i = 0; m->chain.tip != MODEL_END; i++) {
        YC_ASSERT(i < PATIENCE && g->there);
        bool any = false;
        check(m);
        for (struct guest *other = m->guest; other < m->guest + PEERS; other++)
            for (unsigned k = 0; other->there && other->honest && k < 100 && answer(m, other); k++) {
                any = true;
                listen(m, other);
            }
        connect(m);
        check(m);
        if (!any)
            pass_time(m, yc_sync_deadline_us(&m->s) - m->now.mono_us);
    }
}

static void start(struct machine *m, struct yc_reader *r)
{
    uint8_t kind = yc_reader_u8(r), more = yc_reader_u8(r);
    yc_heap_capped_init(&m->heap, SIZE_MAX);
    yc_random_seed(&m->random, &m->seeded, 5);
    m->shared = yc_peer_shared_default();
    m->shared.alloc = &m->heap.alloc;
    m->shared.random = &m->random;
    m->shared.nonces = &m->nonces;
    m->shared.send_max_bytes = SIZE_MAX;
    model_init(&m->chain, kind == 77 ? more : MODEL_WRONG - 4 + more % 32); /* far behind: slow to run */
    m->chain.floor_height = kind & 1 ? MODEL_WRONG + 5 : 0;
    m->chain.at_once = kind & 2;
    m->chain.pool = more;
    m->now = (struct yc_now){SECOND_US, m->chain.now_s + 1};
    yc_sync_init(&m->s, &m->chain.view, &m->heap.alloc, (struct yc_siphash_key){7, 7});
    if (kind & 12)
        yc_sync_use_compact(&m->s, (struct yc_compact_source){model_offer_all, &m->chain});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *m = calloc(1, sizeof *m);
    struct yc_reader r;
    YC_ASSERT(m != NULL);
    yc_reader_init(&r, yc_view(data, n));
    start(m, &r);
    for (unsigned i = 0; i < STEPS && yc_reader_left(&r); i++) {
        step(m, &r);
        check(m);
    }
    an_honest_peer_leads_to_the_end(m);
    for (struct guest *g = m->guest; g < m->guest + PEERS; g++)
        if (g->there)
            leave(m, g);
    YC_ASSERT(m->s.peers == NULL && m->s.in_flight.count == 0);
    yc_sync_release(&m->s);
    YC_ASSERT(m->heap.used_bytes == 0);
    free(m);
    return 0;
}
