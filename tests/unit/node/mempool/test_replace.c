/* Replacement: each rule on its own, what becomes of the replaced, and a model that knows nothing but the rules. The
 * numbers are Bitcoin Core's (doc/policy/mempool-replacements.md there). */
#include "draft.h"

#include <stdio.h>

#define COINS_PER_SPLIT 60

/* The outputs of a split coinbase, in a block. */
static void mine_split(struct tx *out, uint32_t height, int64_t *part_sat)
{
    int64_t value;
    struct yc_outpoint at = coinbase_at(&w, height, &value);
    make_split(out, at, value, COINS_PER_SPLIT, 60000);
    mine_of(&w, (struct yc_view[]){raw_of(out)}, 1);
    *part_sat = (value - 60000) / COINS_PER_SPLIT;
}

static int64_t relay_fee(const struct tx *t)
{
    static uint8_t memory[1 << 16];
    struct yc_arena arena;
    struct yc_tx tx;
    struct yc_reject why;
    yc_arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(yc_tx_parse(&tx, raw_of(t), &arena, &why), YC_VALID);
    return ((int64_t)yc_tx_vbytes(&tx) * 100 + 999) / 1000;
}

static void refused_with(const struct tx *t, const char *text, const char *detail)
{
    struct yc_pool_reject why;
    char got[192];
    size_t count = pool_count(&w);
    assert_int_equal(yc_pool_submit(w.pool, raw_of(t), false, -1, NULL, &why), YC_POLICY);
    yc_pool_reject_text(got, sizeof got, YC_POLICY, &why);
    assert_string_equal(got, text);
    if (!strstr(why.detail, detail))
        fail_msg("'%s' has no '%s'", why.detail, detail);
    assert_int_equal(pool_count(&w), count);
    check(&w);
}

/* One transaction over several coins. */
static void make_join(struct tx *out, const struct yc_outpoint *at, size_t count, int64_t value_sat, unsigned out_count,
                      int64_t fee_sat)
{
    static struct in in[200];
    static struct out outs[64];
    for (size_t i = 0; i < count; i++)
        in[i] = (struct in){.at = at[i], .sequence = UINT32_MAX};
    for (unsigned i = 0; i < out_count; i++)
        outs[i] = (struct out){.value_sat = (value_sat - fee_sat) / out_count};
    make(out, &(struct spec){.version = 2, .in = in, .in_count = count, .out = outs, .out_count = out_count});
}

/* ---- rules ---- */

static void m02_who_pays_for_it_replaces(void **state)
{
    (void)state;
    struct tx old, new;
    int64_t value;
    struct yc_pool_alert alert;
    struct yc_outpoint at = coinbase_at(&w, 1, &value);
    make_split(&old, at, value, 1, 1000);
    make_split(&new, at, value, 1, 5000);
    expect_taken(&w, &old);
    expect_taken(&w, &new);
    assert_false(pooled(&w, &old));
    assert_int_equal(pool_count(&w), 1);
    assert_string_equal(w.told, "+!p+");
    assert_true(yc_txid_equal(&w.last_removed, &old.txid));
    assert_true(yc_txid_equal(&w.last_rival, &new.txid));
    /* Who waits for the first is told, without a warning: raising a fee is no offence. */
    assert_int_equal(yc_pool_alerts(w.pool, &alert, 1), 1);
    assert_true(yc_txid_equal(&alert.pooled, &old.txid));
    assert_true(yc_txid_equal(&alert.rival, &new.txid));
    assert_true(yc_outpoint_equal(&alert.coin, &at));
    assert_true(yc_pool_find(w.pool, &new.txid)->double_spend);
    assert_string_equal(w.logged, "");
    check(&w);
    mine(&w, 1);
    assert_int_equal(pool_count(&w), 0);
}

static void a_test_replaces_nothing(void **state)
{
    (void)state;
    struct tx old, new;
    int64_t value;
    struct yc_pool_reject why;
    struct yc_outpoint at = coinbase_at(&w, 1, &value);
    make_split(&old, at, value, 1, 1000);
    make_split(&new, at, value, 1, 5000);
    expect_taken(&w, &old);
    assert_int_equal(yc_pool_submit(w.pool, raw_of(&new), true, -1, NULL, &why), YC_VALID);
    assert_true(pooled(&w, &old));
    assert_string_equal(w.told, "+");
}

