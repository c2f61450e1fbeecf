/* The pool follows the chain through reorganisations (catalogue M09, M12). */
#include "fixture.h"

#include "crypto/sha256.h"

/* Two worlds with the same chain of 110 blocks, which branch from there. */
static struct pool_world w, twin;

static int set_up(void **state)
{
    (void)state;
    world_init(&w, NULL);
    mine(&w, 110);
    world_init(&twin, NULL);
    follow(&twin, &w);
    twin.extra = 1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_release(&w);
    world_release(&twin);
    return 0;
}

static void split_coin(struct tx *out, uint32_t height, int64_t *value, unsigned out_count, int64_t fee_sat)
{
    struct yc_outpoint at = coinbase_at(&w, height, value);
    make_split(out, at, *value, out_count, fee_sat);
}

static void m09_transactions_of_a_lost_block_return_before_their_children(void **state)
{
    (void)state;
    struct tx a, b, c;
    int64_t value;
    split_coin(&a, 1, &value, 1, 1000);
    make_split(&b, output_of(&a, 0), value - 1000, 1, 1000);
    make_split(&c, output_of(&b, 0), value - 2000, 1, 1000);
    expect_taken(&w, &a);
    mine(&w, 1);
    expect_taken(&w, &b);
    mine(&w, 1);
    expect_taken(&w, &c);
    mine(&twin, 3);
    follow(&w, &twin);
    assert_true(yc_chain_tip(w.chain) == yc_chain_find(w.chain, &yc_chain_tip(twin.chain)->hash));
    assert_string_equal(w.told, "+m+m+++");
    struct yc_pool_package k;
    yc_pool_ancestors(w.pool, yc_pool_find(w.pool, &c.txid), &k);
    assert_int_equal(k.count, 3);
    yc_pool_descendants(w.pool, yc_pool_find(w.pool, &a.txid), &k);
    assert_int_equal(k.count, 3);
    assert_int_equal(k.fees_sat, 3000);
    check(&w);
    mine(&w, 1);
    assert_int_equal(pool_count(&w), 0);
}

static void m09_what_the_new_branch_holds_does_not_return(void **state)
{
    (void)state;
    struct tx a, rival, b, child;
    int64_t value, other;
    split_coin(&a, 1, &value, 1, 1000);
    split_coin(&rival, 1, &value, 1, 2000);
    split_coin(&b, 2, &other, 1, 1000);
    make_split(&child, output_of(&a, 0), value - 1000, 1, 1000);
    expect_taken(&w, &a);
    expect_taken(&w, &b);
    mine(&w, 1);
    expect_taken(&w, &child);
    struct yc_view txs[2] = {raw_of(&b), raw_of(&rival)};
    mine_of(&twin, txs, 2);
    mine(&twin, 1);
    follow(&w, &twin);
    /* b is mined on the new branch, a lost to its rival there, and with it its child. */
    assert_int_equal(pool_count(&w), 0);
    assert_int_equal(w.told[w.told_n - 1], 'r');
    assert_null(yc_pool_check(w.pool));
}

