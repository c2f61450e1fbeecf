/* One node among peers that stall, lie, flood and send garbage: it goes on with the honest ones. Named by the rows of the
 * catalogue of attacks that Bitcoin's software has seen. */
#include "net/relay/requests.h"
#include "node/core/core.h"
#include "sim/world.h"

#include "consensus/pow.h"

#include <stdio.h>
#include <stdlib.h>

/* A puppet that knows the chain of a node. */
struct liar {
    struct sim_puppet puppet;
    struct sim *sim;
    unsigned source; /* whose chain it shows */
    bool serves;     /* answers getdata, with what spoil() made of the blocks */
    bool hides;      /* shows no headers */
    void (*spoil)(uint8_t *raw, size_t n);
    unsigned asked_headers, asked_blocks, asked_txs;
};

static const struct yc_chain *chain_of(const struct liar *l)
{
    return yc_core_chain(l->sim->node[l->source].core);
}

static void answer_getheaders(struct liar *l, struct yc_peer *peer, const struct yc_locator_view *locator)
{
    static uint8_t out[YC_HEADERS_COUNT_MAX * YC_HEADER_BYTES];
    uint32_t height = 1;
    size_t n = 0;
    for (size_t i = 0; i < locator->count; i++) {
        struct yc_block_hash hash = yc_locator_at(locator, i);
        const struct yc_node *at = yc_chain_find(chain_of(l), &hash);
        if (!at || !yc_chain_has(chain_of(l), at))
            continue;
        height = at->height + 1;
        break;
    }
    for (const struct yc_node *at; n < YC_HEADERS_COUNT_MAX && (at = yc_chain_at(chain_of(l), height)) != NULL;
         height++) {
        struct yc_header h = yc_node_header(at);
        yc_header_write(&h, out + n++ * YC_HEADER_BYTES);
    }
    yc_peer_send_headers(peer, out, n);
}

static void answer_getdata(struct liar *l, struct yc_peer *peer, const struct yc_inv_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct yc_inv inv = yc_inv_list_at(list, i);
        struct yc_block_hash hash;
        struct yc_error err;
        struct yc_view raw;
        if ((inv.type & ~YC_INV_WITNESS_FLAG) != YC_INV_BLOCK) {
            l->asked_txs++;
            continue;
        }
        l->asked_blocks++;
        memcpy(hash.b, inv.hash32, 32);
        const struct yc_node *at = l->serves ? yc_chain_find(chain_of(l), &hash) : NULL;
        if (!at)
            continue;
        assert_int_equal(yc_chain_read_block(chain_of(l), at, yc_heap(), &raw, &err), YC_VALID);
        uint8_t *bytes = (uint8_t *)(uintptr_t)raw.p;
        if (l->spoil)
            l->spoil(bytes, raw.n);
        yc_peer_send(peer, YC_MSG_BLOCK, raw);
        yc_alloc_free(yc_heap(), bytes, raw.n);
    }
}

static void on_event(struct sim_puppet *p, struct sim *s, struct yc_peer *peer, const struct yc_peer_event *ev)
{
    struct liar *l = p->ctx;
    (void)s;
    if (ev->kind != YC_PEER_EV_MESSAGE)
        return;
    if (ev->msg.type == YC_MSG_GETHEADERS) {
        l->asked_headers++;
        if (!l->hides)
            answer_getheaders(l, peer, &ev->msg.u.locator);
    } else if (ev->msg.type == YC_MSG_GETDATA) {
        answer_getdata(l, peer, &ev->msg.u.inv);
    }
}

static unsigned add_liar(struct sim *s, struct liar *l)
{
    l->sim = s;
    l->puppet.event = on_event;
    l->puppet.ctx = l;
    return sim_add_puppet(s, &l->puppet);
}

static void sim_of(struct sim *s, uint64_t seed)
{
    sim_init(s, &(struct sim_options){.seed = seed, .latency_us = 20000, .jitter_us = 10000});
}

/* An honest node with blocks, and one beside it that has them too. */
static void honest_pair(struct sim *s, uint64_t seed, unsigned blocks)
{
    sim_of(s, seed);
    assert_int_equal(sim_add_node(s), 0);
    assert_int_equal(sim_add_node(s), 1);
    sim_add_peer(s, 1, 0);
    sim_start(s, 0);
    sim_mine(s, 0, blocks);
    sim_start(s, 1);
    sim_expect_agreement(s, 0, blocks, 60);
}

