/* One node among peers that flood it, never read, send garbage or say nothing: it goes on with the honest ones. Named by the
 * rows of the catalogue of attacks that Bitcoin's software has seen. */
#include "sim/pair.h"

/* Floods. */

static void inv_of_50000_blocks_makes_one_getheaders_P03(void **state)
{
    static struct yc_inv inv[YC_INV_COUNT_MAX];
    struct sim s;
    struct liar l = {.source = 0, .hides = true};
    (void)state;
    honest_pair(&s, 12, 20);
    uint64_t handle = liar_join(&s, &l, 1);
    uint64_t received = l.puppet.received;
    unsigned before = l.asked_headers;
    for (size_t i = 0; i < YC_INV_COUNT_MAX; i++) {
        inv[i].type = YC_INV_BLOCK;
        yc_put32le(inv[i].hash32, (uint32_t)i + 1);
    }
    for (unsigned i = 0; i < 5; i++) { /* not in one piece: no transport hands over 9 MB at once */
        yc_peer_send_inv(sim_puppet_peer(&s, handle), inv, YC_INV_COUNT_MAX);
        sim_flush_puppets(&s);
        sim_run(&s, 0.1);
    }
    sim_run(&s, 5);
    assert_true(l.asked_headers <= before + 1);
    assert_true(l.puppet.received - received < 100000);
    expect_honest_go_on(&s, &l, false);
    sim_release(&s);
}

struct txid_at {
    unsigned node;
    struct yc_txid txid;
};