static void m09_spends_of_coinbases_that_are_gone_or_young_leave(void **state)
{
    (void)state;
    struct tx young, child, old;
    int64_t value, other;
    /* Block 111 makes coinbase 12 spendable in the next; two blocks less and it is not. */
    mine(&w, 1);
    split_coin(&young, 12, &value, 1, 1000);
    make_split(&child, output_of(&young, 0), value - 1000, 1, 1000);
    split_coin(&old, 1, &other, 1, 1000);
    expect_taken(&w, &young);
    expect_taken(&w, &child);
    expect_taken(&w, &old);
    struct yc_error err;
    assert_int_equal(yc_chain_invalidate(w.chain, &yc_chain_tip(w.chain)->hash, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, 110);
    assert_string_equal(w.told, "+++rr");
    assert_true(pooled(&w, &old));
    check(&w);
    expect(&w, raw_of(&young), YC_POLICY, "bad-txns-premature-spend-of-coinbase");
}

static void m09_transactions_that_are_no_longer_final_leave(void **state)
{
    (void)state;
    struct tx locked, relative, parent;
    int64_t value, other;
    mine(&w, 2);
    struct in in = {.at = coinbase_at(&w, 1, &value), .sequence = 0};
    struct out out = {.value_sat = value - 1000};
    struct spec s = {.version = 2, .lock_time = 112, .in = &in, .in_count = 1, .out = &out, .out_count = 1};
    make(&locked, &s);
    expect_taken(&w, &locked);
    split_coin(&parent, 2, &other, 1, 1000);
    expect_taken(&w, &parent);
    mine_of(&w, (struct yc_view[]){raw_of(&parent)}, 1);
    mine_of(&w, NULL, 0);
    /* A spend that waits two blocks from block 113 on. */
    in = (struct in){.at = output_of(&parent, 0), .sequence = 2};
    out.value_sat = other - 2000;
    s.lock_time = 0;
    make(&relative, &s);
    expect_taken(&w, &relative);
    struct yc_error err;
    assert_int_equal(yc_chain_invalidate(w.chain, &yc_chain_at(w.chain, 114)->hash, &err), YC_VALID);
    world_settle(&w);
    /* The parent is as deep as before, but only 113 blocks are there: one block too early. */
    assert_false(pooled(&w, &relative));
    assert_true(pooled(&w, &locked));
    check(&w);
    assert_int_equal(yc_chain_invalidate(w.chain, &yc_chain_at(w.chain, 112)->hash, &err), YC_VALID);
    world_settle(&w);
    assert_false(pooled(&w, &locked));
    assert_true(pooled(&w, &parent));
    check(&w);
}

static void m09_nonstandard_transactions_of_a_lost_block_do_not_return(void **state)
{
    (void)state;
    struct tx odd, child;
    int64_t value;
    struct in in = {.at = coinbase_at(&w, 1, &value), .sequence = UINT32_MAX};
    struct out outs[2] = {{.value_sat = value - 2000}, {.value_sat = 1000, .script = yc_view("\x51", 1)}};
    make(&odd, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = outs, .out_count = 2});
    expect(&w, raw_of(&odd), YC_POLICY, "scriptpubkey");
    mine_of(&w, (struct yc_view[]){raw_of(&odd)}, 1);
    make_split(&child, output_of(&odd, 0), value - 2000, 1, 1000);
    expect_taken(&w, &child);
    mine(&twin, 2);
    follow(&w, &twin);
    assert_int_equal(pool_count(&w), 0);
    assert_int_equal(w.told[w.told_n - 1], 'r');
}

static void m09_children_make_room_for_a_parent_that_returns(void **state)
{
    (void)state;
    struct yc_pool_config config;
    struct tx parent, child[5];
    int64_t value;
    yc_pool_config_default(&config);
    config.cluster_max = 4;
    world_new_pool(&w, &config);
    split_coin(&parent, 1, &value, 5, 1000);
    mine_of(&w, (struct yc_view[]){raw_of(&parent)}, 1);
    for (unsigned i = 0; i < 5; i++) {
        make_split(&child[i], output_of(&parent, i), (value - 1000) / 5, 1, 1000);
        expect_taken(&w, &child[i]);
    }
    mine(&twin, 2);
    follow(&w, &twin);
    /* As if all had been submitted anew: the parent, and children until the limit. */
    assert_true(pooled(&w, &parent));
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(pooled(&w, &child[i]), i < 3);
    check(&w);
}

