/* Scripts run ahead in batches: the same verdicts, reasons, events and pool as one by one, whatever comes (dependencies,
 * conflicts, replacements, bad signatures, what policy refuses, a full pool); and what lanes alone have accepted reaches no
 * block without libsecp256k1 (catalogue C37, P17). */
#include "signed.h"

#include "crypto/sigbatch/lanes.h"

#define TXS        700
#define COINS_MAX  4000
#define TX_MAX     2000
#define INPUTS_MAX 6
#define SPLIT      40

struct made {
    uint8_t bytes[TX_MAX];
    size_t n;
};

/* Both worlds see the same; the second has an engine. */
struct scene {
    struct pool_world world[2];
    struct yc_sigengine engine;
    struct coin coin[COINS_MAX];
    size_t coin_count, batch_coin; /* the first that the batch in the making makes */
    struct made made[TXS];
    size_t made_count;
    unsigned taken, refused;
    bool all_good; /* no signature is spoilt */
    bool plain;    /* every transaction is of version 2 */
};
static struct scene s;

/* Spend these coins to random scripts; the outputs are new coins. */
static void make_tx(struct made *out, const struct coin *from, uint32_t in_count, uint32_t out_count, int64_t fee_sat,
                    bool bad)
{
    struct yc_txin in[INPUTS_MAX] = {{.sequence = YC_SEQUENCE_FINAL}};
    struct yc_txout outs[SPLIT];
    struct yc_spent spent[INPUTS_MAX];
    uint8_t spent_script[INPUTS_MAX][34], out_script[SPLIT][34];
    static struct unlocked unlocked[INPUTS_MAX];
    struct coin made[SPLIT];
    int64_t sum_sat = -fee_sat;
    for (uint32_t i = 0; i < in_count; i++) {
        in[i] = (struct yc_txin){.prevout = from[i].at, .sequence = YC_SEQUENCE_FINAL};
        spent[i] = (struct yc_spent){from[i].value_sat, script_of(from[i].form, from[i].key, spent_script[i])};
        sum_sat += from[i].value_sat;
    }
    for (uint32_t i = 0; i < out_count; i++) {
        made[i] = (struct coin){.value_sat = sum_sat / out_count, .form = (enum form)pick(FORMS), .key = pick(KEYS)};
        outs[i] = (struct yc_txout){made[i].value_sat, script_of(made[i].form, made[i].key, out_script[i])};
    }
    struct yc_tx tx = {.version = !s.plain && pick(20) == 0 ? 3 : 2,
                       .in_count = in_count,
                       .out_count = out_count,
                       .in = in,
                       .out = outs};
    struct yc_spend spend;
    yc_spend_init_to_sign(&spend, &tx, spent);
    for (uint32_t i = 0; i < in_count; i++)
        sign_coin(&unlocked[i], &spend, i, &from[i], &in[i]);
    if (bad)
        spoil(&in[pick(in_count)]);
    struct yc_writer w;
    yc_writer_init(&w, out->bytes, sizeof out->bytes);
    bool witness = false;
    for (uint32_t i = 0; i < in_count; i++)
        witness = witness || in[i].witness_count > 0;
    yc_tx_write(&tx, witness, &w);
    assert_false(w.failed);
    out->n = w.n;
    struct yc_arena arena;
    struct yc_reject why;
    struct yc_tx parsed;
    yc_arena_init(&arena, yc_heap(), 4096, SIZE_MAX);
    assert_int_equal(yc_tx_parse(&parsed, yc_view(out->bytes, out->n), &arena, &why), YC_VALID);
    for (uint32_t i = 0; i < out_count && s.coin_count < COINS_MAX; i++) {
        made[i].at = (struct yc_outpoint){parsed.txid, i};
        s.coin[s.coin_count++] = made[i];
    }
    yc_arena_release(&arena);
}

/* Will this coin be there when it is spent? */
static bool is_likely(size_t coin)
{
    struct pool_world *w = &s.world[0];
    struct yc_coin out;
    struct yc_error err;
    struct yc_arena arena;
    uint8_t room[256];
    yc_arena_init_fixed(&arena, room, sizeof room);
    return coin >= s.batch_coin || yc_pool_find(w->pool, &s.coin[coin].at.txid) ||
           yc_chain_coin(w->chain, &s.coin[coin].at, false, &arena, &out, &err) == YC_VALID;
}