static void rule_3_no_less_than_all_that_leaves(void **state)
{
    (void)state;
    struct tx parent, child[2], rival;
    int64_t value;
    struct yc_outpoint at = coinbase_at(&w, 1, &value);
    make_split(&parent, at, value, 2, 1000);
    expect_taken(&w, &parent);
    for (unsigned i = 0; i < 2; i++) {
        make_split(&child[i], output_of(&parent, i), (value - 1000) / 2, 1, 20000);
        expect_taken(&w, &child[i]);
    }
    make_split(&rival, at, value, 1, 40999);
    refused_with(&rival, "insufficient fee", "less fees than conflicting txs; 0.00040999 < 0.00041");
    make_split(&rival, at, value, 1, 42000);
    expect_taken(&w, &rival);
    assert_int_equal(pool_count(&w), 1);
    assert_string_equal(w.told, "+++!ppp+"); /* one alert, for the one that was refused */
    check(&w);
}

static void rule_4_relay_is_paid_for_on_top(void **state)
{
    (void)state;
    struct tx old, rival;
    int64_t value;
    struct yc_outpoint at = coinbase_at(&w, 1, &value);
    make_split(&old, at, value, 1, 1000);
    int64_t more = relay_fee(&old);
    expect_taken(&w, &old);
    make_split(&rival, at, value, 1, 1000 + more - 1);
    refused_with(&rival, "insufficient fee", "not enough additional fees to relay; 0.00000009 < 0.0000001");
    make_split(&rival, at, value, 1, 1000 + more);
    expect_taken(&w, &rival);
}

static void deltas_count_on_both_sides(void **state)
{
    (void)state;
    struct tx old, rival;
    int64_t value;
    struct yc_outpoint at = coinbase_at(&w, 1, &value);
    make_split(&old, at, value, 1, 10000);
    make_split(&rival, at, value, 1, 9000);
    expect_taken(&w, &old);
    refused_with(&rival, "insufficient fee", "less fees");
    (void)yc_pool_prioritise(w.pool, &rival.txid, 2000);
    expect_taken(&w, &rival);
    make_split(&old, at, value, 1, 9500);
    refused_with(&old, "insufficient fee", "less fees");
    assert_true(yc_pool_prioritise(w.pool, &rival.txid, -2000));
    expect_taken(&w, &old);
}

static void rule_5_a_hundred_clusters_and_no_more(void **state)
{
    (void)state;
    static struct tx split[2], one[101];
    static struct in in[101];
    static uint8_t bytes[8000];
    struct yc_pool_reject why;
    int64_t part;
    for (unsigned i = 0; i < 2; i++)
        mine_split(&split[i], i + 1, &part);
    for (unsigned i = 0; i < 101; i++) {
        in[i] = (struct in){.at = output_of(&split[i / 51], 1 + i % 51), .sequence = UINT32_MAX};
        make_split(&one[i], in[i].at, part, 1, 1000);
        expect_taken(&w, &one[i]);
    }
    struct out out = {.value_sat = 100 * part - 200000};
    struct spec spec = {.version = 2, .in = in, .in_count = 101, .out = &out, .out_count = 1};
    struct yc_view rival = yc_view(bytes, write_spec(bytes, sizeof bytes, &spec));
    assert_int_equal(yc_pool_submit(w.pool, rival, false, -1, NULL, &why), YC_POLICY);
    assert_int_equal(why.policy, YC_POLICY_REPLACES_MANY);
    assert_non_null(strstr(why.detail, "too many conflicting clusters (101 > 100)"));
    assert_int_equal(pool_count(&w), 101);
    spec.in_count = 100;
    expect(&w, yc_view(bytes, write_spec(bytes, sizeof bytes, &spec)), YC_VALID, "");
    assert_int_equal(pool_count(&w), 2);
    check(&w);
}

