/* node/core/core.h: what the daemon and RPC ask of a node, on nodes of the simulator. */
#include "node/core/core.h"

#include "sim/pair.h"
#include "sys/heap_fault.h"

#include <string.h>

static struct yc_core *core_of(struct sim *s, unsigned i)
{
    return s->node[i].core;
}

static void alone(struct sim *s, const char *chain, bool launch)
{
    quick_sim(s, 1);
    unsigned a = sim_add_node(s);
    s->node[a].chain = chain;
    s->node[a].config.launch = launch;
    sim_start(s, a);
    sim_step(s);
}

/* DESIGN: a chain must be able to begin, but not by accident. */
static void templates_are_refused_on_a_public_chain_without_peers(void **state)
{
    struct sim s;
    struct yc_error err;
    (void)state;
    alone(&s, "main", false);
    assert_false(yc_core_may_mine(core_of(&s, 0), &err));
    assert_string_equal(err.text, "no peer is known for main: give -addnode=HOST, or -launch to start the chain");
    sim_release(&s);
    alone(&s, "main", true);
    assert_true(yc_core_may_mine(core_of(&s, 0), &err));
    sim_release(&s);
    alone(&s, "regtest", false);
    assert_true(yc_core_may_mine(core_of(&s, 0), &err));
    sim_release(&s);
}

static void templates_are_refused_during_initial_download(void **state)
{
    struct sim s;
    struct yc_error err;
    (void)state;
    quick_sim(&s, 2);
    unsigned a = sim_add_node(&s), b = sim_add_node(&s);
    s.node[a].chain = s.node[b].chain = "main";
    sim_add_peer(&s, b, a);
    sim_start(&s, a);
    sim_start(&s, b);
    sim_run(&s, 3);
    assert_int_equal(sim_peers(&s, a), 1);
    assert_true(yc_core_is_initial_download(core_of(&s, a)));
    assert_false(yc_core_may_mine(core_of(&s, a), &err));
    assert_non_null(strstr(err.text, "initial sync"));
    sim_release(&s);
}

static void addnode_says_what_it_did(void **state)
{
    struct sim s;
    struct yc_error err;
    char text[YC_NETADDR_TEXT_MAX];
    (void)state;
    quick_sim(&s, 3);
    unsigned a = sim_add_node(&s), b = sim_add_node(&s);
    sim_start(&s, a);
    sim_start(&s, b);
    yc_netaddr_print(text, &s.node[b].addr);
    assert_int_equal(yc_core_add_node(core_of(&s, a), text, YC_ADD_NODE_REMOVE, &err), YC_POLICY);
    assert_int_equal(yc_core_add_node(core_of(&s, a), text, YC_ADD_NODE_ADD, &err), YC_VALID);
    assert_int_equal(yc_core_add_node(core_of(&s, a), text, YC_ADD_NODE_ADD, &err), YC_POLICY);
    assert_string_equal(err.text, "Error: Node already added");
    sim_run(&s, 2);
    assert_int_equal(sim_peers(&s, a), 1);
    assert_int_equal(yc_core_add_node(core_of(&s, a), text, YC_ADD_NODE_REMOVE, &err), YC_VALID);
    assert_true(yc_core_disconnect(core_of(&s, a), 0, text));
    assert_false(yc_core_disconnect(core_of(&s, a), 99, NULL));
    sim_run(&s, 100);
    assert_int_equal(sim_peers(&s, a), 0);
    assert_int_equal(yc_core_add_node(core_of(&s, b), "10.0.0.1:37444", YC_ADD_NODE_ONETRY, &err), YC_VALID);
    sim_run(&s, 2);
    assert_int_equal(sim_peers(&s, a), 1);
    sim_release(&s);
}

static void network_off_closes_all_and_lets_nobody_in(void **state)
{
    struct sim s;
    (void)state;
    honest_pair(&s, 4, 3);
    yc_core_set_network_active(core_of(&s, 0), false);
    assert_false(yc_core_network_active(core_of(&s, 0)));
    sim_run(&s, 130);
    assert_int_equal(sim_peers(&s, 0), 0);
    assert_int_equal(sim_peers(&s, 1), 0);
    yc_core_set_network_active(core_of(&s, 0), true);
    sim_run(&s, 130);
    assert_int_equal(sim_peers(&s, 0), 1);
    sim_release(&s);
}

