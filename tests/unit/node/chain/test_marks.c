/* An operator's word, failing blocks and crashes in any order and at any instant: beside a model that is too simple to be
 * wrong. */
#include "fixture.h"

static struct yc_reject why;
static struct yc_error err;

/* After a block was taken back the best header is the best of those that are left, not the one that is bad. */
static void the_best_header_leaves_an_invalidated_branch(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 3, 1);
    const struct yc_node *bad = grow_many(&w, fork, 1, 1);
    grow_many(&w, bad, 4, 1);
    assert_int_equal(yc_chain_invalidate(w.chain, &bad->hash, &err), YC_VALID);
    world_settle(&w);
    assert_ptr_equal(yc_chain_tip(w.chain), fork);
    assert_ptr_equal(yc_chain_best_header(w.chain), fork);
    const struct yc_node *other = grow_many(&w, fork, 1, 2);
    assert_ptr_equal(yc_chain_best_header(w.chain), other);
    /* And so after a restart that finds the mark before the chain has moved. */
    assert_int_equal(yc_chain_invalidate(w.chain, &fork->hash, &err), YC_VALID);
    world_close(&w);
    assert_int_equal(world_open(&w, &err), YC_VALID);
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, 2);
    assert_ptr_equal(yc_chain_best_header(w.chain), yc_chain_tip(w.chain));
    world_release(&w);
}

/* What is answered to an RPC outlives the instant of the answer, though the chain did not move (catalogue S01). */
static void nothing_is_settled_before_it_is_durable(void **state)
{
    (void)state;
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *fork = grow_many(&w, yc_chain_tip(w.chain), 1, 1);
    grow_many(&w, fork, 2, 1);
    const struct yc_node *side = grow(&w, fork, 2);
    struct yc_block_hash hash = side->hash;
    while (!yc_chain_settled(w.chain))
        assert_int_not_equal(yc_chain_step(w.chain, 1), YC_STEP_FAILED);
    world_crash(&w);
    side = yc_chain_find(w.chain, &hash);
    assert_non_null(side);
    assert_true(side->status & YC_BLOCK_HAVE_DATA);
    assert_int_equal(yc_chain_invalidate(w.chain, &hash, &err), YC_VALID);
    while (!yc_chain_settled(w.chain))
        assert_int_not_equal(yc_chain_step(w.chain, 1), YC_STEP_FAILED);
    world_crash(&w);
    side = yc_chain_find(w.chain, &hash);
    assert_true(side->status & YC_BLOCK_FAILED_BY_OPERATOR);
    world_release(&w);
}

/* ---- a random walk ---- */

#define BLOCKS_MAX 160

struct known {
    struct yc_block_hash hash, prev;
    struct yc_txid coinbase;
    uint8_t bytes[400];
    size_t n;
    uint32_t height;
};

struct walk {
    struct chain_world w;
    struct known block[BLOCKS_MAX];
    size_t count;
    uint64_t lot;
    unsigned base; /* blocks before the walk begins, so that coinbases have ripened */
};

static unsigned draw(struct walk *k, unsigned below)
{
    k->lot = k->lot * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((k->lot >> 33) % below);
}

static const struct yc_node *any_node(struct walk *k)
{
    /* Mostly near the end, so that branches grow. */
    size_t i =
        draw(k, 4) ? k->count - 1 - draw(k, k->count < 12 ? (unsigned)k->count : 12) : draw(k, (unsigned)k->count);
    return yc_chain_find(k->w.chain, &k->block[i].hash);
}