static void rule_6_a_lower_rate_is_refused_whatever_it_pays(void **state)
{
    (void)state;
    struct tx old, rival;
    int64_t value;
    struct yc_outpoint at = coinbase_at(&w, 1, &value);
    make_split(&old, at, value, 1, 1000);
    make_split(&rival, at, value, 60, 5000);
    expect_taken(&w, &old);
    refused_with(&rival, "replacement-failed", "insufficient feerate: does not improve feerate diagram");
    make_split(&rival, at, value, 60, 40000);
    expect_taken(&w, &rival);
}

static void rule_6_counts_what_the_newcomer_has_to_wait_for(void **state)
{
    (void)state;
    struct tx split, slow, old, rival;
    int64_t part;
    mine_split(&split, 1, &part);
    make_split(&slow, output_of(&split, 1), part, 60, 300); /* big, and at little more than the minimum */
    expect_taken(&w, &slow);
    struct yc_outpoint at[2] = {output_of(&split, 2), output_of(&split, 3)};
    make_join(&old, at, 2, 2 * part, 1, 2000);
    expect_taken(&w, &old);
    at[1] = output_of(&slow, 0);
    make_join(&rival, at, 2, part + (part - 300) / 60, 1, 4000);
    refused_with(&rival, "replacement-failed", "does not improve feerate diagram");
    make_join(&rival, at, 2, part + (part - 300) / 60, 1, 400000);
    expect_taken(&w, &rival);
    check(&w);
}

static void a_transaction_on_what_it_replaces_is_refused(void **state)
{
    (void)state;
    struct tx split, a, b, rival;
    int64_t part;
    mine_split(&split, 1, &part);
    make_split(&a, output_of(&split, 1), part, 2, 1000);
    make_split(&b, output_of(&a, 0), (part - 1000) / 2, 1, 1000);
    expect_taken(&w, &a);
    expect_taken(&w, &b);
    struct yc_outpoint direct[2] = {output_of(&split, 1), output_of(&a, 1)};
    make_join(&rival, direct, 2, part + (part - 1000) / 2, 1, 50000);
    refused_with(&rival, "bad-txns-spends-conflicting-tx", " spends conflicting transaction ");
    struct yc_outpoint indirect[2] = {output_of(&split, 1), output_of(&b, 0)};
    make_join(&rival, indirect, 2, part + (part - 3000) / 2, 1, 50000);
    refused_with(&rival, "bad-txns-spends-conflicting-tx", " spends conflicting transaction ");
    assert_int_equal(yc_pool_alerts(w.pool, &(struct yc_pool_alert){.time_s = 0}, 1), 0);
}

static void the_newcomer_may_fill_the_cluster_that_it_empties(void **state)
{
    (void)state;
    static struct tx t[64];
    struct tx split, rival;
    int64_t part, value;
    mine_split(&split, 1, &part);
    struct yc_outpoint at = output_of(&split, 1);
    value = part;
    for (unsigned i = 0; i < 64; i++) {
        make_split(&t[i], at, value, 1, 1000);
        expect_taken(&w, &t[i]);
        value -= 1000;
        at = output_of(&t[i], 0);
    }
    /* The last of a full cluster by another; one that joins two full clusters is too much. */
    make_split(&rival, output_of(&t[62], 0), value + 1000, 1, 3000);
    expect_taken(&w, &rival);
    check(&w);
    struct tx other[2];
    make_split(&other[0], output_of(&split, 2), part, 1, 1000);
    make_split(&other[1], output_of(&other[0], 0), part - 1000, 1, 1000);
    expect_taken(&w, &other[0]);
    expect_taken(&w, &other[1]);
    struct yc_outpoint both[2] = {output_of(&other[0], 0), output_of(&rival, 0)};
    make_join(&rival, both, 2, part - 1000 + value - 2000, 1, 50000);
    refused_with(&rival, "too-large-cluster", "");
}

/* ---- whole or nothing ---- */