/* Not by a connection that was being opened when it was switched off, either, nor by one that somebody asks for now. */
static void network_off_opens_no_connection(void **state)
{
    struct sim s;
    struct yc_error err;
    (void)state;
    quick_sim(&s, 5);
    unsigned a = sim_add_node(&s), b = sim_add_node(&s);
    sim_start(&s, a);
    sim_start(&s, b);
    assert_int_equal(yc_core_add_node(core_of(&s, b), "10.0.0.1:37444", YC_ADD_NODE_ONETRY, &err), YC_VALID);
    yc_core_set_network_active(core_of(&s, b), false);
    sim_run(&s, 5);
    assert_int_equal(sim_peers(&s, b), 0);
    assert_int_equal(yc_core_add_node(core_of(&s, b), "10.0.0.1:37444", YC_ADD_NODE_ONETRY, &err), YC_NOT_YET);
    assert_non_null(strstr(err.text, "setnetworkactive"));
    assert_int_equal(yc_core_add_connection(core_of(&s, b), "10.0.0.1:37444", YC_CONN_OUTBOUND_FULL, &err), YC_NOT_YET);
    yc_core_set_network_active(core_of(&s, b), true);
    sim_run(&s, 5);
    assert_int_equal(sim_peers(&s, b), 0);
    for (unsigned i = 0; i < 3; i++) { /* one connection is enough */
        assert_int_equal(yc_core_add_node(core_of(&s, b), "10.0.0.1:37444", YC_ADD_NODE_ONETRY, &err), YC_VALID);
        assert_int_equal(yc_core_add_node(core_of(&s, b), "10.0.0.1", YC_ADD_NODE_ONETRY, &err), YC_VALID);
        sim_run(&s, 5);
        assert_int_equal(sim_peers(&s, b), 1);
    }
    sim_release(&s);
}

static void one_address_is_named_once_whatever_its_form(void **state)
{
    static const char *const same[] = {"10.0.0.7", "10.0.0.7:37444", "[::ffff:10.0.0.7]:37444"};
    struct sim s;
    struct yc_error err;
    (void)state;
    quick_sim(&s, 6);
    unsigned a = sim_add_node(&s);
    sim_start(&s, a);
    assert_int_equal(yc_core_add_node(core_of(&s, a), same[1], YC_ADD_NODE_ADD, &err), YC_VALID);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(yc_core_add_node(core_of(&s, a), same[i], YC_ADD_NODE_ADD, &err), YC_POLICY);
    assert_int_equal(yc_core_add_node(core_of(&s, a), "10.0.0.7:37445", YC_ADD_NODE_ADD, &err), YC_VALID);
    assert_int_equal(yc_core_add_node(core_of(&s, a), same[0], YC_ADD_NODE_REMOVE, &err), YC_POLICY);
    assert_int_equal(yc_core_add_node(core_of(&s, a), same[1], YC_ADD_NODE_REMOVE, &err), YC_VALID);
    sim_release(&s);
}

static void note_peer(void *ctx, const struct yc_core_peer *p)
{
    *(struct yc_core_peer *)ctx = *p;
}

static void note_ping(void *ctx, const char *name, uint64_t bytes)
{
    if (!strcmp(name, "ping"))
        *(uint64_t *)ctx += bytes;
}

static void peers_are_described(void **state)
{
    struct sim s;
    struct yc_core_peer p;
    uint32_t in, out;
    uint64_t pings = 0, received, sent;
    (void)state;
    honest_pair(&s, 5, 30);
    sim_run(&s, 3);
    yc_core_each_peer(core_of(&s, 1), note_peer, &p);
    assert_int_equal(p.kind, YC_CONN_MANUAL);
    assert_string_equal(p.address, "10.0.0.1:37444");
    assert_string_equal(p.subver, "/YCoin:0.1.0/");
    assert_true(p.handshake_done && p.relay_txs && p.wtxid_relay && p.prefers_headers);
    assert_int_equal(p.version, YC_PROTOCOL_VERSION);
    assert_int_equal(p.synced_headers, 30);
    assert_int_equal(p.synced_blocks, 30);
    assert_true(p.ping_us > 0 && p.ping_min_us > 0 && p.ping_wait_us == -1);
    assert_int_equal(p.blocks_in_flight_count, 0);
    assert_true(p.last_block_s > 0);
    yc_core_connections(core_of(&s, 1), &in, &out);
    assert_int_equal(in, 0);
    assert_int_equal(out, 1);
    yc_core_peer_messages(core_of(&s, 1), p.id, true, note_ping, &pings);
    assert_int_equal(pings, 32);
    yc_core_net_totals(core_of(&s, 1), &received, &sent);
    assert_int_equal(received, p.bytes_received);
    assert_int_equal(sent, p.bytes_sent);
    yc_core_each_peer(core_of(&s, 0), note_peer, &p);
    assert_int_equal(p.kind, YC_CONN_INBOUND);
    sim_release(&s);
}

/* The address book on disk. */

static const struct yc_fs *fs_of(struct sim *s, unsigned i)
{
    return yc_fs_memory_fs(s->node[i].fs);
}