/* A random transaction: recent coins are spent more often, so that there are chains, and twice, so that there are rivals. */
static void make_random(void)
{
    struct coin from[INPUTS_MAX];
    uint32_t in_count = 1 + (uint32_t)pick(pick(4) ? 2 : INPUTS_MAX), got = 0;
    int64_t sum_sat = 0;
    for (uint32_t tries = 0; got < in_count && tries < 50; tries++) {
        size_t recent = s.coin_count < 60 ? s.coin_count : 60;
        size_t at = pick(2) ? s.coin_count - 1 - pick(recent) : pick(s.coin_count);
        const struct coin *c = &s.coin[at];
        bool twice = pick(20) && !is_likely(at);
        for (uint32_t i = 0; i < got; i++)
            twice = twice || yc_outpoint_equal(&from[i].at, &c->at);
        if (twice || c->value_sat < 20000)
            continue;
        sum_sat += c->value_sat;
        from[got++] = *c;
    }
    int64_t fee_sat = pick(8) ? 200 + (int64_t)pick(12000) : (int64_t)pick(60);
    if (got && sum_sat > 30000 && s.made_count < TXS)
        make_tx(&s.made[s.made_count++], from, got, 1 + (uint32_t)pick(3), fee_sat, !s.all_good && pick(8) == 0);
}

/* ---- both worlds ---- */

static void open_worlds(const struct yc_pool_config *base, bool lanes_trusted)
{
    struct yc_pool_config config = *base;
    world_init(&s.world[0], &config);
    config.sig_engine = &s.engine;
    config.lanes_trusted = lanes_trusted;
    config.workers = NULL;
    world_init(&s.world[1], &config);
}

static void close_worlds(void)
{
    world_release(&s.world[0]);
    world_release(&s.world[1]);
}

/* Coins of every form, in blocks that both have. */
static void make_coins(void)
{
    s.coin_count = s.made_count = s.batch_coin = 0;
    mine(&s.world[0], 104);
    for (uint32_t h = 1; h <= 2; h++) {
        int64_t value;
        struct out out[SPLIT];
        static uint8_t script[SPLIT][34];
        struct coin made[SPLIT];
        struct tx t;
        struct in in = {.at = coinbase_at(&s.world[0], h, &value), .sequence = UINT32_MAX};
        for (uint32_t i = 0; i < SPLIT; i++) {
            made[i] = (struct coin){.value_sat = 1000000, .form = (enum form)(i % FORMS), .key = pick(KEYS)};
            out[i] = (struct out){1000000, script_of(made[i].form, made[i].key, script[i])};
        }
        make(&t, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = out, .out_count = SPLIT});
        mine_of(&s.world[0], &(struct yc_view){t.bytes, t.n}, 1);
        for (uint32_t i = 0; i < SPLIT; i++) {
            made[i].at = output_of(&t, i);
            s.coin[s.coin_count++] = made[i];
        }
    }
    follow(&s.world[1], &s.world[0]);
    s.world[1].wall_s = s.world[0].wall_s;
}

static bool is_same(void *ctx, const struct yc_pool_entry *e)
{
    const struct yc_pool_entry *other = yc_pool_find(ctx, &e->tx.txid);
    assert_non_null(other);
    assert_true(yc_wtxid_equal(&e->tx.wtxid, &other->tx.wtxid));
    assert_int_equal(e->fee_sat, other->fee_sat);
    assert_int_equal(e->sequence, other->sequence);
    assert_int_equal(e->slot, other->slot);
    assert_int_equal(e->double_spend, other->double_spend);
    assert_int_equal(e->time_s, other->time_s);
    return true;
}

