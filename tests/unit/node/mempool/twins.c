#include "twins.h"

struct twins twins;

void make_tx(struct made *out, const struct coin *from, uint32_t in_count, uint32_t out_count, int64_t fee_sat,
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
    struct yc_tx tx = {.version = !twins.plain && pick(20) == 0 ? 3 : 2,
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
    for (uint32_t i = 0; i < out_count && twins.coin_count < COINS_MAX; i++) {
        made[i].at = (struct yc_outpoint){parsed.txid, i};
        twins.coin[twins.coin_count++] = made[i];
    }
    yc_arena_release(&arena);
}

/* ---- both worlds ---- */

void open_worlds(const struct yc_pool_config *base, bool lanes_trusted)
{
    struct yc_pool_config config = *base;
    world_init(&twins.world[0], &config);
    config.sig_engine = &twins.engine;
    config.lanes_trusted = lanes_trusted;
    config.workers = NULL;
    world_init(&twins.world[1], &config);
}

void close_worlds(void)
{
    world_release(&twins.world[0]);
    world_release(&twins.world[1]);
}

void make_coins(void)
{
    twins.coin_count = twins.made_count = twins.batch_coin = 0;
    mine(&twins.world[0], 104);
    for (uint32_t h = 1; h <= 2; h++) {
        int64_t value;
        struct out out[SPLIT];
        static uint8_t script[SPLIT][34];
        struct coin made[SPLIT];
        struct tx t;
        struct in in = {.at = coinbase_at(&twins.world[0], h, &value), .sequence = UINT32_MAX};
        for (uint32_t i = 0; i < SPLIT; i++) {
            made[i] = (struct coin){.value_sat = 1000000, .form = (enum form)(i % FORMS), .key = pick(KEYS)};
            out[i] = (struct out){1000000, script_of(made[i].form, made[i].key, script[i])};
        }
        make(&t, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = out, .out_count = SPLIT});
        mine_of(&twins.world[0], &(struct yc_view){t.bytes, t.n}, 1);
        for (uint32_t i = 0; i < SPLIT; i++) {
            made[i].at = output_of(&t, i);
            twins.coin[twins.coin_count++] = made[i];
        }
    }
    follow(&twins.world[1], &twins.world[0]);
    twins.world[1].wall_s = twins.world[0].wall_s;
}

void template_of(struct pool_world *w, struct yc_template *t)
{
    struct yc_error err;
    if (yc_template_build(t, w->chain, w->pool, &w->clock, &w->options, &err) != YC_VALID)
        fail_msg("%s", err.text);
}

/* ---- engines ---- */

unsigned lane_calls;

void lying_lanes(struct yc_lane_group *groups, size_t count)
{
    lane_calls++;
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0xff;
}

void silent_lanes(struct yc_lane_group *groups, size_t count)
{
    lane_calls++;
    for (size_t i = 0; i < count; i++)
        groups[i].good = 0;
}

void use_lanes(enum yc_sig_mode mode)
{
    struct yc_error err;
    twins.all_good = yc_sigengine_init(&twins.engine, mode, 8, NULL, &err) != YC_VALID;
    if (twins.all_good)
        twins.engine = (struct yc_sigengine){YC_SIG_MODE_LANES, 8, lying_lanes, "lying", 2};
}

struct yc_view payment(size_t coin, int64_t fee_sat, bool bad)
{
    struct made *m = &twins.made[twins.made_count++];
    struct coin from = twins.coin[coin];
    make_tx(m, &from, 1, 1, fee_sat, bad);
    return yc_view(m->bytes, m->n);
}

void prepare(const struct yc_view *raw, size_t count)
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
    yc_pool_prepare(twins.world[1].pool, list, count);
    yc_arena_release(&arena);
}

static void expect_verdict(enum yc_verdict v, const struct yc_pool_reject *why)
{
    char text[192];
    yc_pool_reject_text(text, sizeof text, v, why);
    if (v != YC_VALID)
        fail_msg("%s: %s", text, why->detail);
}

const struct yc_pool_entry *take_prepared(struct yc_view raw)
{
    struct yc_pool_reject why;
    struct yc_pool_entry e;
    expect_verdict(yc_pool_submit(twins.world[1].pool, raw, false, -1, &e, &why), &why);
    return yc_pool_find(twins.world[1].pool, &e.tx.txid);
}

void open_lying(void)
{
    struct yc_pool_config config;
    yc_pool_config_default(&config);
    twins.engine = (struct yc_sigengine){YC_SIG_MODE_LANES, 0, lying_lanes, "lying", 2};
    twins.all_good = twins.plain = true;
    keys_seed(6);
    open_worlds(&config, false);
    make_coins();
    lane_calls = 0;
}
