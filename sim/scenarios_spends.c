/* Coins that are spent twice, by who hopes that the merchant sees one payment and the miners the other. */
#include "sim/internal.h"
#include "sim/rows.h"

/* One coin after another is paid to a merchant, node 0, and at the same moment to the thief. */
struct race {
    bool near; /* the thief hands the merchant's payment to the merchant itself */
    unsigned coin;
    struct yc_txid to_merchant, to_thief;
    bool running, alerted; /* the present race; and the merchant knows of it */
    uint64_t races, merchant_won, thief_won, alerts;
};

static void setup_race(struct sim_run *r, bool near)
{
    struct race *a = sim_new(1, sizeof *a);
    a->near = near;
    r->state = a;
}

static void setup_far(struct sim_run *r)
{
    setup_race(r, false);
}

static void setup_near(struct sim_run *r)
{
    setup_race(r, true);
}

static bool submit(struct sim_run *r, unsigned i, const struct yc_txid *coin, int64_t value_sat, int64_t fee_sat,
                   struct yc_txid *txid)
{
    uint8_t raw[160];
    struct yc_pool_reject why;
    size_t n = sim_spend_output(coin, value_sat, fee_sat, raw, sizeof raw, txid);
    if (!yc_chain_at_rest(yc_core_chain(r->s.node[i].core)))
        return false;
    enum yc_verdict v = yc_core_submit_tx(r->s.node[i].core, yc_view(raw, n), -1, NULL, &why);
    sim_touch(&r->s, i);
    return v == YC_VALID;
}

/* A coin that is spent in a block: by whom? */
static void settle(struct sim_run *r)
{
    struct race *a = r->state;
    struct yc_pool *pool = yc_core_pool(r->s.node[0].core);
    const struct yc_pool_entry *e = yc_pool_find(pool, &a->to_merchant);
    const struct yc_pool_entry *other = yc_pool_find(pool, &a->to_thief);
    struct yc_outpoint of_merchant = {.txid = a->to_merchant}, of_thief = {.txid = a->to_thief};
    struct yc_chain *chain = yc_core_chain(r->s.node[0].core);
    struct yc_coin coin;
    struct yc_error err;
    struct yc_arena arena;
    bool told = a->running && !a->alerted && ((e && e->double_spend) || (other && other->double_spend));
    a->alerted |= told;
    a->alerts += told;
    if (e || other || !a->running || !yc_chain_at_rest(chain))
        return;
    yc_arena_init(&arena, yc_heap(), 4096, SIZE_MAX);
    bool merchant = yc_chain_coin(chain, &of_merchant, false, &arena, &coin, &err) == YC_VALID;
    bool thief = yc_chain_coin(chain, &of_thief, false, &arena, &coin, &err) == YC_VALID;
    yc_arena_release(&arena);
    if (merchant && thief)
        sim_fail(&r->s, "a coin was spent twice");
    a->merchant_won += merchant;
    a->thief_won += thief;
    a->running = !merchant && !thief;
}

static void race(struct sim_run *r)
{
    struct race *a = r->state;
    settle(r);
    if (a->running || a->coin == r->coin_count)
        return;
    const struct sim_coin *coin = &r->coin[a->coin];
    unsigned here = a->near ? 0 : 1 + (unsigned)yc_random_below(&r->chance, r->plan.nodes / 2 - 1);
    unsigned there = r->plan.nodes / 2 + (unsigned)yc_random_below(&r->chance, r->plan.nodes / 2);
    bool first = submit(r, here, &coin->txid, coin->value_sat, 5000, &a->to_merchant);
    bool second = submit(r, there, &coin->txid, coin->value_sat, 5001, &a->to_thief);
    a->running = first || second;
    a->alerted = false;
    a->races += a->running;
    a->coin++;
}

static void expect_one_winner(struct sim_run *r)
{
    struct race *a = r->state;
    settle(r);
    sim_fact(r, "races", (int64_t)a->races);
    sim_fact(r, "merchant_won", (int64_t)a->merchant_won);
    sim_fact(r, "thief_won", (int64_t)a->thief_won);
    sim_fact(r, "alerts_seen_by_merchant", (int64_t)a->alerts);
    if (a->running)
        sim_fail(&r->s, "neither spend of a coin was mined");
    if (a->races > 8 && a->alerts == 0)
        sim_fail(&r->s, "the merchant never learned of a double spend in %llu races", (unsigned long long)a->races);
}

#define RACE                                                                                                           \
    .plan = {.nodes = 16, .hours = 12, .act_every_us = 200 * SIM_SECOND_US, .world = {SIM_ORDINARY}}, .act = race,     \
    .expect = expect_one_winner

const struct sim_scenario sim_doublespend = {
    .name = "doublespend",
    .shows = "a coin is paid to a merchant and to the thief at the same time, far from the merchant's node",
    .expects = "exactly one payment is mined; the merchant's node sees the other and says so",
    .setup = setup_far,
    RACE,
};

const struct sim_scenario sim_doublespend_near = {
    .name = "doublespend-near",
    .shows = "the same, with the payment handed to the merchant's own node, so that it looks paid first",
    .expects = "exactly one payment is mined; the merchant's node sees the other and says so",
    .setup = setup_near,
    RACE,
};