static void m09_the_deepest_make_room_for_an_ancestor_that_returns(void **state)
{
    (void)state;
    struct yc_pool_config config;
    struct tx t[6];
    int64_t value;
    yc_pool_config_default(&config);
    config.cluster_max = 4;
    world_new_pool(&w, &config);
    split_coin(&t[0], 1, &value, 1, 1000);
    make_split(&t[1], output_of(&t[0], 0), value - 1000, 1, 1000);
    mine_of(&w, (struct yc_view[]){raw_of(&t[0]), raw_of(&t[1])}, 2);
    for (unsigned i = 2; i < 6; i++) {
        make_split(&t[i], output_of(&t[i - 1], 0), value - 1000 * i, 1, 1000);
        expect_taken(&w, &t[i]);
    }
    mine(&twin, 2);
    follow(&w, &twin);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(pooled(&w, &t[i]), i < 4);
    check(&w);
}

/* M10: what does not return makes nobody else leave. */
static void m10_nobody_makes_room_for_one_that_does_not_return(void **state)
{
    (void)state;
    const struct yc_view script = yc_view("\xb3\x51", 2); /* NOP4 TRUE: consensus takes it, policy does not */
    struct yc_pool_config config;
    struct tx pay, odd, other[3], bridge;
    int64_t value, other_value;
    uint8_t output[34] = {0, 32};
    yc_pool_config_default(&config);
    config.cluster_max = 4;
    world_new_pool(&w, &config);
    yc_sha256_once(output + 2, script.p, script.n);
    struct in in = {.at = coinbase_at(&w, 1, &value), .sequence = UINT32_MAX};
    struct out out = {.value_sat = value - 1000, .script = yc_view(output, sizeof output)};
    make(&pay, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = &out, .out_count = 1});
    mine_of(&w, (struct yc_view[]){raw_of(&pay)}, 1);
    in = (struct in){.at = output_of(&pay, 0), .sequence = UINT32_MAX, .witness = &script, .witness_count = 1};
    out = (struct out){.value_sat = value - 2000};
    make(&odd, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = &out, .out_count = 1});
    expect(&w, raw_of(&odd), YC_POLICY, "mempool-script-verify-flag-failed (NOPx reserved for soft-fork upgrades)");
    mine_of(&w, (struct yc_view[]){raw_of(&odd)}, 1);

    /* A cluster as large as may be, which odd would make larger. */
    split_coin(&other[0], 2, &other_value, 4, 1000);
    int64_t share = (other_value - 1000) / 4;
    struct in ins[2] = {{.at = output_of(&odd, 0), .sequence = UINT32_MAX},
                        {.at = output_of(&other[0], 0), .sequence = UINT32_MAX}};
    out = (struct out){.value_sat = value - 2000 + share - 1000};
    make(&bridge, &(struct spec){.version = 2, .in = ins, .in_count = 2, .out = &out, .out_count = 1});
    expect_taken(&w, &other[0]);
    expect_taken(&w, &bridge);
    for (unsigned i = 1; i < 3; i++) {
        make_split(&other[i], output_of(&other[0], i), share, 1, 1000);
        expect_taken(&w, &other[i]);
    }
    struct yc_error err;
    assert_int_equal(yc_chain_invalidate(w.chain, &yc_chain_tip(w.chain)->hash, &err), YC_VALID);
    world_settle(&w);
    assert_false(pooled(&w, &odd));
    assert_false(pooled(&w, &bridge));
    for (unsigned i = 0; i < 3; i++)
        assert_true(pooled(&w, &other[i]));
    check(&w);
}

static void a_free_transaction_of_a_lost_block_returns(void **state)
{
    (void)state;
    struct tx gratis, child;
    int64_t value;
    split_coin(&gratis, 1, &value, 1, 0);
    mine_of(&w, (struct yc_view[]){raw_of(&gratis)}, 1);
    make_split(&child, output_of(&gratis, 0), value, 1, 1000);
    expect_taken(&w, &child);
    mine(&twin, 2);
    follow(&w, &twin);
    assert_true(pooled(&w, &gratis));
    assert_true(pooled(&w, &child));
    check(&w);
    mine(&w, 1);
    assert_int_equal(pool_count(&w), 0);
}

