/* Those who own connections, addresses and a loud voice, but no hash rate to speak of. */
#include "sim/internal.h"
#include "sim/rows.h"

#include <stdlib.h>

/* --- guests: puppets that come to nodes, misbehave, are thrown out and come again --- */

#define GUESTS 12

struct guest {
    struct liar liar;
    unsigned index;
    uint64_t handle; /* 0: not connected */
};

struct guests {
    struct guest guest[GUESTS];
    uint64_t misdeeds, thrown_out;
};

/* g, or what it is the first member of, becomes the scenario's own. */
static void setup_guests(struct sim_run *r, struct guests *g, bool serves, void (*spoil)(uint8_t *raw, size_t n))
{
    r->state = g;
    for (unsigned k = 0; k < GUESTS; k++) {
        g->guest[k].liar = (struct liar){.source = 0, .serves = serves, .spoil = spoil};
        g->guest[k].index = liar_add(&r->s, &g->guest[k].liar);
    }
}

/* The guest's connection, shaken hands: a new one to a random honest node when it has none. NULL: it was not let in. */
static struct yc_peer *guest_peer(struct sim_run *r, struct guest *g)
{
    struct guests *all = r->state;
    struct yc_peer *peer = g->handle ? sim_puppet_peer(&r->s, g->handle) : NULL;
    if (peer)
        return peer;
    unsigned to = sim_any_node(r);
    if (to == UINT32_MAX)
        return NULL;
    all->thrown_out += g->handle != 0;
    g->liar.source = to; /* it knows the chain of the node that it visits */
    g->handle = sim_puppet_connect(&r->s, g->index, to);
    sim_run(&r->s, 2);
    return sim_puppet_peer(&r->s, g->handle);
}

static struct guest *any_guest(struct sim_run *r)
{
    struct guests *g = r->state;
    g->misdeeds++;
    return &g->guest[yc_random_below(&r->chance, GUESTS)];
}

/* A block was found. Each guest that is connected and has shaken hands makes something of it, before it can have come by the
 * network. */
static bool find_and_hand_out(struct sim_run *r, unsigned i,
                              void (*hand)(struct sim_run *r, struct yc_peer *peer, struct yc_view raw))
{
    struct guests *g = r->state;
    struct yc_view raw;
    sim_find_block(r, i);
    sim_step(&r->s);
    sim_read_block(r, i, yc_chain_tip(yc_core_chain(r->s.node[i].core)), &raw);
    for (unsigned k = 0; k < GUESTS; k++) {
        struct yc_peer *peer = g->guest[k].handle ? sim_puppet_peer(&r->s, g->guest[k].handle) : NULL;
        if (peer)
            hand(r, peer, raw);
    }
    sim_flush_puppets(&r->s);
    yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
    return true;
}

/* Whatever the guests do, nodes are seldom two blocks behind the best one: not in a tenth of all minutes. */
static void expect_prompt(struct sim_run *r)
{
    uint64_t percent = r->minutes ? r->minutes_behind * 100 / r->minutes : 0;
    sim_fact(r, "minutes_behind_percent", (int64_t)percent);
    if (r->minutes >= 240 && percent > 10)
        sim_fail(&r->s, "in %llu %% of all minutes a node was two blocks or more behind", (unsigned long long)percent);
}

/* The same; and those who sent what breaks a rule were thrown out. */
static void expect_thrown_out(struct sim_run *r)
{
    const struct guests *g = r->state;
    expect_prompt(r);
    if (r->result->blocks > 30 && g->thrown_out == 0)
        sim_fail(&r->s, "nobody was thrown out for %u blocks that had been tampered with", r->result->blocks);
}

static void guests_leave(struct sim_run *r)
{
    struct guests *g = r->state;
    for (unsigned k = 0; k < GUESTS; k++)
        for (unsigned tries = 0; tries < 1000 && sim_break_link(&r->s, g->guest[k].index); tries++)
            continue;
    sim_fact(r, "misdeeds", (int64_t)g->misdeeds);
    sim_fact(r, "thrown_out", (int64_t)g->thrown_out);
}

/* --- header spam --- */

#define SPAM_SHORT     90 /* from genesis: less work than the chain, so that only memory can suffer */
#define SPAM_WITHHELD  40 /* from a few blocks below the tip: more work than the chain, and bodies that never come */
#define SPAM_LONG      YC_HEADERS_COUNT_MAX /* from genesis, and the message looks as if there were more to come */
#define SPAM_FORK      6
#define SPAM_BRANCHES  4 /* long ones, shown again and again: whoever stores none cannot know them again */
#define NEWCOMERS      3
#define LEAST_WORK     2150 /* blocks: more than a long branch has */
#define INITIAL_BLOCKS 2200 /* more than one message of headers, so that newcomers have to ask twice */

