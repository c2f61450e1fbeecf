/* Gossip of addresses as a program of the input: peers join and leave, tell addresses (made, or any bytes), ask for some,
 * time passes. What is sent is read back: only to peers that take part, no hidden address to a peer that
 * cannot read it, no more than may wait. The rest of the input is a file of anchors. */
#include "base/assert.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/sha256.h"
#include "net/peers/anchors.h"
#include "net/peers/gossip.h"
#include "sys/heap.h"

#include <stdlib.h>

#define PEERS     6
#define TOLD_MAX  64
#define STEPS     200
#define SECOND_US INT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct machine {
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct yc_heap_capped heap;
    struct yc_peer_nonces nonces;
    struct yc_peer_shared shared;
    struct yc_addrman *book;
    struct yc_bans bans;
    struct yc_self self;
    struct yc_gossip g;
    struct yc_now now;
    int64_t ids;
    bool there[PEERS], v2[PEERS];
    struct yc_peer peer[PEERS];
    struct yc_gossip_peer gp[PEERS];
};

/* Of three networks. */
static struct yc_netaddr addr_of(unsigned i)
{
    uint8_t key32[32] = {(uint8_t)i, (uint8_t)(i >> 8), 1};
    if (i % 8 == 7)
        return yc_netaddr_of_key(i & 8 ? YC_NET_TORV3 : YC_NET_I2P, key32, 8333);
    return yc_netaddr_ipv4((uint8_t)(20 + i % 64), 2, (uint8_t)(i >> 8), (uint8_t)i, 8333);
}

/* The handshake is fuzz_peer's: here it is over. */
static void join(struct machine *m, unsigned p, uint8_t how)
{
    struct yc_peer_start start = {.id = ++m->ids,
                                  .type = (enum yc_conn_type)(how % (YC_CONN_ADDR_FETCH + 1)),
                                  .remote = addr_of((unsigned)(m->ids % 32) * 8),
                                  .local = addr_of(0),
                                  .permissions = how & 128 ? YC_PERM_ADDR : 0};
    yc_peer_init(&m->peer[p], &m->shared, &start, m->now);
    yc_peer_sent(&m->peer[p], yc_peer_output(&m->peer[p]).n, m->now);
    m->peer[p].state = YC_PEER_READY;
    m->peer[p].wants_addrv2 = m->v2[p] = how & 64;
    m->there[p] = true;
    yc_gossip_join(&m->g, &m->gp[p], &m->peer[p], m->now);
}

static void leave(struct machine *m, unsigned p)
{
    yc_gossip_leave(&m->g, &m->gp[p]);
    yc_peer_release(&m->peer[p]);
    m->there[p] = false;
    for (const struct yc_gossip_peer *gp = m->g.first; gp; gp = gp->next)
        YC_ASSERT(gp != &m->gp[p]);
}

static void hear(struct machine *m, unsigned p, struct yc_view payload, bool v2)
{
    struct yc_msg msg;
    struct yc_msg_fault fault;
    if (yc_msg_parse(&msg, v2 ? YC_MSG_ADDRV2 : YC_MSG_ADDR, payload, &fault) != YC_VALID)
        return;
    uint64_t before = m->gp[p].tokens.processed + m->gp[p].tokens.limited;
    yc_gossip_on_addr(&m->g, &m->gp[p], &msg.u.addr, m->now);
    uint64_t counted = m->gp[p].tokens.processed + m->gp[p].tokens.limited - before;
    enum yc_conn_type type = m->peer[p].start.type;
    bool deaf = type == YC_CONN_BLOCK_RELAY || type == YC_CONN_FEELER;
    YC_ASSERT(counted == (deaf ? 0 : msg.u.addr.count));
}

static void tell(struct machine *m, unsigned p, unsigned first, unsigned count, uint8_t how)
{
    static uint8_t payload[TOLD_MAX * 64];
    struct yc_addr_entry list[TOLD_MAX];
    struct yc_writer w;
    for (unsigned i = 0; i < count; i++) {
        list[i] = (struct yc_addr_entry){.time_s = (uint32_t)(m->now.wall_s - (how & 3) * 400),
                                         .services = YC_NODE_NETWORK,
                                         .known = true,
                                         .addr = addr_of(first + i)};
        if (!(how & 4) && list[i].addr.hidden)
            list[i].addr = addr_of(0);
    }
    yc_writer_init(&w, payload, sizeof payload);
    yc_msg_write_addr(&w, list, count, how & 4);
    YC_ASSERT(!w.failed);
    hear(m, p, yc_writer_written(&w), how & 4);
}

