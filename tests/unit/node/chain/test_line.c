/* Several blocks in flight at once: coins change hands ahead of the scripts' checks, and whatever fails on the way leaves
 * exactly the state before it (catalogue C11, C47, C48, C51). */
#include "fixture.h"

#include <stdio.h>

#include "support/heap.h"

static struct yc_reject why;
static struct yc_error err;

#define BASE   108 /* blocks below, whose first coinbases may be spent */
#define FLIGHT 8   /* blocks that are submitted together, each with a spend */
#define ALL    (BASE + FLIGHT)

/* What is wrong with a block. */
enum fault { NONE, SCRIPT, CLAIM, MISSING };

struct bytes {
    uint8_t p[800];
    size_t n;
};

/* The blocks of a test, made once: the same bytes in every world. */
struct script {
    struct bytes block[ALL];
    struct yc_txid coinbase[ALL];
    struct yc_block_hash hash[ALL];
    uint8_t coins32[FLIGHT + 1][32]; /* after so many of those in flight */
};

static struct script good;

static const struct yc_node *submit(struct chain_world *w, const struct bytes *b)
{
    const struct yc_node *n = NULL;
    if (yc_chain_submit_block(w->chain, yc_view(b->p, b->n), YC_SUBMIT_REQUESTED, 5, &n, NULL, &why) == YC_VALID)
        return n;
    assert_int_equal(why.code, YC_REJ_NONE); /* nothing but our own failure */
    return NULL;
}

/* A transaction whose input has a script that fails when it is run. */
static size_t spoil(uint8_t *tx, size_t n)
{
    const size_t at = 4 + 1 + 36;
    memmove(tx + at + 2, tx + at + 1, n - at - 1);
    tx[at] = 1;
    tx[at + 1] = 0x6a; /* OP_RETURN */
    return n + 1;
}

static void make(struct chain_world *w, struct script *s, size_t i, const struct yc_node *parent, enum fault fault)
{
    static struct made m;
    uint8_t raw[2][128];
    struct yc_view txs[2];
    struct make_options o = {.extra = 1};
    if (i >= BASE) {
        const struct yc_txid nobody = {{7}}, *from[2] = {&good.coinbase[i - BASE], &nobody};
        for (size_t k = 0; k < 2; k++)
            txs[k] = yc_view(raw[k], make_spend(raw[k], sizeof raw[k], from[k], 50 * YC_COIN, 0));
        if (fault == SCRIPT)
            txs[0].n = spoil(raw[0], txs[0].n);
        o.txs = txs;
        o.tx_count = fault == MISSING ? 2 : 1;
        o.claim_sat = fault == CLAIM;
    }
    make_block(w, &m, parent, &o);
    assert_true(m.n <= sizeof s->block[i].p);
    memcpy(s->block[i].p, m.bytes, m.n);
    s->block[i].n = m.n;
    s->coinbase[i] = m.coinbase;
    s->hash[i] = m.hash;
}

static void make_good(void)
{
    struct chain_world w;
    world_init(&w, 0);
    const struct yc_node *n = yc_chain_tip(w.chain);
    for (size_t i = 0; i < ALL; i++) {
        if (i == BASE)
            coins_hash(&w, good.coins32[0]);
        make(&w, &good, i, n, NONE);
        n = submit(&w, &good.block[i]);
        world_settle(&w);
        if (i >= BASE)
            coins_hash(&w, good.coins32[i - BASE + 1]);
    }
    assert_int_equal(yc_chain_tip(w.chain)->height, ALL);
    world_release(&w);
}

/* A world in which the base is connected. */
static void begin(struct chain_world *w, unsigned workers)
{
    world_init(w, workers);
    for (size_t i = 0; i < BASE; i++) {
        assert_non_null(submit(w, &good.block[i]));
        if (i % 16 == 15)
            world_settle(w);
    }
    world_settle(w);
    w->told_n = 0;
    w->told[0] = 0;
}

static void coins_are(struct chain_world *w, const uint8_t want32[32])
{
    uint8_t got[32];
    coins_hash(w, got);
    assert_memory_equal(got, want32, 32);
}