static void compare_pools(void)
{
    struct yc_pool_info a, b;
    yc_pool_info(s.world[0].pool, &a);
    yc_pool_info(s.world[1].pool, &b);
    assert_int_equal(a.count, b.count);
    assert_int_equal(a.memory_bytes, b.memory_bytes);
    assert_int_equal(a.sequence, b.sequence);
    assert_int_equal(a.min_fee_sat_per_kvb, b.min_fee_sat_per_kvb);
    assert_int_equal(a.fees_sat, b.fees_sat);
    yc_pool_each(s.world[0].pool, is_same, s.world[1].pool);
    assert_string_equal(s.world[0].told, s.world[1].told);
    for (int i = 0; i < 2; i++) {
        const char *wrong = yc_pool_check(s.world[i].pool);
        if (wrong)
            fail_msg("world %d: %s", i, wrong);
    }
    assert_int_equal(yc_pool_unconfirmed(s.world[0].pool), 0);
    assert_null(yc_pool_failure(s.world[1].pool));
}

/* The bytes of the template that a world gives. */
static void template_of(struct pool_world *w, struct yc_template *t)
{
    struct yc_error err;
    if (yc_template_build(t, w->chain, w->pool, &w->clock, &w->options, &err) != YC_VALID)
        fail_msg("%s", err.text);
}

static void compare_templates(void)
{
    struct yc_template t[2];
    template_of(&s.world[0], &t[0]);
    template_of(&s.world[1], &t[1]);
    assert_true(yc_view_equal(t[0].block, t[1].block));
    yc_template_release(&t[0]);
    yc_template_release(&t[1]);
}

static void submit_both(const struct yc_tx *tx)
{
    struct yc_pool_reject why[2];
    enum yc_verdict v[2];
    char text[2][192];
    for (int i = 0; i < 2; i++) {
        v[i] = i ? yc_pool_submit_tx(s.world[i].pool, tx, NULL, &why[i])
                 : yc_pool_submit(s.world[i].pool, tx->raw, false, -1, NULL, &why[i]);
        yc_pool_reject_text(text[i], sizeof text[i], v[i], &why[i]);
    }
    assert_int_equal(v[0], v[1]);
    assert_string_equal(text[0], text[1]);
    assert_int_equal(why[0].policy, why[1].policy);
    if (v[0] == YC_VALID) {
        s.taken++;
        return;
    }
    s.refused++;
    assert_string_equal(why[0].detail, why[1].detail);
    assert_int_equal(why[0].rule.code, why[1].rule.code);
    assert_int_equal(why[0].rule.input, why[1].rule.input);
    assert_int_equal(why[0].rule.script_error, why[1].rule.script_error);
    assert_true(yc_txid_equal(&why[0].conflict, &why[1].conflict));
}

/* The next transactions, and some that came before, in one batch. */
static void one_batch(void)
{
    struct yc_tx tx[YC_POOL_PREPARE_MAX];
    const struct yc_tx *list[YC_POOL_PREPARE_MAX];
    struct yc_arena arena;
    struct yc_reject why;
    size_t count = 1 + pick(pick(3) ? 12 : YC_POOL_PREPARE_MAX);
    s.batch_coin = s.coin_count;
    yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        make_random();
        size_t at = pick(10) == 0 ? pick(s.made_count) : s.made_count - 1;
        assert_int_equal(yc_tx_parse(&tx[i], yc_view(s.made[at].bytes, s.made[at].n), &arena, &why), YC_VALID);
        list[i] = &tx[i];
    }
    /* Not in the order in which they were made: children come before parents too. */
    if (count > 1 && pick(4) == 0) {
        size_t a = pick(count), b = pick(count);
        const struct yc_tx *t = list[a];
        list[a] = list[b];
        list[b] = t;
    }
    yc_pool_prepare(s.world[1].pool, list, count);
    for (size_t i = 0; i < count; i++)
        submit_both(list[i]);
    yc_arena_release(&arena);
}