struct spam {
    struct guests guests;
    uint8_t branch[SPAM_BRANCHES][SPAM_LONG * YC_HEADER_BYTES];
    uint32_t first[NEWCOMERS]; /* height of the best header that was the first to be stored; 0: none yet */
    unsigned came;
};

/* A branch of so many headers on this one, with true proof of work. */
static void make_branch(struct sim_run *r, struct yc_header h, uint8_t *out80, unsigned count)
{
    for (unsigned k = 0; k < count; k++) {
        uint8_t *at = out80 + (size_t)k * YC_HEADER_BYTES;
        h.prev = yc_header_hash(&h);
        yc_random_fill(&r->chance, h.merkle_root, sizeof h.merkle_root);
        h.version = 0x20000000;
        h.time++;
        yc_header_write(&h, at);
        liar_solve(at);
        yc_header_read(&h, at);
    }
}

static void setup_spam(struct sim_run *r)
{
    struct spam *a = sim_new(1, sizeof *a);
    setup_guests(r, &a->guests, false, NULL);
    for (unsigned k = 0; k < GUESTS; k += 2)
        a->guests.guest[k].liar.hides = true; /* what it began is never gone on with */
    struct yc_header genesis = yc_node_header(yc_chain_at(yc_core_chain(r->s.node[0].core), 0));
    for (unsigned k = 0; k < SPAM_BRANCHES; k++)
        make_branch(r, genesis, a->branch[k], SPAM_LONG);
}

static void spam_headers(struct sim_run *r)
{
    struct spam *a = r->state;
    uint8_t out[SPAM_SHORT * YC_HEADER_BYTES];
    struct guest *g = any_guest(r);
    struct yc_peer *peer = guest_peer(r, g);
    uint64_t which = yc_random_below(&r->chance, 3);
    if (!peer)
        return;
    const struct yc_chain *chain = liar_chain(&g->liar);
    uint32_t tip = yc_chain_tip(chain)->height;
    if (which == 0) {
        make_branch(r, yc_node_header(yc_chain_at(chain, 0)), out, SPAM_SHORT);
        yc_peer_send_headers(peer, out, SPAM_SHORT);
    } else if (which == 1 && tip > SPAM_FORK) {
        make_branch(r, yc_node_header(yc_chain_at(chain, tip - SPAM_FORK)), out, SPAM_WITHHELD);
        yc_peer_send_headers(peer, out, SPAM_WITHHELD);
    } else {
        yc_peer_send_headers(peer, a->branch[yc_random_below(&r->chance, SPAM_BRANCHES)], SPAM_LONG);
    }
    sim_flush_puppets(&r->s);
}

static void note_first(void *ctx, const struct yc_chain_event *e)
{
    uint32_t *first = ctx;
    if (e->kind == YC_CHAIN_HEADERS && *first == 0)
        *first = e->node->height;
}

/* A node without any block comes, that knows of honest peers and of guests. */
static void a_newcomer(struct sim_run *r)
{
    struct spam *a = r->state;
    unsigned i = sim_add_node(&r->s);
    sim_start(&r->s, i);
    yc_core_listen(r->s.node[i].core, &(struct yc_core_listener){.chain = note_first, .ctx = &a->first[a->came++]});
    for (unsigned k = 0; k < r->plan.nodes; k++)
        sim_introduce(&r->s, i, k);
    for (unsigned k = 0; k < GUESTS; k++)
        sim_introduce(&r->s, i, a->guests.guest[k].index);
}

static void spam_and_come(struct sim_run *r)
{
    const struct spam *a = r->state;
    spam_headers(r);
    if (a->came < NEWCOMERS && sim_chance_percent(&r->chance, 3))
        a_newcomer(r);
}

/* What new nodes stored first was a chain whose work had been counted: never the beginning of one. */
static void expect_counted(struct sim_run *r)
{
    const struct spam *a = r->state;
    expect_prompt(r);
    sim_fact(r, "newcomers", a->came);
    for (unsigned k = 0; k < a->came; k++)
        if (a->first[k] < LEAST_WORK)
            sim_fail(&r->s, "a new node stored headers up to height %u, when nobody had shown it %u of them",
                     a->first[k], LEAST_WORK);
}