static void a_newcomer_whose_scripts_fail_replaces_nothing(void **state)
{
    (void)state;
    struct tx old, child, rival;
    int64_t value;
    struct in in = {.at = coinbase_at(&w, 1, &value), .sequence = UINT32_MAX};
    make_split(&old, in.at, value, 1, 1000);
    make_split(&child, output_of(&old, 0), value - 1000, 1, 1000);
    expect_taken(&w, &old);
    expect_taken(&w, &child);
    struct yc_view wrong = yc_view("\x52", 1);
    in.witness = &wrong;
    in.witness_count = 1;
    struct out out = {.value_sat = value - 100000};
    make(&rival, &(struct spec){.version = 2, .in = &in, .in_count = 1, .out = &out, .out_count = 1});
    expect(&w, raw_of(&rival), YC_INVALID, "mempool-script-verify-flag-failed (Witness program hash mismatch)");
    assert_true(pooled(&w, &old) && pooled(&w, &child));
    assert_string_equal(w.told, "++");
    check(&w);
}

/* Whatever allocation fails, the pool holds the old ones or the new one. */
static void no_failure_of_memory_loses_either(void **state)
{
    (void)state;
    struct tx old[2], rival;
    int64_t value;
    unsigned failed = 0;
    struct yc_outpoint at = coinbase_at(&w, 1, &value);
    make_split(&old[0], at, value, 1, 1000);
    make_split(&old[1], output_of(&old[0], 0), value - 1000, 1, 1000);
    make_split(&rival, at, value, 1, 90000);
    for (size_t n = 1; n < 40; n++) {
        struct yc_pool_reject why;
        world_new_pool(&w, NULL);
        expect_taken(&w, &old[0]);
        expect_taken(&w, &old[1]);
        w.heap.fail_at = w.heap.calls + n;
        enum yc_verdict v = yc_pool_submit(w.pool, raw_of(&rival), false, -1, NULL, &why);
        w.heap.fail_at = 0;
        assert_true(v == YC_VALID || (v == YC_SYSTEM && why.rule.system == YC_SYSTEM_MEMORY));
        failed += v == YC_SYSTEM;
        assert_int_equal(pooled(&w, &rival), v == YC_VALID);
        assert_int_equal(pooled(&w, &old[0]), v != YC_VALID);
        assert_int_equal(pooled(&w, &old[1]), v != YC_VALID);
        check(&w);
    }
    assert_in_range(failed, 1, 38);
}

/* ---- version 3 ---- */

static void m03_the_other_child_of_a_version_3_parent_is_evicted(void **state)
{
    (void)state;
    struct tx parent, child[2];
    int64_t value;
    struct in in = {.at = coinbase_at(&w, 1, &value), .sequence = UINT32_MAX};
    struct out outs[2] = {{.value_sat = value / 2 - 500}, {.value_sat = value / 2 - 500}};
    make(&parent, &(struct spec){.version = 3, .in = &in, .in_count = 1, .out = outs, .out_count = 2});
    expect_taken(&w, &parent);
    for (unsigned i = 0; i < 2; i++) {
        struct in spends = {.at = output_of(&parent, i), .sequence = UINT32_MAX};
        struct out left = {.value_sat = outs[i].value_sat - (i ? 1001 : 1000)};
        make(&child[i], &(struct spec){.version = 3, .in = &spends, .in_count = 1, .out = &left, .out_count = 1});
    }
    expect_taken(&w, &child[0]);
    refused_with(&child[1], "insufficient fee (including sibling eviction)", "not enough additional fees");
    struct in spends = {.at = output_of(&parent, 1), .sequence = UINT32_MAX};
    struct out left = {.value_sat = outs[1].value_sat - 5000};
    make(&child[1], &(struct spec){.version = 3, .in = &spends, .in_count = 1, .out = &left, .out_count = 1});
    expect_taken(&w, &child[1]);
    assert_false(pooled(&w, &child[0]));
    assert_string_equal(w.told, "++p+"); /* they spend different coins: no double spend */
    check(&w);
}

/* ---- a model ---- */

#define MODEL_TXS 400