static bool has_tx(struct sim *s, void *ctx)
{
    const struct txid_at *t = ctx;
    return sim_has_tx(s, t->node, &t->txid);
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
    uint64_t handle = liar_join(&s, &l, 1);
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

/* P40, the row's measure: a hundred peers announce a transaction before the one who has it, and none delivers. Whom we chose to
 * connect to is preferred, so one of the hundred at most costs its 60 s. */
static void a_hundred_announcers_that_withhold_P40(void **state)
{
    enum { LIARS = 100 };
    static struct liar l[LIARS];
    struct sim s;
    struct txid_at t = {.node = 1};
    uint64_t handle[LIARS];
    uint8_t raw[256];
    struct yc_inv inv = {.type = YC_INV_WTX};
    unsigned asked = 0;
    (void)state;
    sim_init(&s, &(struct sim_options){
                     .seed = 31, .latency_us = 20000, .jitter_us = 10000, .with_delays = true, .nodes_max = LIARS + 2});
    sim_add_node(&s);
    sim_add_node(&s);
    sim_add_peer(&s, 1, 0);
    sim_start(&s, 0);
    sim_mine(&s, 0, 110);
    sim_start(&s, 1);
    sim_expect_agreement(&s, 0, 110, 60);
    sim_run(&s, 20); /* feefilters say that node 1 takes transactions now */
    for (unsigned i = 0; i < LIARS; i++) {
        l[i] = (struct liar){.source = 0};
        handle[i] = sim_puppet_connect(&s, liar_add(&s, &l[i]), 1);
    }
    sim_run(&s, 2);
    size_t n = sim_spend(&s, 0, 1, 10000, raw, sizeof raw, &t.txid);
    memcpy(inv.hash32, t.txid.b, 32); /* no witness: the same as its wtxid */
    for (unsigned i = 0; i < LIARS; i++) {
        struct yc_peer *peer = sim_puppet_peer(&s, handle[i]);
        if (peer)
            yc_peer_send_inv(peer, &inv, 1);
    }
    sim_flush_puppets(&s);
    sim_run(&s, 3);
    for (unsigned i = 0; i < LIARS; i++)
        asked += l[i].asked_txs;
    assert_int_equal(asked, 1); /* one at a time */
    sim_submit_tx(&s, 0, yc_view(raw, n));
    assert_true(sim_run_until(&s, 70, has_tx, &t));
    sim_release(&s);
}

/* P07, the row's measure: fifty peers send twenty thousand orphans; a child comes from an honest one in the middle of that, its
 * parent when the node has asked for it, and both go in. */
static void an_honest_orphan_resolves_under_a_flood_of_others_P07(void **state)
{
    enum { LIARS = 50, EACH = 400 };
    static struct liar l[LIARS];
    struct sim s;
    struct liar honest = {.source = 0};
    struct txid_at t = {.node = 1};
    uint64_t handle[LIARS];
    uint8_t parent[256], child[256], orphan[256];
    struct yc_txid parent_id;
    (void)state;
    honest_pair(&s, 32, 110);
    for (unsigned i = 0; i < LIARS; i++) {
        l[i] = (struct liar){.source = 0};
        handle[i] = sim_puppet_connect(&s, liar_add(&s, &l[i]), 1);
    }
    sim_run(&s, 2);
    uint64_t of_honest = liar_join(&s, &honest, 1);
    size_t parent_n = sim_spend(&s, 0, 1, 10000, parent, sizeof parent, &parent_id);
    int64_t value_sat = yc_subsidy_sat(yc_chain_builtin("regtest"), 1) - 10000;
    size_t child_n = sim_spend_output(&parent_id, value_sat, 10000, child, sizeof child, &t.txid);
    for (unsigned round = 0; round < EACH; round++) {
        for (unsigned i = 0; i < LIARS; i++) {
            struct yc_peer *peer = sim_puppet_peer(&s, handle[i]);
            struct yc_txid nothing, id;
            yc_random_fill(&s.random, nothing.b, sizeof nothing.b);
            size_t n = sim_spend_output(&nothing, YC_COIN, 1000, orphan, sizeof orphan, &id);
            if (peer)
                yc_peer_send(peer, YC_MSG_TX, yc_view(orphan, n));
        }
        if (round == EACH / 2)
            yc_peer_send(sim_puppet_peer(&s, of_honest), YC_MSG_TX, yc_view(child, child_n));
        sim_flush_puppets(&s);
        sim_run(&s, 0.05);
    }
    assert_true(honest.asked_txs > 0); /* for the parent */
    yc_peer_send(sim_puppet_peer(&s, of_honest), YC_MSG_TX, yc_view(parent, parent_n));
    sim_flush_puppets(&s);
    assert_true(sim_run_until(&s, 10, has_tx, &t));
    assert_true(sim_has_tx(&s, 1, &parent_id));
    sim_release(&s);
}

/* P33, P03: a peer that asks for everything and reads nothing holds little memory, and is still heard. */
static void peer_that_asks_and_never_reads_P33(void **state)
{
    static struct yc_inv inv[YC_INV_COUNT_MAX];
    struct sim s;
    struct yc_heap_capped heap;
    struct liar l = {.source = 0, .hides = true};
    (void)state;
    measured_pair(&s, &heap, 14, 20);
    uint64_t handle = liar_join(&s, &l, 1);
    size_t before = heap.used_bytes;
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
    assert_true(heap.used_bytes <
                before + YC_INV_COUNT_MAX * 36 * 2 + 4000000); /* what it asked for, and a pause's worth of answers */
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

static void count_peer(void *ctx, const struct yc_core_peer *p)
{
    (void)p;
    ++*(unsigned *)ctx;
}

/* P26, the row's measure: a thousand connections that say nothing, a byte a second, or half a version. They come in waves, as
 * there are not so many places; an honest peer gets in all the while, and 65 s later all are gone. */
static void a_thousand_slow_connections_end_P26(void **state)
{
    enum { ALL = 1000, WAVE = 50 };
    static uint64_t handle[ALL];
    struct sim s;
    struct sim_puppet p = {.raw = true};
    struct liar honest = {.source = 0};
    uint8_t version[24 + 100];
    (void)state;
    honest_pair(&s, 33, 5);
    unsigned puppet = sim_add_puppet(&s, &p);
    memset(version, 0, sizeof version);
    yc_frame_write_header(version, yc_chain_builtin("regtest")->magic, "version", yc_view(version + 24, 100));
    for (unsigned i = 0; i < ALL; i++) {
        handle[i] = sim_puppet_connect(&s, puppet, 1);
        if (i % WAVE != WAVE - 1)
            continue;
        for (unsigned second = 0; second < 5; second++) {
            sim_run(&s, 1);
            for (unsigned k = 0; k <= i; k++) {
                if (k % 3 == 1)
                    sim_puppet_send(&s, handle[k], yc_view(version + (i / WAVE * 5 + second) % sizeof version, 1));
                else if (k % 3 == 2 && second == 0 && k > i - WAVE)
                    sim_puppet_send(&s, handle[k], yc_view(version, 60));
            }
        }
    }
    uint64_t of_honest = liar_join(&s, &honest, 1);
    assert_non_null(sim_puppet_peer(&s, of_honest));
    sim_run(&s, 65);
    unsigned left = 0;
    yc_core_each_peer(s.node[1].core, count_peer, &left);
    assert_int_equal(left, 2);
    assert_int_equal(sim_peers(&s, 1), 2);
    expect_honest_go_on(&s, &honest, false);
    sim_release(&s);
}

static void messages_before_version_are_ignored_P27(void **state)
{
    struct sim s;
    struct sim_puppet p = {0};
    (void)state;
    honest_pair(&s, 17, 5);
    uint64_t handle = raw_join(&s, &p, 1);
    liar_send_raw(&s, handle, "getaddr", YC_VIEW_EMPTY);
    liar_send_raw(&s, handle, "verack", YC_VIEW_EMPTY);
    liar_send_raw(&s, handle, "ping", yc_view("12345678", 8));
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
    uint64_t handle = liar_join(&s, &l, 1);
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
        uint64_t handle = liar_join(&s, &l, 1);
        memset(payload, 0, sizeof payload);
        yc_writer_init(&w, payload, sizeof payload);
        if (!strcmp(lists[i].name, "getheaders"))
            yc_writer_u32le(&w, 70016);
        yc_writer_compact(&w, lists[i].count);
        w.n += lists[i].count * lists[i].element + (i == 4 ? 32 : 0);
        liar_send_raw(&s, handle, lists[i].name, yc_view(payload, w.n));
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
        uint64_t handle = liar_join(&s, &l[round], 1);
        for (unsigned i = 0; i < 60; i++) {
            uint8_t junk[300];
            const char *name = names[yc_random_below(&s.random, sizeof names / sizeof names[0])];
            yc_random_fill(&s.random, junk, sizeof junk);
            struct yc_view some = yc_view(junk, (size_t)yc_random_below(&s.random, sizeof junk));
            if (round < 6)
                liar_send_raw(&s, handle, name, some);
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
    quick_sim(&s, 40);
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
        cmocka_unit_test(inv_of_50000_blocks_makes_one_getheaders_P03),
        cmocka_unit_test(withheld_transaction_comes_from_another_P05_P40),
        cmocka_unit_test(a_hundred_announcers_that_withhold_P40),
        cmocka_unit_test(an_honest_orphan_resolves_under_a_flood_of_others_P07),
        cmocka_unit_test(peer_that_asks_and_never_reads_P33),
        cmocka_unit_test(foreign_magic_is_closed_without_an_answer),
        cmocka_unit_test(silence_ends_within_65_s_P26),
        cmocka_unit_test(a_thousand_slow_connections_end_P26),
        cmocka_unit_test(messages_before_version_are_ignored_P27),
        cmocka_unit_test(late_wtxidrelay_is_a_breach_P27),
        cmocka_unit_test(oversized_lists_P28),
        cmocka_unit_test(garbage_of_any_kind_ends_only_its_own_connection),
        cmocka_unit_test(node_does_not_keep_a_connection_to_itself_P35),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