const struct sim_scenario sim_header_spam = {
    .name = "header-spam",
    .shows = "peers send branch after branch of headers: cheap ones from genesis on, of less work than counts, and "
             "heavier ones than the chain whose blocks never come; new nodes start among them",
    .expects = "memory stays within its bound, the chain goes on, nobody falls behind; new nodes count headers before "
               "they store them, and catch up",
    .plan = {.nodes = 6,
             .extra = GUESTS + NEWCOMERS,
             .hours = 12,
             .act_every_us = 30 * SIM_SECOND_US,
             .pay_every_us = 300 * SIM_SECOND_US,
             .initial_blocks = INITIAL_BLOCKS,
             .minimum_blocks = LEAST_WORK,
             .world = {SIM_ORDINARY, .node_bytes_max = 24 << 20}},
    .setup = setup_spam,
    .act = spam_and_come,
    .heal = guests_leave,
    .expect = expect_counted,
};

const struct sim_scenario sim_header_spam_young = {
    .name = "header-spam-young",
    .shows = "the same on a young chain, without a least work to lean on: a cheap branch may be the heaviest of all",
    .expects = "memory stays within its bound, the chain goes on, nobody falls behind",
    .plan = {.nodes = 8,
             .extra = GUESTS,
             .hours = 12,
             .act_every_us = 30 * SIM_SECOND_US,
             .pay_every_us = 300 * SIM_SECOND_US,
             .world = {SIM_ORDINARY, .node_bytes_max = 24 << 20}},
    .setup = setup_spam,
    .act = spam_headers,
    .heal = guests_leave,
    .expect = expect_prompt,
};

static void setup_silent(struct sim_run *r)
{
    setup_guests(r, sim_new(1, sizeof(struct guests)), false, NULL);
}

/* --- floods of inv, addr, orphans --- */

#define FLOOD_INV     20000
#define FLOOD_ADDR    1000
#define FLOOD_ORPHANS 200

static void flood_inv(struct sim_run *r, struct yc_peer *peer)
{
    static struct yc_inv inv[FLOOD_INV];
    for (unsigned k = 0; k < FLOOD_INV; k++) {
        inv[k].type = YC_INV_WTX;
        yc_random_fill(&r->chance, inv[k].hash32, 32);
    }
    yc_peer_send_inv(peer, inv, FLOOD_INV);
}

static void flood_addr(struct sim_run *r, struct yc_peer *peer)
{
    static struct yc_addr_entry entry[FLOOD_ADDR];
    for (unsigned k = 0; k < FLOOD_ADDR; k++) {
        uint32_t ip = (uint32_t)yc_random_u64(&r->chance);
        entry[k] = (struct yc_addr_entry){
            .time_s = (uint32_t)r->s.clock.wall_s(r->s.clock.ctx),
            .services = YC_NODE_NETWORK | YC_NODE_WITNESS,
            .known = true,
            .addr = yc_netaddr_ipv4((uint8_t)(100 + ip % 60), (uint8_t)(ip >> 8), (uint8_t)(ip >> 16), 1, 8333)};
    }
    yc_peer_send_addr(peer, entry, FLOOD_ADDR);
}

static void flood_orphans(struct sim_run *r, struct yc_peer *peer)
{
    for (unsigned k = 0; k < FLOOD_ORPHANS; k++) {
        struct yc_txid parent, txid;
        uint8_t raw[160];
        yc_random_fill(&r->chance, parent.b, sizeof parent.b);
        size_t n = sim_spend_output(&parent, YC_COIN, 1000, raw, sizeof raw, &txid);
        yc_peer_send(peer, YC_MSG_TX, yc_view(raw, n));
    }
}

static void flood(struct sim_run *r)
{
    struct yc_peer *peer = guest_peer(r, any_guest(r));
    uint64_t which = yc_random_below(&r->chance, 3);
    if (!peer)
        return;
    if (which == 0)
        flood_inv(r, peer);
    else if (which == 1)
        flood_addr(r, peer);
    else
        flood_orphans(r, peer);
    sim_flush_puppets(&r->s);
}

const struct sim_scenario sim_floods = {
    .name = "floods",
    .shows = "peers announce what does not exist, gossip made-up addresses and send transactions without parents",
    .expects = "memory stays within its bound, payments and blocks go on, honest peers stay",
    .plan = {.nodes = 8,
             .extra = GUESTS,
             .hours = 6,
             .act_every_us = 60 * SIM_SECOND_US,
             .pay_every_us = 60 * SIM_SECOND_US,
             .world = {SIM_ORDINARY}},
    .setup = setup_silent,
    .act = flood,
    .heal = guests_leave,
    .expect = expect_prompt,
};

