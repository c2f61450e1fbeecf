/* One run: the initial chain, faults, then peace, and what is asked at the end. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "consensus/pow.h"
#include "sim/checks.h"
#include "sim/internal.h"

#define INITIAL_BLOCKS 112
#define BOOK_PEERS     32 /* addresses that a node knows at the start */
#define COINS_MAX      32 /* that wallets pay with */
#define SPACING_US     (600 * SIM_SECOND_US)
#define CONVERGE_US    (2 * SIM_HOUR_US)
#define CALM_US        (10 * SIM_MINUTE_US) /* without blocks and payments, before the last questions */
#define CHECK_EVERY_US (30 * SIM_MINUTE_US)
#define LOOK_US        (5 * SIM_SECOND_US) /* between looks at whether the healed network agrees */
#define NODE_BYTES_MAX ((size_t)64 << 20)
#define COINS_CACHE    ((size_t)1 << 20)

/* A failure leaves from deep inside of a node's step: nothing of the run can be released after it. */
struct outcome {
    struct sim_run *run;
    jmp_buf leave;
};

static void on_fail(void *ctx, const char *text)
{
    struct outcome *o = ctx;
    struct sim_result *out = o->run->result;
    out->failed = true;
    snprintf(out->why, sizeof out->why, "%s", text);
    longjmp(o->leave, 1);
}

static void on_chain(void *ctx, struct sim_node *n, const struct yc_chain_event *e)
{
    const struct outcome *o = ctx;
    struct sim_run *r = o->run;
    if (n->liar)
        return;
    sim_check_event(r, n, e);
    if (e->kind != YC_CHAIN_REORG)
        return;
    r->result->reorgs++;
    if (e->depth > r->depth)
        r->depth = e->depth;
    if (e->depth > r->result->reorg_depth_max)
        r->result->reorg_depth_max = e->depth;
}

/* --- what scenarios use --- */

unsigned sim_any_node(struct sim_run *r)
{
    unsigned chosen = UINT32_MAX;
    uint64_t seen = 0;
    for (unsigned i = 0; i < r->s.node_count; i++)
        if (!r->s.node[i].liar && sim_runs(&r->s, i) && yc_random_below(&r->chance, ++seen) == 0)
            chosen = i;
    return chosen;
}

void sim_fact(struct sim_run *r, const char *name, int64_t value)
{
    struct sim_result *out = r->result;
    unsigned i = 0;
    while (i < out->fact_count && strcmp(out->fact[i].name, name) != 0)
        i++;
    YC_ASSERT(i < SIM_FACTS_MAX);
    if (i == out->fact_count)
        out->fact_count++;
    snprintf(out->fact[i].name, sizeof out->fact[i].name, "%s", name);
    out->fact[i].value = value;
}

void sim_remember_honest(struct sim_run *r, const struct yc_block_hash *hash, unsigned miner)
{
    uint64_t *value = yc_map_put(&r->honest, hash->b, NULL);
    YC_ASSERT(value);
    *value = miner;
}

static bool can_mine(const struct sim_run *r, unsigned i)
{
    return sim_runs(&r->s, i) && !yc_chain_loading(yc_core_chain(r->s.node[i].core), NULL, NULL) &&
           r->s.node[i].busy_until_us <= r->s.now_us && yc_chain_at_rest(yc_core_chain(r->s.node[i].core));
}

void sim_find_block(struct sim_run *r, unsigned i)
{
    struct yc_view raw;
    struct yc_reject why;
    const struct yc_node *node = NULL;
    struct yc_header h;
    sim_make_block(&r->s, i, &raw);
    yc_header_read(&h, raw.p);
    struct yc_block_hash hash = yc_header_hash(&h);
    if (!r->s.node[i].liar)
        sim_remember_honest(r, &hash, i);
    if (yc_core_submit_block(r->s.node[i].core, raw, &node, NULL, &why) != YC_VALID)
        sim_fail(&r->s, "node %u refuses its own block: %s", i, yc_reject_string(why.code));
    free((void *)(uintptr_t)raw.p);
    r->result->blocks++;
    sim_touch(&r->s, i);
}

void sim_read_block(struct sim_run *r, unsigned i, const struct yc_node *n, struct yc_view *out)
{
    struct yc_error err;
    if (yc_chain_read_block(yc_core_chain(r->s.node[i].core), n, yc_heap(), out, &err) != YC_VALID)
        sim_fail(&r->s, "node %u cannot read its block: %s", i, err.text);
}