static void run_model(uint64_t seed, const struct yc_pool_config *config, bool lanes_trusted)
{
    keys_seed(seed);
    s.taken = s.refused = 0;
    s.plain = false;
    open_worlds(config, lanes_trusted);
    make_coins();
    unsigned most = 0;
    while (s.made_count < TXS) {
        one_batch();
        most = yc_pool_unconfirmed(s.world[1].pool) > most ? (unsigned)yc_pool_unconfirmed(s.world[1].pool) : most;
        compare_pools();
        if (pick(3) == 0)
            (void)yc_pool_confirm_step(s.world[1].pool);
        if (pick(12) == 0) {
            compare_templates();
            mine(&s.world[0], 1);
            follow(&s.world[1], &s.world[0]);
            s.world[1].wall_s = s.world[0].wall_s;
            compare_pools();
        }
        s.world[0].told_n = s.world[1].told_n = 0;
    }
    print_message("seed %llu: %u taken, %u refused, %u unconfirmed at most\n", (unsigned long long)seed, s.taken,
                  s.refused, most);
    assert_true(s.taken > 50 && s.refused > 50);
    assert_int_equal(most > 0, !lanes_trusted);
    while (yc_pool_confirm_step(s.world[1].pool)) {
    }
    assert_int_equal(yc_pool_unconfirmed(s.world[1].pool), 0);
    compare_pools();
    close_worlds();
}

/* ---- engines ---- */

static unsigned lane_calls;

/* Lanes that are sure of everything. */
static void lying_lanes(struct yc_lane_group *groups, size_t count)
{
    lane_calls++;
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0xff;
}

/* Lanes that vouch for nothing. */
static void silent_lanes(struct yc_lane_group *groups, size_t count)
{
    lane_calls++;
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0;
}

/* The machine's lanes; where it has none such that lie, and no bad signatures: it is the pool that is on trial. */
static void use_lanes(enum yc_sig_mode mode)
{
    struct yc_error err;
    s.all_good = yc_sigengine_init(&s.engine, mode, 8, NULL, &err) != YC_VALID;
    if (s.all_good)
        s.engine = (struct yc_sigengine){YC_SIG_MODE_LANES, 8, lying_lanes, "lying", 2};
}

/* ---- tests ---- */

static void same_as_one_by_one(void **state)
{
    struct yc_pool_config config;
    (void)state;
    yc_pool_config_default(&config);
    use_lanes(YC_SIG_MODE_LANES);
    for (uint64_t seed = 1; seed <= 3; seed++)
        run_model(seed, &config, false);
}

static void same_in_a_small_pool(void **state)
{
    struct yc_pool_config config;
    (void)state;
    yc_pool_config_default(&config);
    config.bytes_max = 120000;
    config.cluster_max = 5;
    use_lanes(YC_SIG_MODE_LANES);
    run_model(4, &config, false);
    use_lanes(YC_SIG_MODE_BOTH);
    run_model(5, &config, true);
}

/* A payment of this form, signed, not submitted. */
static struct yc_view payment(size_t coin, int64_t fee_sat, bool bad)
{
    struct made *m = &s.made[s.made_count++];
    struct coin from = s.coin[coin];
    make_tx(m, &from, 1, 1, fee_sat, bad);
    return yc_view(m->bytes, m->n);
}

/* Run ahead in the second world what is about to be submitted there. */
static void prepare(const struct yc_view *raw, size_t count)
{
    struct yc_tx tx[8];
    const struct yc_tx *list[8];
    struct yc_arena arena;
    struct yc_reject why;
    yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(yc_tx_parse(&tx[i], raw[i], &arena, &why), YC_VALID);
        list[i] = &tx[i];
    }
    yc_pool_prepare(s.world[1].pool, list, count);
    yc_arena_release(&arena);
}

static void expect_verdict(enum yc_verdict v, const struct yc_pool_reject *why)
{
    char text[192];
    yc_pool_reject_text(text, sizeof text, v, why);
    if (v != YC_VALID)
        fail_msg("%s: %s", text, why->detail);
}

static const struct yc_pool_entry *take_prepared(struct yc_view raw)
{
    struct yc_pool_reject why;
    struct yc_pool_entry e;
    expect_verdict(yc_pool_submit(s.world[1].pool, raw, false, -1, &e, &why), &why);
    return yc_pool_find(s.world[1].pool, &e.tx.txid);
}

static void open_lying(void)
{
    struct yc_pool_config config;
    yc_pool_config_default(&config);
    s.engine = (struct yc_sigengine){YC_SIG_MODE_LANES, 0, lying_lanes, "lying", 2};
    s.all_good = s.plain = true;
    keys_seed(6);
    open_worlds(&config, false);
    make_coins();
    lane_calls = 0;
}