static void a_block_that_leaves_and_comes_back_changes_nothing(void **state)
{
    (void)state;
    struct tx a, b;
    int64_t value;
    split_coin(&a, 1, &value, 1, 1000);
    mine_of(&w, (struct yc_view[]){raw_of(&a)}, 1);
    make_split(&b, output_of(&a, 0), value - 1000, 1, 1000);
    expect_taken(&w, &b);
    struct yc_error err;
    struct yc_block_hash tip = yc_chain_tip(w.chain)->hash;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(yc_chain_invalidate(w.chain, &tip, &err), YC_VALID);
        world_settle(&w);
        assert_int_equal(pool_count(&w), 2);
        check(&w);
        assert_int_equal(yc_chain_reconsider(w.chain, &tip, &err), YC_VALID);
        world_settle(&w);
        assert_int_equal(pool_count(&w), 1);
        check(&w);
    }
}

/* Whatever allocation fails while blocks leave and come back, the pool stays whole; at worst it has lost something. */
static void no_failure_of_memory_spoils_the_pool(void **state)
{
    (void)state;
    struct tx t[4];
    int64_t value;
    struct yc_error err;
    for (size_t n = 1; n < 60; n++) {
        world_new_pool(&w, NULL);
        split_coin(&t[0], (uint32_t)(n % 10) + 1, &value, 1, 1000);
        for (unsigned i = 1; i < 4; i++)
            make_split(&t[i], output_of(&t[i - 1], 0), value - 1000 * (int)i, 1, 1000);
        mine_of(&w, (struct yc_view[]){raw_of(&t[0]), raw_of(&t[1])}, 2);
        expect_taken(&w, &t[2]);
        expect_taken(&w, &t[3]);
        struct yc_block_hash tip = yc_chain_tip(w.chain)->hash;
        w.heap.fail_at = w.heap.calls + n;
        assert_int_equal(yc_chain_invalidate(w.chain, &tip, &err), YC_VALID);
        world_settle(&w);
        w.heap.fail_at = 0;
        check(&w);
        if (n == 59)
            assert_int_equal(pool_count(&w), 4);
    }
}

/* ---- a model ---- */

#define MODEL_TXS 1200

struct model {
    struct tx tx[MODEL_TXS];
    bool had[MODEL_TXS];
    size_t count, became_invalid, most;
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct {
        struct yc_outpoint at;
        int64_t value;
        bool used; /* by some transaction, perhaps one that was refused */
    } out[5000];
    size_t out_count;
};

static size_t pick(struct model *m, size_t below)
{
    return (size_t)yc_random_below(&m->random, below);
}

/* A transaction over one to three outputs made so far, spent or not: some conflict, some lack their parents. */
static void add_random_tx(struct model *m)
{
    struct in in[3] = {{.sequence = UINT32_MAX}};
    struct out out[4] = {{0}};
    size_t n = 1 + pick(m, 3), outs = 1 + pick(m, 4), kept = 0;
    int64_t sum = 0, fee = 200 + (int64_t)pick(m, 5000);
    for (size_t i = 0; i < n; i++) {
        /* Late ones more often, so that chains grow; most of them unspent, so that few conflict. */
        size_t late = m->out_count < 60 ? m->out_count : 60, at = 0;
        for (int tries = 0; tries < 20 && (tries == 0 || m->out[at].used); tries++)
            at = pick(m, 4) ? m->out_count - 1 - pick(m, late) : pick(m, m->out_count);
        bool twice = false;
        m->out[at].used = m->out[at].used || pick(m, 20);
        for (size_t j = 0; j < kept; j++)
            twice = twice || yc_outpoint_equal(&in[j].at, &m->out[at].at);
        if (twice)
            continue;
        in[kept++] = (struct in){.at = m->out[at].at, .sequence = pick(m, 12) ? UINT32_MAX : (uint32_t)pick(m, 3)};
        sum += m->out[at].value;
    }
    if (sum < 100000 || m->count == MODEL_TXS)
        return;
    for (size_t i = 0; i < outs; i++)
        out[i].value_sat = (sum - fee) / (int64_t)outs;
    struct tx *t = &m->tx[m->count++];
    uint32_t lock = pick(m, 20) ? 0 : 105 + (uint32_t)pick(m, 25);
    make(t, &(struct spec){.version = 2, .lock_time = lock, .in = in, .in_count = kept, .out = out, .out_count = outs});
    for (size_t i = 0; i < outs; i++) {
        m->out[m->out_count].at = output_of(t, (uint32_t)i);
        m->out[m->out_count].used = false;
        m->out[m->out_count++].value = out[i].value_sat;
    }
}