static bool exists(struct sim *s, unsigned i, const char *path)
{
    struct yc_error err;
    return fs_of(s, i)->exists(fs_of(s, i)->ctx, path, &err) == YC_VALID;
}

static void spoil(struct sim *s, unsigned i, const char *path)
{
    struct yc_error err;
    struct yc_file *file;
    const struct yc_fs *fs = fs_of(s, i);
    assert_int_equal(fs->open(fs->ctx, &file, path, YC_OPEN_WRITE, &err), YC_VALID);
    assert_int_equal(fs->pwrite(fs->ctx, file, "spoiled", 7, 3, &err), YC_VALID);
    fs->close(fs->ctx, file);
}

static void a_broken_address_book_is_moved_aside(void **state)
{
    struct sim s;
    (void)state;
    honest_pair(&s, 6, 3);
    assert_false(exists(&s, 1, "/data/peers.dat"));
    sim_run(&s, 920);
    assert_true(exists(&s, 1, "/data/peers.dat")); /* saved now and then, not only at the end */
    sim_stop(&s, 1);
    spoil(&s, 1, "/data/peers.dat");
    sim_start(&s, 1);
    assert_true(exists(&s, 1, "/data/peers.dat.bak"));
    sim_expect_agreement(&s, 0, 3, 10);
    sim_release(&s);
}

static void a_broken_pool_file_does_not_keep_the_node_from_starting_M08(void **state)
{
    struct sim s;
    struct yc_txid txid;
    uint8_t raw[256];
    (void)state;
    honest_pair(&s, 7, 110);
    size_t n = sim_spend(&s, 1, 1, 10000, raw, sizeof raw, &txid);
    sim_submit_tx(&s, 1, yc_view(raw, n));
    sim_stop(&s, 1);
    assert_true(exists(&s, 1, "/data/mempool.dat"));
    spoil(&s, 1, "/data/mempool.dat");
    sim_start(&s, 1);
    sim_expect_agreement(&s, 0, 110, 10);
    sim_release(&s);
}

/* M16: a payment made while nobody was there is announced to the first one who comes. */
static void unbroadcast_transactions_are_offered_to_newcomers_M16(void **state)
{
    struct sim s;
    struct yc_txid txid;
    uint8_t raw[256];
    (void)state;
    honest_pair(&s, 8, 110);
    sim_set_island(&s, 1, 1);
    sim_run(&s, 1);
    size_t n = sim_spend(&s, 1, 1, 10000, raw, sizeof raw, &txid);
    sim_submit_tx(&s, 1, yc_view(raw, n));
    sim_stop(&s, 1);
    sim_start(&s, 1);
    sim_run(&s, 5);
    assert_false(sim_has_tx(&s, 0, &txid));
    sim_set_island(&s, 1, 0);
    sim_run(&s, 70);
    assert_true(sim_has_tx(&s, 0, &txid));
    const struct yc_pool_entry *e = yc_pool_find(yc_core_pool(core_of(&s, 1)), &txid);
    assert_non_null(e);
    assert_false(e->unbroadcast);
    sim_release(&s);
}

/* P01: many peers that each send most of a large message and stop. */
static void half_messages_of_many_peers_share_one_budget_P01(void **state)
{
    enum { ATTACKERS = 12 };
    static uint8_t most[3900000];
    struct sim s;
    struct sim_puppet p[ATTACKERS];
    unsigned closed = 0;
    (void)state;
    sim_init(&s, &(struct sim_options){.seed = 9, .latency_us = 20000, .receive_budget_bytes = 20 << 20});
    assert_int_equal(sim_add_node(&s), 0);
    assert_int_equal(sim_add_node(&s), 1);
    sim_add_peer(&s, 1, 0);
    sim_start(&s, 0);
    sim_start(&s, 1);
    memset(p, 0, sizeof p);
    yc_frame_write_header(most, yc_chain_builtin("regtest")->magic, "block", YC_VIEW_EMPTY);
    yc_put32le(most + 16, 4000000);
    for (unsigned i = 0; i < ATTACKERS; i++) {
        p[i].raw = true;
        uint64_t handle = sim_puppet_connect(&s, sim_add_puppet(&s, &p[i]), 1);
        sim_run(&s, 0.2);
        sim_puppet_send(&s, handle, yc_view(most, sizeof most));
    }
    sim_run(&s, 30);
    for (unsigned i = 0; i < ATTACKERS; i++)
        closed += p[i].closed;
    /* What is left fits the budget. */
    assert_true((ATTACKERS - closed) * sizeof most <= 20u << 20);
    sim_mine(&s, 0, 3);
    sim_expect_agreement(&s, 0, 3, 5);
    sim_release(&s);
}