/* A ready connection of a new liar to the node. */
static uint64_t join(struct sim *s, struct liar *l, unsigned node)
{
    unsigned before = sim_peers(s, node);
    uint64_t handle = sim_puppet_connect(s, add_liar(s, l), node);
    sim_run(s, 1);
    assert_int_equal(sim_peers(s, node), before + 1);
    return handle;
}

/* The two honest nodes still work together, and the liar is gone or not. */
static void expect_honest_go_on(struct sim *s, const struct liar *l, bool gone)
{
    uint32_t height = sim_height(s, 0);
    sim_mine(s, 0, 1);
    sim_expect_agreement(s, 0, height + 1, 5);
    sim_mine(s, 1, 1);
    sim_expect_agreement(s, 0, height + 2, 5);
    assert_int_equal(l->puppet.closed, gone);
}

/* Stalling. */

static void late_joiner_syncs_from_two_of_which_one_stalls_P36(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    (void)state;
    sim_of(&s, 1);
    unsigned a = sim_add_node(&s), liar = add_liar(&s, &l), c = sim_add_node(&s);
    sim_start(&s, a);
    sim_mine(&s, a, 300);
    sim_add_peer(&s, c, liar);
    sim_add_peer(&s, c, a);
    sim_start(&s, c);
    sim_expect_agreement(&s, 0, 300, 10);
    assert_true(l.asked_blocks > 0);
    sim_release(&s);
}

struct height_of {
    unsigned node;
    uint32_t height;
};

static bool reached(struct sim *s, void *ctx)
{
    const struct height_of *h = ctx;
    return sim_height(s, h->node) >= h->height;
}

static void announcers_that_withhold_delay_the_tip_less_than_5_s_P15(void **state)
{
    struct sim s;
    struct liar l[8];
    (void)state;
    honest_pair(&s, 2, 20);
    uint64_t handle[8];
    for (unsigned i = 0; i < 8; i++) {
        l[i] = (struct liar){.source = 0};
        handle[i] = join(&s, &l[i], 1);
    }
    /* The new block is shown by all of them before the honest node can. */
    struct yc_view raw;
    uint8_t header[YC_HEADER_BYTES];
    struct yc_reject why;
    sim_make_block(&s, 0, &raw);
    memcpy(header, raw.p, YC_HEADER_BYTES);
    for (unsigned i = 0; i < 8; i++)
        yc_peer_send_headers(sim_puppet_peer(&s, handle[i]), header, 1);
    sim_flush_puppets(&s);
    sim_run(&s, 0.1);
    assert_int_equal(yc_core_submit_block(s.node[0].core, raw, NULL, NULL, &why), YC_VALID);
    free((void *)(uintptr_t)raw.p);
    assert_true(sim_run_until(&s, 5, reached, &(struct height_of){1, 21}));
    unsigned asked = 0;
    for (unsigned i = 0; i < 8; i++)
        asked += l[i].asked_blocks;
    assert_true(asked > 0);
    sim_release(&s);
}

static void headers_peer_that_never_answers_is_replaced(void **state)
{
    struct sim s;
    struct liar l = {.source = 0, .hides = true};
    (void)state;
    sim_of(&s, 3);
    unsigned a = sim_add_node(&s), liar = add_liar(&s, &l), c = sim_add_node(&s);
    sim_start(&s, a);
    sim_mine(&s, a, 50);
    sim_add_peer(&s, c, liar);
    sim_start(&s, c);
    sim_run(&s, 5);
    assert_int_equal(l.asked_headers, 1);
    struct yc_error err;
    char text[YC_NETADDR_TEXT_MAX];
    yc_netaddr_print(text, &s.node[a].addr);
    assert_int_equal(yc_core_add_node(s.node[c].core, text, YC_ADD_NODE_ADD, &err), YC_VALID);
    sim_expect_agreement(&s, 0, 50, 60);
    sim_release(&s);
}

/* Lies about blocks. */

static void spoil_body(uint8_t *raw, size_t n)
{
    raw[n - 20] ^= 1; /* within the coinbase: the merkle root no longer fits */
}