/* Eight coinbases in thirty parts each, in a block that both worlds have. */
static void make_coins(struct model *m)
{
    for (uint32_t h = 1; h <= 8; h++) {
        int64_t value;
        struct tx *t = &m->tx[m->count++];
        split_coin(t, h, &value, 30, 10000);
        expect_taken(&w, t);
        for (uint32_t i = 0; i < 30; i++) {
            m->out[m->out_count].at = output_of(t, i);
            m->out[m->out_count].used = false;
            m->out[m->out_count++].value = (value - 10000) / 30;
        }
    }
    mine(&w, 1);
    follow(&twin, &w);
}

/* Limits that the model does not reach: with them, what returns may push out what came later. */
static void model_config(struct yc_pool_config *config)
{
    yc_pool_config_default(config);
    config->cluster_max = MODEL_TXS;
    config->cluster_vbytes_max = YC_BLOCK_WEIGHT_MAX;
}

struct ids {
    struct yc_txid *id;
    struct yc_view *raw;
    size_t n;
};

static bool collect(void *ctx, const struct yc_pool_entry *e)
{
    struct ids *ids = ctx;
    ids->id[ids->n] = e->tx.txid;
    ids->raw[ids->n++] = e->tx.raw;
    return true;
}

/* M09: what is in the pool is what a fresh pool would take of it, given the same in the same order: all of it. */
static void compare_with_fresh_pool(void)
{
    static struct yc_txid id[MODEL_TXS];
    static struct yc_view raw[MODEL_TXS];
    struct ids ids = {id, raw, 0};
    struct yc_pool_config config;
    struct yc_error err;
    struct yc_pool *fresh;
    model_config(&config);
    config.chain = w.chain;
    config.alloc = yc_heap();
    config.clock = &w.clock;
    config.random = &w.random;
    yc_pool_each(w.pool, collect, &ids);
    assert_int_equal(yc_pool_new(&fresh, &config, (struct yc_pool_listener){0}, &err), YC_VALID);
    for (size_t i = 0; i < ids.n; i++) {
        struct yc_pool_reject why;
        char text[192];
        enum yc_verdict v = yc_pool_submit(fresh, raw[i], false, -1, NULL, &why);
        yc_pool_reject_text(text, sizeof text, v, &why);
        if (v != YC_VALID)
            fail_msg("a fresh pool refuses one of the pool's: %s", text);
        struct yc_pool_package a, b;
        yc_pool_ancestors(fresh, yc_pool_find(fresh, &id[i]), &a);
        yc_pool_ancestors(w.pool, yc_pool_find(w.pool, &id[i]), &b);
        assert_true(a.count == b.count && a.vbytes == b.vbytes && a.fees_sat == b.fees_sat);
    }
    yc_pool_free(fresh);
}

