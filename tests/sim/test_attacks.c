/* What single peers cannot do but a network's condition can: long partitions, withheld chains, and questions that would show
 * where a transaction came from. Named by the rows of the catalogue of attacks that Bitcoin's software has seen. */
#include "sim/pair.h"

/* Privacy. */

/* A puppet that asks for a transaction and notes what it is told. */
struct asker {
    struct sim_puppet puppet;
    unsigned txs, notfounds, invs;
};

static void note_answer(struct sim_puppet *p, struct sim *s, struct yc_peer *peer, const struct yc_peer_event *ev)
{
    struct asker *a = p->ctx;
    (void)s;
    (void)peer;
    if (ev->kind != YC_PEER_EV_MESSAGE)
        return;
    a->txs += ev->msg.type == YC_MSG_TX;
    a->notfounds += ev->msg.type == YC_MSG_NOTFOUND;
    a->invs += ev->msg.type == YC_MSG_INV;
}

static void ask_for_tx(struct sim *s, uint64_t handle, const struct yc_txid *txid)
{
    struct yc_inv inv = {.type = YC_INV_WTX};
    memcpy(inv.hash32, txid->b, 32); /* no witness: the same as its wtxid */
    yc_peer_send_getdata(sim_puppet_peer(s, handle), &inv, 1);
    sim_flush_puppets(s);
}

/* Whoever asks for a transaction before he was told of it does not learn that it is here, and so not where it began. */
static void transaction_is_served_once_it_was_announced_P34(void **state)
{
    struct sim s;
    struct asker a = {.puppet = {.event = note_answer}};
    struct yc_txid txid;
    uint8_t raw[256];
    (void)state;
    sim_init(&s, &(struct sim_options){.seed = 50, .latency_us = 20000, .jitter_us = 10000, .with_delays = true});
    sim_add_node(&s);
    sim_start(&s, 0);
    sim_mine(&s, 0, 110);
    a.puppet.ctx = &a;
    uint64_t handle = sim_puppet_connect(&s, sim_add_puppet(&s, &a.puppet), 0);
    sim_run(&s, 20);
    size_t n = sim_spend(&s, 0, 1, 10000, raw, sizeof raw, &txid);
    sim_submit_tx(&s, 0, yc_view(raw, n));
    ask_for_tx(&s, handle, &txid);
    sim_run(&s, 0.1);
    assert_int_equal(a.invs, 0);
    assert_int_equal(a.txs, 0);
    assert_int_equal(a.notfounds, 1);
    sim_run(&s, 120);
    assert_int_equal(a.invs, 1);
    ask_for_tx(&s, handle, &txid);
    sim_run(&s, 1);
    assert_int_equal(a.txs, 1);
    sim_release(&s);
}

/* The network in two. */

/* So many honest nodes in a line, at one height. */
static void line(struct sim *s, uint64_t seed, unsigned count, unsigned blocks)
{
    quick_sim(s, seed);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(sim_add_node(s), i);
        if (i)
            sim_add_peer(s, i, i - 1);
    }
    sim_start(s, 0);
    sim_mine(s, 0, blocks);
    for (unsigned i = 1; i < count; i++)
        sim_start(s, i);
    sim_expect_agreement(s, 0, blocks, 60);
}

/* Two hours apart, blocks on both sides; a quarter of an hour after the way is open again all are one. */
static void partition_of_two_hours_heals_P37(void **state)
{
    struct sim s;
    (void)state;
    line(&s, 51, 4, 20);
    sim_set_island(&s, 2, 1);
    sim_set_island(&s, 3, 1);
    for (unsigned i = 0; i < 12; i++) {
        sim_run(&s, 600);
        sim_mine(&s, 0, 1);
        sim_mine(&s, 3, 2);
    }
    sim_expect_agreement(&s, 0, 32, 30);
    sim_expect_agreement(&s, 1, 44, 30);
    sim_set_island(&s, 2, 0);
    sim_set_island(&s, 3, 0);
    sim_expect_agreement(&s, 0, 44, 900);
    sim_mine(&s, 0, 1);
    sim_expect_agreement(&s, 0, 45, 5);
    sim_release(&s);
}

static void count_full(void *ctx, const struct yc_core_peer *p)
{
    *(unsigned *)ctx += p->kind == YC_CONN_OUTBOUND_FULL && p->handshake_done;
}