/* Blocks with these faults, on one another, given at once. */
static void expect(unsigned workers, const enum fault faults[FLIGHT], size_t fails, enum yc_rej code)
{
    static struct script s;
    struct chain_world w;
    const struct yc_node *node[FLIGHT];
    char want[32];
    begin(&w, workers);
    s = good;
    const struct yc_node *n = yc_chain_tip(w.chain);
    for (size_t i = 0; i < FLIGHT; i++) {
        make(&w, &s, BASE + i, n, faults[i]);
        node[i] = n = submit(&w, &s.block[BASE + i]);
        assert_non_null(n);
    }
    world_settle(&w);
    assert_int_equal(yc_chain_tip(w.chain)->height, BASE + fails);
    snprintf(want, sizeof want, "%.*sx%s", (int)fails, "++++++++", fails ? "t" : "");
    assert_string_equal(w.told, want);
    assert_int_equal(w.failed_code, code);
    assert_int_equal(w.failed_source, 5);
    for (size_t i = 0; i < FLIGHT; i++) {
        assert_int_equal(node[i]->status & (YC_BLOCK_FAILED | YC_BLOCK_FAILED_ANCESTOR),
                         i < fails    ? 0
                         : i == fails ? YC_BLOCK_FAILED
                                      : YC_BLOCK_FAILED_ANCESTOR);
    }
    coins_are(&w, good.coins32[fails]);
    world_release(&w);
}

static void a_bad_script_in_any_place(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 3; workers += 3) {
        for (size_t at = 0; at < FLIGHT; at++) {
            enum fault faults[FLIGHT] = {NONE};
            faults[at] = SCRIPT;
            expect(workers, faults, at, YC_REJ_BLOCK_SCRIPT);
        }
    }
}

static void the_first_in_the_chain_is_told_of(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 3; workers += 3) {
        expect(workers, (enum fault[FLIGHT]){NONE, NONE, SCRIPT, NONE, CLAIM}, 2, YC_REJ_BLOCK_SCRIPT);
        expect(workers, (enum fault[FLIGHT]){NONE, NONE, CLAIM, NONE, SCRIPT}, 2, YC_REJ_BLOCK_CB_AMOUNT);
        expect(workers, (enum fault[FLIGHT]){NONE, SCRIPT, SCRIPT, MISSING}, 1, YC_REJ_BLOCK_SCRIPT);
        expect(workers, (enum fault[FLIGHT]){NONE, NONE, NONE, MISSING, SCRIPT}, 3, YC_REJ_TX_INPUTS_MISSING);
    }
}

/* Submit the blocks and step until so many of them have joined the line, none having left it. */
static void fly(struct chain_world *w, size_t count)
{
    for (size_t i = BASE; i < ALL; i++)
        assert_non_null(submit(w, &good.block[i]));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(yc_chain_step(w->chain, 1), YC_STEP_MORE);
    assert_false(yc_chain_at_rest(w->chain));
    assert_int_equal(yc_chain_tip(w->chain)->height, BASE);
}

static void an_invalidated_block_leaves_the_line(void **state)
{
    (void)state;
    for (size_t at = 0; at < FLIGHT; at++) {
        struct chain_world w;
        begin(&w, 0);
        fly(&w, 5);
        assert_int_equal(yc_chain_invalidate(w.chain, &good.hash[BASE + at], &err), YC_VALID);
        assert_true(yc_chain_at_rest(w.chain));
        world_settle(&w);
        assert_int_equal(yc_chain_tip(w.chain)->height, BASE + at);
        coins_are(&w, good.coins32[at]);
        assert_int_equal(yc_chain_reconsider(w.chain, &good.hash[BASE + at], &err), YC_VALID);
        world_settle(&w);
        coins_are(&w, good.coins32[FLIGHT]);
        world_release(&w);
    }
}

static void closing_in_flight_goes_back_to_the_tip(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 2; workers++) {
        struct chain_world w;
        begin(&w, workers);
        for (size_t i = BASE; i < ALL; i++)
            assert_non_null(submit(&w, &good.block[i]));
        for (size_t i = 0; i < 5; i++)
            (void)yc_chain_step(w.chain, 1);
        world_close(&w);
        assert_int_equal(world_open(&w, &err), YC_VALID);
        world_settle(&w);
        coins_are(&w, good.coins32[FLIGHT]);
        world_release(&w);
    }
}