/* One message that was sent to a peer. asked: it is the answer to getaddr, which is as old as a day. */
static void check_message(struct machine *m, unsigned p, const char *name, struct yc_view payload, bool asked)
{
    struct yc_msg msg;
    struct yc_addr_cursor at = {0};
    struct yc_addr_entry e;
    struct yc_msg_fault fault;
    if (strcmp(name, "getaddr") == 0) {
        YC_ASSERT(m->gp[p].enabled && payload.n == 0);
        return;
    }
    YC_ASSERT(strcmp(name, m->v2[p] ? "addrv2" : "addr") == 0 && m->gp[p].enabled);
    enum yc_verdict v = yc_msg_parse(&msg, m->v2[p] ? YC_MSG_ADDRV2 : YC_MSG_ADDR, payload, &fault);
    YC_ASSERT(v == YC_VALID && msg.u.addr.count <= (asked ? YC_ADDR_COUNT_MAX : YC_GOSSIP_QUEUE));
    while (yc_addr_list_next(&msg.u.addr, &at, &e))
        YC_ASSERT(e.known && (m->v2[p] || !e.addr.hidden));
}

static void check_output(struct machine *m, unsigned p, bool asked)
{
    struct yc_view out = yc_peer_output(&m->peer[p]);
    for (size_t at = 0; at < out.n;) {
        char name[13] = {0};
        YC_ASSERT(out.n - at >= YC_FRAME_HEADER_BYTES);
        memcpy(name, out.p + at + 4, 12);
        size_t n = yc_get32le(out.p + at + 16);
        YC_ASSERT(n <= out.n - at - YC_FRAME_HEADER_BYTES);
        check_message(m, p, name, yc_view(out.p + at + YC_FRAME_HEADER_BYTES, n), asked);
        at += YC_FRAME_HEADER_BYTES + n;
    }
    yc_peer_sent(&m->peer[p], out.n, m->now);
}

static void check(struct machine *m, bool asked)
{
    size_t linked = 0, there = 0;
    for (const struct yc_gossip_peer *gp = m->g.first; gp; gp = gp->next)
        linked++;
    for (unsigned p = 0; p < PEERS; p++) {
        if (!m->there[p])
            continue;
        there++;
        enum yc_conn_type type = m->peer[p].start.type;
        YC_ASSERT(m->gp[p].queued <= YC_GOSSIP_QUEUE && m->gp[p].known_next < YC_GOSSIP_KNOWN);
        YC_ASSERT(!m->gp[p].enabled || (type != YC_CONN_BLOCK_RELAY && type != YC_CONN_FEELER));
        YC_ASSERT(m->gp[p].queued == 0 || m->gp[p].enabled);
        for (size_t i = 0; i < m->gp[p].queued; i++)
            YC_ASSERT(m->v2[p] || !m->gp[p].queue[i].addr.hidden);
        check_output(m, p, asked);
    }
    YC_ASSERT(linked == there);
    for (unsigned p = 0; p < PEERS; p++) {
        YC_ASSERT(!m->there[p] || !m->gp[p].enabled || yc_gossip_next_deadline_us(&m->g) <= m->gp[p].announce_at_us);
        YC_ASSERT(!m->there[p] || !m->gp[p].queued || yc_gossip_next_deadline_us(&m->g) <= m->gp[p].send_at_us);
    }
}