/* P14: the wrong body costs its sender the connection; the block itself is taken from the next. */
static void mutated_bodies_then_honest_ones_P14(void **state)
{
    struct sim s;
    struct liar l = {.source = 0, .serves = true, .spoil = spoil_body};
    (void)state;
    sim_of(&s, 4);
    unsigned a = sim_add_node(&s), c = sim_add_node(&s);
    sim_start(&s, a);
    sim_mine(&s, a, 50);
    sim_start(&s, c);
    (void)sim_puppet_connect(&s, add_liar(&s, &l), c);
    sim_run(&s, 5);
    assert_true(l.asked_blocks > 0);
    assert_int_equal(l.puppet.closed, 1);
    assert_int_equal(sim_height(&s, c), 0);
    char text[YC_NETADDR_TEXT_MAX];
    struct yc_error err;
    yc_netaddr_print(text, &s.node[a].addr);
    assert_int_equal(yc_core_add_node(s.node[c].core, text, YC_ADD_NODE_ADD, &err), YC_VALID);
    sim_expect_agreement(&s, 0, 50, 30);
    sim_release(&s);
}

/* A body that was not asked for and is not the header's: the pending request of the honest peer stays. */
static void unrequested_mutated_block_touches_only_its_sender_P14(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    struct yc_view raw;
    struct yc_reject why;
    (void)state;
    honest_pair(&s, 5, 20);
    uint64_t handle = join(&s, &l, 1);
    sim_make_block(&s, 0, &raw);
    uint8_t *bytes = (uint8_t *)(uintptr_t)raw.p;
    spoil_body(bytes, raw.n);
    yc_peer_send(sim_puppet_peer(&s, handle), YC_MSG_BLOCK, raw);
    sim_flush_puppets(&s);
    spoil_body(bytes, raw.n);
    assert_int_equal(yc_core_submit_block(s.node[0].core, raw, NULL, NULL, &why), YC_VALID);
    free(bytes);
    sim_expect_agreement(&s, 0, 21, 2);
    expect_honest_go_on(&s, &l, true);
    sim_release(&s);
}

/* Find a nonce for a header that was changed. */
static void solve(uint8_t *raw)
{
    struct yc_header h;
    struct yc_block_hash hash;
    yc_header_read(&h, raw);
    do {
        h.nonce++;
        hash = yc_header_hash(&h);
    } while (!yc_pow_check(&hash, h.bits, yc_chain_builtin("regtest")));
    yc_header_write(&h, raw);
}

/* A block with proof of work whose coinbase takes too much: its sender goes, the honest block of that height comes. */
static void invalid_block_costs_its_sender_the_connection(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    struct yc_view raw;
    struct yc_block b;
    struct yc_arena arena;
    struct yc_reject why;
    (void)state;
    honest_pair(&s, 6, 20);
    uint64_t handle = join(&s, &l, 1);
    sim_make_block(&s, 0, &raw);
    uint8_t *bytes = (uint8_t *)(uintptr_t)raw.p;
    yc_arena_init(&arena, yc_heap(), 65536, SIZE_MAX);
    assert_int_equal(yc_block_parse(&b, raw, &arena, &why), YC_VALID);
    uint8_t *value = (uint8_t *)(uintptr_t)b.tx[0].out[0].script.p - 9;
    assert_int_equal(yc_get64le(value), (uint64_t)b.tx[0].out[0].value_sat);
    yc_put64le(value, (uint64_t)b.tx[0].out[0].value_sat + 1);
    assert_int_equal(yc_block_parse(&b, raw, &arena, &why), YC_VALID);
    memcpy(bytes + 36, b.tx[0].txid.b, 32); /* the merkle root of one transaction */
    solve(bytes);
    yc_arena_release(&arena);
    yc_peer_send(sim_puppet_peer(&s, handle), YC_MSG_BLOCK, raw);
    sim_flush_puppets(&s);
    sim_run(&s, 2);
    free(bytes);
    expect_honest_go_on(&s, &l, true);
    sim_release(&s);
}