/* The most full-relay peers that node 0 has chosen at one time in so many seconds. */
static unsigned most_full(struct sim *s, int64_t seconds)
{
    unsigned most = 0;
    for (int64_t i = 0; i < seconds; i += 5) {
        unsigned now = 0;
        sim_run(s, 5);
        yc_core_each_peer(s->node[0].core, count_full, &now);
        most = now > most ? now : most;
    }
    return most;
}

/* All that a node chose to connect to are an attacker's, who shows it no block but its own. After three spacings without one
 * it tries a ninth full-relay peer, again and again, and gives the extra one up; a block ends that. When there is one honest
 * address among those that it knows, it has the honest chain before long. */
static void a_stale_tip_leads_to_an_extra_peer_P37(void **state)
{
    enum { LIARS = 16 };
    struct sim s;
    static struct liar liar[LIARS];
    (void)state;
    sim_init(&s, &(struct sim_options){.seed = 61, .latency_us = 20000, .public_addresses = true});
    assert_int_equal(sim_add_node(&s), 0);
    assert_int_equal(sim_add_node(&s), 1);
    sim_start(&s, 0);
    sim_start(&s, 1);
    sim_mine(&s, 0, 5);
    for (unsigned i = 0; i < LIARS; i++) {
        liar[i] = (struct liar){.source = 0};
        sim_introduce(&s, 0, liar_add(&s, &liar[i]));
    }
    int64_t spacing_s = s.options.params ? s.options.params->pow.spacing_s : yc_chain_builtin("regtest")->pow.spacing_s;
    assert_int_equal(most_full(&s, 3 * spacing_s - 120), 8);
    assert_int_equal(most_full(&s, 1200), 9);
    sim_mine(&s, 0, 1);
    (void)most_full(&s, 700); /* until the next look at the tip */
    assert_int_equal(most_full(&s, 2 * spacing_s - 120), 8);
    sim_mine(&s, 1, 20);
    sim_introduce(&s, 0, 1);
    for (unsigned i = 0; i < 60 && sim_height(&s, 0) != 20; i++)
        sim_run(&s, 60);
    assert_int_equal(sim_height(&s, 0), 20);
    sim_release(&s);
}

/* Eclipse. */

#define ECLIPSE_GROUPS 32 /* networks that the attacker has addresses in */
#define HONEST_ALIVE   200
#define HONEST_GONE    500 /* as in any book: most of those that it knows are no more */
#define EVIL           300 /* 30 % of all, and every one answers */
#define RESTARTS       1000

struct outbound {
    unsigned evil, all;
};

static bool is_evil(const struct yc_netaddr *a)
{
    return a->host32[12] == 200;
}

static void count_outbound(void *ctx, const struct yc_core_peer *p)
{
    struct outbound *o = ctx;
    if (!p->handshake_done || (p->kind != YC_CONN_OUTBOUND_FULL && p->kind != YC_CONN_BLOCK_RELAY))
        return;
    o->all++;
    o->evil += is_evil(&p->remote);
}

static void tell_book(struct sim *s, const struct yc_netaddr *addr, const struct yc_netaddr *source)
{
    int64_t now_s = s->clock.wall_s(s->clock.ctx);
    (void)yc_addrman_add(yc_core_book(s->node[0].core), addr, YC_NODE_NETWORK | YC_NODE_WITNESS, now_s, source, 7200,
                         false, now_s);
}

/* The attacker tells of all of its addresses, from each of its networks in turn; the honest ones are told of by one another. */
static void gossip(struct sim *s, unsigned first_evil)
{
    for (unsigned i = 0; i < EVIL; i++)
        tell_book(s, &s->node[first_evil + i].addr, &s->node[first_evil + (i * 7 + 1) % EVIL].addr);
    for (unsigned i = 0; i < HONEST_ALIVE; i++)
        tell_book(s, &s->node[2 + i].addr, &s->node[2 + (i * 7 + 1) % HONEST_ALIVE].addr);
    for (unsigned i = 0; i < HONEST_GONE; i++) {
        struct yc_netaddr gone = yc_netaddr_ipv4((uint8_t)(60 + i / 250), (uint8_t)(1 + i % 250), 0, 1, 8333);
        tell_book(s, &gone, &s->node[2 + i % HONEST_ALIVE].addr);
    }
}

/* P23, the row's measure: an attacker with 30 % of the addresses, in 32 networks, who answers at each of them, and comes in by
 * many, has the victim start a thousand times. In less than 1 % of all starts is everyone that it connects to the attacker. */
