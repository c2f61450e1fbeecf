/* One node among peers that stall and lie about headers and blocks: it goes on with the honest ones. Named by the rows of
 * the catalogue of attacks that Bitcoin's software has seen. */
#include "consensus/pow.h"
#include "net/sync/sync.h"
#include "sim/pair.h"

#include <stdlib.h>

/* Stalling. */

static void late_joiner_syncs_from_two_of_which_one_stalls_P36(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    (void)state;
    quick_sim(&s, 1);
    unsigned a = sim_add_node(&s), liar = liar_add(&s, &l), c = sim_add_node(&s);
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

/* How long a new node takes to sync so many blocks from eight peers on slow lines, of which some say that they have all and
 * give nothing. */
static double sync_time_s(unsigned stallers, uint32_t blocks)
{
    enum { PEERS = 8 };
    struct sim s;
    struct liar l[PEERS];
    struct height_of whole = {PEERS, blocks};
    sim_init(&s, &(struct sim_options){
                     .seed = 21, .latency_us = 20000, .jitter_us = 10000, .up_bytes_per_s = 40000, .nodes_max = 32});
    for (unsigned i = 0; i < PEERS; i++) {
        l[i] = (struct liar){.source = 0};
        if (i < PEERS - stallers)
            (void)sim_add_node(&s);
        else
            (void)liar_add(&s, &l[i]);
    }
    unsigned fresh = sim_add_node(&s);
    sim_start(&s, 0);
    for (unsigned i = 0; i < PEERS; i++) {
        if (i && i < PEERS - stallers) {
            sim_add_peer(&s, i, 0);
            sim_start(&s, i);
        }
        sim_add_peer(&s, fresh, i);
    }
    sim_mine(&s, 0, blocks);
    sim_expect_agreement(&s, 0, blocks, 600);
    sim_start(&s, fresh);
    int64_t begun_us = s.now_us;
    assert_true(sim_run_until(&s, 600, reached, &whole));
    double took_s = (double)(s.now_us - begun_us) / 1e6;
    for (unsigned i = PEERS - stallers; i < PEERS; i++)
        assert_true(l[i].asked_blocks > 0);
    sim_release(&s);
    return took_s;
}

/* P36, the row's measure: three of eight peers that stall cost less than a third of the time. */
static void three_of_eight_that_stall_cost_little_P36(void **state)
{
    (void)state;
    double clean_s = sync_time_s(0, 3000), stalled_s = sync_time_s(3, 3000);
    print_message("clean %.1f s, with stallers %.1f s\n", clean_s, stalled_s);
    assert_true(stalled_s <= 1.3 * clean_s);
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
        handle[i] = liar_join(&s, &l[i], 1);
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
    quick_sim(&s, 3);
    unsigned a = sim_add_node(&s), liar = liar_add(&s, &l), c = sim_add_node(&s);
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
        liar_solve(out80 + i * YC_HEADER_BYTES);
        yc_header_read(&h, out80 + i * YC_HEADER_BYTES);
        last = yc_header_hash(&h);
    }
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
    quick_sim(&s, 4);
    unsigned a = sim_add_node(&s), c = sim_add_node(&s);
    sim_start(&s, a);
    sim_mine(&s, a, 50);
    sim_start(&s, c);
    (void)sim_puppet_connect(&s, liar_add(&s, &l), c);
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
    uint64_t handle = liar_join(&s, &l, 1);
    sim_make_block(&s, 0, &raw);
    uint8_t *bytes = (uint8_t *)(uintptr_t)raw.p;
    spoil_body(bytes, raw.n);
    yc_peer_send(sim_puppet_peer(&s, handle), YC_MSG_BLOCK, raw);
    sim_flush_puppets(&s);
    spoil_body(bytes, raw.n);
    sim_run(&s, 0.1); /* it is there before the honest one */
    assert_int_equal(yc_core_submit_block(s.node[0].core, raw, NULL, NULL, &why), YC_VALID);
    free(bytes);
    sim_expect_agreement(&s, 0, 21, 2);
    expect_honest_go_on(&s, &l, true);
    sim_release(&s);
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
    uint64_t handle = liar_join(&s, &l, 1);
    sim_make_block(&s, 0, &raw);
    uint8_t *bytes = (uint8_t *)(uintptr_t)raw.p;
    yc_arena_init(&arena, yc_heap(), 65536, SIZE_MAX);
    assert_int_equal(yc_block_parse(&b, raw, &arena, &why), YC_VALID);
    uint8_t *value = (uint8_t *)(uintptr_t)b.tx[0].out[0].script.p - 9;
    assert_int_equal(yc_get64le(value), (uint64_t)b.tx[0].out[0].value_sat);
    yc_put64le(value, (uint64_t)b.tx[0].out[0].value_sat + 1);
    assert_int_equal(yc_block_parse(&b, raw, &arena, &why), YC_VALID);
    memcpy(bytes + 36, b.tx[0].txid.b, 32); /* the merkle root of one transaction */
    liar_solve(bytes);
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
    uint64_t handle = liar_join(&s, &l, 1);
    int64_t before = yc_chain_disk_bytes(yc_core_chain(s.node[1].core));
    for (uint32_t height = 1; height <= 10; height++) {
        struct yc_view raw;
        struct yc_error err;
        const struct yc_node *n = yc_chain_at(liar_chain(&l), height);
        assert_int_equal(yc_chain_read_block(liar_chain(&l), n, yc_heap(), &raw, &err), YC_VALID);
        yc_peer_send(sim_puppet_peer(&s, handle), YC_MSG_BLOCK, raw);
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
    }
    sim_flush_puppets(&s);
    sim_run(&s, 2);
    const struct yc_node *last = yc_chain_at(liar_chain(&l), 10), *seen;
    seen = yc_chain_find(yc_core_chain(s.node[1].core), &last->hash);
    assert_true(!seen || !(seen->status & YC_BLOCK_HAVE_DATA));
    assert_int_equal(yc_chain_disk_bytes(yc_core_chain(s.node[1].core)), before);
    expect_honest_go_on(&s, &l, false);
    sim_release(&s);
}