/* C37: what lanes alone have accepted is no script that is known to pass; confirmed, it is. */
static void only_what_is_confirmed_is_known(void **state)
{
    (void)state;
    open_lying();
    struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, false)};
    prepare(raw, 2);
    assert_int_equal(lane_calls, 1);
    const struct yc_pool_entry *e[2] = {take_prepared(raw[0]), take_prepared(raw[1])};
    uint32_t flags = yc_script_flags_at(&s.world[1].params, 107, &(struct yc_block_hash){{0}});
    assert_int_equal(lane_calls, 1);
    assert_int_equal(yc_pool_unconfirmed(s.world[1].pool), 2);
    assert_true(e[0]->by_lanes && e[1]->by_lanes);
    assert_false(yc_pool_scripts_known(s.world[1].pool, &e[0]->tx.wtxid, flags));
    /* One that leaves unconfirmed is not remembered. */
    struct yc_txid gone = e[1]->tx.txid;
    struct yc_wtxid gone_w = e[1]->tx.wtxid;
    yc_pool_remove(s.world[1].pool, &gone, YC_POOL_EXPIRED);
    assert_false(yc_pool_scripts_known(s.world[1].pool, &gone_w, flags));
    assert_int_equal(yc_pool_unconfirmed(s.world[1].pool), 1);
    assert_false(yc_pool_confirm_step(s.world[1].pool));
    assert_false(e[0]->by_lanes);
    assert_true(yc_pool_scripts_known(s.world[1].pool, &e[0]->tx.wtxid, flags));
    s.world[1].scripts_known = 0;
    mine(&s.world[1], 1);
    assert_int_equal(s.world[1].scripts_known, 2); /* the template's trial, and the block */
    close_worlds();
}

/* A template holds what is not confirmed yet, because its trial runs those scripts, and confirms it by that. */
static void a_template_confirms(void **state)
{
    (void)state;
    struct yc_template t;
    open_lying();
    struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, false)};
    prepare(raw, 2);
    (void)take_prepared(raw[0]);
    (void)take_prepared(raw[1]);
    s.world[1].scripts_known = 0;
    template_of(&s.world[1], &t);
    assert_int_equal(t.tx_count, 2);
    assert_int_equal(s.world[1].scripts_known, 0);
    assert_int_equal(yc_pool_unconfirmed(s.world[1].pool), 0);
    yc_template_release(&t);
    assert_null(yc_pool_check(s.world[1].pool));
    close_worlds();
}

/* Lanes that accept what libsecp256k1 refuses: whoever finds out stops the node, names both and keeps the transaction. */
static void engines_that_differ_stop_the_pool(void **state)
{
    (void)state;
    for (int by_template = 0; by_template < 2; by_template++) {
        struct yc_template t;
        struct yc_error err = {.which = YC_SYSTEM_NONE};
        open_lying();
        struct pool_world *w = &s.world[1];
        struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, true)};
        prepare(raw, 2);
        (void)take_prepared(raw[0]);
        (void)take_prepared(raw[1]);
        assert_null(yc_pool_failure(w->pool));
        if (by_template)
            assert_int_equal(yc_template_build(&t, w->chain, w->pool, &w->clock, &w->options, &err), YC_SYSTEM);
        else
            assert_false(yc_pool_confirm_step(w->pool));
        const struct yc_error *failure = yc_pool_failure(w->pool);
        assert_non_null(failure);
        assert_int_equal(failure->which, YC_SYSTEM_CORRUPT);
        assert_non_null(strstr(failure->text, "the lanes accepted every signature of transaction "));
        assert_non_null(strstr(failure->text, "-sigengine=scalar"));
        assert_non_null(strstr(w->logged, " from byte 0: 02000000"));
        assert_false(yc_pool_confirm_step(w->pool));
        close_worlds();
    }
}

/* P17, P47: no signature is looked at of what policy refuses, what spends the same coin as one before it, or what has no
 * inputs; and nothing is done for one alone, or without an engine. */