/* P30: blocks of little work that nobody asked for are not stored. */
static void unrequested_side_blocks_are_not_stored_P30(void **state)
{
    struct sim s;
    struct liar l = {.source = 2, .hides = true};
    (void)state;
    honest_pair(&s, 7, 30);
    unsigned other = sim_add_node(&s);
    sim_set_island(&s, other, 1);
    sim_start(&s, other);
    sim_mine(&s, other, 10);
    uint64_t handle = join(&s, &l, 1);
    int64_t before = yc_chain_disk_bytes(yc_core_chain(s.node[1].core));
    for (uint32_t height = 1; height <= 10; height++) {
        struct yc_view raw;
        struct yc_error err;
        const struct yc_node *n = yc_chain_at(chain_of(&l), height);
        assert_int_equal(yc_chain_read_block(chain_of(&l), n, yc_heap(), &raw, &err), YC_VALID);
        yc_peer_send(sim_puppet_peer(&s, handle), YC_MSG_BLOCK, raw);
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
    }
    sim_flush_puppets(&s);
    sim_run(&s, 2);
    const struct yc_node *last = yc_chain_at(chain_of(&l), 10), *seen;
    seen = yc_chain_find(yc_core_chain(s.node[1].core), &last->hash);
    assert_true(!seen || !(seen->status & YC_BLOCK_HAVE_DATA));
    assert_int_equal(yc_chain_disk_bytes(yc_core_chain(s.node[1].core)), before);
    expect_honest_go_on(&s, &l, false);
    sim_release(&s);
}

/* Headers. */

static void send_headers_of(struct sim *s, uint64_t handle, const uint8_t *headers80, size_t count)
{
    struct yc_peer *peer = sim_puppet_peer(s, handle);
    if (peer)
        yc_peer_send_headers(peer, headers80, count);
    sim_flush_puppets(s);
}

/* count headers behind prev, with proof of work; salt tells chains apart. */
static void make_headers(uint8_t *out80, size_t count, const struct yc_block_hash *prev, uint32_t time, uint8_t salt)
{
    struct yc_block_hash last = *prev;
    for (size_t i = 0; i < count; i++) {
        struct yc_header h = {.version = 0x20000000, .prev = last, .time = time + (uint32_t)i};
        h.merkle_root[0] = salt;
        h.bits = yc_chain_builtin("regtest")->genesis.bits;
        yc_header_write(&h, out80 + i * YC_HEADER_BYTES);
        solve(out80 + i * YC_HEADER_BYTES);
        yc_header_read(&h, out80 + i * YC_HEADER_BYTES);
        last = yc_header_hash(&h);
    }
}

static void non_continuous_headers_P29(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    uint8_t headers[3 * YC_HEADER_BYTES];
    (void)state;
    honest_pair(&s, 8, 20);
    uint64_t handle = join(&s, &l, 1);
    const struct yc_node *tip = yc_chain_tip(chain_of(&l));
    make_headers(headers, 3, &tip->hash, tip->time + 1, 1);
    memmove(headers + YC_HEADER_BYTES, headers + 2 * YC_HEADER_BYTES, YC_HEADER_BYTES);
    send_headers_of(&s, handle, headers, 2);
    sim_run(&s, 1);
    expect_honest_go_on(&s, &l, true);
    sim_release(&s);
}

static void headers_without_proof_of_work_P29(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    uint8_t headers[YC_HEADER_BYTES];
    struct yc_header h;
    struct yc_block_hash hash;
    (void)state;
    honest_pair(&s, 9, 20);
    uint64_t handle = join(&s, &l, 1);
    const struct yc_node *tip = yc_chain_tip(chain_of(&l));
    make_headers(headers, 1, &tip->hash, tip->time + 1, 1);
    yc_header_read(&h, headers);
    do {
        h.nonce++;
        hash = yc_header_hash(&h);
    } while (yc_pow_check(&hash, h.bits, yc_chain_builtin("regtest")));
    yc_header_write(&h, headers);
    send_headers_of(&s, handle, headers, 1);
    sim_run(&s, 1);
    expect_honest_go_on(&s, &l, true);
    sim_release(&s);
}

static void unconnecting_headers_lead_to_one_question_P29(void **state)
{
    struct sim s;
    struct liar l = {.source = 0, .hides = true};
    uint8_t headers[YC_HEADER_BYTES];
    struct yc_block_hash nowhere = {{7}};
    (void)state;
    honest_pair(&s, 10, 20);
    uint64_t handle = join(&s, &l, 1);
    unsigned before = l.asked_headers;
    for (unsigned i = 0; i < 200; i++) {
        make_headers(headers, 1, &nowhere, 1700000000 + i, 1);
        send_headers_of(&s, handle, headers, 1);
    }
    sim_run(&s, 5);
    assert_true(l.asked_headers <= before + 1);
    expect_honest_go_on(&s, &l, false);
    sim_release(&s);
}