/* Mark which of the model's transactions a block of the active chain holds. */
static void mark_block(struct model *m, uint32_t height)
{
    struct yc_view raw;
    struct yc_error err;
    struct yc_reject why;
    struct yc_block b;
    struct yc_arena arena;
    assert_int_equal(yc_chain_read_block(w.chain, yc_chain_at(w.chain, height), yc_heap(), &raw, &err), YC_VALID);
    yc_arena_init(&arena, yc_heap(), 1 << 16, SIZE_MAX);
    assert_int_equal(yc_block_parse(&b, raw, &arena, &why), YC_VALID);
    for (uint32_t t = 1; t < b.tx_count; t++) {
        for (size_t i = 0; i < m->count; i++)
            m->had[i] = m->had[i] || yc_txid_equal(&m->tx[i].txid, &b.tx[t].txid);
    }
    yc_arena_release(&arena);
    yc_alloc_free(yc_heap(), (uint8_t *)(uintptr_t)raw.p, raw.n);
}

/* What the pool had, and what the blocks from this height on hold. */
static void mark_all(struct model *m, uint32_t height)
{
    for (size_t i = 0; i < m->count; i++)
        m->had[i] = pooled(&w, &m->tx[i]);
    for (; height <= yc_chain_tip(w.chain)->height; height++)
        mark_block(m, height);
}

/* Of what was marked, nothing is missing that could be in the pool. */
static void nothing_was_lost(struct model *m)
{
    for (size_t i = 0; i < m->count; i++) {
        struct yc_pool_reject why;
        if (!m->had[i] || pooled(&w, &m->tx[i]))
            continue;
        enum yc_verdict v = yc_pool_submit(w.pool, raw_of(&m->tx[i]), true, -1, NULL, &why);
        if (v == YC_VALID || (v == YC_POLICY && why.policy == YC_POLICY_REPLACEMENT_FEE))
            fail_msg("transaction %zu could be in the pool and is not", i);
        m->became_invalid++;
    }
}

static void submit_all(struct model *m, struct pool_world *to)
{
    for (size_t i = 0; i < m->count; i++) {
        struct yc_pool_reject why;
        enum yc_verdict v = yc_pool_submit(to->pool, raw_of(&m->tx[i]), false, -1, NULL, &why);
        assert_true(v == YC_VALID || v == YC_POLICY || v == YC_NOT_YET);
    }
}

static void run_model(uint64_t seed)
{
    static struct model m;
    m.count = m.out_count = m.became_invalid = m.most = 0;
    yc_random_seed(&m.random, &m.seeded, seed);
    struct yc_pool_config config;
    model_config(&config);
    world_new_pool(&w, &config);
    world_new_pool(&twin, &config);
    make_coins(&m);
    for (int step = 0; step < 60; step++) {
        struct pool_world *on = pick(&m, 2) ? &w : &twin;
        switch (pick(&m, 6)) {
        case 0:
        case 1:
        case 2:
            for (int i = 0; i < 15; i++)
                add_random_tx(&m);
            submit_all(&m, on);
            if (pick(&m, 2))
                submit_all(&m, on == &w ? &twin : &w);
            break;
        case 3:
            /* A small block of the best, so that parents are mined without children. */
            on->options.weight_max = 8000 + pick(&m, 10000);
            mine(on, 1);
            on->options.weight_max = YC_BLOCK_WEIGHT_MAX;
            break;
        case 4:
            follow(&w, &twin);
            follow(&twin, &w);
            break;
        default: {
            /* A few blocks are lost at an operator's word, for a while. */
            struct yc_error err;
            uint32_t height = yc_chain_tip(w.chain)->height, depth = (uint32_t)pick(&m, 4);
            if (height < 112 + depth)
                break;
            struct yc_block_hash hash = yc_chain_at(w.chain, height - depth)->hash;
            mark_all(&m, height - depth);
            assert_int_equal(yc_chain_invalidate(w.chain, &hash, &err), YC_VALID);
            world_settle(&w);
            check(&w);
            compare_with_fresh_pool();
            nothing_was_lost(&m);
            assert_int_equal(yc_chain_reconsider(w.chain, &hash, &err), YC_VALID);
            world_settle(&w);
        }
        }
        check(&w);
        check(&twin);
        compare_with_fresh_pool();
        m.most = pool_count(&w) > m.most ? pool_count(&w) : m.most;
    }
    print_message("seed %llu: %zu transactions, %zu in the pool at most, %zu became invalid in reorganisations\n",
                  (unsigned long long)seed, m.count, m.most, m.became_invalid);
}