static void add_block(struct walk *k)
{
    static struct made m;
    const struct yc_node *parent = any_node(k);
    if (!parent || k->count == BLOCKS_MAX)
        return;
    uint8_t raw[100];
    struct yc_view tx = {raw, 0};
    struct make_options o = {.extra = (unsigned)k->count + 1, .claim_sat = draw(k, 12) == 0};
    if (parent->height >= 101) {
        /* The coinbase of block 1 + something: on one branch twice is one double spend, and the block fails. */
        const struct known *from = &k->block[draw(k, k->base - 100)];
        tx.n = make_spend(raw, sizeof raw, &from->coinbase, INT64_C(5000000000), 0);
        o.txs = &tx;
        o.tx_count = 1;
    }
    make_block(&k->w, &m, parent, &o);
    struct known *b = &k->block[k->count++];
    *b = (struct known){
        .hash = m.hash, .prev = parent->hash, .coinbase = m.coinbase, .n = m.n, .height = parent->height + 1};
    assert_true(m.n <= sizeof b->bytes);
    memcpy(b->bytes, m.bytes, m.n);
    struct yc_header h;
    yc_header_read(&h, b->bytes);
    if (draw(k, 4) == 0)
        yc_ignore(yc_chain_submit_header(k->w.chain, &h, NULL, &why));
    else
        yc_ignore(yc_chain_submit_block(k->w.chain, yc_view(b->bytes, b->n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why));
}

static void again(struct walk *k)
{
    const struct known *b = &k->block[draw(k, (unsigned)k->count)];
    yc_ignore(yc_chain_submit_block(k->w.chain, yc_view(b->bytes, b->n), YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why));
}

static void scan(struct walk *k)
{
    struct yc_coins_scan s;
    enum yc_verdict v = yc_chain_coins_scan(k->w.chain, &s, &err);
    assert_int_not_equal(v, YC_SYSTEM);
    if (v == YC_VALID)
        yc_coins_scan_close(&s);
}

/* Everything that was published is on its way up again after the power has gone. */
static void cut_power(struct walk *k)
{
    struct yc_block_hash tip = yc_chain_tip(k->w.chain)->hash;
    bool settled = yc_chain_settled(k->w.chain);
    world_crash(&k->w);
    const struct yc_node *was = yc_chain_find(k->w.chain, &tip);
    assert_non_null(was);
    if (settled)
        assert_ptr_equal(was, yc_chain_tip(k->w.chain));
}

static bool bad(const struct yc_node *n)
{
    return n->status & (YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR | YC_BLOCK_FAILED_BY_OPERATOR);
}

/* No node that is whole and good up from genesis has more work than the tip, and none that is good more than the best header. */
static void check_choice(struct walk *k)
{
    const struct yc_node *tip = yc_chain_tip(k->w.chain), *best = yc_chain_best_header(k->w.chain);
    assert_false(bad(tip));
    assert_false(bad(best));
    for (size_t i = 0; i < k->count; i++) {
        const struct yc_node *n = yc_chain_find(k->w.chain, &k->block[i].hash);
        bool good = n, whole = n;
        for (const struct yc_node *up = n; up; up = up->parent) {
            good = good && !bad(up);
            whole = whole && (up->status & YC_BLOCK_HAVE_DATA);
        }
        if (n && !good)
            assert_true(bad(n));
        assert_false(good && yc_node_work_compare(n, best) > 0);
        if (good && whole) {
            int by_work = yc_node_work_compare(n, tip);
            assert_true(by_work < 0 || (by_work == 0 && n->stored->sequence >= tip->stored->sequence));
        }
    }
}

/* The coins are those of a node that was told of the active chain alone, block after block (catalogue C47). */
static void check_coins(struct walk *k)
{
    static struct chain_world other;
    uint8_t got[32], want[32];
    const struct yc_node *tip = yc_chain_tip(k->w.chain);
    world_init(&other, 0);
    for (uint32_t h = 1; h <= tip->height; h++) {
        const struct yc_node *n = yc_chain_at(k->w.chain, h);
        struct yc_view raw;
        assert_int_equal(yc_chain_read_block(k->w.chain, n, yc_heap(), &raw, &err), YC_VALID);
        assert_int_equal(yc_chain_submit_block(other.chain, raw, YC_SUBMIT_REQUESTED, 0, NULL, NULL, &why), YC_VALID);
        yc_alloc_free(yc_heap(), (void *)(uintptr_t)raw.p, raw.n);
    }
    world_settle(&other);
    assert_true(yc_block_hash_equal(&yc_chain_tip(other.chain)->hash, &tip->hash));
    coins_hash(&k->w, got);
    coins_hash(&other, want);
    assert_memory_equal(got, want, 32);
    world_release(&other);
}

static void one_walk(uint64_t seed, unsigned base)
{
    static struct walk k;
    static struct made m;
    memset(&k, 0, sizeof k);
    k.lot = seed;
    k.base = base;
    world_init(&k.w, 0);
    const struct yc_node *n = yc_chain_tip(k.w.chain);
    for (; k.count < base; k.count++) {
        make_block(&k.w, &m, n, &(struct make_options){.extra = 1});
        k.block[k.count] =
            (struct known){.hash = m.hash, .prev = n->hash, .coinbase = m.coinbase, .n = m.n, .height = n->height + 1};
        memcpy(k.block[k.count].bytes, m.bytes, m.n);
        assert_int_equal(yc_chain_submit_block(k.w.chain, yc_view(m.bytes, m.n), 0, 0, &n, NULL, &why), YC_VALID);
        world_settle(&k.w);
    }
    for (unsigned i = 0; i < 120; i++) {
        const struct yc_node *at = any_node(&k);
        switch (draw(&k, 12)) {
        case 0:
            if (at)
                assert_int_equal(yc_chain_invalidate(k.w.chain, &at->hash, &err), YC_VALID);
            break;
        case 1:
            if (at)
                assert_int_equal(yc_chain_reconsider(k.w.chain, &at->hash, &err), YC_VALID);
            break;
        case 2:
            again(&k);
            break;
        case 3:
            scan(&k);
            break;
        case 4:
            if (draw(&k, 3) == 0)
                cut_power(&k);
            break;
        case 5:
            world_settle(&k.w);
            check_choice(&k);
            break;
        default:
            add_block(&k);
        }
        for (unsigned steps = draw(&k, 4); steps > 0; steps--)
            assert_int_not_equal(yc_chain_step(k.w.chain, 1), YC_STEP_FAILED);
    }
    world_settle(&k.w);
    check_choice(&k);
    check_coins(&k);
    world_crash(&k.w);
    check_choice(&k);
    world_release(&k.w);
}

static void a_random_walk_ends_where_a_model_does(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++)
        one_walk(seed, seed % 4 ? 3 : 104);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_header_leaves_an_invalidated_branch),
        cmocka_unit_test(nothing_is_settled_before_it_is_durable),
        cmocka_unit_test(a_random_walk_ends_where_a_model_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