static void nothing_is_prepared_in_vain(void **state)
{
    (void)state;
    open_lying();
    struct yc_view good = payment(0, 1000, false), cheap = payment(1, 1, false), rival = payment(0, 2000, false);
    struct yc_view again[2] = {good, good}, low[2] = {cheap, cheap}, both[2] = {good, rival};
    prepare(low, 2);
    assert_int_equal(lane_calls, 0);
    prepare(&good, 1);
    assert_int_equal(lane_calls, 0);
    /* The second of each pair is left alone, and one signature is not worth the lanes. */
    prepare(again, 2);
    prepare(both, 2);
    assert_int_equal(lane_calls, 0);
    /* A child of what is in the batch is prepared with it, but not without. */
    struct yc_view child = payment(s.coin_count - 3, 1000, false), family[2] = {good, child},
                   orphan[2] = {child, cheap};
    prepare(orphan, 2);
    assert_int_equal(lane_calls, 0);
    prepare(family, 2);
    assert_int_equal(lane_calls, 1);
    assert_true(take_prepared(good)->by_lanes);
    assert_true(take_prepared(child)->by_lanes);
    assert_null(yc_pool_check(s.world[1].pool));
    close_worlds();
}

/* What lanes do not vouch for runs exactly: libsecp256k1 alone has judged it. */
static void what_lanes_leave_runs_exactly(void **state)
{
    (void)state;
    open_lying();
    s.engine.lanes = silent_lanes;
    struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, true)};
    prepare(raw, 2);
    assert_int_equal(lane_calls, 1);
    assert_false(take_prepared(raw[0])->by_lanes);
    expect(&s.world[1], raw[1], YC_INVALID, "mempool-script-verify-flag-failed (Invalid Schnorr signature)");
    assert_int_equal(yc_pool_unconfirmed(s.world[1].pool), 0);
    close_worlds();
}

/* A transaction of several inputs is a batch by itself. */
static void many_inputs_are_a_batch(void **state)
{
    (void)state;
    open_lying();
    struct made *m = &s.made[s.made_count++];
    make_tx(m, s.coin, INPUTS_MAX, 1, 10000, false);
    assert_true(take_prepared(yc_view(m->bytes, m->n))->by_lanes);
    assert_int_equal(lane_calls, 1);
    close_worlds();
}

/* Workers confirm on copies, while entries come and go. */
static void workers_confirm(void **state)
{
    struct yc_pool_config config;
    struct yc_workers *workers;
    struct yc_error err;
    (void)state;
    open_lying();
    struct pool_world *w = &s.world[1];
    yc_pool_config_default(&config);
    config.sig_engine = &s.engine;
    assert_int_equal(yc_workers_new(&workers, yc_heap(), "test", 2, &err), YC_VALID);
    config.workers = workers;
    world_new_pool(w, &config);
    for (size_t i = 0; i + 1 < 2 * SPLIT; i += 2) {
        struct yc_view raw[2] = {payment(i, 1000, false), payment(i + 1, 1000, false)};
        prepare(raw, 2);
        const struct yc_pool_entry *first = take_prepared(raw[0]);
        struct yc_txid txid = first->tx.txid;
        (void)take_prepared(raw[1]);
        (void)yc_pool_confirm_step(w->pool);
        if (i % 4 == 0)
            yc_pool_remove(w->pool, &txid, YC_POOL_EXPIRED);
        assert_null(yc_pool_check(w->pool));
    }
    while (yc_pool_confirm_step(w->pool)) {
    }
    assert_int_equal(yc_pool_unconfirmed(w->pool), 0);
    assert_null(yc_pool_check(w->pool));
    /* A pool that is freed while they work waits for them. */
    struct made *m = &s.made[s.made_count++];
    make_tx(m, &s.coin[s.coin_count - 2], 2, 1, 1000, false);
    (void)take_prepared(yc_view(m->bytes, m->n));
    assert_true(yc_pool_confirm_step(w->pool));
    world_new_pool(w, &config);
    yc_pool_free(w->pool);
    w->pool = NULL;
    yc_workers_free(workers);
    close_worlds();
}