/* --- peers that show blocks and do not give them --- */

static void visit(struct sim_run *r)
{
    unsigned i = (unsigned)yc_random_below(&r->chance, r->plan.nodes);
    if (!r->s.node[i].core)
        sim_start(&r->s, i);
    else if (sim_chance_percent(&r->chance, 20))
        sim_stop(&r->s, i);
    (void)guest_peer(r, any_guest(r));
}

static void show_header(struct sim_run *r, struct yc_peer *peer, struct yc_view raw)
{
    (void)r;
    yc_peer_send_headers(peer, raw.p, 1);
}

/* A block was found: the guests announce it before anybody else, and never hand it over. */
static bool announce_only(struct sim_run *r, unsigned i)
{
    return find_and_hand_out(r, i, show_header);
}

const struct sim_scenario sim_stall = {
    .name = "stall",
    .shows = "peers are the first to announce each block and never hand one over, while nodes stop and start",
    .expects = "the blocks come from others; the network agrees in time",
    .plan = {.nodes = 10,
             .extra = GUESTS,
             .hours = 12,
             .act_every_us = 2 * SIM_MINUTE_US,
             .pay_every_us = 300 * SIM_SECOND_US,
             .world = {SIM_ORDINARY}},
    .setup = setup_silent,
    .act = visit,
    .mine = announce_only,
    .heal = guests_leave,
    .expect = expect_prompt,
};

/* --- blocks that are not their header's: poison, then honest --- */

/* One bit of the last transaction's lock time: its id, and so the merkle root, is another. */
static void spoil_body(uint8_t *raw, size_t n)
{
    raw[n - 1] ^= 1;
}

static void setup_poison(struct sim_run *r)
{
    setup_guests(r, sim_new(1, sizeof(struct guests)), true, spoil_body);
}

static void hand_spoiled(struct sim_run *r, struct yc_peer *peer, struct yc_view raw)
{
    uint8_t *bytes = (uint8_t *)(uintptr_t)raw.p;
    size_t at = YC_HEADER_BYTES + 1 + (size_t)yc_random_below(&r->chance, raw.n - YC_HEADER_BYTES - 1);
    bytes[at] ^= 0x10;
    yc_peer_send(peer, YC_MSG_BLOCK, raw);
    bytes[at] ^= 0x10;
}

/* The guests hand everybody a spoiled body of each block before the network does. */
static bool poison(struct sim_run *r, unsigned i)
{
    return find_and_hand_out(r, i, hand_spoiled);
}

static void come_back(struct sim_run *r)
{
    (void)guest_peer(r, any_guest(r));
}

const struct sim_scenario sim_mutated = {
    .name = "mutated",
    .shows = "peers hand over each new block with a bit turned over, before the honest one can arrive",
    .expects = "no header is marked for a body that is not its own; the honest body is taken",
    .plan = {.nodes = 8,
             .extra = GUESTS,
             .hours = 12,
             .act_every_us = 60 * SIM_SECOND_US,
             .pay_every_us = 60 * SIM_SECOND_US,
             .world = {SIM_ORDINARY}},
    .setup = setup_poison,
    .act = come_back,
    .mine = poison,
    .heal = guests_leave,
    .expect = expect_thrown_out,
};

/* --- compact blocks --- */

/* The true header, a true coinbase, and ids that fit nothing; what is then asked for is never sent. */
static size_t make_compact(struct sim_run *r, struct yc_view block, uint8_t *out, size_t cap)
{
    struct yc_writer w;
    unsigned ids = 1 + (unsigned)yc_random_below(&r->chance, 40);
    yc_writer_init(&w, out, cap);
    yc_writer_bytes(&w, block.p, YC_HEADER_BYTES);
    yc_writer_u64le(&w, yc_random_u64(&r->chance));
    yc_writer_u8(&w, (uint8_t)ids);
    for (unsigned k = 0; k < ids; k++) {
        uint8_t id[6];
        yc_random_fill(&r->chance, id, sizeof id);
        if (k && sim_chance_percent(&r->chance, 5))
            memcpy(id, w.p + w.n - 6, sizeof id); /* the same twice */
        yc_writer_bytes(&w, id, sizeof id);
    }
    yc_writer_u8(&w, 0);
    return w.failed ? 0 : w.n;
}