static void a_thousand_restarts_do_not_eclipse_P23(void **state)
{
    static struct liar honest[HONEST_ALIVE], evil[EVIL];
    struct sim s;
    unsigned captured = 0, alone = 0, all = 0, of_evil = 0;
    (void)state;
    sim_init(&s, &(struct sim_options){
                     .seed = 71, .latency_us = 20000, .public_addresses = true, .nodes_max = 2 + HONEST_ALIVE + EVIL});
    assert_int_equal(sim_add_node(&s), 0);
    assert_int_equal(sim_add_node(&s), 1); /* whose chain all puppets show */
    sim_set_island(&s, 1, 1);
    for (unsigned i = 0; i < HONEST_ALIVE; i++) {
        honest[i] = (struct liar){.source = 1, .serves = true};
        (void)liar_add(&s, &honest[i]);
    }
    unsigned first_evil = s.node_count;
    for (unsigned i = 0; i < EVIL; i++) {
        evil[i] = (struct liar){.source = 1, .serves = true};
        struct yc_netaddr *addr = &s.node[liar_add(&s, &evil[i])].addr;
        *addr = yc_netaddr_ipv4(200, (uint8_t)(1 + i % ECLIPSE_GROUPS), (uint8_t)(i / ECLIPSE_GROUPS), 1, addr->port);
    }
    sim_start(&s, 1);
    sim_mine(&s, 1, 5);
    sim_start(&s, 0);
    for (unsigned restart = 0; restart < RESTARTS; restart++) {
        struct outbound o = {0};
        if (restart % 20 == 0)
            gossip(&s, first_evil);
        for (unsigned i = 0; i < 20; i++)
            (void)sim_puppet_connect(&s, first_evil + (unsigned)yc_random_below(&s.random, EVIL), 0);
        sim_run(&s, 30 + (double)yc_random_below(&s.random, 300));
        yc_core_each_peer(s.node[0].core, count_outbound, &o);
        all += o.all;
        of_evil += o.evil;
        captured += o.all > 0 && o.evil == o.all;
        alone += o.all == 0;
        sim_stop(&s, 0);
        sim_start(&s, 0);
    }
    print_message("of %.1f outbound peers %.1f are the attacker's; all of them after %u starts of %u\n",
                  (double)all / RESTARTS, (double)of_evil / RESTARTS, captured, RESTARTS);
    assert_int_equal(alone, 0);
    assert_true(all > 9 * RESTARTS && of_evil > 0);
    assert_true(captured < RESTARTS / 100);
    sim_release(&s);
}

struct deepest {
    uint32_t depth;
    unsigned count;
};

static void note_reorg(void *ctx, const struct yc_chain_event *e)
{
    struct deepest *d = ctx;
    if (e->kind != YC_CHAIN_REORG)
        return;
    d->count++;
    d->depth = e->depth > d->depth ? e->depth : d->depth;
}

/* Selfish mining with a lucky third of the work: nine blocks kept secret against seven in the open, then shown at once. The
 * most work counts, all honest nodes agree on it, and each is told how deep it went. The other way round nothing moves. */
static void withheld_chain_of_more_work_is_followed_by_all_P44(void **state)
{
    struct sim s;
    struct deepest d = {0};
    (void)state;
    line(&s, 52, 4, 20);
    yc_core_listen(s.node[0].core, &(struct yc_core_listener){.chain = note_reorg, .ctx = &d});
    sim_set_island(&s, 3, 1);
    sim_run(&s, 1);
    sim_mine(&s, 3, 9);
    sim_mine(&s, 0, 7);
    sim_expect_agreement(&s, 0, 27, 5);
    sim_set_island(&s, 3, 0);
    sim_expect_agreement(&s, 0, 29, 130);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.depth, 7);
    sim_set_island(&s, 3, 1);
    sim_run(&s, 1);
    sim_mine(&s, 3, 6);
    sim_mine(&s, 0, 7);
    sim_set_island(&s, 3, 0);
    sim_expect_agreement(&s, 0, 36, 130);
    assert_int_equal(d.count, 1);
    sim_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transaction_is_served_once_it_was_announced_P34),
        cmocka_unit_test(partition_of_two_hours_heals_P37),
        cmocka_unit_test(a_stale_tip_leads_to_an_extra_peer_P37),
        cmocka_unit_test(a_thousand_restarts_do_not_eclipse_P23),
        cmocka_unit_test(withheld_chain_of_more_work_is_followed_by_all_P44),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