void sim_copy_blocks(struct sim_run *r, unsigned from, unsigned to, uint32_t height_max)
{
    const struct yc_chain *a = yc_core_chain(r->s.node[from].core), *b = yc_core_chain(r->s.node[to].core);
    uint32_t top = yc_chain_tip(a)->height < height_max ? yc_chain_tip(a)->height : height_max, height = 1;
    for (const struct yc_node *n; height <= top; height++) {
        n = yc_chain_find(b, &yc_chain_at(a, height)->hash);
        if (!n || !(n->status & YC_BLOCK_HAVE_DATA))
            break;
    }
    for (; height <= top; height++) {
        struct yc_view raw;
        struct yc_reject why;
        sim_read_block(r, from, yc_chain_at(a, height), &raw);
        enum yc_verdict v = yc_core_submit_block(r->s.node[to].core, raw, NULL, NULL, &why);
        if (v != YC_VALID)
            sim_fail(&r->s, "node %u refuses block %u of node %u: %s", to, height, from, yc_reject_string(why.code));
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
        sim_touch(&r->s, to);
    }
    sim_step(&r->s);
}

unsigned sim_add_attacker(struct sim_run *r)
{
    unsigned i = sim_add_node(&r->s);
    r->s.node[i].liar = true;
    sim_start(&r->s, i);
    sim_step(&r->s);
    sim_copy_blocks(r, 0, i, UINT32_MAX);
    return i;
}

/* --- wallets --- */

static void take_coins(struct sim_run *r)
{
    const struct yc_chain *chain = yc_core_chain(r->s.node[0].core);
    uint32_t mature = yc_chain_tip(chain)->height - YC_COINBASE_MATURITY + 1;
    uint8_t raw[256];
    struct yc_txid txid;
    r->coin_count = mature < COINS_MAX ? mature : COINS_MAX;
    r->coin = sim_new(r->coin_count, sizeof *r->coin);
    for (unsigned k = 0; k < r->coin_count; k++) {
        (void)sim_spend(&r->s, 0, k + 1, 0, raw, sizeof raw, &txid);
        memcpy(r->coin[k].txid.b, raw + 5, 32); /* what the payment spends: behind version and count */
        r->coin[k].value_sat = yc_subsidy_sat(r->s.options.params, k + 1);
    }
}

static void pay(struct sim_run *r)
{
    uint8_t raw[160];
    struct yc_txid txid;
    struct yc_pool_reject why;
    unsigned i = sim_any_node(r);
    struct sim_coin *coin = &r->coin[yc_random_below(&r->chance, r->coin_count)];
    int64_t fee_sat = 1000 + (int64_t)yc_random_below(&r->chance, 20000);
    if (i == UINT32_MAX || !can_mine(r, i) || coin->value_sat < 2 * fee_sat)
        return;
    size_t n = sim_spend_output(&coin->txid, coin->value_sat, fee_sat, raw, sizeof raw, &txid);
    struct yc_core *core = r->s.node[i].core;
    if (!yc_chain_at_rest(yc_core_chain(core)))
        return;
    enum yc_verdict v = yc_core_submit_tx(core, yc_view(raw, n), -1, NULL, &why);
    sim_touch(&r->s, i);
    if (v == YC_NOT_YET && coin->raw_n) /* the payment before it was lost with a node, or is not here yet */
        yc_ignore(yc_core_submit_tx(core, yc_view(coin->raw, coin->raw_n), -1, NULL, &why));
    if (v == YC_VALID) {
        coin->txid = txid;
        coin->value_sat -= fee_sat;
        memcpy(coin->raw, raw, n);
        coin->raw_n = n;
        r->result->payments++;
    } else {
        r->result->payments_refused++;
    }
}

/* --- time --- */

static void mine(struct sim_run *r)
{
    uint64_t all = 0, at;
    unsigned i = 0;
    for (unsigned k = 0; k < r->s.node_count; k++)
        all += r->share[k];
    if (all == 0)
        return;
    for (at = yc_random_below(&r->chance, all); at >= r->share[i]; i++)
        at -= r->share[i];
    if (!can_mine(r, i)) /* whoever is away finds nothing */
        return;
    if (!r->scenario->mine || r->peace || !r->scenario->mine(r, i))
        sim_find_block(r, i);
}