/* A tip that was told of while blocks were in flight on it is told of again at rest. */
static void the_tip_is_told_of_at_rest(void **state)
{
    (void)state;
    struct chain_world w;
    begin(&w, 0);
    fly(&w, 4);
    while (yc_chain_step(w.chain, 1) == YC_STEP_MORE)
        w.mono_us += 700000; /* group commits fall between the blocks */
    assert_true(yc_chain_at_rest(w.chain));
    assert_int_equal(w.told[w.told_n - 1], 't');
    assert_int_equal(w.rested_n, w.told_n);
    world_release(&w);
}

/* ---- each of our own failures ---- */

static bool run_all(struct chain_world *w)
{
    enum yc_step s;
    for (size_t i = BASE; i < ALL; i++)
        if (!submit(w, &good.block[i]))
            return false;
    while ((s = yc_chain_step(w->chain, 5000)) == YC_STEP_MORE) {
    }
    return s == YC_STEP_DONE;
}

/* Nothing is bad, nothing published is lost, and the blocks are taken when they come again. */
static void check_after(struct chain_world *w)
{
    struct yc_chain_tip tips[4];
    uint32_t height = yc_chain_tip(w->chain)->height;
    world_crash(w);
    assert_true(yc_chain_tip(w->chain)->height >= height);
    for (size_t i = BASE; i < ALL; i++)
        assert_non_null(submit(w, &good.block[i]));
    world_settle(w);
    size_t count = yc_chain_tips(w->chain, tips, 4);
    assert_int_equal(count, 1);
    assert_int_equal(tips[0].status, YC_TIP_ACTIVE);
    assert_int_equal(tips[0].node->height, ALL);
    coins_are(w, good.coins32[FLIGHT]);
    world_release(w);
}

/* With nothing cached: what the blocks spend is read from the store. */
static void begin_cold(struct chain_world *w, unsigned workers)
{
    begin(w, workers);
    world_close(w);
    assert_int_equal(world_open(w, &err), YC_VALID);
    world_settle(w);
}

static const struct workload workload = {begin_cold, run_all, check_after};

static void every_file_operation_fails_once(void **state)
{
    (void)state;
    for (unsigned workers = 0; workers <= 2; workers += 2)
        assert_true(world_fail_each_file_operation(&workload, workers) > 10);
}

static void every_store_operation_fails_once(void **state)
{
    (void)state;
    /* One write of the index is all: what is in flight together is made durable together. */
    assert_true(world_fail_each_store_operation(&workload, 0) > 1);
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    bool refused = true;
    for (size_t at = 1; refused; at++) {
        struct chain_world w;
        struct test_heap heap;
        test_heap_init(&heap);
        begin(&w, 0);
        world_close(&w);
        w.alloc = &heap.alloc;
        assert_int_equal(world_open(&w, &err), YC_VALID);
        world_settle(&w);
        heap.fail_at = heap.calls + at;
        refused = !run_all(&w);
        refused = refused || heap.calls >= heap.fail_at;
        heap.fail_at = 0;
        w.alloc = NULL;
        check_after(&w);
        assert_int_equal(heap.live_bytes, 0);
    }
}

int main(void)
{
    make_good();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_script_in_any_place),
        cmocka_unit_test(the_first_in_the_chain_is_told_of),
        cmocka_unit_test(an_invalidated_block_leaves_the_line),
        cmocka_unit_test(closing_in_flight_goes_back_to_the_tip),
        cmocka_unit_test(the_tip_is_told_of_at_rest),
        cmocka_unit_test(every_file_operation_fails_once),
        cmocka_unit_test(every_store_operation_fails_once),
        cmocka_unit_test(every_allocation_fails_once),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    /* The same with signatures in batches. Without lanes the batches are libsecp256k1's. */
    struct yc_sigengine engine;
    if (yc_sigengine_init(&engine, YC_SIG_MODE_AUTO, 1, NULL, &err) != YC_VALID)
        return 1;
    world_sig_engine = &engine;
    return failed + cmocka_run_group_tests_name("in batches", tests, NULL, NULL);
}