struct model {
    struct yc_random random;
    struct yc_random_seeded seeded;
    struct tx tx[MODEL_TXS];
    struct yc_outpoint spends[MODEL_TXS][3];
    uint32_t spend_count[MODEL_TXS];
    unsigned outs[MODEL_TXS];
    int64_t fee[MODEL_TXS], out_value[MODEL_TXS];
    bool in[MODEL_TXS];
    bool leaves[MODEL_TXS];
    size_t count;
    struct {
        struct yc_outpoint at;
        int64_t value;
    } out[MODEL_TXS * 10]; /* of those that were taken, each time that they were */
    size_t out_count, replaced, refused, taken;
};

static size_t pick(struct model *m, size_t below)
{
    return (size_t)yc_random_below(&m->random, below);
}

static void add_output(struct model *m, struct yc_outpoint at, int64_t value)
{
    m->out[m->out_count].at = at;
    m->out[m->out_count++].value = value;
}

/* A transaction over one to three outputs, most of them late ones. False when none came about. */
static bool make_random(struct model *m)
{
    size_t i = m->count, n = 1 + pick(m, 3);
    unsigned outs = 1 + (unsigned)pick(m, 3);
    int64_t sum = 0;
    m->spend_count[i] = 0;
    for (size_t k = 0; k < n; k++) {
        size_t late = m->out_count < 40 ? m->out_count : 40;
        size_t at = pick(m, 2) ? m->out_count - 1 - pick(m, late) : pick(m, m->out_count);
        bool twice = false;
        for (uint32_t j = 0; j < m->spend_count[i]; j++)
            twice = twice || yc_outpoint_equal(&m->spends[i][j], &m->out[at].at);
        if (twice)
            continue;
        m->spends[i][m->spend_count[i]++] = m->out[at].at;
        sum += m->out[at].value;
    }
    m->fee[i] = 100 + (int64_t)pick(m, pick(m, 3) ? 3000 : 60000);
    if (sum < m->fee[i] + 10000)
        return false;
    m->fee[i] += (sum - m->fee[i]) % outs;
    make_join(&m->tx[i], m->spends[i], m->spend_count[i], sum, outs, m->fee[i]);
    m->in[i] = false;
    m->outs[i] = outs;
    m->out_value[i] = (sum - m->fee[i]) / outs;
    m->count++;
    return true;
}

static bool spends_of(const struct model *m, size_t i, size_t parent)
{
    for (uint32_t k = 0; k < m->spend_count[i]; k++) {
        if (yc_txid_equal(&m->spends[i][k].txid, &m->tx[parent].txid))
            return true;
    }
    return false;
}

static bool conflict(const struct model *m, size_t a, size_t b)
{
    for (uint32_t i = 0; i < m->spend_count[a]; i++) {
        for (uint32_t j = 0; j < m->spend_count[b]; j++) {
            if (yc_outpoint_equal(&m->spends[a][i], &m->spends[b][j]))
                return true;
        }
    }
    return false;
}

/* Who would leave for i, and what they pay. Parents are made before children: one pass finds all descendants. */
static int64_t find_leaving(struct model *m, size_t i, size_t *count, bool *on_them)
{
    int64_t fees = 0;
    *count = 0;
    *on_them = false;
    for (size_t j = 0; j < m->count; j++) {
        m->leaves[j] = m->in[j] && j != i && conflict(m, i, j);
        for (size_t k = 0; k < j && m->in[j] && !m->leaves[j]; k++)
            m->leaves[j] = m->leaves[k] && spends_of(m, j, k);
        if (!m->leaves[j])
            continue;
        ++*count;
        fees += m->fee[j];
        *on_them = *on_them || spends_of(m, i, j);
    }
    return fees;
}

static bool inputs_are_there(const struct model *m, size_t i)
{
    for (uint32_t k = 0; k < m->spend_count[i]; k++) {
        for (size_t j = 0; j < m->count; j++) {
            if (yc_txid_equal(&m->spends[i][k].txid, &m->tx[j].txid) && !m->in[j])
                return false;
        }
    }
    return true;
}