/* A valid block beside the one at this height of the chain: the same but for its time. The caller frees out->p. */
static void side_block(const struct yc_chain *chain, uint32_t height, uint32_t later_s, struct yc_view *out)
{
    struct yc_error err;
    assert_int_equal(yc_chain_read_block(chain, yc_chain_at(chain, height), yc_heap(), out, &err), YC_VALID);
    uint8_t *bytes = (uint8_t *)(uintptr_t)out->p;
    yc_put32le(bytes + 68, yc_get32le(bytes + 68) + later_s);
    liar_solve(bytes);
}

/* P30, the row's measure: 10,000 valid cheap blocks beside those of the chain, near the tip and far from it, every other one
 * after its header. None is stored, what is kept of their headers is bounded, and who sends them is no worse than a late
 * peer. */
static void ten_thousand_side_blocks_take_no_disk_P30(void **state)
{
    enum { BLOCKS = 10000, HEIGHT = 300, TIP_APART = 2 };
    struct sim s;
    struct liar l = {.source = 0, .hides = true};
    struct yc_heap_capped heap;
    (void)state;
    measured_pair(&s, &heap, 14, HEIGHT);
    uint64_t handle = liar_join(&s, &l, 1);
    const struct yc_chain *chain = yc_core_chain(s.node[1].core);
    int64_t disk_before = yc_chain_disk_bytes(chain);
    size_t memory_before = heap.used_bytes;
    unsigned asked_before = l.asked_blocks;
    for (uint32_t i = 0; i < BLOCKS; i++) {
        struct yc_view raw;
        side_block(liar_chain(&l), 1 + i % (HEIGHT - TIP_APART), 1 + i / HEIGHT, &raw);
        if (i % 2)
            send_headers_of(&s, handle, raw.p, 1);
        yc_peer_send(sim_puppet_peer(&s, handle), YC_MSG_BLOCK, raw);
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
        if (i % 100 == 99) {
            sim_flush_puppets(&s);
            sim_run(&s, 0.5);
        }
    }
    sim_run(&s, 5);
    uint64_t received, sent;
    yc_core_net_totals(s.node[1].core, &received, &sent);
    assert_true(received > BLOCKS * 250); /* they did come */
    assert_int_equal(yc_chain_disk_bytes(chain), disk_before);
    assert_true(yc_kv_memory_count(s.node[1].index_kv) < HEIGHT + YC_CHAIN_SIDE_BLOCKS_MAX / 4);
    assert_true(heap.used_bytes < memory_before + ((size_t)8 << 20));
    assert_int_equal(l.asked_blocks, asked_before);
    expect_honest_go_on(&s, &l, false);
    sim_release(&s);
}