static void take_sample(struct sim_run *r)
{
    struct sim_plot *out = r->plot;
    struct sim_sample at = {.at_us = r->s.now_us, .height_min = UINT32_MAX, .depth = r->depth};
    const struct yc_node *tips[16];
    for (unsigned i = 0; i < r->s.node_count; i++) {
        if (!sim_runs(&r->s, i))
            continue;
        const struct yc_node *t = yc_chain_tip(yc_core_chain(r->s.node[i].core));
        if (r->s.node[i].liar) {
            at.height_secret = t->height > at.height_secret ? t->height : at.height_secret;
            continue;
        }
        unsigned k = 0;
        while (k < at.tips && !yc_block_hash_equal(&tips[k]->hash, &t->hash))
            k++;
        if (k == at.tips && k < sizeof tips / sizeof tips[0])
            tips[at.tips++] = t;
        if (t->height >= at.height_max)
            at.bits = t->bits;
        at.height_max = t->height > at.height_max ? t->height : at.height_max;
        at.height_min = t->height < at.height_min ? t->height : at.height_min;
        at.running++;
    }
    r->depth = 0;
    r->minutes += !r->peace;
    r->minutes_behind += !r->peace && at.running && at.height_max >= at.height_min + 2;
    if (at.running && out->count < SIM_SAMPLES_MAX)
        out->sample[out->count++] = at;
}

static int64_t next_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t soon(struct sim_run *r, int64_t mean_us)
{
    return mean_us ? r->s.now_us + sim_chance_wait_us(&r->chance, mean_us) : INT64_MAX;
}

static int64_t next_block_us(struct sim_run *r)
{
    return soon(r, r->scenario->spacing_us ? r->scenario->spacing_us(r) : r->plan.spacing_us);
}

static void happen(struct sim_run *r)
{
    int64_t now_us = r->s.now_us;
    if (r->block_at_us <= now_us) {
        mine(r);
        r->block_at_us = next_block_us(r);
    }
    if (r->pay_at_us <= now_us) {
        pay(r);
        r->pay_at_us = soon(r, r->plan.pay_every_us);
    }
    if (!r->peace && r->act_at_us <= now_us) {
        r->scenario->act(r);
        r->act_at_us = soon(r, r->plan.act_every_us);
        if (r->scenario->spacing_us) /* the hash rate may be another now; chance has no memory */
            r->block_at_us = next_block_us(r);
    }
    if (r->check_at_us <= now_us) {
        for (unsigned i = 0; i < r->s.node_count; i++)
            if (!r->s.node[i].liar)
                sim_check_node(r, i);
        r->check_at_us = now_us + CHECK_EVERY_US;
    }
    if (r->sample_at_us <= now_us) {
        take_sample(r);
        r->sample_at_us += r->sample_every_us;
    }
}

/* Let time go on until then, with what happens on the way. */
static void go_on(struct sim_run *r, int64_t until_us)
{
    while (r->s.now_us < until_us) {
        int64_t at = next_of(next_of(r->block_at_us, r->pay_at_us), next_of(r->check_at_us, r->sample_at_us));
        if (!r->peace)
            at = next_of(at, r->act_at_us);
        at = next_of(at, until_us);
        if (at > r->s.now_us)
            sim_run(&r->s, (double)(at - r->s.now_us) / 1e6);
        happen(r);
    }
}

/* --- phases --- */

static void introduce(struct sim_run *r)
{
    unsigned count = r->plan.nodes, most = BOOK_PEERS < count - 1 ? BOOK_PEERS : count - 1;
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < most; k++) {
            unsigned other = most == count - 1 ? (i + 1 + k) % count : (unsigned)yc_random_below(&r->chance, count);
            if (other != i)
                sim_introduce(&r->s, i, other);
        }
}

static void mine_initial(struct sim_run *r, unsigned count)
{
    if (!r->plan.grown_chain)
        (void)sim_mine(&r->s, 0, count);
    for (unsigned k = 0; r->plan.grown_chain && k < count; k++) {
        sim_run(&r->s, (double)(next_block_us(r) - r->s.now_us) / 1e6);
        (void)sim_mine(&r->s, 0, 1);
    }
}

/* Regtest, but its difficulty may follow the hash rate, and it may have a least work. Genesis stays what it is. */
static void choose_params(struct sim_run *r, struct sim_options *o)
{
    r->params = *yc_chain_builtin("regtest");
    r->params.minimum_chain_work = yc_u256_mul64(yc_work_of_bits(r->params.genesis.bits), r->plan.minimum_blocks);
    if (r->plan.retarget.kind != YC_RETARGET_NONE) {
        r->params.pow.retarget = r->plan.retarget.kind;
        r->params.pow.half_life_s = r->plan.retarget.half_life_s;
        r->params.pow.window = r->plan.retarget.window;
        if (r->plan.retarget.bip54_off)
            r->params.rules.bip54 = YC_NEVER;
    }
    o->params = &r->params;
}