/* Saved transactions are taken in by batches, in a pool that is the same as without; a block that leaves the chain gives
 * its transactions back in batches, too. */
static void loads_and_reorganisations(void **state)
{
    (void)state;
    struct yc_pool_config config;
    struct yc_error err;
    size_t taken[2];
    yc_pool_config_default(&config);
    use_lanes(YC_SIG_MODE_LANES);
    keys_seed(6);
    open_worlds(&config, false);
    make_coins();
    for (unsigned i = 0; i < 30; i++)
        one_batch();
    const struct yc_fs *fs = yc_fs_memory_fs(s.world[0].fs);
    assert_int_equal(yc_pool_save(s.world[0].pool, fs, "/data/mempool.dat", &err), YC_VALID);
    for (int i = 0; i < 2; i++) {
        config.sig_engine = i ? &s.engine : NULL;
        world_new_pool(&s.world[i], &config);
        assert_int_equal(yc_pool_load(s.world[i].pool, fs, "/data/mempool.dat", &taken[i], &err), YC_VALID);
        s.world[i].told_n = 0;
    }
    assert_true(taken[0] > 10);
    assert_int_equal(taken[0], taken[1]);
    assert_true(yc_pool_unconfirmed(s.world[1].pool) > 5);
    compare_pools();
    mine(&s.world[0], 1);
    follow(&s.world[1], &s.world[0]);
    struct yc_block_hash tip = yc_chain_tip(s.world[0].chain)->hash;
    for (int i = 0; i < 2; i++) {
        config.sig_engine = i ? &s.engine : NULL;
        world_new_pool(&s.world[i], &config); /* which remembers nothing */
        s.world[i].wall_s = s.world[0].wall_s;
        assert_int_equal(yc_chain_invalidate(s.world[i].chain, &tip, &err), YC_VALID);
        world_settle(&s.world[i]);
        s.world[i].told_n = 0;
    }
    assert_true(pool_count(&s.world[1]) > 10);
    assert_true(yc_pool_unconfirmed(s.world[1].pool) > 5);
    compare_pools();
    compare_templates();
    close_worlds();
}

/* Without memory for it nothing is prepared or confirmed, and nothing else changes. */
static void no_memory(void **state)
{
    (void)state;
    struct yc_pool_config config;
    open_lying();
    struct pool_world *w = &s.world[1];
    struct yc_view raw[2] = {payment(0, 1000, false), payment(1, 1000, false)};
    w->heap.fail_at = w->heap.calls + 1;
    prepare(raw, 2);
    w->heap.fail_at = 0;
    (void)take_prepared(raw[0]);
    (void)take_prepared(raw[1]);
    assert_null(yc_pool_check(w->pool));
    yc_pool_config_default(&config);
    yc_pool_free(w->pool);
    w->pool = NULL;
    config.chain = w->chain;
    config.clock = &w->clock;
    config.random = &w->random;
    config.log = &w->log;
    config.sig_engine = &s.engine;
    for (size_t fail_at = 1; fail_at <= 6; fail_at++) {
        struct test_heap heap;
        struct yc_error err;
        test_heap_init(&heap);
        heap.fail_at = fail_at;
        config.alloc = &heap.alloc;
        assert_int_equal(yc_pool_new(&w->pool, &config, (struct yc_pool_listener){NULL, NULL}, &err), YC_SYSTEM);
        assert_int_equal(err.which, YC_SYSTEM_MEMORY);
        assert_int_equal(heap.live_bytes, 0);
    }
    w->pool = NULL;
    close_worlds();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_one_by_one),
        cmocka_unit_test(same_in_a_small_pool),
        cmocka_unit_test(only_what_is_confirmed_is_known),
        cmocka_unit_test(a_template_confirms),
        cmocka_unit_test(engines_that_differ_stop_the_pool),
        cmocka_unit_test(nothing_is_prepared_in_vain),
        cmocka_unit_test(what_lanes_leave_runs_exactly),
        cmocka_unit_test(many_inputs_are_a_batch),
        cmocka_unit_test(workers_confirm),
        cmocka_unit_test(loads_and_reorganisations),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, keys_set_up, keys_tear_down);
}