static void non_continuous_headers_P29(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    uint8_t headers[3 * YC_HEADER_BYTES];
    (void)state;
    honest_pair(&s, 8, 20);
    uint64_t handle = liar_join(&s, &l, 1);
    const struct yc_node *tip = yc_chain_tip(liar_chain(&l));
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
    uint64_t handle = liar_join(&s, &l, 1);
    const struct yc_node *tip = yc_chain_tip(liar_chain(&l));
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
    uint64_t handle = liar_join(&s, &l, 1);
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

/* P10: headers of the least work from ten peers, in chains from genesis, each of which is the heaviest while the chain is young.
 * What is kept of them is bounded, in number and in bytes: as the bound is reached six times over, the two millions that the
 * row names would come to no more. */
static void cheap_headers_do_not_fill_memory_P10(void **state)
{
    enum { PEERS = 10, CHAINS = 200 };
    static uint8_t headers[YC_HEADERS_COUNT_MAX * YC_HEADER_BYTES];
    static struct yc_block_hash last[CHAINS];
    struct sim s;
    struct yc_heap_capped heap;
    struct liar l[PEERS];
    uint64_t handle[PEERS];
    unsigned stored = 0;
    (void)state;
    measured_pair(&s, &heap, 11, 200);
    for (unsigned p = 0; p < PEERS; p++) {
        l[p] = (struct liar){.source = 0, .hides = true};
        handle[p] = liar_join(&s, &l[p], 1);
    }
    size_t before = heap.used_bytes;
    const struct yc_node *genesis = yc_chain_at(yc_core_chain(s.node[0].core), 0);
    for (unsigned i = 0; i < CHAINS; i++) {
        struct yc_header h;
        make_headers(headers, YC_HEADERS_COUNT_MAX, &genesis->hash, genesis->time + 1 + i / 200, (uint8_t)(i % 200));
        yc_header_read(&h, headers + (YC_HEADERS_COUNT_MAX - 1) * YC_HEADER_BYTES);
        last[i] = yc_header_hash(&h);
        send_headers_of(&s, handle[i % PEERS], headers, YC_HEADERS_COUNT_MAX);
        sim_run(&s, 0.2);
    }
    for (unsigned i = 0; i < CHAINS; i++)
        stored += yc_chain_find(yc_core_chain(s.node[1].core), &last[i]) != NULL;
    assert_true(stored > 0 && stored * YC_HEADERS_COUNT_MAX <= YC_CHAIN_SIDE_BLOCKS_MAX + 2 * YC_HEADERS_COUNT_MAX);
    assert_true(atomic_load(&heap.peak_bytes) < before + ((size_t)32 << 20));
    sim_release(&s);
}

/* Of whom chains are downloaded twice: how many, and the sum of their ids, which tells one set from another. */
struct presynced {
    unsigned count;
    uint64_t ids;
};

static void note_presynced(void *ctx, const struct yc_core_peer *p)
{
    struct presynced *n = ctx;
    if (p->presynced_headers < 0)
        return;
    n->count++;
    n->ids += p->id;
}

static struct presynced presynced(struct sim *s)
{
    struct presynced n = {0};
    yc_core_each_peer(s->node[1].core, note_presynced, &n);
    return n;
}

/* P10: a chain that is downloaded twice takes memory for each peer that shows one, and who connects to us may be many. */
static void chains_of_little_work_are_counted_for_few_at_a_time_P10(void **state)
{
    enum { PEERS = YC_SYNC_PRESYNC_MAX + 4 };
    static uint8_t headers[YC_HEADERS_COUNT_MAX * YC_HEADER_BYTES];
    struct sim s;
    struct liar l = {.source = 0, .hides = true};
    uint64_t handle[PEERS];
    (void)state;
    /* So much work that one message of the cheapest headers does not come near it. */
    honest_pair(&s, 12, YC_HEADERS_COUNT_MAX + 200);
    const struct yc_node *genesis = yc_chain_at(yc_core_chain(s.node[0].core), 0);
    handle[0] = liar_join(&s, &l, 1);
    unsigned liar = s.node_count - 1;
    for (unsigned i = 1; i < PEERS; i++)
        handle[i] = sim_puppet_connect(&s, liar, 1);
    sim_run(&s, 2);
    assert_int_equal(presynced(&s).count, 0);
    for (unsigned i = 0; i < PEERS - 1; i++) {
        make_headers(headers, YC_HEADERS_COUNT_MAX, &genesis->hash, genesis->time + 1, (uint8_t)i);
        send_headers_of(&s, handle[i], headers, YC_HEADERS_COUNT_MAX);
    }
    sim_run(&s, 1);
    struct presynced first = presynced(&s);
    assert_int_equal(first.count, YC_SYNC_PRESYNC_MAX);
    /* Who comes now has to wait until one of them lets us wait. */
    send_headers_of(&s, handle[PEERS - 1], headers, YC_HEADERS_COUNT_MAX);
    sim_run(&s, 1);
    assert_int_equal(presynced(&s).ids, first.ids);
    sim_run(&s, YC_SYNC_HEADERS_WAIT_US / 1000000);
    send_headers_of(&s, handle[PEERS - 1], headers, YC_HEADERS_COUNT_MAX);
    sim_run(&s, 1);
    assert_int_equal(presynced(&s).count, YC_SYNC_PRESYNC_MAX);
    assert_true(presynced(&s).ids != first.ids);
    sim_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_joiner_syncs_from_two_of_which_one_stalls_P36),
        cmocka_unit_test(three_of_eight_that_stall_cost_little_P36),
        cmocka_unit_test(announcers_that_withhold_delay_the_tip_less_than_5_s_P15),
        cmocka_unit_test(headers_peer_that_never_answers_is_replaced),
        cmocka_unit_test(mutated_bodies_then_honest_ones_P14),
        cmocka_unit_test(unrequested_mutated_block_touches_only_its_sender_P14),
        cmocka_unit_test(invalid_block_costs_its_sender_the_connection),
        cmocka_unit_test(unrequested_side_blocks_are_not_stored_P30),
        cmocka_unit_test(ten_thousand_side_blocks_take_no_disk_P30),
        cmocka_unit_test(non_continuous_headers_P29),
        cmocka_unit_test(headers_without_proof_of_work_P29),
        cmocka_unit_test(unconnecting_headers_lead_to_one_question_P29),
        cmocka_unit_test(cheap_headers_do_not_fill_memory_P10),
        cmocka_unit_test(chains_of_little_work_are_counted_for_few_at_a_time_P10),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