/* What the peer of a place does; where there is none one joins. */
static void step(struct machine *m, struct yc_reader *r)
{
    uint8_t what = yc_reader_u8(r), how = yc_reader_u8(r);
    unsigned p = what % PEERS, first = yc_reader_u16le(r);
    bool asked = false;
    if (!m->there[p]) {
        join(m, p, how);
    } else if (what < 20) {
        leave(m, p);
    } else if (what < 130) {
        tell(m, p, first, 1 + (what < 100 ? how / 8 % 10 : how / 4), how);
    } else if (what < 150) {
        size_t n = yc_reader_left(r) < how ? yc_reader_left(r) : how;
        hear(m, p, yc_reader_bytes(r, n), what & 1);
    } else if (what < 170) {
        yc_gossip_on_getaddr(&m->g, &m->gp[p], m->now);
        asked = true;
    } else if (what < 180) {
        struct yc_netaddr a = addr_of(first);
        yc_bans_discourage(&m->bans, &a);
    } else if (what < 185) {
        struct yc_netaddr a = addr_of(first);
        yc_self_add(&m->self, &a, YC_SELF_BOUND);
    } else {
        m->now.mono_us += how * SECOND_US * (what & 1 ? 600 : 1);
        m->now.wall_s += how * (what & 1 ? 600 : 1);
        yc_gossip_tick(&m->g, m->now);
        YC_ASSERT(yc_gossip_next_deadline_us(&m->g) > m->now.mono_us);
    }
    check(m, asked);
}

/* A file of anchors: any bytes with a right checksum, and what was read of them written again. */
static void anchors(struct yc_view bytes)
{
    static const uint8_t magic[4] = {0xfa, 0xbf, 0xb5, 0xda};
    struct yc_addr_entry list[YC_ANCHORS_MAX], again[YC_ANCHORS_MAX];
    struct yc_buf file, written;
    uint8_t sum32[32];
    YC_ASSERT(yc_anchors_read(list, magic, bytes) <= YC_ANCHORS_MAX);
    yc_buf_init(&file, yc_heap(), SIZE_MAX);
    yc_buf_init(&written, yc_heap(), SIZE_MAX);
    yc_buf_append(&file, magic, sizeof magic);
    yc_buf_append(&file, bytes.p, bytes.n);
    yc_sha256d(sum32, file.p, file.n);
    yc_buf_append(&file, sum32, sizeof sum32);
    YC_ASSERT(!file.failed);
    size_t n = yc_anchors_read(list, magic, yc_buf_view(&file));
    YC_ASSERT(n <= YC_ANCHORS_MAX);
    yc_anchors_write(&written, magic, list, n);
    YC_ASSERT(!written.failed && written.n <= YC_ANCHORS_BYTES_MAX);
    YC_ASSERT(yc_anchors_read(again, magic, yc_buf_view(&written)) == n);
    for (size_t i = 0; i < n; i++) {
        YC_ASSERT(yc_netaddr_equal(&list[i].addr, &again[i].addr));
        YC_ASSERT(list[i].services == again[i].services && list[i].time_s == again[i].time_s);
    }
    yc_buf_release(&file);
    yc_buf_release(&written);
}

static void start(struct machine *m)
{
    const uint8_t key32[32] = {4};
    yc_heap_capped_init(&m->heap, SIZE_MAX);
    yc_random_seed(&m->random, &m->seeded, 5);
    m->shared = yc_peer_shared_default();
    m->shared.alloc = &m->heap.alloc;
    m->shared.random = &m->random;
    m->shared.nonces = &m->nonces;
    m->now = (struct yc_now){SECOND_US, 1700000000};
    yc_bans_init(&m->bans, &m->heap.alloc, (struct yc_siphash_key){1, 1});
    enum yc_verdict v = yc_addrman_new(&m->book, &m->heap.alloc, &m->random, (struct yc_view){0}, key32);
    YC_ASSERT(v == YC_VALID);
    yc_gossip_init(&m->g, m->book, &m->bans, &m->self, &m->random, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct machine *m = calloc(1, sizeof *m);
    struct yc_reader r;
    YC_ASSERT(m != NULL);
    yc_reader_init(&r, yc_view(data, n));
    start(m);
    unsigned steps = yc_reader_u8(&r);
    for (unsigned i = 0; i < steps && i < STEPS && yc_reader_left(&r); i++)
        step(m, &r);
    anchors(yc_reader_bytes(&r, yc_reader_left(&r)));
    for (unsigned p = 0; p < PEERS; p++)
        if (m->there[p])
            leave(m, p);
    YC_ASSERT(m->g.first == NULL);
    yc_addrman_free(m->book);
    yc_bans_release(&m->bans);
    YC_ASSERT(m->heap.used_bytes == 0);
    free(m);
    return 0;
}