static void begin(struct sim_run *r, struct outcome *o, const struct sim_wish *wish)
{
    struct sim_options options = r->plan.world;
    struct yc_siphash_key key = {wish->seed, 0};
    options.seed = wish->seed;
    options.nodes_max = r->plan.nodes + r->plan.extra;
    options.public_addresses = true;
    options.coins_cache_bytes = COINS_CACHE;
    options.node_bytes_max = options.node_bytes_max ? options.node_bytes_max : NODE_BYTES_MAX;
    options.disk = (struct sim_disk_speed){0}; /* instant until the initial chain is there */
    choose_params(r, &options);
    options.fail = on_fail;
    options.on_chain = on_chain;
    options.ctx = o;
    sim_init(&r->s, &options);
    yc_random_seed(&r->chance, &r->chance_state, wish->seed ^ UINT64_C(0x5b1ce));
    yc_map_init(&r->honest, yc_heap(), 32, sizeof(uint64_t), key);
    r->share = sim_new(options.nodes_max, sizeof *r->share);
    r->shown = sim_new(options.nodes_max, sizeof *r->shown);
    r->shown_work = sim_new(options.nodes_max, sizeof *r->shown_work);
    for (unsigned i = 0; i < r->plan.nodes; i++) {
        (void)sim_add_node(&r->s);
        sim_start(&r->s, i);
        r->share[i] = (uint32_t)(1 + yc_random_below(&r->chance, 100));
        if (wish->share_count)
            r->share[i] = i < wish->share_count ? wish->share[i] : 0;
    }
    sim_step(&r->s);
    mine_initial(r, r->plan.initial_blocks ? r->plan.initial_blocks : INITIAL_BLOCKS);
    for (unsigned i = 1; i < r->plan.nodes; i++)
        sim_copy_blocks(r, 0, i, UINT32_MAX);
    if (!r->plan.no_introductions)
        introduce(r);
    take_coins(r);
    if (r->scenario->setup)
        r->scenario->setup(r);
    for (unsigned i = 0; i < r->s.node_count; i++) {
        int64_t commit_us = r->s.node[i].disk.speed.commit_us; /* the scenario's */
        r->s.node[i].disk.speed = r->plan.world.disk;
        r->s.node[i].disk.speed.commit_us = commit_us;
    }
    r->block_at_us = next_block_us(r);
    r->pay_at_us = soon(r, r->plan.pay_every_us);
    r->act_at_us = r->scenario->act ? soon(r, r->plan.act_every_us) : INT64_MAX;
    r->check_at_us = r->s.now_us + CHECK_EVERY_US;
    r->sample_at_us = r->s.now_us;
    int64_t whole_us = (r->plan.hours + 1) * SIM_HOUR_US + r->plan.converge_us;
    r->sample_every_us =
        whole_us / (SIM_SAMPLES_MAX - 1) > SIM_MINUTE_US ? whole_us / (SIM_SAMPLES_MAX - 1) + 1 : SIM_MINUTE_US;
}

static void heal(struct sim_run *r)
{
    r->peace = true;
    r->plot->healed_us = r->s.now_us;
    if (r->scenario->heal)
        r->scenario->heal(r);
    for (unsigned i = 0; i < r->s.node_count; i++) {
        sim_set_island(&r->s, i, 0);
        if (r->s.node[i].liar || r->s.node[i].core)
            continue;
        sim_start(&r->s, i);
    }
}

static void converge(struct sim_run *r)
{
    int64_t healed_us = r->s.now_us;
    while (!sim_check_agree(r)) {
        if (r->s.now_us - healed_us > r->plan.converge_us) {
            sim_check_marks(r); /* which would be why */
            sim_fail(&r->s, "the healed network does not agree within %lld minutes: %u tips",
                     (long long)(r->plan.converge_us / SIM_MINUTE_US),
                     r->plot->count ? r->plot->sample[r->plot->count - 1].tips : 0);
        }
        go_on(r, r->s.now_us + LOOK_US);
    }
    r->result->converge_us = r->s.now_us - healed_us;
    go_on(r, r->s.now_us + SIM_HOUR_US);
    r->block_at_us = r->pay_at_us = INT64_MAX;
    for (unsigned k = 0; k < 2; k++) {
        go_on(r, r->s.now_us + CALM_US);
        if (sim_check_agree(r))
            return;
        sim_find_block(r, sim_any_node(r)); /* two tips of equal work: one block decides */
    }
    go_on(r, r->s.now_us + CALM_US);
    if (!sim_check_agree(r)) {
        sim_check_marks(r);
        sim_fail(&r->s, "the network agreed, and no longer does");
    }
}