/* -blocksonly: announcing transactions to such a node is a breach. */
static void blocks_only_takes_no_transactions(void **state)
{
    struct sim s;
    struct liar l = {.source = 0};
    struct yc_inv inv = {.type = YC_INV_WTX, .hash32 = {1}};
    (void)state;
    honest_pair(&s, 10, 5);
    sim_stop(&s, 1);
    s.node[1].blocks_only = true;
    sim_start(&s, 1);
    sim_run(&s, 3);
    uint64_t handle = liar_join(&s, &l, 1);
    yc_peer_send_inv(sim_puppet_peer(&s, handle), &inv, 1);
    sim_flush_puppets(&s);
    sim_run(&s, 1);
    assert_int_equal(l.puppet.closed, 1);
    sim_release(&s);
}

struct heard {
    unsigned tips, added;
};

static void hear_chain(void *ctx, const struct yc_chain_event *e)
{
    ((struct heard *)ctx)->tips += e->kind == YC_CHAIN_TIP;
}

static void hear_pool(void *ctx, const struct yc_pool_event *e)
{
    ((struct heard *)ctx)->added += e->kind == YC_POOL_ADDED;
}

static void subscribers_hear_of_chain_and_pool(void **state)
{
    struct sim s;
    struct heard heard = {0, 0};
    struct yc_txid txid;
    uint8_t raw[256];
    (void)state;
    honest_pair(&s, 11, 110);
    yc_core_listen(core_of(&s, 1), &(struct yc_core_listener){hear_chain, hear_pool, &heard});
    size_t n = sim_spend(&s, 0, 1, 10000, raw, sizeof raw, &txid);
    sim_submit_tx(&s, 0, yc_view(raw, n));
    sim_run(&s, 3);
    sim_mine(&s, 0, 1);
    sim_expect_agreement(&s, 0, 111, 5);
    assert_int_equal(heard.tips, 1);
    assert_int_equal(heard.added, 1);
    sim_release(&s);
}

/* A node syncs, takes a transaction and a block, and closes, while its n-th request for memory fails: whatever it cannot
 * do it says, nothing is marked invalid, nothing leaks, and its peer goes on. */
static bool sync_without_memory(size_t fail_at, bool keep_failing)
{
    struct sim s;
    struct yc_heap_fault heap;
    struct yc_txid txid;
    uint8_t raw[256];
    yc_heap_fault_init(&heap, fail_at, keep_failing);
    quick_sim(&s, 12);
    assert_int_equal(sim_add_node(&s), 0);
    assert_int_equal(sim_add_node(&s), 1);
    sim_add_peer(&s, 1, 0);
    s.node[1].alloc = &heap.alloc;
    s.node[1].may_fail = true;
    sim_start(&s, 0);
    sim_mine(&s, 0, 104);
    size_t n = sim_spend(&s, 0, 1, 10000, raw, sizeof raw, &txid);
    sim_start(&s, 1);
    sim_run(&s, 5);
    sim_submit_tx(&s, 0, yc_view(raw, n));
    sim_run(&s, 2);
    sim_mine(&s, 0, 1);
    sim_run(&s, 200);
    bool all_well = s.node[1].core && !s.node[1].failed;
    if (all_well && !keep_failing)
        if (sim_height(&s, 1) != 105)
            fail_msg("height %u when request %zu for memory failed", sim_height(&s, 1), fail_at);
    bool failed = heap.failed > 0;
    heap.fail_at = 0;
    heap.keep_failing = false;
    sim_release(&s);
    assert_int_equal(heap.used_bytes, 0);
    return failed;
}

static void memory_that_fails_once_or_for_ever(void **state)
{
    (void)state;
    for (size_t n = 1; sync_without_memory(n, false); n += n < 200 ? 1 : 97)
        if (n % 5 == 1)
            (void)sync_without_memory(n, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_refused_on_a_public_chain_without_peers),
        cmocka_unit_test(templates_are_refused_during_initial_download),
        cmocka_unit_test(addnode_says_what_it_did),
        cmocka_unit_test(network_off_closes_all_and_lets_nobody_in),
        cmocka_unit_test(network_off_opens_no_connection),
        cmocka_unit_test(one_address_is_named_once_whatever_its_form),
        cmocka_unit_test(peers_are_described),
        cmocka_unit_test(a_broken_address_book_is_moved_aside),
        cmocka_unit_test(a_broken_pool_file_does_not_keep_the_node_from_starting_M08),
        cmocka_unit_test(unbroadcast_transactions_are_offered_to_newcomers_M16),
        cmocka_unit_test(half_messages_of_many_peers_share_one_budget_P01),
        cmocka_unit_test(blocks_only_takes_no_transactions),
        cmocka_unit_test(memory_that_fails_once_or_for_ever),
        cmocka_unit_test(subscribers_hear_of_chain_and_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