/* The same with little memory, close limits, an operator's deltas, and time that passes: what is in the pool is another
 * matter then, but it stays whole and can be mined. */
static void run_crowded_model(uint64_t seed)
{
    static struct model m;
    m.count = m.out_count = m.became_invalid = m.most = 0;
    yc_random_seed(&m.random, &m.seeded, seed);
    struct yc_pool_config config;
    yc_pool_config_default(&config);
    config.bytes_max = 60000;
    config.cluster_max = 2 + (uint32_t)pick(&m, 12);
    make_coins(&m);
    world_new_pool(&w, &config);
    world_new_pool(&twin, &config);
    for (int step = 0; step < 80; step++) {
        struct yc_error err;
        switch (pick(&m, 7)) {
        case 0:
        case 1:
        case 2:
            for (int i = 0; i < 20; i++)
                add_random_tx(&m);
            submit_all(&m, &w);
            break;
        case 3:
            w.options.weight_max = 8000 + pick(&m, 10000);
            mine(&w, 1);
            w.options.weight_max = YC_BLOCK_WEIGHT_MAX;
            break;
        case 4: {
            int64_t delta = (int64_t)pick(&m, 20000) - 10000;
            for (int i = 0; i < 10; i++)
                (void)yc_pool_prioritise(w.pool, &m.tx[pick(&m, m.count)].txid, delta);
            break;
        }
        case 5:
            w.wall_s += (int64_t)pick(&m, 100 * 3600);
            yc_pool_tick(w.pool);
            yc_pool_remove(w.pool, &m.tx[pick(&m, m.count)].txid, YC_POOL_UNMINEABLE);
            break;
        default: {
            uint32_t height = yc_chain_tip(w.chain)->height, depth = (uint32_t)pick(&m, 4);
            if (height < 112 + depth)
                break;
            struct yc_block_hash hash = yc_chain_at(w.chain, height - depth)->hash;
            assert_int_equal(yc_chain_invalidate(w.chain, &hash, &err), YC_VALID);
            world_settle(&w);
            check_minable(&w);
            assert_int_equal(yc_chain_reconsider(w.chain, &hash, &err), YC_VALID);
            world_settle(&w);
        }
        }
        check_minable(&w);
        struct yc_pool_info info;
        yc_pool_info(w.pool, &info);
        assert_true(info.memory_bytes <= config.bytes_max);
        m.most = pool_count(&w) > m.most ? pool_count(&w) : m.most;
    }
    print_message("seed %llu: %zu transactions, %zu in the pool at most\n", (unsigned long long)seed, m.count, m.most);
}

static void m01_m04_m05_model_of_a_crowded_pool(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        run_crowded_model(seed);
        tear_down(state);
        set_up(state);
    }
}

static void m09_model_of_random_transactions_blocks_and_reorganisations(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        run_model(seed);
        tear_down(state);
        set_up(state);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(m09_transactions_of_a_lost_block_return_before_their_children),
        T(m09_what_the_new_branch_holds_does_not_return),
        T(m09_spends_of_coinbases_that_are_gone_or_young_leave),
        T(m09_transactions_that_are_no_longer_final_leave),
        T(m09_nonstandard_transactions_of_a_lost_block_do_not_return),
        T(m10_nobody_makes_room_for_one_that_does_not_return),
        T(m09_children_make_room_for_a_parent_that_returns),
        T(m09_the_deepest_make_room_for_an_ancestor_that_returns),
        T(a_free_transaction_of_a_lost_block_returns),
        T(a_block_that_leaves_and_comes_back_changes_nothing),
        T(no_failure_of_memory_spoils_the_pool),
        T(m01_m04_m05_model_of_a_crowded_pool),
        T(m09_model_of_random_transactions_blocks_and_reorganisations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