/* P10: chains of the least work from genesis, again and again: what is stored of them stays bounded. */
static void cheap_headers_do_not_fill_memory_P10(void **state)
{
    enum { CHAINS = 60 };
    static uint8_t headers[YC_HEADERS_COUNT_MAX * YC_HEADER_BYTES];
    static struct yc_block_hash last[CHAINS];
    struct sim s;
    struct liar l[6];
    (void)state;
    honest_pair(&s, 11, 200);
    const struct yc_node *genesis = yc_chain_at(yc_core_chain(s.node[0].core), 0);
    for (unsigned p = 0; p < 6; p++) {
        l[p] = (struct liar){.source = 0, .hides = true};
        uint64_t handle = join(&s, &l[p], 1);
        for (unsigned i = 0; i < CHAINS / 6; i++) {
            unsigned at = p * (CHAINS / 6) + i;
            struct yc_header h;
            make_headers(headers, YC_HEADERS_COUNT_MAX, &genesis->hash, genesis->time + 1, (uint8_t)(at + 1));
            yc_header_read(&h, headers + (YC_HEADERS_COUNT_MAX - 1) * YC_HEADER_BYTES);
            last[at] = yc_header_hash(&h);
            send_headers_of(&s, handle, headers, YC_HEADERS_COUNT_MAX);
            sim_run(&s, 1);
        }
    }
    unsigned stored = 0;
    for (unsigned i = 0; i < CHAINS; i++)
        stored += yc_chain_find(yc_core_chain(s.node[1].core), &last[i]) != NULL;
    assert_true(stored * YC_HEADERS_COUNT_MAX <= 65536 + 2 * YC_HEADERS_COUNT_MAX);
    assert_true(stored < CHAINS);
    sim_release(&s);
}

/* Floods. */

static void inv_of_50000_blocks_makes_one_getheaders_P03(void **state)
{
    static struct yc_inv inv[YC_INV_COUNT_MAX];
    struct sim s;
    struct liar l = {.source = 0, .hides = true};
    (void)state;
    honest_pair(&s, 12, 20);
    uint64_t handle = join(&s, &l, 1);
    uint64_t received = l.puppet.received;
    unsigned before = l.asked_headers;
    for (size_t i = 0; i < YC_INV_COUNT_MAX; i++) {
        inv[i].type = YC_INV_BLOCK;
        yc_put32le(inv[i].hash32, (uint32_t)i + 1);
    }
    for (unsigned i = 0; i < 5; i++)
        yc_peer_send_inv(sim_puppet_peer(&s, handle), inv, YC_INV_COUNT_MAX);
    sim_flush_puppets(&s);
    sim_run(&s, 5);
    assert_true(l.asked_headers <= before + 1);
    assert_true(l.puppet.received - received < 100000);
    expect_honest_go_on(&s, &l, false);
    sim_release(&s);
}

/* A transaction that one peer announces and withholds comes from the next one after the timeout. */
static void withheld_transaction_comes_from_another_P05_P40(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    struct yc_txid txid;
    uint8_t raw[256];
    struct yc_inv inv = {.type = YC_INV_WTX};
    (void)state;
    sim_init(&s, &(struct sim_options){.seed = 13, .latency_us = 20000, .jitter_us = 10000, .with_delays = true});
    sim_add_node(&s);
    sim_add_node(&s);
    sim_add_peer(&s, 0, 1); /* to node 1 the honest one is no better than the liar */
    sim_start(&s, 0);
    sim_mine(&s, 0, 110);
    sim_start(&s, 1);
    sim_expect_agreement(&s, 0, 110, 60);
    sim_run(&s, 20); /* feefilters say that node 1 takes transactions now */
    uint64_t handle = join(&s, &l, 1);
    size_t n = sim_spend(&s, 0, 1, 10000, raw, sizeof raw, &txid);
    memcpy(inv.hash32, txid.b, 32); /* no witness: the same as its wtxid */
    yc_peer_send_inv(sim_puppet_peer(&s, handle), &inv, 1);
    sim_flush_puppets(&s);
    sim_run(&s, 3);
    assert_int_equal(l.asked_txs, 1);
    sim_submit_tx(&s, 0, yc_view(raw, n));
    sim_run(&s, 70);
    assert_true(sim_has_tx(&s, 1, &txid));
    sim_release(&s);
}