static void hand_compact(struct sim_run *r, struct yc_peer *peer, struct yc_view block)
{
    uint8_t message[512];
    size_t n = make_compact(r, block, message, sizeof message);
    if (n)
        yc_peer_send(peer, YC_MSG_CMPCTBLOCK, yc_view(message, n));
}

static bool abuse_compact(struct sim_run *r, unsigned i)
{
    return find_and_hand_out(r, i, hand_compact);
}

const struct sim_scenario sim_compact = {
    .name = "compact",
    .shows = "peers send compact blocks of true headers with made-up short ids, and never what is then asked of them",
    .expects = "the block comes from somebody else within seconds to minutes; no header is marked",
    .plan = {.nodes = 8,
             .extra = GUESTS,
             .hours = 12,
             .act_every_us = 60 * SIM_SECOND_US,
             .pay_every_us = 60 * SIM_SECOND_US,
             .world = {SIM_ORDINARY}},
    .setup = setup_silent,
    .act = come_back,
    .mine = abuse_compact,
    .heal = guests_leave,
    .expect = expect_prompt,
};

/* --- eclipse --- */

#define ECLIPSE_ADDRESSES 30 /* beside 70 honest ones in the victim's book */

/* The victim is node 0. The attacker's addresses shake hands, show the chain as it was at the start, and nothing else. */
struct eclipse {
    struct guest guest[ECLIPSE_ADDRESSES];
    int64_t behind_us; /* time for which the victim was two blocks or more behind */
    int64_t looked_us;
    uint64_t restarts;
};

static void attract(struct sim_run *r)
{
    struct eclipse *a = r->state;
    for (unsigned k = 0; k < ECLIPSE_ADDRESSES; k++)
        sim_introduce(&r->s, 0, a->guest[k].index);
}

static void setup_eclipse(struct sim_run *r)
{
    struct eclipse *a = sim_new(1, sizeof *a);
    r->state = a;
    a->looked_us = r->s.now_us;
    for (unsigned k = 0; k < ECLIPSE_ADDRESSES; k++) {
        a->guest[k].liar = (struct liar){.source = 0, .hides = true};
        a->guest[k].index = liar_add(&r->s, &a->guest[k].liar);
    }
    attract(r);
}

static void press(struct sim_run *r)
{
    struct eclipse *a = r->state;
    uint32_t best = 0;
    for (unsigned i = 1; i < r->plan.nodes; i++)
        best = sim_height(&r->s, i) > best ? sim_height(&r->s, i) : best;
    if (sim_height(&r->s, 0) + 2 <= best)
        a->behind_us += r->s.now_us - a->looked_us;
    a->looked_us = r->s.now_us;
    struct guest *g = &a->guest[yc_random_below(&r->chance, ECLIPSE_ADDRESSES)];
    if (!g->handle || !sim_puppet_peer(&r->s, g->handle))
        g->handle = sim_puppet_connect(&r->s, g->index, 0);
    if (!sim_chance_percent(&r->chance, 3))
        return;
    sim_stop(&r->s, 0);
    sim_start(&r->s, 0);
    sim_run(&r->s, 1);
    attract(r);
    a->restarts++;
}

static void expect_not_eclipsed(struct sim_run *r)
{
    const struct eclipse *a = r->state;
    sim_fact(r, "victim_behind_s", a->behind_us / SIM_SECOND_US);
    sim_fact(r, "victim_restarts", (int64_t)a->restarts);
    if (a->behind_us > r->plan.hours * SIM_HOUR_US / 10)
        sim_fail(&r->s, "the victim was behind for %lld minutes of %lld hours",
                 (long long)(a->behind_us / SIM_MINUTE_US), (long long)r->plan.hours);
}

const struct sim_scenario sim_eclipse = {
    .name = "eclipse",
    .shows = "30 % of the addresses that one node knows are an attacker's, who also fills its inbound slots; it "
             "restarts often",
    .expects = "the node keeps an honest connection: it is behind for less than a tenth of the time",
    .plan = {.nodes = 20,
             .extra = ECLIPSE_ADDRESSES,
             .hours = 12,
             .act_every_us = 60 * SIM_SECOND_US,
             .pay_every_us = 300 * SIM_SECOND_US,
             .world = {SIM_ORDINARY}},
    .setup = setup_eclipse,
    .act = press,
    .expect = expect_not_eclipsed,
};