/* What the rules say of the answer, told by counting alone. */
static void compare_answer(struct model *m, size_t i, enum yc_verdict v, const struct yc_pool_reject *why)
{
    size_t leaving;
    bool on_them;
    int64_t fees = find_leaving(m, i, &leaving, &on_them);
    int64_t relay = relay_fee(&m->tx[i]);
    bool pays = m->fee[i] >= fees && m->fee[i] - fees >= relay;
    if (m->in[i]) {
        assert_int_equal(v, YC_POLICY);
        assert_int_equal(why->policy, YC_POLICY_ALREADY_IN_POOL);
    } else if (!inputs_are_there(m, i)) {
        assert_int_equal(v, YC_NOT_YET);
    } else if (v == YC_VALID) {
        assert_true(leaving == 0 || (pays && !on_them));
        for (size_t j = 0; j < m->count; j++)
            m->in[j] = m->in[j] && !m->leaves[j];
        m->in[i] = true;
        for (unsigned k = 0; k < m->outs[i] && m->out_count < MODEL_TXS * 10; k++)
            add_output(m, output_of(&m->tx[i], k), m->out_value[i]);
        m->replaced += leaving;
        m->taken++;
    } else {
        m->refused++;
        assert_int_equal(v, YC_POLICY);
        if (why->policy == YC_POLICY_REPLACEMENT_FEE)
            assert_true(leaving > 0 && !pays);
        else if (why->policy == YC_POLICY_REPLACEMENT_RATE)
            assert_true(leaving > 0 && pays);
        else if (why->policy == YC_POLICY_SPENDS_CONFLICT)
            assert_true(pays && on_them);
        else
            assert_true(why->policy == YC_POLICY_LARGE_CLUSTER || why->policy == YC_POLICY_MIN_RELAY_FEE);
    }
}

static void run_model(uint64_t seed)
{
    static struct model m;
    struct tx split;
    int64_t part;
    m.count = m.out_count = m.replaced = m.refused = m.taken = 0;
    yc_random_seed(&m.random, &m.seeded, seed);
    for (uint32_t h = 1; h <= 2; h++) {
        mine_split(&split, h, &part);
        for (unsigned i = 1; i < COINS_PER_SPLIT; i++)
            add_output(&m, output_of(&split, i), part);
    }
    for (int step = 0; step < 3000 && m.count < MODEL_TXS; step++) {
        size_t i = m.count;
        struct yc_pool_reject why;
        if (m.count > 0 && pick(&m, 3) == 0)
            i = pick(&m, m.count); /* one that was refused, replaced, or is there */
        else if (!make_random(&m))
            continue;
        enum yc_verdict v = yc_pool_submit(w.pool, raw_of(&m.tx[i]), false, -1, NULL, &why);
        compare_answer(&m, i, v, &why);
        size_t count = 0;
        for (size_t j = 0; j < m.count; j++) {
            assert_int_equal(pooled(&w, &m.tx[j]), m.in[j]);
            count += m.in[j];
        }
        assert_int_equal(pool_count(&w), count);
        const char *wrong = yc_pool_check(w.pool);
        if (wrong)
            fail_msg("step %d: %s", step, wrong);
    }
    check_minable(&w);
    print_message("seed %llu: %zu taken, %zu refused, %zu replaced\n", (unsigned long long)seed, m.taken, m.refused,
                  m.replaced);
    assert_true(m.replaced > 20 && m.refused > 20);
}

static void model_of_replacements(void **state)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        run_model(seed);
        tear_down(state);
        set_up(state);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(m02_who_pays_for_it_replaces),
        T(a_test_replaces_nothing),
        T(rule_3_no_less_than_all_that_leaves),
        T(rule_4_relay_is_paid_for_on_top),
        T(deltas_count_on_both_sides),
        T(rule_5_a_hundred_clusters_and_no_more),
        T(rule_6_a_lower_rate_is_refused_whatever_it_pays),
        T(rule_6_counts_what_the_newcomer_has_to_wait_for),
        T(a_transaction_on_what_it_replaces_is_refused),
        T(the_newcomer_may_fill_the_cluster_that_it_empties),
        T(a_newcomer_whose_scripts_fail_replaces_nothing),
        T(no_failure_of_memory_loses_either),
        T(m03_the_other_child_of_a_version_3_parent_is_evicted),
        T(model_of_replacements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