/* P33, P03: a peer that asks for everything and reads nothing holds little memory, and is still heard. */
static void peer_that_asks_and_never_reads_P33(void **state)
{
    static struct yc_inv inv[YC_INV_COUNT_MAX];
    struct sim s;
    struct liar l = {.source = 0, .hides = true};
    (void)state;
    honest_pair(&s, 14, 20);
    uint64_t handle = join(&s, &l, 1);
    const struct yc_node *tip = yc_chain_tip(yc_core_chain(s.node[1].core));
    for (size_t i = 0; i < YC_INV_COUNT_MAX; i++) {
        inv[i].type = YC_INV_WITNESS_BLOCK;
        memcpy(inv[i].hash32, tip->hash.b, 32);
    }
    l.puppet.deaf = true;
    yc_peer_send_getdata(sim_puppet_peer(&s, handle), inv, YC_INV_COUNT_MAX);
    sim_flush_puppets(&s);
    sim_run(&s, 5);
    uint64_t received, sent;
    yc_core_net_totals(s.node[1].core, &received, &sent);
    assert_true(sent < 2000000);
    expect_honest_go_on(&s, &l, false);
    sim_release(&s);
}

/* Streams. */

static uint64_t raw_join(struct sim *s, struct sim_puppet *p, unsigned node)
{
    p->raw = true;
    uint64_t handle = sim_puppet_connect(s, sim_add_puppet(s, p), node);
    sim_run(s, 1);
    assert_int_equal(p->connections, 1);
    return handle;
}

static void foreign_magic_is_closed_without_an_answer(void **state)
{
    struct sim s;
    struct sim_puppet p = {0};
    (void)state;
    honest_pair(&s, 15, 5);
    uint64_t handle = raw_join(&s, &p, 1);
    sim_puppet_send(&s, handle, yc_view("GET / HTTP/1.1\r\n\r\n", 18));
    sim_run(&s, 1);
    assert_int_equal(p.closed, 1);
    assert_int_equal(p.received, 0);
    sim_release(&s);
}

static void silence_ends_within_65_s_P26(void **state)
{
    struct sim s;
    struct sim_puppet p[4];
    (void)state;
    honest_pair(&s, 16, 5);
    memset(p, 0, sizeof p);
    for (unsigned i = 0; i < 4; i++)
        (void)raw_join(&s, &p[i], 1);
    sim_run(&s, 65);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(p[i].closed, 1);
    assert_int_equal(sim_peers(&s, 1), 1);
    sim_release(&s);
}

static void raw_message(struct sim *s, uint64_t handle, const char *command, struct yc_view payload)
{
    uint8_t header[YC_FRAME_HEADER_BYTES];
    yc_frame_write_header(header, yc_chain_builtin("regtest")->magic, command, payload);
    sim_puppet_send(s, handle, yc_view(header, sizeof header));
    sim_puppet_send(s, handle, payload);
}

static void messages_before_version_are_ignored_P27(void **state)
{
    struct sim s;
    struct sim_puppet p = {0};
    (void)state;
    honest_pair(&s, 17, 5);
    uint64_t handle = raw_join(&s, &p, 1);
    raw_message(&s, handle, "getaddr", YC_VIEW_EMPTY);
    raw_message(&s, handle, "verack", YC_VIEW_EMPTY);
    raw_message(&s, handle, "ping", yc_view("12345678", 8));
    sim_run(&s, 5);
    assert_int_equal(p.received, 0);
    assert_int_equal(p.closed, 0);
    sim_release(&s);
}

static void late_wtxidrelay_is_a_breach_P27(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    (void)state;
    honest_pair(&s, 18, 5);
    uint64_t handle = join(&s, &l, 1);
    yc_peer_send(sim_puppet_peer(&s, handle), YC_MSG_WTXIDRELAY, YC_VIEW_EMPTY);
    sim_flush_puppets(&s);
    sim_run(&s, 1);
    expect_honest_go_on(&s, &l, true);
    sim_release(&s);
}