static void sum_up(struct sim_run *r)
{
    struct sim_result *out = r->result;
    const struct yc_node *tip = NULL;
    for (unsigned i = 0; i < r->s.node_count && !tip; i++)
        if (!r->s.node[i].liar && r->s.node[i].core)
            tip = yc_chain_tip(yc_core_chain(r->s.node[i].core));
    out->virtual_us = r->s.now_us;
    out->crashes = r->s.totals.crashes;
    out->connections = r->s.totals.connections;
    out->events = r->s.totals.events;
    out->steps = r->s.totals.steps;
    out->messages_bytes = r->s.totals.messages_bytes;
    out->trace = r->s.trace;
    if (!tip)
        return;
    struct yc_siphash_key key = {r->s.trace, 0};
    out->trace = yc_siphash(key, tip->hash.b, 32);
    out->height = tip->height;
    uint32_t initial = r->plan.initial_blocks ? r->plan.initial_blocks : INITIAL_BLOCKS;
    uint32_t grown = tip->height - initial;
    out->stale = out->blocks > grown ? out->blocks - grown : 0;
}

static void finish(struct sim_run *r)
{
    sim_check_end(r);
    sum_up(r);
    if (r->scenario->expect)
        r->scenario->expect(r);
}

static void release(struct sim_run *r)
{
    sim_release(&r->s);
    yc_map_release(&r->honest);
    free(r->share);
    free(r->shown);
    free(r->shown_work);
    free(r->coin);
    free(r->state);
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void show_progress(const struct sim_run *r, int64_t begun_us)
{
    double hours = (double)r->s.now_us / 3.6e9, took_s = (double)(cpu_us() - begun_us) / 1e6;
    fprintf(stderr, "\r\033[K%s seed %" PRIu64 ": %.1f of %lld h, height %u, %.0f s", r->scenario->name,
            r->s.options.seed, hours, (long long)r->plan.hours,
            r->plot->count ? r->plot->sample[r->plot->count - 1].height_max : 0, took_s);
    fflush(stderr);
}

static void play(struct sim_run *r, struct outcome *o, const struct sim_wish *wish)
{
    int64_t begun_us = cpu_us();
    begin(r, o, wish);
    int64_t start_us = r->s.now_us;
    for (int64_t hour = 1; hour <= r->plan.hours; hour++) {
        go_on(r, start_us + hour * SIM_HOUR_US);
        if (wish->show_progress)
            show_progress(r, begun_us);
    }
    heal(r);
    converge(r);
    finish(r);
    release(r);
    if (wish->show_progress)
        fputs("\r\033[K", stderr);
}

unsigned sim_wish_nodes(const struct sim_wish *wish)
{
    return wish->nodes ? wish->nodes : wish->scenario->plan.nodes;
}

int64_t sim_wish_hours(const struct sim_wish *wish)
{
    return wish->hours ? wish->hours : wish->scenario->plan.hours;
}

static struct sim_plan plan_of(const struct sim_wish *wish)
{
    struct sim_plan plan = wish->scenario->plan;
    plan.nodes = sim_wish_nodes(wish);
    plan.hours = sim_wish_hours(wish);
    if (wish->pay_every_us)
        plan.pay_every_us = wish->pay_every_us > 0 ? wish->pay_every_us : 0;
    plan.spacing_us = plan.spacing_us ? plan.spacing_us : SPACING_US;
    plan.converge_us = plan.converge_us ? plan.converge_us : CONVERGE_US;
    return plan;
}

void sim_play(const struct sim_wish *wish, struct sim_result *out, struct sim_plot *plot)
{
    struct sim_run *r = sim_new(1, sizeof *r);
    struct outcome *o = sim_new(1, sizeof *o);
    struct sim_plot *own = sim_new(1, sizeof *own);
    int64_t begun_us = cpu_us();
    o->run = r;
    r->result = out;
    r->plot = own;
    r->scenario = wish->scenario;
    r->plan = plan_of(wish);
    *out = (struct sim_result){.seed = wish->seed, .nodes = r->plan.nodes, .hours = r->plan.hours};
    snprintf(out->scenario, sizeof out->scenario, "%s", wish->scenario->name);
    snprintf(out->more, sizeof out->more, "%s", wish->more);
    if (setjmp(o->leave) == 0)
        play(r, o, wish);
    else
        sum_up(r);
    out->cpu_us = cpu_us() - begun_us;
    if (plot)
        *plot = *own;
    free(own);
    free(o);
    free(r);
}