/* One element more than allowed, of each list. */
static void oversized_lists_P28(void **state)
{
    static const struct {
        const char *name;
        uint32_t count;
        size_t element;
    } lists[] = {
        {"inv", 50001, 36}, {"getdata", 50001, 36}, {"headers", 2001, 81}, {"addr", 1001, 30}, {"getheaders", 102, 32}};
    static uint8_t payload[50001 * 36 + 64];
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct sim s;
        struct liar l = {.source = 0};
        struct yc_writer w;
        honest_pair(&s, 19 + i, 5);
        uint64_t handle = join(&s, &l, 1);
        memset(payload, 0, sizeof payload);
        yc_writer_init(&w, payload, sizeof payload);
        if (!strcmp(lists[i].name, "getheaders"))
            yc_writer_u32le(&w, 70016);
        yc_writer_compact(&w, lists[i].count);
        w.n += lists[i].count * lists[i].element + (i == 4 ? 32 : 0);
        raw_message(&s, handle, lists[i].name, yc_view(payload, w.n));
        sim_run(&s, 1);
        if (!l.puppet.closed)
            fail_msg("%s with %u elements is taken", lists[i].name, lists[i].count);
        expect_honest_go_on(&s, &l, true);
        sim_release(&s);
    }
}

static void garbage_of_any_kind_ends_only_its_own_connection(void **state)
{
    static const char *const names[] = {"version",    "inv",      "headers",   "block",     "tx",
                                        "getdata",    "addrv2",   "getblocks", "feefilter", "sendcmpct",
                                        "cmpctblock", "notfound", "",          "zzz"};
    enum { ROUNDS = 8 };
    static struct liar l[ROUNDS];
    struct sim s;
    (void)state;
    honest_pair(&s, 30, 5);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t handle = join(&s, &l[round], 1);
        for (unsigned i = 0; i < 60; i++) {
            uint8_t junk[300];
            const char *name = names[yc_random_below(&s.random, sizeof names / sizeof names[0])];
            yc_random_fill(&s.random, junk, sizeof junk);
            struct yc_view some = yc_view(junk, (size_t)yc_random_below(&s.random, sizeof junk));
            if (round < 6)
                raw_message(&s, handle, name, some);
            else
                sim_puppet_send(&s, handle, some);
        }
        sim_run(&s, 3);
        uint32_t height = sim_height(&s, 0);
        sim_mine(&s, 0, 1);
        sim_expect_agreement(&s, 0, height + 1, 5);
    }
    sim_release(&s);
}

static void node_does_not_keep_a_connection_to_itself_P35(void **state)
{
    struct sim s;
    (void)state;
    sim_of(&s, 40);
    unsigned a = sim_add_node(&s);
    sim_add_peer(&s, a, a);
    sim_start(&s, a);
    sim_run(&s, 30);
    assert_int_equal(sim_peers(&s, a), 0);
    sim_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_joiner_syncs_from_two_of_which_one_stalls_P36),
        cmocka_unit_test(announcers_that_withhold_delay_the_tip_less_than_5_s_P15),
        cmocka_unit_test(headers_peer_that_never_answers_is_replaced),
        cmocka_unit_test(mutated_bodies_then_honest_ones_P14),
        cmocka_unit_test(unrequested_mutated_block_touches_only_its_sender_P14),
        cmocka_unit_test(invalid_block_costs_its_sender_the_connection),
        cmocka_unit_test(unrequested_side_blocks_are_not_stored_P30),
        cmocka_unit_test(non_continuous_headers_P29),
        cmocka_unit_test(headers_without_proof_of_work_P29),
        cmocka_unit_test(unconnecting_headers_lead_to_one_question_P29),
        cmocka_unit_test(cheap_headers_do_not_fill_memory_P10),
        cmocka_unit_test(inv_of_50000_blocks_makes_one_getheaders_P03),
        cmocka_unit_test(withheld_transaction_comes_from_another_P05_P40),
        cmocka_unit_test(peer_that_asks_and_never_reads_P33),
        cmocka_unit_test(foreign_magic_is_closed_without_an_answer),
        cmocka_unit_test(silence_ends_within_65_s_P26),
        cmocka_unit_test(messages_before_version_are_ignored_P27),
        cmocka_unit_test(late_wtxidrelay_is_a_breach_P27),
        cmocka_unit_test(oversized_lists_P28),
        cmocka_unit_test(garbage_of_any_kind_ends_only_its_own_connection),
        cmocka_unit_test(node_does_not_keep_a_connection_to_itself_P35),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
